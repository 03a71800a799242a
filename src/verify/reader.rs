//! Reads a signed file from a place that is not trusted: every block is checked before a byte of it is handed on.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use super::VerifiedRelease;
use super::signed_blocks::{SignedBlock, signed_blocks};
use crate::artifacts::digest::{self, MIN_DIVIDED_BYTES};
use crate::files::{Entry, Files, Kind};
use crate::path::RepoPath;

/// Reads the bytes of a file that were signed, and no others.
///
/// A block is read, hashed and compared with its signed digest when a byte of it is needed first; reading fails if it is not as
/// signed. So whatever is read is what was signed, also if the place changes meanwhile, and the rest of the file is not read.
/// A file without signed blocks is read whole.
///
/// The block that was read last is kept in memory, 4 MiB in releases of up to 64 GiB. Reading at random places is best done in
/// the order of the file.
///
/// ```no_run
/// use std::io::{Read, Seek, SeekFrom};
/// use std::path::Path;
///
/// use openness::verify::{BlockReader, verify_ranges};
/// use openness::{Requirements, Snapshot, Trust};
///
/// # let trust = Trust::none();
/// let files = Snapshot::of_directory(Path::new("downloads/large-lm"))?;
/// // Who signed, and what; no weights are read.
/// let report = verify_ranges(&files, &Requirements::new(&trust, jiff::Timestamp::now()), &[], &|_| {})?;
/// let release = report.partially_verified().expect("a trusted key signed it");
/// let mut weights = BlockReader::open(&files, &release, &"model.safetensors".parse()?)?;
/// weights.seek(SeekFrom::Start(1 << 30))?;
/// let mut tensor = vec![0; 4096];
/// weights.read_exact(&mut tensor)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct BlockReader<'a> {
    files: &'a dyn Files,
    entry: &'a Entry,
    size: u64,
    blocks: Vec<SignedBlock<'a>>,
    at: u64,
    /// The number of the block in the buffer.
    loaded: Option<usize>,
    buffer: Vec<u8>,
}

/// Why a file cannot be read by blocks.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The release has no signed file with this path.
    #[error("`{0}` is not a signed file")]
    NotSigned(RepoPath),
    /// The file is not there.
    #[error("`{0}` is not there, or is not a file")]
    Absent(RepoPath),
    /// The file is large and has no signed blocks, so all of it would have to be kept in memory.
    #[error("`{path}` has {size} bytes and no signed blocks")]
    NoBlocks {
        /// The path of the file.
        path: RepoPath,
        /// Its signed size in bytes.
        size: u64,
    },
}

impl<'a> BlockReader<'a> {
    /// Opens a file at its first byte. Nothing is read yet.
    ///
    /// `files` may be any place that is said to hold the release; `release` says what was signed.
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn open(files: &'a dyn Files, release: &'a VerifiedRelease, path: &RepoPath) -> Result<Self, OpenError> {
        let signed = release.statement().and_then(|statement| statement.find(path));
        let subject = signed.ok_or_else(|| OpenError::NotSigned(path.clone()))?;
        let entry = files.find(path).filter(|entry| matches!(entry.kind, Kind::File { .. }));
        let entry = entry.ok_or_else(|| OpenError::Absent(path.clone()))?;
        let size = subject.annotations.size;
        if subject.annotations.blocks.is_none() && size > MIN_DIVIDED_BYTES {
            return Err(OpenError::NoBlocks { path: path.clone(), size });
        }
        let blocks = signed_blocks(subject);
        Ok(Self { files, entry, size, blocks, at: 0, loaded: None, buffer: Vec::new() })
    }

    /// Returns the signed size of the file in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the rest of the block that the position is in; empty at the end of the file.
    fn rest(&mut self) -> io::Result<&[u8]> {
        let after = self.blocks.partition_point(|block| block.bytes.end <= self.at);
        let Some(SignedBlock { bytes: range, sha256 }) = self.blocks.get(after) else { return Ok(&[]) };
        if self.loaded != Some(after) {
            // Whatever fails, nothing of this block can be handed on.
            self.loaded = None;
            self.buffer.clear();
            // A source that hands out more than was asked for must not fill the memory.
            let most = range.end - range.start + 1;
            self.files.open_range(self.entry, range.clone())?.take(most).read_to_end(&mut self.buffer)?;
            if digest::sha256(&self.buffer) != **sha256 {
                let (start, end) = (range.start, range.end);
                let what = format!("bytes {start}-{end} of `{}` are not what was signed", self.entry.path);
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
            self.loaded = Some(after);
        }
        let start = usize::try_from(self.at - range.start).map_err(io::Error::other)?;
        Ok(self.buffer.get(start..).unwrap_or_default())
    }
}

impl Read for BlockReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let rest = self.rest()?;
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += u64::try_from(count).map_err(io::Error::other)?;
        Ok(count)
    }
}

/// The buffer is a block that is as signed, from the position on.
impl BufRead for BlockReader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.rest()
    }

    fn consume(&mut self, count: usize) {
        self.at = self.at.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }
}

impl Seek for BlockReader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(offset) => self.size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
        };
        let before = || io::Error::new(io::ErrorKind::InvalidInput, "a position before the start of the file");
        self.at = at.ok_or_else(before)?;
        Ok(self.at)
    }
}

impl std::fmt::Debug for BlockReader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockReader").field("path", &self.entry.path).field("at", &self.at).finish_non_exhaustive()
    }
}
