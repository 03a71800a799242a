//! Tests of the library: properties, published test vectors, and hostile releases.

#![allow(clippy::disallowed_methods, reason = "tests read what they wrote")]
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
#![allow(clippy::print_stderr, reason = "a test reports what it skips and what it compared")]

#[path = "../common/mod.rs"]
mod common;

#[cfg(unix)]
mod block_reader;
mod chain_cases;
mod chain_records;
#[cfg(unix)]
mod changing_trees;
mod chains;
mod ecdsa_vectors;
mod ed25519_vectors;
mod hostile;
mod imported_records;
mod license_confusion;
mod license_rules;
mod long_statements;
mod mldsa_vectors;
mod properties;
mod published_labels;
#[cfg(unix)]
mod statement;
mod weight_headers;
