//! SSHSIG, the signature format of `ssh-keygen -Y sign`: [PROTOCOL.sshsig].
//!
//! ```text
//! signed:  "SSHSIG" | string namespace | string reserved | string hash | string H(message)
//! file:    armor of "SSHSIG" | uint32 1 | string key | string namespace | string reserved | string hash
//!          | string signature
//! ```
//!
//! [PROTOCOL.sshsig]: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig

use sha2::{Digest, Sha256, Sha512};

use super::key::{ED25519, FaultySignature, KeyError, PublicKey, SecretKey};
use super::ssh::{self, SshKey};
use super::status::ReadError;
use super::wire::{self, Reader};
use super::{MAX_ENVELOPE_BYTES, Namespace};

const MAGIC: &[u8] = b"SSHSIG";
const VERSION: u32 = 1;
const LABEL: &str = "SSH SIGNATURE";
/// The hash that `ssh-keygen` uses by default.
const HASH: &str = "sha512";

/// Signs `message` and returns the text of the signature file: byte for byte what `ssh-keygen -Y sign -n openness@v1`
/// writes.
///
/// # Errors
/// [`FaultySignature`] if the signature does not verify.
pub fn sign(message: &[u8], key: &SecretKey) -> Result<String, FaultySignature> {
    sign_for(Namespace::Openness, message, key)
}

/// Signs `message` in a namespace and returns the text of the signature file: byte for byte what
/// `ssh-keygen -Y sign -n NAMESPACE` writes.
///
/// # Errors
/// [`FaultySignature`] if the signature does not verify.
pub fn sign_for(namespace: Namespace, message: &[u8], key: &SecretKey) -> Result<String, FaultySignature> {
    let signature = key.sign(&to_be_signed(namespace, message))?;
    Ok(assemble_ed25519(namespace, key.public(), &signature))
}

/// Returns the bytes that the holder of the key, such as an ssh-agent, has to sign: a header and the SHA-512 of
/// `message`.
#[must_use]
pub fn to_be_signed(namespace: Namespace, message: &[u8]) -> Vec<u8> {
    signed_bytes(namespace.as_str(), HASH, &Sha512::digest(message))
}

/// Makes a signature file of a public key and a signature over [`to_be_signed`], both in the SSH wire format.
///
/// Nothing is verified: read the result back with [`super::Envelope::read_sshsig`].
#[must_use]
pub fn assemble(namespace: Namespace, public_key: &[u8], signature: &[u8]) -> String {
    let mut blob = MAGIC.to_vec();
    blob.extend_from_slice(&VERSION.to_be_bytes());
    for field in [public_key, namespace.as_str().as_bytes(), b"", HASH.as_bytes(), signature] {
        wire::put_string(&mut blob, field);
    }
    wire::armor(LABEL, &blob)
}

/// Makes a signature file of an Ed25519 key and its raw signature over [`to_be_signed`].
pub(super) fn assemble_ed25519(namespace: Namespace, key: &PublicKey, raw: &[u8; 64]) -> String {
    let mut signature = Vec::with_capacity(83);
    wire::put_string(&mut signature, ED25519.as_bytes());
    wire::put_string(&mut signature, raw);
    assemble(namespace, &key.to_blob(), &signature)
}

fn signed_bytes(namespace: &str, hash: &str, digest: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for field in [namespace.as_bytes(), b"", hash.as_bytes(), digest] {
        wire::put_string(&mut bytes, field);
    }
    bytes
}

/// Returns the bytes inside the armor of a signature file, from `SSHSIG` to the last field, without reading the fields.
///
/// # Errors
/// [`ReadError::SshSig`] if the armor is malformed, [`ReadError::TooLarge`].
pub fn blob(file: &[u8]) -> Result<Vec<u8>, ReadError> {
    if file.len() > MAX_ENVELOPE_BYTES {
        return Err(ReadError::TooLarge);
    }
    let text = std::str::from_utf8(file).map_err(|_| ReadError::SshSig("is not text"))?;
    wire::dearmor(LABEL, text).map_err(ReadError::SshSig)
}

