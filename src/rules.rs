//! The rules that check a manifest and its files, one file per rule, and the list of them.
//!
//! A rule's doc comment is its manual: rustdoc, `openness explain`, and the tests read the same text, and the tests run
//! its examples. To add a rule, add a file that calls `rule!` and a line to [`RULES`].

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use crate::artifacts::format::{self, CodeOnLoad};
use crate::artifacts::header::{self, ReadHeader};
use crate::artifacts::notable::Notable;
use crate::artifacts::{Inventory, Pattern, lfs};
use crate::evaluate::{self, ClaimOutcome, UnknownClaim};
use crate::files::{Files, Kind};
use crate::finding::{Finding, RuleInfo, Severity, closest, sort_and_dedup};
use crate::import::card::FrontMatter;
use crate::import::{front, text};
use crate::license;
use crate::license::text::{Contents, Likeness};
use crate::lineage::Lineage;
use crate::manifest::{Manifest, Suppression, diagnostics};
use crate::path::RepoPath;
use crate::source::Span;
use crate::taxonomy;
use crate::threads;

/// The size in bytes of the largest document that rules read; a larger one is skipped.
const MAX_DOCUMENT_BYTES: u64 = 1024 * 1024;
/// The size in bytes of the largest file that is read to see whether it stands for content elsewhere: what Git LFS reads. The
/// format of git-annex permits more, but its pointers hold one key, which is the name of a file.
const MAX_POINTER_BYTES: u64 = 1024;

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// The code, name, severity, and manual.
    pub info: &'static RuleInfo,
    check: Check,
}

