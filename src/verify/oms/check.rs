//! Checks bundles by the verifier's trust.

use super::{Candidate, Found, unchecked};
use crate::files::{Error, Files};
use crate::manifest::Sha256Hex;
use crate::oms::{Bundle, MAX_BUNDLE_BYTES, Material, Refusal, ShardedFile, Signer, Signers};
use crate::path::RepoPath;
use crate::policy::Policy;
use crate::sign::Status;
use crate::verify::requirements::{Requirements, SignatureFile};
use crate::verify::{OmsSignatureReport, Reason, evidence, transparency};

pub(in crate::verify) use crate::oms::Statement;

/// The verifier's trust.
pub(super) struct Checker<'a> {
    signers: Signers,
    requirements: &'a Requirements<'a>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(requirements: &'a Requirements<'a>) -> Self {
        Self { signers: requirements.oms_signers(), requirements }
    }

    /// Checks a bundle that the verifier names.
    pub(super) fn check_named(&self, named: &SignatureFile, found: &mut Found) {
        let read = named.content.as_ref().map_err(|limit| Refusal::TooLarge { limit: *limit });
        let read = read.and_then(|bytes| Bundle::read(bytes));
        self.check(&named.name, named.path.as_ref(), read, true, found);
    }

    /// Checks a file of the release if it is a bundle.
    pub(super) fn check_file(&self, files: &dyn Files, path: &RepoPath, found: &mut Found) -> Result<(), Error> {
        let bytes = match Candidate::read(files, path)? {
            Candidate::Bytes(bytes) => bytes,
            Candidate::TooLarge => {
                let refusal = Refusal::TooLarge { limit: MAX_BUNDLE_BYTES };
                self.check(path.as_str(), Some(path), Err(refusal), false, found);
                return Ok(());
            }
            Candidate::Other => return Ok(()),
        };
        match Bundle::read(&bytes) {
            Ok(bundle) if bundle.is_of_oms() => self.check(path.as_str(), Some(path), Ok(bundle), false, found),
            Ok(_) => {}
            Err(refusal) if Bundle::is_likely(&bytes) => {
                self.check(path.as_str(), Some(path), Err(refusal), false, found);
            }
            Err(refusal) => found.note_unread(path, &bytes, &refusal.explain()),
        }
        Ok(())
    }

    /// Checks one file by the verifier's trust.
    fn check(
        &self,
        name: &str,
        path: Option<&RepoPath>,
        read: Result<Bundle, Refusal>,
        is_named: bool,
        found: &mut Found,
    ) {
        let Self { signers, requirements } = self;
        let read = read.and_then(|bundle| match bundle.is_of_oms() {
            true => Ok(bundle),
            false => Err(Refusal::Foreign),
        });
        let mut report = unchecked(name, path);
        let mut reason_of_refusal = Reason::BadSignature;
        match read {
            Err(refusal) => report.reason = format!("refused: {}", refusal.explain()),
            Ok(bundle) => {
                found.files.extend(path.cloned());
                report.method = Some(method(bundle.material()));
                let checked = bundle.verify(signers, requirements.at);
                (report.status, report.signer, report.reason) = (checked.status, checked.signer, checked.reason);
                reason_of_refusal = reason_of(checked.status);
                match checked.statement {
                    None => {}
                    Some(Ok(statement)) => {
                        let statement = match requirements.single_file {
                            Some(path) => statement.of_renamed_file(path),
                            None => statement,
                        };
                        report.model = Some(statement.name().to_owned());
                        report.listed = Some(statement.resources().len() + statement.sharded().len());
                        match refused_identity(&report, signers, requirements) {
                            None => {
                                found.statements.push((name.to_owned(), statement));
                                if let Some(logs) = requirements.logs {
                                    let proofs = transparency::of_bundle(name, &checked.entries, logs, requirements.at);
                                    found.proofs.extend(proofs);
                                }
                            }
                            Some(reason) => {
                                (report.status, report.reason) = (Status::Untrusted, reason);
                                (report.model, report.listed) = (None, None);
                                reason_of_refusal = Reason::UntrustedKey;
                            }
                        }
                    }
                    // The signer is trusted, but signed what must not be accepted.
                    Some(Err(refusal)) => {
                        report.status = Status::Bad;
                        let why = refusal.explain();
                        report.reason = format!("signed by a trusted signer, but the statement is refused: {why}");
                        reason_of_refusal = Reason::StatementInvalid;
                    }
                }
            }
        }
        found.add(report, reason_of_refusal, is_named);
    }
}

/// Returns why an identity without a lasting key is not trusted although an authority certified it: what it signs would count
/// otherwise, whether or not another signature meets the policy.
fn refused_identity(report: &OmsSignatureReport, signers: &Signers, requirements: &Requirements<'_>) -> Option<String> {
    if !matches!(report.signer, Some(Signer::Keyless { .. })) {
        return None;
    }
    let policy = requirements.policy;
    if signers.leaves_identities_to_policy() && !policy.is_some_and(Policy::names_identities) {
        return Some("intact, but nothing says which identities are trusted".to_owned());
    }
    let unmet = policy?.unmet_by_models(&[evidence::model(report)?]);
    unmet.first().map(|unmet| format!("intact, but not by an identity that the policy admits: {unmet}"))
}

/// Returns the digest that a statement lists for a file.
pub(super) fn digest_of<'a>(statement: &'a Statement, path: &RepoPath) -> Option<&'a Sha256Hex> {
    let resources = statement.resources();
    let at = resources.binary_search_by(|resource| resource.path.cmp(path)).ok()?;
    resources.get(at).map(|resource| &resource.sha256)
}

/// Returns a file that a statement lists in parts.
pub(super) fn parts_of<'a>(statement: &'a Statement, path: &RepoPath) -> Option<&'a ShardedFile> {
    let sharded = statement.sharded();
    sharded.get(sharded.binary_search_by(|file| file.path.cmp(path)).ok()?)
}

/// Returns the name of a signing method, as the tools of OMS have it.
fn method(material: &Material) -> &'static str {
    match material {
        Material::Key { .. } => "key",
        Material::Certificates(_) => "certificate",
        Material::Keyless { .. } => "sigstore",
    }
}

fn reason_of(status: Status) -> Reason {
    match status {
        Status::Bad => Reason::BadSignature,
        Status::Expired | Status::NotYetValid => Reason::ExpiredKey,
        Status::Revoked => Reason::RevokedKey,
        Status::Good | Status::Untrusted | Status::NotCheckable => Reason::UntrustedKey,
    }
}
