//! SHA-256 of interleaved messages, and of many files at once, compared with `sha2`.

use std::fs;
use std::io::{self, Read};
use std::num::NonZero;
use std::sync::OnceLock;

use openness::artifacts::digest::{
    BlockSize, MIN_BLOCK_BYTES, Options, Pointers, Reading, hash_interleaved, measure_all,
};
use openness::{Files as _, Snapshot};
use sha2::{Digest as _, Sha256};

/// The maximum length of a message generated from the input, in bytes.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// The maximum size of a generated file: two pieces and one byte.
const MAX_FILE_BYTES: usize = 512 * 1024 + 1;
const MAX_FILES: usize = 5;

/// Selects the test by the first byte.
pub fn run(bytes: &[u8]) {
    match bytes.split_first() {
        Some((kind, rest)) if kind % 64 == 0 => files(rest),
        Some((kind, rest)) if kind % 2 == 0 => beside::<2>(rest),
        Some((_, rest)) => beside::<5>(rest),
        None => {}
    }
}

/// Every lane gives the digest that `sha2` gives, for any length, piece size and read size. Each message has a
/// four-byte head (blocks per piece, bytes per read, repetitions of its text, and length of its text); the texts
/// follow.
fn beside<const N: usize>(bytes: &[u8]) {
    let (heads, mut texts) = bytes.split_at((4 * N).min(bytes.len()));
    let heads = heads.as_chunks::<4>().0;
    if heads.len() < N {
        return;
    }
    let messages: [Vec<u8>; N] = std::array::from_fn(|at| {
        let [_, _, times, length] = heads[at];
        let (text, rest) = texts.split_at(usize::from(length).min(texts.len()));
        texts = rest;
        let length = (text.len() * usize::from(times)).min(MAX_MESSAGE_BYTES);
        text.iter().copied().cycle().take(length).collect()
    });
    let mut sips: [Sips<'_>; N] = std::array::from_fn(|at| {
        let most = usize::from(heads[at][1]) * 16 + 1;
        Sips { rest: &messages[at], most, is_interrupted: at % 2 == 0 }
    });
    let mut blocks = heads.iter().map(|head| NonZero::new(u16::from(head[0])).unwrap_or(NonZero::<u16>::MIN));
    let digests = hash_interleaved(sips.each_mut().map(|sips| {
        let reader: &mut dyn Read = sips;
        (reader, blocks.next().expect("a head for each"))
    }));
    let expected = messages.each_ref().map(|message| <[u8; 32]>::from(Sha256::digest(message)));
    assert_eq!(digests.expect("it can be read"), expected);
}

/// A reader that returns a few bytes at a time, and is interrupted in between.
struct Sips<'a> {
    rest: &'a [u8],
    most: usize,
    is_interrupted: bool,
}

impl Read for Sips<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.is_interrupted = !self.is_interrupted;
        if self.is_interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = self.most.min(buffer.len());
        self.rest.read(&mut buffer[..count])
    }
}

/// Files have the digests that `sha2` gives, for any sizes and number of threads.
fn files(bytes: &[u8]) {
    let Some((threads, sizes)) = bytes.split_first() else { return };
    let files: Vec<Vec<u8>> = sizes
        .as_chunks::<3>()
        .0
        .iter()
        .take(MAX_FILES)
        .map(|&[a, b, c]| {
            let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).expect("24 bits") % MAX_FILE_BYTES;
            // The period of 251 bytes never aligns with a block.
            (0..=250).map(|byte: u8| byte.wrapping_mul(a | 1)).cycle().take(length).collect()
        })
        .collect();
    let directory = directory();
    for entry in fs::read_dir(directory).expect("a directory") {
        fs::remove_file(entry.expect("an entry").path()).expect("a file of ours");
    }
    for (at, bytes) in files.iter().enumerate() {
        fs::write(directory.join(at.to_string()), bytes).expect("a file");
    }
    let snapshot = Snapshot::of_directory(directory).expect("a directory");
    let entries: Vec<_> = snapshot.entries().iter().collect();
    let threads = NonZero::new(usize::from(threads % 4) + 1).expect("at least one");
    // Every other file with its blocks, of which it has one at most.
    let size = BlockSize::new(MIN_BLOCK_BYTES).expect("a size of blocks");
    let ways = [Reading::Whole, Reading::WholeAndBlocks(size)];
    let wanted: Vec<_> = entries.into_iter().zip(ways.into_iter().cycle()).collect();
    let measured = measure_all(&snapshot, &wanted, &Options { threads, pointers: Pointers::Trust }, &|_| {});
    assert_eq!(measured.len(), files.len());
    // File names have one digit each, so they are in this order.
    for ((measured, bytes), (_, reading)) in measured.into_iter().zip(&files).zip(&wanted) {
        let measured = measured.expect("it can be read");
        let hashed = measured.hashed.expect("the whole file was read");
        let blocks = measured.blocks.map(|blocks| blocks.sha256);
        let expected = if bytes.is_empty() { Vec::new() } else { vec![hashed.sha256] };
        assert_eq!(blocks, (*reading != Reading::Whole).then_some(expected));
        let expected: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            (hashed.sha256.as_str(), hashed.size),
            (expected.as_str(), u64::try_from(bytes.len()).expect("a length"))
        );
    }
}

/// Returns this process's own directory.
fn directory() -> &'static std::path::Path {
    static DIRECTORY: OnceLock<tempfile::TempDir> = OnceLock::new();
    DIRECTORY.get_or_init(|| tempfile::tempdir().expect("a directory")).path()
}
