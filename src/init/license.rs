//! The license of a model, from what is stated and from license texts.

use crate::files::{Files, Kind};
use crate::import::emit;
use crate::license;
use crate::license::text::{Contents, Found, Likeness};
use crate::license::traits::HubLicense;
use crate::lineage::Modelfile;
use crate::manifest::Text;
use crate::path::RepoPath;

use super::Fact;
use super::card::Card;
use super::facts::{self, MAX_TEXT_BYTES};

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
    /// Finds the license in the model card, the metadata of weights, a Modelfile and license texts.
    pub(super) fn read(files: &dyn Files, card: Option<&Card>, general: &[(String, Fact)]) -> Self {
        let mut terms = card.map(Self::of_card).unwrap_or_default();
        if terms.license.is_none()
            && let Some((_, fact)) = general.iter().find(|(key, _)| key == "license")
        {
            terms.remarks.push(format!("{} Its `general.license` is `{}`.", fact.from, fact.value));
            terms.take_named(&fact.value);
        }
        if terms.license.is_none()
            && let Some(fact) = facts::safetensors_license(files)
        {
            terms.remarks.push(fact.from);
            terms.take_named(&fact.value);
        }
        terms.take_of_modelfile(files);
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
            self.remarks.push(format!("The card names the license text {file}, which is missing."));
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
            candidates.retain(|path| is_plain_license(path.file_name()));
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

/// Returns the license texts at the root, in the order of paths.
fn license_files(files: &dyn Files) -> Vec<RepoPath> {
    let is_license = |name: &str| {
        let name = name.to_lowercase();
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        ["license", "licence", "copying"].iter().any(|start| {
            name.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
        }) && !matches!(extension, "py" | "json" | "toml" | "sh")
    };
    let at_root = files.entries().iter().filter(|entry| entry.path.components().count() == 1);
    let regular = at_root.filter(|entry| matches!(entry.kind, Kind::File { .. }));
    regular.filter(|entry| is_license(entry.path.file_name())).map(|entry| entry.path.clone()).collect()
}

fn is_plain_license(name: &str) -> bool {
    matches!(
        name.to_lowercase().as_str(),
        "license" | "license.txt" | "license.md" | "licence" | "licence.txt" | "copying"
    )
}
