//! `OPN410`.

use crate::finding::Finding;
use crate::license::traits::{Answer, Traits, ask};
use crate::license::{self, Effective, Expression, License};
use crate::manifest::{Base, Manifest, Relation};

super::rule! {
    /// ## What it does
    /// Reports a base model whose license limits what the license of the weights allows: commercial use, fields of use, or
    /// whether changed versions may be passed on.
    ///
    /// ## Why it matters
    /// Weights that were made from others contain them. Their license goes on applying to that part, whatever label the
    /// new release has. Users who go by the label do what the base does not allow.
    ///
    /// Only terms that are known to this program are compared. A distilled model contains no weights of its base, so the
    /// license of the base is not compared with it; nor is it with that of an adapter, which is disputed.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "MIT"
    /// remote = [{ url = "https://example.org/weights" }]
    /// [[model.base]]
    /// name = "lab/Base-7B"
    /// license = "CC-BY-NC-4.0"
    /// relation = "finetune"
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "CC-BY-NC-4.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// [[model.base]]
    /// name = "lab/Base-7B"
    /// license = "CC-BY-NC-4.0"
    /// relation = "finetune"
    /// ```
    "OPN410" "base-license-conflict" Warning => Manifest(check)
}

/// A question about a license: what is limited, and whether the license allows it.
type Question = (&'static str, fn(&Traits) -> Option<bool>);

const QUESTIONS: &[Question] = &[
    ("commercial use", |traits| traits.commercial_use.map(Answer::is_yes)),
    ("use in every field", |traits| traits.field_of_use_limits.map(|answer| !answer.is_yes())),
];

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    let weights = manifest.component("final-weights").filter(|component| component.is_released());
    let stated = match weights.map(|component| license::effective(manifest, component)) {
        Some(Effective::Stated(text, _)) => Some(text),
        Some(_) => None,
        None => manifest.model.license.license.as_ref(),
    };
    let Some(stated) = stated else { return };
    let Ok(License::Expression(offered)) = license::read(stated) else { return };
    for base in &manifest.model.base {
        let Some(of_base) = &base.license else { continue };
        let relation = base.relation.as_ref().map(|relation| relation.value);
        // Whether an adapter takes over the license of its base is disputed.
        if matches!(relation, Some(Relation::Distilled | Relation::Adapter | Relation::Other)) {
            continue;
        }
        let denied: Vec<&str> = match license::read(of_base) {
            Ok(License::None) => vec!["any use"],
            Ok(License::Expression(base)) => denied(&base, &offered, relation),
            Err(_) => continue,
        };
        if denied.is_empty() {
            continue;
        }
        let message = format!(
            "the weights are offered under `{}`, but the license of their base `{}`, `{}`, limits {}",
            stated.escape_debug(),
            escaped(base),
            of_base.escape_debug(),
            denied.join(" and "),
        );
        let finding = Finding::new(&INFO, stated.span, message).related(of_base.span, "the license of the base");
        findings.push(finding.help(match license::read(of_base) {
            Ok(License::Expression(of_base)) => {
                let both = if offered.names().len() > 1 {
                    format!("({})", offered.as_str())
                } else {
                    offered.as_str().to_owned()
                };
                let of_base = if of_base.names().len() > 1 {
                    format!("({})", of_base.as_str())
                } else {
                    of_base.as_str().to_owned()
                };
                format!("declare `{both} AND {of_base}`, or correct the license of the base")
            }
            _ => "correct the license of the base, or start from another one".to_owned(),
        }));
    }
}

/// Returns what the license of a base limits and the license of the release allows.
fn denied(base: &Expression, offered: &Expression, relation: Option<Relation>) -> Vec<&'static str> {
    // Terms that go along are not dropped.
    if base.names().iter().any(|name| !offered.grants(|id| id != name)) {
        return Vec::new();
    }
    let mut denied: Vec<&'static str> = Vec::new();
    for (what, question) in QUESTIONS {
        if ask(base, *question) == Some(false) && ask(offered, *question) == Some(true) {
            denied.push(what);
        }
    }
    let is_changed = matches!(relation, Some(Relation::Finetune | Relation::Merge));
    if is_changed && ask(base, |traits| traits.derivatives.map(Answer::is_yes)) == Some(false) {
        denied.push("passing on changed versions");
    }
    denied
}

fn escaped(base: &Base) -> String {
    base.name.escape_debug().to_string()
}
