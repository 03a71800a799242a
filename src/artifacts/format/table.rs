//! The table of formats that run code when they are loaded: one row for each extension, name or beginning of a file,
//! with the source of the claim.

use super::CodeKind::{self, Data, Program};

/// A format that is recognized by the extension of its files.
pub(super) struct Row {
    /// The extension in lower case, without a dot.
    pub(super) extension: &'static str,
    pub(super) kind: CodeKind,
    /// Whether other formats have the extension as well, so that the content decides if it can be read.
    pub(super) is_shared: bool,
    /// Why loading such a file runs code, as a clause.
    pub(super) why: &'static str,
    /// Where this is documented.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for readers of the table, and for the test that it is complete")
    )]
    pub(super) source: &'static str,
}

pub(super) const fn row(extension: &'static str, kind: CodeKind, why: &'static str, source: &'static str) -> Row {
    Row { extension, kind, is_shared: false, why, source }
}

impl Row {
    /// Whether such a file contains a Python pickle, as its reason says.
    pub(super) fn is_pickle(&self) -> bool {
        self.why.contains("pickle")
    }
}

const fn shared(extension: &'static str, why: &'static str, source: &'static str) -> Row {
    Row { extension, kind: Data, is_shared: true, why, source }
}

pub(super) const PICKLE: &str = "a Python pickle calls whatever it names";
pub(super) const ARCHIVE: &str = "PyTorch archives contain a Python pickle";
const JOBLIB: &str = "joblib files are Python pickles";
const TORCH_SCRIPT: &str = "TorchScript is code";
pub(super) const LAMBDA: &str = "Keras files may contain Lambda layers, which are code";
const PADDLE: &str = "Paddle saves parameters as Python pickles";
const ENGINE: &str = "a TensorRT engine is compiled code";
const JAVA: &str = "it is compiled Java";
const NATIVE: &str = "it is a native program or library";
const LIBRARY: &str = "it is a native library";

const PYTHON: &str = "https://docs.python.org/3/library/pickle.html";
const TORCH: &str = "https://docs.pytorch.org/docs/stable/notes/serialization.html";
const TORCH_JIT: &str = "https://docs.pytorch.org/docs/stable/generated/torch.jit.save.html";
const KERAS: &str = "https://keras.io/api/models/model_saving_apis/model_saving_and_loading/";
const TENSOR_RT: &str = "https://docs.nvidia.com/deeplearning/tensorrt/latest/architecture/architecture-overview.html";
pub(super) const NAMES_LANGUAGE: &str = "the extension names the language";

