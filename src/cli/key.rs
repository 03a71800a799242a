//! `openness key`.

mod trust;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};

use super::{Failure, Outcome, Session, inputs, terminal};
use crate::atomic;
use crate::report::shown;
use crate::sign::{NAMESPACE, SecretKey, SshPublicKey, keyfile};
use crate::{git, release};

/// Create a key, show its public forms, or manage trusted keys
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create an Ed25519 key: an OpenSSH private key file with its public key file
    Generate {
        /// Write the private key to FILE, and the public key to FILE.pub
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
        /// Name the owner in the public key's comment [default: user.email of your Git settings]
        #[arg(long, value_name = "WHO")]
        comment: Option<String>,
        /// Leave the private key unencrypted, for machines without a user [default: ask for a passphrase, or read it
        /// from the file that OPENNESS_PASSPHRASE_FILE names]
        #[arg(long)]
        no_passphrase: bool,
    },
    /// Show the public forms of a key
    Show {
        /// Read this private or public key (OpenSSH or PEM; a FIDO key too)
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Show only this form
        #[arg(long, value_enum, default_value_t = Form::All)]
        form: Form,
        /// Use this principal in the allowed_signers line [default: the address in the public key's comment]
        #[arg(long, value_name = "WHO")]
        principal: Option<String>,
    },
    /// Choose the signers that `verify` trusts by default, and pin models to keys
    Trust(trust::Args),
}

/// The forms of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Every form, with its name
    All,
    /// An OpenSSH public key line
    Openssh,
    /// SubjectPublicKeyInfo in PEM
    Pem,
    /// A line of an allowed_signers file
    AllowedSigners,
    /// SHA256:…, as shown by ssh-keygen
    Fingerprint,
    /// The DSSE key ID: hex SHA-256 of the DER SubjectPublicKeyInfo
    KeyId,
    /// The names of its files in .openness/signatures
    Files,
}

/// The option that the line of a signer needs in Git's own list.
const GIT_NAMESPACES: &str = "`namespaces=\"git,openness@v1\"`";

/// The principal if no other is known.
const UNKNOWN_PRINCIPAL: &str = "you@example.org";

pub(super) fn run(args: Args, session: &mut Session) -> Result<Outcome, Failure> {
    match args.command {
        Command::Trust(args) => return trust::run(args, session),
        Command::Generate { output, comment, no_passphrase } => {
            generate(&output, comment, no_passphrase, session)?;
        }
        Command::Show { file, form, principal } => {
            let text = inputs::key_text(&file)?;
            let key = public_key(&file, &text)?;
            let principal = principal.or_else(|| owner(&text)).unwrap_or_else(|| UNKNOWN_PRINCIPAL.to_owned());
            check_principal(&principal)?;
            let text = match form {
                Form::All => all(&key, &principal),
                Form::Openssh => key.to_openssh(),
                Form::Pem => match key.plain() {
                    Some(plain) => plain.to_pem().trim_end().to_owned(),
                    None => {
                        return Err(
                            Failure::new("a FIDO key does not have a PEM form").help("show it with `--form openssh`")
                        );
                    }
                },
                Form::AllowedSigners => allowed_signers(&key, &principal),
                Form::Fingerprint => key.fingerprint().to_string(),
                Form::KeyId => key.key_id(),
                Form::Files => files(&key).join("\n"),
            };
            writeln!(session.out.document(), "{text}")?;
            if matches!(form, Form::AllowedSigners | Form::All) {
                // A comment, which does no harm where both streams end up in one file.
                session.note(&format!(
                    "# note: in Git's own file (`gpg.ssh.allowedSignersFile`), write {GIT_NAMESPACES} instead; Git calls \
                     the commits and tags of a signer with other namespaces alone bad"
                ));
            }
        }
    }
    Ok(Outcome::Done)
}

