//! Secret keys in files: reads OpenSSH and PKCS#8 files, plain and encrypted, and writes OpenSSH files.
//!
//! Formats: [PROTOCOL.key], [RFC 8410], [RFC 5958]. [`parse`] needs only the text; [`read`] needs the feature `fs`, and
//! [`write_new`] needs `fs` and `keygen`. Passphrases are [`zeroize::Zeroizing`], which is re-exported here.
//!
//! [PROTOCOL.key]: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
//! [RFC 8410]: https://www.rfc-editor.org/rfc/rfc8410
//! [RFC 5958]: https://www.rfc-editor.org/rfc/rfc5958

#[cfg(feature = "oms")]
mod ecdsa;
#[cfg(feature = "fs")]
mod file;
mod openssh;
mod pkcs8;
#[cfg(all(feature = "fs", feature = "keygen"))]
mod write;

use std::io;
use std::path::PathBuf;

use super::BoxError;
use super::key::SecretKey;
use super::ssh::without_byte_order_mark;

#[cfg(feature = "oms")]
pub use ecdsa::parse_ecdsa;
#[cfg(feature = "fs")]
pub use file::{read, read_ecdsa};
pub use openssh::public_half;
#[cfg(all(feature = "fs", feature = "keygen"))]
pub use write::{check_free, write_new};
pub use zeroize::Zeroizing;

/// Callback that supplies the passphrase for the named key, or `None` if there is none.
type Ask<'a> = &'a mut dyn FnMut(&str) -> Option<Zeroizing<String>>;

/// The largest key file that is read, in bytes. For comparison, an RSA key of 16384 bits takes 13 KiB.
pub const MAX_KEY_FILE_BYTES: usize = 64 << 10;

