//! How a figure is drawn, on any surface.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use crate::{Curve, Figure, Form, Origin, Panel};

/// Colours that are told apart in print and by colour-blind readers.
const COLOURS: [RGBColor; 3] = [RGBColor(0, 90, 160), RGBColor(220, 110, 0), RGBColor(110, 110, 110)];
/// What the paper itself says.
const PAPER: RGBColor = RGBColor(20, 20, 20);
/// Share of a place that its bars take.
const FILLED: f64 = 0.75;

pub(crate) type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;
type Chart<'a, DB> = ChartContext<'a, DB, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// A figure on a surface whose pixels are `scale` times as fine as a screen's.
pub(crate) struct Sheet<'a> {
    pub(crate) figure: &'a Figure,
    pub(crate) scale: u32,
}

impl Sheet<'_> {
    fn font(&self, size: u32) -> (&'static str, u32) {
        (crate::draw::FONT, size * self.scale)
    }

    pub(crate) fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Drawn<DB> {
        area.fill(&WHITE)?;
        let edge = i32::try_from(10 * self.scale).unwrap_or(10);
        let area = area
            .margin(edge, 0, edge, edge)
            .titled(self.figure.title, self.font(20))?;
        let (_, height) = area.dim_in_pixel();
        let (panels, foot) = area.split_vertically(height.saturating_sub(40 * self.scale));
        let places = panels.split_evenly((1, self.figure.panels.len()));
        for (place, panel) in places.iter().zip(&self.figure.panels) {
            self.draw_panel(place, panel)?;
        }
        foot.titled(&self.figure.caption(), self.font(14))?;
        area.present()
    }

    fn draw_panel<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, panel: &Panel) -> Drawn<DB> {
        let mut chart = ChartBuilder::on(area)
            .margin(14 * self.scale)
            .caption(&panel.title, self.font(16))
            .x_label_area_size(52 * self.scale)
            .y_label_area_size(62 * self.scale)
            .build_cartesian_2d(panel.range.0..panel.range.1, 0.0..1.0)?;
        self.draw_mesh(&mut chart, panel)?;
        for (number, curve) in panel.curves.iter().enumerate() {
            match (curve.origin, panel.form) {
                (Origin::Paper, _) => self.draw_given(&mut chart, curve)?,
                (_, Form::Lines) => self.draw_line(&mut chart, curve, colour(number))?,
                (_, Form::Bars) => self.draw_bars(&mut chart, curve, (number, panel.curves.len()))?,
            }
        }
        self.draw_legend(&mut chart, panel)
    }

    fn draw_mesh<DB: DrawingBackend>(&self, chart: &mut Chart<'_, DB>, panel: &Panel) -> Drawn<DB> {
        let place = |x: &f64| place(panel, *x);
        let mut mesh = chart.configure_mesh();
        if panel.form == Form::Bars {
            mesh.disable_x_mesh();
        }
        mesh.light_line_style(TRANSPARENT)
            .bold_line_style(BLACK.mix(0.12))
            .x_labels(8)
            .y_labels(11)
            .x_label_formatter(&place)
            .y_label_formatter(&|y| format!("{y:.1}"))
            .x_desc(panel.axis)
            .y_desc("success rate")
            .label_style(self.font(14))
            .axis_desc_style(self.font(15))
            .draw()
    }

    fn draw_line<DB: DrawingBackend>(&self, chart: &mut Chart<'_, DB>, curve: &Curve, colour: RGBColor) -> Drawn<DB> {
        let (scale, thick) = (self.scale, 2 * self.scale);
        let upper = curve.points.iter().map(|point| (point.x, point.high));
        let lower = curve.points.iter().rev().map(|point| (point.x, point.low));
        let band: Vec<(f64, f64)> = upper.chain(lower).collect();
        chart.draw_series([Polygon::new(band, colour.mix(0.18))])?;
        let line = curve.points.iter().map(|point| (point.x, point.mean));
        chart
            .draw_series(LineSeries::new(line.clone(), colour.stroke_width(thick)))?
            .label(legend(curve))
            .legend(move |at| PathElement::new([at, right_of(at, 20 * scale)], colour.stroke_width(thick)));
        chart.draw_series(line.map(|at| Circle::new(at, 3 * scale, colour.filled())))?;
        Ok(())
    }

    /// Hollow squares: values that stand in the paper.
    fn draw_given<DB: DrawingBackend>(&self, chart: &mut Chart<'_, DB>, curve: &Curve) -> Drawn<DB> {
        let side = i32::try_from(5 * self.scale).unwrap_or(5);
        let style = PAPER.stroke_width(2 * self.scale);
        let square = move |(x, y): (i32, i32)| Rectangle::new([(x - side, y - side), (x + side, y + side)], style);
        let places = curve.points.iter().map(|point| (point.x, point.mean));
        chart
            .draw_series(places.map(|at| EmptyElement::at(at) + square((0, 0))))?
            .label(legend(curve))
            .legend(move |at| square(right_of(at, 2 * u32::try_from(side).unwrap_or(5))));
        Ok(())
    }

    /// Bars beside each other, with a whisker each.
    fn draw_bars<DB: DrawingBackend>(
        &self,
        chart: &mut Chart<'_, DB>,
        curve: &Curve,
        (number, count): (usize, usize),
    ) -> Drawn<DB> {
        let (scale, colour) = (self.scale, colour(number));
        let [number, count] = [number, count].map(|n| f64::from(u32::try_from(n).unwrap_or(1)));
        let width = FILLED / count;
        let left = |x: f64| x - FILLED / 2.0 + number * width;
        let bar = |point: &crate::Point| {
            let corners = [(left(point.x), 0.0), (left(point.x) + width * 0.94, point.mean)];
            Rectangle::new(corners, colour.mix(0.75).filled())
        };
        chart
            .draw_series(curve.points.iter().map(bar))?
            .label(legend(curve))
            .legend(move |(x, y)| {
                let half = i32::try_from(5 * scale).unwrap_or(5);
                let (right, _) = right_of((x, y), 20 * scale);
                Rectangle::new([(x, y - half), (right, y + half)], colour.mix(0.75).filled())
            });
        let whisker = |point: &crate::Point| {
            let middle = left(point.x) + width * 0.47;
            PathElement::new([(middle, point.low), (middle, point.high)], BLACK.stroke_width(scale))
        };
        chart.draw_series(curve.points.iter().map(whisker))?;
        Ok(())
    }

    fn draw_legend<'a, DB: DrawingBackend + 'a>(&self, chart: &mut Chart<'a, DB>, panel: &Panel) -> Drawn<DB> {
        chart
            .configure_series_labels()
            .position(corner(panel))
            .margin(8 * self.scale)
            .legend_area_size(28 * self.scale)
            .label_font(self.font(14))
            .background_style(WHITE.mix(0.85))
            .border_style(BLACK.mix(0.4))
            .draw()
    }
}

fn colour(number: usize) -> RGBColor {
    COLOURS.get(number % COLOURS.len()).copied().unwrap_or(BLACK)
}

fn right_of((x, y): (i32, i32), by: u32) -> (i32, i32) {
    (x + i32::try_from(by).unwrap_or(0), y)
}

/// Where the curves leave room: beside their lower end.
fn corner(panel: &Panel) -> SeriesLabelPosition {
    let falls = panel.curves.iter().any(|curve| match curve.points.as_slice() {
        [one, .., last] => (one.mean - last.mean) * (last.x - one.x) > 0.0,
        _ => false,
    });
    if falls {
        SeriesLabelPosition::UpperRight
    } else {
        SeriesLabelPosition::UpperLeft
    }
}

/// What stands under a place of the axis.
fn place(panel: &Panel, x: f64) -> String {
    if panel.form == Form::Lines {
        return format!("{x:.0}");
    }
    let points = panel.curves.iter().flat_map(|curve| &curve.points);
    let found = points.into_iter().find(|point| (point.x - x).abs() < 1e-9);
    found.map(|point| point.name.clone()).unwrap_or_default()
}

fn legend(curve: &Curve) -> String {
    format!("{}: {}", curve.origin.word(), curve.name)
}
