//! Files that the formats of single runtimes name, or that one file of a pair needs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Lack, MAX_INDEX_BYTES, Names, Search, directory, join};
use crate::artifacts::lfs::Pointer;
use crate::files::{Entry, Files, Kind};
use crate::json;

/// The most XML files that are opened because they could be models of OpenVINO, unless their names say so. Data sets have
/// annotations in XML.
const MAX_XML_FILES: usize = 256;
/// The number of bytes at the start of an XML file that have its root element.
const ROOT_BYTES: u64 = 1024;
/// Modules of Sentence Transformers that are saved with a configuration, or with weights: the last part of their types
/// (sentence-transformers 6.2). `Normalize` is not, and Git has no directories without files.
const SAVED_MODULES: &[&str] = &[
    "Asym",
    "BoW",
    "CLIPModel",
    "CNN",
    "Dense",
    "LSTM",
    "LayerNorm",
    "MLMTransformer",
    "Pooling",
    "Router",
    "StaticEmbedding",
    "Transformer",
    "WeightedLayerPooling",
    "WordEmbeddings",
    "WordWeights",
];

/// Returns whether a name without its ending is that of a [checkpoint](https://www.tensorflow.org/guide/checkpoint) of TensorFlow, which
/// is an index and files of data. Other libraries have indexes of their own.
fn is_of_tensorflow(stem: &str) -> bool {
    stem == "variables" || stem.contains("ckpt")
}

impl<'f> Search<'f> {
    /// Checks what single runtimes need.
    pub(super) fn runtimes(&mut self) {
        let mut shards = BTreeSet::new();
        let mut consolidated: BTreeMap<&str, BTreeMap<u64, usize>> = BTreeMap::new();
        let mut bundles: BTreeSet<(&str, &str)> = BTreeSet::new();
        for (at, entry) in self.entries() {
            let directory = directory(&entry.path);
            match entry.path.file_name() {
                "ndarray-cache.json" | "tensor-cache.json" => self.mlc(at, entry, &mut shards),
                "model_index.json" => self.diffusers(at, entry),
                "modules.json" => self.sentence_transformers(at, entry),
                "Manifest.json" if directory.ends_with(".mlpackage/") => self.core_ml(at, entry),
                name if name.ends_with("model.json") => self.tensorflow_js(at, entry),
                name => {
                    if let Some(stem) = name.strip_suffix(".index").filter(|stem| is_of_tensorflow(stem))
                        && !self.has_start(&format!("{directory}{stem}.data-"))
                    {
                        let first = format!("{stem}.data-00000-of-00001");
                        self.lack(at, Lack::Partners(Names::of([first].into_iter())));
                    }
                    if let Some((stem, _)) = name.split_once(".data-").filter(|(stem, _)| is_of_tensorflow(stem))
                        && bundles.insert((directory, stem))
                        && self.find(&format!("{directory}{stem}.index")).is_none()
                    {
                        self.lack(at, Lack::Partners(Names::of([format!("{stem}.index")].into_iter())));
                    }
                    if let Some(number) = consolidated_number(name) {
                        consolidated.entry(directory).or_default().insert(number, at);
                    }
                }
            }
        }
        for present in consolidated.values() {
            let Some((last, _)) = present.last_key_value() else { continue };
            let missing = (0..*last).filter(|number| !present.contains_key(number));
            let missing = Names::of(missing.map(|number| format!("consolidated.{number:02}.pth")));
            if let Some((_, at)) = present.first_key_value().filter(|_| !missing.is_empty()) {
                self.lack(*at, Lack::Partners(missing));
            }
        }
        self.openvino();
    }

    /// Reads a JSON document; `None` if it is not one, or not here.
    fn document(&self, entry: &Entry) -> Option<Value> {
        let bytes = self.files.read(&entry.path, MAX_INDEX_BYTES).ok()??;
        if Pointer::parse(&bytes).is_some() { None } else { json::read(&bytes).ok() }
    }

    /// Returns whether the path of any file starts with a text.
    fn has_start(&self, start: &str) -> bool {
        let entries = self.files.entries();
        let at = entries.partition_point(|entry| entry.path.as_str() < start);
        entries.get(at).is_some_and(|entry| entry.path.as_str().starts_with(start))
    }

