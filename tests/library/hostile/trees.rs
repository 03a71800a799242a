//! Trees that differ from the signed one.

use std::fs;

use openness::artifacts::digest;

use super::reasons::{BAD, CHANGED, INVALID, UNSIGNED, check_signed};
use crate::common::env::TestEnv;
use crate::common::examples::TINY;
use crate::common::tools::skipped;

#[test]
fn changed_files() {
    check_signed(
        &[
            (
                "one flipped bit",
                |c| {
                    let mut bytes = c.read("weights/a.safetensors");
                    bytes[0] ^= 1;
                    c.write("weights/a.safetensors", bytes);
                },
                CHANGED,
            ),
            ("one byte removed", |c| c.write("weights/a.safetensors", "weights a"), CHANGED),
            ("one byte appended", |c| c.write("weights/a.safetensors", "weights a\0\0"), CHANGED),
            ("a file emptied", |c| c.write("weights/a.safetensors", ""), CHANGED),
            (
                "two files swapped",
                |c| {
                    c.write("weights/a.safetensors", "weights b\0");
                    c.write("weights/b.safetensors", "weights a\0");
                },
                CHANGED,
            ),
            (
                "a wrong size",
                |c| {
                    c.subjects(|s| s[2]["annotations"]["size"] = 1.into());
                },
                CHANGED,
            ),
            ("a wrong digest", |c| c.edit(|s| s["subject"][2]["digest"]["sha256"] = "0".repeat(64).into()), CHANGED),
            ("a changed manifest", |c| c.write("OPENNESS.toml", TINY.replace("Apache-2.0", "MIT")), CHANGED),
            ("a model card with CRLF line endings", |c| c.write("README.md", "# Tiny\r\n\r\nA card.\r\n"), CHANGED),
            (
                "a model card that was signed with CRLF line endings",
                |c| {
                    c.write("README.md", "# Tiny\r\n\r\nA card.\r\n");
                    c.sign_tree();
                },
                &[],
            ),
            (
                "a carriage return in one line of a script",
                |c| {
                    c.write("run.sh", "#!/bin/sh\necho build \\\n  --help\n");
                    c.sign_tree();
                    c.write("run.sh", "#!/bin/sh\necho build \\\r\n  --help\n");
                },
                CHANGED,
            ),
            ("a model card with a lone carriage return", |c| c.write("README.md", "# Tiny\n\rA card.\n"), CHANGED),
            (
                "weights with CRLF line endings",
                |c| {
                    c.write("weights/a.safetensors", "a\n\0");
                    c.sign_tree();
                    c.write("weights/a.safetensors", "a\r\n\0");
                },
                CHANGED,
            ),
            ("a model card with a byte order mark", |c| c.write("README.md", "\u{feff}# Tiny\n\nA card.\n"), CHANGED),
            ("a missing final line feed", |c| c.write("README.md", "# Tiny\n\nA card."), CHANGED),
            ("other weights of the same size", |c| c.write("weights/a.safetensors", "Weights a\0"), CHANGED),
            ("a manifest with an added comment", |c| c.write("OPENNESS.toml", format!("{TINY}# x\n")), CHANGED),
            ("a manifest with CRLF line endings", |c| c.write("OPENNESS.toml", TINY.replace('\n', "\r\n")), CHANGED),
        ],
        18,
    );
}

#[test]
fn missing_files() {
    check_signed(
        &[
            ("a missing file", |c| c.remove("weights/a.safetensors"), &["incomplete"]),
            ("a signed file that does not exist", |c| c.subject("other.txt", "x"), &["incomplete"]),
            ("a signed file in `.git`", |c| c.subject(".git/hooks/pre-commit", "x"), &["incomplete"]),
            ("no manifest", |c| c.remove("OPENNESS.toml"), &["incomplete", "manifest-invalid"]),
            (
                "a renamed file",
                |c| fs::rename(c.path("README.md"), c.path("LIESMICH.md")).unwrap(),
                &["unsigned-files", "incomplete"],
            ),
        ],
        5,
    );
}

