//! License texts: which licenses a text is, and what it says besides.
//!
//! A text is what it is, not what resembles the declared license: the nearest of all known texts decides.
//! Known are the texts of the SPDX list, and those of some model licenses by their phrases. Texts are compared word by word, so
//! that what differs can be quoted. White space, punctuation, case, titles, notices, filled-in names and instructions for use do not
//! count. See the SPDX matching guidelines, <https://spdx.github.io/spdx-spec/v3.0.1/annexes/license-matching-guidelines-and-templates/>.

use std::fmt;
use std::ops::Range;

use super::align::{Hunk, Run, hunks, phrases};
use super::known::{KNOWN, Known, PHRASE, bytes, find};
use super::models;
use super::phrases::{Near, PHRASES};
use super::stored;
use super::surplus;
use super::texts::{LISTED, Listed};
use super::words::{Word, words};

/// The share of the samples of a license that a text has to contain for a closer look.
const NEAR: f32 = 0.35;
/// The number of licenses that a text is aligned with, in each round.
const CANDIDATES: usize = 10;
/// The number of license texts that are looked for in one file.
const MAX_TEXTS: usize = 40;
/// The number of model licenses and policies that are looked for in one file.
const MAX_MODELS: usize = 6;
/// A title and a date, which a copy of a model license may leave out, have no more words than this.
const MAX_TITLE: usize = 20;
/// The number of places from which numbers of paragraphs are left out where they all are.
const MANY: usize = 5;
/// What differs in no more words than these is a word for another.
const FEW: usize = 3;
/// The number of words around a difference that are quoted.
const CONTEXT: usize = 6;
/// A difference of so many words may be a variant in wording.
const SMALL: usize = 4;
/// The share of its words that a license may have in variants, from 0 to 1.
const VARIANTS: f32 = 0.12;
/// Words that are not in the license and are not a notice count so much against it.
const FOREIGN_COST: f32 = 2.0;

/// The result of comparing a text with the declared licenses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Likeness {
    /// The text of a declared license.
    Same,
    /// The text of another license, with its id.
    Other(&'static str),
    /// The text of a declared license, with changes.
    Changed {
        /// The id of the license.
        id: &'static str,
        /// What the text says instead or in addition, quoted and cut.
        added: Vec<String>,
        /// What the text leaves out.
        missing: Vec<Missing>,
    },
    /// Neither the text of a declared license nor of another known license.
    Different,
    /// Nothing to compare with (`LicenseRef-…`).
    Unknown,
}

/// What a text leaves out of a license.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missing {
    /// Words of the license, cut.
    Text(String),
    /// So many words of a license whose text is not known word for word, and what the text says just before they are missing, cut.
    Words(usize, Vec<String>),
}

/// As part of a sentence, with quotations.
impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "\"{}\"", text.escape_debug()),
            Self::Words(count, after) => {
                write!(f, "about {count} {} of it", if *count == 1 { "word" } else { "words" })?;
                for (at, text) in after.iter().enumerate() {
                    write!(f, "{} \"{}\"", if at == 0 { ", after" } else { " and" }, text.escape_debug())?;
                }
                Ok(())
            }
        }
    }
}

/// A license that a text contains.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// The ids that share this text: SPDX ids, or one `LicenseRef-…` of a known model license.
    pub ids: Vec<&'static str>,
    /// Whether this is an exception, which adds to a license.
    pub is_exception: bool,
    /// What the text says instead or in addition within the license, quoted and cut.
    pub added: Vec<String>,
    /// What the text leaves out.
    pub missing: Vec<Missing>,
    /// The number of words that differ without changing the license: names and variants.
    differences: usize,
}

impl Found {
    /// Returns the first id.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.ids.first().copied().unwrap_or_default()
    }

    /// Returns whether the license is there as it is published.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.added.is_empty() && self.missing.is_empty()
    }
}

/// What a text is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Contents {
    /// The licenses, the longest first.
    pub licenses: Vec<Found>,
    /// Conditions that belong to no license, quoted and cut.
    pub surplus: Vec<String>,
    /// What else belongs to no license and is neither a condition that is known as one nor a notice, quoted and cut.
    pub remarks: Vec<String>,
}

