//! Aligns a text with a known license text: which words they share in the same order, and where they differ.
//!
//! Runs of equal words are found by their first three words, and the best chain of runs is kept. The time is linear in
//! the text, except for the chain, whose number of runs is limited.

use std::ops::Range;

/// The number of words by which runs are found.
const SEED: usize = 3;
/// A phrase that occurs more often in the license is not used to find runs.
const MAX_PLACES: usize = 6;
/// The number of runs that are chained; the longest are kept.
const MAX_RUNS: usize = 320;
/// The cost of skipping one word of the text between two runs, and its limit.
const SKIP_COST: f32 = 0.3;
const MAX_SKIP_COST: f32 = 60.0;
/// The longest gap, in words, in which single equal words are found.
const MAX_GAP: usize = 160;

/// A license text, prepared for alignment.
#[derive(Debug)]
pub(super) struct Index {
    words: Vec<u32>,
    heads: Vec<u32>,
    next: Vec<u32>,
}

/// Words that follow each other in both texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) text: usize,
    pub(super) license: usize,
    pub(super) length: usize,
}

/// A place where the texts differ: words of the text instead of words of the license. One of the two may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hunk {
    pub(super) text: Range<usize>,
    pub(super) license: Range<usize>,
}

const NOWHERE: u32 = u32::MAX;

fn key(words: &[u32]) -> u32 {
    words.iter().fold(0, |key: u32, word| (key.rotate_left(9) ^ word).wrapping_mul(0x9e37_79b1))
}

/// Returns the hashes of all sequences of `length` words.
pub(super) fn phrases(words: &[u32], length: usize) -> impl Iterator<Item = u32> {
    words.windows(length).map(key)
}

impl Index {
    pub(super) fn new(words: Vec<u32>) -> Self {
        let size = (words.len() * 2).next_power_of_two().max(16);
        let mut heads = vec![NOWHERE; size];
        let mut next = vec![NOWHERE; words.len()];
        for (at, seed) in words.windows(SEED).enumerate() {
            let bucket = bucket(seed, size);
            next[at] = heads[bucket];
            heads[bucket] = u32::try_from(at).unwrap_or(NOWHERE);
        }
        Self { words, heads, next }
    }

    /// Returns the words of the license.
    pub(super) fn words(&self) -> &[u32] {
        &self.words
    }

    /// Calls `found` for the places in the license where the seed occurs.
    fn places(&self, seed: &[u32], mut found: impl FnMut(usize)) {
        let mut at = self.heads[bucket(seed, self.heads.len())];
        let (mut places, mut steps) = (0, 0);
        while let Some(place) = usize::try_from(at).ok().filter(|place| *place < self.words.len()) {
            if self.words[place..].starts_with(seed) {
                found(place);
                places += 1;
            }
            steps += 1;
            if places == MAX_PLACES || steps == 64 {
                return;
            }
            at = self.next[place];
        }
    }

    /// Returns the runs of at least three words that the text shares with the license. Words that are not `free` are in no run.
    fn runs(&self, text: &[u32], free: &[bool]) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        // The end of the last run on each diagonal, by its remainder; a clash only finds a run twice.
        let mut ends = vec![(0_usize, 0_usize); 4096];
        for (at, seed) in text.windows(SEED).enumerate() {
            if !free[at] {
                continue;
            }
            self.places(seed, |place| {
                let diagonal = place.wrapping_sub(at);
                let last = &mut ends[diagonal % 4096];
                if last.0 == diagonal && last.1 > at {
                    return;
                }
                let same = text[at..].iter().zip(&free[at..]).zip(&self.words[place..]);
                let length = same.take_while(|((a, free), b)| **free && a == b).count();
                *last = (diagonal, at + length);
                if length >= SEED {
                    runs.push(Run { text: at, license: place, length });
                }
            });
        }
        runs
    }

    /// Returns how many of the words, by their positions, are in a sequence of at least `length` words that the license
    /// contains.
    pub(super) fn repeated(&self, text: &[u32], free: &[bool], length: usize) -> Vec<Range<usize>> {
        let runs = self.runs(text, free).into_iter().filter(|run| run.length >= length);
        runs.map(|run| run.text..run.text + run.length).collect()
    }

    /// Returns the best chain of runs.
    pub(super) fn align(&self, text: &[u32], free: &[bool]) -> Vec<Run> {
        let mut runs = self.runs(text, free);
        if runs.len() > MAX_RUNS {
            runs.sort_by_key(|run| std::cmp::Reverse(run.length));
            runs.truncate(MAX_RUNS);
        }
        runs.sort_by_key(|run| (run.text, run.license));
        let chain = chain(&runs);
        self.fill(text, free, &chain)
    }

    /// Adds the single words that the texts share between the runs.
    fn fill(&self, text: &[u32], free: &[bool], chain: &[Run]) -> Vec<Run> {
        let Some(first) = chain.first() else { return Vec::new() };
        let mut all = Vec::with_capacity(chain.len() * 2);
        // Before the first run and after the last one, as many words as the license has there are looked at.
        let mut from = (first.text.saturating_sub(first.license + 12), 0);
        let after = chain.last().map_or(0, |last| {
            (last.text + last.length + self.words.len().saturating_sub(last.license + last.length) + 12).min(text.len())
        });
        let end = Run { text: after, license: self.words.len(), length: 0 };
        for run in chain.iter().chain([&end]) {
            let (a, b) = (from.0..run.text.max(from.0), from.1..run.license.max(from.1));
            if !a.is_empty() && !b.is_empty() && a.len() <= MAX_GAP && b.len() <= MAX_GAP {
                common(&text[a.clone()], &free[a.clone()], &self.words[b.clone()], |i, j| {
                    let (i, j) = (a.start + i, b.start + j);
                    match all.last_mut() {
                        Some(Run { text, license, length }) if *text + *length == i && *license + *length == j => {
                            *length += 1;
                        }
                        _ => all.push(Run { text: i, license: j, length: 1 }),
                    }
                });
            }
            if run.length > 0 {
                all.push(*run);
                from = (run.text + run.length, run.license + run.length);
            }
        }
        all
    }
}

