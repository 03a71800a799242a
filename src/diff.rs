//! Compares two releases: what became more or less open, by component and by verdict.
//!
//! Nothing is verified. Every fact about access and licenses has a direction. If a taxonomy does not rank its verdicts, a
//! change of its verdict has none, except that `fails` is less open than any other.

mod direction;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::evaluate;
use crate::license::chain::Outcome;
use crate::license::{self, standing};
use crate::lineage::Lineage;
use crate::manifest::{Component, DataClass, Gating, Manifest, Price, ReleaseAccess, Text};
use crate::path::RepoPath;
use crate::statement::{Body, TaxonomyFacts};
use crate::taxonomy::{self, Taxonomy};

/// One of the two releases: what it declares, and its evaluations.
#[derive(Debug, Clone)]
pub struct Side {
    /// The model's name, `model.name`.
    pub name: String,
    /// The model's version, `model.version`.
    pub version: String,
    access: Option<String>,
    /// `None` if unknown, as in statements.
    gating: Option<Gating>,
    price: Option<Price>,
    components: BTreeMap<String, Declared>,
    /// Claim to value, by the key that the taxonomy gives to its claims.
    claims: BTreeMap<String, String>,
    /// What statements do not record; `None` if the side is a statement.
    more: Option<More>,
    taxonomies: Vec<TaxonomyFacts>,
}

/// What a manifest declares and a statement does not record.
#[derive(Debug, Clone)]
struct More {
    producer: String,
    /// Id of a component to key to value.
    components: BTreeMap<String, BTreeMap<&'static str, String>>,
    /// Name to facts.
    base: BTreeMap<String, BaseFacts>,
    /// Key of `[use-policy]` to value.
    use_policy: BTreeMap<&'static str, String>,
    /// The uses that the policy prohibits.
    prohibits: BTreeSet<String>,
    /// The conditions of access.
    eligibility: BTreeSet<String>,
    /// The hosted endpoints.
    endpoints: BTreeSet<String>,
    /// Key of `[access]` or `[eu.monetization]` to whether it restricts; `false` if it is not stated.
    restrictions: BTreeMap<&'static str, bool>,
}

/// What is declared about a base model.
#[derive(Debug, Clone)]
struct BaseFacts {
    relation: Option<&'static str>,
    license: Option<String>,
    url: Option<String>,
    digest: Option<String>,
    statement: Option<String>,
    /// The outcome of its license for that of the weights, as `openness licenses` has it.
    chain: Option<&'static str>,
}

#[derive(Debug, Clone)]
struct Declared {
    openness: String,
    license: Option<String>,
    data_class: Option<String>,
    reason: Option<String>,
    /// The patterns of its files, or their names in statements, and which of the two they are.
    files: (Files, BTreeSet<String>),
    /// The URLs of its remote parts, and the digests that are stated.
    remote: BTreeMap<String, Option<String>>,
}

impl Declared {
    /// Returns the license with what limits use under it, if anything does.
    fn limit(&self) -> Option<String> {
        let license = self.license.as_ref()?;
        Some(standing::described(license)).filter(|described| described != license)
    }
}

/// How the files of a component are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Files {
    /// By patterns, in a manifest.
    Patterns,
    /// By name, in a statement.
    Names,
}

/// The direction of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Direction {
    /// More open than before.
    MoreOpen,
    /// Less open than before.
    LessOpen,
    /// Different, but neither more nor less open.
    Other,
}

/// One difference between two releases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// The subject: a component's id, a taxonomy's id, the key of a claim, the name of a base model, `use-policy` or
    /// `release`.
    pub subject: String,
    /// The fact about the subject, such as `openness`, `license`, `claim`, `base`, `verdict` or the id of a cell; `chain` for the
    /// outcome of a base's license for that of the weights.
    pub fact: String,
    /// The previous value; `None` if there was none.
    pub before: Option<String>,
    /// The new value; `None` if there is none.
    pub after: Option<String>,
    /// The license that limits the use of a component that is now open or partial, and how it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// The direction of the change.
    pub direction: Direction,
}

/// All differences between two releases.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Difference {
    /// Changes in how the release is made available.
    pub release: Vec<Change>,
    /// Base models that were added, removed or declared differently, sorted by name.
    pub base: Vec<Change>,
    /// Changes of components, sorted by id.
    pub components: Vec<Change>,
    /// Changes of the policy of use.
    pub use_policy: Vec<Change>,
    /// Claims that were added, removed or changed, sorted by key.
    pub claims: Vec<Change>,
    /// Changes of verdicts, in the order of taxonomies.
    pub verdicts: Vec<Change>,
    /// Limitations of the comparison, one clause each.
    pub notes: Vec<String>,
}

