//! Signatures, trust and key files compared with OpenSSH and OpenSSL.
//!
//! The tables ask both the same question, may this signer sign this at this time?, and want the same answer. Where we
//! are stricter on purpose, `questions::REASONS` says why. `cargo test --test oracles ssh_keygen -- --nocapture` prints
//! how many were asked.

mod certificates;
mod keygen;
mod keys;
mod questions;
mod random_signers;
mod revoked;
mod security_keys;
mod signatures;
mod signers;
mod times;
mod wire;
