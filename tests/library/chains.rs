//! Chains of signed releases in memory: their depth, width and cost are bounded.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

use jiff::Timestamp;
use openness::ancestry::{self, Ancestor, Doubt, Standing, Walk};
use openness::check;
use openness::files::{Files, Memory};
use openness::license::chain::{self, Outcome, Relation};
use openness::license::{self, License};
use openness::lineage::Lineage;
use openness::manifest::Manifest;
use openness::manifest::parse::parse;
use openness::sign::{SecretKey, Trust, sshsig};
use openness::source::Source;

/// More than any walk follows.
const DEEP: usize = 20;
const WIDE: usize = 1200;

fn text(name: &str, bases: &str) -> String {
    format!(
        "schema = 1\n[model]\nname = \"{name}\"\nversion = \"1\"\nproducer = \"Lab\"\nlicense = \"OpenMDW-1.0\"\n[release]\naccess = \"downloadable\"\n{bases}[component.final-weights]\nopenness = \"open\"\nfiles = [\"w.npz\"]\n"
    )
}

fn base(name: &str, more: &str) -> String {
    format!("[[model.base]]\nname = \"{name}\"\nrelation = \"finetune\"\nlicense = \"OpenMDW-1.0\"\n{more}")
}

/// Signs a release of this manifest, and returns its files.
fn signed(manifest: &str, key: &SecretKey) -> Vec<(String, Vec<u8>)> {
    let mut files =
        vec![("OPENNESS.toml".to_owned(), manifest.as_bytes().to_vec()), ("w.npz".to_owned(), b"weights".to_vec())];
    let unsigned = Memory::new(files.clone());
    let checked = check(&unsigned).unwrap();
    let passed = checked.pass(&["OPN303".to_owned()]).expect("no errors are left");
    let statement = passed.statement(Timestamp::UNIX_EPOCH, &Default::default(), &|_| {}).unwrap().to_bytes().unwrap();
    let signature = sshsig::sign(&statement, key).unwrap().into_bytes();
    files.push((".openness/statement.json".to_owned(), statement));
    files.push((".openness/signatures/k.sshsig".to_owned(), signature));
    files
}

/// A chain of signed releases, and what to keep of all of them.
fn chain_of(length: usize, key: &SecretKey) -> (Manifest, Memory) {
    let (mut kept, mut bases, mut last) = (Vec::new(), String::new(), String::new());
    for at in 0..length {
        last = text(&format!("Model-{at}"), &bases);
        let release = Memory::new(signed(&last, key));
        let copies = ancestry::copies(&release).unwrap();
        bases = base(&format!("lab/Model-{at}"), &format!("statement = \"{}\"\n", copies.statement.as_str()));
        kept.extend(copies.files.into_iter().map(|(path, bytes)| (format!(".openness/{path}"), bytes)));
    }
    (parse(Source::new("OPENNESS.toml", last)).manifest, Memory::new(kept))
}

fn walk(manifest: &Manifest, store: &Memory, key: &SecretKey) -> Vec<Ancestor> {
    let trust = Trust::of_keys([*key.public()]);
    let stores: [&dyn Files; 1] = [store];
    let by = Walk {
        files: &Memory::new(Vec::<(String, Vec<u8>)>::new()),
        stores: &stores,
        trust: &trust,
        at: Timestamp::UNIX_EPOCH,
    };
    ancestry::walk(manifest, None, &by)
}

#[test]
fn a_chain_is_followed_to_a_depth_and_says_where_it_stops() {
    let key = SecretKey::generate().unwrap();
    let (manifest, store) = chain_of(DEEP, &key);
    let links = walk(&manifest, &store, &key);
    assert_eq!(links.len(), 16);
    assert!(links.iter().all(|link| link.standing == Standing::Verified));
    let doubts: Vec<Vec<Doubt>> = links.iter().map(|link| link.doubts.clone()).collect();
    assert!(doubts[..15].iter().all(Vec::is_empty) && doubts[15] == [Doubt::TooDeep], "{doubts:?}");
    let facts = ancestry::facts(&links);
    assert!(facts.iter().all(|fact| fact.is_verified) && !facts[15].is_followed);
    // One link less is followed to its end.
    let (manifest, store) = chain_of(17, &key);
    let links = walk(&manifest, &store, &key);
    assert!(links.len() == 16 && links.iter().all(|link| link.doubts.is_empty()), "{links:#?}");
}

