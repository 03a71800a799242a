//! Making a statement of a release that passed its checks, and comparing one with a manifest.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::*;
use crate::artifacts::digest::{self, Basis, BlockSize, Hashed, LfsContent, Measured, Reading};
use crate::artifacts::glob::Glob;
use crate::artifacts::{self, Inventory};
use crate::check::{Checked, Passed};
use crate::evaluate::{self, Evaluation};
use crate::files::{Entry, Files, Kind};
use crate::finding::{Finding, Severity};
use crate::license;
use crate::manifest::{ClaimValue, Component, FILE_NAME, Manifest};
use crate::taxonomy;

impl Passed<'_> {
    /// Hashes every covered file and makes the statement to be signed.
    ///
    /// `created` is the time of signing that the statement claims. `progress` receives the number of bytes of each
    /// piece that was read, from any thread.
    ///
    /// # Errors
    /// [`Error::Hash`] if a file cannot be read, [`Error::ManifestChanged`], [`Error::Inconsistent`] if the parts do
    /// not fit together, for instance because the manifest is not covered.
    pub fn statement(
        &self,
        created: Timestamp,
        options: &digest::Options,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Statement, Error> {
        let files = self.checked().files();
        let measured = digest::measure_all(files, &readings(files, &self.covered()), options, progress);
        self.state(measured.into_iter().collect::<Result<_, _>>()?, created)
    }

    /// Makes a statement that cannot be signed, of digests that may come from a cache.
    ///
    /// `hash` receives the covered files and returns their digests in the same order.
    ///
    /// # Errors
    /// The errors of [`Passed::statement`], and [`Error::Inconsistent`] if `hash` returns another number of digests.
    pub fn preview(
        &self,
        created: Timestamp,
        hash: impl FnOnce(&dyn Files, &[&Entry]) -> Vec<Result<Hashed, digest::Error>>,
    ) -> Result<Preview, Error> {
        let hashed = hash(self.checked().files(), &self.covered()).into_iter();
        let measured = hashed.map(|hashed| hashed.map(|hashed| Measured { hashed: Some(hashed), blocks: None }));
        self.state(measured.collect::<Result<_, _>>()?, created).map(Preview)
    }

    fn state(&self, measured: Vec<Measured>, created: Timestamp) -> Result<Statement, Error> {
        let (manifest, checked) = (self.manifest(), self.checked());
        let (files, inventory) = (checked.files(), checked.inventory());
        let covered = self.covered();
        let (hashed, blocks): (Vec<Option<Hashed>>, Vec<_>) =
            measured.into_iter().map(|measured| (measured.hashed, measured.blocks)).unzip();
        let hashed: Vec<Hashed> = hashed.into_iter().flatten().collect();
        if covered.len() != hashed.len() {
            let what = format!("{} files are covered, but {} were hashed", covered.len(), hashed.len());
            return Err(Error::Inconsistent(what));
        }
        let subject: Vec<Subject> = covered
            .iter()
            .zip(&hashed)
            .zip(blocks)
            .map(|((entry, hashed), blocks)| Subject {
                name: entry.path.clone(),
                digest: Digest { sha256: Hex(hashed.sha256) },
                annotations: Annotations {
                    blocks: blocks.map(|blocks| Box::new(Blocks::from(blocks))),
                    size: hashed.size,
                },
            })
            .collect();
        let own = subject.iter().find(|subject| subject.name.as_str() == FILE_NAME);
        let own = own.ok_or_else(|| Error::Inconsistent(format!("it does not cover `{FILE_NAME}`")))?;
        if own.digest.sha256.0 != *self.manifest_sha256() {
            return Err(Error::ManifestChanged);
        }
        let predicate = Predicate {
            allowed: allowed(checked),
            manifest: ManifestFacts { path: own.name.clone(), sha256: own.digest.sha256.clone() },
            model: model(manifest),
            release: release(manifest),
            components: components(manifest, files, inventory),
            claims: claims(manifest),
            taxonomies: TaxonomyFacts::of(&evaluate::evaluate(manifest)),
            findings: findings(checked.findings()),
            waived: self.waived().to_vec(),
            coverage: coverage(manifest, files, inventory, &hashed),
            git: git(files),
            created: created.to_string(),
            expires: expires(manifest),
        };
        let (kind, predicate_type) = (STATEMENT_TYPE.to_owned(), PREDICATE_TYPE.to_owned());
        Statement::valid(Body { kind, subject, predicate_type, predicate })
    }
}

