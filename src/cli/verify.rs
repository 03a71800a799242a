//! `openness verify`.

mod kept;
mod parts;

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::Timestamp;

use super::evidence::EvidenceArgs;
use super::oms::{self, OmsArgs};
use super::output_args::OutputArgs;
use super::progress::Progress;
use super::source_args::SourceArgs;
use super::{Failure, Format, Outcome, Session, cache, dirs, hashing, inputs, terminal, time, trusted};
use crate::ancestry::{self, Ancestor};
use crate::artifacts::glob::Glob;
use crate::files::{Files, OPENNESS_DIR};
use crate::finding::summarize_list;
use crate::manifest::FILE_NAME;
use crate::oms::Signers;
use crate::path::RepoPath;
use crate::policy::Policy;
use crate::quote;
use crate::report::{counted, human, json, shown, size};
use crate::sign::revoked::MAX_REVOCATION_BYTES;
use crate::sign::{Revocations, Status, Trust};
use crate::snapshot::Snapshot;
use crate::trust_store::{Pins, ReleaseHistory, Store};
use crate::verify::{
    FileRange, RangeError, Reason, Report, Requirements, SignatureFile, SignatureKind, Verdict, verify, verify_ranges,
    verify_signers_again,
};
use crate::{atomic, tlog};

/// Verify who signed a release, that its files are as signed, and that its claims hold
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: SourceArgs,
    /// Trust this public key: OpenSSH line or PEM, Ed25519 or, for OpenSSF Model Signing, ECDSA. With this or --allowed-signers, no other keys are trusted
    #[arg(long, value_name = "PUBFILE", help_heading = "Trust")]
    key: Vec<PathBuf>,
    /// Trust the keys in this OpenSSH allowed_signers file. Default: the keys added with `openness key trust`, and those in the
    /// file that your Git setting openness.allowedSigners names, or else gpg.ssh.allowedSignersFile; only your own and the
    /// system's settings are used, never the repository's
    #[arg(long, value_name = "FILE", help_heading = "Trust")]
    allowed_signers: Option<PathBuf>,
    /// Require a signature by this principal of the allowed_signers file, or with a certificate of exactly this subject or
    /// alternative name (see --root and --trusted-root)
    #[arg(long, value_name = "WHO", help_heading = "Trust")]
    identity: Option<String>,
    /// Refuse the keys in this OpenSSH revocation list, list of public keys, PEM file of keys or certificates, or list of
    /// fingerprints (SHA-256 in hex) of either, and every certificate of such a key
    #[arg(long, value_name = "FILE", help_heading = "Trust")]
    revoked: Vec<PathBuf>,
    /// Trust signatures by FIDO keys only if a PIN or fingerprint was required; a touch is always required
    #[arg(long, help_heading = "Trust")]
    require_user_verification: bool,
    /// Succeed even if some signed files are missing
    #[arg(long, help_heading = "Requirements")]
    partial: bool,
    /// Ignore unsigned files that match this pattern
    #[arg(long, value_name = "GLOB", help_heading = "Requirements")]
    allow_unsigned: Vec<String>,
    /// Accept texts in which every LF became CRLF, as Git writes them on Windows, and count them separately. Scripts, programs
    /// and files that run code when they are loaded are never accepted like that
    #[arg(long, help_heading = "Requirements")]
    allow_crlf: bool,
    /// Check the signed digest of every whole file. By default, all cores check a large file by the signed digests of its blocks
    /// where it has them, and the result says so
    #[arg(long, help_heading = "Requirements")]
    full: bool,
    /// Check only these bytes of a file, END excluded, and the blocks that they are in; can be repeated. Succeed if they are as
    /// signed, whatever the rest is
    #[arg(long, value_name = "FILE:START-END", value_parser = parts::file_range, conflicts_with = "export", help_heading = "Requirements")]
    range: Vec<FileRange>,
    /// Check keys and statement as of this time; a date means its start in UTC [default: now]
    #[arg(long, value_name = "TIME", help_heading = "Requirements")]
    verify_time: Option<String>,
    /// Also enforce the policy in this TOML file: signers, verdicts, file formats …
    #[arg(long, value_name = "FILE", help_heading = "Requirements")]
    policy: Option<PathBuf>,
    /// Refuse a release whose sequence number is below N or missing
    #[arg(long, value_name = "N", help_heading = "Requirements")]
    require_sequence: Option<u64>,
    /// Compare the release with the last one of the same model that was verified, and remember this one. Default unless --key
    /// or --allowed-signers is given, so that with them the result depends only on the arguments
    #[arg(long, alias = "memory", conflicts_with = "no_track_releases", help_heading = "History and cache")]
    track_releases: bool,
    /// Do not compare the release with the last one that was verified, and do not remember it
    #[arg(long, alias = "no-memory", help_heading = "History and cache")]
    no_track_releases: bool,
    /// Reuse cached digests of files that have not changed; the verdict then says so. Anyone who can write to your cache
    /// directory can falsify it
    #[arg(long, overrides_with = "no_cache", help_heading = "History and cache")]
    cache: bool,
    /// Hash every file [default]
    #[arg(long, overrides_with = "cache", help_heading = "History and cache")]
    no_cache: bool,
    /// Look for the statements of bases in this directory of a signed release too
    #[arg(long, value_name = "DIR")]
    base: Vec<PathBuf>,
    /// Copy the verified files to DIR, hashing them again on the way; DIR must not exist or must be empty, and not be in the release
    /// itself
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
    /// First replace files that are absent or not as signed: what is damaged is read from this copy, a directory or a file, which
    /// need not be trusted. Then verify
    #[arg(long, value_name = "SOURCE", conflicts_with_all = ["range", "rev", "staged"])]
    repair_from: Option<PathBuf>,
    /// Print the result in this format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Also write what the manifest declares to this file, as `show --format json` prints it, if the manifest is as signed
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
    /// With --export: run this command after the copy is made, print the result on standard error, and end with the command's
    /// status; run nothing unless the whole release is verified, so not with --partial
    #[arg(last = true, value_name = "COMMAND", requires = "export", conflicts_with_all = ["output", "partial"])]
    command: Vec<OsString>,
    #[command(flatten)]
    output: OutputArgs,
    // Last, because their headings apply to all options that follow.
    #[command(flatten)]
    oms: OmsArgs,
    #[command(flatten)]
    evidence: EvidenceArgs,
}

