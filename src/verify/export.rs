//! Copies a verified release to a new directory, and hashes it again while copying. The copy is what was signed, even if
//! the original is changed in the meantime, and nothing is written elsewhere, even if links are put in the way.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::artifacts::digest::{self, Blocks};
use crate::artifacts::lfs::Pointer;
use crate::atomic::NewDirectory;
use crate::beneath::Directory;
use crate::files::{Files, Kind, OPENNESS_DIR};
use crate::manifest::Sha256Hex;
use crate::path::{RepoPath, SortedCursor};
use crate::release::{STATEMENT_FILE, SUMS_FILE};
use crate::sign::Status;
use crate::statement;

use super::line_endings::{Converted, Ending};
use super::{MAX_ENVELOPE_BYTES, VerifiedRelease};

/// The size of the largest file that is looked at to see whether it is a Git LFS pointer, in bytes.
const MAX_POINTER_BYTES: u64 = 1024;

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
    /// The digest of a file and the digests of its blocks are not of the same bytes, which comparing only one of them did not
    /// show.
    #[error("the digest signed for `{path}` and the digests signed for its blocks are of different bytes")]
    DigestsDisagree {
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

/// Copies the signed files of a release, its signed symbolic links and its good signatures to `to`, which must not exist or
/// must be an empty directory. Unsigned files are not copied. Where the system has no symbolic links, they are left out.
///
/// `files` is where the release was verified. If it is another place, or has changed, the export fails.
///
/// # Errors
/// - [`Error::Exists`] if `to` exists and is not an empty directory;
/// - [`Error::Changed`] if a file is no longer what was signed;
/// - [`Error::Read`] or [`Error::Write`] if a file cannot be read or written.
pub fn export(files: &dyn Files, release: &VerifiedRelease, to: &Path) -> Result<Exported, Error> {
    let (new, name) = prepare(to)?;
    let copy = Copying { files, release, to: new.directory() };
    let found = release.report().files();
    let mut absent = SortedCursor::new(&found.absent, |path| path);
    let mut crlf = SortedCursor::new(&found.crlf, |path| path);
    let mut exported = Exported { files: 0, bytes: 0 };
    let signed_files = signed_files(release);
    for signed in &signed_files {
        let has_crlf = crlf.find(signed.path).is_some();
        if absent.find(signed.path).is_none()
            && let Some(bytes) = copy.file(signed, has_crlf)?
        {
            exported.files += 1;
            exported.bytes += bytes;
        }
    }
    copy.links()?;
    copy.signatures(&signed_files)?;
    new.place(name).map_err(|source| Error::Write { path: to.to_owned(), source })?;
    Ok(exported)
}

/// A file as a signature has it.
struct Signed<'a> {
    path: &'a RepoPath,
    digest: Digest<'a>,
    /// `None` if the signature does not tell it.
    size: Option<u64>,
}

/// The digests of a file.
enum Digest<'a> {
    /// Of the whole file, and of its blocks if they were signed.
    Whole(&'a Sha256Hex, Option<Blocks>),
    /// Of its parts, which are the whole file.
    Parts(&'a [(Range<u64>, Sha256Hex)]),
}

/// Returns every signed file in the order of paths.
fn signed_files(release: &VerifiedRelease) -> Vec<Signed<'_>> {
    let subjects = release.statement().map_or(&[][..], |statement| &statement.subject).iter().map(|subject| Signed {
        path: &subject.name,
        digest: Digest::Whole(
            &subject.digest.sha256.0,
            subject.annotations.blocks.as_ref().and_then(|blocks| blocks.to_digests()),
        ),
        size: Some(subject.annotations.size),
    });
    let listed = release.oms_files().iter();
    let listed = listed.map(|resource| Signed {
        path: &resource.path,
        digest: Digest::Whole(&resource.sha256, None),
        size: None,
    });
    let sharded = release.oms_sharded().iter();
    let sharded =
        sharded.map(|file| Signed { path: &file.path, digest: Digest::Parts(&file.parts), size: Some(file.size()) });
    let mut signed: Vec<Signed<'_>> = subjects.chain(listed).chain(sharded).collect();
    signed.sort_by_key(|signed| signed.path);
    signed
}

/// Makes a temporary directory next to the target, and checks the target. Returns the name of the target next to it.
fn prepare(to: &Path) -> Result<(NewDirectory, &OsStr), Error> {
    let fail = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Write { path, source }
    };
    let exists = || Error::Exists { path: to.to_owned() };
    // `..` and the root are directories that contain others.
    let name = to.file_name().ok_or_else(exists)?;
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(fail(parent))?;
    let new = NewDirectory::new(parent).map_err(fail(parent))?;
    // A symbolic link is not replaced, and its target is not the directory that was named.
    if new.can_be(name).map_err(fail(to))? { Ok((new, name)) } else { Err(exists()) }
}

/// Copies a file, and returns whether each part is as signed, and the size of all of them. Bytes after the last part are copied
/// too, so that the size shows them.
fn copy_parts(
    from: &mut dyn io::Read,
    to: &mut dyn io::Write,
    parts: &[(Range<u64>, Sha256Hex)],
) -> io::Result<(bool, u64)> {
    let (mut is_signed, mut size) = (true, 0_u64);
    for (part, signed) in parts {
        let (sha256, copied) = digest::copy(&mut io::Read::take(&mut *from, part.end - part.start), to)?;
        is_signed &= sha256 == *signed;
        size = size.saturating_add(copied);
    }
    let (_, rest) = digest::copy(from, to)?;
    Ok((is_signed, size.saturating_add(rest)))
}

