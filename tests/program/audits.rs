//! `audit`: one row for each target whatever is wrong with it, the same bytes however often they are written, and a
//! run that goes on where another ended.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use openness::audit::{FindingRow, Row, Status, read_findings, read_rows, taxonomies};
use serde_json::Value;

use crate::common::ecdsa;
use crate::common::env::{MANIFEST, Output, TestEnv};

const TIME: &str = "2026-11-30T00:00:00Z";

/// Releases of every status, below `models/`.
fn models() -> TestEnv {
    let env = TestEnv::signed();
    env.git("", ["clone", "-q", "--bare", "lm", "mirror.git"]);
    let plain = |name: &str| {
        env.git("", ["clone", "-q", "lm", &format!("models/{name}")]);
        fs::remove_dir_all(env.path(&format!("models/{name}/.git"))).unwrap();
    };
    for name in ["good", "tampered", "unsigned", "broken", "none", "foreign"] {
        plain(name);
    }
    env.write("models/tampered/weights/a.safetensors", "other w a");
    for name in ["unsigned", "broken", "none"] {
        fs::remove_dir_all(env.path(&format!("models/{name}/.openness"))).unwrap();
    }
    env.write("models/broken/OPENNESS.toml", "schema = 1\n[model\n");
    fs::remove_file(env.path("models/none/OPENNESS.toml")).unwrap();
    env.add_key("other");
    fs::remove_dir_all(env.path("models/foreign/.openness")).unwrap();
    env.openness(["sign", "models/foreign", "--key", "other", "--created", TIME]).expect(0);
    env
}

fn audit(env: &TestEnv, arguments: &[&str]) -> Output {
    let common = ["audit", "--verify-time", TIME, "--key", "key.pub"];
    env.openness([&common[..], arguments].concat())
}

fn parts(env: &TestEnv, table: &str) -> Vec<std::path::PathBuf> {
    let mut parts: Vec<_> = fs::read_dir(env.path(table)).unwrap().map(|entry| entry.unwrap().path()).collect();
    parts.sort();
    parts
}

fn rows(env: &TestEnv, out: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for part in parts(env, &format!("{out}/rows")) {
        read_rows(&part, &taxonomies(), |row| rows.push(row)).unwrap();
    }
    rows
}

fn findings(env: &TestEnv, out: &str) -> Vec<FindingRow> {
    let mut findings = Vec::new();
    for part in parts(env, &format!("{out}/findings")) {
        read_findings(&part, |finding| findings.push(finding)).unwrap();
    }
    findings
}

/// Every file of an output but what depends on the clock.
fn contents(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(directory).unwrap().to_str().unwrap().replace('\\', "/");
            match path.is_dir() {
                true => open.push(path),
                false if name != "metrics.json" => drop(found.insert(name, fs::read(path).unwrap())),
                false => {}
            }
        }
    }
    found
}

