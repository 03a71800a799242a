//! The gradient of release of Solaiman 2023: the level of the release as a whole, checked against its components.
//!
//! A release is no more open than its parts: `downloadable` without weights, or `fully-open` with a part held back, is
//! taken for less. See <https://arxiv.org/abs/2302.04844>.

use serde_json::{Map, Value};

use super::{Evaluation, Outcome, Reason, embedded, standing};
use crate::manifest::{Manifest, Openness, ReleaseAccess};
use crate::taxonomy::{Item, vocabulary};

const WEIGHTS: &str = "final-weights";

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("release-gradient");
    let declared = manifest.release.as_ref().and_then(|release| release.access.as_ref());
    let parts = taxonomy.item("parts").map_or(&[][..], |item: &Item| &item.components);
    let mut reasons = vec![match declared {
        Some(access) => {
            Reason::new("release", Outcome::Noted, format!("declared as `{}`", access.value.as_str())).at(access.span)
        }
        None => Reason::new("release", Outcome::Unstated, "`release.access` is not stated"),
    }];

    let weights = standing(manifest, WEIGHTS);
    let fetched = matches!(weights.1, Some(Openness::Open | Openness::Partial));
    let text = if fetched { "can be fetched" } else { "cannot be fetched, as far as the manifest says" };
    let outcome = if fetched { Outcome::Met } else { Outcome::Failed };
    reasons.push(
        Reason::new("weights", outcome, format!("`{WEIGHTS}` {text}"))
            .component(WEIGHTS)
            .level(level("downloadable"))
            .at(weights.2),
    );

    let held_back: Vec<Reason> = held_back(manifest, parts);
    let whole = fetched && held_back.is_empty();
    if whole {
        reasons
            .push(Reason::new("parts", Outcome::Met, "no part of the model is held back").level(level("fully-open")));
    }
    reasons.extend(held_back);

    use ReleaseAccess::{CloudApi, Downloadable, FullyClosed, FullyOpen, GradualStaged, Hosted};
    let verdict = match declared.map(|access| access.value) {
        Some(FullyOpen) | None if whole => FullyOpen.as_str(),
        Some(FullyOpen | Downloadable) | None if fetched => Downloadable.as_str(),
        Some(FullyOpen | Downloadable) | None => {
            let endpoints = manifest.access.as_ref().is_some_and(|access| !access.endpoints.is_empty());
            match weights.1 {
                // Hosted, or through an API: the manifest does not say which, and the lesser is no overstatement.
                Some(Openness::Closed) if endpoints => Hosted.as_str(),
                Some(Openness::Closed) => FullyClosed.as_str(),
                _ => "unstated",
            }
        }
        Some(access @ (Hosted | CloudApi | GradualStaged | FullyClosed)) => access.as_str(),
    };
    let mut details = Map::new();
    if let Some(access) = declared {
        details.insert("declared".to_owned(), access.value.as_str().into());
    }
    details.insert("components".to_owned(), components(manifest, declared.map(|access| access.value)));
    Evaluation { taxonomy: taxonomy.static_id(), verdict: Some(verdict.to_owned()), details, reasons }
}

fn level(word: &str) -> Option<&'static str> {
    ReleaseAccess::from_word(word).map(ReleaseAccess::as_str)
}

/// What keeps a release from being fully open: a part that it must have, or any part of code, weights or data declared
/// and not open.
fn held_back(manifest: &Manifest, parts: &[String]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for item in vocabulary().components() {
        let of_the_model = matches!(item.group.as_deref(), Some("code" | "weights" | "data"));
        let needed = parts.contains(&item.id);
        let (_, openness, span) = standing(manifest, &item.id);
        let text = match openness {
            Some(Openness::Open | Openness::NotApplicable) => continue,
            None if !needed => continue,
            Some(_) if !of_the_model => continue,
            None => "is not declared",
            Some(Openness::Partial) => "is open in part",
            Some(Openness::Closed) => "is closed",
        };
        reasons.push(
            Reason::new("parts", Outcome::Failed, format!("`{}` {text}", item.id))
                .component(&item.id)
                .level(level("fully-open"))
                .at(span),
        );
    }
    reasons
}

/// The level of each declared component. One part is never fully open by itself: the word speaks of the whole.
fn components(manifest: &Manifest, declared: Option<ReleaseAccess>) -> Value {
    let served = declared.filter(|access| {
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

    fn verdict(access: &str, components: &[(&str, &str)]) -> String {
        let mut text = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n".to_owned();
        if !access.is_empty() {
            text.push_str(&format!("[release]\naccess = \"{access}\"\n"));
        }
        for (id, openness) in components {
            text.push_str(&format!("[component.{id}]\nopenness = \"{openness}\"\n"));
        }
        let parsed = parse(Source::new("t", text));
        assert!(parsed.findings.is_empty(), "{:#?}", parsed.findings);
        evaluate(&parsed.manifest).verdict.unwrap()
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
        let mut held_back = WHOLE.to_vec();
        held_back.push(("alignment-data", "closed"));
        assert_eq!(verdict("fully-open", &held_back), "downloadable");
        held_back[5].1 = "not-applicable";
        assert_eq!(verdict("fully-open", &held_back), "fully-open");
    }

    #[test]
    fn without_weights_nothing_is_downloadable() {
        assert_eq!(verdict("downloadable", &[("final-weights", "open")]), "downloadable");
        assert_eq!(verdict("downloadable", &[("final-weights", "closed")]), "fully-closed");
        assert_eq!(verdict("downloadable", &[]), "unstated");
    }

    #[test]
    fn what_is_declared_lower_is_not_raised() {
        assert_eq!(verdict("downloadable", &WHOLE), "downloadable");
        assert_eq!(verdict("cloud-api", &[("final-weights", "closed")]), "cloud-api");
        assert_eq!(verdict("", &WHOLE), "fully-open");
    }
}
