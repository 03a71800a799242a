//! Licenses: parses SPDX expressions and finds the license that governs a component.
//!
//! Expressions are parsed by the [`spdx`] crate. `NONE` says that something is released without a license. That differs
//! from not stating a license, in which case the component inherits one. What a license allows is in [`traits`].
//! See <https://spdx.github.io/spdx-spec/v3.0.1/annexes/spdx-license-expressions/>.

mod ids;
mod align;
#[cfg(test)]
mod corpus;
pub mod copies;
mod known;
mod models;
mod phrases;
pub mod chain;
pub mod osadl;
pub mod reuse;
pub mod standing;
pub mod stated;
mod stored;
mod texts;
mod suggest;
mod surplus;
pub mod terms;
pub mod text;
pub mod traits;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::manifest::{Component, Manifest, Terms, Text};
use crate::source::Span;
use crate::taxonomy::{self, Kind};

/// The word for "released without a license".
pub const NONE: &str = "NONE";

/// The word of SPDX documents for "nothing is said about the license". The crate lists it as a license.
const NO_ASSERTION: &str = "NOASSERTION";

/// The versions of the OpenMDW license. They grant the same rights; the later one also ends them for those who sue over
/// copyright. SPDX lists only the first.
pub const OPENMDW: [&str; 2] = ["OpenMDW-1.0", "LicenseRef-OpenMDW-1.1"];

/// The value of a `license` key.
#[derive(Debug, Clone)]
pub enum License {
    /// `NONE`.
    None,
    /// An SPDX license expression.
    Expression(Expression),
}

/// An SPDX license expression.
#[derive(Debug, Clone)]
pub struct Expression {
    text: String,
    parsed: Box<spdx::Expression>,
}

/// The text is not an SPDX license expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an SPDX license expression: {problem}")]
#[non_exhaustive]
pub struct InvalidExpression {
    /// The text that was read.
    pub text: String,
    /// The problem, such as "unknown term".
    pub problem: String,
    /// The term with the problem, if that is a part of the text.
    term: Option<std::ops::Range<usize>>,
}

impl InvalidExpression {
    /// Returns the expressions that were probably meant, most likely first. The whole list of ids is searched.
    #[must_use]
    pub fn suggestions(&self) -> Vec<String> {
        let text = self.text.as_str();
        let mut suggestions =
            suggest::with_operators(text).map_or_else(|| suggest::suggestions(text), |text| vec![text]);
        if let Some(span) = self.term.clone().filter(|_| suggestions.is_empty()) {
            let replace = |other: String| [&text[..span.start], &other, &text[span.end..]].concat();
            suggestions = suggest::suggestions(&text[span.clone()]).into_iter().map(replace).collect();
        }
        suggestions.iter().flat_map(|suggestion| suggest::without_deprecated(suggestion)).collect()
    }
}

/// Reads the value of a `license` key.
///
/// Ids are case-sensitive. Deprecated ids are accepted; [`Expression::deprecated`] returns them.
///
/// # Errors
/// [`InvalidExpression`] if the text is neither `NONE` nor an SPDX license expression, or if a term of it names no license.
pub fn read(text: &str) -> Result<License, InvalidExpression> {
    const MODE: spdx::ParseMode =
        spdx::ParseMode { allow_deprecated: true, allow_postfix_plus_on_gpl: true, ..spdx::ParseMode::STRICT };
    if text == NONE {
        return Ok(License::None);
    }
    let parsed = match spdx::Expression::parse_mode(text, MODE) {
        Ok(parsed) => parsed,
        Err(spdx::ParseError { span, reason, .. }) => {
            let mut problem = reason.to_string();
            let term = text.get(span.clone()).filter(|term| !term.is_empty() && *term != text);
            if let Some(term) = term {
                problem = format!("{problem} `{}`", term.escape_debug());
            }
            return Err(InvalidExpression { text: text.to_owned(), problem, term: term.map(|_| span) });
        }
    };
    let problem = parsed.requirements().find_map(|requirement| states_nothing(&requirement.req));
    match problem {
        Some(problem) => Err(InvalidExpression { text: text.to_owned(), problem: problem.to_owned(), term: None }),
        None => Ok(License::Expression(Expression { text: text.to_owned(), parsed: Box::new(parsed) })),
    }
}

