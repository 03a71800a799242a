//! Releases that contain their base: copies, conversions, and changed versions.

use super::alternatives::{Alternative, Term};
use super::verdict::{Basis, Ground, Outcome, Verdict};
use crate::license::osadl::{self, Entry};
use crate::license::terms::{self, Aspect, FlowDown, Outbound, Scope, Terms};
use crate::license::traits::HubLicense;
use crate::license::{is_listed, stated, traits};

/// How much of the base a release changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Nothing.
    Copy,
    /// The format.
    Format,
    /// The content.
    Changed,
}

const ANOTHER_BASE: &str = "keep the license of the base with `AND`, or start from another base";

/// Compares the license of a release that contains a base with one license of the base.
pub(super) fn derived(base: &Term, form: Form, offered: &Alternative, text: Option<&str>) -> Verdict {
    if offered.is_nothing() {
        return without_license(base, form);
    }
    if offered.is_empty() {
        return single(base, form, None, text);
    }
    if offered.iter().any(|term| term == base) {
        let others = offered.iter().filter(|term| *term != base);
        return others.filter_map(|other| together(base, other)).fold(kept(base, form), Verdict::and);
    }
    let mut best: Option<(&Term, Verdict)> = None;
    let mut worst_of_copyleft = Verdict::default();
    for term in offered.iter() {
        let verdict = single(base, form, Some(term), text);
        if is_copyleft(&term.id) {
            worst_of_copyleft = worst_of_copyleft.and(verdict.clone());
        }
        if best.as_ref().is_none_or(|(_, known)| verdict.outcome < known.outcome) {
            best = Some((term, verdict));
        }
    }
    let Some((of, verdict)) = best else { return Verdict::default() };
    let verdict = verdict.and(worst_of_copyleft);
    let others = offered.iter().filter(|term| *term != of && is_copyleft(&base.id));
    others.filter_map(|other| together(base, other)).fold(verdict, Verdict::and)
}

/// A conflict with a term of the base, or a question if that term is known only from a description.
pub(super) fn conflict(terms: &'static Terms, aspect: Aspect, why: &str, settle: &str) -> Verdict {
    if terms.is_described(aspect) {
        let ground = Ground::of_terms(terms, aspect, format!("{why}, as others describe the terms"));
        return Verdict::new(Outcome::Review, ground.settled_by("the text of the license, which was not read"));
    }
    Verdict::new(Outcome::Conflict, Ground::of_terms(terms, aspect, why).settled_by(settle))
}

/// A base whose license has no encoded terms.
pub(super) fn unknown(base: &Term) -> Verdict {
    let ground = Ground::of(&base.id, Basis::Unknown, "the terms of this license are not encoded");
    Verdict::new(
        Outcome::Review,
        match meant(&base.id) {
            Some(id) => ground.settled_by(format!("its text, or `{id}` in place of this id if that is what is meant")),
            None => ground.settled_by("a reading of its text"),
        },
    )
}

/// Returns the license with encoded terms whose name, on the Hub or in words, a `LicenseRef-…` has.
fn meant(id: &str) -> Option<String> {
    let name = id.strip_prefix("LicenseRef-")?;
    [name.to_owned(), name.replace(['-', '_'], " ")].iter().find_map(|name| match stated::named(name) {
        Some(HubLicense::Named { id, .. }) => terms::find(&id).map(|terms| terms.id.clone()),
        _ => None,
    })
}

/// Returns whether a license allows commercial use, if that is known.
pub(super) fn is_commercial(id: &str) -> Option<bool> {
    match terms::find(id) {
        Some(terms) => Some(terms.commercial),
        None => traits::traits(id)?.commercial_use.map(traits::Answer::is_yes),
    }
}

fn is_copyleft(id: &str) -> bool {
    match terms::find(id) {
        Some(terms) => terms.is_copyleft(),
        None => traits::traits(id).and_then(|traits| traits.copyleft).is_some_and(traits::Answer::is_yes),
    }
}

