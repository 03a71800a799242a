//! The signed releases that a release says it comes from, walked from statement to statement by the verifier's own trust.
//!
//! An entry of `model.base` names the statement of its base by SHA-256, so a cycle of statements cannot be made. Copies of a
//! base's statement, signatures and manifest can be in `.openness/bases/SHA256/`, or the verifier names directories. Nothing is
//! fetched.
//!
//! What a verified link proves: this signer says that the release comes from exactly that statement, and that signer said these
//! terms. It does not prove that it does, that no base is left out, or that the signer of the base had the rights.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::artifacts::digest;
use crate::files::{Error, Files, Memory, OPENNESS_DIR};
use crate::manifest::parse::parse_bytes;
use crate::manifest::{Base, FILE_NAME, MAX_MANIFEST_BYTES, Manifest, Sha256Hex};
use crate::path::RepoPath;
use crate::policy::BaseFacts;
use crate::release::{BASES_DIR, SIGNATURES_DIR, STATEMENT_FILE};
use crate::sign::{Status, Trust};
use crate::source::Spanned;
use crate::statement::{Body, Statement};
use crate::verify::{Reason, Report, Requirements, check_signatures, verify_signers_again};

/// How many links are followed from one base to the next.
const MAX_DEPTH: usize = 16;
/// How many links are looked at in all.
const MAX_LINKS: usize = 1000;
/// The largest statement of a base that is read, in bytes.
const MAX_STATEMENT_BYTES: u64 = 16 << 20;
/// How many bytes of statements are read in all.
const MAX_TOTAL_BYTES: u64 = 256 << 20;
/// The largest signature file that is read, in bytes, and how many are.
const MAX_SIGNATURE_BYTES: u64 = 1 << 20;
const MAX_SIGNATURES: usize = 32;

/// How far a link is known to hold, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Standing {
    /// The statement is here, and its signature is good and by a signer that the verifier trusts.
    Verified,
    /// The statement is here, and its signature is good, but by a signer that the verifier does not trust.
    Signed,
    /// Only the digest of the statement is known, or what was found does not hold.
    Named,
    /// Only the name is known.
    Claimed,
}

impl Standing {
    /// Returns the word of reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Signed => "signed",
            Self::Named => "named",
            Self::Claimed => "claimed",
        }
    }
}

/// What keeps a link from being verified or followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Doubt {
    /// The entry names no statement.
    NoStatement,
    /// No copy of the statement was found.
    NotFound,
    /// The copy under this digest has another one.
    OtherBytes,
    /// The signatures do not hold, or are not by a trusted signer.
    Signature(Reason),
    /// The statement is about a model of another name.
    OtherModel,
    /// What was taken, `digest`, is not among the files of the statement.
    DigestNotSigned,
    /// The license in the manifest is not the one in the statement.
    OtherLicense,
    /// There is no copy of the manifest of the base.
    NoManifest,
    /// The copy of the manifest is not the one that was signed, or cannot be read.
    OtherManifest,
    /// A base has the name of a model that is made from it.
    CycleOfNames,
    /// There are too many links.
    TooDeep,
}

