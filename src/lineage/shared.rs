//! Weights of a release that are, byte for byte, those of a signed release whose statement is in `.openness/bases/`.
//!
//! The statement is not verified here; `verify` does that. A file is read only if a signed file has the same size, and a large
//! one only if its first block is the same.

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _};

use serde::Deserialize;

use super::named::plain;
use super::offered;
use crate::artifacts::digest::{self, Pointers};
use crate::artifacts::{Inventory, format};
use crate::files::{Entry, Files, Kind, OPENNESS_DIR};
use crate::manifest::{Base, Manifest, Relation, Sha256Hex};
use crate::path::RepoPath;

/// The number of statements that are read, and the largest one, in bytes.
const MAX_STATEMENTS: usize = 64;
const MAX_STATEMENT_BYTES: u64 = 16 << 20;
/// How many bytes of weights are hashed in all. More are not compared.
const MAX_HASHED_BYTES: u64 = 64 << 30;

/// What a release shares with one that signed its files.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shared {
    /// The digest of the statement.
    pub statement: Sha256Hex,
    /// The model, as the statement names it.
    pub model: String,
    /// The weights of this release that are files of that one.
    pub files: Vec<RepoPath>,
    /// Whether all weights of this release are.
    pub is_all: bool,
    /// Whether all weights of this release were compared, and there are some in both.
    is_compared: bool,
}

/// What a release says of a base, and its bytes do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disagreement {
    /// No entry is about the base.
    Undeclared,
    /// The relation of its entry says that the release has none of its weights, or changed ones, and it has them unchanged.
    HasWeights(Relation),
    /// The relation says that all weights are those of the base, and none are.
    HasNoWeights,
}

impl Shared {
    /// Returns whether an entry of the manifest is about the release that signed these files.
    #[must_use]
    pub fn is_of(&self, base: &Base) -> bool {
        match &base.statement {
            Some(statement) => statement.value == self.statement,
            None => plain(&base.name) == plain(&self.model),
        }
    }

    /// Compares with the entries of the manifest.
    pub(super) fn disagreement(&self, bases: &[Base]) -> Option<Disagreement> {
        let mut entries = bases.iter().filter(|base| self.is_of(base)).peekable();
        if entries.peek().is_none() {
            return (!self.files.is_empty()).then_some(Disagreement::Undeclared);
        }
        let mut found = None;
        for base in entries {
            let relation = base.relation.as_ref().map(|relation| relation.value);
            let has_some = !self.files.is_empty();
            found =
                match relation {
                    Some(Relation::Copy) if self.is_compared && !has_some => Some(Disagreement::HasNoWeights),
                    Some(of @ (Relation::Finetune | Relation::Merge | Relation::Quantized)) if self.is_all => {
                        Some(Disagreement::HasWeights(of))
                    }
                    Some(
                        of @ (Relation::Adapter | Relation::Distilled | Relation::TrainedOn | Relation::TrainedWith),
                    ) if has_some => Some(Disagreement::HasWeights(of)),
                    _ => return None,
                };
        }
        found
    }
}

/// What is read of a statement.
#[derive(Debug, Deserialize)]
struct Signed {
    subject: Vec<File>,
    predicate: Predicate,
}

#[derive(Debug, Deserialize)]
struct Predicate {
    model: Model,
    #[serde(default)]
    components: Vec<Part>,
}

