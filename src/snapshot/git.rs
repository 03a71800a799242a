//! The files of a repository: those that Git tracks on disk, the staged ones, or those of a commit.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::error_text;
use crate::files::{
    Attribute, Content, Entry, FileList, FileStat, Files, GitFacts, Kind, LfsObject, Listing, MAX_LINK_BYTES,
    OPENNESS_DIR, ObjectId, Origin, ProblemKind, VCS_DIRS, link_target, not_a_file,
};
use crate::git::{self, Mode, Repo, TreeEntry, TreeSource};
use crate::path::{PathReader, RepoPath};

use super::directory::DirectoryFiles;
use super::{Error, Storage, walk};
use crate::beneath::{Directory, Found};

/// The files of a repository, or of a directory of it.
#[derive(Debug)]
pub(super) struct GitFiles {
    repo: Repo,
    /// The directory of the repository that is the root of the list.
    prefix: Option<RepoPath>,
    origin: Origin,
    facts: GitFacts,
    /// The root on disk, if files are read from disk.
    disk: Option<Directory>,
    list: FileList,
    stored: Stored,
    /// The paths that differ from the last commit, in byte order; `None` if everything counts as changed.
    changed: Option<Vec<Vec<u8>>>,
    /// The paths that only the last commit has, in byte order, if it was compared.
    deleted: Vec<RepoPath>,
}

/// Where the bytes of the entries are, by their numbers.
#[derive(Debug)]
enum Stored {
    /// In the working tree, with exceptions.
    OnDisk(Vec<Storage>),
    /// All in the object database. Takes half the space: a hook lists many files that it never opens.
    Objects(Vec<ObjectId>),
}

/// Where the bytes of an entry are.
#[derive(Debug, Clone, Copy)]
enum Place<'a> {
    Disk { size: u64, stat: Option<&'a FileStat>, has_other_names: bool },
    Object(&'a ObjectId),
    Nowhere,
}

impl Stored {
    fn place(&self, at: usize) -> Option<Place<'_>> {
        let storage = match self {
            Self::Objects(ids) => return ids.get(at).map(Place::Object),
            Self::OnDisk(list) => list.get(at)?,
        };
        Some(match storage {
            Storage::Disk { size, stat, has_other_names } => {
                Place::Disk { size: *size, stat: stat.as_ref(), has_other_names: *has_other_names }
            }
            Storage::Object(id) => Place::Object(id),
            Storage::Hub { .. } | Storage::Nowhere => Place::Nowhere,
        })
    }
}

impl GitFiles {
    pub(super) fn of_work_tree(repo: &Repo, prefix: Option<&RepoPath>) -> Result<Self, Error> {
        let top = repo.work_dir().ok_or_else(|| Error::NoWorkTree { path: repo.git_dir().to_path_buf() })?;
        let root = below_top(top, prefix);
        let directory = Directory::open_root(&root).map_err(|source| Error::Io { path: root, source })?;
        let mut listing = Listing::default();
        list_tracked(repo, &directory, below(repo.index()?, prefix), &mut listing)?;
        walk::walk_openness(&directory, &mut listing)?;
        let (list, storage) = listing.finish();
        Ok(Self { disk: Some(directory), ..Self::new(repo, prefix, Origin::WorkTree, list, Stored::OnDisk(storage)) })
    }

    pub(super) fn of_index(repo: &Repo, prefix: Option<&RepoPath>) -> Result<Self, Error> {
        Self::of_objects(repo, prefix, Origin::Index, repo.index()?)
    }

    pub(super) fn of_staged_commit(repo: &Repo, prefix: Option<&RepoPath>) -> Result<Self, Error> {
        let next = repo.staged_commit()?;
        let within = |path: &[u8]| match prefix {
            None => Some(path.to_vec()),
            Some(prefix) => strip(path, prefix).map(<[u8]>::to_vec),
        };
        let changed = next.changed.iter().filter_map(|at| within(&next.entries[*at].path));
        let mut changed: Vec<Vec<u8>> = changed.collect();
        changed.sort_unstable();
        let deleted = next.deleted.iter().filter_map(|path| within(path));
        let mut deleted: Vec<RepoPath> = deleted.filter_map(|path| RepoPath::from_vec(path).ok()).collect();
        deleted.sort_unstable();
        let files = Self::of_objects(repo, prefix, Origin::Index, next.entries)?;
        Ok(Self { changed: Some(changed), deleted, ..files })
    }

    pub(super) fn deleted(&self) -> &[RepoPath] {
        &self.deleted
    }

