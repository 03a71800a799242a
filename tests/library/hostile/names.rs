//! Names that are refused even when a trusted key signed them.

use super::reasons::{INVALID, assert_signed};
use super::release::Case;
use crate::common::tools::has;

/// Signs each name as that of a subject: the statement is refused before any file is looked at.
fn refused(names: &[&str]) {
    let has_ssh_keygen = has("ssh-keygen");
    for name in names {
        let mut case = Case::honest();
        case.subject(name, "x");
        assert_signed(name, &case, has_ssh_keygen);
        let report = case.verify();
        let found: Vec<&str> = report.reasons.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(found, INVALID, "{name:?}: {:?}", report.statement_problem);
        assert!(report.files.changed.is_empty() && report.files.verified == 0, "{name:?}: a file was looked at");
    }
}

#[test]
fn path_traversal_and_absolute_paths() {
    refused(&[
        "",
        ".",
        "..",
        "../outside",
        "a/../../outside",
        "a/..",
        "a/../b",
        "/etc/passwd",
        "//a",
        "//server/share",
        "a//b",
        "a/",
        "./a",
        "a/./b",
        "/",
        "...//",
        "~/x/..",
    ]);
}

#[test]
fn backslashes_and_drives() {
    refused(&[
        "a\\b",
        "..\\outside",
        "\\\\server\\share",
        "C:/x",
        "c:x",
        "a/d:/x",
        "C:",
        "a:b",
        "x:$DATA",
        "file:///x",
        "\\??\\C:\\x",
    ]);
}

#[test]
fn device_names_of_windows() {
    refused(&[
        "NUL",
        "nul",
        "aux.txt",
        "a/COM1",
        "LPT9.bin",
        "CON .txt",
        "CONOUT$",
        "CONIN$",
        "prn",
        "com\u{b9}",
        "LPT\u{b2}.txt",
        "a/nul/b",
        "Aux.tar.gz",
    ]);
}

#[test]
fn short_names_of_windows() {
    refused(&["a.", "a ", "a./b", "a /b", "a...", "a. ", "a/b."]);
}

#[test]
fn control_bidirectional_and_invisible_characters() {
    refused(&[
        "a\u{7}",
        "a\nb",
        "a\tb",
        "a\rb",
        "a\0b",
        "a\u{1b}[2Jb",
        "a\u{7f}b",
        "a\u{85}b",
        "a\u{9b}b",
        "a\u{202e}b",
        "a\u{202a}b",
        "a\u{2066}b",
        "a\u{2069}b",
        "a\u{200b}b",
        "a\u{200e}b",
        "a\u{200f}b",
        "a\u{2060}b",
        "\u{feff}a",
        "a\u{ad}b",
        "a\u{2028}b",
        "a\u{2029}b",
    ]);
}

#[test]
fn overlong_and_deeply_nested_names() {
    let long = "a".repeat(256);
    let long_in_bytes = "\u{e9}".repeat(128);
    let deep = vec!["a"; 65].join("/");
    let longer = vec!["a".repeat(100); 45].join("/");
    let longest = "a/".repeat(1_000_000) + "a";
    refused(&[&long, &long_in_bytes, &deep, &longer, &longest]);
}

#[test]
fn names_in_the_openness_directory() {
    refused(&[".openness/statement.json", ".openness/x", ".openness/signatures/k.sshsig"]);
}

/// Not every strange name is hostile: what the rules for paths allow is only absent.
#[test]
fn unusual_but_allowed_names() {
    for name in ["caf\u{e9}", ".a", "a b", "-rf", "$HOME", "`x`", "a'b", "\u{1f600}", "nulx", "com10", "CONX.txt"] {
        let mut case = Case::honest();
        case.subject(name, "x");
        let report = case.verify();
        let found: Vec<&str> = report.reasons.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(found, ["incomplete"], "{name:?}: {:?}", report.statement_problem);
    }
}