/// Everything that arguments and the user's own files say about what is required.
struct Inputs {
    trust: Trust,
    signers: Signers,
    signature_files: Vec<SignatureFile>,
    /// The name of the file, if a single one is verified.
    single_file: Option<RepoPath>,
    required: Vec<SignatureKind>,
    at: Timestamp,
    allow_unsigned: Vec<Glob>,
    policy: Option<Policy>,
    logs: Option<tlog::Policy>,
    store: Option<Store>,
    /// The keys pinned in the store; `None` if the arguments say which keys to trust.
    pins: Option<Pins>,
    /// The last release of each model; `None` if releases are not tracked.
    history: Option<ReleaseHistory>,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    args.output.redirect(session);
    if args.place.is_stdin() {
        return Err(Failure::new("`-` cannot be verified").help("name the directory that holds the release"));
    }
    if let Some(directory) = &args.export {
        parts::refuse_within(directory, &args.place)?;
    }
    let inputs = Inputs::read(&args, session)?;
    if args.place.is_file() && inputs.signature_files.is_empty() {
        return Err(no_release(args.place.directory()));
    }
    if let Some(source) = &args.repair_from {
        parts::repair_from(source, &args, &inputs, session)?;
    }
    let files = match args.place.is_file() {
        true => Snapshot::of_file(args.place.directory())?,
        false => args.place.everything(inputs.trust.key_ids())?,
    };
    let cache = if args.cache && !args.no_cache { cache::digests(&files) } else { None };
    let requirements = args.evidence.add_to(inputs.requirements(&args), &files, &args.place)?.cache(cache.as_ref());
    let progress = Progress::new(&session.terminal, "verifying", None);
    let report = match args.range.as_slice() {
        [] => verify(&files, &requirements, &|bytes| progress.advance(bytes))?,
        ranges => {
            verify_ranges(&files, &requirements, ranges, &|bytes| progress.advance(bytes)).map_err(range_failure)?
        }
    };
    drop(progress);
    let links = links(&args, &files, &requirements, &report)?;
    let report = ancestry::check_policy_again(&files, &requirements, &links, report)?;
    let bases = ancestry::facts(&links);
    let report = inputs.ask_to_pin(&args, &files, &requirements.bases(&bases), report)?;
    let (report, exported) = parts::export_verified(&args, &files, report);
    inputs.remember(&report, &files, session);
    add_notes(&args, &files, &report, session);
    if let Some(file) = &args.facts {
        parts::write_facts(file, &report)?;
    }
    match args.format {
        Format::Json => json::ancestry::write(&report, &links, &mut session.out.document())?,
        Format::Human => {
            human::verify::write(&report, session.terminal.style, session.terminal.quiet, &mut session.out)?;
            if !session.terminal.quiet {
                human::ancestry::write(&links, session.terminal.style, &mut session.out)?;
            }
        }
    }
    if let (Some(exported), Some(directory)) = (exported, &args.export) {
        let exported = exported?;
        let files = counted(exported.files, "file");
        session.note(&format!("exported {files} ({}) to {}", size(exported.bytes), directory.display()));
    }
    let release = if args.is_partial_enough() { report.partially_verified() } else { report.verified() };
    match release {
        Ok(_) => match args.command.split_first() {
            None => Ok(Outcome::Done),
            Some((program, arguments)) => run_command(program, arguments, session),
        },
        Err(report) => {
            if report.verdict() == Verdict::Partial {
                session.note("note: this is not enough unless `--partial` is given");
            }
            Ok(if inputs.allow_unsigned_model(&args, &report, session) { Outcome::Done } else { Outcome::Failed })
        }
    }
}

