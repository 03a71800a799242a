//! Which findings only follow from a mistake in syntax: one mistake is one finding.

use std::collections::BTreeSet;

use super::diagnostics::{MISSING_KEY, NOT_TOML_1_0, SYNTAX};
use crate::finding::{Finding, RuleInfo};
use crate::source::{Source, Span};

/// Where findings about keys and values follow from a mistake in syntax.
pub(super) struct FollowUp {
    /// Lines with a mistake in syntax: their values are guesses of the parser.
    broken: BTreeSet<usize>,
    /// Lines whose keys count as those of another table.
    misplaced: BTreeSet<usize>,
    /// Where a list or an inline table begins that is not closed; everything after it counts as its content.
    unclosed: Option<usize>,
}

impl FollowUp {
    /// Keeps the mistakes in syntax that are mistakes of their own.
    pub(super) fn remove(findings: &mut Vec<Finding>, source: &Source) -> Self {
        let unclosed = unclosed(findings);
        if let Some((at, message)) = unclosed {
            // A table that is not closed has line breaks in it, too.
            let opening = source.text().get(..at).and_then(|before| before.rfind('{')).unwrap_or(at);
            let is_break = |found: &Finding| is_of(found, &NOT_TOML_1_0) && found.primary.span.start > opening;
            findings.retain(|finding| finding.primary.span.start < at && !is_break(finding));
            let span = Span { start: at, end: (at + 1).min(source.text().len()) };
            findings.push(Finding::new(&SYNTAX, span, message).help("close it where it ends"));
        }
        let line = |finding: &Finding| source.position(finding.primary.span.start).line;
        let broken: BTreeSet<usize> = findings.iter().filter(|found| is_of(found, &SYNTAX)).map(line).collect();
        let misplaced = below_broken_headers(source, &broken);
        // A key is defined twice if it is below a broken header and in the table before.
        findings.retain(|finding| !(misplaced.contains(&line(finding)) && finding.message.starts_with("duplicate")));
        let mut end = None;
        findings.retain(|finding| {
            let span = finding.primary.span;
            let continues = is_of(finding, &SYNTAX) && end.is_some_and(|end| span.start > 0 && span.start <= end);
            end = is_of(finding, &SYNTAX).then_some(span.end).or(end);
            !continues
        });
        Self { broken, misplaced, unclosed: unclosed.map(|(at, _)| at) }
    }

    /// Returns whether a finding about a key or a value only follows from a mistake in syntax.
    pub(super) fn includes(&self, finding: &Finding, source: &Source) -> bool {
        let start = finding.primary.span.start;
        let line = source.position(start).line;
        // After a mistake in syntax, a key may only seem to be missing.
        let is_swallowed = is_of(finding, &MISSING_KEY) && !self.broken.is_empty();
        is_swallowed
            || self.broken.contains(&line)
            || self.misplaced.contains(&line)
            || self.unclosed.is_some_and(|unclosed| start >= unclosed)
    }
}

fn is_of(finding: &Finding, rule: &RuleInfo) -> bool {
    finding.rule.code == rule.code
}

/// Returns where a list or an inline table should have been closed if one goes on to the end of the text, and a message.
fn unclosed(findings: &[Finding]) -> Option<(usize, &'static str)> {
    let syntax = || findings.iter().filter(|finding| is_of(finding, &SYNTAX));
    syntax().find(|finding| finding.message.starts_with("unclosed"))?;
    let is_within = |finding: &&Finding| {
        ["array", "inline table", "key-value pairs"].iter().any(|words| finding.message.contains(words))
    };
    let first = syntax().filter(is_within).min_by_key(|finding| finding.primary.span.start)?;
    let is_list = first.message.contains("array");
    let message = if is_list { "unclosed list, expected `]`" } else { "unclosed inline table, expected `}`" };
    Some((first.primary.span.start, message))
}

/// Returns the lines below headers of tables that have a mistake in syntax, up to the next header: their keys count as those
/// of the table before.
fn below_broken_headers(source: &Source, broken: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut below = BTreeSet::new();
    let Some(first) = broken.first() else { return below };
    let mut is_below = false;
    for (at, line) in source.text().lines().enumerate().skip(first - 1) {
        let line = line.trim();
        let is_header = line.starts_with('[') || (line.ends_with(']') && !line.contains('='));
        match broken.contains(&(at + 1)) {
            true if is_header => is_below = true,
            false if line.starts_with('[') => is_below = false,
            _ if is_below => drop(below.insert(at + 1)),
            _ => {}
        }
    }
    below
}
