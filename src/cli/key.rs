//! `openness key`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};

use super::{Failure, Outcome, Session, terminal, trust};
use crate::atomic;
use crate::sign::{NAMESPACE, PublicKey, SecretKey, keyfile};

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
        /// Who signs with it; stands in the public key as its comment
        #[arg(long, default_value = "openness")]
        comment: String,
        /// Leave the file unencrypted, for a machine where nobody can be asked
        #[arg(long)]
        no_passphrase: bool,
    },
    /// Show the public forms of a key
    Show {
        /// A private key, or a public one (OpenSSH or PEM)
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Which form
        #[arg(long, value_enum, default_value_t = Form::All)]
        form: Form,
        /// The principal of the allowed_signers line
        #[arg(long, value_name = "WHO", default_value = "you@example.org")]
        principal: String,
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
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    match args.command {
        Command::Trust(args) => return trust::run(args, session),
        Command::Generate { output, comment, no_passphrase } => {
            let passphrase = if no_passphrase { None } else { terminal::new_passphrase()? };
            let key = SecretKey::generate()?;
            // Deletes what a killed run left there, which may be half of a key.
            let folder = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let _lock = atomic::lock(folder, || session.note("waiting for another run, which writes there"));
            keyfile::write_new(&output, &key, &comment, passphrase.as_ref().map(|text| text.as_str()))?;
            let public = key.public();
            writeln!(session.out, "private key  {}", output.display())?;
            writeln!(session.out, "public key   {}.pub", output.display())?;
            writeln!(session.out, "fingerprint  {}", public.fingerprint())?;
            writeln!(session.out, "\nPublish this line where your users find it by another way than the release:")?;
            writeln!(session.out, "{}", allowed_signers(public, &comment))?;
        }
        Command::Show { file, form, principal } => {
            let key = public_key(&file)?;
            let text = match form {
                Form::All => all(&key, &principal),
                Form::Openssh => key.to_openssh("").trim_end().to_owned(),
                Form::Pem => key.to_pem().trim_end().to_owned(),
                Form::AllowedSigners => allowed_signers(&key, &principal),
                Form::Fingerprint => key.fingerprint().to_string(),
                Form::KeyId => key.key_id(),
            };
            writeln!(session.out, "{text}")?;
        }
    }
    Ok(Outcome::Done)
}

/// Reads a public key from a public or a private key file.
fn public_key(file: &Path) -> Result<PublicKey, Failure> {
    let text = read_key_text(file)?;
    if text.contains("PRIVATE KEY-----") {
        return Ok(*keyfile::read(file, &mut terminal::passphrase)?.public());
    }
    PublicKey::parse(&text).map_err(|error| Failure::new(format!("`{}`: {error}", file.display())))
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

fn allowed_signers(key: &PublicKey, principal: &str) -> String {
    format!("{principal} namespaces=\"{NAMESPACE}\" {}", key.to_openssh("").trim_end())
}

fn all(key: &PublicKey, principal: &str) -> String {
    format!(
        "fingerprint      {}\nkey id           {}\nopenssh          {}\nallowed_signers  {}\n{}",
        key.fingerprint(),
        key.key_id(),
        key.to_openssh("").trim_end(),
        allowed_signers(key, principal),
        key.to_pem().trim_end()
    )
}
