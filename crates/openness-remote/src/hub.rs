//! Repositories of the Hugging Face Hub: one request for the list, one per file.

use reqwest::{Method, Url};
use serde::Deserialize;

use crate::http::{self, Http, below, check};
use crate::place::{HubKind, is_this_machine};
use crate::{Bytes, Error, Object, Options, Pin};

/// The longest answer with a list of files, in bytes.
const MOST_BYTES: usize = 512 << 20;

/// A repository at one commit.
#[derive(Debug)]
pub(crate) struct Repository {
    http: Http,
    /// The URL below which files are, with the commit in it.
    files: Url,
    commit: String,
}

/// The answer of `/api/models/{id}/revision/{revision}?blobs=true`.
#[derive(Debug, Deserialize)]
struct Answer {
    sha: String,
    #[serde(default)]
    siblings: Vec<Sibling>,
}

#[derive(Debug, Deserialize)]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    lfs: Option<Lfs>,
}

#[derive(Debug, Deserialize)]
struct Lfs {
    sha256: Option<String>,
    size: Option<u64>,
}

/// Lists the files of a repository at a revision, of which the Hub names the commit.
pub(crate) async fn list(
    kind: HubKind,
    id: &str,
    revision: Option<&str>,
    options: &Options,
) -> Result<(Repository, Vec<Object>), Error> {
    let endpoint = endpoint(&options.hub)?;
    let token = options.hub_token.clone().map(|token| (endpoint.clone(), token));
    let http = Http::new(options, token)?;
    let (api, files) = match kind {
        HubKind::Model => (format!("api/models/{id}"), id.to_owned()),
        HubKind::Dataset => (format!("api/datasets/{id}"), format!("datasets/{id}")),
    };
    let mut url = below(&endpoint, &api)?;
    let what = || match revision {
        Some(revision) => format!("revision `{revision}` of `{id}` at {}", host(&endpoint)),
        None => format!("`{id}` at {}", host(&endpoint)),
    };
    if let Some(revision) = revision {
        // A revision with `/` in it, such as `refs/pr/1`, is one part of the path.
        url.path_segments_mut()
            .map_err(|()| Error::Url("the address of the Hub cannot have a path".to_owned()))?
            .push("revision")
            .push(revision);
    }
    url.query_pairs_mut().append_pair("blobs", "true");
    let (response, _) = http.send(Method::GET, &url, &[]).await?;
    check(response.status(), what)?;
    let answer: Answer = serde_json::from_slice(&body(response).await?)
        .map_err(|error| Error::Answer(format!("the Hub's list of files is not understood: {error}")))?;
    let is_commit = answer.sha.len() == 40 && answer.sha.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !is_commit {
        return Err(Error::Answer("the Hub does not name the commit".to_owned()));
    }
    let is_full = |revision: &str| revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    if revision.is_some_and(|revision| is_full(revision) && !revision.eq_ignore_ascii_case(&answer.sha)) {
        return Err(Error::Answer(format!("the Hub answered with the commit {}, which was not asked for", answer.sha)));
    }
    if answer.siblings.len() > options.most_objects {
        return Err(Error::TooMany(options.most_objects));
    }
    let objects = answer.siblings.into_iter().map(object).collect::<Result<_, _>>()?;
    let mut base = below(&endpoint, &files)?;
    base.path_segments_mut()
        .map_err(|()| Error::Url("the address of the Hub cannot have a path".to_owned()))?
        .push("resolve")
        .push(&answer.sha);
    Ok((Repository { http, files: base, commit: answer.sha }, objects))
}

fn object(sibling: Sibling) -> Result<Object, Error> {
    let Sibling { rfilename: name, size, lfs } = sibling;
    let size = lfs.as_ref().and_then(|lfs| lfs.size).or(size);
    let Some(size) = size else {
        return Err(Error::Answer(format!("the Hub does not say how large `{name}` is")));
    };
    let claimed_sha256 = lfs.and_then(|lfs| lfs.sha256).map(|digest| digest.to_ascii_lowercase());
    Ok(Object { name, size, claimed_sha256, pin: Pin::default() })
}

async fn body(mut response: reqwest::Response) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| Error::Network(crate::error::describe(error)))? {
        if bytes.len() + piece.len() > MOST_BYTES {
            return Err(Error::Answer(format!("the Hub's list of files has more than {MOST_BYTES} bytes")));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// Reads the address of the Hub.
fn endpoint(text: &str) -> Result<Url, Error> {
    let url = Url::parse(text).map_err(|error| Error::Url(format!("the address of the Hub, `{text}`: {error}")))?;
    if url.scheme() == "https" || (url.scheme() == "http" && is_this_machine(&url)) {
        return Ok(url);
    }
    Err(Error::Url(format!("the address of the Hub, `{text}`, is not an `https://` URL")))
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}

impl Repository {
    pub(crate) fn commit(&self) -> &str {
        &self.commit
    }

    pub(crate) async fn get(&self, object: &Object, start: u64, end: u64) -> Result<Bytes<'static>, Error> {
        // The commit in the URL is the pin. The storage that it redirects to has ETags of its own.
        http::get(&self.http, &below(&self.files, &object.name)?, object, start, end).await
    }
}
