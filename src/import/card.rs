//! Model cards with the front matter of the Hugging Face Hub.
//!
//! A model card names the license of the weights, their base models and their training data sets, but not what else is
//! released. Everything that it does not mention stays undeclared. See <https://huggingface.co/docs/hub/model-cards>.

use super::emit::{Manifest, is_url};
use super::yaml::{Node, Value};
use super::{Error, front};
use crate::license::stated::named;
use crate::license::traits::HubLicense;
use crate::manifest::Relation;

/// The URL of the Hub. The ids of models and data sets are paths below it.
const HUB: &str = "https://huggingface.co";
/// The prefix of the keys that define gated access.
const GATE: &str = "extra_gated_";

/// The values of a model card's front matter that a manifest declares as well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FrontMatter {
    /// `license`: license ids of the Hub, with `license_name` in place of `other`.
    pub licenses: Vec<String>,
    /// `base_model`: model ids of the Hub.
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
            base_models: card.texts("base_model")?,
            has_gate: entries.iter().any(|(key, _)| key.starts_with(GATE)),
            eu_disallowed: card.filled("extra_gated_eu_disallowed")? == Some("true"),
        })
    }
}

pub(super) fn import(text: &str) -> Result<String, Error> {
    let (card, body) = front::read(text)?;
    card.map("the front matter")?;
    let mut manifest = Manifest::default();
    manifest.comment("Made from a model card by `openness import card`.");
    manifest.comment("A model card does not say what is released: check every component, and add the missing ones.");
    manifest.raw("schema", "1");
    manifest.table("model");
    let title = body.lines().find_map(|line| line.strip_prefix("# ")).map(str::trim).filter(|title| !title.is_empty());
    for (key, value) in [("name", card.filled("model_name")?.or(title)), ("version", None), ("producer", None)] {
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
    let relation = card.filled("base_model_relation")?.filter(|word| Relation::from_word(word).is_some());
    for base in card.texts("base_model")? {
        manifest.table("[model.base]");
        manifest.string("name", &base);
        if is_hub_id(&base) {
            manifest.string("url", &format!("{HUB}/{base}"));
        }
        manifest.filled("relation", relation);
    }
    manifest.table("component.final-weights");
    manifest.string("openness", "open");
    manifest.table("component.model-card");
    manifest.string("openness", "open");
    manifest.strings("files", ["README.md"]);
    let datasets = card.texts("datasets")?;
    if !datasets.is_empty() {
        manifest.table("component.training-data");
        manifest.comment("The card names these data sets, but does not say whether they are all of the training data.");
        manifest.string("openness", "partial");
        manifest
            .string("reason", "the card names data sets, but not whether they are complete and which parts were used");
        // Each data set has its own license, which the card does not state.
        manifest.string("license", "LicenseRef-see-data-sets");
        manifest.string("license-name", "the licenses of the named data sets");
        let (known, other): (Vec<&String>, Vec<&String>) = datasets.iter().partition(|id| is_hub_id(id));
        let urls: Vec<String> = known.into_iter().map(|id| format!("{HUB}/datasets/{id}")).collect();
        manifest.remotes(urls.iter().map(String::as_str));
        for id in other {
            manifest.comment(&format!("data set: {id}"));
        }
    }
    if card.get("model-index").is_some() || card.get("eval_results").is_some() {
        manifest.table("component.evaluation-results");
        manifest.string("openness", "open");
        manifest.strings("files", ["README.md"]);
    }
    access(&card, &mut manifest)?;
    emissions(&card, &mut manifest)?;
    Ok(manifest.finish())
}

/// Returns the values of `license`, with `license_name` in place of `other`.
fn licenses(card: &Node) -> Result<Vec<String>, Error> {
    let mut licenses = card.texts("license")?;
    if let ([only], Some(name)) = (licenses.as_mut_slice(), card.filled("license_name")?)
        && only == "other"
    {
        name.clone_into(only);
    }
    Ok(licenses)
}

fn license(card: &Node, manifest: &mut Manifest) -> Result<(), Error> {
    let (ids, link) = (licenses(card)?, card.filled("license_link")?);
    match ids.as_slice() {
        [] => manifest.comment("The card has no license."),
        [id] => match named(id).or_else(|| named(link.filter(|_| id == "other")?)) {
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

fn emissions(card: &Node, manifest: &mut Manifest) -> Result<(), Error> {
    let Some(emissions) = card.get("co2_eq_emissions") else { return Ok(()) };
    let hardware = match &emissions.value {
        Value::Map(_) => emissions.filled("hardware_used")?,
        _ => None,
    };
    if let Some(hardware) = hardware {
        manifest.table("compute");
        manifest.string("hardware", hardware);
    }
    Ok(())
}

fn is_hub_id(id: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    !is_url(id) && id.split('/').count() <= 2 && id.split('/').all(part)
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
    fn an_ambiguous_license_is_not_resolved() {
        assert!(table("---\nlicense: gpl-3.0\n---\n")["model"].get("license").is_none());
        assert_eq!(table("---\nlicense: apache-2.0\n---\n")["model"]["license"].as_str(), Some("Apache-2.0"));
        let other = table("---\nlicense: other\nlicense_name: tiny licence\nlicense_link: LICENSE\n---\n");
        assert_eq!(other["model"]["license"].as_str(), Some("LicenseRef-tiny-licence"));
        assert_eq!(other["model"]["license-file"].as_str(), Some("LICENSE"));
    }
}
