//! Licences: reading SPDX expressions, and finding which one governs a component.
//!
//! An expression is read by the [`spdx`] crate. `NONE` says that something is released without a licence, which is not
//! the same as saying nothing: nothing inherits. What a licence allows is in [`traits`].
//! See <https://spdx.github.io/spdx-spec/v3.0.1/annexes/spdx-license-expressions/>.

mod suggest;
pub mod text;
pub mod traits;

use crate::manifest::{Component, Manifest, Terms, Text};
use crate::source::Span;
use crate::taxonomy::{self, Kind};

/// The word that says: released without a licence.
pub const NONE: &str = "NONE";

/// What a `license` key says.
#[derive(Debug, Clone)]
pub enum License {
    /// `NONE`.
    None,
    /// An SPDX expression.
    Expression(Expression),
}

/// An SPDX licence expression.
#[derive(Debug, Clone)]
pub struct Expression {
    text: String,
    parsed: Box<spdx::Expression>,
}

/// The text is no licence expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no SPDX licence expression: {problem}")]
pub struct NotALicense {
    /// What was read.
    pub text: String,
    /// What is wrong with it.
    pub problem: String,
    /// The expressions that were probably meant, the likeliest first.
    pub suggestions: Vec<String>,
}

/// Reads the value of a `license` key.
///
/// Ids are case-sensitive. Deprecated ids are read, and [`Expression::deprecated`] names them.
///
/// # Errors
/// [`NotALicense`], with suggestions for what people commonly write instead.
pub fn read(text: &str) -> Result<License, NotALicense> {
    const MODE: spdx::ParseMode =
        spdx::ParseMode { allow_deprecated: true, allow_postfix_plus_on_gpl: true, ..spdx::ParseMode::STRICT };
    if text == NONE {
        return Ok(License::None);
    }
    match spdx::Expression::parse_mode(text, MODE) {
        Ok(parsed) => Ok(License::Expression(Expression { text: text.to_owned(), parsed: Box::new(parsed) })),
        Err(spdx::ParseError { span, reason, .. }) => {
            let mut problem = reason.to_string();
            let mut suggestions = suggest::suggestions(text);
            if let Some(term) = text.get(span.clone()).filter(|term| !term.is_empty() && *term != text) {
                problem = format!("{problem} `{}`", term.escape_debug());
                let instead = |other: String| [&text[..span.start], &other, &text[span.end..]].concat();
                if suggestions.is_empty() {
                    suggestions = suggest::suggestions(term).into_iter().map(instead).collect();
                }
            }
            Err(NotALicense { text: text.to_owned(), problem, suggestions })
        }
    }
}

/// Returns whether SPDX lists the id, in exactly this spelling.
#[must_use]
pub fn is_listed(id: &str) -> bool {
    spdx::license_id(id).is_some()
}

/// Returns whether the Open Source Initiative has approved the licence of an SPDX id.
#[must_use]
pub fn is_osi_approved(id: &str) -> bool {
    spdx::license_id(id).is_some_and(spdx::LicenseId::is_osi_approved)
}

impl Expression {
    /// Returns the text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the licences named, `LicenseRef-…` among them, without exceptions, each once, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for requirement in self.parsed.requirements() {
            let name = name(&requirement.req.license);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Returns the deprecated SPDX ids, each with the ids to use instead.
    #[must_use]
    pub fn deprecated(&self) -> Vec<(String, Vec<String>)> {
        self.parsed
            .requirements()
            .filter_map(|requirement| requirement.req.license.id())
            .filter(|id| id.is_deprecated())
            .map(|id| (id.name.to_owned(), suggest::successors(id.name)))
            .collect()
    }

