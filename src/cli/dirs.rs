//! The user's directories (<https://specifications.freedesktop.org/basedir-spec/>, and their like on Windows).

use std::path::PathBuf;

use super::{Failure, environment};
use crate::trust_store::Store;

/// Returns the user's trust store; `None` if the user has no home directory.
pub(super) fn store() -> Option<Store> {
    let (settings, state) = if cfg!(windows) {
        (absolute("APPDATA"), absolute("LOCALAPPDATA"))
    } else {
        (below_home("XDG_CONFIG_HOME", ".config"), below_home("XDG_STATE_HOME", ".local/state"))
    };
    Some(Store::new(settings?.join("openness"), state?.join("openness")))
}

/// Returns the user's cache directory of this program; `None` if the user has no home directory.
pub(super) fn cache() -> Option<PathBuf> {
    let caches = if cfg!(windows) {
        absolute("LOCALAPPDATA").map(|local| local.join("cache"))
    } else {
        below_home("XDG_CACHE_HOME", ".cache")
    };
    caches.map(|caches| caches.join("openness"))
}

/// The failure of a command that needs the trust store.
pub(super) fn no_config_dir() -> Failure {
    let variables =
        if cfg!(windows) { "APPDATA and LOCALAPPDATA" } else { "HOME, or XDG_CONFIG_HOME and XDG_STATE_HOME" };
    Failure::new("cannot find your configuration directory").help(format!("set {variables} to absolute paths"))
}

fn below_home(variable: &str, default: &str) -> Option<PathBuf> {
    absolute(variable).or_else(|| absolute("HOME").map(|home| home.join(default)))
}

/// The specification says to ignore relative paths.
fn absolute(variable: &str) -> Option<PathBuf> {
    environment::path(variable).filter(|path| path.is_absolute())
}
