//! A manifest in the formats of other projects.
//!
//! An export says what the manifest says, as far as the format can carry it, and adds nothing: what a format demands and
//! the manifest lacks is left out or written as not asserted. What is not released is listed nowhere as if it were.

mod card;
mod cyclonedx;
mod mot;
mod spdx3;
mod terms;

use jiff::Timestamp;

use crate::manifest::{Component, Manifest, Sha256Hex};
use crate::path::RepoPath;

/// A format that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A model record of the Model Openness Tool, YAML.
    Mot,
    /// The front matter of a model card as the Hugging Face Hub reads it.
    Card,
    /// A CycloneDX 1.6 ML-BOM, JSON.
    CycloneDx,
    /// An SPDX 3.0.1 document with AI and dataset packages, JSON-LD.
    Spdx,
}

/// What is exported.
#[derive(Debug, Clone, Copy)]
pub struct Release<'a> {
    /// The manifest.
    pub manifest: &'a Manifest,
    /// The files that its components name, in the order of path bytes, each once; empty where nobody looked.
    pub files: &'a [File],
    /// When the export counts as made.
    pub created: Timestamp,
}

/// A file of the release.
#[derive(Debug, Clone)]
pub struct File {
    /// Where it is.
    pub path: RepoPath,
    /// Its digest.
    pub sha256: Sha256Hex,
    /// The components that name it, as places in the manifest's list.
    pub components: Vec<usize>,
}

/// Writes a release in a format; ends with a line feed.
///
/// # Errors
/// Where a value cannot be written as JSON.
pub fn export(format: Format, release: &Release<'_>) -> Result<String, serde_json::Error> {
    Ok(match format {
        Format::Mot => mot::export(release.manifest),
        Format::Card => card::export(release.manifest),
        Format::CycloneDx => pretty(&cyclonedx::export(release))?,
        Format::Spdx => pretty(&spdx3::export(release))?,
    })
}

fn pretty(value: &serde_json::Value) -> Result<String, serde_json::Error> {
    Ok(format!("{}\n", serde_json::to_string_pretty(value)?))
}

impl Release<'_> {
    /// The components of which something is released, with their places in the manifest's list.
    fn released(&self) -> impl Iterator<Item = (usize, &Component)> {
        self.manifest.components.iter().enumerate().filter(|(_, component)| component.is_released())
    }

    fn files_of(&self, component: usize) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |file| file.components.contains(&component))
    }
}

/// What the vocabulary calls a component; a project's own by its id.
fn name_of(component: &Component) -> String {
    let known = crate::taxonomy::vocabulary().find(&component.id);
    known.map_or_else(|| component.id.value.clone(), |item| item.name.clone())
}

/// A path or an address as an IRI reference: what may not stand in one is percent-encoded.
fn iri_reference(text: &str) -> String {
    let mut iri = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' | '[' | ']') {
            iri.push(c);
        } else {
            let mut buffer = [0; 4];
            for byte in c.encode_utf8(&mut buffer).bytes() {
                iri.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    iri
}