/// Decides which files have block digests. All blocks of a release have one size, so the sizes of all files must be known
/// before any of them is read; for a Git LFS pointer, that is the size that it states.
fn readings<'a>(files: &dyn Files, covered: &[&'a Entry]) -> Vec<(&'a Entry, Reading)> {
    // A file that cannot be read has no digest, which is reported when it is hashed.
    let sizes: Vec<u64> = covered.iter().map(|entry| digest::content_size(files, entry).unwrap_or(0)).collect();
    let blocks = BlockSize::of_release(&sizes);
    let reading = |bytes| match blocks.filter(|size| size.divides(bytes)) {
        Some(size) => Reading::WholeAndBlocks(size),
        None => Reading::Whole,
    };
    covered.iter().zip(sizes).map(|(entry, bytes)| (*entry, reading(bytes))).collect()
}

/// A statement for display only, which cannot be signed.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview(Statement);

impl Preview {
    /// Returns the fields of the statement.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.0
    }
}

impl Body {
    /// Returns the first field in which the statement contradicts the manifest, or `None` if they agree.
    ///
    /// Some readers use the statement and others the manifest, so with a contradiction one signature would have two
    /// meanings. The text is a clause: "its `model` differs from the manifest".
    #[must_use]
    pub fn contradicts(&self, manifest: &Manifest) -> Option<String> {
        let Predicate {
            model: named, release: released, components, claims: claimed, coverage, expires: until, ..
        } = &self.predicate;
        let exclude: Vec<&str> = manifest.coverage.exclude.iter().map(|glob| glob.value.as_str()).collect();
        let differs = |what: &str| Some(format!("its `{what}` differs from the manifest"));
        if *named != model(manifest) {
            return differs("model");
        }
        if *released != release(manifest) {
            return differs("release");
        }
        if *until != expires(manifest) {
            return differs("expires");
        }
        if json::canonical(claimed).ok() != json::canonical(&claims(manifest)).ok() {
            return differs("claims");
        }
        if coverage.exclude != exclude {
            return differs("coverage.exclude");
        }
        if components.len() != manifest.components.len() {
            return differs("components");
        }
        let mut declared = manifest.components.iter().zip(components);
        let (_, other) = declared.find(|(component, signed)| {
            !self.files_of(component).eq(&signed.files)
                || !is_same_component(&facts(manifest, component, Vec::new()), signed)
        })?;
        differs(&format!("components.{}", other.id))
    }

    /// Returns the subjects that a component's patterns match.
    fn files_of(&self, component: &Component) -> impl Iterator<Item = &RepoPath> {
        let globs = component.files.iter().filter_map(|text| text.value.parse::<Glob>().ok());
        let matched = globs.map(|glob| artifacts::select(&glob, &self.subject, |subject| &subject.name));
        artifacts::each_once(self.subject.len(), matched).into_iter().map(|at| &self.subject[at].name)
    }
}

/// Returns whether two components have the same facts, whatever their files.
fn is_same_component(one: &ComponentFacts, other: &ComponentFacts) -> bool {
    ComponentFacts { files: other.files.clone(), ..one.clone() } == *other
}

impl TaxonomyFacts {
    /// Returns evaluations in the form of a statement: verdicts and details, without the reasons, whose wording may
    /// change while the facts stay the same.
    #[must_use]
    pub fn of(evaluations: &[Evaluation]) -> Vec<Self> {
        evaluations
            .iter()
            .filter_map(|evaluation| {
                let data = taxonomy::find(evaluation.taxonomy)?.digest().parse().ok()?;
                let mut value = serde_json::to_value(evaluation).ok()?;
                if let Some(object) = value.as_object_mut() {
                    object.remove("reasons");
                    object.remove("taxonomy");
                }
                Some(Self { id: evaluation.taxonomy.to_owned(), data: Hex(data), evaluation: value })
            })
            .collect()
    }
}

fn git(files: &dyn Files) -> Option<GitFacts> {
    let facts = files.git()?;
    let commit = files.commit();
    Some(GitFacts {
        object_format: facts.object_format.as_str().to_owned(),
        commit: commit.map(|commit| commit.commit.to_string()),
        tree: commit.map(|commit| commit.tree.to_string()),
    })
}

fn model(manifest: &Manifest) -> ModelFacts {
    ModelFacts {
        name: manifest.model.name.value.clone(),
        version: manifest.model.version.value.clone(),
        producer: manifest.model.producer.value.clone(),
    }
}

