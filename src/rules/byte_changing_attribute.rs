//! `OPN603`.

use std::collections::BTreeSet;

use super::Repository;
use super::unprotected_line_endings::{MAX_ATTRIBUTES_BYTES, appended};
use crate::files::{Attribute, OPENNESS_DIR};
use crate::finding::{Finding, Proposal, Safety};
use crate::manifest::FILE_NAME;
use crate::path::RepoPath;
use crate::source::Span;

/// The number of bytes in which Git looks for a NUL to tell binary files from text (`buffer_is_binary`).
const SNIFFED_BYTES: u64 = 8000;
/// The filters that change only pointers, for which there are other rules: those of Git LFS and of git-annex, which sets its own for
/// every file in `.git/info/attributes` (<https://git-annex.branchable.com/git-annex-smudge/>).
const FILTERS_OF_POINTERS: &[&str] = &["lfs", "annex"];
/// The most files for which lines of `.gitattributes` are proposed.
const MAX_LISTED: usize = 20;

super::rule! {
    /// ## What it does
    /// Reports declared files whose bytes Git changes because of an attribute in `.gitattributes`. On checkout, these
    /// attributes are `ident`, `working-tree-encoding`, any `filter` except those of Git LFS and git-annex, and `text`
    /// or `eol` if they make line endings depend on the platform or always CRLF. In archives, such as those behind a
    /// website's download button, they are `export-subst`, and `export-ignore`, which omits files.
    ///
    /// ## Why it matters
    /// The signature covers the bytes in the repository. Files that have different bytes in a checkout or an archive
    /// fail verification, and that cannot be told apart from an attack.
    ///
    /// ## Fails
    /// ```toml
    /// [component.model-architecture]
    /// openness = "open"
    /// license = "MIT"
    /// files = ["*.py"]
    /// ```
    /// ```files
    /// .gitattributes: OPENNESS.toml text eol=lf\n*.py ident\n
    /// model.py: # $Id$\n
    /// ```
    ///
    /// ```toml
    /// [component.model-architecture]
    /// openness = "open"
    /// license = "MIT"
    /// files = ["*.py"]
    /// ```
    /// ```files
    /// .gitattributes: * text=auto\nOPENNESS.toml eol=lf\n
    /// model.py: import this\n
    /// ```
    ///
    /// ```toml
    /// [component.model-architecture]
    /// openness = "open"
    /// license = "MIT"
    /// files = ["*.py"]
    /// ```
    /// ```files
    /// .gitattributes: OPENNESS.toml text eol=lf\n*.py eol=crlf\n
    /// model.py: import this\n
    /// ```
    ///
    /// ```toml
    /// [component.model-architecture]
    /// openness = "open"
    /// license = "MIT"
    /// files = ["*.py"]
    /// ```
    /// ```files
    /// .gitattributes: OPENNESS.toml text eol=lf\nmodel.py -text export-subst\n
    /// model.py: version = "$Format:%H$"\n
    /// ```
    ///
    /// ```toml
    /// [component.model-architecture]
    /// openness = "open"
    /// license = "MIT"
    /// files = ["*.py"]
    /// ```
    /// ```files
    /// .gitattributes: OPENNESS.toml text eol=lf\nmodel.py -text export-ignore\n
    /// model.py: import this\n
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.model-architecture]
    /// openness = "open"
    /// license = "MIT"
    /// files = ["*.py"]
    /// ```
    /// ```files
    /// .gitattributes: * text=auto eol=lf\n*.bin filter=lfs -text\n*.md export-ignore eol=crlf\n
    /// model.py: import this\n
    /// ```
    "OPN603" "byte-changing-attribute" Warning => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    if !repository.files.entries().iter().any(|entry| entry.path.is_named(".gitattributes")) {
        return;
    }
    own_files(repository, findings);
    let checks_all = repository.has_new_attributes();
    let files: Vec<usize> = repository
        .inventory
        .covered
        .iter()
        .copied()
        .filter(|at| !repository.inventory.claimed_by(*at).is_empty())
        .filter(|at| checks_all || repository.files.is_changed(&repository.files.entries()[*at]))
        .collect();
    let declared = Declared { repository, paths: files.iter().map(|at| repository.path(*at)).collect(), files };
    declared.conversions(findings);
    declared.line_endings(findings);
}

/// The declared files that are checked.
struct Declared<'a> {
    repository: &'a Repository<'a>,
    /// Indices of entries.
    files: Vec<usize>,
    /// The path of each of `files`.
    paths: Vec<&'a RepoPath>,
}

