//! Transparency log proofs. `tests/oracles/verify_scripts/tlog.py`, which needs Python and `openssl`, simulates the log
//! and its witnesses.

use std::cell::RefCell;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::common::env::{MANIFEST, Output, TestEnv, reasons};
use crate::common::tools::has;

/// 2026-11-22T00:00:00Z, the time of the signed commit.
const DAY: i64 = 1_795_305_600;
const ORIGIN: &str = "log.example/models";

/// A signed release, a log and three witnesses.
struct Logs {
    env: TestEnv,
    /// The verifier key of the log.
    log: String,
    /// The verifier keys of the witnesses.
    witnesses: Vec<String>,
    /// The number of calls of `expect_proof`.
    checked: RefCell<usize>,
}

impl Logs {
    fn new() -> Option<Self> {
        if !["python3", "openssl", "base64", "sed", "sh"].iter().all(|tool| has(tool)) {
            return None;
        }
        let mut logs =
            Self { env: TestEnv::signed(), log: String::new(), witnesses: Vec::new(), checked: RefCell::new(0) };
        for name in ["log", "w1", "w2", "w3", "other"] {
            let key = ["genpkey", "-algorithm", "ed25519", "-out", name];
            assert!(logs.env.command("openssl").args(key).status().unwrap().success());
        }
        logs.log = logs.vkey(ORIGIN, "1", "log");
        logs.witnesses = ["w1", "w2", "w3"].map(|name| logs.vkey(&format!("{name}.example"), "4", name)).to_vec();
        logs.entry();
        Some(logs)
    }

    fn python(&self, arguments: &[&str]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/verify_scripts/tlog.py");
        self.env.command("python3").arg(script).args(arguments).output().unwrap().into()
    }

    fn vkey(&self, name: &str, kind: &str, key: &str) -> String {
        self.python(&["vkey", name, kind, key]).expect(0).out.trim().to_owned()
    }

    /// Writes the log entry with the command that the README gives.
    fn entry(&self) {
        let script = "sed '1d;$d' lm/.openness/signatures/*.sshsig | base64 -d > entry";
        assert!(self.env.command("sh").args(["-c", script]).status().unwrap().success());
    }

    /// Returns a proof with two of the three witnesses; `more` are options of the script.
    fn proof(&self, more: &[&str]) -> String {
        let (first, second) = ((DAY + 60).to_string(), (DAY + 120).to_string());
        let mut arguments = vec!["prove", "entry", "5", "13", ORIGIN, "log"];
        arguments.extend(["--witness", "w1.example", "w1", &first, "--witness", "w2.example", "w2", &second]);
        arguments.extend(more);
        self.python(&arguments).expect(0).out
    }

    fn place(&self, proof: &str) {
        let path = self.env.signature("lm", ".sshsig");
        fs::write(path.with_extension("tlog-proof"), proof).unwrap();
    }

    fn verify(&self, more: &[&str]) -> Output {
        let mut command = self.env.program();
        command.args(["verify", "lm", "--key", "key.pub", "--format", "json"]).args(more).output().unwrap().into()
    }

    /// Returns the flags for the log and all witnesses, two of which are required.
    fn two_of_three(&self) -> Vec<&str> {
        let mut flags = vec!["--log", self.log.as_str(), "--witness-threshold", "2"];
        flags.extend(self.witnesses.iter().flat_map(|key| ["--witness", key.as_str()]));
        flags
    }

    /// Places a proof, checks its status and reason, and returns its part of the report.
    #[track_caller]
    fn expect_proof(&self, proof: &str, expected: &str, words: &str) -> Value {
        self.place(proof);
        let (optional, required) = (self.verify(&self.two_of_three()), {
            let flags = [self.two_of_three(), vec!["--require-tlog-proof"]].concat();
            self.verify(&flags)
        });
        let found = optional.json()["tlog"][0].clone();
        assert_eq!(found["status"], expected, "{words}: {found}");
        assert!(found["detail"].as_str().unwrap().contains(words), "{words}: {found}");
        let expected_reasons: &[&str] = if expected == "bad" { &["bad-signature"] } else { &[] };
        assert_eq!(reasons(&optional), expected_reasons, "{words}");
        assert_eq!(required.status == 0, expected == "good", "{words}: {required:?}");
        assert_eq!(reasons(&required).contains(&"policy".to_owned()), expected != "good", "{words}");
        *self.checked.borrow_mut() += 1;
        found
    }
}

