//! Reads and verifies every signature file, and returns the bytes that the best signature signs.

mod rewritten;

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::{
    MAX_ENVELOPE_BYTES, Note, Reason, Report, Requirements, SignatureReport, own_path, read_own, without_crlf,
};
use crate::artifacts::lfs::Pointer;
use crate::files::{Error, Files, Kind};
use crate::path::RepoPath;
use crate::release::{BUNDLE_ENDING, SIGNATURES_DIR, SSHSIG_ENDING, STATEMENT_FILE, signature_files};
use crate::sign::{Envelope, EnvelopeKind, KeyNames, PublicKey, ReadError, Signed, Status, Trust, Verification};
use crate::statement::{PREDICATE_TYPE, ReadAhead};
use crate::threads;

/// The largest number of envelopes that are read.
const MAX_ENVELOPES: usize = 64;

/// The largest number of envelopes that are looked at to see whose they are, if there are more than are verified.
const MAX_LOOKED_AT: usize = 4096;
/// The largest SSHSIG file that is read, in bytes. It holds a key and a signature, some 300 bytes, or a certificate.
const MAX_SSHSIG_BYTES: u64 = 64 << 10;
/// The size of the largest file that may be a signature by a key of another type. The largest of SLH-DSA take 68 kB as text.
const MAX_FOREIGN_BYTES: u64 = 1 << 20;

/// The size of a statement, in bytes, from which its envelopes are verified in parallel: hashing it then takes longer than
/// starting a thread.
const WORTH_A_THREAD: u64 = 256 << 10;
/// The size of the largest statement that is read before its signatures are verified.
const MAX_BYTES_AHEAD: u64 = 64 << 20;
/// The number of envelopes verified in parallel: one of each kind. More would take more memory than most files are worth.
const MAX_THREADS: usize = 2;

/// An envelope that was read, or why it could not be, and whether it names a signer whom the verifier trusts.
type Read = (Result<Envelope, Unread>, bool);

/// A signature file.
struct Found {
    path: RepoPath,
    kind: EnvelopeKind,
    read: Result<Envelope, Unread>,
    /// Whether it names a signer whom the verifier trusts, inside or by its own name.
    names_trusted: bool,
}

/// Why an envelope could not be read.
#[derive(Debug)]
enum Unread {
    Error(ReadError),
    /// The file is larger than any signature that can be verified: one clause.
    TooLarge(String),
    /// Git LFS has it, or what it signs, and it was not downloaded: one clause.
    NotDownloaded(String),
    /// Another reason: one clause.
    Other(String),
}

/// Returns whether the statement is so long that it should be read on another thread than its signatures.
pub(super) fn is_statement_long(files: &dyn Files) -> bool {
    let size = files.find(&own_path(STATEMENT_FILE)).and_then(|entry| files.size(entry).ok());
    size.is_some_and(|size| size >= WORTH_A_THREAD)
}

/// Reads the statement, whose signatures are not verified yet; `None` if that is not possible, which verifying them reports.
pub(super) fn read_ahead(files: &dyn Files) -> Option<ReadAhead> {
    files.read(&own_path(STATEMENT_FILE), MAX_BYTES_AHEAD).ok().flatten().map(ReadAhead::of)
}

