//! Answers by libgit2, without running anything.

mod tags;

use std::path::{Path, PathBuf};
use std::sync::Once;

use git2::{AttrCheckFlags, AttrValue, ErrorClass, ErrorCode, ObjectType, Oid, Repository, RepositoryOpenFlags};

use crate::path::{MAX_COMPONENTS, RepoPath};

use super::{
    Attribute, Backend, CommitFacts, Error, Listed, Location, Look, MAX_ENTRIES, Mode, ObjectFormat, ObjectId,
};

/// An open repository, for one thread at a time.
pub(super) struct Handle {
    repository: Repository,
    index_file: Option<PathBuf>,
    has_reftable: bool,
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
        Self { repository, index_file, has_reftable }
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
            return Error::Beyond { what: error.message().to_owned() };
        }
        Error::Part { what, path: self.repository.path().to_path_buf(), source: error.into() }
    }

    fn read_index(&self) -> Result<Option<git2::Index>, Error> {
        let path = self.index_file.clone().unwrap_or_else(|| self.repository.path().join("index"));
        if !path.exists() {
            return Ok(None);
        }
        git2::Index::open_ext(&path, self.repository.object_format())
            .and_then(|mut index| index.read(true).map(|()| Some(index)))
            .map_err(|error| self.part("index", error))
    }

    fn add_tree(&self, id: Oid, above: &[u8], depth: usize, into: &mut Vec<Listed>) -> Result<(), Error> {
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
            into.push(Listed { path, mode, id, stage: 0, intent_to_add: false, skip_worktree: false });
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
            return Err(Error::Beyond { what: "references in the reftable format".to_owned() });
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

    fn tree(&self, tree: &ObjectId) -> Result<Vec<Listed>, Error> {
        let mut listed = Vec::new();
        let id = oid(tree).map_err(|error| cannot_read_object(tree, error))?;
        self.add_tree(id, b"", 1, &mut listed)?;
        Ok(listed)
    }

    fn index(&self) -> Result<Vec<Listed>, Error> {
        let Some(index) = self.read_index()? else { return Ok(Vec::new()) };
        if index.len() > MAX_ENTRIES {
            return Err(Error::TooMany);
        }
        let listed = index.iter().filter_map(|entry| {
            Some(Listed {
                mode: Mode::from_bits(entry.mode)?,
                id: object_id(entry.id),
                // gitformat-index: bits 12 and 13 are the stage; of the extended flags, 13 is intent-to-add, 14 skip-worktree.
                stage: u8::try_from((entry.flags >> 12) & 3).unwrap_or_default(),
                intent_to_add: entry.flags_extended & (1 << 13) != 0,
                skip_worktree: entry.flags_extended & (1 << 14) != 0,
                path: entry.path,
            })
        });
        Ok(listed.collect())
    }

    fn attributes(&self, look: Look<'_>, name: &str, paths: &[&RepoPath]) -> Result<Vec<Attribute>, Error> {
        let fail = |error| self.part("attributes", error);
        // A handle of its own: libgit2 caches attributes, and its index is replaced below.
        let repository = Repository::open(self.repository.path()).map_err(fail)?;
        let flags = match look {
            Look::WorkTree => AttrCheckFlags::FILE_THEN_INDEX,
            Look::Staged | Look::Revision(_) => AttrCheckFlags::INDEX_ONLY,
        };
        let mut index = match look {
            Look::WorkTree | Look::Staged => match self.read_index()? {
                Some(index) => index,
                None => git2::Index::new_ext(self.repository.object_format()).map_err(fail)?,
            },
            Look::Revision(revision) => {
                let tree = self.resolve(revision)?.tree;
                let tree = oid(&tree).and_then(|id| repository.find_tree(id)).map_err(fail)?;
                let mut index = git2::Index::new_ext(self.repository.object_format()).map_err(fail)?;
                index.read_tree(&tree).map_err(fail)?;
                index
            }
        };
        repository.set_index(&mut index).map_err(fail)?;
        let attribute = |path: &&RepoPath| {
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

fn oid(id: &ObjectId) -> Result<Oid, git2::Error> {
    let format = if id.as_str().len() == 64 { git2::ObjectFormat::Sha256 } else { git2::ObjectFormat::Sha1 };
    Oid::from_str_ext(id.as_str(), format)
}

fn object_id(oid: Oid) -> ObjectId {
    ObjectId(oid.to_string().into())
}

fn cannot_open(path: &Path, error: git2::Error) -> Error {
    let unsupported = error.message().contains("unsupported") || error.message().contains("unknown object format");
    // Git may accept what libgit2 does not: `safe.directory = /path/*`. The program asks anew, and says no if it is no.
    if unsupported || error.code() == ErrorCode::Owner {
        return Error::Beyond { what: error.message().to_owned() };
    }
    Error::Open { path: path.to_path_buf(), source: error.into() }
}

fn cannot_read_object(id: &ObjectId, error: git2::Error) -> Error {
    if error.code() == ErrorCode::NotFound && error.class() == ErrorClass::Odb {
        return Error::NotPresent { id: id.clone() };
    }
    Error::Object { id: id.to_string(), source: error.into() }
}
