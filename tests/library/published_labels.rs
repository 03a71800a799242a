//! What other projects published about models by their own methods, against the same methods over facts of a manifest.
//!
//! The data are not part of the package. They are read from `$OPENNESS_SHARED_DATA`, by default `../shared/data`.

use std::collections::BTreeMap;

use crate::common::tools::shared;
use openness::evaluate::{Evaluation, evaluate_one};
use openness::manifest::parse::parse;
use openness::source::Source;
use openness::taxonomy;

/// The rows of a table without its head, each a list of cells.
fn table(path: &str) -> Option<Vec<Vec<String>>> {
    let text = std::fs::read_to_string(shared(path)?).unwrap();
    Some(text.lines().skip(1).map(cells).collect())
}

/// The cells of a line. A quoted cell may contain commas, and a doubled quotation mark is one.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut is_quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            letter => cells.last_mut().unwrap().push(letter),
        }
    }
    cells
}

fn evaluation(taxonomy: &str, facts: &str) -> Evaluation {
    let text = format!("schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n{facts}");
    let parsed = parse(Source::new("OPENNESS.toml", text));
    assert!(parsed.findings.is_empty(), "{:?}", parsed.findings);
    evaluate_one(&parsed.manifest, taxonomy).unwrap()
}

fn open(id: &str, license: &str) -> String {
    format!("[component.{id}]\nopenness = \"open\"\nlicense = \"{license}\"\n")
}

fn closed(ids: &[&str]) -> String {
    ids.iter().map(|id| format!("[component.{id}]\nopenness = \"closed\"\n")).collect()
}

/// The facts of a row of the index of Artificial Analysis: availability, access to and license of the data of training and
/// of what came after, and methodology.
fn index_facts(cells: &[String]) -> String {
    let [availability, _, pre, _, post, _, methodology] = cells else { panic!("{cells:?}") };
    let weights = open("final-weights", if availability == "6" { "Apache-2.0" } else { "CC-BY-4.0" });
    let data = |ids: &[&str], access: &str| match access {
        "3" => ids.iter().map(|id| open(id, "ODC-By-1.0")).collect(),
        _ => closed(ids),
    };
    let card = if pre == "1" { open("data-card", "CC-BY-4.0") } else { closed(&["data-card"]) };
    let code = ["training-code", "fine-tuning-code", "alignment-code"];
    let (disclosure, code) = match methodology.as_str() {
        "6" => ("full", code.iter().map(|id| open(id, "Apache-2.0")).collect()),
        "3" => ("full", closed(&code)),
        _ => ("architecture", closed(&code)),
    };
    let post = data(&["fine-tuning-data", "alignment-data"], post);
    format!("{weights}{}{post}{card}{code}[training]\ndisclosure = \"{disclosure}\"\n", data(&["training-data"], pre))
}

#[test]
fn published_rows_of_the_openness_index_are_derived() {
    let Some(rows) = table("aa/openness-scores.csv") else { return };
    let (mut whole, mut equal, mut within) = (0, 0, Vec::new());
    for row in &rows {
        let published: f64 = row[10].parse().unwrap();
        let halves = published * 36.0 / 100.0;
        assert!((halves - halves.round()).abs() < 0.01, "{}: not a sum of half points", row[0]);
        let numbers: Vec<f64> = row[3..10].iter().filter_map(|cell| cell.parse().ok()).collect();
        let [availability, transparency, pre, pre_license, post, post_license, methodology] = numbers[..] else {
            continue;
        };
        whole += 1;
        let data = (pre + post) / 2.0 + (pre_license + post_license) / 2.0;
        assert!((transparency - data - methodology).abs() < 1e-9, "{}", row[0]);
        assert!(((availability + transparency) / 0.18 - published).abs() < 0.005, "{}", row[0]);
        let found = evaluation("aa-openness", &index_facts(&row[3..10]));
        let (low, high) = found.scores().unwrap();
        assert!((low..=high).contains(&published), "{}: {published} is not from {low} to {high}", row[0]);
        match found.score() {
            Some(score) if (score - published).abs() < 1e-9 => equal += 1,
            _ => within.push(format!("{}: {published} in {low} to {high}", row[0])),
        }
    }
    eprintln!("of {whole} rows with cells, {equal} have the published index, others a range around it: {within:?}");
    assert!(whole >= 5 && equal >= 4, "{equal} of {whole}: {within:?}");
}

