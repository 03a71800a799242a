//! Reads the data files in TOML that are part of this library.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a data file.
///
/// # Panics
/// If the file is not valid, which tests of its owner rule out.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> T {
    let read = if cfg!(target_family = "wasm") { by_value(text) } else { toml::from_str(text).ok() };
    read.expect("the embedded files are valid: tests read them")
}

/// Reads by way of a value. That takes longer, and less code for each type, which counts more in a browser.
fn by_value<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(toml::from_str::<Value>(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case", deny_unknown_fields)]
    struct Data {
        version: u32,
        is_known: Option<bool>,
        #[serde(default)]
        words: Vec<String>,
        share: f64,
    }

    #[test]
    fn both_ways_read_the_same() {
        let text = "version = 1\nis-known = true\nwords = [\"a\", \"\\u00e9\"]\nshare = 0.5\n";
        let data =
            Data { version: 1, is_known: Some(true), words: vec!["a".to_owned(), "\u{e9}".to_owned()], share: 0.5 };
        assert_eq!((read::<Data>(text), by_value::<Data>(text)), (data, toml::from_str(text).ok()));
        for text in ["version = 1", "version = 1\nshare = 1.0\nother = 1", "version"] {
            assert_eq!(by_value::<Data>(text), None, "{text}");
        }
    }
}
