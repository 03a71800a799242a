//! Whether every file is as it was signed, and nothing else is there.

use std::collections::BTreeSet;

use super::diagnose::{Changed, explain};
use super::{FilesReport, Reason, Report, Request, own_path, read_own, without_crlf};
use crate::artifacts::digest::{self, Basis, Hashed, LfsContent, Pointers};
use crate::artifacts::format::runs_on_load;
use crate::artifacts::glob::Glob;
use crate::digest_cache::CachedDigests;
use crate::files::{Entry, Files, Kind};
use crate::path::{RepoPath, SortedCursor};
use crate::release::{BUNDLE_ENDING, PROOF_ENDING, SIGNATURES_DIR, SSHSIG_ENDING, STATEMENT_FILE, SUMS_FILE};
use crate::statement::{Statement, Subject};

/// The largest file that is read whole to see whether only its line endings changed.
pub(super) const MAX_TEXT_BYTES: u64 = 16 * 1024 * 1024;

pub(super) fn files(
    snapshot: &dyn Files,
    statement: &Statement,
    request: &Request<'_>,
    remembered: Option<CachedDigests<'_>>,
    progress: &(dyn Fn(u64) + Sync),
    report: &mut Report,
) -> Result<(), crate::files::Error> {
    let coverage = &statement.predicate.coverage;
    let excludes: Vec<Glob> = coverage.exclude.iter().filter_map(|glob| glob.parse().ok()).collect();
    let mut files = FilesReport::default();
    let mut subjects = SortedCursor::new(&statement.subject, |subject| &subject.name);
    let mut present: Vec<&Entry> = Vec::new();
    // What each of those should be.
    let mut expected: Vec<&Subject> = Vec::new();
    let mut unexplained: Vec<Changed<'_>> = Vec::new();
    for entry in snapshot.entries() {
        let path = &entry.path;
        let name = || path.to_string();
        let subject = subjects.find(path);
        match (&entry.kind, subject) {
            (Kind::File { .. }, Some(subject)) if cannot_be(snapshot, entry, subject) => {
                files.changed.push(name());
                unexplained.push(Changed { entry, subject, found: None });
            }
            (Kind::File { .. }, Some(subject)) => {
                present.push(entry);
                expected.push(subject);
            }
            (Kind::File { .. }, None) => {
                let runs_on_load = runs_on_load(path).is_some();
                if excludes.iter().any(|glob| glob.matches(path)) && !runs_on_load {
                    files.excluded.push(name());
                } else if request.allow_unsigned.iter().any(|glob| glob.matches(path)) {
                    report.notes.push(format!("`{path}` is not signed; allowed by --allow-unsigned"));
                } else {
                    files.unsigned.push(name());
                }
            }
            (Kind::Symlink { target }, None) => match coverage.links.get(path) {
                Some(signed) if signed == target => {}
                Some(_) => files.changed.push(name()),
                None => files.unsigned.push(name()),
            },
            (Kind::Submodule { commit }, None) => match coverage.submodules.get(path) {
                Some(signed) if signed == commit.as_str() => {}
                Some(_) => files.changed.push(name()),
                None => files.unsigned.push(name()),
            },
            (Kind::Symlink { .. } | Kind::Submodule { .. }, Some(_)) => files.changed.push(name()),
            (Kind::Missing, _) => {}
        }
    }
    // What is ours is not signed, so nothing else may hide among it.
    files.unsigned.extend(
        snapshot.openness_files().iter().filter(|entry| !is_own(&entry.path)).map(|entry| entry.path.to_string()),
    );
    // What has no proper path, or is no file, cannot have been signed.
    files.unsigned.extend(snapshot.problems().iter().map(|problem| problem.name.clone()));
    let mut here = SortedCursor::new(&present, |entry| &entry.path);
    let gone = statement.subject.iter().map(|subject| &subject.name).filter(|name| here.find(name).is_none());
    let changed: BTreeSet<String> = files.changed.iter().cloned().collect();
    files.absent = gone.map(ToString::to_string).filter(|name| !changed.contains(name)).collect();

    let linked: Vec<&RepoPath> =
        present.iter().filter(|entry| snapshot.has_other_names(entry)).map(|entry| &entry.path).collect();
    if let Some(first) = linked.first() {
        let more = if linked.len() > 1 { format!(" and {} more", linked.len() - 1) } else { String::new() };
        report.notes.push(format!(
            "`{first}`{more} can be changed under another name as well (a hard link); `--export` makes copies of one's own"
        ));
    }

    let options = digest::Options { threads: request.threads, pointers: Pointers::Confirm };
    let results = match remembered {
        None => digest::hash_all(snapshot, &present, &options, progress),
        Some(remembered) => {
            let wanted = |at: usize| expected.get(at).map(|subject| &subject.digest.sha256.0);
            let recalled = remembered.hash_all(snapshot, &present, &wanted, &options, progress);
            files.cached = recalled.cached;
            report.notes.extend(recalled.not_stored.map(|error| format!("the digests are not remembered: {error}")));
            recalled.hashed
        }
    };
    for ((entry, subject), result) in present.iter().zip(expected).zip(results) {
        let (expected, size) = (&subject.digest.sha256.0, subject.annotations.size);
        match result {
            Ok(Hashed { sha256, size: found, basis }) if sha256 == *expected && found == size => match basis {
                Basis::Bytes => files.verified += 1,
                Basis::Pointer { content: LfsContent::Wrong, .. } => files.changed.push(entry.path.to_string()),
                // On disk a loader would load the pointer, wherever the content may be.
                Basis::Pointer { content: LfsContent::Confirmed, .. } if !snapshot.is_on_disk(entry) => {
                    files.verified += 1;
                }
                Basis::Pointer { .. } => files.pointers += 1,
            },
            Ok(_) if differs_by_line_endings(snapshot, entry, expected.as_str())? => {
                files.verified += 1;
                report
                    .notes
                    .push(format!("`{}` has CRLF line endings here, and is otherwise as it was signed", entry.path));
            }
            Ok(found) => {
                files.changed.push(entry.path.to_string());
                unexplained.push(Changed { entry, subject, found: Some(found) });
            }
            // An object that a partial clone left out: nobody has changed it.
            Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => {
                files.absent.push(entry.path.to_string());
                report.notes.push(format!("{error}: {}", error.source));
            }
            // The system said no, and nobody knows what the file holds.
            Err(error) if error.source.raw_os_error().is_some() => {
                return Err(crate::files::Error::Read { path: error.path, source: error.source });
            }
            Err(error) => {
                files.changed.push(entry.path.to_string());
                report.notes.push(format!("{error}: {}", error.source));
            }
        }
    }
    explain(snapshot, &unexplained, report);
    for list in [&mut files.absent, &mut files.changed, &mut files.unsigned, &mut files.excluded] {
        list.sort();
        list.dedup();
    }
    if !files.changed.is_empty() {
        report.against(Reason::ContentMismatch);
    }
    if !files.unsigned.is_empty() {
        report.against(Reason::UnsignedFiles);
    }
    if files.pointers > 0 || !files.absent.is_empty() {
        report.against(Reason::Incomplete);
    }
    report.files = files;
    Ok(())
}