#[derive(Debug, Deserialize)]
struct Part {
    id: String,
    #[serde(default)]
    files: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Model {
    name: String,
}

#[derive(Debug, Deserialize)]
struct File {
    name: String,
    digest: Digest,
    annotations: Annotations,
}

#[derive(Debug, Deserialize)]
struct Digest {
    sha256: String,
}

#[derive(Debug, Deserialize)]
struct Annotations {
    size: u64,
    blocks: Option<Blocks>,
}

#[derive(Debug, Deserialize)]
struct Blocks {
    size: u64,
    sha256: Vec<String>,
}

/// Compares the weights of a release with the statements in `.openness/bases/`. Weights are what a component of weights has, and
/// what has a name of weights.
#[must_use]
pub(super) fn shared(manifest: &Manifest, files: &dyn Files) -> Vec<Shared> {
    let signed = statements(files);
    if signed.is_empty() {
        return Vec::new();
    }
    let inventory = Inventory::resolve(manifest, files);
    let components = manifest.components.iter().zip(&inventory.components);
    let declared = components.filter(|(component, _)| offered::is_weights(&component.id));
    let declared: BTreeSet<usize> = declared.flat_map(|(_, claimed)| &claimed.entries).copied().collect();
    let entries = files.entries().iter().enumerate();
    let weights = entries.filter(|(at, entry)| {
        matches!(entry.kind, Kind::File { .. }) && (declared.contains(at) || format::is_weights(&entry.path))
    });
    let weights: Vec<&Entry> = weights.map(|(_, entry)| entry).collect();
    let mut reader = Reader { files, known: BTreeMap::new(), left: MAX_HASHED_BYTES };
    signed.into_iter().map(|(statement, signed)| compare(statement, &signed, &weights, &mut reader)).collect()
}

/// Returns the statements whose names are their digests.
fn statements(files: &dyn Files) -> Vec<(Sha256Hex, Signed)> {
    let below = format!("{OPENNESS_DIR}/bases/");
    let copies = files.openness_files().iter().filter_map(|entry| {
        let name = entry.path.as_str().strip_prefix(&below)?.strip_suffix("/statement.json")?;
        Some((&entry.path, name.parse::<Sha256Hex>().ok()?))
    });
    let read = copies.take(MAX_STATEMENTS).filter_map(|(path, named)| {
        let bytes = files.read(path, MAX_STATEMENT_BYTES).ok().flatten()?;
        let signed = serde_json::from_slice(&bytes).ok()?;
        (digest::sha256(&bytes) == named).then_some((named, signed))
    });
    read.collect()
}

fn compare<'a>(statement: Sha256Hex, signed: &Signed, weights: &[&'a Entry], reader: &mut Reader<'a>) -> Shared {
    let parts = signed.predicate.components.iter().filter(|part| offered::is_weights(&part.id));
    let declared: BTreeSet<&str> = parts.flat_map(|part| &part.files).map(String::as_str).collect();
    let is_weights = |file: &&File| {
        let is_named = || file.name.parse().is_ok_and(|path: RepoPath| format::is_weights(&path));
        declared.contains(&*file.name) || is_named()
    };
    let mut by_size: BTreeMap<u64, Vec<&File>> = BTreeMap::new();
    for file in signed.subject.iter().filter(is_weights) {
        by_size.entry(file.annotations.size).or_default().push(file);
    }
    let mut same = Vec::new();
    let mut is_compared = !weights.is_empty() && !by_size.is_empty();
    for entry in weights {
        match reader.is_one_of(entry, &by_size) {
            Some(true) => same.push(entry.path.clone()),
            Some(false) => {}
            None => is_compared = false,
        }
    }
    let is_all = is_compared && same.len() == weights.len();
    Shared { statement, model: signed.predicate.model.name.clone(), files: same, is_all, is_compared }
}

/// Reads files of a release, each at most once to its end.
struct Reader<'a> {
    files: &'a dyn Files,
    /// The digests by path.
    known: BTreeMap<&'a RepoPath, String>,
    /// How many bytes may still be hashed.
    left: u64,
}

impl<'a> Reader<'a> {
    /// Returns whether a file is one of the signed ones; `None` if that is not known. A hook reads changed files only.
    fn is_one_of(&mut self, entry: &'a Entry, signed: &BTreeMap<u64, Vec<&File>>) -> Option<bool> {
        if !self.files.is_changed(entry) {
            return None;
        }
        let size = digest::content_size(self.files, entry).ok()?;
        let Some(candidates) = signed.get(&size) else { return Some(false) };
        if !self.known.contains_key(&entry.path) && !self.may_be_one_of(entry, size, candidates).ok()? {
            return Some(false);
        }
        let own = self.digest(entry, size)?;
        Some(candidates.iter().any(|file| file.digest.sha256 == own))
    }

