//! Every state of a release, such as unsigned, untrusted or incomplete, has its own message and its own reason word.
//! The machine-readable formats match their schemas.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use openness::sign::{SecretKey, dsse, keyfile, sshsig};
use serde_json::{Value, json};

use crate::common::env::{MANIFEST, Output, TestEnv, copy_tree};

const CLAIMING: &str = "\n[claims]\nopen-weights = true\n";

/// A schema of a machine-readable format.
struct Schema {
    text: Value,
    validator: jsonschema::Validator,
}

impl Schema {
    /// Reads the schema that the program prints, which equals the file in `schemas/`.
    fn of(env: &TestEnv, subject: &str) -> Self {
        let printed = env.openness(["schema", subject]).expect(0).out;
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{subject}-v1.schema.json"));
        assert_eq!(printed, fs::read_to_string(file).unwrap());
        let text: Value = serde_json::from_str(&printed).unwrap();
        Self { validator: jsonschema::validator_for(&text).unwrap(), text }
    }

    #[track_caller]
    fn takes(&self, report: &Value) {
        let errors: Vec<String> =
            self.validator.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{report:#}");
        self.describes(report, &self.text, "");
    }

    /// Requires that the schema describes every key, although it allows unknown ones.
    #[track_caller]
    fn describes(&self, value: &Value, schema: &Value, place: &str) {
        let schema = match schema["$ref"].as_str() {
            Some(reference) => &self.text["definitions"][reference.rsplit('/').next().unwrap()],
            None => schema["anyOf"].as_array().map_or(schema, |choices| choices.last().unwrap()),
        };
        match value {
            Value::Object(keys) => {
                for (key, value) in keys {
                    let described = &schema["properties"][key];
                    assert!(described.is_object(), "the schema does not describe `{place}/{key}`");
                    self.describes(value, described, &format!("{place}/{key}"));
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.describes(item, &schema["items"], place)),
            _ => {}
        }
    }
}

/// A state in which a verifier may find a release.
struct State {
    /// The name of the state.
    name: &'static str,
    /// The arguments of `verify`.
    arguments: &'static [&'static str],
    /// Brings `lm`, a fresh copy of the release, into the state.
    happens: fn(&TestEnv),
    reasons: &'static [&'static str],
    /// The last line of the human-readable report.
    words: &'static str,
}

const ALLOWED: &[&str] = &["--allowed-signers", "allowed"];

