//! The signers of OMS bundles that a verifier trusts.

use std::collections::BTreeSet;

use crate::sign::EcdsaPublicKey;
use crate::sign::x509::{Anchors, Chain};

/// The signers that a verifier trusts. None of it comes from what is verified.
#[derive(Debug, Clone, Default)]
pub struct Signers {
    keys: Vec<EcdsaPublicKey>,
    anchors: Anchors,
    identity: Option<String>,
    /// The names of keys in hex.
    revoked: BTreeSet<String>,
}

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
    },
    /// A certificate with a chain to one that the verifier trusts.
    Certificate {
        /// The subject, such as `CN=Example Lab,C=CH`, escaped.
        subject: String,
        /// The subject's addresses, host names and URIs, escaped.
        names: Vec<String>,
        /// The SHA-256 of the certificate in lower-case hex.
        id: String,
        /// The same of the certificate that the verifier trusts.
        anchor: String,
    },
}

impl Signers {
    /// Trusts no signer.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Trusts these keys.
    #[must_use]
    pub fn of_keys(keys: impl IntoIterator<Item = EcdsaPublicKey>) -> Self {
        Self { keys: keys.into_iter().collect(), ..Self::default() }
    }

    /// Trusts signers whose certificates have a chain to one of these, and these themselves.
    #[must_use]
    pub fn of_certificates(anchors: Anchors) -> Self {
        Self { anchors, ..Self::default() }
    }

    /// Trusts the signers of both, except for those that either revokes. If both have an identity, that of `self` is kept.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.keys.extend(other.keys);
        self.anchors.extend(other.anchors);
        self.identity = self.identity.or(other.identity);
        self.revoked.extend(other.revoked);
        self
    }

    /// Refuses every signature by a key or certificate of which this is the SHA-256, in lower-case hex: of a certificate, of a
    /// public key in DER, or of its PEM text.
    #[must_use]
    pub fn revoke(mut self, fingerprint: &str) -> Self {
        self.anchors.revoke(fingerprint);
        self.revoked.insert(fingerprint.to_owned());
        self
    }

    /// Trusts only signers of this identity: the whole subject of a certificate, or one of its alternative names. A key has no
    /// identity, so it is no longer trusted.
    #[must_use]
    pub fn with_identity(self, who: impl Into<String>) -> Self {
        Self { identity: Some(who.into()), ..self }
    }

    /// Returns whether no signer is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.anchors.is_empty()
    }

    /// Returns whether no key is trusted.
    pub(super) fn has_no_keys(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn anchors(&self) -> &Anchors {
        &self.anchors
    }

    /// Returns the keys that a bundle may mean by its hint: all of them if it gives none.
    pub(super) fn candidates(&self, hint: Option<&str>) -> impl Iterator<Item = &EcdsaPublicKey> {
        let is_meant =
            move |key: &&EcdsaPublicKey| hint.is_none_or(|hint| key.pem_id() == hint || key.key_id() == hint);
        self.keys.iter().filter(is_meant)
    }

    pub(super) fn is_revoked(&self, key: &EcdsaPublicKey) -> bool {
        self.revoked.contains(&key.pem_id()) || self.revoked.contains(&key.key_id())
    }

    /// Returns whether a signer has the required identity.
    pub(super) fn admits(&self, signer: &Signer) -> bool {
        match (&self.identity, signer) {
            (None, _) => true,
            (Some(_), Signer::Key { .. }) => false,
            (Some(who), Signer::Certificate { subject, names, .. }) => {
                !who.is_empty() && (subject == who || names.contains(who))
            }
        }
    }
}

impl Signer {
    pub(super) fn of_key(key: &EcdsaPublicKey) -> Self {
        Self::Key { id: key.pem_id(), curve: key.curve() }
    }

    pub(super) fn of_chain(chain: &Chain) -> Self {
        let certificate = chain.signer();
        Self::Certificate {
            subject: certificate.subject(),
            names: certificate.names(),
            id: certificate.fingerprint(),
            anchor: chain.anchor().fingerprint(),
        }
    }

    /// Returns the name of the key or certificate, in hex.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Key { id, .. } | Self::Certificate { id, .. } => id,
        }
    }
}
