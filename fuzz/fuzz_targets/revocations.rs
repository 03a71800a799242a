//! A key revocation list, binary or as lines of keys.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openness::sign::revoked::Revocations;

fuzz_target!(|bytes: &[u8]| {
    let _ = Revocations::read(bytes, "revoked");
});
