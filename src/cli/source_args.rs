//! The arguments that say where a manifest and its files are, or several: PATH, `--staged`, `--rev`.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::{Failure, environment};
use crate::git::{self, Repo, TreeSource};
use crate::manifest::FILE_NAME;
use crate::path::{PathError, RepoPath};
#[cfg(feature = "remote")]
use crate::remote::RemoteFiles;
use crate::snapshot::{self, Snapshot};

/// Where a manifest and its files are.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct SourceArgs {
    /// Read this directory: a plain one, a working tree or a bare repository. Builds with the feature `remote` also read s3://,
    /// gs://, az:// and https:// URLs, and hf:org/name@REV. Commands that need only the manifest also read one from standard
    /// input: `-`
    #[arg(default_value = ".", value_name = "PATH")]
    pub(super) path: PathBuf,
    /// Read what is staged for the next commit
    #[arg(long, conflicts_with = "rev")]
    pub(super) staged: bool,
    /// Read this commit or tag from the object database
    #[arg(long, value_name = "REV")]
    pub(super) rev: Option<String>,
    /// The repository that the directory is in, once it was looked for.
    #[arg(skip)]
    pub(super) repo: OnceCell<Option<Repo>>,
}

/// Where several manifests and their files are.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct SourcesArgs {
    /// Read these directories: plain ones, working trees or bare repositories. Builds with the feature `remote` also read s3://,
    /// gs://, az:// and https:// URLs, and hf:org/name@REV. `-` is a manifest from standard input, on which the rules that need
    /// files do not run [default: this directory, or the nearest one above it in the working tree that has a manifest]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Read what is staged for the next commit
    #[arg(long, conflicts_with = "rev")]
    staged: bool,
    /// Read this commit or tag from the object database
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
}

impl SourcesArgs {
    /// Returns the source that each path names, every directory once.
    pub(super) fn each(&self) -> Vec<SourceArgs> {
        let here = [PathBuf::from(".")];
        let mut seen = BTreeSet::new();
        let paths = if self.paths.is_empty() { here.as_slice() } else { self.paths.as_slice() };
        let new = paths.iter().filter(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.to_path_buf())));
        let source = |path: &PathBuf| SourceArgs {
            staged: self.staged,
            rev: self.rev.clone(),
            ..SourceArgs::of_directory(path)
        };
        new.map(source).collect()
    }

    /// Returns the directory above the current one whose manifest is meant, if no path is named: the nearest one with a
    /// manifest, up to the top of the working tree.
    pub(super) fn above(&self) -> Result<Option<SourceArgs>, Failure> {
        let here = Path::new(".");
        if !self.paths.is_empty() || has_manifest(here) {
            return Ok(None);
        }
        let above = manifest_above(here)?;
        Ok(above.map(|path| SourceArgs {
            staged: self.staged,
            rev: self.rev.clone(),
            ..SourceArgs::of_directory(path)
        }))
    }
}

/// Returns whether a directory has a manifest on disk, of whatever kind.
pub(super) fn has_manifest(directory: &Path) -> bool {
    directory.join(FILE_NAME).symlink_metadata().is_ok()
}

/// Returns the nearest directory above another one that has a manifest, up to the top of the working tree, as a user would
/// name it.
pub(super) fn manifest_above(directory: &Path) -> Result<Option<PathBuf>, Failure> {
    let here = SourceArgs::of_directory(directory).canonical()?;
    let Some(repo) = Repo::discover(&here, &environment::user())? else { return Ok(None) };
    let Some(top) = repo.work_dir().and_then(|top| top.canonicalize().ok()) else { return Ok(None) };
    let above = here.ancestors().skip(1).take_while(|above| above.starts_with(&top));
    let found = above.enumerate().find(|(_, above)| has_manifest(above));
    Ok(found.map(|(at, above)| named_above(directory, at + 1, above)))
}

/// Returns a name for the directory that is so many levels above another one.
fn named_above(directory: &Path, levels: usize, above: &Path) -> PathBuf {
    let mut name = directory.to_path_buf();
    for _ in 0..levels {
        match name.components().next_back() {
            Some(Component::Normal(_)) => drop(name.pop()),
            Some(Component::CurDir) | None => name = PathBuf::from(".."),
            Some(_) => name.push(".."),
        }
    }
    if name.as_os_str().is_empty() {
        name.push(".");
    }
    // What is above a link is not what is above the directory that it leads to.
    let is_it = name.canonicalize().is_ok_and(|canonical| canonical == above);
    if is_it { name } else { above.to_path_buf() }
}

