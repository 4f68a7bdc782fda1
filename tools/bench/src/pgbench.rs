//! pgbench: the transaction of one booking, again and again.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, Result};
use uuid::Uuid;

use crate::{
    settings::cores,
    tools::{Tool, Tools, output},
    turns::Done,
};

/// The statements of one booking, one after the other.
const BOOKING: &str = include_str!("booking.pgbench.sql");

pub(super) struct Pgbench<'a> {
    pub(super) tools: &'a Tools,
    /// For the script.
    pub(super) folder: &'a Path,
    pub(super) url: &'a str,
}

/// Of these numbers of clients one is the best.
const CLIENTS: [u32; 4] = [8, 16, 32, 64];

impl Pgbench<'_> {
    /// The number of clients with which most bookings of this many seats are done. Each number gets an event of its own.
    pub(super) async fn best_clients(
        &self,
        mut event: impl AsyncFnMut() -> Result<Uuid>,
        seats: u32,
    ) -> Result<u32> {
        let mut best = (0.0, 0);
        for clients in CLIENTS {
            let rate = self.run(event().await?, seats, clients, 1).await?.per_second()?;
            if rate > best.0 {
                best = (rate, clients);
            }
        }
        Ok(best.1)
    }

    /// Bookings of this many seats of an event that exists and of which no seat is sold.
    pub(super) async fn run(&self, event: Uuid, seats: u32, clients: u32, slice_s: u64) -> Result<Done> {
        let script = self.folder.join("booking.sql");
        fs::write(&script, BOOKING).with_context(|| format!("cannot write {}", script.display()))?;
        let threads = u32::try_from(cores())?.min(clients);
        let mut args: Vec<String> = ["-n", "-M", "prepared", "-f"].map(str::to_owned).into();
        args.push(script.display().to_string());
        for (flag, value) in [("-c", u64::from(clients)), ("-j", u64::from(threads)), ("-T", slice_s)] {
            args.extend([flag.to_owned(), value.to_string()]);
        }
        args.extend(["-D".to_owned(), format!("event={event}"), "-D".to_owned(), "done=0".to_owned()]);
        args.extend(["-D".to_owned(), format!("seats={seats}")]);
        args.push(self.url.to_owned());
        let output = output(&self.tools.of(Tool::Pgbench)?, &args, Duration::from_secs(slice_s)).await?;
        done(&output)
    }
}

fn done(output: &str) -> Result<Done> {
    let after = |label: &str| output.lines().find_map(|line| line.trim().strip_prefix(label));
    let rate = after("tps = ").and_then(|line| line.split_whitespace().next());
    let rate = rate.with_context(|| format!("pgbench reported no rate:\n{output}"))?;
    let rate: f64 = rate.parse().with_context(|| format!("pgbench reported {rate:?}"))?;
    let calls = after("number of transactions actually processed: ");
    let calls: u32 = calls
        .and_then(|calls| calls.parse().ok())
        .with_context(|| format!("pgbench reported no transactions:\n{output}"))?;
    Done::at_rate(calls, rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read() {
        let output = "number of transactions actually processed: 22800\nlatency average = 5 ms\n\
                      tps = 11400.25 (without initial connection time)\n";
        let read = done(output).unwrap();
        assert_eq!(read.calls, 22_800);
        assert!((read.per_second().unwrap() - 11_400.25).abs() < 1e-3);
        assert!(done("tps = 5.0").is_err());
        assert!(done("pgbench: nothing").is_err());
    }
}