fn states() -> Vec<State> {
    let state = |name, arguments, happens, reasons, words| State { name, arguments, happens, reasons, words };
    vec![
        state("unchanged", ALLOWED, |_| {}, &[], "verified"),
        state("never signed", ALLOWED, |env| remove(env, ""), &["unsigned"], "NOT VERIFIED: there is no signature"),
        state(
            "stripped of its signatures",
            ALLOWED,
            |env| remove(env, "signatures"),
            &["unsigned"],
            "NOT VERIFIED: there is no signature",
        ),
        state(
            "signed by an untrusted key",
            &["--allowed-signers", "empty"],
            |_| {},
            &["untrusted-key"],
            "NOT VERIFIED: the signer is not trusted",
        ),
        state(
            "a damaged signature",
            ALLOWED,
            |env| damage(&env.signature("lm", ".sigstore.json")),
            &["bad-signature"],
            "NOT VERIFIED: a signature does not hold",
        ),
        state(
            "another statement",
            ALLOWED,
            |env| resign(env, |text| text.replace("\"sequence\":3", "\"sequence\":4"), false),
            &["bad-signature"],
            "NOT VERIFIED: a signature does not hold",
        ),
        state(
            "an expired key",
            &["--allowed-signers", "over"],
            |_| {},
            &["expired-key"],
            "NOT VERIFIED: the key is not valid at this time",
        ),
        state(
            "a key that is not valid yet",
            &["--allowed-signers", "early"],
            |_| {},
            &["expired-key"],
            "NOT VERIFIED: the key is not valid at this time",
        ),
        state(
            "a revoked key",
            &["--allowed-signers", "allowed", "--revoked", "key.pub"],
            |_| {},
            &["revoked-key"],
            "NOT VERIFIED: the key was revoked",
        ),
        state(
            "a changed file",
            ALLOWED,
            |env| env.write("lm/weights/a.safetensors", "weights A"),
            &["content-mismatch"],
            "NOT VERIFIED: files are not what was signed",
        ),
        state(
            "an added file",
            ALLOWED,
            |env| env.write("lm/weights/evil.pkl", "x"),
            &["unsigned-files"],
            "NOT VERIFIED: there are unsigned files",
        ),
        state(
            "a missing file",
            ALLOWED,
            |env| fs::remove_file(env.path("lm/weights/b.safetensors")).unwrap(),
            &["incomplete"],
            "partly verified: signed files are missing",
        ),
        state(
            "a pointer in place of a file",
            ALLOWED,
            |env| {
                let text = fs::read_to_string(env.path("lm/.openness/SHA256SUMS")).unwrap();
                let line = text.lines().find(|line| line.ends_with("b.safetensors")).unwrap();
                let oid = line.split(' ').next().unwrap();
                let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 9\n");
                env.write("lm/weights/b.safetensors", pointer);
            },
            &["incomplete"],
            "partly verified: signed files are missing",
        ),
        state(
            "a waived claim",
            ALLOWED,
            |env| again(env, &format!("{MANIFEST}{CLAIMING}"), &["--waive", "OPN202"]),
            &["claim-does-not-hold"],
            "NOT VERIFIED: a claim does not hold",
        ),
        state(
            "a damaged manifest",
            ALLOWED,
            |env| env.write("lm/OPENNESS.toml", "schema = 1\n"),
            &["content-mismatch"],
            "NOT VERIFIED: files are not what was signed",
        ),
        state(
            "a missing manifest",
            ALLOWED,
            |env| fs::remove_file(env.path("lm/OPENNESS.toml")).unwrap(),
            &["incomplete", "manifest-invalid"],
            "NOT VERIFIED: signed files are missing; the manifest is missing",
        ),
        state(
            "a statement that contradicts the manifest",
            ALLOWED,
            |env| resign(env, |text| text.replace("\"sequence\":3", "\"sequence\":4"), true),
            &["statement-invalid"],
            "NOT VERIFIED: the signed statement is invalid",
        ),
        state(
            "an empty JSON object as the statement",
            ALLOWED,
            |env| resign(env, |_| "{}".to_owned(), true),
            &["statement-invalid"],
            "NOT VERIFIED: the signed statement is invalid",
        ),
        state(
            "an expired statement",
            &["--allowed-signers", "allowed", "--verify-time", "20270101Z"],
            |env| again(env, &MANIFEST.replace("sequence = 3", "sequence = 3\nexpires = 2026-12-31"), &[]),
            &["expired-statement"],
            "NOT VERIFIED: the statement has expired",
        ),
        state(
            "on the last valid day",
            &["--allowed-signers", "allowed", "--verify-time", "2026-12-31"],
            |env| again(env, &MANIFEST.replace("sequence = 3", "sequence = 3\nexpires = 2026-12-31"), &[]),
            &[],
            "verified",
        ),
        state(
            "older than required",
            &["--allowed-signers", "allowed", "--require-sequence", "4"],
            |_| {},
            &["rollback"],
            "NOT VERIFIED: it is not the newest release",
        ),
        state(
            "less than the policy requires",
            &["--allowed-signers", "allowed", "--policy", "policy.toml"],
            |_| {},
            &["policy"],
            "NOT VERIFIED: policy requirements are not met",
        ),
        state(
            "several at once",
            &["--allowed-signers", "empty", "--policy", "policy.toml"],
            |env| {
                env.write("lm/weights/a.safetensors", "weights A");
                env.write("lm/new", "x");
                fs::remove_file(env.path("lm/README.md")).unwrap();
            },
            &["untrusted-key", "content-mismatch", "unsigned-files", "incomplete", "policy"],
            "NOT VERIFIED: the signer is not trusted; files are not what was signed; there are unsigned files; \
             signed files are missing; policy requirements are not met",
        ),
        state(
            "signed by another key than the pinned one",
            &[],
            |env| {
                let pin = ["key", "trust", "pin", "--producer", "Example Lab", "--model", "Tiny", "other.pub"];
                env.openness(pin).expect(0);
            },
            &["untrusted-key", "pinned-key-changed"],
            "NOT VERIFIED: the signer is not trusted; the key is not the pinned one",
        ),
        state(
            "more signatures by untrusted keys than are checked",
            &["--allowed-signers", "empty"],
            |env| {
                let signature = fs::read(env.signature("lm", "sshsig")).unwrap();
                for number in 0..64 {
                    env.write(&format!("lm/.openness/signatures/{number:018}.sshsig"), &signature);
                }
            },
            &["untrusted-key", "signatures-left"],
            "NOT VERIFIED: the signer is not trusted; there are more signatures than are checked",
        ),
    ]
}