#[test]
fn a_proof_is_attached_and_verified() {
    let Some(logs) = Logs::new() else { return };
    logs.env.write("proof", logs.proof(&["--extra", "anything", "--extension", "an extension"]));
    let attach = ["sign", "lm", "--tlog-proof", "proof"];
    let ran = logs.env.openness(attach).expect(0);
    assert!(ran.out.contains("log.example/models, entry 5 of 13"), "{ran:?}");
    assert!(ran.err.contains("the log's own signature was not checked"), "{ran:?}");
    let ran = logs.env.openness(["sign", "lm", "--tlog-proof", "proof", "--log", &logs.log]).expect(0);
    assert!(!ran.err.contains("the log's own signature was not checked"), "{ran:?}");
    // The script that made the proof also verifies it, independently of this program.
    let mut check = logs.env.command("python3");
    check
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/verify_scripts/tlog.py"))
        .args(["check", "entry"]);
    let mut child = check.arg(&logs.log).args(&logs.witnesses[..2]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&logs.env.read("proof")).unwrap();
    assert!(child.wait().unwrap().success());

    // Without a trusted log, the report only says that there is a proof.
    let found = logs.verify(&[]).expect(0).json()["tlog"][0].clone();
    assert_eq!((&found["status"], &found["not_later_than"]), (&Value::from("unchecked"), &Value::Null));
    let found = logs.verify(&["--log", &logs.log, "--require-tlog-proof"]).expect(0).json()["tlog"][0].clone();
    assert_eq!((&found["status"], &found["not_later_than"]), (&Value::from("good"), &Value::Null));
    let required = [logs.two_of_three(), vec!["--require-tlog-proof"]].concat();
    logs.env.write("policy.toml", "policy = 1\n[evidence]\ntlog-proof = true\n");
    logs.verify(&[logs.two_of_three(), vec!["--policy", "policy.toml"]].concat()).expect(0);
    let ran = logs.verify(&["--policy", "policy.toml"]).expect(1);
    assert!(ran.json()["policy"][0].as_str().unwrap().contains("no trusted signature is proved"), "{ran:?}");
    let found = logs.verify(&required).expect(0).json()["tlog"][0].clone();
    assert_eq!((&found["origin"], &found["index"], &found["size"]), (&ORIGIN.into(), &5.into(), &13.into()));
    assert_eq!(found["witnesses"][0], serde_json::json!({"name": "w1.example", "time": "2026-11-22T00:01:00Z"}));
    // Two are required: the later time is right even if one of them lies.
    assert_eq!(found["not_later_than"], "2026-11-22T00:02:00Z");
    let mut people = logs.env.program();
    let ran =
        Output::from(people.args(["verify", "lm", "--key", "key.pub"]).args(&required).output().unwrap()).expect(0);
    assert!(ran.out.contains("logged  log.example/models, entry 5 of 13, by 2026-11-22T00:02:00Z"), "{}", ran.out);
    assert!(ran.out.contains("had seen the signature by\n  2026-11-22T00:02:00Z."), "{}", ran.out);

    // In a commit, and with CRLF line endings.
    logs.env.commit("lm");
    logs.verify(&[required.clone(), vec!["--rev", "HEAD"]].concat()).expect(0);
    logs.place(&logs.proof(&[]).replace('\n', "\r\n"));
    logs.verify(&required).expect(0);
    // With keys and policies in files.
    logs.env.write("witnesses", format!("# mine\n\n{}\n{}\n", logs.witnesses[0], logs.witnesses[1]));
    logs.verify(&["--log", &logs.log, "--witness", "witnesses", "--require-tlog-proof"]).expect(0);
    logs.env.write(
        "policy",
        format!(
            "log {}\nwitness a {}\nwitness b {} https://b.example/\nwitness c {}\ngroup two 2 a b c\nquorum two\n",
            logs.log, logs.witnesses[0], logs.witnesses[1], logs.witnesses[2]
        ),
    );
    logs.verify(&["--tlog-policy", "policy", "--require-tlog-proof"]).expect(0);
    logs.env.write("policy", String::from_utf8(logs.env.read("policy")).unwrap().replace("two 2", "two all"));
    assert_eq!(reasons(&logs.verify(&["--tlog-policy", "policy", "--require-tlog-proof"]).expect(1)), ["policy"]);
}