/// A copy in the making.
struct Copying<'a> {
    files: &'a dyn Files,
    release: &'a VerifiedRelease,
    to: &'a Directory,
}

impl Copying<'_> {
    /// Copies one file and returns its size. Returns `None` if only a Git LFS pointer to it is present.
    fn file(&self, signed: &Signed<'_>, has_crlf: bool) -> Result<Option<u64>, Error> {
        let path = signed.path;
        let changed = || Error::Changed { path: path.clone() };
        let read = |source| Error::Read { path: path.clone(), source };
        let entry = self
            .files
            .list()
            .find_all(path)
            .filter(|entry| matches!(entry.kind, Kind::File { .. }))
            .ok_or_else(changed)?;
        let content: Box<dyn io::Read> = match has_crlf {
            // The copy gets the signed line endings.
            true => Box::new(Converted::new(self.files.open(entry).map_err(read)?, Ending::Lf)),
            false => Box::new(digest::open_content(self.files, entry).map_err(read)?),
        };
        // Windows would write a stream that hides behind another file.
        if cfg!(windows) && path.as_str().contains(':') {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "a file on Windows cannot have `:` in its name");
            return Err(self.write_error(path.as_str(), source));
        }
        // One byte more than signed is enough to notice that the file is longer.
        let limit = signed.size.map_or(u64::MAX, |size| size.saturating_add(1));
        let mut file = self.create(path.as_str())?;
        let mut content = content.take(limit);
        let (is_signed, found) = match &signed.digest {
            Digest::Whole(sha256, None) => {
                let (found, size) = digest::copy(&mut content, &mut file).map_err(read)?;
                (found == **sha256, size)
            }
            Digest::Whole(sha256, Some(blocks)) => {
                let (found, size, found_blocks) =
                    digest::copy_with_blocks(&mut content, &mut file, blocks.size).map_err(read)?;
                if (found == **sha256) != (found_blocks == *blocks) {
                    return Err(Error::DigestsDisagree { path: path.clone() });
                }
                (found == **sha256, size)
            }
            Digest::Parts(parts) => copy_parts(&mut content, &mut file, parts).map_err(read)?,
        };
        if is_signed && signed.size.is_none_or(|size| size == found) {
            return Ok(Some(found));
        }
        drop(file);
        self.to.remove_file(path.as_str()).map_err(|source| self.write_error(path.as_str(), source))?;
        let whole = self.files.read(path, MAX_POINTER_BYTES).ok().flatten().unwrap_or_default();
        let is_pointer = matches!(&signed.digest, Digest::Whole(sha256, _) if Pointer::parse(&whole)
            .is_some_and(|pointer| !pointer.has_extensions() && pointer.oid == **sha256));
        if is_pointer { Ok(None) } else { Err(changed()) }
    }

    /// Makes the signed links that are present. Each was compared with what was signed, and leads to a place in the release.
    fn links(&self) -> Result<(), Error> {
        #[cfg(unix)]
        for (path, target) in self.release.statement().iter().flat_map(|statement| &statement.predicate.coverage.links)
        {
            let is_signed = |kind: &Kind| matches!(kind, Kind::Symlink { target: found } if found == target);
            if self.files.find(path).is_some_and(|entry| is_signed(&entry.kind)) {
                let made = self.to.create_link(path.as_str(), target);
                made.map_err(|source| self.write_error(path.as_str(), source))?;
            }
        }
        Ok(())
    }

    /// Writes the statement and the sums file, and copies the good signatures.
    fn signatures(&self, signed_files: &[Signed<'_>]) -> Result<(), Error> {
        let mut good: Vec<&RepoPath> = Vec::new();
        if let Some(statement) = self.release.statement() {
            self.put(&format!("{OPENNESS_DIR}/{STATEMENT_FILE}"), &statement.to_bytes()?)?;
            self.put(&format!("{OPENNESS_DIR}/{SUMS_FILE}"), statement.sums().as_bytes())?;
            let signatures = self.release.report().signatures().iter();
            good.extend(signatures.filter(|signed| signed.status == Status::Good).map(|signed| &signed.path));
        }
        // A bundle may be among the signed files.
        let is_copied = |path: &&RepoPath| signed_files.binary_search_by_key(path, |signed| signed.path).is_ok();
        let bundles = self.release.report().oms().iter().filter(|signature| signature.status == Status::Good);
        good.extend(bundles.filter_map(|bundle| bundle.path.as_ref()).filter(|path| !is_copied(path)));
        for path in good {
            // Not checked again: verifying the copy does that.
            let read = self.files.read(path, MAX_ENVELOPE_BYTES);
            let read = read.map_err(|error| Error::Read { path: path.clone(), source: io::Error::other(error) })?;
            let bytes = read.ok_or_else(|| Error::Changed { path: path.clone() })?;
            self.put(path.as_str(), &bytes)?;
        }
        Ok(())
    }

    /// Creates a file, and fails if it exists: on file systems that ignore case two names may be one.
    fn create(&self, path: &str) -> Result<fs::File, Error> {
        self.to.create_file(path).map_err(|source| self.write_error(path, source))
    }

    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        self.create(path)?.write_all(bytes).map_err(|source| self.write_error(path, source))
    }

    fn write_error(&self, path: &str, source: io::Error) -> Error {
        Error::Write { path: self.to.path().join(path), source }
    }
}
