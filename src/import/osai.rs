//! Records of the European Open Source AI Index.
//!
//! Each dimension becomes the component that it assesses, with the class in the record as its openness. The license
//! dimension has no component, so it is kept in `[assessment]`. See <https://osai-index.eu>.

use super::Error;
use super::emit::{Manifest, is_url};
use super::yaml::{self, Node};
use crate::manifest::Modality;
use crate::taxonomy;

/// The dimension without a component.
const LICENSES: &str = "licenses";

pub(super) fn import(text: &str) -> Result<String, Error> {
    let record = yaml::read(text, 1)?;
    record.map("the record")?;
    let system = record.get("system").ok_or_else(|| record.wrong("the record has no `system`"))?;
    system.map("`system`")?;
    let org = record.get("org");

    let mut manifest = Manifest::default();
    manifest.comment("Made from a record of the European Open Source AI Index by `openness import osai`.");
    manifest.comment("The record is licensed under CC-BY-4.0: Liesenfeld, Lopez & Dingemanse, https://osai-index.eu");
    manifest.raw("schema", "1");
    manifest.table("model");
    required(&mut manifest, "name", system.filled("name")?);
    manifest.comment("The record has no version.");
    manifest.string("version", "unknown");
    let producer = org.map(|org| org.filled("name")).transpose()?.flatten();
    required(&mut manifest, "producer", producer);
    manifest.date("date", system.filled("releasedate")?);
    manifest.url("homepage", system.filled("link")?);
    let types = system.filled("type")?.unwrap_or("");
    let (known, other): (Vec<&str>, Vec<&str>) = types
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .partition(|word| Modality::from_word(word).is_some());
    manifest.strings("modality", known);
    for word in other {
        manifest.comment(&format!("type: {word}"));
    }
    manifest.prose("description", system.filled("notes")?);
    for (key, node) in
        [("endmodelname", Some(system)), ("performanceclass", Some(system)), ("link", org), ("notes", org)]
    {
        if let Some(text) = node.map(|node| node.filled(key)).transpose()?.flatten() {
            let of = if key == "link" || key == "notes" { "organization, " } else { "" };
            manifest.comment(&format!("{of}{key}: {text}"));
        }
    }
    let end = system.filled("endmodelname")?;
    if let Some(base) = system.filled("basemodelname")?.filter(|base| end != Some(*base)) {
        manifest.table("[model.base]");
        manifest.string("name", base);
    }

    let index = taxonomy::find("osai-index").map_or(&[][..], |index| &index.items);
    for item in index.iter().filter(|item| item.id != LICENSES) {
        let Some(component) = item.components.first() else { continue };
        manifest.table(&format!("component.{component}"));
        let dimension = dimension(&record, system, &item.id, &mut manifest)?;
        manifest.string("openness", dimension.class);
        if component == "final-weights" {
            license(&mut manifest, system)?;
        }
        manifest.remotes(dimension.links.iter().map(String::as_str).filter(|link| is_url(link)));
        for link in dimension.links.iter().filter(|link| !is_url(link)) {
            manifest.comment(&format!("link: {link}"));
        }
        manifest.prose(if dimension.class == "open" { "description" } else { "reason" }, dimension.notes.as_deref());
    }
    manifest.table("assessment.osai-index");
    manifest.string("source", "https://osai-index.eu");
    let mut notes = Manifest::default();
    let stated = dimension(&record, system, LICENSES, &mut notes)?;
    if let Some(text) = &stated.notes {
        notes.comment(text);
    }
    for link in &stated.links {
        notes.comment(link);
    }
    manifest.table("assessment.osai-index.stated");
    manifest.append(notes);
    manifest.string(LICENSES, stated.class);
    Ok(manifest.finish())
}

fn required(manifest: &mut Manifest, key: &str, value: Option<&str>) {
    match value {
        Some(value) => manifest.string(key, value),
        None => {
            manifest.comment(&format!("The record has no {key}."));
            manifest.string(key, "unknown");
        }
    }
}

/// Writes the license of the end model as the record states it.
fn license(manifest: &mut Manifest, system: &Node) -> Result<(), Error> {
    // Four records of the index have a space in the key.
    let written = match system.filled("endmodellicense")? {
        Some(written) => Some(written),
        None => system.filled("endmodel license")?,
    };
    match written {
        Some(written) if ["unknown", "unclear", "undisclosed", "none"].contains(&written.to_lowercase().as_str()) => {
            manifest.comment(&format!("License according to the record: {written}"));
        }
        Some(written) => manifest.license(written),
        None => {}
    }
    Ok(())
}

struct Dimension {
    class: &'static str,
    links: Vec<String>,
    notes: Option<String>,
}

fn dimension(record: &Node, system: &Node, id: &str, manifest: &mut Manifest) -> Result<Dimension, Error> {
    let found = match (record.get(id), system.get(id)) {
        (Some(found), _) => found,
        (None, Some(misplaced)) => {
            manifest.comment(&format!("The record has `{id}` below `system`."));
            misplaced
        }
        (None, None) => {
            manifest.comment(&format!("The record has no `{id}`, which counts as closed in the index."));
            return Ok(Dimension { class: "closed", links: Vec::new(), notes: None });
        }
    };
    found.map(&format!("`{id}`"))?;
    let class = match found.filled("class")? {
        Some("open") => "open",
        Some("partial") => "partial",
        Some("closed") => "closed",
        None => {
            manifest.comment("The record has no class, which counts as closed in the index.");
            "closed"
        }
        Some(other) => {
            let at = found.get("class").unwrap_or(found);
            return Err(at.wrong(format!("`{other}` is not a class; allowed: `open`, `partial`, `closed`")));
        }
    };
    Ok(Dimension { class, links: found.texts("link")?, notes: found.filled("notes")?.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    const RECORD: &str =
        "system: {name: Tiny, type: 'text, smell', endmodellicense: Unknown, basemodelname: B, endmodelname: T}
org: {name: Lab}
weights_endmodel: {class: open, link: ['https://example.org/w', see above], notes: 'all of them'}
paper: {class: partial, link: , notes: }
licenses: {class: partial}
";

    #[test]
    fn dimensions_become_components_and_licenses_an_assessment() {
        let text = import(RECORD).unwrap();
        let table: toml::Table = toml::from_str(&text).unwrap();
        let component = |id: &str, key: &str| table["component"][id].get(key).cloned();
        assert_eq!(component("final-weights", "openness"), Some("open".into()));
        assert_eq!(component("final-weights", "license"), None);
        assert_eq!(component("final-weights", "remote").unwrap().as_array().unwrap().len(), 1);
        assert_eq!(component("research-paper", "openness"), Some("partial".into()));
        assert_eq!(component("training-data", "openness"), Some("closed".into()));
        assert_eq!(table["assessment"]["osai-index"]["stated"]["licenses"].as_str(), Some("partial"));
        assert_eq!(table["model"]["modality"].as_array().unwrap().len(), 1);
        assert_eq!(table["model"]["base"][0]["name"].as_str(), Some("B"));
    }

    #[test]
    fn an_unknown_class_is_rejected_with_its_position() {
        let error = import("system: {name: x}\npaper:\n  class: opne\n").unwrap_err();
        assert!(matches!(error, Error::Shape { line: 3, .. }), "{error}");
    }

    #[test]
    fn a_dimension_below_system_is_found() {
        let text = import("system:\n  name: x\n  datasources_endmodel: {class: open}\n").unwrap();
        let table: toml::Table = toml::from_str(&text).unwrap();
        assert_eq!(table["component"]["fine-tuning-data"]["openness"].as_str(), Some("open"));
    }
}
