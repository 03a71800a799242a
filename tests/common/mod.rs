//! What the integration tests share.
#![allow(dead_code, reason = "each test file is a program of its own and uses what it needs")]

pub(crate) mod ed25519;
pub(crate) mod env;
pub(crate) mod examples;
#[cfg(unix)]
pub(crate) mod judge;
pub(crate) mod numbers;
pub(crate) mod repo;
pub(crate) mod tools;
