//! Where to go after signing in: a path of this portal, and nothing that a browser could read as another place.

/// The path, if it is one of ours.
pub(super) fn path(text: &str) -> Option<&str> {
    let inside = text.starts_with('/') && !text.starts_with("//");
    // A backslash is a slash to browsers, and tabs and line breaks are dropped by them before they look.
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (inside && plain && text.len() <= 2000 && !text.starts_with("/sign-in") && !text.starts_with("/sign-out"))
        .then_some(text)
}

#[cfg(test)]
mod tests {
    use super::path;

    /// Museum row 33: no caller-supplied address leads out of the portal.
    #[test]
    fn only_a_path_of_the_portal_is_followed() {
        for ours in [
            "/",
            "/phones",
            "/account/settings?x=%2F%2Fevil.example",
            "/help/search?q=a@b",
        ] {
            assert_eq!(path(ours), Some(ours));
        }
        for theirs in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "javascript:alert(1)",
            " //evil.example",
            "evil.example",
            "/ü",
            "/sign-out",
            "/sign-in?next=/phones",
            &format!("/{}", "x".repeat(2000)),
        ] {
            assert_eq!(path(theirs), None, "{theirs:?}");
        }
    }
}
