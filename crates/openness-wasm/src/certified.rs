//! Signatures by identities that Sigstore certified. The module `openness-keyless-wasm` checks them, if the page has loaded it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use base64ct::{Base64, Encoding as _};
use openness::jiff::Timestamp;
use openness::oms::Signers;
use openness::sign::keyless::{Authorities, Certified, Problem, SharedAuthorities, Uncertified};
use serde::Deserialize;
use serde_json::json;

use crate::failure::Failure;
use crate::files::Page;
use crate::request::Verify;

/// The authorities of the trusted root that the user chose.
#[derive(Debug)]
pub(crate) struct PageAuthorities {
    root: String,
    page: Arc<dyn Page>,
    /// The name of the trusted root, which the other module says with the first signature that holds.
    name: OnceLock<String>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Whether the other module was needed and is not loaded.
    is_missing: bool,
    /// Why the trusted root cannot be used.
    error: Option<String>,
}

/// The answer of the other module.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    Certified(Found),
    Refused { problem: Word, reason: String, claimed: Option<(String, String)> },
    Error(String),
}

#[derive(Debug, Deserialize)]
struct Found {
    identity: String,
    issuer: String,
    times: Vec<i64>,
    certificate: String,
    root: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Unknown,
    Time,
    Bad,
}

/// Returns the signers that a request trusts by a trusted root, and the authorities to ask afterwards whether they could answer.
pub(crate) fn signers(
    request: &Verify,
    names_identities: bool,
    page: &Arc<dyn Page>,
) -> Result<(Signers, Option<Arc<PageAuthorities>>), Failure> {
    let Some(root) = &request.trusted_root else {
        return match request.issuer {
            Some(_) => {
                Err(Failure::usage("an issuer needs a trusted root").help("name the trusted root of Sigstore too"))
            }
            None => Ok((Signers::none(), None)),
        };
    };
    let authorities = Arc::new(PageAuthorities {
        root: root.clone(),
        page: Arc::clone(page),
        name: OnceLock::new(),
        state: Mutex::default(),
    });
    let shared: SharedAuthorities = authorities.clone();
    let mut signers = Signers::of_authorities([shared]);
    if names_identities {
        signers = signers.with_identities_of_policy();
    } else if request.identity.is_none() || request.issuer.is_none() {
        return Err(Failure::usage("a trusted root says who certifies identities, but not which one you trust")
            .help("name the identity that has to be the signer and the issuer that vouches for it"));
    }
    let signers = request.issuer.iter().fold(signers, Signers::with_issuer);
    Ok((signers, Some(authorities)))
}

impl PageAuthorities {
    /// Returns whether the other module was needed and is not loaded.
    ///
    /// # Errors
    /// [`Failure`] if the trusted root cannot be used.
    pub(crate) fn is_missing(&self) -> Result<bool, Failure> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &state.error {
            Some(error) => Err(Failure::usage(error)
                .help("expected a trusted_root.json of a Sigstore instance, or `embedded:sigstore`")),
            None => Ok(state.is_missing),
        }
    }

    fn ask(&self, bundle: &str, subject: &[u8; 32]) -> Option<Answer> {
        let request = json!({ "root": self.root, "bundle": bundle, "subject": subject });
        let answer = self.page.certify(request.to_string().as_bytes())?;
        Some(serde_json::from_slice(&answer).unwrap_or_else(|error| Answer::Error(error.to_string())))
    }

    fn certified(&self, found: Found) -> Option<Certified> {
        let times =
            found.times.iter().map(|second| Timestamp::from_second(*second).ok()).collect::<Option<Vec<_>>>()?;
        let certificate = Base64::decode_vec(&found.certificate).ok()?;
        self.name.get_or_init(|| found.root);
        let (identity, issuer) = (found.identity, found.issuer);
        Some(Certified { identity, issuer, times, certificate, entries: Vec::new() })
    }

    /// Notes why there is no answer. The report that comes of it is not used.
    fn note(&self, change: impl FnOnce(&mut State)) -> Uncertified {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        Uncertified { problem: Problem::Unknown, reason: "it was not checked".to_owned(), claimed: None }
    }
}

