//! Links, pipes and names that only Unix has.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::json;

use super::reasons::{CHANGED, UNSIGNED, check, check_signed};
use super::release::Case;

fn link(c: &Case, target: impl AsRef<Path>, name: &str) {
    let _ = fs::remove_file(c.path(name));
    symlink(target, c.path(name)).unwrap();
}

#[test]
fn symlinks_out_of_the_tree() {
    check_signed(
        &[
            (
                "a link in place of a file",
                |c| {
                    fs::rename(c.path("README.md"), c.env.path("moved")).unwrap();
                    link(c, "../moved", "README.md");
                },
                &["content-mismatch", "unsigned-files"],
            ),
            (
                "a link in place of a directory",
                |c| {
                    fs::rename(c.path("weights"), c.env.path("weights")).unwrap();
                    link(c, "../weights", "weights");
                },
                &["unsigned-files", "incomplete"],
            ),
            ("a link more", |c| link(c, "README.md", "card"), UNSIGNED),
            ("a link that leads out", |c| link(c, "/etc/passwd", "passwd"), UNSIGNED),
            ("a link to itself", |c| link(c, "loop", "loop"), UNSIGNED),
            (
                "a link that is signed",
                |c| {
                    link(c, "README.md", "card");
                    c.edit(|s| s["predicate"]["coverage"]["links"] = json!({"card": "README.md"}));
                },
                &[],
            ),
            (
                "a signed link that leads elsewhere",
                |c| {
                    link(c, "../../secret", "card");
                    c.edit(|s| s["predicate"]["coverage"]["links"] = json!({"card": "README.md"}));
                },
                &["content-mismatch", "unsigned-files"],
            ),
            (
                "a signed link that leads to another file",
                |c| {
                    link(c, "OPENNESS.toml", "card");
                    c.edit(|s| s["predicate"]["coverage"]["links"] = json!({"card": "README.md"}));
                },
                CHANGED,
            ),
            (
                "a link to a file of the kernel",
                |c| link(c, "/proc/self/environ", "README.md"),
                &["content-mismatch", "unsigned-files"],
            ),
            (
                "a link to the same bytes",
                |c| {
                    c.write("copy", c.read("README.md"));
                    c.sign_tree();
                    link(c, "copy", "README.md");
                },
                CHANGED,
            ),
            (
                "links in a ring",
                |c| {
                    link(c, "b", "a");
                    link(c, "a", "b");
                },
                UNSIGNED,
            ),
            ("a link to the directory above", |c| link(c, "..", "up"), UNSIGNED),
            ("a link with a target that steers the terminal", |c| link(c, "\u{1b}[2J", "x"), UNSIGNED),
        ],
        13,
    );
}

#[test]
fn pipes_sockets_and_directories_instead_of_files() {
    check_signed(
        &[
            (
                "a pipe in place of a file",
                |c| {
                    c.remove("README.md");
                    rustix::fs::mkfifoat(rustix::fs::CWD, c.path("README.md"), 0o600.into()).unwrap();
                },
                &["unsigned-files", "incomplete"],
            ),
            (
                "a pipe more",
                |c| {
                    rustix::fs::mkfifoat(rustix::fs::CWD, c.path("pipe"), 0o600.into()).unwrap();
                },
                UNSIGNED,
            ),
            (
                "a socket more",
                |c| {
                    drop(std::os::unix::net::UnixListener::bind(c.path("s")).unwrap());
                },
                UNSIGNED,
            ),
            (
                "a directory in place of a file",
                |c| {
                    c.remove("README.md");
                    c.write("README.md/x", "x");
                },
                &["unsigned-files", "incomplete"],
            ),
        ],
        4,
    );
}

#[test]
fn a_hard_link_is_a_file() {
    check_signed(
        &[(
            "a hard link, which is a file",
            |c| {
                fs::rename(c.path("README.md"), c.env.path("card")).unwrap();
                fs::hard_link(c.env.path("card"), c.path("README.md")).unwrap();
            },
            &[],
        )],
        1,
    );
}

#[test]
fn names_that_cannot_be_signed() {
    check_signed(
        &[
            ("a name with a line feed", |c| c.write("a\nb", "x"), UNSIGNED),
            ("a name that steers the terminal", |c| c.write("\u{1b}[2J", "x"), UNSIGNED),
            (
                "a name that is not UTF-8",
                |c| {
                    fs::write(c.root().join(std::ffi::OsStr::from_bytes(b"a\xffb")), "x").unwrap();
                },
                UNSIGNED,
            ),
            ("a name with a backslash", |c| c.write("weights\\a.safetensors", "x"), UNSIGNED),
            ("a name that is a device of Windows", |c| c.write("aux.txt", "x"), UNSIGNED),
            ("a name that ends in a dot", |c| c.write("x.", "x"), UNSIGNED),
            ("a name that reorders", |c| c.write("x\u{202e}gnp.py", "x"), UNSIGNED),
        ],
        7,
    );
}

#[test]
fn the_openness_directory_is_not_read_through_symlinks() {
    check(
        &[
            (
                "our directory is a link",
                |c| {
                    fs::rename(c.path(".openness"), c.env.path("o")).unwrap();
                    link(c, "../o", ".openness");
                },
                &["unsigned"],
            ),
            (
                "the signatures are a link",
                |c| {
                    fs::rename(c.path(".openness/signatures"), c.env.path("s")).unwrap();
                    link(c, "../../s", ".openness/signatures");
                },
                &["unsigned"],
            ),
            (
                "the statement is a link",
                |c| {
                    fs::rename(c.path(".openness/statement.json"), c.env.path("s")).unwrap();
                    link(c, "../../s", ".openness/statement.json");
                },
                &["bad-signature", "unsigned-files"],
            ),
            (
                "a signature is a pipe",
                |c| {
                    c.remove(".openness/signatures/k.sshsig");
                    rustix::fs::mkfifoat(rustix::fs::CWD, c.path(".openness/signatures/k.sshsig"), 0o600.into())
                        .unwrap();
                },
                UNSIGNED,
            ),
        ],
        4,
    );
}
