//! Model records of the Model Openness Tool; the reverse of `import mot`.
//!
//! A record only lists fully released components. Components that are released in part or are not part of the framework
//! are named in comments. See <https://github.com/lfai/model_openness_tool>.

use super::terms::{self, Stated};
use super::yaml::Yaml;
use crate::manifest::{Component, Manifest, Openness, Terms};
use crate::taxonomy;

/// The values that the schema of the tool allows.
const TYPES: &[&str] = &["language", "vision", "image", "audio", "video", "3d", "code", "multimodal", "other"];
const ARCHITECTURES: &[&str] = &[
    "transformer",
    "transformer decoder",
    "transformer encoder-decoder",
    "decoder",
    "encoder",
    "diffusion",
    "RNN",
    "CNN",
    "LSTM",
    "NeRF",
    "hybrid",
    "undisclosed",
    "other",
];
const TREATMENTS: &[&str] = &["pre-trained", "instruct fine-tuned", "chat fine-tuned"];

pub(super) fn export(manifest: &Manifest) -> String {
    let mut yaml = Yaml::default();
    yaml.line(0, "framework:");
    // The only version that the tool knows, with the date in its own records.
    for (key, value) in [("name", "Model Openness Framework"), ("version", "1.0"), ("date", "2024-12-15")] {
        yaml.pair(1, key, value);
    }
    yaml.line(0, "release:");
    let model = &manifest.model;
    yaml.pair(1, "name", &model.name);
    // `import` and `init` write `unknown` for a missing version, and the tool does not require one.
    yaml.filled(1, "version", Some(model.version.as_str()).filter(|version| *version != "unknown"));
    let text = |text: &Option<crate::manifest::Text>| text.as_ref().map(|text| text.value.clone());
    let date = text(&model.date).or_else(|| text(&manifest.release.as_ref()?.date));
    yaml.filled(1, "date", date.as_deref());
    for (key, value, words) in [
        ("type", &model.kind, TYPES),
        ("architecture", &model.architecture, ARCHITECTURES),
        ("treatment", &model.treatment, TREATMENTS),
    ] {
        let value = text(value);
        match value.as_deref() {
            Some(value) if !words.contains(&value) => {
                yaml.comment(1, &format!("{key}, not a value that the tool allows: {value}"));
            }
            value => yaml.filled(1, key, value),
        }
    }
    yaml.filled(1, "origin", text(&model.origin).as_deref());
    yaml.pair(1, "producer", &model.producer);
    for (key, value) in [("contact", &model.contact), ("repository", &model.repository), ("huggingface", &model.hub)] {
        yaml.filled(1, key, text(value).as_deref());
    }
    licenses(manifest, &mut yaml);
    components(manifest, &mut yaml);
    yaml.text
}

fn licenses(manifest: &Manifest, yaml: &mut Yaml) {
    let kinds = &manifest.licenses;
    let tables = [
        ("distribution", Some(&manifest.model.license)),
        ("code", kinds.code.as_ref()),
        ("data", kinds.data.as_ref()),
        ("document", kinds.documentation.as_ref()),
    ];
    let stated: Vec<(&str, &Terms, &str)> = tables
        .into_iter()
        .filter_map(|(key, terms)| terms.and_then(|terms| Some((key, terms, word(terms)?))))
        .collect();
    if stated.is_empty() {
        yaml.line(1, "license: {}");
        return;
    }
    yaml.line(1, "license:");
    for (key, terms, word) in stated {
        yaml.line(2, &format!("{key}:"));
        yaml.pair(3, "name", word);
        yaml.filled(3, "path", terms::location(terms));
    }
}

/// Returns the license as the tool spells it; `unlicensed` if it is released without a license.
fn word(terms: &Terms) -> Option<&str> {
    match terms::stated(terms) {
        Stated::Nothing => None,
        Stated::None => Some("unlicensed"),
        Stated::Expression(word) | Stated::Named(word) => Some(word),
    }
}

