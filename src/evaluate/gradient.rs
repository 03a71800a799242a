//! The release gradient of Solaiman 2023: the level of the release as a whole, checked against its components.
//!
//! A release is not more open than its parts: `downloadable` without weights, or `fully-open` with a part withheld, gets a
//! lower level. See <https://arxiv.org/abs/2302.04844>.

use serde_json::{Map, Value};

use super::{Evaluation, Outcome, Reason, Verdict, declared, embedded, unknown};
use crate::manifest::{Manifest, Openness, ReleaseAccess};
use crate::taxonomy::{Item, vocabulary};

const WEIGHTS: &str = "final-weights";

items! {
    /// The criteria that the level is checked against.
    Criterion {
        Release = "release",
        Weights = "weights",
        Parts = "parts",
    }
}

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("release-gradient");
    let access = manifest.release.as_ref().and_then(|release| release.access.as_ref());
    let (_, weights, _) = declared(manifest, WEIGHTS);
    let is_downloadable = matches!(weights, Some(Openness::Open | Openness::Partial));
    let mut reasons = Vec::new();
    let mut is_whole = is_downloadable;
    let mut is_known = true;
    for item in &taxonomy.items {
        match Criterion::from_id(&item.id) {
            Some(Criterion::Release) => reasons.push(match access {
                Some(access) => {
                    Reason::new(&item.id, Outcome::Noted, format!("declared as `{}`", access.value.as_str()))
                        .at(access.span)
                }
                None => Reason::new(&item.id, Outcome::Unstated, "`release.access` is not stated"),
            }),
            Some(Criterion::Weights) => reasons.push(downloadable(manifest, item)),
            Some(Criterion::Parts) => {
                let withheld = withheld(manifest, item);
                is_whole &= withheld.is_empty();
                if is_whole {
                    let text = "no part of the model is withheld";
                    reasons.push(Reason::new(&item.id, Outcome::Met, text).level(level("fully-open")));
                }
                reasons.extend(withheld);
            }
            None => {
                is_known = false;
                reasons.push(unknown(item));
            }
        }
    }

    use ReleaseAccess::{CloudApi, Downloadable, FullyClosed, FullyOpen, GradualStaged, Hosted};
    let verdict = match access.map(|access| access.value) {
        _ if !is_known => Verdict::Undecidable,
        Some(FullyOpen) | None if is_whole => Verdict::FullyOpen,
        Some(FullyOpen | Downloadable) | None if is_downloadable => Verdict::Downloadable,
        Some(FullyOpen | Downloadable) | None => {
            let endpoints = manifest.access.as_ref().is_some_and(|access| !access.endpoints.is_empty());
            match weights {
                // Hosted or through an API: the manifest does not say which, and the lower level does not overstate.
                Some(Openness::Closed) if endpoints => Verdict::Hosted,
                Some(Openness::Closed) => Verdict::FullyClosed,
                _ => Verdict::Unstated,
            }
        }
        Some(access @ (Hosted | CloudApi | GradualStaged | FullyClosed)) => access.into(),
    };
    let mut details = Map::new();
    if let Some(access) = access {
        details.insert("declared".to_owned(), access.value.as_str().into());
    }
    details.insert("components".to_owned(), components(manifest, access.map(|access| access.value)));
    Evaluation::new(taxonomy, verdict, details, reasons)
}

fn downloadable(manifest: &Manifest, item: &Item) -> Reason {
    let (_, openness, span) = declared(manifest, WEIGHTS);
    let (outcome, text) = match openness {
        Some(Openness::Open | Openness::Partial) => (Outcome::Met, "can be downloaded"),
        Some(_) => (Outcome::Failed, "cannot be downloaded"),
        None => (Outcome::Failed, "is not declared"),
    };
    Reason::new(&item.id, outcome, format!("`{WEIGHTS}` {text}"))
        .component(WEIGHTS)
        .level(level("downloadable"))
        .at(span)
}

