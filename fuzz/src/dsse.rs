//! A DSSE envelope in a Sigstore bundle.

use openness::sign::{Envelope, ReadError, Status, Verification};

/// Nothing is good unless the trusted key signed it, and the expected payload does not affect the result.
pub fn run(bytes: &[u8]) {
    let opened = |read: Result<Envelope, ReadError>| {
        read.map(|envelope| envelope.verify(&super::trust(), jiff::Timestamp::UNIX_EPOCH))
    };
    let told = |opened: &Result<Verification, ReadError>| format!("{opened:?}");
    let alone = opened(Envelope::read_dsse(bytes));
    assert_ne!(alone.as_ref().ok().map(|opened| opened.status), Some(Status::Good));
    for thought in [b"{}".as_slice(), b"", &[0xff; 2]] {
        assert_eq!(told(&alone), told(&opened(Envelope::read_dsse_expecting(bytes, thought))));
    }
}
