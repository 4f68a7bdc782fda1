//! Nothing is found in what a correct system leaves behind.

use booked_checker::{Report, history::Op, judge};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{
    keys::lose_first_answer,
    run::{ANN, BOB, CAT, MS, Run, SECOND, Times},
    tamper::is_book,
};

pub(crate) fn assert_valid(report: &Report) {
    assert!(report.valid, "{report}");
}

#[test]
fn a_run_in_which_all_went_well_is_valid() {
    let mut run = Run::of(4);
    let held = run.reserve(ANN, 2);
    run.read();
    assert!(run.book(ANN, &held));
    assert!(run.book(ANN, &held), "again");
    run.list(ANN);
    let others = run.reserve(BOB, 2);
    assert!(run.reserve(CAT, 1).is_empty());
    assert!(run.wait(CAT, 1));
    assert!(run.wait(ANN, 2));
    assert!(run.release(BOB, &others));
    run.notify();
    let held = run.reserve(CAT, 1);
    run.pass(2 * 60 * SECOND);
    assert!(!run.book(CAT, &held));
    assert!(run.cancel(ANN, 1));
    run.list(ANN);
    run.grow(6);
    run.read();
    let mut evidence = run.evidence();
    lose_first_answer(&mut evidence, is_book);
    let report = judge(&evidence);
    assert_valid(&report);
    assert!(report.rules.iter().all(|rule| rule.checked.values().any(|count| *count > 0)), "{report}");
}

#[test]
fn a_deleted_event_leaves_nothing_to_find() {
    let mut run = Run::of(4);
    let held = run.reserve(ANN, 2);
    run.book(ANN, &held);
    run.delete();
    assert_valid(&judge(&run.evidence()));
}

#[test]
fn what_valkey_lost_in_a_fault_is_excused() {
    let mut run = Run::of(2);
    let held = run.reserve(ANN, 2);
    run.lose_holds();
    run.fault(SECOND, true);
    assert_eq!(run.reserve(BOB, 2), held);
    assert!(!run.book(ANN, &held));
    run.book(BOB, &held);
    assert_valid(&judge(&run.evidence()));
}

#[derive(Clone, Debug)]
enum Step {
    Reserve(u32),
    Book,
    BookTwo,
    Cancel(u32),
    CancelTickets,
    Release,
    List,
    Read,
    Wait(u32),
}

/// A step of one of three users: what they do, how long after their previous step, how long each half of it takes, and
/// whether its answer is lost.
type Planned = (usize, Step, u64, u64, u64, bool);

fn planned() -> impl Strategy<Value = Planned> {
    let step = prop_oneof![
        4 => (1..4_u32).prop_map(Step::Reserve),
        4 => Just(Step::Book),
        1 => Just(Step::BookTwo),
        2 => (1..3_u32).prop_map(Step::Cancel),
        1 => Just(Step::CancelTickets),
        1 => Just(Step::Release),
        1 => Just(Step::List),
        1 => Just(Step::Read),
        1 => (1..3_u32).prop_map(Step::Wait),
    ];
    let pause = prop_oneof![9 => 1..50 * MS, 1 => SECOND..4 * SECOND];
    (0..3_usize, step, pause, 1..40 * MS, 1..40 * MS, prop::bool::weighted(0.1))
}

/// Carries out the steps in the order in which they take effect, while their calls overlap.
fn carry_out(plan: &[Planned]) -> Run {
    let mut run = Run::of(6);
    run.hold_us = 2 * SECOND;
    let mut free_at = [run.now_us() + 10 * MS; 3];
    let mut timed: Vec<(Times, usize, &Step, bool)> = Vec::new();
    for (user, step, pause, way, back, is_lost) in plan {
        let sent_us = free_at[*user] + pause;
        let times = Times { sent_us, acts_us: sent_us + way, ended_us: sent_us + way + back };
        free_at[*user] = times.ended_us + 1;
        timed.push((times, *user, step, *is_lost));
    }
    timed.sort_by_key(|(times, ..)| times.acts_us);
    let mut granted: [Vec<Vec<Uuid>>; 3] = Default::default();
    for (times, user, step, is_lost) in timed {
        let (id, mine) = ([ANN, BOB, CAT][user], &mut granted[user]);
        let event_id = run.event.as_uuid();
        run.at(times).lose_answer = is_lost;
        match step {
            Step::Reserve(count) if is_lost && count % 2 == 0 => {
                run.unheard(id, Op::Reserve { event_id, count: *count });
            }
            Step::Cancel(count) if is_lost && count % 2 == 0 => {
                run.unheard(id, Op::Cancel { event_id, count: *count });
            }
            Step::Wait(count) if is_lost && count % 2 == 0 => {
                run.unheard(id, Op::AddToWaitlist { event_id, count: *count });
            }
            Step::BookTwo if is_lost => run.unheard(id, Op::Book { ticket_ids: mine.concat() }),
            Step::Reserve(count) => mine.push(run.reserve(id, *count)),
            Step::Book => {
                run.book(id, mine.last().map_or(&[], Vec::as_slice));
            }
            Step::BookTwo => {
                run.book(id, &mine.iter().rev().take(2).flatten().copied().collect::<Vec<_>>());
            }
            Step::Cancel(count) => {
                run.cancel(id, *count);
            }
            Step::CancelTickets => {
                run.cancel_tickets(id, mine.last().map_or(&[], Vec::as_slice));
            }
            Step::Release => {
                run.release(id, mine.last().map_or(&[], Vec::as_slice));
            }
            Step::List => run.list(id),
            Step::Read => run.read(),
            Step::Wait(count) => {
                run.wait(id, *count);
            }
        }
        run.notify();
    }
    run
}

proptest! {
    #[test]
    fn whatever_buyers_do_a_correct_system_is_found_valid(plan in prop::collection::vec(planned(), 1..60)) {
        let report = judge(&carry_out(&plan).evidence());
        prop_assert!(report.valid, "{}", report);
    }
}
