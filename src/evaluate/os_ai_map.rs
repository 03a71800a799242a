//! The ladder for models in Current AI's os-ai-map: five levels, by weights, data, code and license.
//!
//! Since 2026-08-01 the license caps the level. What the declared facts leave open is a range of levels. See
//! <https://github.com/currentai-org/os-ai-map>.

use serde_json::{Map, Value, json};

use super::terms::{self, Standing};
use super::{Evaluation, Outcome, Reason, Verdict, declared, embedded, unknown};
use crate::license::Expression;
use crate::license::traits::{self, Answer, Threshold, Traits};
use crate::manifest::{Component, Manifest, Openness};
use crate::source::Span;
use crate::taxonomy::Item;

items! {
    /// What the ladder looks at.
    Input {
        Weights = "weights",
        License = "license",
        Data = "data",
        Code = "code",
    }
}

/// The lowest and the highest level that a fact leaves possible.
type Range = (u8, u8);

/// Whether data or code is open; `None` if it is not stated.
type Open = Option<bool>;

/// A fact, with the reason that reports it.
struct Fact<T> {
    value: T,
    reason: Reason,
}

/// The facts that the rules of the ladder look at.
#[derive(Debug, Clone, Copy)]
struct Facts {
    weights: Open,
    /// The highest level that the license allows, or its range; 1 if there is no license.
    cap: Range,
    data: Open,
    code: Open,
    /// Whether data that is not released is documented, which counts for a base model only.
    is_documented: bool,
}

pub(super) fn evaluate(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("os-ai-map");
    let (weights, cap, data, code) = (weights(manifest), cap(manifest), data(manifest), code(manifest));
    let is_base = manifest.model.base.is_empty();
    let facts = Facts {
        weights: weights.value,
        cap: cap.value,
        data: data.value,
        code: code.value,
        is_documented: is_base && is_documented(manifest),
    };
    let (low, high) = level(facts);
    let (mut weights, mut cap) = (Some(weights.reason), Some(cap.reason));
    let (mut data, mut code) = (Some(data.reason), Some(code.reason));
    let reason = |item: &Item| {
        match Input::from_id(&item.id) {
            Some(Input::Weights) => weights.take(),
            Some(Input::License) => cap.take(),
            Some(Input::Data) => data.take(),
            Some(Input::Code) => code.take(),
            None => None,
        }
        .unwrap_or_else(|| unknown(item))
    };
    let mut reasons: Vec<Reason> = taxonomy.items.iter().map(reason).collect();
    reasons.extend(conduct(manifest));
    let mut details = Map::new();
    let verdict = verdict(low).filter(|_| low == high);
    details.insert("class".to_owned(), verdict.map_or(Value::Null, |_| class(low).into()));
    details.insert("lowest".to_owned(), json!(low));
    details.insert("highest".to_owned(), json!(high));
    details.insert("kind".to_owned(), if is_base { "base" } else { "tuned" }.into());
    Evaluation::new(taxonomy, verdict.unwrap_or(Verdict::Undecidable), details, reasons)
}

fn verdict(level: u8) -> Option<Verdict> {
    Verdict::from_word(&format!("level-{level}"))
}

/// Returns the source's word for a level.
fn class(level: u8) -> &'static str {
    match level {
        1 => "closed",
        2 => "restricted",
        3 | 4 => "open_weights",
        _ => "open_source",
    }
}

/// Returns the range of levels that facts leave possible.
fn level(facts: Facts) -> Range {
    let sure = Facts { cap: (facts.cap.0, facts.cap.0), ..facts };
    let possible = Facts { cap: (facts.cap.1, facts.cap.1), ..facts };
    (by_rules(sure, false), by_rules(possible, true))
}

/// Applies the rules in order. `unstated` is what is assumed of anything that is not stated.
fn by_rules(facts: Facts, unstated: bool) -> u8 {
    let is = |fact: Open| fact.unwrap_or(unstated);
    let cap = facts.cap.0;
    let rule = match (is(facts.data), is(facts.code)) {
        _ if !is(facts.weights) => 1,
        (true, true) => 5,
        (false, true) if facts.is_documented => 4,
        _ => 3,
    };
    rule.min(cap)
}

