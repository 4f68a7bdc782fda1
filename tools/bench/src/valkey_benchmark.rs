//! valkey-benchmark: the reserve script itself, again and again.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use booked_sandbox::ValkeyServer;
use uuid::Uuid;

use super::{
    settings::{CLIENTS, HOLDS_PER_USER_MAX},
    tools::{Tool, Tools, output},
};

const PRELUDE: &str = include_str!("../../../services/ticketing/src/outbound/valkey/prelude.lua");
const RESERVE: &str = include_str!("../../../services/ticketing/src/outbound/valkey/reserve.lua");
/// The length of an event id's text without the seat.
const UNSEATED: usize = 28;
/// As `cargo up` holds seats.
const HOLD_TTL_MS: u32 = 600_000;
/// As `cargo up` counts holds that have ended.
const COOLDOWN_MS: u32 = 600_000;
/// Far slower than any machine is.
const PER_S_MIN: u32 = 500;

/// Reservations of seats of an event that has a map.
pub(super) struct ValkeyBenchmark<'a> {
    pub(super) tools: &'a Tools,
    pub(super) valkey: &'a ValkeyServer,
}

impl ValkeyBenchmark<'_> {
    /// Reservations a second, of so many.
    ///
    /// # Errors
    ///
    /// Also where they were not all granted.
    pub(super) async fn run(&self, event: Uuid, count: u32) -> Result<f64> {
        // As ticketing sends it, with the keys that the prelude names.
        let script = [PRELUDE, RESERVE].join("\n");
        let keys = PRELUDE.lines().find_map(|line| line.strip_prefix("-- KEYS: ")).unwrap_or_default();
        let keys: Vec<&str> = keys.split(' ').collect();
        let digest = tokio::task::block_in_place(|| self.valkey.command(&["SCRIPT", "LOAD", &script]))?;
        let before = self.taken(event)?;
        let mut arguments: Vec<String> = ["-h", "127.0.0.1", "--csv", "-p"].map(str::to_owned).into();
        arguments.push(self.valkey.port().to_string());
        arguments.extend(["-c".to_owned(), CLIENTS.to_string(), "-n".to_owned(), count.to_string()]);
        arguments.extend(["EVALSHA".to_owned(), digest.trim().to_owned(), keys.len().to_string()]);
        let tag = format!("{{{event}}}:");
        arguments.extend(keys.iter().map(|key| format!("{tag}{key}")));
        let unseated = event.to_string().get(..UNSEATED).unwrap_or_default().to_owned();
        arguments.extend([format!("{tag}{unseated}"), Uuid::from_u128(1).to_string()]);
        arguments.extend(["2".to_owned(), HOLD_TTL_MS.to_string()]);
        arguments.extend([HOLDS_PER_USER_MAX.to_string(), COOLDOWN_MS.to_string()]);
        let takes = Duration::from_secs(u64::from(count / PER_S_MIN));
        let said = output(&self.tools.of(Tool::ValkeyBenchmark)?, &arguments, takes).await?;
        let held = self.taken(event)?.saturating_sub(before);
        ensure!(held == 2 * count, "of {count} reservations of 2 seats, {held} seats are held");
        per_second(&said)
    }

    fn taken(&self, event: Uuid) -> Result<u32> {
        let key = format!("{{{event}}}:meta");
        let taken = tokio::task::block_in_place(|| self.valkey.command(&["HGET", &key, "taken"]))?;
        taken.trim().parse().context("the event has no map")
    }
}

/// The second value of the last line; the first one is the command.
fn per_second(said: &str) -> Result<f64> {
    let rate = said.lines().last().and_then(|line| line.split("\",\"").nth(1));
    let rate = rate.with_context(|| format!("valkey-benchmark did not say how many:\n{said}"))?;
    rate.parse().with_context(|| format!("valkey-benchmark said {rate:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read() {
        let said =
            "\"test\",\"rps\",\"avg_latency_ms\"\n\"EVALSHA abc 7 {x}:taken, 2\",\"36101.08\",\"0.8\"\n";
        assert!((per_second(said).unwrap() - 36_101.08).abs() < 1e-9);
        assert!(per_second("").is_err());
    }
}
