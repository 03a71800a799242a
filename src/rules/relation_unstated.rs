//! `OPN415`.

use crate::finding::{Finding, quotable};
use crate::lineage::Lineage;
use crate::manifest::Relation;

super::rule! {
    /// ## What it does
    /// Names a base without `relation`, if what its license asks for depends on the relation.
    ///
    /// ## Why it matters
    /// A fine-tune contains its base, a distilled model does not, and the terms of most model licenses treat the two
    /// differently. Without the relation, the worst that is said is that a question is open.
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
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "MIT"
    /// remote = [{ url = "https://example.org/weights" }]
    /// [[model.base]]
    /// name = "lab/corpus"
    /// license = "CDLA-Permissive-2.0"
    /// relation = "trained-on"
    /// ```
    "OPN415" "relation-unstated" Note => Lineage(check)
}

fn check(lineage: &Lineage<'_>, findings: &mut Vec<Finding>) {
    for link in lineage.worst_links().into_iter().filter(|link| link.depends_on_relation && link.ancestor.is_none()) {
        let base = quotable(&link.base.name);
        let message =
            format!("what the license of the base `{base}` asks for depends on `relation`, which is not stated");
        let words: Vec<String> = Relation::WORDS.iter().map(|word| format!("`{word}`")).collect();
        findings
            .push(Finding::new(&INFO, link.base.span, message).help(format!("add `relation`: {}", words.join(", "))));
    }
}
