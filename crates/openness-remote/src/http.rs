//! Requests to web servers: ranges, pins and redirects.

use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderName,
    IF_MATCH, LAST_MODIFIED, LOCATION, RANGE,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, StatusCode, Url};
use tokio::time::{sleep, timeout};

use crate::error::describe;
use crate::place::is_this_machine;
use crate::{Bytes, Error, Object, Options, Pin};

/// How many redirects are followed.
const MOST_REDIRECTS: usize = 8;

/// An HTTP client that follows redirects by rules of its own, and keeps the user's token at one host.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: Client,
    /// The origin that the token is for, and the token.
    token: Option<(Url, String)>,
}

impl Http {
    pub(crate) fn new(options: &Options, token: Option<(Url, String)>) -> Result<Self, Error> {
        let client = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(options.stall)
            .user_agent(concat!("openness/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::Network(describe(error)))?;
        Ok(Self { client, token })
    }

    /// Sends a request, and follows redirects, but never from `https` to `http`.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: &[(HeaderName, String)],
    ) -> Result<(Response, HeaderMap), Error> {
        let mut url = url.clone();
        let mut first: Option<HeaderMap> = None;
        for _ in 0..=MOST_REDIRECTS {
            let mut request = self.client.request(method.clone(), url.clone()).header(ACCEPT_ENCODING, "identity");
            for (name, value) in headers {
                request = request.header(name, value);
            }
            if let Some((_, token)) = self.token.as_ref().filter(|(origin, _)| origin.origin() == url.origin()) {
                request = request.header(AUTHORIZATION, format!("Bearer {token}"));
            }
            let response = request.send().await.map_err(|error| Error::Network(describe(error)))?;
            if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED {
                let first = first.unwrap_or_else(|| response.headers().clone());
                return Ok((response, first));
            }
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let next = location.and_then(|location| url.join(location).ok());
            let Some(next) = next else { return Err(Error::Answer("a redirect leads nowhere".to_owned())) };
            let is_local = url.scheme() == "http" && next.scheme() == "http" && is_this_machine(&next);
            if next.scheme() != "https" && !is_local {
                let where_to =
                    if next.scheme() == "http" && url.scheme() == "http" { " on another machine" } else { "" };
                let (from, to) = (url.scheme(), next.scheme());
                return Err(Error::Answer(format!("a redirect leads from `{from}` to `{to}`{where_to}")));
            }
            first.get_or_insert_with(|| response.headers().clone());
            url = next;
        }
        Err(Error::Answer(format!("more than {MOST_REDIRECTS} redirects")))
    }
}

/// Turns a status that is not a success into an error.
pub(crate) fn check(status: StatusCode, what: impl FnOnce() -> String) -> Result<(), Error> {
    match status {
        status if status.is_success() => Ok(()),
        StatusCode::NOT_FOUND | StatusCode::GONE => Err(Error::NotFound(what())),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Error::Denied(what())),
        StatusCode::PRECONDITION_FAILED | StatusCode::RANGE_NOT_SATISFIABLE => Err(Error::Changed),
        status if status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429) => {
            Err(Error::Network(format!("the server answered {status}")))
        }
        status => Err(Error::Answer(format!("the server answered {status} for {}", what()))),
    }
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Returns what a response says about which object it is of.
fn pin(headers: &HeaderMap) -> Pin {
    Pin {
        etag: header(headers, ETAG).map(str::to_owned),
        version: None,
        modified: header(headers, LAST_MODIFIED).map(str::to_owned),
    }
}

impl Pin {
    /// Returns the ETag if it stands for the very bytes; weak ones do not.
    fn strong(&self) -> Option<&str> {
        self.etag.as_deref().filter(|etag| etag.starts_with('"'))
    }

    /// Returns whether a response is of the pinned object, as far as both say.
    fn agrees_with(&self, other: &Self) -> bool {
        let agree = |a: &Option<String>, b: &Option<String>| a.is_none() || b.is_none() || a == b;
        agree(&self.etag, &other.etag) && (self.etag.is_some() || agree(&self.modified, &other.modified))
    }
}

/// Reads a part of what is at a URL. A server that does not know ranges sends everything, of which the start is dropped.
pub(crate) async fn get(
    http: &Http,
    url: &Url,
    object: &Object,
    start: u64,
    end: u64,
) -> Result<Bytes<'static>, Error> {
    let mut headers = Vec::new();
    let is_part = start > 0 || end < object.size;
    if is_part {
        headers.push((RANGE, format!("bytes={start}-{}", end - 1)));
    }
    if let Some(etag) = object.pin.strong() {
        headers.push((IF_MATCH, etag.to_owned()));
    }
    let (response, _) = http.send(Method::GET, url, &headers).await?;
    check(response.status(), || format!("`{}`", object.name))?;
    if !object.pin.agrees_with(&pin(response.headers())) {
        return Err(Error::Changed);
    }
    if header(response.headers(), CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(Error::Answer(format!("the server sends `{}` in an encoding that was not asked for", object.name)));
    }
    let (skip, most) = match (is_part, response.status()) {
        (true, StatusCode::PARTIAL_CONTENT) => {
            let range = header(response.headers(), CONTENT_RANGE).and_then(content_range);
            if range.is_none_or(|(from, size)| from != start || size.is_some_and(|size| size != object.size)) {
                return Err(Error::Changed);
            }
            (0, None)
        }
        (false, StatusCode::PARTIAL_CONTENT) => {
            return Err(Error::Answer("the server sent a part that was not asked for".to_owned()));
        }
        _ => {
            // The whole object: its length has to be the listed one.
            let length = header(response.headers(), CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
            if length.is_some_and(|length| length != object.size) {
                return Err(Error::Changed);
            }
            (start, is_part.then_some(end - start))
        }
    };
    Ok(cut(response, skip, most))
}