/// A rule's function, by what it needs.
#[derive(Debug)]
enum Check {
    /// The manifest alone.
    Manifest(fn(&Manifest, &mut Vec<Finding>)),
    /// The manifest, and the files if there are any.
    Either(fn(&Manifest, Option<&Repository<'_>>, &mut Vec<Finding>)),
    /// The evaluated claims.
    Claims(fn(&Claims, &mut Vec<Finding>)),
    /// The bases, compared with the licenses of the weights.
    Lineage(fn(&Lineage<'_>, &mut Vec<Finding>)),
    /// The manifest and what the other rules found, and whether those that need files ran.
    Findings(fn(&Manifest, &[Finding], bool) -> Vec<Finding>),
    /// The manifest and the files.
    Repository(fn(&Repository<'_>, &mut Vec<Finding>)),
    /// The manifest, the files, and the bases.
    Bases(fn(&Repository<'_>, &Lineage<'_>, &mut Vec<Finding>)),
}

/// The evaluated claims of a manifest, derived once for all rules about claims.
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
        let (outcomes, unknown) = evaluate::claims(manifest, &evaluate::evaluate_claimed(manifest));
        Self { outcomes, unknown }
    }
}

/// A license text, and the licenses that it is compared with.
type Comparison = (RepoPath, Vec<String>);

/// A manifest and the files that it is checked against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Repository<'a> {
    /// The manifest.
    pub(crate) manifest: &'a Manifest,
    /// The files.
    pub(crate) files: &'a dyn Files,
    /// The files by component, as the manifest's patterns select them.
    pub(crate) inventory: &'a Inventory,
    /// The headers that were read already.
    pub(crate) headers: &'a Headers,
}

/// What was read of files, each at most once.
#[derive(Debug, Default)]
pub(crate) struct Headers {
    /// The headers of weights by entry.
    of_weights: RefCell<HashMap<usize, ReadHeader>>,
    /// The files whose names may mean something.
    notable: OnceCell<Notable>,
    /// The files that were asked whether they run code when they are loaded.
    code_on_load: RefCell<HashMap<usize, Option<CodeOnLoad>>>,
    /// The comparisons of license texts, by file and licenses; `None` for a file that was not read.
    license_texts: RefCell<HashMap<Comparison, Option<(Likeness, Contents)>>>,
    /// The small files that stand for content elsewhere, or start as if they did.
    pointers: OnceCell<Vec<(usize, Vec<u8>)>>,
}

impl Repository<'_> {
    /// Returns every pattern under `files`.
    fn file_patterns(&self) -> impl Iterator<Item = &Pattern> {
        let Inventory { components, safeguards, .. } = self.inventory;
        components.iter().chain(safeguards).flat_map(|claimed| &claimed.patterns)
    }

    /// Returns the path of the entry at an index of the list.
    fn path(&self, at: usize) -> &RepoPath {
        &self.files.entries()[at].path
    }

    /// Returns the first pattern in the manifest that matches an entry, or the start of the file if none does.
    fn span_of(&self, at: usize) -> Span {
        claiming_span(self.file_patterns(), at)
    }

    /// Returns whether a `.gitattributes` file has changed. If none has, a hook checks changed files only.
    fn has_new_attributes(&self) -> bool {
        let mut entries = self.files.entries().iter();
        entries.any(|entry| entry.path.is_named(".gitattributes") && self.files.is_changed(entry))
    }

    /// Returns which files have names that may mean something.
    fn notable(&self) -> &Notable {
        self.headers.notable.get_or_init(|| Notable::of(self.files))
    }

    /// Returns the files among `entries` that can run code when they are loaded, and why, in the same order. A hook opens
    /// changed files only.
    fn code_on_load(&self, entries: &[usize]) -> Vec<(usize, CodeOnLoad)> {
        /// Below it, opening the files takes less time than starting a thread.
        const LEAST_FILES: usize = 256;
        let (files, notable) = (self.files, self.notable());
        // Many components may claim the same files.
        let mut known = self.headers.code_on_load.borrow_mut();
        let unknown = entries.iter().copied().filter(|at| notable.has(*at) && !known.contains_key(at));
        let named: Vec<_> = unknown.map(|at| (at, format::named(&files.entries()[at].path))).collect();
        let look = |(at, named): &(usize, format::Named)| {
            let entry = &files.entries()[*at];
            let found = match named {
                format::Named::Known(found) => *found,
                // A file that cannot be read is reported elsewhere.
                format::Named::Open if files.is_changed(entry) => {
                    format::read_code_on_load(files, entry).ok().flatten()
                }
                format::Named::Open => None,
            };
            (*at, found)
        };
        let opened = named.iter().filter(|(_, named)| matches!(named, format::Named::Open)).count();
        let shares = threads::worth(opened, LEAST_FILES);
        let size = named.len().div_ceil(shares).max(1);
        let share = |number: usize| -> Vec<(usize, Option<CodeOnLoad>)> {
            named.chunks(size).nth(number).unwrap_or_default().iter().map(look).collect()
        };
        known.extend(threads::run_on_threads(shares, share).into_iter().flatten());
        entries.iter().filter_map(|at| Some((*at, (*known.get(at)?)?))).collect()
    }

    /// Compares the text in a file with those of the licenses that are declared for it; `None` if it is not read.
    fn compared_with(&self, file: &RepoPath, names: &[String]) -> Option<(Likeness, Contents)> {
        let mut known = self.headers.license_texts.borrow_mut();
        let compared = known.entry((file.clone(), names.to_vec())).or_insert_with(|| {
            let bytes = self.files.read(file, license_text_mismatch::MAX_TEXT_BYTES).ok().flatten()?;
            Some(license::text::compare(&String::from_utf8_lossy(&bytes), names))
        });
        compared.clone()
    }

    /// Returns the index of the entry with this path.
    fn find(&self, path: &str) -> Option<usize> {
        let path: RepoPath = path.parse().ok()?;
        self.files.entries().binary_search_by(|entry| entry.path.cmp(&path)).ok()
    }

    /// Returns whether there is an entry at a path or below it.
    fn is_present(&self, path: &str) -> bool {
        let directory = path.trim_end_matches('/');
        let entries = self.files.entries().iter().chain(self.files.openness_files());
        entries.map(|entry| &entry.path).any(|path| path.is_within(directory))
    }

    /// Returns the content of a document, or `None` if it is too large, unreadable, or a Git LFS pointer.
    fn document(&self, at: usize) -> Option<Vec<u8>> {
        let bytes = self.files.read(self.path(at), MAX_DOCUMENT_BYTES).ok().flatten()?;
        lfs::Pointer::parse(&bytes).is_none().then_some(bytes)
    }

    /// Returns the text of a [`Self::document`], with U+FFFD in place of what is not in its encoding.
    fn text(&self, at: usize) -> Option<String> {
        self.document(at).map(|bytes| text::decode(&bytes))
    }

    /// Returns the Markdown documents that the manifest declares or refers to, each with the place where it does so.
    fn documents(&self) -> Vec<(usize, Span)> {
        let components = self.manifest.components.iter().zip(&self.inventory.components).filter(|(component, _)| {
            let kind = taxonomy::vocabulary().find(&component.id).and_then(|item| item.kind);
            component.is_released() && kind == Some(taxonomy::Kind::Documentation)
        });
        let patterns = components.flat_map(|(_, files)| &files.patterns);
        let declared = patterns.flat_map(|pattern| pattern.entries().iter().map(|at| (*at, pattern.span)));
        let referenced = missing_document::documents(self.manifest).into_iter().filter_map(|text| {
            let path = text.split('#').next().unwrap_or_default();
            Some((self.find(path)?, text.span))
        });
        let mut documents: Vec<(usize, Span)> = declared.chain(referenced).collect();
        documents.retain(|(at, _)| ["md", "markdown"].iter().any(|ending| self.path(*at).has_extension(ending)));
        documents.sort_unstable();
        documents.dedup_by_key(|(at, _)| *at);
        documents
    }

    /// Returns the front matter of `README.md`, which the Hugging Face Hub reads as the model card.
    fn card(&self) -> Option<FrontMatter> {
        let bytes = self.document(self.find("README.md")?)?;
        FrontMatter::read(&front::decode(&bytes).ok()?).ok()
    }

    /// Returns the changed files that are pointers of Git LFS, or start like those of git-annex, with their content. The size
    /// rules out most files without opening them.
    fn pointers(&self) -> &[(usize, Vec<u8>)] {
        self.headers.pointers.get_or_init(|| {
            let entries = self.files.entries().iter().enumerate();
            let entries = entries.filter(|(_, entry)| {
                let is_small = || self.files.size(entry).is_ok_and(|size| size <= MAX_POINTER_BYTES);
                matches!(entry.kind, Kind::File { .. }) && self.files.is_changed(entry) && is_small()
            });
            let read = entries
                .filter_map(|(at, entry)| Some((at, self.files.read(&entry.path, MAX_POINTER_BYTES).ok().flatten()?)));
            read.filter(|(_, bytes)| bytes.starts_with(b"/annex/") || lfs::Pointer::parse(bytes).is_some()).collect()
        })
    }

    /// Returns the header of a weight file, as [`header::of`] does.
    fn header(&self, at: usize) -> ReadHeader {
        if !self.notable().has(at) {
            return None;
        }
        header::Format::of(self.path(at))?;
        if let Some(known) = self.headers.of_weights.borrow().get(&at) {
            return known.clone();
        }
        let read = header::of(self.files, &self.files.entries()[at]).map(Rc::new);
        self.headers.of_weights.borrow_mut().insert(at, read.clone());
        read
    }
}

/// Returns the first pattern that matches an entry, or the start of the file if none does.
fn claiming_span<'a>(mut patterns: impl Iterator<Item = &'a Pattern>, at: usize) -> Span {
    let pattern = patterns.find(|pattern| pattern.entries().binary_search(&at).is_ok());
    pattern.map(|pattern| pattern.span).unwrap_or_default()
}

/// Returns the lines of Markdown outside front matter and code blocks, numbered from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fence: Option<&str> = None;
    let front_matter = front::split(text).map_or(0, |parts| parts.lines_before_body);
    text.lines().enumerate().skip(front_matter).filter_map(move |(at, line)| {
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
        $crate::finding::rule_info! { $(#[doc = $doc])* pub(super) INFO = $code $name $severity }
        pub(super) static RULE: super::Rule = super::Rule { info: &INFO, check: super::Check::$kind($check) };
    };
}
use rule;

macro_rules! rules {
    ($($file:ident,)+) => {
        $(mod $file;)+
        /// The rules that have a file of their own, in the order of codes.
        pub static RULES: &[&Rule] = &[$(&$file::RULE),+];
        /// What is known of each of [`RULES`] without its function: what only names rules does not link them.
        static INFOS: &[&RuleInfo] = &[$(&$file::INFO),+];
    };
}

rules! {
    unknown_rule,
    fixed_level,
    unused_suppression,
    suppression_without_reason,
    repeated_item,
    unknown_component,
    unsupported_claim,
    undecidable_claim,
    understated_claim,
    unknown_claim,
    missing_reason,
    no_components,
    misplaced_data_class,
    contradicted_access_level,
    card_manifest_mismatch,
    results_without_evidence,
    unstated_eu_obligation,
    unreadable_card,
    unmatched_pattern,
    invalid_pattern,
    undeclared_file,
    component_without_evidence,
    excluded_executable,
    unportable_file,
    missing_document,
    closed_but_present,
    code_executing_format,
    undeclared_custom_code,
    missing_shard,
    broken_header,
    placeholder_text,
    dead_link,
    unsupported_card_claim,
    invalid_license,
    license_without_text,
    license_text_mismatch,
    missing_license,
    deprecated_license,
    missing_license_file,
    card_license_mismatch,
    weights_license_mismatch,
    surplus_license_conditions,
    chain_license_conflict,
    chain_duty_unmet,
    chain_needs_review,
    base_license_unknown,
    base_license_contradicted,
    relation_unstated,
    base_undeclared,
    extra_license_text,
    noncanonical_lfs_pointer,
    unprotected_line_endings,
    byte_changing_attribute,
    lfs_file_without_pointer,
    missing_release,
    missing_risk_assessment,
}

impl Rule {
    /// Returns whether the rule says nothing without files.
    const fn needs_files(&self) -> bool {
        matches!(self.check, Check::Repository(_) | Check::Bases(_))
    }
}

/// The number of rules that run without files.
const COUNT_WITHOUT_FILES: usize = {
    let (mut count, mut at) = (0, 0);
    while at < RULES.len() {
        if !RULES[at].needs_files() {
            count += 1;
        }
        at += 1;
    }
    count
};

/// The rules that run without files, in the order of codes. A table of their own, so that what runs only these, such as a
/// verification in a browser, does not link the others.
static RULES_WITHOUT_FILES: &[&Rule] = &{
    let mut rules = [RULES[0]; COUNT_WITHOUT_FILES];
    let (mut count, mut at) = (0, 0);
    while at < RULES.len() {
        if !RULES[at].needs_files() {
            rules[count] = RULES[at];
            count += 1;
        }
        at += 1;
    }
    rules
};

/// The code of the rule `unsupported-claim`, whose findings `verify` reports as claims.
pub const CLAIM_CODE: &str = "OPN202";

/// Returns every rule in the order of codes, including those that are checked while the manifest is parsed.
pub fn all_rules() -> impl Iterator<Item = &'static RuleInfo> {
    diagnostics::DIAGNOSTICS.iter().chain(INFOS).copied()
}

/// Returns the rule with a code, in any case, or with a name.
#[must_use]
pub fn find_rule(word: &str) -> Option<&'static RuleInfo> {
    all_rules().find(|rule| rule.code.eq_ignore_ascii_case(word) || rule.name == word)
}

/// Codes that cannot be waived: a statement cannot name such files, so no verification could succeed.
pub(crate) const NOT_WAIVABLE: &[&str] = &["OPN306"];

/// Returns whether the errors of a rule stay errors, because no signer can waive them.
#[must_use]
pub fn has_fixed_level(info: &RuleInfo) -> bool {
    NOT_WAIVABLE.contains(&info.code) || diagnostics::DIAGNOSTICS.iter().any(|reading| reading.code == info.code)
}

/// The families of rules, with the start of their codes.
const FAMILIES: &[(&str, &str)] = &[
    ("syntax", "OPN0"),
    ("schema", "OPN1"),
    ("claims", "OPN2"),
    ("files", "OPN3"),
    ("licenses", "OPN4"),
    ("git", "OPN6"),
    ("release", "OPN7"),
];

/// Returns the names of the families of rules, and `all`.
pub fn families() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().map(|(name, _)| *name).chain(["all"])
}

