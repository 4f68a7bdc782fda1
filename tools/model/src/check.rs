//! Explores a model, and reports what was found.

use std::{
    fmt::{Debug, Write as _},
    hash::Hash,
    time::{Duration, Instant},
};

use stateright::{Checker as _, Expectation, HasDiscoveries, Model};

/// What was found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The properties that do not hold, each with the shortest history that was found.
    pub violations: Vec<(&'static str, String)>,
    /// What the model should reach and did not; empty if a property was violated first.
    pub unreached: Vec<&'static str>,
    /// Whether every state was explored.
    pub is_exhaustive: bool,
    /// How many states there are, up to symmetry.
    pub states: usize,
    pub took: Duration,
}

impl Outcome {
    #[must_use]
    pub fn violated_names(&self) -> Vec<&'static str> {
        self.violations.iter().map(|(name, _)| *name).collect()
    }
}

/// Explores a model breadth first, until a property is violated or everything is explored. A single thread finds a
/// shortest history.
pub(crate) fn check<M>(model: M, threads: usize, limit: Duration) -> Outcome
where
    M: Model<State: Clone + Debug + Hash + PartialEq + Send + Sync, Action: Clone + Debug + PartialEq>
        + Send
        + Sync
        + 'static,
{
    let begun = Instant::now();
    let properties = model.properties();
    let checker = model
        .checker()
        .threads(threads)
        .timeout(limit)
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    let found = checker.discoveries();
    let described =
        properties.iter().filter(|it| it.expectation == Expectation::Always).filter_map(|property| {
            let history = found.get(property.name)?.clone().into_vec();
            let holds = |state: &M::State| (property.condition)(checker.model(), state);
            Some((property.name, describe(&history, holds)))
        });
    let violations: Vec<_> = described.collect();
    let sometimes = properties.iter().filter(|it| it.expectation == Expectation::Sometimes).map(|it| it.name);
    let is_unreached = |name: &&str| violations.is_empty() && !found.contains_key(*name);
    Outcome {
        unreached: sometimes.filter(is_unreached).collect(),
        is_exhaustive: violations.is_empty() && begun.elapsed() < limit,
        violations,
        states: checker.unique_state_count(),
        took: begun.elapsed(),
    }
}

/// A history up to the first state that violates the property, and that state.
fn describe<S: Debug, A: Debug>(history: &[(S, Option<A>)], holds: impl Fn(&S) -> bool) -> String {
    let length = history.iter().take_while(|(state, _)| holds(state)).count();
    let mut text = String::new();
    for (number, (_, action)) in (1..).zip(&history[..length]) {
        if let Some(action) = action {
            // Writing to a string never fails.
            let _ = writeln!(text, "  {number:>2}. {action:?}");
        }
    }
    if let Some((end, _)) = history.get(length) {
        let _ = writeln!(text, "  leads to {end:?}");
    }
    text
}
