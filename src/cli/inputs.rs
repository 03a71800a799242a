//! Reading the files that arguments and settings name, none of them larger than it may be.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::{Failure, environment};
use crate::policy::{self, Policy};
use crate::sign::revoked::{MAX_REVOCATION_BYTES, Revocations};
use crate::sign::{Trust, keyfile};
use crate::source::Source;

/// Reads a file, but at most one byte more than `limit`: enough for the caller to see that it is too large.
pub(super) fn read_bounded(path: &Path, limit: usize) -> Result<Vec<u8>, Failure> {
    let read = File::open(path).and_then(|file| bytes(file, limit));
    read.map_err(|error| Failure::caused_by(format!("cannot read `{}`", path.display()), error))
}

/// Reads standard input, but at most one byte more than `limit`.
pub(super) fn read_stdin(limit: usize) -> Result<Vec<u8>, Failure> {
    bytes(io::stdin().lock(), limit).map_err(|error| Failure::caused_by("cannot read standard input", error))
}

/// Reads a text file like [`read_bounded`].
pub(super) fn read_text(path: &Path, limit: usize) -> Result<String, Failure> {
    text(read_bounded(path, limit)?, &path.display().to_string())
}

/// Returns bytes as text, or says that what `name` names is not.
pub(super) fn text(bytes: Vec<u8>, name: &str) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|_| Failure::new(format!("cannot read `{name}`: it is not UTF-8")))
}

fn bytes(reader: impl Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads the text of a key file, private or public.
pub(super) fn key_text(file: &Path) -> Result<String, Failure> {
    read_text(file, keyfile::MAX_KEY_FILE_BYTES)
}

/// Returns whether the text of a key file is that of a private key.
pub(super) fn is_private(text: &str) -> bool {
    text.contains("PRIVATE KEY-----")
}

/// Reads the text of a public key file, and refuses a private key with the given advice.
pub(super) fn public_key_text(file: &Path, help: &str) -> Result<String, Failure> {
    let text = key_text(file)?;
    if is_private(&text) {
        return Err(Failure::new(format!("`{}` is a private key", file.display())).help(help));
    }
    Ok(text)
}

/// Reads a trust policy.
pub(super) fn policy(file: &Path) -> Result<Policy, Failure> {
    let text = read_text(file, policy::MAX_POLICY_BYTES)?;
    Ok(Policy::read(&Source::new(file.display().to_string(), text))?)
}

/// Reads an `allowed_signers` file.
pub(super) fn allowed_signers(file: &Path) -> Result<Trust, Failure> {
    let text = read_text(file, usize::MAX)?;
    Ok(Trust::of_allowed_signers(&Source::new(file.display().to_string(), text), &environment::time_zone())?)
}

/// Reads a revocation list: an OpenSSH KRL, or a list of public keys.
pub(super) fn revocations(file: &Path) -> Result<Revocations, Failure> {
    let bytes = read_bounded(file, MAX_REVOCATION_BYTES)?;
    Ok(Revocations::read(&bytes, &file.display().to_string())?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn a_file_is_read_to_one_byte_past_the_limit() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("key");
        std::fs::write(&file, "abcdef").unwrap();
        for (limit, read) in [(2, "abc"), (5, "abcdef"), (6, "abcdef"), (usize::MAX, "abcdef")] {
            assert_eq!(read_text(&file, limit).unwrap(), read, "{limit}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_with_the_reason() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("key");
        let failure = || read_text(&file, 9).unwrap_err().to_string();
        assert_eq!(failure(), format!("cannot read `{}`: no such file or directory", file.display()));
        std::fs::write(&file, [0xff]).unwrap();
        assert_eq!(failure(), format!("cannot read `{}`: it is not UTF-8", file.display()));
    }
}
