//! What somebody may put before a verifier, and what becomes of it: one line for each, properly signed by a trusted key where
//! the point is what lies behind the signature.

#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

mod common;

#[path = "hostile/bench.rs"]
mod bench;
#[path = "hostile/bundles.rs"]
mod bundles;
#[path = "hostile/envelopes.rs"]
mod envelopes;
#[path = "hostile/judge.rs"]
mod judge;
#[path = "hostile/keys.rs"]
mod keys;
#[path = "hostile/lies.rs"]
mod lies;
#[cfg(unix)]
#[path = "hostile/links.rs"]
mod links;
#[path = "hostile/names.rs"]
mod names;
#[path = "hostile/payloads.rs"]
mod payloads;
#[path = "hostile/spellings.rs"]
mod spellings;
#[path = "hostile/statements.rs"]
mod statements;
#[path = "hostile/trees.rs"]
mod trees;
