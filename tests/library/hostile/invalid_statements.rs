//! Invalid statements signed by a trusted key.

use serde_json::{Value, json};

use super::reasons::{INVALID, check_signed};

#[test]
fn duplicate_and_unsorted_subjects() {
    check_signed(
        &[
            ("the subjects are unsorted", |c| c.subjects(|s| s.reverse()), INVALID),
            ("two subjects are swapped", |c| c.subjects(|s| s.swap(0, 1)), INVALID),
            ("a subject is repeated", |c| c.subjects(|s| s.insert(1, s[1].clone())), INVALID),
            (
                "a subject is repeated with another digest",
                |c| {
                    c.subjects(|s| {
                        let mut other = s[1].clone();
                        other["digest"]["sha256"] = "0".repeat(64).into();
                        s.insert(1, other);
                    });
                },
                INVALID,
            ),
            (
                "the subjects are in the order of Git trees, not of bytes",
                |c| {
                    c.subject("weights", "x");
                    c.subjects(|s| s.rotate_left(1));
                },
                INVALID,
            ),
        ],
        5,
    );
}

#[test]
fn a_statement_that_covers_nothing() {
    check_signed(
        &[
            ("the list of subjects is empty", |c| c.subjects(Vec::clear), INVALID),
            ("the subjects are an object", |c| c.edit(|s| s["subject"] = json!({})), INVALID),
            ("the subjects are null", |c| c.edit(|s| s["subject"] = Value::Null), INVALID),
            ("the manifest is not a subject", |c| c.subjects(|s| drop(s.remove(0))), INVALID),
            ("the subjects are missing", |c| c.edit(|s| drop(s.as_object_mut().unwrap().remove("subject"))), INVALID),
            ("a subject is null", |c| c.edit(|s| s["subject"][1] = Value::Null), INVALID),
            ("a subject is empty", |c| c.edit(|s| s["subject"][1] = json!({})), INVALID),
            (
                "a subject has no name",
                |c| c.edit(|s| drop(s["subject"][1].as_object_mut().unwrap().remove("name"))),
                INVALID,
            ),
            (
                "every file is excluded",
                |c| {
                    c.edit(|s| {
                        s["subject"] = json!([]);
                        s["predicate"]["coverage"]["exclude"] = json!(["**"]);
                        s["predicate"]["coverage"]["files"] = 0.into();
                        s["predicate"]["coverage"]["bytes"] = 0.into();
                    });
                },
                INVALID,
            ),
            ("only the manifest is signed", |c| c.subjects(|s| s.truncate(1)), INVALID),
        ],
        10,
    );
}

#[test]
fn wrong_and_invalid_sizes() {
    check_signed(
        &[
            ("a size is a string", |c| c.edit(|s| s["subject"][1]["annotations"]["size"] = "17".into()), INVALID),
            ("a size is negative", |c| c.edit(|s| s["subject"][1]["annotations"]["size"] = json!(-17)), INVALID),
            ("a size is a fraction", |c| c.edit(|s| s["subject"][1]["annotations"]["size"] = json!(17.5)), INVALID),
            (
                "the sizes overflow",
                |c| {
                    c.edit(|s| {
                        s["subject"][1]["annotations"]["size"] = u64::MAX.into();
                        s["subject"][2]["annotations"]["size"] = u64::MAX.into();
                    });
                },
                INVALID,
            ),
            ("a size is missing", |c| c.edit(|s| s["subject"][1]["annotations"] = json!({})), INVALID),
            ("a size is null", |c| c.edit(|s| s["subject"][1]["annotations"]["size"] = Value::Null), INVALID),
            (
                "a size is the largest 64-bit number",
                |c| c.edit(|s| s["subject"][1]["annotations"]["size"] = u64::MAX.into()),
                INVALID,
            ),
            (
                "a size is larger than 64 bits",
                |c| c.edit(|s| s["subject"][1]["annotations"]["size"] = json!(1e300)),
                INVALID,
            ),
            ("a size is a list", |c| c.edit(|s| s["subject"][1]["annotations"]["size"] = json!([15])), INVALID),
            (
                "a size is not exact in JavaScript",
                |c| c.subjects(|s| s[1]["annotations"]["size"] = json!(9_007_199_254_740_993_u64)),
                INVALID,
            ),
        ],
        10,
    );
}

