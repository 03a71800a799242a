//! Checks tables of cases: each case lists exactly the reasons that the verification must give.

use std::collections::BTreeSet;

use openness::sign::{Envelope, NAMESPACE, Status, Trust};
use openness::verify::Verdict;

use super::release::{Case, SIGNER};
use crate::common::tools::has;

/// A description, the change to an honest release, and the expected reasons. Without reasons it is a similar case that
/// is accepted.
pub(crate) type Line = (&'static str, fn(&mut Case), &'static [&'static str]);

pub(crate) const INVALID: &[&str] = &["statement-invalid"];
pub(crate) const BAD: &[&str] = &["bad-signature"];
pub(crate) const CHANGED: &[&str] = &["content-mismatch"];
pub(crate) const UNSIGNED: &[&str] = &["unsigned-files"];

/// Verifies every case, then fails with a list of those whose reasons differ.
pub(crate) fn check(lines: &[Line], least: usize) {
    check_each(lines, least, |_, _| {});
}

/// Does the same as [`check`] for cases with good signatures: also checks that both envelopes are signed by the
/// trusted key, with `ssh-keygen` too.
pub(crate) fn check_signed(lines: &[Line], least: usize) {
    let has_ssh_keygen = has("ssh-keygen");
    check_each(lines, least, |what, case| assert_signed(what, case, has_ssh_keygen));
}

fn check_each(lines: &[Line], least: usize, before: impl Fn(&str, &Case)) {
    assert!(lines.len() >= least, "there are fewer cases than there were");
    let names: BTreeSet<&str> = lines.iter().map(|(what, ..)| *what).collect();
    assert_eq!(names.len(), lines.len(), "two cases have the same description");
    let mut wrong = Vec::new();
    for (what, change, expected) in lines {
        let mut case = Case::honest();
        change(&mut case);
        before(what, &case);
        if let Err(found) = reasons(&case, expected) {
            wrong.push(format!("{what}: {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), lines.len(), wrong.join("\n"));
}

/// Verifies a case; the error says what was found instead of the expected reasons.
pub(crate) fn reasons(case: &Case, expected: &[&str]) -> Result<(), String> {
    let report = case.verify();
    let found: Vec<&str> = report.reasons().iter().map(|reason| reason.as_str()).collect();
    let verdict = match *expected {
        [] => Verdict::Verified,
        ["incomplete"] => Verdict::Partial,
        _ => Verdict::Failed,
    };
    if found == *expected && report.verdict() == verdict {
        return Ok(());
    }
    Err(format!(
        "{:?} {found:?}, expected {expected:?}\n  {:?}\n  {:?}",
        report.verdict(),
        report.statement_problem(),
        report.notes()
    ))
}

/// Checks that both signatures are good.
pub(crate) fn assert_signed(what: &str, case: &Case, has_ssh_keygen: bool) {
    let trust = || Trust::of_keys([*SIGNER.public()]);
    let statement = case.read(".openness/statement.json");
    let sshsig = case.read(".openness/signatures/k.sshsig");
    for envelope in [
        Envelope::read_sshsig(&sshsig, &statement),
        Envelope::read_dsse(&case.read(".openness/signatures/k.sigstore.json")),
    ] {
        let opened = envelope.unwrap_or_else(|error| panic!("{what}: {error}")).verify(&trust(), case.at);
        assert_eq!(opened.status, Status::Good, "{what}: {}", opened.reason);
        assert_eq!(opened.signed.unwrap().payload(), statement, "{what}");
    }
    if has_ssh_keygen {
        let line = format!("lab {}\n", SIGNER.public().to_openssh(""));
        std::fs::write(case.env.path("allowed"), line).unwrap();
        let output = case
            .env
            .command("ssh-keygen")
            .args(["-Y", "verify", "-f", "allowed", "-I", "lab", "-n", NAMESPACE])
            .args(["-s", "release/.openness/signatures/k.sshsig"])
            .stdin(std::fs::File::open(case.path(".openness/statement.json")).unwrap())
            .output()
            .unwrap();
        assert!(output.status.success(), "{what}: {output:?}");
    }
}
