//! Patterns of one component with more than stars: `?`, `[…]` and `{…}`.
//!
//! All ways to match are followed at once: from the set of positions in the name at which the parts so far can end, the
//! set for the next part is computed. Matching therefore takes at most the length of the name for each byte of the
//! pattern, even if the pattern is an attacker's. Characters are Unicode scalar values. The crate `globset` compares
//! bytes, and its automata take a millisecond for one name if two hundred `?` follow a `*`.

use crate::path::MAX_COMPONENT_BYTES;

use super::GlobError;

/// A pattern as a sequence of parts.
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

/// A set of positions in a name, one bit for each, from before the first byte to after the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Positions([u64; POSITION_WORDS]);

const POSITION_WORDS: usize = (MAX_COMPONENT_BYTES + 1).div_ceil(64);

impl Positions {
    fn insert(&mut self, position: usize) {
        if let Some(word) = self.0.get_mut(position / 64) {
            *word |= 1 << (position % 64);
        }
    }

    fn contains(&self, position: usize) -> bool {
        self.0.get(position / 64).is_some_and(|word| word >> (position % 64) & 1 == 1)
    }

    fn add(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word |= other);
    }

    /// Returns the positions in ascending order.
    fn iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().zip((0..).step_by(64)).flat_map(|(mut word, first)| {
            std::iter::from_fn(move || {
                let bit = usize::try_from(word.trailing_zeros()).ok().filter(|bit| *bit < 64)?;
                // Clear the lowest set bit.
                word &= word - 1;
                Some(first + bit)
            })
        })
    }
}

impl NamePattern {
    /// Returns whether a name matches. A name of more than 255 bytes never does, because no path contains one.
    pub(super) fn matches(&self, name: &str) -> bool {
        self.matches_counting(name, &mut 0)
    }

    /// Also counts the positions that were visited.
    fn matches_counting(&self, name: &str, steps: &mut usize) -> bool {
        let mut start = Positions::default();
        start.insert(0);
        name.len() <= MAX_COMPONENT_BYTES && after(&self.0, name, start, steps).contains(name.len())
    }
}

/// Returns the positions at which a sequence of parts can end that starts at one of the given positions.
fn after(parts: &[Part], name: &str, starts: Positions, steps: &mut usize) -> Positions {
    parts.iter().fold(starts, |starts, part| {
        let mut next = Positions::default();
        if starts == next {
            return next;
        }
        match part {
            Part::Either(branches) => branches.iter().for_each(|branch| next.add(after(branch, name, starts, steps))),
            Part::Any => {
                let first = starts.iter().next().unwrap_or(name.len());
                *steps += name.len() - first;
                (first..=name.len()).filter(|at| name.is_char_boundary(*at)).for_each(|at| next.insert(at));
            }
            Part::Text(_) | Part::One | Part::Class { .. } => {
                for start in starts.iter() {
                    *steps += 1;
                    let rest = name.get(start..).unwrap_or_default();
                    if let Some(length) = part.length(rest) {
                        next.insert(start + length);
                    }
                }
            }
        }
        next
    })
}

impl Part {
    /// Returns how many bytes at the start of a text the part matches; `None` if it does not match.
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

/// The limit for braces within braces.
const MAX_DEPTH: usize = 16;

/// Parses a pattern. There is no escape character.
pub(super) fn parse(text: &str) -> Result<NamePattern, GlobError> {
    // The alternatives so far for each open brace, the last of which grows; at the bottom, the pattern itself.
    let mut open: Vec<Vec<Vec<Part>>> = vec![vec![Vec::new()]];
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let part = match c {
            '?' => Part::One,
            '*' => Part::Any,
            '[' => class(&mut rest)?,
            '{' if open.len() > MAX_DEPTH => return Err(syntax("braces are nested too deeply")),
            '{' => {
                open.push(vec![Vec::new()]);
                continue;
            }
            '}' => {
                let branches = open.pop().filter(|_| !open.is_empty());
                Part::Either(branches.ok_or_else(|| syntax("a `}` has no matching `{`"))?)
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
        Err(_) => Err(syntax("a `{` is not closed within its component")),
    }
}

/// Parses a class after its `[`. A `]` or `-` that comes first and a `-` that comes last are literal.
fn class(rest: &mut std::str::Chars<'_>) -> Result<Part, GlobError> {
    let unclosed = || syntax("a `[` is not closed within its component");
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
                    return Err(syntax(&format!("the end of the range `{c}-{end}` is before its start")));
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

    /// Returns every text of up to `most` characters of an alphabet.
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
    fn matches_the_same_ascii_names_as_globset() {
        let names = texts("ab-]", 3);
        let (mut read, mut matched) = (0, 0);
        let alphabets = [("a?*{,}", 6), ("ab[]-!", 6), ("a[!]{},", 5), ("^[]a-", 5)];
        for pattern in alphabets.iter().flat_map(|(alphabet, most)| texts(alphabet, *most)) {
            if pattern.is_empty() || pattern.contains("**") {
                continue;
            }
            let mut oracle = GlobBuilder::new(&pattern);
            let oracle = oracle.literal_separator(true).backslash_escape(false).empty_alternates(true).build();
            let ours = parse(&pattern);
            assert_eq!(ours.is_ok(), oracle.is_ok(), "{pattern}: {ours:?} and {oracle:?}");
            let (Ok(ours), Ok(oracle)) = (ours, oracle) else { continue };
            read += 1;
            // Not every pattern with every name, which would take minutes.
            if read % 11 != 0 {
                continue;
            }
            let oracle = oracle.compile_matcher();
            for name in &names {
                assert_eq!(ours.matches(name), oracle.is_match(name), "{pattern} and {name}");
                matched += usize::from(ours.matches(name));
            }
        }
        assert!(read > 10_000 && matched > 5_000, "{read} {matched}");
    }

    #[test]
    fn characters_are_unicode_scalar_values() {
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
    fn matching_takes_at_most_the_product_of_both_lengths() {
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
        // Without a bad case among the patterns, the bound would prove nothing.
        assert!(most > 50_000, "{most}");
    }

    #[test]
    fn malformed_patterns_are_explained() {
        for (pattern, message) in [
            ("{a", "a `{` is not closed within its component"),
            ("a}", "a `}` has no matching `{`"),
            ("[a", "a `[` is not closed within its component"),
            ("[]", "a `[` is not closed within its component"),
            ("[z-a]", "the end of the range `z-a` is before its start"),
        ] {
            assert_eq!(parse(pattern).unwrap_err(), GlobError::Syntax(message.to_owned()));
        }
        let nested = |depth| format!("{}a{}", "{".repeat(depth), "}".repeat(depth));
        assert!(matches(&nested(MAX_DEPTH), "a"));
        assert!(parse(&nested(MAX_DEPTH + 1)).is_err());
        assert!(!matches("?*", &"a".repeat(MAX_COMPONENT_BYTES + 1)));
    }
}
