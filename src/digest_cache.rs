//! A cache of the digests of files that have not changed since they were hashed, one cache file per directory.
//!
//! A file counts as unchanged while its path and its stat data ([`FileStat`]: size, mtime, ctime, inode, and device, as
//! in Git's index) are the same. As in Git, a file that changed just before it was hashed is not cached, because it may
//! change again within the same clock tick ([racy-git](https://git-scm.com/docs/racy-git)).
//!
//! Anyone who can write to the user's cache can forge digests. Therefore nothing is signed from the cache, and `verify`
//! uses it only if the user asks for it, and reports that it did. A cache file that is missing, damaged, or of another
//! version counts as empty and is never an error. Cache files are replaced atomically, so that processes can share them;
//! the last one to write wins.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::artifacts::digest::{self, Basis, Blocks, Error, Hashed, Measured, Options, Reading, sha256};
use crate::atomic;
use crate::beneath::read_named;
use crate::files::{Entry, FileStat, Files};
use crate::manifest::Sha256Hex;
use crate::path::{RepoPath, SortedCursor};

/// The first line of a cache file.
const HEADER: &str = "openness digests 2";
/// The number of cache files, and so of directories, that are kept.
const MAX_FILES: usize = 64;
/// The size in bytes of the largest cache file that is read; enough for a million long paths.
const MAX_BYTES: u64 = 512 << 20;
/// The coarsest timestamp resolution of a file system in use, that of FAT.
const COARSEST_TICK: Duration = Duration::from_secs(2);
/// The age at which a temporary file counts as left over from an interrupted run; writing one takes seconds.
const STALE: Duration = Duration::from_secs(60 * 60);
/// The file extension of cache files.
const EXTENSION: &str = "digests";

/// The cache file of one directory.
#[derive(Debug)]
pub struct Cache {
    file: PathBuf,
}

/// The cached digests of one directory.
#[derive(Debug)]
pub struct CachedDigests<'a> {
    cache: &'a Cache,
    /// Sorted by path.
    records: Vec<Record>,
}

/// The digests of a file, and the stat data that it had when it was hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Record {
    path: RepoPath,
    stat: FileStat,
    /// `None` if the file was read by blocks.
    sha256: Option<Sha256Hex>,
    /// The digest of the digests of its blocks ([`Blocks::root`]), if they were hashed.
    blocks: Option<Sha256Hex>,
}

/// The digests that a file should have. A cached digest that is another one is not used.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The digest of the file.
    pub sha256: &'a Sha256Hex,
    /// The digests of its blocks, if they are known.
    pub blocks: Option<&'a Blocks>,
}

/// The result of [`CachedDigests::measure_all`], or of [`CachedDigests::hash_all`].
#[derive(Debug)]
pub struct HashedFiles<T = Hashed> {
    /// One result per entry, as from [`digest::measure_all`] or [`digest::hash_all`].
    pub hashed: Vec<Result<T, Error>>,
    /// The number of digests that came from the cache.
    pub cached: usize,
    /// The error, if the new digests could not be written to the cache.
    pub not_stored: Option<atomic::Error>,
}

impl Cache {
    /// Returns the cache file of the directory `root`, without reading it. `home` is the directory of all cache files and
    /// need not exist.
    #[must_use]
    pub fn of(home: &Path, root: &Path) -> Self {
        let name = sha256(root.as_os_str().as_encoded_bytes());
        Self { file: home.join(format!("{}.{EXTENSION}", &name.as_str()[..32])) }
    }

    /// Reads the cached digests.
    #[must_use]
    pub fn read(&self) -> CachedDigests<'_> {
        CachedDigests { cache: self, records: read(&self.file).unwrap_or_default() }
    }
}

