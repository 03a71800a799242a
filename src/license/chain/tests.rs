#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
#![allow(clippy::print_stderr, reason = "a test says what it skips and what it measures")]
use super::*;
use crate::license::read;

const ADAPTER: Relation = Relation::Adapter { holds_base: false };
const WITH_BASE: Relation = Relation::Adapter { holds_base: true };

fn license(text: &str) -> Option<License> {
    (text != "?").then(|| read(text).unwrap())
}

fn verdict(upstream: &str, relation: Relation, downstream: &str, text: Option<&str>) -> Verdict {
    let (upstream, downstream) = (license(upstream), license(downstream));
    step(&Step { upstream: upstream.as_ref(), relation, downstream: downstream.as_ref(), text })
}

fn outcome(upstream: &str, relation: Relation, downstream: &str) -> &'static str {
    verdict(upstream, relation, downstream, None).outcome.as_str()
}

fn check(cases: &[(&str, Relation, &str, &str)]) {
    for (upstream, relation, downstream, expected) in cases {
        let found = outcome(upstream, *relation, downstream);
        assert_eq!(found, *expected, "{upstream} {relation:?} {downstream}");
    }
}

#[test]
fn changed_versions_keep_what_binds_their_base() {
    use Relation::{Finetune, Merge};
    check(&[
        ("LicenseRef-Llama-3.2-Community", Finetune, "Apache-2.0", "conflict"),
        ("LicenseRef-Llama-3.2-Community", Finetune, "LicenseRef-Llama-3.2-Community", "obligations"),
        // A license of the same family is another agreement.
        ("LicenseRef-Llama-3.2-Community", Finetune, "LicenseRef-Llama-3.3-Community", "conflict"),
        ("LicenseRef-Llama-3.2-Community", Finetune, "LicenseRef-lab", "review"),
        ("LicenseRef-EXAONE-1.1-NC", Finetune, "CC-BY-NC-4.0", "conflict"),
        ("ISC", Finetune, "LicenseRef-lab", "obligations"),
        ("CC0-1.0", Merge, "GPL-3.0-only", "compatible"),
        ("CC-BY-4.0", Finetune, "CC-BY-NC-4.0", "obligations"),
        ("Apache-2.0", Finetune, "GPL-2.0-or-later", "conflict"),
        ("Apache-2.0", Finetune, "GPL-3.0-or-later", "obligations"),
        ("Apache-2.0", Finetune, "CC-BY-NC-4.0", "obligations"),
        ("EUPL-1.2", Finetune, "GPL-3.0-or-later", "obligations"),
        ("GPL-3.0-or-later", Finetune, "EUPL-1.2", "conflict"),
        ("GPL-3.0-only", Finetune, "CC-BY-4.0", "conflict"),
        ("GPL-3.0-only", Finetune, "LicenseRef-lab", "review"),
        ("GPL-3.0", Finetune, "GPL-3.0-only", "obligations"),
        ("AGPL-3.0-only", Finetune, "GPL-3.0-only", "review"),
        ("CC-BY-NC-4.0", Finetune, "MIT", "conflict"),
        ("CC-BY-NC-4.0", Finetune, "CC-BY-NC-SA-4.0", "obligations"),
        ("CC-BY-NC-4.0", Finetune, "LicenseRef-lab", "review"),
        ("CC-BY-SA-3.0", Finetune, "CC-BY-SA-4.0", "obligations"),
        ("CC-BY-SA-4.0", Finetune, "CC-BY-SA-3.0", "conflict"),
        ("CC-BY-SA-4.0", Finetune, "GPL-3.0-or-later", "obligations"),
        ("GPL-3.0-or-later", Finetune, "CC-BY-SA-4.0", "conflict"),
        ("CC-BY-NC-ND-4.0", Finetune, "CC-BY-NC-ND-4.0", "conflict"),
        ("ODbL-1.0", Finetune, "MIT", "review"),
        ("LicenseRef-OpenRAIL-pp-M", Finetune, "MIT", "conflict"),
        ("LicenseRef-OpenRAIL-pp-M", Finetune, "LicenseRef-BigCode-OpenRAIL-M", "review"),
        ("LicenseRef-OpenRAIL-pp-M", Finetune, "LicenseRef-OpenRAIL-pp-M", "obligations"),
        ("LicenseRef-BigCode-OpenRAIL-M", Finetune, "MIT", "conflict"),
        ("LicenseRef-DeepSeek-1.0", Finetune, "CC-BY-NC-4.0", "conflict"),
        ("LicenseRef-Qwen", Finetune, "MIT", "review"),
        ("LicenseRef-Qwen", Finetune, "LicenseRef-Qwen", "obligations"),
        ("LicenseRef-Tongyi-Qianwen-Research", Finetune, "MIT", "conflict"),
        ("LicenseRef-FLUX-1-dev-Non-Commercial", Finetune, "Apache-2.0", "conflict"),
        ("LicenseRef-FLUX-1-dev-Non-Commercial", Finetune, "CC-BY-NC-4.0", "review"),
        ("LicenseRef-Chameleon-Research", Finetune, "CC-BY-NC-4.0", "conflict"),
        ("LicenseRef-unheard-of", Finetune, "LicenseRef-unheard-of", "review"),
        ("?", Finetune, "MIT", "review"),
        ("MIT", Finetune, "?", "obligations"),
        ("MIT", Finetune, "NONE", "obligations"),
        ("GPL-3.0-only", Finetune, "NONE", "conflict"),
        ("NONE", Finetune, "MIT", "conflict"),
        ("NONE", Merge, "NONE", "conflict"),
    ]);
}