/// Returns whether a license is one that only its author knows.
fn is_private(id: &str) -> bool {
    !is_listed(id) && terms::find(id).is_none() && !traits::known().iter().any(|known| known.id == id)
}

/// The release has the license of the base, or keeps it next to others.
fn kept(base: &Term, form: Form) -> Verdict {
    let Some(terms) = terms::find(&base.id) else {
        return match osadl::entry(&base.full(), &base.full()) {
            Some(_) => Verdict::new(Outcome::Obligations, of_osadl(base, "the same license")),
            None => unknown(base),
        };
    };
    match (terms.outbound, form) {
        (Outbound::None, Form::Changed) => {
            conflict(terms, Aspect::Grant, "changed versions may be made, but not shared", "another base")
        }
        (Outbound::None, Form::Format) => quantized(terms),
        (Outbound::Any, _) => any(terms),
        _ => Verdict::new(
            Outcome::Obligations,
            Ground::of_terms(terms, Aspect::Grant, "the license of the base stays in place"),
        ),
    }
}

fn quantized(terms: &'static Terms) -> Verdict {
    let why = "a change of format is not an adaptation, and the terms do not say whether quantizing is more than that";
    Verdict::new(Outcome::Review, Ground::of_terms(terms, Aspect::Format, why).settled_by("the view of the licensor"))
}

/// The release has no license at all.
fn without_license(base: &Term, form: Form) -> Verdict {
    let Some(terms) = terms::find(&base.id) else { return unknown(base) };
    match terms.outbound {
        Outbound::Any => kept(base, form),
        Outbound::OwnTerms if terms.flow_down.is_none() => kept(base, form),
        Outbound::ShareAlike | Outbound::Same => conflict(
            terms,
            Aspect::Share,
            "what is made from it has to have the same license",
            "the license of the base",
        ),
        Outbound::None if form == Form::Changed => kept(base, form),
        _ => Verdict::new(
            Outcome::Review,
            Ground::of_terms(
                terms,
                Aspect::Grant,
                "recipients have to get the agreement, and the release has no license",
            )
            .settled_by("a license for the release"),
        ),
    }
}

/// Compares with one license of the release; `None` is terms without an expression.
fn single(base: &Term, form: Form, offered: Option<&Term>, text: Option<&str>) -> Verdict {
    if let Some(offered) = offered {
        if offered.has_addition {
            let ground = Ground::of(
                &base.id,
                Basis::Reading,
                "the license of the release has an `AdditionRef`, which can change its terms",
            );
            return Verdict::new(Outcome::Review, ground.settled_by("the text of the addition"));
        }
        if let Some(verdict) = by_matrix(base, offered) {
            return verdict;
        }
        if offered.id == base.id {
            return with_exception(base, form);
        }
    }
    let Some(terms) = terms::find(&base.id) else { return unknown(base) };
    let other = Other { offered, text };
    if form != Form::Changed && terms.is_creative_commons() && other.adds_terms() {
        return unchanged_material(terms, form, &other);
    }
    let mut verdict = match terms.outbound {
        Outbound::Any => any(terms),
        Outbound::OwnTerms => own_terms(terms, form, &other),
        Outbound::Unstated if other.is_private() => private(terms, &other),
        Outbound::Unstated => conflict(
            terms,
            Aspect::Grant,
            "the grant is not transferable and does not include a right to sublicense the base",
            ANOTHER_BASE,
        ),
        Outbound::ShareAlike | Outbound::Same => share_alike(terms, &other),
        Outbound::None => match form {
            Form::Format => quantized(terms),
            Form::Changed => {
                conflict(terms, Aspect::Grant, "changed versions may be made, but not shared", "another base")
            }
            Form::Copy => conflict(terms, Aspect::Grant, "the material keeps its license", ANOTHER_BASE),
        },
    };
    if base.exception.is_some() {
        verdict.soften(Outcome::Review, "the exception of the base adds permissions, which are not encoded");
    }
    verdict
}

