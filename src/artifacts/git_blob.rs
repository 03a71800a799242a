//! The name of the Git blob with some content, in a SHA-1 repository.
//!
//! The Hugging Face Hub states it for small files, so it can explain a mismatch. It proves nothing.

use std::fmt::Write as _;

use sha1::{Digest as _, Sha1};

/// Returns the name of a blob as `git hash-object` prints it: 40 lowercase hex digits.
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

    /// The names that `git hash-object --stdin` prints.
    #[test]
    fn names_are_those_of_git() {
        assert_eq!(id(b""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(id(b"hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
    }
}
