//! A whole run: targets in, an output with a manifest out.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::num::NonZero;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use openness_audit::{Manifest, Output, Plan, Targets};

use super::auditor::{Audited, Auditor, taxonomies};
use super::pool::{Seat, Watched, Workers, lock};
use super::settings::{Settings, SettingsError};

/// What decides the rows besides targets and settings.
pub(super) const PROGRAM: &str = concat!("openness ", env!("CARGO_PKG_VERSION"));
/// The most targets that are known and not yet written, because an earlier one is not known.
const MAX_AHEAD: usize = 1 << 16;
/// About how much memory those may take, in bytes.
const MAX_AHEAD_BYTES: usize = 32 << 20;
/// The most targets that a worker is given at once.
const MAX_BATCH: usize = 32;
/// About how long a worker has to do with what it is given at once.
const BATCH_TIME: Duration = Duration::from_millis(50);
/// How often workers that overran their time are looked for.
pub(super) const WATCH: Duration = Duration::from_millis(100);

/// How a run goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The number of targets.
    pub targets: usize,
    /// The number of those that have a row, in this run or an earlier one.
    pub done: usize,
    /// The number of those that an earlier run did.
    pub resumed: usize,
    /// The number of workers that were replaced, because they died or overran their time.
    pub replaced: u64,
}

/// Why a run could not be completed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The output could not be used or written.
    #[error(transparent)]
    Output(#[from] openness_audit::Error),
    /// No worker could be started.
    #[error("cannot start a worker")]
    Worker(#[source] io::Error),
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The task is another version's.
    #[error("the task is one of `{found}`, and this is `{PROGRAM}`")]
    OtherVersion {
        /// The program that made the task.
        found: String,
    },
    /// The settings in a task are not those of its run.
    #[error("the task has other settings than its run")]
    OtherSettings,
}

/// What all threads of a run share.
#[derive(Default)]
struct State {
    /// The next target to be given to a worker.
    next: usize,
    /// The first target that is not written.
    written: usize,
    /// What is known of targets that are not written, with the memory that it takes.
    known: BTreeMap<usize, (usize, Audited)>,
    known_bytes: usize,
    /// Shards that were done before.
    skipped: BTreeSet<u64>,
    failed: Option<Error>,
    replaced: u64,
    is_over: bool,
}

struct Run<'a> {
    plan: &'a Plan,
    output: &'a Output,
    state: Mutex<State>,
    /// More is known, or something failed.
    known: Condvar,
    /// There is room for more, or the run is over.
    room: Condvar,
    /// The run is over.
    over: Condvar,
}

/// Plans a run with these settings.
#[must_use]
pub fn plan(targets: Targets, shard_size: NonZero<u32>, settings: &Settings) -> Plan {
    let (shown, sha256) = (settings.shown(), settings.sha256());
    Plan::new(targets, shard_size.get(), PROGRAM, taxonomies(), &settings.at, shown, sha256)
}

