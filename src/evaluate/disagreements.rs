//! Points on which the taxonomies disagree about a particular release, one sentence each: no single verdict is the final
//! word.

use super::Evaluation;
use crate::license::{self, Effective};
use crate::manifest::{Gating, Manifest, Openness};

/// Returns the points on which the taxonomies disagree about a manifest, limited to those that apply to it.
#[must_use]
pub fn disagreements(manifest: &Manifest, evaluations: &[Evaluation]) -> Vec<String> {
    let mut found = Vec::new();
    let openness = |id: &str| manifest.component(id).map(|component| component.openness());
    let holds = |taxonomy: &str, list: &str, id: &str| {
        let evaluation = evaluations.iter().find(|evaluation| evaluation.taxonomy == taxonomy);
        evaluation
            .and_then(|evaluation| evaluation.details.get(list)?.as_array())
            .is_some_and(|members| members.iter().any(|member| member == id))
    };
    let mut say = |applies: bool, text: &str| {
        if applies {
            found.push(text.to_owned());
        }
    };

    let unlicensed = holds("mof-1.0", "unlicensed", "training-data") || holds("mof-1.0", "invalid", "training-data");
    say(
        unlicensed,
        "`training-data` is released without an open license: the Model Openness Tool does not count it, but according to descriptions of the framework's paper, raw datasets may be under any terms",
    );
    let withheld = manifest
        .component("training-data")
        .is_some_and(|component| matches!(component.openness(), Openness::Partial | Openness::Closed));
    say(
        withheld,
        "`training-data` is not fully shared: MOF Class I requires it, the European Open Source AI Index lowers the score, and the Open Source AI Definition accepts a full description of data that cannot be shared",
    );
    let evaluation_code = openness("evaluation-code");
    say(
        evaluation_code != Some(Openness::Open) && openness("training-code") == Some(Openness::Open),
        "`evaluation-code` is not open: MOF Class II requires it, the Open Source AI Definition treats it as optional, and the Columbia Convening's list of code reportedly does not include it",
    );
    say(
        holds("mof-1.0", "not-type-appropriate", "final-weights"),
        "`final-weights` has an open license that is not intended for data: the Model Openness Tool only warns, its framework requires an open-data license, and the Open Source AI Definition does not require a particular kind",
    );
    let gated = manifest.access.as_ref().and_then(|access| access.gating.as_ref());
    say(
        gated.is_some_and(|gating| gating.value != Gating::None),
        "the download is gated: the European Open Source AI Index counts gated weights as partial, but the guidelines on the EU AI Act allow non-discriminatory user verification",
    );
    say(
        openness("model-card") != Some(Openness::Open) && openness("final-weights") == Some(Openness::Open),
        "`model-card` is not open: MOF Class III requires it, but the Open Source AI Definition treats it as optional",
    );
    let copyleft = manifest.components.iter().filter(|component| component.is_released()).any(|component| {
        let effective = license::effective(manifest, component);
        let cell = super::embedded("eiras-2024").item_of(&component.id.value).is_some();
        cell && matches!(effective, Effective::Stated(..))
            && effective.expression().is_some_and(|expression| expression.names().iter().any(|id| is_copyleft(id)))
    });
    say(
        copyleft,
        "a copyleft license is used: the records of Eiras et al. give it level 5, although it fails one of their own five points because derivatives cannot have a different license",
    );
    found
}

fn is_copyleft(id: &str) -> bool {
    license::traits::traits(id).is_some_and(|traits| traits.copyleft == Some(license::traits::Answer::Yes))
        && super::embedded("eiras-2024").list_contains("level-5", id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::evaluate;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    const HEAD: &str = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n";

    fn of(text: &str) -> Vec<String> {
        let parsed = parse(Source::new("t", format!("{HEAD}{text}")));
        assert!(parsed.findings.is_empty(), "{:#?}", parsed.findings);
        disagreements(&parsed.manifest, &evaluate(&parsed.manifest))
    }

    #[test]
    fn an_empty_manifest_has_no_disagreements() {
        assert!(of("").is_empty());
    }

    #[test]
    fn weights_under_a_code_license_are_a_disagreement() {
        let weights = |license: &str| {
            of(&format!(
                "[component.final-weights]\nopenness = \"open\"\nlicense = \"{license}\"\n[component.model-card]\nopenness = \"open\"\n"
            ))
        };
        assert_eq!(weights("Apache-2.0").len(), 1);
        assert!(weights("CDLA-Permissive-2.0").is_empty());
    }

    #[test]
    fn gating_and_closed_or_unlicensed_data_are_disagreements() {
        assert_eq!(of("[access]\ngating = \"manual\"\n").len(), 1);
        assert_eq!(of("[component.training-data]\nopenness = \"closed\"\n").len(), 1);
        assert_eq!(of("[component.training-data]\nopenness = \"open\"\n").len(), 1);
    }
}
