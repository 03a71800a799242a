//! Whether the public summary of the training content (AI Act, Art. 53(1)(d)) answers every field that applies.
//!
//! The manifest names the summary; its answers are in a file of their own. Without the file, only that it is named is
//! known. Completeness is all that is evaluated: whether the answers are true, or clear, is for people to say.

use serde_json::{Map, Value, json};

use super::{Evaluation, Outcome, Reason, Verdict, embedded, in_sentence};
use crate::manifest::Manifest;
use crate::taxonomy::{Item, Taxonomy};

pub(super) const ID: &str = "eu-training-summary";

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded(ID);
    let stated = manifest.eu.as_ref().and_then(|eu| eu.training_summary.as_ref());
    let (verdict, reason) = match stated {
        Some(summary) => {
            let text = format!("`{}` is named; what it answers is known only from the file", summary.value);
            (Verdict::Stated, Reason::new("0.a", Outcome::Undecidable, text).at(summary.span))
        }
        None => {
            let text = "`eu.training-summary` is not stated; every provider of a general-purpose model owes a summary";
            (Verdict::Absent, Reason::new("0.a", Outcome::Unstated, text))
        }
    };
    Evaluation::new(taxonomy, verdict, Map::new(), vec![reason])
}

/// Evaluates the answers of a summary.
pub(super) fn of_answers(manifest: &Manifest, answers: &Map<String, Value>) -> Evaluation {
    let taxonomy = embedded(ID);
    let span = manifest.eu.as_ref().and_then(|eu| eu.training_summary.as_ref()).map(|summary| summary.span);
    let mut reasons: Vec<Reason> =
        taxonomy.items.iter().map(|item| field(manifest, taxonomy, item, answers).or_at(span)).collect();
    for key in answers.keys().filter(|key| taxonomy.item(key).is_none()) {
        let text = format!("`{key}` is not a field of the template");
        reasons.push(Reason::new(key.as_str(), Outcome::Failed, text).or_at(span));
    }
    let missing: Vec<&str> =
        reasons.iter().filter(|reason| reason.outcome.defeats()).map(|reason| reason.item.as_str()).collect();
    let verdict = if missing.is_empty() { Verdict::Complete } else { Verdict::Incomplete };
    let mut details = Map::new();
    details.insert("missing".to_owned(), json!(missing));
    Evaluation::new(taxonomy, verdict, details, reasons)
}

/// Returns the evaluation of a summary whose answers cannot be read.
pub(super) fn unreadable(manifest: &Manifest, problem: &str) -> Evaluation {
    let span = manifest.eu.as_ref().and_then(|eu| eu.training_summary.as_ref()).map(|summary| summary.span);
    let reason = Reason::new("0.a", Outcome::Failed, format!("the summary cannot be read: {problem}")).at(span);
    Evaluation::new(embedded(ID), Verdict::Incomplete, Map::new(), vec![reason])
}

/// The questions that open a section, and the fields that are asked for after yes to any of them.
const QUESTIONS: &[(&[&str], &str)] = &[
    (&["2.1.a"], "2.1."),
    (&["2.2.1.a"], "2.2.1."),
    (&["2.2.2.a"], "2.2.2."),
    (&["2.3.a"], "2.3."),
    (&["2.4.a", "2.4.b"], "2.4."),
    (&["2.5.a"], "2.5."),
    (&["2.6.a"], "2.6."),
];

