//! Listing a directory: every file of it, or the ones that Git tracks.

use std::io;

use crate::git::{Listed, MAX_ENTRIES, Mode};
use crate::path::RepoPath;

use super::beneath::{Directory, Found};
use super::hub::Cache;
use super::listing::{Admitted, Listing};
use super::{Error, HUB_NOTES_DIR, Kind, OPENNESS_DIR, Place, ProblemKind};

/// Lists every file of a directory.
pub(super) fn walk(root: &Directory, cache: Option<&Cache>, listing: &mut Listing) -> Result<(), Error> {
    let names = root.names().map_err(|source| Error::Io { path: root.path().to_path_buf(), source })?;
    Walk { root, cache, listing }.directory(root, "", names)
}

/// Lists the files below `.openness/`, where there is such a directory.
pub(super) fn walk_openness(root: &Directory, listing: &mut Listing) -> Result<(), Error> {
    match root.find(OPENNESS_DIR.as_bytes()) {
        Ok(Found::Directory) => {
            Walk { root, cache: None, listing }.directory(root, "", vec![OPENNESS_DIR.as_bytes().to_vec()])
        }
        _ => Ok(()),
    }
}

struct Walk<'a> {
    root: &'a Directory,
    cache: Option<&'a Cache>,
    listing: &'a mut Listing,
}

impl Walk<'_> {
    /// Lists what the names of a directory stand for; `above` is empty or ends in `/`.
    fn directory(&mut self, directory: &Directory, above: &str, names: Vec<Vec<u8>>) -> Result<(), Error> {
        for name in names {
            if self.listing.len() > MAX_ENTRIES {
                return Err(Error::TooMany { path: self.root.path().to_path_buf() });
            }
            let whole = [above.as_bytes(), &name].concat();
            if whole == b".git" {
                continue;
            }
            if name.eq_ignore_ascii_case(b".git") {
                self.listing.problem(&whole, ProblemKind::NestedRepository);
                continue;
            }
            // A path that cannot be said is not looked into: nothing below it could be said either. The limit of
            // components is also what bounds the recursion.
            let path = match RepoPath::from_bytes(&whole) {
                Ok(path) => path,
                Err(error) => {
                    self.listing.problem(&whole, error.into());
                    continue;
                }
            };
            if let Err(error) = self.name(directory, &name, path)? {
                self.listing.problem(&whole, ProblemKind::Unreadable(error.to_string()));
            }
        }
        Ok(())
    }

    fn name(&mut self, directory: &Directory, name: &[u8], path: RepoPath) -> Result<io::Result<()>, Error> {
        let found = match directory.find(name) {
            Ok(found) => found,
            Err(error) => return Ok(Err(error)),
        };
        match found {
            Found::Directory if path.as_str() == HUB_NOTES_DIR => {}
            Found::Directory => {
                let below = directory.open_directory(name).and_then(|below| Ok((below.names()?, below)));
                return match below {
                    Ok((names, below)) => self.directory(&below, &format!("{path}/"), names).map(Ok),
                    Err(error) => Ok(Err(error)),
                };
            }
            Found::File { size, executable, stamp, has_other_names } => {
                self.listing.add(path, Kind::File { executable }, Place::Disk { size, stamp, has_other_names });
            }
            Found::Special(what) => self.listing.problem(path.as_str().as_bytes(), ProblemKind::Special(what)),
            Found::Symlink => match directory.link_target(name) {
                Err(error) => return Ok(Err(error)),
                Ok(target) => match self.cache.and_then(|cache| cache.blob(&path, &target)) {
                    Some((blob, size, executable)) => {
                        self.listing.add(path, Kind::File { executable }, Place::Hub { path: blob.into(), size });
                    }
                    None => {
                        let target = String::from_utf8_lossy(&target).into_owned();
                        self.listing.add(path, Kind::Symlink { target }, Place::Nowhere);
                    }
                },
            },
        }
        Ok(Ok(()))
    }
}

/// Lists what Git tracks, as it is on disk.
pub(super) fn tracked(root: &Directory, index: Vec<Listed>, listing: &mut Listing) {
    // The entries are sorted, so that most have the directory of the one before.
    let mut parent: Option<(String, io::Result<Directory>)> = None;
    for entry in index {
        let Some(Admitted { path, mode, id, skip_worktree }) = listing.admit(entry) else { continue };
        if path.is_within(OPENNESS_DIR) {
            continue;
        }
        if mode == Mode::Submodule {
            listing.add(path, Kind::Submodule { commit: id }, Place::Nowhere);
            continue;
        }
        let (above, name) = path.as_str().rsplit_once('/').unwrap_or(("", path.as_str()));
        let found = if above.is_empty() {
            look(root, name)
        } else {
            if parent.as_ref().is_none_or(|(known, _)| known != above) {
                parent = Some((above.to_owned(), root.open_directory(above.as_bytes())));
            }
            match &parent {
                Some((_, Ok(directory))) => look(directory, name),
                Some((_, Err(error))) => Err(io::Error::from(error.kind())),
                None => Err(io::Error::from(io::ErrorKind::NotFound)),
            }
        };
        let is_gone =
            |error: &io::Error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
        match found {
            Ok(Some((kind, place))) => listing.add(path, kind, place),
            Ok(None) => listing.add(path, Kind::Missing, Place::Nowhere),
            // A sparse checkout keeps it in the object database only; it is tracked all the same.
            Err(error) if is_gone(&error) && skip_worktree && mode != Mode::Symlink => {
                let executable = mode == Mode::Executable;
                listing.add(path, Kind::File { executable }, Place::Object(id));
            }
            Err(error) if is_gone(&error) => listing.add(path, Kind::Missing, Place::Nowhere),
            Err(error) => {
                listing.problem(path.as_str().as_bytes(), ProblemKind::Unreadable(error.to_string()));
            }
        }
    }
}

/// Returns what a name stands for; `None` for what Git would not track there.
fn look(directory: &Directory, name: &str) -> io::Result<Option<(Kind, Place)>> {
    Ok(match directory.find(name.as_bytes())? {
        Found::File { size, executable, stamp, has_other_names } => {
            Some((Kind::File { executable }, Place::Disk { size, stamp, has_other_names }))
        }
        Found::Symlink => {
            let target = String::from_utf8_lossy(&directory.link_target(name.as_bytes())?).into_owned();
            Some((Kind::Symlink { target }, Place::Nowhere))
        }
        Found::Directory | Found::Special(_) => None,
    })
}
