//! Reads the files of a model release where they are: in an object store, on the Hugging Face Hub, or on a web server.
//!
//! [`Remote::open`] takes a URL and lists what is there; [`Remote::read`] reads a part of one object as a blocking reader.
//! Nothing is written to disk, and no judgment is passed on the bytes: a reader yields what the server sent, or fails.
//!
//! | URL | listed by | pinned by |
//! |---|---|---|
//! | `s3://bucket/prefix` | the store | version, or ETag |
//! | `gs://bucket/prefix` | the store | generation, or ETag |
//! | `az://container/prefix` | the store | version, or ETag |
//! | `hf:org/name@REV` | the Hub | the commit, of 40 hex digits |
//! | `https://host/directory` | nobody: the caller names the files ([`Remote::probe`]) | ETag, or the time of the last change |
//!
//! Every read carries the pin of the listing, and an object that is another one by then is [`Error::Changed`]. A reader
//! whose connection ends early asks for the rest, with the same pin.
//!
//! Credentials for object stores come from the environment variables of each provider, and only for a URL of that
//! provider. The token of the Hub is sent to the Hub's own host alone. TLS protects the transport; it is not what makes the
//! bytes trustworthy.

mod error;
mod http;
mod hub;
mod place;
mod reader;
mod store;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use tokio::runtime::Runtime;

pub use error::{Error, is_change};
pub use place::{HubKind, Place};
pub use reader::Reader;

/// How many requests for the size of an object are open at once.
const PROBES: usize = 16;

/// What the caller decides about requests.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// The address of the Hub, `https://huggingface.co` unless the user has another.
    pub hub: String,
    /// The user's token for the Hub.
    pub hub_token: Option<String>,
    /// How long a server may be silent before a request is made again.
    pub stall: Duration,
    /// How many times in a row a request is made again without a byte of progress.
    pub retries: u32,
    /// The most objects that are listed.
    pub most_objects: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            hub: "https://huggingface.co".to_owned(),
            hub_token: None,
            stall: Duration::from_secs(30),
            retries: 4,
            most_objects: 1_000_000,
        }
    }
}

/// One object of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its name below the URL, with `/` between directories.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 that the host claims, in lowercase hex. A claim, not a verification.
    pub claimed_sha256: Option<String>,
    /// What has to be the same at every read.
    pin: Pin,
}

/// What makes two reads of one name reads of one object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Pin {
    etag: Option<String>,
    version: Option<String>,
    modified: Option<String>,
}

/// A stream of the bytes of an object from some offset on.
type Bytes<'a> = BoxStream<'a, Result<bytes::Bytes, Error>>;

#[derive(Debug)]
enum Backend {
    Http(http::Directory),
    Hub(hub::Repository),
    Store(store::Bucket),
}

impl Backend {
    async fn get(&self, object: &Object, start: u64, end: u64) -> Result<Bytes<'static>, Error> {
        match self {
            Self::Http(directory) => directory.get(object, start, end).await,
            Self::Hub(repository) => repository.get(object, start, end).await,
            Self::Store(bucket) => bucket.get(object, start, end).await,
        }
    }
}

/// The objects below one URL.
#[derive(Debug)]
pub struct Remote {
    runtime: Arc<Runtime>,
    backend: Arc<Backend>,
    options: Options,
    objects: Vec<Object>,
}

impl Remote {
    /// Connects to the place and lists its objects, unless it is a web server, which cannot list them.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`], [`Error::TooMany`], [`Error::Credentials`] and [`Error::Network`].
    pub fn open(place: &Place, options: &Options) -> Result<Self, Error> {
        // The result is an error where the program has installed a provider already, which is then used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .thread_name("openness-remote")
            .build()
            .map_err(|error| Error::Network(format!("cannot start threads: {error}")))?;
        let (backend, objects) = runtime.block_on(async {
            Ok::<_, Error>(match place {
                Place::Http(url) => (Backend::Http(http::Directory::new(url.clone(), options)?), Vec::new()),
                Place::Hub { kind, id, revision } => {
                    let (repository, objects) = hub::list(*kind, id, revision.as_deref(), options).await?;
                    (Backend::Hub(repository), objects)
                }
                Place::Store { url } => {
                    let (bucket, objects) = store::list(url, options).await?;
                    (Backend::Store(bucket), objects)
                }
            })
        })?;
        Ok(Self { runtime: Arc::new(runtime), backend: Arc::new(backend), options: options.clone(), objects })
    }

    /// Returns what was listed, and what [`Remote::probe`] found.
    #[must_use]
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// Returns whether the list has every object below the URL.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !matches!(*self.backend, Backend::Http(_))
    }

    /// Returns the commit that was listed, if the place is a repository of the Hub.
    #[must_use]
    pub fn commit(&self) -> Option<&str> {
        match &*self.backend {
            Backend::Hub(repository) => Some(repository.commit()),
            Backend::Http(_) | Backend::Store(_) => None,
        }
    }

    /// Asks a web server for objects by their names, and adds those that exist to the list.
    ///
    /// # Errors
    /// [`Error::Denied`] and [`Error::Network`]. A name that does not exist is not an error.
    pub fn probe<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) -> Result<(), Error> {
        let Backend::Http(directory) = &*self.backend else { return Ok(()) };
        let known = |name: &str| self.objects.iter().any(|object| object.name == name);
        let names: Vec<String> = names.into_iter().filter(|name| !known(name)).map(str::to_owned).collect();
        let (retries, stall) = (self.options.retries, self.options.stall);
        let requests = stream::iter(names.into_iter().map(|name| directory.head_again(name, retries, stall)));
        let found: Vec<_> = self.runtime.block_on(requests.buffered(PROBES).collect());
        for object in found {
            self.objects.extend(object?);
        }
        Ok(())
    }

    /// Starts reading the bytes of an object from `start` up to but not including `end`.
    ///
    /// The reader fails with [`Error::Changed`] in its error if the object is not the listed one any more, and if the
    /// server sends more or fewer bytes; see [`is_change`].
    #[must_use]
    pub fn read(&self, object: &Object, start: u64, end: u64) -> Reader {
        let end = end.min(object.size);
        let task = reader::Task {
            backend: Arc::clone(&self.backend),
            object: object.clone(),
            retries: self.options.retries,
            stall: self.options.stall,
        };
        Reader::start(Arc::clone(&self.runtime), task, start.min(end), end)
    }
}