fn field(manifest: &Manifest, taxonomy: &Taxonomy, item: &Item, answers: &Map<String, Value>) -> Reason {
    let id = item.id.as_str();
    let name = in_sentence(&item.name);
    let reason = |outcome, text: String| Reason::new(id, outcome, format!("{id}, {name}: {text}"));
    let question = QUESTIONS.iter().find(|(questions, section)| id.starts_with(section) && !questions.contains(&id));
    if let Some((questions, _)) = question {
        let is_yes = |question: &&str| answers.get(*question) == Some(&Value::Bool(true));
        if !questions.iter().any(is_yes) {
            return reason(Outcome::NotApplicable, "not asked for, because there is no such data".to_owned());
        }
    }
    let is_in_eu = manifest.eu.as_ref().and_then(|eu| eu.provider_established_in_eu.as_ref());
    let answer = answers.get(id).filter(|answer| !is_empty(answer));
    let Some(answer) = answer else {
        return match (id, is_in_eu) {
            ("1.1.b", Some(flag)) if flag.value => {
                reason(Outcome::NotApplicable, "the provider is established in the Union".to_owned())
            }
            _ if item.required == Some(false) => reason(Outcome::NotApplicable, "optional".to_owned()),
            _ => reason(Outcome::Unstated, "not answered".to_owned()),
        };
    };
    match problem(taxonomy, id, answer, answers) {
        Some((outcome, text)) => reason(outcome, text),
        None => reason(Outcome::Met, "answered".to_owned()),
    }
}

