//! `openness verify`.

use std::mem::ManuallyDrop;
use std::path::PathBuf;

use jiff::tz::TimeZone;

use super::evidence::EvidenceArgs;
use super::progress::Progress;
use super::source_args::SourceArgs;
use super::{Failure, Format, Outcome, Session, dirs, environment, hashing, inputs, terminal, trusted};
use crate::artifacts::glob::Glob;
use crate::atomic;
use crate::report::{counted, size, verification};
use crate::sign::Trust;
use crate::trust_store::Store;
use crate::verify::export::export;
use crate::verify::{Reason, Request, Verdict, introduce, verify};

/// Say who signed, whether the bytes are the same, and whether the claims hold
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: SourceArgs,
    /// Trust this public key: OpenSSH line or PEM. With this or --allowed-signers nobody else is trusted
    #[arg(long, value_name = "PUBFILE")]
    key: Vec<PathBuf>,
    /// Trust the keys of this OpenSSH allowed_signers file. Default: those of `openness key trust`, and of the file that your
    /// Git's openness.allowedSigners names, else gpg.ssh.allowedSignersFile; your own settings and the system's count, never
    /// the repository's
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
    /// Ask for more than that the release verifies: signers, verdicts, formats … as in this TOML file
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Refuse a release whose sequence number is below N, or that has none
    #[arg(long, value_name = "N")]
    require_sequence: Option<u64>,
    /// Compare with the release of the model that was verified last, and remember this one. Default where neither --key nor
    /// --allowed-signers is given; with them, the result rests on nothing but the arguments
    #[arg(long, conflicts_with = "no_memory")]
    memory: bool,
    /// Neither compare with the release that was verified last, nor remember this one
    #[arg(long)]
    no_memory: bool,
    /// Be content with the digests that were remembered of files that did not change since; the verdict then says so.
    /// Whoever can write your cache directory can make it lie
    #[arg(long, overrides_with = "no_cache")]
    cache: bool,
    /// Hash every file; the default
    #[arg(long, overrides_with = "cache")]
    no_cache: bool,
    /// Copy what was verified to DIR, hashing it once more on the way; DIR must not exist or be empty
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
    /// How to show the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    // Last: its heading would hold for what follows.
    #[command(flatten)]
    evidence: EvidenceArgs,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    if args.place.is_stdin() {
        return Err(Failure::new("`-` cannot be verified").help("name the directory that holds the release"));
    }
    let is_standing = args.key.is_empty() && args.allowed_signers.is_none();
    let store = dirs::store();
    let trust = trust(&args, store.as_ref().filter(|_| is_standing))?;
    let at = match &args.verify_time {
        Some(text) => time(text)?,
        None => session.now,
    };
    let allow_unsigned = args
        .allow_unsigned
        .iter()
        .map(|glob| glob.parse::<Glob>().map_err(|error| Failure::new(format!("`--allow-unsigned {glob}`: {error}"))))
        .collect::<Result<Vec<_>, _>>()?;
    let policy = args.policy.as_deref().map(inputs::policy).transpose()?;
    let logs = args.evidence.logs()?;
    if let Some(name) = logs.iter().flat_map(crate::tlog::Policy::unusable).next() {
        session.note(&format!(
            "note: nothing is verified here with keys of ML-DSA-44, such as that of `{}`",
            crate::report::shown(name)
        ));
    }
    // The process ends soon; to give so many names back one by one would take as long as to check a signature.
    let snapshot = ManuallyDrop::new(args.place.everything()?);
    let remembers = !args.no_memory && (is_standing || args.memory);
    if args.memory && store.is_none() {
        return Err(dirs::no_config_dir());
    }
    let seen = match store.as_ref().filter(|_| remembers) {
        Some(store) => {
            Some(store.history().map_err(|error| Failure::from(error).help("`--no-memory` does without it"))?)
        }
        None => None,
    };
    let mut pins = match store.as_ref().filter(|_| is_standing) {
        Some(store) => Some(store.pins()?),
        None => None,
    };
    let cache = if args.cache && !args.no_cache { super::cache::digests(&snapshot) } else { None };
    let mut request = Request {
        cache: cache.as_ref(),
        allow_unsigned: &allow_unsigned,
        seen: seen.as_ref(),
        least_sequence: args.require_sequence,
        logs: logs.as_ref(),
        threads: hashing::threads(),
        ..Request::new(&trust, at)
    };
    if let (Some(store), Some(known)) = (&store, &pins)
        && args.identity.is_none()
        && args.format == Format::Human
        && terminal::can_ask()
    {
        let introduced = introduce(&*snapshot, &Request { pins: Some(known), ..request })?;
        if trusted::ask_to_pin(store, &introduced)? {
            pins = Some(store.pins()?);
        }
    }
    request.pins = pins.as_ref();
    let progress = Progress::new(&session.terminal, "verifying", None);
    let report = verify(&*snapshot, &request, &|bytes| progress.advance(bytes))?;
    drop(progress);
    let report = args.evidence.add(report, &snapshot, &args.place, &trust, at)?;
    let report = ManuallyDrop::new(match &policy {
        Some(policy) => {
            let unmet = policy.unmet(&report, at);
            report.held_to(unmet)
        }
        None => report,
    });
    if let (Some(store), Some(statement), Some(digest), true) =
        (&store, &report.statement, &report.statement_digest, remembers && report.verdict == Verdict::Verified)
        && let Err(error) = store.change_history(|history| history.record(statement, digest, session.now))
    {
        // What was verified is verified; only the next comparison is the poorer.
        session.note(&format!("note: this release is not remembered: {}", Failure::from(error)));
    }
    if is_standing && report.alarms.is_empty() && report.reasons.contains(&Reason::UntrustedKey) {
        session.note(
            "note: `openness key trust add WHO PUBFILE` trusts a signer; get the key by another way than the release",
        );
    }
    let is_leftover = |path: &String| path.split('/').next().is_some_and(atomic::is_leftover);
    if let Some(left) = report.files.unsigned.iter().find(|path| is_leftover(path)) {
        session
            .note(&format!("note: `{left}` was left by a run that was killed; delete it, or sign again, which does"));
    }
    if args.format == Format::Human
        && let Some(file) = args.policy.as_ref().filter(|_| report.policy.is_empty())
    {
        session.note(&format!(
            "note: everything that `{}` asks for is so",
            crate::report::shown(&file.display().to_string())
        ));
    }
    match args.format {
        Format::Json => verification::json(&report, &mut session.out)?,
        Format::Human => {
            verification::human(&report, session.terminal.style, session.terminal.quiet, &mut session.out)?;
        }
    }
    let is_enough = match report.verdict {
        Verdict::Verified => true,
        Verdict::Partial => args.partial,
        Verdict::Failed => false,
    };
    if !is_enough {
        if report.verdict == Verdict::Partial {
            session.note("note: that is not enough; `--partial` is content with what is here");
        }
        return Ok(Outcome::Failed);
    }
    if let Some(directory) = &args.export {
        let exported = export(&*snapshot, &report, directory)?;
        session.note(&format!(
            "exported {} ({}) to {}",
            counted(exported.files, "file"),
            size(exported.bytes),
            directory.display()
        ));
    }
    Ok(Outcome::Done)
}

