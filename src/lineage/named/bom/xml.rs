//! Bills of materials as XML: CycloneDX, SPDX 2.3, and SPDX 2.3 as RDF.
//!
//! - CycloneDX: <https://cyclonedx.org/docs/1.6/xml/>
//! - RDF: <https://spdx.org/rdf/spdx-terms-v2.3/>

use roxmltree::{Node, ParsingOptions};
use serde_json::{Map, Value, json};

use super::spdx2::{Document, Package, Relationship};

/// The most elements, attributes and texts of a document.
const MAX_NODES: u32 = 500_000;
/// How deep components may be nested.
const MAX_DEPTH: usize = 64;
/// The start of the name space of every version of CycloneDX.
const CYCLONEDX: &str = "http://cyclonedx.org/schema/bom/";
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const SPDX: &str = "http://spdx.org/rdf/terms#";
/// Elements of SPDX that can be repeated.
const LISTS: &[&str] = &["packages", "relationships", "externalRefs", "checksums"];

/// A bill of materials.
#[derive(Debug)]
pub(super) enum Bom {
    /// CycloneDX, in the form that it has as JSON, as far as bases are concerned.
    CycloneDx(Value),
    Spdx2(Document),
    /// Another document.
    Other,
}

/// Reads a document. Document types, and with them entities, are refused.
pub(super) fn read(text: &str) -> Result<Bom, String> {
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = roxmltree::Document::parse_with_options(text, options)
        .map_err(|error| format!("it is not valid XML, or has too many elements: {error}"))?;
    let root = document.root_element();
    let name = root.tag_name();
    Ok(match (name.namespace().unwrap_or_default(), name.name()) {
        (space, "bom") if space.starts_with(CYCLONEDX) => Bom::CycloneDx(cyclonedx(root)?),
        (RDF, "RDF") => Bom::Spdx2(rdf(root)),
        (_, "Document") => Bom::Spdx2(Document::of(&plain(root, MAX_DEPTH))),
        _ => Bom::Other,
    })
}

fn cyclonedx(root: Node<'_, '_>) -> Result<Value, String> {
    let subject = within(root, &["metadata"]).find(|node| node.has_tag_name("component"));
    let subject = subject.map(|node| component(node, MAX_DEPTH)).transpose()?;
    let components = components(root, "components", MAX_DEPTH)?;
    Ok(json!({ "bomFormat": "CycloneDX", "metadata": { "component": subject }, "components": components }))
}

fn components(node: Node<'_, '_>, list: &str, depth: usize) -> Result<Value, String> {
    let found = within(node, &[list]).filter(|child| child.has_tag_name("component"));
    Ok(Value::Array(found.map(|child| component(child, depth)).collect::<Result<_, _>>()?))
}

/// Returns a component in the form of JSON.
fn component(node: Node<'_, '_>, depth: usize) -> Result<Value, String> {
    let Some(depth) = depth.checked_sub(1) else { return Err("its components are nested too deeply".to_owned()) };
    let mut found = Map::new();
    for (key, value) in [("type", node.attribute("type")), ("bom-ref", node.attribute("bom-ref"))] {
        found.insert(key.to_owned(), value.into());
    }
    for key in ["group", "name", "purl"] {
        found.insert(key.to_owned(), child_text(node, key).into());
    }
    let hashes = within(node, &["hashes"]).map(|hash| json!({ "alg": hash.attribute("alg"), "content": hash.text() }));
    let licenses = within(node, &["licenses"]).map(|license| match license.has_tag_name("expression") {
        true => json!({ "expression": license.text() }),
        false => json!({ "license": { "id": child_text(license, "id") } }),
    });
    let references = within(node, &["externalReferences"]).map(|other| json!({ "url": child_text(other, "url") }));
    let properties = within(node, &["properties"])
        .map(|property| json!({ "name": property.attribute("name"), "value": property.text() }));
    let data = within(node, &["modelCard", "modelParameters", "datasets"]).map(|data| match data.has_tag_name("ref") {
        true => json!({ "ref": data.text() }),
        false => {
            let url =
                within(data, &["contents"]).find(|child| child.has_tag_name("url")).and_then(|child| child.text());
            json!({ "name": child_text(data, "name"), "contents": { "url": url } })
        }
    });
    found.insert("hashes".to_owned(), hashes.collect());
    found.insert("licenses".to_owned(), licenses.collect());
    found.insert("externalReferences".to_owned(), references.collect());
    found.insert("properties".to_owned(), properties.collect());
    found.insert("modelCard".to_owned(), json!({ "modelParameters": { "datasets": data.collect::<Value>() } }));
    let mut ancestors = Value::Null;
    if let Some(pedigree) = node.children().find(|child| child.has_tag_name("pedigree")) {
        ancestors = components(pedigree, "ancestors", depth)?;
    }
    found.insert("pedigree".to_owned(), json!({ "ancestors": ancestors }));
    Ok(Value::Object(found))
}

