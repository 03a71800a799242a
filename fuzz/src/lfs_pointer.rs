//! A Git LFS pointer.

use openness::artifacts::lfs::Pointer;

/// One that is canonical is one to the strictest reader too. An empty file has no pointer, so one of size 0 never is.
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
