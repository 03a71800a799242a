//! The attacks that a signature in a model repository meets, one test for each that no other test is named after.
//!
//! | attack | test |
//! |---|---|
//! | path traversal, absolute paths, device names, control characters | `hostile.rs`: names that no release may have |
//! | links out of the tree, pipes, sockets, hard links | `hostile.rs`: links, pipes and names |
//! | undeclared files, renamed files, excluded pickles | `hostile.rs`: trees |
//! | a file that changes between verifying and use | here |
//! | rollback, fork, dropped sequence | `cli/trust.rs`; with a transparency log here, `cli/logs.rs` |
//! | a split view, a signature made for the past | here; `cli/logs.rs` |
//! | freeze | `hostile.rs`: a day that has passed; `cli/policies.rs`: age |
//! | mix of two releases | here |
//! | claims raised, verdicts that lie, a statement against its manifest | `hostile.rs`: statements that lie |
//! | keys in the repository, Git's own settings in it | `cli/agents.rs`; `hostile.rs`: keys; `cli/trust.rs`: pins |
//! | signatures removed, all or one | `hostile.rs`: envelopes; here |
//! | signatures made for something else | `hostile.rs`: envelopes |
//! | names that look or fold alike | `hostile.rs`: trees |
//! | Git LFS pointers | `hostile.rs`: trees; `cli/exports.rs` |
//! | filters, hooks, monitors, external programs | here; `git_matrix.rs` |
//! | `export-subst` and `export-ignore` | here |
//! | submodules | here |
//! | repeated JSON keys, other spellings | `hostile.rs`: statements in another spelling |
//! | terminal escapes in what is printed | here |
//! | bombs of size and depth | here; `hostile.rs`: a deep well |
//! | clones that lack objects | `git_matrix.rs` |
//! | replacement objects | here; `git_matrix.rs` |
//! | tags moved, copied under another name, stripped of their signature | here; `cli/tags.rs` |
//! | expired, revoked and backdated keys | `hostile.rs`: keys |
//! | thresholds met by one person | `cli/policies.rs` |
//! | nothing covered | `hostile.rs`: there is no subject |
//! | key ids and hints that lie | `hostile.rs`: envelopes |
//! | a reader that stops reading | `cli/bad_input.rs` |

#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
#![allow(clippy::print_stderr, reason = "what is skipped is told")]
#![allow(dead_code, reason = "the bench is shared, and not all of it is used here")]

#[path = "cli/bench.rs"]
mod bench;

use std::fs;
use std::time::{Duration, Instant};

use bench::{Bench, MANIFEST, Ran, copy_tree, has, reasons};
use openness::sign::Trust;
use openness::snapshot::Snapshot;
use openness::verify::export::{Error, export};
use openness::verify::{Request, Verdict, verify};

#[test]
fn a_file_that_changes_between_verifying_and_use_is_not_exported() {
    let bench = Bench::signed();
    let trust = Trust::of_key_text(&fs::read_to_string(bench.path("key.pub")).unwrap()).unwrap();
    let snapshot = Snapshot::of_directory(&bench.path("lm")).unwrap();
    let report = verify(&snapshot, &Request::new(&trust, jiff::Timestamp::now()), &|_| {}).unwrap();
    assert_eq!(report.verdict, Verdict::Verified);
    for change in ["weights e", "weights a, and then some", ""] {
        bench.write("lm/weights/a.safetensors", change);
        let exported = export(&snapshot, &report, &bench.path("out"));
        assert!(matches!(exported, Err(Error::Changed { .. } | Error::Read { .. })), "{change}: {exported:?}");
        assert!(!bench.path("out").exists());
    }
    bench.write("lm/weights/a.safetensors", "weights a");
    export(&snapshot, &report, &bench.path("out")).unwrap();
}

