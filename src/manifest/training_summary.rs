//! The answers of a public summary of training content (AI Act, Art. 53(1)(d)): a file next to the manifest, as TOML or
//! JSON, that maps the ids of the template's fields to values.
//!
//! ```toml
//! "2.1.a" = true
//! "2.1.c" = ["FineWeb-Edu"]
//! ```

use serde_json::{Map, Value};

/// The largest summary that is read, in bytes.
pub const MAX_SUMMARY_BYTES: usize = 1024 * 1024;

/// Reads a summary, as JSON if it begins with `{`, else as TOML.
///
/// # Errors
/// The first problem, if it is not UTF-8, or neither a JSON object nor TOML, or too large.
pub fn read(bytes: &[u8]) -> Result<Map<String, Value>, String> {
    if bytes.len() > MAX_SUMMARY_BYTES {
        return Err(format!("it is larger than {MAX_SUMMARY_BYTES} bytes"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let value = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|error| error.to_string())?
    } else {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.message().replace('\n', ", "))?;
        plain(toml::Value::Table(table))
    };
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err("it is not a table of fields".to_owned()),
    }
}

/// Converts a value of TOML. Dates become the strings that they are written as.
fn plain(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(plain).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, plain(value))).collect(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn toml_and_json_give_the_same_fields() {
        let toml = read(b"\"0.b\" = 2025-09-01\n\"2.1.a\" = true\n").unwrap();
        let json = read(br#"{ "0.b": "2025-09-01", "2.1.a": true }"#).unwrap();
        assert_eq!(toml, json);
    }

    #[test]
    fn what_is_not_a_table_of_fields_is_refused() {
        for bad in [&b"\xff"[..], b"{", b"{ \"a\": }", b"a = ", b"just words"] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
        assert!(read(&vec![b'#'; MAX_SUMMARY_BYTES + 1]).is_err());
    }
}
