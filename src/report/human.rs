//! Results for people, on a terminal.
//!
//! Each function takes data, a [`Style`] and a writer. None prints by itself.

pub mod check;
pub mod diff;
mod evidence;
pub mod show;
mod style;
pub mod verify;

pub use style::{Paint, Style};
