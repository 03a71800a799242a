//! Trust policies: what a verifier requires of a release in addition to a good signature, as a TOML file
//! (`schemas/policy.schema.json`).
//!
//! A policy only adds requirements. It names no keys and adds no trust: its principals are those of the verifier's own
//! list. Unknown keys and words are errors, and a requirement that cannot be checked is not met.
//!
//! Pass the policy to the verification with [`crate::verify::Requirements::policy`].

mod check;
mod evidence;
mod facts;
mod keys;
mod licenses;
mod lineage;
mod oms;
mod selector;
mod signers;
mod unmet;
mod verdicts;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::artifacts::glob::{Glob, GlobError};
use crate::finding::closest;
use crate::rules;
use crate::sign::trust::principal_matches;
use crate::source::{Position, Source};

pub use facts::{BaseFacts, Facts, ProofFacts, TrustedSignature};
pub use oms::TrustedModel;
pub use unmet::{LicenseProblem, Unmet};

use evidence::Evidence;
use licenses::LicenseLines;
use lineage::LineageLines;
use oms::OmsLines;
use selector::{Component, Selector};
use signers::{Patterns, Signers};
use verdicts::Least;

/// The size of the largest policy file that is read, in bytes.
pub const MAX_POLICY_BYTES: usize = 1 << 20;
/// The version of the schema.
const VERSION: u32 = 1;

/// A trust policy that has been read and checked.
#[derive(Debug, Clone)]
pub struct Policy {
    lines: Lines,
    /// Whether anything is required that only a statement can meet.
    needs_statement: bool,
    checks: Checks,
}

/// What a policy says.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Lines {
    /// `policy`: the version of the schema, 1.
    #[serde(rename = "policy")]
    version: u32,
    /// Role → the principals that may fill it.
    #[serde(default)]
    roles: BTreeMap<String, Patterns>,
    #[serde(default)]
    signers: Signers,
    /// Taxonomy → the lowest acceptable verdict, score, or class or level of each part.
    #[serde(default)]
    verdicts: BTreeMap<String, Least>,
    #[serde(default)]
    files: Files,
    #[serde(default)]
    components: Components,
    /// Released components → what their licenses must allow.
    #[serde(default)]
    licenses: BTreeMap<Selector, LicenseLines>,
    #[serde(default)]
    evidence: Evidence,
    #[serde(default)]
    coverage: Coverage,
    #[serde(default)]
    lineage: LineageLines,
    #[serde(default)]
    statement: StatementLines,
    #[serde(default)]
    oms: OmsLines,
    /// `unsigned`: patterns of the directories whose models need no signature.
    #[serde(default)]
    unsigned: Vec<String>,
}

/// The functions that check a release against a policy. A policy brings them along, so that a program which reads none, such as
/// a page that only verifies signatures, does not link them.
#[derive(Debug, Clone, Copy)]
struct Checks {
    of_statement: fn(&Lines, &Facts<'_>) -> Vec<Unmet>,
    of_models: fn(&OmsLines, &[TrustedModel<'_>]) -> Vec<Unmet>,
}

impl Checks {
    fn all() -> Self {
        Self { of_statement: Lines::unmet_by_statement, of_models: OmsLines::unmet }
    }
}

/// `[files]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Files {
    /// Signed files must not match these patterns.
    #[serde(default)]
    forbid: Vec<Pattern>,
    /// Signed files must not be in a format that runs code on load …
    #[serde(default)]
    forbid_code_on_load: bool,
    /// … except those that match these patterns.
    #[serde(default)]
    allow_code_on_load: Vec<Pattern>,
    /// Whether the digest of every file must be checked, also if its blocks have digests.
    #[serde(default)]
    whole_digests: bool,
}

/// `[components]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Components {
    /// Components that must be released, at least in part.
    #[serde(default)]
    require: Vec<Component>,
    /// Components that must be released as `open`.
    #[serde(default)]
    require_open: Vec<Component>,
}

/// `[coverage]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Coverage {
    /// The signer must not exclude files that match these patterns.
    #[serde(default)]
    forbid_exclude: Vec<Pattern>,
}

/// `[statement]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct StatementLines {
    /// The maximum age in days, going by the time that the signer claims.
    maximum_age_days: Option<u32>,
    /// The codes that the signer may waive; all if absent, none if empty.
    allow_waived: Option<Vec<String>>,
    /// Whether the statement must have an expiry date.
    #[serde(default)]
    require_expires: bool,
    /// The lowest acceptable sequence number.
    minimum_sequence: Option<u64>,
}

/// A [`Glob`] in TOML.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct Pattern(Glob);

impl TryFrom<String> for Pattern {
    type Error = GlobError;

    fn try_from(text: String) -> Result<Self, GlobError> {
        text.parse().map(Self)
    }
}

/// Why a policy cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is longer than [`MAX_POLICY_BYTES`].
    #[error("the policy `{name}` is larger than {MAX_POLICY_BYTES} bytes")]
    TooLarge {
        /// The name of the file.
        name: String,
    },
    /// The text is not TOML, or does not follow the schema.
    #[error("the policy `{name}`, line {}, column {}: {message}", .position.line, .position.column)]
    Shape {
        /// The name of the file.
        name: String,
        /// The position of the mistake.
        position: Position,
        /// What is wrong.
        message: String,
    },
    /// The policy contradicts itself or names something unknown.
    #[error("the policy `{name}`: {message}")]
    Sense {
        /// The name of the file.
        name: String,
        /// What is wrong.
        message: String,
    },
}

