//! `openness key trust`, and where its store is.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Subcommand;

use super::{Failure, Outcome, Session, key, terminal};
use crate::git;
use crate::report::shown;
use crate::sign::{AgentKey, Status, Trust};
use crate::trust_store::Store;
use crate::verify::{Reason, Report};

/// Say whom `verify` trusts by default, and which keys alone may speak for a model
#[derive(Debug, clap::Args)]
#[group(id = "key-trust")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Trust a key as WHO, for openness alone
    Add {
        /// Who signs with it, such as an e-mail address; the principal of the allowed_signers line
        #[arg(value_name = "WHO")]
        who: String,
        /// The public key: OpenSSH line or PEM
        #[arg(value_name = "PUBFILE")]
        file: PathBuf,
        /// The key signs OpenSSH certificates of others; WHO is the only principal that it may certify
        #[arg(long)]
        cert_authority: bool,
    },
    /// Show whom you trust, what is pinned, and what was verified last
    List,
    /// Trust a signer no more
    Remove {
        /// A principal or a fingerprint, as `list` shows it
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Let only this key speak for a model, whoever else is trusted; several keys by several calls
    Pin {
        #[command(flatten)]
        model: Model,
        /// The public key: OpenSSH line or PEM
        #[arg(value_name = "PUBFILE")]
        file: PathBuf,
        /// Take away the keys that the model is pinned to
        #[arg(long)]
        replace: bool,
    },
    /// Take a model's pin away
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

/// A model, as statements name it
#[derive(Debug, clap::Args)]
#[group(id = "pinned-model")]
struct Model {
    /// Who releases it, as in the manifest
    #[arg(long, value_name = "NAME")]
    producer: String,
    /// Its name, as in the manifest
    #[arg(long, value_name = "NAME")]
    model: String,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    let store = store().ok_or_else(homeless)?;
    match args.command {
        Command::Add { who, file, cert_authority } => {
            let text = public_text(&file)?;
            let added = store.add(&who, &text, cert_authority)?;
            let word = if added { "trusted" } else { "already trusted" };
            writeln!(session.out, "{word}  {}  {who}", AgentKey::parse(&line_of(&text)?)?.fingerprint())?;
        }
        Command::List => list(&store, session)?,
        Command::Remove { who } => {
            let gone = store.remove(&who)?;
            if gone.is_empty() {
                let pins = store.pins()?;
                let keys = pins.pins.iter().flat_map(|pin| &pin.keys);
                let is_pinned =
                    keys.filter_map(|key| AgentKey::parse(key).ok()).any(|key| key.fingerprint().to_string() == who);
                return Err(Failure::new(format!("nobody is trusted as `{who}`")).help(if is_pinned {
                    "the key is pinned to a model; `openness key trust unpin` takes that back"
                } else {
                    "`openness key trust list` shows principals and fingerprints"
                }));
            }
            for signer in gone {
                writeln!(session.out, "removed  {}", shown(&signer.line))?;
            }
        }
        Command::Pin { model, file, replace } => {
            let text = line_of(&public_text(&file)?)?;
            let fingerprint = AgentKey::parse(&text)?.fingerprint();
            let mut result = Ok(false);
            store.change_pins(|pins| {
                if replace {
                    pins.unpin(&model.producer, &model.model);
                }
                result = pins.pin(&model.producer, &model.model, &text);
            })?;
            let word = if result? { "pinned" } else { "already pinned" };
            writeln!(session.out, "{word}  {fingerprint}  {} by {}", shown(&model.model), shown(&model.producer))?;
        }
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
                return Err(unknown(&model, "was never verified here"));
            }
        }
    }
    Ok(Outcome::Done)
}

fn list(store: &Store, session: &mut Session) -> Result<(), Failure> {
    for signer in store.signers()? {
        let key = signer.fingerprint.map_or_else(|| "(no Ed25519 key)".to_owned(), |key| key.to_string());
        writeln!(session.out, "trusted  {key}  {}", shown(&signer.principals))?;
    }
    for pin in store.pins()?.pins {
        for key in &pin.keys {
            let key = AgentKey::parse(key)?.fingerprint();
            writeln!(session.out, "pinned   {key}  {} by {}", shown(&pin.model), shown(&pin.producer))?;
        }
    }
    for seen in store.history()?.releases {
        let release = seen.sequence.map_or_else(|| "unnumbered".to_owned(), |sequence| format!("release {sequence}"));
        let model = format!("{} by {}", shown(&seen.model), shown(&seen.producer));
        writeln!(session.out, "seen     {release}  {model}, verified {}", shown(&seen.verified))?;
    }
    // What a broken list would hide.
    store.trust(&jiff::tz::TimeZone::system())?;
    Ok(())
}

