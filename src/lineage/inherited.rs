//! What the bases of a release come from, as far as their manifests are in `.openness/bases/`.
//!
//! A copy counts if the statement that an entry names has the digest of the manifest. Whether the signer of the statement can be
//! trusted is for `verify`.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::artifacts::digest;
use crate::files::{Files, OPENNESS_DIR};
use crate::manifest::parse::parse_bytes;
use crate::manifest::{Base, FILE_NAME, MAX_MANIFEST_BYTES, Manifest, Relation, Sha256Hex};

/// The largest statement that is read, in bytes.
const MAX_STATEMENT_BYTES: u64 = 16 << 20;
/// How many bases are followed, one from the other.
const MAX_DEPTH: usize = 16;
/// How many ancestors of one base are listed.
const MAX_ANCESTORS: usize = 1000;

/// What a base comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ancestor {
    /// Its name.
    pub name: String,
    /// Its license, as the manifest of what was made from it states it.
    pub license: Option<String>,
    /// What the release is to it, over all steps between; `None` if that is not stated.
    pub relation: Option<Relation>,
    /// The digest of its statement.
    pub statement: Option<Sha256Hex>,
}

#[derive(Debug, Deserialize)]
struct Signed {
    predicate: Predicate,
}

#[derive(Debug, Deserialize)]
struct Predicate {
    manifest: ManifestFacts,
}

#[derive(Debug, Deserialize)]
struct ManifestFacts {
    sha256: String,
}

/// Returns the ancestors of a base, the nearest first, each once.
pub(super) fn ancestors(base: &Base, files: &dyn Files) -> Vec<Ancestor> {
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    let relation = base.relation.as_ref().map(|relation| relation.value);
    let mut open: Vec<(Sha256Hex, Option<Relation>)> =
        base.statement.iter().map(|statement| (statement.value, relation)).collect();
    for _ in 0..MAX_DEPTH {
        let mut next = Vec::new();
        for (statement, outer) in std::mem::take(&mut open) {
            if !seen.insert(statement) {
                continue;
            }
            let Some(manifest) = manifest(&statement, files) else { continue };
            for base in &manifest.model.base {
                let inner = base.relation.as_ref().map(|relation| relation.value);
                let Some(relation) = compose(outer, inner) else { continue };
                if found.len() >= MAX_ANCESTORS {
                    return found;
                }
                let statement = base.statement.as_ref().map(|statement| statement.value);
                next.extend(statement.map(|statement| (statement, relation)));
                found.push(Ancestor {
                    name: base.name.value.clone(),
                    license: base.license.as_ref().map(|license| license.value.clone()),
                    relation,
                    statement,
                });
            }
        }
        open = next;
    }
    found
}

/// Returns the manifest that a statement is about, if both are there.
fn manifest(wanted: &Sha256Hex, files: &dyn Files) -> Option<Manifest> {
    let read = |name: &str, limit: u64| {
        let path = format!("{OPENNESS_DIR}/bases/{}/{name}", wanted.as_str()).parse().ok()?;
        files.read(&path, limit).ok().flatten()
    };
    let statement = read("statement.json", MAX_STATEMENT_BYTES)?;
    if digest::sha256(&statement) != *wanted {
        return None;
    }
    let signed: Signed = serde_json::from_slice(&statement).ok()?;
    let bytes = read(FILE_NAME, u64::try_from(MAX_MANIFEST_BYTES).unwrap_or(u64::MAX))?;
    if digest::sha256(&bytes).as_str() != signed.predicate.manifest.sha256 {
        return None;
    }
    let parsed = parse_bytes(FILE_NAME, &bytes);
    parsed.is_sound().then_some(parsed.manifest)
}

/// Returns what a release is to the base of its base; `None` if nothing of that one, nor of what it puts out, went into it.
fn compose(outer: Option<Relation>, inner: Option<Relation>) -> Option<Option<Relation>> {
    use Relation::{Adapter, Copy, Distilled, Finetune, Merge, Other, Quantized, TrainedOn, TrainedWith};
    let (Some(outer), Some(inner)) = (outer, inner) else {
        return (!matches!(outer.or(inner), Some(TrainedOn | TrainedWith))).then_some(None);
    };
    match (outer, inner) {
        (TrainedOn | TrainedWith, _) | (Distilled, TrainedOn | TrainedWith) => None,
        (Other, _) | (_, Other) => Some(None),
        (_, Distilled | TrainedOn | TrainedWith) => Some(Some(inner)),
        (Distilled, _) => Some(Some(Distilled)),
        (Adapter, _) | (_, Adapter) => Some(Some(Adapter)),
        (Copy, _) => Some(Some(inner)),
        (_, Copy | Quantized) => Some(Some(outer)),
        (Quantized, Finetune | Merge) => Some(Some(inner)),
        (Finetune | Merge, Finetune | Merge) => Some(Some(outer)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_release_is_to_the_base_of_its_base() {
        use Relation::{Adapter, Copy, Distilled, Finetune, Merge, Other, Quantized, TrainedOn, TrainedWith};
        for (outer, inner, wanted) in [
            (Quantized, Finetune, Some(Some(Finetune))),
            (Finetune, Quantized, Some(Some(Finetune))),
            (Copy, Quantized, Some(Some(Quantized))),
            (Quantized, Copy, Some(Some(Quantized))),
            (Merge, Finetune, Some(Some(Merge))),
            // Weights of an adapter contain nothing of its base, whatever is made from them.
            (Adapter, Quantized, Some(Some(Adapter))),
            (Finetune, Adapter, Some(Some(Adapter))),
            (Finetune, Distilled, Some(Some(Distilled))),
            (Distilled, Finetune, Some(Some(Distilled))),
            (Merge, TrainedOn, Some(Some(TrainedOn))),
            (Adapter, TrainedWith, Some(Some(TrainedWith))),
            (Distilled, TrainedOn, None),
            (TrainedOn, Finetune, None),
            (Other, Finetune, Some(None)),
            (Finetune, Other, Some(None)),
        ] {
            assert_eq!(compose(Some(outer), Some(inner)), wanted, "{outer:?} {inner:?}");
        }
        assert_eq!((compose(None, Some(Finetune)), compose(Some(Finetune), None)), (Some(None), Some(None)));
        assert_eq!((compose(None, None), compose(Some(TrainedOn), None)), (Some(None), None));
    }
}
