//! What a bill of materials lists as ancestors of a model, and as data that it was trained on.
//!
//! - CycloneDX 1.5 to 1.7 (`pedigree.ancestors` of components of the type `machine-learning-model`, at any depth, and
//!   `modelCard.modelParameters.datasets`), as JSON and XML. <https://cyclonedx.org/docs/1.6/json/>
//! - SPDX 3.0, as JSON: the relationships `descendantOf` and `ancestorOf`, `trainedOn`, and `usesTool` where it leads to a model.
//!   <https://spdx.github.io/spdx-spec/v3.0.1/model/Core/Vocabularies/RelationshipType/>
//! - SPDX 2.3, as JSON, YAML, XML, RDF, and tags with values: `DESCENDANT_OF` and `ANCESTOR_OF`.
//!
//! Data is a base if it has an address. What has only a title is most often a part of the release itself.

mod spdx2;
mod tag_value;
mod xml;

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Named, Reader, data_id};
use crate::import::yaml;
use crate::manifest::Relation;

/// The type of models in CycloneDX.
const MODEL: &str = "machine-learning-model";
/// What an export of ours calls the relation.
const RELATION: &str = "openness:relation";
/// The names of bills of materials by the conventions of their formats, what other names end in, and how they are read.
const CONVENTIONS: &[(&[&str], &[&str], Reader)] = &[
    (&["bom.json", "sbom.json"], &[".cdx.json", ".spdx.json", ".spdx3.json"], of_json),
    (&["bom.xml", "sbom.xml"], &[".cdx.xml", ".spdx.xml", ".spdx.rdf", ".spdx.rdf.xml"], of_xml),
    (&[], &[".spdx.yaml", ".spdx.yml"], of_yaml),
    (&[], &[".spdx"], of_tags),
];

/// Returns how a file of this name is read, if it is a bill of materials. A file in another format than its name says names
/// no bases.
pub(super) fn reader(name: &str) -> Option<Reader> {
    let is_named = |(names, endings, _): &&(&[&str], &[&str], Reader)| {
        names.contains(&name) || endings.iter().any(|ending| name.ends_with(ending))
    };
    CONVENTIONS.iter().find(is_named).map(|(.., reader)| *reader)
}

fn of_json(text: &str) -> Result<Vec<Named>, String> {
    let bom: Value = serde_json::from_str(text).map_err(|error| format!("it is not valid JSON: {error}"))?;
    if bom["bomFormat"] == "CycloneDX" {
        return Ok(cyclonedx(&bom));
    }
    Ok(match (&bom["@graph"], &bom["spdxVersion"]) {
        (Value::Array(elements), _) => Spdx3::of(elements).bases(),
        (_, Value::String(_)) => spdx2::Document::of(&bom).bases(),
        _ => Vec::new(),
    })
}

fn of_xml(text: &str) -> Result<Vec<Named>, String> {
    Ok(match xml::read(text)? {
        xml::Bom::CycloneDx(bom) => cyclonedx(&bom),
        xml::Bom::Spdx2(document) => document.bases(),
        xml::Bom::Other => Vec::new(),
    })
}

fn of_yaml(text: &str) -> Result<Vec<Named>, String> {
    fn value(node: yaml::Node) -> Value {
        match node.value {
            yaml::Value::Null => Value::Null,
            yaml::Value::Text(text) => text.into(),
            yaml::Value::List(items) => items.into_iter().map(value).collect(),
            yaml::Value::Map(entries) => entries.into_iter().map(|(key, node)| (key, value(node))).collect(),
        }
    }
    let bom = value(yaml::read(text, 1).map_err(|error| error.to_string())?);
    Ok(if bom["spdxVersion"].is_string() { spdx2::Document::of(&bom).bases() } else { Vec::new() })
}

fn of_tags(text: &str) -> Result<Vec<Named>, String> {
    Ok(tag_value::read(text).bases())
}