impl Contents {
    /// Returns the license, if the text is that of one license as it is published and sets no further conditions.
    #[must_use]
    pub fn only(&self) -> Option<&Found> {
        let mut licenses = self.licenses.iter().filter(|found| !found.is_exception);
        let first = licenses.next().filter(|found| found.is_unchanged() && self.surplus.is_empty())?;
        licenses.next().is_none().then_some(first)
    }

    fn finds(&self, id: &str) -> Option<&Found> {
        self.licenses.iter().find(|found| found.ids.contains(&id))
    }
}

/// Returns the canonical text of the license with this SPDX id.
#[must_use]
pub fn canonical(id: &str) -> Option<&'static str> {
    let find = |id: &str| LISTED.iter().find(|listed| listed.id == id && !listed.is_exception).map(Listed::text);
    // `-or-later` and `-only` share the same text.
    find(id).or_else(|| find(&id.replace("-or-later", "-only")))
}

/// Returns the SHA-256 of the lower-case words of a text, which copies in other lines and with other marks have too.
#[must_use]
pub fn digest(text: &str) -> String {
    models::digest_of_words(text, |_| true).unwrap_or_default()
}

/// Returns whether the text of a model license is known, by its digest and its phrases.
#[must_use]
pub fn is_known_model_license(id: &str) -> bool {
    models::is_known(id)
}

/// Returns the id of the license that the whole text is, or `None` if it is not one license, or more than that.
///
/// If licenses share a text (`GPL-3.0-only` and `GPL-3.0-or-later`), this is the one that grants less.
#[must_use]
pub fn identify(text: &str) -> Option<&'static str> {
    contents(text).only().map(Found::id)
}

/// Finds the licenses in a text, in any order, and the conditions that belong to none.
#[must_use]
pub fn contents(text: &str) -> Contents {
    if let Some(id) = models::identify(text) {
        let found =
            Found { ids: vec![id], is_exception: false, added: Vec::new(), missing: Vec::new(), differences: 0 };
        return Contents { licenses: vec![found], ..Contents::default() };
    }
    Reader::new(text).contents()
}

/// Compares a text with the texts of the declared licenses, given by name, and returns what else it says.
///
/// A file may contain several licenses, so containing a declared license counts as the same. The conditions are those
/// that belong to no license.
#[must_use]
pub fn compare(text: &str, names: &[String]) -> (Likeness, Contents) {
    if let Some(is_declared) = models::identify(text).map(|id| names.iter().any(|other| other == id)) {
        let contents = contents(text);
        let id = contents.licenses.first().map_or("", Found::id);
        let is_comparable = names.iter().all(|id| find(id).is_some() || models::is_known(id));
        return match (is_declared, is_comparable) {
            (true, _) => (Likeness::Same, contents),
            (false, true) => (Likeness::Other(id), contents),
            (false, false) => (Likeness::Unknown, contents),
        };
    }
    let known: Vec<&'static Known> = names.iter().filter_map(|id| find(id)).collect();
    if known.is_empty() && !names.iter().any(|id| models::is_known(id)) {
        return (Likeness::Unknown, Contents::default());
    }
    let mut reader = Reader::new(text);
    // Most texts are the declared license and nothing else, which no other license can beat.
    let mut declared = None;
    for license in &known {
        match reader.only(license) {
            Some(contents) if contents.licenses.iter().all(|found| found.differences == 0) => {
                return (Likeness::Same, contents);
            }
            Some(contents) => declared = Some(contents),
            None => {}
        }
    }
    let contents = reader.contents();
    // A variant in wording is the declared license, unless there is another that has exactly this wording.
    if let Some(declared) = declared
        && contents.only().is_none_or(|found| found.differences != 0)
    {
        return (Likeness::Same, declared);
    }
    let found = names.iter().filter_map(|id| contents.finds(successor(id)));
    let best = found.min_by_key(|found| !found.is_unchanged());
    let other = contents.licenses.iter().find(|found| !found.is_exception && found.is_unchanged());
    let likeness = match (best, other) {
        (Some(found), _) if found.is_unchanged() => Likeness::Same,
        (Some(found), _) => {
            Likeness::Changed { id: found.id(), added: found.added.clone(), missing: found.missing.clone() }
        }
        (None, Some(other)) => Likeness::Other(other.id()),
        // A private license may be a public one with changes.
        (None, None) if known.is_empty() => Likeness::Unknown,
        (None, None) => Likeness::Different,
    };
    (likeness, contents)
}

