//! The index of the license texts, computed in advance: which texts there are, and the phrases by which candidates are
//! found. Computing it takes longer than everything else that identifies one text.
//!
//! The first line of `index.txt` is the number of texts on the list. Each further line is one text: its position on the
//! list, its length in bytes, the number of its phrases, and its ids. `index.samples` has the phrases of all texts, three
//! bytes each.

/// The table of texts; empty in a build without them.
pub(super) const TABLE: &str = if cfg!(feature = "license-texts") { include_str!("index.txt") } else { "" };
/// The phrases of all texts.
pub(super) const SAMPLES: &[u8] = if cfg!(feature = "license-texts") { include_bytes!("index.samples") } else { b"" };

/// The number of bytes of a phrase.
pub(super) const PHRASE_BYTES: usize = 3;

/// One text.
#[derive(Debug, Clone)]
pub(super) struct Text<'i> {
    /// The position on the list: licenses, then exceptions.
    pub(super) at: usize,
    /// The length of the text in bytes.
    pub(super) bytes: usize,
    pub(super) ids: Vec<&'i str>,
    pub(super) sample: &'static [u8],
}

/// The whole index.
#[derive(Debug)]
pub(super) struct Index {
    /// The number of texts on the list that it was computed from.
    pub(super) of: usize,
    pub(super) texts: Vec<Text<'static>>,
}

/// Reads the stored index.
pub(super) fn texts() -> Option<Index> {
    let mut lines = TABLE.lines();
    let of = lines.next()?.parse().ok()?;
    let mut rest = SAMPLES;
    let texts = lines.map(|line| {
        let mut fields = line.split(' ');
        let mut number = || fields.next()?.parse::<usize>().ok();
        let (at, bytes, phrases) = (number()?, number()?, number()?);
        let (sample, others) = rest.split_at_checked(phrases.checked_mul(PHRASE_BYTES)?)?;
        rest = others;
        Some(Text { at, bytes, ids: fields.collect(), sample })
    });
    let texts = texts.collect::<Option<_>>()?;
    rest.is_empty().then_some(Index { of, texts })
}

/// Writes an index: the table and the phrases.
#[cfg(test)]
pub(super) fn written(of: usize, texts: &[Text<'_>]) -> (String, Vec<u8>) {
    let lines = texts.iter().map(|text| {
        let phrases = text.sample.len() / PHRASE_BYTES;
        format!("{} {} {phrases} {}\n", text.at, text.bytes, text.ids.join(" "))
    });
    let table = std::iter::once(format!("{of}\n")).chain(lines).collect();
    (table, texts.iter().flat_map(|text| text.sample).copied().collect())
}

/// Returns the bits of a phrase that are stored.
pub(super) fn reduced(phrase: u32) -> u32 {
    (phrase ^ (phrase >> 15)) & 0xff_ffff
}

#[cfg(test)]
/// Returns how a phrase is stored.
pub(super) fn bytes_of(phrase: u32) -> [u8; PHRASE_BYTES] {
    let [a, b, c, _] = reduced(phrase).to_le_bytes();
    [a, b, c]
}

/// Returns the phrases that are stored as these bytes.
pub(super) fn phrases(bytes: &[u8]) -> impl ExactSizeIterator<Item = u32> {
    bytes.as_chunks().0.iter().map(|[a, b, c]: &[u8; PHRASE_BYTES]| u32::from_le_bytes([*a, *b, *c, 0]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let Index { of, texts } = texts().unwrap();
        let (table, samples) = written(of, &texts);
        assert!(table.lines().eq(TABLE.lines()) && samples == SAMPLES);
        let phrases: Vec<u32> = phrases(texts[0].sample).collect();
        assert!(
            !phrases.is_empty()
                && phrases
                    .iter()
                    .flat_map(|phrase| phrase.to_le_bytes()[..3].to_vec())
                    .eq(texts[0].sample.iter().copied())
        );
    }

    #[test]
    fn the_low_bits_of_a_phrase_are_stored() {
        for phrase in [0, 1, 0x1234_5678, u32::MAX] {
            assert_eq!(phrases(&bytes_of(phrase)).collect::<Vec<_>>(), [reduced(phrase)]);
        }
        // What no filter of a text looks at is left out.
        assert_eq!(phrases(&[1, 2, 3, 4]).len(), 1);
    }
}
