//! ML-DSA-44 ([FIPS 204]), which quantum computers are not known to break, and its composite with Ed25519 in OpenSSH
//! ([draft-miller-sshm-mldsa44-ed25519-composite-sigs]): a signature holds only if both parts hold.
//!
//! Only verification: keys and signatures are made by other programs.
//!
//! [FIPS 204]: https://csrc.nist.gov/pubs/fips/204/final
//! [draft-miller-sshm-mldsa44-ed25519-composite-sigs]: https://datatracker.ietf.org/doc/draft-miller-sshm-mldsa44-ed25519-composite-sigs/

use ml_dsa::{EncodedSignature, EncodedVerifyingKey, MlDsa44, Signature, VerifyingKey};
use sha2::{Digest as _, Sha512};

use super::key::{KeyError, PublicKey};

/// The length of a public key in bytes (FIPS 204, table 2).
pub const KEY_BYTES: usize = 1312;
/// The length of a signature in bytes.
pub const SIGNATURE_BYTES: usize = 2420;
/// The prefix of what is signed, and the name of the composite (draft-ietf-lamps-pq-composite-sigs, section 2.2).
const PREFIX: &[u8] = b"CompositeAlgorithmSignatures2025";
const LABEL: &[u8] = b"COMPSIG-MLDSA44-Ed25519-SHA512";

/// Returns whether a signature is one of this key over a message, for a context of at most 255 bytes (FIPS 204, algorithm 3).
#[must_use]
pub fn verify(key: &[u8], message: &[u8], context: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) =
        (EncodedVerifyingKey::<MlDsa44>::try_from(key), EncodedSignature::<MlDsa44>::try_from(signature))
    else {
        return false;
    };
    let signature = Signature::<MlDsa44>::decode(&signature);
    signature.is_some_and(|signature| {
        VerifyingKey::<MlDsa44>::decode(&key).verify_with_context(message, context, &signature)
    })
}

/// A key of both algorithms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CompositeKey {
    ml_dsa: Vec<u8>,
    ed25519: PublicKey,
}

impl CompositeKey {
    /// Reads the ML-DSA-44 key followed by the Ed25519 key.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        const LENGTH: KeyError = KeyError::Syntax("a key for ML-DSA-44 and Ed25519 must have 1344 bytes");
        let (ml_dsa, ed25519) = bytes.split_at_checked(KEY_BYTES).ok_or(LENGTH)?;
        let ed25519 = PublicKey::from_bytes(ed25519.try_into().map_err(|_| LENGTH)?)?;
        Ok(Self { ml_dsa: ml_dsa.to_vec(), ed25519 })
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        [self.ml_dsa.as_slice(), self.ed25519.as_bytes()].concat()
    }

    /// Returns whether both signatures hold.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let Some((ml_dsa, ed25519)) = signature.split_at_checked(SIGNATURE_BYTES) else { return false };
        // Without a context, whose length is the zero.
        let signed = [PREFIX, LABEL, &[0], Sha512::digest(message).as_slice()].concat();
        verify(&self.ml_dsa, &signed, LABEL, ml_dsa) && self.ed25519.verify(&signed, ed25519)
    }
}
