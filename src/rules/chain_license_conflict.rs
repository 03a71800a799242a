//! `OPN410`.

use crate::finding::{Finding, quotable};
use crate::license::chain::{Basis, Ground, Outcome};
use crate::lineage::{Lineage, Link, noun, reading};

super::rule! {
    /// ## What it does
    /// Reports a base model whose license, as its terms are encoded, does not allow the license of the weights.
    ///
    /// ## Why it matters
    /// Weights that were made from others contain them. Their license goes on applying to that part, whatever label the
    /// new release has, and however many releases are between. Users who go by the label do what the base does not allow.
    ///
    /// The relation decides as much as the license: distillation goes by what the terms say of outputs, adapters are
    /// disputed unless the terms name them, and data alone never makes a conflict. `openness licenses` prints the clauses,
    /// how they were read, and what else the terms ask for. It is not legal advice.
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
    "OPN410" "chain-license-conflict" Error => Lineage(check)
}

fn check(lineage: &Lineage<'_>, findings: &mut Vec<Finding>) {
    for link in lineage.worst_links() {
        if link.verdict.outcome != Outcome::Conflict {
            continue;
        }
        let Some(ground) = link.verdict.grounds.first() else { continue };
        let offered = lineage.offered(link);
        let base_span = link.span();
        let span = offered.and_then(|offered| offered.span).unwrap_or(base_span);
        let label = match offered.and_then(|offered| offered.written) {
            Some(written) => format!("the weights are offered under `{}`", quotable(written)),
            None => "the weights are offered without a license".to_owned(),
        };
        let message = format!("{label}; {}", says(link, ground));
        let settle = ground.settle.clone().unwrap_or_else(|| "start from another base".to_owned());
        let help = match lineage.keeping(link) {
            Some(kept) => format!("offer `{}`, or start from another base", quotable(&kept)),
            None => format!("what would resolve it: {settle}"),
        };
        findings.push(Finding::new(&INFO, span, message).related(base_span, "the license of the base").help(help));
    }
}

fn says(link: &Link<'_>, ground: &Ground) -> String {
    let (base, noun) = (quotable(&link.name()), noun(link.stated));
    let license = link.license().map_or_else(String::new, quotable);
    match ground.basis {
        Basis::Terms => format!(
            "the terms of its base `{base}`, `{license}`, as encoded, do not allow that for {noun}: {} ({})",
            ground.why,
            reading(ground)
        ),
        _ => format!(
            "its base `{base}` is under `{license}`, which speaks against that for {noun}: {} ({})",
            ground.why,
            reading(ground)
        ),
    }
}
