//! Signing keys, wherever they are kept: in memory, in an ssh-agent, in a key management service.

use super::agent::{self, Agent};
use super::key::{FaultySignature, PublicKey, SecretKey};
use super::ssh::SshPublicKey;
use super::{BoxError, Namespace, dsse, sshsig};

/// A key that can sign statements and Git tags.
///
/// Implemented for [`SecretKey`] (a key in memory) and [`AgentSigner`] (a key in an ssh-agent). A service that makes
/// raw Ed25519 signatures needs no implementation of its own: see [`RawSigner`].
pub trait Signer {
    /// Returns the public key, or the certificate, that belongs to the signing key.
    fn public_key(&self) -> SshPublicKey;

    /// Signs `message` and returns the text of an SSHSIG file, as `ssh-keygen -Y sign -n NAMESPACE` writes it
    /// (PROTOCOL.sshsig).
    ///
    /// # Errors
    /// [`SignError`] if the key did not sign.
    fn sign_sshsig(&mut self, namespace: Namespace, message: &[u8]) -> Result<String, SignError>;

    /// Signs an in-toto statement and returns a DSSE v1.0.2 envelope in a Sigstore bundle v0.3, or `None` if the key
    /// cannot make one (an ssh-agent may refuse to sign anything except SSH signatures).
    ///
    /// # Errors
    /// [`SignError`] if the key did not sign.
    fn sign_dsse(&mut self, payload: &[u8]) -> Result<Option<Vec<u8>>, SignError>;
}

