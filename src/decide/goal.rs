//! A level of a taxonomy that a release should reach, as a claim that should hold.

use crate::evaluate::{self, ClaimOutcome, Holds, Reason};
use crate::finding::closest;
use crate::manifest::{Claim, ClaimValue, Manifest};
use crate::source::{Span, Spanned};
use crate::taxonomy::{self, ClaimForm, ClaimValueKind, Taxonomy};

/// A level of a taxonomy. It is reached if the facts support the claim of it, so a better level counts too.
#[derive(Debug, Clone)]
pub struct Goal {
    taxonomy: &'static Taxonomy,
    level: String,
    claim: Claim,
}

/// Why a text does not name a level of a taxonomy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GoalError {
    /// There is no taxonomy with this name.
    #[error("`{name}` is not a taxonomy; expected one of `{expected}`")]
    UnknownTaxonomy {
        /// The name as written.
        name: String,
        /// The short names of the taxonomies with levels.
        expected: String,
        /// The name that was probably meant.
        nearest: Option<&'static str>,
    },
    /// The taxonomy describes, and has no level to reach.
    #[error("`{taxonomy}` describes a release and has no level to reach; expected one of `{expected}`")]
    NoLevels {
        /// The taxonomy's id.
        taxonomy: &'static str,
        /// The short names of the taxonomies with levels.
        expected: String,
    },
    /// The taxonomy has no such level.
    #[error("`{level}` is not a level of `{taxonomy}`; expected {expected}")]
    UnknownLevel {
        /// The taxonomy's id.
        taxonomy: &'static str,
        /// The level as written.
        level: String,
        /// The levels that there are.
        expected: String,
        /// The level that was probably meant.
        nearest: Option<&'static str>,
    },
}

impl GoalError {
    /// Returns the word that was probably meant.
    #[must_use]
    pub fn nearest(&self) -> Option<&'static str> {
        match self {
            Self::UnknownTaxonomy { nearest, .. } | Self::UnknownLevel { nearest, .. } => *nearest,
            Self::NoLevels { .. } => None,
        }
    }
}

impl Goal {
    /// Reads `TAXONOMY` or `TAXONOMY=LEVEL`; without a level, the best one. Where a claim is `true`, that is the level too.
    ///
    /// # Errors
    /// Any [`GoalError`].
    pub fn read(text: &str) -> Result<Self, GoalError> {
        let (name, level) = text.split_once('=').map_or((text, None), |(name, level)| (name, Some(level)));
        let expected = || Self::taxonomies().join("`, `");
        let Some(taxonomy) = taxonomy::named(name) else {
            let nearest = closest(name, taxonomy::names());
            return Err(GoalError::UnknownTaxonomy { name: name.to_owned(), expected: expected(), nearest });
        };
        let Some(form) = &taxonomy.claim else {
            return Err(GoalError::NoLevels { taxonomy: taxonomy.static_id(), expected: expected() });
        };
        let unknown = |level: &str, expected: String, nearest| GoalError::UnknownLevel {
            taxonomy: taxonomy.static_id(),
            level: level.to_owned(),
            expected,
            nearest,
        };
        match form.value {
            ClaimValueKind::Minimum => match level.map_or(Ok(1.0), str::parse::<f64>) {
                Ok(score) if (0.0..=1.0).contains(&score) => Ok(Self::new(taxonomy, form, ClaimValue::Number(score))),
                _ => Err(unknown(level.unwrap_or_default(), "a score from 0 to 1".to_owned(), None)),
            },
            ClaimValueKind::Flag | ClaimValueKind::Rank | ClaimValueKind::Word => {
                let words = || form.words.iter().map(String::as_str);
                // A claim of such a taxonomy is `osaid = true`.
                let level = level.filter(|level| form.value != ClaimValueKind::Flag || *level != "true");
                let level = level.or_else(|| words().next()).unwrap_or_default();
                let Some(level) = words().find(|word| *word == level) else {
                    let expected = words().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
                    return Err(unknown(level, expected, closest(level, words())));
                };
                let is_flag = form.value == ClaimValueKind::Flag;
                let value = if is_flag { ClaimValue::Flag(true) } else { ClaimValue::Text(level.to_owned()) };
                Ok(Self { level: level.to_owned(), ..Self::new(taxonomy, form, value) })
            }
        }
    }

