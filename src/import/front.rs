//! Front matter: YAML between two lines `---` at the start of a Markdown file.
//!
//! It is found as [`huggingface_hub`](https://github.com/huggingface/huggingface_hub/blob/main/src/huggingface_hub/repocard.py)
//! finds it (`REGEX_YAML_BLOCK`): white space may come before it, and a byte order mark.

use std::borrow::Cow;

use super::yaml::{self, Node, Value};
use super::{Error, text};

/// Keys of front matter that the Hub knows. <https://huggingface.co/docs/hub/model-cards#model-card-metadata>
const KEYS: &[&str] = &[
    "base_model",
    "base_model_relation",
    "datasets",
    "extra_gated_fields",
    "extra_gated_prompt",
    "inference",
    "language",
    "library_name",
    "license",
    "license_link",
    "license_name",
    "metrics",
    "model-index",
    "pipeline_tag",
    "tags",
    "thumbnail",
    "widget",
];

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

/// Decodes a Markdown file. A mistake in the text below the front matter becomes U+FFFD, since readers of front matter pass
/// over it.
///
/// # Errors
/// [`Error::Shape`] if there is front matter and it is not UTF-8.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Error> {
    let wrong = |line: usize, column: usize, problem: &str| Error::Shape {
        line: u64::try_from(line).unwrap_or(u64::MAX),
        column: u64::try_from(column).unwrap_or(u64::MAX),
        problem: problem.to_owned(),
    };
    if text::is_utf16(bytes) {
        let text = text::decode(bytes);
        return match starts(&text) {
            true => Err(wrong(1, 1, "it is UTF-16; save it as UTF-8")),
            false => Ok(Cow::Owned(text)),
        };
    }
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(Cow::Borrowed(text)),
        Err(error) => error,
    };
    let text = String::from_utf8_lossy(bytes);
    let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
    let (line, last) = before.split('\n').enumerate().last().unwrap_or_default();
    let end = split(&text).map(|parts| parts.lines_before_body).or_else(|| lacks_end(&text).then_some(usize::MAX));
    match end.is_some_and(|end| line < end) {
        true => Err(wrong(line + 1, last.chars().count() + 1, "it is not UTF-8")),
        false => Ok(text),
    }
}

/// Returns whether the first line that is not blank starts front matter.
fn starts(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().lines().next().map(str::trim_end) == Some("---")
}

/// Returns whether a text starts with front matter that has no end. A line `---` above other text is a rule.
pub(crate) fn lacks_end(text: &str) -> bool {
    if !starts(text) || split(text).is_some() {
        return false;
    }
    let lines = text.trim_start_matches('\u{feff}').trim_start().lines().skip(1);
    let first = lines.skip_while(|line| line.trim().is_empty() || line.starts_with('#'));
    let mut block = first.take_while(|line| !line.trim().is_empty());
    block.any(|line| line.split_once(':').is_some_and(|(key, _)| KEYS.contains(&key)))
}

/// Reads the front matter of a text, and returns it with the rest of the text. Empty front matter is an empty mapping.
pub(crate) fn read(text: &str) -> Result<(Node, &str), Error> {
    let Some(parts) = split(text) else {
        let problem = match starts(text) {
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
    fn only_front_matter_has_to_be_utf_8() {
        let body = decode(b"---\ntitle: x\n---\nCaf\xe9\n").unwrap();
        assert_eq!(read(&body).unwrap().0.filled("title").unwrap(), Some("x"));
        assert_eq!(decode(b"# Caf\xe9\n").unwrap(), "# Caf\u{fffd}\n");
        let utf16 = |text: &str| [vec![0xff, 0xfe], text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
        assert_eq!(decode(&utf16("# T\n")).unwrap(), "# T\n");
        for (bytes, line, column) in [
            (&b"---\na: caf\xe9\n---\n"[..], 2, 7),
            (b"---\na: x\n---\xe9\n---\n# T\n", 3, 4),
            (b"---\nlicense: mit\nx: \xe9\n", 3, 4),
            (&utf16("---\na: x\n---\n"), 1, 1),
        ] {
            let error = decode(bytes).unwrap_err();
            assert!(matches!(error, Error::Shape { line: l, column: c, .. } if (l, c) == (line, column)), "{error}");
        }
    }

    #[test]
    fn a_rule_above_text_does_not_lack_an_end() {
        for text in [
            "---\nlicense: mit\n",
            "\u{feff}\n---\r\n\r\n# x\r\nfoo: 1\r\ntags:\r\n- a\r\n",
            "---\ntags: [a]\n...\n# T\n",
        ] {
            assert!(lacks_end(text), "{text}");
        }
        for text in [
            "---\nlicense: mit\n---\n",
            "---\n# A rule\n\nWords.\n\nlicense: mit\n",
            "---\nLicense: see below\n",
            "---\nThe license: MIT\n",
            "---\n",
            "license: mit\n",
            "----\nlicense: mit\n",
        ] {
            assert!(!lacks_end(text), "{text}");
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
