//! What was verified last of each model, so that an older release cannot be passed off as the newest.

use serde::{Deserialize, Serialize};

use super::VERSION;
use crate::statement::{Body, Hex, ModelFacts};

/// What was verified last of each model.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    pub(super) version: u32,
    /// One for each model.
    pub seen: Vec<LastSeen>,
}

/// The last release of one model that was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastSeen {
    /// Who releases it, as signed.
    pub producer: String,
    /// Its name, as signed.
    pub model: String,
    /// The number of the release; `None` where it had none.
    pub sequence: Option<u64>,
    /// The digest of the statement.
    pub statement: Hex,
    /// When it was verified here, RFC 3339.
    pub verified: String,
}

/// Why a release is not the newest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rollback {
    /// A later one was verified.
    #[error("this is release {found} of the model, and release {seen} was verified here on {when}")]
    Older {
        /// The number of this one.
        found: u64,
        /// The number of the one seen.
        seen: u64,
        /// When that was.
        when: String,
    },
    /// Numbered before, not numbered now.
    #[error("this release has no sequence number, and release {seen} was verified here on {when}")]
    Unnumbered {
        /// The number of the one seen.
        seen: u64,
        /// When that was.
        when: String,
    },
    /// Two releases of one number.
    #[error(
        "this is another statement than the one verified here as release {sequence} on {when}; one number, two releases"
    )]
    Forked {
        /// The number of both.
        sequence: u64,
        /// When the other one was verified.
        when: String,
    },
    /// It follows another release than the one that was verified under the number before its own.
    #[error(
        "this release says that it supersedes the statement {superseded}, and the one verified here as release {seen} on {when} is {known}; somebody was shown another release {seen}"
    )]
    OtherPast {
        /// The digest that it names.
        superseded: String,
        /// The number before its own.
        seen: u64,
        /// The digest of the statement verified under that number.
        known: String,
        /// When that was verified.
        when: String,
    },
    /// Older than the verifier asks for.
    #[error("release {least} or later was asked for, and this is {}", .found.map_or_else(|| "not numbered".to_owned(), |found| format!("release {found}")))]
    Required {
        /// The least number.
        least: u64,
        /// The number of this one.
        found: Option<u64>,
    },
}

impl Default for Seen {
    fn default() -> Self {
        Self { version: VERSION, seen: Vec::new() }
    }
}

impl Seen {
    fn at(&self, model: &ModelFacts) -> Option<usize> {
        self.seen.iter().position(|seen| seen.producer == model.producer && seen.model == model.name)
    }

    /// Compares a statement, whose signer is trusted, with the last one of its model.
    ///
    /// Releases that were never numbered cannot be put in order, and pass.
    ///
    /// # Errors
    /// [`Rollback`].
    pub fn check(&self, statement: &Body, digest: &Hex) -> Result<(), Rollback> {
        let Some(last) = self.at(&statement.predicate.model).map(|at| &self.seen[at]) else { return Ok(()) };
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
            // What was between them was not seen here.
            (Some(_), Some(_)) => Ok(()),
        }
    }

    /// Remembers a statement that was verified; an older one never takes the place of a newer.
    pub fn remember(&mut self, statement: &Body, digest: &Hex, now: jiff::Timestamp) {
        if self.check(statement, digest).is_err() {
            return;
        }
        let model = &statement.predicate.model;
        let last = LastSeen {
            producer: model.producer.clone(),
            model: model.name.clone(),
            sequence: statement.predicate.release.sequence,
            statement: digest.clone(),
            verified: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        };
        match self.at(model) {
            Some(at) => self.seen[at] = last,
            None => self.seen.push(last),
        }
    }

    /// Forgets a model and returns what was remembered.
    pub fn forget(&mut self, producer: &str, model: &str) -> Option<LastSeen> {
        let at = self.seen.iter().position(|seen| seen.producer == producer && seen.model == model)?;
        Some(self.seen.remove(at))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::*;
    use crate::statement::{CoverageFacts, FindingFacts, LfsFacts, ManifestFacts, Predicate, ReleaseFacts};

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
    fn each_release_is_judged_by_the_one_that_was_seen_of_its_model() {
        let now = "2026-12-01T12:00:00Z".parse().unwrap();
        let mut seen = Seen::default();
        seen.remember(&statement("lab", "lm", Some(3), None), &digest(1), now);
        let when = || "2026-12-01T12:00:00Z".to_owned();
        for (sequence, supersedes, number, verdict) in [
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
            // What was between them was not seen here.
            (Some(5), Some(9), 2, Ok(())),
        ] {
            let judged = seen.check(&statement("lab", "lm", sequence, supersedes), &digest(number));
            assert_eq!(judged, verdict, "{sequence:?} {supersedes:?} {number}");
            // Another producer's, or another model, is another matter.
            for (producer, name) in [("lab", "lm2"), ("lab2", "lm")] {
                assert_eq!(seen.check(&statement(producer, name, sequence, supersedes), &digest(number)), Ok(()));
            }
        }
    }

    #[test]
    fn what_is_remembered_is_the_newest_of_each_model() {
        let now = "2026-12-01T12:00:00Z".parse().unwrap();
        let mut seen = Seen::default();
        for (name, sequence, number) in [("lm", None, 1), ("lm", Some(3), 2), ("lm2", Some(1), 3), ("lm", Some(2), 4)] {
            seen.remember(&statement("lab", name, sequence, None), &digest(number), now);
        }
        let known = |seen: &Seen| -> Vec<_> {
            seen.seen.iter().map(|last| (last.model.clone(), last.sequence, last.statement.clone())).collect()
        };
        let all = [("lm".to_owned(), Some(3), digest(2)), ("lm2".to_owned(), Some(1), digest(3))];
        assert_eq!(known(&seen), all);
        assert_eq!(seen.forget("lab2", "lm"), None);
        assert_eq!(seen.forget("lab", "lm").unwrap().statement, digest(2));
        assert_eq!(known(&seen), all[1..]);
    }
}