#[test]
fn files_of_two_signed_releases_do_not_make_a_third() {
    let bench = Bench::signed();
    copy_tree(&bench.path("lm"), &bench.path("old"));
    bench.write("lm/weights/a.safetensors", "weights a of release four");
    bench.write("lm/weights/b.safetensors", "weights b of release four");
    bench.write("lm/OPENNESS.toml", MANIFEST.replace("sequence = 3", "sequence = 4"));
    bench.commit("lm");
    bench.openness(["sign", "lm", "--key", "key"]).expect(0);
    bench.verify("lm").expect(0);
    bench.verify("old").expect(0);
    fs::copy(bench.path("old/weights/a.safetensors"), bench.path("lm/weights/a.safetensors")).unwrap();
    assert_eq!(reasons(&bench.verify("lm").expect(1)), ["content-mismatch"]);
    bench.write("lm/weights/a.safetensors", "weights a of release four");
    // Nor do signatures of the one beside those of the other.
    let old = bench.signature("old", ".sshsig");
    fs::copy(old, bench.path("lm/.openness/signatures/0.sshsig")).unwrap();
    assert_eq!(reasons(&bench.verify("lm").expect(1)), ["bad-signature"]);
}

#[test]
fn taking_one_of_two_signatures_away_is_noticed_by_who_asks_for_two() {
    let bench = Bench::signed();
    bench.openness(["key", "generate", "--no-passphrase", "--output", "second"]).expect(0);
    bench.openness(["sign", "lm", "--statement", "lm/.openness/statement.json", "--key", "second"]).expect(0);
    bench.write("policy.toml", "policy = 1\n[signers]\nrequire = 2\n");
    let both =
        ["verify", "lm", "--key", "key.pub", "--key", "second.pub", "--policy", "policy.toml", "--format", "json"];
    bench.openness(both).expect(0);
    let id = bench.openness(["key", "show", "second.pub", "--form", "key-id"]).expect(0).out;
    for ending in ["sshsig", "sigstore.json"] {
        fs::remove_file(bench.path(&format!("lm/.openness/signatures/{}.{ending}", &id[..16]))).unwrap();
    }
    assert_eq!(reasons(&bench.openness(both).expect(1)), ["policy"]);
}

