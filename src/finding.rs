//! Findings: the problems of a manifest as data. Rules make them, reports show them.
//!
//! A finding reports a problem in the manifest or the repository. An error means that the work could not be done; it is
//! never a finding.

mod fix;

use std::fmt::Display;

use crate::source::Span;

pub(crate) use fix::{Change, Proposal};
pub use fix::{Edit, Fix, Safety};

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Information. Never fails a run.
    Note,
    /// Probably a mistake. Does not fail a run.
    Warning,
    /// A mistake. `check` fails, and `sign` refuses to sign.
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

/// A rule: what all of its findings share, and its manual.
#[derive(Debug)]
#[non_exhaustive]
pub struct RuleInfo {
    /// The code: `OPN` and three digits. Codes are never changed or reused.
    pub code: &'static str,
    /// The name, in kebab case. It names the problem, such as `unknown-component`.
    pub name: &'static str,
    /// The severity of its findings, unless a finding has its own.
    pub severity: Severity,
    /// The manual, in Markdown with the headings *What it does*, *Why it matters*, *Fails* and *Passes*; see
    /// [`RuleInfo::manual`]. Empty without the feature `manuals`.
    pub docs: &'static str,
}

impl RuleInfo {
    /// Returns the manual as Markdown, without the space that doc comments have at the start of each line.
    #[must_use]
    pub fn manual(&self) -> String {
        self.docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
    }

    /// Returns the first paragraph of *What it does* as one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let rest = self.docs.split_once("## What it does").map_or(self.docs, |(_, rest)| rest);
        let lines = rest.trim_start().lines().map(str::trim);
        lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// A part of the text that a finding refers to, and how it is involved.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Label {
    /// The part of the manifest.
    pub span: Span,
    /// The explanation; may be empty for the primary label.
    pub text: String,
}

/// One problem, or one piece of information. Made with [`Finding::new`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Finding {
    /// The rule that made the finding.
    pub rule: &'static RuleInfo,
    /// The severity; usually that of the rule.
    pub severity: Severity,
    /// The message: one sentence in lower case, without a final period, values in backticks.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The smallest part of the text that has the problem.
    pub primary: Label,
    /// Other parts of the text that are involved.
    pub related: Vec<Label>,
    /// All files or names that the finding is about, if the message names or counts several.
    pub items: Vec<String>,
    /// A change that removes the finding, if one is known.
    pub fix: Option<Fix>,
    /// What the rule proposes, until the text of the manifest is at hand.
    pub(crate) proposal: Option<Box<Proposal>>,
}

/// The longest text of a finding, in bytes. Texts quote the manifest, whose words can be of any length.
const MAX_TEXT: usize = 16_000;
/// The number of things that a message names.
const NAMED: usize = 5;
/// How much of a word is quoted where many findings quote the same.
const MAX_QUOTED: usize = 120;

/// Cuts a text that is too long for a finding.
fn limited(text: impl Into<String>) -> String {
    let mut text = text.into();
    if text.len() > MAX_TEXT {
        text.truncate(text.floor_char_boundary(MAX_TEXT));
        text.push('…');
        text.shrink_to_fit();
    }
    text
}

/// Returns a word for a message, escaped, and cut if it is very long.
#[must_use]
pub fn quotable(word: &str) -> String {
    let cut = word.char_indices().nth(MAX_QUOTED).map(|(at, _)| at);
    let escaped = word[..cut.unwrap_or(word.len())].escape_debug();
    if cut.is_some() { format!("{escaped}…") } else { escaped.to_string() }
}

impl Finding {
    /// Makes a finding with the severity of its rule, without help or further labels. A text of more than 16,000 bytes is
    /// cut, here and in the methods below.
    pub fn new(rule: &'static RuleInfo, span: Span, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity,
            message: limited(message),
            help: None,
            primary: Label { span, text: String::new() },
            related: Vec::new(),
            items: Vec::new(),
            fix: None,
            proposal: None,
        }
    }

    /// Sets the help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(limited(help));
        self
    }

    /// Sets the text of the primary label.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = limited(text);
        self
    }

    /// Adds another part of the text that is involved.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { span, text: limited(text) });
        self
    }

    /// Names everything that the finding is about; the message may name only the first few ([`summarize_list`]).
    #[must_use]
    pub fn items(mut self, items: impl IntoIterator<Item: Display>) -> Self {
        self.items = items.into_iter().map(|item| item.to_string()).collect();
        self
    }

    /// Proposes a change that removes the finding.
    #[must_use]
    pub(crate) fn propose(mut self, proposal: impl Into<Option<Proposal>>) -> Self {
        self.proposal = proposal.into().map(Box::new);
        self
    }

    /// Returns a sentence for formats of one text that lists what the message only counts; `None` if it counts nothing.
    #[must_use]
    pub fn whole_list(&self) -> Option<String> {
        (self.items.len() > NAMED).then(|| {
            let items: Vec<String> = self.items.iter().map(|item| format!("`{item}`")).collect();
            format!("all {}: {}", items.len(), items.join(", "))
        })
    }

    /// Sets a severity that differs from that of the rule.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