impl Side {
    /// Creates a side from a manifest, and evaluates it.
    #[must_use]
    pub fn of_manifest(manifest: &Manifest) -> Self {
        let declared = |component: &Component| Declared {
            openness: component.openness().as_str().to_owned(),
            license: license::effective(manifest, component).description().map(str::to_owned),
            data_class: component.data_class.as_ref().map(|class| class.as_str().to_owned()),
            reason: component.reason.as_ref().map(|reason| reason.value.clone()),
            files: (Files::Patterns, set(&component.files)),
            remote: component
                .remote
                .iter()
                .map(|remote| {
                    (remote.url.value.clone(), remote.sha256.as_ref().map(|digest| digest.as_str().to_owned()))
                })
                .collect(),
        };
        let claims = manifest.claims.iter().map(|claim| (key_of(&claim.key), claim.value.to_string()));
        let access = manifest.release.as_ref().and_then(|release| release.access.as_ref());
        let gating = manifest.access.as_ref().and_then(|access| access.gating.as_ref());
        let price = manifest.access.as_ref().and_then(|access| access.price.as_ref());
        Self {
            name: manifest.model.name.value.clone(),
            version: manifest.model.version.value.clone(),
            access: access.map(|access| access.as_str().to_owned()),
            gating: Some(gating.map_or(Gating::None, |gating| gating.value)),
            price: price.map(|price| price.value),
            components: manifest.components.iter().map(|found| (found.id.value.clone(), declared(found))).collect(),
            claims: claims.collect(),
            more: Some(More::of(manifest)),
            taxonomies: TaxonomyFacts::of(&evaluate::evaluate(manifest)),
        }
    }

    /// Creates a side from a statement, without checking any signature.
    #[must_use]
    pub fn of_statement(statement: &Body) -> Self {
        let predicate = &statement.predicate;
        let declared = |component: &crate::statement::ComponentFacts| Declared {
            openness: component.openness.clone(),
            license: component.license.clone().or_else(|| component.license_name.clone()),
            data_class: component.data_class.clone(),
            reason: component.reason.clone(),
            files: (Files::Names, component.files.iter().map(|name| name.as_str().to_owned()).collect()),
            remote: component
                .remote
                .iter()
                .map(|remote| (remote.url.clone(), remote.sha256.as_ref().map(|digest| digest.0.as_str().to_owned())))
                .collect(),
        };
        let claims = predicate.claims.iter().map(|(key, value)| (key_of(key), shown(value).unwrap_or_default()));
        Self {
            name: predicate.model.name.clone(),
            version: predicate.model.version.clone(),
            access: predicate.release.access.clone(),
            gating: None,
            price: None,
            components: predicate.components.iter().map(|found| (found.id.clone(), declared(found))).collect(),
            claims: claims.collect(),
            more: None,
            taxonomies: predicate.taxonomies.clone(),
        }
    }
}

/// The key of what a license text says.
const LICENSE_TEXT: &str = "license-text";

impl Side {
    /// Reads the license texts that the manifest names, so that they are compared. `read` returns the bytes of a file of the
    /// release. A text in other lines is the same.
    pub fn read_license_texts(&mut self, manifest: &Manifest, read: impl Fn(&RepoPath) -> Option<Vec<u8>>) {
        let Some(more) = &mut self.more else { return };
        for component in &manifest.components {
            let file = license::terms(manifest, component).and_then(|(terms, _)| terms.file.as_ref());
            let Some(bytes) = file.and_then(|file| read(&file.value)) else { continue };
            let digest = format!("words with sha256 {}", license::text::digest(&String::from_utf8_lossy(&bytes)));
            more.components.entry(component.id.value.clone()).or_default().insert(LICENSE_TEXT, digest);
        }
    }
}

impl Difference {
    /// Compares two releases.
    #[must_use]
    pub fn between(before: &Side, after: &Side) -> Self {
        let mut difference = Self::default();
        release(before, after, &mut difference);
        match (&before.more, &after.more) {
            (Some(was), Some(is)) => {
                let (from, to) = (Some(was.producer.as_str()), Some(is.producer.as_str()));
                difference.release.extend(change("release", "producer", from, to, Direction::Other));
                access(was, is, &mut difference.release);
                difference.base = base(&was.base, &is.base);
                difference.use_policy = use_policy(was, is);
            }
            _ => difference.notes.push(
                "statements do not record conditions of access, the price, base models, the policy of use, documentation, the \
                 texts of licenses and patterns of files, so these are not compared"
                    .to_owned(),
            ),
        }
        components(before, after, &mut difference.components);
        difference.claims = claims(&before.claims, &after.claims);
        for taxonomy in taxonomy::all() {
            verdicts(taxonomy, before, after, &mut difference);
        }
        difference
    }

    /// Returns every change: of the release, its base models, components, policy of use, claims and verdicts.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        let declared = self.release.iter().chain(&self.base).chain(&self.components);
        declared.chain(&self.use_policy).chain(&self.claims).chain(&self.verdicts)
    }

    /// Returns the number of changes in one direction.
    #[must_use]
    pub fn count(&self, direction: Direction) -> usize {
        self.changes().filter(|change| change.direction == direction).count()
    }
}

fn change(
    subject: &str,
    fact: &str,
    before: Option<&str>,
    after: Option<&str>,
    direction: Direction,
) -> Option<Change> {
    let text = |text: Option<&str>| text.map(str::to_owned);
    (before != after).then(|| Change {
        subject: subject.to_owned(),
        fact: fact.to_owned(),
        before: text(before),
        after: text(after),
        limit: None,
        direction,
    })
}

