//! What is in archives runs code when they are loaded: pickles in ZIP and TAR archives, and NumPy arrays of objects.

use std::io;

use super::table::WEBDATASET_PICKLE;
use super::{CodeKind, CodeOnLoad, Found, is_portable_executable, look_up, numpy, plain_extension, start_of, tar, zip};
use crate::artifacts::window::Window;
use crate::path::RepoPath;

/// The most members of an archive that are looked into.
const MAX_OPENED: usize = 256;

pub(super) const OBJECTS: CodeOnLoad =
    CodeOnLoad { kind: CodeKind::Data, why: "an array of Python objects is a Python pickle" };
const PICKLES: CodeOnLoad = CodeOnLoad { kind: CodeKind::Data, why: "it is an archive that contains a Python pickle" };
const OTHERS: CodeOnLoad =
    CodeOnLoad { kind: CodeKind::Data, why: "it is an archive of files that run code when they are loaded" };
/// `stable_baselines3/common/save_util.py` of
/// [Stable-Baselines3](https://github.com/DLR-RM/stable-baselines3) 2.7: `data` has pickles in Base64.
const STABLE_BASELINES: CodeOnLoad =
    CodeOnLoad { kind: CodeKind::Data, why: "a Stable-Baselines3 archive contains Python pickles" };

/// Returns why a ZIP archive runs code.
///
/// # Errors
/// If the file cannot be read, or is not a whole archive.
pub(super) fn in_zip(file: &mut Window<'_>) -> io::Result<Option<CodeOnLoad>> {
    let members = zip::members(file)?;
    if members.iter().any(|member| member.name == "_stable_baselines3_version") {
        return Ok(Some(STABLE_BASELINES));
    }
    if let Some(found) = by_names(members.iter().map(|member| member.name.as_str())) {
        return Ok(Some(found));
    }
    // NumPy looks for the magic, not for the name.
    let is_plain = |member: &&zip::Member| {
        let extension = member.name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
        extension.is_some_and(|extension| plain_extension(&extension).is_some())
    };
    for member in members.iter().filter(|member| !is_plain(member)).take(MAX_OPENED) {
        // A member that cannot be read may be followed by others that can.
        let Ok(start) = zip::start(file, member, numpy::PREFIX_BYTES) else { continue };
        if numpy::has_objects(&start, |count| zip::start(file, member, count)).unwrap_or(false) {
            return Ok(Some(OBJECTS));
        }
    }
    Ok(None)
}

/// Returns why a TAR archive runs code. Only its first members are looked at.
///
/// # Errors
/// If the file cannot be read.
pub(super) fn in_tar(file: &mut Window<'_>) -> io::Result<Option<CodeOnLoad>> {
    let members = tar::members(file)?;
    // PyTorch before 0.1.10 wrote TAR archives with these members.
    let has = |name: &str| members.iter().any(|member| member.name == name);
    if has("pickle") && has("storages") {
        return Ok(Some(PICKLES));
    }
    for member in members.iter().filter(|member| is_pickle_of_webdataset(&member.name)) {
        file.seek(member.at)?;
        // Elsewhere, native libraries have this extension.
        if !is_portable_executable(&start_of(file)?) {
            return Ok(Some(PICKLES));
        }
    }
    Ok(by_names(members.iter().map(|member| member.name.as_str())))
}

/// Returns whether WebDataset unpickles a member of a shard, by its name. It decompresses one that ends in `.gz` first.
fn is_pickle_of_webdataset(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let extension = name.strip_suffix(".gz").unwrap_or(&name).rsplit_once('.').map(|(_, extension)| extension);
    extension == Some(WEBDATASET_PICKLE)
}

/// Returns why an archive runs code, by the names of its members.
fn by_names<'n>(names: impl Iterator<Item = &'n str>) -> Option<CodeOnLoad> {
    let mut found = None;
    for name in names {
        let name = name.rsplit('/').next().unwrap_or_default();
        let Ok(path) = name.parse::<RepoPath>() else { continue };
        match look_up(&path) {
            // Of the names that formats share, PyTorch Lightning and NeMo use this one in archives.
            Found::Row(row) if row.kind == CodeKind::Data && (!row.is_shared || row.extension == "ckpt") => {
                if row.is_pickle() {
                    return Some(PICKLES);
                }
                found = Some(OTHERS);
            }
            _ => {}
        }
    }
    found
}
