//! Model records of the Model Openness Tool.
//!
//! A component is released if the record lists it, and not released otherwise. A component without a license key
//! inherits its license; `unlicensed` or an empty text does not. See <https://github.com/lfai/model_openness_tool>.

use std::collections::BTreeSet;

use super::emit::{self, Manifest};
use super::yaml::{self, Node, Value};
use super::{Error, emit::is_url};
use crate::license;
use crate::taxonomy;

/// The tool's word for a component that is released without a license.
const UNLICENSED: &str = "unlicensed";

pub(super) fn import(text: &str) -> Result<String, Error> {
    let record = yaml::read(text, 1)?;
    record.map("the record")?;
    let release = record.get("release").ok_or_else(|| record.wrong("the record has no `release`"))?;
    release.map("`release`")?;
    let licenses = Globals::read(release)?;

    let mut manifest = Manifest::default();
    manifest.comment("Made from a record of the Model Openness Tool by `openness import mot`.");
    if let Some(framework) = record.get("framework") {
        let words: Vec<&str> = ["name", "version", "date"]
            .into_iter()
            .filter_map(|key| framework.filled(key).transpose())
            .collect::<Result<_, _>>()?;
        manifest.comment(&format!("Framework: {}", words.join(", ")));
    }
    manifest.comment("Components in the record are imported as fully released, all others as not released.");
    manifest.raw("schema", "1");
    manifest.table("model");
    for key in ["name", "version", "producer"] {
        match release.filled(key)? {
            Some(value) => manifest.string(key, value),
            None => {
                manifest.comment(&format!("The record has no {key}."));
                manifest.string(key, "unknown");
            }
        }
    }
    manifest.date("date", release.filled("date")?);
    let plain = [
        ("type", "type"),
        ("architecture", "architecture"),
        ("treatment", "treatment"),
        ("origin", "origin"),
        ("contact", "contact"),
    ];
    for (theirs, ours) in plain {
        manifest.filled(ours, release.filled(theirs)?);
    }
    manifest.url("repository", release.filled("repository")?);
    manifest.url("hub", release.filled("huggingface")?);
    licenses.write("distribution", &mut manifest);
    for (theirs, ours) in [("code", "code"), ("data", "data"), ("document", "documentation")] {
        if licenses.has(theirs) {
            manifest.table(&format!("licenses.{ours}"));
            licenses.write(theirs, &mut manifest);
        }
    }

    let Some(components) = release.get("components") else {
        return Ok(manifest.finish());
    };
    let Value::List(components) = &components.value else {
        return Err(components.wrong("`components` must be a list"));
    };
    let mut seen = BTreeSet::new();
    for component in components {
        write_component(component, &licenses, &mut seen, &mut manifest)?;
    }
    Ok(manifest.finish())
}

fn write_component(
    component: &Node,
    licenses: &Globals,
    seen: &mut BTreeSet<String>,
    manifest: &mut Manifest,
) -> Result<(), Error> {
    component.map("a component")?;
    let name = component.filled("name")?.ok_or_else(|| component.wrong("the component has no `name`"))?;
    let row = taxonomy::find("mof-1.0").and_then(|mof| mof.items.iter().find(|item| item.name == name));
    let id = match row {
        Some(row) => row.components.first().cloned().unwrap_or_default(),
        None => {
            let slug = emit::slug(&name.to_lowercase(), |c| c.is_ascii_alphanumeric());
            format!("x-{}", if slug.is_empty() { "unnamed" } else { &slug })
        }
    };
    if !seen.insert(id.clone()) {
        return Err(component.wrong(format!("the component `{name}` is listed twice")));
    }
    manifest.table(&format!("component.{id}"));
    if row.is_none() {
        manifest.comment(&format!("The framework has no component with this name: {name}"));
    }
    manifest.string("openness", "open");
    let location = component.filled("license_path")?;
    // An empty license differs from an absent one, so `filled` does not fit.
    let written = component.get("license").map(|node| node.text("`license`")).transpose()?;
    match written.map(str::trim) {
        Some("" | UNLICENSED) => manifest.string("license", license::NONE),
        Some(license) => manifest.license_by_id(license),
        // With `license-file` or `license-url`, the component would have terms of its own, so write the license that it
        // inherits.
        None if location.is_some() => {
            let kind = row.and_then(|row| row.kind).map_or("", |kind| match kind {
                taxonomy::Kind::Code => "code",
                taxonomy::Kind::Data => "data",
                taxonomy::Kind::Documentation => "document",
            });
            manifest.comment("The record states no license for this component, so it inherits this one.");
            match licenses.name(kind).or_else(|| licenses.name("distribution")) {
                None | Some(UNLICENSED) => manifest.string("license", license::NONE),
                Some(name) => manifest.license_by_id(name),
            }
        }
        None => {}
    }
    if let Some(location) = location
        && !manifest.license_location(location)
    {
        manifest.comment(&format!("license_path: {location}"));
    }
    match component.filled("component_path")? {
        Some(path) if is_url(path) => manifest.remotes([path]),
        Some(path) => manifest.strings("documentation", [path]),
        None => {}
    }
    manifest.prose("description", component.filled("description")?);
    Ok(())
}

