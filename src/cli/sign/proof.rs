//! `openness sign --tlog-proof`: stores the proof of a transparency log next to the signature that it proves.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use crate::atomic;
use crate::beneath::read_regular;
use crate::cli::logs::LogArgs;
use crate::cli::source_args::SourceArgs;
use crate::cli::{Failure, Outcome, Session, inputs};
use crate::files::OPENNESS_DIR;
use crate::path::RepoPath;
use crate::release::{PROOF_ENDING, SIGNATURES_DIR, SSHSIG_ENDING};
use crate::report::shown;
use crate::sign::sshsig;
use crate::tlog::proof::MAX_PROOF_BYTES;
use crate::tlog::{self, Proof, ProofStatus};

/// The largest signature file that is compared with the proof; those of this program have a few kilobytes.
const MAX_SIGNATURE_BYTES: u64 = 1 << 20;

pub(super) fn attach(
    file: &Path,
    source: &SourceArgs,
    logs: &LogArgs,
    session: &mut Session,
) -> Result<Outcome, Failure> {
    let policy = logs.policy()?;
    let bytes = inputs::read_bounded(file, MAX_PROOF_BYTES)?;
    let proof = Proof::read(&bytes).map_err(|error| Failure::caused_by(format!("`{}`", file.display()), error))?;
    let home = source.directory().join(OPENNESS_DIR);
    let Some((stem, entry)) = find_signature(&proof, &home.join(SIGNATURES_DIR))? else {
        return Err(Failure::new(format!(
            "the proof `{}` does not match any signature in `{}`",
            file.display(),
            home.display()
        ))
        .help("the log entry must be the present signature itself: `sed '1d;$d' KEY.sshsig | base64 -d`"));
    };
    let checked = tlog::verify(&proof, &entry, policy.as_ref(), session.now);
    if !matches!(checked.status, ProofStatus::Good | ProofStatus::Unchecked) {
        writeln!(session.out, "not attached: {}", shown(&checked.reason))?;
        return Ok(Outcome::Failed);
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
    if checked.status == ProofStatus::Unchecked {
        session.note("note: the log's own signature was not checked; pass `--log VKEY` to check it");
    }
    session.note(&format!("wrote {}", name.below(&home).display()));
    Ok(Outcome::Done)
}

/// Returns the signature that the proof is about: its file name without the ending, and its entry in the log.
fn find_signature(proof: &Proof, directory: &Path) -> Result<Option<(String, Vec<u8>)>, Failure> {
    let cannot_read = |error: io::Error| Failure::caused_by(format!("cannot read `{}`", directory.display()), error);
    let unsigned = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Failure::new(format!("there are no signatures in `{}`", directory.display()))
            .help("sign with `openness sign`, then submit the signature to a log, which returns the proof"),
        _ => cannot_read(error),
    };
    for entry in fs::read_dir(directory).map_err(unsigned)? {
        let path = entry.map_err(cannot_read)?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(stem) = name.and_then(|name| name.strip_suffix(SSHSIG_ENDING)) else { continue };
        if let Ok(entry) = sshsig::blob(
            &read_regular(directory, &format!("{stem}{SSHSIG_ENDING}"), MAX_SIGNATURE_BYTES).map_err(cannot_read)?,
        ) && proof.is_of(&entry)
        {
            return Ok(Some((stem.to_owned(), entry)));
        }
    }
    Ok(None)
}
