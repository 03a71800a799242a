//! Headers of weights: the metadata of [safetensors](https://huggingface.co/docs/safetensors/index#format) and
//! [GGUF](https://github.com/ggml-org/ggml/blob/master/docs/gguf.md) files, read without the numbers.
//!
//! What the reference readers of the formats load is accepted, unless readers disagree about what a file contains; the
//! reason then says so. Unknown types of numbers are accepted, since formats grow.

mod gguf;
mod safetensors;

use std::collections::HashSet;
use std::fmt;
use std::io::{self, BufReader, Cursor, Read};
use std::rc::Rc;

use super::lfs;
use crate::files::{Content, Entry, Files, Kind};
use crate::path::RepoPath;

/// A format whose header can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// safetensors: JSON, then numbers.
    Safetensors,
    /// GGUF, of ggml and llama.cpp: keys and values, then numbers.
    Gguf,
}

impl Format {
    /// Returns the format by the extension of a file; `None` for any other.
    #[must_use]
    pub fn of(path: &RepoPath) -> Option<Self> {
        match path {
            // The second extension is that of https://github.com/Comfy-Org/ComfyUI and of the files of FLUX.
            path if path.has_extension("safetensors") || path.has_extension("sft") => Some(Self::Safetensors),
            path if path.has_extension("gguf") => Some(Self::Gguf),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Safetensors => "safetensors",
            Self::Gguf => "GGUF",
        })
    }
}

/// The content of a header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// Keys and texts, in the order written; for GGUF only those under `general.`.
    pub metadata: Vec<(String, String)>,
    /// The number of tensors.
    pub tensors: usize,
    /// The names of the tensors, sorted.
    pub names: Vec<String>,
    /// The number of base models that it says it has; GGUF only.
    pub base_models: Option<u64>,
    /// The positions in the file at which tensors start, sorted; safetensors only, where each ends at the start of the next.
    pub starts: Vec<u64>,
    /// The place of this file among several; GGUF only.
    pub split: Option<Split>,
}

/// The place of a file among the files of a split model, by the keys `split.…` of
/// [`llama-gguf-split`](https://github.com/ggml-org/llama.cpp/tree/master/tools/gguf-split).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Split {
    /// `split.no`: the number of this file, from 0.
    pub number: u64,
    /// `split.count`: the number of files.
    pub count: u64,
    /// `split.tensors.count`: the number of tensors in all files.
    pub tensors: Option<u64>,
}

impl Header {
    /// Returns the text under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.metadata.iter().find(|(name, _)| name == key).map(|(_, text)| text.as_str())
    }
}

