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
//! | hard links, sparse files | bytes are bytes; that a file has another name is told | `hostile/links.rs::a_hard_link_is_a_file`, `threats.rs::a_file_that_has_another_name_is_told`, `threats.rs::a_file_of_terabytes_costs_no_time` |
//! | sparse, partial and shallow clones | what is not here is said to be absent, and never fetched | `threats.rs::a_clone_that_lacks_objects_is_incomplete_and_nothing_is_fetched` |
//! | replacement objects, grafts | not believed | `threats.rs::a_replacement_object_replaces_nothing`, `git_reading.rs::replacement_objects_are_not_believed` |
//! | collisions of SHA-1 | SHA-256 of the content decides, never the name of an object | `threats.rs::an_object_under_the_name_of_another_is_not_what_was_signed` |
//! | hooks, monitors, included settings, other owners | no program of a repository is run; others' repositories are refused | `threats.rs::nothing_that_a_repository_configures_is_run`, `git_reading.rs::no_setting_of_a_hostile_repository_runs_a_program`, `git_reading.rs::a_repository_of_another_user_is_refused_unless_the_user_trusts_it` |
//! | a `.git` or variables that lead elsewhere, a download that calls itself bare | the files on disk are what is looked at | `threats.rs::what_a_repository_says_of_where_its_files_are_is_not_heard`, `threats.rs::a_bare_repository_with_files_beside_it_is_not_verified_by_its_commit` |
//! | tags moved, copied under another name, stripped of their signature | the tag's own name and commit are compared; a good one can be asked for | `cli/tags.rs::a_tag_under_another_name_is_told`, `cli/tags.rs::what_is_no_tag_is_no_signed_tag`, `cli/tags.rs::git_verify_tag_and_we_agree_on_what_stands_in_a_tag` |
//! | expired and revoked keys | judged by the verifier's clock; a revocation beats everything | `hostile/keys.rs::expired_and_backdated_keys`, `hostile/keys.rs::revoked_keys`, `ssh_keygen/revoked.rs::revocation_lists_of_ssh_keygen_revoke_as_they_do_there` |
//! | backdating | the signer's time is only claimed | `hostile/keys.rs::expired_and_backdated_keys`, `hostile/statements.rs::times_that_are_none` |
//! | a split view, a signature made for the past | proofs of a transparency log with witnesses | `threats.rs::a_thief_of_the_key_cannot_sign_for_the_past`, `threats.rs::a_log_that_shows_two_faces_is_told`, `cli/logs.rs::what_a_proof_does_not_prove_is_told_in_a_clause` |
//! | thresholds met by one person | k of n by key and by name | `cli/policies.rs::an_intake_asks_for_two_people_and_for_somebody_who_looks_after_it` |
//! | a signature over nothing | nothing covered is no statement; the numbers are printed | `hostile/statements.rs::a_statement_that_covers_nothing`, `hostile/statements.rs::statements_that_contradict_themselves` |
//! | key ids and hints that lie | they select, and the bytes decide | `hostile/bundles.rs::key_ids_and_hints_that_lie` |
//! | a signer who steers what is read | names are refused and sizes compared before anything is read | `hostile/names.rs::path_traversal_and_absolute_paths`, `hostile/statements.rs::sizes_that_lie_or_are_none` |
//! | a reader that stops reading | neither panic nor another status | `cli/bad_input.rs::a_reader_that_stops_reading_changes_no_status_and_causes_no_panic` |
//! | signatures and attestations dropped from a list | one signature a file, no lists; attestations of others are signed by digest like every file; who must have signed is the verifier's policy | `threats.rs::an_attestation_in_the_release_cannot_be_dropped`, `hostile/bundles.rs::bundles_that_hold_more_or_less_than_one_signature`, `threats.rs::taking_one_of_two_signatures_away_is_noticed_by_who_asks_for_two` |
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
    // Settings that bring further settings, and hooks elsewhere.
    bench.write("more", format!("[core]\n\tfsmonitor = {trap}\n[filter \"evil\"]\n\tprocess = {trap}\n"));
    bench.git("lm", ["config", "include.path", bench.path("more").to_str().unwrap()]);
    bench.git("lm", ["config", "core.hooksPath", bench.path("hooks").to_str().unwrap()]);
    bench.write("hooks/post-index-change", bench.read("trap"));
    fs::set_permissions(bench.path("hooks/post-index-change"), fs::Permissions::from_mode(0o755)).unwrap();
    for key in [
        "core.fsmonitor",
        "core.askPass",
        "core.gitProxy",
        "trace2.eventTarget",
        "ssh.variant",
        "alias.rev-parse",
        "alias.cat-file",
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
    // And where the program reads what libgit2 cannot.
    bench.git("lm", ["-c", "core.fsmonitor=", "-c", "core.hooksPath=/nowhere", "update-index", "--split-index"]);
    let _ = fs::remove_file(bench.path("sprung"));
    bench.verify("lm").expect(0);
    bench.openness(["check", "lm", "--staged"]).expect(0);
    bench.openness(["verify", "lm", "--staged", "--key", "key.pub"]).expect(0);
    bench.openness(["hook", "status"]);
    assert!(!bench.path("sprung").exists(), "the trap is sprung");
    // The trap is a trap: what people run every day springs it.
    bench.command("git").current_dir(bench.path("lm")).args(["status", "--short"]).output().unwrap();
    assert!(bench.path("sprung").exists());
}

