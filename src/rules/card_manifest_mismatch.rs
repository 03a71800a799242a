//! `OPN210`.

use super::Repository;
use crate::finding::Finding;
use crate::import::card::FrontMatter;
use crate::import::card::bases::BaseModel;
use crate::manifest::{Base, Gating};

super::rule! {
    /// ## What it does
    /// Compares the front matter of `README.md`, which the Hugging Face Hub reads as the model card, with the manifest:
    /// the base models, and gated access.
    ///
    /// ## Why it matters
    /// The Hub and its users read the card; auditors read the manifest. Both have to agree on where the model comes
    /// from and who may have it.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    /// ```files
    /// README.md: ---\nbase_model: example/Tiny-LM\n---\n# A model\n
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [model]
    /// name = "m"
    /// version = "1"
    /// producer = "p"
    /// base = [{ name = "Tiny-LM", url = "https://huggingface.co/example/Tiny-LM" }]
    ///
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    /// ```files
    /// README.md: ---\nbase_model: example/Tiny-LM\n---\n# A model\n
    /// ```
    "OPN210" "card-manifest-mismatch" Warning => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    let Some(card) = repository.card() else { return };
    let manifest = repository.manifest;
    let model = &manifest.model;
    let span = model.base.first().map_or(model.header, |base| base.span);
    for id in card.base_models.iter().filter(|id| !model.base.iter().any(|base| is_named(base, id))) {
        let message = format!("`README.md` names `{}` as a base model, but `model.base` does not list it", escaped(id));
        findings.push(
            Finding::new(&INFO, span, message)
                .help(format!("add `{{ name = \"{}\", relation = \"…\" }}` to `model.base`", escaped(id))),
        );
    }
    let access = manifest.access.as_ref();
    let span = access.map_or(manifest.model.header, |access| access.header);
    let gating = access.and_then(|access| access.gating.as_ref()).map(|gating| gating.value);
    let eu_disallowed = access.and_then(|access| access.eu_disallowed.as_ref()).is_some_and(|flag| flag.value);
    for (differs, message, help) in gating_differences(&card, gating, eu_disallowed) {
        if differs {
            findings.push(Finding::new(&INFO, span, message).help(help));
        }
    }
}

/// Returns each difference that is possible in gated access: whether it exists, its message, and its help.
fn gating_differences(
    card: &FrontMatter,
    gating: Option<Gating>,
    eu_disallowed: bool,
) -> [(bool, &'static str, &'static str); 2] {
    [
        (
            card.has_gate && gating.is_none_or(|gating| gating == Gating::None),
            "`README.md` defines gated access, but the manifest declares no gating",
            "add `access.gating`, or remove the `extra_gated_…` keys from `README.md`",
        ),
        (
            card.eu_disallowed && !eu_disallowed,
            "`README.md` denies access to people in the European Union, but the manifest does not say so",
            "add `access.eu-disallowed = true`, or remove `extra_gated_eu_disallowed` from `README.md`",
        ),
    ]
}

/// Returns whether an entry of `model.base` means the model with this Hub id, going by its name or URL.
fn is_named(base: &Base, id: &str) -> bool {
    let last = |text: &str| text.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_lowercase();
    let is_same = |text: &str| {
        let text = BaseModel::read(text).map_or_else(|| text.to_owned(), |base| base.name);
        text.eq_ignore_ascii_case(id) || last(&text) == last(id)
    };
    is_same(&base.name) || base.url.as_ref().is_some_and(|url| is_same(url))
}

fn escaped(text: &str) -> String {
    text.escape_debug().to_string()
}
