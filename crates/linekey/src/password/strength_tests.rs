use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

fn told(typed: &str, about: &About) -> (u8, String) {
    let strength = strength(&typed.into(), about);
    (strength.score, strength.advice(&Words::english()))
}

#[test]
fn the_score_and_the_advice_fit_the_password() {
    let nobody = About::default();
    for (typed, score, advice) in [
        ("", 0, "Add another word or two; uncommon words are best."),
        ("password", 0, "Attackers try this early; add a few more words."),
        ("qwertyuiop", 0, "Attackers try this early; add a few more words."),
        ("abcdefghijkl", 0, "Sequences like abc or 6543 are easy to guess."),
        ("Trodden-Unpack-Halogen-Cape", 4, "Very hard to guess."),
    ] {
        assert_eq!(told(typed, &nobody), (score, advice.to_owned()), "{typed}");
    }
}

#[test]
fn the_names_of_the_person_make_a_password_weaker() {
    let about = About {
        account_name: "Quillfeather Zygomatic".to_owned(),
        ..About::default()
    };
    let typed = "zygomaticquillfeather";
    assert!(told(typed, &about).0 < told(typed, &About::default()).0);
}

#[test]
fn every_advice_is_a_sentence_of_ours() {
    let words = Words::english();
    let warnings = [
        Warning::StraightRowsOfKeysAreEasyToGuess,
        Warning::ShortKeyboardPatternsAreEasyToGuess,
        Warning::RepeatsLikeAaaAreEasyToGuess,
        Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess,
        Warning::ThisIsATop10Password,
        Warning::ThisIsATop100Password,
        Warning::ThisIsACommonPassword,
        Warning::ThisIsSimilarToACommonlyUsedPassword,
        Warning::SequencesLikeAbcAreEasyToGuess,
        Warning::RecentYearsAreEasyToGuess,
        Warning::AWordByItselfIsEasyToGuess,
        Warning::DatesAreOftenEasyToGuess,
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess,
        Warning::CommonNamesAndSurnamesAreEasyToGuess,
    ];
    let suggestions = [
        Suggestion::UseAFewWordsAvoidCommonPhrases,
        Suggestion::NoNeedForSymbolsDigitsOrUppercaseLetters,
        Suggestion::AddAnotherWordOrTwo,
        Suggestion::CapitalizationDoesntHelpVeryMuch,
        Suggestion::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase,
        Suggestion::ReversedWordsArentMuchHarderToGuess,
        Suggestion::PredictableSubstitutionsDontHelpVeryMuch,
        Suggestion::UseALongerKeyboardPatternWithMoreTurns,
        Suggestion::AvoidRepeatedWordsAndCharacters,
        Suggestion::AvoidSequences,
        Suggestion::AvoidRecentYears,
        Suggestion::AvoidYearsThatAreAssociatedWithYou,
        Suggestion::AvoidDatesAndYearsThatAreAssociatedWithYou,
    ];
    let keys = (0..=4).map(|score| advice(score, None, None));
    for key in keys
        .chain(warnings.map(about_warning))
        .chain(suggestions.map(about_suggestion))
    {
        assert!(words.has(key), "{key}");
    }
}

#[test]
fn the_work_is_bounded_by_what_is_looked_at() {
    for text in [
        "4@8({[<369&#!1/|0$5+7%2".repeat(20),
        "a".repeat(3_000),
        "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".repeat(9),
    ] {
        let bounded = bounded(&text);
        assert_eq!(bounded.chars().count(), LOOKED_AT);
        let marks = bounded.chars().filter(|c| c.is_ascii_punctuation() && *c != '_');
        assert!(marks.collect::<HashSet<_>>().len() <= MARKS_LOOKED_AT, "{}", *bounded);
    }
    let beginning = "a".repeat(LOOKED_AT);
    let behind = format!("{beginning}Trodden-Unpack-Halogen-Cape");
    let nobody = About::default();
    assert_eq!(
        told(&behind, &nobody),
        told(&beginning, &nobody),
        "what stands behind does not count"
    );
    assert_eq!(*bounded("P@ss@word-1-漢"), "P@ss@word-1-漢");
    assert_eq!(*bounded("a!b@c#d!e$"), "a!b@c_d!e_");
}

#[test]
fn generated_passwords_full_of_punctuation_are_still_very_hard_to_guess() {
    for typed in ["gM}'=H>$UU$eM*jX", "Xk4-9fT_q!2mZb@7Lw#e", "kX9#mQ2$vL7!pR4@"] {
        assert_eq!(told(typed, &About::default()).0, 4, "{typed}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_input_gets_a_score_of_0_to_4(typed in any::<String>(), name in any::<String>()) {
        let about = About { user_name: name, ..About::default() };
        prop_assert!(strength(&TypedPassword::new(typed), &about).score <= 4);
    }
}
