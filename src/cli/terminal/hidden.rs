//! Reading a passphrase at the terminal without echo.
//!
//! [`rpassword`] edits the line. If it turned off the echo itself, Ctrl-C would end the program before the echo is back
//! (7.5.4) and leave the user's shell without echo; so on Unix this module sets and restores the terminal.

use std::io;

use zeroize::Zeroizing;

/// Asks at the terminal, even if standard input and output are redirected.
#[cfg(unix)]
pub(super) fn ask(prompt: &str) -> io::Result<Zeroizing<String>> {
    use std::io::Write as _;
    let terminal = std::fs::File::options().read(true).write(true).open("/dev/tty")?;
    // For the signals that end the program by other means than Ctrl-C.
    let _guard = super::signals::Guard::new();
    let input = unix::Hidden::new(terminal.try_clone()?)?;
    (&terminal).write_all(prompt.as_bytes())?;
    let config = rpassword::ConfigBuilder::new().input_reader(input).output_discard().build();
    let read = rpassword::read_password_with_config(config).map(Zeroizing::new);
    (&terminal).write_all(b"\n")?;
    read
}

/// Asks at the terminal, even if standard input and output are redirected.
#[cfg(not(unix))]
pub(super) fn ask(prompt: &str) -> io::Result<Zeroizing<String>> {
    rpassword::prompt_password(prompt).map(Zeroizing::new)
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io::{self, Read, Write as _};

    use rustix::process::{Signal, getpid, kill_process};
    use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

    const CTRL_C: u8 = 0x03;

    /// The terminal without echo, byte by byte. Dropping it restores the terminal.
    pub(super) struct Hidden {
        terminal: File,
        before: Termios,
    }

    impl Hidden {
        pub(super) fn new(terminal: File) -> io::Result<Self> {
            let before = tcgetattr(&terminal)?;
            let mut hidden = before.clone();
            // Ctrl-C arrives as a byte, so the terminal can be restored before the program ends.
            hidden.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
            hidden.special_codes[SpecialCodeIndex::VMIN] = 1;
            hidden.special_codes[SpecialCodeIndex::VTIME] = 0;
            tcsetattr(&terminal, OptionalActions::Now, &hidden)?;
            Ok(Self { terminal, before })
        }

        fn restore(&self) {
            // If this fails, there is nothing left to try.
            let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
        }
    }

    impl Drop for Hidden {
        fn drop(&mut self) {
            self.restore();
        }
    }

    impl Read for Hidden {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.terminal.read(buffer)?;
            if buffer[..count].contains(&CTRL_C) {
                self.restore();
                let _ = self.terminal.write_all(b"\n");
                // As if the terminal had sent it, so that the parent process sees why the program ended.
                kill_process(getpid(), Signal::INT)?;
                crate::cli::terminal::signals::wait_for_the_end();
                return Err(io::Error::other("interrupted"));
            }
            Ok(count)
        }
    }
}
