//! An event that was cancelled sells nothing more, and takes nothing away.

use booked_contract::sale::SaleTerms;

use crate::support::Sale;

fn cancelled() -> SaleTerms {
    SaleTerms { cancelled: true, ..SaleTerms::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_more_is_reserved_booked_or_waited_for() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    let ada = sale.buyer("Ada");
    let held = ada.holds(event, 2).await;
    sale.sell(event, cancelled()).await;
    ada.reserve(event, 1).await.says("409 EVENT-08");
    ada.book(&held).await.says("409 EVENT-08");
    assert_eq!(sale.occupied(event).await, Some(2), "a refused booking leaves the holds as they were");
    ada.join(event, 1).await.says("409 EVENT-08");
    // Somebody whose wait has not ended yet.
    sale.postgres.execute(&format!(
        "INSERT INTO waitlist_entries (event_id, user_id, email, wanted) VALUES ('{event}', '{}', 'a@example.org', 1)",
        ada.id()
    ));
    ada.join(event, 1).await.says("409 EVENT-08");
    ada.release(&held).await.says("200");
    assert_eq!(sale.occupied(event).await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_is_refused_for_any_event_of_its_tickets() {
    let sale = Sale::start().await;
    let (proms, gala) = (sale.create_event(5).await, sale.create_event(5).await);
    let ada = sale.buyer("Ada");
    let tickets = [ada.holds(proms, 1).await, ada.holds(gala, 1).await].concat();
    sale.sell(gala, cancelled()).await;
    ada.book(&tickets).await.says("409 EVENT-08");
    assert_eq!(ada.bookings().await.len(), 0);
    ada.book(&tickets[..1]).await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_stay_with_their_owners_who_may_cancel_them() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    let ada = sale.buyer("Ada");
    let tickets = ada.buys(event, 2).await;
    assert_eq!(ada.bookings().await[0]["event_status"], "on_sale");
    sale.sell(event, cancelled()).await;
    let bookings = ada.bookings().await;
    assert_eq!(
        (&bookings[0]["event_status"], &bookings[0]["number_of_tickets"]),
        (&"cancelled".into(), &2.into())
    );
    ada.book(&tickets).await.says("200");
    ada.cancel(event, 2).await.says("200");
    assert_eq!(ada.bookings().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_that_come_free_are_announced_to_nobody() {
    let sale = Sale::start().await;
    let event = sale.create_event(2).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    ada.buys(event, 2).await;
    bob.join(event, 1).await.says("200");
    sale.sell(event, cancelled()).await;
    ada.cancel(event, 2).await.says("200");
    let other = sale.create_event(1).await;
    ada.buys(other, 1).await;
    bob.join(other, 1).await.says("200");
    ada.cancel(other, 1).await.says("200");
    // The other list is looked at after this one, or in the round after it.
    crate::support::eventually("the other list is notified", async || {
        sale.postgres.execute(&format!("SELECT count(*) FROM notifications WHERE event_id = '{other}'"))
            == "1"
    })
    .await;
    let count = format!("SELECT count(*) FROM notifications WHERE event_id = '{event}'");
    assert_eq!(sale.postgres.execute(&count), "0");
}
