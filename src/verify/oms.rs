//! Signatures of OpenSSF Model Signing next to those in `.openness/`: finds them, checks them by the verifier's trust, and
//! takes together what all signatures say.
//!
//! A signature counts only if the verifier trusts its signer. One by anyone else is reported and changes nothing, however
//! often it is dropped into a release; one that names a trusted signer and does not hold fails the release.

#[cfg(feature = "oms")]
mod check;
#[cfg(not(feature = "oms"))]
#[path = "oms/unchecked.rs"]
mod check;

use std::collections::BTreeSet;

use check::{Checker, Statement, digest_of, parts_of};

use super::requirements::{Requirements, SignatureFile, SignatureKind};
use super::{Alarm, Note, OmsSignatureReport, ProofReport, Reason, Report};
use crate::files::{Entry, Error, Files, Kind};
use crate::manifest::Sha256Hex;
use crate::oms::{MAX_BUNDLE_BYTES, START_LENGTH, ShardedFile, Signer, begins_like_bundle, may_be_bundle};
use crate::path::RepoPath;
use crate::policy::Unmet;
use crate::sign::Status;
use crate::trust_store::Rollback;

/// The most files that are looked at. Adding files to a release should not hide its signature behind piles of others.
const MAX_LOOKED_AT: usize = 4096;
/// The most bytes of files that are looked at.
const MAX_LOOKED_AT_BYTES: u64 = 1 << 30;
/// The name of a bundle that tools write by default.
const DEFAULT_NAME: &str = "model.sig";
/// The most bundles that are reported without being good.
const MAX_REPORTED: usize = 64;

/// The bundles of a release, checked by the verifier's trust.
#[derive(Debug, Default)]
pub(super) struct Found {
    reports: Vec<OmsSignatureReport>,
    /// What good signatures prove about logs, by the logs and witnesses that the verifier trusts.
    proofs: Vec<ProofReport>,
    /// The statements with a good signature, each with the name of its file.
    pub(super) statements: Vec<(String, Statement)>,
    /// The files of the release that are bundles. What they are for is known, so they need no signature themselves.
    #[cfg(feature = "oms")]
    pub(super) files: BTreeSet<RepoPath>,
    /// What is said about files that are not bundles although their names or contents say so.
    notes: Vec<Note>,
    /// Whether there are more files than are looked at or reported.
    are_left: bool,
    /// Reasons why the release is not verified, whatever else is signed.
    always: BTreeSet<Reason>,
    /// Reasons that count only if no signature is good.
    otherwise: BTreeSet<Reason>,
}

impl Found {
    /// Finds and checks the bundles of a release.
    pub(super) fn of(files: &dyn Files, requirements: &Requirements<'_>) -> Result<Self, Error> {
        let mut found = Self::default();
        found.note_link(files);
        let checker = Checker::new(requirements);
        for named in requirements.signature_files {
            checker.check_named(named, &mut found);
        }
        let mut candidates = candidates(files);
        let mut bytes = 0_u64;
        for entry in candidates.by_ref().take(MAX_LOOKED_AT) {
            let path = &entry.path;
            bytes = bytes.saturating_add(files.size(entry).unwrap_or(0).min(MAX_BUNDLE_BYTES));
            if bytes > MAX_LOOKED_AT_BYTES {
                found.are_left = true;
                break;
            }
            let is_named = |file: &SignatureFile| file.path.as_ref() == Some(path);
            if requirements.signature_files.iter().any(is_named) {
                continue;
            }
            checker.check_file(files, path, &mut found)?;
        }
        found.are_left |= candidates.next().is_some();
        Ok(found)
    }

    /// Notes that the signature is a symbolic link, which is not followed.
    fn note_link(&mut self, files: &dyn Files) {
        let path = DEFAULT_NAME.parse().ok();
        let link = path.and_then(|path| files.find(&path)).filter(|entry| matches!(entry.kind, Kind::Symlink { .. }));
        self.notes.extend(link.map(|entry| Note::LinksNotRead { paths: vec![entry.path.clone()] }));
    }

