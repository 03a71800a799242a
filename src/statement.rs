//! What is signed: an [in-toto Statement v1] in the canonical JSON of [RFC 8785], and the way back.
//!
//! The subjects are every covered file with its digest and size; the predicate binds the manifest, what it declares and
//! what each taxonomy makes of that to those bytes. A statement is made only from what passed the rules
//! ([`Passed`](crate::rules::Passed)),
//! and read only from bytes whose signature holds ([`Signed`]), or from bytes that somebody is about to sign
//! ([`Statement::prepared`]).
//!
//! Reading fails closed: unknown and repeated keys, another order of subjects and any other spelling of the same JSON
//! are refused, because whoever reads on differently would read something else under the same signature.
//!
//! [in-toto Statement v1]: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
//! [RFC 8785]: https://www.rfc-editor.org/rfc/rfc8785

mod build;

use std::collections::BTreeMap;
use std::ops::Deref;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use unicode_normalization::is_nfc;

use crate::artifacts::digest::{self, sum_line};
use crate::files::OPENNESS_DIR;
use crate::json;
use crate::manifest::{FILE_NAME, Sha256Hex};
use crate::path::{self, RepoPath, SortedCursor};
use crate::sign::Signed;

pub use build::Preview;

/// `_type` of every statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// `predicateType` of ours.
pub const PREDICATE_TYPE: &str = "https://openness-dev.github.io/openness/statement/v1";
/// The most files that one statement covers.
pub const MAX_SUBJECTS: usize = 1_000_000;
/// The largest statement that is read.
pub const MAX_STATEMENT_BYTES: usize = 192 << 20;

/// A statement: made of a release that passed its checks, or read from bytes whose signature holds.
///
/// There is no other way to make one, and it cannot be changed. Its parts are those of the [`Body`] that it dereferences to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Statement(Body);

impl Deref for Statement {
    type Target = Body;

    fn deref(&self) -> &Body {
        &self.0
    }
}

/// The parts of a statement, in the shape of its JSON.
///
/// The fields of large or frequent parts are in the order of the canonical form, so that nothing has to be moved to write it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub kind: String,
    /// What is said of the subjects.
    pub predicate: Predicate,
    /// [`PREDICATE_TYPE`].
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// Every covered file, in the order of path bytes; never empty.
    pub subject: Vec<Subject>,
}

/// One covered file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Its size.
    pub annotations: Annotations,
    /// Its digest.
    pub digest: Digest,
    /// Its path.
    pub name: RepoPath,
}

/// A digest set with the one digest that we speak of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// SHA-256 of the bytes, in lower-case hex.
    pub sha256: Hex,
}

/// A [`Sha256Hex`] in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hex(pub Sha256Hex);

impl Serialize for Hex {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        json::parsed(deserializer).map(Self)
    }
}

/// What in-toto lets a subject carry besides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annotations {
    /// Digests of blocks of the file. Reserved: read and kept, but not written or compared by this version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub blocks: Option<Box<Blocks>>,
    /// The size of the file in bytes.
    pub size: u64,
}

/// The digests of a file's blocks of fixed size, in order; only the last block may be shorter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocks {
    /// SHA-256 of each block.
    pub sha256: Vec<Hex>,
    /// The size of a block in bytes.
    pub size: u64,
}

/// What is said of the subjects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Predicate {
    /// Findings that the manifest suppresses, each with its reason. Reserved: read and kept, but not written by this version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub allowed: Option<Vec<AllowedFact>>,
    /// What the producer claims: key → value as written.
    pub claims: BTreeMap<String, Value>,
    /// Every component that the manifest declares, in its order.
    pub components: Vec<ComponentFacts>,
    /// What is covered, and what is not.
    pub coverage: CoverageFacts,
    /// When, as the signer claims; RFC 3339 in UTC.
    pub created: String,
    /// The last day on which the statement is current.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Findings by severity at the time of signing.
    pub findings: FindingFacts,
    /// Where the bytes came from in Git; informational, never a ground for trust.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git: Option<GitFacts>,
    /// The manifest, which is also a subject.
    pub manifest: ManifestFacts,
    /// What is released.
    pub model: ModelFacts,
    /// How it is released.
    pub release: ReleaseFacts,
    /// What each taxonomy makes of the facts.
    pub taxonomies: Vec<TaxonomyFacts>,
    /// Codes of the error-level findings that the signer waived.
    pub waived: Vec<String>,
}

/// A finding that the manifest suppresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowedFact {
    /// The code of the rule.
    pub code: String,
    /// The reason given.
    pub reason: String,
    /// The key in the manifest that the suppression concerns.
    pub r#where: String,
}

/// The manifest's place and bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFacts {
    /// `OPENNESS.toml`.
    pub path: RepoPath,
    /// Its digest.
    pub sha256: Hex,
}

/// `[model]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFacts {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Who releases it.
    pub producer: String,
}

/// `[release]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseFacts {
    /// The level of the release gradient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<String>,
    /// The day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Counts releases, always up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The digest of the statement before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<Hex>,
}

