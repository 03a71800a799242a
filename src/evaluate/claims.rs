//! Claims against verdicts: what the producer says in public, and whether the declared facts bear it out.
//!
//! A claim that the facts cannot decide is not called true. A claim never rests on what an imported record states.

use super::{Evaluation, Reason};
use crate::manifest::{Claim, ClaimValue, Manifest};
use crate::source::Span;
use crate::taxonomy::{self, ClaimForm, ClaimValueKind, Taxonomy};

/// What became of a claim.
#[derive(Debug, Clone)]
pub struct ClaimOutcome {
    /// The key as written.
    pub key: String,
    /// The taxonomy that it is about.
    pub taxonomy: &'static str,
    /// What is claimed, as one would say it: `class-1`, `true`, `0.9`.
    pub claimed: String,
    /// What is derived.
    pub derived: String,
    /// Whether the claim holds.
    pub holds: Holds,
    /// The claim's value in the manifest.
    pub span: Span,
    /// The entries that defeat it, in the taxonomy's order; none where it holds.
    pub reasons: Vec<Reason>,
}

/// Whether a claim holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// The declared facts bear it out.
    Yes,
    /// They do not.
    No,
    /// They leave it open, or only a person can judge.
    Undecidable,
}

/// A line of `[claims]` that is no claim we know.
#[derive(Debug, Clone)]
pub struct UnknownClaim {
    /// The key as written.
    pub key: String,
    /// The key, or the value where that is what is wrong.
    pub span: Span,
    /// One clause, lower case.
    pub problem: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

/// A verdict better than the one claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnclaimedBetter {
    /// The key as written.
    pub key: String,
    /// The taxonomy.
    pub taxonomy: &'static str,
    /// What is claimed.
    pub claimed: String,
    /// What could be.
    pub derived: String,
    /// The claim's value in the manifest.
    pub span: Span,
}

/// Judges every claim by the evaluations of the same manifest.
#[must_use]
pub fn claims(manifest: &Manifest, evaluations: &[Evaluation]) -> (Vec<ClaimOutcome>, Vec<UnknownClaim>) {
    let mut outcomes = Vec::new();
    let mut unknown = Vec::new();
    for claim in &manifest.claims {
        match judge(manifest, claim, evaluations) {
            Ok(outcome) => outcomes.push(outcome),
            Err(problem) => unknown.push(problem),
        }
    }
    (outcomes, unknown)
}

/// Returns the claims that say less than the facts allow.
#[must_use]
pub fn unclaimed_better(outcomes: &[ClaimOutcome]) -> Vec<UnclaimedBetter> {
    let better = |outcome: &&ClaimOutcome| {
        let form = taxonomy::find(outcome.taxonomy).and_then(|taxonomy| taxonomy.claim.as_ref());
        form.filter(|form| form.value == ClaimValueKind::Rank).is_some_and(|form| {
            let rank = |word: &str| form.words.iter().position(|candidate| candidate == word);
            matches!((rank(&outcome.derived), rank(&outcome.claimed)), (Some(derived), Some(claimed)) if derived < claimed)
        })
    };
    outcomes
        .iter()
        .filter(better)
        .map(|outcome| UnclaimedBetter {
            key: outcome.key.clone(),
            taxonomy: outcome.taxonomy,
            claimed: outcome.claimed.clone(),
            derived: outcome.derived.clone(),
            span: outcome.span,
        })
        .collect()
}