#[test]
fn a_term_known_only_from_a_description_makes_a_question() {
    check(&[
        ("LicenseRef-Qwen-Research-2026", Relation::Finetune, "MIT", "review"),
        // Its limit to non-commercial use is quoted word for word.
        ("LicenseRef-Qwen-Research", Relation::Finetune, "MIT", "conflict"),
    ]);
}

#[test]
fn expressions_are_read_as_choices_and_as_sums() {
    use Relation::Finetune;
    check(&[
        ("LicenseRef-Llama-4-Community", Finetune, "MIT AND LicenseRef-Llama-4-Community", "obligations"),
        ("LicenseRef-Llama-4-Community", Finetune, "MIT OR LicenseRef-Llama-4-Community", "conflict"),
        ("LicenseRef-Llama-4-Community OR MIT", Finetune, "MIT", "obligations"),
        ("LicenseRef-Llama-4-Community AND MIT", Finetune, "MIT", "conflict"),
        ("LicenseRef-Llama-4-Community AND MIT", Finetune, "MIT AND LicenseRef-Llama-4-Community", "obligations"),
        ("GPL-2.0-only OR GPL-3.0-only", Finetune, "GPL-2.0-only OR GPL-3.0-only", "obligations"),
        ("GPL-3.0-only", Finetune, "GPL-3.0-only AND MIT", "obligations"),
        ("GPL-3.0-only", Finetune, "GPL-3.0-only AND LicenseRef-OpenRAIL-pp-M", "conflict"),
        ("LicenseRef-OpenRAIL-pp-M", Finetune, "GPL-3.0-only AND LicenseRef-OpenRAIL-pp-M", "conflict"),
        ("CC-BY-SA-4.0", Finetune, "CC-BY-SA-4.0 AND LicenseRef-Llama-4-Community", "conflict"),
        ("LicenseRef-OpenRAIL-pp-M", Finetune, "CC-BY-NC-4.0 AND LicenseRef-OpenRAIL-pp-M", "obligations"),
        ("CC-BY-NC-4.0", Finetune, "MIT AND CC-BY-NC-SA-4.0", "obligations"),
        ("CC-BY-NC-4.0", Finetune, "CC-BY-NC-4.0 AND CC-BY-NC-SA-4.0", "obligations"),
        ("Apache-2.0", Finetune, "MIT AND GPL-2.0-only", "conflict"),
        ("MIT WITH AdditionRef-no-rivals", Finetune, "MIT", "review"),
        ("MIT", Finetune, "MIT WITH AdditionRef-no-rivals", "review"),
        ("Apache-2.0 WITH LLVM-exception", Finetune, "Apache-2.0", "obligations"),
        ("GPL-3.0-only WITH GCC-exception-3.1", Finetune, "MIT", "review"),
        ("GPL-3.0-only", Finetune, "GPL-3.0-only WITH GCC-exception-3.1", "review"),
    ]);
}

