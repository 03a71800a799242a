//! Restores the terminal's echo before a signal ends the program.

use std::fs::File;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// The state of the terminal before the present question.
static BEFORE: Mutex<Option<(File, Termios)>> = Mutex::new(None);

/// Whether the program handles signals: from the first question until it ends, because a handler cannot be removed.
static LISTENING: LazyLock<bool> = LazyLock::new(|| {
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT]) else { return false };
    let listen = move || {
        for signal in signals.forever() {
            restore();
            // What would happen without a handler: the program ends, and its parent sees by which signal.
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

/// Keeps the state of the terminal while a question is open.
pub(super) struct Guard;

impl Guard {
    /// Does nothing if there is no terminal, or if signals cannot be handled.
    #[allow(clippy::disallowed_methods, reason = "the terminal is opened to change its settings, and not read")]
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

/// Waits for a signal that was sent to this process to end it.
pub(super) fn wait_for_the_end() {
    if *LISTENING {
        thread::sleep(Duration::from_secs(1));
    }
}
