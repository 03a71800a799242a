//! Assigning files to components by the names that people and programs usually give them.
//!
//! A file with any other name stays unsorted, for a person to sort. The names of files on the Hugging Face Hub are
//! those that [`transformers`](https://github.com/huggingface/transformers) writes.

use crate::artifacts::completeness::is_index;
use crate::artifacts::format;
use crate::path::RepoPath;

/// The component for files that configure loaders, which no taxonomy has.
pub(super) const CONFIGURATION: &str = "x-configuration";

/// The purpose of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Part of the component with this id.
    Component(&'static str),
    /// The name does not tell.
    Unknown,
}

const CODE: &[&str] = &[
    "py", "ipynb", "rs", "c", "cc", "cpp", "cu", "h", "hpp", "js", "ts", "java", "go", "jl", "r", "lua", "sh", "swift",
    "kt", "scala",
];
const DOCUMENTS: &[&str] = &["md", "rst", "txt", "pdf", "tex", "html"];
const DATA: &[&str] = &["parquet", "arrow", "jsonl", "ndjson", "csv", "tsv", "tfrecord", "json", "txt", "zst", "gz"];

/// Extensions that only weights have, besides those that [`format::is_weights`] knows.
const WEIGHTS: &[&str] = &[
    "ggml",
    "sft",
    // A program with the weights in it: https://github.com/mozilla-ai/llamafile.
    "llamafile",
    // ExecuTorch keeps data next to its programs: https://docs.pytorch.org/executorch/stable/ptd-file-format.html.
    "ptd",
    // PaddlePaddle: https://github.com/PaddlePaddle/Paddle.
    "pdmodel",
    // MediaPipe bundles: https://ai.google.dev/edge/mediapipe/solutions/genai/llm_inference.
    "task",
    // rust-bert, fastText, Equinox, tensorizer, Torch 7.
    "ot",
    "ftz",
    "eqx",
    "tensors",
    "t7",
    // Darknet and Caffe.
    "weights",
    "caffemodel",
    // Formats of runtimes: MNN, Tengine, RTen, IREE, and Keras before 3.
    "mnn",
    "tmfile",
    "rten",
    "vmfb",
    // Formats of processors: Rockchip, Hailo, Qualcomm, Ascend, Axera, Sophgo, Kendryte.
    "rknn",
    "hef",
    "dlc",
    "om",
    "axmodel",
    "bmodel",
    "cvimodel",
    "kmodel",
    "rkllm",
    // skops of scikit-learn, and records of Burn.
    "skops",
    "mpk",
    // Trees: XGBoost and CatBoost.
    "ubj",
    "cbm",
];
/// Extensions that weights share with other files.
const MAYBE_WEIGHTS: &[&str] =
    &["pt", "pth", "ckpt", "h5", "hdf5", "jit", "torchscript", "pdparams", "pdopt", "mar", "plan", "engine"];
/// Extensions that weights share with so many other files that the name has to say what they are.
const NAMED_WEIGHTS: &[&str] = &[
    "bin",
    "msgpack",
    "data",
    "npz",
    "npy",
    "pkl",
    "pickle",
    "pck",
    "cloudpickle",
    "dill",
    "joblib",
    "pb",
    "param",
    "params",
    "nb",
    "blob",
];
/// Words in the names of such files.
const WEIGHT_WORDS: &[&str] = &[
    "model",
    "adapter",
    "weights",
    "consolidated",
    "pytorch",
    "diffusion",
    "ggml",
    "onnx",
    "openvino",
    "params",
    "lora",
    "encoder",
    "decoder",
    "unet",
    "vae",
    "ckpt",
    "checkpoint",
    "saved",
    "frozen",
    "classifier",
    "regressor",
    "estimator",
    "ncnn",
    "embeds",
];
/// What libraries call their weights: fastai.
const WEIGHT_NAMES: &[&str] = &["export.pkl"];
/// Directories that are one model: packages of Core ML, and SavedModels of TensorFlow.
const PACKAGES: &[&str] = &[".mlpackage", ".mlmodelc", "saved_model"];

