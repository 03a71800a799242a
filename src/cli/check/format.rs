//! The formats of findings.

use std::io::{self, Write};

use super::Args;
use super::release::Checked;
use crate::finding::{Finding, Severity};
use crate::report::human::Style;
use crate::report::json::check::{CheckV1, ChecksV1};
use crate::report::statistics::statistics;
use crate::report::{CheckedFile, azure, concise, counted, github, gitlab, human, junit, markdown, rdjson, sarif};

/// The formats for findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Text for people
    Human,
    /// JSON for programs, version 1
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// One line per finding: path:line:column, severity, code and message
    Concise,
    /// A code quality report of GitLab
    Gitlab,
    /// A test report in the XML format of JUnit
    Junit,
    /// Diagnostics for reviewdog, rdjson
    Rdjson,
    /// Issues of Azure Pipelines
    Azure,
    /// A table in Markdown, for the summary of a job
    Markdown,
}

impl Format {
    /// Returns whether services read the format, and nothing else: what is left out of it is taken for corrected.
    pub(super) fn is_for_services(self) -> bool {
        matches!(self, Self::Sarif | Self::Github | Self::Gitlab | Self::Junit | Self::Rdjson | Self::Azure)
    }
}

/// Writes what was found in one manifest or in several. `is_one` says that only one was asked for.
pub(super) fn write(
    checked: &[Checked],
    args: &Args,
    is_one: bool,
    quiet: bool,
    style: Style,
    out: &mut impl Write,
) -> io::Result<()> {
    let fails = args.levels.fails();
    // Warnings are results; notes are said in addition.
    let least = if quiet { Severity::Warning } else { Severity::Note };
    let files: Vec<CheckedFile<'_>> = checked.iter().map(Checked::file).collect();
    match args.format {
        Format::Json => json(checked, is_one, args.statistics, out),
        Format::Sarif => sarif::findings(&files, out),
        Format::Github => github::findings(&files, out),
        Format::Gitlab => gitlab::findings(&files, out),
        Format::Junit => junit::findings(&files, fails, out),
        Format::Rdjson => rdjson::findings(&files, out),
        Format::Markdown => markdown::findings(&files, out),
        Format::Azure => {
            files.iter().try_for_each(|checked| azure::findings(checked.source, checked.file, checked.findings, out))
        }
        Format::Concise => {
            checked.iter().try_for_each(|one| concise::findings(&one.manifest, &one.reported.findings, least, out))
        }
        Format::Human => people(checked, args.statistics, least, style, out),
    }
}

/// Of several manifests, the form is the same whether or not all of them could be checked.
fn json(checked: &[Checked], is_one: bool, with_statistics: bool, out: &mut impl Write) -> io::Result<()> {
    match (checked, with_statistics) {
        ([one], false) if is_one => of(one).write(out),
        ([one], true) if is_one => of(one).with_statistics().write(out),
        (all, false) => ChecksV1::new(all.iter().map(of).collect()).write(out),
        (all, true) => ChecksV1::new(all.iter().map(of).collect()).with_statistics().write(out),
    }
}

fn of(one: &Checked) -> CheckV1<'_> {
    CheckV1::new(&one.manifest, &one.reported.findings, &one.not_run, &one.unread)
}

fn people(
    checked: &[Checked],
    only_statistics: bool,
    least: Severity,
    style: Style,
    out: &mut impl Write,
) -> io::Result<()> {
    if only_statistics {
        human::check::write_statistics(
            &statistics(reported(checked).filter(|finding| finding.severity >= least)),
            out,
        )?;
    } else {
        for (at, one) in checked.iter().enumerate() {
            if at > 0 {
                writeln!(out)?;
            }
            let not_run = if one.lacks_files { one.not_run.as_slice() } else { &[] };
            human::check::write_partial(&one.manifest, &one.reported.findings, least, not_run, style, out)?;
        }
    }
    match checked {
        [one] if only_statistics => human::check::write_total(one.manifest.name(), reported(checked), out),
        [_] => Ok(()),
        several => {
            let all = format!("in all, {}", counted(several.len(), "manifest"));
            writeln!(out)?;
            human::check::write_total(&all, reported(checked), out)
        }
    }
}

fn reported(checked: &[Checked]) -> impl Iterator<Item = &Finding> {
    checked.iter().flat_map(|one| &one.reported.findings)
}