/// Returns the key that a signature file names; nothing is verified.
pub(super) fn signer(file: &[u8]) -> Option<SshKey> {
    let blob = blob(file).ok()?;
    let mut reader = Reader::new(&blob);
    let is_ours = reader.bytes(MAGIC.len()) == Some(MAGIC) && reader.u32() == Some(VERSION);
    SshKey::from_blob(reader.string().filter(|_| is_ours)?).ok()
}

/// The parts of a signature file.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) signer: SshKey,
    /// The signed bytes, computed from the message.
    pub(super) signed: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

/// Splits a signature file into its parts; nothing is verified.
pub(super) fn read(namespace: Namespace, bytes: &[u8], message: &[u8]) -> Result<Parts, ReadError> {
    read_for(namespace.as_str(), bytes, message)
}

fn read_for(expected: &'static str, bytes: &[u8], message: &[u8]) -> Result<Parts, ReadError> {
    const TRUNCATED: ReadError = ReadError::SshSig("is truncated");
    let blob = blob(bytes)?;
    let mut reader = Reader::new(&blob);
    if reader.bytes(MAGIC.len()) != Some(MAGIC) {
        return Err(ReadError::SshSig("does not contain an SSHSIG blob"));
    }
    if reader.u32() != Some(VERSION) {
        return Err(ReadError::SshSig("has a version other than 1"));
    }
    let key = reader.string().ok_or(TRUNCATED)?;
    let namespace = reader.string().ok_or(TRUNCATED)?;
    let reserved = reader.string().ok_or(TRUNCATED)?;
    let hash = reader.string().ok_or(TRUNCATED)?;
    let signature = reader.string().ok_or(TRUNCATED)?;
    if !reader.is_empty() {
        return Err(ReadError::SshSig("has bytes after its last field"));
    }
    if namespace != expected.as_bytes() {
        let found = String::from_utf8_lossy(namespace).escape_debug().to_string();
        return Err(ReadError::Namespace { found, expected });
    }
    if !reserved.is_empty() {
        return Err(ReadError::SshSig("has data in its reserved field"));
    }
    let signed = match hash {
        b"sha256" => signed_bytes(expected, "sha256", &Sha256::digest(message)),
        b"sha512" => signed_bytes(expected, "sha512", &Sha512::digest(message)),
        _ => return Err(ReadError::SshSig("names a hash other than sha256 and sha512")),
    };
    let signer = SshKey::from_blob(key).map_err(|error| match error {
        KeyError::Type(key_type) if ssh::is_of_other_type(key, signature) => {
            ReadError::Unsupported { key_type, key: ssh::fingerprint_of_other_type(key) }
        }
        error => ReadError::Key(error),
    })?;
    Ok(Parts { signer, signed, signature: signature.to_vec() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use std::io::Write;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::sign::NAMESPACE;
    use crate::sign::ssh::Presence;

    /// Returns a signature file with these fields.
    fn file(fields: [&[u8]; 5]) -> String {
        let mut blob = [MAGIC, &VERSION.to_be_bytes()].concat();
        fields.iter().for_each(|field| wire::put_string(&mut blob, field));
        wire::armor(LABEL, &blob)
    }

    fn read(text: &str) -> Result<Parts, ReadError> {
        super::read(Namespace::Openness, text.as_bytes(), b"message")
    }

    #[test]
    fn rejects_unexpected_field_values() {
        let key = SecretKey::generate().unwrap();
        let key = &key.public().to_blob()[..];
        let namespace = NAMESPACE.as_bytes();
        assert!(read(&file([key, namespace, b"", b"sha512", b"x"])).is_ok());
        assert!(read(&file([key, namespace, b"", b"sha256", b"x"])).is_ok());
        let for_git = read(&file([key, b"git", b"", b"sha512", b"x"]));
        assert!(matches!(for_git, Err(ReadError::Namespace { found, .. }) if found == "git"));
        let ours = super::read(Namespace::Git, file([key, namespace, b"", b"sha512", b"x"]).as_bytes(), b"message");
        assert!(matches!(ours, Err(ReadError::Namespace { expected: "git", .. })));
        for fields in [
            [key, b"", b"", b"sha512", b"x"],
            [key, namespace, b"r", b"sha512", b"x"],
            [key, namespace, b"", b"sha1", b"x"],
            [key, namespace, b"", b"SHA512", b"x"],
            [&key[..50], namespace, b"", b"sha512", b"x"],
            [&[key, &[0]].concat(), namespace, b"", b"sha512", b"x"],
            [b"", namespace, b"", b"sha512", b"x"],
        ] {
            assert!(read(&file(fields)).is_err(), "{fields:?}");
        }
    }

    #[test]
    fn a_signature_by_another_type_of_key_is_unsupported_only_if_it_is_whole() {
        let strings = |parts: &[&[u8]]| {
            let mut bytes = Vec::new();
            parts.iter().for_each(|part| wire::put_string(&mut bytes, part));
            bytes
        };
        let rsa = strings(&[b"ssh-rsa", &[1, 0, 1], &[7; 256]]);
        let rsa_signature = strings(&[b"rsa-sha2-512", &[7; 256]]);
        let post_quantum = strings(&[b"ssh-mldsa44-ed25519", &[7; 1344]]);
        let post_quantum_signature = strings(&[b"ssh-mldsa44-ed25519", &[7; 2484]]);
        let of_the_future = strings(&[b"ssh-future@example.org", b"x", b"y"]);
        let certificate = strings(&[b"ssh-rsa-cert-v01@openssh.com", &[7; 32], &[1, 0, 1], &[7; 256]]);
        let by = |key: &[u8], signature: &[u8]| read(&file([key, NAMESPACE.as_bytes(), b"", b"sha512", signature]));
        for (key, signature, key_type, has_fingerprint) in [
            (&rsa, &rsa_signature, "ssh-rsa", true),
            (&post_quantum, &post_quantum_signature, "ssh-mldsa44-ed25519", true),
            (&of_the_future, &rsa_signature, "ssh-future@example.org", true),
            (&certificate, &rsa_signature, "ssh-rsa-cert-v01@openssh.com", false),
        ] {
            let error = by(key, signature).unwrap_err();
            let ReadError::Unsupported { key_type: found, key } = &error else { panic!("{key_type}: {error:?}") };
            assert_eq!((found.as_str(), key.is_some()), (key_type, has_fingerprint));
        }
        let plain = SecretKey::generate().unwrap().public().to_blob();
        let own_signature = strings(&[b"ssh-ed25519", &[7; 64]]);
        for (what, key, signature) in [
            ("a key without fields", &strings(&[b"ssh-rsa"]), &rsa_signature),
            ("a key with a field too few", &strings(&[b"ssh-rsa", &[1, 0, 1]]), &rsa_signature),
            ("a truncated key", &rsa[..rsa.len() - 1].to_vec(), &rsa_signature),
            ("no name", &strings(&[b"", b"x"]), &rsa_signature),
            ("a name with a comma", &strings(&[b"ssh,rsa", b"x"]), &rsa_signature),
            ("a name with a control character", &strings(&[b"ssh\x1brsa", b"x"]), &rsa_signature),
            ("a truncated signature", &rsa, &rsa_signature[..20].to_vec()),
            ("no signature", &rsa, &Vec::new()),
            ("a signature by our type", &rsa, &own_signature),
        ] {
            let error = by(key, signature).unwrap_err();
            assert!(!matches!(error, ReadError::Unsupported { .. }), "{what}: {error:?}");
        }
        assert!(by(&plain, &rsa_signature).is_ok(), "it is verified, and then bad");
        let elsewhere = read(&file([&rsa, b"file", b"", b"sha512", &rsa_signature]));
        assert!(matches!(elsewhere, Err(ReadError::Namespace { .. })), "{elsewhere:?}");
    }

    #[test]
    fn rejects_truncated_and_trailing_bytes() {
        let key = SecretKey::generate().unwrap();
        let text = sign(b"message", &key).unwrap();
        let blob = wire::dearmor(LABEL, &text).unwrap();
        assert!(read(&text).is_ok());
        for end in 0..blob.len() {
            assert!(read(&wire::armor(LABEL, &blob[..end])).is_err(), "{end}");
        }
        assert!(read(&wire::armor(LABEL, &[&blob[..], &[0]].concat())).is_err());
        let mut version_two = blob.clone();
        version_two[9] = 2;
        assert!(read(&wire::armor(LABEL, &version_two)).is_err());
        let read = |bytes: &[u8]| super::read(Namespace::Openness, bytes, b"message");
        assert!(read(&[0xff]).is_err());
        assert!(matches!(read(&vec![b'-'; MAX_ENVELOPE_BYTES + 1]), Err(ReadError::TooLarge)));
    }

    #[test]
    fn every_flipped_bit_makes_a_signature_bad() {
        let key = SecretKey::generate().unwrap();
        let parts = read(&sign(b"message", &key).unwrap()).unwrap();
        assert_eq!(parts.signer.verify(&parts.signed, &parts.signature), Ok(Presence::Unknown));
        for bit in 0..parts.signature.len() * 8 {
            let mut signature = parts.signature.clone();
            signature[bit / 8] ^= 1 << (bit % 8);
            assert!(parts.signer.verify(&parts.signed, &signature).is_err(), "{bit}");
        }
        assert!(parts.signer.verify(&parts.signed, &[&parts.signature[..], &[0]].concat()).is_err());
    }

    /// OpenSSH's own test data: a plain key, and a hardware security key.
    #[test]
    fn the_test_signatures_of_openssh_verify() {
        let folder = std::env::var_os("OPENNESS_SHARED_DATA")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from)
            .join("sshsig/openssh");
        let Ok(message) = std::fs::read(folder.join("signed-data")) else {
            let _ = writeln!(std::io::stderr(), "skipped: needs shared data at {}", folder.display());
            return;
        };
        for (name, presence) in
            [("ed25519", Presence::Unknown), ("ed25519_sk", Presence::Touched), ("mldsa44-ed25519", Presence::Unknown)]
        {
            let bytes = std::fs::read(folder.join(format!("{name}.sig"))).unwrap();
            let parts = read_for("unittest", &bytes, &message).unwrap();
            assert_eq!(parts.signer.verify(&parts.signed, &parts.signature), Ok(presence), "{name}");
            let public = std::fs::read_to_string(folder.join(format!("{name}.pub"))).unwrap();
            assert_eq!(SshKey::parse_text(&public).as_ref(), Ok(&parts.signer));
            let parts = read_for("unittest", &bytes, b"something else").unwrap();
            assert!(parts.signer.verify(&parts.signed, &parts.signature).is_err());
            let parts = read_for("unittest", &bytes, &message).unwrap();
            // Either half of a composite alone is not enough.
            for at in [parts.signature.len() / 2, parts.signature.len() - 1] {
                let mut changed = parts.signature.clone();
                changed[at] ^= 1;
                assert!(parts.signer.verify(&parts.signed, &changed).is_err(), "{name} {at}");
            }
        }
        for name in ["rsa", "ecdsa", "ecdsa_sk", "ecdsa_sk_webauthn"] {
            let bytes = std::fs::read(folder.join(format!("{name}.sig"))).unwrap();
            let read = read_for("unittest", &bytes, &message);
            assert!(matches!(read, Err(ReadError::Unsupported { key: Some(_), .. })), "{name}: {read:?}");
        }
    }
}
