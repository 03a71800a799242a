//! `check` of several directories, of the one above, and what it counts; `--output` of every command that prints a result.

use serde_json::{Value, json};

use crate::common::env::{MANIFEST, TestEnv};

/// Two releases in one repository: `r/good` without findings, `r/bad` with two patterns that match nothing.
fn releases() -> TestEnv {
    let env = TestEnv::new();
    for name in ["r/good", "r/bad"] {
        // A header without tensors.
        env.write(&format!("{name}/weights/a.safetensors"), "\u{8}\0\0\0\0\0\0\0{}      ");
        env.write(
            &format!("{name}/README.md"),
            "# Tiny\n\nA small language model, which the tests of a program use.\n",
        );
        env.write(&format!("{name}/.gitattributes"), "OPENNESS.toml text eol=lf\n");
        env.write(&format!("{name}/OPENNESS.toml"), MANIFEST);
    }
    env.write("r/bad/OPENNESS.toml", MANIFEST.replace("\"README.md\"", "\"README.md\", \"no.bin\", \"no.txt\""));
    env.git("r", ["init", "-q", "-b", "main"]);
    env.commit("r");
    env
}

fn schema(env: &TestEnv) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&env.openness(["schema", "check"]).expect(0).out).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn each_release_is_checked_and_the_worst_decides() {
    let env = releases();
    let ran = env.openness(["check", "r/good", "r/bad"]).expect(1);
    assert!(ran.out.starts_with("r/good/OPENNESS.toml: no problems found\n\nerror[OPN301]"), "{ran:#?}");
    assert!(ran.out.contains("╭─[r/bad/OPENNESS.toml:"), "{ran:#?}");
    assert!(ran.out.contains("\nr/bad/OPENNESS.toml: 2 errors\n"), "{ran:#?}");
    assert!(ran.out.ends_with("\nin all, 2 manifests: 2 errors\n"), "{ran:#?}");
    // A path that is named twice is checked once, and one release has no total.
    assert_eq!(env.openness(["check", "r/good", "r/good/"]).expect(0).out, env.openness(["check", "r/good"]).out);
    // What cannot be checked is worse than findings, and does not hide them.
    let ran = env.openness(["check", "nowhere", "r/bad", "elsewhere"]).expect(2);
    assert!(ran.out.contains("r/bad/OPENNESS.toml: 2 errors\n"), "{ran:#?}");
    assert!(ran.err.contains("`nowhere`") && ran.err.contains("`elsewhere`"), "{ran:#?}");
}

