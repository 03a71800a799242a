//! Everything that a verifier requires of a release.

use std::borrow::Cow;
use std::num::NonZero;

use jiff::Timestamp;

use crate::artifacts::glob::Glob;
#[cfg(feature = "fs")]
use crate::digest_cache::Cache;
use crate::files::ObjectId;
#[cfg(feature = "oms")]
use crate::oms;
use crate::path::RepoPath;
use crate::policy::{BaseFacts, Policy};
use crate::sign::Trust;
use crate::tag::{SignatureFacts, TagReport};
use crate::tlog;
use crate::trust_store::{Pins, ReleaseHistory};

/// Everything that a verifier requires of a release, and how much work it may be.
///
/// [`Requirements::new`] requires a good signature by a trusted key, every file as signed, and claims that hold. Each
/// method adds a requirement, except for [`allow_unsigned`](Self::allow_unsigned) and [`allow_crlf`](Self::allow_crlf),
/// which relax one. Methods that take `impl Into<Option<_>>` accept a reference or an `Option`; `None` requires nothing.
///
/// ```
/// use openness::policy::Policy;
/// use openness::sign::Trust;
/// use openness::source::Source;
/// use openness::verify::Requirements;
///
/// let trust = Trust::of_allowed_signers(&Source::new("allowed_signers", ""), &jiff::tz::TimeZone::UTC)?;
/// let policy = Policy::read(&Source::new("policy.toml", "policy = 1\n[statement]\nmaximum-age-days = 400\n"))?;
/// let requirements = Requirements::new(&trust, jiff::Timestamp::now())
///     .identity("release@example.org")
///     .least_sequence(3)
///     .policy(&policy);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Requirements<'a> {
    trust: &'a Trust,
    identity: Option<&'a str>,
    pub(super) at: Timestamp,
    pub(super) allow_unsigned: &'a [Glob],
    pub(super) allow_crlf: bool,
    pub(super) whole_digests: bool,
    pub(super) pins: Option<&'a Pins>,
    pub(super) history: Option<&'a ReleaseHistory>,
    pub(super) least_sequence: Option<u64>,
    pub(super) logs: Option<&'a tlog::Policy>,
    pub(super) needs_log_proof: bool,
    pub(super) policy: Option<&'a Policy>,
    pub(super) bases: Option<&'a [BaseFacts]>,
    pub(super) tag: Option<TagReport>,
    pub(super) commit: Option<SignatureFacts>,
    pub(super) replaced: Vec<ObjectId>,
    pub(super) is_bare: bool,
    pub(super) needs_signed_tag: bool,
    pub(super) threads: NonZero<usize>,
    #[cfg(feature = "oms")]
    oms: Option<&'a oms::Signers>,
    pub(super) signature_files: &'a [SignatureFile],
    /// The file, if a single one is verified.
    pub(super) single_file: Option<&'a RepoPath>,
    pub(super) required_signatures: &'a [SignatureKind],
    #[cfg(feature = "fs")]
    pub(super) cache: Option<&'a Cache>,
}

/// A kind of signature that a verifier may require.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SignatureKind {
    /// A statement of openness in `.openness/`.
    Openness,
    /// A bundle of OpenSSF Model Signing.
    Oms,
}

impl SignatureKind {
    /// Returns `openness` or `oms`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Openness => "openness",
            Self::Oms => "oms",
        }
    }
}

/// A bundle of OpenSSF Model Signing that the verifier names.
#[derive(Debug, Clone)]
pub struct SignatureFile {
    /// The name of the file, for messages.
    pub name: String,
    /// Its path within the release, if it is there.
    pub path: Option<RepoPath>,
    /// The bytes, or the limit in bytes that the file is above.
    pub content: Result<Vec<u8>, u64>,
}