#[test]
fn unsigned_files() {
    check_signed(
        &[
            ("an added Python module", |c| c.write("modeling.py", "import os"), UNSIGNED),
            ("an added hidden file", |c| c.write(".env", "x"), UNSIGNED),
            ("an added workflow", |c| c.write(".github/workflows/x.yml", "x"), UNSIGNED),
            ("an added `.gitattributes`", |c| c.write(".gitattributes", "* filter=evil"), UNSIGNED),
            ("an added empty file", |c| c.write("weights/__init__.py", ""), UNSIGNED),
            ("a nested repository", |c| c.write("weights/.git/config", "x"), UNSIGNED),
            ("an empty directory, which does not matter", |c| fs::create_dir(c.path("empty")).unwrap(), &[]),
            ("the `.git` directory, which no loader reads", |c| c.write(".git/config", "x"), &[]),
            ("desktop metadata", |c| c.write("weights/.DS_Store", "x"), &[]),
            ("notes of the Hub client", |c| c.write(".cache/huggingface/x", "x"), &[]),
            ("another cache", |c| c.write(".cache/other/x", "x"), UNSIGNED),
            ("a marker of kagglehub", |c| c.write(".complete/models/o/m/pyTorch/v/1/bundle.complete", ""), &[]),
            ("a marker with content", |c| c.write(".complete/models/o/m/pyTorch/v/1/bundle.complete", "x"), UNSIGNED),
            ("an empty file among markers", |c| c.write(".complete/models/o/m/pyTorch/v/1/setup.py", ""), UNSIGNED),
            ("an added pickle", |c| c.write("weights/model.pkl", "x"), UNSIGNED),
            ("an added configuration", |c| c.write("config.json", "x"), UNSIGNED),
            ("an added tokenizer", |c| c.write("tokenizer.json", "x"), UNSIGNED),
            ("an added shard", |c| c.write("weights/c.safetensors", "x"), UNSIGNED),
            ("an added `setup.py`", |c| c.write("setup.py", "x"), UNSIGNED),
            ("a hook of the Python interpreter", |c| c.write("sitecustomize.py", "x"), UNSIGNED),
            ("an added compiled module", |c| c.write("modeling.cpython-312.so", "x"), UNSIGNED),
            ("settings of an editor", |c| c.write(".vscode/tasks.json", "x"), UNSIGNED),
            ("an added `.gitmodules`", |c| c.write(".gitmodules", "x"), UNSIGNED),
            ("a second manifest", |c| c.write("docs/OPENNESS.toml", "x"), UNSIGNED),
            ("a directory with the name of desktop metadata", |c| c.write(".DS_Store/x.py", "x"), UNSIGNED),
            ("a name similar to `.git`", |c| c.write("weights/.gitx", "x"), UNSIGNED),
            ("a name with its last letter missing", |c| c.write("weights/a.safetensor", "x"), UNSIGNED),
        ],
        27,
    );
}

#[test]
fn names_that_differ_only_in_case() {
    if !tells_case_apart() {
        return;
    }
    check_signed(
        &[
            (
                "a file name in another case",
                |c| fs::rename(c.path("README.md"), c.path("readme.md")).unwrap(),
                &["unsigned-files", "incomplete"],
            ),
            ("a name that differs in case, not signed", |c| c.write("readme.md", "x"), UNSIGNED),
            (
                "directories that differ in case, with different files",
                |c| {
                    for name in ["docs/a", "Docs/b"] {
                        c.write(name, "x");
                        c.subject(name, "x");
                    }
                },
                &[],
            ),
        ],
        3,
    );
}

/// Returns whether two files here can have names that differ only in case, and reports a skipped test if they cannot.
fn tells_case_apart() -> bool {
    let env = TestEnv::new();
    env.write("a", "x");
    let apart = !env.path("A").exists();
    if !apart {
        skipped("a file system that tells upper from lower case");
    }
    apart
}

