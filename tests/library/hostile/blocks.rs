//! Attacks on the digests of blocks, signed by a trusted key: their form, and digests that are not of the same bytes.

use std::num::NonZero;

use openness::artifacts::digest::sha256;
use openness::snapshot::Snapshot;
use openness::verify::{Report, Requirements, StatementProblem, Verdict, verify};
use serde_json::{Value, json};

use super::release::Case;

const MIB: usize = 1 << 20;
const BLOCK: usize = 4 * MIB;
const NAME: &str = "z-large.bin";

/// Bytes of three blocks, of which no two are alike.
fn content() -> Vec<u8> {
    (0..9 * MIB).map(|at| u8::try_from((at / 251 + at * 7) % 256).unwrap()).collect()
}

/// The digests of pieces of a file that begin at these places, each of the size of a block.
fn digests(bytes: &[u8], starts: &[usize]) -> Vec<String> {
    let piece = |start: &usize| &bytes[*start..(start + BLOCK).min(bytes.len())];
    starts.iter().map(|start| sha256(piece(start)).as_str().to_owned()).collect()
}

/// A release with a file whose annotations are as given, and the digest of the given bytes.
fn release(annotations: &Value, whole: &[u8]) -> Case {
    let mut case = Case::honest();
    case.write(NAME, content());
    let subject = json!({ "name": NAME, "digest": { "sha256": sha256(whole).as_str() }, "annotations": annotations });
    case.subjects(|subjects| {
        subjects.push(subject);
        subjects.sort_by_key(|subject| subject["name"].as_str().unwrap().as_bytes().to_vec());
    });
    case
}

fn blocks(size: usize, digests: &[String]) -> Value {
    json!({ "blocks": { "sha256": digests, "size": size }, "size": 9 * MIB })
}

/// Each way in which a verifier may compare files: by blocks, from start to end, and both because it is asked to.
const WAYS: [(usize, bool); 3] = [(2, false), (1, false), (2, true)];

fn verify_in(case: &Case, (threads, is_full): (usize, bool)) -> Report {
    let snapshot = Snapshot::of_directory(&case.root()).unwrap();
    let requirements =
        Requirements::new(&case.trust, case.at).threads(NonZero::new(threads).unwrap()).whole_digests(is_full);
    verify(&snapshot, &requirements, &|_| {}).unwrap()
}

fn reasons(report: &Report) -> Vec<&'static str> {
    report.reasons().iter().map(|reason| reason.as_str()).collect()
}

#[test]
fn honest_blocks_verify_in_every_way_and_the_report_says_which() {
    let content = content();
    let case = release(&blocks(BLOCK, &digests(&content, &[0, BLOCK, 2 * BLOCK])), &content);
    for (way, by_blocks) in WAYS.into_iter().zip([1, 0, 0]) {
        let report = verify_in(&case, way);
        assert_eq!(report.verdict(), Verdict::Verified, "{way:?} {:?}", report.statement_problem());
        assert_eq!((report.files().verified, report.files().by_blocks), (5, by_blocks), "{way:?}");
    }
}

#[test]
fn each_malformed_list_is_an_invalid_statement_with_its_own_message() {
    let content = content();
    let good = digests(&content, &[0, BLOCK, 2 * BLOCK]);
    let overlapping = digests(&content, &[0, BLOCK / 2, BLOCK, 3 * BLOCK / 2, 2 * BLOCK]);
    let with = |extra: &[String]| [&good[..], extra].concat();
    let two_mib: Vec<String> = content.chunks(2 * MIB).map(|piece| sha256(piece).as_str().to_owned()).collect();
    let whole = vec![sha256(&content).as_str().to_owned()];
    let absurd = vec!["0".repeat(64); 16_385];
    for (what, annotations, message) in [
        ("missing", blocks(BLOCK, &good[..2]), "has 3 blocks of 4194304 bytes, but only 2 block digests"),
        ("none", blocks(BLOCK, &[]), "but only 0 block digests"),
        ("extra", blocks(BLOCK, &with(&good[..1])), "has only 3 blocks of 4194304 bytes, but 4 block digests"),
        ("a tail of nothing", blocks(BLOCK, &with(&[sha256(b"").as_str().to_owned()])), "but 4 block digests"),
        ("overlapping", blocks(BLOCK, &overlapping), "has only 3 blocks of 4194304 bytes, but 5 block digests"),
        ("wrong size", blocks(8 * MIB, &good), "has only 2 blocks of 8388608 bytes, but 3 block digests"),
        ("small", blocks(2 * MIB, &two_mib), "not a power of two of at least 4194304"),
        ("odd", blocks(BLOCK + 1, &good), "not a power of two of at least 4194304"),
        ("size 0", blocks(0, &good), "have size 0"),
        ("one block", blocks(16 * MIB, &whole), "is not more than one block of 16777216"),
        ("absurd", blocks(BLOCK, &absurd), "but 16385 block digests"),
        ("a huge size", json!({ "blocks": { "sha256": good, "size": u64::MAX }, "size": 9 * MIB }), "cannot be read"),
        (
            "a negative size",
            json!({ "blocks": { "sha256": good, "size": -4194304 }, "size": 9 * MIB }),
            "cannot be read",
        ),
        ("an object", json!({ "blocks": { "sha256": {}, "size": BLOCK }, "size": 9 * MIB }), "cannot be read"),
        ("null", json!({ "blocks": null, "size": 9 * MIB }), "cannot be read"),
        (
            "another key",
            json!({ "blocks": { "sha256": good, "size": BLOCK, "x": 1 }, "size": 9 * MIB }),
            "cannot be read",
        ),
        (
            "capitals",
            blocks(BLOCK, &good.iter().map(|digest| digest.to_uppercase()).collect::<Vec<_>>()),
            "cannot be read",
        ),
    ] {
        let report = verify_in(&release(&annotations, &content), (2, false));
        assert!(report.reasons().iter().any(|reason| reason.as_str() == "statement-invalid"), "{what}: {report:?}");
        let problem = report.statement_problem().unwrap().to_string();
        assert!(problem.contains(message), "{what}: {problem}");
        assert_eq!(report.verdict(), Verdict::Failed, "{what}");
    }
}

