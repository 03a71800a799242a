//! SHA-256 of many files at once.
//!
//! Files are read in small pieces into buffers that are used again, so that memory does not grow with their size. Large
//! files come first, so that the last worker is not left alone with one; small ones follow in the order of their
//! paths, which is the order of their directories.

use std::cmp::Reverse;
use std::fs::File;
use std::io::{self, Read};
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::Digest as _;

use crate::manifest::Sha256Hex;
use crate::path::RepoPath;
use crate::snapshot::{Entry, Snapshot};

use super::lfs::{MAX_POINTER_BYTES, Pointer};

/// Larger buffers are no faster, and leave the second-level cache.
const BUFFER_BYTES: usize = 256 * 1024;
/// From here on a file is worth starting early.
const LARGE_FILE_BYTES: u64 = 1024 * 1024;

/// How to hash.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many files are hashed at a time.
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
    format!("{}  {path}\n", digest.as_str())
}

/// Hashes files, several at a time; the answers are in the order of `entries`.
///
/// `progress` hears of every piece that was read, in bytes, from any thread.
pub fn hash_all(
    snapshot: &Snapshot,
    entries: &[&Entry],
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Vec<Result<Hashed, Error>> {
    let order = working_order(snapshot, entries);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut buffer = vec![0; BUFFER_BYTES];
        let mut done = Vec::new();
        while let Some(&at) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let entry = entries[at];
            let hashed = hash(snapshot, entry, options.pointers, &mut buffer, progress);
            done.push((at, hashed.map_err(|source| Error { path: entry.path.clone(), source })));
        }
        done
    };
    let threads = options.threads.get().min(entries.len());
    let mut done: Vec<(usize, Result<Hashed, Error>)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, hashed)| hashed).collect()
}

/// Hashes one file.
///
/// # Errors
/// Where it cannot be read, or changed while it was.
pub fn hash_one(snapshot: &Snapshot, entry: &Entry, pointers: Pointers) -> Result<Hashed, Error> {
    hash(snapshot, entry, pointers, &mut vec![0; BUFFER_BYTES], &|_| {})
        .map_err(|source| Error { path: entry.path.clone(), source })
}

/// Returns the SHA-256 of bytes that are in memory.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Sha256Hex {
    let mut stream = Stream::new();
    stream.update(bytes);
    stream.finish()
}

/// Large files first, the largest at the front; then the others as they stand. What has no size fails quickly anyway.
fn working_order(snapshot: &Snapshot, entries: &[&Entry]) -> Vec<usize> {
    let mut order: Vec<(usize, u64)> =
        entries.iter().enumerate().map(|(at, entry)| (at, snapshot.size(entry).unwrap_or(0))).collect();
    order.sort_by_key(|(_, size)| Reverse(if *size >= LARGE_FILE_BYTES { *size } else { 0 }));
    order.into_iter().map(|(at, _)| at).collect()
}

fn hash(
    snapshot: &Snapshot,
    entry: &Entry,
    pointers: Pointers,
    buffer: &mut [u8],
    progress: &(dyn Fn(u64) + Sync),
) -> io::Result<Hashed> {
    let mut content = snapshot.open(entry)?;
    if content.size() <= u64::try_from(MAX_POINTER_BYTES).unwrap_or_default() {
        let mut bytes = Vec::with_capacity(MAX_POINTER_BYTES);
        content.read_to_end(&mut bytes)?;
        progress(u64::try_from(bytes.len()).unwrap_or_default());
        return match Pointer::parse(&bytes) {
            None => Ok(Hashed { sha256: sha256(&bytes), size: length(&bytes), basis: Basis::Bytes }),
            Some(pointer) => {
                let content = pointed_content(snapshot, entry, &pointer, pointers, buffer, progress)?;
                let basis = Basis::Pointer { is_canonical: pointer.is_canonical(), content };
                Ok(Hashed { sha256: pointer.oid, size: pointer.size, basis })
            }
        };
    }
    let (sha256, size) = hash_stream(&mut content, buffer, progress)?;
    Ok(Hashed { sha256, size, basis: Basis::Bytes })
}

fn hash_stream(
    content: &mut impl Read,
    buffer: &mut [u8],
    progress: &(dyn Fn(u64) + Sync),
) -> io::Result<(Sha256Hex, u64)> {
    let mut stream = Stream::new();
    let mut size = 0;
    loop {
        match content.read(buffer) {
            Ok(0) => return Ok((stream.finish(), size)),
            Ok(count) => {
                stream.update(&buffer[..count]);
                size += length(&buffer[..count]);
                progress(length(&buffer[..count]));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Looks for the content of a pointer in the store of Git LFS, then in the work tree.
///
/// The store is the one beside the objects; a repository's own `lfs.storage` is not followed, since it may be hostile.
fn pointed_content(
    snapshot: &Snapshot,
    entry: &Entry,
    pointer: &Pointer,
    pointers: Pointers,
    buffer: &mut [u8],
    progress: &(dyn Fn(u64) + Sync),
) -> io::Result<PointedContent> {
    let Some(repo) = snapshot.repo() else { return Ok(PointedContent::Absent) };
    if let Some(mut file) = open_sized(&repo.common_dir().join(pointer.object_path()), pointer.size) {
        if pointers == Pointers::Believe {
            return Ok(PointedContent::Unread);
        }
        let (sha256, _) = hash_stream(&mut file, buffer, progress)?;
        return Ok(if sha256 == pointer.oid { PointedContent::Confirmed } else { PointedContent::Wrong });
    }
    // In the work tree it may as well be another version, of which a pointer says nothing.
    if !snapshot.is_on_disk(entry)
        && let Some(mut file) = snapshot.open_in_work_tree(&entry.path).filter(|file| file.size() == pointer.size)
    {
        if pointers == Pointers::Believe {
            return Ok(PointedContent::Unread);
        }
        if hash_stream(&mut file, buffer, progress)?.0 == pointer.oid {
            return Ok(PointedContent::Confirmed);
        }
    }
    Ok(PointedContent::Absent)
}

/// Opens a regular file of a certain size.
fn open_sized(path: &Path, size: u64) -> Option<File> {
    let is_it = |metadata: std::fs::Metadata| metadata.is_file() && metadata.len() == size;
    // Looked at first: opening a FIFO would wait.
    path.symlink_metadata().ok().filter(|metadata| is_it(metadata.clone()))?;
    let file = File::open(path).ok()?;
    file.metadata().is_ok_and(is_it).then_some(file)
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// One stream of SHA-256.
struct Stream(sha2::Sha256);

impl Stream {
    fn new() -> Self {
        Self(sha2::Sha256::new())
    }

    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(self) -> Sha256Hex {
        let hex: String = self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        hex.parse().expect("32 bytes are 64 digits")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::fs;
    use std::sync::atomic::AtomicU64;

    use super::*;

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
    fn answers_stand_in_the_order_of_the_question_whatever_the_number_of_threads() {
        let dir = tempfile::tempdir().unwrap();
        let sizes = [0, 1, 1023, 1024, 1025, BUFFER_BYTES - 1, BUFFER_BYTES, BUFFER_BYTES + 1, 3 << 20, 2 << 20];
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
                let expected = Hashed { sha256: sha256(&bytes), size: length(&bytes), basis: Basis::Bytes };
                assert_eq!(hashed.unwrap(), expected, "{}", entry.path);
            }
            assert_eq!(read.into_inner(), sizes.iter().map(|size| u64::try_from(*size).unwrap()).sum::<u64>());
        }
        assert!(hash_all(&snapshot, &[], &options(2), &|_| {}).is_empty());
    }

    #[test]
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

    #[test]
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
