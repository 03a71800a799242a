//! `OPN604`.

use super::Repository;
use crate::artifacts::lfs;
use crate::files::{Attribute, Kind, Origin};
use crate::finding::{Finding, summarize_list};
use crate::manifest::FILE_NAME;
use crate::path::RepoPath;
use crate::source::Span;

super::rule! {
    /// ## What it does
    /// Reports files that `.gitattributes` assigns to Git LFS but that are staged or committed in full instead of as a
    /// pointer. The rule checks the index and commits only: in a working tree, Git LFS puts the content in place of the
    /// pointer.
    ///
    /// ## Why it matters
    /// In a clone with Git LFS, such a file always shows up as modified, and its content stays in the history of every
    /// clone. This happens when someone commits on a machine without Git LFS.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["model.onnx"]
    /// ```
    /// ```files
    /// .gitattributes: *.onnx filter=lfs diff=lfs merge=lfs -text\n
    /// model.onnx: numbers
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["model.onnx"]
    /// ```
    /// ```files
    /// .gitattributes: *.onnx filter=lfs diff=lfs merge=lfs -text\n
    /// model.onnx: version https://git-lfs.github.com/spec/v1\noid sha256:e128b228fb1d2dc3e6e6710343f3badb8d3248f7c546a9c5f4c80e47899f5972\nsize 100000\n
    /// ```
    "OPN604" "lfs-file-without-pointer" Warning => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    // In a working tree, Git LFS has put the content in place of the pointer.
    if !matches!(repository.files.origin(), Origin::Index | Origin::Commit) {
        return;
    }
    let entries = repository.files.entries();
    if !entries.iter().any(|entry| entry.path.is_named(".gitattributes")) {
        return;
    }
    let checks_all = repository.has_new_attributes();
    let files: Vec<&RepoPath> = entries
        .iter()
        .filter(|entry| matches!(entry.kind, Kind::File { .. }))
        .filter(|entry| checks_all || repository.files.is_changed(entry))
        .map(|entry| &entry.path)
        // They must not become pointers: see `byte-changing-attribute`.
        .filter(|path| !path.is_named(FILE_NAME) && !path.as_str().starts_with(".openness/"))
        .collect();
    let Ok(Some(filters)) = repository.files.attributes("filter", &files) else { return };
    let is_pointer = |path: &RepoPath| {
        let limit = u64::try_from(lfs::MAX_POINTER_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        let start = repository.files.read_start(path, limit).ok().flatten();
        // Git LFS does not make pointers for empty files.
        start.is_none_or(|start| start.is_empty() || lfs::Pointer::parse(&start).is_some())
    };
    let raw: Vec<&RepoPath> = files
        .into_iter()
        .zip(filters)
        .filter(|(_, filter)| *filter == Attribute::Value("lfs".to_owned()))
        .map(|(path, _)| path)
        .filter(|path| !is_pointer(path))
        .collect();
    if raw.is_empty() {
        return;
    }
    let message = format!("assigned to Git LFS but committed without a pointer: {}", summarize_list(raw.iter()));
    findings.push(
        Finding::new(&INFO, Span::default(), message)
            .help("install Git LFS, then run `git add --renormalize .` so that it writes the pointers")
            .items(raw.iter()),
    );
}
