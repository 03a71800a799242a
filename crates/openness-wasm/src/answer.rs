//! Answers requests with what the program prints for the same input.

use std::sync::Arc;

use openness::ancestry;
use openness::artifacts::glob::Glob;
use openness::evaluate;
use openness::jiff::Timestamp;
use openness::manifest::parse::{Parsed, parse_bytes};
#[cfg(feature = "oms")]
use openness::oms::Signers;
use openness::policy::Policy;
use openness::report::json;
#[cfg(feature = "texts")]
use openness::source::Source;
use openness::verify::{Requirements, Verdict, verify};

#[cfg(feature = "oms")]
use crate::certified;
use crate::failure::Failure;
use crate::files::{Digests, Page, PageFiles};
use crate::request::{Request, Verify};
use crate::trusted;
#[cfg(feature = "workshop")]
use crate::workshop;

/// How a request was answered: the program's exit status, and some more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Done: verified, without errors, reachable.
    Done,
    /// Not so. The answer says why.
    Failed,
    /// The request cannot be answered. The answer is an error.
    Error,
    /// The answer is the list of the numbers of the files to hash first.
    NeedsDigests,
    /// This module only verifies, and the one with the feature `workshop` has to answer.
    #[cfg(not(feature = "workshop"))]
    NeedsWorkshop,
    /// The module lacks the texts of licenses, which the request needs, and the one with the feature `texts` has to answer.
    #[cfg(not(feature = "texts"))]
    NeedsTexts,
    /// The page has to load the module `openness-keyless-wasm` first. There is no answer.
    #[cfg(feature = "oms")]
    NeedsKeyless,
    /// This module verifies only what is signed in `.openness/`, and the one with the feature `oms` has to answer.
    #[cfg(not(feature = "oms"))]
    NeedsOms,
}

impl From<Status> for u32 {
    fn from(status: Status) -> Self {
        match status {
            Status::Done => 0,
            Status::Failed => 1,
            Status::Error => 2,
            Status::NeedsDigests => 3,
            #[cfg(not(feature = "workshop"))]
            Status::NeedsWorkshop => 4,
            #[cfg(not(feature = "texts"))]
            Status::NeedsTexts => 5,
            #[cfg(feature = "oms")]
            Status::NeedsKeyless => 6,
            #[cfg(not(feature = "oms"))]
            Status::NeedsOms => 7,
        }
    }
}

/// The answer to a request.
#[derive(Debug)]
pub struct Answer {
    /// How it was answered.
    pub status: Status,
    /// What the program would print.
    pub output: Vec<u8>,
}

/// Answers a request about files that `page` reads.
///
/// # Panics
/// Never: an error is written into memory.
#[must_use]
pub fn answer(request: &[u8], page: Arc<dyn Page>) -> Answer {
    let mut output = Vec::new();
    let status = serde_json::from_slice::<Request>(request)
        .map_err(|error| Failure::caused_by("cannot read the request", &error))
        .and_then(|request| run(&request, &page, &mut output));
    let status = status.unwrap_or_else(|failure| {
        output.clear();
        failure.write(&mut output).expect("writing to memory does not fail");
        Status::Error
    });
    Answer { status, output }
}

fn run(request: &Request, page: &Arc<dyn Page>, out: &mut Vec<u8>) -> Result<Status, Failure> {
    match request {
        // What a release shows of the duties of its licenses is known only from their texts.
        #[cfg(not(feature = "texts"))]
        Request::CheckFiles { .. } | Request::Verify(Verify { policy: Some(_), .. }) => Ok(Status::NeedsTexts),
        #[cfg(not(feature = "oms"))]
        Request::Verify(Verify { trusted_root: Some(_), .. } | Verify { issuer: Some(_), .. }) => Ok(Status::NeedsOms),
        Request::Verify(request) => verify_files(request, page, out),
        Request::Show { manifest } => {
            let parsed = sound(manifest)?;
            let evaluations = evaluate::evaluate(&parsed.manifest);
            json::show::write(&parsed.manifest, &evaluations, out)?;
            Ok(Status::Done)
        }
        #[cfg(feature = "texts")]
        Request::CheckFiles { files } => {
            let files = PageFiles::new(files, Arc::clone(page), Digests::default(), true)?;
            workshop::check_files(&files, out)
        }
        #[cfg(feature = "workshop")]
        Request::Check { manifest } => workshop::check_manifest(manifest, out),
        #[cfg(feature = "workshop")]
        Request::Path { manifest, goal } => workshop::path(manifest, goal, out),
        #[cfg(feature = "workshop")]
        Request::Import { format, text } => workshop::import(format, text, out),
        #[cfg(feature = "workshop")]
        Request::Explain { code } => workshop::explain(code, out),
        #[cfg(not(feature = "workshop"))]
        Request::Check { .. } | Request::Path { .. } | Request::Import { .. } | Request::Explain { .. } => {
            Ok(Status::NeedsWorkshop)
        }
    }
}