#[cfg(unix)]
#[test]
fn nothing_that_a_repository_configures_is_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::signed();
    bench.write("trap", format!("#!/bin/sh\ntouch {}\ncat\n", bench.path("sprung").display()));
    fs::set_permissions(bench.path("trap"), fs::Permissions::from_mode(0o755)).unwrap();
    let trap = bench.path("trap").display().to_string();
    for key in [
        "core.fsmonitor",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "diff.external",
        "core.sshCommand",
        "credential.helper",
        "gpg.program",
        "gpg.ssh.program",
        "core.editor",
        "core.pager",
        "gpg.ssh.defaultKeyCommand",
        "uploadpack.packObjectsHook",
        "core.alternateRefsCommand",
    ] {
        bench.git("lm", ["config", key, &trap]);
    }
    bench.write("lm/.git/info/attributes", "* filter=evil diff=evil\n");
    for hook in ["post-checkout", "post-index-change", "pre-commit", "reference-transaction", "fsmonitor-watchman"] {
        bench.write(&format!("lm/.git/hooks/{hook}"), bench.read("trap"));
        let path = bench.path(&format!("lm/.git/hooks/{hook}"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    bench.verify("lm").expect(0);
    bench.openness(["verify", "lm", "--rev", "HEAD", "--key", "key.pub"]).expect(0);
    bench.openness(["check", "lm"]).expect(0);
    bench.openness(["check", "lm", "--staged"]).expect(0);
    bench.openness(["statement", "lm"]).expect(0);
    bench.openness(["sign", "lm", "--key", "key"]).expect(0);
    bench.openness(["sign", "lm", "--key", "key", "--tag", "v1"]).expect(0);
    bench.openness(["verify", "lm", "--rev", "v1", "--key", "key.pub", "--require-signed-tag"]).expect(0);
    assert!(!bench.path("sprung").exists(), "the trap is sprung");
}

#[test]
fn a_tag_put_in_the_place_of_another_is_told() {
    let bench = Bench::signed();
    bench.openness(["sign", "lm", "--key", "key", "--tag", "v1"]).expect(0);
    bench.write("lm/weights/a.safetensors", "weights a of release four");
    bench.write("lm/OPENNESS.toml", MANIFEST.replace("sequence = 3", "sequence = 4"));
    bench.commit("lm");
    bench.openness(["sign", "lm", "--key", "key"]).expect(0);
    bench.commit("lm");
    bench.openness(["sign", "lm", "--key", "key", "--tag", "v2"]).expect(0);
    let verify = |rev: &str| {
        let asked = ["verify", "lm", "--rev", rev, "--key", "key.pub", "--require-signed-tag", "--format", "json"];
        let ran = bench.openness(asked);
        let status = ran.json()["tag"]["status"].as_str().unwrap().to_owned();
        (ran.status, status, ran)
    };
    assert_eq!(verify("v2").0, 0);
    // Whoever serves the repository serves the old release under the new name, signature and all.
    let old = bench.git("lm", ["rev-parse", "v1"]);
    bench.git("lm", ["update-ref", "refs/tags/v2", old.trim()]);
    let (code, status, ran) = verify("v2");
    assert_eq!((code, status.as_str()), (1, "misnamed"));
    assert!(ran.out.contains("was made as `v1`"), "{ran:#?}");
    // Or under a tag of their own, or under none.
    bench.git("lm", ["tag", "-f", "-a", "-m", "Tiny 1.0.1", "v2", "v1^{commit}"]);
    assert_eq!((verify("v2").0, verify("v2").1.as_str()), (1, "unsigned"));
    bench.git("lm", ["tag", "-f", "v2", "v1^{commit}"]);
    assert_eq!((verify("v2").0, verify("v2").1.as_str()), (1, "lightweight"));
}

#[test]
fn an_archive_that_git_rewrote_is_not_what_was_signed() {
    if !has("tar") {
        return;
    }
    let bench = Bench::release();
    bench.write("lm/.gitattributes", "README.md export-subst\nweights/b.safetensors export-ignore\n");
    bench.write("lm/README.md", "# Tiny $Format:%H$\n");
    bench.commit("lm");
    bench.openness(["sign", "lm", "--key", "key"]).expect(0);
    bench.verify("lm").expect(0);
    bench.commit("lm");
    bench.git("lm", ["archive", "--output=../lm.tar", "HEAD"]);
    fs::create_dir(bench.path("archive")).unwrap();
    assert!(bench.command("tar").args(["-xf", "lm.tar", "-C", "archive"]).status().unwrap().success());
    assert_eq!(reasons(&bench.verify("archive").expect(1)), ["content-mismatch", "incomplete"]);
}

#[test]
fn a_submodule_is_its_commit_and_nothing_else() {
    let bench = Bench::release();
    bench.write("sub/code.py", "print('good')\n");
    bench.git("sub", ["init", "-q", "-b", "main"]);
    bench.commit("sub");
    let add = ["-c", "protocol.file.allow=always", "submodule", "add", "-q", "../sub", "sub"];
    bench.git("lm", add);
    bench.commit("lm");
    let mut sign = bench.command(env!("CARGO_BIN_EXE_openness"));
    let despite = ["OPN302", "OPN303", "OPN304", "OPN305", "OPN306", "OPN307", "OPN308", "OPN309", "OPN605", "OPN601"];
    Ran::from(sign.args(["sign", "lm", "--key", "key", "--despite"]).args(despite).output().unwrap()).expect(0);
    bench.commit("lm");
    let verify = || bench.openness(["verify", "lm", "--rev", "HEAD", "--key", "key.pub", "--format", "json"]);
    verify().expect(0);
    bench.write("lm/sub/code.py", "print('evil')\n");
    bench.commit("lm/sub");
    bench.commit("lm");
    assert_eq!(reasons(&verify().expect(1)), ["content-mismatch"]);
    // What lies in it on disk is nobody's word.
    let found = reasons(&bench.verify("lm").expect(1));
    assert!(found.contains(&"unsigned-files".to_owned()), "{found:?}");
}

#[test]
fn a_replacement_object_replaces_nothing() {
    let bench = Bench::signed();
    bench.write("evil", "weights of somebody else");
    let evil = bench.git("lm", ["hash-object", "-w", "../evil"]);
    let good = bench.git("lm", ["rev-parse", "HEAD:weights/a.safetensors"]);
    bench.git("lm", ["replace", good.trim(), evil.trim()]);
    assert_eq!(bench.git("lm", ["cat-file", "-p", "HEAD:weights/a.safetensors"]), "weights of somebody else");
    let rev = ["verify", "lm", "--rev", "HEAD", "--key", "key.pub", "--export", "out"];
    bench.openness(rev).expect(0);
    assert_eq!(bench.read("out/weights/a.safetensors"), b"weights a");
    bench.git("lm", ["rm", "-q", "--cached", "weights/a.safetensors"]);
    bench.git("lm", ["reset", "-q", "--hard"]);
    fs::remove_file(bench.path("lm/weights/a.safetensors")).unwrap();
    bench.git("lm", ["checkout", "-q", "--", "."]);
    // Git has put the other bytes into the work tree by now.
    assert_eq!(bench.read("lm/weights/a.safetensors"), b"weights of somebody else");
    assert_eq!(reasons(&bench.verify("lm").expect(1)), ["content-mismatch"]);
}

#[cfg(unix)]
#[test]
fn nothing_printed_steers_a_terminal() {
    let bench = Bench::signed();
    let public = fs::read_to_string(bench.path("key.pub")).unwrap();
    bench.write("allowed", format!("\"\u{1b}]0;owned\u{7}\u{202e}lab\" {public}"));
    bench.write("lm/\u{1b}[2J\u{1b}[1;1Hverified", "x");
    bench.write("lm/\u{202e}gnp.exe", "x");
    bench.write("lm/.openness/signatures/\u{1b}[31m.sshsig", "x");
    let text = String::from_utf8(bench.read("lm/.openness/statement.json")).unwrap();
    let hostile = text
        .replace("\"Tiny\"", "\"\\u001b[2JTiny\u{202e}\"")
        .replace("\"despite\":[]", "\"despite\":[\"\\u001b[1m\"]");
    assert_ne!(hostile, text);
    let controls = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
    let reorders = |text: &str| text.chars().any(|c| ('\u{202a}'..='\u{202e}').contains(&c));
    let arguments = [
        &["verify", "lm", "--allowed-signers", "allowed"][..],
        &["verify", "lm", "--allowed-signers", "allowed", "--verbose", "--format", "json"],
        &["verify", "lm", "--key", "key.pub", "--identity", "\u{1b}[2J"],
        &["check", "lm"],
        &["sign", "lm", "--statement", "hostile.json", "--key", "key"],
        &["verify", "lm", "--key", "\u{1b}[2J"],
        &["key", "trust", "add", "\u{1b}[2J", "key.pub"],
        &["key", "trust", "remove", "\u{1b}[2J"],
        &["key", "trust", "forget", "--producer", "\u{1b}[2J", "--model", "x"],
    ];
    bench.write("hostile.json", hostile);
    for arguments in arguments {
        let ran = Ran::from(bench.command(env!("CARGO_BIN_EXE_openness")).args(arguments).output().unwrap());
        assert!(!controls(&ran.out) && !controls(&ran.err) && !reorders(&ran.err), "{arguments:?}: {ran:#?}");
        // JSON is read by programs, and escapes what JSON has to.
        assert!(arguments.contains(&"json") || !reorders(&ran.out), "{arguments:?}: {ran:#?}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_of_terabytes_costs_no_time() {
    let grow = |bench: &Bench, name: &str| {
        fs::OpenOptions::new().write(true).create(true).truncate(false).open(bench.path(name)).unwrap().set_len(1 << 40)
    };
    for (name, expected) in [
        ("lm/weights/a.safetensors", &["content-mismatch"][..]),
        ("lm/OPENNESS.toml", &["content-mismatch", "manifest-invalid"]),
        ("lm/more.bin", &["unsigned-files"]),
        ("lm/.openness/statement.json", &["bad-signature"]),
        ("lm/.openness/SHA256SUMS", &["bad-signature"]),
        ("lm/.openness/signatures/0.sshsig", &["bad-signature"]),
        ("lm/.openness/signatures/0.sigstore.json", &["bad-signature"]),
    ] {
        let bench = Bench::signed();
        if grow(&bench, name).is_err() {
            eprintln!("skipped: needs a file system with sparse files");
            return;
        }
        let begun = Instant::now();
        let ran = bench.verify("lm").expect(1);
        assert_eq!(reasons(&ran), expected, "{name}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{name} took {:?}", begun.elapsed());
    }
}

/// A log made of Python and `openssl`; `None` where these are absent.
fn log_tool(bench: &Bench, arguments: &[&str]) -> Option<String> {
    if !has("python3") || !has("openssl") {
        return None;
    }
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent/tlog.py");
    let ran = Ran::from(bench.command("python3").arg(script).args(arguments).output().unwrap()).expect(0);
    Some(ran.out)
}

/// Makes a log's key and writes what is logged of the signature at `path`.
fn logged(bench: &Bench, path: &std::path::Path, index: &str) -> Option<String> {
    if !bench.path("log").exists() {
        let key = ["genpkey", "-algorithm", "ed25519", "-out", "log"];
        if !has("openssl") || !bench.command("openssl").args(key).status().unwrap().success() {
            return None;
        }
    }
    let armour = fs::read_to_string(path).unwrap();
    let base64: String = armour.lines().filter(|line| !line.starts_with('-')).collect();
    use base64ct::Encoding as _;
    bench.write("entry", base64ct::Base64::decode_vec(&base64).unwrap());
    log_tool(bench, &["prove", "entry", index, "9", "log.example", "log"])
}

#[test]
fn a_thief_of_the_key_cannot_sign_for_the_past() {
    let bench = Bench::signed();
    let Some(proof) = logged(&bench, &bench.signature("lm", ".sshsig"), "4") else { return };
    let log = log_tool(&bench, &["vkey", "log.example", "1", "log"]).unwrap();
    bench.write("proof", &proof);
    bench.openness(["sign", "lm", "--tlog-proof", "proof"]).expect(0);
    let verify = || {
        let asked =
            ["verify", "lm", "--key", "key.pub", "--log", log.trim(), "--require-tlog-proof", "--format", "json"];
        bench.openness(asked)
    };
    verify().expect(0);
    // Years later: other weights, and the time of the first release.
    bench.write("lm/weights/a.safetensors", "evil weights");
    bench.commit("lm");
    bench.openness(["sign", "lm", "--key", "key", "--created", "2026-11-22T00:00:00Z"]).expect(0);
    assert_eq!(reasons(&verify().expect(1)), ["policy"]);
    fs::write(bench.signature("lm", ".sshsig").with_extension("tlog-proof"), proof).unwrap();
    assert_eq!(reasons(&verify().expect(1)), ["bad-signature", "policy"]);
}

#[test]
fn a_log_that_shows_two_faces_is_told() {
    let bench = Bench::signed();
    bench.openness(["key", "generate", "--no-passphrase", "--output", "second"]).expect(0);
    let first = bench.signature("lm", ".sshsig");
    let Some(proof) = logged(&bench, &first, "4") else { return };
    fs::write(first.with_extension("tlog-proof"), proof).unwrap();
    let log = log_tool(&bench, &["vkey", "log.example", "1", "log"]).unwrap();
    bench.openness(["sign", "lm", "--statement", "lm/.openness/statement.json", "--key", "second"]).expect(0);
    let verify = || bench.openness(["verify", "lm", "--key", "key.pub", "--log", log.trim(), "--format", "json"]);
    verify().expect(0);
    let folder = bench.path("lm/.openness/signatures");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_second =
        |path: &std::path::PathBuf| path.extension().is_some_and(|ending| ending == "sshsig") && *path != first;
    let second = files.into_iter().find(is_second).unwrap();
    // The same log of nine entries, with this one in it and the other not.
    fs::write(second.with_extension("tlog-proof"), logged(&bench, &second, "5").unwrap()).unwrap();
    let ran = verify().expect(1);
    assert_eq!(reasons(&ran), ["bad-signature"]);
    assert!(ran.out.contains("two different heads of the same size"), "{ran:#?}");
}
