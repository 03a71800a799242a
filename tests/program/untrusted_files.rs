//! What is written in the files of a release by somebody else reaches no terminal raw: every string that the program takes from
//! them, in every output.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::common::env::TestEnv;
use crate::untrusted::{PAYLOAD, harmless};

const MANIFEST: &str = "schema = 1\n[model]\nname = \"Tiny\"\nversion = \"1\"\nproducer = \"Lab\"\nlicense = \"MIT\"\n[release]\naccess = \"downloadable\"\n[component.final-weights]\nopenness = \"open\"\nfiles = [\"*.safetensors\", \"*.gguf\"]\n";

const COMMANDS: &[&[&str]] = &[
    &["check", "m"],
    &["check", "m", "--format", "json"],
    &["check", "m", "--format", "sarif"],
    &["check", "m", "--format", "github"],
    &["check", "m", "--format", "junit"],
    &["check", "m", "--format", "concise"],
    &["show", "m"],
    &["report", "m"],
    &["report", "m", "--format", "html"],
    &["licenses", "m"],
    &["sign", "m", "--dry-run"],
    &["export", "card", "m"],
    &["export", "cyclonedx", "m"],
    &["init", "draft", "--stdout"],
    &["import", "card", "m/README.md"],
];

/// A header of safetensors with one tensor.
fn safetensors(metadata: &Value, tensor: &str) -> Vec<u8> {
    let header = json!({ "__metadata__": metadata, tensor: { "dtype": "F32", "shape": [1], "data_offsets": [0, 4] } });
    let header = header.to_string();
    let length = u64::try_from(header.len()).unwrap().to_le_bytes();
    [&length[..], header.as_bytes(), &[0; 4]].concat()
}

/// A header of GGUF with keys that have strings, and no tensors.
fn gguf(keys: &[(&str, &str)]) -> Vec<u8> {
    let string = |text: &str| [&u64::try_from(text.len()).unwrap().to_le_bytes()[..], text.as_bytes()].concat();
    let mut bytes = b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    bytes.extend(u64::try_from(keys.len()).unwrap().to_le_bytes());
    for (key, value) in keys {
        bytes.extend([string(key), 8_u32.to_le_bytes().to_vec(), string(value)].concat());
    }
    bytes.resize(bytes.len().next_multiple_of(32), 0);
    bytes
}

/// The files, each with the payload at one place.
fn files() -> Vec<(String, &'static str, Vec<u8>)> {
    let quoted = Value::from(PAYLOAD).to_string();
    let mut files: Vec<(String, &'static str, Vec<u8>)> = Vec::new();
    for key in
        ["license", "license_name", "license_link", "base_model", "datasets", "tags", "library_name", "pipeline_tag"]
    {
        for value in [quoted.clone(), format!("[{quoted}, x]")] {
            files.push((format!("card {key}"), "README.md", format!("---\n{key}: {value}\n---\n# Tiny\n").into()));
        }
    }
    files.push(("card that is no YAML".into(), "README.md", format!("---\nlicense: [{PAYLOAD}\n---\n").into()));
    for key in ["general.name", "general.license", "general.license.link", "general.base_model.0.repo_url", PAYLOAD] {
        files.push((format!("GGUF {key:?}"), "a.gguf", gguf(&[(key, PAYLOAD), ("general.architecture", "llama")])));
    }
    for key in ["modelspec.title", "modelspec.license", "modelspec.merged_from", PAYLOAD] {
        files.push((format!("safetensors {key:?}"), "a.safetensors", safetensors(&json!({ key: PAYLOAD }), "w")));
    }
    files.push(("name of a tensor".into(), "a.safetensors", safetensors(&json!({}), PAYLOAD)));
    for (name, value) in [
        (
            "adapter_config.json",
            json!({ "base_model_name_or_path": PAYLOAD, "revision": PAYLOAD, "peft_type": PAYLOAD }),
        ),
        (
            "config.json",
            json!({ "auto_map": { "AutoModel": format!("{PAYLOAD}.M"), PAYLOAD: PAYLOAD }, "_name_or_path": PAYLOAD }),
        ),
        ("modules.json", json!([{ "idx": 0, "name": PAYLOAD, "path": PAYLOAD, "type": format!("{PAYLOAD}.X") }])),
        ("model_index.json", json!({ "_class_name": PAYLOAD, "unet": [PAYLOAD, PAYLOAD] })),
        ("model.safetensors.index.json", json!({ "weight_map": { PAYLOAD: PAYLOAD, "v": "b.safetensors" } })),
    ] {
        files.push((name.into(), name, value.to_string().into()));
    }
    let merge = format!("models:\n  - model: {quoted}\nmerge_method: {quoted}\nbase_model: {quoted}\n");
    let citation = format!("title: {quoted}\nversion: {quoted}\nlicense: {quoted}\n");
    files.push(("merge".into(), "mergekit_config.yml", merge.into()));
    files.push(("citation".into(), "CITATION.cff", citation.into()));
    files.push(("Modelfile".into(), "Modelfile", format!("FROM {PAYLOAD}\nLICENSE \"\"\"{PAYLOAD}\"\"\"\n").into()));
    files.push(("license text".into(), "LICENSE", format!("No military use {PAYLOAD}.\n").into()));
    files.push(("attributes".into(), ".gitattributes", format!("*.gguf filter={PAYLOAD}\n").into()));
    let mut pointer = String::from("version https://git-lfs.github.com/spec/v1\n");
    writeln!(pointer, "ext-0-{PAYLOAD} sha256:{}\noid sha256:{}\nsize 3", "a".repeat(64), "b".repeat(64)).unwrap();
    files.push(("pointer".into(), "a.safetensors", pointer.into()));
    files
}

#[test]
fn no_string_in_a_file_of_a_release_acts_on_the_terminal() {
    for (what, name, bytes) in files() {
        let env = TestEnv::new();
        env.write("m/OPENNESS.toml", MANIFEST);
        env.write("m/a.safetensors", safetensors(&json!({}), "w"));
        for directory in ["m", "draft"] {
            env.write(&format!("{directory}/{name}"), &bytes);
        }
        for arguments in COMMANDS {
            harmless(&format!("{what}: {arguments:?}"), &env.openness(*arguments));
        }
    }
}

/// In formats for services too, what a message quotes is on the line of the message.
#[test]
fn a_quoted_value_begins_no_line_of_a_report() {
    let env = TestEnv::new();
    env.write("m/a.safetensors", safetensors(&json!({}), "w"));
    let base = format!("[[model.base]]\nname = \"B\"\nlicense = {}\n", Value::from("x\r\nFORGED\ny"));
    env.write("m/OPENNESS.toml", MANIFEST.replace("[release]", &format!("{base}[release]")));
    for format in ["junit", "azure", "github", "concise", "human"] {
        let ran = env.openness(["check", "m", "--format", format]);
        assert!(ran.out.contains("OPN401"), "{format}: {ran:#?}");
        harmless(format, &ran);
        assert!(!ran.out.contains("%0AFORGED"), "{format}: {ran:#?}");
    }
}