fn remove(env: &TestEnv, what: &str) {
    fs::remove_dir_all(env.path("lm/.openness").join(what)).unwrap();
}

/// Changes one character of the first signature in a bundle.
fn damage(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let (head, tail) = text.split_once("\"sig\":\"").unwrap();
    let other = if tail.starts_with('A') { "B" } else { "A" };
    fs::write(path, format!("{head}\"sig\":\"{other}{}", &tail[1..])).unwrap();
}

/// Commits the manifest and signs the release again.
fn again(env: &TestEnv, manifest: &str, arguments: &[&str]) {
    env.write("lm/OPENNESS.toml", manifest);
    env.commit("lm");
    let mut command = env.program();
    Output::from(command.args(["sign", "lm", "--key", "key"]).args(arguments).output().unwrap()).expect(0);
}

/// Changes the statement file. With `everywhere`, the trusted key signs the result, as a hostile signer could.
fn resign(env: &TestEnv, change: fn(&str) -> String, everywhere: bool) {
    let path = env.path("lm/.openness/statement.json");
    let text = change(&fs::read_to_string(&path).unwrap());
    fs::write(&path, &text).unwrap();
    if everywhere {
        let key: SecretKey = keyfile::read(&env.path("key"), &mut |_| None).unwrap();
        let bytes = text.as_bytes();
        fs::write(env.signature("lm", ".sigstore.json"), dsse::sign(bytes, &key).unwrap()).unwrap();
        fs::write(env.signature("lm", ".sshsig"), sshsig::sign(bytes, &key).unwrap()).unwrap();
    }
}

#[test]
fn every_release_state_has_its_own_message() {
    let env = TestEnv::signed();
    let schema = Schema::of(&env, "verify");
    let key = fs::read_to_string(env.path("key.pub")).unwrap();
    env.write("allowed", format!("a@example.org {key}"));
    env.write("over", format!("a@example.org valid-before=\"20260101Z\" {key}"));
    env.write("early", format!("a@example.org valid-after=\"20990101Z\" {key}"));
    env.write("empty", "");
    env.add_key("other");
    env.write("policy.toml", "policy = 1\n[statement]\nrequire-expires = true\n");
    fs::rename(env.path("lm"), env.path("fresh")).unwrap();

    let mut words_of = std::collections::BTreeMap::new();
    let mut seen = BTreeSet::new();
    for State { name, arguments, happens, reasons, words } in states() {
        let _ = fs::remove_dir_all(env.path("lm"));
        copy_tree(&env.path("fresh"), &env.path("lm"));
        happens(&env);
        let run = |format: &str| -> Output {
            let mut command = env.program();
            command.args(["verify", "lm", "--format", format]).args(arguments).output().unwrap().into()
        };
        let (human, machine) = (run("human"), run("json"));
        let report = machine.json();
        assert_eq!(report["reasons"], json!(reasons), "{name}: {report:#}");
        let (verdict, status) = match reasons {
            [] => ("verified", 0),
            ["incomplete"] => ("partial", 1),
            _ => ("failed", 1),
        };
        assert_eq!(report["verdict"], verdict, "{name}");
        assert_eq!((human.status, machine.status), (status, status), "{name}");
        assert_eq!(human.out.lines().last().unwrap(), words, "{name}: {}", human.out);
        // No two combinations of reasons share a message.
        let before = words_of.insert(words, reasons);
        assert!(before.is_none_or(|before| before == reasons), "{name}: `{words}` also stands for {before:?}");
        seen.extend(reasons.iter().copied());
        schema.takes(&report);
    }
    // A file has to change at the right moment; `changing_trees` of the library's tests does that.
    seen.insert("changed-while-read");
    let known = schema.text["properties"]["reasons"]["items"]["enum"].as_array().unwrap();
    assert_eq!(
        seen,
        known.iter().map(|word| word.as_str().unwrap()).collect::<BTreeSet<_>>(),
        "a reason is not tested"
    );
}