fn claims(manifest: &Manifest) -> BTreeMap<String, Value> {
    manifest.claims.iter().map(|claim| (claim.key.value.clone(), claim_value(&claim.value))).collect()
}

fn expires(manifest: &Manifest) -> Option<String> {
    manifest.release.as_ref().and_then(|release| release.expires.as_ref()).map(|day| day.value.clone())
}

fn release(manifest: &Manifest) -> ReleaseFacts {
    let Some(release) = &manifest.release else { return ReleaseFacts::default() };
    ReleaseFacts {
        access: release.access.as_ref().map(|access| access.as_str().to_owned()),
        date: release.date.as_ref().map(|date| date.value.clone()),
        sequence: release.sequence.as_ref().map(|sequence| sequence.value),
        supersedes: release.supersedes.as_ref().map(|digest| Hex(digest.value)),
    }
}

fn components(manifest: &Manifest, files: &dyn Files, inventory: &Inventory) -> Vec<ComponentFacts> {
    let claimed = inventory.components.iter().map(|claimed| {
        let covered = claimed.entries.iter().copied().filter(|at| inventory.covered.binary_search(at).is_ok());
        covered.map(|at| files.entries()[at].path.clone()).collect()
    });
    manifest.components.iter().zip(claimed).map(|(component, files)| facts(manifest, component, files)).collect()
}

fn facts(manifest: &Manifest, component: &Component, files: Vec<RepoPath>) -> ComponentFacts {
    let license = license::effective(manifest, component);
    ComponentFacts {
        id: component.id.value.clone(),
        openness: component.openness().as_str().to_owned(),
        license: license.text().map(str::to_owned),
        license_name: license.name().map(str::to_owned),
        data_class: component.data_class.as_ref().map(|class| class.as_str().to_owned()),
        reason: component.reason.as_ref().map(|reason| reason.value.clone()),
        files,
        remote: component
            .remote
            .iter()
            .map(|remote| RemoteFacts {
                url: remote.url.value.clone(),
                sha256: remote.sha256.as_ref().map(|digest| Hex(digest.value)),
                size: remote.size.as_ref().map(|size| size.value),
            })
            .collect(),
    }
}

fn claim_value(value: &ClaimValue) -> Value {
    match value {
        ClaimValue::Text(text) => text.as_str().into(),
        ClaimValue::Flag(flag) => (*flag).into(),
        ClaimValue::Number(number) => (*number).into(),
    }
}

fn findings(findings: &[Finding]) -> FindingFacts {
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    FindingFacts { errors: count(Severity::Error), warnings: count(Severity::Warning), notes: count(Severity::Note) }
}

/// Returns what comments in the manifest allow, sorted, each once; `None` if that is nothing.
fn allowed(checked: &Checked<'_>) -> Option<Vec<AllowedFact>> {
    let facts = checked.allowed().map(|(finding, comment)| AllowedFact {
        code: finding.rule.code.to_owned(),
        reason: comment.reason.clone(),
        r#where: comment.place.clone(),
    });
    let facts: BTreeSet<AllowedFact> = facts.collect();
    (!facts.is_empty()).then(|| facts.into_iter().collect())
}

fn coverage(manifest: &Manifest, files: &dyn Files, inventory: &Inventory, hashed: &[Hashed]) -> CoverageFacts {
    let mut links = BTreeMap::new();
    let mut submodules = BTreeMap::new();
    for entry in files.entries() {
        match &entry.kind {
            Kind::Symlink { target } => drop(links.insert(entry.path.clone(), target.clone())),
            Kind::Submodule { commit } => drop(submodules.insert(entry.path.clone(), commit.to_string())),
            Kind::File { .. } | Kind::Missing => {}
        }
    }
    let mut lfs = LfsFacts::default();
    for hashed in hashed {
        match hashed.basis {
            Basis::Bytes => {}
            Basis::Pointer { content: LfsContent::Confirmed, .. } => lfs.confirmed += 1,
            Basis::Pointer { .. } => lfs.unconfirmed += 1,
        }
    }
    CoverageFacts {
        files: hashed.len(),
        bytes: hashed.iter().map(|hashed| hashed.size).sum(),
        exclude: manifest.coverage.exclude.iter().map(|glob| glob.value.clone()).collect(),
        excluded: inventory.excluded.iter().map(|at| files.entries()[*at].path.clone()).collect(),
        links,
        submodules,
        lfs,
    }
}
