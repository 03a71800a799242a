//! The links to bases in the output of `openness verify --format json`.

use std::io::{self, Write};

use serde::Serialize;

use super::object;
use super::verify::VerifyV1;
use crate::ancestry::{Ancestor, Doubt};
use crate::verify::Report;

#[derive(Debug, Serialize)]
struct WithLineageV1<'a> {
    #[serde(flatten)]
    report: VerifyV1<'a>,
    lineage: Vec<LinkV1<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LinkV1<'a> {
    depth: usize,
    name: &'a str,
    statement: Option<&'a str>,
    standing: &'static str,
    reasons: Vec<&'static str>,
    signer: Option<&'a str>,
    license: Option<&'a str>,
    shared_files: usize,
}

/// Writes one JSON object: the report, and the links to bases.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(report: &Report, links: &[Ancestor], out: &mut impl Write) -> io::Result<()> {
    let lineage = links.iter().map(|link| LinkV1 {
        depth: link.depth,
        name: &link.name,
        statement: link.statement.as_ref().map(crate::manifest::Sha256Hex::as_str),
        standing: link.standing.as_str(),
        reasons: link.doubts.iter().copied().map(Doubt::as_str).collect(),
        signer: link.signer.as_deref(),
        license: link.license.as_deref(),
        shared_files: link.shared_files,
    });
    object(&WithLineageV1 { report: VerifyV1::new(report), lineage: lineage.collect() }, out)
}
