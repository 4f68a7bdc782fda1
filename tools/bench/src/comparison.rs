//! Measurements next to their bounds: a floor, which is what a bare component does on the same machine, or a limit. They
//! are shown as medians of several rounds, and as ratios for which more is better.

mod page;
mod statistics;
mod table;

pub use page::html;
use serde::{Serialize, Serializer};
pub(crate) use statistics::median;
pub use table::table;

use self::statistics::interval;

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
    /// The ratio to reach; none if it is only of interest.
    pub goal: Option<f64>,
    /// Further observations.
    pub notes: Vec<String>,
}

/// Whether a goal is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Reached,
    Missed,
    /// The goal is where the ratio may be: a longer run would tell.
    Open,
}

/// A ratio whose interval is wider than this, as a fraction of it, is noise rather than a measurement.
const WIDTH_MAX: f64 = 0.2;

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
        Self { name: String::new(), unit, ours, bound: Bound::Floor(floor), goal: None, notes: Vec::new() }
    }

    /// With the limit as the goal.
    #[must_use]
    pub fn against_limit(unit: &'static str, ours: Vec<f64>, limit: f64) -> Self {
        let bound = Bound::Limit(limit);
        Self { name: String::new(), unit, ours, bound, goal: Some(1.0), notes: Vec::new() }
    }

    /// Two times, of which ours is not to be much longer.
    #[must_use]
    pub fn against_time(unit: &'static str, ours: Vec<f64>, time: Vec<f64>) -> Self {
        Self { name: String::new(), unit, ours, bound: Bound::Time(time), goal: None, notes: Vec::new() }
    }

    /// With a name, if the row has several parts.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Named as one of those of this name.
    #[must_use]
    pub fn of(self, name: &str) -> Self {
        let name = format!("{name}, {}", self.name);
        self.named(name)
    }

    /// With a ratio to reach.
    #[must_use]
    pub fn with_goal(self, goal: f64) -> Self {
        Self { goal: Some(goal), ..self }
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

    /// Of each round: ours divided by the floor, or the time or limit divided by ours, so that more is always better.
    #[must_use]
    pub fn ratios(&self) -> Vec<f64> {
        let divide = |(dividend, divisor): (f64, f64)| if divisor > 0.0 { dividend / divisor } else { 0.0 };
        let ours = self.ours.iter().copied();
        match &self.bound {
            Bound::Floor(floor) => ours.zip(floor.iter().copied()).map(divide).collect(),
            Bound::Time(time) => time.iter().copied().zip(ours).map(divide).collect(),
            Bound::Limit(limit) => ours.map(|ours| divide((*limit, ours))).collect(),
        }
    }

    /// The median of the rounds' ratios: a pair has in common whatever the machine did at that time.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        median(&self.ratios())
    }

    /// Where the true ratio is, most likely.
    #[must_use]
    pub fn interval(&self) -> (f64, f64) {
        interval(&self.ratios()).unwrap_or_default()
    }

    /// Whether the ratios to a floor differ so much that their median says little.
    #[must_use]
    pub fn is_noisy(&self) -> bool {
        if matches!(self.bound, Bound::Limit(_)) {
            return false;
        }
        let (low, high) = self.interval();
        high - low > WIDTH_MAX * self.ratio()
    }

    /// None without a goal.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        let goal = self.goal?;
        let (low, high) = self.interval();
        Some(match () {
            () if low >= goal => Verdict::Reached,
            () if high < goal => Verdict::Missed,
            () => Verdict::Open,
        })
    }
}

impl Row {
    /// The part that is the farthest below its goal, or the least above it, which stands for the row.
    #[must_use]
    pub fn worst(&self) -> Option<&Part> {
        let parts = self.measured.as_ref().ok()?.iter();
        let with_goals = parts.filter_map(|part| Some((part.ratio() / part.goal?, part)));
        with_goals.min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, part)| part)
    }
}

impl Comparison {
    /// All parts that were measured, each with its row.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&Row, &Part)> {
        self.rows.iter().flat_map(|row| row.measured.iter().flatten().map(move |part| (row, part)))
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let worst = self.worst();
        let parts = self.measured.as_deref().unwrap_or_default();
        let json = RowJson {
            name: &self.name,
            worst: worst.map(|part| part.name.as_str()),
            ratio: worst.map(Part::ratio),
            goal: worst.and_then(|part| part.goal),
            verdict: worst.and_then(Part::verdict),
            method: &self.method,
            not_measured: self.measured.as_ref().err(),
            parts: parts.iter().map(PartJson::new).collect(),
        };
        json.serialize(serializer)
    }
}

#[derive(Serialize)]
struct RowJson<'a> {
    name: &'a str,
    worst: Option<&'a str>,
    ratio: Option<f64>,
    goal: Option<f64>,
    verdict: Option<Verdict>,
    method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_measured: Option<&'a String>,
    parts: Vec<PartJson<'a>>,
}

#[derive(Serialize)]
struct PartJson<'a> {
    ratio: f64,
    interval: (f64, f64),
    is_noisy: bool,
    verdict: Option<Verdict>,
    #[serde(flatten)]
    part: &'a Part,
}

impl<'a> PartJson<'a> {
    fn new(part: &'a Part) -> Self {
        let (ratio, interval, is_noisy) = (part.ratio(), part.interval(), part.is_noisy());
        Self { ratio, interval, is_noisy, verdict: part.verdict(), part }
    }
}

#[cfg(test)]
mod tests;
