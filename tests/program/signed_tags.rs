//! Signed tags: created as Git creates them, and verified like `git verify-tag` does, or more strictly.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::common::env::{MANIFEST, Output, TestEnv, reasons};
use crate::common::tools::has;

/// Returns a signed release in a repository made with these options of `git init`; `None` if Git does not know them.
fn signed(options: &[&str]) -> Option<TestEnv> {
    let env = TestEnv::with_key();
    env.write("lm/OPENNESS.toml", MANIFEST);
    env.write("lm/weights/a.safetensors", "weights a");
    env.write("lm/README.md", "# Tiny\n");
    env.write("lm/.gitattributes", "OPENNESS.toml text eol=lf\n");
    let mut init = env.command("git");
    if !init.current_dir(env.path("lm")).args(["init", "-q", "-b", "main"]).args(options).status().unwrap().success() {
        eprintln!("skipped: needs a Git that knows {options:?}");
        return None;
    }
    env.commit("lm");
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    env.commit("lm");
    env.write("allowed", format!("a@example.org {}", fs::read_to_string(env.path("key.pub")).unwrap()));
    Some(env)
}

fn git(env: &TestEnv, arguments: &[&str]) -> Output {
    let mut command = env.command("git");
    let settings = ["-c", "gpg.format=ssh", "-c", "gpg.ssh.allowedSignersFile=../allowed"];
    command.current_dir(env.path("lm")).args(settings).args(arguments).output().unwrap().into()
}

/// Verifies the release at a revision.
fn verify(env: &TestEnv, rev: &str, more: &[&str]) -> Output {
    let mut command = env.program();
    let fixed = ["verify", "lm", "--rev", rev, "--allowed-signers", "allowed", "--format", "json"];
    command.args(fixed).args(more).output().unwrap().into()
}

fn status(ran: &Output) -> String {
    ran.json()["tag"]["status"].as_str().unwrap_or("none").to_owned()
}

fn tag(env: &TestEnv, arguments: &[&str]) -> Output {
    let mut command = env.program();
    command.args(["sign", "lm", "--key", "key", "--tag"]).args(arguments).output().unwrap().into()
}

#[test]
fn the_tag_is_the_same_object_that_git_creates() {
    if !has("ssh-keygen") {
        return;
    }
    for options in [&[][..], &["--object-format=sha256"], &["--ref-format=reftable"]] {
        let Some(env) = signed(options) else { continue };
        let ran = tag(&env, &["v1.0.0", "-m", "Tiny, at last  \n\n\n", "--message", "# All of it."]).expect(0);
        assert!(ran.out.contains("tagged Tiny 1.0.0 as v1.0.0"), "{ran:?}");
        let ours = git(&env, &["rev-parse", "v1.0.0"]).expect(0).out;
        git(&env, &["fsck", "--strict"]).expect(0);
        git(&env, &["verify-tag", "v1.0.0"]).expect(0);
        let shown = git(&env, &["tag", "-v", "v1.0.0"]).expect(0);
        assert!(shown.err.contains("Good \"git\" signature for a@example.org"), "{options:?}: {shown:?}");
        let report = verify(&env, "v1.0.0", &["--require-signed-tag"]).expect(0);
        env.write("policy.toml", "policy = 1\n[evidence]\nsigned-tag = true\n");
        verify(&env, "v1.0.0", &["--policy", "policy.toml"]).expect(0);
        let unmet = verify(&env, "HEAD", &["--policy", "policy.toml"]).expect(1).json();
        assert!(unmet["policy"][0].as_str().unwrap().contains("not looked up by a signed tag"), "{unmet:#}");
        assert_eq!(status(&report), "good", "{options:?}: {report:?}");
        assert_eq!(report.json()["tag"]["principal"], "a@example.org");
        assert_eq!(report.json()["tag"]["tagger"], "C O Mitter <committer@example.org>");
        assert_eq!(report.json()["tag"]["claimed"], "2026-11-22T00:00:00Z");
        // Ed25519 signatures are deterministic, and the date is fixed: Git creates the very same object.
        git(&env, &["tag", "-d", "v1.0.0"]).expect(0);
        env.write("message", "Tiny, at last  \n\n\n\n\n# All of it.\n");
        let made = ["tag", "-s", "-u", "../key", "--cleanup=whitespace", "-F", "../message", "v1.0.0"];
        git(&env, &made).expect(0);
        assert_eq!(git(&env, &["rev-parse", "v1.0.0"]).out, ours, "{options:?}");
    }
}

