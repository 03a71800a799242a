//! A CycloneDX 1.6 bill of materials whose main component is a machine-learning model.
//!
//! Each released component is listed with its files and their digests. Components that are not released are stated in
//! properties of the model, in the namespace `openness:`. See <https://cyclonedx.org/docs/1.6/json/>.

use serde_json::{Map, Value, json};

use super::terms::{self, Stated};
use super::{Release, iri_reference, name_of};
use crate::evaluate;
use crate::manifest::{Component, Manifest, Terms};
use crate::taxonomy::{self, Kind};

/// The `bom-ref` of the model. It differs from all component ids, which contain no `/`.
const MODEL: &str = "model/";

pub(super) fn export(release: &Release<'_>) -> Value {
    let manifest = release.manifest;
    let components: Vec<Value> = release.released().map(|(at, found)| component(release, at, found)).collect();
    let parts: Vec<&str> = release.released().map(|(_, component)| component.id.as_str()).collect();
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": release.created.to_string(),
            "tools": { "components": [{
                "type": "application",
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
            }] },
            "component": model(manifest),
        },
        "components": components,
        "dependencies": [{ "ref": MODEL, "dependsOn": parts }],
    })
}

fn model(manifest: &Manifest) -> Value {
    let model = &manifest.model;
    let mut found = Map::new();
    put(&mut found, "type", "machine-learning-model");
    put(&mut found, "bom-ref", MODEL);
    put(&mut found, "publisher", &*model.producer);
    put(&mut found, "name", &*model.name);
    put(&mut found, "version", &*model.version);
    if let Some(description) = &model.description {
        put(&mut found, "description", &**description);
    }
    licenses(&mut found, &model.license);
    let addresses = [("vcs", &model.repository), ("website", &model.homepage), ("distribution", &model.hub)];
    let references: Vec<Value> = addresses
        .into_iter()
        .filter_map(|(kind, url)| url.as_ref().map(|url| json!({ "type": kind, "url": iri_reference(url) })))
        .collect();
    put_list(&mut found, "externalReferences", references);
    let ancestors: Vec<Value> = model.base.iter().map(ancestor).collect();
    if !ancestors.is_empty() {
        found.insert("pedigree".to_owned(), json!({ "ancestors": ancestors }));
    }
    let card = model_card(manifest);
    if !card.is_empty() {
        found.insert("modelCard".to_owned(), json!({ "modelParameters": card }));
    }
    put_list(&mut found, "properties", properties(manifest));
    Value::Object(found)
}

fn ancestor(base: &crate::manifest::Base) -> Value {
    let mut found = Map::new();
    put(&mut found, "type", "machine-learning-model");
    put(&mut found, "name", &*base.name);
    if let Some(license) = &base.license {
        licenses(&mut found, &Terms { license: Some(license.clone()), ..Terms::default() });
    }
    if let Some(digest) = &base.digest {
        found.insert("hashes".to_owned(), json!([{ "alg": "SHA-256", "content": digest.value.as_str() }]));
    }
    if let Some(url) = &base.url {
        found.insert("externalReferences".to_owned(), json!([{ "type": "website", "url": iri_reference(url) }]));
    }
    if let Some(relation) = &base.relation {
        found.insert("properties".to_owned(), json!([property("relation", relation.as_str())]));
    }
    Value::Object(found)
}

fn model_card(manifest: &Manifest) -> Map<String, Value> {
    let mut card = Map::new();
    if let Some(architecture) = &manifest.model.architecture {
        put(&mut card, "modelArchitecture", &**architecture);
    }
    let released = manifest.components.iter().filter(|component| component.is_released());
    let data: Vec<Value> =
        released.filter(|component| is_data(component)).map(|component| json!({ "ref": *component.id })).collect();
    put_list(&mut card, "datasets", data);
    card
}

