//! Adding what is new to a manifest that is there. Text is only added; what a person wrote stays as it is.

use std::collections::BTreeSet;

use super::bases::{Base, key};
use super::{Survey, components, write};
use crate::artifacts::Inventory;
use crate::files::Files;
use crate::import::card::claims::CardClaim;
use crate::import::emit;
use crate::manifest::parse::{Parsed, parse};
use crate::manifest::{FILE_NAME, Manifest};
use crate::path::RepoPath;
use crate::source::Source;
use crate::taxonomy;

/// The header of the table of claims.
const CLAIMS: &str = "[claims]";

/// A manifest with what is new in the release.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Updated {
    /// The text of the manifest.
    pub text: String,
    /// What was added, in words: components, base models, claims.
    pub added: Vec<String>,
    /// New files of components that are declared already: a person decides about their tables.
    pub left: Vec<String>,
}

/// What a release has and its manifest does not.
struct News<'s> {
    components: Vec<(&'static str, Vec<String>)>,
    bases: Vec<&'s Base>,
    has_access: bool,
    claims: Vec<&'s CardClaim>,
    left: Vec<String>,
}

impl Survey {
    /// Adds what is new to a manifest without errors: components that have files, base models, gated access, and, if
    /// [`takes_claims`](Self::takes_claims), the claims of the card. `None` if a part of it cannot be added by text alone,
    /// because the manifest has it in another form, such as an inline table.
    #[must_use]
    pub fn update(&self, files: &dyn Files, parsed: &Parsed) -> Option<Updated> {
        let news = self.news(files, &parsed.manifest);
        let text = self.with(&news, parsed.source.text());
        if !parse(Source::new(FILE_NAME, text.as_str())).is_sound() {
            return None;
        }
        let mut added: Vec<String> = news.components.iter().map(|(id, _)| format!("component `{id}`")).collect();
        added.extend(news.bases.iter().map(|base| format!("base `{}`", base.name)));
        added.extend(news.has_access.then(|| "`[access]`".to_owned()));
        added.extend(news.claims.iter().map(|claim| format!("claim `{} = {}`", claim.key, claim.value)));
        Some(Updated { text, added, left: news.left })
    }

    fn news(&self, files: &dyn Files, manifest: &Manifest) -> News<'_> {
        let inventory = Inventory::resolve(manifest, files);
        let undeclared: BTreeSet<&RepoPath> =
            inventory.undeclared.iter().map(|at| &files.entries()[*at].path).collect();
        let (found, _) = components(files, self.card.as_ref(), &|path| undeclared.contains(path));
        let (known, new): (Vec<_>, Vec<_>) = found.into_iter().partition(|(id, _)| manifest.component(id).is_some());
        let is_base = |base: &Base, name: &str| key(&base.name) == key(name);
        let has_base = |base: &Base| {
            manifest.model.base.iter().any(|known| {
                let url = known.url.as_ref().map(|url| url.value.as_str());
                is_base(base, &known.name.value) || url.is_some_and(|url| base.url.as_deref() == Some(url))
            })
        };
        let is_model = |base: &Base| key(&base.name) == key(&self.identity.name.value);
        let card = self.card.as_ref();
        let claims = card.filter(|_| self.takes_claims).into_iter().flat_map(|card| &card.claims);
        let is_claimed = |claim: &CardClaim| {
            let names: Vec<&str> = taxonomy::named(claim.key).into_iter().flat_map(|found| found.names()).collect();
            manifest.claims.iter().any(|known| names.contains(&known.key.value.as_str()))
        };
        News {
            components: new,
            bases: self.bases.found.iter().filter(|base| !has_base(base) && !is_model(base)).collect(),
            has_access: manifest.access.is_none() && card.is_some_and(|card| card.declared.access.is_some()),
            claims: claims.filter(|claim| !is_claimed(claim)).collect(),
            left: known.into_iter().map(|(id, files)| format!("`{id}`: {}", files.join(", "))).collect(),
        }
    }

    /// Returns a text with the news: claims below the header of their table, and tables at the end.
    fn with(&self, news: &News<'_>, text: &str) -> String {
        let mut end = emit::Manifest::default();
        let mut text = text.to_owned();
        if !news.claims.is_empty() {
            let mut claims = emit::Manifest::default();
            news.claims.iter().for_each(|claim| write::claim(claim, &mut claims));
            match after_header(&text) {
                Some(at) => text.insert_str(at, &claims.finish()),
                None => {
                    end.table("claims");
                    end.append(claims);
                }
            }
        }
        news.bases.iter().for_each(|base| write::base(base, &mut end));
        for (id, files) in &news.components {
            write::component(id, files, self, &mut end);
        }
        if let Some(card) = self.card.as_ref().filter(|_| news.has_access) {
            write::access(card, &mut end);
        }
        let end = end.finish();
        if !end.is_empty() {
            if !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(&end);
        }
        text
    }
}

