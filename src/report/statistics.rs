//! How many findings of each rule there are.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::finding::{Finding, RuleInfo, Severity};

/// The findings of one rule with one severity, counted.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Count {
    /// The rule.
    pub rule: &'static RuleInfo,
    /// The severity, with the levels that are set.
    pub severity: Severity,
    /// The number of findings.
    pub findings: usize,
    /// The number of those with a fix, certain or likely.
    pub fixable: usize,
}

/// Counts findings by rule and severity. The most frequent come first, and of several, the most severe.
pub fn statistics<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Vec<Count> {
    let mut counts: BTreeMap<(&str, Severity), Count> = BTreeMap::new();
    for finding in findings {
        let (rule, severity) = (finding.rule, finding.severity);
        let count = counts.entry((rule.code, severity)).or_insert(Count { rule, severity, findings: 0, fixable: 0 });
        count.findings += 1;
        count.fixable += usize::from(finding.fix.is_some());
    }
    let mut counts: Vec<Count> = counts.into_values().collect();
    counts.sort_by_key(|count| (Reverse(count.findings), Reverse(count.severity), count.rule.code));
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::rule_info;

    rule_info! {
        /// ## What it does
        /// Nothing.
        ONE = "OPN000" "one" Error
    }
    rule_info! {
        /// ## What it does
        /// Nothing.
        TWO = "OPN001" "two" Error
    }

    #[test]
    fn the_most_frequent_come_first_then_the_most_severe_then_the_code() {
        let finding = |rule, severity| Finding::new(rule, (0..1).into(), "bad").severity(severity);
        let all = [
            finding(&TWO, Severity::Error),
            finding(&ONE, Severity::Error),
            finding(&TWO, Severity::Warning),
            finding(&ONE, Severity::Note),
            finding(&TWO, Severity::Warning),
        ];
        let found: Vec<(&str, Severity, usize)> =
            statistics(&all).iter().map(|count| (count.rule.code, count.severity, count.findings)).collect();
        assert_eq!(
            found,
            [
                ("OPN001", Severity::Warning, 2),
                ("OPN000", Severity::Error, 1),
                ("OPN001", Severity::Error, 1),
                ("OPN000", Severity::Note, 1)
            ]
        );
        assert!(statistics([]).is_empty());
    }
}
