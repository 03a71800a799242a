//! Model cards with the front matter of the Hugging Face Hub.
//!
//! A model card names the license of the weights, their base models and their training data sets, but not what else is
//! released. Everything that it does not mention stays undeclared. See <https://huggingface.co/docs/hub/model-cards>.

pub(crate) mod bases;
pub(crate) mod claims;
pub(crate) mod name;
pub(crate) mod tasks;

use super::emit::Manifest;
use super::yaml::{Node, Value};
use super::{Error, front};
use crate::license::stated::named;
use crate::license::traits::HubLicense;
use bases::{BaseModel, HUB, is_hub_id, is_local_path};
use tasks::Tasks;

/// What trainers write in place of a data set that was read from files.
const LOADERS: [&str; 9] =
    ["generator", "json", "csv", "text", "parquet", "arrow", "imagefolder", "audiofolder", "videofolder"];
/// Keys whose value is a text. A value of another kind is left out of an import; nothing else is compared with them.
const TEXTS: [&str; 8] = [
    "base_model_relation",
    "extra_gated_prompt",
    "library_name",
    "license_link",
    "model_name",
    "new_version",
    "pipeline_tag",
    "quantized_by",
];
/// The same for keys whose value is a text or a list of texts.
const LISTS: [&str; 3] = ["datasets", "language", "tags"];
/// The prefix of the keys that define gated access.
const GATE: &str = "extra_gated_";

/// The values of a model card's front matter that a manifest declares as well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FrontMatter {
    /// `license`: license ids of the Hub, with `license_name` in place of `other`.
    pub licenses: Vec<String>,
    /// `base_model`: model ids of the Hub. Paths on the author's machine and placeholders are left out.
    pub base_models: Vec<String>,
    /// There is a key `extra_gated_…`: the card defines gated access.
    pub has_gate: bool,
    /// `extra_gated_eu_disallowed: true`.
    pub eu_disallowed: bool,
}

impl FrontMatter {
    /// Reads the front matter of a model card.
    ///
    /// # Errors
    /// [`Error::Shape`] if there is no front matter or it is not a mapping, and [`Error::Yaml`] if it is not valid
    /// YAML.
    pub fn read(text: &str) -> Result<Self, Error> {
        let (card, _) = front::read(text)?;
        let entries = card.map("the front matter")?;
        Ok(Self {
            licenses: licenses(&card)?,
            base_models: card
                .texts("base_model")?
                .iter()
                .filter_map(|base| Some(BaseModel::read(base)?.name))
                .collect(),
            has_gate: entries.iter().any(|(key, _)| key.starts_with(GATE)),
            eu_disallowed: card.filled("extra_gated_eu_disallowed")? == Some("true"),
        })
    }
}

/// Reads the front matter of a card for an import: without values of the wrong kind that a manifest can do without, and
/// which ones those were. Returns it with the rest of the text.
///
/// # Errors
/// As [`FrontMatter::read`].
pub(crate) fn read(text: &str) -> Result<(Node, Vec<String>, &str), Error> {
    let (mut card, body) = front::read(text)?;
    card.map("the front matter")?;
    let mut left_out = Vec::new();
    let mut is_text = |node: &Node, key: &str| match node.text(&format!("`{key}`")) {
        Err(Error::Shape { line, column, problem }) => {
            left_out.push(format!("line {line}, column {column}: {problem}"));
            false
        }
        _ => true,
    };
    if let Value::Map(entries) = &mut card.value {
        entries.retain_mut(|(key, node)| match &mut node.value {
            Value::List(items) if LISTS.contains(&key.as_str()) => {
                items.retain(|item| is_text(item, key));
                true
            }
            _ => !TEXTS.iter().chain(&LISTS).any(|known| known == key) || is_text(node, key),
        });
    }
    Ok((card, left_out, body))
}

