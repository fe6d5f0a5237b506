use std::str::FromStr;

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::super::typed::READ_AT_MOST;
use super::*;
use crate::config::UnknownProfile;

fn ann() -> About {
    About {
        user_name: "Ann-Marie Straße".to_owned(),
        sign_in_name: "20010042".to_owned(),
        email: "a.strasse+pbx@example.com".to_owned(),
        account_name: "Harbour & Sons".to_owned(),
        domain: "port.harbour.example".to_owned(),
        brand: "Tel".to_owned(),
    }
}

fn verdict(profile: Profile, id: &str, typed: &str) -> bool {
    let report = check(profile, &typed.into(), &ann());
    report
        .verdicts
        .iter()
        .find(|(rule, _)| rule.id() == id)
        .expect("the profile has the rule")
        .1
}

fn refusals(profile: Profile, typed: &str) -> Vec<&'static str> {
    let refusals = accept(profile, &typed.into(), &ann()).err().unwrap_or_default();
    refusals.into_iter().map(Refusal::id).collect()
}

/// One unit of text each, and its code points in NFC: Latin, Greek, Cyrillic, composed and decomposed, a sequence that
/// has no composed form, Hangul jamo, ideographs, emoji alone and joined, astral letters, a flag of tags.
const UNITS: [(&str, usize); 12] = [
    ("a", 1),
    ("σ", 1),
    ("ж", 1),
    ("é", 1),
    ("e\u{301}", 1),
    ("x\u{302}", 2),
    ("\u{1112}\u{1161}\u{11ab}", 1),
    ("漢", 1),
    ("😀", 1),
    ("👩\u{200d}💻", 3),
    ("𐐨", 1),
    ("🏴\u{e0067}\u{e0062}\u{e007f}", 4),
];

#[test]
fn length_counts_code_points_of_every_script_after_composition() {
    for (profile, least) in [(Profile::Classic, 8), (Profile::Standards, 15)] {
        for (unit, points) in UNITS {
            for units in 0..20 {
                let enough = units * points >= least;
                assert_eq!(
                    verdict(profile, "length", &unit.repeat(units)),
                    enough,
                    "{units} of {unit}"
                );
            }
        }
    }
}

#[test]
fn at_most_256_code_points_of_every_script_are_taken() {
    for (unit, points) in UNITS {
        for units in [255 / points, 256 / points, 257_usize.div_ceil(points), 400] {
            let fits = units * points <= 256;
            let typed = unit.repeat(units);
            assert_eq!(
                verdict(Profile::Standards, "characters", &typed),
                fits,
                "{units} of {unit}"
            );
            let expected: &[&str] = if fits { &[] } else { &["too_long"] };
            assert_eq!(refusals(Profile::Standards, &typed), expected, "{units} of {unit}");
        }
    }
}

#[test]
fn one_lowercase_and_one_uppercase_letter_of_any_script_are_asked_for() {
    for (lower, upper) in [
        ("a", "A"),
        ("σ", "Σ"),
        ("ς", "Ω"),
        ("ж", "Ж"),
        ("e\u{301}", "E\u{301}"),
        ("𐐨", "𐐀"),
        ("ა", "Ა"),
    ] {
        for count in 0..3 {
            let (lower, upper) = (lower.repeat(count), upper.repeat(count));
            assert_eq!(
                verdict(Profile::Classic, "lowercase", &format!("汉字1{lower}")),
                count >= 1,
                "{lower}"
            );
            assert_eq!(
                verdict(Profile::Classic, "uppercase", &format!("汉字1{upper}")),
                count >= 1,
                "{upper}"
            );
            assert!(!verdict(Profile::Classic, "lowercase", &upper), "{upper}");
            assert!(!verdict(Profile::Classic, "uppercase", &lower), "{lower}");
        }
    }
    for neither in ["ǅ", "1", "漢", "😀", "א", "\u{301}"] {
        assert!(!verdict(Profile::Classic, "lowercase", neither) && !verdict(Profile::Classic, "uppercase", neither));
    }
}

