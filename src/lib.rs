//! Claims of AI openness, made precise, checkable and signed.

pub mod finding;
pub mod json;
pub mod manifest;
pub mod path;
pub mod sign;
pub mod source;
