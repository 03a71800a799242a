//! The bases that the files of a release name: configurations of adapters and merges, headers of weights, Modelfiles, bills of
//! materials.
//!
//! They also name data that a model was trained on. What the files say is compared with the manifest and drafted by `init`; it is
//! never taken as true. A local path is not a name.
//! The model card is read by [`crate::import::card`].

mod bom;
mod modelfile;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::artifacts::header::{Format, Header};
use crate::artifacts::lfs;
use crate::artifacts::notable::Notable;
use crate::files::{Error, Files, Kind};
use crate::import::card::bases::is_local_path;
use crate::import::text;
use crate::import::yaml::{self, Node};
use crate::json::python;
use crate::manifest::{Base, Manifest, Relation};
use crate::path::RepoPath;
use crate::source::Span;
pub use modelfile::Modelfile;

/// The largest configuration that is read.
const MAX_BYTES: u64 = 1024 * 1024;
/// The largest bill of materials that is read: it lists everything that a release has.
const MAX_BOM_BYTES: u64 = 4 * 1024 * 1024;
/// The number of configurations, and the number of headers, that are read.
const MAX_FILES: usize = 64;
/// The number of bases that are kept of all files.
const MAX_MENTIONS: usize = 1000;
/// Names of the configurations of mergekit.
const MERGEKIT: &[&str] = &[
    "mergekit_config.yml",
    "mergekit_config.yaml",
    "mergekit_moe_config.yml",
    "mergekit_moe_config.yaml",
    "merge.yml",
    "merge.yaml",
];
/// First directories of paths on the machine that trained a model, which look like the ids of organizations.
const LOCAL: &[&str] = &[
    "base",
    "checkpoints",
    "content",
    "data",
    "home",
    "local",
    "merged",
    "mnt",
    "model",
    "models",
    "opt",
    "out",
    "output",
    "outputs",
    "results",
    "root",
    "runs",
    "tmp",
    "weights",
    "workspace",
];

/// A base that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mention {
    /// The file.
    pub path: RepoPath,
    /// The name, as an id of the Hub if the file has one.
    pub name: String,
    /// The URL, if the file has one.
    pub url: Option<String>,
    /// The relation that the kind of file implies.
    pub relation: Option<Relation>,
    /// Whether it is data and not a model.
    pub is_data: bool,
    /// The license that a file states for it, and that file.
    pub license: Option<(RepoPath, String)>,
    /// The SHA-256 of it that a file states, and that file.
    pub digest: Option<(RepoPath, String)>,
    /// Other names that the file gives.
    also: Vec<String>,
    /// Whether the name is cut, so that the beginning of a longer one is meant.
    is_short: bool,
}

/// A fact about a base that a file states otherwise than the manifest.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Contradiction<'s> {
    /// The file.
    pub path: &'s RepoPath,
    /// The base.
    pub base: &'s Base,
    /// The key of the base: `license` or `digest`.
    pub key: &'static str,
    /// Where the manifest states it.
    pub span: Span,
    /// What the manifest states.
    pub declared: &'s str,
    /// What the file states.
    pub stated: &'s str,
}

/// What the files say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mentions {
    /// The bases, each once, in the order of the files.
    pub bases: Vec<Mention>,
    /// Names without an organization and the like, which may as well be paths on the machine that wrote the file.
    pub unsure: Vec<Mention>,
    /// Files whose bases are not known, and why.
    pub unknown: Vec<(RepoPath, String)>,
}

impl Mention {
    fn new(path: &RepoPath, name: &str, relation: Option<Relation>) -> Self {
        Self {
            path: path.clone(),
            name: name.to_owned(),
            url: None,
            relation,
            is_data: false,
            license: None,
            digest: None,
            also: Vec::new(),
            is_short: false,
        }
    }

    fn of(path: &RepoPath, name: &str, named: &Named) -> Self {
        let stated = |text: &Option<String>| text.clone().map(|text| (path.clone(), text));
        Self {
            url: named.url.clone(),
            is_data: named.is_data,
            license: stated(&named.license),
            digest: stated(&named.digest),
            is_short: named.is_short,
            ..Self::new(path, name, named.relation)
        }
    }

    /// Returns whether an entry of the manifest means this base, going by the last parts of their names and URLs.
    #[must_use]
    pub fn is(&self, base: &Base) -> bool {
        let declared = std::iter::once(base.name.as_str()).chain(base.url.as_ref().map(|url| url.as_str()));
        declared.into_iter().any(|declared| self.is_name(declared))
    }

    /// Returns whether this is one of the whole names that the file gives, written in any way.
    #[must_use]
    pub fn has_name(&self, name: &str) -> bool {
        !self.is_short && std::iter::once(&self.name).chain(&self.also).any(|own| plain(own) == plain(name))
    }