/// Verifies every envelope and returns the bytes that the best one signs.
pub(super) fn signatures(
    files: &dyn Files,
    trust: &Trust,
    requirements: &Requirements<'_>,
) -> Result<(Report, Option<Signed>), Error> {
    let mut report = Report::new();
    let mut statement = read_own(files, &own_path(STATEMENT_FILE), &mut report)?;
    let is_pointer = statement.take_if(|bytes| Pointer::parse(bytes).is_some()).is_some();
    if is_pointer {
        report.notes.push(Note::StatementPointer { path: own_path(STATEMENT_FILE) });
    }
    let statement = statement.as_deref();
    let found = find(files, trust, &mut report)?;
    if found.is_empty() {
        report.notes.extend(Note::of_passed_over(trust));
        report.add_reason(Reason::Unsigned);
        return Ok((report, None));
    }
    let is_long = is_statement_long(files);
    let threads = if is_long { requirements.threads.get().min(MAX_THREADS) } else { 1 };
    let own: BTreeSet<String> = trust.key_ids().flat_map(|id| signature_files(&id)).collect();
    let names = OnceLock::new();
    let envelopes = in_parallel(threads, found, |(path, kind)| {
        let (mut read, names_trusted) = read(files, &path, kind, statement, (trust, &names))?;
        if is_pointer && kind == EnvelopeKind::SshSig && matches!(read, Err(Unread::Other(_))) {
            read = Err(Unread::NotDownloaded(format!("`{STATEMENT_FILE}`, which it signs, is a Git LFS pointer")));
        }
        let names_trusted = names_trusted || own.contains(path.file_name());
        Ok(Found { path, kind, read, names_trusted })
    });
    let envelopes = envelopes.into_iter().collect::<Result<Vec<Found>, Error>>()?;
    // A bundle names its key by digest only. With the keys inside the other envelopes, the report can say more than "unknown".
    let hints: Vec<PublicKey> =
        envelopes.iter().filter_map(|found| found.read.as_ref().ok().and_then(Envelope::claimed_key)).collect();
    let verified = in_parallel(threads, envelopes, |Found { path, kind, read, names_trusted }| {
        let verification = match read {
            Ok(envelope) => envelope.verify_with_hints(trust, requirements.at, &hints),
            Err(unread) => unread.conclude(kind, trust, &hints),
        };
        (path, names_trusted, verification)
    });
    // Without the statement's file, what a trusted signer signed decides, whatever else is next to it.
    let first = |is_wanted: fn(Status) -> bool| {
        let mut wanted = verified.iter().filter(|(_, _, verification)| is_wanted(verification.status));
        wanted.find_map(|(_, _, verification)| Some(verification.signed.as_ref()?.payload().to_vec()))
    };
    let expected = match statement {
        Some(_) => None,
        None => first(|status| status == Status::Good).or_else(|| first(|_| true)),
    };
    let expected = statement.or(expected.as_deref());
    let mut best: Option<Signed> = None;
    for (path, mut names_trusted, verification) in verified {
        names_trusted |= verification.status == Status::Good;
        let (mut signature, signed) = same_statement(path, verification, statement, expected);
        if signature.status == Status::Bad {
            report.is_bad_by_trusted |= names_trusted;
            if !names_trusted {
                signature.reason.push_str("; it is not known to be by a signer that you trust");
            }
        }
        report.signatures.push(signature);
        if let Some(signed) = signed
            && best.as_ref().is_none_or(|best| signed.is_trusted() && !best.is_trusted())
        {
            best = Some(signed);
        }
    }
    add_reasons(&mut report);
    if let Some(statement) = statement {
        rewritten::explain(files, trust, requirements, statement, &mut report)?;
    }
    report.notes.extend(Note::of_passed_over(trust));
    Ok((report, best))
}

