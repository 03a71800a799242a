//! The id that Git gives to the content of a file in a SHA-1 repository.
//!
//! It stands here to be compared with what the Hugging Face Hub says of small files; it is no proof of anything.

use std::fmt::Write as _;

use sha1::{Digest as _, Sha1};

/// Returns the id of a blob as `git hash-object` prints it: 40 hexadecimal digits.
#[must_use]
pub fn id(bytes: &[u8]) -> String {
    let mut sha1 = Sha1::new();
    sha1.update(format!("blob {}\0", bytes.len()));
    sha1.update(bytes);
    sha1.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `git hash-object --stdin` says.
    #[test]
    fn ids_are_those_of_git() {
        assert_eq!(id(b""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(id(b"hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
    }
}
