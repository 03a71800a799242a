//! The models that a model is derived from, according to its card and its files.

use crate::artifacts::format;
use crate::files::{Files, Kind};
use crate::import::card::bases::{BaseModel, is_local_path};
use crate::json::python;
use crate::license;
use crate::lineage::{self, Mention, Mentions};
use crate::manifest::{Relation, Sha256Hex};

use super::Fact;
use super::card::Card;
use super::facts;

/// A base model, how this model is derived from it, and where that is stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Base {
    pub(super) name: String,
    pub(super) url: Option<String>,
    pub(super) relation: Option<Relation>,
    /// The license, if a file states one that can be read.
    pub(super) license: Option<String>,
    /// The SHA-256 of what was taken, if a file states it.
    pub(super) digest: Option<Sha256Hex>,
    /// Whole sentences.
    pub(super) remarks: Vec<String>,
    /// Whether only a configuration or a header names it.
    pub(super) is_mentioned: bool,
}

/// The base models, and what was left out.
#[derive(Debug, Default)]
pub(super) struct Bases {
    pub(super) found: Vec<Base>,
    /// What configurations and headers say.
    pub(super) mentions: Mentions,
    /// Whether a file names a path on the author's machine as the base model.
    pub(super) has_local_path: bool,
}

impl Bases {
    /// Finds the base models in the card, and those that configurations and headers mention. `general` are the facts of GGUF.
    pub(super) fn find(files: &dyn Files, card: Option<&Card>, general: &[(String, Fact)], mentions: Mentions) -> Self {
        let mut bases = Self::default();
        bases.add_of_card(files, card);
        bases.add_mentioned(&mentions, card);
        bases.has_local_path |= mentions.unsure.iter().any(|mention| is_local_path(&mention.name));
        bases.mentions = mentions;
        if let Some((relation, file)) = inferred(files, general) {
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
        }) || self.mentions.bases.iter().any(|mention| mention.has_name(name))
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
                license: None,
                digest: None,
                remarks,
                is_mentioned: false,
            });
        }
    }

    /// Adds the base models that the card does not name, and what bills of materials state of any.
    fn add_mentioned(&mut self, mentions: &Mentions, card: Option<&Card>) {
        for mention in mentions.bases.iter().chain(&mentions.unsure) {
            let base = match &mention.url {
                Some(url) => Some(BaseModel { name: mention.name.clone(), url: Some(url.clone()) }),
                None => BaseModel::read(&mention.name),
            };
            let Some(base) = base.filter(|_| !card.is_some_and(|card| names_data(card, mention))) else { continue };
            let mut known = self.found.iter_mut().filter(|known| {
                let names = [Some(known.name.as_str()), known.url.as_deref()];
                names.into_iter().flatten().any(|name| mention.is_name(name))
            });
            if let Some(known) = known.next() {
                if known.relation.is_none() && mention.relation.is_some() {
                    known.relation = mention.relation;
                    known.remarks.push(doubt(mention.path.as_str()));
                }
                known.add_stated(mention);
                continue;
            }
            let mut remarks = vec![match mention.license {
                Some(_) => format!("From {}.", mention.path),
                None => format!("From {}. Please add its `license`.", mention.path),
            }];
            remarks.extend(mention.relation.map(|_| doubt(mention.path.as_str())));
            let (BaseModel { name, url }, relation) = (base, mention.relation);
            let mut base = Base { name, url, relation, license: None, digest: None, remarks, is_mentioned: true };
            base.add_stated(mention);
            self.found.push(base);
        }
    }
}

impl Base {
    /// Adds the license and the digest that a file states.
    fn add_stated(&mut self, mention: &Mention) {
        if let Some((path, stated)) = &mention.license {
            match license::read(stated) {
                Ok(_) => {
                    self.license = Some(stated.clone());
                    self.remarks.push(format!("The license is what {path} says; please check."));
                }
                Err(_) => self.remarks.push(format!("The license that {path} states cannot be read; please add it.")),
            }
        }
        self.digest = mention.digest.as_ref().and_then(|(_, stated)| stated.to_lowercase().parse().ok());
    }
}

