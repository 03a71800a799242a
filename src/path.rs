//! Paths inside a repository, as manifests, statements and sum files write them.
//!
//! A [`RepoPath`] cannot hold what a hostile tree needs to escape or to deceive: no `..`, no absolute or drive path, no
//! backslash, no control or bidirectional character, no device name. Whoever has one may join it to a root.
//! Not for paths of this machine: those are [`std::path::Path`].

mod sorted_cursor;
mod name_collision;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use name_collision::{fold, name_collision};
pub use sorted_cursor::SortedCursor;

/// The longest name of one component, in bytes: what the common file systems take.
pub const MAX_COMPONENT_BYTES: usize = 255;
/// The longest path, in bytes: `PATH_MAX` of Linux.
pub const MAX_PATH_BYTES: usize = 4096;
/// The deepest path, in components.
pub const MAX_COMPONENTS: usize = 64;

/// A relative, `/`-separated, UTF-8 path below the root of a repository.
///
/// Ordered by bytes, which is the order of statements and sum files. (Git sorts tree entries as if directories ended in
/// `/`; verifiers in other languages have only the bytes.)
///
/// ```
/// use openness::path::RepoPath;
/// let path: RepoPath = "data/train.txt".parse()?;
/// assert_eq!(path.as_str(), "data/train.txt");
/// assert!("../secret".parse::<RepoPath>().is_err());
/// # Ok::<(), openness::path::PathError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Box<str>);

impl RepoPath {
    /// Reads a path from bytes, as Git stores names.
    ///
    /// # Errors
    /// [`PathError`] says which rule the bytes break.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PathError> {
        std::str::from_utf8(bytes).map_err(|_| PathError::NotUtf8)?.parse()
    }

    /// The same without copying; gives the bytes back where they are no path.
    pub(crate) fn from_vec(bytes: Vec<u8>) -> Result<Self, (PathError, Vec<u8>)> {
        let text = String::from_utf8(bytes).map_err(|error| (PathError::NotUtf8, error.into_bytes()))?;
        match check(&text) {
            Ok(()) => Ok(Self(text.into())),
            Err(error) => Err((error, text.into_bytes())),
        }
    }

    /// Returns the path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the components in order; there is at least one.
    #[must_use]
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/')
    }

    /// Returns the last component.
    #[must_use]
    pub fn file_name(&self) -> &str {
        // Byte by byte: names are too short for a search that has to be set up.
        let start = self.0.bytes().rposition(|byte| byte == b'/').map_or(0, |slash| slash + 1);
        &self.0[start..]
    }

    /// Returns what follows the last dot of the file name, in lower case; `None` where there is no dot past the first character.
    #[must_use]
    pub fn extension(&self) -> Option<String> {
        let name = self.file_name();
        let dot = name.bytes().rposition(|byte| byte == b'.').filter(|dot| *dot > 0)?;
        Some(name[dot + 1..].to_ascii_lowercase())
    }

    /// Returns whether [`RepoPath::extension`] is this, which holds no dot, without making a text of it.
    #[must_use]
    pub fn has_extension(&self, extension: &str) -> bool {
        let bytes = self.0.as_bytes();
        let Some((before, ending)) = bytes.len().checked_sub(extension.len()).and_then(|at| bytes.split_at_checked(at))
        else {
            return false;
        };
        matches!(before, [.., stem, b'.'] if *stem != b'/') && ending.eq_ignore_ascii_case(extension.as_bytes())
    }

    /// Returns whether the last component is this.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        let above = self.0.strip_suffix(name);
        above.is_some_and(|above| above.is_empty() || above.ends_with('/'))
    }

    /// Returns the path below `root` on this machine.
    #[must_use]
    pub fn below(&self, root: &Path) -> PathBuf {
        let mut path = root.to_path_buf();
        path.extend(self.components());
        path
    }

    /// Returns whether the path is `ancestor` or lies below it.
    #[must_use]
    pub fn is_within(&self, ancestor: &str) -> bool {
        self.0.strip_prefix(ancestor).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl FromStr for RepoPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        check(text).map(|()| Self(text.into()))
    }
}

fn check(text: &str) -> Result<(), PathError> {
    if is_ordinary(text.as_bytes()) {
        return Ok(());
    }
    if text.is_empty() {
        return Err(PathError::Empty);
    }
    if text.len() > MAX_PATH_BYTES {
        return Err(PathError::TooLong);
    }
    if text.starts_with('/') {
        return Err(PathError::Absolute);
    }
    if let Some(found) = text.chars().find(|c| is_deceptive(*c)) {
        return Err(PathError::Character(found));
    }
    if text.contains('\\') {
        return Err(PathError::Backslash);
    }
    if text.split('/').count() > MAX_COMPONENTS {
        return Err(PathError::TooDeep);
    }
    text.split('/').try_for_each(check_component)
}

