//! The releases under `examples/`, and copies of them.

use std::fs;
use std::path::{Path, PathBuf};

/// The manifest of a small release: two shards of weights and a card.
pub(crate) const TINY: &str = include_str!("tiny.toml");

/// The path of an example.
pub(crate) fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// Copies a release without its signatures.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            if entry.file_name() != ".openness" {
                copy(&path, &target);
            }
        } else {
            fs::write(target, fs::read(path).unwrap()).unwrap();
        }
    }
}
