//! The dependencies of the released programs, checked against `deny.toml`: licenses, one version of each crate, known
//! sources, and no features that change what a signature means.
//!
//! `cargo deny check` also looks at advisories and other targets, and is run where it is installed; this test needs
//! only cargo and the fetched packages, takes a second, and so is part of every run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Crates that run code of their own while they are built. Each has been looked at: they ask the compiler what it can do,
/// write tables, or, `libgit2-sys`, `libz-sys` and `zstd-sys`, compile C that is in their packages. (The former would ask Git for that C
/// where the package lacked it.) `packaging/reproduce` builds without a network.
const BUILD_SCRIPTS: &[&str] = &[
    "ahash",
    "crossbeam-utils",
    "curve25519-dalek",
    "encoding_rs",
    "generic-array",
    "getrandom",
    "httparse",
    "icu_locale_fallback_data",
    "icu_normalizer_data",
    "icu_properties_data",
    "icu_segmenter_data",
    "libc",
    "libgit2-sys",
    "libm",
    "libz-sys",
    "num-traits",
    "parking_lot_core",
    "portable-atomic",
    "proc-macro2",
    "proc-macro2-diagnostics",
    "quote",
    "ring",
    "rustix",
    "rustls",
    "rustversion",
    "serde",
    "serde_core",
    "serde_json",
    "signal-hook",
    "snap",
    "thiserror",
    "zerocopy",
    "zmij",
    "zstd-safe",
    "zstd-sys",
];

