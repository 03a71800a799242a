//! The Sigstore bundle around a statement.

use base64ct::{Base64, Encoding as _};
use jiff::Timestamp;
use serde_json::Value;

use super::object::Object;
use super::signers::TrustedKey;
use super::{MAX_BUNDLE_BYTES, Refusal, Signer, Signers, Statement};
use crate::artifacts::oms_bundle;
use crate::json;
use crate::manifest::Sha256Hex;
use crate::sign::keyless::{Certified, LoggedEntry, Problem, Uncertified};
use crate::sign::x509::{Certificate, CertificateError};
use crate::sign::{Status, dsse};

/// The media types of the versions of Sigstore bundles that OMS has used.
const MEDIA_TYPES: &[&str] = &[
    "application/vnd.dev.sigstore.bundle.v0.3+json",
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
];

/// A bundle that has been read but not verified. It gives no access to the statement.
pub struct Bundle {
    material: Material,
    payload: Vec<u8>,
    is_of_oms: bool,
    signature: Vec<u8>,
    /// The whole bundle, if its entries of a log and its timestamps are needed.
    text: String,
}

/// What a bundle says about its signer. Nothing of it is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Material {
    /// A key, by its name if the bundle gives one.
    Key {
        /// The SHA-256 of the key's PEM text, in hex.
        hint: Option<String>,
    },
    /// A chain of certificates in DER, the signer's first.
    Certificates(Vec<Vec<u8>>),
    /// A short-lived certificate of Sigstore, with entries of a transparency log.
    Keyless {
        /// The certificate in DER.
        certificate: Vec<u8>,
    },
}

/// What can be said about a bundle by the verifier's trust.
#[derive(Debug)]
#[non_exhaustive]
pub struct Verification {
    /// Whether the signature is good, and if not, why.
    pub status: Status,
    /// Who made the signature; `None` unless it holds.
    pub signer: Option<Signer>,
    /// One clause for people: lower case, no final period.
    pub reason: String,
    /// The signed statement, or why it is refused; `None` unless the signature is good.
    pub statement: Option<Result<Statement, Refusal>>,
    /// The entries of logs that the authorities trust, if the signature is good and was made without a lasting key.
    pub entries: Vec<LoggedEntry>,
}