/// Lists the signature files.
///
/// If there are more than are verified, those that may be by a key that the verifier trusts come first: files of its name, and
/// SSHSIG files that name it. Adding files to a release cannot hide its signature behind piles of others.
fn find(files: &dyn Files, trust: &Trust, report: &mut Report) -> Result<Vec<(RepoPath, EnvelopeKind)>, Error> {
    let mut found = Vec::new();
    let signatures = own_path(SIGNATURES_DIR);
    let mut links = Vec::new();
    let statement = files.find(&own_path(STATEMENT_FILE));
    // In a copy of a cache without its blobs nothing can be said of a signature of it.
    let is_statement_gone =
        statement.is_some_and(|entry| matches!(entry.kind, Kind::Symlink { .. }) && files.leads_nowhere(entry));
    for entry in files.openness_files() {
        let path = entry.path.clone();
        if matches!(entry.kind, Kind::Symlink { .. }) {
            links.push(path);
            continue;
        }
        if !path.is_within(signatures.as_str()) {
            continue;
        }
        let kind = match path.as_str() {
            name if name.ends_with(BUNDLE_ENDING) => EnvelopeKind::Dsse,
            name if name.ends_with(SSHSIG_ENDING) && is_statement_gone => continue,
            name if name.ends_with(SSHSIG_ENDING) => EnvelopeKind::SshSig,
            // Reported as an unsigned file.
            _ => continue,
        };
        found.push((path, kind));
    }
    if !links.is_empty() {
        report.notes.push(Note::LinksNotRead { paths: links });
    }
    if found.len() > MAX_ENVELOPES {
        let own: BTreeSet<String> = trust.key_ids().flat_map(|id| signature_files(&id)).collect();
        let mut looked_at = 0;
        let mut rank = |(path, kind): &(RepoPath, EnvelopeKind)| {
            if own.contains(path.file_name()) {
                return Ok(0);
            }
            looked_at += 1;
            if *kind != EnvelopeKind::SshSig || looked_at > MAX_LOOKED_AT {
                return Ok(2);
            }
            let names_trusted = match files.read(path, MAX_SSHSIG_BYTES) {
                Ok(bytes) => trust.knows_signer_of(&bytes.unwrap_or_default()),
                Err(Error::TooLarge { .. }) => false,
                Err(error) => return Err(error),
            };
            Ok(if names_trusted { 1 } else { 2 })
        };
        let ranks = found.iter().map(&mut rank).collect::<Result<Vec<u8>, Error>>()?;
        let mut ranked: Vec<_> = ranks.into_iter().zip(found).collect();
        // Stable: in the order of their paths otherwise.
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.truncate(MAX_ENVELOPES);
        found = ranked.into_iter().map(|(_, file)| file).collect();
        report.notes.push(Note::SignaturesLeft { checked: MAX_ENVELOPES });
    }
    Ok(found)
}

/// Reads an envelope. The file's bytes are dropped before the next file is read.
fn read(
    files: &dyn Files,
    path: &RepoPath,
    kind: EnvelopeKind,
    statement: Option<&[u8]>,
    (trust, names): (&Trust, &OnceLock<KeyNames>),
) -> Result<Read, Error> {
    let limit = if kind == EnvelopeKind::SshSig { MAX_SSHSIG_BYTES } else { MAX_ENVELOPE_BYTES };
    let bytes = match files.read(path, limit) {
        Ok(bytes) => bytes.unwrap_or_default(),
        Err(error @ Error::TooLarge { .. }) => {
            let reason = error.to_string();
            let may_be_one = kind == EnvelopeKind::SshSig && files.read(path, MAX_FOREIGN_BYTES).is_ok();
            return Ok((Err(if may_be_one { Unread::TooLarge(reason) } else { Unread::Other(reason) }), false));
        }
        Err(error) => return Err(error),
    };
    // Armor is text and not itself signed: Git may have changed its line endings.
    let bytes = without_crlf(&bytes);
    let read = parse(kind, &bytes, statement);
    let names_trusted = match &read {
        Ok(envelope) => envelope.names_signer_of(trust),
        // Also if it is malformed: a signature that was changed is still that of its signer.
        Err(_) => trust.knows_signer_of(&bytes) || names.get_or_init(|| trust.key_names()).are_in(&bytes),
    };
    Ok((read, names_trusted))
}

impl Unread {
    /// Returns the result for a file that is not a signature that can be verified: a bad signature, unless it may be good.
    fn conclude(self, kind: EnvelopeKind, trust: &Trust, hints: &[PublicKey]) -> Verification {
        let error = match self {
            Self::TooLarge(reason) | Self::NotDownloaded(reason) => {
                return Verification::unread(kind, Status::NotCheckable, None, reason);
            }
            Self::Other(reason) => return Verification::unread(kind, Status::Bad, None, reason),
            Self::Error(error) => error,
        };
        let is_not_checkable = error.is_not_checkable(trust, hints);
        let status = if is_not_checkable { Status::NotCheckable } else { Status::Bad };
        let reason = match &error {
            // It names a key whose holder makes other bundles, so what matters is what differs from those.
            ReadError::Foreign { error, .. } if !is_not_checkable => error.to_string(),
            error => error.to_string(),
        };
        let key = match error {
            ReadError::Unsupported { key, .. } => key,
            _ => None,
        };
        Verification::unread(kind, status, key, reason)
    }
}

