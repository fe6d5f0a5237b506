//! Writing answers.

use std::io::Write as _;
use std::net::SocketAddr;

use crate::codec::Echo;

/// The largest answer to a sender whose address is not proven.
const MAX_UNVERIFIED: usize = 700;
/// And how many times its request it may be at most.
const MAX_FACTOR: usize = 3;

/// The first line of an answer, and its headers beyond those that every answer repeats.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) reason: &'static str,
    /// Whole lines, each with the line break before it.
    headers: String,
}

impl Answer {
    pub(crate) fn new(status: u16, reason: &'static str) -> Self {
        Self {
            status,
            reason,
            headers: String::new(),
        }
    }

    pub(crate) fn with(self, name: &'static str, value: &str) -> Self {
        self.with_parts(name, &[value])
    }

    /// The same, of a value in parts.
    pub(crate) fn with_parts(mut self, name: &'static str, value: &[&str]) -> Self {
        debug_assert!(!value.iter().any(|part| part.contains(['\r', '\n'])), "{value:?}");
        let parts = ["\r\n", name, ": "].into_iter().chain(value.iter().copied());
        self.headers.reserve(parts.clone().map(str::len).sum());
        self.headers.extend(parts);
        self
    }

    /// Bytes that it takes in memory, about.
    pub(crate) fn size(&self) -> usize {
        self.headers.capacity()
    }

    /// The bytes (RFC 3261 section 8.2.6; `received` and `rport` by section 18.2.1 and RFC 3581
    /// section 4). `to_tag` is added if To has none.
    pub(crate) fn to_bytes(&self, echo: &Echo, source: SocketAddr, report_source: bool, to_tag: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512);
        // Writing to memory cannot fail.
        let _ = write!(bytes, "SIP/2.0 {} {}", self.status, self.reason);
        line(&mut bytes, "Via", &echo.top_via);
        if report_source || echo.rport || echo.received {
            let _ = write!(bytes, ";received={}", source.ip());
        }
        if echo.rport {
            let _ = write!(bytes, ";rport={}", source.port());
        }
        for via in &echo.vias {
            line(&mut bytes, "Via", via);
        }
        line(&mut bytes, "From", &echo.from);
        line(&mut bytes, "To", &echo.to);
        if !echo.to_has_tag {
            bytes.extend_from_slice(b";tag=");
            bytes.extend_from_slice(to_tag);
        }
        line(&mut bytes, "Call-ID", &echo.call_id);
        line(&mut bytes, "CSeq", &echo.cseq);
        bytes.extend_from_slice(self.headers.as_bytes());
        bytes.extend_from_slice(b"\r\nContent-Length: 0\r\n\r\n");
        bytes
    }
}

/// Begins a header on a new line.
fn line(bytes: &mut Vec<u8>, name: &str, value: &[u8]) {
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(b": ");
    bytes.extend_from_slice(value);
}

/// Whether an answer of this size may go to a sender whose address is not proven: a forged source
/// must not make us a useful amplifier.
pub(crate) fn fits_unverified(answer: usize, request: usize) -> bool {
    answer <= MAX_UNVERIFIED && answer <= request.saturating_mul(MAX_FACTOR)
}

/// A time as `Date` wants it (RFC 3261 section 20.17): `Sat, 13 Nov 2010 23:29:00 GMT`.
pub(crate) fn sip_date(ms: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let seconds = ms.div_euclid(1000);
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let name = |names: &'static [&'static str], at: i64| usize::try_from(at).ok().and_then(|i| names.get(i)).copied();
    // An answer to every phone has one: written without the machinery of formats.
    let mut date = String::with_capacity(29);
    let number = |date: &mut String, number: i64, before: &str| {
        let digit = |value: i64| u8::try_from(value.rem_euclid(10)).map_or('0', |digit| char::from(b'0' + digit));
        date.push_str(before);
        date.extend([digit(number / 10), digit(number)]);
    };
    date.push_str(name(&DAYS, days.rem_euclid(7)).unwrap_or("Thu"));
    number(&mut date, day, ", ");
    date.push(' ');
    date.push_str(name(&MONTHS, month - 1).unwrap_or("Jan"));
    number(&mut date, year / 100, " ");
    number(&mut date, year % 100, "");
    number(&mut date, of_day / 3600, " ");
    number(&mut date, of_day / 60 % 60, ":");
    number(&mut date, of_day % 60, ":");
    date.push_str(" GMT");
    date
}

/// Year, month and day of a day counted from 1970, in the Gregorian calendar. The year is thought
/// to begin in March, so that the leap day comes last.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::sip_date;

    #[test]
    fn dates_are_written_as_rfc_3261_shows_them() {
        for (ms, text) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (1_289_690_940_999, "Sat, 13 Nov 2010 23:29:00 GMT"),
            (951_782_400_000, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (4_107_542_399_000, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400_000, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (-1000, "Wed, 31 Dec 1969 23:59:59 GMT"),
        ] {
            assert_eq!(sip_date(ms), text);
        }
    }
}
