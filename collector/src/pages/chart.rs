//! The trend of a score as a drawing: the score with its interval as a band, and how many answers
//! stand behind it as bars.

use std::ops::Range;

use ::survey::Day;
use ::survey::score::{Kind, Score};
use plotters::coord::Shift;
use plotters::prelude::*;

/// One period of the trend.
pub(super) struct Point<'a> {
    /// Its first day.
    pub start: Day,
    /// How many answered.
    pub answered: i64,
    /// The score.
    pub score: Option<&'a Score>,
}

type Failure = Box<dyn std::error::Error>;

/// Colours by their role. The drawing is made with these; in the page each becomes the variable
/// of the style sheet, so that it follows light and dark.
const ROLES: [(RGBColor, &str, &str); 4] = [
    (LINE, "#010000", "var(--accent)"),
    (BARS, "#020000", "var(--bars)"),
    (GRID, "#030000", "var(--line)"),
    (TEXT, "#040000", "var(--muted)"),
];
const LINE: RGBColor = RGBColor(1, 0, 0);
const BARS: RGBColor = RGBColor(2, 0, 0);
const GRID: RGBColor = RGBColor(3, 0, 0);
const TEXT: RGBColor = RGBColor(4, 0, 0);

/// The drawing for wide pages and the one for phones; the style sheet shows one of them.
pub(super) fn trend(kind: Kind, points: &[Point]) -> String {
    let drawing = |class: &str, size| {
        let svg = draw(kind, points, size).unwrap_or_default();
        let svg =
            ROLES.iter().fold(svg, |svg, (_, colour, variable)| svg.replace(colour, variable));
        let label = "Score by period, with its interval and the number of answers; the numbers follow below";
        svg.replacen(
            "<svg ",
            &format!("<svg class=\"chart {class}\" role=\"img\" aria-label=\"{label}\" "),
            1,
        )
    };
    drawing("wide", (1040, 280)) + &drawing("small", (360, 240))
}

fn draw(kind: Kind, points: &[Point], size: (u32, u32)) -> Result<String, Failure> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw_on(&area, kind, points, size.0 < 500)?;
        area.present()?;
    }
    Ok(svg)
}

fn draw_on(
    area: &DrawingArea<SVGBackend, Shift>,
    kind: Kind,
    points: &[Point],
    small: bool,
) -> Result<(), Failure> {
    let days = -0.5..points.len() as f64 - 0.5;
    let most = points.iter().map(|point| point.answered).max().unwrap_or(0).max(1) as f64;
    let mut chart = ChartBuilder::on(area)
        .margin_top(8)
        .margin_right(8)
        .x_label_area_size(30)
        .y_label_area_size(44)
        .build_cartesian_2d(days.clone(), scale_of(kind, points))?
        // Bars take the lower third.
        .set_secondary_coord(days, 0.0..3.0 * most);
    let date = |x: &f64| {
        points.get(x.round().max(0.0) as usize).map_or(String::new(), |p| p.start.to_string())
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .label_style(("sans-serif", 14).into_font().color(&TEXT))
        .x_labels(if small { 3 } else { 8 })
        .y_labels(5)
        .x_label_formatter(&date)
        .y_label_formatter(&|y| format!("{y:.0}").replace('-', "−"))
        .draw()?;
    chart.draw_secondary_series(points.iter().enumerate().map(|(at, point)| {
        let x = at as f64;
        Rectangle::new([(x - 0.38, 0.0), (x + 0.38, point.answered as f64)], BARS.filled())
    }))?;
    for run in runs(points) {
        chart.draw_series(std::iter::once(Polygon::new(band(&run), LINE.mix(0.14).filled())))?;
        let line = run.iter().map(|(x, score)| (*x, score.value.unwrap_or_default()));
        chart.draw_series(LineSeries::new(line.clone(), LINE.stroke_width(2)))?;
        let radius = if points.len() > 100 { 1 } else { 2 };
        chart.draw_series(line.map(|at| Circle::new(at, radius, LINE.filled())))?;
    }
    Ok(())
}

/// The values a score can have; what has no upper end is drawn as far as it goes.
fn scale_of(kind: Kind, points: &[Point]) -> Range<f64> {
    let highest = points.iter().filter_map(|point| point.score?.high.or(point.score?.value));
    match kind {
        Kind::Nps => -100.0..100.0,
        Kind::Csat | Kind::Ease | Kind::Agree | Kind::Yes => 0.0..100.0,
        Kind::Effort => 1.0..7.0,
        Kind::Tgw => 0.0..highest.fold(100.0, f64::max),
    }
}

/// Neighbouring periods that have a score; a line must not bridge days without answers.
fn runs<'a>(points: &[Point<'a>]) -> Vec<Vec<(f64, &'a Score)>> {
    let mut runs: Vec<Vec<(f64, &Score)>> = Vec::new();
    let mut going = false;
    for (at, point) in points.iter().enumerate() {
        let score = point.score.filter(|score| score.value.is_some());
        if let Some(score) = score {
            if !going {
                runs.push(Vec::new());
            }
            if let Some(run) = runs.last_mut() {
                run.push((at as f64, score));
            }
        }
        going = score.is_some();
    }
    runs
}

/// The outline of the interval: along its upper ends and back along the lower ones.
fn band(run: &[(f64, &Score)]) -> Vec<(f64, f64)> {
    let edge =
        |x: f64, end: Option<f64>, score: &Score| (x, end.or(score.value).unwrap_or_default());
    let upper = run.iter().map(|(x, score)| edge(*x, score.high, score));
    let lower = run.iter().rev().map(|(x, score)| edge(*x, score.low, score));
    upper.chain(lower).collect()
}
