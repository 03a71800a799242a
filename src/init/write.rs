//! The text of the draft: keys in the order in which a reader wants them, and comments that say where values come from
//! and what is left to do.

use super::card::Card;
use super::patterns::MAX_PATTERNS;
use super::{Fact, Survey, classify};
use crate::import::emit::Manifest;
use crate::lineage::Mention;
use crate::manifest::{DataClass, Gating, Modality, Openness, Relation};
use crate::taxonomy;

/// The limit for the number of files that a comment names; further ones are counted.
const MAX_NAMED: usize = 10;
/// The components that most taxonomies require. If they are not found, the draft shows how to declare them.
const REQUIRED: &[&str] = &[
    "training-data",
    "training-code",
    "data-preprocessing-code",
    "inference-code",
    "evaluation-code",
    "evaluation-data",
    "model-card",
    "data-card",
    "technical-report",
    "evaluation-results",
];

/// The Hub's tasks with their inputs and outputs, see <https://huggingface.co/tasks>.
const TASKS: &[(&str, &[Modality])] = &[
    ("text-generation", &[Modality::Text]),
    ("text2text-generation", &[Modality::Text]),
    ("text-classification", &[Modality::Text]),
    ("token-classification", &[Modality::Text]),
    ("question-answering", &[Modality::Text]),
    ("fill-mask", &[Modality::Text]),
    ("summarization", &[Modality::Text]),
    ("translation", &[Modality::Text]),
    ("sentence-similarity", &[Modality::Text]),
    ("feature-extraction", &[]),
    ("image-classification", &[Modality::Image]),
    ("image-segmentation", &[Modality::Image]),
    ("object-detection", &[Modality::Image]),
    ("depth-estimation", &[Modality::Image]),
    ("image-to-image", &[Modality::Image]),
    ("text-to-image", &[Modality::Text, Modality::Image]),
    ("image-to-text", &[Modality::Image, Modality::Text]),
    ("image-text-to-text", &[Modality::Image, Modality::Text]),
    ("visual-question-answering", &[Modality::Image, Modality::Text]),
    ("text-to-video", &[Modality::Text, Modality::Video]),
    ("video-classification", &[Modality::Video]),
    ("automatic-speech-recognition", &[Modality::Audio, Modality::Text]),
    ("text-to-speech", &[Modality::Text, Modality::Audio]),
    ("text-to-audio", &[Modality::Text, Modality::Audio]),
    ("audio-classification", &[Modality::Audio]),
    ("audio-to-audio", &[Modality::Audio]),
    ("voice-activity-detection", &[Modality::Audio]),
    ("text-to-3d", &[Modality::Text, Modality::ThreeD]),
    ("image-to-3d", &[Modality::Image, Modality::ThreeD]),
    ("tabular-classification", &[Modality::Tabular]),
    ("tabular-regression", &[Modality::Tabular]),
    ("time-series-forecasting", &[Modality::TimeSeries]),
];

/// Writes the manifest.
pub(super) fn draft(survey: &Survey) -> String {
    let mut manifest = Manifest::default();
    manifest.comment("The contents of this release, how open each part of it is, and its terms.");
    manifest.comment(
        "`openness check` checks it, `openness show` evaluates it by each taxonomy, and `openness explain vocabulary`",
    );
    manifest.comment("lists the components. Drafted by `openness init`: comments say where each value comes from.");
    manifest.raw("schema", "1");
    model(survey, &mut manifest);
    release(survey, &mut manifest);
    manifest.space();
    manifest.comment("Your public claims about its openness. Each one is checked against the facts below:");
    manifest.comment("[claims]");
    manifest.comment("mof = \"class-3\"");
    manifest.comment("osaid = false");
    for (id, files) in &survey.components {
        component(id, files, survey, &mut manifest);
    }
    not_in_repository(survey, &mut manifest);
    if let Some(card) = &survey.card {
        access(card, &mut manifest);
    }
    absent(survey, &mut manifest);
    unsorted(survey, &mut manifest);
    manifest.finish()
}

