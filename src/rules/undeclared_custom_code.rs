//! `OPN311`.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use serde_json::Value;

use super::Repository;
use crate::finding::{Finding, summarize_list};
use crate::import::yaml::{self, Node};
use crate::json::python;
use crate::path::RepoPath;
use crate::quote;
use crate::taxonomy::{self, Kind};

super::rule! {
    /// ## What it does
    /// Reports Python modules that loaders import from the repository if they are in another repository, are missing from
    /// this one, or are not declared by a component that holds code: those that a configuration file names (`auto_map`
    /// in `config.json` or `*_config.json`, a `type` in `modules.json`, a component in `model_index.json`, a tag such as
    /// `!new:` in `hyperparams.yaml`), those that loaders run by their names, such as `custom_generate/generate.py`,
    /// `handler.py` and `pipeline.py`, what ModelScope imports because of `allow_remote` or `plugins` in
    /// `configuration.json`, and what MLflow runs because of `model_code_path` or `code` in `MLmodel`.
    ///
    /// ## Why it matters
    /// Transformers, Sentence Transformers, Diffusers and ModelScope run such a module as soon as a user passes
    /// `trust_remote_code=True`, others without asking. The module is therefore part of the release, and code in another repository can change without this release changing.
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
        if let Some(when) = runs_by_name(repository, at) {
            if !is_declared(repository, at) {
                report(format!("`{path}` runs {when}, but no code component declares it"), HELP.to_owned());
            }
            continue;
        }
        let name = entry.path.file_name();
        let directory = path.strip_suffix(name).unwrap_or_default();
        let mut found: Vec<Reference> = if name == HYPERPARAMETERS {
            repository.text(at).map(|text| hyperparameters(&text)).unwrap_or_default()
        } else if name == MLFLOW {
            let Some(text) = repository.text(at) else { continue };
            let model = match yaml::read(&text, 1) {
                Ok(model) => model,
                Err(error) => {
                    let message = format!("the code that MLflow runs because of `{path}` is not known: {error}");
                    report(message, "correct the file, or save the model again".to_owned());
                    continue;
                }
            };
            for code in mlflow_directories(&model) {
                if let Some(problem) = problem_of_directory(repository, directory, code) {
                    let message = format!("`{path}` names `{}` under `code`, {problem}", code.escape_debug());
                    report(message, HELP.to_owned());
                }
            }
            mlflow_modules(&model)
        } else if let Some(references) = readers(name) {
            let Some(config) = repository.text(at).and_then(|text| python::read(&text).ok()) else { continue };
            if name == MODEL_SCOPE && is_true(config.get("allow_remote")) {
                let modules = undeclared_modules(repository, directory);
                if !modules.is_empty() {
                    let list = summarize_list(modules.iter());
                    let message = format!(
                        "`{path}` has `allow_remote`, so that ModelScope imports every module next to it, but no code component \
                         declares {list}"
                    );
                    report(message, HELP.to_owned());
                }
            }
            references.iter().flat_map(|read| read(&config)).collect()
        } else {
            continue;
        };
        found.sort_unstable();
        found.dedup();
        for (module, reference) in imported(repository, directory, &found) {
            let own = module.rfind('/').map_or("", |slash| &module[..=slash]);
            let Some((problem, help)) = problem(repository, own, &reference, || &untracked) else { continue };
            report(format!("`{}` imports `{}`, but {problem}", module.escape_debug(), reference.text), help);
        }
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

/// A module that a loader runs because of its name.
struct Convention {
    /// Its path, or the end of its path.
    path: &'static str,
    /// Whether it has to be at the top of the release.
    is_at_top: bool,
    /// A word in it, or the name of a file next to it, without which it may be any module of that name.
    word: Option<&'static str>,
    neighbor: Option<&'static str>,
    /// When it runs, as a clause.
    when: &'static str,
}

/// What loaders run by its name alone.
const CONVENTIONS: &[Convention] = &[
    // https://huggingface.co/docs/transformers/generation_strategies
    Convention {
        path: "custom_generate/generate.py",
        is_at_top: false,
        word: None,
        neighbor: None,
        when: "when text is generated",
    },
    // `check_and_register_custom_pipeline_from_directory` in
    // https://github.com/huggingface/huggingface-inference-toolkit/blob/main/src/huggingface_inference_toolkit/utils.py
    Convention {
        path: "handler.py",
        is_at_top: true,
        word: Some("EndpointHandler"),
        neighbor: None,
        when: "on Inference Endpoints",
    },
    // The same function; and `CUSTOM_PIPELINE_FILE_NAME` in `pipelines/pipeline_loading_utils.py` of diffusers 0.42.
    Convention {
        path: "pipeline.py",
        is_at_top: true,
        word: Some("PreTrainedPipeline"),
        neighbor: None,
        when: "on Inference Endpoints",
    },
    Convention {
        path: "pipeline.py",
        is_at_top: false,
        word: None,
        neighbor: Some("model_index.json"),
        when: "as a custom pipeline of Diffusers",
    },
    Convention {
        path: "pipeline.py",
        is_at_top: true,
        word: Some("DiffusionPipeline"),
        neighbor: None,
        when: "as a custom pipeline of Diffusers",
    },
    // `foreign_class` in `inference/interfaces.py` of speechbrain 1.1: `custom.py` unless the user gives another name, and
    // most model cards give `custom_interface.py`.
    Convention {
        path: "custom.py",
        is_at_top: false,
        word: None,
        neighbor: Some(HYPERPARAMETERS),
        when: "when SpeechBrain loads the model",
    },
    Convention {
        path: "custom_interface.py",
        is_at_top: false,
        word: None,
        neighbor: Some(HYPERPARAMETERS),
        when: "when SpeechBrain loads the model",
    },
];

/// Returns when a module runs because of its name, as a clause.
fn runs_by_name(repository: &Repository<'_>, at: usize) -> Option<&'static str> {
    let path = repository.path(at);
    let directory = path.as_str().strip_suffix(path.file_name()).unwrap_or_default();
    let applies = |convention: &&Convention| {
        let Convention { is_at_top, word, neighbor, .. } = convention;
        path.is_named(convention.path)
            && (!is_at_top || directory.is_empty())
            && neighbor.is_none_or(|name| repository.find(&format!("{directory}{name}")).is_some())
            && word.is_none_or(|word| repository.text(at).is_some_and(|text| text.contains(word)))
    };
    CONVENTIONS.iter().find(applies).map(|convention| convention.when)
}

/// Returns whether Python takes a value for true.
fn is_true(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(value)) => *value,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(values)) => !values.is_empty(),
        Some(Value::Object(values)) => !values.is_empty(),
    }
}

