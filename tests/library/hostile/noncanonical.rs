//! Statements signed in a noncanonical encoding that readers could understand differently.

use serde_json::Value;

use super::reasons::{INVALID, assert_signed, check_signed, reasons};
use super::release::Case;
use crate::common::examples::TINY;
use crate::common::tools::has;

#[test]
fn noncanonical_statements() {
    check_signed(
        &[
            ("a line feed after it", |c| c.text(|t| format!("{t}\n")), INVALID),
            ("a blank before it", |c| c.text(|t| format!(" {t}")), INVALID),
            ("a byte order mark", |c| c.text(|t| format!("\u{feff}{t}")), INVALID),
            ("a second value after it", |c| c.text(|t| format!("{t}{t}")), INVALID),
            ("a comment", |c| c.text(|t| format!("/**/{t}")), INVALID),
            (
                "indented",
                |c| c.text(|t| serde_json::to_string_pretty(&serde_json::from_str::<Value>(t).unwrap()).unwrap()),
                INVALID,
            ),
            (
                "keys in another order",
                |c| {
                    c.text(|t| {
                        let rest = t.strip_prefix("{\"_type\":\"https://in-toto.io/Statement/v1\",").unwrap();
                        format!("{{{},\"_type\":\"https://in-toto.io/Statement/v1\"}}", rest.strip_suffix('}').unwrap())
                    });
                },
                INVALID,
            ),
            ("a carriage return after it", |c| c.text(|t| format!("{t}\r")), INVALID),
            ("NUL after it", |c| c.text(|t| format!("{t}\0")), INVALID),
            ("a comma after it", |c| c.text(|t| format!("{t},")), INVALID),
            ("a comma before the end", |c| c.text(|t| format!("{},}}", t.strip_suffix('}').unwrap())), INVALID),
            ("a blank after a colon", |c| c.text(|t| t.replacen(':', ": ", 1)), INVALID),
            ("a tab after a comma", |c| c.text(|t| t.replacen(',', ",\t", 1)), INVALID),
            ("keys without quotes", |c| c.text(|t| t.replacen("\"_type\"", "_type", 1)), INVALID),
            ("single quotes", |c| c.text(|t| t.replacen("\"_type\"", "'_type'", 1)), INVALID),
            ("UTF-16", |c| c.sign_bytes(&"{}".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()), INVALID),
            ("no JSON", |c| c.sign_bytes(b"hello"), INVALID),
            ("nothing", |c| c.sign_bytes(b""), INVALID),
            ("no UTF-8", |c| c.sign_bytes(b"{\"_type\":\"\xff\"}"), INVALID),
            ("a list", |c| c.sign_bytes(b"[]"), INVALID),
            ("TOML", |c| c.sign_bytes(TINY.as_bytes()), INVALID),
            ("a string", |c| c.sign_bytes(br#""statement""#), INVALID),
            ("nothing but a blank", |c| c.sign_bytes(b" "), INVALID),
            ("null", |c| c.sign_bytes(b"null"), INVALID),
            ("a letter in too many bytes of UTF-8", |c| c.sign_bytes(b"{\"_type\":\"\xc1\xa1\"}"), INVALID),
            ("a surrogate in UTF-8", |c| c.sign_bytes(b"{\"_type\":\"\xed\xa0\x80\"}"), INVALID),
        ],
        26,
    );
}

#[test]
fn noncanonical_numbers() {
    check_signed(
        &[
            (
                "a number with a fraction of nothing",
                |c| c.text(|t| t.replacen("\"files\":4", "\"files\":4.0", 1)),
                INVALID,
            ),
            ("a number with an exponent", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":4e0", 1)), INVALID),
            (
                "a number with a negative exponent",
                |c| c.text(|t| t.replacen("\"files\":4", "\"files\":40e-1", 1)),
                INVALID,
            ),
            (
                "a number with a capital exponent",
                |c| c.text(|t| t.replacen("\"files\":4", "\"files\":4E0", 1)),
                INVALID,
            ),
            ("a number with a zero before it", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":04", 1)), INVALID),
            ("a number with a plus", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":+4", 1)), INVALID),
            ("a number that ends in a point", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":4.", 1)), INVALID),
            ("a number in hexadecimal", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":0x4", 1)), INVALID),
            ("a number in quotes", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":\"4\"", 1)), INVALID),
            ("a negative nothing", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":-0", 1)), INVALID),
            ("a number larger than any", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":1e400", 1)), INVALID),
            (
                "a number past 64 bits",
                |c| c.text(|t| t.replacen("\"files\":4", "\"files\":18446744073709551616", 1)),
                INVALID,
            ),
            ("no number", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":NaN", 1)), INVALID),
            ("an infinite number", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":Infinity", 1)), INVALID),
            ("a comma after a number", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":4,", 1)), INVALID),
            ("a blank after a number", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":4 ", 1)), INVALID),
            ("a number in lists", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":[[4]]", 1)), INVALID),
            ("a truth for a number", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":true", 1)), INVALID),
            ("nothing for a number", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":null", 1)), INVALID),
        ],
        19,
    );
}

