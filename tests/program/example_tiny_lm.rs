//! The examples: the tiny model is reproducible and without findings, and every claim of the open-washed release is a
//! finding.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

use crate::common::env::TestEnv;
use crate::common::examples::{copy, example};
use crate::common::tools::has;
use openness::sign::keyfile;
use serde_json::Value;

/// Everything that a program makes there.
const MADE: &[&str] = &[
    "data/processed/training.txt",
    "data/processed/validation.txt",
    "data/processed/evaluation.txt",
    "model.safetensors",
    "checkpoints/half.safetensors",
    "config.json",
    "training_metadata.json",
    "eval_results.json",
    "samples.txt",
];

fn python(code: &Path, arguments: &[&str]) -> Output {
    TestEnv::new().command("python3").arg(code).args(arguments).output().unwrap()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn tiny(path: &str) -> String {
    fs::read_to_string(example("tiny-lm").join(path)).unwrap()
}

#[test]
fn the_tiny_model_is_reproducible() {
    if !has("python3") {
        return;
    }
    let env = TestEnv::new();
    let release = env.path("tiny-lm");
    copy(&example("tiny-lm"), &release);
    for made in MADE {
        fs::remove_file(release.join(made)).unwrap();
    }
    let output = python(&release.join("code/reproduce.py"), &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for made in MADE {
        let same = fs::read(release.join(made)).unwrap() == fs::read(example("tiny-lm").join(made)).unwrap();
        assert!(same, "`{made}` comes out otherwise");
    }
    assert!(!release.join("code/__pycache__").exists(), "a run leaves a file that nobody signed");
}

#[test]
fn another_corpus_trains_another_model() {
    if !has("python3") {
        return;
    }
    let env = TestEnv::new();
    let release = env.path("tiny-lm");
    copy(&example("tiny-lm"), &release);
    let tale = release.join("data/corpus/01-the-lighthouse.txt");
    fs::write(&tale, fs::read_to_string(&tale).unwrap().replacen("lighthouse", "light house", 1)).unwrap();
    assert!(python(&release.join("code/reproduce.py"), &[]).status.success());
    let model = |at: &Path| fs::read(at.join("model.safetensors")).unwrap();
    assert_ne!(model(&release), model(&example("tiny-lm")));
}

#[test]
fn the_tiny_model_runs() {
    if !has("python3") {
        return;
    }
    let code = example("tiny-lm").join("code/generate.py");
    let said = python(&code, &["the light", "200", "0"]);
    assert!(said.status.success());
    let said = String::from_utf8(said.stdout).unwrap().replace("\r\n", "\n");
    assert!(tiny("samples.txt").contains(&said), "{said}");
    assert!(!python(&code, &["the LIGHT", "1"]).status.success());
}

/// Reads a safetensors file by the text of its format: name → type, shape, bytes.
fn tensors(path: &Path) -> BTreeMap<String, (String, Vec<u64>, Vec<u8>)> {
    let bytes = fs::read(path).unwrap();
    let (length, rest) = bytes.split_first_chunk::<8>().unwrap();
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap();
    assert_eq!(length % 8, 0, "the header is padded");
    let (header, data) = rest.split_at(length);
    let header: Value = serde_json::from_slice(header).unwrap();
    let mut end = 0;
    let mut found = BTreeMap::new();
    for (name, entry) in header.as_object().unwrap() {
        if name == "__metadata__" {
            assert!(entry.as_object().unwrap().values().all(Value::is_string));
            continue;
        }
        let numbers =
            |key: &str| entry[key].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect::<Vec<_>>();
        let (kind, shape, offsets) = (entry["dtype"].as_str().unwrap(), numbers("shape"), numbers("data_offsets"));
        let [from, to] = [offsets[0], offsets[1]].map(|offset| usize::try_from(offset).unwrap());
        assert_eq!(from, end, "`{name}` leaves a hole");
        let size = if kind == "I32" { 4 } else { 2 };
        assert_eq!(shape.iter().product::<u64>() * size, offsets[1] - offsets[0], "`{name}`");
        found.insert(name.clone(), (kind.to_owned(), shape, data[from..to].to_vec()));
        end = to;
    }
    assert_eq!(end, data.len(), "no byte belongs to no tensor");
    found
}

#[test]
fn the_weights_have_the_documented_shapes() {
    let metadata = json(&example("tiny-lm").join("training_metadata.json"));
    for (at, file) in ["checkpoints/half.safetensors", "model.safetensors"].into_iter().enumerate() {
        let found = tensors(&example("tiny-lm").join(file));
        let shapes: Vec<_> = found.iter().map(|(name, (kind, shape, _))| (name.as_str(), &**kind, &**shape)).collect();
        let expected: [(&str, &str, &[u64]); 4] = [
            ("count.1", "I32", &[32]),
            ("count.2", "I16", &[32, 32]),
            ("count.3", "I16", &[32, 32, 32]),
            ("strengths", "I32", &[3]),
        ];
        assert_eq!(shapes, expected);
        let wide = |name: &str| {
            let words = found[name].2.as_chunks::<4>().0;
            words.iter().map(|word| i64::from(i32::from_le_bytes(*word))).collect::<Vec<_>>()
        };
        let narrow = |name: &str| {
            let words = found[name].2.as_chunks::<2>().0;
            words.iter().map(|word| i64::from(i16::from_le_bytes(*word))).collect::<Vec<_>>()
        };
        let seen = metadata["stages"][at]["symbols_seen"].as_i64().unwrap();
        for counts in [wide("count.1"), narrow("count.2"), narrow("count.3")] {
            assert!(counts.iter().all(|count| *count >= 0));
            assert_eq!(counts.iter().sum::<i64>(), seen, "each order counts every symbol once");
        }
        assert_eq!(Value::from(wide("strengths")), metadata["stages"][at]["strengths"]);
    }
    assert_eq!(tensors(&example("open-washed").join("model.safetensors")).len(), 2);
}

#[test]
fn the_documents_state_the_measured_numbers() {
    let results = json(&example("tiny-lm").join("eval_results.json"));
    for result in results["results"].as_array().unwrap() {
        let [bits, accuracy] = ["bits_per_symbol", "accuracy"].map(|key| result[key].as_f64().unwrap());
        let row = format!("| {bits:.4} | {accuracy:.4} |");
        for document in ["README.md", "docs/technical-report.md"] {
            assert!(tiny(document).contains(&row), "`{document}` lacks `{row}`");
        }
    }
    let metadata = json(&example("tiny-lm").join("training_metadata.json"));
    let operations = metadata["integer_operations"].as_u64().unwrap();
    for key in ["training-flop", "cumulative-flop"] {
        assert!(tiny("OPENNESS.toml").contains(&format!("{key} = {operations}\n")));
    }
    let grouped = |number: &Value| {
        let digits = number.as_u64().unwrap().to_string();
        let (head, tail) = digits.split_at(digits.len() - 3);
        format!("{head},{tail}")
    };
    let report = tiny("docs/technical-report.md");
    for number in [&metadata["training_symbols"], &metadata["validation_symbols"], &results["symbols"]] {
        assert!(report.contains(&grouped(number)), "the report lacks {number}");
    }
    for stage in metadata["stages"].as_array().unwrap() {
        assert!(report.contains(&stage["validation_bits_per_symbol"].to_string()));
    }
}

#[test]
fn the_model_card_agrees_with_the_manifest() {
    let card = example("tiny-lm").join("README.md");
    let output = TestEnv::new().openness(["import", "card", card.to_str().unwrap()]);
    let imported = output.expect(0).out;
    for line in ["name = \"Tiny LM\"", "license = \"CDLA-Permissive-2.0\"", "languages = [\"en\"]"] {
        assert!(imported.contains(line), "{imported}");
        assert!(tiny("OPENNESS.toml").contains(line));
    }
}

/// Status, and the findings as code and message.
fn check(name: &str) -> (i32, Vec<(String, String)>, Value) {
    let output = TestEnv::new().openness(["check", example(name).to_str().unwrap(), "--format", "json"]);
    let report = output.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap();
    let found = findings.iter().map(|finding| (text(&finding["code"]), text(&finding["message"]))).collect();
    (output.status, found, report)
}

#[test]
fn the_tiny_model_has_no_findings() {
    let (status, findings, _) = check("tiny-lm");
    assert_eq!(findings, []);
    assert_eq!(status, 0);
}

#[test]
fn every_open_washed_claim_is_a_finding() {
    let (status, findings, report) = check("open-washed");
    assert_eq!(status, 1);
    // What the exemption asks for in any case is told beside the claims that fail.
    let (duties, findings): (Vec<_>, Vec<_>) = findings.into_iter().partition(|(code, _)| code == "OPN212");
    assert_eq!(duties.len(), 1);
    // What its README claims does not hold either.
    let (of_card, findings): (Vec<_>, Vec<_>) = findings.into_iter().partition(|(code, _)| code == "OPN316");
    assert_eq!(of_card.len(), 3);
    assert!(findings.iter().all(|(code, _)| code == "OPN202"), "{findings:?}");
    let claims = [
        "mof = class-1",
        "osaid = true",
        "open-weights = true",
        "release-gradient = fully-open",
        "eu-open-source-exemption = true",
    ];
    assert_eq!(findings.len(), claims.len());
    for ((_, message), claim) in findings.iter().zip(claims) {
        assert!(message.contains(claim), "{message}");
    }
    for finding in report["findings"].as_array().unwrap().iter().filter(|finding| finding["code"] != "OPN316") {
        assert!(!finding["related"].as_array().unwrap().is_empty(), "{finding} points nowhere");
    }
}

#[test]
fn the_example_keys_match_and_warn() {
    let keys = |name: &str| fs::read_to_string(example("keys").join(name)).unwrap();
    let public = keys("example_key.pub");
    let [kind, key, comment] = *public.trim_end().splitn(3, ' ').collect::<Vec<_>>() else { panic!("{public}") };
    assert_eq!(comment, "EXAMPLE KEY - PUBLIC - NEVER TRUST");
    let line = format!("example@openness.invalid namespaces=\"openness@v1\" {kind} {key}\n");
    assert_eq!(keys("allowed_signers"), line);
    let secret = keyfile::parse(&keys("example_key"), "example_key", &mut |_| panic!("it has no passphrase")).unwrap();
    assert_eq!(secret.public().to_openssh("").trim_end(), format!("{kind} {key}"));
}

#[test]
fn signing_the_tiny_model_again_gives_the_same_bytes() {
    let release = example("tiny-lm");
    let signers = example("keys/allowed_signers");
    let env = TestEnv::new();
    let report = env.openness(["verify", "--allowed-signers", signers.to_str().unwrap(), release.to_str().unwrap()]);
    assert_eq!(report.status, 0, "run examples/sign: {}", report.out);

    let again = env.path("tiny-lm");
    copy(&release, &again);
    env.write("key", fs::read(example("keys/example_key")).unwrap());
    #[cfg(unix)]
    env.set_mode("key", 0o600);
    let statement: Value = json(&release.join(".openness/statement.json"));
    let created = statement["predicate"]["created"].as_str().unwrap();
    env.openness(["sign", "--key", "key", "--created", created, "tiny-lm"]).expect(0);
    for name in [
        "statement.json",
        "SHA256SUMS",
        "signatures/79d61d60559e86e1.sshsig",
        "signatures/79d61d60559e86e1.sigstore.json",
    ] {
        let [ours, theirs] = [&again, &release].map(|at| fs::read(at.join(".openness").join(name)).unwrap());
        assert!(ours == theirs, "`{name}` is another");
    }
}
