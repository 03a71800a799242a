//! A DSSE envelope or Sigstore bundle: nothing that was not signed by the one trusted key is good.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openness::sign::Status;
use openness::sign::envelope::Envelope;

mod common;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(envelope) = Envelope::read_dsse(bytes) {
        let _ = envelope.claimed_key();
        let opened = envelope.open(&common::trust(), jiff::Timestamp::UNIX_EPOCH);
        assert_ne!(opened.status, Status::Good);
    }
});
