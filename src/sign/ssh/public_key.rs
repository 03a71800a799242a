//! The public key of a signer, as the line of an OpenSSH public key file holds it.

use sha2::{Digest as _, Sha256};

use super::{SshKey, split_line, without_byte_order_mark};
use crate::hex::encode as hex;
use crate::sign::key::{Fingerprint, KeyError, PublicKey};

/// A public key that can sign: Ed25519, Ed25519 in a FIDO authenticator, or an OpenSSH certificate for either.
#[derive(Debug, Clone)]
pub struct SshPublicKey {
    /// The wire format, as in the line; of a certificate, the whole certificate.
    blob: Vec<u8>,
    pub(in crate::sign) key: SshKey,
}

impl From<PublicKey> for SshPublicKey {
    fn from(key: PublicKey) -> Self {
        Self { blob: key.to_blob(), key: SshKey::Ed25519(key) }
    }
}

impl SshPublicKey {
    /// Reads the line of a public key file: `TYPE BASE64 [COMMENT]`.
    ///
    /// # Errors
    /// [`KeyError::Type`] if the key is of another type, [`KeyError::Syntax`] if the line is malformed, and any error
    /// of [`PublicKey::from_bytes`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = without_byte_order_mark(text).trim();
        if text.contains('\n') {
            return Err(KeyError::Syntax("it has more than one line"));
        }
        let (_, blob) = split_line(text)?;
        Ok(Self { key: SshKey::from_blob(&blob)?, blob })
    }

    /// Reads a public key file: the line of an OpenSSH file, or PEM (`PUBLIC KEY`).
    ///
    /// # Errors
    /// Any error of [`PublicKey::parse`], except that FIDO keys and certificates are accepted.
    pub fn parse_file(text: &str) -> Result<Self, KeyError> {
        match SshKey::parse_text(text)? {
            SshKey::Certificate(_) => Self::parse(text),
            key => Ok(Self { blob: key.to_blob(), key }),
        }
    }

    /// Wraps a key that is not a certificate.
    pub(in crate::sign) fn of(key: &SshKey) -> Self {
        Self { blob: key.to_blob(), key: key.clone() }
    }

    /// Returns the SSH wire format; of a certificate, the whole certificate.
    pub(in crate::sign) fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// Returns `TYPE BASE64`, as in a public key file; of a certificate, the line of the key it certifies.
    #[must_use]
    pub fn to_openssh(&self) -> String {
        self.key.to_line()
    }

    /// Returns the key if it is a plain Ed25519 key, which has a PEM form and can sign bundles.
    #[must_use]
    pub fn plain(&self) -> Option<&PublicKey> {
        match &self.key {
            SshKey::Ed25519(key) => Some(key),
            SshKey::Sk(_) | SshKey::Composite(_) | SshKey::Certificate(_) => None,
        }
    }

    /// Returns the fingerprint; of a certificate, the fingerprint of the key it certifies.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.key.fingerprint()
    }

    /// Returns the name that the key's signature files have, in lower-case hex: for a plain key [`PublicKey::key_id`],
    /// for a FIDO key, which has no `SubjectPublicKeyInfo`, the SHA-256 of its SSH wire format.
    #[must_use]
    pub fn key_id(&self) -> String {
        let subject = match &self.key {
            SshKey::Certificate(certificate) => certificate.subject(),
            key => key,
        };
        match subject {
            SshKey::Ed25519(key) => key.key_id(),
            other => hex(&Sha256::digest(other.to_blob())),
        }
    }

    /// Tells whether the key is in a FIDO authenticator that has to be touched for each signature.
    #[must_use]
    pub fn wants_touch(&self) -> bool {
        match &self.key {
            SshKey::Sk(_) => true,
            SshKey::Certificate(certificate) => matches!(certificate.subject(), SshKey::Sk(_)),
            SshKey::Ed25519(_) | SshKey::Composite(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::*;
    use crate::sign::wire;

    #[test]
    fn only_a_fido_key_needs_a_touch() {
        let key = *crate::sign::SecretKey::generate().unwrap().public();
        let plain = SshPublicKey::parse(&key.to_openssh("")).unwrap();
        assert!(!plain.wants_touch());
        assert_eq!(plain.plain(), Some(&key));
        assert_eq!(SshPublicKey::from(key).blob(), plain.blob());
        let mut blob = Vec::new();
        let fields: [&[u8]; 3] = [b"sk-ssh-ed25519@openssh.com", key.as_bytes(), b"ssh:"];
        fields.iter().for_each(|field| wire::put_string(&mut blob, field));
        let line = format!("sk-ssh-ed25519@openssh.com {}", wire::encode_base64(&blob));
        let fido = SshPublicKey::parse(&line).unwrap();
        assert!(fido.wants_touch());
        assert_eq!(fido.plain(), None);
    }
}
