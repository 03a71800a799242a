//! The extension module `openness._openness`: what the Python package `openness` calls.
//!
//! Arguments are plain: paths, texts, numbers. Results are the JSON forms of the library, byte for byte what the program
//! prints with `--format json`; `python/openness` makes values of them. Work runs without the interpreter's lock, in a thread
//! that is stopped by a signal or by an error of the caller's progress function ([`work`]).
//!
//! Private: users import `openness`.

mod check;
mod failure;
mod guarded;
mod place;
mod release;
mod sign;
mod trust;
mod verify;
mod work;

use pyo3::prelude::*;

/// The functions and classes that the package uses.
#[pymodule(gil_used = false)]
mod _openness {
    #[cfg(feature = "panic-test")]
    #[pymodule_export]
    use super::panic_for_test;
    #[pymodule_export]
    use crate::check::{check, show};
    #[pymodule_export]
    use crate::release::Release;
    #[pymodule_export]
    use crate::sign::sign;
    #[pymodule_export]
    use crate::trust::Trust;
    #[pymodule_export]
    use crate::verify::{open, verify};

    /// The version of the library.
    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "the name of Python")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}

/// Panics in the thread that does the work.
#[cfg(feature = "panic-test")]
#[pyfunction]
fn panic_for_test(py: Python<'_>) -> PyResult<()> {
    work::run(py, None, |_| panic!("as the test demands"))
}
