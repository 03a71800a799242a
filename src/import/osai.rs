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
    org.map(|org| org.map("`org`")).transpose()?;

    let mut manifest = Manifest::default();
    manifest.comment("Made from a record of the European Open Source AI Index by `openness import osai`.");
    manifest.comment("The record is licensed under CC-BY-4.0: Liesenfeld, Lopez & Dingemanse, https://osai-index.eu");
    manifest.raw("schema", "1");
    manifest.table("model");
    required(&mut manifest, "name", system.filled("name")?);
    manifest.comment("The record has no version.");
    manifest.string("version", "unknown");
    let producers = org.map(|org| org.texts("name")).transpose()?.unwrap_or_default();
    required(&mut manifest, "producer", Some(producers.join(", ").as_str()).filter(|names| !names.is_empty()));
    manifest.date("date", system.filled("releasedate")?);
    homepage(system, &mut manifest)?;
    let types = system.texts("type")?;
    let words = types.iter().flat_map(|types| types.split(',')).map(str::trim).filter(|word| !word.is_empty());
    let (known, other): (Vec<&str>, Vec<&str>) = words.partition(|word| Modality::from_word(word).is_some());
    manifest.strings("modality", known);
    for word in other {
        manifest.comment(&format!("type: {word}"));
    }
    manifest.prose("description", paragraphs(system, "notes")?.as_deref());
    for (key, node) in
        [("endmodelname", Some(system)), ("performanceclass", Some(system)), ("link", org), ("notes", org)]
    {
        for text in node.map(|node| node.texts(key)).transpose()?.unwrap_or_default() {
            let of = if key == "link" || key == "notes" { "organization, " } else { "" };
            manifest.comment(&format!("{of}{key}: {text}"));
        }
    }
    let end = system.texts("endmodelname")?;
    for base in system.texts("basemodelname")?.iter().filter(|base| !end.contains(base)) {
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

/// Writes the first link of the system as its home page, and the others as comments.
fn homepage(system: &Node, manifest: &mut Manifest) -> Result<(), Error> {
    let links = system.texts("link")?;
    let first = links.iter().position(|link| is_url(link)).unwrap_or(0);
    manifest.url("homepage", links.get(first).map(String::as_str));
    for (_, link) in links.iter().enumerate().filter(|(at, _)| *at != first) {
        manifest.comment(&format!("link: {link}"));
    }
    Ok(())
}

/// Returns the text of a key that holds one text or a list of them, which become paragraphs.
fn paragraphs(node: &Node, key: &str) -> Result<Option<String>, Error> {
    Ok(Some(node.texts(key)?.join("\n")).filter(|text| !text.is_empty()))
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
    let mut written = system.texts("endmodellicense")?;
    if written.is_empty() {
        written = system.texts("endmodel license")?;
    }
    match written.as_slice() {
        [] => {}
        [written] if ["unknown", "unclear", "undisclosed", "none"].contains(&written.to_lowercase().as_str()) => {
            manifest.comment(&format!("License according to the record: {written}"));
        }
        [written] => manifest.license(written),
        several => manifest.comment(&format!("The record names several licenses: {}", several.join(", "))),
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
    Ok(Dimension { class, links: found.texts("link")?, notes: paragraphs(found, "notes")? })
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

    fn imported(record: &str) -> (String, toml::Table) {
        let text = import(record).unwrap();
        let parsed = crate::manifest::parse::parse(crate::source::Source::new("t", text.clone()));
        assert!(parsed.is_sound(), "{:#?}\n{text}", parsed.findings);
        let table = toml::from_str(&text).unwrap();
        (text, table)
    }

    #[test]
    fn lists_are_accepted_wherever_the_index_has_text() {
        let (text, table) = imported(
            "system:
  name: Tiny
  type: [text, image]
  link: [see below, 'https://example.org/a', 'https://example.org/b']
  notes: [one, two]
  endmodellicense: [MIT, Apache-2.0]
  basemodelname: [B, C]
  endmodelname: [C, D]
org: {name: [Lab One, Lab Two], link: ['https://one.example.org', 'https://two.example.org'], notes: [x, y]}
paper: {class: open, notes: [three, four]}
",
        );
        let model = &table["model"];
        assert_eq!(model["producer"].as_str(), Some("Lab One, Lab Two"));
        assert_eq!(model["modality"].as_array().unwrap().len(), 2);
        assert_eq!(model["homepage"].as_str(), Some("https://example.org/a"));
        assert_eq!(model["description"].as_str(), Some("one\ntwo"));
        assert_eq!(model["base"].as_array().unwrap().len(), 1);
        assert_eq!(table["component"]["research-paper"]["description"].as_str(), Some("three\nfour"));
        for comment in [
            "# link: see below\n",
            "# link: https://example.org/b\n",
            "# organization, link: https://one.example.org\n",
            "# organization, link: https://two.example.org\n",
            "# organization, notes: y\n",
            "# The record names several licenses: MIT, Apache-2.0\n",
        ] {
            assert!(text.contains(comment), "{comment}{text}");
        }
    }

    #[test]
    fn a_list_of_one_is_the_same_as_the_text() {
        let one = "system: {name: T, link: 'https://example.org', endmodellicense: MIT}\norg: {name: L, link: x}\n";
        let list = one.replace("'https://example.org'", "['https://example.org']").replace("MIT", "[MIT]");
        let list = list.replace("name: L, link: x", "name: [L], link: [x]");
        assert_eq!(import(one).unwrap(), import(&list).unwrap());
    }

    #[test]
    fn empty_lists_and_missing_parts_are_accepted() {
        for record in [
            "system: {name: T, link: [], type: [], endmodellicense: [], basemodelname: []}\norg: {link: []}\n",
            "system: {name: T}\norg:\n",
            "system: {name: T, link: ['', ~]}\n",
        ] {
            imported(record);
        }
    }

    #[test]
    fn a_mapping_or_a_list_of_lists_is_rejected_where_text_belongs() {
        for record in [
            "system: {name: x}\norg: {name: L, link: {a: b}}\n",
            "system: {name: x}\norg: {name: L, link: [[a]]}\n",
            "system: {name: x}\norg: [L]\n",
            "system: {name: [x, y]}\n",
            "system: {name: x}\npaper: {class: [open, closed]}\n",
        ] {
            assert!(matches!(import(record).unwrap_err(), Error::Shape { .. }), "{record}");
        }
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
