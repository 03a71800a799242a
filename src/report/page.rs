//! The content of a page about a release. [`super::markdown`] and [`super::html`] write it.

use std::borrow::Cow;

use super::overview::{self, Rank, WEIGHTS};
use super::{declared, verdict};
use crate::evaluate::{self, Evaluation};
use crate::license::chain::Outcome;
use crate::license::standing::{self, Standing};
use crate::lineage::{Lineage, Link, noun, reading};
use crate::manifest::{Component, Manifest, Openness};
use crate::taxonomy::{self, ClaimValueKind};

/// What neither a signature nor this page can show.
const LIMITS: &str = "These are the producer's declarations and what follows from them. No tool can tell whether they are \
                      true: that the weights come from this data and this code, that nothing was left out, that documents \
                      say what they should. `openness verify` tells who signed them, and whether the files are those that \
                      were signed.";

/// What the outcomes of bases are not.
pub const CHAIN_LIMITS: &str = "A reading of the terms, with the day on which they were read; not legal advice. Exceptions, \
                                patents, trademarks, contracts and the lawfulness of training are outside.";

/// A page, from top to bottom. Its text must be escaped for the format that is written.
#[derive(Debug)]
pub struct Page<'a> {
    /// The name and version of the model.
    pub title: String,
    /// Name and value of producer, access, license, base models and policy of use, if stated.
    pub facts: Vec<(&'static str, Cow<'a, str>)>,
    /// The license of the weights and how it limits use, if it does.
    pub limit: Option<String>,
    /// The labels that people use, each with the reason that decides it.
    pub labels: Vec<Label>,
    /// What the licenses of base models limit, one sentence each.
    pub base_notes: Vec<String>,
    /// The bases, with what their licenses mean for that of the weights.
    pub chain: Vec<ChainRow>,
    /// The bases that the page does not list.
    pub more_bases: usize,
    /// The matrix of components and what is said of each.
    pub matrix: Vec<MatrixRow>,
    /// The matrix in words, for those who cannot see it.
    pub matrix_text: String,
    /// What its marks mean.
    pub matrix_key: String,
    /// The graded indices.
    pub bars: Vec<Bar>,
    /// What is released under which license.
    pub terms: Vec<Terms>,
    /// What is declared about each component, in the order of the manifest.
    pub components: Vec<Row<'a>>,
    /// The verdict of each taxonomy, in the order of the taxonomies.
    pub verdicts: Vec<Verdict>,
    /// The producer's claims.
    pub claims: Vec<Claim>,
    /// Where taxonomies disagree, one sentence each.
    pub disagreements: Vec<String>,
    /// Who signed the release, as far as the page can tell.
    pub signers: String,
    /// A paragraph on what no tool can verify.
    pub limits: &'static str,
}

/// How far something is open, for colors. The words next to it say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Open, or the best verdict.
    Good,
    /// Open in part, or with limits.
    Some,
    /// Closed, or the worst verdict.
    Bad,
    /// Neither.
    Plain,
}

/// A label that people use.
#[derive(Debug)]
pub struct Label {
    /// Its name.
    pub name: &'static str,
    /// The verdict.
    pub verdict: String,
    /// The reason that decides it.
    pub reason: String,
    /// How good the verdict is.
    pub tone: Tone,
}

/// One base, and the license of the weights that goes worst with its license.
#[derive(Debug)]
pub struct ChainRow {
    /// The name of the base.
    pub base: String,
    /// Its license, or that none is stated.
    pub license: String,
    /// What the release is to it, such as `a fine-tune`.
    pub relation: &'static str,
    /// The license of the weights.
    pub offered: String,
    /// What the terms say, as encoded, in a few words.
    pub outcome: &'static str,
    /// The first ground, with where it was read.
    pub why: String,
    /// How good the outcome is.
    pub tone: Tone,
}

/// One component in the matrix.
#[derive(Debug)]
pub struct MatrixRow {
    /// The component's id.
    pub component: String,
    /// Availability, documentation, license, safeguards and distribution.
    pub cells: [Cell; 5],
}

/// One cell of the matrix.
#[derive(Debug)]
pub struct Cell {
    /// What is said.
    pub text: String,
    /// The color.
    pub tone: Tone,
    /// The shape: 2 is whole, 1 is half, 0 is none, and more is nothing to say.
    pub mark: u8,
}

/// A graded index.
#[derive(Debug)]
pub struct Bar {
    /// Its name.
    pub name: &'static str,
    /// The score, or the scores that the facts leave possible.
    pub text: String,
    /// The lowest score that is possible.
    pub low: f64,
    /// The highest.
    pub high: f64,
    /// The highest score of the index.
    pub most: f64,
}

