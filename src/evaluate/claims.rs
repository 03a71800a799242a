//! Compares claims with verdicts: what the producer says in public, and whether the declared facts support it.
//!
//! A claim that the facts cannot decide does not hold. A claim is never supported by what an imported record states.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::{Evaluation, Reason, Verdict};
use crate::finding;
use crate::manifest::{Claim, ClaimValue, Manifest};
use crate::source::Span;
use crate::taxonomy::{self, ClaimForm, ClaimValueKind, Taxonomy};

/// The result of checking a claim.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ClaimOutcome {
    /// The key as written in `[claims]`.
    pub key: String,
    /// The id of the taxonomy that the claim is about.
    pub taxonomy: &'static str,
    /// The claimed value, as text: `class-1`, `true`, `0.9`.
    pub claimed: String,
    /// The derived verdict or score; empty if the taxonomy gives none.
    pub derived: String,
    /// Whether the claim holds.
    pub holds: Holds,
    /// The position of the claim's value in the manifest.
    pub span: Span,
    /// The facts that defeat the claim, in the taxonomy's order; empty if it holds.
    pub reasons: Vec<Reason>,
}

/// Whether a claim holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Holds {
    /// The declared facts support the claim.
    Yes,
    /// The declared facts contradict the claim.
    No,
    /// The declared facts do not decide the claim, or a person has to decide.
    Undecidable,
}

/// A line of `[claims]` that is not a valid claim.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct UnknownClaim {
    /// The key as written in `[claims]`.
    pub key: String,
    /// The position of the key, or of the value if the value is wrong.
    pub span: Span,
    /// The problem: one clause, in lower case.
    pub problem: Cow<'static, str>,
    /// The key or value that was probably meant.
    pub suggestion: Option<String>,
    /// The text that is wrong, the key or the value; `None` if it is a value that is not a text.
    pub written: Option<String>,
    /// Whether the key is wrong.
    pub is_key: bool,
}

/// A claim for which the derived verdict is better than the claimed one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnclaimedBetter {
    /// The key as written in `[claims]`.
    pub key: String,
    /// The id of the taxonomy.
    pub taxonomy: &'static str,
    /// The claimed verdict.
    pub claimed: String,
    /// The derived verdict, which could be claimed.
    pub derived: String,
    /// The position of the claim's value in the manifest.
    pub span: Span,
}

/// The number of unknown claims for which a similar one is looked for, which takes much longer than anything else.
const MAX_SUGGESTIONS: usize = 1000;

/// Checks every claim against the evaluations of the same manifest.
#[must_use]
pub fn claims(manifest: &Manifest, evaluations: &[Evaluation]) -> (Vec<ClaimOutcome>, Vec<UnknownClaim>) {
    let mut outcomes = Vec::new();
    let mut unknown = Vec::new();
    for claim in &manifest.claims {
        match check(manifest, claim, evaluations, unknown.len() < MAX_SUGGESTIONS) {
            Ok(outcome) => outcomes.push(outcome),
            Err(problem) => unknown.push(problem),
        }
    }
    (outcomes, unknown)
}

/// Returns the claims that are lower than what the facts support.
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

