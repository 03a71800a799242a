//! ECDSA keys on the curves P-256, P-384 and P-521 ([FIPS 186-5]), as OpenSSF Model Signing uses them: signatures are DER,
//! and the hash follows the curve (SHA-256, SHA-384, SHA-512).
//!
//! Signing is deterministic ([RFC 6979]), so the same message and key give the same bytes.
//!
//! [FIPS 186-5]: https://csrc.nist.gov/pubs/fips/186-5/final
//! [RFC 6979]: https://www.rfc-editor.org/rfc/rfc6979

use std::fmt;

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use pkcs8::der::Decode as _;
use pkcs8::der::asn1::ObjectIdentifier;
use pkcs8::spki::SubjectPublicKeyInfoRef;
use pkcs8::{Document, EncodePublicKey as _, LineEnding, PrivateKeyInfoRef};
use sec1::{EcParameters, EcPrivateKey};
use sha2::{Digest as _, Sha256};

use super::key::{FaultySignature, Fingerprint};
use super::ssh::without_byte_order_mark;
use super::wire::{Reader, decode_base64, encode_base64, put_string};
use crate::hex::encode as hex;

/// RFC 5480 §2.1.1: the algorithm of keys for ECDSA.
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// RFC 5480 §2.1.1.1.
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// Why a text or bytes cannot be used as an ECDSA key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EcdsaKeyError {
    /// Neither PEM (`PUBLIC KEY`) nor a line of OpenSSH.
    #[error("it is not a public key in PEM or OpenSSH format")]
    Syntax,
    /// A key of another algorithm.
    #[error("it is not an ECDSA key")]
    Algorithm,
    /// A curve other than P-256, P-384 and P-521.
    #[error("it is on another curve than P-256, P-384 and P-521")]
    Curve,
    /// The point is not on the curve, or the secret number is out of range.
    #[error("it is not a valid key of its curve")]
    Invalid,
}

/// An ECDSA public key on P-256, P-384 or P-521.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EcdsaPublicKey(Point);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Point {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
}

impl EcdsaPublicKey {
    /// Reads PEM (`PUBLIC KEY`, as `openssl pkey -pubout` writes it) or an OpenSSH line (`ecdsa-sha2-nistp256 AAAA…`).
    ///
    /// # Errors
    /// [`EcdsaKeyError`] if it is not a key on one of the three curves.
    pub fn parse(text: &str) -> Result<Self, EcdsaKeyError> {
        let text = without_byte_order_mark(text).trim();
        if text.starts_with("ecdsa-sha2-") {
            return Self::from_openssh(text);
        }
        let (label, document) = Document::from_pem(text).map_err(|_| EcdsaKeyError::Syntax)?;
        if label != "PUBLIC KEY" {
            return Err(EcdsaKeyError::Syntax);
        }
        Self::from_spki(document.as_bytes())
    }

