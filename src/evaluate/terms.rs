//! What a license allows and what a model costs, as the labels and indices of 2025 and 2026 ask about it.

use super::Outcome;
pub(super) use crate::license::standing::{Standing, Terms, limits, of, restriction};
use crate::manifest::{Manifest, Price};
use crate::source::{Span, Spanned};

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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::evaluate::{Evaluation, Verdict, evaluate, evaluate_one};
    use crate::manifest::parse::parse;
    use crate::source::Source;

    fn whole(license: &str) -> Manifest {
        let text = include_str!("../../examples/tiny-lm/OPENNESS.toml");
        let text = ["Apache-2.0", "CDLA-Permissive-2.0", "CC-BY-4.0"]
            .iter()
            .fold(text.to_owned(), |text, old| text.replace(&format!("\"{old}\""), &format!("\"{license}\"")));
        let parsed = parse(Source::new("t", text));
        assert!(parsed.is_sound(), "{:#?}", parsed.findings);
        parsed.manifest
    }

    #[test]
    fn openmdw_1_1_counts_as_1_0_except_where_the_tool_does_not_know_it() {
        let [first, second] = crate::license::OPENMDW.map(|license| evaluate(&whole(license)));
        let facts = |evaluation: &Evaluation| {
            let outcomes: Vec<Outcome> = evaluation.reasons.iter().map(|reason| reason.outcome).collect();
            (evaluation.verdict, evaluation.scores(), outcomes)
        };
        for (first, second) in first.iter().zip(&second) {
            match first.taxonomy {
                "mof-1.0" => assert_ne!(facts(first).0, facts(second).0),
                taxonomy => assert_eq!(facts(first), facts(second), "{taxonomy}"),
            }
        }
    }

    fn outcomes(license: &str, taxonomy: &str, item: &str) -> Vec<Outcome> {
        let text = format!(
            "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\nlicense = \"{license}\"\n\
             [component.final-weights]\nopenness = \"open\"\n"
        );
        let evaluation = evaluate_one(&parse(Source::new("t", text)).manifest, taxonomy).unwrap();
        evaluation.reasons.iter().filter(|reason| reason.item == item).map(|reason| reason.outcome).collect()
    }

    fn texts(license: &str, taxonomy: &str, item: &str) -> Vec<String> {
        let text = format!(
            "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\nlicense = \"{license}\"\n\
             [component.final-weights]\nopenness = \"open\"\n"
        );
        let evaluation = evaluate_one(&parse(Source::new("t", text)).manifest, taxonomy).unwrap();
        evaluation.reasons.into_iter().filter(|reason| reason.item == item).map(|reason| reason.text).collect()
    }

    #[test]
    fn a_name_to_display_is_not_a_limit_on_users() {
        use crate::license::traits::{Threshold, traits};
        let kimi = traits("LicenseRef-Kimi-K2-Modified-MIT").unwrap();
        assert_eq!(kimi.user_threshold, Some(Threshold::None));
        assert_eq!(kimi.attribution_threshold, Some(Threshold::Above(100_000_000)));
        // Paragraph 83 may mean it, or not.
        let of_use = |license: &str| outcomes(license, "eu-ai-act-open-source", "use");
        assert_eq!(of_use("LicenseRef-Kimi-K2-Modified-MIT"), [Outcome::Undecidable]);
        assert!(of_use("LicenseRef-Kimi-K3").contains(&Outcome::Failed));
        assert!(of_use("LicenseRef-Tencent-Hunyuan").contains(&Outcome::Failed));
        let why = texts("LicenseRef-Tencent-Hunyuan", "eu-ai-act-open-source", "use");
        assert!(why.iter().any(|text| text.contains("excludes some countries")), "{why:?}");
        assert!(of_use("LicenseRef-Llama-4-Community").contains(&Outcome::Failed));
    }

    #[test]
    fn a_guardrail_clause_limits_use() {
        let nvidia = "LicenseRef-NVIDIA-Open-Model";
        assert_eq!(outcomes(nvidia, "open-weights", "license"), [Outcome::Failed]);
        let verdict = |license: &str| evaluate_one(&whole(license), "os-ai-map").unwrap().verdict;
        assert_eq!((verdict(nvidia), verdict("MIT")), (Some(Verdict::Level4), Some(Verdict::Level5)));
    }
}
