//! The event service's feed: the newest state of each event counts, however often and in whatever order it comes.

use booked_contract::{
    event::EventDetails,
    feed::{EventOnSale, EventState},
};
use booked_ids::EventId;

use crate::support::{Feeding, Sale, eventually, seats, unknown_event};

fn named(name: &str) -> EventDetails {
    EventDetails { name: name.to_owned(), ..EventDetails::default() }
}

fn kept(sale: &Sale, event: EventId) -> String {
    sale.postgres.execute(&format!(
        "SELECT version, deleted, details->>'name', seat_count FROM events WHERE id = '{event}'"
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_state_does_not_overwrite_a_newer_one() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    let first = sale.events.state(event);
    sale.grow(event, 9).await;
    let late = EventState { details: named("late"), ..first.clone() };
    let position = sale.events.publish(event, late).await;
    sale.catch_up_to(position, event).await;
    assert_eq!(kept(&sale, event), "2|f|Event of 5 seats|9");

    let again = EventState { version: 2, details: named("again"), seat_count: 7, ..first };
    let position = sale.events.publish(event, again).await;
    sale.catch_up_to(position, event).await;
    assert_eq!(kept(&sale, event), "2|f|Event of 5 seats|9");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_follows_a_deletion() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    let before = sale.events.state(event);
    sale.delete(event).await;
    let position = sale.events.publish(event, EventState { version: 9, ..before }).await;
    sale.catch_up_to(position, event).await;
    sale.buyer("Ada").reserve(event, 1).await.says("400 EVENT-03");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_and_goes_in_one_batch_never_was() {
    let sale = Sale::start().await;
    sale.create_event(1).await;
    sale.events.feeds(Feeding::Away);
    let (event, _) = sale.events.create(5).await;
    let position = sale.events.change(event, |state| state.deleted = true).await;
    sale.events.feeds(Feeding::Serving);
    sale.catch_up_to(position, event).await;
    assert_eq!(sale.occupied(event).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_newest_state_is_handed_on_once_by_however_many_instances() {
    let sale = Sale::set_up().instances(3).start().await;
    let event = sale.create_event(5).await;
    for capacity in 6..=9 {
        sale.grow(event, capacity).await;
    }
    sale.delete(event).await;
    let told: Vec<EventOnSale> = sale.told(EventOnSale::KIND);
    let states: Vec<(i64, bool, u32)> =
        told.iter().map(|told| (told.version, told.deleted, told.seat_count)).collect();
    let expected = [(1, false, 5), (2, false, 6), (3, false, 7), (4, false, 8), (5, false, 9), (6, true, 9)];
    assert_eq!(states, expected);
    assert!(told.iter().all(|told| told.event_id == event.as_uuid()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_with_a_new_incarnation_is_read_again_without_harm() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    sale.grow(event, 6).await;
    let ada = sale.buyer("Ada");
    ada.buys(event, 6).await;
    let before = kept(&sale, event);
    sale.postgres.execute("UPDATE feed_cursors SET incarnation = 'another incarnation', row_id = 1000000000");
    let (later, _) = sale.events.create(7).await;
    eventually("the new event is known", async || sale.occupied(later).await == Some(0)).await;
    assert_eq!(kept(&sale, event), before);
    assert_eq!(sale.told::<EventOnSale>(EventOnSale::KIND).len(), 3);
    assert_eq!(ada.tickets_of(event).await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_set_aside_and_the_rest_is_applied() {
    let sale = Sale::start().await;
    sale.events.feeds(Feeding::Away);
    let (before, _) = sale.events.create(5).await;
    let subject = unknown_event();
    sale.events.write(&format!(
        "INSERT INTO outbox (kind, subject, data) VALUES
             ('booked.event.of_tomorrow', '{subject}', '{{\"what\": \"nobody knows\"}}'),
             ('{}', '{subject}', '{{\"event_id\": 7}}')",
        EventState::KIND
    ));
    let (after, position) = sale.events.create(6).await;
    sale.events.feeds(Feeding::Serving);
    sale.catch_up_to(position, after).await;
    assert_eq!((sale.occupied(before).await, sale.occupied(after).await), (Some(0), Some(0)));
    assert_eq!(sale.postgres.execute("SELECT subject FROM feed_set_aside"), subject.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn news_of_other_events_do_not_wait_for_one_that_does_not_get_its_turn() {
    let sale = Sale::set_up().own_postgres().start().await;
    let (stuck, other) = (sale.create_event(5).await, sale.create_event(5).await);
    // A booking whose process stopped before its commit.
    let booking = sale.postgres.share_event(stuck).await;
    sale.events.change(stuck, |state| state.seat_count = 6).await;
    sale.events.change(other, |state| state.seat_count = 7).await;
    let (later, _) = sale.events.create(8).await;
    eventually("the other one has grown", async || kept(&sale, other) == "2|f|Event of 5 seats|7").await;
    eventually("a later one is on sale", async || sale.occupied(later).await == Some(0)).await;
    sale.events.change(stuck, |state| state.details.name = "Later".to_owned()).await;
    assert_eq!(kept(&sale, stuck), "1|f|Event of 5 seats|5");

    drop(booking);
    eventually("its newest state is known", async || kept(&sale, stuck) == "3|f|Later|6").await;
    assert_eq!(sale.postgres.execute("SELECT count(*) FROM event_changes"), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_a_process_left_behind_is_carried_out_by_another() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    sale.buyer("Ada").holds(event, 5).await;
    let state = EventState { version: 2, seat_count: 6, ..sale.events.state(event) };
    let state = serde_json::to_string(&state).unwrap();
    sale.postgres.execute(&format!(
        "INSERT INTO event_changes (event_id, version, state) VALUES ('{event}', 2, '{state}')"
    ));
    eventually("the seat is on sale", async || sale.buyer("Bob").reserve(event, 1).await.said() == "200")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_a_deleted_event_but_that_it_was_deleted() {
    let sale = Sale::start().await;
    let (event, other) = (sale.create_event(100).await, sale.create_event(1).await);
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    ada.buys(event, 50).await;
    ada.holds(event, 50).await;
    bob.join(event, 2).await.says("200");
    ada.buys(other, 1).await;
    bob.join(other, 1).await.says("200");
    sale.delete(event).await;

    eventually("it is purged", async || {
        sale.postgres.execute(&format!("SELECT purged FROM events WHERE id = '{event}'")) == "t"
    })
    .await;
    assert_eq!(sale.postgres.execute("SELECT count(*) FROM tickets"), "1", "the other event's");
    assert_eq!(sale.postgres.execute("SELECT event_id FROM waitlist_entries"), other.to_string());
    assert_eq!(sale.postgres.execute("SELECT event_id FROM waitlists"), other.to_string());
    assert_eq!(sale.postgres.execute("SELECT event_id, sold FROM sold_counts"), format!("{other}|1"));
    let keys: Vec<String> = sale.valkey.ask(&["KEYS", &format!("{{{event}}}:??????*")]);
    let left = keys.iter().filter(|key| {
        ["taken", "holds", "settling", "claims", "meta"].iter().any(|name| key.ends_with(name))
    });
    assert_eq!(left.collect::<Vec<_>>(), Vec::<&String>::new());
    ada.join(event, 1).await.says("400 EVENT-03");
}

#[tokio::test(flavor = "multi_thread")]
async fn growth_that_valkey_missed_is_repeated() {
    let sale = Sale::set_up().flag("--reconciler-interval-ms", 200).start().await;
    let event = sale.create_event(2).await;
    let ada = sale.buyer("Ada");
    ada.holds(event, 2).await;
    sale.grow(event, 4).await;
    sale.valkey.ask::<i64>(&["HSET", &format!("{{{event}}}:meta"), "capacity", "2"]);
    eventually("seats 3 and 4 are on sale", async || ada.reserve(event, 2).await.said() == "200").await;
    assert_eq!(sale.occupied(event).await, Some(4));
    let growing = sale.events.change(event, |state| state.seat_count = 5).await;
    sale.catch_up_to(growing, event).await;
    assert_eq!(seats(&ada.holds(event, 1).await), [5]);
}
