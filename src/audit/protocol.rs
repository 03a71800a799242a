//! What a driver and its workers say to each other, over pipes: lines of JSON.
//!
//! The driver sends the settings, then lists of targets. The worker sends its version, then a line for each target. It reads a
//! whole list before it answers, so that neither waits for the other to read.

use std::io::{self, BufRead, Write};

use super::auditor::{Audited, Auditor};
use super::settings::Settings;

/// What a worker says first. A driver refuses a worker of another version.
pub(super) const HELLO: &str = concat!("openness-audit-worker ", env!("CARGO_PKG_VERSION"));

/// Audits the targets that a driver sends, until it sends no more. `prepare` tells the auditor by what means it reaches
/// targets, which is the worker's business and not the driver's.
///
/// # Errors
/// The I/O error, or [`io::ErrorKind::InvalidData`] if the driver's settings cannot be used.
pub fn serve(
    mut input: impl BufRead,
    mut output: impl Write,
    prepare: impl FnOnce(Auditor) -> Auditor,
) -> io::Result<()> {
    let Some(settings) = read::<Settings>(&mut input)? else { return Ok(()) };
    let auditor = Auditor::new(settings).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    let auditor = prepare(auditor);
    writeln!(output, "{HELLO}")?;
    output.flush()?;
    while let Some(targets) = read::<Vec<String>>(&mut input)? {
        for target in targets {
            write(&auditor.audit(&target), &mut output)?;
        }
    }
    Ok(())
}

/// Writes a value as a line.
pub(super) fn write(value: &impl serde::Serialize, output: &mut impl Write) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}

/// Reads the answer to one target.
pub(super) fn read_audited(input: &mut impl BufRead) -> io::Result<Option<Audited>> {
    read(input)
}

/// Reads a line; `None` at the end, also in the middle of a line.
fn read<T: serde::de::DeserializeOwned>(input: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    input.read_until(b'\n', &mut line)?;
    match line.last() {
        Some(b'\n') => Ok(Some(serde_json::from_slice(&line)?)),
        _ => Ok(None),
    }
}
