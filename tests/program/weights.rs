//! Weights and model cards: what the commands make of the same files.

use serde_json::Value;

use crate::common::env::TestEnv;

/// A manifest of one component with every file.
const MANIFEST: &str = r#"
schema = 1
[model]
name = "Tiny LM"
version = "1.0.0"
producer = "Example Lab"
license = "Apache-2.0"
[release]
access = "downloadable"
[component.final-weights]
openness = "open"
files = ["**"]
"#;

/// A pickle of the number 1.
const PICKLE: &[u8] = b"\x80\x04K\x01.";

/// The findings of a rule about the directory `lm`.
fn findings(env: &TestEnv, code: &str) -> Vec<Value> {
    let report = env.openness(["check", "lm", "--format", "json"]).json();
    let findings = report["findings"].as_array().unwrap().iter();
    findings.filter(|finding| finding["code"] == code).cloned().collect()
}

fn messages(env: &TestEnv, code: &str) -> Vec<String> {
    findings(env, code).iter().map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
}

/// A GGUF file without tensors, with `general.name` and `general.license`, in either order of bytes.
fn gguf(is_big_endian: bool, name: &str, license: &str) -> Vec<u8> {
    let order = |mut bytes: Vec<u8>| {
        if is_big_endian {
            bytes.reverse();
        }
        bytes
    };
    let long = |number: usize| order(u64::try_from(number).unwrap().to_le_bytes().to_vec());
    let short = |number: u32| order(number.to_le_bytes().to_vec());
    let text = |text: &str| [long(text.len()), text.as_bytes().to_vec()].concat();
    let pair = |key: &str, value: &str| [text(key), short(8), text(value)].concat();
    let pairs = [pair("general.name", name), pair("general.license", license)].concat();
    [b"GGUF".to_vec(), short(3), long(0), long(2), pairs, vec![0; 64]].concat()
}

#[test]
fn a_policy_forbids_code_by_name_and_by_content() {
    for (name, bytes, is_forbidden) in [
        ("m.pt2", &b"x"[..], true),
        ("m.pkl.gz", b"x", true),
        ("c/.metadata", PICKLE, true),
        ("vectors.bin", PICKLE, true),
        ("w2v.model", PICKLE, true),
        ("model.llamafile", b"x", true),
        ("openvino_model.bin", &[0; 64], false),
        ("vocab/lookups.bin", b"\x80", false),
        ("tokenizer.model", b"\x0a\x0e\x0a\x05<unk>\x15\0\0\0\0\x18\x02", false),
        ("data.csv.gz", b"x", false),
        ("model.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01\x05\0\xfa\xff\x80\x04K\x01.", true),
        ("m.compressed", b"\x78\x9c\x01\x05\0\xfa\xff\x80\x04K\x01.", true),
        ("model.xz", b"\xfd7zXZ\0\0\x04", true),
        ("notes.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01\x05\0\xfa\xffnotes", false),
        ("corpus.tar.xz", b"\xfd7zXZ\0\0\x04", false),
        (".metadata", b"version: 1\n", false),
    ] {
        let env = TestEnv::with_key();
        env.write("lm/OPENNESS.toml", MANIFEST);
        env.write(&format!("lm/{name}"), bytes);
        env.write("lm/openvino_model.xml", "<net/>");
        env.write("policy.toml", "policy = 1\n[files]\nforbid-code-on-load = true\n");
        env.openness(["sign", "lm", "--key", "key", "--waive", "OPN312"]).expect(0);
        let status = if is_forbidden { 1 } else { 0 };
        env.openness(["verify", "lm", "--key", "key.pub", "--policy", "policy.toml"]).expect(status);
        env.openness(["verify", "lm", "--key", "key.pub"]).expect(0);
    }
}

#[test]
fn files_that_no_component_declares_are_looked_at_too() {
    let env = TestEnv::new();
    env.write("lm/OPENNESS.toml", MANIFEST.replace("**", "*.safetensors"));
    env.write("lm/model.safetensors", b"\x08\0\0\0\0\0\0\0{}      ");
    for (name, bytes) in [("pytorch_model.bin", &b"x"[..]), ("w2v.model", PICKLE), ("train.py", b""), ("LICENSE", b"x")]
    {
        env.write(&format!("lm/{name}"), bytes);
    }
    let found = messages(&env, "OPN310");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("2 files, which no component declares, may run code when they are loaded"),
        "{found:?}"
    );
}

