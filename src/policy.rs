//! What a verifier asks of a release beyond that it verifies: a TOML file of the shape `schemas/policy.schema.json`.
//!
//! A policy only ever asks for more. It names no keys and trusts nobody: principals are those of the verifier's own list.
//! What it does not know it refuses, and a line that cannot be judged is not met.

mod judge;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::artifacts::glob::{Glob, GlobError};
use crate::source::{Place, Source};
use crate::taxonomy::{self, ClaimValueKind};

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
    #[serde(default)]
    signers: Signers,
    /// Taxonomy → the least verdict, or the least score.
    #[serde(default)]
    verdicts: BTreeMap<String, Least>,
    #[serde(default)]
    files: Files,
    #[serde(default)]
    components: Components,
    #[serde(default)]
    coverage: Coverage,
    #[serde(default)]
    statement: StatementLines,
}

/// `[signers]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Signers {
    /// How many of them have to have signed, each with a key of its own; 1 where only `of` is given.
    require: Option<usize>,
    /// Principals; anybody trusted where absent.
    of: Option<Vec<String>>,
}

/// A value of `[verdicts]`
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Least {
    Word(String),
    Score(f64),
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
    require: Vec<String>,
    /// Released as `open`.
    #[serde(default)]
    require_open: Vec<String>,
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
    /// The codes that it may have been signed in spite of; any where absent, none where empty.
    allow_despite: Option<Vec<String>>,
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
    #[error("the policy `{name}`, line {}, column {}: {message}", .place.line, .place.column)]
    Shape {
        /// The file.
        name: String,
        /// Where.
        place: Place,
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
        let policy: Self = toml::from_str(source.text()).map_err(|error| Error::Shape {
            name: name(),
            place: source.place(error.span().map_or(0, |span| span.start)),
            message: error.message().replace('\n', ", "),
        })?;
        policy.check().map_err(|message| Error::Sense { name: name(), message })?;
        Ok(policy)
    }

    fn check(&self) -> Result<(), String> {
        if self.version != VERSION {
            return Err(format!("`policy` is {}; this program knows {VERSION}", self.version));
        }
        if self.signers.require == Some(0) {
            return Err("`require` of `[signers]` is 0; a release that verifies has one".to_owned());
        }
        if let (Some(require), Some(of)) = (self.signers.require.or(Some(1)), &self.signers.of)
            && require > of.iter().collect::<BTreeSet<_>>().len()
        {
            return Err(format!("`[signers]` requires {require} of fewer, which nobody can meet"));
        }
        self.verdicts.iter().try_for_each(|(id, least)| check_verdict(id, least))
    }
}

fn check_verdict(id: &str, least: &Least) -> Result<(), String> {
    let taxonomy = taxonomy::find(id).ok_or_else(|| format!("`[verdicts]` names the unknown taxonomy `{id}`"))?;
    let claim = taxonomy.claim.as_ref().ok_or_else(|| format!("`{id}` gives no verdict that could be asked for"))?;
    match (claim.value, least) {
        (ClaimValueKind::Minimum, Least::Score(score)) if (0.0..=1.0).contains(score) => Ok(()),
        (ClaimValueKind::Minimum, _) => Err(format!("`{id}` gives a score; expected a number from 0 to 1")),
        (_, Least::Word(word)) if claim.words.contains(word) => Ok(()),
        _ => Err(format!("`{id}` gives one of {}", claim.words.join(", "))),
    }
}