    /// Notes why a file is not read as a bundle although it is named or begins like one.
    #[cfg(feature = "oms")]
    fn note_unread(&mut self, path: &RepoPath, bytes: &[u8], why: &str) {
        if path.as_str() == DEFAULT_NAME || begins_like_bundle(bytes) {
            let reason = format!("it is not a whole bundle of OpenSSF Model Signing: {why}");
            self.notes.push(Note::Unreadable { path: path.clone(), reason });
        }
    }

    /// Adds the report about a bundle. `reason` counts unless its signature is good.
    fn add(&mut self, report: OmsSignatureReport, reason: Reason, is_named: bool) {
        match report.status {
            Status::Good => {}
            Status::Bad => drop(self.always.insert(reason)),
            // A verifier who names a signature wants it to be good.
            _ if is_named => drop(self.always.insert(reason)),
            _ => drop(self.otherwise.insert(reason)),
        }
        if report.status == Status::NotCheckable || report.status == Status::Untrusted {
            let others = self.reports.iter().filter(|other| other.status == report.status).count();
            if others >= MAX_REPORTED && !is_named {
                self.are_left = true;
                return;
            }
        }
        self.reports.push(report);
    }

    /// Returns whether a trusted signer lists this file, whose whole digest is then compared.
    pub(super) fn lists(&self, path: &RepoPath) -> bool {
        self.digests_of(path).next().is_some()
    }

    /// Returns what trusted signers say is the digest of a file.
    pub(super) fn digests_of(&self, path: &RepoPath) -> impl Iterator<Item = &Sha256Hex> {
        self.statements.iter().filter_map(|(_, statement)| digest_of(statement, path))
    }

    /// Returns what trusted signers say of a file that they list in parts.
    pub(super) fn parts_of(&self, path: &RepoPath) -> impl Iterator<Item = &ShardedFile> {
        self.statements.iter().filter_map(|(_, statement)| parts_of(statement, path))
    }

    /// Returns whether a trusted signer signed, and what they signed can be compared.
    pub(super) fn is_good(&self) -> bool {
        !self.statements.is_empty()
    }

    /// Adds the bundles to a report about the signatures in `.openness/`, and takes both together: at least one must be good,
    /// and what only untrusted signers signed is not looked at if another is.
    pub(super) fn add_to(&self, requirements: &Requirements<'_>, report: &mut Report) {
        report.oms = self.reports.clone();
        report.proofs.extend(self.proofs.iter().cloned());
        report.notes.extend(self.notes.iter().cloned());
        let is_openness_good = report.signatures.iter().any(|signature| signature.status == Status::Good);
        if self.is_good() && !is_openness_good {
            forget_untrusted(report);
            if let Some(least) = requirements.least_sequence
                && report.statement.is_none()
            {
                report.add_reason(Reason::Rollback);
                report.alarms.push(Alarm::Rollback(Rollback::Required { least, found: None }));
            }
        } else if !self.is_good() && !is_openness_good {
            // There are signatures, so what is missing is trust.
            if !self.reports.is_empty() {
                report.reasons.remove(&Reason::Unsigned);
            }
            report.reasons.extend(self.otherwise.iter().copied());
            if self.are_left {
                report.add_reason(Reason::SignaturesLeft);
            }
        }
        // Last, because what a trusted signer says counts whatever else was dropped.
        report.reasons.extend(self.always.iter().copied());
        if self.are_left {
            report.notes.push(Note::SignaturesLeft { checked: self.reports.len() });
        }
        let has = |kind| match kind {
            SignatureKind::Openness => is_openness_good,
            SignatureKind::Oms => self.is_good(),
        };
        let missing = requirements.required_signatures.iter().filter(|kind| !has(**kind));
        report.add_unmet(missing.map(|kind| Unmet::NoSignature { kind: kind.as_str() }));
    }
}

/// Returns whether there may be a bundle to check.
pub(super) fn are_likely(files: &dyn Files, requirements: &Requirements<'_>) -> bool {
    !requirements.signature_files.is_empty() || candidates(files).next().is_some()
}

/// Returns the files that may be bundles by their names.
fn candidates(files: &dyn Files) -> impl Iterator<Item = &Entry> {
    files.entries().iter().filter(|entry| may_be_bundle(&entry.path) && matches!(entry.kind, Kind::File { .. }))
}

