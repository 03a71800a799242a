//! An environment in which `ssh-keygen` runs, and what the tables about it share.

use std::path::PathBuf;
use std::process::Command;

use jiff::Timestamp;
use openness::sign::{Envelope, NAMESPACE, SecretKey, Trust, Verification, keyfile};
use openness::source::Source;

use crate::common::env::{TestEnv, with_input};
use crate::common::tools::has;

/// A directory in which `ssh-keygen` makes keys and signatures.
pub(crate) struct SshKeygen(TestEnv);

impl SshKeygen {
    /// `None` if there is no `ssh-keygen`.
    pub(crate) fn new() -> Option<Self> {
        has("ssh-keygen").then(|| Self(TestEnv::new()))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        self.0.write(name, bytes);
        self.path(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        self.0.read_text(name)
    }

    /// `ssh-keygen` in the directory.
    pub(crate) fn command(&self) -> Command {
        self.0.command("ssh-keygen")
    }

    /// Runs `ssh-keygen` with the arguments of a line, which have no blanks, and returns whether it succeeded and what it
    /// printed.
    pub(crate) fn keygen(&self, arguments: &str, input: &[u8]) -> (bool, String) {
        let mut command = self.command();
        command.args(arguments.split(' ').map(|argument| if argument == "''" { "" } else { argument }));
        let ran = with_input(&mut command, input);
        (ran.status == 0, ran.out + &ran.err)
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
    Trust::of_allowed_signers(&Source::new("allowed_signers", text), &jiff::tz::TimeZone::system()).unwrap()
}

pub(crate) fn open(signature: &str, trust: &Trust, time: Timestamp) -> Verification {
    Envelope::read_sshsig(signature.as_bytes(), MESSAGE).unwrap().verify(trust, time)
}
