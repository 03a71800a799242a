//! Where to look: PATH, `--staged`, `--rev`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{Failure, Session};
use crate::check::{self, Checked};
use crate::files::Files as _;
use crate::finding::Severity;
use crate::git::{Repo, TreeSource};
use crate::manifest::FILE_NAME;
use crate::manifest::parse::{Parsed, parse_bytes};
use crate::path::RepoPath;
use crate::report::{human, shown};
use crate::snapshot::Snapshot;

/// What Git and Git LFS put into a bare repository
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
    /// A directory, a work tree or a bare repository
    #[arg(default_value = ".", value_name = "PATH")]
    pub(super) path: PathBuf,
    /// Look at what is staged for the next commit
    #[arg(long, conflicts_with = "rev")]
    pub(super) staged: bool,
    /// Look at a commit or a tag, in the object database
    #[arg(long, value_name = "REV")]
    pub(super) rev: Option<String>,
}

impl SourceArgs {
    /// Whether the manifest comes from standard input.
    pub(super) fn is_stdin(&self) -> bool {
        self.path.as_os_str() == "-"
    }

    fn look(&self) -> Option<TreeSource<'_>> {
        match (&self.rev, self.staged) {
            (Some(rev), _) => Some(TreeSource::Revision(rev)),
            (None, true) => Some(TreeSource::Staged),
            (None, false) => None,
        }
    }

    /// What the flags name; without them, the tracked files of a work tree, or every file of a plain directory.
    pub(super) fn snapshot(&self) -> Result<Snapshot, Failure> {
        self.snapshot_or(|found| match found {
            Found::WorkTree => TreeSource::WorkTree,
            Found::Bare => TreeSource::Revision("HEAD"),
        })
    }

    /// What the flags name; without them, the commit that is checked out, or every file of a plain directory.
    pub(super) fn committed(&self) -> Result<Snapshot, Failure> {
        self.snapshot_or(|_| TreeSource::Revision("HEAD"))
    }

    /// What the flags name; without them, every file on disk, tracked or not. Of a bare repository there is none, and the
    /// commit counts.
    pub(super) fn everything(&self) -> Result<Snapshot, Failure> {
        match self.on_disk()? {
            Some(snapshot) => Ok(snapshot),
            None => self.committed(),
        }
    }

    /// Every file on disk; `None` where a flag names something else, and of a bare repository.
    pub(super) fn on_disk(&self) -> Result<Option<Snapshot>, Failure> {
        if self.look().is_some() || self.is_bare()? {
            return Ok(None);
        }
        self.checked(Snapshot::of_directory(&self.path)).map(Some)
    }

    /// Whether the directory is a bare repository. What it says of itself does not decide: a `.git` that calls itself bare,
    /// or a repository with further files at its top, would have a commit verified and those files loaded.
    fn is_bare(&self) -> Result<bool, Failure> {
        let Some(repo) = Repo::discover(&self.path).ok().flatten().filter(Repo::is_bare) else { return Ok(false) };
        let path = self.path.canonicalize()?;
        if repo.git_dir().canonicalize()? != path {
            return Ok(false);
        }
        for entry in path.read_dir()? {
            let name = entry?.file_name();
            if !name.to_str().is_some_and(|name| BARE_REPOSITORY.contains(&name)) {
                return Err(Failure::new(format!(
                    "`{}` is a bare repository, and holds `{}` as well, which is no part of one",
                    self.path.display(),
                    shown(&name.to_string_lossy())
                ))
                .help("`--rev HEAD` looks at the commit alone, and at no file that lies beside it"));
            }
        }
        Ok(true)
    }

    fn snapshot_or(&self, default: impl FnOnce(Found) -> TreeSource<'static>) -> Result<Snapshot, Failure> {
        self.exists()?;
        let repo = Repo::discover(&self.path)?;
        let Some(repo) = repo else {
            return match self.look() {
                Some(_) => Err(Failure::new(format!("`{}` is in no Git repository", self.path.display()))
                    .help("`--staged` and `--rev` need one; without them a plain directory will do")),
                None => self.checked(Snapshot::of_directory(&self.path)),
            };
        };
        let found = if repo.is_bare() { Found::Bare } else { Found::WorkTree };
        let look = self.look().unwrap_or_else(|| default(found));
        let prefix = self.prefix(&repo)?;
        self.checked(Snapshot::of(&repo, look, prefix.as_ref()))
    }

    fn exists(&self) -> Result<(), Failure> {
        let cannot = |error: std::io::Error| Failure::new(format!("cannot look at `{}`: {error}", self.path.display()));
        let metadata = std::fs::metadata(&self.path).map_err(cannot)?;
        if metadata.is_dir() {
            return Ok(());
        }
        Err(Failure::new(format!("`{}` is no directory", self.path.display()))
            .help("name the directory that holds the manifest; `-` reads a manifest from standard input"))
    }

    /// A directory below the top of the work tree is a release of its own.
    fn prefix(&self, repo: &Repo) -> Result<Option<RepoPath>, Failure> {
        let Some(top) = repo.work_dir() else { return Ok(None) };
        let (path, top) = (self.path.canonicalize()?, top.canonicalize()?);
        let Ok(below) = path.strip_prefix(&top) else { return Ok(None) };
        if below.as_os_str().is_empty() {
            return Ok(None);
        }
        let text = below.to_str().ok_or_else(|| Failure::new(format!("`{}` is not UTF-8", below.display())))?;
        Ok(Some(text.parse()?))
    }

    fn checked(&self, snapshot: Result<Snapshot, crate::snapshot::Error>) -> Result<Snapshot, Failure> {
        Ok(snapshot?)
    }

    /// Where `.openness/` is written.
    pub(super) fn directory(&self) -> &Path {
        &self.path
    }
}

