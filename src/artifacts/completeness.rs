//! Whether weights in several files are all there: by the index, by the numbers in names, and by what the files say of
//! each other.
//!
//! | source | what it says |
//! |---|---|
//! | `X.safetensors.index.json`, `X.bin.index.json`, also of a variant (`X.safetensors.index.fp16.json`) | which tensor is in which file ([transformers](https://huggingface.co/docs/transformers/big_models), [diffusers](https://huggingface.co/docs/diffusers/using-diffusers/other-formats)) |
//! | `X.weights.json` | the same, of [Keras](https://keras.io/api/models/model_saving_apis/weights_saving_and_loading/) |
//! | `X-00001-of-00003.gguf` and the like | how many files there are |
//! | `split.no`, `split.count`, `split.tensors.count` of GGUF | the same ([llama-gguf-split](https://github.com/ggml-org/llama.cpp/tree/master/tools/gguf-split)) |
//! | `.metadata` next to `.distcp` files | the files of a [distributed checkpoint](https://docs.pytorch.org/docs/stable/distributed.checkpoint.html) |
//! | `location` of ONNX tensors | the file that holds their numbers |
//! | `model.json`, `ndarray-cache.json`, `Manifest.json`, `model_index.json`, `modules.json`, OpenVINO's `X.xml` and others | see `runtimes` |

mod runtimes;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::format::is_extension_of_weights;
use super::header::{Format, Header, ReadHeader};
use super::lfs::{self, Pointer};
use super::notable::Notable;
use super::onnx::{self, External};
use super::window::Window;
use crate::files::{Entry, Files, Kind};
use crate::json::python;
use crate::path::RepoPath;

/// The largest index that is read, in bytes; that of a model with many experts is several megabytes.
const MAX_INDEX_BYTES: u64 = 64 * 1024 * 1024;
/// The most missing files or tensors that are listed by name.
const MAX_LISTED: usize = 1000;
/// The most files of a checkpoint that are looked up.
const MAX_CHECKPOINT_FILES: usize = 100_000;

/// Something that the weights lack.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// The file that says so, as a place in [`Files::entries`].
    pub entry: usize,
    /// What it lacks.
    pub lack: Lack,
}