    /// Reads a `SubjectPublicKeyInfo` in DER (RFC 5480).
    ///
    /// # Errors
    /// [`EcdsaKeyError`] if it is not a key on one of the three curves.
    pub fn from_spki(der: &[u8]) -> Result<Self, EcdsaKeyError> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| EcdsaKeyError::Syntax)?;
        if info.algorithm.oid != EC_PUBLIC_KEY {
            return Err(EcdsaKeyError::Algorithm);
        }
        let curve = info.algorithm.parameters_oid().map_err(|_| EcdsaKeyError::Curve)?;
        let point = info.subject_public_key.as_bytes().ok_or(EcdsaKeyError::Invalid)?;
        Self::from_point(curve, point)
    }

    /// RFC 5656 §3.1: the type, the name of the curve, the point.
    fn from_openssh(line: &str) -> Result<Self, EcdsaKeyError> {
        let mut words = line.split_ascii_whitespace();
        let (key_type, blob) = (words.next(), words.next().and_then(decode_base64));
        let blob = blob.ok_or(EcdsaKeyError::Syntax)?;
        let mut fields = Reader::new(&blob);
        let (inner, curve, point) = (fields.text(), fields.text(), fields.string());
        let (Some(inner), Some(curve), Some(point)) = (inner, curve, point) else { return Err(EcdsaKeyError::Syntax) };
        if !fields.is_empty() || key_type != Some(inner) || inner.strip_prefix("ecdsa-sha2-") != Some(curve) {
            return Err(EcdsaKeyError::Syntax);
        }
        let curve = match curve {
            "nistp256" => P256,
            "nistp384" => P384,
            "nistp521" => P521,
            _ => return Err(EcdsaKeyError::Curve),
        };
        Self::from_point(curve, point)
    }

    fn from_point(curve: ObjectIdentifier, point: &[u8]) -> Result<Self, EcdsaKeyError> {
        let point = match curve {
            P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map(Point::P256),
            P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(point).map(Point::P384),
            P521 => p521::ecdsa::VerifyingKey::from_sec1_bytes(point).map(Point::P521),
            _ => return Err(EcdsaKeyError::Curve),
        };
        point.map(Self).map_err(|_| EcdsaKeyError::Invalid)
    }

    /// Returns whether `signature`, in DER, is a signature of this key over `message`.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Point::P256(key) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Point::P384(key) => p384::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Point::P521(key) => p521::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
        }
    }

    /// Like [`verify`](Self::verify), for the digest of a message by any of the hash functions.
    pub(super) fn verify_digest(&self, digest: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Point::P256(key) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
            Point::P384(key) => p384::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
            Point::P521(key) => p521::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
        }
    }

    /// Returns the name of the curve: `P-256`, `P-384` or `P-521`.
    #[must_use]
    pub fn curve(&self) -> &'static str {
        match &self.0 {
            Point::P256(_) => "P-256",
            Point::P384(_) => "P-384",
            Point::P521(_) => "P-521",
        }
    }

    /// Returns the `SubjectPublicKeyInfo` in DER, with the point uncompressed.
    #[must_use]
    pub fn to_spki(&self) -> Vec<u8> {
        self.document().into_vec()
    }

    /// Returns the PEM `PUBLIC KEY`, as `openssl pkey -pubout` writes it, with the final line feed.
    #[expect(clippy::missing_panics_doc, reason = "a few hundred bytes always fit in PEM")]
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.document().to_pem("PUBLIC KEY", LineEnding::LF).expect("a key fits in PEM")
    }

    /// Returns the SHA-256 of the PEM text in lower-case hex: the name of the key in OpenSSF Model Signing, which
    /// `openssl pkey -pubin -in FILE -pubout | sha256sum` prints.
    #[must_use]
    pub fn pem_id(&self) -> String {
        hex(&Sha256::digest(self.to_pem()))
    }

    /// Returns the SHA-256 of the DER in lower-case hex, which is how this program names other keys.
    #[must_use]
    pub fn key_id(&self) -> String {
        hex(&Sha256::digest(self.to_spki()))
    }

    /// Returns the line of OpenSSH without a comment: `ecdsa-sha2-nistp256 AAAA…` (RFC 5656 §3.1).
    #[must_use]
    pub fn to_openssh(&self) -> String {
        format!("ecdsa-sha2-{} {}", self.openssh_curve(), encode_base64(&self.to_blob()))
    }

    /// Returns the SHA-256 of the key as OpenSSH shows it.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_blob(&self.to_blob())
    }

    /// Returns the wire format of OpenSSH.
    pub(super) fn to_blob(self) -> Vec<u8> {
        let curve = self.openssh_curve();
        let point = match &self.0 {
            Point::P256(key) => key.to_sec1_point(false).as_bytes().to_vec(),
            Point::P384(key) => key.to_sec1_point(false).as_bytes().to_vec(),
            Point::P521(key) => key.to_sec1_point(false).as_bytes().to_vec(),
        };
        let mut blob = Vec::new();
        for field in [format!("ecdsa-sha2-{curve}").as_bytes(), curve.as_bytes(), &point] {
            put_string(&mut blob, field);
        }
        blob
    }

    fn openssh_curve(&self) -> &'static str {
        match &self.0 {
            Point::P256(_) => "nistp256",
            Point::P384(_) => "nistp384",
            Point::P521(_) => "nistp521",
        }
    }

    fn document(&self) -> Document {
        let document = match &self.0 {
            Point::P256(key) => key.to_public_key_der(),
            Point::P384(key) => key.to_public_key_der(),
            Point::P521(key) => key.to_public_key_der(),
        };
        document.expect("a point on a curve always has an encoding")
    }
}