/// Returns the Python modules in a directory, and below, that no code component declares.
fn undeclared_modules<'r>(repository: &Repository<'r>, directory: &str) -> Vec<&'r RepoPath> {
    let entries = repository.files.entries().iter().enumerate();
    let modules =
        entries.filter(|(_, entry)| entry.path.as_str().starts_with(directory) && entry.path.has_extension("py"));
    modules.filter(|(at, _)| !is_declared(repository, *at)).map(|(_, entry)| &entry.path).collect()
}

/// The configuration of ModelScope.
const MODEL_SCOPE: &str = "configuration.json";
/// The configuration of MLflow.
const MLFLOW: &str = "MLmodel";
/// The configuration of SpeechBrain.
const HYPERPARAMETERS: &str = "hyperparams.yaml";
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
        MODEL_SCOPE => Some(&[model_scope_plugins]),
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

/// `auto_map` of [Transformers](https://huggingface.co/docs/transformers/custom_models): `module.Class`, or a list of them. Where a
/// configuration has others in it, such as `llm_config`, a model may make its parts from those (`auto_factory.py` of transformers 5.24), or
/// not: they are copies of what the parts were published with.
fn auto_map(config: &Value) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut configs = vec![(config, true)];
    while let Some((config, is_whole)) = configs.pop() {
        let Some(values) = config.as_object() else { continue };
        if let Some(map) = values.get("auto_map").and_then(Value::as_object) {
            let texts =
                map.values().flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
            found.extend(texts.filter_map(|text| reference("auto_map", text.as_str()?, is_whole)));
        }
        configs.extend(values.values().filter(|value| value.is_object()).map(|value| (value, false)));
    }
    found
}

