//! The content of a page about a release. [`super::markdown`] and [`super::html`] write it.

use std::borrow::Cow;

use super::{declared, verdict};
use crate::evaluate::{self, Evaluation};
use crate::license;
use crate::manifest::{Component, Manifest};

/// What neither a signature nor this page can show.
const LIMITS: &str = "These are the producer's declarations and what follows from them. No tool can tell whether they are \
                      true: that the weights come from this data and this code, that nothing was left out, that documents \
                      say what they should. `openness verify` tells who signed them, and whether the files are those that \
                      were signed.";

/// A page, from top to bottom. Its text must be escaped for the format that is written.
#[derive(Debug)]
pub struct Page<'a> {
    /// The name and version of the model.
    pub title: String,
    /// Name and value of producer, access, license, base models and policy of use, if stated.
    pub facts: Vec<(&'static str, Cow<'a, str>)>,
    /// What is declared about each component, in the order of the manifest.
    pub components: Vec<Row<'a>>,
    /// The verdict of each taxonomy, in the order of the taxonomies.
    pub verdicts: Vec<Verdict>,
    /// The producer's claims.
    pub claims: Vec<Claim>,
    /// Where taxonomies disagree, one sentence each.
    pub disagreements: Vec<String>,
    /// A paragraph on what no tool can verify.
    pub limits: &'static str,
}

/// What is declared about one component.
#[derive(Debug)]
pub struct Row<'a> {
    /// The component's id.
    pub id: &'a str,
    /// `open`, `partial`, `closed` or `not-applicable`.
    pub openness: &'static str,
    /// The license, if the component is released and has one.
    pub license: Option<&'a str>,
    /// The patterns of its files and the addresses of its remote parts, as declared.
    pub files: String,
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
    /// Gathers the content of a page.
    #[must_use]
    pub fn new(manifest: &'a Manifest, evaluations: &[Evaluation]) -> Self {
        let model = &manifest.model;
        let access = manifest.release.as_ref().and_then(|release| release.access.as_ref());
        let facts = [
            ("Producer", Some(model.producer.as_str())),
            ("Released", access.map(|access| access.as_str())),
            ("Default license", model.license.license.as_ref().map(|license| license.as_str())),
        ];
        let facts = facts.into_iter().filter_map(|(name, value)| Some((name, Cow::Borrowed(value?))));
        let based_on = model.base.iter().map(|base| ("Based on", declared::base(base).into()));
        let policy = manifest.use_policy.iter().map(|policy| ("Policy of use", declared::use_policy(policy).into()));
        let (claims, _) = evaluate::claims(manifest, evaluations);
        Self {
            title: format!("{} {}", model.name.as_str(), model.version.as_str()),
            facts: facts.chain(based_on).chain(policy).collect(),
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
            limits: LIMITS,
        }
    }
}

fn row<'a>(manifest: &'a Manifest, component: &'a Component) -> Row<'a> {
    Row {
        id: &component.id,
        openness: component.openness().as_str(),
        license: component.is_released().then(|| license::effective(manifest, component).description()).flatten(),
        files: declared::files(component).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        reason: component.reason.as_ref().map(|reason| reason.as_str()),
    }
}

fn verdict_row(evaluation: &Evaluation) -> Verdict {
    let shortfalls = evaluation.reasons.iter().filter(|reason| reason.outcome.defeats());
    Verdict {
        taxonomy: evaluation.taxonomy,
        title: verdict::title(evaluation),
        summary: verdict::summary(evaluation),
        shortfalls: shortfalls.map(|reason| reason.text.clone()).collect(),
    }
}
