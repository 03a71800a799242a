//! A Git LFS pointer.

use openness::artifacts::lfs::Pointer;

/// One that is canonical is one to the strictest reader too.
pub fn run(bytes: &[u8]) {
    if let Some(pointer) = Pointer::parse(bytes) {
        let written = format!(
            "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n",
            pointer.oid.as_str(),
            pointer.size
        );
        assert_eq!(pointer.is_canonical(), written.as_bytes() == bytes);
    }
}