impl Bundle {
    /// Reads a bundle.
    ///
    /// # Errors
    /// [`Refusal`] unless it is a bundle with exactly one signature over an in-toto statement.
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_BUNDLE_BYTES {
            return Err(Refusal::TooLarge { limit: MAX_BUNDLE_BYTES });
        }
        let value = json::read(bytes).map_err(|error| Refusal::Json { what: "bundle", source: error.into() })?;
        let bundle = Object::new("bundle", &value)?;
        bundle.only(&["mediaType", "verificationMaterial", "dsseEnvelope"])?;
        if !MEDIA_TYPES.contains(&bundle.text("mediaType")?) {
            return Err(Refusal::value("mediaType", "is not the media type of a Sigstore bundle"));
        }
        let material = material(&Object::new("verificationMaterial", bundle.member("verificationMaterial")?)?)?;
        let envelope = Object::new("dsseEnvelope", bundle.member("dsseEnvelope")?)?;
        envelope.only(&["payload", "payloadType", "signatures"])?;
        if envelope.text("payloadType")? != dsse::PAYLOAD_TYPE {
            return Err(Refusal::value("payloadType", "is not that of an in-toto statement"));
        }
        let signatures = envelope.list("signatures")?;
        let [signature] = signatures else { return Err(Refusal::Signatures { count: signatures.len() }) };
        let signature = Object::new("signatures", signature)?;
        signature.only(&["sig", "keyid"])?;
        if !matches!(signature.members.get("keyid"), None | Some(Value::Null | Value::String(_))) {
            return Err(Refusal::value("keyid", "is not a string"));
        }
        let text = match &material {
            Material::Keyless { .. } => String::from_utf8_lossy(bytes).into_owned(),
            Material::Key { .. } | Material::Certificates(_) => String::new(),
        };
        let (payload, signature) = (base64(&envelope, "payload")?, base64(&signature, "sig")?);
        Ok(Self { material, is_of_oms: oms_bundle::is_of_oms(&payload), payload, signature, text })
    }

    /// Returns whether bytes are a bundle of OMS or would be if they were well formed, which nothing else says for sure: other
    /// tools use the same names and endings for files.
    #[must_use]
    pub fn is_likely(bytes: &[u8]) -> bool {
        oms_bundle::is_likely(bytes)
    }

    /// Returns whether the bundle says that it holds a statement of OMS.
    #[must_use]
    pub fn is_of_oms(&self) -> bool {
        self.is_of_oms
    }

    /// Returns what the bundle says about its signer.
    #[must_use]
    pub fn material(&self) -> &Material {
        &self.material
    }

    /// Verifies the signature by the verifier's trust, as of the time `at`. Only a good signature gives access to the statement.
    #[must_use]
    pub fn verify(&self, signers: &Signers, at: Timestamp) -> Verification {
        let message = dsse::pae(dsse::PAYLOAD_TYPE, &self.payload);
        match &self.material {
            Material::Key { hint } => self.verify_by_key(signers, hint.as_deref(), &message),
            Material::Certificates(chain) => self.verify_by_certificate(signers, chain, at, &message),
            Material::Keyless { certificate } => self.verify_keyless(signers, certificate, at),
        }
    }

    fn verify_by_key(&self, signers: &Signers, hint: Option<&str>, message: &[u8]) -> Verification {
        if signers.has_no_keys() {
            return Verification::not_checkable(
                "it is signed with an ECDSA key, and no such key was given to check it with",
            );
        }
        let candidates: Vec<&TrustedKey> = signers.candidates(hint).collect();
        let is_named = hint.is_some() && candidates.iter().any(|trusted| trusted.limit.is_none());
        // Of several lines about one key, one that admits it is enough; of several refusals, that of a line for the required
        // identity is reported.
        let holding: Vec<&TrustedKey> =
            candidates.into_iter().filter(|trusted| trusted.key.verify(message, &self.signature)).collect();
        let admits = |trusted: &&TrustedKey| signers.admits(&Signer::of_key(trusted));
        let admitting = || holding.iter().copied().filter(admits);
        let best = admitting().find(|trusted| trusted.limit.is_none()).or_else(|| admitting().next());
        match best.or(holding.first().copied()) {
            Some(trusted) if signers.is_revoked(&trusted.key) => {
                Verification::refused(Status::Revoked, "the key is revoked")
            }
            Some(TrustedKey { limit: Some((status, reason)), .. }) => Verification::refused(*status, reason.clone()),
            Some(trusted) => by(Signer::of_key(trusted), signers, || Statement::read(&self.payload)),
            None if is_named => Verification::refused(Status::Bad, "the signature does not match these bytes"),
            None if hint.is_some() => {
                Verification::refused(Status::Untrusted, "it names another key than those that are trusted")
            }
            None => {
                Verification::refused(Status::Untrusted, "it was not made by a trusted key, so it cannot be checked")
            }
        }
    }

    fn verify_by_certificate(
        &self,
        signers: &Signers,
        certificates: &[Vec<u8>],
        at: Timestamp,
        message: &[u8],
    ) -> Verification {
        if signers.anchors().is_empty() {
            return Verification::not_checkable("it is signed with a certificate, and none was given to check it with");
        }
        let chain = match signers.anchors().chain(certificates, at) {
            Ok(chain) => chain,
            Err(error) => {
                let status = match &error {
                    CertificateError::Time { is_expired: true, .. } => Status::Expired,
                    CertificateError::Time { .. } => Status::NotYetValid,
                    CertificateError::Revoked { .. } => Status::Revoked,
                    _ => Status::Untrusted,
                };
                return Verification::refused(status, error.to_string());
            }
        };
        match chain.signer().ecdsa_key() {
            Some(key) if key.verify(message, &self.signature) => {
                by(Signer::of_chain(&chain), signers, || Statement::read(&self.payload))
            }
            _ => Verification::refused(Status::Bad, "the signature does not match these bytes"),
        }
    }

    /// Verifies a signature by an identity that an authority certified. What it is over is the digest that the list of files
    /// has, computed again.
    fn verify_keyless(&self, signers: &Signers, certificate: &[u8], at: Timestamp) -> Verification {
        if signers.authorities().is_empty() {
            return Verification::not_checkable(
                "it is signed without a lasting key, and no trusted root of Sigstore was given to check it with",
            );
        }
        let statement = Statement::read(&self.payload);
        let subject = match &statement {
            Ok(statement) => Some(statement.root().to_bytes()),
            Err(_) => claimed_subject(&self.payload),
        };
        let Some(subject) = subject else {
            return Verification::refused(Status::Untrusted, "it does not name the digest of what it signs");
        };
        let mut refused = Verification::refused(Status::Untrusted, "no trusted root stands behind it");
        for authorities in signers.authorities() {
            match authorities.certify(&self.text, &subject) {
                Ok(found) => return certified(found, (certificate, authorities.root()), signers, at, statement),
                Err(error) => {
                    let found = uncertified(error, signers);
                    if refused.status == Status::Untrusted {
                        refused = found;
                    }
                }
            }
        }
        refused
    }
}

