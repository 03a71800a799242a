//! The codes of `--waive`.

use std::path::Path;

use clap::builder::TypedValueParser;

use super::values;
use crate::check::{WaiverError, check_waiver};

/// Returns the parser of a code of `--waive`, which offers the codes of all rules that can be waived.
pub(super) fn codes() -> impl TypedValueParser<Value = String> {
    values::codes(code)
}

/// Parses a code of `--waive`. A code that no rule has, or that cannot be waived, is a usage error.
fn code(word: &str) -> Result<String, String> {
    match check_waiver(word) {
        Ok(()) => Ok(word.to_ascii_uppercase()),
        // The flag takes all words that follow it.
        Err(error @ WaiverError::Unknown { .. }) if Path::new(word).exists() => {
            Err(format!("{error}; a path has to come before `--waive`, or after `--`"))
        }
        Err(error) => Err(error.to_string()),
    }
}
