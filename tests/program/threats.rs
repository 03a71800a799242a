//! Attacks on signatures in model repositories, the defense against each, and its tests.
//! [`every_attack_in_the_table_has_tests`] reads this table and checks that each test in it exists.
//!
//! | attack | defense | tests |
//! |---|---|---|
//! | path traversal, absolute paths, device names | a path type that cannot hold them | `library/hostile/names.rs::path_traversal_and_absolute_paths`, `library/hostile/names.rs::backslashes_and_drives`, `library/hostile/names.rs::device_names_of_windows`, `library/hostile/names.rs::short_names_of_windows`, `library/hostile/names.rs::overlong_and_deeply_nested_names` |
//! | symbolic links out of the tree | opened beneath the root, never through a link | `program/links.rs::a_target_that_is_not_utf_8_is_not_signed`, `library/hostile/links.rs::symlinks_out_of_the_tree`, `library/hostile/links.rs::the_openness_directory_is_not_read_through_symlinks` |
//! | undeclared files | every file is signed or excluded by a signed pattern; files that run code on load cannot be excluded | `library/hostile/trees.rs::unsigned_files`, `library/hostile/trees.rs::pickles_cannot_be_excluded`, `library/hostile/trees.rs::foreign_files_next_to_the_signatures` |
//! | changes between verification and use | `--export` hashes what it copies | `program/threats.rs::a_file_that_changes_after_verification_is_not_exported`, `library/changing_trees.rs::an_export_never_writes_through_a_link_that_is_put_in_its_way` |
//! | rollback | the latest verified release is remembered; a minimum number can be required | `program/trust_store.rs::an_older_release_is_refused_once_a_newer_was_verified`, `program/trust_store.rs::require_sequence_works_without_history` |
//! | freeze | a signed expiry date; a maximum age by policy | `library/hostile/false_statements.rs::expired_statements`, `program/policies.rs::each_unmet_requirement_is_named` |
//! | mix and match of two releases | one statement lists all files | `program/threats.rs::files_of_two_signed_releases_do_not_make_a_third`, `library/hostile/trees.rs::changed_files` |
//! | false claims of openness | claims are signed, equal those of the manifest, and are derived again | `library/hostile/false_statements.rs::inflated_claims`, `library/hostile/false_statements.rs::statements_that_contradict_the_manifest` |
//! | keys that the repository provides | trust never comes from the repository; a model's keys can be pinned | `library/hostile/keys.rs::keys_that_the_release_itself_brings`, `program/agents.rs::only_the_users_git_settings_name_keys_and_signers`, `program/trust_store.rs::a_changed_pinned_key_is_an_alarm` |
//! | signatures stripped | unsigned, untrusted and bad are different reasons; a policy can require a number of signers | `library/hostile/envelopes.rs::stripped_signatures`, `program/threats.rs::a_removed_second_signature_breaks_a_policy_for_two` |
//! | signatures made for something else | a separate namespace, payload type and predicate type | `library/hostile/envelopes.rs::signatures_made_for_something_else`, `library/hostile/payloads.rs::payloads_of_another_type`, `library/hostile/invalid_statements.rs::statements_of_another_type` |
//! | names that look or fold alike | names that are equal after case folding, or not in NFC, are not signed | `library/hostile/trees.rs::names_that_look_or_fold_alike`, `library/hostile/names.rs::control_bidirectional_and_invisible_characters` |
//! | Git LFS pointers swapped | a pointer does not count as content, and must name the signed digest | `library/hostile/trees.rs::lfs_pointers_instead_of_content` |
//! | filters, line endings, `ident` | bytes are hashed as they are, and no filter is run | `program/threats.rs::nothing_that_a_repository_configures_is_run`, `program/sign_and_verify.rs::changed_line_endings_are_named`, `program/sign_and_verify.rs::scripts_with_other_line_endings_are_never_accepted`, `program/sign_and_verify.rs::verify_and_sha256sum_agree` |
//! | `export-subst` and `export-ignore` | a rule warns; the archive does not verify | `program/threats.rs::an_archive_changed_by_export_subst_does_not_verify` |
//! | submodules | only the commit id is signed, and one that is not checked out is absent | `program/threats.rs::a_submodule_is_only_its_commit_id`, `program/links.rs::a_submodule_that_is_not_checked_out_is_absent` |
//! | repeated keys | refused at every level | `library/hostile/noncanonical.rs::duplicate_keys`, `library/hostile/noncanonical.rs::duplicate_keys_in_every_object`, `library/hostile/bundles.rs::bundles_in_noncanonical_encodings` |
//! | two readings of the same bytes | canonical JSON and one spelling of base64 | `library/hostile/noncanonical.rs::noncanonical_statements`, `library/hostile/noncanonical.rs::noncanonical_numbers`, `library/hostile/noncanonical.rs::noncanonical_strings`, `library/hostile/payloads.rs::noncanonical_base64` |
//! | escapes that steer a terminal | all printed text is escaped | `program/threats.rs::printed_text_never_steers_the_terminal` |
//! | size and nesting bombs | sizes are signed and compared first; limits on size and depth | `program/threats.rs::a_file_of_terabytes_costs_no_time`, `library/hostile/noncanonical.rs::nesting_and_size_bombs`, `library/hostile/noncanonical.rs::a_statement_of_a_hundred_thousand_subjects_is_read` |
//! | pipes, sockets, devices | only regular files are opened | `library/hostile/links.rs::pipes_sockets_and_directories_instead_of_files` |
//! | hard links, sparse files | content is hashed in any case; other names of a file are reported | `library/hostile/links.rs::a_hard_link_is_a_file`, `program/threats.rs::a_hard_linked_file_is_reported`, `program/threats.rs::a_file_of_terabytes_costs_no_time` |
//! | sparse, partial and shallow clones | what is not on this machine is reported as absent, and never fetched | `program/threats.rs::a_partial_clone_fetches_nothing` |
//! | replacement objects, grafts | ignored, and reported if they change a verified revision; a server refuses them | `program/threats.rs::a_replacement_object_has_no_effect`, `oracles/git_reading.rs::replacement_objects_are_ignored`, `program/git_clones.rs::replaced_objects_are_told`, `program/hooks.rs::a_server_refuses_to_replace_what_a_release_holds` |
//! | collisions of SHA-1 | the SHA-256 of the content decides, never an object id | `program/threats.rs::an_object_under_a_wrong_id_does_not_verify` |
//! | hooks, monitors, included settings, other owners | no program that a repository configures is run; repositories of other users are refused | `program/threats.rs::nothing_that_a_repository_configures_is_run`, `oracles/git_reading.rs::no_setting_of_a_repository_runs_a_program`, `oracles/git_reading.rs::a_repository_of_another_user_needs_safe_directory` |
//! | a `.git` or variables that point elsewhere, a download that claims to be bare | the files on disk are checked, or it is an error | `program/threats.rs::a_repository_cannot_redirect_its_working_tree`, `program/threats.rs::a_bare_repository_with_extra_files_is_refused`, `program/git_clones.rs::another_working_tree_is_refused`, `program/git_clones.rs::a_working_tree_that_claims_to_be_bare_is_refused` |
//! | an old release under a new tag | a server refuses it unless a trusted signer signed the tag | `program/hooks.rs::a_server_refuses_another_tag_on_an_old_release` |
//! | files hidden in the directory of another version control system | what could be loaded counts | `program/git_clones.rs::data_of_other_version_control_systems_is_left_out` |
//! | tags moved, copied under another name, stripped of their signature | the name and the commit in the tag are compared; a signed tag can be required | `program/signed_tags.rs::a_renamed_tag_is_reported`, `program/signed_tags.rs::a_commit_is_not_a_signed_tag`, `program/signed_tags.rs::git_verify_tag_agrees_on_tag_content` |
//! | expired and revoked keys | checked at the verifier's time; revocation always wins | `library/hostile/keys.rs::expired_and_backdated_keys`, `library/hostile/keys.rs::revoked_keys`, `oracles/ssh_keygen/revoked.rs::ssh_keygen_agrees_on_its_revocation_lists` |
//! | backdating | the signer's time is only a claim | `library/hostile/keys.rs::expired_and_backdated_keys`, `library/hostile/invalid_statements.rs::invalid_times` |
//! | a split view, a back-dated signature | proofs of a transparency log with witnesses | `program/threats.rs::a_stolen_key_cannot_backdate`, `program/threats.rs::a_log_with_a_split_view_is_reported`, `program/transparency_logs.rs::a_failing_proof_says_what_it_does_not_prove` |
//! | thresholds met by one person | signers are counted by key and by name | `program/policies.rs::the_intake_policy_needs_two_people_and_a_maintainer` |
//! | a signature over nothing | a statement that covers nothing is invalid; the number of files is shown | `library/hostile/invalid_statements.rs::a_statement_that_covers_nothing`, `library/hostile/invalid_statements.rs::statements_that_contradict_themselves` |
//! | false key ids and hints | they only select a key; the signature decides | `library/hostile/bundles.rs::wrong_key_ids_and_hints` |
//! | a signer who controls what is read | names are checked and sizes compared before anything is read | `library/hostile/names.rs::path_traversal_and_absolute_paths`, `library/hostile/invalid_statements.rs::wrong_and_invalid_sizes` |
//! | a reader that stops reading | no panic, and the same exit status | `program/bad_input.rs::a_closed_pipe_changes_no_exit_status` |
//! | signatures and attestations dropped from a list | one signature per file, no lists; attestations by others are signed by digest like every file; the verifier's policy says who must sign | `program/threats.rs::an_attestation_in_the_release_cannot_be_dropped`, `library/hostile/bundles.rs::bundles_without_exactly_one_signature`, `program/threats.rs::a_removed_second_signature_breaks_a_policy_for_two` |
//! | weak keys and malleable signatures | strict Ed25519 | `library/hostile/keys.rs::a_weak_key_is_refused`, `library/hostile/bundles.rs::invalid_signatures`, `library/hostile/envelopes.rs::incomplete_ssh_signatures`, `oracles/ssh_keygen/signers.rs::a_signature_by_a_weak_key_is_refused`, `library/ed25519_vectors.rs::a_signature_with_a_small_order_commitment_is_refused` |
//! | a signature of OpenSSF Model Signing over paths outside the model, files listed twice or not at all, digests that nothing checks | refused whoever signed | `program/oms_attacks.rs::every_statement_that_nobody_should_accept_is_refused_for_its_own_reason`, `program/oms_attacks.rs::every_malformed_bundle_is_refused_for_its_own_reason`, `program/oms_attacks.rs::ignored_paths_that_exist_are_named_and_hide_no_code`, `program/oms_attacks.rs::every_tampering_of_a_release_is_found` |
//! | a Rekor log that shows a keyless signature to one verifier alone | the verifier's own witnesses must have cosigned the checkpoint | `program/keyless.rs::the_verifiers_witnesses_of_a_log_can_be_required`, `program/keyless.rs::a_witness_that_signed_another_tree_makes_the_signature_bad` |
//! | a security key used behind its owner's back | a touch is required, even where `ssh-keygen` does not | `oracles/ssh_keygen/security_keys.rs::a_security_key_signature_needs_a_touch` |