/// What is released under one license.
#[derive(Debug)]
pub struct Terms {
    /// The license.
    pub license: String,
    /// How it limits use, or that it does not, as far as known.
    pub limit: String,
    /// The components.
    pub components: String,
    /// Whether it limits use.
    pub tone: Tone,
}

/// What is declared about one component.
#[derive(Debug)]
pub struct Row<'a> {
    /// The component's id.
    pub id: &'a str,
    /// `open`, `partial`, `closed` or `not-applicable`.
    pub openness: &'static str,
    /// How open it is, with what limits its use.
    pub tone: Tone,
    /// The license, if the component is released and has one.
    pub license: Option<&'a str>,
    /// What limits use under the license, if anything is known to.
    pub limit: Option<String>,
    /// The patterns of its files, as declared.
    pub files: String,
    /// The addresses of its remote parts, as declared.
    pub links: Vec<&'a str>,
    /// The stated reason for not being open.
    pub reason: Option<&'a str>,
}

/// The verdict of one taxonomy.
#[derive(Debug)]
pub struct Verdict {
    /// The taxonomy's id.
    pub taxonomy: &'static str,
    /// The taxonomy's title.
    pub title: String,
    /// The address of its source.
    pub source: String,
    /// The verdict, a score, or how much is stated.
    pub summary: String,
    /// Why the verdict is not better, one clause each.
    pub shortfalls: Vec<String>,
}

/// A claim and its result.
#[derive(Debug)]
pub struct Claim {
    /// The claim, for example `mof-1.0 = class-1`.
    pub text: String,
    /// `holds`, `does not hold` or `needs human review`.
    pub outcome: &'static str,
}

impl<'a> Page<'a> {
    /// Gathers the content of a page. `keys` are the ids of keys that signatures next to the manifest are named after; the
    /// page says that they were not verified.
    #[must_use]
    pub fn new(manifest: &'a Manifest, evaluations: &[Evaluation], keys: &[String]) -> Self {
        let model = &manifest.model;
        let facts = [
            ("Producer", Some(Cow::Borrowed(model.producer.as_str()))),
            ("Released", Some(declared::released(manifest)).filter(|text| !text.is_empty()).map(Cow::Owned)),
            ("Default license", declared::default_license(manifest).map(Cow::Owned)),
        ];
        let facts = facts.into_iter().filter_map(|(name, value)| Some((name, value?)));
        // What limits the use of each is next to the labels and with the comparison of its license.
        let based_on = model.base.iter().map(|base| ("Based on", declared::base_in_short(base).into()));
        let policy = manifest.use_policy.iter().map(|policy| ("Policy of use", declared::use_policy(policy).into()));
        let (claims, _) = evaluate::claims(manifest, evaluations);
        let matrix: Vec<MatrixRow> = matrix(manifest, evaluations);
        let mut chain = chain(manifest);
        let more_bases = chain.len().saturating_sub(MAX_BASES);
        chain.truncate(MAX_BASES);
        Self {
            title: format!("{} {}", model.name.as_str(), model.version.as_str()),
            facts: facts.chain(based_on).chain(policy).collect(),
            limit: overview::limit_of_weights(manifest),
            labels: overview::labels(evaluations).into_iter().map(label).collect(),
            base_notes: overview::limits_of_bases(manifest),
            chain,
            more_bases,
            matrix_text: matrix.iter().map(in_words).collect::<Vec<_>>().join(". "),
            matrix_key: MATRIX_KEY.to_owned(),
            matrix,
            bars: BARS.iter().filter_map(|(id, name)| bar(evaluations, id, name)).collect(),
            terms: terms(manifest),
            components: manifest.components.iter().map(|component| row(manifest, component)).collect(),
            verdicts: evaluations.iter().map(verdict_row).collect(),
            claims: claims
                .iter()
                .map(|claim| Claim {
                    text: format!("{} = {}", claim.taxonomy, claim.claimed),
                    outcome: declared::outcome(claim.holds),
                })
                .collect(),
            disagreements: evaluate::disagreements(manifest, evaluations),
            signers: signers(keys),
            limits: LIMITS,
        }
    }
}

/// The most bases that are listed and drawn; the worst come first.
const MAX_BASES: usize = 20;