/// Returns the purpose of a file by its path alone. Housekeeping files are not passed.
pub(super) fn classify(path: &RepoPath) -> Class {
    let name = path.file_name().to_lowercase();
    let extension = path.extension().unwrap_or_default();
    let directories: Vec<String> = path.components().rev().skip(1).flat_map(words).collect();
    let stem = name.strip_suffix(&format!(".{extension}")).unwrap_or(&name);
    let own = words(stem);
    let found = weights(path, &name, &extension, &own, &directories)
        .or_else(|| metadata(&name, &own))
        .or_else(|| configuration(path, &name, stem, &extension))
        .or_else(|| tokenizer(&name, &extension))
        .or_else(|| code(&name, &extension, &own, &directories))
        .or_else(|| results(path, &extension, &own))
        .or_else(|| document(&extension, &own))
        .or_else(|| data(&extension, &own, &directories));
    found.map_or(Class::Unknown, Class::Component)
}

fn weights(
    path: &RepoPath,
    name: &str,
    extension: &str,
    own: &[String],
    directories: &[String],
) -> Option<&'static str> {
    let of_trainer = ["optimizer", "scheduler", "rng", "scaler", "zero"];
    if is_importance_matrix(extension, own) {
        return Some("model-metadata");
    }
    let is_named = NAMED_WEIGHTS.contains(&extension);
    if is_named || MAYBE_WEIGHTS.contains(&extension) {
        if starts(own, &of_trainer) || has(own, &["optim"]) || name.starts_with("training_args") {
            return Some("model-metadata");
        }
        let is_weights = match is_named {
            true => has(own, WEIGHT_WORDS) || is_numbered_shard(own) || WEIGHT_NAMES.contains(&name),
            false => !has(directories, &["data", "dataset", "datasets"]),
        };
        if !is_weights && !is_in_package(path) {
            return None;
        }
    } else if !is_weights(path, name, extension) {
        return None;
    }
    Some(weights_in(directories))
}

/// Returns the component of weights that something else than their name tells, such as a model that has tensors in them.
pub(super) fn named_weights(path: &RepoPath) -> &'static str {
    let directories: Vec<String> = path.components().rev().skip(1).flat_map(words).collect();
    weights_in(&directories)
}

fn weights_in(directories: &[String]) -> &'static str {
    let is_checkpoint = has(directories, &["checkpoint", "checkpoints", "intermediate"]);
    if is_checkpoint { "intermediate-weights" } else { "final-weights" }
}

/// Returns whether a name is one that only weights have.
fn is_weights(path: &RepoPath, name: &str, extension: &str) -> bool {
    // `model.onnx_data_1` of ONNX, `llm.mnn.weight` of MNN, and `variables.data-00000-of-00001` with its index of TensorFlow.
    let is_part = extension.starts_with("onnx_data")
        || name.ends_with(".mnn.weight")
        || whole(name).is_some_and(|whole| whole.parse().is_ok_and(|path| format::is_weights(&path)))
        || extension.starts_with("data-") && extension.contains("-of-");
    let is_tensorflow_index = extension == "index" && (name.contains("ckpt") || name == "variables.index");
    // A distributed checkpoint of PyTorch, and an array store of Orbax.
    let is_store = |part: &str| part.starts_with("ocdbt.process_");
    let is_checkpoint = matches!(name, ".metadata" | "manifest.ocdbt") || path.components().any(is_store);
    let is_openvino = extension == "xml" && name.starts_with("openvino_");
    format::is_weights(path)
        || WEIGHTS.contains(&extension)
        || is_index(name)
        || is_part
        || is_tensorflow_index
        || is_checkpoint
        || is_openvino
        || is_in_package(path)
}

