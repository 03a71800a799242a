//! Licenses, as their terms are encoded: what they ask for, which limits go along, and what they say of each relation.

use std::fmt::Write as _;

use crate::license::chain::{self, Outcome, Relation, Step};
use crate::license::{self, terms};
use crate::lineage::{asks, noun};
use crate::manifest;

/// The prefix of ids that SPDX does not list.
const PRIVATE: &str = "LicenseRef-";
/// The relations of the table, in the order of how much of a base a release has.
const RELATIONS: &[manifest::Relation] = &[
    manifest::Relation::Copy,
    manifest::Relation::Quantized,
    manifest::Relation::Finetune,
    manifest::Relation::Merge,
    manifest::Relation::Adapter,
    manifest::Relation::Distilled,
    manifest::Relation::TrainedOn,
];
/// The license of a release that takes nothing over.
const PERMISSIVE: &str = "MIT";

/// Explains the license with this id, with or without `LicenseRef-` and what follows the name: `Llama-3.1`.
pub(super) fn explain(word: &str) -> Option<String> {
    let terms = find(word)?;
    let mut text = format!("{}: its terms as encoded, which is not legal advice\n", terms.id);
    let _ = writeln!(text, "read: {} on {}, in {}", terms.read.as_str(), terms.read_on, terms.source);
    let _ = writeln!(text, "clauses: {}", terms.clauses);
    let own = license::read(&terms.id).ok()?;
    let permissive = license::read(PERMISSIVE).ok()?;
    let step = |relation, downstream| {
        chain::step(&Step { upstream: Some(&own), relation, downstream: Some(downstream), text: None })
    };
    let whole = step(Relation::Finetune, &own);
    if !whole.duties.is_empty() {
        text.push_str("to pass on what is made from it:\n");
    }
    for duty in &whole.duties {
        let _ = writeln!(text, "  {} (clause {})", asks(duty), duty.clause);
    }
    if !whole.limits.is_empty() {
        text.push_str("limits that go along:\n");
    }
    for limit in &whole.limits {
        let _ = writeln!(text, "  {} (clause {})", limit.words, limit.clause);
    }
    let _ = writeln!(text, "a release that is          under it      under {PERMISSIVE}");
    for relation in RELATIONS {
        let outcome = |downstream| step(Relation::from(Some(*relation)), downstream).outcome;
        let _ = writeln!(
            text,
            "  {:<24} {:<13} {}",
            noun(Some(*relation)),
            outcome(&own).as_str(),
            outcome(&permissive).as_str()
        );
    }
    let question = step(Relation::Finetune, &permissive);
    if let Some(ground) = question.grounds.first().filter(|_| question.outcome >= Outcome::Review) {
        let _ = writeln!(text, "a fine-tune under {PERMISSIVE}: {} (clause {})", ground.why, ground.clause);
    }
    Some(text)
}

/// Returns every id, with and without the prefix of private ones.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    terms::all().flat_map(|terms| [Some(terms.id.as_str()), terms.id.strip_prefix(PRIVATE)]).flatten()
}

/// Finds a license by its id, by its id without the prefix, or by the only one that continues the word after a hyphen.
fn find(word: &str) -> Option<&'static terms::Terms> {
    let plain = |terms: &terms::Terms| terms.id.strip_prefix(PRIVATE).unwrap_or(&terms.id).to_lowercase();
    let word = word.to_lowercase();
    let word = word.strip_prefix(&PRIVATE.to_lowercase()).unwrap_or(&word);
    if let Some(exact) = terms::all().find(|terms| plain(terms) == word) {
        return Some(exact);
    }
    let mut longer =
        terms::all().filter(|terms| plain(terms).strip_prefix(word).is_some_and(|rest| rest.starts_with('-')));
    longer.next().filter(|_| longer.next().is_none())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn a_license_is_found_by_its_name_if_only_one_is_meant() {
        let id = |word: &str| find(word).map(|terms| terms.id.as_str());
        for word in ["Llama-3.1", "llama-3.1-community", "LicenseRef-Llama-3.1-Community"] {
            assert_eq!(id(word), Some("LicenseRef-Llama-3.1-Community"), "{word}");
        }
        assert_eq!(id("mit"), Some("MIT"));
        assert_eq!(id("Qwen"), Some("LicenseRef-Qwen"));
        for word in ["", "CC", "CC-BY", "Llama", "Llama-3.", "open"] {
            assert_eq!(id(word), None, "{word}");
        }
    }

    #[test]
    fn every_license_is_explained_with_its_source_and_clauses() {
        for terms in terms::all() {
            let text = explain(&terms.id).unwrap();
            assert!(text.contains(&terms.source) && text.contains("not legal advice"), "{text}");
        }
        let llama = explain("Llama-3.1").unwrap();
        for says in [
            "a name that begins with \"Llama\" (clause 1.b.i)",
            "700,000,000",
            "a fine-tune              obligations   conflict",
            "a distilled model        obligations   obligations",
            "an adapter               obligations   review",
        ] {
            assert!(llama.contains(says), "{says}: {llama}");
        }
    }
}