fn check(
    manifest: &Manifest,
    claim: &Claim,
    evaluations: &[Evaluation],
    suggests: bool,
) -> Result<ClaimOutcome, UnknownClaim> {
    let (taxonomy, form) = lookup(claim, suggests)?;
    let evaluation = super::evaluate_without_imported(manifest, &taxonomy.id)
        .or_else(|| evaluations.iter().find(|evaluation| evaluation.taxonomy == taxonomy.id).cloned());
    let verdict = evaluation.as_ref().and_then(|evaluation| evaluation.verdict).map_or("", Verdict::as_str);
    let wrong = |expected: String, suggestion: Option<&str>| UnknownClaim {
        key: claim.key.value.clone(),
        span: claim.value.span,
        problem: format!("`{}` takes {expected}", claim.key.value).into(),
        suggestion: suggestion.map(str::to_owned),
        written: match &claim.value.value {
            ClaimValue::Text(word) => Some(word.clone()),
            ClaimValue::Flag(_) | ClaimValue::Number(_) => None,
        },
        is_key: false,
    };
    let words = || format!("one of `{}`", form.words.join("`, `"));
    let rank = |word: &str| form.words.iter().position(|candidate| candidate == word);

    let (claimed, derived, holds) = match (form.value, &claim.value.value) {
        (ClaimValueKind::Rank | ClaimValueKind::Word, ClaimValue::Text(word)) => {
            let Some(claimed) = rank(word) else {
                return Err(wrong(words(), finding::closest(word, form.words.iter().map(String::as_str))));
            };
            let reached = match (form.value, rank(verdict)) {
                (ClaimValueKind::Rank, Some(derived)) => derived <= claimed,
                (_, Some(derived)) => derived == claimed,
                (_, None) => false,
            };
            (word.clone(), verdict.to_owned(), decided(reached, verdict))
        }
        (ClaimValueKind::Flag, ClaimValue::Flag(flag)) => {
            let met = rank(verdict).is_some();
            // `false` does not claim anything.
            let holds = if *flag { decided(met, verdict) } else { Holds::Yes };
            (flag.to_string(), verdict.to_owned(), holds)
        }
        (ClaimValueKind::Minimum, ClaimValue::Number(least)) => {
            let (low, high) = evaluation.as_ref().and_then(Evaluation::scores).unwrap_or_default();
            let derived = if low < high { format!("{low} to {high}") } else { low.to_string() };
            let holds = match (low >= *least, high >= *least) {
                (true, _) => Holds::Yes,
                (false, true) => Holds::Undecidable,
                (false, false) => Holds::No,
            };
            (least.to_string(), derived, holds)
        }
        (ClaimValueKind::Flag, _) => return Err(wrong("`true` or `false`".to_owned(), None)),
        (ClaimValueKind::Minimum, _) => return Err(wrong("a number: the lowest score claimed".to_owned(), None)),
        (ClaimValueKind::Rank | ClaimValueKind::Word, _) => return Err(wrong(words(), None)),
    };
    let needed = |reason: &Reason| {
        let is_required = match (form.value, reason.level.and_then(rank), rank(&claimed)) {
            // A level also requires everything that the levels below it require.
            (ClaimValueKind::Rank, Some(level), Some(claimed)) => level >= claimed,
            _ => true,
        };
        is_required && reason.outcome.defeats()
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

/// What is said of a key that names no taxonomy. Made once: a hostile manifest may have very many.
static EXPECTED: LazyLock<String> = LazyLock::new(|| {
    let keys: Vec<&str> = taxonomy::all().filter_map(|taxonomy| Some(taxonomy.claim.as_ref()?.key.as_str())).collect();
    format!("expected one of `{}`", keys.join("`, `"))
});

fn lookup(claim: &Claim, suggests: bool) -> Result<(&'static Taxonomy, &'static ClaimForm), UnknownClaim> {
    let key = claim.key.value.as_str();
    let named = taxonomy::named(key);
    if let Some((taxonomy, form)) = named.and_then(|taxonomy| Some((taxonomy, taxonomy.claim.as_ref()?))) {
        return Ok((taxonomy, form));
    }
    let forms = || taxonomy::all().filter_map(|taxonomy| taxonomy.claim.as_ref());
    let problem = match named {
        Some(_) => format!("`{key}` does not give a verdict that can be claimed").into(),
        None => Cow::Borrowed(EXPECTED.as_str()),
    };
    Err(UnknownClaim {
        key: key.to_owned(),
        span: claim.key.span,
        problem,
        suggestion: finding::closest(key, forms().map(|form| form.key.as_str()).filter(|_| suggests))
            .map(str::to_owned),
        written: Some(key.to_owned()),
        is_key: true,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::evaluate::evaluate;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    fn checked(text: &str) -> (Source, Vec<ClaimOutcome>, Vec<UnknownClaim>) {
        let head = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\nlicense = \"Apache-2.0\"\n";
        let parsed = parse(Source::new("t", format!("{head}{text}")));
        assert!(parsed.findings.is_empty(), "{:#?}", parsed.findings);
        let (outcomes, unknown) = claims(&parsed.manifest, &evaluate(&parsed.manifest));
        (parsed.source, outcomes, unknown)
    }

    const CLASS_3: &[&str] =
        &["model-architecture", "final-weights", "technical-report", "evaluation-results", "model-card", "data-card"];

    fn open(ids: &[&str]) -> String {
        ids.iter().map(|id| format!("[component.{id}]\nopenness = \"open\"\n")).collect()
    }

    #[test]
    fn a_class_is_defeated_only_by_facts_that_it_requires() {
        let text =
            format!("[claims]\nmof = \"class-2\"\n{}[component.training-code]\nopenness = \"closed\"\n", open(CLASS_3));
        let (source, outcomes, _) = checked(&text);
        let claim = &outcomes[0];
        assert_eq!((claim.holds, claim.derived.as_str()), (Holds::No, "class-3"));
        let defeated: Vec<&str> = claim.reasons.iter().filter_map(|reason| reason.component.as_deref()).collect();
        assert_eq!(defeated, ["training-code", "inference-code", "evaluation-code", "evaluation-data"]);
        assert_eq!(source.slice(claim.reasons[0].span.unwrap()), "\"closed\"");
        assert_eq!(source.slice(claim.span), "\"class-2\"");
    }

    #[test]
    fn the_derived_class_can_be_claimed_and_a_lower_claim_is_reported() {
        let (_, outcomes, _) = checked(&format!("[claims]\nmof = \"class-3\"\n{}", open(CLASS_3)));
        assert_eq!(outcomes[0].holds, Holds::Yes);
        assert!(outcomes[0].reasons.is_empty());
        assert!(unclaimed_better(&outcomes).is_empty());
        let more = open(&["training-code", "inference-code", "evaluation-code", "evaluation-data"]);
        let text = format!("[claims]\n\"mof-1.0\" = \"class-3\"\n{}{more}", open(CLASS_3));
        let (_, outcomes, _) = checked(&text);
        assert_eq!(outcomes[0].holds, Holds::Yes);
        assert_eq!(unclaimed_better(&outcomes)[0].derived, "class-2");
    }

    #[test]
    fn an_undecidable_verdict_does_not_support_a_claim() {
        let code = [
            "data-preprocessing-code",
            "training-code",
            "inference-code",
            "supporting-libraries",
            "model-architecture",
            "final-weights",
            "data-card",
        ];
        let (_, outcomes, _) = checked(&format!("[claims]\nosaid = true\n{}", open(&code)));
        assert_eq!((outcomes[0].holds, outcomes[0].derived.as_str()), (Holds::Undecidable, "undecidable"));
        assert!(!outcomes[0].reasons.is_empty());
        let (_, outcomes, _) = checked("[claims]\nosaid = false\n");
        assert_eq!(outcomes[0].holds, Holds::Yes);
        let (_, outcomes, _) = checked("[claims]\nosaid = true\n");
        assert_eq!(outcomes[0].holds, Holds::No);
    }

    #[test]
    fn an_imported_record_does_not_support_a_claim() {
        let (_, outcomes, _) = checked(
            "[claims]\nosai-index = 0.5\n[assessment.osai-index.stated]\npaper = \"open\"\nlicenses = \"open\"\n",
        );
        assert_eq!((outcomes[0].holds, outcomes[0].derived.as_str()), (Holds::No, "0"));
    }

    #[test]
    fn unknown_keys_and_values_come_with_suggestions() {
        let (source, _, unknown) = checked(
            "[claims]\nosiad = true\nmof = \"class1\"\nopen-weights = \"yes\"\ncolumbia-2024 = true\nzzz = 1\n",
        );
        let reported: Vec<(&str, Option<&str>)> =
            unknown.iter().map(|claim| (source.slice(claim.span), claim.suggestion.as_deref())).collect();
        assert_eq!(
            reported,
            [
                ("osiad", Some("osaid")),
                ("\"class1\"", Some("class-1")),
                ("\"yes\"", None),
                ("columbia-2024", None),
                ("zzz", None)
            ]
        );
    }

    #[test]
    fn every_claim_form_is_accepted_and_fails_on_an_empty_manifest() {
        for taxonomy in taxonomy::all() {
            let Some(form) = &taxonomy.claim else { continue };
            let value = match form.value {
                ClaimValueKind::Rank | ClaimValueKind::Word => format!("{:?}", form.words[0]),
                ClaimValueKind::Flag => "true".to_owned(),
                ClaimValueKind::Minimum => format!("{}", 0.9 * form.maximum),
            };
            let (_, outcomes, unknown) = checked(&format!("[claims]\n{} = {value}\n", form.key));
            assert!(unknown.is_empty(), "{}", form.key);
            assert_ne!(outcomes[0].holds, Holds::Yes, "{}: an empty manifest supports no claim", form.key);
            assert!(!outcomes[0].reasons.is_empty(), "{}: a failed claim has reasons", form.key);
        }
    }
}
