//! Walking a directory to list all of its files.

mod queue;

use std::io;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::artifacts::format;
use crate::error_text;
use crate::files::{Kind, Listing, MAX_ENTRIES, ProblemKind, VCS_DIRS, link_target};
use crate::path::RepoPath;
use crate::threads;

use super::hub::Cache;
use super::{Error, Storage};
use crate::beneath::{Directory, Found};
use queue::Queue;

/// The limit for the number of names in one task, and the number of entries found before other threads are started.
/// Listing that many takes about as long as starting a thread.
const SHARE: usize = 256;
/// The limit for the number of threads; more would wait for each other in the kernel.
const MAX_THREADS: usize = 8;

/// Lists every file of a directory, but not more than `limit`.
pub(super) fn walk(
    root: &Directory,
    cache: Option<&Cache>,
    limit: usize,
    listing: &mut Listing<Storage>,
) -> Result<(), Error> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
    let names = root.names().map_err(|source| Error::Io { path: root.path().to_path_buf(), source })?;
    Walk::new(root, cache, limit, names).walk(threads, listing)
}

/// Lists the one entry of that name, and nothing else of the directory.
pub(super) fn walk_one(root: &Directory, name: &[u8], listing: &mut Listing<Storage>) -> Result<(), Error> {
    Walk::new(root, None, MAX_ENTRIES, vec![name.to_vec()]).walk(1, listing)
}

/// Lists the files below `.openness/` if there is such a directory.
#[cfg(feature = "git")]
pub(super) fn walk_openness(root: &Directory, listing: &mut Listing<Storage>) -> Result<(), Error> {
    let name = crate::files::OPENNESS_DIR.as_bytes();
    match root.find(name) {
        Ok(Found::Directory) => Walk::new(root, None, MAX_ENTRIES, vec![name.to_vec()]).walk(1, listing),
        _ => Ok(()),
    }
}

struct Walk<'a> {
    root: &'a Directory,
    cache: Option<&'a Cache>,
    tasks: Queue<Task>,
    /// The number of entries and problems that is not exceeded.
    limit: usize,
    /// The number of entries and problems in the listings of all threads.
    listed: AtomicUsize,
}

enum Task {
    /// A directory that was found. It is opened when the task is done, so that few are open at a time.
    Directory(RepoPath),
    /// Names in an open directory.
    Names(Vec<Vec<u8>>, Parent),
}

/// The directory in which names were found.
#[derive(Clone)]
struct Parent {
    /// `None` for the root.
    directory: Option<Arc<Directory>>,
    /// Empty or ends in `/`.
    above: Arc<str>,
}

impl<'a> Walk<'a> {
    fn new(root: &'a Directory, cache: Option<&'a Cache>, limit: usize, names: Vec<Vec<u8>>) -> Self {
        let parent = Parent { directory: None, above: "".into() };
        Self { root, cache, limit, tasks: Queue::new(Task::Names(names, parent)), listed: 0.into() }
    }

    /// Does all tasks; the order of the listing is not defined.
    fn walk(&self, threads: usize, listing: &mut Listing<Storage>) -> Result<(), Error> {
        // Most directories are small enough for one thread.
        while self.listed.load(Ordering::Relaxed) < SHARE || threads == 1 {
            let Some((task, _taken)) = self.tasks.take() else { return Ok(()) };
            self.task(task, listing)?;
        }
        if self.tasks.is_empty() {
            return Ok(());
        }
        threads::run_on_threads(threads, |_| self.share()).into_iter().try_for_each(|share| {
            listing.append(share?);
            Ok(())
        })
    }

    /// Does tasks until none is left.
    fn share(&self) -> Result<Listing<Storage>, Error> {
        let mut listing = Listing::default();
        while let Some((task, _taken)) = self.tasks.take() {
            self.task(task, &mut listing).inspect_err(|_| self.tasks.stop())?;
        }
        Ok(listing)
    }

