//! The public keys of SSHSIG files and `allowed_signers` lines: plain Ed25519, Ed25519 in a FIDO authenticator, and
//! OpenSSH certificates for either. Formats: [PROTOCOL.u2f], [PROTOCOL.certkeys].
//!
//! [PROTOCOL.u2f]: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.u2f
//! [PROTOCOL.certkeys]: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.certkeys

mod certificate;
mod public_key;

use sha2::{Digest, Sha256};

use super::key::{ED25519, Fingerprint, KeyError, PublicKey};
use super::mldsa::CompositeKey;
use super::wire::{self, Reader};

pub(super) use certificate::{Certificate, Refusal};
pub use public_key::SshPublicKey;

/// The type name of FIDO keys.
const SK: &str = "sk-ssh-ed25519@openssh.com";
const CERTIFICATE: &str = "ssh-ed25519-cert-v01@openssh.com";
const SK_CERTIFICATE: &str = "sk-ssh-ed25519-cert-v01@openssh.com";

/// The type name of keys for ML-DSA-44 and Ed25519 together. OpenSSH 10.6 has another name for them, which is not accepted: it
/// may mean another encoding of what is signed.
const COMPOSITE: &str = "ssh-mldsa44-ed25519@openssh.com";

/// FIDO flag: the authenticator was touched.
const USER_PRESENT: u8 = 0x01;
/// FIDO flag: the authenticator checked a PIN or a fingerprint.
const USER_VERIFIED: u8 = 0x04;

/// A key that can make SSHSIG signatures, or a certificate for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SshKey {
    Ed25519(PublicKey),
    Sk(SkKey),
    Composite(Box<CompositeKey>),
    Certificate(Box<Certificate>),
}

/// An Ed25519 key that never leaves a FIDO authenticator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SkKey {
    key: PublicKey,
    /// The relying party, usually `ssh:`. It is part of every signature.
    application: String,
}

/// What an intact signature proves about the person who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// Made by software: nothing.
    Unknown,
    /// The authenticator was touched.
    Touched,
    /// The authenticator was touched, and it checked a PIN or a fingerprint.
    Verified,
}

impl PublicKey {
    /// Reads an OpenSSH public key line (`ssh-ed25519 AAAA… comment`) or a PEM `PUBLIC KEY`.
    ///
    /// # Errors
    /// [`KeyError::Private`] for a private key, [`KeyError::Type`] for a key of another type, [`KeyError::Syntax`] for
    /// anything else that is not a public key, and any error of [`PublicKey::from_bytes`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        match SshKey::parse_text(text)? {
            SshKey::Ed25519(key) => Ok(key),
            other => Err(KeyError::Type(other.type_name().to_owned())),
        }
    }
}

impl SshKey {
    /// Reads the wire format.
    pub(super) fn from_blob(blob: &[u8]) -> Result<Self, KeyError> {
        const TRUNCATED: KeyError = KeyError::Syntax("its fields do not match its type");
        let mut reader = Reader::new(blob);
        let name = reader.text().ok_or(TRUNCATED)?;
        let key = match name {
            ED25519 => Self::Ed25519(read_ed25519(&mut reader)?),
            SK => Self::Sk(read_sk(&mut reader)?),
            COMPOSITE => {
                let bytes = reader.string().ok_or(TRUNCATED)?;
                Self::Composite(Box::new(CompositeKey::from_bytes(bytes)?))
            }
            CERTIFICATE | SK_CERTIFICATE => {
                let nonce = reader.string();
                nonce.ok_or(TRUNCATED)?;
                let subject = if name == CERTIFICATE {
                    Self::Ed25519(read_ed25519(&mut reader)?)
                } else {
                    Self::Sk(read_sk(&mut reader)?)
                };
                let certificate = Certificate::read(subject, blob, &mut reader).ok_or(TRUNCATED)?;
                Self::Certificate(Box::new(certificate))
            }
            other => return Err(KeyError::Type(other.escape_debug().to_string())),
        };
        if reader.is_empty() { Ok(key) } else { Err(KeyError::Syntax("it has bytes after its last field")) }
    }

