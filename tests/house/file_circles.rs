//! No two files use each other, not even by way of others. A parent may call its children and a child may use what its parent
//! defines; every other circle is two ideas in one, or one in two.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::modules::{code, sources};

/// A module as the components of its path below the crate.
type Module = Vec<String>;

fn module_of(path: &Path) -> Module {
    let text = path.to_str().unwrap().replace('\\', "/");
    text.trim_end_matches(".rs").split('/').map(str::to_owned).collect()
}

/// Returns every path that a text names after `crate::` or `super::`, from the root of the crate.
fn named_paths(module: &Module, code: &str) -> BTreeSet<Module> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '$')) {
            continue;
        }
        let mut rest = &code[at..];
        let mut base = Vec::new();
        if let Some(after) = rest.strip_prefix("crate::") {
            rest = after;
        } else {
            base.clone_from(module);
            while let Some(after) = rest.strip_prefix("super::") {
                base.pop();
                rest = after;
            }
        }
        collect(&base, rest, &mut found);
    }
    found
}

/// Reads `a::b::{c, d::e}` and adds each path; returns what follows.
fn collect<'t>(base: &Module, text: &'t str, found: &mut BTreeSet<Module>) -> &'t str {
    let mut path = base.clone();
    let mut rest = text;
    loop {
        if let Some(mut inner) = rest.strip_prefix('{') {
            while !inner.starts_with('}') && !inner.is_empty() {
                let before = inner.len();
                inner = collect(&path, inner.trim_start(), found).trim_start().trim_start_matches(',').trim_start();
                if inner.len() == before {
                    break;
                }
            }
            return inner.strip_prefix('}').unwrap_or(inner);
        }
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        if end > 0 {
            path.push(rest[..end].to_owned());
        }
        rest = &rest[end..];
        match rest.strip_prefix("::") {
            Some(after) => rest = after,
            None => {
                if path.len() > base.len() {
                    found.insert(path);
                }
                // `as other` names nothing more.
                let rest = rest.trim_start();
                let rest = rest
                    .strip_prefix("as ")
                    .map_or(rest, |after| after.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_'));
                return rest;
            }
        }
    }
}

/// Module → the modules that it uses, without its ancestors and descendants.
fn uses() -> BTreeMap<Module, BTreeSet<Module>> {
    let sources = sources();
    let modules: BTreeSet<Module> = sources.iter().map(|(_, path, _)| module_of(path)).collect();
    let mut uses = BTreeMap::new();
    for (_, path, text) in &sources {
        let module = module_of(path);
        let mut targets = BTreeSet::new();
        for named in named_paths(&module, &code(text)) {
            let target = (1..=named.len()).rev().map(|length| named[..length].to_vec()).find(|m| modules.contains(m));
            let Some(target) = target else { continue };
            if !target.starts_with(&module) && !module.starts_with(&target) {
                targets.insert(target);
            }
        }
        uses.insert(module, targets);
    }
    uses
}

fn reaches(uses: &BTreeMap<Module, BTreeSet<Module>>, from: &Module, to: &Module) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        for next in uses.get(module).into_iter().flatten() {
            if next == to {
                return true;
            }
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    false
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let uses = uses();
    assert!(uses.values().map(BTreeSet::len).sum::<usize>() > 300, "the uses are not found");
    let in_circle: Vec<String> =
        uses.keys().filter(|module| reaches(&uses, module, module)).map(|module| module.join("::")).collect();
    assert!(in_circle.is_empty(), "these files use each other: {}", in_circle.join(", "));
}

#[test]
fn groups_of_imports_are_read_to_their_end() {
    let module = vec!["sign".to_owned(), "ssh".to_owned()];
    let code = "use crate::{a, b::{c, d as e}, f::*};\nuse super::key::Key; let x = crate::g::h();";
    let found: Vec<String> = named_paths(&module, code).iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["a", "b::c", "b::d", "f", "g::h", "sign::key::Key"]);
}