#[test]
fn every_entry_of_every_small_log_can_be_proved() {
    let Some(logs) = Logs::new() else { return };
    for (index, size) in [(0, 1), (0, 2), (1, 2), (2, 3), (4, 5), (0, 7), (6, 7), (7, 8), (8, 9), (63, 100), (99, 100)]
    {
        let (index, size) = (index.to_string(), size.to_string());
        logs.place(&logs.python(&["prove", "entry", &index, &size, ORIGIN, "log"]).expect(0).out);
        let found = logs.verify(&["--log", &logs.log, "--require-tlog-proof"]);
        assert_eq!(found.status, 0, "{index} of {size}: {found:?}");
    }
}

#[test]
fn a_failing_proof_says_what_it_does_not_prove() {
    let Some(logs) = Logs::new() else { return };
    let good = logs.proof(&[]);
    logs.expect_proof(&good, "good", "and witnesses have cosigned it");
    let line = |start: &str| good.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
    let (log, w1, w2) = (line("— log"), line("— w1"), line("— w2"));
    let damaged = |line: &str| {
        // The tenth character from the end is inside the signature, and all of its bits count.
        let at = line.len() - 10;
        let other = if line.as_bytes()[at] == b'A' { "B" } else { "A" };
        format!("{}{other}{}", &line[..at], &line[at + 1..])
    };
    let hashes: Vec<&str> = good.lines().skip(2).take_while(|line| !line.is_empty()).collect();
    let root = good.lines().nth(hashes.len() + 5).unwrap();
    let swapped =
        good.replace(hashes[0], "x").replace(hashes[1], hashes[0]).replace("x\n", &format!("{}\n", hashes[1]));

    logs.expect_proof(&good.replace("index 5", "index 4"), "bad", "does not lead from this signature");
    logs.expect_proof(&good.replace("index 5", "index 13"), "bad", "outside the log");
    logs.expect_proof(&swapped, "bad", "does not lead from this signature");
    logs.expect_proof(&good.replace(&format!("{}\n", hashes[0]), ""), "bad", "too short");
    logs.expect_proof(&good.replace(hashes[0], &format!("{}\n{}", hashes[0], hashes[0])), "bad", "too long");
    logs.expect_proof(&good.replace(root, hashes[0]), "bad", "does not lead from this signature");
    let invalid = "the signature of the log `log.example/models` is invalid";
    logs.expect_proof(&good.replace("\n13\n", "\n14\n"), "bad", invalid);
    logs.expect_proof(&good.replace(&log, &damaged(&log)), "bad", invalid);
    logs.expect_proof(&good.replace(&w1, &damaged(&w1)), "bad", "the cosignature of `w1.example` is invalid");
    let unsigned = "its checkpoint is not signed by the key that you trust for the log `log.example/models`";
    logs.expect_proof(&good.replace(&format!("{log}\n"), ""), "unknown-log", unsigned);
    let one = "not enough of your witnesses have cosigned: 1";
    logs.expect_proof(&good.replace(&format!("{w2}\n"), ""), "too-few-witnesses", one);
    // The same witness twice is one witness.
    logs.expect_proof(&good.replace(&w2, &w1), "too-few-witnesses", one);
    // A cosignature under another name is not by a known witness.
    logs.expect_proof(&good.replace("— w2.example", "— w3.example"), "too-few-witnesses", one);
    logs.expect_proof(&good.replace("— w2.example", "— w4.example"), "too-few-witnesses", one);
    // By a witness whose clock is far ahead.
    let ahead = logs.python(&[
        "prove",
        "entry",
        "5",
        "13",
        ORIGIN,
        "log",
        "--witness",
        "w1.example",
        "w1",
        "7",
        "--witness",
        "w2.example",
        "w2",
        "4102444800",
    ]);
    logs.expect_proof(&ahead.expect(0).out, "too-few-witnesses", one);
    // From another log.
    let elsewhere = logs.python(&["prove", "entry", "0", "1", "log.example/other", "log"]).expect(0).out;
    logs.expect_proof(&elsewhere, "unknown-log", "from the log `log.example/other`, which you do not trust");
    let imposter = logs.python(&["prove", "entry", "0", "1", ORIGIN, "other"]).expect(0).out;
    logs.expect_proof(&imposter, "unknown-log", unsigned);
    // For another entry.
    logs.env.write("entry", "something else");
    logs.expect_proof(&logs.proof(&[]), "bad", "does not lead from this signature");
    logs.entry();
    // Not in the format of the specification.
    logs.expect_proof(&good.replace("@v1", "@v2"), "bad", "its first line is not");
    logs.expect_proof(&good.replace("index 5", "index 05"), "bad", "no `index`");
    logs.expect_proof(&good.replace("— w1.example ", "— w1.example  "), "bad", "malformed signature line");
    logs.expect_proof(&format!("{good}\n"), "bad", "signature line");
    logs.expect_proof("", "bad", "no empty line");
    logs.expect_proof(&"x".repeat(300 << 10), "bad", "it is too large");

    // Unknown lines are ignored.
    let ml_dsa = format!("— w1.example {}", "q".repeat(3236));
    let unknown = ["--line", "— unknown.example AAAAAAA=", "--line", &ml_dsa, "--extension", "one", "--extra", "two"];
    let more = logs.proof(&unknown);
    logs.expect_proof(&more, "good", "");
    logs.expect_proof(&more.replace("\none\n", "\nother\n"), "bad", "is invalid");
    // Extra data is not authenticated, and has no effect.
    logs.expect_proof(&more.replace("extra dHdv", "extra b25l"), "good", "");
    logs.expect_proof(&logs.proof(&["--witness", "w3.example", "w3", "1"]), "good", "");
    assert_eq!(*logs.checked.borrow(), 29, "the table has shrunk");
}

