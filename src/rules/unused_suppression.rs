//! `OPN119`.

use crate::finding::{Change, Finding, Proposal, Safety};
use crate::manifest::Manifest;

super::rule! {
    /// ## What it does
    /// Reports comments `# openness: allow RULE reason` whose rule finds nothing there.
    ///
    /// ## Why it matters
    /// What was allowed is gone. The comment would hide the next finding of the rule, which may have another cause.
    ///
    /// ## Fails
    /// ```toml
    /// [component.training-data]
    /// # openness: allow OPN206 the lawyers are still at it
    /// openness = "closed"
    /// reason = "licensed from third parties"
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.training-data]
    /// # openness: allow OPN206 the lawyers are still at it
    /// openness = "closed"
    /// ```
    "OPN119" "unused-suppression" Warning => Findings(check)
}

/// `has_files` says whether rules that need files did run.
fn check(manifest: &Manifest, found: &[Finding], has_files: bool) -> Vec<Finding> {
    let mut unused = Vec::new();
    for suppression in manifest.suppressions.iter().filter(|suppression| suppression.has_reason()) {
        let Some(info) = super::find_rule(&suppression.rule).filter(|info| !super::has_fixed_level(info)) else {
            continue;
        };
        let did_run = has_files || !super::codes_needing_files().any(|code| code == info.code);
        let is_used = found.iter().any(|finding| finding.rule.code == info.code && suppression.covers(finding));
        if did_run && !is_used {
            let message = format!("{} finds nothing that this comment could allow", info.code);
            let change = Change::RemoveText { text: suppression.span };
            let proposal = Proposal::new("remove the comment", Safety::Safe, change);
            unused.push(Finding::new(&INFO, suppression.span, message).help("remove the comment").propose(proposal));
        }
    }
    unused
}
