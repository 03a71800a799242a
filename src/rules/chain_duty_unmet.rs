//! `OPN411`.

use std::collections::BTreeMap;

use crate::finding::{Finding, quotable};
use crate::lineage::{Due, Lineage, State, asks};

super::rule! {
    /// ## What it does
    /// Reports what the license of a base asks for, as its terms are encoded, and the release does not show: a copy of the
    /// license, a sentence in a Notice file, a name that begins with a word, words in `README.md`.
    ///
    /// ## Why it matters
    /// Most licenses allow a release on conditions. The text of the agreement and the notices are easily forgotten, and a
    /// release without them does not do what its base asks for. What files cannot show is not reported;
    /// `openness licenses` lists that too.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "LicenseRef-Llama-3.1-Community"
    /// remote = [{ url = "https://example.org/weights" }]
    /// [[model.base]]
    /// name = "meta-llama/Llama-3.1-8B"
    /// license = "LicenseRef-Llama-3.1-Community"
    /// relation = "finetune"
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "MIT"
    /// remote = [{ url = "https://example.org/weights" }]
    /// [[model.base]]
    /// name = "lab/Base-7B"
    /// license = "MIT"
    /// relation = "finetune"
    /// ```
    /// ```files
    /// LICENSE: @spdx MIT
    /// ```
    "OPN411" "chain-duty-unmet" Warning => Lineage(check)
}

fn check(lineage: &Lineage<'_>, findings: &mut Vec<Finding>) {
    let mut by_license: BTreeMap<&str, Vec<&Due>> = BTreeMap::new();
    for due in lineage.duties.iter().filter(|due| due.state == State::Unmet) {
        by_license.entry(&due.duty.of).or_default().push(due);
    }
    for (license, dues) in by_license {
        let asks_for = |link: &&crate::lineage::Link<'_>| link.verdict.duties.iter().any(|duty| duty.of == license);
        let Some(link) = lineage.links.iter().find(asks_for) else { continue };
        let span = link.span();
        let items: Vec<String> = dues.iter().map(|due| format!("{} ({})", asks(&due.duty), due.duty.clause)).collect();
        let day = dues.first().map_or("", |due| due.duty.read.1);
        let message = format!(
            "to pass on what was made from `{}`, the terms of `{license}`, as encoded (read on {day}), ask for {}; the \
             release does not show it",
            quotable(&link.name()),
            items.join("; ")
        );
        findings.push(
            Finding::new(&INFO, span, message)
                .help("run `openness licenses` to see every duty, and which files show it"),
        );
    }
}
