//! The last verified release of each model, to detect an older release that is passed off as the newest (rollback).

use serde::{Deserialize, Serialize};

use super::VERSION;
use crate::statement::{Body, Hex};

/// The last verified release of each model.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseHistory {
    pub(super) version: u32,
    /// At most one for each model.
    #[serde(rename = "seen")]
    pub releases: Vec<LastRelease>,
}

/// The last verified release of one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastRelease {
    /// The producer of the model, as signed.
    pub producer: String,
    /// The name of the model, as signed.
    pub model: String,
    /// The sequence number of the release, if it had one.
    pub sequence: Option<u64>,
    /// The SHA-256 of the statement.
    pub statement: Hex,
    /// The time of the verification in RFC 3339, such as `2026-12-01T12:00:00Z`.
    pub verified: String,
}

/// Why a release is older than expected, or contradicts an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rollback {
    /// A later release has been verified before.
    #[error("this is release {found} of the model, but release {seen} was verified on this machine on {when}")]
    Older {
        /// The sequence number of this release.
        found: u64,
        /// The sequence number of the verified release.
        seen: u64,
        /// When that was verified.
        when: String,
    },
    /// The release has no sequence number, but the last verified one had.
    #[error("this release has no sequence number, but release {seen} was verified on this machine on {when}")]
    Unnumbered {
        /// The sequence number of the verified release.
        seen: u64,
        /// When that was verified.
        when: String,
    },
    /// Two releases with the same sequence number.
    #[error(
        "this statement differs from the one verified on this machine as release {sequence} on {when}: there are two releases with the same number"
    )]
    Forked {
        /// The sequence number of both.
        sequence: u64,
        /// When the other one was verified.
        when: String,
    },
    /// The release supersedes a different statement than the one verified as the previous release.
    #[error(
        "this release supersedes the statement {superseded}, but the statement verified on this machine as release {seen} on {when} is {known}: there are two different releases {seen}"
    )]
    OtherPast {
        /// The SHA-256 of the superseded statement, in hex.
        superseded: String,
        /// The sequence number of the previous release.
        seen: u64,
        /// The SHA-256 of the statement verified with that number, in hex.
        known: String,
        /// When that was verified.
        when: String,
    },
    /// The release is older than the verifier requires.
    #[error("release {least} or later is required, but this is {}", .found.map_or_else(|| "an unnumbered release".to_owned(), |found| format!("release {found}")))]
    Required {
        /// The lowest accepted sequence number.
        least: u64,
        /// The sequence number of this release.
        found: Option<u64>,
    },
}

impl Default for ReleaseHistory {
    fn default() -> Self {
        Self { version: VERSION, releases: Vec::new() }
    }
}

impl ReleaseHistory {
    fn at(&self, producer: &str, model: &str) -> Option<usize> {
        self.releases.iter().position(|last| last.producer == producer && last.model == model)
    }

    /// Compares a statement with the last verified one of its model. The signer of the statement must be trusted.
    ///
    /// Releases without sequence numbers have no order and are accepted.
    ///
    /// # Errors
    /// [`Rollback`] if the release is older than the last one or contradicts it.
    pub fn check(&self, statement: &Body, digest: &Hex) -> Result<(), Rollback> {
        let model = &statement.predicate.model;
        let Some(last) = self.at(&model.producer, &model.name).map(|at| &self.releases[at]) else { return Ok(()) };
        let when = || last.verified.clone();
        match (statement.predicate.release.sequence, last.sequence) {
            (_, None) => Ok(()),
            (None, Some(seen)) => Err(Rollback::Unnumbered { seen, when: when() }),
            (Some(found), Some(seen)) if found < seen => Err(Rollback::Older { found, seen, when: when() }),
            (Some(sequence), Some(seen)) if sequence == seen && last.statement != *digest => {
                Err(Rollback::Forked { sequence, when: when() })
            }
            (Some(found), Some(seen)) if found == seen.saturating_add(1) => {
                let superseded = statement.predicate.release.supersedes.as_ref();
                match superseded.filter(|superseded| **superseded != last.statement) {
                    None => Ok(()),
                    Some(superseded) => Err(Rollback::OtherPast {
                        superseded: superseded.0.as_str().to_owned(),
                        seen,
                        known: last.statement.0.as_str().to_owned(),
                        when: when(),
                    }),
                }
            }
            // The releases between them have not been verified on this machine.
            (Some(_), Some(_)) => Ok(()),
        }
    }

