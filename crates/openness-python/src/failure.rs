//! Why a function could not do its work, and the Python exception for it.

use std::error::Error;
use std::io;

use openness::error_text;
use pyo3::exceptions::{PyImportError, PyOSError};
use pyo3::prelude::*;

/// A message for people, with its causes, and advice.
///
/// It is not an [`Error`] itself, so that `?` turns every error into one.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    help: Option<String>,
    /// The number of the operating system's error at the bottom of the chain.
    number: Option<i32>,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, number: None }
    }

    /// A failure to do what `message` says, with the error that prevented it.
    pub(crate) fn caused_by(message: &str, error: impl Error + 'static) -> Self {
        let cause = Self::from(error);
        Self { message: format!("{message}: {}", cause.message), ..cause }
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Returns an error of the operating system as `OSError`, of which Python chooses the class by the number, and any other
    /// as `openness.Error`.
    pub(crate) fn into_exception(self, py: Python<'_>) -> PyErr {
        match self.number {
            Some(number) => {
                let help = self.help.map_or_else(String::new, |help| format!("; {help}"));
                PyOSError::new_err((number, format!("{}{help}", self.message)))
            }
            None => exception(py, "Error", (self.message, self.help)),
        }
    }
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { message: error_text::chain(&error), help: None, number: number(&error) }
    }
}

fn number(error: &(dyn Error + 'static)) -> Option<i32> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            if let Some(number) = error.raw_os_error() {
                return Some(number);
            }
            if let Some(number) = error.get_ref().and_then(|inner| number(inner)) {
                return Some(number);
            }
        }
        next = error.source();
    }
    None
}

/// Makes an exception of a class of the package.
pub(crate) fn exception<'py, A>(py: Python<'py>, class: &str, arguments: A) -> PyErr
where
    A: pyo3::call::PyCallArgs<'py>,
{
    let made = py.import("openness._errors").and_then(|module| module.getattr(class)?.call1(arguments));
    match made {
        Ok(value) => PyErr::from_value(value),
        // Only if the extension is loaded without the package.
        Err(error) => {
            let plain = PyImportError::new_err("the package `openness` is not complete");
            plain.set_cause(py, Some(error));
            plain
        }
    }
}
