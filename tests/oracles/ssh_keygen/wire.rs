//! The SSH wire format, written by the tests themselves: keys, certificates and signatures that no tool makes.

use ed25519_dalek::{Signer as _, SigningKey};
use openness::sign::{Namespace, sshsig};
use sha2::{Digest as _, Sha256};

pub(crate) const SK: &str = "sk-ssh-ed25519@openssh.com";

/// A length-prefixed string, of RFC 4251, §5.
pub(crate) fn string(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let bytes = bytes.as_ref();
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    <base64ct::Base64 as base64ct::Encoding>::encode_string(bytes)
}

pub(crate) fn unbase64(text: &str) -> Vec<u8> {
    <base64ct::Base64 as base64ct::Encoding>::decode_vec(text).unwrap()
}

/// A key that the test makes up, the same each time.
pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub(crate) fn plain_blob(public: &[u8]) -> Vec<u8> {
    [string("ssh-ed25519"), string(public)].concat()
}

pub(crate) fn sk_blob(public: &[u8], application: impl AsRef<[u8]>) -> Vec<u8> {
    [string(SK), string(public), string(application)].concat()
}

/// What stands in an `allowed_signers` line for a key.
pub(crate) fn line(name: &str, blob: &[u8]) -> String {
    format!("{name} {}", base64(blob))
}

/// A signature as the SSH protocol carries it, by a plain key.
pub(crate) fn plain_signature(key: &SigningKey, message: &[u8]) -> Vec<u8> {
    [string("ssh-ed25519"), string(key.sign(message).to_bytes())].concat()
}

/// A signature file by a plain key, or by the certificate whose blob is given.
pub(crate) fn signature_file(blob: &[u8], key: &SigningKey, message: &[u8]) -> String {
    sshsig::assemble(
        Namespace::Openness,
        blob,
        &plain_signature(key, &sshsig::to_be_signed(Namespace::Openness, message)),
    )
}

/// What an authenticator signs: the digest of the application, flags, a counter, and the digest of the message.
pub(crate) fn authenticator_data(application: &[u8], flags: u8, counter: [u8; 4], message: &[u8]) -> Vec<u8> {
    [&Sha256::digest(application)[..], &[flags], &counter, &Sha256::digest(message)].concat()
}

/// The fields of a user certificate of PROTOCOL.certkeys; `sign` puts them together.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    pub(crate) serial: u64,
    pub(crate) kind: u32,
    pub(crate) id: Vec<u8>,
    pub(crate) principals: Vec<Vec<u8>>,
    pub(crate) after: u64,
    pub(crate) before: u64,
    pub(crate) critical: Vec<u8>,
    pub(crate) extensions: Vec<u8>,
    pub(crate) reserved: Vec<u8>,
}

impl Default for Certificate {
    fn default() -> Self {
        Self {
            serial: 7,
            kind: 1,
            id: b"id".to_vec(),
            principals: vec![b"me".to_vec()],
            after: 0,
            before: u64::MAX,
            critical: Vec::new(),
            extensions: Vec::new(),
            reserved: Vec::new(),
        }
    }
}

impl Certificate {
    /// The certificate for a plain key, in the wire format.
    pub(crate) fn sign(&self, subject: &SigningKey, authority: &SigningKey) -> Vec<u8> {
        let authority_blob = plain_blob(authority.verifying_key().as_bytes());
        self.sign_as(subject, &authority_blob, authority)
    }

    /// The same, by an authority that is said to be another key than the one that signs.
    pub(crate) fn sign_as(&self, subject: &SigningKey, authority_blob: &[u8], by: &SigningKey) -> Vec<u8> {
        let principals: Vec<u8> = self.principals.iter().flat_map(string).collect();
        let mut blob = [
            string("ssh-ed25519-cert-v01@openssh.com"),
            string([3; 32]),
            string(subject.verifying_key().as_bytes()),
            self.serial.to_be_bytes().to_vec(),
            self.kind.to_be_bytes().to_vec(),
            string(&self.id),
            string(principals),
            self.after.to_be_bytes().to_vec(),
            self.before.to_be_bytes().to_vec(),
            string(&self.critical),
            string(&self.extensions),
            string(&self.reserved),
            string(authority_blob),
        ]
        .concat();
        let signature = plain_signature(by, &blob);
        blob.extend(string(signature));
        blob
    }
}