#[test]
fn invalid_digests() {
    check_signed(
        &[
            ("a digest is missing", |c| c.edit(|s| s["subject"][1]["digest"] = json!({})), INVALID),
            ("a digest is SHA-1", |c| c.edit(|s| s["subject"][1]["digest"] = json!({"sha1": "0".repeat(40)})), INVALID),
            ("a subject has two digests", |c| c.edit(|s| s["subject"][1]["digest"]["md5"] = "0".into()), INVALID),
            (
                "a digest is in capitals",
                |c| {
                    c.edit(|s| {
                        let digest = &mut s["subject"][1]["digest"]["sha256"];
                        *digest = digest.as_str().unwrap().to_uppercase().into();
                    });
                },
                INVALID,
            ),
            ("a digest is too short", |c| c.edit(|s| s["subject"][1]["digest"]["sha256"] = "ab".into()), INVALID),
            ("a digest is empty", |c| c.edit(|s| s["subject"][1]["digest"]["sha256"] = "".into()), INVALID),
            (
                "a digest is too long",
                |c| c.edit(|s| s["subject"][1]["digest"]["sha256"] = "0".repeat(65).into()),
                INVALID,
            ),
            (
                "a digest has a letter that is not hexadecimal",
                |c| c.edit(|s| s["subject"][1]["digest"]["sha256"] = format!("g{}", "0".repeat(63)).into()),
                INVALID,
            ),
            (
                "a digest has a space",
                |c| c.edit(|s| s["subject"][1]["digest"]["sha256"] = format!(" {}", "0".repeat(63)).into()),
                INVALID,
            ),
            (
                "a digest has a digit of another script",
                |c| c.edit(|s| s["subject"][1]["digest"]["sha256"] = format!("{}\u{661}", "0".repeat(62)).into()),
                INVALID,
            ),
            ("a digest is a number", |c| c.edit(|s| s["subject"][1]["digest"]["sha256"] = 0.into()), INVALID),
            (
                "a digest is a list",
                |c| c.edit(|s| s["subject"][1]["digest"]["sha256"] = json!(["0".repeat(64)])),
                INVALID,
            ),
            (
                "a digest names its algorithm",
                |c| c.edit(|s| s["subject"][1]["digest"]["sha256"] = format!("sha256:{}", "0".repeat(64)).into()),
                INVALID,
            ),
            (
                "a digest has its algorithm in capitals",
                |c| c.edit(|s| s["subject"][1]["digest"] = json!({"SHA256": "0".repeat(64)})),
                INVALID,
            ),
            (
                "a digest is SHA-512",
                |c| c.edit(|s| s["subject"][1]["digest"] = json!({"sha512": "0".repeat(128)})),
                INVALID,
            ),
        ],
        15,
    );
}

#[test]
fn missing_and_unknown_keys() {
    check_signed(
        &[
            ("a subject is a string", |c| c.edit(|s| s["subject"][1] = "README.md".into()), INVALID),
            ("a subject has an unknown key", |c| c.edit(|s| s["subject"][1]["uri"] = "https://x".into()), INVALID),
            (
                "an annotation has an unknown key",
                |c| c.edit(|s| s["subject"][1]["annotations"]["mode"] = "755".into()),
                INVALID,
            ),
            ("the statement has an unknown key", |c| c.edit(|s| s["note"] = "trust me".into()), INVALID),
            ("the predicate has an unknown key", |c| c.edit(|s| s["predicate"]["verified"] = true.into()), INVALID),
            (
                "the predicate lacks a key",
                |c| c.edit(|s| drop(s["predicate"].as_object_mut().unwrap().remove("waived"))),
                INVALID,
            ),
            ("the predicate is null", |c| c.edit(|s| s["predicate"] = Value::Null), INVALID),
            ("the predicate is a list", |c| c.edit(|s| s["predicate"] = json!([])), INVALID),
            ("the predicate is empty", |c| c.edit(|s| s["predicate"] = json!({})), INVALID),
            ("the model has an unknown key", |c| c.edit(|s| s["predicate"]["model"]["safe"] = true.into()), INVALID),
            (
                "the release has an unknown key",
                |c| c.edit(|s| s["predicate"]["release"]["latest"] = true.into()),
                INVALID,
            ),
            (
                "the manifest has an unknown key",
                |c| c.edit(|s| s["predicate"]["manifest"]["md5"] = "0".into()),
                INVALID,
            ),
            (
                "the coverage has an unknown key",
                |c| c.edit(|s| s["predicate"]["coverage"]["all"] = true.into()),
                INVALID,
            ),
            (
                "a component has an unknown key",
                |c| c.edit(|s| s["predicate"]["components"][0]["audited"] = true.into()),
                INVALID,
            ),
            ("a key is in another case", |c| c.edit(|s| s["Predicate"] = json!({})), INVALID),
            ("waived is an object", |c| c.edit(|s| s["predicate"]["waived"] = json!({"OPN202": true})), INVALID),
            ("waived is a string", |c| c.edit(|s| s["predicate"]["waived"] = "OPN202".into()), INVALID),
            ("the sequence is a string", |c| c.edit(|s| s["predicate"]["release"]["sequence"] = "3".into()), INVALID),
            ("the sequence is a fraction", |c| c.edit(|s| s["predicate"]["release"]["sequence"] = json!(3.5)), INVALID),
            ("the sequence is negative", |c| c.edit(|s| s["predicate"]["release"]["sequence"] = json!(-3)), INVALID),
            (
                "the sequence is larger than 64 bits",
                |c| c.edit(|s| s["predicate"]["release"]["sequence"] = json!(1e30)),
                INVALID,
            ),
        ],
        21,
    );
}

