//! Programs and libraries of others as oracles: Git, Git LFS, OpenSSH, OpenSSL, and the readers of other formats. They
//! know nothing of this program, and either agree with it or a table says why not.

#![allow(clippy::disallowed_methods, reason = "tests read what they wrote")]
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
#![allow(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test reports what it skips and how many answers agree"
)]

#[path = "../common/mod.rs"]
mod common;

mod audit_tables;
mod bundle_libraries;
mod check_formats;
mod command_line_tools;
mod editors;
mod export_formats;
#[cfg(unix)]
mod model_signing;
#[cfg(unix)]
mod git_files;
#[cfg(unix)]
mod git_lfs;
#[cfg(unix)]
mod git_matrix;
#[cfg(unix)]
mod git_reading;
#[cfg(feature = "keyless")]
mod log_witnesses;
mod oms_conformance;
mod ssh_keygen;
#[cfg(unix)]
mod verify_scripts;
