//! The terminal: what it can show, and asking questions.

mod hidden;
#[cfg(unix)]
mod signals;

use std::io::{self, IsTerminal, Write as _};

use clap::ValueEnum;
use zeroize::Zeroizing;

use super::{Failure, environment, eprint_line, inputs};
use crate::report::human::Style;
use crate::report::shown;
use crate::sign::keyfile;

/// The longest passphrase file that is read, in bytes.
const MAX_PASSPHRASE_BYTES: usize = 64 << 10;
/// The narrowest width that text is wrapped to, in columns.
const MIN_WIDTH: usize = 40;
/// The widest, because longer lines are hard to follow.
const MAX_WIDTH: usize = 120;
const DEFAULT_WIDTH: usize = 80;
/// How often a passphrase may be typed.
const MAX_TRIES: usize = 3;

/// When to use colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal, unless NO_COLOR or CLICOLOR_FORCE is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The terminal, as it was when the program started.
#[derive(Debug)]
pub(super) struct Terminal {
    pub(super) style: Style,
    pub(super) quiet: bool,
    /// Whether colors are asked for whatever the output is, so that files get them too.
    pub(super) colors_files: bool,
}

impl Terminal {
    pub(super) fn new(color: ColorChoice, quiet: bool, verbose: bool) -> Self {
        let is_terminal = io::stdout().is_terminal();
        let colors_files = color == ColorChoice::Always;
        let color = match color {
            ColorChoice::Always => {
                takes_colors();
                true
            }
            ColorChoice::Never => false,
            ColorChoice::Auto => auto_color(is_terminal, environment::is_on, environment::text, takes_colors),
        };
        let style = Style { color, unicode: supports_unicode(is_terminal), width: width(), verbose };
        Self { style, quiet, colors_files }
    }

    /// Returns whether to show a progress bar: standard error is a terminal, and not the log of a CI service or of a
    /// hook.
    pub(super) fn shows_progress(&self) -> bool {
        !self.quiet && io::stderr().is_terminal() && !environment::is_on("CI") && !environment::is_on("PRE_COMMIT")
    }
}

/// <https://no-color.org>, <https://bixense.com/clicolors>. `takes_colors` also prepares the terminal for them.
fn auto_color(
    is_terminal: bool,
    is_on: impl Fn(&str) -> bool,
    text: impl Fn(&str) -> Option<String>,
    takes_colors: impl FnOnce() -> bool,
) -> bool {
    if is_on("NO_COLOR") {
        return false;
    }
    let takes_colors = is_terminal && takes_colors();
    if is_on("CLICOLOR_FORCE") || is_on("FORCE_COLOR") {
        return true;
    }
    takes_colors && text("TERM").is_none_or(|term| term != "dumb")
}

/// Returns whether the terminal that standard output is understands escape sequences; on Unix, all do.
#[cfg(not(windows))]
fn takes_colors() -> bool {
    true
}

/// Asks the console that standard output is to understand escape sequences, and returns whether it does; without being asked,
/// it would print them
/// (<https://learn.microsoft.com/en-us/windows/console/console-virtual-terminal-sequences>).
#[cfg(windows)]
fn takes_colors() -> bool {
    console::Term::stdout().features().colors_supported()
}

