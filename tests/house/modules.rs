//! The table of modules: a module may name only the modules on its row, and an outside crate only where it is owned.
//!
//! Within one crate every module can reach every other; this table keeps the direction that `lib.rs` describes. A
//! change of the plan changes the table, and says why.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Module → the modules that it may name besides itself.
const ROWS: &[(&str, &[&str])] = &[
    // Words everybody uses.
    ("json", &[]),
    ("hex", &[]),
    // Read from JSON.
    ("path", &["json"]),
    ("source", &[]),
    // Who does the same work at once, whatever the work is.
    ("threads", &[]),
    ("finding", &["source"]),
    // Stages, in the order the data flows.
    ("git", &["path"]),
    ("manifest", &["hex", "source", "finding", "path"]),
    ("taxonomy", &["finding"]),
    ("license", &["source", "finding", "manifest", "taxonomy"]),
    ("evaluate", &["source", "finding", "manifest", "taxonomy", "license"]),
    ("import", &["path", "source", "manifest", "taxonomy", "license", "evaluate"]),
    ("snapshot", &["threads", "path", "git"]),
    ("artifacts", &["threads", "path", "git", "source", "manifest", "snapshot"]),
    (
        "rules",
        &[
            "source",
            "path",
            // For what Git's attributes say of files.
            "git",
            // For index files of weights and configurations.
            "json",
            "finding",
            "manifest",
            "taxonomy",
            "license",
            "evaluate",
            // For the front matter of model cards, which is read in one place.
            "import",
            "snapshot",
            "artifacts",
        ],
    ),
    // A draft is written by the importers' writer, and reads cards by their reader.
    ("init", &["path", "git", "source", "manifest", "taxonomy", "license", "import", "snapshot", "artifacts"]),
    // The mirror of `import`, whose words for licences it shares.
    ("export", &["path", "manifest", "taxonomy", "license", "evaluate", "import"]),
    // Bytes in, bytes out: it knows nothing of what is signed. (`source` for the lines of allowed_signers.)
    ("sign", &["hex", "source", "json"]),
    (
        "statement",
        &[
            "path",
            "json",
            "finding",
            "manifest",
            "taxonomy",
            "license",
            "evaluate",
            "snapshot",
            "artifacts",
            "rules",
            "sign",
        ],
    ),
    ("diff", &["manifest", "taxonomy", "license", "evaluate", "statement"]),
    ("atomic", &["path"]),
    // What a user's earlier runs hashed. Nothing that is signed may come from it, so that `statement` cannot name it.
    ("digest_cache", &["path", "manifest", "snapshot", "artifacts", "atomic"]),
    ("release", &["path", "sign", "snapshot", "statement"]),
    // What Git signs itself, checked with the same trust.
    ("tag", &["git", "sign"]),
    // What a transparency log says of a signature: bytes in, and the verifier's keys.
    ("tlog", &["sign"]),
    // One user's decisions and memories: lines for `sign`, models as statements name them.
    ("trust_store", &["source", "atomic", "sign", "statement"]),
    // A verifier's own requirements, checked against the facts that `verify` lends it.
    (
        "policy",
        &[
            "path",
            "source",
            // For what a misspelled word meant, and the codes that a signer may waive.
            "finding",
            "rules",
            "manifest",
            "taxonomy",
            "license",
            "evaluate",
            "artifacts",
            "sign",
            "statement",
            "tag",
        ],
    ),
    (
        "verify",
        &[
            "threads",
            "path",
            "json",
            "finding",
            "manifest",
            "evaluate",
            "files",
            "artifacts",
            "rules",
            "sign",
            "statement",
            // For the directory that an export is made in.
            "atomic",
            "release",
            "tag",
            "tlog",
            "trust_store",
            "policy",
            // Where the verifier asks for it.
            "digest_cache",
        ],
    ),
    // What Git's hooks look at, and their scripts; `verify` for which reports let a tag pass.
    ("hook", &["path", "git", "manifest", "snapshot", "atomic", "verify"]),
    (
        "report",
        &[
            "path",
            "source",
            "finding",
            "manifest",
            // For what people call the taxonomies.
            "taxonomy",
            "license",
            "evaluate",
            "sign",
            "statement",
            "tag",
            "tlog",
            "diff",
            "verify",
        ],
    ),
];

