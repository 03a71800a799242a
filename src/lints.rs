//! Which findings `check` reports, and how severe they are: levels that a manifest or the command line sets for rules.
//!
//! Levels change what is reported. What [`Checked::pass`](crate::check::Checked::pass) demands of a release that is signed
//! never depends on them, and no verifier reads them.
//!
//! For each rule one setting counts: one of the command line before one of `[lints]` in the manifest, and that before one of
//! the organization; among those, one for the rule before one for its family, and that before one for `all`; and of two for
//! the same, the stricter. What the organization forbids stays an error, and so do errors that cannot be waived.

pub mod baseline;
pub mod organization;

use std::collections::BTreeMap;

use crate::finding::{Finding, RuleInfo, Severity};
use crate::manifest::{Level, Manifest, Suppression};
use crate::rules::{self, Target};

pub use organization::Organization;

/// Where a level was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Origin {
    /// The file of an [`Organization`].
    Organization,
    /// `[lints]` of the manifest.
    Manifest,
    /// An argument of the command line.
    CommandLine,
}

/// A level that was set, for what and where.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Setting {
    /// Where it was set.
    pub origin: Origin,
    /// The rule or the rules that it is for.
    pub target: Target,
    /// The level.
    pub level: Level,
    /// Whether nothing can lower it.
    pub is_forbidden: bool,
}

/// The levels of all rules.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    /// By code. A rule without an entry has its own level.
    by_code: BTreeMap<&'static str, Setting>,
    /// The comments of the manifest. They count before every level: they are about one place.
    suppressions: Vec<Suppression>,
}

/// A finding that is not reported.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Allowed {
    /// The finding, with its own severity.
    pub finding: Finding,
    /// What allows it.
    pub by: By,
}

/// What allows a finding.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum By {
    /// A level that was set.
    Setting(Setting),
    /// A comment in the manifest.
    Comment {
        /// The reason that it gives.
        reason: String,
    },
    /// The baseline, which has it already.
    Baseline,
}

/// What is reported of some findings.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Reported {
    /// The findings, with the severities that were set.
    pub findings: Vec<Finding>,
    /// The findings that are left out.
    pub allowed: Vec<Allowed>,
    /// The codes of the findings that nothing can leave out.
    pub forbidden: Vec<&'static str>,
}

impl Levels {
    /// Reads the levels that a manifest sets in `[lints]`. Names that no rule has are skipped; rule `OPN117` reports them.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        let settings = manifest.lints.iter().filter_map(|lint| {
            let target = Target::from_word(&lint.rule)?;
            Some(Setting { origin: Origin::Manifest, target, level: lint.level.value, is_forbidden: false })
        });
        let mut levels = Self { suppressions: manifest.suppressions.clone(), ..Self::default() };
        settings.for_each(|setting| levels.set(setting));
        levels
    }

    /// Adds levels of the command line.
    #[must_use]
    pub fn and(mut self, arguments: impl IntoIterator<Item = (Target, Level)>) -> Self {
        for (target, level) in arguments {
            self.set(Setting { origin: Origin::CommandLine, target, level, is_forbidden: false });
        }
        self
    }

    /// Adds the levels of an organization.
    #[must_use]
    pub fn under(mut self, organization: &Organization) -> Self {
        organization.settings.iter().for_each(|setting| self.set(*setting));
        self
    }

    /// Returns whether nothing can lower the level of a rule below that of an error.
    #[must_use]
    pub fn forbids(&self, info: &RuleInfo) -> bool {
        self.setting(info).is_some_and(|setting| setting.is_forbidden)
    }

    fn set(&mut self, new: Setting) {
        for info in rules::all_rules().filter(|info| new.target.includes(info)) {
            let old = self.by_code.entry(info.code).or_insert(new);
            if rank(&new) > rank(old) {
                *old = new;
            }
        }
    }

    /// Returns the setting that counts for a rule; `None` if its own level counts.
    #[must_use]
    pub fn setting(&self, info: &RuleInfo) -> Option<&Setting> {
        self.by_code.get(info.code)
    }

    /// Applies the levels to findings. Their order stays.
    #[must_use]
    pub fn apply(&self, findings: Vec<Finding>) -> Reported {
        let mut reported = Reported::default();
        for mut finding in findings {
            let is_forbidden = self.forbids(finding.rule);
            let comment = rules::suppression_of(&self.suppressions, &finding).filter(|_| !is_forbidden);
            if let Some(comment) = comment {
                let by = By::Comment { reason: comment.reason.clone() };
                reported.allowed.push(Allowed { finding, by });
                continue;
            }
            match self.setting(finding.rule).filter(|_| !is_fixed(&finding)) {
                Some(by) if by.level == Level::Allow => {
                    reported.allowed.push(Allowed { finding, by: By::Setting(*by) });
                    continue;
                }
                Some(Setting { level: Level::Warn, .. }) => finding.severity = Severity::Warning,
                Some(Setting { level: Level::Deny, .. }) => finding.severity = Severity::Error,
                _ => {}
            }
            if is_forbidden && !reported.forbidden.contains(&finding.rule.code) {
                reported.forbidden.push(finding.rule.code);
            }
            reported.findings.push(finding);
        }
        reported
    }
}

