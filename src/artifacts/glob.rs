//! Patterns of paths, as in the keys `files` and `exclude` of a manifest.
//!
//! | pattern | matches |
//! |---|---|
//! | `a/b.txt` | that file, or if it is a directory, everything below it |
//! | `a/` | everything below that directory |
//! | `*`, `?` | any number of characters, one character, within a component; also a leading dot |
//! | `[ab]`, `[a-z]`, `[!a]` | one character of a class |
//! | `{a,b}` | either alternative, within a component |
//! | `**` | as a whole component: any number of directories; at the end, everything below |
//!
//! Matching is by component and case-sensitive. There is no escape character, because a backslash is a separator on
//! some systems.

mod name;

use std::fmt;
use std::str::FromStr;

use crate::path::{MAX_COMPONENTS, RepoPath, is_deceptive};

use name::NamePattern;

/// The longest pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 4096;

/// A pattern of paths, which cannot match anything outside the repository.
#[derive(Clone)]
pub struct Glob {
    text: String,
    components: Vec<Component>,
    /// Whether paths below a match also match.
    below: Below,
}

#[derive(Debug, Clone)]
enum Component {
    /// `**`
    AnyDirectories,
    Literal(String),
    /// The text between stars, if `*` is the only special character, as in most patterns.
    Stars(Vec<String>),
    Pattern(NamePattern),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Below {
    /// `a/*`: only the match itself.
    Never,
    /// `a/b`: the match, and everything below it if it is a directory.
    Also,
    /// `a/`: only what is below, because the match is a directory.
    Only,
}

impl Glob {
    /// Returns the pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether a path matches.
    #[must_use]
    pub fn matches(&self, path: &RepoPath) -> bool {
        // The last component decides most cases quickly, which matters for long lists of files.
        if self.below == Below::Never {
            match self.components.as_slice() {
                [.., last] if !last.matches(path.file_name()) => return false,
                // For `**/x`, it decides every case.
                [Component::AnyDirectories, _] => return true,
                _ => {}
            }
        }
        let mut components = [""; MAX_COMPONENTS];
        let mut count = 0;
        for (place, component) in components.iter_mut().zip(path.components()) {
            *place = component;
            count += 1;
        }
        self.matches_components(&components[..count], Component::matches)
    }

    /// Matches from the left; on a mismatch, the last `**` takes one more component. Each component of the pattern is
    /// compared at most once with each of the path, so that an attacker's pattern takes no more than the product of the
    /// two.
    fn matches_components(&self, path: &[&str], mut matches: impl FnMut(&Component, &str) -> bool) -> bool {
        let pattern = &self.components;
        let (mut at, mut with) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        while at < path.len() {
            let matched = match pattern.get(with) {
                Some(Component::AnyDirectories) if with + 1 == pattern.len() => {
                    // At the end it matches at least one component: `a/**` is everything below `a`, but not `a`, and
                    // `a/**/` is everything below a directory in `a`.
                    return self.below != Below::Only || at + 1 < path.len();
                }
                Some(Component::AnyDirectories) => {
                    retry = Some((with, at));
                    with += 1;
                    continue;
                }
                Some(component) => matches(component, path[at]),
                // The rest of the path is below a match.
                None if self.below != Below::Never => return true,
                None => false,
            };
            if matched {
                (at, with) = (at + 1, with + 1);
            } else if let Some((stars, from)) = retry {
                retry = Some((stars, from + 1));
                (at, with) = (from + 1, stars + 1);
            } else {
                return false;
            }
        }
        with == pattern.len() && self.below != Below::Only
    }

    /// Returns whether everything below [`Glob::root`] matches.
    #[must_use]
    pub fn is_all_below_root(&self) -> bool {
        let (last, above) = self.components.split_last().unzip();
        let are_literals = |components: &[Component]| components.iter().all(|c| matches!(c, Component::Literal(_)));
        match (last, self.below) {
            (Some(Component::AnyDirectories), Below::Never)
            | (Some(Component::Literal(_)), Below::Also | Below::Only) => above.is_some_and(are_literals),
            _ => false,
        }
    }

