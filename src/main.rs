//! The program `openness`.

use std::env;
use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    // `git-openness` starts this program under its own name, on systems where a program can be given one.
    let name = env::args_os().next().unwrap_or_default();
    let is_of_git = Path::new(&name).file_stem() == Some(OsStr::new("git-openness"));
    openness::cli::main(if is_of_git { "git openness" } else { "openness" })
}
