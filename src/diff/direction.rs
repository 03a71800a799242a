//! The direction of a change: towards more openness, towards less, or neither.

use std::collections::BTreeSet;

use super::Direction;
use crate::license::standing::{self, Standing};
use crate::license::{self, License};
use crate::manifest::{Openness, ReleaseAccess};
use crate::taxonomy::{ClaimValueKind, Taxonomy};

/// Returns the direction from one rank to another; [`Direction::Other`] if either is missing.
pub(super) fn between<T: PartialOrd>(before: Option<T>, after: Option<T>) -> Direction {
    match (before, after) {
        (Some(before), Some(after)) if after > before => Direction::MoreOpen,
        (Some(before), Some(after)) if after < before => Direction::LessOpen,
        _ => Direction::Other,
    }
}

/// Returns the direction of a set of what is released, such as files: fewer is less open. If members were both added and
/// removed, there is none.
pub(super) fn of_released(before: &BTreeSet<String>, after: &BTreeSet<String>) -> Direction {
    match (before.is_subset(after), after.is_subset(before)) {
        (true, false) => Direction::MoreOpen,
        (false, true) => Direction::LessOpen,
        _ => Direction::Other,
    }
}

/// Returns the direction of a set of restrictions, such as prohibited uses: more is less open.
pub(super) fn of_restrictions(before: &BTreeSet<String>, after: &BTreeSet<String>) -> Direction {
    of_released(after, before)
}

/// Returns the rank of a component's openness. `not-applicable` has no rank; an undeclared component counts as closed.
pub(super) fn released(openness: Option<&str>) -> Option<u8> {
    match openness.map(Openness::from_word) {
        None | Some(Some(Openness::Closed)) => Some(0),
        Some(Some(Openness::Partial)) => Some(1),
        Some(Some(Openness::Open)) => Some(2),
        Some(Some(Openness::NotApplicable) | None) => None,
    }
}

/// Returns the direction from one license to another.
///
/// No license is below any license, one that restricts use or is not known is below one that does not, and of two that
/// restrict use, the one with more limits is below if it has those of the other too.
pub(super) fn of_licenses(before: Option<&str>, after: Option<&str>) -> Direction {
    let (was, is) = (Rights::of(before), Rights::of(after));
    if let (Rights::Limited(was), Rights::Limited(is)) = (&was, &is) {
        return of_restrictions(was, is);
    }
    between(Some(was.rank()), Some(is.rank()))
}

/// What a license allows, as far as two can be compared.
enum Rights {
    None,
    Unknown,
    Limited(BTreeSet<String>),
    Open,
}

impl Rights {
    fn of(text: Option<&str>) -> Self {
        let Some(text) = text else { return Self::None };
        match license::read(text) {
            Ok(License::None) => Self::None,
            Err(_) => Self::Unknown,
            Ok(License::Expression(expression)) => match standing::standing(&expression) {
                Standing::OsiApproved | Standing::Unrestricted => Self::Open,
                Standing::Restricted(limits) => Self::Limited(limits.into_iter().map(str::to_owned).collect()),
                Standing::Unknown | Standing::Without | Standing::Unstated => Self::Unknown,
            },
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::None => 0,
            Self::Unknown | Self::Limited(_) => 1,
            Self::Open => 2,
        }
    }
}

/// Returns the direction of a license of which only a change matters, such as that of a base model: not naming one says
/// nothing about it.
pub(super) fn of_stated_licenses(before: Option<&str>, after: Option<&str>) -> Direction {
    if before.is_some() && after.is_some() { of_licenses(before, after) } else { Direction::Other }
}

/// Returns the direction of a base model that was added: less open if its license limits use.
pub(super) fn of_added_base(license: Option<&str>) -> Direction {
    match license.map(|license| Rights::of(Some(license))) {
        Some(Rights::None | Rights::Limited(_)) => Direction::LessOpen,
        _ => Direction::Other,
    }
}

