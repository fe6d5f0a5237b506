//! Whose portal it looks like: the brand's colour, and what can be read of it on light and on dark pages.
//!
//! Pure: the setting is `config`'s, and the one stylesheet, which this completes, is `web`'s.

mod accent;
mod colour;
mod oklch;

pub use accent::{Accent, Accents};
pub use colour::{Colour, NoColour};