    /// Returns the path that every match is at or below: the literal components that the pattern begins with. May be
    /// empty.
    #[must_use]
    pub fn root(&self) -> &str {
        let literals = self.components.iter().map_while(|component| match component {
            Component::Literal(text) => Some(text.len() + 1),
            _ => None,
        });
        // The components are the text between the slashes.
        self.text.get(..literals.sum::<usize>().saturating_sub(1)).unwrap_or_default()
    }
}

impl Component {
    /// Returns whether a component of a path matches; `**` matches every component.
    fn matches(&self, name: &str) -> bool {
        match self {
            Self::AnyDirectories => true,
            Self::Literal(text) => text == name,
            Self::Stars(pieces) => matches_stars(pieces, name),
            Self::Pattern(pattern) => pattern.matches(name),
        }
    }
}

/// Finds the pieces in a name in order, the first at its start and the last at its end.
fn matches_stars(pieces: &[String], name: &str) -> bool {
    let [first, middle @ .., last] = pieces else { return false };
    let Some(mut rest) = name.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str())) else {
        return false;
    };
    middle.iter().all(|piece| match rest.split_once(piece.as_str()) {
        Some((_, behind)) => {
            rest = behind;
            true
        }
        None => false,
    })
}

impl FromStr for Glob {
    type Err = GlobError;

    fn from_str(text: &str) -> Result<Self, GlobError> {
        if text.is_empty() {
            return Err(GlobError::Empty);
        }
        if text.len() > MAX_PATTERN_BYTES {
            return Err(GlobError::TooLong);
        }
        if text.contains('\\') {
            return Err(GlobError::Backslash);
        }
        if let Some(found) = text.chars().find(|c| is_deceptive(*c)) {
            return Err(GlobError::Character(found));
        }
        let drive = text.as_bytes().get(1) == Some(&b':') && text.as_bytes()[0].is_ascii_alphabetic();
        if text.starts_with('/') || drive {
            return Err(GlobError::Absolute);
        }
        let (body, ends_in_slash) = text.strip_suffix('/').map_or((text, false), |body| (body, true));
        let components = body.split('/').map(component).collect::<Result<Vec<_>, _>>()?;
        let below = match components.last() {
            _ if ends_in_slash => Below::Only,
            Some(Component::Literal(_)) => Below::Also,
            _ => Below::Never,
        };
        Ok(Self { text: text.to_owned(), components, below })
    }
}

fn component(text: &str) -> Result<Component, GlobError> {
    let syntax = |message: &str| GlobError::Syntax(message.to_owned());
    match text {
        "" => return Err(syntax("a component between two `/` is empty")),
        "." => return Err(syntax("`.` is not allowed; patterns start at the root of the repository")),
        ".." => return Err(GlobError::Escapes),
        "**" => return Ok(Component::AnyDirectories),
        _ => {}
    }
    if text.contains("**") {
        return Err(syntax("`**` must be a whole component between two `/`"));
    }
    if !text.contains(['*', '?', '[', ']', '{', '}']) {
        return Ok(Component::Literal(text.to_owned()));
    }
    if !text.contains(['?', '[', ']', '{', '}']) {
        return Ok(Component::Stars(text.split('*').map(str::to_owned).collect()));
    }
    // A `/` inside braces or brackets has split them, so both halves are refused as unclosed.
    name::parse(text).map(Component::Pattern)
}

impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a text is not a [`Glob`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GlobError {
    /// The text is empty.
    #[error("the pattern is empty")]
    Empty,
    /// The text has more than 4096 bytes.
    #[error("the pattern is longer than {MAX_PATTERN_BYTES} bytes")]
    TooLong,
    /// The text starts with `/` or a drive letter.
    #[error("the pattern is absolute; patterns start at the root of the repository")]
    Absolute,
    /// A component is `..`.
    #[error("the pattern leaves the repository with `..`")]
    Escapes,
    /// The text contains a backslash.
    #[error("the pattern contains a backslash; the separator is `/`, and there is no escape character")]
    Backslash,
    /// The text contains a control, bidirectional or invisible character.
    #[error("the pattern contains the control or invisible character U+{:04X}", u32::from(*.0))]
    Character(char),
    /// The text is malformed in another way, as a clause.
    #[error("the pattern is invalid: {0}")]
    Syntax(String),
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use globset::GlobBuilder;

    use super::*;

    fn matches(glob: &str, path: &str) -> bool {
        glob.parse::<Glob>().unwrap().matches(&path.parse().unwrap())
    }

    #[test]
    fn patterns_match_as_documented() {
        for (glob, yes, no) in [
            ("a/b.txt", "a/b.txt", "a/b_txt"),
            ("a", "a/b/c", "ab/c"),
            ("a/", "a/b/c", "a"),
            ("*", "a", "a/b"),
            ("*.bin", ".bin", "a/x.bin"),
            ("model-?.bin", "model-1.bin", "model-12.bin"),
            ("a?b", "axb", "a/b"),
            ("[a-c]x", "bx", "dx"),
            ("[!a]x", "bx", "ax"),
            ("a[!b]c", "axc", "a/c"),
            ("{a,b}.py", "b.py", "c.py"),
            ("x{,.gz}", "x", "x.bz2"),
            ("**/x", "x", "y"),
            ("**/x", "a/b/x", "a/b/xy"),
            ("a/**", "a/b/c", "a"),
            ("a/**/z", "a/z", "b/z"),
            ("a/**/z", "a/b/c/z", "a/b/c/y"),
            ("a/**/b/**/c", "a/b/x/b/c", "a/x/c"),
            ("a/*/", "a/b/c", "a/b"),
            ("a/*", "a/b", "a/b/c"),
            ("A", "A", "a"),
            ("**", "a/b", "\u{e9}/../x"),
        ] {
            assert!(matches(glob, yes), "{glob} matches {yes}");
            if let Ok(no) = no.parse() {
                assert!(!glob.parse::<Glob>().unwrap().matches(&no), "{glob} does not match {no}");
            }
        }
    }

    #[test]
    fn rejects_patterns_that_escape_or_are_malformed() {
        for (glob, error) in [
            ("", GlobError::Empty),
            ("/a", GlobError::Absolute),
            ("C:/a", GlobError::Absolute),
            ("../a", GlobError::Escapes),
            ("a/../b", GlobError::Escapes),
            ("a/..", GlobError::Escapes),
            ("a\\b", GlobError::Backslash),
            ("a\u{202e}b", GlobError::Character('\u{202e}')),
        ] {
            assert_eq!(glob.parse::<Glob>().unwrap_err(), error, "{glob:?}");
        }
        for glob in ["a//b", "./a", "a**", "[a", "{a,b", "{a,b/c}", "a}", "[z-a]", "a[b/]c", "/", "//"] {
            assert!(glob.parse::<Glob>().is_err(), "{glob:?}");
        }
    }

    #[test]
    fn stars_match_the_same_names_as_globset() {
        let texts = |alphabet: &[u8]| {
            let mut texts = vec![String::new()];
            for _ in 0..4 {
                let longer =
                    texts.iter().flat_map(|text| alphabet.iter().map(move |c| format!("{text}{}", char::from(*c))));
                texts = longer.chain(texts.clone()).collect();
                texts.sort();
                texts.dedup();
            }
            texts
        };
        let names: Vec<RepoPath> = texts(b"ab.").iter().filter_map(|name| name.parse().ok()).collect();
        let mut compared = 0;
        for pattern in texts(b"ab*").iter().filter(|text| text.contains('*') && !text.contains("**")) {
            let oracle = GlobBuilder::new(pattern).literal_separator(true).build().unwrap().compile_matcher();
            let glob: Glob = pattern.parse().unwrap();
            for name in &names {
                assert_eq!(glob.matches(name), oracle.is_match(name.as_str()), "{pattern} and {name}");
                compared += 1;
            }
        }
        assert!(compared > 2000, "{compared}");
    }

    #[test]
    fn every_match_is_at_or_below_the_root() {
        for (glob, root) in [
            ("a/b.txt", "a/b.txt"),
            ("a/b/", "a/b"),
            ("a/b/*.txt", "a/b"),
            ("a/**/c", "a"),
            ("**/c", ""),
            ("*", ""),
            ("\u{e9}/{a,b}", "\u{e9}"),
        ] {
            assert_eq!(glob.parse::<Glob>().unwrap().root(), root);
        }
    }

    #[test]
    fn knows_when_everything_below_the_root_matches() {
        for (glob, is_all) in [
            ("a", true),
            ("a/b/", true),
            ("a/**", true),
            ("**", true),
            ("a/**/", false),
            ("a/**/b", false),
            ("a/*", false),
            ("*/**", false),
            ("**/a", false),
        ] {
            let parsed = glob.parse::<Glob>().unwrap();
            assert_eq!(parsed.is_all_below_root(), is_all, "{glob}");
            let below = |name: &str| format!("{}/{name}", parsed.root()).trim_start_matches('/').parse().unwrap();
            assert!(!is_all || (parsed.matches(&below("x")) && parsed.matches(&below("x/y/z"))), "{glob}");
        }
    }

    /// The documented meaning, implemented as simply as possible.
    fn by_definition(pattern: &[&str], path: &[&str]) -> bool {
        match (pattern, path) {
            ([], _) => path.is_empty(),
            (["**"], _) => !path.is_empty(),
            (["**", rest @ ..], _) => (0..=path.len()).any(|at| by_definition(rest, &path[at..])),
            ([_, ..], []) => false,
            ([first, rest @ ..], [name, below @ ..]) => (first == name || *first == "*") && by_definition(rest, below),
        }
    }

    fn lists<'a>(words: &[&'a str], most: usize) -> Vec<Vec<&'a str>> {
        let mut lists: Vec<Vec<&str>> = vec![vec![]];
        let mut begun = 0;
        for _ in 0..most {
            let longer: Vec<_> = lists[begun..]
                .iter()
                .flat_map(|list| words.iter().map(|word| [list.as_slice(), &[*word]].concat()))
                .collect();
            begun = lists.len();
            lists.extend(longer);
        }
        lists.split_off(1)
    }

    #[test]
    fn directories_match_as_defined() {
        let paths = lists(&["a", "b"], 5);
        let mut matched = 0;
        for pattern in lists(&["a", "b", "*", "**"], 4) {
            for ending in ["", "/"] {
                let text = format!("{}{ending}", pattern.join("/"));
                let glob: Glob = text.parse().unwrap();
                let is_literal = matches!(pattern.last(), Some(&("a" | "b")));
                for path in &paths {
                    // A final slash or literal may stand for a directory: everything below it matches.
                    let expected = if ending == "/" {
                        (1..path.len()).any(|end| by_definition(&pattern, &path[..end]))
                    } else {
                        let shortest = if is_literal { 1 } else { path.len() };
                        (shortest..=path.len()).any(|end| by_definition(&pattern, &path[..end]))
                    };
                    assert_eq!(glob.matches(&path.join("/").parse().unwrap()), expected, "{text} and {path:?}");
                    matched += usize::from(expected);
                }
            }
        }
        assert!(matched > 5000, "{matched}");
    }

    #[test]
    fn matching_takes_at_most_the_product_of_both_lengths() {
        let deep = ["a"; MAX_COMPONENTS];
        let mut most = 0;
        for pattern in [
            format!("{}z", "**/a/".repeat(30)),
            format!("{}z", "**/a/".repeat(30) + &"a/".repeat(30)),
            format!("**/{}z", "a/".repeat(32)),
            format!("**/{}z/", "a/".repeat(32)),
            format!("**/{}?z", "a?/".repeat(32)),
            format!("{}z/", "a/".repeat(63)),
            format!("{}b/**/", "*/**/".repeat(31)),
        ] {
            let glob: Glob = pattern.parse().unwrap();
            let mut steps = 0;
            assert!(!glob.matches_components(&deep, |component, name| {
                steps += 1;
                component.matches(name)
            }));
            assert!(steps <= deep.len() * glob.components.len(), "{pattern} takes {steps} steps");
            most = most.max(steps);
        }
        // Without a bad case among the patterns, the bound would prove nothing.
        assert!(most > deep.len() * 16, "{most}");
    }

    #[test]
    fn many_stars_do_not_take_exponential_time() {
        let glob = format!("{}z", "**/a/".repeat(30));
        assert!(!matches(&glob, &vec!["a"; 64].join("/")));
        let glob = format!("{}b", "*a".repeat(100));
        assert!(!matches(&glob, &"a".repeat(255)));
    }
}
