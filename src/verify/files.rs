//! Checks that every file is as signed, and that there are no others.

use std::collections::BTreeMap;
use std::ops::Range;
use std::{io, mem};

use super::diagnose::{Changed, explain};
use super::line_endings::difference;
use super::oms::Found;
use super::submodules::{CheckedOut, checked_out, is_own as is_own_git};
use super::{
    CachedDigests, ChangedFile, FilesReport, LineEndings, MAX_TEXT_BYTES, Note, Reason, Report, Requirements,
    StatementProblem, own_path, read_own,
};
use crate::artifacts::digest::{self, Basis, Blocks, Hashed, LfsContent, Measured, Pointers, Reading};
use crate::artifacts::download_marker::is_download_marker;
use crate::artifacts::format::why_not_excluded;
use crate::artifacts::glob::Glob;
#[cfg(feature = "fs")]
use crate::digest_cache::Expected;
use crate::error_text;
use crate::files::{ChangedWhileRead, Entry, Error, Files, Kind, ProblemKind};
use crate::path::{RepoPath, SortedCursor};
use crate::release::{
    BUNDLE_ENDING, PROOF_ENDING, SIGNATURES_DIR, SSHSIG_ENDING, STATEMENT_FILE, SUMS_FILE, is_copy_of_base,
};
use crate::statement::{CoverageFacts, Hex, Statement, Subject};

/// The entries of a release, compared with what was signed as far as that goes without reading them.
#[derive(Default)]
struct Sorted<'a> {
    files: FilesReport,
    /// The files that must be hashed, in path order.
    present: Vec<&'a Entry>,
    /// The signed subject of each of those.
    expected: Vec<&'a Subject>,
    /// The signed blocks of each of those.
    blocks: Vec<Option<Blocks>>,
    /// A file whose signed digests are not all of the same bytes.
    disagreeing: Option<RepoPath>,
    /// Files that are not as signed, and may be explained.
    changed: Vec<Changed<'a>>,
    /// Whether texts in which every LF became CRLF are accepted.
    allow_crlf: bool,
    /// Files that differ from the signed ones by their line endings alone.
    line_endings: BTreeMap<LineEndings, Vec<RepoPath>>,
    /// Links in the place of signed files that lead nowhere, with their targets.
    dangling: Vec<(RepoPath, String)>,
    notes: Vec<Note>,
}

/// Compares all files with the statement.
pub(super) fn files(
    snapshot: &dyn Files,
    statement: &Statement,
    requirements: &Requirements<'_>,
    bundles: &Found,
    cached: Option<CachedDigests<'_>>,
    progress: &(dyn Fn(u64) + Sync),
    report: &mut Report,
) -> Result<(), Error> {
    let mut sorted = Sorted::new(snapshot, statement, requirements);
    sorted.find_absent(snapshot, statement);
    sorted.note_hard_links(snapshot);
    let results = sorted.measure(snapshot, requirements, bundles, cached, progress);
    report.keep_digests(&sorted.present, &results);
    let (present, expected) = (mem::take(&mut sorted.present), mem::take(&mut sorted.expected));
    let blocks = mem::take(&mut sorted.blocks);
    for (((entry, subject), blocks), result) in present.into_iter().zip(expected).zip(&blocks).zip(results) {
        let signed = Signed { entry, subject, blocks: blocks.as_ref() };
        sorted.compare(snapshot, signed, result)?;
    }
    if let Some(path) = sorted.disagreeing.take() {
        report.add_reason(Reason::StatementInvalid);
        report.statement_problem.get_or_insert(StatementProblem::DigestsDisagree { path });
    }
    sorted.note_changes();
    report.notes.append(&mut sorted.notes);
    explain(snapshot, &sorted.changed, report);
    report.files = sorted.files;
    report.files.listed_only = !snapshot.lists_everything();
    conclude(report);
    Ok(())
}

/// A file that is present, and what was signed about it.
#[derive(Clone, Copy)]
struct Signed<'a, 'b> {
    entry: &'a Entry,
    subject: &'a Subject,
    blocks: Option<&'b Blocks>,
}

impl Signed<'_, '_> {
    /// Returns the places of the blocks that are not as signed; `None` if the file has no signed blocks, or they were not hashed.
    fn damaged(&self, found: Option<&Blocks>) -> Option<Vec<Range<u64>>> {
        self.blocks.zip(found).map(|(signed, found)| found.damaged(signed, self.subject.annotations.size))
    }
}