/// Returns the offset of the line after the header of the table of claims.
fn after_header(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        let is_header = line.trim_start().strip_prefix(CLAIMS).is_some_and(|rest| {
            let rest = rest.trim();
            rest.is_empty() || rest.starts_with('#')
        });
        if is_header && line.ends_with('\n') {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::super::GitHints;
    use super::*;
    use crate::files::Memory;

    const OLD: &str = "schema = 1\n[model] # mine\nname = 'T'\nversion = \"1\"\nproducer = \"p\"\n\n[claims]\nmof = \"class-3\"\n\n[component.training-code]\nopenness = \"open\"\nfiles = ['train.py']\n";
    const CARD: &str = "---\nlicense: mit\nbase_model: org/base\n---\n# T\n\nThis model meets the Open Source AI Definition. It is a Class II model of the Model Openness Framework.\n";

    fn updated(text: &str, takes_claims: bool) -> Option<Updated> {
        let files = Memory::new([
            ("OPENNESS.toml", text),
            ("README.md", CARD),
            ("model.safetensors", "weights"),
            ("train.py", "code"),
            ("train_lora.py", "code"),
        ]);
        let mut survey = Survey::of(&files, "t", &GitHints::default());
        survey.takes_claims = takes_claims;
        survey.update(&files, &parse(Source::new(FILE_NAME, text)))
    }

    #[test]
    fn what_is_new_is_added_and_what_is_there_stays() {
        let found = updated(OLD, false).unwrap();
        assert!(found.text.starts_with(OLD), "{}", found.text);
        assert!(found.added.contains(&"component `final-weights`".to_owned()), "{:?}", found.added);
        assert!(found.added.contains(&"component `model-card`".to_owned()), "{:?}", found.added);
        assert!(found.added.contains(&"base `org/base`".to_owned()), "{:?}", found.added);
        assert!(!found.added.iter().any(|added| added.contains("training-code")), "{:?}", found.added);
        // A second run has nothing to add.
        let again = updated(&found.text, false).unwrap();
        assert_eq!((again.text.as_str(), again.added.len()), (found.text.as_str(), 0), "{:?}", again.added);
    }

    #[test]
    fn claims_of_the_card_go_into_their_table_and_none_is_replaced() {
        let found = updated(OLD, true).unwrap();
        assert!(found.added.contains(&"claim `osaid = true`".to_owned()), "{:?}", found.added);
        assert_eq!(found.text.matches("mof = ").count(), 1, "{}", found.text);
        let claims = found.text.split_once("[claims]\n").unwrap().1;
        assert!(
            claims.starts_with("# The card says: \"")
                && claims.contains("\nosaid = true\n")
                && claims.contains("\nmof = \"class-3\"\n"),
            "{claims}"
        );
        assert_eq!(parse(Source::new(FILE_NAME, found.text)).manifest.claims.len(), 2);
        // Without a table, one is added.
        let found = updated(&OLD.replace("[claims]\nmof = \"class-3\"\n", ""), true).unwrap();
        assert!(found.text.contains("\n[claims]\n"), "{}", found.text);
    }

    #[test]
    fn a_table_in_another_form_is_left_to_a_person() {
        let inline = OLD.replace("[model] # mine\n", "[model]\nbase = [{ name = \"other\" }]\n");
        assert_eq!(updated(&inline, false), None);
    }
}