    /// Returns whether a name or a URL means this base.
    #[must_use]
    pub fn is_name(&self, declared: &str) -> bool {
        let declared = plain(declared);
        let names = std::iter::once(&self.name).chain(&self.also);
        names.into_iter().any(|name| match self.is_short {
            true => declared.starts_with(&plain(name)),
            false => plain(name) == declared,
        })
    }
}

/// A base as a configuration names it.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) name: String,
    /// The relation that the file implies.
    pub(super) relation: Option<Relation>,
    pub(super) url: Option<String>,
    pub(super) license: Option<String>,
    pub(super) digest: Option<String>,
    /// Whether the name is short for longer ones.
    pub(super) is_short: bool,
    /// Whether the name may be any text, and need not be an id.
    pub(super) is_title: bool,
    /// Whether it is data that the model was trained on.
    pub(super) is_data: bool,
}

impl Named {
    fn id(name: impl Into<String>, relation: Option<Relation>) -> Self {
        Self { name: name.into(), relation, ..Self::default() }
    }

    pub(super) fn title(name: impl Into<String>, relation: Option<Relation>) -> Self {
        Self { is_title: true, ..Self::id(name, relation) }
    }

    pub(super) fn data(name: impl Into<String>) -> Self {
        Self { is_data: true, ..Self::title(name, Some(Relation::TrainedOn)) }
    }
}

/// Returns whether a file of this name is a configuration of mergekit.
#[must_use]
pub fn is_merge(name: &str) -> bool {
    MERGEKIT.contains(&name)
}

