//! What licenses ask of people who pass on a model, or a model that was made from it.
//!
//! The data file says for each license what was read, where, and when. What is not in it is unknown, which is neither a
//! permission nor a prohibition. Not legal advice.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;

use crate::embedded;

/// The terms of a license, as encoded in `terms.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub struct Terms {
    /// The SPDX id or `LicenseRef-…`.
    pub id: String,
    /// The day on which the source was read, `YYYY-MM-DD`.
    pub read_on: String,
    /// How much of the terms was read.
    pub read: Read,
    /// Where the terms, or a description of them, were read.
    pub source: String,
    /// The clauses that were read, in our own words.
    pub clauses: String,
    /// The terms that are quoted word for word by the descriptions.
    #[serde(default)]
    pub quoted: Vec<Aspect>,
    /// The licenses that a work made from it may have.
    pub outbound: Outbound,
    /// How use restrictions go along.
    pub flow_down: Option<FlowDown>,
    /// What has to have the same license.
    pub share_alike: Option<Scope>,
    /// Other licenses that satisfy the share-alike term.
    #[serde(default)]
    pub compatible_out: Vec<String>,
    /// Whether an unchanged copy has to keep the license.
    #[serde(default)]
    pub no_relabel: bool,
    /// Whether a copy of the license, or a link to it, has to go along.
    pub copy: Option<Copying>,
    /// The sentence that a file named Notice has to contain.
    pub notice: Option<String>,
    /// The NOTICE file of the base has to go along, if it has one.
    #[serde(default)]
    pub notice_of_base: bool,
    /// A sentence is required in a file named Notice, but its words were not read.
    #[serde(default)]
    pub notice_unread: bool,
    /// Changes have to be stated.
    #[serde(default)]
    pub state_changes: bool,
    /// Copyright and license notices have to be kept.
    #[serde(default)]
    pub keep_notices: bool,
    /// Words of which one has to be displayed.
    #[serde(default)]
    pub display: Vec<String>,
    /// Where the words have to be displayed; anywhere that is public if absent.
    pub display_in: Option<Place>,
    /// The condition on which they have to be displayed.
    pub display_if: Option<String>,
    /// How the name of a model that was made with it has to begin.
    pub name_prefix: Option<String>,
    /// The word with which the name may not begin.
    pub name_not_primary: Option<String>,
    /// The form for making changes has to be offered.
    #[serde(default)]
    pub source_form: bool,
    /// Whether commercial use is allowed.
    pub commercial: bool,
    /// The number of monthly users above which another license is needed.
    pub users: Option<u64>,
    /// What the number of users depends on.
    pub users_note: Option<String>,
    /// The revenue above which another license is needed.
    pub revenue: Option<String>,
    /// Where the license does not apply.
    pub territory: Option<String>,
    /// What holds for models that are trained on outputs.
    pub outputs: Outputs,
    /// The models that may not be trained on outputs.
    pub outputs_limit: Option<String>,
    /// Whether adapters are derivatives.
    pub adapter: Option<AdapterTerm>,
    /// Whether offering the model as a service counts as passing it on.
    #[serde(default)]
    pub hosted: bool,
    /// What holds for models that are trained on it as data.
    pub trained_model: Option<TrainedModel>,
    /// Whether the licensor can revoke the license.
    #[serde(default)]
    pub revocable: bool,
    /// How the terms may change after the fact.
    pub terms_may_change: Option<String>,
    /// Whether the licensor reserves the right to restrict use remotely.
    #[serde(default)]
    pub remote_restriction: bool,
    /// The lawsuits over the material that end the whole license for those who file them.
    pub litigation_termination: Option<Litigation>,
    /// The clauses by subject.
    #[serde(default, rename = "clause")]
    by_aspect: BTreeMap<Aspect, String>,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }
    };
}

