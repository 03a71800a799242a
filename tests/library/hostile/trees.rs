//! Files that differ from what was signed.

use std::fs;

use openness::artifacts::digest;

use super::reasons::{BAD, CHANGED, INVALID, UNSIGNED, check_signed};
use crate::common::examples::TINY;

#[test]
fn changed_files() {
    check_signed(
        &[
            (
                "one bit",
                |c| {
                    let mut bytes = c.read("weights/a.safetensors");
                    bytes[0] ^= 1;
                    c.write("weights/a.safetensors", bytes);
                },
                CHANGED,
            ),
            ("a byte less", |c| c.write("weights/a.safetensors", "weights a"), CHANGED),
            ("a byte more", |c| c.write("weights/a.safetensors", "weights a\0\0"), CHANGED),
            ("an empty file", |c| c.write("weights/a.safetensors", ""), CHANGED),
            (
                "two files swapped",
                |c| {
                    c.write("weights/a.safetensors", "weights b\0");
                    c.write("weights/b.safetensors", "weights a\0");
                },
                CHANGED,
            ),
            (
                "a size that lies",
                |c| {
                    c.subjects(|s| s[2]["annotations"]["size"] = 1.into());
                },
                CHANGED,
            ),
            (
                "a digest that lies",
                |c| c.edit(|s| s["subject"][2]["digest"]["sha256"] = "0".repeat(64).into()),
                CHANGED,
            ),
            ("a manifest changed", |c| c.write("OPENNESS.toml", TINY.replace("Apache-2.0", "MIT")), CHANGED),
            ("a card with Windows' line ends", |c| c.write("README.md", "# Tiny\r\n\r\nA card.\r\n"), &[]),
            ("a card with a carriage return alone", |c| c.write("README.md", "# Tiny\n\rA card.\n"), CHANGED),
            (
                "weights with Windows' line ends",
                |c| {
                    c.write("weights/a.safetensors", "a\n\0");
                    c.sign_tree();
                    c.write("weights/a.safetensors", "a\r\n\0");
                },
                CHANGED,
            ),
            ("a byte order mark before the card", |c| c.write("README.md", "\u{feff}# Tiny\n\nA card.\n"), CHANGED),
            ("a line feed less", |c| c.write("README.md", "# Tiny\n\nA card."), CHANGED),
            ("other weights of the same size", |c| c.write("weights/a.safetensors", "Weights a\0"), CHANGED),
            ("a manifest with a comment more", |c| c.write("OPENNESS.toml", format!("{TINY}# x\n")), CHANGED),
            ("a manifest with Windows' line ends", |c| c.write("OPENNESS.toml", TINY.replace('\n', "\r\n")), &[]),
        ],
        16,
    );
}

#[test]
fn missing_files() {
    check_signed(
        &[
            ("a file less", |c| c.remove("weights/a.safetensors"), &["incomplete"]),
            ("a file that is signed and nowhere", |c| c.subject("other.txt", "x"), &["incomplete"]),
            ("a file of Git's own that is signed", |c| c.subject(".git/hooks/pre-commit", "x"), &["incomplete"]),
            ("no manifest", |c| c.remove("OPENNESS.toml"), &["incomplete", "manifest-invalid"]),
            (
                "a file renamed",
                |c| fs::rename(c.path("README.md"), c.path("LIESMICH.md")).unwrap(),
                &["unsigned-files", "incomplete"],
            ),
            (
                "a file in another case",
                |c| fs::rename(c.path("README.md"), c.path("readme.md")).unwrap(),
                &["unsigned-files", "incomplete"],
            ),
        ],
        6,
    );
}

