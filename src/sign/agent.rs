//! Signing through an ssh-agent, which holds keys that we never see: those of a FIDO authenticator, of a smart card, or
//! unlocked once a day. Protocol: [draft-ietf-sshm-ssh-agent].
//!
//! Only SSH signatures are asked for. An agent may refuse to sign anything else, and one that forwards to a FIDO
//! authenticator has to (there is no DSSE by an agent's key, then).
//!
//! [draft-ietf-sshm-ssh-agent]: https://datatracker.ietf.org/doc/draft-ietf-sshm-ssh-agent/

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::key::{Fingerprint, KeyError, PublicKey};
use super::ssh::{self, SshKey};
use super::sshsig;
use super::wire::{self, Reader};
use super::{Namespace, Trust};
use crate::hex::encode as hex;

/// What OpenSSH's agent takes and gives (`AGENT_MAX_LEN`).
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
    /// There is no agent behind the socket.
    #[error("cannot reach the ssh-agent at `{}`", .path.display())]
    Connect {
        /// The socket.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The connection broke.
    #[error("the ssh-agent went silent")]
    Io(#[source] io::Error),
    /// The agent said something that is not in the protocol.
    #[error("the ssh-agent answers out of protocol: {0}")]
    Protocol(&'static str),
    /// The agent said no.
    #[error("the ssh-agent refuses to sign with {0}; it may be locked, or nobody touched the key")]
    Refused(Fingerprint),
}

/// A public key whose private half an agent holds; a certificate too.
#[derive(Debug, Clone)]
pub struct AgentKey {
    /// As it stands in the line, certificate and all.
    blob: Vec<u8>,
    key: SshKey,
}

impl AgentKey {
    /// Reads the line of a public key file: Ed25519, FIDO Ed25519, or a certificate for either.
    ///
    /// # Errors
    /// As [`super::PublicKey::parse`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.contains('\n') {
            return Err(KeyError::Syntax("it has more than one line"));
        }
        let (_, blob) = ssh::split_line(text)?;
        Ok(Self { key: SshKey::from_blob(&blob)?, blob })
    }

    /// Reads a public key file: the same line, or PEM.
    ///
    /// # Errors
    /// As [`super::PublicKey::parse`].
    pub fn parse_file(text: &str) -> Result<Self, KeyError> {
        match SshKey::parse_text(text)? {
            SshKey::Certificate(_) => Self::parse(text),
            key => Ok(Self { blob: key.to_blob(), key }),
        }
    }

    /// Returns `TYPE BASE64`, as it stands in a public key file; of a certificate, that of the key it is for.
    #[must_use]
    pub fn to_openssh(&self) -> String {
        self.key.to_line()
    }

    /// Returns the key where it is a plain one, which has a PEM form and can sign bundles.
    #[must_use]
    pub fn plain(&self) -> Option<&PublicKey> {
        match &self.key {
            SshKey::Ed25519(key) => Some(key),
            SshKey::Sk(_) | SshKey::Certificate(_) => None,
        }
    }

    /// Returns the fingerprint; of a certificate, that of the key it is for.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.key.fingerprint()
    }

    /// Returns the name that signature files go by: of a plain key its key id, as everywhere; of a FIDO key, which has no
    /// `SubjectPublicKeyInfo`, the SHA-256 of its SSH form, in lower-case hex.
    #[must_use]
    pub fn key_id(&self) -> String {
        let subject = match &self.key {
            SshKey::Certificate(certificate) => certificate.subject(),
            key => key,
        };
        match subject {
            SshKey::Ed25519(key) => key.key_id(),
            other => hex(&<sha2::Sha256 as sha2::Digest>::digest(other.to_blob())),
        }
    }

    /// Trusts this key alone, or this certificate, for nobody in particular: what its holder can say of its own signatures.
    #[must_use]
    pub fn to_trust(&self) -> Trust {
        Trust::of_signer(self.key.clone())
    }

    /// Tells whether somebody has to touch the key for each signature.
    #[must_use]
    pub fn wants_touch(&self) -> bool {
        match &self.key {
            SshKey::Sk(_) => true,
            SshKey::Certificate(certificate) => matches!(certificate.subject(), SshKey::Sk(_)),
            SshKey::Ed25519(_) => false,
        }
    }
}

/// A connection to an agent.
pub struct Agent {
    stream: Box<dyn Stream>,
}

/// What a connection has to be able to do.
trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

impl std::fmt::Debug for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agent").finish_non_exhaustive()
    }
}

impl Agent {
    /// Connects to the socket that `SSH_AUTH_SOCK` names.
    ///
    /// # Errors
    /// [`Error::Connect`]; always, where there are no Unix sockets.
    pub fn connect(path: &Path) -> Result<Self, Error> {
        #[cfg(unix)]
        let socket = std::os::unix::net::UnixStream::connect(path);
        #[cfg(not(unix))]
        let socket: io::Result<io::Empty> = Err(io::Error::from(io::ErrorKind::Unsupported));
        socket.map(Self::over).map_err(|source| Error::Connect { path: path.to_owned(), source })
    }

    /// Speaks with an agent over a connection that is there already.
    #[must_use]
    pub fn over(stream: impl Read + Write + 'static) -> Self {
        Self { stream: Box::new(stream) }
    }

