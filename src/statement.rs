//! The content of a signature: an [in-toto Statement v1] in the canonical JSON of [RFC 8785].
//!
//! The subjects are the covered files with their digests and sizes. The predicate binds the manifest, the facts that it
//! declares and their evaluation by each taxonomy to those bytes. A statement is made only of a release that passed its
//! checks ([`Passed`](crate::check::Passed)), and read only from bytes with a valid signature ([`Signed`]) or from
//! bytes that are about to be signed ([`Statement::prepared`]).
//!
//! Reading fails closed: it rejects unknown and repeated keys, unsorted subjects, and any other encoding of the same
//! JSON, because two readers could understand such bytes differently under the same signature.
//!
//! # Format
//! The JSON is described by `schemas/statement-v1.schema.json` (`openness schema statement`). In the fields below:
//!
//! | kind of value | form |
//! |---|---|
//! | path | relative to the root of the release, with `/` between components; see [`RepoPath`] |
//! | digest | SHA-256, 64 lowercase hex digits |
//! | size | bytes, an integer |
//! | day | `YYYY-MM-DD` |
//! | time | RFC 3339 in UTC, such as `2026-11-22T12:00:00Z` |
//!
//! A field that is `None` is left out; `null` occurs only within `evaluation`. Paths are sorted by their bytes in
//! UTF-8.
//!
//! [in-toto Statement v1]: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
//! [RFC 8785]: https://www.rfc-editor.org/rfc/rfc8785

mod blocks;
mod build;

use std::collections::BTreeMap;
use std::ops::Deref;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::artifacts::digest::{self, sum_line};
use crate::files::OPENNESS_DIR;
use crate::json;
use crate::manifest::{FILE_NAME, Sha256Hex};
use crate::nfc::is_nfc;
use crate::path::{self, RepoPath, SortedCursor};
use crate::sign::Signed;

pub use build::Preview;

/// The value of `_type` in every in-toto Statement v1.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// The value of `predicateType` that identifies the predicate of this module.
pub const PREDICATE_TYPE: &str = "https://openness-dev.github.io/openness/statement/v1";
/// The limit for the number of files that a statement covers.
pub const MAX_SUBJECTS: usize = 1_000_000;
/// The limit for a statement that is read, in bytes.
pub const MAX_STATEMENT_BYTES: usize = 192 << 20;

/// A statement: made of a release that passed its checks, or read from bytes with a valid signature.
///
/// There is no other way to make one, and it cannot be changed. It dereferences to [`Body`], which has its fields.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Statement(Body);

impl Deref for Statement {
    type Target = Body;

    fn deref(&self) -> &Body {
        &self.0
    }
}

/// The fields of a statement, as in its JSON.
///
/// Large or frequent objects have their fields in the order of the canonical form, so that writing does not have to
/// sort them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// `_type`: always [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub kind: String,
    /// The facts about the subjects.
    pub predicate: Predicate,
    /// `predicateType`: always [`PREDICATE_TYPE`].
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// Every covered file, sorted by path; at least the manifest, and at most [`MAX_SUBJECTS`].
    pub subject: Vec<Subject>,
}

/// A covered file, as an in-toto [ResourceDescriptor].
///
/// [ResourceDescriptor]: https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The size.
    pub annotations: Annotations,
    /// The digest.
    pub digest: Digest,
    /// The path. It is unique, also on systems that ignore case or normalize names, and in Unicode normalization form
    /// C.
    pub name: RepoPath,
}

/// An in-toto [DigestSet] with exactly one digest.
///
/// [DigestSet]: https://github.com/in-toto/attestation/blob/main/spec/v1/digest_set.md
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// SHA-256 of the content. For a Git LFS pointer, that is the content which it names.
    pub sha256: Hex,
}

/// A digest as a JSON string: 64 lowercase hex digits.
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

/// The `annotations` that in-toto allows in a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annotations {
    /// Digests of blocks of the file, so that all cores can check it at once, or a part of it can be checked alone. A signer
    /// writes them for files of at least [`MIN_DIVIDED_BYTES`](digest::MIN_DIVIDED_BYTES) whose bytes were read.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "present")]
    pub blocks: Option<Box<Blocks>>,
    /// The size of the content in bytes.
    pub size: u64,
}

