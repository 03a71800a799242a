//! The links to bases in the output of `openness verify`.

use std::io::{self, Write};

use super::{Paint, Screen, Style};
use crate::ancestry::{Ancestor, Standing, weakest};
use crate::report::{counted, shown};

/// Writes how far the bases of a release are verified; nothing if it has none.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(links: &[Ancestor], style: Style, out: &mut impl Write) -> io::Result<()> {
    let Some(weakest) = weakest(links) else { return Ok(()) };
    let out = &mut Screen::new(out, style.color);
    let paint = Paint(style);
    writeln!(out, "\n{}", paint.bold("Bases"))?;
    for link in links {
        let mut text = format!("{}: {}", link.name, link.standing.as_str());
        if let Some(signer) = &link.signer {
            text.push_str(&format!(", signed by {signer}"));
        }
        if let Some(license) = &link.license {
            text.push_str(&format!(", weights under `{license}`"));
        }
        match link.shared_files {
            0 => {}
            1 => text.push_str("; 1 file is the base's own"),
            count => text.push_str(&format!("; {} are the base's own", counted(count, "file"))),
        }
        let indent = "  ".repeat(link.depth);
        paint.wrapped(out, &indent, &shown(&text))?;
        for doubt in &link.doubts {
            paint.wrapped(out, &format!("{indent}  "), doubt.clause())?;
        }
    }
    let word = match weakest {
        Standing::Verified => paint.good(weakest.as_str()),
        _ => paint.warn(weakest.as_str()),
    };
    writeln!(out, "  the chain is as good as its weakest link: {word}")
}
