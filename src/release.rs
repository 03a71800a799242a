//! A release's `.openness/` directory: the statement, its signatures, the sums; and joining those that are there.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::files::OPENNESS_DIR;
use crate::path::RepoPath;
use crate::sign::{self, Agent, AgentKey, Envelope, Namespace, SecretKey, Signed, Trust, agent};
use crate::statement::{self, Statement};

/// The exact bytes that are signed.
pub const STATEMENT_FILE: &str = "statement.json";
/// The directory of envelopes.
pub const SIGNATURES_DIR: &str = "signatures";
/// The digests for `sha256sum -c`.
pub const SUMS_FILE: &str = "SHA256SUMS";
/// The ending of a Sigstore bundle.
pub const BUNDLE_ENDING: &str = ".sigstore.json";
/// The ending of an SSHSIG.
pub const SSHSIG_ENDING: &str = ".sshsig";
/// The ending of the proof that the SSHSIG beside it stands in a transparency log.
pub const PROOF_ENDING: &str = ".tlog-proof";

/// A statement and the envelopes over its bytes.
#[derive(Debug)]
pub struct SignedRelease {
    statement: Vec<u8>,
    sums: String,
    /// An agent makes none.
    bundle: Option<Vec<u8>>,
    sshsig: String,
    key: String,
}

/// What to write into `.openness/`, and what to remove from it.
#[derive(Debug, Default)]
pub struct Change {
    /// Paths below `.openness/` and their bytes.
    pub write: Vec<(RepoPath, Vec<u8>)>,
    /// Paths below `.openness/` that another statement left.
    pub remove: Vec<RepoPath>,
}

