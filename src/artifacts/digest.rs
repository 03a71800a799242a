//! SHA-256 of many files at once.
//!
//! Each thread hashes up to four files at a time with interleaved instructions (`openness_sha256`), or sixteen where registers are
//! wide enough, in the order that `plan` decides: large files first, so that no thread is left alone with one at the end, then
//! small ones in the order of their paths, which is the order of their directories. Files are read in small pieces into reused
//! buffers, so that memory does not grow with their size.
//!
//! A large file can have digests of its blocks too (`blocks`): a signer computes them along with the digest of the file, on
//! another core if one is idle (`readahead`), and a verifier checks them on all threads (`measure`).

mod blocks;
mod readahead;
mod multibuffer;
mod measure;
mod chain;
mod piece;
mod plan;
mod lfs_object;
mod worker;

use std::io::{self, Read};
use std::num::NonZero;

use openness_sha256::State;
use sha2::Digest as _;

use crate::files::{Entry, Files};
use crate::manifest::Sha256Hex;
use crate::path::RepoPath;

use super::lfs::{MAX_POINTER_BYTES, Pointer};
pub use blocks::{BlockSize, Blocks, MAX_BLOCKS, MIN_BLOCK_BYTES, MIN_DIVIDED_BYTES};
use chain::Chain;
pub use measure::{Measured, Reading, content_size, hash_parts, measure_all};
#[cfg(feature = "internals")]
pub use multibuffer::hash_interleaved;
use piece::{Piece, Rest};

/// The buffer of [`copy`], in bytes.
const COPY_BUFFER_BYTES: usize = 256 * 1024;

/// Options for hashing files.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The number of threads that hash.
    pub threads: NonZero<usize>,
    /// Whether the content that a Git LFS pointer names is hashed as well.
    pub pointers: Pointers,
}

impl Default for Options {
    /// Uses as many threads as there are processors, and trusts pointers.
    fn default() -> Self {
        Self {
            threads: std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN),
            pointers: Pointers::Trust,
        }
    }
}

/// The treatment of Git LFS pointers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pointers {
    /// Take the digest from the pointer, and only look for content of the right size on this machine.
    Trust,
    /// Hash the content too if it is on this machine.
    Confirm,
}

/// The digest of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hashed {
    /// The digest of the content; for a Git LFS pointer, of the content that it names.
    pub sha256: Sha256Hex,
    /// The size of the content in bytes; for a Git LFS pointer, of the content that it names.
    pub size: u64,
    /// Whether bytes were read or a pointer was trusted. A verifier must check this.
    pub basis: Basis,
}

/// The basis of a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// The bytes were read.
    Bytes,
    /// The file is a Git LFS pointer.
    Pointer {
        /// Whether the pointer is exactly as `git lfs` would write it.
        is_canonical: bool,
        /// The state of the content.
        content: LfsContent,
    },
}

/// The state of the content that a Git LFS pointer names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LfsContent {
    /// The content is not on this machine.
    Absent,
    /// A file of the same size is on this machine and was not read.
    Unread,
    /// The content is on this machine, and its digest is the one in the pointer.
    Confirmed,
    /// The object store of Git LFS contains a file with another digest in place of the content.
    Wrong,
}

/// Why a file has no digest.
#[derive(Debug, thiserror::Error)]
#[error("cannot hash `{path}`")]
pub struct Error {
    /// The file.
    pub path: RepoPath,
    /// The I/O error.
    pub source: io::Error,
}

/// Returns a line in the format that `sha256sum` writes and `sha256sum -c` reads.
///
/// `sha256sum` escapes line feeds, carriage returns and backslashes in names; a [`RepoPath`] contains none.
#[must_use]
pub fn sum_line(digest: &Sha256Hex, path: &RepoPath) -> String {
    [digest.as_str(), "  ", path.as_str(), "\n"].concat()
}

/// Hashes files, several at a time. The results are in the order of `entries`.
///
/// `progress` receives the number of bytes of each piece that was read, from any thread.
pub fn hash_all(
    files: &dyn Files,
    entries: &[&Entry],
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Vec<Result<Hashed, Error>> {
    let wanted: Vec<(&Entry, Reading)> = entries.iter().map(|entry| (*entry, Reading::Whole)).collect();
    let measured = measure_all(files, &wanted, options, progress).into_iter().zip(entries);
    measured.map(|(measured, entry)| measured?.of(entry)).collect()
}

/// Hashes one file.
///
/// # Errors
/// [`Error`] if the file cannot be read or changed while it was read.
pub fn hash_one(files: &dyn Files, entry: &Entry, pointers: Pointers) -> Result<Hashed, Error> {
    let options = Options { threads: NonZero::<usize>::MIN, pointers };
    let hashed = hash_all(files, &[entry], &options, &|_| {}).pop();
    hashed.unwrap_or_else(|| Err(measure::not_hashed(entry)))
}

/// Returns the SHA-256 of bytes in memory.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Sha256Hex {
    Sha256Hex::of_bytes(&sha2::Sha256::digest(bytes).into())
}

