//! What a file's name says about loading it: which formats run code.

use crate::path::RepoPath;

/// Ending → why loading such a file runs code. The endings are those that loaders go by.
const RUN_ON_LOAD: &[(&str, &str)] = &[
    ("pkl", "a Python pickle calls whatever it names"),
    ("pickle", "a Python pickle calls whatever it names"),
    ("joblib", "joblib files are Python pickles"),
    ("dill", "dill files are Python pickles"),
    ("pt", "PyTorch archives hold a Python pickle, or TorchScript"),
    ("pth", "PyTorch archives hold a Python pickle"),
    ("ckpt", "checkpoints of this ending hold a Python pickle"),
    ("bin", "PyTorch weights of this ending hold a Python pickle"),
    ("jit", "TorchScript is code"),
    ("torchscript", "TorchScript is code"),
    ("keras", "Keras files may hold Lambda layers, which are code"),
    ("h5", "Keras files may hold Lambda layers, which are code"),
    ("hdf5", "Keras files may hold Lambda layers, which are code"),
    ("mar", "a TorchServe archive holds Python handlers"),
    ("nemo", "a NeMo archive holds Python pickles"),
    ("engine", "a TensorRT engine is compiled code"),
    ("plan", "a TensorRT engine is compiled code"),
    ("py", "it is Python"),
    ("pyc", "it is compiled Python"),
    ("pyd", "it is a native library"),
    ("ipynb", "a notebook holds code"),
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

/// Returns why loading or opening a file runs code in it; `None` where the name says nothing of the sort.
#[must_use]
pub fn runs_on_load(path: &RepoPath) -> Option<&'static str> {
    let ending = path.extension()?;
    RUN_ON_LOAD.iter().find(|(known, _)| *known == ending).map(|(_, why)| *why)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn formats_that_hold_numbers_alone_do_not_run() {
        for path in ["model.safetensors", "model.gguf", "model.onnx", "data.parquet", "data.npz", "bin", ".py"] {
            assert_eq!(runs_on_load(&path.parse().unwrap()), None, "{path}");
        }
    }

    #[test]
    fn formats_that_hold_code_run_whatever_the_case_of_the_ending() {
        for path in ["a/pytorch_model.bin", "x.PKL", "modeling.py", "silero_vad.jit"] {
            assert!(runs_on_load(&path.parse().unwrap()).is_some(), "{path}");
        }
    }
}
