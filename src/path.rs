//! Paths inside a repository, as they are written in manifests, statements and checksum files.
//!
//! A [`RepoPath`] cannot escape from its root or deceive a reader: it has no `..`, is not absolute, names no drive or
//! device, and has no backslash, control character, bidirectional control or character that Windows reserves. It is safe
//! to join to a root directory.
//! Paths of the local file system are [`std::path::Path`]s.

mod name_collision;
mod sorted_cursor;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use name_collision::{directory_collisions, directory_starts, fold, name_collision};
pub use sorted_cursor::SortedCursor;

pub use crate::shown::is_deceptive;

/// The longest component, in bytes: the limit of common file systems.
pub const MAX_COMPONENT_BYTES: usize = 255;
/// The longest path, in bytes: `PATH_MAX` on Linux.
pub const MAX_PATH_BYTES: usize = 4096;
/// The most components of a path.
pub const MAX_COMPONENTS: usize = 64;

/// Characters that names cannot contain on Windows, where `:` starts the name of a stream:
/// <https://learn.microsoft.com/windows/win32/fileio/naming-a-file>.
const RESERVED: [char; 7] = [':', '?', '*', '<', '>', '|', '"'];

/// A relative, `/`-separated, UTF-8 path below the root of a repository.
///
/// Ordered by bytes, like the lists in statements and checksum files. (Git differs: it sorts tree entries as if the
/// names of directories ended in `/`.)
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
    /// Reads a path from bytes, as Git stores them.
    ///
    /// # Errors
    /// [`PathError::NotUtf8`] if the bytes are not UTF-8; otherwise the variant for the rule that the path breaks.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PathError> {
        std::str::from_utf8(bytes).map_err(|_| PathError::NotUtf8)?.parse()
    }

    /// Reads a path without copying; returns the bytes along with the error if they are not a path.
    #[cfg(feature = "git")]
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

    /// Returns the components in order, at least one.
    #[must_use]
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/')
    }

    /// Reads a relative path of the local file system, whichever separator that has. A path that is not UTF-8, or that has
    /// `..`, a root or a drive, is not one.
    ///
    /// # Errors
    /// The variant for the rule that the path breaks.
    #[cfg(feature = "fs")]
    pub fn from_relative(path: &Path) -> Result<Self, PathError> {
        use std::path::Component;
        let mut names = Vec::new();
        for component in path.components() {
            names.push(match component {
                Component::Normal(name) => name.to_str().ok_or(PathError::NotUtf8)?,
                Component::CurDir => continue,
                Component::ParentDir => return Err(PathError::Traversal),
                Component::RootDir => return Err(PathError::Absolute),
                Component::Prefix(_) => return Err(PathError::Drive),
            });
        }
        names.join("/").parse()
    }

    /// Returns the last component.
    #[must_use]
    pub fn file_name(&self) -> &str {
        // Byte by byte: names are too short to pay for setting up a faster search.
        let start = self.0.bytes().rposition(|byte| byte == b'/').map_or(0, |slash| slash + 1);
        &self.0[start..]
    }

    /// Returns the part after the last dot of the file name, in lower case; `None` if there is no dot after the first
    /// character.
    #[must_use]
    pub fn extension(&self) -> Option<String> {
        let name = self.file_name();
        let dot = name.bytes().rposition(|byte| byte == b'.').filter(|dot| *dot > 0)?;
        Some(name[dot + 1..].to_ascii_lowercase())
    }

    /// Returns whether [`RepoPath::extension`] equals `extension`, which must not contain a dot. Does not allocate.
    #[must_use]
    pub fn has_extension(&self, extension: &str) -> bool {
        let bytes = self.0.as_bytes();
        let Some((before, ending)) = bytes.len().checked_sub(extension.len()).and_then(|at| bytes.split_at_checked(at))
        else {
            return false;
        };
        matches!(before, [.., stem, b'.'] if *stem != b'/') && ending.eq_ignore_ascii_case(extension.as_bytes())
    }

    /// Returns whether the last component equals `name`.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        let above = self.0.strip_suffix(name);
        above.is_some_and(|above| above.is_empty() || above.ends_with('/'))
    }

    /// Returns the directory of the file; `None` for the root.
    #[must_use]
    pub fn directory(&self) -> Option<Self> {
        // A part of a valid path that ends before a slash is valid.
        self.0.rfind('/').map(|slash| Self(self.0[..slash].into()))
    }

    /// Returns the path below `root` in the local file system.
    #[must_use]
    pub fn below(&self, root: &Path) -> PathBuf {
        let mut path = native(root);
        path.extend(self.components());
        path
    }

    /// Returns whether the path is `ancestor` or is below it.
    #[must_use]
    pub fn is_within(&self, ancestor: &str) -> bool {
        self.0.strip_prefix(ancestor).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Returns a path with the separators of the system alone: on Windows, Git writes `/` and users may, and messages show what is
/// joined to such paths.
pub(crate) fn native(path: &Path) -> PathBuf {
    if cfg!(windows) { path.components().collect() } else { path.to_path_buf() }
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

/// The longest path that cannot have too many components, in bytes.
#[cfg(feature = "git")]
const SHORT: usize = 2 * MAX_COMPONENTS - 1;

/// Reads many paths, most of which are in the same directory as the one before, as in an index: of those, only the names
/// are checked.
#[cfg(feature = "git")]
#[derive(Debug, Default)]
pub(crate) struct PathReader {
    /// The directory of the last valid path: empty, or with `/` at the end.
    directory: String,
}

#[cfg(feature = "git")]
impl PathReader {
    /// Reads a path without copying, and returns where its name starts if it is in the same directory as the valid path
    /// before; returns the bytes along with the error if they are not a path.
    pub(crate) fn read(&mut self, bytes: Vec<u8>) -> Result<(RepoPath, Option<usize>), (PathError, Vec<u8>)> {
        let text = String::from_utf8(bytes).map_err(|error| (PathError::NotUtf8, error.into_bytes()))?;
        if text.len() <= SHORT
            && let Some(name) = text.strip_prefix(&self.directory)
            && is_ordinary_name(name.as_bytes())
        {
            return Ok((RepoPath(text.into()), Some(self.directory.len())));
        }
        if let Err(error) = check(&text) {
            return Err((error, text.into_bytes()));
        }
        self.directory.clear();
        self.directory.push_str(text.rfind('/').map_or("", |end| &text[..=end]));
        Ok((RepoPath(text.into()), None))
    }
}

/// Like [`is_ordinary`], for a path of one component.
#[cfg(feature = "git")]
fn is_ordinary_name(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| ORDINARY[usize::from(*byte)]) && is_ordinary_component(bytes)
}

/// The bytes of ordinary names: printable ASCII characters, except those that separate components or that Windows reserves.
#[cfg(feature = "git")]
static ORDINARY: [bool; 256] = {
    let mut ordinary = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        #[allow(clippy::as_conversions, reason = "`From` is not const")]
        let at = byte as usize;
        ordinary[at] = !matches!(byte, b'/' | b'\\' | b':' | b'?' | b'*' | b'<' | b'>' | b'|' | b'"');
        byte += 1;
    }
    ordinary
};

