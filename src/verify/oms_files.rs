//! Compares the files of a release with what bundles of OpenSSF Model Signing list.

use std::collections::BTreeMap;

use super::files::{is_own, unreadable};
use super::oms::Found;
use super::{CachedDigests, Note, Report, Requirements};
use crate::artifacts::digest::{self, Basis, Hashed, LfsContent, Pointers};
use crate::artifacts::download_marker::is_download_marker;
use crate::artifacts::format::runs_on_load;
#[cfg(feature = "fs")]
use crate::error_text;
use crate::files::{Entry, Error, Files, HUB_NOTES_DIR, Kind};
use crate::manifest::Sha256Hex;
use crate::oms::{Order, Resource, ShardedFile};
use crate::path::{RepoPath, SortedCursor};
use crate::statement::Statement;

/// A file that bundles list, with the digest that they give it.
struct Listed<'a> {
    path: &'a RepoPath,
    sha256: &'a Sha256Hex,
    /// Whether another bundle gives it another digest.
    is_disputed: bool,
}

/// The files that bundles list in parts.
type Sharded<'a> = BTreeMap<&'a RepoPath, Vec<&'a ShardedFile>>;

/// What is compared, and the part of the report about the content, to which the results go.
struct Comparison<'a> {
    snapshot: &'a dyn Files,
    found: &'a Found,
    /// In the order of their paths.
    listed: &'a [Listed<'a>],
    sharded: &'a Sharded<'a>,
    /// The statement in `.openness/`, if its signer is trusted. Its files are compared already.
    openness: Option<&'a Statement>,
    requirements: &'a Requirements<'a>,
    report: &'a mut Report,
}

/// Compares every file with the bundles whose signers are trusted, as a part of the report about the content.
pub(super) fn compare(
    snapshot: &dyn Files,
    found: &Found,
    openness: Option<&Statement>,
    requirements: &Requirements<'_>,
    cached: Option<CachedDigests<'_>>,
    progress: &(dyn Fn(u64) + Sync),
    report: &mut Report,
) -> Result<(), Error> {
    let mut sharded = Sharded::new();
    for file in found.statements.iter().flat_map(|(_, statement)| statement.sharded()) {
        sharded.entry(&file.path).or_default().push(file);
    }
    let listed = listed(found);
    let mut comparison =
        Comparison { snapshot, found, listed: &listed, sharded: &sharded, openness, requirements, report };
    comparison.compare_sharded(progress)?;
    let present = comparison.find();
    let digests = comparison.hash(&present, cached, progress);
    for ((entry, listed), hashed) in present.into_iter().zip(digests) {
        comparison.compare(entry, listed, hashed)?;
    }
    comparison.find_unlisted();
    comparison.note_orders();
    comparison.conclude();
    Ok(())
}

/// Returns the files that bundles list, in the order of their paths.
fn listed(found: &Found) -> Vec<Listed<'_>> {
    let mut resources: Vec<&Resource> =
        found.statements.iter().flat_map(|(_, statement)| statement.resources()).collect();
    // Each statement is in this order already.
    resources.sort_by(|one, other| one.path.cmp(&other.path));
    let mut listed: Vec<Listed<'_>> = Vec::with_capacity(resources.len());
    for Resource { path, sha256 } in resources {
        match listed.last_mut().filter(|last| last.path == path) {
            Some(last) => last.is_disputed |= last.sha256 != sha256,
            None => listed.push(Listed { path, sha256, is_disputed: false }),
        }
    }
    listed
}

/// Returns the path by which a file that the fixed list leaves out is reported: one for all notes of the Hub's client.
fn shown_as(path: &RepoPath) -> Option<RepoPath> {
    if path.is_within(HUB_NOTES_DIR) { HUB_NOTES_DIR.parse().ok() } else { Some(path.clone()) }
}

fn is_listed(listed: &[Listed<'_>], path: &RepoPath) -> bool {
    listed.binary_search_by(|file| file.path.cmp(path)).is_ok()
}

impl Listed<'_> {
    /// Returns whether all bundles give the file this digest.
    fn is(&self, sha256: &Sha256Hex) -> bool {
        !self.is_disputed && self.sha256 == sha256
    }
}

impl<'a> Comparison<'a> {
    /// Returns the listed files that are there, and reports those that are not.
    fn find(&mut self) -> Vec<(&'a Entry, &'a Listed<'a>)> {
        let listed = self.listed;
        listed.iter().filter_map(|file| self.find_file(file.path).map(|entry| (entry, file))).collect()
    }

