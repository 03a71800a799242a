//! `openness verify`.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use super::place::Place;
use super::progress::Progress;
use super::{Failure, Format, Outcome, Session};
use crate::artifacts::glob::Glob;
use crate::git;
use crate::report::verification;
use crate::sign::Trust;
use crate::sign::revoked::Revocations;
use crate::source::Source;
use crate::verify::{Request, Verdict, verify};

/// Say who signed, whether the bytes are the same, and whether the claims hold
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    /// Trust this public key: OpenSSH line or PEM. With this or --allowed-signers nobody else is trusted
    #[arg(long, value_name = "PUBFILE")]
    key: Vec<PathBuf>,
    /// Trust the keys of this OpenSSH allowed_signers file. Default: those of your Git's gpg.ssh.allowedSignersFile, which
    /// counts in your own settings and the system's only
    #[arg(long, value_name = "FILE")]
    allowed_signers: Option<PathBuf>,
    /// Who must have signed: a principal of the allowed_signers file
    #[arg(long, value_name = "WHO")]
    identity: Option<String>,
    /// Refuse keys of this OpenSSH revocation list, or list of public keys
    #[arg(long, value_name = "FILE")]
    revoked: Vec<PathBuf>,
    /// Trust signatures of FIDO keys only where PIN or fingerprint was asked for; a touch is always asked
    #[arg(long)]
    require_user_verification: bool,
    /// Be content with a part of the signed files
    #[arg(long)]
    partial: bool,
    /// Let unsigned files be that match this pattern
    #[arg(long, value_name = "GLOB")]
    allow_unsigned: Vec<String>,
    /// Judge keys and statement as of this time; default now
    #[arg(long, value_name = "TIME")]
    verify_time: Option<String>,
    /// How to show the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    if args.place.is_stdin() {
        return Err(Failure::new("`-` cannot be verified").help("name the directory that holds the release"));
    }
    let trust = trust(&args)?;
    let at = match &args.verify_time {
        Some(text) => time(text)?,
        None => jiff::Timestamp::now(),
    };
    let allow_unsigned = args
        .allow_unsigned
        .iter()
        .map(|glob| glob.parse::<Glob>().map_err(|error| Failure::new(format!("`--allow-unsigned {glob}`: {error}"))))
        .collect::<Result<Vec<_>, _>>()?;
    let snapshot = args.place.everything()?;
    let request = Request { trust: &trust, at, allow_unsigned: &allow_unsigned, threads: super::sign::threads() };
    let progress = Progress::new(&session.terminal, "verifying", None);
    let report = verify(&snapshot, &request, &|bytes| progress.advance(bytes))?;
    drop(progress);
    match args.format {
        Format::Json => verification::json(&report, &mut session.out)?,
        Format::Human => {
            verification::human(&report, session.terminal.style, session.terminal.quiet, &mut session.out)?;
        }
    }
    Ok(match report.verdict {
        Verdict::Verified => Outcome::Done,
        Verdict::Partial if args.partial => Outcome::Done,
        Verdict::Partial | Verdict::Failed => Outcome::Against,
    })
}

/// Whom the flags name; where they name nobody, whom the user trusts anyway. Never whom the repository names.
fn trust(args: &Args) -> Result<Trust, Failure> {
    let mut trust = Trust::none();
    for file in &args.key {
        let text = super::key::read_key_text(file)?;
        if text.contains("PRIVATE KEY-----") {
            return Err(Failure::new(format!("`{}` is a private key", file.display()))
                .help("name the public key; whoever verifies should not have the other"));
        }
        let key = Trust::of_key_text(&text).map_err(|error| Failure::new(format!("`{}`: {error}", file.display())))?;
        trust = trust.merge(key);
    }
    if let Some(file) = &args.allowed_signers {
        trust = trust.merge(allowed_signers(file)?);
    }
    let mut revoked = args.revoked.clone();
    if args.key.is_empty() && args.allowed_signers.is_none() {
        if let Some(file) = git::user_path_setting("gpg.ssh.allowedSignersFile")? {
            trust = trust.merge(allowed_signers(&file).map_err(|failure| {
                failure
                    .help("Git's `gpg.ssh.allowedSignersFile` names the file; `--allowed-signers` would name another")
            })?);
        }
        revoked.extend(git::user_path_setting("gpg.ssh.revocationFile")?);
    }
    if let Some(who) = &args.identity {
        trust = trust.with_identity(who.clone());
    }
    for file in &revoked {
        let bytes =
            std::fs::read(file).map_err(|error| Failure::new(format!("cannot read `{}`: {error}", file.display())))?;
        trust = trust.revoke(Revocations::read(&bytes, &file.display().to_string())?);
    }
    Ok(if args.require_user_verification { trust.require_user_verification() } else { trust })
}

fn allowed_signers(file: &Path) -> Result<Trust, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::new(format!("cannot read `{}`: {error}", file.display())))?;
    Ok(Trust::of_allowed_signers(&Source::new(file.display().to_string(), text))?)
}

/// RFC 3339, a day (its start in UTC), or the digits that `ssh-keygen -O verify-time` takes.
fn time(text: &str) -> Result<jiff::Timestamp, Failure> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    if let Ok(day) = text.parse::<jiff::civil::Date>() {
        return Ok(TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0))?);
    }
    crate::sign::trust::parse_time(text, TimeZone::system()).map_err(|_| {
        Failure::new(format!("`--verify-time {text}` is no time")).help("expected 2026-11-22T00:00:00Z or 20261122Z")
    })
}
