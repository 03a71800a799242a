//! The canonical forms of Unicode ([UAX #15]): composed (NFC), in which names and texts are signed, and decomposed (NFD).
//!
//! They are put together from the mappings of single characters, because iterators that can give the compatibility forms too
//! make a program hold those tables, of which it needs nothing.
//!
//! [UAX #15]: https://www.unicode.org/reports/tr15/

use unicode_normalization::char::{canonical_combining_class, compose, decompose_canonical};
use unicode_normalization::{IsNormalized, is_nfc_quick};

/// Returns whether a text is in NFC.
pub(crate) fn is_nfc(text: &str) -> bool {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => true,
        IsNormalized::No => false,
        IsNormalized::Maybe => nfc(text) == text,
    }
}

/// Returns a text in NFC.
pub(crate) fn nfc(text: &str) -> String {
    let mut composed: Vec<char> = Vec::with_capacity(text.len());
    // Where the last starter is, and the class of the character after it that was added last.
    let (mut starter, mut before) = (None::<usize>, None);
    for (class, c) in decomposed(text) {
        // What is between a starter and a mark blocks the mark unless its class is lower.
        let joined = starter.filter(|_| before.is_none_or(|before| before < class));
        let joined = joined.and_then(|at| compose(composed[at], c).map(|whole| (at, whole)));
        if let Some((at, whole)) = joined {
            composed[at] = whole;
            continue;
        }
        (starter, before) = if class == 0 { (Some(composed.len()), None) } else { (starter, Some(class)) };
        composed.push(c);
    }
    composed.into_iter().collect()
}

/// Returns a text in NFD.
pub(crate) fn nfd(text: &str) -> String {
    decomposed(text).into_iter().map(|(_, c)| c).collect()
}

/// Returns the characters of a text in NFD, each after its combining class.
fn decomposed(text: &str) -> Vec<(u8, char)> {
    let mut characters = Vec::with_capacity(text.len());
    for c in text.chars() {
        decompose_canonical(c, |part| characters.push((canonical_combining_class(part), part)));
    }
    // Starters, of class 0, stay where they are.
    for marks in characters.chunk_by_mut(|(one, _), (other, _)| *one != 0 && *other != 0) {
        marks.sort_by_key(|(class, _)| *class);
    }
    characters
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use unicode_normalization::UnicodeNormalization as _;

    use super::*;

    fn assert_same(text: &str) {
        assert_eq!(nfc(text), text.nfc().collect::<String>(), "{text:?}");
        assert_eq!(nfd(text), text.nfd().collect::<String>(), "{text:?}");
        assert_eq!(is_nfc(text), unicode_normalization::is_nfc(text), "{text:?}");
    }

    #[test]
    fn every_character_has_the_forms_of_the_iterators() {
        // The planes between have no characters with another form.
        for c in ('\0'..='\u{2ffff}').chain('\u{e0000}'..='\u{e01ff}') {
            let mut parts = String::new();
            decompose_canonical(c, |part| parts.push(part));
            for text in [c.to_string(), format!("a{c}"), parts] {
                assert_same(&text);
            }
        }
    }

    /// Marks in any order, blocked and not, and syllables of Hangul.
    #[test]
    fn sequences_have_the_forms_of_the_iterators() {
        let parts = [
            'a',
            'e',
            'A',
            '\u{1100}',
            '\u{1161}',
            '\u{11a8}',
            '\u{ac00}',
            '\u{300}',
            '\u{301}',
            '\u{323}',
            '\u{327}',
            '\u{345}',
            '\u{5b0}',
            '\u{93c}',
            '\u{915}',
            '\u{1fb3}',
            '\u{212b}',
            '\u{1e69}',
            '\u{d1c9}',
            '\u{2126}',
            '\u{f900}',
            '\u{110a5}',
            '\u{110ba}',
            '\u{1d15f}',
            '\u{fb01}',
        ];
        let mut number = 0x2545_f491_u32;
        for _ in 0..50_000 {
            let mut text = String::new();
            for _ in 0..6 {
                // xorshift32, by Marsaglia.
                number ^= number << 13;
                number ^= number >> 17;
                number ^= number << 5;
                text.push(parts[usize::try_from(number).unwrap() % parts.len()]);
            }
            assert_same(&text);
        }
    }

    #[test]
    fn a_mark_is_blocked_by_one_of_its_class() {
        assert_eq!(nfc("a\u{301}\u{327}"), "\u{e1}\u{327}");
        assert_eq!(nfc("a\u{327}\u{301}"), "\u{e1}\u{327}");
        assert_eq!(nfc("a\u{300}\u{301}"), "\u{e0}\u{301}");
        assert_eq!(nfc("\u{301}a"), "\u{301}a");
    }
}
