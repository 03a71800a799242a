//! An SPDX 3.0.1 document in JSON-LD: an AI package, data sets, packages and files, and their relationships.
//!
//! Declared licenses are those of the manifest; concluded licenses are not asserted. The document only claims to
//! conform to the AI profile if the manifest states everything that the profile requires. It never claims the dataset
//! profile, which requires the build time of data sets: manifests do not state that. See
//! <https://spdx.github.io/spdx-spec/v3.0.1/>.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::terms::{self, Stated};
use super::{Release, iri_reference, name_of};
use crate::import::emit::{reference, slug};
use crate::manifest::{Component, Manifest, Openness, Relation, Terms};
use crate::taxonomy;

const CONTEXT: &str = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld";
/// The `CreationInfo` node that every element refers to.
const CREATION: &str = "_:creation";
const NO_ASSERTION: &str = "expandedlicensing_NoAssertionLicense";
const NONE: &str = "expandedlicensing_NoneLicense";
/// The components that the model was trained on, and those that it was tested on.
const TRAINED_ON: &[&str] = &["training-data", "fine-tuning-data", "alignment-data"];
const TESTED_ON: &[&str] = &["evaluation-data", "safety-evaluation-data"];

pub(super) fn export(release: &Release<'_>) -> Value {
    let model = &release.manifest.model;
    let plain = |text: &str| slug(text, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_'));
    let namespace = format!(
        "https://openness-dev.github.io/openness/spdx/v1/{}/{}/{}#",
        plain(&model.producer),
        plain(&model.name),
        plain(&model.version)
    );
    let mut graph = Graph { namespace, elements: Vec::new(), expressions: BTreeSet::new() };

    let agent = graph.iri("tool");
    let tool = format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    graph.element("SoftwareAgent", "tool", json!({ "name": tool }));
    graph.element("Agent", "producer", json!({ "name": *model.producer }));
    let is_complete = package(release.manifest, &mut graph);
    for file in release.files {
        let name = format!("file/{}", iri_reference(file.path.as_str()));
        let hash = json!([{ "type": "Hash", "algorithm": "sha256", "hashValue": file.sha256.as_str() }]);
        graph.element("software_File", &name, json!({ "name": file.path.as_str(), "verifiedUsing": hash }));
    }
    for (at, found) in release.released() {
        component(release, at, found, &mut graph);
    }

    let ids: Vec<Value> = graph.elements.iter().map(|element| element["spdxId"].clone()).collect();
    let mut conformance = vec!["core", "software", "simpleLicensing"];
    if is_complete {
        conformance.push("ai");
    }
    let root = [graph.iri("model")];
    let document = json!({
        "name": format!("{} {}", *model.name, *model.version),
        "rootElement": root,
        "element": ids,
        "profileConformance": conformance,
    });
    graph.element("SpdxDocument", "document", document);
    let mut all = vec![json!({
        "type": "CreationInfo",
        "@id": CREATION,
        "specVersion": "3.0.1",
        // SPDX does not allow fractions of a second.
        "created": release.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "createdBy": [agent],
    })];
    all.extend(graph.elements);
    json!({ "@context": CONTEXT, "@graph": all })
}

/// The elements of the document.
struct Graph {
    namespace: String,
    elements: Vec<Value>,
    expressions: BTreeSet<String>,
}

impl Graph {
    fn iri(&self, name: &str) -> String {
        format!("{}{name}", self.namespace)
    }

    fn element(&mut self, kind: &str, name: &str, properties: Value) {
        let mut element = json!({ "type": kind, "spdxId": self.iri(name), "creationInfo": CREATION });
        if let (Some(element), Value::Object(properties)) = (element.as_object_mut(), properties) {
            element.extend(properties);
        }
        self.elements.push(element);
    }

    fn relate(&mut self, from: &str, kind: &str, to: &[String]) {
        if to.is_empty() {
            return;
        }
        let name = format!("relationship/{from}/{kind}/{}", self.elements.len());
        let from = self.iri(from);
        self.element("Relationship", &name, json!({ "from": from, "relationshipType": kind, "to": to }));
    }

    /// Relates an element to its declared license.
    fn license(&mut self, of: &str, terms: &Terms) {
        let declared = match terms::stated(terms) {
            Stated::Nothing => NO_ASSERTION.to_owned(),
            Stated::None => NONE.to_owned(),
            Stated::Expression(expression) => self.expression(expression, None),
            Stated::Named(name) => {
                let stated = terms.license.as_ref().map_or_else(|| reference(name), |license| license.value.clone());
                let comment =
                    terms::location(terms).map_or_else(|| name.to_owned(), |location| format!("{name}: {location}"));
                self.expression(&stated, Some(comment))
            }
        };
        self.relate(of, "hasDeclaredLicense", &[declared]);
        self.relate(of, "hasConcludedLicense", &[NO_ASSERTION.to_owned()]);
    }

    fn expression(&mut self, expression: &str, comment: Option<String>) -> String {
        let name = format!("license/{}", iri_reference(expression));
        if self.expressions.insert(expression.to_owned()) {
            let mut properties = json!({ "simplelicensing_licenseExpression": expression });
            if let Some(comment) = comment {
                properties["comment"] = comment.into();
            }
            self.element("simplelicensing_LicenseExpression", &name, properties);
        }
        self.iri(&name)
    }
}

/// Adds the model. Returns whether it has everything that the AI profile requires.
fn package(manifest: &Manifest, graph: &mut Graph) -> bool {
    let model = &manifest.model;
    let mut found = Map::new();
    found.insert("name".to_owned(), model.name.value.clone().into());
    found.insert("software_packageVersion".to_owned(), model.version.value.clone().into());
    found.insert("software_primaryPurpose".to_owned(), "model".into());
    found.insert("suppliedBy".to_owned(), graph.iri("producer").into());
    if let Some(description) = &model.description {
        found.insert("description".to_owned(), description.value.clone().into());
    }
    if let Some(homepage) = &model.homepage {
        found.insert("software_homePage".to_owned(), iri_reference(homepage).into());
    }
    let of_weights =
        manifest.component("final-weights").and_then(|weights| weights.remote.first()).map(|remote| &remote.url);
    let location = of_weights.or(model.hub.as_ref()).or(model.repository.as_ref());
    if let Some(location) = location {
        found.insert("software_downloadLocation".to_owned(), iri_reference(location).into());
    }
    let day = manifest.release.as_ref().and_then(|release| release.date.as_ref()).or(model.date.as_ref());
    let day = day.filter(|day| day.parse::<jiff::civil::Date>().is_ok());
    if let Some(day) = day {
        found.insert("releaseTime".to_owned(), format!("{}T00:00:00Z", **day).into());
    }
    let kinds: Vec<&str> = [&model.kind, &model.architecture].into_iter().flatten().map(|text| text.as_str()).collect();
    if !kinds.is_empty() {
        found.insert("ai_typeOfModel".to_owned(), json!(kinds));
    }
    let closed = manifest.components.iter().filter(|component| component.openness() == Openness::Closed);
    let closed: Vec<&str> = closed.map(|component| component.id.as_str()).collect();
    if !closed.is_empty() {
        found.insert("comment".to_owned(), format!("Declared as not released: {}.", closed.join(", ")).into());
    }
    let is_complete = location.is_some() && day.is_some();
    graph.element("ai_AIPackage", "model", Value::Object(found));
    graph.license("model", &model.license);
    for (at, base) in model.base.iter().enumerate() {
        let name = format!("base/{at}");
        let mut properties = json!({ "name": *base.name, "software_primaryPurpose": "model" });
        if let Some(url) = &base.url {
            properties["software_homePage"] = iri_reference(url).into();
        }
        if let Some(digest) = &base.digest {
            properties["verifiedUsing"] =
                json!([{ "type": "Hash", "algorithm": "sha256", "hashValue": digest.value.as_str() }]);
        }
        graph.element("software_Package", &name, properties);
        if let Some(license) = &base.license {
            graph.license(&name, &Terms { license: Some(license.clone()), ..Terms::default() });
        }
        let to = [graph.iri(&name)];
        let relation = match base.relation.as_ref().map(|relation| relation.value) {
            Some(Relation::TrainedOn) => "trainedOn",
            Some(Relation::TrainedWith) => "usesTool",
            _ => "descendantOf",
        };
        graph.relate("model", relation, &to);
    }
    is_complete
}

fn component(release: &Release<'_>, at: usize, component: &Component, graph: &mut Graph) {
    let id = component.id.as_str();
    let item = taxonomy::vocabulary().find(id);
    let group = item.and_then(|item| item.group.as_deref()).unwrap_or_default();
    let (kind, purpose) = match group {
        "data" => ("dataset_DatasetPackage", "data"),
        "weights" => ("software_Package", "model"),
        "code" => ("software_Package", "source"),
        "documentation" => ("software_Package", "documentation"),
        _ => ("software_Package", "other"),
    };
    let mut properties = json!({ "name": name_of(component), "software_primaryPurpose": purpose });
    if kind == "dataset_DatasetPackage" {
        properties["dataset_datasetType"] = json!(["noAssertion"]);
    }
    if let Some(description) = &component.description {
        properties["description"] = description.value.clone().into();
    }
    if let Some(remote) = component.remote.first() {
        properties["software_downloadLocation"] = iri_reference(&remote.url).into();
    }
    let reason = component.reason.as_ref().map(|reason| format!(": {}", **reason)).unwrap_or_default();
    properties["comment"] = format!("Declared {}{reason}.", component.openness().as_str()).into();
    let name = format!("component/{id}");
    graph.element(kind, &name, properties);
    graph.license(&name, terms::governing(release.manifest, component));
    let own = [graph.iri(&name)];
    let relation = if TRAINED_ON.contains(&id) {
        "trainedOn"
    } else if TESTED_ON.contains(&id) {
        "testedOn"
    } else if group == "documentation" {
        "hasDocumentation"
    } else {
        "contains"
    };
    graph.relate("model", relation, &own);
    let files: Vec<String> =
        release.files_of(at).map(|file| graph.iri(&format!("file/{}", iri_reference(file.path.as_str())))).collect();
    graph.relate(&name, "contains", &files);
}
