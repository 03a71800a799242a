//! `OPN604`.

use super::Repository;
use crate::artifacts::lfs;
use crate::finding::{Finding, summarize_list};
use crate::git::Attribute;
use crate::path::RepoPath;
use crate::files::{Kind, Origin};
use crate::source::Span;

super::rule! {
    /// ## What it does
    /// Finds files that `.gitattributes` gives to Git LFS and that are committed as they are, without a pointer.
    ///
    /// ## Why it matters
    /// Whoever clones with Git LFS gets a file that is forever "modified", and the weights stay in the history of everybody
    /// else. It happens where somebody commits without Git LFS installed.
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
    "OPN604" "lfs-attribute-without-pointer" Warning => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    let snapshot = repository.snapshot;
    // In a work tree the content stands where the pointer is committed.
    if !matches!(snapshot.origin(), Origin::Index | Origin::Commit) {
        return;
    }
    let entries = snapshot.entries();
    if !entries.iter().any(|entry| entry.path.is_named(".gitattributes")) {
        return;
    }
    let asks_about_all = repository.has_new_attributes();
    let files: Vec<&RepoPath> = entries
        .iter()
        .filter(|entry| matches!(entry.kind, Kind::File { .. }))
        .filter(|entry| asks_about_all || snapshot.is_changed(entry))
        .map(|entry| &entry.path)
        .collect();
    let Ok(Some(filters)) = snapshot.attributes("filter", &files) else { return };
    let is_pointer = |path: &RepoPath| {
        let limit = u64::try_from(lfs::MAX_POINTER_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        let start = snapshot.read_start(path, limit).ok().flatten();
        // Git LFS leaves empty files alone.
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
    let message = format!("meant for Git LFS and committed without a pointer: {}", summarize_list(raw.iter()));
    findings.push(
        Finding::new(&INFO, Span::default(), message)
            .help("install Git LFS, and let it write pointers: `git add --renormalize`"),
    );
}
