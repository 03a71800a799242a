//! What the integration tests share.
#![allow(dead_code, reason = "each test file is a program of its own and uses what it needs")]

#[cfg(unix)]
pub(crate) mod judge;
pub(crate) mod repo;
