//! Writes new key files in OpenSSH's format, accessible only to their owner, and completely or not at all.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{Cipher, Kdf, LineEnding, PrivateKey};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::Error;
use crate::sign::key::SecretKey;

/// The default of `ssh-keygen` since OpenSSH 9.4.
pub(super) const KDF_ROUNDS: u32 = 24;

/// Writes a new key in OpenSSH's format, accessible only to its owner, and its public half to `PATH.pub`. Neither file
/// may exist; if one cannot be written, the other is removed.
///
/// # Errors
/// [`Error::Exists`], [`Error::Comment`], [`Error::Write`]; [`Error::Encode`] or [`Error::Random`] if the key cannot be
/// encrypted.
pub fn write_new(path: &Path, key: &SecretKey, comment: &str, passphrase: Option<&str>) -> Result<(), Error> {
    if comment.chars().any(char::is_control) {
        return Err(Error::Comment);
    }
    check_free(path)?;
    let public_path = public_path(path);
    let private = encode(key, comment, passphrase)?;
    let public = format!("{}\n", key.public().to_openssh(comment));
    let private = stage(path, private.as_bytes(), 0o600)?;
    let public = stage(&public_path, public.as_bytes(), 0o644)?;
    // The private half first: the public half can be restored from it (`openness key show`).
    place(private, path)?;
    place(public, &public_path).inspect_err(|_| {
        // The file was just made by this function. The error about the public half matters more than one from here.
        let _ = std::fs::remove_file(path);
    })?;
    if cfg!(unix) {
        // A key that has signed something must survive a crash of the machine.
        #[allow(clippy::disallowed_methods, reason = "a directory is opened to sync it, and not read")]
        let synced = std::fs::File::open(folder(path)).and_then(|folder| folder.sync_all());
        synced.map_err(|source| Error::Write { path: path.to_owned(), source })?;
    }
    Ok(())
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Checks that neither the file of a new key nor that of its public half exists.
///
/// # Errors
/// [`Error::Exists`] if one of them does.
pub fn check_free(path: &Path) -> Result<(), Error> {
    for path in [path, &public_path(path)] {
        if path.symlink_metadata().is_ok() {
            return Err(Error::Exists { path: path.to_owned() });
        }
    }
    Ok(())
}

fn public_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    PathBuf::from(name)
}

pub(super) fn encode(key: &SecretKey, comment: &str, passphrase: Option<&str>) -> Result<Zeroizing<String>, Error> {
    let pair = KeypairData::from(Ed25519Keypair::from_seed(key.seed()));
    let plain = PrivateKey::new(pair, comment).map_err(encode_error)?;
    let encoded = match passphrase {
        None => plain,
        Some(passphrase) => {
            let mut random = [0; 20];
            getrandom::fill(&mut random).map_err(|error| Error::Random(error.into()))?;
            let (check, salt) = random.split_at(4);
            let check = u32::from_be_bytes(check.try_into().expect("four of twenty bytes"));
            let kdf = Kdf::Bcrypt { salt: salt.to_vec(), rounds: KDF_ROUNDS };
            plain.encrypt_with(Cipher::Aes256Ctr, kdf, check, passphrase).map_err(encode_error)?
        }
    };
    encoded.to_openssh(LineEnding::LF).map_err(encode_error)
}

fn encode_error(error: ssh_key::Error) -> Error {
    Error::Encode(error.into())
}

/// Writes a temporary file next to the target, so that moving it there is one step.
pub(super) fn stage(path: &Path, bytes: &[u8], mode: u32) -> Result<NamedTempFile, Error> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let mut builder = tempfile::Builder::new();
    // The naming scheme of `atomic`, so that leftovers of a killed run are deleted and never signed.
    builder.prefix(".openness-key-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = builder.tempfile_in(folder(path)).map_err(failed)?;
    // While locked, it does not count as a leftover.
    let _ = file.as_file().lock();
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    Ok(file)
}

/// Moves a staged file to its target unless that exists.
fn place(file: NamedTempFile, path: &Path) -> Result<(), Error> {
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            Err(Error::Exists { path: path.to_owned() })
        }
        Err(error) => Err(Error::Write { path: path.to_owned(), source: error.error }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::*;
    use crate::sign::keyfile::read;

    #[test]
    fn a_new_key_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let key = SecretKey::generate().unwrap();
        for (name, passphrase) in [("plain", None), ("encrypted", Some("correct horse"))] {
            let path = folder.path().join(name);
            write_new(&path, &key, "me@example.org", passphrase).unwrap();
            let mut asked = 0;
            let found = read(&path, &mut |subject| {
                asked += 1;
                assert_eq!(subject, path.display().to_string());
                passphrase.map(|word| Zeroizing::new(word.to_owned()))
            });
            let found = found.unwrap();
            assert_eq!((found.public(), found.comment()), (key.public(), "me@example.org"));
            assert_eq!(asked, usize::from(passphrase.is_some()));
        }
    }

    #[test]
    fn a_path_is_free_if_neither_half_exists() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        assert!(check_free(&path).is_ok());
        for taken in [path.clone(), public_path(&path)] {
            std::fs::write(&taken, "").unwrap();
            let found = check_free(&path);
            assert!(matches!(&found, Err(Error::Exists { path }) if *path == taken), "{found:?}");
            std::fs::remove_file(&taken).unwrap();
        }
    }

    #[test]
    fn nothing_is_overwritten_or_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let key = SecretKey::generate().unwrap();
        let path = folder.path().join("key");
        let names = || {
            let mut names: Vec<_> =
                std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        std::fs::write(folder.path().join("key.pub"), "mine").unwrap();
        assert!(matches!(write_new(&path, &key, "", None), Err(Error::Exists { path }) if path.ends_with("key.pub")));
        assert_eq!(names(), ["key.pub"]);
        std::fs::rename(folder.path().join("key.pub"), &path).unwrap();
        assert!(matches!(write_new(&path, &key, "", None), Err(Error::Exists { path }) if path.ends_with("key")));
        assert_eq!(names(), ["key"]);
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
        assert!(matches!(write_new(&folder.path().join("no/key"), &key, "", None), Err(Error::Write { .. })));
        assert!(matches!(write_new(&folder.path().join("new"), &key, "a\nb", None), Err(Error::Comment)));
        assert_eq!(names(), ["key"]);
    }

    #[test]
    fn a_file_created_meanwhile_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let staged = || stage(&path, b"ours", 0o600).unwrap();
        let (first, second) = (staged(), staged());
        place(first, &path).unwrap();
        assert!(matches!(place(second, &path), Err(Error::Exists { path }) if path.ends_with("key")));
        assert_eq!(std::fs::read(&path).unwrap(), b"ours");
        let nowhere = place(staged(), &folder.path().join("no/key"));
        assert!(matches!(nowhere, Err(Error::Write { source, .. }) if source.kind() == io::ErrorKind::NotFound));
    }
}
