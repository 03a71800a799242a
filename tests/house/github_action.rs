//! The script of `action.yml`, run as a GitHub runner runs it; what it downloads is put there beforehand.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Output;

use crate::common::env::TestEnv;
use crate::common::tools::has;
use openness::artifacts::digest::sha256;

const NAME: &str = "openness-x86_64-unknown-linux-gnu";

/// The block below `run: |`.
fn script() -> String {
    let action = include_str!("../../action.yml");
    let (_, block) = action.split_once("      run: |\n").unwrap();
    block.lines().map(|line| format!("{}\n", line.strip_prefix("        ").unwrap_or(line))).collect()
}

/// A directory with a release archive, and programs that stand for `curl` and `pipx`: the one finds the archive, the
/// other says what it was asked for.
fn runner() -> TestEnv {
    let env = TestEnv::new();
    let at = |name: &str| env.path(name);
    fs::create_dir_all(at(&format!("made/{NAME}"))).unwrap();
    fs::create_dir_all(at("bin")).unwrap();
    fs::create_dir_all(at("temp")).unwrap();
    let program = at(&format!("made/{NAME}/openness"));
    fs::write(&program, format!("#!/bin/sh\nexec {} \"$@\"\n", env!("CARGO_BIN_EXE_openness"))).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let made = env.command("tar").current_dir(at("made")).args(["-czf", "../archive.tgz", NAME]).status();
    assert!(made.unwrap().success());
    for (name, text) in [
        (
            "curl",
            "#!/bin/sh\nfor last; do :; done\nwhile [ $# -gt 1 ]; do [ \"$1\" = --output ] && to=$2; shift; done\necho \"$last\" >asked\ncp archive.tgz \"$to\"\n",
        ),
        ("pipx", "#!/bin/sh\necho \"$@\" >asked\n"),
    ] {
        fs::write(at("bin").join(name), text).unwrap();
        fs::set_permissions(at("bin").join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    env
}

fn run(env: &TestEnv, inputs: &[(&str, &str)]) -> Output {
    let path = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths(std::iter::once(env.path("bin")).chain(std::env::split_paths(&path))).unwrap();
    let mut command = env.command("bash");
    command.args(["-e", "-o", "pipefail", "-c", &script()]);
    command.env("PATH", path).env("RUNNER_TEMP", env.path("temp"));
    command.env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64");
    for (name, default) in [
        ("COMMAND", "check"),
        ("PATH", "."),
        ("ARGUMENTS", ""),
        ("FORMAT", "github"),
        ("FORMAT", "human"),
        ("OUTPUT_FILE", ""),
        ("VERSION", ""),
        ("SHA256", ""),
    ] {
        let given = inputs.iter().find(|(input, _)| *input == name).map_or(default, |(_, value)| value);
        command.env(format!("INPUT_{name}"), given);
    }
    command.output().unwrap()
}

/// Whether the programs of a runner are here.
fn has_tools() -> bool {
    ["bash", "tar", "shasum"].into_iter().all(has)
}

#[test]
fn the_action_runs_an_archive_with_the_given_digest() {
    if !has_tools() {
        return;
    }
    let env = runner();
    let digest = sha256(&fs::read(env.path("archive.tgz")).unwrap()).as_str().to_owned();
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/tiny-lm");
    let output = run(&env, &[("VERSION", "0.1.0"), ("SHA256", &digest), ("PATH", model), ("OUTPUT_FILE", "report")]);
    assert!(output.status.success(), "{output:?}");
    let asked = fs::read_to_string(env.path("asked")).unwrap();
    assert!(asked.trim_end().ends_with(&format!("/releases/download/v0.1.0/{NAME}.tgz")), "{asked}");
    assert!(env.path("report").exists());
    fs::remove_dir_all(env.path("temp").join(NAME)).unwrap();

    for (digest, code) in [("0".repeat(64), 1), (digest[1..].to_owned(), 2), (digest.to_uppercase(), 2)] {
        let output = run(&env, &[("VERSION", "0.1.0"), ("SHA256", &digest), ("PATH", model)]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(!env.path("temp").join(NAME).exists(), "it was unpacked all the same");
    }
}

#[test]
fn without_a_digest_the_exact_wheel_is_installed() {
    if !has_tools() {
        return;
    }
    let env = runner();
    symlink(env!("CARGO_BIN_EXE_openness"), env.path("bin/openness")).unwrap();
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/tiny-lm");
    assert!(run(&env, &[("VERSION", "1.2.3"), ("PATH", model)]).status.success());
    assert_eq!(fs::read_to_string(env.path("asked")).unwrap(), "install --quiet --force openness==1.2.3\n");
    for version in ["1.2", "latest", "1.2.3; touch x", "1.2.3 --index-url=x"] {
        assert_eq!(run(&env, &[("VERSION", version), ("PATH", model)]).status.code(), Some(2), "{version}");
    }
}

#[test]
fn action_inputs_never_become_script() {
    if !has_tools() {
        return;
    }
    let env = runner();
    symlink(env!("CARGO_BIN_EXE_openness"), env.path("bin/openness")).unwrap();
    assert!(!script().contains("${{"), "an input is a part of the script");
    for inputs in [
        &[("PATH", "$(touch sprung)")][..],
        &[("PATH", "--help")],
        &[("ARGUMENTS", "--format=json; touch sprung")],
        &[("COMMAND", "check; touch sprung")],
        &[("FORMAT", "json; touch sprung")],
        &[("OUTPUT_FILE", "/nowhere/$(touch sprung)")],
    ] {
        let output = run(&env, inputs);
        assert!(!output.status.success(), "{inputs:?}: {output:?}");
        assert!(!env.path("sprung").exists(), "{inputs:?}");
    }
}