/// Returns the letters and digits of the last part of a name.
pub(super) fn plain(name: &str) -> String {
    let last = name.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    last.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Mentions {
    /// Reads what the files of a release say. `header` returns the header of the weights at an index.
    #[must_use]
    pub fn of(files: &dyn Files, notable: &Notable, header: &dyn Fn(usize) -> Option<Header>) -> Self {
        let mut found = Self::default();
        let (mut configurations, mut headers) = (0, 0);
        for (at, entry) in notable.places().iter().map(|at| (*at, &files.entries()[*at])) {
            if !matches!(entry.kind, Kind::File { .. }) || found.bases.len() >= MAX_MENTIONS {
                continue;
            }
            if Format::of(&entry.path).is_some() {
                if headers < MAX_FILES {
                    headers += 1;
                    header(at).into_iter().for_each(|header| found.of_header(&entry.path, &header));
                }
            } else if let Some(read) = reader(entry.path.file_name())
                && configurations < MAX_FILES
            {
                configurations += 1;
                found.of_configuration(files, &entry.path, read);
            }
        }
        found
    }

    /// Returns the bases that are neither declared in the manifest nor the model itself. Data is declared where the address of
    /// a component names it, too.
    #[must_use]
    pub fn undeclared(&self, manifest: &Manifest) -> Vec<&Mention> {
        let model = &manifest.model;
        let urls = model.base.iter().filter_map(|base| base.url.as_ref()).map(|url| url.as_str());
        let names = model.base.iter().map(|base| base.name.as_str()).chain(urls).chain([model.name.as_str()]);
        let declared: BTreeSet<String> = names.map(plain).collect();
        let urls = manifest.components.iter().flat_map(|component| &component.remote).map(|remote| remote.url.as_str());
        let parts: BTreeSet<String> = urls.flat_map(|url| url.split('/')).map(plain).collect();
        let is_declared = |mention: &&Mention| {
            if mention.is_data && parts.contains(&plain(&mention.name)) {
                return true;
            }
            std::iter::once(&mention.name).chain(&mention.also).any(|name| {
                let name = plain(name);
                match mention.is_short {
                    true => declared.range(name.clone()..).next().is_some_and(|next| next.starts_with(&name)),
                    false => declared.contains(&name),
                }
            })
        };
        self.bases.iter().filter(|mention| !is_declared(mention)).collect()
    }

    /// Returns the bases of the manifest for which files state another license or digest.
    #[must_use]
    pub fn contradicted<'s>(&'s self, manifest: &'s Manifest) -> Vec<Contradiction<'s>> {
        let mut found = Vec::new();
        for mention in self.bases.iter().filter(|mention| mention.license.is_some() || mention.digest.is_some()) {
            for base in manifest.model.base.iter().filter(|base| mention.is(base)) {
                let license = base.license.as_ref().map(|license| (license.span, license.as_str()));
                let digest = base.digest.as_ref().map(|digest| (digest.span, digest.value.as_str()));
                let pairs = [("license", license, &mention.license), ("digest", digest, &mention.digest)];
                for (key, declared, stated) in pairs {
                    if let (Some((span, declared)), Some((path, stated))) = (declared, stated)
                        && !declared.eq_ignore_ascii_case(stated)
                    {
                        found.push(Contradiction { path, base, key, span, declared, stated });
                    }
                }
            }
        }
        found
    }

    fn add(&mut self, mention: Mention) {
        let is_meant = |known: &&mut Mention| {
            let (own, other) = (plain(&known.name), plain(&mention.name));
            own == other || mention.is_short && own.starts_with(&other) || known.is_short && other.starts_with(&own)
        };
        if let Some(known) = self.bases.iter_mut().find(is_meant) {
            if known.is_short && !mention.is_short {
                (known.path, known.name) = (mention.path, mention.name);
                (known.url, known.is_short) = (mention.url, false);
            }
            known.relation = known.relation.or(mention.relation);
            known.license = known.license.take().or(mention.license);
            known.digest = known.digest.take().or(mention.digest);
        } else if !mention.name.is_empty() && self.bases.len() < MAX_MENTIONS {
            self.bases.push(mention);
        }
    }

    fn of_configuration(&mut self, files: &dyn Files, path: &RepoPath, (read, limit): (Reader, u64)) {
        let bytes = match files.read(path, limit) {
            Ok(Some(bytes)) if lfs::Pointer::parse(&bytes).is_none() => bytes,
            Err(Error::TooLarge { size, limit, .. }) => {
                self.unknown.push((path.clone(), format!("it has {size} bytes, more than the limit of {limit}")));
                return;
            }
            _ => return,
        };
        match read(&text::decode(&bytes)) {
            Ok(named) => {
                for named in named.into_iter().take(MAX_MENTIONS) {
                    let name = named.name.trim();
                    let id = match named.is_title {
                        true => Some(name.to_owned()).filter(|name| !is_local_path(name)),
                        false => remote(name, named.is_short),
                    };
                    match id {
                        Some(id) => self.add(Mention::of(path, &id, &named)),
                        None if named.is_short || name.is_empty() || self.unsure.len() >= MAX_FILES => {}
                        None => self.unsure.push(Mention::new(path, name, named.relation)),
                    }
                }
            }
            Err(problem) => self.unknown.push((path.clone(), problem)),
        }
    }

    fn of_header(&mut self, path: &RepoPath, header: &Header) {
        let bases = numbered(header, BASE_MODEL);
        if let Some(count) = header.base_models.filter(|count| usize::try_from(*count).ok() != Some(bases.len())) {
            let problem = format!("`general.base_model.count` is {count}, and the header names {} bases", bases.len());
            self.unknown.push((path.clone(), problem));
        }
        for (name, url) in bases.into_iter().take(MAX_MENTIONS) {
            let id = url.map(|url| hub_id(url).unwrap_or(url));
            let Some(used) = id.or(name) else { continue };
            let also = name.into_iter().map(str::to_owned).collect();
            self.add(Mention { also, url: url.map(str::to_owned), ..Mention::new(path, used, None) });
        }
        self.of_source(path, header);
        for (name, url) in numbered(header, DATA_SET).into_iter().take(MAX_MENTIONS) {
            let Some(used) = url.and_then(data_id).or(name) else { continue };
            let (url, named) = (url.map(str::to_owned), Named::data(used));
            self.add(Mention { url, ..Mention::of(path, used, &named) });
        }
        // A path that is there is cut to the name of the file, so that any other with a slash is an id:
        // https://github.com/kohya-ss/sd-scripts/blob/main/train_network.py
        if let Some(id) = header.get("ss_sd_model_name").and_then(|name| remote(name, false))
            && header.get("ss_network_module").is_some()
        {
            self.add(Mention::new(path, &id, Some(Relation::Adapter)));
        }
        for title in header.get("modelspec.merged_from").into_iter().flat_map(|list| list.split(',')).take(MAX_MENTIONS)
        {
            self.add(Mention::new(path, title.trim(), Some(Relation::Merge)));
        }
    }

    /// Adds what a file was converted from, unless that is the model itself in another format.
    fn of_source(&mut self, path: &RepoPath, header: &Header) {
        let filled = |key: &&str| header.get(key).map(str::trim).filter(|text| !text.is_empty());
        let Some(source) = SOURCES.iter().find_map(filled) else { return };
        let id = hub_id(source).unwrap_or(source);
        let is_same = header.get("general.name").is_some_and(|name| plain(name) == plain(id));
        if !is_same && !is_local_path(id) {
            let url = Some(source.to_owned()).filter(|source| source.contains("://"));
            self.add(Mention { url, ..Mention::new(path, id, Some(Relation::Quantized)) });
        }
    }
}

/// The start of the keys of GGUF about base models, and about data sets; a number and a name follow.
/// <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md#general-metadata>
const BASE_MODEL: &str = "general.base_model.";
const DATA_SET: &str = "general.dataset.";
/// The keys of GGUF about what was converted, the most exact first. The second is of an older specification.
const SOURCES: &[&str] = &["general.source.repo_url", "general.source.huggingface.repository", "general.source.url"];

/// Returns the name and the URL of each numbered entry of a header, in order.
fn numbered<'h>(header: &'h Header, prefix: &str) -> Vec<(Option<&'h str>, Option<&'h str>)> {
    let mut numbers: Vec<&str> = Vec::new();
    for (key, _) in &header.metadata {
        let number = key.strip_prefix(prefix).and_then(|rest| rest.split('.').next());
        let is_number = |number: &&str| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        numbers.extend(number.filter(is_number).filter(|number| !numbers.contains(number)));
    }
    let entry = |number: &str| {
        let get =
            |key: &str| header.get(&format!("{prefix}{number}.{key}")).map(str::trim).filter(|text| !text.is_empty());
        (get("name"), get("repo_url").or(get("url")))
    };
    numbers.into_iter().map(entry).collect()
}