words! {
    /// How much of the terms was read.
    Read {
        /// The whole text.
        Text,
        /// The clauses that are named, and what a search for their words found.
        Clauses,
        /// Only what others write about it.
        Description,
    }
}
words! {
    /// The licenses that a work made from another may have.
    Outbound {
        /// Any license.
        Any,
        /// Other terms, if the conditions of the base stay met.
        OwnTerms,
        /// No right to sublicense is given.
        Unstated,
        /// The same license, or one that it lists.
        ShareAlike,
        /// The same license only.
        Same,
        /// Changed versions may not be shared.
        None,
    }
}
words! {
    /// How use restrictions go along.
    FlowDown {
        /// As an enforceable provision of every later agreement.
        Enforceable,
        /// These restrictions, or similar ones for the same purpose.
        Equivalent,
        /// A policy that is part of the agreement.
        Incorporated,
        /// Recipients get their rights from the licensor.
        DirectGrant,
    }
}
words! {
    /// What has to have the same license.
    Scope {
        /// The whole work.
        Whole,
        /// Adapted material.
        Adapted,
        /// A database.
        Database,
        /// The data themselves.
        Data,
    }
}
words! {
    /// What has to go along.
    Copying {
        /// A copy of the license.
        Text,
        /// A link to it.
        Link,
    }
}
words! {
    /// Where words have to be displayed.
    Place {
        /// In the documentation of the model.
        Documentation,
    }
}
words! {
    /// What holds for models that are trained on outputs.
    Outputs {
        /// No term limits them.
        Free,
        /// They are allowed, and their names have to begin with a word.
        Name,
        /// They are allowed, with a display.
        Display,
        /// They count as derivatives.
        Derivative,
        /// They are forbidden, except of the same family.
        Forbidden,
        /// The terms do not say.
        Silent,
    }
}
words! {
    /// Whether adapters are derivatives.
    AdapterTerm {
        /// They are named as such.
        Named,
        /// The definition is wide enough.
        ByDefinition,
    }
}
words! {
    /// What holds for models that are trained on data.
    TrainedModel {
        /// The terms set no limit.
        Free,
        /// Attribution is advised.
        Attribution,
        /// A notice is required, if the model is a produced work.
        Notice,
        /// Whether the terms reach the model is disputed.
        Disputed,
    }
}
words! {
    /// What a lawsuit that ends a license is over.
    Litigation {
        /// A patent.
        Patent,
        /// A patent or a copyright.
        PatentAndCopyright,
        /// Any right.
        AnyRight,
    }
}
words! {
    /// A subject of a clause.
    Aspect {
        /// The grant, and the license of derivatives.
        Grant,
        /// Commercial use.
        Commercial,
        /// A copy of the license.
        Copy,
        /// The Notice file.
        Notice,
        /// The statement of changes.
        Changes,
        /// Notices that are kept.
        Keep,
        /// Words to display.
        Display,
        /// The name.
        Name,
        /// Use restrictions.
        Policy,
        /// The same license.
        Share,
        /// The form for making changes.
        Source,
        /// Outputs.
        Outputs,
        /// Adapters.
        Adapter,
        /// Models trained on it.
        Trained,
        /// Unchanged material.
        Material,
        /// Changes of format.
        Format,
        /// Numbers of users and revenue.
        Limits,
        /// Territory.
        Territory,
        /// Changes of the terms, revocation, remote restriction.
        Stability,
        /// Lawsuits that end the license.
        Litigation,
    }
}

impl Read {
    /// Returns the word of the data file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Clauses => "clauses",
            Self::Description => "description",
        }
    }
}

impl Terms {
    /// Returns the clause about a subject, or the list of all clauses that were read.
    #[must_use]
    pub fn clause(&self, aspect: Aspect) -> &str {
        self.by_aspect.get(&aspect).map_or(self.clauses.as_str(), String::as_str)
    }

    /// Returns whether words of credit have to be shown, beyond notices that have to be kept; `None` if that depends on what
    /// the notices say.
    #[must_use]
    pub fn asks_for_credit(&self) -> Option<bool> {
        let has_words = !self.display.is_empty() || self.name_prefix.is_some() || self.notice.is_some();
        match has_words || self.notice_unread {
            true => Some(true),
            false if !self.keep_notices && self.copy.is_none() => Some(false),
            false => None,
        }
    }

    /// Returns whether a term is known only from a description that does not quote it.
    #[must_use]
    pub fn is_described(&self, aspect: Aspect) -> bool {
        self.read == Read::Description && !self.quoted.contains(&aspect)
    }

    /// Returns whether a work that is made from it has to have the same license.
    #[must_use]
    pub fn is_copyleft(&self) -> bool {
        matches!(self.outbound, Outbound::ShareAlike | Outbound::Same)
    }

    /// Returns whether this is a license of Creative Commons, whose material may not get further restrictions.
    #[must_use]
    pub fn is_creative_commons(&self) -> bool {
        HEAD.families.unrestricted_material.iter().any(|family| self.id.starts_with(family))
    }
}

/// A row of the data file, which is parsed when it is needed.
struct Row {
    text: &'static str,
    parsed: OnceLock<Terms>,
}

impl Row {
    fn terms(&self) -> &Terms {
        self.parsed.get_or_init(|| embedded::read(self.text))
    }
}

/// What precedes the rows of the data file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Head {
    families: Families,
}

/// The beginnings of ids that say by themselves what a license asks for.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Families {
    credit: Vec<String>,
    unrestricted_material: Vec<String>,
}

/// What is before each row.
const ROW: &str = "[[terms]]\n";

