//! Well-formed statements by a trusted key that contradict the manifest, the facts, or the clock.

use openness::artifacts::digest;
use serde_json::json;

use super::reasons::{INVALID, check_signed};
use crate::common::examples::TINY;

#[test]
fn statements_that_contradict_the_manifest() {
    check_signed(
        &[
            ("another model", |c| c.edit(|s| s["predicate"]["model"]["name"] = "Llama".into()), INVALID),
            ("another version", |c| c.edit(|s| s["predicate"]["model"]["version"] = "9".into()), INVALID),
            ("another producer", |c| c.edit(|s| s["predicate"]["model"]["producer"] = "Meta".into()), INVALID),
            ("a later release", |c| c.edit(|s| s["predicate"]["release"]["sequence"] = 9.into()), INVALID),
            ("a wider release", |c| c.edit(|s| s["predicate"]["release"]["access"] = "fully-open".into()), INVALID),
            (
                "no last day",
                |c| {
                    c.manifest(|m| m.replace("[release]\n", "[release]\nexpires = 2027-01-01\n"));
                    c.edit(|s| drop(s["predicate"].as_object_mut().unwrap().remove("expires")));
                },
                INVALID,
            ),
            (
                "a later last day",
                |c| {
                    c.manifest(|m| m.replace("[release]\n", "[release]\nexpires = 2026-12-24\n"));
                    c.edit(|s| s["predicate"]["expires"] = "2099-01-01".into());
                },
                INVALID,
            ),
            (
                "a component more",
                |c| {
                    c.edit(|s| {
                        let components = s["predicate"]["components"].as_array_mut().unwrap();
                        let mut other = components[0].clone();
                        other["id"] = "training-code".into();
                        components.push(other);
                    });
                },
                INVALID,
            ),
            (
                "a component less",
                |c| {
                    c.edit(|s| drop(s["predicate"]["components"].as_array_mut().unwrap().pop()));
                },
                INVALID,
            ),
            ("another licence", |c| c.edit(|s| s["predicate"]["components"][0]["license"] = "MIT".into()), INVALID),
            (
                "exclusions that the manifest does not make",
                |c| {
                    c.write("hidden.txt", "x");
                    c.edit(|s| s["predicate"]["coverage"]["exclude"] = json!(["**"]));
                },
                INVALID,
            ),
            (
                "the card in the manifest's place",
                |c| {
                    c.edit(|s| {
                        let card = s["subject"][1]["digest"]["sha256"].clone();
                        s["predicate"]["manifest"] = json!({"path": "README.md", "sha256": card});
                    });
                },
                INVALID,
            ),
            (
                "another manifest of the same release",
                |c| {
                    c.write("docs/OPENNESS.toml", TINY);
                    c.sign_tree();
                    c.edit(|s| s["predicate"]["manifest"]["path"] = "docs/OPENNESS.toml".into());
                },
                INVALID,
            ),
            ("an earlier release", |c| c.edit(|s| s["predicate"]["release"]["sequence"] = 2.into()), INVALID),
            (
                "no number of the release",
                |c| c.edit(|s| drop(s["predicate"]["release"].as_object_mut().unwrap().remove("sequence"))),
                INVALID,
            ),
            (
                "a day of the release that the manifest does not state",
                |c| c.edit(|s| s["predicate"]["release"]["date"] = "2026-11-22".into()),
                INVALID,
            ),
            (
                "a release before it that the manifest does not state",
                |c| c.edit(|s| s["predicate"]["release"]["supersedes"] = "0".repeat(64).into()),
                INVALID,
            ),
            (
                "a model in other letters that look alike",
                |c| c.edit(|s| s["predicate"]["model"]["name"] = "T\u{456}ny".into()),
                INVALID,
            ),
            (
                "a producer with a blank after it",
                |c| c.edit(|s| s["predicate"]["model"]["producer"] = "Example Lab ".into()),
                INVALID,
            ),
            (
                "a component under another name",
                |c| c.edit(|s| s["predicate"]["components"][0]["id"] = "final-Weights".into()),
                INVALID,
            ),
            (
                "a component with fewer files",
                |c| c.edit(|s| s["predicate"]["components"][0]["files"] = json!(["weights/a.safetensors"])),
                INVALID,
            ),
            (
                "a component with more files",
                |c| c.edit(|s| s["predicate"]["components"][1]["files"] = json!(["OPENNESS.toml", "README.md"])),
                INVALID,
            ),
            (
                "a file left out that no exclusion names",
                |c| {
                    c.write("hidden.png", "x");
                    c.edit(|s| s["predicate"]["coverage"]["excluded"] = json!(["hidden.png"]));
                },
                &["unsigned-files"],
            ),
            (
                "a component that lies elsewhere",
                |c| c.edit(|s| s["predicate"]["components"][0]["remote"] = json!([{"url": "https://example.org/x"}])),
                INVALID,
            ),
        ],
        24,
    );
}