/// Returns what to do instead of verifying a file without naming its signature.
fn no_release(file: &Path) -> Failure {
    let directory = file.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let is_own = |path: &&Path| path.iter().any(|name| *name == *OPENNESS_DIR);
    let release = match directory.ancestors().find(is_own) {
        Some(_) => directory.ancestors().find(|path| !is_own(path)).unwrap_or(directory),
        None => directory,
    };
    let release = if release.as_os_str().is_empty() { Path::new(".") } else { release };
    Failure::new(format!("`{}` is a file, and no signature of it is named", file.display())).help(format!(
        "to verify a release, name its directory: `{}`; name the signature of a single file with `--signature`",
        release.display()
    ))
}

fn range_failure(error: RangeError) -> Failure {
    match error {
        RangeError::Files(error) => error.into(),
        RangeError::NotListed(_) => {
            Failure::from(error).help("name a file by its path within the release, as it was signed")
        }
        error => Failure::from(error).help("END is the first byte after the range, at most the size of the file"),
    }
}

/// Follows the bases to their statements, also in the directories that the arguments name, and among the releases that the user
/// verified before.
fn links(
    args: &Args,
    files: &Snapshot,
    requirements: &Requirements<'_>,
    report: &Report,
) -> Result<Vec<Ancestor>, Failure> {
    let stores: Vec<Snapshot> =
        args.base.iter().map(|directory| Snapshot::of_directory(directory)).collect::<Result<_, _>>()?;
    let is_named = args.tracks_releases() && report.manifest().is_some_and(ancestry::names_statement);
    let kept = if is_named { kept::store() } else { None };
    let stores: Vec<&dyn Files> = stores.iter().chain(&kept).map(|store| -> &dyn Files { store }).collect();
    Ok(ancestry::links(files, &stores, requirements, report))
}

/// Runs a command in place of this program, which then cannot change anything that was checked.
fn run_command(program: &OsStr, arguments: &[OsString], session: &mut Session) -> Result<Outcome, Failure> {
    // Standard output is the command's.
    std::io::stderr().lock().write_all(&session.out.take())?;
    let mut command = Command::new(program);
    command.args(arguments);
    #[cfg(unix)]
    let error = std::os::unix::process::CommandExt::exec(&mut command);
    #[cfg(not(unix))]
    let error = match command.status() {
        Ok(status) => return Ok(Outcome::Status(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))),
        Err(error) => error,
    };
    Err(Failure::caused_by(format!("cannot run `{}`", program.display()), error))
}

impl Args {
    /// Returns whether the user's own trust settings are used, because no argument names a trusted key.
    fn uses_default_trust(&self) -> bool {
        self.key.is_empty() && self.allowed_signers.is_none() && !self.oms.names_roots()
    }

    /// Returns whether a release of which not everything was verified is good enough.
    fn is_partial_enough(&self) -> bool {
        self.partial || !self.range.is_empty()
    }

    fn tracks_releases(&self) -> bool {
        !self.no_track_releases && (self.uses_default_trust() || self.track_releases)
    }
}

