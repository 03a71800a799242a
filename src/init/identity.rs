//! Name, version and producer of a model.

use super::Fact;
use super::card::Card;
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
    /// Finds the identity in the model card, the metadata of GGUF files, hints from Git and the name of the directory.
    pub(super) fn find(card: Option<&Card>, general: &[(String, Fact)], directory: &str, git: &GitHints) -> Self {
        let of_file = |key: &str| general.iter().find(|(other, _)| other == key).map(|(_, fact)| fact.clone());
        let remote = git.owner_and_name.as_ref();
        let of_remote = "From the URL of the Git remote `origin`; please check.";
        let name = card
            .and_then(title)
            .or_else(|| of_file("name"))
            .or_else(|| remote.and_then(|(_, name)| Fact::new(name, of_remote)))
            .or_else(|| Fact::new(directory, "The name of the directory; please check."));
        let version = git
            .version_tag
            .as_ref()
            .and_then(|tag| {
                let version = tag.strip_prefix('v').unwrap_or(tag);
                Fact::new(version, format!("From the Git tag `{tag}`; please check."))
            })
            .or_else(|| of_file("version"));
        let producer = of_file("organization").or_else(|| remote.and_then(|(owner, _)| Fact::new(owner, of_remote)));
        Self {
            name: name.unwrap_or_else(|| unknown("name")),
            version: version.unwrap_or_else(|| unknown("version")),
            producer: producer.unwrap_or_else(|| unknown("producer")),
        }
    }
}

/// Returns the title of the model card without the words of the usual template.
fn title(card: &Card) -> Option<Fact> {
    let name = card.declared.model.name.value.trim();
    if name == UNKNOWN {
        return None;
    }
    let name = name.strip_prefix("Model Card for ").or_else(|| name.strip_prefix("Model card for ")).unwrap_or(name);
    Fact::new(name, format!("From {}.", card.path))
}

fn unknown(what: &str) -> Fact {
    let from = format!("Could not determine the {what}; please fill it in.");
    Fact { value: UNKNOWN.to_owned(), from }
}
