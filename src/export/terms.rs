//! The license keys of a table, as other formats express them.

use crate::license::{self, Effective, License, Origin};
use crate::manifest::{Component, Manifest, Terms};
use crate::taxonomy::Kind;

/// The statement about a license.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stated<'a> {
    /// No license is stated.
    Nothing,
    /// Released without a license.
    None,
    /// An SPDX expression that only contains licenses on the SPDX list.
    Expression(&'a str),
    /// Any other license, by its usual name.
    Named(&'a str),
}

/// Reads the license keys of a table.
pub(super) fn stated(terms: &Terms) -> Stated<'_> {
    let name = terms.name.as_ref().map(|name| name.as_str());
    let Some(stated) = &terms.license else {
        return name.or(location(terms)).map_or(Stated::Nothing, Stated::Named);
    };
    match license::read(stated) {
        Ok(License::None) => Stated::None,
        Ok(License::Expression(expression)) if expression.names().iter().all(|name| license::is_listed(name)) => {
            Stated::Expression(stated)
        }
        _ => Stated::Named(name.unwrap_or(stated)),
    }
}

/// Returns the location of the license text, a URL or a path.
pub(super) fn location(terms: &Terms) -> Option<&str> {
    let url = terms.url.as_ref().map(|url| url.as_str());
    url.or(terms.file.as_ref().map(|file| file.value.as_str()))
}

/// Returns the table whose license applies to a component.
pub(super) fn governing<'m>(manifest: &'m Manifest, component: &'m Component) -> &'m Terms {
    let origin = match license::effective(manifest, component) {
        Effective::Stated(_, origin) | Effective::None(_, origin) | Effective::Custom(_, origin) => origin,
        Effective::Unstated => return &component.terms,
    };
    let of_kind = match origin {
        Origin::Component => Some(&component.terms),
        Origin::Kind(Kind::Code) => manifest.licenses.code.as_ref(),
        Origin::Kind(Kind::Data) => manifest.licenses.data.as_ref(),
        Origin::Kind(Kind::Documentation) => manifest.licenses.documentation.as_ref(),
        Origin::Model => None,
    };
    of_kind.unwrap_or(&manifest.model.license)
}
