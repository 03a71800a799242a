//! Where people have their keys: a file, an agent, a variable or a descriptor of a CI service, Git's settings.

mod by_git;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{Failure, Session, terminal};
use crate::release::{self, SignedRelease};
use crate::sign::{
    self, Agent, AgentSigner, Fingerprint, Namespace, SecretKey, Signer as _, SshPublicKey, Trust, keyfile,
};
use crate::statement::Statement;

/// Which key signs
#[derive(Debug, Clone, clap::Args)]
pub(super) struct SignerArgs {
    /// The private key: OpenSSH or PKCS#8 PEM, Ed25519; or a public key, whose private half the ssh-agent holds. Default
    /// the key of your own Git settings, where gpg.format is ssh: user.signingKey, else what gpg.ssh.defaultKeyCommand prints
    // Hyphens, or the message about an unknown flag would print what should have been a file's content.
    #[arg(long, value_name = "FILE", allow_hyphen_values = true)]
    key: Option<PathBuf>,
    /// Take the text of the private key from the environment variable NAME
    #[arg(long, value_name = "NAME", conflicts_with = "key", allow_hyphen_values = true)]
    key_env: Option<String>,
    /// Take the text of the private key from the open file descriptor N, as in `--key-fd 3 3<FILE`
    #[cfg(unix)]
    #[arg(long, value_name = "N", conflicts_with_all = ["key", "key_env"])]
    key_fd: Option<u16>,
}

/// What signs.
pub(super) enum Signer {
    Secret(SecretKey),
    Agent(AgentSigner),
}

impl SignerArgs {
    pub(super) fn signer(&self) -> Result<Signer, Failure> {
        if self.key.as_ref().is_some_and(|path| path.to_string_lossy().contains("-----BEGIN")) {
            // Not repeated: it would stand in a log.
            return Err(Failure::new("`--key` was given the text of a key; it takes the name of a file").help(
                "`--key-env NAME` takes the text from a variable; by now this key may stand in logs: replace it",
            ));
        }
        if let Some(path) = self.descriptor() {
            return Ok(Signer::Secret(keyfile::read(&path, &mut terminal::passphrase)?));
        }
        match (&self.key_env, &self.key) {
            (Some(name), _) => from_environment(name),
            (None, Some(path)) if is_public(path) => held_by_agent(&super::key::read_key_text(path)?, None),
            (None, Some(path)) => from_file(path),
            (None, None) => by_git::signer(),
        }
    }

    /// To be asked before anything is opened: later, a descriptor that nobody gave us may be one of our own.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let Some(path) = self.descriptor() else { return Ok(()) };
        path.metadata().map(drop).map_err(|error| {
            Failure::new(format!("`--key-fd`: cannot read `{}`: {error}", path.display()))
                .help("the shell opens a descriptor so: `--key-fd 3 3<FILE`")
        })
    }

    fn descriptor(&self) -> Option<PathBuf> {
        #[cfg(unix)]
        return self.key_fd.map(|number| PathBuf::from(format!("/dev/fd/{number}")));
        #[cfg(not(unix))]
        None
    }
}

impl Signer {
    pub(super) fn fingerprint(&self) -> Fingerprint {
        self.public_key().fingerprint()
    }

    /// By which its signature files are named.
    pub(super) fn key_id(&self) -> String {
        self.public_key().key_id()
    }

    /// Trusts this signer alone.
    pub(super) fn trust(&self) -> Trust {
        self.public_key().to_trust()
    }

    /// Signs a tag as Git does; nothing is verified.
    pub(super) fn seal_tag(&mut self, payload: &[u8], session: &Session) -> Result<String, Failure> {
        Ok(self.ready(session).sign_sshsig(Namespace::Git, payload)?)
    }

    pub(super) fn seal(&mut self, statement: &Statement, session: &Session) -> Result<SignedRelease, Failure> {
        Ok(release::sign(statement, self.ready(session))?)
    }

    fn public_key(&self) -> SshPublicKey {
        match self {
            Self::Secret(key) => key.public_key(),
            Self::Agent(signer) => signer.public_key(),
        }
    }

    /// Returns what signs, after asking for a touch if it needs one.
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

fn from_environment(name: &str) -> Result<Signer, Failure> {
    let is_name = |c: char| c == '_' || c.is_ascii_alphanumeric();
    if name.is_empty() || !name.chars().all(is_name) {
        // Not repeated: it may be the key itself.
        return Err(Failure::new("`--key-env` was given something else than the name of a variable")
            .help("it takes the name of the variable that holds the key, not the key"));
    }
    let text = std::env::var(name).map(Zeroizing::new).map_err(|_| {
        Failure::new(format!("the environment variable `{name}` is not set, or is not text"))
            .help("`--key-env` takes the name of the variable that holds the key, not the key")
    })?;
    Ok(Signer::Secret(terminal::unlock(|ask| keyfile::parse(&text, &format!("${name}"), ask))?))
}

fn from_file(path: &Path) -> Result<Signer, Failure> {
    // What is read from a pipe cannot be read once more.
    if !path.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Ok(Signer::Secret(keyfile::read(path, &mut terminal::passphrase)?));
    }
    Ok(Signer::Secret(terminal::unlock(|ask| keyfile::read(path, ask))?))
}

/// Only of a regular file: what is read from a pipe is gone.
fn is_public(path: &Path) -> bool {
    let mut start = [0; 4];
    let is_file = path.metadata().is_ok_and(|metadata| metadata.is_file());
    let read = is_file.then(|| std::fs::File::open(path).ok()?.read_exact(&mut start).ok()).flatten();
    read.is_some() && (start.starts_with(b"ssh-") || start.starts_with(b"sk-"))
}

/// The agent; or where it has not the key, the private key beside the public one, if `file` names that.
fn held_by_agent(line: &str, file: Option<&Path>) -> Result<Signer, Failure> {
    let key = SshPublicKey::parse(line)?;
    let agent = match std::env::var_os("SSH_AUTH_SOCK").filter(|socket| !socket.is_empty()) {
        None => Err(Failure::new("there is no ssh-agent: SSH_AUTH_SOCK is not set")),
        Some(socket) => Agent::connect(Path::new(&socket)).map_err(Failure::from),
    };
    let without = match agent {
        Ok(mut agent) => {
            if agent.holds(&key)? {
                return Ok(Signer::Agent(AgentSigner::new(agent, key)));
            }
            Failure::new(format!("the ssh-agent does not hold the key {}, or is locked", key.fingerprint()))
        }
        Err(failure) => failure,
    };
    let beside = file.filter(|file| file.extension().is_some_and(|ending| ending == "pub"));
    let Some(private) = beside.map(|file| file.with_extension("")).filter(|file| file.is_file() && !key.wants_touch())
    else {
        return Err(without.help("`ssh-add` gives the agent a key; `--key` takes a private key file too"));
    };
    let secret = terminal::unlock(|ask| keyfile::read(&private, ask))?;
    if secret.public().fingerprint() != key.fingerprint() {
        return Err(Failure::new(format!("`{}` is not the private half of the public key", private.display())));
    }
    Ok(Signer::Secret(secret))
}
