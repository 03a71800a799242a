//! The Python package: its extension has no unsafe code of its own and unwinds, and its metadata agree with Cargo's.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn table(path: &str) -> toml::Table {
    fs::read_to_string(root().join(path)).unwrap().parse().unwrap()
}

fn sources() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("crates/openness-python/src")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// The macros of PyO3 expand to unsafe code, which the lint does not see. What is written here must not need any.
#[test]
fn the_extension_has_no_unsafe_code_of_its_own() {
    assert!(sources().len() > 5);
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        assert!(!code.into_iter().any(|line| line.contains("unsafe")), "`unsafe` in {}", path.display());
    }
}

#[test]
fn a_panic_in_the_extension_unwinds() {
    let profile = &table("Cargo.toml")["profile"]["wheel"];
    assert_eq!((profile["inherits"].as_str(), profile["panic"].as_str()), (Some("release"), Some("unwind")));
    assert_eq!(table("pyproject.toml")["tool"]["maturin"]["profile"].as_str(), Some("wheel"));
}

#[test]
fn the_metadata_of_the_package_are_those_of_the_crate() {
    let (package, project) = (&table("Cargo.toml")["package"], &table("pyproject.toml")["project"]);
    for key in ["name", "description", "keywords"] {
        assert_eq!(package[key], project[key], "{key}");
    }
    let workspace = &table("Cargo.toml")["workspace"]["package"];
    assert_eq!(workspace["license"], project["license"]);
    let pinned = &table("packaging/pre-commit/pyproject.toml")["project"];
    assert_eq!(pinned["requires-python"], project["requires-python"]);
    assert_eq!(pinned["version"], workspace["version"]);
}

#[test]
fn every_module_and_stub_is_in_the_package() {
    let package = root().join("python/openness");
    for name in [
        "__init__.py",
        "_openness.pyi",
        "py.typed",
        "dask.py",
        "huggingface.py",
        "oms.py",
        "ray.py",
        "reader.py",
        "tasks.py",
    ] {
        assert!(package.join(name).is_file(), "{name}");
    }
}
