//! An SSHSIG envelope over a message, compared with the `ssh-key` crate.

use openness::sign::{Envelope, NAMESPACE, Status};
use ssh_key::{PublicKey, SshSig};

const MESSAGE: &[u8] = b"a message";

/// If we can read a signature, it is valid for us exactly if it is valid for `ssh-key`.
pub fn run(bytes: &[u8]) {
    let Ok(envelope) = Envelope::read_sshsig(bytes, MESSAGE) else { return };
    // Certificates and hardware keys are not compared.
    let Some(key) = envelope.claimed_key() else { return };
    let opened = envelope.verify(&super::trust(), jiff::Timestamp::UNIX_EPOCH);
    // `ssh-key` checks the signature's own fields when it reads; we check them when we verify.
    let Ok(theirs) = SshSig::from_pem(even(bytes)) else {
        assert_eq!(opened.status, Status::Bad);
        return;
    };
    let public = PublicKey::from(theirs.public_key().clone());
    if theirs.public_key().ed25519().is_none_or(|other| other.as_ref() != key.as_bytes()) {
        return;
    }
    assert_eq!(theirs.namespace(), NAMESPACE);
    assert_eq!(opened.status != Status::Bad, public.verify(NAMESPACE, MESSAGE, &theirs).is_ok());
}

/// Rewraps the armor to lines of equal length, which `ssh-key` requires; `ssh-keygen` and we accept any length.
fn even(armour: &[u8]) -> Vec<u8> {
    const COLUMNS: usize = 70;
    let text = String::from_utf8_lossy(armour);
    let body: Vec<u8> = text.lines().filter(|line| !line.starts_with("-----")).flat_map(str::bytes).collect();
    let body: Vec<u8> = body.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let lines = body.chunks(COLUMNS).flat_map(|line| line.iter().chain(b"\n")).copied();
    [&b"-----BEGIN SSH SIGNATURE-----\n"[..], &lines.collect::<Vec<u8>>(), b"-----END SSH SIGNATURE-----\n"].concat()
}