/// Feature → why it must be off.
const FORBIDDEN_FEATURES: &[(&str, &str, &str)] = &[
    ("ed25519-dalek", "legacy_compatibility", "it accepts signatures with S beyond the order"),
    ("ed25519-dalek", "hazmat", "it lends out the halves of secret keys"),
    ("ed25519-dalek", "batch", "batch verification accepts other signatures than single"),
    ("sigstore-crypto", "aws-lc-rs", "its primitives are the root's"),
    ("sigstore-trust-root", "tuf", "trusted roots are the verifier's, and nothing is fetched"),
    ("sigstore-tsa", "client", "nothing here uses the network"),
    ("sigstore-rekor", "client", "nothing here uses the network"),
    ("rustls-webpki", "ring", "its primitives are the root's"),
    ("rustls-webpki", "aws-lc-rs", "its primitives are the root's"),
    ("git2", "https", "nothing here uses the network"),
    ("git2", "ssh", "nothing here uses the network"),
    ("jiff", "tzdb-bundle-always", "times are the system's, as ssh-keygen reads them"),
    ("ssh-key", "rsa", "keys of other types are refused"),
    ("ssh-key", "p256", "keys of other types are refused"),
    ("serde_json", "arbitrary_precision", "numbers would be compared as text"),
    ("serde_json", "unbounded_depth", "nesting would have no limit"),
];

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .args(["--locked", "--offline"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What is linked into the released programs, or runs at build time: name and version, licence, features.
fn dependencies() -> Vec<(String, String, Vec<String>)> {
    dependencies_with("remote")
}

/// The same with these features besides the default ones.
fn dependencies_with(features: &str) -> Vec<(String, String, Vec<String>)> {
    let tree = cargo(&[
        "tree",
        "--package=openness",
        &format!("--features={features}"),
        "--edges=normal,build",
        "--prefix=none",
        "--no-dedupe",
        "--format={p}|{l}|{f}",
    ]);
    let lines: BTreeSet<&str> = tree.lines().collect();
    let fields = lines.into_iter().map(|line| line.split('|').collect::<Vec<_>>());
    let dependencies: Vec<_> = fields
        .map(|fields| {
            let name = fields[0].split(' ').take(2).collect::<Vec<_>>().join(" ");
            (name, fields[1].to_owned(), fields[2].split(',').map(str::to_owned).collect())
        })
        .collect();
    assert!(dependencies.len() > 100, "that is not the tree");
    dependencies
}

fn deny() -> toml::Table {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml")).unwrap().parse().unwrap()
}

#[test]
fn every_dependency_has_an_allowed_license() {
    let deny = deny();
    let allowed: BTreeSet<&str> =
        deny["licenses"]["allow"].as_array().unwrap().iter().map(|licence| licence.as_str().unwrap()).collect();
    let mut used = BTreeSet::new();
    for (name, written, _) in dependencies() {
        // `/` is how crates wrote `OR` before SPDX.
        let expression = spdx::Expression::parse(&written.replace('/', " OR ")).unwrap();
        let is_fine = expression.evaluate(|requirement| {
            let is_allowed = allowed.contains(requirement.to_string().as_str());
            if is_allowed {
                used.insert(requirement.to_string());
            }
            is_allowed
        });
        assert!(is_fine, "{name}: {written}");
    }
    assert!(used.len() > 3, "{used:?}");
}

#[test]
fn each_crate_has_one_version_and_is_allowed() {
    let deny = deny();
    let name_of = |entry: &toml::Value| entry["crate"].as_str().unwrap().split('@').next().unwrap().to_owned();
    let names = |key: &str| deny["bans"][key].as_array().unwrap().iter().map(name_of).collect::<BTreeSet<_>>();
    let (forbidden, skipped) = (names("deny"), names("skip"));
    // What deny.toml lets a few crates use, which remote sources need.
    let entries = deny["bans"]["deny"].as_array().unwrap();
    let transport: BTreeSet<String> =
        entries.iter().filter(|entry| entry.get("wrappers").is_some()).map(name_of).collect();
    let names_with = |features: &str| -> BTreeSet<String> {
        dependencies_with(features).into_iter().map(|(name, ..)| name.split(' ').next().unwrap().to_owned()).collect()
    };
    assert!(names_with("").is_disjoint(&forbidden), "without remote sources, nothing that is forbidden");
    assert!(transport.is_subset(&names_with("remote")), "remote sources need {transport:?}");
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, ..) in dependencies() {
        let (name, version) = name.split_once(' ').unwrap();
        assert!(!forbidden.contains(name) || transport.contains(name), "{name} is forbidden by deny.toml");
        versions.entry(name.to_owned()).or_default().insert(version.to_owned());
    }
    for (name, versions) in versions {
        assert!(versions.len() == 1 || skipped.contains(&name), "{name}: {versions:?}");
    }
}

#[test]
fn no_feature_changes_what_signatures_are_accepted() {
    // The features of remote sources are those of their transport, which decides about no signature.
    let dependencies = dependencies_with("");
    for (name, feature, why) in FORBIDDEN_FEATURES {
        let found = dependencies.iter().filter(|(found, ..)| found.split(' ').next() == Some(*name));
        let mut count = 0;
        for (found, _, features) in found {
            assert!(!features.iter().any(|on| on == feature), "{found} has `{feature}`: {why}");
            count += 1;
        }
        assert!(count > 0, "{name} is no dependency any more");
    }
}

#[test]
fn every_dependency_is_from_the_registry_with_a_digest() {
    let lock: toml::Table =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap().parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    assert!(packages.len() > 100);
    for package in packages {
        let name = package["name"].as_str().unwrap();
        match package.get("source").and_then(toml::Value::as_str) {
            None => assert!(name == "openness" || name.starts_with("openness-"), "{name}"),
            Some(source) => {
                assert!(source.starts_with("registry+"), "{name} comes from {source}");
                assert_eq!(package["checksum"].as_str().map(str::len), Some(64), "{name}");
            }
        }
    }
}

#[test]
fn only_reviewed_crates_have_build_scripts() {
    let metadata: serde_json::Value = serde_json::from_str(&cargo(&[
        "metadata",
        "--format-version=1",
        "--features=remote",
        "--filter-platform=x86_64-unknown-linux-gnu",
    ]))
    .unwrap();
    let linked: BTreeSet<String> =
        dependencies().into_iter().map(|(name, ..)| name.split(' ').next().unwrap().to_owned()).collect();
    let has_script = |package: &&serde_json::Value| {
        package["targets"].as_array().unwrap().iter().any(|target| target["kind"][0] == "custom-build")
    };
    let scripts: BTreeSet<&str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(has_script)
        .map(|package| package["name"].as_str().unwrap())
        .filter(|name| linked.contains(*name))
        .collect();
    let unknown: Vec<_> = scripts.iter().filter(|name| !BUILD_SCRIPTS.contains(name)).collect();
    assert!(unknown.is_empty(), "look at the build scripts of {unknown:?}, then name them here");
    assert!(scripts.len() > 5, "{scripts:?}");
}