/// Reads a value that is there, so that `null` is an error and not the absence of a value.
fn present<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The digests of a file's blocks of fixed size, in order; only the last block may be shorter.
///
/// The size is a power of two, at least [`MIN_BLOCK_BYTES`](digest::MIN_BLOCK_BYTES), and the same for all files of a statement.
/// There are as many digests as blocks, at least two, and at most [`MAX_BLOCKS`](digest::MAX_BLOCKS) in a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocks {
    /// The SHA-256 digests of the blocks, in the order of the file.
    pub sha256: Vec<Hex>,
    /// The size of a block in bytes.
    pub size: u64,
}

/// The predicate: facts about the subjects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Predicate {
    /// The findings that comments in the manifest allow, each with its reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub allowed: Option<Vec<AllowedFact>>,
    /// The claims of the producer: the key of a taxonomy to a string, a boolean or a number, as in `[claims]` of the
    /// manifest.
    pub claims: BTreeMap<String, Value>,
    /// The components, in the order of the manifest.
    pub components: Vec<ComponentFacts>,
    /// The files that are covered, and those that are not.
    pub coverage: CoverageFacts,
    /// The time of signing as claimed by the signer.
    pub created: String,
    /// The last day on which the statement is valid (`release.expires` in the manifest).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// The number of findings at the time of signing, by severity.
    pub findings: FindingFacts,
    /// The Git commit that was signed; `None` if the files were not read from a repository. It is informational only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git: Option<GitFacts>,
    /// The manifest, which is also one of the subjects.
    pub manifest: ManifestFacts,
    /// The model (`[model]` in the manifest).
    pub model: ModelFacts,
    /// The release (`[release]` in the manifest).
    pub release: ReleaseFacts,
    /// The evaluation by each taxonomy.
    pub taxonomies: Vec<TaxonomyFacts>,
    /// The codes of the rules whose error findings the signer waived, such as `OPN301`, sorted, each once.
    pub waived: Vec<String>,
}

/// A finding that a comment in the manifest allows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowedFact {
    /// The code of the rule, such as `OPN202`.
    pub code: String,
    /// The reason given.
    pub reason: String,
    /// The key in the manifest that the suppression concerns.
    pub r#where: String,
}

/// The manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFacts {
    /// Always `OPENNESS.toml`.
    pub path: RepoPath,
    /// The digest of its bytes, the same as in the subject.
    pub sha256: Hex,
}

/// The identity of the model (`[model]` in the manifest).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFacts {
    /// The name of the model.
    pub name: String,
    /// The version of the model, in the producer's own scheme.
    pub version: String,
    /// The name of the person or organization that releases the model.
    pub producer: String,
}

/// The release (`[release]` in the manifest).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseFacts {
    /// The level of access: `fully-closed`, `gradual-staged`, `hosted`, `cloud-api`, `downloadable` or `fully-open`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<String>,
    /// The day of the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The sequence number, larger for each later release of the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The digest of the statement of the release before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<Hex>,
}

/// A component (`[component.ID]` in the manifest).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ComponentFacts {
    /// The class of the data: `open`, `public`, `obtainable` or `unshareable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_class: Option<String>,
    /// The names of its subjects, sorted.
    pub files: Vec<RepoPath>,
    /// The id of the component, such as `final-weights`.
    pub id: String,
    /// The license in effect as the manifest states it: an SPDX expression, or `NONE`. It is `None` if the manifest
    /// states no license or only a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// The name, URL or file of the terms in effect, if the manifest states no expression.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "present")]
    pub license_name: Option<String>,
    /// The declared openness: `open`, `partial`, `closed` or `not-applicable`.
    pub openness: String,
    /// The stated reason why the component is not open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Files elsewhere, in the order of the manifest. No bytes of theirs were read.
    pub remote: Vec<RemoteFacts>,
}

impl ComponentFacts {
    /// Returns whether the component is released, at least in part.
    #[must_use]
    pub fn is_released(&self) -> bool {
        matches!(self.openness.as_str(), "open" | "partial")
    }
}

