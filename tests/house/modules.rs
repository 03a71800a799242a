//! The table of modules: a module may name only the modules on its row, and an outside crate only where it is owned.
//!
//! Within one crate every module can reach every other; this table keeps the direction that `lib.rs` describes. A
//! change of the plan changes the table, and says why.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Module → the other modules that it may name.
const ROWS: &[(&str, &[&str])] = &[
    // Words that every module uses.
    ("error_text", &[]),
    // What may be shown of other people's text.
    ("shown", &[]),
    // For the names in commands of advice.
    ("quote", &[]),
    // For what a terminal obeys.
    ("json", &["shown"]),
    ("hex", &[]),
    ("nfc", &[]),
    // Read from JSON.
    ("path", &["shown", "json", "nfc"]),
    ("source", &[]),
    ("key_path", &[]),
    // Reads the data files that are part of the library.
    ("embedded", &[]),
    // Runs the same work on several threads, whatever the work is.
    ("threads", &[]),
    ("finding", &["source"]),
    // What findings propose, as edits of a text: any finding, so that both the reader of manifests and the rules can use it.
    ("fix", &["source", "finding"]),
    // Stages, in the order in which data flows.
    ("manifest", &["hex", "nfc", "source", "key_path", "finding", "fix", "path"]),
    ("taxonomy", &["embedded", "finding"]),
    ("license", &["hex", "embedded", "source", "finding", "manifest", "taxonomy"]),
    ("evaluate", &["source", "finding", "manifest", "taxonomy", "license"]),
    // What a change of facts changes: `manifest` makes it, `evaluate` says what follows. `finding` for what was meant.
    ("decide", &["source", "finding", "manifest", "taxonomy", "evaluate"]),
    ("import", &["nfc", "path", "source", "manifest", "taxonomy", "license", "evaluate"]),
    // Which files there are. Where they come from is not its business: whatever names it knows neither `git` nor `snapshot`.
    ("files", &["hex", "nfc", "path"]),
    // The one reader of files: beneath a root, without links, with a limit.
    ("beneath", &["files"]),
    ("git", &["quote", "path", "files", "beneath"]),
    // `json` for the indexes of weights.
    ("artifacts", &["json", "threads", "path", "source", "manifest", "files"]),
    // `artifacts` for which files could be loaded, none of which may hide in the directory of another system.
    ("snapshot", &["error_text", "threads", "path", "files", "beneath", "git", "artifacts"]),
    // The bases of a release, and the files that show what their licenses ask for. `json` for configurations that Python wrote.
    ("lineage", &["json", "path", "source", "manifest", "taxonomy", "license", "import", "files", "artifacts"]),
    (
        "rules",
        &[
            // Many files of a release may have to be opened.
            "threads",
            "quote",
            "source",
            "path",
            // For index files of weights and configurations.
            "json",
            "finding",
            "manifest",
            "taxonomy",
            "license",
            "evaluate",
            // For the front matter of model cards, which is read in one place.
            "import",
            "files",
            "artifacts",
            "lineage",
        ],
    ),
    ("check", &["path", "source", "finding", "fix", "manifest", "files", "artifacts", "rules"]),
    // Which findings are reported. `statement` and `verify` cannot name it, so settings change nothing that is signed.
    // `key_path` for the entries of a baseline.
    ("lints", &["json", "source", "key_path", "finding", "manifest", "rules"]),
    // The language service: text in, what an editor shows out. It knows no protocol.
    ("editor", &["path", "source", "finding", "manifest", "taxonomy", "license", "files", "rules", "check"]),
    // A draft is written by the importers' writer, and reads cards with their reader. Of Git only hints about names.
    (
        "init",
        &[
            // For configurations that Python wrote.
            "json",
            "path",
            "source",
            "manifest",
            "taxonomy",
            "license",
            "import",
            "files",
            "beneath",
            "git",
            "artifacts",
            "lineage",
        ],
    ),
    // The mirror of `import`, whose words for licenses it shares.
    ("export", &["path", "json", "manifest", "taxonomy", "license", "evaluate", "import"]),
    // Bytes in, bytes out: it does not know what is signed. (`source` for the lines of allowed_signers.)
    ("sign", &["hex", "source", "json"]),
    // Signatures of other tools over files: bytes in, and the verifier's keys. What the files are is for `verify`.
    ("oms", &["path", "json", "manifest", "artifacts", "sign"]),
    (
        "statement",
        &[
            "nfc",
            "path",
            "json",
            "finding",
            "manifest",
            "taxonomy",
            "license",
            "evaluate",
            "files",
            "artifacts",
            // For `Passed`, the only thing that a statement is made of.
            "check",
            "sign",
        ],
    ),
    ("diff", &["source", "path", "manifest", "taxonomy", "license", "evaluate", "lineage", "statement"]),
    // `beneath` for a directory that is filled without following links.
    ("atomic", &["path", "beneath"]),
    // What a user's earlier runs hashed. `statement` cannot name it, so nothing that is signed comes from it.
    ("digest_cache", &["path", "manifest", "files", "beneath", "artifacts", "atomic"]),
    ("release", &["threads", "path", "manifest", "files", "beneath", "sign", "statement"]),
    // What Git signs itself, verified by the same trust.
    ("tag", &["files", "git", "sign"]),
    // What a transparency log says about a signature: bytes in, and the verifier's keys.
    ("tlog", &["sign"]),
    // One user's decisions and history: lines for `sign`, models as statements name them.
    ("trust_store", &["source", "beneath", "atomic", "sign", "statement"]),
    // What a verifier requires beyond trust: facts in, unmet requirements out.
    (
        "policy",
        &[
            "path",
            "source",
            // For what a misspelled word meant, and the codes that may be waived.
            "finding",
            "rules",
            "manifest",
            "taxonomy",
            "license",
            "evaluate",
            // For the content of files whose names do not tell whether they run code.
            "files",
            "artifacts",
            // For the bases, and what their licenses ask for.
            "lineage",
            "sign",
            "tag",
            "statement",
        ],
    ),
    (
        "verify",
        &[
            "error_text",
            "threads",
            "quote",
            "path",
            "json",
            "finding",
            "manifest",
            "evaluate",
            "files",
            "artifacts",
            "rules",
            "sign",
            "oms",
            "statement",
            // For the directory that an export is made in, and the files in it.
            "atomic",
            "beneath",
            "release",
            "tag",
            "tlog",
            "trust_store",
            // If the verifier asks for it.
            "digest_cache",
            "policy",
        ],
    ),
    // Files over a network, through a crate of its own. `release` for the names that signatures have, which a web server does
    // not list.
    ("remote", &["path", "manifest", "files", "release"]),
    // The releases that a release comes from: their signatures are checked as those of any release.
    (
        "ancestry",
        &["path", "source", "manifest", "files", "artifacts", "sign", "statement", "policy", "release", "verify"],
    ),
    // One row for each of many releases: `check` and `verify` as the commands of these names run them.
    (
        "audit",
        &[
            "error_text",
            "path",
            "source",
            "finding",
            "manifest",
            "taxonomy",
            "license",
            "evaluate",
            "files",
            "git",
            // For the digest of the settings.
            "artifacts",
            "hex",
            "snapshot",
            "check",
            "sign",
            "oms",
            "tag",
            "policy",
            "verify",
            "ancestry",
            "remote",
        ],
    ),
    // What Git's hooks check, and their scripts; `verify` for which reports let a tag pass.
    ("hook", &["path", "files", "beneath", "git", "manifest", "atomic", "verify"]),
    (
        "report",
        &[
            "shown",
            // For commands in advice.
            "quote",
            "json",
            "path",
            "source",
            // For fingerprints.
            "key_path",
            "finding",
            "manifest",
            // For what people call the taxonomies.
            "taxonomy",
            "license",
            "evaluate",
            "decide",
            "sign",
            // For who signed without a lasting key.
            "oms",
            "statement",
            "tag",
            "tlog",
            "lineage",
            "diff",
            "verify",
            "ancestry",
            // For the findings that SARIF lists as suppressed.
            "lints",
            // For the digests of rows.
            "hex",
            "rules",
            "audit",
        ],
    ),
];