/// The license of the base with an exception that the base does not have, or without one that it has.
fn with_exception(base: &Term, form: Form) -> Verdict {
    if base.exception.is_some() || !is_copyleft(&base.id) {
        return kept(base, form);
    }
    let why = "the release adds an exception to the license of the base, which only the licensor of the base can grant for it";
    Verdict::new(
        Outcome::Review,
        Ground::of(&base.id, Basis::Reading, why).settled_by("the license without the exception"),
    )
}

/// Material of Creative Commons that is not adapted may not get further restrictions.
fn unchanged_material(terms: &'static Terms, form: Form, other: &Other<'_>) -> Verdict {
    if form == Form::Format {
        return quantized(terms);
    }
    if other.is_private() {
        return private(terms, other);
    }
    conflict(
        terms,
        Aspect::Material,
        "no restrictions may be added to the material itself",
        "keep the license of the base",
    )
}

fn any(terms: &'static Terms) -> Verdict {
    if terms.copy.is_none() && !terms.keep_notices {
        let why = "any license is allowed for what is made from it, without conditions";
        return Verdict::new(Outcome::Compatible, Ground::of_terms(terms, Aspect::Grant, why));
    }
    let why = "any license is allowed for what is made from it, if its notices are kept";
    Verdict::new(Outcome::Obligations, Ground::of_terms(terms, Aspect::Grant, why))
}

/// The license of a release that is compared.
struct Other<'a> {
    offered: Option<&'a Term>,
    text: Option<&'a str>,
}

impl Other<'_> {
    fn is_private(&self) -> bool {
        self.offered.is_none_or(|term| is_private(&term.id))
    }

    fn terms(&self) -> Option<&'static Terms> {
        terms::find(&self.offered?.id)
    }

    /// Returns whether it asks for more than notices, as far as is known.
    fn adds_terms(&self) -> bool {
        match self.terms() {
            Some(terms) => terms.outbound != Outbound::Any,
            None => self.offered.is_none_or(|term| is_private(&term.id) || is_copyleft(&term.id)),
        }
    }
}

/// Other terms are allowed, if the conditions of the base stay met.
fn own_terms(terms: &'static Terms, form: Form, other: &Other<'_>) -> Verdict {
    let mut verdict = if form == Form::Copy && terms.no_relabel {
        conflict(terms, Aspect::Grant, "the base itself may not change its license", ANOTHER_BASE)
    } else if terms.is_creative_commons() {
        let why = "other terms are allowed for adapted material, if the conditions of the base stay met";
        Verdict::new(Outcome::Obligations, Ground::of_terms(terms, Aspect::Grant, why))
    } else {
        let why = "other terms are allowed if the conditions of the base stay met, and this license does not say that they are";
        Verdict::new(
            Outcome::Review,
            Ground::of_terms(terms, Aspect::Grant, why)
                .settled_by("`AND` with the license of the base, or the view of the licensor"),
        )
    };
    if matches!(terms.flow_down, Some(FlowDown::Enforceable | FlowDown::Equivalent)) {
        verdict = restrictions(terms, other).and(verdict);
    }
    if !terms.commercial {
        let offered = other.offered.and_then(|term| is_commercial(&term.id));
        verdict = match offered {
            Some(true) => {
                conflict(terms, Aspect::Commercial, "the grant is for non-commercial purposes only", ANOTHER_BASE)
                    .and(verdict)
            }
            Some(false) => verdict,
            None => private(terms, other).and(verdict),
        };
    }
    verdict
}