impl Gap {
    /// Returns the paths of missing files, as far as their names are known.
    #[must_use]
    pub fn missing_paths(&self, files: &dyn Files) -> Vec<String> {
        let directory = files.entries().get(self.entry).map(|entry| directory(&entry.path)).unwrap_or_default();
        match &self.lack {
            Lack::Named(missing) | Lack::Partners(missing) | Lack::Numbered { missing, .. } => {
                missing.first.iter().map(|name| join(directory, name)).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// What weights lack.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lack {
    /// Files that an index, a checkpoint or a model names.
    Named(Names),
    /// Files without which a file cannot be loaded, although it does not name them.
    Partners(Names),
    /// Files of a numbered set of so many.
    Numbered {
        /// The number of files in the set.
        of: u64,
        /// The missing ones.
        missing: Names,
    },
    /// Parts of a split GGUF model whose names are unknown, by number from 1.
    Parts {
        /// The number of parts.
        of: u64,
        /// The missing ones.
        missing: Names,
    },
    /// Tensors that an index says are in a file.
    Tensors {
        /// The file.
        shard: RepoPath,
        /// The missing ones.
        missing: Names,
    },
    /// Bytes at the end of a file in which a model keeps tensors.
    Bytes {
        /// The file.
        file: RepoPath,
        /// The size in bytes that it should have at least.
        needed: u64,
        /// Its size in bytes.
        size: u64,
    },
    /// An index that can be read: a clause about it.
    Index(String),
    /// Agreement between the name and the content of a file, or between files: a clause about the file.
    Agreement(String),
}

impl Lack {
    /// Returns the names of what is missing, if it has names.
    #[must_use]
    pub fn names(&self) -> Option<&Names> {
        match self {
            Self::Named(names)
            | Self::Partners(names)
            | Self::Numbered { missing: names, .. }
            | Self::Parts { missing: names, .. }
            | Self::Tensors { missing: names, .. } => Some(names),
            Self::Bytes { .. } | Self::Index(_) | Self::Agreement(_) => None,
        }
    }
}

/// Names of missing things, and how many there are: of very many, only the first are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The first names, in order.
    pub first: Vec<String>,
    /// The number of all.
    pub count: u64,
}

impl Names {
    fn of<T: Into<String>>(names: impl Iterator<Item = T>) -> Self {
        let mut found = Self::default();
        for name in names {
            if found.first.len() < MAX_LISTED {
                found.first.push(name.into());
            }
            found.count += 1;
        }
        found
    }

    fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// Returns whether a file is an index of weights in several files, by its name.
#[must_use]
pub fn is_index(name: &str) -> bool {
    const FORMATS: [&str; 4] = [".safetensors.index", ".bin.index", ".h5.index", ".msgpack.index"];
    let Some(stem) = name.strip_suffix(".json") else { return false };
    let has_format = |stem: &str| FORMATS.iter().any(|format| stem.ends_with(format));
    let is_variant =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    // The last dot, byte by byte: this is asked of every file.
    let dot = stem.bytes().rposition(|byte| byte == b'.');
    has_format(stem)
        || dot.is_some_and(|dot| has_format(&stem[..dot]) && is_variant(&stem[dot + 1..]))
        || stem.strip_suffix(".weights").is_some_and(|stem| !stem.is_empty())
}

/// Returns what the weights among the files lack, in the order of the files that say so. `header` reads the header of
/// the entry at a place.
#[must_use]
pub fn gaps(files: &dyn Files, notable: &Notable, header: &dyn Fn(usize) -> ReadHeader) -> Vec<Gap> {
    let mut search = Search { files, notable, header, gaps: Vec::new(), named: BTreeSet::new() };
    for (at, entry) in search.entries() {
        let name = entry.path.file_name();
        if name.ends_with(".index.json") || is_index(name) {
            search.index(at, entry);
        } else if entry.path.has_extension("onnx") {
            search.onnx(at, entry);
        }
    }
    search.checkpoints();
    if files.lists_everything() {
        search.runtimes();
    }
    search.numbered();
    search.gaps.sort_by_key(|gap| gap.entry);
    search.gaps
}

/// Returns the paths of weights whose names may not tell that they are: the files in which ONNX models keep tensors, whether or
/// not they are there, and networks of OpenVINO with the files of their numbers.
#[must_use]
pub fn named_weights(files: &dyn Files) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for entry in files.entries().iter().filter(|entry| matches!(entry.kind, Kind::File { .. })) {
        if entry.path.has_extension("onnx") {
            let locations = Window::open(files, entry).and_then(|mut file| onnx::locations(&mut file));
            let locations = locations.unwrap_or_default();
            named.extend(locations.keys().map(|location| join(directory(&entry.path), location)));
        }
    }
    for (_, stem) in runtimes::networks(files, |_| true) {
        named.extend([format!("{stem}.xml"), format!("{stem}.bin")]);
    }
    named
}

/// A file of a numbered set, by its name.
#[derive(Debug, PartialEq, Eq)]
struct Numbered<'n> {
    prefix: &'n str,
    number: &'n str,
    separator: &'static str,
    count: &'n str,
    suffix: &'n str,
}

/// Files with the same name except for their number: directory, what precedes it, what separates it from the count, the
/// count, what follows.
type Set<'n> = (&'n str, &'n str, &'static str, &'n str, &'n str);

struct Search<'f> {
    files: &'f dyn Files,
    notable: &'f Notable,
    header: &'f dyn Fn(usize) -> ReadHeader,
    gaps: Vec<Gap>,
    /// Paths that indexes name, present or not.
    named: BTreeSet<String>,
}

