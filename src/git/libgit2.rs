//! Answers by libgit2, without running anything.

mod tags;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::SystemTime;

use git2::{AttrCheckFlags, AttrValue, ErrorClass, ErrorCode, ObjectType, Oid, Repository, RepositoryOpenFlags};

use crate::path::{MAX_COMPONENTS, RepoPath};

use super::attributes::Lines;
use super::changed::changed;
use super::index::{self, Index};
use super::{
    Attribute, Backend, CommitFacts, Error, Location, MAX_ENTRIES, Mode, ObjectFormat, ObjectId, StagedCommit,
    TreeEntry, TreeSource,
};

/// The name of the files that hold attributes.
const ATTRIBUTES_FILE: &str = ".gitattributes";

/// Size and time of an index file.
type IndexStamp = (u64, SystemTime);

/// An open repository, for one thread at a time.
pub(super) struct Handle {
    repository: Repository,
    index_file: Option<PathBuf>,
    has_reftable: bool,
    /// Of the index of this size and time.
    staged_attributes: RefCell<Option<(IndexStamp, Vec<TreeEntry>)>>,
}

/// Lets libgit2 open repositories whose references it cannot read and partial clones of the old kind.
///
/// Both fail loudly where they matter: a reference is not found, an object is not there.
fn allow_extensions() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        #[expect(unsafe_code, reason = "sets a static variable of libgit2")]
        // SAFETY: the variable is written here alone, once, and every open of a repository comes after it.
        let result = unsafe { git2::opts::set_extensions(&["refstorage", "partialclone"]) };
        // Without memory for two words: opening such a repository then fails by itself.
        drop(result);
    });
}

impl Handle {
    /// Opens the repository that `path` lies in.
    pub(super) fn discover(path: &Path) -> Result<Option<Self>, Error> {
        allow_extensions();
        let nowhere: [&std::ffi::OsStr; 0] = [];
        match Repository::open_ext(path, RepositoryOpenFlags::empty(), nowhere) {
            Ok(repository) => Ok(Some(Self::new(repository, None))),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(cannot_open(path, error)),
        }
    }

    /// Opens a repository that was found before.
    pub(super) fn open(location: &Location) -> Result<Self, Error> {
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
        Ok(Self::new(repository, location.index_file.clone()))
    }

    fn new(repository: Repository, index_file: Option<PathBuf>) -> Self {
        let storage = repository.config().and_then(|config| config.get_string("extensions.refstorage"));
        let has_reftable = storage.is_ok_and(|storage| storage != "files");
        Self { repository, index_file, has_reftable, staged_attributes: RefCell::default() }
    }

    pub(super) fn location(&self) -> Location {
        Location {
            git_dir: self.repository.path().to_path_buf(),
            common_dir: self.repository.commondir().to_path_buf(),
            work_dir: self.repository.workdir().map(Path::to_path_buf),
            index_file: None,
            object_dirs: Vec::new(),
        }
    }

    pub(super) fn object_format(&self) -> ObjectFormat {
        match self.repository.object_format() {
            git2::ObjectFormat::Sha1 => ObjectFormat::Sha1,
            git2::ObjectFormat::Sha256 => ObjectFormat::Sha256,
        }
    }

    pub(super) fn blob_size(&self, id: &ObjectId) -> Result<u64, Error> {
        let fail = |error| cannot_read_object(id, error);
        let (size, kind) = self.repository.odb().and_then(|odb| odb.read_header(oid(id)?)).map_err(fail)?;
        if kind != ObjectType::Blob {
            return Err(Error::Object { id: id.to_string(), source: "it is no blob".into() });
        }
        u64::try_from(size).map_err(|error| Error::Object { id: id.to_string(), source: error.into() })
    }

    /// Reads a whole blob; libgit2 compares its hash with its name.
    pub(super) fn blob(&self, id: &ObjectId) -> Result<Vec<u8>, Error> {
        let blob = oid(id).and_then(|oid| self.repository.find_blob(oid)).map_err(|e| cannot_read_object(id, e))?;
        Ok(blob.content().to_vec())
    }

    fn part(&self, what: &'static str, error: git2::Error) -> Error {
        if error.message().contains("unsupported") {
            return Error::UnsupportedByLibgit2 { what: error.message().to_owned() };
        }
        Error::Part { what, path: self.repository.path().to_path_buf(), source: error.into() }
    }

    fn index_path(&self) -> PathBuf {
        self.index_file.clone().unwrap_or_else(|| self.repository.path().join("index"))
    }

