//! Large files: signed with the digests of their blocks, compared by blocks, checked in parts, and repaired.

use std::fs;

use serde_json::{Value, json};

use crate::common::ecdsa;
use crate::common::env::{Output, TestEnv, reasons};
use crate::common::tools::has;

const MIB: usize = 1 << 20;
const BLOCK: usize = 4 * MIB;
/// Nine blocks, the last of which is short.
const SIZE: usize = 33 * MIB;
const NAME: &str = "lm/weights/a.safetensors";

/// A safetensors file with one tensor, whose bytes differ from block to block.
fn content() -> Vec<u8> {
    const HEADER: usize = 248;
    let length = SIZE - 8 - HEADER;
    let header = format!("{{\"t\":{{\"dtype\":\"U8\",\"shape\":[{length}],\"data_offsets\":[0,{length}]}}}}");
    let mut bytes = u64::try_from(HEADER).unwrap().to_le_bytes().to_vec();
    bytes.extend(format!("{header:<HEADER$}").into_bytes());
    (1..SIZE / 256).for_each(|row| bytes.extend_from_slice(&[u8::try_from(row % 251).unwrap(); 256]));
    assert_eq!(bytes.len(), SIZE);
    bytes
}

/// A release in a plain directory, with one large file, signed.
fn signed() -> TestEnv {
    let env = TestEnv::release();
    env.write(NAME, content());
    fs::remove_dir_all(env.path("lm/.git")).unwrap();
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env
}

fn verify(env: &TestEnv, flags: &[&str]) -> Output {
    let mut command = env.program();
    command.args(["verify", "lm", "--key", "key.pub"]).args(flags).output().unwrap().into()
}

fn damage(env: &TestEnv, at: usize) {
    let mut bytes = env.read(NAME);
    bytes[at] ^= 1;
    env.write(NAME, bytes);
}

/// Whether more than one thread hashes, without which nothing is compared by blocks.
fn has_cores() -> bool {
    std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1)
}

fn statement(env: &TestEnv, home: &str) -> Value {
    serde_json::from_slice(&env.read(&format!("{home}/.openness/statement.json"))).unwrap()
}

fn subject(statement: &Value, name: &str) -> Value {
    let subjects = statement["subject"].as_array().unwrap();
    subjects.iter().find(|subject| subject["name"] == name).unwrap().clone()
}

#[test]
fn a_large_file_is_signed_by_blocks_and_verified_by_them_unless_full() {
    let env = signed();
    let statement = statement(&env, "lm");
    let blocks = subject(&statement, "weights/a.safetensors")["annotations"]["blocks"].clone();
    assert_eq!((&blocks["size"], blocks["sha256"].as_array().unwrap().len()), (&json!(BLOCK), 9));
    assert_eq!(subject(&statement, "README.md")["annotations"].get("blocks"), None);
    for (digest, block) in blocks["sha256"].as_array().unwrap().iter().zip(content().chunks(BLOCK)) {
        assert_eq!(digest, openness::artifacts::digest::sha256(block).as_str());
    }
    // Standard tools agree.
    if has("sha256sum") {
        let mut command = env.command("sha256sum");
        command.args(["-c", "--quiet", ".openness/SHA256SUMS"]).current_dir(env.path("lm"));
        assert!(command.output().unwrap().status.success());
    }
    let by_blocks = u64::from(has_cores());
    let found = verify(&env, &["--format", "json"]).expect(0).json();
    assert_eq!((&found["files"]["verified"], &found["files"]["byBlocks"]), (&json!(5), &json!(by_blocks)));
    let full = verify(&env, &["--format", "json", "--full"]).expect(0).json();
    assert_eq!((&full["files"]["verified"], &full["files"]["byBlocks"]), (&json!(5), &json!(0)));
    if has_cores() {
        let quiet = verify(&env, &["--quiet"]).expect(0);
        assert_eq!(quiet.out, "verified (1 file by the digests of blocks)\n");
        assert!(verify(&env, &[]).expect(0).out.contains("  of these    1 by the signed digests of their blocks"));
    }
    assert_eq!(verify(&env, &["--quiet", "--full"]).expect(0).out, "verified\n");
    env.write("policy.toml", "policy = 1\n[files]\nwhole-digests = true\n");
    let policy = verify(&env, &["--format", "json", "--policy", "policy.toml"]).expect(0).json();
    assert_eq!(policy["files"]["byBlocks"], json!(0));
    // The same release is signed with the same bytes.
    let before = env.read("lm/.openness/statement.json");
    let created = statement["predicate"]["created"].as_str().unwrap().to_owned();
    env.openness(["sign", "lm", "--key", "key", "--created", &created]).expect(0);
    assert!(env.read("lm/.openness/statement.json") == before);
}

