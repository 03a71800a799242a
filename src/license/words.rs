//! Splits license texts into words that can be compared.
//!
//! Two texts have the same words if they differ only in what the SPDX matching guidelines ignore: case, white space,
//! punctuation, quotation marks, comment and Markdown marks, and common spelling variants.
//! See <https://spdx.github.io/spdx-spec/v3.0.1/annexes/license-matching-guidelines-and-templates/>.

/// One word of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    /// The hash of the normalized word.
    pub(super) hash: u32,
    /// The first byte of the word in the text.
    pub(super) start: u32,
    /// The byte after the word.
    pub(super) end: u32,
}

/// The hash of no letters.
const EMPTY: u32 = 0x811c_9dc5;

const fn add(hash: u32, byte: u8) -> u32 {
    #[allow(clippy::as_conversions, reason = "`From` is not const")]
    let byte = byte as u32;
    (hash ^ byte).wrapping_mul(0x0100_0193)
}

/// Mixes the bits, because the low bits of a product depend on few letters.
const fn finish(hash: u32) -> u32 {
    let hash = (hash ^ (hash >> 16)).wrapping_mul(0x7feb_352d);
    let hash = (hash ^ (hash >> 15)).wrapping_mul(0x846c_a68b);
    hash ^ (hash >> 16)
}

/// Returns the hash of lower-case letters that a word begins with.
const fn letters(word: &str) -> u32 {
    let bytes = word.as_bytes();
    let mut hash = EMPTY;
    let mut at = 0;
    while at < bytes.len() {
        hash = add(hash, bytes[at]);
        at += 1;
    }
    hash
}

/// Returns the hash of a lower-case word.
pub(super) const fn hash(word: &str) -> u32 {
    finish(letters(word))
}

/// Spellings that count as the same word.
const VARIANTS: &[(u32, u32)] = &[
    (hash("licence"), hash("license")),
    (hash("licences"), hash("licenses")),
    (hash("licenced"), hash("licensed")),
    (hash("licencing"), hash("licensing")),
    (hash("sublicence"), hash("sublicense")),
    (hash("acknowledgement"), hash("acknowledgment")),
    (hash("acknowledgements"), hash("acknowledgments")),
    (hash("organisation"), hash("organization")),
    (hash("organisations"), hash("organizations")),
    (hash("authorised"), hash("authorized")),
    (hash("recognised"), hash("recognized")),
    (hash("honour"), hash("honor")),
    (hash("favour"), hash("favor")),
    (hash("merchantibility"), hash("merchantability")),
    (hash("https"), hash("http")),
];

/// Prefixes that a hyphen joins to the rest of their word, before the bits are mixed.
const PREFIXES: &[u32] = &[letters("non"), letters("sub")];

/// Letters that are printed as one.
const LIGATURES: &[(char, &str)] =
    &[('\u{fb00}', "ff"), ('\u{fb01}', "fi"), ('\u{fb02}', "fl"), ('\u{fb03}', "ffi"), ('\u{fb04}', "ffl")];

/// Phrases that the [list of equivalent words](https://spdx.org/licenses/equivalentwords.txt) or the templates of the SPDX list
/// take for the same: BSD-3-Clause has a form for authors.
const PHRASES: &[(&[u32], &[u32])] = &[
    (&[hash("sub"), hash("license")], &[hash("sublicense")]),
    (
        &[
            hash("the"),
            hash("name"),
            hash("of"),
            hash("the"),
            hash("author"),
            hash("may"),
            hash("not"),
            hash("be"),
            hash("used"),
            hash("to"),
            hash("endorse"),
        ],
        NEITHER,
    ),
    (
        &[
            hash("the"),
            hash("names"),
            hash("of"),
            hash("the"),
            hash("authors"),
            hash("may"),
            hash("not"),
            hash("be"),
            hash("used"),
            hash("to"),
            hash("endorse"),
        ],
        NEITHER,
    ),
];

/// "Neither the name of the copyright holder nor the names of its contributors may be used to endorse".
const NEITHER: &[u32] = &[
    hash("neither"),
    hash("the"),
    hash("name"),
    hash("of"),
    hash("the"),
    hash("copyright"),
    hash("holder"),
    hash("nor"),
    hash("the"),
    hash("names"),
    hash("of"),
    hash("its"),
    hash("contributors"),
    hash("may"),
    hash("be"),
    hash("used"),
    hash("to"),
    hash("endorse"),
];

/// A bit for each hash of a variant, by its low bits: most words are none.
const MAY_VARY: [u64; 16] = {
    let mut bits = [0; 16];
    let mut at = 0;
    while at < VARIANTS.len() {
        let hash = VARIANTS[at].0;
        #[allow(clippy::as_conversions, reason = "`From` is not const")]
        let word = (hash >> 6) as usize % 16;
        bits[word] |= 1 << (hash % 64);
        at += 1;
    }
    bits
};

/// Returns the hash of the word that a spelling stands for.
fn meant(hash: u32) -> u32 {
    let word = usize::try_from(hash >> 6).unwrap_or(0) % 16;
    if MAY_VARY[word] >> (hash % 64) & 1 == 0 {
        return hash;
    }
    VARIANTS.iter().find(|(other, _)| *other == hash).map_or(hash, |(_, meant)| *meant)
}

