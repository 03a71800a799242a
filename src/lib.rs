//! Claims of AI openness, made precise, checkable and signed.
//!
//! This is the library below the program `openness`. It reads a manifest (`OPENNESS.toml`), evaluates it by the published
//! taxonomies of openness, checks it against the files of a release, and signs and verifies the whole.
//!
//! # The whole path, in memory
//!
//! Data flows one way, and each step is the only way to the next: what no rule has seen cannot become a statement, digests
//! are those of the checked files, and a statement is read only from bytes whose signature holds.
//!
//! ```text
//! &dyn Files ─check→ Checked ─pass(waived)→ Passed ─statement→ Statement ─sign(&mut dyn Signer)→ SignedRelease
//! &dyn Files ─verify(&Requirements)→ Report ─verified→ VerifiedRelease ─export→ a verified copy
//! ```
//!
//! ```
//! # #[cfg(feature = "keygen")] {
//! use openness::files::Memory;
//! use openness::jiff::Timestamp;
//! use openness::{Requirements, SecretKey, Trust, check, release, verify};
//!
//! let manifest = r#"
//! schema = 1
//! [model]
//! name = "Tiny LM"
//! version = "1.0.0"
//! producer = "Example Lab"
//! license = "Apache-2.0"
//! [component.final-weights]
//! openness = "open"
//! files = ["weights.safetensors"]
//! "#;
//! let mut files = vec![("OPENNESS.toml".to_owned(), manifest.into()), ("weights.safetensors".to_owned(), b"bytes".to_vec())];
//!
//! // Sign: check the manifest and its files, state what they are, sign the statement.
//! let (mut key, now) = (SecretKey::generate()?, Timestamp::now());
//! let unsigned = Memory::new(files.clone());
//! let checked = check(&unsigned)?;
//! let passed = checked.pass(&[]).expect("no rule reports an error");
//! let statement = passed.statement(now, &Default::default(), &|_| {})?;
//! let signed = release::sign(&statement, &mut key)?;
//! files.extend(signed.files().into_iter().map(|(path, bytes)| (format!(".openness/{path}"), bytes)));
//!
//! // Verify: who is trusted is the verifier's choice, and never the release's.
//! let trust = Trust::of_keys([*key.public()]);
//! let report = verify(&Memory::new(files), &Requirements::new(&trust, now), &|_| {})?;
//! let release = report.verified().expect("every byte is as signed, by a trusted key");
//! assert_eq!(release.statement().expect("it is signed by a statement").predicate.model.name, "Tiny LM");
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # From a directory
//!
//! ```no_run
//! # #[cfg(feature = "fs")] {
//! use std::path::Path;
//!
//! use openness::jiff::{Timestamp, tz::TimeZone};
//! use openness::{Requirements, Snapshot, Source, Trust, verify};
//!
//! let signers = Source::new("allowed_signers", std::fs::read_to_string("allowed_signers")?);
//! let trust = Trust::of_allowed_signers(&signers, &TimeZone::UTC)?;
//! let files = Snapshot::of_directory(Path::new("downloads/tiny-lm"))?;
//! let report = verify(&files, &Requirements::new(&trust, Timestamp::now()), &|_| {})?;
//! for reason in report.reasons() {
//!     println!("not verified: {}", reason.as_str());
//! }
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # From Git
//!
//! A commit is checked and signed from the object database, whatever the working tree holds.
//!
//! ```no_run
//! # #[cfg(feature = "git")] {
//! use std::path::Path;
//!
//! use openness::git::{Repo, UserEnv};
//! use openness::{Snapshot, check};
//!
//! let user = UserEnv::of(std::env::vars_os());
//! let repo = Repo::discover(Path::new("."), &user)?.expect("inside a Git repository");
//! let files = Snapshot::of_revision(&repo, "v1.0.0", None)?;
//! let checked = check(&files)?;
//! for finding in checked.findings() {
//!     println!("{}: {}", finding.rule.code, finding.message);
//! }
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `examples/` in the repository holds whole programs: a registry that verifies uploads, and a linter of manifest texts.
//!
//! # What the library does and does not do
//!
//! It never prints, never exits, and touches no network. The clock, the time zone and the number of threads are arguments.
//! With the feature `git`, settings of Git are read as Git does (from the files that `HOME`, `XDG_CONFIG_HOME` and Git's own
//! variables lead to), and the program `git` is run for repositories that libgit2 cannot read; see [`git`]. Everything else
//! reads only the files that it is given.
//!
//! Types of other crates in public signatures: [`jiff`] (times), `serde` (traits), `serde_json` (the free-form parts of
//! evaluations). They are part of this crate's promise of compatibility.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | none | the portable core: no C code, no file system, nothing of the system; compiles for `wasm32-unknown-unknown` |
//! | `license-texts` | the texts of the SPDX license list; without them, license files are not compared with anything |
//! | `manuals` | the manuals of the rules; without them, they are empty |
//! | `oms` | signatures of OpenSSF Model Signing, ECDSA keys, certificates; without them, bundles are reported and not checked |
//! | `fs` | directories, key files, the user's trust store, verified copies; `license-texts`, `manuals`, `oms` |
//! | `git` | Git repositories (libgit2, which needs a C compiler), signed tags, hooks |
//! | `agent` | signing with an ssh-agent |
//! | `keygen` | making keys |
//! | `audit` | auditing many releases into Parquet files |
//! | `human` | findings drawn for people |
//! | `cli` (default) | all of these, and the program |
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests read what they wrote"))]

// Words that every module uses.
pub mod error_text;
mod shown;
mod quote;
pub mod json;
pub mod path;
pub mod source;
mod key_path;
mod embedded;
pub mod finding;
pub mod fix;
mod hex;
mod nfc;
mod threads;

// What is declared, and what it means.
pub mod manifest;
pub mod taxonomy;
pub mod license;
pub mod evaluate;
pub mod decide;
pub mod import;

// Files, and where they come from.
pub mod files;
pub mod artifacts;
#[cfg(feature = "fs")]
mod beneath;
#[cfg(feature = "git")]
pub mod git;
#[cfg(feature = "fs")]
pub mod snapshot;

// What the release was made from, and on which terms.
pub mod lineage;

// Whether the two agree.
pub mod rules;
pub mod check;
pub mod lints;

// What an editor shows and changes.
pub mod editor;

// Drafting a manifest.
pub mod init;

// Export formats.
pub mod export;

// Signing, trust, verification.
pub mod sign;
pub mod oms;
pub mod tag;
pub mod tlog;
pub mod statement;
pub mod trust_store;
pub mod diff;
#[cfg(feature = "fs")]
pub mod atomic;
#[cfg(feature = "fs")]
pub mod digest_cache;
pub mod release;
#[cfg(feature = "remote")]
pub mod remote;
pub mod verify;
pub mod policy;
// The releases that a release comes from, verified.
pub mod ancestry;

// Many releases at once.
#[cfg(feature = "audit")]
pub mod audit;

// Git hooks.
#[cfg(feature = "git")]
pub mod hook;

// Reports for people and programs.
pub mod report;
#[cfg(feature = "cli")]
pub mod cli;

/// Times in public signatures are those of this crate.
pub use jiff;

pub use check::check;
pub use files::Files;
pub use finding::{Finding, Severity};
pub use manifest::Manifest;
pub use sign::{PublicKey, SecretKey, Trust};
#[cfg(feature = "fs")]
pub use snapshot::Snapshot;
pub use source::Source;
pub use statement::Statement;
pub use verify::{Requirements, VerifiedRelease, verify};