#[test]
fn a_damaged_file_names_its_blocks_and_is_repaired_from_another_copy() {
    let env = signed();
    env.write("good/weights/a.safetensors", content());
    damage(&env, BLOCK);
    damage(&env, SIZE - 1);
    let found = verify(&env, &["--format", "json"]).expect(1);
    assert_eq!(reasons(&found), ["content-mismatch"]);
    let damaged = json!([{ "start": BLOCK, "end": 2 * BLOCK }, { "start": 8 * BLOCK, "end": SIZE }]);
    assert_eq!(found.json()["files"]["changes"][0]["damaged"], damaged);
    let text = verify(&env, &[]).expect(1).out;
    assert!(text.contains("  damaged     weights/a.safetensors:4194304-8388608\n"), "{text}");
    // A copy with another mistake does not help, and changes nothing.
    let before = env.read(NAME);
    let mut other = content();
    other[SIZE - 2] ^= 1;
    env.write("bad/weights/a.safetensors", &other);
    let refused = verify(&env, &["--repair-from", "bad"]).expect(1);
    let said = "bytes 33554432-34603008 of `weights/a.safetensors` are not as signed in the other copy either";
    assert!(refused.err.contains(said), "{}", refused.err);
    assert!(env.read(NAME) == before);
    assert!(verify(&env, &["--repair-from", "none"]).expect(2).err.contains("none"));
    // Both blocks are taken from the good copy, and nothing else.
    let repaired = verify(&env, &["--repair-from", "good"]).expect(0);
    let said = "repaired weights/a.safetensors: 5.0 MiB of 33.0 MiB came from the other copy";
    assert!(repaired.err.contains(said), "{}", repaired.err);
    assert!(env.read(NAME) == content());
    let names: Vec<_> = fs::read_dir(env.path("lm")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_str().unwrap().ends_with(".tmp")), "{names:?}");
    // An absent file, from a copy that is a file; and a file that was cut.
    fs::remove_file(env.path(NAME)).unwrap();
    verify(&env, &["--repair-from", "good/weights/a.safetensors"]).expect(0);
    env.write(NAME, &content()[..20 * MIB]);
    let cut = verify(&env, &["--repair-from", "good"]).expect(0);
    assert!(cut.err.contains("13.0 MiB of 33.0 MiB"), "{}", cut.err);
    env.write(NAME, [content(), b"more".to_vec()].concat());
    let long = verify(&env, &["--repair-from", "good"]).expect(0);
    assert!(long.err.contains("0 bytes of 33.0 MiB"), "{}", long.err);
    assert!(env.read(NAME) == content());
    // Nothing to do.
    assert!(!verify(&env, &["--repair-from", "good"]).expect(0).err.contains("repaired"));
}

#[test]
fn nothing_is_repaired_by_the_word_of_an_untrusted_signer() {
    let env = signed();
    env.add_key("other");
    env.write("good/weights/a.safetensors", content());
    damage(&env, 0);
    let before = env.read(NAME);
    let refused = env.openness(["verify", "lm", "--key", "other.pub", "--repair-from", "good"]).expect(2);
    assert!(refused.err.contains("it is not known what the files should be: "), "{}", refused.err);
    assert!(env.read(NAME) == before);
}

