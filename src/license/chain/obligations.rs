//! What has to be done to pass a release on, and the limits that go along.

use super::relation::Relation;
use crate::license::terms::{
    Aspect, Copying, FlowDown, Litigation, Outbound, Outputs, Place, Read, Terms, TrainedModel,
};

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Duty {
    /// What kind it is.
    pub kind: DutyKind,
    /// The license that asks for it.
    pub of: String,
    /// The clause that asks for it.
    pub clause: String,
    /// How much of the terms was read, and on which day.
    pub read: (Read, &'static str),
    /// The words to display or to write, any of them, or the word of a rule about names.
    pub words: Vec<String>,
    /// The condition on which it is to be done.
    pub condition: Option<String>,
}

/// The kinds of duties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DutyKind {
    /// A copy of the license goes along.
    CopyOfLicense,
    /// A link to the license, or a copy of it, goes along.
    LinkToLicense,
    /// A file named Notice contains a sentence.
    NoticeFile,
    /// The name of the model begins with a word.
    NameRule,
    /// The name of the model does not begin with a word.
    NameNotPrimary,
    /// Words are displayed in the documentation of the model.
    DisplayInDocumentation,
    /// Words are displayed in public.
    Display,
    /// Changes are stated.
    StateChanges,
    /// Notices are kept.
    KeepNotices,
    /// Use restrictions go along.
    FlowDown,
    /// The same license.
    ShareAlike,
    /// The form for making changes is offered.
    SourceForm,
}

impl DutyKind {
    /// Returns the word of reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CopyOfLicense => "copy-of-license",
            Self::LinkToLicense => "link-to-license",
            Self::NoticeFile => "notice-file",
            Self::NameRule | Self::NameNotPrimary => "name-rule",
            Self::DisplayInDocumentation | Self::Display => "display",
            Self::StateChanges => "state-changes",
            Self::KeepNotices => "keep-notices",
            Self::FlowDown => "flow-down",
            Self::ShareAlike => "share-alike",
            Self::SourceForm => "source-form",
        }
    }
}

/// A limit that goes along with a release.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limit {
    /// What kind it is.
    pub kind: LimitKind,
    /// The license that sets it.
    pub of: String,
    /// The clause that sets it.
    pub clause: String,
    /// The limit, in our own words.
    pub words: String,
}

/// The kinds of limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LimitKind {
    /// No commercial use.
    NonCommercial,
    /// No changed versions.
    NoDerivatives,
    /// Some uses are excluded.
    Use,
    /// A number of users.
    Users,
    /// An amount of revenue.
    Revenue,
    /// Some countries are excluded.
    Territory,
    /// Training on outputs.
    Outputs,
    /// The license can be revoked.
    Revocable,
    /// The terms can change.
    TermsMayChange,
    /// The licensor may restrict use remotely.
    RemoteRestriction,
    /// The license ends for those who sue over the material.
    LitigationTermination,
}

impl LimitKind {
    /// Returns the word of reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NonCommercial => "non-commercial",
            Self::NoDerivatives => "no-derivatives",
            Self::Use => "use-restrictions",
            Self::Users => "users",
            Self::Revenue => "revenue",
            Self::Territory => "territory",
            Self::Outputs => "outputs",
            Self::Revocable => "revocable",
            Self::TermsMayChange => "terms-may-change",
            Self::RemoteRestriction => "remote-restriction",
            Self::LitigationTermination => "litigation-termination",
        }
    }
}

/// What of a license reaches a release.
enum Reach {
    /// All of it: the release contains the base, or counts as made from it.
    Whole,
    /// What holds for models that were trained on outputs.
    Outputs,
    /// What holds for models that were trained on data.
    Data,
    /// Nothing.
    Nothing,
}