impl<'f> Search<'f> {
    /// Returns the files whose names may mean something.
    fn entries(&self) -> impl Iterator<Item = (usize, &'f Entry)> + use<'f> {
        let files = self.files;
        self.notable.places().iter().map(|at| (*at, &files.entries()[*at]))
    }

    fn lack(&mut self, entry: usize, lack: Lack) {
        self.gaps.push(Gap { entry, lack });
    }

    fn find(&self, path: &str) -> Option<usize> {
        let path: RepoPath = path.parse().ok()?;
        self.files.entries().binary_search_by(|entry| entry.path.cmp(&path)).ok()
    }

    /// Checks the files and tensors that an index names.
    fn index(&mut self, at: usize, entry: &Entry) {
        let Ok(Some(bytes)) = self.files.read(&entry.path, MAX_INDEX_BYTES) else { return };
        if Pointer::parse(&bytes).is_some() {
            return;
        }
        let is_certain = is_index(entry.path.file_name()) && self.has_weights(&entry.path);
        let index = match python::read_strictly(&bytes) {
            Ok(index) => index,
            Err(_) if !is_certain => return,
            Err(error) => return self.lack(at, Lack::Index(format!("it is not valid JSON: {error}"))),
        };
        let Some(map) = index.get("weight_map").and_then(Value::as_object) else {
            if is_certain {
                self.lack(at, Lack::Index("it has no `weight_map`".to_owned()));
            }
            return;
        };
        let directory = directory(&entry.path);
        let mut shards: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (tensor, value) in map {
            let one = value.as_str().into_iter();
            for shard in one.chain(value.as_array().into_iter().flatten().filter_map(Value::as_str)) {
                shards.entry(join(directory, shard)).or_default().push(tensor);
            }
        }
        let missing = Names::of(
            shards
                .keys()
                .filter(|shard| self.find(shard).is_none())
                .map(|shard| shard.strip_prefix(directory).unwrap_or(shard)),
        );
        if !missing.is_empty() {
            self.lack(at, Lack::Named(missing));
        }
        for (shard, tensors) in &shards {
            let Some(found) = self.find(shard) else { continue };
            let shard = &self.files.entries()[found];
            let is_new = self.files.is_changed(entry) || self.files.is_changed(shard);
            if Format::of(&shard.path) != Some(Format::Safetensors) || !is_new {
                continue;
            }
            let Some(read) = (self.header)(found) else { continue };
            let Ok(header) = read.as_ref() else { continue };
            let is_absent = |name: &&&str| header.names.binary_search_by(|other| other.as_str().cmp(name)).is_err();
            let missing = Names::of(tensors.iter().filter(is_absent).copied());
            if !missing.is_empty() {
                self.lack(at, Lack::Tensors { shard: shard.path.clone(), missing });
            }
        }
        self.named.extend(shards.into_keys());
    }

    /// Returns whether a file with the name of an index is certainly one. Other JSON files than those of Keras may be
    /// called `X.weights.json`; those of Keras are next to files `X_00000.weights.h5`.
    fn has_weights(&self, path: &RepoPath) -> bool {
        let Some(stem) = path.as_str().strip_suffix(".weights.json") else { return true };
        let entries = self.files.entries();
        let after = &entries[entries.partition_point(|entry| entry.path.as_str() < stem)..];
        let mut same = after.iter().map_while(|entry| entry.path.as_str().strip_prefix(stem));
        same.any(|rest| {
            let number = rest.strip_prefix('_').and_then(|rest| rest.strip_suffix(".weights.h5"));
            number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
        })
    }

    /// Checks the files in which an ONNX model keeps its tensors.
    fn onnx(&mut self, at: usize, entry: &'f Entry) {
        if !matches!(entry.kind, Kind::File { .. }) || !self.files.is_changed(entry) {
            return;
        }
        let Ok(mut file) = Window::open(self.files, entry) else { return };
        let Ok(locations) = onnx::locations(&mut file) else {
            if let Some(needed) = onnx::cut_before(&mut file) {
                self.lack(at, Lack::Bytes { file: entry.path.clone(), needed, size: file.size() });
            }
            return;
        };
        let directory = directory(&entry.path);
        // `resolve_external_data_location` in `onnx/checker.cc` of onnx 1.23.
        if let Some(outside) = locations.keys().find(|location| leaves(location)) {
            let clause = format!(
                "it keeps tensors in `{}`, which ONNX refuses because it is not below the directory of the model",
                outside.escape_debug()
            );
            self.lack(at, Lack::Agreement(clause));
            return;
        }
        let missing =
            Names::of(locations.keys().filter(|location| self.find(&join(directory, location)).is_none()).cloned());
        if !missing.is_empty() {
            self.lack(at, Lack::Named(missing));
        }
        for (location, external) in locations {
            let Some(found) = self.find(&join(directory, &location)) else { continue };
            let file = &self.files.entries()[found];
            let needed = external.size;
            if let Some(size) = self.size(file).filter(|size| *size < needed) {
                self.lack(at, Lack::Bytes { file: file.path.clone(), needed, size });
            } else if let Some(clause) = self.foreign_range(found, &external) {
                self.lack(at, Lack::Agreement(clause));
            }
        }
    }

    /// Returns a clause about the first tensor of an ONNX model that is not within one tensor of the safetensors file from
    /// which it is read: the file was saved again since, and its header has another length (onnx-safetensors 1.6.0).
    fn foreign_range(&self, found: usize, external: &External) -> Option<String> {
        if external.ranges.is_empty() {
            return None;
        }
        let read = (self.header)(found)?;
        let starts = &read.as_ref().as_ref().ok()?.starts;
        let is_within_one = |(offset, length): (u64, u64)| {
            let before = starts.partition_point(|start| *start <= offset);
            before > 0 && starts.get(before).is_none_or(|next| offset.saturating_add(length) <= *next)
        };
        let (offset, length) = external.ranges.iter().copied().find(|range| !is_within_one(*range))?;
        let file = &self.files.entries()[found].path;
        Some(format!(
            "it reads a tensor from bytes {offset} to {} of `{file}`, which are not within one tensor there",
            offset.saturating_add(length)
        ))
    }

    /// Returns the size of a file, or of the file that a Git LFS pointer stands for, if the pointer states it.
    fn size(&self, entry: &Entry) -> Option<u64> {
        let size = self.files.size(entry).ok()?;
        if size > u64::try_from(lfs::MAX_POINTER_BYTES).ok()? {
            return Some(size);
        }
        let bytes = self.files.read(&entry.path, size).ok().flatten()?;
        match Pointer::parse(&bytes) {
            Some(pointer) if pointer.has_extensions() => None,
            Some(pointer) => Some(pointer.size),
            None => Some(size),
        }
    }

    /// Checks the files of distributed checkpoints of PyTorch.
    fn checkpoints(&mut self) {
        let mut directories: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, entry) in self.entries() {
            if entry.path.has_extension("distcp") {
                directories.entry(directory(&entry.path)).or_insert(at);
            }
        }
        for (directory, first) in &directories {
            if self.find(&format!("{directory}.metadata")).is_none() {
                self.lack(*first, Lack::Named(Names::of([".metadata"].into_iter())));
            }
        }
        for (at, entry) in self.entries() {
            if entry.path.file_name() != ".metadata" {
                continue;
            }
            let directory = directory(&entry.path);
            let has_new = self.files.is_changed(entry) || !directories.contains_key(directory);
            let Ok(Some(bytes)) = self.files.read(&entry.path, if has_new { MAX_INDEX_BYTES } else { 0 }) else {
                continue;
            };
            let named = checkpoint_files(&bytes);
            let missing = Names::of(named.into_iter().filter(|name| self.find(&join(directory, name)).is_none()));
            if !missing.is_empty() {
                self.lack(at, Lack::Named(missing));
            }
        }
    }

