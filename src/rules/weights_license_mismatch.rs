//! `OPN408`.

use std::collections::BTreeMap;

use super::Repository;
use crate::finding::{Finding, summarize_list};
use crate::license::stated::meant;
use crate::license::traits::contradicts;
use crate::license::{self, Effective, Expression, License};
use crate::lineage::Modelfile;
use crate::manifest::Text;

/// The number of Modelfiles that are read.
const MAX_MODELFILES: usize = 16;
/// The metadata keys that state a license: the key of the GGUF specification, and those in use in safetensors files.
const KEYS: &[&str] = &["general.license", "license", "modelspec.license"];

super::rule! {
    /// ## What it does
    /// Compares the license in the header of GGUF and safetensors files with the license that the manifest declares for
    /// them, and the `LICENSE` of a Modelfile with that of the weights.
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

/// What the manifest says of the license: the text, and the expression unless it is `NONE`.
type Declared<'m> = (&'m Text, Option<Expression>);

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    for (component, files) in repository.manifest.components.iter().zip(&repository.inventory.components) {
        let Some(declared) = declared(license::effective(repository.manifest, component)) else { continue };
        // Maps what the headers say to the files that say it.
        let mut differing: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for at in &files.entries {
            let Some(read) = repository.header(*at) else { continue };
            let Ok(header) = read.as_ref() else { continue };
            let Some(said) = KEYS.iter().find_map(|key| header.get(key)) else { continue };
            if differs(&meant(said), &declared) {
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
            let message = format!("`{}` is declared, but {whose} `{said}`", declared.0.escape_debug());
            let span = files.first().map(|at| repository.span_of(*at)).unwrap_or_default();
            findings.push(
                Finding::new(&INFO, declared.0.span, message)
                    .related(span, label)
                    .help("write the intended license to the header, or declare the license that the header states")
                    .items(files.iter().map(|at| repository.path(*at))),
            );
        }
    }
    of_modelfiles(repository, findings);
}

/// Compares the licenses in Modelfiles with that of the weights, or of the whole release.
fn of_modelfiles(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    let manifest = repository.manifest;
    let weights = manifest.component("final-weights").filter(|weights| weights.is_released());
    let effective =
        weights.map_or_else(|| license::of_model(manifest), |weights| license::effective(manifest, weights));
    let Some(declared) = declared(effective) else { return };
    let places = repository.notable().places().iter().copied();
    let modelfiles = places.filter(|at| repository.path(*at).file_name() == Modelfile::NAME);
    for at in modelfiles.take(MAX_MODELFILES) {
        let Some(text) = repository.text(at) else { continue };
        for ids in Modelfile::parse(&text).meant_licenses().iter().filter(|ids| differs(ids, &declared)) {
            let (path, ids) = (repository.path(at), ids.join("` or `"));
            let message = format!("`{}` is declared, but `{path}` says `{ids}`", declared.0.escape_debug());
            findings.push(
                Finding::new(&INFO, declared.0.span, message)
                    .help("write the intended license to the Modelfile, or declare the license that it states")
                    .items([path]),
            );
        }
    }
}

/// Returns what is declared; `None` for terms that have no id.
fn declared(effective: Effective<'_>) -> Option<Declared<'_>> {
    match effective {
        Effective::Stated(text, _) => match license::read(text) {
            Ok(License::Expression(expression)) => Some((text, Some(expression))),
            _ => None,
        },
        Effective::None(text, _) => Some((text, None)),
        Effective::Custom(..) | Effective::Unstated => None,
    }
}

fn differs(meant: &[String], (_, expression): &Declared<'_>) -> bool {
    match expression {
        Some(expression) => contradicts(meant, expression),
        None => !meant.is_empty(),
    }
}
