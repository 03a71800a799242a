//! `OPN407`.

use super::Repository;
use crate::finding::Finding;
use crate::license::stated::{excludes, meant};
use crate::license::traits::contradicts;
use crate::license::{self, Effective, License};

super::rule! {
    /// ## What it does
    /// Compares the license in the front matter of `README.md` with the license that the manifest declares for the
    /// weights, or for the model if no weights are released.
    ///
    /// ## Why it matters
    /// The Hugging Face Hub shows the license of the card and filters by it. If the manifest declares a different one,
    /// users cannot tell which terms apply.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "CC-BY-NC-4.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    /// ```files
    /// README.md: ---\nlicense: apache-2.0\n---\n# A model\n
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    /// ```files
    /// README.md: ---\nlicense: apache-2.0\n---\n# A model\n
    /// ```
    "OPN407" "card-license-mismatch" Error => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    let manifest = repository.manifest;
    let Some(card) = repository.card() else { return };
    let meant: Vec<String> = card.licenses.iter().flat_map(|id| meant(id)).collect();
    if card.licenses.is_empty() {
        return;
    }
    let weights = manifest.component("final-weights").filter(|component| component.is_released());
    let stated = match weights.map(|component| license::effective(manifest, component)) {
        Some(Effective::Stated(text, _) | Effective::None(text, _)) => Some(text),
        Some(Effective::Custom(..) | Effective::Unstated) => None,
        None => manifest.model.license.license.as_ref(),
    };
    let Some(stated) = stated else { return };
    let differs = match license::read(stated) {
        Ok(License::None) => !meant.is_empty(),
        Ok(License::Expression(expression)) if meant.is_empty() => {
            card.licenses.iter().all(|text| excludes(text, &expression))
        }
        Ok(License::Expression(expression)) => contradicts(&meant, &expression),
        Err(_) => false,
    };
    if differs {
        let ids = card.licenses.iter().map(|id| format!("`{}`", id.escape_debug())).collect::<Vec<_>>().join(", ");
        let message =
            format!("`{}` is declared, but the front matter of `README.md` says {ids}", stated.escape_debug());
        findings.push(
            Finding::new(&INFO, stated.span, message).help("give the same license in `README.md` and in the manifest"),
        );
    }
}
