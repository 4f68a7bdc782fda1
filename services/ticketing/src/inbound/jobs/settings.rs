//! How often the jobs run.

use std::time::Duration;

/// How often the jobs run.
#[derive(Clone, Copy, Debug)]
pub struct JobSettings {
    /// The janitor, notifying and purging.
    pub tick: Duration,
    /// A round of the reconciler over all events.
    pub reconcile_round: Duration,
    /// After so long no booking is under way any more that was so before.
    pub claim: Duration,
}
