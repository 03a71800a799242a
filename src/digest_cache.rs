//! Digests of files that were hashed before and have not changed since, one file for each directory.
//!
//! A file counts as unchanged while its path and its [`Stamp`] are the same: size, both times, inode and device, as in
//! Git's index. As there, a file that changed just before it was hashed is not noted, since it may have changed once more
//! within the same tick of the clock
//! ([racy-git](https://git-scm.com/docs/racy-git)).
//!
//! Whoever can write the user's cache can make it lie. So nothing is signed from it, and `verify` uses it only where the
//! user asks for that, and says so. A cache that is missing, damaged or of another version is empty; nothing fails for
//! want of it. Files are replaced as a whole, so that processes may share them: the last one to write wins.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::artifacts::digest::{self, Basis, Error, Hashed, Options, sha256};
use crate::atomic;
use crate::files::{Entry, FileStat, Files};
use crate::manifest::Sha256Hex;
use crate::path::{RepoPath, SortedCursor};

/// The first line of a file.
const HEADER: &str = "openness digests 1";
/// How many directories are remembered.
const MAX_FILES: usize = 64;
/// The largest file that is read: a million paths, and longer than most.
const MAX_BYTES: u64 = 512 << 20;
/// The coarsest clock of a file system in use, that of FAT.
const COARSEST_TICK: Duration = Duration::from_secs(2);
/// How old a file has to be that a killed run left; writing one takes seconds.
const STALE: Duration = Duration::from_secs(60 * 60);
/// How the files end.
const ENDING: &str = "digests";

/// Where what is remembered of one directory stands.
#[derive(Debug)]
pub struct Cache {
    file: PathBuf,
}

/// What is remembered of one directory.
#[derive(Debug)]
pub struct Remembered<'a> {
    cache: &'a Cache,
    /// In the order of paths.
    known: Vec<Record>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Record {
    path: RepoPath,
    stat: FileStat,
    sha256: Sha256Hex,
}

/// What hashing came to.
#[derive(Debug)]
pub struct Recalled {
    /// As [`digest::hash_all`] gives them.
    pub hashed: Vec<Result<Hashed, Error>>,
    /// How many of them were not hashed but remembered.
    pub cached: usize,
    /// Why the rest is not remembered for the next time.
    pub not_stored: Option<atomic::Error>,
}

impl Cache {
    /// The one of a directory; `home` holds such files, and need not exist. Nothing is read yet.
    #[must_use]
    pub fn of(home: &Path, root: &Path) -> Self {
        let name = sha256(root.as_os_str().as_encoded_bytes());
        Self { file: home.join(format!("{}.{ENDING}", &name.as_str()[..32])) }
    }

    /// Reads what is remembered.
    #[must_use]
    pub fn read(&self) -> Remembered<'_> {
        Remembered { cache: self, known: read(&self.file).unwrap_or_default() }
    }
}

impl Remembered<'_> {
    /// Hashes files, and remembers what it can for the next time; see [`digest::hash_all`].
    ///
    /// A digest that is remembered counts only where it is the one `wanted` of the entry at that place, if any is: what would
    /// stand against a file is always looked at anew.
    #[must_use]
    pub fn hash_all<'w>(
        &self,
        snapshot: &dyn Files,
        entries: &[&Entry],
        wanted: &dyn Fn(usize) -> Option<&'w Sha256Hex>,
        options: &Options,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Recalled {
        let started = SystemTime::now();
        let mut known = SortedCursor::new(&self.known, |record| &record.path);
        let recalled: Vec<Option<&Record>> = entries
            .iter()
            .enumerate()
            .map(|(at, entry)| {
                let record = known.find(&entry.path)?;
                let is_as_it_was = snapshot.stat(entry) == Some(record.stat);
                let counts = is_as_it_was && wanted(at).is_none_or(|wanted| *wanted == record.sha256);
                counts.then_some(record)
            })
            .collect();
        let rest: Vec<&Entry> =
            entries.iter().zip(&recalled).filter(|(_, recalled)| recalled.is_none()).map(|(entry, _)| *entry).collect();
        let mut fresh = digest::hash_all(snapshot, &rest, options, progress).into_iter();
        let mut hashed = Vec::with_capacity(entries.len());
        let mut learnt = Vec::new();
        for (entry, recalled) in entries.iter().zip(&recalled) {
            if let Some(Record { stat, sha256, .. }) = recalled {
                hashed.push(Ok(Hashed { sha256: *sha256, size: stat.size, basis: Basis::Bytes }));
                continue;
            }
            let Some(result) = fresh.next() else { break };
            learnt.extend(result.as_ref().ok().and_then(|found| record(snapshot, entry, found, started)));
            hashed.push(result);
        }
        let mut records: Vec<&Record> = recalled.into_iter().flatten().chain(&learnt).collect();
        let is_changed = !learnt.is_empty() || records.len() != self.known.len();
        let not_stored = if is_changed {
            records.sort_unstable_by(|a, b| a.path.cmp(&b.path));
            store(&self.cache.file, &records).err()
        } else {
            None
        };
        Recalled { hashed, cached: entries.len() - rest.len(), not_stored }
    }
}

