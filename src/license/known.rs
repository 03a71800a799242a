//! The license texts that a text is compared with: those of the SPDX list, prepared when they are needed.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use super::align::Index;
#[cfg(test)]
use super::align::phrases;
use super::ids::successors;
use super::stored;
use super::texts::{LISTED, Listed};
use super::words::{Word, words};

/// The number of words in a phrase by which candidates are found.
pub(super) const PHRASE: usize = 4;
/// A longer text is represented by samples.
#[cfg(test)]
const WHOLE_BYTES: usize = 2200;
/// Half of the phrases of a text longer than this are enough.
#[cfg(test)]
const SHORT_BYTES: usize = 700;
/// The number of samples of a long text, and their length.
#[cfg(test)]
const SAMPLES: usize = 9;
#[cfg(test)]
const SAMPLE_BYTES: usize = 220;

/// A license text and the ids that share it.
#[derive(Debug)]
pub(super) struct Known {
    /// The SPDX ids, current ones first.
    pub(super) ids: Vec<&'static str>,
    /// Whether this is an exception, which adds to a license.
    pub(super) is_exception: bool,
    /// The text that this one is, or begins.
    listed: &'static Listed,
    /// Its length in bytes.
    pub(super) bytes: usize,
    /// The phrases that stand for the text.
    sample: &'static [u8],
    words: OnceLock<Vec<Word>>,
    index: OnceLock<Index>,
    optional: OnceLock<Optional>,
}

/// What a copy of a text may leave out or fill in.
#[derive(Debug)]
struct Optional {
    parts: Vec<Range<usize>>,
    title: Range<usize>,
}

/// Every known text; none in a build without them.
pub(super) static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    if !cfg!(feature = "license-texts") {
        return Vec::new();
    }
    of_index(stored::texts()).expect("the stored index is that of the stored texts: a test computes it")
});

/// Returns the texts as the stored index describes them.
fn of_index(index: Option<stored::Index>) -> Option<Vec<Known>> {
    let index = index?;
    let known = index.texts.into_iter().map(|stored| {
        let listed = LISTED.get(stored.at).filter(|listed| stored.ids.contains(&listed.id))?;
        Some(Known::new(stored.ids, listed, stored.bytes, stored.sample))
    });
    known.collect::<Option<Vec<Known>>>().filter(|_| index.of == LISTED.len())
}

/// Returns the known text of a license or an exception.
pub(super) fn find(id: &str) -> Option<&'static Known> {
    let known = |id: &str| KNOWN.iter().find(|known| known.ids.contains(&id));
    known(id).or_else(|| successors(id).first().and_then(|id| known(id)))
}

impl Known {
    fn new(ids: Vec<&'static str>, listed: &'static Listed, bytes: usize, sample: &'static [u8]) -> Self {
        let (is_exception, words) = (listed.is_exception, OnceLock::new());
        Self { ids, is_exception, listed, bytes, sample, words, index: OnceLock::new(), optional: OnceLock::new() }
    }