/// Returns the current id that shares the text of a deprecated GNU id.
fn successor(id: &str) -> &str {
    find(id).and_then(|known| known.ids.iter().find(|other| **other == id).or(known.ids.first())).map_or(id, |id| id)
}

/// An alignment of a text with one license.
struct Match {
    license: &'static Known,
    runs: Vec<Run>,
    hunks: Vec<Hunk>,
    score: f32,
    /// The number of words that differ, except in notices and what may be filled in.
    differences: usize,
    /// The ids of other licenses that the text is as near to, because their texts have the same words.
    also: Vec<&'static str>,
}

impl Match {
    /// Returns the words of the text from the first to the last that belong to the license.
    fn span(&self) -> Range<usize> {
        let end = self.runs.last().map_or(0, |run| run.text + run.length);
        self.runs.first().map_or(0, |run| run.text)..end
    }
}

/// A text that licenses are found in.
struct Reader<'a> {
    text: &'a str,
    places: Vec<Word>,
    words: Vec<u32>,
    /// The words that no license has claimed.
    free: Vec<bool>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        let places = words(text);
        let words = places.iter().map(|word| word.hash).collect();
        let free = vec![true; places.len()];
        Self { text, places, words, free }
    }

    /// Returns the text of a range of words, with the punctuation between them.
    fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(bytes(&self.places, range)).unwrap_or_default()
    }

    /// Returns the contents if the text is this license and nothing else.
    fn only(&mut self, license: &'static Known) -> Option<Contents> {
        let found = self.align(license)?;
        let missing = self.claim(&found);
        if !missing.is_empty() {
            self.free.fill(true);
            return None;
        }
        let contents = self.finish(vec![(found, missing)], &[]);
        self.free.fill(true);
        contents.only().is_some().then_some(contents)
    }

    fn contents(&mut self) -> Contents {
        let contents = self.contents_besides(&[]);
        if contents.only().is_some() {
            return contents;
        }
        match self.claim_models() {
            models if models.is_empty() => contents,
            models => self.contents_besides(&models),
        }
    }

    /// Returns the contents of a text in which model licenses have claimed their words.
    fn contents_besides(&mut self, models: &[Near]) -> Contents {
        let mut found = Vec::new();
        while found.len() < MAX_TEXTS {
            let Some(best) = self.nearest() else { break };
            let result = self.claim(&best);
            found.push((best, result));
        }
        let contents = self.finish(found, models);
        self.free.fill(true);
        contents
    }

    /// Takes the words of model licenses and their policies out of the free ones.
    fn claim_models(&mut self) -> Vec<Near> {
        let mut models = Vec::new();
        while models.len() < MAX_MODELS {
            let Some(near) = PHRASES.nearest(&self.words, &self.free) else { break };
            for run in &near.runs {
                self.free[run.clone()].fill(false);
            }
            models.push(near);
        }
        models
    }

    /// Returns what a text leaves out of a model license.
    fn left_out(&self, near: &Near) -> Vec<Missing> {
        let seams: Vec<usize> = near.seams().collect();
        // Copies often have no numbers and letters in front of paragraphs.
        let are_markers = seams.len() >= MANY && near.left_out <= 2 * near.runs.len();
        if near.left_out > MAX_TITLE || !seams.is_empty() && !are_markers {
            let before = |seam: &usize| surplus::squeezed(self.slice(seam.saturating_sub(CONTEXT)..*seam));
            return vec![Missing::Words(near.left_out.max(seams.len()), seams.iter().take(3).map(before).collect())];
        }
        Vec::new()
    }

    /// Returns the known text that most of the free words belong to.
    #[allow(clippy::as_conversions, clippy::cast_precision_loss, reason = "scores need no precision")]
    fn nearest(&self) -> Option<Match> {
        let bits = (self.words.len() * 64).next_power_of_two().clamp(1 << 14, 1 << 21);
        let mut filter = vec![0_u64; bits / 64];
        let place = |reduced: u32| {
            let bit = usize::try_from(reduced).unwrap_or(0) & (bits - 1);
            (bit / 64, 1 << (bit % 64))
        };
        let mut count = 0;
        for (at, phrase) in phrases(&self.words, PHRASE).enumerate() {
            if self.free[at..at + PHRASE].iter().all(|free| *free) {
                let (word, bit) = place(stored::reduced(phrase));
                filter[word] |= bit;
                count += 1;
            }
        }
        if count < 8 {
            return None;
        }
        let mut near: Vec<(f32, &'static Known)> = Vec::new();
        for known in KNOWN.iter() {
            let sample = known.sample();
            let length = sample.len();
            let hits = sample.filter(|phrase| {
                let (word, bit) = place(*phrase);
                filter[word] & bit != 0
            });
            let share = hits.count() as f32 / length.max(1) as f32;
            if share >= NEAR {
                near.push((known.bytes as f32 * 3.0_f32.mul_add(share, -1.6), known));
            }
        }
        near.sort_by(|a, b| b.0.total_cmp(&a.0));
        near.truncate(CANDIDATES);
        self.best(near.into_iter().map(|(_, known)| known))
    }

    /// Returns the candidate with the highest score above zero.
    #[allow(clippy::as_conversions, clippy::cast_precision_loss, reason = "scores need no precision")]
    fn best(&self, candidates: impl Iterator<Item = &'static Known>) -> Option<Match> {
        let counts = Counts::of(&self.words, &self.free);
        let mut best: Option<Match> = None;
        for known in candidates {
            match &mut best {
                Some(best) if has_same_words(best.license, known) => {
                    best.also.extend(&known.ids);
                    continue;
                }
                // No score is higher than the number of words in common.
                Some(best) if counts.common(known.words()) as f32 <= best.score => continue,
                _ => {}
            }
            let Some(other) = self.align(known).filter(|found| found.score > 0.0) else { continue };
            if best.as_ref().is_none_or(|best| other.score > best.score) {
                best = Some(other);
            }
        }
        best
    }

    /// Aligns the free words with a license.
    #[allow(clippy::as_conversions, clippy::cast_precision_loss, reason = "scores need no precision")]
    fn align(&self, license: &'static Known) -> Option<Match> {
        let index = license.index();
        let runs = index.align(&self.words, &self.free);
        let matched: usize = runs.iter().map(|run| run.length).sum();
        if matched < 4 {
            return None;
        }
        let hunks = hunks(&runs, index.words().len());
        let (mut foreign, mut harmless, mut differences) = (0, 0, 0);
        for hunk in &hunks {
            let optional = hunk.license.clone().filter(|word| license.is_optional(*word)).count();
            let missing = hunk.license.len() - optional;
            let is_name = self.is_name(license, hunk);
            let added = hunk.text.clone().filter(|word| self.free[*word]).count();
            if added > 0 && hunk.license.clone().any(|word| license.is_title(word)) {
                differences += 1;
            }
            if is_name || surplus::is_markers(self.slice(hunk.text.clone())) && missing <= 1 {
                harmless += missing.max(added) + optional;
                differences += missing;
            } else if surplus::is_notice(self.slice(hunk.text.clone())) {
                foreign += missing;
                harmless += added + optional;
            } else {
                foreign += missing + added.min(80);
                differences += missing + added;
                harmless += optional;
            }
        }
        let score = FOREIGN_COST.mul_add(-(foreign as f32), matched as f32) - 0.2 * harmless as f32;
        Some(Match { license, runs, hunks, score, differences, also: Vec::new() })
    }

    /// Returns whether a difference is a name that was filled in or replaced.
    fn is_name(&self, license: &Known, hunk: &Hunk) -> bool {
        const NAMES: &[&str] = &[
            "copyright",
            "holder",
            "holders",
            "owner",
            "owners",
            "author",
            "authors",
            "contributor",
            "contributors",
            "company",
            "organization",
            "regents",
            "university",
            "of",
            "the",
            "california",
            "berkeley",
            "institute",
            "foundation",
            "inc",
            "corporation",
            "and",
            "its",
            "or",
            "s",
            "name",
            "names",
            "year",
            "yyyy",
            "licensor",
            "by",
        ];
        let theirs = license.text().get(license.bytes(hunk.license.clone())).unwrap_or_default();
        let ours = self.slice(hunk.text.clone());
        if hunk.license.is_empty() || hunk.text.len() > 14 || surplus::is_weighty(ours, theirs) || ours.contains("\n\n")
        {
            return false;
        }
        let mut words = hunk.license.clone();
        words.all(|word| {
            let place = license.bytes(word..word + 1);
            let word_text = license.text().get(place).unwrap_or_default().to_lowercase();
            license.is_optional(word) || NAMES.contains(&word_text.as_str())
        })
    }

    /// Returns whether a difference is in how the paragraphs are numbered.
    fn is_numbering(&self, license: &Known, hunk: &Hunk) -> bool {
        let begins_line = |text: &str, at: usize| {
            let before = text.get(..at).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
            !before.contains(char::is_alphanumeric)
        };
        let (ours, theirs) = (bytes(&self.places, hunk.text.clone()), license.bytes(hunk.license.clone()));
        begins_line(self.text, ours.start) && begins_line(license.text(), theirs.start)
    }

    /// Returns whether the title has another version: "Version 0.5" is not "Version 1.0", though a copy may have another title or
    /// none.
    fn has_another_version(&self, license: &Known, hunk: &Hunk) -> bool {
        let theirs = license.text().get(license.bytes(hunk.license.clone())).unwrap_or_default();
        let is_number = !theirs.is_empty() && !theirs.contains(char::is_alphabetic);
        if !is_number || !hunk.license.clone().all(|word| license.is_title(word)) {
            return false;
        }
        let at = bytes(&self.places, hunk.text.start.saturating_sub(1)..hunk.text.start.saturating_sub(1) + 1).start;
        let line = self.text[..at].rsplit('\n').next().unwrap_or_default().len();
        let line = self.text[at - line..].lines().next().unwrap_or_default();
        let version = |text| {
            let mut numbers = numbers_of(text);
            numbers.truncate(numbers.iter().rposition(|number| *number != "0").map_or(0, |last| last + 1));
            numbers
        };
        let (ours, theirs) = (version(line), version(license.title()));
        !ours.is_empty() && ours != theirs
    }

    /// Takes the words of a license out of the free ones, and returns what it leaves out.
    #[allow(clippy::as_conversions, clippy::cast_precision_loss, reason = "shares need no precision")]
    fn claim(&mut self, found: &Match) -> Vec<Missing> {
        let license = found.license;
        for run in &found.runs {
            self.free[run.text..run.text + run.length].fill(false);
        }
        let (mut missing, mut variants): (Vec<Missing>, Vec<(usize, String)>) = (Vec::new(), Vec::new());
        let mut count = 0;
        for hunk in &found.hunks {
            let ours = self.slice(hunk.text.clone());
            let theirs = license.text().get(license.bytes(hunk.license.clone())).unwrap_or_default();
            if self.has_another_version(license, hunk) {
                missing.push(Missing::Text(surplus::squeezed(license.title())));
                continue;
            }
            if self.is_name(license, hunk) {
                self.free[hunk.text.clone()].fill(false);
                continue;
            }
            let left_out = hunk.license.clone().filter(|word| !license.is_optional(*word)).count();
            let are_years = !theirs.chars().any(char::is_alphabetic) && numbers_of(theirs).is_empty();
            let is_marker =
                surplus::is_markers(theirs) && (!differs_in_numbers(ours, theirs) || self.is_numbering(license, hunk));
            if left_out == 0 || are_years || is_marker {
                continue;
            }
            let is_at_edge = hunk.license.start == 0 || hunk.license.end == license.index().words().len();
            if surplus::is_credit(theirs, is_at_edge && hunk.text.is_empty()) {
                continue;
            }
            let is_small = left_out <= SMALL && !surplus::is_weighty(theirs, ours) && !differs_in_numbers(ours, theirs);
            if is_small {
                count += left_out;
                variants.push((left_out, surplus::squeezed(theirs)));
                // A word for another is not an addition, as long as it does not limit anything.
                if hunk.text.len() <= SMALL + 1 && !surplus::is_weighty(ours, theirs) {
                    self.free[hunk.text.clone()].fill(false);
                }
            } else {
                missing.push(Missing::Text(surplus::squeezed(theirs)));
            }
        }
        let length = license.index().words().len();
        if count > SMALL && count as f32 > length as f32 * VARIANTS {
            variants.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
            missing.extend(variants.into_iter().map(|(_, text)| Missing::Text(text)));
        }
        missing
    }

    /// Sorts the words that no license claims into additions to licenses and conditions of their own.
    fn finish(&mut self, found: Vec<(Match, Vec<Missing>)>, models: &[Near]) -> Contents {
        self.free_of_repetitions(&found);
        let mut licenses: Vec<Found> = Vec::new();
        let mut spans: Vec<(Range<usize>, usize)> = Vec::new();
        for near in models {
            // A policy is part of the license that refers to it.
            let id = models::id(near.text);
            let at = licenses.iter().position(|other| other.ids == [id]).unwrap_or(licenses.len());
            let missing = self.left_out(near);
            match licenses.get_mut(at) {
                Some(license) => license.missing.extend(missing),
                None => licenses.push(Found {
                    ids: vec![id],
                    is_exception: false,
                    added: Vec::new(),
                    missing,
                    differences: 0,
                }),
            }
            spans.push((near.span(), at));
        }
        for (found, missing) in &found {
            // The same license twice in a file is one license.
            let mut ids = [found.license.ids.as_slice(), &found.also].concat();
            ids.sort_by_key(|id| spdx::license_id(id).is_none_or(spdx::LicenseId::is_deprecated));
            ids = ids.iter().enumerate().filter(|(at, id)| !ids[..*at].contains(id)).map(|(_, id)| *id).collect();
            let at = licenses.iter().position(|other| other.ids == ids).unwrap_or(licenses.len());
            match licenses.get_mut(at) {
                Some(other) if missing.len() < other.missing.len() => other.missing.clone_from(missing),
                Some(_) => {}
                None => licenses.push(Found {
                    ids,
                    is_exception: found.license.is_exception,
                    added: Vec::new(),
                    missing: missing.clone(),
                    differences: found.differences,
                }),
            }
            spans.push((found.span(), at));
        }
        let (mut surplus, mut remarks) = (Vec::new(), Vec::new());
        for part in self.free_parts() {
            let bytes = bytes(&self.places, part.clone());
            let line_before = self.text[..bytes.start].rsplit('\n').next().unwrap_or_default();
            let line_after = self.text[bytes.end..].split('\n').next().unwrap_or_default();
            let is_inside = [line_before, line_after].iter().any(|side| side.chars().any(char::is_alphanumeric));
            let inside = spans.iter().filter(|(span, _)| span.start <= part.start && part.end <= span.end);
            let inside = inside.min_by_key(|(span, _)| span.len()).map(|(_, at)| *at);
            // What an optional part of a license says in addition is not part of its terms.
            let is_in_terms = found.iter().all(|(found, _)| {
                let hunk = found.hunks.iter().find(|hunk| hunk.text.start <= part.start && part.end <= hunk.text.end);
                hunk.is_none_or(|hunk| !found.license.is_optional(hunk.license.start.saturating_sub(1)))
            });
            let is_in_model = models.iter().any(|near| near.span().start <= part.start && part.end <= near.span().end);
            // A paragraph of its own may begin and end with words that also follow in the license.
            let few = |side: &str| side.split_whitespace().count() <= FEW;
            let is_paragraph = is_in_model && few(line_before) && few(line_after);
            let is_inside = is_inside && inside.is_some() && is_in_terms && !is_paragraph;
            let surplus::Said { mut conditions, remarks: other } = surplus::said(&self.text[bytes], is_inside);
            remarks.extend(other);
            // Where a text is known by its phrases, a number in the place of another is the limit that was changed.
            let near = self.slice(part.start.saturating_sub(FEW)..(part.end + FEW).min(self.places.len()));
            let is_limit = is_in_model && part.len() <= FEW && has_limit(self.slice(part.clone()), near);
            if is_limit && conditions.is_empty() {
                let around = part.start.saturating_sub(CONTEXT)..(part.end + CONTEXT).min(self.places.len());
                conditions.push(surplus::squeezed(self.slice(around)));
            }
            match inside.and_then(|at| licenses.get_mut(at)) {
                Some(license) => license.added.extend(conditions),
                None => surplus.extend(conditions),
            }
        }
        if !licenses.is_empty() {
            let is_contained = |id: &str| licenses.iter().any(|found| found.ids.contains(&id));
            surplus.extend(surplus::contradicting_tags(self.text, is_contained));
        }
        Contents { licenses, surplus, remarks }
    }

    /// Claims what repeats a license that was found, or a notice by which a common license is applied.
    fn free_of_repetitions(&mut self, found: &[(Match, Vec<Missing>)]) {
        const NOTICES: &[&str] =
            &["Apache-2.0", "GPL-3.0-only", "GPL-2.0-only", "LGPL-2.1-only", "AGPL-3.0-only", "MPL-2.0"];
        let parts = self.free_parts();
        if parts.iter().map(Range::len).sum::<usize>() < 8 {
            return;
        }
        let mut known: Vec<(&'static Known, usize)> = found.iter().map(|(found, _)| (found.license, 6)).collect();
        known.extend(NOTICES.iter().filter_map(|id| Some((find(id)?, 8))));
        for (license, length) in known {
            for range in license.index().repeated(&self.words, &self.free, length) {
                self.free[range].fill(false);
            }
        }
    }

    /// Returns the ranges of free words.
    fn free_parts(&self) -> Vec<Range<usize>> {
        let mut parts: Vec<Range<usize>> = Vec::new();
        for (at, _) in self.free.iter().enumerate().filter(|(_, free)| **free) {
            match parts.last_mut() {
                Some(last) if last.end == at => last.end = at + 1,
                _ => parts.push(at..at + 1),
            }
        }
        parts
    }
}

/// Returns whether two licenses differ only in what does not count.
fn has_same_words(a: &Known, b: &Known) -> bool {
    let (a, b) = (a.words(), b.words());
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.hash == b.hash)
}

