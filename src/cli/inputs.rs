//! Reading the files that arguments and settings name, none of them larger than it may be.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use jiff::tz::TimeZone;

use super::{Failure, environment};
use crate::policy::{self, Policy};
use crate::quote;
use crate::report::counted;
use crate::sign::revoked::{MAX_REVOCATION_BYTES, Revocations};
use crate::sign::{KeyError, SshPublicKey, Trust, keyfile};
use crate::source::Source;

/// The largest allowed_signers file that is read.
const MAX_SIGNERS_BYTES: usize = 32 << 20;

/// Reads a file, but at most one byte more than `limit`: enough for the caller to see that it is too large.
pub(super) fn read_bounded(path: &Path, limit: usize) -> Result<Vec<u8>, Failure> {
    #[expect(clippy::disallowed_methods, reason = "the user names it, a pipe too, and what is read of it has a limit")]
    let read = File::open(path).and_then(|file| bytes(file, limit));
    // Windows does not open a directory, and says only that access is denied.
    let plain = |error| if path.is_dir() { io::ErrorKind::IsADirectory.into() } else { error };
    read.map_err(plain).map_err(|error| Failure::caused_by(format!("cannot read `{}`", path.display()), error))
}

/// Requires that a file is still as it was read: with this text, or not there if the text is empty.
pub(super) fn require_unchanged(path: &Path, before: &str) -> Result<(), Failure> {
    let changed = || {
        Failure::new(format!("`{}` is not as it was when it was checked; nothing was written", path.display()))
            .help("run the command again; if Git does not track the file, run `git add` first")
    };
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && before.is_empty() => Ok(()),
        Ok(metadata) if metadata.is_file() => match read_bounded(path, before.len())? {
            bytes if bytes == before.as_bytes() => Ok(()),
            _ => Err(changed()),
        },
        Ok(_) | Err(_) => Err(changed()),
    }
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
    String::from_utf8(bytes).map_err(|error| {
        // The byte order marks of UTF-16, which PowerShell and Notepad may write.
        match error.as_bytes() {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                Failure::new(format!("cannot read `{name}`: its byte order mark says that it is UTF-16, not UTF-8"))
                    .help("save it as UTF-8")
            }
            _ => Failure::new(format!("cannot read `{name}`: it is not UTF-8")),
        }
    })
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

/// Reads the text of a public key file. Refuses a private key, and a list of signers or keys, with the given advice.
pub(super) fn public_key_text(file: &Path, help: &str, help_about_lists: &str) -> Result<String, Failure> {
    let text = key_text(file)?;
    if is_private(&text) {
        return Err(Failure::new(format!("`{}` is a private key", file.display())).help(help));
    }
    if is_public_key(&text) {
        return Ok(text);
    }
    let name = file.display();
    if meaningful_lines(&text).any(is_allowed_signers_line) {
        let message = format!("`{name}` is an allowed_signers file, not a public key");
        return Err(Failure::new(message).help(help_about_lists));
    }
    if is_list_of_keys(&text) {
        let count = counted(meaningful_lines(&text).count(), "public key");
        return Err(Failure::new(format!("`{name}` is a list of {count}")).help("name a file with a single key"));
    }
    Ok(text)
}

/// Returns whether a text is that of one public key, of any type.
fn is_public_key(text: &str) -> bool {
    matches!(SshPublicKey::parse_file(text), Ok(_) | Err(KeyError::Type(_)))
}

/// Returns whether every line of a text is a public key, as in `authorized_keys` files.
fn is_list_of_keys(text: &str) -> bool {
    meaningful_lines(text).next().is_some() && meaningful_lines(text).all(is_public_key)
}

fn meaningful_lines(text: &str) -> impl Iterator<Item = &str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn is_allowed_signers_line(line: &str) -> bool {
    Trust::of_allowed_signers(&Source::new("", line), &TimeZone::UTC)
        .is_ok_and(|trust| !trust.is_empty() || trust.has_ecdsa_keys() || !trust.passed_over().is_empty())
}

/// Reads a trust policy.
pub(super) fn policy(file: &Path) -> Result<Policy, Failure> {
    let text = read_text(file, policy::MAX_POLICY_BYTES)?;
    Ok(Policy::read(&Source::new(file.display().to_string(), text))?)
}

/// Reads an `allowed_signers` file that a setting names.
pub(super) fn allowed_signers(file: &Path) -> Result<Trust, Failure> {
    read_allowed_signers(file, "")
}

/// Reads the `allowed_signers` file of the flag `--allowed-signers`, next to which there is `--key`.
pub(super) fn allowed_signers_of_flag(file: &Path) -> Result<Trust, Failure> {
    read_allowed_signers(
        file,
        &format!("trust a key without a name with `--key {}`, or ", quote::word(&file.to_string_lossy())),
    )
}