/// One rule or several, as settings name them.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Target {
    /// Every rule.
    All,
    /// The rules whose codes start in this way.
    Family(&'static str),
    /// One rule.
    Rule(&'static RuleInfo),
}

impl Target {
    /// Returns what a word names: `all`, a family, or a rule by code, in any case, or by name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let family = FAMILIES.iter().find(|(name, _)| *name == word);
        match family {
            Some((_, start)) => Some(Self::Family(start)),
            None if word == "all" => Some(Self::All),
            None => find_rule(word).map(Self::Rule),
        }
    }

    /// Returns whether a rule is, or is one of, what is named.
    #[must_use]
    pub fn includes(self, info: &RuleInfo) -> bool {
        match self {
            Self::All => true,
            Self::Family(start) => info.code.starts_with(start),
            Self::Rule(rule) => rule.code == info.code,
        }
    }
}

/// Writes the name of a family, or the code of a rule.
impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::All => "all",
            Self::Family(start) => FAMILIES.iter().find(|(_, known)| known == start).map_or(*start, |(name, _)| *name),
            Self::Rule(info) => info.code,
        })
    }
}

/// Returns the code that was most likely meant: the one with another digit, or that of the rule with this name.
pub(crate) fn nearest_code(word: &str) -> Option<&'static str> {
    fn number(code: &'static str) -> Option<&'static str> {
        code.strip_prefix("OPN")
    }
    let upper = word.to_ascii_uppercase();
    let near = match upper.strip_prefix("OPN") {
        Some(digits) => closest(digits, all_rules().filter_map(|info| number(info.code)))?,
        None => closest(word, all_rules().map(|info| info.name))?,
    };
    all_rules().find(|info| number(info.code) == Some(near) || info.name == near).map(|info| info.code)
}