/// A file elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteFacts {
    /// The URL, `http` or `https`.
    pub url: String,
    /// The digest that the manifest states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Hex>,
    /// The size in bytes that the manifest states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// The evaluation by one taxonomy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxonomyFacts {
    /// The id of the taxonomy, such as `mof-1.0`.
    pub id: String,
    /// The digest of the data file that defines the taxonomy.
    pub data: Hex,
    /// The evaluation as an object, in the form of `openness show --format json` without `taxonomy` and `reasons`.
    pub evaluation: Value,
}

/// The number of findings by severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingFacts {
    /// The number of errors, all of which the signer waived.
    pub errors: usize,
    /// The number of warnings.
    pub warnings: usize,
    /// The number of notes.
    pub notes: usize,
}

/// The files that are covered, and those that are not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoverageFacts {
    /// The sum of the sizes of all subjects, in bytes.
    pub bytes: u64,
    /// The patterns of files that are not covered, as in `coverage.exclude` of the manifest.
    pub exclude: Vec<String>,
    /// The files that match one of these patterns, sorted.
    pub excluded: Vec<RepoPath>,
    /// The number of subjects.
    pub files: usize,
    /// Subjects that are Git LFS pointers, by whether their content was hashed.
    pub lfs: LfsFacts,
    /// Symbolic links, path to target. They are not followed, and their targets are not covered.
    pub links: BTreeMap<RepoPath, String>,
    /// Submodules, path to commit (40 or 64 lowercase hex digits). They are not covered.
    pub submodules: BTreeMap<RepoPath, String>,
}

/// The number of Git LFS pointers among the subjects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LfsFacts {
    /// Pointers whose content the signer had and hashed to the digest in the pointer.
    pub confirmed: usize,
    /// Pointers whose digest and size were taken from the pointer alone.
    pub unconfirmed: usize,
}

/// The Git commit that was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GitFacts {
    /// The hash function of the repository: `sha1` or `sha256`.
    pub object_format: String,
    /// The commit, as 40 or 64 lowercase hex digits; `None` if the index or the working tree was signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The tree of the commit, in the same form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<String>,
}

/// Why bytes are not a valid statement, or why none could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are not the JSON of a statement.
    #[error("the statement cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// The statement has this number of bytes, more than [`MAX_STATEMENT_BYTES`].
    #[error("the statement has {0} bytes; the limit is {MAX_STATEMENT_BYTES}")]
    TooLarge(usize),
    /// The statement is of another type.
    #[error("the statement's `{field}` is `{found}`; expected `{expected}`")]
    Foreign {
        /// The key: `_type` or `predicateType`.
        field: &'static str,
        /// The value found.
        found: String,
        /// The value expected.
        expected: &'static str,
    },
    /// The bytes are not the canonical form (RFC 8785) of their content.
    #[error("the statement is not in canonical JSON (RFC 8785)")]
    NotCanonical,
    /// The parts of the statement do not fit together, as a clause.
    #[error("the statement contradicts itself: {0}")]
    Inconsistent(String),
    /// A statement made elsewhere waives rules that the signer did not agree to waive.
    #[error("the statement waives {}", .codes.join(", "))]
    NotAcknowledged {
        /// The codes of the rules.
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
    /// [`Error::Json`] if a value cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        Ok(json::canonical(&self.0)?)
    }

    /// Reads a statement from bytes with a valid signature.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Json`], [`Error::Foreign`], [`Error::NotCanonical`], [`Error::Inconsistent`] if
    /// the bytes are not exactly those that [`to_bytes`](Self::to_bytes) returns for some statement.
    pub fn read(signed: &Signed) -> Result<Self, Error> {
        Body::read_unverified(signed.payload()).map(Self)
    }

    /// Reads a statement that was made elsewhere and is about to be signed. It is not signed yet, so it proves nothing.
    ///
    /// `acknowledged` are the codes of the rules that the signer agrees to waive; they must include all that the
    /// statement waives.
    ///
    /// # Errors
    /// The errors of [`read`](Self::read), because a statement that cannot be verified must not be signed;
    /// [`Error::NotAcknowledged`].
    pub fn prepared(bytes: &[u8], acknowledged: &[String]) -> Result<Self, Error> {
        let statement = Self(Body::read_unverified(bytes)?);
        let is_named = |code: &String| acknowledged.iter().any(|named| named.eq_ignore_ascii_case(code));
        let codes: Vec<String> = statement.predicate.waived.iter().filter(|code| !is_named(code)).cloned().collect();
        if codes.is_empty() { Ok(statement) } else { Err(Error::NotAcknowledged { codes }) }
    }

    /// Makes a statement of parts that fit together.
    fn valid(body: Body) -> Result<Self, Error> {
        body.validate()?;
        Ok(Self(body))
    }
}

