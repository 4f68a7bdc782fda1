//! With all its guards the protocol satisfies every property, in every state of these sizes.

use std::time::Duration;

use booked_model::runs::{Run, SMALL};

const LIMIT: Duration = Duration::from_secs(600);

fn holds(names: &str) {
    let runs: Vec<&(&str, Run)> = SMALL.iter().filter(|(name, _)| name.starts_with(names)).collect();
    assert!(!runs.is_empty(), "no size has the name {names}");
    for (name, run) in runs {
        let outcome = run.check(1, LIMIT);
        let violations: Vec<String> = outcome
            .violations
            .iter()
            .map(|(property, history)| format!("{property:?} is violated:\n{history}"))
            .collect();
        assert!(violations.is_empty(), "{name}: {}", violations.join("\n"));
        assert!(outcome.is_exhaustive, "{name}: not everything was explored");
        assert!(outcome.unreached.is_empty(), "{name}: never reached {:?}", outcome.unreached);
    }
}

#[test]
fn the_sale_of_one_seat_holds() {
    holds("seats-1");
}

#[test]
fn the_sale_of_two_seats_holds() {
    holds("seats-2");
}

#[test]
fn the_sale_of_two_events_holds() {
    holds("events");
}

#[test]
fn transactions_may_be_treated_as_one_step() {
    holds("transactions");
}

#[test]
fn a_standby_may_take_over() {
    holds("replication");
}

#[test]
fn nobody_has_more_than_one_buyer_may() {
    holds("buyer-limit");
}

#[test]
fn terms_that_were_answered_are_in_effect() {
    holds("sale-terms");
}

#[test]
fn the_waitlist_holds() {
    holds("waitlist");
}

#[test]
fn the_feed_holds() {
    holds("feed");
}