    /// Reports the files that a document names and that are not there. Those that another document named are not
    /// reported again.
    fn named_by(&mut self, at: usize, entry: &Entry, names: impl Iterator<Item = String>) {
        let directory = directory(&entry.path);
        let names: BTreeSet<String> = names.filter(|name| !name.contains("://")).collect();
        let is_missing = |name: &&String| {
            let path = join(directory, name);
            self.find(&path).is_none() && !self.named.contains(&path)
        };
        let missing = Names::of(names.iter().filter(is_missing).cloned());
        if !missing.is_empty() {
            self.lack(at, Lack::Named(missing));
        }
        self.named.extend(names.iter().map(|name| join(directory, name)));
    }

    /// Checks the shards of [TensorFlow.js](https://www.tensorflow.org/js/guide/save_load): `paths` in `weightsManifest`.
    fn tensorflow_js(&mut self, at: usize, entry: &Entry) {
        let Some(model) = self.document(entry) else { return };
        let groups = model.get("weightsManifest").and_then(Value::as_array).into_iter().flatten();
        let paths = groups.filter_map(|group| group.get("paths")?.as_array()).flatten();
        self.named_by(at, entry, paths.filter_map(Value::as_str).map(str::to_owned));
    }

    /// Checks the shards of [MLC](https://llm.mlc.ai/docs/compilation/convert_weights.html): `dataPath` and `nbytes` in
    /// `records`. Two documents may list the same shards.
    fn mlc(&mut self, at: usize, entry: &Entry, seen: &mut BTreeSet<(String, u64)>) {
        let Some(cache) = self.document(entry) else { return };
        let records = cache.get("records").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let record = |record: &Value| {
            let size = record.get("nbytes").and_then(Value::as_u64).unwrap_or_default();
            Some((record.get("dataPath")?.as_str()?.to_owned(), size))
        };
        let records: Vec<(String, u64)> = records.iter().filter_map(record).collect();
        self.named_by(at, entry, records.iter().map(|(path, _)| path.clone()));
        for (path, needed) in records {
            let path = join(directory(&entry.path), &path);
            let Some(found) = self.find(&path).filter(|_| seen.insert((path, needed))) else { continue };
            self.is_long_enough(at, found, needed);
        }
    }

    /// Reports a file that has fewer bytes than needed.
    fn is_long_enough(&mut self, at: usize, found: usize, needed: u64) {
        let file = &self.files.entries()[found];
        if let Some(size) = self.size(file).filter(|size| *size < needed) {
            self.lack(at, Lack::Bytes { file: file.path.clone(), needed, size });
        }
    }

    /// Checks the items of a package of [Core ML](https://apple.github.io/coremltools/docs-guides/source/convert-to-ml-program.html),
    /// which are files or directories below `Data`.
    fn core_ml(&mut self, at: usize, entry: &Entry) {
        let Some(manifest) = self.document(entry) else { return };
        let items = manifest.get("itemInfoEntries").and_then(Value::as_object).into_iter().flatten();
        let paths = items.filter_map(|(_, item)| Some(format!("Data/{}", item.get("path")?.as_str()?)));
        let directory = directory(&entry.path);
        let is_missing = |path: &String| {
            let whole = join(directory, path);
            self.find(&whole).is_none() && !self.has_start(&format!("{}/", whole.trim_end_matches('/')))
        };
        let missing = Names::of(paths.filter(is_missing));
        if !missing.is_empty() {
            self.lack(at, Lack::Named(missing));
        }
    }

    /// Checks the components of a pipeline of Diffusers, which have directories of their own. Where the directory of the
    /// pipeline has configurations or tokenizers as well, a component without a directory is loaded from there
    /// (`load_sub_model` in `pipeline_loading_utils.py` of diffusers 0.42).
    fn diffusers(&mut self, at: usize, entry: &Entry) {
        let Some(index) = self.document(entry) else { return };
        let directory = directory(&entry.path);
        let is_component = |(name, value): &(&String, &Value)| {
            let parts = value.as_array().map(Vec::as_slice).unwrap_or_default();
            !name.starts_with('_') && matches!(parts, [Value::String(_), Value::String(_)])
        };
        let components = index.as_object().into_iter().flatten().filter(is_component);
        let missing: Vec<String> = components
            .map(|(name, _)| format!("{name}/"))
            .filter(|name| !self.has_start(&join(directory, name)))
            .collect();
        if !missing.is_empty() && !self.has_flat_components(directory) {
            self.lack(at, Lack::Named(Names::of(missing.into_iter())));
        }
    }

    /// Returns whether a directory has files from which a component of a pipeline is loaded.
    fn has_flat_components(&self, directory: &str) -> bool {
        let entries = self.files.entries();
        let below = &entries[entries.partition_point(|entry| entry.path.as_str() < directory)..];
        let names = below.iter().map_while(|entry| entry.path.as_str().strip_prefix(directory));
        names.filter(|name| !name.contains('/')).any(|name| {
            name.ends_with("config.json")
                || matches!(name, "tokenizer.json" | "vocab.json" | "vocab.txt" | "spiece.model")
        })
    }