/// `help_about_keys` is advice about a file that holds one key, which more advice follows.
fn read_allowed_signers(file: &Path, help_about_keys: &str) -> Result<Trust, Failure> {
    const NAME: &str = "put the signer's name, such as an email address, before each key";
    let text = read_text(file, MAX_SIGNERS_BYTES)?;
    if text.len() > MAX_SIGNERS_BYTES {
        return Err(Failure::new(format!("`{}` has more than {MAX_SIGNERS_BYTES} bytes", file.display())));
    }
    let source = Source::new(file.display().to_string(), text);
    let zone = environment::time_zone();
    Trust::of_allowed_signers(&source, &zone).map_err(|error| {
        let name = file.display();
        let text = source.text();
        if is_private(text) {
            return Failure::new(format!("`{name}` is a private key, not an allowed_signers file"))
                .help("name an allowed_signers file; the private key should stay with the signer");
        }
        if is_public_key(text) {
            return Failure::new(format!("`{name}` is a public key, not an allowed_signers file"))
                .help(format!("{help_about_keys}{NAME}"));
        }
        if is_list_of_keys(text) {
            return Failure::new(format!("`{name}` is a list of public keys, not an allowed_signers file")).help(NAME);
        }
        let depends_on_zone = Trust::of_allowed_signers(&source, &TimeZone::UTC).is_ok();
        let failure = Failure::from(error);
        if depends_on_zone { failure.help(NO_ZONE) } else { failure }
    })
}

/// What helps where local times cannot be converted.
const NO_ZONE: &str = "write such times with `Z` at the end, which makes them UTC; or make the zone known: install the \
                       time zone database in /usr/share/zoneinfo, or set TZ (`TZ=UTC` needs no database)";

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
        for utf16 in [b"\xff\xfes\0", b"\xfe\xff\0s"] {
            std::fs::write(&file, utf16).unwrap();
            assert!(failure().contains("UTF-16"), "{}", failure());
        }
    }

    #[test]
    fn a_changed_file_is_recognized() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        let is_same = |before: &str| require_unchanged(&file, before).is_ok();
        assert!(is_same("") && !is_same("a"), "there is no file");
        std::fs::write(&file, "a").unwrap();
        assert!(is_same("a") && !["", "b", "ab"].into_iter().any(is_same));
        assert!(require_unchanged(directory.path(), "").is_err());
    }

    #[test]
    fn a_directory_is_not_called_a_file_that_cannot_be_accessed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let failure = read_text(path, 9).unwrap_err().to_string();
        assert_eq!(failure, format!("cannot read `{}`: is a directory", path.display()));
    }

    #[test]
    fn keys_and_lists_of_signers_are_told_apart() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        let key = || crate::sign::SecretKey::generate().unwrap().public().to_openssh("me@b");
        let (one, two) = (key(), key());
        let pem = crate::sign::PublicKey::parse(&one).unwrap().to_pem();
        let said = |text: &str, read: &dyn Fn() -> Option<Failure>| {
            std::fs::write(&file, text).unwrap();
            read().map(|failure| failure.report())
        };
        let as_signers = |text: &str| said(text, &|| allowed_signers_of_flag(&file).err());
        let as_key = |text: &str| said(text, &|| public_key_text(&file, "PRIVATE", "LIST").err());
        for (text, words) in [
            (one.clone(), "is a public key, not an allowed_signers file"),
            (format!("\u{feff}{one}\r\n"), "is a public key, not an allowed_signers file"),
            (pem.clone(), "is a public key, not an allowed_signers file"),
            (format!("{one}\n# two\n{two}\n"), "is a list of public keys"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\n".to_owned(), "is a private key"),
            (format!("me {one}\nyou nonsense\n"), "line 2"),
        ] {
            let report = as_signers(&text).unwrap();
            assert!(report.contains(words), "{text}: {report}");
            assert_eq!(report.contains("`--key "), words.starts_with("is a public key"), "{report}");
        }
        for text in
            [String::new(), "# nobody\n".to_owned(), format!("me {one}\n"), format!("\u{feff}a,b {one}\nc {two}\n")]
        {
            assert_eq!(as_signers(&text), None, "{text}");
        }
        for (text, words) in [
            (format!("me {one}\n"), "is an allowed_signers file, not a public key\nhelp: LIST"),
            (format!("# x\nme valid-before=\"20200101\" {one}\nnonsense\n"), "is an allowed_signers file"),
            (format!("{one}\n{two}\n"), "is a list of 2 public keys"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\n".to_owned(), "is a private key\nhelp: PRIVATE"),
        ] {
            let report = as_key(&text).unwrap();
            assert!(report.contains(words), "{text}: {report}");
        }
        // What is no key at all is for the reader of keys to report.
        for text in [one.as_str(), &pem, "nonsense", ""] {
            assert_eq!(as_key(text), None, "{text}");
        }
    }
}
