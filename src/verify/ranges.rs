//! Checks parts of files without reading the rest.

use std::ops::Range;

use super::signed_blocks::{SignedBlock, signed_blocks, whole};
use super::{
    Error as FilesError, Note, RangeReport, Reason, Report, Requirements, StatementProblem, check_times, claims, oms,
};
use crate::artifacts::digest::{self, Basis, LfsContent, Measured, Options, Pointers, Reading};
use crate::files::{Entry, Files, Kind};
use crate::manifest::Sha256Hex;
use crate::oms::ShardedFile;
use crate::path::RepoPath;
use crate::sign::Status;
use crate::statement::{Statement, Subject};

/// The size of the largest file that is looked at to see whether it is a Git LFS pointer, in bytes.
const MAX_POINTER_BYTES: u64 = 1024;

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
    /// No trusted signer signed a file of this name.
    #[error("what is signed lists no file `{0}`")]
    NotListed(RepoPath),
    /// Files or the repository could not be read.
    #[error(transparent)]
    Files(#[from] FilesError),
}

/// Verifies who signed a release and what it declares, and these parts of its files: for each, the blocks that it is in. A file
/// without signed blocks is read as a whole, and so is one that a trusted bundle of OpenSSF Model Signing lists. No other files are
/// read, except the manifest and what the requirements need.
///
/// The verdict is never [`Verdict::Verified`](super::Verdict::Verified). It is [`Verdict::Partial`](super::Verdict::Partial) if
/// nothing stands against the release and every part is as signed; without ranges, [`BlockReader`](super::BlockReader) can
/// then read the files.
///
/// # Errors
/// [`RangeError`] if a trusted signer signed the file and the range cannot be in it, or if there is no such file in what is
/// signed, or if files cannot be read.
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
    let bundles = oms::Found::of(files, requirements)?;
    bundles.add_to(requirements, &mut report);
    let statement = report.statement.clone();
    if statement.is_none() && !bundles.is_good() {
        // Nothing was read.
        if report.reasons.is_empty() {
            report.add_reason(Reason::Unsigned);
        }
        return Ok(super::conclude(files, requirements, report)?);
    }
    let mut content = Report::new();
    if let Some(statement) = &statement {
        check_times(statement, requirements.at, &mut content);
        claims::claims(files, statement, &mut content)?;
    }
    // What an untrusted signer says of sizes and names is not held against the one who asks.
    let is_trusted = bundles.is_good() || report.signatures.iter().any(|signature| signature.status == Status::Good);
    let signed = SignedFiles { statement: statement.as_deref(), bundles: &bundles, is_trusted };
    Comparison { files, signed, requirements, ranges, progress, report: &mut content }.compare()?;
    // Nothing is known of the rest.
    content.add_reason(Reason::Incomplete);
    report.add_content(content);
    Ok(super::conclude(files, requirements, report)?)
}

/// What is signed.
struct SignedFiles<'a> {
    statement: Option<&'a Statement>,
    bundles: &'a oms::Found,
    is_trusted: bool,
}

impl<'a> SignedFiles<'a> {
    /// Returns the parts of a file that are needed for a range: its blocks by the statement in `.openness/`, unless it `is_whole`,
    /// and its parts by bundles.
    fn parts(&self, range: &FileRange, is_whole: bool) -> Vec<SignedBlock<'a>> {
        let subject = self.statement.and_then(|statement| statement.find(&range.path)).filter(|_| !is_whole);
        let mut parts = subject.map(signed_blocks).unwrap_or_default();
        let sharded = self.bundles.parts_of(&range.path).flat_map(|file| &file.parts);
        parts.extend(sharded.map(|(bytes, sha256)| SignedBlock { bytes: bytes.clone(), sha256 }));
        parts.retain(|part| part.bytes.start < range.bytes.end && range.bytes.start < part.bytes.end);
        parts
    }

    /// Returns the size of a file; `None` if what is signed does not say it.
    fn size(&self, path: &RepoPath) -> Option<u64> {
        let subject = self.statement.and_then(|statement| statement.find(path));
        let stated = subject.map(|subject| subject.annotations.size);
        stated.or_else(|| self.bundles.parts_of(path).map(ShardedFile::size).next())
    }
}

/// The number of a range, the file that it is in, and a part of it.
type Part<'a> = (usize, &'a Entry, SignedBlock<'a>);

