//! The output of `openness weigh --format json`, version 1 (`schemas/weigh-v1.schema.json`).

use std::io::{self, Write};

use serde::Serialize;

use super::{VERSION, object};
use crate::decide::Weighing;
use crate::manifest::Manifest;

/// What speaks for and against opening the parts of a release.
#[derive(Debug, Serialize)]
pub struct WeighV1<'a> {
    version: u32,
    model: ModelV1<'a>,
    #[serde(flatten)]
    weighing: &'a Weighing,
}

#[derive(Debug, Serialize)]
struct ModelV1<'a> {
    name: &'a str,
    version: &'a str,
}

/// Writes one JSON object.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(manifest: &Manifest, weighing: &Weighing, out: &mut impl Write) -> io::Result<()> {
    let model = ModelV1 { name: &manifest.model.name, version: &manifest.model.version };
    object(&WeighV1 { version: VERSION, model, weighing }, out)
}
