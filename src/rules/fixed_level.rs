//! `OPN118`.

use crate::finding::{Finding, quotable};
use crate::manifest::{Level, Manifest};

super::rule! {
    /// ## What it does
    /// Reports keys of `[lints]` that lower the level of a rule whose errors cannot be waived, and comments that allow
    /// such a rule.
    ///
    /// ## Why it matters
    /// Such a manifest cannot be signed, so its errors stay errors. The setting has no effect, and `check` says so instead of
    /// hiding what `sign` will refuse.
    ///
    /// ## Fails
    /// ```toml
    /// [lints]
    /// unportable-file = "allow"
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [lints]
    /// unportable-file = "deny"
    /// files = "warn"
    /// ```
    "OPN118" "fixed-level" Warning => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    for lint in manifest.lints.iter().filter(|lint| lint.level.value != Level::Deny) {
        let Some(super::Target::Rule(info)) = super::Target::from_word(&lint.rule) else { continue };
        if super::has_fixed_level(info) {
            let message = format!("the level of `{}` cannot be `{}`", quotable(&lint.rule), lint.level.as_str());
            let finding = Finding::new(&INFO, lint.level.span, message);
            findings.push(finding.help(format!("{} cannot be waived; remove the line", info.code)));
        }
    }
    for suppression in &manifest.suppressions {
        if let Some(info) = super::find_rule(&suppression.rule).filter(|info| super::has_fixed_level(info)) {
            let message = format!("{} cannot be allowed", info.code);
            let help = format!("errors of {} cannot be waived; remove the comment", info.code);
            findings.push(Finding::new(&INFO, suppression.span, message).help(help));
        }
    }
}
