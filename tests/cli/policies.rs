//! Policies: what a verifier asks for beyond that a release verifies.

use std::fs;
use std::path::{Path, PathBuf};

use openness::policy::Policy;
use openness::source::Source;
use serde_json::Value;

use super::bench::{Bench, MANIFEST, Ran, copy_tree, reasons};

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn examples() -> Vec<(String, String)> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(root("examples/policies")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 3);
    files.iter().map(|file| (file.display().to_string(), fs::read_to_string(file).unwrap())).collect()
}

fn schema_accepts(text: &str) -> bool {
    let schema: Value = serde_json::from_slice(&fs::read(root("schemas/policy.schema.json")).unwrap()).unwrap();
    let instance = serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap().is_valid(&instance)
}

fn read(text: &str) -> Result<Policy, String> {
    Policy::read(&Source::new("policy.toml", text)).map_err(|error| error.to_string())
}

/// The example release, signed by `key` and, for two, by `second`; `allowed` names both.
fn tiny_lm(bench: &Bench, change: impl Fn(String) -> String, signers: &[&str]) {
    copy_tree(&root("examples/tiny-lm"), &bench.path("tiny"));
    let _ = fs::remove_dir_all(bench.path("tiny/.openness"));
    let manifest = fs::read_to_string(bench.path("tiny/OPENNESS.toml")).unwrap();
    bench.write("tiny/OPENNESS.toml", change(manifest));
    bench.openness(["statement", "tiny", "--created", "2026-11-22T00:00:00Z", "--output", "s.json"]).expect(0);
    let mut allowed = String::new();
    for (at, key) in signers.iter().enumerate() {
        if !bench.path(key).exists() {
            bench.openness(["key", "generate", "--no-passphrase", "--output", key]).expect(0);
        }
        let who = ["release@example.org", "security@example.org"][at];
        allowed.push_str(&format!("{who} {}", fs::read_to_string(bench.path(&format!("{key}.pub"))).unwrap()));
        bench.openness(["sign", "tiny", "--statement", "s.json", "--key", key]).expect(0);
    }
    bench.write("allowed", allowed);
}

fn verify(bench: &Bench, directory: &str, policy: &str, at: &str) -> Ran {
    let arguments = ["verify", directory, "--allowed-signers", "allowed", "--verify-time", at, "--format", "json"];
    let mut command = bench.command(env!("CARGO_BIN_EXE_openness"));
    command.args(arguments).arg("--policy").arg(policy).output().unwrap().into()
}

