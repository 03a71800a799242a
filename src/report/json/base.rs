//! A base model, as `show` and `verify` write it.

use serde::Serialize;

use crate::manifest::Base;

/// A model that this one was made from.
#[derive(Debug, Serialize)]
pub(super) struct BaseV1<'a> {
    name: &'a str,
    url: Option<&'a str>,
    relation: Option<&'static str>,
    license: Option<&'a str>,
    digest: Option<&'a str>,
    statement: Option<&'a str>,
}

impl<'a> From<&'a Base> for BaseV1<'a> {
    fn from(base: &'a Base) -> Self {
        Self {
            name: base.name.as_str(),
            url: base.url.as_ref().map(|url| url.as_str()),
            relation: base.relation.as_ref().map(|relation| relation.as_str()),
            license: base.license.as_ref().map(|license| license.as_str()),
            digest: base.digest.as_ref().map(|digest| digest.value.as_str()),
            statement: base.statement.as_ref().map(|digest| digest.value.as_str()),
        }
    }
}
