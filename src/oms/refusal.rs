//! Why a bundle is refused.

use crate::path::PathError;
use crate::sign::BoxError;

/// Why a bundle, or the statement in it, is refused.
///
/// `Display` writes one clause: lower case, no final period. Text of the bundle in it is escaped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The bundle has more bytes than are read.
    #[error("the bundle has more than {limit} bytes, the limit")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The bundle or the statement is not JSON, or repeats a key of an object.
    #[error("the {what} is not valid JSON or repeats a key")]
    Json {
        /// `bundle` or `statement`.
        what: &'static str,
        /// The error of the parser.
        #[source]
        source: BoxError,
    },
    /// A required member is missing.
    #[error("`{path}` is missing")]
    Missing {
        /// The member.
        path: String,
    },
    /// A member that is not known and so would not be verified.
    #[error("`{path}` has the unknown member `{name}`")]
    Unknown {
        /// The object.
        path: String,
        /// The name of the member, escaped.
        name: String,
    },
    /// A member has another value than is supported.
    #[error("`{path}` {problem}")]
    Value {
        /// The member.
        path: String,
        /// The rest of the sentence that begins with the member.
        problem: &'static str,
    },
    /// A bundle that does not have exactly one signature.
    #[error("the bundle has {count} signatures instead of one")]
    Signatures {
        /// The number of signatures.
        count: usize,
    },
    /// The bundle holds something else than a statement of OMS.
    #[error("the bundle does not hold a statement of OpenSSF Model Signing")]
    Foreign,
    /// The statement is of another kind.
    #[error("the bundle holds a statement of the kind `{found}`, not of OpenSSF Model Signing 1.0")]
    Predicate {
        /// The predicate type, escaped.
        found: String,
    },
    /// The signature does not cover any file.
    #[error("it covers no files: the list of resources is empty")]
    Empty,
    /// The list has more files than are read.
    #[error("it lists more than {limit} files, the limit")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// A name that is not a path within the model.
    #[error("it lists `{name}`, which is not a path within the model: {problem}")]
    Name {
        /// The name, escaped.
        name: String,
        /// What is wrong with it.
        problem: PathError,
    },
    /// A name that is listed twice.
    #[error("it lists `{name}` twice")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// The list is not sorted.
    #[error("its list of files is not sorted: `{name}` comes after `{before}`")]
    Unsorted {
        /// The name that is out of order.
        name: String,
        /// The name before it.
        before: String,
    },
    /// A digest that is not 64 lower-case hex digits.
    #[error("the digest of `{name}` is not 64 lower-case hex digits")]
    Digest {
        /// The file, or `subject`.
        name: String,
    },
    /// A file's digest is of another algorithm than the statement's.
    #[error("the digest of `{name}` is of the algorithm `{found}`, but `hash_type` is `{expected}`")]
    Algorithm {
        /// The file.
        name: String,
        /// The algorithm, escaped.
        found: String,
        /// The statement's algorithm.
        expected: &'static str,
    },
    /// Digests by a function other than SHA-256.
    #[error("its digests are of the type `{found}`; only `sha256` is supported")]
    HashType {
        /// The type, escaped.
        found: String,
    },
    /// A part of a file that does not fit the others.
    #[error("it lists parts of files, and `{name}` {problem}")]
    Shard {
        /// The name of the part, escaped.
        name: String,
        /// The rest of the sentence.
        problem: &'static str,
    },
    /// The list of ignored paths covers the whole model.
    #[error("it ignores `{path}`, which is the whole model")]
    IgnoresAll {
        /// The path, escaped.
        path: String,
    },
    /// The digest of the list is not that of the subject.
    #[error("its list of files has the digest {found}, but the signed one is {expected}")]
    Root {
        /// The digest of the subject.
        expected: String,
        /// The digest of the list.
        found: String,
    },
}

impl Refusal {
    pub(super) fn value(path: impl Into<String>, problem: &'static str) -> Self {
        Self::Value { path: path.into(), problem }
    }

    /// Returns the refusal with its causes, as one clause.
    #[must_use]
    pub fn explain(&self) -> String {
        match self {
            Self::Json { source, .. } => format!("{self}: {}", source.to_string().escape_debug()),
            Self::Name { name, problem }
                if matches!(
                    problem,
                    PathError::Reserved(_) | PathError::TrailingDotOrSpace | PathError::DeviceName | PathError::Drive
                ) =>
            {
                format!("it lists `{name}`, a name that cannot exist on every system: {problem}")
            }
            other => other.to_string(),
        }
    }
}