/// A statement that was read before its signature was verified. Nothing of it can be seen until then.
#[derive(Debug)]
pub(crate) struct ReadAhead {
    bytes: Vec<u8>,
    digest: Sha256Hex,
    body: Result<Body, Error>,
}

impl ReadAhead {
    /// Reads a statement that is to be verified, for example on another thread than its signatures.
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        Self { digest: digest::sha256(&bytes), body: Body::read_unverified(&bytes), bytes }
    }

    /// Returns what [`Statement::read`] returns for the signed bytes, and their digest, or `None` if other bytes were read.
    pub(crate) fn confirm(self, signed: &Signed) -> Option<(Result<Statement, Error>, Sha256Hex)> {
        (self.bytes == signed.payload()).then(|| (self.body.map(Statement), self.digest))
    }
}

impl Body {
    /// Reads a statement without a verified signature, for display only. It cannot be signed or exported.
    ///
    /// # Errors
    /// The errors of [`Statement::read`].
    pub fn read_unverified(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_STATEMENT_BYTES {
            return Err(Error::TooLarge(bytes.len()));
        }
        // If writing the statement again gives the same bytes, they are canonical and have no unknown or repeated keys.
        // Nearly all statements are accepted here, without a tree of values, which would take several times their
        // memory.
        let read = serde_json::from_slice::<Self>(bytes);
        if let Ok(statement) = &read
            && (&*statement.kind, &*statement.predicate_type) == (STATEMENT_TYPE, PREDICATE_TYPE)
            && json::canonical(statement)? == bytes
        {
            statement.validate()?;
            return Ok(read?);
        }
        // `json::read` also rejects repeated keys in the parts of free form, which derived readers would accept.
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
        // Canonical, without repeated keys and of this type, so the reader took all of it that it knows.
        let statement = read?;
        statement.validate()?;
        Ok(statement)
    }

