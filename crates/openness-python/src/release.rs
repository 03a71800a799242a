//! Files of a release that is read where it is, block by signed block.

use std::io::{BufRead as _, Seek as _, SeekFrom};

use openness::Snapshot;
use openness::path::RepoPath;
use openness::verify::{BlockReader, VerifiedRelease};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::failure::Failure;

/// What was signed, and a place that is said to hold it and need not be trusted.
#[pyclass(frozen, module = "openness._openness")]
#[derive(Debug)]
pub(crate) struct Release {
    files: Snapshot,
    release: VerifiedRelease,
}

impl Release {
    pub(crate) fn new(files: Snapshot, release: VerifiedRelease) -> Self {
        Self { files, release }
    }

    fn reader(&self, path: &str) -> Result<BlockReader<'_>, Failure> {
        let path: RepoPath = path.parse().map_err(|error| Failure::caused_by(&format!("`{path}`"), error))?;
        Ok(BlockReader::open(&self.files, &self.release, &path)?)
    }

    fn rest(&self, path: &str, at: u64) -> Result<Vec<u8>, Failure> {
        let mut reader = self.reader(path)?;
        reader.seek(SeekFrom::Start(at))?;
        Ok(reader.fill_buf()?.to_vec())
    }
}

#[pymethods]
impl Release {
    /// Returns the signed size of a file.
    fn size(&self, py: Python<'_>, path: &str) -> PyResult<u64> {
        self.reader(path).map(|reader| reader.size()).map_err(|failure| failure.into_exception(py))
    }

    /// Returns the bytes of a file from a position to the end of the block that it is in; none at the end of the file.
    fn read<'py>(&self, py: Python<'py>, path: &str, at: u64) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py.detach(|| self.rest(path, at)).map_err(|failure| failure.into_exception(py))?;
        Ok(PyBytes::new(py, &bytes))
    }
}
