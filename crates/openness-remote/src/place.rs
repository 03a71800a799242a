//! URLs of releases.

use reqwest::Url;

use crate::Error;

/// The beginnings of URLs that are understood, each with an example.
const SCHEMES: &[(&str, &str)] = &[
    ("s3://", "s3://bucket/directory"),
    ("gs://", "gs://bucket/directory"),
    ("az://", "az://container/directory"),
    ("hf:", "hf:org/name@REV"),
    ("https://", "https://host/directory"),
    ("http://", "http://127.0.0.1:8000/directory"),
];

/// Where a release is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A directory of a web server.
    Http(Url),
    /// A repository of the Hugging Face Hub.
    Hub {
        /// What it holds.
        kind: HubKind,
        /// `org/name`.
        id: String,
        /// A branch, tag or commit; the Hub's default branch if there is none.
        revision: Option<String>,
    },
    /// A prefix in an object store.
    Store {
        /// The URL as the user gave it.
        url: Url,
    },
}

/// What a repository of the Hub holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HubKind {
    /// A model.
    Model,
    /// A data set.
    Dataset,
}

impl std::str::FromStr for Place {
    type Err = Error;

    /// Reads a URL.
    ///
    /// # Errors
    /// [`Error::Url`] says what is wrong and what to write instead.
    fn from_str(text: &str) -> Result<Self, Error> {
        if let Some(rest) = text.strip_prefix("hf:") {
            return hub(text, rest);
        }
        let url = Url::parse(text).map_err(|error| Error::Url(format!("`{text}` is not a URL: {error}")))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::Url("a URL with a password in it would be printed and logged".to_owned()));
        }
        if url.fragment().is_some() {
            return Err(Error::Url("a URL with `#` does not name a directory".to_owned()));
        }
        match url.scheme() {
            "https" | "http" => web(url),
            "s3" | "gs" | "az" => store(url),
            scheme => {
                let known: Vec<String> = SCHEMES.iter().map(|(_, example)| format!("`{example}`")).collect();
                Err(Error::Url(format!("`{scheme}` is not a known kind of URL; expected {}", known.join(", "))))
            }
        }
    }
}

fn hub(text: &str, rest: &str) -> Result<Place, Error> {
    let refuse = |what: &str| {
        Err(Error::Url(format!("`{text}` {what}; expected `hf:org/name@REV` or `hf:datasets/org/name@REV`")))
    };
    let (id, revision) = match rest.split_once('@') {
        Some((_, "")) => return refuse("names an empty revision"),
        Some((id, revision)) => (id, Some(revision)),
        None => (rest, None),
    };
    let (kind, id) = match id.strip_prefix("datasets/") {
        Some(id) => (HubKind::Dataset, id),
        None => (HubKind::Model, id.strip_prefix("models/").unwrap_or(id)),
    };
    let is_name = |part: &str| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !part.is_empty() && part.len() <= 96 && part.bytes().all(is_allowed) && !matches!(part, "." | "..")
    };
    let parts: Vec<&str> = id.split('/').collect();
    if !(parts.len() == 2 && parts.iter().all(|part| is_name(part))) {
        return refuse("is not the name of a repository");
    }
    let is_revision = |text: &str| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
        text.len() <= 255
            && text.bytes().all(is_allowed)
            && !text.split('/').any(|part| matches!(part, "" | "." | ".."))
    };
    if revision.is_some_and(|revision| !is_revision(revision)) {
        return refuse("names a revision that cannot be one");
    }
    Ok(Place::Hub { kind, id: id.to_owned(), revision: revision.map(str::to_owned) })
}

fn web(url: Url) -> Result<Place, Error> {
    if url.scheme() == "http" && !is_this_machine(&url) {
        return Err(Error::Url("`http://` is only for servers on this machine; use `https://`".to_owned()));
    }
    if matches!(url.host_str(), Some("huggingface.co" | "hf.co")) {
        let mut parts = url.path_segments().into_iter().flatten().filter(|part| !part.is_empty());
        let (org, name) = (parts.next().unwrap_or("org"), parts.next().unwrap_or("name"));
        let revision = match (parts.next(), parts.next()) {
            (Some("tree" | "blob" | "resolve"), Some(revision)) => revision,
            _ => "REV",
        };
        return Err(Error::Url(format!("a web page of the Hub does not list files; use `hf:{org}/{name}@{revision}`")));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(Error::Url("the URL names no host".to_owned()));
    }
    Ok(Place::Http(url))
}

fn store(url: Url) -> Result<Place, Error> {
    if url.host_str().is_none_or(str::is_empty) {
        let of = if url.scheme() == "az" { "container" } else { "bucket" };
        return Err(Error::Url(format!("the URL names no {of}; expected `{}://{of}/directory`", url.scheme())));
    }
    if url.query().is_some() {
        return Err(Error::Url(
            "a URL of an object store has no `?`; credentials come from the environment".to_owned(),
        ));
    }
    Ok(Place::Store { url })
}

/// Returns whether a URL leads to this machine, without asking for the address of a name.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn reads_each_kind_of_url() {
        let hub = |kind, id: &str, revision: Option<&str>| Place::Hub {
            kind,
            id: id.to_owned(),
            revision: revision.map(str::to_owned),
        };
        for (text, expected) in [
            ("hf:org/name@v1.0", hub(HubKind::Model, "org/name", Some("v1.0"))),
            ("hf:org/name@refs/pr/1", hub(HubKind::Model, "org/name", Some("refs/pr/1"))),
            ("hf:org/na.me", hub(HubKind::Model, "org/na.me", None)),
            ("hf:datasets/org/name@main", hub(HubKind::Dataset, "org/name", Some("main"))),
        ] {
            assert_eq!(text.parse::<Place>().unwrap(), expected, "{text}");
        }
        assert!(matches!("s3://bucket/a/b".parse::<Place>().unwrap(), Place::Store { .. }));
        assert!(matches!("https://example.org/a".parse::<Place>().unwrap(), Place::Http(_)));
        assert!(matches!("http://127.0.0.1:8000".parse::<Place>().unwrap(), Place::Http(_)));
        assert!(matches!("http://[::1]:8000/a".parse::<Place>().unwrap(), Place::Http(_)));
    }

    #[test]
    fn refuses_what_is_not_a_release_and_says_what_is() {
        for (text, expected) in [
            ("hf:name", "`hf:name` is not the name of a repository; expected `hf:org/name@REV`"),
            ("hf:org/../x@main", "is not the name of a repository"),
            ("hf:org/name@", "names an empty revision"),
            ("hf:org/name@a/../b", "names a revision that cannot be one"),
            ("http://example.org/a", "`http://` is only for servers on this machine; use `https://`"),
            ("http://127.0.0.1.example.org/a", "`http://` is only for servers on this machine"),
            ("https://huggingface.co/org/name/tree/main", "use `hf:org/name@main`"),
            ("https://user:secret@example.org/a", "a URL with a password in it would be printed and logged"),
            ("https://example.org/a#b", "a URL with `#` does not name a directory"),
            ("s3:///a", "the URL names no bucket"),
            ("s3://bucket/a?x=1", "credentials come from the environment"),
            ("ftp://example.org/a", "`ftp` is not a known kind of URL"),
        ] {
            let error = text.parse::<Place>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(!error.contains("secret"), "{text}: {error}");
        }
    }
}
