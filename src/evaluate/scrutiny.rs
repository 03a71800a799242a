//! External scrutiny (Anderljung et al. 2023) and safety cases (Buhl et al. 2024).
//!
//! See <https://arxiv.org/abs/2311.14711> and <https://arxiv.org/abs/2410.21572>.

use serde_json::{Map, Value, json};

use super::{Evaluation, Outcome, Reason, embedded, evidence, in_sentence, unknown};
use crate::manifest::{Audit, Manifest, SafetyCase, Text};
use crate::source::Span;
use crate::taxonomy::Item;

items! {
    /// The marks of effective scrutiny.
    Mark {
        Access = "access",
        SearchingAttitude = "searching-attitude",
        Proportionality = "proportionality",
        Independence = "independence",
        Resources = "resources",
        Expertise = "expertise",
    }
}

items! {
    /// The parts of a safety case.
    Part {
        Scope = "scope",
        Objectives = "objectives",
        Arguments = "arguments",
        Evidence = "evidence",
    }
}

pub(super) fn audits(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("aspire-2023");
    let mut reasons = Vec::new();
    let mut audits = Vec::new();
    for audit in &manifest.audits {
        let marks: Vec<Reason> = taxonomy.items.iter().map(|item| mark(audit, item)).collect();
        let met: Vec<&str> =
            marks.iter().filter(|mark| mark.outcome == Outcome::Met).map(|mark| mark.item.as_str()).collect();
        audits.push(json!({
            "auditor": audit.auditor.value,
            "stage": audit.stage.as_ref().map(|stage| stage.as_str()),
            "met": met,
        }));
        reasons.extend(marks);
    }
    if manifest.audits.is_empty() {
        let unstated = |item: &Item| {
            Reason::new(&item.id, Outcome::Unstated, format!("{}: no audit is declared", in_sentence(&item.name)))
        };
        reasons.extend(taxonomy.items.iter().map(unstated));
    }
    let mut details = Map::new();
    details.insert("audits".to_owned(), Value::Array(audits));
    Evaluation::new(taxonomy, None, details, reasons)
}

fn mark(audit: &Audit, item: &Item) -> Reason {
    let Some(mark) = Mark::from_id(&item.id) else { return unknown(item) };
    let stated = |text: Option<&Text>| match text {
        Some(text) => (Outcome::Met, text.value.clone(), Some(text.span)),
        None => (Outcome::Unstated, "not stated".to_owned(), None),
    };
    let (outcome, text, span) = match mark {
        Mark::Access => match audit.access.first() {
            Some(first) => {
                let words: Vec<&str> = audit.access.iter().map(|word| word.value.as_str()).collect();
                (Outcome::Met, words.join(", "), Some(first.span))
            }
            None => (Outcome::Unstated, "not stated".to_owned(), None),
        },
        // Whether auditors searched in earnest is for a person to say, also where they were asked to.
        Mark::SearchingAttitude => match &audit.adversarial {
            Some(flag) if flag.value => (
                Outcome::Undecidable,
                "adversarial, as declared; whether it was searching needs human review".to_owned(),
                Some(flag.span),
            ),
            Some(flag) => (Outcome::Failed, "declared not adversarial".to_owned(), Some(flag.span)),
            None => (Outcome::Unstated, "not stated".to_owned(), None),
        },
        Mark::Proportionality => stated(audit.scope_justification.as_ref()),
        Mark::Independence => match &audit.independent {
            Some(flag) if flag.value => (Outcome::Met, "declared independent".to_owned(), Some(flag.span)),
            Some(flag) => (Outcome::Failed, "declared not independent".to_owned(), Some(flag.span)),
            None => (Outcome::Unstated, "not stated".to_owned(), None),
        },
        Mark::Resources => stated(audit.funding.as_ref()),
        Mark::Expertise => stated(audit.expertise.as_ref()),
    };
    let name = in_sentence(&item.name);
    Reason::new(&item.id, outcome, format!("{name} of the audit by `{}`: {text}", audit.auditor.value))
        .at(span)
        .or_at(Some(audit.span))
}

pub(super) fn safety_case(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("safety-case");
    let empty = SafetyCase::default();
    let case = manifest.safety_case.as_ref().unwrap_or(&empty);
    let header = manifest.safety_case.as_ref().map(|case| case.header);
    let reasons: Vec<Reason> = taxonomy.items.iter().map(|item| part(case, item, header)).collect();
    let verdict = evidence::verdict(reasons.iter().map(|reason| reason.outcome));
    let mut details = Map::new();
    details.insert("document".to_owned(), json!(case.document.as_ref().map(|document| &document.value)));
    Evaluation::new(taxonomy, verdict, details, reasons)
}

fn part(case: &SafetyCase, item: &Item, header: Option<Span>) -> Reason {
    let Some(part) = Part::from_id(&item.id) else { return unknown(item) };
    let text = match part {
        Part::Scope => &case.scope,
        Part::Objectives => &case.objectives,
        Part::Arguments => &case.arguments,
        Part::Evidence => &case.evidence,
    };
    match text {
        Some(text) => Reason::new(&item.id, Outcome::Met, format!("`safety-case.{}` is stated", item.id)).at(text.span),
        None => Reason::new(&item.id, Outcome::Unstated, format!("`safety-case.{}` is not stated", item.id)).at(header),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::evaluate::{Verdict, evaluate_one};
    use crate::manifest::parse::parse;
    use crate::source::Source;

    fn evaluation(id: &str, more: &str) -> Evaluation {
        let text = format!("schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n{more}");
        let parsed = parse(Source::new("t", text));
        assert!(parsed.is_sound(), "{:#?}", parsed.findings);
        evaluate_one(&parsed.manifest, id).unwrap()
    }

    fn outcomes(more: &str) -> Vec<Outcome> {
        evaluation("aspire-2023", more).reasons.iter().map(|reason| reason.outcome).collect()
    }

    #[test]
    fn each_mark_of_an_audit_is_met_only_if_it_is_stated() {
        use Outcome::{Failed, Met, Undecidable, Unstated};
        let audit = "[[audit]]\nauditor = \"a\"\naccess = [\"white-box\"]\nindependent = true\nfunding = \"a grant\"\nexpertise = \"biology\"\n";
        assert_eq!(outcomes(audit), [Met, Unstated, Unstated, Met, Met, Met]);
        assert_eq!(outcomes(&audit.replace("true", "false"))[3], Failed);
        assert_eq!(outcomes(&format!("{audit}adversarial = true\n"))[1], Undecidable);
        assert_eq!(outcomes(""), [Unstated; 6]);
    }

    #[test]
    fn a_safety_case_is_complete_with_all_four_parts() {
        let case = "[safety-case]\nscope = \"a\"\nobjectives = \"b\"\narguments = \"c\"\n";
        let verdict = |text: &str| evaluation("safety-case", text).verdict;
        assert_eq!(verdict(&format!("{case}evidence = \"d\"\n")), Some(Verdict::Complete));
        assert_eq!((verdict(case), verdict("")), (Some(Verdict::Incomplete), Some(Verdict::Absent)));
    }
}
