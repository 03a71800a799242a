//! From the bytes of a signature file to what is known: [`Envelope`] before it is judged, [`Signed`] where a signature holds,
//! [`Verified`] where a trusted key made it.

use jiff::Timestamp;

use super::key::{Fingerprint, KeyError, PublicKey};
use super::ssh::{Presence, SshKey};
use super::trust::Judgement;
use super::{MAX_ENVELOPE_BYTES, Namespace, Trust, dsse, sshsig};

/// Which envelope a signature came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EnvelopeKind {
    /// DSSE in a Sigstore bundle.
    Dsse,
    /// What `ssh-keygen -Y sign` makes.
    SshSig,
}

impl EnvelopeKind {
    /// Returns `dsse` or `sshsig`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dsse => "dsse",
            Self::SshSig => "sshsig",
        }
    }
}

/// What is known of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It holds, and the key is trusted.
    Good,
    /// The key is not trusted; whether the signature holds, [`Opened::signed`] tells.
    Untrusted,
    /// It does not hold.
    Bad,
    /// It holds, but the key was trusted only until an earlier time.
    Expired,
    /// It holds, but the key is trusted only from a later time on.
    NotYetValid,
    /// It holds, but the key is revoked.
    Revoked,
}

impl Status {
    /// Returns `good`, `untrusted`, `bad`, `expired`, `not-yet-valid` or `revoked`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Untrusted => "untrusted",
            Self::Bad => "bad",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::Revoked => "revoked",
        }
    }
}

