//! Claims of AI openness, made precise, checkable and signed.

pub mod evaluate;
pub mod finding;
pub mod import;
pub mod json;
pub mod license;
pub mod manifest;
pub mod path;
pub mod report;
pub mod sign;
pub mod source;
pub mod taxonomy;
