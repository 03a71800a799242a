//! `OPN601`.

use super::Repository;
use crate::artifacts::lfs;
use crate::finding::{Finding, summarize_list};
use crate::path::RepoPath;
use crate::files::Kind;
use crate::source::Span;

/// Git LFS reads no more.
const MAX_POINTER_BYTES: u64 = 1024;

super::rule! {
    /// ## What it does
    /// Finds Git LFS pointers that are not in canonical form.
    ///
    /// ## Why it matters
    /// Readers are lenient in different ways; a pointer with other line endings or without a final line feed is content
    /// to one program and a pointer to the next.
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
    "OPN601" "pointer-not-canonical" Warning => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    let mut other: Vec<&RepoPath> = Vec::new();
    for entry in repository.snapshot.entries() {
        // A hook looks at what is new only; and the size decides before anything is opened.
        if !matches!(entry.kind, Kind::File { .. }) || !repository.snapshot.is_changed(entry) {
            continue;
        }
        let Ok(size) = repository.snapshot.size(entry) else { continue };
        if size > MAX_POINTER_BYTES {
            continue;
        }
        let Ok(Some(bytes)) = repository.snapshot.read(&entry.path, MAX_POINTER_BYTES) else { continue };
        if lfs::Pointer::parse(&bytes).is_some_and(|pointer| !pointer.is_canonical()) {
            other.push(&entry.path);
        }
    }
    let message = match other.as_slice() {
        [] => return,
        [path] => format!("`{path}` is a Git LFS pointer in another form"),
        paths => {
            format!("{} files are Git LFS pointers in another form: {}", paths.len(), summarize_list(paths.iter()))
        }
    };
    findings.push(
        Finding::new(&INFO, Span::default(), message).help("let `git lfs` write them again: `git add --renormalize`"),
    );
}