/// Whether a download is verified from its own files, whatever its `.git` or the surroundings say.
#[cfg(unix)]
#[test]
fn what_a_repository_says_of_where_its_files_are_is_not_heard() {
    let bench = Bench::signed();
    copy_tree(&bench.path("lm"), &bench.path("good"));
    bench.write("lm/evil.py", "import os");
    let git_dir = bench.path("good/.git");
    let text = |name: &str| bench.path(name).display().to_string();
    for (key, value) in [
        ("core.worktree", text("good")),
        ("core.bare", "true".to_owned()),
        ("extensions.worktreeConfig", "true".to_owned()),
        ("core.ignoreCase", "true".to_owned()),
        ("core.excludesFile", text("all")),
        ("core.sparseCheckout", "true".to_owned()),
        ("gpg.ssh.allowedSignersFile", text("signers")),
        ("openness.allowedSigners", text("signers")),
        ("lfs.storage", text("good/.git/lfs")),
    ] {
        bench.git("lm", ["config", key, &value]);
        assert_eq!(reasons(&bench.verify("lm").expect(1)), ["unsigned-files"], "{key} = {value}");
        bench
            .command("git")
            .current_dir(bench.path("lm/.git"))
            .args(["config", "-f", "config", "--unset", key])
            .status()
            .unwrap();
    }
    // Objects of somewhere else, and a `.git` that is a link or a file which leads there.
    bench.write("lm/.git/objects/info/alternates", format!("{}\n", git_dir.join("objects").display()));
    assert_eq!(reasons(&bench.verify("lm").expect(1)), ["unsigned-files"]);
    fs::rename(bench.path("lm/.git"), bench.path("lm.git")).unwrap();
    bench.write("lm/.git", format!("gitdir: {}\n", git_dir.display()));
    assert_eq!(reasons(&bench.verify("lm").expect(1)), ["unsigned-files"]);
    fs::remove_file(bench.path("lm/.git")).unwrap();
    std::os::unix::fs::symlink(&git_dir, bench.path("lm/.git")).unwrap();
    assert_eq!(reasons(&bench.verify("lm").expect(1)), ["unsigned-files"]);
    // Variables, such as those that Git sets in hooks.
    for variables in [
        &[("GIT_DIR", "good/.git")][..],
        &[("GIT_DIR", "good/.git"), ("GIT_WORK_TREE", "good"), ("GIT_INDEX_FILE", "good/.git/index")],
        &[("GIT_OBJECT_DIRECTORY", "good/.git/objects"), ("GIT_NAMESPACE", "x")],
        &[("GIT_CONFIG_GLOBAL", "more"), ("GIT_CEILING_DIRECTORIES", "/")],
    ] {
        let mut command = bench.command(env!("CARGO_BIN_EXE_openness"));
        command.args(["verify", "lm", "--key", "key.pub", "--format", "json"]);
        command.envs(variables.iter().map(|(name, place)| (name, bench.path(place))));
        let ran: Ran = command.output().unwrap().into();
        assert_eq!(reasons(&ran.expect(1)), ["unsigned-files"], "{variables:?}");
    }
    fs::remove_file(bench.path("lm/evil.py")).unwrap();
    bench.verify("lm").expect(0);
}