#[test]
fn noncanonical_strings() {
    check_signed(
        &[
            ("an escape for a letter", |c| c.text(|t| t.replacen("README.md", "\\u0052EADME.md", 1)), INVALID),
            ("an escaped slash", |c| c.text(|t| t.replacen("weights/a", "weights\\/a", 1)), INVALID),
            ("a lone surrogate", |c| c.text(|t| t.replacen("Tiny", "\\ud800", 1)), INVALID),
            ("a lone second surrogate", |c| c.text(|t| t.replacen("Tiny", "\\udc00", 1)), INVALID),
            ("surrogates in the wrong order", |c| c.text(|t| t.replacen("Tiny", "\\udc00\\ud800", 1)), INVALID),
            ("an escape in capitals", |c| c.text(|t| t.replacen("Tiny", "\\U0054iny", 1)), INVALID),
            ("an escape of two digits", |c| c.text(|t| t.replacen("Tiny", "\\x54iny", 1)), INVALID),
            ("an escaped NUL", |c| c.text(|t| t.replacen("Tiny", "Tiny\\u0000", 1)), INVALID),
            ("a raw line feed", |c| c.text(|t| t.replacen("Tiny", "Ti\nny", 1)), INVALID),
            ("a raw tab", |c| c.text(|t| t.replacen("Tiny", "Ti\tny", 1)), INVALID),
            ("an escape that is none", |c| c.text(|t| t.replacen("Tiny", "\\Tiny", 1)), INVALID),
            ("an escaped line feed in digits", |c| c.text(|t| t.replacen("Tiny", "Ti\\u000any", 1)), INVALID),
            ("an escape in capital digits", |c| c.text(|t| t.replacen("Tiny", "Ti\\u001Fny", 1)), INVALID),
            ("a string that does not end", |c| c.text(|t| t.replacen("Tiny\"", "Tiny", 1)), INVALID),
        ],
        14,
    );
}

#[test]
fn duplicate_keys() {
    check_signed(
        &[
            (
                "a key twice",
                |c| c.text(|t| t.replacen('{', "{\"_type\":\"https://in-toto.io/Statement/v1\",", 1)),
                INVALID,
            ),
            (
                "a key twice further down",
                |c| c.text(|t| t.replacen("\"annotations\":{", "\"annotations\":{\"size\":1,", 1)),
                INVALID,
            ),
            (
                "a key twice, once escaped",
                |c| c.text(|t| t.replacen("\"annotations\":{", "\"annotations\":{\"\\u0073ize\":1,", 1)),
                INVALID,
            ),
        ],
        3,
    );
}

/// Each object of the statement, one after the other, with its first key twice: before, behind, with the same value and another.
#[test]
fn duplicate_keys_in_every_object() {
    let has_ssh_keygen = has("ssh-keygen");
    let case = Case::honest();
    let text = String::from_utf8(case.read(".openness/statement.json")).unwrap();
    let objects: Vec<usize> = text.match_indices("{\"").map(|(at, _)| at).collect();
    assert!(objects.len() > 30, "{}", objects.len());
    for at in objects {
        let key = &text[at + 1..at + 3 + text[at + 2..].find('"').unwrap()];
        for value in ["null", "{}"] {
            let mut case = Case::honest();
            case.text(|text| format!("{}{key}:{value},{}", &text[..=at], &text[at + 1..]));
            assert_signed(key, &case, has_ssh_keygen && value == "null");
            reasons(&case, INVALID).unwrap_or_else(|found| panic!("{key} at {at}, {value}: {found}"));
        }
    }
}

#[test]
fn nesting_and_size_bombs() {
    check_signed(
        &[
            ("a deep well", |c| c.sign_bytes("[".repeat(100_000).as_bytes()), INVALID),
            ("a deep well of objects", |c| c.sign_bytes("{\"a\":".repeat(100_000).as_bytes()), INVALID),
            (
                "a deep well with a bottom",
                |c| c.sign_bytes(format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)).as_bytes()),
                INVALID,
            ),
            (
                "a deep well in a verdict",
                |c| {
                    c.text(|t| {
                        t.replacen(
                            "\"taxonomies\":[",
                            &format!("\"taxonomies\":[{}{},", "[".repeat(5_000), "]".repeat(5_000)),
                            1,
                        )
                    });
                },
                INVALID,
            ),
            (
                "a key of a million letters",
                |c| c.text(|t| t.replacen('{', &format!("{{\"{}\":1,", "A".repeat(1_000_000)), 1)),
                INVALID,
            ),
            ("a name of a million letters", |c| c.text(|t| t.replacen("Tiny", &"A".repeat(1_000_000), 1)), INVALID),
            (
                "a number of a million digits",
                |c| c.text(|t| t.replacen("\"files\":4", &format!("\"files\":{}", "4".repeat(1_000_000)), 1)),
                INVALID,
            ),
            (
                "a million lists",
                |c| c.text(|t| t.replacen("\"despite\":[", &format!("\"despite\":[{}", "[],".repeat(1_000_000)), 1)),
                INVALID,
            ),
        ],
        8,
    );
}

/// A hundred thousand files that nobody has: each is told to be absent, and nothing else happens.
#[test]
fn a_statement_of_a_hundred_thousand_subjects_is_read() {
    let mut case = Case::honest();
    case.subjects(|subjects| {
        let like = subjects[1].clone();
        subjects.extend((0..100_000).map(|at| {
            let mut subject = like.clone();
            subject["name"] = format!("z/{at:06}").into();
            subject
        }));
    });
    let report = case.verify();
    assert_eq!(report.files.absent.len(), 100_000);
    assert_eq!(report.files.verified, 4);
    reasons(&case, &["incomplete"]).unwrap();
}