impl<'a> Requirements<'a> {
    /// Requires a good signature by a trusted key, and nothing else of the signer.
    ///
    /// `at` is the time at which keys and statement must be valid: the current time, or one that the verifier chooses; never
    /// one that the signed object claims.
    #[must_use]
    pub fn new(trust: &'a Trust, at: Timestamp) -> Self {
        Self {
            trust,
            identity: None,
            at,
            allow_unsigned: &[],
            allow_crlf: false,
            whole_digests: false,
            pins: None,
            history: None,
            least_sequence: None,
            logs: None,
            needs_log_proof: false,
            policy: None,
            bases: None,
            tag: None,
            commit: None,
            replaced: Vec::new(),
            is_bare: false,
            needs_signed_tag: false,
            threads: NonZero::<usize>::MIN,
            #[cfg(feature = "oms")]
            oms: None,
            signature_files: &[],
            single_file: None,
            required_signatures: &[],
            #[cfg(feature = "fs")]
            cache: None,
        }
    }

    /// Requires the signed digest of every file, not only those of its blocks.
    ///
    /// By default, a file with signed block digests that several [`threads`](Self::threads) can read at once is compared block
    /// by block, and [`FilesReport::by_blocks`](super::FilesReport::by_blocks) counts it. Its bytes are those that the signer
    /// stated, but whether a second digest, which other tools use, is of the same bytes is not checked then. A signer who lies
    /// can thus sign two contents for one file.
    #[must_use]
    pub fn whole_digests(mut self, are_required: bool) -> Self {
        self.whole_digests = are_required;
        self
    }

    /// Requires that the trusted key is allowed to sign for this principal.
    #[must_use]
    pub fn identity(mut self, principal: impl Into<Option<&'a str>>) -> Self {
        self.identity = principal.into();
        self
    }

    /// Allows unsigned files that match one of these patterns. Each of them is noted in the report.
    #[must_use]
    pub fn allow_unsigned(mut self, globs: &'a [Glob]) -> Self {
        self.allow_unsigned = globs;
        self
    }

    /// Accepts texts in which every LF became CRLF, as Git writes them on Windows. [`FilesReport::crlf`] lists them, and they
    /// do not count as verified.
    ///
    /// Scripts, programs and files in formats that run code when they are loaded are never accepted like that.
    ///
    /// [`FilesReport::crlf`]: super::FilesReport::crlf
    #[must_use]
    pub fn allow_crlf(mut self, is_allowed: bool) -> Self {
        self.allow_crlf = is_allowed;
        self
    }

    /// Trusts only the pinned keys for models that are pinned.
    #[must_use]
    pub fn pins(mut self, pins: impl Into<Option<&'a Pins>>) -> Self {
        self.pins = pins.into();
        self
    }

    /// Requires that the release is not older than the last one that was verified.
    #[must_use]
    pub fn history(mut self, history: impl Into<Option<&'a ReleaseHistory>>) -> Self {
        self.history = history.into();
        self
    }

    /// Requires a sequence number of at least this.
    #[must_use]
    pub fn least_sequence(mut self, least: impl Into<Option<u64>>) -> Self {
        self.least_sequence = least.into();
        self
    }

    /// Trusts these transparency logs and witnesses. Without them, proofs are shown but not checked.
    #[must_use]
    pub fn logs(mut self, logs: impl Into<Option<&'a tlog::Policy>>) -> Self {
        self.logs = logs.into();
        self
    }

    /// Requires a proof that a trusted signature is in a trusted transparency log.
    #[must_use]
    pub fn require_log_proof(mut self, is_required: bool) -> Self {
        self.needs_log_proof = is_required;
        self
    }

    /// Requires that the release meets this policy.
    #[must_use]
    pub fn policy(mut self, policy: impl Into<Option<&'a Policy>>) -> Self {
        self.policy = policy.into();
        self
    }

    /// Checks the policy against these bases, as [`crate::ancestry::check_policy_again`] found them.
    #[must_use]
    pub(crate) fn bases(mut self, bases: &'a [BaseFacts]) -> Self {
        self.bases = Some(bases);
        self
    }

    /// Returns whether the policy can only be checked once the bases have been followed.
    #[must_use]
    pub fn follows_bases(&self) -> bool {
        self.policy.is_some_and(Policy::follows_bases)
    }

