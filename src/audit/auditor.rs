//! One target: its files checked and verified, and what follows as a row.

use std::error::Error;
use std::io;
use std::num::NonZero;

use jiff::Timestamp;
use openness_audit::{FindingRow, Row, Status};
use serde::{Deserialize, Serialize};

use super::settings::{Mode, Settings, SettingsError};
use super::target::{Access, Opened, Unreadable};
use crate::ancestry;
use crate::check::{self, Checked};
use crate::error_text;
use crate::evaluate::{self, Evaluation};
use crate::files::{self, Files};
use crate::finding::{Finding, Severity};
use crate::git::UserEnv;
use crate::license;
use crate::manifest::{FILE_NAME, Manifest};
use crate::oms::Signers;
use crate::policy::Policy;
#[cfg(feature = "remote")]
use crate::remote;
use crate::sign::{Status as SignatureStatus, Trust};
use crate::snapshot::Snapshot;
use crate::tag;
use crate::taxonomy;
use crate::verify::{Report, Requirements, Verdict, check_all_signatures, verify};

/// The most findings of one target that are listed. All are counted.
const MAX_FINDINGS: usize = 1000;
/// The files below `.openness/` that may be listed besides: they do not count.
const OWN_FILES: usize = 1000;
/// The longest text of a manifest in a row, in bytes.
const MAX_TEXT: usize = 1024;
/// The most claims, signers and codes in a row.
const MAX_ITEMS: usize = 100;

/// What a row says about a target on a web server.
const LISTED_ONLY: &str = "listed files only: the server does not say which other files it has";

/// What is known of one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audited {
    /// The row.
    pub row: Row,
    /// Its findings, in the order of the manifest; at most a thousand.
    pub findings: Vec<FindingRow>,
}

/// Audits targets by the same settings.
#[derive(Debug)]
pub struct Auditor {
    settings: Settings,
    trust: Trust,
    signers: Signers,
    policy: Option<Policy>,
    at: Timestamp,
    limit: usize,
    access: Access,
}

/// Returns the ids of the taxonomies, in the order of a row's verdicts.
#[must_use]
pub fn taxonomies() -> Vec<String> {
    taxonomy::all().map(|taxonomy| taxonomy.id.clone()).collect()
}