/// Why a signature file cannot be read. It proves nothing then, whoever made it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Larger than any that we make.
    #[error("the signature is larger than {MAX_ENVELOPE_BYTES} bytes")]
    TooLarge,
    /// Not JSON, or JSON that can be read in two ways.
    #[error("the bundle is no unambiguous JSON")]
    Json(#[source] serde_json::Error),
    /// A part of a bundle that is not as it must be.
    #[error("in the bundle, `{path}` {problem}")]
    Bundle {
        /// The member.
        path: &'static str,
        /// Completes the sentence.
        problem: &'static str,
    },
    /// A member that nobody would check.
    #[error("in the bundle, `{path}` has the unknown member `{name}`")]
    Unknown {
        /// The object.
        path: &'static str,
        /// The member, escaped.
        name: String,
    },
    /// Fulcio or another certification authority.
    #[error("the bundle is signed with an X.509 certificate; only bundles signed with a public key can be verified")]
    Certificate,
    /// An SSH signature that is not as it must be.
    #[error("the SSH signature {0}")]
    SshSig(&'static str),
    /// An SSH signature made for something else.
    #[error("the SSH signature was made for the namespace `{found}`, not for `{expected}`")]
    Namespace {
        /// What it was made for, escaped.
        found: String,
        /// What it should be made for.
        expected: &'static str,
    },
    /// An SSH signature by a key that we cannot verify with.
    #[error("the key in the SSH signature cannot be used")]
    Key(#[source] KeyError),
}

/// A signature file that has been read and not judged. What it is over cannot be had from it.
pub struct Envelope(Body);

enum Body {
    Dsse(dsse::Parts),
    SshSig { namespace: Namespace, parts: sshsig::Parts, message: Vec<u8> },
}

impl Envelope {
    /// Reads a Sigstore bundle.
    ///
    /// # Errors
    /// Whatever is not exactly one Ed25519 signature by a public key over an in-toto statement.
    pub fn read_dsse(bytes: &[u8]) -> Result<Self, ReadError> {
        dsse::read(bytes, None).map(|parts| Self(Body::Dsse(parts)))
    }

    /// As [`Envelope::read_dsse`], and quicker where the statement that it holds is this one. It may be any other.
    ///
    /// # Errors
    /// As [`Envelope::read_dsse`].
    pub fn read_dsse_expecting(bytes: &[u8], statement: &[u8]) -> Result<Self, ReadError> {
        dsse::read(bytes, Some(statement)).map(|parts| Self(Body::Dsse(parts)))
    }

    /// Reads an SSH signature that is to be over `message`.
    ///
    /// # Errors
    /// Whatever is not one SSHSIG signature of our namespace by an Ed25519 key, a FIDO key or a certificate for either.
    pub fn read_sshsig(bytes: &[u8], message: &[u8]) -> Result<Self, ReadError> {
        Self::read_ssh(Namespace::Openness, bytes, message)
    }

    /// Reads an SSH signature that is to be over a tag or a commit of Git's, `message`: what stands before the signature, or
    /// around it.
    ///
    /// # Errors
    /// Whatever is not one SSHSIG signature of the namespace `git` by an Ed25519 key, a FIDO key or a certificate for either.
    pub fn read_git_signature(bytes: &[u8], message: &[u8]) -> Result<Self, ReadError> {
        Self::read_ssh(Namespace::Git, bytes, message)
    }

    fn read_ssh(namespace: Namespace, bytes: &[u8], message: &[u8]) -> Result<Self, ReadError> {
        let parts = sshsig::read(namespace, bytes, message)?;
        Ok(Self(Body::SshSig { namespace, parts, message: message.to_vec() }))
    }

    /// Returns which kind it is.
    #[must_use]
    pub fn kind(&self) -> EnvelopeKind {
        match self.0 {
            Body::Dsse(_) => EnvelopeKind::Dsse,
            Body::SshSig { .. } => EnvelopeKind::SshSig,
        }
    }

    /// Returns the plain Ed25519 key that an SSH signature claims to be made with: a hint for [`Envelope::open_with_hints`],
    /// not to be trusted.
    #[must_use]
    pub fn claimed_key(&self) -> Option<PublicKey> {
        match &self.0 {
            Body::SshSig { parts, .. } => match &parts.signer {
                SshKey::Ed25519(key) => Some(*key),
                SshKey::Certificate(certificate) => match certificate.subject() {
                    SshKey::Ed25519(key) => Some(*key),
                    _ => None,
                },
                SshKey::Sk(_) => None,
            },
            Body::Dsse(_) => None,
        }
    }

    /// Judges the signature by the verifier's trust at a time, which is now or one that the verifier chose.
    #[must_use]
    pub fn verify(self, trust: &Trust, at: Timestamp) -> Verification {
        self.verify_with_hints(trust, at, &[])
    }

    /// As [`Envelope::open`]; a bundle, which names its key but does not hold it, is tried with `hints` too. A hint is not
    /// trusted: the most it can show is that the signature holds.
    #[must_use]
    pub fn verify_with_hints(self, trust: &Trust, at: Timestamp, hints: &[PublicKey]) -> Verification {
        match self.0 {
            Body::Dsse(parts) => open_dsse(parts, trust, at, hints),
            Body::SshSig { namespace, parts, message } => match parts.signer.verify(&parts.signed, &parts.signature) {
                Ok(presence) => {
                    let judgement = trust.judge(&parts.signer, namespace, presence, at);
                    Verification::judged(EnvelopeKind::SshSig, message, &parts.signer, judgement)
                }
                Err(reason) => Verification::bad(EnvelopeKind::SshSig, parts.signer.fingerprint(), reason),
            },
        }
    }
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Envelope").field(&self.kind()).finish()
    }
}

/// The hint selects among the keys at hand; the bytes decide.
fn open_dsse(parts: dsse::Parts, trust: &Trust, at: Timestamp, hints: &[PublicKey]) -> Verification {
    const KIND: EnvelopeKind = EnvelopeKind::Dsse;
    let signed = dsse::pae(dsse::PAYLOAD_TYPE, &parts.payload);
    let is_meant = |key: &&PublicKey| match &parts.hint {
        None => true,
        Some(hint) => key.key_id() == *hint || key.pem_id() == *hint,
    };
    let candidates: Vec<_> = trust.plain_keys().chain(hints).filter(is_meant).collect();
    if let Some(key) = candidates.iter().find(|key| key.verify(&signed, &parts.signature)) {
        let signer = SshKey::Ed25519(**key);
        let judgement = trust.judge(&signer, Namespace::Openness, Presence::Unknown, at);
        return Verification::judged(KIND, parts.payload, &signer, judgement);
    }
    match candidates.first() {
        Some(key) if parts.hint.is_some() => {
            Verification::bad(KIND, key.fingerprint(), "the signature does not hold for these bytes")
        }
        _ => Verification {
            kind: KIND,
            key: None,
            public_key: None,
            principal: None,
            status: Status::Untrusted,
            signed: None,
            reason: "no trusted key made this signature, so it cannot be checked".to_owned(),
        },
    }
}

/// What [`Envelope::open`] found.
#[derive(Debug)]
pub struct Verification {
    /// Which envelope.
    pub kind: EnvelopeKind,
    /// The key, where it is known. Of a certificate, the key it is for.
    pub key: Option<Fingerprint>,
    /// The key as a public key file spells it, where the signature holds.
    pub public_key: Option<String>,
    /// For whom the key is trusted, as the verifier's own list spells it; only where the status is good.
    pub principal: Option<String>,
    /// What is known.
    pub status: Status,
    /// The bytes, where the signature holds for them.
    pub signed: Option<Signed>,
    /// One clause for people: lower case, no trailing stop.
    pub reason: String,
}

impl Verification {
    fn bad(kind: EnvelopeKind, key: Fingerprint, reason: &str) -> Self {
        Self {
            kind,
            key: Some(key),
            public_key: None,
            principal: None,
            status: Status::Bad,
            signed: None,
            reason: reason.to_owned(),
        }
    }

    /// The signature holds: who made it?
    fn judged(kind: EnvelopeKind, payload: Vec<u8>, signer: &SshKey, judgement: Judgement) -> Self {
        let signed = Signed {
            payload,
            signer: signer.fingerprint(),
            principal: judgement.principal.clone(),
            status: judgement.status,
        };
        Self {
            kind,
            key: Some(signed.signer),
            public_key: Some(signer.to_line()),
            principal: judgement.principal,
            status: judgement.status,
            signed: Some(signed),
            reason: judgement.reason,
        }
    }
}

/// Bytes whose signature holds. By whom it is, and whether that means anything, is another matter.
#[derive(Debug)]
pub struct Signed {
    payload: Vec<u8>,
    signer: Fingerprint,
    principal: Option<String>,
    status: Status,
}

impl Signed {
    /// Returns the bytes that are signed.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Returns the key that signed.
    #[must_use]
    pub fn signer(&self) -> Fingerprint {
        self.signer
    }

    /// Tells whether the status is [`Status::Good`].
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.status == Status::Good
    }

    /// Returns the bytes as ones that a trusted key signed; `None` unless [`Signed::is_trusted`].
    #[must_use]
    pub fn verified(self) -> Option<Verified> {
        let trusted = self.is_trusted();
        let Self { payload, signer, principal, status: _ } = self;
        trusted.then_some(Verified { payload, signer, principal })
    }
}

