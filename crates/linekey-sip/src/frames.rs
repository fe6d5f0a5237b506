//! Cutting a stream into messages by `Content-Length` (RFC 3261 section 18.3). Pure: bytes in, messages out.
//!
//! A stream that cannot be cut is told apart as early as can be, since nothing after the mistake can be understood: it is
//! to be closed. What is kept is bounded by the largest message and one read.

use bytes::{Bytes, BytesMut};

use crate::codec::MAX_DATAGRAM;

/// Longest first line. A Request-URI has seldom more than 100 bytes.
const MAX_FIRST_LINE: usize = 1024;
/// What a client sends to keep its connection alive, and to learn whether it lives (RFC 5626 section 3.5.1).
const PING: &[u8] = b"\r\n\r\n";

/// What the stream holds next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Nothing whole yet.
    More,
    /// A double CRLF, which is answered by a single one.
    KeepAlive,
    /// One message, headers and body.
    Message(Bytes),
    /// It can never be cut; why, for the debug log.
    Garbage(&'static str),
}

/// What was read of one stream and not cut yet.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    buffer: BytesMut,
    /// Bytes in which the end of the headers was looked for in vain, so that a byte at a time costs no more than all at once.
    searched: usize,
}

impl Frames {
    /// Where to read to; [`Frames::cut`] until it wants more before reading again.
    pub(crate) fn room(&mut self) -> &mut BytesMut {
        self.buffer.reserve(1024);
        &mut self.buffer
    }

    /// Whether part of a message is here. Line breaks between messages are none.
    pub(crate) fn has_begun(&self) -> bool {
        !PING.starts_with(&self.buffer)
    }

    /// Takes out what comes next.
    pub(crate) fn cut(&mut self) -> Cut {
        if self.buffer.starts_with(PING) {
            self.take(PING.len());
            return Cut::KeepAlive;
        }
        if !self.has_begun() {
            return Cut::More;
        }
        // A single line break before a message means nothing (RFC 3261 section 7.5).
        if self.buffer.starts_with(b"\r\n") {
            self.take(2);
        }
        if let Err(why) = may_be_sip(&self.buffer) {
            return Cut::Garbage(why);
        }
        let from = self.searched;
        let end = self.buffer[from..].windows(4).position(|four| four == b"\r\n\r\n");
        let Some(end) = end else {
            self.searched = self.buffer.len().saturating_sub(3);
            return if self.buffer.len() > MAX_DATAGRAM {
                Cut::Garbage("message too long")
            } else {
                Cut::More
            };
        };
        let head = from + end + 4;
        // The same place is found at once when more of the body is there.
        self.searched = from + end;
        match content_length(&self.buffer[..head]) {
            Err(why) => Cut::Garbage(why),
            Ok(body) if head + body > MAX_DATAGRAM => Cut::Garbage("message too long"),
            Ok(body) if head + body > self.buffer.len() => Cut::More,
            Ok(body) => Cut::Message(self.take(head + body)),
        }
    }

    fn take(&mut self, length: usize) -> Bytes {
        self.searched = 0;
        let taken = self.buffer.split_to(length).freeze();
        if self.buffer.is_empty() {
            // A connection that waits keeps no memory of the largest message that it had.
            self.buffer = BytesMut::new();
        }
        taken
    }
}

/// Whether a message can begin like this: a browser, or TLS at the wrong port, is told after a few bytes.
fn may_be_sip(begun: &[u8]) -> Result<(), &'static str> {
    if !begun.first().is_some_and(u8::is_ascii_graphic) {
        return Err("not SIP");
    }
    let end = begun.iter().position(|byte| *byte == b'\n');
    if end.unwrap_or(begun.len()) > MAX_FIRST_LINE {
        return Err("first line too long");
    }
    match end {
        Some(end) if begun[..end].windows(4).any(|four| four == b"SIP/") => Ok(()),
        Some(_) => Err("not SIP"),
        None => Ok(()),
    }
}

