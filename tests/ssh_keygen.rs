//! Signatures, trust and key files held against OpenSSH and OpenSSL, which know nothing of us.
//!
//! The tables ask both the same question, may this signer sign this at this time?, and want the same answer. Where we are
//! stricter on purpose, `questions::REASONS` says why, and the questions say where. `cargo test --test ssh_keygen -- --nocapture`
//! prints how many were asked.

#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
#![allow(clippy::print_stdout, reason = "the counts are told")]

mod common;

#[path = "ssh_keygen/certificates.rs"]
mod certificates;
#[path = "ssh_keygen/chance.rs"]
mod chance;
#[path = "ssh_keygen/desk.rs"]
mod desk;
#[path = "ssh_keygen/keys.rs"]
mod keys;
#[path = "ssh_keygen/questions.rs"]
mod questions;
#[path = "ssh_keygen/revoked.rs"]
mod revoked;
#[path = "ssh_keygen/security_keys.rs"]
mod security_keys;
#[path = "ssh_keygen/signatures.rs"]
mod signatures;
#[path = "ssh_keygen/signers.rs"]
mod signers;
#[path = "ssh_keygen/times.rs"]
mod times;
#[path = "ssh_keygen/wire.rs"]
mod wire;
