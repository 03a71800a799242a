//! `OPN311`.

use serde_json::Value;

use super::Repository;
use crate::finding::Finding;
use crate::json;
use crate::taxonomy::{self, Kind};

super::rule! {
    /// ## What it does
    /// Finds Python modules that a configuration names under `auto_map` and that no component of code declares, or that
    /// lie in another repository.
    ///
    /// ## Why it matters
    /// The loader of the Transformers library runs such a module as soon as a user agrees to `trust_remote_code`. It is
    /// part of the release; code of another repository can change without this one.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["config.json"]
    /// ```
    /// ```files
    /// config.json: {"auto_map":{"AutoModel":"modeling_tiny.TinyModel"}}
    /// modeling_tiny.py
    /// ```
    ///
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["config.json"]
    /// ```
    /// ```files
    /// config.json: {"auto_map":{"AutoModel":"example/other--modeling_tiny.TinyModel"}}
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.model-architecture]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["config.json", "*.py"]
    /// ```
    /// ```files
    /// config.json: {"auto_map":{"AutoModel":"modeling_tiny.TinyModel"}}
    /// modeling_tiny.py
    /// ```
    "OPN311" "custom-code-undeclared" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    for (at, entry) in repository.snapshot.entries().iter().enumerate() {
        let name = entry.path.file_name();
        if name != "config.json" && !name.ends_with("_config.json") {
            continue;
        }
        let Some(Ok(config)) = repository.text(at).map(|text| json::read(text.as_bytes())) else { continue };
        let directory = entry.path.as_str().strip_suffix(name).unwrap_or_default();
        for reference in references(&config) {
            let Some(problem) = problem(repository, directory, &reference) else { continue };
            let message = format!("`{}` names `{}` under `auto_map`, {problem}", entry.path, reference.escape_debug());
            findings.push(
                Finding::new(&INFO, repository.span_of(at), message)
                    .help("put the module into this repository, under `files` of a component of code such as `model-architecture`"),
            );
        }
    }
}

/// Every text under `auto_map`, once: `module.Class`, or several of them in a list.
fn references(config: &Value) -> Vec<String> {
    let Some(map) = config.get("auto_map").and_then(Value::as_object) else { return Vec::new() };
    let one = |value: &Value| match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::String(text) => vec![text.clone()],
        _ => Vec::new(),
    };
    let mut references: Vec<String> = map.values().flat_map(one).collect();
    references.sort_unstable();
    references.dedup();
    references
}

fn problem(repository: &Repository<'_>, directory: &str, reference: &str) -> Option<String> {
    if let Some((other, _)) = reference.split_once("--") {
        return Some(format!("which is code of another repository, `{}`", other.escape_debug()));
    }
    let (module, _) = reference.rsplit_once('.')?;
    let path = format!("{directory}{}.py", module.replace('.', "/"));
    let Some(at) = repository.find(&path) else {
        return Some(format!("and `{}` is not in the repository", path.escape_debug()));
    };
    let is_code = |component: &usize| {
        let id = &repository.manifest.components[*component].id;
        // A component of the project's own is what its name says.
        taxonomy::vocabulary().find(id).is_none_or(|item| item.kind == Some(Kind::Code))
    };
    if repository.inventory.claimed_by[at].iter().any(is_code) {
        return None;
    }
    Some(format!("and no component of code declares `{path}`"))
}
