//! `OPN702`.

use crate::finding::Finding;
use crate::manifest::{Manifest, Risk};
use crate::source::Span;

/// From here on AI Act Art. 51(2) presumes high-impact capabilities.
const HIGH_IMPACT_FLOP: f64 = 1e25;

super::rule! {
    /// ## What it does
    /// Finds releases of models that took 10²⁵ floating-point operations or more, or that declare dangerous capabilities,
    /// and that show no assessment of risk.
    ///
    /// ## Why it matters
    /// Weights that are out cannot be called back. Seger et al. 2023 ask for the assessment before such a model is opened,
    /// and the AI Act presumes systemic risk from this size on.
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
    "OPN702" "risk-assessment-missing" Warning => Manifest(check)
}

fn check(manifest: &Manifest, findings: &mut Vec<Finding>) {
    let Some((span, why)) = occasion(manifest) else { return };
    if manifest.risk.as_ref().is_some_and(is_assessed) {
        return;
    }
    findings.push(
        Finding::new(&INFO, span, format!("{why}, and `[risk]` shows no assessment"))
            .help("give `risk.document`, or the evaluations that were made, each with its evidence"),
    );
}

fn occasion(manifest: &Manifest) -> Option<(Span, String)> {
    let compute = manifest.compute.as_ref();
    let flops = compute.into_iter().flat_map(|compute| [&compute.cumulative_flop, &compute.training_flop]).flatten();
    let mut large = flops.filter(|flop| flop.value >= HIGH_IMPACT_FLOP);
    if let Some(flop) = large.next() {
        return Some((flop.span, format!("the model took {:e} FLOP", flop.value)));
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
