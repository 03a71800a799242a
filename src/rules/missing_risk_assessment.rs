//! `OPN702`.

use crate::finding::Finding;
use crate::manifest::{Manifest, Risk};
use crate::source::Span;

/// The training compute in FLOP above which Article 51(2) of the EU AI Act presumes high-impact capabilities.
const HIGH_IMPACT_FLOP: f64 = 1e25;

super::rule! {
    /// ## What it does
    /// Reports models that took 10²⁵ floating-point operations or more to train, or that declare dangerous
    /// capabilities, if `[risk]` does not refer to any assessment.
    ///
    /// ## Why it matters
    /// Weights cannot be recalled once they are released. Seger et al. (2023) ask for a risk assessment before such a
    /// model is open-sourced, and Article 51(2) of the EU AI Act presumes high-impact capabilities, and with them
    /// systemic risk, above this amount of compute.
    ///
    /// ## Fails
    /// ```toml
    /// [compute]
    /// training-flop = 3e25
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [compute]
    /// training-flop = 3e25
    ///
    /// [risk]
    /// document = "https://example.org/assessment"
    /// ```
    "OPN702" "missing-risk-assessment" Warning => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    let Some((span, why)) = trigger(manifest) else { return };
    if manifest.risk.as_ref().is_some_and(is_assessed) {
        return;
    }
    findings.push(
        Finding::new(&INFO, span, format!("{why}, but `[risk]` refers to no assessment"))
            .help("add `risk.document`, or the evaluations that were done, each with its evidence"),
    );
}

/// Returns the entry that calls for an assessment, and the reason as a clause.
fn trigger(manifest: &Manifest) -> Option<(Span, String)> {
    let compute = manifest.compute.as_ref();
    let flops = compute.into_iter().flat_map(|compute| [&compute.cumulative_flop, &compute.training_flop]).flatten();
    let mut large = flops.filter(|flop| flop.value >= HIGH_IMPACT_FLOP);
    if let Some(flop) = large.next() {
        return Some((flop.span, format!("the model took {:e} FLOP to train", flop.value)));
    }
    let capability = manifest.risk.as_ref()?.declared_capabilities.first()?;
    Some((capability.span, format!("`{}` is declared as a capability", capability.escape_debug())))
}

fn is_assessed(risk: &Risk) -> bool {
    let evidence = [
        &risk.dangerous_capability_evaluation,
        &risk.fine_tuning_uplift,
        &risk.safeguard_robustness,
        &risk.offense_defense_effect,
        &risk.external_review,
    ];
    risk.document.is_some() || !risk.marginal.is_empty() || evidence.into_iter().any(Option::is_some)
}
