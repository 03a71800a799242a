//! The models that a bill of materials lists as ancestors of a model: CycloneDX and SPDX, as JSON.
//!
//! - CycloneDX 1.5 to 1.7: `pedigree.ancestors` of components of the type `machine-learning-model`, at any depth.
//!   <https://cyclonedx.org/docs/1.6/json/>
//! - SPDX 3.0: the relationships `descendantOf` and `ancestorOf`, and `trainedOn` and `usesTool` where they lead to a model.
//!   <https://spdx.github.io/spdx-spec/v3.0.1/model/Core/Vocabularies/RelationshipType/>
//! - SPDX 2.3: `DESCENDANT_OF` and `ANCESTOR_OF`.
//!   <https://spdx.github.io/spdx-spec/v2.3/relationships-between-SPDX-elements/>
//!
//! XML, YAML and tag-value files are not read.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Named;
use crate::manifest::Relation;

/// The type of models in CycloneDX.
const MODEL: &str = "machine-learning-model";
/// What an export of ours calls the relation.
const RELATION: &str = "openness:relation";

/// Returns whether a file of this name is a bill of materials, by the conventions of both formats.
pub(super) fn is_bom(name: &str) -> bool {
    matches!(name, "bom.json" | "sbom.json")
        || [".cdx.json", ".spdx.json", ".spdx3.json"].iter().any(|ending| name.ends_with(ending))
}

/// Reads the ancestors of models. A file in another format names none.
pub(super) fn read(text: &str) -> Result<Vec<Named>, String> {
    let bom: Value = serde_json::from_str(text).map_err(|error| format!("it is not valid JSON: {error}"))?;
    if bom["bomFormat"] == "CycloneDX" {
        return Ok(cyclonedx(&bom));
    }
    Ok(match (&bom["@graph"], &bom["spdxVersion"]) {
        (Value::Array(elements), _) => Spdx3::of(elements).bases(),
        (_, Value::String(_)) => spdx2(&bom),
        _ => Vec::new(),
    })
}

fn cyclonedx(bom: &Value) -> Vec<Named> {
    let components = std::iter::once(&bom["metadata"]["component"]).chain(list(&bom["components"]));
    let mut found = Vec::new();
    for model in components.filter(|component| component["type"] == MODEL) {
        ancestors(model, &mut found);
    }
    found
}

/// Adds the ancestors, and theirs. The reader of JSON bounds the depth.
fn ancestors(component: &Value, found: &mut Vec<Named>) {
    for ancestor in list(&component["pedigree"]["ancestors"]) {
        if ancestor["type"].as_str().is_some_and(|kind| kind != MODEL) {
            continue;
        }
        let relation = list(&ancestor["properties"]).find(|property| property["name"] == RELATION);
        let relation = relation.and_then(|property| Relation::from_word(property["value"].as_str()?));
        let hash = list(&ancestor["hashes"]).find(|hash| hash["alg"] == "SHA-256");
        let url = list(&ancestor["externalReferences"]).find_map(|reference| text(&reference["url"]));
        let of_group = |name: &str| match text(&ancestor["group"]) {
            Some(group) => format!("{group}/{name}"),
            None => name.to_owned(),
        };
        let id = text(&ancestor["purl"]).and_then(hub_id);
        if let Some(name) = id.or_else(|| text(&ancestor["name"]).map(of_group)) {
            found.push(Named {
                url: url.map(str::to_owned),
                license: only_license(&ancestor["licenses"]),
                digest: hash.and_then(|hash| text(&hash["content"])).map(str::to_owned),
                ..Named::title(name, relation)
            });
        }
        ancestors(ancestor, found);
    }
}

/// Returns the license if there is one: how several would go together is not said.
fn only_license(licenses: &Value) -> Option<String> {
    let mut licenses = list(licenses);
    let only = licenses.next().filter(|_| licenses.next().is_none())?;
    text(&only["expression"]).or(text(&only["license"]["id"])).map(str::to_owned)
}

/// The elements and relationships of an SPDX 3 document.
struct Spdx3<'d> {
    elements: BTreeMap<&'d str, &'d Value>,
    relationships: Vec<&'d Value>,
}

impl<'d> Spdx3<'d> {
    fn of(all: &'d [Value]) -> Self {
        let id = |element: &'d Value| text(&element["spdxId"]).or(text(&element["@id"]));
        let elements = all.iter().filter_map(|element| Some((id(element)?, element))).collect();
        let relationships = all.iter().filter(|element| element["relationshipType"].is_string()).collect();
        Self { elements, relationships }
    }

