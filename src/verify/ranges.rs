//! Checks parts of files without reading the rest.

use std::ops::Range;

use super::signed_blocks::{SignedBlock, signed_blocks, whole};
use super::{Error as FilesError, RangeReport, Reason, Report, Requirements, check_times, claims, oms};
use crate::artifacts::digest::{self, Options, Pointers};
use crate::files::{Entry, Files, Kind};
use crate::path::RepoPath;
use crate::statement::{Statement, Subject};

/// A part of a file: the bytes from `bytes.start` up to but not including `bytes.end`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRange {
    /// The path of the file.
    pub path: RepoPath,
    /// The bytes.
    pub bytes: Range<u64>,
}

/// Why ranges could not be checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RangeError {
    /// A range has no bytes.
    #[error("the range {}-{} of `{}` is empty", .0.bytes.start, .0.bytes.end, .0.path)]
    Empty(FileRange),
    /// A range reaches beyond the end of the file, which was signed with this size in bytes.
    #[error("the range {}-{} of `{}` is not in the file, which was signed with {size} bytes", .range.bytes.start, .range.bytes.end, .range.path)]
    Outside {
        /// The range.
        range: FileRange,
        /// The signed size.
        size: u64,
    },
    /// Files or the repository could not be read.
    #[error(transparent)]
    Files(#[from] FilesError),
}

/// Verifies who signed a release and what it declares, and these parts of its files: for each, the blocks that it is in. A file
/// without signed blocks is read as a whole. No other files are read, except the manifest and what the requirements need.
///
/// The verdict is never [`Verdict::Verified`](super::Verdict::Verified). It is [`Verdict::Partial`](super::Verdict::Partial) if
/// nothing stands against the release and every part is as signed; without ranges, [`BlockReader`](super::BlockReader) can
/// then read the files.
///
/// # Errors
/// [`RangeError`] if a range cannot be in its file, or files cannot be read.
pub fn verify_ranges(
    files: &dyn Files,
    requirements: &Requirements<'_>,
    ranges: &[FileRange],
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report, RangeError> {
    if let Some(range) = ranges.iter().find(|range| range.bytes.is_empty()) {
        return Err(RangeError::Empty(range.clone()));
    }
    let mut report = super::check_signatures(files, requirements)?;
    oms::Found::of(files, requirements)?.add_to(requirements, &mut report);
    let Some(statement) = report.statement.clone() else {
        // Bundles of OpenSSF Model Signing list no blocks, and nothing was read.
        if report.reasons.is_empty() {
            report.add_reason(Reason::Unsigned);
        }
        return Ok(super::conclude(files, requirements, report)?);
    };
    let mut content = Report::new();
    check_times(&statement, requirements.at, &mut content);
    claims::claims(files, &statement, &mut content)?;
    compare(files, &statement, requirements, ranges, progress, &mut content)?;
    // Nothing is known of the rest.
    content.add_reason(Reason::Incomplete);
    report.add_content(content);
    Ok(super::conclude(files, requirements, report)?)
}

/// A block that is read for a range.
struct Part<'a> {
    /// The number of the range.
    of: usize,
    entry: &'a Entry,
    block: SignedBlock<'a>,
}

fn compare(
    files: &dyn Files,
    statement: &Statement,
    requirements: &Requirements<'_>,
    ranges: &[FileRange],
    progress: &(dyn Fn(u64) + Sync),
    report: &mut Report,
) -> Result<(), RangeError> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    for (of, range) in ranges.iter().enumerate() {
        let Some(subject) = statement.find(&range.path) else {
            report.files.unsigned.push(range.path.clone());
            report.add_reason(Reason::UnsignedFiles);
            report.files.ranges.push(unchecked(range, range.bytes.clone()));
            continue;
        };
        let size = subject.annotations.size;
        if range.bytes.end > size {
            return Err(RangeError::Outside { range: range.clone(), size });
        }
        let needed = needed(subject, &range.bytes, requirements.needs_whole_digests());
        let (Some(first), Some(last)) = (needed.first(), needed.last()) else { continue };
        report.files.ranges.push(unchecked(range, first.bytes.start..last.bytes.end));
        match files.find(&range.path).filter(|entry| matches!(entry.kind, Kind::File { .. })) {
            Some(entry) if files.size(entry).is_ok_and(|found| found >= last.bytes.end) => {
                parts.extend(needed.into_iter().map(|block| Part { of, entry, block }));
            }
            Some(_) => report.files.changed.push(range.path.clone()),
            None => report.files.absent.push(range.path.clone()),
        }
    }
    let wanted: Vec<(&Entry, Range<u64>)> = parts.iter().map(|part| (part.entry, part.block.bytes.clone())).collect();
    let options = Options { threads: requirements.threads, pointers: Pointers::Trust };
    let found = digest::hash_parts(files, &wanted, &options, progress);
    let mut holds = vec![false; ranges.len()];
    parts.iter().for_each(|part| holds[part.of] = true);
    for (part, found) in parts.iter().zip(found) {
        let is_signed = match found {
            Ok(found) => found == *part.block.sha256,
            Err(error) if error.source.raw_os_error().is_some() => {
                return Err(FilesError::Read { path: error.path, source: error.source }.into());
            }
            Err(error) => {
                report.notes.push(super::files::unreadable(error));
                false
            }
        };
        holds[part.of] &= is_signed;
    }
    for (range, holds) in report.files.ranges.iter_mut().zip(holds) {
        range.verified = holds;
    }
    if report.files.ranges.iter().any(|range| !range.verified) {
        report.add_reason(Reason::ContentMismatch);
    }
    report.files.sort();
    Ok(())
}

/// Returns the blocks that a range is in: the whole file if it has none, or is needed as a whole.
fn needed<'a>(subject: &'a Subject, range: &Range<u64>, is_whole: bool) -> Vec<SignedBlock<'a>> {
    if is_whole {
        return vec![whole(subject)];
    }
    let mut blocks = signed_blocks(subject);
    blocks.retain(|block| block.bytes.start < range.end && range.start < block.bytes.end);
    blocks
}

/// Returns the report of a range that is not checked yet.
fn unchecked(range: &FileRange, checked: Range<u64>) -> RangeReport {
    RangeReport { path: range.path.clone(), bytes: range.bytes.clone(), checked, verified: false }
}
