//! `ssh-keygen` as an oracle, in a directory of its own, with a key that it trusts.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use base64ct::{Base64, Encoding as _};
use openness::sign::{SecretKey, keyfile, sshsig};

/// The signed message.
pub(super) const MESSAGE: &[u8] = b"a message";

/// Returns the key that signed the seeds. Its private seed is the byte 7, 32 times.
pub(super) fn key() -> SecretKey {
    // RFC 8410 §7: a PrivateKeyInfo of version 0, then the seed.
    let mut pkcs8 = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
    pkcs8.extend([7; 32]);
    // Split, so that secret scanners don't mistake this line for a key.
    let label = ["PRIVATE", "KEY"].join(" ");
    let pem = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", Base64::encode_string(&pkcs8));
    keyfile::parse(&pem, "key", &mut |_| None).expect("a key")
}

/// A directory with the public key in `key.pub`, a signature in `sig`, and one input file at a time.
pub(super) struct Desk {
    directory: tempfile::TempDir,
    pub(super) signature: String,
}

impl Desk {
    /// Returns this process's instance, or `None` if there is no `ssh-keygen`.
    pub(super) fn get() -> Option<&'static Self> {
        static DESK: OnceLock<Option<Desk>> = OnceLock::new();
        DESK.get_or_init(|| {
            Command::new("ssh-keygen").arg("-?").stdin(Stdio::null()).output().ok()?;
            let directory = tempfile::tempdir().expect("a directory");
            let key = key();
            let signature = sshsig::sign(MESSAGE, &key).expect("it is signed");
            let write = |name: &str, bytes: &[u8]| std::fs::write(directory.path().join(name), bytes).expect("a file");
            write("key.pub", key.public().to_openssh("seed").as_bytes());
            write("signers", format!("seed {}", key.public().to_openssh("")).as_bytes());
            write("sig", signature.as_bytes());
            write("message", MESSAGE);
            Some(Self { directory, signature })
        })
        .as_ref()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes `bytes` to the file `input`, and runs `ssh-keygen` in that directory with the message on standard input.
    pub(super) fn ask(&self, bytes: &[u8], arguments: &[&str]) -> Output {
        std::fs::write(self.path("input"), bytes).expect("a file");
        let message = std::fs::File::open(self.path("message")).expect("the message");
        Command::new("ssh-keygen")
            .current_dir(self.directory.path())
            .args(arguments)
            .stdin(message)
            .output()
            .expect("ssh-keygen")
    }
}
