//! Searches sets of candidates for the smallest that reach a goal. Every step evaluates a changed manifest.

use super::candidates::Candidate;
use super::goal::{Goal, Standing};
use crate::manifest::draft::{Change, Draft, DraftError};

/// The most evaluations of one search.
const MAX_EVALUATIONS: usize = 3000;
/// The most bytes of manifests that are read in one search, unless it needs more to find a single answer.
const MAX_BYTES: usize = 24 * 1024 * 1024;
/// The most combinations of values that are tried where one of several values of a key is needed.
const MAX_COMBINATIONS: usize = 16;
/// The most answers that are listed.
pub(super) const MAX_ANSWERS: usize = 10;
/// How much of a score two changes may gain together beyond what each gains alone: the conditions of one dimension and a
/// half of the twelve of the OSAI index.
const JOINT_GAIN: f64 = 0.125;

/// The result of a search.
#[derive(Debug)]
pub(super) enum Found {
    /// No change is needed.
    Reached(Standing),
    /// Sets of candidates, each by its place in the list.
    Answers { before: Standing, sets: Vec<Vec<usize>>, all: bool },
    /// The goal is not reached with all candidates.
    Unreachable { before: Standing, after: Standing },
}

pub(super) struct Search<'a> {
    draft: &'a Draft,
    goal: &'a Goal,
    candidates: &'a [Candidate],
    /// The change that each candidate is.
    changes: &'a [Change],
    /// For the license of a component that is not declared, the candidates that declare it.
    declared_by: Vec<Option<Vec<usize>>>,
    /// Evaluations that are left.
    left: usize,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        draft: &'a Draft,
        goal: &'a Goal,
        candidates: &'a [Candidate],
        changes: &'a [Change],
    ) -> Result<Self, DraftError> {
        let bytes = draft.with(&[])?.source.text().len().max(1);
        let left = MAX_EVALUATIONS.min(MAX_BYTES / bytes);
        let declared_by = candidates.iter().map(|candidate| declaring(candidate, draft, candidates)).collect();
        Ok(Self { draft, goal, candidates, changes, declared_by, left })
    }

    /// Runs the search.
    pub(super) fn run(mut self) -> Result<Found, DraftError> {
        let before = self.standing(&[])?;
        if before.holds {
            return Ok(Found::Reached(before));
        }
        let best: Vec<usize> = (0..self.candidates.len()).filter(|at| self.candidates[*at].is_best).collect();
        let after = self.standing(&best)?;
        if !after.holds {
            return Ok(Found::Unreachable { before, after });
        }
        let needed = self.needed(&best)?;
        let optional = self.relevant(&before, &needed)?;
        let fallback = self.fallback(&needed, &optional)?;
        let (mut sets, all) = self.smallest(&needed, &optional, fallback.len())?;
        if sets.is_empty() {
            sets.push(fallback);
        }
        let mut proved: Vec<Vec<usize>> = Vec::new();
        for set in sets {
            let set = self.shrink(&set, &[])?;
            if !proved.contains(&set) {
                proved.push(set);
            }
        }
        self.drop_dominated(&mut proved);
        Ok(Found::Answers { before, sets: proved, all })
    }

    fn standing(&mut self, set: &[usize]) -> Result<Standing, DraftError> {
        self.left = self.left.saturating_sub(1);
        // The license of a component that is not declared says nothing, but makes the manifest invalid.
        let is_declared = |at: &&usize| {
            self.declared_by[**at].as_ref().is_none_or(|declaring| declaring.iter().any(|other| set.contains(other)))
        };
        let mut parsed = self.draft.with(set.iter().filter(is_declared).map(|at| &self.changes[*at]))?;
        let standing = self.goal.check(&mut parsed.manifest);
        // A change that breaks the manifest reaches nothing.
        Ok(Standing { holds: standing.holds && parsed.is_sound(), ..standing })
    }

    /// Returns what the goal is not reached without.
    fn needed(&mut self, best: &[usize]) -> Result<Needed, DraftError> {
        let mut needed = Needed::default();
        for at in best.iter().copied() {
            let others: Vec<usize> = best.iter().copied().filter(|other| *other != at).collect();
            if self.standing(&others)?.holds || self.reaches_with_weaker(&others)? {
                continue;
            }
            let mut values = Vec::new();
            for value in self.of_key(at) {
                if value == at || self.standing(&joined(&others, value))?.holds {
                    values.push(value);
                }
            }
            needed.best.push(at);
            needed.values.push(values);
        }
        Ok(needed)
    }

    /// Returns whether a set reaches the goal if one of its values is weaker: a release that says that it is fully open
    /// without its weights is nothing, but without them it may be hosted.
    fn reaches_with_weaker(&mut self, set: &[usize]) -> Result<bool, DraftError> {
        for at in set.iter().copied().filter(|at| self.candidates[*at].rank > 0).collect::<Vec<_>>() {
            let others: Vec<usize> = set.iter().copied().filter(|other| *other != at).collect();
            for weaker in self.of_key(at).into_iter().filter(|other| *other != at) {
                if self.standing(&joined(&others, weaker))?.holds {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn of_key(&self, at: usize) -> Vec<usize> {
        let same = |other: &usize| self.candidates[*other].key == self.candidates[at].key;
        (0..self.candidates.len()).filter(same).collect()
    }

    /// Returns the candidates that could be added to those that are needed: those that change how the manifest stands, now
    /// or with the needed ones, and the license of a component that could be opened if the license matters then.
    fn relevant(&mut self, before: &Standing, needed: &Needed) -> Result<Vec<usize>, DraftError> {
        let with_needed = self.standing(&needed.best)?;
        let mut relevant: Vec<usize> = Vec::new();
        for at in 0..self.candidates.len() {
            if needed.values.iter().flatten().any(|value| self.candidates[*value].key == self.candidates[at].key) {
                continue;
            }
            let mut matters = self.standing(&joined(&needed.best, at))?.differs(&with_needed)
                || self.standing(&[at])?.differs(before);
            if let Some(opened) = self.opens(at, &relevant).filter(|_| !matters) {
                let opened = joined(&needed.best, opened);
                let without = self.standing(&opened)?;
                matters = self.standing(&joined(&opened, at))?.differs(&without);
            }
            if matters {
                relevant.push(at);
            }
        }
        Ok(relevant)
    }

    /// Returns which of `others` opens the component whose license a candidate is.
    fn opens(&self, at: usize, others: &[usize]) -> Option<usize> {
        let component = self.candidates[at].key.strip_suffix(".license")?;
        let opens = |key: &str| key.strip_suffix(".openness").is_some_and(|opened| opened == component);
        others.iter().copied().find(|other| opens(&self.candidates[*other].key))
    }

    /// Returns a set that reaches the goal and of which no member can be left out; not always the smallest.
    fn fallback(&mut self, needed: &Needed, optional: &[usize]) -> Result<Vec<usize>, DraftError> {
        let best: Vec<usize> = optional.iter().copied().filter(|at| self.candidates[*at].is_best).collect();
        let mut set = needed.best.clone();
        match self.goal.score() {
            Some(score) => self.climb(&mut set, &best, score)?,
            None => set.extend(best),
        }
        if !self.standing(&set)?.holds {
            // Something that alone changes nothing is needed too.
            set = (0..self.candidates.len()).filter(|at| self.candidates[*at].is_best).collect();
        }
        self.shrink(&set, &needed.best)
    }

    /// Adds candidates until a score is reached, the one that gains most first.
    fn climb(&mut self, set: &mut Vec<usize>, candidates: &[usize], score: f64) -> Result<(), DraftError> {
        while self.standing(set)?.score() < score {
            let mut next: Option<(f64, usize)> = None;
            for at in candidates.iter().copied().filter(|at| !set.contains(at)) {
                let gained = self.standing(&joined(set, at))?.score();
                if next.is_none_or(|(most, _)| gained > most) {
                    next = Some((gained, at));
                }
            }
            let Some((_, at)) = next else { break };
            set.push(at);
        }
        Ok(())
    }

    /// Leaves out members of a set as long as the goal is reached, the last first; never those of `kept`.
    fn shrink(&mut self, set: &[usize], kept: &[usize]) -> Result<Vec<usize>, DraftError> {
        let mut set = set.to_vec();
        set.sort_unstable();
        for at in set.clone().into_iter().rev().filter(|at| !kept.contains(at)) {
            let without: Vec<usize> = set.iter().copied().filter(|other| *other != at).collect();
            if self.standing(&without)?.holds {
                set = without;
            }
        }
        Ok(set)
    }

    /// Returns the smallest sets of at most `most` members, and whether these are all of them.
    fn smallest(
        &mut self,
        needed: &Needed,
        optional: &[usize],
        most: usize,
    ) -> Result<(Vec<Vec<usize>>, bool), DraftError> {
        let (starts, all_starts) = needed.combinations();
        let mut level = Level { optional, sets: Vec::new() };
        for more in 0..=most.saturating_sub(needed.best.len()) {
            for start in &starts {
                let standing = self.standing(start)?;
                if standing.holds && more == 0 {
                    level.sets.push(start.clone());
                } else if more > 0 {
                    self.deepen(&mut level, start, &standing, 0, more)?;
                }
            }
            if self.left == 0 || !level.sets.is_empty() {
                break;
            }
        }
        let all = all_starts && self.left > 0 && level.sets.len() <= MAX_ANSWERS;
        level.sets.truncate(MAX_ANSWERS);
        Ok((level.sets, all))
    }

    /// Adds each of the candidates from `first` on to a set, and more to the result, until `more` were added.
    fn deepen(
        &mut self,
        level: &mut Level<'_>,
        set: &[usize],
        before: &Standing,
        first: usize,
        more: usize,
    ) -> Result<(), DraftError> {
        let mut next = Vec::new();
        for place in first..level.optional.len() {
            let at = level.optional[place];
            if set.iter().any(|other| self.candidates[*other].key == self.candidates[at].key) {
                continue;
            }
            if self.left == 0 || level.sets.len() > MAX_ANSWERS {
                return Ok(());
            }
            let larger = joined(set, at);
            let standing = self.standing(&larger)?;
            if standing.holds {
                level.sets.push(larger);
            } else if more > 1 && standing.differs(before) {
                next.push((place, larger, standing));
            }
        }
        let mut gains: Vec<f64> = next.iter().map(|(_, _, standing)| standing.score() - before.score()).collect();
        gains.sort_by(|a, b| b.total_cmp(a));
        let gained: f64 = gains.iter().take(more - 1).sum();
        for (place, larger, standing) in next {
            let can_reach = |score| standing.score() + gained + JOINT_GAIN >= score;
            if self.goal.score().is_none_or(can_reach) {
                self.deepen(level, &larger, &standing, place + 1, more - 1)?;
            }
        }
        Ok(())
    }

    /// Drops each set that asks for a stronger value where another set of the same keys has a weaker one.
    fn drop_dominated(&self, sets: &mut Vec<Vec<usize>>) {
        let weaker = |a: &Vec<usize>, b: &Vec<usize>| {
            let candidates = || a.iter().zip(b).map(|(a, b)| (&self.candidates[*a], &self.candidates[*b]));
            a.len() == b.len()
                && candidates().all(|(a, b)| a.key == b.key && a.rank <= b.rank)
                && candidates().any(|(a, b)| a.rank < b.rank)
        };
        let all = sets.clone();
        sets.retain(|set| !all.iter().any(|other| weaker(other, set)));
    }
}

/// What a goal is not reached without.
#[derive(Default)]
struct Needed {
    /// The best value of each needed key.
    best: Vec<usize>,
    /// For each of these keys, the values that serve.
    values: Vec<Vec<usize>>,
}

impl Needed {
    /// Returns every choice of a value for each key, and whether these are all.
    fn combinations(&self) -> (Vec<Vec<usize>>, bool) {
        let count = self.values.iter().try_fold(1_usize, |count, values| count.checked_mul(values.len()));
        if count.is_none_or(|count| count > MAX_COMBINATIONS) {
            return (vec![self.best.clone()], false);
        }
        let mut sets = vec![Vec::new()];
        for values in &self.values {
            sets = sets.iter().flat_map(|set| values.iter().map(|at| joined(set, *at))).collect();
        }
        (sets, true)
    }
}

/// Returns the candidates that declare the component whose license a candidate is, unless it is declared.
fn declaring(candidate: &Candidate, draft: &Draft, candidates: &[Candidate]) -> Option<Vec<usize>> {
    let component = candidate.key.strip_prefix("component.")?.strip_suffix(".license")?;
    let key = format!("component.{component}.openness");
    let is_declared = draft.get(&key).is_ok_and(|openness| openness.is_some());
    let declares = |at: &usize| candidates[*at].key == key;
    (!is_declared).then(|| (0..candidates.len()).filter(declares).collect())
}

/// The sets of one size that were found.
struct Level<'o> {
    optional: &'o [usize],
    sets: Vec<Vec<usize>>,
}

fn joined(set: &[usize], at: usize) -> Vec<usize> {
    set.iter().copied().chain([at]).collect()
}
