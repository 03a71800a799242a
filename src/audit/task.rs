//! One shard as a task for another process or machine: how engines such as Ray do the work of a run.

use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use openness_audit::{Done, Output, Plan, RunFacts};
use serde::{Deserialize, Serialize};

use super::auditor::Auditor;
use super::pool::{Seat, Watched, Workers};
use super::run::{Error, PROGRAM, WATCH};
use super::settings::Settings;
use crate::hex;

/// A shard with everything that its rows depend on.
///
/// However often and wherever it is done, its parts have the same bytes and names as those that [`super::run`] writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    run: RunFacts,
    settings: Settings,
    shard: u64,
    targets: Vec<String>,
}

impl Task {
    /// Returns the tasks of a run whose shards are not done.
    ///
    /// # Errors
    /// [`openness_audit::Error`] for a shard that belongs to another run, or whose record cannot be read.
    pub fn left<'a>(
        plan: &'a Plan,
        output: &'a Output,
        settings: &'a Settings,
    ) -> impl Iterator<Item = Result<Self, openness_audit::Error>> + use<'a> {
        (0..plan.shards()).filter_map(|shard| match output.done(plan.facts(), shard) {
            Ok(Some(_)) => None,
            Ok(None) => Some(Ok(Self {
                run: plan.facts().clone(),
                settings: settings.clone(),
                shard,
                targets: plan.shard(shard).map(str::to_owned).collect(),
            })),
            Err(error) => Some(Err(error)),
        })
    }

    /// Audits the targets with one worker and writes the parts into the output of the run. What is done already is not done
    /// again.
    ///
    /// # Errors
    /// [`Error`]. Nothing is then in place, and the task can be done again.
    pub fn run(&self, root: &Path, workers: &Workers<'_>) -> Result<Done, Error> {
        if self.run.program != PROGRAM {
            return Err(Error::OtherVersion { found: self.run.program.clone() });
        }
        if self.run.settings_sha256 != hex::encode(&self.settings.sha256()) || self.run.at != self.settings.at {
            return Err(Error::OtherSettings);
        }
        let output = Output::join(root, &self.run)?;
        if let Some(done) = output.done(&self.run, self.shard)? {
            return Ok(done);
        }
        let (auditor, watched) = (Auditor::new(self.settings.clone())?, Watched::default());
        thread::scope(|scope| {
            // Dropped when the work is over, whatever the result.
            let (_over, ended) = mpsc::channel::<()>();
            scope.spawn(|| {
                let ended = ended;
                while ended.recv_timeout(WATCH) == Err(RecvTimeoutError::Timeout) {
                    watched.end_if_over();
                }
            });
            self.write(&output, Seat::new(workers, &self.settings, &auditor, &watched))
        })
    }

    fn write(&self, output: &Output, mut seat: Seat<'_>) -> Result<Done, Error> {
        let targets: Vec<&str> = self.targets.iter().map(String::as_str).collect();
        let (mut writer, mut written) = (output.start(&self.run, self.shard)?, Ok(()));
        let asked = seat.audit(&targets, |audited| {
            written = writer.push(audited.row, audited.findings);
            written.is_ok()
        });
        asked.map_err(Error::Worker)?;
        written?;
        Ok(writer.finish()?)
    }
}
