//! Choosing the key that signs: a file, an agent, an environment variable or file descriptor of a CI service, or the
//! one in Git's settings.

mod by_git;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{Failure, Session, environment, inputs, terminal};
use crate::release::{self, SignedRelease};
use crate::sign::{
    self, Agent, AgentSigner, EcdsaSecretKey, Fingerprint, Namespace, SecretKey, Signer as _, SshPublicKey, Trust,
    keyfile,
};
use crate::statement::Statement;

/// Callback that supplies the passphrase of the named key.
type Ask<'a> = &'a mut dyn FnMut(&str) -> Option<keyfile::Zeroizing<String>>;

/// The key that signs
#[derive(Debug, Clone, clap::Args)]
pub(super) struct SignerArgs {
    /// Sign with this private key (Ed25519 in OpenSSH or PKCS#8 PEM format), or with the key in the ssh-agent that
    /// belongs to this public key [default: the SSH key of your own Git settings, with gpg.format = ssh:
    /// user.signingKey, else the key that gpg.ssh.defaultKeyCommand prints]
    // Hyphens, or the error about an unknown flag would print what should be the content of a file.
    #[arg(long, value_name = "FILE", help_heading = "Signing key", allow_hyphen_values = true)]
    key: Option<PathBuf>,
    /// Read the text of the private key from the environment variable NAME
    #[arg(long, value_name = "NAME", help_heading = "Signing key", conflicts_with = "key", allow_hyphen_values = true)]
    key_env: Option<String>,
    /// Read the text of the private key from the open file descriptor N, for example `--key-fd 3 3<FILE`
    #[cfg(unix)]
    #[arg(long, value_name = "N", help_heading = "Signing key", conflicts_with_all = ["key", "key_env"])]
    key_fd: Option<u16>,
}

/// Whether the user is asked for the passphrase of an encrypted key. The one that `OPENNESS_PASSPHRASE_FILE` names is used
/// either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passphrase {
    Asked,
    NotAsked,
}

/// What a dry run knows of the key that would sign.
pub(super) enum Seen {
    /// It can be used, and has this fingerprint.
    Usable(Fingerprint),
    /// It is an ECDSA key that can be used.
    UsableEcdsa,
    /// It can be read, and is encrypted.
    Encrypted(String),
    /// No argument names one, and the default cannot be used, for this reason.
    NoDefault(Failure),
}

/// A key that can sign.
pub(super) enum Signer {
    Secret(SecretKey),
    Agent(AgentSigner),
}

impl SignerArgs {
    pub(super) fn signer(&self) -> Result<Signer, Failure> {
        self.open(Passphrase::Asked)
    }

    fn open(&self, passphrase: Passphrase) -> Result<Signer, Failure> {
        self.refuse_text()?;
        if let Some(path) = self.descriptor() {
            return Ok(Signer::Secret(passphrase.once(|ask| keyfile::read(&path, ask))?));
        }
        match (&self.key_env, &self.key) {
            (Some(name), _) => from_environment(name, passphrase),
            (None, Some(path)) if is_public(path) => from_agent(&inputs::key_text(path)?, None, passphrase),
            (None, Some(path)) => from_file(path, passphrase),
            (None, None) => by_git::signer(passphrase),
        }
    }

    /// Returns the ECDSA key for OpenSSF Model Signing. There is no default.
    pub(super) fn ecdsa(&self) -> Result<EcdsaSecretKey, Failure> {
        self.open_ecdsa(Passphrase::Asked)
    }

    /// Looks at the key that would sign, as far as that needs neither a passphrase that only the user knows nor a touch.
    ///
    /// # Errors
    /// If the key that an argument names cannot sign.
    pub(super) fn see(&self) -> Result<Seen, Failure> {
        seen(self.open(Passphrase::NotAsked).map(|signer| Seen::Usable(signer.fingerprint())), self.is_named())
    }

    /// The same for OpenSSF Model Signing.
    pub(super) fn see_ecdsa(&self) -> Result<Seen, Failure> {
        seen(self.open_ecdsa(Passphrase::NotAsked).map(|_| Seen::UsableEcdsa), self.is_named())
    }

    fn is_named(&self) -> bool {
        self.key.is_some() || self.key_env.is_some() || self.descriptor().is_some()
    }

