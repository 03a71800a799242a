//! The output of `openness path --format json`, version 1.

use std::io::{self, Write};

use serde::Serialize;

use super::{VERSION, object};
use crate::decide::{Goal, Path, Reach};
use crate::evaluate::Reason;
use crate::manifest::draft::Change;

/// The smallest sets of changes that reach a level.
#[derive(Debug, Serialize)]
pub struct PathV1<'a> {
    version: u32,
    taxonomy: &'a str,
    level: &'a str,
    reachable: bool,
    answers: Vec<AnswerV1<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    complete: Option<bool>,
    unreachable: Vec<ObstacleV1<'a>>,
}

#[derive(Debug, Serialize)]
struct AnswerV1<'a> {
    changes: &'a [Change],
}

#[derive(Debug, Serialize)]
struct ObstacleV1<'a> {
    item: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<&'a str>,
    text: &'a str,
}

impl<'a> PathV1<'a> {
    /// Gathers what the format holds.
    #[must_use]
    pub fn new(goal: &'a Goal, path: &'a Path) -> Self {
        let (answers, complete, unreachable) = match &path.reach {
            // The smallest set is empty.
            Reach::Already => (vec![AnswerV1 { changes: &[] }], None, Vec::new()),
            Reach::By { answers, all } => {
                let answers = answers.iter().map(|answer| AnswerV1 { changes: &answer.changes });
                (answers.collect(), (!all).then_some(false), Vec::new())
            }
            Reach::Not(reasons) => (Vec::new(), None, reasons.iter().collect()),
        };
        let obstacle = |reason: &'a Reason| ObstacleV1 {
            item: &reason.item,
            component: reason.component.as_deref(),
            text: &reason.text,
        };
        Self {
            version: VERSION,
            taxonomy: &goal.taxonomy().id,
            level: goal.level(),
            reachable: !matches!(path.reach, Reach::Not(_)),
            answers,
            complete,
            unreachable: unreachable.into_iter().map(obstacle).collect(),
        }
    }
}

/// Writes one JSON object.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(goal: &Goal, path: &Path, out: &mut impl Write) -> io::Result<()> {
    object(&PathV1::new(goal, path), out)
}