/// Returns the name of the file that was cut into parts, by the name of one: `m.gguf.part1of2`, `m.gguf-split-a`,
/// `m.gguf-part-a`, `m.safetensors-00001-of-00002`.
fn whole(name: &str) -> Option<&str> {
    let (before, extension) = name.rsplit_once('.')?;
    if let Some(number) = extension.strip_prefix("part") {
        let parts = number.split_once("of").unwrap_or((number, number));
        return (is_number(parts.0) && is_number(parts.1)).then_some(before);
    }
    let (_, part) = extension.split_once('-')?;
    let is_numbered = part.split_once("-of-").is_some_and(|(number, count)| is_number(number) && is_number(count));
    let is_part = is_numbered || part.starts_with("split-") || part.starts_with("part-");
    is_part.then(|| &name[..name.len() - part.len() - 1])
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether a GGUF file holds the statistics with which a model was quantized: `imatrix.gguf`, `Tiny-imatrix.gguf`.
/// `Tiny-IQ4_XS-imatrix.gguf` is the model that was quantized with them.
fn is_importance_matrix(extension: &str, own: &[String]) -> bool {
    let is_quantization = |word: &String| {
        let digits = word.strip_prefix('i').unwrap_or(word).strip_prefix(['q', 'f']);
        digits.is_some_and(|digits| digits.starts_with(|c: char| c.is_ascii_digit())) || word == "bf16"
    };
    let is_named = own.first().into_iter().chain(own.last()).any(|word| word == "imatrix");
    extension == "gguf" && is_named && !own.iter().any(is_quantization)
}

/// Returns whether a file is part of a directory that is one model.
fn is_in_package(path: &RepoPath) -> bool {
    let above = path.components().rev().skip(1).map(str::to_ascii_lowercase);
    above.into_iter().any(|directory| PACKAGES.iter().any(|package| directory.ends_with(package)))
}

/// Returns whether words are those of a shard: `group1-shard1of2` of TensorFlow.js, `params_shard_0` of MLC.
fn is_numbered_shard(own: &[String]) -> bool {
    own.iter().any(|word| {
        word.strip_prefix("shard").is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit()))
    })
}

fn metadata(name: &str, own: &[String]) -> Option<&'static str> {
    const NAMES: [&str; 13] = [
        "trainer_state.json",
        "training_args.json",
        "training_config.json",
        "training_metadata.json",
        "train_results.json",
        "trainer_log.jsonl",
        // How a model was merged, quantized or pruned.
        "mergekit_config.yml",
        "mergekit_moe_config.yml",
        "recipe.yaml",
        // CodeCarbon, which measures what the training used.
        "emissions.csv",
        "imatrix.dat",
        // Orbax.
        "_metadata",
        "_checkpoint_metadata",
    ];
    (NAMES.contains(&name) || has(own, &["tfevents"])).then_some("model-metadata")
}

fn configuration(path: &RepoPath, name: &str, stem: &str, extension: &str) -> Option<&'static str> {
    const NAMES: [&str; 9] = [
        // MLflow.
        "mlmodel",
        "params.json",
        "model_index.json",
        "configuration.json",
        "modules.json",
        "ndarray-cache.json",
        "tensor-cache.json",
        "modular_model_index.json",
        "modelfile",
    ];
    if NAMES.contains(&name) {
        return Some(CONFIGURATION);
    }
    let is_config =
        stem == "config" || stem.ends_with("_config") || stem.ends_with("-config") || stem.starts_with("config_");
    let is_kind = match extension {
        "json" => !name.starts_with("tokenizer"),
        // Other programs have such files as well, above all in hidden directories.
        "yaml" | "yml" | "toml" => !stem.starts_with('_') && !path.components().any(|part| part.starts_with('.')),
        _ => false,
    };
    (is_config && is_kind).then_some(CONFIGURATION)
}

fn tokenizer(name: &str, extension: &str) -> Option<&'static str> {
    const NAMES: [&str; 13] = [
        "vocab.json",
        "vocab.txt",
        "vocab.bpe",
        "merges.txt",
        "spiece.model",
        "sentencepiece.bpe.model",
        "special_tokens_map.json",
        "added_tokens.json",
        "chat_template.json",
        "encoder.json",
        "tekken.json",
        "normalizer.json",
        "bpe.codes",
    ];
    let is_tokenizer = name.starts_with("tokenizer.") || name == "tokenizer_config.json" || NAMES.contains(&name);
    // Chat templates and vocabularies.
    let has_extension = matches!(extension, "jinja" | "jinja2" | "spm" | "tiktoken");
    (is_tokenizer || has_extension).then_some("supporting-libraries")
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

fn results(path: &RepoPath, extension: &str, own: &[String]) -> Option<&'static str> {
    // See https://huggingface.co/docs/hub/eval-results.
    if path.is_within(".eval_results") && matches!(extension, "yaml" | "yml") {
        return Some("evaluation-results");
    }
    let is_table = matches!(extension, "json" | "csv" | "tsv" | "md" | "yaml" | "yml");
    let is_evaluation = has(own, &["eval", "evaluation", "benchmark", "test", "all"]);
    (is_table && has(own, &["results", "metrics", "scores"]) && is_evaluation).then_some("evaluation-results")
}

