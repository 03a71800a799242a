//! What a target names, and opening it.

use std::path::{Path, PathBuf};

use crate::error_text;
use crate::files::Files as _;
use crate::git::{Repo, TreeSource, UserEnv};
use crate::path::RepoPath;
#[cfg(feature = "remote")]
use crate::remote::{self, RemoteFiles};
use crate::snapshot::{self, Snapshot};

/// The start of a target that names a revision of a repository on disk: `git:PATH@REVISION`.
const GIT: &str = "git:";
/// The starts of targets on other machines.
const REMOTE: &[&str] = &["hf:", "s3://", "gs://", "az://", "https://", "http://"];

/// Returns whether a target is on another machine. Only builds with the feature `remote` read such targets.
#[must_use]
pub fn is_remote(target: &str) -> bool {
    REMOTE.iter().any(|start| target.starts_with(start))
}

/// By what means targets are reached.
#[derive(Debug, Default)]
pub(super) struct Access {
    pub(super) user: UserEnv,
    #[cfg(feature = "remote")]
    pub(super) remote: remote::Options,
    /// The ids of the keys that are trusted, by which a web server is asked for signatures.
    #[cfg(feature = "remote")]
    pub(super) key_ids: Vec<String>,
}

/// Why a target could not be read: a word, and a clause for people.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) reason: &'static str,
    pub(super) detail: String,
}

impl Unreadable {
    pub(super) fn new(reason: &'static str, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    fn of(reason: &'static str, error: &(dyn std::error::Error + 'static)) -> Self {
        Self::new(reason, error_text::chain(error))
    }
}

impl From<snapshot::Error> for Unreadable {
    fn from(error: snapshot::Error) -> Self {
        match &error {
            snapshot::Error::TooMany { limit, .. } => Self::new("too-many-files", format!("more than {limit} files")),
            snapshot::Error::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                Self::of("not-found", &error)
            }
            snapshot::Error::BareWithOthers { .. } => Self::of("ambiguous-repository", &error),
            _ => Self::of("unreadable", &error),
        }
    }
}

#[cfg(feature = "remote")]
impl From<remote::Error> for Unreadable {
    fn from(error: remote::Error) -> Self {
        let reason = match error.cause() {
            remote::Cause::Url(_) => "not-a-release",
            remote::Cause::NotFound(_) => "not-found",
            remote::Cause::Denied(_) | remote::Cause::Credentials(_) => "access-denied",
            remote::Cause::Changed => "changed-while-read",
            remote::Cause::TooMany(_) => "too-many-files",
            remote::Cause::Network(_) => "network",
            _ => "unreadable",
        };
        Self::of(reason, &error)
    }
}

/// The files of a target.
pub(super) struct Opened {
    /// What `openness verify` looks at: every file on disk, or a commit.
    pub(super) verified: Snapshot,
    /// What `openness check` looks at, if that is another list: the files that Git tracks.
    tracked: Option<Snapshot>,
    /// The revision that was asked for.
    pub(super) revision: Option<String>,
    /// Whether a commit is read in place of a directory, which is a bare repository.
    pub(super) is_bare: bool,
}

