//! What speaks for and against opening each part of a release, gathered for a meeting that decides about it.
//!
//! Nothing is decided here and nothing is invented: every line names the fact of the manifest or the source that it rests
//! on. Which components a published reason is about is our own reading, where the source does not say it, and marked so.

use serde::Serialize;

use crate::evaluate::{self, Evaluation, Outcome, Reason};
use crate::manifest::{Benefit, Component, Evidence, Manifest, Openness, Risk, Status};
use crate::taxonomy;

/// What speaks for and against opening the parts of a release.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Weighing {
    /// The parts that the published reasons are about, and all that the manifest declares, in the order of the vocabulary.
    pub components: Vec<Part>,
    /// What the stated assessment says about risk.
    pub risks: Vec<Line>,
    /// The less open options that were weighed.
    pub alternatives: Vec<Weighed>,
    /// The duties and thresholds that apply, or would.
    pub duties: Vec<Line>,
    /// What is not stated although it bears on the decision.
    pub unstated: Vec<Line>,
}

/// One component.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Part {
    /// The component's id.
    pub component: String,
    /// The declared openness; `None` if the component is not declared.
    pub openness: Option<&'static str>,
    /// Why it is kept back, as stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Line>,
    /// What opening it serves.
    pub serves: Vec<Line>,
    /// What opening it adds in risk, in general; what is known of this release is in [`Weighing::risks`].
    pub adds: Vec<Line>,
}

/// A less open option.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Weighed {
    /// The option.
    pub name: String,
    /// The benefits that it would bring too, as declared.
    pub serves: Vec<&'static str>,
    /// Why it was chosen or not, as declared.
    pub reason: Option<String>,
    /// What the line rests on.
    pub basis: Basis,
}

/// One line of the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Line {
    /// The line.
    pub text: String,
    /// What it rests on.
    pub basis: Basis,
}

/// What a line rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[non_exhaustive]
pub enum Basis {
    /// A key of the manifest.
    Fact {
        /// The key.
        key: String,
    },
    /// A publication.
    Source {
        /// Its name.
        name: &'static str,
        /// Its address.
        url: &'static str,
        /// Whether the connection with the component is our own reading.
        ours: bool,
    },
    /// The evaluation by a taxonomy.
    Taxonomy {
        /// Its id.
        id: String,
        /// The address of its source.
        url: String,
    },
}

/// A reason that a publication gives for opening a part, or against it.
struct Published {
    text: &'static str,
    components: &'static [&'static str],
    name: &'static str,
    url: &'static str,
    /// Whether the publication does not say which components it is about, so that we do.
    ours: bool,
}

const KAPOOR: (&str, &str) = ("Kapoor et al. 2024", "https://arxiv.org/abs/2403.07918");
const NTIA: (&str, &str) =
    ("NTIA 2024", "https://www.ntia.gov/programs-and-initiatives/artificial-intelligence/open-model-weights-report");
const G7: (&str, &str) = ("G7 Vision on AI Openness 2026", "https://g7.utoronto.ca/ict/260529-vision.html");
const SEGER: (&str, &str) = ("Seger et al. 2023", "https://arxiv.org/abs/2311.09227");
const CHAN: (&str, &str) = ("Chan et al. 2023", "https://arxiv.org/abs/2312.14751");

const SERVES: &[Published] = &[
    Published {
        text: "more people decide what behavior of a model is acceptable",
        components: &["final-weights", "fine-tuning-code", "alignment-code"],
        name: KAPOOR.0,
        url: KAPOOR.1,
        ours: true,
    },
    Published {
        text: "innovation by others",
        components: &["final-weights", "inference-code", "fine-tuning-code", "model-architecture"],
        name: KAPOOR.0,
        url: KAPOOR.1,
        ours: true,
    },
    Published {
        text: "science and transparency, which weights alone do not bring",
        components: &[
            "training-data",
            "fine-tuning-data",
            "alignment-data",
            "data-card",
            "model-card",
            "technical-report",
            "research-paper",
            "evaluation-results",
        ],
        name: KAPOOR.0,
        url: KAPOOR.1,
        ours: false,
    },
    Published {
        text: "more diverse actors, and less centralized control of the market",
        components: &["final-weights"],
        name: NTIA.0,
        url: NTIA.1,
        ours: false,
    },
    Published {
        text: "use without sharing data with a provider",
        components: &["final-weights", "inference-code"],
        name: NTIA.0,
        url: NTIA.1,
        ours: true,
    },
    Published {
        text: "lower barriers to access, and research in collaboration",
        components: &["final-weights", "training-code", "data-preprocessing-code"],
        name: G7.0,
        url: G7.1,
        ours: true,
    },
    Published {
        text: "external evaluation",
        components: &[
            "final-weights",
            "evaluation-code",
            "evaluation-data",
            "safety-evaluation-code",
            "safety-evaluation-data",
        ],
        name: SEGER.0,
        url: SEGER.1,
        ours: true,
    },
];

