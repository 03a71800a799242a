//! Text → manifest.