    pub(super) fn of_revision(repo: &Repo, revision: &str, prefix: Option<&RepoPath>) -> Result<Self, Error> {
        let commit = repo.resolve(revision)?;
        let mut files = Self::of_objects(repo, prefix, Origin::Commit, repo.tree(&commit.tree)?)?;
        files.facts.commit = Some(commit);
        Ok(files)
    }

    fn of_objects(
        repo: &Repo,
        prefix: Option<&RepoPath>,
        origin: Origin,
        listed: Vec<TreeEntry>,
    ) -> Result<Self, Error> {
        let mut listing = Listing::default();
        list_objects(repo, below(listed, prefix), &mut listing)?;
        let (list, ids) = listing.finish();
        Ok(Self::new(repo, prefix, origin, list, Stored::Objects(ids)))
    }

    fn new(repo: &Repo, prefix: Option<&RepoPath>, origin: Origin, list: FileList, stored: Stored) -> Self {
        Self {
            repo: repo.clone(),
            prefix: prefix.cloned(),
            origin,
            facts: GitFacts { object_format: repo.object_format(), commit: None },
            disk: None,
            list,
            stored,
            changed: None,
            deleted: Vec::new(),
        }
    }

    pub(super) fn not_fetched(&self) -> Result<Vec<RepoPath>, git::Error> {
        let mut absent = Vec::new();
        if !self.repo.is_partial() {
            return Ok(absent);
        }
        for entry in self.list.entries().iter().chain(self.list.openness_files()) {
            if let (Kind::File { .. } | Kind::Missing, Some(Place::Object(id))) = (&entry.kind, self.place(entry))
                && !self.repo.has(id)?
            {
                absent.push(entry.path.clone());
            }
        }
        Ok(absent)
    }

    pub(super) fn repo(&self) -> &Repo {
        &self.repo
    }

    pub(super) fn prefix(&self) -> Option<&RepoPath> {
        self.prefix.as_ref()
    }

    /// Returns the root in the working tree; a bare repository has none.
    pub(super) fn root(&self) -> Option<PathBuf> {
        match &self.disk {
            Some(directory) => Some(directory.path().to_path_buf()),
            None => self.repo.work_dir().map(|top| below_top(top, self.prefix.as_ref())),
        }
    }

    fn place(&self, entry: &Entry) -> Option<Place<'_>> {
        self.stored.place(self.list.number_of(entry)?)
    }

    fn on_disk(&self) -> io::Result<&Directory> {
        self.disk.as_ref().ok_or_else(|| io::Error::other("the files were not listed on disk"))
    }
}

impl Files for GitFiles {
    fn origin(&self) -> Origin {
        self.origin
    }

    fn list(&self) -> &FileList {
        &self.list
    }

    fn size(&self, entry: &Entry) -> io::Result<u64> {
        match self.place(entry) {
            Some(Place::Disk { size, .. }) => Ok(size),
            Some(Place::Object(id)) => Ok(self.repo.blob_size(id)?),
            _ => Err(not_a_file(entry)),
        }
    }

    fn open(&self, entry: &Entry) -> io::Result<Content> {
        match self.place(entry) {
            _ if !matches!(entry.kind, Kind::File { .. }) => Err(not_a_file(entry)),
            Some(Place::Disk { .. }) => {
                let reader = self.on_disk()?.open_file(entry.path.as_str())?;
                Ok(Content::new(reader.size(), reader))
            }
            Some(Place::Object(id)) => {
                let blob = self.repo.blob(id)?;
                Ok(Content::new(blob.size(), blob))
            }
            _ => Err(not_a_file(entry)),
        }
    }

    fn open_range(&self, entry: &Entry, range: Range<u64>) -> io::Result<Content> {
        if matches!(self.place(entry), Some(Place::Disk { .. })) && matches!(entry.kind, Kind::File { .. }) {
            return self.on_disk()?.open_file(entry.path.as_str())?.part(range);
        }
        let mut content = self.open(entry)?;
        let end = range.end.min(content.size());
        let start = range.start.min(end);
        io::copy(&mut content.by_ref().take(start), &mut io::sink())?;
        Ok(Content::new(end - start, content.take(end - start)))
    }

    fn open_path(&self, path: &RepoPath) -> io::Result<Option<Content>> {
        match self.find(path) {
            Some(entry) if matches!(entry.kind, Kind::File { .. }) => self.open(entry).map(Some),
            Some(_) => Ok(None),
            None if self.origin == Origin::WorkTree => {
                match self.on_disk().and_then(|directory| directory.open_file(path.as_str())) {
                    Ok(reader) => Ok(Some(Content::new(reader.size(), reader))),
                    Err(error) if is_absence(&error) => Ok(None),
                    Err(error) => Err(error),
                }
            }
            None => Ok(None),
        }
    }

