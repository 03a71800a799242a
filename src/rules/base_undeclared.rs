//! `OPN416`.

use super::Repository;
use crate::finding::{Finding, quotable, summarize_list};
use crate::lineage::{Contradiction, Disagreement, Lineage, Mentions, Shared};
use crate::manifest::Relation;

super::rule! {
    /// ## What it does
    /// Reports a base that a file names and the manifest does not: `adapter_config.json`, the configuration of a merge, the
    /// header of GGUF or safetensors weights, a Modelfile, a bill of materials (CycloneDX as JSON or XML; SPDX as JSON, YAML,
    /// XML, RDF or tags). Data that such a file names is looked for in the addresses of components too. It also reports such a
    /// file if it cannot be read, and a license or digest of a base that it states otherwise.
    ///
    /// Weights are compared with the statements in `.openness/bases/`: those that are, byte for byte, files of a signed release
    /// which the manifest does not list are reported, and a `relation` that the bytes contradict.
    ///
    /// ## Why it matters
    /// The license of every base binds what is made from it. A base that the manifest leaves out is one whose terms are
    /// not looked at. Paths on the machine that trained the model are ignored, and `README.md` is compared by OPN210.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    /// ```files
    /// adapter_config.json: {"base_model_name_or_path": "lab/Base-7B"}
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// [[model.base]]
    /// name = "lab/Base-7B"
    /// license = "Apache-2.0"
    /// relation = "adapter"
    /// ```
    /// ```files
    /// adapter_config.json: {"base_model_name_or_path": "lab/Base-7B"}
    /// ```
    "OPN416" "base-undeclared" Warning => Bases(check)
}

fn check(repository: &Repository<'_>, lineage: &Lineage<'_>, findings: &mut Vec<Finding>) {
    let header = |at: usize| repository.header(at).as_deref().and_then(|read| read.as_ref().ok()).cloned();
    let mentions = Mentions::of(repository.files, repository.notable(), &header);
    let model = &repository.manifest.model;
    let span = model.base.first().map_or(model.header, |base| base.span);
    for mention in mentions.undeclared(repository.manifest) {
        let name = quotable(&mention.name);
        let relation = mention.relation.map_or("…", Relation::as_str);
        let entry =
            format!("add `{{ name = \"{name}\", relation = \"{relation}\" }}` to `model.base`, with its `license`");
        let (message, help) = if mention.is_data {
            (
                format!(
                    "`{}` names `{name}` as training data, but neither `model.base` nor the `remote` of a component does",
                    mention.path
                ),
                format!("{entry}, or its address to the `remote` of `component.training-data`"),
            )
        } else {
            (format!("`{}` names `{name}` as a base model, but `model.base` does not list it", mention.path), entry)
        };
        findings.push(Finding::new(&INFO, span, message).help(help));
    }
    for Contradiction { path, base, key, span, declared, stated, .. } in mentions.contradicted(repository.manifest) {
        let name = quotable(&base.name);
        let message = format!(
            "`{path}` states the {key} `{}` for the base `{name}`, but `model.base` states `{}`",
            quotable(stated),
            quotable(declared)
        );
        findings.push(Finding::new(&INFO, span, message).help("correct whichever is wrong"));
    }
    for (path, problem) in &mentions.unknown {
        let message =
            format!("the base models that `{path}` names cannot be compared with `model.base`: {}", quotable(problem));
        findings.push(
            Finding::new(&INFO, span, message).help("correct the file, or write it again with the tool that made it"),
        );
    }
    for (shared, disagreement) in lineage.disagreements(repository.manifest) {
        findings.push(by_bytes(repository, shared, disagreement));
    }
}

/// Reports what the bytes of the weights contradict.
fn by_bytes(repository: &Repository<'_>, shared: &Shared, disagreement: Disagreement) -> Finding {
    let model = &repository.manifest.model;
    let entry = model.base.iter().find(|base| shared.is_of(base));
    let span = entry.or(model.base.first()).map_or(model.header, |base| base.span);
    let (name, statement) = (quotable(&shared.model), shared.statement.as_str());
    let files = match shared.files.as_slice() {
        [only] => format!("`{only}` is"),
        several => format!("{} files ({}) are", several.len(), summarize_list(several.iter())),
    };
    let (message, help) = match disagreement {
        Disagreement::Undeclared => (
            format!("{files}, byte for byte, what `{name}` signed, but `model.base` does not list it"),
            format!(
                "add `{{ name = \"{name}\", relation = \"copy\", statement = \"{statement}\" }}` to `model.base`, with its `license`"
            ),
        ),
        Disagreement::HasWeights(relation) => (
            format!("{files}, byte for byte, what the base `{name}` signed, but `relation` is `{}`", relation.as_str()),
            match relation {
                Relation::Finetune | Relation::Merge | Relation::Quantized => {
                    "state `relation = \"copy\"`, or release the weights that were changed".to_owned()
                }
                _ => "leave the weights of the base out, or add an entry for it with `relation = \"copy\"`".to_owned(),
            },
        ),
        Disagreement::HasNoWeights => (
            format!("`relation` is `copy`, but none of the weights are, byte for byte, what the base `{name}` signed"),
            "state the relation that holds, such as `quantized` for another format".to_owned(),
        ),
    };
    Finding::new(&INFO, span, message).help(help).items(&shared.files)
}
