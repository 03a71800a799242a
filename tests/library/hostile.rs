//! What somebody may put before a verifier, and what becomes of it: one line for each, properly signed by a trusted key where
//! the point is what lies behind the signature.

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