fn release(before: &Side, after: &Side, difference: &mut Difference) {
    // The words of the release gradient are ordered from closed to open.
    let rank = |word: &Option<String>| ReleaseAccess::WORDS.iter().position(|known| Some(*known) == word.as_deref());
    let way = direction::between(rank(&before.access), rank(&after.access));
    difference.release.extend(change("release", "access", before.access.as_deref(), after.access.as_deref(), way));
    if let (Some(was), Some(is)) = (before.gating, after.gating) {
        let way = direction::between(Some(is), Some(was));
        difference.release.extend(change("release", "gating", Some(was.as_str()), Some(is.as_str()), way));
    }
    if before.gating.is_some() && after.gating.is_some() {
        let word = |price: Option<Price>| price.map(Price::as_str);
        // Free of charge comes first, so more is less open.
        let way = direction::between(after.price, before.price);
        difference.release.extend(change("release", "price", word(before.price), word(after.price), way));
    }
}

/// Compares the conditions of access.
fn access(was: &More, is: &More, changes: &mut Vec<Change>) {
    let listed = |members: &BTreeSet<String>| Some(listed(members)).filter(|text| !text.is_empty());
    let mut compare = |fact: &str, from: &BTreeSet<String>, to: &BTreeSet<String>, way: Direction| {
        changes.extend(change("release", fact, listed(from).as_deref(), listed(to).as_deref(), way));
    };
    let way = direction::of_restrictions(&was.eligibility, &is.eligibility);
    compare("eligibility", &was.eligibility, &is.eligibility, way);
    compare("endpoints", &was.endpoints, &is.endpoints, direction::of_released(&was.endpoints, &is.endpoints));
    for (key, restricts) in &was.restrictions {
        let other = is.restrictions.get(key).copied().unwrap_or_default();
        let way = direction::between(Some(!restricts), Some(!other));
        let word = |restricts: bool| Some(if restricts { "true" } else { "false" });
        changes.extend(change("release", key, word(*restricts), word(other), way));
    }
}

/// Returns the flags of a manifest that restrict access or charge for it.
fn restrictions(manifest: &Manifest) -> BTreeMap<&'static str, bool> {
    let access = manifest.access.as_ref();
    let charges = manifest.eu.as_ref().and_then(|eu| eu.monetization.as_ref());
    let flag = |flag: Option<&crate::source::Spanned<bool>>| flag.is_some_and(|flag| flag.value);
    [
        ("eu-disallowed", flag(access.and_then(|access| access.eu_disallowed.as_ref()))),
        ("verification", access.is_some_and(|access| access.verification.is_some())),
        ("verification-discriminates", flag(access.and_then(|access| access.verification_discriminates.as_ref()))),
        ("api-hides-tokens", flag(access.and_then(|access| access.api_hides_tokens.as_ref()))),
        ("dual-licensing", flag(charges.and_then(|charges| charges.dual_licensing.as_ref()))),
        ("mandatory-paid-support", flag(charges.and_then(|charges| charges.mandatory_paid_support.as_ref()))),
        (
            "mandatory-purchase-for-access",
            flag(charges.and_then(|charges| charges.mandatory_purchase_for_access.as_ref())),
        ),
        (
            "exclusive-paid-or-ad-hosting",
            flag(charges.and_then(|charges| charges.exclusive_paid_or_ad_hosting.as_ref())),
        ),
        ("personal-data-required", flag(charges.and_then(|charges| charges.personal_data_required.as_ref()))),
    ]
    .into_iter()
    .collect()
}

impl More {
    fn of(manifest: &Manifest) -> Self {
        let lineage = Lineage::of(manifest, None);
        let links = lineage.worst_links();
        let outcome = |base| links.iter().find(|link| std::ptr::eq(link.base, base)).map(|link| link.verdict.outcome);
        let base = manifest.model.base.iter().map(|base| {
            let facts = BaseFacts {
                relation: base.relation.as_ref().map(|relation| relation.as_str()),
                license: base.license.as_ref().map(|license| license.value.clone()),
                url: base.url.as_ref().map(|url| url.value.clone()),
                digest: base.digest.as_ref().map(|digest| digest.as_str().to_owned()),
                statement: base.statement.as_ref().map(|digest| digest.as_str().to_owned()),
                chain: outcome(base).map(Outcome::as_str),
            };
            (base.name.value.clone(), facts)
        });
        let policy = manifest.use_policy.as_ref();
        let text = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone());
        let facts = policy.into_iter().flat_map(|policy| {
            [
                ("kind", policy.kind.as_ref().map(|kind| kind.as_str().to_owned())),
                ("document", text(&policy.document)),
                (PROHIBITS, Some(joined(&policy.prohibits)).filter(|uses| !uses.is_empty())),
                (COMPETITORS, policy.competitor_clause.as_ref().map(|flag| flag.value.to_string())),
                ("enforcement", text(&policy.enforcement)),
            ]
        });
        let access = manifest.access.as_ref();
        let terms = |component: &Component| {
            let stated = license::terms(manifest, component).map(|(terms, _)| {
                let file = terms.file.as_ref().map(|file| file.value.as_str().to_owned());
                [("license-name", text(&terms.name)), ("license-url", text(&terms.url)), ("license-file", file)]
            });
            let documents = Some(joined(&component.documentation)).filter(|paths| !paths.is_empty());
            let facts = stated.into_iter().flatten().chain([("documentation", documents)]);
            (component.id.value.clone(), facts.filter_map(|(key, fact)| Some((key, fact?))).collect())
        };
        Self {
            producer: manifest.model.producer.value.clone(),
            components: manifest.components.iter().map(terms).collect(),
            base: base.collect(),
            use_policy: facts.filter_map(|(key, fact)| Some((key, fact?))).collect(),
            prohibits: policy.map(|policy| set(&policy.prohibits)).unwrap_or_default(),
            eligibility: access.map(|access| set(&access.eligibility)).unwrap_or_default(),
            endpoints: access.map(|access| set(&access.endpoints)).unwrap_or_default(),
            restrictions: restrictions(manifest),
        }
    }
}