/// Why a key file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be read.
    #[error("cannot read the key `{path}`")]
    Read {
        /// The path of the file.
        path: PathBuf,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// The path is a directory, not a file.
    #[error("cannot read the key `{path}`: it is a directory")]
    Directory {
        /// The path of the directory.
        path: PathBuf,
    },
    /// Other users of this machine can read or write the key.
    #[error(
        "other users of this machine can access the key `{path}` (mode {mode:04o}); run `chmod 600` on it, and consider who may have read it"
    )]
    Permissions {
        /// The path of the file.
        path: PathBuf,
        /// The permission bits, such as 0o644.
        mode: u32,
    },
    /// The file is larger than [`MAX_KEY_FILE_BYTES`].
    #[error("`{name}` is larger than {MAX_KEY_FILE_BYTES} bytes, so it is not a key file")]
    TooLarge {
        /// The path of the file, or the name of the text.
        name: String,
    },
    /// A key of another algorithm or format.
    #[error("the key `{name}` is {found}; only Ed25519 keys in OpenSSH or PKCS#8 files can sign statements")]
    Unsupported {
        /// The path of the file, or the name of the text.
        name: String,
        /// What was found, with an article, such as `an RSA key`.
        found: String,
    },
    /// The file is not a key file, or is malformed.
    #[error("cannot use the key `{name}`: {reason}")]
    Broken {
        /// The path of the file, or the name of the text.
        name: String,
        /// The problem: one clause in lower case, without a final period.
        reason: &'static str,
    },
    /// The key is encrypted, and there is no passphrase.
    #[error(
        "the key `{name}` is encrypted, and no passphrase was given; OPENNESS_PASSPHRASE_FILE can name a file with it"
    )]
    NoPassphrase {
        /// The path of the file, or the name of the text.
        name: String,
    },
    /// The key is encrypted with another passphrase, or damaged.
    #[error("wrong passphrase for the key `{name}`")]
    WrongPassphrase {
        /// The path of the file, or the name of the text.
        name: String,
    },
    /// The file to write already exists.
    #[error("`{path}` already exists and will not be overwritten")]
    Exists {
        /// The path of the file.
        path: PathBuf,
    },
    /// The comment contains control characters, such as a line feed.
    #[error("the comment of a key cannot contain control characters")]
    Comment,
    /// The file could not be written.
    #[error("cannot write the key `{path}`")]
    Write {
        /// The path of the file.
        path: PathBuf,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// The key could not be encrypted or encoded.
    #[error("cannot encode the key")]
    Encode(#[source] BoxError),
    /// The operating system gave no random bytes.
    #[error("cannot get random bytes to encrypt the key")]
    Random(#[source] BoxError),
}

/// Reads a secret key from the text of a key file, such as a secret of a CI service.
///
/// `name` stands for the key in messages. `passphrase` is called with it only if the key is encrypted.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::Unsupported`], [`Error::Broken`], [`Error::NoPassphrase`], [`Error::WrongPassphrase`].
pub fn parse(
    text: &str,
    name: &str,
    passphrase: &mut dyn FnMut(&str) -> Option<Zeroizing<String>>,
) -> Result<SecretKey, Error> {
    KeyText::new(text, name)?.open(passphrase)
}

/// The text of a file that starts like a key that can be read.
struct KeyText<'a> {
    text: &'a str,
    name: &'a str,
    format: Format,
}

/// A key file format, by the header line.
#[derive(Clone, Copy)]
enum Format {
    OpenSsh,
    Pkcs8,
    EncryptedPkcs8,
    /// An ECDSA key in the older form of OpenSSL (RFC 5915), which may follow a block with the name of its curve.
    Sec1,
}

impl<'a> KeyText<'a> {
    /// Recognizes the format by the first line, and says what the text is if it is not a supported private key.
    fn new(text: &'a str, name: &'a str) -> Result<Self, Error> {
        const PUBLIC: &str = "this is a public key; signing needs the private key";
        if text.len() > MAX_KEY_FILE_BYTES {
            return Err(Error::TooLarge { name: name.to_owned() });
        }
        let text = without_explanation(without_byte_order_mark(text).trim());
        let first = text.lines().next().unwrap_or("").trim_end();
        let unsupported = |found: &str| Err(Error::Unsupported { name: name.to_owned(), found: found.to_owned() });
        let broken = |reason| Err(Error::Broken { name: name.to_owned(), reason });
        let format = match first {
            "-----BEGIN OPENSSH PRIVATE KEY-----" => Format::OpenSsh,
            "-----BEGIN PRIVATE KEY-----" => Format::Pkcs8,
            "-----BEGIN ENCRYPTED PRIVATE KEY-----" => Format::EncryptedPkcs8,
            "-----BEGIN RSA PRIVATE KEY-----" => return unsupported("an RSA key"),
            "-----BEGIN EC PRIVATE KEY-----" | "-----BEGIN EC PARAMETERS-----" => Format::Sec1,
            "-----BEGIN DSA PRIVATE KEY-----" => return unsupported("a DSA key"),
            "-----BEGIN PGP PRIVATE KEY BLOCK-----" => return unsupported("an OpenPGP key"),
            "-----BEGIN PUBLIC KEY-----" => return broken(PUBLIC),
            _ if first.starts_with("PuTTY-User-Key-File-") => {
                return unsupported("a PuTTY key; export it as an OpenSSH key");
            }
            _ if first.starts_with("untrusted comment:") => return unsupported("a minisign or signify key"),
            _ if first.starts_with("ssh-") || first.starts_with("sk-ssh-") || first.starts_with("ecdsa-") => {
                return broken(PUBLIC);
            }
            _ => return broken("it does not start like a private key file"),
        };
        Ok(Self { text, name, format })
    }

    fn open(&self, passphrase: Ask<'_>) -> Result<SecretKey, Error> {
        match self.format {
            Format::OpenSsh => self.openssh(passphrase),
            Format::Pkcs8 => self.pkcs8(),
            Format::EncryptedPkcs8 => self.encrypted_pkcs8(passphrase),
            Format::Sec1 => Err(self.unsupported("an ECDSA key")),
        }
    }

    fn unsupported(&self, found: impl Into<String>) -> Error {
        Error::Unsupported { name: self.name.to_owned(), found: found.into() }
    }

    fn broken(&self, reason: &'static str) -> Error {
        Error::Broken { name: self.name.to_owned(), reason }
    }

    fn ask(&self, passphrase: Ask<'_>) -> Result<Zeroizing<String>, Error> {
        passphrase(self.name).ok_or_else(|| Error::NoPassphrase { name: self.name.to_owned() })
    }

    /// Returns the key, whose public half is derived. A file that stores another public half is rejected: signatures
    /// made with such a pair would reveal the secret key.
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
            Err(self.broken("its public and private halves do not match"))
        }
    }
}