/// Concludes from a signature that holds by the authorities of a trusted root.
fn certified(
    found: Certified,
    (certificate, root): (&[u8], &str),
    signers: &Signers,
    at: Timestamp,
    statement: Result<Statement, Refusal>,
) -> Verification {
    let certificate = match Certificate::from_der(certificate) {
        Ok(read) if found.certificate == certificate => read,
        Ok(_) => return Verification::refused(Status::Bad, "it has two certificates"),
        Err(error) => return Verification::refused(Status::Untrusted, error.to_string()),
    };
    let latest = found.times.iter().max().copied();
    let entries = found.entries.clone();
    let Some(signer) = Signer::of_certified(found, &certificate, root) else {
        return Verification::refused(Status::Untrusted, "no time of the signature is proven");
    };
    if signers.revokes_certificate(&certificate) {
        return Verification::refused(Status::Revoked, "the certificate is revoked");
    }
    if let Some(latest) = latest.filter(|latest| *latest > at) {
        let reason = format!("it was signed at {latest}, which is after the time of verification");
        return Verification::refused(Status::NotYetValid, reason);
    }
    let verified = by(signer, signers, || statement);
    match verified.status {
        Status::Good => Verification { entries, ..verified },
        _ => verified,
    }
}

/// Concludes from a signature that does not hold. It counts against the release only if it names a trusted signer.
fn uncertified(error: Uncertified, signers: &Signers) -> Verification {
    let names_trusted =
        error.claimed.as_ref().is_some_and(|(identity, issuer)| signers.admits_identity(identity, issuer));
    let status = match error.problem {
        Problem::Bad if names_trusted => Status::Bad,
        Problem::Time if names_trusted => Status::Expired,
        Problem::Bad | Problem::Time | Problem::Unknown => Status::Untrusted,
    };
    Verification::refused(status, error.reason)
}

/// Returns what can be said about a signature that holds, by this signer.
fn by(signer: Signer, signers: &Signers, statement: impl FnOnce() -> Result<Statement, Refusal>) -> Verification {
    if !signers.admits(&signer) {
        let reason = "intact, but the signer does not have the required identity".to_owned();
        return Verification {
            status: Status::Untrusted,
            signer: Some(signer),
            reason,
            statement: None,
            entries: Vec::new(),
        };
    }
    let reason = "the signer is trusted".to_owned();
    Verification {
        status: Status::Good,
        signer: Some(signer),
        reason,
        statement: Some(statement()),
        entries: Vec::new(),
    }
}

