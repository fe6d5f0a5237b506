//! How a moment is said: short in the reader's time zone, exact in UTC.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::clock::Millis;
use crate::words::Words;

/// `2026-11-23 08:02:11 UTC`
pub fn exact(at: Millis) -> String {
    stamp(at).strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `08:02` today, `Monday 08:02` within six days, `3 November 2026` else, in the IANA time zone `zone`.
pub fn short(words: &Words, at: Millis, now: Millis, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let then = stamp(at).to_zoned_datetime(zone.clone());
    let today = stamp(now).to_zoned_datetime(zone).date();
    let time = then.strftime("%H:%M").to_string();
    let days = (today - then.date()).get_days();
    if days == 0 {
        return time;
    }
    if (1..=6).contains(&days) {
        let day = i64::from(then.weekday().to_monday_one_offset());
        return words.say_all("when-weekday", [("day", day.into()), ("time", time.into())]);
    }
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
        assert_eq!(exact(now), "2026-11-23 12:00:00 UTC");
    }
}