    /// Records a verified statement; an older one never replaces a newer one.
    pub fn record(&mut self, statement: &Body, digest: &Hex, now: jiff::Timestamp) {
        if self.check(statement, digest).is_err() {
            return;
        }
        let model = &statement.predicate.model;
        let last = LastRelease {
            producer: model.producer.clone(),
            model: model.name.clone(),
            sequence: statement.predicate.release.sequence,
            statement: digest.clone(),
            verified: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        };
        match self.at(&model.producer, &model.name) {
            Some(at) => self.releases[at] = last,
            None => self.releases.push(last),
        }
    }

    /// Removes a model from the history and returns its last release.
    pub fn remove(&mut self, producer: &str, model: &str) -> Option<LastRelease> {
        self.at(producer, model).map(|at| self.releases.remove(at))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::*;
    use crate::statement::{CoverageFacts, FindingFacts, LfsFacts, ManifestFacts, ModelFacts, Predicate, ReleaseFacts};

    fn digest(number: u8) -> Hex {
        Hex(format!("{number:064}").parse().unwrap())
    }

    fn statement(producer: &str, name: &str, sequence: Option<u64>, supersedes: Option<u8>) -> Body {
        let predicate = Predicate {
            allowed: None,
            manifest: ManifestFacts { path: "OPENNESS.toml".parse().unwrap(), sha256: digest(0) },
            model: ModelFacts { name: name.to_owned(), version: "1".to_owned(), producer: producer.to_owned() },
            release: ReleaseFacts { sequence, supersedes: supersedes.map(digest), ..ReleaseFacts::default() },
            components: vec![],
            claims: [].into(),
            taxonomies: vec![],
            findings: FindingFacts { errors: 0, warnings: 0, notes: 0 },
            waived: vec![],
            coverage: CoverageFacts {
                files: 0,
                bytes: 0,
                exclude: vec![],
                excluded: vec![],
                links: [].into(),
                submodules: [].into(),
                lfs: LfsFacts::default(),
            },
            git: None,
            created: "2026-11-22T00:00:00Z".to_owned(),
            expires: None,
        };
        Body { kind: String::new(), subject: vec![], predicate_type: String::new(), predicate }
    }

    #[test]
    fn a_release_is_compared_with_the_last_one_of_its_model() {
        let now = "2026-12-01T12:00:00Z".parse().unwrap();
        let mut history = ReleaseHistory::default();
        history.record(&statement("lab", "lm", Some(3), None), &digest(1), now);
        let when = || "2026-12-01T12:00:00Z".to_owned();
        for (sequence, supersedes, number, expected) in [
            (None, None, 1, Err(Rollback::Unnumbered { seen: 3, when: when() })),
            (Some(0), None, 1, Err(Rollback::Older { found: 0, seen: 3, when: when() })),
            (Some(2), None, 1, Err(Rollback::Older { found: 2, seen: 3, when: when() })),
            (Some(3), None, 1, Ok(())),
            (Some(3), None, 2, Err(Rollback::Forked { sequence: 3, when: when() })),
            (Some(4), None, 2, Ok(())),
            (Some(4), Some(1), 2, Ok(())),
            (
                Some(4),
                Some(9),
                2,
                Err(Rollback::OtherPast {
                    superseded: format!("{:064}", 9),
                    seen: 3,
                    known: format!("{:064}", 1),
                    when: when(),
                }),
            ),
            // The releases between them have not been verified.
            (Some(5), Some(9), 2, Ok(())),
        ] {
            let found = history.check(&statement("lab", "lm", sequence, supersedes), &digest(number));
            assert_eq!(found, expected, "{sequence:?} {supersedes:?} {number}");
            // The same name of another producer, or another model, is not compared.
            for (producer, name) in [("lab", "lm2"), ("lab2", "lm")] {
                assert_eq!(history.check(&statement(producer, name, sequence, supersedes), &digest(number)), Ok(()));
            }
        }
    }

    #[test]
    fn only_the_newest_release_of_each_model_is_recorded() {
        let now = "2026-12-01T12:00:00Z".parse().unwrap();
        let mut history = ReleaseHistory::default();
        for (name, sequence, number) in [("lm", None, 1), ("lm", Some(3), 2), ("lm2", Some(1), 3), ("lm", Some(2), 4)] {
            history.record(&statement("lab", name, sequence, None), &digest(number), now);
        }
        let known = |history: &ReleaseHistory| -> Vec<_> {
            history.releases.iter().map(|last| (last.model.clone(), last.sequence, last.statement.clone())).collect()
        };
        let all = [("lm".to_owned(), Some(3), digest(2)), ("lm2".to_owned(), Some(1), digest(3))];
        assert_eq!(known(&history), all);
        assert_eq!(history.remove("lab2", "lm"), None);
        assert_eq!(history.remove("lab", "lm").unwrap().statement, digest(2));
        assert_eq!(known(&history), all[1..]);
    }
}