impl<'a> Sorted<'a> {
    fn new(snapshot: &'a dyn Files, statement: &'a Statement, requirements: &Requirements<'_>) -> Self {
        let coverage = &statement.predicate.coverage;
        let excludes: Vec<Glob> = coverage.exclude.iter().filter_map(|glob| glob.parse().ok()).collect();
        let mut subjects = SortedCursor::new(&statement.subject, |subject| &subject.name);
        let mut sorted = Self { allow_crlf: requirements.allow_crlf, ..Self::default() };
        for entry in snapshot.entries() {
            match (&entry.kind, subjects.find(&entry.path)) {
                (Kind::File { .. }, Some(subject)) if cannot_be(snapshot, entry, subject) => {
                    sorted.other_bytes(snapshot, entry, subject, None, Vec::new());
                }
                (Kind::File { .. }, Some(subject)) => {
                    sorted.present.push(entry);
                    sorted.expected.push(subject);
                    sorted.blocks.push(subject.annotations.blocks.as_ref().and_then(|blocks| blocks.to_digests()));
                }
                (Kind::File { .. }, None) if is_signed_link(coverage, &entry.path) => sorted.changed_link(&entry.path),
                (Kind::File { .. }, None) => sorted.unsigned(snapshot, entry, &excludes, requirements.allow_unsigned),
                (Kind::Symlink { .. } | Kind::Submodule { .. }, None) => sorted.link(entry, coverage),
                // It is absent.
                (Kind::Symlink { target }, Some(_)) if snapshot.leads_nowhere(entry) => {
                    sorted.dangling.push((entry.path.clone(), target.clone()));
                }
                (Kind::Symlink { .. } | Kind::Submodule { .. }, Some(subject)) => {
                    sorted.files.add_change(change(subject, None, None));
                }
                (Kind::Missing, _) => {}
            }
        }
        // Our own files are not signed, so no other files may be among them, and no links that lead anywhere.
        let is_link = |entry: &Entry| matches!(entry.kind, Kind::Symlink { .. }) && !snapshot.leads_nowhere(entry);
        let foreign = snapshot.openness_files().iter().filter(|entry| !is_own(&entry.path) || is_link(entry));
        sorted.files.unsigned.extend(foreign.map(|entry| entry.path.clone()));
        let submodules = checked_out(snapshot, coverage);
        // What has no valid path, or is not a file, cannot have been signed.
        let problems = snapshot.problems().iter();
        let problems = problems.filter(|problem| !is_own_git(problem, &submodules, requirements.allow_unsigned));
        sorted.files.problems.extend(problems.cloned());
        for CheckedOut { path, is_signed_commit, files } in submodules {
            if is_signed_commit == Some(false) {
                sorted.changed_link(&path);
            }
            sorted.notes.push(Note::Submodule { path, is_signed_commit, files });
        }
        sorted.files.sort();
        sorted.explain_links();
        sorted
    }

    /// Takes links in the place of what was signed out of the list of problems: they are changed, and that is why.
    fn explain_links(&mut self) {
        let FilesReport { problems, changed, .. } = &mut self.files;
        problems.retain(|problem| {
            let is_link = matches!(
                problem.kind,
                ProblemKind::LinkLeaves(_) | ProblemKind::LinkIntoGit(_) | ProblemKind::LinkTarget(_)
            );
            let place = changed.binary_search_by(|path| path.as_str().cmp(&problem.name)).ok().filter(|_| is_link);
            if let Some(at) = place {
                let reason = problem.kind.to_string();
                self.notes.push(Note::Unreadable { path: changed[at].clone(), reason });
            }
            place.is_none()
        });
    }

