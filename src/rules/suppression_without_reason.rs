//! `OPN120`.

use crate::finding::{Finding, quotable};
use crate::manifest::Manifest;

super::rule! {
    /// ## What it does
    /// Reports comments `# openness: allow RULE` without a reason, or with a placeholder such as `please check` in its place.
    /// They allow nothing.
    ///
    /// ## Why it matters
    /// A statement records what the manifest allows, and why. Readers of the statement can weigh a reason.
    ///
    /// ## Fails
    /// ```toml
    /// [component.training-data]
    /// # openness: allow OPN206
    /// openness = "closed"
    /// ```
    ///
    /// ```toml
    /// [component.training-data]
    /// # openness: allow OPN206 please check with the lawyers
    /// openness = "closed"
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.training-data]
    /// # openness: allow OPN206 the lawyers are still at it
    /// openness = "closed"
    /// ```
    "OPN120" "suppression-without-reason" Warning => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    for suppression in manifest.suppressions.iter().filter(|suppression| !suppression.has_reason()) {
        if super::find_rule(&suppression.rule).is_some() {
            let rule = quotable(&suppression.rule);
            let message = match suppression.reason.as_str() {
                "" => format!("no reason is given to allow `{rule}`, so it is not allowed"),
                reason => format!(
                    "the reason to allow `{rule}` is still a placeholder, `{}`, so it is not allowed",
                    quotable(reason)
                ),
            };
            let finding = Finding::new(&INFO, suppression.span, message);
            findings.push(finding.help(format!("write `# openness: allow {rule} REASON`")));
        }
    }
}
