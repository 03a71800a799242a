//! The license of a model, from what is stated and from license texts.

use crate::artifacts::format;
use crate::files::{Files, Kind};
use crate::import::emit;
use crate::license::text::{Contents, Found, Likeness};
use crate::license::traits::HubLicense;
use crate::license::{self, reuse};
use crate::lineage::Modelfile;
use crate::manifest::Text;
use crate::path::RepoPath;

use super::Fact;
use super::card::Card;
use super::citation::Citation;
use super::facts::{self, MAX_TEXT_BYTES};

/// The most files next to weights that are read for the license.
const MAX_SIDECARS: usize = 8;

/// The license of the whole model, with remarks about its source.
#[derive(Debug, Default)]
pub(super) struct Terms {
    /// An SPDX expression.
    pub(super) license: Option<String>,
    /// The path of the license text.
    pub(super) file: Option<String>,
    /// A name for a license without an SPDX id.
    pub(super) name: Option<String>,
    pub(super) url: Option<String>,
    /// Whole sentences.
    pub(super) remarks: Vec<String>,
}

impl Terms {
    /// Finds the license in the model card, the metadata of weights, a Modelfile, license texts, and what other files say.
    pub(super) fn read(
        files: &dyn Files,
        card: Option<&Card>,
        general: &[(String, Fact)],
        citation: &Citation,
    ) -> Self {
        let mut terms = card.map(Self::of_card).unwrap_or_default();
        if terms.license.is_none()
            && let Some((_, fact)) = general.iter().find(|(key, _)| key == "license")
        {
            terms.remarks.push(format!("{} Its `general.license` is `{}`.", fact.from, fact.value));
            terms.take_of_gguf(&fact.value, general);
        }
        if terms.license.is_none()
            && let Some(fact) = facts::safetensors_license(files)
        {
            terms.remarks.push(fact.from);
            terms.take_named(&fact.value);
        }
        terms.take_of_modelfile(files);
        terms.take_of_documents(files, citation);
        terms.drop_missing_file(files);
        terms.find_text_of_stated(files);
        terms.read_text(files);
        terms.require_text();
        terms
    }

    /// Takes over the license of a Modelfile at the root, if it has one that is known.
    fn take_of_modelfile(&mut self, files: &dyn Files) {
        if self.license.is_some() {
            return;
        }
        let Some((path, text)) = facts::text_at_root(files, |name| name == Modelfile::NAME) else { return };
        let licenses = Modelfile::parse(&text).meant_licenses();
        if let [ids] = licenses.as_slice()
            && let [id] = ids.as_slice()
        {
            self.remarks.push(format!("{path} says {id}."));
            self.take_named(id);
        }
    }

    /// Takes over what GGUF says of the license: for `other`, its name and its address are next to it.
    fn take_of_gguf(&mut self, license: &str, general: &[(String, Fact)]) {
        self.take_named(license);
        if self.license.is_some() || !license.eq_ignore_ascii_case("other") {
            return;
        }
        let of = |key: &str| general.iter().find(|(other, _)| other == key).map(|(_, fact)| fact.value.as_str());
        let (name, link) = (of("license.name"), of("license.link"));
        for text in [name, link].into_iter().flatten() {
            if self.license.is_none() {
                self.take_named(text);
            }
        }
        if let Some(name) = name.filter(|_| self.license.is_none()) {
            (self.license, self.name) = (Some(emit::reference(name)), Some(name.to_owned()));
        }
        match link {
            Some(link) if emit::is_url(link) => self.url = Some(link.to_owned()),
            link => self.file = link.filter(|link| link.parse::<RepoPath>().is_ok()).map(str::to_owned),
        }
    }

    /// Takes over what files of REUSE and a citation say, if there is no license text. They are mostly about code as well.
    fn take_of_documents(&mut self, files: &dyn Files, citation: &Citation) {
        if self.license.is_some() || !license_files(files).is_empty() {
            return;
        }
        let stated = of_sidecars(files).or_else(|| of_reuse(files)).or_else(|| citation.license.clone());
        let Some(fact) = stated else { return };
        match license::read(&fact.value) {
            Ok(license::License::Expression(_)) => self.license = Some(fact.value),
            _ => self.take_named(&fact.value),
        }
        self.remarks.push(fact.from);
    }

