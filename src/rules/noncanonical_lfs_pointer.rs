//! `OPN601`.

use super::Repository;
use crate::artifacts::lfs;
use crate::files::Kind;
use crate::finding::{Finding, summarize_list};
use crate::path::RepoPath;
use crate::source::Span;

/// The number of bytes that Git LFS reads of a possible pointer.
const MAX_POINTER_BYTES: u64 = 1024;

super::rule! {
    /// ## What it does
    /// Reports Git LFS pointers that are not in canonical form, for example because they have CRLF line endings or no
    /// final line feed.
    ///
    /// ## Why it matters
    /// Programs differ in what they accept. The same file can be a pointer to one program and plain content to another.
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
    let mut noncanonical: Vec<&RepoPath> = Vec::new();
    for entry in repository.snapshot.entries() {
        // A hook checks changed files only, and the size rules out most files without opening them.
        if !matches!(entry.kind, Kind::File { .. }) || !repository.snapshot.is_changed(entry) {
            continue;
        }
        let Ok(size) = repository.snapshot.size(entry) else { continue };
        if size > MAX_POINTER_BYTES {
            continue;
        }
        let Ok(Some(bytes)) = repository.snapshot.read(&entry.path, MAX_POINTER_BYTES) else { continue };
        if lfs::Pointer::parse(&bytes).is_some_and(|pointer| !pointer.is_canonical()) {
            noncanonical.push(&entry.path);
        }
    }
    let message = match noncanonical.as_slice() {
        [] => return,
        [path] => format!("`{path}` is a Git LFS pointer that is not in canonical form"),
        paths => {
            format!("{} Git LFS pointers are not in canonical form: {}", paths.len(), summarize_list(paths.iter()))
        }
    };
    findings.push(
        Finding::new(&INFO, Span::default(), message)
            .help("to rewrite the pointers, run `git lfs pull`, then `git add --renormalize .`")
            .items(noncanonical.iter()),
    );
}