#[test]
fn a_tag_needs_a_commit_signed_by_the_same_key() {
    let env = TestEnv::release();
    let none = |env: &TestEnv| assert_eq!(env.git("lm", ["for-each-ref", "refs/tags"]), "");
    let refused = tag(&env, &["v1"]).expect(1);
    assert!(refused.out.contains("there is no signature") && refused.out.contains("sign it with"), "{refused:?}");
    env.openness(["sign", "lm", "--key", "key"]).expect(0);
    let refused = tag(&env, &["v1"]).expect(1);
    assert!(refused.out.contains("the signature in the working tree is not committed"), "{refused:?}");
    env.commit("lm");
    env.openness(["key", "generate", "--no-passphrase", "--output", "second"]).expect(0);
    let refused = env.openness(["sign", "lm", "--tag", "v1", "--key", "second"]).expect(1);
    assert!(refused.out.contains("the release is signed, but not by this key"), "{refused:?}");
    env.write("lm/weights/a.safetensors", "other weights");
    env.commit("lm");
    let refused = tag(&env, &["v1"]).expect(1);
    assert!(refused.out.contains("files are not what was signed"), "{refused:?}");
    none(&env);
    // The previous commit is unchanged.
    tag(&env, &["v1", "--rev", "HEAD~1"]).expect(0);
    assert_eq!(env.git("lm", ["rev-parse", "v1^{commit}"]), env.git("lm", ["rev-parse", "HEAD~1"]));
}

#[test]
fn a_failed_tag_leaves_nothing() {
    let env = TestEnv::signed();
    for (arguments, words) in [
        (&["v 1"][..], "is not a valid tag name"),
        (&["-v1"], "a value is required"),
        (&["v1.lock"], "is not a valid tag name"),
        (&[""], "is not a valid tag name"),
        (&["v1", "-m", " "], "the message of the tag is empty"),
        (&["v1", "-m", "-----BEGIN SSH SIGNATURE-----"], "a line that begins like a signature"),
        (&["v1", "--staged"], "cannot be used with"),
        (&["v1", "--waive", "OPN302"], "cannot be used with"),
    ] {
        let ran = tag(&env, arguments).expect(2);
        assert!(ran.err.contains(words), "{arguments:?}: {ran:?}");
    }
    let mut command = env.program();
    command.env_remove("GIT_COMMITTER_NAME").args(["sign", "lm", "--key", "key", "--tag", "v1"]);
    let ran = Output::from(command.output().unwrap()).expect(2);
    assert!(ran.err.contains("Git does not know your name and email address"), "{ran:?}");
    command.env("GIT_COMMITTER_NAME", "A").env("GIT_COMMITTER_DATE", "noon");
    assert!(Output::from(command.output().unwrap()).expect(2).err.contains("GIT_COMMITTER_DATE is `noon`"));
    assert_eq!(env.git("lm", ["for-each-ref", "refs/tags"]), "");
    assert_eq!(env.git("lm", ["fsck", "--unreachable"]), "");
    // Git settings work instead of variables, and an existing tag is not replaced.
    env.git("lm", ["config", "user.name", "Configured"]);
    command.env_remove("GIT_COMMITTER_NAME").env_remove("GIT_COMMITTER_DATE");
    Output::from(command.output().unwrap()).expect(0);
    assert!(env.git("lm", ["cat-file", "-p", "v1"]).contains("tagger Configured <committer@example.org> "));
    let before = env.git("lm", ["rev-parse", "v1"]);
    assert!(tag(&env, &["v1"]).expect(2).err.contains("there is already a tag `v1`"));
    assert_eq!(env.git("lm", ["rev-parse", "v1"]), before);
    // Not even a packed one.
    env.git("lm", ["pack-refs", "--all"]);
    assert!(tag(&env, &["v1"]).expect(2).err.contains("there is already a tag `v1`"));
}

