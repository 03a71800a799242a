//! A Git LFS pointer: one that is canonical is one to the strictest reader too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openness::artifacts::lfs::Pointer;

fuzz_target!(|bytes: &[u8]| {
    if let Some(pointer) = Pointer::parse(bytes) {
        let written = format!(
            "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n",
            pointer.oid.as_str(),
            pointer.size
        );
        assert_eq!(pointer.is_canonical(), written.as_bytes() == bytes);
    }
});
