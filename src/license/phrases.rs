//! Model licenses with changes, found by the phrases that they consist of.
//!
//! Their texts are not shipped. What is stored of each is the set of its phrases of four words, 24 bits of a hash for each,
//! without their order. That is enough to quote what a text says besides, and to show where it leaves something out, but not what.
//!
//! `models.phrases` is a sequence of groups: a mask of the texts that contain the phrases (eight bytes), their number (four), and
//! the phrases (three each), all with the low byte first.

use std::ops::Range;
use std::sync::LazyLock;

use super::align::phrases;
use super::known::PHRASE;
use super::stored::{self, PHRASE_BYTES};

/// The phrases of all texts; none in a build without license texts.
const STORED: &[u8] = if cfg!(feature = "license-texts") { include_bytes!("models.phrases") } else { b"" };
/// How many percent of its phrases, and how many besides, a text may lack and still be that license with changes. Two versions of
/// one license differ in more.
const LOST_PERCENT: usize = 3;
const LOST: usize = 30;
/// Fewer words in a row, at the start or the end, may belong to another text, or fewer still to an addition.
const RUN: usize = 12;
const SHORT: usize = 8;

/// The phrases of the known texts.
pub(super) static PHRASES: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::read(STORED).expect("the stored phrases are well formed: a test reads them"));

/// The phrases of several texts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Phrases {
    /// Each phrase, sorted, and the texts that it occurs in.
    entries: Vec<(u32, u64)>,
    /// The number of phrases of each text.
    totals: [usize; 64],
}

/// A text that was found, by its number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Near {
    pub(super) text: usize,
    /// The words that belong to it, as sequences without a change.
    pub(super) runs: Vec<Range<usize>>,
    /// The number of words that were left out or replaced, about.
    pub(super) left_out: usize,
}

impl Near {
    /// Returns the words from the first to the last that belong to the text.
    pub(super) fn span(&self) -> Range<usize> {
        self.runs.first().map_or(0, |run| run.start)..self.runs.last().map_or(0, |run| run.end)
    }

    /// Returns the places where words were left out and none added: the first word after each.
    pub(super) fn seams(&self) -> impl Iterator<Item = usize> {
        self.runs.array_windows().filter(|[a, b]| a.end == b.start).map(|[_, b]| b.start)
    }
}

impl Phrases {
    fn new(mut entries: Vec<(u32, u64)>) -> Self {
        entries.sort_unstable();
        let mut totals = [0; 64];
        entries.iter().flat_map(|(_, mask)| texts_of(*mask)).for_each(|text| totals[text] += 1);
        Self { entries, totals }
    }

    fn read(mut bytes: &[u8]) -> Option<Self> {
        let mut entries = Vec::with_capacity(bytes.len() / PHRASE_BYTES);
        while let Some((mask, rest)) = bytes.split_first_chunk() {
            let (count, rest) = rest.split_first_chunk()?;
            let length = usize::try_from(u32::from_le_bytes(*count)).ok()?.checked_mul(PHRASE_BYTES)?;
            let (group, rest) = rest.split_at_checked(length)?;
            entries.extend(stored::phrases(group).map(|phrase| (phrase, u64::from_le_bytes(*mask))));
            bytes = rest;
        }
        bytes.is_empty().then(|| Self::new(entries))
    }

    /// Finds the text that most of the free words belong to, with few changes.
    pub(super) fn nearest(&self, words: &[u32], free: &[bool]) -> Option<Near> {
        let mut hits = [0; 64];
        let mut is_seen = vec![false; self.entries.len()];
        let found = phrases(words, PHRASE).enumerate().map(|(at, phrase)| {
            let place = self.entries.binary_search_by_key(&stored::reduced(phrase), |(phrase, _)| *phrase);
            let Some(place) = place.ok().filter(|_| free[at..at + PHRASE].iter().all(|free| *free)) else { return 0 };
            let mask = self.entries[place].1;
            if !std::mem::replace(&mut is_seen[place], true) {
                texts_of(mask).for_each(|text| hits[text] += 1);
            }
            mask
        });
        let found: Vec<u64> = found.collect();
        let near = hits.iter().zip(&self.totals).enumerate().filter_map(|(text, (hits, total))| {
            let lost = total - hits;
            let is_near = *hits > 0 && lost * 100 <= total * LOST_PERCENT + LOST * 100;
            is_near.then(|| Some((lost, near(text, &found, lost)?))).flatten()
        });
        let strangers = |near: &Near| near.span().len() - near.runs.iter().map(Range::len).sum::<usize>();
        near.max_by_key(|(lost, near)| near.span().len().saturating_sub(2 * (lost + strangers(near))))
            .map(|(_, near)| near)
    }
}