/// Drops what untrusted signers say in `.openness/`, unless it raised an alarm.
fn forget_untrusted(report: &mut Report) {
    if !report.alarms.is_empty() {
        return;
    }
    if !report.is_bad_by_trusted {
        report.reasons.remove(&Reason::BadSignature);
    }
    for reason in [
        Reason::Unsigned,
        Reason::UntrustedKey,
        Reason::ExpiredKey,
        Reason::RevokedKey,
        Reason::SignaturesLeft,
        Reason::StatementInvalid,
    ] {
        report.reasons.remove(&reason);
    }
    (report.statement, report.statement_digest, report.statement_problem) = (None, None, None);
    report.notes.push(Note::NothingDeclared);
}

/// A file that may be a bundle.
enum Candidate {
    Bytes(Vec<u8>),
    /// A bundle by its start, and larger than is read.
    TooLarge,
    /// Something else.
    Other,
}

impl Candidate {
    fn read(files: &dyn Files, path: &RepoPath) -> Result<Self, Error> {
        match files.read(path, MAX_BUNDLE_BYTES) {
            Ok(bytes) => Ok(Self::Bytes(bytes.unwrap_or_default())),
            Err(Error::TooLarge { .. }) => {
                let start = files.read_start(path, START_LENGTH.try_into().unwrap_or(u64::MAX))?.unwrap_or_default();
                Ok(if begins_like_bundle(&start) { Self::TooLarge } else { Self::Other })
            }
            Err(error) => Err(error),
        }
    }
}

/// Returns the report about a bundle that was not checked.
fn unchecked(name: &str, path: Option<&RepoPath>) -> OmsSignatureReport {
    OmsSignatureReport {
        name: name.to_owned(),
        path: path.cloned(),
        method: None,
        status: Status::NotCheckable,
        signer: None,
        model: None,
        listed: None,
        reason: String::new(),
    }
}

impl OmsSignatureReport {
    /// Returns the name of the signer for people: the curve or certificate, and its id.
    #[must_use]
    pub fn signed_by(&self) -> Option<String> {
        self.signer.as_ref().map(|signer| match signer {
            Signer::Key { id, curve, principals: None } => format!("{curve} key {id}"),
            Signer::Key { id, curve, principals: Some(principals) } => format!("{principals}, {curve} key {id}"),
            Signer::Certificate { subject, names, id, anchor } => {
                let names = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
                format!("{subject}{names}, certificate {id}, trusted by {anchor}")
            }
            Signer::Keyless { identity, issuer, signed_at, .. } => {
                format!("{identity}, vouched for by {issuer}, signed at {signed_at}")
            }
        })
    }
}

