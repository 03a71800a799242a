//! Copies a verified release to a new directory, and hashes it again while copying. The copy is what was signed, even if
//! the original is changed in the meantime.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::artifacts::digest;
use crate::atomic::Staging;
use crate::files::{Files, Kind, OPENNESS_DIR};
use crate::manifest::Sha256Hex;
use crate::path::{RepoPath, SortedCursor};
use crate::release::{STATEMENT_FILE, SUMS_FILE};
use crate::sign::Status;
use crate::statement;

use super::{MAX_ENVELOPE_BYTES, MAX_TEXT_BYTES, VerifiedRelease, without_crlf};

/// The size of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// The number of files copied; fewer than were signed if the release is only partly present.
    pub files: usize,
    /// The total size of these files in bytes.
    pub bytes: u64,
}

/// Why a release was not exported. The directory was not created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The target exists and is not an empty directory.
    #[error("`{}` already exists and is not an empty directory", .path.display())]
    Exists {
        /// The target directory.
        path: PathBuf,
    },
    /// A file was changed after it was verified.
    #[error("`{path}` has changed since it was verified")]
    Changed {
        /// The path of the file.
        path: RepoPath,
    },
    /// A file could not be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The path of the file.
        path: RepoPath,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write `{}`", .path.display())]
    Write {
        /// The path of the file or directory.
        path: PathBuf,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// The statement could not be written.
    #[error(transparent)]
    Statement(#[from] statement::Error),
}

/// Copies the signed files of a release and its good signatures to `to`, which must not exist or must be an empty directory.
/// Symbolic links and unsigned files are not copied.
///
/// `files` is where the release was verified. If it is another place, or has changed, the export fails.
///
/// # Errors
/// - [`Error::Exists`] if `to` exists and is not an empty directory;
/// - [`Error::Changed`] if a file is no longer what was signed;
/// - [`Error::Read`] or [`Error::Write`] if a file cannot be read or written.
pub fn export(files: &dyn Files, release: &VerifiedRelease, to: &Path) -> Result<Exported, Error> {
    let new = prepare(to)?;
    let mut absent = SortedCursor::new(&release.report().files().absent, |path| path);
    let mut exported = Exported { files: 0, bytes: 0 };
    for signed in signed_files(release) {
        if absent.find(signed.path).is_none()
            && let Some(bytes) = copy(files, &signed, new.path())?
        {
            exported.files += 1;
            exported.bytes += bytes;
        }
    }
    copy_signatures(files, release, new.path())?;
    new.place(to).map_err(|source| Error::Write { path: to.to_owned(), source })?;
    Ok(exported)
}

/// A file as a signature has it.
struct Signed<'a> {
    path: &'a RepoPath,
    sha256: &'a Sha256Hex,
    /// `None` if the signature does not tell it.
    size: Option<u64>,
}

/// Returns every signed file in the order of paths.
fn signed_files(release: &VerifiedRelease) -> Vec<Signed<'_>> {
    let subjects = release.statement().map_or(&[][..], |statement| &statement.subject).iter().map(|subject| Signed {
        path: &subject.name,
        sha256: &subject.digest.sha256.0,
        size: Some(subject.annotations.size),
    });
    let listed = release.oms_files().iter();
    let listed = listed.map(|resource| Signed { path: &resource.path, sha256: &resource.sha256, size: None });
    let mut signed: Vec<Signed<'_>> = subjects.chain(listed).collect();
    signed.sort_by_key(|signed| signed.path);
    signed
}

/// Checks the target directory and makes a temporary one next to it.
fn prepare(to: &Path) -> Result<Staging, Error> {
    let fail = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Write { path, source }
    };
    match fs::read_dir(to).map(Iterator::count) {
        // A symbolic link is not replaced, and its target is not the directory that was named.
        _ if to.is_symlink() => return Err(Error::Exists { path: to.to_owned() }),
        Ok(0) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) if !to.exists() => return Err(fail(to)(source)),
        _ => return Err(Error::Exists { path: to.to_owned() }),
    }
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(fail(parent))?;
    Staging::new(parent).map_err(fail(parent))
}

/// Writes the statement and the sums file, and copies the good signatures.
fn copy_signatures(files: &dyn Files, release: &VerifiedRelease, root: &Path) -> Result<(), Error> {
    let mut good: Vec<&RepoPath> = Vec::new();
    if let Some(statement) = release.statement() {
        let home = root.join(OPENNESS_DIR);
        fs::create_dir_all(&home).map_err(|source| Error::Write { path: home.clone(), source })?;
        put(&home.join(STATEMENT_FILE), &statement.to_bytes()?)?;
        put(&home.join(SUMS_FILE), statement.sums().as_bytes())?;
        let signatures = release.report().signatures().iter();
        good.extend(signatures.filter(|signature| signature.status == Status::Good).map(|signature| &signature.path));
    }
    let bundles = release.report().oms().iter().filter(|signature| signature.status == Status::Good);
    good.extend(bundles.filter_map(|signature| signature.path.as_ref()).filter(|path| !path.below(root).exists()));
    for path in good {
        // Not checked again: verifying the copy does that.
        let read = files.read(path, MAX_ENVELOPE_BYTES);
        let read = read.map_err(|error| Error::Read { path: path.clone(), source: io::Error::other(error) })?;
        let bytes = read.ok_or_else(|| Error::Changed { path: path.clone() })?;
        put(&path.below(root), &bytes)?;
    }
    Ok(())
}

/// Copies one file and returns its size. Returns `None` if only a Git LFS pointer to it is present.
fn copy(files: &dyn Files, signed: &Signed<'_>, root: &Path) -> Result<Option<u64>, Error> {
    let path = signed.path;
    let read = |source| Error::Read { path: path.clone(), source };
    let Some(entry) = files.find(path).filter(|entry| matches!(entry.kind, Kind::File { .. })) else {
        return Err(Error::Changed { path: path.clone() });
    };
    // One byte more than signed is enough to notice that the file is longer.
    let limit = signed.size.map_or(u64::MAX, |size| size.saturating_add(1));
    let mut content = digest::open_content(files, entry).map_err(read)?.take(limit);
    let target = path.below(root);
    let mut file = create(&target)?;
    let (sha256, found) = digest::copy(&mut content, &mut file).map_err(read)?;
    if sha256 == *signed.sha256 && signed.size.is_none_or(|size| size == found) {
        return Ok(Some(found));
    }
    drop(file);
    fs::remove_file(&target).map_err(|source| Error::Write { path: target.clone(), source })?;
    let whole = files.read(path, MAX_TEXT_BYTES).ok().flatten().unwrap_or_default();
    if crate::artifacts::lfs::Pointer::parse(&whole).is_some_and(|pointer| pointer.oid == *signed.sha256) {
        return Ok(None);
    }
    // A text with CRLF line endings counts as verified; its copy gets the signed line endings.
    let text = without_crlf(&whole);
    if digest::sha256(&text) == *signed.sha256 {
        put(&target, &text)?;
        return Ok(Some(u64::try_from(text.len()).unwrap_or(u64::MAX)));
    }
    Err(Error::Changed { path: path.clone() })
}

/// Creates a file, and fails if it exists: on file systems that ignore case two names may be one.
fn create(path: &Path) -> Result<fs::File, Error> {
    let fail = |source| Error::Write { path: path.to_owned(), source };
    if let Some(above) = path.parent() {
        fs::create_dir_all(above).map_err(fail)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path).map_err(fail)
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    create(path)?.write_all(bytes).map_err(|source| Error::Write { path: path.to_owned(), source })
}
