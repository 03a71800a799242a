//! What is printed for people goes through here, so that text of others cannot act on their terminal, whatever a message
//! forgot to escape.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};

use crate::shown::shown;

/// The longest text that is printed at once, in characters.
const MAX_TEXT: usize = 10_000;

/// A writer that `write!` and `writeln!` print to safely: whatever the arguments are, no character reaches the terminal that
/// controls it, reorders text or begins a line.
///
/// One `write!` is one line at most: only line feeds at its start and its end are kept, and with color, the codes of
/// [`Paint`](super::Paint). `write_all` passes bytes on as they are, for text that was made safe before.
#[derive(Debug)]
pub struct Screen<'w, W> {
    out: &'w mut W,
    color: bool,
}

impl<'w, W: Write> Screen<'w, W> {
    /// Wraps a writer.
    pub fn new(out: &'w mut W, color: bool) -> Self {
        Self { out, color }
    }
}

impl<W: Write> Write for Screen<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> io::Result<()> {
        self.out.write_all(safe(text, self.color).as_bytes())
    }
}

/// The codes of all colors, and the one that ends each.
const CODES: [&str; 7] = ["0", "1", "2", "31;1", "32", "33", "36"];

/// Cuts a text that is too long to be read.
pub(super) fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MAX_TEXT) {
        Some((at, _)) => Cow::Owned(format!("{}…", &text[..at])),
        None => Cow::Borrowed(text),
    }
}

/// Returns a formatted text as [`Screen`] prints it.
#[must_use]
pub fn safe(text: fmt::Arguments<'_>, color: bool) -> String {
    let text = text.to_string();
    let line = shortened(text.trim_matches('\n'));
    let start = text.len() - text.trim_start_matches('\n').len();
    let end = text.len() - text.trim_end_matches('\n').len();
    let end = if line.is_empty() { 0 } else { end };
    let mut safe = "\n".repeat(start);
    let mut rest = &*line;
    while let Some(at) = rest.find('\x1b').filter(|_| color) {
        let (before, code) = rest.split_at(at);
        safe.push_str(&shown(before));
        let known = CODES.iter().map(|code| format!("\x1b[{code}m")).find(|known| code.starts_with(known.as_str()));
        match known {
            Some(known) => {
                safe.push_str(&known);
                rest = &code[known.len()..];
            }
            None => {
                safe.push_str(&shown("\x1b"));
                rest = &code[1..];
            }
        }
    }
    safe.push_str(&shown(rest));
    safe.push_str(&"\n".repeat(end));
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_cannot_control_the_terminal_or_forge_a_line() {
        let name = "x\n\u{1b}[2Jverified\n\u{9b}31m\u{202e}";
        let escaped = "x\\n\\u{1b}[2Jverified\\n\\u{9b}31m\\u{202e}";
        for color in [false, true] {
            assert_eq!(safe(format_args!("\nname: {name}!\n"), color), format!("\nname: {escaped}!\n"));
        }
        assert_eq!(safe(format_args!("\n\n"), false), "\n\n");
        assert_eq!(safe(format_args!(""), false), "");
    }

    #[test]
    fn a_very_long_text_is_cut() {
        let long = "ü".repeat(MAX_TEXT);
        assert_eq!(safe(format_args!("{long}\n"), false), format!("{long}\n"));
        assert_eq!(safe(format_args!("\n{long}x\n"), false), format!("\n{long}…\n"));
    }

    #[test]
    fn codes_of_our_own_are_kept_with_color_only() {
        let bold = "\x1b[1mTitle\x1b[0m";
        assert_eq!(safe(format_args!("{bold}\n"), true), "\x1b[1mTitle\x1b[0m\n");
        assert_eq!(safe(format_args!("{bold}\n"), false), "\\u{1b}[1mTitle\\u{1b}[0m\n");
        assert_eq!(safe(format_args!("\x1b[8m\x1b"), true), "\\u{1b}[8m\\u{1b}");
    }

    #[test]
    fn bytes_that_were_made_safe_before_pass() {
        let mut out = Vec::new();
        let mut screen = Screen::new(&mut out, false);
        assert!(
            screen.write_all(b"a\x1b[0m\n").is_ok()
                && screen.write_fmt(format_args!("{}", char::from(7))).is_ok()
                && screen.flush().is_ok()
        );
        assert_eq!(out, b"a\x1b[0m\n\\u{7}");
    }
}
