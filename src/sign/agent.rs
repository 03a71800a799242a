//! Signing with keys in an ssh-agent, such as keys of a FIDO authenticator or a smart card, or keys unlocked once a
//! day. Protocol: [draft-ietf-sshm-ssh-agent].
//!
//! Only SSH signatures are requested, so keys in an agent make no DSSE bundles: an agent may refuse to sign anything
//! else, and one that forwards to a FIDO authenticator must.
//!
//! [draft-ietf-sshm-ssh-agent]: https://datatracker.ietf.org/doc/draft-ietf-sshm-ssh-agent/

use std::io::{self, Read, Write};
#[cfg(feature = "agent")]
use std::path::Path;
use std::path::PathBuf;

use super::Namespace;
use super::key::Fingerprint;
use super::ssh::SshPublicKey;
use super::sshsig;
use super::wire::{self, Reader};

/// The largest message of OpenSSH's agent (`AGENT_MAX_LEN`), in bytes.
const MAX_MESSAGE_BYTES: usize = 256 << 10;

const FAILURE: u8 = 5;
const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;

/// Why an agent did not sign.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// This system has no Unix sockets.
    #[error("on this system, keys in an ssh-agent are not supported")]
    Unsupported,
    /// No agent answers at the socket.
    #[error("cannot reach the ssh-agent at `{}`", .path.display())]
    Connect {
        /// The path of the socket.
        path: PathBuf,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// The connection failed.
    #[error("the connection to the ssh-agent failed")]
    Io(#[source] io::Error),
    /// The agent sent an unexpected or malformed message.
    #[error("the ssh-agent violates the protocol: {0}")]
    Protocol(&'static str),
    /// The agent refused to sign with the key.
    #[error("the ssh-agent refuses to sign with {0}; it may be locked, or the key was not touched in time")]
    Refused(Fingerprint),
}

/// A connection to an agent.
pub struct Agent {
    stream: Box<dyn Stream>,
}

/// A connection that can be read and written.
trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

impl std::fmt::Debug for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agent").finish_non_exhaustive()
    }
}

impl Agent {
    /// Connects to the Unix socket of an agent, usually the value of the environment variable `SSH_AUTH_SOCK`.
    ///
    /// # Errors
    /// [`Error::Connect`]; on systems without Unix sockets, always [`Error::Unsupported`].
    #[cfg(all(feature = "agent", unix))]
    pub fn connect(path: &Path) -> Result<Self, Error> {
        let socket = std::os::unix::net::UnixStream::connect(path);
        socket.map(Self::over).map_err(|source| Error::Connect { path: path.to_owned(), source })
    }

    /// Fails: this system has no Unix sockets.
    ///
    /// # Errors
    /// [`Error::Unsupported`].
    #[cfg(all(feature = "agent", not(unix)))]
    pub fn connect(_: &Path) -> Result<Self, Error> {
        Err(Error::Unsupported)
    }

    /// Uses an agent over an existing connection.
    #[must_use]
    pub fn over(stream: impl Read + Write + 'static) -> Self {
        Self { stream: Box::new(stream) }
    }

    /// Tells whether the agent holds the private half of a key.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Protocol`].
    pub fn holds(&mut self, key: &SshPublicKey) -> Result<bool, Error> {
        const TRUNCATED: Error = Error::Protocol("its list of keys is truncated");
        let answer = self.ask(&[REQUEST_IDENTITIES])?;
        let mut reader = Reader::new(&answer);
        match reader.byte() {
            Some(IDENTITIES_ANSWER) => {}
            // OpenSSH's agent lists no keys while it is locked; other agents may refuse.
            Some(FAILURE) => return Ok(false),
            _ => return Err(Error::Protocol("unexpected answer to a request for its keys")),
        }
        let mut found = false;
        for _ in 0..reader.u32().ok_or(TRUNCATED)? {
            let (Some(blob), Some(_comment)) = (reader.string(), reader.string()) else { return Err(TRUNCATED) };
            found |= blob == key.blob();
        }
        Ok(found)
    }

