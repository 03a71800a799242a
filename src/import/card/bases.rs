//! The base models that a card names, and how the model is derived from them.

use super::super::Error;
use super::super::yaml::Node;
use crate::import::emit::is_url;
use crate::manifest::Relation;

/// The URL of the Hub. The ids of models and data sets are paths below it.
pub(super) const HUB: &str = "https://huggingface.co";
/// The relations that are inferred from a tag or a library.
const TAGS: &[(&str, Relation)] = &[
    ("peft", Relation::Adapter),
    ("lora", Relation::Adapter),
    ("qlora", Relation::Adapter),
    ("dora", Relation::Adapter),
    ("adapter", Relation::Adapter),
    ("template:diffusion-lora", Relation::Adapter),
    ("merge", Relation::Merge),
    ("mergekit", Relation::Merge),
    ("quantized", Relation::Quantized),
    ("gptq", Relation::Quantized),
    ("awq", Relation::Quantized),
    ("exl2", Relation::Quantized),
    ("exl3", Relation::Quantized),
    ("hqq", Relation::Quantized),
    ("compressed-tensors", Relation::Quantized),
    ("bitsandbytes", Relation::Quantized),
    ("distilled", Relation::Distilled),
];
/// Directories that trainers write to. No organization of the Hub is called so.
const OUTPUTS: &[&str] = &[
    "out",
    "output",
    "outputs",
    "results",
    "runs",
    "checkpoint",
    "checkpoints",
    "ckpt",
    "ckpts",
    "tmp",
    "content",
    "logs",
];

/// Endings of files of weights, which no model without an owner has.
const WEIGHT_FILES: &[&str] = &[".safetensors", ".gguf", ".bin", ".pt", ".pth", ".ckpt", ".onnx"];

/// What templates and people write where there is no base model, in lower case.
const PLACEHOLDERS: &[&str] =
    &["-", "n/a", "none", "null", "tbd", "todo", "unknown", "more information needed", "[more information needed]"];
/// What follows the id in the addresses of files on the Hub.
const PAGES: &[&str] = &["/tree/", "/blob/", "/resolve/", "/raw/"];

/// A base model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BaseModel {
    /// The id on the Hub, or whatever the card says.
    pub(crate) name: String,
    pub(crate) url: Option<String>,
}

impl BaseModel {
    /// Reads a reference to a base model; `None` for nothing, for a placeholder, and for a path on the author's machine.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || is_placeholder(text) || is_local_path(text) {
            return None;
        }
        let id = without_revision(without_hub(text).trim_end_matches('/'));
        let url =
            if is_hub_id(id) { Some(format!("{HUB}/{id}")) } else { Some(text.to_owned()).filter(|url| is_url(url)) };
        Some(Self { name: id.to_owned(), url })
    }
}

/// Returns a reference without the address of the Hub, and without the revision and the file in it.
fn without_hub(text: &str) -> &str {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
    let hub = ["huggingface.co/", "www.huggingface.co/", "hf.co/", "hf://"];
    let id = hub.iter().find_map(|hub| rest.strip_prefix(hub)).map(|rest| {
        let end = PAGES.iter().filter_map(|page| rest.find(page)).chain(rest.find(['?', '#'])).min();
        without_revision(&rest[..end.unwrap_or(rest.len())])
    });
    id.filter(|id| is_hub_id(id.trim_end_matches('/'))).unwrap_or(text)
}

/// Returns an id of the Hub without the revision after it: `lab/base@main`.
fn without_revision(id: &str) -> &str {
    id.split_once('@').map(|(id, _)| id).filter(|id| id.contains('/') && is_hub_id(id)).unwrap_or(id)
}

/// Returns whether a text stands for a name that was not filled in.
fn is_placeholder(text: &str) -> bool {
    text.contains("{{") || PLACEHOLDERS.contains(&text.to_lowercase().as_str())
}

/// Returns whether a text is a path on the machine of the author rather than the name of a model.
pub(crate) fn is_local_path(text: &str) -> bool {
    let text = text.trim();
    let bytes = text.as_bytes();
    let has_drive = bytes.get(1) == Some(&b':') && bytes[0].is_ascii_alphabetic();
    if text.starts_with(['/', '~', '$', '%'])
        || text.contains('\\')
        || has_drive
        || text.to_ascii_lowercase().starts_with("file:")
    {
        return true;
    }
    if is_url(text) || text.contains("://") || without_hub(text) != text {
        return false;
    }
    let parts: Vec<&str> = text.split('/').collect();
    let (first, last) = (parts[0].to_ascii_lowercase(), parts[parts.len() - 1]);
    let is_checkpoint =
        |part: &str| part.strip_prefix("checkpoint-").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
    // A name without an owner that ends like a file of weights.
    let is_file = parts.len() == 1 && WEIGHT_FILES.iter().any(|ending| first.ends_with(ending));
    is_file
        || parts.iter().any(|part| matches!(*part, "." | ".."))
        || parts.len() > 2 && parts.iter().all(|part| !part.contains(char::is_whitespace))
        || parts.len() == 2 && OUTPUTS.contains(&first.as_str())
        || is_checkpoint(last)
}

