//! The output of `openness diff --format json`, version 1.

use std::io::{self, Write};

use serde::Serialize;

use super::{VERSION, object};
use crate::diff::{Difference, Direction, Side};

/// How the openness of two releases differs.
#[derive(Debug, Serialize)]
pub struct DiffV1<'a> {
    version: u32,
    before: ModelV1<'a>,
    after: ModelV1<'a>,
    #[serde(flatten)]
    difference: &'a Difference,
    summary: SummaryV1,
}

#[derive(Debug, Serialize)]
struct ModelV1<'a> {
    name: &'a str,
    version: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct SummaryV1 {
    more_open: usize,
    less_open: usize,
    other: usize,
}

impl<'a> DiffV1<'a> {
    /// Gathers what the format holds.
    #[must_use]
    pub fn new(before: &'a Side, after: &'a Side, difference: &'a Difference) -> Self {
        fn model(side: &Side) -> ModelV1<'_> {
            ModelV1 { name: &side.name, version: &side.version }
        }
        Self {
            version: VERSION,
            before: model(before),
            after: model(after),
            difference,
            summary: SummaryV1 {
                more_open: difference.count(Direction::MoreOpen),
                less_open: difference.count(Direction::LessOpen),
                other: difference.count(Direction::Other),
            },
        }
    }
}

/// Writes one JSON object.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(before: &Side, after: &Side, difference: &Difference, out: &mut impl Write) -> io::Result<()> {
    object(&DiffV1::new(before, after, difference), out)
}
