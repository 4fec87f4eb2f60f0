//! A figure as SVG and as PNG.

use std::sync::OnceLock;

use plotters::prelude::*;

use crate::chart::Sheet;
use crate::{Figure, StudyError};

/// Width and height of a panel, in pixels of a screen.
const PANEL: (u32, u32) = (720, 620);
/// Width of a figure with one panel: its title needs the room.
const LEAST_WIDTH: u32 = 1_060;
/// Pixels of the PNG for each of a screen's.
const FINENESS: u32 = 2;
/// What texts are set in.
pub(crate) const FONT: &str = "sans-serif";

/// Bytes of one pixel.
const RGB: usize = 3;

fn size(figure: &Figure, scale: u32) -> (u32, u32) {
    let panels = u32::try_from(figure.panels.len()).unwrap_or(1);
    let width = (PANEL.0 * panels).max(LEAST_WIDTH);
    (width * scale, PANEL.1 * scale)
}

/// Gives the plotting library its letters, so that it asks the machine for none.
fn letters() -> Result<(), StudyError> {
    static READ: OnceLock<bool> = OnceLock::new();
    let read =
        READ.get_or_init(|| plotters::style::register_font(FONT, FontStyle::Normal, dejavu::sans::regular()).is_ok());
    read.then_some(())
        .ok_or_else(|| StudyError::Draw("the font cannot be read".to_owned()))
}

fn failed(error: impl std::fmt::Display) -> StudyError {
    StudyError::Draw(error.to_string())
}

/// The figure as an SVG document.
///
/// # Errors
/// [`StudyError::Draw`]; none in practice.
pub fn svg(figure: &Figure) -> Result<String, StudyError> {
    letters()?;
    let mut text = String::new();
    let area = SVGBackend::with_string(&mut text, size(figure, 1)).into_drawing_area();
    Sheet { figure, scale: 1 }.draw(&area).map_err(failed)?;
    drop(area);
    Ok(text)
}

/// The figure as a PNG file.
///
/// # Errors
/// [`StudyError::Draw`]; none in practice.
pub fn png(figure: &Figure) -> Result<Vec<u8>, StudyError> {
    letters()?;
    let (width, height) = size(figure, FINENESS);
    let pixels = usize::try_from(width).map_err(failed)? * usize::try_from(height).map_err(failed)?;
    let mut rgb = vec![u8::MAX; pixels * RGB];
    let area = BitMapBackend::with_buffer(&mut rgb, (width, height)).into_drawing_area();
    let sheet = Sheet {
        figure,
        scale: FINENESS,
    };
    sheet.draw(&area).map_err(failed)?;
    drop(area);
    packed(&rgb, (width, height))
}

fn packed(rgb: &[u8], (width, height): (u32, u32)) -> Result<Vec<u8>, StudyError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(rgb).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LEAST_RUNS, csv, fig8, fig9};

    #[test]
    fn every_form_says_what_is_inferred_and_what_the_engine_yields() {
        for figure in [fig8(7, LEAST_RUNS).unwrap(), fig9(7, LEAST_RUNS).unwrap()] {
            let (svg, table) = (svg(&figure).unwrap(), csv(&figure));
            for curve in figure.panels.iter().flat_map(|panel| &panel.curves) {
                let legend = format!("{}: {}", curve.origin.word(), curve.name);
                assert!(svg.contains(&legend), "{legend}");
                assert!(table.contains(&format!("{},{}", curve.name, curve.origin.word())));
            }
            assert!(svg.contains("consistent with the paper") && svg.contains("Seed 7"));
            assert!(table.lines().skip(1).all(|line| line.ends_with(",7")));
            assert!(!svg.contains("reproduced"));
        }
    }

    #[test]
    fn a_png_is_drawn_with_letters_and_no_font_of_the_machine() {
        let figure = fig9(7, LEAST_RUNS).unwrap();
        let file = png(&figure).unwrap();
        let mut image = png::Decoder::new(std::io::Cursor::new(&file)).read_info().unwrap();
        let mut rgb = vec![0; image.output_buffer_size().unwrap()];
        let frame = image.next_frame(&mut rgb).unwrap();
        assert_eq!((frame.width, frame.height), size(&figure, FINENESS));
        // The title is the only thing in the uppermost strip.
        let strip = usize::try_from(frame.width * 20 * FINENESS).unwrap() * RGB;
        let dark = rgb[..strip]
            .chunks(RGB)
            .filter(|pixel| pixel.iter().all(|part| *part < 100))
            .count();
        assert!(dark > 1_000, "{dark} dark pixels in the title");
    }
}