#[test]
fn a_name_like_that_of_a_license_hides_nothing() {
    let all = ["LICENSES/pytorch_model.bin", "LICENSE.pkl", "NOTICE", "security.pt", ".github/x.pkl", ".gitmodel.pt"];
    for name in all {
        let env = TestEnv::new();
        env.write("lm/OPENNESS.toml", MANIFEST.replace("**", "*.safetensors"));
        env.write("lm/model.safetensors", b"\x08\0\0\0\0\0\0\0{}      ");
        env.write(&format!("lm/{name}"), PICKLE);
        let found = messages(&env, "OPN310");
        assert_eq!(found.len(), 1, "{name}");
        assert!(found[0].starts_with(&format!("`{name}`, which no component declares,")), "{found:?}");
    }
}

#[test]
fn what_runs_code_by_its_content_cannot_be_excluded() {
    for (name, bytes, is_refused) in [
        ("extra/w2v.model", PICKLE, true),
        ("extra/a.pkl", b"x", true),
        ("extra/run", b"#!/bin/sh\necho hi\n", true),
        ("extra/serve.bash", b"echo hi\n", true),
        ("extra/x.pyw", b"", true),
        ("extra/Dockerfile", b"FROM scratch\n", false),
        ("extra/Makefile", b"all:\n", false),
        ("extra/voice.amr", b"#!AMR\n<", false),
        ("extra/tokenizer.model", b"\x0a\x0e\x0a\x05<unk>\x15\0\0\0\0\x18\x02", false),
        ("extra/notes.txt", PICKLE, false),
    ] {
        let env = TestEnv::new();
        env.write(
            "lm/OPENNESS.toml",
            format!("{}[coverage]\nexclude = [\"extra/**\"]\n", MANIFEST.replace("**", "*.json")),
        );
        env.write("lm/vocab.json", "{}");
        env.write(&format!("lm/{name}"), bytes);
        assert_eq!(!messages(&env, "OPN305").is_empty(), is_refused, "{name}");
    }
}

