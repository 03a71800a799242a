//! Hints from Git about a model's name, producer and version: the URL of the remote `origin`, and the tags of the
//! commit.

#[cfg(feature = "git")]
use std::fs;
#[cfg(feature = "git")]
use std::path::Path;

#[cfg(feature = "git")]
use crate::beneath::read_regular;
#[cfg(feature = "git")]
use crate::git::Repo;

/// The limit for the number of tags.
#[cfg(feature = "git")]
const MAX_TAGS: usize = 10_000;
/// The largest list of packed references that is read.
#[cfg(feature = "git")]
const MAX_PACKED_REFS_BYTES: u64 = 64 << 20;

/// Hints from a Git repository about the model in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitHints {
    /// Owner and name, from the end of the URL of the remote `origin`.
    pub owner_and_name: Option<(String, String)>,
    /// The tag of the checked-out commit, if exactly one of its tags looks like a version.
    pub version_tag: Option<String>,
}

impl GitHints {
    /// Reads the hints of a repository.
    #[cfg(feature = "git")]
    #[must_use]
    pub fn of(repo: &Repo) -> Self {
        let url = repo.setting("remote.origin.url").ok().flatten();
        Self { owner_and_name: url.and_then(|url| split_url(&url)), version_tag: version_tag(repo) }
    }
}

/// Returns owner and name from the end of a URL.
#[cfg_attr(not(feature = "git"), expect(dead_code, reason = "only Git has remotes"))]
fn split_url(address: &str) -> Option<(String, String)> {
    let address = address.trim_end_matches('/');
    let address = address.strip_suffix(".git").unwrap_or(address);
    // `https://host/owner/name` and `git@host:owner/name`; a local path has no owner.
    let path = match address.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.split_once('/')?.1,
        None => address.split_once(':').filter(|(host, _)| host.len() > 1 && !host.contains('/'))?.1,
    };
    let (above, name) = path.rsplit_once('/')?;
    let owner = azure_owner(address, above).or_else(|| above.rsplit('/').next())?;
    (!owner.is_empty() && !name.is_empty()).then(|| (owner.to_owned(), name.to_owned()))
}

/// Returns the organization in a URL of Azure Repos, where a project is between it and the name of the repository:
/// `https://dev.azure.com/ORG/PROJECT/_git/NAME`, `https://ORG.visualstudio.com/PROJECT/_git/NAME`, and
/// `git@ssh.dev.azure.com:v3/ORG/PROJECT/NAME`.
fn azure_owner<'a>(address: &'a str, above: &'a str) -> Option<&'a str> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = rest.split(['/', ':']).next()?;
    let host = host.rsplit('@').next()?;
    match host.strip_suffix(".visualstudio.com") {
        Some("vs-ssh") => above.strip_prefix("v3/")?.split('/').next(),
        Some(organization) => Some(organization),
        None if host == "dev.azure.com" => above.split('/').next(),
        None if host == "ssh.dev.azure.com" => above.strip_prefix("v3/")?.split('/').next(),
        None => None,
    }
}

/// Returns the tag of the checked-out commit, if exactly one of its tags looks like a version.
#[cfg(feature = "git")]
fn version_tag(repo: &Repo) -> Option<String> {
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

/// Returns the names of the top-level tags, loose and packed, each once.
#[cfg(feature = "git")]
fn tags(git: &Path) -> Vec<String> {
    let loose = fs::read_dir(git.join("refs/tags")).into_iter().flatten().flatten();
    let mut tags: Vec<String> = loose.filter_map(|entry| entry.file_name().into_string().ok()).take(MAX_TAGS).collect();
    let packed = read_regular(git, "packed-refs", MAX_PACKED_REFS_BYTES).unwrap_or_default();
    let packed = String::from_utf8_lossy(&packed);
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
    fn a_remote_url_ends_with_owner_and_name() {
        for address in
            ["https://huggingface.co/lab/tiny", "git@host.example:lab/tiny.git", "ssh://git@host:22/lab/tiny.git/"]
        {
            assert_eq!(split_url(address), Some(("lab".to_owned(), "tiny".to_owned())), "{address}");
        }
        for address in [
            "https://dev.azure.com/lab/project/_git/tiny",
            "https://lab@dev.azure.com/lab/_git/tiny",
            "https://lab.visualstudio.com/project/_git/tiny",
            "https://lab.visualstudio.com/DefaultCollection/project/_git/tiny",
            "git@ssh.dev.azure.com:v3/lab/project/tiny",
            "lab@vs-ssh.visualstudio.com:v3/lab/project/tiny",
            "https://example.com/dev.azure.com/lab/tiny",
        ] {
            assert_eq!(split_url(address), Some(("lab".to_owned(), "tiny".to_owned())), "{address}");
        }
        for address in ["/srv/git/lab/tiny", "file:///srv/lab/tiny", "../lab/tiny", "C:/lab/tiny", "https://host"] {
            assert_eq!(split_url(address), None, "{address}");
        }
    }
}