    fn git(&self) -> Option<&GitFacts> {
        Some(&self.facts)
    }

    fn attributes(&self, name: &str, paths: &[&RepoPath]) -> io::Result<Option<Vec<Attribute>>> {
        let commit;
        let state = match (self.origin, &self.facts.commit) {
            (Origin::Commit, Some(facts)) => {
                commit = facts.commit.to_string();
                TreeSource::Revision(&commit)
            }
            (Origin::Index, _) => TreeSource::Staged,
            _ => TreeSource::WorkTree,
        };
        let Some(prefix) = &self.prefix else { return Ok(Some(self.repo.attributes(state, name, paths)?)) };
        // Git expects paths from the root of the repository; `.gitattributes` files above the prefix apply below it.
        let whole = |path: &&RepoPath| {
            let text = format!("{prefix}/{path}");
            text.parse().map_err(|_| io::Error::other(format!("`{text}` is not a valid path")))
        };
        let whole = paths.iter().map(whole).collect::<io::Result<Vec<RepoPath>>>()?;
        Ok(Some(self.repo.attributes(state, name, &whole.iter().collect::<Vec<_>>())?))
    }

    fn is_changed(&self, entry: &Entry) -> bool {
        let path = entry.path.as_str().as_bytes();
        let is_in = |list: &Vec<Vec<u8>>| list.binary_search_by(|new| new.as_slice().cmp(path)).is_ok();
        self.changed.as_ref().is_none_or(is_in)
    }

    fn untracked(&self) -> Vec<RepoPath> {
        if !matches!(self.origin, Origin::WorkTree | Origin::Index) {
            return Vec::new();
        }
        let Some(directory) = self.root().and_then(|root| DirectoryFiles::list_all(&root).ok()) else {
            return Vec::new();
        };
        // Links stand for no bytes, and Git does not add files of a submodule.
        let files = directory.entries().iter().filter(|entry| matches!(entry.kind, Kind::File { .. }));
        let is_new = |path: &RepoPath| self.find(path).is_none() && self.list.in_the_way(path.as_str()).is_none();
        files.filter(|entry| is_new(&entry.path)).map(|entry| entry.path.clone()).collect()
    }

    fn is_on_disk(&self, entry: &Entry) -> bool {
        matches!(self.place(entry), Some(Place::Disk { .. }))
    }

    fn stat(&self, entry: &Entry) -> Option<FileStat> {
        match self.place(entry)? {
            Place::Disk { stat, .. } => stat.copied(),
            _ => None,
        }
    }

    fn stat_now(&self, entry: &Entry) -> Option<FileStat> {
        self.stat(entry)?;
        self.on_disk().ok()?.stat(entry.path.as_str())
    }

    fn has_other_names(&self, entry: &Entry) -> bool {
        matches!(self.place(entry), Some(Place::Disk { has_other_names: true, .. }))
    }

    fn leads_nowhere(&self, entry: &Entry) -> bool {
        match &self.disk {
            Some(disk) if matches!(entry.kind, Kind::Symlink { .. }) => disk.leads_nowhere(entry.path.as_str()),
            _ => self.list.lacks_target(entry),
        }
    }

    /// Looks in the object store of Git LFS, then in the working tree.
    ///
    /// The repository's own `lfs.storage` is not followed, since the repository may be hostile.
    fn lfs_object(&self, entry: &Entry, oid: &str, size: u64) -> Option<LfsObject> {
        let store = self.repo.common_dir().join("lfs/objects");
        let object = store.join(oid.get(..2)?).join(oid.get(2..4)?).join(oid);
        if let Some(file) = open_sized(&object, size) {
            return Some(LfsObject { content: Content::new(size, file), is_stored: true });
        }
        if self.is_on_disk(entry) {
            return None;
        }
        let root = Directory::open_root(&self.root()?).ok()?;
        let file = root.open_file(entry.path.as_str()).ok().filter(|file| file.size() == size)?;
        Some(LfsObject { content: Content::new(size, file), is_stored: false })
    }
}

