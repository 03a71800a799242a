//! Arguments about trusted transparency logs and witnesses.

use std::path::{Path, PathBuf};

use super::{Failure, inputs};
use crate::tlog::Policy;
use crate::tlog::note::{VerifierKey, VkeyError};
use crate::tlog::policy::MAX_POLICY_BYTES;

/// Flags about transparency logs
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Transparency logs")]
pub(super) struct LogArgs {
    /// Trust this transparency log: a C2SP verifier key `NAME+ID+KEY`, whose name is the log's origin, or a file of such keys,
    /// one per line
    #[arg(long, value_name = "VKEY", conflicts_with = "tlog_policy")]
    log: Vec<String>,
    /// Trust this witness of logs: a C2SP verifier key, or a file of such keys
    #[arg(long, value_name = "VKEY", conflicts_with = "tlog_policy", requires = "log")]
    witness: Vec<String>,
    /// Require cosignatures by this many witnesses [default: all]
    #[arg(long, value_name = "K", conflicts_with = "tlog_policy", requires = "witness")]
    witness_threshold: Option<usize>,
    /// Trust the logs and witnesses in this C2SP policy file (`log`, `witness`, `group`, `quorum`)
    #[arg(long, value_name = "FILE")]
    tlog_policy: Option<PathBuf>,
}

impl LogArgs {
    /// Returns the logs and witnesses that the arguments name; `None` if they name no log.
    pub(super) fn policy(&self) -> Result<Option<Policy>, Failure> {
        if let Some(file) = &self.tlog_policy {
            let policy = Policy::read(&inputs::read_bounded(file, MAX_POLICY_BYTES)?).map_err(|error| {
                Failure::caused_by(format!("`{}` is not a tlog policy file", file.display()), error)
            })?;
            return Ok(Some(policy));
        }
        if self.log.is_empty() {
            return Ok(None);
        }
        let (logs, witnesses) = (keys("--log", &self.log)?, keys("--witness", &self.witness)?);
        let threshold = self.witness_threshold.unwrap_or(witnesses.len());
        if threshold == 0 && !witnesses.is_empty() {
            return Err(
                Failure::new("`--witness-threshold 0` requires no witness").help("leave out `--witness` as well")
            );
        }
        Ok(Some(Policy::of(logs, witnesses, threshold)?))
    }
}

/// Reads verifier keys: each value is a key, or a file with one key per line.
fn keys(flag: &str, values: &[String]) -> Result<Vec<VerifierKey>, Failure> {
    let usable = |vkey: &str, place: &str| {
        let fail =
            |error: VkeyError| Failure::caused_by(format!("{place} `{vkey}` is not a usable verifier key"), error);
        VerifierKey::parse(vkey).map_err(fail)
    };
    let mut found = Vec::new();
    for value in values {
        // A key has at least two plus signs, which hardly any path has.
        if value.matches('+').count() >= 2 && !Path::new(value).is_file() {
            found.push(usable(value, flag)?);
            continue;
        }
        let text = inputs::read_text(Path::new(value), MAX_POLICY_BYTES)?;
        let lines: Vec<&str> =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        if lines.is_empty() {
            return Err(Failure::new(format!("`{value}` contains no verifier key"))
                .help(format!("`{flag}` takes `NAME+ID+KEY`, or a file of such keys, one per line")));
        }
        for line in lines {
            found.push(usable(line, &format!("in `{value}`,"))?);
        }
    }
    Ok(found)
}
