//! Results for people, on a terminal.
//!
//! Each function takes data, a [`Style`] and a writer. None prints by itself.

pub mod ancestry;
mod changes;
pub mod check;
pub mod diff;
mod declared;
pub mod licenses;
mod evidence;
mod excerpt;
pub mod overview;
pub mod path;
pub mod printed;
mod screen;
pub mod show;
mod style;
pub mod verify;
pub mod weigh;
pub mod what_if;

pub use screen::{Screen, safe};
pub use style::{Paint, Style};