const ADDS: &[Published] = &[
    Published {
        text: "malicious use becomes easier, and cannot be undone",
        components: &["final-weights"],
        name: SEGER.0,
        url: SEGER.1,
        ours: false,
    },
    Published {
        text: "flaws that are not resolved spread",
        components: &["final-weights", "base-weights"],
        name: SEGER.0,
        url: SEGER.1,
        ours: true,
    },
    Published {
        text: "fine-tuning becomes cheaper, which makes oversight of dangerous capabilities harder",
        components: &["final-weights", "fine-tuning-code"],
        name: CHAN.0,
        url: CHAN.1,
        ours: true,
    },
];

/// Gathers what speaks for and against opening each part of a release.
#[must_use]
pub fn weigh(manifest: &Manifest) -> Weighing {
    let parts = taxonomy::vocabulary().components().iter().map(|item| item.id.as_str());
    let custom = manifest.components.iter().map(|component| component.id.as_str());
    let custom = custom.filter(|id| taxonomy::vocabulary().find(id).is_none());
    let mut weighing = Weighing {
        components: parts.chain(custom).filter_map(|id| part(manifest, id)).collect(),
        risks: Vec::new(),
        alternatives: alternatives(manifest),
        duties: Vec::new(),
        unstated: Vec::new(),
    };
    risks(manifest, &mut weighing);
    duties(manifest, &mut weighing);
    weighing
}

fn published(table: &[Published], id: &str) -> Vec<Line> {
    let about = table.iter().filter(|published| published.components.contains(&id));
    let line = |published: &Published| {
        let Published { text, name, url, ours, .. } = published;
        Line { text: (*text).to_owned(), basis: Basis::Source { name, url, ours: *ours } }
    };
    about.map(line).collect()
}

fn part(manifest: &Manifest, id: &str) -> Option<Part> {
    let component = manifest.component(id);
    if component.is_some_and(|component| component.openness() == Openness::NotApplicable) {
        return None;
    }
    let (serves, adds) = (published(SERVES, id), published(ADDS, id));
    let is_shown = component.is_some() || !serves.is_empty() || !adds.is_empty();
    is_shown.then(|| Part {
        component: id.to_owned(),
        openness: component.map(|component| component.openness().as_str()),
        withheld: component.and_then(withheld),
        serves,
        adds,
    })
}

/// Returns the stated reason for keeping a component back.
fn withheld(component: &Component) -> Option<Line> {
    let reason = component.reason.as_ref()?;
    let text = format!("kept back: {}", reason.value);
    Some(Line { text, basis: Basis::Fact { key: format!("component.{}.reason", component.id.value) } })
}

fn fact(key: impl Into<String>, text: impl Into<String>) -> Line {
    Line { text: text.into(), basis: Basis::Fact { key: key.into() } }
}

fn alternatives(manifest: &Manifest) -> Vec<Weighed> {
    let Some(risk) = &manifest.risk else { return Vec::new() };
    let named = risk.alternatives_considered.iter().enumerate().map(|(at, name)| Weighed {
        name: name.value.clone(),
        serves: Vec::new(),
        reason: None,
        basis: Basis::Fact { key: format!("risk.alternatives-considered.{at}") },
    });
    let weighed = risk.alternatives.iter().enumerate().map(|(at, alternative)| Weighed {
        name: alternative.name.value.clone(),
        serves: alternative.serves.iter().map(|benefit| benefit.as_str()).collect(),
        reason: alternative.reason.as_ref().map(|reason| reason.value.clone()),
        basis: Basis::Fact { key: format!("risk.alternative.{at}") },
    });
    named.chain(weighed).collect()
}