impl Opened {
    /// Opens a target; a directory may have at most `limit` files.
    pub(super) fn new(target: &str, limit: usize, access: &Access) -> Result<Self, Unreadable> {
        if is_remote(target) {
            return Self::remote(target, limit, access);
        }
        let user = &access.user;
        if let Some(rest) = target.strip_prefix(GIT) {
            let (path, revision) = rest.rsplit_once('@').unwrap_or((rest, "HEAD"));
            return Self::revision(Path::new(path), revision, user);
        }
        let path = Path::new(target);
        let metadata = std::fs::metadata(path).map_err(|error| {
            let reason = if error.kind() == std::io::ErrorKind::NotFound { "not-found" } else { "unreadable" };
            Unreadable::new(reason, error_text::io(&error))
        })?;
        if !metadata.is_dir() && !metadata.is_file() {
            return Err(Unreadable::new("unreadable", "it is neither a directory nor a file"));
        }
        if metadata.is_file() {
            return Ok(Self::of(Snapshot::of_file(path)?));
        }
        // Like `openness verify`, which does not need the repository to read files on disk.
        let repo = Repo::discover(path, user).ok().flatten();
        match repo {
            Some(repo) if repo.is_bare() => {
                if !Snapshot::is_bare(path, user)? {
                    return Err(Unreadable::new(
                        "ambiguous-repository",
                        "the repository says that it has no working tree, so its commit would be read instead of the files",
                    ));
                }
                let verified = Snapshot::of_revision(&repo, "HEAD", None)?;
                Ok(Self { is_bare: true, ..Self::of(verified) })
            }
            Some(repo) => {
                let prefix = prefix(path, &repo)?;
                let tracked = Snapshot::of(&repo, TreeSource::WorkTree, prefix.as_ref())?;
                let verified = Snapshot::of_directory_within(path, limit)?;
                Ok(Self { tracked: Some(tracked), ..Self::of(verified) })
            }
            None => Ok(Self::of(Snapshot::of_directory_within(path, limit)?)),
        }
    }

    #[cfg(feature = "remote")]
    fn remote(target: &str, limit: usize, access: &Access) -> Result<Self, Unreadable> {
        let mut options = access.remote.clone();
        options.most_objects = options.most_objects.min(limit);
        let files = RemoteFiles::open(target, &options, access.key_ids.iter().cloned())?;
        Ok(Self::of(Snapshot::of_files(Box::new(files))))
    }

    #[cfg(not(feature = "remote"))]
    fn remote(_: &str, _: usize, _: &Access) -> Result<Self, Unreadable> {
        Err(Unreadable::new("remote", "it is on another machine, and this build reads local files only"))
    }

    fn of(verified: Snapshot) -> Self {
        Self { verified, tracked: None, revision: None, is_bare: false }
    }

    fn revision(path: &Path, revision: &str, user: &UserEnv) -> Result<Self, Unreadable> {
        let repo = Repo::discover(path, user).map_err(|error| Unreadable::of("not-a-repository", &error))?;
        let Some(repo) = repo else {
            let detail = format!("`{}` is not in a Git repository", path.display());
            return Err(Unreadable::new("not-a-repository", detail));
        };
        let prefix = if repo.is_bare() { None } else { prefix(path, &repo)? };
        let verified = Snapshot::of_revision(&repo, revision, prefix.as_ref());
        let verified = verified.map_err(|error| Unreadable::of("unknown-revision", &error))?;
        Ok(Self { revision: Some(revision.to_owned()), ..Self::of(verified) })
    }

    /// Returns the files that `openness check` looks at.
    pub(super) fn checked(&self) -> &Snapshot {
        self.tracked.as_ref().unwrap_or(&self.verified)
    }

    /// Returns the id of the commit, if one is read.
    pub(super) fn commit(&self) -> Option<String> {
        let of_host = || self.verified.host_commit().map(str::to_owned);
        self.verified.commit().map(|commit| commit.commit.to_string()).or_else(of_host)
    }
}

/// Returns the path of a directory from the top of the working tree.
fn prefix(path: &Path, repo: &Repo) -> Result<Option<RepoPath>, Unreadable> {
    let Some(top) = repo.work_dir() else { return Ok(None) };
    let canonical = |path: &Path| -> Result<PathBuf, Unreadable> {
        path.canonicalize().map_err(|error| Unreadable::new("unreadable", error_text::io(&error)))
    };
    let (path, top) = (canonical(path)?, canonical(top)?);
    match path.strip_prefix(&top) {
        Ok(below) if below.as_os_str().is_empty() => Ok(None),
        Ok(below) => RepoPath::from_relative(below).map(Some).map_err(|error| Unreadable::of("unreadable", &error)),
        Err(_) => Err(Unreadable::new("ambiguous-repository", "the working tree of its repository is elsewhere")),
    }
}
