//! `openness licenses`, and the rules about the bases of a release.

use std::fmt::Write as _;

use serde_json::Value;

use crate::common::env::TestEnv;

/// A release with weights, and the license of these weights.
fn release(name: &str, license: &str, rest: &str) -> TestEnv {
    let env = TestEnv::new();
    manifest(&env, name, license, rest);
    env.write("lm/model.safetensors", "weights");
    env
}

fn manifest(env: &TestEnv, name: &str, license: &str, rest: &str) {
    let text = format!(
        "schema = 1\n[model]\nname = \"{name}\"\nversion = \"1.0.0\"\nproducer = \"Lab\"\nlicense = \"Apache-2.0\"\n[release]\naccess = \"downloadable\"\n[component.final-weights]\nopenness = \"open\"\nlicense = \"{license}\"\nfiles = [\"**\"]\n{rest}"
    );
    env.write("lm/OPENNESS.toml", text);
}

fn base(name: &str, license: &str, relation: &str) -> String {
    let mut text = format!("[[model.base]]\nname = \"{name}\"\n");
    for (key, value) in [("license", license), ("relation", relation)] {
        if !value.is_empty() {
            writeln!(text, "{key} = \"{value}\"").unwrap();
        }
    }
    text
}

fn report(env: &TestEnv) -> (Value, i32) {
    let ran = env.openness(["licenses", "lm", "--format", "json"]);
    (ran.json(), ran.status)
}

/// The state of a duty, by its kind.
fn state<'r>(report: &'r Value, kind: &str) -> Option<&'r str> {
    report["duties"].as_array().unwrap().iter().find(|duty| duty["kind"] == kind)?["state"].as_str()
}

fn codes(env: &TestEnv) -> Vec<(String, String)> {
    let report = env.openness(["check", "lm", "--format", "json"]).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    let about_bases =
        findings.filter(|finding| finding["code"].as_str().is_some_and(|code| code > "OPN409" && code < "OPN417"));
    about_bases.map(|finding| (text(&finding["code"]), text(&finding["severity"]))).collect()
}

#[test]
fn the_worst_base_decides_and_the_exit_status_says_so() {
    let two =
        [base("meta/Llama-3.3-70B", "LicenseRef-Llama-3.3-Community", "finetune"), base("lab/Mid", "MIT", "quantized")];
    let env = release("Llama-Tiny", "MIT", &two.concat());
    let (report, status) = report(&env);
    assert_eq!((report["version"].clone(), report["outcome"].as_str(), status), (1.into(), Some("conflict"), 1));
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 2);
    assert_eq!(steps[0]["upstream"], "LicenseRef-Llama-3.3-Community");
    assert_eq!(steps[0]["relation"], "finetune");
    assert_eq!(steps[0]["downstream"], "MIT");
    assert_eq!(steps[0]["grounds"][0]["basis"], "terms");
    assert_eq!(steps[0]["grounds"][0]["clause"], "1.a");
    assert_eq!(steps[1]["outcome"], "obligations");
    let kept = release("Llama-Tiny", "MIT AND LicenseRef-Llama-3.3-Community", &two.concat());
    let (report, status) = self::report(&kept);
    assert_eq!((report["outcome"].as_str(), status), (Some("obligations"), 0));
}

#[test]
fn components_have_licenses_of_their_own() {
    let env = release("Tiny", "CC-BY-NC-4.0", &base("lab/Base", "CC-BY-NC-4.0", "finetune"));
    let with = |rest: &str| {
        manifest(&env, "Tiny", "CC-BY-NC-4.0", &[&base("lab/Base", "CC-BY-NC-4.0", "finetune"), rest].concat());
        report(&env).0["outcome"].as_str().unwrap().to_owned()
    };
    assert_eq!(with("[component.inference-code]\nopenness = \"open\"\nlicense = \"Apache-2.0\"\n"), "obligations");
    // Checkpoints are weights too, and contain the base.
    assert_eq!(with("[component.intermediate-weights]\nopenness = \"open\"\nlicense = \"Apache-2.0\"\n"), "conflict");
    // What is not released needs no license.
    assert_eq!(with("[component.intermediate-weights]\nopenness = \"closed\"\nreason = \"x\"\n"), "obligations");
}

