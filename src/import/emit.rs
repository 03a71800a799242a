//! Writes the text of a manifest, with comments: TOML 1.0, one key per line, basic strings only.

use std::fmt::Write as _;

use crate::license;
use crate::license::stated;
use crate::license::traits::HubLicense;
use crate::manifest::SCHEMA_URL;
use crate::nfc::nfc;
use crate::path::{RepoPath, is_deceptive};

/// The text of a manifest, written table by table.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    text: String,
}

impl Manifest {
    pub(crate) fn finish(self) -> String {
        self.text
    }

    /// Names the schema, for editors. They read the first line only.
    pub(crate) fn schema(&mut self) {
        let _ = writeln!(self.text, "#:schema {SCHEMA_URL}");
    }

    /// Writes comment lines.
    pub(crate) fn comment(&mut self, text: &str) {
        for line in text.lines() {
            let _ = writeln!(self.text, "{}", format!("# {}", line_of(line)).trim_end());
        }
    }

    /// Appends another text.
    pub(crate) fn append(&mut self, other: Self) {
        self.text.push_str(&other.text);
    }

    pub(crate) fn table(&mut self, header: &str) {
        let _ = writeln!(self.text, "\n[{header}]");
    }

    /// Writes an empty line.
    pub(crate) fn space(&mut self) {
        self.text.push('\n');
    }

    /// Writes a value as it is: a number, `true`.
    pub(crate) fn raw(&mut self, key: &str, value: &str) {
        let _ = writeln!(self.text, "{key} = {value}");
    }

    /// Writes text as one line.
    pub(crate) fn string(&mut self, key: &str, value: &str) {
        let _ = writeln!(self.text, "{} = {}", key_of(key), quoted(&line_of(value)));
    }

    /// Writes text that may have several lines, unless it is empty.
    pub(crate) fn prose(&mut self, key: &str, value: Option<&str>) {
        let text: Vec<String> = value.unwrap_or("").lines().map(line_of).collect();
        let text = text.join("\n");
        if !text.trim().is_empty() {
            let _ = writeln!(self.text, "{key} = {}", quoted(text.trim()));
        }
    }

    pub(crate) fn filled(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value.map(line_of).filter(|value| !value.is_empty()) {
            self.string(key, &value);
        }
    }

    /// Writes a URL. Any other text becomes a comment, because the key only takes URLs.
    pub(crate) fn url(&mut self, key: &str, value: Option<&str>) {
        match value {
            Some(value) if is_url(value) => self.string(key, value),
            Some(value) if !value.is_empty() => self.comment(&format!("{key}: {value}")),
            _ => {}
        }
    }

    /// Writes a date: a day, a month or a year. Any other text becomes a comment.
    pub(crate) fn date(&mut self, key: &str, value: Option<&str>) {
        let Some(value) = value.filter(|value| !value.is_empty()) else { return };
        let day = match value.len() {
            4 => format!("{value}-01-01"),
            7 => format!("{value}-01"),
            _ => value.to_owned(),
        };
        if day.len() == 10 && day.parse::<jiff::civil::Date>().is_ok() {
            self.string(key, value);
        } else {
            self.comment(&format!("{key}: {value}"));
        }
    }

