//! `[evidence]`: items of taxonomies, documentation, digests of remote artifacts, a signed tag, a log proof.

use serde::Deserialize;

use super::{Facts, ProofFacts, Selector, Unmet, choice};
use crate::evaluate::Outcome;
use crate::manifest::{Manifest, Openness};
use crate::path::RepoPath;
use crate::statement::{ComponentFacts, Statement};
use crate::tag::TagReport;
use crate::taxonomy;

/// `[evidence]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Evidence {
    /// `TAXONOMY/ITEM`: items that the declared facts must meet.
    #[serde(default)]
    items: Vec<String>,
    /// Components, released or not, that must have documentation among the signed files.
    #[serde(default)]
    documentation: Vec<Selector>,
    /// Released components whose remote artifacts must all have digests.
    #[serde(default)]
    remote_digests: Vec<Selector>,
    /// Whether the release must be looked up by a tag with a good signature by a trusted key.
    #[serde(default)]
    signed_tag: bool,
    /// Whether a trusted signature must be proved to be in a transparency log that the verifier trusts.
    #[serde(default)]
    tlog_proof: bool,
}

impl Evidence {
    /// Returns a message for each item that does not exist.
    pub(super) fn check(&self) -> Vec<String> {
        self.items.iter().filter_map(|item| check_item(item).err()).collect()
    }

    /// Returns what is not shown.
    pub(super) fn unmet(&self, facts: &Facts<'_>) -> Vec<Unmet> {
        let mut unmet: Vec<Unmet> = self.items.iter().filter_map(|item| item_unmet(item, facts)).collect();
        match facts.manifest {
            Some(manifest) => {
                let statement = facts.statement;
                unmet.extend(self.documentation.iter().flat_map(|which| undocumented(which, statement, manifest)));
            }
            // The statement does not repeat what documents each component.
            None if self.documentation.is_empty() => {}
            None => unmet.push(Unmet::ManifestUnreadable),
        }
        for which in &self.remote_digests {
            unmet.extend(facts.statement.predicate.components.iter().filter_map(|it| without_digest(which, it)));
        }
        unmet.extend(self.tag_unmet(facts));
        unmet.extend(self.proof_unmet(facts));
        unmet
    }

    fn tag_unmet(&self, facts: &Facts<'_>) -> Option<Unmet> {
        match facts.tag {
            _ if !self.signed_tag => None,
            Some(tag) => Unmet::of_tag(tag),
            None => Some(Unmet::NoTag),
        }
    }

    fn proof_unmet(&self, facts: &Facts<'_>) -> Option<Unmet> {
        self.tlog_proof.then(|| Unmet::of_proofs(&facts.proofs)).flatten()
    }
}

impl Unmet {
    /// Requires that a tag has a good signature by a trusted key.
    pub(crate) fn of_tag(tag: &TagReport) -> Option<Self> {
        (!tag.status.is_good()).then(|| Self::UntrustedTag {
            tag: tag.name.clone().unwrap_or_else(|| tag.object.to_string()),
            reason: tag.reason.clone(),
        })
    }

    /// Requires that at least one proof counts.
    pub(crate) fn of_proofs(proofs: &[ProofFacts]) -> Option<Self> {
        let is_logged = proofs.iter().any(|proof| proof.counts);
        (!is_logged).then(|| Self::NotLogged { found: proofs.iter().map(|proof| proof.reason.clone()).collect() })
    }
}

fn check_item(item: &str) -> Result<(), String> {
    let (id, name) =
        item.split_once('/').ok_or_else(|| format!("`{item}` of `[evidence]` is not of the form TAXONOMY/ITEM"))?;
    let unknown =
        || format!("`{item}` names the unknown taxonomy `{id}`; {}", choice(id, taxonomy::names().into_iter()));
    let taxonomy = taxonomy::named(id).ok_or_else(unknown)?;
    match taxonomy.item(name) {
        Some(_) => Ok(()),
        None => {
            let help = choice(name, taxonomy.items.iter().map(|item| item.id.as_str()));
            Err(format!("`{id}` has no item `{name}`; {help}"))
        }
    }
}

/// An item is met if at least one reason is about it and all of them say that it is met.
fn item_unmet(item: &str, facts: &Facts<'_>) -> Option<Unmet> {
    let (id, name) = item.split_once('/')?;
    let evaluation = taxonomy::named(id).and_then(|taxonomy| facts.evaluation(&taxonomy.id));
    let reasons = evaluation.map(|evaluation| evaluation.reasons).unwrap_or_default();
    let mut of_item = reasons.into_iter().filter(|reason| reason.item == name).peekable();
    if of_item.peek().is_none() {
        return Some(Unmet::Item { item: item.to_owned(), reason: None });
    }
    let unmet = of_item.find(|reason| reason.outcome != Outcome::Met)?;
    Some(Unmet::Item { item: item.to_owned(), reason: Some(unmet.text) })
}

fn undocumented(which: &Selector, statement: &Statement, manifest: &Manifest) -> Vec<Unmet> {
    if let Some(id) = which.component()
        && manifest.component(id).is_none()
    {
        return vec![Unmet::NotDeclared { component: id.to_owned() }];
    }
    let is_signed = |document: &str| {
        let path = document.split('#').next().unwrap_or_default().parse::<RepoPath>();
        path.is_ok_and(|path| statement.find(&path).is_some())
    };
    let components = manifest
        .components
        .iter()
        .filter(|component| which.matches(&component.id.value) && component.openness() != Openness::NotApplicable);
    components
        .filter(|component| !component.documentation.iter().any(|document| is_signed(&document.value)))
        .map(|found| {
            let component = found.id.value.clone();
            match found.documentation.first() {
                None => Unmet::NotDocumented { component },
                Some(first) => Unmet::DocumentationNotSigned { component, document: first.value.clone() },
            }
        })
        .collect()
}

fn without_digest(which: &Selector, component: &ComponentFacts) -> Option<Unmet> {
    let is_meant = which.matches(&component.id) && component.is_released();
    let remote = component.remote.iter().find(|remote| is_meant && remote.sha256.is_none())?;
    Some(Unmet::NoRemoteDigest { component: component.id.clone(), url: remote.url.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_must_exist_in_its_taxonomy() {
        assert_eq!(check_item("seger-2023/dangerous-capability-evaluation"), Ok(()));
        for (item, expected) in [
            ("dangerous-capability-evaluation", "TAXONOMY/ITEM"),
            ("seger-2024/fine-tuning-uplift", "did you mean `seger-2023`?"),
            ("seger-2023/fine-tunning-uplift", "did you mean `fine-tuning-uplift`?"),
            ("vocabulary/final-weights", "unknown taxonomy"),
        ] {
            assert!(check_item(item).is_err_and(|error| error.contains(expected)), "{item}");
        }
    }
}
