//! Checking a release: the manifest, its files, and every rule, in one call.
//!
//! ```text
//! &dyn Files ─check→ Checked ─pass(waived)→ Passed ─statement→ Statement
//! ```
//!
//! Each step is the only way to the next: what no rule saw cannot become a statement, and the digests in a statement are
//! those of the files that were checked.
//!
//! ```
//! use openness::check::check;
//! use openness::files::Memory;
//!
//! let manifest = r#"
//! schema = 1
//! [model]
//! name = "Tiny LM"
//! version = "1.0.0"
//! producer = "Example Lab"
//! license = "Apache-2.0"
//! [component.final-weights]
//! openness = "open"
//! files = ["weights.bin"]
//! "#;
//! let files = Memory::new([("OPENNESS.toml", manifest)]);
//! let checked = check(&files)?;
//! // The manifest names a file that is not there: rule OPN301, `pattern-without-match`.
//! assert!(checked.findings().iter().any(|finding| finding.rule.code == "OPN301"));
//! assert!(checked.pass(&[]).is_err(), "a manifest with errors cannot be signed");
//! # Ok::<(), openness::check::Error>(())
//! ```

use crate::artifacts::{Inventory, digest};
use crate::files::{self, Entry, Files};
use crate::finding::{Finding, Severity, sort_and_dedup};
use crate::fix;
use crate::manifest::parse::{Parsed, parse_bytes};
use crate::manifest::{FILE_NAME, MAX_MANIFEST_BYTES, Manifest, Sha256Hex, Suppression, diagnostics};
use crate::path::RepoPath;
use crate::rules;
use crate::source::Source;

/// The most mistakes of a manifest with which rules run nevertheless.
const MAX_FINDINGS_BEFORE_RULES: usize = 1000;

/// A manifest and its files, checked by every rule.
#[derive(Debug)]
pub struct Checked<'f> {
    files: &'f dyn Files,
    parsed: Parsed,
    /// The digest of the bytes that were parsed.
    manifest_sha256: Sha256Hex,
    inventory: Inventory,
    /// The findings of the manifest and of the rules; `None` if no rule ran, so that those of the manifest are all.
    findings: Option<Vec<Finding>>,
}

/// Why nothing was checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no regular file `OPENNESS.toml` at the root of the files.
    #[error("there is no `{FILE_NAME}`")]
    NoManifest,
    /// The manifest could not be read.
    #[error(transparent)]
    Files(#[from] files::Error),
}

/// Reads the manifest at the root of some files and checks it and them.
///
/// Whatever is wrong with either is a finding. Of a manifest that is not sound
/// ([`Parsed::is_sound`]) only names, licenses and patterns are checked.
///
/// # Errors
/// [`Error::NoManifest`], [`Error::Files`].
pub fn check(files: &dyn Files) -> Result<Checked<'_>, Error> {
    let path = FILE_NAME.parse::<RepoPath>().map_err(|_| Error::NoManifest)?;
    let bytes = files.read_start(&path, read_limit())?.ok_or(Error::NoManifest)?;
    let parsed = parse_bytes(FILE_NAME, &bytes);
    let (inventory, findings) = run(&parsed, files);
    Ok(Checked { files, parsed, manifest_sha256: digest::sha256(&bytes), inventory, findings })
}

/// Checks a text as if it were the manifest of some files, such as the unsaved text of an editor.
///
/// Only findings come of it: a statement speaks about the manifest that is among the files.
#[must_use]
pub fn check_text(source: Source, files: &dyn Files) -> (Parsed, Vec<Finding>) {
    let parsed = crate::manifest::parse::parse(source);
    let (_, findings) = run(&parsed, files);
    let findings = findings.unwrap_or_else(|| parsed.findings.clone());
    (parsed, findings)
}