fn is_empty(answer: &Value) -> bool {
    match answer {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Returns what is wrong with an answer, if anything is.
fn problem(taxonomy: &Taxonomy, id: &str, answer: &Value, answers: &Map<String, Value>) -> Option<(Outcome, String)> {
    let is_question = QUESTIONS.iter().any(|(questions, _)| questions.contains(&id)) || id == "3.1.a";
    if is_question && !answer.is_boolean() {
        return Some((Outcome::Failed, "expected true or false".to_owned()));
    }
    match id {
        "1.3.b" => bands(taxonomy, answer, answers),
        "1.3.d" => {
            let date = answer.get("latest").unwrap_or(answer).as_str().unwrap_or_default();
            (!is_month(date)).then(|| (Outcome::Noted, format!("`{date}` is not one month as MM/YYYY")))
        }
        "2.3.e" => {
            let ends = ["from", "to"].map(|end| answer.get(end).and_then(Value::as_str).unwrap_or_default());
            let is_period = ends.iter().all(|end| is_month(end));
            (!is_period).then(|| (Outcome::Failed, "expected `from` and `to` as MM/YYYY".to_owned()))
        }
        _ => None,
    }
}

/// Checks that each modality that is ticked has exactly one size: one band, or a text in another unit.
fn bands(taxonomy: &Taxonomy, answer: &Value, answers: &Map<String, Value>) -> Option<(Outcome, String)> {
    let Some(sizes) = answer.as_object() else {
        return Some((Outcome::Failed, "expected one size for each modality".to_owned()));
    };
    let modalities = answers.get("1.3.a").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    for modality in modalities {
        match sizes.get(modality) {
            None => return Some((Outcome::Unstated, format!("no size for `{modality}`"))),
            Some(Value::String(_)) => {}
            Some(Value::Array(ticked)) if ticked.len() == 1 => {}
            Some(_) => return Some((Outcome::Failed, format!("expected exactly one band for `{modality}`"))),
        }
    }
    let known = |modality: &str, size: &str| taxonomy.list_contains("bands", &format!("{modality}: {size}"));
    let other = sizes.iter().find(|(modality, size)| size.as_str().is_some_and(|size| !known(modality, size)));
    other.map(|(modality, _)| (Outcome::Noted, format!("the size of `{modality}` is in another unit than the bands")))
}

/// Returns whether a text is a month as the template writes it, such as `03/2024`.
fn is_month(text: &str) -> bool {
    let Some((month, year)) = text.split_once('/') else { return false };
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(month, 2) && digits(year, 4) && (1..=12).contains(&month.parse::<u8>().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    /// The answers of a published summary: everything that is asked for, public data alone.
    fn apertus() -> Map<String, Value> {
        let fields = json!({
            "0.a": "1", "0.b": "2025-09-01", "1.1.a": "Swiss AI", "1.1.b": "none", "1.2.a": ["Apertus 8B", "Apertus 70B"],
            "1.2.b": "N/A", "1.2.c": "2025-09-02", "1.3.a": ["text"], "1.3.b": { "text": "more than 10 trillion tokens" },
            "1.3.c": "web pages", "1.3.d": { "latest": "03/2024", "continues": false }, "1.3.e": "many languages",
            "1.3.f": "none", "2.1.a": true, "2.1.b": ["text"], "2.1.c": ["FineWeb-Edu"], "2.1.d": "others", "2.2.1.a": false,
            "2.2.2.a": false, "2.3.a": false, "2.4.a": false, "2.4.b": false, "2.5.a": false, "2.6.a": false,
            "3.1.a": false, "3.1.b": "robots.txt", "3.2.a": "filters",
        });
        fields.as_object().unwrap().clone()
    }

    fn missing(answers: &Map<String, Value>) -> (Verdict, Vec<String>) {
        let evaluation = of_answers(&Manifest::default(), answers);
        let missing = evaluation.details["missing"].as_array().unwrap();
        (evaluation.verdict.unwrap(), missing.iter().map(|id| id.as_str().unwrap().to_owned()).collect())
    }

    #[test]
    fn sections_after_no_are_not_asked_for() {
        assert_eq!(missing(&apertus()), (Verdict::Complete, vec![]));
        let mut answers = apertus();
        answers.insert("1.3.d".to_owned(), json!("03/2024 for pretraining only"));
        let evaluation = of_answers(&Manifest::default(), &answers);
        let date = evaluation.reasons.iter().find(|reason| reason.item == "1.3.d").unwrap();
        assert_eq!((evaluation.verdict, date.outcome), (Some(Verdict::Complete), Outcome::Noted));
    }

    #[test]
    fn a_section_after_yes_is_asked_for() {
        let mut answers = apertus();
        answers.insert("2.3.a".to_owned(), true.into());
        let fields = ["2.3.b", "2.3.c", "2.3.d", "2.3.e", "2.3.f", "2.3.g", "2.3.h"];
        assert_eq!(missing(&answers), (Verdict::Incomplete, fields.map(str::to_owned).to_vec()));
        for field in fields {
            answers.insert(field.to_owned(), "answered".into());
        }
        assert_eq!(missing(&answers).1, ["2.3.e"], "a period has two months");
        answers.insert("2.3.e".to_owned(), json!({ "from": "01/2024", "to": "06/2026" }));
        assert_eq!(missing(&answers).0, Verdict::Complete);
    }

    /// A published summary with crawlers, users' data and synthetic data.
    #[test]
    fn crawlers_are_asked_for_by_name_period_and_size() {
        let mut answers = apertus();
        let more = json!({
            "0.a": "1", "0.b": "2026-07-08", "1.1.a": "xAI", "1.2.a": ["Grok 4.5"],
            "2.3.a": true, "2.3.b": ["xAI Web Crawler"], "2.3.c": "to collect public pages", "2.3.d": "keeps to robots.txt",
            "2.3.e": { "from": "01/2024", "to": "06/2026" }, "2.3.f": "public pages", "2.3.g": ["text", "image"],
            "2.3.h": ["example.org"], "2.4.a": true, "2.4.b": true, "2.4.c": "X", "2.4.d": ["text"], "2.5.a": true,
            "2.5.b": ["text"], "2.5.c": ["Grok 4"], "2.5.d": "none other",
        });
        answers.extend(more.as_object().unwrap().clone());
        assert_eq!(missing(&answers), (Verdict::Complete, vec![]));
        answers.remove("2.3.b");
        assert_eq!(missing(&answers), (Verdict::Incomplete, vec!["2.3.b".to_owned()]));
    }

    #[test]
    fn wrong_answers_are_named() {
        for (field, value) in [
            ("1.3.b", json!({ "text": ["less than 1 billion tokens", "more than 10 trillion tokens"] })),
            ("1.3.b", json!({})),
            ("1.3.b", json!("much")),
            ("2.1.a", json!("yes")),
            ("9.9", json!("a")),
        ] {
            let mut answers = apertus();
            answers.insert(field.to_owned(), value.clone());
            let (verdict, missing) = missing(&answers);
            assert!(
                verdict == Verdict::Incomplete && missing.contains(&field.to_owned()),
                "{field} = {value}: {missing:?}"
            );
        }
    }
}
