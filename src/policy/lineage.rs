//! Checks the bases of a release, and the licenses along the chain, against what a policy requires.

use serde::Deserialize;

use super::{Facts, Unmet};
use crate::artifacts::header;
use crate::artifacts::notable::Notable;
use crate::license::chain::Outcome;
use crate::lineage::{Lineage, Mentions, State, asks};

/// `[lineage]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct LineageLines {
    /// What must hold of the bases.
    #[serde(default)]
    require: Vec<Requirement>,
    /// Whether an open question counts as a conflict.
    #[serde(default)]
    review: Review,
}

/// A requirement of the bases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Requirement {
    /// Every base that a file names is in the manifest.
    DeclaredBases,
    /// Every base has a license.
    BaseLicenses,
    /// The encoded terms of no base speak against the license of the weights.
    NoConflict,
    /// No duty that files can show is unmet.
    NoUnmetDuties,
}

/// What an open question counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Review {
    /// Nothing against the release.
    #[default]
    Accept,
    /// A conflict.
    Refuse,
}

impl LineageLines {
    /// Returns what is not met, in the order of `require`.
    pub(super) fn unmet(&self, facts: &Facts<'_>) -> Vec<Unmet> {
        if self.require.is_empty() {
            return Vec::new();
        }
        let Some(manifest) = facts.manifest else { return vec![Unmet::ManifestUnreadable] };
        let lineage = Lineage::of(manifest, facts.files);
        let mut unmet = Vec::new();
        for requirement in &self.require {
            match requirement {
                Requirement::DeclaredBases => undeclared(facts, &mut unmet),
                Requirement::BaseLicenses => {
                    let without = manifest.model.base.iter().filter(|base| base.license.is_none());
                    unmet.extend(without.map(|base| Unmet::BaseWithoutLicense { base: base.name.value.clone() }));
                }
                Requirement::NoConflict => self.conflicts(&lineage, &mut unmet),
                Requirement::NoUnmetDuties => {
                    let dues = lineage.duties.iter().filter(|due| due.state == State::Unmet);
                    unmet.extend(dues.map(|due| Unmet::Duty { license: due.duty.of.clone(), asks: asks(&due.duty) }));
                }
            }
        }
        unmet
    }

    fn conflicts(&self, lineage: &Lineage<'_>, unmet: &mut Vec<Unmet>) {
        let least = match self.review {
            Review::Accept => Outcome::Conflict,
            Review::Refuse => Outcome::Review,
        };
        for link in lineage.worst_links().into_iter().filter(|link| link.verdict.outcome >= least) {
            let why = link.verdict.grounds.first().map_or_else(String::new, |ground| ground.why.clone());
            unmet.push(Unmet::BaseLicense {
                base: link.base.name.value.clone(),
                outcome: link.verdict.outcome.as_str(),
                why,
            });
        }
    }
}

/// Adds the bases that files name and the manifest does not. Without files, that cannot be checked.
fn undeclared(facts: &Facts<'_>, unmet: &mut Vec<Unmet>) {
    let (Some(files), Some(manifest)) = (facts.files, facts.manifest) else {
        unmet.push(Unmet::BasesNotRead { file: None });
        return;
    };
    let mentions = Mentions::of(files, &Notable::of(files), &|at| header::of(files, &files.entries()[at])?.ok());
    for mention in mentions.undeclared(manifest) {
        unmet.push(Unmet::UndeclaredBase { base: mention.name.clone(), file: mention.path.clone() });
    }
    unmet.extend(mentions.unknown.into_iter().map(|(file, _)| Unmet::BasesNotRead { file: Some(file) }));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::super::Policy;
    use crate::source::Source;

    #[test]
    fn words_of_the_lineage_are_checked() {
        let read = |text: &str| Policy::read(&Source::new("p", format!("policy = 1\n[lineage]\n{text}\n")));
        assert!(read("require = [\"no-conflict\", \"base-licenses\"]\nreview = \"refuse\"").is_ok());
        assert!(read("require = [\"no-conflicts\"]").is_err());
        assert!(read("review = \"maybe\"").is_err());
        assert!(read("signed-base = \"all\"").is_err());
    }
}
