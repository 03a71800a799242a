//! Holding a release to a policy: each line that is not met, in words.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::evidence::is_released;
use super::{Component, Policy, StatementLines};
use crate::artifacts::format::runs_on_load;
use crate::evaluate::{self, Evaluation};
use crate::finding;
use crate::path::RepoPath;
use crate::statement::Predicate;
use crate::verify::Report;

/// A time of signing may be ahead of the verifier's clock by this much.
const CLOCK_SKEW_SECONDS: i64 = 24 * 60 * 60;
const DAY_SECONDS: i64 = 24 * 60 * 60;

impl Policy {
    /// Returns every line that a release does not meet, in the order of the policy's shape; `at` is the time of judging.
    #[must_use]
    pub fn unmet(&self, report: &Report, at: Timestamp) -> Vec<String> {
        let Some(statement) = &report.statement else {
            return vec!["there is no statement to hold to the policy".to_owned()];
        };
        let mut unmet = self.signers.unmet(&self.roles, &report.signatures);
        for (id, least) in &self.verdicts {
            unmet.extend(least.unmet(id, evaluation(id, report).as_ref()));
        }
        let subjects: Vec<&RepoPath> = statement.subject.iter().map(|subject| &subject.name).collect();
        self.files(&subjects, &mut unmet);
        self.components(&statement.predicate, &mut unmet);
        for (which, lines) in &self.licenses {
            let components = &statement.predicate.components;
            let released = components.iter().filter(|component| which.takes(&component.id) && is_released(component));
            unmet.extend(released.flat_map(|component| lines.unmet(component)));
        }
        let evaluation = |id: &str| evaluation(id, report);
        unmet.extend(self.evidence.unmet(statement, report.manifest.as_ref(), evaluation));
        unmet.extend(self.evidence.unmet_beside(report));
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
        for id in self.components.require.iter().map(Component::as_str) {
            if !matches!(openness(id), Some("open" | "partial")) {
                unmet.push(format!("the component `{id}` is {}", openness(id).unwrap_or("not declared")));
            }
        }
        for id in self.components.require_open.iter().map(Component::as_str) {
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

/// What the declared facts yield, without what an imported record states.
fn evaluation(id: &str, report: &Report) -> Option<Evaluation> {
    let bare = report.manifest.as_ref().and_then(|manifest| evaluate::evaluate_without_imported(manifest, id));
    bare.or_else(|| report.evaluations.iter().find(|evaluation| evaluation.taxonomy == id).cloned())
}

impl StatementLines {
    fn unmet(&self, predicate: &Predicate, at: Timestamp, unmet: &mut Vec<String>) {
        if let Some(days) = self.maximum_age_days {
            match predicate.created.parse::<Timestamp>() {
                Err(_) => unmet.push("the statement's time cannot be read".to_owned()),
                Ok(created) => {
                    let age = at.as_second().saturating_sub(created.as_second());
                    if age > i64::from(days) * DAY_SECONDS {
                        unmet.push(format!(
                            "the statement is of {created}, more than {days} days ago, by the signer's word"
                        ));
                    }
                    if age < -CLOCK_SKEW_SECONDS {
                        unmet
                            .push(format!("the statement is of {created}, which is yet to come, by the signer's word"));
                    }
                }
            }
        }
        if let Some(allowed) = &self.allow_waived {
            let is_allowed = |code: &String| allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(code));
            let found = predicate.waived.iter().filter(|code| !is_allowed(code)).cloned();
            unmet.extend(named("the signer waived findings", found));
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
    (!names.is_empty()).then(|| format!("{what}: {}", finding::summarize_list(names.iter())))
}
