//! SSHSIG, the signatures of `ssh-keygen -Y sign`: [PROTOCOL.sshsig].
//!
//! ```text
//! signed:  "SSHSIG" | string namespace | string reserved | string hash | string H(message)
//! file:    armour of "SSHSIG" | uint32 1 | string key | string namespace | string reserved | string hash | string signature
//! ```
//!
//! [PROTOCOL.sshsig]: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig

use sha2::{Digest, Sha256, Sha512};

use super::envelope::ReadError;
use super::key::{ED25519, SecretKey, SignError};
use super::ssh::SshKey;
use super::wire::{self, Reader};
use super::{MAX_ENVELOPE_BYTES, NAMESPACE};

const MAGIC: &[u8] = b"SSHSIG";
const VERSION: u32 = 1;
const LABEL: &str = "SSH SIGNATURE";
/// What `ssh-keygen` hashes with unless told otherwise.
const HASH: &str = "sha512";

/// Signs `message`; the result is, byte for byte, what `ssh-keygen -Y sign -n openness@v1` writes.
///
/// # Errors
/// [`SignError`] where the machine computes wrongly.
pub fn seal(message: &[u8], key: &SecretKey) -> Result<String, SignError> {
    let mut signature = Vec::with_capacity(83);
    wire::put_string(&mut signature, ED25519.as_bytes());
    wire::put_string(&mut signature, &key.sign(&to_be_signed(message))?);
    Ok(assemble(&key.public().to_blob(), &signature))
}

/// Returns the bytes that whoever holds the key has to sign, such as an ssh-agent.
#[must_use]
pub fn to_be_signed(message: &[u8]) -> Vec<u8> {
    signed_bytes(HASH, &Sha512::digest(message))
}

/// Joins a public key and a signature over [`to_be_signed`], both in the SSH wire format, to a signature file.
///
/// Nothing is verified: read the result back with [`super::Envelope::read_sshsig`].
#[must_use]
pub fn assemble(public_key: &[u8], signature: &[u8]) -> String {
    let mut blob = MAGIC.to_vec();
    blob.extend_from_slice(&VERSION.to_be_bytes());
    for field in [public_key, NAMESPACE.as_bytes(), b"", HASH.as_bytes(), signature] {
        wire::put_string(&mut blob, field);
    }
    wire::armour(LABEL, &blob)
}

fn signed_bytes(hash: &str, digest: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for field in [NAMESPACE.as_bytes(), b"", hash.as_bytes(), digest] {
        wire::put_string(&mut bytes, field);
    }
    bytes
}

/// A signature file, taken apart.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) signer: SshKey,
    /// What the signature is over, computed from the message.
    pub(super) signed: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

/// Takes a signature file apart.
pub(super) fn read(bytes: &[u8], message: &[u8]) -> Result<Parts, ReadError> {
    const CUT_SHORT: ReadError = ReadError::SshSig("is cut short");
    if bytes.len() > MAX_ENVELOPE_BYTES {
        return Err(ReadError::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ReadError::SshSig("is not text"))?;
    let blob = wire::dearmour(LABEL, text).map_err(ReadError::SshSig)?;
    let mut reader = Reader::new(&blob);
    if reader.bytes(MAGIC.len()) != Some(MAGIC) {
        return Err(ReadError::SshSig("holds something else"));
    }
    if reader.u32() != Some(VERSION) {
        return Err(ReadError::SshSig("is of a version other than 1"));
    }
    let key = reader.string().ok_or(CUT_SHORT)?;
    let namespace = reader.string().ok_or(CUT_SHORT)?;
    let reserved = reader.string().ok_or(CUT_SHORT)?;
    let hash = reader.string().ok_or(CUT_SHORT)?;
    let signature = reader.string().ok_or(CUT_SHORT)?;
    if !reader.is_empty() {
        return Err(ReadError::SshSig("has bytes after its last field"));
    }
    if namespace != NAMESPACE.as_bytes() {
        return Err(ReadError::Namespace(String::from_utf8_lossy(namespace).escape_debug().to_string()));
    }
    if !reserved.is_empty() {
        return Err(ReadError::SshSig("has data in its reserved field"));
    }
    let signed = match hash {
        b"sha256" => signed_bytes("sha256", &Sha256::digest(message)),
        b"sha512" => signed_bytes("sha512", &Sha512::digest(message)),
        _ => return Err(ReadError::SshSig("names a hash other than sha256 and sha512")),
    };
    let signer = SshKey::from_blob(key).map_err(ReadError::Key)?;
    Ok(Parts { signer, signed, signature: signature.to_vec() })
}