    pub(crate) fn strings<'a>(&mut self, key: &str, values: impl IntoIterator<Item = &'a str>) {
        let values: Vec<String> = values.into_iter().map(|value| quoted(&line_of(value))).collect();
        if !values.is_empty() {
            let _ = writeln!(self.text, "{key} = [{}]", values.join(", "));
        }
    }

    /// Writes `remote`, with one entry per URL.
    pub(crate) fn remotes<'a>(&mut self, urls: impl IntoIterator<Item = &'a str>) {
        let entries: Vec<String> =
            urls.into_iter().map(|url| format!("{{ url = {} }}", quoted(&line_of(url)))).collect();
        if !entries.is_empty() {
            let _ = writeln!(self.text, "remote = [{}]", entries.join(", "));
        }
    }

    /// Writes a license from free text: the license that it names as an SPDX expression, anything else as a `LicenseRef`
    /// with the text as its name.
    pub(crate) fn license(&mut self, written: &str) {
        let written = written.trim();
        match stated::named(written) {
            // As the record has it, even if it is deprecated.
            _ if license::is_listed(written) => self.string("license", written),
            Some(HubLicense::Named { id, name }) => {
                if id != written {
                    self.comment(&format!("Stated as: {written}"));
                }
                self.string("license", &id);
                self.filled("license-name", name.as_deref());
            }
            Some(HubLicense::Either(ids)) => {
                self.comment(&format!("{}?", ids.join(" or ")));
                self.unknown_license(written);
            }
            Some(HubLicense::Vague) | None => self.unknown_license(written),
        }
    }

    /// Writes a license from a record whose tool accepts SPDX ids only, as the tool reads it: another name is a `LicenseRef`,
    /// with a comment that gives the id.
    pub(crate) fn license_by_id(&mut self, written: &str) {
        let written = written.trim();
        if license::is_listed(written) {
            self.string("license", written);
            return;
        }
        if let Some(HubLicense::Named { id, .. }) = stated::named(written) {
            self.comment(&format!(
                "For the tool of the record, only an SPDX id is a license. This probably means {id}."
            ));
        }
        self.unknown_license(written);
    }

    fn unknown_license(&mut self, written: &str) {
        self.string("license", &reference(written));
        self.string("license-name", written);
    }

    /// Writes the location of a license text, a URL or a path in the repository. Returns `false` if it is neither.
    pub(crate) fn license_location(&mut self, location: &str) -> bool {
        if is_url(location) {
            self.string("license-url", location);
        } else if location.parse::<RepoPath>().is_ok() {
            self.string("license-file", location);
        } else {
            return false;
        }
        true
    }
}

/// Returns a `LicenseRef` made of the letters, digits and dots of a text, with everything else as single hyphens.
pub(crate) fn reference(text: &str) -> String {
    let slug = slug(text, |c| c.is_ascii_alphanumeric() || c == '.');
    let slug: String = slug.chars().take(80).collect();
    let slug = slug.trim_matches(['-', '.']);
    format!("LicenseRef-{}", if slug.is_empty() { "unnamed" } else { slug })
}

/// Replaces all other characters of a text with single hyphens, and removes hyphens at the ends.
pub(crate) fn slug(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        if keep(c) {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

pub(crate) fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace))
}

fn key_of(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if bare { key.to_owned() } else { quoted(key) }
}

/// Converts a text to what a manifest allows in one line: NFC, with deceptive characters replaced by U+FFFD.
fn line_of(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    nfc(spaced.trim()).chars().map(|c| if is_deceptive(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Writes a text as a basic string.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    fn read_back(text: &str) -> String {
        let mut manifest = Manifest::default();
        manifest.comment(text);
        manifest.string("a key", text);
        let read: toml::Table = toml::from_str(&manifest.finish()).unwrap();
        read["a key"].as_str().unwrap().to_owned()
    }

    #[test]
    fn any_text_reads_back_unchanged() {
        for text in ["a\"b\\c", "]] # x = 1", "'''", "😀", "\\u0041", "\"\"\""] {
            assert_eq!(read_back(text), text);
        }
    }

    #[test]
    fn deceptive_characters_are_replaced_and_lines_joined() {
        assert_eq!(read_back("\u{202e}abc\u{7}"), "\u{fffd}abc\u{fffd}");
        assert_eq!(read_back("two\nlines\r\n"), "two lines");
        assert_eq!(read_back("e\u{301}"), "é");
    }

    #[test]
    fn what_names_a_license_becomes_its_id_and_nothing_else() {
        let written = |text: &str| {
            let mut manifest = Manifest::default();
            manifest.license(text);
            manifest.finish()
        };
        assert_eq!(written("Apache-2.0"), "license = \"Apache-2.0\"\n");
        assert_eq!(written("apache 2.0"), "# Stated as: apache 2.0\nlicense = \"Apache-2.0\"\n");
        assert_eq!(written("MIT OR Apache-2.0"), "license = \"MIT OR Apache-2.0\"\n");
        assert_eq!(
            written("GPLv3"),
            "# GPL-3.0-only or GPL-3.0-or-later?\nlicense = \"LicenseRef-GPLv3\"\nlicense-name = \"GPLv3\"\n"
        );
        assert_eq!(
            written("Apache-2.0 with extras"),
            "license = \"LicenseRef-Apache-2.0-with-extras\"\nlicense-name = \"Apache-2.0 with extras\"\n"
        );
        assert_eq!(written("“?”"), "license = \"LicenseRef-unnamed\"\nlicense-name = \"“?”\"\n");
    }
}