#[test]
fn unsigned_files() {
    check_signed(
        &[
            ("code more", |c| c.write("modeling.py", "import os"), UNSIGNED),
            ("a hidden file more", |c| c.write(".env", "x"), UNSIGNED),
            ("a workflow more", |c| c.write(".github/workflows/x.yml", "x"), UNSIGNED),
            ("attributes more", |c| c.write(".gitattributes", "* filter=evil"), UNSIGNED),
            ("an empty file more", |c| c.write("weights/__init__.py", ""), UNSIGNED),
            ("a repository inside", |c| c.write("weights/.git/config", "x"), UNSIGNED),
            ("an empty directory, which is nothing", |c| fs::create_dir(c.path("empty")).unwrap(), &[]),
            ("Git's own directory, which no loader reads", |c| c.write(".git/config", "x"), &[]),
            ("litter of a desktop", |c| c.write("weights/.DS_Store", "x"), &[]),
            ("notes of the Hub", |c| c.write(".cache/huggingface/x", "x"), &[]),
            ("another cache", |c| c.write(".cache/other/x", "x"), UNSIGNED),
            ("a pickle more", |c| c.write("weights/model.pkl", "x"), UNSIGNED),
            ("a configuration more", |c| c.write("config.json", "x"), UNSIGNED),
            ("a tokenizer more", |c| c.write("tokenizer.json", "x"), UNSIGNED),
            ("a shard more", |c| c.write("weights/c.safetensors", "x"), UNSIGNED),
            ("a package more", |c| c.write("setup.py", "x"), UNSIGNED),
            ("a hook of the interpreter", |c| c.write("sitecustomize.py", "x"), UNSIGNED),
            ("a compiled module more", |c| c.write("modeling.cpython-312.so", "x"), UNSIGNED),
            ("a file of the editor", |c| c.write(".vscode/tasks.json", "x"), UNSIGNED),
            ("settings of Git for submodules", |c| c.write(".gitmodules", "x"), UNSIGNED),
            ("a second manifest", |c| c.write("docs/OPENNESS.toml", "x"), UNSIGNED),
            ("litter's name for a directory", |c| c.write(".DS_Store/x.py", "x"), UNSIGNED),
            ("a name like that of Git", |c| c.write("weights/.gitx", "x"), UNSIGNED),
            ("the end of a name cut", |c| c.write("weights/a.safetensor", "x"), UNSIGNED),
        ],
        24,
    );
}

#[test]
fn names_that_look_or_fold_alike() {
    check_signed(
        &[
            ("a twin in another case", |c| c.write("readme.md", "x"), UNSIGNED),
            (
                "a twin in another case, signed",
                |c| {
                    c.write("readme.md", "x");
                    c.subject("readme.md", "x");
                },
                INVALID,
            ),
            (
                "a twin in another normal form, signed",
                |c| {
                    for name in ["caf\u{e9}.txt", "cafe\u{301}.txt"] {
                        c.write(name, "x");
                        c.subject(name, "x");
                    }
                },
                INVALID,
            ),
            (
                "directories that fold alike, whose files do not",
                |c| {
                    for name in ["docs/a", "Docs/b"] {
                        c.write(name, "x");
                        c.subject(name, "x");
                    }
                },
                &[],
            ),
            (
                "a twin that folds to two letters, signed",
                |c| {
                    for name in ["stra\u{df}e", "strasse"] {
                        c.write(name, "x");
                        c.subject(name, "x");
                    }
                },
                INVALID,
            ),
            (
                "a twin of Kelvin, signed",
                |c| {
                    for name in ["\u{212a}", "k"] {
                        c.write(name, "x");
                        c.subject(name, "x");
                    }
                },
                INVALID,
            ),
            (
                "a twin with a long s, signed",
                |c| {
                    for name in ["\u{17f}um", "sum"] {
                        c.write(name, "x");
                        c.subject(name, "x");
                    }
                },
                INVALID,
            ),
            (
                "a twin with a final sigma, signed",
                |c| {
                    for name in ["\u{3c2}", "\u{3c3}"] {
                        c.write(name, "x");
                        c.subject(name, "x");
                    }
                },
                INVALID,
            ),
            (
                "a name in another normal form, signed",
                |c| {
                    c.write("cafe\u{301}.txt", "x");
                    c.subject("cafe\u{301}.txt", "x");
                },
                INVALID,
            ),
            ("a name in letters that look alike, not signed", |c| c.write("R\u{415}ADME.md", "x"), UNSIGNED),
        ],
        10,
    );
}

