//! The workers of a run: processes of the program itself, so that a target that makes one crash or hang takes nothing else
//! with it. A worker that died or overran its time is replaced.

use std::io::{self, BufRead as _, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use openness_audit::Row;

use super::auditor::{Audited, Auditor};
use super::protocol;
use super::settings::Settings;
use crate::taxonomy;

/// How often a target is tried again after its worker died: what ends a worker may not be the target.
const ATTEMPTS: u32 = 3;

/// How targets are audited.
pub enum Workers<'a> {
    /// By processes that the command starts, each of which calls [`super::serve`] with its standard input and output.
    Processes(&'a (dyn Fn() -> Command + Sync)),
    /// By threads of this process. A panic is caught where panics unwind; what hangs is waited for.
    Threads,
}

impl std::fmt::Debug for Workers<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Processes(_) => "Processes",
            Self::Threads => "Threads",
        })
    }
}

/// What the threads that talk to workers share with the one that ends those that overran their time.
#[derive(Debug, Default)]
pub(super) struct Watched {
    child: Mutex<Option<Child>>,
    /// When the worker has to have answered.
    deadline: Mutex<Option<Instant>>,
    /// Whether no worker is wanted any more.
    is_closed: AtomicBool,
}

impl Watched {
    /// Ends the worker if its time is over.
    pub(super) fn end_if_over(&self) {
        if self.is_over() {
            self.kill();
        }
    }

    /// Ends the worker, and lets no other start.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        self.kill();
    }

    fn kill(&self) {
        if let Some(child) = lock(&self.child).as_mut() {
            // It may have ended by itself.
            let _ = child.kill();
        }
    }

    fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    fn wait_until(&self, deadline: Option<Instant>) {
        *lock(&self.deadline) = deadline;
    }

    fn is_over(&self) -> bool {
        lock(&self.deadline).is_some_and(|deadline| Instant::now() >= deadline)
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One place in the pool, and the worker that has it at the moment.
pub(super) struct Seat<'a> {
    workers: &'a Workers<'a>,
    settings: &'a Settings,
    auditor: &'a Auditor,
    watched: &'a Watched,
    pipes: Option<(ChildStdin, BufReader<ChildStdout>)>,
    /// How often a worker was replaced.
    pub(super) replaced: u64,
}

impl<'a> Seat<'a> {
    pub(super) fn new(
        workers: &'a Workers<'a>,
        settings: &'a Settings,
        auditor: &'a Auditor,
        watched: &'a Watched,
    ) -> Self {
        Self { workers, settings, auditor, watched, pipes: None, replaced: 0 }
    }

    /// Audits targets in order, and calls `each` with what is known of each. Stops early if `each` returns `false`.
    ///
    /// # Errors
    /// The I/O error if no worker can be started.
    pub(super) fn audit(&mut self, targets: &[&str], mut each: impl FnMut(Audited) -> bool) -> io::Result<()> {
        match self.workers {
            Workers::Threads => {
                for target in targets {
                    let audited = catch_unwind(AssertUnwindSafe(|| self.auditor.audit(target)));
                    if !each(audited.unwrap_or_else(|_| lost(target, "crashed"))) {
                        break;
                    }
                }
                Ok(())
            }
            Workers::Processes(command) => self.ask(*command, targets, each),
        }
    }

    fn ask(
        &mut self,
        command: &dyn Fn() -> Command,
        targets: &[&str],
        mut each: impl FnMut(Audited) -> bool,
    ) -> io::Result<()> {
        let (mut done, mut attempts) = (0, 0);
        while done < targets.len() {
            if self.pipes.is_none() {
                self.start(command)?;
            }
            if self.watched.is_closed() {
                return Ok(());
            }
            let Some((input, _)) = &mut self.pipes else { continue };
            if let Err(error) = protocol::write(&&targets[done..], input) {
                self.end();
                self.replaced += 1;
                attempts += 1;
                if attempts >= ATTEMPTS {
                    return Err(error);
                }
                continue;
            }
            while let Some(target) = targets.get(done) {
                match self.answer() {
                    Some(audited) => attempts = if each(audited) { 0 } else { return Ok(()) },
                    None => {
                        let is_over = self.watched.is_over();
                        self.end();
                        if self.watched.is_closed() {
                            return Ok(());
                        }
                        self.replaced += 1;
                        attempts += 1;
                        if !is_over && attempts < ATTEMPTS {
                            break;
                        }
                        attempts = 0;
                        if !each(lost(target, if is_over { "time-limit" } else { "crashed" })) {
                            return Ok(());
                        }
                        done += 1;
                        break;
                    }
                }
                done += 1;
            }
        }
        Ok(())
    }

    /// Waits for the next answer; `None` if the worker died, or was ended.
    fn answer(&mut self) -> Option<Audited> {
        let (_, output) = self.pipes.as_mut()?;
        let limit = Duration::from_secs(self.settings.limits.seconds);
        self.watched.wait_until(Instant::now().checked_add(limit));
        let answer = protocol::read_audited(output).ok().flatten()?;
        self.watched.wait_until(None);
        Some(answer)
    }

    /// Starts a worker. One that dies before it says that it is ready is replaced like any other.
    fn start(&mut self, command: &dyn Fn() -> Command) -> io::Result<()> {
        for attempt in 0..ATTEMPTS {
            self.replaced += u64::from(attempt > 0);
            if self.start_once(command)? || self.watched.is_closed() {
                return Ok(());
            }
        }
        let what = "the program could not be started again as a worker; was it replaced during the run?";
        Err(io::Error::other(what))
    }

    /// Returns whether the worker is ready.
    fn start_once(&mut self, command: &dyn Fn() -> Command) -> io::Result<bool> {
        let mut child = command().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        *lock(&self.watched.child) = Some(child);
        let (Some(mut input), Some(output)) = (input, output) else { return Err(io::ErrorKind::BrokenPipe.into()) };
        let mut output = BufReader::new(output);
        let mut hello = String::new();
        let is_ready = protocol::write(self.settings, &mut input).is_ok()
            && output.read_line(&mut hello).is_ok()
            && hello.trim_end() == protocol::HELLO;
        match is_ready {
            true => self.pipes = Some((input, output)),
            false => self.end(),
        }
        Ok(is_ready)
    }

    fn end(&mut self) {
        self.pipes = None;
        self.watched.wait_until(None);
        if let Some(mut child) = lock(&self.watched.child).take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

/// Returns what is known of a target whose worker was lost.
fn lost(target: &str, reason: &'static str) -> Audited {
    Audited { row: Row::could_not_read(target, reason, None, taxonomy::all().len()), findings: Vec::new() }
}