/// Returns whether a card names data, which is then a component.
fn names_data(card: &Card, mention: &Mention) -> bool {
    let components = card.declared.components.iter().flat_map(|component| &component.remote);
    mention.is_data && components.map(|remote| key(&remote.url)).any(|named| named == key(&mention.name))
}

/// Returns a sentence about a relation that is not stated.
fn doubt(source: &str) -> String {
    format!("The relation is inferred from {source}; please check.")
}

/// Returns the letters and digits of a name without its owner, in lower case.
pub(super) fn key(name: &str) -> String {
    let last = name.trim_end_matches('/').rsplit('/').next().unwrap_or(name);
    last.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn has_weights_but_no_adapter(files: &dyn Files) -> bool {
    let mut weights = files.entries().iter().filter(|entry| format::is_weights(&entry.path)).peekable();
    let is_adapter = |name: &str| ["adapter", "lora", "dora"].iter().any(|word| name.to_lowercase().contains(word));
    weights.peek().is_some() && !weights.any(|entry| is_adapter(entry.path.file_name()))
}

/// Returns how a model is derived from others, judging by its files, and the file that tells.
fn inferred(files: &dyn Files, general: &[(String, Fact)]) -> Option<(Relation, &'static str)> {
    let has = |name: &str| facts::has(files, name);
    if has("adapter_config.json") {
        return Some((Relation::Adapter, "adapter_config.json"));
    }
    if has("pytorch_lora_weights.safetensors") {
        return Some((Relation::Adapter, "pytorch_lora_weights.safetensors"));
    }
    if files.entries().iter().any(|entry| lineage::is_merge(entry.path.as_str())) {
        return Some((Relation::Merge, "the configuration of mergekit"));
    }
    for name in ["quantize_config.json", "quant_config.json", "hf_quant_config.json"] {
        if has(name) {
            return Some((Relation::Quantized, name));
        }
    }
    let config = facts::text_at_root(files, |name| name == "config.json");
    let config = config.and_then(|(_, text)| python::read(&text).ok()).unwrap_or_default();
    if config["quantization_config"].is_object() {
        return Some((Relation::Quantized, "config.json"));
    }
    if general.iter().any(|(key, fact)| key == "type" && fact.value == "adapter") {
        return Some((Relation::Adapter, "the metadata of the GGUF file"));
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
    use crate::artifacts::header::Header;
    use crate::artifacts::notable::Notable;
    use crate::files::Memory;

    fn found(files: &[(&str, &str)]) -> Vec<(String, Option<Relation>)> {
        let files = Memory::new(files.iter().map(|(path, text)| (*path, *text)));
        let (card, _) = Card::read(&files);
        let mentions = Mentions::of(&files, &Notable::of(&files), &|_| None);
        let bases = Bases::find(&files, card.as_ref(), &[], mentions);
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
        let python = r#"{"time_step_limit":[0.0,Infinity],"quantization_config":{"quant_method":"awq"}}"#;
        assert_eq!(found(&[CARD, ("config.json", python)]), quantized);
        let tagged = ("README.md", "---\nbase_model: lab/base\ntags: [lora]\n---\n# T\n");
        assert_eq!(found(&[tagged]), one("lab/base", Some(Relation::Adapter)));
        assert_eq!(found(&[tagged, ("my-LoRA.safetensors", "x")]), one("lab/base", Some(Relation::Adapter)));
        assert_eq!(found(&[tagged, ("model.safetensors", "x")]), one("lab/base", None));
        assert_eq!(found(&[CARD, ("m.gguf", "x"), ("model.safetensors", "x")]), one("lab/base", None));
        let stated = ("README.md", "---\nbase_model: lab/base\nbase_model_relation: finetune\n---\n");
        assert_eq!(found(&[stated, ("adapter_config.json", "{}")]), one("lab/base", Some(Relation::Finetune)));
    }

    #[test]
    fn gguf_is_quantized_unless_it_is_an_adapter() {
        let files = Memory::new([CARD, ("m.gguf", "x")]);
        let (card, _) = Card::read(&files);
        for (kind, relation) in [("adapter", Relation::Adapter), ("model", Relation::Quantized)] {
            let general = [("type".to_owned(), Fact { value: kind.to_owned(), from: String::new() })];
            let bases = Bases::find(&files, card.as_ref(), &general, Mentions::default());
            assert_eq!(bases.found[0].relation, Some(relation), "{kind}");
        }
    }

    #[test]
    fn the_configuration_of_an_adapter_names_its_base_once() {
        let config = |base: &str| format!(r#"{{"base_model_name_or_path":"{base}"}}"#);
        let adapter = one("lab/base", Some(Relation::Adapter));
        assert_eq!(found(&[("adapter_config.json", &config("lab/base"))]), adapter);
        assert_eq!(found(&[CARD, ("adapter_config.json", &config("LAB/Base"))]), adapter);
        // Old models of the Hub have no organization.
        assert_eq!(found(&[("adapter_config.json", &config("gpt2"))]), one("gpt2", Some(Relation::Adapter)));
        for path in ["/home/me/base", "./base", "C:\\\\base", ""] {
            assert_eq!(found(&[("adapter_config.json", &config(path))]), [], "{path}");
        }
        assert_eq!(found(&[("adapter_config.json", "{\"base_model_name_or_path\":null}")]), []);
    }

    #[test]
    fn data_that_a_header_names_is_a_base_unless_the_card_names_it() {
        let pairs = [
            ("general.dataset.0.repo_url", "https://huggingface.co/datasets/lab/set"),
            ("general.source.repo_url", "https://huggingface.co/lab/base"),
        ];
        let header = Header {
            metadata: pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec(),
            ..Header::default()
        };
        let found = |card: &str| {
            let files = Memory::new([("m.gguf", "x"), ("README.md", card)]);
            let (card, _) = Card::read(&files);
            let mentions = Mentions::of(&files, &Notable::of(&files), &|_| Some(header.clone()));
            let bases = Bases::find(&files, card.as_ref(), &[], mentions).found.into_iter();
            bases.map(|base| (base.name, base.url, base.relation)).collect::<Vec<_>>()
        };
        let of_hub = |name: &str, url: &str, relation| {
            (name.to_owned(), Some(format!("https://huggingface.co/{url}")), Some(relation))
        };
        let base = of_hub("lab/base", "lab/base", Relation::Quantized);
        let data = of_hub("lab/set", "datasets/lab/set", Relation::TrainedOn);
        assert_eq!(found("# T\n"), [base.clone(), data]);
        assert_eq!(found("---\ndatasets: [lab/Set]\n---\n# T\n"), [base]);
    }

    #[test]
    fn a_merge_names_every_model() {
        let recipe = "models:\n- model: lab/a@main\n- model: lab/b+lab/lora\n- model: /tmp/c\nbase_model: lab/a\n";
        let names: Vec<String> = found(&[("mergekit_config.yml", recipe)]).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["lab/a", "lab/b", "lab/lora"]);
        assert_eq!(found(&[("mergekit_config.yml", "models: [")]), []);
    }

    #[test]
    fn a_header_names_base_models_in_order_and_by_every_name() {
        let pairs = [
            ("general.base_model.0.name", "First Base"),
            ("general.base_model.0.repo_url", "https://huggingface.co/lab/base-a"),
            ("general.base_model.1.name", "Base B"),
        ];
        let header = Header {
            metadata: pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec(),
            ..Header::default()
        };
        let files = Memory::new([("m.gguf", "x")]);
        let mentions = Mentions::of(&files, &Notable::of(&files), &|_| Some(header.clone()));
        let bases = Bases::find(&files, None, &[], mentions);
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
