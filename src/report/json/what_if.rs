//! The output of `openness what-if --format json`, version 1.

use std::io::{self, Write};

use serde::Serialize;

use super::{VERSION, object};
use crate::decide::WhatIf;

/// What follows from a change of facts.
#[derive(Debug, Serialize)]
pub struct WhatIfV1<'a> {
    version: u32,
    #[serde(flatten)]
    what_if: &'a WhatIf,
}

/// Writes one JSON object.
///
/// # Errors
/// Returns any error of the writer.
pub fn write(what_if: &WhatIf, out: &mut impl Write) -> io::Result<()> {
    object(&WhatIfV1 { version: VERSION, what_if }, out)
}
