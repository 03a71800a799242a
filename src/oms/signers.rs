//! The signers of OMS bundles that a verifier trusts.

use crate::sign::EcdsaPublicKey;

/// The signers that a verifier trusts. None of it comes from what is verified.
#[derive(Debug, Clone, Default)]
pub struct Signers {
    keys: Vec<EcdsaPublicKey>,
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
        Self { keys: keys.into_iter().collect() }
    }

    /// Trusts the signers of both.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.keys.extend(other.keys);
        self
    }

    /// Returns whether no signer is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns whether no key is trusted.
    pub(super) fn has_no_keys(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns the keys that a bundle may mean by its hint: all of them if it gives none.
    pub(super) fn candidates(&self, hint: Option<&str>) -> impl Iterator<Item = &EcdsaPublicKey> {
        let is_meant =
            move |key: &&EcdsaPublicKey| hint.is_none_or(|hint| key.pem_id() == hint || key.key_id() == hint);
        self.keys.iter().filter(is_meant)
    }
}

impl Signer {
    /// Returns the key's or certificate's name in hex.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Key { id, .. } => id,
        }
    }
}