pub(super) fn import(text: &str) -> Result<String, Error> {
    let (card, left_out, body) = read(text)?;
    let mut manifest = Manifest::default();
    manifest.comment("Made from a model card by `openness import card`.");
    manifest.comment("A model card does not say what is released: check every component, and add the missing ones.");
    for problem in left_out {
        manifest.comment(&format!("The card has a value that is left out: {problem}"));
    }
    manifest.raw("schema", "1");
    manifest.table("model");
    let title = name::of_title(body);
    // Trainers write the directory of their output.
    let name = card.filled("model_name")?.or(title.as_deref()).filter(|name| !is_local_path(name));
    for (key, value) in [("name", name), ("version", None), ("producer", None)] {
        if value.is_none() {
            manifest.comment(&format!("The card has no {key}."));
        }
        manifest.string(key, value.unwrap_or("unknown"));
    }
    license(&card, &mut manifest)?;
    for (theirs, ours) in [("pipeline_tag", "Pipeline"), ("library_name", "Library"), ("new_version", "Newer version")]
    {
        if let Some(value) = card.filled(theirs)? {
            manifest.comment(&format!("{ours}: {value}"));
        }
    }
    let languages = card.texts("language")?;
    manifest.strings("languages", languages.iter().map(String::as_str));
    if let Some(tasks) = Tasks::read(&card)? {
        if !tasks.source.starts_with("pipeline_tag") {
            manifest.comment(&format!("From `{}`.", tasks.source));
        }
        manifest.strings("modality", tasks.modalities.iter().map(|modality| modality.as_str()));
    }
    base_models(&card, &mut manifest)?;
    manifest.table("component.final-weights");
    manifest.string("openness", "open");
    manifest.table("component.model-card");
    manifest.string("openness", "open");
    manifest.strings("files", ["README.md"]);
    data_sets(&card, &mut manifest)?;
    if card.get("model-index").is_some() || card.get("eval_results").is_some() {
        manifest.table("component.evaluation-results");
        manifest.string("openness", "open");
        manifest.strings("files", ["README.md"]);
    }
    access(&card, &mut manifest)?;
    emissions(&card, &mut manifest);
    stated_in_text(&card, body, &mut manifest)?;
    Ok(manifest.finish())
}

fn data_sets(card: &Node, manifest: &mut Manifest) -> Result<(), Error> {
    let datasets = card.texts("datasets")?;
    let (unnamed, datasets): (Vec<String>, Vec<String>) =
        datasets.into_iter().partition(|id| is_local_path(id) || LOADERS.contains(&id.as_str()));
    if datasets.is_empty() && unnamed.is_empty() {
        return Ok(());
    }
    manifest.table("component.training-data");
    manifest.comment("The card names these data sets, but does not say whether they are all of the training data.");
    if !unnamed.is_empty() {
        manifest.comment("It gives a path on a machine or the format of a file for some; please name the data sets.");
    }
    manifest.string("openness", "partial");
    manifest.string("reason", "the card names data sets, but not whether they are complete and which parts were used");
    // Each data set has its own license, which the card does not state.
    manifest.string("license", "LicenseRef-see-data-sets");
    manifest.string("license-name", "the licenses of the named data sets");
    let (known, other): (Vec<&String>, Vec<&String>) = datasets.iter().partition(|id| is_hub_id(id));
    let urls: Vec<String> = known.into_iter().map(|id| format!("{HUB}/datasets/{id}")).collect();
    manifest.remotes(urls.iter().map(String::as_str));
    for id in other {
        manifest.comment(&format!("data set: {id}"));
    }
    Ok(())
}

fn base_models(card: &Node, manifest: &mut Manifest) -> Result<(), Error> {
    let relation = bases::relation(card)?;
    for text in card.texts("base_model")? {
        let Some(base) = BaseModel::read(&text) else {
            if !is_local_path(&text) {
                continue;
            }
            manifest.space();
            manifest.comment("The card gives a path on a machine as the base model. Please name the model instead:");
            manifest.comment("[[model.base]]");
            manifest.comment("name = \"\"");
            continue;
        };
        manifest.table("[model.base]");
        manifest.string("name", &base.name);
        manifest.filled("url", base.url.as_deref());
        if let Some((relation, source)) = &relation {
            if source != "base_model_relation" {
                manifest.comment(&format!("Inferred from {source}; please check."));
            }
            manifest.string("relation", relation.as_str());
        }
    }
    Ok(())
}

