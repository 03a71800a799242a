//! Releases as they arrive: caches and folders of the Hugging Face Hub, Git LFS pointers, other line endings.

use std::fs;
use std::os::unix::fs::symlink;

use crate::common::env::{TestEnv, copy_tree, reasons};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The folder of a model in the Hub's cache, its files linked from a snapshot as `huggingface_hub` links them.
fn cache(env: &TestEnv) -> String {
    let repo = "hub/models--lab--tiny";
    let snapshot = format!("{repo}/snapshots/{COMMIT}");
    env.write(&format!("{repo}/refs/main"), COMMIT);
    let mut open = vec![String::new()];
    let mut number = 0;
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(env.path("lm").join(&folder)).unwrap() {
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
            env.write(&format!("{repo}/blobs/{etag}"), fs::read(entry.path()).unwrap());
            let up = "../".repeat(path.matches('/').count() + 2);
            let link = env.path(&format!("{snapshot}/{path}"));
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            symlink(format!("{up}blobs/{etag}"), link).unwrap();
        }
    }
    snapshot
}

/// Replaces a file by a Git LFS pointer to what it held.
fn point(env: &TestEnv, path: &str) -> Vec<u8> {
    let content = env.read(path);
    let digest = openness::artifacts::digest::sha256(&content);
    let size = content.len();
    let text = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {size}\n", digest.as_str());
    env.write(path, text);
    content
}

#[test]
fn a_hub_snapshot_verifies_through_its_symlinks() {
    let env = TestEnv::signed();
    let snapshot = cache(&env);
    let report = env.verify(&snapshot).expect(0).json();
    assert_eq!((&report["verdict"], &report["files"]["verified"]), (&"verified".into(), &5.into()));
    // A link that leaves the cache is no part of it.
    env.write("outside", "x");
    symlink(env.path("outside"), env.path(&format!("{snapshot}/extra.py"))).unwrap();
    assert_eq!(reasons(&env.verify(&snapshot).expect(1)), ["unsigned-files"]);
}

#[test]
fn a_hub_snapshot_in_the_shared_store_verifies() {
    let env = TestEnv::signed();
    let snapshot = cache(&env);
    let blobs = env.path("hub/models--lab--tiny/blobs");
    let linked = fs::read_link(env.path(&format!("{snapshot}/README.md"))).unwrap();
    let first = blobs.join(linked.file_name().unwrap());
    let store = env.path("hub/blobs/ab");
    fs::create_dir_all(&store).unwrap();
    let hash = "ab".repeat(32);
    fs::rename(&first, store.join(&hash)).unwrap();
    symlink(format!("../../blobs/ab/{hash}"), &first).unwrap();
    assert_eq!(env.verify(&snapshot).expect(0).json()["verdict"], "verified");
    // The name of a blob proves nothing.
    fs::write(store.join(&hash), "something else").unwrap();
    assert_eq!(reasons(&env.verify(&snapshot).expect(1)), ["content-mismatch"]);
}

#[test]
fn hub_layouts_without_symlinks_verify() {
    let env = TestEnv::signed();
    for folder in ["local", &format!("hub/models--lab--tiny/snapshots/{COMMIT}")] {
        copy_tree(&env.path("lm"), &env.path(folder));
        fs::remove_dir_all(env.path(folder).join(".git")).unwrap();
        env.write(&format!("{folder}/.cache/huggingface/.gitignore"), "*");
        env.write(&format!("{folder}/.cache/huggingface/download/README.md.metadata"), format!("{COMMIT}\nx\n1.0\n"));
        assert_eq!(env.verify(folder).expect(0).json()["verdict"], "verified", "{folder}");
    }
    // What is not the Hub's own counts.
    env.write("local/.cache/other.py", "import os");
    assert_eq!(reasons(&env.verify("local").expect(1)), ["unsigned-files"]);
}

#[test]
fn a_download_by_kagglehub_verifies_with_its_markers() {
    let env = TestEnv::signed();
    copy_tree(&env.path("lm"), &env.path("download"));
    fs::remove_dir_all(env.path("download/.git")).unwrap();
    let marker = "download/.complete/models/lab/tiny/pyTorch/small/1/bundle.complete";
    env.write(marker, "");
    assert_eq!(env.verify("download").expect(0).json()["verdict"], "verified");
    env.write(marker, "x");
    let report = env.verify("download").expect(1).json();
    assert_eq!(report["files"]["unsigned"], serde_json::json!([marker.strip_prefix("download/")]));
}

