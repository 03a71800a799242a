//! Comparisons and duties in words.

use crate::license::chain::{Basis, Duty, DutyKind, Ground};
use crate::license::osadl;
use crate::manifest::Relation;

/// Returns what a release is to its base.
#[must_use]
pub fn noun(relation: Option<Relation>) -> &'static str {
    match relation {
        Some(Relation::Finetune) => "a fine-tune",
        Some(Relation::Adapter) => "an adapter",
        Some(Relation::Merge) => "a merge",
        Some(Relation::Quantized) => "a quantized model",
        Some(Relation::Distilled) => "a distilled model",
        Some(Relation::Copy) => "a copy",
        Some(Relation::TrainedOn) => "a model trained on it",
        Some(Relation::TrainedWith) => "a model trained with it",
        Some(Relation::Other) | None => "a model made from it",
    }
}

/// Returns where a ground comes from, to be put in parentheses: the clause, and how and when it was read.
#[must_use]
pub fn reading(ground: &Ground) -> String {
    match (ground.basis, ground.read) {
        (Basis::Terms, Some((read, day))) => {
            let read = match read.as_str() {
                "description" => "as others describe it, ",
                _ => "",
            };
            format!("clause {}; {read}read on {day}", ground.clause)
        }
        (Basis::Osadl, _) => format!("OSADL's matrix of {}", osadl::DATE),
        (Basis::Reading, _) => "our reading".to_owned(),
        _ => "terms not encoded".to_owned(),
    }
}

/// Returns the first open question as one sentence.
#[must_use]
pub fn question(grounds: &[Ground]) -> Option<&Ground> {
    grounds.iter().find(|ground| ground.settle.is_some()).or(grounds.first())
}

/// Returns what a duty asks for, as a noun phrase.
#[must_use]
pub fn asks(duty: &Duty) -> String {
    let words: Vec<String> = duty.words.iter().map(|words| format!("\"{words}\"")).collect();
    let words = words.join(" or ");
    let what = match duty.kind {
        DutyKind::CopyOfLicense => format!("a copy of `{}`", duty.of),
        DutyKind::LinkToLicense => format!("a link to `{}`, or a copy of it", duty.of),
        DutyKind::NoticeFile if duty.words.is_empty() && duty.condition.is_some() => {
            "the NOTICE file of the base".to_owned()
        }
        DutyKind::NoticeFile if duty.words.is_empty() => "a Notice file, whose sentence was not read".to_owned(),
        DutyKind::NoticeFile => format!("a Notice file that says {words}"),
        DutyKind::NameRule => format!("a name that begins with {words}"),
        DutyKind::NameNotPrimary => format!("a name that does not begin with {words}"),
        DutyKind::DisplayInDocumentation => format!("the words {words} in the documentation of the model"),
        DutyKind::Display => format!("the words {words} on a page, in an interface or in documentation"),
        DutyKind::StateChanges => "a statement of what was changed".to_owned(),
        DutyKind::KeepNotices if duty.words.is_empty() => "its copyright and license notices".to_owned(),
        DutyKind::KeepNotices => format!("a notice: {words}"),
        DutyKind::FlowDown => "that its use restrictions go along and are made known".to_owned(),
        DutyKind::ShareAlike => "the same license for the whole".to_owned(),
        DutyKind::SourceForm => "the form in which it can be changed".to_owned(),
    };
    match &duty.condition {
        Some(condition) => format!("{what}, if {condition}"),
        None => what,
    }
}
