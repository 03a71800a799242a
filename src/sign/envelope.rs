//! From the bytes of a signature file to verified content: [`Envelope`] before verification, [`Signed`] if the
//! signature is intact, [`Verified`] if a trusted key made it.

use jiff::Timestamp;

use super::key::{Fingerprint, PublicKey};
use super::ssh::{Presence, SshKey};
use super::status::{ReadError, Status};
use super::trust::{Trust, TrustDecision};
use super::{Namespace, dsse, sshsig};

/// The format of a signature file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EnvelopeKind {
    /// DSSE v1.0.2 in a Sigstore bundle v0.3.
    Dsse,
    /// SSHSIG, as `ssh-keygen -Y sign` makes it.
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

/// A signature file that has been read but not verified. It gives no access to the signed bytes.
pub struct Envelope(Body);

enum Body {
    Dsse(dsse::Parts),
    SshSig { namespace: Namespace, parts: sshsig::Parts, message: Vec<u8> },
}

impl Envelope {
    /// Reads a Sigstore bundle.
    ///
    /// # Errors
    /// [`ReadError`] unless the bundle contains exactly one Ed25519 signature by a public key over an in-toto
    /// statement.
    pub fn read_dsse(bytes: &[u8]) -> Result<Self, ReadError> {
        dsse::read(bytes, None).map(|parts| Self(Body::Dsse(parts)))
    }

    /// Like [`Envelope::read_dsse`], but faster if the bundle contains exactly `statement`. Any other statement is read
    /// too.
    ///
    /// # Errors
    /// The errors of [`Envelope::read_dsse`].
    pub fn read_dsse_expecting(bytes: &[u8], statement: &[u8]) -> Result<Self, ReadError> {
        dsse::read(bytes, Some(statement)).map(|parts| Self(Body::Dsse(parts)))
    }

    /// Reads an SSH signature that should be over `message`, which is the signed statement.
    ///
    /// # Errors
    /// [`ReadError`] unless the file is one SSHSIG signature in the namespace [`super::NAMESPACE`] by an Ed25519 key, a
    /// FIDO key or a certificate for either.
    pub fn read_sshsig(bytes: &[u8], message: &[u8]) -> Result<Self, ReadError> {
        Self::read_ssh(Namespace::Openness, bytes, message)
    }

    /// Reads an SSH signature that should be over `message`, a Git tag or commit object without its signature.
    ///
    /// # Errors
    /// [`ReadError`] unless the file is one SSHSIG signature in the namespace `git` by an Ed25519 key, a FIDO key or a
    /// certificate for either.
    pub fn read_git_signature(bytes: &[u8], message: &[u8]) -> Result<Self, ReadError> {
        Self::read_ssh(Namespace::Git, bytes, message)
    }

    fn read_ssh(namespace: Namespace, bytes: &[u8], message: &[u8]) -> Result<Self, ReadError> {
        let parts = sshsig::read(namespace, bytes, message)?;
        Ok(Self(Body::SshSig { namespace, parts, message: message.to_vec() }))
    }

    /// Returns the format of the file.
    #[must_use]
    pub fn kind(&self) -> EnvelopeKind {
        match self.0 {
            Body::Dsse(_) => EnvelopeKind::Dsse,
            Body::SshSig { .. } => EnvelopeKind::SshSig,
        }
    }

    /// Returns the plain Ed25519 key that an SSH signature claims to be made with. It is not trusted; use it only as a
    /// hint for
    /// [`Envelope::verify_with_hints`].
    #[must_use]
    pub fn claimed_key(&self) -> Option<PublicKey> {
        match &self.0 {
            Body::SshSig { parts, .. } => match &parts.signer {
                SshKey::Ed25519(key) => Some(*key),
                SshKey::Certificate(certificate) => match certificate.subject() {
                    SshKey::Ed25519(key) => Some(*key),
                    _ => None,
                },
                SshKey::Sk(_) | SshKey::Composite(_) => None,
            },
            Body::Dsse(_) => None,
        }
    }

