//! The process's environment: arguments, variables, current directory, clock and time zone. No other file of the shell
//! reads them, so this is the list of what `openness` takes from its surroundings.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Instant;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use zeroize::Zeroizing;

use super::Failure;
use crate::git::{HookEnv, UserEnv};
#[cfg(feature = "remote")]
use crate::remote::Options;

/// Returns the arguments, the name of the program first.
pub(super) fn arguments() -> impl Iterator<Item = OsString> {
    env::args_os()
}

/// Returns the program that is running, to start it again.
pub(super) fn program() -> Result<PathBuf, Failure> {
    env::current_exe().map_err(|error| Failure::caused_by("cannot find the program that is running", error))
}

/// Returns the current time.
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

/// Returns a moment, to measure how long something takes.
pub(super) fn moment() -> Instant {
    Instant::now()
}

/// Returns the time zone of the system, or the one that `TZ` names.
pub(super) fn time_zone() -> TimeZone {
    TimeZone::system()
}

/// Returns the value of a variable that is set, not empty, and UTF-8.
pub(super) fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns the path in a variable that is set and not empty.
pub(super) fn path(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Returns whether a switch such as `NO_COLOR` is on: set, not empty, and not `0`.
pub(super) fn is_on(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0")
}

/// Returns the text of a private key that a variable holds; `None` if it is not set, or not UTF-8.
pub(super) fn secret(name: &str) -> Option<Zeroizing<String>> {
    env::var(name).ok().map(Zeroizing::new)
}

/// Returns the file that `OPENNESS_PASSPHRASE_FILE` names, even if that is the empty path.
pub(super) fn passphrase_file() -> Option<PathBuf> {
    env::var_os("OPENNESS_PASSPHRASE_FILE").map(PathBuf::from)
}

/// Returns the time in `SOURCE_DATE_EPOCH` (<https://reproducible-builds.org/specs/source-date-epoch/>), if it is set.
pub(super) fn source_date_epoch() -> Result<Option<Timestamp>, Failure> {
    let Ok(epoch) = env::var("SOURCE_DATE_EPOCH") else { return Ok(None) };
    let time = epoch.parse().ok().and_then(|seconds: i64| Timestamp::from_second(seconds).ok());
    time.map(Some).ok_or_else(|| {
        Failure::new(format!("SOURCE_DATE_EPOCH is `{epoch}`")).help("expected the number of seconds since 1970")
    })
}

/// The longest file that is read for a token, in bytes.
#[cfg(feature = "remote")]
const MAX_TOKEN_BYTES: u64 = 64 << 10;

/// Returns how releases are read over a network: from which Hub, with whose token.
#[cfg(feature = "remote")]
pub(super) fn remote_options() -> Result<Options, Failure> {
    let mut options = Options::default();
    if let Some(hub) = text("HF_ENDPOINT") {
        options.hub = hub;
    }
    // The places where the Hub's own client keeps the token.
    let home = path("HF_HOME").or_else(|| path("XDG_CACHE_HOME").map(|cache| cache.join("huggingface")));
    let home = home.or_else(|| path("HOME").map(|home| home.join(".cache/huggingface")));
    let file = path("HF_TOKEN_PATH").or_else(|| home.map(|home| home.join("token")));
    let in_file = || String::from_utf8(crate::beneath::read_named(&file?, MAX_TOKEN_BYTES).ok()?).ok();
    options.hub_token =
        text("HF_TOKEN").or_else(in_file).map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
    if let Some(seconds) = text("OPENNESS_REMOTE_TIMEOUT") {
        let seconds = seconds.parse().ok().filter(|seconds| (1..=3600).contains(seconds)).ok_or_else(|| {
            Failure::new(format!("OPENNESS_REMOTE_TIMEOUT is `{seconds}`"))
                .help("expected a number of seconds from 1 to 3600")
        })?;
        options.stall = std::time::Duration::from_secs(seconds);
    }
    Ok(options)
}

/// Returns what Git passes to its hooks.
pub(super) fn of_hook() -> Result<HookEnv, Failure> {
    let alternates = env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or_default();
    Ok(HookEnv {
        current_dir: env::current_dir()
            .map_err(|error| Failure::caused_by("cannot determine the current directory", error))?,
        git_dir: path("GIT_DIR"),
        work_tree: path("GIT_WORK_TREE"),
        index_file: path("GIT_INDEX_FILE"),
        object_directory: path("GIT_OBJECT_DIRECTORY"),
        alternate_object_directories: env::split_paths(&alternates)
            .filter(|path| !path.as_os_str().is_empty())
            .collect(),
        user: user(),
    })
}

/// Returns the variables that Git's settings of the user depend on.
pub(super) fn user() -> UserEnv {
    UserEnv::of(env::vars_os())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::fs;
    use std::path::Path;

    fn files(directory: &Path) -> Vec<std::path::PathBuf> {
        let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }

    #[test]
    fn no_other_file_of_the_shell_reads_the_environment() {
        let shell = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli");
        let readers: Vec<_> = files(&shell)
            .into_iter()
            .filter(|path| !path.ends_with("environment.rs"))
            .filter(|path| {
                let text = fs::read_to_string(path).unwrap();
                ["env::var", "env::args", "env::current_dir", "::now()", "TimeZone::system"]
                    .iter()
                    .any(|reading| text.contains(reading))
            })
            .collect();
        assert!(readers.is_empty(), "{readers:?}");
    }
}
