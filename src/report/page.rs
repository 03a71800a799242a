//! What a page about a release says, apart from how it is written: [`super::markdown`] and [`super::html`] write it.

use super::declaration;
use crate::evaluate::{self, Evaluation, Holds};
use crate::license;
use crate::manifest::{Component, Manifest};

/// What a signature, and so this page, says nothing about.
const LIMITS: &str = "These are the producer's declarations and what follows from them. No tool can tell whether they are \
                      true: that the weights come from this data and this code, that nothing was left out, that documents \
                      say what they should. `openness verify` says who signed them, and whether the files are those that \
                      were signed.";

/// A page, top to bottom. No text in it is fit for a format before that format has escaped it.
#[derive(Debug)]
pub struct Page<'a> {
    /// The model and its version.
    pub title: String,
    /// Producer, access, licence …, each with its name.
    pub facts: Vec<(&'static str, &'a str)>,
    /// What is declared of each component, in the manifest's order.
    pub components: Vec<Row<'a>>,
    /// What each taxonomy makes of it, in the taxonomies' order.
    pub verdicts: Vec<Verdict>,
    /// What the producer claims.
    pub claims: Vec<Claim>,
    /// Where taxonomies disagree, a sentence each.
    pub disagreements: Vec<String>,
    /// What no tool can tell.
    pub limits: &'static str,
}

/// One component.
#[derive(Debug)]
pub struct Row<'a> {
    /// Its id.
    pub id: &'a str,
    /// `open`, `partial`, `closed` or `not-applicable`.
    pub openness: &'static str,
    /// The licence, where it is released and one is stated.
    pub license: Option<&'a str>,
    /// Why it is not open.
    pub reason: Option<&'a str>,
}

/// What one taxonomy makes of the release.
#[derive(Debug)]
pub struct Verdict {
    /// The taxonomy's id.
    pub taxonomy: &'static str,
    /// What people call it.
    pub title: String,
    /// The verdict, or what stands in its place.
    pub summary: String,
    /// What stands against more, one clause each.
    pub against: Vec<String>,
}

/// One claim.
#[derive(Debug)]
pub struct Claim {
    /// `mof-1.0 = class-1`.
    pub text: String,
    /// What came of it.
    pub outcome: &'static str,
}

impl<'a> Page<'a> {
    /// Says what is declared, and what each taxonomy makes of it.
    #[must_use]
    pub fn new(manifest: &'a Manifest, evaluations: &[Evaluation]) -> Self {
        let model = &manifest.model;
        let access = manifest.release.as_ref().and_then(|release| release.access.as_ref());
        let facts = [
            ("Producer", Some(model.producer.as_str())),
            ("Released", access.map(|access| access.as_str())),
            (
                "Licence unless a component says otherwise",
                model.license.license.as_ref().map(|license| license.as_str()),
            ),
        ];
        let (claims, _) = evaluate::claims(manifest, evaluations);
        Self {
            title: format!("{} {}", model.name.as_str(), model.version.as_str()),
            facts: facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            components: manifest.components.iter().map(|component| row(manifest, component)).collect(),
            verdicts: evaluations.iter().map(verdict).collect(),
            claims: claims
                .iter()
                .map(|claim| Claim {
                    text: format!("{} = {}", claim.taxonomy, claim.claimed),
                    outcome: match claim.holds {
                        Holds::Yes => "holds",
                        Holds::No => "does not hold",
                        Holds::Undecidable => "needs a person's judgement",
                    },
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
        license: component.is_released().then(|| license::effective(manifest, component).text()).flatten(),
        reason: component.reason.as_ref().map(|reason| reason.as_str()),
    }
}

fn verdict(evaluation: &Evaluation) -> Verdict {
    let against = evaluation.reasons.iter().filter(|reason| reason.outcome.defeats());
    Verdict {
        taxonomy: evaluation.taxonomy,
        title: declaration::title(evaluation),
        summary: declaration::summary(evaluation),
        against: against.map(|reason| reason.text.clone()).collect(),
    }
}