/// File of the shell → the other files of the shell that it may name, besides `cli.rs` and its own folder. What is not on a
/// row is used by commands and names none of them.
const SHELL: &[(&str, &[&str])] = &[
    ("time", &["environment"]),
    ("created", &["environment", "time"]),
    ("source_args", &["environment"]),
    ("schema", &["output_args"]),
    // For the schemas, whose words it explains.
    ("explain", &["output_args", "values", "schema"]),
    ("waive", &["values"]),
    ("dirs", &["environment"]),
    ("inputs", &["environment"]),
    ("terminal", &["environment", "inputs"]),
    ("cache", &["dirs"]),
    ("import", &["output_args", "inputs"]),
    ("init", &["environment", "source_args", "inputs", "terminal"]),
    ("key", &["environment", "dirs", "inputs", "terminal"]),
    ("levels", &["environment", "values", "source_args", "inputs"]),
    ("lsp", &["source_args", "levels"]),
    ("logs", &["inputs"]),
    ("manifest", &["source_args", "inputs"]),
    ("oms", &["inputs"]),
    ("progress", &["terminal"]),
    ("signer", &["environment", "inputs", "terminal"]),
    ("trusted", &["environment", "inputs", "terminal"]),
    ("check", &["inputs", "levels", "source_args", "output_args", "manifest"]),
    ("diff", &["output_args", "environment", "source_args", "inputs", "manifest"]),
    ("evidence", &["source_args", "logs"]),
    ("hashing", &["progress"]),
    ("licenses", &["output_args", "source_args", "manifest"]),
    ("report", &["output_args", "source_args", "manifest", "values"]),
    ("show", &["output_args", "source_args", "manifest", "values"]),
    ("path", &["output_args", "source_args", "manifest", "values"]),
    ("weigh", &["output_args", "source_args", "manifest"]),
    ("what_if", &["output_args", "source_args", "manifest"]),
    ("hash", &["output_args", "source_args", "manifest", "hashing"]),
    ("hook", &["environment", "source_args", "dirs", "inputs", "levels", "manifest", "trusted", "hashing"]),
    (
        "sign",
        &[
            "environment",
            "source_args",
            "waive",
            "created",
            "inputs",
            "cache",
            "logs",
            "manifest",
            "progress",
            "signer",
            "hashing",
        ],
    ),
    (
        "verify",
        &[
            "output_args",
            "source_args",
            "dirs",
            "inputs",
            "terminal",
            "cache",
            "oms",
            "progress",
            "trusted",
            "evidence",
            "hashing",
            "time",
        ],
    ),
    ("audit", &["environment", "source_args", "dirs", "inputs", "hashing", "time"]),
    ("statement", &["source_args", "waive", "created", "sign"]),
    ("export", &["output_args", "source_args", "created", "manifest", "hashing", "statement"]),
];

