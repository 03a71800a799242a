//! How a release was made from a base.

use crate::manifest;

/// How a release was made from a base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Relation {
    /// An unchanged copy.
    Copy,
    /// Quantized, or converted to another format.
    Quantized,
    /// Trained further.
    Finetune,
    /// Merged with others.
    Merge,
    /// An adapter.
    Adapter {
        /// Whether the weights of the base are in the release.
        holds_base: bool,
    },
    /// Trained on the outputs of the base.
    Distilled,
    /// Trained on it as data.
    TrainedOn,
    /// Trained with it as code.
    TrainedWith,
    /// Next to it in one release, each under its own license.
    SideBySide,
    /// An application that ships the weights.
    Application,
    /// Not stated.
    Other,
}

impl From<Option<manifest::Relation>> for Relation {
    fn from(word: Option<manifest::Relation>) -> Self {
        match word {
            Some(manifest::Relation::Finetune) => Self::Finetune,
            Some(manifest::Relation::Adapter) => Self::Adapter { holds_base: false },
            Some(manifest::Relation::Merge) => Self::Merge,
            Some(manifest::Relation::Quantized) => Self::Quantized,
            Some(manifest::Relation::Distilled) => Self::Distilled,
            Some(manifest::Relation::Copy) => Self::Copy,
            Some(manifest::Relation::TrainedOn) => Self::TrainedOn,
            Some(manifest::Relation::TrainedWith) => Self::TrainedWith,
            Some(manifest::Relation::Other) | None => Self::Other,
        }
    }
}