    fn task(&self, task: Task, listing: &mut Listing<Storage>) -> Result<(), Error> {
        let (mut names, parent) = match task {
            Task::Names(names, parent) => (names, parent),
            Task::Directory(path) => {
                let opened = self.root.open_directory(path.as_str().as_bytes());
                match opened.and_then(|directory| Ok((directory.names()?, directory))) {
                    Ok((names, directory)) => {
                        (names, Parent { directory: Some(directory.into()), above: format!("{path}/").into() })
                    }
                    Err(error) => {
                        listing.problem(path.as_str().as_bytes(), ProblemKind::Unreadable(error_text::io(&error)));
                        self.listed.fetch_add(1, Ordering::Relaxed);
                        return Ok(());
                    }
                }
            }
        };
        while names.len() > SHARE {
            self.tasks.put(Task::Names(names.split_off(names.len() - SHARE), parent.clone()));
        }
        let mut below = Vec::new();
        for name in names {
            if self.listed.load(Ordering::Relaxed) > self.limit {
                return Err(Error::TooMany { path: self.root.path().to_path_buf(), limit: self.limit });
            }
            let before = listing.len();
            below.extend(self.name(&parent, &name, listing));
            self.listed.fetch_add(listing.len() - before, Ordering::Relaxed);
        }
        // The first is then taken next, so that the listing is nearly sorted.
        below.into_iter().rev().for_each(|path| self.tasks.put(Task::Directory(path)));
        Ok(())
    }

    /// Lists a name. Returns its path if it is a directory to walk.
    fn name(&self, parent: &Parent, name: &[u8], listing: &mut Listing<Storage>) -> Option<RepoPath> {
        let whole = [parent.above.as_bytes(), name].concat();
        if whole == b".git" {
            return None;
        }
        if name.eq_ignore_ascii_case(b".git") {
            listing.problem(&whole, ProblemKind::NestedRepository);
            return None;
        }
        if is_below_vcs_dir(&whole) {
            return self.of_vcs(parent, name, &whole, listing);
        }
        // Below an invalid path, every path is invalid too. The limit for the number of components also limits the
        // depth.
        let path = match RepoPath::from_bytes(&whole) {
            Ok(path) => path,
            Err(error) => {
                listing.problem(&whole, error.into());
                return None;
            }
        };
        let directory = parent.directory.as_deref().unwrap_or(self.root);
        self.find(directory, name, path, listing).unwrap_or_else(|error| {
            listing.problem(&whole, ProblemKind::Unreadable(error_text::io(&error)));
            None
        })
    }

    /// Lists a name in the directory of another version control system if a loader could load the file. Anyone can make such
    /// a directory, so nothing to load may hide in it; the rest is as little part of the release as what is in `.git`.
    fn of_vcs(&self, parent: &Parent, name: &[u8], whole: &[u8], listing: &mut Listing<Storage>) -> Option<RepoPath> {
        let path = RepoPath::from_bytes(whole).ok()?;
        let directory = parent.directory.as_deref().unwrap_or(self.root);
        match directory.find(name) {
            Ok(Found::Directory) => Some(path),
            Ok(_) if format::is_weights(&path) || matches!(format::named(&path), format::Named::Known(Some(_))) => {
                self.find(directory, name, path, listing).ok().flatten()
            }
            _ => None,
        }
    }

    fn find(
        &self,
        directory: &Directory,
        name: &[u8],
        path: RepoPath,
        listing: &mut Listing<Storage>,
    ) -> io::Result<Option<RepoPath>> {
        match directory.find(name)? {
            Found::Directory if path.as_str() != path.file_name() && VCS_DIRS.contains(&path.file_name()) => {
                listing.problem(path.as_str().as_bytes(), ProblemKind::NestedRepository);
            }
            Found::Directory => return Ok(Some(path)),
            Found::File { size, executable, stat, has_other_names } => {
                listing.add(path, Kind::File { executable }, Storage::Disk { size, stat, has_other_names });
            }
            Found::Special(what) => listing.problem(path.as_str().as_bytes(), ProblemKind::Special(what)),
            Found::Symlink => {
                let target = directory.link_target(name)?;
                match self.cache.and_then(|cache| cache.blob(&path, &target)) {
                    Some((blob, size, executable)) => {
                        listing.add(path, Kind::File { executable }, Storage::Hub { path: blob.into(), size });
                    }
                    None => {
                        let target = link_target(target)?;
                        listing.add(path, Kind::Symlink { target }, Storage::Nowhere);
                    }
                }
            }
        }
        Ok(None)
    }
}