/// Outside crate → the only modules that may name it.
const OWNERS: &[(&str, &[&str])] = &[
    ("git2", &["git"]),
    ("toml", &["manifest", "taxonomy", "license", "policy"]),
    ("toml_parser", &["manifest"]),
    ("sha2", &["artifacts", "sign", "taxonomy", "tlog"]),
    // Revocation lists may name keys by it, and the Hub names small files by their Git blobs.
    ("sha1", &["sign", "artifacts"]),
    ("ed25519_dalek", &["sign"]),
    ("ssh_key", &["sign"]),
    ("pkcs8", &["sign"]),
    ("spdx", &["license", "taxonomy"]),
    ("serde_saphyr", &["import"]),
    ("serde_json_canonicalizer", &["json"]),
    ("miette", &["report"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("indicatif", &["cli"]),
    ("lsp_server", &["cli"]),
    ("rpassword", &["cli"]),
    ("signal_hook", &["cli"]),
];

/// The only files that may hold `unsafe`, each with its argument beside it.
const UNSAFE: &[&str] = &["git/libgit2.rs", "artifacts/digest/lanes.rs"];

fn sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let below = path.strip_prefix(&root).unwrap().to_path_buf();
                let first = below.components().next().unwrap().as_os_str().to_str().unwrap();
                let module = first.trim_end_matches(".rs").to_owned();
                found.push((module, below, fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(found.len() > 30, "the sources are somewhere else");
    found
}

/// The code of a file without its tests and comments.
fn code(text: &str) -> String {
    let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
    shipped.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Every name that follows `prefix`, also in `use crate::{a, b}`.
fn named(code: &str, prefix: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        let list = match rest.strip_prefix('{') {
            // Depth one is all that `rustfmt` leaves us for modules of the crate.
            Some(list) => top_level(list),
            None => vec![rest],
        };
        names.extend(list.into_iter().map(|item| {
            item.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
        }));
    }
    names.remove("");
    names
}

fn top_level(list: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let mut start = 0;
    let mut items = Vec::new();
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                items.push(&list[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items
}

#[test]
fn each_module_names_only_modules_on_its_row() {
    let modules: BTreeSet<&str> = ROWS.iter().map(|(module, _)| *module).collect();
    let mut broken = Vec::new();
    for (module, path, text) in sources() {
        if matches!(module.as_str(), "lib" | "main" | "bin" | "cli") {
            continue;
        }
        let row = ROWS.iter().find(|(name, _)| *name == module);
        let (_, allowed) = row.unwrap_or_else(|| panic!("`{module}` has no row in the table"));
        for name in named(&code(&text), "crate::") {
            if modules.contains(name.as_str()) && name != module && !allowed.contains(&name.as_str()) {
                broken.push(format!("{}: crate::{name}", path.display()));
            }
        }
        assert!(!code(&text).contains("crate::cli"), "{}: nothing names the shell", path.display());
    }
    assert!(broken.is_empty(), "against the direction:\n{}", broken.join("\n"));
}

#[test]
fn each_row_names_only_rows_above_it() {
    for (at, (module, allowed)) in ROWS.iter().enumerate() {
        for name in *allowed {
            let above = ROWS[..at].iter().any(|(other, _)| other == name);
            assert!(above, "`{module}` names `{name}`, which is not above it");
        }
    }
}

#[test]
fn each_outside_crate_has_its_owner() {
    let mut broken = Vec::new();
    for (module, path, text) in sources() {
        let code = code(&text);
        for (outside, owners) in OWNERS {
            let names_it =
                code.contains(&format!("use {outside}::")) || !named(&code, &format!("{outside}::")).is_empty();
            let own_module = format!("crate::{outside}::");
            if names_it && !owners.contains(&module.as_str()) && !code.contains(&own_module) && module != *outside {
                broken.push(format!("{}: {outside}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "named outside their owners:\n{}", broken.join("\n"));
}

#[test]
fn unsafe_code_is_only_in_listed_files() {
    for (_, path, text) in sources() {
        let has_unsafe = code(&text).contains("unsafe ");
        let path = path.to_str().unwrap();
        assert!(!has_unsafe || UNSAFE.contains(&path), "`unsafe` in {path}");
    }
}

#[test]
fn no_todo_is_left_in_the_sources() {
    for (_, path, text) in sources() {
        for word in ["TODO", "FIXME", "XXX", "todo!(", "unimplemented!("] {
            // The words that rules look for in other people's documents stand in quotes.
            let found = text.lines().any(|line| line.contains(word) && !line.contains('"'));
            assert!(!found, "{}: {word}", path.display());
        }
    }
}