impl CachedDigests<'_> {
    /// Hashes the files whose digest is not cached (see [`digest::hash_all`]), and updates the cache.
    ///
    /// If `wanted` returns a digest for the index of an entry, a cached digest is used only if it is the same. A file is
    /// thus always hashed again before it is reported as changed.
    #[must_use]
    pub fn hash_all<'w>(
        &self,
        snapshot: &dyn Files,
        entries: &[&Entry],
        wanted: &dyn Fn(usize) -> Option<&'w Sha256Hex>,
        options: &Options,
        progress: &(dyn Fn(u64) + Sync),
    ) -> HashedFiles {
        let readings: Vec<(&Entry, Reading)> = entries.iter().map(|entry| (*entry, Reading::Whole)).collect();
        let expected = |at: usize| wanted(at).map(|sha256| Expected { sha256, blocks: None });
        let HashedFiles { hashed, cached, not_stored } =
            self.measure_all(snapshot, &readings, &expected, options, progress);
        let whole = |(measured, entry): (Result<Measured, Error>, &&Entry)| measured?.of(entry);
        HashedFiles { hashed: hashed.into_iter().zip(entries).map(whole).collect(), cached, not_stored }
    }

    /// Does what [`hash_all`](Self::hash_all) does for files that may have blocks; see [`digest::measure_all`].
    #[must_use]
    pub fn measure_all<'w>(
        &self,
        snapshot: &dyn Files,
        wanted: &[(&Entry, Reading)],
        expected: &dyn Fn(usize) -> Option<Expected<'w>>,
        options: &Options,
        progress: &(dyn Fn(u64) + Sync),
    ) -> HashedFiles<Measured> {
        let started = SystemTime::now();
        let mut records = SortedCursor::new(&self.records, |record| &record.path);
        let cached: Vec<Option<(&Record, Measured)>> = wanted
            .iter()
            .enumerate()
            .map(|(at, (entry, reading))| {
                let record = records.find(&entry.path)?;
                let is_unchanged = snapshot.stat(entry) == Some(record.stat);
                let measured = record.measured(*reading, expected(at)).filter(|_| is_unchanged)?;
                Some((record, measured))
            })
            .collect();
        let rest: Vec<(&Entry, Reading)> =
            wanted.iter().zip(&cached).filter(|(_, cached)| cached.is_none()).map(|(wanted, _)| *wanted).collect();
        let mut fresh = digest::measure_all(snapshot, &rest, options, progress).into_iter();
        let mut measured = Vec::with_capacity(wanted.len());
        let (mut records, mut new_records) = (Vec::new(), Vec::new());
        for ((entry, _), cached) in wanted.iter().zip(cached) {
            if let Some((record, found)) = cached {
                records.push(record);
                measured.push(Ok(found));
                continue;
            }
            let Some(result) = fresh.next() else { break };
            new_records.extend(result.as_ref().ok().and_then(|found| record(snapshot, entry, found, started)));
            measured.push(result);
        }
        let cached = records.len();
        records.extend(&new_records);
        let is_changed = !new_records.is_empty() || records.len() != self.records.len();
        let not_stored = if is_changed {
            records.sort_unstable_by(|a, b| a.path.cmp(&b.path));
            store(&self.cache.file, &records).err()
        } else {
            None
        };
        HashedFiles { hashed: measured, cached, not_stored }
    }
}

impl Record {
    /// Returns what hashing the file in this way would give; `None` if the record does not tell, or tells of other digests than
    /// those expected.
    fn measured(&self, reading: Reading, expected: Option<Expected<'_>>) -> Option<Measured> {
        let known = expected.and_then(|expected| expected.blocks);
        let blocks = || known.filter(|blocks| self.blocks == Some(blocks.root())).cloned();
        let hashed = || {
            let sha256 = self.sha256.filter(|sha256| expected.is_none_or(|expected| expected.sha256 == sha256))?;
            Some(Hashed { sha256, size: self.stat.size, basis: Basis::Bytes })
        };
        Some(match reading {
            Reading::Whole => Measured { hashed: Some(hashed()?), blocks: None },
            Reading::WholeAndBlocks(_) => Measured { hashed: Some(hashed()?), blocks: Some(blocks()?) },
            Reading::Blocks { .. } => Measured { hashed: None, blocks: Some(blocks()?) },
        })
    }
}

