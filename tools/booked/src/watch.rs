//! Starts again what ended by itself, each time after a longer pause.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::Result;
use booked_local_system::System;

const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// What ran this long is taken for healthy again.
const HEALTHY_AFTER: Duration = Duration::from_secs(60);

/// Remembers what ended, and when to start it again.
#[derive(Default)]
pub(crate) struct Watch(HashMap<String, Crash>);

#[derive(Clone, Copy)]
struct Crash {
    pause: Duration,
    start_again_at: Instant,
    /// Whether it has ended and not been started again yet.
    is_down: bool,
}

impl Watch {
    /// Looks after everything once; `say` hears of each end and each start.
    pub(crate) fn look(&mut self, system: &System, say: impl Fn(&str)) {
        for process in system.processes() {
            let hint = format!("see {}", process.log().display());
            self.look_after(&process.name(), process.has_crashed(), &hint, || process.start(), &say);
        }
        if let Some(mut postgres) = system.postgres() {
            let (ended, hint) = (!postgres.is_running(), format!("see {}", postgres.data_dir().display()));
            self.look_after("PostgreSQL", ended, &hint, || postgres.restart(), &say);
        }
        if let Some(mut valkey) = system.valkey() {
            let (ended, hint) = (!valkey.is_running(), format!("see {}", valkey.data_dir().display()));
            self.look_after("Valkey", ended, &hint, || valkey.restart(), &say);
        }
    }

    fn look_after(
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
            start_again_at: now,
            is_down: false,
        });
        if !crash.is_down {
            crash.note(now);
            say(&format!("{name} has ended, {hint}; starting it again in {:?}", crash.pause));
        } else if now >= crash.start_again_at {
            crash.is_down = false;
            match start() {
                Ok(()) => say(&format!("{name} is started again")),
                Err(error) => say(&format!("{name} cannot be started again: {error:#}")),
            }
        }
    }
}

impl Crash {
    fn note(&mut self, now: Instant) {
        let was_healthy = now.saturating_duration_since(self.start_again_at) > HEALTHY_AFTER;
        self.pause = if was_healthy { PAUSE_MIN } else { (self.pause * 2).clamp(PAUSE_MIN, PAUSE_MAX) };
        self.start_again_at = now + self.pause;
        self.is_down = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_ending_is_started_after_ever_longer_pauses() {
        let mut now = Instant::now();
        let mut crash = Crash { pause: Duration::ZERO, start_again_at: now, is_down: false };
        let mut pauses = Vec::new();
        for _ in 0..7 {
            crash.note(now);
            pauses.push(crash.pause.as_secs());
            now = crash.start_again_at;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);

        crash.note(now + HEALTHY_AFTER * 2);
        assert_eq!(crash.pause, PAUSE_MIN);
    }
}
