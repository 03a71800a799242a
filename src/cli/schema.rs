//! `openness schema`.

use std::io::Write as _;

use clap::ValueEnum;

use super::{Failure, Outcome, Session};

/// Print the JSON Schema of an input or output format
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print the schema of this format
    #[arg(value_enum, default_value_t = Subject::Manifest, value_name = "FORMAT")]
    subject: Subject,
}

/// The formats that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// The manifest, OPENNESS.toml
    Manifest,
    /// The trust policy of `verify --policy`
    Policy,
    /// The output of `check --format json`
    Check,
    /// The output of `verify --format json`
    Verify,
    /// The output of `show --format json`
    Show,
    /// The output of `path --format json`
    Path,
    /// The output of `weigh --format json`
    Weigh,
    /// The output of `what-if --format json`
    WhatIf,
    /// The output of `diff --format json`
    Diff,
    /// The output of a command with `--format json` that could not run
    Error,
    /// The output of `licenses --format json`
    Licenses,
    /// The baseline of `check --baseline`
    Baseline,
    /// What `sign` signs
    Statement,
    /// `_RUN.json` in the output of `audit`
    AuditRun,
    /// `done/NNNNNNNN.json` in the output of `audit`
    AuditDone,
    /// `_MANIFEST.json` in the output of `audit`
    AuditManifest,
    /// `metrics.json` in the output of `audit`
    AuditMetrics,
    /// `data.json` in the output of `audit report`
    AuditReport,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    session.out.document().write_all(match args.subject {
        Subject::Manifest => include_bytes!("../../schemas/openness.schema.json"),
        Subject::Policy => include_bytes!("../../schemas/policy.schema.json"),
        Subject::Check => include_bytes!("../../schemas/check-v1.schema.json"),
        Subject::Verify => include_bytes!("../../schemas/verify-v1.schema.json"),
        Subject::Show => include_bytes!("../../schemas/show-v1.schema.json"),
        Subject::Path => include_bytes!("../../schemas/path-v1.schema.json"),
        Subject::Weigh => include_bytes!("../../schemas/weigh-v1.schema.json"),
        Subject::WhatIf => include_bytes!("../../schemas/what-if-v1.schema.json"),
        Subject::Diff => include_bytes!("../../schemas/diff-v1.schema.json"),
        Subject::Error => include_bytes!("../../schemas/error-v1.schema.json"),
        Subject::Licenses => include_bytes!("../../schemas/licenses-v1.schema.json"),
        Subject::Baseline => include_bytes!("../../schemas/baseline-v1.schema.json"),
        Subject::Statement => include_bytes!("../../schemas/statement-v1.schema.json"),
        Subject::AuditRun => include_bytes!("../../schemas/audit-run-v1.schema.json"),
        Subject::AuditDone => include_bytes!("../../schemas/audit-done-v1.schema.json"),
        Subject::AuditManifest => include_bytes!("../../schemas/audit-manifest-v1.schema.json"),
        Subject::AuditReport => include_bytes!("../../schemas/audit-report-v1.schema.json"),
        Subject::AuditMetrics => include_bytes!("../../schemas/audit-metrics-v1.schema.json"),
    })?;
    Ok(Outcome::Done)
}
