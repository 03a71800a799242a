//! Answers by libgit2, without running any program.

mod changed;
mod oids;
mod tags;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::SystemTime;

use git2::{AttrCheckFlags, AttrValue, ErrorCode, ObjectType, Oid, Repository, RepositoryOpenFlags};

use crate::beneath::{open_named, open_regular, read_named, read_regular};
use crate::files::{Attribute, CommitFacts, MAX_ENTRIES, ObjectFormat, ObjectId};
use crate::path::{MAX_COMPONENTS, RepoPath};

use super::attributes::Lines;
use super::backend::{Answer, Backend, Mode, Refusal, StagedCommit, TreeEntry, starts_at_head};
use super::error::Error;
use super::guard;
use super::index::{self, Index};
use super::location::{Location, TreeSource, UserEnv};
use changed::changed;
use oids::{cannot_read_object, object_id, oid};

/// The name of the files that set attributes.
const ATTRIBUTES_FILE: &str = ".gitattributes";

/// The largest attribute file that is read.
const MAX_ATTRIBUTES_BYTES: u64 = 16 << 20;
/// The largest index that is read, enough for some two million files.
const MAX_INDEX_BYTES: u64 = 256 << 20;

/// The size of an index file in bytes, and its modification time.
type IndexStamp = (u64, SystemTime);

/// An open repository, used by one thread at a time.
pub(super) struct Handle {
    repository: Repository,
    index_file: Option<PathBuf>,
    user: UserEnv,
    has_reftable: bool,
    /// The attribute files in the index that had this size and time.
    staged_attributes: RefCell<Option<(IndexStamp, Vec<TreeEntry>)>>,
}

/// Lets libgit2 open repositories whose references it cannot read, and partial clones of the old kind.
///
/// Both are noticed when they matter: a reference is refused, an object is missing.
fn allow_extensions() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        #[expect(unsafe_code, reason = "sets a static variable of libgit2")]
        // SAFETY: nothing else writes the variable, it is written once, and every repository is opened after that.
        let result = unsafe { git2::opts::set_extensions(&["refstorage", "partialclone"]) };
        // Fails only if there is no memory for two words; opening such a repository then fails on its own.
        drop(result);
    });
}

impl Handle {
    /// Opens the repository that `path` is in.
    pub(super) fn discover(path: &Path, user: &UserEnv) -> Answer<Option<Self>> {
        guard::surroundings(path, user)?;
        allow_extensions();
        let no_ceiling: [&std::ffi::OsStr; 0] = [];
        match Repository::open_ext(path, RepositoryOpenFlags::empty(), no_ceiling) {
            Ok(repository) => Ok(Some(Self::new(repository, None, user))),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(cannot_open(path, error)),
        }
    }

    /// Opens a repository that was found before, when its files were looked at.
    pub(super) fn open(location: &Location) -> Answer<Self> {
        allow_extensions();
        let fail = |error| cannot_open(&location.git_dir, error);
        let repository = Repository::open(&location.git_dir).map_err(fail)?;
        if let Some(work_dir) = &location.work_dir {
            repository.set_workdir(work_dir, false).map_err(fail)?;
        }
        if !location.object_dirs.is_empty() {
            let objects = repository.odb().map_err(fail)?;
            for dir in &location.object_dirs {
                objects.add_disk_alternate(&dir.to_string_lossy()).map_err(fail)?;
            }
        }
        Ok(Self::new(repository, location.index_file.clone(), &location.user))
    }

    fn new(repository: Repository, index_file: Option<PathBuf>, user: &UserEnv) -> Self {
        let storage = repository.config().and_then(|config| config.get_string("extensions.refstorage"));
        let has_reftable = storage.is_ok_and(|storage| storage != "files");
        Self { repository, index_file, user: user.clone(), has_reftable, staged_attributes: RefCell::default() }
    }

    pub(super) fn location(&self) -> Location {
        Location::new(
            self.repository.path().to_path_buf(),
            self.repository.commondir().to_path_buf(),
            self.repository.workdir().map(Path::to_path_buf),
            self.user.clone(),
        )
    }

    pub(super) fn object_format(&self) -> ObjectFormat {
        match self.repository.object_format() {
            git2::ObjectFormat::Sha1 => ObjectFormat::Sha1,
            git2::ObjectFormat::Sha256 => ObjectFormat::Sha256,
        }
    }

    pub(super) fn blob_size(&self, id: &ObjectId) -> Answer<u64> {
        let fail = |error| cannot_read_object(id, error);
        let cannot_use = |source| Error::Object { id: id.to_string(), source };
        let (size, kind) = self.repository.odb().and_then(|odb| odb.read_header(oid(id)?)).map_err(fail)?;
        if kind != ObjectType::Blob {
            return Err(cannot_use("it is not a blob".into()).into());
        }
        Ok(u64::try_from(size).map_err(|error| cannot_use(error.into()))?)
    }

