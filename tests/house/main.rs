//! The repository itself: which module may use which, its language, schemas, dependencies, the GitHub action, and the fuzz targets on their
//! seeds.
//!
//! Not part of the package, for most of what it looks at is not either.

#![allow(clippy::disallowed_methods, reason = "tests read what they wrote")]
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

#[path = "../common/mod.rs"]
mod common;

mod file_circles;
mod fuzz_seeds;
#[cfg(unix)]
mod github_action;
mod language;
mod modules;
mod python_package;
mod schemas;
mod supply_chain;