impl SourceArgs {
    /// A directory, as if given without flags.
    pub(super) fn of_directory(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), staged: false, rev: None, repo: OnceCell::new() }
    }

    /// Returns the same without what was found out: the directory may have become a repository since, or be one no more.
    pub(super) fn anew(&self) -> Self {
        Self { staged: self.staged, rev: self.rev.clone(), ..Self::of_directory(&self.path) }
    }

    /// Returns whether the manifest comes from standard input.
    pub(super) fn is_stdin(&self) -> bool {
        self.path.as_os_str() == "-"
    }

    /// Returns whether the path is that of a file on disk, and no flag says otherwise.
    pub(super) fn is_file(&self) -> bool {
        self.tree_source().is_none() && self.path.is_file()
    }

    /// Returns the name of the file, if the path is that of a file.
    pub(super) fn single_file(&self) -> Option<RepoPath> {
        let file = self.path.canonicalize().ok().filter(|_| self.is_file())?;
        file.file_name()?.to_str()?.parse().ok()
    }

    /// Returns the URL, if the path is one.
    pub(super) fn url(&self) -> Option<&str> {
        self.path.to_str().filter(|path| is_url(path))
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
        self.snapshot_or(default_source)
    }

    /// Takes a snapshot of what the flags name; by default, of the commit that is checked out, or of every file in a
    /// plain directory.
    pub(super) fn committed(&self) -> Result<Snapshot, Failure> {
        self.snapshot_or(|_| TreeSource::Revision("HEAD"))
    }

    /// Takes a snapshot of what the flags name; by default, of every file on disk, tracked or not. A bare repository
    /// has no files on disk, so its commit is taken.
    ///
    /// On a web server, signatures are looked for by the names that they have for the keys `key_ids`.
    pub(super) fn everything(&self, key_ids: impl IntoIterator<Item = String>) -> Result<Snapshot, Failure> {
        if let Some(url) = self.url() {
            return self.remote(url, key_ids.into_iter().collect());
        }
        match self.on_disk()? {
            Some(snapshot) => Ok(snapshot),
            None => self.committed(),
        }
    }

    /// Takes a snapshot of every file on disk; `None` if a flag names something else, or for a bare repository.
    pub(super) fn on_disk(&self) -> Result<Option<Snapshot>, Failure> {
        self.check_is_directory()?;
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
        Snapshot::is_bare(&self.path, &environment::user()).map_err(|error| match error {
            snapshot::Error::BareWithOthers { .. } => Failure::from(error)
                .help("`--rev HEAD` reads the commit alone and ignores other files in the directory"),
            error => error.into(),
        })
    }

    /// Refuses a bare repository, or a directory whose `.git` says that it is one, unless that is all there is in the
    /// directory: a commit would be read in place of the files there.
    fn require_no_other_files(&self, repo: &Repo) -> Result<(), Failure> {
        if !repo.is_bare() || self.is_bare()? {
            return Ok(());
        }
        Err(Failure::new(format!(
            "the repository of `{}` says that it has no working tree (setting `core.bare`), so its commit would be read \
             instead of the files there",
            self.path.display()
        ))
        .help("`--rev HEAD` reads the commit; `git config core.bare false` makes the directory a working tree"))
    }

    /// Returns the repository that the directory is in. It is opened once.
    pub(super) fn repo(&self) -> Result<Option<&Repo>, git::Error> {
        if let Some(known) = self.repo.get() {
            return Ok(known.as_ref());
        }
        let found = Repo::discover(&self.path, &environment::user())?;
        Ok(self.repo.get_or_init(|| found).as_ref())
    }

    fn snapshot_or(&self, default: impl FnOnce(&Repo) -> TreeSource<'static>) -> Result<Snapshot, Failure> {
        if let Some(url) = self.url() {
            return self.remote(url, Vec::new());
        }
        self.check_is_directory()?;
        let Some(repo) = self.repo()? else {
            return match self.tree_source() {
                Some(_) => Err(Failure::new(format!("`{}` is not in a Git repository", self.path.display()))
                    .help("`--staged` and `--rev` need a repository; leave them out to read a plain directory")),
                None => Ok(Snapshot::of_directory(&self.path)?),
            };
        };
        if self.tree_source().is_none() {
            self.require_no_other_files(repo)?;
        }
        let tree_source = self.tree_source().unwrap_or_else(|| default(repo));
        let prefix = self.prefix(repo)?;
        Ok(Snapshot::of(repo, tree_source, prefix.as_ref())?)
    }

    /// Lists the files below a URL.
    #[cfg(feature = "remote")]
    fn remote(&self, url: &str, key_ids: Vec<String>) -> Result<Snapshot, Failure> {
        self.refuse_flags(url)?;
        let files = RemoteFiles::open(url, &environment::remote_options()?, key_ids)?;
        Ok(Snapshot::of_files(Box::new(files)))
    }

    /// Says how to read a URL, which this build does not.
    #[cfg(not(feature = "remote"))]
    fn remote(&self, url: &str, _: Vec<String>) -> Result<Snapshot, Failure> {
        self.refuse_flags(url)?;
        Err(built_for_local_files(url))
    }

    fn refuse_flags(&self, url: &str) -> Result<(), Failure> {
        if self.tree_source().is_none() {
            return Ok(());
        }
        Err(Failure::new(format!(
            "`{url}` is a URL, and `--staged` and `--rev` are for Git repositories on this machine"
        ))
        .help("the revision of a repository of the Hub is part of its URL: `hf:org/name@REV`"))
    }

    /// Lets Git fetch what a partial clone left out of the state that [`Self::snapshot`] takes, and returns the number of
    /// objects.
    pub(super) fn fetch_missing(&self) -> Result<usize, Failure> {
        self.check_is_directory()?;
        let Some(repo) = Repo::discover(&self.path, &environment::user())? else {
            return Err(Failure::new(format!("`{}` is not in a Git repository", self.path.display()))
                .help("`--fetch` gets what a partial clone left out; leave it out to check a plain directory"));
        };
        let state = self.tree_source().unwrap_or_else(|| default_source(&repo));
        Ok(repo.fetch_missing(state, self.prefix(&repo)?.as_ref())?)
    }

    fn check_is_directory(&self) -> Result<(), Failure> {
        let metadata = std::fs::metadata(&self.path).map_err(|error| {
            let failure = Failure::caused_by(format!("cannot read `{}`", self.path.display()), error);
            match how_to_download(&self.path) {
                Some(help) => failure.help(help),
                None => failure,
            }
        })?;
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
        let below = path.strip_prefix(&top).map_err(|_| {
            Failure::new(format!("`{}` is not in the working tree `{}`", path.display(), top.display()))
                .help("name a directory of the working tree")
        })?;
        if below.as_os_str().is_empty() {
            return Ok(None);
        }
        Ok(Some(RepoPath::from_relative(below).map_err(|error| match error {
            PathError::NotUtf8 => Failure::new(format!("the path `{}` is not UTF-8", below.display())),
            error => error.into(),
        })?))
    }

    /// Returns the files that a sparse checkout leaves out of the directory, in byte order.
    pub(super) fn left_out(&self) -> Vec<RepoPath> {
        let Ok(Some(repo)) = Repo::discover(&self.path, &environment::user()) else { return Vec::new() };
        let (Ok(prefix), Ok(left_out)) = (self.prefix(&repo), repo.left_out()) else { return Vec::new() };
        let Some(prefix) = prefix else { return left_out };
        let below = |path: &RepoPath| path.as_str().strip_prefix(prefix.as_str())?.strip_prefix('/')?.parse().ok();
        left_out.iter().filter_map(below).collect()
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

/// The beginnings of the URLs that builds with the feature `remote` read.
const REMOTE: &[&str] = &["s3://", "gs://", "az://", "https://", "http://", "hf:"];

/// Returns whether a path is meant as one of the URLs that can be read.
pub(super) fn is_url(path: &str) -> bool {
    REMOTE.iter().any(|scheme| path.starts_with(scheme)) && !Path::new(path).exists()
}

/// Says how to read a URL, which this build does not.
#[cfg(not(feature = "remote"))]
pub(super) fn built_for_local_files(url: &str) -> Failure {
    let failure = Failure::new(format!("cannot read `{url}`: this build of openness reads local files only"));
    failure.help(how_to_read(url))
}

/// Returns how to get a build that reads URLs, or to do without.
#[cfg(not(feature = "remote"))]
fn how_to_read(url: &str) -> String {
    let build = "`cargo install openness --features remote` gives a build that reads URLs, as the released archives do";
    match how_to_download(Path::new(url)) {
        Some(download) => format!("{build}; or {download}"),
        None => build.to_owned(),
    }
}

/// Returns the state of a repository that is read by default.
fn default_source(repo: &Repo) -> TreeSource<'static> {
    match repo.is_bare() {
        false => TreeSource::WorkTree,
        true => TreeSource::Revision("HEAD"),
    }
}

