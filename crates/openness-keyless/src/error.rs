//! Why a bundle is not accepted.

use std::fmt;

use sigstore_verify::{CertificateError, TimestampError, TransparencyLogError};

/// Why a bundle is not accepted, or a trusted root cannot be used.
///
/// `Display` writes one clause: lower case, no final period. It may contain text of the bundle; escape it before showing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    problem: Problem,
    text: String,
    claimed: Option<(String, String)>,
}

/// What kind of reason it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// It is not a bundle of this kind.
    Malformed,
    /// It is a bundle of a kind that is not supported.
    Unsupported,
    /// No authority or log of the trusted root stands behind it, so that nothing is known about who signed.
    Unknown,
    /// It was signed when the certificate was not valid, or no trusted time is proven.
    Time,
    /// It was changed: parts of it do not match each other, or the signed files.
    Bad,
    /// The trusted root cannot be used.
    TrustedRoot,
}

impl Error {
    /// Returns what kind of reason it is.
    #[must_use]
    pub fn problem(&self) -> Problem {
        self.problem
    }

    /// Returns the identity and issuer that the certificate names. Nothing proves them.
    #[must_use]
    pub fn claimed(&self) -> Option<(&str, &str)> {
        self.claimed.as_ref().map(|(identity, issuer)| (identity.as_str(), issuer.as_str()))
    }

    pub(crate) fn new(problem: Problem, error: &dyn std::error::Error) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            // Some of them repeat their cause.
            if !text.contains(&error.to_string()) {
                text.push_str(": ");
                text.push_str(&error.to_string());
            }
            cause = error.source();
        }
        Self { problem, text: clause(&text), claimed: None }
    }

    /// Returns the error of a verification. `claimed` is who the certificate names.
    pub(crate) fn of(error: sigstore_verify::Error, claimed: Option<(String, String)>) -> Self {
        use sigstore_verify::Error as Found;
        let problem = match &error {
            Found::Certificate(CertificateError::NotYetValid { .. } | CertificateError::Expired { .. })
            | Found::Timestamp(TimestampError::NoVerifiedTimestamp(_))
            | Found::Timestamp(TimestampError::OutsideAuthorityValidity { .. })
            | Found::TransparencyLog(TransparencyLogError::IntegratedTime(_)) => Problem::Time,
            Found::Certificate(CertificateError::ChainInvalid(_) | CertificateError::NoValidAuthority { .. })
            | Found::TransparencyLog(TransparencyLogError::UnknownLog { .. }) => Problem::Unknown,
            Found::Certificate(CertificateError::Malformed(_))
            | Found::InvalidBundle(_)
            | Found::Types(_)
            | Found::Bundle(_) => Problem::Malformed,
            Found::UnsupportedBundle(_) | Found::UnsupportedArtifact(_) => Problem::Unsupported,
            _ => Problem::Bad,
        };
        let problem = match problem {
            Problem::Bad | Problem::Unknown => by_detail(&error.to_string()).unwrap_or(problem),
            other => other,
        };
        Self { claimed, ..Self::new(problem, &error) }
    }

    pub(crate) fn trusted_root(why: &str) -> Self {
        Self { problem: Problem::TrustedRoot, text: why.to_owned(), claimed: None }
    }

    pub(crate) fn other_provider() -> Self {
        Self::trusted_root("another part of this process chose the cryptography of the verifier")
    }

    pub(crate) fn no_certificate() -> Self {
        Self { problem: Problem::Malformed, text: "it has no certificate".to_owned(), claimed: None }
    }

    pub(crate) fn no_entry() -> Self {
        Self { problem: Problem::Malformed, text: "it has no entry of a transparency log".to_owned(), claimed: None }
    }

    pub(crate) fn no_identity() -> Self {
        let text = "its certificate does not name who signed and who vouched for that".to_owned();
        Self { problem: Problem::Malformed, text, claimed: None }
    }
}

/// Words of the pinned version of `sigstore-verify`, whose variants do not tell these reasons apart. The conformance suite and
/// `tests/own_instance.rs` notice if they change; then a reason is reported as a tampered bundle, and none is accepted.
fn by_detail(text: &str) -> Option<Problem> {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["No log key valid", "key not found", "No matching Rekor key", "does not match any trusted TSA"]) {
        return Some(Problem::Unknown);
    }
    has(&["CertExpired", "CertNotValidYet"]).then_some(Problem::Time)
}

/// Begins with a lower-case letter, and ends without a period.
fn clause(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}
