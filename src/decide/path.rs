//! The smallest sets of changes that reach a level of a taxonomy.

use super::candidates::candidates;
use super::goal::Goal;
use super::search::{Found, Search};
use crate::evaluate::Reason;
use crate::manifest::Manifest;
use crate::manifest::draft::{Change, Draft, DraftError};

/// The result of [`path`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Path {
    /// The verdict or score of the manifest as it is.
    pub now: String,
    /// Whether and how the level is reached.
    pub reach: Reach,
}

/// Whether and how a level is reached.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Reach {
    /// The facts support it already.
    Already,
    /// Changes reach it.
    By {
        /// The smallest sets of changes, none of which can be left out of its set.
        answers: Vec<Answer>,
        /// Whether these are all of the smallest sets. If not, there are more, or the search was ended.
        all: bool,
    },
    /// No change of facts reaches it, for these reasons.
    Not(Vec<Reason>),
}

/// A set of changes that reaches a level.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answer {
    /// The changes, in the order of the manifest.
    pub changes: Vec<Change>,
}

/// Finds the smallest sets of changes to the facts of a manifest that reach a level, and proves each by evaluating the
/// manifest with it.
///
/// # Errors
/// [`DraftError::TooLarge`] if the manifest has a number that other tools cannot read from TOML.
pub fn path(manifest: &Manifest, goal: &Goal) -> Result<Path, DraftError> {
    let draft = Draft::of(manifest)?;
    let candidates = candidates(manifest, &draft);
    let changes: Vec<Change> = candidates
        .iter()
        .map(|candidate| draft.change(&candidate.key, candidate.to.clone()))
        .collect::<Result<_, _>>()?;
    Ok(match Search::new(&draft, goal, &candidates, &changes)?.run()? {
        Found::Reached(standing) => Path { now: standing.derived, reach: Reach::Already },
        Found::Unreachable { before, after } => Path { now: before.derived, reach: Reach::Not(after.reasons) },
        Found::Answers { before, sets, all } => {
            let answer = |set: Vec<usize>| Answer { changes: set.iter().map(|at| changes[*at].clone()).collect() };
            Path { now: before.derived, reach: Reach::By { answers: sets.into_iter().map(answer).collect(), all } }
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    const HEAD: &str = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n";

    fn manifest(rest: &str) -> Manifest {
        let text = if rest.contains("schema = 1") { rest.to_owned() } else { format!("{HEAD}{rest}") };
        let parsed = parse(Source::new("m", text));
        assert!(parsed.is_sound(), "{:#?}", parsed.findings);
        parsed.manifest
    }

    /// The changes of each answer as `key=value`.
    fn answers(manifest: &Manifest, goal: &str) -> Vec<Vec<String>> {
        let Reach::By { answers, .. } = path(manifest, &Goal::read(goal).unwrap()).unwrap().reach else {
            return Vec::new();
        };
        let text = |change: &Change| match &change.to {
            Some(value) => {
                format!("{}={}", change.key, value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            }
            None => format!("{}=", change.key),
        };
        answers.iter().map(|answer| answer.changes.iter().map(text).collect()).collect()
    }

    fn open(ids: &[&str]) -> String {
        ids.iter().map(|id| format!("[component.{id}]\nopenness = \"open\"\n")).collect()
    }

    const CLASS_3: &[&str] = &["model-architecture", "final-weights", "evaluation-results", "model-card", "data-card"];

    #[test]
    fn a_report_or_a_paper_completes_class_3() {
        let manifest = manifest(&format!("license = \"Apache-2.0\"\n{}", open(CLASS_3)));
        assert_eq!(
            answers(&manifest, "mof=class-3"),
            [["component.technical-report.openness=open"], ["component.research-paper.openness=open"]]
        );
    }

    #[test]
    fn one_license_for_the_model_is_smaller_than_one_for_each_component() {
        let ids = [CLASS_3, &["technical-report"]].concat();
        assert_eq!(answers(&manifest(&open(&ids)), "mof=class-3"), [["model.license=Apache-2.0"]]);
        // The framework's text wants licenses for data and documents, which one license is meant for.
        assert_eq!(answers(&manifest(&open(&ids)), "mof-strict=class-3"), [["model.license=OpenMDW-1.0"]]);
    }

    #[test]
    fn a_restriction_is_removed_and_nothing_else() {
        let text = "[access]\ngating = \"manual\"\n[use-policy]\ncompetitor-clause = true\n";
        let needed = ["model-architecture", "final-weights", "training-data", "training-code", "inference-code"];
        let needed = [&needed[..], &["data-preprocessing-code", "supporting-libraries"]].concat();
        let manifest = manifest(&format!("license = \"Apache-2.0\"\n{}{text}", open(&needed)));
        assert_eq!(answers(&manifest, "osaid"), [["access.gating=none", "use-policy.competitor-clause=false"]]);
    }

    #[test]
    fn the_weakest_value_that_suffices_is_the_answer() {
        assert_eq!(
            answers(&manifest(""), "audit-access=gray-box"),
            [["audit.0={\"auditor\":\"…\",\"access\":[\"gray-box\"]}"]]
        );
        // To open the weights is more than that level, and as many changes.
        assert_eq!(
            answers(&manifest(""), "release-gradient=hosted"),
            [["component.final-weights.openness=open"], ["release.access=hosted"]]
        );
        assert_eq!(answers(&manifest(""), "seger=incomplete").len(), 7);
    }

    #[test]
    fn a_presumed_systemic_risk_cannot_be_argued_away() {
        let text = "[eu]\nsystemic-risk = \"presumed\"\n";
        let Reach::Not(reasons) = path(&manifest(text), &Goal::read("eu").unwrap()).unwrap().reach else { panic!() };
        let items: Vec<&str> = reasons.iter().map(|reason| reason.item.as_str()).collect();
        assert_eq!(items, ["high-impact"]);
        // Nor can the compute, where it is stated to be above the threshold.
        let compute = path(&manifest("[compute]\ncumulative-flop = 2e25\n"), &Goal::read("eu").unwrap()).unwrap();
        assert!(matches!(compute.reach, Reach::Not(_)));
        let below = path(&manifest("[compute]\ncumulative-flop = 1e25\n"), &Goal::read("eu").unwrap()).unwrap();
        assert!(matches!(below.reach, Reach::By { .. }));
    }

    #[test]
    fn evidence_in_part_is_completed_and_not_replaced() {
        let steps = ["dangerous-capability-evaluation", "fine-tuning-uplift", "safeguard-robustness"];
        let steps = [&steps[..], &["offense-defense-effect", "irreversibility-acknowledged"]].concat();
        let mut text = "[risk]\nalternatives-considered = [\"api\"]\n".to_owned();
        steps.iter().for_each(|step| text.push_str(&format!("{step} = \"risk.md\"\n")));
        let review = "external-review = { summary = \"s\", status = \"partial\" }\n";
        let manifest = manifest(&format!("{text}{review}"));
        assert_eq!(answers(&manifest, "seger=complete"), [["risk.external-review.status=addressed"]]);
    }

    /// Every proper subset of an answer, for answers with few changes.
    fn subsets(answer: &Answer) -> impl Iterator<Item = Vec<&Change>> {
        let all = (1_u32 << answer.changes.len().min(6)) - 1;
        let member = |set: u32, at: usize| set & (1 << at) != 0;
        (0..all).map(move |set| {
            let kept = answer.changes.iter().enumerate().filter(|(at, _)| *at >= 6 || member(set, *at));
            kept.map(|(_, change)| change).collect()
        })
    }

    #[test]
    fn every_answer_reaches_its_level_and_no_subset_does() {
        let examples = [
            include_str!("../../examples/open-washed/OPENNESS.toml"),
            include_str!("../../examples/known/llama-2-70b.toml"),
        ];
        let mut proved = 0;
        for manifest in examples.map(manifest) {
            let draft = Draft::of(&manifest).unwrap();
            for goal in
                ["mof=class-3", "osaid", "open-weights", "gradient=fully-open"].map(|goal| Goal::read(goal).unwrap())
            {
                let Reach::By { answers, .. } = path(&manifest, &goal).unwrap().reach else { continue };
                for answer in answers {
                    let mut reached = draft.with(&answer.changes).unwrap();
                    assert!(reached.is_sound() && goal.check(&mut reached.manifest).holds, "{goal:?}: {answer:#?}");
                    for subset in subsets(&answer) {
                        let mut parsed = draft.with(subset.iter().copied()).unwrap();
                        assert!(!goal.check(&mut parsed.manifest).holds, "{goal:?}: {subset:#?}");
                        proved += 1;
                    }
                }
            }
        }
        assert!(proved > 100, "{proved}");
    }

    #[test]
    fn a_score_is_reached_with_as_few_changes_as_possible() {
        let manifest = manifest("license = \"Apache-2.0\"\n");
        let found = answers(&manifest, "osai=0.2");
        assert!(found.iter().all(|answer| answer.len() == 2), "{found:#?}");
    }
}
