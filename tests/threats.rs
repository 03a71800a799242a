//! The attacks that a signature in a model repository meets, what stands against each, and the tests named after it. The table is
//! read by [`every_attack_of_the_table_has_tests_named_after_it`]: each test in it has to be there.
//!
//! | attack | what stands against it | tests |
//! |---|---|---|
//! | path traversal, absolute paths, device names | a path type that cannot hold them | `hostile/names.rs::path_traversal_and_absolute_paths`, `hostile/names.rs::backslashes_and_drives`, `hostile/names.rs::device_names_of_windows`, `hostile/names.rs::names_that_windows_shortens`, `hostile/names.rs::overlong_and_overdeep_names` |
//! | symbolic links out of the tree | opened beneath the root, never through a link | `hostile/links.rs::links_that_lead_out_of_the_tree`, `hostile/links.rs::our_own_directory_is_not_read_through_links` |
//! | undeclared files | every file is signed, or left out by a signed pattern, and what runs on loading cannot be left out | `hostile/trees.rs::files_that_nobody_signed`, `hostile/trees.rs::pickles_may_not_be_left_out`, `hostile/trees.rs::files_of_others_beside_the_signatures` |
//! | changes between verifying and use | `--export` hashes what it copies | `threats.rs::a_file_that_changes_between_verifying_and_use_is_not_exported` |
//! | rollback | what was seen last is remembered; a least number can be asked for | `cli/trust.rs::an_older_release_is_refused_once_a_newer_was_verified`, `cli/trust.rs::a_least_release_can_be_asked_for_without_memory` |
//! | freeze | a signed last day; a largest age by policy | `hostile/lies.rs::a_statement_that_has_expired`, `cli/policies.rs::each_line_that_is_not_met_is_named` |
//! | mix and match of two releases | one statement lists all files | `threats.rs::files_of_two_signed_releases_do_not_make_a_third`, `hostile/trees.rs::files_that_were_changed` |
//! | openness claimed and not there | claims are signed, equal to the manifest, and derived anew | `hostile/lies.rs::claims_raised_above_the_manifest_and_the_facts`, `hostile/lies.rs::statements_that_say_something_else_than_the_manifest` |
//! | keys that the repository brings | trust comes from outside alone; a model's keys can be pinned | `hostile/keys.rs::keys_that_the_release_itself_brings`, `cli/agents.rs::the_users_git_names_the_key_and_whom_to_trust_and_the_repositorys_own_does_not`, `cli/trust.rs::a_changed_key_of_a_pinned_model_is_told_whoever_else_is_trusted` |
//! | signatures stripped | unsigned, untrusted and bad are three words; a number of signers by policy | `hostile/envelopes.rs::signatures_that_were_stripped`, `threats.rs::taking_one_of_two_signatures_away_is_noticed_by_who_asks_for_two` |
//! | signatures made for something else | a namespace, a payload type and a predicate type of our own | `hostile/envelopes.rs::signatures_made_for_something_else`, `hostile/payloads.rs::payloads_of_another_type`, `hostile/statements.rs::statements_of_another_kind` |
//! | names that look or fold alike | names equal after folding are not signed, and others than NFC neither | `hostile/trees.rs::names_that_look_or_fold_alike`, `hostile/names.rs::control_bidirectional_and_invisible_characters` |
//! | Git LFS pointers swapped | a pointer is no content, and has to name what was signed | `hostile/trees.rs::pointers_in_place_of_content` |
//! | filters, line endings, `ident` | bytes are hashed and no filter is run | `threats.rs::nothing_that_a_repository_configures_is_run`, `cli/main_path.rs::line_endings_alone_are_told_by_name` |
//! | `export-subst` and `export-ignore` | a rule warns; the archive does not verify | `threats.rs::an_archive_that_git_rewrote_is_not_what_was_signed` |
//! | submodules | a commit's name and nothing else | `threats.rs::a_submodule_is_its_commit_and_nothing_else` |
//! | repeated keys | refused at every level | `hostile/spellings.rs::a_key_that_stands_twice`, `hostile/spellings.rs::no_object_of_a_statement_may_have_a_key_twice`, `hostile/bundles.rs::bundles_in_another_spelling` |
//! | two readings of the same bytes | canonical JSON and one spelling of base64 | `hostile/spellings.rs::statements_that_are_not_canonical`, `hostile/spellings.rs::numbers_in_another_spelling`, `hostile/spellings.rs::strings_in_another_spelling`, `hostile/payloads.rs::base64_in_another_spelling` |
//! | escapes that steer a terminal | escaped in whatever is printed | `threats.rs::nothing_printed_steers_a_terminal` |
//! | bombs of size and depth | sizes are signed and looked at first; caps and a depth | `threats.rs::a_file_of_terabytes_costs_no_time`, `hostile/spellings.rs::bombs_of_depth_and_size`, `hostile/spellings.rs::a_statement_of_a_hundred_thousand_subjects_is_read` |
//! | pipes, sockets, devices | only regular files are opened | `hostile/links.rs::pipes_sockets_and_directories_in_place_of_files` |
//! | hard links, sparse files | bytes are bytes | `hostile/links.rs::a_hard_link_is_a_file`, `threats.rs::a_file_of_terabytes_costs_no_time` |
//! | sparse, partial and shallow clones | what is not here is said to be absent, and never fetched | `threats.rs::a_clone_that_lacks_objects_is_incomplete_and_nothing_is_fetched` |
//! | replacement objects, grafts | not believed | `threats.rs::a_replacement_object_replaces_nothing`, `git_reading.rs::replacement_objects_are_not_believed` |
//! | collisions of SHA-1 | SHA-256 of the content decides, never the name of an object | `threats.rs::an_object_under_the_name_of_another_is_not_what_was_signed` |
//! | hooks, monitors, included settings, other owners | no program of a repository is run; others' repositories are refused | `threats.rs::nothing_that_a_repository_configures_is_run`, `git_reading.rs::no_setting_of_a_hostile_repository_runs_a_program`, `git_reading.rs::a_repository_of_another_user_is_refused_unless_the_user_trusts_it` |
//! | expired and revoked keys | judged by the verifier's clock; a revocation beats everything | `hostile/keys.rs::expired_and_backdated_keys`, `hostile/keys.rs::revoked_keys`, `ssh_keygen/revoked.rs::revocation_lists_of_ssh_keygen_revoke_as_they_do_there` |
//! | backdating | the signer's time is only claimed | `hostile/keys.rs::expired_and_backdated_keys`, `hostile/statements.rs::times_that_are_none` |
//! | thresholds met by one person | k of n by key and by name | `cli/policies.rs::an_intake_asks_for_two_people_and_for_somebody_who_looks_after_it` |
//! | a signature over nothing | nothing covered is no statement; the numbers are printed | `hostile/statements.rs::a_statement_that_covers_nothing`, `hostile/statements.rs::statements_that_contradict_themselves` |
//! | key ids and hints that lie | they select, and the bytes decide | `hostile/bundles.rs::key_ids_and_hints_that_lie` |
//! | a signer who steers what is read | names are refused and sizes compared before anything is read | `hostile/names.rs::path_traversal_and_absolute_paths`, `hostile/statements.rs::sizes_that_lie_or_are_none` |
//! | a reader that stops reading | neither panic nor another status | `cli/bad_input.rs::a_reader_that_stops_reading_changes_no_status_and_causes_no_panic` |
//! | signatures dropped from a list | one signature a file, no lists; who must have signed is the verifier's policy | `hostile/bundles.rs::bundles_that_hold_more_or_less_than_one_signature`, `threats.rs::taking_one_of_two_signatures_away_is_noticed_by_who_asks_for_two` |
//! | weak keys and second spellings of a signature | strict Ed25519 | `hostile/keys.rs::a_weak_key_is_no_key`, `hostile/bundles.rs::signatures_that_do_not_hold`, `hostile/envelopes.rs::ssh_signatures_that_are_not_whole`, `ssh_keygen/signers.rs::a_signature_by_a_weak_key_is_none`, `vectors.rs::a_signature_whose_commitment_is_of_small_order_is_none` |
//! | a security key used behind its owner's back | a touch is demanded, whatever `ssh-keygen` says | `ssh_keygen/security_keys.rs::a_security_key_that_was_not_touched_has_not_signed` |