/// Checks a manifest without any files; rules about files do not run.
#[must_use]
pub fn check_alone(parsed: &Parsed) -> Vec<Finding> {
    let mut findings = parsed.findings.clone();
    match parsed.is_sound() {
        true => findings.extend(rules::check_manifest(&parsed.manifest)),
        false if says_more(parsed) => findings.extend(rules::check_words(&parsed.manifest, None)),
        false => {}
    }
    sort_and_dedup(&mut findings);
    fix::attach(&parsed.source, &mut findings);
    findings
}

/// Returns whether rules about single words run although the manifest has errors, so that all is said in one round.
fn says_more(parsed: &Parsed) -> bool {
    parsed.is_readable() && parsed.findings.len() <= MAX_FINDINGS_BEFORE_RULES
}

/// Returns the codes of the rules that a check does not run on a manifest, because it has errors.
#[must_use]
pub fn rules_not_run(parsed: &Parsed) -> Vec<&'static str> {
    match parsed.is_sound() {
        true => Vec::new(),
        false if says_more(parsed) => rules::codes_after_errors().collect(),
        false => rules::RULES.iter().map(|rule| rule.info.code).collect(),
    }
}

/// Returns how many bytes to read of a manifest: one more than allowed, so that a longer one is reported as too long.
#[must_use]
pub fn read_limit() -> u64 {
    u64::try_from(MAX_MANIFEST_BYTES).unwrap_or(u64::MAX).saturating_add(1)
}

fn run(parsed: &Parsed, files: &dyn Files) -> (Inventory, Option<Vec<Finding>>) {
    let manifest = &parsed.manifest;
    let inventory = Inventory::resolve(manifest, files);
    if !parsed.is_sound() && !says_more(parsed) {
        // There may be very many, and they are sorted.
        return (inventory, None);
    }
    let mut findings = parsed.findings.clone();
    let headers = rules::Headers::default();
    let repository = rules::Repository { manifest, files, inventory: &inventory, headers: &headers };
    findings.extend(match parsed.is_sound() {
        true => rules::check(&repository),
        false => rules::check_words(manifest, Some(&repository)),
    });
    sort_and_dedup(&mut findings);
    fix::attach(&parsed.source, &mut findings);
    (inventory, Some(findings))
}

impl<'f> Checked<'f> {
    /// Returns the files that were checked.
    #[must_use]
    pub fn files(&self) -> &'f dyn Files {
        self.files
    }

    /// Returns the manifest as it was parsed, with its text.
    #[must_use]
    pub fn parsed(&self) -> &Parsed {
        &self.parsed
    }

    /// Returns the digest of the manifest's bytes as they were parsed.
    #[must_use]
    pub fn manifest_sha256(&self) -> &Sha256Hex {
        &self.manifest_sha256
    }

    /// Returns which files the manifest's patterns match.
    #[must_use]
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// Returns every finding, sorted by position and code.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        self.findings.as_ref().unwrap_or(&self.parsed.findings)
    }

    /// Returns each finding that a comment in the manifest allows, with the comment. It changes nothing that [`Self::pass`]
    /// demands.
    pub fn allowed(&self) -> impl Iterator<Item = (&Finding, &Suppression)> {
        let suppressions = &self.parsed.manifest.suppressions;
        self.findings().iter().filter_map(|finding| Some((finding, rules::suppression_of(suppressions, finding)?)))
    }

    /// Returns whether there is no finding of error level.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings().iter().all(|finding| finding.severity != Severity::Error)
    }

    /// Gives up the files and keeps the text and the findings.
    #[must_use]
    pub fn into_findings(self) -> (Source, Vec<Finding>) {
        (self.parsed.source, self.findings.unwrap_or(self.parsed.findings))
    }

    /// Lets a manifest pass whose errors are all among the `waived` codes. The codes that were needed are recorded.
    ///
    /// A manifest that is not sound never passes, and neither do files that no statement can name (`OPN306`). A model whose
    /// name, version or producer is still the placeholder of a draft passes only with a waiver (`OPN314`), although
    /// [`check`] only warns of it.
    ///
    /// # Errors
    /// The codes of the findings that were not waived, or cannot be.
    pub fn pass(&self, waived: &[String]) -> Result<Passed<'_>, Vec<&'static str>> {
        let is_named = |code: &str| waived.iter().any(|allowed| allowed.eq_ignore_ascii_case(code));
        let is_sound = self.parsed.is_sound();
        let is_of_reading = |code: &str| diagnostics::DIAGNOSTICS.iter().any(|info| info.code == code);
        let is_waived =
            |code: &str| is_named(code) && !rules::NOT_WAIVABLE.contains(&code) && (is_sound || !is_of_reading(code));
        let errors = self.findings().iter().filter(|finding| finding.severity == Severity::Error);
        let mut needed: Vec<&'static str> = errors.map(|finding| finding.rule.code).collect();
        needed.extend(rules::codes_against_signing(&self.parsed.manifest).filter(|_| is_sound));
        needed.sort_unstable();
        needed.dedup();
        let refused: Vec<&'static str> = needed.iter().copied().filter(|code| !is_waived(code)).collect();
        if refused.is_empty() && is_sound {
            let waived = needed.into_iter().map(str::to_owned).collect();
            Ok(Passed { checked: self, waived })
        } else {
            Err(refused)
        }
    }
}