#[test]
fn each_target_is_a_row_with_what_verify_and_check_say() {
    let env = models();
    let ran = audit(&env, &["models/*", "mirror.git", "git:lm@main", "gone", "--out", "out"]).expect(0);
    assert!(ran.out.contains("audited 9 targets"), "{ran:#?}");
    let rows = rows(&env, "out");
    let status = |target: &str| rows.iter().find(|row| row.target == target).unwrap();
    for (target, expected, reasons) in [
        ("gone", Status::CouldNotRead, &["not-found"][..]),
        ("git:lm@main", Status::Verified, &[]),
        ("mirror.git", Status::Verified, &[]),
        ("models/broken", Status::InvalidManifest, &[]),
        ("models/foreign", Status::NotVerified, &["untrusted-key"]),
        ("models/good", Status::Verified, &[]),
        ("models/none", Status::NoManifest, &[]),
        ("models/tampered", Status::NotVerified, &["content-mismatch"]),
        ("models/unsigned", Status::Unsigned, &[]),
    ] {
        let row = status(target);
        assert_eq!(
            (row.status, row.reasons.iter().map(String::as_str).collect::<Vec<_>>()),
            (expected, reasons.to_vec())
        );
    }
    assert_eq!(rows.len(), 9);
    let targets: Vec<&str> = rows.iter().map(|row| row.target.as_str()).collect();
    assert!(targets.is_sorted(), "{targets:?}");
    // The same as the commands for one release.
    for target in ["models/good", "models/tampered", "models/foreign"] {
        let row = status(target);
        let json =
            env.openness(["verify", target, "--key", "key.pub", "--verify-time", TIME, "--format", "json"]).json();
        let reasons: Vec<&str> =
            json["reasons"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        assert_eq!(row.reasons, reasons, "{target}");
        assert_eq!(row.status == Status::Verified, json["verdict"] == "verified", "{target}");
        let hex: String = row.statement_sha256.unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(json["statement"]["sha256"], Value::from(hex), "{target}");
        let keys: Vec<&str> =
            json["signatures"].as_array().unwrap().iter().filter_map(|signature| signature["key"].as_str()).collect();
        assert!(row.signers.iter().all(|signer| keys.contains(&signer.as_str())) && row.signers.len() == 1, "{row:?}");
        for (taxonomy, verdict) in taxonomies().iter().zip(&row.verdicts) {
            let evaluation = json["evaluations"].as_array().unwrap().iter().find(|one| one["taxonomy"] == **taxonomy);
            let Some(word) = evaluation.and_then(|one| one["verdict"].as_str()) else { continue };
            assert_eq!(verdict.as_deref(), Some(word), "{target} {taxonomy}");
        }
    }
    let all = findings(&env, "out");
    for target in ["models/good", "models/broken", "models/unsigned"] {
        let json = env.openness(["check", target, "--format", "json"]).json();
        let expected: Vec<(&str, u64, &str)> = json["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                let line = one["span"]["start"]["line"].as_u64().unwrap();
                (one["code"].as_str().unwrap(), line, one["message"].as_str().unwrap())
            })
            .collect();
        let found = all.iter().filter(|finding| finding.target == target);
        let found: Vec<_> =
            found.map(|one| (one.code.as_str(), u64::try_from(one.line).unwrap(), one.message.as_str())).collect();
        assert_eq!(found, expected, "{target}");
        assert_eq!(
            u64::try_from(status(target).errors).unwrap(),
            json["summary"]["errors"].as_u64().unwrap(),
            "{target}"
        );
    }
    assert_eq!(status("git:lm@main").revision.as_deref(), Some(env.git("lm", ["rev-parse", "main"]).trim()));
}

#[test]
fn without_reading_weights_a_changed_one_is_not_noticed_and_nothing_is_verified() {
    let env = models();
    audit(&env, &["models/*", "--check-only", "--out", "out"]).expect(0);
    let rows = rows(&env, "out");
    let status = |target: &str| rows.iter().find(|row| row.target == target).unwrap().status;
    assert_eq!(status("models/good"), Status::NotCompared);
    assert_eq!(status("models/tampered"), Status::NotCompared);
    assert_eq!(status("models/foreign"), Status::NotVerified);
    assert_eq!(status("models/unsigned"), Status::Unsigned);
    assert!(rows.iter().all(|row| row.status != Status::Verified));
}

#[test]
fn the_bytes_depend_on_the_targets_and_settings_alone() {
    let env = models();
    let all = ["models/*", "mirror.git", "gone", "--shard-size", "3"];
    audit(&env, &[&all[..], &["--threads", "1", "--out", "one"]].concat()).expect(0);
    // In another order, some twice, with more workers.
    let list = "gone\nmodels/unsigned\n\nmodels/good\nmodels/unsigned\r\nmirror.git\n";
    env.write("list", list);
    let other = ["--targets", "list", "models/*", "--shard-size", "3", "--threads", "3", "--out", "two"];
    let ran = audit(&env, &other).expect(0);
    assert!(ran.err.contains("3 targets are named more than once"), "{ran:#?}");
    assert_eq!(contents(&env.path("one")), contents(&env.path("two")));
    assert_eq!(parts(&env, "one/rows").len(), 3);
    // Again into the same output: nothing is done twice.
    let before = contents(&env.path("one"));
    audit(&env, &[&all[..], &["--out", "one"]].concat()).expect(0);
    assert_eq!(contents(&env.path("one")), before);
    let metrics: Value = serde_json::from_str(&env.read_text("one/metrics.json")).unwrap();
    assert_eq!((&metrics["resumed"], &metrics["targets"]), (&Value::from(8), &Value::from(8)));
    // What is missing or was left is mended.
    fs::remove_file(&parts(&env, "one/findings")[1]).unwrap();
    fs::remove_file(env.path("one/done/00000002.json")).unwrap();
    fs::remove_file(env.path("one/_MANIFEST.json")).unwrap();
    env.write("one/tmp/part-left.tmp", "half");
    env.openness(["audit", "--out", "one", "--key", "key.pub", "--shard-size", "3"]).expect(0);
    assert_eq!(contents(&env.path("one")), before);
}