    /// Reads a whole blob. libgit2 compares its hash with its name.
    pub(super) fn blob(&self, id: &ObjectId) -> Answer<Vec<u8>> {
        let blob = oid(id).and_then(|oid| self.repository.find_blob(oid)).map_err(|e| cannot_read_object(id, e))?;
        Ok(blob.content().to_vec())
    }

    /// Returns why a part of the repository cannot be read.
    fn cannot_read(&self, what: &'static str, error: git2::Error) -> Refusal {
        if error.message().contains("unsupported") {
            return Refusal::Unsupported(error.message().to_owned());
        }
        Error::Read { what, path: self.repository.path().to_path_buf(), source: error.into() }.into()
    }

    fn index_path(&self) -> PathBuf {
        self.index_file.clone().unwrap_or_else(|| self.repository.path().join("index"))
    }

    fn read_index(&self) -> Answer<Index> {
        let opened = match &self.index_file {
            Some(file) => open_named(file, MAX_INDEX_BYTES),
            None => open_regular(self.repository.path(), "index", MAX_INDEX_BYTES),
        };
        let read = match opened {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Index { entries: Vec::new(), trees: None });
            }
            opened => opened.map_err(index::Failure::from),
        };
        let read = read.and_then(|file| {
            let size = file.size();
            index::read_from(file, size, self.object_format())
        });
        read.map_err(|failure| match failure {
            index::Failure::Index(error) => error.of_repository(self.repository.path()),
            index::Failure::Io(error) => {
                let path = self.repository.path().to_path_buf();
                Error::Read { what: "index", path, source: error.into() }.into()
            }
        })
    }

    /// Returns the attribute files in the index, which is not read again for each attribute.
    fn staged_attributes(&self) -> Answer<Vec<TreeEntry>> {
        let stamp =
            std::fs::metadata(self.index_path()).ok().and_then(|found| Some((found.len(), found.modified().ok()?)));
        let mut known = self.staged_attributes.borrow_mut();
        match known.as_ref() {
            Some((of, files)) if stamp.is_some_and(|stamp| stamp == *of) => Ok(files.clone()),
            _ => {
                let files = attributes_files(self.read_index()?.entries);
                *known = stamp.map(|stamp| (stamp, files.clone()));
                Ok(files)
            }
        }
    }

    /// Adds the attribute files that are not in the repository's history: those of the machine, the user and the clone,
    /// and those in the working tree, which may define macros whichever state is read.
    ///
    /// Returns whether the working tree has something with the name of an attribute file that is not read: a symbolic link,
    /// which Git does not follow either, something special, or a file that is too large.
    fn add_attributes_outside(
        &self,
        state: TreeSource<'_>,
        paths: &[&RepoPath],
        lines: &mut Lines<'_>,
    ) -> Answer<bool> {
        // Where libgit2 looks for them too; see the module documentation of `git`.
        let configured = self.path_setting("core.attributesFile")?;
        let files = [
            Some(PathBuf::from("/etc/gitattributes")),
            self.user.config_home().map(|settings| settings.join("git/attributes")),
            self.user.home().map(|home| home.join(".config/git/attributes")),
            configured,
            Some(self.repository.commondir().join("info/attributes")),
        ];
        for file in files.into_iter().flatten() {
            // Neither libgit2 nor Git reads what is not there, or a directory.
            if !file.metadata().is_ok_and(|found| !found.is_dir()) || guard::is_null(&file) {
                continue;
            }
            lines.add("", &read_named(&file, MAX_ATTRIBUTES_BYTES).map_err(|error| guard::refusal(&file, error))?);
        }
        let Some(work_dir) = self.repository.workdir() else { return Ok(false) };
        let mut directories = BTreeSet::from([""]);
        if state == TreeSource::WorkTree {
            let above = |path: &'_ &RepoPath| path.as_str().match_indices('/').map(|(at, _)| at).collect::<Vec<_>>();
            directories.extend(paths.iter().flat_map(|path| above(path).into_iter().map(|at| &path.as_str()[..at])));
        }
        let mut has_other = false;
        for directory in directories {
            let above = if directory.is_empty() { String::new() } else { format!("{directory}/") };
            let path = format!("{above}{ATTRIBUTES_FILE}");
            match read_regular(work_dir, &path, MAX_ATTRIBUTES_BYTES) {
                Ok(bytes) => lines.add(directory, &bytes),
                Err(_) => has_other |= work_dir.join(&path).symlink_metadata().is_ok_and(|found| !found.is_dir()),
            }
        }
        Ok(has_other)
    }

    fn add_tree(&self, id: Oid, above: &[u8], depth: usize, into: &mut Vec<TreeEntry>) -> Answer<()> {
        let fail = |error| cannot_read_object(&object_id(id), error);
        for entry in &self.repository.find_tree(id).map_err(fail)? {
            if into.len() >= MAX_ENTRIES {
                return Err(Error::TooMany.into());
            }
            let mut path = above.to_vec();
            path.extend_from_slice(entry.name_bytes());
            if entry.kind() == Some(ObjectType::Tree) {
                // One level more than a path may have is listed, so that it can be reported by name.
                if depth <= MAX_COMPONENTS {
                    path.push(b'/');
                    self.add_tree(entry.id(), &path, depth + 1, into)?;
                    continue;
                }
            }
            let bits = u32::try_from(entry.filemode_raw()).unwrap_or_default();
            let mode = Mode::from_bits(bits).unwrap_or(Mode::File);
            let id = object_id(entry.id());
            into.push(TreeEntry { path, mode, id, stage: 0, intent_to_add: false, skip_worktree: false });
        }
        Ok(())
    }

    /// Refuses references in a format that libgit2 does not support.
    fn refuse_reftable(&self) -> Answer<()> {
        if self.has_reftable {
            return Err(Refusal::Unsupported("references in the reftable format".to_owned()));
        }
        Ok(())
    }

    fn is_unborn(&self) -> bool {
        self.repository.head().is_err_and(|error| error.code() == ErrorCode::UnbornBranch)
    }
}

