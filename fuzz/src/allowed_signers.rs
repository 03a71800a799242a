//! An allowed_signers file.

use openness::sign::Trust;
use openness::source::Source;

/// The file is accepted or refused, without a panic.
pub fn run(bytes: &[u8]) {
    let _ = Trust::of_allowed_signers(&Source::new("allowed_signers", super::text(bytes)), &jiff::tz::TimeZone::UTC);
}