#[test]
fn a_license_of_the_whole_release_counts_for_its_weights() {
    let env = TestEnv::new();
    let text = format!(
        "schema = 1\n[model]\nname = \"Tiny\"\nversion = \"1\"\nproducer = \"Lab\"\nlicense = \"MIT\"\n{}",
        base("lab/Base", "GPL-3.0-only", "merge")
    );
    env.write("lm/OPENNESS.toml", text);
    let (report, status) = report(&env);
    assert_eq!((report["steps"][0]["downstream"].as_str(), status), (Some("MIT"), 1));
}

#[test]
fn the_text_of_a_private_license_is_read_for_restrictions() {
    let env = release(
        "Tiny",
        "LicenseRef-lab",
        &["license-file = \"TERMS.txt\"\n", &base("google/gemma-2b", "LicenseRef-Gemma-Terms", "finetune")].concat(),
    );
    let outcome = || report(&env).0["outcome"].as_str().unwrap().to_owned();
    assert_eq!(outcome(), "review");
    env.write("lm/TERMS.txt", "You may use this model for anything.");
    assert_eq!(outcome(), "conflict");
    env.write("lm/TERMS.txt", "You must follow the Gemma Prohibited Use Policy.");
    assert_eq!(outcome(), "review");
}

#[test]
fn a_lawsuit_that_ends_a_license_is_a_limit_and_changes_no_outcome() {
    let limit_of = |license: &str| {
        let report = report(&release("Tiny", license, &base("lab/Base", license, "finetune"))).0;
        let limits = report["limits"].as_array().unwrap();
        let found = limits.iter().find(|limit| limit["kind"] == "litigation-termination");
        (
            found.map(|limit| format!("{}: {}", limit["clause"].as_str().unwrap(), limit["words"])),
            report["outcome"].clone(),
        )
    };
    let (patent, first) = limit_of("OpenMDW-1.0");
    let (both, second) = limit_of("LicenseRef-OpenMDW-1.1");
    assert!(patent.as_ref().is_some_and(|limit| limit.ends_with("infringes a patent\"")), "{patent:?}");
    assert!(both.as_ref().is_some_and(|limit| limit.ends_with("infringes a patent or a copyright\"")), "{both:?}");
    assert_eq!(first, second);
    // Of Apache-2.0, only the patent license ends.
    assert_eq!(limit_of("Apache-2.0").0, None);
}

#[test]
fn duties_are_met_by_files_and_by_the_name() {
    let llama = base("meta/Llama-3.1-8B", "LicenseRef-Llama-3.1-Community", "finetune");
    let env = release("Tiny-8B", "LicenseRef-Llama-3.1-Community", &llama);
    let states = || {
        let report = report(&env).0;
        ["copy-of-license", "notice-file", "name-rule", "display", "flow-down"]
            .map(|kind| state(&report, kind).unwrap().to_owned())
    };
    assert_eq!(states(), ["unmet", "unmet", "unmet", "not-checkable", "not-checkable"]);
    env.write("lm/README.md", "# Tiny\nBuilt with **Llama**.\n");
    env.write("lm/LICENSE", "The Llama 3.1 Community License, abridged.");
    env.write("lm/NOTICE", "Llama 3.1 is licensed under the Llama 3.1 Community License,\nCopyright (c) Meta Platforms, Inc. All Rights Reserved.\n");
    manifest(&env, "Llama-Tiny-8B", "LicenseRef-Llama-3.1-Community", &llama);
    assert_eq!(states(), ["unmet", "met", "met", "met", "not-checkable"]);
    let met = report(&env).0["duties"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|duty| duty["where"].as_str().map(str::to_owned))
        .collect::<Vec<_>>();
    assert_eq!(met, ["NOTICE", "OPENNESS.toml", "README.md"]);
    // The words have to be in this order, in a file of this purpose.
    env.write("lm/README.md", "Llama built with care. License: Llama.\n");
    env.write("lm/NOTICE", "Llama 3.1 is licensed by Meta.\n");
    assert_eq!(states()[1..4], ["unmet", "met", "not-checkable"]);
}

