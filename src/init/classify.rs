//! Assigning files to components by the names that people and programs usually give them.
//!
//! A file with any other name stays unsorted, for a person to sort. The names of files on the Hugging Face Hub are
//! those that [`transformers`](https://github.com/huggingface/transformers) writes.

use crate::artifacts::completeness::is_index;
use crate::artifacts::housekeeping::is_housekeeping;
use crate::path::RepoPath;

/// The component for files that configure loaders, which no taxonomy has.
pub(super) const CONFIGURATION: &str = "x-configuration";

/// The purpose of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Part of the component with this id.
    Component(&'static str),
    /// Something that every repository has: license texts, settings of Git and editors.
    Housekeeping,
    /// The name does not tell.
    Unknown,
}

const CODE: &[&str] = &[
    "py", "ipynb", "rs", "c", "cc", "cpp", "cu", "h", "hpp", "js", "ts", "java", "go", "jl", "r", "lua", "sh", "swift",
    "kt", "scala",
];
const DOCUMENTS: &[&str] = &["md", "rst", "txt", "pdf", "tex", "html"];
const DATA: &[&str] = &["parquet", "arrow", "jsonl", "ndjson", "csv", "tsv", "tfrecord", "json", "txt", "zst", "gz"];

/// Extensions that only weights have.
const WEIGHTS: &[&str] = &["safetensors", "gguf", "ggml", "onnx", "onnx_data", "tflite", "mlmodel", "nemo", "keras"];
/// Extensions that weights share with other files.
const MAYBE_WEIGHTS: &[&str] =
    &["bin", "pt", "pth", "ckpt", "h5", "jit", "torchscript", "msgpack", "pdparams", "data", "npz", "mar"];

/// Returns the purpose of a file by its path alone.
pub(super) fn classify(path: &RepoPath) -> Class {
    let name = path.file_name().to_lowercase();
    if is_housekeeping(path) {
        return Class::Housekeeping;
    }
    let extension = path.extension().unwrap_or_default();
    let directories: Vec<String> = path.components().rev().skip(1).flat_map(words).collect();
    let stem = name.strip_suffix(&format!(".{extension}")).unwrap_or(&name);
    let own = words(stem);
    let found = weights(&name, &extension, &own, &directories)
        .or_else(|| configuration(&name))
        .or_else(|| tokenizer(&name))
        .or_else(|| code(&name, &extension, &own, &directories))
        .or_else(|| results(&extension, &own))
        .or_else(|| document(&extension, &own))
        .or_else(|| data(&extension, &own, &directories));
    found.map_or(Class::Unknown, Class::Component)
}

fn weights(name: &str, extension: &str, own: &[String], directories: &[String]) -> Option<&'static str> {
    let of_trainer = ["optimizer", "scheduler", "rng", "scaler", "zero"];
    let has_extension = WEIGHTS.contains(&extension) || is_index(name);
    if MAYBE_WEIGHTS.contains(&extension) {
        if starts(own, &of_trainer) || name.starts_with("training_args") {
            return Some("model-metadata");
        }
        let is_named = match extension {
            "bin" | "msgpack" | "data" | "npz" => {
                has(own, &["model", "adapter", "weights", "consolidated", "pytorch", "diffusion", "ggml", "onnx"])
            }
            _ => !has(directories, &["data", "dataset", "datasets"]),
        };
        if !is_named {
            return None;
        }
    } else if !has_extension {
        return None;
    }
    let is_checkpoint = has(directories, &["checkpoint", "checkpoints", "intermediate"]);
    Some(if is_checkpoint { "intermediate-weights" } else { "final-weights" })
}

fn configuration(name: &str) -> Option<&'static str> {
    if matches!(name, "trainer_state.json" | "training_args.json" | "training_config.json" | "training_metadata.json") {
        return Some("model-metadata");
    }
    let is_loaders = matches!(name, "config.json" | "params.json" | "model_index.json" | "configuration.json");
    let is_config = name.ends_with("_config.json") && !name.starts_with("tokenizer");
    (is_loaders || is_config).then_some(CONFIGURATION)
}

fn tokenizer(name: &str) -> Option<&'static str> {
    const NAMES: [&str; 12] = [
        "vocab.json",
        "vocab.txt",
        "vocab.bpe",
        "merges.txt",
        "spiece.model",
        "sentencepiece.bpe.model",
        "special_tokens_map.json",
        "added_tokens.json",
        "chat_template.json",
        "chat_template.jinja",
        "encoder.json",
        "tekken.json",
    ];
    let is_tokenizer = name.starts_with("tokenizer.") || name == "tokenizer_config.json" || NAMES.contains(&name);
    is_tokenizer.then_some("supporting-libraries")
}

fn code(name: &str, extension: &str, own: &[String], directories: &[String]) -> Option<&'static str> {
    if !CODE.contains(&extension) || has(own, &["test", "tests"]) || has(directories, &["test", "tests"]) {
        return None;
    }
    if name == "model.py" || starts(own, &["modeling", "modelling", "configuration", "architecture"]) {
        return Some("model-architecture");
    }
    if starts(own, &["tokenization", "tokenizer", "processing", "tokenizers"]) {
        return Some("supporting-libraries");
    }
    purpose(own).or_else(|| purpose(directories))
}