fn document(extension: &str, own: &[String]) -> Option<&'static str> {
    // See https://docs.mlcommons.org/croissant.
    if matches!(extension, "json" | "jsonld") && has(own, &["croissant"]) {
        return Some("data-card");
    }
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
            ("m/MLmodel", CONFIGURATION),
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
            ("modules.json", CONFIGURATION),
            ("config_sentence_transformers.json", CONFIGURATION),
            ("1_Pooling/config.json", CONFIGURATION),
            ("mlc-chat-config.json", CONFIGURATION),
            ("conf/model_config.yaml", CONFIGURATION),
            ("additional_chat_templates/tool_use.jinja", "supporting-libraries"),
            ("source.spm", "supporting-libraries"),
            (".eval_results/hle.yaml", "evaluation-results"),
            ("mergekit_config.yml", "model-metadata"),
            ("runs/Jan01/events.out.tfevents.1.host", "model-metadata"),
            ("croissant.json", "data-card"),
            ("imatrix.gguf", "model-metadata"),
            ("Tiny-7B-imatrix.gguf", "model-metadata"),
            ("Tiny.imatrix.gguf", "model-metadata"),
            ("data/croissant.json", "data-card"),
        ] {
            assert_eq!(class_of(path), Some(id), "{path}");
        }
    }

    #[test]
    fn formats_of_weights_are_assigned_to_the_weights() {
        for path in [
            "m.pt2",
            "m.pte",
            "m.ptd",
            "m.dduf",
            "__0_0.distcp",
            ".metadata",
            "m.litertlm",
            "m.task",
            "m.ort",
            "inference.pdiparams",
            "inference.pdmodel",
            "m.llamafile",
            "m.ptl",
            "m.mnn",
            "m.rknn",
            "m.hef",
            "m.dlc",
            "m.engine",
            "onnx/model.onnx_data_1",
            "model.onnx.data",
            "m.mlpackage/Data/com.apple.CoreML/weights/weight.bin",
            "m.mlpackage/Manifest.json",
            "m.mlmodelc/coremldata.bin",
            "saved_model.pb",
            "saved_model/fingerprint.pb",
            "variables/variables.data-00000-of-00001",
            "variables/variables.index",
            "model.ckpt.index",
            "group1-shard1of2.bin",
            "params_shard_0.bin",
            "openvino_model.xml",
            "sklearn_model.joblib",
            "yolo.weights",
            "model.ncnn.param",
            "model.Q8_0.gguf-split-a",
            "m.gguf.part1of2",
            "m.i1-Q4_K_M.gguf.part2of2",
            "m.gguf-part-b",
            "model.safetensors-00001-of-00001",
            "learned_embeds.bin",
            "export.pkl",
            "m.skops",
            "llm.mnn.weight",
            "m.rkllm",
            "m.mpk",
            "m-imatrix-Q4_K_M.gguf",
            "m-IQ4_XS-imatrix.gguf",
            "params/ocdbt.process_0/d/0123",
        ] {
            assert_eq!(class_of(path), Some("final-weights"), "{path}");
        }
    }

    #[test]
    fn what_check_takes_for_weights_is_assigned_to_the_weights() {
        for extension in format::extensions_of_weights() {
            let path = format!("model.{extension}");
            assert_eq!(class_of(&path), Some("final-weights"), "{path}");
        }
    }

    #[test]
    fn other_names_stay_unsorted() {
        for path in [
            "data.bin",
            "src/lib.py",
            "tests/test_train.py",
            "notes.txt",
            "a.json",
            "image.png",
            "bin",
            "train",
            "pte",
            "notes.pt2.txt",
            "stats.pkl",
            "exports.pkl",
            "embedded.bin",
            "notes.txt.part1of2",
            "m.gguf.part",
            "data.csv-00001-of-00002",
            "m.weight",
            "a.npy",
            "a.data-of",
            "graph.index",
            "drawing.xml",
            "data/images.h5",
            "notebook.nb",
            "_config.yml",
            ".circleci/config.yml",
            "sub/.eval_results/x.yaml",
            ".eval_results/notes.txt",
            "eval_results/x.yaml",
            "modules.txt",
            "sharding.bin",
            "my.mlpackage.txt",
        ] {
            assert_eq!(class_of(path), None, "{path}");
        }
    }
}