/// One component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ComponentFacts {
    /// The class of training data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_class: Option<String>,
    /// Names of subjects, in their order.
    pub files: Vec<RepoPath>,
    /// Its id.
    pub id: String,
    /// Its licence in effect: an SPDX expression; absent where none is stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Its declared openness.
    pub openness: String,
    /// Why it is not open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What lies elsewhere, not covered by any digest but those given.
    pub remote: Vec<RemoteFacts>,
}

/// One remote reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteFacts {
    /// Where.
    pub url: String,
    /// Its digest, as the manifest states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Hex>,
    /// Its size, as the manifest states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// What one taxonomy makes of the facts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxonomyFacts {
    /// Its id.
    pub id: String,
    /// The digest of its data file.
    pub data: Hex,
    /// The evaluation, as `show --format json` gives it.
    pub evaluation: Value,
}

/// Numbers of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingFacts {
    /// Codes that the signer waived.
    pub errors: usize,
    /// Probably wrong.
    pub warnings: usize,
    /// Worth knowing.
    pub notes: usize,
}

/// What is covered, and what is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoverageFacts {
    /// The sum of their sizes.
    pub bytes: u64,
    /// The globs that the manifest leaves out.
    pub exclude: Vec<String>,
    /// The files that they left out.
    pub excluded: Vec<RepoPath>,
    /// The number of subjects.
    pub files: usize,
    /// Git LFS files whose content the signer had and found to hash to the pointer's digest, and those where it had not.
    pub lfs: LfsFacts,
    /// Symbolic links: path → target as text. Never followed.
    pub links: BTreeMap<RepoPath, String>,
    /// Submodules: path → commit. Not covered.
    pub submodules: BTreeMap<RepoPath, String>,
}

/// Git LFS at the time of signing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LfsFacts {
    /// Content present and equal.
    pub confirmed: usize,
    /// Digest taken from the pointer alone.
    pub unconfirmed: usize,
}

/// Where the bytes came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GitFacts {
    /// `sha1` or `sha256`.
    pub object_format: String,
    /// The commit; absent when the index was signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<String>,
}

/// Why bytes are no statement of ours.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not the JSON of a statement.
    #[error("the statement cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// Larger than [`MAX_STATEMENT_BYTES`].
    #[error("the statement has {0} bytes; at most {MAX_STATEMENT_BYTES} are read")]
    TooLarge(usize),
    /// A statement about something else.
    #[error("the statement's `{field}` is `{found}`; expected `{expected}`")]
    Foreign {
        /// The key.
        field: &'static str,
        /// What it says.
        found: String,
        /// What it should say.
        expected: &'static str,
    },
    /// The same content, but other bytes than RFC 8785 gives.
    #[error("the statement is not in canonical JSON (RFC 8785)")]
    NotCanonical,
    /// What it says does not fit together.
    #[error("the statement contradicts itself: {0}")]
    Inconsistent(String),
    /// A statement made elsewhere waives codes that the signer did not agree to.
    #[error("the statement waives {}", .codes.join(", "))]
    NotAcknowledged {
        /// The codes.
        codes: Vec<String>,
    },
    /// A file could not be hashed.
    #[error(transparent)]
    Hash(#[from] digest::Error),
    /// The manifest was changed after it was checked.
    #[error("`{FILE_NAME}` changed after it was checked")]
    ManifestChanged,
}

impl Statement {
    /// Returns the exact bytes that are signed.
    ///
    /// # Errors
    /// [`Error::Json`] where a value cannot be written, [`Error::Inconsistent`] where the parts do not fit together.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        Ok(json::canonical(&self.0)?)
    }

    /// Reads a statement from bytes whose signature holds.
    ///
    /// # Errors
    /// Whatever makes the bytes anything else than what [`to_bytes`](Self::to_bytes) gives.
    pub fn read(signed: &Signed) -> Result<Self, Error> {
        Body::read_unverified(signed.payload()).map(Self)
    }

    /// Reads a statement that was made elsewhere and is to be signed here. Nobody has signed it, so it proves nothing yet.
    ///
    /// `acknowledged` are the codes that the signer agrees to waive; all that the statement waives have to be among them.
    ///
    /// # Errors
    /// As [`read`](Self::read), since what could not be verified later is not signed now; [`Error::NotAcknowledged`].
    pub fn prepared(bytes: &[u8], acknowledged: &[String]) -> Result<Self, Error> {
        let statement = Self(Body::read_unverified(bytes)?);
        let is_named = |code: &String| acknowledged.iter().any(|named| named.eq_ignore_ascii_case(code));
        let codes: Vec<String> = statement.predicate.waived.iter().filter(|code| !is_named(code)).cloned().collect();
        if codes.is_empty() { Ok(statement) } else { Err(Error::NotAcknowledged { codes }) }
    }

    /// Accepts parts that fit together.
    fn valid(body: Body) -> Result<Self, Error> {
        body.validate()?;
        Ok(Self(body))
    }
}

