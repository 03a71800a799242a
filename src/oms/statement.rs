//! The statement of a bundle: which files a model has.

use std::collections::BTreeSet;

use super::item::Item;
use super::object::Object;
use super::shards;
use super::{DEFAULT_IGNORED, PREDICATE_TYPE, Refusal, Resource, SHA256, ShardedFile};
use crate::artifacts::digest;
use crate::json;
use crate::manifest::Sha256Hex;
use crate::path::{PathError, RepoPath};

/// The value of `_type` of every in-toto Statement v1.
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// The name under which the only file of a model is listed if the model is that file.
pub(super) const SINGLE_FILE: &str = ".";
/// The most files that are listed.
const MAX_RESOURCES: usize = 1_000_000;

/// The files that a bundle's signature covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub(super) name: String,
    pub(super) root: Sha256Hex,
    pub(super) resources: Vec<Resource>,
    pub(super) sharded: Vec<ShardedFile>,
    pub(super) ignored: Vec<RepoPath>,
    pub(super) follows_links: bool,
    pub(super) order: Order,
    /// Whether the model is a single file, whose name is not part of what is signed.
    pub(super) is_file: bool,
}

/// The order in which a statement lists its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By the bytes of the whole path, as the specification demands.
    Paths,
    /// Component by component, as the reference implementation writes it: `a/x` before `a-b/x`.
    Components,
}

impl Statement {
    /// Reads a statement. Only bytes whose signature holds should get here.
    pub(super) fn read(payload: &[u8]) -> Result<Self, Refusal> {
        let (value, list) = json::read_with_list::<Item<'_>>(payload, &["predicate", "resources"])
            .map_err(|error| Refusal::Json { what: "statement", source: error.into() })?;
        let statement = Object::new("statement", &value)?;
        statement.only(&["_type", "subject", "predicateType", "predicate"])?;
        if statement.text("_type")? != STATEMENT_TYPE {
            return Err(Refusal::value("_type", "is not that of an in-toto Statement v1"));
        }
        let kind = statement.text("predicateType")?;
        if kind != PREDICATE_TYPE {
            return Err(Refusal::Predicate { found: kind.escape_debug().to_string() });
        }
        let [subject] = statement.list("subject")? else {
            return Err(Refusal::value("subject", "does not contain exactly one subject"));
        };
        let subject = Object::new("subject", subject)?;
        let name = subject.text("name")?.to_owned();
        let root = Object::new("subject.digest", subject.member("digest")?)?.text(SHA256)?;
        let root: Sha256Hex = root.parse().map_err(|_| Refusal::Digest { name: "subject".to_owned() })?;

        let predicate = Object::new("predicate", statement.member("predicate")?)?;
        predicate.only(&["resources", "serialization"])?;
        let Serialization { shard_size, ignored, follows_links } =
            serialization(&Object::new("serialization", predicate.member("serialization")?)?)?;
        // Its items are read already.
        predicate.list("resources")?;
        check_length(&list)?;
        let (mut resources, mut sharded) = (Vec::new(), Vec::new());
        let order = match shard_size {
            None => {
                resources = self::resources(&list, &name)?;
                check_root(root_of(&resources), &root)?;
                check_order(&resources, |resource| &resource.path)?
            }
            Some(size) => {
                let digests;
                (sharded, digests) = shards::files(&list, size, &name)?;
                check_root(root_of_digests(&digests), &root)?;
                check_order(&sharded, |file| &file.path)?
            }
        };
        if order == Order::Components {
            resources.sort_by(|one, other| one.path.cmp(&other.path));
            sharded.sort_by(|one, other| one.path.cmp(&other.path));
        }
        let is_file = list
            .iter()
            .all(|item| item.name.as_deref().is_some_and(|name| name.split(':').next() == Some(SINGLE_FILE)));
        Ok(Self { name, root, resources, sharded, ignored, follows_links, order, is_file })
    }

    /// Reads bytes without a signature, for fuzzing.
    ///
    /// # Errors
    /// [`Refusal`] if they are not a statement that would be accepted.
    #[cfg(feature = "internals")]
    #[doc(hidden)]
    pub fn read_unsigned(payload: &[u8]) -> Result<Self, Refusal> {
        Self::read(payload)
    }

    /// Returns the name of the model, which the signer chose.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the digest of all digests, in the order of the statement.
    #[must_use]
    pub fn root(&self) -> &Sha256Hex {
        &self.root
    }

