//! The licenses that the weights of a release are offered under.

use crate::files::Files;
use crate::license::{self, Effective, License};
use crate::manifest::{Manifest, Terms};
use crate::path::RepoPath;
use crate::source::Span;
use crate::taxonomy;

/// The largest license text that is read.
const MAX_TEXT_BYTES: u64 = 256 * 1024;
/// The components that are looked at are those of this group of the vocabulary.
const GROUP: &str = "weights";
/// Of that group, what contains no weights.
const WITHOUT_WEIGHTS: &[&str] = &["model-metadata", "model-architecture"];

/// A license of the weights.
#[derive(Debug)]
#[non_exhaustive]
pub struct Offered<'m> {
    /// The license; `None` if it is not an expression.
    pub license: Option<License>,
    /// The license as written, or the name, URL or file of other terms.
    pub written: Option<&'m str>,
    /// The place in the manifest.
    pub span: Option<Span>,
    /// The text of a license, if the manifest names its file.
    pub file_text: Option<String>,
}

/// Returns the different licenses of the released weights, or the license of the whole release if it declares no weights.
pub(super) fn of<'m>(manifest: &'m Manifest, files: Option<&dyn Files>) -> Vec<Offered<'m>> {
    let mut weights = manifest.components.iter().filter(|component| is_weights(&component.id));
    let mut found: Vec<Offered<'m>> = Vec::new();
    let mut has_weights = false;
    for component in weights.by_ref() {
        has_weights = true;
        if component.is_released() {
            add(&mut found, effective(manifest, license::effective(manifest, component), &component.terms, files));
        }
    }
    if !has_weights {
        let terms = &manifest.model.license;
        let of_model = license::of_model(manifest);
        add(&mut found, effective(manifest, of_model, terms, files));
    }
    found
}

/// Returns whether a component of this id is weights.
pub(super) fn is_weights(id: &str) -> bool {
    let group = taxonomy::vocabulary().find(id).and_then(|item| item.group.as_deref());
    group == Some(GROUP) && !WITHOUT_WEIGHTS.contains(&id)
}

fn add<'m>(found: &mut Vec<Offered<'m>>, offered: Offered<'m>) {
    let is_known = |known: &Offered<'_>| known.written == offered.written && known.file_text == offered.file_text;
    if !found.iter().any(is_known) {
        found.push(offered);
    }
}

fn effective<'m>(
    manifest: &'m Manifest,
    effective: Effective<'m>,
    terms: &'m Terms,
    files: Option<&dyn Files>,
) -> Offered<'m> {
    let license = match effective {
        Effective::None(..) => Some(License::None),
        Effective::Stated(text, _) => license::read(text).ok(),
        _ => None,
    };
    let file_text = files.and_then(|files| text(manifest, &effective, terms, files));
    Offered { license, written: effective.description(), span: effective.span(), file_text }
}

/// Reads the text of a license: the file that the manifest names for it, or `LICENSES/ID.txt`.
fn text(manifest: &Manifest, effective: &Effective<'_>, terms: &Terms, files: &dyn Files) -> Option<String> {
    let stated = effective.text();
    let model = &manifest.model.license;
    let of_model = (model.license.as_ref().map(|text| text.value.as_str()) == stated).then_some(model.file.as_ref());
    let named = terms.file.as_ref().or(of_model.flatten()).map(|file| file.value.clone());
    let path = match named {
        Some(path) => path,
        None => format!("LICENSES/{}.txt", stated.filter(|text| text.starts_with("LicenseRef-"))?)
            .parse::<RepoPath>()
            .ok()?,
    };
    let bytes = files.read(&path, MAX_TEXT_BYTES).ok().flatten()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
