//! Releases as they arrive: caches and folders of the Hugging Face Hub, Git LFS pointers, other line endings.

use std::fs;
use std::os::unix::fs::symlink;

use super::bench::{Bench, copy_tree, reasons};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The folder of a model in the Hub's cache, its files linked from a snapshot as `huggingface_hub` links them.
fn cache(bench: &Bench) -> String {
    let repo = "hub/models--lab--tiny";
    let snapshot = format!("{repo}/snapshots/{COMMIT}");
    bench.write(&format!("{repo}/refs/main"), COMMIT);
    let mut open = vec![String::new()];
    let mut number = 0;
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(bench.path("lm").join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            if name == ".git" {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                open.push(path);
                continue;
            }
            number += 1;
            let etag = format!("{number:040x}");
            bench.write(&format!("{repo}/blobs/{etag}"), fs::read(entry.path()).unwrap());
            let up = "../".repeat(path.matches('/').count() + 2);
            let link = bench.path(&format!("{snapshot}/{path}"));
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            symlink(format!("{up}blobs/{etag}"), link).unwrap();
        }
    }
    snapshot
}

/// Replaces a file by a Git LFS pointer to what it held.
fn point(bench: &Bench, path: &str) -> Vec<u8> {
    let content = bench.read(path);
    let digest = openness::artifacts::digest::sha256(&content);
    let size = content.len();
    let text = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {size}\n", digest.as_str());
    bench.write(path, text);
    content
}

#[test]
fn a_snapshot_in_the_cache_of_the_hub_verifies_through_its_links() {
    let bench = Bench::signed();
    let snapshot = cache(&bench);
    let report = bench.verify(&snapshot).expect(0).json();
    assert_eq!((&report["verdict"], &report["files"]["verified"]), (&"verified".into(), &5.into()));
    // A link that leaves the cache is no part of it.
    bench.write("outside", "x");
    symlink(bench.path("outside"), bench.path(&format!("{snapshot}/extra.py"))).unwrap();
    assert_eq!(reasons(&bench.verify(&snapshot).expect(1)), ["unsigned-files"]);
}

#[test]
fn a_snapshot_whose_blobs_lie_in_the_shared_store_verifies_too() {
    let bench = Bench::signed();
    let snapshot = cache(&bench);
    let blobs = bench.path("hub/models--lab--tiny/blobs");
    let linked = fs::read_link(bench.path(&format!("{snapshot}/README.md"))).unwrap();
    let first = blobs.join(linked.file_name().unwrap());
    let store = bench.path("hub/blobs/ab");
    fs::create_dir_all(&store).unwrap();
    let hash = "ab".repeat(32);
    fs::rename(&first, store.join(&hash)).unwrap();
    symlink(format!("../../blobs/ab/{hash}"), &first).unwrap();
    assert_eq!(bench.verify(&snapshot).expect(0).json()["verdict"], "verified");
    // The name of a blob proves nothing.
    fs::write(store.join(&hash), "something else").unwrap();
    assert_eq!(reasons(&bench.verify(&snapshot).expect(1)), ["content-mismatch"]);
}

#[test]
fn a_cache_without_links_and_a_local_folder_verify() {
    let bench = Bench::signed();
    for folder in ["local", &format!("hub/models--lab--tiny/snapshots/{COMMIT}")] {
        copy_tree(&bench.path("lm"), &bench.path(folder));
        fs::remove_dir_all(bench.path(folder).join(".git")).unwrap();
        bench.write(&format!("{folder}/.cache/huggingface/.gitignore"), "*");
        bench.write(&format!("{folder}/.cache/huggingface/download/README.md.metadata"), format!("{COMMIT}\nx\n1.0\n"));
        assert_eq!(bench.verify(folder).expect(0).json()["verdict"], "verified", "{folder}");
    }
    // What is not the Hub's own counts.
    bench.write("local/.cache/other.py", "import os");
    assert_eq!(reasons(&bench.verify("local").expect(1)), ["unsigned-files"]);
}

