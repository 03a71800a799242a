//! Which signers the user trusts when no flag names any, and asking whether to trust one more.

use super::{Failure, environment, eprint_line, inputs, terminal};
use crate::git;
use crate::report::shown;
use crate::sign::{SshPublicKey, Status, Trust};
use crate::trust_store::Store;
use crate::verify::{Reason, Report};

/// Returns the signers that `verify` and `pre-push` trust by default: those of the user's trust store, and of the file
/// that `openness.allowedSigners` names, or if that is not set `gpg.ssh.allowedSignersFile`; without the keys that
/// `gpg.ssh.revocationFile` revokes.
///
/// Only the Git settings of the user and the system count: a repository does not decide who may sign for it.
pub(super) fn default_trust(store: Option<&Store>) -> Result<Trust, Failure> {
    let mut trust = store.map_or_else(|| Ok(Trust::none()), |store| store.trust(&environment::time_zone()))?;
    for key in ["openness.allowedSigners", "gpg.ssh.allowedSignersFile"] {
        let Some(file) = git::user_path_setting(key)? else { continue };
        trust = trust.merge(inputs::allowed_signers(&file).map_err(|failure| {
            failure.help(format!("your Git setting `{key}` names this file; `--allowed-signers` can name another"))
        })?);
        break;
    }
    Ok(match git::user_path_setting("gpg.ssh.revocationFile")? {
        Some(file) => trust.revoke(inputs::revocations(&file)?),
        None => trust,
    })
}

/// Trust on first use: if the only problem is an unknown key, and the model is not pinned, shows each key and asks
/// whether to pin it. Returns whether a key was pinned.
pub(super) fn ask_to_pin(store: &Store, report: &Report) -> Result<bool, Failure> {
    let Some(statement) = report.statement() else { return Ok(false) };
    if !report.reasons().iter().eq([&Reason::UntrustedKey]) || !report.alarms().is_empty() {
        return Ok(false);
    }
    let model = &statement.predicate.model;
    let mut keys: Vec<&str> = report
        .signatures()
        .iter()
        .filter(|signature| signature.status == Status::Untrusted)
        .filter_map(|signature| signature.public_key.as_deref())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let mut pinned = false;
    for key in keys {
        eprint_line(&format!(
            "You have no key for {} by {}. This copy is signed with\n  {}\nCompare this fingerprint with one that you \
             obtained through a separate channel; anyone can sign under this name.",
            shown(&model.name),
            shown(&model.producer),
            SshPublicKey::parse(key)?.fingerprint()
        ));
        if terminal::confirm("Trust this key for this model from now on?") {
            let mut result = Ok(false);
            store.change_pins(|pins| result = pins.pin(&model.producer, &model.name, key))?;
            result?;
            pinned = true;
        }
    }
    Ok(pinned)
}