/// Extensions → why loading such a file runs code. Those of scripts are in [`SCRIPTS`](super::scripts::SCRIPTS).
pub(super) const EXTENSIONS: &[Row] = &[
    row("pkl", Data, PICKLE, PYTHON),
    row("pickle", Data, PICKLE, PYTHON),
    row("pck", Data, PICKLE, PYTHON),
    row("cloudpickle", Data, PICKLE, "https://github.com/cloudpipe/cloudpickle"),
    row("dill", Data, "dill files are Python pickles", "https://dill.readthedocs.io/en/latest/"),
    row("joblib", Data, JOBLIB, "https://joblib.readthedocs.io/en/stable/persistence.html"),
    row("pt", Data, "PyTorch archives contain a Python pickle or TorchScript", TORCH),
    row("pth", Data, ARCHIVE, TORCH),
    // Those of MindSpore are protocol buffers, those of TensorFlow tables.
    shared("ckpt", "PyTorch saves checkpoints with this extension as Python pickles", TORCH),
    row(
        "pt2",
        Data,
        "PT2 archives contain Python pickles, and native code if compiled ahead of time",
        "https://docs.pytorch.org/docs/stable/export/pt2_archive.html",
    ),
    row(
        "distcp",
        Data,
        "files of a distributed PyTorch checkpoint contain Python pickles",
        "https://docs.pytorch.org/docs/stable/distributed.checkpoint.html",
    ),
    row("jit", Data, TORCH_SCRIPT, TORCH_JIT),
    row("torchscript", Data, TORCH_SCRIPT, TORCH_JIT),
    row("ptl", Data, TORCH_SCRIPT, "https://docs.pytorch.org/docs/stable/mobile_optimizer.html"),
    row("pdparams", Data, PADDLE, "https://www.paddlepaddle.org.cn/documentation/docs/en/api/paddle/save_en.html"),
    row("pdopt", Data, PADDLE, "https://www.paddlepaddle.org.cn/documentation/docs/en/api/paddle/save_en.html"),
    row("keras", Data, LAMBDA, KERAS),
    row("h5", Data, LAMBDA, KERAS),
    row("hdf5", Data, LAMBDA, KERAS),
    row(
        "mar",
        Data,
        "a TorchServe archive contains Python handlers",
        "https://docs.pytorch.org/serve/custom_service.html",
    ),
    row(
        "nemo",
        Data,
        "a NeMo archive contains Python pickles",
        "https://docs.nvidia.com/nemo-framework/user-guide/latest/nemotoolkit/checkpoints/intro.html",
    ),
    row("engine", Data, ENGINE, TENSOR_RT),
    row("plan", Data, ENGINE, TENSOR_RT),
    row("trt", Data, ENGINE, TENSOR_RT),
    shared("bin", "PyTorch loads files with this extension as Python pickles", TORCH),
    shared("p", PICKLE, PYTHON),
    shared("pk", PICKLE, PYTHON),
    shared(
        "sav",
        "scikit-learn models with this extension are Python pickles",
        "https://scikit-learn.org/stable/model_persistence.html",
    ),
    row("llamafile", Program, "a llamafile is a native program", "https://github.com/mozilla-ai/llamafile"),
    row("exe", Program, "it is a program", NAMES_LANGUAGE),
    row("so", Program, LIBRARY, NAMES_LANGUAGE),
    row("dll", Program, LIBRARY, NAMES_LANGUAGE),
    row("dylib", Program, LIBRARY, NAMES_LANGUAGE),
    row("pyd", Program, LIBRARY, "https://docs.python.org/3/faq/windows.html"),
    row("wasm", Program, "it is WebAssembly", NAMES_LANGUAGE),
    row("jar", Program, "it is a Java archive", NAMES_LANGUAGE),
    row("class", Program, JAVA, "https://docs.oracle.com/javase/specs/jvms/se21/html/jvms-4.html"),
    row("node", Program, LIBRARY, "https://nodejs.org/api/addons.html"),
    row("pyc", Program, "it is compiled Python", NAMES_LANGUAGE),
    row("pyo", Program, "it is compiled Python", "https://peps.python.org/pep-0488/"),
    row(
        "whl",
        Program,
        "it is a Python package",
        "https://packaging.python.org/en/latest/specifications/binary-distribution-format/",
    ),
    row("egg", Program, "it is a Python package", "https://setuptools.pypa.io/en/latest/deprecated/python_eggs.html"),
    row("pyz", Program, "it is a Python archive", "https://docs.python.org/3/library/zipapp.html"),
];

/// Names without an extension of their own, with the content that they must have if it can be read.
pub(super) const NAMES: &[Row] = &[shared(
    ".metadata",
    "the metadata of a distributed PyTorch checkpoint is a Python pickle",
    "https://docs.pytorch.org/docs/stable/distributed.checkpoint.html",
)];

/// Extensions of compressed files and archives. joblib and pandas unpickle what is in them
/// (<https://joblib.readthedocs.io/en/stable/persistence.html>,
/// <https://pandas.pydata.org/docs/reference/api/pandas.read_pickle.html>), and the examples of PyTorch name their
/// checkpoints `.pth.tar` (<https://github.com/pytorch/examples/blob/main/imagenet/main.py>).
pub(super) const COMPRESSED: &[&str] = &["gz", "xz", "bz2", "lzma", "z", "zst", "lz4", "zip", "tar"];

/// Beginnings of the names under which `transformers`, `diffusers`, `peft` and `accelerate` save pickles as `.bin`:
/// <https://github.com/huggingface/transformers/blob/main/src/transformers/utils/__init__.py> and
/// <https://github.com/huggingface/diffusers/blob/main/src/diffusers/utils/constants.py>.
pub(super) const TORCH_BIN: &[&str] = &[
    "pytorch_model",
    "diffusion_pytorch_model",
    "open_clip_pytorch_model",
    "adapter_model",
    "pytorch_lora_weights",
    "training_args",
    "optimizer",
    "scheduler",
];

/// The extension of members of TAR archives that WebDataset pickles and unpickles, apart from those that pickles have
/// everywhere: `pyd` in `webdataset/writer.py` and `webdataset/autodecode.py` of
/// [WebDataset](https://github.com/webdataset/webdataset) 1.0.
pub(super) const WEBDATASET_PICKLE: &str = "pyd";

