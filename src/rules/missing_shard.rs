//! `OPN312`.

use std::cell::LazyCell;

use super::Repository;
use crate::artifacts::completeness::{self, Lack, Names};
use crate::finding::{Finding, Severity, summarize_list};
use crate::manifest::Openness;
use crate::path::RepoPath;
use crate::quote;
use crate::taxonomy::{self, Kind};

super::rule! {
    /// ## What it does
    /// Reports weights that are not complete: files that an index (such as `*.safetensors.index.json`), a distributed
    /// checkpoint or an ONNX model names and that are not in the repository; files of a numbered set such as
    /// `model-00001-of-00002.gguf`; tensors that are not in the file that the index gives for them; and what
    /// configurations of TensorFlow.js, MLC, Core ML, OpenVINO, TensorFlow, Diffusers and Sentence Transformers need. If the
    /// component is declared `partial`, this is only a warning. It also reports an ONNX model that takes its weights
    /// from a safetensors file by position, where that file was saved again since, with a longer or shorter header.
    ///
    /// ## Why it matters
    /// The model cannot be loaded unless every shard is there, and what is signed is not what was announced.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["*.safetensors", "*.index.json"]
    /// ```
    /// ```files
    /// model.safetensors.index.json: {"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}
    /// model-00001-of-00002.safetensors
    /// ```
    ///
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["*.gguf"]
    /// ```
    /// ```files
    /// model-00001-of-00002.gguf
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["*.safetensors", "*.index.json"]
    /// ```
    /// ```files
    /// model.safetensors.index.json: {"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}
    /// model-00001-of-00002.safetensors
    /// model-00002-of-00002.safetensors
    /// ```
    "OPN312" "missing-shard" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    let header = |at: usize| repository.header(at);
    // Looked up only if something is missing.
    let untracked = LazyCell::new(|| repository.files.untracked());
    for gap in completeness::gaps(repository.files, repository.notable(), &header) {
        let path = repository.path(gap.entry);
        // Data sets are numbered as well, and are often released in part.
        if matches!(gap.lack, Lack::Numbered { .. }) && is_data_set(repository, gap.entry) {
            continue;
        }
        let (message, mut help) = text(path, &gap.lack);
        let missing = gap.missing_paths(repository.files);
        let addable = missing.iter().filter(|missing| untracked.iter().any(|path| path.as_str() == **missing));
        let addable: Vec<&str> = addable.map(String::as_str).collect();
        if !addable.is_empty() {
            help = format!("run `git add {}`, with `-f` if Git ignores them", quote::operands(&addable));
        }
        let names = gap.lack.names().map_or(&[][..], |names| &names.first);
        let finding = Finding::new(&INFO, repository.span_of(gap.entry), message).help(help).items(names);
        // A component that is declared `partial` already says that something is missing.
        let claimed_by = repository.inventory.claimed_by(gap.entry);
        let is_partial = |&at: &usize| repository.manifest.components[at].openness() == Openness::Partial;
        let declared_partial = !claimed_by.is_empty() && claimed_by.iter().all(is_partial);
        findings.push(if declared_partial { finding.severity(Severity::Warning) } else { finding });
    }
}

/// Returns whether only components of data sets declare a file.
fn is_data_set(repository: &Repository<'_>, at: usize) -> bool {
    let claimed_by = repository.inventory.claimed_by(at);
    let is_data = |component: &usize| {
        let id = &repository.manifest.components[*component].id;
        let kind = taxonomy::vocabulary().find(id).and_then(|item| item.kind);
        kind == Some(Kind::Data) && !id.ends_with("-weights")
    };
    !claimed_by.is_empty() && claimed_by.iter().all(is_data)
}

/// Returns the message and the help for what a file says is missing.
fn text(path: &RepoPath, lack: &Lack) -> (String, String) {
    let (message, help) = match lack {
        Lack::Named(names) => (
            format!("`{path}` names files that are not in the repository: {}", list(names)),
            "add the files, or regenerate the file that names them",
        ),
        Lack::Partners(names) => (
            format!("`{path}` cannot be loaded without files that are not in the repository: {}", list(names)),
            "add the files, or remove the rest of the model",
        ),
        Lack::Numbered { of, missing } => (
            format!("`{path}` is one of {of} files, of which these are not in the repository: {}", list(missing)),
            "add the files, or remove the rest of them",
        ),
        Lack::Parts { of, missing } => (
            format!(
                "`{path}` is part of a model in {of} files, of which these are not in the repository: {}",
                list(missing)
            ),
            "add the files, and name them like `NAME-00001-of-00002.gguf`",
        ),
        Lack::Tensors { shard, missing } => (
            format!("`{path}` names tensors that `{shard}` does not contain: {}", list(missing)),
            "regenerate the index, or export the weights again",
        ),
        Lack::Bytes { file, needed, size } => (
            format!(
                "`{file}` is truncated: the tensors of `{path}` end at byte {needed}, but the file has {size} bytes"
            ),
            "export or upload the file again",
        ),
        Lack::Index(clause) => (
            format!("`{path}` cannot be read as an index of weights: {clause}"),
            "regenerate or upload the index again",
        ),
        Lack::Agreement(clause) => {
            (format!("`{path}` does not fit the other files: {clause}"), "export or upload the files again")
        }
    };
    (message, help.to_owned())
}

/// Returns the first names, quoted, and the number of the others.
fn list(names: &Names) -> String {
    let first = summarize_list(names.first.iter().map(|name| name.escape_debug()));
    let listed = u64::try_from(names.first.len()).unwrap_or(u64::MAX);
    match names.count - listed {
        0 => first,
        _ => format!(
            "{} of them, such as `{}`",
            names.count,
            names.first.first().map_or("", String::as_str).escape_debug()
        ),
    }
}
