//! Exports, read by the reference readers of their formats where these are installed.
//!
//! `OPENNESS_PYTHON` names a Python with the packages `cyclonedx-python-lib[json-validation]` and `spdx-python-model`;
//! default `python3`.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::common::env::TestEnv;
use crate::common::tools::python_with;
use openness::export::{File, Format, Release, export};
use openness::import;
use openness::manifest::parse::parse;
use openness::manifest::{Manifest, Sha256Hex};
use openness::source::Source;
use serde_json::Value;

const TINY: &str = include_str!("../../examples/tiny-lm/OPENNESS.toml");

/// Every kind of thing that an export has to find a place for.
const AWKWARD: &str = r#"schema = 1
[model]
name = "A \"b\" <c> ü/é"
version = "unknown"
producer = "L#b %20"
license = "LicenseRef-Own"
license-name = "Own terms, 1st ed."
license-file = "terms of use.txt"
repository = "https://example.org/a?b=c&d=[e]#f"
architecture = "x"
type = "y"
base = [{ name = "b/ase", url = "https://example.org/b", relation = "distilled", license = "MIT", digest = "0000000000000000000000000000000000000000000000000000000000000000" }]
[licenses.documentation]
license = "NONE"
[release]
access = "downloadable"
[component.final-weights]
openness = "open"
license = "MIT OR (Apache-2.0 WITH LLVM-exception AND LicenseRef-Own)"
files = ["w *.bin"]
remote = [{ url = "https://example.org/w[1]", sha256 = "1111111111111111111111111111111111111111111111111111111111111111" }]
[component.training-data]
openness = "partial"
reason = "some of it"
data-class = "unshareable"
license-name = "many"
documentation = ["docs/data card.md", "docs/data card.md"]
[component.evaluation-data]
openness = "open"
license = "OpenMDW-1.0"
[component.model-card]
openness = "open"
files = ["README.md"]
[component.api]
openness = "open"
license-url = "https://example.org/terms"
[component.x-own]
openness = "open"
files = ["README.md"]
[component.training-code]
openness = "closed"
reason = "no"
"#;

fn manifest(text: &str) -> Manifest {
    let parsed = parse(Source::new("OPENNESS.toml", text));
    assert!(parsed.is_sound(), "{:#?}", parsed.findings);
    parsed.manifest
}

fn exported(format: Format, text: &str) -> String {
    let sha256: Sha256Hex = "2222222222222222222222222222222222222222222222222222222222222222".parse().unwrap();
    let file = |path: &str, components| File { path: path.parse().unwrap(), sha256, components };
    let files = match text == AWKWARD {
        true => vec![file("README.md", vec![3, 5]), file("w [1] ü.bin", vec![0])],
        false => Vec::new(),
    };
    let created = "2026-11-22T00:00:00.5Z".parse().unwrap();
    export(format, &Release { manifest: &manifest(text), files: &files, created }).unwrap()
}

/// What a format carries comes back: an export of an import of an export is the export.
#[test]
fn export_import_export_is_stable() {
    let bare = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n";
    for text in [TINY, AWKWARD, bare] {
        for (to, from) in [(Format::Mot, import::Format::Mot), (Format::Card, import::Format::Card)] {
            let once = exported(to, text);
            let back = import::import(from, &once).unwrap();
            let created = jiff::Timestamp::UNIX_EPOCH;
            let again = export(to, &Release { manifest: &manifest(&back), files: &[], created }).unwrap();
            // Comments say what the format cannot carry.
            let said = |text: &str| -> Vec<String> {
                text.lines().filter(|line| !line.trim_start().starts_with('#')).map(str::to_owned).collect()
            };
            assert_eq!(said(&again), said(&once), "{back}");
        }
    }
}

/// Runs a program of Python over documents; `None` where its packages are not installed.
fn oracle(package: &str, program: &str, documents: &[&Path]) -> Option<Output> {
    let python = python_with(package)?;
    Some(TestEnv::new().command(python).args(["-c", program]).args(documents).output().unwrap())
}

/// Asks an oracle of every manifest, and of the first once more after it was spoilt.
fn oracle_accepts(format: Format, package: &str, program: &str, spoil: impl Fn(&mut Value)) {
    let env = TestEnv::new();
    let bare = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n";
    for (name, text) in [("tiny", TINY), ("awkward", AWKWARD), ("bare", bare)] {
        let document = exported(format, text);
        let path = env.path(name);
        fs::write(&path, &document).unwrap();
        let Some(output) = oracle(package, program, &[&path]) else { return };
        assert!(output.status.success(), "{name}: {}{document}", String::from_utf8_lossy(&output.stderr));
    }
    let mut spoilt: Value = serde_json::from_str(&exported(format, TINY)).unwrap();
    spoil(&mut spoilt);
    fs::write(env.path("spoilt"), spoilt.to_string()).unwrap();
    let output = oracle(package, program, &[&env.path("spoilt")]).unwrap();
    assert!(!output.status.success(), "the oracle lets anything pass");
}

