//! What a use policy says about itself and prohibits (Klyman 2024), and where safeguards operate (PRISM, Neumann & Jones 2024). Both are
//! descriptive.
//!
//! See <https://arxiv.org/abs/2409.09041> and <https://arxiv.org/abs/2406.10415>.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Evaluation, Outcome, Reason, Verdict, embedded, unknown};
use crate::finding;
use crate::manifest::{Manifest, SafeguardStage, Text, UsePolicy};
use crate::source::Span;
use crate::taxonomy::{List, Taxonomy};

items! {
    /// The facts about a use policy.
    Fact {
        Document = "document",
        Kind = "kind",
        Prohibits = "prohibits",
        CompetitorClause = "competitor-clause",
        Enforcement = "enforcement",
    }
}

pub(super) fn use_policy(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("use-policy");
    let empty = UsePolicy::default();
    let policy = manifest.use_policy.as_ref().unwrap_or(&empty);
    let span = |fact: Fact| -> Option<Span> {
        match fact {
            Fact::Document => policy.document.as_ref().map(|text| text.span),
            Fact::Kind => policy.kind.as_ref().map(|kind| kind.span),
            Fact::Prohibits => policy.prohibits.first().map(|text| text.span),
            Fact::CompetitorClause => policy.competitor_clause.as_ref().map(|flag| flag.span),
            Fact::Enforcement => policy.enforcement.as_ref().map(|text| text.span),
        }
    };
    let mut reasons: Vec<Reason> = taxonomy
        .items
        .iter()
        .map(|item| {
            let Some(fact) = Fact::from_id(&item.id) else { return unknown(item) };
            match span(fact) {
                Some(span) => {
                    Reason::new(&item.id, Outcome::Met, format!("`use-policy.{}` is stated", item.id)).at(span)
                }
                None => Reason::new(&item.id, Outcome::Unstated, format!("`use-policy.{}` is not stated", item.id)),
            }
        })
        .collect();
    reasons.extend(unlisted(taxonomy, policy));
    reasons.extend(contradiction(policy));
    let mut details = Map::new();
    details.insert("kind".to_owned(), json!(policy.kind.as_ref().map(|kind| kind.value.as_str())));
    details.insert("prohibits".to_owned(), policy.prohibits.iter().map(|text| text.value.as_str()).collect());
    let competitors = policy.competitor_clause.as_ref().map(|flag| flag.value);
    details.insert("competitor-clause".to_owned(), json!(competitors));
    details.extend(categories(taxonomy, policy));
    let verdict = if manifest.use_policy.is_some() { Verdict::Stated } else { Verdict::Absent };
    Evaluation::new(taxonomy, verdict, details, reasons)
}

/// The category of a clause against competitors.
const COMPETING: &str = "building-a-competing-service";
/// The number of unlisted uses for which a similar category is looked for.
const MAX_SUGGESTIONS: usize = 100;

/// Returns the groups of categories, in the order of the data file.
fn groups(taxonomy: &Taxonomy) -> impl Iterator<Item = &List> + Clone {
    taxonomy.lists.iter().filter(|list| list.vocabulary)
}

/// Returns the prohibited uses, each once, divided into categories and others.
fn prohibited<'p>(taxonomy: &Taxonomy, policy: &'p UsePolicy) -> (BTreeSet<&'p str>, BTreeSet<&'p str>) {
    let uses = policy.prohibits.iter().map(|text| text.as_str());
    uses.partition(|text| groups(taxonomy).any(|group| group.members.iter().any(|id| id == text)))
}

/// Counts the prohibited categories, in all and by group, and lists those that protect a business.
fn categories(taxonomy: &Taxonomy, policy: &UsePolicy) -> Map<String, Value> {
    let (known, others) = prohibited(taxonomy, policy);
    let of = |list: &List| list.members.iter().filter(|id| known.contains(id.as_str())).count();
    let by_group: Map<String, Value> = groups(taxonomy)
        .map(|group| (group.id.clone(), json!({ "prohibited": of(group), "of": group.members.len() })))
        .collect();
    let commercial = known.iter().filter(|id| taxonomy.list_contains("commercial-protection", id));
    let mut details = Map::new();
    details.insert("known".to_owned(), known.len().into());
    details.insert("unknown".to_owned(), others.iter().copied().collect());
    details.insert("commercial".to_owned(), commercial.copied().collect());
    details.insert("groups".to_owned(), Value::Object(by_group));
    details
}

/// Notes each prohibited use that is not one of the categories, with the category that was probably meant.
fn unlisted(taxonomy: &Taxonomy, policy: &UsePolicy) -> Vec<Reason> {
    let ids = || groups(taxonomy).flat_map(|group| &group.members).map(String::as_str);
    let (_, mut left) = prohibited(taxonomy, policy);
    let mut suggestions = 0;
    let reason = |text: &Text| {
        let name = &text.value;
        suggestions += 1;
        let near = if suggestions <= MAX_SUGGESTIONS { finding::closest(name, ids()) } else { None };
        let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let text_of = format!("`{name}` is not one of the {} categories of prohibited uses{near}", ids().count());
        Reason::new("prohibits", Outcome::Noted, text_of).at(text.span)
    };
    policy.prohibits.iter().filter(|text| left.remove(text.as_str())).map(reason).collect()
}