    /// Returns whether the file names a signer whom the trust knows. Whether the signature holds is not checked.
    #[must_use]
    pub fn names_signer_of(&self, trust: &Trust) -> bool {
        match &self.0 {
            Body::SshSig { parts, .. } => trust.knows(&parts.signer),
            Body::Dsse(parts) => parts
                .hint
                .as_ref()
                .is_some_and(|hint| trust.plain_keys().any(|key| key.key_id() == *hint || key.pem_id() == *hint)),
        }
    }

    /// Verifies the signature and decides by the verifier's trust, as of the time `at`, whether its signer is trusted.
    #[must_use]
    pub fn verify(self, trust: &Trust, at: Timestamp) -> Verification {
        self.verify_with_hints(trust, at, &[])
    }

    /// Like [`Envelope::verify`], but tries the keys in `hints` too, for bundles, which name their key without
    /// containing it. Hints are not trusted: the most they can show is that the signature is intact.
    #[must_use]
    pub fn verify_with_hints(self, trust: &Trust, at: Timestamp, hints: &[PublicKey]) -> Verification {
        match self.0 {
            Body::Dsse(parts) => verify_dsse(parts, trust, at, hints),
            Body::SshSig { namespace, parts, message } => match parts.signer.verify(&parts.signed, &parts.signature) {
                Ok(presence) => {
                    let decision = trust.decide(&parts.signer, namespace, presence, at);
                    Verification::intact(EnvelopeKind::SshSig, message, &parts.signer, decision)
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

impl ReadError {
    /// Tells whether the file may be a good signature that this program cannot verify, so that it counts neither for nor
    /// against a release.
    ///
    /// A bundle that names a key of `trust` or `hints` is not: the holder of that key makes bundles that can be verified,
    /// so this one was changed.
    #[must_use]
    pub fn is_not_checkable(&self, trust: &Trust, hints: &[PublicKey]) -> bool {
        match self {
            Self::Unsupported { .. } => true,
            Self::Foreign { named_keys, .. } => {
                let is_named =
                    |key: &PublicKey| named_keys.contains(&key.key_id()) || named_keys.contains(&key.pem_id());
                !trust.plain_keys().chain(hints).any(is_named)
            }
            _ => false,
        }
    }
}

/// The hint selects among the available keys; only a matching signature counts.
fn verify_dsse(parts: dsse::Parts, trust: &Trust, at: Timestamp, hints: &[PublicKey]) -> Verification {
    const KIND: EnvelopeKind = EnvelopeKind::Dsse;
    let signed = dsse::pae(dsse::PAYLOAD_TYPE, &parts.payload);
    let is_candidate = |key: &&PublicKey| match &parts.hint {
        None => true,
        Some(hint) => key.key_id() == *hint || key.pem_id() == *hint,
    };
    let candidates: Vec<_> = trust.plain_keys().chain(hints).filter(is_candidate).collect();
    if let Some(key) = candidates.iter().find(|key| key.verify(&signed, &parts.signature)) {
        let signer = SshKey::Ed25519(**key);
        let decision = trust.decide(&signer, Namespace::Openness, Presence::Unknown, at);
        return Verification::intact(KIND, parts.payload, &signer, decision);
    }
    match candidates.first() {
        Some(key) if parts.hint.is_some() => {
            Verification::bad(KIND, key.fingerprint(), "the signature does not match these bytes")
        }
        _ => Verification {
            kind: KIND,
            key: None,
            public_key: None,
            principal: None,
            status: Status::Untrusted,
            signed: None,
            reason: "the signature was not made by a trusted key, so it cannot be checked".to_owned(),
        },
    }
}

/// The result of [`Envelope::verify`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Verification {
    /// The format of the signature file.
    pub kind: EnvelopeKind,
    /// The key, if it is known; of a certificate, the key it certifies.
    pub key: Option<Fingerprint>,
    /// The line of the key in a public key file, `TYPE BASE64`, if the signature is intact.
    pub public_key: Option<String>,
    /// The principal whose key it is, as in the verifier's own list; only if the status is [`Status::Good`],
    /// [`Status::Expired`], [`Status::NotYetValid`] or [`Status::Revoked`].
    pub principal: Option<String>,
    /// The status of the signature.
    pub status: Status,
    /// The signed bytes, if the signature is intact.
    pub signed: Option<Signed>,
    /// The reason for the status: one clause in lower case, without a final period.
    pub reason: String,
}

impl Verification {
    /// Returns the result for a file that could not be read as a signature.
    pub(crate) fn unread(kind: EnvelopeKind, status: Status, key: Option<Fingerprint>, reason: String) -> Self {
        Self { kind, key, public_key: None, principal: None, status, signed: None, reason }
    }

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

    /// Returns the result for an intact signature.
    fn intact(kind: EnvelopeKind, payload: Vec<u8>, signer: &SshKey, decision: TrustDecision) -> Self {
        let signed = Signed {
            payload,
            signer: signer.fingerprint(),
            principal: decision.principal.clone(),
            status: decision.status,
        };
        Self {
            kind,
            key: Some(signed.signer),
            public_key: Some(signer.to_line()),
            principal: decision.principal,
            status: decision.status,
            signed: Some(signed),
            reason: decision.reason,
        }
    }
}

/// Bytes with an intact signature, by a key that may or may not be trusted.
#[derive(Debug)]
pub struct Signed {
    payload: Vec<u8>,
    signer: Fingerprint,
    principal: Option<String>,
    status: Status,
}

impl Signed {
    /// Returns the signed bytes.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Returns the fingerprint of the signing key.
    #[must_use]
    pub fn signer(&self) -> Fingerprint {
        self.signer
    }

    /// Tells whether the status is [`Status::Good`].
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.status == Status::Good
    }

    /// Returns the bytes as [`Verified`] if [`Signed::is_trusted`], otherwise `None`.
    #[must_use]
    pub fn verified(self) -> Option<Verified> {
        self.is_trusted().then_some(Verified(self))
    }
}

/// [`Signed`] bytes whose status is [`Status::Good`]: a trusted key signed them.
#[derive(Debug)]
pub struct Verified(Signed);

impl Verified {
    /// Returns the principal for whom the key is trusted, as in the verifier's own list, or `None` for a key that is
    /// trusted without a name.
    #[must_use]
    pub fn principal(&self) -> Option<&str> {
        self.0.principal.as_deref()
    }
}

impl std::ops::Deref for Verified {
    type Target = Signed;

    fn deref(&self) -> &Signed {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use std::io::Write;
    use std::path::{Path, PathBuf};

    use jiff::tz::TimeZone;

    use super::*;
    use crate::sign::SecretKey;

    const PAYLOAD: &[u8] = b"{}";

    fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    fn verify(bundle: &[u8], trust: &Trust, hints: &[PublicKey]) -> Verification {
        Envelope::read_dsse(bundle).unwrap().verify_with_hints(trust, now(), hints)
    }

    #[test]
    fn only_bytes_signed_by_a_trusted_key_are_verified() {
        let (key, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let bundle = dsse::sign(PAYLOAD, &key).unwrap();

        let good = verify(&bundle, &Trust::of_keys([*other.public(), *key.public()]), &[]);
        assert_eq!((good.status, good.key), (Status::Good, Some(key.public().fingerprint())));
        let verified = good.signed.unwrap().verified().unwrap();
        assert_eq!((verified.payload(), verified.signer()), (PAYLOAD, key.public().fingerprint()));
        assert_eq!(verified.principal(), None);
        let line = format!("lab@example.org {}\n", key.public().to_openssh(""));
        let named =
            Trust::of_allowed_signers(&crate::source::Source::new("allowed_signers", line), &TimeZone::UTC).unwrap();
        let verified = verify(&bundle, &named, &[]).signed.unwrap().verified().unwrap();
        assert_eq!(verified.principal(), Some("lab@example.org"));

        let unknown = verify(&bundle, &Trust::of_keys([*other.public()]), &[]);
        assert_eq!((unknown.status, unknown.key), (Status::Untrusted, None));
        assert!(unknown.signed.is_none());

        let intact = verify(&bundle, &Trust::of_keys([*other.public()]), &[*key.public()]);
        assert_eq!((intact.status, intact.key), (Status::Untrusted, Some(key.public().fingerprint())));
        let signed = intact.signed.unwrap();
        assert_eq!((signed.payload(), signed.is_trusted()), (PAYLOAD, false));
        assert!(signed.verified().is_none());
    }

    #[test]
    fn a_changed_payload_is_bad_if_the_key_is_known() {
        let key = SecretKey::generate().unwrap();
        let bundle = String::from_utf8(dsse::sign(PAYLOAD, &key).unwrap()).unwrap();
        let changed = bundle.replace(r#""payload":"e30=""#, r#""payload":"e31d""#);
        assert_ne!(bundle, changed);
        let changed = changed.as_bytes();
        let trust = Trust::of_keys([*key.public()]);
        for verification in [verify(changed, &trust, &[]), verify(changed, &Trust::none(), &[*key.public()])] {
            assert_eq!((verification.status, verification.key), (Status::Bad, Some(key.public().fingerprint())));
            assert!(verification.signed.is_none());
        }
        assert_eq!(verify(changed, &Trust::none(), &[]).status, Status::Untrusted);
    }

    /// The hint only selects a key; the signature has to match that key.
    #[test]
    fn a_signature_with_the_hint_of_another_key_is_bad() {
        let (key, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let bundle = String::from_utf8(dsse::sign(PAYLOAD, &key).unwrap()).unwrap();
        let bundle = bundle.replace(&key.public().key_id(), &other.public().key_id());
        let verification = verify(bundle.as_bytes(), &Trust::of_keys([*key.public(), *other.public()]), &[]);
        assert_eq!(verification.status, Status::Bad);
    }

    #[test]
    fn a_bundle_without_hint_is_tried_with_every_trusted_key() {
        let (key, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let bundle = String::from_utf8(dsse::sign(PAYLOAD, &key).unwrap()).unwrap();
        let bundle = bundle.replace(&key.public().key_id(), "");
        let both = Trust::of_keys([*other.public(), *key.public()]);
        assert_eq!(verify(bundle.as_bytes(), &both, &[]).status, Status::Good);
        assert_eq!(verify(bundle.as_bytes(), &Trust::of_keys([*other.public()]), &[]).status, Status::Untrusted);
    }

    #[test]
    fn the_key_of_an_ssh_signature_is_a_hint_for_a_bundle() {
        let key = SecretKey::generate().unwrap();
        let signature = sshsig::sign(PAYLOAD, &key).unwrap();
        let envelope = Envelope::read_sshsig(signature.as_bytes(), PAYLOAD).unwrap();
        let hint = envelope.claimed_key().unwrap();
        let verification = verify(&dsse::sign(PAYLOAD, &key).unwrap(), &Trust::none(), &[hint]);
        assert!(verification.signed.is_some_and(|signed| !signed.is_trusted()));
    }

    #[test]
    fn debug_output_does_not_show_the_content_of_an_envelope() {
        let key = SecretKey::generate().unwrap();
        let envelope = Envelope::read_dsse(&dsse::sign(PAYLOAD, &key).unwrap()).unwrap();
        assert_eq!(format!("{envelope:?}"), "Envelope(Dsse)");
    }

    /// Bundles whose key id is the digest of the key's PEM, as in OpenSSF Model Signing.
    #[test]
    fn bundles_of_openssf_model_signing_are_verified() {
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
            let verification = verify(&std::fs::read(folder.join(name)).unwrap(), &trust, &[]);
            assert_eq!(verification.status, status, "{name}: {verification:?}");
        }
    }
}