/// Returns how the model is derived from its base models, as the card states it or lets one infer, with the source.
pub(crate) fn relation(card: &Node) -> Result<Option<(Relation, String)>, Error> {
    if let Some(word) = card.filled("base_model_relation")? {
        return Ok(Relation::from_word(word).map(|relation| (relation, "base_model_relation".to_owned())));
    }
    let tags = card.texts("tags")?;
    let stated = tags.iter().find_map(|tag| {
        let (word, _) = tag.strip_prefix("base_model:")?.split_once(':')?;
        Some((Relation::from_word(word)?, format!("the tag `{tag}`")))
    });
    if stated.is_some() {
        return Ok(stated);
    }
    let library = card.filled("library_name")?.map(str::to_lowercase);
    if library.as_deref() == Some("peft") {
        return Ok(Some((Relation::Adapter, "library_name".to_owned())));
    }
    let tagged = TAGS.iter().find(|(known, _)| tags.iter().any(|tag| tag.eq_ignore_ascii_case(known)));
    if let Some((tag, relation)) = tagged {
        return Ok(Some((*relation, format!("the tag `{tag}`"))));
    }
    Ok(card.filled("quantized_by")?.map(|_| (Relation::Quantized, "quantized_by".to_owned())))
}

pub(super) fn is_hub_id(id: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    !is_url(id) && id.split('/').count() <= 2 && id.split('/').all(part)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::import::yaml;

    #[test]
    fn a_path_on_a_machine_is_not_a_base_model() {
        for path in [
            "/scratch/user/base",
            "/",
            "~/models/base",
            "~",
            "./out",
            "../base",
            ".",
            "out/..",
            "C:\\models\\base",
            "c:/models/base",
            "models\\base",
            "\\\\server\\share\\base",
            "file:///home/me/base",
            "FILE:/home/me/base",
            "$HOME/base",
            "${SCRATCH}/base",
            "%USERPROFILE%/base",
            "home/me/models/base",
            "outputs/tiny",
            "model.safetensors",
            "adapter.BIN",
            "checkpoint-500",
            "lab/checkpoint-500",
            " /data/base",
            "",
        ] {
            assert_eq!(BaseModel::read(path), None, "{path}");
        }
    }

    #[test]
    fn names_ids_and_addresses_are_base_models() {
        let read = |text: &str| BaseModel::read(text).map(|base| (base.name, base.url)).unwrap();
        let hub = |id: &str| (id.to_owned(), Some(format!("https://huggingface.co/{id}")));
        for text in [
            "lab/base",
            " lab/base ",
            "https://huggingface.co/lab/base",
            "https://huggingface.co/lab/base/",
            "hf.co/lab/base",
            "hf://lab/base",
            "https://huggingface.co/lab/base/tree/main",
            "https://huggingface.co/lab/base/blob/main/config.json",
            "hf.co/lab/base?library=x#files",
            "lab/base@main",
            "hf://lab/base@refs/pr/1",
        ] {
            assert_eq!(read(text), hub("lab/base"), "{text}");
        }
        for id in [
            "bert-base-uncased",
            "v1.bin-like",
            "lab/base.gguf",
            "lab/base-1.5_v2",
            "home/base",
            "users/model",
            "lab/checkpoint-best",
        ] {
            assert_eq!(read(id), hub(id));
        }
        for text in ["Stable Diffusion 1.5", "my base / other base / third", "GPT-4 (2024)", "none of the above", "a@b"]
        {
            assert_eq!(read(text), (text.to_owned(), None));
        }
        for url in [
            "https://example.org/a/b/c",
            "https://example.org/lab/base/tree/main",
            "https://huggingface.co/datasets/lab/set/tree/main",
        ] {
            assert_eq!(read(url), (url.to_owned(), Some(url.to_owned())));
        }
    }

    #[test]
    fn a_placeholder_is_not_a_base_model() {
        for text in ["None", "N/A", "[More Information Needed]", "{{ base_model }}", "unknown", " TODO "] {
            assert_eq!(BaseModel::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_relation_is_stated_or_inferred() {
        let of = |text: &str| relation(&yaml::read(text, 1).unwrap()).unwrap().map(|(relation, _)| relation);
        for (card, relation) in [
            ("base_model_relation: quantized\nlibrary_name: peft", Some(Relation::Quantized)),
            ("base_model_relation: cousin\nlibrary_name: peft", None),
            ("library_name: peft", Some(Relation::Adapter)),
            ("library_name: PEFT\ntags: [merge]", Some(Relation::Adapter)),
            ("tags: ['base_model:finetune:lab/base', lora]", Some(Relation::Finetune)),
            ("tags: ['base_model:lab/base']", None),
            ("tags: [LoRA]", Some(Relation::Adapter)),
            ("tags: [mergekit, merge]", Some(Relation::Merge)),
            ("tags: [gptq]", Some(Relation::Quantized)),
            ("quantized_by: me", Some(Relation::Quantized)),
            ("library_name: transformers\ntags: [text, loras]", None),
            ("license: mit", None),
        ] {
            assert_eq!(of(card), relation, "{card}");
        }
    }
}
