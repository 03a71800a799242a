//! Which digests each file gets, and how its bytes are read for them: from start to end, or by blocks on any thread.

use std::io;
use std::ops::Range;

use crate::files::{Entry, Files};
use crate::manifest::Sha256Hex;
use crate::threads;

use super::super::lfs::{MAX_POINTER_BYTES, Pointer};
use super::blocks::{BlockSize, Blocks};
use super::plan::Plan;
use super::worker::{Message, Work, changed};
use super::{Basis, Error, Hashed, Options};

/// The size in bytes that a file must have to be a Git LFS pointer; the shortest one has a few bytes more.
const MIN_POINTER_BYTES: u64 = 100;

/// How a file is read, and which digests that gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// From its start to its end; gives the digest of the file.
    Whole,
    /// From its start to its end; gives the digest of the file and those of its blocks.
    WholeAndBlocks(BlockSize),
    /// Block by block, on any thread; gives the digests of the blocks alone. The file is never taken for a Git LFS pointer.
    Blocks {
        /// The size of a block.
        size: BlockSize,
        /// The size of the file in bytes.
        bytes: u64,
    },
}

/// The digests of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// The digest of the file; `None` if it was read by blocks.
    pub hashed: Option<Hashed>,
    /// The digests of its blocks; `None` unless they were asked for. For a Git LFS pointer, they are those of the content, and
    /// `None` unless that is confirmed.
    pub blocks: Option<Blocks>,
}

impl Measured {
    /// Returns the digest of the file, which `entry` was measured for.
    ///
    /// # Errors
    /// [`Error`] if the file was read by blocks.
    pub fn of(self, entry: &Entry) -> Result<Hashed, Error> {
        self.hashed.ok_or_else(|| not_hashed(entry))
    }
}

pub(super) fn not_hashed(entry: &Entry) -> Error {
    Error { path: entry.path.clone(), source: io::Error::other("it was not hashed") }
}