    /// Sorts in a file that was not signed.
    fn unsigned(&mut self, snapshot: &dyn Files, entry: &Entry, excludes: &[Glob], allowed: &[Glob]) {
        let path = &entry.path;
        let matches = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(path));
        if matches(excludes) && why_not_excluded(snapshot, entry, true).is_none() {
            self.files.excluded.push(path.clone());
        } else if matches(allowed) {
            self.notes.push(Note::AllowedUnsigned { path: path.clone() });
        } else if !is_download_marker(snapshot, entry) {
            self.files.unsigned.push(path.clone());
        }
    }

    /// Compares a symbolic link or submodule with its signed target or commit.
    fn link(&mut self, entry: &Entry, coverage: &CoverageFacts) {
        let signed = match &entry.kind {
            Kind::Symlink { target } => coverage.links.get(&entry.path).map(|signed| signed == target),
            Kind::Submodule { commit } => {
                coverage.submodules.get(&entry.path).map(|signed| *signed == commit.to_string())
            }
            Kind::File { .. } | Kind::Missing => return,
        };
        match signed {
            Some(true) => {}
            Some(false) => self.changed_link(&entry.path),
            None if is_signed_link(coverage, &entry.path) => self.changed_link(&entry.path),
            None => self.files.unsigned.push(entry.path.clone()),
        }
    }

    fn changed_link(&mut self, path: &RepoPath) {
        let path = path.clone();
        self.files.add_change(ChangedFile {
            path,
            expected: None,
            expected_size: None,
            actual: None,
            actual_size: None,
            damaged: Vec::new(),
        });
    }

    /// Finds the signed files, links and submodules in whose place nothing was sorted in.
    fn find_absent(&mut self, snapshot: &dyn Files, statement: &Statement) {
        let mut present = SortedCursor::new(&self.present, |entry| &entry.path);
        let mut changed = SortedCursor::new(&self.files.changed, |path| path);
        let mut crlf = SortedCursor::new(&self.files.crlf, |path| path);
        let names = statement.subject.iter().map(|subject| &subject.name);
        let absent = names
            .filter(|name| present.find(name).is_none() && changed.find(name).is_none() && crlf.find(name).is_none());
        self.files.absent = absent.cloned().collect();
        let coverage = &statement.predicate.coverage;
        for path in coverage.links.keys().chain(coverage.submodules.keys()) {
            if is_nothing(snapshot, path) {
                self.files.absent.push(path.clone());
            }
        }
    }

    /// Sorts in a file whose bytes are not the signed ones.
    fn other_bytes(
        &mut self,
        snapshot: &dyn Files,
        entry: &'a Entry,
        subject: &'a Subject,
        found: Option<Hashed>,
        damaged: Vec<Range<u64>>,
    ) {
        let is_pointer = found.as_ref().is_some_and(|found| found.basis != Basis::Bytes);
        let difference = if is_pointer { None } else { difference(snapshot, entry, subject) };
        if self.allow_crlf && difference == Some(LineEndings::NowCrLf) {
            self.files.crlf.push(entry.path.clone());
            return;
        }
        if let Some(difference) = difference {
            self.line_endings.entry(difference).or_default().push(entry.path.clone());
        }
        let actual_size = found.as_ref().map(|found| found.size).or_else(|| snapshot.size(entry).ok());
        let actual = found.as_ref().map(|found| Hex(found.sha256));
        self.files.add_change(ChangedFile { damaged, ..change(subject, actual, actual_size) });
        self.changed.push(Changed { entry, subject, found });
    }

    fn note_changes(&mut self) {
        for (difference, mut paths) in mem::take(&mut self.line_endings) {
            paths.sort();
            self.notes.push(Note::LineEndings { difference, paths });
        }
        if !self.dangling.is_empty() {
            self.notes.push(Note::DanglingLinks { links: mem::take(&mut self.dangling) });
        }
    }

    fn note_hard_links(&mut self, snapshot: &dyn Files) {
        let linked = self.present.iter().filter(|entry| snapshot.has_other_names(entry));
        let paths: Vec<RepoPath> = linked.map(|entry| entry.path.clone()).collect();
        if !paths.is_empty() {
            self.notes.push(Note::HardLinks { paths });
        }
    }

    /// Hashes the files that are present, each in the way that is fast enough and shows what is required.
    fn measure(
        &mut self,
        snapshot: &dyn Files,
        requirements: &Requirements<'_>,
        bundles: &Found,
        cached: Option<CachedDigests<'_>>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Vec<Result<Measured, digest::Error>> {
        let options = digest::Options { threads: requirements.threads, pointers: Pointers::Confirm };
        let are_blocks_enough = requirements.threads.get() > 1 && !requirements.needs_whole_digests();
        let reading = |(entry, blocks): (&&Entry, &Option<Blocks>), bytes: u64| match blocks {
            None => Reading::Whole,
            Some(Blocks { size, .. })
                if are_blocks_enough
                    && !bundles.lists(&entry.path)
                    && snapshot.reads_parts(entry)
                    && snapshot.size(entry).is_ok_and(|found| found == bytes) =>
            {
                Reading::Blocks { size: *size, bytes }
            }
            Some(Blocks { size, .. }) => Reading::WholeAndBlocks(*size),
        };
        let present = self.present.iter().zip(&self.blocks).zip(&self.expected);
        let wanted: Vec<(&Entry, Reading)> =
            present.map(|(present, subject)| (*present.0, reading(present, subject.annotations.size))).collect();
        #[cfg(feature = "fs")]
        if let Some(cached) = cached {
            let expected = |at: usize| {
                let (subject, blocks) = self.expected.get(at).zip(self.blocks.get(at))?;
                Some(Expected { sha256: &subject.digest.sha256.0, blocks: blocks.as_ref() })
            };
            let found = cached.measure_all(snapshot, &wanted, &expected, &options, progress);
            self.files.cached = found.cached;
            self.notes.extend(found.not_stored.map(|error| Note::NotCached { reason: error_text::chain(&error) }));
            return found.hashed;
        }
        #[cfg(not(feature = "fs"))]
        if let Some(never) = cached {
            match *never {}
        }
        digest::measure_all(snapshot, &wanted, &options, progress)
    }

    /// Compares the digests of one file with the signed ones.
    fn compare(
        &mut self,
        snapshot: &dyn Files,
        signed: Signed<'a, '_>,
        result: Result<Measured, digest::Error>,
    ) -> Result<(), Error> {
        match result {
            Ok(Measured { hashed: Some(hashed), blocks }) => {
                let damaged = signed.damaged(blocks.as_ref());
                self.compare_whole(snapshot, signed, Ok(hashed), damaged)
            }
            Ok(Measured { hashed: None, blocks }) => match signed.damaged(blocks.as_ref()) {
                Some(damaged) if damaged.is_empty() => {
                    self.files.verified += 1;
                    self.files.by_blocks += 1;
                    Ok(())
                }
                // What other tools would say of the file is not known yet.
                damaged => {
                    let whole = digest::hash_one(snapshot, signed.entry, Pointers::Confirm);
                    self.compare_whole(snapshot, signed, whole, damaged)
                }
            },
            Err(error) => self.compare_whole(snapshot, signed, Err(error), None),
        }
    }

    /// Compares the digest of one file with the signed one. `damaged` are the blocks that differ, if they were hashed.
    fn compare_whole(
        &mut self,
        snapshot: &dyn Files,
        Signed { entry, subject, .. }: Signed<'a, '_>,
        result: Result<Hashed, digest::Error>,
        damaged: Option<Vec<Range<u64>>>,
    ) -> Result<(), Error> {
        let (expected, size) = (&subject.digest.sha256.0, subject.annotations.size);
        let path = || entry.path.clone();
        let is_same = |found: &Hashed| found.sha256 == *expected && found.size == size;
        match result {
            // The bytes are those of one signed digest and not of the other, so the signer, and not the file, is at fault.
            Ok(found) if damaged.as_ref().is_some_and(|damaged| damaged.is_empty() != is_same(&found)) => {
                // A file of another size has blocks of its own after those that were signed.
                if found.size == size {
                    self.disagreeing.get_or_insert(path());
                } else {
                    self.other_bytes(snapshot, entry, subject, Some(found), Vec::new());
                }
            }
            Ok(found) if is_same(&found) => match found.basis {
                Basis::Bytes => self.files.verified += 1,
                // The store holds other content, and the pointer names the signed one.
                Basis::Pointer { content: LfsContent::Wrong, .. } => {
                    self.files.add_change(change(subject, None, None));
                }
                // On disk a loader would load the pointer, wherever the content may be.
                Basis::Pointer { content: LfsContent::Confirmed, .. } if !snapshot.is_on_disk(entry) => {
                    self.files.verified += 1;
                }
                Basis::Pointer { .. } => self.files.pointers += 1,
            },
            Ok(found) => self.other_bytes(snapshot, entry, subject, Some(found), damaged.unwrap_or_default()),
            // A partial clone does not have the object; the file has not been changed.
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => {
                self.files.absent.push(path());
                self.notes.push(unreadable(error));
            }
            Err(error) if ChangedWhileRead::is_cause_of(&error.source) => {
                self.files.changed_while_read.push(path());
                self.notes.push(unreadable(error));
            }
            // The file could not be read, so its content is not known.
            Err(error) if is_out_of_reach(&error.source) => {
                return Err(Error::Read { path: error.path, source: error.source });
            }
            Err(error) => {
                self.files.add_change(change(subject, None, None));
                self.notes.push(unreadable(error));
            }
        }
        Ok(())
    }
}