fn purpose(words: &[String]) -> Option<&'static str> {
    let is_evaluation = has(words, &["eval", "evaluate", "evaluation", "evals", "benchmark", "benchmarks"]);
    if has(words, &["preprocess", "preprocessing", "prepare", "dedup", "deduplicate", "clean"]) {
        Some("data-preprocessing-code")
    } else if is_evaluation && has(words, &["safety", "redteam", "toxicity"]) {
        Some("safety-evaluation-code")
    } else if is_evaluation {
        Some("evaluation-code")
    } else if has(words, &["rlhf", "dpo", "ppo", "grpo", "alignment", "align"]) {
        Some("alignment-code")
    } else if has(words, &["finetune", "finetuning", "sft", "lora"])
        || (has(words, &["fine"]) && has(words, &["tune", "tuning"]))
    {
        Some("fine-tuning-code")
    } else if has(words, &["train", "training", "trainer", "pretrain", "pretraining"]) {
        Some("training-code")
    } else if has(words, &["generate", "generation", "inference", "infer", "predict", "serve", "handler", "sample"]) {
        Some("inference-code")
    } else {
        None
    }
}

fn results(extension: &str, own: &[String]) -> Option<&'static str> {
    let is_table = matches!(extension, "json" | "csv" | "tsv" | "md" | "yaml" | "yml");
    let is_evaluation = has(own, &["eval", "evaluation", "benchmark", "test", "all"]);
    (is_table && has(own, &["results", "metrics", "scores"]) && is_evaluation).then_some("evaluation-results")
}

fn document(extension: &str, own: &[String]) -> Option<&'static str> {
    if !DOCUMENTS.contains(&extension) {
        return None;
    }
    let both = |a: &str, b: &str| has(own, &[a]) && has(own, &[b]);
    if both("model", "card") || has(own, &["modelcard"]) {
        Some("model-card")
    } else if both("data", "card") || both("dataset", "card") || has(own, &["datacard", "datasheet"]) {
        Some("data-card")
    } else if both("technical", "report") {
        Some("technical-report")
    } else if starts(own, &["paper"]) || both("research", "paper") {
        Some("research-paper")
    } else if starts(own, &["samples"]) || both("sample", "outputs") {
        Some("sample-outputs")
    } else {
        None
    }
}

fn data(extension: &str, own: &[String], directories: &[String]) -> Option<&'static str> {
    let is_plain = matches!(extension, "json" | "txt" | "csv" | "tsv" | "gz" | "zst");
    if !DATA.contains(&extension) || (is_plain && !has(directories, &["data", "dataset", "datasets", "corpus"])) {
        return None;
    }
    [own, directories].into_iter().find_map(|words| {
        if has(words, &["sft", "instruct", "instructions", "finetune", "finetuning"]) {
            Some("fine-tuning-data")
        } else if has(words, &["test", "eval", "evaluation", "heldout", "held"]) {
            Some("evaluation-data")
        } else if has(words, &["train", "training", "pretrain", "pretraining", "corpus"]) {
            Some("training-data")
        } else {
            None
        }
    })
}

fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric());
    parts.filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
}

fn has(words: &[String], any: &[&str]) -> bool {
    words.iter().any(|word| any.contains(&word.as_str()))
}

fn starts(words: &[String], any: &[&str]) -> bool {
    words.first().is_some_and(|word| any.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    fn class_of(path: &str) -> Option<&'static str> {
        match classify(&path.parse().unwrap()) {
            Class::Component(id) => Some(id),
            Class::Housekeeping => Some("housekeeping"),
            Class::Unknown => None,
        }
    }

    #[test]
    fn usual_names_are_assigned_to_components() {
        for (path, id) in [
            ("model-00001-of-00002.safetensors", "final-weights"),
            ("model.safetensors.index.json", "final-weights"),
            ("model.safetensors.index.fp16.json", "final-weights"),
            ("model.weights.json", "final-weights"),
            ("pytorch_model.bin", "final-weights"),
            ("silero_vad.jit", "final-weights"),
            ("checkpoint-500/model.safetensors", "intermediate-weights"),
            ("checkpoint-500/optimizer.pt", "model-metadata"),
            ("training_args.bin", "model-metadata"),
            ("config.json", CONFIGURATION),
            ("generation_config.json", CONFIGURATION),
            ("tokenizer_config.json", "supporting-libraries"),
            ("tokenizer.model", "supporting-libraries"),
            ("modeling_tiny.py", "model-architecture"),
            ("src/train.py", "training-code"),
            ("fine_tune.py", "fine-tuning-code"),
            ("evaluation/run.py", "evaluation-code"),
            ("scripts/prepare_data.sh", "data-preprocessing-code"),
            ("MODEL_CARD.md", "model-card"),
            ("docs/technical-report.pdf", "technical-report"),
            ("eval_results.json", "evaluation-results"),
            ("data/train-00000.parquet", "training-data"),
            ("data/corpus/01.txt", "training-data"),
            ("LICENSE-MIT", "housekeeping"),
            (".gitattributes", "housekeeping"),
        ] {
            assert_eq!(class_of(path), Some(id), "{path}");
        }
    }

    #[test]
    fn other_names_stay_unsorted() {
        for path in
            ["data.bin", "src/lib.py", "tests/test_train.py", "notes.txt", "a.json", "image.png", "bin", "train"]
        {
            assert_eq!(class_of(path), None, "{path}");
        }
    }
}
