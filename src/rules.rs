//! The rules: what is checked, one file each, and the list of them.
//!
//! A rule's doc comment is its manual: rustdoc, `explain` and the tests read the same text, and its examples are run.
//! To add one: a file with `rule!`, and a line in [`RULES`].

use std::collections::BTreeMap;

use crate::artifacts::format::runs_on_load;
use crate::artifacts::header::{self, Header, HeaderError};
use crate::artifacts::{Inventory, Pattern, lfs};
use crate::evaluate::{self, ClaimOutcome, UnknownClaim};
use crate::files::{Files, Kind};
use crate::finding::{Finding, RuleInfo, sort_and_dedup};
use crate::import::card::FrontMatter;
use crate::manifest::{Manifest, diagnostics};
use crate::path::RepoPath;
use crate::source::Span;
use crate::taxonomy;

/// Documents that people write are no longer than this; what is longer is not looked into.
const MAX_DOCUMENT_BYTES: u64 = 1024 * 1024;

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Code, name, severity, manual.
    pub info: &'static RuleInfo,
    check: Check,
}

/// What a rule looks at.
#[derive(Debug)]
enum Check {
    /// The manifest alone.
    Manifest(fn(&Manifest, &mut Vec<Finding>)),
    /// What became of the claims.
    Claims(fn(&Claims, &mut Vec<Finding>)),
    /// The manifest and the files.
    Repository(fn(&Repository<'_>, &mut Vec<Finding>)),
}

/// What rules about claims look at; derived once for all of them.
#[derive(Debug)]
struct Claims {
    outcomes: Vec<ClaimOutcome>,
    unknown: Vec<UnknownClaim>,
}

impl Claims {
    fn of(manifest: &Manifest) -> Self {
        if manifest.claims.is_empty() {
            return Self { outcomes: Vec::new(), unknown: Vec::new() };
        }
        let (outcomes, unknown) = evaluate::claims(manifest, &evaluate::evaluate(manifest));
        Self { outcomes, unknown }
    }
}

/// What rules about files look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Repository<'a> {
    /// The manifest.
    pub(crate) manifest: &'a Manifest,
    /// The files.
    pub(crate) snapshot: &'a dyn Files,
    /// What the manifest's patterns make of them.
    pub(crate) inventory: &'a Inventory,
}

impl Repository<'_> {
    /// Every pattern under `files`.
    fn file_patterns(&self) -> impl Iterator<Item = &Pattern> {
        let Inventory { components, safeguards, .. } = self.inventory;
        components.iter().chain(safeguards).flat_map(|claimed| &claimed.patterns)
    }

    fn path(&self, at: usize) -> &RepoPath {
        &self.snapshot.entries()[at].path
    }

    /// The place in the manifest that claims an entry; the start where none does.
    fn span_of(&self, at: usize) -> Span {
        first_that_claims(self.file_patterns(), at)
    }

    /// Whether Git's attributes may make something else of old files too; where not, a hook asks about new ones only.
    fn has_new_attributes(&self) -> bool {
        let mut entries = self.snapshot.entries().iter();
        entries.any(|entry| entry.path.is_named(".gitattributes") && self.snapshot.is_changed(entry))
    }

    /// Which of some files run code when they are loaded, by what is said of their format.
    fn run_on_load(&self, entries: &[usize]) -> BTreeMap<&'static str, Vec<&RepoPath>> {
        let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for path in entries.iter().map(|at| self.path(*at)) {
            if let Some(why) = runs_on_load(path) {
                found.entry(why).or_default().push(path);
            }
        }
        found
    }

    fn find(&self, path: &str) -> Option<usize> {
        let path: RepoPath = path.parse().ok()?;
        self.snapshot.entries().binary_search_by(|entry| entry.path.cmp(&path)).ok()
    }

    /// Whether something stands at a path or below it.
    fn is_present(&self, path: &str) -> bool {
        let directory = path.trim_end_matches('/');
        let entries = self.snapshot.entries().iter().chain(self.snapshot.openness_files());
        entries.map(|entry| &entry.path).any(|path| path.is_within(directory))
    }

    /// The text of a document; `None` where it is too long, no text, not here, or a pointer to what is elsewhere.
    fn text(&self, at: usize) -> Option<String> {
        let bytes = self.snapshot.read(self.path(at), MAX_DOCUMENT_BYTES).ok().flatten()?;
        if lfs::Pointer::parse(&bytes).is_some() {
            return None;
        }
        String::from_utf8(bytes).ok()
    }

    /// Markdown that documents something by the manifest's word, and where that is said.
    fn documents(&self) -> Vec<(usize, Span)> {
        let of_files = self.manifest.components.iter().zip(&self.inventory.components).filter(|(component, _)| {
            let kind = taxonomy::vocabulary().find(&component.id).and_then(|item| item.kind);
            component.is_released() && kind == Some(taxonomy::Kind::Documentation)
        });
        let of_files = of_files.flat_map(|(_, files)| &files.patterns);
        let of_files = of_files.flat_map(|pattern| pattern.entries().iter().map(|at| (*at, pattern.span)));
        let named = evidence_not_found::documents(self.manifest).into_iter().filter_map(|text| {
            let path = text.split('#').next().unwrap_or_default();
            Some((self.find(path)?, text.span))
        });
        let mut documents: Vec<(usize, Span)> = of_files.chain(named).collect();
        documents.retain(|(at, _)| ["md", "markdown"].iter().any(|ending| self.path(*at).has_extension(ending)));
        documents.sort_unstable();
        documents.dedup_by_key(|(at, _)| *at);
        documents
    }

    /// The front matter of the model card that the Hub reads.
    fn card(&self) -> Option<FrontMatter> {
        FrontMatter::read(&self.text(self.find("README.md")?)?).ok()
    }

    /// What the header of weights says; `None` for another format, a pointer to what is elsewhere, or no file.
    fn header(&self, at: usize) -> Option<Result<Header, HeaderError>> {
        let entry = &self.snapshot.entries()[at];
        let format = header::Format::of(&entry.path).filter(|_| matches!(entry.kind, Kind::File { .. }))?;
        let size = self.snapshot.size(entry).ok()?;
        if size <= u64::try_from(lfs::MAX_POINTER_BYTES).unwrap_or(u64::MAX) {
            let bytes = self.snapshot.read(&entry.path, size).ok().flatten()?;
            if lfs::Pointer::parse(&bytes).is_some() {
                return None;
            }
        }
        // Where the content itself is not here, or changes meanwhile, others say so.
        let mut content = self.snapshot.open(entry).ok()?;
        match header::read(format, &mut content, size) {
            Err(HeaderError::Io(_)) => None,
            read => Some(read),
        }
    }
}