/// Returns whether a read failed for a reason that says nothing about the file.
fn is_out_of_reach(error: &io::Error) -> bool {
    error.raw_os_error().is_some() || error.kind() == io::ErrorKind::ConnectionAborted
}

pub(super) fn unreadable(error: digest::Error) -> Note {
    Note::Unreadable { path: error.path, reason: error_text::io(&error.source) }
}

/// Sorts the lists, and adds the reasons that follow from them. Files that one signature does not cover may be covered by
/// another, so that reason alone is taken back; what else stands against the release has other causes too, and stays.
pub(super) fn conclude(report: &mut Report) {
    let files = &mut report.files;
    files.sort();
    let has_changed = !files.changed.is_empty();
    let has_unsigned = !files.unsigned.is_empty() || !files.problems.is_empty();
    let is_incomplete = files.pointers > 0 || !files.absent.is_empty();
    if !has_unsigned {
        report.reasons.remove(&Reason::UnsignedFiles);
    }
    let all = [
        (has_changed, Reason::ContentMismatch),
        (has_unsigned, Reason::UnsignedFiles),
        (is_incomplete, Reason::Incomplete),
        (!files.changed_while_read.is_empty(), Reason::ChangedWhileRead),
    ];
    for (_, reason) in all.into_iter().filter(|(is_so, _)| *is_so) {
        report.add_reason(reason);
    }
}