/// Returns what a word that names nothing was most likely meant to name: a code if it resembles a code, otherwise the name of
/// a rule or a family.
#[must_use]
pub fn nearest_target(word: &str) -> Option<&'static str> {
    match word.to_ascii_uppercase().starts_with("OPN") {
        true => nearest_code(word),
        false => closest(word, all_rules().map(|info| info.name).chain(families())),
    }
}

/// Returns the comment that allows a finding. Errors that cannot be waived are never allowed.
#[must_use]
pub fn suppression_of<'m>(suppressions: &'m [Suppression], finding: &Finding) -> Option<&'m Suppression> {
    let is_fixed = finding.severity == Severity::Error && has_fixed_level(finding.rule);
    let mut covering = suppressions.iter().filter(|one| !is_fixed && one.has_reason() && one.covers(finding));
    covering.find(|one| find_rule(&one.rule).is_some_and(|info| info.code == finding.rule.code))
}

/// Returns the codes of rules that only warn, but whose findings keep a manifest from being signed: placeholders that a
/// draft leaves in place of the model's name, version or producer.
pub(crate) fn codes_against_signing(manifest: &Manifest) -> Option<&'static str> {
    placeholder_text::unstated_model(manifest)
}

/// Runs the rules that need no files.
#[must_use]
pub fn check_manifest(manifest: &Manifest) -> Vec<Finding> {
    run_these(RULES_WITHOUT_FILES, manifest, None)
}

