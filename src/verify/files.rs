//! Checks that every file is as signed, and that there are no others.

use std::{io, mem};

use super::diagnose::{Changed, explain};
use super::{
    CachedDigests, FilesReport, MAX_TEXT_BYTES, Note, Reason, Report, Requirements, own_path, read_own, without_crlf,
};
use crate::artifacts::digest::{self, Basis, Hashed, LfsContent, Pointers};
use crate::artifacts::format::runs_on_load;
use crate::artifacts::glob::Glob;
use crate::error_text;
use crate::files::{Entry, Error, Files, Kind};
use crate::path::{RepoPath, SortedCursor};
use crate::release::{
    BUNDLE_ENDING, PROOF_ENDING, SIGNATURES_DIR, SSHSIG_ENDING, STATEMENT_FILE, SUMS_FILE, is_copy_of_base,
};
use crate::statement::{CoverageFacts, Statement, Subject};

/// The entries of a release, compared with what was signed as far as that goes without reading them.
#[derive(Default)]
struct Sorted<'a> {
    files: FilesReport,
    /// The files that must be hashed, in path order.
    present: Vec<&'a Entry>,
    /// The signed subject of each of those.
    expected: Vec<&'a Subject>,
    /// Files that are not as signed, and may be explained.
    changed: Vec<Changed<'a>>,
    notes: Vec<Note>,
}

/// Compares all files with the statement.
pub(super) fn files(
    snapshot: &dyn Files,
    statement: &Statement,
    requirements: &Requirements<'_>,
    cached: Option<CachedDigests<'_>>,
    progress: &(dyn Fn(u64) + Sync),
    report: &mut Report,
) -> Result<(), Error> {
    let mut sorted = Sorted::new(snapshot, statement, requirements);
    sorted.find_absent(statement);
    sorted.note_hard_links(snapshot);
    let results = sorted.hash(snapshot, requirements, cached, progress);
    let (present, expected) = (mem::take(&mut sorted.present), mem::take(&mut sorted.expected));
    for ((entry, subject), result) in present.into_iter().zip(expected).zip(results) {
        sorted.compare(snapshot, entry, subject, result)?;
    }
    report.notes.append(&mut sorted.notes);
    explain(snapshot, &sorted.changed, report);
    report.files = sorted.files;
    conclude(report);
    Ok(())
}

impl<'a> Sorted<'a> {
    fn new(snapshot: &'a dyn Files, statement: &'a Statement, requirements: &Requirements<'_>) -> Self {
        let coverage = &statement.predicate.coverage;
        let excludes: Vec<Glob> = coverage.exclude.iter().filter_map(|glob| glob.parse().ok()).collect();
        let mut subjects = SortedCursor::new(&statement.subject, |subject| &subject.name);
        let mut sorted = Self::default();
        for entry in snapshot.entries() {
            match (&entry.kind, subjects.find(&entry.path)) {
                (Kind::File { .. }, Some(subject)) if cannot_be(snapshot, entry, subject) => {
                    sorted.files.changed.push(entry.path.clone());
                    sorted.changed.push(Changed { entry, subject, found: None });
                }
                (Kind::File { .. }, Some(subject)) => {
                    sorted.present.push(entry);
                    sorted.expected.push(subject);
                }
                (Kind::File { .. }, None) => sorted.unsigned(&entry.path, &excludes, requirements.allow_unsigned),
                (Kind::Symlink { .. } | Kind::Submodule { .. }, None) => sorted.link(entry, coverage),
                (Kind::Symlink { .. } | Kind::Submodule { .. }, Some(_)) => {
                    sorted.files.changed.push(entry.path.clone());
                }
                (Kind::Missing, _) => {}
            }
        }
        // Our own files are not signed, so no other files may be among them.
        let foreign = snapshot.openness_files().iter().filter(|entry| !is_own(&entry.path));
        sorted.files.unsigned.extend(foreign.map(|entry| entry.path.clone()));
        // What has no valid path, or is not a file, cannot have been signed.
        sorted.files.problems.extend_from_slice(snapshot.problems());
        sorted
    }

