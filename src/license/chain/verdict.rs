//! What an evaluation says, and on which grounds.

use super::obligations::{Duty, Limit};
use crate::license::terms::{Aspect, Read, Terms};

/// What the encoded terms say of a step, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Outcome {
    /// Nothing in the encoded terms speaks against it.
    #[default]
    Compatible,
    /// The terms allow it, and ask for something.
    Obligations,
    /// A question is open that only people can answer.
    Review,
    /// The terms do not allow it.
    Conflict,
}

impl Outcome {
    /// Returns the word of reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Obligations => "obligations",
            Self::Review => "review",
            Self::Conflict => "conflict",
        }
    }
}

/// Where a ground comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Basis {
    /// The encoded terms of the license.
    Terms,
    /// OSADL's matrix.
    Osadl,
    /// Our own reading, where no license says so.
    Reading,
    /// The terms are not known.
    Unknown,
}

impl Basis {
    /// Returns the word of reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Terms => "terms",
            Self::Osadl => "osadl",
            Self::Reading => "reading",
            Self::Unknown => "unknown",
        }
    }
}

/// A reason for an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ground {
    /// The license of the base that it is about; empty if the license is not known.
    pub license: String,
    /// The clause; empty if there is none.
    pub clause: String,
    /// Where it comes from.
    pub basis: Basis,
    /// How much of the terms was read, and on which day.
    pub read: Option<(Read, &'static str)>,
    /// Where the terms were read.
    pub source: Option<&'static str>,
    /// What the terms say, in our own words.
    pub why: String,
    /// What would settle an open question, or resolve a conflict.
    pub settle: Option<String>,
}

impl Ground {
    /// A ground in the encoded terms of a license.
    pub(super) fn of_terms(terms: &'static Terms, aspect: Aspect, why: impl Into<String>) -> Self {
        Self {
            license: terms.id.clone(),
            clause: terms.clause(aspect).to_owned(),
            basis: Basis::Terms,
            read: Some((terms.read, terms.read_on.as_str())),
            source: Some(terms.source.as_str()),
            why: why.into(),
            settle: None,
        }
    }

    /// A ground with another basis, and without a clause.
    pub(super) fn of(license: &str, basis: Basis, why: impl Into<String>) -> Self {
        let (clause, read, source, settle) = (String::new(), None, None, None);
        Self { license: license.to_owned(), clause, basis, read, source, why: why.into(), settle }
    }

    /// Adds what would settle the question.
    pub(super) fn settled_by(mut self, what: impl Into<String>) -> Self {
        self.settle = Some(what.into());
        self
    }
}

/// The result of an evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Verdict {
    /// The outcome.
    pub outcome: Outcome,
    /// The grounds of this outcome.
    pub grounds: Vec<Ground>,
    /// What has to be done to pass the release on.
    pub duties: Vec<Duty>,
    /// The limits that go along.
    pub limits: Vec<Limit>,
}

impl Verdict {
    pub(super) fn new(outcome: Outcome, ground: Ground) -> Self {
        Self { outcome, grounds: vec![ground], duties: Vec::new(), limits: Vec::new() }
    }

    /// Both hold: the worse outcome with its grounds, and the duties and limits of both.
    pub(super) fn and(self, other: Self) -> Self {
        let (mut worse, better) = if other.outcome > self.outcome { (other, self) } else { (self, other) };
        if better.outcome == worse.outcome {
            add_missing(&mut worse.grounds, better.grounds);
        }
        add_missing(&mut worse.duties, better.duties);
        add_missing(&mut worse.limits, better.limits);
        worse
    }

    /// Makes the outcome no worse than `limit`, and says why.
    pub(super) fn soften(&mut self, limit: Outcome, why: &str) {
        if self.outcome > limit {
            self.outcome = limit;
            let license = self.grounds.first().map_or_else(String::new, |ground| ground.license.clone());
            self.grounds.push(Ground::of(&license, Basis::Reading, why));
        }
    }
}

fn add_missing<T: PartialEq>(to: &mut Vec<T>, from: Vec<T>) {
    for item in from {
        if !to.contains(&item) {
            to.push(item);
        }
    }
}
