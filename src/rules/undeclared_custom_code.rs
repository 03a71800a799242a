//! `OPN311`.

use std::cell::LazyCell;

use serde_json::Value;

use super::Repository;
use crate::finding::Finding;
use crate::path::RepoPath;
use crate::quote;
use crate::taxonomy::{self, Kind};

super::rule! {
    /// ## What it does
    /// Reports Python modules that loaders import from the repository if they are in another repository, are missing from
    /// this one, or are not declared by a component that holds code: those that a configuration file names (`auto_map`
    /// in `config.json` or `*_config.json`, a `type` in `modules.json`, a component in `model_index.json`), and
    /// `custom_generate/generate.py`.
    ///
    /// ## Why it matters
    /// Transformers, Sentence Transformers and Diffusers run such a module as soon as a user passes
    /// `trust_remote_code=True`. The module is therefore part of the release, and code in another repository can change without this release changing.
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
    let untracked = LazyCell::new(|| repository.files.untracked());
    for (at, entry) in repository.notable().places().iter().map(|at| (*at, &repository.files.entries()[*at])) {
        let path = entry.path.as_str();
        let mut report = |message: String, help: String| {
            findings.push(Finding::new(&INFO, repository.span_of(at), message).help(help));
        };
        // `generate` of Transformers runs it, and nothing names it:
        // https://huggingface.co/docs/transformers/generation_strategies
        if entry.path.is_named(GENERATE) {
            if !is_declared(repository, at) {
                let message = format!("`{path}` runs when text is generated, but no code component declares it");
                report(message, HELP.to_owned());
            }
            continue;
        }
        let name = entry.path.file_name();
        let Some(references) = readers(name) else { continue };
        let Some(config) = repository.text(at).and_then(|text| python_json(&text)) else { continue };
        let directory = path.strip_suffix(name).unwrap_or_default();
        let mut found: Vec<Reference> = references.iter().flat_map(|read| read(&config)).collect();
        found.sort_unstable();
        found.dedup();
        for reference in found {
            let Some((problem, help)) = problem(repository, directory, &reference, || &untracked) else { continue };
            let Reference { key, text, .. } = &reference;
            report(
                format!("`{path}` names `{}` under `{}`, but {problem}", text.escape_debug(), key.escape_debug()),
                help,
            );
        }
    }
}

const GENERATE: &str = "custom_generate/generate.py";
const HELP: &str = "add the module to this repository and to `files` of a code component such as `model-architecture`";

/// A module that a configuration names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Reference {
    /// The key under which it is named.
    key: String,
    /// As written.
    text: String,
    /// The path of the module, relative to the configuration; `None` if it is in another repository.
    module: Option<String>,
    /// Whether it can be nothing but a module of this repository. Otherwise it may be an installed package.
    is_certain: bool,
}

/// Finds the modules that a configuration names.
type Reader = fn(&Value) -> Vec<Reference>;

/// Returns the readers for a configuration of this name; `None` if it names no modules.
fn readers(name: &str) -> Option<&'static [Reader]> {
    match name {
        "modules.json" => Some(&[sentence_transformers_modules]),
        "model_index.json" | "modular_model_index.json" => Some(&[diffusers_components, auto_map]),
        "router_config.json" => Some(&[sentence_transformers_types, auto_map]),
        "config.json" => Some(&[auto_map, custom_pipelines, model_file]),
        name if name.ends_with("_config.json") => Some(&[auto_map]),
        _ => None,
    }
}

/// Makes a reference of `module.Class` or `owner/repository--module.Class`.
fn reference(key: &str, text: &str, is_certain: bool) -> Option<Reference> {
    let module = match text.split_once("--") {
        Some(_) => None,
        None => Some(format!("{}.py", text.rsplit_once('.')?.0.replace('.', "/"))),
    };
    Some(Reference { key: key.to_owned(), text: text.to_owned(), module, is_certain })
}

/// `auto_map` of [Transformers](https://huggingface.co/docs/transformers/custom_models): `module.Class`, or a list of them.
fn auto_map(config: &Value) -> Vec<Reference> {
    let Some(map) = config.get("auto_map").and_then(Value::as_object) else { return Vec::new() };
    let texts = map.values().flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
    texts.filter_map(|text| reference("auto_map", text.as_str()?, true)).collect()
}

