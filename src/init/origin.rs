//! What Git knows of a model's name, producer and version: the address of `origin`, and the tags of the commit.

use std::fs;
use std::path::Path;

use crate::git::Repo;

/// Tags past this number are not looked at.
const MAX_TAGS: usize = 10_000;

/// Returns owner and name from the address of the remote `origin`, as `owner/name` stands at its end.
pub(super) fn owner_and_name(repo: &Repo) -> Option<(String, String)> {
    split(&repo.setting("remote.origin.url").ok().flatten()?)
}

fn split(address: &str) -> Option<(String, String)> {
    let address = address.trim_end_matches('/');
    let address = address.strip_suffix(".git").unwrap_or(address);
    // `https://host/owner/name` and `git@host:owner/name`; a path on this machine has no owner.
    let path = match address.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.split_once('/')?.1,
        None => address.split_once(':').filter(|(host, _)| host.len() > 1 && !host.contains('/'))?.1,
    };
    let (owner, name) = path.rsplit_once('/')?;
    let owner = owner.rsplit('/').next()?;
    (!owner.is_empty() && !name.is_empty()).then(|| (owner.to_owned(), name.to_owned()))
}

/// Returns the tag of the commit that is checked out, if just one of its tags looks like a version.
pub(super) fn version_tag(repo: &Repo) -> Option<String> {
    let head = repo.resolve("HEAD").ok()?;
    let mut tags = tags(repo.common_dir());
    tags.retain(|tag| {
        let digits = tag.strip_prefix('v').unwrap_or(tag);
        digits.starts_with(|c: char| c.is_ascii_digit())
            && repo.resolve(&format!("refs/tags/{tag}")).is_ok_and(|found| found.commit == head.commit)
    });
    match tags.as_slice() {
        [tag] => Some(tag.clone()),
        _ => None,
    }
}

/// The names of tags at the top level, loose and packed, each once.
fn tags(git: &Path) -> Vec<String> {
    let loose = fs::read_dir(git.join("refs/tags")).into_iter().flatten().flatten();
    let mut tags: Vec<String> = loose.filter_map(|entry| entry.file_name().into_string().ok()).take(MAX_TAGS).collect();
    let packed = fs::read_to_string(git.join("packed-refs")).unwrap_or_default();
    let packed = packed.lines().filter_map(|line| line.split_once(" refs/tags/")).map(|(_, tag)| tag.to_owned());
    tags.extend(packed.filter(|tag| !tag.contains('/')).take(MAX_TAGS));
    tags.sort();
    tags.dedup();
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_end_in_owner_and_name() {
        for address in
            ["https://huggingface.co/lab/tiny", "git@host.example:lab/tiny.git", "ssh://git@host:22/lab/tiny.git/"]
        {
            assert_eq!(split(address), Some(("lab".to_owned(), "tiny".to_owned())), "{address}");
        }
        for address in ["/srv/git/lab/tiny", "file:///srv/lab/tiny", "../lab/tiny", "C:/lab/tiny", "https://host"] {
            assert_eq!(split(address), None, "{address}");
        }
    }
}
