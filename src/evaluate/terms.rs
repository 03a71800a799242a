//! What a license allows and what a model costs, as the labels and indices of 2025 and 2026 ask about it.

use super::Outcome;
use crate::license::traits::{self, Answer, Threshold, Traits};
use crate::license::{self, Effective, Expression};
use crate::manifest::{Component, Manifest, Price};
use crate::source::{Span, Spanned};

/// The license in effect for a component, and what it allows.
pub(super) struct Terms {
    /// The license as a message shows it, such as `` `Apache-2.0` ``; empty if there is none.
    pub(super) text: String,
    /// The position of the license in the manifest.
    pub(super) span: Option<Span>,
    /// What the license allows.
    pub(super) standing: Standing,
    /// The expression, if there is a valid one.
    pub(super) expression: Option<Expression>,
}

/// What a license allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
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

/// Returns whether the model is free of charge, in a clause, and where the manifest says so.
pub(super) fn free_of_charge(manifest: &Manifest) -> (Outcome, &'static str, Option<Span>) {
    let price = manifest.access.as_ref().and_then(|access| access.price.as_ref());
    let purchase = manifest.eu.as_ref().and_then(|eu| eu.monetization.as_ref());
    let purchase = purchase.and_then(|monetization| monetization.mandatory_purchase_for_access.as_ref());
    match (price, purchase) {
        (Some(Spanned { value: Price::Paid, span }), _) => (Outcome::Failed, "the model costs money", Some(*span)),
        (_, Some(Spanned { value: true, span })) => (Outcome::Failed, "access requires a purchase", Some(*span)),
        (Some(price), _) => (Outcome::Met, "the model is free of charge", Some(price.span)),
        (None, Some(purchase)) => (Outcome::Met, "access requires no purchase", Some(purchase.span)),
        (None, None) => (Outcome::Unstated, "`access.price` is not stated", None),
    }
}

/// Returns the license in effect for a component.
pub(super) fn of(manifest: &Manifest, component: &Component) -> Terms {
    let effective = license::effective(manifest, component);
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
pub(super) fn standing(expression: &Expression) -> Standing {
    if expression.grants(license::is_osi_approved) {
        return Standing::OsiApproved;
    }
    let is_unrestricted = || traits::ask(expression, |traits| restriction(traits).map(|restricts| !restricts));
    match expression.is_open() || is_unrestricted() == Some(true) {
        true => Standing::Unrestricted,
        false if is_unrestricted() == Some(false) => Standing::Restricted(limits(expression)),
        false => Standing::Unknown,
    }
}

/// Returns the ways in which the licenses of an expression limit use, each in a few words.
pub(super) fn limits(expression: &Expression) -> Vec<&'static str> {
    let all: Vec<Traits> = expression.names().iter().filter_map(|id| traits::traits(id)).collect();
    let mut found = Vec::new();
    for limit in all.iter().flat_map(asked).filter(|(_, answer)| *answer == Some(true)).map(|(name, _)| name) {
        if !found.contains(&limit) {
            found.push(limit);
        }
    }
    found
}

/// Returns whether a license restricts use; `None` if no known trait does, but not all are known.
pub(super) fn restriction(traits: &Traits) -> Option<bool> {
    let answers = asked(traits).map(|(_, answer)| answer);
    if answers.contains(&Some(true)) {
        Some(true)
    } else if answers.contains(&None) {
        None
    } else {
        Some(false)
    }
}

/// Returns each way of restricting use, and whether the license has it.
fn asked(traits: &Traits) -> [(&'static str, Option<bool>); 10] {
    let no = |answer: Option<Answer>| answer.map(|answer| !answer.is_yes());
    let yes = |answer: Option<Answer>| answer.map(Answer::is_yes);
    let above = |threshold: Option<Threshold>| threshold.map(|threshold| threshold != Threshold::None);
    [
        ("no commercial use", no(traits.commercial_use)),
        ("no redistribution", no(traits.redistribution)),
        ("no modified versions", no(traits.derivatives)),
        ("excluded uses", yes(traits.field_of_use_limits)),
        ("a limit on the number of users", above(traits.user_threshold)),
        ("a limit on revenue", above(traits.revenue_threshold)),
        ("limits on training with outputs", yes(traits.output_training_limit)),
        ("a binding use policy", yes(traits.acceptable_use_policy)),
        ("excluded countries", yes(traits.geo_exclusion)),
        ("a separate license for some commercial use", yes(traits.separate_commercial_license)),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    fn of_text(text: &str) -> Standing {
        match license::read(text).unwrap() {
            license::License::Expression(expression) => standing(&expression),
            license::License::None => Standing::Without,
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