    /// Takes into account the tag by which the release was looked up, as `tag::inspect` found it with
    /// [`effective_trust`](Self::effective_trust).
    #[must_use]
    pub fn tag(mut self, tag: impl Into<Option<TagReport>>) -> Self {
        self.tag = tag.into();
        self
    }

    /// Reports the signature of the commit that holds the release, as `tag::inspect_commit` found it.
    #[must_use]
    pub fn commit(mut self, commit: impl Into<Option<SignatureFacts>>) -> Self {
        self.commit = commit.into();
        self
    }

    /// Raises an alarm if Git reads other objects in place of some of the revision's, as `Repo::replaced` found them. What is
    /// verified are the objects themselves.
    #[must_use]
    pub fn replaced(mut self, objects: Vec<ObjectId>) -> Self {
        self.replaced = objects;
        self
    }

    /// Notes in the report that the commit of a bare repository is verified where a directory was asked for.
    #[must_use]
    pub fn in_place_of_directory(mut self, is_bare: bool) -> Self {
        self.is_bare = is_bare;
        self
    }

    /// Requires that the release was looked up by a [`tag`](Self::tag) with a good signature by a trusted key.
    #[must_use]
    pub fn require_signed_tag(mut self, is_required: bool) -> Self {
        self.needs_signed_tag = is_required;
        self
    }

    /// Hashes files on this many threads; the default is 1.
    #[must_use]
    pub fn threads(mut self, threads: NonZero<usize>) -> Self {
        self.threads = threads;
        self
    }

    /// Reuses cached digests of files that have not changed; [`FilesReport::cached`](super::FilesReport::cached) counts them.
    #[cfg(feature = "fs")]
    #[must_use]
    pub fn cache(mut self, cache: impl Into<Option<&'a Cache>>) -> Self {
        self.cache = cache.into();
        self
    }

    /// Trusts these signers of bundles of OpenSSF Model Signing. Without them, bundles are reported but not checked.
    #[cfg(feature = "oms")]
    #[must_use]
    pub fn oms(mut self, signers: impl Into<Option<&'a oms::Signers>>) -> Self {
        self.oms = signers.into();
        self
    }

    /// Requires that each of these bundles is good, in addition to those at the root of the release, of which one is enough.
    #[must_use]
    pub fn signature_files(mut self, files: &'a [SignatureFile]) -> Self {
        self.signature_files = files;
        self
    }

    /// Says that what is verified is the single file of this name. A bundle that lists the only file of a model without its name, as
    /// `model_signing` does, is then about this file, whatever it was called when it was signed.
    #[must_use]
    pub fn single_file(mut self, path: impl Into<Option<&'a RepoPath>>) -> Self {
        self.single_file = path.into();
        self
    }

    /// Requires a good signature of each of these kinds, so that none of them can be stripped.
    #[must_use]
    pub fn require_signatures(mut self, kinds: &'a [SignatureKind]) -> Self {
        self.required_signatures = kinds;
        self
    }

    /// Returns the trusted signers of bundles, limited to the required [`identity`](Self::identity) and without the keys that the
    /// revocation lists of the trust name.
    #[cfg(feature = "oms")]
    pub(super) fn oms_signers(&self) -> oms::Signers {
        let signers = self.oms.cloned().unwrap_or_default().revoke_by(self.trust);
        match self.identity {
            None => signers,
            Some(who) => signers.with_identity(who),
        }
    }

    /// Returns the trusted keys, limited to the required [`identity`](Self::identity).
    #[must_use]
    pub fn effective_trust(&self) -> Cow<'a, Trust> {
        match self.identity {
            None => Cow::Borrowed(self.trust),
            Some(who) => Cow::Owned(self.trust.clone().with_identity(who.to_owned())),
        }
    }

    /// Returns whether the digest of every file is required, by the verifier or the policy.
    pub(super) fn needs_whole_digests(&self) -> bool {
        self.whole_digests || self.policy.is_some_and(Policy::needs_whole_digests)
    }

    /// Returns the time at which keys and statement must be valid.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.at
    }
}