/// Leaves out the lines before the PEM of a key, which RFC 7468 §2 permits, and `openssl pkcs12 -nodes` ("Bag Attributes") and
/// GnuTLS ("Public Key Info") write. Anything else is left as it is: OpenSSH accepts nothing before its own keys.
fn without_explanation(text: &str) -> &str {
    const STARTS: [&str; 3] =
        ["-----BEGIN PRIVATE KEY-----", "-----BEGIN ENCRYPTED PRIVATE KEY-----", "-----BEGIN EC PRIVATE KEY-----"];
    let at = match text.starts_with("-----") {
        true => 0,
        false => text.find("\n-----").map_or(0, |line_feed| line_feed + 1),
    };
    let rest = &text[at..];
    if STARTS.iter().any(|start| rest.starts_with(start)) { rest } else { text }
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
    fn other_files_are_rejected_with_what_they_are() {
        for (text, expected) in [
            ("", "does not start"),
            ("hello", "does not start"),
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
            ("-----BEGIN OPENSSH PRIVATE KEY-----\n", "malformed"),
            ("-----BEGIN PRIVATE KEY-----\n", "malformed"),
        ] {
            assert!(reason(text).contains(expected), "{text:?}: {}", reason(text));
        }
    }

    /// The example of RFC 8410 §10.3.
    const RFC_8410: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
                            -----END PRIVATE KEY-----\n";

    #[test]
    fn lines_before_a_pkcs8_key_are_passed_over() {
        // `openssl pkcs12 -nodes -nocerts` (OpenSSL 3.0) of a key store that `keytool` (Java 17) made.
        let bag =
            "Bag Attributes\n    friendlyName: a\n    localKeyID: 54 69 6D 65 \nKey Attributes: <No Attributes>\n";
        let plain = parsed(RFC_8410).unwrap();
        for before in [bag, "\u{feff}\nnotes\r\n", "\n\n"] {
            assert_eq!(parsed(&format!("{before}{RFC_8410}")).unwrap().public(), plain.public(), "{before:?}");
        }
        let rsa = "-----BEGIN RSA PRIVATE KEY-----\nAA==\n-----END RSA PRIVATE KEY-----\n";
        for refused in [
            // Another block first: which key is meant is not clear.
            format!("{bag}{rsa}{RFC_8410}"),
            format!("{RFC_8410}{RFC_8410}"),
            // Not at the start of a line.
            format!("key: {RFC_8410}"),
            // `ssh-keygen` refuses this, too.
            format!("{bag}-----BEGIN OPENSSH PRIVATE KEY-----\nAA==\n-----END OPENSSH PRIVATE KEY-----\n"),
        ] {
            assert!(parsed(&refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn rejects_a_text_larger_than_any_key() {
        let key = RFC_8410;
        let padded = |length: usize| format!("{key}{}", "\n".repeat(length - key.len()));
        assert!(parsed(&padded(65_536)).is_ok());
        assert!(matches!(parsed(&padded(65_537)), Err(Error::TooLarge { .. })));
    }
}
