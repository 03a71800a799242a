//! Work without the interpreter's lock, which a signal stops.
//!
//! The work runs in a thread of its own. The thread of the caller waits for it, and looks every now and then whether a signal
//! arrived, and reports the progress. If the handler of the signal raises an exception (`KeyboardInterrupt`), or the caller's
//! function does, the work is stopped at the next piece that it reads, and the exception is what the caller gets.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;

use crate::failure::{Failure, exception};

/// How often signals are looked for.
const TICK: Duration = Duration::from_millis(50);
/// The size of the stack of the thread, which is that of the main thread on most systems.
const STACK_BYTES: usize = 8 << 20;

/// What the work and the thread that waits for it share.
#[derive(Debug, Default)]
pub(crate) struct Job {
    is_stopped: Arc<AtomicBool>,
    bytes: AtomicU64,
}

impl Job {
    /// Returns the flag that tells the work to stop.
    pub(crate) fn is_stopped(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_stopped)
    }

    /// Counts bytes that were read. May be called by several threads.
    pub(crate) fn advance(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Does some work, and calls `progress` with the number of bytes that were read so far: whenever it has grown, and at the end.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Job) -> Result<T, Failure> + Send,
) -> PyResult<T> {
    let job = Job::default();
    let mut watch = Watch { progress: progress.map(|function| function.clone().unbind()), reported: None };
    let (outcome, stopped) = py.detach(|| in_thread(&job, &mut watch, work))?;
    if let Some(error) = stopped {
        return Err(error);
    }
    match outcome {
        Ok(Ok(result)) => {
            watch.report(py, &job)?;
            Ok(result)
        }
        Ok(Err(failure)) => Err(failure.into_exception(py)),
        Err(panic) => Err(exception(py, "InternalError", (text_of(&*panic),))),
    }
}

type Outcome<T> = (thread::Result<Result<T, Failure>>, Option<PyErr>);

fn in_thread<T: Send>(
    job: &Job,
    watch: &mut Watch,
    work: impl FnOnce(&Job) -> Result<T, Failure> + Send,
) -> PyResult<Outcome<T>> {
    thread::scope(|scope| {
        let (ends, ended) = mpsc::channel::<()>();
        let worker = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, move || {
            // Dropped at the end of the work, whatever it is.
            let _ends = ends;
            work(job)
        })?;
        let mut stopped = None;
        while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            if stopped.is_none()
                && let Err(error) = Python::attach(|py| watch.look(py, job))
            {
                job.is_stopped.store(true, Ordering::Relaxed);
                stopped = Some(error);
            }
        }
        Ok((worker.join(), stopped))
    })
}

/// What the thread of the caller does meanwhile.
struct Watch {
    progress: Option<Py<PyAny>>,
    reported: Option<u64>,
}

impl Watch {
    fn look(&mut self, py: Python<'_>, job: &Job) -> PyResult<()> {
        py.check_signals()?;
        self.report(py, job)
    }

    fn report(&mut self, py: Python<'_>, job: &Job) -> PyResult<()> {
        let bytes = job.bytes.load(Ordering::Relaxed);
        if let Some(function) = &self.progress
            && self.reported != Some(bytes)
        {
            self.reported = Some(bytes);
            function.call1(py, (bytes,))?;
        }
        Ok(())
    }
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic").to_owned()
}
