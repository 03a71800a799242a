//! Statements signed in an encoding other than the canonical one, which some readers understand differently.

use serde_json::Value;

use super::reasons::{INVALID, assert_signed, check_signed, reasons};
use super::release::Case;
use crate::common::examples::TINY;
use crate::common::tools::has;

#[test]
fn noncanonical_statements() {
    check_signed(
        &[
            ("a trailing line feed", |c| c.text(|t| format!("{t}\n")), INVALID),
            ("a leading space", |c| c.text(|t| format!(" {t}")), INVALID),
            ("a byte order mark", |c| c.text(|t| format!("\u{feff}{t}")), INVALID),
            ("a second value", |c| c.text(|t| format!("{t}{t}")), INVALID),
            ("a comment", |c| c.text(|t| format!("/**/{t}")), INVALID),
            (
                "indented",
                |c| c.text(|t| serde_json::to_string_pretty(&serde_json::from_str::<Value>(t).unwrap()).unwrap()),
                INVALID,
            ),
            (
                "unsorted keys",
                |c| {
                    c.text(|t| {
                        let rest = t.strip_prefix("{\"_type\":\"https://in-toto.io/Statement/v1\",").unwrap();
                        format!("{{{},\"_type\":\"https://in-toto.io/Statement/v1\"}}", rest.strip_suffix('}').unwrap())
                    });
                },
                INVALID,
            ),
            ("a trailing carriage return", |c| c.text(|t| format!("{t}\r")), INVALID),
            ("a trailing NUL", |c| c.text(|t| format!("{t}\0")), INVALID),
            ("a trailing comma after the object", |c| c.text(|t| format!("{t},")), INVALID),
            ("a trailing comma in the object", |c| c.text(|t| format!("{},}}", t.strip_suffix('}').unwrap())), INVALID),
            ("a space after a colon", |c| c.text(|t| t.replacen(':', ": ", 1)), INVALID),
            ("a tab after a comma", |c| c.text(|t| t.replacen(',', ",\t", 1)), INVALID),
            ("keys without quotes", |c| c.text(|t| t.replacen("\"_type\"", "_type", 1)), INVALID),
            ("single quotes", |c| c.text(|t| t.replacen("\"_type\"", "'_type'", 1)), INVALID),
            ("UTF-16", |c| c.sign_bytes(&"{}".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()), INVALID),
            ("text that is not JSON", |c| c.sign_bytes(b"hello"), INVALID),
            ("no bytes", |c| c.sign_bytes(b""), INVALID),
            ("bytes that are not UTF-8", |c| c.sign_bytes(b"{\"_type\":\"\xff\"}"), INVALID),
            ("a list", |c| c.sign_bytes(b"[]"), INVALID),
            ("TOML", |c| c.sign_bytes(TINY.as_bytes()), INVALID),
            ("a string", |c| c.sign_bytes(br#""statement""#), INVALID),
            ("only a space", |c| c.sign_bytes(b" "), INVALID),
            ("null", |c| c.sign_bytes(b"null"), INVALID),
            ("an overlong encoding in UTF-8", |c| c.sign_bytes(b"{\"_type\":\"\xc1\xa1\"}"), INVALID),
            ("a surrogate in UTF-8", |c| c.sign_bytes(b"{\"_type\":\"\xed\xa0\x80\"}"), INVALID),
        ],
        26,
    );
}

#[test]
fn noncanonical_numbers() {
    check_signed(
        &[
            ("a number with the fraction .0", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":4.0", 1)), INVALID),
            ("a number with an exponent", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":4e0", 1)), INVALID),
            (
                "a number with a negative exponent",
                |c| c.text(|t| t.replacen("\"files\":4", "\"files\":40e-1", 1)),
                INVALID,
            ),
            ("a number with a capital E", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":4E0", 1)), INVALID),
            ("a number with a leading zero", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":04", 1)), INVALID),
            ("a number with a plus sign", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":+4", 1)), INVALID),
            (
                "a number with a decimal point at its end",
                |c| c.text(|t| t.replacen("\"files\":4", "\"files\":4.", 1)),
                INVALID,
            ),
            ("a number in hexadecimal", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":0x4", 1)), INVALID),
            ("a number in quotes", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":\"4\"", 1)), INVALID),
            ("a negative zero", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":-0", 1)), INVALID),
            (
                "a number larger than any double",
                |c| c.text(|t| t.replacen("\"files\":4", "\"files\":1e400", 1)),
                INVALID,
            ),
            (
                "a number larger than 64 bits",
                |c| c.text(|t| t.replacen("\"files\":4", "\"files\":18446744073709551616", 1)),
                INVALID,
            ),
            ("NaN", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":NaN", 1)), INVALID),
            ("infinity", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":Infinity", 1)), INVALID),
            ("a comma after a number", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":4,", 1)), INVALID),
            ("a space after a number", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":4 ", 1)), INVALID),
            ("a number in nested arrays", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":[[4]]", 1)), INVALID),
            ("a boolean instead of a number", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":true", 1)), INVALID),
            ("null instead of a number", |c| c.text(|t| t.replacen("\"files\":4", "\"files\":null", 1)), INVALID),
        ],
        19,
    );
}