/// Returns the digest of the first subject of a statement, which is perhaps refused for other reasons.
fn claimed_subject(payload: &[u8]) -> Option<[u8; 32]> {
    let statement: Value = serde_json::from_slice(payload).ok()?;
    let digest: Sha256Hex = statement.pointer("/subject/0/digest/sha256")?.as_str()?.parse().ok()?;
    Some(digest.to_bytes())
}

impl std::fmt::Debug for Bundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bundle").field("material", &self.material).finish_non_exhaustive()
    }
}

impl Verification {
    fn refused(status: Status, reason: impl Into<String>) -> Self {
        Self { status, signer: None, reason: reason.into(), statement: None, entries: Vec::new() }
    }

    fn not_checkable(reason: &str) -> Self {
        Self::refused(Status::NotCheckable, reason)
    }
}

fn material(material: &Object<'_>) -> Result<Material, Refusal> {
    let kinds = ["publicKey", "x509CertificateChain", "certificate"];
    let mut known = kinds.to_vec();
    known.extend(["tlogEntries", "timestampVerificationData"]);
    material.only(&known)?;
    let mut found = kinds.into_iter().filter(|kind| material.members.contains_key(*kind));
    let (Some(kind), None) = (found.next(), found.next()) else {
        return Err(Refusal::value("verificationMaterial", "does not contain exactly one key or certificate"));
    };
    let value = Object::new(kind, material.member(kind)?)?;
    if kind == "certificate" {
        if entries(material)?.is_none_or(|entries| entries == 0) {
            return Err(Refusal::value("tlogEntries", "does not contain an entry of a transparency log"));
        }
        return Ok(Material::Keyless { certificate: base64(&value, "rawBytes")? });
    }
    if entries(material)?.is_some_and(|entries| entries > 0) {
        return Err(Refusal::value("tlogEntries", "is not an empty list, although it is signed with a key or a chain"));
    }
    if kind == "publicKey" {
        value.only(&["hint", "rawBytes", "keyDetails"])?;
        let hint = if value.members.contains_key("hint") { Some(value.text("hint")?) } else { None };
        return Ok(Material::Key { hint: hint.filter(|hint| !hint.is_empty()).map(str::to_owned) });
    }
    value.only(&["certificates"])?;
    let certificates = value.list("certificates")?;
    if certificates.is_empty() {
        return Err(Refusal::value("certificates", "is an empty list"));
    }
    let certificate = |value| base64(&Object::new("certificates", value)?, "rawBytes");
    Ok(Material::Certificates(certificates.iter().map(certificate).collect::<Result<_, _>>()?))
}

/// Returns the number of entries of a transparency log; `None` if there is no list of them.
fn entries(material: &Object<'_>) -> Result<Option<usize>, Refusal> {
    match material.members.get("tlogEntries") {
        None => Ok(None),
        Some(_) => material.list("tlogEntries").map(|entries| Some(entries.len())),
    }
}

