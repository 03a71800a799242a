//! Holding a release to a policy: each line that is not met, in words.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Least, Policy, Signers, StatementLines};
use crate::artifacts::format::runs_on_load;
use crate::path::RepoPath;
use crate::sign::Status;
use crate::statement::Predicate;
use crate::taxonomy::{self, ClaimValueKind};
use crate::verify::{Report, SignatureReport};

/// A time of signing may be ahead of the verifier's clock by this much.
const CLOCK_SKEW_SECONDS: i64 = 24 * 60 * 60;
const DAY_SECONDS: i64 = 24 * 60 * 60;
/// Names past this number are counted.
const MAX_NAMED: usize = 5;

impl Policy {
    /// Returns every line that a release does not meet, in the order of the policy's shape; `at` is the time of judging.
    #[must_use]
    pub fn unmet(&self, report: &Report, at: Timestamp) -> Vec<String> {
        let Some(statement) = &report.statement else {
            return vec!["there is no statement to hold to the policy".to_owned()];
        };
        let mut unmet: Vec<String> = self.signers.unmet(&report.signatures).into_iter().collect();
        for (id, least) in &self.verdicts {
            unmet.extend(verdict_unmet(id, least, report));
        }
        let subjects: Vec<&RepoPath> = statement.subject.iter().map(|subject| &subject.name).collect();
        self.files(&subjects, &mut unmet);
        self.components(&statement.predicate, &mut unmet);
        self.exclusions(report, &statement.predicate, &mut unmet);
        self.statement.unmet(&statement.predicate, at, &mut unmet);
        unmet
    }

    fn files(&self, subjects: &[&RepoPath], unmet: &mut Vec<String>) {
        for pattern in &self.files.forbid {
            let found = subjects.iter().filter(|path| pattern.0.matches(path)).map(ToString::to_string);
            unmet.extend(named(&format!("files match `{}`", pattern.0.as_str()), found));
        }
        if self.files.forbid_code_on_load {
            let is_allowed = |path: &RepoPath| self.files.allow_code_on_load.iter().any(|glob| glob.0.matches(path));
            let found = subjects.iter().filter(|path| runs_on_load(path).is_some() && !is_allowed(path));
            unmet.extend(named("files run code when they are loaded", found.map(ToString::to_string)));
        }
    }

    fn components(&self, predicate: &Predicate, unmet: &mut Vec<String>) {
        let openness =
            |id: &str| predicate.components.iter().find(|component| component.id == id).map(|found| &*found.openness);
        for id in &self.components.require {
            if !matches!(openness(id), Some("open" | "partial")) {
                unmet.push(format!("the component `{id}` is {}", openness(id).unwrap_or("not declared")));
            }
        }
        for id in &self.components.require_open {
            if openness(id) != Some("open") {
                unmet.push(format!("the component `{id}` is {}, not open", openness(id).unwrap_or("not declared")));
            }
        }
    }

    /// What was left out when it was signed, and what is here and left out now.
    fn exclusions(&self, report: &Report, predicate: &Predicate, unmet: &mut Vec<String>) {
        let here = report.files.excluded.iter().filter_map(|name| name.parse::<RepoPath>().ok());
        let excluded: BTreeSet<RepoPath> = predicate.coverage.excluded.iter().cloned().chain(here).collect();
        for pattern in &self.coverage.forbid_exclude {
            let found = excluded.iter().filter(|path| pattern.0.matches(path)).map(ToString::to_string);
            unmet.extend(named(&format!("files that match `{}` are not signed", pattern.0.as_str()), found));
        }
    }
}

impl Signers {
    fn unmet(&self, signatures: &[SignatureReport]) -> Option<String> {
        let good = signatures.iter().filter(|signature| signature.status == Status::Good);
        // Two envelopes by one key are one signer.
        let mut keys: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for signature in good {
            let Some(key) = signature.key.as_deref() else { continue };
            let names = keys.entry(key).or_default();
            names.extend(signature.principal.iter().flat_map(|list| list.split(',')));
        }
        let (require, found) = match &self.of {
            None => (self.require?, keys.len()),
            Some(of) => (self.require.unwrap_or(1), pairs(of, &keys.into_values().collect::<Vec<_>>())),
        };
        (found < require).then(|| match &self.of {
            None => format!("{found} of the {require} signers asked for have signed"),
            Some(of) => {
                format!("{found} of the {require} signers asked for have signed; counted are {}", of.join(", "))
            }
        })
    }
}