/// Returns the codes of the rules that [`check_manifest`] does not run, at least not in full, in order.
pub fn codes_needing_files() -> impl Iterator<Item = &'static str> {
    let runs = |code: &str| RULES_WITHOUT_FILES.iter().any(|rule| rule.info.code == code);
    INFOS.iter().map(|info| info.code).filter(move |code| !runs(code))
}

/// Runs every rule on a manifest and its files.
#[must_use]
pub(crate) fn check(repository: &Repository<'_>) -> Vec<Finding> {
    run_these(RULES, repository.manifest, Some(repository))
}

/// The most findings of one rule that are listed.
const MAX_FINDINGS_PER_RULE: usize = 2000;

/// Drops the findings of one rule, those from `start`, that are too many to be read, and counts them in one.
fn keep_some(rule: &'static RuleInfo, start: usize, findings: &mut Vec<Finding>) {
    let left = findings.len().saturating_sub(start + MAX_FINDINGS_PER_RULE);
    if left > 0 {
        findings.truncate(start + MAX_FINDINGS_PER_RULE);
        findings.shrink_to_fit();
        let message = format!("{left} more findings of this rule are not listed");
        findings.push(Finding::new(rule, Span::default(), message).help("correct those that are listed first"));
    }
}

/// The rules that look at single words, whatever the rest of the manifest says.
const RULES_ABOUT_WORDS: &[&Rule] = &[
    &unknown_rule::RULE,
    &fixed_level::RULE,
    &unknown_component::RULE,
    &unknown_claim::RULE,
    &unmatched_pattern::RULE,
    &invalid_pattern::RULE,
    &invalid_license::RULE,
    &deprecated_license::RULE,
];

