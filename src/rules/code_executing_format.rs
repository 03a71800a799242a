//! `OPN310`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Repository, claiming_span};
use crate::artifacts::format::{CodeKind, CodeOnLoad};
use crate::finding::{Finding, summarize_list};
use crate::path::RepoPath;
use crate::source::Span;
use crate::taxonomy::{self, Kind};

super::rule! {
    /// ## What it does
    /// Reports weights and data in formats that can run code when they are loaded, in any component and in none,
    /// whatever they are called: `LICENSE.pkl` is a pickle. Like loaders, the rule goes by names such as `*.pkl` and
    /// `pytorch_model.bin`. Where a name is shared with formats that cannot run code (`*.bin`), or is unknown, the
    /// content decides, also that of a file that gzip or zlib compressed. One that bzip2, xz, LZMA or LZ4 compressed
    /// counts as saved by joblib, unless its name says what else it is (`corpus.tar.xz`). Archives are known by the
    /// names in them, such as the members `*.pickle` and `*.pyd` of a WebDataset shard. Source code and programs are
    /// reported only where they do not belong. The files of a component are reported together.
    ///
    /// ## Why it matters
    /// Loading such a file runs whatever code is in it. A signature says who published the file, not that it is
    /// harmless. Formats such as safetensors and GGUF cannot run code.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["pytorch_model.bin"]
    /// ```
    /// ```files
    /// pytorch_model.bin
    /// ```
    ///
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["model.safetensors"]
    /// ```
    /// ```files
    /// model.safetensors
    /// optimizer.pt
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "Apache-2.0"
    /// files = ["model.safetensors"]
    /// ```
    /// ```files
    /// model.safetensors
    /// ```
    "OPN310" "code-executing-format" Warning => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    let mut reported = BTreeSet::new();
    let components = repository.manifest.components.iter().zip(&repository.inventory.components);
    let components = components.map(|(component, files)| {
        // A private component (`x-NAME`) has no kind.
        (taxonomy::vocabulary().find(&component.id).and_then(|item| item.kind), files)
    });
    let (data, others): (Vec<_>, Vec<_>) = components.partition(|(kind, _)| *kind == Some(Kind::Data));
    let safeguards = repository.inventory.safeguards.iter().map(|files| (Some(Kind::Code), files));
    for (kind, files) in data.into_iter().chain(others).chain(safeguards) {
        let mut found = found(repository, &files.entries, kind);
        if kind != Some(Kind::Data) {
            found.retain(|(at, _)| !reported.contains(at));
        }
        reported.extend(found.iter().map(|(at, _)| *at));
        if let Some((first, _)) = found.first() {
            let span = claiming_span(files.patterns.iter(), *first);
            let help = "release it as safetensors, GGUF, or another format that cannot run code";
            let finding = Finding::new(&INFO, span, message(repository, &found, "")).help(help);
            findings.push(finding.items(found.iter().map(|(at, _)| repository.path(*at))));
        }
    }
    // Files that need no declaration are looked at too: a pickle may have the name of a license.
    let found = found(repository, &repository.inventory.undeclared, Some(Kind::Documentation));
    if !found.is_empty() {
        let message = message(repository, &found, ", which no component declares,");
        let finding = Finding::new(&INFO, Span::default(), message).help("declare it in a component, or remove it");
        findings.push(finding.items(found.iter().map(|(at, _)| repository.path(*at))));
    }
}

/// Returns the files that run code and do not belong where they are. Programs and source code belong to code.
fn found(repository: &Repository<'_>, entries: &[usize], kind: Option<Kind>) -> Vec<(usize, CodeOnLoad)> {
    let is_unexpected = |found: &CodeOnLoad| match (found.kind, kind) {
        (CodeKind::Data, _) | (_, Some(Kind::Data)) => true,
        (CodeKind::Program, kind) => kind == Some(Kind::Documentation),
        _ => false,
    };
    let code = repository.code_on_load(entries).into_iter();
    code.filter(|(_, found)| is_unexpected(found)).collect()
}

/// Returns the message about the files of one component, or of none. `undeclared` is a clause about them.
fn message(repository: &Repository<'_>, found: &[(usize, CodeOnLoad)], undeclared: &str) -> String {
    let mut by_reason: BTreeMap<&str, Vec<&RepoPath>> = BTreeMap::new();
    for (at, code) in found {
        by_reason.entry(code.why).or_default().push(repository.path(*at));
    }
    match found {
        [(at, code)] => format!("`{}`{undeclared} may run code when it is loaded: {}", repository.path(*at), code.why),
        _ if by_reason.len() == 1 => {
            let (why, paths) =
                by_reason.first_key_value().map(|(why, paths)| (*why, paths.as_slice())).unwrap_or_default();
            let list = summarize_list(paths.iter());
            format!("{} files ({list}){undeclared} may run code when they are loaded: {why}", found.len())
        }
        _ => {
            let groups = by_reason.iter().map(|(why, paths)| format!("{} ({why})", summarize_list(paths.iter())));
            let groups = groups.collect::<Vec<_>>().join("; ");
            format!("{} files{undeclared} may run code when they are loaded: {groups}", found.len())
        }
    }
}
