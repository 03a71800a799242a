//! `OPN603`.

use super::Repository;
use crate::finding::Finding;
use crate::git::Attribute;
use crate::path::RepoPath;
use crate::source::Span;

/// As Git decides whether a file is text.
const LOOKED_AT_BYTES: u64 = 8000;

super::rule! {
    /// ## What it does
    /// Finds declared files whose bytes Git changes, because `.gitattributes` says so. On checkout: `ident`,
    /// `working-tree-encoding`, a `filter` other than that of Git LFS, line endings that depend on the machine or are CRLF
    /// everywhere. In archives, which is what a website's download button gives: `export-subst`, and `export-ignore`, which
    /// leaves files out.
    ///
    /// ## Why it matters
    /// What is signed are the bytes in the repository. Where a checkout or an archive has others, every file verifies as
    /// changed, and nobody can tell that from an attack.
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
    "OPN603" "attribute-changes-bytes" Warning => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    if !repository.snapshot.entries().iter().any(|entry| entry.path.is_named(".gitattributes")) {
        return;
    }
    let asks_about_all = repository.has_new_attributes();
    let files: Vec<usize> = repository
        .inventory
        .covered
        .iter()
        .copied()
        .filter(|at| !repository.inventory.claimed_by[*at].is_empty())
        .filter(|at| asks_about_all || repository.snapshot.is_changed(&repository.snapshot.entries()[*at]))
        .collect();
    let paths: Vec<&RepoPath> = files.iter().map(|at| repository.path(*at)).collect();
    let of = |name: &str| repository.snapshot.attributes(name, &paths).ok().flatten();
    let mut report = |changed: Vec<usize>, how: &str, what: Effect, help: &str| {
        let Some(first) = changed.first() else { return };
        let path = repository.path(files[*first]);
        let several = format!("{} declared files", changed.len());
        let (before, after) = match what {
            Effect::OnCheckout => ("changes the bytes of", "on checkout"),
            Effect::InArchives => ("changes the bytes of", "in archives"),
            Effect::NotInArchives => ("leaves", "out of archives"),
        };
        let message = match changed.len() {
            1 => format!("{how} {before} `{path}` {after}"),
            _ => format!("{how} {before} {several} {after}, `{path}` among them"),
        };
        findings.push(Finding::new(&INFO, Span::default(), message).help(help));
    };
    for (name, how, what) in [
        ("ident", "the attribute `ident`", Effect::OnCheckout),
        ("working-tree-encoding", "the attribute `working-tree-encoding`", Effect::OnCheckout),
        ("filter", "a `filter` other than that of Git LFS", Effect::OnCheckout),
        ("export-subst", "the attribute `export-subst`", Effect::InArchives),
        ("export-ignore", "the attribute `export-ignore`", Effect::NotInArchives),
    ] {
        let Some(found) = of(name) else { continue };
        let changed = (0..files.len()).filter(|at| match (name, &found[*at]) {
            (_, Attribute::Unspecified | Attribute::Unset) => false,
            ("filter", Attribute::Value(filter)) => filter != "lfs",
            _ => true,
        });
        report(changed.collect(), how, what, "take it out of .gitattributes for these files");
    }
    if let (Some(text), Some(eol)) = (of("text"), of("eol")) {
        let ends_in = |at: &usize, ending: &str| matches!(&eol[*at], Attribute::Value(value) if value == ending);
        // As `gitattributes` has it: `eol` makes a file text, unless `-text` says that it is none.
        let lines = |at: &usize| match &text[*at] {
            Attribute::Set => has_lines(repository, files[*at], IsText::Declared),
            Attribute::Value(value) if value == "auto" => has_lines(repository, files[*at], IsText::Guessed),
            Attribute::Unspecified => ends_in(at, "crlf") && has_lines(repository, files[*at], IsText::Declared),
            Attribute::Unset | Attribute::Value(_) => false,
        };
        let (all, lf) = (0..files.len(), "write `eol=lf`, or `-text`");
        let depends = all.clone().filter(|at| !ends_in(at, "lf") && !ends_in(at, "crlf") && lines(at));
        report(depends.collect(), "the attribute `text` without `eol`", Effect::OnCheckout, lf);
        let crlf = all.filter(|at| ends_in(at, "crlf") && lines(at));
        report(crlf.collect(), "the attribute `eol=crlf`", Effect::OnCheckout, lf);
    }
}

#[derive(Clone, Copy)]
enum Effect {
    OnCheckout,
    InArchives,
    NotInArchives,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum IsText {
    Declared,
    Guessed,
}

/// Whether Git finds line endings to change in a file.
fn has_lines(repository: &Repository<'_>, at: usize, is_text: IsText) -> bool {
    let start = repository.snapshot.read_start(repository.path(at), LOOKED_AT_BYTES).ok().flatten().unwrap_or_default();
    start.contains(&b'\n') && (is_text == IsText::Declared || !start.contains(&0))
}
