//! What a release was made from: its bases, what their licenses ask for, and which files of the release show that it is done.
//!
//! The license of each base is compared with the license that the weights are offered under, by [`license::chain`]. Code, data
//! and documents of the same release have licenses of their own and are not compared: they are next to the weights, and do not
//! contain the base.

mod additions;
mod evidence;
mod inherited;
mod named;
mod offered;
mod shared;
mod wording;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::files::Files;
use crate::license::chain::{self, Basis, Duty, Limit, Outcome, Relation, Step, Verdict};
use crate::license::{self, License};
use crate::manifest::{self, Base, Manifest};
use crate::path::RepoPath;
use crate::source::Span;

pub use additions::{Addition, additions, with_notice_lines};
use evidence::Evidence;
pub use evidence::State;
pub use inherited::Ancestor;
pub use named::{Contradiction, Mention, Mentions, Modelfile, is_merge};
pub use offered::Offered;
pub use shared::{Disagreement, Shared};
pub use wording::{asks, noun, question, reading};

/// The bases of a release, compared with its licenses.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Lineage<'m> {
    /// The licenses that the weights are offered under.
    pub offered: Vec<Offered<'m>>,
    /// One comparison for each base and each license of the weights, in the order of the manifest, each base followed by what
    /// it comes from.
    pub links: Vec<Link<'m>>,
    /// What has to be done to pass the release on, each once.
    pub duties: Vec<Due>,
    /// The limits that go along, each once.
    pub limits: Vec<Limit>,
    /// What the weights have in common with releases whose statements are in `.openness/bases/`.
    pub shared: Vec<Shared>,
}

/// The comparison of a base, or of what it comes from, with a license of the weights.
#[derive(Debug)]
#[non_exhaustive]
pub struct Link<'m> {
    /// The base.
    pub base: &'m Base,
    /// What is compared, if it is not the base but what that comes from.
    pub ancestor: Option<Rc<Ancestor>>,
    /// The relation, as the manifest states it, or the manifests between.
    pub stated: Option<manifest::Relation>,
    /// The index of the license of the weights.
    pub offered: usize,
    /// The result, with its grounds.
    pub verdict: Verdict,
    /// Whether the outcome depends on a relation that is not stated.
    pub depends_on_relation: bool,
}

/// A duty, and whether the release shows that it is met.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Due {
    /// The duty.
    pub duty: Duty,
    /// Whether it is met.
    pub state: State,
}

impl<'m> Lineage<'m> {
    /// Compares the bases of a manifest with the licenses of its weights. Without files, what files would show is not
    /// checkable.
    #[must_use]
    pub fn of(manifest: &'m Manifest, files: Option<&dyn Files>) -> Self {
        let shared = files.map(|files| shared::shared(manifest, files)).unwrap_or_default();
        if manifest.model.base.is_empty() {
            return Self { offered: offered::of(manifest, None), shared, ..Self::default() };
        }
        let offered = offered::of(manifest, files);
        let links = links(manifest, files, &offered, &shared);
        let (mut duties, mut limits): (Vec<Duty>, Vec<Limit>) = (Vec::new(), Vec::new());
        for link in &links {
            add_missing(&mut duties, &link.verdict.duties);
            add_missing(&mut limits, &link.verdict.limits);
        }
        let evidence = Evidence::of(manifest, files);
        let state = |duty: &Duty| evidence.state(duty, worst(&links, &duty.of));
        let duties = duties.into_iter().map(|duty| Due { state: state(&duty), duty }).collect();
        Self { offered, links, duties, limits, shared }
    }

    /// Returns the worst outcome of all bases.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.links.iter().map(|link| link.verdict.outcome).max().unwrap_or_default()
    }

    /// Returns the worst comparison of each base, and of each thing that it comes from, in order.
    #[must_use]
    pub fn worst_links(&self) -> Vec<&Link<'m>> {
        let mut worst: Vec<&Link<'m>> = Vec::new();
        for link in &self.links {
            match worst.last_mut().filter(|last| last.is_about_the_same(link)) {
                Some(last) if last.verdict.outcome < link.verdict.outcome => *last = link,
                Some(_) => {}
                None => worst.push(link),
            }
        }
        worst
    }

    /// Returns what the bytes of the weights say otherwise than the manifest, with the signed release. What a listed base has
    /// too comes from that base, whatever it comes from.
    #[must_use]
    pub fn disagreements(&self, manifest: &Manifest) -> Vec<(&Shared, Disagreement)> {
        let bases = &manifest.model.base;
        let listed = self.shared.iter().filter(|shared| bases.iter().any(|base| shared.is_of(base)));
        let of_listed: BTreeSet<&RepoPath> = listed.flat_map(|shared| &shared.files).collect();
        let found = self.shared.iter().filter_map(|shared| Some((shared, shared.disagreement(bases)?)));
        found
            .filter(|(shared, disagreement)| {
                *disagreement != Disagreement::Undeclared || shared.files.iter().any(|file| !of_listed.contains(file))
            })
            .collect()
    }

    /// Returns what the license of the weights itself asks of people who pass the release on, and the limits that bind them, each
    /// once.
    #[must_use]
    pub fn recipients(&self) -> (Vec<Duty>, Vec<Limit>) {
        let (mut duties, mut limits) = (Vec::new(), self.limits.clone());
        for license in self.offered.iter().filter_map(|offered| offered.license.as_ref()) {
            let same =
                Step { upstream: Some(license), relation: Relation::Copy, downstream: Some(license), text: None };
            let verdict = chain::step(&same);
            add_missing(&mut duties, &verdict.duties);
            add_missing(&mut limits, &verdict.limits);
        }
        (duties, limits)
    }

    /// Returns the license of the weights in a comparison.
    #[must_use]
    pub fn offered(&self, link: &Link<'m>) -> Option<&Offered<'m>> {
        self.offered.get(link.offered)
    }

    /// Returns an expression that keeps the terms of a base next to those of the release, if that would be no conflict.
    #[must_use]
    pub fn keeping(&self, link: &Link<'m>) -> Option<String> {
        let offered = self.offered(link)?.license.as_ref();
        let (Some(License::Expression(offered)), Ok(License::Expression(base))) =
            (offered, license::read(link.license()?))
        else {
            return None;
        };
        let kept = chain::keeping(offered, &[&base])?;
        let (base, kept_license) = (License::Expression(base), license::read(&kept).ok()?);
        let step = Step {
            upstream: Some(&base),
            relation: Relation::from(link.stated),
            downstream: Some(&kept_license),
            text: None,
        };
        (chain::step(&step).outcome < Outcome::Review).then_some(kept)
    }
}

