//! The keys that the user pasted: lines of public key files and of allowed_signers files, and blocks of PEM.

use openness::jiff::tz::TimeZone;
use openness::oms::Signers;
use openness::sign::x509::{Anchors, Certificate};
use openness::sign::{EcdsaKeyError, EcdsaPublicKey, SshPublicKey, Trust};
use openness::source::Source;

use crate::failure::Failure;

/// The name of the text in messages.
const NAME: &str = "trusted keys";

/// Reads the trusted keys. An empty text trusts no key.
///
/// Times without a zone in allowed_signers lines are in UTC.
pub(crate) fn read(text: &str) -> Result<(Trust, Signers), Failure> {
    if text.contains("PRIVATE KEY-----") {
        return Err(Failure::usage("this is a private key")
            .help("paste the public key; the private key should stay with the signer"));
    }
    let (mut trust, mut signers) = (Trust::none(), Signers::none());
    // The lines of allowed_signers, each in its place, so that messages name the right line.
    let mut lines = String::new();
    let mut block: Option<String> = None;
    for line in text.strip_prefix('\u{feff}').unwrap_or(text).lines() {
        let line = line.trim();
        lines.push('\n');
        if line.starts_with("-----BEGIN ") {
            block = Some(String::new());
        }
        if let Some(pem) = &mut block {
            pem.push_str(line);
            pem.push('\n');
            if line.starts_with("-----END ") {
                add_pem(pem, &mut trust, &mut signers)?;
                block = None;
            }
            continue;
        }
        if let Some(key) = ecdsa(line)? {
            signers = signers.merge(Signers::of_keys([key]));
        } else if SshPublicKey::parse(line).is_ok() {
            trust = trust.merge(Trust::of_key_text(line).map_err(|error| Failure::caused_by(NAME, &error))?);
        } else {
            lines.push_str(line);
        }
    }
    if block.is_some() {
        return Err(Failure::usage("a block of PEM in the trusted keys has no end line")
            .help("paste it up to and including its line `-----END …-----`"));
    }
    let lines = Source::new(NAME, lines.strip_prefix('\n').unwrap_or(&lines));
    let listed = Trust::of_allowed_signers(&lines, &TimeZone::UTC).map_err(|error| {
        Failure::from(error).help("paste a public key (`ssh-ed25519 AAAA…`), a line of an allowed_signers file, or PEM")
    })?;
    Ok((trust.merge(listed), signers))
}

fn add_pem(pem: &str, trust: &mut Trust, signers: &mut Signers) -> Result<(), Failure> {
    let fail = |error: &(dyn std::error::Error + 'static)| Failure::caused_by(NAME, error);
    if pem.starts_with("-----BEGIN CERTIFICATE") {
        let certificates = Certificate::read_pem(pem).map_err(|error| fail(&error))?;
        *signers = std::mem::take(signers).merge(Signers::of_certificates(Anchors::of(certificates)));
    } else if let Some(key) = ecdsa(pem)? {
        *signers = std::mem::take(signers).merge(Signers::of_keys([key]));
    } else {
        let key = Trust::of_key_text(pem).map_err(|error| fail(&error))?;
        *trust = std::mem::replace(trust, Trust::none()).merge(key);
    }
    Ok(())
}

/// Reads an ECDSA public key, which signs bundles of OpenSSF Model Signing; `None` if the text is not one.
fn ecdsa(text: &str) -> Result<Option<EcdsaPublicKey>, Failure> {
    match EcdsaPublicKey::parse(text) {
        Ok(key) => Ok(Some(key)),
        Err(error @ (EcdsaKeyError::Curve | EcdsaKeyError::Invalid)) => Err(Failure::caused_by(NAME, &error)),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = include_str!("../../../examples/keys/example_key.pub");
    const LINES: &str = include_str!("../../../examples/keys/allowed_signers");

    #[test]
    fn keys_and_lines_of_allowed_signers_are_trusted() {
        for text in [KEY.to_owned(), LINES.to_owned(), format!("# mine\n\n{KEY}\n{LINES}")] {
            let (trust, signers) = read(&text).unwrap();
            assert!(!trust.is_empty() && signers.is_empty(), "{text}");
        }
        let (trust, signers) = read("\n  \n").unwrap();
        assert!(trust.is_empty() && signers.is_empty());
    }

    #[test]
    fn private_keys_and_nonsense_are_refused() {
        for (text, expected) in [
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----", "private key"),
            ("-----BEGIN PUBLIC KEY-----\nAAAA\n", "no end line"),
            ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "trusted keys"),
            ("nonsense", "trusted keys"),
        ] {
            let mut message = Vec::new();
            read(text).unwrap_err().write(&mut message).unwrap();
            let message = String::from_utf8(message).unwrap();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
