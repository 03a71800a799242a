//! Empty files in which kagglehub records what it downloaded into a directory of the user's choice (`output_dir`), and which
//! are part of no release: `_get_override_marker_base` and `_get_completion_marker_filepath` in
//! [`cache.py`](https://github.com/Kaggle/kagglehub/blob/main/src/kagglehub/cache.py) of kagglehub 1.0.3.

use crate::files::{Entry, Files, Kind};
use crate::path::RepoPath;

const DIRECTORY: &str = ".complete";
/// The end of the name of a marker, after the path of the one file that was downloaded or after [`BUNDLE`].
const ENDING: &str = ".complete";
/// The name of the marker of a whole download, without [`ENDING`].
const BUNDLE: &str = "bundle";

/// Kinds of downloads → the names that follow, and whether a version follows them.
const KINDS: &[(&str, usize, bool)] = &[
    // OWNER/MODEL/FRAMEWORK/VARIATION
    ("models", 4, true),
    // OWNER/DATASET
    ("datasets", 2, true),
    // OWNER/NOTEBOOK
    ("notebooks", 2, true),
    // COMPETITION
    ("competitions", 1, false),
];

/// Returns whether a file is a marker of a download: it has the place and name of one, and no content. If it is about one
/// file, that is there.
pub(crate) fn is_download_marker(files: &dyn Files, entry: &Entry) -> bool {
    let is_about_a_download = || match marked(&entry.path) {
        Some(BUNDLE) => true,
        Some(path) => path.parse::<RepoPath>().is_ok_and(|path| files.find(&path).is_some()),
        None => false,
    };
    matches!(entry.kind, Kind::File { .. }) && is_about_a_download() && files.size(entry).is_ok_and(|size| size == 0)
}

/// Returns what a path marks as downloaded: [`BUNDLE`], or the path of a file.
fn marked(path: &RepoPath) -> Option<&str> {
    let (kind, mut rest) = path.as_str().strip_prefix(DIRECTORY)?.strip_prefix('/')?.split_once('/')?;
    let (_, names, has_version) = KINDS.iter().find(|(known, ..)| *known == kind)?;
    for _ in 0..*names {
        rest = rest.split_once('/')?.1;
    }
    if *has_version {
        let (version, after) = rest.split_once('/')?;
        rest = Some(after).filter(|_| version == "unknown" || version.bytes().all(|byte| byte.is_ascii_digit()))?;
    }
    rest.strip_suffix(ENDING)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::files::Memory;

    fn is_marker(path: &str, content: &str) -> bool {
        let files = Memory::new([(path, content), ("w/a.safetensors", "x")]);
        is_download_marker(&files, files.find(&path.parse().unwrap()).unwrap())
    }

    #[test]
    fn markers_of_downloads_are_known_by_their_place_and_name() {
        for path in [
            ".complete/models/lab/tiny/pyTorch/small/1/bundle.complete",
            ".complete/models/lab/tiny/pyTorch/small/unknown/bundle.complete",
            ".complete/models/lab/tiny/pyTorch/small/12/w/a.safetensors.complete",
            ".complete/datasets/lab/text/3/bundle.complete",
            ".complete/notebooks/lab/train/1/bundle.complete",
            ".complete/competitions/titanic/bundle.complete",
        ] {
            assert!(is_marker(path, ""), "{path}");
            assert!(!is_marker(path, "x"), "{path}");
        }
    }

    #[test]
    fn other_empty_files_are_not_markers() {
        for path in [
            ".complete/models/lab/tiny/pyTorch/small/1/bundle.py",
            ".complete/models/lab/tiny/pyTorch/small/1/bundle.complete.py",
            ".complete/models/lab/tiny/pyTorch/small/1/a/bundle.complete",
            ".complete/models/lab/tiny/pyTorch/small/1/other.safetensors.complete",
            ".complete/models/lab/tiny/pyTorch/small/1/.complete",
            ".complete/models/lab/tiny/pyTorch/small/bundle.complete",
            ".complete/models/lab/tiny/pyTorch/small/v1/bundle.complete",
            ".complete/models/bundle.complete",
            ".complete/weights/lab/tiny/1/bundle.complete",
            ".complete/bundle.complete",
            "w/.complete/datasets/lab/text/3/bundle.complete",
            ".Complete/datasets/lab/text/3/bundle.complete",
            "complete/datasets/lab/text/3/bundle.complete",
            "bundle.complete",
        ] {
            assert!(!is_marker(path, ""), "{path}");
        }
    }
}
