//! A key revocation list, binary or as lines of keys.

use openness::sign::revoked::Revocations;

/// The list is accepted or refused, without a panic.
pub fn run(bytes: &[u8]) {
    let _ = Revocations::read(bytes, "revoked");
}