impl Policy {
    /// Parses a policy.
    ///
    /// # Errors
    /// - [`Error::TooLarge`] if the text is longer than [`MAX_POLICY_BYTES`];
    /// - [`Error::Shape`] if it is not TOML or does not follow the schema, for example because of an unknown key;
    /// - [`Error::Sense`] if it names an unknown taxonomy, role or rule, or requires something impossible.
    ///
    /// ```
    /// use openness::policy::Policy;
    /// use openness::source::Source;
    ///
    /// let text = "policy = 1\n[files]\nforbid-code-on-load = true\n";
    /// assert!(Policy::read(&Source::new("policy.toml", text)).is_ok());
    /// ```
    pub fn read(source: &Source) -> Result<Self, Error> {
        let name = || source.name().to_owned();
        if source.text().len() > MAX_POLICY_BYTES {
            return Err(Error::TooLarge { name: name() });
        }
        let shape = |at, message| Error::Shape { name: name(), position: source.position(at), message };
        // First, because serde's message about an unknown key is less helpful.
        if let Some((at, message)) = keys::unknown(source.text()) {
            return Err(shape(at, message));
        }
        let lines: Lines = toml::from_str(source.text())
            .map_err(|error| shape(error.span().map_or(0, |span| span.start), error.message().replace('\n', ", ")))?;
        lines.check().map_err(|message| Error::Sense { name: name(), message })?;
        let table: toml::Table = toml::from_str(source.text()).unwrap_or_default();
        let is_about_statements = |key: &String| !["policy", "oms", "roles", "unsigned"].contains(&key.as_str());
        let needs_statement = lines.oms.is_empty() || table.keys().any(is_about_statements);
        Ok(Self { lines, needs_statement, checks: Checks::all() })
    }

    /// Returns the requirements that a release does not meet, in the order of the policy schema; empty if it meets all.
    #[must_use]
    pub fn unmet(&self, facts: &Facts<'_>) -> Vec<Unmet> {
        (self.checks.of_statement)(&self.lines, facts)
    }

    /// Returns whether a release can meet the policy only with a statement in `.openness/`: unless the policy speaks of nothing
    /// but OpenSSF Model Signing.
    #[must_use]
    pub fn needs_statement(&self) -> bool {
        self.needs_statement
    }

    /// Returns whether the policy says, for every model, which identities without a lasting key it admits and who must vouch for
    /// them, so that the verifier need not.
    #[must_use]
    pub fn names_identities(&self) -> bool {
        self.lines.oms.names_identities()
    }

    /// Returns whether a model in a directory of this name needs no signature. Nothing about it is verified then.
    #[must_use]
    pub fn allows_unsigned(&self, directory: &str) -> bool {
        self.lines.unsigned.iter().any(|pattern| principal_matches(directory, pattern))
    }

    /// Returns whether the signed digest of every file must be checked, also if it could be checked by blocks.
    #[must_use]
    pub fn needs_whole_digests(&self) -> bool {
        self.lines.files.whole_digests
    }

    /// Returns whether bases must be followed to their statements.
    #[must_use]
    pub fn follows_bases(&self) -> bool {
        self.lines.lineage.follows_bases()
    }

    /// Returns the requirements of `[oms]` that no signature of OpenSSF Model Signing meets; empty if one meets all.
    #[must_use]
    pub fn unmet_by_models(&self, models: &[TrustedModel<'_>]) -> Vec<Unmet> {
        (self.checks.of_models)(&self.lines.oms, models)
    }
}

impl Lines {
    fn check(&self) -> Result<(), String> {
        if self.version != VERSION {
            return Err(format!("`policy` is {}; this version of openness reads version {VERSION}", self.version));
        }
        let mut wrong = self.signers.check(&self.roles);
        wrong.extend(self.verdicts.iter().filter_map(|(id, least)| least.check(id).err()));
        wrong.extend(self.evidence.check());
        wrong.extend(self.oms.check());
        wrong.extend(self.unsigned.iter().filter(|pattern| pattern.contains([',', '!'])).map(|pattern| {
            format!("`unsigned` has a `,` or `!` in `{}`; write one pattern for each", pattern.escape_debug())
        }));
        wrong.extend(self.lineage.check());
        wrong.extend(self.statement.allow_waived.iter().flatten().filter_map(|code| unknown_code(code)));
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }
}

/// Checks that a rule has this code: a misspelled code would allow nothing.
fn unknown_code(code: &str) -> Option<String> {
    let is_code = rules::all_rules().any(|rule| rule.code.eq_ignore_ascii_case(code));
    (!is_code).then(|| {
        format!("`allow-waived` names `{code}`, which is not the code of a rule; `openness explain` lists them")
    })
}

/// Returns `did you mean …?`, or the list of known words.
fn choice<'c>(word: &str, known: impl Iterator<Item = &'c str> + Clone) -> String {
    match closest(word, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", known.collect::<Vec<_>>().join(", ")),
    }
}
