//! The text of the draft: keys in the order in which a reader wants them, and comments that say where values come from
//! and what is left to do.

use super::bases::{Base, key};
use super::card::Card;
use super::patterns::MAX_PATTERNS;
use super::{Fact, Survey, classify};
use crate::import::card::claims::CardClaim;
use crate::import::emit::Manifest;
use crate::manifest::{DataClass, Gating, Openness, Relation, Sha256Hex};
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

/// Writes the manifest.
pub(super) fn draft(survey: &Survey) -> String {
    let mut manifest = Manifest::default();
    manifest.schema();
    manifest.comment("The contents of this release, how open each part of it is, and its terms.");
    manifest.comment(
        "`openness check` checks it, `openness show` evaluates it by each taxonomy, and `openness explain vocabulary`",
    );
    manifest.comment("lists the components. Drafted by `openness init`: comments say where each value comes from.");
    manifest.raw("schema", "1");
    model(survey, &mut manifest);
    release(survey, &mut manifest);
    claims(survey, &mut manifest);
    for (id, files) in &survey.components {
        component(id, files, survey, &mut manifest);
    }
    not_in_repository(survey, &mut manifest);
    if let Some(card) = &survey.card {
        access(card, &mut manifest);
    }
    papers(survey, &mut manifest);
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
        if let Some(tasks) = &card.tasks {
            manifest.comment(&format!("From {}: `{}`.", card.path, tasks.source));
            manifest.strings("modality", tasks.modalities.iter().map(|modality| modality.as_str()));
        }
        let languages = &card.declared.model.languages;
        if !languages.is_empty() {
            manifest.comment(&format!("From {}.", card.path));
            manifest.strings("languages", languages.iter().map(|language| language.as_str()));
        }
    }
    bases(survey, manifest);
}

/// Writes the base models. A path on the author's machine is not a name.
fn bases(survey: &Survey, manifest: &mut Manifest) {
    // A Modelfile may name the model itself.
    let model = key(&survey.identity.name.value);
    for base in survey.bases.found.iter().filter(|base| !base.is_mentioned || key(&base.name) != model) {
        self::base(base, manifest);
    }
    for (path, problem) in &survey.bases.mentions.unknown {
        manifest.space();
        manifest.comment(&format!("The bases in {path} are not known: {problem}."));
    }
    if survey.bases.found.is_empty() && survey.bases.has_local_path {
        manifest.space();
        manifest.comment("The base model is given as a path on the author's machine. Please name the model:");
        manifest.comment("[[model.base]]");
        manifest.comment("name = \"\"");
    }
}

/// Writes the table of a base model.
pub(super) fn base(base: &Base, manifest: &mut Manifest) {
    manifest.table("[model.base]");
    for remark in &base.remarks {
        manifest.comment(remark);
    }
    manifest.string("name", &base.name);
    manifest.filled("url", base.url.as_deref());
    manifest.filled("relation", base.relation.map(Relation::as_str));
    manifest.filled("license", base.license.as_deref());
    manifest.filled("digest", base.digest.as_ref().map(Sha256Hex::as_str));
}

/// Writes a claim with the sentence of the card that makes it.
pub(super) fn claim(claim: &CardClaim, manifest: &mut Manifest) {
    manifest.comment(&format!("The card says: \"{}\"", claim.quote));
    manifest.raw(claim.key, claim.value);
}

/// Writes the claims in the text of the card, or an example, as comments unless they are taken over.
fn claims(survey: &Survey, manifest: &mut Manifest) {
    let of_card = survey.card.as_ref().filter(|card| !card.claims.is_empty());
    if let Some(card) = of_card.filter(|_| survey.takes_claims) {
        manifest.table("claims");
        card.claims.iter().for_each(|claim| self::claim(claim, manifest));
        return;
    }
    manifest.space();
    let Some(card) = of_card else {
        manifest.comment("Your public claims about its openness. Each one is checked against the facts below:");
        manifest.comment("[claims]");
        manifest.comment("mof = \"class-3\"");
        manifest.comment("osaid = false");
        return;
    };
    manifest
        .comment(&format!("{} makes these claims. Take them over, and `openness check` compares them with", card.path));
    manifest.comment("the facts below; or correct the card:");
    manifest.comment("[claims]");
    for claim in &card.claims {
        manifest.comment(&format!("{} = {} # \"{}\"", claim.key, claim.value, claim.quote));
    }
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
pub(super) fn component(id: &str, files: &[String], survey: &Survey, manifest: &mut Manifest) {
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

pub(super) fn access(card: &Card, manifest: &mut Manifest) {
    let Some(access) = &card.declared.access else { return };
    manifest.table("access");
    manifest.comment(&format!("{} defines gated access; please check whether approval is `manual`.", card.path));
    manifest.string("gating", access.gating.as_ref().map_or(Gating::Automatic, |gating| gating.value).as_str());
    if let Some(refuses) = &access.eu_disallowed {
        manifest.raw("eu-disallowed", if refuses.value { "true" } else { "false" });
    }
}

/// Writes the papers that the card names as comments: they may be about something else.
fn papers(survey: &Survey, manifest: &mut Manifest) {
    let Some(card) = survey.card.as_ref().filter(|card| !card.papers.is_empty()) else { return };
    if has(survey, "research-paper") {
        return;
    }
    manifest.space();
    manifest.comment(&format!("{} names these papers. Declare those that describe the model:", card.path));
    manifest.comment("[component.research-paper]");
    manifest.comment("openness = \"open\"");
    for paper in card.papers.iter().take(MAX_NAMED) {
        manifest.comment(&format!("remote = [{{ url = \"{paper}\" }}]"));
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