impl Doubt {
    /// Returns the word of reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoStatement => "no-statement",
            Self::NotFound => "statement-not-found",
            Self::OtherBytes => "statement-differs",
            Self::Signature(reason) => reason.as_str(),
            Self::OtherModel => "other-model",
            Self::DigestNotSigned => "digest-not-signed",
            Self::OtherLicense => "license-contradicted",
            Self::NoManifest => "manifest-not-found",
            Self::OtherManifest => "manifest-differs",
            Self::CycleOfNames => "cycle-of-names",
            Self::TooDeep => "too-deep",
        }
    }

    /// Returns the doubt as a clause for people.
    #[must_use]
    pub fn clause(self) -> &'static str {
        match self {
            Self::NoStatement => "the manifest names no statement of it",
            Self::NotFound => "its statement was not found; unverified from here",
            Self::OtherBytes => "the copy of its statement has another digest",
            Self::Signature(Reason::UntrustedKey) => "it is signed by a key that you do not trust",
            Self::Signature(Reason::RevokedKey) => "it is signed by a key that was revoked",
            Self::Signature(Reason::ExpiredKey) => "it is signed by a key that is not valid at this time",
            Self::Signature(Reason::Unsigned) => "its statement has no signature",
            Self::Signature(Reason::StatementInvalid) => "its statement is not valid",
            Self::Signature(_) => "its signatures do not hold",
            Self::OtherModel => "the statement is about a model of another name",
            Self::DigestNotSigned => "the digest of what was taken is not in its statement",
            Self::OtherLicense => "the manifest states another license than its signed statement",
            Self::NoManifest => "its manifest was not found, so its own bases are not known",
            Self::OtherManifest => "the copy of its manifest is not the one that was signed",
            Self::CycleOfNames => "it has the name of a model that is made from it",
            Self::TooDeep => "there are too many links; unverified from here",
        }
    }
}

/// One link: a base of the release, or of a base.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ancestor {
    /// The number of links from the release; 1 for its own bases.
    pub depth: usize,
    /// The name of the base, as the manifest has it.
    pub name: String,
    /// The digest of its statement.
    pub statement: Option<Sha256Hex>,
    /// How far the link is known to hold.
    pub standing: Standing,
    /// What keeps it from being verified or followed.
    pub doubts: Vec<Doubt>,
    /// The signer: the principals, or the fingerprint of the key.
    pub signer: Option<String>,
    /// The license of its weights, as signed.
    pub license: Option<String>,
    /// The number of files that the release has from it, byte for byte.
    pub shared_files: usize,
}

/// What the walk goes by.
#[derive(Debug, Clone, Copy)]
pub struct Walk<'a> {
    /// The files of the release.
    pub files: &'a dyn Files,
    /// Releases of bases that the verifier has.
    pub stores: &'a [&'a dyn Files],
    /// Whom the verifier trusts.
    pub trust: &'a Trust,
    /// The time at which keys have to be valid.
    pub at: Timestamp,
}

/// Follows the bases of a manifest, whose release has this statement, in depth first order.
#[must_use]
pub fn walk(manifest: &Manifest, statement: Option<&Body>, by: &Walk<'_>) -> Vec<Ancestor> {
    let mut walker = Walker { by: *by, of: statement, found: Vec::new(), seen: BTreeMap::new(), left: MAX_TOTAL_BYTES };
    walker.follow(manifest, &mut vec![manifest.model.name.value.clone()]);
    walker.found
}

/// Returns whether an entry of `model.base` names the statement of its base.
#[must_use]
pub fn names_statement(manifest: &Manifest) -> bool {
    manifest.model.base.iter().any(|base| base.statement.is_some())
}

/// Follows the bases of a verified release, if an entry names a statement, the verifier has releases of bases, or the policy
/// asks for it.
#[must_use]
pub fn links(
    files: &dyn Files,
    stores: &[&dyn Files],
    requirements: &Requirements<'_>,
    report: &Report,
) -> Vec<Ancestor> {
    let Some(manifest) = report.manifest() else { return Vec::new() };
    if stores.is_empty() && !names_statement(manifest) && !requirements.follows_bases() {
        return Vec::new();
    }
    let trust = requirements.effective_trust();
    let by = Walk { files, stores, trust: &trust, at: requirements.time() };
    walk(manifest, report.statement().map(|statement| &**statement), &by)
}

/// Returns what a policy sees of the links.
#[must_use]
pub fn facts(links: &[Ancestor]) -> Vec<BaseFacts> {
    let is_end = |doubt: &Doubt| {
        matches!(doubt, Doubt::NoManifest | Doubt::OtherManifest | Doubt::CycleOfNames | Doubt::TooDeep)
    };
    let fact = |link: &Ancestor| BaseFacts {
        name: link.name.clone(),
        depth: link.depth,
        is_verified: link.standing == Standing::Verified,
        is_followed: !link.doubts.iter().any(is_end),
        reason: match link.doubts.first() {
            Some(doubt) => doubt.clause().to_owned(),
            None => link.standing.as_str().to_owned(),
        },
    };
    links.iter().map(fact).collect()
}

