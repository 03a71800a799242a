//! A filter for paths that cannot have an attribute, by the lines of all `.gitattributes` files
//! ([gitattributes](https://git-scm.com/docs/gitattributes)).
//!
//! Rules ask about every file, and libgit2 takes as long for a file that no line applies to as for any other. This
//! filter only excludes such files; if a line might apply to a path, libgit2 is asked.

use std::collections::HashSet;

/// The macro that is built into Git.
const BINARY: &str = "binary";

/// The lines that may set one attribute.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    attribute: &'a str,
    /// Every macro, since any of them may set the attribute.
    macros: HashSet<String>,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    /// The directory that the line applies to, with a `/` at its end; empty for the root.
    below: String,
    pattern: Pattern,
    words: Vec<String>,
    /// Whether libgit2 reads the pattern in another way than Git: one in quotes as if they were part of it, and a negative one, which
    /// Git ignores, as others.
    is_read_otherwise: bool,
}

/// The part of a pattern that the filter understands. If `core.ignoreCase` is set, patterns match in any case.
#[derive(Debug)]
enum Pattern {
    /// Files with this name.
    Name(String),
    /// `*.bin`: files whose name ends with this.
    Suffix(String),
    /// Possibly any file.
    Any,
}

impl<'a> Lines<'a> {
    /// Starts without lines.
    pub(super) fn of(attribute: &'a str) -> Self {
        Self { attribute, macros: HashSet::from([BINARY.to_owned()]), lines: Vec::new() }
    }

    /// Adds the lines of an attribute file in a directory, `""` for the root.
    pub(super) fn add(&mut self, directory: &str, bytes: &[u8]) {
        let below = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        // Bytes that are not UTF-8 become U+FFFD, which makes the pattern `Any`.
        let text = String::from_utf8_lossy(bytes);
        for line in text.trim_start_matches('\u{feff}').lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(definition) = line.strip_prefix("[attr]") {
                self.macros.extend(definition.split_whitespace().next().map(str::to_owned));
                continue;
            }
            let mut words = line.split_whitespace();
            let pattern = words.next().map_or(Pattern::Any, Pattern::of);
            // A pattern in quotes may contain blanks.
            let words =
                if line.starts_with('"') { line.split(['"', ' ', '\t']) } else { line.split([' ', '\t', '\r']) };
            let words = words.map(|word| word.trim_start_matches(['-', '!']));
            let words = words.map(|word| word.split('=').next().unwrap_or_default().to_owned()).collect();
            let is_read_otherwise = line.starts_with(['"', '!']);
            self.lines.push(Line { below: below.clone(), pattern, words, is_read_otherwise });
        }
    }

    /// Keeps only the lines that may set the attribute. Call it after all files were added.
    pub(super) fn relevant(mut self) -> Self {
        let Self { attribute, macros, lines } = &mut self;
        lines.retain(|line| line.words.iter().any(|word| word == *attribute || macros.contains(word)));
        self
    }

    /// Returns whether libgit2 reads any of the lines in another way than Git.
    pub(super) fn are_read_otherwise(&self) -> bool {
        self.lines.iter().any(|line| line.is_read_otherwise)
    }

    /// Returns whether a line may apply to a path.
    pub(super) fn may_apply_to(&self, path: &str) -> bool {
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        self.lines.iter().any(|line| path.starts_with(&line.below) && line.pattern.may_match(name))
    }
}

impl Pattern {
    fn of(text: &str) -> Self {
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-+".contains(&byte));
        match text.strip_prefix('*') {
            Some(suffix) if is_plain(suffix) => Self::Suffix(suffix.to_owned()),
            None if is_plain(text) => Self::Name(text.to_owned()),
            _ => Self::Any,
        }
    }

    fn may_match(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Name(wanted) => name.eq_ignore_ascii_case(wanted),
            Self::Suffix(suffix) => {
                let end = name.len().checked_sub(suffix.len()).and_then(|start| name.as_bytes().get(start..));
                end.is_some_and(|end| end.eq_ignore_ascii_case(suffix.as_bytes()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applies(attribute: &str, files: &[(&str, &str)], path: &str) -> bool {
        let mut lines = Lines::of(attribute);
        files.iter().for_each(|(directory, text)| lines.add(directory, text.as_bytes()));
        lines.relevant().may_apply_to(path)
    }

    #[test]
    fn a_line_applies_to_paths_that_its_pattern_may_match() {
        for (pattern, yes, no) in [
            ("*.bin", "a/x.BIN", "a/x.bin.txt"),
            ("*", "a/x", ""),
            ("Makefile", "a/makefile", "a/Makefile.in"),
            ("a/*.bin", "b/y", ""),
            ("x?", "y", ""),
            ("\\*.bin", "y", ""),
            ("\"a b\"", "y", ""),
            ("\u{e9}", "y", ""),
        ] {
            let text = format!("# a comment\n\n  {pattern}\ttext -filter\r\n");
            assert!(applies("filter", &[("", &text)], yes), "{pattern}");
            assert!(no.is_empty() || !applies("filter", &[("", &text)], no), "{pattern}");
            assert!(!applies("ident", &[("", &text)], yes), "{pattern}");
        }
    }

    #[test]
    fn attributes_are_set_in_every_form_and_by_macros() {
        for line in ["* ident", "* -ident", "* !ident", "* ident=x", "* binary", "* mine", "\"*\" ident", "\"*\"ident"]
        {
            assert!(applies("ident", &[("", line), ("sub", "[attr]mine ident text")], "x"), "{line}");
        }
        assert!(!applies("ident", &[("", "* mine")], "x"));
        assert!(!applies("ident", &[("", "#* ident"), ("", "* identity")], "x"));
    }

    #[test]
    fn patterns_that_libgit2_reads_otherwise_are_known() {
        for (line, expected) in [
            ("\"a b\" ident", true),
            ("!*.py ident", true),
            ("*.py ident", false),
            ("*.py !ident", false),
            // Of another attribute.
            ("\"a b\" text", false),
            ("# \"a b\" ident", false),
        ] {
            let mut lines = Lines::of("ident");
            lines.add("", line.as_bytes());
            assert_eq!(lines.relevant().are_read_otherwise(), expected, "{line}");
        }
    }

    #[test]
    fn a_file_applies_below_its_directory() {
        assert!(applies("ident", &[("a/b", "* ident")], "a/b/c/d"));
        assert!(!applies("ident", &[("a/b", "* ident")], "a/bc"));
    }
}
