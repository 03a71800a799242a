//! `openness schema`.

use std::io::Write as _;

use clap::ValueEnum;

use super::output_args::OutputArgs;
use super::{Failure, Outcome, Session};

/// Print the JSON Schema of an input or output format
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print the schema of this format
    #[arg(value_enum, default_value_t = Subject::Manifest, value_name = "FORMAT")]
    subject: Subject,
    #[command(flatten)]
    output: OutputArgs,
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
    /// The output of `explain --format json`
    Explain,
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

impl Subject {
    fn text(self) -> &'static str {
        match self {
            Self::Manifest => include_str!("../../schemas/openness.schema.json"),
            Self::Policy => include_str!("../../schemas/policy.schema.json"),
            Self::Check => include_str!("../../schemas/check-v1.schema.json"),
            Self::Verify => include_str!("../../schemas/verify-v1.schema.json"),
            Self::Show => include_str!("../../schemas/show-v1.schema.json"),
            Self::Path => include_str!("../../schemas/path-v1.schema.json"),
            Self::Weigh => include_str!("../../schemas/weigh-v1.schema.json"),
            Self::WhatIf => include_str!("../../schemas/what-if-v1.schema.json"),
            Self::Diff => include_str!("../../schemas/diff-v1.schema.json"),
            Self::Explain => include_str!("../../schemas/explain-v1.schema.json"),
            Self::Error => include_str!("../../schemas/error-v1.schema.json"),
            Self::Licenses => include_str!("../../schemas/licenses-v1.schema.json"),
            Self::Baseline => include_str!("../../schemas/baseline-v1.schema.json"),
            Self::Statement => include_str!("../../schemas/statement-v1.schema.json"),
            Self::AuditRun => include_str!("../../schemas/audit-run-v1.schema.json"),
            Self::AuditDone => include_str!("../../schemas/audit-done-v1.schema.json"),
            Self::AuditManifest => include_str!("../../schemas/audit-manifest-v1.schema.json"),
            Self::AuditReport => include_str!("../../schemas/audit-report-v1.schema.json"),
            Self::AuditMetrics => include_str!("../../schemas/audit-metrics-v1.schema.json"),
        }
    }
}

/// Returns the schema of the policy.
pub(super) fn of_policy() -> &'static str {
    Subject::Policy.text()
}

/// Returns the schema of the manifest.
pub(super) fn of_manifest() -> &'static str {
    Subject::Manifest.text()
}

/// Returns the name of each format that is written, with its schema.
pub(super) fn of_outputs() -> impl Iterator<Item = (String, &'static str)> {
    let is_input = |subject: &&Subject| matches!(subject, Subject::Manifest | Subject::Policy);
    let name =
        |subject: Subject| subject.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
    Subject::value_variants()
        .iter()
        .filter(move |subject| !is_input(subject))
        .map(move |subject| (name(*subject), subject.text()))
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    args.output.redirect(session);
    session.out.document().write_all(args.subject.text().as_bytes())?;
    Ok(Outcome::Done)
}
