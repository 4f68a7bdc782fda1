//! pgbench: the transaction of one booking, again and again.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, Result};
use uuid::Uuid;

use super::{
    settings::cores,
    tools::{Tool, Tools, output},
};

/// The statements of one booking of two seats, one after the other.
const BOOKING: &str = include_str!("booking.pgbench.sql");

pub(super) struct Pgbench<'a> {
    pub(super) tools: &'a Tools,
    /// For the script.
    pub(super) folder: &'a Path,
    pub(super) url: &'a str,
}

impl Pgbench<'_> {
    /// Bookings per second of an event that exists and of which no seat is sold.
    pub(super) async fn run(&self, event: Uuid, clients: u32, slice_s: u64) -> Result<f64> {
        let script = self.folder.join("booking.sql");
        fs::write(&script, BOOKING).with_context(|| format!("cannot write {}", script.display()))?;
        let threads = u32::try_from(cores())?.min(clients);
        let mut args: Vec<String> = ["-n", "-M", "prepared", "-f"].map(str::to_owned).into();
        args.push(script.display().to_string());
        for (flag, value) in [("-c", u64::from(clients)), ("-j", u64::from(threads)), ("-T", slice_s)] {
            args.extend([flag.to_owned(), value.to_string()]);
        }
        args.extend(["-D".to_owned(), format!("event={event}"), "-D".to_owned(), "done=0".to_owned()]);
        args.push(self.url.to_owned());
        let output = output(&self.tools.of(Tool::Pgbench)?, &args, Duration::from_secs(slice_s)).await?;
        per_second(&output)
    }
}

fn per_second(output: &str) -> Result<f64> {
    let line = output.lines().find_map(|line| line.trim().strip_prefix("tps = "));
    let rate = line.and_then(|line| line.split_whitespace().next());
    let rate = rate.with_context(|| format!("pgbench reported no rate:\n{output}"))?;
    rate.parse().with_context(|| format!("pgbench reported {rate:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read() {
        let output = "latency average = 5 ms\ntps = 11400.25 (without initial connection time)\n";
        assert!((per_second(output).unwrap() - 11_400.25).abs() < 1e-9);
        assert!(per_second("pgbench: nothing").is_err());
    }
}