/// Why a key did not sign.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The signature that was just made does not verify.
    #[error(transparent)]
    Faulty(#[from] FaultySignature),
    /// The ssh-agent did not sign.
    #[error(transparent)]
    Agent(#[from] agent::Error),
    /// The service that holds the key did not sign.
    #[error("the service that holds the key did not sign")]
    Service(#[source] BoxError),
}

impl Signer for SecretKey {
    fn public_key(&self) -> SshPublicKey {
        SshPublicKey::from(*self.public())
    }

    fn sign_sshsig(&mut self, namespace: Namespace, message: &[u8]) -> Result<String, SignError> {
        (&*self).sign_sshsig(namespace, message)
    }

    fn sign_dsse(&mut self, payload: &[u8]) -> Result<Option<Vec<u8>>, SignError> {
        (&*self).sign_dsse(payload)
    }
}

impl Signer for &SecretKey {
    fn public_key(&self) -> SshPublicKey {
        SshPublicKey::from(*self.public())
    }

    fn sign_sshsig(&mut self, namespace: Namespace, message: &[u8]) -> Result<String, SignError> {
        Ok(sshsig::sign_for(namespace, message, self)?)
    }

    fn sign_dsse(&mut self, payload: &[u8]) -> Result<Option<Vec<u8>>, SignError> {
        Ok(Some(dsse::sign(payload, self)?))
    }
}

/// A key in an ssh-agent.
#[derive(Debug)]
pub struct AgentSigner {
    agent: Agent,
    key: SshPublicKey,
}

impl AgentSigner {
    /// Signs with the private half of `key` that `agent` holds; whether it does is not checked, see [`Agent::holds`].
    #[must_use]
    pub fn new(agent: Agent, key: SshPublicKey) -> Self {
        Self { agent, key }
    }
}

impl Signer for AgentSigner {
    fn public_key(&self) -> SshPublicKey {
        self.key.clone()
    }

    fn sign_sshsig(&mut self, namespace: Namespace, message: &[u8]) -> Result<String, SignError> {
        Ok(self.agent.sign(namespace, &self.key, message)?)
    }

    fn sign_dsse(&mut self, _payload: &[u8]) -> Result<Option<Vec<u8>>, SignError> {
        Ok(None)
    }
}

/// A signer for keys in services that make raw Ed25519 signatures (RFC 8032 §5.1.6, no prehash, no context), such as
/// most key management services and hardware modules.
///
/// ```
/// use openness::sign::{Envelope, Namespace, PublicKey, RawSigner, Signer, Status};
/// # fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// # use ed25519_dalek::{Signer as _, SigningKey};
/// # let service = SigningKey::from_bytes(&[7; 32]);
/// # let public_key = PublicKey::from_bytes(service.verifying_key().as_bytes())?;
/// // The closure sends the message to the service and returns the 64 bytes of the signature.
/// let mut signer = RawSigner::new(public_key, |message| Ok(service.sign(message).to_bytes()));
/// let signature = signer.sign_sshsig(Namespace::Openness, b"message")?;
///
/// let trust = signer.public_key().to_trust();
/// let envelope = Envelope::read_sshsig(signature.as_bytes(), b"message")?;
/// let verification = envelope.verify(&trust, jiff::Timestamp::UNIX_EPOCH);
/// assert_eq!(verification.status, Status::Good);
/// # Ok(())
/// # }
/// ```
pub struct RawSigner<F> {
    key: PublicKey,
    sign: F,
}

impl<F: FnMut(&[u8]) -> Result<[u8; 64], BoxError>> RawSigner<F> {
    /// Signs by calling `sign` with the exact bytes to sign. Each signature is verified with `key` before it is used.
    pub fn new(key: PublicKey, sign: F) -> Self {
        Self { key, sign }
    }

    fn sign_raw(&mut self, message: &[u8]) -> Result<[u8; 64], SignError> {
        let signature = (self.sign)(message).map_err(SignError::Service)?;
        if self.key.verify(message, &signature) { Ok(signature) } else { Err(FaultySignature.into()) }
    }
}

impl<F: FnMut(&[u8]) -> Result<[u8; 64], BoxError>> Signer for RawSigner<F> {
    fn public_key(&self) -> SshPublicKey {
        SshPublicKey::from(self.key)
    }

    fn sign_sshsig(&mut self, namespace: Namespace, message: &[u8]) -> Result<String, SignError> {
        let signature = self.sign_raw(&sshsig::to_be_signed(namespace, message))?;
        Ok(sshsig::assemble_ed25519(namespace, &self.key, &signature))
    }

    fn sign_dsse(&mut self, payload: &[u8]) -> Result<Option<Vec<u8>>, SignError> {
        let signature = self.sign_raw(&dsse::pae(dsse::PAYLOAD_TYPE, payload))?;
        Ok(Some(dsse::assemble(payload, &self.key, &signature)))
    }
}

impl<F> std::fmt::Debug for RawSigner<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawSigner").field("key", &self.key).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::*;

    #[test]
    fn a_raw_signer_makes_the_same_bytes_as_the_key_itself() {
        let mut key = SecretKey::from_seed(&[7; 32], String::new());
        let again = SecretKey::from_seed(&[7; 32], String::new());
        let mut raw = RawSigner::new(*key.public(), |message| Ok(again.sign(message)?));
        assert_eq!(raw.public_key().to_openssh(), key.public_key().to_openssh());
        for namespace in [Namespace::Openness, Namespace::Git] {
            let expected = key.sign_sshsig(namespace, b"message").unwrap();
            assert_eq!(raw.sign_sshsig(namespace, b"message").unwrap(), expected);
        }
        assert_eq!(raw.sign_dsse(b"{}").unwrap().unwrap(), key.sign_dsse(b"{}").unwrap().unwrap());
    }

    #[test]
    fn a_raw_signature_that_does_not_verify_is_an_error() {
        let key = SecretKey::from_seed(&[7; 32], String::new());
        let mut wrong = RawSigner::new(*key.public(), |_| Ok([0; 64]));
        assert!(matches!(wrong.sign_sshsig(Namespace::Openness, b"x"), Err(SignError::Faulty(_))));
        assert!(matches!(wrong.sign_dsse(b"x"), Err(SignError::Faulty(_))));
        let mut down = RawSigner::new(*key.public(), |_| Err("the service is down".into()));
        assert!(matches!(down.sign_dsse(b"x"), Err(SignError::Service(_))));
    }
}