/// Why a header cannot be relied on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// The file does not start like a file of its format.
    #[error("it is not a {0} file, despite its name")]
    Foreign(Format),
    /// The file has no bytes.
    #[error("it is empty")]
    Empty,
    /// The file is a document, such as the error page of a server, instead of weights.
    #[error("it is {0} instead of weights")]
    Document(&'static str),
    /// The file is a pointer that git-annex keeps in Git in place of the content.
    #[error("it is a git-annex pointer, and the content is not in Git")]
    AnnexPointer,
    /// Reading the header would take too much memory.
    #[error("its header is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The file ends before what the header describes.
    #[error("it is truncated: {what} would end at byte {needed}, but the file has {size} bytes")]
    Truncated {
        /// The missing part, as a noun phrase.
        what: String,
        /// The size in bytes that the file should have at least.
        needed: u64,
        /// The size of the file in bytes.
        size: u64,
    },
    /// The header does not follow its format, as a clause.
    #[error("its header is malformed: {0}")]
    Malformed(String),
    /// The description of a tensor is wrong.
    #[error("the tensor `{}` {problem}", .name.escape_debug())]
    Tensor {
        /// The tensor's name.
        name: String,
        /// The problem, as a predicate of the tensor.
        problem: String,
    },
    /// This number of bytes at the end does not belong to a tensor.
    #[error("{0} bytes at its end do not belong to a tensor")]
    Trailing(u64),
    /// I/O error.
    #[error("it cannot be read")]
    Io(#[from] io::Error),
}

/// Reads the header of a file of `size` bytes from its start, and checks it against the size.
///
/// # Errors
/// Any [`HeaderError`].
pub fn read(format: Format, reader: &mut dyn Read, size: u64) -> Result<Header, HeaderError> {
    let mut start = Vec::new();
    reader.take(START_BYTES).read_to_end(&mut start)?;
    if let Some(error) = not_weights(&start, size) {
        return Err(error);
    }
    let mut whole = Cursor::new(start).chain(reader);
    match format {
        Format::Safetensors => safetensors::read(&mut whole, size),
        Format::Gguf => gguf::read(&mut whole, size),
    }
}

/// A header that was read, or why it is wrong; `None` as for [`of`].
pub type ReadHeader = Option<Rc<Result<Header, HeaderError>>>;

/// Reads the header of a file, and checks it against the size; `None` for another format, a Git LFS pointer, or a file that
/// cannot be read.
#[must_use]
pub fn of(files: &dyn Files, entry: &Entry) -> Option<Result<Header, HeaderError>> {
    let format = Format::of(&entry.path)?;
    let (mut content, size) = open(files, entry)?;
    // Other checks report content that is missing or changes while it is read.
    match read(format, &mut content, size) {
        Err(HeaderError::Io(_)) => None,
        read => Some(read),
    }
}

/// Reads the [`metadata`] of a file; none of a Git LFS pointer, or of a file that cannot be read.
#[must_use]
pub fn metadata_of(files: &dyn Files, entry: &Entry) -> Vec<(String, String)> {
    let Some((format, (mut content, size))) = Format::of(&entry.path).zip(open(files, entry)) else {
        return Vec::new();
    };
    metadata(format, &mut content, size)
}

/// Opens a regular file that is not a Git LFS pointer, and returns it with its size.
pub(crate) fn open(files: &dyn Files, entry: &Entry) -> Option<(BufReader<Content>, u64)> {
    if !matches!(entry.kind, Kind::File { .. }) {
        return None;
    }
    let size = files.size(entry).ok()?;
    if size <= u64::try_from(lfs::MAX_POINTER_BYTES).unwrap_or(u64::MAX) {
        let bytes = files.read(&entry.path, size).ok().flatten()?;
        if lfs::Pointer::parse(&bytes).is_some() {
            return None;
        }
    }
    Some((BufReader::new(files.open(entry).ok()?), size))
}

/// Reads the metadata at the start of a file as far as it can be read: none from a file in another format, and what comes
/// first from a truncated one. Nothing else is checked.
#[must_use]
pub fn metadata(format: Format, reader: &mut dyn Read, size: u64) -> Vec<(String, String)> {
    let mut header = Header::default();
    match format {
        Format::Safetensors => return read(format, reader, size).map(|header| header.metadata).unwrap_or_default(),
        // What was read before a mistake stays in the header.
        Format::Gguf => drop(gguf::read_metadata(reader, size, &mut header)),
    }
    header.metadata
}

/// Returns the error for a file that is certainly not weights in any format: an empty one, or the page that a server sent
/// instead of the file. `start` are its first bytes.
#[must_use]
pub fn not_weights(start: &[u8], size: u64) -> Option<HeaderError> {
    if size == 0 {
        return Some(HeaderError::Empty);
    }
    if is_annex_pointer(start) {
        return Some(HeaderError::AnnexPointer);
    }
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start().to_ascii_lowercase();
    let document = match text.as_slice() {
        text if [&b"<!doctype html"[..], b"<html", b"<head"].iter().any(|tag| text.starts_with(tag)) => "an HTML page",
        text if [&b"<?xml"[..], b"<error>"].iter().any(|tag| text.starts_with(tag)) => "an XML document",
        [b'{', rest @ ..] if rest.trim_ascii_start().starts_with(b"\"error\"") => "an error message in JSON",
        _ => return None,
    };
    Some(HeaderError::Document(document))
}

/// Returns whether a file is a pointer of git-annex, by its first bytes: the path of the content in the annex, and possibly
/// further lines, each of which contains `/annex/` (git-annex 10.20261026, "internals/pointer file").
#[must_use]
pub fn is_annex_pointer(start: &[u8]) -> bool {
    let is_key = |key: &[u8]| key.first().is_some_and(u8::is_ascii_uppercase);
    let names_annex = |line: &[u8]| line.windows(7).any(|part| part == b"/annex/");
    start.strip_prefix(b"/annex/objects/").is_some_and(is_key)
        && start.split(|byte| *byte == b'\n').all(|line| line.is_empty() || names_annex(line))
}

/// The number of bytes that [`not_weights`] needs.
pub const START_BYTES: u64 = 64;

/// Names that may occur only once.
#[derive(Debug, Default)]
struct Names(HashSet<String>);

impl Names {
    /// Adds a name, or returns why it cannot be there a second time.
    fn add(&mut self, what: &str, name: &str) -> Result<(), String> {
        if self.0.insert(name.to_owned()) {
            return Ok(());
        }
        let name = name.escape_debug();
        Err(format!("the {what} `{name}` occurs twice, and readers disagree about which one counts"))
    }

    /// Returns the names, sorted.
    fn sorted(self) -> Vec<String> {
        let mut names: Vec<String> = self.0.into_iter().collect();
        names.sort_unstable();
        names
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::files::Memory;

    #[test]
    fn the_second_extension_of_safetensors_is_read() {
        let of = |path: &str| Format::of(&path.parse().unwrap());
        assert_eq!((of("m.safetensors"), of("ae.sft")), (Some(Format::Safetensors), Some(Format::Safetensors)));
        assert_eq!((of("m.gguf"), of("sft"), of("data.sft.json")), (Some(Format::Gguf), None, None));
        let files = Memory::new([("empty.sft", "")]);
        let read = super::of(&files, &files.entries()[0]);
        assert!(matches!(read, Some(Err(HeaderError::Empty))), "{read:?}");
    }
}
