//! Reserving: seats are held for a while, all or none.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the helpers of tests fail as tests do"
)]

mod support;

use support::Sale;

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_holds_as_many_seats_as_were_asked_for() {
    let sale = Sale::start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    let tickets = ada.holds(event, 3).await;
    assert_eq!(tickets.len(), 3);
    assert_eq!(sale.occupied(event).await, Some(3));
}