    /// Checks sets of numbered files, and the parts of split GGUF models.
    fn numbered(&mut self) {
        let mut sets: BTreeMap<Set<'f>, BTreeMap<u64, usize>> = BTreeMap::new();
        let mut loose: BTreeMap<(&str, u64), BTreeMap<u64, usize>> = BTreeMap::new();
        for (at, entry) in self.entries() {
            let split = Some(entry).filter(|entry| entry.path.has_extension("gguf") && self.files.is_changed(entry));
            let split = split.and_then(|_| (self.header)(at)).and_then(|read| read.as_ref().as_ref().ok()?.split);
            let split = split.filter(|split| split.count > 1);
            match numbered(entry.path.file_name()) {
                Some(name) => {
                    let Some((number, count)) = name.number.parse::<u64>().ok().zip(name.count.parse::<u64>().ok())
                    else {
                        continue;
                    };
                    if let Some(split) = split.filter(|split| (split.number + 1, split.count) != (number, count)) {
                        let clause = format!(
                            "it is part {} of {} by its header, but part {number} of {count} by its name",
                            split.number.saturating_add(1),
                            split.count
                        );
                        self.lack(at, Lack::Agreement(clause));
                    }
                    let set = (directory(&entry.path), name.prefix, name.separator, name.count, name.suffix);
                    sets.entry(set).or_default().entry(number).or_insert(at);
                }
                None => {
                    if let Some(split) = split {
                        let parts = loose.entry((directory(&entry.path), split.count)).or_default();
                        parts.entry(split.number.saturating_add(1)).or_insert(at);
                    }
                }
            }
        }
        // Directory, prefix and suffix of the numbered files that indexes name → their counts.
        let mut families: BTreeMap<(String, String, String), BTreeSet<String>> = BTreeMap::new();
        for path in &self.named {
            let at = path.rfind('/').map_or(0, |slash| slash + 1);
            if let Some(Numbered { prefix, count, suffix, .. }) = numbered(&path[at..]) {
                let family = (path[..at].to_owned(), prefix.to_owned(), suffix.to_owned());
                families.entry(family).or_default().insert(count.to_owned());
            }
        }
        // Where the numbers of any set start at 0, so do those of the others.
        let starts_at_zero = |(set, present): &(&Set<'f>, &BTreeMap<u64, usize>)| {
            present.contains_key(&0) && set.3.parse().is_ok_and(|of: u64| !present.contains_key(&of))
        };
        let zero_based: BTreeSet<&str> = sets.iter().filter(starts_at_zero).map(|(set, _)| set.0).collect();
        for (set, present) in &sets {
            let (directory, prefix, _, count, suffix) = *set;
            let family = families.get(&(directory.to_owned(), prefix.to_owned(), suffix.to_owned()));
            // An index that names other files with this name is about another set, and this one is left over from it.
            if family.is_none_or(|counts| counts.contains(count)) {
                self.set(set, present, &zero_based);
            }
        }
        for ((_, of), present) in loose {
            let missing = missing_numbers(1, of, &present, |number| number.to_string());
            if let Some((_, at)) = present.first_key_value().filter(|_| !missing.is_empty()) {
                self.lack(*at, Lack::Parts { of, missing });
            }
        }
    }

