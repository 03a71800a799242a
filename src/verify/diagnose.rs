//! Explains why a downloaded file is not what was signed, using the notes that the Hugging Face Hub client left next to it.
//!
//! Anyone can change those notes, so they decide nothing: whether a file has changed is known before they are read. They
//! distinguish a damaged download, which downloading again repairs, from an intact one that is not what was signed.

use super::{Download, DownloadState, MAX_TEXT_BYTES, Note, Report};
use crate::artifacts::digest::{Basis, Hashed};
use crate::artifacts::git_blob;
use crate::files::{ClaimSource, Entry, Files, HUB_NOTES_DIR, HostDigest};
use crate::path::RepoPath;
use crate::statement::Subject;

/// The number of files that are explained. Each may have to be read again, and more would not help the reader.
const MAX_EXPLAINED: usize = 10;
/// The number of hexadecimal digits of a digest that are shown.
const SHOWN_DIGITS: usize = 16;

/// A file that is not as signed.
#[derive(Debug)]
pub(super) struct Changed<'a> {
    pub(super) entry: &'a Entry,
    pub(super) subject: &'a Subject,
    /// Its digest; `None` if it was not hashed, because its size alone shows that it has changed.
    pub(super) found: Option<Hashed>,
}

/// Adds an explanation of each changed file to the notes of a report, if there is one.
pub(super) fn explain(files: &dyn Files, changed: &[Changed<'_>], report: &mut Report) {
    if changed.is_empty() {
        return;
    }
    for changed in changed.iter().take(MAX_EXPLAINED) {
        let Some(claim) = files.claimed_digest(changed.entry) else { continue };
        let words = Words::of(claim.source, &changed.entry.path);
        let explained = match &claim.digest {
            HostDigest::Sha256(noted) => by_content(files, changed, noted, &words),
            HostDigest::GitBlob(noted) => by_blob(files, changed, noted, &words),
        };
        let path = changed.entry.path.clone();
        report.notes.extend(explained.map(|(state, detail)| Note::Download(Download { path, state, detail })));
    }
}

/// The words for the place where a note was found.
struct Words {
    source: String,
    /// What brings back the Hub's file.
    remedy: &'static str,
}

impl Words {
    fn of(source: ClaimSource, path: &RepoPath) -> Self {
        let again = "download it again with `hf download … --force-download`";
        let (source, remedy) = match source {
            ClaimSource::BlobName => ("the name of its blob in the cache".to_owned(), again),
            ClaimSource::Metadata => (format!("`{HUB_NOTES_DIR}/download/{path}.metadata`"), again),
            ClaimSource::Tree => ("the Hub's list of files, in `trees`,".to_owned(), again),
            ClaimSource::Api => ("the host".to_owned(), "download it again"),
            // huggingface_hub 2.4 keeps a copy that is present, even if forced.
            ClaimSource::TreeOfCopies => (
                "the Hub's list of files, in `trees`,".to_owned(),
                "delete this file, then download it again with `hf download`",
            ),
        };
        Self { source, remedy }
    }

    fn damaged(&self) -> String {
        format!("the download was damaged or changed afterwards; {}", self.remedy)
    }
}

/// Explains by the digest of the content, which can be compared with the signed one.
fn by_content(files: &dyn Files, changed: &Changed<'_>, noted: &str, words: &Words) -> Option<(DownloadState, String)> {
    let source = &words.source;
    let signed = changed.subject.digest.sha256.0.as_str();
    let read = changed.found.as_ref().filter(|found| found.basis == Basis::Bytes);
    let actual = match read {
        Some(found) => format!("this file hashes to {}", short(found.sha256.as_str())),
        None => {
            format!("this file has {} of {} bytes", files.size(changed.entry).ok()?, changed.subject.annotations.size)
        }
    };
    Some(if noted == signed {
        let detail =
            format!("{source} says SHA-256 {}, as was signed, but {actual}: {}", short(noted), words.damaged());
        (DownloadState::Damaged, detail)
    } else if read.is_some_and(|found| found.sha256.as_str() == noted) {
        (DownloadState::Intact, format!("{source} says SHA-256 {}, and {actual}: {INTACT}", short(noted)))
    } else {
        let (noted, signed) = (short(noted), short(signed));
        let detail = format!("{source} says SHA-256 {noted}, {actual}, and {signed} was signed: {OTHER}");
        (DownloadState::Other, detail)
    })
}

/// Explains by the id of the Git blob, which can be compared with the file, but not with what was signed.
fn by_blob(files: &dyn Files, changed: &Changed<'_>, noted: &str, words: &Words) -> Option<(DownloadState, String)> {
    let bytes = files.read(&changed.entry.path, MAX_TEXT_BYTES).ok()??;
    let actual = git_blob::id(&bytes);
    let source = &words.source;
    Some(if actual == noted {
        (DownloadState::Intact, format!("{source} says Git blob {}, and so does this file: {INTACT}", short(noted)))
    } else {
        let (noted, actual) = (short(noted), short(&actual));
        let detail = format!("{source} says Git blob {noted}, but this file is {actual}: {}", words.damaged());
        (DownloadState::Damaged, detail)
    })
}

const INTACT: &str = "the download is intact but differs from the signed file; downloading again will not help";
const OTHER: &str = "the downloaded file was not the signed one, and seems to have been damaged or changed since";

fn short(digest: &str) -> String {
    format!("{}…", digest.get(..SHOWN_DIGITS).unwrap_or(digest))
}