/// Returns why a term of an expression names no license, although the crate accepts it.
fn states_nothing(term: &spdx::LicenseReq) -> Option<&'static str> {
    let is_empty = |document: &Option<String>, name: &str| name.is_empty() || document.as_deref() == Some("");
    match &term.license {
        spdx::LicenseItem::Spdx { id, .. } if id.name == NO_ASSERTION => {
            return Some("`NOASSERTION` states no license; without one, write `NONE`");
        }
        spdx::LicenseItem::Other(other) if is_empty(&other.doc_ref, &other.lic_ref) => {
            return Some("a name must follow `LicenseRef-` and `DocumentRef-`");
        }
        _ => {}
    }
    match &term.addition {
        Some(spdx::AdditionItem::Other(other)) if is_empty(&other.doc_ref, &other.add_ref) => {
            Some("a name must follow `AdditionRef-` and `DocumentRef-`")
        }
        _ => None,
    }
}

/// Returns whether the id is on the SPDX license list, in exactly this spelling.
#[must_use]
pub fn is_listed(id: &str) -> bool {
    spdx::license_id(id).is_some()
}

/// Returns whether the Open Source Initiative (OSI) has approved the license with this SPDX id.
#[must_use]
pub fn is_osi_approved(id: &str) -> bool {
    spdx::license_id(id).is_some_and(spdx::LicenseId::is_osi_approved)
}

/// A license that an expression can name.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Named {
    /// The SPDX id, or a `LicenseRef` for a license whose terms are known.
    pub id: &'static str,
    /// The full name.
    pub name: &'static str,
    /// Whether SPDX advises against the id.
    pub is_deprecated: bool,
}

/// Returns every license with a name: those of the SPDX list, then the others whose terms are known.
pub fn all_named() -> impl Iterator<Item = Named> {
    let listed = ids::spdx_ids().filter_map(spdx::license_id);
    let listed = listed.map(|id| Named { id: id.name, name: id.full_name, is_deprecated: id.is_deprecated() });
    let others = traits::known().iter().filter(|known| !is_listed(&known.id));
    listed.chain(others.map(|known| Named { id: &known.id, name: &known.name, is_deprecated: false }))
}

/// Returns the license with an id, if it has a name.
#[must_use]
pub fn named(id: &str) -> Option<Named> {
    match spdx::license_id(id) {
        Some(id) => Some(Named { id: id.name, name: id.full_name, is_deprecated: id.is_deprecated() }),
        None => all_named().find(|named| named.id == id),
    }
}

/// Returns the ids of the exceptions that can follow `WITH`.
pub fn exceptions() -> impl Iterator<Item = &'static str> {
    spdx::identifiers::EXCEPTIONS.iter().map(|exception| exception.name)
}

impl Expression {
    /// Returns the expression as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the ids of the licenses in the expression, including `LicenseRef-…` but not exceptions, each once, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let names = self.parsed.requirements().map(|requirement| name(&requirement.req.license));
        names.filter(|name| seen.insert(name.clone())).collect()
    }

    /// Returns the deprecated SPDX ids in the expression, each with the expressions that replace it.
    #[must_use]
    pub fn deprecated(&self) -> Vec<(String, Vec<String>)> {
        let parsed = self.parsed.requirements().filter_map(|requirement| requirement.req.license.id());
        let ids = parsed.filter(|id| id.is_deprecated()).map(|id| id.name);
        // The crate reads `GPL-3.0+` as `GPL-3.0-or-later`.
        let words = self.text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')'));
        let with_plus = words.filter(|word| word.ends_with('+') && !ids::successors(word).is_empty());
        ids.chain(with_plus).map(|id| (id.to_owned(), ids::replacements(id))).collect()
    }

    /// Returns whether the expression grants an open license: OSI-approved, FSF-free, or an open data or content license.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.grants(|id| {
            OPENMDW.contains(&id)
                || spdx::license_id(id).is_some_and(|id| id.is_osi_approved() || id.is_fsf_free_libre())
                || taxonomy::find("mof-1.0-strict").is_some_and(|strict| strict.list_contains("data-and-content", id))
        })
    }

    /// Returns whether the expression is a single license without an exception.
    #[must_use]
    pub fn is_single(&self) -> bool {
        let mut requirements = self.parsed.requirements();
        requirements.next().is_some_and(|first| first.req.addition.is_none()) && requirements.next().is_none()
    }

    /// Returns whether the expression grants what `grants` says about each license: one side of `OR` is enough, `AND`
    /// needs both. A listed SPDX exception only adds permissions; a license with an `AdditionRef` never counts, because the
    /// addition could take permissions away.
    pub fn grants(&self, mut grants: impl FnMut(&str) -> bool) -> bool {
        if self.is_single() && grants(&self.text) {
            return true;
        }
        self.parsed.evaluate(|requirement| {
            !matches!(requirement.addition, Some(spdx::AdditionItem::Other(_))) && grants(&name(&requirement.license))
        })
    }
}