/// Decodes padded, canonical base64 in the standard alphabet, which is what protobuf writes.
fn base64(object: &Object<'_>, name: &str) -> Result<Vec<u8>, Refusal> {
    let bytes = Base64::decode_vec(object.text(name)?);
    bytes
        .ok()
        .filter(|bytes| !bytes.is_empty())
        .ok_or_else(|| Refusal::value(object.name_of(name), "is empty, or not in canonical base64"))
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use serde_json::json;

    use super::*;
    use crate::path::RepoPath;
    use crate::sign::{EcdsaSecretKey, keyfile};

    const AT: Timestamp = Timestamp::UNIX_EPOCH;

    /// A key on P-256, P-384 or P-521 that is only for tests.
    pub(crate) fn key(curve: u32) -> EcdsaSecretKey {
        let text = match curve {
            256 => include_str!("../../tests/data/oms/p256.pem"),
            384 => include_str!("../../tests/data/oms/p384.pem"),
            _ => include_str!("../../tests/data/oms/p521.pem"),
        };
        keyfile::parse_ecdsa(text, "a key", &mut |_| None).unwrap()
    }

    /// A bundle over one file, `a.txt`, that holds `a`.
    fn bundle(key: &EcdsaSecretKey) -> Value {
        let digest = crate::artifacts::digest::sha256(b"a");
        let path: RepoPath = "a.txt".parse().unwrap();
        let statement = Statement::of("model", vec![(path, digest)], &[]).unwrap();
        serde_json::from_slice(&statement.sign(key).unwrap()).unwrap()
    }

    fn read(value: &Value) -> Result<Bundle, Refusal> {
        Bundle::read(value.to_string().as_bytes())
    }

    fn trusting(key: &EcdsaSecretKey) -> Signers {
        Signers::of_keys([*key.public()])
    }

    #[test]
    fn bundles_of_three_curves_are_verified() {
        for curve in [256, 384, 521] {
            let key = key(curve);
            assert_eq!(bundle(&key), bundle(&key), "the same bytes");
            let verified = read(&bundle(&key)).unwrap().verify(&trusting(&key), AT);
            assert_eq!(verified.status, Status::Good, "{}", verified.reason);
            assert_eq!(verified.statement.unwrap().unwrap().name(), "model");
            assert_eq!(verified.signer.unwrap().id(), key.public().pem_id());
        }
    }

    #[test]
    fn a_signature_by_a_stranger_is_not_called_bad() {
        let (key, other) = (key(256), key(384));
        let bundle = read(&bundle(&key)).unwrap();
        for (signers, status) in [
            (Signers::none(), Status::NotCheckable),
            (trusting(&other), Status::Untrusted),
            (trusting(&other).merge(trusting(&key)), Status::Good),
        ] {
            let verified = bundle.verify(&signers, AT);
            assert_eq!(verified.status, status, "{}", verified.reason);
            assert_eq!(verified.statement.is_some(), status == Status::Good);
        }
    }

    #[test]
    fn a_changed_payload_or_signature_is_bad_where_a_trusted_key_is_named() {
        let key = key(256);
        for pointer in ["/dsseEnvelope/payload", "/dsseEnvelope/signatures/0/sig"] {
            let mut changed = bundle(&key);
            let mut bytes = Base64::decode_vec(changed.pointer(pointer).unwrap().as_str().unwrap()).unwrap();
            let last = bytes.len() - 10;
            bytes[last] ^= 1;
            *changed.pointer_mut(pointer).unwrap() = Base64::encode_string(&bytes).into();
            assert_eq!(read(&changed).unwrap().verify(&trusting(&key), AT).status, Status::Bad, "{pointer}");
            // Without a hint, nobody knows whose it should be.
            changed["verificationMaterial"] = json!({ "publicKey": {} });
            assert_eq!(read(&changed).unwrap().verify(&trusting(&key), AT).status, Status::Untrusted);
        }
    }

    #[test]
    fn hints_select_among_the_trusted_keys() {
        let key = key(256);
        for (hint, status) in [
            (json!({ "hint": key.public().pem_id() }), Status::Good),
            (json!({ "hint": key.public().key_id() }), Status::Good),
            (json!({ "hint": "" }), Status::Good),
            (json!({ "rawBytes": "AAAA", "keyDetails": "PKIX_ECDSA_P256_SHA_256" }), Status::Good),
            (json!({ "hint": "0".repeat(64) }), Status::Untrusted),
        ] {
            let mut changed = bundle(&key);
            changed["verificationMaterial"] = json!({ "publicKey": hint });
            assert_eq!(read(&changed).unwrap().verify(&trusting(&key), AT).status, status, "{changed}");
        }
    }

    #[test]
    fn a_refused_member_is_named_by_its_object() {
        let refused = |material: Value| {
            let mut changed = bundle(&key(256));
            changed["verificationMaterial"] = material;
            read(&changed).unwrap_err().to_string()
        };
        for (material, name) in [
            (json!({ "publicKey": { "hint": 1 } }), "`publicKey.hint`"),
            (json!({ "publicKey": { "hints": "" } }), "`publicKey`"),
            (json!({ "x509CertificateChain": {} }), "`x509CertificateChain.certificates`"),
            (json!({ "certificate": { "rawBytes": "" }, "tlogEntries": [{}] }), "`certificate.rawBytes`"),
        ] {
            let said = refused(material.clone());
            assert!(said.starts_with(name), "{material}: {said}");
        }
    }

    #[test]
    fn a_second_signature_is_refused() {
        let mut two = bundle(&key(256));
        let first = two["dsseEnvelope"]["signatures"][0].clone();
        for (signatures, count) in [(json!([first, first]), 2), (json!([]), 0)] {
            two["dsseEnvelope"]["signatures"] = signatures;
            assert!(matches!(read(&two), Err(Refusal::Signatures { count: found }) if found == count));
        }
    }

    #[test]
    fn members_that_would_not_be_checked_are_refused() {
        for pointer in [
            "",
            "/dsseEnvelope",
            "/dsseEnvelope/signatures/0",
            "/verificationMaterial",
            "/verificationMaterial/publicKey",
        ] {
            let mut changed = bundle(&key(256));
            changed.pointer_mut(pointer).unwrap()["x"] = 1.into();
            assert!(matches!(read(&changed), Err(Refusal::Unknown { .. })), "{pointer}");
        }
        for keyid in [json!(null), json!(""), json!("anything")] {
            let mut changed = bundle(&key(256));
            changed["dsseEnvelope"]["signatures"][0]["keyid"] = keyid;
            assert!(read(&changed).is_ok());
        }
    }

    #[test]
    fn other_forms_of_a_bundle_are_refused() {
        for (pointer, value) in [
            ("/mediaType", json!("application/json")),
            ("/mediaType", json!("application/vnd.dev.sigstore.bundle.v9+json")),
            ("/dsseEnvelope/payloadType", json!("text/plain")),
            ("/dsseEnvelope/payload", json!("")),
            ("/dsseEnvelope/payload", json!("e30")),
            ("/dsseEnvelope/signatures/0/sig", json!("_-_-")),
            ("/dsseEnvelope/signatures/0/keyid", json!(1)),
            ("/verificationMaterial", json!({})),
            ("/verificationMaterial", json!({ "publicKey": {}, "certificate": { "rawBytes": "AAAA" } })),
            ("/verificationMaterial", json!({ "publicKey": {}, "tlogEntries": [{}] })),
            ("/verificationMaterial", json!({ "certificate": { "rawBytes": "AAAA" }, "tlogEntries": [] })),
            ("/verificationMaterial", json!({ "x509CertificateChain": { "certificates": [] } })),
        ] {
            let mut changed = bundle(&key(256));
            *changed.pointer_mut(pointer).unwrap() = value;
            assert!(read(&changed).is_err(), "{changed}");
        }
        for media_type in MEDIA_TYPES {
            let mut changed = bundle(&key(256));
            changed["mediaType"] = (*media_type).into();
            assert!(read(&changed).is_ok());
        }
        let text = bundle(&key(256)).to_string();
        for text in [text.replacen('{', "{\"mediaType\":\"x\",", 1), text[..text.len() - 9].to_owned(), String::new()] {
            assert!(matches!(Bundle::read(text.as_bytes()), Err(Refusal::Json { .. })));
        }
    }

    #[test]
    fn bundles_are_recognized_by_their_content() {
        let good = bundle(&key(256));
        assert!(read(&good).unwrap().is_of_oms() && Bundle::is_likely(good.to_string().as_bytes()));
        let mut refused = good.clone();
        refused["x"] = 1.into();
        assert!(Bundle::is_likely(refused.to_string().as_bytes()));
        let mut other = good;
        other["dsseEnvelope"]["payload"] =
            Base64::encode_string(b"{\"predicateType\":\"https://slsa.dev/provenance/v1\"}").into();
        assert!(!read(&other).unwrap().is_of_oms() && !Bundle::is_likely(other.to_string().as_bytes()));
        for bytes in ["", "{}", "untrusted comment: minisign", "{\"dsseEnvelope\":1}"] {
            assert!(!Bundle::is_likely(bytes.as_bytes()), "{bytes}");
        }
    }
}