    /// Takes over the license that a text names.
    fn take_named(&mut self, text: &str) {
        match license::stated::named(text) {
            Some(HubLicense::Named { id, name }) => (self.license, self.name) = (Some(id), name),
            Some(HubLicense::Either(ids)) => self.remarks.push(format!("This means {}.", ids.join(" or "))),
            Some(HubLicense::Vague) | None => {}
        }
    }

    fn of_card(card: &Card) -> Self {
        let of = &card.declared.model.license;
        let text = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone());
        let mut remarks = card.remarks.clone();
        if let Some(license) = &of.license {
            remarks.push(format!("From the front matter of {}: {}.", card.path, license.value));
        }
        Self {
            license: text(&of.license),
            file: of.file.as_ref().map(|file| file.value.as_str().to_owned()),
            name: text(&of.name),
            url: text(&of.url),
            remarks,
        }
    }

    /// Drops the path of a license text that is missing.
    fn drop_missing_file(&mut self, files: &dyn Files) {
        if let Some(file) = self.file.take_if(|file| !facts::has(files, file)) {
            self.remarks.push(format!("The license text {file} is named, but missing."));
        }
    }

    /// Finds the text of the stated license where [REUSE](https://reuse.software/spec-3.3/) keeps it.
    fn find_text_of_stated(&mut self, files: &dyn Files) {
        let Some(license) = self.license.as_deref().filter(|_| self.file.is_none()) else { return };
        self.file = Some(format!("LICENSES/{license}.txt")).filter(|path| facts::has(files, path));
    }

    /// Reads the license text at the root. A text takes precedence over a statement about it.
    fn read_text(&mut self, files: &dyn Files) {
        if let Some(file) = &self.file {
            self.remarks.push(format!("The license text is in {file}."));
            return;
        }
        let Some(chosen) = self.choose(license_files(files)) else { return };
        let Ok(Some(bytes)) = files.read(&chosen, MAX_TEXT_BYTES) else { return };
        let text = String::from_utf8_lossy(&bytes);
        let contents = license::text::contents(&text);
        match (contents.only(), self.license.clone()) {
            (Some(found), stated) => self.take_identified(&chosen, found, stated.as_deref()),
            (None, Some(stated)) => self.compare_with_stated(&chosen, &text, &stated),
            (None, None) => self.take_unknown(&chosen, &contents),
        }
    }

    /// Takes over a text that is not that of one license.
    fn take_unknown(&mut self, file: &RepoPath, contents: &Contents) {
        let names: Vec<&str> = contents.licenses.iter().map(Found::id).collect();
        let additions = contents.licenses.iter().flat_map(|found| &found.added).chain(&contents.surplus);
        let quoted: Vec<String> = additions.take(3).map(|text| format!("\"{text}\"")).collect();
        let remark = match (names.as_slice(), quoted.as_slice()) {
            ([], _) => format!("{file} is not the text of a common license; please check."),
            ([_], []) => format!("{file} resembles the text of {}, but it is another; please check.", names.join(", ")),
            (_, []) => format!("{file} contains the texts of {}; please check which apply.", names.join(", ")),
            _ => format!("{file} resembles the text of {}, but adds: {}.", names.join(", "), quoted.join(", ")),
        };
        self.remarks.push(remark);
        self.license = Some(emit::reference(file.file_name()));
        self.file = Some(file.as_str().to_owned());
    }

    /// Chooses one of several license texts.
    fn choose(&mut self, mut candidates: Vec<RepoPath>) -> Option<RepoPath> {
        if candidates.len() > 1 {
            let names: Vec<&str> = candidates.iter().map(RepoPath::as_str).collect();
            self.remarks.push(format!("There are several license texts; please check: {}.", names.join(", ")));
            let is_plain = |path: &RepoPath| is_plain_license(path.file_name());
            let is_of_model =
                |path: &RepoPath| words(path.file_name()).any(|word| word == "model" || word == "weights");
            match candidates.iter().any(is_of_model) {
                true => candidates.retain(is_of_model),
                false => candidates.retain(is_plain),
            }
        } else if let [only] = candidates.as_slice()
            && !starts_like_license(only.file_name())
        {
            self.remarks.push(format!("{only} may be the license of something else; please check."));
        }
        candidates.into_iter().next()
    }

    /// Takes over the license whose text is in a file.
    fn take_identified(&mut self, file: &RepoPath, found: &Found, stated: Option<&str>) {
        let id = found.id();
        let is_named = |stated: &str| match license::read(stated) {
            Ok(license::License::Expression(expression)) => {
                expression.names().iter().any(|name| found.ids.iter().any(|id| id == name) || share_a_text(name, id))
            }
            _ => false,
        };
        let differs = stated.is_some_and(|stated| !is_named(stated));
        let mut remark = format!("{file} contains the text of {id}");
        if differs {
            remark.push_str(", but another license is stated elsewhere; please check");
        } else if id.ends_with("-only") && stated.is_none() {
            let later = id.replace("-only", "-or-later");
            remark.push_str(&format!(", which is also the text of {later}; please check which one applies"));
        }
        self.remarks.push(format!("{remark}."));
        if stated.is_none() || differs {
            self.license = Some(id.to_owned());
            (self.name, self.url) = (None, None);
        }
        self.file = Some(file.as_str().to_owned());
    }

    /// Names a file as the text of the stated license unless it is certainly another text, which `check` would reject.
    fn compare_with_stated(&mut self, file: &RepoPath, text: &str, stated: &str) {
        let names = match license::read(stated) {
            Ok(license::License::Expression(expression)) => expression.names(),
            _ => Vec::new(),
        };
        let (likeness, contents) = license::text::compare(text, &names);
        let adds = contents.licenses.iter().any(|found| !found.added.is_empty()) || !contents.surplus.is_empty();
        match likeness {
            Likeness::Same if adds => {
                // What the text adds to the license is not what was stated.
                self.take_unknown(file, &contents);
                self.name = None;
            }
            Likeness::Same | Likeness::Unknown => {
                self.remarks.push(format!("The license text is in {file}."));
                self.file = Some(file.as_str().to_owned());
            }
            Likeness::Changed { .. } => {
                self.take_unknown(file, &contents);
                self.name = None;
            }
            Likeness::Other(_) | Likeness::Different => {
                self.remarks.push(format!("{file} does not contain the text of {stated}; please check."));
            }
        }
    }

    /// Makes sure that a `LicenseRef-` comes with a text that people can read.
    fn require_text(&mut self) {
        let Some(license) = self.license.as_deref().filter(|license| license.contains("LicenseRef-")) else { return };
        if self.file.is_some() || self.url.is_some() {
            return;
        }
        match license::traits::known().iter().find(|known| known.id == license) {
            Some(known) if emit::is_url(&known.source) => {
                self.remarks.push("The license text is not in this repository; this is its known URL.".to_owned());
                self.url = Some(known.source.clone());
            }
            _ => {
                let remark = format!(
                    "The text of `{license}` is not in this repository; add it and name it with `license-file`."
                );
                self.remarks.push(remark);
                self.name.get_or_insert_with(|| license.trim_start_matches("LicenseRef-").to_owned());
                self.license = None;
            }
        }
    }
}