#[test]
fn a_key_in_a_variable_signs_tags_too() {
    let env = TestEnv::signed();
    let mut command = env.program();
    command.env("SECRET", fs::read_to_string(env.path("key")).unwrap());
    Output::from(command.args(["sign", "lm", "--key-env", "SECRET", "--tag", "v1"]).output().unwrap()).expect(0);
    let ran = env.openness(["verify", "lm", "--rev", "v1", "--key", "key.pub", "--require-signed-tag"]).expect(0);
    assert!(ran.out.contains("(tag v1)"), "{ran:?}");
}

/// Whether this program accepts the same as `git verify-tag`, or deliberately less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Than {
    Same,
    Stricter,
}

/// A repository for tags with arbitrary content.
struct Tags {
    env: TestEnv,
    commit: String,
}

impl Tags {
    fn new() -> Option<Self> {
        if !has("ssh-keygen") {
            return None;
        }
        let env = signed(&[])?;
        env.openness(["key", "generate", "--no-passphrase", "--output", "other"]).expect(0);
        let commit = env.git("lm", ["rev-parse", "HEAD"]).trim().to_owned();
        Some(Self { env, commit })
    }

    fn payload(&self) -> String {
        format!("object {}\ntype commit\ntag t\ntagger A <a@b> 1795305600 +0000\n\nmessage\n", self.commit)
    }