/// Returns the id in the URL of a repository on the Hub.
fn hub_id(url: &str) -> Option<&str> {
    ["https://huggingface.co/", "https://hf.co/"].iter().find_map(|start| url.strip_prefix(start))
}

/// Returns the id in the URL of a data set on the Hub.
fn data_id(url: &str) -> Option<&str> {
    hub_id(url)?.strip_prefix("datasets/").map(|id| id.trim_end_matches('/'))
}

/// Reads the names in a configuration, or says why they cannot be read.
type Reader = fn(&str) -> Result<Vec<Named>, String>;

/// Returns how a file of this name is read, and the largest size.
fn reader(name: &str) -> Option<(Reader, u64)> {
    match name {
        "adapter_config.json" => Some((adapter, MAX_BYTES)),
        Modelfile::NAME => Some((modelfile, MAX_BYTES)),
        name if is_merge(name) => Some((mergekit, MAX_BYTES)),
        name => bom::reader(name).map(|read| (read, MAX_BOM_BYTES)),
    }
}

/// The key under which the configuration of an adapter names its base, and keys of which one shows that the format has it.
const ADAPTERS: &[(&str, &[&str])] = &[
    // https://github.com/huggingface/peft/blob/main/src/peft/config.py
    ("base_model_name_or_path", &["base_model_name_or_path"]),
    // https://github.com/ml-explore/mlx-lm/blob/main/mlx_lm/lora.py
    ("model", &["fine_tune_type", "lora_parameters", "lora_layers"]),
    // https://github.com/adapter-hub/adapters/blob/main/src/adapters/loading.py
    ("model_name", &["model_class"]),
];

fn adapter(text: &str) -> Result<Vec<Named>, String> {
    let config = python::read(text).map_err(|error| format!("it is not valid JSON: {error}"))?;
    let rows = ADAPTERS.iter().filter(|(_, shown_by)| shown_by.iter().any(|key| config.get(key).is_some()));
    let name = rows.filter_map(|(key, _)| config.get(key)?.as_str()).next();
    // mlx-lm saves a whole model in the same place.
    let is_whole = config.get("fine_tune_type").and_then(Value::as_str) == Some("full");
    let relation = if is_whole { Relation::Finetune } else { Relation::Adapter };
    Ok(name.into_iter().map(|name| Named::id(name, Some(relation))).collect())
}

fn mergekit(text: &str) -> Result<Vec<Named>, String> {
    let document = yaml::read(text, 1).map_err(|error| error.to_string())?;
    let mut names = Vec::new();
    collect(&document, &mut names);
    Ok(names.into_iter().map(|name| Named::id(name, Some(Relation::Merge))).collect())
}

/// Collects the models of a configuration of mergekit: `model`, `base_model` and `source_model`, at any depth, and the model
/// whose tokenizer is taken, unless that is a word such as `union`.
fn collect(node: &Node, names: &mut Vec<String>) {
    match &node.value {
        yaml::Value::List(items) => items.iter().for_each(|item| collect(item, names)),
        yaml::Value::Map(entries) => {
            for (key, value) in entries {
                match &value.value {
                    yaml::Value::Text(text)
                        if matches!(key.as_str(), "model" | "base_model" | "source_model" | "lora")
                            || key == "tokenizer_source" && text.contains('/') =>
                    {
                        // path[@revision][+lora[@revision]]
                        names.extend(
                            text.split('+').map(|part| part.split('@').next().unwrap_or(part).trim().to_owned()),
                        );
                    }
                    _ => collect(value, names),
                }
            }
        }
        yaml::Value::Text(_) | yaml::Value::Null => {}
    }
}

