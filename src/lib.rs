//! Claims of AI openness, made precise, checkable and signed.

pub mod artifacts;
pub mod atomic;
pub mod finding;
pub mod git;
pub mod json;
pub mod manifest;
pub mod path;
pub mod snapshot;
pub mod source;
