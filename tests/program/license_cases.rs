//! Cases that people reported, rebuilt as small repositories: what `init` reads from their files, and what `licenses` says of
//! the label as it was reported and as it was settled. No text of the projects is copied.

use std::fmt::Write as _;

use serde_json::Value;

use crate::common::env::TestEnv;

/// A base: its name, its license, and the relation.
type Base = (&'static str, &'static str, &'static str);

struct Case {
    /// Where it was reported.
    reported: &'static str,
    /// The name of the model, as published.
    name: &'static str,
    bases: &'static [Base],
    /// The license of the weights as labeled, and the outcome.
    label: (&'static str, &'static str),
    /// The license of the weights as the maintainers settled it, or as was asked for, and the outcome.
    settled: (&'static str, &'static str),
    /// Duties that the files of the settled release do not show.
    unmet: &'static [&'static str],
}

/// A label that the terms of the base do not allow, and one that they do.
const fn relabeled(
    reported: &'static str,
    name: &'static str,
    base: &'static [Base],
    label: &'static str,
    settled: &'static str,
    unmet: &'static [&'static str],
) -> Case {
    Case { reported, name, bases: base, label: (label, "conflict"), settled: (settled, "obligations"), unmet }
}

const CASES: &[Case] = &[
    relabeled(
        "SesameAILabs/csm#106",
        "csm-1b",
        &[("meta-llama/Llama-3.2-1B", "LicenseRef-Llama-3.2-Community", "finetune")],
        "Apache-2.0",
        "Apache-2.0 AND LicenseRef-Llama-3.2-Community",
        &["copy-of-license", "notice-file", "name-rule"],
    ),
    // No name rule in version 2.
    relabeled(
        "ollama/ollama#4561",
        "llava",
        &[("meta-llama/Llama-2-7b", "LicenseRef-Llama-2-Community", "finetune")],
        "Apache-2.0",
        "LicenseRef-Llama-2-Community",
        &["copy-of-license", "notice-file"],
    ),
    relabeled(
        "PKU-YuanGroup/UltraShape-1.0#11",
        "UltraShape-1.0",
        &[("tencent/Hunyuan3D-2", "LicenseRef-Tencent-Hunyuan-3D-2.0", "finetune")],
        "Apache-2.0",
        "LicenseRef-Tencent-Hunyuan-3D-2.0",
        &["copy-of-license", "notice-file"],
    ),
    relabeled(
        "nomic-ai/gpt4all#1308",
        "replit-ggml",
        &[("lab/replit-instruct", "CC-BY-NC-SA-4.0", "quantized")],
        "MIT",
        "CC-BY-NC-SA-4.0",
        &["link-to-license"],
    ),
    relabeled(
        "OpenGVLab/InternVL#900",
        "InternVL2_5-4B",
        &[("Qwen/Qwen2.5-3B-Instruct", "LicenseRef-Qwen-Research", "finetune")],
        "MIT",
        "MIT AND LicenseRef-Qwen-Research",
        &["display"],
    ),
    relabeled(
        "Yuliang-Liu/MonkeyOCR#247",
        "MonkeyOCR",
        &[("Qwen/Qwen2.5-VL-3B-Instruct", "LicenseRef-Qwen-Research", "finetune")],
        "Apache-2.0",
        "LicenseRef-Qwen-Research",
        &["display"],
    ),
    Case {
        // The publisher holds that the adapter is his own work.
        reported: "illuin-tech/colpali#334",
        name: "colqwen2.5-v0.2",
        bases: &[("Qwen/Qwen2.5-VL-3B-Instruct", "LicenseRef-Qwen-Research", "adapter")],
        label: ("MIT", "review"),
        settled: ("MIT", "review"),
        unmet: &["display"],
    },
    Case {
        reported: "ROCm/FastFlowLM#100, Qwen",
        name: "Qwen3-0.6B-NPU2",
        bases: &[("Qwen/Qwen3-0.6B", "Apache-2.0", "quantized")],
        // Another label is allowed; the notices were missing.
        label: ("MIT", "obligations"),
        settled: ("Apache-2.0", "obligations"),
        unmet: &["copy-of-license"],
    },
    relabeled(
        "ROCm/FastFlowLM#100, Gemma",
        "Gemma3-1B-NPU2",
        &[("google/gemma-3-1b-it", "LicenseRef-Gemma-Terms", "quantized")],
        "MIT",
        "LicenseRef-Gemma-Terms",
        &["copy-of-license", "notice-file"],
    ),
    Case {
        reported: "LC1332/Luotuo-Chinese-LLM#17",
        name: "luotuo-lora-7b",
        bases: &[("decapoda-research/llama-7b-hf", "LicenseRef-LLaMA-1", "adapter")],
        label: ("Apache-2.0", "review"),
        settled: ("Apache-2.0", "review"),
        unmet: &["copy-of-license"],
    },
    Case {
        reported: "SWivid/F5-TTS#2, freds0/free-svc#13, QwenLM/Qwen3-Embedding#166, k2-fsa/OmniVoice#211",
        name: "F5-TTS",
        bases: &[("amphion/Emilia-Dataset", "CC-BY-NC-4.0", "trained-on")],
        label: ("MIT", "review"),
        settled: ("CC-BY-NC-4.0", "review"),
        unmet: &[],
    },
    relabeled(
        "opendatalab/DocLayout-YOLO#110",
        "DocLayout-YOLO",
        &[("ultralytics/yolov10", "AGPL-3.0-only", "finetune")],
        "Apache-2.0",
        "AGPL-3.0-only",
        &["copy-of-license"],
    ),
    Case {
        reported: "LibreYOLO/libreyolo#646",
        name: "libreyolo-weights",
        bases: &[("lab/a", "MIT", "copy"), ("lab/b", "AGPL-3.0-only", "copy"), ("lab/c", "CC-BY-NC-4.0", "copy")],
        label: ("MIT", "conflict"),
        settled: ("MIT AND AGPL-3.0-only AND CC-BY-NC-4.0", "conflict"),
        unmet: &["copy-of-license", "share-alike", "link-to-license"],
    },
    relabeled(
        "WestWaters/pollard-weights#66, braindecode/braindecode#1139",
        "generated-card",
        &[("lab/eeg", "CC-BY-NC-4.0", "finetune")],
        "BSD-3-Clause",
        "CC-BY-NC-4.0",
        &["link-to-license"],
    ),
    relabeled(
        "k2-fsa/sherpa-onnx#3971",
        "kokoro-copy",
        &[("lab/tts", "CC-BY-4.0", "copy")],
        "CC-BY-NC-4.0",
        "CC-BY-4.0",
        &["link-to-license"],
    ),
    Case {
        // The opposite mistake: more is asked for than the base does.
        reported: "thesysdev/openui#1163",
        name: "openui-gemma",
        bases: &[("google/gemma-4-e2b", "Apache-2.0", "finetune")],
        label: ("LicenseRef-Gemma-Terms", "obligations"),
        settled: ("Apache-2.0", "obligations"),
        unmet: &["copy-of-license"],
    },
    Case {
        reported: "ultralytics/ultralytics#2129, stephansturges/WALDO#27",
        name: "WALDO",
        bases: &[("ultralytics/ultralytics", "AGPL-3.0-only", "trained-with")],
        label: ("MIT", "review"),
        settled: ("MIT", "review"),
        unmet: &[],
    },
];