    fn open_ecdsa(&self, passphrase: Passphrase) -> Result<EcdsaSecretKey, Failure> {
        self.refuse_text()?;
        if let Some(path) = self.descriptor() {
            return Ok(passphrase.once(|ask| keyfile::read_ecdsa(&path, ask))?);
        }
        match (&self.key_env, &self.key) {
            (Some(name), _) => {
                let text = secret_of_environment(name)?;
                Ok(passphrase.unlock(|ask| keyfile::parse_ecdsa(&text, &format!("${name}"), ask))?)
            }
            // A pipe cannot be read a second time, so there is only one try at the passphrase.
            (None, Some(path)) if !path.is_file() => Ok(passphrase.once(|ask| keyfile::read_ecdsa(path, ask))?),
            (None, Some(path)) => Ok(passphrase.unlock(|ask| keyfile::read_ecdsa(path, ask))?),
            (None, None) => Err(Failure::new("`--oms` needs an ECDSA key")
                .help("name one with `--key FILE`; `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256` makes one")),
        }
    }

    fn refuse_text(&self) -> Result<(), Failure> {
        if self.key.as_ref().is_some_and(|path| path.to_string_lossy().contains("-----BEGIN")) {
            // Not repeated, because the message may end up in a log.
            return Err(Failure::new("`--key` takes the name of a file, but was given the text of a key").help(
                "pass the text with `--key-env NAME`; this key may already be in logs and shell history: replace it",
            ));
        }
        Ok(())
    }

    /// Checks that `--key-fd` names an open descriptor. To be called before any file is opened: later, the number may
    /// be that of a file of our own.
    pub(super) fn check_descriptor(&self) -> Result<(), Failure> {
        let Some(path) = self.descriptor() else { return Ok(()) };
        path.metadata().map(drop).map_err(|error| {
            Failure::caused_by(format!("`--key-fd`: cannot read `{}`", path.display()), error)
                .help("open the descriptor in the shell: `--key-fd 3 3<FILE`")
        })
    }

    fn descriptor(&self) -> Option<PathBuf> {
        #[cfg(unix)]
        return self.key_fd.map(|number| PathBuf::from(format!("/dev/fd/{number}")));
        #[cfg(not(unix))]
        None
    }
}

impl Passphrase {
    /// Opens a key that can be read only once, so that there is only one try at the passphrase.
    fn once<K>(self, open: impl FnOnce(Ask<'_>) -> Result<K, keyfile::Error>) -> Result<K, keyfile::Error> {
        open(&mut |subject| self.of(subject))
    }

    /// Opens a key, with several tries at the passphrase if the user is asked.
    fn unlock<K>(self, open: impl Fn(Ask<'_>) -> Result<K, keyfile::Error>) -> Result<K, keyfile::Error> {
        match self {
            Self::Asked => terminal::unlock(open),
            Self::NotAsked => self.once(open),
        }
    }

    fn of(self, subject: &str) -> Option<keyfile::Zeroizing<String>> {
        let is_known = self == Self::Asked || environment::passphrase_file().is_some();
        is_known.then(|| terminal::passphrase(subject)).flatten()
    }
}

/// Returns what is known of a key that could not be opened, or why it cannot sign.
fn seen(opened: Result<Seen, Failure>, is_named: bool) -> Result<Seen, Failure> {
    opened.or_else(|failure| match failure.error() {
        Some(keyfile::Error::NoPassphrase { name }) => Ok(Seen::Encrypted(name.clone())),
        _ if is_named => Err(failure),
        _ => Ok(Seen::NoDefault(failure)),
    })
}

impl Seen {
    /// Prints what the signer should know of the key.
    pub(super) fn note(&self, session: &Session) {
        match self {
            Self::Usable(_) | Self::UsableEcdsa => {}
            Self::Encrypted(name) => {
                session.note(&format!("note: the key `{name}` is encrypted; signing asks for its passphrase"));
            }
            Self::NoDefault(failure) => session.note(&format!("note: {}", failure.sentence())),
        }
    }
}

impl Signer {
    pub(super) fn fingerprint(&self) -> Fingerprint {
        self.public_key().fingerprint()
    }

    /// Returns the ID that names the key's signature files.
    pub(super) fn key_id(&self) -> String {
        self.public_key().key_id()
    }

    /// Returns trust in this key alone.
    pub(super) fn trust(&self) -> Trust {
        self.public_key().to_trust()
    }

    /// Signs a tag the way Git does, without verifying anything.
    pub(super) fn sign_tag(&mut self, payload: &[u8], session: &Session) -> Result<String, Failure> {
        Ok(self.ready(session).sign_sshsig(Namespace::Git, payload)?)
    }

    /// Signs a statement.
    pub(super) fn sign(&mut self, statement: &Statement, session: &Session) -> Result<SignedRelease, Failure> {
        Ok(release::sign(statement, self.ready(session))?)
    }

    fn public_key(&self) -> SshPublicKey {
        match self {
            Self::Secret(key) => key.public_key(),
            Self::Agent(signer) => signer.public_key(),
        }
    }

    /// Returns the signer, after asking for a touch if the key needs one.
    fn ready(&mut self, session: &Session) -> &mut dyn sign::Signer {
        if self.public_key().wants_touch() {
            session.note("touch the security key to sign");
        }
        match self {
            Self::Secret(key) => key,
            Self::Agent(signer) => signer,
        }
    }
}

fn from_environment(name: &str, passphrase: Passphrase) -> Result<Signer, Failure> {
    let text = secret_of_environment(name)?;
    Ok(Signer::Secret(passphrase.unlock(|ask| keyfile::parse(&text, &format!("${name}"), ask))?))
}

/// Returns the text of the key in an environment variable.
fn secret_of_environment(name: &str) -> Result<zeroize::Zeroizing<String>, Failure> {
    const HELP: &str = "pass the name of the variable that contains the key, not the key itself";
    let is_name = |c: char| c == '_' || c.is_ascii_alphanumeric();
    if name.is_empty() || !name.chars().all(is_name) {
        // Not repeated, because it may be the key itself.
        return Err(Failure::new("the value of `--key-env` is not the name of a variable").help(HELP));
    }
    environment::secret(name).ok_or_else(|| {
        Failure::new(format!("the environment variable `{name}` is not set, or is not UTF-8")).help(HELP)
    })
}

fn from_file(path: &Path, passphrase: Passphrase) -> Result<Signer, Failure> {
    // A pipe cannot be read a second time, so there is only one try at the passphrase.
    if !path.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Ok(Signer::Secret(passphrase.once(|ask| keyfile::read(path, ask))?));
    }
    Ok(Signer::Secret(passphrase.unlock(|ask| keyfile::read(path, ask))?))
}

/// Returns whether a regular file is a public key. Nothing else is read, because what is read from a pipe is gone.
#[allow(clippy::disallowed_methods, reason = "it was just seen to be a regular file, and seven bytes are read")]
fn is_public(path: &Path) -> bool {
    let mut start = [0; 7];
    let is_file = path.metadata().is_ok_and(|metadata| metadata.is_file());
    let read = is_file.then(|| std::fs::File::open(path).ok()?.read_exact(&mut start).ok()).flatten();
    let start = start.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&start);
    read.is_some() && (start.starts_with(b"ssh-") || start.starts_with(b"sk-"))
}