#![allow(dead_code, reason = "not everything in the shared environment is used here")]

use std::fs;
use std::time::{Duration, Instant};

use crate::common::env::{MANIFEST, Output, TestEnv, copy_tree, reasons};
use crate::common::tools::has;
use openness::sign::Trust;
use openness::snapshot::Snapshot;
use openness::verify::export::{Error, export};
use openness::verify::{Requirements, verify};
use serde_json::json;

/// The rows of the table above: attack, defense, tests as `FILE::FUNCTION` below `tests/`.
fn table() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    let rows = include_str!("threats.rs").lines().filter_map(|line| line.strip_prefix("//! | "));
    rows.skip(1)
        .map(|row| {
            let cells: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
            let [attack, defense, tests] = cells[..] else { panic!("a row without three cells: {row}") };
            (attack, defense, tests.split(", ").map(|test| test.trim_matches('`')).collect())
        })
        .collect()
}

/// `cargo test --test program threats::every -- --nocapture` prints the table.
#[test]
fn every_attack_in_the_table_has_tests() {
    let rows = table();
    // As many as in the threat model of the design.
    assert!(rows.len() >= 34, "{} rows are left", rows.len());
    let mut attacks = std::collections::BTreeSet::new();
    for (attack, defense, tests) in rows {
        assert!(attacks.insert(attack), "{attack} is listed twice");
        println!("{attack}: {defense}");
        assert!(!tests.is_empty() && !defense.is_empty(), "{attack}");
        for test in tests {
            println!("    {test}");
            let (file, function) =
                test.split_once("::").unwrap_or_else(|| panic!("{attack}: `{test}` is not of the form FILE::FUNCTION"));
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file);
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let at = text.find(&format!("fn {function}()")).unwrap_or_else(|| panic!("{file} has no `{function}`"));
            // The test must run: it is marked as a test, not ignored, and part of a test binary.
            let marks = text[..at].rsplit("\n\n").next().unwrap_or_default();
            assert!(marks.contains("#[test]") && !marks.contains("#[ignore"), "`{test}` is not run");
            let mut folder = path.parent().unwrap();
            let mut module = path.file_stem().unwrap().to_str().unwrap().to_owned();
            loop {
                // `program/faults/killed.rs` is a module of `program/faults.rs`, which is a module of `program/main.rs`.
                let (main, parent) = (folder.join("main.rs"), folder.with_extension("rs"));
                let text = fs::read_to_string(if main.exists() { &main } else { &parent }).unwrap();
                let is_named = text.contains(&format!("\nmod {module};\n"));
                assert!(is_named, "{file} is not part of a test binary");
                if main.exists() {
                    break;
                }
                module = folder.file_name().unwrap().to_str().unwrap().to_owned();
                folder = folder.parent().unwrap();
            }
        }
    }
}