impl Inputs {
    fn read(args: &Args, session: &Session) -> Result<Self, Failure> {
        let store = dirs::store();
        if args.track_releases && store.is_none() {
            return Err(dirs::no_config_dir());
        }
        let default_store = store.as_ref().filter(|_| args.uses_default_trust());
        let parse = |glob: &String| {
            glob.parse::<Glob>().map_err(|error| Failure::caused_by(format!("`--allow-unsigned {glob}`"), error))
        };
        let policy = args.policy.as_deref().map(inputs::policy).transpose()?;
        let certified = args.oms.signers(args.identity.as_deref(), policy.as_ref(), session)?;
        let (trust, signers) = trust(args, certified, default_store)?;
        let at = args.verify_time.as_deref().map_or_else(|| Ok(session.now), time::parse)?;
        let signers = signers.merge(Signers::of_trust(&trust, at)).revoke_by(&trust);
        Ok(Self {
            trust,
            signers,
            signature_files: args.oms.files(args.place.directory())?,
            single_file: args.place.single_file(),
            required: args.oms.required(),
            at,
            allow_unsigned: args.allow_unsigned.iter().map(parse).collect::<Result<_, _>>()?,
            policy,
            logs: args.evidence.logs()?,
            history: match store.as_ref().filter(|_| args.tracks_releases()) {
                Some(store) => Some(
                    store
                        .history()
                        .map_err(|error| Failure::from(error).help("`--no-track-releases` does without it"))?,
                ),
                None => None,
            },
            pins: default_store.map(Store::pins).transpose()?,
            store,
        })
    }

    fn requirements<'a>(&'a self, args: &'a Args) -> Requirements<'a> {
        Requirements::new(&self.trust, self.at)
            .identity(args.identity.as_deref())
            .allow_unsigned(&self.allow_unsigned)
            .allow_crlf(args.allow_crlf)
            .whole_digests(args.full)
            .pins(self.pins.as_ref())
            .history(self.history.as_ref())
            .least_sequence(args.require_sequence)
            .logs(self.logs.as_ref())
            .policy(self.policy.as_ref())
            .oms(&self.signers)
            .signature_files(&self.signature_files)
            .single_file(self.single_file.as_ref())
            .require_signatures(&self.required)
            .threads(hashing::threads())
    }

    /// Returns whether the policy lets a model be unsigned, and says so. Nothing is exported or run then.
    fn allow_unsigned_model(&self, args: &Args, report: &Report, session: &Session) -> bool {
        let only_unsigned = report.signatures().is_empty()
            && report.oms().is_empty()
            && report.alarms().is_empty()
            && report.reasons().contains(&Reason::Unsigned)
            && report.reasons().iter().all(|reason| matches!(reason, Reason::Unsigned | Reason::Policy));
        let directory = args.place.directory().canonicalize().ok();
        let name = directory.as_deref().and_then(|path| path.file_name()?.to_str());
        let is_listed = |policy: &Policy| name.is_some_and(|name| policy.allows_unsigned(name));
        if !only_unsigned || !self.required.is_empty() || !self.policy.as_ref().is_some_and(is_listed) {
            return false;
        }
        let name = shown(name.unwrap_or_default());
        if args.export.is_some() {
            session.note(&format!("note: the policy lets `{name}` be unsigned, but only what is verified is exported"));
            return false;
        }
        session.note(&format!(
            "note: the policy lets `{name}` be unsigned (`unsigned`), so nothing about it was verified"
        ));
        true
    }

    /// Asks whether to pin an unknown key to the model, if there is someone to ask and nothing else stands against the
    /// release. Returns the report by the answer.
    fn ask_to_pin(
        &self,
        args: &Args,
        files: &Snapshot,
        requirements: &Requirements<'_>,
        report: Report,
    ) -> Result<Report, Failure> {
        let (Some(store), Some(pins)) = (&self.store, &self.pins) else { return Ok(report) };
        if args.identity.is_some() || args.format != Format::Human || !terminal::can_ask() {
            return Ok(report);
        }
        let Some(candidates) = trusted::Candidates::of(&report, pins)? else { return Ok(report) };
        // What the report would be with a "yes" to each question.
        let with_all = requirements.clone().pins(candidates.pins());
        let report = verify_signers_again(files, &with_all, report)?;
        let would_do = match report.verdict() {
            Verdict::Verified => true,
            Verdict::Partial => args.is_partial_enough(),
            Verdict::Failed => false,
        };
        if would_do && candidates.ask(store)? {
            let pins = store.pins()?;
            return Ok(verify_signers_again(files, &requirements.clone().pins(&pins), report)?);
        }
        Ok(verify_signers_again(files, requirements, report)?)
    }

