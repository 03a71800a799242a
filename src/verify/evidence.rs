//! What else speaks for a release beside its own signatures: the tag that leads to it, the signature of the commit.

use super::{Reason, Report};
use crate::sign::Status;
use crate::tag::{SignatureFacts, TagReport, TagStatus};

impl Report {
    /// Adds what is known of the tag that the release was looked up by, and of its commit.
    ///
    /// A tag signature that does not hold counts against the release, as any signature does that somebody has been at. A
    /// good signature under another name is told loudly. Everything else counts only where a good tag is `required`.
    #[must_use]
    pub fn with_tag(mut self, tag: Option<TagReport>, commit: Option<SignatureFacts>, required: bool) -> Self {
        if required {
            let unmet = match &tag {
                None => Some("a signed tag: what `--rev` names is no tag".to_owned()),
                Some(tag) if tag.status.is_good() => None,
                Some(tag) => Some(format!("a tag that somebody trusted signed; of {}: {}", called(tag), tag.reason)),
            };
            if let Some(unmet) = unmet {
                self.against(Reason::Policy);
                self.policy.push(unmet);
            }
        }
        if let Some(tag) = &tag {
            if tag.status == TagStatus::Signature(Status::Bad) {
                self.against(Reason::BadSignature);
            }
            if tag.is_misnamed() && tag.status != TagStatus::Unsigned {
                let made_as = tag.tagged.as_deref().unwrap_or("");
                self.alarms.push(format!(
                    "{} was made as `{made_as}`: somebody may have put one tag in the place of another",
                    called(tag)
                ));
            }
        }
        self.tag = tag;
        self.commit = commit;
        self.conclude()
    }
}

fn called(tag: &TagReport) -> String {
    match &tag.name {
        Some(name) => format!("the tag `{name}`"),
        None => format!("the tag {}", tag.object),
    }
}