/// The length of the body. Over streams it must be named (RFC 3261 section 20.14), and once: two readings of where a
/// message ends would be two messages.
fn content_length(head: &[u8]) -> Result<usize, &'static str> {
    let mut value: Option<Vec<u8>> = None;
    let mut is_open = false;
    for line in head.split(|byte| *byte == b'\n').skip(1) {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            // A value may go on in the next line (RFC 3261 section 7.3.1).
            if let Some(value) = value.as_mut().filter(|_| is_open) {
                value.extend_from_slice(line.trim_ascii());
            }
            continue;
        }
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let name = parts.next().unwrap_or_default().trim_ascii();
        is_open = name.eq_ignore_ascii_case(b"content-length") || name.eq_ignore_ascii_case(b"l");
        if is_open && value.is_some() {
            return Err("Content-Length repeated");
        }
        if is_open {
            value = Some(parts.next().unwrap_or_default().trim_ascii().to_vec());
        }
    }
    let value = value.ok_or("no Content-Length")?;
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err("unreadable Content-Length");
    }
    let digits = std::str::from_utf8(&value).map_err(|_| "unreadable Content-Length")?;
    digits
        .parse()
        .map_err(|_| "message too long")
        .and_then(|length: usize| {
            if length > MAX_DATAGRAM {
                Err("message too long")
            } else {
                Ok(length)
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is cut of a stream that comes in pieces of `size` bytes: messages as text, `ping`, or why it is closed.
    fn cut(stream: &[u8], size: usize) -> Vec<String> {
        let mut frames = Frames::default();
        let mut found = Vec::new();
        for piece in stream.chunks(size) {
            frames.room().extend_from_slice(piece);
            loop {
                match frames.cut() {
                    Cut::More => break,
                    Cut::KeepAlive => found.push("ping".to_owned()),
                    Cut::Message(bytes) => found.push(String::from_utf8(bytes.to_vec()).expect("text")),
                    Cut::Garbage(why) => {
                        found.push(why.to_owned());
                        return found;
                    }
                }
            }
        }
        if frames.has_begun() {
            found.push("begun".to_owned());
        }
        found
    }

    #[test]
    fn a_stream_is_cut_alike_however_it_comes() {
        let bare = "OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n";
        let body = "OPTIONS sip:a SIP/2.0\r\nl : 4\r\nTo: x\r\n\r\n\r\n\r\n";
        let folded = "OPTIONS sip:a SIP/2.0\r\nCONTENT-LENGTH:\r\n\t2\r\nTo: x\r\n 9\r\n\r\nhi";
        let answer = "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n";
        let long = format!("OPTIONS sip:{} SIP/2.0\r\n", "a".repeat(MAX_FIRST_LINE));
        let endless = format!("OPTIONS sip:a SIP/2.0\r\nX: {}", "a".repeat(1 << 20));
        let largest = MAX_DATAGRAM - "OPTIONS sip:a SIP/2.0\r\nl: 8150\r\n\r\n".len();
        let of = |length: usize, pad: &str| format!("OPTIONS sip:a SIP/2.0\r\nl: {length}\r\n{pad}\r\n");
        let full = format!("{}{}", of(largest, ""), "b".repeat(largest));
        let table: &[(String, &[&str])] = &[
            (String::new(), &[]),
            ("\r\n".into(), &[]),
            ("\r\n\r".into(), &[]),
            ("\r\n\r\n".into(), &["ping"]),
            ("\r\n\r\n\r\n\r\n".into(), &["ping", "ping"]),
            (bare.into(), &[bare]),
            (
                format!("\r\n{bare}{body}\r\n\r\n{folded}"),
                &[bare, body, "ping", folded],
            ),
            (format!("{bare}\r\n{answer}"), &[bare, answer]),
            (bare[..bare.len() - 1].into(), &["begun"]),
            (body[..body.len() - 1].into(), &["begun"]),
            ("O".into(), &["begun"]),
            (full.clone(), &[&full]),
            (of(largest + 1, ""), &["message too long"]),
            (
                of(0, &format!("X: {}\r\n", "a".repeat(MAX_DATAGRAM))),
                &["message too long"],
            ),
            (of(99_999_999_999, ""), &["message too long"]),
            (
                "OPTIONS sip:a SIP/2.0\r\nl: 99999999999999999999999999\r\n\r\n".into(),
                &["message too long"],
            ),
            ("OPTIONS sip:a SIP/2.0\r\nTo: x\r\n\r\n".into(), &["no Content-Length"]),
            (
                "OPTIONS sip:a SIP/2.0\r\nl:\r\n\r\n".into(),
                &["unreadable Content-Length"],
            ),
            (
                "OPTIONS sip:a SIP/2.0\r\nl: -1\r\n\r\n".into(),
                &["unreadable Content-Length"],
            ),
            (
                "OPTIONS sip:a SIP/2.0\r\nl: +1\r\n\r\n".into(),
                &["unreadable Content-Length"],
            ),
            (
                "OPTIONS sip:a SIP/2.0\r\nl: 0, 5\r\n\r\n".into(),
                &["unreadable Content-Length"],
            ),
            (of(0, "Content-Length: 5\r\n"), &["Content-Length repeated"]),
            (of(0, "l: 0\r\n"), &["Content-Length repeated"]),
            ("GET / HTTP/1.1\r\n".into(), &["not SIP"]),
            ("\u{16}\u{3}\u{1}".into(), &["not SIP"]),
            ("\r\r".into(), &["not SIP"]),
            ("\r\n\rx".into(), &["not SIP"]),
            (" OPTIONS".into(), &["not SIP"]),
            (long, &["first line too long"]),
            (endless, &["message too long"]),
        ];
        for (stream, expected) in table {
            for size in [1, 2, 7, 1024] {
                let name = stream.get(..60).unwrap_or(stream);
                assert_eq!(cut(stream.as_bytes(), size), *expected, "{name:?} in pieces of {size}");
            }
        }
    }
}
