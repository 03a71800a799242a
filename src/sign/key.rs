//! Ed25519 keys ([RFC 8032]) on which all verifiers agree: public keys are checked when they are read, signatures are
//! verified strictly, and the public half of a secret key is always derived.
//!
//! [RFC 8032]: https://www.rfc-editor.org/rfc/rfc8032

use std::fmt;

use base64ct::{Base64, Base64Unpadded, Encoding};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
#[cfg(feature = "keygen")]
use zeroize::Zeroizing;

use super::wire;
use crate::hex::encode as hex;

/// The name of the key type in OpenSSH files.
pub(super) const ED25519: &str = "ssh-ed25519";

/// RFC 8410: the DER of a `SubjectPublicKeyInfo` up to the 32 bytes of the key.
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// The SHA-256 of a public key in the SSH wire format, displayed as `ssh-keygen -l` prints it: `SHA256:…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Hashes a public key in the SSH wire format.
    pub(super) fn of_blob(blob: &[u8]) -> Self {
        Self(Sha256::digest(blob).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SHA256:{}", Base64Unpadded::encode_string(&self.0))
    }
}

/// Why a text or bytes cannot be used as a public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The 32 bytes are not a point on the curve.
    #[error("the key is not a point on the curve")]
    NotAPoint,
    /// A second encoding of a point (RFC 8032 §5.1.3).
    #[error("the key is not in its canonical encoding")]
    NotCanonical,
    /// A point of small order, for which anyone can make signatures.
    #[error("the key is weak: anyone can make signatures for it")]
    Weak,
    /// A point outside the prime-order group; verifiers disagree about its signatures.
    #[error("the key is outside the prime-order group, so verifiers disagree about its signatures")]
    MixedOrder,
    /// A key of another algorithm.
    #[error("the key is of type `{0}`; only Ed25519 is supported")]
    Type(String),
    /// A private key instead of a public one.
    #[error("this is a private key; use the public key")]
    Private,
    /// Neither an OpenSSH public key line nor a PEM public key.
    #[error("not a public key: {0}")]
    Syntax(&'static str),
}

/// A public key that all verifiers treat alike: Ed25519, canonically encoded, in the prime-order group.
///
/// The type is opaque so that keys of other algorithms can be added later.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads the 32 bytes of an Ed25519 key (RFC 8032 §5.1.5) and checks them.
    ///
    /// # Errors
    /// [`KeyError::NotAPoint`], [`KeyError::NotCanonical`], [`KeyError::Weak`] and [`KeyError::MixedOrder`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotAPoint)?;
        let point = key.to_edwards();
        // The point remembers the bytes it came from, canonical or not; compressing it again gives the canonical ones.
        if point.compress().as_bytes() != bytes {
            return Err(KeyError::NotCanonical);
        }
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        if !point.is_torsion_free() {
            return Err(KeyError::MixedOrder);
        }
        Ok(Self(key))
    }

    /// Reads a PEM `PUBLIC KEY` (RFC 8410 §4).
    pub(super) fn parse_pem(text: &str) -> Result<Self, KeyError> {
        let der = wire::dearmor("PUBLIC KEY", text.trim()).map_err(KeyError::Syntax)?;
        match der.strip_prefix(&SPKI_PREFIX).map(<[u8; 32]>::try_from) {
            Some(Ok(bytes)) => Self::from_bytes(&bytes),
            _ => Err(KeyError::Type("PUBLIC KEY of another algorithm".to_owned())),
        }
    }

    /// Returns the 32 bytes of the Ed25519 key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Returns the fingerprint that `ssh-keygen -l` prints.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_blob(&self.to_blob())
    }

    /// Returns the name of the key in bundles: the SHA-256 of its DER `SubjectPublicKeyInfo` in lower-case hex.
    #[must_use]
    pub fn key_id(&self) -> String {
        hex(&Sha256::digest(self.to_spki()))
    }

    /// Returns the SHA-256 of the PEM text in lower-case hex, the name of the key in OpenSSF Model Signing.
    pub(super) fn pem_id(&self) -> String {
        hex(&Sha256::digest(self.to_pem()))
    }

    /// Returns the line `ssh-ed25519 AAAA… comment`, without a line feed.
    #[must_use]
    pub fn to_openssh(&self, comment: &str) -> String {
        let line = format!("{ED25519} {} {comment}", Base64::encode_string(&self.to_blob()));
        line.trim_end().to_owned()
    }

    /// Returns the PEM `PUBLIC KEY`, as `openssl pkey -pubout` writes it, with the final line feed.
    #[must_use]
    pub fn to_pem(&self) -> String {
        // 44 bytes are 60 characters, which is one line.
        wire::armor("PUBLIC KEY", &self.to_spki())
    }

    fn to_spki(self) -> Vec<u8> {
        [SPKI_PREFIX.as_slice(), self.as_bytes()].concat()
    }

    /// Returns the SSH wire format.
    pub(super) fn to_blob(self) -> Vec<u8> {
        let mut blob = Vec::with_capacity(51);
        wire::put_string(&mut blob, ED25519.as_bytes());
        wire::put_string(&mut blob, self.as_bytes());
        blob
    }

    /// Tells whether `signature` is a signature of exactly `message` by this key.
    ///
    /// This is raw Ed25519 without domain separation; for signature files use [`super::Envelope`].
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        holds(&self.0, message, signature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}