    /// Returns the files in the order of their paths; none if they are listed in parts, and otherwise at least one.
    #[must_use]
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// Returns the files that are listed in parts, in the order of their paths.
    #[must_use]
    pub fn sharded(&self) -> &[ShardedFile] {
        &self.sharded
    }

    /// Returns whether the signer left a path out: by name, or because every tool does.
    #[must_use]
    pub fn ignores(&self, path: &RepoPath) -> bool {
        self.ignores_by_default(path) || self.ignored.iter().any(|ignored| path.is_within(ignored.as_str()))
    }

    /// Returns whether every tool leaves a path out, because it belongs to Git.
    #[must_use]
    pub fn ignores_by_default(&self, path: &RepoPath) -> bool {
        DEFAULT_IGNORED.iter().any(|name| path.is_within(name))
    }

    /// Returns whether the signer followed symbolic links. A verifier does not: it looks for files.
    #[must_use]
    pub fn follows_links(&self) -> bool {
        self.follows_links
    }

    /// Returns whether the model is a single file, which is listed without its name.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.is_file
    }

    /// Returns a statement about a single file as one about the file of this name, since its own is not signed. Any other
    /// statement stays as it is.
    #[must_use]
    pub fn of_renamed_file(mut self, path: &RepoPath) -> Self {
        if self.is_file {
            let resources = self.resources.iter_mut().map(|resource| &mut resource.path);
            let only = resources.chain(self.sharded.iter_mut().map(|file| &mut file.path));
            only.for_each(|name| *name = path.clone());
        }
        self
    }

    /// Returns the order in which the statement lists its files.
    #[must_use]
    pub fn order(&self) -> Order {
        self.order
    }
}

/// How a model was listed.
struct Serialization {
    /// The size of parts in bytes; `None` for whole files.
    shard_size: Option<u64>,
    ignored: Vec<RepoPath>,
    follows_links: bool,
}

fn serialization(serialization: &Object<'_>) -> Result<Serialization, Refusal> {
    let shard_size = match serialization.text("method")? {
        "files" => {
            serialization.only(&["method", "hash_type", "allow_symlinks", "ignore_paths"])?;
            None
        }
        "shards" => {
            serialization.only(&["method", "hash_type", "shard_size", "allow_symlinks", "ignore_paths"])?;
            Some(shards::shard_size(serialization.member("shard_size")?)?)
        }
        _ => return Err(Refusal::value("serialization.method", "is neither `files` nor `shards`")),
    };
    let hash_type = serialization.text("hash_type")?;
    if hash_type != SHA256 {
        return Err(Refusal::HashType { found: hash_type.escape_debug().to_string() });
    }
    let follows_links = serialization
        .member("allow_symlinks")?
        .as_bool()
        .ok_or(Refusal::value("serialization.allow_symlinks", "is not true or false"))?;
    let mut ignored = Vec::new();
    if serialization.members.contains_key("ignore_paths") {
        for path in serialization.list("ignore_paths")? {
            let path = path
                .as_str()
                .ok_or(Refusal::value("serialization.ignore_paths", "has an item that is not a string"))?;
            ignored.extend(ignored_path(path)?);
        }
    }
    Ok(Serialization { shard_size, ignored, follows_links })
}

/// Reads a path to ignore. One that is not within the model, as other tools record it for the signature file, ignores nothing.
fn ignored_path(path: &str) -> Result<Option<RepoPath>, Refusal> {
    let components = path.split('/').filter(|component| !matches!(*component, "" | "."));
    let mut depth = 0_i64;
    let mut is_root = !path.starts_with('/');
    for component in components {
        depth += if component == ".." { -1 } else { 1 };
        is_root = is_root && depth >= 0;
    }
    if is_root && depth == 0 {
        return Err(Refusal::IgnoresAll { path: path.escape_debug().to_string() });
    }
    Ok(path.parse().ok())
}

