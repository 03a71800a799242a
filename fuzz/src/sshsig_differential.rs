//! An SSHSIG envelope over a message, held against the crate `ssh-key`.

use openness::sign::{Envelope, NAMESPACE, Status};
use ssh_key::{PublicKey, SshSig};

const MESSAGE: &[u8] = b"a message";

/// Where a signature that we read holds for us it holds for the other, and the other way round.
pub fn run(bytes: &[u8]) {
    let Ok(envelope) = Envelope::read_sshsig(bytes, MESSAGE) else { return };
    // Where the key is a certificate or in hardware, the other reads on, and that is another matter.
    let Some(key) = envelope.claimed_key() else { return };
    let opened = envelope.verify(&super::trust(), jiff::Timestamp::UNIX_EPOCH);
    // The other looks at the signature's own fields when it reads, and we when we verify.
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

/// The armour in lines of one length, which the other asks for; `ssh-keygen` takes any, and so do we.
fn even(armour: &[u8]) -> Vec<u8> {
    const COLUMNS: usize = 70;
    let text = String::from_utf8_lossy(armour);
    let body: Vec<u8> = text.lines().filter(|line| !line.starts_with("-----")).flat_map(str::bytes).collect();
    let body: Vec<u8> = body.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let lines = body.chunks(COLUMNS).flat_map(|line| line.iter().chain(b"\n")).copied();
    [&b"-----BEGIN SSH SIGNATURE-----\n"[..], &lines.collect::<Vec<u8>>(), b"-----END SSH SIGNATURE-----\n"].concat()
}
