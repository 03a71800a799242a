//! The arguments that say where the manifest and its files are: PATH, `--staged`, `--rev`.

use std::path::{Path, PathBuf};

use super::Failure;
use crate::git::{Repo, TreeSource};
use crate::path::RepoPath;
use crate::report::shown;
use crate::snapshot::Snapshot;

/// The files that Git and Git LFS put into a bare repository
/// ([gitrepository-layout](https://git-scm.com/docs/gitrepository-layout)).
const BARE_REPOSITORY: &[&str] = &[
    "FETCH_HEAD",
    "HEAD",
    "ORIG_HEAD",
    "branches",
    "config",
    "config.worktree",
    "description",
    "gc.log",
    "gc.pid",
    "hooks",
    "info",
    "lfs",
    "logs",
    "modules",
    "objects",
    "packed-refs",
    "refs",
    "reftable",
    "remotes",
    "rr-cache",
    "shallow",
    "worktrees",
];

/// Where a manifest and its files are.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct SourceArgs {
    /// Read this directory: a plain one, a working tree or a bare repository
    #[arg(default_value = ".", value_name = "PATH")]
    pub(super) path: PathBuf,
    /// Read what is staged for the next commit
    #[arg(long, conflicts_with = "rev")]
    pub(super) staged: bool,
    /// Read this commit or tag from the object database
    #[arg(long, value_name = "REV")]
    pub(super) rev: Option<String>,
}

impl SourceArgs {
    /// A directory, as if given without flags.
    pub(super) fn of_directory(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), staged: false, rev: None }
    }

    /// Returns whether the manifest comes from standard input.
    pub(super) fn is_stdin(&self) -> bool {
        self.path.as_os_str() == "-"
    }

    /// Returns whether the path is that of a file on disk, and no flag says otherwise.
    pub(super) fn is_file(&self) -> bool {
        self.tree_source().is_none() && self.path.is_file()
    }

    fn tree_source(&self) -> Option<TreeSource<'_>> {
        match (&self.rev, self.staged) {
            (Some(rev), _) => Some(TreeSource::Revision(rev)),
            (None, true) => Some(TreeSource::Staged),
            (None, false) => None,
        }
    }

    /// Takes a snapshot of what the flags name; by default, of the tracked files of a working tree, or of every file in
    /// a plain directory.
    pub(super) fn snapshot(&self) -> Result<Snapshot, Failure> {
        self.snapshot_or(|repo| match repo.is_bare() {
            false => TreeSource::WorkTree,
            true => TreeSource::Revision("HEAD"),
        })
    }

    /// Takes a snapshot of what the flags name; by default, of the commit that is checked out, or of every file in a
    /// plain directory.
    pub(super) fn committed(&self) -> Result<Snapshot, Failure> {
        self.snapshot_or(|_| TreeSource::Revision("HEAD"))
    }

    /// Takes a snapshot of what the flags name; by default, of every file on disk, tracked or not. A bare repository
    /// has no files on disk, so its commit is taken.
    pub(super) fn everything(&self) -> Result<Snapshot, Failure> {
        match self.on_disk()? {
            Some(snapshot) => Ok(snapshot),
            None => self.committed(),
        }
    }

    /// Takes a snapshot of every file on disk; `None` if a flag names something else, or for a bare repository.
    pub(super) fn on_disk(&self) -> Result<Option<Snapshot>, Failure> {
        if self.tree_source().is_some() || self.is_bare()? {
            return Ok(None);
        }
        Ok(Some(Snapshot::of_directory(&self.path)?))
    }

    /// Returns whether the directory is a bare repository.
    ///
    /// The repository's own word is not enough: with a `.git` that claims to be bare, or with other files next to those
    /// of the repository, a commit would be verified and other files loaded.
    fn is_bare(&self) -> Result<bool, Failure> {
        let Some(repo) = Repo::discover(&self.path).ok().flatten().filter(Repo::is_bare) else { return Ok(false) };
        let path = self.canonical()?;
        if repo.git_dir().canonicalize()? != path {
            return Ok(false);
        }
        for entry in path.read_dir()? {
            let name = entry?.file_name();
            if !name.to_str().is_some_and(|name| BARE_REPOSITORY.contains(&name)) {
                return Err(Failure::new(format!(
                    "`{}` looks like a bare repository but also contains `{}`",
                    self.path.display(),
                    shown(&name.to_string_lossy())
                ))
                .help("`--rev HEAD` reads the commit alone and ignores other files in the directory"));
            }
        }
        Ok(true)
    }

    fn snapshot_or(&self, default: impl FnOnce(&Repo) -> TreeSource<'static>) -> Result<Snapshot, Failure> {
        self.check_is_directory()?;
        let Some(repo) = Repo::discover(&self.path)? else {
            return match self.tree_source() {
                Some(_) => Err(Failure::new(format!("`{}` is not in a Git repository", self.path.display()))
                    .help("`--staged` and `--rev` need a repository; leave them out to read a plain directory")),
                None => Ok(Snapshot::of_directory(&self.path)?),
            };
        };
        let tree_source = self.tree_source().unwrap_or_else(|| default(&repo));
        let prefix = self.prefix(&repo)?;
        Ok(Snapshot::of(&repo, tree_source, prefix.as_ref())?)
    }

    fn check_is_directory(&self) -> Result<(), Failure> {
        let metadata = std::fs::metadata(&self.path)
            .map_err(|error| Failure::caused_by(format!("cannot read `{}`", self.path.display()), error))?;
        if metadata.is_dir() {
            return Ok(());
        }
        Err(Failure::new(format!("`{}` is not a directory", self.path.display()))
            .help("name the directory that contains the manifest, or `-` to read a manifest from standard input"))
    }

    /// Returns the path from the top of the working tree: a directory below the top is a release of its own.
    fn prefix(&self, repo: &Repo) -> Result<Option<RepoPath>, Failure> {
        let Some(top) = repo.work_dir() else { return Ok(None) };
        let (path, top) = (self.canonical()?, top.canonicalize()?);
        let Ok(below) = path.strip_prefix(&top) else { return Ok(None) };
        if below.as_os_str().is_empty() {
            return Ok(None);
        }
        let text =
            below.to_str().ok_or_else(|| Failure::new(format!("the path `{}` is not UTF-8", below.display())))?;
        Ok(Some(text.parse()?))
    }

    fn canonical(&self) -> Result<PathBuf, Failure> {
        let path = self.path.canonicalize();
        path.map_err(|error| Failure::caused_by(format!("cannot read `{}`", self.path.display()), error))
    }

    /// Returns the directory that `.openness/` is written into.
    pub(super) fn directory(&self) -> &Path {
        &self.path
    }
}