/// Bytes that a trusted key signed.
#[derive(Debug)]
pub struct Verified {
    payload: Vec<u8>,
    signer: Fingerprint,
    principal: Option<String>,
}

impl Verified {
    /// Returns the bytes that are signed.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Returns the key that signed.
    #[must_use]
    pub fn signer(&self) -> Fingerprint {
        self.signer
    }

    /// Returns for whom the key is trusted, as the verifier's own list spells it; `None` for a bare key.
    #[must_use]
    pub fn principal(&self) -> Option<&str> {
        self.principal.as_deref()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use std::io::Write;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::sign::SecretKey;

    const PAYLOAD: &[u8] = b"{}";

    fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    fn open(bundle: &[u8], trust: &Trust, hints: &[PublicKey]) -> Verification {
        Envelope::read_dsse(bundle).unwrap().verify_with_hints(trust, now(), hints)
    }

    #[test]
    fn only_a_trusted_key_makes_bytes_verified() {
        let (key, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let bundle = dsse::sign(PAYLOAD, &key).unwrap();

        let good = open(&bundle, &Trust::of_keys([*other.public(), *key.public()]), &[]);
        assert_eq!((good.status, good.key), (Status::Good, Some(key.public().fingerprint())));
        let verified = good.signed.unwrap().verified().unwrap();
        assert_eq!((verified.payload(), verified.signer()), (PAYLOAD, key.public().fingerprint()));
        assert_eq!(verified.principal(), None);
        let line = format!("lab@example.org {}\n", key.public().to_openssh(""));
        let named = Trust::of_allowed_signers(&crate::source::Source::new("allowed_signers", line)).unwrap();
        let verified = open(&bundle, &named, &[]).signed.unwrap().verified().unwrap();
        assert_eq!(verified.principal(), Some("lab@example.org"));

        let unknown = open(&bundle, &Trust::of_keys([*other.public()]), &[]);
        assert_eq!((unknown.status, unknown.key), (Status::Untrusted, None));
        assert!(unknown.signed.is_none());

        let intact = open(&bundle, &Trust::of_keys([*other.public()]), &[*key.public()]);
        assert_eq!((intact.status, intact.key), (Status::Untrusted, Some(key.public().fingerprint())));
        let signed = intact.signed.unwrap();
        assert_eq!((signed.payload(), signed.is_trusted()), (PAYLOAD, false));
        assert!(signed.verified().is_none());
    }

    #[test]
    fn a_changed_payload_is_bad_where_the_key_is_known() {
        let key = SecretKey::generate().unwrap();
        let bundle = String::from_utf8(dsse::sign(PAYLOAD, &key).unwrap()).unwrap();
        let changed = bundle.replace(r#""payload":"e30=""#, r#""payload":"e31d""#);
        assert_ne!(bundle, changed);
        let changed = changed.as_bytes();
        let trust = Trust::of_keys([*key.public()]);
        for opened in [open(changed, &trust, &[]), open(changed, &Trust::none(), &[*key.public()])] {
            assert_eq!((opened.status, opened.key), (Status::Bad, Some(key.public().fingerprint())));
            assert!(opened.signed.is_none());
        }
        assert_eq!(open(changed, &Trust::none(), &[]).status, Status::Untrusted);
    }

    /// The hint only selects: a key that claims another's name is not that key.
    #[test]
    fn a_false_hint_is_bad() {
        let (key, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let bundle = String::from_utf8(dsse::sign(PAYLOAD, &key).unwrap()).unwrap();
        let bundle = bundle.replace(&key.public().key_id(), &other.public().key_id());
        let opened = open(bundle.as_bytes(), &Trust::of_keys([*key.public(), *other.public()]), &[]);
        assert_eq!(opened.status, Status::Bad);
    }

    #[test]
    fn a_bundle_without_hint_is_tried_with_every_trusted_key() {
        let (key, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let bundle = String::from_utf8(dsse::sign(PAYLOAD, &key).unwrap()).unwrap();
        let bundle = bundle.replace(&key.public().key_id(), "");
        let both = Trust::of_keys([*other.public(), *key.public()]);
        assert_eq!(open(bundle.as_bytes(), &both, &[]).status, Status::Good);
        assert_eq!(open(bundle.as_bytes(), &Trust::of_keys([*other.public()]), &[]).status, Status::Untrusted);
    }

    #[test]
    fn the_key_inside_an_ssh_signature_is_a_hint_for_the_bundle_beside_it() {
        let key = SecretKey::generate().unwrap();
        let signature = sshsig::sign(PAYLOAD, &key).unwrap();
        let envelope = Envelope::read_sshsig(signature.as_bytes(), PAYLOAD).unwrap();
        let hint = envelope.claimed_key().unwrap();
        let opened = open(&dsse::sign(PAYLOAD, &key).unwrap(), &Trust::none(), &[hint]);
        assert!(opened.signed.is_some_and(|signed| !signed.is_trusted()));
    }

    #[test]
    fn an_envelope_does_not_show_what_it_holds() {
        let key = SecretKey::generate().unwrap();
        let envelope = Envelope::read_dsse(&dsse::sign(PAYLOAD, &key).unwrap()).unwrap();
        assert_eq!(format!("{envelope:?}"), "Envelope(Dsse)");
    }

    /// Bundles that name the key by the digest of its PEM, as OpenSSF Model Signing does.
    #[test]
    fn recorded_bundles_are_read_as_recorded() {
        let folder = std::env::var_os("OPENNESS_SHARED_DATA")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from)
            .join("dsse");
        let Ok(key) = std::fs::read_to_string(folder.join("ed.pub")) else {
            let _ = writeln!(std::io::stderr(), "skipped: needs shared data at {}", folder.display());
            return;
        };
        let trust = Trust::of_key_text(&key).unwrap();
        for (name, status) in [("b.json", Status::Good), ("b-nokeyid.json", Status::Good), ("b-bad.json", Status::Bad)]
        {
            let opened = open(&std::fs::read(folder.join(name)).unwrap(), &trust, &[]);
            assert_eq!(opened.status, status, "{name}: {opened:?}");
        }
    }
}
