//! `OPN312`.

use serde_json::Value;

use super::Repository;
use crate::finding::{Finding, Severity, summarize_list};
use crate::json;
use crate::manifest::Openness;

/// The largest index that is read; the index of a model with many experts is several megabytes.
const MAX_INDEX_BYTES: u64 = 64 * 1024 * 1024;

super::rule! {
    /// ## What it does
    /// Reports weight files that an index (`*.index.json`) names and that are not in the repository. If the component
    /// is declared `partial`, this is only a warning.
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
    for (at, entry) in repository.snapshot.entries().iter().enumerate() {
        let name = entry.path.file_name();
        if !name.ends_with(".index.json") {
            continue;
        }
        let Ok(Some(bytes)) = repository.snapshot.read(&entry.path, MAX_INDEX_BYTES) else { continue };
        let Ok(index) = json::read(&bytes) else { continue };
        let Some(map) = index.get("weight_map").and_then(Value::as_object) else { continue };
        let directory = entry.path.as_str().strip_suffix(name).unwrap_or_default();
        let mut shards: Vec<&str> = map.values().filter_map(Value::as_str).collect();
        shards.sort_unstable();
        shards.dedup();
        let missing: Vec<&str> =
            shards.into_iter().filter(|shard| repository.find(&format!("{directory}{shard}")).is_none()).collect();
        if missing.is_empty() {
            continue;
        }
        let missing = summarize_list(missing.iter().map(|shard| shard.escape_debug()));
        let message = format!("`{}` names files that are not in the repository: {missing}", entry.path);
        let finding =
            Finding::new(&INFO, repository.span_of(at), message).help("add the files, or regenerate the index");
        // A component that is declared `partial` already says that something is missing.
        let claimed_by = &repository.inventory.claimed_by[at];
        let is_partial = |&at: &usize| repository.manifest.components[at].openness() == Openness::Partial;
        let declared_partial = !claimed_by.is_empty() && claimed_by.iter().all(is_partial);
        findings.push(if declared_partial { finding.severity(Severity::Warning) } else { finding });
    }
}