/// What the files of the repository say of the bases, as published: the card, and what a tool writes next to the weights.
fn publish(env: &TestEnv, case: &Case) {
    let models = case.bases.iter().filter(|(_, _, relation)| !relation.starts_with("trained"));
    let names: Vec<&str> = models.clone().map(|(name, ..)| *name).collect();
    let mut card = format!("---\nlicense: {}\n", case.label.0.to_lowercase());
    if !names.is_empty() {
        writeln!(card, "base_model: [{}]", names.join(", ")).unwrap();
    }
    write!(card, "---\n# {}\n", case.name).unwrap();
    env.write("lm/README.md", card);
    env.write("lm/model.safetensors", "weights");
    for (name, _, relation) in case.bases {
        if *relation == "adapter" {
            env.write("lm/adapter_config.json", format!("{{\"base_model_name_or_path\": \"{name}\"}}"));
        }
    }
}

/// Writes the manifest with this license of the weights.
fn declare(env: &TestEnv, case: &Case, license: &str) {
    let mut text = format!(
        "schema = 1\n[model]\nname = \"{}\"\nversion = \"1\"\nproducer = \"Lab\"\nlicense = \"{license}\"\n",
        case.name
    );
    for (name, license, relation) in case.bases {
        write!(text, "[[model.base]]\nname = \"{name}\"\nlicense = \"{license}\"\nrelation = \"{relation}\"\n")
            .unwrap();
    }
    text.push_str("[component.final-weights]\nopenness = \"open\"\nfiles = [\"*.safetensors\"]\n");
    env.write("lm/OPENNESS.toml", text);
}

fn report(env: &TestEnv) -> Value {
    env.openness(["licenses", "lm", "--format", "json"]).json()
}

#[test]
fn reported_cases_are_told_as_they_were_settled() {
    let mut otherwise = Vec::new();
    for case in CASES {
        let env = TestEnv::new();
        publish(&env, case);
        env.openness(["init", "lm", "--yes"]).ok();
        let draft: toml::Table = env.read_text("lm/OPENNESS.toml").parse().unwrap();
        let drafted = draft["model"].get("base").and_then(toml::Value::as_array).map_or(0, Vec::len);
        let named = case.bases.iter().filter(|(_, _, relation)| !relation.starts_with("trained")).count();
        assert_eq!(drafted, named, "{}: `init` reads the bases from the files", case.reported);
        for (when, (license, outcome)) in [("labeled", case.label), ("settled", case.settled)] {
            declare(&env, case, license);
            let report = report(&env);
            if report["outcome"] != outcome {
                let grounds = &report["steps"];
                otherwise.push(format!("{} {when} {license}: {} {grounds}", case.reported, report["outcome"]));
            }
            if when == "settled" {
                let unmet = report["duties"].as_array().unwrap().iter().filter(|duty| duty["state"] == "unmet");
                let mut kinds: Vec<&str> = unmet.map(|duty| duty["kind"].as_str().unwrap()).collect();
                kinds.dedup();
                if kinds != case.unmet {
                    otherwise.push(format!("{} {when} {license}: unmet {kinds:?}", case.reported));
                }
            }
        }
    }
    assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));
}

/// What cannot be satisfied by any label can be by keeping the parts apart: each with its own license.
#[test]
fn weights_side_by_side_each_under_their_own_license_are_no_conflict() {
    let env = TestEnv::new();
    let case = CASES.iter().find(|case| case.reported.starts_with("LibreYOLO")).unwrap();
    for (at, (name, license, relation)) in case.bases.iter().enumerate() {
        let alone = Case { bases: &case.bases[at..=at], ..*case };
        declare(&env, &alone, license);
        env.write("lm/model.safetensors", "weights");
        assert_eq!(report(&env)["outcome"], "obligations", "{name} {relation}");
    }
}
