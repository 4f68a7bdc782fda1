//! A bound that must hold during an attack.

use std::fmt;

use serde::Serialize;

/// A bound, and what was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Goal {
    pub what: &'static str,
    pub bound: f64,
    #[serde(rename = "found")]
    pub measured: f64,
    #[serde(rename = "met")]
    pub is_met: bool,
}

impl Goal {
    pub(super) fn at_least(what: &'static str, bound: f64, measured: f64) -> Self {
        Self { what, bound, measured, is_met: measured >= bound }
    }

    pub(super) fn at_most(what: &'static str, bound: f64, measured: f64) -> Self {
        Self { what, bound, measured, is_met: measured <= bound }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let met = if self.is_met { "met" } else { "MISSED" };
        write!(f, "{}: {:.2}, bound {:.2}, {met}", self.what, self.measured, self.bound)
    }
}