#[test]
fn a_file_that_changes_after_verification_is_not_exported() {
    let env = TestEnv::signed();
    let trust = Trust::of_key_text(&fs::read_to_string(env.path("key.pub")).unwrap()).unwrap();
    let snapshot = Snapshot::of_directory(&env.path("lm")).unwrap();
    let report = verify(&snapshot, &Requirements::new(&trust, jiff::Timestamp::now()), &|_| {}).unwrap();
    let release = report.verified().unwrap();
    for change in ["weights e", "weights a, and then some", ""] {
        env.write("lm/weights/a.safetensors", change);
        let exported = export(&snapshot, &release, &env.path("out"));
        assert!(matches!(exported, Err(Error::Changed { .. } | Error::Read { .. })), "{change}: {exported:?}");
        assert!(!env.path("out").exists());
    }
    env.write("lm/weights/a.safetensors", "weights a");
    export(&snapshot, &release, &env.path("out")).unwrap();
}

#[test]
fn files_of_two_signed_releases_do_not_make_a_third() {
    let env = TestEnv::signed();
    copy_tree(&env.path("lm"), &env.path("old"));
    env.write("lm/weights/a.safetensors", "weights a of release four");
    env.write("lm/weights/b.safetensors", "weights b of release four");
    env.write("lm/OPENNESS.toml", MANIFEST.replace("sequence = 3", "sequence = 4"));
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env.verify("lm").expect(0);
    env.verify("old").expect(0);
    fs::copy(env.path("old/weights/a.safetensors"), env.path("lm/weights/a.safetensors")).unwrap();
    assert_eq!(reasons(&env.verify("lm").expect(1)), ["content-mismatch"]);
    env.write("lm/weights/a.safetensors", "weights a of release four");
    // Nor do signatures of one release next to those of the other.
    let old = env.signature("old", ".sshsig");
    fs::copy(old, env.path("lm/.openness/signatures/0.sshsig")).unwrap();
    assert_eq!(reasons(&env.verify("lm").expect(1)), ["bad-signature"]);
}

