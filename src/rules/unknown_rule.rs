//! `OPN117`.

use crate::finding::{Finding, Proposal, Safety, is_slip, quotable};
use crate::manifest::Manifest;

/// The number of unknown names for which a similar one is looked for.
const MAX_SUGGESTIONS: usize = 100;

super::rule! {
    /// ## What it does
    /// Reports keys of `[lints]` that are neither the code or name of a rule nor a family of rules, and comments
    /// `# openness: allow RULE reason` that do not name a rule.
    ///
    /// ## Why it matters
    /// The setting has no effect: the rule was misspelled, or another version of the program knows it.
    ///
    /// ## Fails
    /// ```toml
    /// [lints]
    /// code-executing-formats = "allow"
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [lints]
    /// code-executing-format = "allow"
    /// licenses = "deny"
    /// ```
    "OPN117" "unknown-rule" Warning => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    let unknown = manifest.lints.iter().filter(|lint| super::Target::from_word(&lint.rule).is_none());
    for (at, lint) in unknown.enumerate() {
        let message = format!("`{}` is not the code or name of a rule, or a family of rules", quotable(&lint.rule));
        let near = (at < MAX_SUGGESTIONS).then(|| super::nearest_target(&lint.rule)).flatten();
        let meant = near.map(|near| {
            Proposal::rename(lint.rule.span, &lint.rule, near, Safety::of_certain(is_slip(&lint.rule, near)))
        });
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "list the rules with `openness check --show-settings`".to_owned(),
        };
        findings.push(Finding::new(&INFO, lint.rule.span, message).help(help).propose(meant));
    }
    for suppression in manifest.suppressions.iter().filter(|one| super::find_rule(&one.rule).is_none()) {
        let word = quotable(&suppression.rule);
        let named = suppression.reason.split_whitespace().next().and_then(super::find_rule);
        let (message, help) = match (named, super::Target::from_word(&suppression.rule)) {
            (Some(rule), _) => (
                format!("a comment can only `allow` a rule, not `{word}` it"),
                format!("write `# openness: allow {} REASON`", rule.code),
            ),
            (None, Some(_)) => (
                format!("`{word}` is a family of rules, and a comment allows one rule in one place"),
                "name the rule, or set the level of the family in `[lints]`".to_owned(),
            ),
            (None, None) => {
                let near = super::nearest_code(&suppression.rule)
                    .map_or_else(String::new, |near| format!("did you mean {near}? "));
                (
                    format!("`{word}` is not the code or name of a rule"),
                    format!("{near}The form is `# openness: allow RULE REASON`"),
                )
            }
        };
        findings.push(Finding::new(&INFO, suppression.span, message).help(help));
    }
}
