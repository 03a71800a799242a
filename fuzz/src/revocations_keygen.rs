//! A key revocation list, compared with `ssh-keygen -Q` and `ssh-keygen -Y verify -r`.

use openness::sign::{Envelope, NAMESPACE, Revocations, Status, Trust};

use super::keygen::{Desk, MESSAGE, key};

/// If we accept the list, both give the same answer for one key.
pub fn run(bytes: &[u8]) {
    let Some(desk) = Desk::get() else { return };
    let Ok(revocations) = Revocations::read(bytes, "input") else { return };
    let trust = Trust::of_keys([*key().public()]).revoke(revocations);
    let envelope = Envelope::read_sshsig(desk.signature.as_bytes(), MESSAGE).expect("our own");
    let ours = envelope.verify(&trust, jiff::Timestamp::UNIX_EPOCH).status;
    // `-Q` reports why a list is refused, but does not accept lines of keys; `-Y verify -r` does.
    if !bytes.starts_with(b"SSHKRL") {
        let theirs = desk
            .ask(bytes, &["-Y", "verify", "-f", "signers", "-r", "input", "-I", "seed", "-n", NAMESPACE, "-s", "sig"]);
        assert_eq!(ours == Status::Good, theirs.status.success(), "{}", String::from_utf8_lossy(&theirs.stderr));
        return;
    }
    let theirs = desk.ask(bytes, &["-Q", "-f", "input", "key.pub"]);
    let said = String::from_utf8_lossy(&theirs.stdout);
    let is_revoked = said.contains("REVOKED");
    if !is_revoked && !theirs.status.success() {
        panic!("read by us, and not by the other: {}", String::from_utf8_lossy(&theirs.stderr));
    }
    assert_eq!(ours == Status::Revoked, is_revoked, "{said}");
}