/// The most modules whose imports are followed from one configuration.
const MAX_IMPORTED: usize = 64;

/// Returns the modules that those of Transformers import from their own directory, and theirs, each with the path of the module that
/// imports it: they are copied and run as well (`get_relative_import_files` of transformers 5.24).
fn imported(repository: &Repository<'_>, directory: &str, references: &[Reference]) -> Vec<(String, Reference)> {
    let of_transformers =
        references.iter().filter(|found| ["auto_map", "custom_pipelines"].contains(&found.key.as_str()));
    let mut modules: Vec<String> =
        of_transformers.filter_map(|found| Some(format!("{directory}{}", found.module.as_ref()?))).collect();
    let mut found = Vec::new();
    let mut next = 0;
    while let Some(module) = modules.get(next).filter(|_| next < MAX_IMPORTED).cloned() {
        next += 1;
        let Some(text) = repository.find(&module).and_then(|at| repository.text(at)) else { continue };
        let own = module.rfind('/').map_or("", |slash| &module[..=slash]);
        for name in relative_imports(&text) {
            let path = format!("{own}{name}.py");
            if modules.contains(&path) || repository.find(&format!("{own}{name}/__init__.py")).is_some() {
                continue;
            }
            modules.push(path);
            let reference = Reference {
                key: "import".to_owned(),
                text: format!(".{name}"),
                module: Some(format!("{name}.py")),
                is_certain: true,
            };
            found.push((module.clone(), reference));
        }
    }
    found
}

/// Returns the names after the dot in `from .name import …` and `import .name`.
fn relative_imports(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let rest = line.trim_start();
        let rest = rest.strip_prefix("from").or_else(|| rest.strip_prefix("import"))?;
        let name = rest.trim_start().strip_prefix('.').filter(|_| rest.starts_with([' ', '\t']))?;
        let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
        (end > 0).then(|| &name[..end])
    })
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

/// `plugins` of [ModelScope](https://modelscope.cn/docs), packages that it installs and imports, except one that it knows
/// (`filter_plugin_in_whitelist` in `utils/plugins.py` of modelscope 1.40).
fn model_scope_plugins(config: &Value) -> Vec<Reference> {
    let plugins = config.get("plugins");
    let one = plugins.and_then(Value::as_str).into_iter();
    let all = one.chain(plugins.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str));
    let is_other =
        |text: &&str| text.split(['>', '<', '=', '!', '~']).next().is_some_and(|name| name.trim() != "pai-easycv");
    let reference =
        |text: &str| Reference { key: "plugins".to_owned(), text: text.to_owned(), module: None, is_certain: true };
    all.filter(is_other).map(reference).collect()
}

/// Tags of [HyperPyYAML](https://github.com/speechbrain/HyperPyYAML), which SpeechBrain reads, that name what is called or
/// imported: `!new:module.Class`. The module may be next to the configuration, or in an installed package.
fn hyperparameters(text: &str) -> Vec<Reference> {
    let named = ["!new:", "!apply:", "!name:", "!module:"].into_iter().flat_map(|tag| {
        let lines = text.lines().map(|line| line.split_once('#').map_or(line, |(before, _)| before));
        lines.flat_map(move |line| line.split(tag).skip(1)).map(move |rest| (tag, rest))
    });
    let named = named.filter_map(|(tag, rest)| {
        let name = rest.split(|c: char| !c.is_alphanumeric() && !"._".contains(c)).next().unwrap_or_default();
        // A module has no class after it.
        let text = if tag == "!module:" { format!("{name}.*") } else { name.to_owned() };
        let found = reference(tag.trim_end_matches(':'), &text, false)?;
        Some(Reference { text: name.to_owned(), ..found })
    });
    named.collect()
}

