//! Levels that an organization sets for all of its manifests, in a file of its own.
//!
//! ```toml
//! [lints]
//! licenses = "deny"
//! OPN310 = "forbid"
//! ```
//!
//! Manifests and the command line may set other levels, except for what is forbidden: such findings are errors, whatever a
//! manifest, a comment in it, the command line or a baseline says.

use toml::de::{DeTable, DeValue};

use super::{Origin, Setting, rules};
use crate::finding::closest;
use crate::manifest::Level;
use crate::rules::Target;
use crate::source::{Position, Source};

pub use crate::manifest::LINTS_FILE_NAME as FILE_NAME;

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 64 << 10;

/// What a rule or a family can be set to.
const WORDS: &[&str] = &["allow", "warn", "deny", "forbid"];

/// The levels that an organization sets.
#[derive(Debug, Clone, Default)]
pub struct Organization {
    pub(super) settings: Vec<Setting>,
}

/// What is wrong with a file of levels.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[error("`{name}`, line {}, column {}: {message}", .position.line, .position.column)]
pub struct Error {
    /// The name of the file.
    pub name: String,
    /// The position of the mistake.
    pub position: Position,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl Organization {
    /// Reads a file of levels. It is strict: a misspelled rule would forbid nothing.
    ///
    /// # Errors
    /// [`Error`] if the text is not TOML, or has something else than levels of known rules.
    ///
    /// ```
    /// use openness::lints::organization::Organization;
    /// use openness::source::Source;
    ///
    /// assert!(Organization::read(&Source::new("lints.toml", "[lints]\nOPN310 = \"forbid\"\n")).is_ok());
    /// assert!(Organization::read(&Source::new("lints.toml", "[lints]\nOPN999 = \"forbid\"\n")).is_err());
    /// ```
    pub fn read(source: &Source) -> Result<Self, Error> {
        let error = |at: usize, message: String| Error {
            name: source.name().to_owned(),
            position: source.position(at),
            message,
        };
        if source.text().len() > MAX_BYTES {
            return Err(error(0, format!("the file is larger than {MAX_BYTES} bytes")));
        }
        let document = DeTable::parse(source.text()).map_err(|problem| {
            let at = problem.span().map_or(0, |span| span.start);
            error(at, problem.message().replace('\n', ", "))
        })?;
        let mut settings = Vec::new();
        for (key, value) in document.get_ref() {
            let at = key.span().start;
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("lints", DeValue::Table(lints)) => {
                    for (rule, level) in lints {
                        let word = level.get_ref().as_str().unwrap_or_default();
                        let target = target(rule.get_ref()).map_err(|message| error(rule.span().start, message))?;
                        let found = setting(target, word).map_err(|message| error(level.span().start, message))?;
                        settings.push(found);
                    }
                }
                ("lints", _) => return Err(error(at, "`lints` takes a table: write `[lints]`".to_owned())),
                (other, _) => {
                    return Err(error(at, format!("there is no key `{}`; only `[lints]`", other.escape_debug())));
                }
            }
        }
        Ok(Self { settings })
    }
}

fn target(word: &str) -> Result<Target, String> {
    Target::from_word(word).ok_or_else(|| {
        let near = rules::nearest_target(word).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        format!("no rule has the code or name `{}`, and no family{near}", word.escape_debug())
    })
}

fn setting(target: Target, word: &str) -> Result<Setting, String> {
    let (level, is_forbidden) = match word {
        "allow" => (Level::Allow, false),
        "warn" => (Level::Warn, false),
        "deny" => (Level::Deny, false),
        "forbid" => (Level::Deny, true),
        other => {
            let near = closest(other, WORDS.iter().copied());
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(format!("a level is one of `{}`{near}", WORDS.join("`, `")));
        }
    };
    match target {
        Target::Rule(info) if level != Level::Deny && rules::has_fixed_level(info) => {
            Err(format!("the level of {} cannot be lowered: its errors cannot be waived", info.code))
        }
        target => Ok(Setting { origin: Origin::Organization, target, level, is_forbidden }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::finding::{Finding, Severity};
    use crate::lints::Levels;
    use crate::manifest::parse::parse;

    fn read(text: &str) -> Result<Organization, Error> {
        Organization::read(&Source::new("lints.toml", text))
    }

    #[test]
    fn only_levels_of_known_rules_are_read() {
        assert!(read("").unwrap().settings.is_empty());
        assert_eq!(read("[lints]\nfiles = \"deny\"\nopn310 = \"forbid\"\nall = \"warn\"\n").unwrap().settings.len(), 3);
        for (text, says) in [
            ("[lints", "lints.toml`, line 1, column"),
            ("[lint]\nall = \"deny\"\n", "line 1, column 2: there is no key `lint`; only `[lints]`"),
            ("lints = 1\n", "write `[lints]`"),
            ("[lints]\nOPN31 = \"deny\"\n", "line 2, column 1: no rule has the code or name `OPN31`"),
            ("[lints]\nlicense = \"deny\"\n", "did you mean `licenses`?"),
            (
                "[lints]\nfiles = \"forbidden\"\n",
                "line 2, column 9: a level is one of `allow`, `warn`, `deny`, `forbid`",
            ),
            ("[lints]\nfiles = \"denny\"\n", "did you mean `deny`?"),
            ("[lints]\nfiles = true\n", "a level is one of"),
            ("[lints]\nOPN306 = \"warn\"\n", "cannot be lowered"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
        assert!(read(&"#".repeat(MAX_BYTES)).is_ok());
        assert!(read(&"#".repeat(MAX_BYTES + 1)).is_err());
    }

    #[test]
    fn what_is_forbidden_cannot_be_lowered_and_the_rest_can() {
        let manifest =
            "schema = 1\n[lints]\nOPN310 = \"allow\"\nOPN303 = \"allow\"\n[component.a] # openness: allow OPN310 x\n";
        let manifest = parse(Source::new("m", manifest)).manifest;
        let arguments = [(Target::from_word("OPN310").unwrap(), Level::Allow)];
        for (text, expected) in [
            ("", [None, None]),
            ("[lints]\nfiles = \"deny\"\n", [None, None]),
            ("[lints]\nfiles = \"forbid\"\n", [Some(Severity::Error), Some(Severity::Error)]),
            ("[lints]\nOPN310 = \"forbid\"\nall = \"allow\"\n", [Some(Severity::Error), None]),
        ] {
            let levels = Levels::of(&manifest).and(arguments).under(&read(text).unwrap());
            let severity = |code: &str| {
                let info = rules::find_rule(code).unwrap();
                let at = manifest.components[0].id.span;
                levels.apply(vec![Finding::new(info, at, "x")]).findings.first().map(|finding| finding.severity)
            };
            assert_eq!(["OPN310", "OPN303"].map(severity), expected, "{text}");
        }
        // Without a word of the manifest, the organization's level counts.
        let plain = parse(Source::new("m", "schema = 1\n")).manifest;
        let levels = Levels::of(&plain).under(&read("[lints]\nfiles = \"deny\"\nOPN303 = \"allow\"\n").unwrap());
        let found = |code| levels.setting(rules::find_rule(code).unwrap()).map(|setting| setting.level);
        assert_eq!([found("OPN310"), found("OPN303"), found("OPN401")], [Some(Level::Deny), Some(Level::Allow), None]);
    }
}