fn bucket(seed: &[u32], size: usize) -> usize {
    let key = key(seed);
    usize::try_from(key ^ (key >> 15)).unwrap_or(0) & (size - 1)
}

/// Returns the chain of runs, in order in both texts, with the most words and the least skipped.
#[allow(clippy::as_conversions, clippy::cast_precision_loss, reason = "scores need no precision")]
fn chain(runs: &[Run]) -> Vec<Run> {
    let mut best: Vec<(f32, Option<usize>)> = Vec::with_capacity(runs.len());
    for (at, run) in runs.iter().enumerate() {
        let mut chosen = (run.length as f32, None);
        for (before, other) in runs[..at].iter().enumerate() {
            if other.text >= run.text || other.license >= run.license {
                continue;
            }
            let overlap = (other.text + other.length)
                .saturating_sub(run.text)
                .max((other.license + other.length).saturating_sub(run.license));
            if overlap >= run.length {
                continue;
            }
            let skipped = (run.text + overlap) - (other.text + other.length);
            let lost = (run.license + overlap) - (other.license + other.length);
            let cost = (skipped as f32 * SKIP_COST).min(MAX_SKIP_COST) + (lost as f32 * 0.05).min(20.0);
            let score = best[before].0 + (run.length - overlap) as f32 - cost;
            if score > chosen.0 {
                chosen = (score, Some(before));
            }
        }
        best.push(chosen);
    }
    let last = best.iter().enumerate().max_by(|a, b| a.1.0.total_cmp(&b.1.0)).map(|(at, _)| at);
    let mut chain = Vec::new();
    let mut at = last;
    while let Some(run) = at {
        chain.push(runs[run]);
        at = best[run].1;
    }
    chain.reverse();
    let mut end = (0, 0);
    for run in &mut chain {
        let overlap = end.0.max(run.text) - run.text;
        let overlap = overlap.max(end.1.max(run.license) - run.license).min(run.length);
        *run = Run { text: run.text + overlap, license: run.license + overlap, length: run.length - overlap };
        end = (run.text + run.length, run.license + run.length);
    }
    chain.retain(|run| run.length > 0);
    chain
}

/// Calls `found` for each pair of the longest common subsequence.
fn common(a: &[u32], free: &[bool], b: &[u32], mut found: impl FnMut(usize, usize)) {
    let width = b.len() + 1;
    let mut table = vec![0_u16; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            table[i * width + j] = if free[i] && a[i] == b[j] {
                table[(i + 1) * width + j + 1] + 1
            } else {
                table[(i + 1) * width + j].max(table[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        if free[i] && a[i] == b[j] && table[i * width + j] == table[(i + 1) * width + j + 1] + 1 {
            found(i, j);
            (i, j) = (i + 1, j + 1);
        } else if table[(i + 1) * width + j] >= table[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
}

/// Returns the places where the texts differ: before, between and after the runs. What the text has before the first run
/// and after the last one is not part of a hunk.
pub(super) fn hunks(runs: &[Run], license_length: usize) -> Vec<Hunk> {
    let Some(first) = runs.first() else { return Vec::new() };
    let mut hunks = Vec::new();
    let mut end = (first.text, 0);
    for run in runs {
        if run.text > end.0 || run.license > end.1 {
            hunks.push(Hunk { text: end.0..run.text, license: end.1..run.license });
        }
        end = (run.text + run.length, run.license + run.length);
    }
    if end.1 < license_length {
        hunks.push(Hunk { text: end.0..end.0, license: end.1..license_length });
    }
    hunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::words::words;

    fn aligned(text: &str, license: &str) -> Vec<(String, String)> {
        let split = |text: &str| words(text).iter().map(|word| word.hash).collect::<Vec<u32>>();
        let (a, index) = (split(text), Index::new(split(license)));
        let runs = index.align(&a, &vec![true; a.len()]);
        let plain = |text: &str, range: Range<usize>| {
            text.split_whitespace().skip(range.start).take(range.len()).collect::<Vec<_>>().join(" ")
        };
        let hunks = hunks(&runs, index.words().len()).into_iter();
        hunks.map(|hunk| (plain(text, hunk.text), plain(license, hunk.license))).collect()
    }

    #[test]
    fn insertions_deletions_and_replacements_are_found() {
        let license = "you may use this work for any purpose at all if you keep this notice with it";
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(aligned(license, license), []);
        let text = "you may use this work for any good purpose at all if you keep this notice with it";
        assert_eq!(aligned(text, license), [pair("good", "")]);
        let text = "intro you may use this work for any purpose at all with it outro";
        assert_eq!(aligned(text, license), [pair("", "if you keep this notice")]);
        let text = "you may use this model for any purpose at all if you keep this notice with it";
        assert_eq!(aligned(text, license), [pair("model", "work")]);
    }

    #[test]
    fn the_whole_copy_is_chosen_and_not_parts_of_two() {
        let license = "one two three four five six seven eight nine ten eleven twelve";
        let text = "one two three four x x x x one two three four five six seven eight nine ten eleven twelve";
        assert_eq!(aligned(text, license), []);
    }
}