#[test]
fn ranges_are_checked_alone() {
    let env = signed();
    damage(&env, BLOCK);
    let range = |ranges: &[&str]| {
        let flags: Vec<&str> = ranges.iter().flat_map(|range| ["--range", range]).chain(["--format", "json"]).collect();
        verify(&env, &flags)
    };
    let good = range(&["weights/a.safetensors:0-4194304", "weights/a.safetensors:8388607-8388609"]);
    // The second one begins in the damaged block.
    let found = good.expect(1).json();
    assert_eq!(found["files"]["ranges"][0]["verified"], json!(true));
    assert_eq!(found["files"]["ranges"][1]["verified"], json!(false));
    let good = range(&["weights/a.safetensors:0-4194304", "weights/a.safetensors:8388608-34603008", "README.md:0-2"]);
    let found = good.expect(0).json();
    assert_eq!((&found["verdict"], &found["reasons"]), (&json!("partial"), &json!(["incomplete"])));
    let checked = json!({
        "path": "weights/a.safetensors",
        "start": 8388608,
        "end": SIZE,
        "checked": { "start": 2 * BLOCK, "end": SIZE },
        "verified": true,
    });
    assert_eq!(found["files"]["ranges"][1], checked);
    let text = verify(&env, &["--range", "weights/a.safetensors:5-6"]).expect(0).out;
    assert!(text.contains("as signed   weights/a.safetensors:5-6 (bytes 0-4194304 were read)"), "{text}");
    assert!(text.ends_with("partly verified: only parts of files were checked\n"), "{text}");
    for (bad, words) in [
        ("weights/a.safetensors:0-34603009", "is not in the file, which was signed with 34603008 bytes"),
        ("weights/a.safetensors:5-5", "5-5 is empty"),
        ("weights/a.safetensors", "expected FILE:START-END"),
    ] {
        let refused = range(&[bad]).expect(2);
        assert!(refused.text().contains(words), "{bad}: {refused:?}");
    }
    let refused = range(&["x:0-1"]).expect(2);
    assert!(refused.text().contains("what is signed lists no file `x`"), "{refused:?}");
    // By the word of an untrusted signer, neither is wrong.
    env.add_key("other");
    for bad in ["weights/a.safetensors:0-34603009", "x:0-1"] {
        let ran = env.openness(["verify", "lm", "--key", "other.pub", "--range", bad, "--format", "json"]).expect(1);
        assert!(reasons(&ran).contains(&"untrusted-key".to_owned()), "{bad}");
    }
    // What is not there is not called changed.
    fs::remove_file(env.path("lm/README.md")).unwrap();
    let absent = range(&["README.md:0-2"]).expect(1);
    assert_eq!((reasons(&absent), &absent.json()["verdict"]), (vec!["incomplete".to_owned()], &json!("failed")));
}

#[test]
fn a_range_is_checked_by_every_signature_that_counts() {
    let env = signed();
    ecdsa::add_to(&env);
    let sign =
        |file: &str| env.openness(["sign", "lm", "--oms", "--key", "ec/p256.pem", "--signature", file]).expect(0);
    let range = |range: &str, more: &[&str]| {
        let flags = ["--key", "ec/p256.pub.pem", "--range", range, "--format", "json"];
        verify(&env, &[&flags, more].concat())
    };
    sign("lm/model.sig");
    let found = range("weights/a.safetensors:5-6", &["--require", "openness,oms"]).expect(0).json();
    assert_eq!(found["files"]["ranges"][0]["checked"], json!({ "start": 0, "end": SIZE }));
    // The two signers mean different bytes.
    let before = env.read("lm/README.md");
    env.write("lm/README.md", "other\n");
    sign("lm/model.sig");
    env.write("lm/README.md", before);
    assert_eq!(reasons(&range("README.md:0-2", &[]).expect(1)), ["content-mismatch", "incomplete"]);
    assert_eq!(reasons(&range("weights/a.safetensors:5-6", &[]).expect(0)), ["incomplete"]);
    // A bundle alone has no blocks, so the file is read as a whole.
    fs::remove_dir_all(env.path("lm/.openness")).unwrap();
    range("weights/a.safetensors:5-6", &[]).expect(0);
    let refused = range("weights/a.safetensors:5-34603009", &[]).expect(2);
    assert!(refused.err.contains("is not in the file"), "{refused:?}");
    damage(&env, SIZE - 1);
    assert_eq!(reasons(&range("weights/a.safetensors:5-6", &[]).expect(1)), ["content-mismatch", "incomplete"]);
    let refused = verify(&env, &["--key", "ec/p256.pub.pem", "--repair-from", "lm"]).expect(2);
    assert!(refused.err.contains("does not say which parts of a file are damaged"), "{refused:?}");
}

