//! The front matter of a model card; the reverse of `import card`. See <https://huggingface.co/docs/hub/model-cards>.

use super::terms::{self, Stated};
use super::yaml::{Yaml, quoted};
use crate::import::card::bases::BaseModel;
use crate::license::traits::{self, HubLicense};
use crate::manifest::Manifest;

/// The prefix of the URLs of data sets on the Hub.
const DATA_SETS: &str = "https://huggingface.co/datasets/";

/// The license ids of the Hub that stand for exactly one license each; see
/// <https://huggingface.co/docs/hub/repositories-licenses>. A test compares them with the Hub's own list, if available.
const IDS: &[&str] = &[
    "apache-2.0",
    "mit",
    "bigscience-openrail-m",
    "creativeml-openrail-m",
    "bigscience-bloom-rail-1.0",
    "bigcode-openrail-m",
    "afl-3.0",
    "artistic-2.0",
    "bsl-1.0",
    "bsd-2-clause",
    "bsd-3-clause",
    "bsd-3-clause-clear",
    "c-uda",
    "cc0-1.0",
    "cc-by-2.0",
    "cc-by-2.5",
    "cc-by-3.0",
    "cc-by-4.0",
    "cc-by-sa-3.0",
    "cc-by-sa-4.0",
    "cc-by-nc-2.0",
    "cc-by-nc-3.0",
    "cc-by-nc-4.0",
    "cc-by-nd-4.0",
    "cc-by-nc-nd-3.0",
    "cc-by-nc-nd-4.0",
    "cc-by-nc-sa-2.0",
    "cc-by-nc-sa-3.0",
    "cc-by-nc-sa-4.0",
    "cdla-sharing-1.0",
    "cdla-permissive-1.0",
    "cdla-permissive-2.0",
    "wtfpl",
    "ecl-2.0",
    "epl-1.0",
    "epl-2.0",
    "etalab-2.0",
    "eupl-1.1",
    "eupl-1.2",
    "isc",
    "h-research",
    "intel-research",
    "lppl-1.3c",
    "ms-pl",
    "apple-ascl",
    "apple-amlr",
    "mpl-2.0",
    "odc-by",
    "odbl",
    "openmdw-1.0",
    "openmdw-1.1",
    "openrail++",
    "osl-3.0",
    "postgresql",
    "ofl-1.1",
    "ncsa",
    "unlicense",
    "zlib",
    "pddl",
    "lgpl-lr",
    "deepfloyd-if-license",
    "fair-noncommercial-research-license",
    "llama2",
    "llama3",
    "llama3.1",
    "llama3.2",
    "llama3.3",
    "llama4",
    "grok2-community",
    "gemma",
];

pub(super) fn export(manifest: &Manifest) -> String {
    let mut yaml = Yaml::default();
    yaml.line(0, "---");
    yaml.pair(0, "model_name", &manifest.model.name);
    license(manifest, &mut yaml);
    list(&mut yaml, "language", manifest.model.languages.iter().map(|language| language.as_str()));
    let bases = &manifest.model.base;
    let names: Vec<String> = bases.iter().filter_map(|base| Some(BaseModel::read(&base.name)?.name)).collect();
    list(&mut yaml, "base_model", names.iter().map(String::as_str));
    // The Hub takes one relation for all base models, and does not know `distilled` and `other`.
    let mut relations = bases.iter().map(|base| base.relation.as_ref().map(|relation| relation.as_str()));
    if let Some(Some(first)) = relations.next()
        && relations.all(|other| other == Some(first))
        && ["finetune", "adapter", "merge", "quantized"].contains(&first)
    {
        yaml.pair(0, "base_model_relation", first);
    }
    let trained_on = ["training-data", "fine-tuning-data", "alignment-data"];
    let components = trained_on.iter().filter_map(|id| manifest.component(id));
    let urls = components.flat_map(|component| &component.remote).map(|remote| remote.url.as_str());
    list(&mut yaml, "datasets", urls.filter_map(|url| url.strip_prefix(DATA_SETS)));
    if let Some(flag) = manifest.access.as_ref().and_then(|access| access.eu_disallowed.as_ref()) {
        yaml.line(0, &format!("extra_gated_eu_disallowed: {}", flag.value));
    }
    yaml.line(0, "---");
    yaml.text
}