/// Outside crate → the only modules that may name it.
const OWNERS: &[(&str, &[&str])] = &[
    ("git2", &["git"]),
    ("openness_audit", &["audit"]),
    ("openness_remote", &["remote"]),
    ("toml", &["embedded", "manifest", "taxonomy", "license", "policy", "lints"]),
    ("toml_parser", &["manifest", "fix", "editor"]),
    ("openness_sha256", &["artifacts"]),
    ("sha2", &["artifacts", "license", "sign", "taxonomy", "tlog"]),
    // Revocation lists may name keys by SHA-1, and the Hub names small files by their Git blob ids.
    ("sha1", &["sign", "artifacts"]),
    ("ed25519_dalek", &["sign"]),
    ("ssh_key", &["sign"]),
    ("pkcs8", &["sign"]),
    ("ml_dsa", &["sign"]),
    ("sec1", &["sign"]),
    ("p256", &["sign"]),
    ("p384", &["sign"]),
    ("p521", &["sign"]),
    ("rsa", &["sign"]),
    ("x509_cert", &["sign"]),
    ("openness_keyless", &["sign"]),
    ("spdx", &["license", "taxonomy"]),
    ("serde_saphyr", &["import"]),
    ("roxmltree", &["lineage"]),
    ("maud", &["report"]),
    ("miette", &["report"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("indicatif", &["cli"]),
    ("lsp_server", &["cli"]),
    ("rpassword", &["cli"]),
    ("similar", &["cli"]),
    ("signal_hook", &["cli"]),
];

/// The only files that may contain `unsafe`, each with its justification next to it.
const UNSAFE: &[&str] = &[
    "src/git/libgit2.rs",
    "crates/openness-keyless-wasm/src/interface.rs",
    "crates/openness-sha256/src/lib.rs",
    "crates/openness-wasm/src/interface.rs",
];

/// The module, the path in the directory and the text of each source of the root crate.
pub(crate) fn sources() -> Vec<(String, PathBuf, String)> {
    let found = sources_of("src");
    assert!(found.len() > 30, "these are not all sources");
    found
}

fn sources_of(directory: &str) -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
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
    found
}

/// The code of a file without its tests and comments.
pub(crate) fn code(text: &str) -> String {
    let test = text.find("#[cfg(test)]").or_else(|| text.find("#[cfg(all(test"));
    let shipped = &text[..test.unwrap_or(text.len())];
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
            // `rustfmt` leaves one level for modules of the crate.
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
        assert!(!code(&text).contains("crate::cli"), "{}: nothing may name the shell", path.display());
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

/// The first component of a file's path below `cli`, if it is there.
fn shell_file(path: &Path) -> Option<String> {
    let rest = path.strip_prefix("cli").ok()?;
    let first = rest.components().next()?.as_os_str().to_str()?;
    Some(first.trim_end_matches(".rs").to_owned())
}

#[test]
fn each_file_of_the_shell_names_only_files_on_its_row() {
    let all: BTreeSet<String> = sources().iter().filter_map(|(_, path, _)| shell_file(path)).collect();
    let mut broken = Vec::new();
    for (_, path, text) in sources() {
        let Some(file) = shell_file(&path) else { continue };
        let allowed = SHELL.iter().find(|(name, _)| *name == file).map_or(&[][..], |(_, allowed)| *allowed);
        let code = code(&text);
        let mut names = named(&code, "crate::cli::");
        let above = "super::".repeat(path.components().count() - 1);
        names.extend(named(&code, &above).into_iter().filter(|name| *name != "super"));
        let others = names.iter().filter(|name| all.contains(*name) && **name != file);
        broken.extend(
            others.filter(|name| !allowed.contains(&name.as_str())).map(|name| format!("{}: {name}", path.display())),
        );
    }
    assert!(broken.is_empty(), "against the direction:\n{}", broken.join("\n"));
    for (at, (file, allowed)) in SHELL.iter().enumerate() {
        assert!(all.contains(*file), "there is no `cli/{file}.rs`");
        for name in *allowed {
            let has_row = SHELL.iter().any(|(other, _)| other == name);
            let is_above = SHELL[..at].iter().any(|(other, _)| other == name);
            assert!(is_above || !has_row, "`{file}` names `{name}`, which is not above it");
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
    let crates = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("crates")).unwrap();
    let crates = crates.map(|entry| format!("crates/{}/src", entry.unwrap().file_name().display()));
    for directory in crates.chain(["src".to_owned()]) {
        for (_, path, text) in sources_of(&directory) {
            let path = format!("{directory}/{}", path.display());
            assert!(!code(&text).contains("unsafe ") || UNSAFE.contains(&&*path), "`unsafe` in {path}");
        }
    }
}

#[test]
fn no_todo_is_left_in_the_sources() {
    for (_, path, text) in sources() {
        for word in ["TODO", "FIXME", "XXX", "todo!(", "unimplemented!("] {
            // Words that rules look for in documents are in quotes.
            let found = text.lines().any(|line| line.contains(word) && !line.contains('"'));
            assert!(!found, "{}: {word}", path.display());
        }
    }
}