    /// Remembers a verified release, so that an older one is noticed later.
    fn remember(&self, report: &Report, files: &Snapshot, session: &Session) {
        let (Some(store), Some(_), Verdict::Verified) = (&self.store, &self.history, report.verdict()) else { return };
        let (Some(statement), Some(digest)) = (report.statement(), report.statement_digest()) else { return };
        // A failure does not change the result; only the next comparison has less to go by.
        if let Err(error) = store.change_history(|history| history.record(statement, digest, session.now)) {
            session.note(&format!("note: this release was not remembered: {}", Failure::from(error)));
        }
        kept::keep(files, session);
    }
}

fn add_notes(args: &Args, files: &Snapshot, report: &Report, session: &Session) {
    let is_bare = report.signatures().is_empty() && files.openness_files().is_empty();
    if is_bare && files.entries().iter().all(|entry| entry.path.as_str() != FILE_NAME) {
        let below = files.entries().iter().filter(|entry| entry.path.is_named(FILE_NAME));
        let below: Vec<RepoPath> = below.filter_map(|entry| entry.path.directory()).collect();
        if !below.is_empty() {
            session.note(&format!("note: name a directory with a manifest: {}", summarize_list(below.iter())));
        }
    }
    let is_unknown = report.alarms().is_empty()
        && report.reasons().contains(&Reason::UntrustedKey)
        && report.signatures().iter().any(|signature| signature.status == Status::Untrusted);
    if args.uses_default_trust() && is_unknown {
        session.note(
            "note: `openness key trust add WHO PUBFILE` trusts a signer; obtain the key through a separate channel",
        );
    }
    let mut unsigned = report.files().unsigned.iter();
    if let Some(path) = unsigned.find(|path| path.components().next().is_some_and(atomic::is_leftover)) {
        session.note(&format!("note: `{path}` is a leftover of an interrupted run; delete it or run `sign` again"));
    }
    let absent = &report.files().absent;
    let sparse = if absent.is_empty() || args.place.rev.is_some() { Vec::new() } else { args.place.left_out() };
    let left_out = absent.iter().filter(|path| sparse.binary_search(path).is_ok()).count();
    if report.signatures().is_empty()
        && args.place.rev.is_none()
        && args.place.left_out().iter().any(|path| path.is_within(OPENNESS_DIR))
    {
        session.note(
            "note: the sparse checkout of this repository leaves out `.openness/`; `git sparse-checkout add .openness` brings \
             it back",
        );
    }
    if left_out > 0 {
        let files = if absent.len() == 1 { "absent file" } else { "absent files" };
        session.note(&format!(
            "note: the sparse checkout of this repository leaves out {left_out} of {} {files}; `git sparse-checkout disable` \
             brings them back",
            absent.len()
        ));
    }
    if let (Format::Human, Some(file), []) = (args.format, &args.policy, report.unmet()) {
        let name = file.display().to_string();
        session.note(&format!("note: all requirements of `{}` are met", shown(&name)));
    }
}

/// Returns the keys that the arguments name; if they name none, the keys that the user trusts by default. Never keys that the
/// repository names. ECDSA keys are for bundles of OpenSSF Model Signing.
///
/// `signers` are those that certificates and trusted roots stand behind.
fn trust(args: &Args, mut signers: Signers, store: Option<&Store>) -> Result<(Trust, Signers), Failure> {
    let mut trust = if args.uses_default_trust() { trusted::default_trust(store)? } else { Trust::none() };
    for file in &args.key {
        let text = inputs::public_key_text(
            file,
            "name the public key; the private key should stay with the signer",
            &format!("trust its signers with `--allowed-signers {}`", quote::word(&file.to_string_lossy())),
        )?;
        if let Some(key) = oms::key(&text, file)? {
            signers = signers.merge(Signers::of_keys([key]));
            continue;
        }
        let key = Trust::of_key_text(&text).map_err(|error| oms::not_a_key(&text, file, error))?;
        trust = trust.merge(key);
    }
    if let Some(file) = &args.allowed_signers {
        trust = trust.merge(inputs::allowed_signers_of_flag(file)?);
    }
    for file in &args.revoked {
        let bytes = inputs::read_bounded(file, MAX_REVOCATION_BYTES)?;
        match std::str::from_utf8(&bytes).ok().and_then(crate::oms::revoked_fingerprints) {
            Some(fingerprints) => {
                signers = fingerprints.iter().fold(signers, |signers, id| signers.revoke(id));
                trust = trust.revoke(Revocations::of_ids(fingerprints));
            }
            None => trust = trust.revoke(oms::revocations(&bytes, file)?),
        }
    }
    Ok((if args.require_user_verification { trust.require_user_verification() } else { trust }, signers))
}