#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "what is skipped is told, and the table is printed")]
#![allow(dead_code, reason = "the bench is shared, and not all of it is used here")]

#[path = "cli/bench.rs"]
mod bench;
mod common;

use std::fs;
use std::time::{Duration, Instant};

use bench::{Bench, MANIFEST, Ran, copy_tree, has, reasons};
use openness::sign::Trust;
use openness::snapshot::Snapshot;
use openness::verify::export::{Error, export};
use openness::verify::{Request, Verdict, verify};

/// The rows of the table above: attack, defence, tests as `FILE::FUNCTION` below `tests/`.
fn table() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    let rows = include_str!("threats.rs").lines().filter_map(|line| line.strip_prefix("//! | "));
    rows.skip(1)
        .map(|row| {
            let cells: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
            let [attack, defence, tests] = cells[..] else { panic!("a row of other cells: {row}") };
            (attack, defence, tests.split(", ").map(|test| test.trim_matches('`')).collect())
        })
        .collect()
}

/// `cargo test --test threats table -- --nocapture` prints the table.
#[test]
fn every_attack_of_the_table_has_tests_named_after_it() {
    let rows = table();
    // As many as the threat model of the design has.
    assert!(rows.len() >= 34, "{} rows are left", rows.len());
    let mut attacks = std::collections::BTreeSet::new();
    for (attack, defence, tests) in rows {
        assert!(attacks.insert(attack), "{attack} stands twice");
        println!("{attack}: {defence}");
        assert!(!tests.is_empty() && !defence.is_empty(), "{attack}");
        for test in tests {
            println!("    {test}");
            let (file, function) = test.split_once("::").unwrap_or_else(|| panic!("{attack}: `{test}` is no test"));
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file);
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let at = text.find(&format!("fn {function}()")).unwrap_or_else(|| panic!("{file} has no `{function}`"));
            // It is run: marked as a test, not ignored, and part of a program.
            let marks = text[..at].rsplit("\n\n").next().unwrap_or_default();
            assert!(marks.contains("#[test]") && !marks.contains("#[ignore"), "`{test}` is not run");
            let top = file.split('/').next().unwrap_or_default().trim_end_matches(".rs");
            let program = path.with_file_name(format!("../{top}.rs"));
            let named = file == format!("{top}.rs")
                || fs::read_to_string(program).is_ok_and(|text| text.contains(&format!("\"{file}\"")));
            assert!(named, "{file} is part of no test program");
        }
    }
}

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
    assert!(!bench.path("sprung").exists(), "the trap is sprung");
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
fn a_clone_that_lacks_objects_is_incomplete_and_nothing_is_fetched() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::release();
    bench.write("lm/weights/a.safetensors", "weights".repeat(20_000));
    bench.commit("lm");
    bench.openness(["sign", "lm", "--key", "key"]).expect(0);
    bench.commit("lm");
    bench.git("lm", ["config", "uploadpack.allowFilter", "true"]);
    let from = format!("file://{}", bench.path("lm").display());
    bench.git("", ["clone", "-q", "--no-checkout", "--filter=blob:limit=100k", &from, "partial"]);
    // Whoever fetches what is absent springs the trap.
    bench.write("trap", format!("#!/bin/sh\ntouch {}\n", bench.path("sprung").display()));
    fs::set_permissions(bench.path("trap"), fs::Permissions::from_mode(0o755)).unwrap();
    bench.git("partial", ["config", "remote.origin.uploadpack", &bench.path("trap").display().to_string()]);
    let rev = ["verify", "partial", "--rev", "HEAD", "--key", "key.pub", "--format", "json"];
    let ran = bench.openness(rev).expect(1);
    assert_eq!(reasons(&ran), ["incomplete"]);
    assert_eq!(ran.json()["verdict"], "partial");
    assert!(!bench.path("sprung").exists(), "something was fetched");
    bench.openness(["verify", "lm", "--rev", "HEAD", "--key", "key.pub"]).expect(0);
    // Git itself would have.
    let asked = bench
        .command("git")
        .current_dir(bench.path("partial"))
        .args(["cat-file", "-p", "HEAD:weights/a.safetensors"])
        .output()
        .unwrap();
    assert!(!asked.status.success() && bench.path("sprung").exists(), "the trap is none");
}

/// As two contents of one SHA-1 would: the repository gives other bytes under the name that a tree holds.
#[test]
fn an_object_under_the_name_of_another_is_not_what_was_signed() {
    let bench = Bench::signed();
    bench.write("evil", "weights E");
    let evil = bench.git("lm", ["hash-object", "-w", "../evil"]);
    let good = bench.git("lm", ["rev-parse", "HEAD:weights/a.safetensors"]);
    let object = |name: &str| bench.path(&format!("lm/.git/objects/{}/{}", &name[..2], &name[2..].trim()));
    fs::remove_file(object(&good)).unwrap();
    fs::copy(object(&evil), object(&good)).unwrap();
    assert_ne!(bench.git("lm", ["cat-file", "-p", good.trim()]), "weights a");
    let ran = bench.openness(["verify", "lm", "--rev", "HEAD", "--key", "key.pub", "--format", "json"]);
    assert_ne!(ran.status, 0, "{ran:#?}");
    let out = bench.openness(["verify", "lm", "--rev", "HEAD", "--key", "key.pub", "--export", "out"]);
    assert_ne!(out.status, 0, "{out:#?}");
    assert!(!bench.path("out").exists());
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
