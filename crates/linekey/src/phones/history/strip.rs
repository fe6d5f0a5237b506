//! When a phone was registered, today and the six days before, as a strip.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, ZonedDateTime};

use crate::clock::Millis;
use crate::words::Words;

/// Days shown, today the last.
const DAYS: usize = 7;
/// Parts of a day that are told apart: half an hour each, in most days.
const PARTS: usize = 48;

/// A strip, drawn by a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strip {
    /// The `d` of a path in a box of [`Strip::WIDTH`] by 10: the time that the phone was registered.
    pub path: String,
    /// How wide the part is that lies behind; the rest of today is to come.
    pub past: usize,
    /// The days' names, as `Fri`.
    pub days: Vec<String>,
    /// Registered hours of the time shown, for those who do not see it.
    pub said: String,
}

impl Strip {
    /// The width of the box.
    pub const WIDTH: usize = DAYS * PARTS;

    /// Of the times from when to when it was registered, in whatever order, overlapping or not.
    pub fn of(words: &Words, spans: &[(Millis, Millis)], now: Millis, zone: &str) -> Self {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let days = days(now, &zone);
        let merged = merged(spans);
        let mut on = Vec::with_capacity(Self::WIDTH);
        let mut past = 0;
        for pair in days.windows(2) {
            let (from, until) = (
                pair[0].timestamp().as_millisecond(),
                pair[1].timestamp().as_millisecond(),
            );
            let part = (until - from) / 48;
            for nth in 0..48 {
                let (begins, ends) = (from + nth * part, from + (nth + 1) * part);
                let ends = ends.min(now);
                past += usize::from(begins < now);
                on.push(covered(&merged, begins, ends) * 2 >= ends - begins && begins < ends);
            }
        }
        let first = days.first().map_or(now, |day| day.timestamp().as_millisecond());
        let hours = |millis: i64| (millis + 1_800_000) / 3_600_000;
        let arguments = [
            ("hours", hours(covered(&merged, first, now)).into()),
            ("all", hours(now - first).into()),
        ];
        Self {
            path: path(&on),
            past,
            days: days.iter().take(DAYS).map(|day| day_name(words, day)).collect(),
            said: words.say_all("strip-said", arguments),
        }
    }
}

/// The midnights that the days begin with, and the one that ends today.
fn days(now: Millis, zone: &TimeZone) -> Vec<ZonedDateTime> {
    let now = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH);
    let today = now.to_zoned_datetime(zone.clone()).date();
    (-6..=1_i64)
        .filter_map(|nth| today.checked_add(nth.days()).ok()?.to_zoned_datetime(zone.clone()).ok())
        .collect()
}

/// `Fri`
fn day_name(words: &Words, day: &ZonedDateTime) -> String {
    let number = i64::from(day.weekday().to_monday_one_offset());
    words.say_all("when-weekday-short", [("day", number.into())])
}

/// The same times without overlap, in order.
fn merged(spans: &[(Millis, Millis)]) -> Vec<(Millis, Millis)> {
    let mut spans: Vec<_> = spans.iter().copied().filter(|(from, until)| from < until).collect();
    spans.sort_unstable();
    let mut merged: Vec<(Millis, Millis)> = Vec::new();
    for (from, until) in spans {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => merged.push((from, until)),
        }
    }
    merged
}

/// How much of `from..until` they cover.
fn covered(merged: &[(Millis, Millis)], from: Millis, until: Millis) -> Millis {
    merged
        .iter()
        .map(|(begins, ends)| (*ends.min(&until) - *begins.max(&from)).max(0))
        .sum()
}

/// One bar for parts that follow each other.
fn path(on: &[bool]) -> String {
    let mut path = String::new();
    let mut at = 0;
    for run in on.chunk_by(|one, next| one == next) {
        if run[0] {
            path += &format!("M{at} 0h{0}v10h-{0}z", run.len());
        }
        at += run.len();
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::HOUR;

    /// Friday 27 November 2026, 12:00 UTC.
    const NOON: Millis = 1_795_780_800_000;

    fn of(spans: &[(Millis, Millis)], zone: &str) -> Strip {
        Strip::of(&Words::english(), spans, NOON, zone)
    }

    #[test]
    fn a_week_ends_today() {
        let strip = of(&[], "UTC");
        assert_eq!(strip.days, ["Sat", "Sun", "Mon", "Tue", "Wed", "Thu", "Fri"]);
        assert_eq!((strip.path.as_str(), strip.past), ("", 6 * 48 + 24));
        assert_eq!(strip.said, "Registered 0 of the last 156 hours");
    }

    #[test]
    fn times_that_overlap_are_one() {
        let spans = [
            (NOON - 2 * HOUR, NOON),
            (NOON - 3 * HOUR, NOON - HOUR),
            (NOON - 30 * HOUR, NOON - 29 * HOUR),
        ];
        let strip = of(&spans, "UTC");
        assert_eq!(strip.path, "M252 0h2v10h-2zM306 0h6v10h-6z");
        assert_eq!(strip.said, "Registered 4 of the last 156 hours");
    }

    #[test]
    fn days_are_those_of_the_reader() {
        // Noon in London is nine in the evening in Tokyo.
        assert_eq!(of(&[(NOON - HOUR, NOON)], "Asia/Tokyo").past, 6 * 48 + 42);
    }

    #[test]
    fn a_day_of_twenty_five_hours_is_as_wide_as_any() {
        let change = 1_792_915_200_000; // 25 October 2026, 08:00 UTC: the clocks of Lisbon went back.
        let strip = Strip::of(&Words::english(), &[(0, change)], change, "Europe/Lisbon");
        assert_eq!(strip.path, format!("M0 0h{0}v10h-{0}z", strip.past));
    }
}
