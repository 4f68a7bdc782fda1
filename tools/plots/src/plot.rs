//! Curves in a frame with two axes, as SVG.

use crate::page::escape;

const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 72.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 30.0;
/// A curve with more points than this has no marks.
const MARKS_MAX: usize = 90;
const TICKS: f64 = 5.0;

pub struct Plot {
    pub x: Axis,
    pub y: Axis,
    pub curves: Vec<Curve>,
}

pub struct Curve {
    pub name: String,
    /// A class of the style sheet, which determines its color.
    pub class: String,
    pub points: Vec<(f64, f64)>,
    /// The label of a point with this value.
    pub label: fn(f64) -> String,
}

pub struct Axis {
    from: f64,
    to: f64,
    is_log: bool,
    ticks: Vec<(f64, String)>,
}

impl Axis {
    /// From 0 to at least this, in round steps.
    pub fn linear(to: f64, name: impl Fn(f64) -> String) -> Self {
        let step = round_up(to.max(f64::MIN_POSITIVE) / TICKS);
        let ticks: Vec<(f64, String)> = (0..=20)
            .map(|number| f64::from(number) * step)
            .take_while(|at| *at < to + step)
            .map(|at| (at, name(at)))
            .collect();
        let to = ticks.last().map_or(to, |(at, _)| *at);
        Self { from: 0.0, to, is_log: false, ticks }
    }

    /// From 0 to exactly this, in round steps.
    pub fn up_to(to: f64, name: impl Fn(f64) -> String) -> Self {
        let further = Self::linear(to, name);
        Self { to, ticks: further.ticks.into_iter().filter(|(at, _)| *at <= to).collect(), ..further }
    }

    /// From 0 to exactly this, with these ticks.
    pub fn of_ticks(ticks: Vec<(f64, String)>, to: f64) -> Self {
        Self { from: 0.0, to, is_log: false, ticks }
    }

    /// From the power of ten below `min` to the one above `max`.
    pub fn log(min: f64, max: f64, name: impl Fn(f64) -> String) -> Self {
        let (from, to) = (min.max(1.0).log10().floor(), max.max(1.0).log10().ceil());
        let to = to.max(from + 1.0);
        let ticks: Vec<(f64, String)> = (0..=12)
            .map(|number| from + f64::from(number))
            .take_while(|power| *power <= to)
            .map(|power| (10_f64.powf(power), name(10_f64.powf(power))))
            .collect();
        Self { from, to, is_log: true, ticks }
    }

    /// From 0 at the start of the axis to 1 at its end.
    fn position(&self, at: f64) -> f64 {
        let at = if self.is_log { at.max(1.0).log10() } else { at };
        ((at - self.from) / (self.to - self.from).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0)
    }
}

impl Plot {
    /// With a legend.
    pub fn svg(&self) -> String {
        let mut picture = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\n");
        for (at, name) in &self.y.ticks {
            let y = self.y_of(*at);
            picture.push_str(&format!(
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
                WIDTH - RIGHT,
                LEFT - 8.0,
                y + 4.0,
                escape(name)
            ));
        }
        for (at, name) in &self.x.ticks {
            picture.push_str(&format!(
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n",
                self.x_of(*at),
                HEIGHT - 8.0,
                escape(name)
            ));
        }
        picture.extend(self.curves.iter().map(|curve| self.curve(curve)));
        picture.push_str("</svg>\n");
        let legend: Vec<(&str, &str)> =
            self.curves.iter().map(|curve| (curve.class.as_str(), curve.name.as_str())).collect();
        legend_of(&legend) + &picture
    }

    fn curve(&self, curve: &Curve) -> String {
        let at = |(x, y): &(f64, f64)| format!("{:.1},{:.1}", self.x_of(*x), self.y_of(*y));
        let points: Vec<String> = curve.points.iter().map(at).collect();
        let line = format!("<polyline class=\"curve\" points=\"{}\"/>", points.join(" "));
        let mark = |(x, y): &(f64, f64)| {
            format!(
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.6\"><title>{}: {}</title></circle>",
                self.x_of(*x),
                self.y_of(*y),
                escape(&curve.name),
                escape(&(curve.label)(*y))
            )
        };
        let marks: String = match curve.points.len() {
            0..=MARKS_MAX => curve.points.iter().map(mark).collect(),
            _ => String::new(),
        };
        format!("<g class=\"{}\">{line}{marks}</g>\n", curve.class)
    }

    fn x_of(&self, at: f64) -> f64 {
        LEFT + self.x.position(at) * (WIDTH - LEFT - RIGHT)
    }

    fn y_of(&self, at: f64) -> f64 {
        HEIGHT - BOTTOM - self.y.position(at) * (HEIGHT - TOP - BOTTOM)
    }
}

/// Entries are a class of the style sheet and its name.
pub fn legend_of(entries: &[(&str, &str)]) -> String {
    let entry =
        |(class, name): &(&str, &str)| format!("<span><i class=\"{class}\"></i>{}</span>", escape(name));
    format!("<div class=\"legend\">{}</div>\n", entries.iter().map(entry).collect::<String>())
}

/// The next of 1, 2 and 5 times a power of ten.
fn round_up(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let rounded = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= step);
    rounded.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (step, rounded) in [(0.7, 1.0), (1.0, 1.0), (13.0, 20.0), (410.0, 500.0), (5_100.0, 10_000.0)] {
            assert!((round_up(step) - rounded).abs() < 1e-9, "{step}: {}", round_up(step));
        }
    }

    #[test]
    fn an_axis_covers_all_points() {
        let name = |at: f64| at.to_string();
        assert!(Axis::linear(930.0, name).to >= 930.0);
        assert!(Axis::linear(0.0, name).position(0.0) < 0.5);
        let log = Axis::log(120.0, 34_000.0, name);
        assert!((log.from - 2.0).abs() < 1e-9 && (log.to - 5.0).abs() < 1e-9);
        assert!(log.position(120.0) > 0.0 && log.position(34_000.0) < 1.0);
    }
}
