//! A path, as Git stores it.

use std::path::{Component, Path};

use openness::path::RepoPath;

/// An accepted path is written unchanged, and stays below the root when joined to it, also on Windows.
pub fn run(bytes: &[u8]) {
    let Ok(path) = RepoPath::from_bytes(bytes) else { return };
    assert_eq!(path.as_str().as_bytes(), bytes);
    assert_eq!(path.components().collect::<Vec<_>>().join("/"), path.as_str());
    assert_eq!(path.components().next_back(), Some(path.file_name()));
    assert!(path.is_within(path.as_str()));
    let root = Path::new("root");
    let below = path.below(root);
    let rest = below.strip_prefix(root).expect("it is below");
    assert!(rest.components().all(|component| matches!(component, Component::Normal(_))));
    assert_eq!(rest.components().count(), path.components().count());
    for component in path.components() {
        assert!(component.len() <= 255 && !component.contains(['\\', '\0', '\n', '\u{1b}']));
        assert!(
            !component.ends_with(['.', ' ']) && component.as_bytes().get(1) != Some(&b':')
                || component.starts_with(|c: char| !c.is_ascii_alphabetic())
        );
    }
    let json = serde_json::to_vec(&path).expect("text");
    assert_eq!(serde_json::from_slice::<RepoPath>(&json).ok(), Some(path));
}
