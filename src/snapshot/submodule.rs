//! Reads which commit of a submodule is checked out. Git itself is not run: the settings of the submodule may come from an
//! untrusted party and run programs.

use std::path::{Component, Path};

use crate::beneath::read_regular;
use crate::files::ObjectId;
use crate::path::RepoPath;

/// The largest file that is read, in bytes: a list of references.
const MAX_REFERENCES_BYTES: u64 = 16 << 20;

/// Returns the commit that the `HEAD` of a submodule leads to; `None` if that cannot be read, or not below `root`.
pub(super) fn commit(root: &Path, submodule: &RepoPath) -> Option<ObjectId> {
    let read = |path: &str| String::from_utf8(read_regular(root, path, MAX_REFERENCES_BYTES).ok()?).ok();
    let git = format!("{submodule}/.git");
    // A file that names the directory (gitrepository-layout(5)), or the directory itself.
    let directory = match read(&git) {
        Some(text) => below(root, submodule.as_str(), text.strip_prefix("gitdir:")?.trim())?,
        None => git,
    };
    let head = read(&format!("{directory}/HEAD"))?;
    let head = head.trim_end();
    let Some(reference) = head.strip_prefix("ref:").map(str::trim_start) else { return ObjectId::from_hex(head) };
    let reference = reference.parse::<RepoPath>().ok().filter(|reference| reference.is_within("refs"))?;
    if let Some(loose) = read(&format!("{directory}/{reference}")) {
        return ObjectId::from_hex(loose.trim_end());
    }
    let packed = read(&format!("{directory}/packed-refs"))?;
    let lines = packed.lines().filter_map(|line| line.split_once(' '));
    lines.filter(|(_, name)| *name == reference.as_str()).find_map(|(id, _)| ObjectId::from_hex(id))
}

/// Returns a path that is relative to a directory below `root`, or absolute, as a path from `root`; `None` if it leads out.
fn below(root: &Path, directory: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory.split('/').collect();
    let mut path = Path::new(path);
    if let Ok(inside) = path.strip_prefix(root) {
        (parts, path) = (Vec::new(), inside);
    }
    for component in path.components() {
        match component {
            Component::Normal(name) => parts.push(name.to_str()?),
            Component::ParentDir => drop(parts.pop()?),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_out_of_the_root_are_refused() {
        let root = Path::new("/r");
        for (path, found) in [
            ("../.git/modules/lib", Some(".git/modules/lib")),
            ("./x", Some("lib/x")),
            ("/r/.git/modules/lib", Some(".git/modules/lib")),
            ("../../other", None),
            ("/elsewhere", None),
        ] {
            assert_eq!(below(root, "lib", path).as_deref(), found, "{path}");
        }
        assert_eq!(below(root, "a/lib", "../../.git/modules/a/lib").as_deref(), Some(".git/modules/a/lib"));
    }
}