#[test]
fn balanced_takes_8_characters_with_both_cases_or_15_of_anything() {
    for (typed, met) in [
        ("Жжждддд", false),
        ("Жжжддддд", true),
        ("Жжждддддд", true),
        ("жжжддддд", false),
        ("ЖЖЖДДДДД", false),
        ("漢漢漢漢漢漢漢漢漢漢漢漢漢漢", false),
        ("漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢", true),
        ("漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢", true),
    ] {
        assert_eq!(verdict(Profile::Balanced, "mix_or_length", typed), met, "{typed}");
    }
}

#[test]
fn control_characters_and_line_separators_are_refused_and_nothing_else() {
    for c in '\0'..=char::MAX {
        let refused = matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}');
        assert_eq!(has_controls(c.encode_utf8(&mut [0; 4])), refused, "{c:?}");
    }
    assert_eq!(refusals(Profile::Classic, "Travel\tlight"), ["characters"]);
    assert_eq!(refusals(Profile::Classic, "Travel\0light"), ["characters"]);
    assert_eq!(
        refusals(Profile::Classic, "  Travel light  "),
        [""; 0],
        "spaces are characters, and are not trimmed"
    );
}

#[test]
fn common_passwords_are_refused_in_any_case_and_only_as_a_whole() {
    for (typed, met) in [
        ("password", false),
        ("PaSSword", false),
        ("pa\u{17f}\u{17f}word", false),
        ("passwordX", true),
        (" password", true),
        ("1Q2w3e4r5t6y7u8i9o", false),
    ] {
        assert_eq!(verdict(Profile::Standards, "common", typed), met, "{typed}");
    }
}

#[test]
fn names_are_found_in_any_case_with_and_without_separators() {
    for (typed, met) in [
        ("annmariestrasse", false),
        ("xx-ANN.Marie-STRASSE-xx", false),
        ("xx Ann Marie Straße", false),
        ("AnnMarieStra\u{1e9e}e", false),
        ("AnnMarie", true),
        ("1astrassePBX1", false),
        ("strasse+pbx", true),
        ("my harbour sons", false),
        ("my harbour", true),
        ("port.harbour.example", false),
        ("airport of the year", false),
        ("example.com", true),
        ("hotel telegraph", true),
        ("20010042", false),
        ("2001-0042", false),
        ("+49 2001 0042 7", true),
    ] {
        assert_eq!(verdict(Profile::Standards, "name", typed), met, "{typed}");
    }
}

#[test]
fn names_of_three_characters_are_ignored_and_of_four_are_not() {
    for (name, ignored) in [
        ("Jim", true),
        ("J.-m", true),
        ("Jims", false),
        ("Ян", true),
        ("Яник", false),
        ("𐐀𐐁𐐂", true),
        ("𐐀𐐁𐐂𐐃", false),
        ("", true),
    ] {
        let about = About {
            account_name: name.to_owned(),
            ..About::default()
        };
        let typed = TypedPassword::from(&*format!("it is {name} again"));
        assert_eq!(
            check(Profile::Standards, &typed, &about).verdicts[2],
            (Rule::Name, ignored),
            "{name}"
        );
    }
}

#[test]
fn every_profile_says_all_that_is_wrong_in_its_own_order() {
    use Profile::{Balanced, Classic, Standards};
    for (profile, typed, expected) in [
        (Classic, "Harbor 9", &[][..]),
        (Classic, "", &["empty"]),
        (Classic, "\t", &["length", "lowercase", "uppercase", "characters"]),
        (Classic, "password", &["uppercase", "common"]),
        (Classic, "PORT\n", &["length", "lowercase", "name", "characters"]),
        (Balanced, "Harbor 9", &[]),
        (Balanced, "harbor 9", &["mix_or_length"]),
        (Balanced, "harbor 9 am saturday", &[]),
        (Standards, "Harbor 9", &["length"]),
        (Standards, "harbor 9 am saturday", &[]),
        (Standards, "manchesterunited", &["common"]),
    ] {
        assert_eq!(refusals(profile, typed), expected, "{profile}: {typed:?}");
    }
}

