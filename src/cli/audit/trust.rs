//! Whom an audit trusts, as texts for its workers.

use std::path::{Path, PathBuf};

use super::super::{Failure, dirs, environment, inputs};
use crate::audit::{Auditor, Document, Settings};
use crate::git;
use crate::quote;
use crate::sign::keyfile;
use crate::sign::revoked::MAX_REVOCATION_BYTES;

/// The largest list of signers or file of certificates that is read, in bytes.
const MAX_BYTES: usize = 32 << 20;

/// Flags about trust; they mean what they mean for `verify`
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Trust")]
pub(super) struct TrustArgs {
    /// Trust this public key: OpenSSH line or PEM, Ed25519 or, for OpenSSF Model Signing, ECDSA. With this, --allowed-signers or
    /// --root, no other keys are trusted
    #[arg(long, value_name = "PUBFILE")]
    key: Vec<PathBuf>,
    /// Trust the keys in this OpenSSH allowed_signers file. Default: as for `verify`, but no key is trusted because it is
    /// pinned, and releases are not tracked
    #[arg(long, value_name = "FILE")]
    allowed_signers: Option<PathBuf>,
    /// Trust signers of OpenSSF Model Signing whose certificates have a chain to one of those in this PEM file
    #[arg(long, value_name = "FILE")]
    root: Vec<PathBuf>,
    /// Require a signature by this principal of the allowed_signers file
    #[arg(long, value_name = "WHO")]
    identity: Option<String>,
    /// Refuse the keys in this OpenSSH revocation list, list of public keys, or list of fingerprints (SHA-256 in hex)
    #[arg(long, value_name = "FILE")]
    revoked: Vec<PathBuf>,
}

impl TrustArgs {
    /// Adds whom the arguments trust, or else whom the user trusts by default, and checks that all of it can be used.
    pub(super) fn add_to(&self, settings: &mut Settings) -> Result<(), Failure> {
        settings.time_zone = environment::time_zone().iana_name().map(str::to_owned);
        settings.identity.clone_from(&self.identity);
        if self.key.is_empty() && self.allowed_signers.is_none() && self.root.is_empty() {
            add_default(settings)?;
        }
        for file in &self.key {
            let text = inputs::public_key_text(
                file,
                "name the public key; the private key should stay with the signer",
                &format!("trust its signers with `--allowed-signers {}`", quote::word(&file.to_string_lossy())),
            )?;
            settings.keys.push(Document::new(file.display().to_string(), text));
        }
        if let Some(file) = &self.allowed_signers {
            // For its advice about files of another kind.
            inputs::allowed_signers_of_flag(file)?;
            settings.allowed_signers.push(read(file)?);
        }
        for file in &self.root {
            let document = read(file)?;
            if inputs::is_private(&document.text) {
                return Err(Failure::new(format!("`{}` is a private key", file.display()))
                    .help("name a certificate; the private key should stay with the signer"));
            }
            settings.roots.push(document);
        }
        for file in &self.revoked {
            settings.revoked.push(read_revoked(file)?);
        }
        Auditor::new(settings.clone())?;
        Ok(())
    }
}

/// Adds the signers that the user trusts by default; see `trusted::default_trust`.
fn add_default(settings: &mut Settings) -> Result<(), Failure> {
    if let Some(store) = dirs::store() {
        // Refuses a list that others can write.
        store.trust(&environment::time_zone())?;
        let file = store.signers_file();
        if file.exists() {
            settings.allowed_signers.push(read(&file)?);
        }
    }
    for key in ["openness.allowedSigners", "gpg.ssh.allowedSignersFile"] {
        let Some(file) = git::user_path_setting(key)? else { continue };
        inputs::allowed_signers(&file).map_err(|failure| {
            failure.help(format!("your Git setting `{key}` names this file; `--allowed-signers` can name another"))
        })?;
        settings.allowed_signers.push(read(&file)?);
        break;
    }
    if let Some(file) = git::user_path_setting("gpg.ssh.revocationFile")? {
        settings.revoked.push(read_revoked(&file)?);
    }
    Ok(())
}

fn read(file: &Path) -> Result<Document, Failure> {
    Ok(Document::new(file.display().to_string(), inputs::read_text(file, MAX_BYTES.max(keyfile::MAX_KEY_FILE_BYTES))?))
}

fn read_revoked(file: &Path) -> Result<Document, Failure> {
    Ok(Document::of_bytes(file.display().to_string(), &inputs::read_bounded(file, MAX_REVOCATION_BYTES)?))
}
