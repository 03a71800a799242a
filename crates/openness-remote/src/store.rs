//! Object stores, through `object_store`.

use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::path::Path;
use object_store::{ClientConfigKey, GetOptions, ObjectMeta, ObjectStore, RetryConfig};
use reqwest::Url;

use crate::{Bytes, Error, Object, Options, Pin};

/// A prefix in a store.
#[derive(Debug)]
pub(crate) struct Bucket {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
}

/// Lists the objects below a URL.
pub(crate) async fn list(url: &Url, options: &Options) -> Result<(Bucket, Vec<Object>), Error> {
    let store = open(url, options)?;
    let prefix = Path::from_url_path(url.path())
        .map_err(|error| Error::Url(format!("`{url}` does not name a directory of a store: {error}")))?;
    let what = || format!("`{url}`");
    let mut objects = Vec::new();
    let mut found = store.list(Some(&prefix));
    while let Some(meta) = found.try_next().await.map_err(|error| translate(error, what))? {
        if objects.len() == options.most_objects {
            return Err(Error::TooMany(options.most_objects));
        }
        objects.extend(object(meta, &prefix));
    }
    drop(found);
    if objects.is_empty() {
        return Err(Error::NotFound(format!("an object below `{url}`")));
    }
    leave_out_markers(&mut objects);
    Ok((Bucket { store, prefix }, objects))
}

/// Opens the store with the settings of its provider's environment variables.
fn open(url: &Url, options: &Options) -> Result<Arc<dyn ObjectStore>, Error> {
    let retry = RetryConfig {
        max_retries: usize::try_from(options.retries).unwrap_or(usize::MAX),
        retry_timeout: options.stall.saturating_mul(options.retries.saturating_add(1)),
        ..RetryConfig::default()
    };
    // By default a request has to end within 30 seconds, with all the bytes of its answer. Silence is what counts, and the
    // reader watches for it.
    let year = "365 days";
    let fail = |error: object_store::Error| Error::Credentials(format!("`{}://`: {}", url.scheme(), text(&error)));
    Ok(match url.scheme() {
        "s3" => Arc::new(
            AmazonS3Builder::from_env()
                .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::Timeout), year)
                .with_retry(retry)
                .with_url(url.as_str())
                .build()
                .map_err(fail)?,
        ),
        "gs" => Arc::new(
            with_tls(GoogleCloudStorageBuilder::from_env())
                .with_config(GoogleConfigKey::Client(ClientConfigKey::Timeout), year)
                .with_retry(retry)
                .with_url(url.as_str())
                .build()
                .map_err(fail)?,
        ),
        _ => Arc::new(
            MicrosoftAzureBuilder::from_env()
                .with_config(AzureConfigKey::Client(ClientConfigKey::Timeout), year)
                .with_retry(retry)
                .with_url(url.as_str())
                .build()
                .map_err(fail)?,
        ),
    })
}

/// Follows no redirect to `http`, as for the other providers, unless the user has named a store without TLS.
fn with_tls(builder: GoogleCloudStorageBuilder) -> GoogleCloudStorageBuilder {
    let base = builder.get_config_value(&GoogleConfigKey::BaseUrl);
    if base.is_some_and(|base| base.starts_with("http://")) {
        return builder;
    }
    builder.with_config(GoogleConfigKey::Client(ClientConfigKey::AllowHttp), "false")
}

/// Returns the object with its name below the prefix; `None` for the prefix itself.
fn object(meta: ObjectMeta, prefix: &Path) -> Option<Object> {
    let below: Vec<String> = meta.location.prefix_match(prefix)?.map(|part| part.as_ref().to_owned()).collect();
    if below.is_empty() {
        return None;
    }
    let pin = Pin { etag: meta.e_tag, version: meta.version, modified: None };
    Some(Object { name: below.join("/"), size: meta.size, claimed_sha256: None, pin })
}

/// Leaves out the empty objects that consoles make in the place of directories.
fn leave_out_markers(objects: &mut Vec<Object>) {
    let names: std::collections::BTreeSet<String> = objects.iter().map(|object| object.name.clone()).collect();
    let has_below = |name: &str| {
        let below = format!("{name}/");
        names.range(below.clone()..).next().is_some_and(|next| next.starts_with(&below))
    };
    objects.retain(|object| object.size > 0 || !has_below(&object.name));
}

impl Bucket {
    pub(crate) async fn get(&self, object: &Object, start: u64, end: u64) -> Result<Bytes<'static>, Error> {
        let separator = if self.prefix.as_ref().is_empty() { "" } else { "/" };
        let location = Path::parse(format!("{}{separator}{}", self.prefix, object.name))
            .map_err(|error| Error::Answer(format!("`{}` is not a path: {error}", object.name)))?;
        let options = GetOptions {
            if_match: object.pin.etag.clone(),
            version: object.pin.version.clone(),
            range: (start > 0 || end < object.size).then(|| (start..end).into()),
            ..GetOptions::default()
        };
        let what = || format!("`{}`", object.name);
        let result = self.store.get_opts(&location, options).await.map_err(|error| translate(error, what))?;
        if result.meta.size != object.size {
            return Err(Error::Changed);
        }
        Ok(Box::pin(result.into_stream().map(|piece| piece.map_err(|error| Error::Network(text(&error))))))
    }
}

fn translate(error: object_store::Error, what: impl FnOnce() -> String) -> Error {
    use object_store::Error as E;
    match error {
        E::NotFound { .. } => Error::NotFound(what()),
        E::Precondition { .. } | E::NotModified { .. } => Error::Changed,
        E::PermissionDenied { .. } | E::Unauthenticated { .. } => Error::Denied(what()),
        E::InvalidPath { source } => Error::Answer(format!("the store has a name that is not a path: {source}")),
        error => match status(&text(&error)) {
            Some(404) => Error::NotFound(what()),
            Some(401 | 403) => Error::Denied(what()),
            _ => Error::Network(text(&error)),
        },
    }
}

/// Returns the status in the description of an error, which for lists of Google Cloud Storage is all that `object_store` says.
fn status(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("Server returned non-2xx status code: ")?;
    rest.get(..3)?.parse().ok()
}

/// Describes an error on one line.
fn text(error: &object_store::Error) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_provider_is_asked_or_followed_without_tls_unless_the_user_names_such_a_store() {
        let http = ClientConfigKey::AllowHttp;
        let google = |builder| with_tls(builder).get_config_value(&GoogleConfigKey::Client(http));
        assert_eq!(google(GoogleCloudStorageBuilder::new()).as_deref(), Some("false"));
        let local = GoogleCloudStorageBuilder::new().with_base_url("http://127.0.0.1:9000");
        assert_eq!(google(local).as_deref(), Some("true"));
        let s3 = AmazonS3Builder::new().get_config_value(&AmazonS3ConfigKey::Client(http));
        let azure = MicrosoftAzureBuilder::new().get_config_value(&AzureConfigKey::Client(http));
        assert_eq!((s3.as_deref(), azure.as_deref()), (Some("false"), Some("false")));
    }
}
