//! A Git LFS pointer.

use openness::artifacts::lfs::Pointer;

/// A pointer is canonical exactly if its bytes are those that `git lfs` writes. Empty files have no pointers, so a
/// pointer of size 0 is never canonical.
pub fn run(bytes: &[u8]) {
    if let Some(pointer) = Pointer::parse(bytes) {
        let written = format!(
            "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n",
            pointer.oid.as_str(),
            pointer.size
        );
        assert_eq!(pointer.is_canonical(), pointer.size > 0 && written.as_bytes() == bytes);
    }
}
