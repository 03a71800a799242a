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

const CASES: &[Case] = &[
    Case {
        reported: "SesameAILabs/csm#106",
        name: "csm-1b",
        bases: &[("meta-llama/Llama-3.2-1B", "LicenseRef-Llama-3.2-Community", "finetune")],
        label: ("Apache-2.0", "conflict"),
        settled: ("Apache-2.0 AND LicenseRef-Llama-3.2-Community", "obligations"),
        unmet: &["copy-of-license", "notice-file", "name-rule"],
    },
    Case {
        reported: "ollama/ollama#4561",
        name: "llava",
        bases: &[("meta-llama/Llama-2-7b", "LicenseRef-Llama-2-Community", "finetune")],
        label: ("Apache-2.0", "conflict"),
        settled: ("LicenseRef-Llama-2-Community", "obligations"),
        // No name rule in version 2.
        unmet: &["copy-of-license", "notice-file"],
    },
    Case {
        reported: "PKU-YuanGroup/UltraShape-1.0#11",
        name: "UltraShape-1.0",
        bases: &[("tencent/Hunyuan3D-2", "LicenseRef-Tencent-Hunyuan-3D-2.0", "finetune")],
        label: ("Apache-2.0", "conflict"),
        settled: ("LicenseRef-Tencent-Hunyuan-3D-2.0", "obligations"),
        unmet: &["copy-of-license", "notice-file"],
    },
    Case {
        reported: "nomic-ai/gpt4all#1308",
        name: "replit-ggml",
        bases: &[("lab/replit-instruct", "CC-BY-NC-SA-4.0", "quantized")],
        label: ("MIT", "conflict"),
        settled: ("CC-BY-NC-SA-4.0", "obligations"),
        unmet: &["link-to-license"],
    },
    Case {
        reported: "OpenGVLab/InternVL#900",
        name: "InternVL2_5-4B",
        bases: &[("Qwen/Qwen2.5-3B-Instruct", "LicenseRef-Qwen-Research", "finetune")],
        label: ("MIT", "conflict"),
        settled: ("MIT AND LicenseRef-Qwen-Research", "obligations"),
        unmet: &["display"],
    },
    Case {
        reported: "Yuliang-Liu/MonkeyOCR#247",
        name: "MonkeyOCR",
        bases: &[("Qwen/Qwen2.5-VL-3B-Instruct", "LicenseRef-Qwen-Research", "finetune")],
        label: ("Apache-2.0", "conflict"),
        settled: ("LicenseRef-Qwen-Research", "obligations"),
        unmet: &["display"],
    },
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
    Case {
        reported: "ROCm/FastFlowLM#100, Gemma",
        name: "Gemma3-1B-NPU2",
        bases: &[("google/gemma-3-1b-it", "LicenseRef-Gemma-Terms", "quantized")],
        label: ("MIT", "conflict"),
        settled: ("LicenseRef-Gemma-Terms", "obligations"),
        unmet: &["copy-of-license", "notice-file"],
    },
    Case {
        reported: "LC1332/Luotuo-Chinese-LLM#17",
        name: "luotuo-lora-7b",
        bases: &[("decapoda-research/llama-7b-hf", "LicenseRef-LLaMA-1", "adapter")],
        label: ("Apache-2.0", "review"),
        settled: ("Apache-2.0", "review"),
        unmet: &["copy-of-license"],
    },
    Case {
        reported: "SWivid/F5-TTS#2, QwenLM/Qwen3-Embedding#166, k2-fsa/OmniVoice#211",
        name: "F5-TTS",
        bases: &[("amphion/Emilia-Dataset", "CC-BY-NC-4.0", "trained-on")],
        label: ("MIT", "review"),
        settled: ("CC-BY-NC-4.0", "review"),
        unmet: &[],
    },
    Case {
        reported: "opendatalab/DocLayout-YOLO#110",
        name: "DocLayout-YOLO",
        bases: &[("ultralytics/yolov10", "AGPL-3.0-only", "finetune")],
        label: ("Apache-2.0", "conflict"),
        settled: ("AGPL-3.0-only", "obligations"),
        unmet: &["copy-of-license"],
    },
    Case {
        reported: "LibreYOLO/libreyolo#646",
        name: "libreyolo-weights",
        bases: &[("lab/a", "MIT", "copy"), ("lab/b", "AGPL-3.0-only", "copy"), ("lab/c", "CC-BY-NC-4.0", "copy")],
        label: ("MIT", "conflict"),
        settled: ("MIT AND AGPL-3.0-only AND CC-BY-NC-4.0", "conflict"),
        unmet: &["copy-of-license", "share-alike", "link-to-license"],
    },
    Case {
        reported: "WestWaters/pollard-weights#66, braindecode/braindecode#1139",
        name: "generated-card",
        bases: &[("lab/eeg", "CC-BY-NC-4.0", "finetune")],
        label: ("BSD-3-Clause", "conflict"),
        settled: ("CC-BY-NC-4.0", "obligations"),
        unmet: &["link-to-license"],
    },
    Case {
        reported: "k2-fsa/sherpa-onnx#3971",
        name: "kokoro-copy",
        bases: &[("lab/tts", "CC-BY-4.0", "copy")],
        label: ("CC-BY-NC-4.0", "conflict"),
        settled: ("CC-BY-4.0", "obligations"),
        unmet: &["link-to-license"],
    },
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
