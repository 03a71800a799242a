//! Imports records of other projects as manifests.
//!
//! An import keeps what the record says, even if this project would classify it differently: evaluating the manifest
//! yields the classes of the record. Nothing is added. If a manifest requires something that the record does not state,
//! the import writes `unknown` and explains it in a comment.

pub mod card;
mod eiras;
pub(crate) mod emit;
pub(crate) mod front;
mod mot;
mod osai;
pub(crate) mod text;
pub(crate) mod yaml;

use crate::manifest::words;

words! {
    /// A format that can be imported.
    Format {
        /// A model record of the Model Openness Tool.
        Mot = "mot",
        /// A record of the European Open Source AI Index.
        Osai = "osai",
        /// A record of Eiras et al. 2024.
        Eiras = "eiras",
        /// A model card with Hugging Face front matter.
        Card = "card",
    }
}

/// The reason why a record could not be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not valid, unambiguous YAML.
    #[error("cannot read the record as YAML: line {line}, column {column}: {problem}")]
    Yaml {
        /// The line, from 1.
        line: u64,
        /// The column, from 1.
        column: u64,
        /// The message of the YAML reader.
        problem: String,
    },
    /// The YAML is not a record of the format.
    #[error("cannot read the record: line {line}, column {column}: {problem}")]
    Shape {
        /// The line, from 1.
        line: u64,
        /// The column, from 1.
        column: u64,
        /// The problem.
        problem: String,
    },
    /// The text is larger than [`MAX_RECORD_BYTES`].
    #[error("cannot read the record: it is {size} bytes long; the limit is {MAX_RECORD_BYTES} bytes")]
    TooLarge {
        /// The size of the text, in bytes.
        size: usize,
    },
}

/// The largest record that is read, in bytes.
pub const MAX_RECORD_BYTES: usize = 1024 * 1024;

/// Converts a record to the text of a manifest.
///
/// # Errors
/// [`Error::TooLarge`] if the text is larger than [`MAX_RECORD_BYTES`], [`Error::Yaml`] if it is not valid YAML, and
/// [`Error::Shape`] if it is not a record of the format.
pub fn import(format: Format, text: &str) -> Result<String, Error> {
    if text.len() > MAX_RECORD_BYTES {
        return Err(Error::TooLarge { size: text.len() });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        Format::Mot => mot::import(text),
        Format::Osai => osai::import(text),
        Format::Eiras => eiras::import(text),
        Format::Card => card::import(text),
    }
}