/// Returns what precedes the rows, then each row. Line by line, which is faster than looking for [`ROW`].
fn parts(text: &'static str) -> Vec<&'static str> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        if line == ROW {
            parts.push(&text[start..at]);
            start = at + ROW.len();
        }
        at += line.len();
    }
    parts.push(&text[start..]);
    parts
}

static PARTS: LazyLock<Vec<&str>> = LazyLock::new(|| parts(include_str!("terms.toml")));

static HEAD: LazyLock<Head> = LazyLock::new(|| {
    let head = PARTS.first().copied().unwrap_or_default();
    embedded::read(head)
});

static ROWS: LazyLock<BTreeMap<&str, Row>> = LazyLock::new(|| {
    let id = |text: &'static str| text.lines().next()?.strip_prefix("id = \"")?.strip_suffix('"');
    PARTS.iter().skip(1).filter_map(|text| Some((id(text)?, Row { text, parsed: OnceLock::new() }))).collect()
});

/// Returns the encoded terms of a license, or `None` if they are not known.
#[must_use]
pub fn find(id: &str) -> Option<&'static Terms> {
    ROWS.get(id).map(Row::terms)
}

/// Returns whether a license asks for credit, by its name or by its encoded terms; `None` if that is not known.
///
/// See [`Terms::asks_for_credit`].
#[must_use]
pub fn asks_for_credit(id: &str) -> Option<bool> {
    match HEAD.families.credit.iter().any(|family| id.starts_with(family)) {
        true => Some(true),
        false => find(id)?.asks_for_credit(),
    }
}

/// Returns all encoded terms, in the order of ids.
pub fn all() -> impl Iterator<Item = &'static Terms> {
    ROWS.values().map(Row::terms)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    #[test]
    fn every_row_has_a_source_a_day_and_a_valid_id() {
        let rows: toml::Table = include_str!("terms.toml").parse().unwrap();
        assert_eq!(rows["terms"].as_array().unwrap().len(), all().count(), "an id appears twice, or is not read");
        for row in all() {
            assert!(super::super::read(&row.id).is_ok(), "{}", row.id);
            assert!(!row.source.is_empty() && !row.clauses.is_empty(), "{}", row.id);
            let day: Vec<&str> = row.read_on.split('-').collect();
            assert!(matches!(day[..], [y, m, d] if y.len() == 4 && m.len() == 2 && d.len() == 2), "{}", row.id);
            assert_eq!(row.is_copyleft(), row.share_alike.is_some(), "{}", row.id);
            assert_eq!(row.outputs == Outputs::Forbidden, row.outputs_limit.is_some(), "{}", row.id);
            for other in &row.compatible_out {
                assert!(super::super::is_listed(other), "{}: {other}", row.id);
            }
        }
    }

    #[test]
    fn credit_is_known_by_the_name_of_a_family_or_by_the_terms() {
        for (id, expected) in [
            ("CC-BY-4.0", Some(true)),
            ("CC-BY-3.0-AT", Some(true)),
            ("ODC-By-1.0", Some(true)),
            ("CC0-1.0", Some(false)),
            ("LicenseRef-Llama-3.1-Community", Some(true)),
            ("LicenseRef-mine", None),
        ] {
            assert_eq!(asks_for_credit(id), expected, "{id}");
        }
    }

    #[test]
    fn a_lawsuit_ends_a_license_over_the_rights_that_its_text_names() {
        for (id, expected) in [
            ("OpenMDW-1.0", Some(Litigation::Patent)),
            ("LicenseRef-OpenMDW-1.1", Some(Litigation::PatentAndCopyright)),
            ("LicenseRef-NVIDIA-Open-Model", Some(Litigation::PatentAndCopyright)),
            ("LicenseRef-Llama-4-Community", Some(Litigation::AnyRight)),
            // Only the patent license ends.
            ("Apache-2.0", None),
            ("MIT", None),
        ] {
            let terms = find(id).unwrap();
            assert_eq!(terms.litigation_termination, expected, "{id}");
            assert_eq!(expected.is_some(), terms.by_aspect.contains_key(&Aspect::Litigation), "{id}");
        }
    }

    #[test]
    fn families_of_one_licensor_differ_where_their_texts_do() {
        let llama = |version: &str| find(&format!("LicenseRef-Llama-{version}-Community")).unwrap();
        assert_eq!((llama("2").name_prefix.as_deref(), llama("2").display.len()), (None, 0));
        assert_eq!(llama("3").name_prefix.as_deref(), Some("Llama 3"));
        assert_eq!(llama("3.1").name_prefix.as_deref(), Some("Llama"));
        assert!(llama("3.1").territory.is_none() && llama("4").territory.is_some());
        let gemma = find("LicenseRef-Gemma-Terms").unwrap();
        assert!(gemma.name_prefix.is_none() && gemma.display.is_empty() && gemma.notice.is_some());
        assert!(find("LicenseRef-mine").is_none());
    }
}