/// The most principals that can be paired with a key each, no key twice: one key that may sign as two people is one signer.
fn pairs(principals: &[String], keys: &[BTreeSet<&str>]) -> usize {
    /// Kuhn's algorithm: finds a free key, or one whose principal can take another.
    fn place(
        who: usize,
        principals: &[String],
        keys: &[BTreeSet<&str>],
        taken: &mut [Option<usize>],
        tried: &mut [bool],
    ) -> bool {
        for (at, names) in keys.iter().enumerate() {
            if tried[at] || !names.contains(principals[who].as_str()) {
                continue;
            }
            tried[at] = true;
            if taken[at].is_none_or(|other| place(other, principals, keys, taken, tried)) {
                taken[at] = Some(who);
                return true;
            }
        }
        false
    }
    let mut taken = vec![None; keys.len()];
    let distinct: BTreeSet<&String> = principals.iter().collect();
    let principals: Vec<String> = distinct.into_iter().cloned().collect();
    (0..principals.len()).filter(|who| place(*who, &principals, keys, &mut taken, &mut vec![false; keys.len()])).count()
}

fn verdict_unmet(id: &str, least: &Least, report: &Report) -> Option<String> {
    let evaluation = report.evaluations.iter().find(|evaluation| evaluation.taxonomy == id);
    let (Some(evaluation), Some(claim)) = (evaluation, taxonomy::find(id).and_then(|found| found.claim.as_ref()))
    else {
        return Some(format!("`{id}` could not be derived"));
    };
    match least {
        Least::Score(least) => {
            let score = evaluation.details.get("score").and_then(serde_json::Value::as_f64);
            let shown = score.map_or_else(|| "nothing".to_owned(), |score| score.to_string());
            (score.is_none_or(|score| score < *least)).then(|| format!("`{id}` yields {shown}, below {least}"))
        }
        Least::Word(word) => {
            let verdict = evaluation.verdict.as_deref().unwrap_or("nothing");
            let rank = |word: &str| claim.words.iter().position(|known| known == word);
            let holds = match claim.value {
                // The best stands first.
                ClaimValueKind::Rank => rank(verdict).is_some_and(|found| Some(found) <= rank(word)),
                _ => verdict == word,
            };
            (!holds).then(|| format!("`{id}` yields {verdict}, not {word}"))
        }
    }
}

impl StatementLines {
    fn unmet(&self, predicate: &Predicate, at: Timestamp, unmet: &mut Vec<String>) {
        if let Some(days) = self.maximum_age_days {
            match predicate.created.parse::<Timestamp>() {
                Err(_) => unmet.push("the statement's time cannot be read".to_owned()),
                Ok(created) => {
                    let age = at.as_second().saturating_sub(created.as_second());
                    if age > i64::from(days) * DAY_SECONDS {
                        unmet.push(format!("the statement is of {created}, more than {days} days ago"));
                    }
                    if age < -CLOCK_SKEW_SECONDS {
                        unmet.push(format!("the statement is of {created}, which is yet to come"));
                    }
                }
            }
        }
        if let Some(allowed) = &self.allow_despite {
            let is_allowed = |code: &String| allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(code));
            let found = predicate.despite.iter().filter(|code| !is_allowed(code)).cloned();
            unmet.extend(named("it was signed in spite of findings", found));
        }
        if self.require_expires && predicate.expires.is_none() {
            unmet.push("the statement does not say until when it is current".to_owned());
        }
        if let Some(least) = self.minimum_sequence {
            let sequence = predicate.release.sequence;
            if sequence.is_none_or(|found| found < least) {
                let found = sequence.map_or_else(|| "not numbered".to_owned(), |found| format!("number {found}"));
                unmet.push(format!("the release is {found}; {least} or later is asked for"));
            }
        }
    }
}

/// `WHAT: a, b and 3 more`; `None` where there are none.
fn named(what: &str, names: impl Iterator<Item = String>) -> Option<String> {
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        return None;
    }
    let shown = names.iter().take(MAX_NAMED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(MAX_NAMED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("{what}: {shown}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_counts_for_one_principal_only() {
        let principals = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let keys = |lists: &[&[&'static str]]| {
            lists.iter().map(|list| list.iter().copied().collect::<BTreeSet<_>>()).collect::<Vec<_>>()
        };
        for (who, lists, expected) in [
            (&["a", "b"][..], &[&["a", "b"][..]][..], 1),
            (&["a", "b"], &[&["a"], &["a"]], 1),
            (&["a", "b"], &[&["a", "b"], &["a"]], 2),
            (&["a", "b"], &[&["a"], &["a", "b"]], 2),
            (&["a", "b", "c"], &[&["a", "b"], &["c"], &["c"]], 2),
            (&["a", "b", "c"], &[&["a", "b"], &["b", "c"], &["a"]], 3),
            (&["a", "a"], &[&["a"], &["a"]], 1),
            (&["a"], &[&["b"]], 0),
            (&["a"], &[], 0),
        ] {
            assert_eq!(pairs(&principals(who), &keys(lists)), expected, "{who:?} {lists:?}");
        }
    }
}
