//! An allowed_signers file, compared with `ssh-keygen -Y verify`.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use openness::sign::{Envelope, NAMESPACE, Status, Trust};
use openness::source::Source;

use super::keygen::{Desk, MESSAGE};

/// The verification time for both, 2026-01-01.
const NOW: &str = "20260101000000Z";
const WHO: &str = "alice@example.org";

/// If we accept the file, both give the same answer for one signer and one signature.
pub fn run(bytes: &[u8]) {
    let Some(desk) = Desk::get() else { return };
    let Ok(trust) = Trust::of_allowed_signers(&Source::new("input", super::text(bytes)), &TimeZone::system()) else {
        return;
    };
    let envelope = Envelope::read_sshsig(desk.signature.as_bytes(), MESSAGE).expect("our own");
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let opened = envelope.verify(&trust.with_identity(WHO.to_owned()), now);
    let time = format!("verify-time={NOW}");
    let theirs = desk.ask(
        super::text(bytes).as_bytes(),
        &["-Y", "verify", "-f", "input", "-I", WHO, "-n", NAMESPACE, "-s", "sig", "-O", &time],
    );
    assert_eq!(
        opened.status == Status::Good,
        theirs.status.success(),
        "{}: {}\n{}",
        opened.reason,
        super::text(bytes),
        String::from_utf8_lossy(&theirs.stderr)
    );
}
