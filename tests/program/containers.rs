//! The files in `packaging/container`: each command in them is run with its paths replaced, on a model that is signed as they
//! expect and on one that was changed.

use std::fs;
use std::path::Path;

use crate::common::env::{Output, TestEnv};

const POLICY: &str = include_str!("../../packaging/container/policy.toml");
const BUNDLE: &str = include_str!("../../crates/openness-keyless/tests/data/rekor1.sigstore.json");
const ROOT: &str = include_str!("../../crates/openness-keyless/tests/data/trusted_root.json");

/// The arguments of `openness` in a file, up to the command that it runs.
fn arguments(name: &str) -> Vec<String> {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/container").join(name)).unwrap();
    if name.ends_with("Containerfile") {
        let line = text.lines().find_map(|line| line.strip_prefix("ENTRYPOINT ")).unwrap();
        let words: Vec<String> = serde_json::from_str(line).unwrap();
        return words[1..].to_vec();
    }
    let document: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
    let places = ["/spec/initContainers/0/args", "/spec/containers/0/args"];
    let list = places.iter().find_map(|place| document.pointer(place)).unwrap();
    list.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

/// The arguments with the paths of the test in place of those in the container, and without the server.
fn here(arguments: &[String]) -> Vec<String> {
    let before = arguments.iter().position(|word| word == "--").unwrap_or(arguments.len());
    let replaced = |word: &String| match word.as_str() {
        "/models/model" | "/mnt/models" => "m".to_owned(),
        "/verified/model" => "verified".to_owned(),
        other => other.strip_prefix("/trust/").map_or_else(|| word.clone(), |file| format!("trust/{file}")),
    };
    arguments[..before].iter().map(replaced).collect()
}

#[test]
fn containers_serve_only_what_was_verified() {
    for name in ["init-container.yaml", "kserve-runtime.yaml", "vllm.Containerfile"] {
        let env = TestEnv::with_key();
        env.write("m/config.json", "{}\n");
        env.write("m/weights/a.safetensors", "weights");
        env.write("m/model.sig", BUNDLE);
        env.write("trust/trusted_root.json", ROOT);
        env.write("trust/policy.toml", POLICY.replace("lab-*", "m"));
        let run = || -> Output {
            let mut command = env.program();
            let given = arguments(name);
            assert_eq!(given[0], "verify", "{name}");
            command.args(here(&given)).args(["--verify-time", "2026-06-01", "--"]);
            // In place of the server.
            command.args(["cat", "verified/config.json"]).output().unwrap().into()
        };
        assert_eq!(run().expect(0).out, "{}\n", "{name}");
        fs::remove_dir_all(env.path("verified")).unwrap();
        env.write("m/config.json", "{ }\n");
        let ran = run().expect(1);
        assert!(!ran.out.contains("{ }") && !env.path("verified").exists(), "{name}: {ran:#?}");
        // Of a model that the policy does not list, nothing is served, even if its signature holds.
        env.write("m/config.json", "{}\n");
        env.write("trust/policy.toml", POLICY);
        run().expect(1);
        assert!(!env.path("verified").exists(), "{name}");
    }
}

#[test]
fn containers_run_without_rights() {
    let read = |name: &str| {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/container").join(name)).unwrap()
    };
    let image = read("Containerfile");
    let last = image.rsplit("\nFROM ").next().unwrap();
    assert!(last.starts_with("scratch\n") && last.contains("\nUSER 65532:65532\n"), "{last}");
    assert!(last.contains("\nENTRYPOINT [\"/openness\"]"));
    assert!(read("vllm.Containerfile").contains("\nUSER 2000:2000\n"));
    for name in ["init-container.yaml", "kserve-runtime.yaml"] {
        let text = read(name);
        for line in ["runAsNonRoot: true", "allowPrivilegeEscalation: false", "drop: [ALL]"] {
            assert!(text.contains(line), "{name}: {line}");
        }
        let document: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        let pointer = if name.starts_with("init") { "/spec/initContainers/0" } else { "/spec/containers/0" };
        let mounts = document.pointer(pointer).unwrap()["volumeMounts"].as_array().unwrap();
        let writable = mounts.iter().filter(|mount| mount["readOnly"] != true);
        assert_eq!(writable.map(|mount| mount["mountPath"].as_str().unwrap()).collect::<Vec<_>>(), ["/verified"]);
    }
}
