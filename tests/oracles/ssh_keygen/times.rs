//! Times in `allowed_signers` lines, in many time zones, to the second.

use std::process::Stdio;
use std::sync::Mutex;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use openness::sign::NAMESPACE;
use openness::sign::trust::parse_time;

use super::keygen::{MESSAGE, SshKeygen};
use super::questions::each;
use crate::common::rng::Rng;

/// Far east and west, odd offsets, no summer, summer in the south, half an hour of it, negative summer, a day that was left out.
const ZONES: &[&str] =
    &["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo"];

/// The gap and the fold of Berlin and New York, ends of months and years, leap days and seconds.
const TIMES: &[&str] = &[
    "20200101",
    "20200701",
    "20200701Z",
    "202003290230",
    "202010250230",
    "202003080230",
    "202011010130",
    "20200701120000",
    "20200701120000Z",
    "20200229",
    "20210229",
    "20240231",
    "20240101005961",
    "20380119031408",
    "20991231235959",
    "2019 1 1",
    "19700103",
    "20111230",
];

/// Whether `ssh-keygen` lets a key pass that is valid before `written`, at a second, in a zone.
fn passes(keygen: &SshKeygen, name: &str, zone: &str, second: i64) -> bool {
    let time = Timestamp::from_second(second).unwrap().strftime("%Y%m%d%H%M%SZ").to_string();
    let status = keygen
        .command()
        .args(["-Y", "verify", "-f", name, "-I", "me", "-n", NAMESPACE, "-s", "signed.sig"])
        .args(["-O", &format!("verify-time={time}")])
        .env("TZ", zone)
        .stdin(std::fs::File::open(keygen.path("signed")).unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.unwrap().success()
}

#[test]
fn ssh_keygen_agrees_on_local_times_to_the_second() {
    let Some(keygen) = SshKeygen::new() else { return };
    keygen.new_key("id");
    keygen.signature("id", MESSAGE);
    let key = keygen.public("id");
    let mut numbers = Rng(5);
    let mut questions = Vec::new();
    for zone in ZONES {
        for written in TIMES {
            questions.push((*zone, (*written).to_owned()));
        }
        for _ in 0..8 {
            let (year, month, day) = (1971 + numbers.below(120), 1 + numbers.below(12), 1 + numbers.below(31));
            let mut written = format!("{year}{month:02}{day:02}");
            if numbers.often(80) {
                written += &format!("{:02}{:02}", numbers.below(24), numbers.below(60));
                if numbers.often(60) {
                    written += &format!("{:02}", numbers.below(62));
                }
            }
            if numbers.often(20) {
                written += "Z";
            }
            questions.push((*zone, written));
        }
    }
    let wrong = Mutex::new(Vec::new());
    each(&questions, |number, (zone, written)| {
        let name = format!("times{number}");
        keygen.write(&name, format!("me valid-before=\"{written}\" {key}\n"));
        let second = parse_time(written, &TimeZone::get(zone).unwrap()).unwrap().as_second();
        if !passes(&keygen, &name, zone, second) || passes(&keygen, &name, zone, second + 1) {
            wrong.lock().unwrap().push(format!("{written} in {zone}, by us {second}"));
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), questions.len(), wrong.join("\n"));
    assert!(questions.len() >= 150);
    println!("times: asked {} and the second after each", questions.len());
}

/// Without `-O verify-time` the time is now; with it, it is read as the times in a list are.
#[test]
fn ssh_keygen_agrees_on_verify_time() {
    let Some(keygen) = SshKeygen::new() else { return };
    keygen.new_key("id");
    keygen.signature("id", MESSAGE);
    let key = keygen.public("id");
    keygen.write("wide", format!("me valid-after=\"19700102Z\",valid-before=\"99991231Z\" {key}\n"));
    let forms = [
        "20250601",
        "20250601Z",
        "202506011200",
        "202506011200Z",
        "20250601120000",
        "20250601120000Z",
        "20250601120000z",
        "20250601UTC",
        "2025060112",
        "2025-06-01",
        "2025",
        "",
        "Z",
        "now",
        "always",
        "20250632",
        "20251301",
        "20250601 ",
        "202506012500Z",
        "0x123",
        "1748779200",
        "20250601120000.5",
        "+1d",
    ];
    for written in forms {
        let output = keygen
            .command()
            .args(["-Y", "verify", "-f", "wide", "-I", "me", "-n", NAMESPACE, "-s", "signed.sig"])
            .args(["-O", &format!("verify-time={written}")])
            .env("TZ", "UTC")
            .stdin(std::fs::File::open(keygen.path("signed")).unwrap())
            .output()
            .unwrap();
        let ours = parse_time(written, &TimeZone::UTC);
        assert_eq!(output.status.success(), ours.is_ok(), "{written:?}: {ours:?}, {output:?}");
    }
}
