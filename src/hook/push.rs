//! What is pushed: the lines that Git gives to `pre-push` and `pre-receive`, and which of them are releases.
//!
//! See [githooks](https://git-scm.com/docs/githooks). A line that cannot be read is an error, never a line that is
//! passed over: what is not understood is not let through.

use std::str::FromStr;

use crate::verify::{Report, Verdict};

/// The names of release tags where nobody says otherwise.
pub const DEFAULT_RELEASE_TAGS: &str = "v*";

/// One reference that is to change on the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Its name there; bytes that are no UTF-8 are U+FFFD.
    pub reference: String,
    /// The object that it is to name; `None` where it is deleted.
    pub object: Option<String>,
}

/// Lines that Git does not write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of what is pushed cannot be read; expected {expected}")]
pub struct Malformed {
    line: usize,
    expected: &'static str,
}

/// Reads what `pre-push` is given: `LOCAL-REF LOCAL-OBJECT REMOTE-REF REMOTE-OBJECT`, a line each.
///
/// # Errors
/// [`Malformed`]
pub fn pre_push(input: &[u8]) -> Result<Vec<Update>, Malformed> {
    read(input, "`LOCAL-REF LOCAL-OBJECT REMOTE-REF REMOTE-OBJECT`", |line| {
        // From the end: what was pushed stands as the user wrote it, and `:/some words` has blanks.
        let mut words = line.rsplitn(4, ' ');
        let (old, reference, new, _) = (words.next()?, words.next()?, words.next()?, words.next()?);
        Some((old, new, reference))
    })
}

/// Reads what `pre-receive` is given: `OLD-OBJECT NEW-OBJECT REF`, a line each.
///
/// # Errors
/// [`Malformed`]
pub fn pre_receive(input: &[u8]) -> Result<Vec<Update>, Malformed> {
    read(input, "`OLD-OBJECT NEW-OBJECT REF`", |line| {
        let mut words = line.splitn(3, ' ');
        Some((words.next()?, words.next()?, words.next()?))
    })
}

/// Reads lines that `split` takes apart into the old object, the new one and the reference.
fn read(
    input: &[u8],
    expected: &'static str,
    split: impl Fn(&str) -> Option<(&str, &str, &str)>,
) -> Result<Vec<Update>, Malformed> {
    let text = String::from_utf8_lossy(input);
    // A shell turns no line at all into an empty one.
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

/// Patterns of the names of release tags, separated by blanks. `*` stands for any run of characters, `/` among them, `?`
/// for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseTags(Vec<String>);

/// No pattern at all, or one that means something else than it seems to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no list of patterns of tags; write names separated by blanks, with `*` and `?`, without `refs/tags/`"
)]
pub struct BadPattern(String);

impl FromStr for ReleaseTags {
    type Err = BadPattern;

    fn from_str(text: &str) -> Result<Self, BadPattern> {
        let patterns: Vec<String> = text.split_ascii_whitespace().map(str::to_owned).collect();
        let is_odd =
            |pattern: &String| pattern.contains(['[', ']', '{', '}', '\\', ',']) || pattern.starts_with("refs/");
        if patterns.is_empty() || patterns.iter().any(is_odd) {
            return Err(BadPattern(text.to_owned()));
        }
        Ok(Self(patterns))
    }
}

impl ReleaseTags {
    /// Returns the name of the release tag that a reference is; `None` where it is none.
    #[must_use]
    pub fn find<'a>(&self, reference: &'a str) -> Option<&'a str> {
        let name = reference.strip_prefix("refs/tags/")?;
        self.0.iter().any(|pattern| matches(pattern, name)).then_some(name)
    }
}

/// Goes back to the last `*` only, so that the work is bounded by the product of both lengths.
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

/// Returns whether a tag may pass: signed by somebody trusted, and every signed file there as it was signed.
///
/// A Git LFS pointer will do for the file that it names. Its digest is the one that was signed, and the content takes
/// another way than the commits.
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
    fn lines_of_a_push_are_read_from_their_end() {
        let input = format!(
            "refs/tags/v1 {A} refs/tags/v1 {ZERO}\n:/two words {A} refs/tags/v2 {A}\n(delete) {ZERO} refs/heads/x {A}\n"
        );
        let updates = pre_push(input.as_bytes()).unwrap();
        let found: Vec<_> = updates.iter().map(|u| (u.reference.as_str(), u.object.as_deref())).collect();
        assert_eq!(found, [("refs/tags/v1", Some(A)), ("refs/tags/v2", Some(A)), ("refs/heads/x", None)]);
        assert_eq!(pre_push(b"\n").unwrap(), []);
    }

    #[test]
    fn lines_that_git_does_not_write_are_errors() {
        for line in [
            "refs/tags/v1".to_owned(),
            format!("x {A} refs/tags/v1 {A}x"),
            format!("x {A} tags/v1 {A}"),
            format!("x {} refs/tags/v1 {A}", &A[1..]),
            format!("{A} refs/tags/v1 {A}"),
        ] {
            assert!(pre_push(line.as_bytes()).is_err(), "{line}");
        }
        assert!(pre_receive(format!("{A} refs/tags/v1").as_bytes()).is_err());
        assert!(pre_receive(format!("{A} {} refs/tags/v1", A.to_uppercase()).as_bytes()).is_err());
    }

    #[test]
    fn a_server_reads_names_that_are_no_utf8() {
        let updates = pre_receive(&[format!("{ZERO} {A} refs/tags/v").as_bytes(), b"\xff\n"].concat()).unwrap();
        assert_eq!(updates[0].reference, "refs/tags/v\u{fffd}");
    }

    #[test]
    fn tags_are_releases_by_their_patterns() {
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
    fn a_pattern_that_means_something_else_is_refused() {
        for text in ["", "  ", "v[0-9]*", "v{1,2}", "v\\*", "refs/tags/v*", "v1,v2"] {
            assert!(text.parse::<ReleaseTags>().is_err(), "{text:?}");
        }
    }
}
