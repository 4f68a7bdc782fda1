//! Who has tickets of a cancelled event, and who waits for it, is told once.

use std::{collections::BTreeMap, sync::Arc};

use booked_contract::sale::SaleTerms;
use booked_ids::EventId;
use booked_ticketing::ports::News;
use serde_json::json;

use crate::support::{Buyer, Recorder, Sale, SetUp, eventually};

const REASON: &str = "The hall is flooded.";
/// What is left to do.
const LEFT: &str = "SELECT (SELECT count(*) FROM cancelled_events) + \
    (SELECT count(*) FROM cancelled_notifications WHERE done_at IS NULL)";
const NOTED: &str = "SELECT count(*) FROM cancelled_notifications";

fn cancelled() -> SaleTerms {
    SaleTerms { cancelled: true, cancel_reason: Some(REASON.to_owned()), ..SaleTerms::default() }
}

async fn start(set_up: SetUp) -> (Sale, Arc<Recorder>) {
    let recorder: Arc<Recorder> = Arc::default();
    (set_up.notifier(Arc::<Recorder>::clone(&recorder)).start().await, recorder)
}

/// How often each was told of the cancelled event, and whether as somebody who has tickets.
fn told(recorder: &Recorder, event: EventId) -> BTreeMap<(String, bool), usize> {
    let mut told = BTreeMap::new();
    for message in recorder.notifications().into_iter().filter(|it| it.event_id == event) {
        if let News::EventCancelled { has_tickets, reason } = message.news {
            assert_eq!(reason.as_deref(), Some(REASON));
            *told.entry((message.email, has_tickets)).or_default() += 1;
        }
    }
    told
}

/// Each of these once.
fn once<'a>(people: impl IntoIterator<Item = (&'a Buyer, bool)>) -> BTreeMap<(String, bool), usize> {
    let told = |(buyer, has_tickets): (&Buyer, bool)| ((buyer.identity.email.clone(), has_tickets), 1);
    people.into_iter().map(told).collect()
}

async fn until_all_are_told(sale: &Sale) {
    eventually("everybody is told", async || sale.postgres.execute(LEFT) == "0").await;
}

async fn until_noted(sale: &Sale, people: usize) {
    eventually(&format!("{people} people are to be told"), async || {
        sale.postgres.execute(NOTED) == people.to_string()
    })
    .await;
}

/// Each ticket has an owner of its own.
fn sell_out(sale: &Sale, event: EventId, seats: usize) {
    sale.postgres.execute(&format!(
        "INSERT INTO tickets (id, event_id, user_id, booking_id, booked_at) \
         SELECT overlay('{event}' PLACING lpad(to_hex(seat), 8, '0') FROM 29)::uuid, '{event}', gen_random_uuid(), \
             gen_random_uuid(), now() FROM generate_series(1, {seats}) AS seat"
    ));
}

/// No notification is sent until [`deliver_again`].
fn stop_delivering(sale: &Sale) {
    sale.postgres.execute(
        "INSERT INTO leases VALUES ('deliver_notifications', gen_random_uuid(), now() + interval '1 hour') \
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until",
    );
}

