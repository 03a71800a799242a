//! Records of Eiras et al. 2024: Markdown files whose front matter assigns a level to each cell of the pipeline.
//!
//! The levels between closed and free are an assessment by the authors of the record, so they are kept in
//! `[assessment]`. See <https://github.com/open-source-llms/open-source-llms.github.io>.

use super::emit::Manifest;
use super::yaml::Node;
use super::{Error, front};
use crate::taxonomy;

/// License names in the records that are unambiguous, and their SPDX ids.
const NAMES: &[(&str, &str)] = &[
    ("Apache 2.0", "Apache-2.0"),
    ("MIT", "MIT"),
    ("BSD-3", "BSD-3-Clause"),
    ("CC BY-SA-4.0", "CC-BY-SA-4.0"),
    ("ODC-By", "ODC-By-1.0"),
];
/// Model licenses without an SPDX id.
const MODEL_LICENSES: &[(&str, &str)] = &[
    ("LLaMA", "LicenseRef-Llama-1"),
    ("LLaMA-2", "LicenseRef-Llama-2-Community"),
    ("LLaMA-3", "LicenseRef-Llama-3-Community"),
    ("DBRX", "LicenseRef-DBRX"),
    ("OPT", "LicenseRef-OPT"),
    ("GLM-130B", "LicenseRef-GLM-130B"),
    ("C4AI", "LicenseRef-C4AI"),
    ("RAIL", "LicenseRef-RAIL"),
];

pub(super) fn import(text: &str) -> Result<String, Error> {
    let (record, _) = front::read(text)?;
    record.map("the record")?;
    let mut manifest = Manifest::default();
    manifest.comment("Made from a record of Eiras et al. 2024 by `openness import eiras`.");
    manifest.comment("Cells that are Unknown in the record are not declared; level 2 is imported as open in part.");
    manifest.raw("schema", "1");
    manifest.table("model");
    manifest.string("name", record.filled("title")?.unwrap_or("unknown"));
    manifest.comment("The record states neither version nor producer.");
    manifest.string("version", "unknown");
    manifest.string("producer", "unknown");
    if let Some(release) = record.get("release") {
        let year = release.filled("year")?.unwrap_or("");
        let date = match release.filled("month")?.map(str::parse::<u8>) {
            Some(Ok(month)) => format!("{year}-{month:02}"),
            _ => year.to_owned(),
        };
        manifest.date("date", Some(&date));
    }
    manifest.url("homepage", record.filled("link")?);

    let mut stated = Vec::new();
    let cells = taxonomy::find("eiras-2024").map_or(&[][..], |taxonomy| &taxonomy.items);
    for item in cells {
        let Some(component) = item.components.first() else { continue };
        let Some(cell) = item.id.split('.').try_fold(&record, |node, key| node.get(key)) else {
            manifest.comment(&format!("{}: not in the record", item.id));
            continue;
        };
        cell.map(&format!("`{}`", item.id))?;
        let value = cell.filled("value")?.unwrap_or("Unknown");
        let license = cell.filled("license")?;
        let openness = match value {
            "Unknown" => {
                manifest.comment(&format!("{}: Unknown {}", item.id, license.unwrap_or("")));
                continue;
            }
            "N/A" => "not-applicable",
            "1" => "closed",
            "2" => "partial",
            "3" | "4" | "5" => "open",
            other => {
                let at: &Node = cell.get("value").unwrap_or(cell);
                return Err(at.wrong(format!("`{other}` is not a level; allowed: 1 to 5, `N/A`, `Unknown`")));
            }
        };
        manifest.table(&format!("component.{component}"));
        manifest.string("openness", openness);
        if let Some(written) = license {
            write_license(&mut manifest, written);
        }
        match value {
            "1" => manifest.prose("reason", Some("fully closed, according to the record")),
            "2" => manifest.prose("reason", Some("highly restrictive, according to the record")),
            "N/A" => manifest.prose("reason", Some("the model has no such step, according to the record")),
            _ => {}
        }
        if matches!(value, "2" | "3" | "4" | "5") {
            stated.push((item.id.as_str(), value.to_owned()));
        }
    }
    manifest.table("assessment.eiras-2024");
    manifest.string("source", "https://github.com/open-source-llms/open-source-llms.github.io");
    if !stated.is_empty() {
        manifest.table("assessment.eiras-2024.stated");
    }
    for (cell, value) in stated {
        manifest.raw(&format!("\"{cell}\""), &value);
    }
    Ok(manifest.finish())
}

fn write_license(manifest: &mut Manifest, written: &str) {
    if let Some((_, id)) = NAMES.iter().find(|(name, _)| *name == written) {
        manifest.string("license", id);
    } else if let Some((_, id)) = MODEL_LICENSES.iter().find(|(name, _)| *name == written) {
        manifest.string("license", id);
        manifest.string("license-name", written);
    } else {
        manifest.license(written);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn cells_become_components_and_levels_assessments() {
        let record = "---\ntitle: Tiny\nrelease: {month: 7, year: 2023}\ntraining: {code: {pretraining: {value: 1}, alignment: {value: N/A}}}\ndeployment: {data: {weights: {value: 3, license: LLaMA-2}}}\n---\n";
        let table: toml::Table = toml::from_str(&import(record).unwrap()).unwrap();
        assert_eq!(table["model"]["date"].as_str(), Some("2023-07"));
        assert_eq!(table["component"]["training-code"]["openness"].as_str(), Some("closed"));
        assert_eq!(table["component"]["alignment-code"]["openness"].as_str(), Some("not-applicable"));
        assert_eq!(table["component"]["final-weights"]["license"].as_str(), Some("LicenseRef-Llama-2-Community"));
        assert!(table["component"].get("inference-code").is_none());
        assert_eq!(table["assessment"]["eiras-2024"]["stated"]["deployment.data.weights"].as_integer(), Some(3));
    }

    #[test]
    fn an_unknown_level_is_rejected_with_its_position() {
        let error = import("---\ntraining:\n  code:\n    pretraining:\n      value: 6\n---\n").unwrap_err();
        assert!(matches!(error, Error::Shape { line: 5, .. }), "{error}");
    }

    #[test]
    fn every_license_of_the_tables_is_valid() {
        for (_, id) in NAMES.iter().chain(MODEL_LICENSES) {
            assert!(crate::license::read(id).is_ok(), "{id}");
        }
    }
}