/// Returns the spelling under which a `LicenseRef-…` is known: SPDX matches references in any case.
/// <https://spdx.github.io/spdx-spec/v3.1-dev/model/SimpleLicensing/Properties/customIdToLicense/>
fn spelled(written: &str) -> Option<&'static str> {
    static SPELLED: LazyLock<BTreeMap<String, &'static str>> = LazyLock::new(|| {
        let with_terms = terms::all().map(|terms| terms.id.as_str());
        let ids = with_terms.chain(traits::known().iter().map(|traits| traits.id.as_str()));
        ids.filter(|id| id.starts_with("LicenseRef-")).map(|id| (id.to_lowercase(), id)).collect()
    });
    SPELLED.get(&written.to_lowercase()).copied()
}

fn name(item: &spdx::LicenseItem) -> String {
    match item {
        spdx::LicenseItem::Spdx { id, .. } => id.name.to_owned(),
        spdx::LicenseItem::Other(reference) => {
            let written = reference.to_string();
            spelled(&written).map_or(written, str::to_owned)
        }
    }
}

/// The license that governs a component, and the table it comes from.
#[derive(Debug, Clone, Copy)]
pub enum Effective<'a> {
    /// An expression, possibly invalid.
    Stated(&'a Text, Origin),
    /// `NONE`: released without a license.
    None(&'a Text, Origin),
    /// A name, a file or a URL without an expression: terms that cannot be evaluated. They are not replaced by an inherited
    /// license.
    Custom(&'a Terms, Origin),
    /// No license is stated anywhere.
    Unstated,
}

/// The table that a license comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The component's own table.
    Component,
    /// `[licenses.KIND]`, for components of that kind.
    Kind(Kind),
    /// `[model]`, for the whole release.
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
    /// Returns the value as written, including `NONE`.
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        match self {
            Self::Stated(text, _) | Self::None(text, _) => Some(text.value.as_str()),
            Self::Custom(..) | Self::Unstated => None,
        }
    }

    /// Returns the value as written, or the name, URL or file of terms without an expression.
    #[must_use]
    pub fn description(&self) -> Option<&'a str> {
        let Self::Custom(terms, _) = self else { return self.text() };
        let texts = [&terms.name, &terms.url].into_iter().flatten().map(|text| text.value.as_str());
        texts.chain(terms.file.as_ref().map(|file| file.value.as_str())).next()
    }

    /// Returns the name, URL or file of terms without an expression.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        self.description().filter(|_| matches!(self, Self::Custom(..)))
    }

    /// Returns the position in the manifest.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Stated(text, _) | Self::None(text, _) => Some(text.span),
            Self::Custom(terms, _) => custom_span(terms),
            Self::Unstated => None,
        }
    }

    /// Returns the expression, if there is a valid one.
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

/// Finds the license that governs a component: its own, else the license for its kind, else the model's.
#[must_use]
pub fn effective<'a>(manifest: &'a Manifest, component: &'a Component) -> Effective<'a> {
    terms(manifest, component).map_or(Effective::Unstated, |(_, effective)| effective)
}

/// Finds the table of the license in effect for a component; `None` if none states a license.
#[must_use]
pub fn terms<'a>(manifest: &'a Manifest, component: &'a Component) -> Option<(&'a Terms, Effective<'a>)> {
    let kind = taxonomy::vocabulary().find(&component.id.value).and_then(|item| item.kind);
    let of_kind = kind.and_then(|kind| {
        let terms = match kind {
            Kind::Code => &manifest.licenses.code,
            Kind::Data => &manifest.licenses.data,
            Kind::Documentation => &manifest.licenses.documentation,
        };
        Some((terms.as_ref()?, Origin::Kind(kind)))
    });
    let tables = [Some((&component.terms, Origin::Component)), of_kind, Some((&manifest.model.license, Origin::Model))];
    tables.into_iter().flatten().find_map(|(terms, origin)| Some((terms, stated(terms, origin)?)))
}

/// Finds the license of the whole release, for what states none of its own.
#[must_use]
pub fn of_model(manifest: &Manifest) -> Effective<'_> {
    stated(&manifest.model.license, Origin::Model).unwrap_or(Effective::Unstated)
}

/// Returns whether a text is an expression of an open license.
pub(crate) fn is_open(text: &str) -> bool {
    matches!(read(text), Ok(License::Expression(expression)) if expression.is_open())
}

fn stated(terms: &Terms, origin: Origin) -> Option<Effective<'_>> {
    if let Some(text) = &terms.license {
        return Some(if text.value == NONE { Effective::None(text, origin) } else { Effective::Stated(text, origin) });
    }
    custom_span(terms).map(|_| Effective::Custom(terms, origin))
}