#[test]
fn of_a_whole_cache_one_is_told_which_snapshot_to_name() {
    let bench = Bench::signed();
    cache(&bench);
    for folder in ["hub", "hub/models--lab--tiny"] {
        let ran = bench.verify(folder).expect(2);
        assert!(ran.err.contains(COMMIT), "{folder}: {ran:#?}");
    }
}

#[test]
fn pointers_alone_are_a_part_of_a_release_and_another_pointer_is_a_change() {
    let bench = Bench::signed();
    copy_tree(&bench.path("lm"), &bench.path("download"));
    fs::remove_dir_all(bench.path("download/.git")).unwrap();
    point(&bench, "download/weights/a.safetensors");
    let report = bench.verify("download").expect(1).json();
    assert_eq!(report["verdict"], "partial");
    assert_eq!((&report["files"]["pointers"], &report["files"]["verified"]), (&1.into(), &4.into()));
    bench.openness(["verify", "download", "--key", "key.pub", "--partial"]).expect(0);
    let text = String::from_utf8(bench.read("download/weights/a.safetensors")).unwrap();
    bench.write("download/weights/a.safetensors", text.replace("sha256:", "sha256:0").replace("0\nsize", "\nsize"));
    bench.write("download/weights/b.safetensors", "changed");
    assert_eq!(reasons(&bench.verify("download").expect(1)), ["content-mismatch"]);
}

#[test]
fn a_release_with_git_lfs_is_signed_by_content_and_verifies_from_a_bare_clone_by_pointers() {
    let bench = Bench::release();
    let content = point(&bench, "lm/weights/a.safetensors");
    bench.commit("lm");
    // The content is where Git LFS keeps it.
    let digest = openness::artifacts::digest::sha256(&content).as_str().to_owned();
    let object = format!("lm/.git/lfs/objects/{}/{}/{digest}", &digest[..2], &digest[2..4]);
    bench.write(&object, &content);
    bench.openness(["sign", "lm", "--key", "key"]).expect(0);
    let statement: serde_json::Value = serde_json::from_slice(&bench.read("lm/.openness/statement.json")).unwrap();
    assert_eq!(statement["predicate"]["coverage"]["lfs"], serde_json::json!({"confirmed": 1, "unconfirmed": 0}));
    assert!(statement["subject"].to_string().contains(&digest));
    bench.commit("lm");
    bench.git(".", ["clone", "-q", "--bare", "lm", "bare.git"]);
    let report = bench.verify("bare.git").expect(1).json();
    assert_eq!((&report["verdict"], &report["files"]["pointers"]), (&"partial".into(), &1.into()));
    // With the content in place, as a checkout with Git LFS has it, every byte is verified.
    copy_tree(&bench.path("lm"), &bench.path("full"));
    bench.write("full/weights/a.safetensors", &content);
    assert_eq!(bench.verify("full").expect(0).json()["verdict"], "verified");
    // Content that does not hash to its pointer is found out when it is signed.
    bench.write(&object, "something else of that name");
    let ran = bench.openness(["verify", "lm", "--rev", "HEAD", "--key", "key.pub", "--format", "json"]);
    assert_ne!(ran.json()["verdict"], "verified", "{ran:#?}");
}

#[test]
fn a_clone_with_other_line_endings_verifies_and_says_so() {
    let bench = Bench::release();
    // Without the line that protects it.
    bench.write("lm/.gitattributes", "*.safetensors binary\n");
    bench.commit("lm");
    bench.openness(["sign", "lm", "--key", "key"]).expect(0);
    bench.commit("lm");
    bench.git(".", ["-c", "core.autocrlf=true", "clone", "-q", "lm", "windows"]);
    assert!(String::from_utf8(bench.read("windows/OPENNESS.toml")).unwrap().contains("\r\n"));
    let ran = bench.verify("windows").expect(0);
    let notes = ran.json()["notes"].to_string();
    assert!(notes.contains("`OPENNESS.toml` has CRLF"), "{ran:#?}");
    assert_eq!(ran.json()["verdict"], "verified");
}