fn model(survey: &Survey, manifest: &mut Manifest) {
    manifest.table("model");
    let identity = &survey.identity;
    for (key, fact) in [("name", &identity.name), ("version", &identity.version), ("producer", &identity.producer)] {
        stated(manifest, key, fact);
    }
    let terms = &survey.license;
    for remark in &terms.remarks {
        manifest.comment(remark);
    }
    if terms.license.is_none() && terms.name.is_none() {
        manifest.comment("No license was found. State an SPDX id, or LicenseRef-NAME with `license-file`:");
        manifest.comment("license = \"\"");
    }
    manifest.filled("license", terms.license.as_deref());
    manifest.filled("license-name", terms.name.as_deref());
    manifest.filled("license-file", terms.file.as_deref().filter(|_| terms.license.is_some()));
    manifest.filled("license-url", terms.url.as_deref());
    if let Some(architecture) = &survey.architecture {
        stated(manifest, "architecture", architecture);
    }
    if let Some(card) = &survey.card {
        of_card(card, manifest);
    }
    bases(survey, manifest);
}

fn of_card(card: &Card, manifest: &mut Manifest) {
    if let Some(task) = &card.pipeline {
        let modalities = TASKS.iter().find(|(known, _)| known == task).map_or(&[][..], |(_, modalities)| modalities);
        manifest.comment(&format!("From {}: `pipeline_tag: {task}`.", card.path));
        manifest.strings("modality", modalities.iter().map(|modality| modality.as_str()));
    }
    let of = &card.declared.model;
    if !of.languages.is_empty() {
        manifest.comment(&format!("From {}.", card.path));
        manifest.strings("languages", of.languages.iter().map(|language| language.as_str()));
    }
}

/// Writes the bases that the card and other files name, without their licenses, which these files do not state.
fn bases(survey: &Survey, manifest: &mut Manifest) {
    let mentions = &survey.bases.bases;
    let of_card = survey.card.as_ref().map_or(&[][..], |card| &card.declared.model.base);
    let card = survey.card.as_ref().map_or_else(String::new, |card| card.path.to_string());
    for base in of_card {
        let implied = mentions.iter().find(|mention| mention.is(base)).and_then(|mention| mention.relation);
        let relation = base.relation.as_ref().map(|relation| relation.value).or(implied);
        write_base(manifest, &card, &base.name, base.url.as_ref().map(|url| url.as_str()), relation);
    }
    let is_new = |mention: &&Mention| {
        !of_card.iter().any(|base| mention.is(base)) && !mention.is_name(&survey.identity.name.value)
    };
    for mention in mentions.iter().filter(is_new) {
        write_base(manifest, mention.path.as_str(), &mention.name, mention.url.as_deref(), mention.relation);
    }
    for (path, problem) in &survey.bases.unknown {
        manifest.space();
        manifest.comment(&format!("The bases in {path} are not known: {problem}."));
    }
}

fn write_base(manifest: &mut Manifest, from: &str, name: &str, url: Option<&str>, relation: Option<Relation>) {
    manifest.table("[model.base]");
    manifest.comment(&format!("From {from}. Please add its `license`."));
    manifest.string("name", name);
    manifest.filled("url", url.filter(|url| url.starts_with("https://") || url.starts_with("http://")));
    manifest.filled("relation", relation.map(Relation::as_str));
}

fn stated(manifest: &mut Manifest, key: &str, fact: &Fact) {
    manifest.comment(&fact.from);
    manifest.string(key, &fact.value);
}

fn release(survey: &Survey, manifest: &mut Manifest) {
    if has(survey, "final-weights") {
        manifest.table("release");
        manifest.comment("fully-closed | gradual-staged | hosted | cloud-api | downloadable | fully-open.");
        manifest.comment("The weights are in this repository: downloadable once it is public; please check.");
        manifest.string("access", "downloadable");
    } else {
        manifest.space();
        manifest.comment("fully-closed | gradual-staged | hosted | cloud-api | downloadable | fully-open:");
        manifest.comment("[release]");
        manifest.comment("access = \"\"");
    }
}

fn has(survey: &Survey, component: &str) -> bool {
    survey.components.iter().any(|(id, _)| *id == component)
}