/// Returns the bases, those with the worst outcome first.
fn chain(manifest: &Manifest) -> Vec<ChainRow> {
    let lineage = Lineage::of(manifest, None);
    let mut links = lineage.worst_links();
    links.sort_by_key(|link| std::cmp::Reverse(link.verdict.outcome));
    let row = |link: &&Link<'_>| {
        let (outcome, tone) = match link.verdict.outcome {
            Outcome::Compatible => ("nothing in the encoded terms speaks against it", Tone::Good),
            Outcome::Obligations => ("allowed by the encoded terms, on conditions", Tone::Good),
            Outcome::Review => ("a question is open", Tone::Some),
            Outcome::Conflict => ("conflict", Tone::Bad),
        };
        let why = link.verdict.grounds.first();
        ChainRow {
            base: link.name().into_owned(),
            license: link.license().unwrap_or("license not stated").to_owned(),
            relation: noun(link.stated),
            offered: lineage
                .offered(link)
                .and_then(|offered| offered.written)
                .unwrap_or("no license stated")
                .to_owned(),
            outcome,
            why: why.map_or_else(String::new, |ground| format!("{} ({})", ground.why, reading(ground))),
            tone,
        }
    };
    links.iter().map(row).collect()
}

/// What the marks of the matrix mean.
const MATRIX_KEY: &str = "A full mark is open, documented or free of known limits; a half one is partial or limited; a bar is \
                          closed or missing; a ring does not apply or is not stated.";

/// Returns who signed, as far as the names of signature files tell.
fn signers(keys: &[String]) -> String {
    match keys {
        [] => "The release has no signature next to its manifest.".to_owned(),
        [key] => format!("A signature is named after the key `{key}`. This page did not verify it."),
        keys => format!("Signatures are named after the keys `{}`. This page did not verify them.", keys.join("`, `")),
    }
}

fn label(label: overview::Label<'_>) -> Label {
    let tone = tone_of(label.standing);
    Label { name: label.name, verdict: label.verdict, reason: label.reason, tone }
}

fn tone_of(rank: Rank) -> Tone {
    match rank {
        Rank::Best => Tone::Good,
        Rank::Between => Tone::Some,
        Rank::Worst => Tone::Bad,
    }
}

/// Returns how open a component is, with what limits its use.
fn tone(manifest: &Manifest, component: &Component) -> Tone {
    let is_limited = || standing::of(manifest, component).limitation().is_some();
    match component.openness() {
        Openness::Open if is_limited() => Tone::Some,
        Openness::Open => Tone::Good,
        Openness::Partial => Tone::Some,
        Openness::Closed => Tone::Bad,
        Openness::NotApplicable => Tone::Plain,
    }
}

/// Returns the rows of the matrix, from the framework's own table, without what does not apply.
fn matrix(manifest: &Manifest, evaluations: &[Evaluation]) -> Vec<MatrixRow> {
    let columbia = evaluations.iter().find(|evaluation| evaluation.taxonomy == "columbia-2024");
    let rows = columbia.and_then(|columbia| columbia.details.get("matrix")).and_then(|matrix| matrix.as_array());
    let texts = |row: &serde_json::Value, key: &str| -> String {
        let all = row[key].as_array().into_iter().flatten().filter_map(|text| text.as_str());
        all.collect::<Vec<_>>().join(", ")
    };
    let row = |row: &serde_json::Value| {
        let id = row["component"].as_str()?;
        let component = manifest.component(id)?;
        if component.openness() == Openness::NotApplicable {
            return None;
        }
        let (documents, safeguards) = (texts(row, "documentation"), texts(row, "safeguards"));
        let is_none = safeguards == "none";
        Some(MatrixRow {
            component: id.to_owned(),
            cells: [
                availability(component),
                stated(documents, "none named"),
                license(manifest, component),
                if is_none { cell("none", Tone::Some, 0) } else { stated(safeguards, "not stated") },
                cell(row["distribution"].as_str().unwrap_or_default(), Tone::Plain, 3),
            ],
        })
    };
    rows.into_iter().flatten().filter_map(row).collect()
}

fn cell(text: impl Into<String>, tone: Tone, mark: u8) -> Cell {
    Cell { text: text.into(), tone, mark }
}

fn stated(text: String, otherwise: &str) -> Cell {
    if text.is_empty() { cell(otherwise, Tone::Plain, 3) } else { cell(text, Tone::Good, 2) }
}

fn availability(component: &Component) -> Cell {
    let word = component.openness().as_str();
    match component.openness() {
        Openness::Open => cell(word, Tone::Good, 2),
        Openness::Partial => cell(word, Tone::Some, 1),
        Openness::Closed => cell(word, Tone::Bad, 0),
        Openness::NotApplicable => cell("not applicable", Tone::Plain, 3),
    }
}

