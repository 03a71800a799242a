//! The codes of `--waive`.

use crate::check::{WaiverError, check_waiver};

/// Parses a code of `--waive`. A code that no rule has, or that cannot be waived, is a usage error.
pub(super) fn code(word: &str) -> Result<String, WaiverError> {
    check_waiver(word)?;
    Ok(word.to_ascii_uppercase())
}
