//! The files of bundles without the feature `oms`: there are none.

use super::oms::Found;
use super::{CachedDigests, Report, Requirements};
use crate::files::{Error, Files};
use crate::statement::Statement;

/// Compares nothing: no bundle is good.
pub(super) fn compare(
    _: &dyn Files,
    _: &Found,
    _: Option<&Statement>,
    _: &Requirements<'_>,
    _: Option<CachedDigests<'_>>,
    _: &(dyn Fn(u64) + Sync),
    _: &mut Report,
) -> Result<(), Error> {
    Ok(())
}
