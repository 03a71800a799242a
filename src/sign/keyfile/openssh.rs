//! OpenSSH's own format ([PROTOCOL.key]), plain and encrypted.
//!
//! [PROTOCOL.key]: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key

use ssh_key::{Kdf, PrivateKey};
use zeroize::Zeroizing;

use super::{Ask, Error, KeyText};
use crate::sign::key::{ED25519, PublicKey, SecretKey};
use crate::sign::ssh::SshKey;
use crate::sign::wire::{self, Reader};

/// More rounds would take minutes; in practice, people use at most a few hundred (`ssh-keygen -a`).
const MAX_KDF_ROUNDS: u32 = 4096;
const ARMOR: &str = "OPENSSH PRIVATE KEY";

/// Returns the unencrypted public half in an OpenSSH private key file, or `None` if it is not an Ed25519 key.
///
/// Use it only for display, as `ssh-keygen -l` does: whether it matches the private half is checked only by
/// [`super::parse`].
#[must_use]
pub fn public_half(text: &str) -> Option<PublicKey> {
    let blob = wire::dearmor(ARMOR, text.trim()).ok()?;
    match SshKey::from_blob(public_blob(&blob)?).ok()? {
        SshKey::Ed25519(key) => Some(key),
        SshKey::Sk(_) | SshKey::Composite(_) | SshKey::Certificate(_) => None,
    }
}

impl KeyText<'_> {
    pub(super) fn openssh(&self, passphrase: Ask<'_>) -> Result<SecretKey, Error> {
        let blob = wire::dearmor(ARMOR, self.text).map(Zeroizing::new);
        let blob = blob.map_err(|_| self.broken("its armor is malformed"))?;
        let found = public_blob(&blob)
            .and_then(|blob| Reader::new(blob).text())
            .ok_or_else(|| self.broken("its fields are truncated"))?;
        match found {
            ED25519 => {}
            "sk-ssh-ed25519@openssh.com" => {
                return Err(self.unsupported("a security key, which can sign only through an ssh-agent"));
            }
            other => return Err(self.unsupported(format!("an `{}` key", other.escape_debug()))),
        }
        let key = PrivateKey::from_bytes(&blob).map_err(|_| {
            self.broken("its fields are not those of an Ed25519 key, or its public and private halves do not match")
        })?;
        let key = if key.is_encrypted() {
            if let Kdf::Bcrypt { rounds, .. } = key.kdf()
                && *rounds > MAX_KDF_ROUNDS
            {
                return Err(self.broken("decrypting it would take minutes: it has too many rounds of key derivation"));
            }
            let passphrase = self.ask(passphrase)?;
            key.decrypt(passphrase.as_bytes()).map_err(|error| match error {
                ssh_key::Error::PublicKey => self.broken("its public and private halves do not match"),
                _ => Error::WrongPassphrase { name: self.name.to_owned() },
            })?
        } else {
            key
        };
        let pair = key
            .key_data()
            .ed25519()
            .ok_or_else(|| self.broken("its public and private halves are of different types"))?;
        let stored = [key.public_key().key_data().ed25519().map(|key| key.0), Some(pair.public.0)];
        let comment = key.comment().as_str_lossy().to_owned();
        self.derive(pair.private.as_ref(), comment, stored.into_iter().flatten())
    }
}

/// Returns the public half in the wire format. It is never encrypted.
fn public_blob(blob: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(blob.strip_prefix(b"openssh-key-v1\0")?);
    for _cipher_kdf_and_its_options in 0..3 {
        reader.string()?;
    }
    let _count = reader.u32()?;
    reader.string()
}

#[cfg(all(test, feature = "fs", feature = "keygen"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::super::parse;
    use super::super::tests::parsed;
    use super::super::write::{KDF_ROUNDS, encode};
    use super::*;

    #[test]
    fn the_public_half_is_read_without_a_passphrase() {
        let key = SecretKey::generate().unwrap();
        for passphrase in [None, Some("word")] {
            assert_eq!(public_half(&encode(&key, "", passphrase).unwrap()), Some(*key.public()));
        }
        for text in ["", "-----BEGIN OPENSSH PRIVATE KEY-----\n", &key.public().to_openssh("")] {
            assert_eq!(public_half(text), None, "{text}");
        }
    }

    #[test]
    fn rejects_an_openssh_key_whose_halves_do_not_match() {
        let (one, two) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let text = encode(&one, "", None).unwrap();
        assert!(parsed(&text).is_ok());
        let blob = wire::dearmor("OPENSSH PRIVATE KEY", &text).unwrap();
        let (from, to) = (one.public().as_bytes(), two.public().as_bytes());
        let places: Vec<_> = (0..blob.len() - 32).filter(|at| &blob[*at..*at + 32] == from).collect();
        assert_eq!(places.len(), 3);
        // Each of the three copies alone, and all of them.
        for chosen in [&places[0..1], &places[1..2], &places[2..3], &places[..]] {
            let mut blob = blob.clone();
            for at in chosen {
                blob[*at..*at + 32].copy_from_slice(to);
            }
            let text = wire::armor("OPENSSH PRIVATE KEY", &blob);
            assert!(matches!(parsed(&text), Err(Error::Broken { .. })), "{chosen:?}");
        }
        // The passphrase is correct, so the error must not blame it.
        let text = encode(&one, "", Some("word")).unwrap();
        let mut blob = wire::dearmor("OPENSSH PRIVATE KEY", &text).unwrap();
        let at = (0..blob.len() - 32).find(|at| &blob[*at..*at + 32] == from).unwrap();
        blob[at..at + 32].copy_from_slice(to);
        let text = wire::armor("OPENSSH PRIVATE KEY", &blob);
        let read = parse(&text, "a key", &mut |_| Some(Zeroizing::new("word".to_owned())));
        assert_eq!(
            read.unwrap_err().to_string(),
            "cannot use the key `a key`: its public and private halves do not match"
        );
    }

    #[test]
    fn rejects_a_key_with_excessive_key_derivation_rounds() {
        let key = SecretKey::generate().unwrap();
        let text = encode(&key, "", Some("word")).unwrap();
        let mut blob = wire::dearmor("OPENSSH PRIVATE KEY", &text).unwrap();
        // After the cipher, the function, the length of its options, and the salt.
        let rounds = b"openssh-key-v1\0".len() + (4 + 10) + (4 + 6) + 4 + (4 + 16);
        assert_eq!(blob[rounds..rounds + 4], KDF_ROUNDS.to_be_bytes());
        let mut of_rounds = |count: u32| {
            blob[rounds..rounds + 4].copy_from_slice(&count.to_be_bytes());
            parse(&wire::armor("OPENSSH PRIVATE KEY", &blob), "a key", &mut |_| None).unwrap_err()
        };
        // Without a passphrase, the error comes just before the derivation would start.
        assert!(matches!(of_rounds(MAX_KDF_ROUNDS), Error::NoPassphrase { .. }));
        for count in [MAX_KDF_ROUNDS + 1, u32::MAX] {
            assert!(of_rounds(count).to_string().contains("rounds"), "{count}");
        }
    }
}
