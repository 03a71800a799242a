//! Colors and line widths.

use std::io::{self, Write};

/// What the terminal supports, and how much to show.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether to use colors.
    pub color: bool,
    /// Whether to use box-drawing characters and arrows.
    pub unicode: bool,
    /// The width in columns.
    pub width: usize,
    /// Whether to show every line of long lists, not only the first few.
    pub verbose: bool,
}

/// Adds color to words if the style has colors.
#[derive(Debug, Clone, Copy)]
pub struct Paint(pub Style);

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.0.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Marks a heading, or the most important word.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// Marks what is as it should be (green).
    #[must_use]
    pub fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    /// Marks what needs attention (yellow).
    #[must_use]
    pub fn warn(self, text: &str) -> String {
        self.with("33", text)
    }

    /// Marks what is wrong (red).
    #[must_use]
    pub fn bad(self, text: &str) -> String {
        self.with("31;1", text)
    }

    /// Marks a heading within a line, such as `help:` (cyan).
    #[must_use]
    pub fn label(self, text: &str) -> String {
        self.with("36", text)
    }

    /// Marks what is less important.
    #[must_use]
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    /// Wraps plain text to the width. The first line starts with `indent`, the others with as many spaces.
    ///
    /// # Errors
    /// Returns any error of the writer.
    pub fn wrapped(self, out: &mut impl Write, indent: &str, text: &str) -> io::Result<()> {
        self.hanging(out, indent, indent.chars().count(), text)
    }

    /// Like [`Paint::wrapped`], for a first line that starts with `lead`, which is `width` columns wide when printed.
    pub(super) fn hanging(self, out: &mut impl Write, lead: &str, width: usize, text: &str) -> io::Result<()> {
        let text = &*super::screen::shortened(text);
        let blank = " ".repeat(width);
        let room = self.0.width.saturating_sub(width).max(20);
        let mut lead = lead;
        for line in lines(text, room) {
            writeln!(out, "{lead}{line}")?;
            lead = &blank;
        }
        Ok(())
    }

    /// Like [`Paint::hanging`], with at most `most` lines: what does not fit is cut, which an ellipsis shows. Returns the
    /// number of lines.
    pub(super) fn fitted(
        self,
        out: &mut impl Write,
        lead: &str,
        width: usize,
        text: &str,
        most: usize,
    ) -> io::Result<usize> {
        let all = self.fitting(width, text, most);
        let blank = " ".repeat(width);
        let mut lead = lead;
        for line in &all {
            writeln!(out, "{lead}{line}")?;
            lead = &blank;
        }
        Ok(all.len())
    }

    /// Returns the lines of [`Paint::fitted`] without what stands before them.
    pub(super) fn fitting(self, width: usize, text: &str, most: usize) -> Vec<String> {
        let room = self.0.width.saturating_sub(width).max(20);
        let text = &*super::screen::shortened(text);
        let mut all: Vec<String> = lines(text, room).into_iter().map(|line| cut(&line, room)).collect();
        if all.len() > most.max(1) {
            all.truncate(most.max(1));
            if let Some(last) = all.last_mut() {
                *last = cut(&format!("{last} …"), room);
            }
        }
        all
    }
}

/// Cuts a line that is wider than the room for it, which an ellipsis shows.
fn cut(line: &str, room: usize) -> String {
    if line.chars().count() <= room {
        return line.to_owned();
    }
    let kept: String = line.chars().take(room.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end_matches([' ', '…']))
}

/// The longest quotation that is kept on one line although it contains spaces, in characters.
const MAX_WHOLE: usize = 150;

/// Breaks a text into lines of at most `room` characters. A word stays whole, however long it is, and so does what is between
/// backticks: a path can be copied, with any spaces in it.
pub(super) fn lines(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words(text) {
        if let Some(line) = lines.last_mut().filter(|line| !line.is_empty()) {
            if line.chars().count() + 1 + word.chars().count() <= room {
                line.push(' ');
                line.push_str(word);
                continue;
            }
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
        }
    }
    lines
}

/// Returns the parts between spaces, except that those of one quotation stay together unless it is very long.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = word_end(rest);
        words.push(&rest[..end]);
        rest = rest[end..].strip_prefix(' ').unwrap_or(&rest[end..]);
    }
    words
}

/// Returns the offset of the space that ends the first word of a text.
fn word_end(text: &str) -> usize {
    let space = |from: usize| text[from..].find(' ').map_or(text.len(), |at| from + at);
    let mut end = space(0);
    // A quotation may begin in the middle of a word, such as `(`, and end in the middle of another.
    while text[..end].matches('`').count() % 2 == 1 && end < text.len() {
        let Some(close) = text[end..].find('`').map(|at| end + at + 1) else { return space(0) };
        if text[..close].chars().count() > MAX_WHOLE {
            return space(0);
        }
        end = space(close);
    }
    end
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn a_quotation_stays_on_one_line() {
        for (text, expected) in [
            ("a `b c d` e", vec!["a", "`b c d`", "e"]),
            ("x (`b c`, `d e`) f", vec!["x", "(`b c`,", "`d e`) f"]),
            ("one-word-that-is-long too", vec!["one-word-that-is-long", "too"]),
            ("an odd ` b c d e f", vec!["an odd `", "b c d e", "f"]),
            ("", vec![""]),
        ] {
            assert_eq!(lines(text, 8), expected, "{text}");
        }
        let long = format!("`{}`", "a ".repeat(200));
        assert!(lines(&long, 20).iter().all(|line| line.chars().count() <= 20));
    }
}