/// Returns the record of a file that was just hashed, or `None` if it cannot be cached: because it is a Git LFS pointer,
/// or because it changed so recently that another change might not show in its stat data.
fn record(snapshot: &dyn Files, entry: &Entry, found: &Measured, started: SystemTime) -> Option<Record> {
    let stat = snapshot.stat(entry)?;
    let started = started.checked_sub(COARSEST_TICK)?.duration_since(UNIX_EPOCH).ok()?;
    let before = |(seconds, nanoseconds): (i64, i64)| {
        let time = u64::try_from(seconds).ok().zip(u32::try_from(nanoseconds).ok());
        time.is_some_and(|(seconds, nanoseconds)| Duration::new(seconds, nanoseconds) < started)
    };
    let is_settled = before(stat.modified) && before(stat.changed);
    let is_whole = |hashed: &Hashed| hashed.basis == Basis::Bytes && hashed.size == stat.size;
    // The file may have been replaced between listing and hashing.
    let is_same = is_settled && found.hashed.as_ref().is_none_or(is_whole) && snapshot.stat_now(entry) == Some(stat);
    let sha256 = found.hashed.as_ref().map(|hashed| hashed.sha256);
    let blocks = found.blocks.as_ref().map(Blocks::root);
    is_same.then(|| Record { path: entry.path.clone(), stat, sha256, blocks })
}

/// Reads a cache file; `None` if it is not exactly as it was written.
fn read(file: &Path) -> Option<Vec<Record>> {
    let text = String::from_utf8(read_named(file, MAX_BYTES).ok()?).ok()?;
    // The last line is the digest of the lines before it.
    let (body, digest) = text.strip_suffix('\n')?.rsplit_once('\n')?;
    let body = text.get(..=body.len())?;
    if sha256(body.as_bytes()).as_str() != digest {
        return None;
    }
    let lines = body.strip_prefix(HEADER)?.strip_prefix('\n')?;
    let records: Vec<Record> = lines.lines().map(parse).collect::<Option<_>>()?;
    records.is_sorted_by(|a, b| a.path < b.path).then_some(records)
}

/// Parses `SHA256 BLOCKS SIZE MTIME NS CTIME NS INODE DEVICE PATH`; times are seconds and nanoseconds since the Unix epoch, and
/// a digest that is not known is `-`.
fn parse(line: &str) -> Option<Record> {
    let mut words = line.splitn(10, ' ');
    let mut digest = || match words.next()? {
        "-" => Some(None),
        digits => digits.parse().ok().map(Some),
    };
    let (sha256, blocks) = (digest()?, digest()?);
    let mut word = || words.next();
    let size = word()?.parse().ok()?;
    let mut time = || Some((word()?.parse().ok()?, word()?.parse().ok()?));
    let (modified, changed) = (time()?, time()?);
    let stat = FileStat { size, modified, changed, inode: word()?.parse().ok()?, device: word()?.parse().ok()? };
    Some(Record { path: word()?.parse().ok()?, stat, sha256, blocks })
}

/// Writes a cache file, and deletes old ones.
fn store(file: &Path, records: &[&Record]) -> Result<(), atomic::Error> {
    use std::fmt::Write as _;
    let mut text = format!("{HEADER}\n");
    for Record { path, stat, sha256, blocks } in records {
        let FileStat { size, modified, changed, inode, device } = stat;
        let times = [modified.0, modified.1, changed.0, changed.1].map(|number| number.to_string()).join(" ");
        let [sha256, blocks] = [sha256, blocks].map(|digest| digest.as_ref().map_or("-", Sha256Hex::as_str));
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "{sha256} {blocks} {size} {times} {inode} {device} {path}");
    }
    let digest = sha256(text.as_bytes());
    text.push_str(digest.as_str());
    text.push('\n');
    if let Some(home) = file.parent() {
        // If this fails, so does the write below, with the error that is reported.
        let _ = fs::create_dir_all(home);
    }
    atomic::write(file, text.as_bytes())?;
    prune(file);
    Ok(())
}

