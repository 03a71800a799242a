//! Exports a manifest to the formats of other projects.
//!
//! An export contains what the manifest states, as far as the format can express it, and adds nothing. If the format
//! requires something that the manifest does not state, it is left out or written as not asserted. Components that are
//! not released are never listed as if they were.

mod card;
mod cyclonedx;
mod eu_form;
mod mot;
mod spdx3;
mod terms;
mod yaml;

use jiff::Timestamp;

use crate::json;
use crate::manifest::{Component, Manifest, Sha256Hex};
use crate::path::RepoPath;

/// A format that can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// A model record of the Model Openness Tool, in YAML.
    Mot,
    /// The front matter of a model card, as the Hugging Face Hub reads it.
    Card,
    /// The EU code of practice's Model Documentation Form, in Markdown.
    EuForm,
    /// A CycloneDX 1.6 machine-learning BOM, in JSON.
    CycloneDx,
    /// An SPDX 3.0.1 document with AI and dataset packages, in JSON-LD.
    Spdx,
}

/// The release to export.
#[derive(Debug, Clone, Copy)]
pub struct Release<'a> {
    /// The manifest.
    pub manifest: &'a Manifest,
    /// The files of its components, in the order of their paths, without duplicates. May be empty: then the export
    /// lists no files.
    pub files: &'a [File],
    /// The time of creation that the export states.
    pub created: Timestamp,
}

/// A file of the release.
#[derive(Debug, Clone)]
pub struct File {
    /// Its path in the release.
    pub path: RepoPath,
    /// The SHA-256 digest of its content.
    pub sha256: Sha256Hex,
    /// The components that it belongs to, as indices of [`Manifest::components`].
    pub components: Vec<usize>,
}

/// Writes a release in a format. The text ends with a line feed.
///
/// # Errors
/// The error of `serde_json` if a value cannot be written as JSON.
pub fn export(format: Format, release: &Release<'_>) -> Result<String, serde_json::Error> {
    Ok(match format {
        Format::Mot => mot::export(release.manifest),
        Format::Card => card::export(release.manifest),
        Format::EuForm => eu_form::export(release),
        Format::CycloneDx => pretty(&cyclonedx::export(release))?,
        Format::Spdx => pretty(&spdx3::export(release))?,
    })
}

fn pretty(value: &serde_json::Value) -> Result<String, serde_json::Error> {
    let mut bytes = Vec::new();
    json::pretty(value, &mut bytes)?;
    bytes.push(b'\n');
    Ok(String::from_utf8(bytes).expect("JSON is UTF-8"))
}

impl Release<'_> {
    /// Returns the released components, with their indices.
    fn released(&self) -> impl Iterator<Item = (usize, &Component)> {
        self.manifest.components.iter().enumerate().filter(|(_, component)| component.is_released())
    }

    fn files_of(&self, component: usize) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |file| file.components.contains(&component))
    }
}

/// Returns the name of a component in the vocabulary; for a component outside it (`x-…`), the id.
fn name_of(component: &Component) -> String {
    let known = crate::taxonomy::vocabulary().find(&component.id);
    known.map_or_else(|| component.id.value.clone(), |item| item.name.clone())
}

/// Converts a path or URL to an IRI reference, by percent-encoding characters that are not allowed in one.
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