fn license(manifest: &Manifest, component: &Component) -> Cell {
    if !component.is_released() {
        return cell("not released", Tone::Plain, 3);
    }
    let terms = standing::of(manifest, component);
    let name = terms.text.trim_matches('`').to_owned();
    match (&terms.standing, terms.limitation()) {
        (Standing::Without | Standing::Unstated, Some(limit)) => cell(limit, Tone::Bad, 0),
        (_, Some(limit)) => cell(format!("{name}: {limit}"), Tone::Some, 1),
        (_, None) => cell(name, Tone::Good, 2),
    }
}

fn in_words(row: &MatrixRow) -> String {
    let cells: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
    format!("{}: {}", row.component, cells.join("; "))
}

/// The indices that are drawn as bars.
const BARS: &[(&str, &str)] = &[
    ("osai-index", "Open Source AI Index"),
    ("aa-openness", "Openness index by the method of Artificial Analysis"),
    ("os-ai-map", "Map of open-source AI"),
    ("fmti-2025", "Indicators of the FMTI that are covered"),
];

fn bar(evaluations: &[Evaluation], id: &str, name: &'static str) -> Option<Bar> {
    let evaluation = evaluations.iter().find(|evaluation| evaluation.taxonomy == id)?;
    let text = verdict::summary(evaluation);
    if id == "os-ai-map" {
        let level: f64 = evaluation.verdict?.as_str().strip_prefix("level-")?.parse().ok()?;
        return Some(Bar { name, text: format!("level {level} of 5"), low: level, high: level, most: 5.0 });
    }
    if let Some((low, high)) = evaluation.scores() {
        let claim = taxonomy::find(id)?.claim.as_ref()?;
        let most = if claim.value == ClaimValueKind::Minimum { claim.maximum } else { 1.0 };
        return Some(Bar { name, text: format!("{text} of {most}"), low, high, most });
    }
    // A count: what only a person can decide is open.
    let count = |wanted: fn(evaluate::Outcome) -> bool| {
        let count = evaluation.reasons.iter().filter(|reason| wanted(reason.outcome)).count();
        u32::try_from(count).map_or(0.0, f64::from)
    };
    let met = count(|outcome| outcome == evaluate::Outcome::Met);
    let partly = count(|outcome| matches!(outcome, evaluate::Outcome::Partial | evaluate::Outcome::Undecidable));
    Some(Bar { name, text, low: met, high: met + partly, most: count(|_| true).max(1.0) })
}

fn terms(manifest: &Manifest) -> Vec<Terms> {
    let released = overview::by_terms(manifest).into_iter();
    let released = released.filter(|group| matches!(group.openness, Openness::Open | Openness::Partial));
    let terms = released.map(|group| {
        let is_partial = group.openness == Openness::Partial;
        let components = group.components.join(", ");
        let (limit, tone) = match &group.limitation {
            Some(limit) if group.license.is_none() => (limit.clone(), Tone::Bad),
            Some(limit) => (format!("limits use: {limit}"), Tone::Some),
            None => ("no limit on use is known".to_owned(), Tone::Good),
        };
        let limit = if group.components.contains(&WEIGHTS) { format!("the weights: {limit}") } else { limit };
        Terms {
            license: group.license.unwrap_or("no license").to_owned(),
            limit,
            components: if is_partial { format!("{components} (in part)") } else { components },
            tone,
        }
    });
    terms.collect()
}

fn row<'a>(manifest: &'a Manifest, component: &'a Component) -> Row<'a> {
    let limit = standing::of(manifest, component).limitation().filter(|_| component.is_released());
    Row {
        id: &component.id,
        openness: component.openness().as_str(),
        tone: tone(manifest, component),
        license: declared::license(manifest, component),
        limit,
        files: component.files.iter().map(|name| format!("`{}`", name.as_str())).collect::<Vec<_>>().join(", "),
        links: component.remote.iter().map(|remote| remote.url.as_str()).collect(),
        reason: component.reason.as_ref().map(|reason| reason.as_str()),
    }
}

fn verdict_row(evaluation: &Evaluation) -> Verdict {
    let shortfalls = evaluation.reasons.iter().filter(|reason| reason.outcome.defeats() || reason.base.is_some());
    Verdict {
        taxonomy: evaluation.taxonomy,
        title: verdict::title(evaluation),
        source: taxonomy::find(evaluation.taxonomy).map_or_else(String::new, |found| found.source.clone()),
        summary: verdict::summary(evaluation),
        shortfalls: shortfalls.map(|reason| reason.text.clone()).collect(),
    }
}