#[test]
fn noncanonical_strings() {
    check_signed(
        &[
            ("an escaped letter", |c| c.text(|t| t.replacen("README.md", "\\u0052EADME.md", 1)), INVALID),
            ("an escaped slash", |c| c.text(|t| t.replacen("weights/a", "weights\\/a", 1)), INVALID),
            ("a lone high surrogate", |c| c.text(|t| t.replacen("Tiny", "\\ud800", 1)), INVALID),
            ("a lone low surrogate", |c| c.text(|t| t.replacen("Tiny", "\\udc00", 1)), INVALID),
            ("surrogates in the wrong order", |c| c.text(|t| t.replacen("Tiny", "\\udc00\\ud800", 1)), INVALID),
            ("an escape with a capital U", |c| c.text(|t| t.replacen("Tiny", "\\U0054iny", 1)), INVALID),
            ("an escape with two digits", |c| c.text(|t| t.replacen("Tiny", "\\x54iny", 1)), INVALID),
            ("an escaped NUL", |c| c.text(|t| t.replacen("Tiny", "Tiny\\u0000", 1)), INVALID),
            ("a raw line feed", |c| c.text(|t| t.replacen("Tiny", "Ti\nny", 1)), INVALID),
            ("a raw tab", |c| c.text(|t| t.replacen("Tiny", "Ti\tny", 1)), INVALID),
            ("an unknown escape", |c| c.text(|t| t.replacen("Tiny", "\\Tiny", 1)), INVALID),
            ("a line feed as a numeric escape", |c| c.text(|t| t.replacen("Tiny", "Ti\\u000any", 1)), INVALID),
            ("a numeric escape in capitals", |c| c.text(|t| t.replacen("Tiny", "Ti\\u001Fny", 1)), INVALID),
            ("an unterminated string", |c| c.text(|t| t.replacen("Tiny\"", "Tiny", 1)), INVALID),
        ],
        14,
    );
}

#[test]
fn duplicate_keys() {
    check_signed(
        &[
            (
                "a repeated key",
                |c| c.text(|t| t.replacen('{', "{\"_type\":\"https://in-toto.io/Statement/v1\",", 1)),
                INVALID,
            ),
            (
                "a repeated key in a nested object",
                |c| c.text(|t| t.replacen("\"annotations\":{", "\"annotations\":{\"size\":1,", 1)),
                INVALID,
            ),
            (
                "a repeated key, once with an escape",
                |c| c.text(|t| t.replacen("\"annotations\":{", "\"annotations\":{\"\\u0073ize\":1,", 1)),
                INVALID,
            ),
        ],
        3,
    );
}

/// Repeats the first key of each object of the statement in turn.
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
            ("deeply nested arrays", |c| c.sign_bytes("[".repeat(100_000).as_bytes()), INVALID),
            ("deeply nested objects", |c| c.sign_bytes("{\"a\":".repeat(100_000).as_bytes()), INVALID),
            (
                "deeply nested arrays that are closed",
                |c| c.sign_bytes(format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)).as_bytes()),
                INVALID,
            ),
            (
                "deeply nested arrays in a verdict",
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
                "a million arrays",
                |c| c.text(|t| t.replacen("\"waived\":[", &format!("\"waived\":[{}", "[],".repeat(1_000_000)), 1)),
                INVALID,
            ),
        ],
        8,
    );
}

/// A hundred thousand files that do not exist: each is reported as missing, and nothing else.
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
    assert_eq!(report.files().absent.len(), 100_000);
    assert_eq!(report.files().verified, 4);
    reasons(&case, &["incomplete"]).unwrap();
}
