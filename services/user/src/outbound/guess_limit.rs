//! Slows the guessing of passwords, in the memory of this process, so each replica counts on its own. No failure is
//! written to the database, because strangers could fill a table that way.
//!
//! Failures with an account slow only the network that they came from, so the owner, who comes from another network, is
//! not affected. If many networks guess at one account, those from which its owner never logged in take turns, so that
//! the owner gets in even from a new network, within [`TURN_WAIT_MAX_MS`].

use std::{
    hash::{BuildHasher as _, Hash, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use quick_cache::unsync::Cache;

use super::refused_log_ins::{Reason, RefusedLogIns};
use crate::{
    domain::{EmailKey, Origin},
    ports::{GuessLimit, TooManyGuesses},
};

/// How many times a network may fail with an account before it is slowed at all.
const FAILURES_FREE: u32 = 5;
/// The wait after those failures; each further one doubles it.
const WAIT_MIN_MS: i64 = 1_000;
const WAIT_MAX_MS: i64 = 60_000;
/// After this long without a failure, a network's failures are forgotten.
const FORGOTTEN_AFTER_MS: i64 = 15 * 60_000;
/// How many times networks from which its owner never logged in may together fail with one account before they have to
/// take turns.
const FAILURES_AT_ONCE: i64 = 20;
/// How much time is between two turns, and after how much time one of those failures is forgotten.
const TURN_EVERY_MS: i64 = 2_000;
/// The longest time that a network waits for its turn.
const TURN_WAIT_MAX_MS: i64 = 5 * 60_000;
/// How many networks of an owner are remembered.
const NETWORKS_KNOWN: usize = 4;
/// How many accounts, and how many pairs of account and network, are remembered; each takes about 100 bytes.
const REMEMBERED: usize = 65_536;

/// The failures that this process has seen recently.
pub struct RecentFailures {
    hasher: RandomState,
    seen: Mutex<Seen>,
    refused: RefusedLogIns,
}

struct Seen {
    pairs: Cache<u64, Pair>,
    accounts: Cache<u64, Account>,
}

/// What a network did with an account. Times are in Unix milliseconds.
#[derive(Clone, Copy, Default)]
struct Pair {
    failures: u32,
    failed: i64,
    /// No attempt is allowed before this.
    free: i64,
    /// When its turn comes, if it has to wait for one.
    turn: Option<i64>,
}

/// What all networks together did with an account.
#[derive(Clone, Copy, Default)]
struct Account {
    /// When all failures of unknown networks will be forgotten, if there are no more.
    failing_until: i64,
    next_turn: i64,
    /// The networks from which the owner logged in, the latest first.
    known: [Option<u64>; NETWORKS_KNOWN],
}

/// An attempt, identified by the hashes of its account and its network.
#[derive(Clone, Copy)]
struct Attempt {
    pair: u64,
    account: u64,
    network: u64,
    now: i64,
}

impl Default for RecentFailures {
    fn default() -> Self {
        let seen = Seen { pairs: Cache::new(REMEMBERED), accounts: Cache::new(REMEMBERED) };
        Self { hasher: RandomState::new(), seen: Mutex::new(seen), refused: RefusedLogIns::new() }
    }
}

impl RecentFailures {
    fn attempt(&self, email: &EmailKey, origin: Origin, now: DateTime<Utc>) -> Attempt {
        Attempt {
            pair: self.hash((email.as_str(), origin)),
            account: self.hash(email.as_str()),
            network: self.hash(origin),
            now: now.timestamp_millis(),
        }
    }

    fn hash(&self, what: impl Hash) -> u64 {
        self.hasher.hash_one(what)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a refusal, and rounds its wait up to whole seconds.
    fn counted(&self, wait_ms: Result<(), i64>) -> Result<(), TooManyGuesses> {
        wait_ms.map_err(|wait_ms| {
            self.refused.count(Reason::Slowed);
            let whole_seconds = wait_ms.max(1).unsigned_abs().div_ceil(1_000);
            TooManyGuesses { retry_after_s: whole_seconds }
        })
    }
}

impl GuessLimit for RecentFailures {
    fn check(&self, email: &EmailKey, origin: Origin, now: DateTime<Utc>) -> Result<(), TooManyGuesses> {
        let attempt = self.attempt(email, origin, now);
        let checked = self.seen().check(attempt);
        self.counted(checked)
    }

    fn begin(&self, email: &EmailKey, origin: Origin, now: DateTime<Utc>) -> Result<(), TooManyGuesses> {
        let attempt = self.attempt(email, origin, now);
        let begun = self.seen().begin(attempt);
        self.counted(begun)
    }

    fn ended(&self, email: &EmailKey, origin: Origin, is_right: bool, now: DateTime<Utc>) {
        let attempt = self.attempt(email, origin, now);
        let mut seen = self.seen();
        if is_right { seen.succeeded(attempt) } else { seen.failed(attempt) }
    }
}

impl Seen {
    fn check(&mut self, attempt: Attempt) -> Result<(), i64> {
        let Attempt { now, .. } = attempt;
        let mut pair = self.pair(attempt);
        pair.may_go_on(now)?;
        let mut account = self.account(attempt);
        if account.known.contains(&Some(attempt.network)) || !account.is_attacked(now) {
            return Ok(());
        }
        let turn = match pair.turn {
            Some(turn) => turn.min(now + TURN_WAIT_MAX_MS),
            None => {
                let turn = account.next_turn.clamp(now, now + TURN_WAIT_MAX_MS);
                account.next_turn = turn + TURN_EVERY_MS;
                self.accounts.insert(attempt.account, account);
                turn
            }
        };
        pair.turn = Some(turn).filter(|turn| *turn > now);
        self.pairs.insert(attempt.pair, pair);
        if turn > now { Err(turn - now) } else { Ok(()) }
    }

    /// If several attempts wait for a thread while their network is slowed, one begins per wait.
    fn begin(&mut self, attempt: Attempt) -> Result<(), i64> {
        let mut pair = self.pair(attempt);
        pair.may_go_on(attempt.now)?;
        if pair.failures >= FAILURES_FREE {
            pair.free = attempt.now + pair.wait();
            self.pairs.insert(attempt.pair, pair);
        }
        Ok(())
    }

    fn failed(&mut self, attempt: Attempt) {
        let Attempt { now, .. } = attempt;
        let mut pair = self.pair(attempt);
        pair.failures = pair.failures.saturating_add(1);
        pair.failed = now;
        if pair.failures >= FAILURES_FREE {
            pair.free = now + pair.wait();
        }
        self.pairs.insert(attempt.pair, pair);
        let mut account = self.account(attempt);
        if !account.known.contains(&Some(attempt.network)) {
            let later = account.failing_until.max(now) + TURN_EVERY_MS;
            account.failing_until = later.min(now + TURN_WAIT_MAX_MS);
            self.accounts.insert(attempt.account, account);
        }
    }

    fn succeeded(&mut self, attempt: Attempt) {
        self.pairs.remove(&attempt.pair);
        let mut account = self.account(attempt);
        if account.known.first() != Some(&Some(attempt.network)) {
            let others = account.known.into_iter().filter(|known| *known != Some(attempt.network));
            let known = std::iter::once(Some(attempt.network)).chain(others);
            account.known = std::array::from_fn({
                let mut known = known.collect::<Vec<_>>().into_iter();
                move |_| known.next().flatten()
            });
            self.accounts.insert(attempt.account, account);
        }
    }

    fn pair(&self, attempt: Attempt) -> Pair {
        let pair = self.pairs.get(&attempt.pair).copied().unwrap_or_default();
        let is_forgotten = pair.failures > 0 && attempt.now - pair.failed > FORGOTTEN_AFTER_MS;
        if is_forgotten { Pair { turn: pair.turn, ..Pair::default() } } else { pair }
    }

    fn account(&self, attempt: Attempt) -> Account {
        self.accounts.get(&attempt.account).copied().unwrap_or_default()
    }
}

impl Pair {
    /// If the clock is set back, the wait does not become longer than it would have been.
    fn may_go_on(&self, now: i64) -> Result<(), i64> {
        let left = (self.free - now).min(self.wait());
        if self.failures >= FAILURES_FREE && left > 0 { Err(left) } else { Ok(()) }
    }

    fn wait(&self) -> i64 {
        let doublings = self.failures.saturating_sub(FAILURES_FREE).min(16);
        (WAIT_MIN_MS << doublings).min(WAIT_MAX_MS)
    }
}

impl Account {
    fn is_attacked(&self, now: i64) -> bool {
        self.failing_until - now > FAILURES_AT_ONCE * TURN_EVERY_MS
    }
}
