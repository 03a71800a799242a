//! What a choice buys: the smallest changes that reach a level of a taxonomy, and what follows from a change.
//!
//! Both are found with the evaluators themselves: a change is made to the facts in memory, and the result is evaluated as
//! any other manifest is. Nothing is decided here, and nothing is written.

mod candidates;
mod goal;
mod path;
mod search;
mod weigh;
mod what_if;

pub use goal::{Goal, GoalError};
pub use path::{Answer, Path, Reach, path};
pub use weigh::{Basis, Line, Part, Weighed, Weighing, weigh};
pub use what_if::{ClaimChange, ClaimState, Found, ItemChange, Summary, TaxonomyChange, WhatIf, what_if};
