//! A pattern on the first line, and paths on the lines after it, compared with the `glob` crate.

use glob::{MatchOptions, Pattern};
use openness::artifacts::glob::Glob;
use openness::path::RepoPath;

const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

/// A pattern that means the same in both languages matches the same paths.
pub fn run(bytes: &[u8]) {
    let mut lines = super::text(bytes).split('\n');
    let Some(text) = lines.next() else { return };
    // `glob` has no alternatives, does not match files below a matched directory, and its final `**` matches
    // directories instead of the files in them.
    let last = text.rsplit('/').next().unwrap_or(text);
    if text.contains(['{', '}', '[']) || last == "**" || !last.contains(['*', '?']) {
        return;
    }
    let (Ok(ours), Ok(theirs)) = (text.parse::<Glob>(), Pattern::new(text)) else { return };
    for path in lines.filter_map(|line| line.parse::<RepoPath>().ok()) {
        assert_eq!(ours.matches(&path), theirs.matches_with(path.as_str(), OPTIONS), "{text:?} and {path:?}");
    }
}
