//! Records of other projects, made into manifests.
//!
//! An import keeps what a record says, even where our vocabulary would judge otherwise: evaluated, the manifest gives
//! the record's own classes. It adds nothing; where a manifest demands what a record lacks, it writes `unknown` and says
//! so in a comment.

pub mod card;
mod eiras;
pub(crate) mod emit;
pub(crate) mod front;
mod mot;
mod osai;
pub(crate) mod yaml;

/// A format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A model record of the Model Openness Tool.
    Mot,
    /// A record of the European Open Source AI Index.
    Osai,
    /// A record of Eiras et al. 2024.
    Eiras,
    /// A model card with Hugging Face front matter.
    Card,
}

impl Format {
    /// Every word, in the order of the enum.
    pub const WORDS: &'static [&'static str] = &["mot", "osai", "eiras", "card"];

    /// Returns the format of a word; `None` for any other.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "mot" => Some(Self::Mot),
            "osai" => Some(Self::Osai),
            "eiras" => Some(Self::Eiras),
            "card" => Some(Self::Card),
            _ => None,
        }
    }
}

/// The record cannot be made into a manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is no YAML that can be read in one way.
    #[error("cannot read the record as YAML: line {line}, column {column}: {problem}")]
    Yaml {
        /// From 1.
        line: u64,
        /// From 1.
        column: u64,
        /// What the reader met.
        problem: String,
    },
    /// The YAML is no record of the format.
    #[error("cannot read the record: line {line}, column {column}: {problem}")]
    Shape {
        /// From 1.
        line: u64,
        /// From 1.
        column: u64,
        /// What is wrong.
        problem: String,
    },
    /// The text is larger than any record.
    #[error("cannot read the record: it has {size} bytes, and {MAX_RECORD_BYTES} are the most that is read")]
    TooLarge {
        /// In bytes.
        size: usize,
    },
}

/// The largest record that is read.
pub const MAX_RECORD_BYTES: usize = 1024 * 1024;

/// Makes a manifest from a record.
///
/// # Errors
/// [`Error`] names line and column of what stopped the reading.
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
