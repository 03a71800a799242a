//! What the terminal can do, and asking at it.

mod hidden;
#[cfg(unix)]
mod signals;

use std::io::{IsTerminal, Write as _};
use std::path::Path;

use clap::ValueEnum;
use zeroize::Zeroizing;

use super::Failure;
use crate::report::human::Style;
use crate::sign::{SecretKey, keyfile};

/// Narrower than this nothing reads well.
const MIN_WIDTH: usize = 40;
/// Wider than this lines are hard to follow.
const MAX_WIDTH: usize = 120;
const DEFAULT_WIDTH: usize = 80;
/// How often a passphrase may be typed.
const MAX_TRIES: usize = 3;

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// Ask the terminal, `NO_COLOR` and `CLICOLOR_FORCE`.
    Auto,
    /// Yes.
    Always,
    /// No.
    Never,
}

/// The terminal, as it was when the program began.
#[derive(Debug)]
pub(super) struct Terminal {
    pub(super) style: Style,
    pub(super) quiet: bool,
}

impl Terminal {
    pub(super) fn new(color: ColorChoice, quiet: bool, verbose: bool) -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let color = match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => auto_color(is_terminal),
        };
        let style = Style { color, unicode: speaks_unicode(), width: width(), verbose };
        Self { style, quiet }
    }

    /// Whether a progress bar helps: people are watching, and it is no log.
    pub(super) fn shows_progress(&self) -> bool {
        !self.quiet && std::io::stderr().is_terminal() && !is_set("CI") && !is_set("PRE_COMMIT")
    }
}

/// <https://no-color.org>, <https://bixense.com/clicolors>.
fn auto_color(is_terminal: bool) -> bool {
    if is_set("NO_COLOR") {
        return false;
    }
    if is_set("CLICOLOR_FORCE") || is_set("FORCE_COLOR") {
        return true;
    }
    is_terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0")
}

/// Anything but a terminal takes UTF-8; a terminal says by its locale.
fn speaks_unicode() -> bool {
    if !std::io::stdout().is_terminal() {
        return true;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    let locale = locale.into_iter().find(|value| !value.is_empty()).unwrap_or_default().to_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    #[cfg(unix)]
    let asked = rustix::termios::tcgetwinsize(std::io::stdout()).ok().map(|size| usize::from(size.ws_col));
    #[cfg(not(unix))]
    let asked: Option<usize> = None;
    asked.filter(|width| *width > 0).or(columns).unwrap_or(DEFAULT_WIDTH).clamp(MIN_WIDTH, MAX_WIDTH)
}

/// Returns what unlocks a key: from the file that `OPENNESS_PASSPHRASE_FILE` names, else asked for at the terminal.
/// Never from an argument or from the variable itself, which others on the machine can read.
///
/// `None` where there is nobody to ask.
pub(super) fn passphrase(subject: &str) -> Option<Zeroizing<String>> {
    if let Some(path) = std::env::var_os("OPENNESS_PASSPHRASE_FILE") {
        let text = Zeroizing::new(std::fs::read_to_string(path).ok()?);
        return Some(Zeroizing::new(text.trim_end_matches(['\n', '\r']).to_owned()));
    }
    let can_ask = std::io::stdin().is_terminal() || std::io::stderr().is_terminal();
    can_ask.then(|| hidden::ask(&format!("Passphrase for {subject}: ")).ok()).flatten()
}

/// Opens a key with a passphrase; whoever types it may try again, as with `ssh`.
pub(super) fn unlock(
    open: impl Fn(&mut dyn FnMut(&str) -> Option<Zeroizing<String>>) -> Result<SecretKey, keyfile::Error>,
) -> Result<SecretKey, keyfile::Error> {
    for _ in 1..MAX_TRIES {
        let mut is_typed = false;
        let opened = open(&mut |subject| {
            let typed = passphrase(subject);
            is_typed = typed.is_some() && !is_in_file();
            typed
        });
        match opened {
            Err(error @ keyfile::Error::WrongPassphrase { .. }) if is_typed => {
                super::say(&crate::report::shown(&format!("{error}; try again")));
            }
            opened => return opened,
        }
    }
    open(&mut passphrase)
}

fn is_in_file() -> bool {
    std::env::var_os("OPENNESS_PASSPHRASE_FILE").is_some()
}

/// Whether there is somebody to ask.
pub(super) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks a question that only `yes` affirms.
pub(super) fn confirm(question: &str) -> bool {
    let mut answer = String::new();
    let asked = write!(std::io::stderr().lock(), "{question} [yes/no] ").and_then(|()| std::io::stderr().flush());
    asked.is_ok() && std::io::stdin().read_line(&mut answer).is_ok() && answer.trim().eq_ignore_ascii_case("yes")
}

/// Asks twice for a new passphrase; empty means none.
pub(super) fn new_passphrase() -> Result<Option<Zeroizing<String>>, Failure> {
    if let Some(path) = std::env::var_os("OPENNESS_PASSPHRASE_FILE") {
        // A key that was to be locked is never left open because a file could not be read.
        return passphrase("").filter(|text| !text.is_empty()).map(Some).ok_or_else(|| {
            let path = Path::new(&path).display().to_string();
            Failure::new(format!("OPENNESS_PASSPHRASE_FILE names `{path}`, which cannot be read or is empty"))
                .help("`--no-passphrase` leaves the key unencrypted")
        });
    }
    let ask = |prompt: &str| {
        hidden::ask(prompt).map_err(|error| {
            Failure::new(format!("cannot ask for a passphrase: {error}"))
                .help("use `--no-passphrase`, or name a file in OPENNESS_PASSPHRASE_FILE")
        })
    };
    let first = ask("New passphrase (empty for none): ")?;
    if *first != *ask("The same again: ")? {
        return Err(Failure::new("the passphrases differ"));
    }
    Ok((!first.is_empty()).then_some(first))
}
