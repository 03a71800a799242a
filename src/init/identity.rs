//! Name, version and producer of a model.

use super::Fact;
use super::bases::Bases;
use super::card::Card;
use super::citation::Citation;
use super::origin::GitHints;

/// The value if a manifest requires one and none was found.
const UNKNOWN: &str = "unknown";

/// The facts that a manifest requires about every model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `model.name`.
    pub name: Fact,
    /// `model.version`.
    pub version: Fact,
    /// `model.producer`.
    pub producer: Fact,
}

impl Identity {
    /// Finds the identity in the model card, the metadata of GGUF files, `CITATION.cff`, hints from Git and the name of the
    /// directory.
    ///
    /// The name of a base model is never taken, though quantized files often repeat it: a verifier remembers models by
    /// their names.
    pub(super) fn find(
        card: Option<&Card>,
        general: &[(String, Fact)],
        citation: &Citation,
        bases: &Bases,
        directory: &str,
        git: &GitHints,
    ) -> Self {
        let of_file = |key: &str| general.iter().find(|(other, _)| other == key).map(|(_, fact)| fact.clone());
        // What a quantized file repeats of its base model.
        let own = |key: &str| {
            of_file(key)
                .filter(|fact| of_file(&format!("base_model.0.{key}")).is_none_or(|base| base.value != fact.value))
        };
        let remote = git.owner_and_name.as_ref();
        let of_remote = "From the URL of the Git remote `origin`; please check.";
        let names = [
            card.and_then(title),
            of_file("name"),
            citation.title.clone(),
            remote.and_then(|(_, name)| Fact::new(name, of_remote)),
            Fact::new(directory, "The name of the directory; please check."),
        ];
        let name = names.into_iter().flatten().find(|fact| !bases.have_name(&fact.value));
        let version = git
            .version_tag
            .as_ref()
            .and_then(|tag| {
                let version = tag.strip_prefix('v').unwrap_or(tag);
                Fact::new(version, format!("From the Git tag `{tag}`; please check."))
            })
            .or_else(|| citation.version.clone())
            .or_else(|| own("version"));
        let quantized_by = card.and_then(|card| {
            Fact::new(card.quantized_by.as_deref()?, format!("From `quantized_by` in {}.", card.path))
        });
        let producer = quantized_by
            .or_else(|| own("organization"))
            .or_else(|| remote.and_then(|(owner, _)| Fact::new(owner, of_remote)));
        Self {
            name: name.unwrap_or_else(|| unknown("name")),
            version: version.unwrap_or_else(|| unknown("version")),
            producer: producer.unwrap_or_else(|| unknown("producer")),
        }
    }
}

/// Returns the name that the model card gives.
fn title(card: &Card) -> Option<Fact> {
    let name = card.declared.model.name.value.trim();
    Fact::new(name, format!("From {}.", card.path)).filter(|fact| fact.value != UNKNOWN)
}

fn unknown(what: &str) -> Fact {
    let from = format!("Could not determine the {what}; please fill it in.");
    Fact { value: UNKNOWN.to_owned(), from }
}