/// Opens a regular file of a certain size.
#[allow(clippy::disallowed_methods, reason = "it was just seen to be a regular file of that size")]
fn open_sized(path: &Path, size: u64) -> Option<File> {
    let fits = |metadata: std::fs::Metadata| metadata.is_file() && metadata.len() == size;
    // Checked before opening: opening a FIFO would wait.
    path.symlink_metadata().ok().filter(|metadata| fits(metadata.clone()))?;
    let file = File::open(path).ok()?;
    file.metadata().is_ok_and(fits).then_some(file)
}

fn below_top(top: &Path, prefix: Option<&RepoPath>) -> PathBuf {
    prefix.map_or_else(|| top.to_path_buf(), |prefix| prefix.below(top))
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidInput)
}

/// Keeps the entries below a prefix, with paths relative to it.
fn below(listed: Vec<TreeEntry>, prefix: Option<&RepoPath>) -> Vec<TreeEntry> {
    let Some(prefix) = prefix else { return listed };
    let within = |mut entry: TreeEntry| {
        entry.path = strip(&entry.path, prefix)?.to_vec();
        Some(entry)
    };
    listed.into_iter().filter_map(within).collect()
}

/// Returns a path relative to a directory; `None` if it is not below it.
fn strip<'a>(path: &'a [u8], prefix: &RepoPath) -> Option<&'a [u8]> {
    path.strip_prefix(prefix.as_str().as_bytes())?.strip_prefix(b"/")
}

/// An entry of a tree or the index with a valid path.
struct Admitted {
    path: RepoPath,
    mode: Mode,
    id: ObjectId,
    skip_worktree: bool,
}

/// Accepts entries in the order of the index, most of which are in the same directory as the one before.
#[derive(Debug, Default)]
struct Admission {
    paths: PathReader,
    /// Whether a directory above the last entry begins like that of a version control system. Few do.
    is_marked: bool,
}

impl Admission {
    /// Accepts an entry if its path is valid and it is neither in conflict nor only announced (`git add -N`).
    fn admit<S>(&mut self, entry: TreeEntry, listing: &mut Listing<S>) -> Option<Admitted> {
        if entry.stage != 0 {
            listing.problem(&entry.path, ProblemKind::Unmerged);
            return None;
        }
        if entry.intent_to_add {
            return None;
        }
        let (mode, id) = (entry.mode, entry.id);
        match self.paths.read(entry.path) {
            // Git never writes such an entry and refuses to check one out, but a crafted tree can contain it. It does check
            // out the directories of other systems, which are left out on disk.
            Ok((path, name)) if self.may_be_of_vcs(&path, name) && (is_of_git(&path) || is_of_other_vcs(&path)) => {
                listing.problem(path.as_str().as_bytes(), ProblemKind::NestedRepository);
                None
            }
            Ok((path, _)) => Some(Admitted { path, mode, id, skip_worktree: entry.skip_worktree }),
            Err((error, bytes)) => {
                listing.problem(&bytes, ProblemKind::Path(error));
                None
            }
        }
    }

    /// Returns whether a component of the path begins like the directory of a version control system. `name` is where the name
    /// starts, if the directory is that of the entry before.
    fn may_be_of_vcs(&mut self, path: &RepoPath, name: Option<usize>) -> bool {
        let is_marked = |name: &str| name.starts_with(['.', '_']);
        let name = match name {
            Some(start) => &path.as_str()[start..],
            None => {
                self.is_marked = path.components().rev().skip(1).any(is_marked);
                path.file_name()
            }
        };
        self.is_marked || is_marked(name)
    }
}

/// Returns whether a component of the path is `.git` in any case.
fn is_of_git(path: &RepoPath) -> bool {
    path.components().any(|component| component.eq_ignore_ascii_case(".git"))
}

/// Returns whether a path is in the directory of another version control system.
fn is_of_other_vcs(path: &RepoPath) -> bool {
    path.as_str().rsplit_once('/').is_some_and(|(above, _)| above.split('/').any(|name| VCS_DIRS.contains(&name)))
}

/// Lists the entries of a tree or the index, whose bytes are in the object database.
fn list_objects(repo: &Repo, listed: Vec<TreeEntry>, listing: &mut Listing<ObjectId>) -> Result<(), git::Error> {
    let mut admission = Admission::default();
    let mut failed = None;
    listing.add_all(listed, |entry, listing| {
        let admitted = admission.admit(entry, listing).filter(|_| failed.is_none())?;
        let id = admitted.id;
        match object(repo, admitted, listing) {
            Ok(found) => found.map(|(path, kind)| (path, kind, id)),
            Err(error) => {
                failed = Some(error);
                None
            }
        }
    });
    failed.map_or(Ok(()), Err)
}

