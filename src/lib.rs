//! Claims of AI openness, made precise, checkable and signed.
//!
//! This is the library below the program `openness`. It reads a manifest (`OPENNESS.toml`), judges it against the
//! published taxonomies of openness and against the files of a repository, and signs and verifies the whole. It never
//! prints, never exits and touches no network.
//!
//! The modules below stand in the order in which data flows, and each stage's result is the only key to the next:
//!
//! ```text
//! bytes ─parse→ Manifest + findings ─resolve(&Snapshot)→ Inventory ─check→ findings ─Passed::new→ Passed
//! Passed + digests ─Statement::new→ Statement ─seal(&SecretKey)→ Sealed            (what is signed)
//! bytes ─read→ Envelope ─open(&Trust)→ Opened → Signed ─Statement::read→ Statement  (what is verified)
//! ```
//!
//! What did not pass the rules cannot become a statement, and a statement is read only from bytes whose signature
//! holds. `tests/house.rs` keeps who may name whom.
//!
//! ```
//! use openness::{Manifest, Source, evaluate, manifest::parse::parse};
//!
//! let parsed = parse(Source::new("OPENNESS.toml", r#"
//! schema = 1
//! [model]
//! name = "Tiny LM"
//! version = "1.0.0"
//! producer = "Example Lab"
//! license = "Apache-2.0"
//! [component.final-weights]
//! openness = "open"
//! files = ["model.safetensors"]
//! "#));
//! assert!(parsed.is_sound());
//! let manifest: &Manifest = &parsed.manifest;
//! let mof = evaluate::evaluate_one(manifest, "mof-1.0").expect("a taxonomy that we have");
//! assert_eq!(mof.verdict.as_deref(), Some("unclassified"));
//! ```

// Words that everybody uses.
pub mod json;
pub mod path;
pub mod source;
pub mod finding;
mod hex;
mod threads;

// What is declared, and what it means.
pub mod manifest;
pub mod taxonomy;
pub mod license;
pub mod evaluate;
pub mod import;

// What is there.
#[cfg(feature = "git")]
pub mod git;
pub mod files;
#[cfg(feature = "fs")]
pub mod snapshot;
pub mod artifacts;

// Whether the two agree.
pub mod rules;
pub mod check;

// What to begin with.
pub mod init;

// In the words of others.
pub mod export;

// Who says so.
pub mod sign;
pub mod tag;
pub mod tlog;
pub mod trust_store;
pub mod statement;
pub mod diff;
pub mod atomic;
pub mod digest_cache;
pub mod release;
pub mod verify;
pub mod policy;

// Where Git calls us.
pub mod hook;

// Telling people and programs.
#[cfg(feature = "cli")]
pub mod cli;
pub mod report;

pub use files::Files;
pub use finding::{Finding, Severity};
pub use manifest::Manifest;
pub use sign::{PublicKey, SecretKey, Trust};
#[cfg(feature = "fs")]
pub use snapshot::Snapshot;
pub use source::Source;
pub use statement::Statement;