/// Uses the agent, falling back to the private key next to the public one if `file` names that.
fn from_agent(line: &str, file: Option<&Path>, passphrase: Passphrase) -> Result<Signer, Failure> {
    let key = SshPublicKey::parse(line)?;
    let agent = match environment::path("SSH_AUTH_SOCK") {
        None if cfg!(unix) => Err(Failure::new("there is no ssh-agent: SSH_AUTH_SOCK is not set")),
        socket => Agent::connect(&socket.unwrap_or_default()).map_err(Failure::from),
    };
    let failure = match agent {
        Ok(mut agent) => {
            if agent.holds(&key)? {
                return Ok(Signer::Agent(AgentSigner::new(agent, key)));
            }
            Failure::new(format!("the ssh-agent is locked, or does not have the key {}", key.fingerprint()))
        }
        Err(failure) => failure,
    };
    let public = file.filter(|file| file.extension().is_some_and(|ending| ending == "pub"));
    let Some(private) = public.map(|file| file.with_extension("")).filter(|file| file.is_file() && !key.wants_touch())
    else {
        return Err(failure.help(if cfg!(unix) {
            "add the key to the agent with `ssh-add`, or pass a private key file with `--key`"
        } else {
            "pass a private key file with `--key`"
        }));
    };
    let secret = passphrase.unlock(|ask| keyfile::read(&private, ask))?;
    if secret.public().fingerprint() != key.fingerprint() {
        return Err(Failure::new(format!("`{0}` is not the private key of `{0}.pub`", private.display())));
    }
    Ok(Signer::Secret(secret))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn advice_about_agents_is_given_only_where_they_are_supported() {
        let line = SecretKey::generate().unwrap().public().to_openssh("");
        let report = from_agent(&line, None, Passphrase::NotAsked).err().unwrap().report();
        assert_eq!(report.contains("not supported"), cfg!(not(unix)), "{report}");
        assert_eq!(report.contains("ssh-add"), cfg!(unix), "{report}");
        assert!(report.contains("`--key`"), "{report}");
    }
}
