//! The rows of both tables, as plain data.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The result for one target as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// A trusted key signed the release, every file is as signed, every claim holds, and every requirement is met.
    Verified,
    /// It is signed, and at least one of the reasons is against it.
    NotVerified,
    /// Its signatures hold and are trusted; the files were not compared with what is signed.
    NotCompared,
    /// It has a manifest and no signature.
    Unsigned,
    /// It has no manifest and no signature.
    NoManifest,
    /// It has no signature, and its manifest cannot be read or has errors that keep it from being evaluated.
    InvalidManifest,
    /// It is not there, cannot be read, is over a limit, or made the program crash.
    CouldNotRead,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::Verified,
        Self::NotVerified,
        Self::NotCompared,
        Self::Unsigned,
        Self::NoManifest,
        Self::InvalidManifest,
        Self::CouldNotRead,
    ];

    /// Returns the word of the table, such as `not_verified`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::NotVerified => "not_verified",
            Self::NotCompared => "not_compared",
            Self::Unsigned => "unsigned",
            Self::NoManifest => "no_manifest",
            Self::InvalidManifest => "invalid_manifest",
            Self::CouldNotRead => "could_not_read",
        }
    }

    /// Returns the status with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What an audit says about one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The target, as in the list.
    pub target: String,
    /// The commit that was read; `None` for files on disk.
    pub revision: Option<String>,
    /// The result as a whole.
    pub status: Status,
    /// Why it is not verified, or could not be read: words such as `untrusted-key`, in a fixed order.
    pub reasons: Vec<String>,
    /// What is known of the reason, for people; `None` unless it could not be read, or not every file could be listed.
    pub detail: Option<String>,
    /// The number of files.
    pub files: i64,
    /// Their size in bytes, where it is known.
    pub bytes: i64,
    /// The digest of the manifest.
    pub manifest_sha256: Option<[u8; 32]>,
    /// The digest of the signed statement.
    pub statement_sha256: Option<[u8; 32]>,
    /// The fingerprints of the keys and certificates whose signatures hold, sorted.
    pub signers: Vec<String>,
    /// Whether the verifier trusts one of them.
    pub trusted: bool,
    /// The license of the model's final weights, or else of the model, as declared.
    pub license: Option<String>,
    /// The claims of the producer, each as `NAME=VALUE`, in the order of the manifest.
    pub claims: Vec<String>,
    /// The verdict of each taxonomy, in the order of the table's columns; `None` if it gives none.
    pub verdicts: Vec<Option<String>>,
    /// The number of findings that are errors.
    pub errors: i32,
    /// The number of findings that are warnings.
    pub warnings: i32,
    /// The codes of the findings, sorted, each once.
    pub codes: Vec<String>,
    /// The status of the best signature of OpenSSF Model Signing, such as `good`; `None` if there is none.
    pub oms: Option<String>,
    /// The name of the model.
    pub model: Option<String>,
    /// The version of the model.
    pub model_version: Option<String>,
    /// The producer of the model.
    pub producer: Option<String>,
}

impl Row {
    /// Returns a row about a target of which nothing is known but why.
    #[must_use]
    pub fn could_not_read(target: &str, reason: &str, detail: impl Into<Option<String>>, taxonomies: usize) -> Self {
        let (reasons, detail) = (vec![reason.to_owned()], detail.into());
        Self { reasons, detail, ..Self::empty(target, Status::CouldNotRead, taxonomies) }
    }

    /// Returns a row in which nothing but the target and the status is set.
    #[must_use]
    pub fn empty(target: &str, status: Status, taxonomies: usize) -> Self {
        Self {
            target: target.to_owned(),
            revision: None,
            status,
            reasons: Vec::new(),
            detail: None,
            files: 0,
            bytes: 0,
            manifest_sha256: None,
            statement_sha256: None,
            signers: Vec::new(),
            trusted: false,
            license: None,
            claims: Vec::new(),
            verdicts: vec![None; taxonomies],
            errors: 0,
            warnings: 0,
            codes: Vec::new(),
            oms: None,
            model: None,
            model_version: None,
            producer: None,
        }
    }
}

/// One finding about one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRow {
    /// The target, as in the list.
    pub target: String,
    /// The code of the rule, such as `OPN301`.
    pub code: String,
    /// `error`, `warning` or `note`.
    pub severity: String,
    /// The file that the finding is about.
    pub path: String,
    /// The line in it, from 1.
    pub line: i32,
    /// The message.
    pub message: String,
}