enum Found {
    WorkTree,
    Bare,
}

/// Reads the manifest of a snapshot.
pub(super) fn manifest(snapshot: &Snapshot, place: &SourceArgs) -> Result<Parsed, Failure> {
    let path: RepoPath = FILE_NAME.parse()?;
    match snapshot.read_start(&path, check::read_limit())? {
        Some(bytes) => Ok(parse_bytes(FILE_NAME, &bytes)),
        None => Err(no_manifest(snapshot, place)?),
    }
}

/// Checks the manifest and the files of a snapshot.
pub(super) fn check<'f>(snapshot: &'f Snapshot, place: &SourceArgs) -> Result<Checked<'f>, Failure> {
    match check::check(snapshot) {
        Err(check::Error::NoManifest) => Err(no_manifest(snapshot, place)?),
        checked => Ok(checked?),
    }
}

fn no_manifest(snapshot: &Snapshot, place: &SourceArgs) -> Result<Failure, Failure> {
    let failure = Failure::new(format!("there is no `{FILE_NAME}` in {}", described(snapshot, place)));
    Ok(match snapshot.is_untracked(&FILE_NAME.parse()?) {
        true => failure.help(format!("it is not tracked; run `git add {FILE_NAME}`")),
        false => failure.help("run `openness init` for a first manifest, or name another directory"),
    })
}

/// Reads the manifest that is named, from standard input too.
pub(super) fn read_manifest(place: &SourceArgs) -> Result<Parsed, Failure> {
    if place.is_stdin() { stdin_manifest() } else { manifest(&place.snapshot()?, place) }
}

/// Tells on standard error what is wrong with a manifest that cannot be read as a whole.
pub(super) fn complain(parsed: &Parsed, session: &Session) -> Result<(), Failure> {
    let mut shown = Vec::new();
    human::findings(&parsed.source, &parsed.findings, Severity::Note, session.terminal.style, &mut shown)?;
    super::say(String::from_utf8_lossy(&shown).trim_end());
    Ok(())
}

fn described(snapshot: &Snapshot, place: &SourceArgs) -> String {
    let path = place.path.display();
    match (&place.rev, snapshot.commit()) {
        (Some(rev), _) => format!("`{rev}` of `{path}`"),
        (None, Some(commit)) => {
            format!("the commit {} of `{path}`", commit.commit.as_str().get(..12).unwrap_or_default())
        }
        (None, None) if place.staged => format!("the index of `{path}`"),
        (None, None) => format!("`{path}`"),
    }
}

/// Reads a manifest from standard input.
pub(super) fn stdin_manifest() -> Result<Parsed, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(check::read_limit())
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new(format!("cannot read standard input: {error}")))?;
    Ok(parse_bytes("-", &bytes))
}
