//! Which files a path means, as for the commands of the program, with one difference: a commit is read only where the caller
//! says so. A bare repository has no files, and a path in one needs a revision.

use std::fs;
use std::path::{Path, PathBuf};

use openness::Snapshot;
use openness::git::{Repo, TreeSource, UserEnv};
use openness::path::RepoPath;

use crate::failure::Failure;

/// A path, and the state of its repository that is meant.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    pub(crate) revision: Option<String>,
    pub(crate) staged: bool,
}

impl Place {
    /// Every file on disk, whether or not Git tracks it; or those of the revision. A file may be a release of its own.
    pub(crate) fn everything(&self) -> Result<Snapshot, Failure> {
        match self.tree_source() {
            Some(source) => self.of_repository(source),
            None if self.exists()?.is_file() => Ok(Snapshot::of_file(&self.path)?),
            None => Ok(Snapshot::of_directory(&self.path)?),
        }
    }

    /// The files that Git tracks, on disk or as the revision has them; without a repository, every file.
    pub(crate) fn tracked(&self) -> Result<Snapshot, Failure> {
        self.tracked_or(TreeSource::WorkTree)
    }

    /// The files of the commit that is checked out, or of the revision; without a repository, every file.
    pub(crate) fn committed(&self) -> Result<Snapshot, Failure> {
        self.tracked_or(TreeSource::Revision("HEAD"))
    }

    fn tracked_or(&self, default: TreeSource<'_>) -> Result<Snapshot, Failure> {
        let path = self.path.display();
        if !self.exists()?.is_dir() {
            return Err(Failure::new(format!("`{path}` is not a directory"))
                .help("name the directory that contains the manifest"));
        }
        match (self.tree_source(), Repo::discover(&self.path, &user())?) {
            (Some(source), _) => self.of_repository(source),
            (None, None) => Ok(Snapshot::of_directory(&self.path)?),
            // With a `.git` that claims to be bare, a commit would be read in place of the files in the directory.
            (None, Some(repo)) if repo.is_bare() => Err(Failure::new(format!(
                "the repository of `{path}` is bare, or says that it is (setting `core.bare`)"
            ))
            .help("`rev=\"HEAD\"` reads the commit")),
            (None, Some(_)) => self.of_repository(default),
        }
    }

    fn of_repository(&self, source: TreeSource<'_>) -> Result<Snapshot, Failure> {
        self.exists()?;
        let Some(repo) = Repo::discover(&self.path, &user())? else {
            return Err(Failure::new(format!("`{}` is not in a Git repository", self.path.display()))
                .help("leave out `rev` and `staged` to read a plain directory"));
        };
        let prefix = self.prefix(&repo)?;
        Ok(Snapshot::of(&repo, source, prefix.as_ref())?)
    }

    fn tree_source(&self) -> Option<TreeSource<'_>> {
        match (&self.revision, self.staged) {
            (Some(revision), _) => Some(TreeSource::Revision(revision)),
            (None, true) => Some(TreeSource::Staged),
            (None, false) => None,
        }
    }

    fn exists(&self) -> Result<fs::Metadata, Failure> {
        fs::metadata(&self.path).map_err(|error| cannot_read(&self.path, error))
    }

    /// Returns the path from the top of the working tree: a directory below the top is a release of its own.
    fn prefix(&self, repo: &Repo) -> Result<Option<RepoPath>, Failure> {
        let Some(top) = repo.work_dir() else { return Ok(None) };
        let canonical = |path: &Path| path.canonicalize().map_err(|error| cannot_read(path, error));
        let (path, top) = (canonical(&self.path)?, canonical(top)?);
        let Ok(below) = path.strip_prefix(&top) else {
            return Err(Failure::new(format!("`{}` is not in the working tree `{}`", path.display(), top.display())));
        };
        match below.as_os_str().is_empty() {
            true => Ok(None),
            false => Ok(Some(RepoPath::from_relative(below)?)),
        }
    }
}

fn cannot_read(path: &Path, error: std::io::Error) -> Failure {
    Failure::caused_by(&format!("cannot read `{}`", path.display()), error)
}

/// Returns the variables of the process, by which Git finds the settings of the user.
fn user() -> UserEnv {
    UserEnv::of(std::env::vars_os())
}
