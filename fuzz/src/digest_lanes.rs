//! SHA-256 of two messages side by side, and of many files at once, held against `sha2`.

use std::fs;
use std::io::{self, Read};
use std::num::NonZero;
use std::sync::OnceLock;

use openness::Snapshot;
use openness::artifacts::digest::{Options, Pointers, hash_all, hash_two};
use sha2::{Digest as _, Sha256};

/// The longest message that is made of a few bytes.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// Two pieces of a file, and one byte more.
const MAX_FILE_BYTES: usize = 512 * 1024 + 1;
const MAX_FILES: usize = 5;

/// The first byte says which.
pub fn run(bytes: &[u8]) {
    match bytes.split_first() {
        Some((kind, rest)) if kind % 64 == 0 => files(rest),
        Some((_, rest)) => two(rest),
        None => {}
    }
}

/// Whatever the lengths, the pieces and the reads, both lanes say what `sha2` says.
fn two(bytes: &[u8]) {
    let Some(([left_blocks, right_blocks, left_sip, right_sip, left_times, right_times, high, low], data)) =
        bytes.split_first_chunk()
    else {
        return;
    };
    let (left, right) = data.split_at(usize::from(u16::from_be_bytes([*high, *low])).min(data.len()));
    let repeated = |data: &[u8], times: &u8| -> Vec<u8> {
        data.iter().copied().cycle().take((data.len() * usize::from(*times)).min(MAX_MESSAGE_BYTES)).collect()
    };
    let (left, right) = (repeated(left, left_times), repeated(right, right_times));
    let blocks =
        [left_blocks, right_blocks].map(|blocks| NonZero::new(u16::from(*blocks)).unwrap_or(NonZero::<u16>::MIN));
    let mut left_sips = Sips { rest: &left, most: usize::from(*left_sip) + 1, is_interrupted: false };
    let mut right_sips = Sips { rest: &right, most: usize::from(*right_sip) * 16 + 1, is_interrupted: true };
    let digests = hash_two([&mut left_sips, &mut right_sips], blocks).expect("it can be read");
    let expected: [[u8; 32]; 2] = [&left, &right].map(|message| Sha256::digest(message).into());
    assert_eq!(digests, expected);
}

/// Reads in sips, and is interrupted in between.
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

/// Whatever their sizes and the number of threads, files have the digests that `sha2` says.
fn files(bytes: &[u8]) {
    let Some((threads, sizes)) = bytes.split_first() else { return };
    let files: Vec<Vec<u8>> = sizes
        .as_chunks::<3>()
        .0
        .iter()
        .take(MAX_FILES)
        .map(|&[a, b, c]| {
            let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).expect("24 bits") % MAX_FILE_BYTES;
            // No two periods of this fall on one place of a block.
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
    let hashed = hash_all(&snapshot, &entries, &Options { threads, pointers: Pointers::Believe }, &|_| {});
    assert_eq!(hashed.len(), files.len());
    // One digit each, so that they stand in this order.
    for (hashed, bytes) in hashed.into_iter().zip(&files) {
        let hashed = hashed.expect("it can be read");
        let expected: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            (hashed.sha256.as_str(), hashed.size),
            (expected.as_str(), u64::try_from(bytes.len()).expect("a length"))
        );
    }
}

/// A directory for each process.
fn directory() -> &'static std::path::Path {
    static DIRECTORY: OnceLock<tempfile::TempDir> = OnceLock::new();
    DIRECTORY.get_or_init(|| tempfile::tempdir().expect("a directory")).path()
}