/// The steps of an assessment, by their keys.
type Step = (&'static str, fn(&Risk) -> Option<&Evidence>);

const STEPS: &[Step] = &[
    ("dangerous-capability-evaluation", |risk| risk.dangerous_capability_evaluation.as_ref()),
    ("fine-tuning-uplift", |risk| risk.fine_tuning_uplift.as_ref()),
    ("safeguard-robustness", |risk| risk.safeguard_robustness.as_ref()),
    ("offense-defense-effect", |risk| risk.offense_defense_effect.as_ref()),
    ("irreversibility-acknowledged", |risk| risk.irreversibility_acknowledged.as_ref()),
    ("external-review", |risk| risk.external_review.as_ref()),
];

fn risks(manifest: &Manifest, weighing: &mut Weighing) {
    let empty = Risk::default();
    let risk = manifest.risk.as_ref().unwrap_or(&empty);
    if !risk.declared_capabilities.is_empty() {
        let named: Vec<&str> = risk.declared_capabilities.iter().map(|text| text.as_str()).collect();
        weighing.risks.push(fact("risk.declared-capabilities", format!("declared capabilities: {}", named.join(", "))));
    }
    for (key, evidence) in STEPS {
        let whole = format!("risk.{key}");
        match evidence(risk) {
            Some(evidence) => weighing.risks.push(fact(whole, format!("{}: {}", words(key), said(evidence)))),
            None => weighing.unstated.push(fact(whole, words(key))),
        }
    }
    for (at, marginal) in risk.marginal.iter().enumerate() {
        let key = format!("risk.marginal.{at}");
        let text = match &marginal.marginal_risk_evidence {
            Some(evidence) => format!("marginal risk of {}: {}", marginal.vector.value, said(evidence)),
            None => format!("marginal risk of {}: no evidence is stated", marginal.vector.value),
        };
        weighing.risks.push(fact(key, text));
    }
    for (at, safeguard) in manifest.safeguards.iter().enumerate() {
        let removable = safeguard.removable.as_ref().is_some_and(|flag| flag.value);
        let text = if removable { "can be turned off by anyone who has the weights" } else { "is declared" };
        weighing
            .risks
            .push(fact(format!("safeguard.{at}"), format!("the safeguard `{}` {text}", safeguard.name.value)));
    }
    let sought = risk.benefits.iter().map(|benefit| benefit.value);
    let is_served = |benefit: &Benefit| {
        risk.alternatives.iter().any(|alternative| alternative.serves.iter().any(|served| served.value == *benefit))
    };
    for benefit in sought.filter(|benefit| !is_served(benefit)) {
        let text = format!("an alternative that would bring `{}` too", benefit.as_str());
        weighing.unstated.push(fact("risk.alternative", text));
    }
    if risk.benefits.is_empty() {
        weighing.unstated.push(fact("risk.benefits", "the benefits that the release is meant to bring"));
    }
}

/// Returns a key in words.
fn words(key: &str) -> String {
    key.replace('-', " ")
}

fn said(evidence: &Evidence) -> String {
    let status = match evidence.status.as_ref().map(|status| status.value) {
        Some(Status::Absent) => "declared absent",
        Some(Status::Partial) => "in part",
        Some(Status::Addressed) | None => "done",
    };
    let detail = evidence.summary.as_ref().or(evidence.document.as_ref()).map(|text| text.value.as_str());
    detail.map_or_else(|| status.to_owned(), |detail| format!("{status}: {detail}"))
}

/// The taxonomies that name duties and thresholds.
const RULES: &[&str] = &["eu-ai-act-open-source", "eu-training-summary", "compute-thresholds"];

fn duties(manifest: &Manifest, weighing: &mut Weighing) {
    for id in RULES {
        let Some(evaluation) = evaluate::evaluate_one(manifest, id) else { continue };
        let basis = || Basis::Taxonomy {
            id: (*id).to_owned(),
            url: taxonomy::find(id).map_or_else(String::new, |taxonomy| taxonomy.source.clone()),
        };
        if let Some(verdict) = evaluation.verdict {
            let title = taxonomy::find(id).map_or(*id, |taxonomy| taxonomy.title.as_str());
            weighing.duties.push(Line { text: format!("{title}: {verdict}"), basis: basis() });
        }
        for reason in &evaluation.reasons {
            let line = Line { text: reason.text.clone(), basis: basis() };
            match reason.outcome {
                Outcome::Unstated => weighing.unstated.push(line),
                _ if is_duty(&evaluation, reason) => weighing.duties.push(line),
                _ => {}
            }
        }
    }
}

/// Returns whether a reason is about a duty that remains, a threshold, or what fails.
fn is_duty(evaluation: &Evaluation, reason: &Reason) -> bool {
    match evaluation.taxonomy {
        "compute-thresholds" => true,
        _ => matches!(reason.outcome, Outcome::Failed | Outcome::Partial | Outcome::Undecidable),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    fn of(more: &str) -> Weighing {
        let text = format!("schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n{more}");
        let parsed = parse(Source::new("t", text));
        assert!(parsed.is_sound(), "{:#?}", parsed.findings);
        weigh(&parsed.manifest)
    }

    #[test]
    fn every_published_reason_is_about_known_components_and_has_an_address() {
        for published in SERVES.iter().chain(ADDS) {
            assert!(published.url.starts_with("https://"), "{}", published.text);
            for id in published.components {
                assert!(taxonomy::vocabulary().find(id).is_some(), "{id}");
            }
        }
    }

    #[test]
    fn what_is_stated_is_a_line_and_what_is_not_is_listed_as_missing() {
        let stated = of(
            "[compute]\ntraining-flop = 3.8e25\n[component.training-data]\nopenness = \"closed\"\nreason = \"bought\"\n\
                         [risk]\nbenefits = [\"external-evaluation\"]\nfine-tuning-uplift = { summary = \"none found\" }\n",
        );
        let has = |lines: &[Line], text: &str| lines.iter().any(|line| line.text.contains(text));
        assert!(has(&stated.risks, "fine tuning uplift: done: none found"));
        assert!(has(&stated.unstated, "external review") && has(&stated.unstated, "`external-evaluation`"));
        let crossed = stated.duties.iter().find(|line| line.text.contains("1e25")).unwrap();
        assert!(crossed.text.contains("exceeds"), "{crossed:?}");
        let data = stated.components.iter().find(|part| part.component == "training-data").unwrap();
        assert_eq!(data.withheld.as_ref().unwrap().text, "kept back: bought");
        assert!(!has(&data.serves, "kept back"));
        assert!(has(&of("").unstated, "training compute is not stated"));
    }
}
