//! The references that are pushed, as Git lists them for `pre-push` and `pre-receive`, and which of them are releases.
//!
//! See [githooks](https://git-scm.com/docs/githooks). A line that cannot be read is an error and never skipped, so that
//! nothing is let through unchecked.

use std::str::FromStr;

use crate::verify::{Report, Verdict};

/// The default patterns of release tags.
pub const DEFAULT_RELEASE_TAGS: &str = "v*";

/// A reference that the push changes on the receiving side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The full name on the receiving side; invalid UTF-8 is replaced by U+FFFD.
    pub reference: String,
    /// The new object id in hexadecimal; `None` if the reference is deleted.
    pub object: Option<String>,
}

/// A line that is not in the format that Git writes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read line {line} of the list of pushed references; expected {expected}")]
pub struct Malformed {
    line: usize,
    expected: &'static str,
}

/// Parses the standard input of `pre-push`: lines of `LOCAL-REF LOCAL-OBJECT REMOTE-REF REMOTE-OBJECT`.
///
/// # Errors
/// [`Malformed`] if any line has another form.
pub fn parse_pre_push(input: &[u8]) -> Result<Vec<Update>, Malformed> {
    parse(input, "`LOCAL-REF LOCAL-OBJECT REMOTE-REF REMOTE-OBJECT`", |line| {
        // Split from the end: the first field is as the user typed it, and `:/some words` contains spaces.
        let mut words = line.rsplitn(4, ' ');
        let (old, reference, new, _) = (words.next()?, words.next()?, words.next()?, words.next()?);
        Some((old, new, reference))
    })
}

/// Parses the standard input of `pre-receive`: lines of `OLD-OBJECT NEW-OBJECT REF`.
///
/// # Errors
/// [`Malformed`] if any line has another form.
pub fn parse_pre_receive(input: &[u8]) -> Result<Vec<Update>, Malformed> {
    parse(input, "`OLD-OBJECT NEW-OBJECT REF`", |line| {
        let mut words = line.splitn(3, ' ');
        Some((words.next()?, words.next()?, words.next()?))
    })
}

/// Parses lines that `split` divides into the old object, the new object, and the reference.
fn parse(
    input: &[u8],
    expected: &'static str,
    split: impl Fn(&str) -> Option<(&str, &str, &str)>,
) -> Result<Vec<Update>, Malformed> {
    let text = String::from_utf8_lossy(input);
    // The hook scripts pass an empty line if Git wrote none.
    let lines = text.split('\n').enumerate().filter(|(_, line)| !line.is_empty());
    let update = |(at, line)| {
        let malformed = Malformed { line: at + 1, expected };
        let (old, new, reference) = split(line).ok_or_else(|| malformed.clone())?;
        if !is_object(old) || !is_object(new) || !reference.starts_with("refs/") {
            return Err(malformed);
        }
        let is_deletion = new.bytes().all(|digit| digit == b'0');
        Ok(Update { reference: reference.to_owned(), object: (!is_deletion).then(|| new.to_owned()) })
    };
    lines.map(update).collect()
}

fn is_object(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The patterns of release tags, separated by spaces. `*` matches any run of characters including `/`, and `?` matches
/// one character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseTags(Vec<String>);

/// The list has no pattern, or one with unsupported syntax.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a list of tag patterns; write names separated by spaces, with the wildcards `*` and `?`, and without \
     `refs/tags/`"
)]
pub struct InvalidPatterns(String);

impl FromStr for ReleaseTags {
    type Err = InvalidPatterns;

    fn from_str(text: &str) -> Result<Self, InvalidPatterns> {
        let patterns: Vec<String> = text.split_ascii_whitespace().map(str::to_owned).collect();
        let is_unsupported =
            |pattern: &String| pattern.contains(['[', ']', '{', '}', '\\', ',']) || pattern.starts_with("refs/");
        if patterns.is_empty() || patterns.iter().any(is_unsupported) {
            return Err(InvalidPatterns(text.to_owned()));
        }
        Ok(Self(patterns))
    }
}

