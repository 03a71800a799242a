//! Writes the subset of YAML that the exports need: every text is in double quotes.

use std::fmt::Write as _;

/// A YAML document, written line by line.
#[derive(Debug, Default)]
pub(super) struct Yaml {
    pub(super) text: String,
}

impl Yaml {
    /// Writes a line, indented by two spaces per level of `depth`.
    pub(super) fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.text, "{:width$}{text}", "", width = depth * 2);
    }

    /// Writes a key and a text.
    pub(super) fn pair(&mut self, depth: usize, key: &str, value: &str) {
        self.line(depth, &format!("{key}: {}", quoted(value)));
    }

    /// Writes a key and a text, unless the text is absent or empty.
    pub(super) fn filled(&mut self, depth: usize, key: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.pair(depth, key, value);
        }
    }

    /// Writes a comment of one line.
    pub(super) fn comment(&mut self, depth: usize, text: &str) {
        self.line(depth, &format!("# {}", text.replace(char::is_control, " ")));
    }
}

/// Quotes a text with the escapes of JSON. Characters that YAML does not allow do not occur in manifests.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