fn share_a_text(a: &str, b: &str) -> bool {
    let text = |id: &str| license::text::canonical(id);
    text(a).is_some() && text(a) == text(b)
}

/// The words of license texts that are not those of the model.
const OF_OTHERS: &[&str] = &[
    "3rd",
    "code",
    "data",
    "dataset",
    "datasets",
    "docs",
    "font",
    "fonts",
    "notice",
    "party",
    "software",
    "third",
    "thirdparty",
    "tokenizer",
];
/// The directories in which the license text is if it is not at the root.
const DIRECTORIES: &[&str] = &["license", "licence"];

/// Returns the license texts at the root or in a directory of that name, in the order of paths.
fn license_files(files: &dyn Files) -> Vec<RepoPath> {
    let regular =
        files.entries().iter().filter(|entry| matches!(entry.kind, Kind::File { .. })).map(|entry| &entry.path);
    let texts = regular.filter(|path| is_license(path.file_name()) && !format::is_weights(path));
    let (at_root, below): (Vec<&RepoPath>, Vec<&RepoPath>) = texts.partition(|path| path.components().count() == 1);
    let is_kept = |path: &&RepoPath| {
        let directory = path.as_str().strip_suffix(path.file_name()).unwrap_or_default().trim_end_matches('/');
        DIRECTORIES.contains(&directory.to_lowercase().as_str())
    };
    let found = if at_root.is_empty() { below.into_iter().filter(is_kept).collect() } else { at_root };
    found.into_iter().cloned().collect()
}

