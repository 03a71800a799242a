//! The words of `openness weigh` that its formats for people share.

use super::declared;
use crate::decide::{Basis, Line, Part, Weighed, Weighing};
use crate::license::standing;
use crate::manifest::Manifest;

/// What the page is, and is not.
pub(super) const LEAD: &str = "This page decides nothing. Each line names the fact of the manifest, or the publication, that it \
                               rests on; `our reading` marks where a publication does not say which part it is about.";

/// Returns what a line rests on, in parentheses after it.
pub(super) fn basis(basis: &Basis) -> String {
    match basis {
        Basis::Fact { key } => format!("`{key}`"),
        Basis::Source { name, ours: true, .. } => format!("{name}, our reading"),
        Basis::Source { name, .. } => (*name).to_owned(),
        Basis::Taxonomy { id, .. } => format!("`{id}`"),
    }
}

/// Returns how open a part is declared to be; what is released never without what limits its use.
pub(super) fn openness(manifest: &Manifest, part: &Part) -> String {
    let word = part.openness.unwrap_or("not declared").to_owned();
    let Some(component) = manifest.component(&part.component).filter(|component| component.is_released()) else {
        return word;
    };
    let limitation = standing::of(manifest, component).limitation().map(|limits| format!(" (limits use: {limits})"));
    match (declared::license(manifest, component), limitation) {
        (Some(license), Some(limitation)) => format!("{word} under {license}{limitation}"),
        (_, limitation) => word + &limitation.unwrap_or_default(),
    }
}

/// Gathers the parts of which the same is said, in the order of the first.
pub(super) fn groups<'p>(manifest: &Manifest, parts: &'p [Part]) -> Vec<Vec<&'p Part>> {
    let mut groups: Vec<Vec<&Part>> = Vec::new();
    let said = |part: &Part| (openness(manifest, part), part.withheld.clone(), part.serves.clone(), part.adds.clone());
    for part in parts {
        match groups.iter_mut().find(|group| said(group[0]) == said(part)) {
            Some(group) => group.push(part),
            None => groups.push(vec![part]),
        }
    }
    groups
}

/// Gathers adjacent lines that rest on the same taxonomy: what it rests on, and the texts. Those that end with the same clause
/// are one text.
pub(super) fn by_basis(lines: &[Line]) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(&Basis, Vec<&str>)> = Vec::new();
    for line in lines {
        match found.last_mut() {
            Some((basis, texts)) if **basis == line.basis && matches!(basis, Basis::Taxonomy { .. }) => {
                texts.push(&line.text);
            }
            _ => found.push((&line.basis, vec![&line.text])),
        }
    }
    found.into_iter().map(|(basis, texts)| (self::basis(basis), merged(&texts))).collect()
}

fn merged(texts: &[&str]) -> Vec<String> {
    let mut merged: Vec<(&str, Vec<&str>)> = Vec::new();
    for text in texts {
        let (subject, clause) =
            text.rsplit_once(": ").map_or((None, *text), |(subject, clause)| (Some(subject), clause));
        match merged.iter_mut().find(|(known, subjects)| *known == clause && subjects.is_empty() == subject.is_none()) {
            Some((_, subjects)) => subjects.extend(subject),
            None => merged.push((clause, subject.into_iter().collect())),
        }
    }
    let text = |(clause, subjects): (&str, Vec<&str>)| match subjects.is_empty() {
        true => clause.to_owned(),
        false => format!("{}: {clause}", subjects.join("; ")),
    };
    merged.into_iter().map(text).collect()
}

/// Returns what is said about an alternative.
pub(super) fn alternative(weighed: &Weighed) -> String {
    let serves = match weighed.serves.is_empty() {
        true => "the benefits that it would bring too are not stated".to_owned(),
        false => format!("would bring {} too", weighed.serves.join(", ")),
    };
    let reason = weighed.reason.as_ref().map_or_else(String::new, |reason| format!("; {reason}"));
    format!("{}: {serves}{reason}", weighed.name)
}

/// Returns the publications that the lines name, each once, with their addresses.
pub(super) fn sources(weighing: &Weighing) -> Vec<(&'static str, &'static str)> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    for line in weighing.components.iter().flat_map(|part| part.serves.iter().chain(&part.adds)) {
        if let Basis::Source { name, url, .. } = line.basis
            && !found.contains(&(name, url))
        {
            found.push((name, url));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_lines_say_is_said_once() {
        let line = |text: &str, id: &str| Line {
            text: text.to_owned(),
            basis: Basis::Taxonomy { id: id.to_owned(), url: String::new() },
        };
        let lines = [
            line("a is missing", "one"),
            line("EU: b: unknown", "one"),
            line("US: unknown", "one"),
            line("a is missing", "two"),
        ];
        let expected = [
            ("`one`".to_owned(), vec!["a is missing".to_owned(), "EU: b; US: unknown".to_owned()]),
            ("`two`".to_owned(), vec!["a is missing".to_owned()]),
        ];
        assert_eq!(by_basis(&lines), expected);
        let part = |component: &str, openness| Part {
            component: component.to_owned(),
            openness,
            withheld: None,
            serves: vec![line("innovation", "one")],
            adds: Vec::new(),
        };
        let parts = [part("a", None), part("b", Some("open")), part("c", None)];
        let names: Vec<Vec<&str>> = groups(&Manifest::default(), &parts)
            .iter()
            .map(|group| group.iter().map(|part| part.component.as_str()).collect())
            .collect();
        assert_eq!(names, [vec!["a", "c"], vec!["b"]]);
    }
}
