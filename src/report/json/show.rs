//! The output of `openness show --format json`, version 1.

use std::io::{self, Write};

use serde::Serialize;

use super::{VERSION, object};
use crate::evaluate::{self, Evaluation};
use crate::license;
use crate::manifest::Manifest;

/// What is declared, and the evaluation by each taxonomy.
#[derive(Debug, Serialize)]
pub struct ShowV1<'a> {
    version: u32,
    model: ModelV1<'a>,
    components: Vec<ComponentV1<'a>>,
    evaluations: &'a [Evaluation],
    disagreements: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ModelV1<'a> {
    name: &'a str,
    version: &'a str,
    producer: &'a str,
}

#[derive(Debug, Serialize)]
struct ComponentV1<'a> {
    id: &'a str,
    openness: &'a str,
    license: Option<&'a str>,
}

impl<'a> ShowV1<'a> {
    /// Gathers what the format holds.
    #[must_use]
    pub fn new(manifest: &'a Manifest, evaluations: &'a [Evaluation]) -> Self {
        let model = &manifest.model;
        let components = manifest.components.iter().map(|component| ComponentV1 {
            id: &component.id,
            openness: component.openness().as_str(),
            license: license::effective(manifest, component).text(),
        });
        Self {
            version: VERSION,
            model: ModelV1 { name: &model.name, version: &model.version, producer: &model.producer },
            components: components.collect(),
            evaluations,
            disagreements: evaluate::disagreements(manifest, evaluations),
        }
    }
}

/// Writes one JSON object.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(manifest: &Manifest, evaluations: &[Evaluation], out: &mut impl Write) -> io::Result<()> {
    object(&ShowV1::new(manifest, evaluations), out)
}
