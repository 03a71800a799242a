//! What a verified release declares.

use std::io::{self, Write};

use super::Paint;
use super::show::{self, Reasons};
use crate::license;
use crate::license::standing::described;
use crate::report::shown;
use crate::statement::{AllowedFact, ComponentFacts};
use crate::verify::Report;

/// Writes the model and what it is derived from, the components, the claims and the verdicts.
pub(super) fn write(report: &Report, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    let Some(statement) = report.statement() else { return Ok(()) };
    let predicate = &statement.predicate;
    writeln!(out, "\n{}", paint.bold("Declared"))?;
    let model = &predicate.model;
    writeln!(out, "  {} {} by {}", shown(&model.name), shown(&model.version), shown(&model.producer))?;
    base(report, paint, out)?;
    let count = |word: &str| predicate.components.iter().filter(|component| component.openness == word).count();
    let counts: Vec<String> = ["open", "partial", "closed"]
        .into_iter()
        .filter(|word| count(word) > 0)
        .map(|word| format!("{} {word}", count(word)))
        .collect();
    writeln!(out, "  components: {}", counts.join(", "))?;
    license_of_weights(report, &predicate.components, paint, out)?;
    for claim in report.claims() {
        let (word, derived) = match claim.holds {
            Some(true) => (paint.good("holds"), String::new()),
            Some(false) => (paint.bad("DOES NOT HOLD"), format!("; the facts yield {}", shown(&claim.derived))),
            None => (paint.warn("needs human review"), String::new()),
        };
        writeln!(out, "  claim {} = {}: {word}{derived}", claim.taxonomy, shown(&claim.claimed))?;
    }
    if !predicate.waived.is_empty() {
        let codes = predicate.waived.join(", ");
        writeln!(out, "  {} {codes}", paint.bad("waived by the signer"))?;
    }
    for AllowedFact { code, reason, r#where } in predicate.allowed.iter().flatten() {
        let text = format!("allowed by the manifest: {} at {}: {}", shown(code), shown(r#where), shown(reason));
        paint.wrapped(out, "  ", &text)?;
    }
    if !report.evaluations().is_empty() {
        show::verdicts(report.evaluations(), Reasons::Hidden, paint.0, out)?;
    }
    Ok(())
}

/// The component that holds the weights.
const WEIGHTS: &str = "final-weights";

/// Writes the models that this one is derived from, each with its license.
fn base(report: &Report, paint: Paint, out: &mut impl Write) -> io::Result<()> {
    for base in report.manifest().iter().flat_map(|manifest| &manifest.model.base) {
        let relation = base.relation.as_ref().map_or_else(String::new, |relation| format!(" ({})", relation.as_str()));
        let license =
            base.license.as_ref().map_or_else(String::new, |license| format!(", under {}", shown(&described(license))));
        paint.wrapped(out, "  ", &format!("derived from {}{relation}{license}", shown(&base.name)))?;
    }
    Ok(())
}

/// Writes the license of the weights if they are declared as open, because that word alone hides what it forbids.
fn license_of_weights(
    report: &Report,
    components: &[ComponentFacts],
    paint: Paint,
    out: &mut impl Write,
) -> io::Result<()> {
    let weights = components.iter().find(|component| component.id == WEIGHTS && component.openness == "open");
    let Some(weights) = weights else { return Ok(()) };
    // Terms without an SPDX expression have a name in the manifest alone.
    let named = report.manifest().and_then(|manifest| {
        let component = manifest.component(WEIGHTS)?;
        license::effective(manifest, component).description()
    });
    let license = weights.license.as_deref().or(named).map_or_else(|| "none is stated".to_owned(), described);
    paint.wrapped(out, "  ", &format!("license of the weights: {}", shown(&license)))
}
