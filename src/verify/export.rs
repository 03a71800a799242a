//! Copies what was verified to a new directory, hashing while it copies: what is used there is what was signed, whatever
//! becomes of the place that it came from in the meantime.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::artifacts::digest;
use crate::atomic::Staging;
use crate::files::{Files, Kind, OPENNESS_DIR};
use crate::path::RepoPath;
use crate::release::{STATEMENT_FILE, SUMS_FILE};
use crate::sign::Status;
use crate::statement::{self, Subject};

use super::files::MAX_TEXT_BYTES;
use super::{MAX_ENVELOPE_BYTES, Report, without_crlf};

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// The number of signed files; fewer than signed where only a part was there.
    pub files: usize,
    /// Their size in bytes.
    pub bytes: u64,
}

/// Why nothing was exported. The directory is not there then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The report is of a release without a statement that could be read.
    #[error("there is nothing verified to export")]
    Nothing,
    /// There is something already.
    #[error("`{}` already exists and is not an empty directory", .path.display())]
    Exists {
        /// The directory.
        path: PathBuf,
    },
    /// Somebody wrote to the file after it was verified.
    #[error("`{path}` has changed since it was verified a moment ago")]
    Changed {
        /// The file.
        path: RepoPath,
    },
    /// A file cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: RepoPath,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`", .path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The statement cannot be written.
    #[error(transparent)]
    Statement(#[from] statement::Error),
}

/// Copies the signed files that a report found verified, and the good signatures, to a directory that is not there yet or
/// empty. Links and whatever is not signed stay behind.
///
/// # Errors
/// [`Error`]; [`Error::Changed`] where a file is not, now, what was signed.
pub fn export(snapshot: &dyn Files, report: &Report, to: &Path) -> Result<Exported, Error> {
    let statement = report.statement.as_ref().ok_or(Error::Nothing)?;
    let fail = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Write { path, source }
    };
    match fs::read_dir(to).map(Iterator::count) {
        // A link is not replaced, and what it points at is not where one was told to write.
        _ if to.is_symlink() => return Err(Error::Exists { path: to.to_owned() }),
        Ok(0) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) if !to.exists() => return Err(fail(to)(source)),
        _ => return Err(Error::Exists { path: to.to_owned() }),
    }
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(fail(parent))?;
    let new = Staging::new(parent).map_err(fail(parent))?;

    let mut exported = Exported { files: 0, bytes: 0 };
    for subject in &statement.subject {
        let is_verified = !report.files.absent.iter().any(|name| name == subject.name.as_str());
        if is_verified && copy(snapshot, subject, new.path())? {
            exported.files += 1;
            exported.bytes += subject.annotations.size;
        }
    }
    let home = new.path().join(OPENNESS_DIR);
    fs::create_dir_all(&home).map_err(fail(&home))?;
    put(&home.join(STATEMENT_FILE), &statement.to_bytes()?)?;
    put(&home.join(SUMS_FILE), statement.sums().as_bytes())?;
    for signature in report.signatures.iter().filter(|signature| signature.status == Status::Good) {
        // Read again, and it proves itself again to whoever verifies the copy.
        let read = snapshot.read(&signature.path, MAX_ENVELOPE_BYTES);
        let read =
            read.map_err(|error| Error::Read { path: signature.path.clone(), source: io::Error::other(error) })?;
        let bytes = read.ok_or_else(|| Error::Changed { path: signature.path.clone() })?;
        put(&signature.path.below(new.path()), &bytes)?;
    }
    new.place(to).map_err(fail(to))?;
    Ok(exported)
}

/// Copies one file; `false` where only a pointer to it is here.
fn copy(snapshot: &dyn Files, subject: &Subject, root: &Path) -> Result<bool, Error> {
    let path = &subject.name;
    let read = |source| Error::Read { path: path.clone(), source };
    let Some(entry) = snapshot.find(path).filter(|entry| matches!(entry.kind, Kind::File { .. })) else {
        return Err(Error::Changed { path: path.clone() });
    };
    let size = subject.annotations.size;
    // One byte more than signed is enough to see that there are more.
    let mut content = digest::open_content(snapshot, entry).map_err(read)?.take(size.saturating_add(1));
    let target = path.below(root);
    let mut file = create(&target)?;
    let (sha256, found) = digest::copy(&mut content, &mut file).map_err(read)?;
    if sha256 == subject.digest.sha256.0 && found == size {
        return Ok(true);
    }
    drop(file);
    fs::remove_file(&target).map_err(|source| Error::Write { path: target.clone(), source })?;
    let whole = snapshot.read(path, MAX_TEXT_BYTES).ok().flatten().unwrap_or_default();
    if crate::artifacts::lfs::Pointer::parse(&whole).is_some_and(|pointer| pointer.oid == subject.digest.sha256.0) {
        return Ok(false);
    }
    // What Git on Windows made of a text is verified as the text; what is copied is what was signed.
    let text = without_crlf(&whole);
    if digest::sha256(&text) == subject.digest.sha256.0 {
        put(&target, &text)?;
        return Ok(true);
    }
    Err(Error::Changed { path: path.clone() })
}

/// Never over another file: on systems that ignore case two names may be one.
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
