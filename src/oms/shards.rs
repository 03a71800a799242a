//! Files that a statement lists in parts (`shards`), as the reference implementation's library can write them.
//!
//! The parts of a file have to be the whole file: they begin at its first byte, each begins where the one before ends, and only
//! the last is smaller than `shard_size`. Empty files have no parts, so they are not signed.

use std::ops::Range;

use serde_json::Value;

use super::item::Item;
use super::{Refusal, SHA256, ShardedFile};
use crate::manifest::Sha256Hex;
use crate::path::{PathError, RepoPath};

/// Reads `shard_size`. The reference implementation writes it as a fraction, such as `1000000000.0`.
pub(super) fn shard_size(value: &Value) -> Result<u64, Refusal> {
    /// Above it, not every integer is a JSON number of its own.
    const MOST: u64 = 1 << 53;
    let size = value.as_u64().or_else(|| value.as_f64().and_then(whole));
    size.filter(|size| (1..=MOST).contains(size))
        .ok_or(Refusal::value("serialization.shard_size", "is not a positive integer"))
}

/// Returns a number without a fraction as an integer.
fn whole(number: f64) -> Option<u64> {
    let text = number.to_string();
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Reads the list: the files in the order in which they are listed, and the digests in the order of the list. If the model is a
/// single file, which the reference implementation lists as `.`, `model` is its name.
pub(super) fn files(list: &[Item<'_>], size: u64, model: &str) -> Result<(Vec<ShardedFile>, Vec<Sha256Hex>), Refusal> {
    let is_alone = list.iter().all(|item| item.name.as_ref().is_some_and(|name| name.starts_with(".:")));
    let mut files: Vec<ShardedFile> = Vec::new();
    let mut digests = Vec::with_capacity(list.len());
    for item in list {
        let [name, algorithm, digest] = item.texts()?;
        let refuse = |problem| Refusal::Shard { name: name.escape_debug().to_string(), problem };
        let (path, part) = part(name).ok_or_else(|| refuse("is not of the form FILE:START:END"))?;
        let path: RepoPath = if is_alone && path == "." { model } else { path }
            .parse()
            .map_err(|problem: PathError| Refusal::Name { name: name.escape_debug().to_string(), problem })?;
        if algorithm != SHA256 && algorithm != format!("{SHA256}-sharded-{size}") {
            let found = algorithm.escape_debug().to_string();
            return Err(Refusal::Algorithm { name: name.to_owned(), found, expected: SHA256 });
        }
        let sha256: Sha256Hex = digest.parse().map_err(|_| Refusal::Digest { name: name.to_owned() })?;
        if part.is_empty() || part.end - part.start > size {
            return Err(refuse("is not a part of at most `shard_size` bytes"));
        }
        match files.last_mut().filter(|file| file.path == path) {
            Some(file) => {
                let Some((before, _)) = file.parts.last() else { return Err(refuse("follows nothing")) };
                if part.start != before.end || before.end - before.start != size {
                    return Err(refuse("does not begin where a full part ends"));
                }
                file.parts.push((part, sha256));
            }
            None if part.start != 0 => return Err(refuse("is the first part of its file and does not begin at 0")),
            None => files.push(ShardedFile { path, parts: vec![(part, sha256)] }),
        }
        digests.push(sha256);
    }
    Ok((files, digests))
}

/// Splits `FILE:START:END` at the last two colons.
fn part(name: &str) -> Option<(&str, Range<u64>)> {
    let (rest, end) = name.rsplit_once(':')?;
    let (path, start) = rest.rsplit_once(':')?;
    Some((path, number(start)?..number(end)?))
}

/// Reads a number in its only form: digits, without zeros before them.
fn number(digits: &str) -> Option<u64> {
    let number: u64 = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is a failed test")]
    use serde_json::json;

    use super::*;

    const DIGEST: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

    fn read(names: &[&str]) -> Result<Vec<ShardedFile>, Refusal> {
        let item = |name: &&str| json!({ "name": name, "digest": DIGEST, "algorithm": "sha256-sharded-10" });
        let text = names.iter().map(item).collect::<Value>().to_string();
        let items: Vec<Item<'_>> = serde_json::from_str(&text).unwrap();
        files(&items, 10, "model.bin").map(|(files, _)| files)
    }

    #[test]
    fn parts_are_whole_files() {
        let files = read(&["a:0:10", "a:10:20", "a:20:21", "bb/c:0:3"]).unwrap();
        assert_eq!(
            files.iter().map(|file| (file.path.as_str(), file.size())).collect::<Vec<_>>(),
            [("a", 21), ("bb/c", 3)]
        );
        for (names, problem) in [
            (&["a:1:10"][..], "does not begin at 0"),
            (&["a:0:10", "a:11:20"], "does not begin where a full part ends"),
            (&["a:0:10", "a:9:19"], "does not begin where a full part ends"),
            (&["a:0:10", "a:0:10"], "does not begin where a full part ends"),
            (&["a:0:9", "a:9:19"], "does not begin where a full part ends"),
            (&["a:0:11"], "at most `shard_size` bytes"),
            (&["a:0:0"], "at most `shard_size` bytes"),
            (&["a:5:4"], "at most `shard_size` bytes"),
            (&["a"], "FILE:START:END"),
            (&["a:0"], "FILE:START:END"),
            (&["a:0:+9"], "FILE:START:END"),
            (&["a:00:9"], "FILE:START:END"),
            (&["a:0:18446744073709551616"], "FILE:START:END"),
        ] {
            let refusal = read(names).unwrap_err().to_string();
            assert!(refusal.contains(problem), "{names:?}: {refusal}");
        }
        assert_eq!(read(&[".:0:10", ".:10:12"]).unwrap()[0].path.as_str(), "model.bin");
        assert!(matches!(read(&[".:0:10", "a:0:2"]), Err(Refusal::Name { .. })));
        for name in ["../a:0:9", "/a:0:9", ":0:9", "a/:0:9"] {
            assert!(matches!(read(&[name]), Err(Refusal::Name { .. })), "{name}");
        }
    }

    #[test]
    fn sizes_are_positive_integers() {
        for (value, size) in [(json!(200), 200), (json!(200.0), 200), (json!(1e9), 1_000_000_000), (json!(1), 1)] {
            assert_eq!(shard_size(&value).unwrap(), size);
        }
        for value in [json!(0), json!(-1), json!(0.5), json!(1e300), json!("200"), json!(null), json!(u64::MAX)] {
            assert!(shard_size(&value).is_err(), "{value}");
        }
    }
}