/// Whom the flags name; where they name nobody, whom the user trusts anyway. Never whom the repository names.
fn trust(args: &Args, store: Option<&Store>) -> Result<Trust, Failure> {
    let is_standing = args.key.is_empty() && args.allowed_signers.is_none();
    let mut trust = if is_standing { trusted::default_trust(store)? } else { Trust::none() };
    for file in &args.key {
        let text = inputs::key_text(file)?;
        if text.contains("PRIVATE KEY-----") {
            return Err(Failure::new(format!("`{}` is a private key", file.display()))
                .help("name the public key; whoever verifies should not have the other"));
        }
        let key = Trust::of_key_text(&text).map_err(|error| Failure::new(format!("`{}`: {error}", file.display())))?;
        trust = trust.merge(key);
    }
    if let Some(file) = &args.allowed_signers {
        trust = trust.merge(inputs::allowed_signers(file)?);
    }
    if let Some(who) = &args.identity {
        trust = trust.with_identity(who.clone());
    }
    for file in &args.revoked {
        trust = trust.revoke(inputs::revocations(file)?);
    }
    Ok(if args.require_user_verification { trust.require_user_verification() } else { trust })
}

/// RFC 3339, a day (its start in UTC), or the digits that `ssh-keygen -O verify-time` takes.
fn time(text: &str) -> Result<jiff::Timestamp, Failure> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    if let Ok(day) = text.parse::<jiff::civil::Date>() {
        return Ok(TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0))?);
    }
    crate::sign::trust::parse_time(text, &environment::time_zone()).map_err(|_| {
        Failure::new(format!("`--verify-time {text}` is no time")).help("expected 2026-11-22T00:00:00Z or 20261122Z")
    })
}