#[test]
fn for_a_whole_hub_cache_the_error_names_the_snapshots() {
    let env = TestEnv::signed();
    cache(&env);
    for folder in ["hub", "hub/models--lab--tiny"] {
        let ran = env.verify(folder).expect(2);
        assert!(ran.err.contains(COMMIT), "{folder}: {ran:#?}");
    }
}

#[test]
fn lfs_pointers_make_a_release_partial() {
    let env = TestEnv::signed();
    copy_tree(&env.path("lm"), &env.path("download"));
    fs::remove_dir_all(env.path("download/.git")).unwrap();
    point(&env, "download/weights/a.safetensors");
    let report = env.verify("download").expect(1).json();
    assert_eq!(report["verdict"], "partial");
    assert_eq!((&report["files"]["pointers"], &report["files"]["verified"]), (&1.into(), &4.into()));
    env.openness(["verify", "download", "--key", "key.pub", "--partial"]).expect(0);
    let text = String::from_utf8(env.read("download/weights/a.safetensors")).unwrap();
    env.write("download/weights/a.safetensors", text.replace("sha256:", "sha256:0").replace("0\nsize", "\nsize"));
    env.write("download/weights/b.safetensors", "changed");
    assert_eq!(reasons(&env.verify("download").expect(1)), ["content-mismatch"]);
}

#[test]
fn a_release_with_git_lfs_verifies_from_a_bare_clone() {
    let env = TestEnv::release();
    let content = point(&env, "lm/weights/a.safetensors");
    env.commit("lm");
    // The content is where Git LFS keeps it.
    let digest = openness::artifacts::digest::sha256(&content).as_str().to_owned();
    let object = format!("lm/.git/lfs/objects/{}/{}/{digest}", &digest[..2], &digest[2..4]);
    env.write(&object, &content);
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    let statement: serde_json::Value = serde_json::from_slice(&env.read("lm/.openness/statement.json")).unwrap();
    assert_eq!(statement["predicate"]["coverage"]["lfs"], serde_json::json!({"confirmed": 1, "unconfirmed": 0}));
    assert!(statement["subject"].to_string().contains(&digest));
    env.commit("lm");
    env.git(".", ["clone", "-q", "--bare", "lm", "bare.git"]);
    let report = env.verify("bare.git").expect(1).json();
    assert_eq!((&report["verdict"], &report["files"]["pointers"]), (&"partial".into(), &1.into()));
    // With the content in place, as a checkout with Git LFS has it, every byte is verified.
    copy_tree(&env.path("lm"), &env.path("full"));
    env.write("full/weights/a.safetensors", &content);
    assert_eq!(env.verify("full").expect(0).json()["verdict"], "verified");
    // Content that does not hash to its pointer is found out when it is signed.
    env.write(&object, "something else of that name");
    let ran = env.openness(["verify", "lm", "--rev", "HEAD", "--key", "key.pub", "--format", "json"]);
    assert_ne!(ran.json()["verdict"], "verified", "{ran:#?}");
}

#[test]
fn a_clone_with_other_line_endings_is_explained() {
    let env = TestEnv::release();
    // Without the line that protects it.
    env.write("lm/.gitattributes", "*.safetensors binary\n");
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env.commit("lm");
    env.git(".", ["-c", "core.autocrlf=true", "clone", "-q", "lm", "windows"]);
    assert!(String::from_utf8(env.read("windows/OPENNESS.toml")).unwrap().contains("\r\n"));
    let ran = env.verify("windows").expect(1);
    let notes = ran.json()["notes"].to_string();
    for part in ["`OPENNESS.toml`", "--allow-crlf", "`* -text` in `.gitattributes`", "core.autocrlf=false"] {
        assert!(notes.contains(part), "{part}: {ran:#?}");
    }
    let allowed = env.openness(["verify", "windows", "--key", "key.pub", "--allow-crlf", "--quiet"]).expect(0);
    assert_eq!(allowed.out, "verified, except the line endings of 4 files\n");
    // What the message advises.
    env.write(".gitconfig", "[core]\n\tautocrlf = true\n");
    env.git(".", ["clone", "-q", "-c", "core.autocrlf=false", "lm", "again"]);
    env.verify("again").expect(0);
    env.write("lm/.gitattributes", "*.safetensors binary\n* -text\n");
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env.commit("lm");
    env.git(".", ["clone", "-q", "lm", "protected"]);
    env.verify("protected").expect(0);
}