/// Does one task, as an engine would.
fn do_task(env: &TestEnv, task: &str, out: &str) -> Output {
    env.write("task", task);
    let input = fs::File::open(env.path("task")).unwrap();
    env.program().args(["audit", "task", "--out", out]).stdin(input).output().unwrap().into()
}

#[test]
fn tasks_that_are_done_twice_and_in_any_order_are_the_same_audit() {
    let env = models();
    let all = ["models/*", "mirror.git", "gone", "--shard-size", "3", "--out"];
    audit(&env, &[&all[..], &["whole"]].concat()).expect(0);
    let plan = [&all[..], &["parts", "--plan"]].concat();
    let planned = audit(&env, &plan).expect(0).out;
    let tasks: Vec<&str> = planned.lines().collect();
    assert_eq!(tasks.len(), 3);
    for task in tasks.iter().rev().chain(&tasks) {
        let done: Value = serde_json::from_str(&do_task(&env, task, "parts").expect(0).out).unwrap();
        let shard = format!("parts/done/{:08}.json", done["shard"].as_u64().unwrap());
        assert_eq!(done, serde_json::from_str::<Value>(&env.read_text(&shard)).unwrap());
    }
    assert!(!env.path("parts/_MANIFEST.json").exists());
    assert_eq!(audit(&env, &plan).expect(0).out, "", "none is left");
    // What an engine lost is done when the run is completed.
    fs::remove_file(env.path("parts/done/00000001.json")).unwrap();
    assert_eq!(audit(&env, &plan).expect(0).out.trim_end(), tasks[1]);
    audit(&env, &[&all[..], &["parts"]].concat()).expect(0);
    assert_eq!(contents(&env.path("whole")), contents(&env.path("parts")));
    // Tasks of something else.
    for (task, out, words) in [
        (tasks[0].to_owned(), "none", "`none` does not contain an audit"),
        (tasks[0].replace("\"program\":\"openness ", "\"program\":\"openness 9"), "parts", "the same version"),
        (
            tasks[0].replace("\"mode\":\"verify\",\"at\"", "\"mode\":\"check-only\",\"at\""),
            "parts",
            "other settings than its run",
        ),
        (tasks[0].replace("\"shardSize\":3", "\"shardSize\":4"), "parts", "another run"),
        ("{}".to_owned(), "parts", "not a task"),
    ] {
        let ran = do_task(&env, &task, out).expect(2);
        assert!(ran.err.contains(words), "{ran:#?}");
    }
    assert_eq!(contents(&env.path("whole")), contents(&env.path("parts")));
}

#[test]
fn every_form_of_the_output_is_valid_by_its_schema() {
    let env = models();
    audit(&env, &["models/*", "--out", "out", "--shard-size", "4"]).expect(0);
    for (name, file) in [
        ("audit-run", "out/_RUN.json"),
        ("audit-manifest", "out/_MANIFEST.json"),
        ("audit-done", "out/done/00000001.json"),
        ("audit-metrics", "out/metrics.json"),
    ] {
        let schema = env.openness(["schema", name]).expect(0).json();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let mut written: Value = serde_json::from_str(&env.read_text(file)).unwrap();
        let errors: Vec<String> = validator.iter_errors(&written).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{file}: {errors:?}");
        written["version"] = 2.into();
        assert!(!validator.is_valid(&written), "{file}");
    }
}

#[test]
fn an_output_of_another_run_is_refused_and_left_alone() {
    let env = models();
    audit(&env, &["models/good", "--out", "out"]).expect(0);
    let before = contents(&env.path("out"));
    for (arguments, words) in [
        (&["models/none"][..], "other targets"),
        (&["models/good", "--shard-size", "2"], "shard size"),
        (&["models/good", "--check-only"], "other settings"),
        (&["models/good", "--max-files", "7"], "other settings"),
    ] {
        let ran = audit(&env, &[arguments, &["--out", "out"]].concat()).expect(2);
        assert!(ran.err.contains("another run") && ran.err.contains(words), "{ran:#?}");
    }
    let later = ["audit", "models/good", "--key", "key.pub", "--out", "out", "--verify-time", "2026-12-01"];
    assert!(env.openness(later).expect(2).err.contains("its time is"));
    assert_eq!(contents(&env.path("out")), before);
    env.write("busy/notes.txt", "mine");
    let ran = audit(&env, &["models/good", "--out", "busy"]).expect(2);
    assert!(ran.err.contains("`notes.txt`"), "{ran:#?}");
    assert_eq!(contents(&env.path("busy")).len(), 1);
    // A version that wrote something else.
    env.write("out/_RUN.json", env.read_text("out/_RUN.json").replace("\"openness ", "\"openness 99."));
    assert!(audit(&env, &["models/good", "--out", "out"]).expect(2).err.contains("its program is"));
}