/// Returns what can be remembered of a file that was hashed: nothing where it is a pointer, whose content lies elsewhere,
/// and nothing where it changed lately.
fn record(snapshot: &dyn Files, entry: &Entry, found: &Hashed, started: SystemTime) -> Option<Record> {
    let stat = snapshot.stat(entry)?;
    let started = started.checked_sub(COARSEST_TICK)?.duration_since(UNIX_EPOCH).ok()?;
    let before = |(seconds, nanoseconds): (i64, i64)| {
        let time = u64::try_from(seconds).ok().zip(u32::try_from(nanoseconds).ok());
        time.is_some_and(|(seconds, nanoseconds)| Duration::new(seconds, nanoseconds) < started)
    };
    let is_settled = before(stat.modified) && before(stat.changed);
    let is_whole = found.basis == Basis::Bytes && found.size == stat.size;
    // Between listing and hashing it may have been replaced.
    let is_same = is_settled && is_whole && snapshot.stat_now(entry) == Some(stat);
    is_same.then(|| Record { path: entry.path.clone(), stat, sha256: found.sha256 })
}

/// Reads a file; `None` where it is not exactly as it was written.
fn read(file: &Path) -> Option<Vec<Record>> {
    let mut text = String::new();
    fs::File::open(file).ok()?.take(MAX_BYTES).read_to_string(&mut text).ok()?;
    // The last line is the digest of those before.
    let (body, digest) = text.strip_suffix('\n')?.rsplit_once('\n')?;
    let body = text.get(..=body.len())?;
    if sha256(body.as_bytes()).as_str() != digest {
        return None;
    }
    let lines = body.strip_prefix(HEADER)?.strip_prefix('\n')?;
    let records: Vec<Record> = lines.lines().map(parse).collect::<Option<_>>()?;
    records.is_sorted_by(|a, b| a.path < b.path).then_some(records)
}

/// `SHA256 SIZE MTIME NS CTIME NS INODE DEVICE PATH`
fn parse(line: &str) -> Option<Record> {
    let mut words = line.splitn(9, ' ');
    let sha256 = words.next()?.parse().ok()?;
    let mut word = || words.next();
    let size = word()?.parse().ok()?;
    let mut time = || Some((word()?.parse().ok()?, word()?.parse().ok()?));
    let (modified, changed) = (time()?, time()?);
    let stat = FileStat { size, modified, changed, inode: word()?.parse().ok()?, device: word()?.parse().ok()? };
    Some(Record { path: word()?.parse().ok()?, stat, sha256 })
}

fn store(file: &Path, records: &[&Record]) -> Result<(), atomic::Error> {
    use std::fmt::Write as _;
    let mut text = format!("{HEADER}\n");
    for Record { path, stat, sha256 } in records {
        let FileStat { size, modified, changed, inode, device } = stat;
        let times = [modified.0, modified.1, changed.0, changed.1].map(|number| number.to_string()).join(" ");
        // Writing to a string does not fail.
        let _ = writeln!(text, "{} {size} {times} {inode} {device} {path}", sha256.as_str());
    }
    let digest = sha256(text.as_bytes());
    text.push_str(digest.as_str());
    text.push('\n');
    if let Some(home) = file.parent() {
        // Where it cannot be made, writing says why.
        let _ = fs::create_dir_all(home);
    }
    atomic::write(file, text.as_bytes())?;
    prune(file);
    Ok(())
}

