//! What can go wrong between this machine and a server.

use std::io;

/// A request that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The URL is not one of a release.
    #[error("{0}")]
    Url(String),
    /// There is nothing of this name.
    #[error("{0} does not exist")]
    NotFound(String),
    /// The server wants credentials, or others.
    #[error("access to {0} is denied")]
    Denied(String),
    /// The credentials in the environment cannot be used.
    #[error("{0}")]
    Credentials(String),
    /// The object is not the one that was listed.
    #[error("it changed while it was read")]
    Changed,
    /// There are more objects than are listed.
    #[error("there are more than {0} objects below the URL")]
    TooMany(usize),
    /// The server answered in a form that is not understood, or refuses for good.
    #[error("{0}")]
    Answer(String),
    /// The request failed, and may succeed later.
    #[error("{0}")]
    Network(String),
}

impl Error {
    /// Whether the same request may succeed when it is made again.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Network(_))
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error {
            Error::NotFound(_) => io::ErrorKind::NotFound,
            Error::Denied(_) => io::ErrorKind::PermissionDenied,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

/// Returns whether a read failed because the object is not the listed one any more.
#[must_use]
pub fn is_change(error: &io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref()).is_some_and(|inner: &Error| *inner == Error::Changed)
}

/// Describes an error of the HTTP client without the URL, which may hold a token.
pub(crate) fn describe(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
