//! What a license allows as a whole, and how it limits use, for every place that would otherwise say `open` alone.

use super::traits::{self, Answer, Threshold, Traits};
use super::{Effective, Expression, License};
use crate::manifest::{Component, Manifest};
use crate::source::Span;

/// The license in effect for a component, and what it allows.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The license as a message shows it, such as `` `Apache-2.0` ``; empty if there is none.
    pub text: String,
    /// The position of the license in the manifest.
    pub span: Option<Span>,
    /// What the license allows.
    pub standing: Standing,
    /// The expression, if there is a valid one.
    pub expression: Option<Expression>,
}

/// What a license allows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// The Open Source Initiative approved it.
    OsiApproved,
    /// It is an open license for data or content, or none of its known traits restricts use.
    Unrestricted,
    /// It restricts use in at least one of these ways.
    Restricted(Vec<&'static str>),
    /// It is not known what it allows.
    Unknown,
    /// The component is released without a license.
    Without,
    /// No license is stated.
    Unstated,
}

/// Returns the license in effect for a component.
#[must_use]
pub fn of(manifest: &Manifest, component: &Component) -> Terms {
    let effective = super::effective(manifest, component);
    let (span, expression) = (effective.span(), effective.expression());
    let text = effective.description().map_or_else(String::new, |text| format!("`{text}`"));
    let standing = match (&effective, &expression) {
        (Effective::Unstated, _) => Standing::Unstated,
        (Effective::None(..), _) => Standing::Without,
        (_, Some(expression)) => standing(expression),
        (_, None) => Standing::Unknown,
    };
    Terms { text, span, standing, expression }
}

/// Returns what an expression allows.
#[must_use]
pub fn standing(expression: &Expression) -> Standing {
    if expression.grants(super::is_osi_approved) {
        return Standing::OsiApproved;
    }
    let is_unrestricted = || traits::ask(expression, |traits| restriction(traits).map(|restricts| !restricts));
    match expression.is_open() || is_unrestricted() == Some(true) {
        true => Standing::Unrestricted,
        false if is_unrestricted() == Some(false) => Standing::Restricted(limits(expression)),
        false => Standing::Unknown,
    }
}

/// Families of licenses that limit use, and licenses that do: those that ScanCode's list (scancode-toolkit-mini 32.5.0) has as
/// "Source-available", "Free Restricted" or "Proprietary Free" without being open, and a few that limit who may use what for which
/// purpose, or sell it, by their words.
const RESTRICTED: &[&str] = &[
    "ASWF-Digital-Assets-",
    "Aladdin",
    "BSD-3-Clause-No-Military-License",
    "BSD-3-Clause-No-Nuclear-License",
    "BSD-3-Clause-No-Nuclear-License-2014",
    "BUSL-",
    "C-UDA-1.0",
    "CC-BY-NC-",
    "CC-BY-ND-",
    "CPOL-1.02",
    "Caldera",
    "Elastic-",
    "FSL-",
    "Hippocratic-",
    "JPL-image",
    "JSON",
    "NCGL-UK-2.0",
    "PolyForm-",
    "SOFA",
    "SSPL-",
    "SUL-1.0",
    "Unicode-TOU",
    "UnRAR",
];

/// Returns whether a license is known to be not open: it limits who may use what for which purpose, or what may be passed on.
pub(crate) fn is_restricted(id: &str) -> bool {
    let is_listed = || RESTRICTED.iter().any(|known| *known == id || known.ends_with('-') && id.starts_with(known));
    let denies = || {
        traits::traits(id).is_some_and(|traits| {
            [traits.commercial_use, traits.redistribution, traits.derivatives].contains(&Some(Answer::No))
                || traits.field_of_use_limits == Some(Answer::Yes)
        })
    };
    !super::is_open(id) && (is_listed() || denies())
}

/// One way in which a license can limit use: in a few words, as a clause about the license, and whether a license has it.
type Limit = (&'static str, &'static str, fn(&Traits) -> Option<bool>);

/// The limits, in the order in which they are listed.
const LIMITS: &[Limit] = &[
    ("no commercial use", "forbids commercial use", |traits| no(traits.commercial_use)),
    ("no redistribution", "forbids redistribution", |traits| no(traits.redistribution)),
    ("no modified versions", "forbids modification", |traits| no(traits.derivatives)),
    ("excluded uses", "excludes some uses", |traits| yes(traits.field_of_use_limits)),
    ("a limit on the number of users", "limits the number of users", |traits| above(traits.user_threshold)),
    ("a limit on revenue", "limits the revenue of users", |traits| above(traits.revenue_threshold)),
    ("limits on training with outputs", "limits training on outputs", |traits| yes(traits.output_training_limit)),
    ("a binding use policy", "binds users to a policy", |traits| yes(traits.acceptable_use_policy)),
    ("excluded countries", "excludes some countries", |traits| yes(traits.geo_exclusion)),
    ("a separate license for some commercial use", "needs another license for some commercial use", |traits| {
        yes(traits.separate_commercial_license)
    }),
];

/// A limit that few descriptions mention: where it is not known, nothing is said about it.
const RARE: &[Limit] = &[
    ("an end if a guardrail is bypassed", "ends if a guardrail is bypassed", |traits| yes(traits.guardrail_clause)),
    ("limits on hosting", "limits hosting as a service", |traits| yes(traits.service_limit)),
    ("limits on the use of outputs", "limits the use of outputs", |traits| yes(traits.outputs_restricted)),
];

