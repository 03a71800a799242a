//! The key that is trusted, and that signed no seed.

use openness::sign::{PublicKey, Trust};

/// Returns trust in the first key of RFC 8032, §7.1.
pub(crate) fn trust() -> Trust {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
    Trust::of_keys([PublicKey::parse(key).expect("a public key")])
}
