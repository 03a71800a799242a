//! Answers of an ssh-agent: none causes a panic or yields a good signature.
use std::io::{self, Cursor, Read, Write};

use openness::sign::envelope::Envelope;
use openness::sign::{Agent, Namespace, SshPublicKey, Status};

/// An agent that returns the same bytes, whatever the request.
struct Parrot(Cursor<Vec<u8>>);

impl Read for Parrot {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Parrot {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// No answer causes a panic or yields a good signature.
pub fn run(answers: &[u8]) {
    let line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
    let key = SshPublicKey::parse(line).expect("a public key");
    let mut agent = Agent::over(Parrot(Cursor::new(answers.to_vec())));
    let _ = agent.holds(&key);
    let mut agent = Agent::over(Parrot(Cursor::new(answers.to_vec())));
    if let Ok(armoured) = agent.sign(Namespace::Openness, &key, b"a message")
        && let Ok(envelope) = Envelope::read_sshsig(armoured.as_bytes(), b"a message")
    {
        assert_ne!(envelope.verify(&super::trust(), jiff::Timestamp::UNIX_EPOCH).status, Status::Good);
    }
}
