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
        let mut line = String::new();
        let mut lead = lead;
        for word in text.split(' ') {
            let length = line.chars().count() + 1 + word.chars().count();
            if !line.is_empty() && length > room {
                writeln!(out, "{lead}{line}")?;
                line.clear();
                lead = &blank;
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        writeln!(out, "{lead}{line}")
    }
}