/// Whether a file is too large, or too small, to be what was signed: not worth the reading, which may take hours where
/// somebody put a sparse file of terabytes. A small file may be a pointer, or a text with other line endings.
fn cannot_be(snapshot: &dyn Files, entry: &Entry, subject: &Subject) -> bool {
    snapshot.size(entry).is_ok_and(|size| size != subject.annotations.size && size > MAX_TEXT_BYTES)
}

/// Git on Windows turns LF into CRLF on checkout. The text says the same; the bytes do not.
fn differs_by_line_endings(snapshot: &dyn Files, entry: &Entry, expected: &str) -> Result<bool, crate::files::Error> {
    let Ok(Some(bytes)) = snapshot.read(&entry.path, MAX_TEXT_BYTES) else { return Ok(false) };
    if bytes.contains(&0) {
        return Ok(false);
    }
    Ok(digest::sha256(&without_crlf(&bytes)).as_str() == expected)
}

/// The sums file is for people without this program; one that lies to them is a changed file.
pub(super) fn sums(
    snapshot: &dyn Files,
    statement: &Statement,
    report: &mut Report,
) -> Result<(), crate::files::Error> {
    let path = own_path(SUMS_FILE);
    let Some(bytes) = read_own(snapshot, &path, report)? else {
        report.notes.push(format!("`{path}` is absent; it is derived, and nothing rests on it"));
        return Ok(());
    };
    if *without_crlf(&bytes) != *statement.sums().as_bytes() {
        report.files.changed.push(path.to_string());
        report.against(Reason::ContentMismatch);
    }
    Ok(())
}

/// Whether `sign` writes files of that name.
fn is_own(path: &RepoPath) -> bool {
    let [statement, sums, signatures] = [STATEMENT_FILE, SUMS_FILE, SIGNATURES_DIR].map(own_path);
    let is_envelope = path.is_within(signatures.as_str()) && path.components().count() == 3;
    *path == statement
        || *path == sums
        || (is_envelope
            && [BUNDLE_ENDING, SSHSIG_ENDING, PROOF_ENDING].iter().any(|ending| path.as_str().ends_with(ending)))
}
