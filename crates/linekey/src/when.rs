//! How a moment is said: short in the reader's time zone, exact in UTC.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::clock::Millis;
use crate::words::Words;

/// `2026-11-23 08:02:11 UTC`
pub fn exact(at: Millis) -> String {
    stamp(at).strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `23 November 2026 08:02, Europe/Lisbon (2026-11-23 08:02:11 UTC)`, in the IANA time zone `zone`; in UTC only
/// the exact part.
pub fn whole(words: &Words, at: Millis, zone: &str) -> String {
    let exact = exact(at);
    let Some(local) = TimeZone::get(zone).ok().filter(|zone| *zone != TimeZone::UTC) else {
        return exact;
    };
    let then = stamp(at).to_zoned_datetime(local);
    words.say_all(
        "when-whole",
        [
            ("date", date(words, then.date()).into()),
            ("time", then.strftime("%H:%M").to_string().into()),
            ("zone", zone.into()),
            ("exact", exact.into()),
        ],
    )
}

/// `23 November 2026, 08:02` in the IANA time zone `zone`: for a moment to come, which wants its day.
pub fn minute(words: &Words, at: Millis, zone: &str) -> String {
    let then = stamp(at).to_zoned_datetime(TimeZone::get(zone).unwrap_or(TimeZone::UTC));
    let date = date(words, then.date());
    words.say_all("when-minute", [("date", date.into()), ("time", clock(at, zone).into())])
}

/// `2026-11-23T08:02:11.123Z` (RFC 3339, UTC)
pub fn rfc3339(at: Millis) -> String {
    stamp(at).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The moment that `2026-11-23` (its beginning in UTC) or `2026-11-23T08:02:11Z` names; `None` for anything else.
pub fn parse(text: &str) -> Option<Millis> {
    let is_date = text.len() == "2026-11-23".len();
    let whole = if is_date {
        format!("{text}T00:00:00Z")
    } else {
        text.to_owned()
    };
    let stamp: Timestamp = whole.parse().ok()?;
    Some(stamp.as_millisecond())
}

/// `08:02` today, `Monday 08:02` within six days, `3 November 2026` else, in the IANA time zone `zone`.
pub fn short(words: &Words, at: Millis, now: Millis, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    if let Some(recent) = recent(words, at, now, &zone, "%H:%M") {
        return recent;
    }
    let then = stamp(at).to_zoned_datetime(zone);
    date(words, then.date())
}

/// `Today`, `Yesterday`, else `3 November 2026`, in the IANA time zone `zone`: the heading of a day.
pub fn day(words: &Words, at: Millis, now: Millis, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let date_of = |at| stamp(at).to_zoned_datetime(zone.clone()).date();
    let then = date_of(at);
    match (date_of(now) - then).get_days() {
        0 => words.say("when-today"),
        1 => words.say("when-yesterday"),
        _ => date(words, then),
    }
}

/// `08:02` in the IANA time zone `zone`: for a moment whose day is said already.
pub fn clock(at: Millis, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    stamp(at).to_zoned_datetime(zone).strftime("%H:%M").to_string()
}

/// `3 November 2026`
fn date(words: &Words, then: Date) -> String {
    let number = |value: i64| value.to_string().into();
    words.say_all(
        "when-date",
        [
            ("day", number(then.day().into())),
            ("month", i64::from(then.month()).into()),
            ("year", number(then.year().into())),
        ],
    )
}

/// [`short`] to the second, for telling apart what happened in the same minute; exact in UTC after six days.
pub fn to_the_second(words: &Words, at: Millis, now: Millis, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    recent(words, at, now, &zone, "%H:%M:%S").unwrap_or_else(|| exact(at))
}

/// A moment of the last six days, by weekday and the time as `clock` writes it.
fn recent(words: &Words, at: Millis, now: Millis, zone: &TimeZone, clock: &str) -> Option<String> {
    let then = stamp(at).to_zoned_datetime(zone.clone());
    let today = stamp(now).to_zoned_datetime(zone.clone()).date();
    let time = then.strftime(clock).to_string();
    let days = (today - then.date()).get_days();
    if days == 0 {
        return Some(time);
    }
    let day = i64::from(then.weekday().to_monday_one_offset());
    (1..=6)
        .contains(&days)
        .then(|| words.say_all("when-weekday", [("day", day.into()), ("time", time.into())]))
}

/// Whether `zone` is a time zone of the IANA database.
pub fn is_zone(zone: &str) -> bool {
    zone.len() <= 64 && TimeZone::get(zone).is_ok()
}

/// The names of all time zones, sorted.
pub fn zones() -> Vec<String> {
    let mut names: Vec<_> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    names.retain(|name| name.contains('/') || name == "UTC");
    names
}

fn stamp(at: Millis) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_said_as_shortly_as_its_age_allows() {
        let words = Words::english();
        let now: Millis = "2026-11-23T12:00:00Z"
            .parse::<Timestamp>()
            .expect("a moment")
            .as_millisecond();
        let said = |text: &str| {
            let at = text.parse::<Timestamp>().expect("a moment").as_millisecond();
            short(&words, at, now, "Europe/Lisbon")
        };
        assert_eq!(said("2026-11-23T08:02:00Z"), "08:02");
        assert_eq!(said("2026-11-17T17:40:00Z"), "Tuesday 17:40");
        assert_eq!(said("2026-11-16T17:40:00Z"), "16 November 2026");
        let again = |text: &str| {
            let at = text.parse::<Timestamp>().expect("a moment").as_millisecond();
            to_the_second(&words, at, now, "Europe/Lisbon")
        };
        assert_eq!(again("2026-11-23T08:02:07Z"), "08:02:07");
        assert_eq!(again("2026-11-17T17:40:59Z"), "Tuesday 17:40:59");
        assert_eq!(again("2026-11-16T17:40:59Z"), "2026-11-16 17:40:59 UTC");
        assert_eq!(exact(now), "2026-11-23 12:00:00 UTC");
        assert_eq!(
            whole(&words, now, "America/New_York"),
            "23 November 2026 07:00, America/New_York (2026-11-23 12:00:00 UTC)"
        );
        for none in ["UTC", "Atlantis/Capital"] {
            assert_eq!(whole(&words, now, none), "2026-11-23 12:00:00 UTC");
        }
        let headed = |text: &str| {
            let at = text.parse::<Timestamp>().expect("a moment").as_millisecond();
            (day(&words, at, now, "Asia/Tokyo"), clock(at, "Asia/Tokyo"))
        };
        for (text, day, time) in [
            ("2026-11-22T15:00:00Z", "Today", "00:00"),
            ("2026-11-22T14:59:59Z", "Yesterday", "23:59"),
            ("2026-11-21T14:59:59Z", "21 November 2026", "23:59"),
        ] {
            assert_eq!(headed(text), (day.to_owned(), time.to_owned()));
        }
        assert_eq!(rfc3339(now + 7), "2026-11-23T12:00:00.007Z");
        assert_eq!(parse("2026-11-23T12:00:00Z"), Some(now));
        assert_eq!(parse("2026-11-23"), Some(now - 12 * crate::clock::HOUR));
        assert_eq!(parse("yesterday"), None);
    }
}
