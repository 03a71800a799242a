//! Symlinks, FIFOs and names that only exist on Unix.

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
                "a symlink instead of a file",
                |c| {
                    fs::rename(c.path("README.md"), c.env.path("moved")).unwrap();
                    link(c, "../moved", "README.md");
                },
                &["content-mismatch"],
            ),
            (
                "a symlink instead of a directory",
                |c| {
                    fs::rename(c.path("weights"), c.env.path("weights")).unwrap();
                    link(c, "../weights", "weights");
                },
                &["unsigned-files", "incomplete"],
            ),
            ("an added symlink", |c| link(c, "README.md", "card"), UNSIGNED),
            ("a symlink to a file outside", |c| link(c, "/etc/passwd", "passwd"), UNSIGNED),
            ("a symlink to itself", |c| link(c, "loop", "loop"), UNSIGNED),
            (
                "a symlink in the place of a marker of kagglehub",
                |c| {
                    fs::create_dir_all(c.path(".complete/datasets/o/d/1")).unwrap();
                    link(c, "../../../../../README.md", ".complete/datasets/o/d/1/bundle.complete");
                },
                UNSIGNED,
            ),
            (
                "a signed symlink",
                |c| {
                    link(c, "README.md", "card");
                    c.edit(|s| s["predicate"]["coverage"]["links"] = json!({"card": "README.md"}));
                },
                &[],
            ),
            (
                "a signed symlink with a target outside",
                |c| {
                    link(c, "../../secret", "card");
                    c.edit(|s| s["predicate"]["coverage"]["links"] = json!({"card": "README.md"}));
                },
                &["content-mismatch"],
            ),
            (
                "a signed symlink with another target",
                |c| {
                    link(c, "OPENNESS.toml", "card");
                    c.edit(|s| s["predicate"]["coverage"]["links"] = json!({"card": "README.md"}));
                },
                CHANGED,
            ),
            (
                "a symlink to a file of the kernel",
                |c| link(c, "/proc/self/environ", "README.md"),
                &["content-mismatch"],
            ),
            (
                "a symlink to the same bytes",
                |c| {
                    c.write("copy", c.read("README.md"));
                    c.sign_tree();
                    link(c, "copy", "README.md");
                },
                CHANGED,
            ),
            (
                "symlinks in a loop",
                |c| {
                    link(c, "b", "a");
                    link(c, "a", "b");
                },
                UNSIGNED,
            ),
            ("a symlink to the parent directory", |c| link(c, "..", "up"), UNSIGNED),
            ("a symlink whose target contains an escape sequence", |c| link(c, "\u{1b}[2J", "x"), UNSIGNED),
        ],
        14,
    );
}

#[test]
fn pipes_sockets_and_directories_instead_of_files() {
    check_signed(
        &[
            (
                "a FIFO instead of a file",
                |c| {
                    c.remove("README.md");
                    rustix::fs::mkfifoat(rustix::fs::CWD, c.path("README.md"), 0o600.into()).unwrap();
                },
                &["unsigned-files", "incomplete"],
            ),
            (
                "an added FIFO",
                |c| {
                    rustix::fs::mkfifoat(rustix::fs::CWD, c.path("pipe"), 0o600.into()).unwrap();
                },
                UNSIGNED,
            ),
            (
                "an added socket",
                |c| {
                    drop(std::os::unix::net::UnixListener::bind(c.path("s")).unwrap());
                },
                UNSIGNED,
            ),
            (
                "a directory instead of a file",
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
            ("a name with an escape sequence", |c| c.write("\u{1b}[2J", "x"), UNSIGNED),
            (
                "a name that is not UTF-8",
                |c| {
                    fs::write(c.root().join(std::ffi::OsStr::from_bytes(b"a\xffb")), "x").unwrap();
                },
                UNSIGNED,
            ),
            ("a name with a backslash", |c| c.write("weights\\a.safetensors", "x"), UNSIGNED),
            ("a Windows device name", |c| c.write("aux.txt", "x"), UNSIGNED),
            ("a name that ends in a dot", |c| c.write("x.", "x"), UNSIGNED),
            ("a name with a bidirectional override", |c| c.write("x\u{202e}gnp.py", "x"), UNSIGNED),
        ],
        7,
    );
}

#[test]
fn the_openness_directory_is_not_read_through_symlinks() {
    check(
        &[
            (
                "the `.openness` directory is a symlink",
                |c| {
                    fs::rename(c.path(".openness"), c.env.path("o")).unwrap();
                    link(c, "../o", ".openness");
                },
                &["unsigned"],
            ),
            (
                "the signatures directory is a symlink",
                |c| {
                    fs::rename(c.path(".openness/signatures"), c.env.path("s")).unwrap();
                    link(c, "../../s", ".openness/signatures");
                },
                &["unsigned"],
            ),
            (
                "the statement is a symlink",
                |c| {
                    fs::rename(c.path(".openness/statement.json"), c.env.path("s")).unwrap();
                    link(c, "../../s", ".openness/statement.json");
                },
                &["bad-signature", "unsigned-files"],
            ),
            (
                "a signature is a FIFO",
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
