//! Repairs files that are not as signed: what is as signed stays, and the rest comes from another copy.
//!
//! Each file is written next to its place, block by block, and every block is compared with its signed digest before it is
//! written. Then it replaces the damaged file in one step.

use std::collections::BTreeSet;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;

use super::signed_blocks::{SignedBlock, signed_blocks};
use super::{Reason, Report};
use crate::artifacts::digest;
use crate::atomic::{Mode, NewFile};
use crate::files::{Entry, Files, Kind};
use crate::path::RepoPath;
use crate::sign::Status;
use crate::statement::Subject;

/// A file that was repaired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// The path of the file.
    pub path: RepoPath,
    /// How many of its bytes came from the other copy.
    pub fetched: u64,
    /// Its signed size in bytes.
    pub size: u64,
}

/// Why a file was not repaired. It is then as before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RepairError {
    /// The release is not signed by a trusted key, or its statement is not accepted, so it is not known what to repair.
    #[error("it is not known what the files should be: {}", .0.iter().map(|reason| reason.as_str()).collect::<Vec<_>>().join(", "))]
    NotKnown(BTreeSet<Reason>),
    /// Only bundles of OpenSSF Model Signing are good, which give each file one digest and no blocks.
    #[error(
        "the release is signed with OpenSSF Model Signing alone, which does not say which parts of a file are damaged"
    )]
    OmsOnly,
    /// One file was given, and several are not as signed.
    #[error("{0} files are not as signed, and the other copy is a single file")]
    SingleFile(usize),
    /// The other copy does not have the file.
    #[error("the other copy has no file `{0}`")]
    Absent(RepoPath),
    /// The other copy is not as signed either.
    #[error("bytes {}-{} of `{path}` are not as signed in the other copy either", .bytes.start, .bytes.end)]
    Damaged {
        /// The path of the file.
        path: RepoPath,
        /// The bytes.
        bytes: Range<u64>,
    },
    /// The other copy could not be read.
    #[error("cannot read `{path}` in the other copy")]
    Read {
        /// The path of the file.
        path: RepoPath,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// The repaired file could not be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The path of the file.
        path: RepoPath,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
}

/// The other copy of a release, or of one of its files.
#[derive(Debug, Clone, Copy)]
pub struct OtherCopy<'a> {
    /// Files of it that are links, each as the only file of a list.
    pub linked: &'a [(RepoPath, Box<dyn Files>)],
    /// Its files. They need not be trusted.
    pub files: &'a dyn Files,
    /// Whether it is a single file, whose name does not matter.
    pub is_single: bool,
}

/// Repairs every signed file of a directory that is absent or not as signed, in the order of paths.
///
/// `files` is the list of the directory `root` that `report` is about. What was not signed stays.
///
/// Returns for each such file that it was repaired, or the reason why it is as before.
///
/// # Errors
/// [`RepairError`] if nothing can be repaired.
pub fn repair(
    files: &dyn Files,
    root: &Path,
    report: &Report,
    from: OtherCopy<'_>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Result<Repaired, RepairError>>, RepairError> {
    let is_known = |reason: &Reason| {
        let about_content = [
            Reason::ContentMismatch,
            Reason::Incomplete,
            Reason::UnsignedFiles,
            Reason::ManifestInvalid,
            Reason::Policy,
        ];
        about_content.contains(reason)
    };
    let is_signed = report.signatures().iter().any(|signature| signature.status == Status::Good);
    let statement = report.statement().filter(|_| is_signed && report.reasons().iter().all(is_known));
    let not_known = || {
        let mut reasons = report.reasons().clone();
        if reasons.is_empty() {
            reasons.insert(Reason::Unsigned);
        }
        RepairError::NotKnown(reasons)
    };
    if statement.is_none() && report.is_signed_by_oms() && report.statement().is_none() {
        return Err(RepairError::OmsOnly);
    }
    let statement = statement.ok_or_else(not_known)?;
    let found = report.files();
    let paths: BTreeSet<&RepoPath> = found.changed.iter().chain(&found.absent).collect();
    let subjects: Vec<&Subject> = paths.into_iter().filter_map(|path| statement.find(path)).collect();
    if from.is_single && subjects.len() > 1 {
        return Err(RepairError::SingleFile(subjects.len()));
    }
    Ok(subjects.into_iter().map(|subject| one(files, root, subject, from, progress)).collect())
}

fn one(
    files: &dyn Files,
    root: &Path,
    subject: &Subject,
    from: OtherCopy<'_>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Repaired, RepairError> {
    let path = &subject.name;
    let write = |source| RepairError::Write { path: path.clone(), source };
    let is_file = |entry: &&Entry| matches!(entry.kind, Kind::File { .. });
    let here = files.find(path).filter(is_file);
    let linked = from.linked.iter().find(|(linked, _)| linked == path).map(|(_, file)| file);
    let (source, there): (&dyn Files, _) = match linked {
        Some(file) => (&**file, file.entries().first()),
        None if from.is_single => (from.files, from.files.entries().first()),
        None => (from.files, from.files.find(path)),
    };
    let there = there.filter(is_file).ok_or_else(|| RepairError::Absent(path.clone()))?;
    let mut new = NewFile::new(root).map_err(write)?;
    let mut fetched = 0_u64;
    for block in signed_blocks(subject) {
        let length = block.bytes.end - block.bytes.start;
        // What cannot be read of the damaged file is damaged.
        let kept = here.is_some_and(|here| copy(files, here, &block, &mut new).is_ok_and(|is_signed| is_signed));
        if !kept {
            new.cut(block.bytes.start).map_err(write)?;
            match copy(source, there, &block, &mut new) {
                Ok(true) => fetched += length,
                Ok(false) => return Err(RepairError::Damaged { path: path.clone(), bytes: block.bytes }),
                Err(source) if new.has_failed() => return Err(write(source)),
                Err(source) => return Err(RepairError::Read { path: path.clone(), source }),
            }
        }
        progress(length);
    }
    let is_executable = there.kind == Kind::File { executable: true };
    let mode = here.map_or(Mode::New { is_executable }, |_| Mode::OfReplaced);
    new.place(path, mode).map_err(write)?;
    Ok(Repaired { path: path.clone(), fetched, size: subject.annotations.size })
}

/// Appends a block to a new file, and returns whether it is as signed.
fn copy(files: &dyn Files, entry: &Entry, block: &SignedBlock<'_>, new: &mut NewFile) -> io::Result<bool> {
    let length = block.bytes.end - block.bytes.start;
    // A Git LFS pointer, or a file that ends before the block.
    if files.size(entry)? < block.bytes.end {
        return Ok(false);
    }
    let mut content = files.open_range(entry, block.bytes.clone())?.take(length);
    let (sha256, size) = digest::copy(&mut content, new)?;
    Ok(size == length && sha256 == *block.sha256)
}