fn unmet(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    report["policy"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

fn example(name: &str) -> String {
    root(&format!("examples/policies/{name}.toml")).display().to_string()
}

#[test]
fn the_example_policies_are_read_and_match_the_schema() {
    for (name, text) in examples() {
        assert!(schema_accepts(&text), "{name}");
        read(&text).unwrap();
    }
}

#[test]
fn what_is_misspelled_or_senseless_is_refused_by_reader_and_schema_alike() {
    for (text, expected, by_schema) in [
        ("", "missing field `policy`", true),
        ("policy = 2", "`policy` is 2", true),
        ("policy = 1\nsigner = 1", "unknown field `signer`", true),
        ("policy = 1\n[signers]\nrequired = 2", "line 3, column 1: unknown field `required`", true),
        ("policy = 1\n[signers]\nrequire = 0", "is 0", true),
        ("policy = 1\n[signers]\nof = []", "nobody can meet", true),
        ("policy = 1\n[signers]\nrequire = 2\nof = [\"a\"]", "nobody can meet", false),
        ("policy = 1\n[signers]\nrequire = 2\nof = [\"a\", \"a\"]", "nobody can meet", true),
        ("policy = 1\n[verdicts]\n\"mof-2.0\" = \"class-1\"", "unknown taxonomy `mof-2.0`", false),
        ("policy = 1\n[verdicts]\n\"mof-1.0\" = \"class-0\"", "gives one of", false),
        ("policy = 1\n[verdicts]\n\"mof-1.0\" = 1", "gives one of", false),
        ("policy = 1\n[verdicts]\n\"mof-1.0\" = [\"class-1\"]", "line 3", true),
        ("policy = 1\n[verdicts]\n\"osai-index\" = 50", "from 0 to 1", true),
        ("policy = 1\n[verdicts]\n\"osai-index\" = \"open\"", "from 0 to 1", false),
        ("policy = 1\n[files]\nforbid = [\"../x\"]", "line 3", false),
        ("policy = 1\n[files]\nforbid = \"*.pkl\"", "line 3", true),
        ("policy = 1\n[statement]\nmaximum-age-days = -1", "line 3", true),
        ("policy = 1\n[statement]\nrequire-expires = \"yes\"", "line 3", true),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
        assert!(!by_schema || !schema_accepts(text), "{text}: the schema takes it");
    }
    // No TOML at all, and a key twice.
    for text in ["policy", "policy = 1\npolicy = 1", "policy = 1\n[files]\n[files]"] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn the_example_release_meets_the_hub_and_the_archive() {
    let bench = Bench::new();
    tiny_lm(&bench, |manifest| manifest, &["key"]);
    for name in ["community-hub", "research-archive"] {
        let ran = verify(&bench, "tiny", &example(name), "20261201Z").expect(0);
        assert_eq!(unmet(&ran), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn an_intake_asks_for_two_people_and_for_somebody_who_looks_after_it() {
    let intake = example("company-intake");
    let bench = Bench::new();
    tiny_lm(&bench, |manifest| manifest, &["key"]);
    let ran = verify(&bench, "tiny", &intake, "20261201Z").expect(1);
    assert_eq!(reasons(&ran), ["policy"]);
    let lines = unmet(&ran);
    assert!(
        lines.len() == 2 && lines[0].starts_with("1 of the 2 signers") && lines[1].contains("until when"),
        "{lines:?}"
    );

    let bench = Bench::new();
    let expiring = |manifest: String| manifest.replace("[release]\n", "[release]\nexpires = 2028-12-31\n");
    tiny_lm(&bench, expiring, &["key", "second"]);
    verify(&bench, "tiny", &intake, "20261201Z").expect(0);
    let ran = verify(&bench, "tiny", &intake, "20280101Z").expect(1);
    assert!(unmet(&ran)[0].contains("more than 400 days ago"), "{ran:#?}");
    let ran = verify(&bench, "tiny", &intake, "20261101Z").expect(1);
    assert!(unmet(&ran)[0].contains("yet to come"), "{ran:#?}");
    // The same person with two names is one signer.
    let key = fs::read_to_string(bench.path("key.pub")).unwrap();
    bench.write("allowed", format!("release@example.org,security@example.org {key}"));
    let ran = verify(&bench, "tiny", &intake, "20261201Z").expect(1);
    assert!(unmet(&ran)[0].starts_with("1 of the 2 signers"), "{ran:#?}");
}

#[test]
fn each_line_that_is_not_met_is_named() {
    let bench = Bench::release();
    bench.write("lm/weights/c.safetensors", "c");
    bench.write("lm/model.pkl", "cos\nsystem\n");
    bench.write("lm/assets/logo.png", "png");
    let manifest = format!("{MANIFEST}\n[coverage]\nexclude = [\"assets/**\"]\n\n[claims]\nmof = \"class-1\"\n");
    bench.write("lm/OPENNESS.toml", manifest);
    bench.commit("lm");
    let codes = ["OPN202", "OPN306", "OPN302", "OPN303", "OPN304", "OPN305", "OPN308", "OPN309"];
    let mut sign = bench.command(env!("CARGO_BIN_EXE_openness"));
    let signed: Ran = sign.args(["sign", "lm", "--key", "key", "--despite"]).args(codes).output().unwrap().into();
    signed.expect(0);
    bench.write("allowed", format!("a@example.org {}", fs::read_to_string(bench.path("key.pub")).unwrap()));
    for (lines, expected) in [
        ("[signers]\nrequire = 1\n", ""),
        ("[signers]\nrequire = 2\n", "1 of the 2 signers"),
        ("[signers]\nof = [\"a@example.org\"]\n", ""),
        ("[signers]\nof = [\"b@example.org\"]\n", "0 of the 1 signers"),
        ("[verdicts]\n\"mof-1.0\" = \"class-1\"\n", "`mof-1.0` yields"),
        ("[verdicts]\n\"osai-index\" = 0.99\n", "`osai-index` yields"),
        ("[verdicts]\n\"osai-index\" = 0\n", ""),
        ("[files]\nforbid = [\"**/*.pkl\"]\n", "files match `**/*.pkl`: `model.pkl`"),
        ("[files]\nforbid = [\"*.gguf\"]\n", ""),
        ("[files]\nforbid-code-on-load = true\n", "run code when they are loaded: `model.pkl`"),
        ("[files]\nforbid-code-on-load = true\nallow-code-on-load = [\"*.pkl\"]\n", ""),
        ("[components]\nrequire = [\"final-weights\", \"model-card\"]\n", ""),
        ("[components]\nrequire = [\"training-data\"]\n", "`training-data` is closed"),
        ("[components]\nrequire-open = [\"training-code\"]\n", "`training-code` is not declared"),
        ("[coverage]\nforbid-exclude = [\"**/*.safetensors\"]\n", ""),
        ("[coverage]\nforbid-exclude = [\"assets/**\"]\n", "not signed: `assets/logo.png`"),
        ("[statement]\nallow-despite = []\n", "in spite of findings: `OPN202`"),
        ("[statement]\nallow-despite = [\"opn202\"]\n", ""),
        ("[statement]\nminimum-sequence = 3\n", ""),
        ("[statement]\nminimum-sequence = 4\n", "number 3; 4 or later"),
        ("[statement]\nrequire-expires = true\n", "until when"),
    ] {
        bench.write("policy.toml", format!("policy = 1\n{lines}"));
        let found = unmet(&verify(&bench, "lm", "policy.toml", "20261201Z").expect(1));
        match expected {
            "" => assert!(found.is_empty(), "{lines}: {found:?}"),
            expected => assert!(found.len() == 1 && found[0].contains(expected), "{lines}: {found:?}"),
        }
    }
}

#[test]
fn a_policy_only_ever_asks_for_more() {
    let bench = Bench::signed();
    bench.write("allowed", "");
    bench.write("policy.toml", "policy = 1\n");
    let ran = verify(&bench, "lm", "policy.toml", "20261201Z").expect(1);
    assert_eq!((reasons(&ran), unmet(&ran)), (vec!["untrusted-key".to_owned()], vec![]));
    fs::remove_dir_all(bench.path("lm/.openness")).unwrap();
    let ran = verify(&bench, "lm", "policy.toml", "20261201Z").expect(1);
    assert_eq!(reasons(&ran), ["unsigned", "policy"]);
    verify(&bench, "lm", "absent.toml", "20261201Z").expect(2);
    bench.write("policy.toml", "policy = 1\nunknown = 1\n");
    verify(&bench, "lm", "policy.toml", "20261201Z").expect(2);
}
