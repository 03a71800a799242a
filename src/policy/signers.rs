//! Who has to have signed: so many, in which roles.
//!
//! Counted are signers, not signatures. What hangs together is one signer: the envelopes of one key, the keys of one name,
//! the names of one key. Whom a verifier lists under one name, as with a pattern for a whole domain, it cannot tell apart.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::choice;
use crate::sign::Status;
use crate::sign::trust::principal_matches;
use crate::verify::SignatureReport;

/// `[signers]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Signers {
    /// How many have to have signed; 1 where only `of` is given.
    require: Option<usize>,
    /// Who counts; anybody trusted where absent.
    of: Option<Patterns>,
    /// Role → how many signers; nobody stands in two places.
    #[serde(default)]
    roles: BTreeMap<String, usize>,
}

/// Principals, with `*` and `?` as in allowed_signers.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub(super) struct Patterns(Vec<String>);

impl Patterns {
    /// The most signers that could match; `None` where a pattern matches any number.
    fn most(&self) -> Option<usize> {
        let is_one = |pattern: &String| !pattern.contains(['*', '?', ',', '!']);
        self.0.iter().all(is_one).then(|| self.0.iter().collect::<BTreeSet<_>>().len())
    }

    fn matches(&self, signer: &Signer<'_>) -> bool {
        // A name that the verifier's list negates is nobody's.
        let names = || signer.names.iter().filter(|name| !name.starts_with('!'));
        names().any(|name| self.0.iter().any(|pattern| principal_matches(name, pattern)))
    }

    fn shown(&self) -> String {
        self.0.iter().map(|pattern| format!("`{pattern}`")).collect::<Vec<_>>().join(", ")
    }
}

/// One signer: keys and names that hang together.
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
    /// Says what makes no sense.
    pub(super) fn check(&self, roles: &BTreeMap<String, Patterns>) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.require == Some(0) {
            wrong.push("`require` of `[signers]` is 0; a release that verifies has one".to_owned());
        }
        if let Some(most) = self.of.as_ref().and_then(Patterns::most)
            && self.require.unwrap_or(1) > most
        {
            wrong.push(format!("`[signers]` requires {} of {most}, which nobody can meet", self.require.unwrap_or(1)));
        }
        for (role, patterns) in roles {
            if patterns.0.is_empty() {
                wrong.push(format!("the role `{role}` has nobody in it"));
            }
        }
        for (role, count) in &self.roles {
            match roles.get(role) {
                None if roles.is_empty() => {
                    wrong.push(format!("`[signers]` asks for the role `{role}`, and there is no `[roles]`"));
                }
                None => {
                    let help = choice(role, roles.keys().map(String::as_str));
                    wrong.push(format!("`[signers]` asks for the role `{role}`, which is none of `[roles]`; {help}"));
                }
                Some(_) if *count == 0 => wrong.push(format!("0 of the role `{role}` ask for nobody")),
                Some(patterns) if patterns.most().is_some_and(|most| *count > most) => {
                    wrong.push(format!("{count} of the role `{role}` are more than it names, which nobody can meet"));
                }
                Some(_) => {}
            }
        }
        wrong.extend(
            roles
                .keys()
                .filter(|role| !self.roles.contains_key(*role))
                .map(|role| format!("the role `{role}` is asked for by no line of `[signers]`")),
        );
        wrong
    }

    /// Says which lines are not met, and who has signed.
    pub(super) fn unmet(&self, roles: &BTreeMap<String, Patterns>, signatures: &[SignatureReport]) -> Vec<String> {
        let good = signatures.iter().filter(|signature| signature.status == Status::Good);
        let signers = signers(good.filter_map(|signature| {
            let names = signature.principal.iter().flat_map(|list| list.split(',')).filter(|name| !name.is_empty());
            Some((signature.key.as_deref()?, names.collect()))
        }));
        let found = match signers.as_slice() {
            [] => "nobody who is trusted has signed".to_owned(),
            signers => format!("signed by {}", signers.iter().map(Signer::shown).collect::<Vec<_>>().join("; ")),
        };
        let mut unmet = Vec::new();
        let counted = |patterns: &Patterns| signers.iter().filter(|signer| patterns.matches(signer)).count();
        let (require, have) = match &self.of {
            None => (self.require.unwrap_or(0), signers.len()),
            Some(of) => (self.require.unwrap_or(1), counted(of)),
        };
        if have < require {
            let who = self.of.as_ref().map_or_else(String::new, |of| format!(" of {}", of.shown()));
            unmet.push(format!("{have} of the {require} signers asked for{who} have signed; {found}"));
        }
        let mut places = Vec::new();
        let mut each_is_met = true;
        for (role, count) in &self.roles {
            let Some(patterns) = roles.get(role) else { continue };
            places.extend(std::iter::repeat_n(patterns, *count));
            let have = counted(patterns);
            if have < *count {
                each_is_met = false;
                let who = patterns.shown();
                unmet.push(format!(
                    "{have} of the {count} signers asked for in the role `{role}` ({who}) have signed; {found}"
                ));
            }
        }
        let filled = filled(&places, &signers);
        if each_is_met && filled < places.len() {
            let roles = self.roles.keys().map(|role| format!("`{role}`")).collect::<Vec<_>>().join(", ");
            unmet.push(format!(
                "the roles {roles} ask for {} signers, each in one place, and {filled} can be filled; {found}",
                places.len()
            ));
        }
        unmet
    }
}

/// Puts together what hangs together.
fn signers<'a>(signed: impl Iterator<Item = (&'a str, BTreeSet<&'a str>)>) -> Vec<Signer<'a>> {
    let mut signers: Vec<Signer<'a>> = Vec::new();
    for (key, names) in signed {
        let hangs = |signer: &Signer<'_>| signer.keys.contains(key) || !signer.names.is_disjoint(&names);
        let (same, mut others): (Vec<_>, Vec<_>) = signers.into_iter().partition(hangs);
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

/// The most places that can be filled at once, each signer in one (Kuhn's algorithm).
fn filled(places: &[&Patterns], signers: &[Signer<'_>]) -> usize {
    /// Finds a free signer for a place, or one whose place another can take.
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
    fn what_hangs_together_is_one_signer() {
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
    fn nobody_fills_two_places() {
        let patterns = |list: &[&str]| Patterns(list.iter().map(|name| (*name).to_owned()).collect());
        let (any, a, b) = (patterns(&["*"]), patterns(&["a"]), patterns(&["b"]));
        let signers = of(&[("k", &["a"]), ("l", &["b"])]);
        assert_eq!(filled(&[&any, &a], &signers), 2);
        assert_eq!(filled(&[&a, &any], &signers), 2);
        assert_eq!(filled(&[&any, &a, &b], &signers), 2);
        assert_eq!(filled(&[&a, &a], &signers), 1);
        assert_eq!(filled(&[&patterns(&["!a,*"])], &of(&[("k", &["a"])])), 0);
        assert_eq!(filled(&[&any], &of(&[("k", &["!a"])])), 0, "a negated name is nobody's");
    }
}
