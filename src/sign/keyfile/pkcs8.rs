//! PKCS#8 ([RFC 8410], [RFC 5958]), plain and encrypted.
//!
//! [RFC 8410]: https://www.rfc-editor.org/rfc/rfc8410
//! [RFC 5958]: https://www.rfc-editor.org/rfc/rfc5958

use pkcs8::der::Decode;
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef, SecretDocument};
use zeroize::Zeroizing;

use super::{Ask, Error, KeyText};
use crate::sign::key::SecretKey;

/// The most memory that scrypt may take, which is 128 · N · r bytes (RFC 7914 §2).
const MAX_SCRYPT_BYTES: u64 = 1 << 30;

/// The object identifiers of Ed25519 and of other common key types (RFC 8410, RFC 5480, RFC 8017).
const OID_ED25519: &str = "1.3.101.112";
const OTHER_OIDS: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.1", "RSA"),
    ("1.2.840.10045.2.1", "ECDSA"),
    ("1.2.840.10040.4.1", "DSA"),
    ("1.3.101.110", "X25519"),
    ("1.3.101.113", "Ed448"),
];

impl KeyText<'_> {
    pub(super) fn pkcs8(&self) -> Result<SecretKey, Error> {
        self.pkcs8_document(&self.plain_document()?, || self.broken("its fields are not valid PKCS#8"))
    }

    pub(super) fn encrypted_pkcs8(&self, passphrase: Ask<'_>) -> Result<SecretKey, Error> {
        let wrong = || Error::WrongPassphrase { name: self.name.to_owned() };
        self.pkcs8_document(&self.decrypted_document(passphrase)?, wrong)
    }

    pub(super) fn plain_document(&self) -> Result<SecretDocument, Error> {
        let (_, document) = SecretDocument::from_pem(self.text).map_err(|_| self.broken("its PEM is malformed"))?;
        Ok(document)
    }

    pub(super) fn decrypted_document(&self, passphrase: Ask<'_>) -> Result<SecretDocument, Error> {
        let (_, document) = SecretDocument::from_pem(self.text).map_err(|_| self.broken("its PEM is malformed"))?;
        let encrypted = EncryptedPrivateKeyInfoRef::from_der(document.as_bytes())
            .map_err(|_| self.broken("its encryption is not PBES2 with AES"))?;
        if let Some(pbes2) = encrypted.encryption_algorithm.pbes2()
            && let pkcs8::pkcs5::pbes2::Kdf::Scrypt(scrypt) = &pbes2.kdf
            && scrypt.cost_parameter.saturating_mul(128 * u64::from(scrypt.block_size)) > MAX_SCRYPT_BYTES
        {
            return Err(self.broken("decrypting it would take more than 1 GiB of memory"));
        }
        let passphrase = self.ask(passphrase)?;
        let wrong = || Error::WrongPassphrase { name: self.name.to_owned() };
        encrypted.decrypt(passphrase.as_bytes()).map_err(|_| wrong())
    }

    fn pkcs8_document(&self, document: &SecretDocument, broken: impl Fn() -> Error) -> Result<SecretKey, Error> {
        let info = PrivateKeyInfoRef::from_der(document.as_bytes()).map_err(|_| broken())?;
        let oid = info.algorithm.oid.to_string();
        if oid != OID_ED25519 {
            let found = OTHER_OIDS.iter().find(|(other, _)| *other == oid);
            let found =
                found.map_or_else(|| format!("a key of the algorithm {oid}"), |(_, name)| format!("an {name} key"));
            return Err(self.unsupported(found));
        }
        // RFC 8410 §7: an octet string inside the octet string.
        let seed: Zeroizing<[u8; 32]> = match info.private_key.as_bytes() {
            [0x04, 0x20, seed @ ..] if info.algorithm.parameters.is_none() => seed.try_into().map(Zeroizing::new),
            _ => return Err(broken()),
        }
        .map_err(|_| broken())?;
        let stored = match info.public_key {
            None => None,
            Some(bits) => Some(bits.as_bytes().and_then(|bytes| bytes.try_into().ok()).ok_or_else(&broken)?),
        };
        self.derive(&seed, String::new(), stored.into_iter())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use pkcs8::der::asn1::{AnyRef, BitStringRef, OctetStringRef};
    use pkcs8::{EncodePrivateKey, LineEnding};

    use super::super::parse;
    use super::super::tests::{parsed, reason};
    use super::*;

    #[test]
    fn both_versions_of_pkcs8_are_read_and_the_halves_must_match() {
        let (one, two) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let with = |parameters, public: Option<&[u8]>| {
            let seed = [&[0x04, 0x20], one.seed().as_slice()].concat();
            let info = PrivateKeyInfoRef {
                algorithm: pkcs8::spki::AlgorithmIdentifier {
                    oid: pkcs8::ObjectIdentifier::new_unwrap(OID_ED25519),
                    parameters,
                },
                private_key: OctetStringRef::new(&seed).unwrap(),
                public_key: public.map(|public| BitStringRef::new(0, public).unwrap()),
            };
            let document = SecretDocument::encode_msg(&info).unwrap();
            document.to_pem("PRIVATE KEY", LineEnding::LF).unwrap()
        };
        let encode = |public| with(None, public);
        assert_eq!(parsed(&encode(None)).unwrap().public(), one.public());
        // RFC 8410 §3: the parameters must be absent, and a NULL is not absent.
        assert!(parsed(&with(Some(AnyRef::NULL), None)).is_err());
        assert_eq!(parsed(&encode(Some(one.public().as_bytes()))).unwrap().public(), one.public());
        assert!(reason(&encode(Some(two.public().as_bytes()))).contains("do not match"));
        assert!(parsed(&encode(Some(&one.public().as_bytes()[..31]))).is_err());
        // The output of ed25519-dalek.
        let theirs = ed25519_dalek::SigningKey::from_bytes(one.seed()).to_pkcs8_der().unwrap();
        let theirs = theirs.to_pem("PRIVATE KEY", LineEnding::LF).unwrap();
        assert_eq!(parsed(&theirs).unwrap().public(), one.public());
    }

    #[test]
    fn rejects_a_key_with_excessive_key_derivation_memory() {
        use pkcs8::pkcs5::pbes2::{EncryptionScheme, Kdf, Parameters, Salt, ScryptParams};
        let of_cost = |cost_parameter, word: Option<&str>| {
            let scrypt = ScryptParams {
                salt: Salt::new(b"salt").unwrap(),
                cost_parameter,
                block_size: 8,
                parallelization: 1,
                key_length: None,
            };
            let encryption = EncryptionScheme::Aes256Cbc { iv: [0; 16] };
            let info = EncryptedPrivateKeyInfoRef {
                encryption_algorithm: Parameters { kdf: Kdf::Scrypt(scrypt), encryption }.into(),
                encrypted_data: OctetStringRef::new(&[0; 32]).unwrap(),
            };
            let document = SecretDocument::encode_msg(&info).unwrap();
            let pem = document.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF).unwrap();
            parse(&pem, "a key", &mut |_| word.map(|word| Zeroizing::new(word.to_owned()))).unwrap_err()
        };
        assert!(matches!(of_cost(1 << 14, Some("word")), Error::WrongPassphrase { .. }));
        // Up to 1 GiB, the error without a passphrase comes just before the memory would be taken.
        assert!(matches!(of_cost(1 << 20, None), Error::NoPassphrase { .. }));
        for cost in [1 << 21, 1 << 24, u64::MAX] {
            assert!(of_cost(cost, None).to_string().contains("memory"), "{cost}");
        }
    }
}
