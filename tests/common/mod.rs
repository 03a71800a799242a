//! Shared helpers of the integration tests.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod ed25519;
pub(crate) mod ecdsa;
pub(crate) mod env;
pub(crate) mod examples;
pub(crate) mod http;
pub(crate) mod repo;
pub(crate) mod rng;
pub(crate) mod tools;