/// Returns the entry of what is in the object database; `None` if it is a problem.
fn object<S>(
    repo: &Repo,
    admitted: Admitted,
    listing: &mut Listing<S>,
) -> Result<Option<(RepoPath, Kind)>, git::Error> {
    let Admitted { path, mode, id, .. } = admitted;
    let kind = match mode {
        Mode::File => Kind::File { executable: false },
        Mode::Executable => Kind::File { executable: true },
        Mode::Submodule => Kind::Submodule { commit: id },
        Mode::Symlink => match link_text(repo, &id) {
            Ok(Ok(target)) => Kind::Symlink { target },
            Ok(Err(error)) => {
                listing.problem(path.as_str().as_bytes(), ProblemKind::Unreadable(error_text::io(&error)));
                return Ok(None);
            }
            Err(error @ git::Error::NotPresent { .. }) => {
                listing.problem(path.as_str().as_bytes(), ProblemKind::Unreadable(error.to_string()));
                return Ok(None);
            }
            Err(error) => return Err(error),
        },
    };
    Ok(Some((path, kind)))
}

fn link_text(repo: &Repo, id: &ObjectId) -> Result<io::Result<String>, git::Error> {
    let mut bytes = Vec::new();
    let blob = repo.blob(id)?;
    blob.take(MAX_LINK_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| git::Error::Object { id: id.to_string(), source: source.into() })?;
    Ok(link_target(bytes))
}

/// Lists the files that Git tracks, as they are on disk.
fn list_tracked(
    repo: &Repo,
    root: &Directory,
    index: Vec<TreeEntry>,
    listing: &mut Listing<Storage>,
) -> Result<(), git::Error> {
    // The entries are sorted, so most are in the same directory as the one before.
    let mut parent: Option<(String, io::Result<Directory>)> = None;
    let mut admission = Admission::default();
    for entry in index {
        let Some(admitted) = admission.admit(entry, listing) else { continue };
        let path = &admitted.path;
        if path.is_within(OPENNESS_DIR) {
            continue;
        }
        if admitted.mode == Mode::Submodule {
            listing.add(admitted.path, Kind::Submodule { commit: admitted.id }, Storage::Nowhere);
            continue;
        }
        let (above, name) = path.as_str().rsplit_once('/').unwrap_or(("", path.as_str()));
        let found = if above.is_empty() {
            look_up(root, name)
        } else {
            if parent.as_ref().is_none_or(|(known, _)| known != above) {
                parent = Some((above.to_owned(), root.open_directory(above.as_bytes())));
            }
            match &parent {
                Some((_, Ok(directory))) => look_up(directory, name),
                Some((_, Err(error))) => Err(io::Error::from(error.kind())),
                None => Err(io::Error::from(io::ErrorKind::NotFound)),
            }
        };
        let is_gone =
            |error: &io::Error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
        // A sparse checkout keeps the file in the object database only.
        if admitted.skip_worktree && found.as_ref().is_err_and(is_gone) {
            let is_link = admitted.mode == Mode::Symlink;
            if is_link && repo.is_partial() && !repo.has(&admitted.id)? {
                listing.add(admitted.path, Kind::Missing, Storage::Object(admitted.id));
            } else {
                let id = admitted.id;
                if let Some((path, kind)) = object(repo, admitted, listing)? {
                    listing.add(path, kind, Storage::Object(id));
                }
            }
            continue;
        }
        let Admitted { path, .. } = admitted;
        match found {
            Ok(Some((kind, storage))) => listing.add(path, kind, storage),
            Ok(None) => listing.add(path, Kind::Missing, Storage::Nowhere),
            Err(error) if is_gone(&error) => listing.add(path, Kind::Missing, Storage::Nowhere),
            Err(error) => {
                listing.problem(path.as_str().as_bytes(), ProblemKind::Unreadable(error_text::io(&error)));
            }
        }
    }
    Ok(())
}

/// Returns what is on disk under a name; `None` if Git would not track it.
fn look_up(directory: &Directory, name: &str) -> io::Result<Option<(Kind, Storage)>> {
    Ok(match directory.find(name.as_bytes())? {
        Found::File { size, executable, stat, has_other_names } => {
            Some((Kind::File { executable }, Storage::Disk { size, stat, has_other_names }))
        }
        Found::Symlink => {
            let target = link_target(directory.link_target(name.as_bytes())?)?;
            Some((Kind::Symlink { target }, Storage::Nowhere))
        }
        Found::Directory | Found::Special(_) => None,
    })
}
