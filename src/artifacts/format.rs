//! File formats that run code when they are loaded, by name and by content.

mod archive;
mod compressed;
mod inflate;
mod numpy;
mod pickle;
mod scripts;
mod table;
mod tar;
mod zip;

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Read as _};
use std::sync::LazyLock;

use super::lfs;
use super::window::Window;
use crate::files::{Entry, Files, Kind, Memory};
use crate::path::RepoPath;

use compressed::Compressed;
use scripts::{HIDDEN, SCRIPT, SCRIPTS};
use table::{ARCHIVE, COMPRESSED, EXTENSIONS, NAMES, NOT_OPENED, PICKLE, Row, TORCH_BIN};

/// The number of bytes at the start of a file that tell its format; a TAR archive has its magic at byte 257.
const START_BYTES: usize = 512;
/// The number of bytes that tell a script: a byte order mark, `#!`, spaces and a path.
const SCRIPT_BYTES: u64 = 64;
const MAX_POINTER_BYTES: u64 = 1024;

/// The beginning of HDF5 files.
const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";
/// The attribute in which Keras keeps the layers of a model, next to its weights (`legacy_h5_format.py` of Keras 3).
const KERAS_LAYERS: &[u8] = b"model_config";
/// The number of bytes at the start of a file that have its attributes, as Keras writes them first.
const MAX_ATTRIBUTE_BYTES: u64 = 128 * 1024;

/// What kind of file runs code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CodeKind {
    /// Weights and data in which code can hide, such as pickles.
    Data,
    /// A native program, library or bytecode.
    Program,
    /// Source code.
    Source,
}

/// Why loading or opening a file can run code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct CodeOnLoad {
    /// What kind of file it is.
    pub kind: CodeKind,
    /// The reason, as a clause.
    pub why: &'static str,
}

/// Returns why loading or opening a file of this name can run code, as a clause; `None` if no format known to do so is
/// named like that.
///
/// Names that other formats share count. If the content is available, [`code_on_load`] knows better.
#[must_use]
pub fn runs_on_load(path: &RepoPath) -> Option<&'static str> {
    by_name(path).map(|row| row.why)
}

/// What the name of a file tells about code that loading it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    /// It runs this code, or none.
    Known(Option<CodeOnLoad>),
    /// Other formats have the name as well, or the name is of no known format.
    Open,
}

/// Returns what the name of a file tells by itself.
pub(crate) fn named(path: &RepoPath) -> Named {
    match look_up(path) {
        Found::Row(row) if is_certain(row, path) => Named::Known(Some(row.found())),
        Found::NotOpened => Named::Known(None),
        Found::Row(_) | Found::Nothing => Named::Open,
    }
}

fn is_certain(row: &Row, path: &RepoPath) -> bool {
    !row.is_shared || row.extension == "bin" && is_of_torch(path.file_name())
}

/// Returns whether PyTorch and what is built on it give files such a name. Most names differ in their first letter.
fn is_of_torch(name: &str) -> bool {
    let first = name.bytes().next();
    TORCH_BIN.iter().any(|start| start.bytes().next() == first && name.starts_with(start))
}

/// Returns whether a file is certainly weights or saved data by its name, so that it cannot be empty or a web page.
#[must_use]
pub fn is_weights(path: &RepoPath) -> bool {
    // What is named `.ckpt` is weights of one format or another.
    let is_data = |row: &Row| {
        row.kind == CodeKind::Data && (is_certain(row, path) || row.extension == "ckpt") && row.extension != "mar"
    };
    if path.file_name().ends_with(table::KERAS_WEIGHTS) {
        return true;
    }
    match look_up(path) {
        Found::Row(row) => is_data(row),
        Found::NotOpened | Found::Nothing => {
            extension(path).is_some_and(|extension| table::NUMBERS.contains(&extension.as_ref()))
        }
    }
}

/// Returns whether a name is that of saved data in which code can hide, certain or not.
pub(super) fn is_saved_data(path: &RepoPath) -> bool {
    by_name(path).is_some_and(|row| row.kind == CodeKind::Data)
}

