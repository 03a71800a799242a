//! Where the taxonomies disagree about this very release, one sentence each: a verdict is not the last word.

use super::Evaluation;
use crate::license::{self, Effective};
use crate::manifest::{Gating, Manifest, Openness};

/// Returns what the taxonomies judge differently in a manifest; only what applies to it.
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
        "`training-data` is released without an open licence: the Model Openness Tool does not count it, while descriptions of the framework's paper have raw datasets under any terms",
    );
    let withheld = manifest
        .component("training-data")
        .is_some_and(|component| matches!(component.openness(), Openness::Partial | Openness::Closed));
    say(
        withheld,
        "`training-data` is not shared in full: MOF Class I needs it, the index lowers the score for it, and the Open Source AI Definition takes a full description where data cannot be shared",
    );
    let evaluation_code = openness("evaluation-code");
    say(
        evaluation_code != Some(Openness::Open) && openness("training-code") == Some(Openness::Open),
        "`evaluation-code` is not open: MOF Class II needs it, the Open Source AI Definition has it as optional, and the Columbia Convening's list of code is said to lack it",
    );
    say(
        holds("mof-1.0", "not-type-appropriate", "final-weights"),
        "`final-weights` has an open licence that is not made for data: the Model Openness Tool only warns, its framework asks for an open-data licence, and the Open Source AI Definition demands no particular kind",
    );
    let gated = manifest.access.as_ref().and_then(|access| access.gating.as_ref());
    say(
        gated.is_some_and(|gating| gating.value != Gating::None),
        "the download is gated: the index counts gated weights as partial, while the guidelines on the AI Act allow users to be verified if nobody is discriminated against",
    );
    say(
        openness("model-card") != Some(Openness::Open) && openness("final-weights") == Some(Openness::Open),
        "`model-card` is not open: MOF Class III needs it, and the Open Source AI Definition has it as optional",
    );
    let copyleft = manifest.components.iter().filter(|component| component.is_released()).any(|component| {
        let effective = license::effective(manifest, component);
        let cell = super::embedded("eiras-2024").item_of(&component.id.value).is_some();
        cell && matches!(effective, Effective::Stated(..))
            && effective.expression().is_some_and(|expression| expression.names().iter().any(|id| is_copyleft(id)))
    });
    say(
        copyleft,
        "a copyleft licence is in use: the records of Eiras et al. give it level 5, although by their own points it allows no other licence for derivatives",
    );
    found
}

fn is_copyleft(id: &str) -> bool {
    license::traits::traits(id).is_some_and(|traits| traits.copyleft == Some(license::traits::Answer::Yes))
        && super::embedded("eiras-2024").lists("level-5", id)
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
    fn nothing_is_said_of_what_is_not_there() {
        assert!(of("").is_empty());
    }

    #[test]
    fn weights_under_a_code_licence_are_judged_in_three_ways() {
        let weights = |license: &str| {
            of(&format!(
                "[component.final-weights]\nopenness = \"open\"\nlicense = \"{license}\"\n[component.model-card]\nopenness = \"open\"\n"
            ))
        };
        assert_eq!(weights("Apache-2.0").len(), 1);
        assert!(weights("CDLA-Permissive-2.0").is_empty());
    }

    #[test]
    fn a_gate_and_closed_data_are_each_judged_differently() {
        assert_eq!(of("[access]\ngating = \"manual\"\n").len(), 1);
        assert_eq!(of("[component.training-data]\nopenness = \"closed\"\n").len(), 1);
        assert_eq!(of("[component.training-data]\nopenness = \"open\"\n").len(), 1);
    }
}