impl Backend for Handle {
    fn resolve(&self, revision: &str) -> Answer<CommitFacts> {
        self.refuse_reftable()?;
        let unknown = || Error::UnknownRevision { revision: revision.to_owned() };
        let object = match self.repository.revparse_single(revision) {
            Ok(object) => object,
            Err(_) if starts_at_head(revision) && self.is_unborn() => return Err(Error::Unborn.into()),
            Err(_) => return Err(unknown().into()),
        };
        let commit = object.peel_to_commit().map_err(|_| unknown())?;
        Ok(CommitFacts {
            object_format: self.object_format(),
            commit: object_id(commit.id()),
            tree: object_id(commit.tree_id()),
            time: commit.time().seconds(),
        })
    }

    fn tree(&self, tree: &ObjectId) -> Answer<Vec<TreeEntry>> {
        let mut listed = Vec::new();
        let id = oid(tree).map_err(|error| cannot_read_object(tree, error))?;
        self.add_tree(id, b"", 1, &mut listed)?;
        Ok(listed)
    }

    fn index(&self) -> Answer<Vec<TreeEntry>> {
        Ok(self.read_index()?.entries)
    }

    fn staged_commit(&self) -> Answer<StagedCommit> {
        let Index { entries, trees } = self.read_index()?;
        let last = match self.resolve("HEAD") {
            Ok(commit) => Some(commit.tree),
            Err(Refusal::Failed(Error::Unborn)) => None,
            Err(error) => return Err(error),
        };
        let (changed, deleted) = changed(&self.repository, last.as_ref(), &entries, trees.as_ref())?;
        Ok(StagedCommit { entries, changed, deleted })
    }

    fn attributes(&self, state: TreeSource<'_>, name: &str, paths: &[&RepoPath]) -> Answer<Vec<Attribute>> {
        let fail = |error| self.cannot_read("attributes", error);
        let files = match state {
            TreeSource::WorkTree | TreeSource::Staged => self.staged_attributes()?,
            TreeSource::Revision(revision) => attributes_files(self.tree(&self.resolve(revision)?.tree)?),
        };
        // An index with only these files: libgit2 needs no other entries, and does not hash the whole index again.
        let mut index = git2::Index::new_ext(self.repository.object_format()).map_err(fail)?;
        let mut lines = Lines::of(name);
        for file in &files {
            // Git ignores such files as well, if from another size on.
            if self.blob_size(&file.id)? > MAX_ATTRIBUTES_BYTES {
                continue;
            }
            index.add(&index_entry(file)?).map_err(fail)?;
            let directory = file.path.len().saturating_sub(ATTRIBUTES_FILE.len() + 1);
            lines.add(&String::from_utf8_lossy(&file.path[..directory]), &self.blob(&file.id)?);
        }
        let has_other = self.add_attributes_outside(state, paths, &mut lines)?;
        let lines = lines.relevant();
        if lines.are_read_otherwise() {
            return Err(Refusal::Unsupported("a pattern in quotes or after `!` in `.gitattributes`".to_owned()));
        }
        // A separate handle, because libgit2 caches attributes and the index is replaced. Without a working tree, libgit2
        // reads none of the files there: it would follow links.
        let open = if has_other { Repository::open_bare } else { Repository::open };
        let repository = open(self.repository.path()).map_err(fail)?;
        repository.set_index(&mut index).map_err(fail)?;
        let flags = match state {
            TreeSource::WorkTree if !has_other => AttrCheckFlags::FILE_THEN_INDEX,
            TreeSource::WorkTree => AttrCheckFlags::INDEX_ONLY,
            TreeSource::Staged | TreeSource::Revision(_) => AttrCheckFlags::INDEX_ONLY,
        };
        let attribute = |path: &&RepoPath| {
            if cfg!(unix) && !lines.may_apply_to(path.as_str()) {
                return Ok(Attribute::Unspecified);
            }
            let value = repository.get_attr_bytes(Path::new(path.as_str()), name, flags).map_err(fail)?;
            Ok(match AttrValue::from_bytes(value) {
                AttrValue::Unspecified => Attribute::Unspecified,
                AttrValue::True => Attribute::Set,
                AttrValue::False => Attribute::Unset,
                AttrValue::String(text) => Attribute::Value(text.to_owned()),
                AttrValue::Bytes(bytes) => Attribute::Value(String::from_utf8_lossy(bytes).into_owned()),
            })
        };
        paths.iter().map(attribute).collect()
    }