/// The lower-case letter or the digit for each byte, or 0.
const LETTERS: [u8; 256] = {
    let mut letters = [0; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() {
            #[allow(clippy::as_conversions, reason = "`From` is not const")]
            let at = byte as usize;
            letters[at] = byte.to_ascii_lowercase();
        }
        byte += 1;
    }
    letters
};

/// Characters that neither separate nor change a word: combining marks, soft hyphens, zero-width characters.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Returns the letter without its accent, for the accents of Western European languages, so that composed and decomposed
/// spellings are the same word.
fn plain(c: char) -> char {
    use unicode_normalization::char::decompose_canonical;
    let mut first = None;
    decompose_canonical(c, |part| {
        first.get_or_insert(part);
    });
    first.unwrap_or(c)
}

/// Scripts that are written without spaces between words.
fn is_word_by_itself(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{2fff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Returns the words of a text, in order. Texts of 4 GiB or more are cut.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::with_capacity(text.len() / 6);
    let bytes = text.as_bytes();
    let (mut at, mut start, mut word) = (0, 0, EMPTY);
    let mut push = |start: usize, end: usize, word: u32| {
        if word == EMPTY {
            return;
        }
        let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end)) else { return };
        words.push(Word { hash: meant(finish(word)), start, end });
    };
    while let Some(byte) = bytes.get(at).copied() {
        if byte.is_ascii() {
            if LETTERS[usize::from(byte)] != 0 {
                if word == EMPTY {
                    start = at;
                }
                while let Some(letter) = bytes.get(at).map(|byte| LETTERS[usize::from(*byte)]).filter(|byte| *byte != 0)
                {
                    word = add(word, letter);
                    at += 1;
                }
                continue;
            } else if !(byte == b'\'' || byte == b'-' && PREFIXES.contains(&word))
                || !bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic)
            {
                push(start, at, word);
                word = EMPTY;
            }
            at += 1;
            continue;
        }
        let Some(c) = text[at..].chars().next() else { break };
        let next = at + c.len_utf8();
        if is_word_by_itself(c) {
            push(start, at, word);
            (start, word) = (at, EMPTY);
            for byte in &bytes[at..next] {
                word = add(word, *byte);
            }
            push(start, next, word);
            word = EMPTY;
        } else if c.is_alphanumeric() {
            if word == EMPTY {
                start = at;
            }
            match LIGATURES.iter().find(|(ligature, _)| *ligature == c) {
                Some((_, letters)) => word = letters.bytes().fold(word, add),
                None => {
                    for c in plain(c).to_lowercase() {
                        word = c.encode_utf8(&mut [0; 4]).bytes().fold(word, add);
                    }
                }
            }
        } else if !is_invisible(c) && (c != '\u{2019}' || !bytes.get(next).is_some_and(u8::is_ascii_alphabetic)) {
            push(start, at, word);
            word = EMPTY;
        }
        at = next;
    }
    push(start, bytes.len(), word);
    of_one_meaning(&mut words);
    words
}

/// Replaces phrases that mean the same by one of them.
fn of_one_meaning(words: &mut Vec<Word>) {
    for (phrase, meant) in PHRASES {
        let starts = |words: &[Word], at: usize| {
            words[at..].len() >= phrase.len() && words[at..].iter().zip(*phrase).all(|(word, hash)| word.hash == *hash)
        };
        let mut from = 0;
        while let Some(at) = (from..words.len()).find(|at| words[*at].hash == phrase[0] && starts(words, *at)) {
            let (start, end) = (words[at].start, words[at + phrase.len() - 1].end);
            let meant = meant.iter().map(|hash| Word { hash: *hash, start, end });
            words.splice(at..at + phrase.len(), meant.clone());
            from = at + meant.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(text: &str) -> Vec<u32> {
        words(text).iter().map(|word| word.hash).collect()
    }

    #[test]
    fn typography_and_layout_do_not_change_words() {
        for (a, b) in [
            ("The “Software”, as-is", "the \"software\" AS IS"),
            ("the licensor's work", "the licensor’s work"),
            ("# Licence\r\n> of it\r\n", "license of\n  it"),
            ("* **Copyright** _holder_", "// copyright holder"),
            ("Universität »Köln«", "Universita\u{308}t „Köln“"),
            ("so\u{ad}ft\u{200b}ware", "software"),
            ("Non-Infringement, sub-license or sub license", "noninfringement sublicense OR sublicense"),
            ("de\u{fb01}nitions", "definitions"),
            (
                "The name of the author may not be used to endorse",
                "Neither the name of the copyright holder nor the names of its contributors may be used to endorse",
            ),
        ] {
            assert_eq!(hashes(a), hashes(b), "{a} / {b}");
        }
    }

    #[test]
    fn words_are_the_normalized_hashes_with_their_place() {
        let text = "A „Größe“ 许可";
        let of: Vec<&str> = words(text)
            .iter()
            .map(|word| &text[usize::try_from(word.start).unwrap_or(0)..usize::try_from(word.end).unwrap_or(0)])
            .collect();
        assert_eq!(of, ["A", "Größe", "许", "可"]);
        assert_eq!(hashes("Software")[0], hash("software"));
    }
}