#[test]
fn names_that_look_or_fold_alike() {
    check_signed(
        &[
            (
                "names that differ in case, signed",
                |c| {
                    c.write("readme.md", "x");
                    c.subject("readme.md", "x");
                },
                INVALID,
            ),
            (
                "names that differ in normalization, signed",
                |c| {
                    for name in ["caf\u{e9}.txt", "cafe\u{301}.txt"] {
                        c.write(name, "x");
                        c.subject(name, "x");
                    }
                },
                INVALID,
            ),
            (
                "names that differ in sharp s and ss, signed",
                |c| {
                    for name in ["stra\u{df}e", "strasse"] {
                        c.write(name, "x");
                        c.subject(name, "x");
                    }
                },
                INVALID,
            ),
            (
                "names that differ in the Kelvin sign and k, signed",
                |c| {
                    for name in ["\u{212a}", "k"] {
                        c.write(name, "x");
                        c.subject(name, "x");
                    }
                },
                INVALID,
            ),
            (
                "names that differ in long s and s, signed",
                |c| {
                    for name in ["\u{17f}um", "sum"] {
                        c.write(name, "x");
                        c.subject(name, "x");
                    }
                },
                INVALID,
            ),
            (
                "names that differ in final sigma and sigma, signed",
                |c| {
                    for name in ["\u{3c2}", "\u{3c3}"] {
                        c.write(name, "x");
                        c.subject(name, "x");
                    }
                },
                INVALID,
            ),
            (
                "a name that is not normalized, signed",
                |c| {
                    c.write("cafe\u{301}.txt", "x");
                    c.subject("cafe\u{301}.txt", "x");
                },
                INVALID,
            ),
            ("a name with a lookalike letter, not signed", |c| c.write("R\u{415}ADME.md", "x"), UNSIGNED),
        ],
        8,
    );
}

#[test]
fn pickles_cannot_be_excluded() {
    check_signed(
        &[
            (
                "pickles excluded by the manifest",
                |c| {
                    c.write("assets/x.pkl", "cos\nsystem\n");
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                },
                UNSIGNED,
            ),
            (
                "a pickle under a name that says nothing",
                |c| {
                    c.write("assets/w2v.model", "cos\nsystem\n(S'true'\ntR.");
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                },
                UNSIGNED,
            ),
            (
                "another file under that name",
                |c| {
                    c.write("assets/w2v.model", "12 300\nthe 0.1 0.2\n");
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                },
                &[],
            ),
            (
                "images excluded by the manifest",
                |c| {
                    c.write("assets/x.png", "x");
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                },
                &[],
            ),
            (
                "images outside the excluded directory",
                |c| {
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                    c.write("asset/x.png", "x");
                },
                UNSIGNED,
            ),
            (
                "code excluded by the manifest",
                |c| {
                    c.write("assets/x.py", "x");
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                },
                UNSIGNED,
            ),
            (
                "a shared library excluded by the manifest",
                |c| {
                    c.write("assets/x.so", "x");
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                },
                UNSIGNED,
            ),
            (
                "a program excluded by the manifest",
                |c| {
                    c.write("assets/x.exe", "x");
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                },
                UNSIGNED,
            ),
            (
                "a shell script excluded by the manifest",
                |c| {
                    c.write("assets/x.sh", "x");
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                },
                UNSIGNED,
            ),
            (
                "weights that run code excluded by the manifest",
                |c| {
                    c.write("assets/x.pt", "x");
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                },
                UNSIGNED,
            ),
        ],
        8,
    );
}

