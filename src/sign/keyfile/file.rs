//! The file that a key is in: its owner's alone, and no larger than a key.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::{Error, MAX_KEY_FILE_BYTES, parse};
use crate::sign::key::SecretKey;

/// Reads a secret key from a file, which must be the user's alone. `passphrase` is called only where the key is encrypted, with
/// the name of the file.
///
/// # Errors
/// Everything but an Ed25519 key that is whole.
pub fn read(path: &Path, passphrase: &mut dyn FnMut(&str) -> Option<Zeroizing<String>>) -> Result<SecretKey, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let name = path.display().to_string();
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(Error::Directory { path: path.to_owned() });
    }
    #[cfg(unix)]
    if metadata.is_file() {
        use std::os::unix::fs::PermissionsExt;
        // A pipe or `/dev/stdin` has no permissions of its own to speak of.
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(Error::Permissions { path: path.to_owned(), mode });
        }
    }
    // Never grown, since growing leaves copies behind.
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
        .map_err(|_| Error::Broken { name: name.clone(), reason: "it is not text, so it is no key" })?;
    parse(text, &name, passphrase)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::super::write::{stage, write_new};
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
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
            assert!(fine || matches!(found, Err(Error::Permissions { mode: told, .. }) if told == mode));
        }
        let dangling = folder.path().join("dangling");
        std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
        let written = write_new(&dangling, &SecretKey::generate().unwrap(), "", None);
        assert!(matches!(written, Err(Error::Exists { .. })));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_cannot_be_read_to_its_end_is_an_error() {
        // Nothing is at the address 0.
        let found = read(Path::new("/proc/self/mem"), &mut |_| None);
        assert!(matches!(found, Err(Error::Read { .. })), "{found:?}");
    }

    #[test]
    fn folders_and_files_too_large_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(read(folder.path(), &mut |_| None), Err(Error::Directory { .. })));
        assert!(matches!(read(&folder.path().join("none"), &mut |_| None), Err(Error::Read { .. })));
        let path = folder.path().join("large");
        stage(&path, &vec![b'-'; MAX_KEY_FILE_BYTES + 1], 0o600).unwrap().persist(&path).unwrap();
        assert!(matches!(read(&path, &mut |_| None), Err(Error::TooLarge { .. })));
        // One that is just small enough is read to its end.
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
