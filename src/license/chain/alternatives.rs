//! The alternatives that an expression offers: each is a set of licenses that all bind.

use crate::license::{Expression, ids, name};

/// An expression with more alternatives is not evaluated.
const MAX_ALTERNATIVES: usize = 64;
/// An expression with more different licenses is not evaluated.
const MAX_LICENSES: usize = 256;

/// A license in an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    /// The current SPDX id, or `LicenseRef-…`.
    pub(super) id: String,
    /// A listed exception, which only adds permissions.
    pub(super) exception: Option<String>,
    /// Whether there is an `AdditionRef-…`, which could say anything.
    pub(super) has_addition: bool,
}

impl Term {
    /// Returns the id with its exception, as OSADL's matrix has it.
    pub(super) fn full(&self) -> String {
        match &self.exception {
            Some(exception) => format!("{} WITH {exception}", self.id),
            None => self.id.clone(),
        }
    }
}

/// Licenses that all bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alternative {
    terms: Vec<Term>,
    is_custom: bool,
}

impl Alternative {
    /// Terms without an expression.
    pub(super) fn custom() -> Self {
        Self { terms: Vec::new(), is_custom: true }
    }

    /// No license.
    pub(super) fn nothing() -> Self {
        Self { terms: Vec::new(), is_custom: false }
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.terms.is_empty() && !self.is_custom
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Term> {
        self.terms.iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

/// Returns the alternatives of an expression, or `None` if there are too many to evaluate.
pub(super) fn alternatives(expression: &Expression) -> Option<Vec<Alternative>> {
    let mut terms: Vec<Term> = Vec::new();
    let mut stack: Vec<Vec<Vec<u16>>> = Vec::new();
    for node in expression.parsed.iter() {
        match node {
            spdx::expression::ExprNode::Req(requirement) => {
                stack.push(vec![vec![number(&requirement.req, &mut terms)?]]);
            }
            spdx::expression::ExprNode::Op(operator) => {
                let (right, left) = (stack.pop()?, stack.pop()?);
                stack.push(match operator {
                    spdx::expression::Operator::Or => either(left, right)?,
                    spdx::expression::Operator::And => both(&left, &right)?,
                });
            }
        }
    }
    let term = |at: &u16| terms.get(usize::from(*at)).cloned();
    let sets = stack.pop()?.into_iter();
    Some(sets.map(|set| Alternative { terms: set.iter().filter_map(term).collect(), is_custom: false }).collect())
}

/// Returns the number of a license, which is new or not.
fn number(requirement: &spdx::LicenseReq, terms: &mut Vec<Term>) -> Option<u16> {
    let id = name(&requirement.license);
    // Of a deprecated GNU id, only the licensor knows whether later versions were meant.
    let id = ids::successors(&id).into_iter().next().unwrap_or(id);
    let (exception, has_addition) = match &requirement.addition {
        None => (None, false),
        Some(spdx::AdditionItem::Spdx(exception)) => (Some(exception.name.to_owned()), false),
        Some(spdx::AdditionItem::Other(_)) => (None, true),
    };
    let term = Term { id, exception, has_addition };
    let at = terms.iter().position(|known| *known == term).unwrap_or(terms.len());
    if at == terms.len() {
        terms.push(term);
    }
    (terms.len() <= MAX_LICENSES).then(|| u16::try_from(at).ok())?
}

fn either(mut left: Vec<Vec<u16>>, right: Vec<Vec<u16>>) -> Option<Vec<Vec<u16>>> {
    for set in right {
        if !left.contains(&set) {
            left.push(set);
        }
    }
    (left.len() <= MAX_ALTERNATIVES).then_some(left)
}

fn both(left: &[Vec<u16>], right: &[Vec<u16>]) -> Option<Vec<Vec<u16>>> {
    let mut sets: Vec<Vec<u16>> = Vec::new();
    for one in left {
        for other in right {
            let mut set: Vec<u16> = one.iter().chain(other).copied().collect();
            set.sort_unstable();
            set.dedup();
            if !sets.contains(&set) {
                sets.push(set);
            }
            if sets.len() > MAX_ALTERNATIVES {
                return None;
            }
        }
    }
    Some(sets)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::license::{License, read};

    fn of(text: &str) -> Option<Vec<Vec<String>>> {
        let License::Expression(expression) = read(text).unwrap() else { panic!("{text}") };
        let found = alternatives(&expression)?;
        Some(found.iter().map(|set| set.iter().map(Term::full).collect()).collect())
    }

    #[test]
    fn alternatives_are_sets_of_licenses_that_all_bind() {
        assert_eq!(of("MIT").unwrap(), [["MIT"]]);
        assert_eq!(of("MIT AND (Apache-2.0 OR ISC)").unwrap(), [["MIT", "Apache-2.0"], ["MIT", "ISC"]]);
        assert_eq!(of("(MIT AND MIT) OR MIT").unwrap(), [["MIT"]]);
        assert_eq!(of("GPL-3.0").unwrap(), [["GPL-3.0-only"]]);
        assert_eq!(
            of("GPL-2.0-only WITH Classpath-exception-2.0").unwrap(),
            [["GPL-2.0-only WITH Classpath-exception-2.0"]]
        );
    }

    #[test]
    fn deep_expressions_are_evaluated_and_wide_ones_are_refused() {
        let deep = format!("{}MIT{}", "(".repeat(1000), " AND ISC)".repeat(1000));
        assert_eq!(of(&deep).unwrap(), [["MIT", "ISC"]]);
        let pairs = |count: usize| {
            let pair = |at: usize| format!("(LicenseRef-{at}a OR LicenseRef-{at}b)");
            (0..count).map(pair).collect::<Vec<_>>().join(" AND ")
        };
        assert_eq!(of(&pairs(6)).unwrap().len(), 64);
        assert_eq!(of(&pairs(7)), None);
        let many = (0..1000).map(|at| format!("LicenseRef-{at}")).collect::<Vec<_>>().join(" AND ");
        assert_eq!(of(&many), None);
    }
}
