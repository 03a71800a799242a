//! Facts that configurations, weights and indexes of shards state.

use std::collections::BTreeSet;

use crate::artifacts::notable::Notable;
use crate::artifacts::{completeness, header};
use crate::files::{Files, Kind};
use crate::import::text;
use crate::json::python;
use crate::path::RepoPath;

use super::Fact;

/// The limit for model cards, license texts and configurations, in bytes.
pub(super) const MAX_TEXT_BYTES: u64 = 1024 * 1024;
/// The most files of weights that are read to find one that states something.
const MAX_HEADERS: usize = 8;
/// The limit for a value in a header, in bytes; a longer text is not a name.
const MAX_VALUE_BYTES: usize = 512;

/// Returns the path and the text of the first file at the root with an accepted name.
pub(super) fn text_at_root(files: &dyn Files, is_accepted: impl Fn(&str) -> bool) -> Option<(RepoPath, String)> {
    let (path, bytes) = bytes_at_root(files, is_accepted)?;
    Some((path, text::decode(&bytes)))
}

/// Returns the path and the content of the first file at the root with an accepted name.
pub(super) fn bytes_at_root(files: &dyn Files, is_accepted: impl Fn(&str) -> bool) -> Option<(RepoPath, Vec<u8>)> {
    let mut at_root = files.entries().iter().filter(|entry| entry.path.components().count() == 1);
    let entry = at_root.find(|entry| matches!(entry.kind, Kind::File { .. }) && is_accepted(entry.path.file_name()))?;
    let bytes = files.read(&entry.path, MAX_TEXT_BYTES).ok().flatten()?;
    Some((entry.path.clone(), bytes))
}

/// Returns whether there is an entry at a path that is written as text.
pub(super) fn has(files: &dyn Files, path: &str) -> bool {
    path.parse().is_ok_and(|path: RepoPath| files.find(&path).is_some())
}

/// Returns the metadata of the GGUF file that holds the model: keys without `general.`, each once. Another file counts if
/// there is none, and for the license if the first states none.
pub(super) fn gguf(files: &dyn Files) -> Vec<(String, Fact)> {
    let gguf = files.entries().iter().filter(|entry| header::Format::of(&entry.path) == Some(header::Format::Gguf));
    let read = gguf.take(MAX_HEADERS).map(|entry| general(&entry.path, &header::metadata_of(files, entry)));
    let mut read: Vec<_> = read.filter_map(|facts| Some((rank(&facts)?, facts))).collect();
    read.sort_by_key(|(rank, _)| *rank);
    let mut read = read.into_iter().map(|(_, facts)| facts);
    let Some(mut facts) = read.next() else { return Vec::new() };
    let is_license = |key: &str| key.split('.').next() == Some("license");
    if !facts.iter().any(|(key, _)| is_license(key)) {
        let others = read.map(|facts| facts.into_iter().filter(|(key, _)| is_license(key)).collect::<Vec<_>>());
        facts.extend(others.into_iter().find(|facts| !facts.is_empty()).unwrap_or_default());
    }
    facts
}

/// Returns the facts under `general.` of a file.
fn general(path: &RepoPath, pairs: &[(String, String)]) -> Vec<(String, Fact)> {
    let mut facts: Vec<(String, Fact)> = Vec::new();
    for (key, value) in pairs.iter().filter(|(_, value)| value.len() <= MAX_VALUE_BYTES) {
        let Some(key) = key.strip_prefix("general.") else { continue };
        let fact = Fact::new(value, format!("From the metadata of {path}."));
        if let Some(fact) = fact.filter(|_| !facts.iter().any(|(other, _)| other == key)) {
            facts.push((key.to_owned(), fact));
        }
    }
    facts
}

/// Returns how far a file is from being the model, by its type: the model, an adapter, a part of it such as a projector;
/// `None` if it says nothing, and for the statistics with which a model was quantized.
/// <https://github.com/ggml-org/llama.cpp/blob/master/gguf-py/gguf/constants.py>
fn rank(facts: &[(String, Fact)]) -> Option<u8> {
    let of = |key: &str| facts.iter().find(|(other, _)| other == key).map(|(_, fact)| fact.value.as_str());
    match (of("type"), of("architecture")) {
        _ if facts.is_empty() => None,
        (Some("imatrix"), _) => None,
        (Some("adapter"), _) => Some(1),
        (None, Some("clip")) => Some(2),
        (None | Some("model"), _) => Some(0),
        (Some(_), _) => Some(2),
    }
}

