//! How hard a password is to guess: a number for the meter and one sentence of advice.
//!
//! Advice only. Nothing is refused for being weak; what is refused is in `rules`.

use zeroize::Zeroizing;
use zxcvbn::feedback::{Suggestion, Warning};
use zxcvbn::{Score, zxcvbn};

use super::names::About;
use super::typed::TypedPassword;
use crate::words::Words;

/// Code points that are looked at: the estimate's work grows with the square of the length.
const LOOKED_AT: usize = 32;
/// Different punctuation marks that are looked at: zxcvbn tries every combination of the letters each may stand for,
/// and a few lines of `4@8({[<3` would cost it a second.
const MARKS_LOOKED_AT: usize = 2;

/// An estimate by zxcvbn (Wheeler, USENIX Security 2016).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strength {
    /// 0 (guessed at once) to 4 (very hard to guess).
    pub score: u8,
    advice: &'static str,
}

impl Strength {
    /// One sentence: what would make the password better, or that it is good.
    pub fn advice(self, words: &Words) -> String {
        words.say(self.advice)
    }
}

/// Estimates how hard `typed` is to guess for somebody who knows the names in `about`. Takes half a millisecond on
/// ordinary input, ten times that on the worst.
pub fn strength(typed: &TypedPassword, about: &About) -> Strength {
    let text = bounded(typed.reveal().unwrap_or_default());
    let names: Vec<&str> = about
        .names()
        .flat_map(|name| [name].into_iter().chain(name.split_whitespace()))
        .collect();
    let estimate = zxcvbn(&text, &names);
    let score = match estimate.score() {
        Score::Zero => 0,
        Score::One => 1,
        Score::Two => 2,
        Score::Three => 3,
        _ => 4,
    };
    let feedback = estimate.feedback();
    let warning = feedback.and_then(|feedback| feedback.warning());
    let suggestion = feedback.and_then(|feedback| feedback.suggestions().last().copied());
    Strength {
        score,
        advice: advice(score, warning, suggestion),
    }
}

/// The beginning of `text`, with further kinds of punctuation as underscores: they repeat, so the estimate can only
/// become more careful by it.
fn bounded(text: &str) -> Zeroizing<String> {
    let mut marks = Vec::with_capacity(MARKS_LOOKED_AT);
    let mut bounded = Zeroizing::new(String::with_capacity(4 * LOOKED_AT));
    for c in text.chars().take(LOOKED_AT) {
        if !c.is_ascii_punctuation() || marks.contains(&c) {
            bounded.push(c);
        } else if marks.len() < MARKS_LOOKED_AT {
            marks.push(c);
            bounded.push(c);
        } else {
            bounded.push('_');
        }
    }
    bounded
}

/// What is wrong comes first, then what would help. (zxcvbn puts its most general suggestion first.)
fn advice(score: u8, warning: Option<Warning>, suggestion: Option<Suggestion>) -> &'static str {
    match (warning, suggestion) {
        (Some(warning), _) => about_warning(warning),
        (None, Some(suggestion)) => about_suggestion(suggestion),
        (None, None) if score >= 4 => "password-advice-very-good",
        (None, None) if score == 3 => "password-advice-good",
        (None, None) => "password-advice-more-words",
    }
}

fn about_warning(warning: Warning) -> &'static str {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess => {
            "password-advice-keyboard"
        }
        Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => {
            "password-advice-repeats"
        }
        Warning::ThisIsATop10Password | Warning::ThisIsATop100Password | Warning::ThisIsACommonPassword => {
            "password-advice-common"
        }
        Warning::ThisIsSimilarToACommonlyUsedPassword => "password-advice-like-common",
        Warning::SequencesLikeAbcAreEasyToGuess => "password-advice-sequence",
        Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess => "password-advice-dates",
        Warning::AWordByItselfIsEasyToGuess => "password-advice-one-word",
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess | Warning::CommonNamesAndSurnamesAreEasyToGuess => {
            "password-advice-names"
        }
    }
}

fn about_suggestion(suggestion: Suggestion) -> &'static str {
    match suggestion {
        Suggestion::CapitalizationDoesntHelpVeryMuch | Suggestion::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase => {
            "password-advice-capitals"
        }
        Suggestion::ReversedWordsArentMuchHarderToGuess => "password-advice-reversed",
        Suggestion::PredictableSubstitutionsDontHelpVeryMuch => "password-advice-substitutions",
        Suggestion::UseALongerKeyboardPatternWithMoreTurns => "password-advice-keyboard",
        Suggestion::AvoidRepeatedWordsAndCharacters => "password-advice-repeats",
        Suggestion::AvoidSequences => "password-advice-sequence",
        Suggestion::AvoidRecentYears
        | Suggestion::AvoidYearsThatAreAssociatedWithYou
        | Suggestion::AvoidDatesAndYearsThatAreAssociatedWithYou => "password-advice-dates",
        Suggestion::UseAFewWordsAvoidCommonPhrases
        | Suggestion::NoNeedForSymbolsDigitsOrUppercaseLetters
        | Suggestion::AddAnotherWordOrTwo => "password-advice-more-words",
    }
}

#[cfg(test)]
#[path = "strength_tests.rs"]
mod tests;
