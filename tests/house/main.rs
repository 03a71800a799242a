//! The repository itself: who may name whom, schemas, dependencies, the GitHub action, and the fuzz targets on their
//! seeds.
//!
//! Not part of the package, for most of what it looks at is not either.

#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

#[path = "../common/mod.rs"]
mod common;

mod fuzz_seeds;
#[cfg(unix)]
mod github_action;
mod modules;
mod schemas;
mod supply_chain;