#[test]
fn the_rules_shown_are_the_rules_checked_and_their_ids_are_those_of_the_contract() {
    let ids = |profile: Profile| profile.rules().into_iter().map(Rule::id).collect::<Vec<_>>();
    assert_eq!(
        ids(Profile::Classic),
        ["length", "lowercase", "uppercase", "common", "name", "characters"]
    );
    assert_eq!(
        ids(Profile::Balanced),
        ["mix_or_length", "common", "name", "characters"]
    );
    assert_eq!(ids(Profile::Standards), ["length", "common", "name", "characters"]);
    for profile in Profile::ALL {
        let checked: Vec<_> = check(profile, &"x".into(), &ann())
            .verdicts
            .into_iter()
            .map(|(rule, _)| rule)
            .collect();
        assert_eq!(checked, profile.rules());
    }
}

#[test]
fn rules_and_refusals_are_told_in_plain_words() {
    let words = Words::english();
    let lines: Vec<_> = Profile::Classic
        .rules()
        .into_iter()
        .map(|rule| rule.text(&words))
        .collect();
    assert_eq!(
        lines,
        [
            "At least 8 characters",
            "At least 1 lowercase letter",
            "At least 1 uppercase letter",
            "Not a common password",
            "Does not contain your sign-in name, your company's name or ours",
            "At most 256 characters, no tabs or line breaks",
        ]
    );
    let own = [
        Refusal::Empty,
        Refusal::TooLong,
        Refusal::Different,
        Refusal::SameAsOld,
        Refusal::SipPassword,
    ];
    let rules = Profile::ALL.into_iter().flat_map(Profile::rules);
    for refusal in rules.map(Refusal::Rule).chain(own) {
        let text = refusal.text(&words);
        assert!(
            text.ends_with('.') && !text.contains("password-") && !text.contains('{'),
            "{text}"
        );
    }
    assert_eq!(Refusal::TooLong.text(&words), "Use at most 256 characters.");
    assert_eq!(
        Profile::Balanced.rules()[0].refusal(&words),
        "Use at least 8 characters with a lowercase and an uppercase letter, or at least 15 of any kind."
    );
}

#[test]
fn a_profile_has_one_name_everywhere() {
    for profile in Profile::ALL {
        assert_eq!(Profile::from_str(profile.name()), Ok(profile));
        assert_eq!(profile.to_string(), profile.name());
        assert_eq!(serde_json::to_value(profile).unwrap(), profile.name());
        assert_eq!(
            serde_json::from_value::<Profile>(profile.name().into()).unwrap(),
            profile
        );
    }
    assert_eq!(Profile::from_str("Classic"), Err(UnknownProfile));
    assert_eq!(Profile::default(), Profile::Classic);
}

#[test]
fn input_of_any_size_is_bounded_before_it_is_looked_at() {
    assert!(TypedPassword::new("a".repeat(READ_AT_MOST)).reveal().is_some());
    for typed in [
        "a".repeat(READ_AT_MOST + 1),
        "\u{fdfa}".repeat(1 << 20),
        format!("a{}", "\u{301}".repeat(1 << 19)),
    ] {
        let typed = TypedPassword::new(typed);
        assert_eq!(typed.reveal(), None, "dropped unread");
        for profile in Profile::ALL {
            assert!(!check(profile, &typed, &ann()).met_all());
            assert_eq!(accept(profile, &typed, &ann()).unwrap_err(), [Refusal::TooLong]);
        }
    }
}

#[test]
fn the_longest_password_may_be_typed_decomposed() {
    let composed = "\u{d55c}".repeat(256);
    let decomposed: String = composed.nfd().collect();
    assert!(decomposed.len() > 2 * MOST_BYTES);
    assert_eq!(TypedPassword::new(decomposed).reveal(), Some(composed.as_str()));
    assert!(accept(Profile::Standards, &"\u{d55c}".repeat(256).as_str().into(), &ann()).is_ok());
}

