//! The `.openness/` directory of a release: the statement, its signatures and the checksums, and how new signatures
//! join existing ones.
//!
//! [`sign`] works in memory; everything that looks at a directory needs the feature `fs`.

use std::io;
#[cfg(feature = "fs")]
use std::path::Path;
use std::path::PathBuf;

use jiff::Timestamp;

#[cfg(feature = "fs")]
use crate::beneath::{if_present, read_regular};
use crate::files::OPENNESS_DIR;
use crate::manifest::FILE_NAME;
use crate::path::RepoPath;
use crate::sign::{Envelope, Namespace, PublicKey, ReadError, SignError, Signer, SshPublicKey, Trust};
use crate::statement::{self, Body, Statement};
use crate::threads;

/// The name of the statement file, whose exact bytes are signed.
pub const STATEMENT_FILE: &str = "statement.json";
/// The name of the directory of signature files.
pub const SIGNATURES_DIR: &str = "signatures";
/// The name of the file with the digests, in the format of `sha256sum -c`.
pub const SUMS_FILE: &str = "SHA256SUMS";
/// The name of the directory with copies of the statements, signatures and manifests of bases, each in a directory named by the
/// SHA-256 of the statement.
pub const BASES_DIR: &str = "bases";
/// The file name ending of Sigstore bundles.
pub const BUNDLE_ENDING: &str = ".sigstore.json";
/// The file name ending of SSHSIG files.
pub const SSHSIG_ENDING: &str = ".sshsig";
/// The file name ending of proofs that the SSHSIG file of the same name is in a transparency log.
pub const PROOF_ENDING: &str = ".tlog-proof";

/// The largest file in `.openness/` that is read.
#[cfg(feature = "fs")]
const MAX_FILE_BYTES: u64 = 256 << 20;

/// A statement with one signer's signatures.
#[derive(Debug)]
pub struct SignedRelease {
    statement: Vec<u8>,
    sums: String,
    /// `None` if the signer makes no bundles.
    bundle: Option<Vec<u8>>,
    sshsig: String,
    /// The stem of the names of the key's files.
    key: String,
}

/// The files to write into `.openness/` and those to remove from it.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Change {
    /// Paths relative to `.openness/`, and the content of the files.
    pub write: Vec<(RepoPath, Vec<u8>)>,
    /// Paths relative to `.openness/` of files that belong to another statement.
    pub remove: Vec<RepoPath>,
}

/// Why a statement could not be signed, or its files not be prepared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The statement is invalid.
    #[error(transparent)]
    Statement(#[from] statement::Error),
    /// The signer did not sign.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// A signature that was just made does not verify, because the machine or the signing service is faulty.
    #[error("the signature that was just made does not verify: {0}; do not trust this machine with keys")]
    SelfCheck(String),
    /// There are signatures of other keys over another statement.
    #[error("`{}` contains signatures of other keys over another statement: {}", .directory.display(), .others.join(", "))]
    Others {
        /// The `.openness/` directory.
        directory: PathBuf,
        /// The names of the signature files.
        others: Vec<String>,
    },
    /// A file or directory could not be read.
    #[error("cannot read `{}`", .path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
}

/// The size in bytes from which a statement is read and verified on several threads.
const LARGE_STATEMENT_BYTES: usize = 256 * 1024;

/// Signs a statement in every envelope that the signer can make, verifies each signature, and reads the statement back.
///
/// # Errors
/// [`Error::Statement`] if the statement cannot be written as JSON or read back, [`Error::Sign`] if the signer did not sign,
/// [`Error::SelfCheck`] if a signature does not verify, including one of a security key that was not touched.
pub fn sign(statement: &Statement, signer: &mut dyn Signer) -> Result<SignedRelease, Error> {
    let bytes = statement.to_bytes()?;
    let key = signer.public_key();
    let signatures = || -> Result<_, Error> {
        Ok((signer.sign_dsse(&bytes)?, signer.sign_sshsig(Namespace::Openness, &bytes)?, statement.sums()))
    };
    // Both signatures are over the same bytes, so reading the statement once is enough.
    let (signatures, read) = both(&bytes, signatures, || Body::read_unverified(&bytes).map(drop));
    let (bundle, sshsig, sums) = signatures?;
    read?;
    let release = SignedRelease { bundle, sshsig, sums, key: file_stem(&key.key_id()), statement: bytes };
    release.check(&key)?;
    Ok(release)
}

/// Does two things with a statement, at the same time if it is large.
fn both<A, B: Send>(statement: &[u8], first: impl FnOnce() -> A, second: impl Fn() -> B + Sync) -> (A, B) {
    if statement.len() < LARGE_STATEMENT_BYTES { (first(), second()) } else { threads::join(first, second) }
}