#[test]
fn ecdsa_keys_of_allowed_signers_count_for_bundles() {
    let env = ecdsa::model();
    env.openness(["sign", "m", "--oms", "--key", "ec/p256.pem"]).expect(0);
    let pem = openness::sign::EcdsaPublicKey::parse(&env.read_text("ec/p256.pub.pem")).unwrap();
    let line = |options: &str| format!("lab@example.org {options}{}\n", pem.to_openssh());
    for (options, status) in [("", Status::Verified), ("valid-before=\"20200101Z\" ", Status::NotVerified)] {
        let (list, out) = (format!("list{}", options.len()), format!("out{}", options.len()));
        env.write(&list, line(options));
        let arguments = ["audit", "--verify-time", TIME, "--allowed-signers", &list, "m", "--out", &out];
        let ran = env.openness(arguments);
        assert_eq!(rows(&env, &out)[0].status, status, "{options}: {ran:#?}");
    }
}

#[test]
fn wrong_arguments_are_refused_before_anything_is_written() {
    let env = models();
    env.write("empty", "\n");
    env.write("key-as-list", env.read("key.pub"));
    for (arguments, words) in [
        (&[][..], "no target is named"),
        (&["--targets", "empty"], "the list of targets is empty"),
        (&["--targets", "none"], "cannot read `none`"),
        (&["no/such-*"], "matches nothing"),
        (&["models/good", "--targets", "list.parquet"], "cannot read targets"),
        (&["models/good", "--check-only", "--policy", "p"], "cannot be used with"),
        (&["models/good", "--allowed-signers", "key-as-list"], "is a public key"),
    ] {
        let ran = audit(&env, &[arguments, &["--out", "out"]].concat()).expect(2);
        assert!(ran.err.contains(words), "{ran:#?}");
        assert!(!env.path("out").exists(), "{arguments:?}");
    }
}

#[test]
fn a_bucket_as_the_output_is_refused_with_advice() {
    let env = models();
    for (url, directory) in [("s3://bucket/out", "s3:"), ("gs://bucket", "gs:"), ("hf:org/name@main", "hf:org")] {
        for extra in [&[][..], &["--plan"]] {
            let ran = audit(&env, &[&["models/good", "--out", url], extra].concat()).expect(2);
            assert!(
                ran.err.contains(&format!("cannot write into `{url}`: an audit writes into a directory")),
                "{ran:#?}"
            );
            assert!(ran.err.contains("copy it when the audit is complete"), "{ran:#?}");
            assert!(!env.path(directory).exists(), "{url}");
        }
    }
}

#[test]
fn findings_fail_only_if_asked_for() {
    let env = models();
    for (target, level, status) in [
        ("models/good", "error", 0),
        ("models/broken", "error", 1),
        ("models/good", "not-verified", 0),
        ("models/unsigned", "not-verified", 1),
    ] {
        let out = format!("out-{}-{level}", target.len());
        audit(&env, &[target, "--fail-on", level, "--out", &out]).expect(status);
        // Also when there is nothing left to do.
        audit(&env, &[target, "--fail-on", level, "--out", &out]).expect(status);
        audit(&env, &[target, "--out", &out]).expect(0);
    }
}

#[test]
fn targets_over_a_limit_are_rows() {
    let env = models();
    audit(&env, &["models/good", "--max-files", "3", "--out", "files"]).expect(0);
    audit(&env, &["models/good", "--max-bytes", "3", "--out", "bytes"]).expect(0);
    let reasons = |out| rows(&env, out).remove(0).reasons;
    assert_eq!(
        (reasons("files"), reasons("bytes")),
        (vec!["too-many-files".to_owned()], vec!["too-many-bytes".to_owned()])
    );
    audit(&env, &["models/good", "--max-files", "5", "--out", "enough"]).expect(0);
    assert_eq!(rows(&env, "enough")[0].status, Status::Verified);
}

/// The first worker of a driver that is running.
#[cfg(target_os = "linux")]
fn worker_of(driver: &std::process::Child) -> Option<String> {
    let tasks = fs::read_dir(format!("/proc/{}/task", driver.id())).ok()?;
    let children = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    children.filter_map(|pids| pids.split_whitespace().next().map(str::to_owned)).next()
}

