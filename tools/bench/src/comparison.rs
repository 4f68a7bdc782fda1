//! Measurements side by side with what bounds them: a floor, which is what a bare part does on the same machine, or a
//! limit. Medians of several rounds, and ratios of which more is better.

mod page;
mod table;

use serde::{Serialize, Serializer};

/// What was compared on one machine in one run.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// On what, and how long each was measured.
    pub notes: Vec<String>,
    /// One for each subject.
    pub rows: Vec<Row>,
}

/// One subject.
#[derive(Debug)]
pub struct Row {
    /// As a person calls it.
    pub name: String,
    /// The least ratio that is wanted.
    pub goal: f64,
    /// What was done, in a sentence or two.
    pub method: String,
    /// What was measured, or why nothing was. Where there are several parts, the worst one stands for the row.
    pub measured: Result<Vec<Part>, String>,
}

/// One thing that was measured, several times.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// Empty where the row has no other.
    pub name: String,
    /// Of all figures.
    pub unit: &'static str,
    /// A figure for each round.
    pub ours: Vec<f64>,
    /// What it is held against.
    pub bound: Bound,
    /// What else was seen, in words.
    pub notes: Vec<String>,
}

/// What a figure is held against.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// What the bare part does, a figure for each round; more is better.
    Floor(Vec<f64>),
    /// Not to be exceeded; less is better.
    Limit(f64),
}

impl Part {
    /// Held against what a bare part does.
    #[must_use]
    pub fn beside(unit: &'static str, ours: Vec<f64>, floor: Vec<f64>) -> Self {
        Self { name: String::new(), unit, ours, bound: Bound::Floor(floor), notes: Vec::new() }
    }

    /// Held against a limit.
    #[must_use]
    pub fn within(unit: &'static str, ours: Vec<f64>, limit: f64) -> Self {
        Self { name: String::new(), unit, ours, bound: Bound::Limit(limit), notes: Vec::new() }
    }

    /// The same by a name, where a row has several.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// The same with a remark.
    #[must_use]
    pub fn noting(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The median of what was measured.
    #[must_use]
    pub fn ours_median(&self) -> f64 {
        median(&self.ours)
    }

    /// The median of the floor, or the limit.
    #[must_use]
    pub fn bound_median(&self) -> f64 {
        match &self.bound {
            Bound::Floor(figures) => median(figures),
            Bound::Limit(limit) => *limit,
        }
    }

    /// Of which more is better: ours by the floor, or the limit by ours.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        let (ours, bound) = (self.ours_median(), self.bound_median());
        let (above, below) = match self.bound {
            Bound::Floor(_) => (ours, bound),
            Bound::Limit(_) => (bound, ours),
        };
        if below > 0.0 { above / below } else { 0.0 }
    }
}

impl Row {
    /// The part with the least ratio, which stands for the row.
    #[must_use]
    pub fn worst(&self) -> Option<&Part> {
        self.measured.as_ref().ok()?.iter().min_by(|one, other| one.ratio().total_cmp(&other.ratio()))
    }

    /// Whether the goal is reached; none where nothing was measured.
    #[must_use]
    pub fn is_reached(&self) -> Option<bool> {
        self.worst().map(|part| part.ratio() >= self.goal)
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let worst = self.worst();
        let parts = self.measured.as_deref().unwrap_or_default();
        let told = Told {
            name: &self.name,
            ours: worst.map(Part::ours_median),
            floor: worst.map(Part::bound_median),
            unit: worst.map(|part| part.unit),
            ratio: worst.map(Part::ratio),
            goal: self.goal,
            method: &self.method,
            not_measured: self.measured.as_ref().err(),
            parts: parts.iter().map(|part| ToldPart { ratio: part.ratio(), part }).collect(),
        };
        told.serialize(serializer)
    }
}

/// A row as a program reads it.
#[derive(Serialize)]
struct Told<'a> {
    name: &'a str,
    ours: Option<f64>,
    floor: Option<f64>,
    unit: Option<&'a str>,
    ratio: Option<f64>,
    goal: f64,
    method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_measured: Option<&'a String>,
    parts: Vec<ToldPart<'a>>,
}

#[derive(Serialize)]
struct ToldPart<'a> {
    ratio: f64,
    #[serde(flatten)]
    part: &'a Part,
}

impl Comparison {
    /// As lines of text for a terminal.
    #[must_use]
    pub fn table(&self) -> String {
        table::table(self)
    }

    /// As a page of HTML, all in one file.
    #[must_use]
    pub fn html(&self) -> String {
        page::html(self)
    }
}

/// The one in the middle, or between the two there; 0 of none.
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

/// The least and the most; none of none.
fn reach(figures: &[f64]) -> Option<(f64, f64)> {
    let least = figures.iter().copied().min_by(f64::total_cmp)?;
    let most = figures.iter().copied().max_by(f64::total_cmp)?;
    Some((least, most))
}

#[cfg(test)]
mod tests;