/// Returns the names of a key's files in [`SIGNATURES_DIR`], from its key id: the bundle and the SSH signature.
#[must_use]
pub fn signature_files(key_id: &str) -> [String; 2] {
    let stem = file_stem(key_id);
    [format!("{stem}{BUNDLE_ENDING}"), format!("{stem}{SSHSIG_ENDING}")]
}

/// Returns whether a path is that of a copy in [`BASES_DIR`]: a statement, a manifest, or a signature of a base.
pub(crate) fn is_copy_of_base(path: &RepoPath) -> bool {
    let parts: Vec<&str> = path.as_str().split('/').collect();
    let [OPENNESS_DIR, BASES_DIR, digest, rest @ ..] = parts.as_slice() else { return false };
    let is_digest = digest.len() == 64 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_digest
        && match rest {
            [STATEMENT_FILE | FILE_NAME] => true,
            [SIGNATURES_DIR, name] => [BUNDLE_ENDING, SSHSIG_ENDING].iter().any(|ending| name.ends_with(ending)),
            _ => false,
        }
}

fn file_stem(key_id: &str) -> String {
    key_id.chars().take(16).collect()
}

impl SignedRelease {
    /// Checks that every signature is by `key` and over the statement.
    fn check(&self, key: &SshPublicKey) -> Result<(), Error> {
        let hints: Vec<PublicKey> = key.plain().copied().into_iter().collect();
        let check = |envelope: Result<Envelope, ReadError>| {
            let envelope = envelope.map_err(|error| Error::SelfCheck(error.to_string()))?;
            // Only whether the signatures are intact matters, not whether or when the key is trusted.
            let found = envelope.verify_with_hints(&Trust::none(), Timestamp::UNIX_EPOCH, &hints);
            match found.signed {
                Some(signed) if signed.payload() == self.statement && signed.signer() == key.fingerprint() => Ok(()),
                Some(_) => Err(Error::SelfCheck("it is by another key, or over other bytes".to_owned())),
                None => Err(Error::SelfCheck(found.reason)),
            }
        };
        let sshsig = || check(Envelope::read_sshsig(self.sshsig.as_bytes(), &self.statement));
        let bundle = || {
            let read = |bundle| Envelope::read_dsse_expecting(bundle, &self.statement);
            self.bundle.as_deref().map_or(Ok(()), |bundle| check(read(bundle)))
        };
        let (sshsig, bundle) = both(&self.statement, sshsig, bundle);
        sshsig.and(bundle)
    }

    /// Returns the files of the release: paths relative to `.openness/`, and the content of the files.
    #[must_use]
    pub fn files(&self) -> Vec<(RepoPath, Vec<u8>)> {
        let [bundle, sshsig] = signature_files(&self.key);
        let mut files = vec![
            (STATEMENT_FILE.to_owned(), self.statement.clone()),
            (SUMS_FILE.to_owned(), self.sums.clone().into_bytes()),
            (format!("{SIGNATURES_DIR}/{sshsig}"), self.sshsig.clone().into_bytes()),
        ];
        files.extend(self.bundle.iter().map(|bytes| (format!("{SIGNATURES_DIR}/{bundle}"), bytes.clone())));
        files.into_iter().filter_map(|(name, bytes)| Some((below_home(&name)?, bytes))).collect()
    }

    /// Determines the changes to the `.openness/` of a directory, without making them.
    ///
    /// If the statement there is the same, the new signatures join the existing ones. If it is another one, the
    /// signatures of this key are replaced; signatures of other keys are an error unless `replace` is set, which
    /// removes them.
    ///
    /// # Errors
    /// [`Error::Others`], [`Error::Io`].
    #[cfg(feature = "fs")]
    pub fn place(&self, directory: &Path, replace: bool) -> Result<Change, Error> {
        let home = directory.join(OPENNESS_DIR);
        let own = signature_files(&self.key);
        let mut change = Change::default();
        if read(directory, STATEMENT_FILE)?.as_deref() != Some(self.statement.as_slice()) {
            let others = names_of_others(directory, &self.key)?;
            if !others.is_empty() && !replace {
                return Err(Error::Others { directory: home, others });
            }
            change.remove = others.iter().filter_map(|name| below_home(&format!("{SIGNATURES_DIR}/{name}"))).collect();
            change.remove.extend(others.iter().filter_map(|name| proof_of(name)));
            if self.bundle.is_none() {
                change.remove.extend(below_home(&format!("{SIGNATURES_DIR}/{}", own[0])));
            }
        }
        // A proof belongs to one signature; it says nothing about another signature by the same key.
        let before = read(directory, &format!("{SIGNATURES_DIR}/{}", own[1]))?;
        if before.is_none_or(|before| before != self.sshsig.as_bytes()) {
            change.remove.extend(proof_of(&own[1]));
        }
        change.write = self.files();
        Ok(change)
    }
}