fn components(manifest: &Manifest, yaml: &mut Yaml) {
    let row_of = |component: &Component| {
        let rows = taxonomy::find("mof-1.0").map_or(&[][..], |mof| &mof.items);
        rows.iter().find(|row| row.components.first() == Some(&component.id.value))
    };
    let mut listed = Vec::new();
    for component in &manifest.components {
        match (row_of(component), component.openness()) {
            (Some(row), Openness::Open) => listed.push((row, component)),
            (Some(_), Openness::Partial) => {
                yaml.comment(1, &format!("released in part, so not listed: {}", component.id.value));
            }
            (None, Openness::Open | Openness::Partial) => {
                yaml.comment(1, &format!("not a component of the framework: {}", component.id.value));
            }
            (_, Openness::Closed | Openness::NotApplicable) => {}
        }
    }
    if listed.is_empty() {
        yaml.line(1, "components: []");
        return;
    }
    yaml.line(1, "components:");
    for (row, component) in listed {
        yaml.line(1, "-");
        yaml.pair(2, "name", &row.name);
        yaml.filled(2, "description", component.description.as_ref().map(|text| text.as_str()));
        // `component_path` takes a single location.
        let remote = component.remote.iter().map(|remote| remote.url.as_str());
        let mut locations =
            remote.chain(component.files.iter().chain(&component.documentation).map(|text| text.as_str()));
        yaml.filled(2, "component_path", locations.next());
        let further: Vec<&str> = locations.collect();
        if !further.is_empty() {
            yaml.comment(2, &format!("further locations, for which the tool has no field: {}", further.join(", ")));
        }
        yaml.filled(2, "license", word(&component.terms));
        yaml.filled(2, "license_path", terms::location(&component.terms));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a panic is a failed test, and a skip must be seen")]
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use super::*;
    use crate::import::yaml::{self, Node, Value};
    use crate::import::{Format, import};
    use crate::manifest::parse::parse;
    use crate::source::Source;

    fn manifest(text: &str) -> Manifest {
        let parsed = parse(Source::new("OPENNESS.toml", text));
        assert!(parsed.findings.is_empty(), "{:#?}\n{text}", parsed.findings);
        parsed.manifest
    }

    fn round_trip(record: &str) -> String {
        export(&manifest(&import(Format::Mot, record).unwrap()))
    }

    /// Every scalar by its path, components by their names. Empty values count as absent, as in the tool.
    fn leaves(text: &str) -> BTreeMap<String, String> {
        fn walk(node: &Node, path: &str, found: &mut BTreeMap<String, String>) {
            match &node.value {
                Value::Null => {}
                Value::Text(text) if text.trim().is_empty() && !path.ends_with(".license") => {}
                Value::Text(text) => drop(found.insert(path.to_owned(), text.trim().to_owned())),
                Value::List(items) => {
                    for item in items {
                        walk(item, &format!("{path}[{}]", item.filled("name").unwrap().unwrap()), found);
                    }
                }
                Value::Map(entries) => {
                    entries.iter().for_each(|(key, node)| walk(node, &format!("{path}.{key}"), found));
                }
            }
        }
        let mut found = BTreeMap::new();
        walk(&yaml::read(text, 1).unwrap(), "", &mut found);
        found
    }

    fn records() -> Vec<(String, String)> {
        let root = std::env::var_os("OPENNESS_SHARED_DATA")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
        let mut records = Vec::new();
        for directory in ["mot/models", "mot/fixtures"] {
            let Ok(files) = std::fs::read_dir(root.join(directory)) else {
                eprintln!("skipped: needs shared data at {}", root.join(directory).display());
                continue;
            };
            for file in files {
                let file = file.unwrap().path();
                records.push((file.display().to_string(), std::fs::read_to_string(file).unwrap()));
            }
        }
        records
    }

    #[test]
    fn records_of_the_tool_survive_import_and_export() {
        let records = records();
        for (name, record) in &records {
            let (mut before, after) = (leaves(record), leaves(&round_trip(record)));
            // Two records have text instead of a URL, which a manifest does not allow.
            before.retain(|path, value| path != ".release.huggingface" || crate::import::emit::is_url(value));
            let missing_license = |value: &mut String| {
                if value.is_empty() {
                    "unlicensed".clone_into(value);
                }
            };
            before.values_mut().for_each(missing_license);
            let lost: Vec<_> = before.iter().filter(|(path, value)| after.get(*path) != Some(value)).collect();
            let added: Vec<_> = after.iter().filter(|(path, value)| before.get(*path) != Some(value)).collect();
            assert!(lost.is_empty() && added.is_empty(), "{name}: lost {lost:?}, added {added:?}");
        }
        eprintln!("{} records imported and exported", records.len());
    }

    const RECORD: &str = "framework: {name: Model Openness Framework, version: '1.0', date: '2024-12-15'}
release:
  name: 'Tiny \"LM\" # 1'
  version: 1.0
  date: 2025-01
  producer: 'Lab: ü'
  license: {distribution: {name: Apache-2.0, path: LICENSE}, code: {name: 'MIT License', path: 'https://example.org/l'}}
  components:
  - {name: Model architecture, license: unlicensed, component_path: src/model.py}
  - {name: 'Model parameters (Final)', component_path: 'https://example.org/w', description: \"two\\nlines\"}
";

    #[test]
    fn any_text_survives_import_and_export() {
        assert_eq!(leaves(RECORD), leaves(&round_trip(RECORD)));
        assert_eq!(round_trip(RECORD), round_trip(&round_trip(RECORD)));
    }

    #[test]
    fn partial_and_unknown_components_are_named_in_comments() {
        let text = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\narchitecture = \"trigram\"\n\
                    [component.training-data]\nopenness = \"partial\"\n[component.x-own]\nopenness = \"open\"\n\
                    [component.model-card]\nopenness = \"closed\"\n";
        let record = export(&manifest(text));
        assert!(record.contains("  components: []\n"), "{record}");
        assert!(record.contains("# released in part, so not listed: training-data\n"));
        assert!(record.contains("# not a component of the framework: x-own\n"));
        assert!(record.contains("# architecture, not a value that the tool allows: trigram\n"));
        assert!(!record.contains("model-card"));
    }

    #[test]
    fn further_locations_are_named_in_a_comment() {
        let text = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n[component.final-weights]\n\
                    openness = \"open\"\nlicense = \"MIT\"\nfiles = [\"a.gguf\", \"b-*.gguf\"]\n\
                    remote = [{ url = \"https://example.org/c\" }]\n";
        let record = export(&manifest(text));
        assert!(record.contains("component_path: \"https://example.org/c\"\n"), "{record}");
        let further = "    # further locations, for which the tool has no field: a.gguf, b-*.gguf\n";
        assert!(record.contains(further), "{record}");
        assert!(
            !export(&manifest(&text.replace(", \"b-*.gguf\"", "").replace("remote", "# remote"))).contains("further")
        );
    }

    #[test]
    fn exports_are_valid_by_the_schema_of_the_tool() {
        let root = std::env::var_os("OPENNESS_SHARED_DATA")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
        let Ok(schema) = std::fs::read(root.join("mot/mof_schema.json")) else {
            eprintln!("skipped: needs shared data at {}", root.join("mot/mof_schema.json").display());
            return;
        };
        let validator = jsonschema::validator_for(&serde_json::from_slice(&schema).unwrap()).unwrap();
        let tiny = include_str!("../../examples/tiny-lm/OPENNESS.toml");
        for text in [tiny, "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n"] {
            let record = export(&manifest(text));
            let value: serde_json::Value = serde_saphyr::from_str(&record).unwrap();
            let mistakes: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(mistakes.is_empty(), "{mistakes:#?}\n{record}");
        }
    }
}