/// `custom_pipelines` of [Transformers](https://huggingface.co/docs/transformers/add_new_pipeline): task → `impl`.
fn custom_pipelines(config: &Value) -> Vec<Reference> {
    let Some(map) = config.get("custom_pipelines").and_then(Value::as_object) else { return Vec::new() };
    map.values().filter_map(|task| reference("custom_pipelines", task.get("impl")?.as_str()?, true)).collect()
}

/// `model_file` of [MLX LM](https://github.com/ml-explore/mlx-lm/blob/main/mlx_lm/utils.py): the path of a module.
fn model_file(config: &Value) -> Vec<Reference> {
    let text = config.get("model_file").and_then(Value::as_str).filter(|text| text.ends_with(".py"));
    let reference = |text: &str| Reference {
        key: "model_file".to_owned(),
        text: text.to_owned(),
        module: Some(text.to_owned()),
        is_certain: true,
    };
    text.map(reference).into_iter().collect()
}

/// The list of modules of [Sentence Transformers](https://sbert.net/docs/sentence_transformer/usage/custom_models.html),
/// each with a `type`: `module.Class`, of this repository or of an installed package.
fn sentence_transformers_modules(config: &Value) -> Vec<Reference> {
    let modules = config.as_array().map(Vec::as_slice).unwrap_or_default();
    modules.iter().filter_map(|module| sentence_transformers_type(module.get("type")?)).collect()
}

/// `types` of a [Router](https://sbert.net/docs/package_reference/sentence_transformer/models.html): module → type.
fn sentence_transformers_types(config: &Value) -> Vec<Reference> {
    let Some(types) = config.get("types").and_then(Value::as_object) else { return Vec::new() };
    types.values().filter_map(sentence_transformers_type).collect()
}

fn sentence_transformers_type(value: &Value) -> Option<Reference> {
    let text = value.as_str().filter(|text| !text.starts_with("sentence_transformers."))?;
    reference("type", text, false)
}

/// The components of [Diffusers](https://huggingface.co/docs/diffusers/using-diffusers/custom_pipeline_overview):
/// `[library, class]`, where the library may be a module in the directory of the component. The module of the pipeline
/// itself is next to the index.
fn diffusers_components(config: &Value) -> Vec<Reference> {
    let Some(map) = config.as_object() else { return Vec::new() };
    let component = |(key, value): (&String, &Value)| {
        let [library, class, ..] = value.as_array()?.as_slice() else { return None };
        let (library, class) = (library.as_str()?, class.as_str()?);
        let module = match key.as_str() {
            "_class_name" => format!("{library}.py"),
            key => format!("{key}/{library}.py"),
        };
        let text = format!("{library}.{class}");
        Some(Reference { key: key.clone(), text, module: Some(module), is_certain: false })
    };
    map.iter().filter_map(component).collect()
}

/// Returns what is wrong with a reference, as a clause, and the help; `None` if a code component declares the module, or
/// if it may be in an installed package.
fn problem<'u>(
    repository: &Repository<'_>,
    directory: &str,
    reference: &Reference,
    untracked: impl FnOnce() -> &'u [RepoPath],
) -> Option<(String, String)> {
    let Some(module) = &reference.module else {
        let (other, _) = reference.text.split_once("--")?;
        return Some((format!("its code is in another repository, `{}`", other.escape_debug()), HELP.to_owned()));
    };
    let path = format!("{directory}{module}");
    if let Some(at) = repository.find(&path) {
        let problem = format!("no code component declares `{path}`");
        return (!is_declared(repository, at)).then(|| (problem, HELP.to_owned()));
    }
    if let Some(path) = untracked().iter().find(|other| other.as_str() == path) {
        let help = format!(
            "run `git add {}`, with `-f` if Git ignores it, and add it to `files` of a code component such as \
             `model-architecture`",
            quote::operand(path.as_str())
        );
        return Some((format!("`{path}` is not tracked by Git"), help));
    }
    let problem = format!("`{}` is not in the repository", path.escape_debug());
    reference.is_certain.then(|| (problem, HELP.to_owned()))
}

/// Returns whether a component that can hold code declares a file.
fn is_declared(repository: &Repository<'_>, at: usize) -> bool {
    let is_code = |component: &usize| {
        let id = &repository.manifest.components[*component].id;
        // A private component (`x-NAME`) has no kind, so it may hold code.
        taxonomy::vocabulary().find(id).is_none_or(|item| item.kind == Some(Kind::Code))
    };
    repository.inventory.claimed_by(at).iter().any(is_code)
}