#[test]
fn normalising_and_folding_never_outgrow_their_buffers() {
    for c in '\0'..=char::MAX {
        let text = c.to_string();
        assert!(fold(&text).len() <= 3 * text.len(), "{c:?}");
        assert!(text.nfc().map(char::len_utf8).sum::<usize>() <= 3 * text.len(), "{c:?}");
        assert!(text.nfd().map(char::len_utf8).sum::<usize>() <= 3 * text.nfc().map(char::len_utf8).sum::<usize>());
    }
}

#[test]
fn secrets_do_not_print() {
    let typed = TypedPassword::from("Travel light");
    let new = accept(Profile::Classic, &typed, &ann()).unwrap();
    assert_eq!(format!("{typed:?} {new:?}"), "*** ***");
    assert_eq!(new.reveal(), "Travel light");
}

/// What a generator that follows Apple's syntax makes of a `passwordrules` value: passwords of the least length and
/// longer from the allowed characters, with one of each required class.
fn generated(hint: &str, longer: usize, mut seed: u64) -> String {
    let values = |name: &str| {
        let properties = hint.split(';').filter_map(|property| property.trim().split_once(": "));
        properties
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(values("allowed"), ["ascii-printable"]);
    let mut random = |from: u8, to: u8| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        char::from(from + u8::try_from((seed >> 33) % (u64::from(to - from) + 1)).unwrap())
    };
    let mut password = String::new();
    for class in values("required") {
        password.push(match class.as_str() {
            "lower" => random(b'a', b'z'),
            "upper" => random(b'A', b'Z'),
            other => panic!("unexpected class {other}"),
        });
    }
    let least: usize = values("minlength")[0].parse().unwrap();
    while password.len() < least + longer {
        password.push(random(b' ', b'~'));
    }
    password
}

#[test]
fn passwords_generated_by_the_browser_hint_are_accepted() {
    assert_eq!(
        Profile::Classic.passwordrules(),
        "minlength: 8; required: lower; required: upper; allowed: ascii-printable;"
    );
    for profile in [Profile::Balanced, Profile::Standards] {
        assert_eq!(profile.passwordrules(), "minlength: 15; allowed: ascii-printable;");
    }
    // Four letters such as `port` do turn up in long random passwords; the person gets longer names here.
    let about = About {
        domain: "harbour.example".to_owned(),
        ..ann()
    };
    for profile in Profile::ALL {
        for seed in 0..2_000 {
            for longer in [0, 1, 12, 200] {
                let password = generated(&profile.passwordrules(), longer, seed);
                assert!(
                    accept(profile, &password.as_str().into(), &about).is_ok(),
                    "{profile}: {password}"
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_typed_gets_one_verdict_per_rule_and_is_accepted_only_if_all_are_good(
        typed in any::<String>(), longer in 0_usize..2_000, name in any::<String>(), domain in any::<String>(),
    ) {
        let about = About { user_name: name.clone(), email: name, domain, ..About::default() };
        for typed in [typed.clone(), typed.repeat(longer)] {
            let typed = TypedPassword::new(typed);
            for profile in Profile::ALL {
                let report = check(profile, &typed, &about);
                prop_assert_eq!(report.verdicts.len(), profile.rules().len());
                let accepted = accept(profile, &typed, &about);
                prop_assert_eq!(accepted.is_ok(), report.met_all());
                if let Ok(new) = accepted {
                    prop_assert!(new.reveal().len() <= MOST_BYTES && Some(new.reveal()) == typed.reveal());
                }
            }
        }
    }

    #[test]
    fn composed_and_decomposed_input_are_one_password(typed in "\\PC{0,60}") {
        let composed = TypedPassword::new(typed.nfc().collect());
        prop_assert!(composed.same_as(&TypedPassword::new(typed.nfd().collect())));
        prop_assert!(composed.same_as(&TypedPassword::new(typed)));
    }
}
