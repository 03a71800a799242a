//! Secret keys in files: reads OpenSSH and PKCS#8, plain and encrypted; writes OpenSSH.
//!
//! Formats: [PROTOCOL.key], [RFC 8410], [RFC 5958].
//!
//! [PROTOCOL.key]: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
//! [RFC 8410]: https://www.rfc-editor.org/rfc/rfc8410
//! [RFC 5958]: https://www.rfc-editor.org/rfc/rfc5958

mod write;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use pkcs8::der::Decode;
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef, SecretDocument};
use ssh_key::{Kdf, PrivateKey};
use zeroize::Zeroizing;

use super::key::{ED25519, SecretKey};
use super::wire::{self, Reader};

pub use write::write_new;

/// The largest key file that is read; an RSA key of 16384 bits takes 13 KiB.
pub const MAX_KEY_FILE_BYTES: usize = 64 << 10;

/// More would be minutes; `ssh-keygen -a` of a few hundred is the most that people use.
const MAX_KDF_ROUNDS: u32 = 4096;
/// RFC 7914 §2: scrypt takes 128 · N · r bytes.
const MAX_SCRYPT_BYTES: u64 = 1 << 30;

/// Ed25519, and what people have instead of it (RFC 8410, RFC 5480, RFC 8017).
const OID_ED25519: &str = "1.3.101.112";
const OTHER_OIDS: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.1", "RSA"),
    ("1.2.840.10045.2.1", "ECDSA"),
    ("1.2.840.10040.4.1", "DSA"),
    ("1.3.101.110", "X25519"),
    ("1.3.101.113", "Ed448"),
];

/// Why a key file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read the key `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A directory, where a file is wanted.
    #[error("cannot read the key `{path}`: it is a directory")]
    Directory {
        /// The directory.
        path: PathBuf,
    },
    /// Others on this machine may read or write the key.
    #[error(
        "the key `{path}` is open to others on this machine (mode {mode:04o}); run `chmod 600` on it, and think about who may have read it"
    )]
    Permissions {
        /// The file.
        path: PathBuf,
        /// The permission bits.
        mode: u32,
    },
    /// Larger than any key.
    #[error("`{name}` is larger than {MAX_KEY_FILE_BYTES} bytes, so it is no key")]
    TooLarge {
        /// The file, or what the text was called.
        name: String,
    },
    /// A key of another algorithm or format.
    #[error("the key `{name}` is {found}; only Ed25519 keys in OpenSSH or PKCS#8 files can sign")]
    Unsupported {
        /// The file, or what the text was called.
        name: String,
        /// With its article.
        found: String,
    },
    /// Something that is no key, or a broken one.
    #[error("cannot use the key `{name}`: {reason}")]
    Broken {
        /// The file, or what the text was called.
        name: String,
        /// Lower case, no trailing stop.
        reason: &'static str,
    },
    /// Encrypted, and nobody knows the passphrase.
    #[error("the key `{name}` is encrypted, and no passphrase was given")]
    NoPassphrase {
        /// The file, or what the text was called.
        name: String,
    },
    /// Encrypted with another passphrase.
    #[error("the passphrase does not open the key `{name}`")]
    WrongPassphrase {
        /// The file, or what the text was called.
        name: String,
    },
    /// There already is a file.
    #[error("`{path}` already exists and is not overwritten")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The comment would break the file's one line.
    #[error("the comment of a key cannot have control characters in it")]
    Comment,
    /// The file cannot be written.
    #[error("cannot write the key `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The key cannot be encrypted or encoded.
    #[error("cannot encode the key")]
    Encode(#[source] ssh_key::Error),
    /// No random bytes could be had.
    #[error("cannot get random bytes to encrypt the key")]
    Random(#[source] getrandom::Error),
}

/// Reads a secret key from a file, which must be the user's alone. `passphrase` is called only where the key is encrypted, with
/// the name of the file.
///
/// # Errors
/// Everything but an Ed25519 key that is whole.
pub fn read(path: &Path, passphrase: &mut dyn FnMut(&str) -> Option<Zeroizing<String>>) -> Result<SecretKey, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let name = path.display().to_string();
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(Error::Directory { path: path.to_owned() });
    }
    #[cfg(unix)]
    if metadata.is_file() {
        use std::os::unix::fs::PermissionsExt;
        // A pipe or `/dev/stdin` has no permissions of its own to speak of.
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(Error::Permissions { path: path.to_owned(), mode });
        }
    }
    // Never grown, since growing leaves copies behind.
    let mut bytes = Zeroizing::new(vec![0; MAX_KEY_FILE_BYTES + 1]);
    let mut length = 0;
    loop {
        match (&file).read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    if length > MAX_KEY_FILE_BYTES {
        return Err(Error::TooLarge { name });
    }
    let text = std::str::from_utf8(&bytes[..length])
        .map_err(|_| Error::Broken { name: name.clone(), reason: "it is not text, so it is no key" })?;
    parse(text, &name, passphrase)
}