/// A commit that is verified, while what would be loaded lies beside it, is no verified download.
#[test]
fn a_bare_repository_with_files_beside_it_is_not_verified_by_its_commit() {
    let bench = Bench::signed();
    bench.git(".", ["clone", "-q", "--bare", "lm", "bare.git"]);
    bench.verify("bare.git").expect(0);
    for name in ["model.safetensors", "evil.py", ".hidden"] {
        bench.write(&format!("bare.git/{name}"), "weights by mallory");
        let ran = bench.verify("bare.git").expect(2);
        assert!(ran.err.contains(name) && ran.err.contains("--rev HEAD"), "{ran:#?}");
        bench.openness(["verify", "bare.git", "--rev", "HEAD", "--key", "key.pub"]).expect(0);
        fs::remove_file(bench.path(&format!("bare.git/{name}"))).unwrap();
    }
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

/// A co-attestation (a scan, a provenance) is a file of the release, so that the statement names it by digest.
#[test]
fn an_attestation_in_the_release_cannot_be_dropped() {
    let bench = Bench::release();
    bench.write("lm/attestations/all.jsonl", "{\"scan\":\"found malware\"}\n{\"provenance\":1}\n");
    let text = fs::read_to_string(bench.path("lm/OPENNESS.toml")).unwrap();
    let declared =
        "documentation = [\"attestations/all.jsonl\"]\nfiles = [\"weights/*.safetensors\", \"attestations/*\"]";
    bench.write("lm/OPENNESS.toml", text.replace("files = [\"weights/*.safetensors\"]", declared));
    bench.commit("lm");
    bench.openness(["sign", "lm", "--key", "key"]).expect(0);
    bench.verify("lm").expect(0);
    // One line of the list, and the whole of it.
    bench.write("lm/attestations/all.jsonl", "{\"provenance\":1}\n");
    assert_eq!(reasons(&bench.verify("lm").expect(1)), ["content-mismatch"]);
    fs::remove_file(bench.path("lm/attestations/all.jsonl")).unwrap();
    let ran = bench.verify("lm").expect(1);
    assert_eq!(reasons(&ran), ["incomplete"]);
    assert_eq!(ran.json()["files"]["absent"][0], "attestations/all.jsonl");
}

#[cfg(unix)]
#[test]
fn a_file_that_has_another_name_is_told() {
    let bench = Bench::signed();
    let told = |ran: Ran| {
        let notes: Vec<String> = serde_json::from_value(ran.json()["notes"].clone()).unwrap();
        let note = notes.into_iter().find(|note| note.contains("hard link"));
        note.map(|note| note.split(" can be changed").next().unwrap().to_owned())
    };
    assert_eq!(told(bench.verify("lm").expect(0)), None);
    fs::hard_link(bench.path("lm/weights/a.safetensors"), bench.path("elsewhere")).unwrap();
    assert_eq!(told(bench.verify("lm").expect(0)).as_deref(), Some("`weights/a.safetensors`"));
    fs::hard_link(bench.path("lm/README.md"), bench.path("card")).unwrap();
    assert_eq!(told(bench.verify("lm").expect(0)).as_deref(), Some("`README.md` and 1 more"));
    // Whoever holds the other name changes what was verified.
    bench.write("elsewhere", "weights x");
    assert_eq!(reasons(&bench.verify("lm").expect(1)), ["content-mismatch"]);
}