    /// Compares the first block of a file, where the signed files have digests of blocks. A pointer has none.
    fn may_be_one_of(&self, entry: &Entry, size: u64, candidates: &[&File]) -> io::Result<bool> {
        let mut first: BTreeMap<u64, String> = BTreeMap::new();
        if self.files.size(entry)? != size {
            return Ok(true);
        }
        for file in candidates {
            let Some(blocks) = &file.annotations.blocks else { return Ok(true) };
            let own = match first.entry(blocks.size) {
                Slot::Occupied(known) => known.into_mut(),
                Slot::Vacant(slot) => {
                    let mut block = self.files.open(entry)?.take(blocks.size);
                    slot.insert(digest::copy(&mut block, &mut io::sink())?.0.as_str().to_owned())
                }
            };
            if blocks.sha256.first() == Some(own) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn digest(&mut self, entry: &'a Entry, size: u64) -> Option<String> {
        if let Some(known) = self.known.get(&entry.path) {
            return Some(known.clone());
        }
        self.left = self.left.checked_sub(size)?;
        let hashed = digest::hash_one(self.files, entry, Pointers::Trust).ok()?;
        let own = hashed.sha256.as_str().to_owned();
        self.known.insert(&entry.path, own.clone());
        Some(own)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::files::Memory;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    const MIB: usize = 1024 * 1024;

    /// A statement about weights, and its digest.
    fn statement(model: &str, weights: &[(&str, &[u8])], has_blocks: bool) -> (String, Vec<u8>) {
        let subject: Vec<serde_json::Value> = weights
            .iter()
            .map(|(name, bytes)| {
                let mut annotations = serde_json::json!({ "size": bytes.len() });
                if has_blocks {
                    let blocks: Vec<String> =
                        bytes.chunks(MIB).map(|block| digest::sha256(block).as_str().to_owned()).collect();
                    annotations["blocks"] = serde_json::json!({ "size": MIB, "sha256": blocks });
                }
                serde_json::json!({ "name": name, "digest": { "sha256": digest::sha256(bytes).as_str() }, "annotations": annotations })
            })
            .collect();
        let text = serde_json::json!({ "subject": subject, "predicate": { "model": { "name": model } } }).to_string();
        (digest::sha256(text.as_bytes()).as_str().to_owned(), text.into_bytes())
    }

    fn release(own: &[(&str, &[u8])], signed: &(String, Vec<u8>)) -> Memory {
        let copy = (format!(".openness/bases/{}/statement.json", signed.0), signed.1.clone());
        let own = own.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec()));
        Memory::new(own.chain([copy]))
    }

    fn parsed(more: &str) -> Manifest {
        let text = format!("schema = 1\n[model]\nname = \"T\"\nversion = \"1\"\nproducer = \"P\"\n{more}");
        let parsed = parse(Source::new("OPENNESS.toml", text));
        assert!(parsed.is_sound(), "{:?}", parsed.findings);
        parsed.manifest
    }

    fn shared(files: &Memory) -> Vec<Shared> {
        super::shared(&parsed(""), files)
    }

    fn names(shared: &Shared) -> Vec<&str> {
        shared.files.iter().map(RepoPath::as_str).collect()
    }

    #[test]
    fn equal_weights_are_found_whatever_they_are_called() {
        let signed =
            statement("lab/Base", &[("a.safetensors", b"one"), ("b.gguf", b"two"), ("LICENSE", b"MIT")], false);
        let files = release(&[("x/w.safetensors", b"one"), ("y.safetensors", b"six"), ("LICENSE", b"MIT")], &signed);
        let found = shared(&files);
        assert_eq!((found.len(), found[0].model.as_str(), found[0].statement.as_str()), (1, "lab/Base", &*signed.0));
        assert_eq!((names(&found[0]), found[0].is_all), (vec!["x/w.safetensors"], false));
        let files = release(&[("x/w.safetensors", b"one"), ("y.gguf", b"two")], &signed);
        assert!(shared(&files)[0].is_all);
        // What a component has is weights, whatever its name.
        let own: [(&str, &[u8]); 2] = [("w.safetensors", b"one"), ("w.bin", b"six")];
        let manifest = parsed("[component.final-weights]\nopenness = \"open\"\nfiles = [\"w.*\"]\n");
        assert!(!super::shared(&manifest, &release(&own, &signed))[0].is_all);
        // Without weights, nothing is all.
        assert!(!shared(&release(&[("LICENSE", b"MIT")], &signed))[0].is_all);
    }

    #[test]
    fn a_pointer_has_the_digest_of_its_content() {
        let signed = statement("Base", &[("a.safetensors", b"one")], false);
        let pointer = format!(
            "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 3\n",
            digest::sha256(b"one").as_str()
        );
        let files = release(&[("w.safetensors", pointer.as_bytes())], &signed);
        assert!(shared(&files)[0].is_all);
    }

    #[test]
    fn large_files_are_compared_by_their_first_block_first() {
        let (mut base, zeros) = (vec![0_u8; 3 * MIB], vec![0_u8; 3 * MIB]);
        base[2 * MIB] = 1;
        let signed = statement("Base", &[("a.safetensors", &base)], true);
        assert!(shared(&release(&[("w.safetensors", &base)], &signed))[0].is_all);
        assert!(shared(&release(&[("w.safetensors", &zeros)], &signed))[0].files.is_empty());
        let mut other = base.clone();
        other[0] = 1;
        let files = release(&[("w.safetensors", &other)], &signed);
        let weights: Vec<&Entry> = files.entries().iter().collect();
        let (_, read) = statements(&files).pop().unwrap();
        let reader = Reader { files: &files, known: BTreeMap::new(), left: 0 };
        let candidates: Vec<&File> = read.subject.iter().collect();
        let size = u64::try_from(other.len()).unwrap();
        assert!(!reader.may_be_one_of(weights[0], size, &candidates).unwrap());
    }

    #[test]
    fn a_copy_under_another_digest_and_what_is_no_statement_are_not_read() {
        let (_, bytes) = statement("Base", &[("a.safetensors", b"one")], false);
        let own: [(&str, &[u8]); 1] = [("w.safetensors", b"one")];
        assert!(shared(&release(&own, &("0".repeat(64), bytes))).is_empty());
        let text = b"{}".to_vec();
        assert!(shared(&release(&own, &(digest::sha256(&text).as_str().to_owned(), text))).is_empty());
    }

    #[test]
    fn a_relation_agrees_with_the_bytes_or_not() {
        let signed = statement("lab/Base", &[("a.safetensors", b"one")], false);
        let of = |own: &[(&str, &[u8])], bases: &str| {
            shared(&release(own, &signed))[0].disagreement(&parsed(bases).model.base)
        };
        let all: &[(&str, &[u8])] = &[("w.safetensors", b"one")];
        let some: &[(&str, &[u8])] = &[("w.safetensors", b"one"), ("v.safetensors", b"two")];
        let none: &[(&str, &[u8])] = &[("w.safetensors", b"two")];
        let base = |relation: &str| format!("[[model.base]]\nname = \"other/Base\"\nrelation = \"{relation}\"\n");
        assert_eq!(of(all, ""), Some(Disagreement::Undeclared));
        assert_eq!(of(none, ""), None);
        for (word, relation, by_all, by_some) in [
            ("finetune", Relation::Finetune, true, false),
            ("merge", Relation::Merge, true, false),
            ("quantized", Relation::Quantized, true, false),
            ("adapter", Relation::Adapter, true, true),
            ("distilled", Relation::Distilled, true, true),
            ("trained-on", Relation::TrainedOn, true, true),
            ("trained-with", Relation::TrainedWith, true, true),
            ("copy", Relation::Copy, false, false),
            ("other", Relation::Other, false, false),
        ] {
            let wanted = |is: bool| is.then_some(Disagreement::HasWeights(relation));
            assert_eq!(of(all, &base(word)), wanted(by_all), "{word}");
            assert_eq!(of(some, &base(word)), wanted(by_some), "{word}");
        }
        assert_eq!(of(none, &base("copy")), Some(Disagreement::HasNoWeights));
        assert_eq!(of(&[], &base("copy")), None);
        // One entry that agrees is enough, and another statement is another release.
        assert_eq!(of(all, &[base("adapter"), base("copy")].concat()), None);
        let other = format!("{}statement = \"{}\"\n", base("copy"), "1".repeat(64));
        assert_eq!(of(all, &other), Some(Disagreement::Undeclared));
        let named =
            format!("[[model.base]]\nname = \"Another name\"\nrelation = \"copy\"\nstatement = \"{}\"\n", signed.0);
        assert_eq!(of(all, &named), None);
    }
}
