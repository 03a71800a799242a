//! The output of `openness licenses --format json`, version 1.

use std::io::{self, Write};

use serde::Serialize;

use super::{VERSION, object};
use crate::license::chain::{Duty, Ground, Limit};
use crate::lineage::{Due, Lineage, Link, State, asks};

/// The bases of a release, compared with its licenses.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LicensesV1<'a> {
    version: u32,
    outcome: &'static str,
    steps: Vec<StepV1<'a>>,
    duties: Vec<DutyV1<'a>>,
    passing_on: Vec<AskedV1>,
    limits: Vec<LimitV1>,
}

/// What the license of the release asks of people who pass it on.
#[derive(Debug, Serialize)]
struct AskedV1 {
    of: String,
    clause: String,
    asks: String,
}

#[derive(Debug, Serialize)]
struct StepV1<'a> {
    base: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    through: Option<&'a str>,
    upstream: Option<&'a str>,
    relation: Option<&'static str>,
    downstream: Option<&'a str>,
    outcome: &'static str,
    grounds: Vec<GroundV1<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct GroundV1<'a> {
    license: &'a str,
    clause: &'a str,
    basis: &'static str,
    read: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_on: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    why: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    settle: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DutyV1<'a> {
    kind: &'static str,
    of: &'a str,
    state: &'static str,
    clause: &'a str,
    asks: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    words: &'a [String],
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    place: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct LimitV1 {
    kind: &'static str,
    of: String,
    clause: String,
    words: String,
}

impl<'a> LicensesV1<'a> {
    /// Gathers what the format holds.
    #[must_use]
    pub fn new(lineage: &'a Lineage<'a>) -> Self {
        let (duties, limits) = lineage.recipients();
        Self {
            version: VERSION,
            outcome: lineage.outcome().as_str(),
            steps: lineage.links.iter().map(|link| step(lineage, link)).collect(),
            duties: lineage.duties.iter().map(duty).collect(),
            passing_on: duties.into_iter().map(asked).collect(),
            limits: limits.into_iter().map(limit).collect(),
        }
    }
}

fn step<'a>(lineage: &'a Lineage<'a>, link: &'a Link<'a>) -> StepV1<'a> {
    StepV1 {
        base: link.ancestor.as_ref().map_or(link.base.name.as_str(), |ancestor| &ancestor.name),
        through: link.ancestor.as_ref().map(|_| link.base.name.as_str()),
        upstream: link.license(),
        relation: link.stated.map(crate::manifest::Relation::as_str),
        downstream: lineage.offered(link).and_then(|offered| offered.written),
        outcome: link.verdict.outcome.as_str(),
        grounds: link.verdict.grounds.iter().map(ground).collect(),
    }
}

fn ground(ground: &Ground) -> GroundV1<'_> {
    GroundV1 {
        license: &ground.license,
        clause: &ground.clause,
        basis: ground.basis.as_str(),
        read: ground.read.map(|(read, _)| read.as_str()),
        read_on: ground.read.map(|(_, day)| day),
        source: ground.source,
        why: &ground.why,
        settle: ground.settle.as_deref(),
    }
}

fn duty(due: &Due) -> DutyV1<'_> {
    let Due { duty, state } = due;
    DutyV1 {
        kind: duty.kind.as_str(),
        of: &duty.of,
        state: state.as_str(),
        clause: &duty.clause,
        asks: asks(duty),
        words: &duty.words,
        place: match state {
            State::Met(path) => Some(path),
            _ => None,
        },
    }
}

fn asked(duty: Duty) -> AskedV1 {
    AskedV1 { asks: asks(&duty), of: duty.of, clause: duty.clause }
}

fn limit(limit: Limit) -> LimitV1 {
    LimitV1 { kind: limit.kind.as_str(), of: limit.of, clause: limit.clause, words: limit.words }
}

/// Writes one JSON object.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(lineage: &Lineage<'_>, out: &mut impl Write) -> io::Result<()> {
    object(&LicensesV1::new(lineage), out)
}
