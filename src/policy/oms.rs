//! `[oms]`: by whom models must be signed with OpenSSF Model Signing, by the names of the models.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Unmet;
use crate::sign::trust::principal_matches;

/// The methods that a policy may name.
const METHODS: &[&str] = &["key", "certificate", KEYLESS];
/// The method without a lasting key, as the tools of OMS call it.
const KEYLESS: &str = "sigstore";

/// `[oms]`: pattern of the models' names → who must have signed them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct OmsLines(BTreeMap<String, OmsLine>);

/// `[oms.PATTERN]`. What is absent requires nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct OmsLine {
    methods: Option<Vec<String>>,
    /// Patterns of the subject of a certificate, and of its alternative names.
    identities: Option<Vec<String>>,
    /// Patterns of the services that vouch for identities, for the method `sigstore` alone.
    issuers: Option<Vec<String>>,
    /// Fingerprints of keys, and of certificates of signers.
    signers: Option<Vec<String>>,
    /// Fingerprints of certificates, and of files of trusted roots, that the verifier trusts.
    roots: Option<Vec<String>>,
}

/// A good signature of OpenSSF Model Signing by a trusted signer.
#[derive(Debug, Clone, Copy)]
pub struct TrustedModel<'a> {
    /// The name of the model, which the signer chose.
    pub name: &'a str,
    /// `key`, `certificate` or `sigstore`.
    pub method: &'a str,
    /// The fingerprint of the key or certificate, in hex.
    pub signer: &'a str,
    /// The subject of the certificate, or the identity that is certified; `None` for a key.
    pub subject: Option<&'a str>,
    /// The alternative names of the subject.
    pub names: &'a [String],
    /// The service that vouched for the identity; `None` unless the method is `sigstore`.
    pub issuer: Option<&'a str>,
    /// The fingerprint of the certificate or trusted root that the verifier trusts, in hex; `None` for a key.
    pub root: Option<&'a str>,
}

impl<'a> TrustedModel<'a> {
    /// Returns a model of this name that is signed with a key.
    #[must_use]
    pub fn of(name: &'a str, method: &'a str, signer: &'a str) -> Self {
        Self { name, method, signer, subject: None, names: &[], issuer: None, root: None }
    }
}

impl OmsLines {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether every table that admits identities without a lasting key names both them and those who vouch for them.
    pub(super) fn names_identities(&self) -> bool {
        let admits = |line: &&OmsLine| {
            line.methods.as_ref().is_none_or(|methods| methods.iter().any(|method| method == KEYLESS))
        };
        let names = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|list| !list.is_empty());
        !self.is_empty() && self.0.values().filter(admits).all(|line| names(&line.identities) && names(&line.issuers))
    }

    /// Returns a message for each requirement that cannot be met.
    pub(super) fn check(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (pattern, line) in &self.0 {
            let mut says = |what: String| wrong.push(format!("`[oms.\"{}\"]` {what}", pattern.escape_debug()));
            if pattern.contains([',', '!']) {
                says("has a `,` or `!` in its pattern; write one table for each pattern".to_owned());
            }
            if let Some(method) = line.methods.iter().flatten().find(|method| !METHODS.contains(&method.as_str())) {
                says(format!("names the method `{}`; known are {}", method.escape_debug(), METHODS.join(", ")));
            }
            let fingerprints = line.signers.iter().chain(&line.roots).flatten();
            if let Some(other) = fingerprints.into_iter().find(|id| !is_fingerprint(id)) {
                let other = other.escape_debug();
                says(format!("names `{other}`, which is not a SHA-256 of 64 lower-case hex digits"));
            }
        }
        wrong
    }

    /// Returns why no signature is enough; empty if one is, or if nothing is required.
    pub(super) fn unmet(&self, models: &[TrustedModel<'_>]) -> Vec<Unmet> {
        if self.is_empty() {
            return Vec::new();
        }
        if models.is_empty() {
            return vec![Unmet::NoModelSignature];
        }
        let refused: Vec<Unmet> = models.iter().filter_map(|model| self.refuse(model)).collect();
        if refused.len() < models.len() { Vec::new() } else { refused }
    }

    /// Returns why a signature is not enough. Of the patterns that match its model, the longest counts.
    fn refuse(&self, model: &TrustedModel<'_>) -> Option<Unmet> {
        let name = model.name.to_owned();
        let matching = self.0.iter().filter(|(pattern, _)| principal_matches(model.name, pattern));
        let Some((pattern, line)) = matching.max_by_key(|(pattern, _)| pattern.len()) else {
            return Some(Unmet::ModelNotListed { model: name });
        };
        let pattern = pattern.clone();
        let line = line.refuse(model)?;
        Some(Unmet::ModelSigner { model: name, pattern, what: line })
    }
}

