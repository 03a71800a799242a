//! Front matter: YAML between two lines `---` at the start of a Markdown file.
//!
//! It is found as [`huggingface_hub`](https://github.com/huggingface/huggingface_hub/blob/main/src/huggingface_hub/repocard.py)
//! finds it (`REGEX_YAML_BLOCK`): white space may come before it, and a byte order mark.

use super::Error;
use super::yaml::{self, Node, Value};

/// A Markdown file, divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts<'t> {
    /// The lines between the two lines `---`.
    pub(crate) yaml: &'t str,
    /// The line of the file at which `yaml` starts, from 1.
    pub(crate) first_line: u64,
    /// What follows the front matter.
    pub(crate) body: &'t str,
    /// The number of lines before `body`.
    pub(crate) lines_before_body: usize,
}

/// Divides a text; `None` if it does not start with front matter.
pub(crate) fn split(text: &str) -> Option<Parts<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Where the YAML starts, and at which line.
    let mut start: Option<(usize, usize)> = None;
    let mut end = 0;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let next = end + line.len();
        match start {
            None if line.trim().is_empty() => {}
            None if line.trim() == "---" => start = Some((next, at + 2)),
            None => return None,
            Some((start, first)) if line.trim_end() == "---" => {
                let first_line = u64::try_from(first).unwrap_or(u64::MAX);
                let (yaml, body) = (&text[start..end], &text[next..]);
                return Some(Parts { yaml, first_line, body, lines_before_body: at + 1 });
            }
            Some(_) => {}
        }
        end = next;
    }
    None
}

/// Reads the front matter of a text, and returns it with the rest of the text. Empty front matter is an empty mapping.
pub(crate) fn read(text: &str) -> Result<(Node, &str), Error> {
    let Some(parts) = split(text) else {
        let has_start = text.trim_start_matches('\u{feff}').trim_start().lines().next().map(str::trim) == Some("---");
        let problem = match has_start {
            true => "the front matter has no end (a second line `---`)",
            false => "the file does not start with front matter (a line `---`)",
        };
        return Err(Error::Shape { line: 1, column: 1, problem: problem.to_owned() });
    };
    let is_blank = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let node = match parts.yaml.lines().all(is_blank) {
        true => Node { value: Value::Null, line: parts.first_line, column: 1 },
        false => yaml::read(parts.yaml, parts.first_line)?,
    };
    let node = if node.is_null() { Node { value: Value::Map(Vec::new()), ..node } } else { node };
    Ok((node, parts.body))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn front_matter_ends_at_the_second_line_of_hyphens() {
        let (node, rest) = read("---\ntitle: x\n---\n# Body\n---\n").unwrap();
        assert_eq!(node.filled("title").unwrap(), Some("x"));
        assert_eq!(rest, "# Body\n---\n");
        assert!(read("---\r\ntitle: x\r\n---").is_ok());
    }

    #[test]
    fn a_byte_order_mark_and_white_space_may_come_first() {
        for before in ["", "\u{feff}", "\n\n", "\u{feff}\n", "\r\n  \t\r\n", " "] {
            let text = format!("{before}---\ntitle: x\n---\n# Body\n");
            let (node, rest) = read(&text).unwrap();
            assert_eq!((node.filled("title").unwrap(), rest), (Some("x"), "# Body\n"), "{before:?}");
            let parts = split(&text).unwrap();
            assert_eq!(text.lines().nth(parts.lines_before_body), Some("# Body"));
            assert_eq!(text.lines().nth(usize::try_from(parts.first_line).unwrap() - 1), Some("title: x"));
        }
    }

    #[test]
    fn front_matter_needs_both_lines() {
        assert!(read("title: x\n---\n").is_err());
        assert!(read("x\n---\ntitle: x\n---\n").is_err());
        let error = read("---\ntitle: x\n").unwrap_err();
        assert!(error.to_string().contains("has no end"), "{error}");
        assert!(matches!(read("---\na: 1\na: 2\n---\n").unwrap_err(), Error::Yaml { line: 3, .. }));
        assert!(matches!(read("\n---\na: 1\na: 2\n---\n").unwrap_err(), Error::Yaml { line: 4, .. }));
    }

    #[test]
    fn empty_front_matter_is_an_empty_mapping() {
        for text in ["---\n---\n", "---\n\n---\n", "---\n# a comment\n---\n", "---\n~\n---\n"] {
            let (node, _) = read(text).unwrap();
            assert!(node.map("x").unwrap().is_empty(), "{text:?}");
        }
    }
}