/// Use restrictions have to be an enforceable provision of every later agreement.
fn restrictions(terms: &'static Terms, other: &Other<'_>) -> Verdict {
    let why = "the use restrictions have to be an enforceable provision of every license of what is made from it";
    let review = |why: &str, settle: &str| {
        Verdict::new(Outcome::Review, Ground::of_terms(terms, Aspect::Policy, why).settled_by(settle))
    };
    if other.is_private() {
        return match other.text {
            None => review(why, "the text of the license of the release"),
            Some(text) if names_restrictions(text) => review(
                "the license of the release names use restrictions; whether they are these, and bind, is for people",
                "a reading of both texts",
            ),
            Some(_) => conflict(
                terms,
                Aspect::Policy,
                &format!("{why}, and the text of this one does not name them"),
                ANOTHER_BASE,
            ),
        };
    }
    match other.terms().and_then(|terms| terms.flow_down) {
        Some(FlowDown::Enforceable | FlowDown::Equivalent | FlowDown::Incorporated) => review(
            "the license of the release restricts uses too; whether they are the same is for people",
            "a reading of both texts",
        ),
        _ => conflict(terms, Aspect::Policy, why, ANOTHER_BASE),
    }
}

/// A license that only its author knows.
fn private(terms: &'static Terms, other: &Other<'_>) -> Verdict {
    let ground =
        Ground::of_terms(terms, Aspect::Grant, "whether the license of the release keeps these terms is not known");
    Verdict::new(
        Outcome::Review,
        ground.settled_by(match other.text {
            Some(_) => "a reading of its text",
            None => "its text",
        }),
    )
}

/// The same license, a later version of it, or one that it lists.
fn share_alike(terms: &'static Terms, other: &Other<'_>) -> Verdict {
    let Some(offered) = other.offered.filter(|_| !other.is_private()) else { return private(terms, other) };
    if terms.compatible_out.contains(&offered.id) {
        let why = "the license lists this one as compatible, in this direction only";
        return Verdict::new(Outcome::Obligations, Ground::of_terms(terms, Aspect::Share, why));
    }
    if is_later_version(&terms.id, &offered.id) {
        let why = "a later version of the license is allowed";
        return Verdict::new(Outcome::Obligations, Ground::of_terms(terms, Aspect::Share, why));
    }
    match terms.share_alike {
        Some(scope @ (Scope::Database | Scope::Data))
            if terms.outbound == Outbound::ShareAlike || scope == Scope::Database =>
        {
            Verdict::new(
                Outcome::Review,
                Ground::of_terms(
                    terms,
                    Aspect::Share,
                    "the same license is asked for databases, and whether weights are one is open",
                )
                .settled_by("the view of the licensor"),
            )
        }
        _ => conflict(terms, Aspect::Share, "what is made from it has to have the same license", ANOTHER_BASE),
    }
}

/// Returns whether both are the same license of Creative Commons, and the second a later version.
fn is_later_version(base: &str, offered: &str) -> bool {
    let (Some((family, from)), Some((other, to))) = (base.rsplit_once('-'), offered.rsplit_once('-')) else {
        return false;
    };
    family.starts_with("CC-BY") && family == other && from < to
}

/// Two licenses that both bind the whole; `None` if nothing in their terms speaks against that.
fn together(base: &Term, other: &Term) -> Option<Verdict> {
    let (strict, free) = if is_copyleft(&base.id) { (base, other) } else { (other, base) };
    if !is_copyleft(&strict.id) {
        return None;
    }
    let (terms, of_free) = (terms::find(&strict.id), terms::find(&free.id));
    let lists = |terms: Option<&Terms>, id: &String| terms.is_some_and(|terms| terms.compatible_out.contains(id));
    let matrix = [osadl::entry(&strict.full(), &free.full()), osadl::entry(&free.full(), &strict.full())];
    if matrix.iter().flatten().any(|entry| matches!(entry, Entry::Same | Entry::Yes))
        || lists(terms, &free.id)
        || lists(of_free, &strict.id)
        || is_part_of(&free.id, &strict.id)
        || of_free.is_some_and(|terms| terms.outbound == Outbound::Any) && matrix[0].is_none()
    {
        return None;
    }
    let why =
        format!("`{}` asks for the same license for the whole, and `{}` adds terms of its own", strict.id, free.id);
    let ground = match terms {
        Some(terms) => Ground::of_terms(terms, Aspect::Share, why),
        None => Ground::of(&strict.id, Basis::Osadl, why),
    };
    let is_open = is_private(&free.id)
        || strict.has_addition
        || free.has_addition
        || matrix.iter().flatten().any(|entry| !matches!(entry, Entry::No))
        || (terms.is_none() && matrix[0].is_none())
        || terms.is_some_and(|terms| matches!(terms.share_alike, Some(Scope::Database | Scope::Data)));
    Some(match is_open {
        true => Verdict::new(Outcome::Review, ground.settled_by("a reading of both licenses")),
        false => Verdict::new(Outcome::Conflict, ground.settled_by("another base")),
    })
}

