//! SPDX 2.3, whatever it is written in: the packages of which one descends from another.
//! <https://spdx.github.io/spdx-spec/v2.3/relationships-between-SPDX-elements/>

use serde_json::Value;

use super::{hub_id, list, text};
use crate::lineage::named::Named;

/// What a document says of the packages in it.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) packages: Vec<Package>,
    pub(super) relationships: Vec<Relationship>,
}

/// A package. Empty texts are not stated.
#[derive(Debug, Default)]
pub(super) struct Package {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) homepage: String,
    /// The declared license.
    pub(super) license: String,
    /// Where else it is named, such as by a package URL.
    pub(super) locators: Vec<String>,
    pub(super) sha256: Option<String>,
}

/// A relationship between two elements, by their ids.
#[derive(Debug)]
pub(super) struct Relationship {
    pub(super) from: String,
    /// The word of the specification, such as `DESCENDANT_OF`.
    pub(super) kind: String,
    pub(super) to: String,
}

impl Document {
    /// Reads the form of JSON and YAML.
    pub(super) fn of(bom: &Value) -> Self {
        let packages = list(&bom["packages"]).map(|package| {
            let hash = list(&package["checksums"]).find(|hash| hash["algorithm"] == "SHA256");
            let locators = list(&package["externalRefs"]).filter_map(|other| text(&other["referenceLocator"]));
            Package {
                id: owned(&package["SPDXID"]),
                name: owned(&package["name"]),
                homepage: owned(&package["homepage"]),
                license: owned(&package["licenseDeclared"]),
                locators: locators.map(str::to_owned).collect(),
                sha256: hash.map(|hash| owned(&hash["checksumValue"])),
            }
        });
        let relationships = list(&bom["relationships"]).map(|relationship| Relationship {
            from: owned(&relationship["spdxElementId"]),
            kind: owned(&relationship["relationshipType"]),
            to: owned(&relationship["relatedSpdxElement"]),
        });
        Self { packages: packages.collect(), relationships: relationships.collect() }
    }

    /// Returns the packages that others descend from.
    pub(super) fn bases(&self) -> Vec<Named> {
        let base = |relationship: &Relationship| {
            let id = match relationship.kind.as_str() {
                "DESCENDANT_OF" => &relationship.to,
                "ANCESTOR_OF" => &relationship.from,
                _ => return None,
            };
            self.packages.iter().find(|package| package.id == *id)?.named()
        };
        self.relationships.iter().filter_map(base).collect()
    }
}

impl Package {
    fn named(&self) -> Option<Named> {
        let of_hub = self.locators.iter().find_map(|locator| hub_id(locator));
        let stated = |text: &str| Some(text.to_owned()).filter(|text| !matches!(&**text, "" | "NOASSERTION" | "NONE"));
        let name = of_hub.or_else(|| stated(&self.name))?;
        Some(Named {
            url: stated(&self.homepage),
            license: stated(&self.license),
            digest: self.sha256.as_deref().and_then(stated),
            ..Named::title(name, None)
        })
    }
}

fn owned(value: &Value) -> String {
    text(value).unwrap_or_default().to_owned()
}
