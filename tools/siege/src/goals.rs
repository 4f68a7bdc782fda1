//! What must hold beside an attack.

use std::fmt;

use serde::Serialize;

use super::{attack::Attack, verdict::AttackReport};

/// Of the goodput that the same buyers have alone.
const BUYERS_KEEP: f64 = 0.9;
/// Of good log-ins, while a stranger floods from one address or guesses.
const LOG_INS_KEEP: f64 = 0.5;
/// Half of what a gateway may use where the charts run it.
const GATEWAY_MIB_MAX: u32 = 512;

/// Something that must hold, and what was found.
#[derive(Clone, Debug, Serialize)]
pub struct Goal {
    /// Of what.
    pub what: &'static str,
    /// The bound.
    pub bound: f64,
    /// What was found.
    pub found: f64,
    /// Whether it holds.
    pub met: bool,
}

impl Goal {
    fn at_least(what: &'static str, bound: f64, found: f64) -> Self {
        Self { what, bound, found, met: found >= bound }
    }

    fn at_most(what: &'static str, bound: f64, found: f64) -> Self {
        Self { what, bound, found, met: found <= bound }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let met = if self.met { "met" } else { "MISSED" };
        write!(f, "{}: {:.2}, bound {:.2}, {met}", self.what, self.found, self.bound)
    }
}

/// The goals of a report. Many accounts that hoard are a crowd that wants seats, which no system can tell from buyers: what
/// they leave is shown, and bound by nothing.
pub(super) fn goals(report: &AttackReport) -> Vec<Goal> {
    let mut goals = Vec::new();
    if report.attack != Attack::HoardingByMany {
        goals.push(Goal::at_least("buyers' goodput", BUYERS_KEEP, report.kept()));
    }
    if report.attack.is_on_log_ins() {
        goals.push(Goal::at_least("good log-ins", LOG_INS_KEEP, report.beside.log_ins.share()));
    }
    let mib = u32::try_from(report.gateway_mib).unwrap_or(u32::MAX);
    goals.push(Goal::at_most("gateway's MiB", f64::from(GATEWAY_MIB_MAX), f64::from(mib)));
    goals
}
