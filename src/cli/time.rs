//! Times in arguments.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Failure, environment};

/// Parses the value of `--verify-time`: RFC 3339, a date (its start in UTC), or the digits that `ssh-keygen -O verify-time` takes.
pub(super) fn parse(text: &str) -> Result<Timestamp, Failure> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    if let Ok(day) = text.parse::<jiff::civil::Date>() {
        return Ok(TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0))?);
    }
    let zone = environment::time_zone();
    crate::sign::trust::parse_time(text, &zone).map_err(|error| {
        let is_a_time = crate::sign::trust::parse_time(text, &TimeZone::UTC).is_ok();
        let failure = match is_a_time {
            true => Failure::caused_by(format!("`--verify-time {text}`"), error),
            false => Failure::new(format!("`--verify-time {text}` is not a time")),
        };
        failure.help("expected 2026-11-22T00:00:00Z or 20261122Z")
    })
}