/// Returns whether a finding is an error that cannot be waived.
fn is_fixed(finding: &Finding) -> bool {
    finding.severity == Severity::Error && rules::has_fixed_level(finding.rule)
}

/// The order in which settings count.
fn rank(setting: &Setting) -> (bool, Origin, u8, Level) {
    let specificity = match setting.target {
        Target::All => 0,
        Target::Family(_) => 1,
        Target::Rule(_) => 2,
    };
    (setting.is_forbidden, setting.origin, specificity, setting.level)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::manifest::parse::parse;
    use crate::rules::find_rule;
    use crate::source::Source;

    /// `[lints]`, the command line, and the severity that follows.
    type Case<'a> = (&'a str, &'a [(&'a str, Level)], Option<Severity>);

    fn levels(lints: &str, arguments: &[(&str, Level)]) -> Levels {
        let parsed = parse(Source::new("m", format!("schema = 1\n[lints]\n{lints}")));
        let target = |word| Target::from_word(word).unwrap();
        Levels::of(&parsed.manifest).and(arguments.iter().map(|(word, level)| (target(word), *level)))
    }

    /// The severity with which a finding of a rule is reported.
    fn severity(levels: &Levels, code: &str) -> Option<Severity> {
        let info = find_rule(code).unwrap();
        let reported = levels.apply(vec![Finding::new(info, (0..0).into(), "x")]);
        assert_eq!(reported.findings.len() + reported.allowed.len(), 1);
        reported.findings.first().map(|finding| finding.severity)
    }

    #[test]
    fn the_command_line_then_the_rule_then_the_stricter_counts() {
        let own = levels("", &[]);
        assert_eq!(
            (severity(&own, "OPN310"), severity(&own, "OPN301")),
            (Some(Severity::Warning), Some(Severity::Error))
        );
        let cases: [Case<'_>; 9] = [
            ("OPN310 = \"allow\"\n", &[], None),
            ("code-executing-format = \"deny\"\nfiles = \"allow\"\n", &[], Some(Severity::Error)),
            ("files = \"allow\"\nall = \"deny\"\n", &[], None),
            ("OPN310 = \"allow\"\ncode-executing-format = \"warn\"\n", &[], Some(Severity::Warning)),
            ("licenses = \"allow\"\nnothing = \"allow\"\n", &[], Some(Severity::Warning)),
            ("OPN310 = \"allow\"\n", &[("all", Level::Deny)], Some(Severity::Error)),
            ("OPN310 = \"deny\"\n", &[("opn310", Level::Allow), ("files", Level::Deny)], None),
            ("", &[("files", Level::Allow), ("files", Level::Deny)], Some(Severity::Error)),
            ("", &[("files", Level::Deny), ("files", Level::Allow)], Some(Severity::Error)),
        ];
        for (lints, arguments, expected) in cases {
            assert_eq!(severity(&levels(lints, arguments), "OPN310"), expected, "{lints}{arguments:?}");
        }
    }

    #[test]
    fn errors_that_cannot_be_waived_stay_errors() {
        for (lints, arguments) in
            [("all = \"allow\"\n", &[][..]), ("unportable-file = \"warn\"\n", &[("syntax", Level::Allow)][..])]
        {
            let levels = levels(lints, arguments);
            for code in ["OPN306", "OPN001"] {
                assert_eq!(severity(&levels, code), Some(Severity::Error), "{lints}{code}");
            }
        }
        assert_eq!(severity(&levels("all = \"allow\"\n", &[]), "OPN301"), None, "it can be waived");
    }
}