impl Body {
    /// Reads a statement that nobody vouches for, to look at it. It cannot be signed or exported.
    ///
    /// # Errors
    /// As [`Statement::read`].
    pub fn read_unverified(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_STATEMENT_BYTES {
            return Err(Error::TooLarge(bytes.len()));
        }
        // Bytes that this very statement is written as hold nothing that another reader could read otherwise. Nearly all
        // are such, and no tree of values has to be made of them, which would take several times their memory.
        if let Ok(statement) = serde_json::from_slice::<Self>(bytes)
            && (&*statement.kind, &*statement.predicate_type) == (STATEMENT_TYPE, PREDICATE_TYPE)
            && json::canonical(&statement)? == bytes
        {
            statement.validate()?;
            return Ok(statement);
        }
        // Derived readers refuse repeated fields; the free-form parts are read by `json::read`, which refuses them too.
        let value = json::read(bytes)?;
        for (field, expected) in [("_type", STATEMENT_TYPE), ("predicateType", PREDICATE_TYPE)] {
            let found = value.get(field).and_then(Value::as_str).unwrap_or("");
            if found != expected {
                return Err(Error::Foreign { field, found: found.to_owned(), expected });
            }
        }
        if json::canonical(&value)? != bytes {
            return Err(Error::NotCanonical);
        }
        let statement: Self = serde_json::from_value(value)?;
        statement.validate()?;
        Ok(statement)
    }

    fn validate(&self) -> Result<(), Error> {
        let inconsistent = |what: String| Err(Error::Inconsistent(what));
        let Predicate { manifest, coverage, components, .. } = &self.predicate;
        if self.subject.is_empty() {
            return inconsistent("it covers no file".into());
        }
        if self.subject.len() > MAX_SUBJECTS {
            return inconsistent(format!("it covers more than {MAX_SUBJECTS} files"));
        }
        if let Some(pair) = self.subject.windows(2).find(|pair| pair[0].name >= pair[1].name) {
            return inconsistent(format!("`{}` does not come before `{}`", pair[0].name, pair[1].name));
        }
        // One system would see one file where another sees two, and each would verify.
        if let Some((one, other)) = path::name_collision(&self.subject, |subject| &subject.name) {
            return inconsistent(format!("`{one}` and `{other}` are one name to some systems"));
        }
        if let Some(odd) = self.subject.iter().find(|subject| !is_nfc(subject.name.as_str())) {
            return inconsistent(format!("`{}` is not in Unicode normal form C", odd.name));
        }
        if let Some(own) = self.subject.iter().find(|subject| subject.name.is_within(OPENNESS_DIR)) {
            return inconsistent(format!("it covers `{}`, which holds signatures", own.name));
        }
        if self.find(&manifest.path).map(|subject| &subject.digest.sha256) != Some(&manifest.sha256) {
            return inconsistent(format!("the manifest `{}` is no subject with the digest given", manifest.path));
        }
        // A manifest of another name is read by nobody else, and may stand beside one that says otherwise.
        if manifest.path.as_str() != FILE_NAME {
            return inconsistent(format!("its manifest is `{}`, not `{FILE_NAME}`", manifest.path));
        }
        if self.predicate.created.parse::<jiff::Timestamp>().is_err() {
            return inconsistent(format!("`created` is `{}`, which is no time", self.predicate.created.escape_debug()));
        }
        let bytes = self.subject.iter().try_fold(0_u64, |sum, subject| sum.checked_add(subject.annotations.size));
        if coverage.files != self.subject.len() || Some(coverage.bytes) != bytes {
            return inconsistent("files and bytes are not those of the subjects".into());
        }
        for ComponentFacts { id, files, .. } in components {
            if let Some(pair) = files.windows(2).find(|pair| pair[0] >= pair[1]) {
                return inconsistent(format!("`{}` does not come before `{}` in `{id}`", pair[0], pair[1]));
            }
            let mut subjects = SortedCursor::new(&self.subject, |subject| &subject.name);
            if let Some(path) = files.iter().find(|path| subjects.find(path).is_none()) {
                return inconsistent(format!("`{path}` of `{id}` is no subject"));
            }
        }
        let also = coverage.links.keys().chain(coverage.submodules.keys()).chain(&coverage.excluded);
        if let Some(path) = also.into_iter().find(|path| self.find(path).is_some()) {
            return inconsistent(format!("`{path}` is covered and not covered"));
        }
        Ok(())
    }

    /// Returns the subject of that name.
    #[must_use]
    pub fn find(&self, path: &RepoPath) -> Option<&Subject> {
        self.subject.binary_search_by(|subject| subject.name.cmp(path)).ok().map(|at| &self.subject[at])
    }

    /// Returns the digests in the format that `sha256sum -c` reads; derived, so never a ground for anything.
    #[must_use]
    pub fn sums(&self) -> String {
        self.subject.iter().map(|subject| sum_line(&subject.digest.sha256.0, &subject.name)).collect()
    }
}
