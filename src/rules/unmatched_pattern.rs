//! `OPN301`.

use super::Repository;
use crate::artifacts::glob::Glob;
use crate::files::{Entry, Kind};
use crate::finding::{Finding, Proposal, Safety, closest};
use crate::path::RepoPath;
use crate::quote;

super::rule! {
    /// ## What it does
    /// Reports patterns under `files` that match no file. In a Git repository, only tracked files count. Symbolic links
    /// are not followed, so a pattern that matches only links matches no file.
    ///
    /// ## Why it matters
    /// A declared file that is missing is not part of the release; usually it was forgotten or its name was misspelled.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["model.safetensor"]
    /// ```
    /// ```files
    /// model.safetensors
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
    "OPN301" "unmatched-pattern" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    let entries = repository.files.entries();
    let mut untracked: Option<Vec<RepoPath>> = None;
    let mut of_dvc: Option<Vec<(&RepoPath, RepoPath)>> = None;
    for pattern in repository.file_patterns() {
        let Ok(matches) = &pattern.matches else { continue };
        // A symbolic link is recorded but not followed, so it contributes no bytes.
        let without_bytes = matches.iter().map(|at| &entries[*at]).find(|entry| has_no_bytes(entry));
        if matches.iter().any(|at| !has_no_bytes(&entries[*at])) {
            continue;
        }
        let text = pattern.text.escape_debug();
        // Looked up only if a pattern has no match.
        let untracked = untracked.get_or_insert_with(|| repository.files.untracked());
        let glob = pattern.text.parse::<Glob>().ok();
        let addable = glob.as_ref().and_then(|glob| untracked.iter().find(|path| glob.matches(path)));
        let literal = glob.as_ref().map(Glob::root).unwrap_or_default();
        let mut meant = None;
        let of_dvc = of_dvc.get_or_insert_with(|| dvc_files(repository));
        let stands_for = |glob: &Glob, kept: &RepoPath| kept.as_str() == glob.root() || glob.matches(kept);
        let kept = glob.as_ref().and_then(|glob| of_dvc.iter().find(|(_, kept)| stands_for(glob, kept)));
        let (message, help) = match (kept, addable, without_bytes) {
            (Some((file, _)), _, _) => (
                format!("`{text}` matches no file in Git: DVC keeps the content elsewhere, and `{file}` in its place"),
                "commit the content itself, for example with Git LFS, or give its URL under `remote` instead"
                    .to_owned(),
            ),
            (None, Some(path), _) => (
                format!("`{text}` matches only untracked files"),
                format!("run `git add {}`, with `-f` if Git ignores it", quote::operand(path.as_str())),
            ),
            (None, None, Some(found)) => {
                (format!("`{text}` matches only symbolic links or submodules"), instead(repository, found, literal))
            }
            // What matters is the path that all matches would be at or below.
            (None, None, None) => match behind(repository, literal) {
                Some((place, help)) => (format!("`{text}` is {place}"), help),
                None => {
                    let near = similar(repository, &pattern.text);
                    meant = near.map(|near| Proposal::replace(pattern.span, &pattern.text, near, Safety::Unsafe));
                    (format!("`{text}` matches no file"), suggestion(repository, near))
                }
            },
        };
        findings.push(Finding::new(&INFO, pattern.span, message).help(help).propose(meant));
    }
}

/// Returns the files that [DVC](https://doc.dvc.org/user-guide/project-structure/dvc-files) tracks in Git, `NAME.dvc`, each with
/// what it stands for: the file `NAME`, or all that is in a directory of that name.
fn dvc_files<'r>(repository: &Repository<'r>) -> Vec<(&'r RepoPath, RepoPath)> {
    let files = repository.files.entries().iter().filter(|entry| !has_no_bytes(entry)).map(|entry| &entry.path);
    files.filter_map(|path| Some((path, path.as_str().strip_suffix(".dvc")?.parse().ok()?))).collect()
}

