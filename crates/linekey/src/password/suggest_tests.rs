use std::cell::Cell;
use std::collections::HashSet;

use super::*;

/// Random enough for a test, and the same in every run.
fn seeded(seed: u64) -> impl Fn(&mut [u8]) {
    let state = Cell::new(seed);
    move |bytes| {
        for byte in bytes {
            state.set(
                state
                    .get()
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407),
            );
            *byte = state.get().to_be_bytes()[0];
        }
    }
}

#[test]
fn the_list_has_7776_different_words_of_letters_and_hyphens() {
    let words: HashSet<&str> = WORDS.lines().collect();
    assert_eq!((words.len(), WORDS.lines().count()), (WORD_COUNT, WORD_COUNT));
    for word in words {
        assert!((3..=9).contains(&word.len()), "{word}");
        assert!(word.starts_with(|c: char| c.is_ascii_lowercase()), "{word}");
        assert!(word.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{word}");
    }
}

#[test]
fn a_suggestion_is_accepted_under_every_profile() {
    let about = About {
        domain: "able.example".to_owned(),
        brand: "ring".to_owned(),
        ..About::default()
    };
    for profile in Profile::ALL {
        let random = seeded(1);
        for _ in 0..500 {
            let suggestion = suggest(profile, &about, &random).unwrap();
            assert!(
                super::super::rules::accept(profile, &suggestion, &about).is_ok(),
                "{:?}",
                suggestion.reveal()
            );
        }
    }
}

#[test]
fn a_suggestion_is_five_listed_words_with_capital_initials() {
    let random = seeded(2);
    for _ in 0..200 {
        let suggestion = suggest(Profile::Classic, &About::default(), &random).unwrap();
        let mut rest = suggestion.reveal().unwrap().to_lowercase();
        // Some words have a hyphen of their own, so the parts are matched against the list.
        let parts: Vec<String> = rest.split('-').map(str::to_owned).collect();
        assert!((LENGTH..=2 * LENGTH).contains(&parts.len()));
        for word in WORDS.lines().filter(|word| word.contains('-')) {
            rest = rest.replace(word, "abacus");
        }
        assert_eq!(
            rest.split('-')
                .filter(|part| WORDS.lines().any(|word| word == *part))
                .count(),
            LENGTH,
            "{rest}"
        );
        assert!(suggestion.reveal().unwrap().starts_with(char::is_uppercase));
    }
}

#[test]
fn every_word_comes_from_exactly_one_pattern_of_13_bits() {
    let mut times = vec![0; WORD_COUNT];
    for pattern in 0..=u16::MAX {
        // The pattern first; if it is refused, the marker 7,775 is drawn next.
        let drawn = Cell::new(0);
        let number = number_below(WORD_COUNT, &|bytes| {
            let value = if drawn.replace(drawn.get() + 1) == 0 {
                pattern
            } else {
                7_775
            };
            bytes.copy_from_slice(&value.to_le_bytes());
        });
        if drawn.get() == 1 {
            times[number] += 1;
        }
    }
    assert!(
        times.iter().all(|count| *count == 8),
        "65,536 patterns hold 8 of every 13-bit number"
    );
}

#[test]
fn words_are_drawn_evenly() {
    const DRAWN: usize = 400_000;
    let random = seeded(3);
    let mut buckets = [0_usize; 81];
    for _ in 0..DRAWN {
        buckets[number_below(WORD_COUNT, &random) / 96] += 1;
    }
    // 4,938 each; six standard deviations are 420.
    assert!(
        buckets.iter().all(|count| count.abs_diff(DRAWN / 81) < 420),
        "{buckets:?}"
    );
}

#[test]
fn no_suggestion_is_made_against_the_rules() {
    // A source that always gives the same words, one of which is the brand.
    let word = WORDS.lines().next().unwrap();
    let about = About {
        brand: word.to_owned(),
        ..About::default()
    };
    assert!(suggest(Profile::Classic, &about, &|bytes| bytes.fill(0)).is_none());
}
