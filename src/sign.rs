//! Signs bytes and says what is known about who signed bytes: Ed25519 in two envelopes, judged by the verifier's own trust.
//!
//! Bytes in, bytes out. What the bytes mean is not known here, and nothing read from a signature is trusted before the
//! signature is judged: an [`Envelope`] cannot be read, what [`Envelope::open`] finds intact is [`Signed`], and only what a
//! trusted key signed becomes [`Verified`].
//!
//! ```text
//! SecretKey ─dsse::sign / sshsig::sign→ bytes ─Envelope::read_…→ Envelope ─open(&Trust)→ Opened { Signed } → Verified
//! ```

pub mod agent;
pub mod dsse;
pub mod envelope;
pub mod key;
pub mod keyfile;
pub mod revoked;
pub mod sshsig;
pub mod trust;

mod certificate;
mod ssh;
mod wire;

pub use agent::{Agent, AgentKey};
pub use envelope::{Envelope, EnvelopeKind, ReadError, Signed, Status, Verification, Verified};
pub use key::{Fingerprint, KeyError, PublicKey, SecretKey, SignError};
pub use revoked::Revocations;
pub use trust::Trust;

/// The SSHSIG namespace: a signature made for Git, or for a file, is none for us.
pub const NAMESPACE: &str = "openness@v1";

/// What an SSH signature is made for. One made for something else is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    /// Statements: [`NAMESPACE`].
    Openness,
    /// Tags and commits, as Git signs them where `gpg.format` is `ssh`.
    Git,
}

impl Namespace {
    /// Returns the name that is signed along: `openness@v1` or `git`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Openness => NAMESPACE,
            Self::Git => "git",
        }
    }
}

/// The largest envelope that is read.
pub const MAX_ENVELOPE_BYTES: usize = 256 << 20;