/// Why nothing was sealed or placed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The statement cannot be written down.
    #[error(transparent)]
    Statement(#[from] statement::Error),
    /// The key did not sign.
    #[error("cannot sign the statement")]
    Sign(#[from] sign::SignError),
    /// The agent did not sign.
    #[error(transparent)]
    Agent(#[from] agent::Error),
    /// The signature that was just made does not hold: the machine is faulty.
    #[error("the signature that was just made does not verify: {0}; do not trust this machine with keys")]
    SelfCheck(String),
    /// Others have signed another statement.
    #[error("`{}` holds the signatures of others over another statement: {}", .directory.display(), .others.join(", "))]
    Others {
        /// The directory.
        directory: PathBuf,
        /// File names.
        others: Vec<String>,
    },
    /// What is there cannot be read.
    #[error("cannot read `{}`", .path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The system's word.
        #[source]
        source: io::Error,
    },
}

/// Signs a statement in both envelopes, and verifies both.
///
/// # Errors
/// [`Error::Statement`], [`Error::Sign`], [`Error::SelfCheck`].
pub fn sign(statement: &Statement, key: &SecretKey) -> Result<SignedRelease, Error> {
    let bytes = statement.to_bytes()?;
    let sealed = SignedRelease {
        bundle: Some(sign::dsse::sign(&bytes, key)?),
        sshsig: sign::sshsig::sign(&bytes, key)?,
        sums: statement.sums(),
        key: file_stem(&key.public().key_id()),
        statement: bytes,
    };
    sealed.check(&Trust::of_keys([*key.public()]))?;
    Ok(sealed)
}

/// Has an agent sign a statement, as an SSH signature alone, and verifies it.
///
/// # Errors
/// [`Error::Statement`], [`Error::Agent`], [`Error::SelfCheck`] where the agent signed wrongly or without a touch.
pub fn sign_with_agent(statement: &Statement, agent: &mut Agent, key: &AgentKey) -> Result<SignedRelease, Error> {
    let bytes = statement.to_bytes()?;
    let sealed = SignedRelease {
        bundle: None,
        sshsig: agent.sign(Namespace::Openness, key, &bytes)?,
        sums: statement.sums(),
        key: file_stem(&key.key_id()),
        statement: bytes,
    };
    sealed.check(&Trust::none())?;
    Ok(sealed)
}

/// Returns the names of a key's files in [`SIGNATURES_DIR`], by its key id: the bundle, and the SSH signature.
#[must_use]
pub fn signature_files(key_id: &str) -> [String; 2] {
    let stem = file_stem(key_id);
    [format!("{stem}{BUNDLE_ENDING}"), format!("{stem}{SSHSIG_ENDING}")]
}

fn file_stem(key_id: &str) -> String {
    key_id.chars().take(16).collect()
}

impl SignedRelease {
    /// Whether every signature holds for the statement. Whom to trust is not the question here: `trust` only helps to find
    /// the key of a bundle.
    fn check(&self, trust: &Trust) -> Result<(), Error> {
        let faulty = |what: String| Error::SelfCheck(what);
        let mut envelopes = vec![Envelope::read_sshsig(self.sshsig.as_bytes(), &self.statement)];
        envelopes.extend(self.bundle.as_deref().map(Envelope::read_dsse));
        let mut good = None;
        for envelope in envelopes {
            let envelope = envelope.map_err(|error| faulty(error.to_string()))?.verify(trust, Timestamp::now());
            match envelope.signed {
                Some(signed) if Signed::payload(&signed) == self.statement => good = Some(signed),
                _ => return Err(faulty(envelope.reason)),
            }
        }
        // All are over the same bytes, so that reading one is reading all.
        good.map_or(Ok(()), |signed| Statement::read(&signed).map(drop).map_err(Error::from))
    }

    /// Works out what to change in the `.openness/` of a directory.
    ///
    /// Over the same statement, signatures join those that are there. Over another, this key's own are replaced; those
    /// of others stand in the way unless `replace`.
    ///
    /// # Errors
    /// [`Error::Others`], [`Error::Io`].
    pub fn place(&self, directory: &Path, replace: bool) -> Result<Change, Error> {
        let home = directory.join(OPENNESS_DIR);
        let own = signature_files(&self.key);
        let mut change = Change::default();
        if read(&home.join(STATEMENT_FILE))?.as_deref() != Some(self.statement.as_slice()) {
            let others = others(directory, &self.statement, &self.key)?;
            if !others.is_empty() && !replace {
                return Err(Error::Others { directory: home, others });
            }
            change.remove = others.iter().filter_map(|name| below_home(&format!("{SIGNATURES_DIR}/{name}"))).collect();
            change.remove.extend(others.iter().filter_map(|name| proof_of(name)));
            if self.bundle.is_none() {
                change.remove.extend(below_home(&format!("{SIGNATURES_DIR}/{}", own[0])));
            }
        }
        let [bundle, sshsig] = own;
        // A proof is of one signature, and says nothing of another by the same key.
        let before = read(&home.join(SIGNATURES_DIR).join(&sshsig))?;
        if before.is_none_or(|before| before != self.sshsig.as_bytes()) {
            change.remove.extend(proof_of(&sshsig));
        }
        let mut files = vec![
            (STATEMENT_FILE.to_owned(), self.statement.clone()),
            (SUMS_FILE.to_owned(), self.sums.clone().into_bytes()),
            (format!("{SIGNATURES_DIR}/{sshsig}"), self.sshsig.clone().into_bytes()),
        ];
        files.extend(self.bundle.iter().map(|bytes| (format!("{SIGNATURES_DIR}/{bundle}"), bytes.clone())));
        change.write = files.into_iter().filter_map(|(name, bytes)| Some((below_home(&name)?, bytes))).collect();
        Ok(change)
    }
}

/// Returns the signature files of other keys in the `.openness/` of a directory, where they are over another statement.
///
/// # Errors
/// [`Error::Io`].
pub fn others(directory: &Path, statement: &[u8], key_id: &str) -> Result<Vec<String>, Error> {
    let home = directory.join(OPENNESS_DIR);
    if read(&home.join(STATEMENT_FILE))?.as_deref() == Some(statement) {
        return Ok(Vec::new());
    }
    let own = signature_files(key_id);
    let is_signature = |name: &String| name.ends_with(BUNDLE_ENDING) || name.ends_with(SSHSIG_ENDING);
    let names = names(&home.join(SIGNATURES_DIR))?;
    Ok(names.into_iter().filter(is_signature).filter(|name| !own.contains(name)).collect())
}

/// The place of the proof that belongs to an SSHSIG file.
fn proof_of(signature: &str) -> Option<RepoPath> {
    let stem = signature.strip_suffix(SSHSIG_ENDING)?;
    below_home(&format!("{SIGNATURES_DIR}/{stem}{PROOF_ENDING}"))
}

fn below_home(name: &str) -> Option<RepoPath> {
    name.parse().ok()
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Io { path: path.to_owned(), source }),
    }
}

fn names(directory: &Path) -> Result<Vec<String>, Error> {
    let cannot = |source| Error::Io { path: directory.to_owned(), source };
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(cannot(source)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(cannot)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