impl ReleaseTags {
    /// Returns the tag name if a full reference name is a release tag.
    #[must_use]
    pub fn find<'a>(&self, reference: &'a str) -> Option<&'a str> {
        reference.strip_prefix("refs/tags/").filter(|name| self.contains(name))
    }

    /// Returns whether a tag name, without `refs/tags/`, is that of a release.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|pattern| matches(pattern, name))
    }

    /// Returns the release tags that a push creates or changes: names and new objects.
    #[must_use]
    pub fn pushed(&self, updates: &[Update]) -> Vec<(String, String)> {
        let release = |update: &Update| Some((self.find(&update.reference)?.to_owned(), update.object.clone()?));
        updates.iter().filter_map(release).collect()
    }
}

/// Matches a name against a pattern. Backtracks to the last `*` only, so the time is at most the product of both lengths.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut next) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while next < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, next));
                at += 1;
            }
            Some(c) if *c == '?' || *c == name[next] => {
                at += 1;
                next += 1;
            }
            _ => {
                let Some((star_at, taken)) = star else { return false };
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                next = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

/// Returns whether a release tag may be pushed: a trusted signer signed it, and every signed file is present and unchanged.
///
/// A Git LFS pointer counts as the file that it names: its digest is the signed one, and Git LFS transfers the content
/// separately from the commits.
#[must_use]
pub fn may_pass(report: &Report) -> bool {
    match report.verdict() {
        Verdict::Verified => true,
        Verdict::Partial => report.files().absent.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const ZERO: &str = "0000000000000000000000000000000000000000";

    #[test]
    fn parses_the_lines_of_pre_push_from_the_end() {
        let input = format!(
            "refs/tags/v1 {A} refs/tags/v1 {ZERO}\n:/two words {A} refs/tags/v2 {A}\n(delete) {ZERO} refs/heads/x {A}\n"
        );
        let updates = parse_pre_push(input.as_bytes()).unwrap();
        let found: Vec<_> = updates.iter().map(|u| (u.reference.as_str(), u.object.as_deref())).collect();
        assert_eq!(found, [("refs/tags/v1", Some(A)), ("refs/tags/v2", Some(A)), ("refs/heads/x", None)]);
        assert_eq!(parse_pre_push(b"\n").unwrap(), []);
    }

    #[test]
    fn rejects_lines_that_git_does_not_write() {
        for line in [
            "refs/tags/v1".to_owned(),
            format!("x {A} refs/tags/v1 {A}x"),
            format!("x {A} tags/v1 {A}"),
            format!("x {} refs/tags/v1 {A}", &A[1..]),
            format!("{A} refs/tags/v1 {A}"),
        ] {
            assert!(parse_pre_push(line.as_bytes()).is_err(), "{line}");
        }
        assert!(parse_pre_receive(format!("{A} refs/tags/v1").as_bytes()).is_err());
        assert!(parse_pre_receive(format!("{A} {} refs/tags/v1", A.to_uppercase()).as_bytes()).is_err());
    }

    #[test]
    fn pre_receive_replaces_invalid_utf8_in_names() {
        let updates = parse_pre_receive(&[format!("{ZERO} {A} refs/tags/v").as_bytes(), b"\xff\n"].concat()).unwrap();
        assert_eq!(updates[0].reference, "refs/tags/v\u{fffd}");
    }

    #[test]
    fn release_tags_match_their_patterns() {
        let tags: ReleaseTags = "v* release-?.*".parse().unwrap();
        for name in ["v", "v1.0", "v1/x", "v\u{fffd}", "release-1."] {
            assert_eq!(tags.find(&format!("refs/tags/{name}")), Some(name));
        }
        for reference in
            ["refs/heads/v1", "refs/tags/V1", "refs/tags/xv1", "refs/tags/release-10", "refs/tags/release-.1"]
        {
            assert_eq!(tags.find(reference), None, "{reference}");
        }
        let tags: ReleaseTags = "*a*b".parse().unwrap();
        assert_eq!(tags.find("refs/tags/xaxbab"), Some("xaxbab"));
        assert_eq!(tags.find("refs/tags/xaxba"), None);
    }

    #[test]
    fn rejects_patterns_with_unsupported_syntax() {
        for text in ["", "  ", "v[0-9]*", "v{1,2}", "v\\*", "refs/tags/v*", "v1,v2"] {
            assert!(text.parse::<ReleaseTags>().is_err(), "{text:?}");
        }
    }
}
