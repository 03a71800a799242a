//! A file of allowed signers.

use openness::sign::Trust;
use openness::source::Source;

/// It is read or refused.
pub fn run(bytes: &[u8]) {
    let _ = Trust::of_allowed_signers(&Source::new("allowed_signers", super::text(bytes)), &jiff::tz::TimeZone::UTC);
}