    fn bases(&self) -> Vec<Named> {
        let mut found = Vec::new();
        for relationship in &self.relationships {
            let (from, to) = (texts(&relationship["from"]), texts(&relationship["to"]));
            let (models, bases, relation) = match relationship["relationshipType"].as_str().unwrap_or_default() {
                "descendantOf" => (from, to, None),
                "ancestorOf" => (to, from, None),
                "trainedOn" => (from, to, Some(Relation::TrainedOn)),
                "usesTool" => (from, to, Some(Relation::TrainedWith)),
                _ => continue,
            };
            if models.iter().any(|id| self.is_model(id)) {
                let bases = bases.into_iter().filter(|id| relation.is_none() || self.is_model(id));
                found.extend(bases.filter_map(|id| self.named(id, relation)));
            }
        }
        found
    }

    fn is_model(&self, id: &str) -> bool {
        let Some(element) = self.elements.get(id) else { return false };
        element["type"] == "ai_AIPackage" || element["software_primaryPurpose"] == "model"
    }

    fn named(&self, id: &str, relation: Option<Relation>) -> Option<Named> {
        let element = self.elements.get(id)?;
        let of_hub = list(&element["externalIdentifier"]).find_map(|other| hub_id(text(&other["identifier"])?));
        let of_hub = of_hub.or_else(|| hub_id(text(&element["software_packageUrl"])?));
        let hash = list(&element["verifiedUsing"]).find(|hash| hash["algorithm"] == "sha256");
        Some(Named {
            url: text(&element["software_homePage"]).map(str::to_owned),
            license: ["hasDeclaredLicense", "hasConcludedLicense"].iter().find_map(|kind| self.license(id, kind)),
            digest: hash.and_then(|hash| text(&hash["hashValue"])).map(str::to_owned),
            ..Named::title(of_hub.or_else(|| text(&element["name"]).map(str::to_owned))?, relation)
        })
    }

    fn license(&self, of: &str, kind: &str) -> Option<String> {
        let is_of = |from: &Value| texts(from).contains(&of);
        let mut relationships = self.relationships.iter();
        let found = relationships.find(|found| found["relationshipType"] == kind && is_of(&found["from"]))?;
        let expression = self.elements.get(*texts(&found["to"]).first()?)?;
        text(&expression["simplelicensing_licenseExpression"]).map(str::to_owned)
    }
}

fn spdx2(bom: &Value) -> Vec<Named> {
    let packages: BTreeMap<&str, &Value> =
        list(&bom["packages"]).filter_map(|package| Some((text(&package["SPDXID"])?, package))).collect();
    let base = |relationship: &Value| {
        let end = match relationship["relationshipType"].as_str()? {
            "DESCENDANT_OF" => "relatedSpdxElement",
            "ANCESTOR_OF" => "spdxElementId",
            _ => return None,
        };
        let package = packages.get(text(&relationship[end])?)?;
        let of_hub = list(&package["externalRefs"]).find_map(|other| hub_id(text(&other["referenceLocator"])?));
        let hash = list(&package["checksums"]).find(|hash| hash["algorithm"] == "SHA256");
        let is_expression = |license: &&str| !matches!(*license, "NOASSERTION" | "NONE");
        Some(Named {
            url: text(&package["homepage"]).filter(is_expression).map(str::to_owned),
            license: text(&package["licenseDeclared"]).filter(is_expression).map(str::to_owned),
            digest: hash.and_then(|hash| text(&hash["checksumValue"])).map(str::to_owned),
            ..Named::title(of_hub.or_else(|| text(&package["name"]).map(str::to_owned))?, None)
        })
    };
    list(&bom["relationships"]).filter_map(base).collect()
}

