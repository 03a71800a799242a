//! An SSHSIG envelope.

use openness::sign::Status;
use openness::sign::envelope::Envelope;

/// Nothing is good unless the trusted key signed it.
pub fn run(bytes: &[u8]) {
    if let Ok(envelope) = Envelope::read_sshsig(bytes, b"a message") {
        let _ = envelope.claimed_key();
        let opened = envelope.verify(&super::trust(), jiff::Timestamp::UNIX_EPOCH);
        assert_ne!(opened.status, Status::Good);
    }
}
