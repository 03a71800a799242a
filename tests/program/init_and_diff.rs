//! `init` and `diff`.

use std::fs;
use std::process::Output;

use crate::common::env::TestEnv;
use openness::license::text::canonical;

fn openness(env: &TestEnv, arguments: &[&str]) -> Output {
    env.program().current_dir(env.path("")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Makes a plain directory, drafts its manifest, and returns it parsed, as text, and with the codes that `check` finds.
/// The only error allowed among them is that the card names another license than the license text.
fn drafted(env: &TestEnv, name: &str, files: &[(&str, &str)]) -> (toml::Table, String, Vec<String>) {
    fs::create_dir_all(env.path(name)).unwrap();
    for (path, content) in files {
        let path = env.path(name).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let output = openness(env, &["init", "--yes", name]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let draft = fs::read_to_string(env.path(name).join("OPENNESS.toml")).unwrap();
    let checked = openness(env, &["check", name, "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let errors = findings.iter().filter(|finding| finding["severity"] == "error");
    assert!(errors.into_iter().all(|finding| finding["code"] == "OPN407"), "{draft}\n{report:#}");
    let codes = findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned());
    (toml::from_str(&draft).unwrap(), draft.clone(), codes.collect())
}

const CARD: &str = "---\nlicense: apache-2.0\nlanguage: [en]\nbase_model: lab/base\nbase_model_relation: finetune\ndatasets: [lab/corpus]\npipeline_tag: text-generation\nmodel-index: []\n---\n# Model Card for Tiny\nIt is small.\n";

/// A file with one tensor without elements.
fn shard(tensor: &str) -> String {
    let header = format!(r#"{{"{tensor}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}}}"#);
    let length = u8::try_from(header.len()).unwrap();
    assert!(length < 128, "one byte of UTF-8");
    format!("{}\0\0\0\0\0\0\0{header}", char::from(length))
}

#[test]
fn a_hub_like_directory_drafts_without_errors() {
    let env = TestEnv::new();
    let apache = canonical("Apache-2.0").unwrap();
    let index = r#"{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}"#;
    let files = [
        ("README.md", CARD),
        ("LICENSE", apache),
        ("config.json", r#"{"architectures":["TinyForCausalLM"]}"#),
        ("generation_config.json", "{}"),
        ("model-00001-of-00002.safetensors", &shard("a")),
        ("model-00002-of-00002.safetensors", &shard("b")),
        ("model.safetensors.index.json", index),
        ("tokenizer.json", "{}"),
        ("tokenizer_config.json", "{}"),
    ];
    let (draft, text, codes) = drafted(&env, "hub", &files);
    // The version, the producer and the license of the base are unknown, and the card has results but not how they were
    // obtained.
    assert_eq!(codes, ["OPN314", "OPN314", "OPN413", "OPN211"], "{text}");
    let model = &draft["model"];
    assert_eq!(model["name"].as_str(), Some("Tiny"));
    assert_eq!(model["version"].as_str(), Some("unknown"));
    assert_eq!(model["license"].as_str(), Some("Apache-2.0"));
    assert_eq!(model["license-file"].as_str(), Some("LICENSE"));
    assert_eq!(model["architecture"].as_str(), Some("TinyForCausalLM"));
    assert_eq!(model["base"][0]["relation"].as_str(), Some("finetune"));
    let component = |id: &str| draft["component"][id].as_table().unwrap();
    assert_eq!(component("training-data")["openness"].as_str(), Some("partial"));
    let files = component("final-weights")["files"].as_array().unwrap();
    assert_eq!(files[0].as_str(), Some("model-*-of-00002.safetensors"));
    assert!(text.contains("# Could not determine the version; please fill it in.\nversion = \"unknown\"\n"), "{text}");
}

#[test]
fn a_readme_next_to_weights_is_the_card_without_front_matter() {
    let env = TestEnv::new();
    let readme =
        ("README.md", "# Small detector Model Card\n\nSee https://arxiv.org/abs/2401.00001.\n\n- MOF Class II\n");
    let (draft, text, _) = drafted(&env, "weights", &[readme, ("det.onnx", "x")]);
    assert_eq!(draft["model"]["name"].as_str(), Some("Small detector"));
    assert_eq!(draft["component"]["model-card"]["files"][0].as_str(), Some("README.md"));
    assert!(text.contains("# [claims]\n# mof = \"class-2\" # \"MOF Class II\"\n"), "{text}");
    assert!(text.contains("# remote = [{ url = \"https://arxiv.org/abs/2401.00001\" }]\n"), "{text}");
    // The file that is named after a card is the card.
    let named = ("MODEL_CARD.md", "# Model Card for Other\n");
    let (draft, _, _) = drafted(&env, "named", &[readme, named, ("det.onnx", "x")]);
    assert_eq!(draft["model"]["name"].as_str(), Some("Other"));
    assert_eq!(draft["component"]["model-card"]["files"].as_array().unwrap().len(), 1);
    // Code has a README.md, too.
    let (draft, text, _) = drafted(&env, "code", &[readme, ("train.py", "")]);
    assert_eq!(draft["model"]["name"].as_str(), Some("code"));
    assert!(draft["component"].get("model-card").is_none() && text.contains("# - README.md\n"), "{text}");
}

#[test]
fn the_name_and_relation_of_a_base_model_are_told_apart() {
    let env = TestEnv::new();
    let card = |front: &str| format!("---\nlicense: mit\n{front}\n---\n# Base 3B\n");
    let lora = card("base_model: lab/Base-3B\nlibrary_name: peft");
    let (draft, text, _) = drafted(&env, "lora", &[("README.md", &lora), ("adapter_model.safetensors", "x")]);
    assert_eq!(draft["model"]["base"][0]["relation"].as_str(), Some("adapter"));
    // The title is that of the base model.
    assert_eq!(draft["model"]["name"].as_str(), Some("lora"), "{text}");
    let (draft, text, codes) = drafted(&env, "base-3b", &[("README.md", &lora)]);
    assert_eq!(draft["model"]["name"].as_str(), Some("unknown"), "{text}");
    assert!(codes.contains(&"OPN314".to_owned()));
    let local = card("base_model: /home/me/base-3b");
    let config = r#"{"base_model_name_or_path":"../base-3b"}"#;
    let (draft, text, codes) = drafted(&env, "local", &[("README.md", &local), ("adapter_config.json", config)]);
    assert!(draft["model"].get("base").is_none() && !text.contains("home/me"), "{text}");
    assert!(
        text.contains("is given as a path on the author's machine") && !codes.contains(&"OPN210".to_owned()),
        "{text}"
    );
    assert_eq!(draft["model"]["name"].as_str(), Some("Base 3B"));
}

#[test]
fn modality_comes_from_the_tags_and_the_version_from_the_citation() {
    let env = TestEnv::new();
    let card = "---\nlicense: mit\ntags: [diffusers, text-to-image]\n---\n# Model Card for Model ID\n";
    let citation = "cff-version: 1.2.0\ntitle: Tiny LM\nversion: 1.10\n";
    let files =
        [("README.md", card), ("CITATION.cff", citation), ("m.litertlm", "x"), (".eval_results/hle.yaml", "[]")];
    let (draft, text, codes) = drafted(&env, "lm", &files);
    let model = &draft["model"];
    assert_eq!((model["name"].as_str(), model["version"].as_str()), (Some("Tiny LM"), Some("1.10")));
    assert_eq!(model["modality"].as_array().unwrap().len(), 2);
    assert_eq!(draft["component"]["evaluation-results"]["files"][0].as_str(), Some(".eval_results/hle.yaml"));
    assert!(!codes.contains(&"OPN303".to_owned()), "{text}");
}

#[test]
fn absent_shards_make_the_weights_partial() {
    let env = TestEnv::new();
    let index = r#"{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}"#;
    let shard = shard("a");
    let files = [("model-00001-of-00002.safetensors", shard.as_str()), ("model.safetensors.index.json", index)];
    let (draft, text, _) = drafted(&env, "lm", &files);
    assert_eq!(draft["component"]["final-weights"]["openness"].as_str(), Some("partial"));
    assert!(text.contains("please check: model-00002-of-00002.safetensors"), "{text}");
}

#[test]
fn empty_directories_and_repositories_draft_without_errors() {
    let env = TestEnv::new();
    let (draft, _, codes) = drafted(&env, "empty", &[]);
    assert_eq!(draft["component"]["final-weights"]["openness"].as_str(), Some("closed"));
    assert_eq!(codes, ["OPN701", "OPN314", "OPN314", "OPN314"]);
    let repo = env.init("new", &[]).unwrap();
    repo.write("model.gguf", "GGUF");
    let output = openness(&env, &["init", "new"]);
    assert!(output.status.success());
    assert!(text(&output.stderr).contains("run `git add`"), "{}", text(&output.stderr));
    repo.git(&["add", "--all"]);
    assert!(openness(&env, &["check", "new"]).status.success());
}

#[test]
fn an_existing_manifest_is_never_overwritten() {
    let env = TestEnv::new();
    fs::create_dir(env.path("lm")).unwrap();
    fs::write(env.path("lm/OPENNESS.toml"), "mine").unwrap();
    let output = openness(&env, &["init", "--yes", "lm"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("OPENNESS.toml` already exists"));
    assert_eq!(fs::read_to_string(env.path("lm/OPENNESS.toml")).unwrap(), "mine");
}

#[cfg(unix)]
#[test]
fn init_does_not_write_through_a_symlink() {
    let env = TestEnv::new();
    fs::create_dir(env.path("lm")).unwrap();
    std::os::unix::fs::symlink(env.path("elsewhere"), env.path("lm/OPENNESS.toml")).unwrap();
    assert_eq!(openness(&env, &["init", "--yes", "lm"]).status.code(), Some(2));
    assert!(!env.path("elsewhere").exists());
}

#[test]
fn init_adds_to_gitattributes() {
    let env = TestEnv::new();
    let repo = env.init("lm", &[]).unwrap();
    repo.write(".gitattributes", "*.bin -text").write("model.gguf", "GGUF").commit_all();
    repo.git(&["tag", "v1.2.3"]);
    repo.git(&["remote", "add", "origin", "https://host.example/lab/tiny.git"]);
    assert!(openness(&env, &["init", "--yes", "lm"]).status.success());
    let attributes = fs::read_to_string(repo.path().join(".gitattributes")).unwrap();
    assert_eq!(attributes, "*.bin -text\nOPENNESS.toml text eol=lf\n.openness/** text eol=lf\n");
    assert_eq!(repo.text(&["check-attr", "eol", "OPENNESS.toml"]), "OPENNESS.toml: eol: lf");
    let draft: toml::Table = toml::from_str(&fs::read_to_string(repo.path().join("OPENNESS.toml")).unwrap()).unwrap();
    let model = &draft["model"];
    assert_eq!((model["name"].as_str(), model["producer"].as_str()), (Some("tiny"), Some("lab")));
    assert_eq!(model["version"].as_str(), Some("1.2.3"));
}

#[test]
fn a_license_is_never_guessed() {
    let env = TestEnv::new();
    let spdx = |id: &str| canonical(id).unwrap();
    let front = |lines: &str| format!("---\n{lines}\n---\n# T\n");
    let license = |name: &str, files: &[(&str, &str)]| {
        let (draft, text, _) = drafted(&env, name, files);
        let of = |key: &str| draft["model"].get(key).and_then(toml::Value::as_str).map(str::to_owned);
        (of("license"), of("license-file"), text)
    };
    let some = |text: &str| Some(text.to_owned());

    let (id, file, text) = license("text", &[("LICENSE", spdx("GPL-3.0-only"))]);
    assert_eq!((id, file), (some("GPL-3.0-only"), some("LICENSE")));
    assert!(text.contains("which is also the text of GPL-3.0-or-later; please check which one applies"), "{text}");

    let (id, _, text) = license("differs", &[("README.md", &front("license: mit")), ("LICENSE", spdx("Apache-2.0"))]);
    assert_eq!(id, some("Apache-2.0"));
    assert!(
        text.contains("LICENSE contains the text of Apache-2.0, but another license is stated elsewhere; please check"),
        "{text}"
    );

    let reuse = [("README.md", &*front("license: cc-by-4.0")), ("LICENSES/CC-BY-4.0.txt", spdx("CC-BY-4.0"))];
    let (id, file, _) = license("reuse", &[reuse[0], reuse[1], ("LICENSE", spdx("MIT"))]);
    assert_eq!((id, file), (some("CC-BY-4.0"), some("LICENSES/CC-BY-4.0.txt")));

    let (id, file, _) = license("own", &[("LICENSE", "You may look at it on Sundays.")]);
    assert_eq!((id, file), (some("LicenseRef-LICENSE"), some("LICENSE")));

    let (id, _, text) = license("two", &[("LICENSE-MIT", spdx("MIT")), ("LICENSE-APACHE", spdx("Apache-2.0"))]);
    assert_eq!(id, None);
    assert!(text.contains("There are several license texts; please check: "), "{text}");

    let (id, _, text) = license("vague", &[("README.md", &front("license: gpl-3.0"))]);
    assert_eq!(id, None);
    assert!(text.contains("GPL-3.0-only or GPL-3.0-or-later?"), "{text}");

    let card = front("license: other\nlicense_name: sunday\nlicense_link: LICENSE.md");
    let (id, _, text) = license("absent", &[("README.md", &card)]);
    assert_eq!(id, None);
    assert!(text.contains("license-name = \"sunday\""), "{text}");

    let (id, _, text) = license("known", &[("README.md", &front("license: llama3.1"))]);
    assert_eq!(id, some("LicenseRef-Llama-3.1-Community"));
    assert!(text.contains("license-url = \"http"), "{text}");
}

#[test]
fn init_escapes_hostile_names_and_texts() {
    let env = TestEnv::new();
    let card = "---\nlicense: \"mit\\n]] # x\"\nlanguage: \"\\u202e\"\nbase_model: '\"'\npipeline_tag: \"a\\nb\"\n---\n# A \"title\" \u{202e}\\\n";
    let files = [
        ("README.md", card),
        ("config.json", "{\"architectures\":[\"x\\ny \\u202e \\\"\"]}"),
        ("train[1]{a,b}.py", ""),
        ("model{a}.safetensors", "x"),
        ("modela.safetensors", "x"),
        ("sub dir/it's 'quoted'.gguf", "GGUF\u{3}"),
        ("é/tokenizer.json", ""),
    ];
    let (_, text, _) = drafted(&env, "it's [a] \"name\"", &files);
    assert!(!text.contains('\u{202e}'));
    let broken = "---\na: 1\na: 2\n---\n";
    let (_, text, _) = drafted(&env, "broken", &[("README.md", broken)]);
    assert!(text.contains("README.md: cannot read the record as YAML: line 3"), "{text}");
}

#[test]
fn init_and_the_rule_agree_on_housekeeping() {
    let env = TestEnv::new();
    let names = [
        "LICENSE",
        "LICENSE-MIT",
        "Licence.txt",
        "COPYING",
        "NOTICE",
        "LICENSES/MIT.txt",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "CITATION.cff",
        "SECURITY.md",
        ".gitattributes",
        ".gitignore",
        "sub/.gitkeep",
        ".editorconfig",
        ".pre-commit-config.yaml",
        ".github/workflows/x.yml",
        "REUSE.toml",
        "sub/REUSE.toml",
        ".reuse/dep5",
        "LICENSES/MIT.txt.license",
    ];
    let files: Vec<(&str, &str)> = names.iter().map(|name| (*name, "x")).collect();
    let (_, text, codes) = drafted(&env, "lm", &files);
    assert!(!codes.contains(&"OPN303".to_owned()), "{codes:?}");
    assert!(!text.contains("The names of these files do not tell"), "{text}");
    let sidecar = [("w.gguf", "GGUF"), ("w.gguf.license", "SPDX-License-Identifier: MIT\n")];
    let (draft, text, codes) = drafted(&env, "sidecar", &sidecar);
    assert!(!codes.contains(&"OPN303".to_owned()) && !text.contains("- w.gguf.license"), "{text}");
    assert_eq!(draft["model"]["license"].as_str(), Some("MIT"));
    let texts = [("w.onnx", "x"), ("MIT-LICENSE.txt", canonical("MIT").unwrap())];
    let (draft, text, codes) = drafted(&env, "text", &texts);
    assert_eq!(draft["model"]["license-file"].as_str(), Some("MIT-LICENSE.txt"));
    assert!(!codes.contains(&"OPN303".to_owned()) && !text.contains("- MIT-LICENSE.txt"), "{text}");
    let (_, text, codes) = drafted(&env, "alone", &[("v.gguf.license", "x")]);
    assert!(codes.contains(&"OPN303".to_owned()) && text.contains("# - v.gguf.license\n"), "{text}");
    let (_, text, codes) = drafted(&env, "other", &[("licenseplates.csv", "x"), ("notes.txt", "x")]);
    assert!(codes.contains(&"OPN303".to_owned()));
    assert!(text.contains("The names of these files do not tell which component they belong to. Add them to its `files`:\n# - licenseplates.csv\n# - notes.txt\n"), "{text}");
}

const MANIFEST: &str = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\nlicense = \"MIT\"\n[release]\naccess = \"downloadable\"\n[component.final-weights]\nopenness = \"open\"\nfiles = [\"w.safetensors\"]\n";

#[test]
fn diff_compares_revisions_directories_and_files() {
    let env = TestEnv::new();
    let repo = env.init("lm", &[]).unwrap();
    repo.write("OPENNESS.toml", MANIFEST).write("w.safetensors", "w").commit_all();
    repo.git(&["tag", "v1"]);
    let statement = openness(&env, &["export", "statement", "lm"]);
    fs::write(env.path("statement.json"), &statement.stdout).unwrap();
    fs::write(env.path("v1.toml"), MANIFEST).unwrap();
    let less = MANIFEST.replace("\"open\"", "\"partial\"\nreason = \"half\"").replace("= \"1\"", "= \"2\"");
    repo.write("OPENNESS.toml", &less).commit_all();

    let diff = |before: &str, after: &str| {
        let output = openness(&env, &["diff", before, after, "--path", "lm", "--format", "json"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (report["components"].clone(), report)
    };
    let (weights, report) = diff("v1", "HEAD");
    assert_eq!(report["version"], 1);
    assert_eq!(
        weights,
        serde_json::json!([{
            "subject": "final-weights", "fact": "openness", "before": "open", "after": "partial", "direction": "less-open",
        }, {
            "subject": "final-weights", "fact": "reason", "before": null, "after": "half", "direction": "other",
        }])
    );
    for before in ["statement.json", "v1.toml", "v1"] {
        assert_eq!(diff(before, "lm").0, weights, "{before}");
        assert_eq!(diff(before, "v1").1["summary"]["less-open"], 0, "{before}");
    }
    let fails = |before: &str, after: &str| {
        openness(&env, &["diff", before, after, "--path", "lm", "--fail-on", "less-open"]).status.code()
    };
    assert_eq!(fails("v1", "HEAD"), Some(1));
    assert_eq!(fails("HEAD", "v1"), Some(0));
    let shown = text(&openness(&env, &["diff", "v1", "HEAD", "--path", "lm"]).stdout);
    assert!(
        shown.starts_with(
            "m 1 → m 2\n\nComponents\n  - final-weights: open → partial\n  ~ final-weights, reason: not stated → half\n"
        ),
        "{shown}"
    );
}

#[test]
fn diff_refuses_what_cannot_be_compared() {
    let env = TestEnv::new();
    env.init("lm", &[]).unwrap().write("OPENNESS.toml", MANIFEST).commit_all();
    fs::write(env.path("other.json"), "{\"predicateType\":\"https://slsa.dev/provenance/v1\"}").unwrap();
    fs::write(env.path("twice.json"), "{\"predicateType\":\"a\",\"predicateType\":\"b\"}").unwrap();
    fs::write(env.path("broken.toml"), "schema = 1\n").unwrap();
    for (other, message) in [
        ("other.json", "`other.json` is not an openness statement"),
        ("twice.json", "cannot read `twice.json`"),
        ("broken.toml", "the manifest of `broken.toml` has errors"),
        ("no-such-revision", "`no-such-revision` does not name a commit in this repository"),
    ] {
        let output = openness(&env, &["diff", "HEAD", other, "--path", "lm"]);
        assert_eq!(output.status.code(), Some(2), "{other}");
        assert!(text(&output.stderr).contains(message), "{}", text(&output.stderr));
    }
}

#[test]
fn schema_completions_and_manual_are_printed() {
    let env = TestEnv::new();
    let printed = |arguments: &[&str]| {
        let output = openness(&env, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    let schema: serde_json::Value = serde_json::from_str(&printed(&["schema"])).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&toml::from_str(MANIFEST).unwrap()));
    assert!(!validator.is_valid(&toml::from_str(&MANIFEST.replace("schema = 1", "schema = 2")).unwrap()));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(printed(&["completions", shell]).contains("verify"), "{shell}");
    }
    assert!(printed(&["man"]).contains(".TH openness 1"));
    let verify = printed(&["man", "verify"]);
    assert!(verify.contains("\\-\\-allowed\\-signers"), "{verify}");
    assert_eq!(openness(&env, &["man", "nothing"]).status.code(), Some(2));
}

/// The text of a card that makes a claim.
const CLAIMING_CARD: &str =
    "---\nlicense: apache-2.0\n---\n# Tiny\n\nThis model meets the Open Source AI Definition.\n";

#[test]
fn a_draft_can_be_printed_with_the_claims_of_the_card() {
    let env = TestEnv::new();
    env.write("m/README.md", CLAIMING_CARD);
    env.write("m/model.safetensors", shard("a"));
    let printed = env.openness(["init", "--stdout", "m"]).expect(0);
    assert!(!env.path("m/OPENNESS.toml").exists(), "nothing is written");
    assert!(printed.out.contains("\n# osaid = true # \""), "a claim is proposed: {}", printed.out);
    let taken = env.openness(["init", "--stdout", "--card-claims", "m"]).expect(0).out;
    assert!(taken.contains("\n[claims]\n# The card says: \"") && taken.contains("\nosaid = true\n"), "{taken}");
    // What is printed is what is written, and `check` compares the claim with the facts.
    env.openness(["init", "--yes", "--card-claims", "m"]).expect(0);
    assert_eq!(env.read_text("m/OPENNESS.toml"), taken);
    env.openness(["check", "m"]).fails_with("the claim `osaid = true` is not supported");
    // A draft can be printed next to a manifest, too.
    assert_eq!(env.openness(["init", "--stdout", "--card-claims", "m"]).expect(0).out, taken);
    env.openness(["init", "m"]).fails_with("`init --update` adds what is new to it");
}

#[test]
fn an_update_adds_what_is_new_and_changes_nothing_else() {
    let env = TestEnv::new();
    env.write("m/README.md", CLAIMING_CARD);
    let mine = "schema = 1 # mine\n[model]\nname = 'Tiny'\nversion = \"1\"\nproducer = \"me\"\n\n[component.model-card]\nopenness = \"open\"\nfiles = ['README.md']";
    env.write("m/OPENNESS.toml", mine);
    env.write("m/model.safetensors", shard("a"));
    env.write("m/train.py", "print()\n");
    let printed = env.openness(["init", "--update", "--stdout", "m"]).expect(0).out;
    assert_eq!(env.read_text("m/OPENNESS.toml"), mine, "nothing is written");
    let ran = env.openness(["init", "--update", "m"]).expect(0);
    assert!(ran.out.starts_with("added to m/OPENNESS.toml: component `"), "{ran:#?}");
    assert!(ran.out.contains("component `final-weights`") && !ran.out.contains("model-card"), "{ran:#?}");
    let text = env.read_text("m/OPENNESS.toml");
    assert_eq!(text, printed);
    assert!(text.starts_with(mine) && !text.contains("[claims]"), "{text}");
    let again = env.openness(["init", "--update", "m"]).expect(0);
    assert!(again.err.contains("nothing to add") && env.read_text("m/OPENNESS.toml") == text, "{again:#?}");
    env.openness(["init", "--update", "--card-claims", "m"]).expect(0);
    assert!(env.read_text("m/OPENNESS.toml").contains("\nosaid = true\n"));
    // New files of a component that a person declared are for that person.
    env.write("m/MODEL_CARD.md", "# Tiny\n");
    let ran = env.openness(["init", "--update", "m"]).expect(0);
    assert!(ran.err.contains("add them to its `files`: `model-card`: MODEL_CARD.md"), "{ran:#?}");
}

#[test]
fn files_that_git_does_not_track_are_named_with_how_to_include_them() {
    let env = TestEnv::new();
    env.write("m/model.safetensors", shard("a"));
    env.git("m", ["init", "-q", "-b", "main"]);
    env.git("m", ["add", "-A"]);
    env.write("m/train.py", "print()\n");
    env.write("m/.venv/notes", "of no component\n");
    let left = "note: left out, because Git does not track them: `train.py`; to include them, run `git add`";
    for arguments in [&["init", "--stdout", "m"][..], &["init", "--yes", "m"], &["init", "--update", "m"]] {
        let ran = env.openness(arguments).expect(0);
        assert!(ran.err.contains(left) && !ran.err.contains(".venv"), "{arguments:?}: {ran:#?}");
        assert!(!env.openness([arguments, &["--quiet"]].concat()).err.contains("left out"));
    }
    env.git("m", ["add", "-A"]);
    let ran = env.openness(["init", "--update", "m"]).expect(0);
    assert!(ran.out.contains("component `training-code`") && !ran.err.contains("left out"), "{ran:#?}");
}

#[test]
fn an_update_of_what_cannot_be_updated_is_refused() {
    let env = TestEnv::new();
    env.write("m/train.py", "print()\n");
    env.openness(["init", "--update", "m"]).fails_with("`init` without `--update` writes a first manifest");
    for broken in ["schema = ", "schema = 1\nmodle = 1\n"] {
        env.write("m/OPENNESS.toml", broken);
        env.openness(["init", "--update", "m"]).fails_with("has errors; nothing was added");
        assert_eq!(env.read_text("m/OPENNESS.toml"), broken);
    }
    let inline = "schema = 1\nmodel = { name = \"T\", version = \"1\", producer = \"p\" }\ncomponent = { x-a = { openness = \"open\" } }\n";
    env.write("m/OPENNESS.toml", inline);
    env.openness(["init", "--update", "m"]).fails_with("in a form that text cannot be added to");
    assert_eq!(env.read_text("m/OPENNESS.toml"), inline);
}