/// Returns the type of an in-toto statement of another kind than ours, such as one of OpenSSF Model Signing.
fn foreign_predicate(payload: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Kind {
        #[serde(rename = "_type")]
        statement: String,
        #[serde(rename = "predicateType")]
        predicate: String,
    }
    let kind: Kind = serde_json::from_slice(payload).ok()?;
    let is_in_toto = kind.statement.starts_with("https://in-toto.io/Statement/");
    (is_in_toto && !kind.predicate.is_empty() && kind.predicate != PREDICATE_TYPE).then_some(kind.predicate)
}

/// Refuses a signature over another statement than the expected one: that in `.openness/`, or else that of another signature.
/// One over a statement of another kind is not ours to check.
fn same_statement(
    path: RepoPath,
    verification: Verification,
    statement: Option<&[u8]>,
    expected: Option<&[u8]>,
) -> (SignatureReport, Option<Signed>) {
    let Verification { kind, key, public_key, principal, mut status, mut signed, mut reason } = verification;
    if let Some(found) = &signed
        && kind == EnvelopeKind::Dsse
        && statement != Some(found.payload())
        && let Some(predicate) = foreign_predicate(found.payload())
    {
        let predicate = predicate.escape_debug();
        reason = format!("it signs a statement of another kind, which this program does not check: `{predicate}`");
        let status = Status::NotCheckable;
        return (SignatureReport { path, status, envelope: kind, key, public_key, principal: None, reason }, None);
    }
    if let (Some(found), Some(expected)) = (&signed, expected)
        && found.payload() != expected
    {
        status = Status::Bad;
        reason = match statement {
            Some(_) => format!("it signs another statement than `{STATEMENT_FILE}`"),
            None => "it signs another statement than the other signatures".to_owned(),
        };
        signed = None;
    }
    (SignatureReport { path, status, envelope: kind, key, public_key, principal, reason }, signed)
}

/// Parses an envelope, or says why it cannot be parsed.
fn parse(kind: EnvelopeKind, bytes: &[u8], statement: Option<&[u8]>) -> Result<Envelope, Unread> {
    if Pointer::parse(bytes).is_some() {
        return Err(Unread::NotDownloaded("it is a Git LFS pointer".to_owned()));
    }
    let read = match (kind, statement) {
        (EnvelopeKind::Dsse, None) => Envelope::read_dsse(bytes),
        (EnvelopeKind::Dsse, Some(statement)) => Envelope::read_dsse_expecting(bytes, statement),
        (EnvelopeKind::SshSig, Some(statement)) => Envelope::read_sshsig(bytes, statement),
        (EnvelopeKind::SshSig, None) => {
            return Err(Unread::Other(format!("`{STATEMENT_FILE}`, which it signs, is missing")));
        }
    };
    read.map_err(Unread::Error)
}

/// Does the same work on each item, several at a time. The results are in the order of the items.
fn in_parallel<T: Send, R: Send>(threads: usize, items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let shares = threads.min(items.len()).max(1);
    let waiting = Mutex::new(items.into_iter().enumerate());
    // Nothing can panic while it is locked.
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let share = |_| std::iter::from_fn(next).map(|(at, item)| (at, work(item))).collect::<Vec<_>>();
    threads::in_order(threads::run_on_threads(shares, share).into_iter().flatten())
}

