//! Colours by lightness, chroma and hue as the eye sees them (OKLCH, of CSS Color 4), and the contrast of two (WCAG 2.2).

use super::colour::Colour;

/// A colour in OKLCH.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Oklch {
    /// 0 black to 1 white.
    pub(super) lightness: f64,
    /// 0 grey; what screens show of sRGB ends at 0.33.
    pub(super) chroma: f64,
    /// Degrees: 0 to 360.
    pub(super) hue: f64,
}

impl From<Colour> for Oklch {
    fn from(Colour(channels): Colour) -> Self {
        let [red, green, blue] = channels.map(linear);
        let long = (0.412_221_47 * red + 0.536_332_54 * green + 0.051_445_99 * blue).cbrt();
        let medium = (0.211_903_50 * red + 0.680_699_55 * green + 0.107_396_96 * blue).cbrt();
        let short = (0.088_302_46 * red + 0.281_718_84 * green + 0.629_978_70 * blue).cbrt();
        let lightness = 0.210_454_26 * long + 0.793_617_78 * medium - 0.004_072_05 * short;
        let a = 1.977_998_50 * long - 2.428_592_21 * medium + 0.450_593_71 * short;
        let b = 0.025_904_04 * long + 0.782_771_77 * medium - 0.808_675_77 * short;
        Self {
            lightness,
            chroma: a.hypot(b),
            hue: b.atan2(a).to_degrees().rem_euclid(360.0),
        }
    }
}

impl Oklch {
    /// The nearest colour that screens show: of the same lightness and hue, and of less chroma where that is too much.
    pub(super) fn shown(self) -> Colour {
        let (mut low, mut high) = (0.0, self.chroma);
        if self.in_gamut(high) {
            low = high;
        }
        // 2^-20 of a chroma is far below one step of eight bits.
        for _ in 0..20 {
            let middle = f64::midpoint(low, high);
            if self.in_gamut(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        Colour(self.channels(low).map(encoded))
    }

    fn in_gamut(self, chroma: f64) -> bool {
        const ROUNDING: f64 = 1e-4;
        let channels = self.channels(chroma);
        channels
            .iter()
            .all(|channel| (-ROUNDING..=1.0 + ROUNDING).contains(channel))
    }

    /// Red, green and blue in linear light; outside 0 to 1 what sRGB does not hold.
    fn channels(self, chroma: f64) -> [f64; 3] {
        let hue = self.hue.to_radians();
        let (a, b) = (chroma * hue.cos(), chroma * hue.sin());
        let long = (self.lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
        let medium = (self.lightness - 0.105_561_35 * a - 0.063_854_17 * b).powi(3);
        let short = (self.lightness - 0.089_484_18 * a - 1.291_485_55 * b).powi(3);
        [
            4.076_741_66 * long - 3.307_711_59 * medium + 0.230_969_93 * short,
            -1.268_438_00 * long + 2.609_757_40 * medium - 0.341_319_40 * short,
            -0.004_196_09 * long - 0.703_418_61 * medium + 1.707_614_70 * short,
        ]
    }
}

/// The contrast of two colours, 1 to 21.
pub(super) fn contrast(one: Colour, other: Colour) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(Colour(channels): Colour) -> f64 {
    let [red, green, blue] = channels.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn linear(channel: u8) -> f64 {
    let channel = f64::from(channel) / 255.0;
    if channel <= 0.040_45 {
        channel / 12.92
    } else {
        ((channel + 0.055) / 1.055).powf(2.4)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0 to 255 before"
)]
fn encoded(channel: f64) -> u8 {
    let channel = channel.clamp(0.0, 1.0);
    let curved = if channel <= 0.003_130_8 {
        12.92 * channel
    } else {
        1.055 * channel.powf(1.0 / 2.4) - 0.055
    };
    (curved * 255.0).round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_comes_back_as_it_was() {
        for colour in [[0, 0, 0], [255, 255, 255], [10, 107, 119], [255, 0, 0], [1, 2, 254]] {
            assert_eq!(Oklch::from(Colour(colour)).shown(), Colour(colour));
        }
    }

    #[test]
    fn known_colours_have_the_figures_of_the_standards() {
        // CSS Color 4 gives oklch(62.8% .2577 29.23) for red; WCAG gives 21 for black on white.
        let red = Oklch::from(Colour([255, 0, 0]));
        assert!((red.lightness - 0.628).abs() < 0.001, "{red:?}");
        assert!((red.chroma - 0.2577).abs() < 0.001, "{red:?}");
        assert!((red.hue - 29.23).abs() < 0.1, "{red:?}");
        let most = contrast(Colour([0; 3]), Colour([255; 3]));
        assert!((most - 21.0).abs() < 1e-9, "{most}");
    }
}
