//! The tables and keys of a TOML text by position, as names that stay the same while lines move.

use std::collections::BTreeMap;

/// Finds the TOML table and key of byte offsets: `[component.training-data] license`. Tables of an array are numbered, from
/// 1: `[[dataset]]#2 name`.
///
/// This reads lines, not TOML, so the text of a multi-line string may be taken for a key. The result only has to be stable.
/// Offsets in order, as findings are sorted, are found in one pass.
pub(crate) struct KeyPaths<'t> {
    text: &'t str,
    /// The offset of the line that was read last.
    start: usize,
    /// The offset of the next line.
    next: usize,
    /// The number of lines read.
    lines: usize,
    tables: BTreeMap<&'t str, usize>,
    table: String,
    key: &'t str,
}

impl<'t> KeyPaths<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, start: 0, next: 0, lines: 0, tables: BTreeMap::new(), table: String::new(), key: "" }
    }

    /// Reads up to the line of an offset; returns a number that is the same for offsets on one line.
    pub(crate) fn advance_to(&mut self, offset: usize) -> usize {
        if offset < self.start {
            *self = Self::new(self.text);
        }
        while self.next <= offset && self.next < self.text.len() {
            let rest = &self.text[self.next..];
            let line = rest.find('\n').map_or(rest, |end| &rest[..=end]);
            (self.start, self.next) = (self.next, self.next + line.len());
            self.lines += 1;
            self.read(line.trim());
        }
        self.lines
    }

    fn read(&mut self, line: &'t str) {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | ' ');
        let name = line.split('#').next().unwrap_or_default().trim_end();
        let inner = name.trim_start_matches('[').trim_end_matches(']');
        let is_table = name.starts_with('[') && name.ends_with(']') && !inner.starts_with('"');
        if is_table && !inner.is_empty() && inner.chars().all(is_word) {
            let number = self.tables.entry(name).or_default();
            *number += 1;
            self.table = if name.starts_with("[[") { format!("{name}#{number}") } else { name.to_owned() };
            self.key = "";
        } else if let Some((name, _)) = line.split_once('=')
            && name.trim_end().chars().all(is_word)
        {
            self.key = name.trim_end();
        }
    }

    /// Returns the table and key of the line that was read last.
    pub(crate) fn location(&self) -> String {
        format!("{} {}", self.table, self.key).trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::KeyPaths;

    #[test]
    fn a_key_location_is_the_table_and_the_key() {
        let text = "schema = 1\n[model] # x\nlicense = \"MIT\"\ntags = [\n  \"a\",\n]\n[[data]]\nname = 1\n[[data]]\nname = 2\n";
        for (at, expected) in [
            ("schema", "schema"),
            ("[model]", "[model]"),
            ("MIT", "[model] license"),
            ("\"a\"", "[model] tags"),
            ("name = 1", "[[data]]#1 name"),
            ("2", "[[data]]#2 name"),
        ] {
            let offset = text.find(at).unwrap_or_default();
            // In order, out of order, and for the same line again.
            let mut keys = KeyPaths::new(text);
            let mut location = |offset| {
                keys.advance_to(offset);
                keys.location()
            };
            assert_eq!(location(offset), expected, "{at}");
            location(text.len());
            assert_eq!(location(offset), expected, "{at}");
            assert_eq!(location(offset), expected, "{at}");
        }
        let mut keys = KeyPaths::new("");
        assert_eq!((keys.advance_to(0), keys.location()), (0, String::new()));
    }
}