/// Deletes what was not used for longest beyond [`MAX_FILES`], and what killed runs left. What cannot be deleted stays: it is
/// only space.
fn prune(file: &Path) {
    let Some(home) = file.parent() else { return };
    atomic::sweep_old(home, STALE);
    let Ok(entries) = fs::read_dir(home) else { return };
    let ours = entries.filter_map(Result::ok).map(|entry| entry.path());
    let ours = ours.filter(|path| path.extension().is_some_and(|ending| ending == ENDING));
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

    struct Bench {
        dir: tempfile::TempDir,
    }

    impl Bench {
        /// Files that changed a while ago.
        fn new(files: &[(&str, &str)]) -> Self {
            let bench = Self { dir: tempfile::tempdir().unwrap() };
            fs::create_dir(bench.root()).unwrap();
            files.iter().for_each(|(name, text)| fs::write(bench.root().join(name), text).unwrap());
            std::thread::sleep(COARSEST_TICK + Duration::from_millis(50));
            bench
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

        /// Hashes all, checks each digest by hashing anew, and returns how many were remembered.
        fn recalled(&self) -> usize {
            let snapshot = Snapshot::of_directory(&self.root()).unwrap();
            let entries: Vec<&Entry> = snapshot.entries().iter().collect();
            let recalled = self.cache().read().hash_all(&snapshot, &entries, &|_| None, &Options::default(), &|_| {});
            assert!(recalled.not_stored.is_none(), "{:?}", recalled.not_stored);
            for (entry, hashed) in entries.iter().zip(&recalled.hashed) {
                let bytes = fs::read(self.root().join(entry.path.as_str())).unwrap();
                assert_eq!(hashed.as_ref().unwrap().sha256, sha256(&bytes), "{}", entry.path);
            }
            assert_eq!(recalled.hashed.len(), entries.len());
            recalled.cached
        }
    }

    #[test]
    fn what_did_not_change_is_not_hashed_again_and_what_did_is() {
        let bench = Bench::new(&[("a", "one"), ("b", "two"), ("c", "six"), ("d", "ten")]);
        assert_eq!((bench.recalled(), bench.recalled()), (0, 4));
        // The same size and the same time of modification; only the kernel's own time tells.
        let a = bench.root().join("a");
        let time = a.metadata().unwrap().modified().unwrap();
        fs::write(&a, "ONE").unwrap();
        File::options().write(true).open(&a).unwrap().set_modified(time).unwrap();
        assert_eq!(a.metadata().unwrap().modified().unwrap(), time);
        // Another file in its place.
        fs::write(bench.root().join("new"), "TWO").unwrap();
        fs::rename(bench.root().join("new"), bench.root().join("b")).unwrap();
        fs::remove_file(bench.root().join("c")).unwrap();
        assert_eq!(bench.recalled(), 1);
    }

    #[test]
    fn what_is_gone_is_forgotten() {
        let bench = Bench::new(&[("a", "one"), ("b", "two")]);
        bench.recalled();
        fs::remove_file(bench.root().join("a")).unwrap();
        assert_eq!(bench.recalled(), 1);
        let known: Vec<String> = bench.cache().read().known.iter().map(|record| record.path.to_string()).collect();
        assert_eq!(known, ["b"]);
    }

    #[test]
    fn what_changed_just_now_is_not_remembered() {
        let bench = Bench::new(&[("a", "one")]);
        fs::write(bench.root().join("b"), "two").unwrap();
        assert_eq!((bench.recalled(), bench.recalled()), (0, 1));
        // Within the tick in which it was hashed.
        fs::write(bench.root().join("b"), "TWO").unwrap();
        assert_eq!(bench.recalled(), 1);
        let far = SystemTime::now() + Duration::from_secs(3600);
        File::options().write(true).open(bench.root().join("a")).unwrap().set_modified(far).unwrap();
        std::thread::sleep(COARSEST_TICK + Duration::from_millis(50));
        // What is dated in the future is never settled.
        assert_eq!((bench.recalled(), bench.recalled()), (0, 1));
    }

    #[test]
    fn a_damaged_cache_is_an_empty_one_and_is_mended() {
        let bench = Bench::new(&[("a", "one"), ("b", "two")]);
        bench.recalled();
        let file = bench.cache().file;
        let good = fs::read(&file).unwrap();
        let damage: Vec<Vec<u8>> = vec![
            Vec::new(),
            b"garbage".to_vec(),
            good[..good.len() - 1].to_vec(),
            good[..good.len() / 2].to_vec(),
            [good.as_slice(), b"\n"].concat(),
            [b"\xff", good.as_slice()].concat(),
            String::from_utf8(good.clone()).unwrap().replace(HEADER, "openness digests 2").into_bytes(),
            (0..good.len()).map(|at| if at == 40 { good[at] ^ 1 } else { good[at] }).collect(),
        ];
        for bytes in damage {
            fs::write(&file, &bytes).unwrap();
            assert_eq!(bench.recalled(), 0, "{}", String::from_utf8_lossy(&bytes));
            assert_eq!(fs::read(&file).unwrap(), good);
        }
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(bench.cache().read().known.is_empty());
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_told_and_hashing_goes_on() {
        let bench = Bench::new(&[("a", "one")]);
        fs::create_dir_all(bench.dir.path().join("cache")).unwrap();
        fs::write(bench.home(), "a file where the directory should be").unwrap();
        let snapshot = Snapshot::of_directory(&bench.root()).unwrap();
        let entries: Vec<&Entry> = snapshot.entries().iter().collect();
        let recalled = bench.cache().read().hash_all(&snapshot, &entries, &|_| None, &Options::default(), &|_| {});
        assert!(recalled.not_stored.is_some());
        assert_eq!(recalled.hashed[0].as_ref().unwrap().sha256, sha256(b"one"));
    }

    #[test]
    fn a_digest_that_is_not_the_one_wanted_is_looked_at_anew() {
        let bench = Bench::new(&[("a", "one")]);
        bench.recalled();
        let snapshot = Snapshot::of_directory(&bench.root()).unwrap();
        let entries: Vec<&Entry> = snapshot.entries().iter().collect();
        let cache = bench.cache();
        let mut remembered = cache.read();
        remembered.known[0].sha256 = sha256(b"a lie");
        for (wanted, cached, expected) in [(None, 1, sha256(b"a lie")), (Some(sha256(b"one")), 0, sha256(b"one"))] {
            let recalled = remembered.hash_all(&snapshot, &entries, &|_| wanted.as_ref(), &Options::default(), &|_| {});
            assert_eq!(recalled.cached, cached);
            assert_eq!(recalled.hashed[0].as_ref().unwrap().sha256, expected);
        }
    }

    #[test]
    fn processes_share_a_cache_and_old_directories_are_forgotten() {
        let bench = Bench::new(&[("a", "one"), ("b", "two"), ("c", "six")]);
        std::thread::scope(|scope| {
            let hash = || {
                for _ in 0..20 {
                    bench.recalled();
                }
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(hash)).collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
        assert_eq!(bench.recalled(), 3);
        for at in 0..MAX_FILES + 5 {
            store(&bench.home().join(format!("{at:032}.{ENDING}")), &[]).unwrap();
        }
        fs::write(bench.home().join("other"), "of somebody else").unwrap();
        store(&bench.home().join(format!("last.{ENDING}")), &[]).unwrap();
        let names: Vec<_> = fs::read_dir(bench.home()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), MAX_FILES + 1, "{names:?}");
        assert!(names.iter().any(|name| name == "other") && names.iter().any(|name| name == "last.digests"));
        assert_eq!(bench.home().metadata().unwrap().permissions().mode() & 0o700, 0o700);
    }

    #[test]
    fn what_killed_runs_left_is_deleted_when_nobody_can_be_at_it_any_more() {
        let bench = Bench::new(&[("a", "one")]);
        fs::create_dir_all(bench.home()).unwrap();
        let made = |name: &str, minutes: u64| {
            let file = File::create_new(bench.home().join(name)).unwrap();
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
        std::os::unix::fs::symlink(bench.root().join("a"), bench.home().join(".openness-link.tmp")).unwrap();
        bench.recalled();
        let mut names: Vec<_> = fs::read_dir(bench.home()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.retain(|name| !name.to_str().unwrap().ends_with(ENDING));
        names.sort();
        let kept = [".openness-held.tmp", ".openness-link.tmp", ".openness-new.tmp", ".openness-old", ".other-old.tmp"];
        assert_eq!(names, [&kept[..], &["old.tmp"]].concat());
    }
}
