//! `[signers]`: how many signers are required, and in which roles.
//!
//! What counts is signers, not signatures. Keys and names that are connected form one signer: the envelopes of one key,
//! the keys of one name, the names of one key. People listed under one name, such as a pattern for a whole domain, cannot
//! be told apart and count once.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{TrustedSignature, Unmet, choice};
use crate::sign::trust::principal_matches;

/// `[signers]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Signers {
    /// The number of signers required; 1 if only `of` is given.
    require: Option<usize>,
    /// The principals that count; every trusted signer if absent.
    of: Option<Patterns>,
    /// Role → the number of signers required; a signer fills only one place.
    #[serde(default)]
    roles: BTreeMap<String, usize>,
}

/// Patterns of principals, with `*` and `?` as in allowed_signers.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub(super) struct Patterns(Vec<String>);

impl Patterns {
    /// Returns the largest number of signers that can match; `None` if a pattern can match any number.
    fn most(&self) -> Option<usize> {
        let is_one = |pattern: &String| !pattern.contains(['*', '?', ',', '!']);
        self.0.iter().all(is_one).then(|| self.0.iter().collect::<BTreeSet<_>>().len())
    }

    fn matches(&self, signer: &Signer<'_>) -> bool {
        // A negated name in the verifier's list names no signer.
        let names = || signer.names.iter().filter(|name| !name.starts_with('!'));
        names().any(|name| self.0.iter().any(|pattern| principal_matches(name, pattern)))
    }
}

/// One signer: connected keys and names.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Signer<'a> {
    keys: BTreeSet<&'a str>,
    names: BTreeSet<&'a str>,
}

impl Signer<'_> {
    fn shown(&self) -> String {
        let named: Vec<&str> = if self.names.is_empty() { &self.keys } else { &self.names }.iter().copied().collect();
        named.join(",")
    }
}

impl Signers {
    /// Returns a message for each requirement that is contradictory or cannot be met.
    pub(super) fn check(&self, roles: &BTreeMap<String, Patterns>) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.require == Some(0) {
            wrong.push("`require` of `[signers]` is 0; a verified release has at least one signer".to_owned());
        }
        if let Some(most) = self.of.as_ref().and_then(Patterns::most)
            && self.require.unwrap_or(1) > most
        {
            wrong.push(format!(
                "`[signers]` requires {} of {most}, which no release can meet",
                self.require.unwrap_or(1)
            ));
        }
        for (role, patterns) in roles {
            if patterns.0.is_empty() {
                wrong.push(format!("the role `{role}` has no members"));
            }
        }
        for (role, count) in &self.roles {
            match roles.get(role) {
                None if roles.is_empty() => {
                    wrong.push(format!("`[signers]` requires the role `{role}`, but there is no `[roles]`"));
                }
                None => {
                    let help = choice(role, roles.keys().map(String::as_str));
                    wrong.push(format!("`[signers]` requires the role `{role}`, which is not in `[roles]`; {help}"));
                }
                Some(_) if *count == 0 => wrong.push(format!("`[signers]` requires 0 signers of the role `{role}`")),
                Some(patterns) if patterns.most().is_some_and(|most| *count > most) => {
                    wrong.push(format!("`[signers]` requires {count} signers of the role `{role}`, which names fewer"));
                }
                Some(_) => {}
            }
        }
        wrong.extend(
            roles
                .keys()
                .filter(|role| !self.roles.contains_key(*role))
                .map(|role| format!("the role `{role}` is not used in `[signers]`")),
        );
        wrong
    }

    /// Returns the requirements that are not met.
    pub(super) fn unmet(&self, roles: &BTreeMap<String, Patterns>, signatures: &[TrustedSignature<'_>]) -> Vec<Unmet> {
        let keys: Vec<String> = signatures.iter().map(|signature| signature.key.to_string()).collect();
        let signers = signers(signatures.iter().zip(&keys).map(|(signature, key)| {
            let names = signature.principals.iter().flat_map(|list| list.split(',')).filter(|name| !name.is_empty());
            (key.as_str(), names.collect())
        }));
        let signed_by: Vec<String> = signers.iter().map(Signer::shown).collect();
        let counted = |patterns: &Patterns| signers.iter().filter(|signer| patterns.matches(signer)).count();
        let (required, found, of) = match &self.of {
            None => (self.require.unwrap_or(0), signers.len(), Vec::new()),
            Some(of) => (self.require.unwrap_or(1), counted(of), of.0.clone()),
        };
        let mut unmet = Vec::new();
        if found < required {
            unmet.push(Unmet::Signers { required, found, of, signed_by: signed_by.clone() });
        }
        let mut places = Vec::new();
        let mut each_is_met = true;
        for (role, required) in &self.roles {
            let Some(patterns) = roles.get(role) else { continue };
            places.extend(std::iter::repeat_n(patterns, *required));
            let found = counted(patterns);
            if found < *required {
                each_is_met = false;
                let (role, of, signed_by) = (role.clone(), patterns.0.clone(), signed_by.clone());
                unmet.push(Unmet::Role { role, of, required: *required, found, signed_by });
            }
        }
        let found = filled(&places, &signers);
        if each_is_met && found < places.len() {
            let roles = self.roles.keys().cloned().collect();
            unmet.push(Unmet::Roles { roles, required: places.len(), found, signed_by });
        }
        unmet
    }
}