/// Returns whether a file can be a document, such as a license text, by its extension: it is not that of weights, data, code
/// or media. An archive can be one if it has a name of one word, such as `changelog.gz`.
pub(super) fn may_be_document(path: &RepoPath) -> bool {
    let Some(extension) = extension(path) else { return true };
    let is_document = match look_up(path) {
        Found::Row(_) => false,
        Found::NotOpened => table::DOCUMENTS.contains(&extension.as_ref()),
        Found::Nothing => !is_weights(path),
    };
    let is_one_word = || path.file_name().split('.').next().is_some_and(|word| !word.contains(['-', '_']));
    is_document && (!COMPRESSED.contains(&extension.as_ref()) || is_one_word())
}

/// Returns an extension of texts, documents and media, none of which is code or weights; `None` for any other, also if it
/// is not in lower case.
pub(super) fn plain_extension(extension: &str) -> Option<&'static str> {
    static PLAIN: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| plain_extensions().map(|own| (own, own)).collect());
    PLAIN.get(extension).copied()
}

/// Returns the extensions of texts, documents and media.
pub(super) fn plain_extensions() -> impl Iterator<Item = &'static str> {
    NOT_OPENED.iter().copied().filter(|extension| !table::NUMBERS.contains(extension))
}

/// Returns whether an extension in lower case is one of weights and saved data, certain or not.
pub(super) fn is_extension_of_weights(extension: &str) -> bool {
    let is_data = |row: &Row| row.kind == CodeKind::Data && !["p", "pk", "sav"].contains(&row.extension);
    known(extension).flatten().is_some_and(is_data) || table::NUMBERS.contains(&extension)
}

/// Returns the extensions of weights and saved data, certain or not.
#[cfg(test)]
pub(crate) fn extensions_of_weights() -> impl Iterator<Item = &'static str> {
    let all = EXTENSIONS.iter().map(|row| row.extension).chain(table::NUMBERS.iter().copied());
    all.filter(|extension| is_extension_of_weights(extension))
}

/// Returns why loading or opening a file can run code, by its name and, where that is not enough, by its content;
/// `None` if there is no known reason.
///
/// Where the name is shared with other formats and the content is not available (a Git LFS pointer, a file that is
/// missing on disk), the name decides. At most a few parts of a file are read.
#[must_use]
pub fn code_on_load(files: &dyn Files, entry: &Entry) -> Option<CodeOnLoad> {
    // A file that cannot be read may be any that its name allows.
    read_code_on_load(files, entry).unwrap_or_else(|_| by_name(&entry.path).map(Row::found))
}

/// Returns the same as [`code_on_load`], or the error if the content is needed and cannot be read.
///
/// # Errors
/// As [`Files::open`].
pub fn read_code_on_load(files: &dyn Files, entry: &Entry) -> io::Result<Option<CodeOnLoad>> {
    if let Named::Known(found) = named(&entry.path) {
        return Ok(found);
    }
    let named = by_name(&entry.path);
    let extension = extension(&entry.path).unwrap_or_default();
    match entry.kind {
        Kind::File { .. } => {}
        Kind::Missing => return Ok(named.map(Row::found)),
        _ => return Ok(None),
    }
    if named.is_some() && is_of_another_format(files, &entry.path, &extension) {
        return Ok(None);
    }
    Ok(match by_content(files, entry, &extension)? {
        Content::Known(found) => found,
        // The content is not here.
        Content::Elsewhere => named.map(Row::found),
    })
}

/// Returns why an excluded file would run code, so that it may not be left out of a signature; `None` if it may.
///
/// A name that other formats share is enough, because the file is not compared with anything later. `opens` says whether the content
/// may be read where the name says nothing.
#[must_use]
pub fn why_not_excluded(files: &dyn Files, entry: &Entry, opens: bool) -> Option<&'static str> {
    let by_content = || if opens { code_on_load(files, entry) } else { None };
    runs_on_load(&entry.path).or_else(|| by_content().map(|found| found.why))
}

/// Returns whether a file is a script or a build file, or runs code when it is loaded. Every file is opened if its name does not
/// say so.
pub(crate) fn is_code(files: &dyn Files, entry: &Entry) -> bool {
    let start = || files.read_start(&entry.path, SCRIPT_BYTES).ok().flatten().unwrap_or_default();
    scripts::is_build_file(&entry.path)
        || why_not_excluded(files, entry, true).is_some()
        || scripts::starts_script(&start())
}

