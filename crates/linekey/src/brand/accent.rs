//! The colours of a brand: from the one it gives, an accent for light pages and one for dark ones that everybody can read.
//!
//! Owns what depends on the brand's colour; every other token is in `web/frame.css`.

use super::colour::Colour;
use super::oklch::{Oklch, contrast};

/// What WCAG 2.2 AA asks of text, and a little more, since browsers round in their own way.
const READABLE: f64 = 4.6;
/// Below this chroma a colour is grey, and its hue is noise.
const GREY: f64 = 0.015;
/// The hue of the neutral colours beside a grey accent.
const COOL: f64 = 225.0;

/// What an accent is read on, as lightness and chroma: the tokens surface, ground and sunken of `frame.css`.
const LIGHT: [(f64, f64); 3] = [(1.0, 0.0), (0.984, 0.004), (0.972, 0.006)];
/// The same on dark pages.
const DARK: [(f64, f64); 3] = [(0.215, 0.014), (0.175, 0.012), (0.185, 0.013)];
/// The faint ground of an accent's own hue, on light and on dark pages.
const SOFT: [(f64, f64); 2] = [(0.964, 0.02), (0.27, 0.03)];
/// How light an accent is on dark pages, at least and at most.
const DARK_LIGHTNESS: (f64, f64) = (0.78, 0.92);
/// How much of its chroma an accent has on dark pages, where a light colour looks paler, and the most: more of it glares.
const DARK_CHROMA: (f64, f64) = (1.3, 0.12);

/// The accent in one scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent {
    /// Of links, buttons and marks: at least 4.5:1 on every ground they stand on, `soft` included.
    pub colour: Colour,
    /// Of text on `colour`: white or nearly black, at least 4.5:1.
    pub ink: Colour,
    /// A faint ground of the same hue.
    pub soft: Colour,
    /// The bar at the top of pages, which browsers take up in their own frame.
    pub bar: Colour,
}

/// The colours of a brand in both schemes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accents {
    /// On light pages, and in mail.
    pub light: Accent,
    /// On dark pages.
    pub dark: Accent,
    /// Whole degrees, of every neutral colour.
    hue: u16,
}

impl Accents {
    /// Of a brand's colour. One that can be read on light pages is left as it is; any other keeps its hue.
    pub fn of(brand: Colour) -> Self {
        let given = Oklch::from(brand);
        let hue = if given.chroma < GREY { COOL } else { given.hue };
        let shown = |(lightness, chroma)| Oklch { lightness, chroma, hue }.shown();
        let (light, dark) = (LIGHT.map(shown), DARK.map(shown));
        // The soft ground of a grey accent is grey as well.
        let soft = SOFT.map(|(lightness, chroma)| shown((lightness, chroma.min(given.chroma))));
        let lightest = DARK_LIGHTNESS.0.max(given.lightness.min(DARK_LIGHTNESS.1));
        let on_dark = Oklch {
            lightness: lightest,
            chroma: (given.chroma * DARK_CHROMA.0).min(DARK_CHROMA.1),
            ..given
        };
        let nearly_black = Oklch {
            lightness: 0.19,
            chroma: given.chroma.min(0.03),
            ..given
        };
        Self {
            light: Accent {
                colour: readable(given, brand, &[light.as_slice(), &soft[..1]].concat(), -0.004),
                ink: Colour([255; 3]),
                soft: soft[0],
                bar: light[0],
            },
            dark: Accent {
                colour: readable(on_dark, on_dark.shown(), &[dark.as_slice(), &soft[1..]].concat(), 0.004),
                ink: nearly_black.shown(),
                soft: soft[1],
                bar: dark[0],
            },
            hue: whole_degrees(hue),
        }
    }

    /// The tokens that `frame.css` leaves to the brand.
    pub fn tokens(&self) -> String {
        let Self { light, dark, hue } = self;
        let both = |name: &str, light: Colour, dark: Colour| format!("--{name}: light-dark({light}, {dark}); ");
        let mut tokens = format!("\n@layer tokens {{ :root {{ --hue: {hue}; ");
        tokens += &both("accent", light.colour, dark.colour);
        tokens += &both("accent-ink", light.ink, dark.ink);
        tokens += &both("accent-soft", light.soft, dark.soft);
        tokens + "} }\n"
    }
}