impl OmsLine {
    /// Returns the key of the table that a signature does not meet.
    fn refuse(&self, model: &TrustedModel<'_>) -> Option<&'static str> {
        let is_one_of = |list: &Option<Vec<String>>, found: Option<&str>| {
            list.as_ref().is_none_or(|list| found.is_some_and(|found| list.iter().any(|item| item == found)))
        };
        let names = || model.subject.into_iter().chain(model.names.iter().map(String::as_str));
        let is_identity = |pattern: &String| names().any(|name| matches_name(name, pattern));
        if !is_one_of(&self.methods, Some(model.method)) {
            return Some("methods");
        }
        if self.identities.as_ref().is_some_and(|list| !list.iter().any(is_identity)) {
            return Some("identities");
        }
        let is_issuer = |pattern: &String| model.issuer.is_some_and(|issuer| matches_name(issuer, pattern));
        if model.method == KEYLESS && self.issuers.as_ref().is_some_and(|list| !list.iter().any(is_issuer)) {
            return Some("issuers");
        }
        if !is_one_of(&self.signers, Some(model.signer)) {
            return Some("signers");
        }
        if !is_one_of(&self.roots, model.root) {
            return Some("roots");
        }
        None
    }
}

/// Matches a whole name. One without wildcards is compared as it is: the subject of a certificate may contain commas.
fn matches_name(name: &str, pattern: &str) -> bool {
    name == pattern || (!pattern.contains([',', '!']) && principal_matches(name, pattern))
}

fn is_fingerprint(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::super::Policy;
    use super::*;
    use crate::source::Source;

    fn policy(text: &str) -> Policy {
        Policy::read(&Source::new("policy.toml", format!("policy = 1\n{text}"))).unwrap()
    }

    fn by_key(name: &str) -> TrustedModel<'_> {
        TrustedModel::of(name, "key", "k")
    }

    #[test]
    fn the_longest_pattern_decides_by_whom_a_model_is_signed() {
        let (one, two) = ("1".repeat(64), "2".repeat(64));
        let names = ["release@lab.example".to_owned()];
        let certificate = |name| TrustedModel {
            name,
            method: "certificate",
            signer: &one,
            subject: Some("CN=Lab, Inc.,C=CH"),
            names: &names,
            issuer: None,
            root: Some(&two),
        };
        let text = format!(
            "[oms.\"*\"]\nsigners = [\"{two}\"]\n[oms.\"granite-*\"]\nmethods = [\"certificate\"]\n\
             identities = [\"*@lab.example\"]\nroots = [\"{two}\"]\n[oms.\"granite-old\"]\nidentities = [\"CN=Lab, Inc.,C=CH\"]\n"
        );
        let policy = policy(&text);
        let what = |models: &[TrustedModel<'_>]| match policy.unmet_by_models(models).first() {
            None => "",
            Some(Unmet::ModelSigner { what, .. }) => what,
            Some(_) => "other",
        };
        assert_eq!(what(&[certificate("granite-4")]), "");
        assert_eq!(what(&[certificate("granite-old")]), "");
        assert_eq!(what(&[by_key("granite-4")]), "methods");
        assert_eq!(what(&[by_key("granite-old")]), "identities");
        assert_eq!(what(&[certificate("other")]), "signers");
        assert_eq!(what(&[by_key("x"), certificate("granite-4")]), "", "one is enough");
        let other = TrustedModel { root: Some(&one), ..certificate("granite-4") };
        assert_eq!(what(&[other]), "roots");
        assert_eq!(policy.unmet_by_models(&[]), [Unmet::NoModelSignature]);
    }

    #[test]
    fn identities_without_a_lasting_key_need_one_who_vouches_for_them() {
        let text = "[oms.\"granite-*\"]\nmethods = [\"sigstore\"]\nidentities = [\"*@lab.example\"]\n\
                    issuers = [\"https://idp.lab.example/*\"]\n[oms.\"*\"]\nmethods = [\"key\"]\n";
        let policy = policy(text);
        assert!(policy.names_identities());
        let by = |identity, issuer| TrustedModel {
            subject: Some(identity),
            issuer: Some(issuer),
            ..TrustedModel::of("granite-4", "sigstore", "s")
        };
        let what = |model| match policy.unmet_by_models(&[model]).first() {
            None => "",
            Some(Unmet::ModelSigner { what, .. }) => what,
            Some(_) => "other",
        };
        assert_eq!(what(by("a@lab.example", "https://idp.lab.example/oauth2")), "");
        assert_eq!(what(by("a@lab.example", "https://idp.evil.example/oauth2")), "issuers");
        assert_eq!(what(by("a@evil.example", "https://idp.lab.example/oauth2")), "identities");
        for text in [
            "",
            "[oms.a]\n",
            "[oms.a]\nidentities = [\"a\"]\n",
            "[oms.a]\nissuers = [\"a\"]\n",
            "[oms.a]\nidentities = [\"a\"]\nissuers = [\"a\"]\n[oms.b]\n",
        ] {
            assert!(!tests::policy(text).names_identities(), "{text}");
        }
    }

    #[test]
    fn models_that_no_pattern_matches_are_refused() {
        let some = policy("[oms.\"tiny-*\"]\n");
        assert!(some.unmet_by_models(&[by_key("tiny-lm")]).is_empty());
        let unmet = some.unmet_by_models(&[by_key("other")]);
        assert_eq!(unmet, [Unmet::ModelNotListed { model: "other".to_owned() }]);
        assert!(policy("").unmet_by_models(&[]).is_empty());
    }

    #[test]
    fn tables_that_nothing_can_meet_are_errors() {
        for (text, words) in [
            ("[oms.\"a,b\"]", "one table for each pattern"),
            ("[oms.a]\nmethods = [\"keyless\"]", "known are key, certificate, sigstore"),
            ("[oms.a]\nsigners = [\"AB\"]", "not a SHA-256"),
            ("[oms.a]\nroots = [\"x\"]", "not a SHA-256"),
            ("[oms.a]\nmethod = [\"key\"]", "did you mean `methods`?"),
        ] {
            let error = Policy::read(&Source::new("p", format!("policy = 1\n{text}\n"))).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