#[test]
fn a_proof_without_its_signature_proves_nothing() {
    let Some(logs) = Logs::new() else { return };
    logs.env.write("lm/.openness/signatures/0.tlog-proof", logs.proof(&[]));
    // Anyone could have put it there, so it counts neither way next to a good signature.
    let ran = logs.verify(&logs.two_of_three()).expect(0);
    let required = [logs.two_of_three(), vec!["--require-tlog-proof"]].concat();
    assert_eq!(reasons(&logs.verify(&required).expect(1)), ["policy"]);
    assert!(ran.json()["tlog"][0]["detail"].as_str().unwrap().contains("0.sshsig`, is missing"), "{ran:?}");
    fs::remove_file(logs.env.path("lm/.openness/signatures/0.tlog-proof")).unwrap();
    // A good proof of an untrusted signature does not count.
    logs.place(&logs.proof(&[]));
    logs.env.openness(["key", "generate", "--no-passphrase", "--output", "second"]).expect(0);
    logs.env.openness(["sign", "lm", "--statement", "lm/.openness/statement.json", "--key", "second"]).expect(0);
    let mut by_second = logs.env.program();
    by_second.args(["verify", "lm", "--key", "second.pub", "--format", "json", "--log", &logs.log]);
    Output::from(by_second.output().unwrap()).expect(0);
    let ran = Output::from(by_second.arg("--require-tlog-proof").output().unwrap()).expect(1);
    assert_eq!(reasons(&ran), ["policy"]);
    assert!(ran.out.contains("the signature is not by a trusted key"), "{ran:?}");
    // Elsewhere in `.openness/`, a file with such a name is an unsigned file.
    logs.env.write("lm/.openness/x.tlog-proof", logs.proof(&[]));
    assert_eq!(reasons(&logs.verify(&[]).expect(1)), ["unsigned-files"]);
}

#[test]
fn an_expired_key_can_be_checked_at_the_witnessed_time() {
    let Some(logs) = Logs::new() else { return };
    logs.place(&logs.proof(&[]));
    let key = fs::read_to_string(logs.env.path("key.pub")).unwrap();
    logs.env.write("allowed", format!("lab valid-before=\"20261123Z\" {key}"));
    let verify = |time: &str| -> Output {
        let mut command = logs.env.program();
        command.args(["verify", "lm", "--allowed-signers", "allowed", "--format", "json", "--require-tlog-proof"]);
        command.args(logs.two_of_three()).args(["--verify-time", time]).output().unwrap().into()
    };
    let ran = verify("2030-01-01").expect(1);
    assert_eq!(reasons(&ran), ["expired-key", "policy"]);
    assert!(ran.out.contains("`--verify-time 2026-11-22T00:02:00Z` checks the key as of that time"), "{ran:?}");
    verify("2026-11-22T00:02:00Z").expect(0);
    // A revoked key is never suggested to be checked at an earlier time.
    let mut command = logs.env.program();
    command.args(["verify", "lm", "--key", "key.pub", "--revoked", "key.pub"]).args(logs.two_of_three());
    let ran = Output::from(command.output().unwrap()).expect(1);
    assert!(!ran.out.contains("--verify-time"), "{ran:?}");
}