/// Returns whether a file is a license text by its name: `LICENSE-MIT`, `COPYING`, `UNLICENSE`, `MIT-LICENSE.txt`.
fn is_license(name: &str) -> bool {
    let name = name.to_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if starts_like_license(&name) {
        return !matches!(extension, "py" | "json" | "toml" | "sh");
    }
    let stem = ["", ".txt", ".md", ".rst"].iter().filter_map(|end| name.strip_suffix(end));
    stem.into_iter().any(|stem| {
        let ends = ["license", "licence"].iter().filter_map(|end| stem.strip_suffix(end));
        stem == "unlicense" || ends.into_iter().any(|start| start.ends_with(['-', '_', ' ']))
    }) && !words(&name).any(|word| OF_OTHERS.contains(&word.as_str()))
}

fn starts_like_license(name: &str) -> bool {
    let name = name.to_lowercase();
    ["license", "licence", "copying"]
        .iter()
        .any(|start| name.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_'])))
}

fn words(name: &str) -> impl Iterator<Item = String> {
    name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase)
}

/// Returns the license that files next to the weights state, if they agree.
fn of_sidecars(files: &dyn Files) -> Option<Fact> {
    let sidecars = files.entries().iter().filter_map(|entry| {
        let of: RepoPath = entry.path.as_str().strip_suffix(".license")?.parse().ok()?;
        (format::is_weights(&of) && matches!(entry.kind, Kind::File { .. })).then_some(&entry.path)
    });
    let mut stated: Vec<(&RepoPath, String)> = Vec::new();
    for path in sidecars.take(MAX_SIDECARS) {
        let bytes = files.read(path, MAX_TEXT_BYTES).ok().flatten()?;
        stated.push((path, reuse::of_sidecar(&String::from_utf8_lossy(&bytes))?));
    }
    let (path, license) = stated.first()?;
    let agree = stated.iter().all(|(_, other)| other == license);
    Fact::new(license, format!("{path} says {license}; please check.")).filter(|_| agree)
}

/// Returns the license that REUSE states for every file.
fn of_reuse(files: &dyn Files) -> Option<Fact> {
    let read = |path: &str, of: fn(&str) -> Option<String>| {
        let bytes = files.read(&path.parse().ok()?, MAX_TEXT_BYTES).ok().flatten()?;
        let license = of(&String::from_utf8_lossy(&bytes))?;
        Fact::new(&license, format!("{path} says {license} of every file; please check."))
    };
    read("REUSE.toml", reuse::of_toml).or_else(|| read(".reuse/dep5", reuse::of_dep5))
}