fn modelfile(text: &str) -> Result<Vec<Named>, String> {
    let Modelfile { from, adapters, .. } = Modelfile::parse(text);
    // Adapters are files, mostly next to the Modelfile; one with an address was made by others.
    let relation = (!adapters.is_empty()).then_some(Relation::Adapter);
    let adapters = adapters.iter().filter_map(|text| hub_id(text)).map(|id| Named::id(id, None));
    let named = |text: &String| {
        let name =
            without_tag(["https://", "http://"].iter().find_map(|start| text.strip_prefix(start)).unwrap_or(text));
        if let Some(id) = ["hf.co/", "huggingface.co/"].iter().find_map(|hub| name.strip_prefix(hub)) {
            return Named::id(id, relation);
        }
        // A tag such as `8b` says which size, and the name is short for the names of all sizes.
        let name = REGISTRY.iter().find_map(|registry| name.strip_prefix(registry)).unwrap_or(name);
        let name = name.strip_prefix("library/").unwrap_or(name);
        let below = if name.contains('/') { "" } else { "library/" };
        let url = Some(format!("https://ollama.com/{below}{name}"));
        Named { is_short: true, url, ..Named::id(name, relation) }
    };
    let is_file = |text: &str| text.contains('\\') || text.starts_with("sha256");
    Ok(from.iter().filter(|text| !is_file(text)).map(named).chain(adapters).collect())
}

/// The hosts of Ollama's registry, which names may have: `HOST/NAMESPACE/MODEL:TAG`.
/// <https://github.com/ollama/ollama/blob/main/types/model/name.go>
const REGISTRY: &[&str] = &["registry.ollama.ai/", "ollama.com/"];

/// Returns a name of Ollama without its tag and its digest. A host may have a port.
fn without_tag(name: &str) -> &str {
    let name = name.split('@').next().unwrap_or(name);
    let last = name.rfind('/').map_or(0, |at| at + 1);
    name[last..].find(':').map_or(name, |at| &name[..last + at])
}

