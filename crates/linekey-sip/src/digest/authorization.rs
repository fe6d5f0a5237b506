//! Reading the value of an `Authorization` header.

/// The parameters of a Digest `Authorization` that matter here, borrowed from the header.
///
/// Quoted values are the bytes between the quotes, escapes untouched: `unq()` of RFC 7616 section
/// 3.3 removes the quotes and nothing else, and the hash is taken over that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Authorization<'a> {
    /// `name` or `name@sip_domain`.
    pub username: &'a str,
    /// The realm it answers for.
    pub realm: &'a str,
    /// The nonce it answers.
    pub nonce: &'a str,
    /// The `uri`, as sent.
    pub uri: &'a str,
    /// The response, hexadecimal.
    pub response: &'a str,
    /// The algorithm's token; MD5 is meant when it is absent (RFC 2617 section 3.2.1).
    pub algorithm: Option<&'a str>,
    /// The quality of protection.
    pub qop: Option<&'a str>,
    /// The nonce count.
    pub nc: Option<&'a str>,
    /// The client nonce.
    pub cnonce: Option<&'a str>,
}

impl Authorization<'_> {
    /// The nonce count as a number: exactly eight hexadecimal digits (RFC 7616 section 3.4).
    #[must_use]
    pub fn count(&self) -> Option<u32> {
        let nc = self.nc?;
        if nc.len() != 8 || !nc.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        u32::from_str_radix(nc, 16).ok()
    }
}

/// Reads `Digest name=value, ...`. `None` if the scheme is another, the syntax is broken, a
/// parameter comes twice, or one of username, realm, nonce, uri and response is missing.
#[must_use]
pub fn parse_authorization(value: &str) -> Option<Authorization<'_>> {
    let mut found = Found::default();
    for parameter in parameters(value)? {
        let (name, value) = parameter?;
        found.put(name, value)?;
    }
    found.whole()
}

/// The parameters of a `Digest` value, of a challenge as of its answer, in their order; the last is `None` where the syntax
/// is broken.
pub(crate) fn parameters(value: &str) -> Option<impl Iterator<Item = Option<(&str, &str)>>> {
    let value = value.trim_matches(is_blank);
    let (scheme, rest) = value.split_once(is_blank)?;
    let mut rest = scheme.eq_ignore_ascii_case("Digest").then_some(rest)?;
    Some(std::iter::from_fn(move || {
        let next = rest.trim_start_matches([' ', '\t', ',']);
        if next.is_empty() {
            return None;
        }
        let found = parameter(next).filter(|(.., after)| after.is_empty() || after.starts_with(','));
        rest = found.map_or("", |(.., after)| after);
        Some(found.map(|(name, value, _)| (name, value)))
    }))
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// One `name=value` from the front, and what follows it and the blanks behind it.
fn parameter(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_at(text.bytes().position(|b| !is_token(b))?);
    let rest = rest.trim_start_matches(is_blank).strip_prefix('=')?;
    if name.is_empty() {
        return None;
    }
    let rest = rest.trim_start_matches(is_blank);
    let (value, after) = match rest.strip_prefix('"') {
        Some(quoted) => {
            let end = closing_quote(quoted)?;
            (quoted.get(..end)?, quoted.get(end + 1..)?)
        }
        None => rest.split_at(rest.bytes().position(|b| !is_token(b)).unwrap_or(rest.len())),
    };
    if value.is_empty() && !rest.starts_with('"') {
        return None;
    }
    Some((name, value, after.trim_start_matches(is_blank)))
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', text.as_bytes().get(from..)?)?;
        if text.as_bytes().get(at) == Some(&b'"') {
            return Some(at);
        }
        from = at + 2;
    }
}

/// RFC 3261 section 25.1, `token`.
#[inline]
pub(crate) fn is_token(byte: u8) -> bool {
    const TOKEN: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0_u8;
        while byte < 0x80 {
            table[byte as usize] = byte.is_ascii_alphanumeric()
                || matches!(
                    byte,
                    b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~'
                );
            byte += 1;
        }
        table
    };
    TOKEN.get(usize::from(byte)).copied().unwrap_or(false)
}

#[derive(Default)]
struct Found<'a> {
    username: Option<&'a str>,
    realm: Option<&'a str>,
    nonce: Option<&'a str>,
    uri: Option<&'a str>,
    response: Option<&'a str>,
    algorithm: Option<&'a str>,
    qop: Option<&'a str>,
    nc: Option<&'a str>,
    cnonce: Option<&'a str>,
}

impl<'a> Found<'a> {
    /// `None` when the parameter was there before: two values leave open which one was hashed.
    fn put(&mut self, name: &str, value: &'a str) -> Option<()> {
        let slots = [
            ("username", &mut self.username),
            ("realm", &mut self.realm),
            ("nonce", &mut self.nonce),
            ("uri", &mut self.uri),
            ("response", &mut self.response),
            ("algorithm", &mut self.algorithm),
            ("qop", &mut self.qop),
            ("nc", &mut self.nc),
            ("cnonce", &mut self.cnonce),
        ];
        let slot = slots.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        slot.is_none_or(|(_, slot)| slot.replace(value).is_none()).then_some(())
    }

    fn whole(self) -> Option<Authorization<'a>> {
        Some(Authorization {
            username: self.username?,
            realm: self.realm?,
            nonce: self.nonce?,
            uri: self.uri?,
            response: self.response?,
            algorithm: self.algorithm,
            qop: self.qop,
            nc: self.nc,
            cnonce: self.cnonce,
        })
    }
}