/// Opens the content of an entry: its bytes, or if it is a Git LFS pointer and the content that it names is on this
/// machine, that content.
///
/// # Errors
/// The errors of [`Files::open`].
pub fn open_content(files: &dyn Files, entry: &Entry) -> io::Result<Box<dyn Read + Send>> {
    let mut content = files.open(entry)?;
    if content.size() > u64::try_from(MAX_POINTER_BYTES).unwrap_or_default() {
        return Ok(Box::new(content));
    }
    let mut bytes = Vec::with_capacity(MAX_POINTER_BYTES);
    content.read_to_end(&mut bytes)?;
    let candidate = Pointer::parse(&bytes).and_then(|pointer| lfs_object::find(files, entry, &pointer));
    Ok(candidate.map_or_else(|| -> Box<dyn Read + Send> { Box::new(io::Cursor::new(bytes)) }, |found| found.content))
}

/// Copies a stream to its end, and returns the digest and the size in bytes of what was written.
///
/// # Errors
/// Any error of the reader or the writer.
pub fn copy(from: &mut dyn Read, to: &mut dyn io::Write) -> io::Result<(Sha256Hex, u64)> {
    let mut hash = sha2::Sha256::new();
    let mut buffer = vec![0; COPY_BUFFER_BYTES];
    let mut size = 0_u64;
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok((Sha256Hex::of_bytes(&hash.finalize().into()), size)),
            Ok(count) => {
                to.write_all(&buffer[..count])?;
                hash.update(&buffer[..count]);
                size = size.saturating_add(u64::try_from(count).unwrap_or_default());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Does what [`copy`] does, and returns the digests of the blocks too.
///
/// # Errors
/// Any error of the reader or the writer.
pub fn copy_with_blocks(
    mut from: &mut dyn Read,
    to: &mut dyn io::Write,
    size: BlockSize,
) -> io::Result<(Sha256Hex, u64, Blocks)> {
    let mut piece = Piece::new(COPY_BUFFER_BYTES);
    let (mut state, mut chain, mut length) = (State::INITIAL, Chain::new(size), 0);
    loop {
        let rest = piece.fill(&mut from, &mut length, &|_| {})?;
        to.write_all(piece.message())?;
        chain.compress(&mut state, &mut piece, rest);
        if rest == Rest::Nothing {
            return Ok((Sha256Hex::of_bytes(&state.digest()), length, chain.finish()));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::fs;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::files::{Content, FileList, Memory, Origin};
    use crate::snapshot::Snapshot;

    fn options(threads: usize) -> Options {
        Options { threads: NonZero::new(threads).unwrap(), ..Options::default() }
    }

    /// Files in memory, some of which their source hashed itself.
    #[derive(Debug)]
    struct HashedElsewhere(Memory);

    impl Files for HashedElsewhere {
        fn origin(&self) -> Origin {
            Origin::Memory
        }

        fn list(&self) -> &FileList {
            self.0.list()
        }

        fn size(&self, entry: &Entry) -> io::Result<u64> {
            self.0.size(entry)
        }

        fn open(&self, entry: &Entry) -> io::Result<Content> {
            assert!(entry.path.as_str().starts_with("read"), "{} is not read", entry.path);
            self.0.open(entry)
        }

        fn computed_digest(&self, entry: &Entry) -> Option<io::Result<[u8; 32]>> {
            match entry.path.as_str() {
                "computed" => Some(Ok([7; 32])),
                "failed" => Some(Err(io::Error::other("a worker stopped"))),
                _ => None,
            }
        }
    }

    #[test]
    fn files_that_their_source_hashed_are_not_read() {
        let files =
            HashedElsewhere(Memory::new([("computed", "12"), ("failed", "1"), ("read1", "a"), ("read2", "bc")]));
        let entries: Vec<&Entry> = files.entries().iter().collect();
        let hashed = hash_all(&files, &entries, &options(2), &|_| {});
        let [computed, failed, read1, read2] = &hashed[..] else { panic!("{hashed:?}") };
        let of_bytes = |sha256, size| Hashed { sha256, size, basis: Basis::Bytes };
        assert_eq!(*computed.as_ref().unwrap(), of_bytes(Sha256Hex::of_bytes(&[7; 32]), 2));
        assert_eq!(failed.as_ref().unwrap_err().source.to_string(), "a worker stopped");
        assert_eq!(*read1.as_ref().unwrap(), of_bytes(sha256(b"a"), 1));
        assert_eq!(*read2.as_ref().unwrap(), of_bytes(sha256(b"bc"), 2));
    }

    #[test]
    fn digests_match_the_examples_of_fips_180() {
        // NIST's examples, and the empty message.
        for (message, digest) in [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
        ] {
            assert_eq!(sha256(message.as_bytes()).as_str(), digest);
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri does not support the system calls that open files")]
    fn results_are_in_order_with_any_number_of_threads() {
        let dir = tempfile::tempdir().unwrap();
        let sizes = [
            0,
            1,
            1023,
            1024,
            1025,
            worker::PIECE_BYTES - 1,
            worker::PIECE_BYTES,
            worker::PIECE_BYTES + 1,
            3 << 20,
            2 << 20,
            40 << 20,
        ];
        for (at, size) in sizes.iter().enumerate() {
            fs::write(dir.path().join(format!("f{at}")), vec![b'x'; *size]).unwrap();
        }
        let snapshot = Snapshot::of_directory(dir.path()).unwrap();
        let entries: Vec<&Entry> = snapshot.entries().iter().rev().collect();
        for threads in [1, 2, 7, 100] {
            let read = AtomicU64::new(0);
            let hashed = hash_all(&snapshot, &entries, &options(threads), &|bytes| {
                read.fetch_add(bytes, Ordering::Relaxed);
            });
            for (entry, hashed) in entries.iter().zip(hashed) {
                let bytes = fs::read(dir.path().join(entry.path.as_str())).unwrap();
                let expected =
                    Hashed { sha256: sha256(&bytes), size: u64::try_from(bytes.len()).unwrap(), basis: Basis::Bytes };
                assert_eq!(hashed.unwrap(), expected, "{}", entry.path);
            }
            assert_eq!(read.into_inner(), sizes.iter().map(|size| u64::try_from(*size).unwrap()).sum::<u64>());
        }
        assert!(hash_all(&snapshot, &[], &options(2), &|_| {}).is_empty());
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri does not support the system calls that open files")]
    fn a_pointer_on_disk_is_not_hashed_as_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let oid = sha256(b"weights").as_str().to_owned();
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 7\n");
        fs::write(dir.path().join("w.bin"), pointer).unwrap();
        let snapshot = Snapshot::of_directory(dir.path()).unwrap();
        let hashed = hash_one(&snapshot, &snapshot.entries()[0], Pointers::Confirm).unwrap();
        assert_eq!((hashed.sha256.as_str(), hashed.size), (oid.as_str(), 7));
        assert_eq!(hashed.basis, Basis::Pointer { is_canonical: true, content: LfsContent::Absent });
    }

    /// A repository with one tracked file and an object store of Git LFS.
    struct Lfs(tempfile::TempDir);

    impl Lfs {
        fn new() -> Self {
            let repo = Self(tempfile::tempdir().unwrap());
            git2::Repository::init(repo.0.path()).unwrap();
            repo
        }

        /// Puts bytes in the place of the object with this digest.
        fn store(&self, oid: &str, bytes: &str) {
            let store = self.0.path().join(".git/lfs/objects").join(&oid[..2]).join(&oid[2..4]);
            fs::create_dir_all(&store).unwrap();
            fs::write(store.join(oid), bytes).unwrap();
        }

        fn track(&self, text: &str) -> Snapshot {
            fs::write(self.0.path().join("w.bin"), text).unwrap();
            let repository = git2::Repository::open(self.0.path()).unwrap();
            let mut index = repository.index().unwrap();
            index.add_path(std::path::Path::new("w.bin")).unwrap();
            index.write().unwrap();
            let repo = crate::git::Repo::discover(self.0.path(), &crate::git::UserEnv::default()).unwrap().unwrap();
            Snapshot::of_work_tree(&repo, None).unwrap()
        }
    }

    fn pointer_to(content: &str) -> (String, String) {
        let oid = sha256(content.as_bytes()).as_str().to_owned();
        let text = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {}\n", content.len());
        (oid, text)
    }

    #[test]
    fn files_up_to_the_largest_pointer_are_read_as_pointers() {
        let repo = Lfs::new();
        let (oid, pointer) = pointer_to("weights");
        repo.store(&oid, "weights");
        for (length, is_pointer) in [(1023, true), (1024, true), (1025, false)] {
            let text = format!("{pointer}{}", "\n".repeat(length - pointer.len()));
            let snapshot = repo.track(&text);
            let mut read = String::new();
            open_content(&snapshot, &snapshot.entries()[0]).unwrap().read_to_string(&mut read).unwrap();
            assert_eq!(read, if is_pointer { "weights" } else { &text }, "{length} bytes");
        }
    }

    #[test]
    fn a_pointer_with_an_extension_has_no_digest() {
        let (oid, pointer) = pointer_to("weights");
        let (content, _) = pointer_to("content");
        let repo = Lfs::new();
        repo.store(&oid, "weights");
        for extensions in [
            format!("ext-0-gz sha256:{content}\n"),
            format!("ext-0-gz sha256:{content}\next-1-crypt sha256:{oid}\n"),
            format!("ext-9-a sha256:{oid}\n"),
        ] {
            let extended = pointer.replace("oid", &format!("{extensions}oid"));
            let snapshot = repo.track(&extended);
            for pointers in [Pointers::Trust, Pointers::Confirm] {
                let error = hash_one(&snapshot, &snapshot.entries()[0], pointers).unwrap_err();
                assert_eq!(error.path.as_str(), "w.bin");
                assert!(error.source.to_string().contains("pointer with an extension"), "{extensions}");
            }
            // What Git LFS stores is not the content.
            let mut read = String::new();
            open_content(&snapshot, &snapshot.entries()[0]).unwrap().read_to_string(&mut read).unwrap();
            assert_eq!(read, extended);
        }
        // This is not a pointer to Git LFS, so it is a file like any other.
        let near = pointer.replace("oid", &format!("ext-10-gz sha256:{content}\noid"));
        let snapshot = repo.track(&near);
        let hashed = hash_one(&snapshot, &snapshot.entries()[0], Pointers::Confirm).unwrap();
        assert_eq!((hashed.sha256, hashed.basis), (sha256(near.as_bytes()), Basis::Bytes));
    }

    #[test]
    fn stored_objects_are_checked_by_size_and_digest() {
        let (_, inner) = pointer_to("weights");
        // The last is a pointer itself, and is not followed.
        for (named, stored, content) in [
            ("weights", "weights", LfsContent::Confirmed),
            ("weights", "weighty", LfsContent::Wrong),
            ("weights", "weights and more", LfsContent::Absent),
            (&inner, &inner, LfsContent::Confirmed),
        ] {
            let repo = Lfs::new();
            let (oid, pointer) = pointer_to(named);
            repo.store(&oid, stored);
            let snapshot = repo.track(&pointer);
            let hashed = hash_one(&snapshot, &snapshot.entries()[0], Pointers::Confirm).unwrap();
            assert_eq!(hashed.basis, Basis::Pointer { is_canonical: true, content }, "{stored}");
            assert_eq!((hashed.sha256.as_str(), hashed.size), (&*oid, u64::try_from(named.len()).unwrap()));
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "blocks of 4 MiB would take hours")]
    fn a_copy_with_blocks_has_the_digests_of_what_it_wrote() {
        const BLOCK: usize = 4 << 20;
        let size = BlockSize::new(4 << 20).unwrap();
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 77] {
            let message: Vec<u8> = (0..=250).cycle().take(length).collect();
            let mut written = Vec::new();
            let (digest, counted, blocks) = copy_with_blocks(&mut message.as_slice(), &mut written, size).unwrap();
            assert!(written == message, "{length}");
            assert_eq!((digest, counted), (sha256(&message), u64::try_from(length).unwrap()));
            assert_eq!(blocks.sha256, message.chunks(BLOCK).map(sha256).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_copy_retries_interruptions_and_fails_at_other_errors() {
        /// Fails with these errors, the last first, and then ends.
        struct Failing(Vec<io::ErrorKind>);
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                self.0.pop().map_or(Ok(0), |kind| Err(kind.into()))
            }
        }
        let mut written = Vec::new();
        let mut from = (&b"wei"[..]).chain(Failing(vec![io::ErrorKind::Interrupted])).chain(&b"ghts"[..]);
        assert_eq!(copy(&mut from, &mut written).unwrap(), (sha256(b"weights"), 7));
        assert_eq!(written, b"weights");
        let mut from = Failing(vec![io::ErrorKind::UnexpectedEof]);
        assert_eq!(copy(&mut from, &mut written).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri does not support the system calls that open files")]
    fn a_missing_file_is_named_and_others_are_hashed() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "a").unwrap();
        fs::write(dir.path().join("b"), "b").unwrap();
        let snapshot = Snapshot::of_directory(dir.path()).unwrap();
        fs::remove_file(dir.path().join("a")).unwrap();
        let entries: Vec<&Entry> = snapshot.entries().iter().collect();
        let hashed = hash_all(&snapshot, &entries, &options(2), &|_| {});
        assert_eq!(hashed[0].as_ref().unwrap_err().to_string(), "cannot hash `a`");
        assert_eq!(hashed[1].as_ref().unwrap().sha256, sha256(b"b"));
    }
}