#[test]
fn lfs_pointers_instead_of_content() {
    check_signed(
        &[
            (
                "a pointer instead of its content",
                |c| {
                    let content = b"weights a\0";
                    c.write("weights/a.safetensors", pointer(digest::sha256(content).as_str(), content.len()));
                },
                &["incomplete"],
            ),
            ("a pointer to other content", |c| c.write("weights/a.safetensors", pointer(&"0".repeat(64), 10)), CHANGED),
            (
                "a pointer with a wrong size",
                |c| {
                    c.write("weights/a.safetensors", pointer(digest::sha256(b"weights a\0").as_str(), 11));
                },
                CHANGED,
            ),
            (
                "a pointer with CRLF line endings",
                |c| {
                    let content = b"weights a\0";
                    c.write(
                        "weights/a.safetensors",
                        pointer(digest::sha256(content).as_str(), content.len()).replace('\n', "\r\n"),
                    );
                },
                &["incomplete"],
            ),
            (
                "a pointer with an unknown key",
                |c| {
                    let content = b"weights a\0";
                    c.write(
                        "weights/a.safetensors",
                        pointer(digest::sha256(content).as_str(), content.len()) + "x y\n",
                    );
                },
                CHANGED,
            ),
            (
                "a pointer of another version",
                |c| {
                    let content = b"weights a\0";
                    c.write(
                        "weights/a.safetensors",
                        pointer(digest::sha256(content).as_str(), content.len()).replace("spec/v1", "spec/v2"),
                    );
                },
                CHANGED,
            ),
            (
                "a pointer where no pointer was signed",
                |c| {
                    let card = c.read("README.md");
                    c.write("README.md", pointer(digest::sha256(&card).as_str(), card.len()));
                },
                &["incomplete"],
            ),
        ],
        7,
    );
}

#[test]
fn wrong_sha256sums() {
    check_signed(
        &[
            (
                "a wrong digest in the sums file",
                |c| {
                    let sums = c.sums();
                    c.write(".openness/SHA256SUMS", sums.replacen(|d: char| d.is_ascii_hexdigit(), "x", 1));
                },
                CHANGED,
            ),
            (
                "an added line in the sums file",
                |c| {
                    let sums = c.sums();
                    c.write(".openness/SHA256SUMS", format!("{sums}{}  evil.py\n", "0".repeat(64)));
                },
                CHANGED,
            ),
            ("no sums file, which is optional", |c| c.remove(".openness/SHA256SUMS"), &[]),
            (
                "a missing line in the sums file",
                |c| {
                    let sums = c.sums();
                    c.write(
                        ".openness/SHA256SUMS",
                        sums.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>(),
                    );
                },
                CHANGED,
            ),
            (
                "a sums file in another order",
                |c| {
                    let sums = c.sums();
                    c.write(
                        ".openness/SHA256SUMS",
                        sums.lines().rev().map(|line| format!("{line}\n")).collect::<String>(),
                    );
                },
                CHANGED,
            ),
            ("an empty sums file", |c| c.write(".openness/SHA256SUMS", ""), CHANGED),
        ],
        6,
    );
}

#[test]
fn foreign_files_next_to_the_signatures() {
    check_signed(
        &[
            ("another file next to the signatures", |c| c.write(".openness/signatures/README", "x"), UNSIGNED),
            ("an unknown file in `.openness`", |c| c.write(".openness/evil.py", "import os"), UNSIGNED),
            (
                "a list of signers next to the statement",
                |c| c.write(".openness/allowed_signers", "* ssh-ed25519 AAAA"),
                UNSIGNED,
            ),
            ("a second statement", |c| c.write(".openness/statement.json.bak", "{}"), UNSIGNED),
            (
                "a signature outside the signatures directory",
                |c| {
                    let signature = c.read(".openness/signatures/k.sshsig");
                    c.write(".openness/k.sshsig", signature);
                },
                UNSIGNED,
            ),
            (
                "a signature in a directory with another name",
                |c| {
                    let signature = c.read(".openness/signatures/k.sshsig");
                    c.write(".openness/signature/k.sshsig", signature);
                },
                UNSIGNED,
            ),
            (
                "a signature in a subdirectory",
                |c| {
                    let signature = c.read(".openness/signatures/k.sshsig");
                    c.write(".openness/signatures/more/k.sshsig", signature);
                },
                UNSIGNED,
            ),
            // These two are not read as proofs, or they would be bad signatures.
            ("a proof in another directory", |c| c.write(".openness/proofs/k.tlog-proof", "x"), UNSIGNED),
            ("a proof in a subdirectory", |c| c.write(".openness/signatures/more/k.tlog-proof", "x"), UNSIGNED),
            ("a proof file that is not a proof", |c| c.write(".openness/signatures/k.tlog-proof", "x"), BAD),
        ],
        10,
    );
}

fn pointer(oid: &str, size: usize) -> String {
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n")
}