/// A bad signature by a trusted signer counts even next to a good one, because it means that files were tampered with. Anything
/// else counts only if no signature is good: there may be other signers whom this verifier does not know, and files that anyone
/// can add.
fn add_reasons(report: &mut Report) {
    let statuses: Vec<Status> = report.signatures.iter().map(|signature| signature.status).collect();
    let is_good = statuses.contains(&Status::Good);
    if statuses.contains(&Status::Bad) && (report.is_bad_by_trusted || !is_good) {
        report.add_reason(Reason::BadSignature);
    }
    if is_good {
        return;
    }
    // A signature that was not looked at may be the one that counts.
    if report.notes.iter().any(|note| matches!(note, Note::SignaturesLeft { .. })) {
        report.add_reason(Reason::SignaturesLeft);
    }
    for status in statuses {
        match status {
            Status::Good | Status::Bad => {}
            // No signer that the verifier trusts signed it, as far as can be checked.
            Status::Untrusted | Status::NotCheckable => report.add_reason(Reason::UntrustedKey),
            Status::Expired | Status::NotYetValid => report.add_reason(Reason::ExpiredKey),
            Status::Revoked => report.add_reason(Reason::RevokedKey),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_for_any_number_of_threads() {
        let squares: Vec<u32> = (0..100).map(|number| number * number).collect();
        for threads in [0, 1, 2, 7, 1000] {
            assert_eq!(in_parallel(threads, (0..100).collect(), |number: u32| number * number), squares);
        }
        assert!(in_parallel(2, Vec::new(), |number: u32| number).is_empty());
    }

    #[test]
    fn only_whole_statements_of_another_kind_are_foreign() {
        let oms =
            br#"{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://model_signing/signature/v1.0"}"#;
        assert_eq!(foreign_predicate(oms).as_deref(), Some("https://model_signing/signature/v1.0"));
        let ours = format!("{{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicateType\":\"{PREDICATE_TYPE}\"}}");
        for other in [&ours, "{}", "", "[]", "{\"_type\":\"x\",\"predicateType\":\"y\"}", "{\"predicateType\":\"y\"}"] {
            assert_eq!(foreign_predicate(other.as_bytes()), None, "{other}");
        }
    }
}

#[cfg(all(test, feature = "keygen"))]
mod foreign_tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use base64ct::{Base64, Encoding as _};
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use serde_json::{Value, json};

    use super::super::verify;
    use super::*;
    use crate::artifacts::digest;
    use crate::files::Memory;
    use crate::policy::Policy;
    use crate::sign::{Namespace, SecretKey, dsse, sshsig};
    use crate::source::Source;

    const MANIFEST: &str = "schema = 1\n[model]\nname = \"Tiny LM\"\nversion = \"1\"\nproducer = \"Lab\"\n\
                            license = \"Apache-2.0\"\n[component.final-weights]\nopenness = \"open\"\n\
                            files = [\"w.safetensors\"]\n";
    const OMS: &[u8] = br#"{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"https://model_signing/signature/v1.0","predicate":{}}"#;

    /// A release with its statement and signatures of `key`, if any.
    fn release(key: Option<&SecretKey>, others: &[(&str, Vec<u8>)]) -> (Memory, Vec<u8>) {
        let mut files: Vec<(String, Vec<u8>)> =
            vec![("OPENNESS.toml".into(), MANIFEST.into()), ("w.safetensors".into(), b"weights".to_vec())];
        let unsigned = Memory::new(files.clone());
        let checked = crate::check::check(&unsigned).unwrap();
        let passed = checked.pass(&[]).unwrap();
        let statement = passed.statement(Timestamp::UNIX_EPOCH, &digest::Options::default(), &|_| {}).unwrap();
        let statement = statement.to_bytes().unwrap();
        let mut signature = |name: &str, bytes: Vec<u8>| files.push((format!(".openness/signatures/{name}"), bytes));
        if let Some(key) = key {
            signature("k.sshsig", sshsig::sign(&statement, key).unwrap().into_bytes());
            signature("k.sigstore.json", dsse::sign(&statement, key).unwrap());
        }
        for (name, bytes) in others {
            signature(name, bytes.clone());
        }
        files.push((".openness/statement.json".into(), statement.clone()));
        (Memory::new(files), statement)
    }

    fn strings(parts: &[&[u8]]) -> Vec<u8> {
        let put = |part: &&[u8]| [&u32::try_from(part.len()).unwrap().to_be_bytes()[..], part].concat();
        parts.iter().flat_map(put).collect()
    }

    /// An SSH signature by an RSA key; nobody here can say whether it is good.
    fn by_rsa() -> Vec<u8> {
        let key = strings(&[b"ssh-rsa", &[1, 0, 1], &[7; 384]]);
        sshsig::assemble(Namespace::Openness, &key, &strings(&[b"rsa-sha2-512", &[7; 384]])).into_bytes()
    }

    fn by_post_quantum() -> Vec<u8> {
        let key = strings(&[b"ssh-mldsa44-ed25519", &[7; 1344]]);
        sshsig::assemble(Namespace::Openness, &key, &strings(&[b"ssh-mldsa44-ed25519", &[7; 2484]])).into_bytes()
    }

    fn changed(bundle: &[u8], change: impl Fn(&mut Value)) -> Vec<u8> {
        let mut value = serde_json::from_slice(bundle).unwrap();
        change(&mut value);
        value.to_string().into_bytes()
    }

    /// A bundle as OpenSSF Model Signing makes it with an ECDSA key.
    fn by_model_signing(hint: &str) -> Vec<u8> {
        let signature = Base64::encode_string(&[&[0x30, 70][..], &[7; 70]].concat());
        changed(&dsse::sign(OMS, &SecretKey::generate().unwrap()).unwrap(), |bundle| {
            bundle["verificationMaterial"] = json!({ "publicKey": { "hint": hint }, "tlogEntries": [] });
            bundle["dsseEnvelope"]["signatures"] = json!([{ "sig": signature, "keyid": "" }]);
        })
    }

    fn by_certificate() -> Vec<u8> {
        changed(&dsse::sign(OMS, &SecretKey::generate().unwrap()).unwrap(), |bundle| {
            bundle["verificationMaterial"] = json!({ "certificate": { "rawBytes": "AAAA" }, "tlogEntries": [{}] });
            bundle["dsseEnvelope"]["signatures"][0]["keyid"] = json!("");
        })
    }

    fn checked(files: &Memory, trust: &Trust, policy: Option<&Policy>) -> Report {
        verify(files, &Requirements::new(trust, Timestamp::UNIX_EPOCH).policy(policy), &|_| {}).unwrap()
    }

    #[test]
    fn foreign_signatures_count_neither_for_nor_against_a_release() {
        let key = SecretKey::generate().unwrap();
        let trust = Trust::of_keys([*key.public()]);
        let two = Policy::read(&Source::new("p", "policy = 1\n[signers]\nrequire = 2\n")).unwrap();
        for (what, name, bytes, has_key) in [
            ("RSA", "a.sshsig", by_rsa(), true),
            ("post-quantum", "z.sshsig", by_post_quantum(), true),
            ("ECDSA", "a.sigstore.json", by_model_signing(&"0".repeat(64)), false),
            ("certificate", "a.sigstore.json", by_certificate(), false),
            ("the signer's own, of another kind of statement", "a.sigstore.json", dsse::sign(OMS, &key).unwrap(), true),
            ("too large", "z.sshsig", vec![b'-'; 65_537], false),
        ] {
            let others = [(name, bytes)];
            let (files, _) = release(Some(&key), &others);
            let report = checked(&files, &trust, None);
            assert_eq!(report.reasons().iter().collect::<Vec<_>>(), [&Reason::ManifestInvalid; 0], "{what}");
            let signature = |report: &Report| {
                let found = report.signatures().iter().find(|found| found.path.as_str().ends_with(name)).unwrap();
                (found.status, found.principal.clone(), found.key.is_some())
            };
            assert_eq!(signature(&report), (Status::NotCheckable, None, has_key), "{what}");
            // Not a second signer, and not a first.
            let reasons = checked(&files, &trust, Some(&two));
            assert_eq!(reasons.reasons().iter().collect::<Vec<_>>(), [&Reason::Policy], "{what}");
            let (alone, _) = release(None, &others);
            let report = checked(&alone, &trust, None);
            assert_eq!(report.reasons().iter().collect::<Vec<_>>(), [&Reason::UntrustedKey], "{what}");
            assert!(report.statement().is_none(), "{what}");
        }
    }

    #[test]
    fn broken_signatures_count_only_if_they_name_a_trusted_signer() {
        let key = SecretKey::generate().unwrap();
        let trust = Trust::of_keys([*key.public()]);
        let no_fields =
            sshsig::assemble(Namespace::Openness, &strings(&[b"ssh-rsa"]), &strings(&[b"rsa-sha2-512", b"x"]));
        let for_git = sshsig::assemble(Namespace::Git, &strings(&[b"ssh-rsa", b"e", b"n"]), &strings(&[b"r", b"x"]));
        let own = dsse::sign(b"{}", &key).unwrap();
        let other = SecretKey::generate().unwrap();
        let [own_bundle, own_ssh] = signature_files(&key.public().key_id());
        let nothing_known = || changed(&by_certificate(), |b| b["mediaType"] = json!("x"));
        for (what, name, bytes, names_signer) in [
            ("an RSA key without fields", "a.sshsig", no_fields.into_bytes(), false),
            ("an RSA signature for Git", "a.sshsig", for_git.into_bytes(), false),
            ("an RSA signature cut short", "a.sshsig", by_rsa()[..400].to_vec(), false),
            ("a bundle that names the signer's key", "a.sigstore.json", by_model_signing(&key.public().key_id()), true),
            ("a bundle that is nothing known", "a.sigstore.json", nothing_known(), false),
            ("the same under the signer's name", &own_bundle, nothing_known(), true),
            ("text under the signer's name", &own_ssh, b"x".to_vec(), true),
            ("the signer's, of something else", "a.sigstore.json", own, true),
            ("a stranger's, of something else", "a.sshsig", sshsig::sign(b"{}", &other).unwrap().into_bytes(), false),
        ] {
            let others = [(name, bytes)];
            let (files, _) = release(Some(&key), &others);
            let report = checked(&files, &trust, None);
            let expected = if names_signer { vec![&Reason::BadSignature] } else { Vec::new() };
            assert_eq!(report.reasons().iter().collect::<Vec<_>>(), expected, "{what}");
            let found = report.signatures().iter().find(|found| found.path.as_str().ends_with(name)).unwrap();
            assert_eq!(found.status, Status::Bad, "{what}");
            assert_eq!(found.reason.contains("not known to be by a signer that you trust"), !names_signer, "{what}");
            // Alone, it is what is wrong.
            let report = checked(&release(None, &others).0, &trust, None);
            assert_eq!(report.reasons().iter().collect::<Vec<_>>(), [&Reason::BadSignature], "{what}");
        }
    }

    #[test]
    fn a_strangers_bundle_does_not_say_what_was_signed_without_the_statement() {
        let (key, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let (files, statement) = release(Some(&key), &[]);
        let theirs = [
            (".openness/signatures/a.sigstore.json", dsse::sign(b"{}", &other).unwrap()),
            (".openness/signatures/z.sigstore.json", dsse::sign(&statement, &key).unwrap()),
        ];
        let of_model = files.entries().iter().map(|entry| {
            let bytes = files.read(&entry.path, 1 << 20).unwrap().unwrap();
            (entry.path.to_string(), bytes)
        });
        let theirs = theirs.into_iter().map(|(name, bytes)| (name.to_owned(), bytes));
        let files = Memory::new(of_model.chain(theirs).collect::<Vec<_>>());
        // Also if the other key is known, so that its signature is intact.
        for trusted in [vec![*key.public()], vec![*key.public(), *other.public()]] {
            let report = checked(&files, &Trust::of_keys(trusted.clone()), None);
            let has_other = trusted.len() > 1;
            assert_eq!(report.reasons().contains(&Reason::BadSignature), has_other, "{:?}", report.signatures());
        }
    }

    #[test]
    fn lines_that_were_passed_over_are_noted() {
        let key = SecretKey::generate().unwrap();
        let pq = format!("ssh-mldsa44-ed25519 {}", Base64::encode_string(&strings(&[b"ssh-mldsa44-ed25519", b"x"])));
        let line = format!("me@b {}", key.public().to_openssh(""));
        let text = format!("pq@b {pq}\n{line}\npq@c {pq}\n");
        let trust = Trust::of_allowed_signers(&Source::new("allowed", text), &TimeZone::UTC).unwrap();
        let (files, _) = release(Some(&key), &[]);
        let report = checked(&files, &trust, None);
        assert!(report.reasons().is_empty(), "{:?}", report.reasons());
        let notes: Vec<String> = report.notes().iter().map(ToString::to_string).collect();
        assert!(notes.iter().any(|note| note.contains("`ssh-mldsa44-ed25519` (lines 1, 3)")), "{notes:?}");
        let trust = Trust::of_allowed_signers(&Source::new("allowed", line), &TimeZone::UTC).unwrap();
        let report = checked(&files, &trust, None);
        assert!(!report.notes().iter().any(|note| matches!(note, Note::KeysPassedOver { .. })), "{:?}", report.notes());
    }

    #[test]
    fn signers_can_be_checked_again_without_reading_the_files() {
        use super::super::verify_signers_again;
        use crate::trust_store::Pins;

        let key = SecretKey::generate().unwrap();
        let (files, _) = release(Some(&key), &[]);
        let (nobody, at) = (Trust::none(), Timestamp::UNIX_EPOCH);
        let requirements = Requirements::new(&nobody, at);
        let report = verify(&files, &requirements, &|_| {}).unwrap();
        let notes = report.notes().to_vec();
        assert_eq!(report.reasons().iter().collect::<Vec<_>>(), [&Reason::UntrustedKey]);
        let mut pins = Pins::default();
        pins.pin("Lab", "Tiny LM", &key.public().to_openssh("")).unwrap();
        let pinned = requirements.clone().pins(&pins);
        let report = verify_signers_again(&files, &pinned, report).unwrap();
        assert!(report.reasons().is_empty(), "{:?}", report.reasons());
        assert_eq!((report.files().verified, report.notes()), (2, &*notes));
        // And back again.
        let report = verify_signers_again(&files, &requirements, report).unwrap();
        assert_eq!(report.reasons().iter().collect::<Vec<_>>(), [&Reason::UntrustedKey]);
        assert_eq!((report.files().verified, report.notes()), (2, &*notes));

        // What stands against the content stays.
        let mut changed = vec![("evil.py", b"import os".to_vec())];
        changed.push(("OPENNESS.toml", MANIFEST.into()));
        changed.push(("w.safetensors", b"weights".to_vec()));
        let (_, statement) = release(None, &[]);
        changed.push((".openness/signatures/k.sshsig", sshsig::sign(&statement, &key).unwrap().into_bytes()));
        changed.push((".openness/statement.json", statement));
        let changed = Memory::new(changed);
        let report = verify(&changed, &requirements, &|_| {}).unwrap();
        let report = verify_signers_again(&changed, &pinned, report).unwrap();
        assert_eq!(report.reasons().iter().collect::<Vec<_>>(), [&Reason::UnsignedFiles]);
        assert_eq!(report.files().unsigned_names(), ["evil.py"]);

        // A report about another statement says nothing about this one.
        let earlier = verify(&Memory::new([("a", "b")]), &requirements, &|_| {}).unwrap();
        let report = verify_signers_again(&files, &pinned, earlier).unwrap();
        assert_eq!(report.reasons().iter().collect::<Vec<_>>(), [&Reason::ContentMismatch]);
    }
}