fn custom_span(terms: &Terms) -> Option<Span> {
    let texts = [&terms.name, &terms.url].into_iter().flatten().map(|text| text.span);
    texts.chain(terms.file.as_ref().map(|file| file.span)).next()
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
    fn the_invalid_term_of_an_expression_is_named_and_replaced() {
        for (text, problem, near) in [
            ("MIT OR GPLv3", "unknown term `GPLv3`", Some("MIT OR GPL-3.0-only")),
            ("GPLv3 AND MIT", "unknown term `GPLv3`", Some("GPL-3.0-only AND MIT")),
            ("GPLv3", "unknown term", Some("GPL-3.0-only")),
            ("MIT Or Apache-2.0", "unknown term `Or`", Some("MIT OR Apache-2.0")),
            ("MIT OR no-such-license-at-all", "unknown term `no-such-license-at-all`", None),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(
                (error.problem.as_str(), error.suggestions().first().map(String::as_str)),
                (problem, near),
                "{text}"
            );
            assert!(error.suggestions().iter().all(|near| read(near).is_ok()), "{:?}", error.suggestions());
        }
    }

    #[test]
    fn a_term_that_names_no_license_is_invalid() {
        for (text, problem) in [
            ("NOASSERTION", "states no license"),
            ("MIT OR NOASSERTION", "states no license"),
            ("LicenseRef-", "a name must follow"),
            ("MIT AND LicenseRef-", "a name must follow"),
            ("MIT WITH AdditionRef-", "a name must follow"),
        ] {
            let error = read(text).map(drop).unwrap_err();
            assert!(error.to_string().contains(problem), "{text}: {error}");
            assert!(error.suggestions().is_empty(), "{text}: {:?}", error.suggestions());
        }
        for text in
            ["NONE", "LicenseRef-x", "DocumentRef-a:LicenseRef-x", "MIT WITH AdditionRef-x", "LicenseRef-NOASSERTION"]
        {
            assert!(read(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn or_needs_one_side_and_and_needs_both() {
        let open = |id: &str| id == "MIT";
        assert!(expression("MIT OR BUSL-1.1").grants(open));
        assert!(!expression("MIT AND BUSL-1.1").grants(open));
        assert!(expression("(MIT AND MIT) OR LicenseRef-x").grants(open));
        assert!(!expression("LicenseRef-MIT").grants(open));
    }

    #[test]
    fn a_custom_addition_is_not_trusted() {
        let open = |id: &str| id == "Apache-2.0";
        assert!(expression("Apache-2.0 WITH LLVM-exception").grants(open));
        assert!(!expression("Apache-2.0 WITH AdditionRef-no-rivals").grants(open));
    }

    #[test]
    fn deprecated_ids_are_accepted_and_reported() {
        assert_eq!(
            expression("GPL-3.0").deprecated(),
            [("GPL-3.0".to_owned(), vec!["GPL-3.0-only".to_owned(), "GPL-3.0-or-later".to_owned()])]
        );
        assert!(expression("GPL-3.0-only").deprecated().is_empty());
        for text in ["GPL-3.0+", "(LGPL-2.1+)", "AGPL-3.0+ OR MIT"] {
            let found = expression(text).deprecated();
            assert!(found.len() == 1 && found[0].1.len() == 1 && found[0].1[0].ends_with("-or-later"), "{found:?}");
        }
        assert!(expression("Apache-2.0+").deprecated().is_empty());
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
            reason_kind: None,
            data_class: None,
            safeguards: Vec::new(),
            released_tokens: None,
            description: None,
        }
    }

    #[test]
    fn a_license_comes_from_the_component_then_its_kind_then_the_model() {
        let manifest = manifest();
        let of = |id: &str, terms: Terms| effective(&manifest, &component(id, terms)).text().map(str::to_owned);
        assert_eq!(of("final-weights", Terms::default()).as_deref(), Some("CC-BY-4.0"));
        assert_eq!(of("model-card", Terms::default()).as_deref(), Some("Apache-2.0"));
        assert_eq!(of("x-own", Terms::default()).as_deref(), Some("Apache-2.0"));
        let own = Terms { license: text("MIT"), ..Terms::default() };
        assert_eq!(of("final-weights", own).as_deref(), Some("MIT"));
    }

    #[test]
    fn none_and_custom_terms_do_not_inherit() {
        let manifest = manifest();
        let none = component("final-weights", Terms { license: text("NONE"), ..Terms::default() });
        assert!(matches!(effective(&manifest, &none), Effective::None(..)));
        let named = component("final-weights", Terms { name: text("Llama 2"), ..Terms::default() });
        assert!(matches!(effective(&manifest, &named), Effective::Custom(..)));
        assert_eq!(effective(&manifest, &named).description(), Some("Llama 2"));
        assert_eq!(effective(&manifest, &named).text(), None);
        assert!(matches!(effective(&Manifest::default(), &none), Effective::None(..)));
    }
}