/// Says at one glance that a path is one: nearly every path is, and an index holds many. Where this says no, [`check`]
/// looks closely.
fn is_ordinary(bytes: &[u8]) -> bool {
    let mut start = 0;
    let mut slashes = 0;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'/' if is_ordinary_component(&bytes[start..at]) => {
                start = at + 1;
                slashes += 1;
            }
            b'/' | b'\\' | b':' => return false,
            b' '..=b'~' => {}
            _ => return false,
        }
    }
    bytes.len() <= MAX_COMPONENT_BYTES && slashes < MAX_COMPONENTS && is_ordinary_component(&bytes[start..])
}

fn is_ordinary_component(component: &[u8]) -> bool {
    match component {
        [] | [.., b'.' | b' '] => false,
        // The first letters of device names.
        [b'c' | b'C' | b'p' | b'P' | b'a' | b'A' | b'n' | b'N' | b'l' | b'L', _, _, ..] => {
            check_component(std::str::from_utf8(component).unwrap_or_default()).is_ok()
        }
        _ => true,
    }
}

fn check_component(component: &str) -> Result<(), PathError> {
    let bytes = component.as_bytes();
    match component {
        "" => return Err(PathError::EmptyComponent),
        "." | ".." => return Err(PathError::Traversal),
        _ => {}
    }
    if bytes.len() > MAX_COMPONENT_BYTES {
        return Err(PathError::TooLong);
    }
    if bytes.get(1) == Some(&b':') && bytes[0].is_ascii_alphabetic() {
        return Err(PathError::Drive);
    }
    // Windows drops these, so that two names become one.
    if component.ends_with(['.', ' ']) {
        return Err(PathError::TrailingDotOrSpace);
    }
    let stem = bytes.iter().position(|byte| *byte == b'.').map_or(component, |dot| &component[..dot]);
    // Windows passes over blanks before the dot.
    if is_device_name(stem.trim_end().as_bytes()) {
        return Err(PathError::DeviceName);
    }
    Ok(())
}

/// Windows opens a device for these names whatever the directory and the extension.
fn is_device_name(stem: &[u8]) -> bool {
    let is = |name: &[u8]| stem.eq_ignore_ascii_case(name);
    match *stem {
        [_, _, _] => is(b"CON") || is(b"PRN") || is(b"AUX") || is(b"NUL"),
        // Windows takes the superscript digits U+00B9, U+00B2 and U+00B3 for digits here.
        [a, b, c, b'1'..=b'9'] | [a, b, c, 0xc2, 0xb9 | 0xb2 | 0xb3] => {
            [b"COM", b"LPT"].iter().any(|port| port.eq_ignore_ascii_case(&[a, b, c]))
        }
        [_, _, _, _, _, _] => is(b"CONIN$"),
        [_, _, _, _, _, _, _] => is(b"CONOUT$"),
        _ => false,
    }
}

/// Returns whether a character can steer a terminal or reorder what a reader sees: C0 and C1 controls, the bidirectional
/// controls of UAX #9, zero-width characters, line and paragraph separators, tags, the byte order mark.
#[must_use]
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}' | '\u{00AD}' | '\u{180E}' | '\u{115F}' | '\u{1160}' | '\u{3164}')
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl AsRef<str> for RepoPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for RepoPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl serde::Serialize for RepoPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for RepoPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::json::parsed(deserializer)
    }
}

