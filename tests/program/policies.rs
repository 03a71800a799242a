//! Trust policies: what a verifier requires in addition to good signatures.

use std::fs;
use std::path::{Path, PathBuf};

use openness::policy::Policy;
use openness::source::Source;
use serde_json::Value;

use crate::common::env::{MANIFEST, Output, TestEnv, copy_tree, reasons};

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

/// Copies the example release to `tiny` and signs it with each of the keys; `allowed` names them all.
fn tiny_lm(env: &TestEnv, change: impl Fn(String) -> String, signers: &[&str]) {
    copy_tree(&root("examples/tiny-lm"), &env.path("tiny"));
    let _ = fs::remove_dir_all(env.path("tiny/.openness"));
    let manifest = fs::read_to_string(env.path("tiny/OPENNESS.toml")).unwrap();
    env.write("tiny/OPENNESS.toml", change(manifest));
    env.openness(["statement", "tiny", "--created", "2026-11-22T00:00:00Z", "--output", "s.json"]).expect(0);
    let mut allowed = String::new();
    for (at, key) in signers.iter().enumerate() {
        if !env.path(key).exists() {
            env.openness(["key", "generate", "--no-passphrase", "--output", key]).expect(0);
        }
        let who = ["release@example.org", "head@security.example.org"][at];
        allowed.push_str(&format!("{who} {}", fs::read_to_string(env.path(&format!("{key}.pub"))).unwrap()));
        env.openness(["sign", "tiny", "--statement", "s.json", "--key", key]).expect(0);
    }
    env.write("allowed", allowed);
}

fn verify(env: &TestEnv, directory: &str, policy: &str, at: &str) -> Output {
    let arguments = ["verify", directory, "--allowed-signers", "allowed", "--verify-time", at, "--format", "json"];
    let mut command = env.program();
    command.args(arguments).arg("--policy").arg(policy).output().unwrap().into()
}