impl Auditor {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let (trust, signers) = settings.trust()?;
        let limit = usize::try_from(settings.limits.files).unwrap_or(usize::MAX);
        let (policy, at) = (settings.policy()?, settings.time()?);
        // ECDSA keys in lists of allowed signers sign bundles.
        let signers = signers.merge(Signers::of_trust(&trust, at));
        #[cfg(not(feature = "remote"))]
        let access = Access::default();
        #[cfg(feature = "remote")]
        let access = Access { key_ids: trust.key_ids().collect(), ..Access::default() };
        Ok(Self { trust, signers, policy, at, limit, access, settings })
    }

    /// Reads Git repositories in this environment. Without it, the `git` program runs with none.
    #[must_use]
    pub fn in_environment(mut self, user: UserEnv) -> Self {
        self.access.user = user;
        self
    }

    /// Reads targets on other machines by these options.
    #[cfg(feature = "remote")]
    #[must_use]
    pub fn with_remote(mut self, remote: remote::Options) -> Self {
        self.access.remote = remote;
        self
    }

    /// Audits one target. Whatever is wrong with it is in the row.
    #[must_use]
    pub fn audit(&self, target: &str) -> Audited {
        self.try_audit(target).unwrap_or_else(|Unreadable { reason, detail }| Audited {
            row: Row::could_not_read(target, reason, shortened(&detail), taxonomy::all().len()),
            findings: Vec::new(),
        })
    }

    fn try_audit(&self, target: &str) -> Result<Audited, Unreadable> {
        let opened = Opened::new(target, self.limit.saturating_add(OWN_FILES), &self.access)?;
        let files = &opened.verified;
        let count = files.entries().len() + files.problems().len();
        if count > self.limit {
            return Err(Unreadable::new("too-many-files", format!("more than {} files", self.limit)));
        }
        let bytes: u64 = files.entries().iter().filter_map(|entry| files.size(entry).ok()).sum();
        if self.settings.mode == Mode::Verify && bytes > self.settings.limits.bytes {
            return Err(Unreadable::new("too-many-bytes", format!("{bytes} bytes")));
        }
        let mut row = Row::empty(target, Status::NoManifest, taxonomy::all().len());
        row.revision = opened.commit();
        row.detail = (!files.lists_everything()).then(|| LISTED_ONLY.to_owned());
        row.files = i64::try_from(files.entries().len()).unwrap_or(i64::MAX);
        row.bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let mut findings = Vec::new();
        let is_sound = match check::check(opened.checked()) {
            Ok(checked) => {
                add_manifest(&checked, &mut row);
                findings = add_findings(&checked, &mut row);
                Some(checked.parsed().is_sound())
            }
            Err(check::Error::NoManifest) => None,
            Err(check::Error::Files(error)) => return Err(unreadable(&error)),
        };
        let report = self.verify(&opened).map_err(|error| unreadable(&error))?;
        add_signatures(&report, &mut row);
        let is_signed = !report.signatures().is_empty() || !report.oms().is_empty();
        row.status = match (report.verdict(), is_signed, is_sound) {
            (Verdict::Verified, ..) => Status::Verified,
            (_, false, None) => Status::NoManifest,
            (_, false, Some(false)) => Status::InvalidManifest,
            (_, false, Some(true)) => Status::Unsigned,
            (_, true, _) if self.settings.mode == Mode::CheckOnly && report.reasons().is_empty() => Status::NotCompared,
            (_, true, _) => Status::NotVerified,
        };
        if matches!(row.status, Status::NotVerified) || (is_signed && row.status != Status::Verified) {
            row.reasons = report.reasons().iter().map(|reason| reason.as_str().to_owned()).collect();
        }
        Ok(Audited { row, findings })
    }

    fn verify(&self, opened: &Opened) -> Result<Report, files::Error> {
        let files = &opened.verified;
        let requirements = Requirements::new(&self.trust, self.at)
            .identity(self.settings.identity.as_deref())
            .policy(self.policy.as_ref())
            .oms(&self.signers)
            .threads(NonZero::<usize>::MIN)
            .in_place_of_directory(opened.is_bare);
        match self.settings.mode {
            Mode::CheckOnly => check_all_signatures(files, &requirements),
            Mode::Verify => {
                let requirements = with_tag(requirements, opened, files);
                let report = verify(files, &requirements, &|_| {})?;
                let links = ancestry::links(files, &[], &requirements, &report);
                ancestry::check_policy_again(files, &requirements, &links, report)
            }
        }
    }
}

/// Adds what Git knows about the revision that was asked for.
fn with_tag<'a>(requirements: Requirements<'a>, opened: &Opened, files: &Snapshot) -> Requirements<'a> {
    let (Some(revision), Some(repo), Some(commit)) = (&opened.revision, files.repo(), files.commit()) else {
        return requirements;
    };
    let (trust, at) = (requirements.effective_trust(), requirements.time());
    let tag = tag::inspect(repo, revision, &commit.commit, &trust, at).ok();
    let replaced = repo.replacements().and_then(|replacements| repo.replaced(&replacements, revision, commit));
    let signature = tag::inspect_commit(repo, &commit.commit, &trust, at).ok();
    let requirements = match tag {
        Some(tag) => requirements.tag(tag),
        None => requirements,
    };
    let requirements = match signature {
        Some(signature) => requirements.commit(signature),
        None => requirements,
    };
    match replaced {
        Ok(replaced) => requirements.replaced(replaced),
        Err(_) => requirements,
    }
}

fn unreadable(error: &files::Error) -> Unreadable {
    let is_network = |error: &io::Error| error.kind() == io::ErrorKind::ConnectionAborted;
    let mut reason = "unreadable";
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref().is_some_and(is_network) {
            reason = "network";
        }
        cause = error.source();
    }
    Unreadable::new(reason, error_text::chain(error))
}

