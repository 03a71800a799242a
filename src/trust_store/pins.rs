//! Pins: the only keys that may speak for a model, whatever else is trusted.

use serde::{Deserialize, Serialize};

use super::VERSION;
use super::signers::line_of;
use crate::sign::KeyError;
use crate::statement::ModelFacts;

/// Every pin.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    pub(super) version: u32,
    /// One for each model.
    pub pins: Vec<Pin>,
}

/// The keys of one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// Who releases it, as signed.
    pub producer: String,
    /// Its name, as signed.
    pub model: String,
    /// Lines of public key files, without comments.
    pub keys: Vec<String>,
}

impl Default for Pins {
    fn default() -> Self {
        Self { version: VERSION, pins: Vec::new() }
    }
}

impl Pins {
    /// Returns the keys of a model; `None` where it is not pinned.
    #[must_use]
    pub fn find(&self, model: &ModelFacts) -> Option<&[String]> {
        self.at(&model.producer, &model.name).map(|at| self.pins[at].keys.as_slice())
    }

    fn at(&self, producer: &str, model: &str) -> Option<usize> {
        self.pins.iter().position(|pin| pin.producer == producer && pin.model == model)
    }

    /// Pins a model to a key beside those it has; `false` where it has it.
    ///
    /// # Errors
    /// Where the text is no public key that can be verified with.
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

    /// Takes a model's pin away and returns it.
    pub fn unpin(&mut self, producer: &str, model: &str) -> Option<Pin> {
        self.at(producer, model).map(|at| self.pins.remove(at))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

    use super::*;
    use crate::sign::SecretKey;

    #[test]
    fn a_pin_is_for_one_producer_and_one_model() {
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