/// `release.license`: name and path of a license for each kind, in the tool's words.
struct Globals {
    entries: Vec<(&'static str, Option<String>, Option<String>)>,
}

impl Globals {
    fn read(release: &Node) -> Result<Self, Error> {
        let mut entries = Vec::new();
        if let Some(licenses) = release.get("license") {
            match &licenses.value {
                // PHP writes an empty map as an empty list.
                Value::List(items) if items.is_empty() => {}
                Value::Map(_) => {
                    for kind in ["distribution", "code", "data", "document"] {
                        if let Some(entry) = licenses.get(kind) {
                            entry.map(&format!("`license.{kind}`"))?;
                            let name = entry.filled("name")?.map(str::to_owned);
                            entries.push((kind, name, entry.filled("path")?.map(str::to_owned)));
                        }
                    }
                }
                _ => return Err(licenses.wrong("`license` must be a mapping of kinds to licenses")),
            }
        }
        Ok(Self { entries })
    }

    fn entry(&self, kind: &str) -> Option<(&str, Option<&str>)> {
        let (_, name, path) = self.entries.iter().find(|(candidate, ..)| *candidate == kind)?;
        Some((name.as_deref()?, path.as_deref()))
    }

    fn has(&self, kind: &str) -> bool {
        self.entry(kind).is_some()
    }

    fn name(&self, kind: &str) -> Option<&str> {
        self.entry(kind).map(|(name, _)| name)
    }

    fn write(&self, kind: &str, manifest: &mut Manifest) {
        let Some((name, path)) = self.entry(kind) else { return };
        if name == UNLICENSED {
            manifest.string("license", license::NONE);
        } else {
            manifest.license_by_id(name);
        }
        if let Some(path) = path
            && !manifest.license_location(path)
        {
            manifest.comment(&format!("path of the license: {path}"));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    const RECORD: &str = "framework: {name: Model Openness Framework, version: '1.0', date: '2024-12-15'}
release:
  name: Tiny
  version: 7
  producer: Lab
  license: {distribution: {name: Apache-2.0, path: LICENSE}, code: {name: null}}
  components:
  - {name: Model architecture, license: unlicensed}
  - {name: Model parameters (Final), component_path: 'https://example.org/w'}
  - {name: Model card, license: 'MIT License', license_path: 'https://example.org/l'}
  - {name: Data card, license_path: 'https://example.org/l'}
";

    #[test]
    fn own_inherited_and_absent_licenses_are_distinguished() {
        let table: toml::Table = toml::from_str(&import(RECORD).unwrap()).unwrap();
        assert_eq!(table["model"]["version"].as_str(), Some("7"));
        assert_eq!(table["model"]["license-file"].as_str(), Some("LICENSE"));
        assert!(table.get("licenses").is_none());
        let component = |id: &str, key: &str| table["component"][id].get(key).and_then(toml::Value::as_str);
        assert_eq!(component("model-architecture", "license"), Some("NONE"));
        assert_eq!(component("final-weights", "license"), None);
        assert_eq!(component("model-card", "license"), Some("LicenseRef-MIT-License"));
        assert_eq!(component("model-card", "license-name"), Some("MIT License"));
        assert_eq!(component("data-card", "license"), Some("Apache-2.0"));
    }

    #[test]
    fn a_missing_required_value_is_unknown_with_a_comment() {
        let text = import("release:\n  name: x\n  license: []\n  components: []\n").unwrap();
        assert!(text.contains("# The record has no version.\nversion = \"unknown\"\n"), "{text}");
    }

    #[test]
    fn mistakes_are_reported_with_their_position() {
        let position = |text: &str| match import(text).unwrap_err() {
            Error::Shape { line, column, .. } | Error::Yaml { line, column, .. } => (line, column),
            Error::TooLarge { .. } => panic!("too large"),
        };
        assert_eq!(position("release:\n  name: [x]\n"), (2, 9));
        assert_eq!(position("release:\n  components:\n  - Model card\n"), (3, 5));
        assert_eq!(position("release:\n  components:\n  - name: Model card\n  - name: Model card\n").0, 4);
        assert_eq!(position("[]").0, 1);
    }

    #[test]
    fn a_component_outside_the_framework_gets_an_x_id() {
        let text = import("release:\n  components:\n  - name: Configuration file\n").unwrap();
        assert!(text.contains("[component.x-configuration-file]"), "{text}");
    }
}