fn properties(manifest: &Manifest) -> Vec<Value> {
    let mut found = Vec::new();
    if let Some(access) = manifest.release.as_ref().and_then(|release| release.access.as_ref()) {
        found.push(property("release-access", access.as_str()));
    }
    found.extend(manifest.model.modality.iter().map(|modality| property("modality", modality.as_str())));
    for component in manifest.components.iter().filter(|component| !component.is_released()) {
        found.push(property(&format!("component:{}", *component.id), component.openness().as_str()));
    }
    for evaluation in evaluate::evaluate(manifest) {
        if let Some(verdict) = &evaluation.verdict {
            found.push(property(&format!("verdict:{}", evaluation.taxonomy), verdict.as_str()));
        }
    }
    found
}

fn component(release: &Release<'_>, at: usize, component: &Component) -> Value {
    let mut found = Map::new();
    let item = taxonomy::vocabulary().find(&component.id);
    let kind = item.and_then(|item| item.kind);
    // If it is unknown whether code is a library or an application, the specification recommends `library`.
    put(&mut found, "type", if kind == Some(Kind::Code) { "library" } else { "data" });
    put(&mut found, "bom-ref", &*component.id);
    put(&mut found, "name", name_of(component));
    if let Some(description) = &component.description {
        put(&mut found, "description", &**description);
    }
    licenses(&mut found, terms::governing(release.manifest, component));
    let files: Vec<Value> = release
        .files_of(at)
        .map(|file| {
            json!({
                "type": "file",
                "name": file.path.as_str(),
                "hashes": [{ "alg": "SHA-256", "content": file.sha256.as_str() }],
            })
        })
        .collect();
    put_list(&mut found, "components", files);
    put_list(&mut found, "externalReferences", references(component));
    if kind != Some(Kind::Code) {
        let of = if is_data(component) { "dataset" } else { "other" };
        found.insert("data".to_owned(), json!([{ "type": of, "name": name_of(component) }]));
    }
    let mut properties = vec![property("openness", component.openness().as_str())];
    properties.extend(component.reason.as_ref().map(|reason| property("reason", reason)));
    properties.extend(component.data_class.as_ref().map(|class| property("data-class", class.as_str())));
    put_list(&mut found, "properties", properties);
    Value::Object(found)
}

fn references(component: &Component) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    for remote in &component.remote {
        let mut reference = json!({ "type": "distribution", "url": iri_reference(&remote.url) });
        if let Some(sha256) = &remote.sha256 {
            reference["hashes"] = json!([{ "alg": "SHA-256", "content": sha256.value.as_str() }]);
        }
        found.push(reference);
    }
    let documents = component.documentation.iter();
    found.extend(documents.map(|text| json!({ "type": "documentation", "url": iri_reference(text) })));
    found.dedup();
    found
}

fn licenses(found: &mut Map<String, Value>, terms: &Terms) {
    let license = match terms::stated(terms) {
        Stated::Nothing | Stated::None => return,
        Stated::Expression(expression) => json!([{ "expression": expression }]),
        Stated::Named(name) => match terms::location(terms) {
            Some(location) => json!([{ "license": { "name": name, "url": iri_reference(location) } }]),
            None => json!([{ "license": { "name": name } }]),
        },
    };
    found.insert("licenses".to_owned(), license);
}

fn is_data(component: &Component) -> bool {
    let item = taxonomy::vocabulary().find(&component.id);
    item.and_then(|item| item.group.as_deref()) == Some("data")
}

fn property(name: &str, value: &str) -> Value {
    json!({ "name": format!("openness:{name}"), "value": value })
}

fn put(map: &mut Map<String, Value>, key: &str, value: impl Into<String>) {
    map.insert(key.to_owned(), Value::String(value.into()));
}

fn put_list(map: &mut Map<String, Value>, key: &str, list: Vec<Value>) {
    if !list.is_empty() {
        map.insert(key.to_owned(), Value::Array(list));
    }
}
