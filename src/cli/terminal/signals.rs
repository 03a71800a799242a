//! Signals that end the program while the terminal has no echo: it gets it back first.

use std::fs::File;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// How the terminal was before the question that is open now.
static BEFORE: Mutex<Option<(File, Termios)>> = Mutex::new(None);

/// Whether signals are listened for: from the first question on, and to the end, because a handler cannot be taken back.
static LISTENING: LazyLock<bool> = LazyLock::new(|| {
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT]) else { return false };
    let listen = move || {
        for signal in signals.forever() {
            restore();
            // What would have happened without us: the program ends, and whoever waits sees by which signal.
            let _ = emulate_default_handler(signal);
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(listen).is_ok()
});

fn restore() {
    if let Some((terminal, before)) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = tcsetattr(&terminal, OptionalActions::Now, &before);
    }
}

/// Keeps how the terminal was, as long as a question is open.
pub(super) struct Guard;

impl Guard {
    /// Does nothing where there is no terminal, or nobody could listen.
    pub(super) fn new() -> Self {
        if *LISTENING
            && let Ok(terminal) = File::open("/dev/tty")
            && let Ok(before) = tcgetattr(&terminal)
        {
            *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some((terminal, before));
        }
        Self
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// The signal is on its way to whoever listens; nothing is to be said or done before it comes.
pub(super) fn wait_for_the_end() {
    if *LISTENING {
        thread::sleep(Duration::from_secs(1));
    }
}