    /// Checks that the parts fit together.
    fn validate(&self) -> Result<(), Error> {
        let inconsistent = |what: String| Err(Error::Inconsistent(what));
        let Predicate { manifest, coverage, components, .. } = &self.predicate;
        if self.subject.is_empty() {
            return inconsistent("it does not cover any file".into());
        }
        if self.subject.len() > MAX_SUBJECTS {
            return inconsistent(format!("it covers more than {MAX_SUBJECTS} files"));
        }
        if let Some(pair) = self.subject.windows(2).find(|pair| pair[0].name >= pair[1].name) {
            return inconsistent(format!("its subjects are not sorted: `{}` before `{}`", pair[0].name, pair[1].name));
        }
        // Otherwise one system would see one file and another two, and both would verify.
        let starts = path::directory_starts(&self.subject, |subject| &subject.name);
        if let Some((one, other)) = path::name_collision(&self.subject, &starts, |subject| &subject.name) {
            return inconsistent(format!("`{one}` and `{other}` are the same name on some systems"));
        }
        if let Some(other) = self.subject.iter().find(|subject| !is_nfc(subject.name.as_str())) {
            return inconsistent(format!("`{}` is not in Unicode normalization form C (NFC)", other.name));
        }
        if let Some(own) = self.subject.iter().find(|subject| subject.name.is_within(OPENNESS_DIR)) {
            return inconsistent(format!("it covers `{}`, in the directory of the signatures", own.name));
        }
        if self.find(&manifest.path).map(|subject| &subject.digest.sha256) != Some(&manifest.sha256) {
            return inconsistent(format!("the manifest `{}` is not a subject with the stated digest", manifest.path));
        }
        // Every reader uses the manifest of this name, so another one could contradict it.
        if manifest.path.as_str() != FILE_NAME {
            return inconsistent(format!("its manifest is `{}`, not `{FILE_NAME}`", manifest.path));
        }
        if self.predicate.created.parse::<jiff::Timestamp>().is_err() {
            let created = self.predicate.created.escape_debug();
            return inconsistent(format!("`created` is `{created}`, which is not a time"));
        }
        if let Some(problem) = blocks::problem(&self.subject) {
            return inconsistent(problem);
        }
        let bytes = self.subject.iter().try_fold(0_u64, |sum, subject| sum.checked_add(subject.annotations.size));
        if coverage.files != self.subject.len() || Some(coverage.bytes) != bytes {
            return inconsistent("the number of files or bytes does not match its subjects".into());
        }
        for ComponentFacts { id, files, .. } in components {
            if let Some(pair) = files.windows(2).find(|pair| pair[0] >= pair[1]) {
                return inconsistent(format!("the files of `{id}` are not sorted: `{}` before `{}`", pair[0], pair[1]));
            }
            let mut subjects = SortedCursor::new(&self.subject, |subject| &subject.name);
            if let Some(path) = files.iter().find(|path| subjects.find(path).is_none()) {
                return inconsistent(format!("`{path}` of `{id}` is not a subject"));
            }
        }
        let also = coverage.links.keys().chain(coverage.submodules.keys()).chain(&coverage.excluded);
        if let Some(path) = also.into_iter().find(|path| self.find(path).is_some()) {
            return inconsistent(format!("`{path}` is both covered and not covered"));
        }
        Ok(())
    }

    /// Returns the subject with a name.
    #[must_use]
    pub fn find(&self, path: &RepoPath) -> Option<&Subject> {
        self.subject.binary_search_by(|subject| subject.name.cmp(path)).ok().map(|at| &self.subject[at])
    }

    /// Returns the digests in the format that `sha256sum -c` reads. This text is not signed.
    #[must_use]
    pub fn sums(&self) -> String {
        self.subject.iter().map(|subject| sum_line(&subject.digest.sha256.0, &subject.name)).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use serde_json::json;

    use super::*;
    use crate::check::check;
    use crate::files::Memory;
    use crate::manifest::{DataClass, Openness, ReleaseAccess};

    /// A manifest that leads to as many keys of the statement as files in memory can.
    const MANIFEST: &str = r#"
schema = 1
[model]
name = "Tiny LM"
version = "1.0.0"
producer = "Example Lab"
license = "Apache-2.0"
[release]
access = "downloadable"
date = 2026-11-22
sequence = 2
supersedes = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
expires = 2027-11-22
[claims]
osaid = false
[component.final-weights]
openness = "open"
files = ["weights.bin", "missing.bin"]
[component.training-data]
openness = "partial"
reason = "some sources are no longer available"
data-class = "public"
[[component.training-data.remote]]
url = "https://example.org/data.parquet"
sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
size = 0
[coverage]
exclude = ["logs/**"]
reason = "not part of the release"
"#;

    fn schema() -> Value {
        serde_json::from_slice(include_bytes!("../schemas/statement-v1.schema.json")).unwrap()
    }

    fn statement() -> Statement {
        let oid = digest::sha256(b"content");
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 7\n", oid.as_str());
        let files = Memory::new([
            ("OPENNESS.toml", MANIFEST),
            ("logs/train.log", "x"),
            ("pointer.bin", pointer.as_str()),
            ("weights.bin", "x"),
        ]);
        let checked = check(&files).unwrap();
        let passed = checked.pass(&["OPN301".to_owned()]).unwrap();
        passed.statement(jiff::Timestamp::UNIX_EPOCH, &digest::Options::default(), &|_| {}).unwrap()
    }

    /// A statement with every key, also those that are reserved or that only a repository leads to.
    fn complete() -> Value {
        let mut value = serde_json::to_value(statement()).unwrap();
        let id = "0".repeat(40);
        let digest = "0".repeat(64);
        value["subject"][1]["annotations"] =
            json!({ "blocks": { "sha256": [digest, digest, digest], "size": 4 << 20 }, "size": 9 << 20 });
        let bytes =
            value["subject"].as_array().unwrap().iter().map(|subject| subject["annotations"]["size"].as_u64().unwrap());
        value["predicate"]["coverage"]["bytes"] = bytes.sum::<u64>().into();
        let predicate = &mut value["predicate"];
        predicate["allowed"] = json!([{ "code": "OPN202", "where": "model.license", "reason": "a known case" }]);
        predicate["git"] = json!({ "objectFormat": "sha1", "commit": id, "tree": id });
        predicate["coverage"]["links"] = json!({ "latest": "weights.bin" });
        predicate["coverage"]["submodules"] = json!({ "vendor/lib": id });
        value
    }

    fn read(value: &Value) -> Result<Body, Error> {
        Body::read_unverified(&json::canonical(value).unwrap())
    }

    /// Returns JSON pointers to all objects with a fixed set of keys.
    fn closed_objects(value: &Value, at: &str, found: &mut Vec<String>) {
        const FREE: [&str; 4] = ["/claims", "/evaluation", "/links", "/submodules"];
        match value {
            _ if FREE.iter().any(|end| at.ends_with(end)) => {}
            Value::Object(keys) => {
                found.push(at.to_owned());
                keys.iter().for_each(|(key, value)| closed_objects(value, &format!("{at}/{key}"), found));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(n, value)| closed_objects(value, &format!("{at}/{n}"), found));
            }
            _ => {}
        }
    }

