//! Domains: what sign-in names end in, and the realms of phones. ASCII, as they stand in DNS.

/// What is wrong with a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no domain of the form `acme.example`: two labels or more of letters, digits and hyphens (RFC 1123).
    Form,
    /// Longer than 253 characters, or with a label longer than 63.
    TooLong,
    /// It has other letters than ASCII; this is how it is written in DNS (IDNA, UTS #46), if it can be.
    NotAscii(Option<String>),
}

/// Checks a domain as typed and returns it in lower case.
///
/// # Errors
/// With what is wrong with it.
pub fn check(typed: &str) -> Result<String, Refusal> {
    let domain = typed.trim().trim_end_matches('.').to_ascii_lowercase();
    if !domain.is_ascii() {
        let ascii = idna::domain_to_ascii_strict(&domain).ok();
        return Err(Refusal::NotAscii(ascii.filter(|ascii| check(ascii).is_ok())));
    }
    let labels: Vec<_> = domain.split('.').collect();
    if domain.len() > 253 || labels.iter().any(|label| label.len() > 63) {
        return Err(Refusal::TooLong);
    }
    let good = |label: &&str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_address = labels
        .last()
        .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if labels.len() < 2 || is_address || !labels.iter().all(good) {
        return Err(Refusal::Form);
    }
    Ok(domain)
}