    fn setting(&self, key: &str) -> Answer<Option<String>> {
        let fail = |error| self.cannot_read("settings", error);
        optional(self.repository.config().map_err(fail)?.get_string(key)).map_err(fail)
    }

    fn settings_of(&self, section: &str) -> Answer<Vec<(String, String)>> {
        let fail = |error| self.cannot_read("settings", error);
        let config = self.repository.config().map_err(fail)?;
        let mut found = Vec::new();
        let above = format!("{section}.");
        let mut add = |entry: &git2::ConfigEntry<'_>| {
            let name = String::from_utf8_lossy(entry.name_bytes()).into_owned();
            if name.starts_with(&above) {
                let value = if entry.has_value() { entry.value_bytes() } else { b"true" };
                found.push((name, String::from_utf8_lossy(value).into_owned()));
            }
        };
        config.entries(None).and_then(|entries| entries.for_each(&mut add)).map_err(fail)?;
        Ok(found)
    }

    fn path_setting(&self, key: &str) -> Answer<Option<PathBuf>> {
        let fail = |error| self.cannot_read("settings", error);
        optional(self.repository.config().map_err(fail)?.get_path(key)).map_err(fail)
    }
}

/// Returns a setting of the user or the system.
pub(super) fn user_setting(key: &str) -> Result<Option<String>, Error> {
    git2::Config::open_default().and_then(|config| optional(config.get_string(key))).map_err(no_user_settings)
}

/// Returns a setting of the user or the system that is a path.
pub(super) fn user_path_setting(key: &str) -> Result<Option<PathBuf>, Error> {
    git2::Config::open_default().and_then(|config| optional(config.get_path(key))).map_err(no_user_settings)
}

fn no_user_settings(error: git2::Error) -> Error {
    Error::UserSettings { source: error.into() }
}

fn optional<T>(value: Result<T, git2::Error>) -> Result<Option<T>, git2::Error> {
    match value {
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        value => value.map(Some),
    }
}

/// Returns whether Git accepts a name for a tag.
pub(super) fn is_tag_name(name: &str) -> bool {
    git2::Tag::is_valid_name(name)
}

fn attributes_files(entries: Vec<TreeEntry>) -> Vec<TreeEntry> {
    entries.into_iter().filter(is_attributes_file).collect()
}

fn is_attributes_file(entry: &TreeEntry) -> bool {
    let is_file = entry.stage == 0 && !entry.intent_to_add && matches!(entry.mode, Mode::File | Mode::Executable);
    is_file && entry.path.rsplit(|byte| *byte == b'/').next() == Some(ATTRIBUTES_FILE.as_bytes())
}

/// Returns an entry in the form that libgit2 takes, without stat data.
fn index_entry(entry: &TreeEntry) -> Result<git2::IndexEntry, Error> {
    let never = git2::IndexTime::new(0, 0);
    Ok(git2::IndexEntry {
        ctime: never,
        mtime: never,
        dev: 0,
        ino: 0,
        mode: if entry.mode == Mode::Symlink { 0o120_000 } else { 0o100_644 },
        uid: 0,
        gid: 0,
        file_size: 0,
        id: oid(&entry.id).map_err(|error| cannot_read_object(&entry.id, error))?,
        flags: 0,
        flags_extended: 0,
        path: entry.path.clone(),
    })
}

fn cannot_open(path: &Path, error: git2::Error) -> Refusal {
    let unsupported = error.message().contains("unsupported") || error.message().contains("unknown object format");
    // Git may accept an owner that libgit2 does not: `safe.directory = /path/*`. The program checks again.
    if unsupported || error.code() == ErrorCode::Owner {
        return Refusal::Unsupported(error.message().to_owned());
    }
    Error::Open { path: path.to_path_buf(), source: error.into() }.into()
}