/// Why a text is no [`RepoPath`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// Nothing at all.
    #[error("the path is empty")]
    Empty,
    /// Git keeps bytes; manifests and statements keep text.
    #[error("the path is not UTF-8")]
    NotUtf8,
    /// Begins with `/`.
    #[error("the path is absolute; paths are relative to the root of the repository")]
    Absolute,
    /// `a//b` or `a/`.
    #[error("the path has an empty component")]
    EmptyComponent,
    /// `.` or `..`.
    #[error("the path has a `.` or `..` component")]
    Traversal,
    /// `C:`.
    #[error("the path names a drive")]
    Drive,
    /// `\`, a separator on Windows.
    #[error("the path has a backslash; the separator is `/`")]
    Backslash,
    /// A control, bidirectional or invisible character.
    #[error("the path has the control or invisible character U+{:04X}", u32::from(*.0))]
    Character(char),
    /// Windows drops trailing dots and spaces.
    #[error("a component of the path ends in a dot or a space")]
    TrailingDotOrSpace,
    /// `CON`, `NUL`, `COM1` …
    #[error("a component of the path is a device name on Windows")]
    DeviceName,
    /// More than [`MAX_PATH_BYTES`] or [`MAX_COMPONENT_BYTES`].
    #[error("the path is longer than {MAX_PATH_BYTES} bytes, or a component of it than {MAX_COMPONENT_BYTES}")]
    TooLong,
    /// More than [`MAX_COMPONENTS`].
    #[error("the path has more than {MAX_COMPONENTS} components")]
    TooDeep,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_are_accepted() {
        for path in [
            "a",
            "a/b.c",
            ".gitattributes",
            "…/ü",
            "a b/c",
            "COM10",
            "console",
            "com0.txt",
            "a..b",
            "...a",
            "con1",
            "CONIN",
            "lpt",
            "lpt⁴",
        ] {
            assert_eq!(path.parse::<RepoPath>().map(|p| p.to_string()), Ok(path.to_owned()));
        }
    }

    #[test]
    fn what_could_escape_or_deceive_is_refused() {
        for (path, error) in [
            ("", PathError::Empty),
            ("/a", PathError::Absolute),
            ("a//b", PathError::EmptyComponent),
            ("a/", PathError::EmptyComponent),
            ("./a", PathError::Traversal),
            ("a/../b", PathError::Traversal),
            ("C:/x", PathError::Drive),
            ("a\\b", PathError::Backslash),
            ("a\nb", PathError::Character('\n')),
            ("a\u{202e}b", PathError::Character('\u{202e}')),
            ("a\u{200b}", PathError::Character('\u{200b}')),
            ("a.", PathError::TrailingDotOrSpace),
            ("a /b", PathError::TrailingDotOrSpace),
            ("x/nul.txt", PathError::DeviceName),
            ("COM1", PathError::DeviceName),
            ("a/lpt9.x.y", PathError::DeviceName),
            ("con .txt", PathError::DeviceName),
            ("ConIn$", PathError::DeviceName),
            ("CONOUT$.x", PathError::DeviceName),
            ("lpt³.bin", PathError::DeviceName),
            ("a/con .txt", PathError::DeviceName),
            ("a/c:x", PathError::Drive),
            ("..", PathError::Traversal),
            ("a/.", PathError::Traversal),
            ("\u{7f}", PathError::Character('\u{7f}')),
            ("a\0", PathError::Character('\0')),
        ] {
            assert_eq!(path.parse::<RepoPath>(), Err(error), "{path:?}");
        }
        assert_eq!(RepoPath::from_bytes(b"a\xff"), Err(PathError::NotUtf8));
        assert_eq!("a".repeat(256).parse::<RepoPath>(), Err(PathError::TooLong));
        assert!("a".repeat(255).parse::<RepoPath>().is_ok() && vec!["a"; 64].join("/").parse::<RepoPath>().is_ok());
        // Bytes are counted, not characters.
        assert_eq!("ü".repeat(128).parse::<RepoPath>(), Err(PathError::TooLong));
        assert_eq!(vec!["a"; 65].join("/").parse::<RepoPath>(), Err(PathError::TooDeep));
    }

    #[test]
    fn names_and_extensions_are_those_of_the_last_component() {
        for (path, name, extension) in [
            ("a/b.GGUF", "b.GGUF", Some("gguf")),
            ("a.b/c", "c", None),
            (".gguf", ".gguf", None),
            ("a/.gguf", ".gguf", None),
            ("a/x.y.gguf", "x.y.gguf", Some("gguf")),
            ("gguf", "gguf", None),
            ("xgguf", "xgguf", None),
            ("\u{e9}.gguf", "\u{e9}.gguf", Some("gguf")),
            ("a.ggu\u{e9}", "a.ggu\u{e9}", Some("ggu\u{e9}")),
        ] {
            let parsed: RepoPath = path.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!((parsed.file_name(), parsed.extension().as_deref()), (name, extension));
            assert_eq!(parsed.has_extension("gguf"), extension == Some("gguf"), "{path}");
            assert!(parsed.is_named(name) && !parsed.is_named("uf") && !parsed.is_named(&name[..0]), "{path}");
        }
    }

    #[test]
    fn the_glance_says_yes_only_where_the_close_look_does() {
        let alphabet = ["a", "C", "o", "n", ".", "/", " ", ":", "\\", "1", "\u{e9}", "\u{7f}"];
        let mut texts = vec![String::new()];
        for _ in 0..4 {
            texts = texts.iter().flat_map(|text| alphabet.iter().map(move |c| format!("{text}{c}"))).collect();
            for text in &texts {
                let long = format!("{text}/{}", "x".repeat(250));
                for text in [text.clone(), format!("nul{text}"), format!("x/com1{text}"), long] {
                    let closely = text.split('/').try_for_each(check_component).is_ok();
                    assert!(closely || !is_ordinary(text.as_bytes()), "{text:?}");
                }
            }
        }
        assert!(is_ordinary(b"src/lib.rs") && is_ordinary(b"a/.gitattributes") && !is_ordinary(b"a/aux.x"));
    }

    #[test]
    fn order_is_that_of_bytes() {
        let mut paths: Vec<RepoPath> = ["a/x", "a.txt", "a-b/x"].iter().filter_map(|p| p.parse().ok()).collect();
        paths.sort();
        assert_eq!(paths.iter().map(RepoPath::as_str).collect::<Vec<_>>(), ["a-b/x", "a.txt", "a/x"]);
    }
}
