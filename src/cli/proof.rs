//! `openness sign --tlog-proof`: puts the proof of a transparency log beside the signature that it is of.

use std::io::Write as _;
use std::path::Path;

use super::logs::{self, LogArgs};
use super::place::SourceArgs;
use super::{Failure, Outcome, Session};
use crate::atomic;
use crate::files::OPENNESS_DIR;
use crate::path::RepoPath;
use crate::release::{PROOF_ENDING, SIGNATURES_DIR, SSHSIG_ENDING};
use crate::report::shown;
use crate::sign::sshsig;
use crate::tlog::{self, Proof, ProofStatus};

/// The largest signature file that is compared with the proof; ours are below a few kilobytes.
const MAX_SIGNATURE_BYTES: u64 = 1 << 20;

pub(super) fn attach(
    file: &Path,
    place: &SourceArgs,
    logs: &LogArgs,
    session: &mut Session,
) -> Result<Outcome, Failure> {
    let policy = logs.policy()?;
    let bytes = logs::read(file)?;
    let proof = Proof::read(&bytes).map_err(|error| Failure::new(format!("`{}`: {error}", file.display())))?;
    let home = place.directory().join(OPENNESS_DIR);
    let Some((stem, entry)) = signature_of(&proof, &home.join(SIGNATURES_DIR))? else {
        return Err(Failure::new(format!("`{}` is the proof of no signature in `{}`", file.display(), home.display()))
            .help(
                "what is logged has to be the signature itself: `sed '1d;$d' KEY.sshsig | base64 -d`, of the signature \
                 that is there now",
            ));
    };
    let judgement = tlog::verify(&proof, &entry, policy.as_ref(), jiff::Timestamp::now());
    if !matches!(judgement.status, ProofStatus::Good | ProofStatus::Unchecked) {
        writeln!(session.out, "not attached: {}", shown(&judgement.reason))?;
        return Ok(Outcome::Against);
    }
    let name: RepoPath = format!("{SIGNATURES_DIR}/{stem}{PROOF_ENDING}").parse()?;
    atomic::write_all(&home, &[(name.clone(), bytes.as_slice())], &[])?;
    writeln!(
        session.out,
        "attached to {stem}{SSHSIG_ENDING}: {}, entry {} of {}",
        shown(&proof.checkpoint.origin),
        proof.index,
        proof.checkpoint.size
    )?;
    if judgement.status == ProofStatus::Unchecked {
        session.note("note: nobody vouches for that yet; with `--log VKEY` the log's signature is verified too");
    }
    session.note(&format!("wrote {}", name.below(&home).display()));
    Ok(Outcome::Done)
}

/// The signature that the proof leads from: its name without the ending, and the entry that it is in the log.
fn signature_of(proof: &Proof, directory: &Path) -> Result<Option<(String, Vec<u8>)>, Failure> {
    use std::io::Read as _;
    let cannot = |error: std::io::Error| Failure::new(format!("cannot read `{}`: {error}", directory.display()));
    let unsigned = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Failure::new(format!("there is no signature in `{}`", directory.display()))
            .help("`openness sign` makes one; a log then takes it in and gives the proof"),
        _ => cannot(error),
    };
    for entry in std::fs::read_dir(directory).map_err(unsigned)? {
        let path = entry.map_err(cannot)?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(stem) = name.and_then(|name| name.strip_suffix(SSHSIG_ENDING)) else { continue };
        let mut armour = Vec::new();
        std::fs::File::open(&path)
            .map_err(cannot)?
            .take(MAX_SIGNATURE_BYTES)
            .read_to_end(&mut armour)
            .map_err(cannot)?;
        if let Ok(entry) = sshsig::blob(&armour)
            && proof.is_of(&entry)
        {
            return Ok(Some((stem.to_owned(), entry)));
        }
    }
    Ok(None)
}