#[test]
fn statements_of_another_type() {
    check_signed(
        &[
            (
                "another statement type",
                |c| c.edit(|s| s["_type"] = "https://in-toto.io/Statement/v0.1".into()),
                INVALID,
            ),
            (
                "a predicate type of SLSA",
                |c| c.edit(|s| s["predicateType"] = "https://slsa.dev/provenance/v1".into()),
                INVALID,
            ),
            (
                "a predicate type of OpenSSF Model Signing",
                |c| c.edit(|s| s["predicateType"] = "https://model_signing/signature/v1.0".into()),
                INVALID,
            ),
            (
                "a predicate type of version 2",
                |c| c.edit(|s| s["predicateType"] = "https://openness-dev.github.io/openness/statement/v2".into()),
                INVALID,
            ),
            ("a later statement type", |c| c.edit(|s| s["_type"] = "https://in-toto.io/Statement/v2".into()), INVALID),
            (
                "a statement type with a trailing slash",
                |c| c.edit(|s| s["_type"] = "https://in-toto.io/Statement/v1/".into()),
                INVALID,
            ),
            (
                "a statement type without a scheme",
                |c| c.edit(|s| s["_type"] = "in-toto.io/Statement/v1".into()),
                INVALID,
            ),
            (
                "a statement type that is a list",
                |c| c.edit(|s| s["_type"] = json!(["https://in-toto.io/Statement/v1"])),
                INVALID,
            ),
            ("an empty statement type", |c| c.edit(|s| s["_type"] = "".into()), INVALID),
            (
                "a predicate type in another case",
                |c| c.edit(|s| s["predicateType"] = "https://openness-dev.github.io/openness/Statement/v1".into()),
                INVALID,
            ),
            (
                "a predicate type without a version",
                |c| c.edit(|s| s["predicateType"] = "https://openness-dev.github.io/openness/statement".into()),
                INVALID,
            ),
            (
                "a predicate type of version 1.0",
                |c| c.edit(|s| s["predicateType"] = "https://openness-dev.github.io/openness/statement/v1.0".into()),
                INVALID,
            ),
            (
                "a predicate type with a query",
                |c| c.edit(|s| s["predicateType"] = "https://openness-dev.github.io/openness/statement/v1?".into()),
                INVALID,
            ),
            ("a predicate type that is null", |c| c.edit(|s| s["predicateType"] = Value::Null), INVALID),
            (
                "the types are swapped",
                |c| {
                    c.edit(|s| {
                        let (a, b) = (s["_type"].clone(), s["predicateType"].clone());
                        s["_type"] = b;
                        s["predicateType"] = a;
                    });
                },
                INVALID,
            ),
            ("an in-toto layout", |c| c.sign_bytes(br#"{"_type":"layout","expires":"2099-01-01T00:00:00Z"}"#), INVALID),
            ("an in-toto link", |c| c.sign_bytes(br#"{"_type":"link","products":{}}"#), INVALID),
            (
                "a statement of OpenSSF Model Signing",
                |c| {
                    c.sign_bytes(br#"{"_type":"https://in-toto.io/Statement/v1","predicate":{"resources":[]},"predicateType":"https://model_signing/signature/v1.0","subject":[]}"#);
                },
                INVALID,
            ),
            (
                "an envelope inside an envelope",
                |c| {
                    let inner = c.read(".openness/signatures/k.sigstore.json");
                    c.sign_bytes(&inner);
                },
                INVALID,
            ),
            (
                "a payload inside a payload",
                |c| {
                    let inner = c.read(".openness/statement.json");
                    c.sign_bytes(format!("{{\"payload\":{}}}", String::from_utf8(inner).unwrap()).as_bytes());
                },
                INVALID,
            ),
        ],
        20,
    );
}

#[test]
fn statements_that_contradict_themselves() {
    check_signed(
        &[
            ("the number of files is wrong", |c| c.edit(|s| s["predicate"]["coverage"]["files"] = 3.into()), INVALID),
            ("the number of bytes is wrong", |c| c.edit(|s| s["predicate"]["coverage"]["bytes"] = 3.into()), INVALID),
            (
                "the manifest's digest is wrong",
                |c| c.edit(|s| s["predicate"]["manifest"]["sha256"] = "0".repeat(64).into()),
                INVALID,
            ),
            (
                "the manifest is outside the release",
                |c| c.edit(|s| s["predicate"]["manifest"]["path"] = "../x".into()),
                INVALID,
            ),
            (
                "a component has a file that is not signed",
                |c| c.edit(|s| s["predicate"]["components"][0]["files"] = json!(["other"])),
                INVALID,
            ),
            (
                "a file is signed and excluded",
                |c| c.edit(|s| s["predicate"]["coverage"]["excluded"] = json!(["README.md"])),
                INVALID,
            ),
            (
                "a file is signed and a symlink",
                |c| c.edit(|s| s["predicate"]["coverage"]["links"] = json!({"README.md": "x"})),
                INVALID,
            ),
            (
                "a file is signed and a submodule",
                |c| c.edit(|s| s["predicate"]["coverage"]["submodules"] = json!({"README.md": "x"})),
                INVALID,
            ),
            (
                "a symlink has a name outside the release",
                |c| c.edit(|s| s["predicate"]["coverage"]["links"] = json!({"../x": "y"})),
                INVALID,
            ),
            (
                "a submodule has a name outside the release",
                |c| c.edit(|s| s["predicate"]["coverage"]["submodules"] = json!({"../x": "y"})),
                INVALID,
            ),
            (
                "an excluded file has a name outside the release",
                |c| c.edit(|s| s["predicate"]["coverage"]["excluded"] = json!(["../x"])),
                INVALID,
            ),
            (
                "a component has a file outside the release",
                |c| c.edit(|s| s["predicate"]["components"][0]["files"] = json!(["../weights"])),
                INVALID,
            ),
            (
                "the manifest has another name",
                |c| c.edit(|s| s["predicate"]["manifest"]["path"] = "openness.toml".into()),
                INVALID,
            ),
            (
                "the manifest has an absolute path",
                |c| c.edit(|s| s["predicate"]["manifest"]["path"] = "/OPENNESS.toml".into()),
                INVALID,
            ),
            (
                "the number of files is the largest 64-bit number",
                |c| c.edit(|s| s["predicate"]["coverage"]["files"] = u64::MAX.into()),
                INVALID,
            ),
        ],
        15,
    );
}

#[test]
fn invalid_times() {
    check_signed(
        &[
            ("the time is not a time", |c| c.edit(|s| s["predicate"]["created"] = "yesterday".into()), INVALID),
            ("the expiry date is not a date", |c| c.edit(|s| s["predicate"]["expires"] = "never".into()), INVALID),
            ("the time is empty", |c| c.edit(|s| s["predicate"]["created"] = "".into()), INVALID),
            ("the time is a number", |c| c.edit(|s| s["predicate"]["created"] = 1_764_000_000.into()), INVALID),
            (
                "a time without a time zone",
                |c| c.edit(|s| s["predicate"]["created"] = "2026-11-22T00:00:00".into()),
                INVALID,
            ),
            ("a date instead of a time", |c| c.edit(|s| s["predicate"]["created"] = "2026-11-22".into()), INVALID),
            ("February 30", |c| c.edit(|s| s["predicate"]["created"] = "2026-02-30T00:00:00Z".into()), INVALID),
            ("month 13", |c| c.edit(|s| s["predicate"]["created"] = "2026-13-01T00:00:00Z".into()), INVALID),
            ("hour 25", |c| c.edit(|s| s["predicate"]["created"] = "2026-11-22T25:00:00Z".into()), INVALID),
            ("year 10000", |c| c.edit(|s| s["predicate"]["created"] = "10000-01-01T00:00:00Z".into()), INVALID),
            (
                "an offset of 99 hours",
                |c| c.edit(|s| s["predicate"]["created"] = "2026-11-22T00:00:00+99:00".into()),
                INVALID,
            ),
            (
                "text after the time",
                |c| c.edit(|s| s["predicate"]["created"] = "2026-11-22T00:00:00Z yesterday".into()),
                INVALID,
            ),
            ("an expiry date in month 0", |c| c.edit(|s| s["predicate"]["expires"] = "2026-00-01".into()), INVALID),
            (
                "an expiry date that is a time",
                |c| c.edit(|s| s["predicate"]["expires"] = "2027-01-01T00:00:00Z".into()),
                INVALID,
            ),
            ("an expiry date that is a number", |c| c.edit(|s| s["predicate"]["expires"] = 20270101.into()), INVALID),
            (
                "an expiry date that is not in the manifest",
                |c| c.edit(|s| s["predicate"]["expires"] = "2099-01-01".into()),
                INVALID,
            ),
            (
                "a time long past, which is only a claim",
                |c| c.edit(|s| s["predicate"]["created"] = "1970-01-01T00:00:00Z".into()),
                &[],
            ),
            (
                "a time in the future, which is only a claim",
                |c| c.edit(|s| s["predicate"]["created"] = "9999-01-01T00:00:00Z".into()),
                &[],
            ),
        ],
        18,
    );
}