/// Extensions as numbers, in order → their row, or `None` if such files are not looked into.
static KNOWN: LazyLock<Vec<(u128, Option<&'static Row>)>> = LazyLock::new(|| {
    let rows = EXTENSIONS.iter().chain(SCRIPTS).map(|row| (row.extension, Some(row)));
    let all = NOT_OPENED.iter().map(|extension| (*extension, None)).chain(rows);
    let mut known: Vec<_> = all.filter_map(|(extension, row)| Some((number(extension)?, row))).collect();
    known.sort_unstable_by_key(|(number, _)| *number);
    known
});

/// Returns a short text as a number: every file is looked up, and numbers are compared faster than texts.
fn number(text: &str) -> Option<u128> {
    let mut bytes = [0; 16];
    bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
    Some(u128::from_le_bytes(bytes))
}

/// Returns the row of an extension in lower case, `Some(None)` if such files are not looked into, or `None` if it is
/// unknown.
fn known(extension: &str) -> Option<Option<&'static Row>> {
    let number = number(extension)?;
    let at = KNOWN.binary_search_by_key(&number, |(known, _)| *known);
    at.ok().map(|at| KNOWN[at].1)
}

/// Returns the extension of a path in lower case, as [`RepoPath::extension`] does, without an allocation in most cases.
fn extension(path: &RepoPath) -> Option<Cow<'_, str>> {
    let name = path.file_name();
    let dot = name.bytes().rposition(|byte| byte == b'.').filter(|dot| *dot > 0)?;
    let extension = &name[dot + 1..];
    Some(match extension.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(extension.to_ascii_lowercase()),
        false => Cow::Borrowed(extension),
    })
}

/// What the table says about a name.
enum Found {
    Row(&'static Row),
    /// Such files are not looked into.
    NotOpened,
    Nothing,
}

/// Returns the row of the table for a name.
fn by_name(path: &RepoPath) -> Option<&'static Row> {
    match look_up(path) {
        Found::Row(row) => Some(row),
        Found::NotOpened | Found::Nothing => None,
    }
}

fn look_up(path: &RepoPath) -> Found {
    let name = path.file_name();
    // The content says whether it is what the name says.
    if name.ends_with(table::KERAS_WEIGHTS) {
        return Found::Nothing;
    }
    if name.starts_with('.')
        && let Some(row) = NAMES.iter().chain(HIDDEN).find(|row| row.extension == name)
    {
        return Found::Row(row);
    }
    let Some(extension) = extension(path) else { return Found::Nothing };
    match known(&extension) {
        Some(Some(row)) => Found::Row(row),
        Some(None) => Found::NotOpened,
        None => inner_extension(name, &extension).map_or(Found::Nothing, Found::Row),
    }
}

/// Returns the row of what is compressed, or of a library whose name ends in its version.
fn inner_extension(name: &str, extension: &str) -> Option<&'static Row> {
    // `model.pkl.gz`, `model.pth.tar`, and `libx.so.1.2`.
    let is_version = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_library = is_version(extension);
    let is_packed = |part: &str| if is_library { is_version(part) } else { COMPRESSED.contains(&part) };
    if !is_packed(extension) {
        return None;
    }
    let mut rest = name.to_ascii_lowercase();
    while let Some((before, last)) = rest.rsplit_once('.') {
        if !is_packed(last) {
            let row = known(last).flatten().filter(|_| !before.is_empty())?;
            let fits = if is_library { row.extension == "so" } else { row.kind == CodeKind::Data && !row.is_shared };
            return fits.then_some(row);
        }
        rest.truncate(before.len());
    }
    None
}

impl Row {
    fn found(&self) -> CodeOnLoad {
        CodeOnLoad { kind: self.kind, why: self.why }
    }
}

/// Returns whether a `.bin` file belongs to a format that its name or a file next to it tells: OpenVINO keeps numbers in
/// `NAME.bin` and the rest in [`NAME.xml`](https://docs.openvino.ai/2025/documentation/openvino-ir-format.html), and
/// whisper.cpp names its models [`ggml-NAME.bin`](https://github.com/ggml-org/whisper.cpp/tree/master/models).
fn is_of_another_format(files: &dyn Files, path: &RepoPath, extension: &str) -> bool {
    let Some(stem) = path.as_str().strip_suffix(".bin").filter(|_| extension == "bin") else { return false };
    let xml = format!("{stem}.xml").parse::<RepoPath>();
    let is_named = path.file_name().starts_with("ggml-") || xml.is_ok_and(|xml| files.find(&xml).is_some());
    is_named && !starts_like_code(files, path)
}