/// The place of the first pattern that matches an entry; the start where none does.
fn first_that_claims<'a>(mut patterns: impl Iterator<Item = &'a Pattern>, at: usize) -> Span {
    let pattern = patterns.find(|pattern| pattern.entries().binary_search(&at).is_ok());
    pattern.map(|pattern| pattern.span).unwrap_or_default()
}

/// The lines of Markdown outside of front matter and blocks of code, counted from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fence: Option<&str> = None;
    let mut in_front_matter = false;
    text.lines().enumerate().filter_map(move |(at, line)| {
        if at == 0 && line.trim_end() == "---" {
            in_front_matter = true;
            return None;
        }
        if in_front_matter {
            in_front_matter = line.trim_end() != "---";
            return None;
        }
        let start = line.trim_start();
        match fence {
            Some(mark) => {
                fence = fence.filter(|_| !start.starts_with(mark));
                None
            }
            None => {
                fence = ["```", "~~~"].into_iter().find(|mark| start.starts_with(mark));
                fence.is_none().then_some((at + 1, line))
            }
        }
    })
}

macro_rules! rule {
    ($(#[doc = $doc:literal])* $code:literal $name:literal $severity:ident => $kind:ident($check:ident)) => {
        $crate::finding::rule_info! { $(#[doc = $doc])* INFO = $code $name $severity }
        pub(super) static RULE: super::Rule = super::Rule { info: &INFO, check: super::Check::$kind($check) };
    };
}
use rule;

macro_rules! rules {
    ($($file:ident,)+) => {
        $(mod $file;)+
        /// Every rule that has a file, in the order of codes.
        pub static RULES: &[&Rule] = &[$(&$file::RULE),+];
    };
}

rules! {
    unknown_component,
    unsupported_claim,
    claim_undecidable,
    verdict_unclaimed,
    unknown_claim,
    reason_missing,
    no_components,
    data_class_misplaced,
    release_contradicted,
    card_contradicts_manifest,
    results_without_evidence,
    eu_duty_unstated,
    pattern_without_match,
    bad_pattern,
    undeclared_file,
    open_without_evidence,
    excluded_executable,
    unportable_file,
    evidence_not_found,
    closed_but_present,
    runs_on_load,
    custom_code_undeclared,
    shard_missing,
    broken_header,
    placeholder_text,
    dead_link,
    invalid_license,
    license_without_text,
    license_text_differs,
    license_missing,
    deprecated_license,
    license_file_not_found,
    card_license_differs,
    weights_license_differs,
    pointer_not_canonical,
    line_endings_unprotected,
    attribute_changes_bytes,
    lfs_attribute_without_pointer,
    release_unstated,
    risk_assessment_missing,
}

/// The code of the rule whose findings `verify` reports as claims.
pub const CLAIM_CODE: &str = "OPN202";

/// Returns every card, those found while reading included, in the order of codes.
pub fn all_rules() -> impl Iterator<Item = &'static RuleInfo> {
    diagnostics::DIAGNOSTICS.iter().copied().chain(RULES.iter().map(|rule| rule.info))
}

/// Returns the card of a code or a name.
#[must_use]
pub fn find_rule(word: &str) -> Option<&'static RuleInfo> {
    all_rules().find(|card| card.code.eq_ignore_ascii_case(word) || card.name == word)
}

/// Judges what needs no files.
#[must_use]
pub fn check_manifest(manifest: &Manifest) -> Vec<Finding> {
    run(manifest, None)
}

/// Judges manifest and files.
#[must_use]
pub(crate) fn check(repository: &Repository<'_>) -> Vec<Finding> {
    run(repository.manifest, Some(repository))
}

fn run(manifest: &Manifest, repository: Option<&Repository<'_>>) -> Vec<Finding> {
    let claims = Claims::of(manifest);
    let mut findings = Vec::new();
    for rule in RULES {
        match (&rule.check, repository) {
            (Check::Manifest(check), _) => check(manifest, &mut findings),
            (Check::Claims(check), _) => check(&claims, &mut findings),
            (Check::Repository(check), Some(repository)) => check(repository, &mut findings),
            (Check::Repository(_), None) => {}
        }
    }
    sort_and_dedup(&mut findings);
    findings
}