    /// Returns whether the expression grants an open licence: approved by the OSI, free by the FSF, or an open data or
    /// content licence.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.grants(|id| {
            id == "OpenMDW-1.0"
                || spdx::license_id(id).is_some_and(|id| id.is_osi_approved() || id.is_fsf_free_libre())
                || taxonomy::find("mof-1.0-strict").is_some_and(|strict| strict.lists("data-and-content", id))
        })
    }

    /// Returns whether the expression is one licence and nothing else.
    #[must_use]
    pub fn is_single(&self) -> bool {
        let mut requirements = self.parsed.requirements();
        requirements.next().is_some_and(|first| first.req.addition.is_none()) && requirements.next().is_none()
    }

    /// Returns whether the expression grants what `grants` says of each licence: of `OR` one side is enough, `AND`
    /// needs both. A listed SPDX exception adds permissions, so it takes none; an `AdditionRef` could say anything.
    pub fn grants(&self, mut grants: impl FnMut(&str) -> bool) -> bool {
        if self.is_single() && grants(&self.text) {
            return true;
        }
        self.parsed.evaluate(|requirement| {
            !matches!(requirement.addition, Some(spdx::AdditionItem::Other(_))) && grants(&name(&requirement.license))
        })
    }
}

fn name(item: &spdx::LicenseItem) -> String {
    match item {
        spdx::LicenseItem::Spdx { id, .. } => id.name.to_owned(),
        spdx::LicenseItem::Other(reference) => reference.to_string(),
    }
}

/// The licence that governs a component, and from where.
#[derive(Debug, Clone, Copy)]
pub enum Effective<'a> {
    /// An expression, or what was meant to be one.
    Stated(&'a Text, Origin),
    /// `NONE`: released without a licence.
    None(&'a Text, Origin),
    /// A name, a file or a URL without an expression: terms that no tool can judge. They do not inherit.
    Custom(Span, Origin),
    /// Nothing is said anywhere.
    Unstated,
}

/// Which table a licence comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The component's own.
    Component,
    /// `[licenses.KIND]`.
    Kind(Kind),
    /// `[model]`.
    Model,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Component => f.write_str("its own"),
            Self::Kind(kind) => write!(f, "from `licenses.{}`", kind.as_str()),
            Self::Model => f.write_str("from `model.license`"),
        }
    }
}

