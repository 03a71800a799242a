//! `CITATION.cff`, see <https://citation-file-format.github.io>.

use crate::files::Files;
use crate::import::yaml;

use super::{Fact, facts};

/// What a citation file says about a model.
#[derive(Debug, Default)]
pub(super) struct Citation {
    pub(super) title: Option<Fact>,
    pub(super) version: Option<Fact>,
    /// An SPDX expression, of which the citation file says that it is the license of the software.
    pub(super) license: Option<Fact>,
}

impl Citation {
    /// Reads the citation file at the root. One of a data set, an article or a mistaken file says nothing.
    pub(super) fn read(files: &dyn Files) -> Self {
        let Some((path, text)) = facts::text_at_root(files, |name| name == "CITATION.cff") else {
            return Self::default();
        };
        let Ok(record) = yaml::read(&text, 1) else { return Self::default() };
        let filled = |key: &str| record.filled(key).ok().flatten();
        if filled("type").is_some_and(|kind| kind != "software") {
            return Self::default();
        }
        let fact = |key: &str| Fact::new(filled(key)?, format!("From {path}; please check."));
        // Of several licenses, one is to be chosen:
        // https://github.com/citation-file-format/citation-file-format/blob/main/schema-guide.md#license
        let licenses = record.texts("license").unwrap_or_default().join(" OR ");
        let license = Fact::new(&licenses, format!("{path} says {licenses}; please check."));
        Self { title: fact("title"), version: fact("version"), license }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Memory;

    fn read(text: &str) -> (Option<String>, Option<String>) {
        let citation = Citation::read(&Memory::new([("CITATION.cff", text)]));
        (citation.title.map(|fact| fact.value), citation.version.map(|fact| fact.value))
    }

    #[test]
    fn title_and_version_are_read_as_they_are_written() {
        let text = "cff-version: 1.2.0\ntitle: Tiny LM\nversion: 1.10\nauthors: [{name: Lab}]\n";
        assert_eq!(read(text), (Some("Tiny LM".to_owned()), Some("1.10".to_owned())));
        assert_eq!(read(&format!("{text}type: software\n")).1.as_deref(), Some("1.10"));
    }

    #[test]
    fn one_of_several_licenses_is_to_be_chosen() {
        let license =
            |text: &str| Citation::read(&Memory::new([("CITATION.cff", text)])).license.map(|fact| fact.value);
        assert_eq!(license("title: T\nlicense: MIT\n").as_deref(), Some("MIT"));
        assert_eq!(license("title: T\nlicense: [MIT, Apache-2.0]\n").as_deref(), Some("MIT OR Apache-2.0"));
        assert_eq!(license("title: T\n"), None);
        assert_eq!(license("type: dataset\nlicense: MIT\n"), None);
    }

    #[test]
    fn citations_of_data_and_mistakes_say_nothing() {
        for text in ["type: dataset\ntitle: Corpus\nversion: 1\n", "title: [a]\n", "title: 'x", "", "- a\n"] {
            assert_eq!(read(text), (None, None), "{text}");
        }
    }
}
