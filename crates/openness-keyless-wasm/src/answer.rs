//! Answers requests.

use std::error::Error;

use base64ct::{Base64, Encoding as _};
use openness::sign::keyless::{Authorities, Certified, EMBEDDED, Problem, TrustedRoot, Uncertified};
use serde::Deserialize;
use serde_json::{Value, json};

/// A question about one bundle.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The `trusted_root.json` of a Sigstore instance, or `embedded:sigstore` for that of the public instance.
    pub root: String,
    /// The bundle in JSON.
    pub bundle: String,
    /// The digest that the bundle has to be over.
    pub subject: [u8; 32],
}

/// Answers a request.
#[must_use]
pub fn answer(request: &[u8]) -> Vec<u8> {
    let answer = match serde_json::from_slice::<Request>(request) {
        Ok(request) => certify(&request),
        Err(error) => failure("cannot read the request", &error),
    };
    answer.to_string().into_bytes()
}

fn certify(request: &Request) -> Value {
    let root = match request.root.trim() {
        EMBEDDED => TrustedRoot::embedded(),
        _ => TrustedRoot::read(&request.root),
    };
    match root {
        Ok(root) => match root.certify(&request.bundle, &request.subject) {
            Ok(found) => certified(&found, root.root()),
            Err(error) => refused(&error),
        },
        Err(error) => failure("the trusted root", &error),
    }
}

/// The entries of logs are left out: a page trusts no logs by itself.
fn certified(found: &Certified, root: &str) -> Value {
    let Certified { identity, issuer, times, certificate, .. } = found;
    let times: Vec<i64> = times.iter().map(|time| time.as_second()).collect();
    json!({ "certified": {
        "identity": identity,
        "issuer": issuer,
        "times": times,
        "certificate": Base64::encode_string(certificate),
        "root": root,
    } })
}

fn refused(Uncertified { problem, reason, claimed }: &Uncertified) -> Value {
    let problem = match problem {
        Problem::Unknown => "unknown",
        Problem::Time => "time",
        Problem::Bad => "bad",
    };
    json!({ "refused": { "problem": problem, "reason": reason, "claimed": claimed } })
}

fn failure(doing: &str, error: &dyn Error) -> Value {
    let mut message = format!("{doing}: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        message.push_str(&format!(": {error}"));
        cause = error.source();
    }
    json!({ "error": message })
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    macro_rules! vector {
        ($name:literal) => {
            include_str!(concat!("../../openness-keyless/tests/data/", $name))
        };
    }

    fn ask(root: &str, bundle: &str) -> Value {
        let digests: Vec<u8> = ["{}\n", "weights"].iter().flat_map(Sha256::digest).collect();
        let subject: [u8; 32] = Sha256::digest(digests).into();
        let request = json!({ "root": root, "bundle": bundle, "subject": subject });
        serde_json::from_slice(&answer(request.to_string().as_bytes())).unwrap()
    }

    #[test]
    fn identities_are_certified_and_named() {
        let root = vector!("trusted_root.json");
        for bundle in [vector!("rekor1.sigstore.json"), vector!("rekor2.sigstore.json")] {
            let found = &ask(root, bundle)["certified"];
            assert_eq!(
                (&found["identity"], &found["issuer"]),
                (&"release@lab.example".into(), &"https://idp.lab.example/oauth2".into())
            );
            let digest: String = Sha256::digest(root).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(found["root"], digest);
        }
    }

    #[test]
    fn what_does_not_hold_is_refused_with_its_kind() {
        let root = vector!("trusted_root.json");
        for (root, bundle, problem) in [
            (root, vector!("tampered.sigstore.json"), "bad"),
            (root, vector!("other-root.sigstore.json"), "unknown"),
            (" embedded:sigstore\n", vector!("rekor1.sigstore.json"), "unknown"),
            (root, "{}", "bad"),
        ] {
            assert_eq!(ask(root, bundle)["refused"]["problem"], problem, "{bundle}");
        }
        let claimed = &ask(root, vector!("tampered.sigstore.json"))["refused"]["claimed"];
        assert_eq!(*claimed, json!(["release@lab.example", "https://idp.lab.example/oauth2"]));
    }

    #[test]
    fn roots_and_requests_that_cannot_be_used_are_errors() {
        for root in ["", "{}", "embedded:other"] {
            let error = ask(root, "{}")["error"].as_str().unwrap().to_owned();
            assert!(error.starts_with("the trusted root: it is not a trusted root of Sigstore"), "{error}");
        }
        let unreadable: Value = serde_json::from_slice(&answer(b"{}")).unwrap();
        assert!(unreadable["error"].as_str().unwrap().starts_with("cannot read the request"));
    }
}