fn unknown(model: &Model, what: &str) -> Failure {
    Failure::new(format!("`{}` by `{}` {what}", model.model, model.producer))
        .help("`openness key trust list` shows the models that are known")
}

fn public_text(file: &std::path::Path) -> Result<String, Failure> {
    let text = key::read_key_text(file)?;
    if text.contains("PRIVATE KEY-----") {
        return Err(Failure::new(format!("`{}` is a private key", file.display())).help("name the public key"));
    }
    Ok(text)
}

/// The OpenSSH line of a key in either form.
fn line_of(text: &str) -> Result<String, Failure> {
    Ok(crate::sign::PublicKey::parse(text).map_or_else(|_| text.trim().to_owned(), |key| key.to_openssh("")))
}

/// Where the user's decisions and memories are (<https://specifications.freedesktop.org/basedir-spec/>); `None` where the
/// user has no home.
pub(super) fn store() -> Option<Store> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let (settings, state) = if cfg!(windows) {
        (absolute("APPDATA"), absolute("LOCALAPPDATA"))
    } else {
        let home = absolute("HOME");
        let below = |path: &str| home.as_ref().map(|home| home.join(path));
        (absolute("XDG_CONFIG_HOME").or(below(".config")), absolute("XDG_STATE_HOME").or(below(".local/state")))
    };
    Some(Store::new(settings?.join("openness"), state?.join("openness")))
}

/// Whom the user trusts without naming anybody, for `verify` and `pre-push` alike: the own list, and the file that
/// `openness.allowedSigners` names, or where that is not set `gpg.ssh.allowedSignersFile`; less what
/// `gpg.ssh.revocationFile` names. Only the user's settings and the system's are asked: a repository that is to be judged
/// does not say who may speak for it.
pub(super) fn standing(store: Option<&Store>) -> Result<Trust, Failure> {
    let mut trust = store.map_or_else(|| Ok(Trust::none()), |store| store.trust(&jiff::tz::TimeZone::system()))?;
    for key in ["openness.allowedSigners", "gpg.ssh.allowedSignersFile"] {
        let Some(file) = git::user_path_setting(key)? else { continue };
        trust = trust.merge(super::verify::allowed_signers(&file).map_err(|failure| {
            failure.help(format!("`{key}` of your Git settings names the file; `--allowed-signers` would name another"))
        })?);
        break;
    }
    Ok(match git::user_path_setting("gpg.ssh.revocationFile")? {
        Some(file) => trust.revoke(super::verify::revocations(&file)?),
        None => trust,
    })
}

pub(super) fn homeless() -> Failure {
    Failure::new("there is no place for your settings: neither HOME nor XDG_CONFIG_HOME and XDG_STATE_HOME are set")
}

/// Where nothing but an unknown key stands in the way, and the model is not pinned: shows each key and asks whether it may
/// speak for the model from now on. Tells whether one was pinned.
pub(super) fn ask_to_pin(store: &Store, introduced: &Report) -> Result<bool, Failure> {
    let Some(statement) = introduced.statement() else { return Ok(false) };
    if !introduced.reasons().iter().eq([&Reason::UntrustedKey]) || !introduced.alarms().is_empty() {
        return Ok(false);
    }
    let model = &statement.predicate.model;
    let mut keys: Vec<&str> = introduced
        .signatures()
        .iter()
        .filter(|signature| signature.status == Status::Untrusted)
        .filter_map(|signature| signature.public_key.as_deref())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let mut pinned = false;
    for key in keys {
        super::say(&format!(
            "You have no key for {} by {}. This copy is signed with\n  {}\nCompare that with a fingerprint that you have by \
             another way; anybody can sign in this name.",
            shown(&model.name),
            shown(&model.producer),
            AgentKey::parse(key)?.fingerprint()
        ));
        if terminal::confirm("Let this key speak for the model from now on?") {
            let mut result = Ok(false);
            store.change_pins(|pins| result = pins.pin(&model.producer, &model.name, key))?;
            result?;
            pinned = true;
        }
    }
    Ok(pinned)
}