    /// Returns a file if it is there, and otherwise reports it.
    fn find_file(&mut self, path: &RepoPath) -> Option<&'a Entry> {
        match self.snapshot.list().find_all(path) {
            Some(entry) if matches!(entry.kind, Kind::File { .. }) => return Some(entry),
            // A link is never followed: what it points to can change.
            Some(entry) if !matches!(entry.kind, Kind::Missing) => self.report.files.changed.push(path.clone()),
            _ => self.report.files.absent.push(path.clone()),
        }
        None
    }

    /// Compares the files that are listed in parts, several parts at a time.
    fn compare_sharded(&mut self, progress: &(dyn Fn(u64) + Sync)) -> Result<(), Error> {
        let sharded: Vec<&'a ShardedFile> = self.sharded.values().flatten().copied().collect();
        let mut files = Vec::new();
        for file in sharded {
            let Some(entry) = self.find_file(&file.path) else { continue };
            if self.snapshot.size(entry).is_ok_and(|size| size == file.size()) {
                files.push((entry, file));
            } else {
                self.report.files.changed.push(file.path.clone());
            }
        }
        let wanted: Vec<_> =
            files.iter().flat_map(|(entry, file)| file.parts.iter().map(|(part, _)| (*entry, part.clone()))).collect();
        let options = digest::Options { threads: self.requirements.threads, pointers: Pointers::Confirm };
        let mut hashed = digest::hash_parts(self.snapshot, &wanted, &options, progress).into_iter();
        let mut same: BTreeMap<&RepoPath, bool> = BTreeMap::new();
        for (_, file) in &files {
            for ((_, signed), hashed) in file.parts.iter().zip(hashed.by_ref()) {
                let is_same = match hashed {
                    Ok(sha256) => sha256 == *signed,
                    // The file could not be read, so its content is not known.
                    Err(error) if error.source.raw_os_error().is_some() => {
                        return Err(Error::Read { path: error.path, source: error.source });
                    }
                    Err(error) => {
                        self.report.notes.push(unreadable(error));
                        false
                    }
                };
                *same.entry(&file.path).or_insert(true) &= is_same;
            }
        }
        for (path, is_same) in same {
            let size = self.sharded.get(path).and_then(|files| files.first()).map_or(0, |file| file.size());
            // A file that is also signed whole is counted there.
            let is_counted = self.is_in_openness(path) || self.is_listed(path);
            match is_same {
                true if is_counted => {}
                true => {
                    self.report.files.verified += 1;
                    self.report.oms_bytes = self.report.oms_bytes.saturating_add(size);
                }
                false => self.report.files.changed.push(path.clone()),
            }
        }
        Ok(())
    }

    /// Returns the digest of each file. Those that were hashed for the statement in `.openness/` are not read again.
    fn hash(
        &mut self,
        present: &[(&'a Entry, &'a Listed<'a>)],
        cached: Option<CachedDigests<'_>>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Vec<Result<Hashed, digest::Error>> {
        let known = self.report.digests.take().unwrap_or_default();
        let mut known = SortedCursor::new(&known, |(path, _)| path);
        let mut found: Vec<Option<Hashed>> =
            present.iter().map(|(entry, _)| known.find(&entry.path).map(|(_, hashed)| hashed.clone())).collect();
        let rest: Vec<(&Entry, &Listed<'_>)> =
            present.iter().zip(&found).filter(|(_, found)| found.is_none()).map(|(file, _)| *file).collect();
        let mut fresh = self.hash_all(&rest, cached, progress).into_iter();
        let hashed = found.iter_mut().filter_map(|found| found.take().map(Ok).or_else(|| fresh.next()));
        hashed.collect()
    }

    fn hash_all(
        &mut self,
        files: &[(&Entry, &Listed<'_>)],
        cached: Option<CachedDigests<'_>>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Vec<Result<Hashed, digest::Error>> {
        let entries: Vec<&Entry> = files.iter().map(|(entry, _)| *entry).collect();
        let options = digest::Options { threads: self.requirements.threads, pointers: Pointers::Confirm };
        #[cfg(feature = "fs")]
        if let Some(cached) = cached {
            let wanted = |at: usize| files.get(at).map(|(_, listed)| listed.sha256);
            let found = cached.hash_all(self.snapshot, &entries, &wanted, &options, progress);
            self.report.files.cached += found.cached;
            let not_stored = found.not_stored.map(|error| Note::NotCached { reason: error_text::chain(&error) });
            self.report.notes.extend(not_stored);
            return found.hashed;
        }
        #[cfg(not(feature = "fs"))]
        if let Some(never) = cached {
            match *never {}
        }
        digest::hash_all(self.snapshot, &entries, &options, progress)
    }

    /// Compares the digest of one file with those that are listed.
    fn compare(
        &mut self,
        entry: &Entry,
        listed: &Listed<'_>,
        hashed: Result<Hashed, digest::Error>,
    ) -> Result<(), Error> {
        let is_counted = self.is_in_openness(&entry.path);
        let files = &mut self.report.files;
        match hashed {
            Ok(Hashed { sha256, basis, size }) if listed.is(&sha256) => match basis {
                Basis::Pointer { content: LfsContent::Wrong, .. } => files.changed.push(entry.path.clone()),
                Basis::Pointer { content: LfsContent::Confirmed, .. } if self.snapshot.is_on_disk(entry) => {
                    files.pointers += usize::from(!is_counted);
                }
                Basis::Pointer { content, .. } if content != LfsContent::Confirmed => {
                    files.pointers += usize::from(!is_counted);
                }
                Basis::Bytes | Basis::Pointer { .. } => {
                    files.verified += usize::from(!is_counted);
                    self.report.oms_bytes = self.report.oms_bytes.saturating_add(size);
                }
            },
            Ok(_) => files.changed.push(entry.path.clone()),
            // The file could not be read, so its content is not known.
            Err(error) if error.source.raw_os_error().is_some() => {
                return Err(Error::Read { path: error.path, source: error.source });
            }
            Err(error) => {
                files.changed.push(entry.path.clone());
                self.report.notes.push(unreadable(error));
            }
        }
        Ok(())
    }

    /// Finds files that no trusted signature covers.
    fn find_unlisted(&mut self) {
        let (found, sharded) = (self.found, self.sharded);
        // What `.openness/` does not sign may be signed by a bundle, or be a bundle.
        let listed = self.listed;
        let is_covered =
            |path: &RepoPath| is_listed(listed, path) || sharded.contains_key(path) || found.files.contains(path);
        self.report.files.unsigned.retain(|path| !is_covered(path));
        self.report.files.excluded.retain(|path| !is_covered(path));
        if self.openness.is_some() {
            return;
        }
        let entries = self.snapshot.entries().iter().filter(|entry| !matches!(entry.kind, Kind::Missing));
        for entry in entries.filter(|entry| !is_covered(&entry.path)) {
            self.sort_in(entry);
        }
        let left_out = self.snapshot.list().left_out().iter().filter(|entry| !is_covered(&entry.path));
        self.report.files.excluded.extend(left_out.filter_map(|entry| shown_as(&entry.path)));
        let foreign = self.snapshot.openness_files().iter().map(|entry| &entry.path);
        let foreign = foreign.filter(|path| !is_own(path) && !is_covered(path)).cloned();
        self.report.files.unsigned.extend(foreign);
        self.report.files.problems.extend_from_slice(self.snapshot.problems());
    }

    /// Sorts in a file that no bundle lists. Only what every signer leaves out is left out, and nothing that runs when it is
    /// loaded, unless it belongs to Git; and markers of a download.
    fn sort_in(&mut self, entry: &Entry) {
        let path = &entry.path;
        let statements = || self.found.statements.iter().map(|(_, statement)| statement);
        let files = &mut self.report.files;
        if statements().all(|statement| statement.ignores_by_default(path))
            || is_download_marker(self.snapshot, entry)
            || (statements().all(|statement| statement.ignores(path)) && runs_on_load(path).is_none())
        {
            files.excluded.push(path.clone());
        } else if self.requirements.allow_unsigned.iter().any(|glob| glob.matches(path)) {
            self.report.notes.push(Note::AllowedUnsigned { path: path.clone() });
        } else {
            files.unsigned.push(path.clone());
        }
    }

    fn note_orders(&mut self) {
        for (name, statement) in &self.found.statements {
            if statement.order() == Order::Components {
                self.report.notes.push(Note::ListedByComponents { name: name.clone() });
            }
        }
    }

    fn is_listed(&self, path: &RepoPath) -> bool {
        is_listed(self.listed, path)
    }

    fn is_in_openness(&self, path: &RepoPath) -> bool {
        self.openness
            .is_some_and(|statement| statement.subject.binary_search_by(|subject| subject.name.cmp(path)).is_ok())
    }

    /// Keeps what an export copies in addition to the files of the statement in `.openness/`, and draws the conclusions.
    fn conclude(&mut self) {
        let only_in_parts = self.sharded.iter().filter(|(path, _)| !self.is_in_openness(path) && !self.is_listed(path));
        self.report.oms_sharded = only_in_parts.filter_map(|(_, files)| files.first().copied().cloned()).collect();
        let more = self.listed.iter().filter(|file| !self.is_in_openness(file.path));
        self.report.oms_files = more.map(|file| Resource::new(file.path.clone(), *file.sha256)).collect();
        super::files::conclude(self.report);
    }
}