/// Returns whether standard output takes UTF-8: a terminal as its locale says, anything else always.
fn supports_unicode(is_terminal: bool) -> bool {
    if !is_terminal {
        return true;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(environment::text).unwrap_or_default();
    let locale = locale.to_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// A stream that may be a terminal.
#[derive(Debug, Clone, Copy)]
enum Stream {
    Out,
    Error,
}

fn width() -> usize {
    width_of(Stream::Out)
}

/// Returns the width of the terminal that standard error is; `None` if it is none.
pub(super) fn error_width() -> Option<usize> {
    io::stderr().is_terminal().then(|| width_of(Stream::Error))
}

fn width_of(stream: Stream) -> usize {
    let columns = environment::text("COLUMNS").and_then(|columns| columns.parse().ok());
    let asked = columns_of(stream).filter(|width| *width > 0);
    asked.or(columns).unwrap_or(DEFAULT_WIDTH).clamp(MIN_WIDTH, MAX_WIDTH)
}

/// Asks a terminal for its width.
#[cfg(unix)]
fn columns_of(stream: Stream) -> Option<usize> {
    let size = match stream {
        Stream::Out => rustix::termios::tcgetwinsize(io::stdout()),
        Stream::Error => rustix::termios::tcgetwinsize(io::stderr()),
    };
    size.ok().map(|size| usize::from(size.ws_col))
}

/// Asks a terminal for its width.
#[cfg(windows)]
fn columns_of(stream: Stream) -> Option<usize> {
    let terminal = match stream {
        Stream::Out => console::Term::stdout(),
        Stream::Error => console::Term::stderr(),
    };
    terminal.size_checked().map(|(_, columns)| usize::from(columns))
}

/// Other systems have no terminal to ask.
#[cfg(not(any(unix, windows)))]
fn columns_of(_: Stream) -> Option<usize> {
    None
}

/// Returns the passphrase of a key: from the file that `OPENNESS_PASSPHRASE_FILE` names, else asked for at the
/// terminal; `None` if there is no terminal. Never from an argument or from the variable itself, which other users of
/// the machine may be able to read.
pub(super) fn passphrase(subject: &str) -> Option<Zeroizing<String>> {
    if let Some(path) = environment::passphrase_file() {
        let text = Zeroizing::new(inputs::read_text(&path, MAX_PASSPHRASE_BYTES).ok()?);
        return Some(Zeroizing::new(text.trim_end_matches(['\n', '\r']).to_owned()));
    }
    let has_terminal = io::stdin().is_terminal() || io::stderr().is_terminal();
    has_terminal.then(|| hidden::ask(&format!("Passphrase for {subject}: ")).ok()).flatten()
}

/// Decrypts a key with a passphrase. A passphrase that is typed wrong can be typed again, like with `ssh`.
pub(super) fn unlock<K>(
    open: impl Fn(&mut dyn FnMut(&str) -> Option<Zeroizing<String>>) -> Result<K, keyfile::Error>,
) -> Result<K, keyfile::Error> {
    for _ in 1..MAX_TRIES {
        let mut is_typed = false;
        let opened = open(&mut |subject| {
            let typed = passphrase(subject);
            is_typed = typed.is_some() && environment::passphrase_file().is_none();
            typed
        });
        match opened {
            Err(error @ keyfile::Error::WrongPassphrase { .. }) if is_typed => {
                eprint_line(&shown(&format!("{error}; try again")));
            }
            opened => return opened,
        }
    }
    open(&mut passphrase)
}

/// Returns whether there is a user who can answer questions.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question; only `yes` affirms it. What is neither `yes` nor `no` is asked about again.
pub(super) fn confirm(question: &str) -> bool {
    for again in ["", "please write yes or no: "] {
        let mut answer = String::new();
        let asked =
            write!(io::stderr().lock(), "{again}{} [yes/no] ", shown(question)).and_then(|()| io::stderr().flush());
        if asked.is_err() || io::stdin().read_line(&mut answer).is_err() {
            return false;
        }
        match answer.trim().to_ascii_lowercase().as_str() {
            "yes" => return true,
            "no" | "n" | "" => return false,
            _ => {}
        }
    }
    false
}

/// Asks twice for a new passphrase; `None` if it is empty.
pub(super) fn new_passphrase() -> Result<Option<Zeroizing<String>>, Failure> {
    if let Some(path) = environment::passphrase_file() {
        // A key that should be encrypted is never left unencrypted because a file could not be read.
        return passphrase("").filter(|text| !text.is_empty()).map(Some).ok_or_else(|| {
            Failure::new(format!(
                "cannot read a passphrase from `{}`, which OPENNESS_PASSPHRASE_FILE names, or it is empty",
                path.display()
            ))
            .help("`--no-passphrase` leaves the key unencrypted")
        });
    }
    let ask = |prompt: &str| {
        hidden::ask(prompt).map_err(|error| {
            Failure::caused_by("cannot ask for a passphrase", error)
                .help("use `--no-passphrase`, or name a file with the passphrase in OPENNESS_PASSPHRASE_FILE")
        })
    };
    let first = ask("New passphrase (empty for none): ")?;
    if *first != *ask("Repeat the passphrase: ")? {
        return Err(Failure::new("the passphrases differ"));
    }
    Ok((!first.is_empty()).then_some(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_need_a_terminal_that_takes_them_or_a_variable() {
        // Is a terminal, takes colors, the variable that is on, TERM: whether there are colors.
        for (is_terminal, takes, on, term, colors) in [
            (true, true, "", None, true),
            (true, true, "", Some("xterm"), true),
            (true, true, "", Some("dumb"), false),
            (true, true, "NO_COLOR", None, false),
            (true, false, "", None, false),
            (true, false, "CLICOLOR_FORCE", None, true),
            (false, true, "", None, false),
            (false, true, "FORCE_COLOR", Some("dumb"), true),
        ] {
            let mut was_asked = false;
            let asked = || {
                was_asked = true;
                takes
            };
            let found = auto_color(is_terminal, |name| name == on, |_| term.map(str::to_owned), asked);
            assert_eq!(found, colors, "{is_terminal} {takes} {on} {term:?}");
            // A terminal is always prepared before it gets colors.
            assert_eq!(was_asked, is_terminal && on != "NO_COLOR", "{is_terminal} {on}");
        }
    }
}
