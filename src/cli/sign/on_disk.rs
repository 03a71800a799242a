//! What lies on disk beside the commit that is signed.

use crate::artifacts::lfs::MAX_POINTER_BYTES;
use crate::cli::place::SourceArgs;
use crate::files::{Files, Kind};
use crate::finding::summarize_list;
use crate::path::{RepoPath, SortedCursor};
use crate::statement::{Body, Subject};

/// Says what of a work tree is not as in the commit, going by names and sizes: who signs may have forgotten to commit, and who
/// verifies the directory is told of it. `None` where nothing is to be seen, or where no work tree is signed.
pub(super) fn differs(place: &SourceArgs, statement: &Body) -> Option<String> {
    statement.predicate.git.as_ref()?.commit.as_ref()?;
    let snapshot = place.on_disk().ok()??;
    let mut subjects = SortedCursor::new(&statement.subject, |subject| &subject.name);
    let (mut changed, mut uncommitted): (Vec<&RepoPath>, Vec<&RepoPath>) = (Vec::new(), Vec::new());
    for entry in snapshot.entries().iter().filter(|entry| matches!(entry.kind, Kind::File { .. })) {
        match (subjects.find(&entry.path), snapshot.size(entry)) {
            (None, _) if statement.predicate.coverage.excluded.binary_search(&entry.path).is_err() => {
                uncommitted.push(&entry.path);
            }
            (Some(subject), Ok(size)) if size != subject.annotations.size && !may_be_pointer(size, subject) => {
                changed.push(&entry.path);
            }
            _ => {}
        }
    }
    let mut here = SortedCursor::new(snapshot.entries(), |entry| &entry.path);
    let gone: Vec<&RepoPath> =
        statement.subject.iter().map(|subject| &subject.name).filter(|name| here.find(name).is_none()).collect();
    let parts: Vec<String> = [("of another size", changed), ("not there", gone), ("not in it", uncommitted)]
        .into_iter()
        .filter(|(_, paths)| !paths.is_empty())
        .map(|(what, paths)| format!("{what}: {}", summarize_list(paths.iter())))
        .collect();
    (!parts.is_empty()).then(|| format!("note: the commit is signed, and on disk is {}", parts.join("; ")))
}

/// Whether a file may be what Git LFS left in the place of its content.
fn may_be_pointer(size: u64, subject: &Subject) -> bool {
    let most = u64::try_from(MAX_POINTER_BYTES).unwrap_or(u64::MAX);
    size <= most && subject.annotations.size > most
}