/// Reads a secret key from the text of a key file, such as a secret of a continuous-integration service.
///
/// # Errors
/// Everything but an Ed25519 key that is whole.
pub fn parse(
    text: &str,
    name: &str,
    passphrase: &mut dyn FnMut(&str) -> Option<Zeroizing<String>>,
) -> Result<SecretKey, Error> {
    if text.len() > MAX_KEY_FILE_BYTES {
        return Err(Error::TooLarge { name: name.to_owned() });
    }
    let text = text.trim();
    let first = text.lines().next().unwrap_or("").trim_end();
    let file = KeyText { text, name };
    match first {
        "-----BEGIN OPENSSH PRIVATE KEY-----" => file.openssh(passphrase),
        "-----BEGIN PRIVATE KEY-----" => file.pkcs8(),
        "-----BEGIN ENCRYPTED PRIVATE KEY-----" => file.encrypted_pkcs8(passphrase),
        "-----BEGIN RSA PRIVATE KEY-----" => Err(file.unsupported("an RSA key")),
        "-----BEGIN EC PRIVATE KEY-----" => Err(file.unsupported("an ECDSA key")),
        "-----BEGIN DSA PRIVATE KEY-----" => Err(file.unsupported("a DSA key")),
        "-----BEGIN PGP PRIVATE KEY BLOCK-----" => Err(file.unsupported("an OpenPGP key")),
        "-----BEGIN PUBLIC KEY-----" => Err(file.broken("this is the public key; the private one signs")),
        _ if first.starts_with("PuTTY-User-Key-File-") => {
            Err(file.unsupported("a PuTTY key; export it as an OpenSSH key"))
        }
        _ if first.starts_with("untrusted comment:") => Err(file.unsupported("a minisign or signify key")),
        _ if first.starts_with("ssh-") || first.starts_with("sk-ssh-") || first.starts_with("ecdsa-") => {
            Err(file.broken("this is the public key; the private one signs"))
        }
        _ => Err(file.broken("it does not begin as a private key does")),
    }
}

struct KeyText<'a> {
    text: &'a str,
    name: &'a str,
}

