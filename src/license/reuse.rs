//! What files of [REUSE](https://reuse.software/spec-3.3/) say of the license of other files.

/// Returns the license that `REUSE.toml` states for every file; several apply together.
#[must_use]
pub fn of_toml(text: &str) -> Option<String> {
    let table: toml::Table = text.parse().ok()?;
    let texts = |value: &toml::Value| match value {
        toml::Value::String(text) => vec![text.clone()],
        toml::Value::Array(items) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    let annotations = table.get("annotations")?.as_array()?;
    let of_all = |annotation: &&toml::Value| annotation.get("path").is_some_and(|path| texts(path) == ["**"]);
    // The last annotation that matches a file counts.
    let licenses = texts(annotations.iter().rev().find(of_all)?.get("SPDX-License-Identifier")?);
    (!licenses.is_empty()).then(|| licenses.join(" AND "))
}

/// Returns the license that `.reuse/dep5`, a [copyright file of
/// Debian](https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/), states for every file.
#[must_use]
pub fn of_dep5(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let field = |paragraph: &[&str], key: &str| {
        let mut lines = paragraph.iter().filter_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        lines.next().map(|value| value.trim().to_owned())
    };
    let mut paragraphs = lines.split(|line| line.is_empty());
    let of_all = paragraphs.find(|paragraph| field(paragraph, "Files").as_deref() == Some("*"))?;
    field(of_all, "License").filter(|license| !license.is_empty())
}

/// Returns the license that `FILE.license` states for `FILE`.
#[must_use]
pub fn of_sidecar(text: &str) -> Option<String> {
    let mut stated = text.lines().filter_map(|line| line.trim().strip_prefix("SPDX-License-Identifier:"));
    let license = stated.next()?.trim();
    (!license.is_empty() && stated.next().is_none()).then(|| license.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reuse_toml_states_the_license_of_every_file() {
        let of = |path: &str, license: &str| {
            let text = format!("version = 1\n[[annotations]]\npath = {path}\nSPDX-License-Identifier = {license}\n");
            of_toml(&text)
        };
        assert_eq!(of("\"**\"", "\"MIT\"").as_deref(), Some("MIT"));
        assert_eq!(of("[\"**\"]", "[\"MIT\", \"CC0-1.0\"]").as_deref(), Some("MIT AND CC0-1.0"));
        for (path, license) in
            [("\"data/**\"", "\"MIT\""), ("[\"**\", \"x\"]", "\"MIT\""), ("\"**\"", "[]"), ("1", "\"MIT\"")]
        {
            assert_eq!(of(path, license), None, "{path} {license}");
        }
        assert_eq!(of_toml("version = 1\n"), None);
        assert_eq!(of_toml("version = "), None);
    }

    #[test]
    fn other_files_of_reuse_state_licenses() {
        let dep5 = "Format: x\nUpstream-Name: Tiny\n\nFiles: docs/*\nLicense: CC0-1.0\n\nFiles: *\nCopyright: Lab\nLicense: MIT\n";
        assert_eq!(of_dep5(dep5).as_deref(), Some("MIT"));
        assert_eq!(of_dep5("Files: docs/*\nLicense: CC0-1.0\n"), None);
        assert_eq!(of_dep5("Files: *\nCopyright: Lab\n\nLicense: MIT\n"), None);
        let tag = "SPDX-License-Identifier: MIT";
        assert_eq!(of_sidecar(&format!("SPDX-FileCopyrightText: Lab\n\n{tag}\n")).as_deref(), Some("MIT"));
        assert_eq!(of_sidecar("MIT\n"), None);
        assert_eq!(of_sidecar(&format!("{tag}\n{tag}\n")), None);
    }
}
