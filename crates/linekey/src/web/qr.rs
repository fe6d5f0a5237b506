//! QR codes: for a page, drawn as SVG, and for a terminal.

use fast_qr::{ECL, QRBuilder, QRCode};

use crate::error::{Error, Result};

/// White space around the code, in modules, as ISO/IEC 18004 asks for.
const QUIET: usize = 4;

/// A QR code: the side in modules, the quiet zone included, and the path of the dark ones.
pub struct Picture {
    /// Of the square.
    pub side: usize,
    /// For the `d` of an SVG path.
    pub dark: String,
}

impl Picture {
    /// The code of `text`.
    ///
    /// # Errors
    /// When it is longer than any code holds, some 2,300 bytes.
    pub fn of(text: &str) -> Result<Self> {
        let code = code(text)?;
        let rows = code.data.chunks(code.size).take(code.size);
        let mut dark = String::new();
        for (y, row) in rows.enumerate() {
            // Neighbours are one bar: between single squares a printer leaves hairlines.
            let mut x = 0;
            for bar in row.chunk_by(|one, next| one.value() == next.value()) {
                if bar[0].value() {
                    dark.push_str(&format!("M{} {}h{}v1h-{}z", x + QUIET, y + QUIET, bar.len(), bar.len()));
                }
                x += bar.len();
            }
        }
        Ok(Self {
            side: code.size + 2 * QUIET,
            dark,
        })
    }
}

/// The code of `text` in half blocks, for a terminal that is dark. Each line ends with a line break.
///
/// # Errors
/// As [`Picture::of`].
pub fn text(text: &str) -> Result<String> {
    let code = code(text)?;
    let side = code.size + 2 * QUIET;
    let is_dark = |x: usize, y: usize| {
        let inside = |at: usize| at.checked_sub(QUIET).filter(|at| *at < code.size);
        let at = inside(x).zip(inside(y));
        at.is_some_and(|(x, y)| code.data[y * code.size + x].value())
    };
    let mut drawn = String::new();
    for y in (0..side).step_by(2) {
        // What is light on paper is what a dark terminal has to light up.
        drawn.extend((0..side).map(|x| match (is_dark(x, y), is_dark(x, y + 1)) {
            (false, false) => '█',
            (false, true) => '▀',
            (true, false) => '▄',
            (true, true) => ' ',
        }));
        drawn.push('\n');
    }
    Ok(drawn)
}

fn code(text: &str) -> Result<QRCode> {
    let code = QRBuilder::new(text).ecl(ECL::M).build();
    code.map_err(|error| Error::defect(format!("{error:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_terminal_is_that_of_a_page() {
        let (drawn, picture) = (text("sip:ann").expect("short"), Picture::of("sip:ann").expect("short"));
        let lines: Vec<Vec<char>> = drawn.lines().map(|line| line.chars().collect()).collect();
        assert_eq!((lines.len(), lines[0].len()), (picture.side.div_ceil(2), picture.side));
        // The corner of a finder pattern: a dark bar of seven, behind four light modules.
        assert!(picture.dark.starts_with("M4 4h7"), "{}", picture.dark);
        let row: String = lines[2].iter().take(12).collect();
        assert_eq!(row, "████ ▄▄▄▄▄ █");
    }
}
