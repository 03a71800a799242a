//! Which transparency logs and witnesses are believed.

use std::path::{Path, PathBuf};

use super::{Failure, inputs};
use crate::tlog::Policy;
use crate::tlog::note::{VerifierKey, VkeyError};
use crate::tlog::policy::MAX_POLICY_BYTES;

/// Flags about transparency logs
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Transparency logs")]
pub(super) struct LogArgs {
    /// Believe this transparency log: a C2SP verifier key `NAME+ID+KEY`, whose name is the log's origin, or a file of such
    /// keys, one a line
    #[arg(long, value_name = "VKEY", conflicts_with = "tlog_policy")]
    log: Vec<String>,
    /// Believe this witness of logs: a C2SP verifier key, or a file of such keys
    #[arg(long, value_name = "VKEY", conflicts_with = "tlog_policy", requires = "log")]
    witness: Vec<String>,
    /// How many of the witnesses must have cosigned; default all
    #[arg(long, value_name = "K", conflicts_with = "tlog_policy", requires = "witness")]
    witness_threshold: Option<usize>,
    /// Believe the logs and witnesses of this C2SP policy file (`log`, `witness`, `group`, `quorum`)
    #[arg(long, value_name = "FILE")]
    tlog_policy: Option<PathBuf>,
}

impl LogArgs {
    /// Returns whom the flags name; `None` where they name no log.
    pub(super) fn policy(&self) -> Result<Option<Policy>, Failure> {
        if let Some(file) = &self.tlog_policy {
            let policy = Policy::read(&inputs::read_bounded(file, MAX_POLICY_BYTES)?)
                .map_err(|error| Failure::new(format!("`{}` is no policy about logs: {error}", file.display())))?;
            return Ok(Some(policy));
        }
        if self.log.is_empty() {
            return Ok(None);
        }
        let (logs, witnesses) = (keys("--log", &self.log)?, keys("--witness", &self.witness)?);
        let threshold = self.witness_threshold.unwrap_or(witnesses.len());
        if threshold == 0 && !witnesses.is_empty() {
            return Err(Failure::new("`--witness-threshold 0` asks for no witness").help("leave `--witness` out, then"));
        }
        Ok(Some(Policy::of(logs, witnesses, threshold)?))
    }
}

/// Keys as they are given, or the lines of a file.
fn keys(flag: &str, values: &[String]) -> Result<Vec<VerifierKey>, Failure> {
    let usable = |vkey: &str, place: &str| {
        let fail =
            |error: VkeyError| Failure::new(format!("{place} `{vkey}` is no verifier key that can be used: {error}"));
        let key = VerifierKey::parse(vkey).map_err(fail)?;
        if key.is_usable() { Ok(key) } else { Err(fail(VkeyError::Type(6))) }
    };
    let mut found = Vec::new();
    for value in values {
        // A key has two plus signs and more, and hardly any path has.
        if value.matches('+').count() >= 2 && !Path::new(value).is_file() {
            found.push(usable(value, flag)?);
            continue;
        }
        let bytes = inputs::read_bounded(Path::new(value), MAX_POLICY_BYTES)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| Failure::new(format!("`{value}` is not UTF-8")))?;
        let lines: Vec<&str> =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        if lines.is_empty() {
            return Err(Failure::new(format!("`{value}` holds no verifier key"))
                .help(format!("`{flag}` takes `NAME+ID+KEY`, or a file of such keys, one a line")));
        }
        for line in lines {
            found.push(usable(line, &format!("in `{value}`,"))?);
        }
    }
    Ok(found)
}