fn deliver_again(sale: &Sale) {
    sale.postgres.execute("DELETE FROM leases WHERE name = 'deliver_notifications'");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_told_once_by_however_many_instances() {
    let (sale, recorder) = start(Sale::set_up().instances(3)).await;
    let event = sale.create_event(30).await;
    let people = sale.crowd(20);
    let (owners, waiting) = people.split_at(10);
    for buyer in owners {
        buyer.buys(event, 2).await;
        buyer.buys(event, 1).await;
    }
    // The first of them has tickets as well, which is what they are told.
    for buyer in owners[..1].iter().chain(waiting) {
        buyer.join(event, 1).await.says("200");
    }

    sale.sell(event, cancelled()).await;
    until_all_are_told(&sale).await;

    let each_once = once(people.iter().enumerate().map(|(n, buyer)| (buyer, n < 10)));
    assert_eq!(told(&recorder, event), each_once);
    assert_eq!(sale.postgres.execute("SELECT count(*) FROM waitlist_entries"), "0");
    assert_eq!(people[0].tickets_of(event).await, 3, "tickets stay with their owners");
    // The cancel is repeated, and a text changes. If that told anybody, they would be told before the owner of the other event.
    sale.sell(event, cancelled()).await;
    let renamed = sale.events.change(event, |state| state.details.name = "Another name".to_owned()).await;
    sale.catch_up_to(renamed, event).await;
    let other = sale.create_event(1).await;
    people[0].buys(other, 1).await;
    sale.sell(other, cancelled()).await;
    until_all_are_told(&sale).await;
    assert_eq!(told(&recorder, other), once([(&people[0], true)]));
    assert_eq!(told(&recorder, event), each_once);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_who_has_no_ticket_left_or_no_account() {
    let (sale, recorder) = start(Sale::set_up()).await;
    let event = sale.create_event(5).await;
    let (ada, bob, eve) = (sale.buyer("Ada"), sale.buyer("Bob"), sale.buyer("Eve"));
    for buyer in [&ada, &bob, &eve] {
        buyer.buys(event, 1).await;
    }
    bob.cancel(event, 1).await.says("200");
    sale.users.forget(&eve.identity);

    sale.sell(event, cancelled()).await;
    until_all_are_told(&sale).await;

    assert_eq!(told(&recorder, event), once([(&ada, true)]));
    // Only the change tells: a cancel that is repeated does not begin it again.
    sale.users.register(&eve.identity);
    sale.sell(event, cancelled()).await;
    assert_eq!(sale.postgres.execute("SELECT count(*) FROM cancelled_events"), "0");
    until_all_are_told(&sale).await;
    assert_eq!(told(&recorder, event), once([(&ada, true)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cancels_their_tickets_while_addresses_are_asked_for_is_not_told() {
    let (sale, recorder) = start(Sale::set_up()).await;
    let event = sale.create_event(5).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    ada.buys(event, 1).await;
    bob.buys(event, 1).await;
    sale.users.answers(0);
    sale.sell(event, cancelled()).await;
    eventually("addresses are asked for", async || sale.users.asked() > 0).await;

    bob.cancel(event, 1).await.says("200");
    sale.users.answers(usize::MAX);
    until_all_are_told(&sale).await;

    assert_eq!(told(&recorder, event), once([(&ada, true)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_user_service_is_away_those_who_wait_are_told_and_then_the_others() {
    let (sale, recorder) = start(Sale::set_up().instances(2)).await;
    let event = sale.create_event(5).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    ada.buys(event, 2).await;
    bob.join(event, 1).await.says("200");
    sale.users.set_away(true);

    sale.sell(event, cancelled()).await;
    eventually("those who wait are told", async || told(&recorder, event) == once([(&bob, false)])).await;
    eventually("the user service is asked again", async || sale.users.asked() > 2).await;
    assert_eq!(told(&recorder, event), once([(&bob, false)]));
    sale.users.set_away(false);
    until_all_are_told(&sale).await;

    assert_eq!(told(&recorder, event), once([(&ada, true), (&bob, false)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_user_service_it_serves_and_owners_are_told_once_there_is_one() {
    let (sale, recorder) = start(Sale::set_up().without_user_service()).await;
    let event = sale.create_event(5).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    ada.buys(event, 2).await;
    bob.join(event, 1).await.says("200");
    sale.sell(event, cancelled()).await;
    eventually("those who wait are told", async || told(&recorder, event) == once([(&bob, false)])).await;

    let _informed = sale.start_instance_with(&[("--user-url", sale.users.url())]).await;
    until_all_are_told(&sale).await;

    assert_eq!(told(&recorder, event), once([(&ada, true), (&bob, false)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_stops_between_two_pieces_leaves_nobody_out() {
    let (mut sale, _recorder) = start(Sale::set_up()).await;
    let event = sale.create_event(1_300).await;
    sell_out(&sale, event, 1_300);
    stop_delivering(&sale);
    sale.users.answers(1);
    sale.sell(event, cancelled()).await;
    until_noted(&sale, 500).await;
    eventually("the next piece is under way", async || sale.users.asked() > 1).await;

    sale.instances.remove(0).lifecycle.end();
    let _next = sale.start_instance().await;
    sale.users.answers(usize::MAX);

    until_noted(&sale, 1_300).await;
    eventually("nothing is left to note", async || {
        sale.postgres.execute("SELECT count(*) FROM cancelled_events") == "0"
    })
    .await;
    // As if the process had been stopped before it noted that it had dealt with them.
    sale.postgres.execute(&format!("INSERT INTO cancelled_events VALUES ('{event}', '{event}')"));
    eventually("it was done again", async || {
        sale.postgres.execute("SELECT count(*) FROM cancelled_events") == "0"
    })
    .await;
    assert_eq!(sale.postgres.execute(NOTED), "1300", "nobody is noted twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_owners_hold_up_no_sale() {
    let (sale, _recorder) = start(Sale::set_up().instances(3).own_postgres()).await;
    let event = sale.create_event(10_000).await;
    let other = sale.create_event(4).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    sell_out(&sale, event, 10_000);
    stop_delivering(&sale);
    sale.users.answers(2);
    sale.sell(event, cancelled()).await;
    eventually("the third piece is under way", async || sale.users.asked() > 2).await;

    // While a piece is under way the other event sells, and no lock is held that anybody else might need.
    ada.buys(other, 2).await;
    let locks = "SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid() AND (locktype = 'advisory' OR relation IN \
         ('events'::regclass, 'tickets'::regclass, 'waitlist_entries'::regclass, 'cancelled_events'::regclass))";
    eventually("no piece holds a lock while addresses are asked for", async || {
        sale.postgres.execute(locks) == "0"
    })
    .await;
    // Nor does it need one: it goes on while somebody else has the event.
    let lock = sale.postgres.lock_event(event).await;
    sale.users.answers(usize::MAX);
    until_noted(&sale, 10_000).await;
    bob.buys(other, 2).await;
    drop(lock);
    let users = "SELECT count(DISTINCT user_id) FROM cancelled_notifications";
    assert_eq!(sale.postgres.execute(users), "10000");
}

#[tokio::test(flavor = "multi_thread")]
async fn news_of_seats_goes_before_that_of_cancelled_events() {
    let (sale, recorder) = start(Sale::set_up()).await;
    let event = sale.create_event(20).await;
    sell_out(&sale, event, 20);
    let other = sale.create_event(1).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    ada.buys(other, 1).await;
    bob.join(other, 1).await.says("200");
    stop_delivering(&sale);
    sale.sell(event, cancelled()).await;
    until_noted(&sale, 20).await;
    ada.cancel(other, 1).await.says("200");
    eventually("the one who waits is to be told", async || {
        sale.postgres.execute("SELECT count(*) FROM notifications") == "1"
    })
    .await;

    deliver_again(&sale);
    until_all_are_told(&sale).await;

    let told = recorder.notifications();
    assert_eq!(
        (told.len(), told[0].email.as_str(), &told[0].news),
        (21, "Bob@example.org", &News::SeatsFree { seats: 1 })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announcement_of_seats_that_is_under_way_comes_before_the_cancel() {
    let patient = Sale::set_up().own_postgres().flag("--database-timeout-ms", 40_000);
    let (sale, recorder) = start(patient.flag("--claim-ttl-ms", 120_000)).await;
    let event = sale.create_event(1).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    ada.buys(event, 1).await;
    bob.join(event, 1).await.says("200");
    let lock = sale.postgres.lock_notifications().await;
    ada.cancel(event, 1).await.says("200");
    let waits = "SELECT count(*) FROM pg_locks WHERE relation = 'notifications'::regclass AND NOT granted";
    eventually("the announcement is under way", async || sale.postgres.execute(waits) == "1").await;

    let position = sale.events.change(event, |state| state.sale = Some(cancelled())).await;
    let body = json!({ "position": position.to_string(), "event_id": event.to_string() });
    sale.internal("/internal/catch-up", &body).await.says("503 SYS-07");
    drop(lock);
    sale.catch_up_to(position, event).await;
    eventually("the seat is announced", async || recorder.told().len() == 1).await;
    until_all_are_told(&sale).await;

    assert_eq!(recorder.told(), [(bob.identity.email, 1)]);
    assert!(told(&recorder, event).is_empty(), "who was told of the seat does not wait any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_any_more_when_the_event_is_deleted() {
    let (sale, recorder) = start(Sale::set_up()).await;
    let event = sale.create_event(700).await;
    sell_out(&sale, event, 700);
    stop_delivering(&sale);
    sale.users.answers(1);
    sale.sell(event, cancelled()).await;
    until_noted(&sale, 500).await;
    eventually("the next piece is under way", async || sale.users.asked() > 1).await;

    sale.delete(event).await;
    sale.users.answers(usize::MAX);
    eventually("the event is purged", async || {
        sale.postgres.execute("SELECT count(*) FROM events WHERE purged") == "1"
    })
    .await;
    until_all_are_told(&sale).await;

    assert_eq!(sale.postgres.execute(NOTED), "0");
    deliver_again(&sale);
    let other = sale.create_event(1).await;
    let ada = sale.buyer("Ada");
    ada.buys(other, 1).await;
    sale.sell(other, cancelled()).await;
    until_all_are_told(&sale).await;
    assert_eq!((told(&recorder, event).len(), told(&recorder, other)), (0, once([(&ada, true)])));
}
