//! `.gitattributes`, as Git reads it.

#![cfg(unix)]

use serde_json::Value;

use crate::common::env::TestEnv;

const MANIFEST: &str = "schema = 1\n[model]\nname = \"M\"\nversion = \"1.0.0\"\nproducer = \"Lab\"\nlicense = \"MIT\"\n\
    [release]\naccess = \"downloadable\"\n[component.final-weights]\nopenness = \"open\"\nfiles = [\"*.safetensors\"]\n\
    [component.inference-code]\nopenness = \"open\"\nfiles = [\"s/*.py\"]\n";

/// The messages of the rules about attributes, of what is staged with this `.gitattributes`.
fn messages(attributes: &str) -> Vec<String> {
    let env = TestEnv::with_key();
    env.write("lm/OPENNESS.toml", MANIFEST);
    env.write("lm/model.safetensors", b"\x08\0\0\0\0\0\0\0{}      ");
    env.write("lm/s/a.py", "x = \"$Id$\"\n");
    env.write("lm/.gitattributes", attributes);
    env.git("lm", ["init", "-q", "-b", "main"]);
    for key in ["filter.lfs.clean", "filter.lfs.smudge"] {
        env.git("lm", ["config", key, "cat"]);
    }
    env.git("lm", ["add", "."]);
    let report = env.openness(["check", "--staged", "lm", "--format", "json"]).json();
    let findings = report["findings"].as_array().unwrap().iter();
    let own = findings.filter(|finding| finding["code"].as_str().is_some_and(|code| code.starts_with("OPN60")));
    let text =
        |finding: &Value| format!("{} {}", finding["code"].as_str().unwrap(), finding["message"].as_str().unwrap());
    own.map(text).collect()
}

#[test]
fn what_git_reads_in_another_way_than_libgit2_is_read_as_git_does() {
    for (attributes, expected) in [
        ("* -text\n\"s/a.py\" ident\n", "OPN603 the attribute `ident` changes the bytes of `s/a.py` on checkout"),
        (
            "* -text\n\"model.safetensors\" filter=lfs diff=lfs merge=lfs -text\n",
            "OPN604 assigned to Git LFS but committed without a pointer: `model.safetensors`",
        ),
        (
            "* -text\n*.py filter=annexed\n",
            "OPN603 a `filter` that is not Git LFS changes the bytes of `s/a.py` on checkout",
        ),
        ("* -text\ns export-ignore\n", "OPN603 the attribute `export-ignore` omits `s/a.py` from archives"),
        (
            "* -text\ns/a.py working-tree-encoding=ISO-8859-1\n",
            "OPN603 the attribute `working-tree-encoding` changes the bytes of `s/a.py` on checkout",
        ),
        ("*.md text\n", "OPN602 no attribute keeps Git from changing the line endings of `OPENNESS.toml`"),
        ("[attr]raw -diff\n* raw\n", "OPN602 no attribute keeps Git from changing the line endings of `OPENNESS.toml`"),
    ] {
        assert_eq!(messages(attributes), [expected], "{attributes}");
    }
    for attributes in [
        // Git ignores patterns that are negative.
        "* -text\n!*.py ident\n",
        "[attr]raw -text\n* raw\n",
        "[attr]raw -text\n[attr]rawer raw -diff\n* rawer\n",
        "* -crlf\n",
        "* crlf=input\n",
        "* -text\n*.py working-tree-encoding=UTF-8\n",
        // Only pointers are changed by it.
        "* -text\n* filter=annex\n",
        "* -text\n*.py working-tree-encoding=utf8\n",
        "* -text\n\"t/a.py\" ident\n",
        "* -text\nt export-ignore\n",
    ] {
        assert_eq!(messages(attributes), Vec::<String>::new(), "{attributes}");
    }
}

#[test]
fn what_proves_the_release_is_not_kept_outside_of_git() {
    for (attributes, what) in [
        ("* -text\n*.json filter=lfs diff=lfs merge=lfs -text\n", ".openness/"),
        ("* -text\n.openness/** filter=lfs diff=lfs merge=lfs -text\n", ".openness/"),
        ("* -text\nOPENNESS.toml filter=lfs diff=lfs merge=lfs -text\n", "OPENNESS.toml"),
    ] {
        let found = messages(attributes);
        assert!(
            found.len() == 1 && found[0].starts_with(&format!("OPN603 `.gitattributes` sends `{what}` to Git LFS")),
            "{found:?}"
        );
        // The advice works.
        let line = if what == ".openness/" {
            "/.openness/** !filter !diff !merge"
        } else {
            "/OPENNESS.toml !filter !diff !merge"
        };
        assert_eq!(messages(&format!("{attributes}{line}\n")), Vec::<String>::new(), "{attributes}");
    }
}

#[test]
fn a_statement_that_is_only_a_pointer_is_not_called_forged() {
    let env = TestEnv::signed();
    let statement = env.read("lm/.openness/statement.json");
    let digest = openness::artifacts::digest::sha256(&statement);
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n",
        digest.as_str(),
        statement.len()
    );
    env.write("lm/.openness/statement.json", &pointer);
    let ran = env.openness(["verify", "lm", "--key", "key.pub", "--format", "json"]);
    let report = ran.json();
    assert!(!report["reasons"].to_string().contains("bad-signature"), "{report:#}");
    let notes = report["notes"].to_string();
    assert!(
        notes.contains("is a Git LFS pointer in place of the statement") && notes.contains("git lfs pull"),
        "{report:#}"
    );
    // The nearest other file is not one, and is what it is.
    env.write("lm/.openness/statement.json", format!("{pointer}x\n"));
    let report = env.openness(["verify", "lm", "--key", "key.pub", "--format", "json"]).expect(1).json();
    assert!(report["reasons"].to_string().contains("bad-signature"), "{report:#}");
}
