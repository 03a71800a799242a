//! The program as its users meet it: real repositories, real keys, what is printed and with which exit status.

#![allow(clippy::disallowed_methods, reason = "tests read what they wrote")]
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "a test reports what it skips and what it measures")]

#[path = "../common/mod.rs"]
mod common;

mod advice;
#[cfg(unix)]
mod agents;
mod attributes;
mod audits;
mod bad_input;
mod baselines;
#[cfg(unix)]
mod blocks;
mod book;
mod check_formats;
mod containers;
mod decisions;
#[cfg(unix)]
mod digest_cache;
#[cfg(unix)]
mod downloads;
mod example_known;
mod example_tiny_lm;
mod explanations;
mod fixes;
#[cfg(target_os = "linux")]
mod faults;
#[cfg(unix)]
mod git_clones;
mod hooks;
#[cfg(unix)]
mod hub;
mod init_and_diff;
mod keyless;
#[cfg(unix)]
mod links;
mod license_cases;
mod licenses;
mod lineage;
mod lint_levels;
mod lsp;
#[cfg(target_os = "linux")]
mod memory_use;
mod many_paths;
#[cfg(unix)]
mod oms;
mod oms_attacks;
mod oms_files;
mod oms_trust;
mod output;
mod policies;
mod readme;
mod release_states;
mod remote;
mod reports;
mod rule_manuals;
mod several_signers;
mod sign_and_verify;
mod signed_tags;
mod stores;
mod suppressions;
#[cfg(unix)]
mod terminal;
mod threats;
mod transparency_logs;
mod trust_store;
mod trusted_signers;
mod untrusted;
mod untrusted_files;
mod verify_export;
#[cfg(unix)]
mod watching;
mod weights;