fn reach(terms: &Terms, relation: Relation) -> Reach {
    match relation {
        Relation::TrainedWith | Relation::SideBySide => Reach::Nothing,
        Relation::Distilled if terms.outputs == Outputs::Derivative => Reach::Whole,
        Relation::Distilled => Reach::Outputs,
        Relation::TrainedOn if terms.trained_model.is_some() => Reach::Data,
        // Data that a model made.
        Relation::TrainedOn if matches!(terms.outputs, Outputs::Name | Outputs::Display) => Reach::Outputs,
        Relation::TrainedOn if terms.outbound == Outbound::Any => Reach::Data,
        Relation::TrainedOn => Reach::Nothing,
        _ => Reach::Whole,
    }
}

/// Returns the duties of a license for a release that was made from the base in this way.
pub(super) fn duties(terms: &'static Terms, relation: Relation) -> Vec<Duty> {
    let duty = |kind: DutyKind, aspect: Aspect, words: &[String]| Duty {
        kind,
        of: terms.id.clone(),
        clause: terms.clause(aspect).to_owned(),
        read: (terms.read, terms.read_on.as_str()),
        words: words.to_vec(),
        condition: None,
    };
    match reach(terms, relation) {
        Reach::Nothing => Vec::new(),
        Reach::Data => match terms.trained_model {
            Some(TrainedModel::Notice) => {
                let words = "Contains information from … which is made available under the ODC Attribution License";
                let mut notice = duty(DutyKind::KeepNotices, Aspect::Trained, &[words.to_owned()]);
                notice.condition = Some("the model is a produced work".to_owned());
                vec![notice]
            }
            Some(TrainedModel::Attribution) => vec![duty(DutyKind::LinkToLicense, Aspect::Copy, &[])],
            Some(_) => Vec::new(),
            None if terms.keep_notices => vec![duty(DutyKind::KeepNotices, Aspect::Keep, &[])],
            None => Vec::new(),
        },
        Reach::Outputs => {
            let mut duties = Vec::new();
            if terms.outputs == Outputs::Name {
                duties.extend(name_rules(terms, &duty));
            }
            if terms.outputs == Outputs::Display {
                duties.extend(displays(terms, &duty));
                duties.extend(name_rules(terms, &duty));
            }
            duties
        }
        Reach::Whole => whole(terms, relation, &duty),
    }
}

fn whole(terms: &Terms, relation: Relation, duty: &impl Fn(DutyKind, Aspect, &[String]) -> Duty) -> Vec<Duty> {
    let mut duties = Vec::new();
    let is_changed = !matches!(relation, Relation::Copy | Relation::Application);
    match terms.copy {
        Some(Copying::Text) => duties.push(duty(DutyKind::CopyOfLicense, Aspect::Copy, &[])),
        Some(Copying::Link) => duties.push(duty(DutyKind::LinkToLicense, Aspect::Copy, &[])),
        None => {}
    }
    if let Some(sentence) = &terms.notice {
        duties.push(duty(DutyKind::NoticeFile, Aspect::Notice, std::slice::from_ref(sentence)));
    } else if terms.notice_unread {
        duties.push(duty(DutyKind::NoticeFile, Aspect::Notice, &[]));
    }
    if terms.notice_of_base {
        let mut notice = duty(DutyKind::NoticeFile, Aspect::Notice, &[]);
        notice.condition = Some("the base has a NOTICE file".to_owned());
        duties.push(notice);
    }
    if is_changed {
        duties.extend(name_rules(terms, duty));
    }
    duties.extend(displays(terms, duty));
    for (is_asked, kind, aspect) in [
        (terms.state_changes && is_changed, DutyKind::StateChanges, Aspect::Changes),
        (terms.keep_notices, DutyKind::KeepNotices, Aspect::Keep),
        (terms.flow_down.is_some(), DutyKind::FlowDown, Aspect::Policy),
        (terms.is_copyleft(), DutyKind::ShareAlike, Aspect::Share),
        (terms.source_form, DutyKind::SourceForm, Aspect::Source),
    ] {
        if is_asked {
            duties.push(duty(kind, aspect, &[]));
        }
    }
    duties
}