fn generate(output: &Path, comment: Option<String>, no_passphrase: bool, session: &mut Session) -> Result<(), Failure> {
    // Git settings that cannot be read do not prevent creating a key.
    let owner = comment.or_else(|| git::user_setting("user.email").ok().flatten());
    let comment = owner.clone().unwrap_or_else(|| "openness".to_owned());
    // Taking the lock also deletes leftovers of interrupted runs, which may be half of a key.
    let folder = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _lock = atomic::lock(folder, || session.note("waiting for another run that is writing there"));
    // Before the user has to think of a passphrase.
    if !folder.is_dir() {
        return Err(Failure::new(format!("there is no directory `{}`", folder.display())).help("create it first"));
    }
    keyfile::check_free(output)?;
    let passphrase = if no_passphrase {
        None
    } else {
        if terminal::can_ask() {
            session.note(&format!(
                "Creating an Ed25519 key for `{}`: the private key in {}, the public key in {}.pub.",
                shown(&comment),
                output.display(),
                output.display()
            ));
            session.note("A passphrase keeps anyone who copies the file from signing.");
        }
        terminal::new_passphrase()?
    };
    let key = SecretKey::generate()?;
    keyfile::write_new(output, &key, &comment, passphrase.as_ref().map(|text| text.as_str()))?;
    let public = SshPublicKey::parse(&key.public().to_openssh(""))?;
    let principal = owner.as_deref().filter(|who| check_principal(who).is_ok()).unwrap_or(UNKNOWN_PRINCIPAL);
    print_generated(output, &public, passphrase.is_some(), principal, session)
}

fn print_generated(
    output: &Path,
    public: &SshPublicKey,
    is_encrypted: bool,
    principal: &str,
    session: &mut Session,
) -> Result<(), Failure> {
    let encryption = if is_encrypted { "encrypted" } else { "NOT encrypted" };
    let out = &mut session.out;
    writeln!(out, "private key  {} ({encryption}; keep it secret)", output.display())?;
    writeln!(out, "public key   {}.pub", output.display())?;
    writeln!(out, "fingerprint  {}", public.fingerprint())?;
    writeln!(out, "\nPublish this allowed_signers line somewhere other than the release itself:\n")?;
    writeln!(out, "{}", allowed_signers(public, principal))?;
    writeln!(out, "\nIn Git's own file (`gpg.ssh.allowedSignersFile`), write {GIT_NAMESPACES}")?;
    writeln!(out, "instead: Git calls the commits and tags of a signer with other namespaces alone bad.")?;
    writeln!(out, "\nOn GitHub, add the public key as a signing key at")?;
    writeln!(out, "https://github.com/settings/ssh/new. Anyone can then read it at")?;
    writeln!(out, "https://api.github.com/users/YOU/ssh_signing_keys.")?;
    Ok(())
}

/// Reads a public key from a public or a private key file.
fn public_key(file: &Path, text: &str) -> Result<SshPublicKey, Failure> {
    if !inputs::is_private(text) {
        return SshPublicKey::parse_file(text)
            .map_err(|error| Failure::caused_by(format!("`{}`", file.display()), error));
    }
    // OpenSSH does not encrypt the public half, so it can be shown without the passphrase.
    let public = match keyfile::public_half(text) {
        Some(public) => public,
        None => *terminal::unlock(|ask| keyfile::read(file, ask))?.public(),
    };
    Ok(SshPublicKey::parse(&public.to_openssh(""))?)
}

/// Returns the comment of a public key, if it is an address.
fn owner(text: &str) -> Option<String> {
    let comment = text.trim_end().splitn(3, ' ').nth(2).filter(|_| !inputs::is_private(text))?;
    (comment.contains('@') && check_principal(comment).is_ok()).then(|| comment.to_owned())
}

/// Checks that a name can begin a line of an allowed_signers file.
fn check_principal(who: &str) -> Result<(), Failure> {
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"\"#".contains(c);
    if !who.is_empty() && who.chars().all(is_plain) {
        return Ok(());
    }
    Err(Failure::new(format!("`{}` cannot be the principal of an allowed_signers line", who.escape_debug()))
        .help("pass a name without blanks, such as an email address, with `--principal`"))
}

fn allowed_signers(key: &SshPublicKey, principal: &str) -> String {
    format!("{principal} namespaces=\"{NAMESPACE}\" {}", key.to_openssh())
}

/// Returns the names of the key's signature files. A FIDO key cannot sign a DSSE bundle.
fn files(key: &SshPublicKey) -> Vec<String> {
    let [bundle, sshsig] = release::signature_files(&key.key_id());
    if key.plain().is_some() { vec![bundle, sshsig] } else { vec![sshsig] }
}

fn all(key: &SshPublicKey, principal: &str) -> String {
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