/// Returns what to do if a path that is not on disk may be meant as an address, or as the name of a model on a hub.
pub(super) fn how_to_download(path: &Path) -> Option<String> {
    let name = path.to_str()?;
    if let Some((scheme, rest)) = name.split_once("://") {
        let is_scheme = !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        let hub = rest.strip_prefix("huggingface.co/").or_else(|| rest.strip_prefix("hf.co/")).filter(|_| is_scheme);
        let model = hub.and_then(|rest| hub_name(rest.split(['?', '#']).next()?));
        return match model {
            Some(model) => Some(download(&model)),
            None => is_scheme.then(|| format!("download it first, such as with `git clone`, {NAME_DIRECTORY}")),
        };
    }
    // `git clone` takes `git@host:path` too.
    if name.contains('@') && name.contains(':') {
        return Some(format!("download it first with `git clone`, {NAME_DIRECTORY}"));
    }
    // A path that continues an existing directory is a misspelled path.
    let is_path = path.components().next().is_none_or(|first| Path::new(&first).exists());
    hub_name(name).filter(|model| model.contains('/') && !is_path).map(|model| download(&model))
}

const NAME_DIRECTORY: &str = "then name the directory";

fn download(model: &str) -> String {
    let directory = model.rsplit('/').next().unwrap_or_default();
    format!(
        "a repository of the Hub is named as `hf:{model}@REV`; or download it first: `hf download {model} --local-dir \
         {directory}`, {NAME_DIRECTORY}"
    )
}