/// Where an attribute takes effect.
#[derive(Clone, Copy)]
enum Effect {
    OnCheckout,
    InArchives,
    NotInArchives,
}

/// How Git knows that a file is text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum IsText {
    Declared,
    Guessed,
}

impl Declared<'_> {
    /// Reports attributes that change or omit a file whatever its content.
    fn conversions(&self, findings: &mut Vec<Finding>) {
        for (name, cause, effect) in [
            ("ident", "the attribute `ident`", Effect::OnCheckout),
            ("working-tree-encoding", "the attribute `working-tree-encoding`", Effect::OnCheckout),
            ("filter", "a `filter` that is not Git LFS", Effect::OnCheckout),
            ("export-subst", "the attribute `export-subst`", Effect::InArchives),
            ("export-ignore", "the attribute `export-ignore`", Effect::NotInArchives),
        ] {
            let Some(mut values) = self.attribute(name) else { continue };
            if name == "export-ignore" {
                self.add_directories(name, &mut values);
            }
            let changed = values.iter().zip(&self.paths).filter(|(value, _)| match (name, value) {
                (_, Attribute::Unspecified | Attribute::Unset) => false,
                ("filter", Attribute::Value(filter)) => !FILTERS_OF_POINTERS.contains(&filter.as_str()),
                // Git converts nothing to and from its own encoding (`git_path_check_encoding`).
                ("working-tree-encoding", Attribute::Value(encoding)) => !is_utf8(encoding),
                _ => true,
            });
            let changed: Vec<&RepoPath> = changed.map(|(_, path)| *path).collect();
            let help = "remove it from `.gitattributes` for these files";
            let proposal = self.unset(&changed, &format!("-{name}"));
            findings.extend(finding(&changed, cause, effect, help).map(|finding| finding.propose(proposal)));
        }
    }

    /// Reports attributes that change the line endings of a text file.
    fn line_endings(&self, findings: &mut Vec<Finding>) {
        let (Some(text), Some(eol)) = (self.attribute("text"), self.attribute("eol")) else { return };
        let ends_in = |at: &usize, ending: &str| matches!(&eol[*at], Attribute::Value(value) if value == ending);
        // See gitattributes(5): `eol` makes a file text unless `-text` is set.
        let is_converted = |at: &usize| match &text[*at] {
            Attribute::Set => self.has_lines(*at, IsText::Declared),
            Attribute::Value(value) if value == "auto" => self.has_lines(*at, IsText::Guessed),
            Attribute::Unspecified => ends_in(at, "crlf") && self.has_lines(*at, IsText::Declared),
            Attribute::Unset | Attribute::Value(_) => false,
        };
        let (platform, crlf): (Vec<usize>, Vec<usize>) = (0..self.files.len())
            .filter(|at| !ends_in(at, "lf") && is_converted(at))
            .partition(|at| !ends_in(at, "crlf"));
        for (changed, cause) in [(platform, "the attribute `text` without `eol`"), (crlf, "the attribute `eol=crlf`")] {
            let changed: Vec<&RepoPath> = changed.into_iter().map(|at| self.paths[at]).collect();
            let found = finding(&changed, cause, Effect::OnCheckout, "set `eol=lf` or `-text` for these files");
            let proposal = self.unset(&changed, "-text");
            findings.extend(found.map(|finding| finding.propose(proposal)));
        }
    }

    /// Proposes an attribute for some files, at the end of `.gitattributes`; `None` if another such file may overrule it, or if
    /// a path needs quotes.
    fn unset(&self, changed: &[&RepoPath], attribute: &str) -> Option<Proposal> {
        let snapshot = self.repository.files;
        let own = ".gitattributes".parse::<RepoPath>().ok()?;
        let is_only =
            snapshot.entries().iter().all(|entry| !entry.path.is_named(".gitattributes") || entry.path == own);
        let is_plain =
            |path: &&RepoPath| path.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b));
        let can_list = changed.len() <= MAX_LISTED && changed.iter().all(is_plain);
        if !is_only || !can_list {
            return None;
        }
        let bytes = snapshot.read(&own, MAX_ATTRIBUTES_BYTES).ok().flatten()?;
        let lines: Vec<String> = changed.iter().map(|path| format!("/{path} {attribute}")).collect();
        appended(std::str::from_utf8(&bytes).ok()?, &lines, Safety::Unsafe)
    }

    /// Returns the value of an attribute for each file, or `None` if Git cannot tell.
    fn attribute(&self, name: &str) -> Option<Vec<Attribute>> {
        self.repository.files.attributes(name, &self.paths).ok().flatten()
    }

    /// Sets an attribute of files that a directory above them has: archives leave out directories as a whole.
    fn add_directories(&self, name: &str, values: &mut [Attribute]) {
        let above = |path: &RepoPath| {
            let ends = path.as_str().match_indices('/').map(|(at, _)| at).collect::<Vec<_>>();
            ends.into_iter().filter_map(|end| path.as_str()[..end].parse::<RepoPath>().ok()).collect::<Vec<_>>()
        };
        let directories: BTreeSet<RepoPath> = self.paths.iter().flat_map(|path| above(path)).collect();
        let directories: Vec<&RepoPath> = directories.iter().collect();
        let Ok(Some(of_directories)) = self.repository.files.attributes(name, &directories) else { return };
        let set = directories.into_iter().zip(of_directories).filter(|(_, value)| *value == Attribute::Set);
        let set: BTreeSet<&RepoPath> = set.map(|(directory, _)| directory).collect();
        for (value, path) in values.iter_mut().zip(&self.paths) {
            if above(path).iter().any(|directory| set.contains(directory)) {
                *value = Attribute::Set;
            }
        }
    }

    /// Returns whether the file at an index of `paths` has line endings that Git would convert.
    fn has_lines(&self, at: usize, is_text: IsText) -> bool {
        let start = self.repository.files.read_start(self.paths[at], SNIFFED_BYTES);
        let start = start.ok().flatten().unwrap_or_default();
        start.contains(&b'\n') && (is_text == IsText::Declared || !start.contains(&0))
    }
}