    /// Sorts in a file that was not signed.
    fn unsigned(&mut self, path: &RepoPath, excludes: &[Glob], allowed: &[Glob]) {
        let matches = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(path));
        if matches(excludes) && runs_on_load(path).is_none() {
            self.files.excluded.push(path.clone());
        } else if matches(allowed) {
            self.notes.push(Note::AllowedUnsigned { path: path.clone() });
        } else {
            self.files.unsigned.push(path.clone());
        }
    }

    /// Compares a symbolic link or submodule with its signed target or commit.
    fn link(&mut self, entry: &Entry, coverage: &CoverageFacts) {
        let signed = match &entry.kind {
            Kind::Symlink { target } => coverage.links.get(&entry.path).map(|signed| signed == target),
            Kind::Submodule { commit } => coverage.submodules.get(&entry.path).map(|signed| signed == commit.as_str()),
            Kind::File { .. } | Kind::Missing => return,
        };
        match signed {
            Some(true) => {}
            Some(false) => self.files.changed.push(entry.path.clone()),
            None => self.files.unsigned.push(entry.path.clone()),
        }
    }

    fn find_absent(&mut self, statement: &Statement) {
        let mut present = SortedCursor::new(&self.present, |entry| &entry.path);
        let mut changed = SortedCursor::new(&self.files.changed, |path| path);
        let names = statement.subject.iter().map(|subject| &subject.name);
        let absent = names.filter(|name| present.find(name).is_none() && changed.find(name).is_none());
        self.files.absent = absent.cloned().collect();
    }

    fn note_hard_links(&mut self, snapshot: &dyn Files) {
        let linked = self.present.iter().filter(|entry| snapshot.has_other_names(entry));
        let paths: Vec<RepoPath> = linked.map(|entry| entry.path.clone()).collect();
        if !paths.is_empty() {
            self.notes.push(Note::HardLinks { paths });
        }
    }

    fn hash(
        &mut self,
        snapshot: &dyn Files,
        requirements: &Requirements<'_>,
        cached: Option<CachedDigests<'_>>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Vec<Result<Hashed, digest::Error>> {
        let options = digest::Options { threads: requirements.threads, pointers: Pointers::Confirm };
        #[cfg(feature = "fs")]
        if let Some(cached) = cached {
            let wanted = |at: usize| self.expected.get(at).map(|subject| &subject.digest.sha256.0);
            let found = cached.hash_all(snapshot, &self.present, &wanted, &options, progress);
            self.files.cached = found.cached;
            self.notes.extend(found.not_stored.map(|error| Note::NotCached { reason: error_text::chain(&error) }));
            return found.hashed;
        }
        #[cfg(not(feature = "fs"))]
        if let Some(never) = cached {
            match *never {}
        }
        digest::hash_all(snapshot, &self.present, &options, progress)
    }

    /// Compares the digest of one file with the signed one.
    fn compare(
        &mut self,
        snapshot: &dyn Files,
        entry: &'a Entry,
        subject: &'a Subject,
        result: Result<Hashed, digest::Error>,
    ) -> Result<(), Error> {
        let (expected, size) = (&subject.digest.sha256.0, subject.annotations.size);
        let path = || entry.path.clone();
        match result {
            Ok(Hashed { sha256, size: found, basis }) if sha256 == *expected && found == size => match basis {
                Basis::Bytes => self.files.verified += 1,
                Basis::Pointer { content: LfsContent::Wrong, .. } => self.files.changed.push(path()),
                // On disk a loader would load the pointer, wherever the content may be.
                Basis::Pointer { content: LfsContent::Confirmed, .. } if !snapshot.is_on_disk(entry) => {
                    self.files.verified += 1;
                }
                Basis::Pointer { .. } => self.files.pointers += 1,
            },
            Ok(_) if differs_by_line_endings(snapshot, entry, expected.as_str()) => {
                self.files.verified += 1;
                self.notes.push(Note::LineEndings { path: path() });
            }
            Ok(found) => {
                self.files.changed.push(path());
                self.changed.push(Changed { entry, subject, found: Some(found) });
            }
            // A partial clone does not have the object; the file has not been changed.
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => {
                self.files.absent.push(path());
                self.notes.push(unreadable(error));
            }
            // The file could not be read, so its content is not known.
            Err(error) if error.source.raw_os_error().is_some() => {
                return Err(Error::Read { path: error.path, source: error.source });
            }
            Err(error) => {
                self.files.changed.push(path());
                self.notes.push(unreadable(error));
            }
        }
        Ok(())
    }
}

fn unreadable(error: digest::Error) -> Note {
    Note::Unreadable { path: error.path, reason: error_text::io(&error.source) }
}

fn conclude(report: &mut Report) {
    let files = &mut report.files;
    for list in [&mut files.absent, &mut files.changed, &mut files.unsigned, &mut files.excluded] {
        list.sort();
        list.dedup();
    }
    let has_changed = !files.changed.is_empty();
    let has_unsigned = !files.unsigned.is_empty() || !files.problems.is_empty();
    let is_incomplete = files.pointers > 0 || !files.absent.is_empty();
    for (is_so, reason) in [
        (has_changed, Reason::ContentMismatch),
        (has_unsigned, Reason::UnsignedFiles),
        (is_incomplete, Reason::Incomplete),
    ] {
        if is_so {
            report.add_reason(reason);
        }
    }
}

/// Returns whether a file is too large or too small to be the signed one, and not worth reading, which may take hours for
/// a sparse file of terabytes. A small file may be a pointer, or a text with other line endings.
fn cannot_be(snapshot: &dyn Files, entry: &Entry, subject: &Subject) -> bool {
    snapshot.size(entry).is_ok_and(|size| size != subject.annotations.size && size > MAX_TEXT_BYTES)
}

/// Git on Windows turns LF into CRLF on checkout. The text is the same; the bytes are not.
fn differs_by_line_endings(snapshot: &dyn Files, entry: &Entry, expected: &str) -> bool {
    let Ok(Some(bytes)) = snapshot.read(&entry.path, MAX_TEXT_BYTES) else { return false };
    !bytes.contains(&0) && digest::sha256(&without_crlf(&bytes)).as_str() == expected
}

/// Checks the sums file. It is for people without this program; if it contradicts the statement, it counts as changed.
pub(super) fn sums(snapshot: &dyn Files, statement: &Statement, report: &mut Report) -> Result<(), Error> {
    let path = own_path(SUMS_FILE);
    let Some(bytes) = read_own(snapshot, &path, report)? else {
        report.notes.push(Note::NoSums { path });
        return Ok(());
    };
    if *without_crlf(&bytes) != *statement.sums().as_bytes() {
        report.files.changed.push(path);
        report.files.changed.sort();
        report.add_reason(Reason::ContentMismatch);
    }
    Ok(())
}

/// Returns whether `sign` writes files of that name.
fn is_own(path: &RepoPath) -> bool {
    let [statement, sums, signatures] = [STATEMENT_FILE, SUMS_FILE, SIGNATURES_DIR].map(own_path);
    let is_envelope = path.is_within(signatures.as_str()) && path.components().count() == 3;
    *path == statement
        || *path == sums
        || is_copy_of_base(path)
        || (is_envelope
            && [BUNDLE_ENDING, SSHSIG_ENDING, PROOF_ENDING].iter().any(|ending| path.as_str().ends_with(ending)))
}