/// Beginnings of native programs and libraries: ELF, Mach-O in both byte orders
/// (<https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/loader.h>), WebAssembly, and the portable
/// executables of llamafile (<https://github.com/jart/cosmopolitan/blob/master/ape/specification.md>).
const PROGRAMS: &[(&[u8], &str)] = &[
    (b"\x7fELF", NATIVE),
    (b"MZqFpD='", "it is a native program"),
    (b"jartsr='", "it is a native program"),
    (b"APEDBG='", "it is a native program"),
    (b"\xcf\xfa\xed\xfe", NATIVE),
    (b"\xce\xfa\xed\xfe", NATIVE),
    (b"\xfe\xed\xfa\xcf", NATIVE),
    (b"\xfe\xed\xfa\xce", NATIVE),
    (b"\0asm", "it is WebAssembly"),
];

/// Returns what program starts with these bytes, as a clause.
pub(super) fn program(start: &[u8]) -> Option<&'static str> {
    let listed = PROGRAMS.iter().find(|(magic, _)| start.starts_with(magic));
    listed.map(|(_, why)| *why).or_else(|| universal(start))
}

/// Universal Mach-O files and compiled Java have the same first four bytes. Then follows the number of processors
/// (<https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/fat.h>), or a version that has been
/// 45 or higher since the first (<https://docs.oracle.com/javase/specs/jvms/se21/html/jvms-4.html>, table 4.1-A).
fn universal(start: &[u8]) -> Option<&'static str> {
    let (magic, rest) = start.split_first_chunk::<4>()?;
    let (number, _) = rest.split_first_chunk::<4>()?;
    let (number, [_, _, high, version]) = (u32::from_be_bytes(*number), *number);
    match magic {
        b"\xca\xfe\xba\xbe" | b"\xca\xfe\xba\xbf" if (1..45).contains(&number) => Some(NATIVE),
        b"\xca\xfe\xba\xbe" if high == 0 && version >= 45 => Some(JAVA),
        _ => None,
    }
}

/// The end of the names of weights without the layers that they belong to:
/// <https://keras.io/api/models/model_saving_apis/weights_saving_and_loading/>. Keras refuses to save them under another.
pub(super) const KERAS_WEIGHTS: &str = ".weights.h5";

/// Extensions of weights and arrays that run no code, and of which no valid file is empty.
pub(super) const NUMBERS: &[&str] = &[
    "safetensors",
    "gguf",
    "onnx",
    "onnx_data",
    "tflite",
    "npy",
    "npz",
    "msgpack",
    "pdiparams",
    "ort",
    "pte",
    "dduf",
    "mlmodel",
    "litertlm",
];

/// Extensions of documents and of texts that describe, among those that are not looked into.
pub(super) const DOCUMENTS: &[&str] = &[
    "json", "txt", "md", "markdown", "rst", "yaml", "yml", "toml", "xml", "html", "tex", "bib", "asc", "pem", "pub",
    "sha256", "pdf", "svg",
];

/// Extensions that are not looked into: text, media, and formats of numbers whose loaders run no code.
pub(super) const NOT_OPENED: &[&str] = &[
    // Numbers. https://huggingface.co/docs/safetensors, https://onnx.ai/onnx/repo-docs/IR.html and others.
    "safetensors",
    "gguf",
    "onnx",
    "onnx_data",
    "tflite",
    "parquet",
    "arrow",
    "feather",
    "pdiparams",
    // Text.
    "json",
    "jsonl",
    "ndjson",
    "txt",
    "md",
    "markdown",
    "rst",
    "csv",
    "tsv",
    "yaml",
    "yml",
    "toml",
    "xml",
    "html",
    "css",
    "ini",
    "cfg",
    "conf",
    "lock",
    "log",
    "tex",
    "bib",
    "jinja",
    "jinja2",
    "j2",
    "svg",
    "sha256",
    "asc",
    "pem",
    "pub",
    // Source code that has to be compiled, or is only read.
    "c",
    "cc",
    "cpp",
    "cu",
    "h",
    "hpp",
    "rs",
    "go",
    "java",
    "ts",
    "kt",
    "swift",
    "scala",
    "pyi",
    "proto",
    "sql",
    // Media and documents.
    "png",
    "jpg",
    "jpeg",
    "gif",
    "webp",
    "bmp",
    "ico",
    "tif",
    "tiff",
    "wav",
    "mp3",
    "flac",
    "ogg",
    "mp4",
    "webm",
    "mkv",
    "avi",
    "mov",
    "pdf",
    "ttf",
    "otf",
    "woff",
    "woff2",
];