/// Returns the codes of the rules that are not run on a manifest that has errors.
pub(crate) fn codes_after_errors() -> impl Iterator<Item = &'static str> {
    let is_about_words = |info: &RuleInfo| RULES_ABOUT_WORDS.iter().any(|rule| rule.info.code == info.code);
    INFOS.iter().copied().filter(move |info| !is_about_words(info)).map(|info| info.code)
}

/// Runs the rules about single words on a manifest that has errors. What other rules would say of it follows from these
/// errors, or may do so.
#[must_use]
pub(crate) fn check_words(manifest: &Manifest, repository: Option<&Repository<'_>>) -> Vec<Finding> {
    run_these(RULES_ABOUT_WORDS, manifest, repository)
}

fn run_these(rules: &[&Rule], manifest: &Manifest, repository: Option<&Repository<'_>>) -> Vec<Finding> {
    let claims = Claims::of(manifest);
    let lineage = Lineage::of(manifest, repository.map(|repository| repository.files));
    let mut findings = Vec::new();
    for rule in rules {
        let start = findings.len();
        match (&rule.check, repository) {
            (Check::Manifest(check), _) => check(manifest, &mut findings),
            (Check::Either(check), _) => check(manifest, repository, &mut findings),
            (Check::Claims(check), _) => check(&claims, &mut findings),
            (Check::Lineage(check), _) => check(&lineage, &mut findings),
            (Check::Repository(check), Some(repository)) => check(repository, &mut findings),
            (Check::Bases(check), Some(repository)) => check(repository, &lineage, &mut findings),
            (Check::Repository(_) | Check::Bases(_), None) | (Check::Findings(_), _) => {}
        }
        keep_some(rule.info, start, &mut findings);
    }
    if repository.is_none() {
        placeholder_text::check_values(manifest, &mut findings);
    }
    for rule in rules {
        if let Check::Findings(check) = rule.check {
            findings.extend(check(manifest, &findings, repository.is_some()));
        }
    }
    sort_and_dedup(&mut findings);
    findings
}
