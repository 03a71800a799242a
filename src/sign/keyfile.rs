//! Secret keys in files: reads OpenSSH and PKCS#8, plain and encrypted; writes OpenSSH.
//!
//! Formats: [PROTOCOL.key], [RFC 8410], [RFC 5958].
//!
//! [PROTOCOL.key]: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
//! [RFC 8410]: https://www.rfc-editor.org/rfc/rfc8410
//! [RFC 5958]: https://www.rfc-editor.org/rfc/rfc5958

mod file;
mod openssh;
mod pkcs8;
mod write;

use std::io;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::key::SecretKey;

pub use file::read;
pub use openssh::public_half;
pub use write::{check_free, write_new};

/// Who knows the passphrase of a key that is named; `None` where nobody does.
type Ask<'a> = &'a mut dyn FnMut(&str) -> Option<Zeroizing<String>>;

/// The largest key file that is read; an RSA key of 16384 bits takes 13 KiB.
pub const MAX_KEY_FILE_BYTES: usize = 64 << 10;

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
    #[error(
        "the key `{name}` is encrypted, and no passphrase was given; OPENNESS_PASSPHRASE_FILE can name a file with it"
    )]
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

    fn ask(&self, passphrase: Ask<'_>) -> Result<Zeroizing<String>, Error> {
        passphrase(self.name).ok_or_else(|| Error::NoPassphrase { name: self.name.to_owned() })
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::*;

    pub(super) fn parsed(text: &str) -> Result<SecretKey, Error> {
        parse(text, "a key", &mut |_| None)
    }

    pub(super) fn reason(text: &str) -> String {
        parsed(text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_key_of_ours_is_called_by_its_name() {
        for (text, expected) in [
            ("", "does not begin"),
            ("hello", "does not begin"),
            ("-----BEGIN RSA PRIVATE KEY-----\nAA==\n-----END RSA PRIVATE KEY-----\n", "RSA"),
            ("-----BEGIN EC PRIVATE KEY-----\n", "ECDSA"),
            ("-----BEGIN DSA PRIVATE KEY-----\n", "DSA"),
            ("-----BEGIN PGP PRIVATE KEY BLOCK-----\n", "OpenPGP"),
            ("PuTTY-User-Key-File-3: ssh-ed25519\n", "PuTTY"),
            ("untrusted comment: minisign encrypted secret key\n", "minisign"),
            ("ssh-ed25519 AAAA me\n", "public key"),
            ("sk-ssh-ed25519@openssh.com AAAA me\n", "public key"),
            ("ecdsa-sha2-nistp256 AAAA me\n", "public key"),
            ("-----BEGIN PUBLIC KEY-----\n", "public key"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\n", "broken"),
            ("-----BEGIN PRIVATE KEY-----\n", "broken"),
        ] {
            assert!(reason(text).contains(expected), "{text:?}: {}", reason(text));
        }
    }

    #[test]
    fn a_text_larger_than_any_key_is_refused() {
        // Of RFC 8410, §10.3, and of nobody.
        let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
                   -----END PRIVATE KEY-----\n";
        let padded = |length: usize| format!("{key}{}", "\n".repeat(length - key.len()));
        assert!(parsed(&padded(65_536)).is_ok());
        assert!(matches!(parsed(&padded(65_537)), Err(Error::TooLarge { .. })));
    }
}