#[cfg(target_os = "linux")]
#[test]
fn a_target_that_hangs_is_a_row_and_holds_up_no_other() {
    let env = models();
    let list: String = (0..500).map(|number| format!("models/good{}\n", "/.".repeat(number))).collect();
    env.write("list", list);
    let mut command = env.program();
    command.args(["audit", "--verify-time", TIME, "--key", "key.pub", "--targets", "list", "--out", "out"]);
    command.args(["--max-seconds", "2", "--threads", "1"]).stdout(Stdio::null());
    let mut driver = command.spawn().unwrap();
    let worker = loop {
        match worker_of(&driver) {
            Some(worker) => break worker,
            None => assert!(driver.try_wait().unwrap().is_none()),
        }
    };
    std::thread::sleep(Duration::from_millis(100));
    // As a target would that waits for something that never comes.
    assert!(env.command("kill").args(["-STOP", &worker]).status().unwrap().success());
    let start = Instant::now();
    assert!(driver.wait().unwrap().success());
    assert!(start.elapsed() < Duration::from_secs(60));
    let rows = rows(&env, "out");
    let hung: Vec<&Row> = rows.iter().filter(|row| row.status != Status::Verified).collect();
    assert_eq!((rows.len(), hung.len()), (500, 1));
    assert_eq!((hung[0].status, hung[0].reasons.as_slice()), (Status::CouldNotRead, &["time-limit".to_owned()][..]));
}

/// Every worker of a run is killed again and again.
#[cfg(target_os = "linux")]
#[test]
fn killed_workers_change_nothing() {
    let env = models();
    let list: String = (0..300)
        .map(|number| format!("models/./good{}\nmodels/tampered{}\n", "/.".repeat(number), "/.".repeat(number)))
        .collect();
    env.write("list", list);
    let arguments = ["--targets", "list", "--shard-size", "100", "--threads", "2", "--out"];
    audit(&env, &[&arguments[..], &["quiet"]].concat()).expect(0);
    let mut driver = env
        .program()
        .args(["audit", "--verify-time", TIME, "--key", "key.pub"])
        .args(arguments)
        .arg("killed")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Once for each shard that is done: a target that ends several workers in a row is given up, which a busy machine must not
    // turn a target into.
    let mut killed = 0;
    let mut seen = None;
    while driver.try_wait().unwrap().is_none() {
        let done = fs::read_dir(env.path("killed/done")).map_or(0, Iterator::count);
        if seen != Some(done)
            && let Some(worker) = worker_of(&driver)
        {
            killed += usize::from(env.command("kill").args(["-9", &worker]).status().unwrap().success());
            seen = Some(done);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(driver.wait().unwrap().success());
    assert!(killed > 0, "the run was too short");
    assert_eq!(contents(&env.path("quiet")), contents(&env.path("killed")));
}

/// The driver is killed at several moments, and the run goes on each time.
#[test]
fn a_killed_run_goes_on_and_ends_with_the_same_bytes() {
    let env = models();
    let list: String = (0..400).map(|number| format!("models/unsigned{}\n", "/.".repeat(number))).collect();
    env.write("list", list);
    let arguments = ["--targets", "list", "--shard-size", "40", "--threads", "2", "--out"];
    audit(&env, &[&arguments[..], &["quiet"]].concat()).expect(0);
    let mut ended = 0;
    for wait in [5, 40, 90, 150, 250, 400] {
        let mut driver = env
            .program()
            .args(["audit", "--verify-time", TIME, "--key", "key.pub"])
            .args(arguments)
            .arg("killed")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        ended += usize::from(driver.kill().is_ok());
        driver.wait().unwrap();
    }
    assert!(ended > 0);
    // Two programs go on at once.
    let mut both: Vec<_> = (0..2)
        .map(|_| {
            let mut command = env.program();
            command.args(["audit", "--verify-time", TIME, "--key", "key.pub"]).args(arguments).arg("killed");
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    assert!(both.iter_mut().all(|driver| driver.wait().unwrap().success()));
    assert_eq!(contents(&env.path("quiet")), contents(&env.path("killed")));
    assert_eq!(rows(&env, "killed").len(), 400);
}

#[test]
fn a_worker_answers_each_target_on_its_pipe() {
    let env = TestEnv::new();
    env.write("OPENNESS.toml", MANIFEST);
    // Without settings there is nothing to do.
    let ran: Output = env.program().arg("audit-worker").output().unwrap().into();
    assert_eq!((ran.status, ran.out.as_str()), (0, ""));
    env.write("in", "{}\n");
    let input = fs::File::open(env.path("in")).unwrap();
    let ran: Output = env.program().arg("audit-worker").stdin(input).output().unwrap().into();
    assert_eq!(ran.status, 2, "{ran:#?}");
}