#[test]
fn pickles_cannot_be_excluded() {
    check_signed(
        &[
            (
                "pickles left out by the manifest",
                |c| {
                    c.write("assets/x.pkl", "cos\nsystem\n");
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                },
                UNSIGNED,
            ),
            (
                "pictures left out by the manifest",
                |c| {
                    c.write("assets/x.png", "x");
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                },
                &[],
            ),
            (
                "pictures beside those left out",
                |c| {
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                    c.write("asset/x.png", "x");
                },
                UNSIGNED,
            ),
            (
                "code left out by the manifest",
                |c| {
                    c.write("assets/x.py", "x");
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                },
                UNSIGNED,
            ),
            (
                "a library left out by the manifest",
                |c| {
                    c.write("assets/x.so", "x");
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                },
                UNSIGNED,
            ),
            (
                "a program left out by the manifest",
                |c| {
                    c.write("assets/x.exe", "x");
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                },
                UNSIGNED,
            ),
            (
                "a script of a shell left out by the manifest",
                |c| {
                    c.write("assets/x.sh", "x");
                    c.manifest(|m| format!("{m}\n[coverage]\nexclude = [\"assets/**\"]\n"));
                },
                UNSIGNED,
            ),
            (
                "weights that run code left out by the manifest",
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
                "a pointer in place of its content",
                |c| {
                    let content = b"weights a\0";
                    c.write("weights/a.safetensors", pointer(digest::sha256(content).as_str(), content.len()));
                },
                &["incomplete"],
            ),
            (
                "a pointer to something else",
                |c| c.write("weights/a.safetensors", pointer(&"0".repeat(64), 10)),
                CHANGED,
            ),
            (
                "a pointer that lies about the size",
                |c| {
                    c.write("weights/a.safetensors", pointer(digest::sha256(b"weights a\0").as_str(), 11));
                },
                CHANGED,
            ),
            (
                "a pointer with Windows' line ends",
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
                "a pointer that says more",
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
                "sums that lie",
                |c| {
                    let sums = c.sums();
                    c.write(".openness/SHA256SUMS", sums.replacen(|d: char| d.is_ascii_hexdigit(), "x", 1));
                },
                CHANGED,
            ),
            (
                "sums that say more",
                |c| {
                    let sums = c.sums();
                    c.write(".openness/SHA256SUMS", format!("{sums}{}  evil.py\n", "0".repeat(64)));
                },
                CHANGED,
            ),
            ("no sums, which are derived", |c| c.remove(".openness/SHA256SUMS"), &[]),
            (
                "sums that say less",
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
                "sums in another order",
                |c| {
                    let sums = c.sums();
                    c.write(
                        ".openness/SHA256SUMS",
                        sums.lines().rev().map(|line| format!("{line}\n")).collect::<String>(),
                    );
                },
                CHANGED,
            ),
            ("sums of nothing", |c| c.write(".openness/SHA256SUMS", ""), CHANGED),
        ],
        6,
    );
}

#[test]
fn foreign_files_next_to_the_signatures() {
    check_signed(
        &[
            ("something else beside the signatures", |c| c.write(".openness/signatures/README", "x"), UNSIGNED),
            ("something of its own in our directory", |c| c.write(".openness/evil.py", "import os"), UNSIGNED),
            (
                "a list of signers beside the signatures",
                |c| c.write(".openness/allowed_signers", "* ssh-ed25519 AAAA"),
                UNSIGNED,
            ),
            ("a second statement", |c| c.write(".openness/statement.json.bak", "{}"), UNSIGNED),
            (
                "a signature in a directory of its own",
                |c| {
                    let signature = c.read(".openness/signatures/k.sshsig");
                    c.write(".openness/k.sshsig", signature);
                },
                UNSIGNED,
            ),
            (
                "a signature in a directory of another name",
                |c| {
                    let signature = c.read(".openness/signatures/k.sshsig");
                    c.write(".openness/signature/k.sshsig", signature);
                },
                UNSIGNED,
            ),
            (
                "a signature below the directory of signatures",
                |c| {
                    let signature = c.read(".openness/signatures/k.sshsig");
                    c.write(".openness/signatures/more/k.sshsig", signature);
                },
                UNSIGNED,
            ),
            // None of the two is looked at as a proof, which it would not be.
            ("a proof in another directory", |c| c.write(".openness/proofs/k.tlog-proof", "x"), UNSIGNED),
            ("a proof below the directory", |c| c.write(".openness/signatures/more/k.tlog-proof", "x"), UNSIGNED),
            ("a proof that is none", |c| c.write(".openness/signatures/k.tlog-proof", "x"), BAD),
        ],
        10,
    );
}

fn pointer(oid: &str, size: usize) -> String {
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n")
}