fn list<'a>(yaml: &mut Yaml, key: &str, values: impl Iterator<Item = &'a str>) {
    let mut seen: Vec<&str> = Vec::new();
    for value in values {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    if seen.is_empty() {
        return;
    }
    yaml.line(0, &format!("{key}:"));
    for value in seen {
        yaml.line(0, &format!("- {}", quoted(value)));
    }
}

/// The license of a card is that of the weights: their own, or else the default for data or for the model.
fn license(manifest: &Manifest, yaml: &mut Yaml) {
    let own = manifest.component("final-weights").map(|component| &component.terms);
    let tables = [own, manifest.licenses.data.as_ref(), Some(&manifest.model.license)];
    let Some(terms) = tables.into_iter().flatten().find(|terms| terms::stated(terms) != Stated::Nothing) else {
        return;
    };
    let stated = terms.license.as_ref().map(|license| license.as_str());
    if let Some(id) = stated.and_then(hub_id) {
        yaml.pair(0, "license", id);
        return;
    }
    match terms::stated(terms) {
        Stated::Nothing | Stated::None => {}
        Stated::Expression(name) | Stated::Named(name) => {
            yaml.pair(0, "license", "other");
            yaml.pair(0, "license_name", name);
            yaml.filled(0, "license_link", terms::location(terms));
        }
    }
}

/// Returns the Hub's id for a license, if it stands for exactly that license.
fn hub_id(license: &str) -> Option<&'static str> {
    let means = |hub: &str| matches!(traits::hub(hub), Some(HubLicense::Named { id, .. }) if id == license);
    IDS.iter().copied().find(|hub| means(hub))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a panic is a failed test, and a skip must be seen")]
    use std::path::PathBuf;

    use super::*;
    use crate::import::{Format, import};
    use crate::manifest::parse::parse;
    use crate::source::Source;

    fn round_trip(card: &str) -> String {
        let parsed = parse(Source::new("OPENNESS.toml", import(Format::Card, card).unwrap()));
        assert!(parsed.is_sound());
        export(&parsed.manifest)
    }

    #[test]
    fn front_matter_survives_import_and_export() {
        for card in [
            "---\nmodel_name: \"Tiny\"\nlicense: \"apache-2.0\"\nlanguage:\n- \"en\"\n- \"no\"\nbase_model:\n- \"lab/base\"\nbase_model_relation: \"finetune\"\ndatasets:\n- \"lab/corpus\"\nextra_gated_eu_disallowed: true\n---\n",
            "---\nmodel_name: \"Tiny\"\nlicense: \"llama3.1\"\n---\n",
            "---\nmodel_name: \"Tiny\"\nlicense: \"other\"\nlicense_name: \"sunday\"\nlicense_link: \"LICENSE.md\"\n---\n",
        ] {
            assert_eq!(round_trip(card), card);
        }
    }

    #[test]
    fn every_id_is_known_to_the_hub_and_stands_for_one_license() {
        for id in IDS {
            assert!(matches!(traits::hub(id), Some(HubLicense::Named { .. })), "{id}");
        }
        let root = std::env::var_os("OPENNESS_SHARED_DATA")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
        let Ok(list) = std::fs::read_to_string(root.join("hf_license_ids.tsv")) else {
            eprintln!("skipped: needs shared data at {}", root.join("hf_license_ids.tsv").display());
            return;
        };
        let list: Vec<&str> = list.lines().filter_map(|line| line.split('\t').next()).collect();
        assert!(IDS.iter().all(|id| list.contains(id)));
    }

    #[test]
    fn a_license_without_an_id_of_the_hub_is_other() {
        let text =
            "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\nlicense = \"GPL-3.0-or-later\"\n";
        let card = export(&parse(Source::new("t", text)).manifest);
        assert!(card.contains("license: \"other\"\nlicense_name: \"GPL-3.0-or-later\"\n"), "{card}");
    }
}