/// Notes that the clause against competitors and the prohibited uses contradict each other.
fn contradiction(policy: &UsePolicy) -> Option<Reason> {
    let clause = policy.competitor_clause.as_ref()?;
    let is_listed = policy.prohibits.iter().any(|text| text.value == COMPETING);
    let text = match (clause.value, is_listed) {
        (true, false) if !policy.prohibits.is_empty() => {
            format!("`competitor-clause` is true, but `prohibits` does not have `{COMPETING}`")
        }
        (false, true) => format!("`competitor-clause` is false, but `prohibits` has `{COMPETING}`"),
        _ => return None,
    };
    Some(Reason::new("contradiction", Outcome::Noted, text).at(clause.span))
}

pub(super) fn safeguards(manifest: &Manifest) -> Evaluation {
    let taxonomy = embedded("prism-2024");
    let mut stages = Map::new();
    let mut reasons = Vec::new();
    for item in &taxonomy.items {
        let Some(stage) = SafeguardStage::from_word(&item.id) else {
            reasons.push(unknown(item));
            continue;
        };
        let at_stage = manifest
            .safeguards
            .iter()
            .filter(|safeguard| safeguard.stage.as_ref().is_some_and(|found| found.value == stage));
        let mut listed = Vec::new();
        for safeguard in at_stage {
            listed.push(json!({
                "name": safeguard.name.value,
                "independent": safeguard.independent.as_ref().map(|flag| flag.value),
                "removable": safeguard.removable.as_ref().map(|flag| flag.value),
            }));
            let text = format!("`{}` operates at the `{}` stage", safeguard.name.value, item.id);
            reasons.push(Reason::new(&item.id, Outcome::Met, text).at(safeguard.span));
        }
        if listed.is_empty() {
            let text = format!("no safeguard is stated for the `{}` stage", item.id);
            reasons.push(Reason::new(&item.id, Outcome::Unstated, text));
        }
        stages.insert(item.id.clone(), Value::Array(listed));
    }
    let mut details = Map::new();
    details.insert("stages".to_owned(), Value::Object(stages));
    Evaluation::new(taxonomy, None, details, reasons)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    fn evaluation(policy: &str) -> Evaluation {
        let head = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n[use-policy]\n";
        use_policy(&parse(Source::new("OPENNESS.toml", format!("{head}{policy}"))).manifest)
    }

    fn notes(policy: &str) -> Vec<String> {
        let reasons = evaluation(policy).reasons.into_iter();
        reasons.filter(|reason| reason.outcome == Outcome::Noted).map(|reason| reason.text).collect()
    }

    #[test]
    fn there_are_127_categories_each_in_one_group() {
        let taxonomy = embedded("use-policy");
        let all: Vec<&String> = groups(taxonomy).flat_map(|group| &group.members).collect();
        assert_eq!((all.len(), all.iter().collect::<BTreeSet<_>>().len()), (127, 127));
        let commercial = taxonomy.lists.iter().find(|list| list.id == "commercial-protection").unwrap();
        assert!(commercial.members.iter().all(|id| all.contains(&id)));
    }

    #[test]
    fn categories_are_counted_once_and_by_group() {
        let found = evaluation("prohibits = [\"bullying\", \"shaming\", \"bullying\", \"model-scraping\"]\n");
        assert_eq!(found.details["known"], 3);
        assert_eq!(found.details["unknown"], json!([]));
        assert_eq!(found.details["commercial"], json!(["model-scraping"]));
        assert_eq!(found.details["groups"]["degradation"], json!({ "prohibited": 2, "of": 3 }));
        assert_eq!(found.details["groups"]["violence"]["prohibited"], 0);
    }

    #[test]
    fn a_use_that_is_not_a_category_is_noted_with_the_one_that_is_similar() {
        assert_eq!(
            notes("prohibits = [\"bullyng\", \"weather control\", \"bullying\", \"bullyng\"]\n"),
            [
                "`bullyng` is not one of the 127 categories of prohibited uses; did you mean `bullying`?",
                "`weather control` is not one of the 127 categories of prohibited uses",
            ]
        );
        assert_eq!(notes("prohibits = [\"bullying\"]\n"), [""; 0]);
    }

    #[test]
    fn a_clause_against_competitors_agrees_with_the_prohibited_uses() {
        let of = |clause: &str, uses: &str| notes(&format!("{clause}prohibits = [{uses}]\n")).len();
        let (yes, no) = ("competitor-clause = true\n", "competitor-clause = false\n");
        assert_eq!(of(yes, "\"bullying\""), 1);
        assert_eq!(of(no, "\"building-a-competing-service\""), 1);
        assert_eq!(of(yes, "\"building-a-competing-service\""), 0);
        assert_eq!(of(no, "\"bullying\""), 0);
        assert_eq!(of(yes, ""), 0);
        assert_eq!(of("", "\"building-a-competing-service\""), 0);
    }
}