/// Returns the `ORGANIZATION/MODEL` that a text begins with.
fn hub_name(text: &str) -> Option<String> {
    let is_name = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let mut parts = text.trim_end_matches('/').split('/');
    let (organization, model) = (parts.next()?, parts.next()?);
    let is_page = parts.next().is_none_or(|part| matches!(part, "tree" | "blob" | "resolve" | "commit"));
    (is_page && is_name(organization) && is_name(model)).then(|| format!("{organization}/{model}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::files::Files as _;

    #[test]
    fn a_directory_that_becomes_a_repository_is_seen_anew() {
        let directory = tempfile::tempdir().unwrap();
        let args = SourceArgs::of_directory(directory.path());
        assert!(args.repo().unwrap().is_none());
        git2::Repository::init(directory.path()).unwrap();
        assert!(args.anew().repo().unwrap().is_some());
    }

    #[test]
    fn a_release_below_the_top_of_a_working_tree_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let repository = git2::Repository::init(directory.path()).unwrap();
        let mut index = repository.index().unwrap();
        for file in ["top", "a/above", "a/b/below", "a/b/c/deeper"] {
            let path = directory.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file).unwrap();
            index.add_path(Path::new(file)).unwrap();
        }
        index.write().unwrap();
        for (below, files) in [
            ("", &["a/above", "a/b/below", "a/b/c/deeper", "top"][..]),
            ("a", &["above", "b/below", "b/c/deeper"]),
            ("a/b", &["below", "c/deeper"]),
            ("a/../a/b/./c", &["deeper"]),
        ] {
            for staged in [false, true] {
                let args = SourceArgs { staged, ..SourceArgs::of_directory(directory.path().join(below)) };
                let snapshot = args.snapshot().map_err(|failure| failure.report()).unwrap();
                let found: Vec<&str> = snapshot.entries().iter().map(|entry| entry.path.as_str()).collect();
                assert_eq!(found, files, "{below}");
            }
        }
    }

    #[test]
    fn a_hub_name_or_an_address_leads_to_a_download() {
        let hub = "hf download org/model --local-dir model";
        for (name, help) in [
            ("org/model", Some(hub)),
            ("https://huggingface.co/org/model", Some(hub)),
            ("https://hf.co/org/model/tree/main?x=1", Some(hub)),
            ("https://example.org/a/b", Some("git clone")),
            ("ssh://git@example.org/a.git", Some("git clone")),
            ("git@example.org:a/b.git", Some("git clone")),
            ("hf://org/model", Some("git clone")),
            ("hf:org/model@main", Some("git clone")),
            ("model", None),
            ("./org/model", None),
            ("../org/model", None),
            ("/org/model", None),
            ("src/no-such", None),
            ("a/b/c", None),
            ("a b/c", None),
            ("", None),
        ] {
            let found = how_to_download(Path::new(name));
            match help {
                Some(help) => assert!(found.as_deref().is_some_and(|found| found.contains(help)), "{name}: {found:?}"),
                None => assert_eq!(found, None, "{name}"),
            }
        }
    }
}