#[cfg(all(test, feature = "keygen"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use jiff::Timestamp;

    use super::super::{Verdict, verify};
    use super::*;
    use crate::artifacts::digest;
    use crate::files::Memory;
    use crate::oms::Signers;
    use crate::policy::Policy;
    use crate::sign::{EcdsaSecretKey, SecretKey, Trust, keyfile, sshsig};
    use crate::source::Source;

    const MANIFEST: &str = "schema = 1\n[model]\nname = \"Tiny LM\"\nversion = \"1\"\nproducer = \"Lab\"\n\
                            license = \"Apache-2.0\"\n[component.final-weights]\nopenness = \"open\"\n\
                            files = [\"w.safetensors\"]\n";
    const AT: Timestamp = Timestamp::UNIX_EPOCH;

    type Release = Vec<(String, Vec<u8>)>;

    fn key(text: &str) -> EcdsaSecretKey {
        keyfile::parse_ecdsa(text, "a key", &mut |_| None).unwrap()
    }

    fn signer() -> EcdsaSecretKey {
        key(include_str!("../../tests/data/oms/p256.pem"))
    }

    fn stranger() -> EcdsaSecretKey {
        key(include_str!("../../tests/data/oms/p384.pem"))
    }

    fn model() -> Release {
        vec![("OPENNESS.toml".into(), MANIFEST.into()), ("w.safetensors".into(), b"weights".to_vec())]
    }

    /// A bundle over these files.
    fn bundle(files: &Release, key: &EcdsaSecretKey, ignored: &[&str]) -> Vec<u8> {
        let listed = files.iter().map(|(path, bytes)| (path.parse().unwrap(), digest::sha256(bytes))).collect();
        let ignored: Vec<RepoPath> = ignored.iter().map(|path| path.parse().unwrap()).collect();
        Statement::of("model", listed, &ignored).unwrap().sign(key).unwrap()
    }

    fn with(mut files: Release, more: &[(&str, &[u8])]) -> Release {
        files.extend(more.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())));
        files
    }

    /// The same files with a statement in `.openness/` by this key.
    fn declared(files: Release, key: &SecretKey) -> Release {
        let unsigned = Memory::new(files.clone());
        let checked = crate::check::check(&unsigned).unwrap();
        let passed = checked.pass(&[]).unwrap();
        let statement = passed.statement(AT, &digest::Options::default(), &|_| {}).unwrap().to_bytes().unwrap();
        let signature = sshsig::sign(&statement, key).unwrap().into_bytes();
        with(files, &[(".openness/statement.json", &statement), (".openness/signatures/k.sshsig", &signature)])
    }

    fn checked(files: Release, trust: &Trust, signers: &Signers) -> Report {
        verify(&Memory::new(files), &Requirements::new(trust, AT).oms(signers), &|_| {}).unwrap()
    }

    fn trusting(key: &EcdsaSecretKey) -> Signers {
        Signers::of_keys([*key.public()])
    }

    fn reasons(report: &Report) -> Vec<&'static str> {
        report.reasons().iter().map(|reason| reason.as_str()).collect()
    }

    #[test]
    fn a_bundle_alone_verifies_files_and_declares_nothing() {
        let files = with(model(), &[("model.sig", &bundle(&model(), &signer(), &[]))]);
        let report = checked(files, &Trust::none(), &trusting(&signer()));
        assert_eq!(report.verdict(), Verdict::Verified, "{report:#?}");
        assert!(report.notes().contains(&Note::NothingDeclared) && report.claims().is_empty());
        assert_eq!((report.files().verified, report.oms_bytes()), (2, 7 + u64::try_from(MANIFEST.len()).unwrap()));
        let release = report.verified().unwrap();
        assert!(release.statement().is_none());
        assert_eq!(release.oms_files().len(), 2);
    }

    #[test]
    fn every_change_to_the_files_is_found() {
        let signature = bundle(&with(model(), &[("b", b"b")]), &signer(), &["left-out.txt", "left-out.py"]);
        let good = with(model(), &[("b", b"b"), ("model.sig", &signature)]);
        let check = |files: Release| checked(files, &Trust::none(), &trusting(&signer()));
        assert_eq!(check(good.clone()).verdict(), Verdict::Verified);
        let mut changed = good.clone();
        changed[1].1[0] ^= 1;
        assert_eq!(reasons(&check(changed)), ["content-mismatch"]);
        let mut absent = good.clone();
        absent.remove(2);
        let report = check(absent);
        assert_eq!((reasons(&report), report.verdict()), (vec!["incomplete"], Verdict::Partial));
        for (path, found) in [
            ("evil.py", vec!["unsigned-files"]),
            ("sub/.gitignore", vec!["unsigned-files"]),
            (".openness/evil.py", vec!["unsigned-files"]),
            // What the signer leaves out may be anything, so nothing that runs when it is loaded.
            ("left-out.py", vec!["unsigned-files"]),
            ("left-out.txt", vec![]),
            (".github/workflows/x.yml", vec![]),
            (".gitattributes", vec![]),
        ] {
            let report = check(with(good.clone(), &[(path, b"new")]));
            assert_eq!(reasons(&report), found, "{path}");
            let excluded: Vec<&str> = report.files().excluded.iter().map(RepoPath::as_str).collect();
            assert_eq!(excluded, if found.is_empty() { vec![path] } else { vec![] });
        }
    }

    #[test]
    fn a_strangers_signature_changes_nothing() {
        let own = SecretKey::generate().unwrap();
        let trust = Trust::of_keys([*own.public()]);
        let release = declared(model(), &own);
        let of_stranger = bundle(&vec![("other".into(), b"x".to_vec())], &stranger(), &[]);
        let mut refused = of_stranger.clone();
        refused.splice(0..1, *b"{\"x\":1,");
        for (dropped, is_tolerated) in [(&of_stranger, true), (&refused, false)] {
            let files = with(release.clone(), &[("x.sig", dropped)]);
            for signers in [Signers::none(), trusting(&signer())] {
                let report = checked(files.clone(), &trust, &signers);
                assert_eq!(reasons(&report), if is_tolerated { vec![] } else { vec!["unsigned-files"] });
                assert_eq!(report.oms().len(), 1);
                assert!(!report.is_signed_by_oms());
            }
        }
        // Nor does it next to a trusted bundle, or as a statement in `.openness/`.
        let good = with(model(), &[("a.sig", &of_stranger), ("model.sig", &bundle(&model(), &signer(), &[]))]);
        assert_eq!(reasons(&checked(good.clone(), &Trust::none(), &trusting(&signer()))), Vec::<&str>::new());
        let by_other = declared(with(model(), &[("x.txt", b"x")]), &SecretKey::generate().unwrap());
        let by_other: Vec<(&str, &[u8])> = by_other[3..].iter().map(|(path, bytes)| (&**path, &**bytes)).collect();
        let report = checked(with(good, &by_other), &trust, &trusting(&signer()));
        assert_eq!(reasons(&report), Vec::<&str>::new());
        assert!(report.statement().is_none());
    }

    #[test]
    fn piles_of_strangers_signatures_do_not_hide_a_trusted_one() {
        let of_stranger = bundle(&vec![("other".into(), b"x".to_vec())], &stranger(), &[]);
        let mut files = with(model(), &[("model.sig", &bundle(&model(), &signer(), &[]))]);
        files.extend((0..100).map(|at| (format!("a{at}.sig"), of_stranger.clone())));
        let report = checked(files, &Trust::none(), &trusting(&signer()));
        assert_eq!(reasons(&report), Vec::<&str>::new());
        assert_eq!(report.oms().len(), MAX_REPORTED + 1);
    }

    #[test]
    fn no_trusted_signature_is_not_called_a_bad_one() {
        let files = with(model(), &[("model.sig", &bundle(&model(), &signer(), &[]))]);
        for (signers, status) in [(Signers::none(), Status::NotCheckable), (trusting(&stranger()), Status::Untrusted)] {
            let report = checked(files.clone(), &Trust::none(), &signers);
            assert_eq!(reasons(&report), ["untrusted-key"]);
            assert_eq!(report.oms()[0].status, status);
        }
        assert_eq!(reasons(&checked(model(), &Trust::none(), &Signers::none())), ["unsigned"]);
    }

    #[test]
    fn both_signatures_hold_in_either_order_and_each_can_be_required() {
        let own = SecretKey::generate().unwrap();
        let trust = Trust::of_keys([*own.public()]);
        let both = [SignatureKind::Openness, SignatureKind::Oms];
        // First the statement and then the bundle over everything, or the bundle over the model alone.
        let declared_first = declared(model(), &own);
        let over_all = bundle(&declared_first, &signer(), &[]);
        let over_model = bundle(&model(), &signer(), &[]);
        for signature in [&over_all, &over_model] {
            let files = Memory::new(with(declared_first.clone(), &[("model.sig", signature)]));
            let signers = trusting(&signer());
            let requirements = Requirements::new(&trust, AT).oms(&signers).require_signatures(&both);
            let report = verify(&files, &requirements, &|_| {}).unwrap();
            assert_eq!(reasons(&report), Vec::<&str>::new(), "{:?}", report.files());
            assert_eq!(report.files().verified, 2 + usize::from(signature == &over_all) * 2);
        }
        // Either of them stripped.
        let signers = trusting(&signer());
        let requirements = Requirements::new(&trust, AT).oms(&signers).require_signatures(&both);
        for (files, kind) in
            [(declared_first.clone(), "oms"), (with(model(), &[("model.sig", &over_model)]), "openness")]
        {
            let report = verify(&Memory::new(files), &requirements, &|_| {}).unwrap();
            assert_eq!(reasons(&report), ["policy"]);
            assert_eq!(report.unmet(), [Unmet::NoSignature { kind }]);
        }
        // A trusted bundle over other bytes than the trusted statement.
        let other = bundle(&vec![("w.safetensors".into(), b"other".to_vec())], &signer(), &[]);
        let report = checked(with(declared_first, &[("model.sig", &other)]), &trust, &signers);
        assert_eq!(reasons(&report), ["content-mismatch"]);
    }

    #[test]
    fn a_named_signature_must_be_good() {
        let own = SecretKey::generate().unwrap();
        let trust = Trust::of_keys([*own.public()]);
        let files = Memory::new(declared(model(), &own));
        let signers = trusting(&signer());
        let mut changed = bundle(&model(), &signer(), &[]);
        let at = changed.len() / 2;
        changed[at] ^= 1;
        for (content, found) in [
            (Ok(bundle(&model(), &signer(), &[])), vec![]),
            (Ok(bundle(&model(), &stranger(), &[])), vec!["untrusted-key"]),
            (Ok(changed), vec!["bad-signature"]),
            (Ok(b"not a bundle".to_vec()), vec!["bad-signature"]),
            (Err(MAX_BUNDLE_BYTES), vec!["bad-signature"]),
        ] {
            let named = [SignatureFile { name: "elsewhere.sig".to_owned(), path: None, content }];
            let requirements = Requirements::new(&trust, AT).oms(&signers).signature_files(&named);
            let report = verify(&files, &requirements, &|_| {}).unwrap();
            assert_eq!(reasons(&report), found, "{:?}", report.oms());
        }
    }

    #[test]
    fn revocation_lists_of_the_trust_hold_for_bundles() {
        let files = Memory::new(with(model(), &[("model.sig", &bundle(&model(), &signer(), &[]))]));
        let signers = trusting(&signer());
        for (key, found) in [(signer(), vec!["revoked-key"]), (stranger(), vec![])] {
            let list = crate::sign::Revocations::read(key.public().to_openssh().as_bytes(), "list").unwrap();
            let trust = Trust::none().revoke(list);
            let report = verify(&files, &Requirements::new(&trust, AT).oms(&signers), &|_| {}).unwrap();
            assert_eq!(reasons(&report), found);
        }
    }

    #[test]
    fn requirements_that_a_bundle_cannot_meet_are_not_met() {
        let files = Memory::new(with(model(), &[("model.sig", &bundle(&model(), &signer(), &[]))]));
        let (trust, signers) = (Trust::none(), trusting(&signer()));
        let requirements = Requirements::new(&trust, AT).oms(&signers);
        let policy = Policy::read(&Source::new("p", "policy = 1\n")).unwrap();
        for (requirements, found) in [
            (requirements.clone().least_sequence(1), "rollback"),
            (requirements.clone().identity("release@example.org"), "untrusted-key"),
            (requirements.clone().policy(&policy), "policy"),
            (requirements.clone().require_log_proof(true), "policy"),
            (requirements.clone().require_signed_tag(true), "policy"),
        ] {
            let report = verify(&files, &requirements, &|_| {}).unwrap();
            assert_eq!(reasons(&report), [found], "{requirements:?}");
        }
    }

    #[test]
    fn a_trusted_signer_of_a_statement_that_is_refused_fails_the_release() {
        use crate::sign::dsse;
        use base64ct::{Base64, Encoding as _};
        let own = SecretKey::generate().unwrap();
        let payload = format!("{{\"predicateType\":\"{}\"}}", crate::oms::PREDICATE_TYPE);
        let signature = signer().sign(&dsse::pae(dsse::PAYLOAD_TYPE, payload.as_bytes())).unwrap();
        let mut bundle: serde_json::Value = serde_json::from_slice(&bundle(&model(), &signer(), &[])).unwrap();
        bundle["dsseEnvelope"]["payload"] = Base64::encode_string(payload.as_bytes()).into();
        bundle["dsseEnvelope"]["signatures"][0]["sig"] = Base64::encode_string(&signature).into();
        let files = with(declared(model(), &own), &[("model.sig", bundle.to_string().as_bytes())]);
        let report = checked(files, &Trust::of_keys([*own.public()]), &trusting(&signer()));
        assert_eq!(reasons(&report), ["statement-invalid"], "{:?}", report.oms());
    }
}
