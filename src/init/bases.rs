//! The models that a model is derived from, according to its card and its files.

use serde_json::Value;

use crate::artifacts::format;
use crate::files::{Files, Kind};
use crate::import::card::bases::{BaseModel, is_local_path};
use crate::import::yaml;
use crate::manifest::Relation;

use super::Fact;
use super::card::Card;
use super::facts;

/// The most base models that are read from the metadata of a file.
const MAX_BASES: usize = 16;

/// A base model, how this model is derived from it, and where that is stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Base {
    pub(super) name: String,
    pub(super) url: Option<String>,
    pub(super) relation: Option<Relation>,
    /// Whole sentences.
    pub(super) remarks: Vec<String>,
}

/// The base models, and what was left out.
#[derive(Debug, Default)]
pub(super) struct Bases {
    pub(super) found: Vec<Base>,
    /// Other names of these models.
    aliases: Vec<String>,
    /// Whether a file names a path on the author's machine as the base model.
    pub(super) has_local_path: bool,
}

impl Bases {
    /// Finds the base models in the card, the configuration of adapters and merges, and the metadata of GGUF files.
    pub(super) fn find(files: &dyn Files, card: Option<&Card>, general: &[(String, Fact)]) -> Self {
        let mut bases = Self::default();
        bases.add_of_card(files, card);
        bases.add_of_adapter(files);
        bases.add_of_merge(files);
        bases.add_of_gguf(general);
        if let Some((relation, file)) = inferred(files) {
            for base in bases.found.iter_mut().filter(|base| base.relation.is_none()) {
                base.relation = Some(relation);
                base.remarks.push(doubt(file));
            }
        }
        bases
    }

    /// Returns whether a name is that of a base model, written in any way.
    pub(super) fn have_name(&self, name: &str) -> bool {
        self.found.iter().any(|base| {
            let of_url = base.url.as_deref().is_some_and(|url| key(url) == key(name));
            of_url || key(&base.name) == key(name)
        }) || self.aliases.iter().any(|alias| key(alias) == key(name))
    }

    fn add_of_card(&mut self, files: &dyn Files, card: Option<&Card>) {
        let Some(card) = card else { return };
        // A tag may also say how a whole model was trained.
        let is_doubtful = |relation| relation == Relation::Adapter && has_weights_but_no_adapter(files);
        self.has_local_path = card.has_local_base;
        for base in &card.declared.model.base {
            let mut remarks = vec![format!("From {}.", card.path)];
            let inferred = card.inferred_relation.as_ref();
            let relation = base.relation.as_ref().map(|relation| relation.value);
            let relation = relation.filter(|relation| inferred.is_none() || !is_doubtful(*relation));
            if let Some(source) = inferred.filter(|_| relation.is_some()) {
                remarks.push(doubt(source));
            }
            self.found.push(Base {
                name: base.name.value.clone(),
                url: base.url.as_ref().map(|url| url.value.clone()),
                relation,
                remarks,
            });
        }
    }

    /// Adds the base model of an adapter: <https://huggingface.co/docs/peft/developer_guides/checkpoint>.
    fn add_of_adapter(&mut self, files: &dyn Files) {
        let Some((path, text)) = facts::text_at_root(files, |name| name == "adapter_config.json") else { return };
        let config: Value = serde_json::from_str(&text).unwrap_or_default();
        if let Some(base) = config["base_model_name_or_path"].as_str() {
            self.add(base, &format!("From {path}."), None);
        }
    }

    /// Adds the models of a merge: <https://github.com/arcee-ai/mergekit>.
    fn add_of_merge(&mut self, files: &dyn Files) {
        let Some((path, text)) = facts::text_at_root(files, is_merge) else { return };
        let Ok(recipe) = yaml::read(&text, 1) else { return };
        let mut models = Vec::new();
        models_of(&recipe, &mut models);
        for model in models.iter().take(MAX_BASES) {
            // `org/name@revision+adapter`.
            let id = model.split(['+', '@']).next().unwrap_or(model);
            self.add(id, &format!("From {path}."), Some((Relation::Merge, "the configuration of mergekit")));
        }
    }