/// `colour`, or made lighter or darker step by step until it can be read on all of `grounds`.
fn readable(from: Oklch, colour: Colour, grounds: &[Colour], step: f64) -> Colour {
    let mut tried = (from, colour);
    // Black and white can be read on the grounds of the other scheme, so this ends.
    while grounds.iter().any(|ground| contrast(tried.1, *ground) < READABLE) && (0.0..=1.0).contains(&tried.0.lightness)
    {
        tried.0.lightness += step;
        tried.1 = tried.0.shown();
    }
    tried.1
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 360 fits")]
fn whole_degrees(hue: f64) -> u16 {
    hue.round() as u16 % 360
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// WCAG 2.2 AA for text of any size.
    const TEXT: f64 = 4.5;
    /// Lightness and chroma of text, muted text and the edges of fields on light and on dark pages: `frame.css` has the
    /// same.
    const TEXTS: [(f64, f64); 2] = [(0.24, 0.018), (0.95, 0.006)];
    const MUTED: [(f64, f64); 2] = [(0.47, 0.018), (0.74, 0.014)];
    const EDGES: [(f64, f64); 2] = [(0.62, 0.018), (0.56, 0.02)];

    fn check(brand: Colour) {
        let accents = Accents::of(brand);
        for (accent, grounds) in [(accents.light, LIGHT), (accents.dark, DARK)] {
            let hue = f64::from(accents.hue);
            let at_least = |least: f64, what: &str, one: Colour, other: Colour| {
                let found = contrast(one, other);
                assert!(found >= least, "{what} of {brand}: {one} on {other} is {found:.2}");
            };
            for (lightness, chroma) in grounds {
                let ground = Oklch { lightness, chroma, hue }.shown();
                at_least(TEXT, "the accent", accent.colour, ground);
            }
            at_least(TEXT, "the soft ground", accent.colour, accent.soft);
            at_least(TEXT, "the ink", accent.ink, accent.colour);
            let of = |both: [(f64, f64); 2]| {
                let (lightness, chroma) = both[usize::from(accent == accents.dark)];
                Oklch { lightness, chroma, hue }.shown()
            };
            at_least(TEXT, "text on soft", of(TEXTS), accent.soft);
            at_least(TEXT, "muted text on soft", of(MUTED), accent.soft);
            at_least(3.0, "an edge on the bar", of(EDGES), accent.bar);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_colour_a_brand_has_its_pages_can_be_read(channels: [u8; 3]) {
            check(Colour(channels));
        }
    }

    #[test]
    fn colours_that_are_hard_to_read_are_made_readable() {
        for brand in [
            "#ffff00", "#ffffff", "#000000", "#39ff14", "#ff00ff", "#00ffff", "#0000ff", "#808080", "#fefefe",
        ] {
            check(brand.parse().expect("a colour"));
        }
    }

    #[test]
    fn a_colour_that_can_be_read_is_left_alone_and_any_other_keeps_its_hue() {
        let own: Colour = "#7a1fa2".parse().expect("a colour");
        assert_eq!(Accents::of(own).light.colour, own);
        for brand in ["#ffd400", "#39ff14", "#ff7f50", "#00bcd4"] {
            let brand: Colour = brand.parse().expect("a colour");
            let accents = Accents::of(brand);
            for derived in [accents.light.colour, accents.dark.colour] {
                let turned = (Oklch::from(derived).hue - Oklch::from(brand).hue).abs();
                assert!(turned.min(360.0 - turned) < 3.0, "{brand} became {derived}");
            }
        }
    }

    #[test]
    fn the_stylesheet_has_the_grounds_that_accents_are_made_for() {
        let style = include_str!("../web/frame.css");
        let written = |(lightness, chroma): (f64, f64)| {
            let percent = (lightness * 1000.0).round() / 10.0;
            format!(
                "oklch({percent}% {} var(--hue))",
                chroma.to_string().trim_start_matches('0')
            )
        };
        for ground in [LIGHT, DARK].concat().into_iter().filter(|(_, chroma)| *chroma > 0.0) {
            assert!(style.contains(&written(ground)), "{}", written(ground));
        }
        for (name, [light, dark]) in [("text", TEXTS), ("muted", MUTED), ("edge", EDGES)] {
            let token = format!("--{name}: light-dark({}, {});", written(light), written(dark));
            assert!(style.contains(&token), "{token}");
        }
        assert!(!style.contains("--accent:"), "the accent is the brand's");
    }
}
