//! X.509 certificates ([RFC 5280]) of signers, and their chains to the certificates that a verifier trusts.
//!
//! Only what the verifier names is trusted: never a root that a signature brings along, and never the system's. Certificates
//! must be valid at the time of verification; a time in the signed object proves nothing. There are no revocation lists
//! and no requests: the verifier names revoked certificates.
//!
//! [RFC 5280]: https://www.rfc-editor.org/rfc/rfc5280

mod certificate;
mod chain;
mod signature;

pub use certificate::Certificate;
pub use chain::{Anchors, Chain, check_for_signing};

/// The most certificates in a chain, and the most that a signature brings along.
const MAX_CERTIFICATES: usize = 8;
/// The largest certificate that is read, in bytes of DER.
const MAX_CERTIFICATE_BYTES: usize = 64 << 10;

/// Why a certificate or chain is not accepted.
///
/// `Display` writes one clause: lower case, no final period. Text of the certificate is not made safe for a terminal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Not PEM (`CERTIFICATE`).
    #[error("it is not a certificate in PEM format")]
    Pem,
    /// Larger than is read.
    #[error("a certificate has more than {MAX_CERTIFICATE_BYTES} bytes")]
    TooLarge,
    /// Too many certificates.
    #[error("there are {count} certificates; the limit is {MAX_CERTIFICATES}")]
    TooMany {
        /// The number of certificates.
        count: usize,
    },
    /// One of several certificates in a file.
    #[error("certificate {number} of {count}: {source}")]
    Numbered {
        /// Its number in the file, from 1.
        number: usize,
        /// The number of certificates in the file.
        count: usize,
        /// Why it is not accepted.
        source: Box<Self>,
    },
    /// Not a certificate, or not encoded in the one way that DER allows.
    #[error("a certificate is not valid DER")]
    Der,
    /// A certificate that breaks a rule of RFC 5280 by itself.
    #[error("the certificate of `{subject}` {problem}")]
    Invalid {
        /// The subject.
        subject: String,
        /// The rest of the sentence.
        problem: &'static str,
    },
    /// An extension that must be understood and is not.
    #[error("the certificate of `{subject}` has the critical extension {oid}, which this program does not know")]
    UnknownExtension {
        /// The subject.
        subject: String,
        /// The object identifier.
        oid: String,
    },
    /// The certificate is not yet, or no longer, valid.
    #[error("the certificate of `{subject}` is valid only from {from} to {to}")]
    Time {
        /// The subject.
        subject: String,
        /// The first second at which it is valid.
        from: String,
        /// The last second at which it is valid.
        to: String,
        /// Whether it is no longer valid.
        is_expired: bool,
    },
    /// The verifier revoked it.
    #[error("the certificate of `{subject}` is revoked")]
    Revoked {
        /// The subject.
        subject: String,
    },
    /// No chain leads to a certificate that the verifier trusts.
    #[error("no chain of certificates leads from `{subject}` to one that you trust")]
    NoAnchor {
        /// The signer's subject.
        subject: String,
    },
    /// The signer's certificate is for another identity than is required.
    #[error("the certificate of `{subject}` is not for the required identity")]
    Identity {
        /// The signer's subject.
        subject: String,
    },
}
