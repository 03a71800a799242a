//! Text of other people, made fit to be shown: no character in it can control a terminal, begin a line, or hide or reorder
//! what is next to it.
//!
//! What is read of a release, a repository or a file may be written by anybody. It reaches a terminal as [`Shown`] only.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

/// Returns whether a character can control a terminal, or hide or reorder text: C0 and C1 controls, the bidirectional
/// controls of UAX #9, zero-width and other invisible characters, line and paragraph separators, tags, and the byte
/// order mark.
#[must_use]
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}' | '\u{00AD}' | '\u{180E}' | '\u{115F}' | '\u{1160}' | '\u{3164}')
}

/// Text without any character that [`is_deceptive`]. Made by [`shown`], or from text of the program itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown<'a>(Cow<'a, str>);

/// Escapes control, bidirectional and invisible characters as `\n`, `\u{…}`.
#[must_use]
pub fn shown(text: &str) -> Shown<'_> {
    if !text.chars().any(is_deceptive) {
        return Shown(Cow::Borrowed(text));
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_deceptive(c) {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    Shown(Cow::Owned(safe))
}

impl Shown<'_> {
    /// Returns the text as a string of its own.
    #[must_use]
    pub fn into_owned(self) -> String {
        self.0.into_owned()
    }
}

impl Deref for Shown<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Shown<'_> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(&*shown("ü ok"), "ü ok");
        assert_eq!(&*shown("a\x1b[31m\u{202e}b\n"), "a\\u{1b}[31m\\u{202e}b\\n");
        assert_eq!(format!("[{:<4}]", shown("\n")), "[\\n  ]");
    }
}
