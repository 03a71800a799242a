//! Tells whether a file differs from what was signed by its line endings alone.
//!
//! Git on Windows writes CRLF for LF on checkout. A text then says the same, but its bytes are not what was signed, and in
//! a script a carriage return changes what is run. Files are converted piece by piece, so their size does not matter.

use std::io::{self, Cursor, Read};

use super::note::LineEndings;
use crate::artifacts::{digest, format};
use crate::files::{Entry, Files, Kind};
use crate::statement::Subject;

/// The number of bytes that are converted at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// Returns how the line endings of a file differ from the signed ones; `None` if it differs in more than those, or cannot
/// be read.
pub(super) fn difference(files: &dyn Files, entry: &Entry, subject: &Subject) -> Option<LineEndings> {
    let (found, signed) = (files.size(entry).ok()?, subject.annotations.size);
    let (small, large) = (found.min(signed), found.max(signed));
    // At most every byte is a line feed.
    if small == large || large > small.saturating_mul(2) {
        return None;
    }
    let to = if found > signed { Ending::Lf } else { Ending::CrLf };
    let mut converted = Converted::new(files.open(entry).ok()?, to);
    let (sha256, size) = digest::copy(&mut converted, &mut io::sink()).ok()?;
    if sha256 != subject.digest.sha256.0 || size != signed {
        return None;
    }
    Some(match to {
        Ending::CrLf => LineEndings::NowLf,
        Ending::Lf if converted.is_mixed => LineEndings::SomeCrLf,
        Ending::Lf if is_code(files, entry) => LineEndings::CrLfInCode,
        Ending::Lf => LineEndings::NowCrLf,
    })
}

/// Returns whether a file is a script, a build file, a program, or in a format that runs code when it is loaded.
fn is_code(files: &dyn Files, entry: &Entry) -> bool {
    matches!(entry.kind, Kind::File { executable: true }) || format::is_code(files, entry)
}

/// A line ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Lf,
    CrLf,
}

/// A text with other line endings. Reading fails if it contains NUL, because no text does.
pub(super) struct Converted<R> {
    from: R,
    to: Ending,
    ready: Cursor<Vec<u8>>,
    /// Whether the last byte that was read is a carriage return.
    after_cr: bool,
    is_at_end: bool,
    /// Whether some line feeds have a carriage return before them and others do not, or there are other carriage returns.
    is_mixed: bool,
}

impl<R: Read> Converted<R> {
    pub(super) fn new(from: R, to: Ending) -> Self {
        Self { from, to, ready: Cursor::default(), after_cr: false, is_at_end: false, is_mixed: false }
    }

    /// Converts the next piece.
    fn fill(&mut self) -> io::Result<()> {
        let mut piece = vec![0; PIECE_BYTES];
        let count = self.from.read(&mut piece)?;
        let mut lines = std::mem::take(self.ready.get_mut());
        lines.clear();
        for &byte in &piece[..count] {
            match (self.to, self.after_cr, byte) {
                (_, _, 0) => return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a text")),
                // A carriage return is kept back until it is known what follows.
                (Ending::Lf, true, b'\n') | (Ending::CrLf, true, _) => lines.push(byte),
                (Ending::Lf, true, b'\r') => {
                    self.is_mixed = true;
                    lines.push(b'\r');
                }
                (Ending::Lf, true, _) => {
                    self.is_mixed = true;
                    lines.extend([b'\r', byte]);
                }
                (Ending::Lf, false, b'\r') => {}
                (Ending::Lf, false, b'\n') => {
                    self.is_mixed = true;
                    lines.push(byte);
                }
                (Ending::CrLf, false, b'\n') => lines.extend(b"\r\n"),
                (_, false, _) => lines.push(byte),
            }
            self.after_cr = byte == b'\r';
        }
        if count == 0 {
            self.is_at_end = true;
            if self.to == Ending::Lf && self.after_cr {
                self.is_mixed = true;
                lines.push(b'\r');
            }
        }
        self.ready = Cursor::new(lines);
        Ok(())
    }
}

