//! `openness audit report` and `openness audit site`.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};

use super::super::{Failure, Outcome, Session};
use super::explain;
use crate::artifacts::digest;
use crate::atomic;
use crate::audit::{Done, FindingRow, Manifest, Output, ParquetError, Row, read_findings, read_rows};
use crate::report::audit::{Entry, Tally, queries, write_entry, write_index, write_page};
use crate::report::{counted, json};

/// Report what an audit found: a page with charts, the same numbers as JSON, and queries for DuckDB
#[derive(Debug, clap::Args)]
pub(super) struct ReportArgs {
    /// Report on the complete audit in this directory
    #[arg(value_name = "OUT")]
    audit: PathBuf,
    /// Write into this directory [default: OUT/report]
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Make a static site from an audit: a page for each target, and an index that filters without a server
#[derive(Debug, clap::Args)]
pub(super) struct SiteArgs {
    /// Make a site of the complete audit in this directory
    #[arg(value_name = "OUT")]
    audit: PathBuf,
    /// Write into this directory [default: OUT/site]
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

pub(super) fn write_report(args: &ReportArgs, session: &mut Session) -> Result<Outcome, Failure> {
    let manifest = Output::manifest_in(&args.audit).map_err(explain)?;
    let taxonomies = &manifest.run.taxonomies;
    let mut tally = Tally::default();
    for shard in &manifest.shards {
        rows(&args.audit, shard, taxonomies, |row| tally.add_row(&row, taxonomies))?;
        findings(&args.audit, shard, |finding| tally.add_finding(&finding))?;
    }
    require_all(tally.targets, &manifest)?;
    let output = args.output.clone().unwrap_or_else(|| args.audit.join("report"));
    let mut page = Vec::new();
    write_page(&manifest.run, &tally, &mut page)?;
    let mut data = Vec::new();
    json::object(&tally, &mut data)?;
    create(&output.join("sql"))?;
    atomic::write(&output.join("index.html"), &page)?;
    atomic::write(&output.join("data.json"), &data)?;
    for (name, query) in queries(taxonomies) {
        atomic::write(&output.join("sql").join(name), query.as_bytes())?;
    }
    session.note(&format!("note: written to `{}`", output.join("index.html").display()));
    Ok(Outcome::Done)
}

pub(super) fn write_site(args: &SiteArgs, session: &mut Session) -> Result<Outcome, Failure> {
    let manifest = Output::manifest_in(&args.audit).map_err(explain)?;
    let output = args.output.clone().unwrap_or_else(|| args.audit.join("site"));
    create(&output)?;
    let mut index = Vec::new();
    let (mut failure, mut pages) = (None, 0);
    let written = write_index(&mut index, |each| {
        for shard in &manifest.shards {
            match write_pages(&args.audit, shard, &manifest.run.taxonomies, &output, each) {
                Ok(count) => pages += count,
                Err(error) => {
                    failure = Some(error);
                    return Err(io::ErrorKind::Other.into());
                }
            }
        }
        Ok(())
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    written?;
    require_all(pages, &manifest)?;
    // Last, so that every page that it leads to is there.
    atomic::write(&output.join("index.html"), &index)?;
    let pages = counted(usize::try_from(pages).unwrap_or(usize::MAX), "page");
    session.note(&format!("note: {pages} written below `{}`", output.join("index.html").display()));
    Ok(Outcome::Done)
}

/// Writes the pages of one shard, and calls `each` for the index.
fn write_pages(
    audit: &Path,
    shard: &Done,
    taxonomies: &[String],
    output: &Path,
    each: &mut dyn FnMut(&Entry<'_>) -> io::Result<()>,
) -> Result<u64, Failure> {
    let (mut found, mut next) = (VecDeque::new(), Vec::new());
    rows(audit, shard, taxonomies, |row| next.push(row))?;
    findings(audit, shard, |finding| found.push_back(finding))?;
    let mut count = 0;
    for row in next {
        // Both are in the order of the targets.
        let own: Vec<FindingRow> =
            std::iter::from_fn(|| found.pop_front_if(|finding| finding.target == row.target)).collect();
        let page = page_name(&row.target);
        let entry = Entry { row: &row, findings: &own, taxonomies, page: &page };
        let mut html = Vec::new();
        write_entry(&entry, &mut html)?;
        let file = output.join(&page);
        create(file.parent().unwrap_or(output))?;
        atomic::write(&file, &html)?;
        each(&entry)?;
        count += 1;
    }
    Ok(count)
}

/// Returns the path of a target's page, which stays the same from audit to audit.
fn page_name(target: &str) -> String {
    let digest = digest::sha256(target.as_bytes());
    let (start, rest) = digest.as_str().split_at(2);
    format!("m/{start}/{}.html", &rest[..22])
}

/// Refuses to speak of an audit if rows are missing.
fn require_all(rows: u64, manifest: &Manifest) -> Result<(), Failure> {
    if rows == manifest.rows {
        return Ok(());
    }
    Err(Failure::new(format!("the audit has {rows} rows; its manifest says {}", manifest.rows))
        .help("run the audit again, which writes what is missing"))
}

fn rows(audit: &Path, shard: &Done, taxonomies: &[String], each: impl FnMut(Row)) -> Result<(), Failure> {
    let file = audit.join(&shard.rows.file);
    read_rows(&file, taxonomies, each).map_err(|error| unreadable(&file, error))
}

fn findings(audit: &Path, shard: &Done, each: impl FnMut(FindingRow)) -> Result<(), Failure> {
    let file = audit.join(&shard.findings.file);
    read_findings(&file, each).map_err(|error| unreadable(&file, error))
}

fn unreadable(file: &Path, error: ParquetError) -> Failure {
    Failure::caused_by(format!("cannot read `{}`", file.display()), error)
        .help("delete it and run the audit again, which writes what is missing")
}

fn create(directory: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(directory)
        .map_err(|error| Failure::caused_by(format!("cannot create `{}`", directory.display()), error))
}