/// Accepts most valid paths in a single pass, because a Git index holds many. The rest take the slow path in [`check`].
fn is_ordinary(bytes: &[u8]) -> bool {
    let mut start = 0;
    let mut slashes = 0;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'/' if is_ordinary_component(&bytes[start..at]) => {
                start = at + 1;
                slashes += 1;
            }
            b'/' | b'\\' | b':' | b'?' | b'*' | b'<' | b'>' | b'|' | b'"' => return false,
            b' '..=b'~' => {}
            _ => return false,
        }
    }
    bytes.len() <= MAX_COMPONENT_BYTES && slashes < MAX_COMPONENTS && is_ordinary_component(&bytes[start..])
}

fn is_ordinary_component(component: &[u8]) -> bool {
    match component {
        [] | [.., b'.' | b' '] => false,
        // Starts like the name of a device.
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
    if let Some(found) = component.chars().find(|c| RESERVED.contains(c)) {
        return Err(PathError::Reserved(found));
    }
    // Windows drops these, which would make two names one.
    if component.ends_with(['.', ' ']) {
        return Err(PathError::TrailingDotOrSpace);
    }
    let stem = bytes.iter().position(|byte| *byte == b'.').map_or(component, |dot| &component[..dot]);
    // Windows ignores spaces before the dot.
    if is_device_name(stem.trim_end().as_bytes()) {
        return Err(PathError::DeviceName);
    }
    Ok(())
}

/// Returns whether Windows opens a device for this name, in any directory and with any extension.
fn is_device_name(stem: &[u8]) -> bool {
    let is = |name: &[u8]| stem.eq_ignore_ascii_case(name);
    match *stem {
        [_, _, _] => is(b"CON") || is(b"PRN") || is(b"AUX") || is(b"NUL"),
        // Windows treats the superscript digits U+00B9, U+00B2 and U+00B3 as digits in these names.
        [a, b, c, b'1'..=b'9'] | [a, b, c, 0xc2, 0xb9 | 0xb2 | 0xb3] => {
            [b"COM", b"LPT"].iter().any(|port| port.eq_ignore_ascii_case(&[a, b, c]))
        }
        [_, _, _, _, _, _] => is(b"CONIN$"),
        [_, _, _, _, _, _, _] => is(b"CONOUT$"),
        _ => false,
    }
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

/// The reason why a text is not a [`RepoPath`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// The path is empty.
    #[error("the path is empty")]
    Empty,
    /// The path is not UTF-8, which Git allows.
    #[error("the path is not UTF-8")]
    NotUtf8,
    /// The path starts with `/`.
    #[error("the path is absolute; paths are relative to the root of the repository")]
    Absolute,
    /// A component is empty: `a//b` or `a/`.
    #[error("the path has an empty component")]
    EmptyComponent,
    /// A component is `.` or `..`.
    #[error("the path has a `.` or `..` component")]
    Traversal,
    /// A component starts with a drive such as `C:`.
    #[error("the path names a drive")]
    Drive,
    /// The path contains `\`, a separator on Windows.
    #[error("the path contains a backslash; the separator is `/`")]
    Backslash,
    /// The path contains a character that [`is_deceptive`].
    #[error("the path contains the control or invisible character U+{:04X}", u32::from(*.0))]
    Character(char),
    /// A component contains `:`, `?`, `*`, `<`, `>`, `|` or `"`.
    #[error("a component of the path contains `{0}`, which names cannot contain on Windows")]
    Reserved(char),
    /// A component ends in a dot or a space, which Windows drops.
    #[error("a component of the path ends in a dot or a space")]
    TrailingDotOrSpace,
    /// A component names a device on Windows: `CON`, `NUL`, `COM1` …
    #[error("a component of the path is the name of a device on Windows")]
    DeviceName,
    /// The path is longer than [`MAX_PATH_BYTES`], or a component is longer than [`MAX_COMPONENT_BYTES`].
    #[error(
        "the path is longer than {MAX_PATH_BYTES} bytes, or a component is longer than {MAX_COMPONENT_BYTES} bytes"
    )]
    TooLong,
    /// The path has more than [`MAX_COMPONENTS`] components.
    #[error("the path has more than {MAX_COMPONENTS} components")]
    TooDeep,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "git")]
    #[test]
    fn paths_in_a_row_are_read_as_each_alone() {
        let deep = "d/".repeat(MAX_COMPONENTS - 1);
        let names =
            ["a", "a/b", "a/c.txt", "a/CON", "a/x:y", "a/b/c", "a/", "a//b", "a/..", "a/ok", "nul", "b c", "b/\u{e9}"];
        let long = [format!("{deep}a"), format!("{deep}b"), format!("{deep}e/f"), format!("a/{}", "n".repeat(256))];
        let mut reader = PathReader::default();
        let mut directories = vec![String::new()];
        for text in names.iter().map(ToString::to_string).chain(long) {
            let read = reader.read(text.clone().into_bytes());
            let alone = RepoPath::from_vec(text.clone().into_bytes());
            assert_eq!(read.clone().map(|(path, _)| path), alone, "{text}");
            if let Ok((_, name)) = read {
                let directory = text.rfind('/').map_or("", |end| &text[..=end]).to_owned();
                assert!(name.is_none_or(|at| at == directory.len()), "{text}");
                assert!(name.is_none() || directories.last() == Some(&directory), "{text}");
                directories.push(directory);
            }
        }
        assert!(matches!(reader.read(b"a/\xff".to_vec()), Err((PathError::NotUtf8, _))));
    }

    #[test]
    fn a_path_is_shown_with_the_separators_of_the_system() {
        let below = |root: &str, name: &str| RepoPath::from_str(name).map(|name| name.below(Path::new(root)));
        let shown = below("C:/w/rp/.git/", ".openness/x").map(|path| path.display().to_string());
        let own = if cfg!(windows) { "C:\\w\\rp\\.git\\.openness\\x" } else { "C:/w/rp/.git/.openness/x" };
        assert_eq!(shown.as_deref(), Ok(own));
        assert_eq!(native(Path::new("C:/w/rp/.git/")).join("hooks"), Path::new("C:/w/rp/.git/hooks"));
        // A path that may be a link is not shortened.
        assert_eq!(native(Path::new("a/../b")), Path::new("a/../b"));
    }

    #[cfg(feature = "fs")]
    #[test]
    fn a_relative_path_of_the_system_is_read_whatever_its_separator() {
        let read = |path: &Path| RepoPath::from_relative(path).map(|path| path.to_string());
        let joined = |names: &[&str]| names.iter().collect::<PathBuf>();
        assert_eq!(read(&joined(&["examples", "tiny-lm"])).as_deref(), Ok("examples/tiny-lm"));
        assert_eq!(read(&joined(&["a", ".", "b", "c"])).as_deref(), Ok("a/b/c"));
        assert_eq!(read(Path::new("a/b/")).as_deref(), Ok("a/b"));
        assert_eq!(read(&joined(&["a", "..", "b"])), Err(PathError::Traversal));
        assert_eq!(read(Path::new("/a")), Err(PathError::Absolute));
        assert_eq!(read(Path::new("")), Err(PathError::Empty));
        assert_eq!(read(&joined(&["a", "nul"])), Err(PathError::DeviceName));
        // Where it is not a separator, it is part of a name that is not portable.
        let backslash = read(Path::new("a\\b"));
        assert_eq!(backslash, if cfg!(windows) { Ok("a/b".to_owned()) } else { Err(PathError::Backslash) });
    }

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
            "a;b,c'd=e[f]{g}(h)#i%j&k+l!m@n$o^p`q~r",
            "a：b？",
        ] {
            assert_eq!(path.parse::<RepoPath>().map(|p| p.to_string()), Ok(path.to_owned()));
        }
    }

    #[test]
    fn rejects_paths_that_escape_or_deceive() {
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
            ("config.json:hidden", PathError::Reserved(':')),
            ("data/weights:x.txt/y", PathError::Reserved(':')),
            ("1:x", PathError::Reserved(':')),
            (":", PathError::Reserved(':')),
            ("https:/x", PathError::Reserved(':')),
            ("q?.txt", PathError::Reserved('?')),
            ("d*/b.txt", PathError::Reserved('*')),
            ("a<b", PathError::Reserved('<')),
            ("a>", PathError::Reserved('>')),
            ("|", PathError::Reserved('|')),
            ("ü\"b.txt", PathError::Reserved('"')),
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
        // The limits are in bytes, not characters.
        assert_eq!("ü".repeat(128).parse::<RepoPath>(), Err(PathError::TooLong));
        assert_eq!(vec!["a"; 65].join("/").parse::<RepoPath>(), Err(PathError::TooDeep));
    }

    #[test]
    fn names_and_extensions_are_taken_from_the_last_component() {
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
    fn the_fast_path_accepts_only_what_the_slow_path_does() {
        let alphabet = ["a", "C", "o", "n", ".", "/", " ", ":", "?", "\\", "1", "\u{e9}", "\u{7f}"];
        let mut texts = vec![String::new()];
        for _ in 0..4 {
            texts = texts.iter().flat_map(|text| alphabet.iter().map(move |c| format!("{text}{c}"))).collect();
            for text in &texts {
                let long = format!("{text}/{}", "x".repeat(250));
                for text in [text.clone(), format!("nul{text}"), format!("x/com1{text}"), long] {
                    let is_path = text.split('/').try_for_each(check_component).is_ok();
                    assert!(is_path || !is_ordinary(text.as_bytes()), "{text:?}");
                }
            }
        }
        assert!(is_ordinary(b"src/lib.rs") && is_ordinary(b"a/.gitattributes") && !is_ordinary(b"a/aux.x"));
    }

    #[test]
    fn paths_are_ordered_by_bytes() {
        let mut paths: Vec<RepoPath> = ["a/x", "a.txt", "a-b/x"].iter().filter_map(|p| p.parse().ok()).collect();
        paths.sort();
        assert_eq!(paths.iter().map(RepoPath::as_str).collect::<Vec<_>>(), ["a-b/x", "a.txt", "a/x"]);
    }
}
