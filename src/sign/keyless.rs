//! Signatures without a lasting key: by an identity that an authority certified for some minutes, at a time that a log or a
//! timestamp authority proves. [`Authorities`] is what checks them; with the feature `keyless` it is Sigstore's verifier.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// Authorities and logs of one trusted root, which a verifier chose.
pub trait Authorities: fmt::Debug + Send + Sync {
    /// Verifies a Sigstore bundle in JSON over a statement one of whose subjects has this SHA-256, or over a file that has it.
    /// Whether the signer is trusted is for the caller.
    ///
    /// # Errors
    /// [`Uncertified`] if it does not hold by these authorities and logs.
    fn certify(&self, bundle: &str, subject: &[u8; 32]) -> Result<Certified, Uncertified>;

    /// Returns the name of the trusted root: the SHA-256 of its file, in lower-case hex.
    fn root(&self) -> &str;
}

/// Trusted roots of a verifier, which can be shared.
pub type SharedAuthorities = Arc<dyn Authorities>;

/// Who made a signature that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certified {
    /// The address or URI in the certificate.
    pub identity: String,
    /// The URL of the service that vouched for the identity.
    pub issuer: String,
    /// The proven times of the signature, the earliest first; at least one.
    pub times: Vec<Timestamp>,
    /// The certificate in DER.
    pub certificate: Vec<u8>,
    /// The entries of trusted logs about the signature that come with a proof of inclusion, which holds.
    pub entries: Vec<LoggedEntry>,
}

/// An entry of a transparency log, and the proof that the log includes it. Whom a verifier trusts to witness the log is not
/// considered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEntry {
    /// What the leaf of the tree is the hash of.
    pub body: Vec<u8>,
    /// The index of the leaf in the tree, from 0.
    pub index: u64,
    /// The inclusion path, from the sibling of the leaf to the child of the root.
    pub path: Vec<[u8; 32]>,
    /// The checkpoint, a signed note.
    pub checkpoint: String,
}

/// Why a bundle does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncertified {
    /// The kind of the reason.
    pub problem: Problem,
    /// One clause for people: lower case, no final period. Text of the bundle is escaped.
    pub reason: String,
    /// The identity and issuer that the certificate names. Nothing proves them.
    pub claimed: Option<(String, String)>,
}

/// The kind of the reason why a bundle does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// No authority or log of the trusted root stands behind it.
    Unknown,
    /// It was signed when the certificate was not valid, or no time is proven.
    Time,
    /// It is malformed, or it was changed.
    Bad,
}

#[cfg(feature = "keyless")]
pub use sigstore::{EMBEDDED, MAX_ROOT_BYTES, TrustedRoot, TrustedRootError};

#[cfg(feature = "keyless")]
mod sigstore {
    //! The trait by the crate `openness-keyless`.

    use jiff::Timestamp;
    use openness_keyless as keyless;
    use sha2::{Digest as _, Sha256};

    use super::{Authorities, Certified, LoggedEntry, Problem, Uncertified};
    use crate::hex::encode as hex;

    /// The name of the trusted root that is part of the program.
    pub const EMBEDDED: &str = "embedded:sigstore";
    /// The largest trusted root that is read, in bytes.
    pub const MAX_ROOT_BYTES: usize = keyless::MAX_ROOT_BYTES;
    /// The most characters of a reason.
    const MAX_REASON_CHARS: usize = 400;

    /// The authorities and logs of a Sigstore instance.
    #[derive(Debug)]
    pub struct TrustedRoot {
        verifier: keyless::Verifier,
        name: String,
    }

    /// Why a trusted root cannot be used.
    #[derive(Debug, thiserror::Error)]
    #[error("it is not a trusted root of Sigstore that can be used")]
    pub struct TrustedRootError(#[source] keyless::Error);

    impl TrustedRoot {
        /// Reads the `trusted_root.json` of a Sigstore instance.
        ///
        /// # Errors
        /// [`TrustedRootError`] if it is malformed, or names no authority or no log.
        pub fn read(text: &str) -> Result<Self, TrustedRootError> {
            let verifier = keyless::Verifier::new(text).map_err(TrustedRootError)?;
            Ok(Self { verifier, name: hex(&Sha256::digest(text)) })
        }

        /// Returns the root of the public instance of the Sigstore project, as it was when this program was made. It lacks the
        /// authorities and logs that were added since, and still trusts those that were found to be compromised since.
        ///
        /// # Errors
        /// [`TrustedRootError`] if another part of the process chose the cryptography of the verifier.
        pub fn embedded() -> Result<Self, TrustedRootError> {
            Self::read(keyless::embedded())
        }

        /// Returns when the newest of its authorities and logs began to work; `None` if it does not say.
        #[must_use]
        pub fn newest(&self) -> Option<Timestamp> {
            self.verifier.newest().and_then(|second| Timestamp::from_second(second).ok())
        }
    }

    impl Authorities for TrustedRoot {
        fn certify(&self, bundle: &str, subject: &[u8; 32]) -> Result<Certified, Uncertified> {
            let found = self.verifier.verify(bundle, subject).map_err(|error| refuse(&error))?;
            let times = found.times.iter().map(|second| Timestamp::from_second(*second)).collect::<Result<Vec<_>, _>>();
            let times = times.ok().filter(|times| !times.is_empty()).ok_or_else(|| Uncertified {
                problem: Problem::Time,
                reason: "no time of the signature is proven".to_owned(),
                claimed: None,
            })?;
            let (identity, issuer, certificate) = (found.identity, found.issuer, found.certificate);
            let entries = found.entries.into_iter().map(logged).collect();
            Ok(Certified { identity, issuer, times, certificate, entries })
        }

        fn root(&self) -> &str {
            &self.name
        }
    }

    fn logged(entry: keyless::Entry) -> LoggedEntry {
        let keyless::Entry { body, index, path, checkpoint } = entry;
        LoggedEntry { body, index, path, checkpoint }
    }

    fn refuse(error: &keyless::Error) -> Uncertified {
        let problem = match error.problem() {
            keyless::Problem::Unknown => Problem::Unknown,
            keyless::Problem::Time => Problem::Time,
            keyless::Problem::Malformed
            | keyless::Problem::Unsupported
            | keyless::Problem::Bad
            | keyless::Problem::TrustedRoot => Problem::Bad,
        };
        let reason: String = error.to_string().escape_debug().take(MAX_REASON_CHARS).collect();
        let claimed = error.claimed().map(|(identity, issuer)| (identity.to_owned(), issuer.to_owned()));
        Uncertified { problem, reason, claimed }
    }
}
