//! File formats that run code when they are loaded, by file name.

use crate::path::RepoPath;

/// Extensions that loaders recognize, each with the reason why loading such a file runs code.
const RUN_ON_LOAD: &[(&str, &str)] = &[
    ("pkl", "a Python pickle calls whatever it names"),
    ("pickle", "a Python pickle calls whatever it names"),
    ("joblib", "joblib files are Python pickles"),
    ("dill", "dill files are Python pickles"),
    ("pt", "PyTorch archives contain a Python pickle or TorchScript"),
    ("pth", "PyTorch archives contain a Python pickle"),
    ("ckpt", "checkpoints with this extension contain a Python pickle"),
    ("bin", "PyTorch weights with this extension contain a Python pickle"),
    ("jit", "TorchScript is code"),
    ("torchscript", "TorchScript is code"),
    ("keras", "Keras files may contain Lambda layers, which are code"),
    ("h5", "Keras files may contain Lambda layers, which are code"),
    ("hdf5", "Keras files may contain Lambda layers, which are code"),
    ("mar", "a TorchServe archive contains Python handlers"),
    ("nemo", "a NeMo archive contains Python pickles"),
    ("engine", "a TensorRT engine is compiled code"),
    ("plan", "a TensorRT engine is compiled code"),
    ("py", "it is Python"),
    ("pyc", "it is compiled Python"),
    ("pyd", "it is a native library"),
    ("ipynb", "a notebook contains code"),
    ("js", "it is JavaScript"),
    ("mjs", "it is JavaScript"),
    ("wasm", "it is WebAssembly"),
    ("sh", "it is a shell script"),
    ("bat", "it is a script"),
    ("cmd", "it is a script"),
    ("ps1", "it is a script"),
    ("exe", "it is a program"),
    ("so", "it is a native library"),
    ("dll", "it is a native library"),
    ("dylib", "it is a native library"),
    ("lua", "it is Lua"),
    ("jar", "it is a Java archive"),
];

/// Returns why loading or opening a file runs code in it, as a clause; `None` if no format known to do so has its
/// extension.
#[must_use]
pub fn runs_on_load(path: &RepoPath) -> Option<&'static str> {
    let extension = path.extension()?;
    RUN_ON_LOAD.iter().find(|(known, _)| *known == extension).map(|(_, why)| *why)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn formats_with_numbers_only_do_not_run_code() {
        for path in ["model.safetensors", "model.gguf", "model.onnx", "data.parquet", "data.npz", "bin", ".py"] {
            assert_eq!(runs_on_load(&path.parse().unwrap()), None, "{path}");
        }
    }

    #[test]
    fn formats_with_code_are_recognized_in_any_case() {
        for path in ["a/pytorch_model.bin", "x.PKL", "modeling.py", "silero_vad.jit"] {
            assert!(runs_on_load(&path.parse().unwrap()).is_some(), "{path}");
        }
    }
}
