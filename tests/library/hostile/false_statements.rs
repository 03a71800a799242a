//! False statements signed by a trusted key: about the manifest, about the verdicts, and about time.

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
            ("a higher sequence number", |c| c.edit(|s| s["predicate"]["release"]["sequence"] = 9.into()), INVALID),
            ("wider access", |c| c.edit(|s| s["predicate"]["release"]["access"] = "fully-open".into()), INVALID),
            (
                "no expiry date",
                |c| {
                    c.manifest(|m| m.replace("[release]\n", "[release]\nexpires = 2027-01-01\n"));
                    c.edit(|s| drop(s["predicate"].as_object_mut().unwrap().remove("expires")));
                },
                INVALID,
            ),
            (
                "a later expiry date",
                |c| {
                    c.manifest(|m| m.replace("[release]\n", "[release]\nexpires = 2026-12-24\n"));
                    c.edit(|s| s["predicate"]["expires"] = "2099-01-01".into());
                },
                INVALID,
            ),
            (
                "an added component",
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
                "a missing component",
                |c| {
                    c.edit(|s| drop(s["predicate"]["components"].as_array_mut().unwrap().pop()));
                },
                INVALID,
            ),
            ("another license", |c| c.edit(|s| s["predicate"]["components"][0]["license"] = "MIT".into()), INVALID),
            (
                "exclusions that are not in the manifest",
                |c| {
                    c.write("hidden.txt", "x");
                    c.edit(|s| s["predicate"]["coverage"]["exclude"] = json!(["**"]));
                },
                INVALID,
            ),
            (
                "the model card as the manifest",
                |c| {
                    c.edit(|s| {
                        let card = s["subject"][1]["digest"]["sha256"].clone();
                        s["predicate"]["manifest"] = json!({"path": "README.md", "sha256": card});
                    });
                },
                INVALID,
            ),
            (
                "another file as the manifest",
                |c| {
                    c.write("docs/OPENNESS.toml", TINY);
                    c.sign_tree();
                    c.edit(|s| s["predicate"]["manifest"]["path"] = "docs/OPENNESS.toml".into());
                },
                INVALID,
            ),
            ("a lower sequence number", |c| c.edit(|s| s["predicate"]["release"]["sequence"] = 2.into()), INVALID),
            (
                "no sequence number",
                |c| c.edit(|s| drop(s["predicate"]["release"].as_object_mut().unwrap().remove("sequence"))),
                INVALID,
            ),
            (
                "a release date that is not in the manifest",
                |c| c.edit(|s| s["predicate"]["release"]["date"] = "2026-11-22".into()),
                INVALID,
            ),
            (
                "a superseded release that is not in the manifest",
                |c| c.edit(|s| s["predicate"]["release"]["supersedes"] = "0".repeat(64).into()),
                INVALID,
            ),
            (
                "a model name with a lookalike letter",
                |c| c.edit(|s| s["predicate"]["model"]["name"] = "T\u{456}ny".into()),
                INVALID,
            ),
            (
                "a producer with a trailing space",
                |c| c.edit(|s| s["predicate"]["model"]["producer"] = "Example Lab ".into()),
                INVALID,
            ),
            (
                "a component with another id",
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
                "an excluded file that no pattern matches",
                |c| {
                    c.write("hidden.png", "x");
                    c.edit(|s| s["predicate"]["coverage"]["excluded"] = json!(["hidden.png"]));
                },
                &["unsigned-files"],
            ),
            (
                "a component with a remote file",
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
                "a claim that is not in the manifest",
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
                "a verdict that does not follow from the facts",
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
                "a claim that the facts do not support",
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
                "a manifest with an error that is not waived",
                |c| {
                    c.manifest(|m| m.replace("openness = \"open\"\nfiles", "openness = \"closed\"\nfiles"));
                    c.edit(|s| s["predicate"]["waived"] = json!([]));
                },
                &["manifest-invalid"],
            ),
            (
                "a broken manifest, with waivers",
                |c| {
                    let broken = format!("{TINY}\n[[[\n");
                    c.write("OPENNESS.toml", &broken);
                    let digest = digest::sha256(broken.as_bytes());
                    c.subjects(|s| s[0]["annotations"]["size"] = broken.len().into());
                    c.edit(|s| {
                        s["subject"][0]["digest"]["sha256"] = digest.as_str().into();
                        s["predicate"]["manifest"]["sha256"] = digest.as_str().into();
                        s["predicate"]["waived"] = json!(["OPN001", "OPN002", "OPN003", "OPN004"]);
                    });
                },
                &["manifest-invalid"],
            ),
            (
                "a claim in an unknown taxonomy",
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
                "a verdict of an unknown taxonomy, which is noted",
                |c| c.edit(|s| s["predicate"]["taxonomies"][0]["id"] = "mof-9".into()),
                &[],
            ),
            (
                "a verdict with other taxonomy data, which is noted",
                |c| c.edit(|s| s["predicate"]["taxonomies"][0]["data"] = "0".repeat(64).into()),
                &[],
            ),
            (
                "another verdict with other taxonomy data, which cannot be checked",
                |c| {
                    c.edit(|s| {
                        let taxonomy = &mut s["predicate"]["taxonomies"][0];
                        taxonomy["data"] = "0".repeat(64).into();
                        taxonomy["evaluation"]["verdict"] = "whatever".into();
                    });
                },
                &[],
            ),
            ("no verdicts, which are derived anyway", |c| c.edit(|s| s["predicate"]["taxonomies"] = json!([])), &[]),
            (
                "a commit that does not exist, which is informational",
                |c| {
                    c.edit(|s| s["predicate"]["git"] = json!({"objectFormat": "sha1", "commit": "0".repeat(40)}));
                },
                &[],
            ),
        ],
        5,
    );
}

/// An expiry date limits how long an attacker can withhold a newer release.
#[test]
fn expired_statements() {
    check_signed(
        &[
            (
                "an expiry date in the past",
                |c| {
                    c.manifest(|m| m.replace("[release]\n", "[release]\nexpires = 2026-11-30\n"));
                },
                &["expired-statement"],
            ),
            (
                "the expiry date itself",
                |c| {
                    c.manifest(|m| m.replace("[release]\n", "[release]\nexpires = 2026-12-01\n"));
                },
                &[],
            ),
            (
                "the day before the expiry date",
                |c| c.manifest(|m| m.replace("[release]\n", "[release]\nexpires = 2026-12-02\n")),
                &[],
            ),
            (
                "an expiry date long past",
                |c| c.manifest(|m| m.replace("[release]\n", "[release]\nexpires = 1970-01-01\n")),
                &["expired-statement"],
            ),
        ],
        4,
    );
}
