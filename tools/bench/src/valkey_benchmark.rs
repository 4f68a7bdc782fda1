//! valkey-benchmark: the reserve script, again and again.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use booked_sandbox::ValkeyServer;
use uuid::Uuid;

use crate::{
    settings::{CLIENTS, HOLDS_PER_USER_MAX},
    tools::{Tool, Tools, output},
    turns::Done,
};

/// As ticketing puts its scripts together.
#[path = "../../../services/ticketing/src/outbound/valkey/prelude.rs"]
mod prelude;

const ANSWERS: &str = include_str!("../../../services/ticketing/src/outbound/valkey/answers.lua");
const RESERVE: &str = include_str!("../../../services/ticketing/src/outbound/valkey/reserve.lua");
/// The length of an event id's text without the seat.
const UNSEATED: usize = 28;
/// As with `cargo up`.
const HOLD_TTL_MS: u32 = 600_000;
/// As with `cargo up`.
const COOLDOWN_MS: u32 = 600_000;
/// As ticketing sends it.
const NOTED_LATELY_MS: u32 = 1_000;
/// Much slower than any machine.
const PER_S_MIN: u32 = 500;

pub(super) struct ValkeyBenchmark<'a> {
    pub(super) tools: &'a Tools,
    pub(super) valkey: &'a ValkeyServer,
}

impl ValkeyBenchmark<'_> {
    /// Sends `count` reservations of this many seats of an event that has an inventory.
    ///
    /// # Errors
    ///
    /// Also if not all of them were granted.
    pub(super) async fn run(&self, event: Uuid, seats: u32, count: u32) -> Result<Done> {
        let digest = tokio::task::block_in_place(|| self.digest())?;
        let before = self.taken(event)?;
        let mut args: Vec<String> = ["-h", "127.0.0.1", "--csv", "-p"].map(str::to_owned).into();
        args.push(self.valkey.port().to_string());
        args.extend(["-c".to_owned(), CLIENTS.to_string(), "-n".to_owned(), count.to_string()]);
        args.extend(["EVALSHA".to_owned(), digest.trim().to_owned()]);
        args.extend(arguments(event, seats));
        let expected = Duration::from_secs(u64::from(count / PER_S_MIN));
        let output = output(&self.tools.of(Tool::ValkeyBenchmark)?, &args, expected).await?;
        let held = self.taken(event)?.saturating_sub(before);
        ensure!(held == seats * count, "of {count} reservations of {seats} seats, {held} seats are held");
        Done::at_rate(count, per_second(&output)?)
    }

    /// Of the script, which ticketing has run already.
    ///
    /// # Errors
    ///
    /// Also if Valkey learns it only now, so that it is not the one that ticketing runs.
    fn digest(&self) -> Result<String> {
        let known = || {
            let memory = self.valkey.command(&["INFO", "memory"])?;
            let count = memory.lines().find_map(|line| line.strip_prefix("number_of_cached_scripts:"));
            count.map(|count| count.trim().to_owned()).context("Valkey does not count its scripts")
        };
        let before = known()?;
        let digest = self.valkey.command(&["SCRIPT", "LOAD", &script()])?;
        ensure!(before == known()?, "this is not the script that ticketing runs");
        Ok(digest)
    }

    fn taken(&self, event: Uuid) -> Result<u32> {
        let key = format!("{{{event}}}:meta");
        let taken = tokio::task::block_in_place(|| self.valkey.command(&["HGET", &key, "taken"]))?;
        taken.trim().parse().context("the event has no inventory")
    }
}

/// As ticketing sends it.
fn script() -> String {
    prelude::with_prelude(&[ANSWERS, RESERVE].join("\n"))
}

/// Keys and arguments of a reservation of this many seats without an idempotency key, with the keys that the prelude names.
fn arguments(event: Uuid, seats: u32) -> Vec<String> {
    let keys = prelude::PRELUDE.lines().find_map(|line| line.strip_prefix("-- KEYS: ")).unwrap_or_default();
    let keys: Vec<&str> = keys.split(' ').collect();
    let tag = format!("{{{event}}}:");
    let unseated = event.to_string().get(..UNSEATED).unwrap_or_default().to_owned();
    let mut args = vec![keys.len().to_string()];
    args.extend(keys.iter().map(|key| format!("{tag}{key}")));
    args.extend([
        format!("{tag}{unseated}"),
        String::new(),
        Uuid::from_u128(1).to_string(),
        seats.to_string(),
    ]);
    args.extend([HOLD_TTL_MS, HOLDS_PER_USER_MAX, COOLDOWN_MS, NOTED_LATELY_MS].map(|it| it.to_string()));
    args
}

/// The second value of the last line; the first value is the command.
fn per_second(output: &str) -> Result<f64> {
    let rate = output.lines().last().and_then(|line| line.split("\",\"").nth(1));
    let rate = rate.with_context(|| format!("valkey-benchmark reported no rate:\n{output}"))?;
    rate.parse().with_context(|| format!("valkey-benchmark reported {rate:?}"))
}

#[cfg(test)]
mod tests {
    use booked_sandbox::test_valkey;

    use super::*;

    #[test]
    fn the_script_is_whole() {
        let server = test_valkey();
        let mut words = vec!["EVAL".to_owned(), script()];
        words.extend(arguments(Uuid::from_u128(7), 2));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(server.command(&words).unwrap().trim(), "not loaded");
    }

    #[test]
    fn the_rate_is_read() {
        let output =
            "\"test\",\"rps\",\"avg_latency_ms\"\n\"EVALSHA abc 7 {x}:taken, 2\",\"36101.08\",\"0.8\"\n";
        assert!((per_second(output).unwrap() - 36_101.08).abs() < 1e-9);
        assert!(per_second("").is_err());
    }
}