impl fmt::Debug for EcdsaPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EcdsaPublicKey").field("curve", &self.curve()).field("id", &self.pem_id()).finish()
    }
}

/// An ECDSA secret key on P-256, P-384 or P-521, with its public half.
pub struct EcdsaSecretKey {
    signing: Secret,
    public: EcdsaPublicKey,
}

enum Secret {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
}

impl EcdsaSecretKey {
    /// Takes over the number of a secret key on a curve. The public half is derived.
    fn from_number(curve: ObjectIdentifier, number: &[u8]) -> Result<Self, EcdsaKeyError> {
        let (signing, point) = match curve {
            P256 => {
                let key = p256::ecdsa::SigningKey::from_slice(number).map_err(|_| EcdsaKeyError::Invalid)?;
                let point = Point::P256(*key.verifying_key());
                (Secret::P256(key), point)
            }
            P384 => {
                let key = p384::ecdsa::SigningKey::from_slice(number).map_err(|_| EcdsaKeyError::Invalid)?;
                let point = Point::P384(*key.verifying_key());
                (Secret::P384(key), point)
            }
            P521 => {
                let key = p521::ecdsa::SigningKey::from_slice(number).map_err(|_| EcdsaKeyError::Invalid)?;
                let point = Point::P521(*key.verifying_key());
                (Secret::P521(key), point)
            }
            _ => return Err(EcdsaKeyError::Curve),
        };
        Ok(Self { signing, public: EcdsaPublicKey(point) })
    }

    /// Reads a PKCS#8 `PrivateKeyInfo` in DER (RFC 5958, RFC 5915).
    ///
    /// # Errors
    /// [`EcdsaKeyError`] if it is not a key on one of the three curves, or its public half does not match.
    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, EcdsaKeyError> {
        let info = PrivateKeyInfoRef::from_der(der).map_err(|_| EcdsaKeyError::Syntax)?;
        if info.algorithm.oid != EC_PUBLIC_KEY {
            return Err(EcdsaKeyError::Algorithm);
        }
        let curve = info.algorithm.parameters_oid().map_err(|_| EcdsaKeyError::Curve)?;
        Self::from_sec1(info.private_key.as_bytes(), Some(curve))
    }

    /// Reads an `ECPrivateKey` in DER (RFC 5915). The curve is in it, or is known from around it.
    ///
    /// # Errors
    /// [`EcdsaKeyError`] if it is not a key on one of the three curves, or its public half does not match.
    pub(super) fn from_sec1(der: &[u8], curve: Option<ObjectIdentifier>) -> Result<Self, EcdsaKeyError> {
        let key = EcPrivateKey::from_der(der).map_err(|_| EcdsaKeyError::Syntax)?;
        let named = key.parameters.and_then(EcParameters::named_curve);
        let curve = match (curve, named) {
            (Some(curve), Some(named)) if curve != named => return Err(EcdsaKeyError::Invalid),
            (curve, named) => curve.or(named).ok_or(EcdsaKeyError::Curve)?,
        };
        let secret = Self::from_number(curve, key.private_key)?;
        match key.public_key {
            // Signatures made with halves that do not match would reveal the secret key.
            Some(point) if EcdsaPublicKey::from_point(curve, point) != Ok(secret.public) => Err(EcdsaKeyError::Invalid),
            _ => Ok(secret),
        }
    }

    /// Returns the public half.
    #[must_use]
    pub fn public(&self) -> &EcdsaPublicKey {
        &self.public
    }

    /// Signs and verifies the signature, which is in DER: one made on a faulty machine can reveal the secret key.
    ///
    /// # Errors
    /// [`FaultySignature`] if the signature does not verify.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, FaultySignature> {
        let signature = match &self.signing {
            Secret::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Secret::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Secret::P521(key) => {
                let signature: p521::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
        };
        if self.public.verify(message, &signature) { Ok(signature) } else { Err(FaultySignature) }
    }
}

impl fmt::Debug for EcdsaSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EcdsaSecretKey").field("public", &self.public).finish_non_exhaustive()
    }
}