/// How often words occur in a text. Words may share a place, so that a count may be too high.
struct Counts(Vec<u16>);

impl Counts {
    const PLACES: usize = 1 << 13;

    fn of(words: &[u32], free: &[bool]) -> Self {
        let mut counts = vec![0_u16; Self::PLACES];
        for (word, _) in words.iter().zip(free).filter(|(_, free)| **free) {
            let count = &mut counts[Self::place(*word)];
            *count = count.saturating_add(1);
        }
        Self(counts)
    }

    fn place(word: u32) -> usize {
        usize::try_from(word).unwrap_or(0) % Self::PLACES
    }

    /// Returns the most words that an alignment with the text can match.
    fn common(&self, license: &[Word]) -> usize {
        let mut left = self.0.clone();
        let matched = license.iter().filter(|word| {
            let count = &mut left[Self::place(word.hash)];
            let is_left = *count > 0;
            *count = count.saturating_sub(1);
            is_left
        });
        matched.count()
    }
}

/// Returns whether the texts have different numbers, which may be limits or versions.
fn differs_in_numbers(a: &str, b: &str) -> bool {
    let (a, b) = (numbers_of(a), numbers_of(b));
    !a.is_empty() && !b.is_empty() && a != b
}

/// Returns whether text has a number that may be a limit: neither that of a paragraph nor part of a date, which has a year near it.
fn has_limit(text: &str, near: &str) -> bool {
    let is_year = |word: &str| word.len() == 4 && (word.starts_with("19") || word.starts_with("20"));
    let is_dated = near.split(|c: char| !c.is_alphanumeric()).any(is_year);
    let is_limit = |number: &&str| number.len() > 1 && number.bytes().all(|byte| byte.is_ascii_digit());
    !is_dated && numbers_of(text).iter().any(is_limit)
}

/// Returns the numbers in a text, except years, which are those of notices.
fn numbers_of(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let is_year = |word: &&str| word.len() == 4 && (word.starts_with("19") || word.starts_with("20"));
    words.filter(|word| !is_year(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_words_in_common_bound_every_score() {
        let (text, license) = (words("a b a c d"), words("a a a b e"));
        let hashes: Vec<u32> = text.iter().map(|word| word.hash).collect();
        assert_eq!(Counts::of(&hashes, &[true; 5]).common(&license), 3);
        assert_eq!(Counts::of(&hashes, &[true, true, false, true, true]).common(&license), 2);
        assert_eq!(Counts::of(&hashes, &[false; 5]).common(&license), 0);
    }

    #[test]
    fn licenses_with_the_same_words_are_all_named() {
        for known in KNOWN.iter().step_by(25).filter(|known| !known.is_exception) {
            let found = contents(known.text());
            let same = KNOWN.iter().filter(|other| !other.is_exception && has_same_words(known, other));
            for id in same.flat_map(|other| &other.ids) {
                assert!(found.only().is_some_and(|found| found.ids.contains(id)), "{id}: {found:?}");
            }
        }
    }
}