    /// Checks the modules of Sentence Transformers that have a directory of their own.
    fn sentence_transformers(&mut self, at: usize, entry: &Entry) {
        let Some(modules) = self.document(entry) else { return };
        let modules = modules.as_array().map(Vec::as_slice).unwrap_or_default();
        let path = |module: &Value| {
            let kind = module.get("type")?.as_str()?.strip_prefix("sentence_transformers.")?;
            let class = kind.rsplit('.').next().unwrap_or_default();
            let path = module.get("path")?.as_str()?.trim_end_matches('/');
            (SAVED_MODULES.contains(&class) && !path.is_empty()).then(|| format!("{path}/"))
        };
        let directory = directory(&entry.path);
        let missing = modules.iter().filter_map(path).filter(|path| !self.has_start(&join(directory, path)));
        let missing = Names::of(missing);
        if !missing.is_empty() {
            self.lack(at, Lack::Named(missing));
        }
    }

    /// Checks the numbers of models of
    /// [OpenVINO](https://docs.openvino.ai/2025/documentation/openvino-ir-format.html), which are in `NAME.bin` next to
    /// `NAME.xml`.
    fn openvino(&mut self) {
        let files = self.files;
        for (at, stem) in networks(files, |entry| files.is_changed(entry)) {
            let entry = &files.entries()[at];
            let Ok(Some(network)) = files.read(&entry.path, MAX_INDEX_BYTES) else { continue };
            let Some(needed) = bytes_of_constants(&network) else { continue };
            let bin = format!("{stem}.bin");
            match self.find(&bin) {
                Some(found) => self.is_long_enough(at, found, needed),
                None => {
                    let name = bin.strip_prefix(directory(&entry.path)).unwrap_or(&bin);
                    self.lack(at, Lack::Partners(Names::of([name].into_iter())));
                }
            }
        }
    }
}

/// Returns the networks of OpenVINO among the wanted files: their places, and their paths without `.xml`.
pub(super) fn networks(files: &dyn Files, is_wanted: impl Fn(&Entry) -> bool) -> impl Iterator<Item = (usize, &str)> {
    let mut others = 0;
    files.entries().iter().enumerate().filter_map(move |(at, entry)| {
        let stem = entry.path.as_str().strip_suffix(".xml")?;
        if !matches!(entry.kind, Kind::File { .. }) || !is_wanted(entry) {
            return None;
        }
        if !entry.path.file_name().starts_with("openvino") {
            others += 1;
            if others > MAX_XML_FILES {
                return None;
            }
        }
        let start = files.read_start(&entry.path, ROOT_BYTES).ok().flatten()?;
        is_network(&start).then_some((at, stem))
    })
}

/// Returns the number of a part of a model that Meta's programs saved: `consolidated.03.pth`.
fn consolidated_number(name: &str) -> Option<u64> {
    let number = name.strip_prefix("consolidated.")?.strip_suffix(".pth")?;
    let is_number = number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|_| is_number)
}

/// Returns whether the root element of an XML file is that of a network, after its declaration and comments.
fn is_network(start: &[u8]) -> bool {
    let text = String::from_utf8_lossy(start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start));
    let mut rest = text.trim_start();
    while let Some(end) = match rest {
        comment if comment.starts_with("<!--") => Some("-->"),
        declaration if declaration.starts_with("<?") => Some("?>"),
        _ => None,
    } {
        let Some((_, after)) = rest.split_once(end) else { return false };
        rest = after.trim_start();
    }
    rest.strip_prefix("<net").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_whitespace() || c == '>'))
}

/// Returns the number of bytes that the constants of a network need: the highest `offset` plus `size` of a `<data>`
/// element. `None` if it has no constants.
fn bytes_of_constants(network: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(network);
    let constants = text.split("<data ").skip(1).filter_map(|rest| {
        let element = rest.split('>').next()?;
        let attribute = |name: &str| {
            let at = element.find(name)?;
            let value = element[at + name.len()..].split('"').next()?;
            value.parse::<u64>().ok()
        };
        // After a space or at the start, so that no longer name ends like it.
        let padded = |name: &str| {
            attribute(&format!(" {name}=\""))
                .or_else(|| element.starts_with(&format!("{name}=\"")).then(|| attribute(&format!("{name}=\"")))?)
        };
        padded("offset")?.checked_add(padded("size")?)
    });
    constants.max()
}
