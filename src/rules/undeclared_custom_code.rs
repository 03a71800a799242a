//! `OPN311`.

use serde_json::Value;

use super::Repository;
use crate::finding::Finding;
use crate::json;
use crate::taxonomy::{self, Kind};

super::rule! {
    /// ## What it does
    /// Reports Python modules that a configuration file (`config.json` or `*_config.json`) names under `auto_map` if
    /// they are in another repository, are missing from this one, or are not declared by a component that holds code.
    ///
    /// ## Why it matters
    /// The Transformers library runs such a module as soon as a user passes `trust_remote_code=True`. The module is
    /// therefore part of the release, and code in another repository can change without this release changing.
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
    "OPN311" "undeclared-custom-code" Error => Repository(check)
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
            let message =
                format!("`{}` names `{}` under `auto_map`, but {problem}", entry.path, reference.escape_debug());
            findings.push(Finding::new(&INFO, repository.span_of(at), message).help(
                "add the module to this repository and to `files` of a code component such as `model-architecture`",
            ));
        }
    }
}

/// Returns every distinct reference under `auto_map`; a value is `module.Class` or a list of them.
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

/// Returns what is wrong with a reference, as a clause, or `None` if a code component declares the module.
fn problem(repository: &Repository<'_>, directory: &str, reference: &str) -> Option<String> {
    if let Some((other, _)) = reference.split_once("--") {
        return Some(format!("its code is in another repository, `{}`", other.escape_debug()));
    }
    let (module, _) = reference.rsplit_once('.')?;
    let path = format!("{directory}{}.py", module.replace('.', "/"));
    let Some(at) = repository.find(&path) else {
        return Some(format!("`{}` is not in the repository", path.escape_debug()));
    };
    let is_code = |component: &usize| {
        let id = &repository.manifest.components[*component].id;
        // A private component (`x-NAME`) has no kind, so it may hold code.
        taxonomy::vocabulary().find(id).is_none_or(|item| item.kind == Some(Kind::Code))
    };
    if repository.inventory.claimed_by[at].iter().any(is_code) {
        return None;
    }
    Some(format!("no code component declares `{path}`"))
}