    /// Returns the armored signature of `ssh-keygen` over these bytes.
    fn signature(&self, key: &str, namespace: &str, payload: &str) -> String {
        let mut command = self.env.command("ssh-keygen");
        command.args(["-q", "-Y", "sign", "-f", key, "-n", namespace]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(payload.as_bytes()).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    }

    fn good(&self) -> String {
        self.payload() + &self.signature("key", "git", &self.payload())
    }

    /// Stores an object under `refs/tags/NAME`, even if it is malformed.
    fn store(&self, name: &str, bytes: &str) -> String {
        let mut command = self.env.command("git");
        command.current_dir(self.env.path("lm"));
        command.args(["hash-object", "-t", "tag", "-w", "--literally", "--stdin"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(bytes.as_bytes()).unwrap();
        let id = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned();
        self.env.git("lm", ["update-ref", &format!("refs/tags/{name}"), &id]);
        id
    }

    /// Verifies a tag with Git and with this program.
    #[track_caller]
    fn compare(&self, what: &str, name: &str, expected: &str, than: Than) -> Value {
        let theirs = git(&self.env, &["verify-tag", name]).status == 0;
        let ran = verify(&self.env, name, &[]);
        assert_eq!(status(&ran), expected, "{what}: {ran:?}");
        assert_eq!(theirs, expected == "good" || than == Than::Stricter, "{what}: git verify-tag");
        let is_required = verify(&self.env, name, &["--require-signed-tag"]);
        assert_eq!(is_required.status == 0, expected == "good", "{what}: {is_required:?}");
        let found = reasons(&is_required);
        assert_eq!(found.contains(&"policy".to_owned()), expected != "good", "{what}: {found:?}");
        assert_eq!(found.contains(&"bad-signature".to_owned()), expected == "bad", "{what}: {found:?}");
        // Without the flag, only a bad signature counts against the release.
        assert_eq!(ran.status == 0, expected != "bad", "{what}: {ran:?}");
        ran.json()["tag"].clone()
    }
}

#[test]
fn git_verify_tag_agrees_on_tag_content() {
    let Some(tags) = Tags::new() else { return };
    let (payload, good) = (tags.payload(), tags.good());
    let armor = good.strip_prefix(&payload).unwrap();
    let no_tagger = payload.replace("tagger A <a@b> 1795305600 +0000\n", "");
    let header =
        |payload: &str| payload.replacen("\n\n", "\ngpgsig-sha256 -----BEGIN SSH SIGNATURE-----\n AAAA\n\n", 1);
    let table: Vec<(&str, String, &str, Than)> = vec![
        ("a valid tag", good.clone(), "good", Than::Same),
        ("no signature", payload.clone(), "unsigned", Than::Same),
        ("a changed message", good.replace("message", "massage"), "bad", Than::Same),
        ("a changed tagger", good.replace("A <a@b>", "B <a@b>"), "bad", Than::Same),
        ("a changed name", good.replace("tag t\n", "tag u\n"), "bad", Than::Same),
        ("another key", payload.clone() + &tags.signature("other", "git", &payload), "untrusted", Than::Same),
        ("a signature for files", payload.clone() + &tags.signature("key", "file", &payload), "bad", Than::Same),
        (
            "a signature for openness",
            payload.clone() + &tags.signature("key", "openness@v1", &payload),
            "bad",
            Than::Same,
        ),
        ("an empty line before the signature", payload.clone() + "\n" + armor, "bad", Than::Same),
        (
            "an empty line that is signed",
            payload.clone() + "\n" + &tags.signature("key", "git", &(payload.clone() + "\n")),
            "good",
            Than::Same,
        ),
        ("no footer", good.replace("-----END SSH SIGNATURE-----\n", ""), "bad", Than::Same),
        ("invalid base64", good.replace("U1NIU0lH", "U1NI*0lH"), "bad", Than::Same),
        (
            "an empty signature",
            payload.clone() + "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n",
            "bad",
            Than::Same,
        ),
        ("no tagger", no_tagger.clone() + &tags.signature("key", "git", &no_tagger), "bad", Than::Same),
        (
            "two signatures, the last over the first",
            good.clone() + &tags.signature("key", "git", &good),
            "good",
            Than::Same,
        ),
        ("two signatures, the last over less", good.clone() + armor, "bad", Than::Same),
        (
            "OpenPGP",
            payload.clone() + "-----BEGIN PGP SIGNATURE-----\n\nAA\n-----END PGP SIGNATURE-----\n",
            "not-checkable",
            Than::Same,
        ),
        (
            "X.509",
            payload.clone() + "-----BEGIN SIGNED MESSAGE-----\nAA\n-----END SIGNED MESSAGE-----\n",
            "not-checkable",
            Than::Same,
        ),
        ("a header of the other object format", header(&payload) + armor, "good", Than::Same),
        ("text after the signature", good.clone() + "and more\n", "bad", Than::Stricter),
    ];
    for (what, bytes, expected, than) in &table {
        tags.store("t", bytes);
        tags.compare(what, "t", expected, *than);
    }
    // Git reads it, but no real tag is that large.
    let large = payload.clone() + &"x".repeat(1 << 20) + "\n";
    tags.store("t", &(large.clone() + &tags.signature("key", "git", &large)));
    tags.compare("a tag of one mebibyte", "t", "not-checkable", Than::Stricter);
    assert!(table.len() >= 20, "the table has shrunk");
}

#[test]
fn git_verify_tag_agrees_on_trust() {
    let Some(tags) = Tags::new() else { return };
    tags.store("t", &tags.good());
    let key = fs::read_to_string(tags.env.path("key.pub")).unwrap();
    let other = fs::read_to_string(tags.env.path("other.pub")).unwrap();
    for (what, allowed, expected, than) in [
        ("the key", format!("a@b {key}"), "good", Than::Same),
        ("for Git", format!("a@b namespaces=\"git\" {key}"), "good", Than::Same),
        ("for Git among others", format!("a@b namespaces=\"openness@v1,g*\" {key}"), "good", Than::Same),
        ("only for openness", format!("a@b namespaces=\"openness@v1\" {key}"), "untrusted", Than::Same),
        ("for all except Git", format!("a@b namespaces=\"!git,*\" {key}"), "untrusted", Than::Same),
        ("another key", format!("a@b {other}"), "untrusted", Than::Same),
        ("valid", format!("a@b valid-after=\"20260101Z\",valid-before=\"20991231Z\" {key}"), "good", Than::Same),
        ("long expired", format!("a@b valid-before=\"20200101Z\" {key}"), "expired", Than::Same),
        ("not yet valid", format!("a@b valid-after=\"20990101Z\" {key}"), "not-yet-valid", Than::Same),
        // Git trusts the date in the tag; this program goes by the verifier's time.
        ("expired after the tag's date", format!("a@b valid-before=\"20261123Z\" {key}"), "expired", Than::Stricter),
    ] {
        tags.env.write("allowed", &allowed);
        let theirs = git(&tags.env, &["verify-tag", "t"]).status == 0;
        let ran = verify(&tags.env, "t", &["--verify-time", "2026-11-24"]);
        assert_eq!(status(&ran), expected, "{what}: {ran:?}");
        assert_eq!(theirs, expected == "good" || than == Than::Stricter, "{what}");
    }
    tags.env.write("allowed", format!("a@b {key}"));
    tags.env.write("revoked", &key);
    let theirs = git(&tags.env, &["-c", "gpg.ssh.revocationFile=../revoked", "verify-tag", "t"]);
    assert_ne!(theirs.status, 0);
    assert_eq!(status(&verify(&tags.env, "t", &["--revoked", "revoked"])), "revoked");
    assert_eq!(status(&verify(&tags.env, "t", &["--identity", "a@b"])), "good");
    assert_eq!(status(&verify(&tags.env, "t", &["--identity", "b@b"])), "untrusted");
}

#[test]
fn a_renamed_tag_is_reported() {
    let Some(tags) = Tags::new() else { return };
    let id = tags.store("t", &tags.good());
    tags.store("v2", &tags.good());
    let tag = tags.compare("an old tag under a new name", "v2", "misnamed", Than::Stricter);
    assert_eq!((&tag["name"], &tag["tagged"]), (&Value::from("v2"), &Value::from("t")));
    let ran = tags.env.openness(["verify", "lm", "--rev", "v2", "--allowed-signers", "allowed"]).expect(0);
    assert!(ran.out.contains("ATTENTION") && ran.out.contains("made as `t`"), "{ran:?}");
    let alarms = |name: &str| verify(&tags.env, name, &[]).expect(0).json()["alarms"].clone();
    let detail = "the tag `v2` was made as `t`: one tag may have been substituted for another";
    assert_eq!(alarms("v2"), json!([{"kind": "tag-renamed", "detail": detail}]));
    // A tag under its own name causes no alarm, nor does an unsigned one.
    assert_eq!(alarms("t"), json!([]));
    tags.store("v4", &tags.payload());
    assert_eq!((status(&verify(&tags.env, "v4", &[])).as_str(), alarms("v4")), ("unsigned", json!([])));
    for spelled in ["refs/tags/t", "tags/t", "t^{tag}"] {
        assert_eq!(status(&verify(&tags.env, spelled, &["--require-signed-tag"]).expect(0)), "good", "{spelled}");
    }
    // An object id is not another name.
    let ran = verify(&tags.env, &id, &["--require-signed-tag"]).expect(0);
    assert_eq!((status(&ran).as_str(), &ran.json()["tag"]["name"]), ("good", &Value::Null));
    let unsigned = tags.store("v4", &tags.payload());
    let unmet = verify(&tags.env, &unsigned, &["--require-signed-tag"]).expect(1).json()["policy"][0].clone();
    assert!(
        unmet.as_str().unwrap().contains(&format!("the tag `{unsigned}` is not signed by a trusted key: ")),
        "{unmet}"
    );
    // References outside of `refs/tags` are names too.
    tags.env.git("lm", ["update-ref", "refs/elsewhere/v3", &id]);
    assert_eq!(status(&verify(&tags.env, "refs/elsewhere/v3", &["--require-signed-tag"]).expect(1)), "misnamed");
    fs::write(tags.env.path("lm/.git/FETCHED_HEAD"), format!("{id}\n")).unwrap();
    assert_eq!(status(&verify(&tags.env, "FETCHED_HEAD", &["--require-signed-tag"]).expect(1)), "misnamed");
    // A symbolic reference is another name.
    tags.env.git("lm", ["symbolic-ref", "refs/tags/v5", "refs/tags/t"]);
    assert_eq!(status(&verify(&tags.env, "v5", &[])), "misnamed");
}

#[test]
fn a_commit_is_not_a_signed_tag() {
    let Some(tags) = Tags::new() else { return };
    tags.env.git("lm", ["tag", "light"]);
    tags.compare("a lightweight tag", "light", "lightweight", Than::Same);
    for rev in ["HEAD", "main", &tags.commit, "light^{}", "light~0"] {
        let ran = verify(&tags.env, rev, &["--require-signed-tag"]).expect(1);
        assert_eq!((status(&ran).as_str(), reasons(&ran)), ("none", vec!["policy".to_owned()]), "{rev}");
        assert!(verify(&tags.env, rev, &[]).expect(0).json()["tag"].is_null());
    }
    tags.env.git("lm", ["tag", "-a", "-m", "m", "tree", "HEAD^{tree}"]);
    tags.env.git("lm", ["tag", "-a", "-m", "m", "blob", "HEAD:README.md"]);
    for rev in ["tree", "blob"] {
        assert!(
            verify(&tags.env, rev, &[]).expect(2).err.contains(&format!("`{rev}` does not name a commit")),
            "{rev}"
        );
    }
    let ran = tags.env.openness(["verify", "lm", "--allowed-signers", "allowed", "--require-signed-tag"]).expect(2);
    assert!(ran.err.contains("--rev"), "{ran:?}");
}

#[test]
fn the_outer_tag_of_a_nested_tag_counts() {
    let Some(tags) = Tags::new() else { return };
    let inner = tags.store("t", &tags.good());
    let outer = format!("object {inner}\ntype tag\ntag outer\ntagger A <a@b> 7 +0000\n\nmessage\n");
    tags.store("outer", &outer);
    tags.compare("an unsigned tag of a signed one", "outer", "unsigned", Than::Same);
    tags.store("outer", &(outer.clone() + &tags.signature("key", "git", &outer)));
    tags.compare("a signed tag of a signed one", "outer", "good", Than::Same);
    let inner = tags.store("t", &tags.payload());
    let outer = format!("object {inner}\ntype tag\ntag outer\ntagger A <a@b> 7 +0000\n\nmessage\n");
    tags.store("outer", &(outer.clone() + &tags.signature("key", "git", &outer)));
    tags.compare("a signed tag of an unsigned one", "outer", "good", Than::Same);
}

#[test]
fn unsupported_tag_keys_are_named() {
    let Some(tags) = Tags::new() else { return };
    for kind in ["rsa", "ecdsa"] {
        let made = tags.env.command("ssh-keygen").args(["-q", "-t", kind, "-N", "", "-f", kind]).status().unwrap();
        assert!(made.success());
        let public = fs::read_to_string(tags.env.path(&format!("{kind}.pub"))).unwrap();
        let ours = fs::read_to_string(tags.env.path("key.pub")).unwrap();
        tags.env.write("allowed", format!("a@b {ours}a@b {public}"));
        tags.store("t", &(tags.payload() + &tags.signature(kind, "git", &tags.payload())));
        tags.compare(kind, "t", "not-checkable", Than::Stricter);
    }
}

#[test]
fn git_verify_commit_agrees_on_commits() {
    if !has("ssh-keygen") {
        return;
    }
    for options in [&[][..], &["--object-format=sha256"]] {
        let Some(env) = signed(options) else { continue };
        assert!(verify(&env, "HEAD", &[]).expect(0).json()["commit"].is_null());
        git(&env, &["-c", "user.signingKey=../key", "commit", "-q", "--amend", "--no-edit", "-S"]).expect(0);
        git(&env, &["verify-commit", "HEAD"]).expect(0);
        let commit = verify(&env, "HEAD", &[]).expect(0).json()["commit"].clone();
        assert_eq!((&commit["status"], &commit["principal"]), (&Value::from("good"), &Value::from("a@example.org")));
        let object = git(&env, &["cat-file", "commit", "HEAD"]).out;
        env.write("changed", object.replace("author A ", "author B "));
        let changed = git(&env, &["hash-object", "-t", "commit", "-w", "../changed"]).out;
        assert_ne!(git(&env, &["verify-commit", changed.trim()]).status, 0);
        let ran = verify(&env, changed.trim(), &[]);
        assert_eq!(ran.json()["commit"]["status"], "bad", "{ran:?}");
    }
}