fn judge(manifest: &Manifest, claim: &Claim, evaluations: &[Evaluation]) -> Result<ClaimOutcome, UnknownClaim> {
    let (taxonomy, form) = lookup(claim)?;
    let evaluation = super::unstated(manifest, &taxonomy.id)
        .or_else(|| evaluations.iter().find(|evaluation| evaluation.taxonomy == taxonomy.id).cloned());
    let verdict = evaluation.as_ref().and_then(|evaluation| evaluation.verdict.clone()).unwrap_or_default();
    let wrong = |expected: String, suggestion: Option<&str>| UnknownClaim {
        key: claim.key.value.clone(),
        span: claim.value.span,
        problem: format!("`{}` takes {expected}", claim.key.value),
        suggestion: suggestion.map(str::to_owned),
    };
    let words = || format!("one of `{}`", form.words.join("`, `"));
    let rank = |word: &str| form.words.iter().position(|candidate| candidate == word);

    let (claimed, derived, holds) = match (form.value, &claim.value.value) {
        (ClaimValueKind::Rank | ClaimValueKind::Word, ClaimValue::Text(word)) => {
            let Some(claimed) = rank(word) else {
                return Err(wrong(words(), taxonomy::closest(word, form.words.iter().map(String::as_str))));
            };
            let reached = match (form.value, rank(&verdict)) {
                (ClaimValueKind::Rank, Some(derived)) => derived <= claimed,
                (_, Some(derived)) => derived == claimed,
                (_, None) => false,
            };
            (word.clone(), verdict.clone(), decided(reached, &verdict))
        }
        (ClaimValueKind::Flag, ClaimValue::Flag(flag)) => {
            let met = rank(&verdict).is_some();
            // Whoever says `false` claims nothing.
            let holds = if *flag { decided(met, &verdict) } else { Holds::Yes };
            (flag.to_string(), verdict.clone(), holds)
        }
        (ClaimValueKind::Minimum, ClaimValue::Number(least)) => {
            let score = evaluation.as_ref().and_then(|found| found.details.get("score")?.as_f64()).unwrap_or(0.0);
            (least.to_string(), score.to_string(), if score >= *least { Holds::Yes } else { Holds::No })
        }
        (ClaimValueKind::Flag, _) => return Err(wrong("`true` or `false`".to_owned(), None)),
        (ClaimValueKind::Minimum, _) => return Err(wrong("a number, the least score".to_owned(), None)),
        (ClaimValueKind::Rank | ClaimValueKind::Word, _) => return Err(wrong(words(), None)),
    };
    let needed = |reason: &Reason| {
        let asked = match (form.value, reason.level.and_then(rank), rank(&claimed)) {
            // A level asks for everything that the levels below it ask for.
            (ClaimValueKind::Rank, Some(level), Some(claimed)) => level >= claimed,
            _ => true,
        };
        asked && reason.outcome.defeats()
    };
    let reasons = match (holds, evaluation) {
        (Holds::No | Holds::Undecidable, Some(evaluation)) => evaluation.reasons.into_iter().filter(needed).collect(),
        _ => Vec::new(),
    };
    Ok(ClaimOutcome {
        key: claim.key.value.clone(),
        taxonomy: taxonomy.static_id(),
        claimed,
        derived,
        holds,
        span: claim.value.span,
        reasons,
    })
}

fn decided(reached: bool, verdict: &str) -> Holds {
    match verdict {
        _ if reached => Holds::Yes,
        "undecidable" | "unstated" => Holds::Undecidable,
        _ => Holds::No,
    }
}

fn lookup(claim: &Claim) -> Result<(&'static Taxonomy, &'static ClaimForm), UnknownClaim> {
    let key = claim.key.value.as_str();
    let all = || taxonomy::all().iter().filter_map(|taxonomy| Some((taxonomy, taxonomy.claim.as_ref()?)));
    if let Some(found) = all().find(|(taxonomy, form)| form.key == key || taxonomy.id == key) {
        return Ok(found);
    }
    let problem = if taxonomy::find(key).is_some() {
        format!("`{key}` gives no verdict that could be claimed")
    } else {
        format!("`{key}` is no claim that can be checked")
    };
    Err(UnknownClaim {
        key: key.to_owned(),
        span: claim.key.span,
        problem,
        suggestion: taxonomy::closest(key, all().map(|(_, form)| form.key.as_str())).map(str::to_owned),
    })
}
