//! Restarts processes and servers that have crashed, after a pause that grows each time.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::Result;
use booked_local_system::System;

const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// What has run this long counts as healthy again.
const HEALTHY_AFTER: Duration = Duration::from_secs(60);

/// What has crashed, by its name.
#[derive(Default)]
pub(crate) struct Restarts(HashMap<String, Crash>);

#[derive(Clone, Copy)]
struct Crash {
    pause: Duration,
    restart_at: Instant,
    /// Whether it has not been restarted yet.
    is_down: bool,
}

impl Restarts {
    /// Checks everything once. `say` gets a line for each crash and each restart.
    pub(crate) fn check(&mut self, system: &System, say: impl Fn(&str)) {
        for process in system.processes() {
            let hint = format!("see {}", process.log().display());
            self.check_one(&process.name(), process.has_crashed(), &hint, || process.start(), &say);
        }
        if let Some(mut postgres) = system.postgres() {
            let (ended, hint) = (!postgres.is_running(), format!("see {}", postgres.data_dir().display()));
            self.check_one("PostgreSQL", ended, &hint, || postgres.restart(), &say);
        }
        if let Some(mut valkey) = system.valkey() {
            let (ended, hint) = (!valkey.is_running(), format!("see {}", valkey.data_dir().display()));
            self.check_one("Valkey", ended, &hint, || valkey.restart(), &say);
        }
    }

    fn check_one(
        &mut self,
        name: &str,
        has_ended: bool,
        hint: &str,
        start: impl FnOnce() -> Result<()>,
        say: &impl Fn(&str),
    ) {
        if !has_ended {
            return;
        }
        let now = Instant::now();
        let crash = self.0.entry(name.to_owned()).or_insert(Crash {
            pause: Duration::ZERO,
            restart_at: now,
            is_down: false,
        });
        if !crash.is_down {
            crash.record(now);
            say(&format!("{name} has ended, {hint}; restarting it in {:?}", crash.pause));
        } else if now >= crash.restart_at {
            crash.is_down = false;
            match start() {
                Ok(()) => say(&format!("{name} has been restarted")),
                Err(error) => say(&format!("{name} cannot be restarted: {error:#}")),
            }
        }
    }
}

impl Crash {
    fn record(&mut self, now: Instant) {
        let was_healthy = now.saturating_duration_since(self.restart_at) > HEALTHY_AFTER;
        self.pause = if was_healthy { PAUSE_MIN } else { (self.pause * 2).clamp(PAUSE_MIN, PAUSE_MAX) };
        self.restart_at = now + self.pause;
        self.is_down = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_crashing_is_restarted_after_longer_and_longer_pauses() {
        let mut now = Instant::now();
        let mut crash = Crash { pause: Duration::ZERO, restart_at: now, is_down: false };
        let mut pauses = Vec::new();
        for _ in 0..7 {
            crash.record(now);
            pauses.push(crash.pause.as_secs());
            now = crash.restart_at;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);

        crash.record(now + HEALTHY_AFTER * 2);
        assert_eq!(crash.pause, PAUSE_MIN);
    }
}