/// Returns whether a path is in the directory of another version control system at the root.
fn is_below_vcs_dir(path: &[u8]) -> bool {
    let first = path.split(|byte| *byte == b'/').next().unwrap_or_default();
    first.len() < path.len() && VCS_DIRS.iter().any(|name| name.as_bytes() == first)
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::fs;

    use super::*;

    /// A tree with more names than fit in one task, in one directory, in many and nested, and some that are not files.
    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: String| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        };
        (0..2 * SHARE + 1).for_each(|at| write(format!("flat/{at}")));
        (0..SHARE).for_each(|at| write(format!("wide/{at}/{at}")));
        (0..60).for_each(|at| write(format!("{}deep", "d/".repeat(at))));
        for odd in ["wide/3/.git/HEAD", "flat/a\nb", ".git/HEAD", ".openness/statement.json"] {
            write(odd.to_owned());
        }
        std::os::unix::fs::symlink("../flat", dir.path().join("wide/link")).unwrap();
        dir
    }

    #[test]
    fn directories_of_other_version_control_systems_are_left_out() {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            ".jj/repo/store/type",
            ".jj/.gitignore",
            ".jj/working_copy/a\nb",
            ".hg/store/data/model.py.i",
            ".svn/wc.db",
            "_darcs/format",
            "model.safetensors",
        ] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let listed = || {
            let root = Directory::open_root(dir.path()).unwrap();
            let mut listing = Listing::default();
            walk(&root, None, MAX_ENTRIES, &mut listing).unwrap();
            let (list, _) = listing.finish();
            let names = list.entries().iter().map(|entry| entry.path.to_string()).collect::<Vec<_>>();
            (names, list.problems().iter().map(|problem| problem.name.clone()).collect::<Vec<_>>())
        };
        assert_eq!(listed(), (vec!["model.safetensors".to_owned()], vec![]));
        // What could be loaded counts, as do files and links of such a name, and directories below the root.
        for name in [".jj/modeling.py", ".hg/a/pytorch_model.bin", "sub/.jj/repo", ".JJ/repo", ".hgignore", ".sl"] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        std::os::unix::fs::symlink("sub", dir.path().join(".pijul")).unwrap();
        let (names, problems) = listed();
        let expected = [
            ".JJ/repo",
            ".hg/a/pytorch_model.bin",
            ".hgignore",
            ".jj/modeling.py",
            ".pijul",
            ".sl",
            "model.safetensors",
        ];
        assert_eq!(names, expected);
        assert_eq!(problems, ["sub/.jj"]);
    }

    #[test]
    fn any_number_of_threads_finds_the_same() {
        let dir = tree();
        let root = Directory::open_root(dir.path()).unwrap();
        let walked = |threads| {
            let mut listing = Listing::default();
            Walk::new(&root, None, MAX_ENTRIES, root.names().unwrap()).walk(threads, &mut listing).unwrap();
            let (list, storage) = listing.finish();
            (format!("{list:?}"), format!("{storage:?}"), list.problems().to_vec(), list.entries().len())
        };
        let alone = walked(1);
        assert_eq!(alone.3, 2 * SHARE + 1 + SHARE + 60 + 1);
        let problems: Vec<&str> = alone.2.iter().map(|problem| problem.name.as_str()).collect();
        assert_eq!(problems, ["flat/a\\nb", "wide/3/.git"]);
        for threads in [2, 3, MAX_THREADS] {
            assert_eq!(walked(threads), alone, "{threads} threads");
        }
    }
}