fn is_plain_license(name: &str) -> bool {
    matches!(
        name.to_lowercase().as_str(),
        "license" | "license.txt" | "license.md" | "licence" | "licence.txt" | "copying"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Memory;

    fn terms(files: &[(&str, &str)]) -> Terms {
        let files = Memory::new(files.iter().map(|(path, text)| (*path, *text)));
        Terms::read(&files, None, &[], &Citation::read(&files))
    }

    #[test]
    fn files_that_state_a_license_are_taken_with_a_request_to_check() {
        let reuse = "version = 1\n[[annotations]]\npath = \"**\"\nSPDX-License-Identifier = \"Apache-2.0\"\n";
        for (path, text) in [
            ("REUSE.toml", reuse),
            (".reuse/dep5", "Files: *\nLicense: Apache-2.0\n"),
            ("m.safetensors.license", "SPDX-License-Identifier: Apache-2.0\n"),
            ("CITATION.cff", "title: T\nlicense: Apache-2.0\n"),
        ] {
            let found = terms(&[("m.safetensors", "x"), (path, text)]);
            assert_eq!(found.license.as_deref(), Some("Apache-2.0"), "{path}");
            assert!(found.remarks.iter().any(|remark| remark.contains(path) && remark.contains("please check")));
        }
        let both = [
            ("a.gguf.license", "SPDX-License-Identifier: MIT\n"),
            ("b.gguf.license", "SPDX-License-Identifier: CC0-1.0\n"),
        ];
        assert_eq!(terms(&both).license, None);
        assert_eq!(terms(&[("notes.txt.license", "SPDX-License-Identifier: MIT\n")]).license, None);
        assert_eq!(terms(&[("sub/REUSE.toml", reuse)]).license, None);
        // A text says more.
        let mit = license::text::canonical("MIT").unwrap_or_default();
        assert_eq!(terms(&[("LICENSE", mit), ("REUSE.toml", reuse)]).license.as_deref(), Some("MIT"));
    }

    #[test]
    fn license_texts_have_many_names() {
        let mit = license::text::canonical("MIT").unwrap_or_default();
        for (path, is_doubtful) in [
            ("LICENSE", false),
            ("LICENSE-MIT", false),
            ("license/LICENSE", false),
            ("MIT-LICENSE.txt", true),
            ("MODEL_LICENSE", true),
            ("Licence/model-licence.md", true),
            ("UNLICENSE", true),
        ] {
            let found = terms(&[(path, mit)]);
            assert_eq!((found.license.as_deref(), found.file.as_deref()), (Some("MIT"), Some(path)), "{path}");
            assert_eq!(found.remarks.iter().any(|remark| remark.contains("something else")), is_doubtful, "{path}");
        }
        for path in [
            "DATA_LICENSE",
            "THIRD-PARTY-LICENSE.txt",
            "my_license.py",
            "license_plate.onnx",
            "sublicense",
            "src/LICENSE",
            "LICENSE.py",
        ] {
            assert_eq!(terms(&[(path, mit)]).license, None, "{path}");
        }
        let several = terms(&[("LICENSE", "Of the code."), ("MODEL_LICENSE", mit)]);
        assert_eq!(several.file.as_deref(), Some("MODEL_LICENSE"));
    }

    #[test]
    fn another_license_of_gguf_has_its_name_and_address() {
        let read = |pairs: &[(&str, &str)]| {
            let fact = |value: &str| Fact { value: value.to_owned(), from: String::new() };
            let general: Vec<_> = pairs.iter().map(|(key, value)| ((*key).to_owned(), fact(value))).collect();
            Terms::read(&Memory::new([("m.gguf", "x")]), None, &general, &Citation::default())
        };
        let link = ("license.link", "https://example.org/terms");
        let found = read(&[("license", "other"), ("license.name", "Tiny Terms 1.0"), link]);
        assert_eq!(found.license.as_deref(), Some("LicenseRef-Tiny-Terms-1.0"));
        assert_eq!((found.name.as_deref(), found.url.as_deref()), (Some("Tiny Terms 1.0"), Some(link.1)));
        let known = read(&[("license", "other"), ("license.name", "apache-2.0")]);
        assert_eq!((known.license.as_deref(), known.name), (Some("Apache-2.0"), None));
        assert_eq!(read(&[("license", "other"), link]).license, None);
        assert_eq!(read(&[("license", "mit"), ("license.name", "Tiny")]).license.as_deref(), Some("MIT"));
    }
}