/// Returns whether a file starts like a pickle or an archive of PyTorch, whatever is next to it.
fn starts_like_code(files: &dyn Files, path: &RepoPath) -> bool {
    let Some(entry) = files.find(path) else { return false };
    matches!(by_content(files, entry, ""), Ok(Content::Known(Some(_))))
}

/// What the content of a file tells.
enum Content {
    /// The file at hand runs this code, or none.
    Known(Option<CodeOnLoad>),
    /// It is a Git LFS pointer.
    Elsewhere,
}

fn by_content(files: &dyn Files, entry: &Entry, extension: &str) -> io::Result<Content> {
    let mut file = Window::open(files, entry)?;
    let start = start_of(&mut file)?;
    Ok(match compressed::open(&mut file, &start, extension)? {
        Some(Compressed::Start(bytes)) => Content::Known(in_compressed(bytes)?),
        Some(Compressed::Closed) => {
            Content::Known(compressed::may_be_saved_data(&entry.path).then_some(compressed::UNSEEN))
        }
        None => {
            // If it only starts like compressed data, more than the start was read.
            file.seek(0)?;
            uncompressed(files, entry, extension, file, &start)?
        }
    })
}

/// Returns why loading what was compressed can run code. Programs and sources in it are not run by that.
fn in_compressed(bytes: Vec<u8>) -> io::Result<Option<CodeOnLoad>> {
    let files = Memory::new([("content", bytes)]);
    let Some(entry) = files.entries().first() else { return Ok(None) };
    let mut file = Window::open(&files, entry)?;
    let start = start_of(&mut file)?;
    let Content::Known(found) = uncompressed(&files, entry, "", file, &start)? else { return Ok(None) };
    Ok(found.filter(|found| found.kind == CodeKind::Data))
}

fn start_of(file: &mut Window<'_>) -> io::Result<Vec<u8>> {
    let start = file.peek()?;
    Ok(start[..start.len().min(START_BYTES)].to_vec())
}

/// Returns what a file that is not compressed tells: `file` is at its first byte, and starts with `start`.
fn uncompressed(
    files: &dyn Files,
    entry: &Entry,
    extension: &str,
    mut file: Window<'_>,
    start: &[u8],
) -> io::Result<Content> {
    if start.starts_with(b"version https://git-lfs") {
        let bytes = files.read(&entry.path, file.size().min(MAX_POINTER_BYTES)).ok().flatten();
        if bytes.is_some_and(|bytes| lfs::Pointer::parse(&bytes).is_some()) {
            return Ok(Content::Elsewhere);
        }
    }
    let found = |kind, why| Content::Known(Some(CodeOnLoad { kind, why }));
    if let Some(why) = table::program(start) {
        return Ok(found(CodeKind::Program, why));
    }
    if scripts::starts_script(start) {
        return Ok(found(CodeKind::Source, SCRIPT));
    }
    if is_portable_executable(start) {
        return Ok(found(CodeKind::Program, "it is a Windows program or library"));
    }
    if start.starts_with(numpy::MAGIC) {
        let mut more = |count: usize| {
            let mut bytes = Vec::new();
            file.by_ref().take(u64::try_from(count).unwrap_or(u64::MAX)).read_to_end(&mut bytes).map(|_| bytes)
        };
        return Ok(Content::Known(numpy::has_objects(start, &mut more)?.then_some(archive::OBJECTS)));
    }
    if start.starts_with(HDF5) {
        let mut bytes = Vec::new();
        file.by_ref().take(MAX_ATTRIBUTE_BYTES).read_to_end(&mut bytes)?;
        let has_layers = bytes.windows(KERAS_LAYERS.len()).any(|part| part == KERAS_LAYERS);
        return Ok(Content::Known(has_layers.then_some(CodeOnLoad { kind: CodeKind::Data, why: table::LAMBDA })));
    }
    // Both were written by PyTorch: TAR archives before version 0.1.10.
    let is_of_torch = ["bin", "ckpt"].contains(&extension);
    if start.starts_with(b"PK\x03\x04") {
        return Ok(match archive::in_zip(&mut file) {
            Ok(found) => Content::Known(found),
            // Cut off: for PyTorch, it is an archive with a pickle.
            Err(_) if is_of_torch => found(CodeKind::Data, ARCHIVE),
            Err(_) => Content::Known(None),
        });
    }
    if start.get(tar::MAGIC) == Some(b"ustar") {
        return Ok(if is_of_torch {
            found(CodeKind::Data, ARCHIVE)
        } else {
            Content::Known(archive::in_tar(&mut file)?)
        });
    }
    Ok(Content::Known(pickle::is_pickle(&mut file).then_some(CodeOnLoad { kind: CodeKind::Data, why: PICKLE })))
}