#[test]
fn an_untracked_module_is_to_be_added() {
    let env = TestEnv::new();
    env.write("lm/OPENNESS.toml", MANIFEST);
    env.write("lm/config.json", r#"{"auto_map":{"AutoModel":"modeling_tiny.M"}}"#);
    env.write("lm/modules.json", r#"[{"type":"custom_st.Dense"}]"#);
    env.git("lm", ["init", "-q"]);
    env.commit("lm");
    assert_eq!(messages(&env, "OPN311").len(), 1, "a type in modules.json may be in an installed package");
    env.write("lm/modeling_tiny.py", "");
    env.write("lm/custom_st.py", "");
    let found = findings(&env, "OPN311");
    let helps: Vec<&str> = found.iter().map(|finding| finding["help"].as_str().unwrap()).collect();
    assert_eq!(helps.len(), 2);
    assert!(helps[0].starts_with("run `git add modeling_tiny.py` in `lm`"), "{helps:?}");
    assert!(helps[1].starts_with("run `git add custom_st.py` in `lm`"), "{helps:?}");
}

#[test]
fn init_reads_what_check_reads_of_gguf() {
    for is_big_endian in [false, true] {
        let env = TestEnv::new();
        env.write("lm/m.gguf", gguf(is_big_endian, "Tiny", "CC-BY-NC-4.0"));
        env.openness(["init", "-y", "lm"]).expect(0);
        let drafted = env.read_text("lm/OPENNESS.toml");
        assert!(drafted.contains("name = \"Tiny\"") && drafted.contains("license = \"CC-BY-NC-4.0\""), "{drafted}");
        env.write("lm/OPENNESS.toml", MANIFEST);
        assert_eq!(messages(&env, "OPN408").len(), 1);
    }
}

#[test]
fn init_drafts_incomplete_weights_as_partial() {
    let env = TestEnv::new();
    env.write("lm/model.fp16-00001-of-00002.safetensors", b"\x08\0\0\0\0\0\0\0{}      ");
    let map =
        r#"{"weight_map":{"a":"model.fp16-00001-of-00002.safetensors","b":"model.fp16-00002-of-00002.safetensors"}}"#;
    for index in [true, false] {
        if index {
            env.write("lm/model.safetensors.index.fp16.json", map);
        }
        let _ = std::fs::remove_file(env.path("lm/OPENNESS.toml"));
        env.openness(["init", "-y", "lm"]).expect(0);
        let drafted = env.read_text("lm/OPENNESS.toml");
        let weights = drafted.split("[component.").find(|part| part.starts_with("final-weights")).unwrap();
        assert!(
            weights.contains("openness = \"partial\"") && weights.contains("model.fp16-00002-of-00002"),
            "{drafted}"
        );
        assert_eq!(weights.contains("index.fp16.json"), index, "{drafted}");
        let _ = std::fs::remove_file(env.path("lm/model.safetensors.index.fp16.json"));
    }
}

#[test]
fn check_and_import_read_the_same_front_matter() {
    let card = "---\nlicense: cc-by-nc-4.0\n---\n# Tiny\n\nText.\n";
    let env = TestEnv::new();
    env.write("lm/OPENNESS.toml", MANIFEST);
    for before in ["", "\u{feff}", "\n\n", "\u{feff} \n"] {
        env.write("lm/README.md", format!("{before}{card}"));
        assert_eq!(messages(&env, "OPN407").len(), 1, "{before:?}");
        assert_eq!(messages(&env, "OPN213").len(), 0, "{before:?}");
        let imported = env.openness(["import", "card", "lm/README.md"]).ok();
        assert!(imported.contains("CC-BY-NC-4.0"), "{before:?}: {imported}");
    }
    env.write("lm/README.md", "---\nlicense: mit\nlicense: cc-by-nc-4.0\n---\n# Tiny\n");
    let found = messages(&env, "OPN213");
    assert!(found[0].starts_with("cannot read the front matter of `README.md`: line 3"), "{found:?}");
    env.openness(["import", "card", "lm/README.md"]).expect(2);
}

#[test]
fn a_file_without_weights_in_it_is_to_be_uploaded_again() {
    let env = TestEnv::new();
    env.write("lm/OPENNESS.toml", MANIFEST);
    for (name, bytes, words) in [
        ("model.safetensors", "", "it is empty"),
        ("model.gguf", "<!DOCTYPE html><html></html>", "it is an HTML page"),
        ("model.onnx", "", "it is empty"),
        ("pytorch_model.bin", "{\"error\":\"Unauthorized\"}", "it is an error message in JSON"),
    ] {
        env.write(&format!("lm/{name}"), bytes);
        let found = findings(&env, "OPN313");
        assert_eq!(found.len(), 1, "{name}");
        assert!(found[0]["message"].as_str().unwrap().contains(words), "{found:?}");
        assert_eq!((&found[0]["severity"], &found[0]["help"]), (&"error".into(), &"upload the file again".into()));
        std::fs::remove_file(env.path(&format!("lm/{name}"))).unwrap();
    }
}

#[test]
fn git_annex_pointers_are_not_content() {
    let env = TestEnv::new();
    let manifest = format!("{MANIFEST}[component.training-data]\nopenness = \"open\"\nfiles = [\"data/*\"]\n");
    env.write("lm/OPENNESS.toml", manifest);
    // As git-annex 10.20261026 commits an unlocked file, and with the lines that it permits after the key.
    let key = format!("/annex/objects/SHA256E-s5000--{}.npy\n", "7ca5bd87".repeat(8));
    let with_more = format!("{key}the content is in .git/annex/objects\n");
    let with_other = format!("{key}1,2,3\n");
    for (name, bytes, is_pointer) in [
        ("model.safetensors", &*key, true),
        ("model.onnx", &*key, true),
        ("data/t.npy", &*key, true),
        ("data/t.csv", &*with_more, true),
        ("data/list.txt", "see /annex/objects/SHA256E-s5--0\n", false),
        ("data/paths.txt", "/annex/objects/\n", false),
        // Something was appended, so that git-annex takes it for content.
        ("data/u.csv", &*with_other, false),
    ] {
        env.write(&format!("lm/{name}"), bytes);
        let found = messages(&env, "OPN313");
        assert_eq!(!found.is_empty(), is_pointer, "{name}: {found:?}");
        assert!(found.iter().all(|message| message.contains("git-annex pointer")), "{name}: {found:?}");
        std::fs::remove_file(env.path(&format!("lm/{name}"))).unwrap();
    }
}