#[test]
fn a_release_of_very_many_bases_is_followed_in_part_and_says_so() {
    let key = SecretKey::generate().unwrap();
    let (_, store) = chain_of(1, &key);
    let release = Memory::new(signed(&text("Model-0", ""), &key));
    let statement = ancestry::copies(&release).unwrap().statement;
    let entry = |at: usize| base(&format!("lab/B-{at}"), &format!("statement = \"{}\"\n", statement.as_str()));
    let bases: String = (0..WIDE).map(entry).collect();
    let manifest = parse(Source::new("OPENNESS.toml", text("Wide", &bases))).manifest;
    let before = Instant::now();
    let links = walk(&manifest, &store, &key);
    assert!(before.elapsed().as_secs() < 60, "{:?}", before.elapsed());
    assert_eq!(links.len(), 1000);
    assert!(links[998].doubts == [Doubt::OtherModel] && links[999].doubts == [Doubt::OtherModel, Doubt::TooDeep]);
}

#[test]
fn a_chain_of_ten_thousand_bases_is_evaluated_in_bounded_time() {
    let of = ["MIT", "Apache-2.0", "CC-BY-SA-4.0", "GPL-3.0-only", "LicenseRef-lab"];
    let bases = (0..10_000).fold(String::new(), |mut text, at| {
        let (license, name) = (of[at % of.len()], format!("lab/B-{at}"));
        write!(text, "[[model.base]]\nname = \"{name}\"\nrelation = \"merge\"\nlicense = \"{license}\"\n").unwrap();
        text
    });
    let manifest = text("Wide", &bases);
    let before = Instant::now();
    let files = Memory::new([("OPENNESS.toml", manifest.as_bytes()), ("w.npz", b"weights")]);
    let checked = check(&files).unwrap();
    assert!(checked.findings().iter().any(|finding| finding.rule.code == "OPN410"));
    assert!(before.elapsed().as_secs() < 60, "{:?}", before.elapsed());
    let lineage = Lineage::of(&checked.parsed().manifest, None);
    assert_eq!((lineage.links.len(), lineage.outcome()), (10_000, Outcome::Conflict));
    assert!(lineage.duties.len() < 30);
}

/// Prints how long a chain of a thousand releases takes; `cargo test --release` measures what users get.
#[test]
fn a_thousand_releases_with_ten_bases_each_are_evaluated() {
    let licenses = ["MIT", "Apache-2.0", "LicenseRef-Llama-3.1-Community", "CC-BY-4.0", "LicenseRef-Gemma-Terms"];
    let relations = ["finetune", "merge", "quantized", "adapter", "distilled", "trained-on"];
    let manifests: Vec<Manifest> = (0..1000)
        .map(|at| {
            let bases = (0..10).fold(String::new(), |mut bases, number| {
                let (license, relation) = (licenses[(at + number) % 5], relations[(at * 7 + number) % 6]);
                write!(
                    bases,
                    "[[model.base]]\nname = \"lab/M-{}\"\nrelation = \"{relation}\"\nlicense = \"{license}\"\n",
                    at * 10 + number
                )
                .unwrap();
                bases
            });
            parse(Source::new("OPENNESS.toml", text(&format!("M-{at}"), &bases))).manifest
        })
        .collect();
    let before = Instant::now();
    let links: usize = manifests.iter().map(|manifest| Lineage::of(manifest, None).links.len()).sum();
    let each = before.elapsed();
    // All of them as ancestors of the last one, too.
    let parsed: Vec<License> = licenses.iter().map(|text| license::read(text).unwrap()).collect();
    let ancestors: Vec<chain::Ancestor<'_>> = (0..10_000)
        .map(|at| chain::Ancestor { license: Some(&parsed[at % parsed.len()]), relation: Relation::Finetune })
        .collect();
    let before = Instant::now();
    let verdict = chain::chain(&ancestors, Some(&parsed[0]), None);
    let whole = before.elapsed();
    let _ =
        writeln!(std::io::stderr(), "1,000 releases with 10 bases each: {each:?}; 10,000 ancestors of one: {whole:?}");
    assert_eq!((links, verdict.outcome), (10_000, Outcome::Conflict));
    assert!(each.as_secs() + whole.as_secs() < 60);
}
