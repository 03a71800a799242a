//! Which signers the user trusts when no flag names any, and asking whether to trust one more.

use super::{Failure, environment, eprint_text, inputs, terminal};
use crate::git;
use crate::report::shown;
use crate::sign::{SshPublicKey, Status, Trust};
use crate::statement::ModelFacts;
use crate::trust_store::{Pins, Store};
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

/// Trust on first use: the keys that may be pinned to a model that is not pinned yet.
#[derive(Debug)]
pub(super) struct Candidates {
    model: ModelFacts,
    /// Lines of public key files.
    keys: Vec<String>,
    /// The user's pins and these.
    pins: Pins,
}

impl Candidates {
    /// Returns the unknown keys that made intact signatures, or `None` if there are none, or if the report gives another
    /// reason not to ask: an alarm, or a model that is pinned.
    pub(super) fn of(report: &Report, pins: &Pins) -> Result<Option<Self>, Failure> {
        let Some(statement) = report.statement() else { return Ok(None) };
        let model = statement.predicate.model.clone();
        if !report.reasons().contains(&Reason::UntrustedKey)
            || !report.alarms().is_empty()
            || pins.find(&model).is_some()
        {
            return Ok(None);
        }
        let signatures = report.signatures().iter();
        let unknown = signatures.filter(|signature| signature.status == Status::Untrusted);
        let mut keys: Vec<String> = unknown.filter_map(|signature| signature.public_key.clone()).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut pins = pins.clone();
        for key in &keys {
            pins.pin(&model.producer, &model.name, key)?;
        }
        Ok((!keys.is_empty()).then_some(Self { model, keys, pins }))
    }

    /// Returns the user's pins, and in addition those that all answers could make.
    pub(super) fn pins(&self) -> &Pins {
        &self.pins
    }

    /// Shows each key, asks whether to pin it, and does so. Returns whether a key was pinned.
    ///
    /// Ask only if the release would then be verified: a pin is for good.
    pub(super) fn ask(&self, store: &Store) -> Result<bool, Failure> {
        let model = &self.model;
        let mut pinned = false;
        for key in &self.keys {
            eprint_text(&format!(
                "You have no key for {} by {}. Every file of this copy is as signed, with the key\n  {}\nCompare this \
                 fingerprint with one that you obtained through a separate channel; anyone can sign under this name.",
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
}