#[test]
fn near_variants_of_a_step_are_told_apart() {
    use Relation::{Copy, Distilled, Finetune, Merge, Quantized};
    check(&[
        // Choices and sums, nested.
        ("MIT OR GPL-3.0-only", Finetune, "Apache-2.0", "obligations"),
        ("MIT AND CC-BY-NC-4.0", Finetune, "MIT", "conflict"),
        ("MIT AND CC-BY-NC-4.0", Finetune, "CC-BY-NC-4.0", "obligations"),
        ("(LicenseRef-Llama-3.1-Community OR MIT) AND CC-BY-4.0", Finetune, "Apache-2.0", "obligations"),
        ("LicenseRef-Gemma-Terms", Finetune, "Apache-2.0 OR LicenseRef-Gemma-Terms", "conflict"),
        ("LicenseRef-Gemma-Terms", Finetune, "(Apache-2.0 OR MIT) AND LicenseRef-Gemma-Terms", "obligations"),
        ("LicenseRef-Gemma-Terms", Finetune, "LicenseRef-Gemma-Terms WITH AdditionRef-x", "review"),
        ("Apache-2.0 WITH LLVM-exception", Finetune, "GPL-2.0-only", "review"),
        // Later versions.
        ("GPL-2.0-or-later", Finetune, "GPL-3.0-only", "obligations"),
        ("GPL-2.0-or-later", Finetune, "GPL-3.0-or-later", "obligations"),
        ("GPL-2.0+", Finetune, "GPL-3.0-only", "obligations"),
        ("GPL-2.0-only", Finetune, "GPL-3.0-only", "conflict"),
        ("BSD-3-Clause", Finetune, "Apache-2.0", "obligations"),
        ("MIT", Finetune, "GPL-3.0-only", "obligations"),
        // No license, on either side.
        ("LicenseRef-Gemma-Terms", Finetune, "NONE", "review"),
        ("LicenseRef-Llama-3.1-Community", Quantized, "NONE", "review"),
        ("CC-BY-SA-4.0", Finetune, "NONE", "conflict"),
        ("Apache-2.0", Finetune, "NONE", "obligations"),
        ("NONE", Quantized, "Apache-2.0", "conflict"),
        ("NONE", Finetune, "NONE", "conflict"),
        // Unchanged and converted.
        ("LicenseRef-Llama-3.1-Community", Copy, "Apache-2.0", "conflict"),
        ("LicenseRef-Llama-3.1-Community", Copy, "LicenseRef-Llama-3.1-Community", "obligations"),
        ("LicenseRef-Gemma-Terms", Quantized, "Apache-2.0", "conflict"),
        ("LicenseRef-Gemma-Terms", Quantized, "LicenseRef-Gemma-Terms", "obligations"),
        ("GPL-3.0-only", Quantized, "GPL-3.0-only", "obligations"),
        ("GPL-3.0-only", Quantized, "MIT", "conflict"),
        ("CC-BY-NC-4.0", Quantized, "MIT", "conflict"),
        ("CC0-1.0", Copy, "CC-BY-NC-4.0", "compatible"),
        ("CC-BY-4.0", Copy, "MIT", "obligations"),
        // Adapters.
        ("CC-BY-NC-4.0", ADAPTER, "Apache-2.0", "review"),
        ("CC-BY-ND-4.0", ADAPTER, "MIT", "review"),
        ("LicenseRef-FLUX-1-dev-Non-Commercial", ADAPTER, "MIT", "review"),
        ("LicenseRef-Stability-Community", ADAPTER, "LicenseRef-Stability-Community", "obligations"),
        ("LicenseRef-Stability-Community", WITH_BASE, "MIT", "conflict"),
        ("?", ADAPTER, "MIT", "review"),
        // Distilled.
        ("LicenseRef-Gemma-Terms", Distilled, "LicenseRef-Gemma-Terms", "obligations"),
        ("LicenseRef-Llama-3.1-Community", Distilled, "LicenseRef-lab", "obligations"),
        ("LicenseRef-EXAONE-1.1-NC", Distilled, "MIT", "conflict"),
        ("LicenseRef-DeepSeek-1.0", Distilled, "MIT", "conflict"),
        ("LicenseRef-DeepSeek-1.0", Distilled, "LicenseRef-DeepSeek-1.0", "obligations"),
        ("LicenseRef-NVIDIA-Open-Model", Distilled, "MIT", "compatible"),
        ("LicenseRef-Qwen-Research", Distilled, "Apache-2.0", "review"),
        ("MIT OR LicenseRef-Gemma-Terms", Distilled, "MIT", "compatible"),
        ("MIT AND LicenseRef-Gemma-Terms", Distilled, "MIT", "conflict"),
        // Ids in another case are the same reference, and other names are not.
        ("LicenseRef-llama-3.1-COMMUNITY", Finetune, "MIT", "conflict"),
        ("LicenseRef-llama-3.1-community", Finetune, "LicenseRef-Llama-3.1-Community", "obligations"),
        ("LicenseRef-gemma", Merge, "MIT", "review"),
        ("LicenseRef-llama3.1", Finetune, "LicenseRef-llama3.1", "review"),
    ]);
    let settle = |id: &str| verdict(id, Finetune, "MIT", None).grounds[0].settle.clone().unwrap();
    assert!(settle("LicenseRef-gemma").contains("`LicenseRef-Gemma-Terms`"), "{}", settle("LicenseRef-gemma"));
    assert!(settle("LicenseRef-llama3.1").contains("`LicenseRef-Llama-3.1-Community`"));
    assert_eq!(settle("LicenseRef-lab"), "a reading of its text");
}

