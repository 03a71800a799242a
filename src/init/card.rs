//! The model card at the root, as `openness import card` reads it.

use crate::files::Files;
use crate::import::{self, Format, front};
use crate::manifest::Manifest;
use crate::manifest::parse::parse;
use crate::path::RepoPath;
use crate::source::Source;

use super::facts;

/// Beginnings of the comments about licenses that the import writes.
const LICENSE_REMARKS: [&str; 3] = ["says `", "names several licenses", "has no license"];

/// The model card and what it declares.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) path: RepoPath,
    /// The facts in its front matter, as imported.
    pub(super) declared: Manifest,
    /// The import's comments about licenses that it could not choose between.
    pub(super) remarks: Vec<String>,
    /// The value of `pipeline_tag`.
    pub(super) pipeline: Option<String>,
}

impl Card {
    /// Returns the card at the root, and why it could not be read.
    pub(super) fn read(files: &dyn Files) -> (Option<Self>, Option<String>) {
        let Some((path, text)) = facts::text_at_root(files, |name| name.eq_ignore_ascii_case("readme.md")) else {
            return (None, None);
        };
        if front::split(&text).is_none() {
            return (None, None);
        }
        let imported = match import::import(Format::Card, &text) {
            Ok(imported) => imported,
            Err(error) => return (None, Some(format!("{path}: {error}"))),
        };
        let remarks = imported.lines().filter_map(|line| line.strip_prefix("# The card "));
        let remarks = remarks.filter(|line| LICENSE_REMARKS.iter().any(|start| line.starts_with(start)));
        let remarks = remarks.map(|line| format!("{path}: the card {line}")).collect();
        let parsed = parse(Source::new(path.as_str(), imported));
        let pipeline =
            front::read(&text).ok().and_then(|(card, _)| card.filled("pipeline_tag").ok().flatten().map(str::to_owned));
        let card = parsed.is_sound().then_some(Self { path, declared: parsed.manifest, remarks, pipeline });
        (card, None)
    }
}