#[test]
fn a_removed_second_signature_breaks_a_policy_for_two() {
    let env = TestEnv::signed();
    env.openness(["key", "generate", "--no-passphrase", "--output", "second"]).expect(0);
    env.openness(["sign", "lm", "--statement", "lm/.openness/statement.json", "--key", "second"]).expect(0);
    env.write("policy.toml", "policy = 1\n[signers]\nrequire = 2\n");
    let both =
        ["verify", "lm", "--key", "key.pub", "--key", "second.pub", "--policy", "policy.toml", "--format", "json"];
    env.openness(both).expect(0);
    let id = env.openness(["key", "show", "second.pub", "--form", "key-id"]).expect(0).out;
    for ending in ["sshsig", "sigstore.json"] {
        fs::remove_file(env.path(&format!("lm/.openness/signatures/{}.{ending}", &id[..16]))).unwrap();
    }
    assert_eq!(reasons(&env.openness(both).expect(1)), ["policy"]);
}

#[cfg(unix)]
#[test]
fn nothing_that_a_repository_configures_is_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = TestEnv::signed();
    env.write("trap", format!("#!/bin/sh\ntouch {}\ncat\n", env.path("sprung").display()));
    fs::set_permissions(env.path("trap"), fs::Permissions::from_mode(0o755)).unwrap();
    let trap = env.path("trap").display().to_string();
    // Settings that include more settings, and a hooks directory elsewhere.
    env.write("more", format!("[core]\n\tfsmonitor = {trap}\n[filter \"evil\"]\n\tprocess = {trap}\n"));
    env.git("lm", ["config", "include.path", env.path("more").to_str().unwrap()]);
    env.git("lm", ["config", "core.hooksPath", env.path("hooks").to_str().unwrap()]);
    env.write("hooks/post-index-change", env.read("trap"));
    fs::set_permissions(env.path("hooks/post-index-change"), fs::Permissions::from_mode(0o755)).unwrap();
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
        env.git("lm", ["config", key, &trap]);
    }
    env.write("lm/.git/info/attributes", "* filter=evil diff=evil\n");
    for hook in ["post-checkout", "post-index-change", "pre-commit", "reference-transaction", "fsmonitor-watchman"] {
        env.write(&format!("lm/.git/hooks/{hook}"), env.read("trap"));
        let path = env.path(&format!("lm/.git/hooks/{hook}"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    env.verify("lm").expect(0);
    env.openness(["verify", "lm", "--rev", "HEAD", "--key", "key.pub"]).expect(0);
    env.openness(["check", "lm"]).expect(0);
    env.openness(["check", "lm", "--staged"]).expect(0);
    env.openness(["statement", "lm"]).expect(0);
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env.openness(["sign", "lm", "--key", "key", "--tag", "v1"]).expect(0);
    env.openness(["verify", "lm", "--rev", "v1", "--key", "key.pub", "--require-signed-tag"]).expect(0);
    // The same with an index that libgit2 cannot read, so that `git` is run.
    env.git("lm", ["-c", "core.fsmonitor=", "-c", "core.hooksPath=/nowhere", "update-index", "--split-index"]);
    let _ = fs::remove_file(env.path("sprung"));
    env.verify("lm").expect(0);
    env.openness(["check", "lm", "--staged"]).expect(0);
    env.openness(["verify", "lm", "--staged", "--key", "key.pub"]).expect(0);
    env.openness(["hook", "status"]);
    assert!(!env.path("sprung").exists(), "a configured program was run");
    // The trap works: `git status` runs it.
    env.command("git").current_dir(env.path("lm")).args(["status", "--short"]).output().unwrap();
    assert!(env.path("sprung").exists());
}

/// A download is verified by its own files, whatever its `.git` or the environment says.
#[cfg(unix)]
#[test]
fn a_repository_cannot_redirect_its_working_tree() {
    let env = TestEnv::signed();
    copy_tree(&env.path("lm"), &env.path("good"));
    env.write("lm/evil.py", "import os");
    let git_dir = env.path("good/.git");
    let text = |name: &str| env.path(name).display().to_string();
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
        env.git("lm", ["config", key, &value]);
        assert_eq!(reasons(&env.verify("lm").expect(1)), ["unsigned-files"], "{key} = {value}");
        env.command("git")
            .current_dir(env.path("lm/.git"))
            .args(["config", "-f", "config", "--unset", key])
            .status()
            .unwrap();
    }
    // Objects from elsewhere, and a `.git` that is a symbolic link or a file pointing there.
    env.write("lm/.git/objects/info/alternates", format!("{}\n", git_dir.join("objects").display()));
    assert_eq!(reasons(&env.verify("lm").expect(1)), ["unsigned-files"]);
    fs::rename(env.path("lm/.git"), env.path("lm.git")).unwrap();
    env.write("lm/.git", format!("gitdir: {}\n", git_dir.display()));
    assert_eq!(reasons(&env.verify("lm").expect(1)), ["unsigned-files"]);
    fs::remove_file(env.path("lm/.git")).unwrap();
    std::os::unix::fs::symlink(&git_dir, env.path("lm/.git")).unwrap();
    assert_eq!(reasons(&env.verify("lm").expect(1)), ["unsigned-files"]);
    // Variables, such as those that Git sets in hooks.
    for variables in [
        &[("GIT_DIR", "good/.git")][..],
        &[("GIT_DIR", "good/.git"), ("GIT_WORK_TREE", "good"), ("GIT_INDEX_FILE", "good/.git/index")],
        &[("GIT_OBJECT_DIRECTORY", "good/.git/objects"), ("GIT_NAMESPACE", "x")],
        &[("GIT_CONFIG_GLOBAL", "more"), ("GIT_CEILING_DIRECTORIES", "/")],
    ] {
        let mut command = env.program();
        command.args(["verify", "lm", "--key", "key.pub", "--format", "json"]);
        command.envs(variables.iter().map(|(name, place)| (name, env.path(place))));
        let ran: Output = command.output().unwrap().into();
        assert_eq!(reasons(&ran.expect(1)), ["unsigned-files"], "{variables:?}");
    }
    fs::remove_file(env.path("lm/evil.py")).unwrap();
    env.verify("lm").expect(0);
}

/// Verifying only the commit would miss the files next to it, which would be loaded.
#[test]
fn a_bare_repository_with_extra_files_is_refused() {
    let env = TestEnv::signed();
    env.git(".", ["clone", "-q", "--bare", "lm", "bare.git"]);
    env.verify("bare.git").expect(0);
    for name in ["model.safetensors", "evil.py", ".hidden"] {
        env.write(&format!("bare.git/{name}"), "weights by mallory");
        let ran = env.verify("bare.git").expect(2);
        assert!(ran.err.contains(name) && ran.err.contains("--rev HEAD"), "{ran:#?}");
        env.openness(["verify", "bare.git", "--rev", "HEAD", "--key", "key.pub"]).expect(0);
        fs::remove_file(env.path(&format!("bare.git/{name}"))).unwrap();
    }
}

#[test]
fn a_replaced_tag_is_reported() {
    let env = TestEnv::signed();
    env.openness(["sign", "lm", "--key", "key", "--tag", "v1"]).expect(0);
    env.write("lm/weights/a.safetensors", "weights a of release four");
    env.write("lm/OPENNESS.toml", MANIFEST.replace("sequence = 3", "sequence = 4"));
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key", "--tag", "v2"]).expect(0);
    let verify = |rev: &str| {
        let arguments = ["verify", "lm", "--rev", rev, "--key", "key.pub", "--require-signed-tag", "--format", "json"];
        let ran = env.openness(arguments);
        let status = ran.json()["tag"]["status"].as_str().unwrap().to_owned();
        (ran.status, status, ran)
    };
    assert_eq!(verify("v2").0, 0);
    // The server presents the old release, with its signature, under the new name.
    let old = env.git("lm", ["rev-parse", "v1"]);
    env.git("lm", ["update-ref", "refs/tags/v2", old.trim()]);
    let (code, status, ran) = verify("v2");
    assert_eq!((code, status.as_str()), (1, "misnamed"));
    assert!(ran.out.contains("was made as `v1`"), "{ran:#?}");
    // Or as an unsigned tag, or as a lightweight tag.
    env.git("lm", ["tag", "-f", "-a", "-m", "Tiny 1.0.1", "v2", "v1^{commit}"]);
    assert_eq!((verify("v2").0, verify("v2").1.as_str()), (1, "unsigned"));
    env.git("lm", ["tag", "-f", "v2", "v1^{commit}"]);
    assert_eq!((verify("v2").0, verify("v2").1.as_str()), (1, "lightweight"));
}

#[test]
fn an_archive_changed_by_export_subst_does_not_verify() {
    if !has("tar") {
        return;
    }
    let env = TestEnv::release();
    env.write("lm/.gitattributes", "README.md export-subst\nweights/b.safetensors export-ignore\n");
    env.write("lm/README.md", "# Tiny $Format:%H$\n");
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env.verify("lm").expect(0);
    env.commit("lm");
    env.git("lm", ["archive", "--output=../lm.tar", "HEAD"]);
    fs::create_dir(env.path("archive")).unwrap();
    assert!(env.command("tar").args(["-xf", "lm.tar", "-C", "archive"]).status().unwrap().success());
    assert_eq!(reasons(&env.verify("archive").expect(1)), ["content-mismatch", "incomplete"]);
}

#[test]
fn a_submodule_is_only_its_commit_id() {
    let env = TestEnv::release();
    env.write("sub/code.py", "print('good')\n");
    env.git("sub", ["init", "-q", "-b", "main"]);
    env.commit("sub");
    let add = ["-c", "protocol.file.allow=always", "submodule", "add", "-q", "../sub", "sub"];
    env.git("lm", add);
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env.commit("lm");
    let verify = || env.openness(["verify", "lm", "--rev", "HEAD", "--key", "key.pub", "--format", "json"]);
    verify().expect(0);
    env.write("lm/sub/code.py", "print('evil')\n");
    env.commit("lm/sub");
    env.commit("lm");
    assert_eq!(reasons(&verify().expect(1)), ["content-mismatch"]);
    // The submodule's files on disk are unsigned.
    let found = reasons(&env.verify("lm").expect(1));
    assert!(found.contains(&"unsigned-files".to_owned()), "{found:?}");
}

#[test]
fn a_replacement_object_has_no_effect() {
    let env = TestEnv::signed();
    env.write("evil", "weights of an attacker");
    let evil = env.git("lm", ["hash-object", "-w", "../evil"]);
    let good = env.git("lm", ["rev-parse", "HEAD:weights/a.safetensors"]);
    env.git("lm", ["replace", good.trim(), evil.trim()]);
    assert_eq!(env.git("lm", ["cat-file", "-p", "HEAD:weights/a.safetensors"]), "weights of an attacker");
    let rev = ["verify", "lm", "--rev", "HEAD", "--key", "key.pub", "--export", "out"];
    env.openness(rev).expect(0);
    assert_eq!(env.read("out/weights/a.safetensors"), b"weights a");
    env.git("lm", ["rm", "-q", "--cached", "weights/a.safetensors"]);
    env.git("lm", ["reset", "-q", "--hard"]);
    fs::remove_file(env.path("lm/weights/a.safetensors")).unwrap();
    env.git("lm", ["checkout", "-q", "--", "."]);
    // Git has put the other bytes into the working tree.
    assert_eq!(env.read("lm/weights/a.safetensors"), b"weights of an attacker");
    assert_eq!(reasons(&env.verify("lm").expect(1)), ["content-mismatch"]);
}

#[cfg(unix)]
#[test]
fn a_partial_clone_fetches_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = TestEnv::release();
    env.write("lm/weights/a.safetensors", "weights".repeat(20_000));
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env.commit("lm");
    env.git("lm", ["config", "uploadpack.allowFilter", "true"]);
    let from = format!("file://{}", env.path("lm").display());
    env.git("", ["clone", "-q", "--no-checkout", "--filter=blob:limit=100k", &from, "partial"]);
    // Fetching anything springs the trap.
    env.write("trap", format!("#!/bin/sh\ntouch {}\n", env.path("sprung").display()));
    fs::set_permissions(env.path("trap"), fs::Permissions::from_mode(0o755)).unwrap();
    env.git("partial", ["config", "remote.origin.uploadpack", &env.path("trap").display().to_string()]);
    let rev = ["verify", "partial", "--rev", "HEAD", "--key", "key.pub", "--format", "json"];
    let ran = env.openness(rev).expect(1);
    assert_eq!(reasons(&ran), ["incomplete"]);
    assert_eq!(ran.json()["verdict"], "partial");
    assert!(!env.path("sprung").exists(), "something was fetched");
    env.openness(["verify", "lm", "--rev", "HEAD", "--key", "key.pub"]).expect(0);
    // Git itself fetches.
    let fetched = env
        .command("git")
        .current_dir(env.path("partial"))
        .args(["cat-file", "-p", "HEAD:weights/a.safetensors"])
        .output()
        .unwrap();
    assert!(!fetched.status.success() && env.path("sprung").exists(), "the trap does not work");
}