#[test]
fn findings_say_what_is_wrong_missing_or_open() {
    let of = |license: &str, bases: &[String]| codes(&release("Tiny", license, &bases.concat()));
    let pair = |code: &str, severity: &str| (code.to_owned(), severity.to_owned());
    assert_eq!(of("MIT", &[base("lab/B", "LicenseRef-DeepSeek-1.0", "merge")])[0], pair("OPN410", "error"));
    assert_eq!(of("Apache-2.0", &[base("lab/B", "MIT", "finetune")]), [pair("OPN411", "warning")]);
    assert_eq!(of("MIT", &[base("lab/B", "CC-BY-SA-4.0", "trained-on")]), [pair("OPN412", "note")]);
    assert_eq!(of("MIT", &[base("lab/B", "", "finetune")]), [pair("OPN413", "warning")]);
    assert_eq!(of("MIT", &[base("lab/B", "NONE", "copy")]), [pair("OPN410", "error")]);
    assert_eq!(of("MIT", &[base("lab/B", "OpenMDW-1.0", "distilled")]), []);
    assert_eq!(of("MIT", &[base("lab/B", "CDLA-Permissive-2.0", "trained-on")]), []);
    let unstated = of("MIT", &[base("lab/B", "CC-BY-NC-4.0", "")]);
    assert!(
        unstated.contains(&pair("OPN415", "note")) && !unstated.iter().any(|(code, _)| code == "OPN410"),
        "{unstated:?}"
    );
}

#[test]
fn a_conflict_keeps_a_release_from_being_signed_unless_it_is_waived() {
    let env = TestEnv::with_key();
    manifest(&env, "Tiny", "MIT", &base("lab/B", "CC-BY-NC-4.0", "finetune"));
    env.write("lm/model.safetensors", "weights");
    let sign = |waived: &[&str]| {
        let mut arguments =
            vec!["sign", "lm", "--key", "key", "--created", "2026-01-01T00:00:00Z", "--waive", "OPN312", "OPN313"];
        arguments.extend(waived);
        env.openness(arguments)
    };
    sign(&[]).fails_with("OPN410");
    sign(&["OPN410"]).ok();
}

#[test]
fn files_that_name_a_base_are_compared_with_the_manifest() {
    let env = release("Tiny", "MIT", &base("lab/Base-7B", "MIT", "adapter"));
    let undeclared = || codes(&env).iter().filter(|(code, _)| code == "OPN416").count();
    env.write("lm/adapter_config.json", "{\"base_model_name_or_path\": \"lab/Base-7B\"}");
    assert_eq!(undeclared(), 0);
    env.write("lm/adapter_config.json", "{\"base_model_name_or_path\": \"lab/Other-7B\"}");
    env.write("lm/mergekit_config.yml", "models:\n- model: lab/A\n- model: /mnt/b\n");
    assert_eq!(undeclared(), 2);
}

#[test]
fn bills_of_materials_are_compared_with_the_manifest() {
    let env = release("Tiny", "MIT", &base("lab/Base-7B", "MIT", "finetune"));
    let found = || {
        let report = env.openness(["check", "lm", "--format", "json"]).json();
        let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["code"] == "OPN416");
        findings.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // What is exported from a manifest agrees with it.
    for (format, file) in [("cyclonedx", "lm/bom.cdx.json"), ("spdx", "lm/bom.spdx3.json")] {
        let exported = env.openness(["export", format, "lm", "--created", "2026-01-01T00:00:00Z"]).ok();
        env.write(file, exported.replace("lab/Base-7B", "lab/Other-7B"));
        let message = format!("`{}` names `lab/Other-7B` as a base model", &file[3..]);
        assert!(found().len() == 1 && found()[0].contains(&message), "{:?}", found());
        env.write(file, exported);
        assert_eq!(found(), Vec::<String>::new(), "{format}");
    }
    manifest(&env, "Tiny", "MIT", &base("lab/Base-7B", "Apache-2.0", "finetune"));
    assert!(found()[0].contains("states the license `MIT` for the base `lab/Base-7B`"), "{:?}", found());
    std::fs::remove_file(env.path("lm/OPENNESS.toml")).unwrap();
    env.openness(["init", "lm", "--yes"]).ok();
    let draft: toml::Table = env.read_text("lm/OPENNESS.toml").parse().unwrap();
    let drafted = &draft["model"]["base"][0];
    assert_eq!(
        (drafted["name"].as_str(), drafted["license"].as_str(), drafted["relation"].as_str()),
        (Some("lab/Base-7B"), Some("MIT"), Some("finetune"))
    );
}

