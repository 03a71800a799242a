//! OpenSSH's own format ([PROTOCOL.key]), plain and encrypted.
//!
//! [PROTOCOL.key]: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key

use ssh_key::{Kdf, PrivateKey};
use zeroize::Zeroizing;

use super::{Ask, Error, KeyText};
use crate::sign::key::{ED25519, PublicKey, SecretKey};
use crate::sign::ssh::SshKey;
use crate::sign::wire::{self, Reader};

/// More would be minutes; `ssh-keygen -a` of a few hundred is the most that people use.
const MAX_KDF_ROUNDS: u32 = 4096;
const ARMOUR: &str = "OPENSSH PRIVATE KEY";

/// Returns the public half that stands unencrypted in a private key file of OpenSSH; `None` where there is none of ours.
///
/// Good for showing, as `ssh-keygen -l` does: whether it belongs to the private half is seen when that is opened.
#[must_use]
pub fn public_half(text: &str) -> Option<PublicKey> {
    let blob = wire::dearmour(ARMOUR, text.trim()).ok()?;
    match SshKey::from_blob(public_blob(&blob)?).ok()? {
        SshKey::Ed25519(key) => Some(key),
        SshKey::Sk(_) | SshKey::Certificate(_) => None,
    }
}

impl KeyText<'_> {
    pub(super) fn openssh(&self, passphrase: Ask<'_>) -> Result<SecretKey, Error> {
        let blob = wire::dearmour(ARMOUR, self.text).map(Zeroizing::new);
        let blob = blob.map_err(|_| self.broken("its armour is broken"))?;
        let found = public_blob(&blob)
            .and_then(|blob| Reader::new(blob).text())
            .ok_or_else(|| self.broken("its fields are cut short"))?;
        match found {
            ED25519 => {}
            "sk-ssh-ed25519@openssh.com" => {
                return Err(self.unsupported("a security key, which signs through ssh-agent only"));
            }
            other => return Err(self.unsupported(format!("an `{}` key", other.escape_debug()))),
        }
        let key = PrivateKey::from_bytes(&blob).map_err(|_| {
            self.broken("its fields are not those of an Ed25519 key, or its halves do not belong together")
        })?;
        let key = if key.is_encrypted() {
            if let Kdf::Bcrypt { rounds, .. } = key.kdf()
                && *rounds > MAX_KDF_ROUNDS
            {
                return Err(self.broken("opening it would take minutes: it asks for too many rounds of key derivation"));
            }
            let passphrase = self.ask(passphrase)?;
            key.decrypt(passphrase.as_bytes()).map_err(|error| match error {
                ssh_key::Error::PublicKey => self.broken("its halves do not belong together"),
                _ => Error::WrongPassphrase { name: self.name.to_owned() },
            })?
        } else {
            key
        };
        let pair = key.key_data().ed25519().ok_or_else(|| self.broken("its halves are of different types"))?;
        let stored = [key.public_key().key_data().ed25519().map(|key| key.0), Some(pair.public.0)];
        let comment = key.comment().as_str_lossy().to_owned();
        self.derive(pair.private.as_ref(), comment, stored.into_iter().flatten())
    }
}

/// The public half in the wire format, which is never encrypted.
fn public_blob(blob: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(blob.strip_prefix(b"openssh-key-v1\0")?);
    for _cipher_kdf_and_its_options in 0..3 {
        reader.string()?;
    }
    let _count = reader.u32()?;
    reader.string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::super::parse;
    use super::super::tests::parsed;
    use super::super::write::{KDF_ROUNDS, encode};
    use super::*;

    #[test]
    fn the_public_half_is_seen_without_a_passphrase() {
        let key = SecretKey::generate().unwrap();
        for passphrase in [None, Some("word")] {
            assert_eq!(public_half(&encode(&key, "", passphrase).unwrap()), Some(*key.public()));
        }
        for text in ["", "-----BEGIN OPENSSH PRIVATE KEY-----\n", &key.public().to_openssh("")] {
            assert_eq!(public_half(text), None, "{text}");
        }
    }

    #[test]
    fn an_openssh_key_whose_halves_do_not_belong_together_is_refused() {
        let (one, two) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let text = encode(&one, "", None).unwrap();
        assert!(parsed(&text).is_ok());
        let blob = wire::dearmour("OPENSSH PRIVATE KEY", &text).unwrap();
        let (from, to) = (one.public().as_bytes(), two.public().as_bytes());
        let places: Vec<_> = (0..blob.len() - 32).filter(|at| &blob[*at..*at + 32] == from).collect();
        assert_eq!(places.len(), 3);
        // Each of the three copies by itself, and all of them.
        for chosen in [&places[0..1], &places[1..2], &places[2..3], &places[..]] {
            let mut blob = blob.clone();
            for at in chosen {
                blob[*at..*at + 32].copy_from_slice(to);
            }
            let text = wire::armour("OPENSSH PRIVATE KEY", &blob);
            assert!(matches!(parsed(&text), Err(Error::Broken { .. })), "{chosen:?}");
        }
        // The passphrase is right, and is not blamed.
        let text = encode(&one, "", Some("word")).unwrap();
        let mut blob = wire::dearmour("OPENSSH PRIVATE KEY", &text).unwrap();
        let at = (0..blob.len() - 32).find(|at| &blob[*at..*at + 32] == from).unwrap();
        blob[at..at + 32].copy_from_slice(to);
        let text = wire::armour("OPENSSH PRIVATE KEY", &blob);
        let read = parse(&text, "a key", &mut |_| Some(Zeroizing::new("word".to_owned())));
        assert_eq!(read.unwrap_err().to_string(), "cannot use the key `a key`: its halves do not belong together");
    }

    #[test]
    fn a_key_that_asks_for_endless_work_is_refused() {
        let key = SecretKey::generate().unwrap();
        let text = encode(&key, "", Some("word")).unwrap();
        let mut blob = wire::dearmour("OPENSSH PRIVATE KEY", &text).unwrap();
        // After the cipher, the function, the length of its options, and the salt.
        let rounds = b"openssh-key-v1\0".len() + (4 + 10) + (4 + 6) + 4 + (4 + 16);
        assert_eq!(blob[rounds..rounds + 4], KDF_ROUNDS.to_be_bytes());
        let mut of_rounds = |count: u32| {
            blob[rounds..rounds + 4].copy_from_slice(&count.to_be_bytes());
            parse(&wire::armour("OPENSSH PRIVATE KEY", &blob), "a key", &mut |_| None).unwrap_err()
        };
        // Who has no passphrase is told so where the work would have begun.
        assert!(matches!(of_rounds(MAX_KDF_ROUNDS), Error::NoPassphrase { .. }));
        for count in [MAX_KDF_ROUNDS + 1, u32::MAX] {
            assert!(of_rounds(count).to_string().contains("rounds"), "{count}");
        }
    }
}