    /// Returns the text.
    pub(super) fn text(&self) -> &'static str {
        self.listed.text().get(..self.bytes).unwrap_or_default()
    }

    /// Returns the words of the text.
    pub(super) fn words(&self) -> &[Word] {
        self.words.get_or_init(|| words(self.text()))
    }

    fn optional(&self) -> &Optional {
        self.optional.get_or_init(|| {
            let (parts, title) = optional(self);
            Optional { parts, title }
        })
    }

    /// Returns the phrases that stand for the text, as [`stored::reduced`]: all of a short text, samples of a long one.
    pub(super) fn sample(&self) -> impl ExactSizeIterator<Item = u32> {
        stored::phrases(self.sample)
    }

    #[cfg(test)]
    /// Computes what [`Known::sample`] is stored as.
    fn sampled(&self) -> Vec<u8> {
        let text = self.text();
        let of = |text: &str, cut: usize| {
            let words: Vec<u32> = words(text).iter().map(|word| word.hash).collect();
            // The first and the last word of a sample may be cut off.
            phrases(words.get(cut..words.len().saturating_sub(cut)).unwrap_or_default(), PHRASE).collect::<Vec<u32>>()
        };
        let sample: Vec<u32> = if text.len() <= WHOLE_BYTES {
            let step = if text.len() > SHORT_BYTES { 2 } else { 1 };
            of(text, 0).into_iter().step_by(step).collect()
        } else {
            let step = (text.len() - SAMPLE_BYTES) / (SAMPLES - 1);
            let samples = (0..SAMPLES).flat_map(|at| {
                let start = text.ceil_char_boundary(at * step);
                let end = text.floor_char_boundary(start + SAMPLE_BYTES);
                of(&text[start..end], 1)
            });
            samples.collect()
        };
        sample.into_iter().flat_map(stored::bytes_of).collect()
    }

    /// Returns the title.
    pub(super) fn title(&self) -> &str {
        self.text().get(self.optional().title.clone()).unwrap_or_default()
    }

    /// Returns whether a word belongs to the title.
    pub(super) fn is_title(&self, word: usize) -> bool {
        let (place, title) = (self.bytes(word..word + 1), &self.optional().title);
        title.start <= place.start && place.end <= title.end
    }

    pub(super) fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(self.words().iter().map(|word| word.hash).collect()))
    }

    /// Returns the bytes of a range of words.
    pub(super) fn bytes(&self, range: Range<usize>) -> Range<usize> {
        bytes(self.words(), range)
    }

    /// Returns whether words of the license may be left out: the title, the notice, placeholders, instructions.
    pub(super) fn is_optional(&self, word: usize) -> bool {
        let place = self.bytes(word..word + 1);
        self.is_title(word)
            || self.optional().parts.iter().any(|range| range.start <= place.start && place.end <= range.end)
    }
}

/// Returns the bytes of a range of words.
pub(super) fn bytes(words: &[Word], range: Range<usize>) -> Range<usize> {
    let at = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
    match words.get(range).filter(|words| !words.is_empty()) {
        Some([first, .., last]) => at(first.start)..at(last.end),
        Some([only]) => at(only.start)..at(only.end),
        _ => 0..0,
    }
}

/// Lines that begin what does not belong to the terms, up to the end of a license text.
const TAILS: &[&str] = &[
    "end of terms and conditions",
    "appendix",
    "how to apply",
    "how to use this license",
    "exhibit a",
    "exhibit b",
    "creative commons is not a party",
    "creative commons notice",
    "creative commons may be contacted",
];
/// The first words of the terms in texts that begin with explanations.
const HEADS: &[&str] = &["By exercising the Licensed Rights", "THE WORK (AS DEFINED BELOW)", "Statement of Purpose"];