/// Simulates a SHA-1 collision: the repository has other bytes under the object id in a tree.
#[test]
fn an_object_under_a_wrong_id_does_not_verify() {
    let env = TestEnv::signed();
    env.write("evil", "weights E");
    let evil = env.git("lm", ["hash-object", "-w", "../evil"]);
    let good = env.git("lm", ["rev-parse", "HEAD:weights/a.safetensors"]);
    let object = |name: &str| env.path(&format!("lm/.git/objects/{}/{}", &name[..2], &name[2..].trim()));
    fs::remove_file(object(&good)).unwrap();
    fs::copy(object(&evil), object(&good)).unwrap();
    assert_ne!(env.git("lm", ["cat-file", "-p", good.trim()]), "weights a");
    let ran = env.openness(["verify", "lm", "--rev", "HEAD", "--key", "key.pub", "--format", "json"]);
    assert_ne!(ran.status, 0, "{ran:#?}");
    let out = env.openness(["verify", "lm", "--rev", "HEAD", "--key", "key.pub", "--export", "out"]);
    assert_ne!(out.status, 0, "{out:#?}");
    assert!(!env.path("out").exists());
}

#[cfg(unix)]
#[test]
fn printed_text_never_steers_the_terminal() {
    let env = TestEnv::signed();
    let public = fs::read_to_string(env.path("key.pub")).unwrap();
    env.write("allowed", format!("\"\u{1b}]0;owned\u{7}\u{202e}lab\" {public}"));
    env.write("lm/\u{1b}[2J\u{1b}[1;1Hverified", "x");
    env.write("lm/\u{202e}gnp.exe", "x");
    env.write("lm/.openness/signatures/\u{1b}[31m.sshsig", "x");
    let text = String::from_utf8(env.read("lm/.openness/statement.json")).unwrap();
    let hostile =
        text.replace("\"Tiny\"", "\"\\u001b[2JTiny\u{202e}\"").replace("\"waived\":[]", "\"waived\":[\"\\u001b[1m\"]");
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
    env.write("hostile.json", hostile);
    for arguments in arguments {
        let ran = Output::from(env.program().args(arguments).output().unwrap());
        assert!(!controls(&ran.out) && !controls(&ran.err) && !reorders(&ran.err), "{arguments:?}: {ran:#?}");
        // JSON is for programs, and escapes only what JSON requires.
        assert!(arguments.contains(&"json") || !reorders(&ran.out), "{arguments:?}: {ran:#?}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_of_terabytes_costs_no_time() {
    let grow = |env: &TestEnv, name: &str| {
        fs::OpenOptions::new().write(true).create(true).truncate(false).open(env.path(name)).unwrap().set_len(1 << 40)
    };
    for (name, expected) in [
        ("lm/weights/a.safetensors", &["content-mismatch"][..]),
        ("lm/OPENNESS.toml", &["content-mismatch", "manifest-invalid"]),
        ("lm/more.bin", &["unsigned-files"]),
        ("lm/.openness/statement.json", &["bad-signature"]),
        ("lm/.openness/SHA256SUMS", &["bad-signature"]),
        // Nobody made these, so they count neither way.
        ("lm/.openness/signatures/0.sshsig", &[]),
        ("lm/.openness/signatures/0.sigstore.json", &[]),
    ] {
        let env = TestEnv::signed();
        if grow(&env, name).is_err() {
            eprintln!("skipped: needs a file system with sparse files");
            return;
        }
        let begun = Instant::now();
        let ran = env.verify("lm").expect(i32::from(!expected.is_empty()));
        assert_eq!(reasons(&ran), expected, "{name}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{name} took {:?}", begun.elapsed());
    }
}

/// Runs the simulated log; `None` without Python or `openssl`.
fn log_tool(env: &TestEnv, arguments: &[&str]) -> Option<String> {
    if !has("python3") || !has("openssl") {
        return None;
    }
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/verify_scripts/tlog.py");
    let ran = Output::from(env.command("python3").arg(script).args(arguments).output().unwrap()).expect(0);
    Some(ran.out)
}

/// Creates the log's key if necessary, and returns a proof for the signature at `path`.
fn logged(env: &TestEnv, path: &std::path::Path, index: &str) -> Option<String> {
    if !env.path("log").exists() {
        let key = ["genpkey", "-algorithm", "ed25519", "-out", "log"];
        if !has("openssl") || !env.command("openssl").args(key).status().unwrap().success() {
            return None;
        }
    }
    let armor = fs::read_to_string(path).unwrap();
    let base64: String = armor.lines().filter(|line| !line.starts_with('-')).collect();
    use base64ct::Encoding as _;
    env.write("entry", base64ct::Base64::decode_vec(&base64).unwrap());
    log_tool(env, &["prove", "entry", index, "9", "log.example", "log"])
}

#[test]
fn a_stolen_key_cannot_backdate() {
    let env = TestEnv::signed();
    let Some(proof) = logged(&env, &env.signature("lm", ".sshsig"), "4") else { return };
    let log = log_tool(&env, &["vkey", "log.example", "1", "log"]).unwrap();
    env.write("proof", &proof);
    env.openness(["sign", "lm", "--tlog-proof", "proof"]).expect(0);
    let verify = || {
        let arguments =
            ["verify", "lm", "--key", "key.pub", "--log", log.trim(), "--require-tlog-proof", "--format", "json"];
        env.openness(arguments)
    };
    verify().expect(0);
    // Years later: other weights, with the time of the first release.
    env.write("lm/weights/a.safetensors", "evil weights");
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key", "--created", "2026-11-22T00:00:00Z"]).expect(0);
    assert_eq!(reasons(&verify().expect(1)), ["policy"]);
    fs::write(env.signature("lm", ".sshsig").with_extension("tlog-proof"), proof).unwrap();
    assert_eq!(reasons(&verify().expect(1)), ["bad-signature", "policy"]);
}

#[test]
fn a_log_with_a_split_view_is_reported() {
    let env = TestEnv::signed();
    env.openness(["key", "generate", "--no-passphrase", "--output", "second"]).expect(0);
    let first = env.signature("lm", ".sshsig");
    let Some(proof) = logged(&env, &first, "4") else { return };
    fs::write(first.with_extension("tlog-proof"), proof).unwrap();
    let log = log_tool(&env, &["vkey", "log.example", "1", "log"]).unwrap();
    env.openness(["sign", "lm", "--statement", "lm/.openness/statement.json", "--key", "second"]).expect(0);
    let verify = || env.openness(["verify", "lm", "--key", "key.pub", "--log", log.trim(), "--format", "json"]);
    verify().expect(0);
    let folder = env.path("lm/.openness/signatures");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_second =
        |path: &std::path::PathBuf| path.extension().is_some_and(|ending| ending == "sshsig") && *path != first;
    let second = files.into_iter().find(is_second).unwrap();
    // A different tree of the same log and size, with this entry but without the other.
    fs::write(second.with_extension("tlog-proof"), logged(&env, &second, "5").unwrap()).unwrap();
    let ran = verify().expect(1);
    assert_eq!(reasons(&ran), ["bad-signature"]);
    let detail = "the log `log.example` signed two different trees of the same size";
    assert_eq!(ran.json()["alarms"], json!([{"kind": "forked-log", "detail": detail}]));
}

/// Another attestation, such as a scan report, is a file of the release, and the statement names it by digest.
#[test]
fn an_attestation_in_the_release_cannot_be_dropped() {
    let env = TestEnv::release();
    env.write("lm/attestations/all.jsonl", "{\"scan\":\"found malware\"}\n{\"provenance\":1}\n");
    let text = fs::read_to_string(env.path("lm/OPENNESS.toml")).unwrap();
    let declared =
        "documentation = [\"attestations/all.jsonl\"]\nfiles = [\"weights/*.safetensors\", \"attestations/*\"]";
    env.write("lm/OPENNESS.toml", text.replace("files = [\"weights/*.safetensors\"]", declared));
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env.verify("lm").expect(0);
    // Neither one line of the list nor the whole list can be dropped.
    env.write("lm/attestations/all.jsonl", "{\"provenance\":1}\n");
    assert_eq!(reasons(&env.verify("lm").expect(1)), ["content-mismatch"]);
    fs::remove_file(env.path("lm/attestations/all.jsonl")).unwrap();
    let ran = env.verify("lm").expect(1);
    assert_eq!(reasons(&ran), ["incomplete"]);
    assert_eq!(ran.json()["files"]["absent"][0], "attestations/all.jsonl");
}

#[cfg(unix)]
#[test]
fn a_hard_linked_file_is_reported() {
    let env = TestEnv::signed();
    let linked = |ran: Output| {
        let notes: Vec<String> = serde_json::from_value(ran.json()["notes"].clone()).unwrap();
        let note = notes.into_iter().find(|note| note.contains("hard link"))?;
        let paths = note.strip_prefix("hard links give other names to ").unwrap();
        Some(paths.split_once(", through which they can be changed").unwrap().0.to_owned())
    };
    assert_eq!(linked(env.verify("lm").expect(0)), None);
    fs::hard_link(env.path("lm/weights/a.safetensors"), env.path("elsewhere")).unwrap();
    assert_eq!(linked(env.verify("lm").expect(0)).as_deref(), Some("`weights/a.safetensors`"));
    fs::hard_link(env.path("lm/README.md"), env.path("card")).unwrap();
    assert_eq!(linked(env.verify("lm").expect(0)).as_deref(), Some("`README.md`, `weights/a.safetensors`"));
    // The other name can be used to change a verified file.
    env.write("elsewhere", "weights x");
    assert_eq!(reasons(&env.verify("lm").expect(1)), ["content-mismatch"]);
}
