//! Verifies bundles that are signed without a lasting key: an identity that Sigstore certified for some minutes signs, a
//! transparency log records it, and a verifier who trusts the authorities and logs checks it later, without a network.
//!
//! ```text
//! trusted root (JSON) ─Verifier::new→ Verifier ─verify(bundle, digest)→ Certified
//! ```
//!
//! This crate is the only one that names `sigstore-*`. It checks what can be checked without knowing whom a verifier trusts:
//! the chain of the certificate to an authority of the trusted root at every proven time, its timestamp of certificate
//! transparency, the proof that a trusted log has the entry (Rekor 1 and 2), timestamps (RFC 3161), the signature, and that
//! entry, certificate and signature belong together. Who signed is in [`Certified`]; whether to trust them is for the caller.

mod error;
mod provider;
mod root;

use sigstore_types::{Bundle, DerPublicKey, Sha256Hash, TransparencyLogEntry};
use sigstore_verify::{PublicKeyVerificationPolicy, VerificationPolicy};

pub use error::{Error, Problem};
pub use root::{MAX_ROOT_BYTES, embedded};

/// Authorities and logs that a verifier trusts.
pub struct Verifier {
    verifier: sigstore_verify::Verifier,
    newest: Option<i64>,
}

/// Who made a signature that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certified {
    /// The address or URI that the certificate names.
    pub identity: String,
    /// The URL of the service that vouched for the identity.
    pub issuer: String,
    /// When it was signed, as logs and timestamp authorities prove it, in seconds since 1970: at least one time, the earliest
    /// first. The certificate was valid at each.
    pub times: Vec<i64>,
    /// The certificate in DER.
    pub certificate: Vec<u8>,
    /// The entries of trusted logs about the signature that come with a proof of inclusion, which holds.
    pub entries: Vec<Entry>,
}

/// An entry of a transparency log, and the proof that the log includes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What the leaf of the tree is the hash of.
    pub body: Vec<u8>,
    /// The index of the leaf in the tree, from 0.
    pub index: u64,
    /// The inclusion path, from the sibling of the leaf to the child of the root.
    pub path: Vec<[u8; 32]>,
    /// The checkpoint as the bundle has it: a signed note, whose signatures by others than the log nothing has verified.
    pub checkpoint: String,
}

impl Verifier {
    /// Reads a trusted root: `trusted_root.json` of a Sigstore instance.
    ///
    /// # Errors
    /// [`Error`] with [`Problem::TrustedRoot`] if it is malformed, or trusts nothing.
    pub fn new(trusted_root: &str) -> Result<Self, Error> {
        provider::install().map_err(|_| Error::other_provider())?;
        root::read(trusted_root)
    }

    /// Returns when the newest of what the trusted root trusts began to work, in seconds since 1970; `None` if it says nothing
    /// about times. A root that was written long ago lacks the authorities and logs that were added since.
    #[must_use]
    pub fn newest(&self) -> Option<i64> {
        self.newest
    }

    /// Verifies a bundle over a statement one of whose subjects has this SHA-256, or over a file that has it.
    ///
    /// # Errors
    /// [`Error`], whose [`Problem`] says what kind of reason it is.
    pub fn verify(&self, bundle: &str, subject: &[u8; 32]) -> Result<Certified, Error> {
        let bundle = Bundle::from_json(bundle).map_err(|error| Error::new(Problem::Malformed, &error))?;
        let certificate = bundle.signing_certificate().map(|certificate| certificate.as_bytes().to_vec());
        let Some(certificate) = certificate else { return Err(Error::no_certificate()) };
        if bundle.verification_material.tlog_entries.is_empty() {
            return Err(Error::no_entry());
        }
        // The identity is compared by the caller: the policy here only demands that there is proof of one.
        let policy = VerificationPolicy::any_identity();
        let found = self.verifier.verify(Sha256Hash::new(*subject), &bundle, &policy);
        let found = found.map_err(|error| Error::of(error, claimed(&bundle)))?;
        let is_whole = found.certificate_verified() && found.sct_verified() && found.tlog_verified();
        let (Some(identity), Some(issuer), true) = (found.identity(), found.issuer(), is_whole) else {
            return Err(Error::no_identity());
        };
        let mut times: Vec<i64> = found.verified_timestamps().iter().map(|time| time.as_second()).collect();
        times.sort_unstable();
        let entries = bundle.verification_material.tlog_entries.iter().filter_map(entry).collect();
        Ok(Certified { identity: identity.as_str().to_owned(), issuer: issuer.to_owned(), times, certificate, entries })
    }

    /// Like [`verify`](Self::verify), for a bundle that is signed with a lasting key and recorded in a log. `key` is a public
    /// key in PEM. Returns the times that the log or timestamp authorities prove, in seconds since 1970, the earliest first.
    ///
    /// # Errors
    /// [`Error`], as for [`verify`](Self::verify).
    pub fn verify_with_key(&self, bundle: &str, subject: &[u8; 32], key: &str) -> Result<Vec<i64>, Error> {
        let bundle = Bundle::from_json(bundle).map_err(|error| Error::new(Problem::Malformed, &error))?;
        let key = DerPublicKey::from_pem(key).map_err(|error| Error::new(Problem::Unsupported, &error))?;
        if bundle.verification_material.tlog_entries.is_empty() {
            return Err(Error::no_entry());
        }
        let found = self.verifier.verify(Sha256Hash::new(*subject), &bundle, &PublicKeyVerificationPolicy::new(key));
        let found = found.map_err(|error| Error::of(error, None))?;
        let mut times: Vec<i64> = found.verified_timestamps().iter().map(|time| time.as_second()).collect();
        times.sort_unstable();
        Ok(times)
    }
}

/// Returns an entry that comes with a proof of inclusion.
fn entry(entry: &TransparencyLogEntry) -> Option<Entry> {
    let proof = entry.inclusion_proof.as_ref().filter(|proof| !proof.checkpoint.is_empty())?;
    Some(Entry {
        body: entry.canonicalized_body.as_bytes().to_vec(),
        index: proof.log_index.get(),
        path: proof.hashes.iter().map(|hash| *hash.as_bytes()).collect(),
        checkpoint: proof.checkpoint.envelope().to_owned(),
    })
}

/// Returns the identity and issuer that a certificate names, which nothing proves.
fn claimed(bundle: &Bundle) -> Option<(String, String)> {
    let found = sigstore_crypto::parse_certificate_info(bundle.signing_certificate()?).ok()?;
    Some((found.identity?.as_str().to_owned(), found.issuer?))
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").field("newest", &self.newest).finish_non_exhaustive()
    }
}