#[test]
fn the_verify_schema_refuses_misleading_reports() {
    let env = TestEnv::signed();
    let schema = Schema::of(&env, "verify");
    let good = env.verify("lm").expect(0).json();
    schema.takes(&good);
    let near = |change: fn(&mut Value)| {
        let mut report = good.clone();
        change(&mut report);
        schema.validator.is_valid(&report)
    };
    // Later versions may add keys.
    assert!(near(|report| report["later"] = json!(1)));
    let changes: &[fn(&mut Value)] = &[
        |report| report["reasons"] = json!(["unsigned"]),
        |report| report["reasons"] = json!(["incomplete"]),
        |report| report["verdict"] = json!("failed"),
        |report| report["verdict"] = json!("partial"),
        |report| report["reasons"] = json!(["other"]),
        |report| report["statement"] = Value::Null,
        |report| report["signatures"] = json!([]),
        |report| report["signatures"][0]["status"] = json!("fine"),
        |report| report["signatures"][0]["key"] = json!("MD5:00"),
        |report| report["policy"] = json!(["a line"]),
        |report| report["version"] = json!(2),
        |report| drop(report.as_object_mut().unwrap().remove("files")),
        |report| report["files"]["verified"] = json!("5"),
    ];
    for (at, change) in changes.iter().enumerate() {
        assert!(!near(*change), "change {at}");
    }
}

#[test]
fn check_output_matches_its_schema() {
    let env = TestEnv::release();
    let schema = Schema::of(&env, "check");
    let check = |manifest: &[u8]| {
        env.write("lm/OPENNESS.toml", manifest);
        env.openness(["check", "lm", "--format", "json"]).json()
    };
    let mut found = 0;
    for manifest in [
        MANIFEST.as_bytes(),
        b"",
        b"schema",
        b"schema = 1\n\xff",
        b"\xef\xbb\xbfschema = 2\n[model]\nnam = \"x\"\n",
        format!("{MANIFEST}\n[component.wieghts]\nopenness = \"opne\"\n{CLAIMING}mof = \"class-1\"\n").as_bytes(),
        MANIFEST.replace("weights/*", "wieghts/*").replace("Apache-2.0", "Apache 2").as_bytes(),
    ] {
        let report = check(manifest);
        schema.takes(&report);
        found += report["findings"].as_array().unwrap().len();
    }
    assert!(found > 10, "{found}");
    fs::remove_file(env.path("lm/README.md")).unwrap();
    let missing = check(MANIFEST.as_bytes());
    schema.takes(&missing);
    assert_eq!(missing["filesNotRead"], json!(["README.md"]));
    let report = check(MANIFEST.replace("weights/*", "wieghts/*").as_bytes());
    let changes: &[fn(&mut Value)] = &[
        |report| report["findings"][0]["severity"] = json!("fatal"),
        |report| report["findings"][0]["code"] = json!("OPN1"),
        |report| report["findings"][0]["span"]["start"]["line"] = json!(0),
        |report| drop(report.as_object_mut().unwrap().remove("summary")),
        |report| report["rulesNotRun"] = json!(["301"]),
        |report| report["filesNotRead"] = json!("README.md"),
    ];
    for change in changes {
        let mut near = report.clone();
        change(&mut near);
        assert!(!schema.validator.is_valid(&near), "{near:#}");
    }
}