/// Reads `bytes 5-9/10` or `bytes 5-9/*`: where the part starts, and the size of the whole.
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, size) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.parse().ok()?, if size == "*" { None } else { Some(size.parse().ok()?) }))
}

/// Drops the first bytes of a response, and what comes after `most` more: a server without ranges sends everything.
fn cut(response: Response, skip: u64, most: Option<u64>) -> Bytes<'static> {
    let pieces = response.bytes_stream().map(|piece| piece.map_err(|error| Error::Network(describe(error))));
    let state = (Box::pin(pieces), skip, most);
    Box::pin(futures_util::stream::unfold(state, |(mut pieces, mut skip, mut left)| async move {
        loop {
            if left == Some(0) {
                return None;
            }
            let mut piece = match pieces.next().await? {
                Ok(piece) => piece,
                Err(error) => return Some((Err(error), (pieces, skip, left))),
            };
            let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            let dropped = length.min(skip);
            skip -= dropped;
            // At most the length of the piece.
            let _ = piece.split_to(usize::try_from(dropped).unwrap_or(piece.len()));
            if let Some(left) = &mut left {
                piece.truncate(usize::try_from(*left).unwrap_or(usize::MAX).min(piece.len()));
                *left -= u64::try_from(piece.len()).unwrap_or(u64::MAX).min(*left);
            }
            if !piece.is_empty() {
                return Some((Ok(piece), (pieces, skip, left)));
            }
        }
    }))
}

/// A directory of a web server, which cannot list its files.
#[derive(Debug)]
pub(crate) struct Directory {
    http: Http,
    base: Url,
}

impl Directory {
    pub(crate) fn new(base: Url, options: &Options) -> Result<Self, Error> {
        Ok(Self { http: Http::new(options, None)?, base })
    }

    fn url(&self, name: &str) -> Result<Url, Error> {
        below(&self.base, name)
    }

    pub(crate) async fn get(&self, object: &Object, start: u64, end: u64) -> Result<Bytes<'static>, Error> {
        get(&self.http, &self.url(&object.name)?, object, start, end).await
    }

    /// Asks for the size of a file; `None` if it does not exist. A request that fails is made again.
    pub(crate) async fn head_again(
        &self,
        name: String,
        retries: u32,
        stall: Duration,
    ) -> Result<Option<Object>, Error> {
        let mut failures = 0;
        loop {
            let silent = |_| Err(Error::Network(format!("the server was silent for {} seconds", stall.as_secs())));
            match timeout(stall, self.head(&name)).await.unwrap_or_else(silent) {
                Ok(object) => return Ok(Some(object)),
                Err(Error::NotFound(_)) => return Ok(None),
                Err(error) if !error.is_transient() || failures >= retries => return Err(error),
                Err(_) => {}
            }
            failures += 1;
            sleep(Duration::from_millis(100 << failures.min(6))).await;
        }
    }

    async fn head(&self, name: &str) -> Result<Object, Error> {
        let url = self.url(name)?;
        let (mut response, _) = self.http.send(Method::HEAD, &url, &[]).await?;
        if matches!(
            response.status(),
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED | StatusCode::FORBIDDEN
        ) {
            // Some servers, and addresses that were signed for reading, allow GET alone.
            (response, _) = self.http.send(Method::GET, &url, &[]).await?;
        }
        check(response.status(), || format!("`{name}`"))?;
        let length = header(response.headers(), CONTENT_LENGTH).and_then(|length| length.parse().ok());
        let Some(size) = length else {
            return Err(Error::Answer(format!("the server does not say how large `{name}` is")));
        };
        Ok(Object { name: name.to_owned(), size, claimed_sha256: None, pin: pin(response.headers()) })
    }
}

/// Returns the URL of a file below a directory; a query stays.
pub(crate) fn below(base: &Url, name: &str) -> Result<Url, Error> {
    let mut url = base.clone();
    let refused = || Error::Url("the URL cannot have a path".to_owned());
    url.path_segments_mut().map_err(|()| refused())?.pop_if_empty().extend(name.split('/'));
    // `.` and `..` are dropped or followed by every reader of URLs.
    if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(Error::Url(format!("`{name}` is not a name below the URL")));
    }
    Ok(url)
}