impl KeyText<'_> {
    fn unsupported(&self, found: impl Into<String>) -> Error {
        Error::Unsupported { name: self.name.to_owned(), found: found.into() }
    }

    fn broken(&self, reason: &'static str) -> Error {
        Error::Broken { name: self.name.to_owned(), reason }
    }

    fn ask(&self, passphrase: &mut dyn FnMut(&str) -> Option<Zeroizing<String>>) -> Result<Zeroizing<String>, Error> {
        passphrase(self.name).ok_or_else(|| Error::NoPassphrase { name: self.name.to_owned() })
    }

    fn openssh(&self, passphrase: &mut dyn FnMut(&str) -> Option<Zeroizing<String>>) -> Result<SecretKey, Error> {
        let blob = wire::dearmour("OPENSSH PRIVATE KEY", self.text).map(Zeroizing::new);
        let blob = blob.map_err(|_| self.broken("its armour is broken"))?;
        let found = public_type(&blob).ok_or_else(|| self.broken("its fields are cut short"))?;
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

    fn pkcs8(&self) -> Result<SecretKey, Error> {
        let (_, document) = SecretDocument::from_pem(self.text).map_err(|_| self.broken("its PEM is broken"))?;
        self.pkcs8_document(&document, || self.broken("its fields are not those of PKCS#8"))
    }

    fn encrypted_pkcs8(
        &self,
        passphrase: &mut dyn FnMut(&str) -> Option<Zeroizing<String>>,
    ) -> Result<SecretKey, Error> {
        let (_, document) = SecretDocument::from_pem(self.text).map_err(|_| self.broken("its PEM is broken"))?;
        let encrypted = EncryptedPrivateKeyInfoRef::from_der(document.as_bytes())
            .map_err(|_| self.broken("it is encrypted in a way other than PBES2 with AES"))?;
        if let Some(pbes2) = encrypted.encryption_algorithm.pbes2()
            && let pkcs8::pkcs5::pbes2::Kdf::Scrypt(scrypt) = &pbes2.kdf
            && scrypt.cost_parameter.saturating_mul(128 * u64::from(scrypt.block_size)) > MAX_SCRYPT_BYTES
        {
            return Err(self.broken("opening it would take more than 1 GiB of memory"));
        }
        let passphrase = self.ask(passphrase)?;
        let wrong = || Error::WrongPassphrase { name: self.name.to_owned() };
        let document = encrypted.decrypt(passphrase.as_bytes()).map_err(|_| wrong())?;
        self.pkcs8_document(&document, wrong)
    }

    fn pkcs8_document(&self, document: &SecretDocument, broken: impl Fn() -> Error) -> Result<SecretKey, Error> {
        let info = PrivateKeyInfoRef::from_der(document.as_bytes()).map_err(|_| broken())?;
        let oid = info.algorithm.oid.to_string();
        if oid != OID_ED25519 {
            let found = OTHER_OIDS.iter().find(|(other, _)| *other == oid);
            let found = found.map_or_else(|| format!("of the algorithm {oid}"), |(_, name)| format!("an {name} key"));
            return Err(self.unsupported(found));
        }
        // RFC 8410 §7: an octet string in the octet string.
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

    /// The public half is derived. A file that stores another one would have us sign with a pair that is none, from which
    /// two signatures give the secret away.
    fn derive(
        &self,
        seed: &[u8; 32],
        comment: String,
        mut stored: impl Iterator<Item = [u8; 32]>,
    ) -> Result<SecretKey, Error> {
        let key = SecretKey::from_seed(seed, comment);
        if stored.all(|stored| stored == *key.public().as_bytes()) {
            Ok(key)
        } else {
            Err(self.broken("its halves do not belong together"))
        }
    }
}

/// The type of the public half, which is never encrypted.
fn public_type(blob: &[u8]) -> Option<&str> {
    let mut reader = Reader::new(blob.strip_prefix(b"openssh-key-v1\0")?);
    for _cipher_kdf_and_its_options in 0..3 {
        reader.string()?;
    }
    let _count = reader.u32()?;
    Reader::new(reader.string()?).text()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use pkcs8::EncodePrivateKey;
    use pkcs8::der::asn1::{BitStringRef, OctetStringRef};

    use pkcs8::LineEnding;

    use super::write::{KDF_ROUNDS, encode, stage};
    use super::*;

    fn parsed(text: &str) -> Result<SecretKey, Error> {
        parse(text, "a key", &mut |_| None)
    }

    fn reason(text: &str) -> String {
        parsed(text).unwrap_err().to_string()
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        write_new(&path, &SecretKey::generate().unwrap(), "", None).unwrap();
        let set = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        for (mode, fine) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o620, false)] {
            set(mode);
            let found = read(&path, &mut |_| None);
            assert_eq!(found.is_ok(), fine, "{mode:o}");
            assert!(fine || matches!(found, Err(Error::Permissions { mode: told, .. }) if told == mode));
        }
        let dangling = folder.path().join("dangling");
        std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
        let written = write_new(&dangling, &SecretKey::generate().unwrap(), "", None);
        assert!(matches!(written, Err(Error::Exists { .. })));
    }

    #[test]
    fn folders_and_files_too_large_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(read(folder.path(), &mut |_| None), Err(Error::Directory { .. })));
        assert!(matches!(read(&folder.path().join("none"), &mut |_| None), Err(Error::Read { .. })));
        let path = folder.path().join("large");
        stage(&path, &vec![b'-'; MAX_KEY_FILE_BYTES + 1], 0o600).unwrap().persist(&path).unwrap();
        assert!(matches!(read(&path, &mut |_| None), Err(Error::TooLarge { .. })));
    }

    #[test]
    fn what_is_no_key_of_ours_is_called_by_its_name() {
        for (text, expected) in [
            ("", "does not begin"),
            ("hello", "does not begin"),
            ("-----BEGIN RSA PRIVATE KEY-----\nAA==\n-----END RSA PRIVATE KEY-----\n", "RSA"),
            ("-----BEGIN EC PRIVATE KEY-----\n", "ECDSA"),
            ("-----BEGIN PGP PRIVATE KEY BLOCK-----\n", "OpenPGP"),
            ("PuTTY-User-Key-File-3: ssh-ed25519\n", "PuTTY"),
            ("untrusted comment: minisign encrypted secret key\n", "minisign"),
            ("ssh-ed25519 AAAA me\n", "public key"),
            ("-----BEGIN PUBLIC KEY-----\n", "public key"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\n", "broken"),
            ("-----BEGIN PRIVATE KEY-----\n", "broken"),
        ] {
            assert!(reason(text).contains(expected), "{text:?}: {}", reason(text));
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
    }

    #[test]
    fn both_versions_of_pkcs8_are_read_and_a_foreign_public_half_is_refused() {
        let (one, two) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let encode = |public: Option<&[u8]>| {
            let seed = [&[0x04, 0x20], one.seed().as_slice()].concat();
            let info = PrivateKeyInfoRef {
                algorithm: pkcs8::spki::AlgorithmIdentifier {
                    oid: pkcs8::ObjectIdentifier::new_unwrap(OID_ED25519),
                    parameters: None,
                },
                private_key: OctetStringRef::new(&seed).unwrap(),
                public_key: public.map(|public| BitStringRef::new(0, public).unwrap()),
            };
            let document = SecretDocument::encode_msg(&info).unwrap();
            document.to_pem("PRIVATE KEY", LineEnding::LF).unwrap()
        };
        assert_eq!(parsed(&encode(None)).unwrap().public(), one.public());
        assert_eq!(parsed(&encode(Some(one.public().as_bytes()))).unwrap().public(), one.public());
        assert!(reason(&encode(Some(two.public().as_bytes()))).contains("do not belong together"));
        assert!(parsed(&encode(Some(&one.public().as_bytes()[..31]))).is_err());
        // What the curve's own crate writes.
        let theirs = ed25519_dalek::SigningKey::from_bytes(one.seed()).to_pkcs8_der().unwrap();
        let theirs = theirs.to_pem("PRIVATE KEY", LineEnding::LF).unwrap();
        assert_eq!(parsed(&theirs).unwrap().public(), one.public());
    }

    #[test]
    fn a_key_that_asks_for_endless_work_is_refused() {
        let key = SecretKey::generate().unwrap();
        let text = encode(&key, "", Some("word")).unwrap();
        let mut blob = wire::dearmour("OPENSSH PRIVATE KEY", &text).unwrap();
        // After the cipher, the function, the length of its options, and the salt.
        let rounds = b"openssh-key-v1\0".len() + (4 + 10) + (4 + 6) + 4 + (4 + 16);
        assert_eq!(blob[rounds..rounds + 4], KDF_ROUNDS.to_be_bytes());
        blob[rounds..rounds + 4].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(reason(&wire::armour("OPENSSH PRIVATE KEY", &blob)).contains("rounds"));
    }

    #[test]
    fn a_key_that_asks_for_endless_memory_is_refused() {
        use pkcs8::pkcs5::pbes2::{EncryptionScheme, Kdf, Parameters, Salt, ScryptParams};
        let of_cost = |cost_parameter| {
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
            parse(&pem, "a key", &mut |_| Some(Zeroizing::new("word".to_owned()))).unwrap_err()
        };
        assert!(matches!(of_cost(1 << 14), Error::WrongPassphrase { .. }));
        assert!(of_cost(1 << 24).to_string().contains("memory"));
        assert!(of_cost(u64::MAX).to_string().contains("memory"));
    }
}
