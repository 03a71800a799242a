//! Why a downloaded file is not what was signed, going by what the client of the Hugging Face Hub noted beside it.
//!
//! The notes are anybody's, so that they decide nothing: a file is changed or not before they are looked at. They tell
//! a damaged download, which a second one mends, from one that is whole and not what was signed.

use super::Report;
use super::files::MAX_TEXT_BYTES;
use crate::artifacts::digest::{Basis, Hashed};
use crate::artifacts::git_blob;
use crate::files::{ClaimSource, Entry, Files, HUB_NOTES_DIR, HostDigest};
use crate::path::RepoPath;
use crate::statement::Subject;

/// How many files are explained; each may have to be read again, and who reads the report has seen enough.
const MAX_EXPLAINED: usize = 10;
/// How many digits of a digest are shown.
const SHOWN_DIGITS: usize = 16;

/// A file that is not as it was signed.
#[derive(Debug)]
pub(super) struct Changed<'a> {
    pub(super) entry: &'a Entry,
    pub(super) subject: &'a Subject,
    /// What it hashed to, where it was worth hashing.
    pub(super) found: Option<Hashed>,
}

/// Adds to the notes of a report what can be said of changed files.
pub(super) fn explain(snapshot: &dyn Files, changed: &[Changed<'_>], report: &mut Report) {
    if changed.is_empty() {
        return;
    }
    for changed in changed.iter().take(MAX_EXPLAINED) {
        let Some(hint) = snapshot.claimed_digest(changed.entry) else { continue };
        let words = Words::of(hint.source, &changed.entry.path);
        let clause = match &hint.digest {
            HostDigest::Sha256(noted) => of_content(snapshot, changed, noted, &words),
            HostDigest::GitBlob(noted) => of_blob(snapshot, changed, noted, &words),
        };
        report.notes.extend(clause.map(|clause| format!("`{}`: {clause}", changed.entry.path)));
    }
}

/// What is said of a note, by where it stands.
struct Words {
    source: String,
    /// What brings the file back as the Hub has it.
    cure: &'static str,
}

impl Words {
    fn of(source: ClaimSource, path: &RepoPath) -> Self {
        let again = "`hf download … --force-download` fetches it again";
        match source {
            ClaimSource::BlobName => Self { source: "the name of its blob in the cache".to_owned(), cure: again },
            ClaimSource::Metadata => {
                Self { source: format!("`{HUB_NOTES_DIR}/download/{path}.metadata`"), cure: again }
            }
            ClaimSource::Tree => Self { source: "the Hub's list of files, in `trees`,".to_owned(), cure: again },
            // huggingface_hub 2.4 leaves a copy that is there as it is, forced or not.
            ClaimSource::Api => Self { source: "the host".to_owned(), cure: "downloading it again fetches it" },
            ClaimSource::TreeOfCopies => Self {
                source: "the Hub's list of files, in `trees`,".to_owned(),
                cure: "delete this file, and `hf download` fetches it again",
            },
        }
    }

    fn damaged(&self) -> String {
        format!("a damaged download, or one that was changed afterwards; {}", self.cure)
    }
}

/// The noted digest is one of the content, as the signed one is.
fn of_content(snapshot: &dyn Files, changed: &Changed<'_>, noted: &str, words: &Words) -> Option<String> {
    let source = &words.source;
    let signed = changed.subject.digest.sha256.0.as_str();
    let read = changed.found.as_ref().filter(|found| found.basis == Basis::Bytes);
    let here = match read {
        Some(found) => format!("the bytes here hash to {}", short(found.sha256.as_str())),
        None => {
            format!("here are {} bytes of {}", snapshot.size(changed.entry).ok()?, changed.subject.annotations.size)
        }
    };
    Some(if noted == signed {
        format!("{source} says SHA-256 {}, as was signed, and {here}: {}", short(noted), words.damaged())
    } else if read.is_some_and(|found| found.sha256.as_str() == noted) {
        format!("{source} says SHA-256 {}, and so do the bytes here: {WHOLE}", short(noted))
    } else {
        let (noted, signed) = (short(noted), short(signed));
        format!("{source} says SHA-256 {noted}, {here}, and {signed} was signed: {OTHER}")
    })
}

/// The noted digest is of the Git blob: it can be compared with the bytes that are here, not with what was signed.
fn of_blob(snapshot: &dyn Files, changed: &Changed<'_>, noted: &str, words: &Words) -> Option<String> {
    let bytes = snapshot.read(&changed.entry.path, MAX_TEXT_BYTES).ok()??;
    let here = git_blob::id(&bytes);
    let source = &words.source;
    Some(if here == noted {
        format!("{source} says Git blob {}, and so do the bytes here: {WHOLE}", short(noted))
    } else {
        let (noted, here) = (short(noted), short(&here));
        format!("{source} says Git blob {noted}, and the bytes here are {here}: {}", words.damaged())
    })
}

const WHOLE: &str =
    "a download that seems whole, of what the Hub had; that is not what was signed, and another download will not help";
const OTHER: &str = "what was downloaded was not what was signed, and it seems to have been damaged or changed since";

fn short(digest: &str) -> String {
    format!("{}…", digest.get(..SHOWN_DIGITS).unwrap_or(digest))
}