fn check_length(list: &[Item<'_>]) -> Result<(), Refusal> {
    match list.len() {
        0 => Err(Refusal::Empty),
        1..=MAX_RESOURCES => Ok(()),
        _ => Err(Refusal::TooMany { limit: MAX_RESOURCES }),
    }
}

/// Reads the list. If the model is a single file, `model` is its name.
fn resources(list: &[Item<'_>], model: &str) -> Result<Vec<Resource>, Refusal> {
    let alone = Some(model).filter(|_| list.len() == 1);
    list.iter().map(|item| resource(item, alone)).collect()
}

/// Reads one item. The reference implementation lists a single file as `.`, and the model then has the name of the file.
fn resource(item: &Item<'_>, alone: Option<&str>) -> Result<Resource, Refusal> {
    let [name, algorithm, digest] = item.texts()?;
    let name = alone.filter(|_| name == SINGLE_FILE).unwrap_or(name);
    let path: RepoPath =
        name.parse().map_err(|problem: PathError| Refusal::Name { name: name.escape_debug().to_string(), problem })?;
    if algorithm != SHA256 {
        let found = algorithm.escape_debug().to_string();
        return Err(Refusal::Algorithm { name: name.to_owned(), found, expected: SHA256 });
    }
    let sha256 = digest.parse().map_err(|_| Refusal::Digest { name: name.to_owned() })?;
    Ok(Resource { path, sha256 })
}

/// Checks the digest of all digests, in the order in which they are listed.
fn check_root(found: Sha256Hex, expected: &Sha256Hex) -> Result<(), Refusal> {
    if found == *expected {
        return Ok(());
    }
    Err(Refusal::Root { expected: expected.as_str().to_owned(), found: found.as_str().to_owned() })
}

/// Returns the digest of the digests of files, in the order of the list.
pub(super) fn root_of(resources: &[Resource]) -> Sha256Hex {
    root_of_digests(&resources.iter().map(|resource| resource.sha256).collect::<Vec<_>>())
}

fn root_of_digests(digests: &[Sha256Hex]) -> Sha256Hex {
    digest::sha256(&digests.iter().flat_map(Sha256Hex::to_bytes).collect::<Vec<u8>>())
}

/// Checks that the files are in one of the two orders, each of them once.
fn check_order<T>(files: &[T], path: impl Fn(&T) -> &RepoPath) -> Result<Order, Refusal> {
    let paths: Vec<&RepoPath> = files.iter().map(path).collect();
    let in_pairs = || paths.iter().zip(paths.iter().skip(1));
    let Some((before, after)) = in_pairs().find(|(one, next)| one >= next) else { return Ok(Order::Paths) };
    if in_pairs().all(|(one, next)| one.components().lt(next.components())) {
        return Ok(Order::Components);
    }
    let mut names = BTreeSet::new();
    match paths.iter().find(|path| !names.insert(**path)) {
        Some(again) => Err(Refusal::Duplicate { name: again.as_str().to_owned() }),
        None => Err(Refusal::Unsorted { name: after.as_str().to_owned(), before: before.as_str().to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use serde_json::{Value, json};

    use super::*;

    const DIGEST: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

    /// A statement that lists these names in this order.
    fn listing(names: &[&str]) -> Value {
        let resources: Vec<_> =
            names.iter().map(|name| json!({ "name": name, "digest": DIGEST, "algorithm": "sha256" })).collect();
        let digests: Vec<u8> = names.iter().flat_map(|_| DIGEST.parse::<Sha256Hex>().unwrap().to_bytes()).collect();
        json!({
            "_type": STATEMENT_TYPE,
            "subject": [{ "name": "model", "digest": { "sha256": digest::sha256(&digests).as_str() } }],
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "resources": resources,
                "serialization": {
                    "method": "files",
                    "hash_type": "sha256",
                    "allow_symlinks": false,
                    "ignore_paths": [".git", "model.sig"],
                },
            },
        })
    }

    fn read(value: &Value) -> Result<Statement, Refusal> {
        Statement::read(value.to_string().as_bytes())
    }

    /// Changes one value of a good statement.
    fn changed(pointer: &str, to: Value) -> Result<Statement, Refusal> {
        let mut statement = listing(&["a", "b"]);
        *statement.pointer_mut(pointer).unwrap() = to;
        read(&statement)
    }

    #[test]
    fn paths_that_leave_the_model_are_refused() {
        for name in ["../outside.txt", "/etc/passwd", "a/../b", "./a", "a//b", "a/", "", "a\\b", "C:x", "a\nb", ".."] {
            assert!(matches!(read(&listing(&[name])), Err(Refusal::Name { .. })), "{name:?}");
        }
        for name in ["outside.txt", "..a", "a..b/c", ".hidden", "a b", "模型.bin"] {
            assert_eq!(read(&listing(&[name])).unwrap().resources()[0].path.as_str(), name);
        }
    }

    #[test]
    fn names_listed_twice_are_refused() {
        for names in [&["a", "a"][..], &["a", "b", "a"], &["b", "a", "a"]] {
            assert!(matches!(read(&listing(names)), Err(Refusal::Duplicate { name }) if name == "a"), "{names:?}");
        }
        assert!(read(&listing(&["A", "a"])).is_ok());
    }

    #[test]
    fn lists_out_of_order_are_refused_except_in_the_order_of_the_reference() {
        for names in [&["b", "a"][..], &["a/x", "a.txt", "a-b/x"], &["é", "z"]] {
            assert!(matches!(read(&listing(names)), Err(Refusal::Unsorted { .. })), "{names:?}");
        }
        let by_path = read(&listing(&["a-b/x", "a.txt", "a/x"])).unwrap();
        let by_component = read(&listing(&["a/x", "a-b/x", "a.txt"])).unwrap();
        assert_eq!((by_path.order(), by_component.order()), (Order::Paths, Order::Components));
        assert_eq!(by_path.resources(), by_component.resources());
    }

    #[test]
    fn a_model_without_files_is_refused() {
        assert!(matches!(read(&listing(&[])), Err(Refusal::Empty)));
        // A single file, as the reference implementation lists it.
        assert_eq!(read(&listing(&["."])).unwrap().resources()[0].path.as_str(), "model");
        for name in ["..", "a/../b", ""] {
            let mut statement = listing(&["."]);
            statement["subject"][0]["name"] = name.into();
            assert!(matches!(read(&statement), Err(Refusal::Name { .. })), "{name}");
        }
        assert!(matches!(read(&listing(&[".", "a"])), Err(Refusal::Name { .. })));
    }

    #[test]
    fn ignoring_the_whole_model_is_refused() {
        for path in [".", "", "./", "a/..", "./."] {
            let statement = changed("/predicate/serialization/ignore_paths/0", path.into());
            assert!(matches!(statement, Err(Refusal::IgnoresAll { .. })), "{path:?}");
        }
        // What other tools record for a signature file outside the model ignores nothing in it.
        for path in ["../model.sig", "/tmp/model.sig", "x/../../y"] {
            let statement = changed("/predicate/serialization/ignore_paths/0", path.into()).unwrap();
            assert!(!statement.ignores(&"y".parse().unwrap()), "{path}");
            assert!(statement.ignores(&"model.sig".parse().unwrap()) && statement.ignores(&".git/x".parse().unwrap()));
        }
    }

    #[test]
    fn only_whole_files_by_sha256_are_read() {
        let at = |name: &str| format!("/predicate/serialization/{name}");
        assert!(
            matches!(changed(&at("method"), "shards".into()), Err(Refusal::Missing { path }) if path.ends_with("shard_size"))
        );
        assert!(changed(&at("method"), "file".into()).is_err());
        for hash_type in ["blake2b", "blake3", "SHA256"] {
            assert!(
                matches!(changed(&at("hash_type"), hash_type.into()), Err(Refusal::HashType { .. })),
                "{hash_type}"
            );
        }
        assert!(changed(&at("allow_symlinks"), "false".into()).is_err());
        assert!(changed(&at("allow_symlinks"), true.into()).unwrap().follows_links());
        let algorithm = changed("/predicate/resources/1/algorithm", "blake3".into());
        assert!(matches!(algorithm, Err(Refusal::Algorithm { name, .. }) if name == "b"));
    }

    /// A statement of parts of 10 bytes with these names in this order.
    fn parts(names: &[&str]) -> Value {
        let mut statement = listing(names);
        statement["predicate"]["serialization"]["method"] = "shards".into();
        statement["predicate"]["serialization"]["shard_size"] = json!(10.0);
        statement
    }

    #[test]
    fn parts_of_files_are_read_in_both_orders() {
        let names = |names: &[&str]| {
            let statement = read(&parts(names))?;
            assert!(statement.resources().is_empty());
            let names = statement.sharded().iter().map(|file| format!("{} {}", file.path, file.size()));
            Ok::<_, Refusal>((names.collect::<Vec<_>>(), statement.order()))
        };
        let files = ["a-b/x 3".to_owned(), "a/x 12".to_owned()];
        assert_eq!(names(&["a-b/x:0:3", "a/x:0:10", "a/x:10:12"]).unwrap(), (files.to_vec(), Order::Paths));
        assert_eq!(names(&["a/x:0:10", "a/x:10:12", "a-b/x:0:3"]).unwrap(), (files.to_vec(), Order::Components));
        assert!(matches!(names(&["b:0:3", "a:0:3"]), Err(Refusal::Unsorted { .. })));
        assert!(matches!(names(&["a:0:3", "b:0:3", "a:0:3"]), Err(Refusal::Duplicate { .. })));
        assert!(matches!(names(&["a"]), Err(Refusal::Shard { .. })));
        assert!(matches!(names(&[]), Err(Refusal::Empty)));
        let mut whole = parts(&["a:0:3"]);
        whole["predicate"]["serialization"]["method"] = "files".into();
        assert!(matches!(read(&whole), Err(Refusal::Unknown { name, .. }) if name == "shard_size"));
        let mut other = parts(&["a:0:3"]);
        other["predicate"]["resources"][0]["algorithm"] = "sha256-sharded-11".into();
        assert!(matches!(read(&other), Err(Refusal::Algorithm { .. })));
        let mut root = parts(&["a:0:3"]);
        root["predicate"]["resources"][0]["digest"] = "0".repeat(64).into();
        assert!(matches!(read(&root), Err(Refusal::Root { .. })));
    }

    #[test]
    fn digests_in_another_form_are_refused() {
        for digest in [DIGEST.to_uppercase(), DIGEST[..62].to_owned(), format!("{DIGEST}00"), String::new()] {
            let found = changed("/predicate/resources/0/digest", digest.clone().into());
            assert!(matches!(found, Err(Refusal::Digest { name }) if name == "a"), "{digest}");
            assert!(matches!(changed("/subject/0/digest/sha256", digest.into()), Err(Refusal::Digest { .. })));
        }
        assert!(matches!(changed("/subject/0/digest/sha256", "0".repeat(64).into()), Err(Refusal::Root { .. })));
    }

    #[test]
    fn members_that_would_not_be_checked_are_refused() {
        for pointer in ["", "/predicate", "/predicate/serialization"] {
            let mut statement = listing(&["a"]);
            statement.pointer_mut(pointer).unwrap()["x"] = 1.into();
            assert!(matches!(read(&statement), Err(Refusal::Unknown { name, .. }) if name == "x"), "{pointer}");
        }
        let mut statement = listing(&["a"]);
        statement["predicate"]["serialization"]["shard_size"] = 1000.into();
        assert!(matches!(read(&statement), Err(Refusal::Unknown { .. })));
        // The specification demands that these are ignored.
        statement = listing(&["a"]);
        statement["predicate"]["resources"][0]["size"] = 6.into();
        statement["subject"][0]["uri"] = "https://example.org".into();
        assert!(read(&statement).is_ok());
    }

    #[test]
    fn statements_of_another_kind_are_refused() {
        assert!(changed("/_type", "https://in-toto.io/Statement/v0.1".into()).is_err());
        for kind in ["https://model_signing/signature/v1.1", "https://model_signing/Digests/v0.1", "x"] {
            assert!(matches!(changed("/predicateType", kind.into()), Err(Refusal::Predicate { .. })), "{kind}");
        }
        for subject in [json!([]), json!([{}, {}]), json!({})] {
            assert!(changed("/subject", subject).is_err());
        }
        let text = listing(&["a"]).to_string();
        let twice = text.replacen("{\"_type\"", "{\"predicateType\":\"x\",\"_type\"", 1);
        assert!(matches!(Statement::read(twice.as_bytes()), Err(Refusal::Json { .. })));
        assert!(matches!(Statement::read(format!("{text}x").as_bytes()), Err(Refusal::Json { .. })));
        assert!(Statement::read(format!("{text}\n").as_bytes()).is_ok());
    }

    #[test]
    fn what_is_written_is_read_and_has_one_form() {
        let file = |name: &str| (name.parse().unwrap(), DIGEST.parse().unwrap());
        let ignored: Vec<RepoPath> = vec!["model.sig".parse().unwrap()];
        let statement = Statement::of("model", vec![file("b"), file("a/x"), file("a-b/x")], &ignored).unwrap();
        let read = Statement::read(&statement.to_bytes()).unwrap();
        assert!(read.to_bytes() == statement.to_bytes(), "one form");
        assert_eq!((read.resources(), read.root()), (statement.resources(), statement.root()));
        assert!(Statement::of("model", Vec::new(), &[]).is_none());
    }
}