/// Writes the claims and the papers in the text of a card as comments, to take over.
fn stated_in_text(card: &Node, body: &str, manifest: &mut Manifest) -> Result<(), Error> {
    let claims = claims::claims(&card.texts("tags")?, body);
    if !claims.is_empty() {
        manifest.space();
        manifest.comment("The card makes these claims. Take over those that are to be checked:");
        manifest.comment("[claims]");
    }
    for claim in &claims {
        manifest.comment(&format!("{} = {} # \"{}\"", claim.key, claim.value, claim.quote));
    }
    let papers = claims::papers(&card.texts("tags")?, body);
    if !papers.is_empty() {
        manifest.space();
        manifest.comment("The card names these papers. Declare those that describe the model as `research-paper`:");
    }
    for paper in papers {
        manifest.comment(&format!("- {paper}"));
    }
    Ok(())
}

/// Returns the values of `license`, with `license_name` in place of `other`. Without either, an address in `license_link` may
/// name the license.
fn licenses(card: &Node) -> Result<Vec<String>, Error> {
    let mut licenses = card.texts("license")?;
    // A link that is not text names nothing.
    let link = card.filled("license_link").ok().flatten().filter(|link| link.contains("://"));
    let link = link.filter(|link| named(link).is_some_and(|license| license != HubLicense::Vague));
    match (licenses.as_mut_slice(), card.filled("license_name")?.or(link)) {
        ([only], Some(name)) if only == "other" => name.clone_into(only),
        ([], _) => licenses.extend(link.map(str::to_owned)),
        _ => {}
    }
    Ok(licenses)
}

fn license(card: &Node, manifest: &mut Manifest) -> Result<(), Error> {
    let (ids, link) = (licenses(card)?, card.filled("license_link")?);
    match ids.as_slice() {
        [] => manifest.comment("The card has no license."),
        [id] => match named(id) {
            Some(HubLicense::Named { id, name }) => {
                manifest.string("license", &id);
                manifest.filled("license-name", name.as_deref());
            }
            Some(HubLicense::Either(ids)) => manifest.comment(&format!("The card says `{id}`: {}?", ids.join(" or "))),
            Some(HubLicense::Vague) if id == "other" => {
                manifest.comment("The card says `license: other`, but does not name the license.");
            }
            Some(HubLicense::Vague) => {
                manifest.comment(&format!("The card says `{id}`, which does not identify a license."));
            }
            None => manifest.license(id),
        },
        several => manifest.comment(&format!("The card names several licenses: {}", several.join(", "))),
    }
    if let Some(link) = link
        && !manifest.license_location(link)
    {
        manifest.comment(&format!("license_link: {link}"));
    }
    Ok(())
}

/// Gated access is a setting of the repository; in the card, only the fields of the access form show it.
fn access(card: &Node, manifest: &mut Manifest) -> Result<(), Error> {
    let Value::Map(entries) = &card.value else { return Ok(()) };
    let disallowed = card.filled("extra_gated_eu_disallowed")?;
    if !entries.iter().any(|(key, _)| key.starts_with(GATE)) {
        return Ok(());
    }
    manifest.table("access");
    manifest.comment("The card defines gated access but not whether approval is manual.");
    manifest.string("gating", "automatic");
    match disallowed {
        Some("true") => manifest.raw("eu-disallowed", "true"),
        Some("false") => manifest.raw("eu-disallowed", "false"),
        _ => {}
    }
    manifest.filled("verification", card.filled("extra_gated_prompt")?);
    Ok(())
}

