//! SHA-256 of many files at once.
//!
//! Each thread hashes up to four files at a time, their instructions interleaved (`lanes`); which ones, `plan` says. Large
//! files come first, so that the last thread is not left alone with one; small ones follow in the order of their paths,
//! which is the order of their directories. Files are read in small pieces into buffers that are used again, so that
//! memory does not grow with their size.

mod readahead;
mod multibuffer;
mod lanes;
mod piece;
mod plan;
mod lfs_object;
mod worker;

use std::io::{self, Read};
use std::num::NonZero;

use sha2::Digest as _;

use crate::files::{Entry, Files};
use crate::manifest::Sha256Hex;
use crate::path::RepoPath;
use crate::threads;

use super::lfs::{MAX_POINTER_BYTES, Pointer};
#[cfg(feature = "internals")]
pub use multibuffer::hash_interleaved;
use plan::Plan;
use worker::Work;

/// What a copy reads at a time.
const COPY_BUFFER_BYTES: usize = 256 * 1024;

/// How to hash.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many threads hash.
    pub threads: NonZero<usize>,
    /// Whether the content that a Git LFS pointer names is looked for and hashed as well.
    pub pointers: Pointers,
}

impl Default for Options {
    /// As many threads as there are processors; pointers are taken at their word.
    fn default() -> Self {
        Self {
            threads: std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN),
            pointers: Pointers::Believe,
        }
    }
}

/// What to do about Git LFS pointers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pointers {
    /// Look whether the content is here, going by its size.
    Believe,
    /// Hash the content where it is here.
    Confirm,
}

/// The digest of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hashed {
    /// Of the content; of a pointer, the one that it names.
    pub sha256: Sha256Hex,
    /// Of the content, in bytes; of a pointer, the one that it names.
    pub size: u64,
    /// Whether these are digest and size of bytes that were read, or what a pointer says. Who verifies has to look.
    pub basis: Basis,
}

/// What a digest rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// The bytes were read.
    Bytes,
    /// The file is a Git LFS pointer.
    Pointer {
        /// Whether `git lfs` would write it so.
        is_canonical: bool,
        /// Where the content is.
        content: PointedContent,
    },
}

/// What became of the content that a pointer names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PointedContent {
    /// It is not on this machine.
    Absent,
    /// Something of its size is here and was not read.
    Unread,
    /// It is here and hashes to what the pointer says.
    Confirmed,
    /// Something is in its place in the store of Git LFS, and hashes to something else.
    Wrong,
}

/// Why a file has no digest.
#[derive(Debug, thiserror::Error)]
#[error("cannot hash `{path}`")]
pub struct Error {
    /// The file.
    pub path: RepoPath,
    /// Why not.
    pub source: io::Error,
}

/// Returns a line of a sums file, as `sha256sum` writes and `sha256sum -c` reads it.
///
/// `sha256sum` escapes line feeds, carriage returns and backslashes in names; a [`RepoPath`] has none.
#[must_use]
pub fn sum_line(digest: &Sha256Hex, path: &RepoPath) -> String {
    [digest.as_str(), "  ", path.as_str(), "\n"].concat()
}

/// Hashes files, several at a time; the answers are in the order of `entries`.
///
/// `progress` hears of every piece that was read, in bytes, from any thread.
pub fn hash_all(
    snapshot: &dyn Files,
    entries: &[&Entry],
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Vec<Result<Hashed, Error>> {
    // What has no size fails quickly anyway.
    let sizes: Vec<u64> = entries.iter().map(|entry| snapshot.size(entry).unwrap_or(0)).collect();
    let plan = Plan::new(&sizes, options.threads.get());
    let threads = plan.threads;
    let work = Work::new(snapshot, entries, options.pointers, progress, plan);
    let mut done: Vec<_> =
        threads::run_on_threads(threads, |thread| work.share(thread)).into_iter().flatten().collect();
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, hashed)| hashed).collect()
}

/// Hashes one file.
///
/// # Errors
/// Where it cannot be read, or changed while it was.
///
/// # Panics
/// Never: one question has one answer.
pub fn hash_one(snapshot: &dyn Files, entry: &Entry, pointers: Pointers) -> Result<Hashed, Error> {
    let options = Options { threads: NonZero::<usize>::MIN, pointers };
    hash_all(snapshot, &[entry], &options, &|_| {}).pop().expect("one question has one answer")
}

/// Returns the SHA-256 of bytes that are in memory.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Sha256Hex {
    Sha256Hex::of_bytes(&sha2::Sha256::digest(bytes).into())
}

/// Opens what an entry stands for: its bytes, or the content that its Git LFS pointer names where that is here.
///
/// # Errors
/// As [`Snapshot::open`].
pub fn open_meant(snapshot: &dyn Files, entry: &Entry) -> io::Result<Box<dyn Read + Send>> {
    let mut content = snapshot.open(entry)?;
    if content.size() > u64::try_from(MAX_POINTER_BYTES).unwrap_or_default() {
        return Ok(Box::new(content));
    }
    let mut bytes = Vec::with_capacity(MAX_POINTER_BYTES);
    content.read_to_end(&mut bytes)?;
    let candidate = Pointer::parse(&bytes).and_then(|pointer| lfs_object::find(snapshot, entry, &pointer));
    Ok(candidate.map_or_else(|| -> Box<dyn Read + Send> { Box::new(io::Cursor::new(bytes)) }, |found| found.content))
}