impl<R: Read> Read for Converted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.ready.read(buffer)?;
            if count > 0 || self.is_at_end || buffer.is_empty() {
                return Ok(count);
            }
            self.fill()?;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::artifacts::digest::sha256;
    use crate::files::Memory;
    use crate::statement::{Annotations, Digest, Hex};

    fn differs(name: &str, found: &[u8], signed: &[u8]) -> Option<LineEndings> {
        let files = Memory::new([(name, found)]);
        let subject = Subject {
            annotations: Annotations { blocks: None, size: u64::try_from(signed.len()).unwrap() },
            digest: Digest { sha256: Hex(sha256(signed)) },
            name: name.parse().unwrap(),
        };
        difference(&files, &files.entries()[0], &subject)
    }

    #[test]
    fn tells_which_line_endings_changed() {
        for (found, signed, expected) in [
            ("a\r\nb\r\n", "a\nb\n", Some(LineEndings::NowCrLf)),
            ("\r\n\r\n", "\n\n", Some(LineEndings::NowCrLf)),
            ("a\r\nb", "a\nb", Some(LineEndings::NowCrLf)),
            ("a\r\nb\n", "a\nb\n", Some(LineEndings::SomeCrLf)),
            ("a\nb\r\n", "a\nb\n", Some(LineEndings::SomeCrLf)),
            ("a\r\r\n", "a\r\n", Some(LineEndings::SomeCrLf)),
            ("a\rb\r\n", "a\rb\n", Some(LineEndings::SomeCrLf)),
            ("a\nb\n", "a\r\nb\r\n", Some(LineEndings::NowLf)),
            ("a\nb\n", "a\nb\n", None),
            ("a\r\nb\r\n", "a\nc\n", None),
            ("a\r\n\r\n", "a\n", None),
            ("a\rb\n", "ab\n", None),
            ("a\n\r", "a\n", None),
            ("a\r\n\0", "a\n\0", None),
            ("", "\n", None),
        ] {
            assert_eq!(differs("f.txt", found.as_bytes(), signed.as_bytes()), expected, "{found:?} for {signed:?}");
        }
    }

    #[test]
    fn pieces_may_end_anywhere() {
        for length in PIECE_BYTES - 2..PIECE_BYTES + 2 {
            let found = format!("{}\r\n{}\r\n", "x".repeat(length), "y".repeat(2 * PIECE_BYTES));
            let signed = found.replace("\r\n", "\n");
            assert_eq!(differs("f", found.as_bytes(), signed.as_bytes()), Some(LineEndings::NowCrLf), "{length}");
            assert_eq!(differs("f", signed.as_bytes(), found.as_bytes()), Some(LineEndings::NowLf), "{length}");
        }
    }

    #[test]
    fn scripts_and_formats_that_run_code_are_told_apart_from_texts() {
        for name in
            ["README.md", "config.json", "LICENSE", "a.toml", "notes.txt", "x.csv", "chat.jinja", "dockerfile.md"]
        {
            assert_eq!(differs(name, b"a\r\n", b"a\n"), Some(LineEndings::NowCrLf), "{name}");
        }
        for name in [
            "run.sh",
            "run.BAT",
            "x.cmd",
            "x.ps1",
            "m.py",
            "n.ipynb",
            "x.js",
            "x.ts",
            "x.R",
            "x.pyw",
            "x.pkl",
            "w.bin",
            "Makefile",
            "sub/Dockerfile",
            "Dockerfile.gpu",
            "rules.mk",
            "CMakeLists.txt",
            "configure",
        ] {
            assert_eq!(differs(name, b"a\r\n", b"a\n"), Some(LineEndings::CrLfInCode), "{name}");
        }
        for start in ["#!/bin/sh\n", "\u{feff}#!/bin/sh\n"] {
            let found = start.replace('\n', "\r\n");
            assert_eq!(differs("tool", found.as_bytes(), start.as_bytes()), Some(LineEndings::CrLfInCode), "{start:?}");
        }
        assert_eq!(differs("tool", b"# /bin/sh\r\n", b"# /bin/sh\n"), Some(LineEndings::NowCrLf));
    }
}