    /// Returns every level of every taxonomy that has levels; of a score, its highest.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let texts = taxonomy::all().flat_map(|taxonomy| {
            let words = taxonomy.claim.iter().flat_map(|form| form.words.iter());
            let levels: Vec<String> = words.map(|word| format!("{}={word}", taxonomy.id)).collect();
            if levels.is_empty() { vec![taxonomy.id.clone()] } else { levels }
        });
        texts.filter_map(|text| Self::read(&text).ok()).collect()
    }

    /// Returns the short names of the taxonomies that have levels.
    #[must_use]
    pub fn taxonomies() -> Vec<&'static str> {
        taxonomy::all().filter(|taxonomy| taxonomy.claim.is_some()).map(|taxonomy| taxonomy.short).collect()
    }

    fn new(taxonomy: &'static Taxonomy, form: &ClaimForm, value: ClaimValue) -> Self {
        let nowhere = Span::default();
        let level = value.to_string();
        let claim = Claim { key: Spanned::new(form.key.clone(), nowhere), value: Spanned::new(value, nowhere) };
        Self { taxonomy, level, claim }
    }

    /// Returns the taxonomy.
    #[must_use]
    pub fn taxonomy(&self) -> &'static Taxonomy {
        self.taxonomy
    }

    /// Returns the level: a verdict, or the lowest score.
    #[must_use]
    pub fn level(&self) -> &str {
        &self.level
    }

    /// Evaluates whether a manifest reaches the level, and what keeps it from there.
    pub(super) fn check(&self, manifest: &mut Manifest) -> Standing {
        manifest.claims = vec![self.claim.clone()];
        let evaluation = evaluate::evaluate_one(manifest, &self.taxonomy.id);
        let (outcomes, _) = evaluate::claims(manifest, evaluation.as_slice());
        outcomes.into_iter().next().map_or_else(Standing::default, Standing::from)
    }

    /// Returns whether the level is the lowest score that counts.
    #[must_use]
    pub fn is_score(&self) -> bool {
        self.score().is_some()
    }

    /// Returns the lowest score that counts, if the level is a score.
    pub(super) fn score(&self) -> Option<f64> {
        match self.claim.value.value {
            ClaimValue::Number(score) => Some(score),
            ClaimValue::Text(_) | ClaimValue::Flag(_) => None,
        }
    }
}

/// How a manifest stands to a goal.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    pub(super) holds: bool,
    /// The verdict or score.
    pub(super) derived: String,
    /// What keeps the level from being reached.
    pub(super) reasons: Vec<Reason>,
}

impl From<ClaimOutcome> for Standing {
    fn from(outcome: ClaimOutcome) -> Self {
        Self { holds: outcome.holds == Holds::Yes, derived: outcome.derived, reasons: outcome.reasons }
    }
}

impl Standing {
    /// Returns the score; 0 if there is none.
    pub(super) fn score(&self) -> f64 {
        self.derived.parse().unwrap_or(0.0)
    }

    /// Returns whether another manifest stands differently to the same goal.
    pub(super) fn differs(&self, other: &Self) -> bool {
        let facts = |standing: &Self| -> Vec<(String, Option<String>, String)> {
            let of = |reason: &Reason| (reason.item.clone(), reason.component.clone(), reason.text.clone());
            standing.reasons.iter().map(of).collect()
        };
        self.holds != other.holds || self.derived != other.derived || facts(self) != facts(other)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn a_goal_is_read_by_any_name_and_has_the_best_level_by_default() {
        for (text, id, level) in [
            ("mof", "mof-1.0", "class-1"),
            ("mof=class-2", "mof-1.0", "class-2"),
            ("mof-1.0=class-3", "mof-1.0", "class-3"),
            ("osaid", "osaid-1.0", "meets"),
            ("osaid=true", "osaid-1.0", "meets"),
            ("eu-open-source-exemption=meets", "eu-ai-act-open-source", "meets"),
            ("osai", "osai-index", "1"),
            ("osai=0.5", "osai-index", "0.5"),
        ] {
            let goal = Goal::read(text).unwrap();
            assert_eq!((goal.taxonomy().id.as_str(), goal.level()), (id, level), "{text}");
        }
    }

    #[test]
    fn a_wrong_goal_names_what_is_expected_and_what_is_near() {
        for (text, expected, nearest) in [
            ("moff", "`mof`", Some("mof")),
            ("", "`mof`", None),
            ("mof=class2", "`class-1`, `class-2`, `class-3`", Some("class-2")),
            ("mof=", "`class-1`", None),
            ("osaid=false", "`meets`", None),
            ("mof=true", "`class-1`", None),
            ("osai=2", "a score from 0 to 1", None),
            ("osai=NaN", "a score from 0 to 1", None),
            ("eiras", "has no level to reach", None),
        ] {
            let error = Goal::read(text).unwrap_err();
            assert!(error.to_string().contains(expected), "{text}: {error}");
            assert_eq!(error.nearest(), nearest, "{text}");
        }
    }
}