    /// Checks one set of numbered files.
    fn set(
        &mut self,
        &(directory, prefix, separator, count, suffix): &Set<'f>,
        present: &BTreeMap<u64, usize>,
        zero_based: &BTreeSet<&str>,
    ) {
        let Ok(of) = count.parse::<u64>() else { return };
        let Some(&first) = present.values().next() else { return };
        let width = self.files.entries()[first].path.file_name().len() - prefix.len() - separator.len() - count.len();
        let width = width - suffix.len();
        // One file alone is a shard only if its number has zeros before it: `fold-3-of-5.pth` and
        // `checkpoint-5000-of-10000.ckpt` say which one was kept. The header of GGUF says what it is.
        let number = &self.files.entries()[first].path.file_name()[prefix.len()..prefix.len() + width];
        if separator == "-of-" && present.len() == 1 && !number.starts_with('0') && suffix != ".gguf" {
            return;
        }
        // Most numbers start at 1; those of TensorFlow start at 0.
        let from_zero = present.contains_key(&0) && !present.contains_key(&of)
            || prefix.ends_with(".data-")
            || zero_based.contains(directory) && !present.contains_key(&of);
        let start = u64::from(!from_zero);
        let name = |number: u64| format!("{prefix}{number:0width$}{separator}{count}{suffix}");
        let mut missing = missing_numbers(start, of, present, name);
        // What an index names is reported with it.
        let named = missing.first.len();
        missing.first.retain(|name| !self.named.contains(&format!("{directory}{name}")));
        missing.count -= u64::try_from(named - missing.first.len()).unwrap_or_default();
        if !missing.is_empty() {
            self.lack(first, Lack::Numbered { of, missing });
        } else if suffix == ".gguf" && present.values().any(|at| self.files.is_changed(&self.files.entries()[*at])) {
            self.split_tensors(first, present);
        }
    }

    /// Compares the number of tensors in all parts of a split GGUF model with the number that each part states.
    fn split_tensors(&mut self, first: usize, present: &BTreeMap<u64, usize>) {
        let read: Option<Vec<_>> = present.values().map(|at| (self.header)(*at)).collect();
        let Some(read) = read else { return };
        let headers: Option<Vec<&Header>> = read.iter().map(|read| read.as_ref().as_ref().ok()).collect();
        let Some(headers) = headers else { return };
        let stated = headers.iter().find_map(|header| header.split?.tensors);
        let found: usize = headers.iter().map(|header| header.tensors).sum();
        if let Some(stated) = stated.filter(|stated| u64::try_from(found).is_ok_and(|found| found != *stated)) {
            let clause = format!("`split.tensors.count` is {stated}, but its parts contain {found} tensors");
            self.lack(first, Lack::Agreement(clause));
        }
    }
}