/// Returns the values of a key in the flavors of an MLflow model: <https://mlflow.org/docs/latest/ml/model/>.
fn of_flavors<'n>(model: &'n Node, key: &str) -> BTreeSet<&'n str> {
    let flavors = model.get("flavors").and_then(|flavors| flavors.map("`flavors`").ok()).unwrap_or_default();
    flavors.iter().filter_map(|(_, flavor)| flavor.filled(key).ok()?).collect()
}

/// `model_code_path` of MLflow, a module that it runs. Of the path, which is that on the machine that saved the model, only the name
/// counts (`_load_context_model_and_signature` in `pyfunc/model.py` of mlflow 3.17).
fn mlflow_modules(model: &Node) -> Vec<Reference> {
    let reference = |text: &str| Reference {
        key: "model_code_path".to_owned(),
        text: text.to_owned(),
        module: Some(text.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()),
        is_certain: true,
    };
    of_flavors(model, "model_code_path").into_iter().map(reference).collect()
}

/// `code` of MLflow, directories in which the model, and the module that `loader_module` names, find others to import
/// (`_add_code_from_conf_to_system_path` in `utils/model_utils.py` of mlflow 3.17).
fn mlflow_directories(model: &Node) -> BTreeSet<&str> {
    of_flavors(model, "code")
}

