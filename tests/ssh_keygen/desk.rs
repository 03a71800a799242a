//! A desk: a folder with keys, in which `ssh-keygen` runs, and what the tables about it share.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use openness::sign::{Envelope, NAMESPACE, Opened, SecretKey, Trust, keyfile};
use openness::source::Source;

use crate::common::tools::has;

/// A folder with keys of its own, in which `ssh-keygen` runs.
pub(crate) struct Desk(tempfile::TempDir);

impl Desk {
    /// `None` where there is no `ssh-keygen`.
    pub(crate) fn new() -> Option<Self> {
        has("ssh-keygen").then(|| Self(tempfile::tempdir().unwrap()))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs `ssh-keygen` with the arguments of a line, which have no blanks, and tells whether it succeeded.
    pub(crate) fn keygen(&self, arguments: &str, input: &[u8]) -> (bool, String) {
        let mut child = Command::new("ssh-keygen")
            .args(arguments.split(' ').map(|argument| if argument == "''" { "" } else { argument }))
            .current_dir(self.0.path())
            .env_remove("SSH_AUTH_SOCK")
            .env("SSH_ASKPASS_REQUIRE", "never")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It may have refused its arguments and gone.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    pub(crate) fn must(&self, arguments: &str) -> String {
        let (succeeded, text) = self.keygen(arguments, b"");
        assert!(succeeded, "ssh-keygen {arguments}: {text}");
        text
    }

    pub(crate) fn new_key(&self, name: &str) {
        self.must(&format!("-q -t ed25519 -N '' -C {name}@example.org -f {name}"));
    }

    pub(crate) fn secret(&self, name: &str) -> SecretKey {
        keyfile::read(&self.path(name), &mut |_| None).unwrap()
    }

    /// The type and the key of `NAME.pub`.
    pub(crate) fn public(&self, name: &str) -> String {
        self.read(&format!("{name}.pub")).splitn(3, ' ').take(2).collect::<Vec<_>>().join(" ")
    }

    /// Has `ssh-keygen` sign; `-f NAME` may be a certificate.
    pub(crate) fn signature(&self, name: &str, message: &[u8]) -> String {
        self.write("signed", message);
        let _ = std::fs::remove_file(self.path("signed.sig"));
        self.must(&format!("-q -Y sign -f {name} -n {NAMESPACE} signed"));
        self.read("signed.sig")
    }
}

pub(crate) const MESSAGE: &[u8] = b"{\"_type\":\"https://in-toto.io/Statement/v1\"}";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn now() -> Timestamp {
    at("2026-01-01T00:00:00Z")
}

pub(crate) fn allowed(text: &str) -> Trust {
    Trust::of_allowed_signers(&Source::new("allowed_signers", text)).unwrap()
}

pub(crate) fn open(signature: &str, trust: &Trust, time: Timestamp) -> Opened {
    Envelope::read_sshsig(signature.as_bytes(), MESSAGE).unwrap().open(trust, time)
}
