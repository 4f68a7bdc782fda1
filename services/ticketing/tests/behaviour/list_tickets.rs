//! Listing tickets: each ticket that a user has, those that were booked latest first, page by page.

use booked_ids::EventId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Buyer, Sale, unknown_event};

/// Lists with success; the tickets, and where the next page begins.
async fn page(buyer: &Buyer, query: &str) -> (Vec<Value>, Option<String>) {
    let answer = buyer.list_tickets(query).await.says("200").json();
    let next = answer.get("next").map(|next| next.as_str().unwrap().to_owned());
    (answer["tickets"].as_array().unwrap().clone(), next)
}

fn ids(tickets: &[Value]) -> Vec<Uuid> {
    tickets.iter().map(|ticket| ticket["ticket_id"].as_str().unwrap().parse().unwrap()).collect()
}

/// All pages, from this place on.
async fn walk(buyer: &Buyer, query: &str, mut next: Option<String>) -> Vec<Uuid> {
    let mut all = Vec::new();
    while let Some(after) = next {
        let (tickets, following) = page(buyer, &format!("?{query}&after={after}")).await;
        assert!(!tickets.is_empty(), "a next page has something");
        all.extend(ids(&tickets));
        next = following;
    }
    all
}

/// As if the user had this many tickets of the event, all booked at one moment.
fn owns(sale: &Sale, buyer: &Buyer, event: EventId, count: u32) {
    sale.postgres.execute(&format!(
        "INSERT INTO tickets SELECT overlay('{event}' PLACING lpad(to_hex(seat), 8, '0') FROM 29)::uuid, '{event}',
            '{}', '{event}', now() FROM generate_series(1, {count}) AS seat",
        buyer.id()
    ));
}

fn rising(mut tickets: Vec<Uuid>) -> Vec<Uuid> {
    tickets.sort_unstable();
    tickets
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_tells_its_event_its_seat_and_when_it_was_booked() {
    let sale = Sale::start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    let bought = ada.buys(event, 2).await;
    sale.postgres.execute("UPDATE tickets SET booked_at = to_timestamp(1800000000.9)");
    let booking = sale.postgres.execute("SELECT DISTINCT booking_id FROM tickets");
    let ticket = |seat: u32, id: Uuid| {
        json!({
            "ticket_id": id,
            "event_id": event.to_string(),
            "seat": seat,
            "booking_id": booking,
            "booked_unix_time": 1_800_000_000,
        })
    };
    let bought = rising(bought);
    let answer = ada.list_tickets("").await.says("200").json();
    assert_eq!(answer, json!({ "tickets": [ticket(2, bought[1]), ticket(1, bought[0])] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn those_booked_latest_come_first_and_no_page_loses_one() {
    let sale = Sale::start().await;
    let (first, second) = (sale.create_event(20).await, sale.create_event(20).await);
    let ada = sale.buyer("Ada");
    let mut expected = Vec::new();
    for (event, count) in [(first, 3), (second, 3), (first, 2)] {
        let mut bought = rising(ada.buys(event, count).await);
        bought.reverse();
        expected.splice(0..0, bought);
    }
    assert_eq!(ids(&page(&ada, "").await.0), expected);
    for limit in 1..=9 {
        let (tickets, next) = page(&ada, &format!("?limit={limit}")).await;
        assert_eq!(next.is_some(), limit < 8, "there is a next page if something is left");
        let mut all = ids(&tickets);
        all.extend(walk(&ada, &format!("limit={limit}"), next).await);
        assert_eq!(all, expected, "pages of {limit}");
    }
    let of_first: Vec<Uuid> = [&expected[..2], &expected[5..]].concat();
    let (tickets, next) = page(&ada, &format!("?limit=2&event_id={first}")).await;
    assert_eq!(ids(&tickets), of_first[..2]);
    assert_eq!(walk(&ada, &format!("limit=2&event_id={first}"), next).await, of_first[2..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cancelled_or_booked_between_two_pages_loses_none_of_the_others() {
    let sale = Sale::start().await;
    let event = sale.create_event(20).await;
    let ada = sale.buyer("Ada");
    let bought: Vec<Uuid> = rising(ada.buys(event, 6).await).into_iter().rev().collect();
    let (_, next) = page(&ada, "?limit=3").await;
    // The last of the page is gone, and so is one that was to come; and there is a new one.
    ada.cancel_chosen(&[bought[2], bought[4]]).await.says("200");
    ada.buys(event, 1).await;
    assert_eq!(walk(&ada, "limit=3", next).await, [bought[3], bought[5]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_fifty_tickets_or_up_to_a_hundred() {
    let sale = Sale::start().await;
    let event = sale.create_event(150).await;
    let ada = sale.buyer("Ada");
    owns(&sale, &ada, event, 120);
    for (query, expected) in [
        ("", 50),
        ("?limit=1", 1),
        ("?limit=100", 100),
        ("?limit=101", 100),
        ("?limit=9223372036854775807", 100),
    ] {
        assert_eq!(page(&ada, query).await.0.len(), expected, "{query}");
    }
    for none in ["0", "-1", "x", "", "1.0", "9223372036854775808"] {
        assert_eq!(page(&ada, &format!("?limit={none}")).await.0.len(), 50, "{none}");
    }
    let (tickets, next) = page(&ada, "?limit=100").await;
    let mut all = ids(&tickets);
    all.extend(walk(&ada, "limit=100", next).await);
    assert_eq!(all.len(), 120);
    assert!(all.is_sorted_by(|one, other| one > other), "those of one moment by their ids");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_user_has_not_is_not_listed() {
    let sale = Sale::start().await;
    let (event, gone) = (sale.create_event(10).await, sale.create_event(10).await);
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    bob.buys(event, 2).await;
    ada.holds(event, 1).await;
    ada.buys(gone, 1).await;
    let cancelled = ada.buys(event, 1).await;
    ada.cancel_chosen(&cancelled).await.says("200");
    sale.delete(gone).await;
    let nothing = (Vec::new(), None);
    assert_eq!(page(&ada, "").await, nothing);
    for event in [event.to_string(), gone.to_string(), unknown_event().to_string(), ada.id()] {
        assert_eq!(page(&ada, &format!("?event_id={event}")).await, nothing);
    }
    assert_eq!(page(&bob, "").await.0.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_check_that_fails_answers() {
    let sale = Sale::start().await;
    sale.internal_get("/user/tickets/?after=x&event_id=x").await.says("401 USER-06");
    let ada = sale.buyer("Ada");
    for odd in ["?after=", "?after=x", "?after=%00", "?after=x&event_id=x", "?after=x&after="] {
        let answer = ada.list_tickets(odd).await.says("400 SYS-01");
        assert!(answer.json()["error"].as_str().unwrap().contains("after"), "{}", answer.text);
    }
    for odd in ["?event_id=", "?event_id=x&limit=x"] {
        ada.list_tickets(odd).await.says("400 SYS-03");
    }
}