    fn read_index(&self) -> Result<Index, Error> {
        let bytes = match std::fs::read(self.index_path()) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Index { entries: Vec::new(), trees: None });
            }
            Err(error) => {
                let path = self.repository.path().to_path_buf();
                return Err(Error::Part { what: "index", path, source: error.into() });
            }
        };
        index::read(&bytes, self.object_format()).map_err(|error| error.of_repository(self.repository.path()))
    }

    /// Returns the files with attributes in the index, which is not read again for each attribute.
    fn staged_attributes(&self) -> Result<Vec<TreeEntry>, Error> {
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

    /// Adds the files with attributes that are not in the repository's history: of the machine, the user and the clone,
    /// and those in the work tree, which may hold macros whatever is looked at.
    fn add_attributes_outside(
        &self,
        look: TreeSource<'_>,
        paths: &[&RepoPath],
        lines: &mut Lines<'_>,
    ) -> Result<(), Error> {
        let mut add = |directory: &str, path: &Path| {
            if let Ok(bytes) = std::fs::read(path) {
                lines.add(directory, &bytes);
            }
        };
        let user = |variable, below| std::env::var_os(variable).map(|home| Path::new(&home).join(below));
        let configured = self.path_setting("core.attributesFile")?;
        let files = [
            Some(PathBuf::from("/etc/gitattributes")),
            user("XDG_CONFIG_HOME", "git/attributes"),
            user("HOME", ".config/git/attributes"),
            configured,
            Some(self.repository.commondir().join("info/attributes")),
        ];
        files.into_iter().flatten().for_each(|file| add("", &file));
        let Some(work_dir) = self.repository.workdir() else { return Ok(()) };
        let mut directories = BTreeSet::from([""]);
        if look == TreeSource::WorkTree {
            let above = |path: &'_ &RepoPath| path.as_str().match_indices('/').map(|(at, _)| at).collect::<Vec<_>>();
            directories.extend(paths.iter().flat_map(|path| above(path).into_iter().map(|at| &path.as_str()[..at])));
        }
        directories.into_iter().for_each(|directory| add(directory, &work_dir.join(directory).join(ATTRIBUTES_FILE)));
        Ok(())
    }

    fn add_tree(&self, id: Oid, above: &[u8], depth: usize, into: &mut Vec<TreeEntry>) -> Result<(), Error> {
        let fail = |error| cannot_read_object(&object_id(id), error);
        for entry in &self.repository.find_tree(id).map_err(fail)? {
            if into.len() >= MAX_ENTRIES {
                return Err(Error::TooMany);
            }
            let mut path = above.to_vec();
            path.extend_from_slice(entry.name_bytes());
            if entry.kind() == Some(ObjectType::Tree) {
                // One level more than a path may have is listed, so that it is refused by name; no deeper.
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

    fn is_unborn(&self) -> bool {
        self.repository.head().is_err_and(|error| error.code() == ErrorCode::UnbornBranch)
    }
}

impl Backend for Handle {
    fn resolve(&self, revision: &str) -> Result<CommitFacts, Error> {
        if self.has_reftable {
            return Err(Error::UnsupportedByLibgit2 { what: "references in the reftable format".to_owned() });
        }
        let unknown = || Error::UnknownRevision { revision: revision.to_owned() };
        let object = match self.repository.revparse_single(revision) {
            Ok(object) => object,
            Err(_) if speaks_of_head(revision) && self.is_unborn() => return Err(Error::Unborn),
            Err(_) => return Err(unknown()),
        };
        let commit = object.peel_to_commit().map_err(|_| unknown())?;
        Ok(CommitFacts {
            object_format: self.object_format(),
            commit: object_id(commit.id()),
            tree: object_id(commit.tree_id()),
            time: commit.time().seconds(),
        })
    }

    fn tree(&self, tree: &ObjectId) -> Result<Vec<TreeEntry>, Error> {
        let mut listed = Vec::new();
        let id = oid(tree).map_err(|error| cannot_read_object(tree, error))?;
        self.add_tree(id, b"", 1, &mut listed)?;
        Ok(listed)
    }

    fn index(&self) -> Result<Vec<TreeEntry>, Error> {
        Ok(self.read_index()?.entries)
    }

    fn staged_commit(&self) -> Result<StagedCommit, Error> {
        let Index { entries, trees } = self.read_index()?;
        let last = match self.resolve("HEAD") {
            Ok(commit) => Some(commit.tree),
            Err(Error::Unborn) => None,
            Err(error) => return Err(error),
        };
        let changed = changed(&self.repository, last.as_ref(), &entries, trees.as_ref())?;
        Ok(StagedCommit { entries, changed })
    }

    fn attributes(&self, look: TreeSource<'_>, name: &str, paths: &[&RepoPath]) -> Result<Vec<Attribute>, Error> {
        let fail = |error| self.part("attributes", error);
        let files = match look {
            TreeSource::WorkTree | TreeSource::Staged => self.staged_attributes()?,
            TreeSource::Revision(revision) => attributes_files(self.tree(&self.resolve(revision)?.tree)?),
        };
        // An index that holds nothing else: libgit2 reads no other entries, and does not hash the whole again.
        let mut index = git2::Index::new_ext(self.repository.object_format()).map_err(fail)?;
        let mut lines = Lines::of(name);
        for file in &files {
            index.add(&index_entry(file)?).map_err(fail)?;
            let directory = file.path.len().saturating_sub(ATTRIBUTES_FILE.len() + 1);
            lines.add(&String::from_utf8_lossy(&file.path[..directory]), &self.blob(&file.id)?);
        }
        self.add_attributes_outside(look, paths, &mut lines)?;
        let lines = lines.relevant();
        // A handle of its own: libgit2 caches attributes, and its index is replaced.
        let repository = Repository::open(self.repository.path()).map_err(fail)?;
        repository.set_index(&mut index).map_err(fail)?;
        let flags = match look {
            TreeSource::WorkTree => AttrCheckFlags::FILE_THEN_INDEX,
            TreeSource::Staged | TreeSource::Revision(_) => AttrCheckFlags::INDEX_ONLY,
        };
        let attribute = |path: &&RepoPath| {
            if cfg!(unix) && !lines.may_speak_of(path.as_str()) {
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

    fn setting(&self, key: &str) -> Result<Option<String>, Error> {
        let fail = |error| self.part("settings", error);
        optional(self.repository.config().map_err(fail)?.get_string(key)).map_err(fail)
    }

    fn path_setting(&self, key: &str) -> Result<Option<PathBuf>, Error> {
        let fail = |error| self.part("settings", error);
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

/// Returns whether Git takes it for the name of a tag.
pub(super) fn is_tag_name(name: &str) -> bool {
    git2::Tag::is_valid_name(name)
}

/// Returns whether an unborn `HEAD` explains that a revision is unknown.
pub(super) fn speaks_of_head(revision: &str) -> bool {
    revision.starts_with("HEAD") || revision.starts_with('@')
}

fn attributes_files(entries: Vec<TreeEntry>) -> Vec<TreeEntry> {
    entries.into_iter().filter(is_attributes_file).collect()
}

fn is_attributes_file(entry: &TreeEntry) -> bool {
    let is_file = entry.stage == 0 && !entry.intent_to_add && entry.mode != Mode::Submodule;
    is_file && entry.path.rsplit(|byte| *byte == b'/').next() == Some(ATTRIBUTES_FILE.as_bytes())
}

/// An entry as libgit2 takes it; what is known of the file on disk is left out.
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

pub(super) fn oid(id: &ObjectId) -> Result<Oid, git2::Error> {
    let format = if id.as_str().len() == 64 { git2::ObjectFormat::Sha256 } else { git2::ObjectFormat::Sha1 };
    Oid::from_str_ext(id.as_str(), format)
}

pub(super) fn object_id(oid: Oid) -> ObjectId {
    ObjectId::from_raw(oid.as_bytes()).expect("libgit2 names objects by 20 or 32 bytes")
}

fn cannot_open(path: &Path, error: git2::Error) -> Error {
    let unsupported = error.message().contains("unsupported") || error.message().contains("unknown object format");
    // Git may accept what libgit2 does not: `safe.directory = /path/*`. The program asks anew, and says no if it is no.
    if unsupported || error.code() == ErrorCode::Owner {
        return Error::UnsupportedByLibgit2 { what: error.message().to_owned() };
    }
    Error::Open { path: path.to_path_buf(), source: error.into() }
}

pub(super) fn cannot_read_object(id: &ObjectId, error: git2::Error) -> Error {
    if error.code() == ErrorCode::NotFound && error.class() == ErrorClass::Odb {
        return Error::NotPresent { id: *id };
    }
    Error::Object { id: id.to_string(), source: error.into() }
}