/// Audits every target of a plan that has no row yet, writes the rows, and at the end the manifest.
///
/// `progress` is called after each target.
///
/// # Errors
/// [`Error`]. What was written stays, and the next run goes on from there.
pub fn run(
    plan: &Plan,
    output: &Output,
    settings: &Settings,
    workers: &Workers<'_>,
    count: NonZero<usize>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Manifest, Error> {
    let auditor = Auditor::new(settings.clone())?;
    let run = Run {
        plan,
        output,
        state: Mutex::default(),
        known: Condvar::new(),
        room: Condvar::new(),
        over: Condvar::new(),
    };
    let watched: Vec<Watched> = (0..count.get()).map(|_| Watched::default()).collect();
    let written = thread::scope(|scope| {
        for watched in &watched {
            scope.spawn(|| run.work(Seat::new(workers, settings, &auditor, watched)));
        }
        scope.spawn(|| run.watch(&watched));
        let written = run.write(progress);
        run.end(None);
        written
    });
    written?;
    if let Some(error) = lock(&run.state).failed.take() {
        return Err(error);
    }
    Ok(output.commit(plan.facts())?)
}

impl Run<'_> {
    /// Ends the run.
    fn end(&self, error: Option<Error>) {
        let mut state = lock(&self.state);
        state.is_over = true;
        if let Some(error) = error {
            state.failed.get_or_insert(error);
        }
        [&self.known, &self.room, &self.over].into_iter().for_each(Condvar::notify_all);
    }

    /// Gives targets to a worker until none is left.
    fn work(&self, mut seat: Seat<'_>) {
        let mut size = 1;
        while let Some(numbers) = self.take(size) {
            let targets: Vec<&str> = numbers.clone().filter_map(|number| self.plan.targets().get(number)).collect();
            let (start, replaced) = (Instant::now(), seat.replaced);
            let mut number = numbers.start;
            let asked = seat.audit(&targets, |audited| {
                let is_over = self.deliver(number, audited);
                number += 1;
                !is_over
            });
            let replaced = seat.replaced - replaced;
            lock(&self.state).replaced += replaced;
            if let Err(error) = asked {
                return self.end(Some(Error::Worker(error)));
            }
            size = if start.elapsed() > BATCH_TIME { 1.max(size / 2) } else { MAX_BATCH.min(size * 2) };
        }
    }

    /// Takes the next targets, of one shard; `None` if there are no more.
    fn take(&self, size: usize) -> Option<std::ops::Range<usize>> {
        let mut state = lock(&self.state);
        loop {
            if state.is_over {
                return None;
            }
            self.skip_done(&mut state);
            if state.is_over || state.next >= self.plan.targets().len() {
                return None;
            }
            let ahead = state.next.saturating_sub(state.written);
            if ahead < MAX_AHEAD && (state.known_bytes < MAX_AHEAD_BYTES || state.known.is_empty()) {
                let shard = self.shard_of(state.next);
                let numbers = state.next..self.plan.facts().range(shard).end.min(state.next + size);
                state.next = numbers.end;
                return Some(numbers);
            }
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn shard_of(&self, number: usize) -> u64 {
        u64::try_from(number).unwrap_or(u64::MAX) / u64::from(self.plan.facts().shard_size)
    }

    /// Passes over the shards that are done, if the next target is the first of one.
    fn skip_done(&self, state: &mut State) {
        while state.next < self.plan.targets().len() {
            let shard = self.shard_of(state.next);
            let range = self.plan.facts().range(shard);
            if range.start != state.next || state.skipped.contains(&shard) {
                return;
            }
            match self.output.done(self.plan.facts(), shard) {
                Ok(None) => return,
                Ok(Some(_)) => {
                    state.skipped.insert(shard);
                    state.next = range.end;
                }
                Err(error) => {
                    state.failed.get_or_insert(error.into());
                    state.is_over = true;
                    [&self.room, &self.over].into_iter().for_each(Condvar::notify_all);
                }
            }
            self.known.notify_all();
        }
    }

    /// Hands over what is known of a target. Returns whether the run is over.
    fn deliver(&self, number: usize, audited: Audited) -> bool {
        let size = size_of(&audited);
        let mut state = lock(&self.state);
        state.known_bytes += size;
        state.known.insert(number, (size, audited));
        self.known.notify_all();
        state.is_over
    }

    /// Waits for what is known of a target; `None` if its shard was done before.
    fn await_target(&self, number: usize, shard: u64) -> Result<Option<Audited>, Error> {
        let mut state = lock(&self.state);
        loop {
            if let Some(error) = state.failed.take() {
                return Err(error);
            }
            if state.skipped.contains(&shard) {
                return Ok(None);
            }
            if let Some((size, audited)) = state.known.remove(&number) {
                state.known_bytes -= size;
                state.written = number + 1;
                self.room.notify_all();
                return Ok(Some(audited));
            }
            state = self.known.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Writes shard after shard.
    fn write(&self, progress: &mut dyn FnMut(Progress)) -> Result<(), Error> {
        let mut now = Progress { targets: self.plan.targets().len(), ..Progress::default() };
        for shard in 0..self.plan.shards() {
            let range = self.plan.facts().range(shard);
            let mut writer = None;
            for number in range.clone() {
                let Some(audited) = self.await_target(number, shard)? else { break };
                let writer = match &mut writer {
                    Some(writer) => writer,
                    none => none.insert(self.output.start(self.plan.facts(), shard)?),
                };
                writer.push(audited.row, audited.findings)?;
                now.done += 1;
                now.replaced = lock(&self.state).replaced;
                progress(now);
            }
            match writer {
                Some(writer) => drop(writer.finish()?),
                None => {
                    now.done += range.len();
                    now.resumed += range.len();
                    lock(&self.state).written = range.end;
                    self.room.notify_all();
                    progress(now);
                }
            }
        }
        Ok(())
    }

    /// Ends workers that overran their time, and at the end all that are left.
    fn watch(&self, watched: &[Watched]) {
        let mut state = lock(&self.state);
        while !state.is_over {
            state = self.over.wait_timeout(state, WATCH).unwrap_or_else(PoisonError::into_inner).0;
            watched.iter().for_each(Watched::end_if_over);
        }
        drop(state);
        watched.iter().for_each(Watched::close);
    }
}

/// Returns about how much memory the result for a target takes.
fn size_of(audited: &Audited) -> usize {
    let findings = audited.findings.iter().map(|finding| 200 + finding.message.len());
    1000 + audited.row.target.len() + findings.sum::<usize>()
}
