//! An SSHSIG envelope.

use openness::sign::Status;
use openness::sign::envelope::Envelope;

/// Nothing that was not signed by the one trusted key is good.
pub fn run(bytes: &[u8]) {
    if let Ok(envelope) = Envelope::read_sshsig(bytes, b"a message") {
        let _ = envelope.claimed_key();
        let opened = envelope.verify(&super::trust(), jiff::Timestamp::UNIX_EPOCH);
        assert_ne!(opened.status, Status::Good);
    }
}
