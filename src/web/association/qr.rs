//! QR codes as pictures, drawn here so that no page asks another site for one.

use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;

/// Modules of the quiet zone on each side.
const QUIET: usize = 4;

/// The text as a picture: black on white whatever the page's colours are; none if it is too long for a code.
pub fn svg(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let (width, mut path) = (code.width(), String::new());
    for (row, line) in code.to_colors().chunks(width).enumerate() {
        let mut column = 0;
        while column < width {
            let rest = line.get(column..)?;
            let dark = rest.iter().take_while(|module| **module == Color::Dark).count();
            if dark > 0 {
                let _ = write!(path, "M{} {}h{dark}v1h-{dark}z", column + QUIET, row + QUIET);
            }
            column += dark.max(1);
        }
    }
    let size = width + 2 * QUIET;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" width=\"{w}\" height=\"{w}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path d=\"{path}\"/></svg>",
        w = size * 4,
    ))
}

#[cfg(test)]
mod tests {
    use super::svg;

    #[test]
    fn draws_a_code_and_no_code_for_what_is_too_long() {
        let picture = svg("https://esep.example/ky").unwrap();
        assert!(
            picture.starts_with("<svg") && picture.contains("M4 4h7v1h-7z"),
            "the finder pattern"
        );
        assert_eq!(svg(&"a".repeat(4000)), None);
    }
}
