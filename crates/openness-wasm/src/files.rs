//! The files that a page can read, as a source of [`Files`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use openness::artifacts::format;
use openness::files::{Content, Entry, FileList, Files, Kind, Listing, MAX_ENTRIES, Origin, ProblemKind, VCS_DIRS};
use openness::path::RepoPath;

use crate::failure::Failure;
use crate::request::{Digest, File};

/// Files up to this size, in bytes, may be Git LFS pointers, so the core reads them itself.
const MAX_POINTER_BYTES: u64 = 1024;

/// What a page does for the module.
pub trait Page: Debug + Send + Sync {
    /// Copies bytes of a file from an offset on, and returns how many: fewer than there is room for only at the end.
    ///
    /// # Errors
    /// If the file cannot be read.
    fn read(&self, file: u32, offset: u64, into: &mut [u8]) -> io::Result<usize>;

    /// Hands a request to the module `openness-keyless-wasm`, and returns its answer; `None` if that is not loaded.
    fn certify(&self, request: &[u8]) -> Option<Vec<u8>>;
}

/// The digests that a page computed, and whether it is asked for more.
#[derive(Debug, Default)]
pub(crate) struct Digests {
    /// By number; `None` if the file could not be read.
    computed: BTreeMap<u32, Option<[u8; 32]>>,
    /// The numbers of files whose digest was asked for and not there, if the page is asked for them.
    asked: Option<Mutex<BTreeSet<u32>>>,
}

impl Digests {
    /// Reads the digests of a request.
    pub(crate) fn read(digests: &[Digest], ask: bool) -> Result<Self, Failure> {
        let mut computed = BTreeMap::new();
        for Digest { file, sha256 } in digests {
            let sha256 = match sha256 {
                None => None,
                Some(hex) => Some(bytes_of(hex).ok_or_else(|| {
                    Failure::usage(format!("the digest of file {file} is not 64 lowercase hex digits: `{hex}`"))
                })?),
            };
            if computed.insert(*file, sha256).is_some() {
                return Err(Failure::usage(format!("file {file} has two digests")));
            }
        }
        Ok(Self { computed, asked: ask.then(Mutex::default) })
    }
}

fn bytes_of(hex: &str) -> Option<[u8; 32]> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let is_lower = |digit: &u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    if !rest.is_empty() || !hex.bytes().all(|digit| is_lower(&digit)) {
        return None;
    }
    let bytes: Option<Vec<u8>> =
        pairs.iter().map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    bytes?.try_into().ok()
}

/// The files of a page.
#[derive(Debug)]
pub(crate) struct PageFiles {
    list: FileList,
    /// The number and size of each entry.
    kept: Vec<(u32, u64)>,
    page: Arc<dyn Page>,
    digests: Digests,
    is_on_disk: bool,
}

impl PageFiles {
    /// Lists files by the rules for directories: without what belongs to Git, and with a problem for every other repository.
    pub(crate) fn new(
        files: &[File],
        page: Arc<dyn Page>,
        digests: Digests,
        is_on_disk: bool,
    ) -> Result<Self, Failure> {
        if files.len() > MAX_ENTRIES {
            return Err(Failure::usage(format!("{} files are too many; the limit is {MAX_ENTRIES}", files.len())));
        }
        let mut listing = Listing::default();
        let mut repositories = BTreeSet::new();
        for (file, number) in files.iter().zip(0..) {
            match place(&file.path) {
                Place::Git => {}
                Place::Repository(path) => {
                    repositories.insert(path);
                }
                Place::Release { is_of_vcs } => match file.path.parse::<RepoPath>() {
                    Ok(path) if !is_of_vcs || could_be_loaded(&path) => {
                        listing.add(path, Kind::File { executable: false }, (number, file.size));
                    }
                    Ok(_) => {}
                    Err(_) if is_of_vcs => {}
                    Err(error) => listing.problem(file.path.as_bytes(), error.into()),
                },
            }
        }
        for path in repositories {
            listing.problem(path.as_bytes(), ProblemKind::NestedRepository);
        }
        let (list, kept) = listing.finish();
        Ok(Self { list, kept, page, digests, is_on_disk })
    }

    /// Returns the numbers of the files whose digests were asked for and not there.
    pub(crate) fn missing_digests(&self) -> Vec<u32> {
        let asked = self.digests.asked.as_ref();
        asked.map_or_else(Vec::new, |asked| {
            asked.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
        })
    }

    fn kept(&self, entry: &Entry) -> io::Result<(u32, u64)> {
        let kept = self.list.number_of(entry).and_then(|at| self.kept.get(at)).copied();
        kept.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "its bytes are not available"))
    }
}

/// Where a path is.
enum Place<'a> {
    /// In Git's own data at the root.
    Git,
    /// In another repository, whose directory this is.
    Repository(&'a str),
    Release {
        /// Whether it is in the directory of another version control system at the root.
        is_of_vcs: bool,
    },
}

/// Sorts a path in by its names alone, as the walk of a directory does.
fn place(path: &str) -> Place<'_> {
    let mut end = 0;
    let mut is_of_vcs = false;
    for (at, name) in path.split('/').enumerate() {
        let is_directory = end + name.len() < path.len();
        end += name.len();
        let whole = &path[..end];
        end += 1;
        if whole == ".git" {
            return Place::Git;
        }
        let is_other = is_directory && VCS_DIRS.contains(&name);
        if name.eq_ignore_ascii_case(".git") || (at > 0 && is_other && !is_of_vcs) {
            return Place::Repository(whole);
        }
        is_of_vcs |= at == 0 && is_other;
    }
    Place::Release { is_of_vcs }
}