/// Checks the policy again, now with the bases, if it asks for them: a verification cannot follow bases by itself.
///
/// # Errors
/// [`Error`] if files or the repository cannot be read.
pub fn check_policy_again(
    files: &dyn Files,
    requirements: &Requirements<'_>,
    links: &[Ancestor],
    report: Report,
) -> Result<Report, Error> {
    if !requirements.follows_bases() || report.statement().is_none() {
        return Ok(report);
    }
    verify_signers_again(files, &requirements.clone().bases(&facts(links)), report)
}

/// Returns the worst standing: a chain is as good as its weakest link.
#[must_use]
pub fn weakest(links: &[Ancestor]) -> Option<Standing> {
    links.iter().map(|link| link.standing).max()
}

/// A walk, and what it has found.
struct Walker<'a> {
    by: Walk<'a>,
    /// The statement of the release.
    of: Option<&'a Body>,
    found: Vec<Ancestor>,
    /// The entries that were followed, which many manifests can share.
    seen: BTreeMap<Entry, Ancestor>,
    /// How many bytes of statements may still be read.
    left: u64,
}

/// What a manifest says of a base, as far as it is compared with the statement of the base.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    name: String,
    statement: Option<String>,
    digest: Option<String>,
    license: Option<String>,
}

impl Entry {
    fn of(base: &Base) -> Self {
        let hex = |digest: &Option<Spanned<Sha256Hex>>| digest.as_ref().map(|digest| digest.value.as_str().to_owned());
        Self {
            name: base.name.value.clone(),
            statement: hex(&base.statement),
            digest: hex(&base.digest),
            license: base.license.as_ref().map(|license| license.value.clone()),
        }
    }
}

impl Walker<'_> {
    /// Follows the bases of a manifest. `path` has the names from the release to it.
    fn follow(&mut self, manifest: &Manifest, path: &mut Vec<String>) {
        for base in &manifest.model.base {
            if self.found.len() >= MAX_LINKS {
                let last = self.found.last_mut().filter(|last| !last.doubts.contains(&Doubt::TooDeep));
                last.into_iter().for_each(|last| last.doubts.push(Doubt::TooDeep));
                return;
            }
            let key = base.statement.as_ref().map(|_| Entry::of(base));
            let seen = key.as_ref().and_then(|key| self.seen.get(key));
            if let Some(seen) = seen.cloned() {
                self.found.push(Ancestor { depth: path.len(), ..seen });
                continue;
            }
            let (mut link, mut next) = self.look_at(base);
            link.depth = path.len();
            if path.iter().any(|name| is_same_name(name, &link.name)) {
                link.doubts.push(Doubt::CycleOfNames);
                next = None;
            }
            if path.len() >= MAX_DEPTH && next.take().is_some_and(|next| !next.model.base.is_empty()) {
                link.doubts.push(Doubt::TooDeep);
            }
            if let Some(key) = key {
                self.seen.insert(key, link.clone());
            }
            path.push(link.name.clone());
            self.found.push(link);
            if let Some(next) = next {
                self.follow(&next, path);
            }
            path.pop();
        }
    }

    /// Looks at one base, and returns its manifest if it is the signed one.
    fn look_at(&mut self, base: &Base) -> (Ancestor, Option<Manifest>) {
        let digest = base.statement.as_ref().map(|digest| digest.value);
        let mut link = Ancestor {
            depth: 0,
            name: base.name.value.clone(),
            statement: digest,
            standing: Standing::Claimed,
            doubts: Vec::new(),
            signer: None,
            license: None,
            shared_files: 0,
        };
        let Some(digest) = digest else {
            link.doubts.push(Doubt::NoStatement);
            return (link, None);
        };
        link.standing = Standing::Named;
        let release = match find(&digest, &self.by, self.left) {
            Ok((release, bytes)) => {
                self.left = self.left.saturating_sub(bytes);
                release
            }
            Err(doubt) => {
                link.doubts.push(doubt);
                return (link, None);
            }
        };
        let Ok(report) = check_signatures(&release, &Requirements::new(self.by.trust, self.by.at)) else {
            link.doubts.push(Doubt::NotFound);
            return (link, None);
        };
        link.signer = signer(&report);
        link.doubts.extend(report.reasons().iter().copied().map(Doubt::Signature));
        let Some(statement) = report.statement() else { return (link, None) };
        let is_only_untrusted = report.reasons().iter().all(|reason| *reason == Reason::UntrustedKey);
        link.standing = match (report.reasons().is_empty(), is_only_untrusted) {
            (true, _) => Standing::Verified,
            (false, true) => Standing::Signed,
            (false, false) => Standing::Named,
        };
        compare(base, statement, self.of, &mut link);
        if link.standing == Standing::Named {
            return (link, None);
        }
        match signed_manifest(&release, statement) {
            Ok(manifest) => (link, Some(manifest)),
            Err(doubt) => {
                if doubt == Doubt::OtherManifest {
                    link.standing = Standing::Named;
                }
                link.doubts.push(doubt);
                (link, None)
            }
        }
    }
}