fn weights(manifest: &Manifest) -> Fact<Open> {
    let (_, openness, span) = declared(manifest, "final-weights");
    let (value, outcome, text) = match openness {
        Some(Openness::Open) => (Some(true), Outcome::Met, "the weights are open"),
        Some(Openness::Partial) => (None, Outcome::Undecidable, "the weights are available in part or to some people"),
        Some(_) => (Some(false), Outcome::Failed, "the weights are closed"),
        None => (None, Outcome::Unstated, "`final-weights` is not declared"),
    };
    Fact { value, reason: Reason::new("weights", outcome, text).component("final-weights").at(span) }
}

/// Returns the highest level that the license of the weights allows.
fn cap(manifest: &Manifest) -> Fact<Range> {
    let reason = |outcome, text: String| Reason::new("license", outcome, text).component("final-weights");
    let Some(component) = manifest.component("final-weights").filter(|component| component.is_released()) else {
        return Fact { value: (1, 5), reason: reason(Outcome::NotApplicable, "no weights are released".to_owned()) };
    };
    let terms = terms::of(manifest, component);
    let text = &terms.text;
    let (value, outcome, text) = match (&terms.standing, &terms.expression) {
        (Standing::OsiApproved, _) => ((5, 5), Outcome::Met, format!("{text} is OSI-approved: up to level 5")),
        (Standing::Unstated, _) => ((1, 1), Outcome::Failed, "no license is stated: level 1".to_owned()),
        (Standing::Without, _) => ((1, 1), Outcome::Failed, "there is no license: level 1".to_owned()),
        (_, Some(expression)) if expression.is_open() => {
            ((5, 5), Outcome::Met, format!("{text} is an open license: up to level 5"))
        }
        (_, Some(expression)) => by_traits(expression, text),
        (_, None) => ((1, 5), Outcome::Undecidable, format!("it is not known what {text} allows")),
    };
    Fact { value, reason: reason(outcome, text).at(terms.span) }
}

/// Returns the cap of a license that is not open: 2 without commercial use, 3 if that is bounded, else 4.
fn by_traits(expression: &Expression, text: &str) -> (Range, Outcome, String) {
    match (traits::ask(expression, commercial), traits::ask(expression, unbounded)) {
        (Some(false), _) => {
            ((2, 2), Outcome::Failed, format!("{text} prohibits or reserves commercial use: up to level 2"))
        }
        (Some(true), Some(true)) => {
            let text = format!("{text} does not limit who uses it and at what scale: up to level 4");
            ((4, 4), Outcome::Partial, text)
        }
        (Some(true), Some(false)) => {
            let limits = terms::limits(expression).join(", ");
            ((3, 3), Outcome::Partial, format!("{text} bounds commercial use ({limits}): up to level 3"))
        }
        (Some(true), None) => (
            (3, 4),
            Outcome::Undecidable,
            format!("it is not known whether {text} limits who uses it or at what scale"),
        ),
        (None, _) => ((2, 4), Outcome::Undecidable, format!("it is not known whether {text} allows commercial use")),
    }
}

fn commercial(traits: &Traits) -> Option<bool> {
    traits.commercial_use.map(Answer::is_yes)
}

/// Returns whether a license limits neither who may use it commercially nor at what scale. Rules of conduct do not count.
fn unbounded(traits: &Traits) -> Option<bool> {
    let none = |threshold: Option<Threshold>| threshold.map(|threshold| threshold == Threshold::None);
    let wanted = [
        none(traits.user_threshold),
        none(traits.revenue_threshold),
        traits.geo_exclusion.map(|answer| !answer.is_yes()),
        traits.separate_commercial_license.map(|answer| !answer.is_yes()),
    ];
    match wanted.contains(&Some(false)) {
        true => Some(false),
        false => (!wanted.contains(&None)).then_some(true),
    }
}

/// Notes that the source ranks a license with rules of conduct in two ways.
fn conduct(manifest: &Manifest) -> Option<Reason> {
    let component = manifest.component("final-weights").filter(|component| component.is_released())?;
    let terms = terms::of(manifest, component);
    let expression = terms.expression.filter(|_| matches!(terms.standing, Standing::Restricted(_)))?;
    let binds = |traits: &Traits| traits.acceptable_use_policy.map(|answer| !answer.is_yes());
    let text = "the license has a binding use policy: the map's guide bounds that at level 3, its discussion at level 4; \
                here only limits on who uses it and at what scale count (our reading)";
    (traits::ask(&expression, binds) == Some(false))
        .then(|| Reason::new("license", Outcome::Noted, text).component("final-weights").at(terms.span))
}

