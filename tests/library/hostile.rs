//! Hostile releases and the reasons for which they do not verify, one line each; signed by the trusted key in both
//! envelopes wherever the point is what comes after the signature.

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