/// Returns what is wrong with a directory of modules that MLflow imports, as a clause; `None` if code components declare them all.
fn problem_of_directory(repository: &Repository<'_>, directory: &str, code: &str) -> Option<String> {
    if code.starts_with('/') || code.split('/').any(|part| part == "..") {
        return Some("from which MLflow imports modules, but it is not in the directory of the model".to_owned());
    }
    let parts = code.split('/').filter(|part| !["", "."].contains(part));
    let below: String = parts.flat_map(|part| [part, "/"]).collect();
    let modules = undeclared_modules(repository, &format!("{directory}{below}"));
    (!modules.is_empty()).then(|| {
        let list = summarize_list(modules.iter());
        format!("from which MLflow imports modules, but no code component declares {list}")
    })
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
        let Some((other, _)) = reference.text.split_once("--") else {
            let problem = "its code is in a package that ModelScope installs".to_owned();
            return Some((problem, "add the code to this repository, or remove the plugin".to_owned()));
        };
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
            [("handler.py", "class EndpointHandler: pass"), ("config.json", "{}")],
            [("pipeline.py", "class PreTrainedPipeline: pass"), ("config.json", "{}")],
            [("pipeline.py", ""), ("model_index.json", "{}")],
            [("a/custom_interface.py", ""), ("a/hyperparams.yaml", "a: 1\n")],
            [("hyperparams.yaml", "m: !new:x.layers.M\n    size: 2 # !new:y.N\n"), ("x/layers.py", "")],
            [("hyperparams.yaml", "m: !module:x\n"), ("x.py", "")],
            [("configuration.json", r#"{"allow_remote":true}"#), ("ms_wrapper.py", "")],
            [("config.json", r#"{"llm_config":{"auto_map":{"AutoModel":"x.M"}}}"#), ("x.py", "")],
            [("m/MLmodel", "flavors:\n  python_function:\n    model_code_path: /home/a/src/x.py\n"), ("m/x.py", "")],
            [("MLmodel", r#"{"flavors":{"langchain":{"model_code_path":"C:\\\\src\\\\x.py"}}}"#), ("x.py", "")],
            [("m/MLmodel", "flavors:\n  python_function:\n    code: code\n"), ("m/code/a/__init__.py", "")],
            [("MLmodel", "flavors:\n  sklearn:\n    code: ./code/\n"), ("code/x.py", "")],
        ] {
            let [weights, code] = messages(&files);
            assert_eq!((weights.len(), code.len()), (1, 0), "{files:?}: {weights:?} {code:?}");
        }
    }

    #[test]
    fn what_declared_modules_import_has_to_be_declared_too() {
        let config = ("a/config.json", r#"{"auto_map":{"AutoModel":"x.M"}}"#);
        let module = (
            "a/x.py",
            "import os\nfrom .y import z\nif True:\n    import .w\nfrom . import v\nfrom .sub.u import t\nfrom.s import r\n",
        );
        let [_, code] = messages(&[config, module, ("a/y.py", ""), ("a/sub/__init__.py", ""), ("a/w.py", "")]);
        assert_eq!(code, Vec::<String>::new());
        let [_, code] =
            messages(&[config, module, ("a/y.py", "from .x import M\nfrom .q import p\n"), ("a/sub/__init__.py", "")]);
        assert_eq!(
            code,
            [
                "`a/x.py` imports `.w`, but `a/w.py` is not in the repository",
                "`a/y.py` imports `.q`, but `a/q.py` is not in the repository"
            ]
        );
        let [weights, _] = messages(&[config, module, ("a/y.py", ""), ("a/sub/__init__.py", ""), ("a/w.py", "")]);
        assert!(
            weights.contains(&"`a/x.py` imports `.y`, but no code component declares `a/y.py`".to_owned()),
            "{weights:?}"
        );
    }

    #[test]
    fn a_configuration_within_another_may_be_left_over() {
        let config = |text: &str| {
            messages(&[("config.json", &format!(r#"{{"llm_config":{{"auto_map":{{"AutoModel":"{text}"}}}}}}"#))])
        };
        assert_eq!(config("configuration_internlm2.InternLM2Config"), [Vec::<String>::new(), Vec::new()]);
        let [weights, code] = config("lab/repo--modeling.X");
        assert!(weights.len() == 1 && weights == code && weights[0].contains("in another repository"), "{weights:?}");
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
            ("handler.py", "def handle(event): pass"),
            ("api/handler.py", "class EndpointHandler: pass"),
            ("pipeline.py", "def run(): pass"),
            ("custom.py", ""),
            ("hyperparams.yaml", "m: !new:speechbrain.nnet.M\nn: !apply:torch.manual_seed [1]\n"),
            ("configuration.json", r#"{"allow_remote":false,"plugins":["pai-easycv>=0.6"]}"#),
            ("configuration.json", r#"{"allow_remote":true,"plugins":[]}"#),
            ("MLmodel", "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    code: null\n"),
            ("MLmodel", "flavors:\n  python_function:\n    code: code\nmodel_code_path: x.py\n"),
            ("MLmodel", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"),
            ("mlmodel.yaml", "flavors:\n  python_function:\n    model_code_path: x.py\n"),
        ] {
            assert_eq!(messages(&[config])[0], Vec::<String>::new(), "{config:?}");
        }
    }

    #[test]
    fn what_is_missing_or_elsewhere_is_named() {
        let [missing, _] = messages(&[("a/config.json", r#"{"auto_map":{"AutoModel":"b.c.M"}}"#)]);
        assert!(missing[0].ends_with("but `a/b/c.py` is not in the repository"), "{missing:?}");
        let plugin = r#"{"plugins":["evil-pkg==1"]}"#;
        let [other, as_code] = messages(&[("configuration.json", plugin)]);
        assert_eq!((other.len(), as_code.len()), (1, 1));
        assert!(
            other[0].contains("`evil-pkg==1`") && other[0].ends_with("a package that ModelScope installs"),
            "{other:?}"
        );
        let flavor = |line: &str| format!("flavors:\n  python_function:\n    {line}\n");
        let [missing, _] = messages(&[("m/MLmodel", &flavor("model_code_path: /src/model.py"))]);
        assert_eq!(
            missing,
            ["`m/MLmodel` names `/src/model.py` under `model_code_path`, but `m/model.py` is not in the repository"]
        );
        for code in ["../code", "/code", "a/../../code"] {
            let [outside, as_code] = messages(&[("m/MLmodel", &flavor(&format!("code: {code}")))]);
            assert!(outside == as_code && outside[0].ends_with("not in the directory of the model"), "{outside:?}");
        }
        let [unknown, _] = messages(&[("MLmodel", "flavors:\n  a: {code: x}\n  a: {code: y}\n")]);
        assert!(unknown[0].starts_with("the code that MLflow runs because of `MLmodel` is not known: "), "{unknown:?}");
        let [other, _] = messages(&[("modules.json", r#"[{"type":"lab/other--x.M"}]"#)]);
        assert!(other[0].ends_with("its code is in another repository, `lab/other`"), "{other:?}");
    }
}
