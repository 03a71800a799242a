//! `verify --export`: what was verified is what is used.

use std::fs;
use std::process::Stdio;

use super::bench::{Bench, Ran, has};

fn export(bench: &Bench, from: &str, more: &[&str]) -> Ran {
    let mut command = bench.command(env!("CARGO_BIN_EXE_openness"));
    command.args(["verify", from, "--key", "key.pub", "--export", "out/copy"]).args(more);
    command.output().unwrap().into()
}

#[test]
fn the_copy_verifies_and_holds_nothing_but_what_was_signed() {
    let bench = Bench::signed();
    bench.write("lm/cache.tmp", "x");
    export(&bench, "lm", &[]).expect(1);
    assert!(!bench.path("out").exists());
    let ran = export(&bench, "lm", &["--allow-unsigned", "*.tmp"]).expect(0);
    assert!(ran.err.contains("exported 5 files"), "{ran:#?}");
    assert!(!bench.path("out/copy/cache.tmp").exists() && !bench.path("out/copy/.git").exists());
    assert_eq!(bench.verify("out/copy").expect(0).json()["files"]["verified"], 5);
    assert_eq!(fs::read_dir(bench.path("out")).unwrap().count(), 1, "something was left behind");
    if has("sha256sum") {
        let mut command = bench.command("sha256sum");
        command.current_dir(bench.path("out/copy")).args(["--strict", "-c", ".openness/SHA256SUMS"]);
        assert!(command.stdout(Stdio::null()).status().unwrap().success());
    }
    // Not over what is there.
    export(&bench, "lm", &["--allow-unsigned", "*.tmp"]).expect(2);
}

#[test]
fn an_empty_directory_is_filled_and_no_other() {
    let bench = Bench::signed();
    fs::create_dir_all(bench.path("out/copy")).unwrap();
    export(&bench, "lm", &[]).expect(0);
    bench.verify("out/copy").expect(0);
    let bench = Bench::signed();
    bench.write("out/copy", "a file");
    export(&bench, "lm", &[]).expect(2);
}

#[test]
fn a_commit_is_exported_from_the_object_database() {
    let bench = Bench::signed();
    bench.git(".", ["clone", "-q", "--bare", "lm", "bare.git"]);
    export(&bench, "bare.git", &[]).expect(0);
    bench.verify("out/copy").expect(0);
}

#[test]
fn line_endings_that_git_changed_are_as_signed_in_the_copy() {
    let bench = Bench::signed();
    let card = String::from_utf8(bench.read("lm/README.md")).unwrap();
    bench.write("lm/README.md", card.replace('\n', "\r\n"));
    export(&bench, "lm", &[]).expect(0);
    assert_eq!(bench.read("out/copy/README.md"), card.as_bytes());
}

#[test]
fn a_part_is_exported_only_for_who_says_so() {
    let bench = Bench::signed();
    fs::remove_file(bench.path("lm/weights/a.safetensors")).unwrap();
    export(&bench, "lm", &[]).expect(1);
    let ran = export(&bench, "lm", &["--partial"]).expect(0);
    assert!(ran.err.contains("exported 4 files"), "{ran:#?}");
    assert_eq!(bench.verify("out/copy").expect(1).json()["verdict"], "partial");
}

#[test]
fn large_files_come_with_their_content_where_git_lfs_has_it_and_not_as_pointers() {
    let bench = Bench::release();
    let content = "weights in large storage";
    let digest = openness::artifacts::digest::sha256(content.as_bytes());
    let oid = digest.as_str();
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {}\n", content.len());
    bench.write("lm/weights/a.safetensors", pointer);
    bench.commit("lm");
    let stored = format!("lm/.git/lfs/objects/{}/{}/{oid}", &oid[..2], &oid[2..4]);
    bench.write(&stored, content);
    bench.openness(["sign", "lm", "--key", "key"]).expect(0);
    bench.commit("lm");
    export(&bench, "lm", &["--rev", "HEAD"]).expect(0);
    assert_eq!(bench.read("out/copy/weights/a.safetensors"), content.as_bytes());
    bench.verify("out/copy").expect(0);

    fs::remove_dir_all(bench.path("out")).unwrap();
    fs::remove_file(bench.path(&stored)).unwrap();
    export(&bench, "lm", &["--rev", "HEAD"]).expect(1);
    export(&bench, "lm", &["--rev", "HEAD", "--partial"]).expect(0);
    assert!(!bench.path("out/copy/weights/a.safetensors").exists());
}
