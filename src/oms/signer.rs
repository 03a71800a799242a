//! Who made a signature.

use jiff::Timestamp;

/// Who made a signature that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signer {
    /// A key that the verifier trusts.
    Key {
        /// The key's name in OMS: the SHA-256 of its PEM text, in lower-case hex.
        id: String,
        /// The curve, such as `P-256`.
        curve: &'static str,
        /// The principals whose key it is in the verifier's list, separated by commas; `None` if the verifier named the key.
        principals: Option<String>,
    },
    /// A certificate with a chain to one that the verifier trusts.
    Certificate {
        /// The subject, such as `CN=Example Lab,C=CH`.
        subject: String,
        /// The subject's addresses, host names and URIs.
        names: Vec<String>,
        /// The SHA-256 of the certificate in lower-case hex.
        id: String,
        /// The same of the certificate that the verifier trusts.
        anchor: String,
    },
    /// An identity that an authority of a trusted root certified for some minutes, at a proven time.
    Keyless {
        /// The address or URI of the signer.
        identity: String,
        /// The URL of the service that vouched for the identity.
        issuer: String,
        /// The earliest proven time of the signature.
        signed_at: Timestamp,
        /// The SHA-256 of the certificate in lower-case hex.
        id: String,
        /// The SHA-256 of the trusted root's file in lower-case hex.
        root: String,
    },
}

impl Signer {
    /// Returns the name of the key or certificate, in hex.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Key { id, .. } | Self::Certificate { id, .. } | Self::Keyless { id, .. } => id,
        }
    }
}