/// A release that may be signed: it has no errors, or the signer waived them.
///
/// Made by [`Checked::pass`] alone. The way on is [`Passed::statement`].
#[derive(Debug)]
pub struct Passed<'c> {
    checked: &'c Checked<'c>,
    waived: Vec<String>,
}

impl<'c> Passed<'c> {
    /// Returns what was checked.
    #[must_use]
    pub fn checked(&self) -> &'c Checked<'c> {
        self.checked
    }

    /// Returns the manifest.
    #[must_use]
    pub fn manifest(&self) -> &'c Manifest {
        &self.checked.parsed.manifest
    }

    /// Returns the digest of the manifest's bytes as they were parsed.
    #[must_use]
    pub fn manifest_sha256(&self) -> &'c Sha256Hex {
        &self.checked.manifest_sha256
    }

    /// Returns the codes of the errors that the signer waived, sorted.
    #[must_use]
    pub fn waived(&self) -> &[String] {
        &self.waived
    }

    /// Returns the files that a signature covers, in byte order of their paths.
    #[must_use]
    pub fn covered(&self) -> Vec<&'c Entry> {
        let entries = self.checked.files.entries();
        self.checked.inventory.covered.iter().map(|at| &entries[*at]).collect()
    }
}

/// A code that cannot be waived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WaiverError {
    /// No rule has the code.
    #[error("no rule has the code `{code}`{}", .near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    Unknown {
        /// As given.
        code: String,
        /// The code that it resembles most.
        near: Option<&'static str>,
    },
    /// No statement could be made, or verified.
    #[error("`{code}` cannot be waived: {why}")]
    NotWaivable {
        /// The code.
        code: &'static str,
        /// The reason.
        why: &'static str,
    },
}