fn has_no_bytes(entry: &Entry) -> bool {
    matches!(entry.kind, Kind::Symlink { .. } | Kind::Submodule { .. })
}

/// Returns what keeps a path from being in the release, as a clause, and what to do; `None` if no link or submodule does.
pub(super) fn behind(repository: &Repository<'_>, path: &str) -> Option<(String, String)> {
    let found = repository.files.list().in_the_way(&format!("{path}/"))?;
    let place = match found.kind {
        Kind::Submodule { .. } => {
            format!("in the submodule `{}`, whose files belong to another repository", found.path)
        }
        _ => format!("behind the symbolic link `{}`, and links are not followed", found.path),
    };
    Some((place, instead(repository, found, path)))
}

/// Returns what to do instead of naming a link or submodule, or `wanted` behind it.
fn instead(repository: &Repository<'_>, found: &Entry, wanted: &str) -> String {
    let path = &found.path;
    if matches!(found.kind, Kind::Submodule { .. }) {
        return format!(
            "`{path}` is a submodule, of which only the commit is signed: copy the files into this repository, or give \
             their URLs"
        );
    }
    let list = repository.files.list();
    let rest = wanted.strip_prefix(path.as_str()).unwrap_or_default();
    match list.target(found).map(|target| format!("{target}{rest}")) {
        Some(target) if is_listed(repository, &target) => {
            format!("`{path}` is a symbolic link: name `{}` instead", target.escape_debug())
        }
        _ => format!("`{path}` is a symbolic link: put the file itself there, or name the file that it leads to"),
    }
}

/// Returns whether a path is that of a file, or of a directory with files.
fn is_listed(repository: &Repository<'_>, path: &str) -> bool {
    let list = repository.files.list();
    let found = path.parse().ok().and_then(|path| list.find(&path));
    found.map_or_else(|| list.has_below(path), |entry| !has_no_bytes(entry))
}

/// Returns the path of the file that a pattern was most likely meant to match.
fn similar<'r>(repository: &Repository<'r>, pattern: &str) -> Option<&'r str> {
    let files = repository.files.entries().iter().filter(|entry| !has_no_bytes(entry));
    closest(pattern, files.map(|entry| entry.path.as_str()).filter(|path| *path != pattern))
}

fn suggestion(repository: &Repository<'_>, near: Option<&str>) -> String {
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if repository.files.commit().is_some() => "add the file and commit it, or correct the pattern".to_owned(),
        None => "add the file, or correct the pattern".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use crate::check::check;
    use crate::files::Memory;

    #[test]
    fn what_dvc_keeps_outside_git_is_named() {
        let messages = |pattern: &str| {
            let manifest = format!(
                "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\nlicense = \"MIT\"\n\
                 [component.final-weights]\nopenness = \"open\"\nfiles = [\"{pattern}\"]\n"
            );
            let dvc = [("w/m.gguf.dvc", "outs:\n"), ("data.dvc", "outs:\n")];
            let files = Memory::new(dvc.into_iter().chain([("OPENNESS.toml", manifest.as_str())]));
            let checked = check(&files).unwrap();
            let own = checked.findings().iter().filter(|finding| finding.rule.code == super::INFO.code);
            own.map(|finding| finding.message.clone()).collect::<Vec<_>>()
        };
        for (pattern, file) in
            [("w/m.gguf", "w/m.gguf.dvc"), ("w/*.gguf", "w/m.gguf.dvc"), ("data/**", "data.dvc"), ("data", "data.dvc")]
        {
            let expected = format!(
                "`{pattern}` matches no file in Git: DVC keeps the content elsewhere, and `{file}` in its place"
            );
            assert_eq!(messages(pattern), [expected], "{pattern}");
        }
        for pattern in ["m2.gguf", "w/dat", "data2/**"] {
            assert_eq!(messages(pattern), [format!("`{pattern}` matches no file")], "{pattern}");
        }
        assert_eq!(messages("*.dvc"), Vec::<String>::new());
    }
}