#[test]
fn inflated_claims() {
    check_signed(
        &[
            (
                "a claim that the manifest does not make",
                |c| {
                    c.edit(|s| s["predicate"]["claims"] = json!({"mof": "class-1"}));
                },
                INVALID,
            ),
            (
                "a component more open than declared",
                |c| {
                    c.manifest(|m| format!("{m}\n[component.training-data]\nopenness = \"closed\"\nreason = \"x\"\n"));
                    c.edit(|s| s["predicate"]["components"][2]["openness"] = "open".into());
                },
                INVALID,
            ),
            (
                "a verdict that the facts do not yield",
                |c| {
                    c.edit(|s| {
                        let taxonomies = s["predicate"]["taxonomies"].as_array_mut().unwrap();
                        let mof = taxonomies.iter_mut().find(|taxonomy| taxonomy["id"] == "mof-1.0").unwrap();
                        mof["evaluation"]["verdict"] = "class-1".into();
                    });
                },
                INVALID,
            ),
            (
                "a claim that the facts do not bear out",
                |c| {
                    c.manifest(|m| format!("{m}\n[claims]\nmof = \"class-1\"\n"));
                },
                &["claim-does-not-hold"],
            ),
            (
                "an unknown claim",
                |c| {
                    c.manifest(|m| format!("{m}\n[claims]\nopen-as-can-be = true\n"));
                },
                &["claim-does-not-hold"],
            ),
            (
                "a manifest against its rules, and no word of it",
                |c| {
                    c.manifest(|m| m.replace("openness = \"open\"\nfiles", "openness = \"closed\"\nfiles"));
                    c.edit(|s| s["predicate"]["despite"] = json!([]));
                },
                &["manifest-invalid"],
            ),
            (
                "a broken manifest, signed in spite of that",
                |c| {
                    let broken = format!("{TINY}\n[[[\n");
                    c.write("OPENNESS.toml", &broken);
                    let digest = digest::sha256(broken.as_bytes());
                    c.subjects(|s| s[0]["annotations"]["size"] = broken.len().into());
                    c.edit(|s| {
                        s["subject"][0]["digest"]["sha256"] = digest.as_str().into();
                        s["predicate"]["manifest"]["sha256"] = digest.as_str().into();
                        s["predicate"]["despite"] = json!(["OPN001", "OPN002", "OPN003", "OPN004"]);
                    });
                },
                &["manifest-invalid"],
            ),
            (
                "a claim of a taxonomy that nobody knows",
                |c| c.edit(|s| s["predicate"]["claims"] = json!({"best": true})),
                INVALID,
            ),
        ],
        8,
    );
}

#[test]
fn optional_parts_of_a_statement() {
    check_signed(
        &[
            (
                "a verdict of a taxonomy that is not known here, which is noted",
                |c| c.edit(|s| s["predicate"]["taxonomies"][0]["id"] = "mof-9".into()),
                &[],
            ),
            (
                "a verdict by other data, which is noted",
                |c| c.edit(|s| s["predicate"]["taxonomies"][0]["data"] = "0".repeat(64).into()),
                &[],
            ),
            (
                "another verdict by other data, which cannot be evaluated",
                |c| {
                    c.edit(|s| {
                        let taxonomy = &mut s["predicate"]["taxonomies"][0];
                        taxonomy["data"] = "0".repeat(64).into();
                        taxonomy["evaluation"]["verdict"] = "whatever".into();
                    });
                },
                &[],
            ),
            (
                "verdicts left out, which are derived anyway",
                |c| c.edit(|s| s["predicate"]["taxonomies"] = json!([])),
                &[],
            ),
            (
                "a commit that never was, which proves nothing",
                |c| {
                    c.edit(|s| s["predicate"]["git"] = json!({"objectFormat": "sha1", "commit": "0".repeat(40)}));
                },
                &[],
            ),
        ],
        5,
    );
}

/// Withholding what is new does not work for ever: a release may say until when it is current.
#[test]
fn expired_statements() {
    check_signed(
        &[
            (
                "a day that has passed",
                |c| {
                    c.manifest(|m| m.replace("[release]\n", "[release]\nexpires = 2026-11-30\n"));
                },
                &["expired-statement"],
            ),
            (
                "the last day",
                |c| {
                    c.manifest(|m| m.replace("[release]\n", "[release]\nexpires = 2026-12-01\n"));
                },
                &[],
            ),
            (
                "the day before the last",
                |c| c.manifest(|m| m.replace("[release]\n", "[release]\nexpires = 2026-12-02\n")),
                &[],
            ),
            (
                "a day long past",
                |c| c.manifest(|m| m.replace("[release]\n", "[release]\nexpires = 1970-01-01\n")),
                &["expired-statement"],
            ),
        ],
        4,
    );
}