/// Deletes the oldest cache files beyond [`MAX_FILES`], and temporary files left over from interrupted runs. A file that
/// cannot be deleted stays; it only takes up space.
fn prune(file: &Path) {
    let Some(home) = file.parent() else { return };
    atomic::sweep_old(home, STALE);
    let Ok(entries) = fs::read_dir(home) else { return };
    let ours = entries.filter_map(Result::ok).map(|entry| entry.path());
    let ours = ours.filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION));
    let mut ours: Vec<(SystemTime, PathBuf)> =
        ours.filter_map(|path| Some((path.symlink_metadata().ok()?.modified().ok()?, path))).collect();
    ours.sort_unstable();
    let surplus = ours.len().saturating_sub(MAX_FILES);
    ours.iter().take(surplus).filter(|(_, old)| old != file).for_each(|(_, old)| drop(fs::remove_file(old)));
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::fs::File;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::snapshot::Snapshot;

    /// A directory with files, and a cache.
    struct TestDir {
        dir: tempfile::TempDir,
    }

    impl TestDir {
        /// Creates files and waits until their timestamps are old enough to be cached.
        fn new(files: &[(&str, &str)]) -> Self {
            let test = Self { dir: tempfile::tempdir().unwrap() };
            fs::create_dir(test.root()).unwrap();
            files.iter().for_each(|(name, text)| fs::write(test.root().join(name), text).unwrap());
            std::thread::sleep(COARSEST_TICK + Duration::from_millis(50));
            test
        }

        fn root(&self) -> PathBuf {
            self.dir.path().join("root")
        }

        fn home(&self) -> PathBuf {
            self.dir.path().join("cache/openness")
        }

        fn cache(&self) -> Cache {
            Cache::of(&self.home(), &self.root())
        }

        /// Hashes all files, checks each digest, and returns the number that came from the cache.
        fn cached(&self) -> usize {
            let snapshot = Snapshot::of_directory(&self.root()).unwrap();
            let entries: Vec<&Entry> = snapshot.entries().iter().collect();
            let results = self.cache().read().hash_all(&snapshot, &entries, &|_| None, &Options::default(), &|_| {});
            assert!(results.not_stored.is_none(), "{:?}", results.not_stored);
            for (entry, hashed) in entries.iter().zip(&results.hashed) {
                let bytes = fs::read(self.root().join(entry.path.as_str())).unwrap();
                assert_eq!(hashed.as_ref().unwrap().sha256, sha256(&bytes), "{}", entry.path);
            }
            assert_eq!(results.hashed.len(), entries.len());
            results.cached
        }
    }

    #[test]
    fn hashes_only_files_that_changed() {
        let test = TestDir::new(&[("a", "one"), ("b", "two"), ("c", "six"), ("d", "ten")]);
        assert_eq!((test.cached(), test.cached()), (0, 4));
        // Same size and mtime; only the ctime differs.
        let a = test.root().join("a");
        let time = a.metadata().unwrap().modified().unwrap();
        fs::write(&a, "ONE").unwrap();
        File::options().write(true).open(&a).unwrap().set_modified(time).unwrap();
        assert_eq!(a.metadata().unwrap().modified().unwrap(), time);
        // Another file at the same path.
        fs::write(test.root().join("new"), "TWO").unwrap();
        fs::rename(test.root().join("new"), test.root().join("b")).unwrap();
        fs::remove_file(test.root().join("c")).unwrap();
        assert_eq!(test.cached(), 1);
    }

    #[test]
    fn forgets_deleted_files() {
        let test = TestDir::new(&[("a", "one"), ("b", "two")]);
        test.cached();
        fs::remove_file(test.root().join("a")).unwrap();
        assert_eq!(test.cached(), 1);
        let paths: Vec<String> = test.cache().read().records.iter().map(|record| record.path.to_string()).collect();
        assert_eq!(paths, ["b"]);
    }

    #[test]
    fn does_not_cache_files_that_changed_just_now() {
        let test = TestDir::new(&[("a", "one")]);
        fs::write(test.root().join("b"), "two").unwrap();
        assert_eq!((test.cached(), test.cached()), (0, 1));
        // Within the clock tick in which it was hashed.
        fs::write(test.root().join("b"), "TWO").unwrap();
        assert_eq!(test.cached(), 1);
        let far = SystemTime::now() + Duration::from_secs(3600);
        File::options().write(true).open(test.root().join("a")).unwrap().set_modified(far).unwrap();
        std::thread::sleep(COARSEST_TICK + Duration::from_millis(50));
        // A file with a date in the future is never cached.
        assert_eq!((test.cached(), test.cached()), (0, 1));
    }

    #[test]
    fn a_damaged_cache_counts_as_empty_and_is_rewritten() {
        let test = TestDir::new(&[("a", "one"), ("b", "two")]);
        test.cached();
        let file = test.cache().file;
        let good = fs::read(&file).unwrap();
        let damage: Vec<Vec<u8>> = vec![
            Vec::new(),
            b"garbage".to_vec(),
            good[..good.len() - 1].to_vec(),
            good[..good.len() / 2].to_vec(),
            [good.as_slice(), b"\n"].concat(),
            [b"\xff", good.as_slice()].concat(),
            String::from_utf8(good.clone()).unwrap().replace(HEADER, "openness digests 3").into_bytes(),
            (0..good.len()).map(|at| if at == 40 { good[at] ^ 1 } else { good[at] }).collect(),
        ];
        for bytes in damage {
            fs::write(&file, &bytes).unwrap();
            assert_eq!(test.cached(), 0, "{}", String::from_utf8_lossy(&bytes));
            assert_eq!(fs::read(&file).unwrap(), good);
        }
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(test.cache().read().records.is_empty());
    }

    #[test]
    fn reports_a_cache_that_cannot_be_written() {
        let test = TestDir::new(&[("a", "one")]);
        fs::create_dir_all(test.dir.path().join("cache")).unwrap();
        fs::write(test.home(), "a file in place of the directory").unwrap();
        let snapshot = Snapshot::of_directory(&test.root()).unwrap();
        let entries: Vec<&Entry> = snapshot.entries().iter().collect();
        let results = test.cache().read().hash_all(&snapshot, &entries, &|_| None, &Options::default(), &|_| {});
        assert!(results.not_stored.is_some());
        assert_eq!(results.hashed[0].as_ref().unwrap().sha256, sha256(b"one"));
    }

    #[test]
    fn hashes_again_if_the_cached_digest_is_not_the_wanted_one() {
        let test = TestDir::new(&[("a", "one")]);
        test.cached();
        let snapshot = Snapshot::of_directory(&test.root()).unwrap();
        let entries: Vec<&Entry> = snapshot.entries().iter().collect();
        let cache = test.cache();
        let mut digests = cache.read();
        digests.records[0].sha256 = Some(sha256(b"forged"));
        for (wanted, cached, expected) in [(None, 1, sha256(b"forged")), (Some(sha256(b"one")), 0, sha256(b"one"))] {
            let results = digests.hash_all(&snapshot, &entries, &|_| wanted.as_ref(), &Options::default(), &|_| {});
            assert_eq!(results.cached, cached);
            assert_eq!(results.hashed[0].as_ref().unwrap().sha256, expected);
        }
    }

    #[test]
    fn block_digests_are_used_only_for_the_blocks_that_are_expected() {
        use crate::artifacts::digest::BlockSize;
        let test = TestDir::new(&[("a", "one")]);
        let snapshot = Snapshot::of_directory(&test.root()).unwrap();
        let entry = &snapshot.entries()[0];
        let size = BlockSize::new(4 << 20).unwrap();
        let (one, other) = (sha256(b"one"), sha256(b"other"));
        let [good, bad] = [one, other].map(|digest| Blocks { size, sha256: vec![digest] });
        let by_blocks = Reading::Blocks { size, bytes: 3 };
        let both = Reading::WholeAndBlocks(size);
        for (reading, sha256, blocks, cached) in [
            (by_blocks, &one, Some(&good), 0),
            (by_blocks, &one, Some(&good), 1),
            // The digest of the file is not known yet.
            (both, &one, Some(&good), 0),
            (both, &one, Some(&good), 1),
            (by_blocks, &other, Some(&good), 1),
            (both, &other, Some(&good), 0),
            (both, &one, Some(&bad), 0),
            (by_blocks, &one, Some(&bad), 0),
            (by_blocks, &one, None, 0),
            (Reading::Whole, &one, None, 0),
            (Reading::Whole, &one, None, 1),
        ] {
            let expected = |_| Some(Expected { sha256, blocks });
            let cache = test.cache();
            let found =
                cache.read().measure_all(&snapshot, &[(entry, reading)], &expected, &Options::default(), &|_| {});
            assert_eq!(found.cached, cached, "{reading:?} {sha256:?} {blocks:?}");
            let measured = found.hashed[0].as_ref().unwrap();
            assert!(measured.hashed.as_ref().is_none_or(|hashed| hashed.sha256 == one));
            assert!(measured.blocks.as_ref().is_none_or(|blocks| *blocks == good));
        }
    }

    #[test]
    fn threads_share_a_cache_and_old_cache_files_are_deleted() {
        let test = TestDir::new(&[("a", "one"), ("b", "two"), ("c", "six")]);
        std::thread::scope(|scope| {
            let hash = || {
                for _ in 0..20 {
                    test.cached();
                }
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(hash)).collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
        assert_eq!(test.cached(), 3);
        for at in 0..MAX_FILES + 5 {
            store(&test.home().join(format!("{at:032}.{EXTENSION}")), &[]).unwrap();
        }
        fs::write(test.home().join("other"), "not a cache file").unwrap();
        store(&test.home().join(format!("last.{EXTENSION}")), &[]).unwrap();
        let names: Vec<_> = fs::read_dir(test.home()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), MAX_FILES + 1, "{names:?}");
        assert!(names.iter().any(|name| name == "other") && names.iter().any(|name| name == "last.digests"));
        assert_eq!(test.home().metadata().unwrap().permissions().mode() & 0o700, 0o700);
    }

    #[test]
    fn deletes_leftovers_of_interrupted_runs() {
        let test = TestDir::new(&[("a", "one")]);
        fs::create_dir_all(test.home()).unwrap();
        let made = |name: &str, minutes: u64| {
            let file = File::create_new(test.home().join(name)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(60 * minutes)).unwrap();
            file
        };
        made(".openness-old.tmp", 61);
        made(".openness-new.tmp", 59);
        let held = made(".openness-held.tmp", 61);
        held.lock().unwrap();
        for other in ["old.tmp", ".openness-old", ".other-old.tmp"] {
            made(other, 24 * 60);
        }
        std::os::unix::fs::symlink(test.root().join("a"), test.home().join(".openness-link.tmp")).unwrap();
        test.cached();
        let mut names: Vec<_> = fs::read_dir(test.home()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.retain(|name| !name.to_str().unwrap().ends_with(EXTENSION));
        names.sort();
        let kept = [".openness-held.tmp", ".openness-link.tmp", ".openness-new.tmp", ".openness-old", ".other-old.tmp"];
        assert_eq!(names, [&kept[..], &["old.tmp"]].concat());
    }
}