fn change(subject: &Subject, actual: Option<Hex>, actual_size: Option<u64>) -> ChangedFile {
    ChangedFile {
        path: subject.name.clone(),
        expected: Some(subject.digest.sha256.clone()),
        expected_size: Some(subject.annotations.size),
        actual,
        actual_size,
        damaged: Vec::new(),
    }
}

fn is_signed_link(coverage: &CoverageFacts, path: &RepoPath) -> bool {
    coverage.links.contains_key(path) || coverage.submodules.contains_key(path)
}

/// Returns whether there is nothing at a path: no file, no link, and no directory with files.
fn is_nothing(snapshot: &dyn Files, path: &RepoPath) -> bool {
    let is_absent = snapshot.find(path).is_none_or(|entry| entry.kind == Kind::Missing);
    is_absent && !snapshot.list().has_below(path.as_str())
}

/// Returns whether a file is too large or too small to be the signed one, and not worth hashing, which may take hours for
/// a sparse file of terabytes. A small file may be a pointer.
fn cannot_be(snapshot: &dyn Files, entry: &Entry, subject: &Subject) -> bool {
    snapshot.size(entry).is_ok_and(|size| size != subject.annotations.size && size > MAX_TEXT_BYTES)
}

/// Checks the sums file. It is for people without this program; if it contradicts the statement, it counts as changed.
pub(super) fn sums(
    snapshot: &dyn Files,
    statement: &Statement,
    requirements: &Requirements<'_>,
    report: &mut Report,
) -> Result<(), Error> {
    let path = own_path(SUMS_FILE);
    let Some(bytes) = read_own(snapshot, &path, report)? else {
        report.notes.push(Note::NoSums { path });
        return Ok(());
    };
    let sums = statement.sums();
    if bytes == sums.as_bytes() {
        return Ok(());
    }
    if bytes == sums.replace('\n', "\r\n").as_bytes() {
        if requirements.allow_crlf {
            report.files.crlf.push(path);
            report.files.sort();
            return Ok(());
        }
        note_crlf(&path, report);
    }
    report.files.add_change(ChangedFile {
        path,
        expected: Some(Hex(digest::sha256(sums.as_bytes()))),
        expected_size: u64::try_from(sums.len()).ok(),
        actual: Some(Hex(digest::sha256(&bytes))),
        actual_size: u64::try_from(bytes.len()).ok(),
        damaged: Vec::new(),
    });
    report.files.sort();
    report.add_reason(Reason::ContentMismatch);
    Ok(())
}

/// Adds a file to the note about files in which every LF became CRLF.
fn note_crlf(path: &RepoPath, report: &mut Report) {
    let noted = report.notes.iter_mut().find_map(|note| match note {
        Note::LineEndings { difference: LineEndings::NowCrLf, paths } => Some(paths),
        _ => None,
    });
    match noted {
        Some(paths) => paths.push(path.clone()),
        None => {
            report.notes.push(Note::LineEndings { difference: LineEndings::NowCrLf, paths: vec![path.clone()] });
        }
    }
}

/// Returns whether `sign` writes files of that name.
pub(super) fn is_own(path: &RepoPath) -> bool {
    let [statement, sums, signatures] = [STATEMENT_FILE, SUMS_FILE, SIGNATURES_DIR].map(own_path);
    let is_envelope = path.is_within(signatures.as_str()) && path.components().count() == 3;
    *path == statement
        || *path == sums
        || is_copy_of_base(path)
        || (is_envelope
            && [BUNDLE_ENDING, SSHSIG_ENDING, PROOF_ENDING].iter().any(|ending| path.as_str().ends_with(ending)))
}