fn could_be_loaded(path: &RepoPath) -> bool {
    format::is_weights(path) || format::runs_on_load(path).is_some()
}

impl Files for PageFiles {
    fn origin(&self) -> Origin {
        if self.is_on_disk { Origin::Directory } else { Origin::Remote }
    }

    fn list(&self) -> &FileList {
        &self.list
    }

    fn size(&self, entry: &Entry) -> io::Result<u64> {
        self.kept(entry).map(|(_, size)| size)
    }

    fn open(&self, entry: &Entry) -> io::Result<Content> {
        self.open_range(entry, 0..u64::MAX)
    }

    fn open_range(&self, entry: &Entry, range: Range<u64>) -> io::Result<Content> {
        let (file, size) = self.kept(entry)?;
        let end = range.end.min(size);
        let offset = range.start.min(end);
        Ok(Content::new(end - offset, Part { page: Arc::clone(&self.page), file, offset, end }))
    }

    fn is_on_disk(&self, _entry: &Entry) -> bool {
        self.is_on_disk
    }

    fn computed_digest(&self, entry: &Entry) -> Option<io::Result<[u8; 32]>> {
        let (file, size) = self.kept(entry).ok()?;
        if size <= MAX_POINTER_BYTES {
            return None;
        }
        match (self.digests.computed.get(&file), &self.digests.asked) {
            (Some(Some(digest)), _) => Some(Ok(*digest)),
            (Some(None), _) => Some(Err(io::Error::other("it cannot be read"))),
            (None, Some(asked)) => {
                asked.lock().unwrap_or_else(PoisonError::into_inner).insert(file);
                Some(Err(io::Error::other("it is not hashed yet")))
            }
            (None, None) => None,
        }
    }
}

/// A part of a file, read from its start to its end.
struct Part {
    page: Arc<dyn Page>,
    file: u32,
    offset: u64,
    end: u64,
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.offset).unwrap_or(usize::MAX);
        let room = left.min(buffer.len());
        if room == 0 {
            return Ok(0);
        }
        match self.page.read(self.file, self.offset, &mut buffer[..room])? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it became shorter while it was read")),
            count => {
                self.offset += u64::try_from(count).map_err(io::Error::other)?;
                Ok(count)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fixed(&'static [u8]);

    impl Page for Fixed {
        fn read(&self, _: u32, offset: u64, into: &mut [u8]) -> io::Result<usize> {
            let from = self.0.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
            let count = from.len().min(into.len());
            into[..count].copy_from_slice(&from[..count]);
            Ok(count)
        }

        fn certify(&self, _: &[u8]) -> Option<Vec<u8>> {
            None
        }
    }

    fn listed(paths: &[&str]) -> (Vec<String>, Vec<String>) {
        let files: Vec<File> = paths.iter().map(|path| File { path: (*path).to_owned(), size: 1 }).collect();
        let files = PageFiles::new(&files, Arc::new(Fixed(b"x")), Digests::default(), true).unwrap();
        let names = files.entries().iter().map(|entry| entry.path.to_string()).collect();
        (names, files.problems().iter().map(|problem| problem.name.clone()).collect())
    }

    #[test]
    fn lists_what_the_walk_of_a_directory_lists() {
        let (names, problems) = listed(&[
            ".JJ/repo",
            ".git/HEAD",
            ".hg/a/pytorch_model.bin",
            ".hg/store/data/x.i",
            ".hgignore",
            ".jj/modeling.py",
            ".jj/working_copy/a\nb",
            ".sl",
            "model.safetensors",
            "sub/.jj/repo",
            "sub/.Git/HEAD",
            "sub/.git/HEAD",
            "sub/.git/config",
            "a\nb",
        ]);
        assert_eq!(
            names,
            [".JJ/repo", ".hg/a/pytorch_model.bin", ".hgignore", ".jj/modeling.py", ".sl", "model.safetensors"]
        );
        assert_eq!(problems, ["a\\nb", "sub/.Git", "sub/.git", "sub/.jj"]);
    }

    #[test]
    fn a_file_that_became_shorter_is_an_error() {
        let files = [File { path: "a".into(), size: 4 }];
        let files = PageFiles::new(&files, Arc::new(Fixed(b"abc")), Digests::default(), true).unwrap();
        let entry = &files.entries()[0];
        let mut text = Vec::new();
        assert!(files.open(entry).unwrap().read_to_end(&mut text).is_err());
        assert_eq!(text, b"abc");
        let mut part = String::new();
        files.open_range(entry, 1..3).unwrap().read_to_string(&mut part).unwrap();
        assert_eq!(part, "bc");
    }

    #[test]
    fn only_lowercase_hex_of_the_right_length_is_a_digest() {
        let read = |hex: &str| Digests::read(&[Digest { file: 0, sha256: Some(hex.to_owned()) }], false).is_ok();
        assert!(read(&"0f".repeat(32)));
        for hex in ["", "0F", &"0F".repeat(32), &"0f".repeat(31), &"0f".repeat(33), &"+f".repeat(32)] {
            assert!(!read(hex), "{hex}");
        }
    }
}
