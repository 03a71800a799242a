//! `OPN601`.

use std::sync::Arc;

use super::Repository;
use crate::artifacts::lfs;
use crate::finding::{Change, Edit, Finding, Proposal, Safety, summarize_list};
use crate::path::RepoPath;
use crate::source::{Source, Span};

super::rule! {
    /// ## What it does
    /// Reports Git LFS pointers that are not in canonical form, for example because they have CRLF line endings or no
    /// final line feed, and pointers with extensions.
    ///
    /// ## Why it matters
    /// Programs differ in what they accept. The same file can be a pointer to one program and plain content to another. A
    /// pointer with an extension states the digest of what the extension wrote, which is not the file that users get, so it
    /// cannot be signed.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["model.safetensors"]
    /// ```
    /// ```files
    /// model.safetensors: version https://git-lfs.github.com/spec/v1\noid sha256:e128b228fb1d2dc3e6e6710343f3badb8d3248f7c546a9c5f4c80e47899f5972\nsize 100000
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
    /// model.safetensors: version https://git-lfs.github.com/spec/v1\noid sha256:e128b228fb1d2dc3e6e6710343f3badb8d3248f7c546a9c5f4c80e47899f5972\nsize 100000\n
    /// ```
    "OPN601" "noncanonical-lfs-pointer" Warning => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    let (mut noncanonical, mut extended): (Vec<(&RepoPath, &[u8])>, Vec<&RepoPath>) = Default::default();
    for (at, bytes) in repository.pointers() {
        let path = repository.path(*at);
        match lfs::Pointer::parse(bytes) {
            Some(pointer) if pointer.has_extensions() => extended.push(path),
            Some(pointer) if !pointer.is_canonical() => noncanonical.push((path, bytes)),
            _ => {}
        }
    }
    report_extended(&extended, findings);
    let message = match noncanonical.as_slice() {
        [] => return,
        [(path, _)] => format!("`{path}` is a Git LFS pointer that is not in canonical form"),
        pointers => {
            let names = summarize_list(pointers.iter().map(|(path, _)| path));
            format!("{} Git LFS pointers are not in canonical form: {names}", pointers.len())
        }
    };
    findings.push(
        Finding::new(&INFO, Span::default(), message)
            .help("to rewrite the pointers, run `git lfs pull`, then `git add --renormalize .`")
            .items(noncanonical.iter().map(|(path, _)| path))
            .propose(rewritten(&noncanonical)),
    );
}

/// Proposes the canonical form of pointers. The digest and the size stay.
fn rewritten(pointers: &[(&RepoPath, &[u8])]) -> Option<Proposal> {
    let edits: Option<Vec<Edit>> = pointers
        .iter()
        .map(|(path, bytes)| {
            let text = std::str::from_utf8(bytes).ok()?;
            // `git lfs` writes an empty file for one without content.
            let pointer = lfs::Pointer::parse(bytes).filter(|pointer| pointer.size > 0)?;
            let source = Arc::new(Source::new(path.as_str(), text));
            Some(Edit { file: Some(source), span: (0..text.len()).into(), text: pointer.to_text() })
        })
        .collect();
    Some(Proposal::new("write the pointers as Git LFS does", Safety::Safe, Change::Other(edits?)))
}

/// Reports pointers that do not state the digest of the file.
fn report_extended(paths: &[&RepoPath], findings: &mut Vec<Finding>) {
    let message = match paths {
        [] => return,
        [path] => format!("`{path}` is a Git LFS pointer with an extension, so the digest of the file is not known"),
        paths => {
            let names = summarize_list(paths.iter());
            format!(
                "{} Git LFS pointers have extensions, so the digests of the files are not known: {names}",
                paths.len()
            )
        }
    };
    findings.push(Finding::new(&INFO, Span::default(), message).help(
        "remove the extension from the configuration of Git LFS, run `git lfs pull`, then `git add --renormalize .`",
    ));
}
