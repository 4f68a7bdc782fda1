//! Measurements next to their bounds: a floor, which is what a bare component does on the same machine, or a limit. They
//! are shown as medians of several rounds, and as ratios for which more is better.

mod page;
mod table;

pub use page::html;
use serde::{Serialize, Serializer};
pub use table::table;

/// All benchmarks of one run on one machine.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// The machine, and how long each benchmark was measured.
    pub notes: Vec<String>,
    pub rows: Vec<Row>,
}

/// The result of one benchmark.
#[derive(Debug)]
pub struct Row {
    pub name: String,
    /// The ratio to reach.
    pub goal: f64,
    /// How it was measured, in one or two sentences.
    pub method: String,
    /// The parts, the worst of which stands for the row; or why nothing was measured.
    pub measured: Result<Vec<Part>, String>,
}

/// One figure that was measured, in several rounds.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// Empty if the row has no other part.
    pub name: String,
    pub unit: &'static str,
    /// For each round.
    pub ours: Vec<f64>,
    pub bound: Bound,
    /// Further observations.
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// What the bare component does, for each round; more is better.
    Floor(Vec<f64>),
    /// How long the bare component takes, for each round; less is better.
    Time(Vec<f64>),
    /// Less is better.
    Limit(f64),
}

impl Part {
    #[must_use]
    pub fn against_floor(unit: &'static str, ours: Vec<f64>, floor: Vec<f64>) -> Self {
        Self { name: String::new(), unit, ours, bound: Bound::Floor(floor), notes: Vec::new() }
    }

    #[must_use]
    pub fn against_limit(unit: &'static str, ours: Vec<f64>, limit: f64) -> Self {
        Self { name: String::new(), unit, ours, bound: Bound::Limit(limit), notes: Vec::new() }
    }

    /// Two times, of which ours is not to be much longer.
    #[must_use]
    pub fn against_time(unit: &'static str, ours: Vec<f64>, time: Vec<f64>) -> Self {
        Self { name: String::new(), unit, ours, bound: Bound::Time(time), notes: Vec::new() }
    }

    /// With a name, if the row has several parts.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    #[must_use]
    pub fn ours_median(&self) -> f64 {
        median(&self.ours)
    }

    /// The median of the floor, or the limit.
    #[must_use]
    pub fn bound_median(&self) -> f64 {
        match &self.bound {
            Bound::Floor(figures) | Bound::Time(figures) => median(figures),
            Bound::Limit(limit) => *limit,
        }
    }

    /// Ours divided by the floor, or the time or limit divided by ours, so that more is always better.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        let (ours, bound) = (self.ours_median(), self.bound_median());
        let (dividend, divisor) = match self.bound {
            Bound::Floor(_) => (ours, bound),
            Bound::Time(_) | Bound::Limit(_) => (bound, ours),
        };
        if divisor > 0.0 { dividend / divisor } else { 0.0 }
    }
}

impl Row {
    /// The part with the lowest ratio, which stands for the row.
    #[must_use]
    pub fn worst(&self) -> Option<&Part> {
        self.measured.as_ref().ok()?.iter().min_by(|one, other| one.ratio().total_cmp(&other.ratio()))
    }

    /// Whether the goal is reached; none if nothing was measured.
    #[must_use]
    pub fn is_reached(&self) -> Option<bool> {
        self.worst().map(|part| part.ratio() >= self.goal)
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let worst = self.worst();
        let parts = self.measured.as_deref().unwrap_or_default();
        let json = RowJson {
            name: &self.name,
            ours: worst.map(Part::ours_median),
            floor: worst.map(Part::bound_median),
            unit: worst.map(|part| part.unit),
            ratio: worst.map(Part::ratio),
            goal: self.goal,
            method: &self.method,
            not_measured: self.measured.as_ref().err(),
            parts: parts.iter().map(|part| PartJson { ratio: part.ratio(), part }).collect(),
        };
        json.serialize(serializer)
    }
}

#[derive(Serialize)]
struct RowJson<'a> {
    name: &'a str,
    ours: Option<f64>,
    floor: Option<f64>,
    unit: Option<&'a str>,
    ratio: Option<f64>,
    goal: f64,
    method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_measured: Option<&'a String>,
    parts: Vec<PartJson<'a>>,
}

#[derive(Serialize)]
struct PartJson<'a> {
    ratio: f64,
    #[serde(flatten)]
    part: &'a Part,
}

/// 0 if there are none.
fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.get(middle.wrapping_sub(1)), sorted.get(middle)) {
        (Some(low), Some(high)) if sorted.len().is_multiple_of(2) => f64::midpoint(*low, *high),
        (_, Some(middle)) => *middle,
        (_, None) => 0.0,
    }
}

/// The minimum and the maximum; none if there are no figures.
fn range(figures: &[f64]) -> Option<(f64, f64)> {
    let min = figures.iter().copied().min_by(f64::total_cmp)?;
    let max = figures.iter().copied().max_by(f64::total_cmp)?;
    Some((min, max))
}

#[cfg(test)]
mod tests;
