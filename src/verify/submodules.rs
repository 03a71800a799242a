//! Signed submodules whose files are on disk. Only the commit of a submodule is signed, so only its commit is compared.

use crate::artifacts::glob::Glob;
use crate::files::{Files, Kind, Problem, ProblemKind};
use crate::path::RepoPath;
use crate::statement::CoverageFacts;

/// A signed submodule with files on disk.
pub(super) struct CheckedOut {
    pub(super) path: RepoPath,
    /// Whether the signed commit is checked out; `None` if that cannot be read.
    pub(super) is_signed_commit: Option<bool>,
    /// The number of its files.
    pub(super) files: usize,
}

/// Returns the signed submodules with files on disk, in path order.
pub(super) fn checked_out(snapshot: &dyn Files, coverage: &CoverageFacts) -> Vec<CheckedOut> {
    let is_here = |path: &RepoPath| snapshot.find(path).is_none() && snapshot.list().has_below(path.as_str());
    let here = coverage.submodules.iter().filter(|(path, _)| is_here(path));
    let checked_out = here.map(|(path, signed)| {
        let files = snapshot.entries().iter().filter(|entry| entry.path.is_within(path.as_str()));
        CheckedOut {
            path: path.clone(),
            is_signed_commit: snapshot.submodule_commit(path).map(|commit| commit.to_string() == *signed),
            files: files.filter(|entry| matches!(entry.kind, Kind::File { .. })).count(),
        }
    });
    checked_out.collect()
}

/// Returns whether a problem is the `.git` of a signed submodule, which is to it what `.git` is to the repository, or of another
/// one below it whose files are allowed.
pub(super) fn is_own(problem: &Problem, submodules: &[CheckedOut], allowed: &[Glob]) -> bool {
    let directory = problem.name.strip_suffix("/.git").and_then(|directory| directory.parse::<RepoPath>().ok());
    let Some(directory) = directory.filter(|_| problem.kind == ProblemKind::NestedRepository) else { return false };
    submodules.iter().any(|submodule| {
        directory == submodule.path
            || (directory.is_within(submodule.path.as_str()) && allowed.iter().any(|glob| glob.matches(&directory)))
    })
}