fn cyclonedx(bom: &Value) -> Vec<Named> {
    let components = || std::iter::once(&bom["metadata"]["component"]).chain(list(&bom["components"]));
    let mut found = Vec::new();
    for model in components().filter(|component| component["type"] == MODEL) {
        ancestors(model, &mut found);
        for data in list(&model["modelCard"]["modelParameters"]["datasets"]) {
            let referenced =
                text(&data["ref"]).and_then(|id| components().find(|component| component["bom-ref"] == id));
            let urls = referenced.into_iter().flat_map(|component| list(&component["externalReferences"]));
            let mut urls = urls.map(|reference| &reference["url"]).chain([&data["contents"]["url"]]);
            let url = urls.find_map(text);
            let name = text(&data["name"]).or(referenced.and_then(|component| text(&component["name"])));
            found.extend(data_set(name, url));
        }
    }
    found
}

/// Returns data by its id on the Hub, or by its name if it has another address. A file of the release itself has none.
fn data_set(name: Option<&str>, url: Option<&str>) -> Option<Named> {
    let url = url.filter(|url| url.contains("://"))?;
    let name = data_id(url).or(name)?;
    Some(Named { url: Some(url.to_owned()), ..Named::data(name) })
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
            if !models.iter().any(|id| self.is_model(id)) {
                continue;
            }
            for id in bases {
                if relation.is_none() || self.is_model(id) {
                    found.extend(self.named(id, relation));
                } else if relation == Some(Relation::TrainedOn) {
                    found.extend(self.data(id));
                }
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

    fn data(&self, id: &str) -> Option<Named> {
        let element = self.elements.get(id)?;
        let url = ["software_downloadLocation", "software_homePage"].iter().find_map(|key| text(&element[*key]));
        let license = self.license(id, "hasDeclaredLicense");
        Some(Named { license, ..data_set(text(&element["name"]), url)? })
    }

    fn license(&self, of: &str, kind: &str) -> Option<String> {
        let is_of = |from: &Value| texts(from).contains(&of);
        let mut relationships = self.relationships.iter();
        let found = relationships.find(|found| found["relationshipType"] == kind && is_of(&found["from"]))?;
        let expression = self.elements.get(*texts(&found["to"]).first()?)?;
        text(&expression["simplelicensing_licenseExpression"]).map(str::to_owned)
    }
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
        of_file("bom.json", text)
    }

    fn of_file(name: &str, text: &str) -> Vec<String> {
        let show = |named: Named| {
            let relation = named.relation.map_or("-", Relation::as_str);
            let license = named.license.as_deref().unwrap_or("-");
            format!("{} {relation} {license} {}", named.name, named.digest.as_deref().unwrap_or("-"))
        };
        reader(name).unwrap()(text).unwrap().into_iter().map(show).collect()
    }

    #[test]
    fn conventional_names_are_those_of_bills_of_materials() {
        for name in ["bom.json", "sbom.json", "lm.cdx.json", "lm.spdx.json", "lm.spdx3.json", "bom.xml", "lm.cdx.xml"] {
            assert!(reader(name).is_some(), "{name}");
        }
        for name in ["lm.spdx", "lm.spdx.yml", "lm.spdx.yaml", "lm.spdx.rdf", "lm.spdx.rdf.xml", "lm.spdx.xml"] {
            assert!(reader(name).is_some(), "{name}");
        }
        for name in ["config.json", "x.xml", "spdx.json", "bom.json.gz", "cdx.json", "spdx", "bom.yml", "x.rdf"] {
            assert!(reader(name).is_none(), "{name}");
        }
    }

    const SAME: [&str; 2] = ["lab/A - - -", "lab/B - MIT cd"];

    #[test]
    fn every_form_of_spdx_2_says_the_same() {
        let json = r#"{"spdxVersion": "SPDX-2.3", "packages": [
          {"SPDXID": "SPDXRef-m", "name": "Tiny"},
          {"SPDXID": "SPDXRef-a", "name": "lab/A", "licenseDeclared": "NOASSERTION", "homepage": "NONE"},
          {"SPDXID": "SPDXRef-b", "name": "B", "licenseDeclared": "MIT",
           "checksums": [{"algorithm": "SHA1", "checksumValue": "ab"}, {"algorithm": "SHA256", "checksumValue": "cd"}],
           "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:huggingface/lab/B"}]}],
          "relationships": [
          {"spdxElementId": "SPDXRef-m", "relationshipType": "DESCENDANT_OF", "relatedSpdxElement": "SPDXRef-a"},
          {"spdxElementId": "SPDXRef-b", "relationshipType": "ANCESTOR_OF", "relatedSpdxElement": "SPDXRef-m"},
          {"spdxElementId": "SPDXRef-m", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-a"}]}"#;
        let yaml = "spdxVersion: SPDX-2.3\npackages:\n- SPDXID: SPDXRef-m\n  name: Tiny\n- SPDXID: SPDXRef-a\n  name: lab/A\n  licenseDeclared: NOASSERTION\n- SPDXID: SPDXRef-b\n  name: B\n  licenseDeclared: MIT\n  checksums:\n  - algorithm: SHA256\n    checksumValue: cd\n  externalRefs:\n  - referenceLocator: pkg:huggingface/lab/B\nrelationships:\n- spdxElementId: SPDXRef-m\n  relationshipType: DESCENDANT_OF\n  relatedSpdxElement: SPDXRef-a\n- spdxElementId: SPDXRef-b\n  relationshipType: ANCESTOR_OF\n  relatedSpdxElement: SPDXRef-m\n";
        let tags = "SPDXVersion: SPDX-2.3\nSPDXID: SPDXRef-DOCUMENT\n# A comment: x\n\nPackageName: Tiny\nSPDXID: SPDXRef-m\nPackageComment: <text>one\nRelationship: SPDXRef-m DESCENDANT_OF SPDXRef-b\n</text>\nRelationship: SPDXRef-m DESCENDANT_OF SPDXRef-a\n\nPackageName: lab/A\nSPDXID: SPDXRef-a\nPackageLicenseDeclared: NOASSERTION\n\nPackageName: <text>B</text>\nSPDXID: SPDXRef-b\nPackageChecksum: SHA256: cd\nPackageChecksum: SHA1: ab\nPackageLicenseDeclared: MIT\nExternalRef: PACKAGE-MANAGER purl pkg:huggingface/lab/B@1\nFileName: ./x\nSPDXID: SPDXRef-x\nRelationship: SPDXRef-b ANCESTOR_OF SPDXRef-m\n";
        let xml = "<?xml version='1.0'?><Document><spdxVersion>SPDX-2.3</spdxVersion><packages><SPDXID>SPDXRef-m</SPDXID><name>Tiny</name></packages><packages><SPDXID>SPDXRef-a</SPDXID><name>lab/A</name></packages><packages><SPDXID>SPDXRef-b</SPDXID><name>B</name><licenseDeclared>MIT</licenseDeclared><checksums><algorithm>SHA256</algorithm><checksumValue>cd</checksumValue></checksums><externalRefs><referenceLocator>pkg:huggingface/lab/B</referenceLocator></externalRefs></packages><relationships><spdxElementId>SPDXRef-m</spdxElementId><relationshipType>DESCENDANT_OF</relationshipType><relatedSpdxElement>SPDXRef-a</relatedSpdxElement></relationships><relationships><spdxElementId>SPDXRef-b</spdxElementId><relationshipType>ANCESTOR_OF</relationshipType><relatedSpdxElement>SPDXRef-m</relatedSpdxElement></relationships></Document>";
        let rdf = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:s='http://spdx.org/rdf/terms#' xmlns:doap='http://usefulinc.com/ns/doap#'><s:SpdxDocument rdf:about='http://x/d#SPDXRef-DOCUMENT'><s:relationship><s:Relationship><s:relationshipType rdf:resource='http://spdx.org/rdf/terms#relationshipType_describes'/><s:relatedSpdxElement><s:Package rdf:about='http://x/d#SPDXRef-m'><s:name>Tiny</s:name><s:relationship><s:Relationship><s:relationshipType rdf:resource='http://spdx.org/rdf/terms#relationshipType_descendantOf'/><s:relatedSpdxElement rdf:resource='http://x/d#SPDXRef-a'/></s:Relationship></s:relationship></s:Package></s:relatedSpdxElement></s:Relationship></s:relationship></s:SpdxDocument><s:Package rdf:about='http://x/d#SPDXRef-a'><s:name>lab/A</s:name><doap:homepage rdf:resource='http://x/a'/><s:licenseDeclared rdf:resource='http://spdx.org/rdf/terms#noassertion'/></s:Package><s:Package rdf:about='http://x/d#SPDXRef-b'><s:name>B</s:name><s:licenseDeclared><s:ListedLicense rdf:about='http://spdx.org/licenses/MIT'/></s:licenseDeclared><s:checksum><s:Checksum><s:algorithm rdf:resource='http://spdx.org/rdf/terms#checksumAlgorithm_sha256'/><s:checksumValue>cd</s:checksumValue></s:Checksum></s:checksum><s:externalRef><s:ExternalRef><s:referenceLocator>pkg:huggingface/lab/B</s:referenceLocator></s:ExternalRef></s:externalRef><s:relationship><s:Relationship><s:relationshipType rdf:resource='http://spdx.org/rdf/terms#relationshipType_ancestorOf'/><s:relatedSpdxElement rdf:resource='http://x/d#SPDXRef-m'/></s:Relationship></s:relationship></s:Package></rdf:RDF>";
        for (name, text) in [
            ("x.spdx.json", json),
            ("x.spdx.yml", yaml),
            ("x.spdx", tags),
            ("x.spdx.xml", xml),
            ("x.spdx.rdf.xml", rdf),
        ] {
            assert_eq!(of_file(name, text), SAME, "{name}");
        }
    }

    #[test]
    fn cyclonedx_as_xml_says_what_it_says_as_json() {
        let json = r#"{"bomFormat": "CycloneDX", "metadata": {"component": {"type": "machine-learning-model", "name": "Tiny",
          "pedigree": {"ancestors": [{"type": "machine-learning-model", "group": "lab", "name": "Mid-7B",
             "licenses": [{"license": {"id": "MIT"}}], "hashes": [{"alg": "SHA-256", "content": "ab"}],
             "properties": [{"name": "openness:relation", "value": "merge"}],
             "pedigree": {"ancestors": [{"name": "x", "purl": "pkg:huggingface/meta/Llama-3.1-8B@abc",
                "licenses": [{"expression": "LicenseRef-a"}]}]}}]},
          "modelCard": {"modelParameters": {"datasets": [{"ref": "d"}, {"ref": "own"},
             {"type": "dataset", "name": "set", "contents": {"url": "https://huggingface.co/datasets/lab/set"}}]}}}},
          "components": [{"type": "data", "bom-ref": "own", "name": "Our data"}, {"type": "data", "bom-ref": "d", "name": "Crawl",
             "externalReferences": [{"url": "https://example.org/crawl"}]}]}"#;
        let xml = "<bom xmlns='http://cyclonedx.org/schema/bom/1.6'><metadata><component type='machine-learning-model'><name>Tiny</name><pedigree><ancestors><component type='machine-learning-model'><group>lab</group><name>Mid-7B</name><hashes><hash alg='SHA-256'>ab</hash></hashes><licenses><license><id>MIT</id></license></licenses><pedigree><ancestors><component type='machine-learning-model'><name>x</name><licenses><expression>LicenseRef-a</expression></licenses><purl>pkg:huggingface/meta/Llama-3.1-8B@abc</purl></component></ancestors></pedigree><properties><property name='openness:relation'>merge</property></properties></component></ancestors></pedigree><modelCard><modelParameters><datasets><ref>d</ref><ref>own</ref><dataset><type>dataset</type><name>set</name><contents><url>https://huggingface.co/datasets/lab/set</url></contents></dataset></datasets></modelParameters></modelCard></component></metadata><components><component type='data' bom-ref='own'><name>Our data</name></component><component type='data' bom-ref='d'><name>Crawl</name><externalReferences><reference type='website'><url>https://example.org/crawl</url></reference></externalReferences></component></components></bom>";
        let wanted = [
            "lab/Mid-7B merge MIT ab",
            "meta/Llama-3.1-8B - LicenseRef-a -",
            "Crawl trained-on - -",
            "lab/set trained-on - -",
        ];
        assert_eq!(of(json), wanted);
        assert_eq!(of_file("bom.xml", xml), wanted);
    }

    #[test]
    fn hostile_xml_is_refused_with_a_reason() {
        let nested = |count: usize| {
            let (open, close) = (
                "<component type='machine-learning-model'><pedigree><ancestors>",
                "</ancestors></pedigree></component>",
            );
            format!(
                "<bom xmlns='http://cyclonedx.org/schema/bom/1.6'><components>{}{}</components></bom>",
                open.repeat(count),
                close.repeat(count)
            )
        };
        let entities = "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><bom xmlns='http://cyclonedx.org/schema/bom/1.6'>&b;</bom>";
        let many = format!("<bom xmlns='http://cyclonedx.org/schema/bom/1.6'>{}</bom>", "<a/>".repeat(600_000));
        let deep = format!("<Document>{}{}</Document>", "<a>".repeat(100_000), "</a>".repeat(100_000));
        let failure = |text: &str| reader("bom.xml").unwrap()(text).unwrap_err();
        assert!(failure(&nested(1000)).contains("nested too deeply"));
        for bad in [entities, &many, "", "<bom", "<a></b>", "{}"] {
            assert!(failure(bad).contains("not valid XML"), "{}", failure(bad));
        }
        assert!(of_file("bom.xml", &nested(10)).is_empty() && of_file("bom.xml", &deep).is_empty());
        // XML of other kinds, and tags of other formats.
        assert!(of_file("bom.xml", "<project/>").is_empty());
        assert!(of_file("x.spdx", "PackageName: a\nRelationship: a DESCENDANT_OF a\n").is_empty());
        assert!(of_file("x.spdx.yml", "packages: []\n").is_empty());
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
          {"type": "dataset_DatasetPackage", "spdxId": "e", "name": "set",
           "software_downloadLocation": "https://huggingface.co/datasets/lab/set"},
          {"type": "simplelicensing_LicenseExpression", "spdxId": "l", "simplelicensing_licenseExpression": "Apache-2.0"},
          {"type": "Relationship", "from": "b", "relationshipType": "hasDeclaredLicense", "to": ["l"]},
          {"type": "Relationship", "from": "m", "relationshipType": "descendantOf", "to": ["b"]},
          {"type": "Relationship", "from": "m", "relationshipType": "trainedOn", "to": ["d", "e", "b"]},
          {"type": "Relationship", "from": "d", "relationshipType": "descendantOf", "to": ["b"]}]}"#;
        assert_eq!(
            of(bom),
            ["lab/Base - Apache-2.0 cd", "lab/set trained-on - -", "lab/Base trained-on Apache-2.0 cd"]
        );
    }

    #[test]
    fn other_documents_name_none_and_what_is_not_json_is_refused() {
        for other in ["{}", "[]", "3", r#"{"@graph": 3}"#, r#"{"bomFormat": "CycloneDX", "components": {}}"#] {
            assert!(of(other).is_empty(), "{other}");
        }
        for bad in ["", "{", &format!("{}1", "[".repeat(10_000))] {
            assert!(of_json(bad).unwrap_err().contains("not valid JSON"));
        }
    }
}