/// The only verification in this crate: S below the group order, R and A canonical and not of small order, no cofactor.
/// It accepts exactly what libsodium accepts. Signatures are never verified in batches, which accept more.
fn holds(key: &VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    Signature::from_slice(signature).is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
}

/// The signature that was just made does not verify, because the machine or the signing service is faulty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the signature just made does not verify, so it was discarded; the machine that made it may have faulty memory or a faulty processor"
)]
pub struct FaultySignature;

/// The operating system gave no random bytes for a new key.
#[cfg(feature = "keygen")]
#[derive(Debug, thiserror::Error)]
#[error("cannot get random bytes for a new key")]
pub struct GenerateError(#[source] getrandom::Error);

/// An Ed25519 key that can sign. It is overwritten in memory when dropped, and is never printed.
///
/// To sign with a key that is kept elsewhere, see [`super::Signer`].
pub struct SecretKey {
    signing: SigningKey,
    public: PublicKey,
    comment: String,
}

impl SecretKey {
    /// Makes a new key from the operating system's random numbers.
    ///
    /// # Errors
    /// [`GenerateError`] if the operating system gives no random bytes.
    #[cfg(feature = "keygen")]
    pub fn generate() -> Result<Self, GenerateError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(GenerateError)?;
        Ok(Self::from_seed(&seed, String::new()))
    }

    /// Derives the key pair from a seed (RFC 8032 §5.1.5).
    pub(super) fn from_seed(seed: &[u8; 32], comment: String) -> Self {
        let signing = SigningKey::from_bytes(seed);
        // A derived key is a clamped multiple of the base point, which passes every check of `PublicKey`.
        let public = PublicKey(signing.verifying_key());
        Self { signing, public, comment }
    }

    #[cfg(any(test, all(feature = "fs", feature = "keygen")))]
    pub(super) fn seed(&self) -> &[u8; 32] {
        self.signing.as_bytes()
    }

    /// Returns the public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Returns the comment of the key file, or an empty string.
    #[must_use]
    pub fn comment(&self) -> &str {
        &self.comment
    }

    /// Signs and verifies the signature: one made on a faulty machine can reveal the secret key.
    pub(super) fn sign(&self, message: &[u8]) -> Result<[u8; 64], FaultySignature> {
        let signature = self.signing.sign(message).to_bytes();
        if self.public.verify(message, &signature) { Ok(signature) } else { Err(FaultySignature) }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKey").field("public", &self.public).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::*;

    /// RFC 8032 §7.1, test 1.
    const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    const SIGNATURE: &str = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";

    fn unhex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    fn key(text: &str) -> Result<PublicKey, KeyError> {
        PublicKey::from_bytes(&unhex(text).try_into().unwrap())
    }

    #[test]
    fn the_test_vector_of_rfc_8032_is_reproduced() {
        let secret = SecretKey::from_seed(&unhex(SEED).try_into().unwrap(), String::new());
        assert_eq!(hex(secret.public().as_bytes()), PUBLIC);
        assert_eq!(hex(&secret.sign(b"").unwrap()), SIGNATURE);
        assert!(secret.public().verify(b"", &unhex(SIGNATURE)));
        assert!(!secret.public().verify(b"x", &unhex(SIGNATURE)));
        assert!(!secret.public().verify(b"", &unhex(SIGNATURE)[..63]));
    }

    #[test]
    fn debug_output_does_not_show_a_secret_key() {
        let secret = SecretKey::from_seed(&unhex(SEED).try_into().unwrap(), String::new());
        let shown = format!("{secret:?}");
        assert!(shown.contains("SHA256:") && !shown.contains("9d61") && !shown.contains("157, 97"), "{shown}");
    }

    #[test]
    fn two_new_keys_differ() {
        let (one, two) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        assert_ne!(one.public(), two.public());
        assert_eq!(PublicKey::from_bytes(one.public().as_bytes()).as_ref(), Ok(one.public()));
    }

    #[test]
    fn keys_on_which_verifiers_disagree_are_rejected() {
        assert!(key(PUBLIC).is_ok());
        let identity = "0100000000000000000000000000000000000000000000000000000000000000";
        assert_eq!(key(identity), Err(KeyError::Weak));
        let order_eight = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa";
        assert_eq!(key(order_eight), Err(KeyError::Weak));
        let y_is_p_plus_one = "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
        assert_eq!(key(y_is_p_plus_one), Err(KeyError::NotCanonical));
        let identity_with_sign = "0100000000000000000000000000000000000000000000000000000000000080";
        assert_eq!(key(identity_with_sign), Err(KeyError::NotCanonical));
        // Case 3 of ed25519-speccheck.
        let mixed = "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d";
        assert_eq!(key(mixed), Err(KeyError::MixedOrder));
        let no_point = "0200000000000000000000000000000000000000000000000000000000000000";
        assert_eq!(key(no_point), Err(KeyError::NotAPoint));
    }

    #[test]
    fn public_keys_are_read_from_openssh_lines_and_pem() {
        let key = key(PUBLIC).unwrap();
        assert_eq!(PublicKey::parse(&key.to_pem()), Ok(key));
        assert_eq!(PublicKey::parse(&key.to_openssh("")), Ok(key));
        assert_eq!(PublicKey::parse(&(key.to_openssh("me and you") + "\r\n")), Ok(key));
        assert!(matches!(
            PublicKey::parse(&key.to_openssh("").replace("ssh-ed25519", "ssh-rsa")),
            Err(KeyError::Syntax(_))
        ));
        assert!(matches!(PublicKey::parse(&format!("{0}\n{0}", key.to_openssh(""))), Err(KeyError::Syntax(_))));
        assert_eq!(PublicKey::parse("-----BEGIN OPENSSH PRIVATE KEY-----\n"), Err(KeyError::Private));
        assert_eq!(PublicKey::parse(&key.to_openssh("not a PRIVATE KEY")), Ok(key));
        assert!(matches!(PublicKey::parse("-----BEGIN CERTIFICATE-----\n"), Err(KeyError::Syntax(_))));
    }

    /// The equation alone, also for keys that `PublicKey` rejects: same results as libsodium 1.0.18. `tests/library/ed25519_vectors.rs`
    /// runs these vectors through `PublicKey`.
    #[test]
    fn signatures_are_accepted_as_by_libsodium() {
        use std::io::Write as _;
        let root = std::env::var_os("OPENNESS_SHARED_DATA").map_or_else(
            || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
            std::path::PathBuf::from,
        );
        let read = |file: &str| -> Option<Vec<serde_json::Value>> {
            let path = root.join("vectors").join(file);
            let Ok(bytes) = std::fs::read(&path) else {
                let _ = writeln!(std::io::stderr(), "skipped: needs shared data at {}", path.display());
                return None;
            };
            Some(serde_json::from_slice(&bytes).unwrap())
        };
        let bytes = |value: &serde_json::Value| unhex(value.as_str().unwrap());
        let decide = |key: Vec<u8>, message: &[u8], signature: Vec<u8>| {
            VerifyingKey::from_bytes(&key.try_into().unwrap()).is_ok_and(|key| holds(&key, message, &signature))
        };
        if let Some(cases) = read("speccheck/cases.json") {
            let pattern: String = cases
                .iter()
                .map(|case| decide(bytes(&case["pub_key"]), &bytes(&case["message"]), bytes(&case["signature"])))
                .map(|accepted| if accepted { 'V' } else { 'X' })
                .collect();
            assert_eq!(pattern, "XXXVXXXXXXXX");
        }
        if let Some(vectors) = read("cctv-ed25519/ed25519vectors.json") {
            let accepted = vectors.iter().filter(|vector| {
                decide(bytes(&vector["key"]), vector["msg"].as_str().unwrap().as_bytes(), bytes(&vector["sig"]))
            });
            assert_eq!((vectors.len(), accepted.count()), (914, 43));
        }
    }
}