/// Returns the parts of a license text that a copy may leave out or fill in, and the title.
fn optional(known: &Known) -> (Vec<Range<usize>>, Range<usize>) {
    let text = known.text();
    let mut parts = Vec::new();
    if text.contains("reative Commons Corporation") || text.contains("CREATIVE COMMONS CORPORATION") {
        parts.extend(HEADS.iter().find_map(|head| text.find(head)).map(|end| 0..end));
    }
    // The text of LGPL-3.0 on the SPDX list ends with that of GPL-3.0.
    let is_lesser = known.ids.iter().any(|id| id.starts_with("LGPL-3.0"));
    let mut is_title = true;
    let (mut title, mut at) = (0..0, 0);
    for line in text.split_inclusive('\n') {
        let plain = line.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '(' | '<' | '[' | '©'));
        let lower = plain.to_lowercase();
        let range = at..at + line.len();
        let is_tail = TAILS.iter().any(|tail| lower.starts_with(tail)) && at > text.len() / 5;
        if is_tail || (is_lesser && at > 2000 && lower.trim_end() == "gnu general public license") {
            parts.push(at..text.len());
            break;
        }
        if super::surplus::is_notice(line) {
            parts.push(range.clone());
        } else if is_title {
            let count = line.split_whitespace().count();
            is_title = count <= 9 && !line.trim_end().ends_with(['.', ':', ';', ',']);
            if is_title {
                title.end = range.end;
            }
        }
        at = range.end;
    }
    let mut from = 0;
    while let Some(start) = text[from..].find("http").map(|start| from + start) {
        let length = text[start..].find(char::is_whitespace).unwrap_or(text.len() - start);
        if text[start..start + length].contains("://") {
            parts.push(start..start + length);
        }
        from = start + length;
    }
    for (open, close) in [('<', '>'), ('[', ']'), ('{', '}')] {
        let mut from = 0;
        while let Some(start) = text[from..].find(open).map(|start| from + start) {
            let Some(length) = text[start..].find(close) else { break };
            if length < 120 {
                parts.push(start..start + length + 1);
            }
            from = start + length + 1;
        }
    }
    (parts, title)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::collections::BTreeMap;

    use super::*;

    /// The start of the text of GPL-3.0 at the end of that of LGPL-3.0.
    const GENERAL: &str = "GNU GENERAL PUBLIC LICENSE\n";

    /// Returns the texts of the list, without those that replace a deprecated id, each once.
    fn listed() -> Vec<Known> {
        let mut known: Vec<Known> = Vec::new();
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for listed in LISTED.iter() {
            let id = listed.id;
            // A deprecated GNU id has the text of the ids that replace it; some are only the exception.
            if !listed.is_exception && (!successors(id).is_empty() || id.contains("-with-")) {
                continue;
            }
            let is_deprecated = spdx::license_id(id).is_some_and(spdx::LicenseId::is_deprecated);
            match seen.get(listed.text()) {
                Some(at) if is_deprecated => known[*at].ids.push(id),
                Some(at) => {
                    let ids = &mut known[*at].ids;
                    let is_current = |id: &&&str| spdx::license_id(id).is_some_and(|id| !id.is_deprecated());
                    let current = ids.iter().take_while(is_current).count();
                    ids.insert(current, id);
                }
                None => {
                    seen.insert(listed.text(), known.len());
                    known.push(Known::new(vec![id], listed, listed.text().len(), &[]));
                }
            }
        }
        // The SPDX text of LGPL-3.0 ends with that of GPL-3.0, which is often in a file of its own.
        let lesser = known.iter().find(|known| known.ids.contains(&"LGPL-3.0-only")).unwrap();
        let end = lesser.text()[2000..].find(GENERAL).unwrap() + 2000;
        let (ids, whole) = (lesser.ids.clone(), lesser.listed);
        known.push(Known::new(ids, whole, end, &[]));
        known
    }

    #[test]
    fn the_stored_index_is_what_the_texts_yield() {
        let of = LISTED.len();
        let entries: Vec<stored::Text<'_>> = listed()
            .iter()
            .map(|known| {
                let is_first = |other: &Listed| {
                    let is_named = known.ids.contains(&other.id) && other.is_exception == known.is_exception;
                    is_named && other.text().starts_with(known.text())
                };
                let at = LISTED.iter().position(is_first);
                let sample: &'static [u8] = Box::leak(known.sampled().into_boxed_slice());
                stored::Text { at: at.unwrap(), bytes: known.bytes, ids: known.ids.clone(), sample }
            })
            .collect();
        let (table, samples) = stored::written(of, &entries);
        if std::env::var_os("LICENSE_INDEX_UPDATE").is_some() {
            let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/license");
            std::fs::write(format!("{directory}/index.txt"), &table).unwrap();
            std::fs::write(format!("{directory}/index.samples"), &samples).unwrap();
        } else {
            let help = "run `LICENSE_INDEX_UPDATE=1 cargo test --lib license::known`";
            let is_same = table.lines().eq(stored::TABLE.lines()) && samples == stored::SAMPLES;
            assert!(is_same, "the stored index is out of date: {help}");
        }
    }

    #[test]
    fn an_index_of_another_list_is_not_used() {
        let index = || stored::texts().unwrap();
        assert_eq!(of_index(Some(index())).unwrap().len(), listed().len());
        let other = |change: &dyn Fn(&mut stored::Index)| {
            let mut index = index();
            change(&mut index);
            of_index(Some(index)).is_none()
        };
        assert!(other(&|index| index.of += 1));
        assert!(other(&|index| index.texts[0].at += 1));
        assert!(other(&|index| index.texts[0].at = usize::MAX));
        assert!(of_index(None).is_none());
    }
}
