//! JSON as Python reads and writes it: `NaN`, `Infinity` and `-Infinity` are numbers. Configurations on the Hugging Face Hub
//! have them (<https://github.com/huggingface/transformers/pull/42959>).

use serde_json::Value;

/// Reads JSON as Python does: of equal keys the last counts, and `NaN` and the infinities are numbers (null in the value).
///
/// # Errors
/// The error of `serde_json`, if the text is not JSON otherwise either.
pub(crate) fn read(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|_| serde_json::from_str(&finite(text)))
}

/// Reads JSON like [`super::read`], which rejects repeated keys, but with `NaN` and the infinities (null in the value).
///
/// # Errors
/// As [`super::read`].
pub(crate) fn read_strictly(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    super::read(bytes).or_else(|error| match std::str::from_utf8(bytes) {
        Ok(text) => super::read(finite(text).as_bytes()),
        Err(_) => Err(error),
    })
}

/// Returns JSON with `null` in place of the numbers that only Python writes.
fn finite(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_in_text = false;
    while let Some(c) = rest.chars().next() {
        let word = ["-Infinity", "Infinity", "NaN"].into_iter().find(|word| !is_in_text && rest.starts_with(word));
        let length = match (word, c) {
            (Some(word), _) => {
                plain.push_str("null");
                word.len()
            }
            (None, '\\') if is_in_text => {
                let escape = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
                plain.push_str(&rest[..escape]);
                escape
            }
            (None, c) => {
                is_in_text ^= c == '"';
                plain.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    plain
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use serde_json::json;

    use super::*;

    #[test]
    fn what_python_writes_is_read() {
        let text = r#"{"a": [NaN, -Infinity, Infinity, -1], "NaN": "Infinity \" NaN"}"#;
        let value = json!({"a": [null, null, null, -1], "NaN": "Infinity \" NaN"});
        assert_eq!(read(text).unwrap(), value);
        assert_eq!(read_strictly(text.as_bytes()).unwrap(), value);
        for text in ["{\"a\": nan}", "{\"a\": +Infinity}", "{\"a\": NaN", "NaN1", "{NaN: 1}", ""] {
            assert!(read(text).is_err() && read_strictly(text.as_bytes()).is_err(), "{text}");
        }
        assert!(read_strictly(b"\"\xff\"").is_err());
    }

    #[test]
    fn of_equal_keys_the_last_counts_or_none() {
        let text = r#"{"a": 1, "b": NaN, "a": 2}"#;
        assert_eq!(read(text).unwrap()["a"], 2);
        let error = read_strictly(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("`a`"), "{error}");
    }
}