    #[test]
    fn statements_are_valid_by_the_schema() {
        let validator = jsonschema::options().should_validate_formats(true).build(&schema()).unwrap();
        for value in [serde_json::to_value(statement()).unwrap(), complete()] {
            let errors: Vec<String> =
                validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(errors.is_empty(), "{errors:#?}");
            let bytes = json::canonical(&value).unwrap();
            assert!(json::canonical(&read(&value).unwrap()).unwrap() == bytes, "the reader loses something");
        }
    }

    #[test]
    fn schema_and_reader_reject_unknown_and_missing_keys() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let complete = complete();
        let mut objects = Vec::new();
        closed_objects(&complete, "", &mut objects);
        assert!(objects.len() > 20, "{objects:?}");
        for at in objects {
            let mut extended = complete.clone();
            extended.pointer_mut(&at).unwrap()["unknown"] = json!(1);
            assert!(!validator.is_valid(&extended), "the schema accepts a key in `{at}`");
            assert!(read(&extended).is_err(), "the reader accepts a key in `{at}`");
            let keys: Vec<String> = complete.pointer(&at).unwrap().as_object().unwrap().keys().cloned().collect();
            for key in keys {
                let mut reduced = complete.clone();
                reduced.pointer_mut(&at).unwrap().as_object_mut().unwrap().remove(&key);
                assert_eq!(validator.is_valid(&reduced), read(&reduced).is_ok(), "without `{key}` in `{at}`");
            }
        }
    }

    #[test]
    fn the_schema_has_the_words_of_the_manifest() {
        let schema = schema();
        for (at, words) in [
            ("/$defs/predicate/properties/release/properties/access", ReleaseAccess::WORDS),
            ("/$defs/component/properties/openness", Openness::WORDS),
            ("/$defs/component/properties/dataClass", DataClass::WORDS),
        ] {
            assert_eq!(schema.pointer(at).unwrap()["enum"], json!(words));
        }
        assert_eq!(schema["properties"]["_type"]["const"], STATEMENT_TYPE);
        assert_eq!(schema["properties"]["predicateType"]["const"], PREDICATE_TYPE);
        assert_eq!(schema["properties"]["subject"]["maxItems"], json!(MAX_SUBJECTS));
        let blocks = "/$defs/subject/properties/annotations/properties/blocks/properties";
        assert_eq!(schema.pointer(blocks).unwrap()["sha256"]["maxItems"], json!(digest::MAX_BLOCKS));
        assert_eq!(schema.pointer(blocks).unwrap()["size"]["minimum"], json!(digest::MIN_BLOCK_BYTES));
    }
}
