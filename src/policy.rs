//! What a verifier asks of a release beyond that it verifies: a TOML file of the shape `schemas/policy.schema.json`.
//!
//! A policy only ever asks for more. It names no keys and trusts nobody: principals are those of the verifier's own list.
//! What it does not know it refuses, and a line that cannot be judged is not met.

mod evidence;
mod judge;
mod keys;
mod licenses;
mod selector;
mod signers;
mod verdicts;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::artifacts::glob::{Glob, GlobError};
use crate::finding::closest;
use crate::rules;
use crate::source::{Position, Source};

use evidence::Evidence;
use licenses::LicenseLines;
use selector::{Component, Selector};
use signers::{Patterns, Signers};
use verdicts::Least;

/// The largest policy that is read, in bytes.
pub const MAX_POLICY_BYTES: usize = 1 << 20;
/// The version of the shape.
const VERSION: u32 = 1;

/// What is asked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Policy {
    /// `policy`: the version of the shape, 1.
    #[serde(rename = "policy")]
    version: u32,
    /// Role → who may fill it.
    #[serde(default)]
    roles: BTreeMap<String, Patterns>,
    #[serde(default)]
    signers: Signers,
    /// Taxonomy → the least verdict, the least score, or the least of some of its parts.
    #[serde(default)]
    verdicts: BTreeMap<String, Least>,
    #[serde(default)]
    files: Files,
    #[serde(default)]
    components: Components,
    /// Released components → what their licences have to be.
    #[serde(default)]
    licenses: BTreeMap<Selector, LicenseLines>,
    #[serde(default)]
    evidence: Evidence,
    #[serde(default)]
    coverage: Coverage,
    #[serde(default)]
    statement: StatementLines,
}

/// `[files]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Files {
    /// No file may match.
    #[serde(default)]
    forbid: Vec<Pattern>,
    /// No file may be of a format that runs code when it is loaded …
    #[serde(default)]
    forbid_code_on_load: bool,
    /// … but these.
    #[serde(default)]
    allow_code_on_load: Vec<Pattern>,
}

/// `[components]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Components {
    /// Released, at least in part.
    #[serde(default)]
    require: Vec<Component>,
    /// Released as `open`.
    #[serde(default)]
    require_open: Vec<Component>,
}

/// `[coverage]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Coverage {
    /// The signer may leave out nothing that matches.
    #[serde(default)]
    forbid_exclude: Vec<Pattern>,
}

/// `[statement]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct StatementLines {
    /// How long ago it may have been made, by the signer's word.
    maximum_age_days: Option<u32>,
    /// The codes that the signer may have waived; any if absent, none if empty.
    allow_waived: Option<Vec<String>>,
    /// Whether it has to say until when it is current.
    #[serde(default)]
    require_expires: bool,
    /// The least number of the release.
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

/// Why a policy cannot be used. One that cannot be used is not met.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Larger than [`MAX_POLICY_BYTES`].
    #[error("the policy `{name}` is larger than {MAX_POLICY_BYTES} bytes")]
    TooLarge {
        /// The file.
        name: String,
    },
    /// No TOML, or TOML of another shape.
    #[error("the policy `{name}`, line {}, column {}: {message}", .position.line, .position.column)]
    Shape {
        /// The file.
        name: String,
        /// Where.
        position: Position,
        /// What is wrong.
        message: String,
    },
    /// What it says makes no sense.
    #[error("the policy `{name}`: {message}")]
    Sense {
        /// The file.
        name: String,
        /// What is wrong.
        message: String,
    },
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`Error`]: unknown keys and taxonomies too, since a line that is misspelled asks for nothing.
    pub fn read(source: &Source) -> Result<Self, Error> {
        let name = || source.name().to_owned();
        if source.text().len() > MAX_POLICY_BYTES {
            return Err(Error::TooLarge { name: name() });
        }
        let shape = |at, message| Error::Shape { name: name(), position: source.position(at), message };
        // First, because what a reader of the shape says of an unknown key helps less.
        if let Some((at, message)) = keys::unknown(source.text()) {
            return Err(shape(at, message));
        }
        let policy: Self = toml::from_str(source.text())
            .map_err(|error| shape(error.span().map_or(0, |span| span.start), error.message().replace('\n', ", ")))?;
        policy.check().map_err(|message| Error::Sense { name: name(), message })?;
        Ok(policy)
    }

    fn check(&self) -> Result<(), String> {
        if self.version != VERSION {
            return Err(format!("`policy` is {}; this program knows {VERSION}", self.version));
        }
        let mut wrong = self.signers.check(&self.roles);
        wrong.extend(self.verdicts.iter().filter_map(|(id, least)| least.check(id).err()));
        wrong.extend(self.evidence.check());
        wrong.extend(self.statement.allow_waived.iter().flatten().filter_map(|code| unknown_code(code)));
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }
}

/// A code that no finding has lets nothing pass, so it was meant otherwise.
fn unknown_code(code: &str) -> Option<String> {
    let is_code = rules::all_rules().any(|card| card.code.eq_ignore_ascii_case(code));
    (!is_code).then(|| {
        format!("`allow-waived` names `{code}`, which is the code of no finding; `openness explain` lists them")
    })
}

/// `did you mean …?`, or what there is to choose from.
fn choice<'c>(word: &str, known: impl Iterator<Item = &'c str> + Clone) -> String {
    match closest(word, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", known.collect::<Vec<_>>().join(", ")),
    }
}