impl Link<'_> {
    /// Returns the name of what is compared; of what a base comes from, with that base.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        match &self.ancestor {
            Some(ancestor) => format!("{} (through {})", ancestor.name, self.base.name.value).into(),
            None => self.base.name.as_str().into(),
        }
    }

    /// Returns the license of what is compared, as written.
    #[must_use]
    pub fn license(&self) -> Option<&str> {
        match &self.ancestor {
            Some(ancestor) => ancestor.license.as_deref(),
            None => self.base.license.as_ref().map(|license| license.as_str()),
        }
    }

    /// Returns the place in the manifest that is about it: a license, or else the entry.
    #[must_use]
    pub fn span(&self) -> Span {
        let license = self.base.license.as_ref().filter(|_| self.ancestor.is_none());
        license.map_or(self.base.span, |license| license.span)
    }

    fn is_about_the_same(&self, other: &Link<'_>) -> bool {
        let same_ancestor = match (&self.ancestor, &other.ancestor) {
            (Some(one), Some(other)) => Rc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        std::ptr::eq(self.base, other.base) && same_ancestor
    }

    /// Returns whether the license of the base is not known.
    #[must_use]
    pub fn is_unlicensed(&self) -> bool {
        let is_unknown = |ground: &chain::Ground| ground.basis == Basis::Unknown && ground.license.is_empty();
        self.verdict.grounds.iter().any(is_unknown)
    }
}

/// Returns the worst outcome of the links to bases under a license.
fn worst(links: &[Link<'_>], license: &str) -> Outcome {
    let of = |link: &&Link<'_>| link.verdict.duties.iter().any(|duty| duty.of == license);
    links.iter().filter(of).map(|link| link.verdict.outcome).max().unwrap_or_default()
}

/// What a comparison goes by, of a base or of what it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Compared {
    license: Option<String>,
    stated: Option<manifest::Relation>,
    /// Whether weights of the base are in the release, byte for byte.
    holds_base: bool,
}

fn links<'m>(
    manifest: &'m Manifest,
    files: Option<&dyn Files>,
    offered: &[Offered<'m>],
    shared: &[Shared],
) -> Vec<Link<'m>> {
    // Many bases can have the same license.
    let mut known: HashMap<(Compared, usize), (Verdict, bool)> = HashMap::new();
    let mut links = Vec::new();
    for base in &manifest.model.base {
        let ancestors = files.map(|files| inherited::ancestors(base, files)).unwrap_or_default();
        for ancestor in std::iter::once(None).chain(ancestors.into_iter().map(|ancestor| Some(Rc::new(ancestor)))) {
            let compared = Compared::of(base, ancestor.as_deref(), shared);
            for (at, of) in offered.iter().enumerate() {
                let key = (compared.clone(), at);
                let (verdict, depends_on_relation) = known.entry(key).or_insert_with(|| compare(&compared, of)).clone();
                let (ancestor, stated) = (ancestor.clone(), compared.stated);
                links.push(Link { base, ancestor, stated, offered: at, verdict, depends_on_relation });
            }
        }
    }
    links
}

impl Compared {
    fn of(base: &Base, ancestor: Option<&Ancestor>, shared: &[Shared]) -> Self {
        let of_base = || base.license.as_ref().map(|text| text.value.clone());
        let is_of = |shared: &&Shared| match ancestor {
            Some(ancestor) => ancestor.statement == Some(shared.statement),
            None => shared.is_of(base),
        };
        Self {
            license: ancestor.map_or_else(of_base, |ancestor| ancestor.license.clone()),
            stated: match ancestor {
                Some(ancestor) => ancestor.relation,
                None => base.relation.as_ref().map(|relation| relation.value),
            },
            holds_base: shared.iter().filter(is_of).any(|shared| !shared.files.is_empty()),
        }
    }
}

fn compare(compared: &Compared, of: &Offered<'_>) -> (Verdict, bool) {
    let upstream = compared.license.as_deref().and_then(|text| license::read(text).ok());
    let step = |relation| {
        let (downstream, text) = (of.license.as_ref(), of.file_text.as_deref());
        chain::step(&Step { upstream: upstream.as_ref(), relation, downstream, text })
    };
    let verdict = step(match compared.stated {
        Some(manifest::Relation::Adapter) => Relation::Adapter { holds_base: compared.holds_base },
        stated => Relation::from(stated),
    });
    let is_open = compared.stated.is_none() && {
        let others = [Relation::Finetune, Relation::Distilled, Relation::Adapter { holds_base: false }];
        others.iter().any(|other| step(*other).outcome != verdict.outcome)
    };
    (verdict, is_open)
}

fn add_missing<T: PartialEq + Clone>(to: &mut Vec<T>, from: &[T]) {
    for item in from {
        if !to.contains(item) {
            to.push(item.clone());
        }
    }
}