    /// Has the agent sign a message and returns the text of an SSHSIG file, as `ssh-keygen -Y sign -n NAMESPACE` writes
    /// it.
    ///
    /// Nothing is verified: read the result back with [`super::Envelope::read_sshsig`] or
    /// [`super::Envelope::read_git_signature`].
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Io`], [`Error::Protocol`].
    pub fn sign(&mut self, namespace: Namespace, key: &SshPublicKey, message: &[u8]) -> Result<String, Error> {
        let mut request = vec![SIGN_REQUEST];
        wire::put_string(&mut request, key.blob());
        wire::put_string(&mut request, &sshsig::to_be_signed(namespace, message));
        // No flags; they only apply to RSA.
        request.extend_from_slice(&0_u32.to_be_bytes());
        let answer = self.ask(&request)?;
        let mut reader = Reader::new(&answer);
        match reader.byte() {
            Some(SIGN_RESPONSE) => {}
            Some(FAILURE) => return Err(Error::Refused(key.fingerprint())),
            _ => return Err(Error::Protocol("unexpected answer to a request to sign")),
        }
        match (reader.string(), reader.is_empty()) {
            (Some(signature), true) => Ok(sshsig::assemble(namespace, key.blob(), signature)),
            _ => Err(Error::Protocol("its signature is truncated or has bytes after it")),
        }
    }

    fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, Error> {
        let mut framed = Vec::with_capacity(request.len() + 4);
        wire::put_string(&mut framed, request);
        self.stream.write_all(&framed).map_err(Error::Io)?;
        let mut length = [0; 4];
        self.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > MAX_MESSAGE_BYTES {
            return Err(Error::Protocol("its message is too long"));
        }
        let mut answer = vec![0; length];
        self.read_exact(&mut answer)?;
        Ok(answer)
    }

    fn read_exact(&mut self, buffer: &mut [u8]) -> Result<(), Error> {
        self.stream.read_exact(buffer).map_err(|error| match error.kind() {
            kind @ io::ErrorKind::UnexpectedEof => Error::Io(io::Error::new(kind, "the agent closed it")),
            _ => Error::Io(error),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    /// Sends the same answer to every request.
    struct Parrot(io::Cursor<Vec<u8>>);

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

    fn agent(answer: &[u8]) -> Agent {
        let mut framed = Vec::new();
        wire::put_string(&mut framed, answer);
        Agent::over(Parrot(io::Cursor::new(framed)))
    }

    fn key() -> SshPublicKey {
        SshPublicKey::from(*crate::sign::SecretKey::generate().unwrap().public())
    }

    fn strings(parts: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        parts.iter().for_each(|part| wire::put_string(&mut bytes, part));
        bytes
    }

    #[test]
    fn a_key_is_found_in_the_list_and_a_truncated_list_is_an_error() {
        let key = key();
        let list = |count: u8, parts: &[&[u8]]| [&[IDENTITIES_ANSWER, 0, 0, 0, count][..], &strings(parts)].concat();
        assert!(agent(&list(2, &[b"other", b"x", key.blob(), b""])).holds(&key).unwrap());
        assert!(!agent(&list(1, &[b"other", b"x", key.blob(), b""])).holds(&key).unwrap(), "beyond the given number");
        assert!(!agent(&list(0, &[])).holds(&key).unwrap());
        assert!(!agent(&[FAILURE]).holds(&key).unwrap());
        for answer in [&list(2, &[key.blob(), b""])[..], &list(1, &[key.blob()]), &[IDENTITIES_ANSWER], &[99], &[]] {
            assert!(matches!(agent(answer).holds(&key), Err(Error::Protocol(_))), "{answer:?}");
        }
        assert!(matches!(Agent::over(Parrot(io::Cursor::new(vec![0, 0]))).holds(&key), Err(Error::Io(_))));
    }

    #[test]
    fn rejects_a_message_that_is_too_long() {
        let key = key();
        // The type and the length before the signature take five bytes.
        for (length, fine) in [((256 << 10) - 5, true), ((256 << 10) - 4, false)] {
            let answer = [&[SIGN_RESPONSE][..], &strings(&[&vec![7; length]])].concat();
            let signed = agent(&answer).sign(Namespace::Openness, &key, b"message");
            assert_eq!(signed.is_ok(), fine, "{length}");
            assert_eq!(matches!(signed, Err(Error::Protocol("its message is too long"))), !fine, "{length}");
        }
    }

    #[cfg(feature = "agent")]
    #[test]
    fn an_agent_that_is_absent_is_told_from_one_that_is_not_supported() {
        let error = Agent::connect(Path::new("no such socket")).unwrap_err();
        assert_eq!(matches!(error, Error::Connect { .. }), cfg!(unix), "{error}");
        assert_eq!(matches!(error, Error::Unsupported), cfg!(not(unix)), "{error}");
    }

    #[test]
    fn debug_output_shows_no_connection() {
        assert_eq!(format!("{:?}", agent(&[])), "Agent { .. }");
    }

    #[test]
    fn a_signature_is_used_unchanged_and_trailing_bytes_are_an_error() {
        let key = key();
        let answer = |parts: &[&[u8]]| [&[SIGN_RESPONSE][..], &strings(parts)].concat();
        assert!(
            agent(&answer(&[b"whatever"]))
                .sign(Namespace::Openness, &key, b"message")
                .unwrap()
                .contains("BEGIN SSH SIGNATURE")
        );
        assert!(matches!(agent(&[FAILURE]).sign(Namespace::Openness, &key, b"message"), Err(Error::Refused(_))));
        for answer in [&answer(&[b"a", b"b"])[..], &[SIGN_RESPONSE, 0, 0], &[IDENTITIES_ANSWER], &[]] {
            assert!(
                matches!(agent(answer).sign(Namespace::Openness, &key, b"message"), Err(Error::Protocol(_))),
                "{answer:?}"
            );
        }
    }
}
