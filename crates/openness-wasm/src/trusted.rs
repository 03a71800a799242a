//! The keys that the user pasted: lines of public key files and of allowed_signers files, and blocks of PEM.

use openness::jiff::tz::TimeZone;
#[cfg(feature = "oms")]
use openness::oms::Signers;
#[cfg(feature = "oms")]
use openness::sign::x509::{Anchors, Certificate};
#[cfg(feature = "oms")]
use openness::sign::{EcdsaKeyError, EcdsaPublicKey};
use openness::sign::{SshPublicKey, Trust};
use openness::source::Source;

use crate::failure::Failure;

/// The name of the text in messages.
const NAME: &str = "trusted keys";

/// The trusted keys, by what they sign.
#[derive(Debug)]
pub(crate) struct Trusted {
    /// Those of statements.
    pub(crate) trust: Trust,
    /// Those of bundles of OpenSSF Model Signing, except for those in lines of allowed_signers.
    #[cfg(feature = "oms")]
    pub(crate) signers: Signers,
}

/// Returns whether a text may have keys for bundles: anything but keys of Ed25519, which this module reads.
#[cfg(not(feature = "oms"))]
pub(crate) fn needs_oms(text: &str) -> bool {
    /// How every such block starts (RFC 8410 §10.1).
    const ED25519: &str = "MCowBQYDK2Vw";
    let is_other = |block: &str| {
        block.strip_prefix("-----BEGIN PUBLIC KEY-----").is_none_or(|key| !key.trim_start().starts_with(ED25519))
    };
    text.contains("ecdsa-sha2-") || text.match_indices("-----BEGIN ").any(|(at, _)| is_other(&text[at..]))
}

/// Reads the trusted keys. An empty text trusts no key.
///
/// Times without a zone in allowed_signers lines are in UTC.
pub(crate) fn read(text: &str) -> Result<Trusted, Failure> {
    if text.contains("PRIVATE KEY-----") {
        return Err(Failure::usage("this is a private key")
            .help("paste the public key; the private key should stay with the signer"));
    }
    let mut trusted = Trusted {
        trust: Trust::none(),
        #[cfg(feature = "oms")]
        signers: Signers::none(),
    };
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
                if !trusted.add_signers(pem)? {
                    trusted.add_key(pem)?;
                }
                block = None;
            }
            continue;
        }
        if trusted.add_signers(line)? {
            continue;
        }
        if SshPublicKey::parse(line).is_ok() {
            trusted.add_key(line)?;
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
    trusted.trust = trusted.trust.merge(listed);
    Ok(trusted)
}

impl Trusted {
    /// Adds signers of bundles, and returns whether the text is one of them.
    #[cfg(feature = "oms")]
    fn add_signers(&mut self, text: &str) -> Result<bool, Failure> {
        let found = signers(text)?;
        let is_one = found.is_some();
        self.signers = found.into_iter().fold(std::mem::take(&mut self.signers), Signers::merge);
        Ok(is_one)
    }

    /// Adds nothing: see [`needs_oms`].
    #[cfg(not(feature = "oms"))]
    fn add_signers(&mut self, _: &str) -> Result<bool, Failure> {
        Ok(false)
    }

    /// Adds a key for statements.
    fn add_key(&mut self, text: &str) -> Result<(), Failure> {
        let key = Trust::of_key_text(text).map_err(|error| Failure::caused_by(NAME, &error))?;
        self.trust = std::mem::replace(&mut self.trust, Trust::none()).merge(key);
        Ok(())
    }
}

/// Reads certificates or an ECDSA key, which sign bundles of OpenSSF Model Signing; `None` if the text is anything else.
#[cfg(feature = "oms")]
fn signers(text: &str) -> Result<Option<Signers>, Failure> {
    let fail = |error: &(dyn std::error::Error + 'static)| Failure::caused_by(NAME, error);
    if text.starts_with("-----BEGIN CERTIFICATE") {
        let certificates = Certificate::read_pem(text).map_err(|error| fail(&error))?;
        return Ok(Some(Signers::of_certificates(Anchors::of(certificates))));
    }
    match EcdsaPublicKey::parse(text) {
        Ok(key) => Ok(Some(Signers::of_keys([key]))),
        Err(error @ (EcdsaKeyError::Curve | EcdsaKeyError::Invalid)) => Err(fail(&error)),
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
            assert!(!read(&text).unwrap().trust.is_empty(), "{text}");
            #[cfg(feature = "oms")]
            assert!(read(&text).unwrap().signers.is_empty(), "{text}");
            #[cfg(not(feature = "oms"))]
            assert!(!needs_oms(&text), "{text}");
        }
        assert!(read("\n  \n").unwrap().trust.is_empty());
    }

    #[cfg(not(feature = "oms"))]
    #[test]
    fn what_signs_bundles_is_for_another_module() {
        let ed25519 = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
        assert!(!needs_oms(ed25519) && !read(ed25519).unwrap().trust.is_empty());
        for text in [
            "ecdsa-sha2-nistp256 AAAA",
            "lab@example.org ecdsa-sha2-nistp384 AAAA",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            include_str!("../../../tests/data/oms/p384.pub.pem"),
        ] {
            for text in [text.to_owned(), format!("{KEY}{text}"), format!("{ed25519}{text}")] {
                assert!(needs_oms(&text), "{text}");
            }
        }
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
