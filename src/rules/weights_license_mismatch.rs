//! `OPN408`.

use std::collections::BTreeMap;

use super::Repository;
use crate::finding::{Finding, summarize_list};
use crate::license::stated::meant;
use crate::license::traits::contradicts;
use crate::license::{self, Effective, License};

/// The metadata keys that state a license: the key of the GGUF specification, and those in use in safetensors files.
const KEYS: &[&str] = &["general.license", "license", "modelspec.license"];

super::rule! {
    /// ## What it does
    /// Compares the license in the header of GGUF and safetensors files with the license that the manifest declares for
    /// them.
    ///
    /// ## Why it matters
    /// Weights are passed on without their repository. The license in the file is then the only one that the recipient
    /// sees.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["model.safetensors"]
    /// ```
    /// ```files
    /// model.safetensors: \x2b\x00\x00\x00\x00\x00\x00\x00{"__metadata__":{"license":"cc-by-nc-4.0"}}
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["model.safetensors"]
    /// ```
    /// ```files
    /// model.safetensors: \x29\x00\x00\x00\x00\x00\x00\x00{"__metadata__":{"license":"apache-2.0"}}
    /// ```
    "OPN408" "weights-license-mismatch" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    for (component, files) in repository.manifest.components.iter().zip(&repository.inventory.components) {
        let (stated, expression) = match license::effective(repository.manifest, component) {
            Effective::Stated(text, _) => match license::read(text) {
                Ok(License::Expression(expression)) => (text, Some(expression)),
                _ => continue,
            },
            Effective::None(text, _) => (text, None),
            Effective::Custom(..) | Effective::Unstated => continue,
        };
        // Maps what the headers say to the files that say it.
        let mut differing: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for at in &files.entries {
            let Some(read) = repository.header(*at) else { continue };
            let Ok(header) = read.as_ref() else { continue };
            let Some(said) = KEYS.iter().find_map(|key| header.get(key)) else { continue };
            let meant = meant(said);
            let differs = match &expression {
                Some(expression) => contradicts(&meant, expression),
                None => !meant.is_empty(),
            };
            if differs {
                differing.entry(said.escape_debug().to_string()).or_default().push(*at);
            }
        }
        for (said, files) in differing {
            let (whose, label) = match files.as_slice() {
                [at] => (format!("the header of `{}` says", repository.path(*at)), "matches this file"),
                files => {
                    let named = summarize_list(files.iter().map(|at| repository.path(*at)));
                    (format!("the headers of {} files ({named}) say", files.len()), "matches the first of these files")
                }
            };
            let message = format!("`{}` is declared, but {whose} `{said}`", stated.escape_debug());
            let span = files.first().map(|at| repository.span_of(*at)).unwrap_or_default();
            findings.push(
                Finding::new(&INFO, stated.span, message)
                    .related(span, label)
                    .help("write the intended license to the header, or declare the license that the header states")
                    .items(files.iter().map(|at| repository.path(*at))),
            );
        }
    }
}