/// Checks a code that a signer wants to waive, before anything else is done.
///
/// # Errors
/// [`WaiverError`].
pub fn check_waiver(code: &str) -> Result<(), WaiverError> {
    let Some(info) = rules::all_rules().find(|info| info.code.eq_ignore_ascii_case(code)) else {
        return Err(WaiverError::Unknown { code: code.escape_debug().to_string(), near: rules::nearest_code(code) });
    };
    if diagnostics::DIAGNOSTICS.iter().any(|reading| reading.code == info.code) {
        return Err(WaiverError::NotWaivable { code: info.code, why: "the manifest must be readable" });
    }
    if rules::NOT_WAIVABLE.contains(&info.code) {
        let why = "a statement cannot name such files, so no verification could succeed";
        return Err(WaiverError::NotWaivable { code: info.code, why });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::files::Memory;

    const GOOD: &str = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\nlicense = \"MIT\"\n\
                        [component.final-weights]\nopenness = \"open\"\nfiles = [\"w.bin\"]\n";

    fn codes(files: &Memory, waived: &[&str]) -> Result<Vec<String>, Vec<&'static str>> {
        let waived: Vec<String> = waived.iter().map(|code| (*code).to_owned()).collect();
        let checked = check(files).unwrap();
        checked.pass(&waived).map(|passed| passed.waived().to_vec())
    }

    #[test]
    fn errors_pass_only_if_waived_and_only_the_needed_waivers_are_recorded() {
        let files = Memory::new([("OPENNESS.toml", GOOD)]);
        assert_eq!(codes(&files, &[]), Err(vec!["OPN301"]));
        assert_eq!(codes(&files, &["opn301", "OPN202"]), Ok(vec!["OPN301".to_owned()]));
        let whole = Memory::new([("OPENNESS.toml", GOOD), ("w.bin", "x")]);
        assert_eq!(codes(&whole, &["OPN301"]), Ok(vec![]));
    }

    #[test]
    fn a_manifest_that_is_not_sound_never_passes() {
        for text in ["schema = 1\n[model\n", "schema = 1\n[model]\nnaem = \"m\"\n"] {
            let files = Memory::new([("OPENNESS.toml", text)]);
            let all: Vec<&str> = rules::all_rules().map(|info| info.code).collect();
            assert!(codes(&files, &all).is_err(), "{text}");
        }
    }

    #[test]
    fn names_that_no_statement_can_hold_cannot_be_waived() {
        let files = Memory::new([("OPENNESS.toml", GOOD), ("w.bin", "x"), ("aux", "x")]);
        assert_eq!(codes(&files, &["OPN306"]), Err(vec!["OPN306"]));
        assert!(matches!(check_waiver("opn306"), Err(WaiverError::NotWaivable { code: "OPN306", .. })));
    }

    #[test]
    fn placeholders_of_a_draft_pass_only_if_waived() {
        for (written, placeholder) in [
            ("version = \"1\"", "version = \"unknown\""),
            ("version = \"1\"", "version = \" TBD \""),
            ("name = \"m\"", "name = \"Unknown\""),
            ("producer = \"p\"", "producer = \"todo\""),
        ] {
            let files = Memory::new([("OPENNESS.toml", &*GOOD.replace(written, placeholder)), ("w.bin", "x")]);
            assert!(check(&files).unwrap().is_clean(), "{placeholder}: it is only a warning");
            assert_eq!(codes(&files, &[]), Err(vec!["OPN314"]), "{placeholder}");
            assert_eq!(codes(&files, &["OPN314"]), Ok(vec!["OPN314".to_owned()]), "{placeholder}");
        }
        // Placeholders in documents are warnings for `sign` too, and a name may contain such a word.
        let card = "[component.model-card]\nopenness = \"open\"\nlicense = \"MIT\"\nfiles = [\"README.md\"]\n";
        let manifest = GOOD.replace("name = \"m\"", "name = \"Unknown Pleasures\"") + card;
        let files = Memory::new([("OPENNESS.toml", &*manifest), ("w.bin", "x"), ("README.md", "# M\n\nTODO\n")]);
        assert!(check(&files).unwrap().findings().iter().any(|finding| finding.rule.code == "OPN314"));
        assert_eq!(codes(&files, &["OPN314"]), Ok(vec![]));
    }

    #[test]
    fn only_codes_of_rules_can_be_waived() {
        assert_eq!(check_waiver("opn301"), Ok(()));
        let error = check_waiver("OPN999").unwrap_err();
        assert_eq!(error.to_string(), "no rule has the code `OPN999`");
        let near = |code| match check_waiver(code) {
            Err(WaiverError::Unknown { near, .. }) => near,
            other => panic!("{other:?}"),
        };
        assert_eq!(near("opn22"), Some("OPN202"));
        assert_eq!(near("unknown-keys"), Some("OPN101"));
        assert!(matches!(check_waiver("OPN001"), Err(WaiverError::NotWaivable { code: "OPN001", .. })));
    }

    #[test]
    fn without_a_manifest_nothing_is_checked() {
        assert!(matches!(check(&Memory::new([("a", "b")])), Err(Error::NoManifest)));
    }
}