    /// Reads `TYPE BASE64 [COMMENT]`; spaces and tabs separate.
    pub(super) fn from_line(line: &str) -> Result<Self, KeyError> {
        let (_, blob) = split_line(line)?;
        Self::from_blob(&blob)
    }

    /// Reads a public key file: one OpenSSH line, or PEM. A byte order mark, which editors on Windows write, is skipped.
    pub(super) fn parse_text(text: &str) -> Result<Self, KeyError> {
        let text = without_byte_order_mark(text).trim();
        if text.starts_with("-----BEGIN PUBLIC KEY-----") {
            return PublicKey::parse_pem(text).map(Self::Ed25519);
        }
        if text.starts_with("-----BEGIN") && text.lines().next().is_some_and(|line| line.contains("PRIVATE KEY")) {
            return Err(KeyError::Private);
        }
        if text.contains('\n') {
            return Err(KeyError::Syntax("it has more than one line, and is not PEM"));
        }
        Self::from_line(text)
    }

    /// Returns the type name in OpenSSH files.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => ED25519,
            Self::Sk(_) => SK,
            Self::Composite(_) => COMPOSITE,
            Self::Certificate(certificate) => match certificate.subject() {
                Self::Sk(_) => SK_CERTIFICATE,
                _ => CERTIFICATE,
            },
        }
    }

    /// Returns the wire format; of a certificate, that of the key it certifies.
    pub(super) fn to_blob(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => key.to_blob(),
            Self::Sk(sk) => {
                let mut blob = Vec::new();
                wire::put_string(&mut blob, SK.as_bytes());
                wire::put_string(&mut blob, sk.key.as_bytes());
                wire::put_string(&mut blob, sk.application.as_bytes());
                blob
            }
            Self::Composite(key) => {
                let mut blob = Vec::new();
                wire::put_string(&mut blob, COMPOSITE.as_bytes());
                wire::put_string(&mut blob, &key.to_bytes());
                blob
            }
            Self::Certificate(certificate) => certificate.subject().to_blob(),
        }
    }

    /// Returns `TYPE BASE64`, as in a public key file; of a certificate, the line of the key it certifies.
    pub(super) fn to_line(&self) -> String {
        let name = match self {
            Self::Certificate(certificate) => certificate.subject().type_name(),
            key => key.type_name(),
        };
        format!("{name} {}", wire::encode_base64(&self.to_blob()))
    }

    /// Returns the fingerprint; of a certificate, that of the key it certifies.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_blob(&self.to_blob())
    }

    /// Verifies an SSH signature blob over `message`. The error is one clause that says what is wrong.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<Presence, &'static str> {
        const MISMATCH: &str = "the signature does not match these bytes";
        let mut reader = Reader::new(signature);
        let (Some(name), Some(raw)) = (reader.text(), reader.string()) else {
            return Err("the signature is truncated");
        };
        match self {
            Self::Certificate(certificate) => certificate.subject().verify(message, signature),
            Self::Ed25519(key) => {
                if name != ED25519 || !reader.is_empty() {
                    return Err("the signature is not of the key's type");
                }
                if key.verify(message, raw) { Ok(Presence::Unknown) } else { Err(MISMATCH) }
            }
            Self::Composite(key) => {
                if name != COMPOSITE || !reader.is_empty() {
                    return Err("the signature is not of the key's type");
                }
                if key.verify(message, raw) { Ok(Presence::Unknown) } else { Err(MISMATCH) }
            }
            Self::Sk(sk) => {
                let (Some(flags), Some(counter), true) = (reader.byte(), reader.u32(), reader.is_empty() && name == SK)
                else {
                    return Err("the signature is not of the key's type");
                };
                let mut signed = Sha256::digest(&sk.application).to_vec();
                signed.push(flags);
                signed.extend_from_slice(&counter.to_be_bytes());
                signed.extend_from_slice(&Sha256::digest(message));
                if !sk.key.verify(&signed, raw) {
                    return Err(MISMATCH);
                }
                // `ssh-keygen` accepts signatures made without a touch, and `allowed_signers` has no option to reject
                // them.
                if flags & USER_PRESENT == 0 {
                    return Err("the security key signed without a touch");
                }
                Ok(if flags & USER_VERIFIED == 0 { Presence::Touched } else { Presence::Verified })
            }
        }
    }
}

