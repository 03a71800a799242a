//! Texts as the protocol speaks of them: positions in lines and UTF-16 code units, both from 0, and changes of ranges.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::source::{Source, Span};

/// A position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) character: usize,
}

/// A half-open range.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Range {
    pub(super) start: Position,
    pub(super) end: Position,
}

/// A part of a text that is replaced; the whole text if there is no range.
#[derive(Debug, Deserialize)]
pub(super) struct Change {
    range: Option<Range>,
    text: String,
}

impl Position {
    /// Returns the byte offset. A position past the end of its line counts as the end of that line, and one past the last line
    /// as the end of the text.
    pub(super) fn offset(self, text: &str) -> usize {
        let start = match self.line.checked_sub(1) {
            None => 0,
            Some(breaks) => match text.match_indices('\n').nth(breaks) {
                Some((at, _)) => at + 1,
                None => return text.len(),
            },
        };
        let line = text[start..].split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let mut units = 0;
        let past = line.char_indices().find(|(_, c)| {
            units += c.len_utf16();
            units > self.character
        });
        start + past.map_or(line.len(), |(at, _)| at)
    }
}

impl Range {
    pub(super) fn span(self, text: &str) -> Span {
        let (start, end) = (self.start.offset(text), self.end.offset(text));
        (start..end.max(start)).into()
    }
}

impl Change {
    pub(super) fn apply(self, text: &mut String) {
        match self.range {
            Some(range) => text.replace_range(range.span(text).range(), &self.text),
            None => *text = self.text,
        }
    }
}

/// Returns a span as the protocol writes it.
pub(super) fn range(source: &Source, span: Span) -> Value {
    let position = |offset| {
        let position = source.position(offset);
        json!({ "line": position.line - 1, "character": position.utf16_column - 1 })
    };
    json!({ "start": position(span.start), "end": position(span.end) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_utf_16_and_stay_within_the_text() {
        let text = "a😀b\r\n\nc";
        for (line, character, offset) in [
            (0, 0, 0),
            (0, 1, 1),
            (0, 2, 1),
            (0, 3, 5),
            (0, 4, 6),
            (0, 99, 6),
            (1, 0, 8),
            (1, 5, 8),
            (2, 1, 10),
            (9, 0, 10),
        ] {
            assert_eq!(Position { line, character }.offset(text), offset, "{line}:{character}");
        }
    }

    #[test]
    fn changes_are_made_one_after_another() {
        let mut text = "one\ntwo\n".to_owned();
        let at = |line, start, end| {
            Some(Range { start: Position { line, character: start }, end: Position { line, character: end } })
        };
        for (range, new, expected) in [
            (at(1, 0, 3), "2", "one\n2\n"),
            (at(0, 3, 3), "\nand", "one\nand\n2\n"),
            (at(9, 0, 0), "end", "one\nand\n2\nend"),
            // Backwards and out of bounds.
            (at(0, 3, 1), "!", "one!\nand\n2\nend"),
            (None, "new", "new"),
        ] {
            Change { range, text: new.to_owned() }.apply(&mut text);
            assert_eq!(text, expected);
        }
    }
}