/// Returns the opposite direction.
pub(super) fn reverse(direction: Direction) -> Direction {
    match direction {
        Direction::MoreOpen => Direction::LessOpen,
        Direction::LessOpen => Direction::MoreOpen,
        Direction::Other => Direction::Other,
    }
}

/// The taxonomies whose verdicts rank openness. The others are about risk assessment and access; a better verdict there
/// does not mean more open.
pub(super) const OPENNESS_TAXONOMIES: &[&str] = &[
    "release-gradient",
    "mof-1.0",
    "mof-1.0-strict",
    "osaid-1.0",
    "g7-2026",
    "os-ai-map",
    "open-weights",
    "eu-ai-act-open-source",
];

/// The verdict of a taxonomy that a release does not fulfil.
const FAILS: &str = "fails";

/// Returns the direction from one verdict to another. A verdict that turns to `fails` is less open in every taxonomy.
pub(super) fn of_verdicts(taxonomy: &Taxonomy, before: Option<&str>, after: Option<&str>) -> Direction {
    match (before, after) {
        (Some(before), Some(FAILS)) if before != FAILS => Direction::LessOpen,
        (Some(FAILS), Some(after)) if after != FAILS => Direction::MoreOpen,
        _ => between(rank(taxonomy, before), rank(taxonomy, after)),
    }
}

/// Returns the rank of a verdict in the taxonomy's own order, or `None` if the taxonomy does not rank openness.
fn rank(taxonomy: &Taxonomy, verdict: Option<&str>) -> Option<usize> {
    let verdict = verdict.filter(|_| OPENNESS_TAXONOMIES.contains(&taxonomy.id.as_str()))?;
    if taxonomy.id == "release-gradient" {
        return ReleaseAccess::WORDS.iter().position(|word| *word == verdict);
    }
    of_word(taxonomy, verdict)
}

/// Returns the rank of a word that can be claimed about a taxonomy; one that cannot be claimed ranks below all of them.
fn of_word(taxonomy: &Taxonomy, word: &str) -> Option<usize> {
    let claim = taxonomy.claim.as_ref()?;
    match claim.value {
        ClaimValueKind::Rank => {
            let position = claim.words.iter().position(|known| known == word);
            Some(position.map_or(0, |position| claim.words.len() - position))
        }
        ClaimValueKind::Flag => Some(usize::from(claim.words.first().is_some_and(|known| known == word))),
        ClaimValueKind::Word | ClaimValueKind::Minimum => None,
    }
}

/// Returns the direction of a claim of the producer: claiming more is more open, and withdrawing a claim less.
pub(super) fn of_claims(taxonomy: Option<&Taxonomy>, before: Option<&str>, after: Option<&str>) -> Direction {
    let Some(taxonomy) = taxonomy.filter(|taxonomy| taxonomy.claim.is_some()) else { return Direction::Other };
    let kind = taxonomy.claim.as_ref().map(|claim| claim.value);
    // What is claimed of a risk assessment or an audit does not say how open the release is.
    if !OPENNESS_TAXONOMIES.contains(&taxonomy.id.as_str()) && kind != Some(ClaimValueKind::Minimum) {
        return Direction::Other;
    }
    let rank = |value: Option<&str>| -> Option<f64> {
        let Some(value) = value else { return Some(0.0) };
        match kind {
            Some(ClaimValueKind::Minimum) => value.parse().ok(),
            Some(ClaimValueKind::Flag) => Some(f64::from(u8::from(value == "true"))),
            _ if taxonomy.id == "release-gradient" => position(ReleaseAccess::WORDS, value),
            _ => of_word(taxonomy, value).and_then(|rank| u32::try_from(rank).ok()).map(f64::from),
        }
    };
    between(rank(before), rank(after))
}

fn position(words: &[&str], word: &str) -> Option<f64> {
    let at = words.iter().position(|known| *known == word)?;
    u32::try_from(at + 1).ok().map(f64::from)
}