fn no(answer: Option<Answer>) -> Option<bool> {
    answer.map(|answer| !answer.is_yes())
}

fn yes(answer: Option<Answer>) -> Option<bool> {
    answer.map(Answer::is_yes)
}

fn above(threshold: Option<Threshold>) -> Option<bool> {
    threshold.map(|threshold| threshold != Threshold::None)
}

/// Returns the ways in which an expression limits use, whatever the licensee chooses, each in a few words.
///
/// If the choices have different limits, the limits of all of them are listed.
#[must_use]
pub fn limits(expression: &Expression) -> Vec<&'static str> {
    found(expression).into_iter().map(|(name, _, _)| *name).collect()
}

/// Returns the limits of an expression as clauses about it, such as `forbids commercial use`.
#[must_use]
pub fn clauses(expression: &Expression) -> Vec<&'static str> {
    found(expression).into_iter().map(|(_, clause, _)| *clause).collect()
}

fn found(expression: &Expression) -> Vec<&'static Limit> {
    let is_free = |has: fn(&Traits) -> Option<bool>| traits::ask(expression, |traits| has(traits).map(|has| !has));
    let all = || LIMITS.iter().chain(RARE);
    let always: Vec<&Limit> = all().filter(|(_, _, has)| is_free(*has) == Some(false)).collect();
    let is_restricted = || traits::ask(expression, |traits| restriction(traits).map(|is| !is)) == Some(false);
    if !always.is_empty() || !is_restricted() {
        return always;
    }
    let each: Vec<Traits> = expression.names().iter().filter_map(|id| traits::traits(id)).collect();
    all().filter(|(_, _, has)| each.iter().any(|traits| has(traits) == Some(true))).collect()
}

/// Returns whether a license restricts use; `None` if no known trait does, but not all are known.
#[must_use]
pub fn restriction(traits: &Traits) -> Option<bool> {
    let has = |(_, _, has): &Limit| has(traits);
    if LIMITS.iter().chain(RARE).any(|limit| has(limit) == Some(true)) {
        Some(true)
    } else if LIMITS.iter().any(|limit| has(limit).is_none()) {
        None
    } else {
        Some(false)
    }
}

/// Returns a license as written, and how it limits use: `CC-BY-NC-4.0, which forbids commercial use`.
#[must_use]
pub fn described(text: &str) -> String {
    let clauses = match super::read(text) {
        Ok(License::Expression(expression)) => clauses(&expression),
        _ => Vec::new(),
    };
    if clauses.is_empty() { text.to_owned() } else { format!("{text}, which {}", clauses.join(", ")) }
}

/// Returns what limits use under a license as a statement records it, as [`Standing::limitation`]: an expression or `NONE`, else
/// the name of other terms.
#[must_use]
pub fn limitation_as_signed(license: Option<&str>, name: Option<&str>) -> Option<String> {
    let standing = match license.map(super::read) {
        Some(Ok(License::Expression(expression))) => standing(&expression),
        Some(Ok(License::None)) => Standing::Without,
        Some(Err(_)) => Standing::Unknown,
        None if name.is_some() => Standing::Unknown,
        None => Standing::Unstated,
    };
    standing.limitation()
}

impl Standing {
    /// Returns what limits the use of a part that is said to be open, in a few words; `None` if nothing is known to.
    #[must_use]
    pub fn limitation(&self) -> Option<String> {
        match self {
            Self::Restricted(limits) => Some(limits.join(", ")),
            Self::Unknown => Some("terms that are not known".to_owned()),
            Self::Without => Some("no license".to_owned()),
            Self::Unstated => Some("no license stated".to_owned()),
            Self::OsiApproved | Self::Unrestricted => None,
        }
    }
}

impl Terms {
    /// Returns what [limits](Standing::limitation) their use.
    #[must_use]
    pub fn limitation(&self) -> Option<String> {
        self.standing.limitation()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    fn of_text(text: &str) -> Standing {
        match super::super::read(text).unwrap() {
            License::Expression(expression) => standing(&expression),
            License::None => Standing::Without,
        }
    }

    #[test]
    fn a_license_is_approved_unrestricted_restricted_or_unknown() {
        for text in ["Apache-2.0", "MIT", "MIT OR CC-BY-NC-4.0", "GPL-3.0-only", "GPL-3.0-only AND MIT"] {
            assert_eq!(of_text(text), Standing::OsiApproved, "{text}");
        }
        for text in
            ["CC0-1.0", "CC-BY-4.0", "ODC-By-1.0", "CDLA-Permissive-2.0", "OpenMDW-1.0", "LicenseRef-OpenMDW-1.1"]
        {
            assert_eq!(of_text(text), Standing::Unrestricted, "{text}");
        }
        for text in [
            "LicenseRef-mine",
            "LicenseRef-Grok-2-Community",
            "MIT WITH AdditionRef-no-rivals",
            "MIT AND LicenseRef-mine",
        ] {
            assert_eq!(of_text(text), Standing::Unknown, "{text}");
        }
        assert_eq!(of_text("MIT AND CC-BY-NC-4.0"), Standing::Restricted(vec!["no commercial use", "excluded uses"]));
        let gemma = ["excluded uses", "a binding use policy"];
        assert_eq!(of_text("LicenseRef-Gemma-Terms"), Standing::Restricted(gemma.to_vec()));
        assert!(matches!(of_text("LicenseRef-Llama-4-Community"), Standing::Restricted(limits)
            if limits.contains(&"a limit on the number of users")));
    }
}