fn emissions(card: &Node, manifest: &mut Manifest) {
    let Some(emissions) = card.get("co2_eq_emissions") else { return };
    match emissions.filled("hardware_used") {
        Ok(Some(hardware)) => {
            manifest.table("compute");
            manifest.string("hardware", hardware);
        }
        Ok(None) => {}
        Err(_) => manifest.comment("The card does not state the hardware as text."),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    fn table(card: &str) -> toml::Table {
        let text = import(card).unwrap();
        let parsed = parse(Source::new("t", text.clone()));
        assert!(parsed.findings.is_empty(), "{:#?}\n{text}", parsed.findings);
        toml::from_str(&text).unwrap()
    }

    #[test]
    fn a_card_yields_license_base_models_data_and_gate() {
        let table = table(
            "---\nlicense: llama3.1\nlanguage: [en, no]\nbase_model: meta-llama/Llama-3.1-8B\nbase_model_relation: finetune\ndatasets:\n- org/set\n- my own\nextra_gated_eu_disallowed: true\nmodel-index: []\n---\n# Tiny LM\n",
        );
        assert_eq!(table["model"]["name"].as_str(), Some("Tiny LM"));
        assert_eq!(table["model"]["license"].as_str(), Some("LicenseRef-Llama-3.1-Community"));
        assert_eq!(table["model"]["languages"][1].as_str(), Some("no"));
        assert_eq!(table["model"]["base"][0]["relation"].as_str(), Some("finetune"));
        assert_eq!(table["component"]["training-data"]["remote"].as_array().unwrap().len(), 1);
        assert_eq!(table["access"]["eu-disallowed"].as_bool(), Some(true));
    }

    #[test]
    fn a_base_model_is_a_name_and_never_a_path_on_a_machine() {
        let base = |value: &str| {
            table(&format!("---\nlicense: mit\nbase_model: {value}\n---\n# T\n"))["model"].get("base").cloned()
        };
        for path in ["/scratch/user/base", "~/base", "'C:\\base'", "./out", "file:///home/me/base", "[/a/b, ../c]"] {
            assert_eq!(base(path), None, "{path}");
        }
        let bases = base("[/a/b, lab/base, https://huggingface.co/lab/other]").unwrap();
        let names: Vec<&str> = bases.as_array().unwrap().iter().map(|base| base["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["lab/base", "lab/other"]);
        let front = FrontMatter::read("---\nbase_model: [/a/b, lab/base]\n---\n").unwrap();
        assert_eq!(front.base_models, ["lab/base"]);
    }

    #[test]
    fn a_path_is_neither_the_name_nor_a_data_set() {
        for card in [
            "---\nmodel_name: /scratch/out\n---\n",
            "---\n---\n# outputs/lora-out\n",
            "---\n---\n# Model Card for ./out\n",
        ] {
            assert_eq!(table(card)["model"]["name"].as_str(), Some("unknown"), "{card}");
        }
        let text = import("---\ndatasets: [generator, /home/me/data.jsonl, lab/set]\n---\n# T\n").unwrap();
        assert!(text.contains("remote = [{ url = \"https://huggingface.co/datasets/lab/set\" }]\n"), "{text}");
        assert!(text.contains("please name the data sets") && !text.contains("home/me"), "{text}");
        assert!(!import("---\ndatasets: [lab/json]\n---\n# T\n").unwrap().contains("please name the data sets"));
    }

    #[test]
    fn modality_and_relation_come_from_tags_and_library() {
        let model = &table(
            "---\nbase_model: lab/base\nlibrary_name: peft\ntags: [text-to-image]\n---\n# Model Card for T\n",
        )["model"];
        assert_eq!(model["name"].as_str(), Some("T"));
        assert_eq!(model["base"][0]["relation"].as_str(), Some("adapter"));
        assert_eq!(model["modality"].as_array().unwrap().len(), 2);
        let model = &table("---\nbase_model: lab/base\ntags: [finetuned]\n---\n# Model Card for Model ID\n")["model"];
        assert_eq!((model["name"].as_str(), model["base"][0].get("relation")), (Some("unknown"), None));
    }

    #[test]
    fn claims_and_papers_in_the_text_are_comments() {
        let text =
            import("---\nlicense: mit\ntags: ['arxiv:2401.00001']\n---\n# T\n\n- MOF Class II\n- \"]] x\n").unwrap();
        assert!(text.contains("# [claims]\n# mof = \"class-2\" # \"MOF Class II\"\n"), "{text}");
        assert!(text.contains("# - https://arxiv.org/abs/2401.00001\n"), "{text}");
        assert!(!import("---\nlicense: mit\n---\n# T\n").unwrap().contains("claims"));
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_left_out_unless_the_manifest_is_compared_with_it() {
        for (odd, problem) in [
            ("datasets:\n- name: x\n- lab/set", "line 4, column 3: `datasets` must be text, not a mapping"),
            ("pipeline_tag: [a, b]", "line 3, column 15: `pipeline_tag` must be text, not a list"),
            ("library_name:\n- peft", "`library_name` must be text, not a list"),
            ("tags: {a: b}", "`tags` must be text, not a mapping"),
            ("license_link: [LICENSE]", "`license_link` must be text, not a list"),
        ] {
            let card = format!("---\nlicense: mit\n{odd}\n---\n# T\n");
            assert_eq!(table(&card)["model"]["license"].as_str(), Some("MIT"), "{odd}");
            let text = import(&card).unwrap();
            assert!(text.contains("# The card has a value that is left out: ") && text.contains(problem), "{text}");
            assert_eq!(text.contains("datasets/lab/set"), odd.contains("lab/set"), "{text}");
            assert!(FrontMatter::read(&card).is_ok(), "{odd}");
        }
        for odd in ["license: {a: b}", "base_model: [[a]]", "license: other\nlicense_name: [a]"] {
            let card = format!("---\n{odd}\n---\n# T\n");
            assert_eq!(import(&card).unwrap_err(), FrontMatter::read(&card).unwrap_err(), "{odd}");
        }
        let emissions = "---\nlicense: mit\nco2_eq_emissions: {hardware_used: [a, b]}\n---\n# T\n";
        assert!(import(emissions).unwrap().contains("does not state the hardware as text"));
        assert!(table("---\nlicense: mit\nco2_eq_emissions: 0.1\n---\n# T\n").get("compute").is_none());
    }

    #[test]
    fn a_placeholder_is_neither_a_base_model_nor_a_path() {
        let text = import("---\nbase_model: ['None', lab/base@main]\n---\n# T\n").unwrap();
        assert!(text.contains("name = \"lab/base\"\n") && !text.contains("None") && !text.contains("path"), "{text}");
        let front = FrontMatter::read("---\nbase_model: ['N/A', 'https://hf.co/lab/base/tree/main']\n---\n").unwrap();
        assert_eq!(front.base_models, ["lab/base"]);
    }

    #[test]
    fn an_ambiguous_license_is_not_resolved() {
        assert!(table("---\nlicense: gpl-3.0\n---\n")["model"].get("license").is_none());
        assert_eq!(table("---\nlicense: apache-2.0\n---\n")["model"]["license"].as_str(), Some("Apache-2.0"));
        let other = table("---\nlicense: other\nlicense_name: tiny licence\nlicense_link: LICENSE\n---\n");
        assert_eq!(other["model"]["license"].as_str(), Some("LicenseRef-tiny-licence"));
        assert_eq!(other["model"]["license-file"].as_str(), Some("LICENSE"));
    }

    #[test]
    fn an_address_names_a_license_that_the_card_does_not() {
        let license = |card: &str| table(card)["model"].get("license").and_then(|id| id.as_str().map(str::to_owned));
        let link = "license_link: https://creativecommons.org/licenses/by-nc/4.0/";
        assert_eq!(license(&format!("---\nlicense: other\n{link}\n---\n")).as_deref(), Some("CC-BY-NC-4.0"));
        assert_eq!(license(&format!("---\n{link}\n---\n")).as_deref(), Some("CC-BY-NC-4.0"));
        assert_eq!(license(&format!("---\nlicense: mit\n{link}\n---\n")).as_deref(), Some("MIT"));
        assert_eq!(license("---\nlicense: other\nlicense_link: LICENSE-MIT\n---\n"), None);
        assert_eq!(license("---\nlicense: other\nlicense_link: https://example.org/mit\n---\n"), None);
    }
}