/// Splits the line of a key of any type into the type name and the decoded key, which has to be of that type.
pub(super) fn split_line(line: &str) -> Result<(&str, Vec<u8>), KeyError> {
    let line = line.trim_matches([' ', '\t', '\r', '\n']);
    let (name, rest) =
        line.split_once([' ', '\t']).ok_or(KeyError::Syntax("expected a key type followed by a key in base64"))?;
    let base64 = rest.trim_start_matches([' ', '\t']).split([' ', '\t']).next().unwrap_or("");
    let blob = wire::decode_base64(base64).ok_or(KeyError::Syntax("the key is not in canonical base64"))?;
    if Reader::new(&blob).text() != Some(name) {
        return Err(KeyError::Syntax("the type inside the key differs from the one before it"));
    }
    Ok((name, blob))
}

/// Returns a text without the byte order mark that it may start with.
pub(super) fn without_byte_order_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Tells whether a name can be that of a key type or algorithm (RFC 4251, §6).
pub(super) fn is_algorithm_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}

/// Tells whether a type is one of those that [`SshKey`] represents.
fn is_own_type(name: &str) -> bool {
    [ED25519, SK, COMPOSITE, CERTIFICATE, SK_CERTIFICATE].contains(&name)
}

/// Tells whether a key in the wire format and a signature by it are of a type whose signatures cannot be verified, such
/// as RSA or a post-quantum type. Types that this program does not know count too; of those that it knows, the key needs
/// the fields of its type.
pub(super) fn is_of_other_type(key: &[u8], signature: &[u8]) -> bool {
    let mut fields = Reader::new(signature);
    let (Some(algorithm), Some(_)) = (fields.text(), fields.string()) else { return false };
    let mut reader = Reader::new(key);
    let Some(name) = reader.text() else { return false };
    let has_fields = if name.contains("-cert-v") || !is_known_plain_type(name) {
        reader.string().is_some_and(|field| !field.is_empty())
    } else {
        is_well_formed(key)
    };
    has_fields
        && is_algorithm_name(name)
        && is_algorithm_name(algorithm)
        && !is_own_type(name)
        && !is_own_type(algorithm)
}

/// Tells whether [`is_well_formed`] knows the fields of a type.
fn is_known_plain_type(name: &str) -> bool {
    is_own_type(name)
        || ["ssh-rsa", "ssh-dss", "sk-ecdsa-sha2-nistp256@openssh.com"].contains(&name)
        || name.starts_with("ecdsa-sha2-nistp")
        || name.starts_with("ssh-mldsa")
}

/// Returns the fingerprint of a key in the wire format of another type, or `None` for a certificate, which `ssh-keygen -l`
/// shows by the key inside.
pub(super) fn fingerprint_of_other_type(key: &[u8]) -> Option<Fingerprint> {
    let is_certificate = Reader::new(key).text().is_some_and(|name| name.contains("-cert-v"));
    (!is_certificate).then(|| Fingerprint::of_blob(key))
}