    /// Adds the base models in the metadata of a GGUF file: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.
    fn add_of_gguf(&mut self, general: &[(String, Fact)]) {
        for at in 0..MAX_BASES {
            let of = |key: &str| {
                let key = format!("base_model.{at}.{key}");
                general.iter().find(|(other, _)| *other == key).map(|(_, fact)| fact)
            };
            let Some(fact) = of("repo_url").or_else(|| of("name")) else { return };
            self.add(&fact.value, &fact.from, None);
            self.aliases.extend(of("name").map(|fact| fact.value.clone()));
        }
    }

    fn add(&mut self, reference: &str, from: &str, inferred: Option<(Relation, &str)>) {
        match BaseModel::read(reference) {
            Some(base) if !self.have_name(&base.name) => {
                let mut remarks = vec![from.to_owned()];
                remarks.extend(inferred.map(|(_, source)| doubt(source)));
                let relation = inferred.map(|(relation, _)| relation);
                self.found.push(Base { name: base.name, url: base.url, relation, remarks });
            }
            None if is_local_path(reference) => self.has_local_path = true,
            _ => {}
        }
    }
}

/// Returns a sentence about a relation that is not stated.
fn doubt(source: &str) -> String {
    format!("The relation is inferred from {source}; please check.")
}

/// Returns the letters and digits of a name without its owner, in lower case.
fn key(name: &str) -> String {
    let last = name.trim_end_matches('/').rsplit('/').next().unwrap_or(name);
    last.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn is_merge(name: &str) -> bool {
    matches!(name, "mergekit_config.yml" | "mergekit_config.yaml" | "mergekit_moe_config.yml")
}

/// Collects the models of a recipe, wherever they are.
fn models_of(node: &yaml::Node, models: &mut Vec<String>) {
    match &node.value {
        yaml::Value::List(items) => items.iter().for_each(|item| models_of(item, models)),
        yaml::Value::Map(entries) => {
            for (key, value) in entries {
                match &value.value {
                    yaml::Value::Text(text) if matches!(key.as_str(), "model" | "base_model" | "source_model") => {
                        models.push(text.clone());
                    }
                    _ => models_of(value, models),
                }
            }
        }
        _ => {}
    }
}

fn has_weights_but_no_adapter(files: &dyn Files) -> bool {
    let mut weights = files.entries().iter().filter(|entry| format::is_weights(&entry.path)).peekable();
    let is_adapter = |name: &str| ["adapter", "lora", "dora"].iter().any(|word| name.to_lowercase().contains(word));
    weights.peek().is_some() && !weights.any(|entry| is_adapter(entry.path.file_name()))
}

/// Returns how a model is derived from others, judging by its files, and the file that tells.
fn inferred(files: &dyn Files) -> Option<(Relation, &'static str)> {
    let has = |name: &str| facts::has(files, name);
    if has("adapter_config.json") {
        return Some((Relation::Adapter, "adapter_config.json"));
    }
    if has("pytorch_lora_weights.safetensors") {
        return Some((Relation::Adapter, "pytorch_lora_weights.safetensors"));
    }
    if files.entries().iter().any(|entry| is_merge(entry.path.as_str())) {
        return Some((Relation::Merge, "the configuration of mergekit"));
    }
    for name in ["quantize_config.json", "quant_config.json", "hf_quant_config.json"] {
        if has(name) {
            return Some((Relation::Quantized, name));
        }
    }
    let config = facts::text_at_root(files, |name| name == "config.json");
    let config: Value = config.and_then(|(_, text)| serde_json::from_str(&text).ok()).unwrap_or_default();
    if config["quantization_config"].is_object() {
        return Some((Relation::Quantized, "config.json"));
    }
    let mut weights = files.entries().iter().filter(|entry| matches!(entry.kind, Kind::File { .. } | Kind::Missing));
    let is_gguf = |path: &crate::path::RepoPath| path.has_extension("gguf");
    let has_gguf = weights.clone().any(|entry| is_gguf(&entry.path));
    let has_others = weights.any(|entry| format::is_weights(&entry.path) && !is_gguf(&entry.path));
    (has_gguf && !has_others).then_some((Relation::Quantized, "the format of the weights"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::files::Memory;

    fn found(files: &[(&str, &str)]) -> Vec<(String, Option<Relation>)> {
        let files = Memory::new(files.iter().map(|(path, text)| (*path, *text)));
        let (card, _) = Card::read(&files);
        let bases = Bases::find(&files, card.as_ref(), &[]);
        bases.found.into_iter().map(|base| (base.name, base.relation)).collect()
    }

    fn one(name: &str, relation: Option<Relation>) -> Vec<(String, Option<Relation>)> {
        vec![(name.to_owned(), relation)]
    }

    const CARD: (&str, &str) = ("README.md", "---\nbase_model: lab/base\n---\n# T\n");

    #[test]
    fn files_tell_the_relation_that_the_card_does_not_state() {
        let quantized = one("lab/base", Some(Relation::Quantized));
        for (file, text, wanted) in [
            ("model.safetensors", "x", one("lab/base", None)),
            ("adapter_config.json", "{}", one("lab/base", Some(Relation::Adapter))),
            ("mergekit_config.yml", "merge_method: slerp\n", one("lab/base", Some(Relation::Merge))),
            ("quantize_config.json", "{}", quantized.clone()),
            ("config.json", r#"{"quantization_config":{}}"#, quantized.clone()),
            ("config.json", "{}", one("lab/base", None)),
            ("m-Q4_K_M.gguf", "x", quantized.clone()),
        ] {
            assert_eq!(found(&[CARD, (file, text)]), wanted, "{file}");
        }
        let tagged = ("README.md", "---\nbase_model: lab/base\ntags: [lora]\n---\n# T\n");
        assert_eq!(found(&[tagged]), one("lab/base", Some(Relation::Adapter)));
        assert_eq!(found(&[tagged, ("my-LoRA.safetensors", "x")]), one("lab/base", Some(Relation::Adapter)));
        assert_eq!(found(&[tagged, ("model.safetensors", "x")]), one("lab/base", None));
        assert_eq!(found(&[CARD, ("m.gguf", "x"), ("model.safetensors", "x")]), one("lab/base", None));
        let stated = ("README.md", "---\nbase_model: lab/base\nbase_model_relation: finetune\n---\n");
        assert_eq!(found(&[stated, ("adapter_config.json", "{}")]), one("lab/base", Some(Relation::Finetune)));
    }

    #[test]
    fn the_configuration_of_an_adapter_names_its_base_once() {
        let config = |base: &str| format!(r#"{{"base_model_name_or_path":"{base}"}}"#);
        let adapter = one("lab/base", Some(Relation::Adapter));
        assert_eq!(found(&[("adapter_config.json", &config("lab/base"))]), adapter);
        assert_eq!(found(&[CARD, ("adapter_config.json", &config("LAB/Base"))]), adapter);
        for path in ["/home/me/base", "./base", "C:\\\\base", ""] {
            assert_eq!(found(&[("adapter_config.json", &config(path))]), [], "{path}");
        }
        assert_eq!(found(&[("adapter_config.json", "{\"base_model_name_or_path\":null}")]), []);
    }

    #[test]
    fn a_merge_names_every_model() {
        let recipe = "models:\n- model: lab/a@main\n- model: lab/b+lab/lora\n- model: /tmp/c\nbase_model: lab/a\n";
        let names: Vec<String> = found(&[("mergekit_config.yml", recipe)]).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["lab/a", "lab/b"]);
        assert_eq!(found(&[("mergekit_config.yml", "models: [")]), []);
    }

    #[test]
    fn metadata_of_gguf_names_base_models_in_order() {
        let fact = |key: &str, value: &str| (key.to_owned(), Fact::new(value, "From m.gguf.").unwrap());
        let general = [
            fact("name", "Tiny"),
            fact("base_model.0.name", "First Base"),
            fact("base_model.0.repo_url", "https://huggingface.co/lab/base-a"),
            fact("base_model.1.name", "Base B"),
            fact("base_model.3.name", "Base D"),
        ];
        let bases = Bases::find(&Memory::new([("m.gguf", "x")]), None, &general);
        let names: Vec<&str> = bases.found.iter().map(|base| base.name.as_str()).collect();
        assert_eq!(names, ["lab/base-a", "Base B"]);
        assert!(
            bases.have_name("Base-A")
                && bases.have_name("base b")
                && bases.have_name("first-base")
                && !bases.have_name("Base A GGUF")
        );
    }
}
