//! Invariants of every parser of untrusted bytes, one function per parser. They must hold for any input.
//!
//! `fuzz_targets/` exposes them to cargo-fuzz; `tests/house/fuzz_seeds.rs` runs them on the seeds and mutations of the seeds,
//! with stable Rust. The differential targets compare a parser with an independent one.

pub mod agent;
pub mod allowed_signers;
pub mod allowed_signers_keygen;
pub mod certificate;
pub mod digest_lanes;
pub mod dsse;
pub mod format;
pub mod git_index;
pub mod git_index_program;
pub mod glob;
pub mod glob_differential;
pub mod header;
pub mod import;
pub mod json_differential;
pub mod key_file;
pub mod keyless;
pub mod keyless_parts;
mod keygen;
pub mod lfs_pointer;
pub mod manifest;
pub mod manifest_differential;
pub mod oms;
pub mod path;
pub mod policy;
pub mod revocations;
pub mod revocations_keygen;
pub mod sshsig;
pub mod sshsig_differential;
pub mod statement;
pub mod tag_object;
pub mod tlog_proof;

use openness::sign::{PublicKey, Trust};

/// A target's name, which is also the name of its seed directory, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// The targets that are fast enough for every test run.
pub const TARGETS: &[Target] = &[
    ("agent", agent::run),
    ("allowed_signers", allowed_signers::run),
    ("certificate", certificate::run),
    ("digest_lanes", digest_lanes::run),
    ("dsse", dsse::run),
    ("format", format::run),
    ("git_index", git_index::run),
    ("glob", glob::run),
    ("glob_differential", glob_differential::run),
    ("header", header::run),
    ("import", import::run),
    ("json_differential", json_differential::run),
    ("key_file", key_file::run),
    ("keyless", keyless::run),
    ("keyless_parts", keyless_parts::run),
    ("lfs_pointer", lfs_pointer::run),
    ("manifest", manifest::run),
    ("manifest_differential", manifest_differential::run),
    ("oms", oms::run),
    ("path", path::run),
    ("policy", policy::run),
    ("revocations", revocations::run),
    ("sshsig", sshsig::run),
    ("sshsig_differential", sshsig_differential::run),
    ("statement", statement::run),
    ("tag_object", tag_object::run),
    ("tlog_proof", tlog_proof::run),
];

/// The targets that run `git` or `ssh-keygen` for each input. They do nothing if the program is missing.
pub const WITH_PROGRAMS: &[Target] = &[
    ("allowed_signers_keygen", allowed_signers_keygen::run),
    ("git_index_program", git_index_program::run),
    ("revocations_keygen", revocations_keygen::run),
];

/// Returns trust in the first key of RFC 8032 §7.1, which did not sign any seed.
fn trust() -> Trust {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
    Trust::of_keys([PublicKey::parse(key).expect("a public key")])
}

/// Returns the longest valid UTF-8 prefix.
fn text(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).expect("so far it is"),
    }
}