    /// Tells whether the agent has the private half of a key.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Protocol`].
    pub fn holds(&mut self, key: &AgentKey) -> Result<bool, Error> {
        const CUT_SHORT: Error = Error::Protocol("its list of keys is cut short");
        let answer = self.ask(&[REQUEST_IDENTITIES])?;
        let mut reader = Reader::new(&answer);
        match reader.byte() {
            Some(IDENTITIES_ANSWER) => {}
            // OpenSSH's agent lists no key while it is locked; others may refuse.
            Some(FAILURE) => return Ok(false),
            _ => return Err(Error::Protocol("it was asked for its keys")),
        }
        let mut found = false;
        for _ in 0..reader.u32().ok_or(CUT_SHORT)? {
            let (Some(blob), Some(_comment)) = (reader.string(), reader.string()) else { return Err(CUT_SHORT) };
            found |= blob == key.blob;
        }
        Ok(found)
    }

    /// Has a message signed, in the form that `ssh-keygen -Y sign -n NAMESPACE` writes.
    ///
    /// Nothing is verified: read the result back with [`super::Envelope::read_sshsig`] or
    /// [`super::Envelope::read_git_signature`].
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Io`], [`Error::Protocol`].
    pub fn sign(&mut self, namespace: Namespace, key: &AgentKey, message: &[u8]) -> Result<String, Error> {
        let mut request = vec![SIGN_REQUEST];
        wire::put_string(&mut request, &key.blob);
        wire::put_string(&mut request, &sshsig::to_be_signed(namespace, message));
        // The flags are about RSA.
        request.extend_from_slice(&0_u32.to_be_bytes());
        let answer = self.ask(&request)?;
        let mut reader = Reader::new(&answer);
        match reader.byte() {
            Some(SIGN_RESPONSE) => {}
            Some(FAILURE) => return Err(Error::Refused(key.fingerprint())),
            _ => return Err(Error::Protocol("it was asked to sign")),
        }
        match (reader.string(), reader.is_empty()) {
            (Some(signature), true) => Ok(sshsig::assemble(namespace, &key.blob, signature)),
            _ => Err(Error::Protocol("its signature is cut short, or has bytes after it")),
        }
    }

    fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, Error> {
        let mut framed = Vec::with_capacity(request.len() + 4);
        wire::put_string(&mut framed, request);
        self.stream.write_all(&framed).map_err(Error::Io)?;
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).map_err(Error::Io)?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > MAX_MESSAGE_BYTES {
            return Err(Error::Protocol("its message is too long"));
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer).map_err(Error::Io)?;
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    /// Gives its answer, whatever it is asked.
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

    fn key() -> AgentKey {
        AgentKey::parse(&super::super::SecretKey::generate().unwrap().public().to_openssh("")).unwrap()
    }

    fn strings(parts: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        parts.iter().for_each(|part| wire::put_string(&mut bytes, part));
        bytes
    }

    #[test]
    fn a_list_of_keys_is_searched_and_one_cut_short_is_told() {
        let key = key();
        let list = |count: u8, parts: &[&[u8]]| [&[IDENTITIES_ANSWER, 0, 0, 0, count][..], &strings(parts)].concat();
        assert!(agent(&list(2, &[b"other", b"x", &key.blob, b""])).holds(&key).unwrap());
        assert!(!agent(&list(1, &[b"other", b"x", &key.blob, b""])).holds(&key).unwrap(), "past the number given");
        assert!(!agent(&list(0, &[])).holds(&key).unwrap());
        assert!(!agent(&[FAILURE]).holds(&key).unwrap());
        for answer in [&list(2, &[&key.blob, b""])[..], &list(1, &[&key.blob]), &[IDENTITIES_ANSWER], &[99], &[]] {
            assert!(matches!(agent(answer).holds(&key), Err(Error::Protocol(_))), "{answer:?}");
        }
        assert!(matches!(Agent::over(Parrot(io::Cursor::new(vec![0, 0]))).holds(&key), Err(Error::Io(_))));
    }

    #[test]
    fn a_message_that_is_too_long_is_not_read() {
        let key = key();
        // A byte for the type and four for a length stand before the signature.
        for (length, fine) in [((256 << 10) - 5, true), ((256 << 10) - 4, false)] {
            let answer = [&[SIGN_RESPONSE][..], &strings(&[&vec![7; length]])].concat();
            let signed = agent(&answer).sign(Namespace::Openness, &key, b"message");
            assert_eq!(signed.is_ok(), fine, "{length}");
            assert_eq!(matches!(signed, Err(Error::Protocol("its message is too long"))), !fine, "{length}");
        }
    }

    #[test]
    fn a_fido_key_wants_a_touch_and_a_plain_one_none() {
        use base64ct::{Base64, Encoding as _};
        let plain = key();
        assert!(!plain.wants_touch());
        let blob = strings(&[b"sk-ssh-ed25519@openssh.com", plain.plain().unwrap().as_bytes(), b"ssh:"]);
        let fido = AgentKey::parse(&format!("sk-ssh-ed25519@openssh.com {}", Base64::encode_string(&blob))).unwrap();
        assert!(fido.wants_touch());
        assert_eq!(format!("{:?}", agent(&[])), "Agent { .. }");
    }

    #[test]
    fn a_signature_is_taken_as_it_is_and_nothing_beside_it() {
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
