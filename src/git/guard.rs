//! What is looked at before libgit2, or Git, opens a repository.
//!
//! A downloaded `.git` is untrusted. Both programs open its files by name and read them to their end, so that a FIFO in
//! the place of the configuration holds them forever, and a huge file fills the memory. Here only the kinds and sizes of files
//! are looked at, without following links; what is in them is for libgit2 to read.

use std::path::Path;

use super::error::Error;
use super::location::UserEnv;
use crate::beneath::{read_named, read_regular};

/// The largest file that holds one path or one reference.
pub(super) const MAX_POINTER_BYTES: u64 = 64 << 10;
/// The largest configuration file.
const MAX_CONFIG_BYTES: u64 = 16 << 20;
/// The largest list of references or of shallow commits.
const MAX_LIST_BYTES: u64 = 256 << 20;
/// The number of files that configuration files may include, and of object directories that one may borrow from.
const MAX_FOLLOWED: usize = 64;

/// The files of one working tree's own directory.
const OWN: &[(&str, u64)] = &[
    ("HEAD", MAX_POINTER_BYTES),
    ("commondir", MAX_POINTER_BYTES),
    ("gitdir", MAX_POINTER_BYTES),
    ("config.worktree", MAX_CONFIG_BYTES),
];
/// The files that working trees share.
const COMMON: &[(&str, u64)] = &[
    ("HEAD", MAX_POINTER_BYTES),
    ("config", MAX_CONFIG_BYTES),
    ("packed-refs", MAX_LIST_BYTES),
    ("shallow", MAX_LIST_BYTES),
    ("objects/info/alternates", MAX_POINTER_BYTES),
];

/// Refuses the repository that `path` is in if one of its files could block or flood its reader.
///
/// Looks where libgit2 will look. That there is no repository is not an error.
pub(super) fn surroundings(path: &Path, user: &UserEnv) -> Result<(), Error> {
    for directory in path.ancestors() {
        let dot_git = directory.join(".git");
        match dot_git.metadata() {
            Ok(found) if found.is_dir() => return repository(&dot_git, user),
            Ok(found) if found.is_file() => {
                let text = read_named(&dot_git, MAX_POINTER_BYTES).map_err(|error| refusal(&dot_git, error))?;
                let text = String::from_utf8_lossy(&text);
                let Some(target) = text.strip_prefix("gitdir:") else { return Ok(()) };
                return repository(&directory.join(target.trim()), user);
            }
            Ok(_) => return Err(refusal(&dot_git, NOT_REGULAR)),
            Err(_) => {}
        }
        let is_bare = ["objects", "refs"].iter().all(|name| directory.join(name).is_dir());
        if is_bare && directory.join("HEAD").symlink_metadata().is_ok() {
            return repository(directory, user);
        }
    }
    Ok(())
}

/// Refuses a repository, named by its own directory, as [`surroundings`] does.
fn repository(git_dir: &Path, user: &UserEnv) -> Result<(), Error> {
    check_files(git_dir, OWN)?;
    let common = match read_regular(git_dir, "commondir", MAX_POINTER_BYTES) {
        Ok(text) => git_dir.join(String::from_utf8_lossy(&text).trim_end()),
        Err(_) => git_dir.to_path_buf(),
    };
    check_files(&common, COMMON)?;
    for config in [common.join("config"), git_dir.join("config.worktree")] {
        check_included(&config, user)?;
    }
    check_borrowed(&common.join("objects"))?;
    reference(git_dir, &common, "HEAD")
}

/// Refuses a reference that would block its reader. `revision` may be any that `git rev-parse` takes.
pub(super) fn reference(git_dir: &Path, common: &Path, revision: &str) -> Result<(), Error> {
    // They are the same but in a linked working tree.
    let mut directories = vec![git_dir, common];
    directories.dedup();
    let mut names = vec![revision.split(['~', '^', ':', '@']).next().unwrap_or_default().to_owned()];
    for _ in 0..MAX_FOLLOWED {
        let Some(name) = names.pop() else { break };
        if name.is_empty() || name.starts_with('/') || name.split('/').any(|part| part == "..") {
            continue;
        }
        let places = ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"].map(|above| format!("{above}{name}"));
        for place in places.iter().cloned().chain([format!("refs/remotes/{name}/HEAD")]) {
            for directory in &directories {
                let file = directory.join(&place);
                if !file.symlink_metadata().is_ok_and(|found| !found.is_dir()) || file.is_dir() {
                    continue;
                }
                // A link that leads nowhere is not a reference.
                if file.metadata().is_err() {
                    continue;
                }
                let text = read_named(&file, MAX_POINTER_BYTES).map_err(|error| refusal(&file, error))?;
                let text = String::from_utf8_lossy(&text);
                names.extend(text.strip_prefix("ref:").map(|target| target.trim().to_owned()));
            }
        }
    }
    Ok(())
}

