//! What is printed in place of a result, or in addition to it, by a command that could not run
//! (`schemas/error-v1.schema.json`).

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value};

use super::{VERSION, object};

/// Why a command could not run.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorV1<'a> {
    /// Who has to act: `usage`, `environment`, `manifest` or `internal`.
    pub kind: &'static str,
    /// What was being done, with what, and what prevented it.
    pub message: &'a str,
    /// What to do now.
    pub help: Option<&'a str>,
}

/// Writes one JSON object with the key `error`. If `result` is such an object, its keys come first.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(error: &ErrorV1<'_>, result: &[u8], out: &mut impl Write) -> io::Result<()> {
    let mut whole: Map<String, Value> = serde_json::from_slice(result).unwrap_or_default();
    whole.entry("version").or_insert_with(|| VERSION.into());
    whole.insert("error".to_owned(), serde_json::to_value(error)?);
    object(&whole, out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn an_error_is_added_to_a_result_or_stands_alone() {
        let error = ErrorV1 { kind: "usage", message: "no \u{1b}", help: None };
        let written = |result: &[u8]| {
            let mut out = Vec::new();
            write(&error, result, &mut out).unwrap();
            assert!(!out.contains(&0x1b));
            serde_json::from_slice::<Value>(&out).unwrap()
        };
        let alone =
            serde_json::json!({ "version": 1, "error": { "kind": "usage", "message": "no \u{1b}", "help": null } });
        assert_eq!((written(b""), written(b"no JSON")), (alone.clone(), alone));
        assert_eq!(written(b"{\"version\": 1, \"files\": []}")["files"], serde_json::json!([]));
    }
}