fn data(manifest: &Manifest) -> Fact<Open> {
    let tuned: &[&str] = &["fine-tuning-data", "alignment-data"];
    stages(manifest, "data", if manifest.model.base.is_empty() { &["training-data"] } else { tuned })
}

fn code(manifest: &Manifest) -> Fact<Open> {
    let tuned: &[&str] = &["fine-tuning-code", "alignment-code"];
    stages(manifest, "code", if manifest.model.base.is_empty() { &["training-code"] } else { tuned })
}

/// Returns whether every component that the model has is open. One that is closed decides; one that is not declared does
/// not.
fn stages(manifest: &Manifest, item: &str, ids: &[&str]) -> Fact<Open> {
    let reason = |outcome, text: String| Reason::new(item, outcome, text);
    let declared: Vec<&Component> = ids.iter().filter_map(|id| manifest.component(id)).collect();
    let withheld = declared.iter().find(|part| matches!(part.openness(), Openness::Closed | Openness::Partial));
    if let Some(part) = withheld {
        let text = format!("`{}` is {}", part.id.value, part.openness().as_str());
        let reason = reason(Outcome::Failed, text).component(&part.id.value).at(position(part));
        return Fact { value: Some(false), reason };
    }
    let open: Vec<&&Component> = declared.iter().filter(|part| part.openness() == Openness::Open).collect();
    match (open.first(), declared.len() == ids.len()) {
        (Some(first), true) => {
            let names = open.iter().map(|part| part.id.value.as_str()).collect::<Vec<_>>().join("` and `");
            let text = format!("`{names}` {} open", if open.len() == 1 { "is" } else { "are" });
            let reason = reason(Outcome::Met, text).component(&first.id.value).at(position(first));
            Fact { value: Some(true), reason }
        }
        (None, true) => {
            let text = format!("the release has none of `{}`; the map does not say how that counts", ids.join("`, `"));
            Fact { value: None, reason: reason(Outcome::Undecidable, text) }
        }
        (_, false) => {
            let silent: Vec<&str> = ids.iter().copied().filter(|id| manifest.component(id).is_none()).collect();
            let verb = if silent.len() == 1 { "is" } else { "are" };
            let text = format!("`{}` {verb} not declared", silent.join("` and `"));
            Fact { value: None, reason: reason(Outcome::Unstated, text) }
        }
    }
}

fn position(component: &Component) -> Span {
    component.openness.as_ref().map_or(component.id.span, |openness| openness.span)
}