#[test]
fn cyclonedx_is_valid_by_its_strict_schema() {
    let program = "import sys
from cyclonedx.validation.json import JsonStrictValidator
from cyclonedx.schema import SchemaVersion
for path in sys.argv[1:]:
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(path, encoding='utf-8').read())
    if error: sys.exit(str(error)[:2000])
";
    let spoil = |bom: &mut Value| bom["components"][0]["type"] = "idea".into();
    oracle_accepts(Format::CycloneDx, "cyclonedx.validation.json", program, spoil);
}

#[test]
fn spdx_is_read_by_spdx_python_model() {
    let program = "import io, sys
from spdx_python_model.bindings import v3_0_1 as model
for path in sys.argv[1:]:
    objects = model.SHACLObjectSet()
    model.JSONLDDeserializer().read(open(path, 'rb'), objects)
    model.JSONLDSerializer().write(objects, io.BytesIO())
    objects.create_index()
    if objects.link(): sys.exit('unresolved: %s' % list(objects.link()))
";
    let spoil = |document: &mut Value| {
        let graph = document["@graph"].as_array_mut().unwrap();
        let data = graph.iter_mut().find(|element| element["type"] == "dataset_DatasetPackage").unwrap();
        data.as_object_mut().unwrap().remove("dataset_datasetType");
    };
    oracle_accepts(Format::Spdx, "spdx_python_model.bindings.v3_0_1", program, spoil);
}

#[test]
fn spdx_claims_the_ai_profile_only_if_complete() {
    let conformance = |text: &str| {
        let document: Value = serde_json::from_str(&exported(Format::Spdx, text)).unwrap();
        let graph = document["@graph"].as_array().unwrap().clone();
        let of = |kind: &str| graph.iter().find(|element| element["type"] == kind).unwrap().clone();
        let claims = of("SpdxDocument")["profileConformance"].as_array().unwrap().contains(&"ai".into());
        let package = of("ai_AIPackage");
        let demanded = ["suppliedBy", "software_downloadLocation", "software_packageVersion", "releaseTime"];
        assert_eq!(claims, demanded.iter().all(|key| package.get(key).is_some()));
        claims
    };
    assert!(conformance(TINY));
    assert!(!conformance(AWKWARD));
}

#[test]
fn every_reference_in_an_export_resolves() {
    for text in [TINY, AWKWARD] {
        let bom: Value = serde_json::from_str(&exported(Format::CycloneDx, text)).unwrap();
        let refs: Vec<&Value> = bom["components"].as_array().unwrap().iter().map(|part| &part["bom-ref"]).collect();
        let data = bom["metadata"]["component"]["modelCard"]["modelParameters"]["datasets"].as_array().unwrap();
        assert!(data.iter().all(|data| refs.contains(&&data["ref"])));
        assert!(bom["dependencies"][0]["dependsOn"].as_array().unwrap().iter().all(|part| refs.contains(&part)));
        assert!(!refs.contains(&&Value::from("training-code")) || text == TINY);
    }
}

fn openness(env: &TestEnv, arguments: &[&str]) -> Output {
    env.program().current_dir(env.path("")).args(arguments).output().unwrap()
}

#[test]
fn the_exported_statement_is_the_signed_one() {
    let env = TestEnv::new();
    let repo = env.init("lm", &[]).unwrap();
    let text = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\nlicense = \"MIT\"\n[release]\naccess = \"downloadable\"\n[component.final-weights]\nopenness = \"open\"\nfiles = [\"w.safetensors\"]\n";
    repo.write("OPENNESS.toml", text).write("w.safetensors", "w").commit_all();
    let exported = openness(&env, &["export", "statement", "lm"]);
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    assert!(openness(&env, &["key", "generate", "--output", "key", "--no-passphrase"]).status.success());
    assert!(openness(&env, &["sign", "lm", "--key", "key"]).status.success());
    assert_eq!(fs::read(env.path("lm/.openness/statement.json")).unwrap(), exported.stdout);
    repo.write("OPENNESS.toml", text.replace("w.safe", "v.safe")).commit_all();
    assert_eq!(openness(&env, &["export", "statement", "lm"]).status.code(), Some(1));
}

#[test]
fn exports_hold_the_digests_of_the_files() {
    let env = TestEnv::new();
    let repo = env.init("lm", &[]).unwrap();
    let text = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n[component.final-weights]\nopenness = \"open\"\nfiles = [\"w.safetensors\"]\n";
    repo.write("OPENNESS.toml", text).write("w.safetensors", "abc").write("other", "x").commit_all();
    // FIPS 180-2, the digest of `abc`.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    for format in ["cyclonedx", "spdx"] {
        let output = openness(&env, &["export", format, "lm", "--rev", "HEAD"]);
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        assert_eq!(text.matches(abc).count(), 1, "{text}");
        assert!(text.contains("2026-11-22T00:00:00Z"), "the commit's time");
        assert_eq!(openness(&env, &["export", format, "lm", "--rev", "HEAD"]).stdout, output.stdout);
    }
    for format in ["mot", "card"] {
        assert!(openness(&env, &["export", format, "lm"]).status.success());
    }
}