/// Reads JSON as Python does, whose reader runs the code: of equal keys the last counts, and `NaN`, `Infinity` and
/// `-Infinity` are numbers (here: null).
fn python_json(text: &str) -> Option<Value> {
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_in_text = false;
    while let Some(c) = rest.chars().next() {
        let word = ["-Infinity", "Infinity", "NaN"].into_iter().find(|word| !is_in_text && rest.starts_with(word));
        let length = match (word, c) {
            (Some(word), _) => {
                plain.push_str("null");
                word.len()
            }
            (None, '\\') if is_in_text => {
                let escape = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
                plain.push_str(&rest[..escape]);
                escape
            }
            (None, c) => {
                is_in_text ^= c == '"';
                plain.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    serde_json::from_str(&plain).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::check::check;
    use crate::files::Memory;

    /// Returns the messages of the rule about files that one component of weights declares, and about files that a code
    /// component declares.
    fn messages(files: &[(&str, &str)]) -> [Vec<String>; 2] {
        ["final-weights", "inference-code"].map(|component| {
            let manifest = format!(
                "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\nlicense = \"MIT\"\n\
                 [component.{component}]\nopenness = \"open\"\nfiles = [\"**\"]\n"
            );
            let files = files.iter().copied().chain([("OPENNESS.toml", manifest.as_str())]);
            let files = Memory::new(files);
            let checked = check(&files).unwrap();
            let own = checked.findings().iter().filter(|finding| finding.rule.code == INFO.code);
            own.map(|finding| finding.message.clone()).collect()
        })
    }

    #[test]
    fn code_that_loaders_import_has_to_be_declared_as_code() {
        for files in [
            [("config.json", r#"{"auto_map":{"AutoModel":["x.M", null]}}"#), ("x.py", "")],
            [("config.json", r#"{"auto_map":{"AutoModel":"x.M"},"a":NaN,"b":[-Infinity,"NaN"]}"#), ("x.py", "")],
            [("config.json", r#"{"auto_map":{},"auto_map":{"AutoModel":"x.M"}}"#), ("x.py", "")],
            [("config.json", r#"{"custom_pipelines":{"pair":{"impl":"x.P"}}}"#), ("x.py", "")],
            [("config.json", r#"{"model_file":"x.py"}"#), ("x.py", "")],
            [("modules.json", r#"[{"type":"sentence_transformers.models.Pooling"},{"type":"x.Dense"}]"#), ("x.py", "")],
            [("0_Router/router_config.json", r#"{"types":{"q":"x.Dense"}}"#), ("0_Router/x.py", "")],
            [
                ("model_index.json", r#"{"unet":["my_unet","U"],"vae":["diffusers","V"],"x":[null,null]}"#),
                ("unet/my_unet.py", ""),
            ],
            [("model_index.json", r#"{"_class_name":["x","P"]}"#), ("x.py", "")],
            [("sub/custom_generate/generate.py", ""), ("config.json", "{}")],
        ] {
            let [weights, code] = messages(&files);
            assert_eq!((weights.len(), code.len()), (1, 0), "{files:?}: {weights:?} {code:?}");
        }
    }

    #[test]
    fn installed_packages_are_not_code_of_the_repository() {
        for config in [
            (
                "modules.json",
                r#"[{"type":"sentence_transformers.models.Transformer"},{"type":"pylate.models.Dense.Dense"}]"#,
            ),
            ("model_index.json", r#"{"_class_name":"P","unet":["diffusers","U"],"safety_checker":[null,null]}"#),
            ("config.json", r#"{"architectures":["M"],"model_file":"weights.bin"}"#),
            ("my_generate/generate.py", ""),
            ("custom_generate/README.md", ""),
        ] {
            assert_eq!(messages(&[config])[0], Vec::<String>::new(), "{config:?}");
        }
    }

    #[test]
    fn what_is_missing_or_elsewhere_is_named() {
        let [missing, _] = messages(&[("a/config.json", r#"{"auto_map":{"AutoModel":"b.c.M"}}"#)]);
        assert!(missing[0].ends_with("but `a/b/c.py` is not in the repository"), "{missing:?}");
        let [other, _] = messages(&[("modules.json", r#"[{"type":"lab/other--x.M"}]"#)]);
        assert!(other[0].ends_with("its code is in another repository, `lab/other`"), "{other:?}");
    }
}
