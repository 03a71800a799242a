//! Checks the bases of a release, and the licenses along the chain, against what a policy requires.

use serde::Deserialize;

use super::{BaseFacts, Facts, Unmet};
use crate::artifacts::header;
use crate::artifacts::notable::Notable;
use crate::license::chain::Outcome;
use crate::lineage::{Disagreement, Lineage, Mentions, State, asks};

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
    /// Which bases must be signed by a signer whom the verifier trusts.
    #[serde(default)]
    signed_bases: SignedBases,
    /// The codes about bases that the signer may waive; all if absent, none if empty.
    allow_waived: Option<Vec<String>>,
}

/// The rules about bases. Waivers of other rules are a matter of `[statement]`.
const CODES: &[&str] = &["OPN410", "OPN411", "OPN412", "OPN413", "OPN414", "OPN415", "OPN416"];

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

/// Which bases must be signed by a signer whom the verifier trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SignedBases {
    /// None.
    #[default]
    None,
    /// Those of the release.
    Direct,
    /// Those of the release, and theirs, to the last.
    All,
}

impl LineageLines {
    /// Returns whether bases must be followed to their statements.
    pub(super) fn follows_bases(&self) -> bool {
        self.signed_bases != SignedBases::None
    }

    /// Returns what contradicts itself or is unknown.
    pub(super) fn check(&self) -> Vec<String> {
        let is_known = |code: &&String| !CODES.iter().any(|known| known.eq_ignore_ascii_case(code));
        let unknown = self.allow_waived.iter().flatten().filter(is_known);
        unknown
            .map(|code| {
                format!(
                    "`allow-waived` of `[lineage]` names `{}`; known are {}, and `[statement]` is for the others",
                    code.escape_debug(),
                    CODES.join(", ")
                )
            })
            .collect()
    }

    /// Returns what is not met: first in the order of `require`, then signatures and waivers.
    pub(super) fn unmet(&self, facts: &Facts<'_>) -> Vec<Unmet> {
        let mut unmet = self.unmet_by_bases(facts);
        if let Some(allowed) = &self.allow_waived {
            let is_about_bases = |code: &&String| CODES.contains(&code.as_str());
            let is_allowed = |code: &String| allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(code));
            let waived = facts.statement.predicate.waived.iter().filter(is_about_bases);
            let codes: Vec<String> = waived.filter(|code| !is_allowed(code)).cloned().collect();
            if !codes.is_empty() {
                unmet.push(Unmet::Waived { codes });
            }
        }
        unmet
    }

    fn unmet_by_bases(&self, facts: &Facts<'_>) -> Vec<Unmet> {
        if self.require.is_empty() && !self.follows_bases() {
            return Vec::new();
        }
        let Some(manifest) = facts.manifest else { return vec![Unmet::ManifestUnreadable] };
        let lineage = Lineage::of(manifest, facts.files);
        let mut unmet = Vec::new();
        for requirement in &self.require {
            match requirement {
                Requirement::DeclaredBases => undeclared(facts, &lineage, &mut unmet),
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
        if !manifest.model.base.is_empty() {
            self.unsigned(facts, &mut unmet);
        }
        unmet
    }

    /// Adds the bases without a statement by a signer whom the verifier trusts, and those whose own bases are not known.
    fn unsigned(&self, facts: &Facts<'_>, unmet: &mut Vec<Unmet>) {
        if !self.follows_bases() {
            return;
        }
        let Some(bases) = facts.bases else {
            unmet.push(Unmet::BasesNotFollowed);
            return;
        };
        let is_enough = |base: &&BaseFacts| match self.signed_bases {
            SignedBases::None => true,
            SignedBases::Direct => base.depth > 1 || base.is_verified,
            SignedBases::All => base.is_verified && base.is_followed,
        };
        unmet.extend(
            bases
                .iter()
                .filter(|base| !is_enough(base))
                .map(|base| Unmet::BaseNotVerified { base: base.name.clone(), reason: base.reason.clone() }),
        );
    }

    fn conflicts(&self, lineage: &Lineage<'_>, unmet: &mut Vec<Unmet>) {
        let least = match self.review {
            Review::Accept => Outcome::Conflict,
            Review::Refuse => Outcome::Review,
        };
        for link in lineage.worst_links().into_iter().filter(|link| link.verdict.outcome >= least) {
            let why = link.verdict.grounds.first().map_or_else(String::new, |ground| ground.why.clone());
            unmet.push(Unmet::BaseLicense {
                base: link.name().into_owned(),
                outcome: link.verdict.outcome.as_str(),
                why,
            });
        }
    }
}

/// Adds the bases that files name and the manifest does not. Without files, that cannot be checked.
fn undeclared(facts: &Facts<'_>, lineage: &Lineage<'_>, unmet: &mut Vec<Unmet>) {
    let (Some(files), Some(manifest)) = (facts.files, facts.manifest) else {
        unmet.push(Unmet::BasesNotRead { file: None });
        return;
    };
    let mentions = Mentions::of(files, &Notable::of(files), &|at| header::of(files, &files.entries()[at])?.ok());
    for mention in mentions.undeclared(manifest) {
        unmet.push(Unmet::UndeclaredBase { base: mention.name.clone(), file: mention.path.clone() });
    }
    unmet.extend(mentions.unknown.into_iter().map(|(file, _)| Unmet::BasesNotRead { file: Some(file) }));
    for (shared, disagreement) in lineage.disagreements(manifest) {
        let first = shared.files.first().filter(|_| disagreement == Disagreement::Undeclared);
        unmet.extend(first.map(|file| Unmet::UndeclaredBytes { base: shared.model.clone(), file: file.clone() }));
    }
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
        for word in ["none", "direct", "all"] {
            let policy = read(&format!("signed-bases = \"{word}\"")).unwrap();
            assert_eq!(policy.follows_bases(), word != "none");
        }
        assert!(read("signed-bases = \"some\"").is_err());
        assert!(read("allow-waived = []").is_ok() && read("allow-waived = [\"opn412\"]").is_ok());
        let error = read("allow-waived = [\"OPN303\"]").unwrap_err().to_string();
        assert!(error.contains("`OPN303`") && error.contains("OPN410"), "{error}");
    }

    #[test]
    fn the_rules_about_bases_are_rules() {
        for code in super::CODES {
            assert!(crate::rules::find_rule(code).is_some(), "{code}");
        }
    }
}
