//! Signatures: Ed25519 in two envelopes, and how far the verifier's own trust accepts their signers.
//!
//! Bytes in, bytes out: this module does not know what the signed bytes mean. Nothing in a signature file can be read
//! before its signature has been verified: an [`Envelope`] does not show its content, [`Envelope::verify`] returns
//! [`Signed`] bytes only if the signature is intact, and only bytes signed by a trusted key become [`Verified`].
//!
//! ```text
//! Signer ─sign_dsse / sign_sshsig→ bytes
//! bytes ─Envelope::read_…→ Envelope ─verify(&Trust, time)→ Verification → Signed → Verified
//! ```
//!
//! No function in this module reads the clock, the environment or the system's time zone; times and time zones are
//! arguments. The operating system's random numbers are used to make and to encrypt new keys (feature `keygen`), and
//! for nothing else. Key files need the feature `fs`, the socket of an ssh-agent needs `agent`; everything else works
//! on bytes in memory.

pub mod agent;
pub mod dsse;
#[cfg(feature = "oms")]
pub mod ecdsa;
#[cfg(not(feature = "oms"))]
#[path = "sign/no_ecdsa.rs"]
pub mod ecdsa;
pub mod envelope;
pub mod key;
pub mod keyfile;
pub mod keyless;
pub mod mldsa;
pub mod revoked;
pub mod signer;
pub mod sshsig;
pub mod trust;
#[cfg(feature = "oms")]
pub mod x509;

mod ssh;
mod status;
mod wire;

pub use agent::Agent;
#[cfg(feature = "oms")]
pub use ecdsa::EcdsaSecretKey;
pub use ecdsa::{EcdsaKeyError, EcdsaPublicKey};
pub use envelope::{Envelope, EnvelopeKind, Signed, Verification, Verified};
pub use key::{Fingerprint, KeyError, PublicKey, SecretKey};
pub use revoked::Revocations;
pub use signer::{AgentSigner, RawSigner, SignError, Signer};
pub use ssh::SshPublicKey;
/// The former name of [`SshPublicKey`].
#[doc(hidden)]
pub use ssh::SshPublicKey as AgentKey;
pub use status::{ReadError, Status};
pub use trust::{KeyNames, Trust};

/// The SSHSIG namespace of statements. A signature made in another namespace, such as `git` or `file`, is rejected.
pub const NAMESPACE: &str = "openness@v1";

/// What an SSH signature was made for (PROTOCOL.sshsig, "namespace"). Signatures are accepted only in the expected
/// namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Namespace {
    /// Statements: [`NAMESPACE`].
    Openness,
    /// Tags and commits, as Git signs them if `gpg.format` is `ssh`.
    Git,
}

impl Namespace {
    /// Returns the name that is part of the signed bytes: `openness@v1` or `git`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Openness => NAMESPACE,
            Self::Git => "git",
        }
    }
}

/// The largest signature file that is read, in bytes.
pub const MAX_ENVELOPE_BYTES: usize = 256 << 20;

/// The underlying error of a foreign library or service, without its type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
