//! Making a statement, and signing it.

use base64ct::{Base64, Encoding as _};
use serde_json::json;

use super::statement::{SINGLE_FILE, root_of};
use super::{DEFAULT_IGNORED, Order, PREDICATE_TYPE, Resource, Statement};
use crate::json;
use crate::manifest::Sha256Hex;
use crate::path::RepoPath;
use crate::sign::key::FaultySignature;
use crate::sign::x509::Certificate;
use crate::sign::{EcdsaSecretKey, dsse};

impl Statement {
    /// States which files a model has. `files` has at least one; `ignored` are the paths that the signature leaves out besides
    /// those of Git.
    #[must_use]
    pub fn of(name: &str, mut files: Vec<(RepoPath, Sha256Hex)>, ignored: &[RepoPath]) -> Option<Self> {
        files.sort();
        files.dedup();
        let resources: Vec<Resource> = files.into_iter().map(|(path, sha256)| Resource { path, sha256 }).collect();
        if resources.is_empty() {
            return None;
        }
        let root = root_of(&resources);
        let mut ignored = ignored.to_vec();
        ignored.sort();
        let (name, sharded) = (name.to_owned(), Vec::new());
        let (follows_links, order, is_file) = (false, Order::Paths, false);
        Some(Self { name, root, resources, sharded, ignored, follows_links, order, is_file })
    }

    /// States that the model is a single file. It is then listed without its name, as the reference implementation does, so that
    /// the file can be renamed.
    #[must_use]
    pub fn of_single_file(self) -> Self {
        Self { is_file: self.resources.len() == 1, ..self }
    }

    /// Signs the statement and returns the bundle. The same statement and key give the same bytes.
    ///
    /// # Errors
    /// [`FaultySignature`] if the signature does not verify.
    pub fn sign(&self, key: &EcdsaSecretKey) -> Result<Vec<u8>, FaultySignature> {
        let payload = self.to_bytes();
        let signature = key.sign(&dsse::pae(dsse::PAYLOAD_TYPE, &payload))?;
        let hint = key.public().pem_id();
        let material = json!({ "publicKey": { "hint": hint }, "tlogEntries": [] });
        Ok(assemble(&payload, &signature, &material, &hint))
    }

    /// Like [`sign`](Self::sign), with the certificate of the key and those above it, the signer's first.
    ///
    /// # Errors
    /// [`FaultySignature`] if the signature does not verify by the first certificate.
    pub fn sign_with_chain(&self, key: &EcdsaSecretKey, chain: &[Certificate]) -> Result<Vec<u8>, FaultySignature> {
        if chain.first().and_then(Certificate::ecdsa_key) != Some(*key.public()) {
            return Err(FaultySignature);
        }
        let payload = self.to_bytes();
        let signature = key.sign(&dsse::pae(dsse::PAYLOAD_TYPE, &payload))?;
        let raw = |certificate: &Certificate| json!({ "rawBytes": Base64::encode_string(certificate.der()) });
        let certificates: Vec<_> = chain.iter().map(raw).collect();
        let material = json!({ "x509CertificateChain": { "certificates": certificates }, "tlogEntries": [] });
        Ok(assemble(&payload, &signature, &material, ""))
    }

    /// Returns the statement in canonical JSON.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let resources: Vec<_> = self.resources.iter().map(|resource| {
            json!({ "name": if self.is_file { SINGLE_FILE } else { resource.path.as_str() }, "digest": resource.sha256.as_str(), "algorithm": "sha256" })
        }).collect();
        let mut ignored: Vec<&str> = DEFAULT_IGNORED.to_vec();
        ignored.extend(self.ignored.iter().map(RepoPath::as_str));
        ignored.sort_unstable();
        ignored.dedup();
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{ "name": self.name, "digest": { "sha256": self.root.as_str() } }],
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "resources": resources,
                "serialization": {
                    "method": "files",
                    "hash_type": "sha256",
                    "allow_symlinks": false,
                    "ignore_paths": ignored,
                },
            },
        });
        json::canonical(&statement).expect("it holds strings only")
    }
}

fn assemble(payload: &[u8], signature: &[u8], material: &serde_json::Value, key_id: &str) -> Vec<u8> {
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": material,
        "dsseEnvelope": {
            "payload": Base64::encode_string(payload),
            "payloadType": dsse::PAYLOAD_TYPE,
            "signatures": [{ "sig": Base64::encode_string(signature), "keyid": key_id }],
        },
    });
    json::canonical(&bundle).expect("it holds strings only")
}