/// The rules of the os-ai-map for models before the license became a cap, over the words of a row.
fn level_before_the_cap(words: &str) -> u8 {
    let of = |key: &str| words.split(';').find_map(|part| part.strip_prefix(key)).unwrap_or_default();
    let license = words.split_once("license:").map_or("", |(_, license)| license);
    let restrictions = [" cap", "-cap", "Use-Policy", "AUP", "acceptable-use", "registration", "revenue"];
    let is_open = |key: &str| of(key).starts_with("open");
    match () {
        () if !is_open("weights:") => 1,
        () if license.is_empty() || license.starts_with("Proprietary") => 1,
        () if restrictions.iter().any(|word| license.contains(word)) => 2,
        () if is_open("data:") && is_open("code:") && !license.contains("non-OSI") => 5,
        () if is_open("data:") && is_open("code:") => 4,
        () => 3,
    }
}

#[test]
fn the_ladder_before_its_change_gives_the_published_levels() {
    let Some(rows) = table("os-ai-map/models-openness.csv") else { return };
    let differs = |row: &&Vec<String>| level_before_the_cap(&row[4]).to_string() != row[2];
    let differences: Vec<&str> = rows.iter().filter(differs).map(|row| row[1].as_str()).collect();
    eprintln!(
        "{} of {} rows have the level of the map; not: {differences:?}",
        rows.len() - differences.len(),
        rows.len()
    );
    assert!(rows.len() >= 38 && differences.len() <= 2, "{differences:?}");
}

#[test]
fn the_indicators_of_the_transparency_index_are_its_own() {
    let Some(rows) = table("fmti/indicators.csv") else { return };
    let fmti = taxonomy::find("fmti-2025").unwrap();
    assert_eq!((rows.len(), fmti.items.len()), (100, 100));
    for (row, item) in rows.iter().zip(&fmti.items) {
        let group = row[2].to_lowercase();
        assert_eq!((&item.id, &item.name, item.group.as_deref()), (&row[1], &row[4], Some(group.as_str())));
    }
}

#[test]
fn scores_of_the_transparency_index_add_up_and_can_be_recorded() {
    let (Some(scores), Some(totals)) = (table("fmti/scores.csv"), table("fmti/totals.csv")) else { return };
    let fmti = taxonomy::find("fmti-2025").unwrap();
    let domains: BTreeMap<&str, &str> =
        fmti.items.iter().map(|item| (item.id.as_str(), item.group.as_deref().unwrap())).collect();
    for (at, company) in totals.iter().enumerate() {
        let mut sums: BTreeMap<&str, u32> = BTreeMap::new();
        let mut stated = String::new();
        for row in &scores {
            let points: u32 = row[at + 2].parse().unwrap();
            *sums.entry(domains[row[1].as_str()]).or_default() += points;
            stated += &format!("{} = \"{points}\"\n", row[1]);
        }
        let found = ["upstream", "model", "downstream"].map(|domain| sums[domain]);
        let wanted: Vec<u32> = company[1..].iter().map(|total| total.parse().unwrap()).collect();
        assert_eq!((found.as_slice(), found.iter().sum::<u32>()), (&wanted[..3], wanted[3]), "{}", company[0]);
        // What the index's team says of a model can stand in a manifest, and is not our coverage.
        let facts = format!(
            "[assessment.fmti-2025]\nsource = \"https://github.com/stanford-crfm/fmti\"\n[assessment.fmti-2025.stated]\n{stated}"
        );
        let (with, without) = (evaluation("fmti-2025", &facts), evaluation("fmti-2025", ""));
        assert_eq!(with.details, without.details, "{}", company[0]);
    }
    assert_eq!(totals.len(), 13);
}