/// Returns the names of the signature files of other keys in the `.openness/` of a directory if the statement there is
/// not `statement`, and nothing otherwise.
///
/// # Errors
/// [`Error::Io`] if a file or directory cannot be read, [`Error::Statement`] if the statement cannot be written as JSON.
#[cfg(feature = "fs")]
pub fn others(directory: &Path, statement: &Statement, key_id: &str) -> Result<Vec<String>, Error> {
    let others = names_of_others(directory, key_id)?;
    // A large statement takes time to write.
    let is_same = || Ok::<_, Error>(read(directory, STATEMENT_FILE)? == Some(statement.to_bytes()?));
    if others.is_empty() || is_same()? { Ok(Vec::new()) } else { Ok(others) }
}

/// Returns the names of the signature files of other keys in the `.openness/` of a directory.
#[cfg(feature = "fs")]
fn names_of_others(directory: &Path, key_id: &str) -> Result<Vec<String>, Error> {
    let home = directory.join(OPENNESS_DIR);
    let own = signature_files(key_id);
    let is_signature = |name: &String| name.ends_with(BUNDLE_ENDING) || name.ends_with(SSHSIG_ENDING);
    let names = names(&home.join(SIGNATURES_DIR))?;
    Ok(names.into_iter().filter(is_signature).filter(|name| !own.contains(name)).collect())
}

/// Returns the path of the proof that belongs to an SSHSIG file, relative to `.openness/`.
#[cfg(feature = "fs")]
fn proof_of(signature: &str) -> Option<RepoPath> {
    let stem = signature.strip_suffix(SSHSIG_ENDING)?;
    below_home(&format!("{SIGNATURES_DIR}/{stem}{PROOF_ENDING}"))
}

fn below_home(name: &str) -> Option<RepoPath> {
    name.parse().ok()
}

/// Reads a file in the `.openness/` of a directory, or returns `None` if it does not exist.
#[cfg(feature = "fs")]
fn read(directory: &Path, name: &str) -> Result<Option<Vec<u8>>, Error> {
    match read_regular(directory, &format!("{OPENNESS_DIR}/{name}"), MAX_FILE_BYTES) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Io { path: directory.join(OPENNESS_DIR).join(name), source }),
    }
}

/// Returns the names in a directory in order, or nothing if it does not exist.
#[cfg(feature = "fs")]
fn names(directory: &Path) -> Result<Vec<String>, Error> {
    let cannot = |source| Error::Io { path: directory.to_owned(), source };
    let found = if_present(directory, std::fs::read_dir(directory)).map_err(cannot)?;
    let Some(entries) = found else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(cannot)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::*;
    use crate::sign::SecretKey;

    #[cfg(feature = "fs")]
    #[test]
    fn absent_signatures_are_none_but_a_file_in_their_place_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let home = directory.path().join(OPENNESS_DIR);
        let found = || (names(&home.join(SIGNATURES_DIR)), read(directory.path(), "SHA256SUMS"));
        assert!(matches!(found(), (Ok(names), Ok(None)) if names.is_empty()));
        std::fs::create_dir(&home).unwrap();
        assert!(matches!(found(), (Ok(names), Ok(None)) if names.is_empty()));
        std::fs::remove_dir(&home).unwrap();
        std::fs::write(&home, "").unwrap();
        assert!(matches!(found(), (Err(Error::Io { .. }), Err(Error::Io { .. }))));
    }

    #[test]
    fn the_self_check_rejects_signatures_of_other_keys_and_other_bytes() {
        let (key, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let check = |bundle: Option<&SecretKey>, sshsig: &SecretKey, signed: &[u8]| {
            let release = SignedRelease {
                statement: b"{}".to_vec(),
                sums: String::new(),
                bundle: bundle.map(|mut key| key.sign_dsse(signed).unwrap().unwrap()),
                sshsig: (&mut &*sshsig).sign_sshsig(Namespace::Openness, signed).unwrap(),
                key: String::new(),
            };
            release.check(&SshPublicKey::from(*key.public()))
        };
        check(Some(&key), &key, b"{}").unwrap();
        check(None, &key, b"{}").unwrap();
        for (bundle, sshsig, signed) in [
            (Some(&other), &key, b"{}"),
            (Some(&key), &other, b"{}"),
            (None, &other, b"{}"),
            (Some(&key), &key, b"[]"),
            (None, &key, b"[]"),
        ] {
            assert!(matches!(check(bundle, sshsig, signed), Err(Error::SelfCheck(_))));
        }
    }
}