/// Refuses references below a directory, such as `refs/replace/`, if one of them would block its reader.
pub(super) fn references(common: &Path, above: &str) -> Result<(), Error> {
    let mut waiting = vec![common.join(above)];
    while let Some(directory) = waiting.pop() {
        // References may all be packed, or in another format.
        let Ok(entries) = directory.read_dir() else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|found| found.is_dir()) {
                waiting.push(path);
                continue;
            }
            // A link that leads nowhere is not a reference, and one may be deleted meanwhile.
            let Ok(found) = path.metadata() else { continue };
            if !found.is_file() {
                return Err(refusal(&path, NOT_REGULAR));
            }
            if found.len() > MAX_POINTER_BYTES {
                return Err(refusal(&path, format!("it has more than {MAX_POINTER_BYTES} bytes")));
            }
        }
    }
    Ok(())
}

const NOT_REGULAR: &str = "it is not a regular file";

/// Checks files that, if they exist, must be regular and no larger than their limits.
fn check_files(directory: &Path, files: &[(&str, u64)]) -> Result<(), Error> {
    for (name, limit) in files {
        let path = directory.join(name);
        match path.symlink_metadata() {
            Ok(found) if !found.is_file() => return Err(refusal(&path, NOT_REGULAR)),
            Ok(found) if found.len() > *limit => {
                return Err(refusal(&path, format!("it has more than {limit} bytes")));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Checks the files that a configuration includes, and those that these include.
fn check_included(config: &Path, user: &UserEnv) -> Result<(), Error> {
    let mut waiting = vec![config.to_path_buf()];
    for _ in 0..MAX_FOLLOWED {
        let Some(file) = waiting.pop() else { break };
        // What is not there is not included.
        let Ok(found) = file.metadata() else { continue };
        if !found.is_file() && !is_null(&file) {
            return Err(refusal(&file, NOT_REGULAR));
        }
        let text = match read_named(&file, MAX_CONFIG_BYTES) {
            Ok(text) => text,
            Err(_) if is_null(&file) => continue,
            Err(error) => return Err(refusal(&file, error)),
        };
        let above = file.parent().unwrap_or(Path::new(""));
        for path in included(&String::from_utf8_lossy(&text)) {
            waiting.push(match path.strip_prefix("~/") {
                Some(rest) => user.home().unwrap_or_default().join(rest),
                None => above.join(path),
            });
        }
    }
    Ok(())
}

/// Returns the values of `path` in the sections `include` and `includeIf` of a configuration.
fn included(text: &str) -> Vec<String> {
    let text = text.replace("\\\r\n", "").replace("\\\n", "");
    let mut paths = Vec::new();
    let mut is_include = false;
    for line in text.lines() {
        let mut line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            let name: String = header.chars().take_while(char::is_ascii_alphanumeric).collect();
            is_include = name.eq_ignore_ascii_case("include") || name.eq_ignore_ascii_case("includeif");
            // A condition is quoted, and may hold a bracket.
            let quoted = header.rfind("\"]").map(|at| at + 1);
            let Some(end) = quoted.or_else(|| header.find(']')) else { continue };
            line = header[end + 1..].trim();
        }
        let Some((key, value)) = line.split_once('=').filter(|_| is_include) else { continue };
        if key.trim().eq_ignore_ascii_case("path") {
            let value = value.trim();
            let value = match value.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next().unwrap_or_default(),
                None => value.split(['#', ';']).next().unwrap_or_default().trim_end(),
            };
            paths.push(value.replace("\\\\", "\\"));
        }
    }
    paths
}

/// Checks the lists of object directories that are borrowed from, and that those borrow from.
fn check_borrowed(objects: &Path) -> Result<(), Error> {
    let mut waiting = vec![objects.to_path_buf()];
    for _ in 0..MAX_FOLLOWED {
        let Some(directory) = waiting.pop() else { break };
        check_files(&directory, &[("info/alternates", MAX_POINTER_BYTES)])?;
        let Ok(list) = read_named(&directory.join("info/alternates"), MAX_POINTER_BYTES) else { continue };
        let list = String::from_utf8_lossy(&list).into_owned();
        let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        waiting.extend(lines.map(|line| directory.join(line)));
    }
    Ok(())
}

/// Returns whether a path is the device that is always empty, which settings may name.
pub(super) fn is_null(path: &Path) -> bool {
    cfg!(unix) && path == Path::new("/dev/null")
}

/// Makes the error for a file that is not opened.
pub(super) fn refusal(file: &Path, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Unsafe { path: file.to_path_buf(), source: why.into() }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// Makes what looks like a repository.
    fn place() -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        let git = place.path().join(".git");
        for directory in ["objects/info", "refs/heads", "refs/tags", "info"] {
            fs::create_dir_all(git.join(directory)).unwrap();
        }
        fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        fs::write(git.join("config"), "[core]\n\tbare = false\n").unwrap();
        place
    }

    #[test]
    fn an_ordinary_repository_passes() {
        let place = place();
        let git = place.path().join(".git");
        assert!(surroundings(place.path(), &UserEnv::default()).is_ok());
        fs::write(git.join("packed-refs"), "").unwrap();
        fs::write(git.join("objects/info/alternates"), "/nowhere\n../../other\n").unwrap();
        fs::write(git.join("config"), "[include]\npath = /nowhere\n[include]\n path = /dev/null\n").unwrap();
        fs::write(git.join("refs/heads/main"), "0".repeat(40)).unwrap();
        symlink("main", git.join("refs/heads/other")).unwrap();
        symlink("nowhere", git.join("refs/heads/gone")).unwrap();
        let below = place.path().join("a/b");
        fs::create_dir_all(&below).unwrap();
        assert!(surroundings(&below, &UserEnv::default()).is_ok() && repository(&git, &UserEnv::default()).is_ok());
        for revision in ["HEAD", "main~2", "other", "gone", "nothing", "../HEAD", "/etc/passwd", "refs", ""] {
            assert!(reference(&git, &git, revision).is_ok(), "{revision}");
        }
        // A linked working tree: `.git` is a file, and the rest is elsewhere.
        let (linked, own) = (place.path().join("linked"), git.join("worktrees/linked"));
        fs::create_dir_all(&linked).unwrap();
        fs::create_dir_all(&own).unwrap();
        fs::write(linked.join(".git"), format!("gitdir: {}\n", own.display())).unwrap();
        fs::write(own.join("commondir"), "../..\n").unwrap();
        fs::write(own.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        assert!(surroundings(&linked, &UserEnv::default()).is_ok());
        // What the shared directory holds counts for the linked tree too.
        fs::remove_file(git.join("packed-refs")).unwrap();
        fs::create_dir(git.join("packed-refs")).unwrap();
        assert!(surroundings(&linked, &UserEnv::default()).is_err());
    }

    #[test]
    fn refuses_a_file_that_is_not_regular() {
        for name in
            ["HEAD", "config", "config.worktree", "commondir", "packed-refs", "shallow", "objects/info/alternates"]
        {
            for kind in ["link", "directory", "huge"] {
                let place = place();
                let file = place.path().join(".git").join(name);
                let _ = fs::remove_file(&file);
                match kind {
                    "link" => symlink("/dev/null", &file).unwrap(),
                    "directory" => fs::create_dir(&file).unwrap(),
                    _ => fs::File::create(&file).unwrap().set_len(1 << 40).unwrap(),
                }
                let error = surroundings(place.path(), &UserEnv::default()).unwrap_err();
                assert!(error.to_string().contains(name), "{name}, {kind}: {error}");
            }
        }
    }

    #[test]
    fn refuses_what_the_repository_leads_to() {
        let place = place();
        let git = place.path().join(".git");
        let huge = place.path().join("huge");
        fs::File::create(&huge).unwrap().set_len(1 << 40).unwrap();
        fs::write(git.join("refs/heads/main"), "ref: refs/heads/next\n").unwrap();
        symlink(&huge, git.join("refs/heads/next")).unwrap();
        assert!(surroundings(place.path(), &UserEnv::default()).is_err());
        fs::remove_file(git.join("refs/heads/next")).unwrap();
        assert!(surroundings(place.path(), &UserEnv::default()).is_ok());
        for config in [
            "[include]\n\tpath = ../huge\n",
            "[INCLUDE] PATH=\"../huge\" ; here\n",
            "[includeIf \"gitdir:[a]\"]\npath = ../hu\\\nge\n",
        ] {
            fs::write(git.join("config"), config).unwrap();
            assert!(surroundings(place.path(), &UserEnv::default()).is_err(), "{config}");
        }
        fs::write(git.join("config"), "[other]\npath = ../huge\n").unwrap();
        assert!(surroundings(place.path(), &UserEnv::default()).is_ok());
        let borrowed = place.path().join("borrowed");
        fs::create_dir_all(borrowed.join("info/alternates")).unwrap();
        fs::write(git.join("objects/info/alternates"), format!("{}\n", borrowed.display())).unwrap();
        assert!(surroundings(place.path(), &UserEnv::default()).is_err());
    }
}
