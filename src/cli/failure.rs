//! Why a command could not run: a message, the chain of its causes, and advice.

use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::num::TryFromIntError;

use crate::error_text;
use crate::report::json::error::{self, ErrorV1};

/// A command that could not run: exit status 2.
///
/// It is not an [`Error`] itself, so that `?` turns every error into one.
#[derive(Debug)]
pub(super) struct Failure {
    kind: Kind,
    /// What was being done; `None` if the error itself says so.
    message: Option<String>,
    error: Option<Box<dyn Error>>,
    help: Option<String>,
}

/// Who has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The user: an argument, or a file that it names, is wrong.
    Usage,
    /// The user or an administrator: something on this machine does not work.
    Environment,
    /// The author of the manifest.
    Manifest,
    /// The authors of this program.
    Internal,
}

impl Kind {
    fn of(error: &(dyn Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(cause) = next {
            if cause.is::<io::Error>() {
                return Self::Environment;
            }
            if cause.is::<TryFromIntError>() || cause.is::<fmt::Error>() {
                return Self::Internal;
            }
            next = cause.source();
        }
        Self::Usage
    }
}

impl Failure {
    /// A failure without a cause below it.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { kind: Kind::Usage, message: Some(message.into()), error: None, help: None }
    }

    /// A failure to do what `message` says, with the error that prevented it.
    pub(super) fn caused_by(message: impl Into<String>, error: impl Error + 'static) -> Self {
        Self { message: Some(message.into()), ..Self::from(error) }
    }

    /// A mistake of this program.
    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self { kind: Kind::Internal, ..Self::new(message) }
    }

    /// A manifest with errors, which are printed on standard error; exit status 1 or 2.
    pub(super) fn of_manifest(message: impl Into<String>) -> Self {
        Self { kind: Kind::Manifest, ..Self::new(message) }.help("list its errors with `openness check`")
    }

    /// Adds advice, which is printed on a line of its own.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another failure, whose message comes after this one's.
    pub(super) fn and(self, other: Self) -> Self {
        let message = format!("{self}; {other}");
        Self { kind: self.kind, message: Some(message), error: None, help: self.help.or(other.help) }
    }

    /// Returns the error below, if it is of this type.
    pub(super) fn error<E: Error + 'static>(&self) -> Option<&E> {
        self.error.as_deref()?.downcast_ref()
    }

    /// Returns the lines for standard error: the message with its causes, and the advice.
    pub(super) fn report(&self) -> String {
        let word = match self.kind {
            Kind::Usage | Kind::Environment | Kind::Manifest => "error",
            Kind::Internal => "internal error",
        };
        let mut text = format!("{word}: {}", crate::report::shown(&self.to_string()));
        for help in self.advice() {
            text.push_str("\nhelp: ");
            text.push_str(&crate::report::shown(help));
        }
        text
    }

    /// Returns the message with its causes and the advice on one line.
    pub(super) fn sentence(&self) -> String {
        let parts: Vec<String> = std::iter::once(self.to_string()).chain(self.advice().map(str::to_owned)).collect();
        parts.join("; ")
    }

    fn advice(&self) -> impl Iterator<Item = &str> {
        const BUG: &str =
            concat!("this is a bug in openness; please report it at ", env!("CARGO_PKG_REPOSITORY"), "/issues");
        self.help.as_deref().into_iter().chain((self.kind == Kind::Internal).then_some(BUG))
    }

    /// Writes the failure for programs, with the `result` that was there before.
    pub(super) fn write_json(&self, result: &[u8], out: &mut impl Write) -> io::Result<()> {
        let kind = match self.kind {
            Kind::Usage => "usage",
            Kind::Environment => "environment",
            Kind::Manifest => "manifest",
            Kind::Internal => "internal",
        };
        let help = Some(self.advice().collect::<Vec<_>>().join("; ")).filter(|help| !help.is_empty());
        error::write(&ErrorV1 { kind, message: &self.to_string(), help: help.as_deref() }, result, out)
    }
}

/// The message and each cause, joined by `: `.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let causes = self.error.as_deref().map(error_text::chain);
        let parts: Vec<&str> = self.message.as_deref().into_iter().chain(causes.as_deref()).collect();
        f.write_str(&parts.join(": "))
    }
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { kind: Kind::of(&error), message: None, error: Some(Box::new(error)), help: None }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn a_failure_keeps_its_causes_and_its_kind() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let failure = Failure::caused_by("cannot read `key`", denied()).help("run it as yourself");
        assert_eq!(failure.kind, Kind::Environment);
        assert_eq!(failure.report(), "error: cannot read `key`: permission denied\nhelp: run it as yourself");
        let wrapped = crate::snapshot::Error::Io { path: "lm".into(), source: denied() };
        assert_eq!(Failure::from(wrapped).to_string(), "cannot read the directory `lm`: permission denied");
        assert_eq!(Failure::new("no key to sign with").kind, Kind::Usage);
    }

    #[test]
    fn an_internal_error_asks_for_a_report() {
        let failure = Failure::from(u8::try_from(1000_u32).map(drop).unwrap_err());
        assert_eq!(failure.kind, Kind::Internal);
        assert!(failure.report().starts_with("internal error: "), "{}", failure.report());
        assert!(failure.report().contains("please report it at https://"), "{}", failure.report());
    }

    #[test]
    fn a_message_cannot_forge_a_line_of_its_own() {
        assert_eq!(Failure::new("no `a\nhelp: b`").report(), "error: no `a\\nhelp: b`");
    }
}
