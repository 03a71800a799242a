//! Facts that configurations, weights and indexes of shards state.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::files::{Files, Kind};
use crate::path::RepoPath;

use super::{Fact, gguf_metadata};

/// The limit for model cards, license texts and configurations, in bytes.
pub(super) const MAX_TEXT_BYTES: u64 = 1024 * 1024;
/// The limit for an index of shards, in bytes.
const MAX_SHARD_INDEX_BYTES: u64 = 64 * MAX_TEXT_BYTES;

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

/// Returns the metadata of the first GGUF file: keys without `general.`, each once.
pub(super) fn gguf(files: &dyn Files) -> Vec<(String, Fact)> {
    let mut facts: Vec<(String, Fact)> = Vec::new();
    let is_gguf = |path: &RepoPath| path.extension().is_some_and(|extension| extension == "gguf");
    let first = files.entries().iter().find(|entry| is_gguf(&entry.path));
    let Some(entry) = first else { return facts };
    let Ok(Some(start)) = files.read_start(&entry.path, gguf_metadata::START_BYTES) else { return facts };
    for (key, value) in gguf_metadata::general(&start) {
        let fact = Fact::new(&value, format!("From the metadata of {}.", entry.path));
        if let Some(fact) = fact.filter(|_| !facts.iter().any(|(other, _)| *other == key)) {
            facts.push((key, fact));
        }
    }
    facts
}

/// Returns the architecture that `config.json` names.
pub(super) fn architecture(files: &dyn Files) -> Option<Fact> {
    let (path, text) = text_at_root(files, |name| name == "config.json")?;
    let config: Value = serde_json::from_str(&text).ok()?;
    let name = config["architectures"][0].as_str().or_else(|| config["model_type"].as_str())?;
    Fact::new(name, format!("From {path}."))
}

/// Returns the files that indexes of shards name but that are missing, sorted.
pub(super) fn missing_shards(files: &dyn Files) -> Vec<String> {
    let mut missing = BTreeSet::new();
    let is_index = |path: &RepoPath| path.as_str().ends_with(".index.json");
    for entry in files.entries().iter().filter(|entry| is_index(&entry.path)) {
        let Ok(Some(bytes)) = files.read(&entry.path, MAX_SHARD_INDEX_BYTES) else { continue };
        let Ok(index) = serde_json::from_slice::<Value>(&bytes) else { continue };
        let shards: BTreeSet<&str> = index["weight_map"]
            .as_object()
            .into_iter()
            .flat_map(|map| map.values())
            .filter_map(Value::as_str)
            .collect();
        let directory = entry.path.as_str().rsplit_once('/').map_or("", |(directory, _)| directory);
        for shard in shards {
            let path = if directory.is_empty() { shard.to_owned() } else { format!("{directory}/{shard}") };
            if !has(files, &path) {
                missing.insert(path);
            }
        }
    }
    missing.into_iter().collect()
}
