//! Facts that configurations, weights and indexes of shards state.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::artifacts::notable::Notable;
use crate::artifacts::{completeness, header};
use crate::files::{Files, Kind};
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
    let mut at_root = files.entries().iter().filter(|entry| entry.path.components().count() == 1);
    let entry = at_root.find(|entry| matches!(entry.kind, Kind::File { .. }) && is_accepted(entry.path.file_name()))?;
    let bytes = files.read(&entry.path, MAX_TEXT_BYTES).ok().flatten()?;
    Some((entry.path.clone(), String::from_utf8(bytes).ok()?))
}

/// Returns whether there is an entry at a path that is written as text.
pub(super) fn has(files: &dyn Files, path: &str) -> bool {
    path.parse().is_ok_and(|path: RepoPath| files.find(&path).is_some())
}

/// Returns the metadata of the first GGUF file that has any: keys without `general.`, each once.
pub(super) fn gguf(files: &dyn Files) -> Vec<(String, Fact)> {
    let mut facts: Vec<(String, Fact)> = Vec::new();
    let gguf = files.entries().iter().filter(|entry| header::Format::of(&entry.path) == Some(header::Format::Gguf));
    let mut metadata = gguf.take(MAX_HEADERS).map(|entry| (entry, header::metadata_of(files, entry)));
    let Some((entry, pairs)) = metadata.find(|(_, pairs)| !pairs.is_empty()) else { return facts };
    for (key, value) in pairs.iter().filter(|(_, value)| value.len() <= MAX_VALUE_BYTES) {
        let Some(key) = key.strip_prefix("general.") else { continue };
        let fact = Fact::new(value, format!("From the metadata of {}.", entry.path));
        if let Some(fact) = fact.filter(|_| !facts.iter().any(|(other, _)| other == key)) {
            facts.push((key.to_owned(), fact));
        }
    }
    facts
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
    let config: Value = serde_json::from_str(&text).ok()?;
    let name = config["architectures"][0].as_str().or_else(|| config["model_type"].as_str())?;
    Fact::new(name, format!("From {path}."))
}

/// Returns the files of weights that other files name or number but that are missing, sorted.
pub(super) fn missing_shards(files: &dyn Files) -> Vec<String> {
    let gaps = completeness::gaps(files, &Notable::of(files), &|_| None);
    let missing: BTreeSet<String> = gaps.iter().flat_map(|gap| gap.missing_paths(files)).collect();
    missing.into_iter().collect()
}