impl<'a> Effective<'a> {
    /// Returns the text that was written, `NONE` included.
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        match self {
            Self::Stated(text, _) | Self::None(text, _) => Some(text.value.as_str()),
            Self::Custom(..) | Self::Unstated => None,
        }
    }

    /// Returns where it was written.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Stated(text, _) | Self::None(text, _) => Some(text.span),
            Self::Custom(span, _) => Some(*span),
            Self::Unstated => None,
        }
    }

    /// Returns the expression, where there is one that reads.
    #[must_use]
    pub fn expression(&self) -> Option<Expression> {
        match self {
            Self::Stated(text, _) => match read(text) {
                Ok(License::Expression(expression)) => Some(expression),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Finds the licence that governs a component: its own, else that of its kind, else the model's.
#[must_use]
pub fn effective<'a>(manifest: &'a Manifest, component: &'a Component) -> Effective<'a> {
    let kind = taxonomy::vocabulary().find(&component.id.value).and_then(|item| item.kind);
    let of_kind = kind.and_then(|kind| {
        let terms = match kind {
            Kind::Code => &manifest.licenses.code,
            Kind::Data => &manifest.licenses.data,
            Kind::Documentation => &manifest.licenses.documentation,
        };
        stated(terms.as_ref()?, Origin::Kind(kind))
    });
    stated(&component.terms, Origin::Component)
        .or(of_kind)
        .or_else(|| stated(&manifest.model.license, Origin::Model))
        .unwrap_or(Effective::Unstated)
}

fn stated(terms: &Terms, origin: Origin) -> Option<Effective<'_>> {
    if let Some(text) = &terms.license {
        return Some(if text.value == NONE { Effective::None(text, origin) } else { Effective::Stated(text, origin) });
    }
    let span = [terms.name.as_ref().map(|text| text.span), terms.url.as_ref().map(|text| text.span)]
        .into_iter()
        .flatten()
        .next()
        .or(terms.file.as_ref().map(|file| file.span))?;
    Some(Effective::Custom(span, origin))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::source::Spanned;

    fn expression(text: &str) -> Expression {
        match read(text).unwrap() {
            License::Expression(expression) => expression,
            License::None => panic!("{text} is none"),
        }
    }

    fn text(value: &str) -> Option<Text> {
        Some(Spanned::new(value.to_owned(), 0..0))
    }

    #[test]
    fn of_a_longer_expression_the_term_that_is_wrong_is_named_and_replaced() {
        for (text, problem, near) in [
            ("MIT OR GPLv3", "unknown term `GPLv3`", Some("MIT OR GPL-3.0-only")),
            ("GPLv3 AND MIT", "unknown term `GPLv3`", Some("GPL-3.0-only AND MIT")),
            ("GPLv3", "unknown term", Some("GPL-3.0-only")),
            ("MIT OR no-such-licence-at-all", "unknown term `no-such-licence-at-all`", None),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(
                (error.problem.as_str(), error.suggestions.first().map(String::as_str)),
                (problem, near),
                "{text}"
            );
            assert!(error.suggestions.iter().all(|near| read(near).is_ok()), "{:?}", error.suggestions);
        }
    }

    #[test]
    fn an_alternative_is_enough_and_a_sum_needs_all() {
        let open = |id: &str| id == "MIT";
        assert!(expression("MIT OR BUSL-1.1").grants(open));
        assert!(!expression("MIT AND BUSL-1.1").grants(open));
        assert!(expression("(MIT AND MIT) OR LicenseRef-x").grants(open));
        assert!(!expression("LicenseRef-MIT").grants(open));
    }

    #[test]
    fn an_addition_of_ones_own_is_not_trusted() {
        let open = |id: &str| id == "Apache-2.0";
        assert!(expression("Apache-2.0 WITH LLVM-exception").grants(open));
        assert!(!expression("Apache-2.0 WITH AdditionRef-no-rivals").grants(open));
    }

    #[test]
    fn deprecated_ids_are_read_and_named() {
        assert_eq!(
            expression("GPL-3.0").deprecated(),
            [("GPL-3.0".to_owned(), vec!["GPL-3.0-only".to_owned(), "GPL-3.0-or-later".to_owned()])]
        );
        assert!(expression("GPL-3.0-only").deprecated().is_empty());
    }

    fn manifest() -> Manifest {
        let mut manifest = Manifest::default();
        manifest.model.license.license = text("Apache-2.0");
        manifest.licenses.data = Some(Terms { license: text("CC-BY-4.0"), ..Terms::default() });
        manifest
    }

    fn component(id: &str, terms: Terms) -> Component {
        Component {
            id: Spanned::new(id.to_owned(), 0..0),
            openness: None,
            terms,
            files: Vec::new(),
            remote: Vec::new(),
            documentation: Vec::new(),
            reason: None,
            data_class: None,
            description: None,
        }
    }

    #[test]
    fn a_component_has_its_own_licence_else_its_kinds_else_the_models() {
        let manifest = manifest();
        let of = |id: &str, terms: Terms| effective(&manifest, &component(id, terms)).text().map(str::to_owned);
        assert_eq!(of("final-weights", Terms::default()).as_deref(), Some("CC-BY-4.0"));
        assert_eq!(of("model-card", Terms::default()).as_deref(), Some("Apache-2.0"));
        assert_eq!(of("x-own", Terms::default()).as_deref(), Some("Apache-2.0"));
        let own = Terms { license: text("MIT"), ..Terms::default() };
        assert_eq!(of("final-weights", own).as_deref(), Some("MIT"));
    }

    #[test]
    fn none_and_a_bare_name_do_not_inherit() {
        let manifest = manifest();
        let none = component("final-weights", Terms { license: text("NONE"), ..Terms::default() });
        assert!(matches!(effective(&manifest, &none), Effective::None(..)));
        let named = component("final-weights", Terms { name: text("Llama 2"), ..Terms::default() });
        assert!(matches!(effective(&manifest, &named), Effective::Custom(..)));
        assert!(matches!(effective(&Manifest::default(), &none), Effective::None(..)));
    }
}
