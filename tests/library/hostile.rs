//! Releases that an attacker could give to a verifier, each with the expected result. Those that test what follows the
//! signature check are properly signed by a trusted key.

mod blocks;
mod bundles;
mod envelopes;
mod false_statements;
mod invalid_statements;
mod keys;
#[cfg(unix)]
mod links;
mod names;
mod noncanonical;
mod payloads;
mod reasons;
mod release;
mod trees;