/// Writes a component with its files.
fn component(id: &str, files: &[String], survey: &Survey, manifest: &mut Manifest) {
    manifest.table(&format!("component.{id}"));
    if id == classify::CONFIGURATION {
        manifest
            .comment("Configuration for loaders, which no taxonomy requires. Files that define the network belong to");
        manifest.comment("`model-architecture`, and settings of the training to `model-metadata`.");
    } else if let Some(description) = taxonomy::vocabulary().find(id).and_then(|item| item.description.as_deref()) {
        manifest.comment(description);
    }
    if id == "final-weights" && !survey.missing_shards.is_empty() {
        let named = survey.missing_shards.iter().take(MAX_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        let count = survey.missing_shards.len();
        manifest.comment(&format!("An index names {count} files that are missing; please check: {named}"));
        partial(manifest, "the index names further files, which are not in this repository");
    } else if is_data(id) {
        manifest.comment("Please check whether these files are all of it, and add a `data-class`:");
        manifest.comment(&format!("{}.", DataClass::WORDS.join(" | ")));
        partial(manifest, "not known to be all of the data");
    } else {
        manifest.string("openness", Openness::Open.as_str());
    }
    if files.len() == MAX_PATTERNS {
        manifest.comment("There are more files than are listed; please find patterns for them.");
    }
    manifest.strings("files", files.iter().map(String::as_str));
    if id == "training-data" {
        data_sets(survey, manifest);
    }
}

fn partial(manifest: &mut Manifest, reason: &str) {
    manifest.string("openness", Openness::Partial.as_str());
    manifest.string("reason", reason);
}

fn is_data(id: &str) -> bool {
    taxonomy::vocabulary().find(id).and_then(|item| item.group.as_deref()) == Some("data")
}

/// Writes the data sets that the card names.
fn data_sets(survey: &Survey, manifest: &mut Manifest) {
    let card = survey.card.as_ref();
    let Some(data) = card.and_then(|card| card.declared.component("training-data")) else { return };
    manifest.comment(
        "From the front matter of the card. Each data set has its own license, which the card does not state.",
    );
    manifest.remotes(data.remote.iter().map(|remote| remote.url.as_str()));
}

/// Declares components that have no file in the repository.
fn not_in_repository(survey: &Survey, manifest: &mut Manifest) {
    if !has(survey, "final-weights") {
        manifest.table("component.final-weights");
        manifest.comment(
            "No file looks like weights. If they are released elsewhere, declare them `open` and name the URL:",
        );
        manifest.comment("remote = [{ url = \"https://example.org/model.safetensors\" }]");
        manifest.string("openness", Openness::Closed.as_str());
        manifest.string("reason", "not in this repository; please check");
    }
    let Some(card) = &survey.card else { return };
    let data = card.declared.component("training-data").filter(|_| !has(survey, "training-data"));
    if let Some(data) = data.filter(|data| !data.remote.is_empty()) {
        manifest.table("component.training-data");
        partial(manifest, "the card names data sets, but not whether they are complete and which parts were used");
        manifest.filled("license-name", data.terms.name.as_ref().map(|name| name.as_str()));
        data_sets(survey, manifest);
    }
    if card.declared.component("evaluation-results").is_some() && !has(survey, "evaluation-results") {
        manifest.table("component.evaluation-results");
        manifest.comment("They are in the front matter of the card.");
        manifest.string("openness", Openness::Open.as_str());
        manifest.strings("files", [card.path.as_str()]);
    }
}

fn access(card: &Card, manifest: &mut Manifest) {
    let Some(access) = &card.declared.access else { return };
    manifest.table("access");
    manifest.comment(&format!("{} defines gated access; please check whether approval is `manual`.", card.path));
    manifest.string("gating", access.gating.as_ref().map_or(Gating::Automatic, |gating| gating.value).as_str());
    if let Some(refuses) = &access.eu_disallowed {
        manifest.raw("eu-disallowed", if refuses.value { "true" } else { "false" });
    }
}

fn absent(survey: &Survey, manifest: &mut Manifest) {
    let card = survey.card.as_ref();
    let of_card = |id: &str| card.is_some_and(|card| card.declared.component(id).is_some());
    let absent: Vec<&str> = REQUIRED.iter().copied().filter(|id| !has(survey, id) && !of_card(id)).collect();
    if absent.is_empty() {
        return;
    }
    manifest.space();
    manifest.comment(
        "Not found in this repository. Declare those that exist: with `remote` if they are elsewhere, with `reason` if",
    );
    manifest.comment("they stay closed. A component that is not declared counts as not stated.");
    for id in absent {
        manifest.comment(&format!("[component.{id}]"));
    }
    manifest.comment("openness = \"closed\"");
    manifest.comment("reason = \"\"");
}

fn unsorted(survey: &Survey, manifest: &mut Manifest) {
    let count = survey.unsorted.len();
    if count == 0 {
        return;
    }
    manifest.space();
    manifest.comment("The names of these files do not tell which component they belong to. Add them to its `files`:");
    for path in survey.unsorted.iter().take(MAX_NAMED) {
        manifest.comment(&format!("- {path}"));
    }
    if count > MAX_NAMED {
        manifest.comment(&format!("- and {} more; `openness check` counts them", count - MAX_NAMED));
    }
}
