//! `openness key trust`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::cli::{Failure, Outcome, Session, dirs, environment, inputs};
use crate::report::shown;
use crate::sign::{EcdsaPublicKey, PublicKey, SshPublicKey};
use crate::trust_store::Store;

/// Choose the signers that `verify` trusts by default, and pin models to keys
#[derive(Debug, clap::Args)]
#[group(id = "key-trust")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Trust a signer, for openness alone
    Add {
        /// Trust the key under this name, such as an email address: the principal of the allowed_signers line
        #[arg(value_name = "WHO")]
        who: String,
        /// Trust this public key: an OpenSSH line or PEM, Ed25519 or, for OpenSSF Model Signing, ECDSA
        #[arg(value_name = "PUBFILE")]
        file: PathBuf,
        /// Trust OpenSSH certificates that this key signs, for the principal WHO alone
        #[arg(long)]
        cert_authority: bool,
    },
    /// Show trusted signers, pinned models, and the releases verified last
    List,
    /// Stop trusting a signer
    Remove {
        /// Remove this principal or fingerprint, as shown by `list`
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Pin a model to a key: no other key may sign it, even if trusted. Repeat to pin several keys
    Pin {
        #[command(flatten)]
        model: Model,
        /// Pin this public key: an OpenSSH line or PEM
        #[arg(value_name = "PUBFILE")]
        file: PathBuf,
        /// Remove the model's present pins first
        #[arg(long)]
        replace: bool,
    },
    /// Remove the pins of a model
    Unpin {
        #[command(flatten)]
        model: Model,
    },
    /// Forget which release of a model was verified last
    Forget {
        #[command(flatten)]
        model: Model,
    },
}

/// A model, as named in statements
#[derive(Debug, clap::Args)]
#[group(id = "pinned-model")]
struct Model {
    /// The model's producer, as named in the manifest
    #[arg(long, value_name = "NAME")]
    producer: String,
    /// The model's name, as in the manifest
    #[arg(long, value_name = "NAME")]
    model: String,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let store = dirs::store().ok_or_else(dirs::no_config_dir)?;
    match args.command {
        Command::Add { who, file, cert_authority } => add(&store, &who, &file, cert_authority, session)?,
        Command::List => list(&store, session)?,
        Command::Remove { who } => remove(&store, &who, session)?,
        Command::Pin { model, file, replace } => pin(&store, &model, &file, replace, session)?,
        Command::Unpin { model } => {
            let mut gone = None;
            store.change_pins(|pins| gone = pins.unpin(&model.producer, &model.model))?;
            if gone.is_none() {
                return Err(unknown(&model, "is not pinned"));
            }
        }
        Command::Forget { model } => {
            let mut gone = None;
            store.change_history(|history| gone = history.remove(&model.producer, &model.model))?;
            if gone.is_none() {
                return Err(unknown(&model, "was not verified before"));
            }
        }
    }
    Ok(Outcome::Done)
}

fn add(store: &Store, who: &str, file: &Path, cert_authority: bool, session: &mut Session) -> Result<(), Failure> {
    let text = public_key_text(file)?;
    let added = store.add(who, &text, cert_authority)?;
    let word = if added { "trusted" } else { "already trusted" };
    let fingerprint = match EcdsaPublicKey::parse(&text) {
        Ok(key) => key.fingerprint(),
        Err(_) => SshPublicKey::parse(&openssh_line(&text))?.fingerprint(),
    };
    writeln!(session.out, "{word}  {fingerprint}  {who}")?;
    Ok(())
}

fn remove(store: &Store, who: &str, session: &mut Session) -> Result<(), Failure> {
    let removed = store.remove(who)?;
    if removed.is_empty() {
        let pins = store.pins()?;
        let mut keys = pins.pins.iter().flat_map(|pin| &pin.keys).filter_map(|key| SshPublicKey::parse(key).ok());
        let is_pinned = keys.any(|key| key.fingerprint().to_string() == who);
        return Err(Failure::new(format!("`{who}` is not a trusted signer")).help(if is_pinned {
            "the key is pinned to a model; unpin it with `openness key trust unpin`"
        } else {
            "list principals and fingerprints with `openness key trust list`"
        }));
    }
    for signer in removed {
        writeln!(session.out, "removed  {}", shown(&signer.line))?;
    }
    Ok(())
}

fn pin(store: &Store, model: &Model, file: &Path, replace: bool, session: &mut Session) -> Result<(), Failure> {
    let line = openssh_line(&public_key_text(file)?);
    let fingerprint = SshPublicKey::parse(&line)?.fingerprint();
    let mut result = Ok(false);
    store.change_pins(|pins| {
        if replace {
            pins.unpin(&model.producer, &model.model);
        }
        result = pins.pin(&model.producer, &model.model, &line);
    })?;
    let word = if result? { "pinned" } else { "already pinned" };
    writeln!(session.out, "{word}  {fingerprint}  {} by {}", shown(&model.model), shown(&model.producer))?;
    Ok(())
}

fn list(store: &Store, session: &mut Session) -> Result<(), Failure> {
    for signer in store.signers()? {
        let key = signer.fingerprint.map_or_else(|| "(another key)".to_owned(), |key| key.to_string());
        writeln!(session.out, "trusted  {key}  {}", shown(&signer.principals))?;
    }
    for pin in store.pins()?.pins {
        for key in &pin.keys {
            let key = SshPublicKey::parse(key)?.fingerprint();
            writeln!(session.out, "pinned   {key}  {} by {}", shown(&pin.model), shown(&pin.producer))?;
        }
    }
    for seen in store.history()?.releases {
        let release = seen.sequence.map_or_else(|| "unnumbered".to_owned(), |sequence| format!("release {sequence}"));
        let model = format!("{} by {}", shown(&seen.model), shown(&seen.producer));
        writeln!(session.out, "seen     {release}  {model}, verified {}", shown(&seen.verified))?;
    }
    // Reports lines that `verify` could not use.
    store.trust(&environment::time_zone())?;
    Ok(())
}

fn unknown(model: &Model, what: &str) -> Failure {
    Failure::new(format!("`{}` by `{}` {what}", model.model, model.producer))
        .help("list the known models with `openness key trust list`")
}

fn public_key_text(file: &Path) -> Result<String, Failure> {
    const LISTS: &str = "name a file with a public key alone: `ssh-ed25519 AAAA…`";
    inputs::public_key_text(file, "name the public key", LISTS)
}

/// Returns the OpenSSH line of a public key in either form.
fn openssh_line(text: &str) -> String {
    PublicKey::parse(text).map_or_else(|_| text.trim().to_owned(), |key| key.to_openssh(""))
}