/// Merges connected keys and names into signers.
fn signers<'a>(signed: impl Iterator<Item = (&'a str, BTreeSet<&'a str>)>) -> Vec<Signer<'a>> {
    let mut signers: Vec<Signer<'a>> = Vec::new();
    for (key, names) in signed {
        let is_connected = |signer: &Signer<'_>| signer.keys.contains(key) || !signer.names.is_disjoint(&names);
        let (same, mut others): (Vec<_>, Vec<_>) = signers.into_iter().partition(is_connected);
        let mut signer = Signer { keys: BTreeSet::from([key]), names };
        for part in same {
            signer.keys.extend(part.keys);
            signer.names.extend(part.names);
        }
        others.push(signer);
        signers = others;
    }
    signers.sort_by(|a, b| (&a.names, &a.keys).cmp(&(&b.names, &b.keys)));
    signers
}

/// Returns the largest number of places that can be filled at once, each by another signer (Kuhn's algorithm).
fn filled(places: &[&Patterns], signers: &[Signer<'_>]) -> usize {
    /// Finds a free signer for a place, or one whose place another signer can take.
    fn fill(
        place: usize,
        places: &[&Patterns],
        signers: &[Signer<'_>],
        taken: &mut [Option<usize>],
        tried: &mut [bool],
    ) -> bool {
        for (at, signer) in signers.iter().enumerate() {
            if tried[at] || !places[place].matches(signer) {
                continue;
            }
            tried[at] = true;
            if taken[at].is_none_or(|other| fill(other, places, signers, taken, tried)) {
                taken[at] = Some(place);
                return true;
            }
        }
        false
    }
    let mut taken = vec![None; signers.len()];
    (0..places.len()).filter(|place| fill(*place, places, signers, &mut taken, &mut vec![false; signers.len()])).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(signed: &[(&'a str, &[&'a str])]) -> Vec<Signer<'a>> {
        signers(signed.iter().map(|(key, names)| (*key, names.iter().copied().collect())))
    }

    #[test]
    fn connected_keys_and_names_are_one_signer() {
        for (signed, expected) in [
            (&[("k", &["a"][..]), ("l", &["b"])][..], 2),
            (&[("k", &["a"]), ("k", &["a"])], 1),
            (&[("k", &["a"]), ("l", &["a"])], 1),
            (&[("k", &["a", "b"])], 1),
            (&[("k", &["a", "b"]), ("l", &["a"])], 1),
            // The third joins what were two.
            (&[("k", &["a"]), ("l", &["b"]), ("m", &["a", "b"])], 1),
            (&[("k", &[]), ("l", &[])], 2),
            (&[], 0),
        ] {
            assert_eq!(of(signed).len(), expected, "{signed:?}");
        }
    }

    #[test]
    fn a_signer_fills_only_one_place() {
        let patterns = |list: &[&str]| Patterns(list.iter().map(|name| (*name).to_owned()).collect());
        let (any, a, b) = (patterns(&["*"]), patterns(&["a"]), patterns(&["b"]));
        let signers = of(&[("k", &["a"]), ("l", &["b"])]);
        assert_eq!(filled(&[&any, &a], &signers), 2);
        assert_eq!(filled(&[&a, &any], &signers), 2);
        assert_eq!(filled(&[&any, &a, &b], &signers), 2);
        assert_eq!(filled(&[&a, &a], &signers), 1);
        assert_eq!(filled(&[&patterns(&["!a,*"])], &of(&[("k", &["a"])])), 0);
        assert_eq!(filled(&[&any], &of(&[("k", &["!a"])])), 0, "a negated name names no signer");
    }
}
