//! The files of a release in an object store, on the Hugging Face Hub, or on a web server, read where they are.
//!
//! A [`RemoteFiles`] is a source of [`Files`]. What was listed is pinned: a file that is another one by the time it is read
//! fails with [`ChangedWhileRead`]. Nothing is written to disk, and no trust rests on the transport.
//!
//! A web server cannot list its files. There the names come from the statement in `.openness/`, so that a file that is not
//! signed is not seen: [`Files::lists_everything`] is false.

use std::io::{self, Read};
use std::ops::Range;

use openness_remote::{Object, Place, Reader, Remote};
use serde::Deserialize;

use crate::files::{
    ChangedWhileRead, ClaimSource, ClaimedDigest, Content, Entry, FileList, Files, HostDigest, Kind, Listing,
    OPENNESS_DIR, Origin, ProblemKind, not_a_file,
};
use crate::manifest::FILE_NAME;
use crate::path::RepoPath;
use crate::release::{PROOF_ENDING, SIGNATURES_DIR, STATEMENT_FILE, SUMS_FILE, signature_files};

pub use openness_remote::{Error as Cause, Options};

/// Where bundles of OpenSSF Model Signing are by convention.
const OMS_FILE: &str = "model.sig";
/// The size of the largest statement that is read for its names, in bytes.
const MAX_STATEMENT_BYTES: u64 = 257 << 20;

/// The files below a URL, listed at one moment.
#[derive(Debug)]
pub struct RemoteFiles {
    remote: Remote,
    list: FileList,
    /// The object of each entry.
    objects: Vec<usize>,
}

/// Why the files below a URL could not be listed.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{url}`")]
pub struct Error {
    url: String,
    source: Cause,
}

impl Error {
    /// Returns what prevented it.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.source
    }
}

impl RemoteFiles {
    /// Lists the files below a URL.
    ///
    /// On a web server, signatures are looked for under the names that they have for the keys `key_ids`.
    ///
    /// # Errors
    /// [`Error`] if the URL is not one of a release, or the server cannot be reached or does not answer.
    pub fn open(url: &str, options: &Options, key_ids: impl IntoIterator<Item = String>) -> Result<Self, Error> {
        let fail = |source| Error { url: url.to_owned(), source };
        let place: Place = url.parse().map_err(fail)?;
        let mut remote = Remote::open(&place, options).map_err(fail)?;
        if !remote.is_complete() {
            remote.probe(first_names(key_ids).iter().map(String::as_str)).map_err(fail)?;
            let names = names_of_statement(&remote).map_err(|error| fail(Cause::Network(error.to_string())))?;
            remote.probe(names.iter().map(String::as_str)).map_err(fail)?;
        }
        let mut listing = Listing::default();
        for (at, object) in remote.objects().iter().enumerate() {
            match object.name.parse::<RepoPath>() {
                Ok(path) => listing.add(path, Kind::File { executable: false }, at),
                Err(error) => listing.problem(object.name.as_bytes(), ProblemKind::Path(error)),
            }
        }
        let (list, objects) = listing.finish();
        Ok(Self { remote, list, objects })
    }

    fn object(&self, entry: &Entry) -> io::Result<&Object> {
        let at = self.list.number_of(entry).and_then(|at| self.objects.get(at));
        at.and_then(|at| self.remote.objects().get(*at)).ok_or_else(|| not_a_file(entry))
    }
}

/// Returns the names that a release has whatever is in it.
fn first_names(key_ids: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut names = vec![FILE_NAME.to_owned(), OMS_FILE.to_owned()];
    names.extend([STATEMENT_FILE, SUMS_FILE].map(|name| format!("{OPENNESS_DIR}/{name}")));
    for key in key_ids {
        let files = signature_files(&key);
        let stem: String = key.chars().take(16).collect();
        let proof = format!("{stem}{PROOF_ENDING}");
        names.extend(files.into_iter().chain([proof]).map(|name| format!("{OPENNESS_DIR}/{SIGNATURES_DIR}/{name}")));
    }
    names
}

/// Returns the names of the files in the statement, which need not be signed for this: they only say what to ask for.
fn names_of_statement(remote: &Remote) -> io::Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Statement {
        #[serde(default)]
        subject: Vec<Subject>,
    }
    #[derive(Deserialize)]
    struct Subject {
        name: String,
    }
    let name = format!("{OPENNESS_DIR}/{STATEMENT_FILE}");
    let Some(object) = remote.objects().iter().find(|object| object.name == name) else { return Ok(Vec::new()) };
    if object.size > MAX_STATEMENT_BYTES {
        return Ok(Vec::new());
    }
    let mut bytes = Vec::new();
    remote.read(object, 0, object.size).read_to_end(&mut bytes)?;
    // What is wrong with a statement is for `verify` to say.
    let Ok(statement) = serde_json::from_slice::<Statement>(&bytes) else { return Ok(Vec::new()) };
    let is_path = |name: &String| name.parse::<RepoPath>().is_ok();
    Ok(statement.subject.into_iter().map(|subject| subject.name).filter(is_path).collect())
}

impl Files for RemoteFiles {
    fn origin(&self) -> Origin {
        Origin::Remote
    }

    fn list(&self) -> &FileList {
        &self.list
    }

    fn lists_everything(&self) -> bool {
        self.remote.is_complete()
    }

    fn host_commit(&self) -> Option<&str> {
        self.remote.commit()
    }

    fn size(&self, entry: &Entry) -> io::Result<u64> {
        Ok(self.object(entry)?.size)
    }

    fn open(&self, entry: &Entry) -> io::Result<Content> {
        self.open_range(entry, 0..u64::MAX)
    }

    fn open_range(&self, entry: &Entry, range: Range<u64>) -> io::Result<Content> {
        let object = self.object(entry)?;
        let end = range.end.min(object.size);
        let start = range.start.min(end);
        Ok(Content::new(end - start, Pinned(self.remote.read(object, start, end))))
    }

    fn claimed_digest(&self, entry: &Entry) -> Option<ClaimedDigest> {
        let digest = self.object(entry).ok()?.claimed_sha256.clone()?;
        Some(ClaimedDigest { source: ClaimSource::Api, digest: HostDigest::Sha256(digest) })
    }
}

/// A reader whose errors say what `verify` has to know: that the file is another one, or that it cannot be had.
struct Pinned(Reader);

impl Read for Pinned {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| {
            if openness_remote::is_change(&error) {
                return io::Error::other(ChangedWhileRead);
            }
            match error.kind() {
                io::ErrorKind::NotFound => error,
                // Not a fault of the file.
                _ => io::Error::new(io::ErrorKind::ConnectionAborted, error),
            }
        })
    }
}
