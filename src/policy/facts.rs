//! The facts about a release that a policy is checked against.

use jiff::Timestamp;

use crate::evaluate::{self, Evaluation};
use crate::files::Files;
use crate::manifest::Manifest;
use crate::path::RepoPath;
use crate::sign::Fingerprint;
use crate::statement::Statement;
use crate::tag::TagReport;

/// The facts about a release that a policy is checked against, borrowed from the verifier.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The time of verification.
    pub at: Timestamp,
    /// The files, if they are at hand: their content decides where a name is shared with formats that run no code.
    pub files: Option<&'a dyn Files>,
    /// The signed statement.
    pub statement: &'a Statement,
    /// The manifest; `None` if it cannot be read.
    pub manifest: Option<&'a Manifest>,
    /// The evaluation of the manifest by each taxonomy.
    pub evaluations: &'a [Evaluation],
    /// The good signatures by trusted keys.
    pub signatures: Vec<TrustedSignature<'a>>,
    /// Files that are present and that the signer excluded, in path order.
    pub excluded: &'a [RepoPath],
    /// The tag by which the release was looked up.
    pub tag: Option<&'a TagReport>,
    /// The transparency log proofs next to the signatures.
    pub proofs: Vec<ProofFacts>,
    /// The bases that were followed; `None` if the verifier did not follow any.
    pub bases: Option<&'a [BaseFacts]>,
}

/// A base of the release, or of one of its bases, as far as the verifier followed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseFacts {
    /// The name, as the manifest has it that names this base.
    pub name: String,
    /// The number of links from the release; 1 for its own bases.
    pub depth: usize,
    /// Whether a signer whom the verifier trusts signed its statement.
    pub is_verified: bool,
    /// Whether its own bases are known.
    pub is_followed: bool,
    /// One clause for people that says what is known of it.
    pub reason: String,
}

/// A good signature by a trusted key.
#[derive(Debug, Clone, Copy)]
pub struct TrustedSignature<'a> {
    /// The key.
    pub key: Fingerprint,
    /// The principals for which the key is trusted, separated by commas.
    pub principals: Option<&'a str>,
}

/// A transparency log proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofFacts {
    /// Whether the proof is good, by a log that the verifier trusts, and of a good signature by a trusted key.
    pub counts: bool,
    /// One clause for people that says why it counts or does not.
    pub reason: String,
}

impl Facts<'_> {
    /// Returns what the declared facts yield in a taxonomy, without what an imported record states.
    pub(super) fn evaluation(&self, id: &str) -> Option<Evaluation> {
        let bare = self.manifest.and_then(|manifest| evaluate::evaluate_without_imported(manifest, id));
        bare.or_else(|| self.evaluations.iter().find(|evaluation| evaluation.taxonomy == id).cloned())
    }
}