/// Compares what the manifest says of a base with what its statement says.
fn compare(base: &Base, statement: &Statement, of: Option<&Body>, link: &mut Ancestor) {
    if !is_same_name(&base.name, &statement.predicate.model.name) {
        link.doubts.push(Doubt::OtherModel);
        link.standing = Standing::Named;
    }
    if let Some(taken) = &base.digest
        && !statement.subject.iter().any(|subject| subject.digest.sha256.0 == taken.value)
    {
        link.doubts.push(Doubt::DigestNotSigned);
        link.standing = Standing::Named;
    }
    let weights = statement.predicate.components.iter().find(|component| component.id == "final-weights");
    link.license = weights.and_then(|component| component.license.clone());
    if let (Some(signed), Some(stated)) = (&link.license, &base.license)
        && *signed != stated.value
    {
        link.doubts.push(Doubt::OtherLicense);
    }
    let is_of_base = |digest: &Sha256Hex| statement.subject.iter().any(|subject| subject.digest.sha256.0 == *digest);
    let own = of.iter().flat_map(|of| &of.subject).filter(|subject| subject.name.as_str() != FILE_NAME);
    link.shared_files = own.filter(|subject| is_of_base(&subject.digest.sha256.0)).count();
}

/// Returns whether two names mean the same model, going by the letters and digits of their last parts.
#[must_use]
pub fn is_same_name(one: &str, other: &str) -> bool {
    let plain = |name: &str| -> String {
        let last = name.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        last.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    plain(one) == plain(other)
}

fn signer(report: &Report) -> Option<String> {
    let signatures = report.signatures();
    let best = signatures.iter().find(|signature| signature.status == Status::Good).or(signatures.first())?;
    best.principal.clone().or_else(|| best.key.map(|key| key.to_string()))
}

fn signed_manifest(release: &Memory, statement: &Statement) -> Result<Manifest, Doubt> {
    let limit = u64::try_from(MAX_MANIFEST_BYTES).unwrap_or(u64::MAX);
    let path: RepoPath = FILE_NAME.parse().map_err(|_| Doubt::NoManifest)?;
    let bytes = release.read(&path, limit).ok().flatten().ok_or(Doubt::NoManifest)?;
    let signed = &statement.predicate.manifest;
    if signed.path != path || digest::sha256(&bytes) != signed.sha256.0 {
        return Err(Doubt::OtherManifest);
    }
    let parsed = parse_bytes(FILE_NAME, &bytes);
    if parsed.is_sound() { Ok(parsed.manifest) } else { Err(Doubt::OtherManifest) }
}

/// Finds the statement with a digest, with its signatures and manifest: a copy in the release, a release of a store, or a copy
/// in one.
fn find(wanted: &Sha256Hex, by: &Walk<'_>, left: u64) -> Result<(Memory, u64), Doubt> {
    let mut doubt = Doubt::NotFound;
    for files in std::iter::once(by.files).chain(by.stores.iter().copied()) {
        let copy = format!("{OPENNESS_DIR}/{BASES_DIR}/{}", wanted.as_str());
        for (home, manifest) in
            [(copy.clone(), format!("{copy}/{FILE_NAME}")), (OPENNESS_DIR.to_owned(), FILE_NAME.to_owned())]
        {
            let Some(statement) = read(files, &format!("{home}/{STATEMENT_FILE}"), MAX_STATEMENT_BYTES.min(left))
            else {
                continue;
            };
            if digest::sha256(&statement) == *wanted {
                let bytes = u64::try_from(statement.len()).unwrap_or(u64::MAX);
                return Ok((release(files, &home, &manifest, statement), bytes));
            }
            if home == copy {
                doubt = Doubt::OtherBytes;
            }
        }
    }
    Err(doubt)
}

/// Puts what was found of a base where a release has it.
fn release(files: &dyn Files, home: &str, manifest: &str, statement: Vec<u8>) -> Memory {
    let mut found = vec![(format!("{OPENNESS_DIR}/{STATEMENT_FILE}"), statement)];
    let limit = u64::try_from(MAX_MANIFEST_BYTES).unwrap_or(u64::MAX);
    found.extend(read(files, manifest, limit).map(|bytes| (FILE_NAME.to_owned(), bytes)));
    let directory = format!("{home}/{SIGNATURES_DIR}/");
    let names = files.openness_files().iter().filter_map(|entry| entry.path.as_str().strip_prefix(&directory));
    for name in names.take(MAX_SIGNATURES) {
        let bytes = read(files, &format!("{directory}{name}"), MAX_SIGNATURE_BYTES);
        found.extend(bytes.map(|bytes| (format!("{OPENNESS_DIR}/{SIGNATURES_DIR}/{name}"), bytes)));
    }
    Memory::new(found)
}

fn read(files: &dyn Files, path: &str, limit: u64) -> Option<Vec<u8>> {
    files.read(&path.parse().ok()?, limit).ok().flatten()
}

/// What to keep of the release of a base.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Copies {
    /// The digest of its statement.
    pub statement: Sha256Hex,
    /// The license of its weights, as the statement has it. The signatures are not checked.
    pub license: Option<String>,
    /// Its statement, signatures and manifest: paths below `.openness/`, and the content of the files.
    pub files: Vec<(RepoPath, Vec<u8>)>,
}

/// Returns what to keep of the release of a base; `None` if it is not signed.
#[must_use]
pub fn copies(base: &dyn Files) -> Option<Copies> {
    let statement = read(base, &format!("{OPENNESS_DIR}/{STATEMENT_FILE}"), MAX_STATEMENT_BYTES)?;
    let (wanted, license) = (digest::sha256(&statement), license_of_weights(&statement));
    let found = release(base, OPENNESS_DIR, FILE_NAME, statement);
    let below = format!("{OPENNESS_DIR}/");
    let listed = found.entries().iter().chain(found.openness_files());
    let copied = listed.filter_map(|entry| {
        let name = entry.path.as_str();
        let path = format!("{BASES_DIR}/{}/{}", wanted.as_str(), name.strip_prefix(&below).unwrap_or(name));
        Some((path.parse().ok()?, found.read(&entry.path, MAX_STATEMENT_BYTES).ok().flatten()?))
    });
    Some(Copies { statement: wanted, license, files: copied.collect() })
}

fn license_of_weights(statement: &[u8]) -> Option<String> {
    let body: Body = serde_json::from_slice(statement).ok()?;
    body.predicate.components.into_iter().find(|component| component.id == "final-weights")?.license
}