/// Returns the license in the metadata of the first safetensors file that has one, by the key of
/// [ModelSpec](https://github.com/Stability-AI/ModelSpec) or the one that is in use elsewhere.
pub(super) fn safetensors_license(files: &dyn Files) -> Option<Fact> {
    let is_safetensors = |path: &RepoPath| header::Format::of(path) == Some(header::Format::Safetensors);
    let weights = files.entries().iter().filter(|entry| is_safetensors(&entry.path)).take(MAX_HEADERS);
    let mut stated = weights.filter_map(|entry| {
        let pairs = header::metadata_of(files, entry);
        let of = |key: &str| pairs.iter().find(|(name, value)| name == key && value.len() <= MAX_VALUE_BYTES);
        let (key, value) = of("modelspec.license").or_else(|| of("license"))?;
        Fact::new(value, format!("The metadata of {} says: {key} = {value}.", entry.path))
    });
    stated.next()
}

/// Returns the architecture that `config.json` names.
pub(super) fn architecture(files: &dyn Files) -> Option<Fact> {
    let (path, text) = text_at_root(files, |name| name == "config.json")?;
    let config = python::read(&text).ok()?;
    let name = config["architectures"][0].as_str().or_else(|| config["model_type"].as_str())?;
    Fact::new(name, format!("From {path}."))
}

/// Returns the files of weights that other files name or number but that are missing, sorted.
pub(super) fn missing_shards(files: &dyn Files) -> Vec<String> {
    let gaps = completeness::gaps(files, &Notable::of(files), &|_| None);
    let missing: BTreeSet<String> = gaps.iter().flat_map(|gap| gap.missing_paths(files)).collect();
    missing.into_iter().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::files::Memory;

    /// A GGUF file of version 3 without tensors.
    fn file(pairs: &[(&str, &str)]) -> Vec<u8> {
        let text = |text: &str| [&u64::try_from(text.len()).unwrap().to_le_bytes(), text.as_bytes()].concat();
        let mut bytes = b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        bytes.extend(u64::try_from(pairs.len()).unwrap().to_le_bytes());
        for (key, value) in pairs {
            bytes.extend([text(key), 8_u32.to_le_bytes().to_vec(), text(value)].concat());
        }
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        bytes
    }

    fn of(files: &[(&str, &[(&str, &str)])], key: &str) -> Option<String> {
        let files = Memory::new(files.iter().map(|(path, pairs)| (*path, file(pairs))));
        gguf(&files).into_iter().find(|(other, _)| other == key).map(|(_, fact)| fact.value)
    }

    #[test]
    fn the_model_states_the_facts_and_not_what_is_next_to_it() {
        let model: (&str, &[(&str, &str)]) = ("m.gguf", &[("general.name", "Model")]);
        let projector: (&str, &[(&str, &str)]) =
            ("a.gguf", &[("general.type", "mmproj"), ("general.name", "Projector"), ("general.license", "mit")]);
        let old: (&str, &[(&str, &str)]) = ("b.gguf", &[("general.architecture", "clip"), ("general.name", "Clip")]);
        let matrix: (&str, &[(&str, &str)]) =
            ("imatrix.gguf", &[("general.type", "imatrix"), ("general.name", "Matrix")]);
        let name = |files: &[(&str, &[(&str, &str)])]| of(files, "name");
        assert_eq!(name(&[projector, old, matrix, model]).as_deref(), Some("Model"));
        assert_eq!(name(&[projector, matrix]).as_deref(), Some("Projector"));
        assert_eq!(name(&[matrix]), None);
        assert_eq!(of(&[projector, model], "license").as_deref(), Some("mit"));
        assert_eq!(of(&[projector, ("m.gguf", &[("general.license", "other")])], "license").as_deref(), Some("other"));
    }
}
