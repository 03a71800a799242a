//! ECDSA keys: PKCS#8, plain and encrypted, and the older form of OpenSSL ([RFC 5915]).
//!
//! [RFC 5915]: https://www.rfc-editor.org/rfc/rfc5915

use pkcs8::SecretDocument;
use zeroize::Zeroizing;

use super::{Ask, Error, Format, KeyText};
use crate::sign::ecdsa::{EcdsaKeyError, EcdsaSecretKey};

const SEC1_START: &str = "-----BEGIN EC PRIVATE KEY-----";

/// Reads an ECDSA key from the text of a key file.
///
/// `name` stands for the key in messages. `passphrase` is called with it only if the key is encrypted.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::Broken`], [`Error::NoPassphrase`], [`Error::WrongPassphrase`].
pub fn parse_ecdsa(
    text: &str,
    name: &str,
    passphrase: &mut dyn FnMut(&str) -> Option<Zeroizing<String>>,
) -> Result<EcdsaSecretKey, Error> {
    KeyText::new(text, name)?.open_ecdsa(passphrase)
}

impl KeyText<'_> {
    pub(super) fn open_ecdsa(&self, passphrase: Ask<'_>) -> Result<EcdsaSecretKey, Error> {
        let key = match self.format {
            Format::OpenSsh => return Err(self.broken(
                "it is in the format of OpenSSH; OpenSSF Model Signing needs an ECDSA key in PEM, as `openssl genpkey` makes it",
            )),
            Format::Pkcs8 => EcdsaSecretKey::from_pkcs8(self.plain_document()?.as_bytes()),
            Format::EncryptedPkcs8 => EcdsaSecretKey::from_pkcs8(self.decrypted_document(passphrase)?.as_bytes()),
            Format::Sec1 => EcdsaSecretKey::from_sec1(self.sec1_document()?.as_bytes(), None),
        };
        key.map_err(|error| {
            self.broken(match error {
                EcdsaKeyError::Syntax => "its fields are not valid",
                EcdsaKeyError::Algorithm => "it is not an ECDSA key, which OpenSSF Model Signing needs",
                EcdsaKeyError::Curve => "it is on another curve than P-256, P-384 and P-521",
                EcdsaKeyError::Invalid => "its public and private halves do not match, or are not of its curve",
            })
        })
    }

    fn sec1_document(&self) -> Result<SecretDocument, Error> {
        if self.text.contains("Proc-Type:") {
            return Err(self.broken("it is encrypted in the old way of OpenSSL; `openssl pkcs8 -topk8` converts it"));
        }
        let start = self.text.find(SEC1_START).unwrap_or_default();
        let (_, document) =
            SecretDocument::from_pem(&self.text[start..]).map_err(|_| self.broken("its PEM is malformed"))?;
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::*;

    /// Made with `openssl ecparam -genkey` and `openssl pkcs8`, for these tests.
    const SEC1: &str = include_str!("../../../tests/data/oms/p256-sec1.pem");
    const PKCS8: &str = include_str!("../../../tests/data/oms/p256.pem");
    const ENCRYPTED: &str = include_str!("../../../tests/data/oms/p256-encrypted.pem");
    const PUBLIC: &str = include_str!("../../../tests/data/oms/p256.pub.pem");

    fn parsed(text: &str) -> Result<EcdsaSecretKey, Error> {
        parse_ecdsa(text, "a key", &mut |_| Some(Zeroizing::new("passphrase".to_owned())))
    }

    #[test]
    fn the_same_key_is_read_in_every_form() {
        let gnutls = format!(
            "Public Key Info:\n\tPublic Key Algorithm: EC/ECDSA\n\n{}",
            &SEC1[SEC1.find(SEC1_START).unwrap()..]
        );
        for text in [SEC1, PKCS8, ENCRYPTED, &gnutls, &format!("\u{feff}{}", PKCS8.replace('\n', "\r\n"))] {
            assert_eq!(parsed(text).unwrap().public().to_pem(), PUBLIC, "{text}");
        }
        let wrong = parse_ecdsa(ENCRYPTED, "a key", &mut |_| Some(Zeroizing::new("other".to_owned())));
        assert!(matches!(wrong, Err(Error::WrongPassphrase { .. })), "{wrong:?}");
        assert!(matches!(parse_ecdsa(ENCRYPTED, "a key", &mut |_| None), Err(Error::NoPassphrase { .. })));
    }

    #[test]
    fn other_keys_are_refused_with_what_they_are() {
        let reason = |text: &str| parsed(text).unwrap_err().to_string();
        let ed25519 = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
                       -----END PRIVATE KEY-----\n";
        assert!(reason(ed25519).contains("not an ECDSA key"), "{}", reason(ed25519));
        let old = SEC1.replace("PRIVATE KEY-----\n", "PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n");
        assert!(reason(&old).contains("openssl pkcs8"), "{}", reason(&old));
        let other_curve = include_str!("../../../tests/data/oms/secp256k1.pem");
        assert!(reason(other_curve).contains("another curve"), "{}", reason(other_curve));
        assert!(reason("-----BEGIN EC PRIVATE KEY-----\n").contains("malformed"));
    }
}