#[test]
fn one_document_has_the_findings_of_all() {
    let env = releases();
    let validator = schema(&env);
    let check = |format: &str, more: &[&str]| {
        env.openness([&["check", "r/good", "r/bad", "--format", format][..], more].concat())
    };
    let document = check("json", &[]).expect(1).json();
    assert!(validator.is_valid(&document), "{:#?}", validator.iter_errors(&document).collect::<Vec<_>>());
    assert_eq!(document["summary"], json!({ "errors": 2, "warnings": 0, "notes": 0 }));
    let paths: Vec<&str> =
        document["releases"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["r/good/OPENNESS.toml", "r/bad/OPENNESS.toml"]);
    assert_eq!(document["releases"][1]["findings"].as_array().unwrap().len(), 2);
    // Neither form, or half of one, is what the schema takes.
    assert!(!validator.is_valid(&json!({ "version": 1, "summary": document["summary"] })));
    let one = env.openness(["check", "r/bad", "--format", "json"]).expect(1).json();
    assert!(validator.is_valid(&one) && one["path"] == "r/bad/OPENNESS.toml", "{one:#}");

    let sarif = check("sarif", &[]).expect(1).json();
    let uris: Vec<&Value> = sarif["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        .collect();
    assert_eq!(uris, ["bad/OPENNESS.toml", "bad/OPENNESS.toml"]);
    assert_eq!(sarif["runs"].as_array().unwrap().len(), 1);
    let junit = check("junit", &[]).expect(1).out;
    assert!(junit.contains("<testsuites name=\"openness\" tests=\"3\" failures=\"2\""), "{junit}");
    assert!(junit.contains("<testsuite name=\"good/OPENNESS.toml\" tests=\"1\" failures=\"0\""), "{junit}");
    assert_eq!(check("gitlab", &[]).expect(1).json().as_array().unwrap().len(), 2);
    assert_eq!(check("rdjson", &[]).expect(1).json()["diagnostics"].as_array().unwrap().len(), 2);
    let github = check("github", &[]).expect(1).out;
    assert!(github.ends_with(
        "good/OPENNESS.toml: 0 errors, 0 warnings, 0 notes\nbad/OPENNESS.toml: 2 errors, 0 warnings, 0 notes\n"
    ));
    let concise = check("concise", &[]).expect(1).out;
    assert!(concise.lines().count() == 2 && concise.starts_with("r/bad/OPENNESS.toml:"), "{concise}");
    let markdown = check("markdown", &[]).expect(1).out;
    assert!(markdown.contains("\ngood/OPENNESS.toml: **no problems found**\n"), "{markdown}");
    assert!(
        markdown.contains("\nbad/OPENNESS.toml: **2 errors**\n\n| severity | rule | line | finding |\n"),
        "{markdown}"
    );
    assert!(markdown.contains("| error | [OPN301](https://"), "{markdown}");
}

#[test]
fn releases_of_different_repositories_are_told_apart() {
    let env = releases();
    for name in ["good", "bad"] {
        env.git(&format!("r/{name}"), ["init", "-q", "-b", "main"]);
        env.commit(&format!("r/{name}"));
    }
    let issues = env.openness(["check", "r/good", "r/bad", "--format", "gitlab"]).expect(1).json();
    assert_eq!(issues[0]["location"]["path"], "r/bad/OPENNESS.toml");
    // Alone, the path is that in its repository.
    let issues = env.openness(["check", "r/bad", "--format", "gitlab"]).expect(1).json();
    assert_eq!(issues[0]["location"]["path"], "OPENNESS.toml");
}

#[test]
fn a_document_for_services_is_whole_or_not_written() {
    let env = releases();
    for format in ["sarif", "github", "gitlab", "junit", "rdjson", "azure"] {
        let ran = env.openness(["check", "r/bad", "nowhere", "--format", format]).expect(2);
        assert_eq!(ran.out, "", "{format}");
    }
    // JSON is one document with an error, of the same form as if all could be checked, and tells every path.
    let validator = schema(&env);
    let ran = env.openness(["check", "nowhere", "r/bad", "elsewhere", "--format", "json"]).expect(2);
    let document = ran.json();
    assert_eq!(document["error"]["kind"], "environment", "{ran:#?}");
    let message = document["error"]["message"].as_str().unwrap();
    assert!(message.contains("`nowhere`") && message.contains("`elsewhere`"), "{message}");
    assert_eq!(document["releases"][0]["path"], "r/bad/OPENNESS.toml");
    let mut result = document;
    result.as_object_mut().unwrap().remove("error");
    assert!(validator.is_valid(&result), "{:#?}", validator.iter_errors(&result).collect::<Vec<_>>());
}

#[test]
fn a_path_can_be_opened_from_where_the_program_runs_and_services_get_theirs() {
    let env = releases();
    let ran = env.openness(["check", "r/bad"]).expect(1);
    assert!(
        ran.out.contains("╭─[r/bad/OPENNESS.toml:") && ran.out.ends_with("\nr/bad/OPENNESS.toml: 2 errors\n"),
        "{ran:#?}"
    );
    let concise = env.openness(["check", "r/bad", "--format", "concise"]).expect(1).out;
    assert!(concise.lines().all(|line| line.starts_with("r/bad/OPENNESS.toml:")), "{concise}");
    for (format, place) in [
        ("sarif", "\"uri\": \"bad/OPENNESS.toml\""),
        ("gitlab", "\"path\": \"bad/OPENNESS.toml\""),
        ("rdjson", "\"path\": \"bad/OPENNESS.toml\""),
        ("junit", "testsuite name=\"bad/OPENNESS.toml\""),
        ("github", "file=bad/OPENNESS.toml"),
        ("azure", "sourcepath=bad/OPENNESS.toml"),
    ] {
        let ran = env.openness(["check", "r/bad", "--format", format]).expect(1);
        assert!(ran.out.contains(place), "{format}: {}", ran.out);
    }
    // What other commands refuse is named in the same way.
    env.git("r", ["add", "-A"]);
    env.add_key("key");
    for arguments in [&["sign", "r/bad", "--key", "key"][..], &["statement", "r/bad"]] {
        let ran = env.openness(arguments).expect(1);
        assert!(ran.text().contains("[r/bad/OPENNESS.toml:"), "{arguments:?}: {ran:#?}");
    }
    env.write("r/bad/OPENNESS.toml", "schema = ");
    for arguments in [&["show", "r/bad"][..], &["weigh", "r/bad"], &["path", "mof", "r/bad"]] {
        let ran = env.openness(arguments).expect(1);
        assert!(ran.err.contains("[r/bad/OPENNESS.toml:"), "{arguments:?}: {ran:#?}");
    }
    // Without a working tree, services start from where the program ran.
    env.write("plain/m/OPENNESS.toml", MANIFEST);
    let issues = env.openness(["check", "plain/m", "--format", "gitlab"]).expect(1).json();
    assert_eq!(issues[0]["location"]["path"], "plain/m/OPENNESS.toml");
}

#[test]
fn every_command_in_a_directory_below_names_the_manifest_above() {
    let env = releases();
    env.write("r/bad/docs/deep/x.md", "x");
    env.commit("r");
    env.add_key("key");
    let inside = |directory: &str, arguments: &[&str]| {
        let mut command = env.program();
        command.current_dir(env.path(directory)).args(arguments);
        crate::common::env::Output::from(command.output().unwrap())
    };
    let key = env.path("key").display().to_string();
    for arguments in [
        &["show"][..],
        &["path", "mof"],
        &["what-if", "--set", "release.access=hosted"],
        &["weigh"],
        &["licenses"],
        &["report"],
        &["hash"],
        &["statement"],
        &["sign", "--key", &key],
        &["export", "mot"],
        &["check", "."],
        &["show", "--rev", "HEAD"],
        &["show", "../deep"],
    ] {
        let ran = inside("r/bad/docs/deep", arguments).expect(2);
        let help = match arguments {
            [.., "../deep"] => "`../../OPENNESS.toml`: name its directory, `../..`",
            _ => "the manifest above is `../../OPENNESS.toml`: name its directory, `../..`\n",
        };
        assert!(ran.err.contains(help) && !ran.err.contains("init"), "{arguments:?}: {ran:#?}");
    }
    // The advice works.
    inside("r/bad/docs/deep", &["show", "../.."]).expect(0);
    let ran = env.openness(["show", "r/bad/docs"]).expect(2);
    assert!(ran.err.contains("the manifest above is `r/bad/OPENNESS.toml`: name its directory, `r/bad`\n"), "{ran:#?}");
    // Revisions are those of the repository, so the manifest above is compared, and that is said.
    let ran = inside("r/bad/docs", &["diff", "HEAD", "HEAD"]).expect(0);
    assert_eq!(ran.err, "note: comparing `../OPENNESS.toml`\n", "{ran:#?}");
    assert_eq!(inside("r/bad", &["diff", "HEAD", "HEAD"]).expect(0).err, "");
    inside("r/bad/docs", &["diff", "HEAD", "HEAD", "--path", "."]).expect(2);
    // Where there is none above, a first one is proposed; where there is, another one is announced.
    assert!(inside("r", &["show"]).expect(2).err.contains("name a directory that has one"));
    let ran = inside("r/bad/docs", &["init", "--yes"]).expect(0);
    assert!(ran.err.contains("note: there is a manifest above, `../OPENNESS.toml`"), "{ran:#?}");
}

#[test]
fn what_is_about_one_manifest_is_refused_for_several() {
    let env = releases();
    for (flags, flag) in [
        (&["--show-settings"][..], "--show-settings"),
        (&["--baseline", "b.json"], "--baseline"),
        (&["--write-baseline", "b.json"], "--write-baseline"),
    ] {
        let ran = env.openness([&["check", "r/good", "r/bad"][..], flags].concat()).expect(2);
        assert!(ran.err.contains(&format!("`{flag}` is about one manifest")), "{ran:#?}");
    }
    assert!(!env.path("b.json").exists());
    let ran = env.openness(["check", "-", "r/good"]).expect(2);
    assert!(ran.err.contains("`-` stands for one manifest"), "{ran:#?}");
    // One is fine.
    env.openness(["check", "r/good", "--show-settings"]).expect(0);
}

#[test]
fn without_a_path_the_manifest_above_is_checked() {
    let env = releases();
    env.write("r/bad/docs/deep/x.md", "x");
    let inside = |directory: &str, arguments: &[&str]| {
        let mut command = env.program();
        command.current_dir(env.path(directory)).args(arguments);
        crate::common::env::Output::from(command.output().unwrap())
    };
    let ran = inside("r/bad/docs/deep", &["check"]).expect(1);
    assert!(ran.err.contains("note: checking `../../OPENNESS.toml`\n"), "{ran:#?}");
    assert!(ran.out.contains("╭─[../../OPENNESS.toml:"), "{ran:#?}");
    assert_eq!(inside("r/bad", &["check"]).expect(1).err, "", "the manifest is here");
    // A path is taken as it is.
    for path in [".", "../deep"] {
        let ran = inside("r/bad/docs/deep", &["check", path]).expect(2);
        assert!(ran.err.contains("`OPENNESS.toml` not found in"), "{ran:#?}");
    }
    // Not above the top of the working tree, and not where there is none.
    env.write("OPENNESS.toml", MANIFEST);
    let ran = inside("r", &["check"]).expect(2);
    assert!(ran.err.contains("not found in `.`"), "{ran:#?}");
    env.write("plain/docs/x.md", "x");
    env.write("plain/OPENNESS.toml", MANIFEST);
    inside("plain/docs", &["check"]).expect(2);
    // A verifier names what it verifies.
    let ran = inside("r/bad/docs/deep", &["verify"]);
    assert!(ran.status != 0 && !ran.text().contains("../.."), "{ran:#?}");
}

#[test]
fn findings_are_counted_by_rule() {
    let env = releases();
    let ran = env.openness(["check", "r/bad", "r/good", "--statistics"]).expect(1);
    assert_eq!(ran.out, "2  error    OPN301  unmatched-pattern\n\nin all, 2 manifests: 2 errors\n");
    let ran = env.openness(["check", "r/bad", "--statistics", "-W", "OPN301"]).expect(0);
    assert_eq!(ran.out, "2  warning  OPN301  unmatched-pattern\nr/bad/OPENNESS.toml: 2 warnings\n");
    assert_eq!(
        env.openness(["check", "r/good", "--statistics"]).expect(0).out,
        "r/good/OPENNESS.toml: no problems found\n"
    );
    let validator = schema(&env);
    for paths in [&["r/bad"][..], &["r/bad", "r/good"]] {
        let json = env.openness([&["check", "--statistics", "--format", "json"], paths].concat()).expect(1).json();
        assert!(validator.is_valid(&json), "{json:#}");
        let count =
            json!({ "code": "OPN301", "name": "unmatched-pattern", "severity": "error", "findings": 2, "fixable": 0 });
        assert_eq!(json["statistics"], json!([count]));
    }
    assert!(env.openness(["check", "r/bad", "--format", "json"]).expect(1).json().get("statistics").is_none());
    let ran = env.openness(["check", "r/bad", "--statistics", "--format", "sarif"]).expect(2);
    assert!(ran.err.contains("`--statistics` counts for people and in JSON"), "{ran:#?}");
}

#[test]
fn every_result_can_go_to_a_file() {
    let env = TestEnv::signed();
    for arguments in [
        &["show", "lm"][..],
        &["show", "lm", "--format", "json"],
        &["path", "mof", "lm"],
        &["weigh", "lm"],
        &["what-if", "lm", "--set", "component.training-data.openness=open"],
        &["licenses", "lm"],
        &["diff", "lm", "lm"],
        &["verify", "lm", "--key", "key.pub"],
        &["report", "lm"],
        &["export", "mot", "lm"],
        &["explain", "open"],
        &["schema", "check"],
        &["hash", "lm"],
        &["check", "lm"],
    ] {
        let printed = env.openness(arguments);
        let ran = env.openness([arguments, &["--output", "result"]].concat());
        assert_eq!((ran.status, ran.out.as_str()), (printed.status, ""), "{arguments:?}: {ran:#?}");
        assert_eq!(env.read_text("result"), printed.out, "{arguments:?}");
        // A run that fails to run leaves the file as it is.
        env.openness([arguments, &["--output", "result", "--no-such-flag"]].concat()).expect(2);
        assert_eq!(env.read_text("result"), printed.out, "{arguments:?}");
        std::fs::remove_file(env.path("result")).unwrap();
    }
    env.write("result", "before");
    let ran = env.openness(["show", "nowhere", "--format", "json", "--output", "result"]).expect(2);
    assert_eq!(
        (ran.json()["error"]["kind"].as_str(), env.read_text("result").as_str()),
        (Some("environment"), "before")
    );
    env.write("lm/OPENNESS.toml", "schema = ");
    env.openness(["show", "lm", "--output", "result"]).expect(1);
    assert_eq!(env.read_text("result"), "before", "there is nothing to show");
    let ran = env.openness(["verify", "lm", "--export", "copy", "--output", "result", "--", "true"]).expect(2);
    assert!(ran.err.contains("cannot be used with"), "{ran:#?}");
}
