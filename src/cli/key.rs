//! `openness key`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};

use super::{Failure, Outcome, Session, terminal, trust};
use crate::atomic;
use crate::sign::{AgentKey, NAMESPACE, SecretKey, keyfile};
use crate::{git, release};

/// Make a key, or show its public forms
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make an Ed25519 key: an OpenSSH private key file, and the public key beside it
    Generate {
        /// Where to write the private key; the public key goes to FILE.pub
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
        /// Who signs with it; stands in the public key as its comment. Default your Git's user.email
        #[arg(long, value_name = "WHO")]
        comment: Option<String>,
        /// Leave the file unencrypted, for a machine where nobody can be asked. Without it, a passphrase is asked for, or read
        /// from the file that OPENNESS_PASSPHRASE_FILE names
        #[arg(long)]
        no_passphrase: bool,
    },
    /// Show the public forms of a key
    Show {
        /// A private key, or a public one (OpenSSH or PEM), of a FIDO key too
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Which form
        #[arg(long, value_enum, default_value_t = Form::All)]
        form: Form,
        /// The principal of the allowed_signers line. Default: the address in the public key's comment
        #[arg(long, value_name = "WHO")]
        principal: Option<String>,
    },
    /// Say whom `verify` trusts by default, and which keys alone may speak for a model
    Trust(trust::Args),
}

/// The forms of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Each with its name
    All,
    /// An OpenSSH public key line
    Openssh,
    /// SubjectPublicKeyInfo in PEM
    Pem,
    /// A line of an allowed_signers file
    AllowedSigners,
    /// SHA256:…, as ssh-keygen shows it
    Fingerprint,
    /// The DSSE key id: hex SHA-256 of the DER SubjectPublicKeyInfo
    KeyId,
    /// The names of its files in .openness/signatures
    Files,
}

/// Stands where nobody is named.
const SOMEBODY: &str = "you@example.org";

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    match args.command {
        Command::Trust(args) => return trust::run(args, session),
        Command::Generate { output, comment, no_passphrase } => {
            generate(&output, comment, no_passphrase, session)?;
        }
        Command::Show { file, form, principal } => {
            let text = read_key_text(&file)?;
            let key = public_key(&file, &text)?;
            let principal = principal.or_else(|| owner(&text)).unwrap_or_else(|| SOMEBODY.to_owned());
            check_principal(&principal)?;
            let text = match form {
                Form::All => all(&key, &principal),
                Form::Openssh => key.to_openssh(),
                Form::Pem => match key.plain() {
                    Some(plain) => plain.to_pem().trim_end().to_owned(),
                    None => return Err(Failure::new("a FIDO key has no PEM form").help("`--form openssh` shows it")),
                },
                Form::AllowedSigners => allowed_signers(&key, &principal),
                Form::Fingerprint => key.fingerprint().to_string(),
                Form::KeyId => key.key_id(),
                Form::Files => files(&key).join("\n"),
            };
            writeln!(session.out, "{text}")?;
        }
    }
    Ok(Outcome::Done)
}