pub(crate) fn parse(manifest: &str) -> Parsed {
    parse_bytes("-", manifest.as_bytes())
}

pub(crate) fn sound(manifest: &str) -> Result<Parsed, Failure> {
    let parsed = parse(manifest);
    match parsed.is_sound() {
        true => Ok(parsed),
        false => Err(Failure::manifest("the manifest has errors").help("list its errors with `check`")),
    }
}

/// Reads the policy of a request, in the module that can check it.
#[cfg(feature = "texts")]
fn policy(request: &Verify) -> Result<Option<Policy>, Failure> {
    Ok(request.policy.as_deref().map(|text| Policy::read(&Source::new("policy", text))).transpose()?)
}

#[cfg(not(feature = "texts"))]
fn policy(_: &Verify) -> Result<Option<Policy>, Failure> {
    Ok(None)
}

fn verify_files(request: &Verify, page: &Arc<dyn Page>, out: &mut Vec<u8>) -> Result<Status, Failure> {
    let digests = Digests::read(&request.digests, request.ask_for_digests)?;
    let files = PageFiles::new(&request.files, Arc::clone(page), digests, request.on_disk)?;
    #[cfg(not(feature = "oms"))]
    if trusted::needs_oms(&request.trust) {
        return Ok(Status::NeedsOms);
    }
    let trusted = trusted::read(&request.trust)?;
    let at: Timestamp =
        request.at.parse().map_err(|error| Failure::caused_by(&format!("`{}` is not a time", request.at), &error))?;
    let globs = request
        .allow_unsigned
        .iter()
        .map(|glob| glob.parse::<Glob>().map_err(|error| Failure::caused_by(&format!("the pattern `{glob}`"), &error)));
    let allow_unsigned: Vec<Glob> = globs.collect::<Result<_, _>>()?;
    let policy = policy(request)?;
    let requirements = Requirements::new(&trusted.trust, at)
        .identity(request.identity.as_deref())
        .allow_unsigned(&allow_unsigned)
        .allow_crlf(request.allow_crlf)
        .least_sequence(request.require_sequence)
        .policy(policy.as_ref());
    #[cfg(feature = "oms")]
    let (signers, authorities) = {
        let names_identities = policy.as_ref().is_some_and(Policy::names_identities);
        let (certified, authorities) = certified::signers(request, names_identities, page)?;
        let listed = Signers::of_trust(&trusted.trust, at);
        (trusted.signers.merge(certified).merge(listed).revoke_by(&trusted.trust), authorities)
    };
    #[cfg(feature = "oms")]
    let requirements = requirements.oms(&signers);
    let report = verify(&files, &requirements, &|_| {})?;
    #[cfg(feature = "oms")]
    if let Some(authorities) = authorities
        && authorities.is_missing()?
    {
        return Ok(Status::NeedsKeyless);
    }
    // Also if nothing in them can count: what is said of them is for the module that reads them.
    #[cfg(not(feature = "oms"))]
    if !report.oms().is_empty() {
        return Ok(Status::NeedsOms);
    }
    let missing = files.missing_digests();
    if !missing.is_empty() {
        serde_json::to_writer(out, &missing)?;
        return Ok(Status::NeedsDigests);
    }
    let links = ancestry::links(&files, &[], &requirements, &report);
    let report = ancestry::check_policy_again(&files, &requirements, &links, report)?;
    json::ancestry::write(&report, &links, out)?;
    Ok(match report.verdict() {
        Verdict::Verified => Status::Done,
        Verdict::Partial if request.partial => Status::Done,
        _ => Status::Failed,
    })
}
