//! `OPN316`.

use super::Repository;
use crate::evaluate::{self, Verdict};
use crate::finding::{Finding, quotable};
use crate::import::card::claims::{self, Claimed, Said};
use crate::import::front;
use crate::license::{self, Effective, License};
use crate::manifest::{Manifest, Openness};

super::rule! {
    /// ## What it does
    /// Reports claims in the text of `README.md` that the facts in the manifest do not support: a class of the Model
    /// Openness Framework, agreement with the Open Source AI Definition, or that the model is open source although the
    /// license of its weights is not.
    ///
    /// ## Why it matters
    /// Users read the card, not the manifest. Claims in `[claims]` are checked and signed; those in the card should not
    /// say more.
    ///
    /// ## Fails
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "CC-BY-NC-4.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    /// ```files
    /// README.md: # A model\n\nThis model is fully open source (MOF Class I).\n
    /// ```
    ///
    /// ## Passes
    /// ```toml
    /// [component.final-weights]
    /// openness = "open"
    /// license = "CC-BY-NC-4.0"
    /// remote = [{ url = "https://example.org/weights" }]
    /// ```
    /// ```files
    /// README.md: # A model\n\nThis model is not open source: its license forbids commercial use.\n
    /// ```
    "OPN316" "unsupported-card-claim" Warning => Repository(check)
}

fn check(repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    let Some(at) = repository.find("README.md") else { return };
    let Some(text) = repository.text(at) else { return };
    let (body, lines_before) =
        front::split(&text).map_or((text.as_str(), 0), |parts| (parts.body, parts.lines_before_body));
    let mut reported = Vec::new();
    let name = &repository.manifest.model.name.value;
    for Said { claimed, line, sentence, .. } in
        claims::said(body, lines_before, name).iter().filter(|said| said.is_plain)
    {
        if reported.contains(claimed) {
            continue;
        }
        let Some(facts) = contradiction(repository.manifest, *claimed) else { continue };
        reported.push(*claimed);
        let message = format!("line {line} of `README.md` says “{}”, but {facts}", quotable(sentence));
        findings.push(
            Finding::new(&INFO, repository.span_of(at), message)
                .help("correct the sentence, or the facts in the manifest"),
        );
    }
}

/// Returns the fact that contradicts a claim, as a clause.
fn contradiction(manifest: &Manifest, claim: Claimed) -> Option<String> {
    match claim {
        Claimed::Class(claimed) => {
            let verdict = evaluate::evaluate_one(manifest, "mof-1.0")?.verdict?;
            let reached =
                [Verdict::Class1, Verdict::Class2, Verdict::Class3].iter().position(|class| *class == verdict);
            let is_reached = reached.is_some_and(|reached| reached < usize::from(claimed));
            (!is_reached).then(|| format!("the declared facts yield `{verdict}` under `mof-1.0`"))
        }
        Claimed::Definition => {
            let verdict = evaluate::evaluate_one(manifest, "osaid-1.0")?.verdict?;
            (verdict == Verdict::Fails).then(|| "the declared facts do not meet `osaid-1.0`".to_owned())
        }
        // Their conditions are those of the licenses, which are reported otherwise.
        Claimed::OpenWeights | Claimed::Exemption => None,
        Claimed::OpenSource => {
            let weights = manifest.component("final-weights")?;
            if weights.openness() != Openness::Open {
                return Some(format!("`final-weights` is declared `{}`", weights.openness().as_str()));
            }
            let (Effective::Stated(text, _) | Effective::None(text, _)) = license::effective(manifest, weights) else {
                return None;
            };
            let is_open = match license::read(text) {
                Ok(License::Expression(expression)) => expression.is_open(),
                Ok(License::None) => false,
                Err(_) => return None,
            };
            (!is_open).then(|| format!("the license of the weights, `{}`, is not an open one", quotable(text)))
        }
    }
}