/// The key of the clause against competitors.
const COMPETITORS: &str = "competitor-clause";

/// The key of the prohibited uses.
const PROHIBITS: &str = "prohibits";

fn joined(texts: &[Text]) -> String {
    texts.iter().map(|text| text.as_str()).collect::<Vec<_>>().join(", ")
}

fn set(texts: &[Text]) -> BTreeSet<String> {
    texts.iter().map(|text| text.value.clone()).collect()
}

fn listed(members: &BTreeSet<String>) -> String {
    members.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Returns the key of a claim, whichever name of the taxonomy was used.
fn key_of(name: &str) -> String {
    let claim = taxonomy::named(name).and_then(|taxonomy| taxonomy.claim.as_ref());
    claim.map_or(name, |claim| claim.key.as_str()).to_owned()
}

fn both<'k, K: Ord, V>(before: &'k BTreeMap<K, V>, after: &'k BTreeMap<K, V>) -> BTreeSet<&'k K> {
    before.keys().chain(after.keys()).collect()
}

fn base(before: &BTreeMap<String, BaseFacts>, after: &BTreeMap<String, BaseFacts>) -> Vec<Change> {
    let other = Direction::Other;
    let added = |base: Option<&BaseFacts>| base.map_or(other, |base| direction::of_added_base(base.license.as_deref()));
    let mut changes = Vec::new();
    for name in both(before, after) {
        let (was, is) = (before.get(name), after.get(name));
        let outcome = |base: Option<&BaseFacts>| base.and_then(|base| base.chain);
        match (was, is) {
            (Some(was), Some(is)) => {
                changes.extend(change(name, "relation", was.relation, is.relation, other));
                let (from, to) = (was.license.as_deref(), is.license.as_deref());
                changes.extend(change(name, "license", from, to, direction::of_stated_licenses(from, to)));
                changes.extend(change(name, "url", was.url.as_deref(), is.url.as_deref(), other));
                changes.extend(change(name, "digest", was.digest.as_deref(), is.digest.as_deref(), other));
                changes.extend(change(name, "statement", was.statement.as_deref(), is.statement.as_deref(), other));
            }
            (was, is) => {
                let way = if was.is_none() { added(is) } else { direction::reverse(added(was)) };
                let (was, is) = (was.map(BaseFacts::summary), is.map(BaseFacts::summary));
                changes.extend(change(name, "base", was.as_deref(), is.as_deref(), way));
            }
        }
        changes.extend(change(name, "chain", outcome(was), outcome(is), other));
    }
    changes
}

impl BaseFacts {
    fn summary(&self) -> String {
        let facts: Vec<&str> = self.relation.into_iter().chain(self.license.as_deref()).collect();
        if facts.is_empty() { "base model".to_owned() } else { format!("base model ({})", facts.join(", ")) }
    }
}

fn use_policy(before: &More, after: &More) -> Vec<Change> {
    let changes = both(&before.use_policy, &after.use_policy).into_iter().filter_map(|key| {
        let value = |side: &More| side.use_policy.get(key).cloned();
        let (was, is) = (value(before), value(after));
        let way = match *key {
            PROHIBITS => direction::of_restrictions(&before.prohibits, &after.prohibits),
            COMPETITORS => {
                direction::between(Some(was.as_deref() != Some("true")), Some(is.as_deref() != Some("true")))
            }
            // A policy that is new, or gone. The words alone do not say whether a change restricts more.
            _ => direction::between(Some(before.use_policy.is_empty()), Some(after.use_policy.is_empty())),
        };
        change("use-policy", key, was.as_deref(), is.as_deref(), way)
    });
    changes.collect()
}

fn claims(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<Change> {
    let changes = both(before, after).into_iter().filter_map(|key| {
        let value = |claims: &BTreeMap<String, String>| claims.get(key).cloned();
        let (was, is) = (value(before), value(after));
        let way = direction::of_claims(taxonomy::named(key), was.as_deref(), is.as_deref());
        change(key, "claim", was.as_deref(), is.as_deref(), way)
    });
    changes.collect()
}

fn components(before: &Side, after: &Side, changes: &mut Vec<Change>) {
    for id in both(&before.components, &after.components) {
        let (was, is) = (before.components.get(id), after.components.get(id));
        let openness = |side: Option<&Declared>| side.map(|side| side.openness.clone());
        let (from, to) = (openness(was), openness(is));
        let way = direction::between(direction::released(from.as_deref()), direction::released(to.as_deref()));
        let limit = is.filter(|_| direction::released(to.as_deref()) > Some(0)).and_then(Declared::limit);
        let of_openness = change(id, "openness", from.as_deref(), to.as_deref(), way);
        changes.extend(of_openness.map(|change| Change { limit, ..change }));
        // What is gone, or has become open, needs no reason.
        if let Some(is) = is.filter(|is| is.reason.is_some() || direction::released(to.as_deref()) != Some(2)) {
            let reason = was.and_then(|was| was.reason.as_deref());
            changes.extend(change(id, "reason", reason, is.reason.as_deref(), Direction::Other));
        }
        let (Some(was), Some(is)) = (was, is) else { continue };
        let is_released = |side: &Declared| direction::released(Some(&side.openness)) > Some(0);
        if is_released(was) && is_released(is) {
            let way = direction::of_licenses(was.license.as_deref(), is.license.as_deref());
            changes.extend(change(id, "license", was.license.as_deref(), is.license.as_deref(), way));
        }
        let (from, to) = (was.data_class.as_deref(), is.data_class.as_deref());
        // The data classes are ordered from open to unshareable.
        let rank = |word: Option<&str>| DataClass::WORDS.iter().position(|known| Some(*known) == word);
        changes.extend(change(id, "data-class", from, to, direction::between(rank(to), rank(from))));
        parts(id, was, is, changes);
        let is_same_license = was.license == is.license;
        let more = |side: &Side| side.more.as_ref().and_then(|more| more.components.get(id)).cloned();
        if let (Some(was), Some(is)) = (more(before), more(after)) {
            for key in both(&was, &is) {
                let (from, to) = (was.get(key).map(String::as_str), is.get(key).map(String::as_str));
                let is_told = match *key {
                    // A text that was not read is not one that is absent.
                    LICENSE_TEXT => is_same_license && from.is_some() && to.is_some(),
                    // Another license has another name and another address.
                    key => is_same_license || !key.starts_with("license-"),
                };
                if is_told {
                    changes.extend(change(id, key, from, to, Direction::Other));
                }
            }
        }
    }
}

/// Compares the files and the remote parts of a component.
fn parts(id: &str, was: &Declared, is: &Declared, changes: &mut Vec<Change>) {
    let ((how, from), (how_now, to)) = (&was.files, &is.files);
    if how == how_now {
        let shown = |files: &BTreeSet<String>| match how {
            _ if files.is_empty() => None,
            Files::Patterns => Some(listed(files)),
            // There may be thousands, and a new name alone does not change openness.
            Files::Names => Some(format!("{} files", files.len())),
        };
        let (before, after) = (shown(from), shown(to));
        let way = direction::of_released(from, to);
        changes.extend(change(id, "files", before.as_deref(), after.as_deref(), way));
    }
    let urls = |side: &Declared| side.remote.keys().cloned().collect::<BTreeSet<String>>();
    let shown = |urls: &BTreeSet<String>| Some(listed(urls)).filter(|text| !text.is_empty());
    let (from, to) = (urls(was), urls(is));
    let way = direction::of_released(&from, &to);
    changes.extend(change(id, "remote", shown(&from).as_deref(), shown(&to).as_deref(), way));
    for url in from.intersection(&to) {
        let digest = |side: &Declared| {
            side.remote
                .get(url)
                .cloned()
                .flatten()
                .map_or_else(|| url.clone(), |digest| format!("{url} (sha256 {digest})"))
        };
        let (from, to) = (digest(was), digest(is));
        changes.extend(change(id, "remote-digest", Some(&from), Some(&to), Direction::Other));
    }
}

fn verdicts(taxonomy: &Taxonomy, before: &Side, after: &Side, difference: &mut Difference) {
    let find = |side: &Side| side.taxonomies.iter().find(|facts| facts.id == taxonomy.id).cloned();
    let (Some(was), Some(is)) = (find(before), find(after)) else {
        if find(before).is_some() || find(after).is_some() {
            difference.notes.push(format!("only one side has a verdict for `{}`", taxonomy.id));
        }
        return;
    };
    if was.data != is.data {
        difference
            .notes
            .push(format!("the verdicts for `{}` are based on different versions of its data", taxonomy.id));
    }
    let text = |facts: &TaxonomyFacts| facts.evaluation["verdict"].as_str().map(str::to_owned);
    let (from, to) = (text(&was), text(&is));
    let way = direction::of_verdicts(taxonomy, from.as_deref(), to.as_deref());
    difference.verdicts.extend(change(&taxonomy.id, "verdict", from.as_deref(), to.as_deref(), way));

    let (from, to) = (&was.evaluation["score"], &is.evaluation["score"]);
    let way = direction::between(from.as_f64(), to.as_f64());
    let (from, to) = (shown(from), shown(to));
    difference.verdicts.extend(change(&taxonomy.id, "score", from.as_deref(), to.as_deref(), way));

    // Levels of Eiras et al. 2024: a higher level is more open.
    let cells = |facts: &TaxonomyFacts| facts.evaluation["cells"].as_object().cloned().unwrap_or_default();
    let (from, to) = (cells(&was), cells(&is));
    for (cell, value) in &from {
        let other = to.get(cell).unwrap_or(&Value::Null);
        let way = direction::between(value.as_u64(), other.as_u64());
        let (value, other) = (shown(value), shown(other));
        difference.verdicts.extend(change(&taxonomy.id, cell, value.as_deref(), other.as_deref(), way));
    }
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use super::*;
    use crate::manifest::parse::parse;
    use crate::source::Source;

    const HEAD: &str = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\nlicense = \"MIT\"\n";

    fn side(text: &str) -> Side {
        let parsed = parse(Source::new("OPENNESS.toml", format!("{HEAD}{text}")));
        assert!(parsed.is_sound(), "{:#?}", parsed.findings);
        Side::of_manifest(&parsed.manifest)
    }

    /// Returns the changes of the release and its components, and checks that the reverse comparison mirrors them.
    fn ways(before: &str, after: &str) -> Vec<(String, Direction)> {
        let (before, after) = (side(before), side(after));
        let there = Difference::between(&before, &after);
        let back = Difference::between(&after, &before);
        for (there, back) in there.changes().zip(back.changes()) {
            let mirrored = match there.direction {
                Direction::MoreOpen => Direction::LessOpen,
                Direction::LessOpen => Direction::MoreOpen,
                Direction::Other => Direction::Other,
            };
            assert_eq!((&there.before, &there.after, mirrored), (&back.after, &back.before, back.direction));
        }
        let facts = there.release.iter().chain(&there.components);
        facts.map(|change| (format!("{} {}", change.subject, change.fact), change.direction)).collect()
    }

    fn one(fact: &str, direction: Direction) -> Vec<(String, Direction)> {
        vec![(fact.to_owned(), direction)]
    }

    const OPEN: &str = "[component.final-weights]\nopenness = \"open\"\n";

    #[test]
    fn equal_releases_have_no_differences() {
        let difference = Difference::between(&side(OPEN), &side(OPEN));
        assert_eq!(difference.changes().count(), 0);
        assert!(difference.notes.is_empty());
    }

    #[test]
    fn openness_is_ordered_closed_partial_open() {
        let of = |word: &str| OPEN.replace("open\"", &format!("{word}\""));
        let openness = |way| one("final-weights openness", way);
        assert_eq!(ways(&of("closed"), &of("partial")), openness(Direction::MoreOpen));
        assert_eq!(ways(&of("open"), &of("partial")), openness(Direction::LessOpen));
        assert_eq!(ways(OPEN, ""), openness(Direction::LessOpen));
        assert_eq!(ways("", &of("closed")), openness(Direction::Other));
        assert_eq!(ways(&of("open"), &of("not-applicable")), openness(Direction::Other));
    }

    #[test]
    fn a_license_change_is_ranked_by_whether_it_is_open() {
        let of = |license: &str| format!("{OPEN}license = \"{license}\"\n");
        let license = |way| one("final-weights license", way);
        assert_eq!(ways(&of("MIT"), &of("CC-BY-NC-4.0")), license(Direction::LessOpen));
        assert_eq!(ways(&of("NONE"), &of("MIT")), license(Direction::MoreOpen));
        assert_eq!(ways(&of("MIT"), &of("Apache-2.0")), license(Direction::Other));
        let closed = of("CC-BY-NC-4.0").replace("\"open\"", "\"closed\"");
        assert_eq!(ways(&of("MIT"), &closed), one("final-weights openness", Direction::LessOpen));
    }

    #[test]
    fn access_gating_and_data_class_are_ordered() {
        let access = |word: &str| format!("[release]\naccess = \"{word}\"\n");
        assert_eq!(ways(&access("hosted"), &access("downloadable")), one("release access", Direction::MoreOpen));
        let gate = |word: &str| format!("[access]\ngating = \"{word}\"\n");
        assert_eq!(ways("", &gate("manual")), one("release gating", Direction::LessOpen));
        assert_eq!(ways("", &gate("none")), []);
        let price = |word: &str| format!("[access]\nprice = \"{word}\"\n");
        assert_eq!(ways(&price("free"), &price("paid")), one("release price", Direction::LessOpen));
        assert_eq!(ways(&price("paid"), &price("free")), one("release price", Direction::MoreOpen));
        assert_eq!(ways("", &price("free")), one("release price", Direction::Other));
        let data = |word: &str| format!("[component.training-data]\nopenness = \"partial\"\ndata-class = \"{word}\"\n");
        assert_eq!(ways(&data("public"), &data("unshareable")), one("training-data data-class", Direction::LessOpen));
    }

    #[test]
    fn claims_base_models_policies_reasons_and_files_are_compared() {
        let changes = |before: &str, after: &str| -> Vec<String> {
            let difference = Difference::between(&side(before), &side(after));
            let declared = difference.changes().filter(|change| !matches!(&*change.fact, "verdict" | "score"));
            let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
            let shown = declared.filter(|change| change.subject != "eiras-2024").map(|change| {
                let Change { subject, fact, before, after, direction, .. } = change;
                format!("{subject} {fact}: {} > {} {direction:?}", text(before), text(after))
            });
            shown.collect()
        };
        let claim = |line: &str| format!("[claims]\n{line}\n");
        assert_eq!(changes("", &claim("mof = \"class-2\"")), ["mof claim: - > class-2 MoreOpen"]);
        assert_eq!(changes(&claim("osaid = true"), ""), ["osaid claim: true > - LessOpen"]);
        assert_eq!(changes(&claim("mof = \"class-2\""), &claim("\"mof-1.0\" = \"class-2\"")), [""; 0]);
        let base = |more: &str| format!("[[model.base]]\nname = \"lab/B\"\n{more}\n");
        assert_eq!(
            changes("", &base("license = \"MIT\"")),
            ["lab/B base: - > base model (MIT) Other", "lab/B chain: - > obligations Other"]
        );
        assert_eq!(changes(&base(""), ""), ["lab/B base: base model > - Other", "lab/B chain: review > - Other"]);
        let to = base("license = \"CC-BY-NC-4.0\"\nrelation = \"adapter\"");
        assert_eq!(
            changes(&base("license = \"MIT\""), &to),
            [
                "lab/B relation: - > adapter Other",
                "lab/B license: MIT > CC-BY-NC-4.0 LessOpen",
                "lab/B chain: obligations > review Other"
            ]
        );
        let policy = |line: &str| format!("[use-policy]\nkind = \"separate-aup\"\n{line}\n");
        let clause = |flag: &str| policy(&format!("competitor-clause = {flag}"));
        assert_eq!(changes(&clause("false"), &clause("true")), ["use-policy competitor-clause: false > true LessOpen"]);
        assert_eq!(
            changes(&policy(""), &policy("prohibits = [\"a\", \"b\"]")),
            ["use-policy prohibits: - > a, b LessOpen"]
        );
        let closed = "[component.training-data]\nopenness = \"closed\"\nreason = \"bought\"\n";
        assert_eq!(
            changes(OPEN, &format!("{OPEN}{closed}")),
            ["training-data openness: - > closed Other", "training-data reason: - > bought Other"]
        );
        assert_eq!(
            changes(OPEN, &format!("{OPEN}files = [\"a\", \"b\"]\n")),
            ["final-weights files: - > a, b MoreOpen"]
        );
    }

    #[test]
    fn terms_digests_and_addresses_are_compared() {
        let of = |more: &str| format!("{OPEN}license = \"LicenseRef-Lab\"\n{more}\n");
        let remote =
            |digit: &str| of(&format!("remote = [{{ url = \"https://a.org/x\", sha256 = \"{}\" }}]", digit.repeat(64)));
        let base = |url: &str| format!("[[model.base]]\nname = \"lab/B\"\nurl = \"https://{url}\"\n");
        let facts: &[(String, String, &str)] = &[
            (remote("1"), remote("2"), "final-weights remote-digest"),
            (
                of("license-url = \"https://a.org/1\""),
                of("license-url = \"https://a.org/2\""),
                "final-weights license-url",
            ),
            (of(""), of("license-name = \"Lab NC\""), "final-weights license-name"),
            (of("license-file = \"LICENSE\""), of("license-file = \"LICENSE.txt\""), "final-weights license-file"),
            (of(""), of("documentation = [\"CARD.md\"]"), "final-weights documentation"),
            (base("a.org/b"), base("a.org/c"), "lab/B url"),
        ];
        for (before, after, fact) in facts {
            assert_eq!(changed(before, after, fact), Some(Direction::Other), "{fact}");
            assert_eq!(changed(before, before, fact), None, "{fact}");
        }
    }

    #[test]
    fn license_texts_are_compared_by_their_words_if_both_were_read() {
        let text = format!("{HEAD}{OPEN}license = \"LicenseRef-Lab\"\nlicense-file = \"LICENSE\"\n");
        let parsed = parse(Source::new("OPENNESS.toml", text));
        let with = |text: Option<&str>| {
            let mut side = Side::of_manifest(&parsed.manifest);
            side.read_license_texts(&parsed.manifest, |path| {
                text.filter(|_| path.as_str() == "LICENSE").map(|text| text.as_bytes().to_vec())
            });
            side
        };
        let facts = |before, after| {
            let changes = Difference::between(&with(before), &with(after));
            changes.changes().map(|change| change.fact.clone()).collect::<Vec<_>>()
        };
        assert_eq!(facts(Some("You may do\nanything."), Some("No commercial use.")), [LICENSE_TEXT]);
        assert_eq!(facts(Some("You may do\r\nanything."), Some("You may do anything.")), [""; 0]);
        assert_eq!(facts(Some("You may do anything."), None), [""; 0]);
    }

    #[test]
    fn every_fact_of_access_and_licenses_has_a_direction() {
        let facts: &[(&str, &str, &str)] = &[
            (
                "[use-policy]\nprohibits = [\"a\"]\n",
                "[use-policy]\nprohibits = [\"a\", \"b\"]\n",
                "use-policy prohibits",
            ),
            ("", "[use-policy]\nkind = \"license-clause\"\n", "use-policy kind"),
            ("[access]\n", "[access]\neu-disallowed = true\n", "release eu-disallowed"),
            ("[access]\n", "[access]\neligibility = [\"adults\"]\n", "release eligibility"),
            ("[access]\n", "[access]\nverification = \"an id\"\n", "release verification"),
            ("[access]\n", "[access]\nverification-discriminates = true\n", "release verification-discriminates"),
            ("[access]\nendpoints = [\"https://a.org\"]\n", "[access]\n", "release endpoints"),
            ("[eu]\n", "[eu.monetization]\ndual-licensing = true\n", "release dual-licensing"),
            ("[claims]\nmof = \"class-1\"\n", "[claims]\nmof = \"class-2\"\n", "mof claim"),
            ("[claims]\nosaid = true\n", "[claims]\nosaid = false\n", "osaid claim"),
            ("", "[[model.base]]\nname = \"lab/B\"\nlicense = \"CC-BY-NC-4.0\"\n", "lab/B base"),
        ];
        for (before, after, fact) in facts {
            assert_eq!(changed(before, after, fact), Some(Direction::LessOpen), "{fact}");
            assert_eq!(changed(after, before, fact), Some(Direction::MoreOpen), "{fact}");
        }
        let of = |more: &str| format!("{OPEN}{more}\n");
        let parts = [
            ("files = [\"a-1\", \"a-2\"]", "files = [\"a-1\"]", "final-weights files"),
            ("remote = [{ url = \"https://a.org/x\" }]", "", "final-weights remote"),
            ("license = \"CC-BY-NC-4.0\"", "license = \"CC-BY-NC-ND-4.0\"", "final-weights license"),
            ("license = \"MIT\"", "license = \"LicenseRef-Gemma-Terms\"", "final-weights license"),
            ("license = \"CC-BY-NC-4.0\"", "license = \"NONE\"", "final-weights license"),
        ];
        for (before, after, fact) in parts {
            assert_eq!(changed(&of(before), &of(after), fact), Some(Direction::LessOpen), "{before} {after}");
            assert_eq!(changed(&of(after), &of(before), fact), Some(Direction::MoreOpen), "{before} {after}");
        }
        // Some added and some removed, or limits of another kind: neither more nor less.
        let renamed = changed(&of("files = [\"a\"]"), &of("files = [\"b\"]"), "final-weights files");
        let license = |id: &str| of(&format!("license = \"{id}\""));
        let other = changed(&license("CC-BY-NC-4.0"), &license("LicenseRef-Gemma-Terms"), "final-weights license");
        assert_eq!((renamed, other), (Some(Direction::Other), Some(Direction::Other)));
    }

    fn changed(before: &str, after: &str, fact: &str) -> Option<Direction> {
        let difference = Difference::between(&side(before), &side(after));
        let found = difference.changes().find(|change| format!("{} {}", change.subject, change.fact) == fact);
        found.map(|change| change.direction)
    }

    #[test]
    fn a_verdict_that_turns_to_fails_is_always_less_open() {
        for taxonomy in taxonomy::all() {
            for other in ["undecidable", "unstated", "meets", "class-3"] {
                let way = direction::of_verdicts(taxonomy, Some(other), Some("fails"));
                let back = direction::of_verdicts(taxonomy, Some("fails"), Some(other));
                assert_eq!((way, back), (Direction::LessOpen, Direction::MoreOpen), "{}: {other}", taxonomy.id);
            }
        }
        let limited = format!("{OPEN}license = \"CC-BY-NC-4.0\"\n");
        assert_eq!(changed(OPEN, &limited, "open-weights verdict"), Some(Direction::LessOpen));
    }

    #[test]
    fn a_verdict_change_follows_the_taxonomys_order() {
        let tiny = |edit: &dyn Fn(String) -> String| {
            let text = edit(include_str!("../examples/tiny-lm/OPENNESS.toml").to_owned());
            Side::of_manifest(&parse(Source::new("t", text)).manifest)
        };
        let whole = tiny(&|text| text);
        let less = tiny(&|text| {
            text.replace(
                "[component.training-code]\nopenness = \"open\"",
                "[component.training-code]\nopenness = \"closed\"",
            )
        });
        assert!(direction::OPENNESS_TAXONOMIES.iter().all(|id| taxonomy::find(id).is_some()));
        let unassessed =
            tiny(&|text| text.replace("[[risk.marginal]]", "[[audit]]\nauditor = \"a\"\n[access-policy]\n[x]"));
        let risk = Difference::between(&whole, &unassessed);
        assert_eq!(risk.count(Direction::LessOpen), 0);
        let difference = Difference::between(&whole, &less);
        let of = |id: &str| difference.verdicts.iter().find(|change| change.subject == id).unwrap().clone();
        assert_eq!((of("mof-1.0").after.as_deref(), of("mof-1.0").direction), (Some("class-3"), Direction::LessOpen));
        assert_eq!(of("osaid-1.0").direction, Direction::LessOpen);
        assert_eq!(of("osai-index").direction, Direction::LessOpen);
        assert_eq!(of("eiras-2024").direction, Direction::LessOpen);
        assert_eq!(difference.count(Direction::MoreOpen), 0, "{:#?}", difference.verdicts);
    }
}
