//! A key revocation list, binary or as lines of keys.

use openness::sign::revoked::Revocations;

/// It is read or refused.
pub fn run(bytes: &[u8]) {
    let _ = Revocations::read(bytes, "revoked");
}
