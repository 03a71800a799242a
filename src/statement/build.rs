//! From what passed the rules, and digests, to a statement.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::*;
use crate::artifacts::digest::{Basis, Hashed, PointedContent};
use crate::artifacts::glob::Glob;
use crate::artifacts::{self, Inventory};
use crate::evaluate::{self, Evaluation};
use crate::files::{Files, Kind};
use crate::finding::Severity;
use crate::license;
use crate::manifest::{ClaimValue, Component, FILE_NAME, Manifest};
use crate::rules::Passed;
use crate::taxonomy;

impl Statement {
    /// Says what is signed: `hashed` are the digests of `inventory.covered`, in that order.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] where the parts do not fit together: nothing is covered, or the manifest is not.
    pub fn new(
        passed: &Passed<'_>,
        snapshot: &dyn Files,
        inventory: &Inventory,
        hashed: &[Hashed],
        created: Timestamp,
    ) -> Result<Self, Error> {
        let manifest = passed.manifest();
        let entries = snapshot.entries();
        let subject: Vec<Subject> = inventory
            .covered
            .iter()
            .zip(hashed)
            .map(|(at, hashed)| Subject {
                name: entries[*at].path.clone(),
                digest: Digest { sha256: Hex(hashed.sha256) },
                annotations: Annotations { size: hashed.size },
            })
            .collect();
        let own = subject.iter().find(|subject| subject.name.as_str() == FILE_NAME);
        let own = own.ok_or_else(|| Error::Inconsistent(format!("`{FILE_NAME}` itself is not covered")))?;
        let predicate = Predicate {
            manifest: ManifestFacts { path: own.name.clone(), sha256: own.digest.sha256.clone() },
            model: model(manifest),
            release: release(manifest),
            components: components(manifest, snapshot, inventory),
            claims: claims(manifest),
            taxonomies: TaxonomyFacts::of(&evaluate::evaluate(manifest)),
            findings: findings(passed),
            waived: passed.waived().to_vec(),
            coverage: coverage(manifest, snapshot, inventory, hashed),
            git: git(snapshot),
            created: created.to_string(),
            expires: expires(manifest),
        };
        let statement =
            Self { kind: STATEMENT_TYPE.to_owned(), subject, predicate_type: PREDICATE_TYPE.to_owned(), predicate };
        statement.validate()?;
        Ok(statement)
    }
}

impl Statement {
    /// Returns what the statement says otherwise than the manifest that it speaks of; `None` where they agree.
    ///
    /// A reader believes the one or the other, so a signer who lets them differ says two things under one signature.
    #[must_use]
    pub fn contradicts(&self, manifest: &Manifest) -> Option<String> {
        let Predicate {
            model: named, release: released, components, claims: claimed, coverage, expires: until, ..
        } = &self.predicate;
        let exclude: Vec<&str> = manifest.coverage.exclude.iter().map(|glob| glob.value.as_str()).collect();
        let differs = |what: &str| Some(format!("its `{what}` is not what the manifest says"));
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
                || !says_the_same(&facts(manifest, component, Vec::new()), signed)
        })?;
        differs(&format!("components.{}", other.id))
    }

    /// The subjects that a component's patterns match.
    fn files_of(&self, component: &Component) -> impl Iterator<Item = &RepoPath> {
        let globs = component.files.iter().filter_map(|text| text.value.parse::<Glob>().ok());
        let matched = globs.map(|glob| artifacts::select(&glob, &self.subject, |subject| &subject.name));
        artifacts::each_once(self.subject.len(), matched).into_iter().map(|at| &self.subject[at].name)
    }
}

/// Whether two components are said to be the same, whatever files they have.
fn says_the_same(one: &ComponentFacts, other: &ComponentFacts) -> bool {
    let ComponentFacts { data_class, files: _, id, license, openness, reason, remote } = one;
    (data_class, id, license, openness, reason, remote)
        == (&other.data_class, &other.id, &other.license, &other.openness, &other.reason, &other.remote)
}

impl TaxonomyFacts {
    /// Returns what a statement says of evaluations: the verdict and what belongs to it, without the reasons, whose
    /// wording may change while the facts stay.
    #[must_use]
    pub fn of(evaluations: &[Evaluation]) -> Vec<Self> {
        evaluations
            .iter()
            .filter_map(|evaluation| {
                let data = taxonomy::find(evaluation.taxonomy)?.digest.parse().ok()?;
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

fn git(snapshot: &dyn Files) -> Option<GitFacts> {
    let facts = snapshot.git()?;
    let commit = snapshot.commit();
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

fn components(manifest: &Manifest, snapshot: &dyn Files, inventory: &Inventory) -> Vec<ComponentFacts> {
    let files = inventory.components.iter().map(|claimed| {
        let covered = claimed.entries.iter().copied().filter(|at| inventory.covered.binary_search(at).is_ok());
        covered.map(|at| snapshot.entries()[at].path.clone()).collect()
    });
    manifest.components.iter().zip(files).map(|(component, files)| facts(manifest, component, files)).collect()
}

fn facts(manifest: &Manifest, component: &Component, files: Vec<RepoPath>) -> ComponentFacts {
    ComponentFacts {
        id: component.id.value.clone(),
        openness: component.openness().as_str().to_owned(),
        license: license::effective(manifest, component).text().map(str::to_owned),
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

fn findings(passed: &Passed<'_>) -> FindingFacts {
    let count = |severity| passed.findings().iter().filter(|finding| finding.severity == severity).count();
    FindingFacts { errors: count(Severity::Error), warnings: count(Severity::Warning), notes: count(Severity::Note) }
}

fn coverage(manifest: &Manifest, snapshot: &dyn Files, inventory: &Inventory, hashed: &[Hashed]) -> CoverageFacts {
    let mut links = BTreeMap::new();
    let mut submodules = BTreeMap::new();
    for entry in snapshot.entries() {
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
            Basis::Pointer { content: PointedContent::Confirmed, .. } => lfs.confirmed += 1,
            Basis::Pointer { .. } => lfs.unconfirmed += 1,
        }
    }
    CoverageFacts {
        files: hashed.len(),
        bytes: hashed.iter().map(|hashed| hashed.size).sum(),
        exclude: manifest.coverage.exclude.iter().map(|glob| glob.value.clone()).collect(),
        excluded: inventory.excluded.iter().map(|at| snapshot.entries()[*at].path.clone()).collect(),
        links,
        submodules,
        lfs,
    }
}