#[test]
fn a_range_of_a_pointer_is_that_of_its_content_or_absent() {
    let env = TestEnv::release();
    let oid = openness::artifacts::digest::sha256(&content());
    let oid = oid.as_str();
    env.write(NAME, format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {SIZE}\n"));
    let object = format!("lm/.git/lfs/objects/{}/{}/{oid}", &oid[..2], &oid[2..4]);
    env.write(&object, content());
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env.commit("lm");
    let range = |more: &[&str]| {
        let flags = ["--range", "weights/a.safetensors:5-6", "--format", "json"];
        verify(&env, &[&flags, more].concat())
    };
    range(&["--rev", "HEAD"]).expect(0);
    // A loader would read the pointer.
    assert_eq!(reasons(&range(&[]).expect(1)), ["incomplete"]);
    let said = verify(&env, &["--range", "weights/a.safetensors:5-6"]).expect(1).out;
    assert!(said.contains("only its Git LFS pointer is there") && said.contains("absent"), "{said}");
    let mut other = content();
    other[0] ^= 1;
    env.write(&object, other);
    assert_eq!(reasons(&range(&["--rev", "HEAD"]).expect(1)), ["content-mismatch", "incomplete"]);
    // A pointer is not repaired, and that is said.
    env.write("good/weights/a.safetensors", content());
    env.write(&object, content());
    let said = verify(&env, &["--repair-from", "good"]).expect(1).err;
    assert!(said.contains("there is only the Git LFS pointer, which stays"), "{said}");
}

#[test]
fn a_repair_does_what_it_can_and_lists_the_rest() {
    let env = signed();
    let files = ["README.md", "weights/a.safetensors", "weights/b.safetensors"];
    for name in files {
        env.write(&format!("good/{name}"), env.read(&format!("lm/{name}")));
        env.write(&format!("lm/{name}"), "bad");
    }
    fs::remove_file(env.path("good/README.md")).unwrap();
    // A snapshot of the Hub's cache has links to its files, which are next to it.
    fs::create_dir(env.path("blobs")).unwrap();
    fs::rename(env.path("good/weights/b.safetensors"), env.path("blobs/b")).unwrap();
    std::os::unix::fs::symlink("../../blobs/b", env.path("good/weights/b.safetensors")).unwrap();
    env.set_mode("lm/weights/b.safetensors", 0o600);
    env.set_mode(NAME, 0o640);
    let ran = verify(&env, &["--repair-from", "good", "--format", "json"]).expect(1);
    assert!(ran.err.contains("not repaired: the other copy has no file `README.md`"), "{ran:?}");
    assert_eq!(ran.err.matches("repaired weights/").count(), 2, "{ran:?}");
    let changed: Vec<_> =
        ran.json()["files"]["changes"].as_array().unwrap().iter().map(|c| c["path"].clone()).collect();
    assert_eq!(changed, ["README.md"]);
    // Nothing can be read by more users than before.
    use std::os::unix::fs::PermissionsExt as _;
    for (name, mode) in [("lm/weights/b.safetensors", 0o600), (NAME, 0o640)] {
        assert_eq!(fs::metadata(env.path(name)).unwrap().permissions().mode() & 0o777, mode, "{name}");
    }
}

#[test]
fn digests_that_disagree_are_the_signers_fault_in_an_export_and_a_range() {
    let env = TestEnv::release();
    env.write(NAME, content());
    fs::remove_dir_all(env.path("lm/.git")).unwrap();
    let made = env.openness(["statement", "lm"]).expect(0);
    let mut statement: Value = serde_json::from_str(&made.out).unwrap();
    let subjects = statement["subject"].as_array_mut().unwrap();
    let subject = subjects.iter_mut().find(|subject| subject["name"] == "weights/a.safetensors").unwrap();
    subject["digest"]["sha256"] = openness::artifacts::digest::sha256(b"other").as_str().into();
    env.write("lying.json", openness::json::canonical(&statement).unwrap());
    env.openness(["sign", "lm", "--key", "key", "--statement", "lying.json"]).expect(0);
    for flags in [&["--export", "copy"][..], &["--full"], &["--full", "--range", "weights/a.safetensors:5-6"]] {
        let ran = verify(&env, &[flags, &["--format", "json"]].concat()).expect(1);
        let mut found = reasons(&ran);
        found.retain(|reason| reason != "incomplete");
        assert_eq!(
            (found, &ran.json()["verdict"]),
            (vec!["statement-invalid".to_owned()], &json!("failed")),
            "{flags:?}"
        );
        assert!(!env.path("copy").exists());
    }
    let said = verify(&env, &["--export", "copy"]).expect(1).out;
    assert!(said.contains("NOT VERIFIED: the signed statement is invalid"), "{said}");
}

#[test]
fn an_export_of_a_file_compared_by_blocks_is_checked_by_both_digests() {
    let env = signed();
    verify(&env, &["--export", "copy"]).expect(0);
    assert!(env.read("copy/weights/a.safetensors") == content());
    env.openness(["verify", "copy", "--key", "key.pub", "--full"]).expect(0);
}

#[test]
fn the_cache_knows_blocks_and_whole_digests_apart() {
    let env = signed();
    std::thread::sleep(std::time::Duration::from_millis(2100));
    let cached = |flags: &[&str]| verify(&env, flags).expect(0).json()["files"]["cached"].clone();
    let json = ["--cache", "--format", "json"];
    assert_eq!(cached(&json), json!(0));
    assert_eq!(cached(&json), json!(5));
    // The digest of the whole file is not in the cache if the file was read by blocks.
    let full = [&json[..], &["--full"]].concat();
    assert_eq!(cached(&full), json!(if has_cores() { 4 } else { 5 }));
    assert_eq!(cached(&full), json!(5));
    assert_eq!(cached(&json), json!(5));
    damage(&env, BLOCK);
    assert_eq!(reasons(&verify(&env, &json).expect(1)), ["content-mismatch"]);
}

#[test]
fn the_content_of_a_pointer_is_signed_by_blocks_if_it_is_confirmed() {
    let env = TestEnv::release();
    let oid = openness::artifacts::digest::sha256(&content());
    let oid = oid.as_str();
    env.write(NAME, format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {SIZE}\n"));
    env.commit("lm");
    let blocks_of = |output: &str| {
        let mut command = env.program();
        let ran = command.args(["sign", "lm", "--key", "key", "--output", output]).output().unwrap();
        Output::from(ran).expect(0);
        subject(&statement(&env, output), "weights/a.safetensors")["annotations"].get("blocks").cloned()
    };
    assert_eq!(blocks_of("without"), None);
    env.write(&format!("lm/.git/lfs/objects/{}/{}/{oid}", &oid[..2], &oid[2..4]), content());
    assert_eq!(blocks_of("with").unwrap()["sha256"].as_array().unwrap().len(), 9);
    // The commit verifies by the content, which is read by one thread.
    fs::rename(env.path("with/.openness"), env.path("lm/.openness")).unwrap();
    env.commit("lm");
    let found = verify(&env, &["--rev", "HEAD", "--format", "json"]).expect(0).json();
    assert_eq!((&found["files"]["verified"], &found["files"]["byBlocks"]), (&json!(5), &json!(0)));
}