/// Returns the name, unless it is a path on some machine. Without a slash, only names of registries are known to be remote.
fn remote(name: &str, is_of_registry: bool) -> Option<String> {
    let name = hub_id(name).unwrap_or(name).trim().trim_end_matches('/');
    let is_weights =
        [".gguf", ".safetensors", ".bin", ".pt"].iter().any(|ending| name.to_lowercase().ends_with(ending));
    let is_part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
            && !part.starts_with('.')
    };
    let parts: Vec<&str> = name.split('/').collect();
    let is_remote = match parts.as_slice() {
        [only] => is_of_registry && is_part(only),
        [first, last] => {
            is_part(first)
                && is_part(last)
                && !LOCAL.contains(&first.to_lowercase().as_str())
                && !last.starts_with("checkpoint")
        }
        _ => false,
    };
    (is_remote && !is_weights).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::files::Memory;

    fn names_of(files: Vec<(&str, Vec<u8>)>) -> (Vec<String>, Vec<String>) {
        let files = Memory::new(files.into_iter().map(|(path, bytes)| (path.to_owned(), bytes)));
        let header = |at: usize| crate::artifacts::header::of(&files, &files.entries()[at])?.ok();
        let found = Mentions::of(&files, &Notable::of(&files), &header);
        let bases = found.bases.iter().map(|base| base.name.clone()).collect();
        (bases, found.unknown.into_iter().map(|(path, why)| format!("{path}: {why}")).collect())
    }

    #[test]
    fn an_adapter_names_its_base_unless_it_is_a_local_path() {
        let of = |value: &str| {
            let text = format!("{{\"base_model_name_or_path\": {value}, \"revision\": null}}");
            names_of(vec![("adapter_config.json", text.into_bytes())]).0
        };
        assert_eq!(of("\"lab/Base-7B\""), ["lab/Base-7B"]);
        assert_eq!(of("\"https://huggingface.co/lab/Base-7B\""), ["lab/Base-7B"]);
        for local in [
            "\"./base\"",
            "\"/home/me/base\"",
            "\"outputs/run-1\"",
            "\"lab/checkpoint-500\"",
            "\"base\"",
            "\"C:\\\\base\"",
            "null",
            "3",
        ] {
            assert!(of(local).is_empty(), "{local}");
        }
    }

    #[test]
    fn adapters_of_other_libraries_name_their_bases() {
        let of = |text: &str| {
            adapter(text).unwrap().into_iter().map(|named| (named.name, named.relation)).collect::<Vec<_>>()
        };
        let one = |name: &str, relation| vec![(name.to_owned(), Some(relation))];
        let mlx = |kind: &str| format!(r#"{{"model": "mlx/B-4bit", "fine_tune_type": "{kind}", "num_layers": 16}}"#);
        assert_eq!(of(&mlx("lora")), one("mlx/B-4bit", Relation::Adapter));
        assert_eq!(of(&mlx("full")), one("mlx/B-4bit", Relation::Finetune));
        assert_eq!(of(r#"{"model": "lab/B", "lora_layers": 4, "x": NaN}"#), one("lab/B", Relation::Adapter));
        assert_eq!(of(r#"{"model_class": "Bert", "model_name": "bert"}"#), one("bert", Relation::Adapter));
        let both = r#"{"base_model_name_or_path": "lab/B", "model": "lab/C", "fine_tune_type": "lora"}"#;
        assert_eq!(of(both), one("lab/B", Relation::Adapter));
        for other in [r#"{"model": "lab/B"}"#, r#"{"model_name": "lab/B"}"#, r#"{"model": {}, "lora_layers": 1}"#, "[]"]
        {
            assert_eq!(of(other), [], "{other}");
        }
    }

    #[test]
    fn a_trained_network_names_its_base_only_by_an_id() {
        let of = |pairs: &[(&str, &str)]| {
            let metadata = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            let header = Header { metadata, ..Header::default() };
            let files = Memory::new([("lora.safetensors", "x")]);
            let found = Mentions::of(&files, &Notable::of(&files), &|_| Some(header.clone()));
            found.bases.into_iter().map(|base| (base.name, base.relation)).collect::<Vec<_>>()
        };
        let network = ("ss_network_module", "networks.lora");
        let id = ("ss_sd_model_name", "lab/base-xl");
        assert_eq!(of(&[network, id]), [("lab/base-xl".to_owned(), Some(Relation::Adapter))]);
        let version = ("ss_base_model_version", "sdxl_base_v1-0");
        for pairs in [&[id][..], &[network, ("ss_sd_model_name", "base.safetensors")], &[network, version]] {
            assert_eq!(of(pairs), [], "{pairs:?}");
        }
    }

    #[test]
    fn a_bill_of_materials_adds_what_it_states_to_a_base() {
        let bom = r#"{"bomFormat": "CycloneDX", "metadata": {"component": {"type": "machine-learning-model", "pedigree":
            {"ancestors": [{"name": "Base 7B", "licenses": [{"expression": "MIT"}]}, {"name": "/home/me/x"},
            {"name": "A title of a model"}]}}}}"#;
        let files = [("adapter_config.json", "{\"base_model_name_or_path\": \"lab/Base-7B\"}"), ("lm.cdx.json", bom)];
        let files = Memory::new(files);
        let found = Mentions::of(&files, &Notable::of(&files), &|_| None);
        let names: Vec<&str> = found.bases.iter().map(|base| base.name.as_str()).collect();
        assert_eq!(names, ["lab/Base-7B", "A title of a model"]);
        let license = found.bases[0].license.as_ref().map(|(path, text)| (path.as_str(), text.as_str()));
        assert_eq!((found.bases[0].relation, license), (Some(Relation::Adapter), Some(("lm.cdx.json", "MIT"))));
        assert_eq!(found.unsure.len(), 1);
        let large = format!("{{\"bomFormat\": \"CycloneDX\", \"x\": \"{}\"}}", "x".repeat(5_000_000));
        let (bases, unknown) = names_of(vec![("sbom.json", large.into_bytes())]);
        assert!(bases.is_empty() && unknown[0].contains("more than the limit of 4194304"), "{unknown:?}");
    }

    #[test]
    fn a_merge_names_every_model_wherever_it_is() {
        let text = "tokenizer_source: lab/T\nbase_model: lab/Base@main\nmodels:\n- model: lab/A+lab/Lora-A@v1\n- model: {model: lab/B, lora: lab/Lora-B}\n- model: ./mine\nmodules:\n  text:\n    slices:\n    - sources:\n      - model: lab/C\n        layer_range: [0, 8]\n";
        let (bases, unknown) = names_of(vec![("mergekit_config.yml", text.as_bytes().to_vec())]);
        assert_eq!(bases, ["lab/T", "lab/Base", "lab/A", "lab/Lora-A", "lab/B", "lab/Lora-B", "lab/C"]);
        assert!(unknown.is_empty());
        assert!(names_of(vec![("merge.yml", b"tokenizer_source: union\n".to_vec())]).0.is_empty());
        let experts = "base_model: lab/Base\nexperts:\n- source_model: lab/A\n  positive_prompts: [x]\nshared_experts:\n- source_model: lab/B\n";
        let (bases, _) = names_of(vec![("mergekit_moe_config.yml", experts.as_bytes().to_vec())]);
        assert_eq!(bases, ["lab/Base", "lab/A", "lab/B"]);
    }

    #[test]
    fn files_that_cannot_be_read_are_named_with_the_reason() {
        let large = [b"models:\n".as_slice(), &b"- model: lab/A\n".repeat(800_000)].concat();
        let (bases, unknown) = names_of(vec![
            ("adapter_config.json", b"{".to_vec()),
            ("mergekit_config.yml", large),
            ("x/mergekit_config.yml", b"a: [".to_vec()),
        ]);
        assert!(bases.is_empty());
        assert_eq!(unknown.len(), 3, "{unknown:?}");
        assert!(unknown[1].contains("more than the limit of 1048576"), "{unknown:?}");
    }

    #[test]
    fn a_modelfile_names_a_registry_model_and_no_file() {
        let of = |text: &str| names_of(vec![("Modelfile", text.as_bytes().to_vec())]).0;
        assert_eq!(of("# x\nFROM llama3.1:8b\nPARAMETER temperature 1\n"), ["llama3.1"]);
        assert_eq!(of("from hf.co/lab/Base-7B:Q4_K_M\n"), ["lab/Base-7B"]);
        let url = |text: &str| modelfile(text).unwrap().remove(0).url;
        assert_eq!(url("FROM llama3.1:8b\n").as_deref(), Some("https://ollama.com/library/llama3.1"));
        assert_eq!(url("FROM someone/tiny\n").as_deref(), Some("https://ollama.com/someone/tiny"));
        assert_eq!(url("FROM hf.co/lab/Base-7B\n"), None);
        // A short name and a whole one are one base, whichever file is first.
        let adapter = b"{\"base_model_name_or_path\": \"meta-llama/Llama-3.1-8B\"}".to_vec();
        for name in ["adapter_config.json", "Z/adapter_config.json"] {
            let files = vec![("Modelfile", b"FROM llama3.1\n".to_vec()), (name, adapter.clone())];
            assert_eq!(names_of(files).0, ["meta-llama/Llama-3.1-8B"], "{name}");
        }
        let files = vec![("M/adapter_config.json", adapter), ("Modelfile", b"FROM llama3.1\n".to_vec())];
        assert_eq!(names_of(files).0, ["meta-llama/Llama-3.1-8B"]);
        assert!(of("FROM ./model.gguf\n").is_empty() && of("FROM model.gguf\n").is_empty());
        for path in ["C:\\models\\x.gguf", "C:/models/x", "models\\x", "localhost:5000/library/x", "example.org/a/b:c"]
        {
            assert_eq!(of(&format!("FROM {path}\n")), [""; 0], "{path}");
        }
        for name in [
            "registry.ollama.ai/library/llama3:8b",
            "library/llama3",
            "https://ollama.com/library/llama3",
            "llama3@sha256:0",
        ] {
            assert_eq!(of(&format!("FROM {name}\n")), ["llama3"], "{name}");
            assert_eq!(url(&format!("FROM {name}\n")).as_deref(), Some("https://ollama.com/library/llama3"), "{name}");
        }
        assert_eq!(of("FROM https://huggingface.co/lab/Base-7B:Q4_K_M\n"), ["lab/Base-7B"]);
        // The marks of Windows editors.
        let utf16 = |text: &str| [vec![0xff, 0xfe], text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
        assert_eq!(of("\u{feff}FROM llama3\n"), ["llama3"]);
        assert_eq!(names_of(vec![("Modelfile", utf16("FROM llama3\r\n"))]).0, ["llama3"]);
        let relation_of = |text: &str| modelfile(text).unwrap()[0].relation;
        assert_eq!(relation_of("FROM llama3.1\nADAPTER ./lora.gguf\n"), Some(Relation::Adapter));
        assert_eq!(relation_of("FROM llama3.1\n"), None);
        assert_eq!(
            of("FROM lab/Base\nADAPTER https://huggingface.co/lab/Lora\nADAPTER ./x\n"),
            ["lab/Base", "lab/Lora"]
        );
        // The text of an agreement has no instructions.
        assert!(of("LICENSE \"\"\"\nFROM time to time\n\"\"\"\n").is_empty());
        let mention = Mention { is_short: true, ..Mention::new(&"Modelfile".parse().unwrap(), "llama3.1", None) };
        assert!(mention.is_name("meta-llama/Llama-3.1-8B") && !mention.is_name("meta-llama/Llama-3.2-1B"));
    }

    /// A GGUF file of version 3 without tensors.
    fn gguf(texts: &[(&str, &str)], count: Option<u32>) -> Vec<u8> {
        let text = |text: &str| [&u64::try_from(text.len()).unwrap().to_le_bytes(), text.as_bytes()].concat();
        let mut bytes = b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        let pairs = u64::try_from(texts.len()).unwrap() + u64::from(count.is_some());
        bytes.extend(pairs.to_le_bytes());
        for (key, value) in texts {
            bytes.extend(text(key));
            bytes.extend(8_u32.to_le_bytes());
            bytes.extend(text(value));
        }
        if let Some(count) = count {
            bytes.extend(text("general.base_model.count"));
            bytes.extend(4_u32.to_le_bytes());
            bytes.extend(count.to_le_bytes());
        }
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        bytes
    }

    #[test]
    fn a_gguf_header_names_its_source_and_its_data() {
        let of = |texts: &[(&str, &str)]| names_of(vec![("m.gguf", gguf(texts, None))]).0;
        let name = ("general.name", "Tiny GGUF");
        for key in ["general.source.repo_url", "general.source.url"] {
            assert_eq!(of(&[name, (key, "https://huggingface.co/lab/Tiny")]), ["lab/Tiny"], "{key}");
        }
        assert_eq!(of(&[name, ("general.source.huggingface.repository", "lab/Tiny")]), ["lab/Tiny"]);
        assert_eq!(
            of(&[name, ("general.source.url", "https://x.org/a"), ("general.source.repo_url", "https://x.org/b")]),
            ["https://x.org/b"]
        );
        // The model itself, before it was converted, and a path.
        assert!(
            of(&[("general.name", "tiny"), ("general.source.repo_url", "https://huggingface.co/lab/Tiny/")]).is_empty()
        );
        assert!(of(&[name, ("general.source.url", "/home/me/tiny")]).is_empty());
        let data = [
            ("general.dataset.0.name", "Some Set"),
            ("general.dataset.0.repo_url", "https://huggingface.co/datasets/lab/set"),
            ("general.dataset.1.name", "A Title"),
            ("general.dataset.count", "2"),
        ];
        assert_eq!(of(&data), ["lab/set", "A Title"]);
    }

    #[test]
    fn data_is_declared_by_a_base_or_by_the_address_of_a_component() {
        let text = gguf(&[("general.dataset.0.repo_url", "https://huggingface.co/datasets/lab/Set-1")], None);
        let files = Memory::new([("m.gguf".to_owned(), text)]);
        let header = |at: usize| crate::artifacts::header::of(&files, &files.entries()[at])?.ok();
        let found = Mentions::of(&files, &Notable::of(&files), &header);
        assert!(found.bases[0].is_data && found.bases[0].relation == Some(Relation::TrainedOn));
        let is_declared = |more: &str| {
            let text = format!("schema = 1\n[model]\nname = \"T\"\nversion = \"1\"\nproducer = \"P\"\n{more}");
            let parsed = crate::manifest::parse::parse(crate::source::Source::new("OPENNESS.toml", text));
            found.undeclared(&parsed.manifest).is_empty()
        };
        let component =
            |url: &str| format!("[component.training-data]\nopenness = \"open\"\nremote = [{{ url = \"{url}\" }}]\n");
        assert!(!is_declared("") && !is_declared(&component("https://example.org/other")));
        assert!(is_declared(&component("https://huggingface.co/datasets/lab/set-1/resolve/main/x.parquet")));
        assert!(is_declared("[[model.base]]\nname = \"lab/set-1\"\nrelation = \"trained-on\"\n"));
    }

    #[test]
    fn a_gguf_header_names_its_bases_and_a_wrong_count_is_a_reason() {
        let texts = [
            ("general.base_model.0.name", "Base 7B"),
            ("general.base_model.0.repo_url", "https://huggingface.co/lab/Base-7B"),
            ("general.base_model.1.name", "Other 1B"),
        ];
        let (bases, unknown) = names_of(vec![("m.gguf", gguf(&texts, Some(2)))]);
        assert_eq!((bases, unknown), (vec!["lab/Base-7B".to_owned(), "Other 1B".to_owned()], Vec::new()));
        let (bases, unknown) = names_of(vec![("m.gguf", gguf(&texts, Some(1 << 31)))]);
        assert_eq!((bases.len(), unknown.len()), (2, 1), "{unknown:?}");
        assert!(unknown[0].contains("2147483648"), "{unknown:?}");
    }
}
