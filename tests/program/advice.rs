//! Advice works when it is followed where the program ran, whatever directory it was given.

use crate::common::env::TestEnv;

/// A manifest of weights, which are not staged.
const MANIFEST: &str = "schema = 1\n[model]\nname = \"M\"\nversion = \"1.0.0\"\nproducer = \"Lab\"\nlicense = \"MIT\"\n\
    [release]\naccess = \"downloadable\"\n[component.final-weights]\nopenness = \"open\"\nfiles = [\"*.safetensors\", \"*.json\"]\n";
/// Weights without tensors.
const WEIGHTS: &[u8] = b"\x08\0\0\0\0\0\0\0{}      ";

/// A repository at `hub`, with a release in `hub/m/b` of which only the manifest is staged.
fn monorepo() -> TestEnv {
    let env = TestEnv::with_key();
    env.write("hub/m/b/OPENNESS.toml", MANIFEST);
    env.git("hub", ["init", "-q", "-b", "main"]);
    env.git("hub", ["add", "."]);
    env.write("hub/m/b/model.safetensors", WEIGHTS);
    env.write("hub/m/b/x.json", "{}");
    env
}

/// Runs the program in `hub`, and returns what it printed.
fn said(env: &TestEnv, arguments: &[&str]) -> String {
    let output = env.program().args(arguments).current_dir(env.path("hub")).output().unwrap();
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs the first command in backticks that starts with these words: in the directory that is named after it, or in `hub`.
fn follow(env: &TestEnv, text: &str, start: &str) {
    let text = text.split_whitespace().filter(|word| *word != "|").collect::<Vec<_>>().join(" ");
    let mut parts = text.split('`').skip_while(|part| !part.starts_with(start));
    let command = parts.next().unwrap_or_else(|| panic!("{start}: {text}"));
    let directory = if parts.next() == Some(" in ") { parts.next().unwrap() } else { "." };
    let path = format!("{}:/usr/bin:/bin:/usr/local/bin", env.path("bin").display());
    std::fs::create_dir_all(env.path("bin")).unwrap();
    std::fs::copy(env!("CARGO_BIN_EXE_openness"), env.path("bin/openness")).unwrap();
    let done = env
        .command("sh")
        .args(["-c", command])
        .env("PATH", path)
        .current_dir(env.path("hub").join(directory))
        .status()
        .unwrap();
    assert!(done.success(), "{command}");
}

#[cfg(unix)]
#[test]
fn what_is_missing_is_added_from_above() {
    for arguments in [&["check", "m/b"][..], &["check", "--staged", "m/b"], &["hook", "run"]] {
        let env = monorepo();
        let text = said(&env, arguments);
        follow(&env, &text, "git add");
        assert!(env.git("hub", ["ls-files"]).contains("m/b/model.safetensors"), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn an_untracked_manifest_is_added_from_above() {
    let env = monorepo();
    env.git("hub", ["add", "m/b/x.json"]);
    env.git("hub", ["rm", "-q", "--cached", "m/b/OPENNESS.toml"]);
    let text = said(&env, &["check", "--staged", "m/b"]);
    follow(&env, &text, "git add");
    assert!(env.git("hub", ["ls-files"]).contains("m/b/OPENNESS.toml"), "{text}");
}

#[cfg(unix)]
#[test]
fn findings_are_fixed_from_above() {
    let env = monorepo();
    env.git("hub", ["add", "."]);
    let text = said(&env, &["check", "m/b"]);
    follow(&env, &text, "openness check --fix");
    assert!(env.path("hub/m/b/.gitattributes").exists(), "{text}");
}

#[test]
fn directories_with_a_manifest_are_named_from_where_one_stands() {
    let env = monorepo();
    for (given, named) in [("m", "m/b"), (".", "m/b")] {
        let text = said(&env, &["show", given]);
        assert!(text.contains(&format!("name a directory that has one: `{named}`")), "{text}");
    }
}

#[test]
fn every_shard_that_lies_there_is_added_at_once() {
    let env = TestEnv::with_key();
    env.write("hub/OPENNESS.toml", MANIFEST);
    env.write("hub/s.safetensors.index.json", r#"{"weight_map":{"a":"s-1.safetensors","b":"s-2.safetensors"}}"#);
    env.git("hub", ["init", "-q", "-b", "main"]);
    env.git("hub", ["add", "."]);
    env.write("hub/s-1.safetensors", WEIGHTS);
    env.write("hub/s-2.safetensors", WEIGHTS);
    let text = said(&env, &["check", "--format", "json"]);
    assert!(text.contains("run `git add s-1.safetensors s-2.safetensors`"), "{text}");
}

#[test]
fn a_manifest_that_moves_below_is_not_deleted() {
    let env = TestEnv::with_key();
    env.write("hub/OPENNESS.toml", MANIFEST);
    env.write("hub/model.safetensors", WEIGHTS);
    env.write("hub/x.json", "{}");
    env.write("hub/README.md", "# Models\n");
    env.git("hub", ["init", "-q", "-b", "main"]);
    env.commit("hub");
    std::fs::create_dir(env.path("hub/m")).unwrap();
    env.git("hub", ["mv", "OPENNESS.toml", "model.safetensors", "x.json", "m/"]);
    let text = said(&env, &["hook", "run"]);
    assert!(!text.contains("deletes"), "{text}");
    // With no other manifest, it is.
    env.git("hub", ["rm", "-q", "-f", "m/OPENNESS.toml"]);
    assert!(said(&env, &["hook", "run"]).contains("this commit deletes `OPENNESS.toml`"));
}

#[test]
fn a_wrong_argument_cannot_control_the_terminal() {
    let env = TestEnv::new();
    let bad = "x\u{9b}1m\u{202e}\r\u{1b}[2J";
    for arguments in [
        &["check", "--format", bad][..],
        &["schema", bad],
        &[bad],
        &["sign", "--waive", bad],
        &["verify", "--range", bad],
    ] {
        let output = env.program().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!text.contains(['\u{9b}', '\u{202e}', '\r', '\u{1b}']) && text.contains("\\u{9b}"), "{text:?}");
    }
}
