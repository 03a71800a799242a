//! Results for programs: version 1 of the JSON formats. Those of `check`, `verify`, `show`, `path`, `what-if`
//! and `diff`, and that of errors, have a schema in `schemas/`.
//!
//! Each format is a type that implements [`Serialize`], and a function that writes it.

pub mod ancestry;
mod base;
pub mod check;
pub mod diff;
pub mod error;
pub mod licenses;
pub mod path;
pub mod show;
pub mod verify;
pub mod weigh;
pub mod what_if;

use std::io::{self, Write};

use serde::Serialize;

use crate::json;

/// The version of all JSON formats.
pub const VERSION: u32 = 1;

/// Writes one value as indented JSON ([`json::pretty`]), followed by a line feed.
///
/// # Errors
/// Returns any error of the writer.
pub fn object(report: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    json::pretty(report, &mut *out)?;
    writeln!(out)
}
