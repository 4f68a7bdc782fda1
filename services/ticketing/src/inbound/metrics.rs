//! What the service measures on its own: gauges that are read on a clock, and counts of what the jobs repair.

pub mod gauges;
mod repairs;

pub(super) use repairs::RepairMetrics;