/// Hashes files in the ways that are wanted, several at a time. The results are in the order of `wanted`.
///
/// `progress` receives the number of bytes of each piece that was read, from any thread.
pub fn measure_all(
    files: &dyn Files,
    wanted: &[(&Entry, Reading)],
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Vec<Result<Measured, Error>> {
    let computed: Vec<_> = wanted.iter().map(|(entry, _)| computed(files, entry)).collect();
    let rest = wanted.iter().zip(&computed).filter(|(_, computed)| computed.is_none());
    let messages: Vec<Message<'_>> = rest.flat_map(|((entry, reading), _)| messages(entry, *reading)).collect();
    let mut done = hash_messages(files, &messages, options, progress).into_iter();
    let results = wanted.iter().zip(computed).map(|((entry, reading), computed)| match (computed, *reading) {
        (Some(done), _) => done,
        (None, Reading::Blocks { size, bytes }) => {
            let count = usize::try_from(size.count(bytes)).unwrap_or(usize::MAX);
            // All of them are taken, also after an error.
            let parts: Vec<_> = done.by_ref().take(count).collect();
            let parts: Vec<(Hashed, _)> = parts.into_iter().collect::<Result<_, _>>()?;
            is_unchanged(files, entry, bytes).map_err(|source| Error { path: entry.path.clone(), source })?;
            let sha256 = parts.into_iter().map(|(hashed, _)| hashed.sha256).collect();
            Ok(Measured { hashed: None, blocks: Some(Blocks { size, sha256 }) })
        }
        (None, Reading::Whole | Reading::WholeAndBlocks(_)) => match done.next() {
            Some(answer) => answer.map(|(hashed, blocks)| Measured { hashed: Some(hashed), blocks }),
            None => Err(not_hashed(entry)),
        },
    });
    results.collect()
}

/// Returns the digest of a file that its source hashed, whichever way of reading is wanted.
fn computed(files: &dyn Files, entry: &Entry) -> Option<Result<Measured, Error>> {
    let hashed = files.computed_digest(entry)?.and_then(|digest| {
        Ok(Hashed { sha256: Sha256Hex::of_bytes(&digest), size: files.size(entry)?, basis: Basis::Bytes })
    });
    let measured = hashed.map(|hashed| Measured { hashed: Some(hashed), blocks: None });
    Some(measured.map_err(|source| Error { path: entry.path.clone(), source }))
}

/// Hashes parts of files, several at a time: for each the bytes from `start` up to but not including `end`. The results are in the
/// order of `parts`. A part that reaches beyond the end of its file is an error.
///
/// `progress` receives the number of bytes of each piece that was read, from any thread.
pub fn hash_parts(
    files: &dyn Files,
    parts: &[(&Entry, Range<u64>)],
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Vec<Result<Sha256Hex, Error>> {
    let messages: Vec<Message<'_>> =
        parts.iter().map(|(entry, part)| Message { entry, part: Some(part.clone()), blocks: None }).collect();
    let hashed = hash_messages(files, &messages, options, progress).into_iter();
    hashed.map(|answer| answer.map(|(hashed, _)| hashed.sha256)).collect()
}

/// Hashes messages on several threads. The answers are in the order of the messages.
fn hash_messages(
    files: &dyn Files,
    messages: &[Message<'_>],
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Vec<Result<(Hashed, Option<Blocks>), Error>> {
    // An entry without a size fails quickly anyway.
    let length = |part: &Range<u64>| part.end - part.start;
    let sizes: Vec<u64> = messages
        .iter()
        .map(|message| message.part.as_ref().map_or_else(|| files.size(message.entry).unwrap_or(0), length))
        .collect();
    let plan = Plan::new(&sizes, options.threads.get(), openness_sha256::width());
    let threads = plan.threads;
    let work = Work::new(files, messages, options.pointers, progress, plan);
    threads::in_order(threads::run_on_threads(threads, |thread| work.share(thread)).into_iter().flatten())
}

/// Returns the messages that give the wanted digests.
fn messages<'a>(entry: &'a Entry, reading: Reading) -> Vec<Message<'a>> {
    let whole = |blocks| vec![Message { entry, part: None, blocks }];
    match reading {
        Reading::Whole => whole(None),
        Reading::WholeAndBlocks(size) => whole(Some(size)),
        Reading::Blocks { size, bytes } => {
            size.ranges(bytes).map(|part| Message { entry, part: Some(part), blocks: None }).collect()
        }
    }
}

/// Checks that a file that was opened once for each block is still the one that was listed, as far as the source knows.
fn is_unchanged(files: &dyn Files, entry: &Entry, bytes: u64) -> io::Result<()> {
    let is_same = files.stat(entry).is_none_or(|listed| files.stat_now(entry) == Some(listed));
    if is_same && files.open(entry)?.size() == bytes { Ok(()) } else { Err(changed()) }
}

/// Returns the size of the content of a file in bytes: if it is a Git LFS pointer, the size that the pointer states.
///
/// # Errors
/// If the size is not known, or a file that may be a pointer cannot be read.
pub fn content_size(files: &dyn Files, entry: &Entry) -> io::Result<u64> {
    let size = files.size(entry)?;
    if size >= MIN_POINTER_BYTES && usize::try_from(size).is_ok_and(|size| size <= MAX_POINTER_BYTES) {
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut files.open(entry)?, &mut bytes)?;
        if let Some(pointer) = Pointer::parse(&bytes) {
            return Ok(pointer.size);
        }
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::num::NonZero;

    use super::super::{Pointers, sha256};
    use super::*;
    use crate::files::Memory;

    const BLOCK: usize = 4 << 20;

    fn text(length: usize, seed: u8) -> Vec<u8> {
        (0..=250_u8).map(|byte| byte.wrapping_mul(seed | 1)).cycle().take(length).collect()
    }

    fn blocks_of(bytes: &[u8]) -> Blocks {
        Blocks { size: size(), sha256: bytes.chunks(BLOCK).map(sha256).collect() }
    }

    fn size() -> BlockSize {
        BlockSize::new(4 << 20).unwrap()
    }

    #[test]
    #[cfg_attr(miri, ignore = "blocks of 4 MiB would take hours")]
    fn each_way_of_reading_gives_the_digests_of_sha2() {
        let lengths = [0, 1, BLOCK, BLOCK + 55, 2 * BLOCK + 64];
        let texts: Vec<(String, Vec<u8>)> =
            lengths.iter().zip(0..).map(|(length, at)| (format!("f{at}"), text(*length, at))).collect();
        let files = Memory::new(texts.clone());
        for threads in [1, 3] {
            let options = Options { threads: NonZero::new(threads).unwrap(), pointers: Pointers::Trust };
            // Every file in every way, next to others that are read in other ways.
            for shift in 0..3 {
                let reading = |at: usize, bytes: usize| match (at + shift) % 3 {
                    0 => Reading::Whole,
                    1 => Reading::WholeAndBlocks(size()),
                    _ => Reading::Blocks { size: size(), bytes: u64::try_from(bytes).unwrap() },
                };
                let wanted: Vec<(&Entry, Reading)> = files
                    .entries()
                    .iter()
                    .zip(&texts)
                    .enumerate()
                    .map(|(at, (entry, (_, text)))| (entry, reading(at, text.len())))
                    .collect();
                let measured = measure_all(&files, &wanted, &options, &|_| {});
                for (((_, reading), (name, text)), measured) in wanted.iter().zip(&texts).zip(measured) {
                    let measured = measured.unwrap();
                    let is_whole = !matches!(reading, Reading::Blocks { .. });
                    assert_eq!(measured.hashed.map(|hashed| hashed.sha256), is_whole.then(|| sha256(text)), "{name}");
                    let has_blocks = *reading != Reading::Whole;
                    assert_eq!(measured.blocks, has_blocks.then(|| blocks_of(text)), "{name} {threads} {shift}");
                }
            }
        }
    }

    #[test]
    fn blocks_of_a_file_of_another_size_are_an_error() {
        let files = Memory::new([("f", "0123456789")]);
        for (bytes, is_good) in [(9, false), (10, true), (11, false)] {
            let wanted = [(&files.entries()[0], Reading::Blocks { size: size(), bytes })];
            let measured = measure_all(&files, &wanted, &Options::default(), &|_| {}).pop().unwrap();
            assert_eq!(measured.is_ok(), is_good, "{bytes}");
            if let Err(error) = measured {
                assert_eq!(error.source.to_string(), "it changed while it was read");
            }
        }
    }

    #[test]
    fn the_end_of_a_file_is_not_taken_for_a_pointer() {
        let oid = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 12345\n");
        let files = Memory::new([("f", pointer.clone())]);
        let bytes = u64::try_from(pointer.len()).unwrap();
        let wanted = [(&files.entries()[0], Reading::Blocks { size: size(), bytes })];
        let measured = measure_all(&files, &wanted, &Options::default(), &|_| {}).pop().unwrap().unwrap();
        assert_eq!(measured.blocks.unwrap().sha256, [sha256(pointer.as_bytes())]);
        assert_eq!(content_size(&files, &files.entries()[0]).unwrap(), 12345);
    }
}
