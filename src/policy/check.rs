//! Checks a release against a policy.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Component, Facts, Lines, StatementLines, Unmet};
use crate::artifacts::format::{code_on_load, runs_on_load};
use crate::files::Files;
use crate::path::RepoPath;
use crate::statement::Predicate;
use crate::taxonomy;

/// The time of signing may be ahead of the verifier's clock by this much.
const CLOCK_SKEW_SECONDS: i64 = 24 * 60 * 60;
const DAY_SECONDS: i64 = 24 * 60 * 60;

impl Lines {
    pub(super) fn unmet_by_statement(&self, facts: &Facts<'_>) -> Vec<Unmet> {
        let predicate = &facts.statement.predicate;
        let mut unmet = self.signers.unmet(&self.roles, &facts.signatures);
        for (name, least) in &self.verdicts {
            let id = taxonomy::named(name).map_or(name.as_str(), |taxonomy| taxonomy.id.as_str());
            unmet.extend(least.unmet(id, facts.evaluation(id).as_ref()));
        }
        let subjects: Vec<&RepoPath> = facts.statement.subject.iter().map(|subject| &subject.name).collect();
        self.files(&subjects, facts.files, &mut unmet);
        self.components(predicate, &mut unmet);
        for (which, lines) in &self.licenses {
            let components = predicate.components.iter();
            let released = components.filter(|component| which.matches(&component.id) && component.is_released());
            unmet.extend(released.flat_map(|component| lines.unmet(component)));
        }
        unmet.extend(self.evidence.unmet(facts));
        self.exclusions(facts, &mut unmet);
        unmet.extend(self.lineage.unmet(facts));
        self.statement.unmet(predicate, facts.at, &mut unmet);
        unmet
    }

    fn files(&self, subjects: &[&RepoPath], files: Option<&dyn Files>, unmet: &mut Vec<Unmet>) {
        for pattern in &self.files.forbid {
            let paths = matching(subjects, |path| pattern.0.matches(path));
            if !paths.is_empty() {
                unmet.push(Unmet::ForbiddenFiles { pattern: pattern.0.as_str().to_owned(), paths });
            }
        }
        if self.files.forbid_code_on_load {
            let is_allowed = |path: &RepoPath| self.files.allow_code_on_load.iter().any(|glob| glob.0.matches(path));
            let runs_code = |path: &RepoPath| match files.and_then(|files| Some((files, files.find(path)?))) {
                Some((files, entry)) => code_on_load(files, entry).is_some(),
                None => runs_on_load(path).is_some(),
            };
            let paths = matching(subjects, |path| !is_allowed(path) && runs_code(path));
            if !paths.is_empty() {
                unmet.push(Unmet::CodeOnLoad { paths });
            }
        }
    }

    fn components(&self, predicate: &Predicate, unmet: &mut Vec<Unmet>) {
        let openness = |id: &str| {
            predicate.components.iter().find(|component| component.id == id).map(|found| found.openness.clone())
        };
        for id in self.components.require.iter().map(Component::as_str) {
            let openness = openness(id);
            if !matches!(openness.as_deref(), Some("open" | "partial")) {
                unmet.push(Unmet::NotReleased { component: id.to_owned(), openness });
            }
        }
        for id in self.components.require_open.iter().map(Component::as_str) {
            let openness = openness(id);
            if openness.as_deref() != Some("open") {
                unmet.push(Unmet::NotOpen { component: id.to_owned(), openness });
            }
        }
    }

    /// Checks the files that were excluded at signing, and those that the signed patterns exclude now.
    fn exclusions(&self, facts: &Facts<'_>, unmet: &mut Vec<Unmet>) {
        let signed = &facts.statement.predicate.coverage.excluded;
        let excluded: BTreeSet<&RepoPath> = signed.iter().chain(facts.excluded).collect();
        let excluded: Vec<&RepoPath> = excluded.into_iter().collect();
        for pattern in &self.coverage.forbid_exclude {
            let paths = matching(&excluded, |path| pattern.0.matches(path));
            if !paths.is_empty() {
                unmet.push(Unmet::ExcludedFiles { pattern: pattern.0.as_str().to_owned(), paths });
            }
        }
    }
}

impl StatementLines {
    fn unmet(&self, predicate: &Predicate, at: Timestamp, unmet: &mut Vec<Unmet>) {
        if let Some(maximum_days) = self.maximum_age_days {
            unmet.extend(age(&predicate.created, maximum_days, at));
        }
        if let Some(allowed) = &self.allow_waived {
            let is_allowed = |code: &String| allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(code));
            let codes: Vec<String> = predicate.waived.iter().filter(|code| !is_allowed(code)).cloned().collect();
            if !codes.is_empty() {
                unmet.push(Unmet::Waived { codes });
            }
        }
        if self.require_expires && predicate.expires.is_none() {
            unmet.push(Unmet::NoExpiry);
        }
        if let Some(required) = self.minimum_sequence {
            let found = predicate.release.sequence;
            if found.is_none_or(|found| found < required) {
                unmet.push(Unmet::Sequence { required, found });
            }
        }
    }
}

/// Checks the time that the signer claims.
fn age(created: &str, maximum_days: u32, at: Timestamp) -> Option<Unmet> {
    let Ok(time) = created.parse::<Timestamp>() else {
        return Some(Unmet::UnreadableTime { created: created.to_owned() });
    };
    match at.as_second().saturating_sub(time.as_second()) {
        age if age > i64::from(maximum_days) * DAY_SECONDS => Some(Unmet::TooOld { created: time, maximum_days }),
        age if age < -CLOCK_SKEW_SECONDS => Some(Unmet::FutureTime { created: time }),
        _ => None,
    }
}

fn matching(paths: &[&RepoPath], is_match: impl Fn(&RepoPath) -> bool) -> Vec<RepoPath> {
    paths.iter().copied().filter(|path| is_match(path)).cloned().collect()
}
