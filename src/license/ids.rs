//! SPDX license ids.

/// Returns every id on the SPDX license list.
pub(super) fn spdx_ids() -> impl Iterator<Item = &'static str> {
    spdx::identifiers::LICENSES.iter().map(|license| license.name)
}

/// Returns the ids that replace a deprecated GNU id; empty for any other id.
pub(super) fn successors(id: &str) -> Vec<String> {
    let base = id.trim_end_matches('+');
    let only = format!("{base}-only");
    let later = format!("{base}-or-later");
    match spdx::license_id(&only) {
        Some(_) if id.ends_with('+') => vec![later],
        Some(_) => vec![only, later],
        None => Vec::new(),
    }
}
