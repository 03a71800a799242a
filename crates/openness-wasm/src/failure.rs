//! Why a request could not be answered, in the form of `schemas/error-v1.schema.json`.

use std::error::Error;
use std::io;

use openness::report::json::error::{self, ErrorV1};

/// A request that could not be answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    kind: &'static str,
    message: String,
    help: Option<String>,
}

impl Failure {
    /// A mistake of the user.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { kind: "usage", message: message.into(), help: None }
    }

    /// A manifest that cannot be evaluated.
    pub(crate) fn manifest(message: impl Into<String>) -> Self {
        Self { kind: "manifest", message: message.into(), help: None }
    }

    /// A failure to do what `doing` says, with the error that prevented it.
    pub(crate) fn caused_by(doing: &str, error: &(dyn Error + 'static)) -> Self {
        let mut message = doing.to_owned();
        let mut kind = "usage";
        let mut next = Some(error);
        while let Some(cause) = next {
            if !message.is_empty() {
                message.push_str(": ");
            }
            message.push_str(&cause.to_string());
            if cause.is::<io::Error>() {
                kind = "environment";
            }
            next = cause.source();
        }
        Self { kind, message, help: None }
    }

    /// Adds advice.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Writes the failure as JSON.
    pub(crate) fn write(&self, out: &mut Vec<u8>) -> io::Result<()> {
        let Self { kind, message, help } = self;
        error::write(&ErrorV1 { kind, message, help: help.as_deref() }, &[], out)
    }
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::caused_by("", &error)
    }
}
