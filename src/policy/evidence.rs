//! What has to be shown: steps that a taxonomy asks for, documents, digests of what lies elsewhere.

use serde::Deserialize;

use super::{Selector, choice};
use crate::evaluate::{Evaluation, Outcome};
use crate::manifest::{Manifest, Openness};
use crate::path::RepoPath;
use crate::statement::{ComponentFacts, Statement};
use crate::taxonomy;
use crate::verify::Report;
use crate::verify::transparency::ProofReport;

/// `[evidence]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Evidence {
    /// `TAXONOMY/ITEM`: has to be met by the declared facts.
    #[serde(default)]
    items: Vec<String>,
    /// Components, released or not, that have to have documentation among the signed files.
    #[serde(default)]
    documentation: Vec<Selector>,
    /// Released components of which nothing may lie elsewhere without a digest.
    #[serde(default)]
    remote_digests: Vec<Selector>,
    /// The release is looked up by a tag that somebody trusted signed.
    #[serde(default)]
    signed_tag: bool,
    /// A trusted signature stands in a transparency log that the verifier names.
    #[serde(default)]
    tlog_proof: bool,
}

impl Evidence {
    /// Says what makes no sense.
    pub(super) fn check(&self) -> Vec<String> {
        self.items.iter().filter_map(|item| check_item(item).err()).collect()
    }

    /// Says what does not speak for the release beside its own signatures, and is asked to.
    pub(super) fn unmet_beside(&self, report: &Report) -> Vec<String> {
        let tag = match &report.tag {
            _ if !self.signed_tag => None,
            Some(tag) if tag.status.is_good() => None,
            Some(tag) => Some(format!("the tag is not one that somebody trusted signed: {}", tag.reason)),
            None => Some("the release is not looked up by a signed tag; `--rev TAG` names one".to_owned()),
        };
        let is_logged = report.proofs.iter().any(ProofReport::counts);
        let proof = (self.tlog_proof && !is_logged).then(|| {
            let found: Vec<&str> = report.proofs.iter().map(|proof| proof.judgement.reason.as_str()).collect();
            match found.as_slice() {
                [] => "no proof of a transparency log lies beside a signature".to_owned(),
                found => format!("no trusted signature is proved to stand in a log: {}", found.join("; ")),
            }
        });
        tag.into_iter().chain(proof).collect()
    }

    /// Says what is not shown.
    pub(super) fn unmet(
        &self,
        statement: &Statement,
        manifest: Option<&Manifest>,
        evaluation: impl Fn(&str) -> Option<Evaluation>,
    ) -> Vec<String> {
        let mut unmet: Vec<String> = self.items.iter().filter_map(|item| item_unmet(item, &evaluation)).collect();
        match manifest {
            Some(manifest) => {
                unmet.extend(self.documentation.iter().flat_map(|which| undocumented(which, statement, manifest)));
            }
            // The statement does not repeat what documents each component.
            None if self.documentation.is_empty() => {}
            None => unmet.push("the manifest cannot be read here, so what is documented is not known".to_owned()),
        }
        for which in &self.remote_digests {
            unmet.extend(statement.predicate.components.iter().filter_map(|component| no_digest(which, component)));
        }
        unmet
    }
}

fn check_item(item: &str) -> Result<(), String> {
    let (id, name) =
        item.split_once('/').ok_or_else(|| format!("`{item}` of `[evidence]` is not of the form TAXONOMY/ITEM"))?;
    let ids = taxonomy::all().iter().map(|taxonomy| taxonomy.id.as_str());
    let taxonomy = taxonomy::all().iter().find(|taxonomy| taxonomy.id == id);
    let taxonomy =
        taxonomy.ok_or_else(|| format!("`{item}` names the unknown taxonomy `{id}`; {}", choice(id, ids)))?;
    match taxonomy.item(name) {
        Some(_) => Ok(()),
        None => {
            let help = choice(name, taxonomy.items.iter().map(|item| item.id.as_str()));
            Err(format!("`{id}` has no item `{name}`; {help}"))
        }
    }
}

/// Everything that is said of the item has to be that it is met, and something has to be said.
fn item_unmet(item: &str, evaluation: impl Fn(&str) -> Option<Evaluation>) -> Option<String> {
    let (id, name) = item.split_once('/')?;
    let reasons = evaluation(id).map(|evaluation| evaluation.reasons).unwrap_or_default();
    let mut of_item = reasons.into_iter().filter(|reason| reason.item == name).peekable();
    if of_item.peek().is_none() {
        return Some(format!("`{item}` is not met: nothing is stated of it"));
    }
    of_item.find(|reason| reason.outcome != Outcome::Met).map(|reason| format!("`{item}` is not met: {}", reason.text))
}

fn undocumented(which: &Selector, statement: &Statement, manifest: &Manifest) -> Vec<String> {
    if let Some(id) = which.component()
        && manifest.component(id).is_none()
    {
        return vec![format!("`{id}` is not declared, so nothing documents it")];
    }
    let is_signed = |document: &str| {
        let path = document.split('#').next().unwrap_or_default().parse::<RepoPath>();
        path.is_ok_and(|path| statement.find(&path).is_some())
    };
    let components = manifest
        .components
        .iter()
        .filter(|component| which.takes(&component.id.value) && component.openness() != Openness::NotApplicable);
    components
        .filter(|component| !component.documentation.iter().any(|document| is_signed(&document.value)))
        .map(|component| match component.documentation.first() {
            None => format!("nothing documents `{}`", component.id.value),
            Some(first) => format!(
                "the documentation of `{}` is not among the signed files: `{}`",
                component.id.value,
                first.value.escape_debug()
            ),
        })
        .collect()
}

fn no_digest(which: &Selector, component: &ComponentFacts) -> Option<String> {
    let is_meant = which.takes(&component.id) && is_released(component);
    let remote = component.remote.iter().find(|remote| is_meant && remote.sha256.is_none())?;
    Some(format!("`{}` lies at `{}` without a digest", component.id, remote.url.escape_debug()))
}

/// Whether anybody gets it, at least in part.
pub(super) fn is_released(component: &ComponentFacts) -> bool {
    matches!(component.openness.as_str(), "open" | "partial")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_one_of_a_taxonomy() {
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