fn is_documented(manifest: &Manifest) -> bool {
    let has_card = manifest.component("data-card").is_some_and(Component::is_released);
    has_card || manifest.component("training-data").is_some_and(|data| !data.documentation.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    const HEAD: &str = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n";
    const TUNED: &str = "base = [{ name = \"b\" }]\n";

    /// The verdict for weights under a license, with this data and code; empty if not declared.
    fn of(base: &str, license: &str, data: &str, code: &str) -> String {
        let mut text = format!("{HEAD}{base}[component.final-weights]\nopenness = \"open\"\n");
        if !license.is_empty() {
            text.push_str(&format!("license = \"{license}\"\n"));
        }
        let (of_data, of_code): (&[&str], &[&str]) = match base {
            "" => (&["training-data"], &["training-code"]),
            _ => (&["fine-tuning-data", "alignment-data"], &["fine-tuning-code", "alignment-code"]),
        };
        for (ids, openness) in [(of_data, data), (of_code, code)] {
            for id in ids.iter().filter(|_| !openness.is_empty()) {
                text.push_str(&format!("[component.{id}]\nopenness = \"{openness}\"\n"));
            }
        }
        verdict_of(&text)
    }

    fn verdict_of(text: &str) -> String {
        let parsed = parse(Source::new("OPENNESS.toml", text));
        assert!(parsed.is_sound(), "{:?}", parsed.findings);
        evaluate(&parsed.manifest).verdict.unwrap().as_str().to_owned()
    }

    #[test]
    fn the_rules_match_in_order() {
        for (license, data, code, expected) in [
            ("Apache-2.0", "open", "open", "level-5"),
            ("CC-BY-4.0", "open", "open", "level-5"),
            ("LicenseRef-BigScience-OpenRAIL-M", "open", "open", "level-4"),
            ("MIT", "closed", "closed", "level-3"),
            ("MIT", "partial", "open", "level-3"),
            ("MIT", "open", "partial", "level-3"),
            ("LicenseRef-Gemma-Terms", "closed", "closed", "level-3"),
            ("LicenseRef-Llama-3.1-Community", "closed", "partial", "level-3"),
            ("LicenseRef-Llama-3.1-Community", "open", "open", "level-3"),
            ("CC-BY-NC-4.0", "open", "open", "level-2"),
            ("LicenseRef-Apple-AMLR", "closed", "closed", "level-2"),
            ("NONE", "open", "open", "level-1"),
            ("", "open", "open", "level-1"),
        ] {
            assert_eq!(of("", license, data, code), expected, "{license}, {data}, {code}");
            assert_eq!(of(TUNED, license, data, code), expected, "tuned: {license}, {data}, {code}");
        }
        assert_eq!(verdict_of(&format!("{HEAD}[component.final-weights]\nopenness = \"closed\"\n")), "level-1");
    }

    #[test]
    fn what_is_not_stated_is_undecided_only_if_it_matters() {
        assert_eq!(of("", "MIT", "", "open"), "undecidable");
        assert_eq!(of("", "MIT", "", "closed"), "level-3");
        assert_eq!(of("", "CC-BY-NC-4.0", "", ""), "level-2");
        assert_eq!(of("", "LicenseRef-Llama-3.1-Community", "", ""), "level-3");
        assert_eq!(of("", "LicenseRef-own", "closed", "closed"), "undecidable");
        assert_eq!(of("", "LicenseRef-Gemma-Terms", "open", "open"), "undecidable");
        assert_eq!(of(TUNED, "MIT", "not-applicable", "open"), "undecidable");
        assert_eq!(verdict_of(HEAD), "undecidable");
    }

    #[test]
    fn documented_data_counts_for_a_base_model_only() {
        let card = "[component.data-card]\nopenness = \"open\"\n";
        let text = |base: &str, stage: &str| {
            format!(
                "{HEAD}{base}[component.final-weights]\nopenness = \"open\"\nlicense = \"MIT\"\n{card}\
                 [component.{stage}-code]\nopenness = \"open\"\n[component.{stage}-data]\nopenness = \"closed\"\n"
            )
        };
        assert_eq!(verdict_of(&text("", "training")), "level-4");
        assert_eq!(verdict_of(&text("", "training").replace(card, "")), "level-3");
        assert_eq!(verdict_of(&text(TUNED, "fine-tuning")), "level-3");
    }

    #[test]
    fn a_tuned_model_is_assessed_by_what_it_was_tuned_with() {
        let pretraining =
            "[component.training-data]\nopenness = \"closed\"\n[component.training-code]\nopenness = \"closed\"\n";
        let weights = "[component.final-weights]\nopenness = \"open\"\nlicense = \"MIT\"\n";
        let tuning: String = ["fine-tuning-data", "fine-tuning-code"]
            .iter()
            .map(|id| format!("[component.{id}]\nopenness = \"open\"\n"))
            .collect();
        let no_alignment: String = ["alignment-data", "alignment-code"]
            .iter()
            .map(|id| format!("[component.{id}]\nopenness = \"not-applicable\"\n"))
            .collect();
        assert_eq!(verdict_of(&format!("{HEAD}{TUNED}{weights}{pretraining}{tuning}{no_alignment}")), "level-5");
        assert_eq!(verdict_of(&format!("{HEAD}{TUNED}{weights}{pretraining}{tuning}")), "undecidable");
        assert_eq!(verdict_of(&format!("{HEAD}{weights}{pretraining}{tuning}{no_alignment}")), "level-3");
    }

    #[test]
    fn a_use_policy_is_noted_because_the_source_ranks_it_in_two_ways() {
        let noted = |license: &str| {
            let text = format!("{HEAD}[component.final-weights]\nopenness = \"open\"\nlicense = \"{license}\"\n");
            let manifest = parse(Source::new("OPENNESS.toml", text)).manifest;
            evaluate(&manifest).reasons.iter().any(|reason| reason.outcome == Outcome::Noted)
        };
        assert!(noted("LicenseRef-Gemma-Terms"));
        assert!(!noted("LicenseRef-BigScience-OpenRAIL-M"));
        assert!(!noted("Apache-2.0"));
    }
}