fn name_rules(terms: &Terms, duty: &impl Fn(DutyKind, Aspect, &[String]) -> Duty) -> Vec<Duty> {
    let rules = [(DutyKind::NameRule, &terms.name_prefix), (DutyKind::NameNotPrimary, &terms.name_not_primary)];
    let given = rules.into_iter().filter_map(|(kind, word)| Some((kind, word.as_ref()?)));
    given.map(|(kind, word)| duty(kind, Aspect::Name, std::slice::from_ref(word))).collect()
}

fn displays(terms: &Terms, duty: &impl Fn(DutyKind, Aspect, &[String]) -> Duty) -> Option<Duty> {
    if terms.display.is_empty() {
        return None;
    }
    let kind = match terms.display_in {
        Some(Place::Documentation) => DutyKind::DisplayInDocumentation,
        None => DutyKind::Display,
    };
    let mut display = duty(kind, Aspect::Display, &terms.display);
    display.condition.clone_from(&terms.display_if);
    Some(display)
}

/// Returns the limits of a license that go along with a release that was made from the base in this way.
pub(super) fn limits(terms: &'static Terms, relation: Relation) -> Vec<Limit> {
    if !matches!(reach(terms, relation), Reach::Whole) {
        return Vec::new();
    }
    let mut limits = Vec::new();
    let mut add = |kind: LimitKind, aspect: Aspect, words: String| {
        limits.push(Limit { kind, of: terms.id.clone(), clause: terms.clause(aspect).to_owned(), words });
    };
    if !terms.commercial {
        add(LimitKind::NonCommercial, Aspect::Commercial, "no commercial use".to_owned());
    }
    if terms.outbound == Outbound::None {
        add(LimitKind::NoDerivatives, Aspect::Grant, "changed versions may not be shared".to_owned());
    }
    if let Some(flow) = terms.flow_down.filter(|flow| *flow != FlowDown::DirectGrant) {
        let words = match flow {
            FlowDown::Incorporated => "an acceptable use policy is part of the agreement",
            _ => "some uses are excluded",
        };
        add(LimitKind::Use, Aspect::Policy, words.to_owned());
    }
    if let Some(users) = terms.users {
        let note = terms.users_note.as_ref().map_or_else(String::new, |note| format!(" ({note})"));
        let words = format!("more than {} users a month need another license{note}", grouped(users));
        add(LimitKind::Users, Aspect::Limits, words);
    }
    if let Some(revenue) = &terms.revenue {
        add(LimitKind::Revenue, Aspect::Limits, format!("more than {revenue} of revenue needs another license"));
    }
    if let Some(territory) = &terms.territory {
        add(LimitKind::Territory, Aspect::Territory, territory.clone());
    }
    if let Some(other) = &terms.outputs_limit {
        add(LimitKind::Outputs, Aspect::Outputs, format!("outputs may not be used for {other}"));
    }
    if terms.revocable {
        add(LimitKind::Revocable, Aspect::Stability, "the licensor can revoke the license".to_owned());
    }
    if let Some(how) = &terms.terms_may_change {
        add(LimitKind::TermsMayChange, Aspect::Stability, format!("the terms can change: {how}"));
    }
    if terms.remote_restriction {
        let words = "the licensor keeps a right to restrict use remotely";
        add(LimitKind::RemoteRestriction, Aspect::Stability, words.to_owned());
    }
    if let Some(litigation) = terms.litigation_termination {
        let right = match litigation {
            Litigation::Patent => "a patent",
            Litigation::PatentAndCopyright => "a patent or a copyright",
            Litigation::AnyRight => "any right of theirs",
        };
        let words = format!("the license ends for those who sue because the material infringes {right}");
        add(LimitKind::LitigationTermination, Aspect::Litigation, words);
    }
    limits
}

/// Writes a number with commas between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
