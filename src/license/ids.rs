//! SPDX license ids.

/// Returns every id on the SPDX license list.
pub(super) fn spdx_ids() -> impl Iterator<Item = &'static str> {
    spdx::identifiers::LICENSES.iter().map(|license| license.name).filter(|name| *name != super::NO_ASSERTION)
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

/// Other deprecated ids, each with the expression that replaces it: what the pages of the SPDX license list say of them
/// (`https://spdx.org/licenses/ID.html`; <https://github.com/spdx/license-list-XML>, `obsoletedBy`). The text of `Net-SNMP`
/// is that of several licenses.
const REPLACED: &[(&str, &str)] = &[
    ("BSD-2-Clause-FreeBSD", "BSD-2-Clause-Views"),
    ("BSD-2-Clause-NetBSD", "BSD-2-Clause"),
    ("GPL-2.0-with-autoconf-exception", "GPL-2.0-only WITH Autoconf-exception-2.0"),
    ("GPL-2.0-with-bison-exception", "GPL-2.0-only WITH Bison-exception-2.2"),
    ("GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
    ("GPL-2.0-with-font-exception", "GPL-2.0-only WITH Font-exception-2.0"),
    ("GPL-2.0-with-GCC-exception", "GPL-2.0-only WITH GCC-exception-2.0"),
    ("GPL-3.0-with-autoconf-exception", "GPL-3.0-only WITH Autoconf-exception-3.0"),
    ("GPL-3.0-with-GCC-exception", "GPL-3.0-only WITH GCC-exception-3.1"),
    ("Nunit", "zlib-acknowledgement"),
    ("StandardML-NJ", "SMLNJ"),
    ("bzip2-1.0.5", "bzip2-1.0.6"),
    ("eCos-2.0", "GPL-2.0-or-later WITH eCos-exception-2.0"),
    ("wxWindows", "LGPL-2.0-or-later WITH WxWindows-exception-3.1"),
];

/// Returns the expressions that replace a deprecated id; empty if it is not deprecated, or if there is none.
pub(super) fn replacements(id: &str) -> Vec<String> {
    match REPLACED.iter().find(|(replaced, _)| *replaced == id) {
        Some((_, by)) => vec![(*by).to_owned()],
        None => successors(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deprecated_id_has_a_way_out() {
        let deprecated = spdx_ids().filter(|id| spdx::license_id(id).is_some_and(spdx::LicenseId::is_deprecated));
        let mut without = Vec::new();
        for id in deprecated {
            let replacements = replacements(id);
            for replacement in &replacements {
                let Ok(super::super::License::Expression(read)) = super::super::read(replacement) else {
                    panic!("{replacement}")
                };
                assert!(read.deprecated().is_empty(), "{id}: {replacement}");
            }
            if replacements.is_empty() {
                without.push(id);
            }
        }
        assert_eq!(without, ["Net-SNMP"]);
        assert!(replacements("MIT").is_empty() && replacements("GPL-2.0-only").is_empty());
    }
}
