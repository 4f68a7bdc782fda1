//! Archived months of the ledger: what cannot be judged without them is reported as such, and everything else is
//! judged.

use std::collections::BTreeMap;

use booked_checker::{
    evidence::{Evidence, Fact, LedgerEntry},
    judge,
};
use booked_contract::feed::{DayCounted, TicketsCounted};

use crate::{
    good::assert_valid,
    run::{ANN, BOB, Run, SECOND},
    tamper::{assert_found, assert_unchecked, is_book, last, ticket, ticketing},
};

const DAY_MS: i64 = 86_400_000;

/// Ann buys three tickets and cancels one, and months pass. Then she cancels another one, and Bob buys what she had
/// first and one more. The evidence, and when the months ended.
fn sold_over_months() -> (Evidence, u64) {
    let mut run = Run::of(6);
    let held = run.reserve(ANN, 3);
    run.book(ANN, &held);
    run.list(ANN);
    run.cancel(ANN, 1);
    run.pass(60 * 86_400 * SECOND);
    let months_end_us = run.now_us();
    run.pass(86_400 * SECOND);
    run.cancel(ANN, 1);
    let held = run.reserve(BOB, 3);
    run.book(BOB, &held);
    run.list(ANN);
    run.list(BOB);
    (run.evidence(), months_end_us)
}

/// The same after everything before that time was archived.
fn archived() -> Evidence {
    let (mut evidence, before_us) = sold_over_months();
    assert_valid(&judge(&evidence));
    archive(&mut evidence, before_us);
    evidence
}

fn archive(evidence: &mut Evidence, before_us: u64) {
    let before_ms = i64::try_from(before_us / 1_000).unwrap();
    let event_id = ticket(evidence, 1).event().as_uuid();
    let ticketing = ticketing(evidence);
    let mut days: BTreeMap<i64, DayCounted> = BTreeMap::new();
    let mut place = 0;
    let mut attempts = Vec::new();
    ticketing.ledger.retain(|entry| {
        let mut count = |unix_ms: i64, booked, cancelled| {
            let day_unix_ms = unix_ms / DAY_MS * DAY_MS;
            let day = days.entry(day_unix_ms).or_insert(DayCounted { day_unix_ms, booked: 0, cancelled: 0 });
            day.booked += booked;
            day.cancelled += cancelled;
            place = entry.position;
        };
        match &entry.fact {
            Fact::Booked(it) if it.booked_unix_ms < before_ms => {
                attempts.push(it.booking_id);
                it.seats.iter().for_each(|_| count(it.booked_unix_ms, 1, 0));
                false
            }
            Fact::Cancelled(it) if it.cancelled_unix_ms < before_ms => {
                it.tickets.iter().for_each(|gone| count(gone.booked_unix_ms, 0, 1));
                false
            }
            _ => true,
        }
    });
    let fact = Fact::Counted(TicketsCounted { event_id, days: days.into_values().collect() });
    ticketing.ledger.push(LedgerEntry { position: place, fact });
    ticketing.ledger.sort_by_key(|entry| entry.position);
    ticketing.archived_before_ms = Some(before_ms);
    ticketing.archived_attempts.extend(attempts);
}

#[test]
fn what_is_archived_is_not_taken_for_lost() {
    for (rule, words) in [
        (1, "tickets whose booking is archived"),
        (1, "cancels of tickets whose booking is archived"),
        (2, "acknowledged bookings of tickets that may be archived"),
        (2, "whether listings show too much"),
        (6, "settled attempts whose booking is archived"),
        (6, "whether cancels are in the ledger"),
    ] {
        assert_unchecked(rule, words, archived(), |_| {});
    }
}

#[test]
fn what_happened_after_it_is_judged_as_usual() {
    assert_found(2, "is not in the ledger", archived(), |evidence| {
        let kept = |entry: &LedgerEntry| !matches!(&entry.fact, Fact::Booked(_));
        ticketing(evidence).ledger.retain(kept);
    });
    assert_found(6, "is booked, and the ledger says otherwise", archived(), |evidence| {
        let kept = |entry: &LedgerEntry| !matches!(&entry.fact, Fact::Booked(_));
        ticketing(evidence).ledger.retain(kept);
    });
    assert_found(6, "0 times according to the ledger; 1 such calls", archived(), |evidence| {
        let kept = |entry: &LedgerEntry| !matches!(&entry.fact, Fact::Cancelled(_));
        ticketing(evidence).ledger.retain(kept);
    });
    assert_found(1, "has another owner in the ledger", archived(), |evidence| {
        let ledger = &mut ticketing(evidence).ledger;
        ledger.retain(|entry| !matches!(&entry.fact, Fact::Booked(_)));
    });
    assert_found(2, "is not in the ledger", archived(), |evidence| {
        last(evidence, is_book).user = Some(ANN);
    });
}

#[test]
fn what_is_archived_adds_up_to_what_analytics_counts() {
    assert_found(4, "differ about event", archived(), |evidence| {
        let counted = ticketing(evidence).ledger.iter_mut().find_map(|entry| match &mut entry.fact {
            Fact::Counted(counted) => Some(counted),
            _ => None,
        });
        counted.unwrap().days[0].booked += 1;
    });
}
