//! Reports about an audit: what is in a hub as a page with charts, as JSON, and as SQL; and a site with a page for each model.

mod chart;
mod page;
mod queries;
mod site;

use std::collections::BTreeMap;

use serde::Serialize;

pub use page::write as write_page;
pub use queries::queries;
pub use site::{Entry, write_entry, write_index};

use crate::audit::{FindingRow, Row};
use crate::taxonomy;

/// What stands for a value that a release does not state.
const NOT_STATED: &str = "(not stated)";

/// How often each value occurs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Counts(BTreeMap<String, u64>);

impl Counts {
    /// Counts a value.
    pub fn add(&mut self, value: &str) {
        match self.0.get_mut(value) {
            Some(count) => *count += 1,
            None => drop(self.0.insert(value.to_owned(), 1)),
        }
    }

    /// Returns the values, the most frequent first, and then in byte order.
    #[must_use]
    pub fn sorted(&self) -> Vec<(&str, u64)> {
        let mut all: Vec<(&str, u64)> = self.0.iter().map(|(value, count)| (value.as_str(), *count)).collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        all
    }

    /// Returns the number of different values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// How often a rule found something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RuleCount {
    /// The number of targets.
    pub targets: u64,
    /// The number of findings.
    pub findings: u64,
}

/// What the rows and findings of an audit add up to (`schemas/audit-report-v1.schema.json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    version: u32,
    /// The number of rows.
    pub targets: u64,
    /// The number of rows by status.
    pub statuses: Counts,
    /// By taxonomy, the number of rows by verdict; of targets with a manifest that can be evaluated.
    pub verdicts: BTreeMap<String, Counts>,
    /// The number of rows by license; of targets with a manifest.
    pub licenses: Counts,
    /// The number of rows by signer; of targets with a signature that holds.
    pub signers: Counts,
    /// The number of rows that a trusted signer signed.
    pub trusted: u64,
    /// The number of rows by claim.
    pub claims: Counts,
    /// The number of rows by reason why they are not verified or could not be read.
    pub reasons: Counts,
    /// By code, how often each rule found something.
    pub codes: BTreeMap<String, RuleCount>,
    /// The target of the finding that was counted last.
    #[serde(skip)]
    last: (String, Vec<String>),
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            version: 1,
            targets: 0,
            statuses: Counts::default(),
            verdicts: BTreeMap::new(),
            licenses: Counts::default(),
            signers: Counts::default(),
            trusted: 0,
            claims: Counts::default(),
            reasons: Counts::default(),
            codes: BTreeMap::new(),
            last: Default::default(),
        }
    }
}

impl Tally {
    /// Counts a row, whose verdicts are those of `taxonomies`.
    pub fn add_row(&mut self, row: &Row, taxonomies: &[String]) {
        self.targets += 1;
        self.statuses.add(row.status.as_str());
        for (taxonomy, verdict) in taxonomies.iter().zip(&row.verdicts) {
            if let Some(verdict) = verdict.as_deref().filter(|_| is_counted(taxonomy)) {
                self.verdicts.entry(taxonomy.clone()).or_default().add(verdict);
            }
        }
        if row.manifest_sha256.is_some() {
            self.licenses.add(row.license.as_deref().unwrap_or(NOT_STATED));
        }
        row.signers.iter().for_each(|signer| self.signers.add(signer));
        self.trusted += u64::from(row.trusted);
        row.claims.iter().for_each(|claim| self.claims.add(claim));
        row.reasons.iter().for_each(|reason| self.reasons.add(reason));
    }

    /// Counts a finding. Findings of one target follow each other.
    pub fn add_finding(&mut self, finding: &FindingRow) {
        let count = self.codes.entry(finding.code.clone()).or_default();
        count.findings += 1;
        if self.last.0 != finding.target {
            self.last = (finding.target.clone(), Vec::new());
        }
        if !self.last.1.contains(&finding.code) {
            self.last.1.push(finding.code.clone());
            count.targets += 1;
        }
    }
}

/// Returns whether a taxonomy gives words, which can be counted, and not scores.
fn is_counted(taxonomy: &str) -> bool {
    taxonomy::find(taxonomy).is_none_or(|taxonomy| {
        taxonomy.claim.as_ref().is_none_or(|claim| claim.value != taxonomy::ClaimValueKind::Minimum)
    })
}