/// A file that is read as a whole, for one range.
struct Whole<'a> {
    of: usize,
    entry: &'a Entry,
    /// What the statement in `.openness/` says.
    subject: Option<&'a Subject>,
    /// What bundles of OpenSSF Model Signing say.
    listed: Vec<&'a Sha256Hex>,
}

/// What was found out about a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    AsSigned,
    Differs,
    /// Nothing can be said about bytes that are not there.
    Absent,
}

struct Comparison<'a, 'r> {
    files: &'a dyn Files,
    signed: SignedFiles<'a>,
    requirements: &'a Requirements<'a>,
    ranges: &'a [FileRange],
    progress: &'a (dyn Fn(u64) + Sync),
    report: &'r mut Report,
}

impl<'a> Comparison<'a, '_> {
    fn compare(mut self) -> Result<(), RangeError> {
        let mut found = vec![Found::AsSigned; self.ranges.len()];
        let (mut parts, mut wholes): (Vec<Part<'a>>, Vec<Whole<'a>>) = (Vec::new(), Vec::new());
        for (of, range) in self.ranges.iter().enumerate() {
            found[of] = self.sort_in(of, range, &mut parts, &mut wholes)?;
        }
        self.compare_parts(&parts, &mut found)?;
        self.compare_wholes(&wholes, &mut found)?;
        for (range, found) in self.report.files.ranges.iter_mut().zip(&found) {
            range.verified = *found == Found::AsSigned;
        }
        if found.contains(&Found::Differs) && self.report.statement_problem.is_none() {
            self.report.add_reason(Reason::ContentMismatch);
        }
        self.report.files.sort();
        Ok(())
    }

    /// Finds out how a range is to be checked. It counts as not signed until then.
    fn sort_in(
        &mut self,
        of: usize,
        range: &FileRange,
        parts: &mut Vec<Part<'a>>,
        wholes: &mut Vec<Whole<'a>>,
    ) -> Result<Found, RangeError> {
        let path = &range.path;
        let subject = self.signed.statement.and_then(|statement| statement.find(path));
        let listed: Vec<&'a Sha256Hex> = self.signed.bundles.digests_of(path).collect();
        let unchecked =
            |checked| RangeReport { path: path.clone(), bytes: range.bytes.clone(), checked, verified: false };
        let is_known = subject.is_some() || !listed.is_empty() || self.signed.bundles.parts_of(path).next().is_some();
        if !is_known && self.signed.is_trusted {
            return Err(RangeError::NotListed(path.clone()));
        }
        let size = self.signed.size(path);
        if let Some(size) = size.filter(|size| range.bytes.end > *size && self.signed.is_trusted) {
            return Err(RangeError::Outside { range: range.clone(), size });
        }
        let entry = self.files.list().find_all(path).filter(|entry| matches!(entry.kind, Kind::File { .. }));
        let on_disk = entry.and_then(|entry| self.files.size(entry).ok());
        // A Git LFS pointer stands for its content, which is then read from the start.
        let may_be_pointer = on_disk.is_some_and(|found| found <= MAX_POINTER_BYTES && Some(found) != size);
        let is_whole = (!listed.is_empty() || self.requirements.needs_whole_digests() || may_be_pointer)
            && (subject.is_some() || !listed.is_empty());
        let needed = self.signed.parts(range, is_whole);
        let end = needed.iter().map(|part| part.bytes.end).max();
        let start = needed.iter().map(|part| part.bytes.start).min();
        let (Some(entry), Some(on_disk)) = (entry, on_disk) else {
            self.report.files.ranges.push(unchecked(start.unwrap_or(0)..end.unwrap_or(range.bytes.end)));
            self.report.files.absent.push(path.clone());
            return Ok(Found::Absent);
        };
        let checked = match is_whole {
            true => 0..size.unwrap_or(on_disk),
            false => start.unwrap_or(range.bytes.start)..end.unwrap_or(range.bytes.end),
        };
        self.report.files.ranges.push(unchecked(checked));
        if is_whole {
            wholes.push(Whole { of, entry, subject, listed });
        }
        match end {
            None if is_whole => Ok(Found::AsSigned),
            Some(end) if end <= on_disk => {
                parts.extend(needed.into_iter().map(|block| (of, entry, block)));
                Ok(Found::AsSigned)
            }
            _ => {
                self.report.files.changed.push(path.clone());
                Ok(Found::Differs)
            }
        }
    }

    fn compare_parts(&mut self, parts: &[Part<'a>], found: &mut [Found]) -> Result<(), RangeError> {
        let wanted: Vec<_> = parts.iter().map(|(_, entry, block)| (*entry, block.bytes.clone())).collect();
        let options = Options { threads: self.requirements.threads, pointers: Pointers::Trust };
        let hashed = digest::hash_parts(self.files, &wanted, &options, self.progress);
        for ((of, _, block), hashed) in parts.iter().zip(hashed) {
            let is_signed = self.read(hashed)?.is_some_and(|sha256| sha256 == *block.sha256);
            if !is_signed {
                found[*of] = Found::Differs;
            }
        }
        Ok(())
    }

    fn compare_wholes(&mut self, wholes: &[Whole<'a>], found: &mut [Found]) -> Result<(), RangeError> {
        let reading = |whole: &Whole<'a>| {
            let blocks = whole.subject.and_then(|subject| subject.annotations.blocks.as_ref()?.to_digests());
            blocks.map_or(Reading::Whole, |blocks| Reading::WholeAndBlocks(blocks.size))
        };
        let wanted: Vec<_> = wholes.iter().map(|whole| (whole.entry, reading(whole))).collect();
        let options = Options { threads: self.requirements.threads, pointers: Pointers::Confirm };
        let measured = digest::measure_all(self.files, &wanted, &options, self.progress);
        for (whole, measured) in wholes.iter().zip(measured) {
            let is = match self.read(measured)? {
                Some(measured) => self.compare_whole(whole, &measured)?,
                None => Found::Differs,
            };
            if is != Found::AsSigned {
                found[whole.of] = is;
            }
        }
        Ok(())
    }

    /// Compares one file with everything that is signed of it.
    fn compare_whole(&mut self, file: &Whole<'a>, measured: &Measured) -> Result<Found, RangeError> {
        let Some(hashed) = &measured.hashed else { return Ok(Found::Differs) };
        let path = &file.entry.path;
        let is_subject = file
            .subject
            .is_none_or(|subject| hashed.sha256 == *whole(subject).sha256 && hashed.size == subject.annotations.size);
        if let Some(subject) = file.subject
            && let Some(found) = &measured.blocks
            && let Some(signed) = subject.annotations.blocks.as_ref().and_then(|blocks| blocks.to_digests())
            && hashed.size == subject.annotations.size
            && (*found == signed) != is_subject
        {
            // The bytes are those of one signed digest and not of the other, so the signer is at fault.
            self.report.add_reason(Reason::StatementInvalid);
            let path = path.clone();
            self.report.statement_problem.get_or_insert(StatementProblem::DigestsDisagree { path });
            return Ok(Found::Differs);
        }
        if !is_subject || file.listed.iter().any(|listed| **listed != hashed.sha256) {
            return Ok(Found::Differs);
        }
        match &hashed.basis {
            Basis::Pointer { content: LfsContent::Wrong, .. } => return Ok(Found::Differs),
            // On disk a loader would read the pointer.
            Basis::Pointer { content, .. }
                if *content != LfsContent::Confirmed || self.files.is_on_disk(file.entry) =>
            {
                let reason = "only its Git LFS pointer is there; fetch the content with `git lfs pull`".to_owned();
                self.report.notes.push(Note::Unreadable { path: path.clone(), reason });
                self.report.files.absent.push(path.clone());
                return Ok(Found::Absent);
            }
            Basis::Bytes | Basis::Pointer { .. } => {}
        }
        let Some(range) = self.ranges.get(file.of) else { return Ok(Found::Differs) };
        if range.bytes.end > hashed.size {
            return Err(RangeError::Outside { range: range.clone(), size: hashed.size });
        }
        Ok(Found::AsSigned)
    }

    /// Returns what was read, or `None` if it cannot be as signed.
    fn read<T>(&mut self, result: Result<T, digest::Error>) -> Result<Option<T>, RangeError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.source.raw_os_error().is_some() => {
                Err(FilesError::Read { path: error.path, source: error.source }.into())
            }
            Err(error) => {
                self.report.notes.push(super::files::unreadable(error));
                Ok(None)
            }
        }
    }
}