fn level(word: &str) -> Option<&'static str> {
    ReleaseAccess::from_word(word).map(ReleaseAccess::as_str)
}

/// Returns what keeps a release from being fully open: a required part that is not open, or any declared part of code,
/// weights or data that is not open.
fn withheld(manifest: &Manifest, criterion: &Item) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for item in vocabulary().components() {
        let of_the_model = matches!(item.group.as_deref(), Some("code" | "weights" | "data"));
        let required = criterion.components.contains(&item.id);
        let (_, openness, span) = declared(manifest, &item.id);
        let text = match openness {
            Some(Openness::Open | Openness::NotApplicable) => continue,
            None if !required => continue,
            Some(_) if !of_the_model => continue,
            None => "is not declared",
            Some(Openness::Partial) => "is only partially open",
            Some(Openness::Closed) => "is closed",
        };
        reasons.push(
            Reason::new(&criterion.id, Outcome::Failed, format!("`{}` {text}", item.id))
                .component(&item.id)
                .level(level("fully-open"))
                .at(span),
        );
    }
    reasons
}

/// Returns the level of each declared component. A component is never `fully-open`: that level is for the whole release.
fn components(manifest: &Manifest, access: Option<ReleaseAccess>) -> Value {
    let served = access.filter(|access| {
        matches!(access, ReleaseAccess::Hosted | ReleaseAccess::CloudApi | ReleaseAccess::GradualStaged)
    });
    let mut levels = Map::new();
    for component in &manifest.components {
        let level = match component.openness() {
            Openness::NotApplicable => continue,
            Openness::Open | Openness::Partial => ReleaseAccess::Downloadable,
            Openness::Closed if component.id.value == WEIGHTS => served.unwrap_or(ReleaseAccess::FullyClosed),
            Openness::Closed => ReleaseAccess::FullyClosed,
        };
        levels.insert(component.id.value.clone(), level.as_str().into());
    }
    Value::Object(levels)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    fn verdict(access: &str, components: &[(&str, &str)]) -> &'static str {
        let mut text = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n".to_owned();
        if !access.is_empty() {
            text.push_str(&format!("[release]\naccess = \"{access}\"\n"));
        }
        for (id, openness) in components {
            text.push_str(&format!("[component.{id}]\nopenness = \"{openness}\"\n"));
        }
        let parsed = parse(Source::new("t", text));
        assert!(parsed.findings.is_empty(), "{:#?}", parsed.findings);
        evaluate(&parsed.manifest).verdict.unwrap().as_str()
    }

    const WHOLE: [(&str, &str); 5] = [
        ("final-weights", "open"),
        ("model-architecture", "open"),
        ("training-code", "open"),
        ("inference-code", "open"),
        ("training-data", "open"),
    ];

    #[test]
    fn a_release_is_fully_open_only_with_every_part() {
        assert_eq!(verdict("fully-open", &WHOLE), "fully-open");
        assert_eq!(verdict("fully-open", &WHOLE[..4]), "downloadable");
        let mut components = WHOLE.to_vec();
        components.push(("alignment-data", "closed"));
        assert_eq!(verdict("fully-open", &components), "downloadable");
        components[5].1 = "not-applicable";
        assert_eq!(verdict("fully-open", &components), "fully-open");
    }

    #[test]
    fn without_weights_nothing_is_downloadable() {
        assert_eq!(verdict("downloadable", &[("final-weights", "open")]), "downloadable");
        assert_eq!(verdict("downloadable", &[("final-weights", "closed")]), "fully-closed");
        assert_eq!(verdict("downloadable", &[]), "unstated");
    }

    #[test]
    fn a_lower_declared_level_is_not_raised() {
        assert_eq!(verdict("downloadable", &WHOLE), "downloadable");
        assert_eq!(verdict("cloud-api", &[("final-weights", "closed")]), "cloud-api");
        assert_eq!(verdict("", &WHOLE), "fully-open");
    }
}