#[test]
fn a_proof_is_stored_next_to_its_signature() {
    let Some(logs) = Logs::new() else { return };
    logs.place(&logs.proof(&[]));
    let path = logs.env.signature("lm", ".tlog-proof");
    logs.env.commit("lm");
    // The same statement and key give the same signature.
    logs.env.openness(["sign", "lm", "--key", "key", "--rev", "HEAD~2"]).expect(0);
    assert!(path.exists());
    logs.env.write("lm/OPENNESS.toml", MANIFEST.replace("sequence = 3", "sequence = 4"));
    logs.env.commit("lm");
    logs.env.openness(["sign", "lm", "--key", "key"]).expect(0);
    assert!(!path.exists());
    logs.verify(&[]).expect(0);
    // The old proof cannot be attached to the new signature either.
    logs.env.write("proof", logs.proof(&[]));
    let ran = logs.env.openness(["sign", "lm", "--tlog-proof", "proof"]).expect(2);
    assert!(ran.err.contains("the proof `proof` does not match any signature in `lm/.openness`"), "{ran:?}");
    assert!(!path.exists());
}

#[test]
fn contradictory_log_flags_are_refused() {
    let Some(logs) = Logs::new() else { return };
    let log = logs.log.as_str();
    let w1 = logs.witnesses[0].as_str();
    let as_witness = logs.vkey("w1.example", "1", "w1");
    let renamed = logs.vkey("w9.example", "4", "w1");
    let wrong_id = log.replace(&log[ORIGIN.len() + 1..ORIGIN.len() + 9], "00000000");
    for (flags, words) in [
        (vec!["--require-tlog-proof"], "`--require-tlog-proof` needs a log to trust"),
        (vec!["--witness", w1], "--log"),
        (vec!["--log", log, "--witness-threshold", "1"], "--witness"),
        (
            vec!["--log", log, "--witness", w1, "--witness-threshold", "2"],
            "needs 2 witnesses, but only 1 is configured",
        ),
        (
            vec!["--log", log, "--witness", w1, "--witness-threshold", "0"],
            "`--witness-threshold 0` requires no witness",
        ),
        (vec!["--log", log, "--log", log], "is given twice"),
        (vec!["--log", log, "--witness", w1, "--witness", w1], "is given twice"),
        (vec!["--log", log, "--witness", w1, "--witness", &renamed], "is given twice"),
        (vec!["--log", log, "--witness", &as_witness], "its signature type is 0x01; witnesses need keys of type 0x04"),
        (vec!["--log", &wrong_id], "its key id is `00000000`"),
        (vec!["--log", "absent"], "cannot read `absent`"),
        (vec!["--log", "key.pub"], "is not a usable verifier key"),
        (vec!["--log", log, "--tlog-policy", "key.pub"], "cannot be used with"),
        (vec!["--tlog-policy", "key.pub"], "line 1: expected `log VKEY"),
    ] {
        let ran = logs.verify(&flags).expect(2);
        assert!(ran.err.contains(words), "{flags:?}: {ran:?}");
    }
    let sign = logs.env.openness(["sign", "lm", "--key", "key", "--log", log]).expect(2);
    assert!(sign.err.contains("--tlog-proof FILE"), "{sign:?}");
    logs.env.write("garbage", "not a proof");
    let sign = logs.env.openness(["sign", "lm", "--tlog-proof", "garbage"]).expect(2);
    assert!(sign.err.contains("the proof cannot be read"), "{sign:?}");
    logs.env.write("proof", logs.proof(&[]));
    let other = logs.vkey("log.example/other", "1", "other");
    let sign = logs.env.openness(["sign", "lm", "--tlog-proof", "proof", "--log", &other]).expect(1);
    assert!(sign.out.contains("not attached: it is from the log"), "{sign:?}");
}