fn unmet(ran: &Output) -> Vec<String> {
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
fn reader_and_schema_refuse_the_same_policies() {
    for (text, expected, by_schema) in [
        ("", "missing field `policy`", true),
        ("policy = 2", "`policy` is 2", true),
        ("policy = 1\nsigner = 1", "line 2, column 1: a policy has no key `signer`; did you mean `signers`?", true),
        ("policy = 1\n[signers]\nrequired = 2", "line 3, column 1: `[signers]` has no key `required`", true),
        ("policy = 1\n[signers]\nrequire = 0", "is 0", true),
        ("policy = 1\n[signers]\nof = []", "requires 1 of 0, which no release can meet", true),
        ("policy = 1\n[signers]\nrequire = 2\nof = [\"a\"]", "requires 2 of 1, which no release can meet", false),
        ("policy = 1\n[signers]\nrequire = 2\nof = [\"a\", \"a\"]", "requires 2 of 1, which no release can meet", true),
        ("policy = 1\n[signers]\nroles = { release = 1 }", "there is no `[roles]`", false),
        ("policy = 1\n[roles]\nrelease = [\"a\"]\n[signers]\nroles = { relase = 1 }", "did you mean `release`?", false),
        (
            "policy = 1\n[roles]\nrelease = [\"a\"]\n[signers]\nroles = { release = 2 }",
            "requires 2 signers of the role `release`, which names fewer",
            false,
        ),
        (
            "policy = 1\n[roles]\nrelease = [\"a\"]\n[signers]\nroles = { release = 0 }",
            "requires 0 signers of the role `release`",
            true,
        ),
        ("policy = 1\n[roles]\nrelease = [\"a\"]", "the role `release` is not used in `[signers]`", false),
        (
            "policy = 1\n[roles]\nrelease = []\n[signers]\nroles = { release = 1 }",
            "the role `release` has no members",
            true,
        ),
        ("policy = 1\n[verdicts]\n\"mof-2.0\" = \"class-1\"", "`mof-2.0`; did you mean `mof-1.0`?", true),
        ("policy = 1\n[verdicts]\nmof-1.0 = \"class-1\"", "put the id in quotes, since it contains a dot", true),
        ("policy = 1\n[verdicts]\nmof = \"class-0\"", "`mof-1.0` gives one of", true),
        ("policy = 1\n[verdicts]\n\"mof-1.0\" = \"class-0\"", "gives one of", true),
        ("policy = 1\n[verdicts]\n\"mof-1.0\" = 1", "gives one of", true),
        ("policy = 1\n[verdicts]\n\"mof-1.0\" = [\"class-1\"]", "line 3", true),
        ("policy = 1\n[verdicts]\n\"mof-1.0\" = { weights = 1 }", "`mof-1.0` has no parts", true),
        ("policy = 1\n[verdicts]\n\"osai-index\" = 50", "from 0 to 1", true),
        ("policy = 1\n[verdicts]\n\"osai-index\" = \"open\"", "from 0 to 1", true),
        ("policy = 1\n[verdicts]\n\"osai-index\" = { licences = \"open\" }", "did you mean `licenses`?", true),
        ("policy = 1\n[verdicts]\n\"osai-index\" = { licenses = 1 }", "one of open, partial, closed", true),
        ("policy = 1\n[verdicts]\n\"eiras-2024\" = 3", "a level for each part", true),
        ("policy = 1\n[verdicts]\n\"eiras-2024\" = { \"training.code.pretraining\" = 6 }", "from 1 to 5", true),
        ("policy = 1\n[verdicts]\n\"eiras-2024\" = {}", "so it requires nothing", true),
        (
            "policy = 1\n[verdicts]\n\"columbia-2024\" = \"open\"",
            "`columbia-2024` has no verdict that can be required",
            true,
        ),
        ("policy = 1\n[files]\nforbid = [\"../x\"]", "line 3", false),
        ("policy = 1\n[files]\nforbid = \"*.pkl\"", "line 3", true),
        ("policy = 1\n[components]\nrequire = [\"final-wieghts\"]", "did you mean `final-weights`?", true),
        ("policy = 1\n[components]\nrequire = [\"weights\"]", "`weights` is not a component", true),
        ("policy = 1\n[licenses.wieghts]\nrequire = []", "did you mean `weights`?", true),
        ("policy = 1\n[licenses.weights]\nrequire = [\"osi\"]", "`osi` is not a known property of licenses", true),
        ("policy = 1\n[licenses.weights]\nallow = [\"Apache 2\"]", "did you mean `Apache-2.0`?", false),
        ("policy = 1\n[licenses.weights]\nforbid = []", "`[licenses.weights]` has no key `forbid`", true),
        ("policy = 1\n[evidence]\nitems = [\"risk\"]", "TAXONOMY/ITEM", true),
        ("policy = 1\n[evidence]\nitems = [\"seger-2023/risk\"]", "has no item `risk`", false),
        (
            "policy = 1\n[evidence]\ndocumentation = [\"everything\"]",
            "`everything` is not a component or a component group",
            true,
        ),
        ("policy = 1\n[statement]\nmaximum-age-days = -1", "line 3", true),
        ("policy = 1\n[statement]\nrequire-expires = \"yes\"", "line 3", true),
        ("policy = 1\n[statement]\nallow-waived = [\"OPN20\"]", "`OPN20`, which is not the code of a rule", true),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
        assert_eq!(by_schema, !schema_accepts(text), "{text}: whether the schema refuses it");
    }
    // Not TOML, and repeated keys.
    for text in ["policy", "policy = 1\npolicy = 1", "policy = 1\n[files]\n[files]"] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn the_example_release_meets_the_hub_and_the_archive() {
    let env = TestEnv::with_key();
    tiny_lm(&env, |manifest| manifest, &["key"]);
    for name in ["community-hub", "research-archive"] {
        let ran = verify(&env, "tiny", &example(name), "20261201Z").expect(0);
        assert_eq!(unmet(&ran), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn the_intake_policy_needs_two_people_and_a_maintainer() {
    let intake = example("company-intake");
    let env = TestEnv::with_key();
    tiny_lm(&env, |manifest| manifest, &["key"]);
    let ran = verify(&env, "tiny", &intake, "20261201Z").expect(1);
    assert_eq!(reasons(&ran), ["policy"]);
    let expected = [
        "role `security` needs 1 signer, found 0; allowed: `*@security.example.org`; signed by release@example.org",
        "the statement has no expiry date",
    ];
    assert_eq!(unmet(&ran), expected);

    let env = TestEnv::with_key();
    let expiring = |manifest: String| manifest.replace("[release]\n", "[release]\nexpires = 2028-12-31\n");
    tiny_lm(&env, expiring, &["key", "second"]);
    verify(&env, "tiny", &intake, "20261201Z").expect(0);
    let ran = verify(&env, "tiny", &intake, "20280101Z").expect(1);
    assert!(unmet(&ran)[0].contains("claims to be from 2026-11-22T00:00:00Z, more than 400 days ago"), "{ran:#?}");
    let ran = verify(&env, "tiny", &intake, "20261101Z").expect(1);
    assert!(unmet(&ran)[0].contains("claims a time in the future (2026-11-22T00:00:00Z)"), "{ran:#?}");
    // One person with two names is one signer, who can fill only one place.
    let key = fs::read_to_string(env.path("key.pub")).unwrap();
    env.write("allowed", format!("release@example.org,head@security.example.org {key}"));
    let ran = verify(&env, "tiny", &intake, "20261201Z").expect(1);
    assert!(unmet(&ran)[0].contains("need 2 different signers, found 1"), "{ran:#?}");
    // A name that the role's pattern does not match.
    env.write("allowed", fs::read_to_string(env.path("allowed")).unwrap().replace("@security.", "@insecurity."));
    let ran = verify(&env, "tiny", &intake, "20261201Z").expect(1);
    assert!(unmet(&ran)[0].contains("role `security`"), "{ran:#?}");
}

/// Checks well-known releases against the example policies. Only their manifests are signed; their files are elsewhere.
#[test]
fn known_releases_against_the_example_policies() {
    let env = TestEnv::with_key();
    let sign = |name: &str, change: &dyn Fn(String) -> String| {
        let _ = fs::remove_dir_all(env.path(name));
        let manifest = fs::read_to_string(root(&format!("examples/known/{name}.toml"))).unwrap();
        env.write(&format!("{name}/OPENNESS.toml"), change(manifest));
        let mut sign = env.program();
        sign.args(["sign", name, "--key", "key", "--created", "2026-11-22T00:00:00Z"]);
        Output::from(sign.output().unwrap()).expect(0);
    };
    for name in ["olmo-7b", "pythia-70m", "llama-2-70b"] {
        sign(name, &|manifest| manifest);
    }
    env.write("allowed", format!("a@example.org {}", fs::read_to_string(env.path("key.pub")).unwrap()));
    let lines_of = |name: &str, policy: &str| unmet(&verify(&env, name, &example(policy), "20261201Z"));
    let has = |lines: &[String], text: &str| lines.iter().any(|line| line.contains(text));

    for name in ["olmo-7b", "pythia-70m", "llama-2-70b"] {
        assert_eq!(lines_of(name, "community-hub"), Vec::<String>::new(), "{name}");
    }
    // Two near misses: the same weights without a license, and under a license whose terms are not known.
    sign("olmo-7b", &|manifest| manifest.replacen("license = \"Apache-2.0\"", "license = \"NONE\"", 1));
    assert!(has(&lines_of("olmo-7b", "community-hub"), "`final-weights` is released without a license"));
    let own = "license = \"LicenseRef-AI2-Own\"\nlicense-name = \"Own\"\nlicense-url = \"https://example.org\"";
    sign("olmo-7b", &|manifest| manifest.replacen("license = \"Apache-2.0\"", own, 1));
    assert!(has(&lines_of("olmo-7b", "community-hub"), "under `LicenseRef-AI2-Own`: `redistribution` is not known"));
    sign("olmo-7b", &|manifest| manifest);

    let llama = lines_of("llama-2-70b", "company-intake");
    assert!(has(&llama, "`no-field-of-use-limits` does not hold, `no-user-threshold` does not hold"), "{llama:#?}");
    assert!(has(&llama, "`mof-1.0` yields unclassified, not class-3"), "{llama:#?}");
    for name in ["olmo-7b", "pythia-70m"] {
        let lines = lines_of(name, "company-intake");
        assert!(!has(&lines, "does not hold") && !has(&lines, "not known"), "{name}: {lines:#?}");
        assert!(has(&lines, "`final-weights` is at `https://huggingface.co/"), "{name}: {lines:#?}");
        assert!(has(&lines, "seger-2023/dangerous-capability-evaluation` is not met"), "{name}: {lines:#?}");
    }
    let olmo = lines_of("olmo-7b", "research-archive");
    assert!(has(&olmo, "the component `technical-report` is not declared"), "{olmo:#?}");
    assert!(has(&olmo, "nothing documents `training-data`") && has(&olmo, "without a digest"), "{olmo:#?}");
    assert!(!has(&olmo, "`mof-1.0`") && !has(&olmo, "`eiras-2024`"), "{olmo:#?}");
}

#[test]
fn an_imported_claim_meets_no_required_verdict() {
    let stated = "\n[assessment.osai-index.stated]\npaper = \"open\"\nlicenses = \"open\"\nmodelcard = \"open\"\n";
    let env = TestEnv::release();
    env.write("lm/OPENNESS.toml", format!("{MANIFEST}{stated}"));
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env.write("allowed", format!("a@example.org {}", fs::read_to_string(env.path("key.pub")).unwrap()));
    env.write("policy.toml", "policy = 1\n[verdicts]\n\"osai-index\" = { paper = \"open\", modelcard = \"open\" }\n");
    let lines = unmet(&verify(&env, "lm", "policy.toml", "20261201Z").expect(1));
    assert_eq!(lines, ["`paper` of `osai-index` is closed, below open"]);
}

#[test]
fn a_taxonomy_is_required_by_its_id_or_its_short_name() {
    let env = TestEnv::release();
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env.write("allowed", format!("a@example.org {}", fs::read_to_string(env.path("key.pub")).unwrap()));
    for name in ["mof", "\"mof-1.0\""] {
        env.write("policy.toml", format!("policy = 1\n[verdicts]\n{name} = \"class-1\"\n"));
        let lines = unmet(&verify(&env, "lm", "policy.toml", "20261201Z").expect(1));
        assert_eq!(lines, ["`mof-1.0` yields unclassified, not class-1"], "{name}");
    }
    let env = TestEnv::with_key();
    tiny_lm(&env, |manifest| manifest, &["key"]);
    env.write("policy.toml", "policy = 1\n[verdicts]\nmof = \"class-1\"\nosaid = \"meets\"\n");
    verify(&env, "tiny", "policy.toml", "20261201Z").expect(0);
}

#[test]
fn each_unmet_requirement_is_named() {
    let env = TestEnv::release();
    env.write("lm/weights/c.safetensors", "c");
    env.write("lm/model.pkl", "cos\nsystem\n");
    env.write("lm/assets/logo.png", "png");
    let manifest = format!("{MANIFEST}\n[coverage]\nexclude = [\"assets/**\"]\n\n[claims]\nmof = \"class-1\"\n");
    env.write("lm/OPENNESS.toml", manifest);
    env.commit("lm");
    let codes = ["OPN202", "OPN302", "OPN303", "OPN304", "OPN305", "OPN308", "OPN309"];
    let mut sign = env.program();
    let signed: Output = sign.args(["sign", "lm", "--key", "key", "--waive"]).args(codes).output().unwrap().into();
    signed.expect(0);
    env.write("allowed", format!("a@example.org {}", fs::read_to_string(env.path("key.pub")).unwrap()));
    for (lines, expected) in [
        ("[signers]\nrequire = 1\n", ""),
        ("[signers]\nrequire = 2\n", "needs 2 signers, found 1; signed by a@example.org"),
        ("[signers]\nof = [\"a@example.org\"]\n", ""),
        ("[signers]\nof = [\"b@example.org\"]\n", "needs 1 signer of `b@example.org`, found 0"),
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
        ("[components]\nrequire = [\"x-own\"]\n", "`x-own` is not declared"),
        ("[licenses.weights]\nrequire = [\"osi-approved\", \"no-field-of-use-limits\"]\n", ""),
        (
            "[licenses.all]\nrequire = [\"osi-approved\"]\n",
            "`model-card` is under `CC-BY-4.0`: `osi-approved` does not",
        ),
        ("[licenses.final-weights]\nallow = [\"MIT\"]\n", "`final-weights` is under `Apache-2.0`, which is not among"),
        ("[licenses.training-data]\nallow = [\"MIT\"]\n", ""),
        ("[evidence]\nitems = [\"seger-2023/fine-tuning-uplift\"]\n", "`seger-2023/fine-tuning-uplift` is not met"),
        ("[evidence]\nitems = [\"open-weights/weights\"]\n", ""),
        ("[evidence]\nsigned-tag = true\n", "not looked up by a signed tag"),
        ("[evidence]\ntlog-proof = true\n", "there is no transparency log proof"),
        ("[evidence]\nsigned-tag = false\ntlog-proof = false\n", ""),
        ("[evidence]\ndocumentation = [\"final-weights\"]\n", "nothing documents `final-weights`"),
        ("[evidence]\ndocumentation = [\"training-code\"]\n", "`training-code` is not declared"),
        ("[evidence]\ndocumentation = [\"code\"]\n", ""),
        ("[evidence]\nremote-digests = [\"all\"]\n", ""),
        ("[verdicts]\n\"eiras-2024\" = { \"deployment.data.weights\" = 5 }\n", ""),
        ("[verdicts]\n\"eiras-2024\" = { \"training.data.pretraining\" = 2 }\n", "is 1, below 2"),
        ("[verdicts]\n\"release-gradient\" = \"downloadable\"\n", ""),
        ("[verdicts]\n\"release-gradient\" = \"fully-open\"\n", "yields downloadable, not fully-open"),
        ("[verdicts]\nopen-weights = \"meets\"\n", "yields fails, not meets"),
        ("[roles]\nall = [\"*@example.org\"]\n[signers]\nroles = { all = 1 }\n", ""),
        ("[signers]\nof = [\"*@example.org,!a@*\"]\n", "needs 1 signer of `*@example.org,!a@*`, found 0"),
        ("[statement]\nallow-waived = []\n", "the signer waived findings: `OPN202`"),
        ("[statement]\nallow-waived = [\"opn202\"]\n", ""),
        ("[statement]\nminimum-sequence = 3\n", ""),
        ("[statement]\nminimum-sequence = 4\n", "number 3; 4 or later"),
        ("[statement]\nrequire-expires = true\n", "the statement has no expiry date"),
    ] {
        env.write("policy.toml", format!("policy = 1\n{lines}"));
        let found = unmet(&verify(&env, "lm", "policy.toml", "20261201Z").expect(1));
        match expected {
            "" => assert!(found.is_empty(), "{lines}: {found:?}"),
            expected => assert!(found.len() == 1 && found[0].contains(expected), "{lines}: {found:?}"),
        }
    }
}

#[test]
fn a_policy_never_weakens_verification() {
    let env = TestEnv::signed();
    env.write("allowed", "");
    env.write("policy.toml", "policy = 1\n");
    let ran = verify(&env, "lm", "policy.toml", "20261201Z").expect(1);
    assert_eq!((reasons(&ran), unmet(&ran)), (vec!["untrusted-key".to_owned()], vec![]));
    fs::remove_dir_all(env.path("lm/.openness")).unwrap();
    let ran = verify(&env, "lm", "policy.toml", "20261201Z").expect(1);
    assert_eq!(reasons(&ran), ["unsigned", "policy"]);
    verify(&env, "lm", "absent.toml", "20261201Z").expect(2);
    env.write("policy.toml", "policy = 1\nunknown = 1\n");
    verify(&env, "lm", "policy.toml", "20261201Z").expect(2);
}
