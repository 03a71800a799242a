//! Claims of AI openness, made precise, checkable and signed.

pub mod artifacts;
pub mod atomic;
#[cfg(feature = "cli")]
pub mod cli;
pub mod evaluate;
pub mod finding;
pub mod git;
pub mod hook;
pub mod import;
pub mod json;
pub mod license;
pub mod manifest;
pub mod path;
pub mod release;
pub mod report;
pub mod rules;
pub mod sign;
pub mod snapshot;
pub mod source;
pub mod statement;
pub mod taxonomy;
pub mod verify;
