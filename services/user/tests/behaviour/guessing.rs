//! Guessing a password becomes slow for the guesser, and the owner still gets in.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use booked_server::Clock;
use chrono::{DateTime, Utc};
use futures_util::future::join_all;

use crate::support::{Answer, PASSWORD, Service};

const EMAIL: &str = "ada@example.com";
const HOME: &str = "198.51.100.1";
const STRANGER: &str = "203.0.113.9";
const SLOWED: &str = "429 SYS-06";

/// A clock that a test sets.
#[derive(Clone)]
struct SetClock(Arc<AtomicI64>);

impl SetClock {
    fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.0.load(Ordering::Relaxed), 0).unwrap()
    }
}

async fn service() -> (Service, SetClock) {
    let clock = SetClock(Arc::new(AtomicI64::new(1_800_000_000)));
    let set = clock.clone();
    let service = Service::start_with(&[("--hash-threads", "1")], |mut adapters| {
        adapters.clock = Arc::new(set);
        adapters
    })
    .await;
    service.register(EMAIL, PASSWORD).await;
    (service, clock)
}

fn retry_after(answer: &Answer) -> i64 {
    answer.retry_after.as_deref().expect("no Retry-After").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn some_guesses_are_free_and_each_further_one_waits_longer() {
    let (service, clock) = service().await;
    for _ in 0..5 {
        assert_eq!(service.log_in_from(STRANGER, EMAIL, "a guess").await.said(), "401 USER-04");
    }

    let mut waits = Vec::new();
    for _ in 0..9 {
        let slowed = service.log_in_from(STRANGER, EMAIL, PASSWORD).await;
        assert_eq!(slowed.said(), SLOWED, "not even the right one is looked at");
        waits.push(retry_after(&slowed));
        clock.advance(retry_after(&slowed));
        assert_eq!(service.log_in_from(STRANGER, EMAIL, "a guess").await.said(), "401 USER-04");
    }

    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_that_are_made_at_once_are_slowed_like_those_one_after_the_other() {
    let (service, _) = service().await;

    let guesses = (0..40).map(|_| service.log_in_from(STRANGER, EMAIL, "a guess"));
    let answers = join_all(guesses).await;

    let count = |said: &str| answers.iter().filter(|answer| answer.said() == said).count();
    assert_eq!(count("401 USER-04") + count(SLOWED), 40, "{answers:?}");
    assert!(count("401 USER-04") < 20, "{} were looked at", count("401 USER-04"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_guesses_keep_neither_the_owner_out_nor_other_accounts() {
    let (service, _) = service().await;
    service.register("bob@example.com", PASSWORD).await;
    for _ in 0..20 {
        service.log_in_from(STRANGER, EMAIL, "a guess").await;
    }
    assert_eq!(service.log_in_from(STRANGER, EMAIL, "a guess").await.said(), SLOWED);

    assert_eq!(service.log_in_from(HOME, EMAIL, PASSWORD).await.said(), "200");
    assert_eq!(service.log_in_from(STRANGER, "bob@example.com", PASSWORD).await.said(), "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_password_and_time_make_failures_forgotten() {
    let (service, clock) = service().await;
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(service.log_in_from(HOME, EMAIL, "a slip").await.said(), "401 USER-04");
        }
        assert_eq!(service.log_in_from(HOME, EMAIL, PASSWORD).await.said(), "200");
    }
    for _ in 0..2 {
        for _ in 0..5 {
            assert_eq!(service.log_in_from(HOME, EMAIL, "a slip").await.said(), "401 USER-04");
        }
        assert_eq!(service.log_in_from(HOME, EMAIL, "a slip").await.said(), SLOWED);
        clock.advance(16 * 60);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_email_that_nobody_has_is_slowed_like_any_other() {
    let (service, _) = service().await;
    for _ in 0..5 {
        assert_eq!(service.log_in_from(STRANGER, "eve@example.com", "a guess").await.said(), "401 USER-03");
    }
    assert_eq!(service.log_in_from(STRANGER, "eve@example.com", "a guess").await.said(), SLOWED);
    assert_eq!(service.log_in_from(STRANGER, "EVE@example.com", "a guess").await.said(), SLOWED);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_many_networks_guess_the_owner_logs_in_at_once_from_home_and_in_turn_from_a_new_network() {
    let (service, clock) = service().await;
    assert_eq!(service.log_in_from(HOME, EMAIL, PASSWORD).await.said(), "200");
    let network = |number: usize| format!("192.0.2.{number}");
    let mut looked_at = 0;
    for number in 0..200 {
        let guess = service.log_in_from(&network(number), EMAIL, "a guess").await;
        looked_at += usize::from(guess.said() == "401 USER-04");
    }
    assert!(looked_at < 40, "{looked_at} guesses of a botnet were looked at");

    assert_eq!(service.log_in_from(HOME, EMAIL, PASSWORD).await.said(), "200", "from home");
    let slowed = service.log_in_from(STRANGER, EMAIL, PASSWORD).await;
    assert_eq!(slowed.said(), SLOWED);
    assert!(retry_after(&slowed) <= 300, "{slowed:?}");
    for number in 0..200 {
        service.log_in_from(&network(number), EMAIL, "a guess").await;
    }
    clock.advance(retry_after(&slowed));
    assert_eq!(service.log_in_from(STRANGER, EMAIL, PASSWORD).await.said(), "200", "in turn");
}