/// Returns the id in a package URL of the Hub: `pkg:huggingface/lab/Base@revision`.
/// <https://github.com/package-url/purl-spec/blob/main/types-doc/huggingface-definition.md>
fn hub_id(purl: &str) -> Option<String> {
    let rest = purl.strip_prefix("pkg:huggingface/")?;
    let id = rest.split(['@', '?', '#']).next().unwrap_or(rest);
    Some(id.trim_matches('/').to_owned()).filter(|id| !id.is_empty())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Returns the text, or the texts of a list.
fn texts(value: &Value) -> Vec<&str> {
    text(value).into_iter().chain(list(value).filter_map(text)).collect()
}

fn text(value: &Value) -> Option<&str> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;

    /// Each base as "name relation license digest".
    fn of(text: &str) -> Vec<String> {
        let show = |named: Named| {
            let relation = named.relation.map_or("-", Relation::as_str);
            let license = named.license.as_deref().unwrap_or("-");
            format!("{} {relation} {license} {}", named.name, named.digest.as_deref().unwrap_or("-"))
        };
        read(text).unwrap().into_iter().map(show).collect()
    }

    #[test]
    fn conventional_names_are_those_of_bills_of_materials() {
        assert!(["bom.json", "sbom.json", "lm.cdx.json", "lm.spdx.json", "lm.spdx3.json"].into_iter().all(is_bom));
        assert!(!["config.json", "bom.xml", "spdx.json", "bom.json.gz", "cdx.json"].into_iter().any(is_bom));
    }

    #[test]
    fn ancestors_in_a_pedigree_are_bases() {
        let bom = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6",
          "metadata": {"component": {"type": "machine-learning-model", "name": "Tiny", "pedigree": {"ancestors": [
            {"type": "machine-learning-model", "group": "lab", "name": "Mid-7B",
             "licenses": [{"license": {"id": "MIT"}}], "hashes": [{"alg": "SHA-256", "content": "ab"}],
             "properties": [{"name": "openness:relation", "value": "merge"}],
             "pedigree": {"ancestors": [{"name": "x", "purl": "pkg:huggingface/meta/Llama-3.1-8B@abc?x=y",
                "licenses": [{"expression": "LicenseRef-a"}, {"expression": "MIT"}]}]}},
            {"type": "data", "name": "a data set"}]}}},
          "components": [{"type": "library", "name": "numpy", "pedigree": {"ancestors": [{"name": "numeric"}]}}]}"#;
        assert_eq!(of(bom), ["lab/Mid-7B merge MIT ab", "meta/Llama-3.1-8B - - -"]);
    }

    #[test]
    fn descendants_in_spdx_3_have_bases() {
        let bom = r#"{"@context": "x", "@graph": [
          {"type": "ai_AIPackage", "spdxId": "m", "name": "Tiny"},
          {"type": "software_Package", "spdxId": "b", "name": "lab/Base", "software_primaryPurpose": "model",
           "verifiedUsing": [{"type": "Hash", "algorithm": "sha256", "hashValue": "cd"}]},
          {"type": "dataset_DatasetPackage", "spdxId": "d", "name": "corpus"},
          {"type": "simplelicensing_LicenseExpression", "spdxId": "l", "simplelicensing_licenseExpression": "Apache-2.0"},
          {"type": "Relationship", "from": "b", "relationshipType": "hasDeclaredLicense", "to": ["l"]},
          {"type": "Relationship", "from": "m", "relationshipType": "descendantOf", "to": ["b"]},
          {"type": "Relationship", "from": "m", "relationshipType": "trainedOn", "to": ["d", "b"]},
          {"type": "Relationship", "from": "d", "relationshipType": "descendantOf", "to": ["b"]}]}"#;
        assert_eq!(of(bom), ["lab/Base - Apache-2.0 cd", "lab/Base trained-on Apache-2.0 cd"]);
    }

    #[test]
    fn descendants_in_spdx_2_have_bases_in_both_directions() {
        let bom = r#"{"spdxVersion": "SPDX-2.3", "packages": [
          {"SPDXID": "m", "name": "Tiny"},
          {"SPDXID": "a", "name": "lab/A", "licenseDeclared": "NOASSERTION"},
          {"SPDXID": "b", "name": "B", "licenseDeclared": "MIT",
           "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:huggingface/lab/B"}]}],
          "relationships": [
          {"spdxElementId": "m", "relationshipType": "DESCENDANT_OF", "relatedSpdxElement": "a"},
          {"spdxElementId": "b", "relationshipType": "ANCESTOR_OF", "relatedSpdxElement": "m"},
          {"spdxElementId": "m", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "a"},
          {"spdxElementId": "m", "relationshipType": "DESCENDANT_OF", "relatedSpdxElement": "nothing"}]}"#;
        assert_eq!(of(bom), ["lab/A - - -", "lab/B - MIT -"]);
    }

    #[test]
    fn other_documents_name_none_and_what_is_not_json_is_refused() {
        for other in ["{}", "[]", "3", r#"{"@graph": 3}"#, r#"{"bomFormat": "CycloneDX", "components": {}}"#] {
            assert!(of(other).is_empty(), "{other}");
        }
        for bad in ["", "{", &format!("{}1", "[".repeat(10_000))] {
            assert!(read(bad).unwrap_err().contains("not valid JSON"));
        }
    }
}
