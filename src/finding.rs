//! What is wrong with a manifest, said as data: rules make findings, reports show them.
//!
//! A finding is about the manifest or the repository. That we could not do our work is an error, never a finding.

use std::fmt::Display;

use crate::source::Span;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; never fails a run.
    Note,
    /// Probably wrong; does not fail a run.
    Warning,
    /// Wrong; fails `check`, and nothing is signed.
    Error,
}

impl Severity {
    /// Returns `error`, `warning` or `note`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What every finding of one rule shares, and the rule's manual.
#[derive(Debug)]
pub struct RuleInfo {
    /// `OPN` and three digits; never reused, never renumbered.
    pub code: &'static str,
    /// The thing found, in kebab case, so that "allow *unknown-component*" reads well.
    pub name: &'static str,
    /// How much a finding of this rule weighs unless it says otherwise.
    pub severity: Severity,
    /// The manual, in Markdown with the headings *What it does*, *Why it matters*, *Fails*, *Passes*.
    pub docs: &'static str,
}

impl RuleInfo {
    /// Returns the manual as Markdown, without the blank that doc comments put before each line.
    #[must_use]
    pub fn manual(&self) -> String {
        self.docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
    }

    /// Returns the first paragraph of the manual's *What it does*, in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let rest = self.docs.split_once("## What it does").map_or(self.docs, |(_, rest)| rest);
        let lines = rest.trim_start().lines().map(str::trim);
        lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// A place that belongs to a finding, and what it has to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place in the manifest.
    pub span: Span,
    /// What is to be seen there; may be empty for the primary label.
    pub text: String,
}

/// One thing that is wrong, or worth knowing.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule.
    pub rule: &'static RuleInfo,
    /// Usually the card's; a rule may say less.
    pub severity: Severity,
    /// One sentence, lower case, no trailing stop, values in backticks.
    pub message: String,
    /// An edit that one could make.
    pub help: Option<String>,
    /// The smallest place that is wrong.
    pub primary: Label,
    /// What it disagrees with.
    pub related: Vec<Label>,
}

impl Finding {
    /// A finding with one label that repeats no words.
    pub fn new(rule: &'static RuleInfo, span: Span, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity,
            message: message.into(),
            help: None,
            primary: Label { span, text: String::new() },
            related: Vec::new(),
        }
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what is to be seen at the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Adds a place that the finding disagrees with.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { span, text: text.into() });
        self
    }

    /// Weighs the finding otherwise than its card.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

/// Names things in a message: a few of them, and how many more there are.
#[must_use]
pub fn summarize_list(things: impl ExactSizeIterator<Item: Display>) -> String {
    const NAMED: usize = 5;
    let more = things.len().saturating_sub(NAMED);
    let shown = things.take(NAMED).map(|thing| format!("`{thing}`")).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// Sorts by place, then code, and drops what says the same at the same place.
pub fn sort_and_dedup(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| (a.primary.span, a.rule.code, &a.message).cmp(&(b.primary.span, b.rule.code, &b.message)));
    findings.dedup_by(|a, b| a.primary.span == b.primary.span && a.rule.code == b.rule.code && a.message == b.message);
}

/// Declares a [`RuleInfo`] whose manual is its doc comment, so that rustdoc, `explain` and the tests read one text.
macro_rules! rule_info {
    ($(#[doc = $doc:literal])* $vis:vis $NAME:ident = $code:literal $name:literal $severity:ident) => {
        $(#[doc = $doc])*
        $vis static $NAME: $crate::finding::RuleInfo = $crate::finding::RuleInfo {
            code: $code,
            name: $name,
            severity: $crate::finding::Severity::$severity,
            docs: concat!($($doc, "\n"),*),
        };
    };
}
pub(crate) use rule_info;

/// Returns the candidate that a misspelt word most likely meant; `None` where nothing is near.
pub fn closest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let lower = word.to_lowercase().replace('_', "-");
    comparable(&lower, candidates)
        .map(|(most, candidate)| (strsim::damerau_levenshtein(&lower, candidate), most, candidate))
        .filter(|(distance, most, _)| distance <= most)
        .map(|(distance, _, candidate)| (distance, candidate))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Returns the candidates that may be near a word, and how far they may be: a word that is longer by more, which may be a
/// stranger's and of any length, is compared with none.
fn comparable<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> impl Iterator<Item = (usize, &'c str)> {
    let length = word.chars().count();
    candidates.into_iter().filter_map(move |candidate| {
        let own = candidate.chars().count();
        let most = (own / 3).clamp(1, 4);
        (length.abs_diff(own) <= most).then_some((most, candidate))
    })
}

#[cfg(test)]
mod tests {
    use super::{closest, comparable};

    #[test]
    fn a_slip_of_the_hand_is_understood_and_a_different_word_is_not() {
        let words = ["openness", "license", "files"];
        assert_eq!(closest("openess", words), Some("openness"));
        assert_eq!(closest("License", words), Some("license"));
        assert_eq!(closest("licence", words), Some("license"));
        assert_eq!(closest("url", words), None);
    }

    #[test]
    fn a_word_is_compared_only_with_what_its_length_may_be_near() {
        let words = ["url", "license", "openness"];
        let compared = |word: &str| comparable(word, words).map(|(_, candidate)| candidate).collect::<Vec<_>>();
        assert_eq!(compared("urls"), ["url"]);
        assert_eq!(compared("licenses!"), ["license", "openness"]);
        assert_eq!(compared("licenses!!"), ["openness"]);
        assert!(compared(&"x".repeat(1_000_000)).is_empty());
        // The nearest that is refused by its length alone is as far as it may not be.
        assert_eq!((closest("licensexx", words), closest("licensexxx", words)), (Some("license"), None));
    }
}
