//! Reports bundles without the feature `oms`, with which they could be checked.

use std::convert::Infallible;
use std::marker::PhantomData;

use super::{Candidate, Found, unchecked};
use crate::artifacts::oms_bundle;
use crate::files::{Error, Files};
use crate::manifest::Sha256Hex;
use crate::oms::ShardedFile;
use crate::path::RepoPath;
use crate::verify::requirements::{Requirements, SignatureFile};
use crate::verify::{OmsSignatureReport, Reason};

/// There are none.
pub(in crate::verify) type Statement = Infallible;

/// Nothing that the verifier trusts can be a signer of bundles.
pub(super) struct Checker<'a>(PhantomData<&'a ()>);

impl<'a> Checker<'a> {
    pub(super) fn new(_: &'a Requirements<'a>) -> Self {
        Self(PhantomData)
    }

    pub(super) fn check_named(&self, named: &SignatureFile, found: &mut Found) {
        self.report(&named.name, named.path.as_ref(), true, found);
    }

    pub(super) fn check_file(&self, files: &dyn Files, path: &RepoPath, found: &mut Found) -> Result<(), Error> {
        let is_bundle = match Candidate::read(files, path)? {
            Candidate::Bytes(bytes) => oms_bundle::is_likely(&bytes),
            Candidate::TooLarge => true,
            Candidate::Other => false,
        };
        if is_bundle {
            self.report(path.as_str(), Some(path), false, found);
        }
        Ok(())
    }

    fn report(&self, name: &str, path: Option<&RepoPath>, is_named: bool, found: &mut Found) {
        let reason = "refused: this build does not check signatures of OpenSSF Model Signing".to_owned();
        found.add(OmsSignatureReport { reason, ..unchecked(name, path) }, Reason::UntrustedKey, is_named);
    }
}

/// Returns the digest that a statement lists for a file.
pub(super) fn digest_of<'a>(statement: &'a Statement, _: &RepoPath) -> Option<&'a Sha256Hex> {
    match *statement {}
}

/// Returns a file that a statement lists in parts.
pub(super) fn parts_of<'a>(statement: &'a Statement, _: &RepoPath) -> Option<&'a ShardedFile> {
    match *statement {}
}
