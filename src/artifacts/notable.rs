//! Which files have a name that may mean something.
//!
//! A release can have many thousands of files of data, and most rules look for names: of weights, code, indexes,
//! configurations. Each name is looked at once, and those that are certainly of none of these kinds are passed over from
//! then on.

use super::format::plain_extension;
use crate::files::Files;

/// Endings of the stems of configurations and indexes, in formats that are otherwise those of data: `config.json`,
/// `model_index.json`, `modules.json`, `mergekit_config.yml`, `merge.yml`, `bom.json`, `sbom.xml`, `model.json`,
/// `configuration.json`, `Manifest.json`.
const STEM_ENDINGS: &[u8] = b"gxsemlnt";
/// The formats of configurations and indexes.
const CONFIGURATIONS: &[&str] = &["json", "yaml", "yml", "xml"];

/// The files whose names may be those of weights, code, indexes or configurations. All others have one dot in their names
/// and the extension of a text, a document or a medium.
#[derive(Debug, Clone, Default)]
pub struct Notable {
    places: Vec<usize>,
    flags: Vec<bool>,
}

impl Notable {
    /// Looks at the name of every file.
    #[must_use]
    pub fn of(files: &dyn Files) -> Self {
        // Neighbors mostly have the same extension.
        let (mut plain, mut is_configuration) = ("", false);
        let mut is_notable = |path: &str| {
            let Some((stem, extension)) = parts(path) else { return true };
            if extension != plain {
                let Some(found) = plain_extension(extension) else { return true };
                (plain, is_configuration) = (found, CONFIGURATIONS.contains(&found));
            }
            is_configuration && STEM_ENDINGS.contains(&stem)
        };
        let flags: Vec<bool> = files.entries().iter().map(|entry| is_notable(entry.path.as_str())).collect();
        let places = flags.iter().enumerate().filter(|(_, is_notable)| **is_notable).map(|(at, _)| at).collect();
        Self { places, flags }
    }

    /// Returns the places of these files in [`Files::entries`], in order.
    #[must_use]
    pub fn places(&self) -> &[usize] {
        &self.places
    }

    /// Returns whether the file at a place is one of them.
    #[must_use]
    pub fn has(&self, at: usize) -> bool {
        self.flags.get(at).is_none_or(|is_notable| *is_notable)
    }
}

/// Returns the last byte of the stem of a file name, and its extension; `None` unless it has exactly one dot, after its first
/// character.
fn parts(path: &str) -> Option<(u8, &str)> {
    // Byte by byte: names are too short to pay for setting up a faster search.
    let bytes = path.as_bytes();
    let dot = bytes.iter().rposition(|byte| matches!(byte, b'.' | b'/')).filter(|at| bytes[*at] == b'.')?;
    let before = bytes[..dot].iter().rposition(|byte| matches!(byte, b'.' | b'/'));
    let has_one_dot = before.is_none_or(|at| bytes[at] == b'/');
    let has_stem = before.map_or(0, |at| at + 1) < dot;
    (has_one_dot && has_stem).then(|| (bytes[dot - 1], &path[dot + 1..]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::artifacts::completeness::is_index;
    use crate::artifacts::format::{self, Named};
    use crate::artifacts::header::Format;
    use crate::files::Memory;
    use crate::path::RepoPath;

    fn is_notable(path: &str) -> bool {
        Notable::of(&Memory::new([(path, "")])).has(0)
    }

    #[test]
    fn data_texts_and_media_are_passed_over() {
        for path in ["a.json", "data/00/r00012.json", "b/f.txt", "README.md", "x.PNG.d/y.png", "t.csv", "shard-1.yaml"]
        {
            assert!(!is_notable(path), "{path}");
        }
    }

    #[test]
    fn names_that_are_looked_for_are_kept() {
        for path in [
            "config.json",
            "a/adapter_config.json",
            "modules.json",
            "model.json",
            "configuration.json",
            "Manifest.json",
            "model_index.json",
            "router_config.json",
            "model.safetensors.index.json",
            "model.bin.index.fp16.json",
            "x.weights.json",
            "mergekit_config.yml",
            "mergekit_moe_config.yaml",
            "merge.yml",
            "merge.yaml",
            "bom.json",
            "lm.cdx.json",
            "lm.spdx3.json",
            "bom.xml",
            "lm.cdx.xml",
            "lm.spdx",
            "lm.spdx.yml",
            "lm.spdx.rdf",
            "Modelfile",
            ".metadata",
            ".gitattributes",
            "custom_generate/generate.py",
            "model-00001-of-00002.bin",
            "variables.data-00000-of-00001",
            "a.PNG",
            "a.json.gz",
            "lib.so.1",
            "__0.distcp",
            "LICENSE",
            "a/.json",
            "weights.onnx",
        ] {
            assert!(is_notable(path), "{path}");
        }
    }

    #[test]
    fn nothing_that_is_looked_for_is_plain() {
        let texts = ["txt", "json", "jsonl", "png", "md", "csv", "yaml", "parquet"];
        assert!(texts.iter().all(|text| plain_extension(text) == Some(*text)));
        for extension in format::plain_extensions() {
            let path: RepoPath = format!("model.{extension}").parse().unwrap();
            assert_eq!(format::named(&path), Named::Known(None), "{path}");
            assert!(!format::is_weights(&path) && Format::of(&path).is_none() && !is_index(path.file_name()), "{path}");
            assert!(!["onnx", "distcp", "gguf", "py"].contains(&extension), "{path}");
        }
    }
}