/// Returns whether the terms of one license of Creative Commons are all in another one of the same version.
fn is_part_of(part: &str, whole: &str) -> bool {
    let elements = |id: &'_ str| -> Option<(Vec<String>, String)> {
        let (family, version) = id.strip_prefix("CC-")?.rsplit_once('-')?;
        Some((family.split('-').map(str::to_owned).collect(), version.to_owned()))
    };
    match (elements(part), elements(whole)) {
        (Some((part, one)), Some((whole, other))) => one == other && part.iter().all(|element| whole.contains(element)),
        _ => false,
    }
}

/// Compares two licenses of software by OSADL's matrix, if it has both.
fn by_matrix(base: &Term, offered: &Term) -> Option<Verdict> {
    let entry = osadl::entry(&offered.full(), &base.full()).or_else(|| osadl::entry(&offered.id, &base.id))?;
    let is_exact = osadl::entry(&offered.full(), &base.full()).is_some();
    let mut verdict = match entry {
        Entry::Same => Verdict::new(Outcome::Obligations, of_osadl(base, "the same license")),
        Entry::Yes => Verdict::new(Outcome::Obligations, of_osadl(base, "compatible")),
        Entry::No => {
            let ground = of_osadl(base, "incompatible").settled_by(ANOTHER_BASE);
            let mut verdict = Verdict::new(Outcome::Conflict, ground);
            if let Some(terms) = terms::find(&base.id).filter(|terms| terms.is_copyleft()) {
                let why = "what is made from it has to have the same license";
                verdict.grounds.insert(0, Ground::of_terms(terms, Aspect::Share, why).settled_by(ANOTHER_BASE));
            }
            verdict
        }
        Entry::Unknown => {
            Verdict::new(Outcome::Review, of_osadl(base, "not known").settled_by("the view of the licensor"))
        }
        Entry::Dependent(how) => {
            let how = how.unwrap_or("compatible on a condition");
            Verdict::new(
                Outcome::Review,
                of_osadl(base, how).settled_by("whether weights are linked, combined or inserted"),
            )
        }
    };
    if !is_exact && base.exception.is_some() {
        verdict.soften(Outcome::Review, "the exception of the base adds permissions, which are not encoded");
    }
    if !is_exact && base.exception.is_none() && offered.id == base.id {
        return None;
    }
    Some(verdict)
}

fn of_osadl(base: &Term, what: &str) -> Ground {
    Ground::of(&base.id, Basis::Osadl, format!("{what}, for software that is joined in one work"))
}

/// Phrases by which a license names use restrictions.
const RESTRICTIONS: &[&str] = &[
    "prohibited use policy",
    "acceptable use policy",
    "use policy",
    "prohibited uses",
    "use restrictions",
    "use based restrictions",
    "restricted uses",
    "attachment a",
    "gemma terms of use",
    "openrail",
];
/// Words before such a phrase that deny it.
const DENIALS: &[&str] = &["no", "not", "without", "any", "free", "nor", "never"];

/// Returns whether a text names use restrictions, other than to deny them.
fn names_restrictions(text: &str) -> bool {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    RESTRICTIONS.iter().any(|phrase| {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        words.windows(phrase.len()).enumerate().any(|(at, window)| {
            let before = &words[at.saturating_sub(2)..at];
            window == phrase && !before.iter().any(|word| DENIALS.contains(word))
        })
    })
}
