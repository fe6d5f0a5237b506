//! The compiled-in list of common passwords. Its origin and licence: `common-passwords.LICENCE.md`.
//!
//! Owns the look-up only. A password is compared as a whole and without regard to case, nothing else: guesses at
//! variants would refuse good passwords for reasons nobody could explain.

/// Folded, sorted by bytes, one a line, each of at least 8 code points: no profile accepts shorter ones anyway.
const LIST: &str = include_str!("common-passwords.txt");

/// Whether a folded password (see [`super::names::fold`]) is a common one.
pub(super) fn contains(folded: &str) -> bool {
    let mut rest = LIST;
    while !rest.is_empty() {
        let (before, line, after) = middle_line(rest);
        match folded.cmp(line) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => rest = before,
            std::cmp::Ordering::Greater => rest = after,
        }
    }
    false
}

/// The line around the middle of some whole lines, with the lines before it and those after.
fn middle_line(lines: &str) -> (&str, &str, &str) {
    let middle = lines.floor_char_boundary(lines.len() / 2);
    let start = lines[..middle].rfind('\n').map_or(0, |newline| newline + 1);
    let end = lines[start..].find('\n').map_or(lines.len(), |newline| start + newline);
    (
        &lines[..start],
        &lines[start..end],
        lines.get(end + 1..).unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::names::fold;
    use super::*;

    #[test]
    fn every_listed_password_is_found_and_none_between_them() {
        for line in LIST.lines() {
            assert!(contains(line), "{line}");
            assert!(!contains(&format!("{line}\u{1}")), "{line}");
            assert!(
                !contains(&line[1..]) || LIST.lines().any(|other| other == &line[1..]),
                "{line}"
            );
        }
    }

    #[test]
    fn the_list_is_folded_sorted_and_free_of_passwords_that_are_too_short_anyway() {
        assert!(LIST.lines().is_sorted_by(|one, next| one < next), "strictly, by bytes");
        assert!(
            LIST.lines()
                .all(|line| *fold(line) == line && line.chars().count() >= 8)
        );
        assert!(LIST.ends_with('\n') && !LIST.contains('\r'));
        assert!(LIST.lines().count() > 8_000, "the list was cut off");
    }

    #[test]
    fn nothing_outside_the_list_is_common() {
        for text in [
            "",
            "\n",
            "!",
            "\u{10ffff}",
            "password\n",
            "passwor",
            "Tr4vel-light-by-night",
        ] {
            assert!(!contains(text), "{text:?}");
        }
    }
}
