//! The program as its users meet it: real repositories, real keys, what is printed and with which status.

#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
#![allow(clippy::print_stderr, reason = "what is skipped is told")]

#[cfg(unix)]
#[path = "cli/agents.rs"]
mod agents;
#[path = "cli/bad_input.rs"]
mod bad_input;
#[path = "cli/bench.rs"]
mod bench;
#[cfg(unix)]
#[path = "cli/downloads.rs"]
mod downloads;
#[path = "cli/exports.rs"]
mod exports;
#[path = "cli/judges.rs"]
mod judges;
#[path = "cli/main_path.rs"]
mod main_path;
#[path = "cli/policies.rs"]
mod policies;
#[cfg(unix)]
#[path = "cli/recalled.rs"]
mod recalled;
#[path = "cli/signers.rs"]
mod signers;
#[path = "cli/trust.rs"]
mod trust;
