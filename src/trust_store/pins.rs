//! Pins: the only keys that are allowed to sign for a model, regardless of other trusted keys.

use serde::{Deserialize, Serialize};

use super::VERSION;
use crate::sign::{KeyError, PublicKey, SshPublicKey, Trust};
use crate::statement::ModelFacts;

/// The pins of all models.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    pub(super) version: u32,
    /// At most one for each model.
    pub pins: Vec<Pin>,
}

/// The pinned keys of one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// The producer of the model, as signed.
    pub producer: String,
    /// The name of the model, as signed.
    pub model: String,
    /// Lines of public key files without comments: `TYPE BASE64`.
    pub keys: Vec<String>,
}

impl Default for Pins {
    fn default() -> Self {
        Self { version: VERSION, pins: Vec::new() }
    }
}

impl Pins {
    /// Returns the pinned keys of a model, or `None` if it is not pinned.
    #[must_use]
    pub fn find(&self, model: &ModelFacts) -> Option<&[String]> {
        self.at(&model.producer, &model.name).map(|at| self.pins[at].keys.as_slice())
    }

    fn at(&self, producer: &str, model: &str) -> Option<usize> {
        self.pins.iter().position(|pin| pin.producer == producer && pin.model == model)
    }

    /// Pins a model to a key, in addition to its other pinned keys. Returns `false` if it is already pinned to this
    /// key.
    ///
    /// # Errors
    /// [`KeyError`] if the text is not a usable public key.
    pub fn pin(&mut self, producer: &str, model: &str, key: &str) -> Result<bool, KeyError> {
        let key = line_of(key)?;
        match self.at(producer, model) {
            None => {
                self.pins.push(Pin { producer: producer.to_owned(), model: model.to_owned(), keys: vec![key] });
                Ok(true)
            }
            Some(at) if self.pins[at].keys.contains(&key) => Ok(false),
            Some(at) => {
                self.pins[at].keys.push(key);
                Ok(true)
            }
        }
    }

    /// Removes the pin of a model and returns it.
    pub fn unpin(&mut self, producer: &str, model: &str) -> Option<Pin> {
        self.at(producer, model).map(|at| self.pins.remove(at))
    }
}

/// Returns the `TYPE BASE64` of a checked public key file, without its comment; PEM is converted to OpenSSH's form.
pub(super) fn line_of(key: &str) -> Result<String, KeyError> {
    if let Ok(key) = PublicKey::parse(key) {
        return Ok(key.to_openssh(""));
    }
    Trust::of_key_text(key)?;
    Ok(SshPublicKey::parse_file(key)?.to_openssh())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::*;
    use crate::sign::SecretKey;

    #[test]
    fn a_pin_applies_to_one_producer_and_one_model() {
        let mut pins = Pins::default();
        let key = SecretKey::generate().unwrap().public().to_openssh("a comment");
        assert!(pins.pin("lab", "lm", &key).unwrap());
        assert!(!pins.pin("lab", "lm", &key).unwrap());
        let facts = |producer: &str, name: &str| ModelFacts {
            name: name.to_owned(),
            version: "9".to_owned(),
            producer: producer.to_owned(),
        };
        assert_eq!(pins.find(&facts("lab", "lm")).unwrap().len(), 1);
        assert!(pins.find(&facts("lab", "LM")).is_none());
        assert!(pins.find(&facts("lab ", "lm")).is_none());
        let second = SecretKey::generate().unwrap().public().to_openssh("");
        assert!(pins.pin("lab", "lm", &second).unwrap());
        assert_eq!(pins.find(&facts("lab", "lm")).unwrap()[1], second);
        assert!(pins.pin("lab", "lm", "ssh-rsa AAAA").is_err());
        assert!(pins.unpin("lab", "lm").is_some());
        assert!(pins.unpin("lab", "lm").is_none());
    }
}