#[test]
fn the_own_terms_of_a_release_are_told_to_those_who_pass_it_on() {
    let env = release("Tiny", "LicenseRef-Gemma-Terms", "");
    let (found, status) = report(&env);
    let texts = |list: &str, key: &str| -> Vec<String> {
        found[list].as_array().unwrap().iter().map(|item| item[key].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((found["outcome"].as_str(), status), (Some("compatible"), 0));
    assert!(found["steps"].as_array().unwrap().is_empty() && found["duties"].as_array().unwrap().is_empty());
    assert!(texts("passingOn", "asks").contains(&"a copy of `LicenseRef-Gemma-Terms`".to_owned()), "{found}");
    assert!(texts("limits", "kind").contains(&"use-restrictions".to_owned()), "{found}");
    let shown = env.openness(["licenses", "lm"]).ok();
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("What its license asks of people who pass it on, as encoded a copy of"), "{shown}");
    assert!(words.contains("Limits that go along") && words.contains("not legal advice"), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    // A base under the same license asks for the same, once.
    manifest(&env, "Tiny", "LicenseRef-Gemma-Terms", &base("lab/Gem", "LicenseRef-Gemma-Terms", "finetune"));
    let shown = env.openness(["licenses", "lm"]).ok();
    assert!(!shown.contains("What its license asks") && shown.contains("To pass this release on"), "{shown}");
}

#[test]
fn a_modelfile_and_a_header_state_the_license_of_a_release() {
    let env = release("Tiny", "Apache-2.0", &base("meta/Llama-2", "LicenseRef-Llama-2-Community", "finetune"));
    let messages = || {
        let report = env.openness(["check", "lm", "--format", "json"]).json();
        let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["code"] == "OPN408");
        findings.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    env.write("lm/Modelfile", "FROM ./m.gguf\nLICENSE apache-2.0\nLICENSE \"\"\"\nsome\nterms\n\"\"\"\n");
    assert_eq!(messages(), Vec::<String>::new());
    let mit = openness::license::text::canonical("MIT").unwrap();
    env.write("lm/Modelfile", format!("FROM ./m.gguf\nLICENSE \"\"\"\n{mit}\n\"\"\"\n"));
    assert_eq!(messages(), ["`Apache-2.0` is declared, but `Modelfile` says `MIT`"]);
    // Its text is a copy of the license, as a file of its own would be.
    manifest(&env, "Tiny", "MIT", &base("lab/Base", "MIT", "finetune"));
    let is_met = || state(&report(&env).0, "copy-of-license").map(str::to_owned);
    let with = is_met();
    std::fs::remove_file(env.path("lm/Modelfile")).unwrap();
    assert_eq!((with.as_deref(), is_met().as_deref()), (Some("met"), Some("unmet")));
    // What `init` takes from either, if nothing else says it.
    let drafted = |file: &str, bytes: &[u8]| {
        let env = TestEnv::new();
        env.write(file, bytes);
        env.write("lm/w.gguf", "x");
        let draft: toml::Table = env.openness(["init", "--stdout", "lm"]).expect(0).out.parse().unwrap();
        draft["model"]["license"].as_str().unwrap().to_owned()
    };
    assert_eq!(drafted("lm/Modelfile", b"FROM ./w.gguf\nLICENSE \"mit\"\n"), "MIT");
    let header = br#"{"__metadata__":{"modelspec.license":"apache-2.0"}}"#;
    let weights = [&u64::try_from(header.len()).unwrap().to_le_bytes()[..], header].concat();
    assert_eq!(drafted("lm/m.safetensors", &weights), "Apache-2.0");
}

#[test]
fn init_drafts_the_bases_that_files_name() {
    let env = TestEnv::new();
    env.write("lm/README.md", "---\nbase_model: lab/Base-7B\n---\n# Tiny\n");
    env.write("lm/adapter_config.json", "{\"base_model_name_or_path\": \"lab/Base-7B\"}");
    env.write("lm/mergekit_config.yml", "models:\n- model: lab/A@main\n");
    env.openness(["init", "lm", "--yes"]).ok();
    let draft: toml::Table = env.read_text("lm/OPENNESS.toml").parse().unwrap();
    let bases = draft["model"]["base"].as_array().unwrap().iter();
    let bases: Vec<_> =
        bases.map(|base| (base["name"].as_str().unwrap(), base["relation"].as_str().unwrap())).collect();
    assert_eq!(bases, [("lab/Base-7B", "adapter"), ("lab/A", "merge")]);
}

#[test]
fn what_can_be_added_is_shown_and_written_once() {
    let bases = [
        base("lab/B", "Apache-2.0", "finetune"),
        base("lab/C", "CC-BY-4.0", "trained-on"),
        base("meta/Llama-2", "LicenseRef-Llama-2-Community", "merge"),
    ];
    let env = release("Tiny", "Apache-2.0 AND LicenseRef-Llama-2-Community", &bases.concat());
    env.write("lm/NOTICE", "Made by Lab.");
    let shown = env.openness(["licenses", "lm"]).ok();
    assert!(shown.contains("LICENSES/Apache-2.0.txt") && shown.contains("by hand"), "{shown}");
    assert_eq!(env.read_text("lm/NOTICE"), "Made by Lab.");
    env.openness(["licenses", "lm", "--write"]).ok();
    let notice = env.read_text("lm/NOTICE");
    assert!(
        notice.starts_with("Made by Lab.\n\n")
            && notice.contains("lab/C")
            && notice.contains("LLAMA 2 Community License"),
        "{notice}"
    );
    assert!(env.read_text("lm/LICENSES/Apache-2.0.txt").contains("Apache License"));
    let report = report(&env).0;
    for kind in ["link-to-license", "notice-file", "copy-of-license"] {
        let is_met = |duty: &Value| duty["kind"] == kind && duty["state"] == "met";
        assert!(report["duties"].as_array().unwrap().iter().any(is_met), "{kind}");
    }
    env.openness(["licenses", "lm", "--write"]).ok();
    assert_eq!(env.read_text("lm/NOTICE"), notice, "a second run changes nothing");
    env.openness(["licenses", "lm", "--write", "--staged"]).expect(2);
}

#[cfg(unix)]
#[test]
fn license_texts_are_not_written_through_a_link() {
    let env = release("Tiny", "MIT", &base("lab/B", "MIT", "finetune"));
    std::fs::create_dir(env.path("outside")).unwrap();
    std::os::unix::fs::symlink(env.path("outside"), env.path("lm/LICENSES")).unwrap();
    env.openness(["licenses", "lm", "--write"]).fails_with("is not a directory");
    assert_eq!(std::fs::read_dir(env.path("outside")).unwrap().count(), 0);
}

#[test]
fn exports_carry_the_license_and_the_digest_of_a_base() {
    let digest = "a".repeat(64);
    let of_base = format!("{}digest = \"{digest}\"\n", base("lab/Base-7B", "OpenMDW-1.0", "finetune"));
    let env = release("Tiny", "MIT", &of_base);
    for format in ["spdx", "cyclonedx"] {
        let text = env.openness(["export", format, "lm", "--created", "2026-01-01T00:00:00Z"]).ok();
        assert!(text.contains(&digest) && text.contains("OpenMDW-1.0"), "{format}");
    }
}

/// Each file that cannot be read for the bases that it names is a finding of its own, soon.
#[test]
fn files_that_are_too_large_or_wrong_are_findings_of_their_own() {
    let env = release("Tiny", "MIT", &base("lab/Base-7B", "MIT", "merge"));
    env.write("lm/mergekit_config.yml", "models:\n".to_owned() + &"- model: lab/A\n".repeat(750_000));
    env.write("lm/x/mergekit_config.yml", format!("a: {}", "[".repeat(100_000)));
    env.write("lm/adapter_config.json", format!("{}1", "[".repeat(100_000)));
    env.write("lm/bom.cdx.json", format!("{{\"x\": \"{}\"}}", "x".repeat(5 << 20)));
    // A header of GGUF that says that it names 2^31 bases, and names none.
    let key = b"general.base_model.count";
    let mut gguf = [b"GGUF\x03\0\0\0".as_slice(), &[0; 8], &1_u64.to_le_bytes()].concat();
    gguf.extend([&24_u64.to_le_bytes()[..], key, &4_u32.to_le_bytes(), &(1_u32 << 31).to_le_bytes()].concat());
    gguf.resize(gguf.len().next_multiple_of(32), 0);
    env.write("lm/m.gguf", gguf);
    let before = std::time::Instant::now();
    let report = env.openness(["check", "lm", "--format", "json"]).json();
    assert!(before.elapsed().as_secs() < 20, "{:?}", before.elapsed());
    let messages: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["code"] == "OPN416")
        .map(|finding| finding["message"].as_str().unwrap())
        .collect();
    for (file, why) in [
        ("`mergekit_config.yml`", "more than the limit of 1048576"),
        ("`x/mergekit_config.yml`", ""),
        ("`adapter_config.json`", "not valid JSON"),
        ("`bom.cdx.json`", "more than the limit of 4194304"),
        ("`m.gguf`", "2147483648"),
    ] {
        assert!(
            messages.iter().any(|message| message.contains(file) && message.contains(why)),
            "{file}: {messages:#?}"
        );
    }
}

#[test]
fn many_bases_and_deep_expressions_are_bounded() {
    let deep = format!("{}MIT{}", "(".repeat(1000), " OR ISC)".repeat(1000));
    let mut bases = base("lab/deep", &deep, "finetune");
    for at in 0..2000 {
        bases.push_str(&base(&format!("lab/B-{at}"), "MIT", "merge"));
    }
    let env = release("Tiny", "Apache-2.0", &bases);
    let (report, status) = report(&env);
    assert_eq!((report["outcome"].as_str(), status), (Some("obligations"), 0));
    assert_eq!(report["steps"].as_array().unwrap().len(), 2001);
    assert!(report["duties"].as_array().unwrap().len() < 10);
}

#[test]
fn licenses_output_matches_its_schema_and_claims_no_more_than_it_knows() {
    let env = TestEnv::new();
    let schema: Value = serde_json::from_str(&env.openness(["schema", "licenses"]).ok()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (license, bases) in [
        ("MIT", String::new()),
        ("MIT", base("lab/B", "", "")),
        ("NONE", base("lab/B", "LicenseRef-Tencent-Hunyuan-3D-2.0", "copy")),
        ("MIT", base("lab/B", "GPL-3.0-only", "finetune")),
        ("LicenseRef-x", base("lab/B", "LicenseRef-Qwen-Research-2026", "distilled")),
        ("CC-BY-SA-4.0", base("lab/B", "LicenseRef-Stability-Community AND CC-BY-ND-4.0", "adapter")),
    ] {
        let env = release("Tiny", license, &bases);
        let (report, _) = report(&env);
        let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{report}");
        let text = env.openness(["licenses", "lm"]).text();
        for claim in ["violat", "illegal", "compliant", "safe to use", "is legal"] {
            assert!(!text.contains(claim), "{claim}: {text}");
        }
        assert!(text.contains("not legal advice"), "{text}");
    }
}