/// Returns the names of those numbers from `start` up to the `of`-th that are not present. What is not listed costs nothing.
fn missing_numbers(start: u64, of: u64, present: &BTreeMap<u64, usize>, name: impl Fn(u64) -> String) -> Names {
    let numbers = start..start.saturating_add(of);
    let there = present.range(numbers.clone()).count();
    let count = of.saturating_sub(u64::try_from(there).unwrap_or(u64::MAX));
    let limit = usize::try_from(count).unwrap_or(usize::MAX).min(MAX_LISTED);
    let first = numbers.filter(|number| !present.contains_key(number)).take(limit).map(name).collect();
    Names { first, count }
}

/// Reads the number and the count in the name of a file of weights.
fn numbered(name: &str) -> Option<Numbered<'_>> {
    // Byte by byte: names are too short to pay for setting up a faster search.
    if !name.as_bytes().windows(2).any(|pair| pair == b"of") {
        return None;
    }
    if !has_extension_of_weights(name) {
        return None;
    }
    for separator in ["-of-", "of"] {
        for (at, _) in name.match_indices(separator) {
            let (before, after) = (&name[..at], &name[at + separator.len()..]);
            let prefix = before.trim_end_matches(|c: char| c.is_ascii_digit());
            let suffix = after.trim_start_matches(|c: char| c.is_ascii_digit());
            let (number, count) = (&before[prefix.len()..], &after[..after.len() - suffix.len()]);
            let fits = [number, count].iter().all(|digits| (1..=9).contains(&digits.len()));
            if fits && (separator == "-of-" || ["part", "shard"].iter().any(|word| prefix.ends_with(word))) {
                return Some(Numbered { prefix, number, separator, count, suffix });
            }
        }
    }
    None
}

/// Returns whether any part of a name after a dot starts with an extension of weights, as in `m.tflite-00001-of-00003`. Data
/// sets are numbered as well, and are often released in part.
fn has_extension_of_weights(name: &str) -> bool {
    name.split('.').skip(1).any(|part| {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
        // TensorFlow names the parts of a checkpoint `NAME.data-00000-of-00002`.
        is_extension_of_weights(&part[..end].to_ascii_lowercase()) || part.starts_with("data-")
    })
}

/// Returns the names of `.distcp` files in a pickle: texts that end so, with their length before them.
fn checkpoint_files(pickle: &[u8]) -> BTreeSet<String> {
    const ENDING: &[u8] = b".distcp";
    let mut found = BTreeSet::new();
    let endings = pickle.windows(ENDING.len()).enumerate().filter(|(_, part)| *part == ENDING);
    for (at, _) in endings.take(MAX_CHECKPOINT_FILES) {
        let end = at + ENDING.len();
        for length in ENDING.len() + 1..256 {
            let Some(start) = end.checked_sub(length) else { break };
            let is_short = u8::try_from(length).is_ok_and(|length| pickle[..start].ends_with(&[0x8c, length]));
            let long = u32::try_from(length).unwrap_or_default().to_le_bytes();
            let is_long = || pickle[..start].strip_suffix(&long).is_some_and(|before| before.ends_with(b"X"));
            if (is_short || is_long())
                && let Ok(name) = std::str::from_utf8(&pickle[start..end])
            {
                found.insert(name.to_owned());
                break;
            }
        }
    }
    found
}

/// Returns the directory of a file: empty, or with a slash at its end.
fn directory(path: &RepoPath) -> &str {
    path.as_str().strip_suffix(path.file_name()).unwrap_or_default()
}

/// Returns whether a name leaves the directory that it is named from.
fn leaves(name: &str) -> bool {
    let mut depth = 0_usize;
    name.starts_with('/')
        || name.split('/').any(|part| match part {
            "" | "." => false,
            ".." => depth.checked_sub(1).map(|above| depth = above).is_none(),
            _ => {
                depth += 1;
                false
            }
        })
}

/// Returns the path of a file that is named from a directory, as the system finds it: without `.`, `..` and empty parts. A name that
/// leaves the release stays as it is written, and is not found.
fn join(directory: &str, name: &str) -> String {
    let whole = format!("{directory}{name}");
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_none() => return whole,
            ".." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}
