//! Patterns of one component with more than stars: `?`, `[…]` and `{…}`.
//!
//! A name is matched by all that a pattern may mean at once: from the set of places that the parts so far can end at
//! follows the set of the next part. So a name takes at most its length for each byte of the pattern, whoever wrote
//! that. Characters are those of Unicode, as the contract of patterns says; the crate `globset` compares bytes, and its
//! automata take a millisecond for one name where two hundred `?` follow a `*`.

use crate::path::MAX_COMPONENT_BYTES;

use super::GlobError;

/// A pattern, part by part.
#[derive(Debug, Clone)]
pub(super) struct NamePattern(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    /// `?`
    One,
    /// `*`
    Any,
    /// `[a-c]`, `[!a]`
    Class {
        is_negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// `{a,b}`
    Either(Vec<Vec<Self>>),
}

/// Places in a name: a bit for each, from before its first byte to behind its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Places([u64; PLACE_WORDS]);

const PLACE_WORDS: usize = (MAX_COMPONENT_BYTES + 1).div_ceil(64);

impl Places {
    fn insert(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }

    fn contains(&self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    fn add(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word |= other);
    }

    /// From the first on.
    fn iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().zip((0..).step_by(64)).flat_map(|(mut word, first)| {
            std::iter::from_fn(move || {
                let place = usize::try_from(word.trailing_zeros()).ok().filter(|place| *place < 64)?;
                // The lowest bit that is set.
                word &= word - 1;
                Some(first + place)
            })
        })
    }
}

impl NamePattern {
    /// Returns whether a name matches; none of more than 255 bytes does, since no path has one.
    pub(super) fn matches(&self, name: &str) -> bool {
        self.matches_counting(name, &mut 0)
    }

    /// Counts the places that were looked at.
    fn matches_counting(&self, name: &str, steps: &mut usize) -> bool {
        let mut places = Places::default();
        places.insert(0);
        name.len() <= MAX_COMPONENT_BYTES && after(&self.0, name, places, steps).contains(name.len())
    }
}

/// Returns where a sequence of parts may end that begins at one of some places.
fn after(parts: &[Part], name: &str, places: Places, steps: &mut usize) -> Places {
    parts.iter().fold(places, |places, part| {
        let mut next = Places::default();
        if places == next {
            return next;
        }
        match part {
            Part::Either(branches) => branches.iter().for_each(|branch| next.add(after(branch, name, places, steps))),
            Part::Any => {
                let first = places.iter().next().unwrap_or(name.len());
                *steps += name.len() - first;
                (first..=name.len()).filter(|place| name.is_char_boundary(*place)).for_each(|place| next.insert(place));
            }
            Part::Text(_) | Part::One | Part::Class { .. } => {
                for place in places.iter() {
                    *steps += 1;
                    let rest = name.get(place..).unwrap_or_default();
                    if let Some(length) = part.length(rest) {
                        next.insert(place + length);
                    }
                }
            }
        }
        next
    })
}

impl Part {
    /// How many bytes of a text it stands for at its beginning; `None` where it does not.
    fn length(&self, text: &str) -> Option<usize> {
        let first = text.chars().next();
        match self {
            Self::Text(own) => text.starts_with(own.as_str()).then_some(own.len()),
            Self::One => first.map(char::len_utf8),
            Self::Class { is_negated, ranges } => {
                let is_in = |c: &char| ranges.iter().any(|(from, to)| (from..=to).contains(&c));
                first.filter(|c| is_in(c) != *is_negated).map(char::len_utf8)
            }
            Self::Any | Self::Either(_) => None,
        }
    }
}

/// How deep braces may stand in braces.
const MAX_DEPTH: usize = 16;

/// Reads a pattern. Nothing is escaped.
pub(super) fn parse(text: &str) -> Result<NamePattern, GlobError> {
    // For each brace that is open the alternatives so far, the last of which grows; the pattern itself at the bottom.
    let mut open: Vec<Vec<Vec<Part>>> = vec![vec![Vec::new()]];
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let part = match c {
            '?' => Part::One,
            '*' => Part::Any,
            '[' => class(&mut rest)?,
            '{' if open.len() > MAX_DEPTH => return Err(syntax("braces stand too deep in braces")),
            '{' => {
                open.push(vec![Vec::new()]);
                continue;
            }
            '}' => {
                let branches = open.pop().filter(|_| !open.is_empty());
                Part::Either(branches.ok_or_else(|| syntax("a `}` has no `{` before it"))?)
            }
            ',' if open.len() > 1 => {
                if let Some(branches) = open.last_mut() {
                    branches.push(Vec::new());
                }
                continue;
            }
            c => {
                let parts = open.last_mut().and_then(|branches| branches.last_mut());
                if let Some(Part::Text(text)) = parts.and_then(|parts| parts.last_mut()) {
                    text.push(c);
                    continue;
                }
                Part::Text(c.into())
            }
        };
        if let Some(parts) = open.last_mut().and_then(|branches| branches.last_mut()) {
            parts.push(part);
        }
    }
    match <[Vec<Vec<Part>>; 1]>::try_from(open) {
        Ok([branches]) => Ok(NamePattern(branches.into_iter().flatten().collect())),
        Err(_) => Err(syntax("a `{` is not closed, or a `/` stands within it")),
    }
}

