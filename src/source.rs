//! Source text and positions in it: spans in bytes, from which lines and columns are computed.

use std::ops::Range;

/// The distance, in bytes, between two places whose characters are counted ahead.
const STRIDE: usize = 512;

/// The name and the text of a file.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    text: String,
    line_starts: Vec<usize>,
    /// How many characters, and UTF-16 code units, begin before each multiple of [`STRIDE`]. Without these, a column far to
    /// the right costs as much as the whole line.
    marks: Vec<Units>,
}

/// Numbers of characters and of UTF-16 code units.
#[derive(Debug, Clone, Copy, Default)]
struct Units {
    characters: usize,
    utf16: usize,
}

impl Units {
    /// Adds the units that begin in these bytes of UTF-8: at each byte that continues no character, and two code units at
    /// one that begins four bytes.
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let starts = usize::from(byte & 0b1100_0000 != 0b1000_0000);
            self.characters += starts;
            self.utf16 += starts + usize::from(*byte >= 0b1111_0000);
        }
    }
}

impl Source {
    /// Wraps a text. `name` is shown in reports, usually a path relative to the root of the repository.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut units = Units::default();
        let mut marks = vec![units];
        for block in text.as_bytes().chunks(STRIDE) {
            units.add(block);
            marks.push(units);
        }
        Self { name: name.into(), text, line_starts, marks }
    }

    /// Returns the name of the file, as reports show it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the text of a span; empty if the span is out of bounds.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Returns the position of a byte offset. An offset past the end counts as the end; an offset inside a character,
    /// as the start of that character.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let (start, end) = (self.units(self.line_starts[line - 1]), self.units(offset));
        Position {
            line,
            column: end.characters - start.characters + 1,
            utf16_column: end.utf16 - start.utf16 + 1,
            offset,
        }
    }

    /// Counts the characters before an offset.
    fn units(&self, offset: usize) -> Units {
        let mark = offset / STRIDE;
        let mut units = self.marks[mark];
        units.add(&self.text.as_bytes()[mark * STRIDE..offset]);
        units
    }

    /// Returns the span of a line, from 1, without its line feed; `None` if there is no such line.
    #[must_use]
    pub fn line_span(&self, line: usize) -> Option<Span> {
        let start = *self.line_starts.get(line.checked_sub(1)?)?;
        let end = self.line_starts.get(line).map_or(self.text.len(), |next| next - 1);
        Some(Span { start, end })
    }

    /// Returns the number of lines; an empty text has one line.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }
}

/// A position in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in Unicode scalar values, from 1.
    pub column: usize,
    /// The column in UTF-16 code units, from 1, as SARIF and editors count.
    pub utf16_column: usize,
    /// The offset in bytes, from 0.
    pub offset: usize,
}

/// A half-open range of byte offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The offset of the first byte.
    pub start: usize,
    /// The offset after the last byte.
    pub end: usize,
}

impl Span {
    /// Returns the span as a range.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

/// A value and its position in the text. Compares and serializes as the value alone.
#[derive(Debug, Clone, Default)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its position.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Attaches a position to a value.
    pub fn new(value: T, span: impl Into<Span>) -> Self {
        Self { value, span: span.into() }
    }

    /// Applies a function to the value and keeps the position.
    pub fn map<U>(self, function: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: function(self.value), span: self.span }
    }
}

impl<T> std::ops::Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Spanned<T> {}

impl<T: serde::Serialize> serde::Serialize for Spanned<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_start_at_one_and_count_characters() {
        let source = Source::new("x", "ab\nä😀c\n");
        let position = source.position("ab\nä😀".len());
        assert_eq!((position.line, position.column, position.utf16_column), (2, 3, 4));
        assert_eq!(source.position(0).line, 1);
        assert_eq!(source.position(999).line, 3);
    }

    #[test]
    fn columns_are_exact_at_any_distance() {
        let text = format!("short\n{}", "aä😀€".repeat(500));
        let source = Source::new("x", text.as_str());
        for (at, _) in text.char_indices().skip(6) {
            let before = &text[6..at];
            let position = source.position(at);
            let expected = (2, before.chars().count() + 1, before.encode_utf16().count() + 1);
            assert_eq!((position.line, position.column, position.utf16_column), expected, "{at}");
        }
    }

    #[test]
    fn a_line_ends_before_its_line_feed() {
        let source = Source::new("x", "ab\n\nc");
        let lines: Vec<&str> = (1..=3).filter_map(|line| source.line_span(line)).map(|at| source.slice(at)).collect();
        assert_eq!(lines, ["ab", "", "c"]);
        assert_eq!((source.line_span(0), source.line_span(4)), (None, None));
    }

    #[test]
    fn an_offset_inside_a_character_counts_as_its_start() {
        assert_eq!(Source::new("x", "😀").position(2).offset, 0);
    }
}