impl Authorities for PageAuthorities {
    fn certify(&self, bundle: &str, subject: &[u8; 32]) -> Result<Certified, Uncertified> {
        match self.ask(bundle, subject) {
            None => Err(self.note(|state| state.is_missing = true)),
            Some(Answer::Error(error)) => Err(self.note(|state| state.error = Some(error))),
            Some(Answer::Refused { problem, reason, claimed }) => {
                let problem = match problem {
                    Word::Unknown => Problem::Unknown,
                    Word::Time => Problem::Time,
                    Word::Bad => Problem::Bad,
                };
                Err(Uncertified { problem, reason, claimed })
            }
            Some(Answer::Certified(found)) => self.certified(found).ok_or_else(|| {
                self.note(|state| state.error = Some("the answer about a certificate cannot be read".to_owned()))
            }),
        }
    }

    fn root(&self) -> &str {
        self.name.get().map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// A page whose other module always gives this answer.
    #[derive(Debug)]
    struct Answers(Option<&'static str>);

    impl Page for Answers {
        fn read(&self, _: u32, _: u64, _: &mut [u8]) -> io::Result<usize> {
            Ok(0)
        }

        fn certify(&self, request: &[u8]) -> Option<Vec<u8>> {
            let request: serde_json::Value = serde_json::from_slice(request).unwrap();
            assert_eq!((&request["root"], &request["bundle"]), (&"{}".into(), &"bundle".into()));
            self.0.map(Into::into)
        }
    }

    fn trusting(root: &str) -> Verify {
        Verify {
            trusted_root: Some(root.to_owned()),
            identity: Some("release@lab.example".to_owned()),
            issuer: Some("https://idp.lab.example".to_owned()),
            ..Verify::default()
        }
    }

    fn ask(answer: Option<&'static str>) -> (Result<Certified, Uncertified>, Arc<PageAuthorities>) {
        let page: Arc<dyn Page> = Arc::new(Answers(answer));
        let authorities = signers(&trusting("{}"), false, &page).unwrap().1.unwrap();
        (authorities.certify("bundle", &[0; 32]), authorities)
    }

    #[test]
    fn the_other_module_says_who_signed() {
        let (found, authorities) =
            ask(Some(r#"{"certified":{"identity":"a","issuer":"b","times":[1,2],"certificate":"AAE=","root":"00"}}"#));
        let found = found.unwrap();
        assert_eq!((found.identity.as_str(), found.times.len(), found.certificate), ("a", 2, vec![0, 1]));
        assert_eq!((authorities.root(), authorities.is_missing().unwrap()), ("00", false));
        let (refused, _) = ask(Some(r#"{"refused":{"problem":"time","reason":"late","claimed":["a","b"]}}"#));
        let claimed = Some(("a".to_owned(), "b".to_owned()));
        assert_eq!(refused, Err(Uncertified { problem: Problem::Time, reason: "late".to_owned(), claimed }));
    }

    #[test]
    fn without_an_answer_nothing_holds() {
        let (refused, authorities) = ask(None);
        assert!(refused.is_err() && authorities.is_missing().unwrap());
        for answer in [
            r#"{"error":"the trusted root: it is not one"}"#,
            "nonsense",
            r#"{"certified":{"identity":"a","issuer":"b","times":[1],"certificate":"?","root":"00"}}"#,
        ] {
            let (refused, authorities) = ask(Some(answer));
            assert!(refused.is_err() && authorities.is_missing().is_err(), "{answer}");
        }
    }

    #[test]
    fn who_is_trusted_has_to_be_said() {
        let page: Arc<dyn Page> = Arc::new(Answers(None));
        for request in [
            Verify { identity: None, ..trusting("{}") },
            Verify { issuer: None, ..trusting("{}") },
            Verify { trusted_root: None, ..trusting("{}") },
        ] {
            assert!(signers(&request, false, &page).is_err(), "{request:?}");
        }
        let none = Verify { trusted_root: None, issuer: None, ..trusting("{}") };
        assert!(signers(&none, false, &page).unwrap().1.is_none());
        assert!(signers(&Verify { identity: None, ..trusting("{}") }, true, &page).is_ok());
    }
}