/// Reads a class behind its `[`; a `]` or `-` that comes first stands for itself, and so does a `-` that comes last.
fn class(rest: &mut std::str::Chars<'_>) -> Result<Part, GlobError> {
    let unclosed = || syntax("a `[` is not closed, or a `/` stands within it");
    let is_negated = rest.as_str().starts_with(['!', '^']);
    if is_negated {
        rest.next();
    }
    let mut ranges: Vec<(char, char)> = Vec::new();
    loop {
        let c = rest.next().ok_or_else(unclosed)?;
        if c == ']' && !ranges.is_empty() {
            return Ok(Part::Class { is_negated, ranges });
        }
        let mut ahead = rest.clone();
        match (ahead.next(), ahead.next()) {
            (Some('-'), Some(end)) if end != ']' => {
                if end < c {
                    return Err(syntax(&format!("the range `{c}-{end}` ends before it begins")));
                }
                ranges.push((c, end));
                *rest = ahead;
            }
            _ => ranges.push((c, c)),
        }
    }
}

fn syntax(message: &str) -> GlobError {
    GlobError::Syntax(message.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use globset::GlobBuilder;

    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        parse(pattern).unwrap().matches(name)
    }

    /// Every text of so many characters of an alphabet, and every shorter one.
    fn texts(alphabet: &str, most: usize) -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut begun = 0;
        for _ in 0..most {
            let longer: Vec<_> =
                texts[begun..].iter().flat_map(|text| alphabet.chars().map(move |c| format!("{text}{c}"))).collect();
            begun = texts.len();
            texts.extend(longer);
        }
        texts
    }

    #[test]
    fn what_globset_reads_is_read_and_matches_the_same_ascii_names() {
        let names = texts("ab-]", 3);
        let (mut read, mut matched) = (0, 0);
        let alphabets = [("a?*{,}", 6), ("ab[]-!", 6), ("a[!]{},", 5), ("^[]a-", 5)];
        for pattern in alphabets.iter().flat_map(|(alphabet, most)| texts(alphabet, *most)) {
            if pattern.is_empty() || pattern.contains("**") {
                continue;
            }
            let mut judge = GlobBuilder::new(&pattern);
            let judge = judge.literal_separator(true).backslash_escape(false).empty_alternates(true).build();
            let ours = parse(&pattern);
            assert_eq!(ours.is_ok(), judge.is_ok(), "{pattern}: {ours:?} and {judge:?}");
            let (Ok(ours), Ok(judge)) = (ours, judge) else { continue };
            read += 1;
            // Not each with each: that takes minutes.
            if read % 11 != 0 {
                continue;
            }
            let judge = judge.compile_matcher();
            for name in &names {
                assert_eq!(ours.matches(name), judge.is_match(name), "{pattern} and {name}");
                matched += usize::from(ours.matches(name));
            }
        }
        assert!(read > 10_000 && matched > 5_000, "{read} {matched}");
    }

    #[test]
    fn characters_are_those_of_unicode() {
        for (pattern, yes, no) in [
            ("?", "\u{e9}", "\u{e9}\u{e9}"),
            ("a?b", "a\u{1f600}b", "ab"),
            ("[\u{e0}-\u{ff}]x", "\u{e9}x", "ex"),
            ("[!a]x", "\u{e9}x", "ax"),
            ("*[\u{e9}]", "abc\u{e9}", "abc\u{e8}"),
            ("{\u{e9},b}?", "\u{e9}\u{e9}", "\u{e9}"),
        ] {
            assert!(matches(pattern, yes), "{pattern} matches {yes}");
            assert!(!matches(pattern, no), "{pattern} does not match {no}");
        }
    }

    #[test]
    fn no_pattern_takes_more_than_its_length_times_that_of_the_name() {
        let name = "a".repeat(MAX_COMPONENT_BYTES);
        let mut most = 0;
        for pattern in [
            format!("*a{}", "?".repeat(250)),
            format!("{}b", "*a?".repeat(100)),
            format!("{}b", "{,a,ab,abc}".repeat(370)),
            format!("{}b", "{*a,*b}?".repeat(500)),
            format!("{}b", "*[ab]?".repeat(600)),
            format!("{}a{}", "{".repeat(MAX_DEPTH), ",*a}".repeat(MAX_DEPTH)),
        ] {
            let mut steps = 0;
            parse(&pattern).unwrap().matches_counting(&name, &mut steps);
            assert!(steps <= pattern.len() * (name.len() + 1), "{pattern} takes {steps} steps");
            most = most.max(steps);
        }
        // Were the worst not among them, the bound would show nothing.
        assert!(most > 50_000, "{most}");
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for (pattern, message) in [
            ("{a", "a `{` is not closed, or a `/` stands within it"),
            ("a}", "a `}` has no `{` before it"),
            ("[a", "a `[` is not closed, or a `/` stands within it"),
            ("[]", "a `[` is not closed, or a `/` stands within it"),
            ("[z-a]", "the range `z-a` ends before it begins"),
        ] {
            assert_eq!(parse(pattern).unwrap_err(), GlobError::Syntax(message.to_owned()));
        }
        let nested = |depth| format!("{}a{}", "{".repeat(depth), "}".repeat(depth));
        assert!(matches(&nested(MAX_DEPTH), "a"));
        assert!(parse(&nested(MAX_DEPTH + 1)).is_err());
        assert!(!matches("?*", &"a".repeat(MAX_COMPONENT_BYTES + 1)));
    }
}
