//! ECDSA keys without the feature `oms`: there are none.

/// Why a text cannot be used as an ECDSA key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this build has no ECDSA keys")]
pub struct EcdsaKeyError;

/// A key that cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EcdsaPublicKey {}

impl EcdsaPublicKey {
    /// Refuses every text.
    ///
    /// # Errors
    /// [`EcdsaKeyError`], always.
    pub fn parse(_: &str) -> Result<Self, EcdsaKeyError> {
        Err(EcdsaKeyError)
    }

    pub(super) fn to_blob(self) -> Vec<u8> {
        match self {}
    }
}