fn generate(output: &Path, comment: Option<String>, no_passphrase: bool, session: &mut Session) -> Result<(), Failure> {
    // A broken setting is no reason to make no key.
    let named = comment.or_else(|| git::user_setting("user.email").ok().flatten());
    let comment = named.clone().unwrap_or_else(|| "openness".to_owned());
    // Deletes what a killed run left there, which may be half of a key.
    let folder = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _lock = atomic::lock(folder, || session.note("waiting for another run, which writes there"));
    // Before anybody thinks of a passphrase.
    if !folder.is_dir() {
        return Err(Failure::new(format!("there is no directory `{}`", folder.display())).help("make it first"));
    }
    keyfile::check_free(output)?;
    let passphrase = if no_passphrase {
        None
    } else {
        if terminal::can_ask() {
            session.note(&format!(
                "A new Ed25519 key for `{}`: {} will hold the private half, {}.pub the public one.\n\
                 With a passphrase, whoever copies the file cannot sign.",
                crate::report::shown(&comment),
                output.display(),
                output.display()
            ));
        }
        terminal::new_passphrase()?
    };
    let key = SecretKey::generate()?;
    keyfile::write_new(output, &key, &comment, passphrase.as_ref().map(|text| text.as_str()))?;
    let public = AgentKey::parse(&key.public().to_openssh(""))?;
    let is_locked = if passphrase.is_some() { "encrypted" } else { "NOT encrypted" };
    let who = named.as_deref().filter(|who| check_principal(who).is_ok()).unwrap_or(SOMEBODY);
    let out = &mut session.out;
    writeln!(out, "private key  {} ({is_locked}; keep it)", output.display())?;
    writeln!(out, "public key   {}.pub", output.display())?;
    writeln!(out, "fingerprint  {}", public.fingerprint())?;
    writeln!(out, "\nPublish this line, for the allowed_signers files of your users, where they find it")?;
    writeln!(out, "by another way than the release:\n\n{}", allowed_signers(&public, who))?;
    writeln!(out, "\nOn GitHub, add the public key as a signing key, at")?;
    writeln!(out, "https://github.com/settings/ssh/new; anybody can read it then at")?;
    writeln!(out, "https://api.github.com/users/YOU/ssh_signing_keys.")?;
    Ok(())
}

/// Reads a public key from a public or a private key file.
fn public_key(file: &Path, text: &str) -> Result<AgentKey, Failure> {
    if !text.contains("PRIVATE KEY-----") {
        return AgentKey::parse_file(text).map_err(|error| Failure::new(format!("`{}`: {error}", file.display())));
    }
    // OpenSSH leaves the public half in the clear; nobody has to unlock a key to show it.
    let public = match keyfile::public_half(text) {
        Some(public) => public,
        None => *terminal::unlock(|ask| keyfile::read(file, ask))?.public(),
    };
    Ok(AgentKey::parse(&public.to_openssh(""))?)
}

/// Whom the comment of a public key names, where it is an address.
fn owner(text: &str) -> Option<String> {
    let comment = text.trim_end().splitn(3, ' ').nth(2).filter(|_| !text.contains("PRIVATE KEY-----"))?;
    (comment.contains('@') && check_principal(comment).is_ok()).then(|| comment.to_owned())
}

/// A line of allowed_signers begins with it.
fn check_principal(who: &str) -> Result<(), Failure> {
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"\"#".contains(c);
    if !who.is_empty() && who.chars().all(is_plain) {
        return Ok(());
    }
    Err(Failure::new(format!("`{}` cannot stand in an allowed_signers line", who.escape_debug()))
        .help("`--principal` takes a name without blanks, such as an e-mail address"))
}

/// Reads a small text file.
pub(super) fn read_key_text(file: &Path) -> Result<String, Failure> {
    use std::io::Read as _;
    let cannot = |error: std::io::Error| Failure::new(format!("cannot read `{}`: {error}", file.display()));
    let mut text = String::new();
    let limit = u64::try_from(keyfile::MAX_KEY_FILE_BYTES)?;
    std::fs::File::open(file).map_err(cannot)?.take(limit).read_to_string(&mut text).map_err(cannot)?;
    Ok(text)
}

fn allowed_signers(key: &AgentKey, principal: &str) -> String {
    format!("{principal} namespaces=\"{NAMESPACE}\" {}", key.to_openssh())
}

/// A FIDO key signs no bundle.
fn files(key: &AgentKey) -> Vec<String> {
    let [bundle, sshsig] = release::signature_files(&key.key_id());
    if key.plain().is_some() { vec![bundle, sshsig] } else { vec![sshsig] }
}

fn all(key: &AgentKey, principal: &str) -> String {
    let mut text = format!(
        "fingerprint      {}\nkey id           {}\nfiles            {}\nopenssh          {}\nallowed_signers  {}",
        key.fingerprint(),
        key.key_id(),
        files(key).join(", "),
        key.to_openssh(),
        allowed_signers(key, principal),
    );
    if let Some(plain) = key.plain() {
        text.push('\n');
        text.push_str(plain.to_pem().trim_end());
    }
    text
}
