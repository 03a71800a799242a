//! Differences between the working tree and the commit that was signed.

use crate::artifacts::lfs::MAX_POINTER_BYTES;
use crate::cli::source_args::SourceArgs;
use crate::files::{Files, Kind};
use crate::finding::summarize_list;
use crate::path::{RepoPath, SortedCursor};
use crate::statement::{Body, Subject};

/// Returns a note about differences between the working tree and the signed commit, by names and sizes alone: the
/// signer may have forgotten to commit, and `verify` on the directory would report them. `None` if there are none, or
/// if the statement is not about a commit.
pub(super) fn differs(source: &SourceArgs, statement: &Body) -> Option<String> {
    statement.predicate.git.as_ref()?.commit.as_ref()?;
    let snapshot = source.on_disk().ok()??;
    let mut subjects = SortedCursor::new(&statement.subject, |subject| &subject.name);
    let (mut modified, mut uncommitted): (Vec<&RepoPath>, Vec<&RepoPath>) = (Vec::new(), Vec::new());
    for entry in snapshot.entries().iter().filter(|entry| matches!(entry.kind, Kind::File { .. })) {
        match (subjects.find(&entry.path), snapshot.size(entry)) {
            (None, _) if statement.predicate.coverage.excluded.binary_search(&entry.path).is_err() => {
                uncommitted.push(&entry.path);
            }
            (Some(subject), Ok(size)) if size != subject.annotations.size && !may_be_pointer(size, subject) => {
                modified.push(&entry.path);
            }
            _ => {}
        }
    }
    let mut on_disk = SortedCursor::new(snapshot.entries(), |entry| &entry.path);
    let missing: Vec<&RepoPath> =
        statement.subject.iter().map(|subject| &subject.name).filter(|name| on_disk.find(name).is_none()).collect();
    let sparse = if missing.is_empty() { Vec::new() } else { source.left_out() };
    let (left_out, missing): (Vec<_>, Vec<_>) =
        missing.into_iter().partition(|path| sparse.binary_search(path).is_ok());
    let parts = [
        ("modified", modified),
        ("missing", missing),
        ("left out by the sparse checkout", left_out),
        ("not in the commit", uncommitted),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(_, paths)| !paths.is_empty())
        .map(|(what, paths)| format!("{what}: {}", summarize_list(paths.iter())))
        .collect();
    (!parts.is_empty()).then(|| format!("note: the working tree differs from the signed commit: {}", parts.join("; ")))
}

/// Returns whether a file may be the pointer that Git LFS leaves in place of the content.
fn may_be_pointer(size: u64, subject: &Subject) -> bool {
    let most = u64::try_from(MAX_POINTER_BYTES).unwrap_or(u64::MAX);
    size <= most && subject.annotations.size > most
}