/// Returns the numbers of the texts in a mask.
fn texts_of(mask: u64) -> impl Iterator<Item = usize> {
    (0..64).filter(move |text| mask >> text & 1 == 1)
}

/// Returns the parts of a text that belong to one of the known texts.
fn near(text: usize, found: &[u64], lost: usize) -> Option<Near> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (at, _) in found.iter().enumerate().filter(|(_, mask)| *mask >> text & 1 == 1) {
        let end = runs.last().map_or(0, |run| run.end);
        match runs.last_mut() {
            // Phrases that share no more than one word need not follow each other in the known text.
            Some(run) if at + 1 < end => run.end = at + PHRASE,
            _ => runs.push(at.max(end)..at + PHRASE),
        }
    }
    // Within an addition, a few words that are also in the license belong to the addition.
    let is_within = |runs: &[Range<usize>], at: usize| {
        let apart = |a: usize| runs.get(a).zip(runs.get(a + 1)).is_some_and(|(a, b)| a.end < b.start);
        runs[at].len() < SHORT && at > 0 && apart(at - 1) && apart(at)
    };
    let runs: Vec<Range<usize>> =
        (0..runs.len()).filter(|at| !is_within(&runs, *at)).map(|at| runs[at].clone()).collect();
    let is_long = |run: &Range<usize>| run.len() >= RUN;
    let (first, last) = (runs.iter().position(is_long)?, runs.iter().rposition(is_long)?);
    let runs = runs[first..=last].to_vec();
    // Each change breaks three phrases, besides those of the words that it takes away.
    let left_out = lost.saturating_sub((PHRASE - 1) * (runs.len() - 1));
    Some(Near { text, runs, left_out })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a panic is a failed test")]
    use std::collections::BTreeMap;

    use super::*;
    use crate::license::models;
    use crate::license::words::words;

    fn hashes(text: &str) -> Vec<u32> {
        words(text).iter().map(|word| word.hash).collect()
    }

    /// Returns the phrases of texts, each with its number.
    fn phrases_of<'t>(texts: impl Iterator<Item = (usize, &'t str)>) -> Phrases {
        let mut masks: BTreeMap<u32, u64> = BTreeMap::new();
        for (number, text) in texts {
            for phrase in phrases(&hashes(text), PHRASE) {
                *masks.entry(stored::reduced(phrase)).or_default() |= 1 << number;
            }
        }
        Phrases::new(masks.into_iter().collect())
    }

    fn written(phrases: &Phrases) -> Vec<u8> {
        let mut groups: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
        for (phrase, mask) in &phrases.entries {
            groups.entry(*mask).or_default().push(*phrase);
        }
        let group = |(mask, phrases): (u64, Vec<u32>)| {
            let mut bytes = mask.to_le_bytes().to_vec();
            bytes.extend(u32::try_from(phrases.len()).unwrap().to_le_bytes());
            bytes.extend(phrases.iter().flat_map(|phrase| phrase.to_le_bytes()[..PHRASE_BYTES].to_vec()));
            bytes
        };
        groups.into_iter().flat_map(group).collect()
    }

    const LICENSE: &str = "Grant. You may use, copy, and share the model with anyone, for as long as you keep this notice and pass \
        these terms on to whoever receives the model from you. If more than 700 people use your product each month, ask us for \
        a license of your own first. The model comes as it is, and we are not liable for whatever happens when you run it. \
        Whoever breaks these terms loses the rights that they give, until the breach has ended and we have been told of it.";
    const POLICY: &str = "Policy. Do not use the model to deceive people about who they talk to, to plan harm, or to break the \
        law of the place in which you are, and do not help others to do so. Tell us of outputs that you think are dangerous.";

    fn nearest(text: &str) -> Option<Near> {
        let (phrases, words) = (phrases_of([LICENSE, POLICY].into_iter().enumerate()), hashes(text));
        phrases.nearest(&words, &vec![true; words.len()])
    }

    #[test]
    fn what_is_added_lies_between_the_runs() {
        let whole = nearest(LICENSE).unwrap();
        let length = hashes(LICENSE).len();
        assert_eq!((whole.text, whole.left_out, whole.runs.len(), whole.span()), (0, 0, 1, 0..length));
        let added = LICENSE.replace("The model comes", "No use by armies. The model comes");
        let near = nearest(&added).unwrap();
        let words: Vec<&str> = added.split_whitespace().collect();
        assert_eq!((near.runs.len(), near.left_out, near.seams().count()), (2, 0, 0));
        assert_eq!(words[near.runs[0].end..near.runs[1].start], ["No", "use", "by", "armies."]);
    }

    #[test]
    fn what_is_left_out_leaves_a_seam_or_a_replacement() {
        let near = nearest(&LICENSE.replace("are not liable", "are liable")).unwrap();
        assert_eq!((near.left_out, near.seams().count()), (1, 1));
        let near = nearest(&LICENSE.replace("700 people", "100 people")).unwrap();
        assert_eq!((near.left_out, near.seams().count(), near.runs[1].start - near.runs[0].end), (1, 0, 1));
    }

    #[test]
    fn what_surrounds_a_text_and_other_texts_do_not_belong_to_it() {
        let both = format!("{POLICY}\n\n{LICENSE}\n\nYou may use, copy, and share our other model as well.");
        let near = nearest(&both).unwrap();
        let start = hashes(POLICY).len();
        assert_eq!((near.text, near.span()), (0, start..start + hashes(LICENSE).len()));
        // A text that lacks half of the license is another one.
        assert_eq!(nearest(&LICENSE[..LICENSE.len() / 2]), None);
        assert_eq!(nearest("Permission is hereby granted, free of charge, to any person obtaining a copy."), None);
        assert_eq!(nearest(""), None);
    }

    #[test]
    fn phrases_are_read_as_they_are_written() {
        let stored = Phrases::read(STORED).unwrap();
        assert_eq!(written(&stored), STORED);
        for (number, total) in stored.totals.iter().enumerate() {
            // A text repeats few of its phrases.
            let words = models::words_of(number).unwrap_or(0);
            assert!(*total + PHRASE > words * 4 / 5 && *total <= words, "{}: {total} phrases", models::id(number));
        }
        assert_eq!(Phrases::read(&STORED[..STORED.len() - 1]), None);
        assert_eq!(Phrases::read(&[1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 1, 2, 3]), None);
    }

    /// With `MODEL_LICENSES`, a directory of license texts, compares the stored phrases with those of the texts that are there, or
    /// writes them anew with `MODEL_PHRASES_UPDATE`.
    #[test]
    fn the_stored_phrases_are_those_of_the_texts() {
        let Some(directory) = std::env::var_os("MODEL_LICENSES") else {
            println!("skipped: MODEL_LICENSES does not name a directory of license texts");
            return;
        };
        let mut texts: BTreeMap<usize, String> = BTreeMap::new();
        for entry in std::fs::read_dir(directory).unwrap() {
            let Ok(text) = std::fs::read_to_string(entry.unwrap().path()) else { continue };
            // Files of ScanCode's list begin with facts about the license.
            let text = text.strip_prefix("---\n").and_then(|rest| Some(rest.split_once("\n---\n")?.1)).unwrap_or(&text);
            if let Some(number) = models::number_of(text) {
                texts.insert(number, text.to_owned());
            }
        }
        assert!(!texts.is_empty(), "no text is known");
        let found = phrases_of(texts.iter().map(|(number, text)| (*number, text.as_str())));
        if std::env::var_os("MODEL_PHRASES_UPDATE").is_some() {
            assert_eq!(texts.len(), models::count(), "all texts are needed");
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/license/models.phrases"), written(&found))
                .unwrap();
            return;
        }
        let all = texts.keys().fold(0, |mask, number| mask | 1 << number);
        let stored = Phrases::read(STORED).unwrap().entries.into_iter().map(|(phrase, mask)| (phrase, mask & all));
        assert_eq!(Phrases::new(stored.filter(|(_, mask)| *mask != 0).collect()), found);
        println!("the phrases of {} texts are as stored", texts.len());
    }
}