/// What the team of the index says of its own scores.
#[test]
fn the_scores_of_the_transparency_index_are_read_row_by_row() {
    let Some(scores) = table("fmti/scores.csv") else { return };
    let path = shared("fmti/scores.csv").unwrap();
    let head = cells(std::fs::read_to_string(path).unwrap().lines().next().unwrap());
    let companies = &head[2..];
    // The numbers of the indicators that a company has, from 1.
    let of = |company: &str| -> Vec<usize> {
        let column = 2 + companies.iter().position(|name| name == company).unwrap_or_else(|| panic!("{companies:?}"));
        (1..=scores.len()).filter(|number| scores[number - 1][column] == "1").collect()
    };
    let with = |number: usize| -> Vec<&str> {
        std::iter::zip(companies, &scores[number - 1][2..])
            .filter(|(_, point)| *point == "1")
            .map(|(name, _)| &**name)
            .collect()
    };
    let missing: Vec<usize> = (1..=100).filter(|number| !of("IBM").contains(number)).collect();
    assert_eq!(missing, [46, 55, 69, 74, 96]);
    assert!(with(46).is_empty() && with(55).is_empty());
    assert!([60, 64, 93, 94].iter().all(|number| with(*number).len() == 13));
    assert_eq!(with(41), ["AI21 Labs", "Alibaba", "DeepSeek", "IBM", "Meta"]);
    assert_eq!(of("xAI"), [25, 44, 60, 61, 62, 64, 85, 86, 87, 88, 90, 93, 94, 95]);
    let mistral = of("Mistral");
    let of_model: Vec<usize> = mistral.iter().copied().filter(|number| (35..=64).contains(number)).collect();
    assert_eq!(of_model, [42, 44, 56, 60, 61, 64]);
    assert!(mistral.iter().all(|number| *number > 34));
}

/// The policies of thirty developers, in our vocabulary.
#[test]
fn every_category_of_published_policies_is_known_and_counted() {
    let (Some(developers), Some(matrix)) = (table("aup/developers.csv"), table("aup/matrix.csv")) else { return };
    let mut harassment = 0;
    for row in &developers {
        let uses: Vec<String> = row[2].split_whitespace().map(|id| format!("\"{id}\"")).collect();
        let found = evaluation("use-policy", &format!("[use-policy]\nprohibits = [{}]\n", uses.join(", ")));
        let count: usize = row[1].parse().unwrap();
        assert_eq!((&found.details["known"], uses.len()), (&count.into(), count), "{}", row[0]);
        assert_eq!(found.details["unknown"].as_array().unwrap().len(), 0, "{}", row[0]);
        harassment += usize::from(uses.iter().any(|id| id == "\"harassment\""));
    }
    assert_eq!((developers.len(), harassment), (30, 22));
    assert!(developers.iter().any(|row| row[0] == "Meta" && row[1] == "44"));
    let all: Vec<String> = matrix.iter().map(|row| format!("\"{}\"", row[0])).collect();
    let found = evaluation("use-policy", &format!("[use-policy]\nprohibits = [{}]\n", all.join(", ")));
    assert_eq!((&found.details["known"], all.len()), (&127.into(), 127));
}

/// The ids of the thresholds that a training run is above.
fn above(compute: &str) -> Vec<String> {
    let found = evaluation("compute-thresholds", compute);
    let ids = found.details["above"].as_array().unwrap();
    ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_threshold_of_compute_is_crossed_above_it_and_not_at_it() {
    let eu = ["eu-gpai", "eu-high-impact"];
    let all = ["eu-gpai", "eu-high-impact", "us-eo-14110", "ca-sb53-frontier", "ny-raise-frontier"];
    for (compute, expected) in [
        ("", &all[..0]),
        ("[compute]\ntraining-flop = 1e23\n", &all[..0]),
        ("[compute]\ntraining-flop = 1.1e23\n", &all[..1]),
        ("[compute]\ntraining-flop = 3.8e25\n", &eu[..]),
        ("[compute]\ntraining-flop = 1e26\n", &eu[..]),
        ("[compute]\ntraining-flop = 1.1e26\n", &all[..]),
        // Later training counts.
        ("[compute]\ntraining-flop = 9e25\ncumulative-flop = 1.1e26\n", &all[..]),
    ] {
        assert_eq!(above(compute), expected, "{compute}");
    }
    let text = |compute: &str, id: &str| {
        let found = evaluation("compute-thresholds", compute);
        found.reasons.iter().find(|reason| reason.item == id).unwrap().text.clone()
    };
    let training = "[compute]\ntraining-flop = 1.1e26\n";
    assert!(text(training, "ny-raise-frontier").contains("in force from 2027-01-01"));
    assert!(text(training, "ca-sb53-frontier").contains("fine-tuning counts too"));
    assert!(!text("[compute]\ncumulative-flop = 1.1e26\n", "ca-sb53-frontier").contains("fine-tuning counts too"));
    assert!(text("", "eu-gpai").contains("not stated"));
}
