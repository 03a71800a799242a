//! `verify --export`: the copy holds what was verified.

use std::fs;
use std::process::Stdio;

use crate::common::env::{Output, TestEnv};
use crate::common::tools::has;

fn export(env: &TestEnv, from: &str, more: &[&str]) -> Output {
    let mut command = env.program();
    command.args(["verify", from, "--key", "key.pub", "--export", "out/copy"]).args(more);
    command.output().unwrap().into()
}

#[test]
fn the_exported_copy_holds_only_signed_files() {
    let env = TestEnv::signed();
    env.write("lm/cache.tmp", "x");
    export(&env, "lm", &[]).expect(1);
    assert!(!env.path("out").exists());
    let ran = export(&env, "lm", &["--allow-unsigned", "*.tmp"]).expect(0);
    assert!(ran.err.contains("exported 5 files"), "{ran:#?}");
    assert!(!env.path("out/copy/cache.tmp").exists() && !env.path("out/copy/.git").exists());
    assert_eq!(env.verify("out/copy").expect(0).json()["files"]["verified"], 5);
    assert_eq!(fs::read_dir(env.path("out")).unwrap().count(), 1, "something was left behind");
    if has("sha256sum") {
        let mut command = env.command("sha256sum");
        command.current_dir(env.path("out/copy")).args(["--strict", "-c", ".openness/SHA256SUMS"]);
        assert!(command.stdout(Stdio::null()).status().unwrap().success());
    }
    // Not over what is there.
    export(&env, "lm", &["--allow-unsigned", "*.tmp"]).expect(2);
}

#[test]
fn a_release_is_not_exported_into_itself() {
    let env = TestEnv::signed();
    for target in ["lm/out", "lm/weights/a/b", "lm"] {
        let mut command = env.program();
        let ran: Output =
            command.args(["verify", "lm", "--key", "key.pub", "--export", target]).output().unwrap().into();
        assert!(ran.expect(2).err.contains("is in the release itself"), "{target}");
    }
    env.verify("lm").expect(0);
}

#[test]
fn a_command_is_not_run_on_a_part_of_a_release() {
    let env = TestEnv::signed();
    fs::remove_file(env.path("lm/weights/a.safetensors")).unwrap();
    let ran = export(&env, "lm", &["--partial", "--", "touch", "ran"]).expect(2);
    assert!(ran.err.contains("--partial"), "{ran:?}");
    export(&env, "lm", &["--", "touch", "ran"]).expect(1);
    assert!(!env.path("out").exists() && !env.path("ran").exists());
    export(&env, "lm", &["--partial"]).expect(0);
}

#[test]
fn export_needs_an_empty_directory() {
    let env = TestEnv::signed();
    fs::create_dir_all(env.path("out/copy")).unwrap();
    export(&env, "lm", &[]).expect(0);
    env.verify("out/copy").expect(0);
    let env = TestEnv::signed();
    env.write("out/copy", "a file");
    export(&env, "lm", &[]).expect(2);
}

#[test]
fn a_commit_is_exported_from_the_object_database() {
    let env = TestEnv::signed();
    env.git(".", ["clone", "-q", "--bare", "lm", "bare.git"]);
    export(&env, "bare.git", &[]).expect(0);
    env.verify("out/copy").expect(0);
}

#[test]
fn exported_line_endings_are_as_signed() {
    let env = TestEnv::signed();
    let card = String::from_utf8(env.read("lm/README.md")).unwrap();
    env.write("lm/README.md", card.replace('\n', "\r\n"));
    export(&env, "lm", &[]).expect(1);
    assert!(!env.path("out").exists());
    export(&env, "lm", &["--allow-crlf"]).expect(0);
    assert_eq!(env.read("out/copy/README.md"), card.as_bytes());
    env.verify("out/copy").expect(0);
}

#[test]
fn a_partial_export_needs_the_partial_flag() {
    let env = TestEnv::signed();
    fs::remove_file(env.path("lm/weights/a.safetensors")).unwrap();
    export(&env, "lm", &[]).expect(1);
    let ran = export(&env, "lm", &["--partial"]).expect(0);
    assert!(ran.err.contains("exported 4 files"), "{ran:#?}");
    assert_eq!(env.verify("out/copy").expect(1).json()["verdict"], "partial");
}

#[test]
fn lfs_content_is_exported_instead_of_pointers() {
    let env = TestEnv::release();
    let content = "weights in large storage";
    let digest = openness::artifacts::digest::sha256(content.as_bytes());
    let oid = digest.as_str();
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {}\n", content.len());
    env.write("lm/weights/a.safetensors", pointer);
    env.commit("lm");
    let stored = format!("lm/.git/lfs/objects/{}/{}/{oid}", &oid[..2], &oid[2..4]);
    env.write(&stored, content);
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env.commit("lm");
    export(&env, "lm", &["--rev", "HEAD"]).expect(0);
    assert_eq!(env.read("out/copy/weights/a.safetensors"), content.as_bytes());
    env.verify("out/copy").expect(0);

    fs::remove_dir_all(env.path("out")).unwrap();
    fs::remove_file(env.path(&stored)).unwrap();
    export(&env, "lm", &["--rev", "HEAD"]).expect(1);
    export(&env, "lm", &["--rev", "HEAD", "--partial"]).expect(0);
    assert!(!env.path("out/copy/weights/a.safetensors").exists());
}