#[test]
fn two_files_with_blocks_of_different_sizes_are_an_invalid_statement() {
    let content = content();
    let mut case = release(&blocks(BLOCK, &digests(&content, &[0, BLOCK, 2 * BLOCK])), &content);
    case.write("z-more.bin", &content);
    let halves: Vec<String> = content.chunks(8 * MIB).map(|piece| sha256(piece).as_str().to_owned()).collect();
    let subject = json!({
        "name": "z-more.bin",
        "digest": { "sha256": sha256(&content).as_str() },
        "annotations": blocks(8 * MIB, &halves),
    });
    case.subjects(|subjects| subjects.push(subject));
    let problem = verify_in(&case, (2, false)).statement_problem().unwrap().to_string();
    assert!(problem.contains("have 8388608 bytes, and those of"), "{problem}");
}

#[test]
fn digests_of_different_bytes_are_an_invalid_statement_for_all_who_see_it() {
    let content = content();
    let other: Vec<u8> = content.iter().rev().copied().collect();
    let starts = [0, BLOCK, 2 * BLOCK];
    for (what, list, whole, found_by_blocks) in [
        ("reordered", digests(&content, &[BLOCK, 0, 2 * BLOCK]), &content, true),
        ("overlapping in place", digests(&content, &[0, BLOCK / 2, 2 * BLOCK]), &content, true),
        ("repeated", digests(&content, &[0, 0, 2 * BLOCK]), &content, true),
        ("blocks of other bytes", digests(&other, &starts), &content, true),
        // By blocks, the file is what was signed. Who compares by blocks alone is told so.
        ("the digest of other bytes", digests(&content, &starts), &other, false),
    ] {
        let case = release(&blocks(BLOCK, &list), whole);
        for (way, is_found) in WAYS.into_iter().zip([found_by_blocks, true, true]) {
            let report = verify_in(&case, way);
            if is_found {
                assert_eq!(reasons(&report), ["statement-invalid"], "{what} {way:?}");
                let problem = report.statement_problem().unwrap();
                assert!(matches!(problem, StatementProblem::DigestsDisagree { path } if path.as_str() == NAME));
                assert_eq!((report.files().verified, report.files().changed.len()), (4, 0), "{what} {way:?}");
            } else {
                assert_eq!(report.verdict(), Verdict::Verified, "{what} {way:?}");
                assert_eq!(report.files().by_blocks, 1);
            }
        }
    }
}

#[test]
fn damage_is_found_in_every_way_and_its_place_is_reported() {
    let content = content();
    let digests = digests(&content, &[0, BLOCK, 2 * BLOCK]);
    let case = release(&blocks(BLOCK, &digests), &content);
    let range = |start: usize, end: usize| u64::try_from(start).unwrap()..u64::try_from(end).unwrap();
    for (what, at, damaged) in [
        ("first byte", vec![0], vec![range(0, BLOCK)]),
        ("last byte of a block", vec![BLOCK - 1], vec![range(0, BLOCK)]),
        ("first byte of the next", vec![BLOCK], vec![range(BLOCK, 2 * BLOCK)]),
        ("both", vec![BLOCK - 1, BLOCK], vec![range(0, 2 * BLOCK)]),
        ("last byte", vec![9 * MIB - 1], vec![range(2 * BLOCK, 9 * MIB)]),
        ("first and last", vec![0, 9 * MIB - 1], vec![range(0, BLOCK), range(2 * BLOCK, 9 * MIB)]),
    ] {
        let mut bytes = content.clone();
        at.iter().for_each(|at| bytes[*at] ^= 1);
        case.write(NAME, &bytes);
        for way in WAYS {
            let report = verify_in(&case, way);
            assert_eq!(reasons(&report), ["content-mismatch"], "{what} {way:?}");
            let [change] = report.files().changes.as_slice() else { panic!("{what}: one change") };
            assert_eq!(change.damaged, damaged, "{what} {way:?}");
            assert_eq!(change.actual.as_ref().unwrap().0, sha256(&bytes), "{what} {way:?}");
        }
    }
    for (what, bytes) in [
        ("a byte more", [&content[..], b"x"].concat()),
        ("a byte less", content[..content.len() - 1].to_vec()),
        ("a block less", content[..2 * BLOCK].to_vec()),
        ("nothing", Vec::new()),
    ] {
        case.write(NAME, &bytes);
        for way in WAYS {
            assert_eq!(reasons(&verify_in(&case, way)), ["content-mismatch"], "{what} {way:?}");
        }
    }
}
