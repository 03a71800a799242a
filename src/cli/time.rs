//! Times in arguments.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Failure, environment};

/// What a time looks like.
const FORMS: &str = "a date such as 2026-11-22, or a time such as 2026-11-22T00:00:00Z";

/// Parses the value of `--created`: RFC 3339, or a date, which means its start in UTC.
pub(super) fn created(text: &str) -> Result<Timestamp, String> {
    plain(text).ok_or_else(|| format!("expected {FORMS}"))
}

fn plain(text: &str) -> Option<Timestamp> {
    let day = || TimeZone::UTC.to_timestamp(text.parse::<jiff::civil::Date>().ok()?.at(0, 0, 0, 0)).ok();
    text.parse().ok().or_else(day)
}

/// Parses the value of `--verify-time`: the same, or the digits that `ssh-keygen -O verify-time` takes.
pub(super) fn parse(text: &str) -> Result<Timestamp, Failure> {
    if let Some(time) = plain(text) {
        return Ok(time);
    }
    let zone = environment::time_zone();
    crate::sign::trust::parse_time(text, &zone).map_err(|error| {
        let is_a_time = crate::sign::trust::parse_time(text, &TimeZone::UTC).is_ok();
        let failure = match is_a_time {
            true => Failure::caused_by(format!("`--verify-time {text}`"), error),
            false => Failure::new(format!("`--verify-time {text}` is not a time")),
        };
        failure.help(format!("expected {FORMS}, or 20261122Z as `ssh-keygen` takes it"))
    })
}
