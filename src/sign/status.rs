//! What can be said about a signature: the status of one that could be read, and why one could not be read.

use super::key::{Fingerprint, KeyError};
use super::{BoxError, MAX_ENVELOPE_BYTES};

/// The status of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Status {
    /// The signature is intact, and the key is trusted.
    Good,
    /// The key is not trusted. [`super::Verification::signed`] says whether the signature is intact.
    Untrusted,
    /// The signature does not match the signed bytes.
    Bad,
    /// The signature is intact, but the key was trusted only until an earlier time.
    Expired,
    /// The signature is intact, but the key is trusted only from a later time on.
    NotYetValid,
    /// The signature is intact, but the key is revoked.
    Revoked,
    /// This program cannot verify such a signature: it was made with a key of another type, or by another tool for another
    /// kind of statement. It counts neither for nor against the release.
    NotCheckable,
}

impl Status {
    /// Returns `good`, `untrusted`, `bad`, `expired`, `not-yet-valid`, `revoked` or `not-checkable`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Untrusted => "untrusted",
            Self::Bad => "bad",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::Revoked => "revoked",
            Self::NotCheckable => "not-checkable",
        }
    }
}

/// Why a signature file could not be read. Such a file proves nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file is larger than [`MAX_ENVELOPE_BYTES`].
    #[error("the signature is larger than {MAX_ENVELOPE_BYTES} bytes")]
    TooLarge,
    /// The bundle is not JSON, or repeats a key of an object.
    #[error("the bundle is not valid JSON or repeats a key")]
    Json(#[source] BoxError),
    /// A member of the bundle is missing or has an unsupported value.
    #[error("in the bundle, `{path}` {problem}")]
    Bundle {
        /// The name of the member.
        path: &'static str,
        /// The rest of the sentence that begins with the name.
        problem: &'static str,
    },
    /// A member that is not known and so would not be verified.
    #[error("in the bundle, `{path}` has the unknown member `{name}`")]
    Unknown {
        /// The name of the object.
        path: &'static str,
        /// The name of the unknown member, escaped.
        name: String,
    },
    /// The SSH signature is malformed. The text is the rest of the sentence that begins with "the SSH signature".
    #[error("the SSH signature {0}")]
    SshSig(&'static str),
    /// An SSH signature in another namespace.
    #[error("the SSH signature was made for the namespace `{found}`, not for `{expected}`")]
    Namespace {
        /// The namespace of the signature, escaped.
        found: String,
        /// The expected namespace.
        expected: &'static str,
    },
    /// The key in the SSH signature is malformed or weak.
    #[error("the key in the SSH signature cannot be used")]
    Key(#[source] KeyError),
    /// An SSH signature by a key of another type, such as RSA or a post-quantum type, which this program cannot verify. It
    /// may well be good.
    #[error(
        "signatures by keys of the type `{key_type}` cannot be verified by this program; `ssh-keygen` may verify it"
    )]
    Unsupported {
        /// The name of the type.
        key_type: String,
        /// The fingerprint of the key; `None` for a certificate.
        key: Option<Fingerprint>,
    },
    /// A Sigstore bundle that other tools make, and that this program cannot verify. It may well be good.
    #[error("{why}, which this program cannot verify")]
    Foreign {
        /// A noun phrase with an article.
        why: &'static str,
        /// The ids of the keys that the bundle names; they are not verified.
        named_keys: Vec<String>,
        /// What is wrong with it as a bundle of this program.
        error: Box<Self>,
    },
}
