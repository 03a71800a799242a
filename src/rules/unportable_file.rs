//! `OPN306`.

use super::Repository;
use crate::files::ProblemKind;
use crate::finding::Finding;
use crate::path::directory_collisions;
use crate::source::Span;

/// What the targets of the links contain that git-annex puts in the place of files (git-annex 10.20261026, "internals").
const ANNEX: &str = ".git/annex/objects/";

super::rule! {
    /// ## What it does
    /// Reports files that cannot be signed: files whose names are not portable (Windows has no names with a control
    /// character or one of `: ? * < > | "`, with a final dot or space, or of a device such as `aux.txt`) or differ only in
    /// case or Unicode normalization, FIFOs, devices and sockets, symbolic links that lead out of the repository or into
    /// `.git` (as those of git-annex do), and unmerged files. Also reports directories whose names differ only in case or normalization.
    ///
    /// ## Why it matters
    /// On another machine, such a file would be a different file or would not exist, so verification would be
    /// meaningless. Two such directories would be one. This error cannot be waived, because a statement cannot name such
    /// a file.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["model.safetensors"]
    /// ```
    /// ```files
    /// model.safetensors
    /// Model.safetensors
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["model.safetensors"]
    /// ```
    /// ```files
    /// model.safetensors
    /// ```
    "OPN306" "unportable-file" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    for problem in repository.files.problems() {
        findings.push(Finding::new(&INFO, Span::default(), problem.to_string()).help(help(&problem.kind)));
    }
    let list = repository.files.list();
    for (one, other) in directory_collisions(list.entries(), list.directory_starts(), |entry| &entry.path) {
        let message =
            format!("`{other}`: on systems that ignore case or normalize names it is the same directory as `{one}`");
        findings.push(Finding::new(&INFO, Span::default(), message).help("rename one of them, or move its files"));
    }
}

fn help(problem: &ProblemKind) -> &'static str {
    match problem {
        ProblemKind::LinkIntoGit(target) if target.contains(ANNEX) => {
            "git-annex keeps the content there: commit the content itself, for example with Git LFS, or sign a copy that has \
             files in place of links (`cp -rL`) and no `.git`"
        }
        ProblemKind::LinkLeaves(_) | ProblemKind::LinkIntoGit(_) => {
            "put the file itself there, or remove the link; it cannot be signed"
        }
        _ => "rename or remove it; it cannot be signed",
    }
}
