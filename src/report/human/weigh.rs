//! The output of `openness weigh`.

use std::io::{self, Write};

use super::{Paint, Screen, Style};
use crate::decide::{Line, Weighing};
use crate::manifest::Manifest;
use crate::report::{shown, weighing};

/// Writes what speaks for and against opening the parts of a release.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(manifest: &Manifest, page: &Weighing, style: Style, out: &mut impl Write) -> io::Result<()> {
    let out = &mut Screen::new(out, style.color);
    let paint = Paint(style);
    let model = &manifest.model;
    let title = format!("Opening {} {}", model.name.as_str(), model.version.as_str());
    writeln!(out, "{}", paint.bold(&shown(&title)))?;
    paint.wrapped(out, "", weighing::LEAD)?;
    writeln!(out, "\n{}", paint.bold("Parts"))?;
    for group in weighing::groups(manifest, &page.components) {
        let names: Vec<&str> = group.iter().map(|part| part.component.as_str()).collect();
        let names = shown(&names.join(", ")).into_owned();
        let openness = weighing::openness(manifest, group[0]);
        match names.chars().count() + openness.chars().count() + 4 <= style.width {
            true => writeln!(out, "  {}: {}", paint.bold(&names), shown(&openness))?,
            false => paint.wrapped(out, "  ", &format!("{names}: {}", shown(&openness)))?,
        }
        if let Some(line) = &group[0].withheld {
            paint.wrapped(out, "    ", &text(line))?;
        }
        for line in &group[0].serves {
            paint.wrapped(out, "    + ", &text(line))?;
        }
        for line in &group[0].adds {
            paint.wrapped(out, "    - ", &text(line))?;
        }
    }
    list("Risk, as assessed", &page.risks, paint, out)?;
    if !page.alternatives.is_empty() {
        writeln!(out, "\n{}", paint.bold("Alternatives that were weighed"))?;
        for weighed in &page.alternatives {
            let basis = weighing::basis(&weighed.basis);
            paint.wrapped(out, "  ", &shown(&format!("{} ({basis})", weighing::alternative(weighed))))?;
        }
    }
    list("Duties and thresholds", &page.duties, paint, out)?;
    list("Not stated", &page.unstated, paint, out)?;
    writeln!(out, "\n{}", paint.bold("Sources"))?;
    for (name, url) in weighing::sources(page) {
        writeln!(out, "  {name}: {url}")?;
    }
    Ok(())
}

fn text(line: &Line) -> String {
    shown(&format!("{} ({})", line.text, weighing::basis(&line.basis))).into_owned()
}

fn list(heading: &str, lines: &[Line], paint: Paint, out: &mut impl Write) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint.bold(heading))?;
    for (basis, texts) in weighing::by_basis(lines) {
        match texts.as_slice() {
            [text] => paint.wrapped(out, "  ", &shown(&format!("{text} ({basis})")))?,
            texts => {
                writeln!(out, "  by {basis}:")?;
                texts.iter().try_for_each(|text| paint.wrapped(out, "    - ", &shown(text)))?;
            }
        }
    }
    Ok(())
}
