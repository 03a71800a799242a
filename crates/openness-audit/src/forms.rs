//! The JSON files of an output, version 1 (`schemas/audit-*-v1.schema.json`).

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::hex;
use crate::row::{FindingRow, Row};

/// `_RUN.json`: what identifies a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunFacts {
    /// The version of the form.
    pub version: u32,
    /// The version of the tables.
    pub schema: u32,
    /// The program and its version.
    pub program: String,
    /// The time by which keys and statements are checked.
    pub at: String,
    /// The number of targets.
    pub targets: u64,
    /// The digest of the list of targets.
    pub targets_sha256: String,
    /// The number of targets in a shard.
    pub shard_size: u32,
    /// The digest of the settings.
    pub settings_sha256: String,
    /// The settings, for people; without keys and policies.
    pub settings: serde_json::Value,
    /// The ids of the taxonomies, in the order of the columns.
    pub taxonomies: Vec<String>,
}

impl RunFacts {
    /// Returns the number of shards.
    #[must_use]
    pub fn shards(&self) -> u64 {
        self.targets.div_ceil(u64::from(self.shard_size.max(1)))
    }

    /// Returns the numbers of the targets in a shard.
    #[must_use]
    pub fn range(&self, shard: u64) -> Range<usize> {
        let at = |shard: u64| {
            let start = shard.saturating_mul(u64::from(self.shard_size.max(1))).min(self.targets);
            usize::try_from(start).unwrap_or(usize::MAX)
        };
        at(shard)..at(shard.saturating_add(1))
    }

    /// Returns the id of a shard's task: 64 hex digits of a SHA-256 digest over the digest of the targets, the shard, the
    /// shard size, the program's version and the digest of the settings.
    #[must_use]
    pub fn task(&self, shard: u64) -> String {
        let mut hash = Sha256::new();
        hash.update(self.targets_sha256.as_bytes());
        hash.update(shard.to_be_bytes());
        hash.update(u64::from(self.shard_size).to_be_bytes());
        // The lengths keep one text from running into the next.
        for text in [&self.program, &self.at, &self.settings_sha256, &self.taxonomies.join("\n")] {
            hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hex(hash.finalize())
    }
}

/// One part: a Parquet file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartFacts {
    /// Its path in the output.
    pub file: String,
    /// The number of rows.
    pub rows: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its digest.
    pub sha256: String,
}

/// What the rows of a shard, or of a run, add up to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The number of targets by status.
    pub statuses: BTreeMap<String, u64>,
    /// The number of targets with findings by the most serious severity of their findings.
    pub findings: BTreeMap<String, u64>,
    /// The number of files.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

impl Summary {
    /// Counts a target.
    pub fn add_row(&mut self, row: &Row, findings: &[FindingRow]) {
        *self.statuses.entry(row.status.as_str().to_owned()).or_default() += 1;
        let worst = match (row.errors, row.warnings, findings) {
            (1.., ..) => Some("error"),
            (_, 1.., _) => Some("warning"),
            (_, _, []) => None,
            _ => Some("note"),
        };
        if let Some(worst) = worst {
            *self.findings.entry(worst.to_owned()).or_default() += 1;
        }
        self.files = self.files.saturating_add(u64::try_from(row.files).unwrap_or(0));
        self.bytes = self.bytes.saturating_add(u64::try_from(row.bytes).unwrap_or(0));
    }

    /// Adds what other rows add up to.
    pub fn add(&mut self, other: &Self) {
        for (counts, others) in [(&mut self.statuses, &other.statuses), (&mut self.findings, &other.findings)] {
            for (word, count) in others {
                *counts.entry(word.clone()).or_default() += count;
            }
        }
        self.files = self.files.saturating_add(other.files);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// `done/NNNNNNNN.json`: a shard whose parts are in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The version of the form.
    pub version: u32,
    /// The shard, from 0.
    pub shard: u64,
    /// The id of the task.
    pub task: String,
    /// The part with the rows.
    pub rows: PartFacts,
    /// The part with the findings.
    pub findings: PartFacts,
    /// What the rows add up to.
    pub summary: Summary,
}

/// `_MANIFEST.json`: a run that is complete.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the form.
    pub version: u32,
    /// What identifies the run.
    pub run: RunFacts,
    /// The number of rows, which is that of the targets.
    pub rows: u64,
    /// The number of findings.
    pub findings: u64,
    /// What the rows add up to.
    pub summary: Summary,
    /// Every shard, in order.
    pub shards: Vec<Done>,
}
