//! A pattern on the first line, and paths on the lines after it.

use openness::artifacts::glob::Glob;
use openness::path::RepoPath;

/// No pattern panics, and a path without special characters matches itself as a pattern.
pub fn run(bytes: &[u8]) {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let pattern =
        lines.next().and_then(|line| std::str::from_utf8(line).ok()).and_then(|text| text.parse::<Glob>().ok());
    for line in lines {
        let Ok(path) = RepoPath::from_bytes(line) else { continue };
        if let Some(pattern) = &pattern {
            let _ = pattern.matches(&path);
        }
        if !line.iter().any(|byte| b"*?[]{}!\\".contains(byte))
            && let Ok(own) = path.as_str().parse::<Glob>()
        {
            assert!(own.matches(&path));
        }
    }
}
