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
    /// Finds files whose bytes Git changes on checkout, because `.gitattributes` says so: `ident`,
    /// `working-tree-encoding`, a `filter` other than that of Git LFS, or line endings that depend on the machine.
    ///
    /// ## Why it matters
    /// What is signed are the bytes in the repository. Where a checkout has others, every file verifies as changed, and
    /// nobody can tell that from an attack.
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
    /// ## Passes
    /// ```toml
    /// [component.model-architecture]
    /// openness = "open"
    /// license = "MIT"
    /// files = ["*.py"]
    /// ```
    /// ```files
    /// .gitattributes: * text=auto eol=lf\n*.bin filter=lfs -text\n
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
        .filter(|at| asks_about_all || repository.snapshot.is_news(&repository.snapshot.entries()[*at]))
        .collect();
    let paths: Vec<&RepoPath> = files.iter().map(|at| repository.path(*at)).collect();
    let of = |name: &str| repository.snapshot.attributes(name, &paths).ok().flatten();
    let mut report = |changed: Vec<usize>, how: &str, help: &str| {
        let Some(first) = changed.first() else { return };
        let path = repository.path(files[*first]);
        let message = match changed.len() {
            1 => format!("{how} changes the bytes of `{path}` on checkout"),
            count => format!("{how} changes the bytes of {count} declared files on checkout, `{path}` among them"),
        };
        findings.push(Finding::new(&CARD, Span::default(), message).help(help));
    };
    let take_it_out = "take it out of .gitattributes for these files";
    for (name, how) in [
        ("ident", "the attribute `ident`"),
        ("working-tree-encoding", "the attribute `working-tree-encoding`"),
        ("filter", "a `filter` other than that of Git LFS"),
    ] {
        let Some(found) = of(name) else { continue };
        let changed = (0..files.len()).filter(|at| match (name, &found[*at]) {
            (_, Attribute::Unspecified | Attribute::Unset) => false,
            ("filter", Attribute::Value(filter)) => filter != "lfs",
            _ => true,
        });
        report(changed.collect(), how, take_it_out);
    }
    if let (Some(text), Some(eol)) = (of("text"), of("eol")) {
        let changed = (0..files.len()).filter(|at| {
            let depends = matches!(eol[*at], Attribute::Unspecified | Attribute::Unset);
            depends
                && match &text[*at] {
                    Attribute::Set => has_lines(repository, files[*at], IsText::Declared),
                    Attribute::Value(value) if value == "auto" => has_lines(repository, files[*at], IsText::Guessed),
                    _ => false,
                }
        });
        report(changed.collect(), "the attribute `text` without `eol`", "add `eol=lf` to the line, or `-text`");
    }
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
