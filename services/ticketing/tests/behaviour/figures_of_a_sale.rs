//! What operators watch of a sale: seats held and sold, bookings that share a transaction, who waits and who was not told.

use std::sync::Arc;

use booked_ticketing::ports::NotifyFailure;

use crate::support::{Recorder, Sale, eventually, figure, measure, ran_in_own_process};

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_of_a_sale_are_shown() {
    if ran_in_own_process() {
        return;
    }
    measure();
    let notifier = Arc::new(Recorder::default());
    let sale = Sale::set_up().notifier(notifier.clone()).start().await;
    let event = sale.create_event(3).await;
    for counted in ["booked_seats_sold_total", "booked_seats_cancelled_total"] {
        assert_eq!(figure(counted, &[]), Some(0.0), "{counted} is shown before there is any");
    }
    let (ada, bob, cyd) = (sale.buyer("Ada"), sale.buyer("Bob"), sale.buyer("Cyd"));
    let tickets = ada.buys(event, 1).await;
    bob.holds(event, 2).await;
    cyd.join(event, 1).await.says("200");
    bob.reserve(event, 1).await.says("400 TICKET-01");
    for (reason, count) in [("too_few", 1.0), ("not_on_sale_yet", 0.0), ("over_limit", 0.0)] {
        assert_eq!(
            figure("booked_reservations_refused_total", &[("reason", reason)]),
            Some(count),
            "{reason}"
        );
    }
    assert_eq!(figure("booked_seats_sold_total", &[]), Some(1.0));
    assert_eq!(figure("booked_group_commit_size_count", &[]), Some(1.0));
    assert_eq!(figure("booked_bookings_waiting", &[]), Some(0.0));
    is_shown("booked_holds_open", 2.0).await;
    is_shown("booked_waitlist_entries", 1.0).await;

    notifier.fail_for("Cyd@example.org", NotifyFailure::Later("the mail server is away".to_owned()));
    ada.cancel(event, 1).await.says("200");
    ada.cancel(event, 1).await.says("400 TICKET-03");
    assert_eq!(figure("booked_seats_cancelled_total", &[]), Some(1.0));
    is_shown("booked_notifications_waiting", 1.0).await;
    is_shown("booked_waitlist_entries", 0.0).await;
    assert_eq!(tickets.len(), 1);
}

async fn is_shown(name: &str, expected: f64) {
    eventually(&format!("{name} is {expected}"), async || figure(name, &[]) == Some(expected)).await;
}