/// Lists things for a message: the first five in backticks, then the number of the others.
#[must_use]
pub fn summarize_list(things: impl ExactSizeIterator<Item: Display>) -> String {
    let more = things.len().saturating_sub(NAMED);
    let shown = things.take(NAMED).map(|thing| format!("`{thing}`")).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// Sorts findings by position, code and message, and removes duplicates.
pub fn sort_and_dedup(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| (a.primary.span, a.rule.code, &a.message).cmp(&(b.primary.span, b.rule.code, &b.message)));
    findings.dedup_by(|a, b| a.primary.span == b.primary.span && a.rule.code == b.rule.code && a.message == b.message);
}

/// Declares a [`RuleInfo`] whose manual is its doc comment: rustdoc, `explain` and the tests all use the same text.
macro_rules! rule_info {
    ($(#[doc = $doc:literal])* $vis:vis $NAME:ident = $code:literal $name:literal $severity:ident) => {
        $(#[doc = $doc])*
        $vis static $NAME: $crate::finding::RuleInfo = $crate::finding::RuleInfo {
            code: $code,
            name: $name,
            severity: $crate::finding::Severity::$severity,
            docs: if cfg!(feature = "manuals") { concat!($($doc, "\n"),*) } else { "" },
        };
    };
}
pub(crate) use rule_info;

/// Returns the candidate that a misspelled word most likely stands for, or `None` if no candidate is close.
pub fn closest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let lower = word.to_lowercase().replace('_', "-");
    comparable(&lower, candidates)
        .map(|(most, candidate)| (strsim::damerau_levenshtein(&lower, candidate), most, candidate))
        .filter(|(distance, most, _)| distance <= most)
        .map(|(distance, _, candidate)| (distance, candidate))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Returns whether a word can only have been meant as another one: they differ in one letter, in the order of two letters,
/// or in case and `_` or spaces in place of `-` alone.
#[must_use]
pub(crate) fn is_slip(word: &str, meant: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(['_', ' '], "-");
    let (word, meant) = (plain(word), plain(meant));
    word.chars().count().abs_diff(meant.chars().count()) <= 1 && strsim::damerau_levenshtein(&word, &meant) <= 1
}

/// Returns the candidates whose length is close to that of a word, each with the largest edit distance allowed.
///
/// Words can come from untrusted input and have any length; this keeps long ones from being compared at all.
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
    use super::{closest, comparable, summarize_list};

    #[test]
    fn a_long_list_names_five_things_and_counts_the_rest() {
        assert_eq!(summarize_list(1..3), "`1`, `2`");
        assert_eq!(summarize_list(1..6), "`1`, `2`, `3`, `4`, `5`");
        assert_eq!(summarize_list(1..8), "`1`, `2`, `3`, `4`, `5` and 2 more");
    }

    #[test]
    fn a_misspelled_word_is_recognized_and_a_different_word_is_not() {
        let words = ["openness", "license", "files"];
        assert_eq!(closest("openess", words), Some("openness"));
        assert_eq!(closest("License", words), Some("license"));
        assert_eq!(closest("licence", words), Some("license"));
        assert_eq!(closest("url", words), None);
    }

    #[test]
    fn a_word_is_only_compared_with_candidates_of_similar_length() {
        let words = ["url", "license", "openness"];
        let compared = |word: &str| comparable(word, words).map(|(_, candidate)| candidate).collect::<Vec<_>>();
        assert_eq!(compared("urls"), ["url"]);
        assert_eq!(compared("licenses!"), ["license", "openness"]);
        assert_eq!(compared("licenses!!"), ["openness"]);
        assert!(compared(&"x".repeat(1_000_000)).is_empty());
        // The closest word that is excluded by its length is exactly one edit too far.
        assert_eq!((closest("licensexx", words), closest("licensexxx", words)), (Some("license"), None));
    }
}