/// Tells whether a key in the wire format has the fields of its type, regardless of their values. This is for revoked
/// keys, which may be weak or of a type whose signatures cannot be verified. Certificates are not supported.
pub(super) fn is_well_formed(blob: &[u8]) -> bool {
    let mut reader = Reader::new(blob);
    let Some(name) = reader.text() else { return false };
    let mut fields = Vec::new();
    while !reader.is_empty() {
        let Some(field) = reader.string() else { return false };
        fields.push(field.len());
    }
    match (name, fields.as_slice()) {
        (ED25519, fields) => matches!(fields, [32]),
        (SK, fields) => matches!(fields, [32, _]),
        ("ssh-rsa", fields) => fields.len() == 2,
        ("ssh-dss", fields) => fields.len() == 4,
        ("sk-ecdsa-sha2-nistp256@openssh.com", fields) => fields.len() == 3,
        (name, fields) if name.starts_with("ecdsa-sha2-nistp") => fields.len() == 2,
        (name, fields) => name.starts_with("ssh-mldsa") && fields.len() == 1,
    }
}

fn read_ed25519(reader: &mut Reader<'_>) -> Result<PublicKey, KeyError> {
    let bytes = reader.string().and_then(|bytes| bytes.try_into().ok());
    PublicKey::from_bytes(bytes.ok_or(KeyError::Syntax("an Ed25519 key must have 32 bytes"))?)
}

fn read_sk(reader: &mut Reader<'_>) -> Result<SkKey, KeyError> {
    let key = read_ed25519(reader)?;
    let application = reader.text().ok_or(KeyError::Syntax("a security key must name its application"))?;
    Ok(SkKey { key, application: application.to_owned() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::super::wire;
    use super::*;
    use crate::sign::SecretKey;

    #[test]
    fn a_key_must_have_the_fields_of_its_type() {
        // RFC 4253, §6.6; RFC 5656, §3.1; RFC 8709, §4; OpenSSH's PROTOCOL.u2f.
        for (name, lengths, fine) in [
            ("ssh-ed25519", &[32][..], true),
            ("ssh-ed25519", &[31], false),
            ("ssh-ed25519", &[32, 1], false),
            ("sk-ssh-ed25519@openssh.com", &[32, 4], true),
            ("sk-ssh-ed25519@openssh.com", &[32], false),
            ("ssh-rsa", &[3, 256], true),
            ("ssh-rsa", &[3], false),
            ("ssh-rsa", &[3, 256, 1], false),
            ("ssh-dss", &[1, 1, 1, 1], true),
            ("ssh-dss", &[1, 1, 1], false),
            ("sk-ecdsa-sha2-nistp256@openssh.com", &[8, 65, 4], true),
            ("sk-ecdsa-sha2-nistp256@openssh.com", &[8, 65], false),
            ("ecdsa-sha2-nistp256", &[8, 65], true),
            ("ecdsa-sha2-nistp521", &[8, 133], true),
            ("ecdsa-sha2-nistp256", &[8, 65, 1], false),
            ("ssh-mldsa-65", &[1952], true),
            ("ssh-mldsa-65", &[1952, 1], false),
            ("ssh-other", &[1], false),
            ("ssh-other", &[], false),
        ] {
            let mut blob = Vec::new();
            wire::put_string(&mut blob, name.as_bytes());
            lengths.iter().for_each(|length| wire::put_string(&mut blob, &vec![7; *length]));
            assert_eq!(is_well_formed(&blob), fine, "{name} {lengths:?}");
            blob.pop();
            assert!(!is_well_formed(&blob), "{name} {lengths:?}, truncated");
        }
        assert!(!is_well_formed(b""));
    }

    #[test]
    fn a_line_is_read_and_written_back_unchanged() {
        let key = SecretKey::generate().unwrap();
        let plain = SshKey::Ed25519(*key.public());
        let mut blob = Vec::new();
        // OpenSSH's PROTOCOL.u2f: the type, the key, the application.
        let fields: [&[u8]; 3] = [b"sk-ssh-ed25519@openssh.com", key.public().as_bytes(), b"ssh:"];
        fields.iter().for_each(|field| wire::put_string(&mut blob, field));
        let security_key = format!("sk-ssh-ed25519@openssh.com {}", wire::encode_base64(&blob));
        for line in [plain.to_line(), security_key] {
            assert_eq!(SshKey::from_line(&line).unwrap().to_line(), line);
        }
        assert_eq!(plain.to_line(), key.public().to_openssh(""));
    }
}