#[test]
fn merges_of_three_and_adapters_on_adapters() {
    let of = |ancestors: &[(&str, Relation)], downstream: &str| {
        let licenses: Vec<Option<License>> = ancestors.iter().map(|(text, _)| license(text)).collect();
        let ancestors: Vec<Ancestor<'_>> = std::iter::zip(&licenses, ancestors)
            .map(|(license, (_, relation))| Ancestor { license: license.as_ref(), relation: *relation })
            .collect();
        chain(&ancestors, license(downstream).as_ref(), None).outcome.as_str()
    };
    let merge =
        |licenses: [&'static str; 3], downstream: &str| of(&licenses.map(|id| (id, Relation::Merge)), downstream);
    let (llama, gemma) = ("LicenseRef-Llama-3.1-Community", "LicenseRef-Gemma-Terms");
    assert_eq!(merge([llama, "Apache-2.0", "MIT"], llama), "obligations");
    assert_eq!(merge([llama, "Apache-2.0", "MIT"], "Apache-2.0"), "conflict");
    // Both agreements restrict uses; whether one says what the other asks for is for people.
    assert_eq!(merge([llama, gemma, "MIT"], llama), "review");
    assert_eq!(
        merge([llama, gemma, "MIT"], "LicenseRef-Llama-3.1-Community AND LicenseRef-Gemma-Terms"),
        "obligations"
    );
    assert_eq!(merge(["MIT", "Apache-2.0", "BSD-3-Clause"], "MIT"), "obligations");
    assert_eq!(merge(["MIT", "?", "BSD-3-Clause"], "MIT"), "review");
    assert_eq!(merge(["MIT", "NONE", "?"], "MIT"), "conflict");
    assert_eq!(merge(["CC-BY-SA-4.0", "GPL-3.0-only", "MIT"], "GPL-3.0-only"), "obligations");
    assert_eq!(merge(["CC-BY-SA-4.0", "CC-BY-NC-4.0", "MIT"], "CC-BY-NC-SA-4.0"), "conflict");
    assert_eq!(of(&[(llama, ADAPTER), ("MIT", ADAPTER)], "MIT"), "review");
    assert_eq!(of(&[(llama, ADAPTER), (llama, ADAPTER)], llama), "obligations");
    assert_eq!(of(&[("Apache-2.0", ADAPTER), ("MIT", ADAPTER)], "MIT"), "obligations");
    assert_eq!(of(&[(gemma, Relation::Distilled), ("MIT", Relation::Finetune)], "MIT"), "conflict");
}

#[test]
fn a_private_license_is_read_only_for_restrictions_that_have_to_go_along() {
    let of = |upstream: &str, text: Option<&str>| verdict(upstream, Relation::Finetune, "LicenseRef-lab", text).outcome;
    let silent = Some("You may use this model for anything. It imposes no use restrictions.");
    let named = Some("Section 2. You must follow the Gemma Prohibited Use Policy.");
    assert_eq!(of("LicenseRef-Gemma-Terms", None), Outcome::Review);
    assert_eq!(of("LicenseRef-Gemma-Terms", silent), Outcome::Conflict);
    assert_eq!(of("LicenseRef-Gemma-Terms", named), Outcome::Review);
    assert_eq!(
        of("LicenseRef-OpenRAIL-pp-M", Some("subject to the use-based restrictions of Attachment A")),
        Outcome::Review
    );
    assert_eq!(of("LicenseRef-Llama-4-Community", silent), Outcome::Review);
    assert_eq!(of("MIT", silent), Outcome::Obligations);
}

#[test]
fn copies_and_conversions_are_not_adaptations() {
    use Relation::{Copy, Quantized};
    check(&[
        ("CC-BY-3.0", Copy, "CC-BY-NC-3.0", "conflict"),
        ("CC-BY-3.0", Quantized, "CC-BY-NC-3.0", "review"),
        ("CC-BY-4.0", Copy, "CC-BY-4.0", "obligations"),
        ("CC-BY-4.0", Copy, "LicenseRef-lab", "review"),
        ("CC-BY-ND-4.0", Copy, "CC-BY-ND-4.0", "obligations"),
        ("CC-BY-NC-ND-3.0", Quantized, "CC-BY-NC-ND-3.0", "review"),
        ("LicenseRef-FAIPL-1.0", Copy, "MIT", "conflict"),
        ("LicenseRef-Llama-2-Community", Quantized, "MIT", "conflict"),
        ("Apache-2.0", Quantized, "Apache-2.0", "obligations"),
        ("MIT", Copy, "Apache-2.0", "obligations"),
    ]);
}

#[test]
fn adapters_are_disputed_unless_they_are_named() {
    check(&[
        ("LicenseRef-Llama-3.3-Community", ADAPTER, "MIT", "review"),
        ("LicenseRef-Llama-3.3-Community", WITH_BASE, "MIT", "conflict"),
        ("LicenseRef-Llama-3.3-Community", ADAPTER, "LicenseRef-Llama-3.3-Community", "obligations"),
        ("LicenseRef-Stability-Community", ADAPTER, "Apache-2.0", "conflict"),
        ("LicenseRef-Gemma-Terms", ADAPTER, "MIT", "review"),
        ("GPL-3.0-only", ADAPTER, "MIT", "review"),
        ("MIT", ADAPTER, "Apache-2.0", "obligations"),
        ("NONE", ADAPTER, "MIT", "conflict"),
    ]);
}

#[test]
fn distillation_goes_by_what_the_terms_say_of_outputs() {
    use Relation::Distilled;
    check(&[
        ("LicenseRef-Llama-2-Community", Distilled, "Apache-2.0", "conflict"),
        ("LicenseRef-Llama-2-Community", Distilled, "LicenseRef-Llama-2-Community", "review"),
        ("LicenseRef-Llama-3.3-Community", Distilled, "MIT", "obligations"),
        ("LicenseRef-Qwen", Distilled, "MIT", "obligations"),
        ("LicenseRef-Gemma-Terms", Distilled, "MIT", "conflict"),
        ("LicenseRef-Tongyi-Qianwen", Distilled, "MIT", "conflict"),
        ("LicenseRef-Tencent-Hunyuan-3D-2.0", Distilled, "MIT", "conflict"),
        ("LicenseRef-BigCode-OpenRAIL-M", Distilled, "LicenseRef-BigCode-OpenRAIL-M", "obligations"),
        ("LicenseRef-MG-BY-SA-2.0", Distilled, "LicenseRef-MG-BY-SA-2.0", "obligations"),
        ("Apache-2.0", Distilled, "MIT", "compatible"),
        ("GPL-3.0-or-later", Distilled, "MIT", "compatible"),
        ("NCSA", Distilled, "MIT", "compatible"),
        ("CC-BY-4.0", Distilled, "MIT", "review"),
        ("LicenseRef-lab", Distilled, "MIT", "review"),
    ]);
    let duties = |upstream: &str| {
        let found = verdict(upstream, Distilled, "MIT", None).duties;
        found.iter().map(|duty| duty.kind.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(duties("LicenseRef-Llama-3.3-Community"), ["name-rule"]);
    assert_eq!(duties("LicenseRef-Qwen"), ["display"]);
    assert!(duties("OpenMDW-1.0").is_empty());
}

#[test]
fn data_and_code_alone_make_no_conflict() {
    use Relation::{TrainedOn, TrainedWith};
    check(&[
        ("CC-BY-NC-SA-4.0", TrainedOn, "MIT", "review"),
        ("CC-BY-ND-4.0", TrainedOn, "MIT", "review"),
        ("CC-BY-4.0", TrainedOn, "MIT", "obligations"),
        ("CC0-1.0", TrainedOn, "MIT", "compatible"),
        ("CDLA-Permissive-2.0", TrainedOn, "LicenseRef-lab", "compatible"),
        ("ODC-By-1.0", TrainedOn, "MIT", "obligations"),
        ("GPL-3.0-only", TrainedOn, "MIT", "review"),
        ("MIT", TrainedOn, "Apache-2.0", "obligations"),
        ("LicenseRef-Llama-3-Community", TrainedOn, "MIT", "review"),
        ("LicenseRef-Llama-3.1-Community", TrainedOn, "MIT", "obligations"),
        ("NONE", TrainedOn, "MIT", "review"),
        ("?", TrainedOn, "MIT", "review"),
        ("GPL-3.0-only", TrainedWith, "MIT", "review"),
        ("Apache-2.0", TrainedWith, "MIT", "compatible"),
        ("LicenseRef-lab", TrainedWith, "MIT", "review"),
        ("CC-BY-NC-4.0", Relation::SideBySide, "MIT", "compatible"),
        ("LicenseRef-Llama-4-Community", Relation::Application, "GPL-3.0-only", "obligations"),
    ]);
    let all = super::super::terms::all().map(|row| row.id.as_str());
    for id in all {
        assert_ne!(outcome(id, TrainedOn, "MIT"), "conflict", "{id}");
        assert_ne!(outcome(id, TrainedWith, "MIT"), "conflict", "{id}");
        assert_ne!(outcome(id, Relation::Other, "MIT"), "conflict", "{id}");
    }
}

#[test]
fn the_worst_ancestor_decides_and_duties_add_up() {
    let of = |ancestors: &[(&str, Relation)], downstream: &str| {
        let licenses: Vec<Option<License>> = ancestors.iter().map(|(text, _)| license(text)).collect();
        let ancestors: Vec<Ancestor<'_>> = std::iter::zip(&licenses, ancestors)
            .map(|(license, (_, relation))| Ancestor { license: license.as_ref(), relation: *relation })
            .collect();
        chain(&ancestors, license(downstream).as_ref(), None)
    };
    let (finetune, quantized) = (Relation::Finetune, Relation::Quantized);
    let washed = of(&[("LicenseRef-Llama-3.3-Community", finetune), ("MIT", quantized)], "MIT");
    assert_eq!(washed.outcome, Outcome::Conflict);
    assert_eq!(washed.grounds[0].license, "LicenseRef-Llama-3.3-Community");
    assert!(washed.duties.iter().any(|duty| duty.of == "MIT"), "{:?}", washed.duties);
    assert_eq!(of(&[("?", finetune), ("MIT", quantized)], "MIT").outcome, Outcome::Review);
    assert_eq!(of(&[], "MIT").outcome, Outcome::Compatible);
    let merge = [("LicenseRef-OpenRAIL-pp-M", Relation::Merge), ("GPL-3.0-only", Relation::Merge)];
    assert_eq!(of(&merge, "GPL-3.0-only").outcome, Outcome::Conflict);
}

#[test]
fn every_conflict_names_a_clause_and_a_way_out() {
    for row in super::super::terms::all() {
        for relation in [Relation::Copy, Relation::Quantized, Relation::Finetune, Relation::Merge, Relation::Distilled]
        {
            let found = verdict(&row.id, relation, "MIT", None);
            assert!(!found.grounds.is_empty(), "{}", row.id);
            for ground in found.grounds.iter().filter(|_| found.outcome == Outcome::Conflict) {
                assert!(ground.settle.is_some() || ground.basis == Basis::Terms, "{}: {ground:?}", row.id);
                assert!(ground.basis != Basis::Terms || !ground.clause.is_empty(), "{}", row.id);
            }
        }
    }
}

#[test]
fn nested_and_wide_expressions_are_bounded() {
    let deep = format!("{}MIT{}", "(".repeat(1000), " OR ISC)".repeat(1000));
    assert_eq!(outcome(&deep, Relation::Finetune, &deep), "obligations");
    let wide = (0..1000).map(|at| format!("LicenseRef-{at}")).collect::<Vec<_>>().join(" OR ");
    assert_eq!(outcome("MIT", Relation::Finetune, &wide), "review");
    assert_eq!(outcome(&wide, Relation::Finetune, "MIT"), "review");
}
