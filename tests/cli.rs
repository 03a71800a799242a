//! The program as its users meet it: real repositories, real keys, what is printed and with which status.

#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
#![allow(clippy::print_stderr, reason = "what is skipped is told")]

mod common;

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
#[cfg(unix)]
#[path = "cli/hub.rs"]
mod hub;
#[path = "cli/judges.rs"]
mod judges;
#[path = "cli/logs.rs"]
mod logs;
#[path = "cli/lsp.rs"]
mod lsp;
#[path = "cli/main_path.rs"]
mod main_path;
#[path = "cli/policies.rs"]
mod policies;
#[cfg(unix)]
#[path = "cli/recalled.rs"]
mod recalled;
#[path = "cli/reports.rs"]
mod reports;
#[path = "cli/signers.rs"]
mod signers;
#[path = "cli/states.rs"]
mod states;
#[cfg(unix)]
#[path = "cli/terminal.rs"]
mod terminal;
#[path = "cli/tags.rs"]
mod tags;
#[path = "cli/trust.rs"]
mod trust;