/// Adds what the manifest declares, and the verdicts that follow if it can be evaluated.
fn add_manifest(checked: &Checked<'_>, row: &mut Row) {
    let manifest = &checked.parsed().manifest;
    row.manifest_sha256 = Some(checked.manifest_sha256().to_bytes());
    let named = |text: &str| (!text.is_empty()).then(|| shortened(text));
    row.model = named(&manifest.model.name);
    row.model_version = named(&manifest.model.version);
    row.producer = named(&manifest.model.producer);
    if !checked.parsed().is_sound() {
        return;
    }
    row.license = declared_license(manifest).map(|license| shortened(&license));
    let claims = manifest.claims.iter().take(MAX_ITEMS);
    row.claims = claims.map(|claim| shortened(&format!("{}={}", &*claim.key, &*claim.value))).collect();
    row.verdicts = evaluate::evaluate(manifest).iter().map(verdict).collect();
}

/// Returns the license of the final weights if they are declared, or else the model's.
fn declared_license(manifest: &Manifest) -> Option<String> {
    let of_weights =
        manifest.component("final-weights").and_then(|weights| license::effective(manifest, weights).text());
    of_weights.or_else(|| license::of_model(manifest).text()).map(str::to_owned)
}

/// Returns a verdict as a word, or a score with four places.
fn verdict(evaluation: &Evaluation) -> Option<String> {
    let word = evaluation.verdict.map(|verdict| verdict.as_str().to_owned());
    word.or_else(|| evaluation.score().map(|score| format!("{score:.4}")))
}

fn add_findings(checked: &Checked<'_>, row: &mut Row) -> Vec<FindingRow> {
    let findings = checked.findings();
    let count = |severity| {
        let count = findings.iter().filter(|finding| finding.severity == severity).count();
        i32::try_from(count).unwrap_or(i32::MAX)
    };
    (row.errors, row.warnings) = (count(Severity::Error), count(Severity::Warning));
    row.codes = findings.iter().map(|finding| finding.rule.code.to_owned()).collect();
    row.codes.sort_unstable();
    row.codes.dedup();
    row.codes.truncate(MAX_ITEMS);
    let source = &checked.parsed().source;
    let listed = |finding: &Finding| FindingRow {
        target: row.target.clone(),
        code: finding.rule.code.to_owned(),
        severity: finding.severity.as_str().to_owned(),
        path: FILE_NAME.to_owned(),
        line: i32::try_from(source.position(finding.primary.span.start).line).unwrap_or(i32::MAX),
        message: shortened(&finding.message),
    };
    findings.iter().take(MAX_FINDINGS).map(listed).collect()
}

fn add_signatures(report: &Report, row: &mut Row) {
    let holds = |status: SignatureStatus| !matches!(status, SignatureStatus::Bad | SignatureStatus::NotCheckable);
    let own = report.signatures().iter().filter(|signature| holds(signature.status));
    row.signers = own.filter_map(|signature| signature.key.map(|key| key.to_string())).collect();
    let oms = report.oms().iter().filter(|signature| holds(signature.status));
    row.signers.extend(oms.filter_map(|signature| signature.signer.as_ref().map(|signer| signer.id().to_owned())));
    row.signers.sort_unstable();
    row.signers.dedup();
    row.signers.truncate(MAX_ITEMS);
    row.trusted = report.signatures().iter().any(|signature| signature.status == SignatureStatus::Good)
        || report.is_signed_by_oms();
    let best = report.oms().iter().find(|signature| signature.status == SignatureStatus::Good);
    row.oms = best.or(report.oms().first()).map(|signature| signature.status.as_str().to_owned());
    row.statement_sha256 = report.statement_digest().map(|digest| digest.0.to_bytes());
}

/// Cuts a text that is too long for a row.
fn shortened(text: &str) -> String {
    if text.len() <= MAX_TEXT {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(MAX_TEXT)])
}
