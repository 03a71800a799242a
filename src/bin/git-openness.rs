//! The program `git-openness`, which Git runs for `git openness …`. It starts the `openness` that is installed next to it, so
//! that the two together take the space of one.

use std::env;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let program = match env::current_exe() {
        Ok(own) => own.with_file_name(format!("openness{}", env::consts::EXE_SUFFIX)),
        Err(_) => "openness".into(),
    };
    let mut command = Command::new(&program);
    command.args(env::args_os().skip(1));
    #[cfg(unix)]
    let error = {
        use std::os::unix::process::CommandExt as _;
        // The program calls itself what it is started as.
        command.arg0("git-openness").exec()
    };
    #[cfg(not(unix))]
    let error = match command.status() {
        Ok(status) => return ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(2)),
        Err(error) => error,
    };
    #[allow(clippy::print_stderr, reason = "there is nothing else to say it with")]
    {
        eprintln!(
            "error: cannot run `{}`: {error}\nhelp: `git-openness` needs `openness` next to it",
            program.display()
        );
    }
    ExitCode::from(2)
}
