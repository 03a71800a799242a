//! How the list of targets is cut into shards, and what identifies the result of each.

use crate::forms::RunFacts;
use crate::hex;
use crate::targets::Targets;

/// A run: its targets, cut into shards of the same size.
#[derive(Debug)]
pub struct Plan {
    targets: Targets,
    /// What is known of the run in general.
    facts: RunFacts,
}

impl Plan {
    /// Plans a run. `program` names the version of everything that decides what is in a row, and `settings` the same of what
    /// the user decided, of which `settings_sha256` is the digest. `taxonomies` are the columns of verdicts.
    #[must_use]
    pub fn new(
        targets: Targets,
        shard_size: u32,
        program: &str,
        taxonomies: Vec<String>,
        at: &str,
        settings: serde_json::Value,
        settings_sha256: [u8; 32],
    ) -> Self {
        let facts = RunFacts {
            version: crate::VERSION,
            schema: crate::SCHEMA,
            program: program.to_owned(),
            at: at.to_owned(),
            targets: u64::try_from(targets.len()).unwrap_or(u64::MAX),
            targets_sha256: hex(targets.sha256()),
            shard_size: shard_size.max(1),
            settings_sha256: hex(settings_sha256),
            settings,
            taxonomies,
        };
        Self { targets, facts }
    }

    /// Returns the targets.
    #[must_use]
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// Returns what identifies the run.
    #[must_use]
    pub fn facts(&self) -> &RunFacts {
        &self.facts
    }

    /// Returns the number of shards.
    #[must_use]
    pub fn shards(&self) -> u64 {
        self.facts.shards()
    }

    /// Returns the targets in a shard.
    pub fn shard(&self, shard: u64) -> impl Iterator<Item = &str> {
        self.facts.range(shard).filter_map(|number| self.targets.get(number))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    fn plan(targets: usize, size: u32, program: &str) -> Plan {
        let targets = Targets::new((0..targets).map(|number| format!("{number:03}"))).unwrap();
        Plan::new(targets, size, program, vec![], "2026-11-30T00:00:00Z", serde_json::Value::Null, [0; 32])
    }

    #[test]
    fn shards_cover_every_target_once() {
        for (targets, size, shards) in [(0, 3, 0), (1, 3, 1), (3, 3, 1), (4, 3, 2), (100, 7, 15)] {
            let plan = plan(targets, size, "1");
            assert_eq!(plan.shards(), shards);
            let all: Vec<&str> = (0..shards).flat_map(|shard| plan.shard(shard)).collect();
            assert!(all.into_iter().eq(plan.targets().iter()), "{targets} {size}");
        }
    }

    #[test]
    fn a_task_id_depends_on_everything_that_decides_its_rows() {
        let id = plan(10, 3, "1").facts().task(1);
        assert_eq!(id.len(), 64);
        assert_eq!(id, plan(10, 3, "1").facts().task(1));
        let others = [
            plan(10, 3, "1").facts().task(2),
            plan(10, 4, "1").facts().task(1),
            plan(11, 3, "1").facts().task(1),
            plan(10, 3, "2").facts().task(1),
        ];
        assert!(others.iter().all(|other| *other != id));
    }
}
