//! The program as its users meet it: real repositories, real keys, what is printed and with which exit status.

#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

#[path = "../common/mod.rs"]
mod common;

#[cfg(unix)]
mod output;
