//! Reads key files, which must be accessible only to their owner.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::{Error, KeyText, MAX_KEY_FILE_BYTES};
use crate::sign::ecdsa::EcdsaSecretKey;
use crate::sign::key::SecretKey;

/// Reads a secret key from a file that only its owner can access. `passphrase` is called with the path of the file, and
/// only if the key is encrypted.
///
/// # Errors
/// [`Error::Read`], [`Error::Directory`], [`Error::Permissions`], and the errors of [`super::parse`].
pub fn read(path: &Path, passphrase: &mut dyn FnMut(&str) -> Option<Zeroizing<String>>) -> Result<SecretKey, Error> {
    read_with(path, |key| key.open(passphrase))
}

/// Like [`read`], for an ECDSA key.
///
/// # Errors
/// [`Error::Read`], [`Error::Directory`], [`Error::Permissions`], and the errors of [`super::parse_ecdsa`].
pub fn read_ecdsa(
    path: &Path,
    passphrase: &mut dyn FnMut(&str) -> Option<Zeroizing<String>>,
) -> Result<EcdsaSecretKey, Error> {
    read_with(path, |key| key.open_ecdsa(passphrase))
}

#[allow(clippy::disallowed_methods, reason = "the user names the key file, and its size is checked before it is read")]
fn read_with<K>(path: &Path, open: impl FnOnce(&KeyText<'_>) -> Result<K, Error>) -> Result<K, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let directory = || Error::Directory { path: path.to_owned() };
    let name = path.display().to_string();
    // Windows does not open a directory, and says only that access is denied.
    let file = File::open(path).map_err(|error| if path.is_dir() { directory() } else { failed(error) })?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(directory());
    }
    // Never grown, because growing leaves copies of the key in memory.
    let mut bytes = Zeroizing::new(vec![0; MAX_KEY_FILE_BYTES + 1]);
    let mut length = 0;
    loop {
        match (&file).read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    if length > MAX_KEY_FILE_BYTES {
        return Err(Error::TooLarge { name });
    }
    let text = std::str::from_utf8(&bytes[..length])
        .map_err(|_| Error::Broken { name: name.clone(), reason: "not a key file (not text)" })?;
    let key = KeyText::new(text, &name)?;
    // After the format: a file that is not a key may have any permissions.
    #[cfg(unix)]
    if metadata.is_file() {
        use std::os::unix::fs::PermissionsExt;
        // A pipe or `/dev/stdin` has no meaningful permissions.
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(Error::Permissions { path: path.to_owned(), mode });
        }
    }
    open(&key)
}

#[cfg(all(test, feature = "keygen"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::super::write::{stage, write_new};
    use super::*;

    #[cfg(unix)]
    #[test]
    fn rejects_a_key_that_other_users_can_access() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        write_new(&path, &SecretKey::generate().unwrap(), "", None).unwrap();
        let set = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        for (mode, fine) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o620, false)] {
            set(mode);
            let found = read(&path, &mut |_| None);
            assert_eq!(found.is_ok(), fine, "{mode:o}");
            assert!(fine || matches!(found, Err(Error::Permissions { mode: found, .. }) if found == mode));
        }
        let dangling = folder.path().join("dangling");
        std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
        let written = write_new(&dangling, &SecretKey::generate().unwrap(), "", None);
        assert!(matches!(written, Err(Error::Exists { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_not_a_key_is_reported_before_its_permissions() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("OPENNESS.toml");
        for (bytes, reason) in [
            (&b"schema = 1\n"[..], "it does not start like a private key file"),
            (b"\xff", "not a key file (not text)"),
            (b"ssh-ed25519 AAAA", "this is a public key; signing needs the private key"),
        ] {
            std::fs::write(&path, bytes).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
            let error = read(&path, &mut |_| None).unwrap_err();
            assert!(matches!(error, Error::Broken { reason: found, .. } if found == reason), "{error}");
        }
        // A private key that others can read is reported as such before any other problem with it.
        std::fs::write(&path, "-----BEGIN OPENSSH PRIVATE KEY-----\n").unwrap();
        assert!(matches!(read(&path, &mut |_| None), Err(Error::Permissions { mode: 0o644, .. })));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_io_error_while_reading_is_reported() {
        // Reading at the address 0 fails.
        let found = read(Path::new("/proc/self/mem"), &mut |_| None);
        assert!(matches!(found, Err(Error::Read { .. })), "{found:?}");
    }

    #[test]
    fn rejects_directories_and_files_that_are_too_large() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(read(folder.path(), &mut |_| None), Err(Error::Directory { .. })));
        assert!(matches!(read(&folder.path().join("none"), &mut |_| None), Err(Error::Read { .. })));
        let path = folder.path().join("large");
        stage(&path, &vec![b'-'; MAX_KEY_FILE_BYTES + 1], 0o600).unwrap().persist(&path).unwrap();
        assert!(matches!(read(&path, &mut |_| None), Err(Error::TooLarge { .. })));
        // A file of exactly the largest size is read.
        let key = folder.path().join("key");
        write_new(&key, &SecretKey::generate().unwrap(), "", None).unwrap();
        let mut text = std::fs::read(&key).unwrap();
        for (length, fine) in [(MAX_KEY_FILE_BYTES, true), (MAX_KEY_FILE_BYTES + 1, false)] {
            text.resize(length, b'\n');
            stage(&path, &text, 0o600).unwrap().persist(&path).unwrap();
            let found = read(&path, &mut |_| None);
            assert_eq!(found.is_ok(), fine, "{length}");
            assert!(fine || matches!(found, Err(Error::TooLarge { .. })));
        }
    }
}