/// Returns the elements in an element below another, by the names on the way.
fn within<'a, 'd>(node: Node<'a, 'd>, path: &[&str]) -> impl Iterator<Item = Node<'a, 'd>> + use<'a, 'd> {
    let mut at = Some(node);
    for name in path {
        at = at.and_then(|node| node.children().find(|child| child.has_tag_name(*name)));
    }
    at.into_iter().flat_map(|node| node.children()).filter(Node::is_element)
}

fn child_text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.children().find(|child| child.has_tag_name(name)).and_then(|child| child.text())
}

/// Returns SPDX in the form of JSON: the text of an element, or its elements by their names.
fn plain(node: Node<'_, '_>, depth: usize) -> Value {
    let mut elements = node.children().filter(Node::is_element).peekable();
    let Some(depth) = depth.checked_sub(1) else { return Value::Null };
    if elements.peek().is_none() {
        return node.text().map(str::trim).into();
    }
    let mut found = Map::new();
    for element in elements {
        let (name, value) = (element.tag_name().name(), plain(element, depth));
        if !LISTS.contains(&name) {
            found.insert(name.to_owned(), value);
        } else if let Value::Array(list) = found.entry(name).or_insert_with(|| json!([])) {
            list.push(value);
        }
    }
    Value::Object(found)
}

/// Reads packages, which can be anywhere, and the relationships in them.
fn rdf(root: Node<'_, '_>) -> Document {
    let mut document = Document::default();
    for package in root.descendants().filter(|node| node.has_tag_name((SPDX, "Package"))) {
        let checksums = package.children().filter(|node| node.has_tag_name((SPDX, "checksum")));
        let checksums = checksums.filter_map(|node| node.first_element_child());
        let of_sha256 = |node: &Node<'_, '_>| resource(*node, "algorithm").ends_with("checksumAlgorithm_sha256");
        let references = package.children().filter(|node| node.has_tag_name((SPDX, "externalRef")));
        document.packages.push(Package {
            id: about(package).to_owned(),
            name: spdx_text(package, "name"),
            homepage: homepage(package),
            license: license(package),
            locators: references
                .filter_map(|node| node.first_element_child())
                .map(|node| spdx_text(node, "referenceLocator"))
                .collect(),
            sha256: checksums.clone().find(of_sha256).map(|node| spdx_text(node, "checksumValue")),
        });
    }
    for relationship in root.descendants().filter(|node| node.has_tag_name((SPDX, "Relationship"))) {
        let subject = relationship.ancestors().find(|node| !about(*node).is_empty());
        let kind = resource(relationship, "relationshipType").rsplit("relationshipType_").next().unwrap_or_default();
        document.relationships.push(Relationship {
            from: subject.map(about).unwrap_or_default().to_owned(),
            kind: in_capitals(kind),
            to: resource(relationship, "relatedSpdxElement").to_owned(),
        });
    }
    document
}

/// Returns `DESCENDANT_OF` of `descendantOf`.
fn in_capitals(kind: &str) -> String {
    let mut word = String::new();
    for c in kind.chars() {
        if c.is_ascii_uppercase() {
            word.push('_');
        }
        word.push(c.to_ascii_uppercase());
    }
    word
}

fn about<'a>(node: Node<'a, '_>) -> &'a str {
    node.attribute((RDF, "about")).unwrap_or_default()
}

/// Returns what an element of a node refers to: another by its address, or the one inside it.
fn resource<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    let Some(child) = node.children().find(|child| child.has_tag_name((SPDX, name))) else { return "" };
    child.attribute((RDF, "resource")).or(child.first_element_child().map(about)).unwrap_or_default()
}

fn spdx_text(node: Node<'_, '_>, name: &str) -> String {
    let child = node.children().find(|child| child.has_tag_name((SPDX, name)));
    child.and_then(|child| child.text()).unwrap_or_default().trim().to_owned()
}

/// The home page has the vocabulary of DOAP.
fn homepage(package: Node<'_, '_>) -> String {
    let Some(child) = package.children().find(|child| child.has_tag_name("homepage")) else { return String::new() };
    child.attribute((RDF, "resource")).or(child.text()).unwrap_or_default().trim().to_owned()
}

/// Returns the declared license if it is one: of several, only an expression would say how they go together.
fn license(package: Node<'_, '_>) -> String {
    let address = resource(package, "licenseDeclared");
    let id = address.rsplit(['/', '#']).next().unwrap_or_default();
    if id == "noassertion" || id == "none" { String::new() } else { id.to_owned() }
}