/// Returns whether an encoding is Git's own, by any of its names (`is_encoding_utf8` of Git).
fn is_utf8(encoding: &str) -> bool {
    ["utf-8", "utf8"].iter().any(|name| encoding.eq_ignore_ascii_case(name))
}

/// Reports files of `openness` itself that Git LFS would keep outside the repository. Those that signing makes are asked about
/// before they are there.
fn own_files(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    let own = [FILE_NAME, ".openness/statement.json", ".openness/signatures/x.sshsig", ".openness/bases/x.json"];
    let own: Vec<RepoPath> = own.iter().filter_map(|path| path.parse().ok()).collect();
    let own: Vec<&RepoPath> = own.iter().collect();
    let Ok(Some(filters)) = repository.files.attributes("filter", &own) else { return };
    let is_lfs = |filter: &Attribute| matches!(filter, Attribute::Value(filter) if filter == "lfs");
    let sent: Vec<&RepoPath> =
        own.iter().zip(filters).filter(|(_, filter)| is_lfs(filter)).map(|(path, _)| *path).collect();
    let Some(first) = sent.first() else { return };
    let (what, pattern) = match first.is_named(FILE_NAME) {
        true => (FILE_NAME.to_owned(), FILE_NAME.to_owned()),
        false => (format!("{OPENNESS_DIR}/"), format!("{OPENNESS_DIR}/**")),
    };
    let message =
        format!("`.gitattributes` sends `{what}` to Git LFS; clones without Git LFS would have pointers in its place");
    // Before the first signature, there is nothing to add again.
    let again = match sent.iter().any(|path| repository.files.find(path).is_some()) {
        true => format!(", then run `git add --renormalize {what}`"),
        false => String::new(),
    };
    let help = format!(
        "add the line `/{pattern} !filter !diff !merge` at the end of the `.gitattributes` next to the manifest{again}"
    );
    findings.push(Finding::new(&INFO, Span::default(), message).help(help));
}

/// Returns one finding for all the files that an attribute changes, if there are any.
fn finding(changed: &[&RepoPath], cause: &str, effect: Effect, help: &str) -> Option<Finding> {
    let (verb, place) = match effect {
        Effect::OnCheckout => ("changes the bytes of", "on checkout"),
        Effect::InArchives => ("changes the bytes of", "in archives"),
        Effect::NotInArchives => ("omits", "from archives"),
    };
    let message = match changed {
        [] => return None,
        [path] => format!("{cause} {verb} `{path}` {place}"),
        [path, ..] => format!("{cause} {verb} {} declared files {place}, including `{path}`", changed.len()),
    };
    Some(Finding::new(&INFO, Span::default(), message).help(help))
}