/// Copies a stream to its end and returns the digest and the size of what was written.
///
/// # Errors
/// Those of reader and writer.
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::fs;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::snapshot::Snapshot;

    fn options(threads: usize) -> Options {
        Options { threads: NonZero::new(threads).unwrap(), ..Options::default() }
    }

    #[test]
    fn digests_are_those_of_fips_180() {
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
    #[cfg_attr(miri, ignore = "files are opened by system calls that Miri does not know")]
    fn answers_stand_in_the_order_of_the_question_whatever_the_number_of_threads() {
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
    #[cfg_attr(miri, ignore = "files are opened by system calls that Miri does not know")]
    fn a_pointer_on_disk_is_never_taken_for_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let oid = sha256(b"weights").as_str().to_owned();
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 7\n");
        fs::write(dir.path().join("w.bin"), pointer).unwrap();
        let snapshot = Snapshot::of_directory(dir.path()).unwrap();
        let hashed = hash_one(&snapshot, &snapshot.entries()[0], Pointers::Confirm).unwrap();
        assert_eq!((hashed.sha256.as_str(), hashed.size), (oid.as_str(), 7));
        assert_eq!(hashed.basis, Basis::Pointer { is_canonical: true, content: PointedContent::Absent });
    }

    /// A repository with one tracked file, and the store of Git LFS.
    struct Lfs(tempfile::TempDir);

    impl Lfs {
        fn new() -> Self {
            let repo = Self(tempfile::tempdir().unwrap());
            repo.git(&["init", "--quiet"]);
            repo
        }

        fn git(&self, arguments: &[&str]) {
            let status = std::process::Command::new("git").arg("-C").arg(self.0.path()).args(arguments).status();
            assert!(status.expect("git is needed").success());
        }

        /// Puts bytes where those of a digest are looked for.
        fn store(&self, oid: &str, bytes: &str) {
            let store = self.0.path().join(".git/lfs/objects").join(&oid[..2]).join(&oid[2..4]);
            fs::create_dir_all(&store).unwrap();
            fs::write(store.join(oid), bytes).unwrap();
        }

        fn track(&self, text: &str) -> Snapshot {
            fs::write(self.0.path().join("w.bin"), text).unwrap();
            self.git(&["add", "w.bin"]);
            let repo = crate::git::Repo::discover(self.0.path()).unwrap().unwrap();
            Snapshot::of_work_tree(&repo, None).unwrap()
        }
    }

    fn pointer_to(content: &str) -> (String, String) {
        let oid = sha256(content.as_bytes()).as_str().to_owned();
        let text = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {}\n", content.len());
        (oid, text)
    }

    #[test]
    fn the_largest_file_that_may_be_a_pointer_stands_for_its_content() {
        let repo = Lfs::new();
        let (oid, pointer) = pointer_to("weights");
        repo.store(&oid, "weights");
        for (length, meant) in [(1023, true), (1024, true), (1025, false)] {
            let text = format!("{pointer}{}", "\n".repeat(length - pointer.len()));
            let snapshot = repo.track(&text);
            let mut read = String::new();
            open_meant(&snapshot, &snapshot.entries()[0]).unwrap().read_to_string(&mut read).unwrap();
            assert_eq!(read, if meant { "weights" } else { &text }, "{length} bytes");
        }
    }

    #[test]
    fn what_lies_in_the_store_is_judged_by_its_size_and_then_by_its_digest() {
        let (_, inner) = pointer_to("weights");
        // The last is a pointer itself, and is not followed.
        for (meant, stored, content) in [
            ("weights", "weights", PointedContent::Confirmed),
            ("weights", "weighty", PointedContent::Wrong),
            ("weights", "weights and more", PointedContent::Absent),
            (&inner, &inner, PointedContent::Confirmed),
        ] {
            let repo = Lfs::new();
            let (oid, pointer) = pointer_to(meant);
            repo.store(&oid, stored);
            let snapshot = repo.track(&pointer);
            let hashed = hash_one(&snapshot, &snapshot.entries()[0], Pointers::Confirm).unwrap();
            assert_eq!(hashed.basis, Basis::Pointer { is_canonical: true, content }, "{stored}");
            assert_eq!((hashed.sha256.as_str(), hashed.size), (&*oid, u64::try_from(meant.len()).unwrap()));
        }
    }

    #[test]
    fn a_copy_survives_interruptions_and_ends_at_other_errors() {
        /// Fails in these ways, one after the other, and then reads as nothing more.
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
    #[cfg_attr(miri, ignore = "files are opened by system calls that Miri does not know")]
    fn a_file_that_is_gone_is_an_error_that_names_it_and_others_are_hashed() {
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
