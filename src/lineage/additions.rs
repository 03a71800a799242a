//! Files that would show that duties are met, and that can be written without a decision: texts of listed licenses, and lines
//! of a Notice file.

use super::{Lineage, State};
use crate::license::chain::DutyKind;
use crate::license::terms;
use crate::license::text::canonical;

/// Something to add to a release.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Addition {
    /// A file, with its text.
    File {
        /// The path.
        path: String,
        /// The text.
        text: &'static str,
    },
    /// A line of the Notice file.
    NoticeLine(String),
    /// The text of a license that this program does not contain.
    ByHand {
        /// The license.
        license: String,
        /// Where its terms were read.
        source: &'static str,
    },
}

/// Returns what would meet the duties that are not met, in their order.
#[must_use]
pub fn additions(lineage: &Lineage<'_>) -> Vec<Addition> {
    let mut found = Vec::new();
    for due in lineage.duties.iter().filter(|due| due.state == State::Unmet) {
        let duty = &due.duty;
        let addition = match duty.kind {
            DutyKind::CopyOfLicense => match canonical(&duty.of) {
                Some(text) => Some(Addition::File { path: format!("LICENSES/{}.txt", duty.of), text }),
                None => terms::find(&duty.of)
                    .map(|terms| Addition::ByHand { license: duty.of.clone(), source: terms.source.as_str() }),
            },
            DutyKind::NoticeFile => duty.words.first().cloned().map(Addition::NoticeLine),
            DutyKind::LinkToLicense => Some(Addition::NoticeLine(credit(lineage, &duty.of))),
            _ => None,
        };
        found.extend(addition.filter(|addition| !found.contains(addition)));
    }
    found
}

/// Names the bases under a license, with a link to it.
fn credit(lineage: &Lineage<'_>, license: &str) -> String {
    let asks = |link: &&super::Link<'_>| link.verdict.duties.iter().any(|duty| duty.of == license);
    let mut names: Vec<String> = Vec::new();
    for link in lineage.links.iter().filter(asks) {
        let url = link.base.url.as_ref().map_or_else(String::new, |url| format!(" ({})", url.as_str()));
        let name = format!("{}{url}", link.base.name.as_str());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    format!(
        "This release was made with {}, licensed under {license}: https://spdx.org/licenses/{license}.html",
        names.join(", ")
    )
}

/// Returns the text of a Notice file with further lines, each once.
#[must_use]
pub fn with_notice_lines(present: &str, lines: &[&str]) -> String {
    let mut text = present.to_owned();
    for line in lines {
        if !text.is_empty() {
            text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
        }
        text.extend(line.chars().map(|c| if c.is_control() { ' ' } else { c }));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notice_lines_follow_what_is_there() {
        assert_eq!(with_notice_lines("", &["a"]), "a\n");
        assert_eq!(with_notice_lines("x", &["a", "b"]), "x\n\na\n\nb\n");
        assert_eq!(with_notice_lines("x\n", &["a\nb"]), "x\n\na b\n");
    }
}