/// Returns whether a file starts with the headers of a Windows program:
/// <https://learn.microsoft.com/windows/win32/debug/pe-format>.
fn is_portable_executable(start: &[u8]) -> bool {
    let header = start.get(60..64).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    let header = header.and_then(|at| usize::try_from(at).ok());
    start.starts_with(b"MZ") && header.is_some_and(|at| start.get(at..).is_some_and(|rest| rest.starts_with(b"PE\0\0")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    const PICKLE_BYTES: &[u8] = b"\x80\x04K\x01.";

    fn why(name: &str, bytes: &[u8]) -> Option<&'static str> {
        why_next_to(name, bytes, "other")
    }

    fn why_next_to(name: &str, bytes: &[u8], other: &str) -> Option<&'static str> {
        let files = Memory::new([(name, bytes), (other, b"x")]);
        let entry = files.find(&name.parse().unwrap()).unwrap();
        code_on_load(&files, entry).map(|found| found.why)
    }

    /// An archive with one member that is not compressed, as `zipfile` writes it, without a checksum.
    fn archive(name: &str, bytes: &[u8]) -> Vec<u8> {
        archive_of(name, bytes, bytes.len(), 0)
    }

    /// The same, of bytes that are compressed by a method, and of `whole` bytes.
    fn archive_of(name: &str, bytes: &[u8], whole: usize, method: u8) -> Vec<u8> {
        let whole = u32::try_from(whole).unwrap();
        let (length, size) = (u16::try_from(name.len()).unwrap(), u32::try_from(bytes.len()).unwrap());
        let fields = |checksum: u32| {
            let sizes = [checksum.to_le_bytes(), size.to_le_bytes(), whole.to_le_bytes()].concat();
            [&[20, 0, 0, 0, method, 0, 0, 0, 0, 0][..], &sizes, &length.to_le_bytes(), &[0, 0]].concat()
        };
        let local = [b"PK\x03\x04", &fields(0)[..], name.as_bytes(), bytes].concat();
        let central = [b"PK\x01\x02\x14\x00", &fields(0)[..], &[0; 14], name.as_bytes()].concat();
        let sizes = [central.len(), local.len()].map(|size| u32::try_from(size).unwrap().to_le_bytes()).concat();
        let end = [b"PK\x05\x06", &[0, 0, 0, 0, 1, 0, 1, 0][..], &sizes, &[0, 0]].concat();
        [local, central, end].concat()
    }

    #[test]
    fn every_row_has_a_reason_and_a_source_and_occurs_once() {
        assert!(EXTENSIONS.iter().chain(SCRIPTS).map(|row| row.extension).chain(NOT_OPENED.iter().copied()).all(
            |extension| {
                matches!(
                    (known(extension), NOT_OPENED.contains(&extension)),
                    (Some(None), true) | (Some(Some(_)), false)
                )
            }
        ));
        assert!(table::DOCUMENTS.iter().all(|extension| NOT_OPENED.contains(extension)));
        for row in EXTENSIONS.iter().chain(SCRIPTS).chain(NAMES).chain(HIDDEN) {
            assert!(!row.why.is_empty() && !row.source.is_empty(), "{}", row.extension);
            let same = EXTENSIONS.iter().chain(SCRIPTS).filter(|other| other.extension == row.extension).count();
            assert!(same <= 1 && !NOT_OPENED.contains(&row.extension), "{}", row.extension);
        }
    }

    #[test]
    fn formats_with_numbers_only_do_not_run_code() {
        for path in [
            "model.safetensors",
            "model.gguf",
            "model.onnx",
            "data.parquet",
            "data.npz",
            "bin",
            ".py",
            "m.gz",
            "m.tar.gz",
            "m.csv.gz",
            "m.json.zst",
            "m.zip",
            "m.pdiparams",
            "m.pte",
            "m.dduf",
            "m.tar",
            "p",
            "x.1.2",
            "m.bin.gz",
            "libx.1",
            "a.so1",
            "metadata",
            "x.metadata",
            "Makefile",
            "Dockerfile.gpu",
            "rules.mk",
            "video.ts",
            ".gitignore",
            ".gz",
            ".pkl",
        ] {
            assert_eq!(runs_on_load(&path.parse().unwrap()), None, "{path}");
        }
    }

    #[test]
    fn formats_with_code_are_recognized_in_any_case() {
        for path in [
            "a/pytorch_model.bin",
            "x.PKL",
            "modeling.py",
            "silero_vad.jit",
            "m.joblib.gz",
            "m.pkl.gz",
            "m.PKL.XZ",
            "m.p",
            "m.pdparams",
            "m.pth.tar",
            "m.pth.tar.gz",
            "m.pt2",
            "m.ptl",
            "m.llamafile",
            "c/.metadata",
            "c/__0_0.distcp",
            "libx.so.1",
            "libx.so.1.2.3",
            "serve.bash",
            "x.pyw",
            "a.R",
            "tools/x.psm1",
            ".envrc",
        ] {
            assert!(runs_on_load(&path.parse().unwrap()).is_some(), "{path}");
        }
    }

    #[test]
    fn a_shared_extension_is_decided_by_the_content() {
        for name in ["m.bin", "m.p", ".metadata", "a/vectors.bin"] {
            assert!(why(name, PICKLE_BYTES).is_some(), "{name}");
            for other in [&b"lmgg\x01\0\0\0"[..], b"\x80", b"\0\0\0\0", b"version: 1\n", b""] {
                assert_eq!(why(name, other), None, "{name}: {other:?}");
            }
        }
        assert_eq!(why("m.bin", b"PK\x03\x04"), Some(ARCHIVE));
        assert_eq!(why("m.bin", &[&[0; 257][..], b"ustar"].concat()), Some(ARCHIVE));
        assert_eq!(why("en-token.bin", &archive("manifest.properties", b"x")), None);
        assert!(why("m.bin", &archive("archive/data.pkl", b"x")).is_some());
    }

    #[test]
    fn what_joblib_compressed_is_saved_data_under_a_shared_name() {
        // `joblib.dump({"a": 1}, "model.bin", compress=(NAME, 3))` of joblib 1.6.0 starts like this.
        let starts: &[(&str, &[u8])] = &[
            ("xz", b"\xfd7zXZ\0\0\x01\x69\x22\xde\x36"),
            ("bz2", b"BZh31AY&SY"),
            ("lzma", b"\x5d\0\0\x40\0\xff\xff\xff\xff\xff\xff\xff\xff\0\x40"),
            ("lz4", b"\x04\x22\x4d\x18\x64\x40\xa7"),
        ];
        for (name, start) in starts {
            for path in ["model.bin", "a/m.sav", "m.p", "last.ckpt", "model"] {
                assert_eq!(why(path, start), Some(compressed::UNSEEN.why), "{name}: {path}");
            }
            for path in ["words.txt", "a.gguf", "m.npz.png"] {
                assert_eq!(why(path, start), None, "{name}: {path}");
            }
            assert_eq!(why("model.bin", &start[1..]), None, "{name}");
        }
    }

    #[test]
    fn the_names_of_pytorch_decide_whatever_the_content() {
        for name in
            ["pytorch_model.bin", "a/pytorch_model-00001-of-00002.bin", "training_args.bin", "adapter_model.bin"]
        {
            assert!(why(name, b"content").is_some(), "{name}");
        }
        assert_eq!(why("pytorch_model.safetensors", PICKLE_BYTES), None);
    }

    #[test]
    fn a_pointer_is_decided_by_its_name() {
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 9\n", "0".repeat(64));
        for name in ["m.bin", "m.sav", "m.pk"] {
            assert!(why(name, pointer.as_bytes()).is_some(), "{name}");
            assert_eq!(why(name, b"$FL2@(#) SPSS DATA FILE"), None, "{name}");
        }
        assert_eq!(why("weights", pointer.as_bytes()), None);
        assert_eq!(why_next_to("openvino_model.bin", pointer.as_bytes(), "openvino_model.xml"), None);
    }

    #[test]
    fn numbers_next_to_an_xml_file_are_not_code_but_a_pickle_is() {
        assert_eq!(why_next_to("o.bin", &[0; 64], "o.xml"), None);
        assert!(why_next_to("o.bin", PICKLE_BYTES, "o.xml").is_some());
        assert!(why_next_to("o.bin", b"PK\x03\x04", "p.xml").is_some());
    }

    #[test]
    fn content_is_recognized_under_any_other_name() {
        let elf = b"\x7fELF\x02\x01\x01";
        let windows = [&b"MZ"[..], &[0; 58], &[64, 0, 0, 0], b"PE\0\0"].concat();
        let found: &[(&str, &[u8])] = &[
            ("w2v.model", PICKLE_BYTES),
            ("weights", PICKLE_BYTES),
            ("last.ckpt", PICKLE_BYTES),
            ("last.ckpt", b"PK\x03\x04 cut off"),
            ("model.h5", b"\x89HDF\r\n\x1a\n"),
            ("m.weights.h5", b"\x89HDF\r\n\x1a\n\0\0model_config\0"),
            ("m.dat", PICKLE_BYTES),
            ("model", elf),
            ("m.weights", &windows),
            ("llava", b"MZqFpD='\n"),
            ("run", b"#!/bin/sh\necho hi\n"),
        ];
        for (name, bytes) in found {
            assert!(why(name, bytes).is_some(), "{name}");
        }
        let others: &[(&str, &[u8])] = &[
            ("tokenizer.model", b"\x0a\x0e\x0a\x05<unk>\x15\0\0\0\0\x18\x02"),
            ("Makefile", b"all:\n\techo\n"),
            ("m.dat", b"MZ of a text"),
            ("vocab.msgpack", b"\x81\xa1a\x01"),
            // MindSpore saves protocol buffers: https://www.mindspore.cn/docs/en/master/api_python/mindspore/mindspore.save_checkpoint.html
            ("mindspore.ckpt", b"\x0a\x10\x0a\x04conv"),
            ("model.weights.h5", b"\x89HDF\r\n\x1a\n"),
            ("data.txt", PICKLE_BYTES),
            ("notes", b"Notes.\n"),
            ("voice.amr", b"#!AMR\n<"),
            ("Dockerfile", b"FROM scratch\n"),
            ("empty", b""),
        ];
        for (name, bytes) in others {
            assert_eq!(why(name, bytes), None, "{name}");
        }
    }

    #[test]
    fn numpy_arrays_run_code_only_if_they_hold_objects() {
        let array = |kind: &str| {
            let text = format!("{{'descr': {kind}, 'fortran_order': False, 'shape': (3,), }}\n");
            [&b"\x93NUMPY\x01\0"[..], &u16::try_from(text.len()).unwrap().to_le_bytes(), text.as_bytes(), b"12345678"]
                .concat()
        };
        assert_eq!(why("a.npy", &array("'<f8'")), None);
        assert!(why("a.npy", &array("'|O'")).is_some());
        assert_eq!(why("a.npz", &archive("a.npy", &array("'<f8'"))), None);
        for name in ["a.npy", "arr"] {
            assert!(why("a.npz", &archive(name, &array("'|O'"))).is_some(), "{name}");
            // A block that is not compressed is a kind of compressed data.
            let bytes = array("'|O'");
            let length = u16::try_from(bytes.len()).unwrap();
            let deflated = [&[1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), &bytes].concat();
            assert!(why("a.npz", &archive_of(name, &deflated, bytes.len(), 8)).is_some(), "{name}");
            assert_eq!(why("a.npz", &archive_of(name, &deflated[..20], bytes.len(), 8)), None, "{name}");
            assert_eq!(why("a.npz", &archive_of(name, &bytes, bytes.len(), 12)), None, "{name}");
        }
        let wide: String = (0..40).map(|number| format!("('column_number_{number}', '<f8'), ")).collect();
        assert!(why("wide.npy", &array(&format!("[{wide}('o', '|O')]"))).is_some());
        assert_eq!(why("wide.npy", &array(&format!("[{wide}('O', '<f8')]"))), None);
        assert_eq!(why("a.zip", &archive("README.md", b"text")), None);
        assert!(why("a.zip", &archive("archive/data.pkl", b"x")).is_some());
        assert_eq!(why("a.zip", b"PK\x03\x04 cut off"), None);
    }

    #[test]
    fn archives_are_known_by_what_is_in_them() {
        assert!(why("ppo.zip", &archive("_stable_baselines3_version", b"2.7")).is_some());
        assert!(why("a.zip", &archive("m/policy.pth", b"x")).is_some_and(|why| why.contains("pickle")));
        assert!(why("a.zip", &archive("model.h5", b"x")).is_some());
        for name in ["README.md", "train.py", "model.safetensors", "vectors.bin", "model.weights.h5"] {
            assert_eq!(why("a.zip", &archive(name, b"x")), None, "{name}");
        }
        let tar = |names: &[&str]| {
            let members: Vec<(&str, u8, &[u8])> = names.iter().map(|name| (*name, b'0', &b"x"[..])).collect();
            tar::tests::archive(&members)
        };
        for names in [&["config.yaml", "model_weights.ckpt"][..], &["a/b.pkl"], &["pickle", "storages", "tensors"]] {
            assert!(why("model.tar", &tar(names)).is_some(), "{names:?}");
        }
        for names in [&["00.jpg", "00.json", "00.txt"][..], &["pickle"], &[]] {
            assert_eq!(why("data.tar", &tar(names)), None, "{names:?}");
        }
        assert!(why("x-1.0-py3-none-any.whl", b"PK").is_some());
    }

    #[test]
    fn members_that_webdataset_unpickles_are_told_from_libraries() {
        let library = [&b"MZ"[..], &[0; 58], &[64, 0, 0, 0], b"PE\0\0"].concat();
        let shard = |name: &str, content: &[u8]| {
            let members: &[(&str, u8, &[u8])] = &[("0.txt", b'0', b"x"), ("1.txt", b'0', b"y"), (name, b'0', content)];
            why("shard.tar", &tar::tests::archive(members))
        };
        for name in ["0.emb.pyd", "0.pyd", "a/0.PYD"] {
            assert!(shard(name, PICKLE_BYTES).is_some_and(|why| why.contains("pickle")), "{name}");
            assert_eq!(shard(name, &library), None, "{name}");
        }
        assert!(shard("0.pyd.gz", b"\x1f\x8b\x08\0").is_some());
        for name in ["0.pyd.txt", "0.emb.cbor", "pyd", "0.pyd/1.json", "0.pyi"] {
            assert_eq!(shard(name, b"x"), None, "{name}");
        }
        // A library comes before a pickle, and WebDataset does not read ZIP archives.
        let members: &[(&str, u8, &[u8])] = &[("0.pyd", b'0', &library), ("1.pyd", b'0', PICKLE_BYTES)];
        assert!(why("shard.tar", &tar::tests::archive(members)).is_some());
        assert_eq!(why("shard.zip", &archive("0.pyd", PICKLE_BYTES)), None);
    }

    #[test]
    fn universal_programs_and_compiled_java_are_told_apart() {
        let starts: &[(&[u8], &str)] = &[
            (b"\xca\xfe\xba\xbe\0\0\0\x02", "it is a native program or library"),
            (b"\xca\xfe\xba\xbf\0\0\0\x01", "it is a native program or library"),
            (b"\xca\xfe\xba\xbe\0\0\0\x41", "it is compiled Java"),
            (b"\xca\xfe\xba\xbe\xff\xff\0\x41", "it is compiled Java"),
            (b"\xfe\xed\xfa\xcf\x01\0\0\x07", "it is a native program or library"),
            (b"jartsr='\n", "it is a native program"),
            (b"APEDBG='\n", "it is a native program"),
        ];
        for (start, expected) in starts {
            assert_eq!(why("tool", start), Some(*expected), "{start:?}");
        }
        for start in [&b"\xca\xfe\xba\xbe\0\0\0\0"[..], b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf\0\0\0\x41", b"jartsr"] {
            assert_eq!(why("tool", start), None, "{start:?}");
        }
    }
}
