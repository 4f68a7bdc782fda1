//! The waitlist: first come, first served, each seat that comes free announced to one who waited for it.

use std::sync::Arc;

use booked_ids::EventId;
use booked_ticketing::usecases::Context;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::{
    Answer, Buyer, Feeding, LateJoin, Recorder, Sale, WithLateJoin, eventually, unknown_event,
};

async fn sale_with(recorder: &Arc<Recorder>, instances: usize) -> Sale {
    Sale::set_up().instances(instances).notifier(Arc::<Recorder>::clone(recorder)).start().await
}

/// Waits until exactly these were notified of this many seats, in this order.
async fn told(recorder: &Recorder, expected: &[(&Buyer, u32)]) {
    let expected: Vec<(String, u32)> =
        expected.iter().map(|(buyer, seats)| (buyer.identity.email.clone(), *seats)).collect();
    let in_time = tokio::time::timeout(crate::support::PATIENCE, async {
        while recorder.told().len() < expected.len() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    });
    let _ = in_time.await;
    assert_eq!(recorder.told(), expected);
}

/// An event all of whose seats the buyer has booked.
async fn sold_out(sale: &Sale, to: &Buyer, seats: u32) -> EventId {
    let event = sale.create_event(seats).await;
    to.buys(event, i64::from(seats)).await;
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_came_first_are_told_first_of_as_much_as_is_free() {
    let recorder = Arc::default();
    let sale = sale_with(&recorder, 1).await;
    let (ada, bob, cyd, dan) = (sale.buyer("Ada"), sale.buyer("Bob"), sale.buyer("Cyd"), sale.buyer("Dan"));
    let event = sold_out(&sale, &ada, 10).await;
    bob.join(event, 2).await.says("200");
    cyd.join(event, 1).await.says("200");
    let answer = dan.join(event, 3).await.says("200");
    assert_eq!(answer.text, "", "there is no body");

    ada.cancel(event, 1).await.says("200");
    told(&recorder, &[(&bob, 1)]).await;
    ada.cancel(event, 3).await.says("200");
    told(&recorder, &[(&bob, 1), (&cyd, 1), (&dan, 2)]).await;
    let message = &recorder.notifications()[2];
    assert_eq!((message.event_id, message.event_name.as_str()), (event, "Event of 10 seats"));

    // The list is empty now: what comes free meanwhile is announced to nobody.
    ada.cancel(event, 1).await.says("200");
    bob.join(event, 5).await.says("200");
    ada.cancel(event, 2).await.says("200");
    told(&recorder, &[(&bob, 1), (&cyd, 1), (&dan, 2), (&bob, 2)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_are_told_in_the_order_of_their_joining_each_of_one_seat() {
    let recorder = Arc::default();
    let sale = sale_with(&recorder, 2).await;
    let ada = sale.buyer("Ada");
    let event = sold_out(&sale, &ada, 1).await;
    let people = sale.crowd(60);
    for buyer in &people {
        buyer.join(event, 1).await.says("200");
    }
    for capacity in [2, 12, 13, 41] {
        sale.grow(event, capacity).await;
        let first: Vec<(&Buyer, u32)> =
            people.iter().take(usize::try_from(capacity).unwrap() - 1).map(|buyer| (buyer, 1)).collect();
        told(&recorder, &first).await;
    }
    assert_eq!(sale.postgres.execute("SELECT count(*) FROM waitlist_entries"), "20");
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_come_free_by_cancel_release_expiry_and_growth() {
    let recorder = Arc::default();
    let sale =
        Sale::set_up().flag("--hold-ttl-ms", 1_500).notifier(Arc::<Recorder>::clone(&recorder)).start().await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let event = sold_out(&sale, &ada, 3).await;
    bob.join(event, 9).await.says("200");
    ada.cancel(event, 1).await.says("200");
    told(&recorder, &[(&bob, 1)]).await;

    let held = ada.holds(event, 1).await;
    bob.join(event, 9).await.says("200");
    ada.release(&held).await.says("200");
    told(&recorder, &[(&bob, 1), (&bob, 1)]).await;

    ada.holds(event, 1).await;
    bob.join(event, 9).await.says("200");
    told(&recorder, &[(&bob, 1), (&bob, 1), (&bob, 1)]).await;

    ada.buys(event, 1).await;
    bob.join(event, 9).await.says("200");
    sale.grow(event, 7).await;
    told(&recorder, &[(&bob, 1), (&bob, 1), (&bob, 1), (&bob, 4)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_free_when_somebody_joined_is_not_announced() {
    let recorder = Arc::default();
    let sale = sale_with(&recorder, 1).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let (touched, untouched) = (sale.create_event(10).await, sale.create_event(10).await);
    let held = ada.holds(touched, 1).await;
    ada.release(&held).await.says("200");
    for event in [touched, untouched] {
        bob.join(event, 5).await.says("200");
        let held = ada.holds(event, 2).await;
        ada.release(&held).await.says("200");
    }
    told(&recorder, &[(&bob, 2), (&bob, 2)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_that_nobody_has_free_any_more_are_not_announced() {
    let recorder = Arc::default();
    let sale = sale_with(&recorder, 1).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let event = sold_out(&sale, &ada, 10).await;
    ada.cancel(event, 8).await.says("200");
    bob.join(event, 9).await.says("200");
    ada.holds(event, 8).await;
    ada.cancel(event, 1).await.says("200");
    told(&recorder, &[(&bob, 1)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_valkey_lost_everything_what_is_free_is_announced() {
    let recorder = Arc::default();
    let sale = sale_with(&recorder, 1).await;
    let (ada, bob, cyd) = (sale.buyer("Ada"), sale.buyer("Bob"), sale.buyer("Cyd"));
    let event = sold_out(&sale, &ada, 5).await;
    ada.cancel(event, 3).await.says("200");
    ada.holds(event, 3).await;
    bob.join(event, 2).await.says("200");
    cyd.join(event, 2).await.says("200");
    sale.valkey.flush();
    told(&recorder, &[(&bob, 2), (&cyd, 1)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_joins_late_is_not_told_of_what_was_announced_before() {
    let recorder: Arc<Recorder> = Arc::default();
    let late = LateJoin::of("Cyd@example.org");
    let stop = Arc::clone(&late);
    let sale = Sale::set_up()
        .instances(2)
        .notifier(Arc::<Recorder>::clone(&recorder))
        .replace(move |context| Context {
            waitlist: Arc::new(WithLateJoin { inner: context.waitlist.clone(), late: Arc::clone(&stop) }),
            ..context
        })
        .start()
        .await;
    let (ada, bob, cyd) = (sale.buyer("Ada"), sale.buyer("Bob"), sale.buyer("Cyd"));
    let event = sold_out(&sale, &ada, 3).await;
    // At another instance, since those of one join one after the other.
    let there = cyd.at(&sale.instances[1].url);
    let joining = tokio::spawn(async move { there.join(event, 2).await });
    late.reached().await;

    bob.join(event, 1).await.says("200");
    ada.cancel(event, 1).await.says("200");
    told(&recorder, &[(&bob, 1)]).await;
    ada.cancel(event, 1).await.says("200");
    late.go_on();
    joining.await.unwrap().says("200");
    // Two seats are free, one announced and one not; neither came free after Cyd had joined.
    ada.cancel(event, 1).await.says("200");
    told(&recorder, &[(&bob, 1), (&sale.buyer("Cyd"), 1)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_the_list_keeps_nobody_from_the_database() {
    let sale = Sale::set_up()
        .own_postgres()
        .flag("--database-connections-max", 2)
        .flag("--database-acquire-timeout-ms", 2_000)
        .flag("--contention-wait-max-ms", 25_000)
        .start()
        .await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let event = sold_out(&sale, &ada, 1).await;
    bob.join(event, 1).await.says("200");
    let elsewhere = sale.postgres.lock_waitlist(event).await;
    for answer in join_all((0..30).map(|_| bob.join(event, 1))).await {
        answer.says("400 WAITLIST-01");
    }
    let joins: Vec<_> = sale
        .crowd(30)
        .into_iter()
        .map(|buyer| tokio::spawn(async move { buyer.join(event, 1).await }))
        .collect();
    let other = sale.create_event(10).await;
    for _ in 0..5 {
        ada.buys(other, 1).await;
    }

    drop(elsewhere);
    for answer in join_all(joins).await {
        answer.unwrap().says("200");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_entry_a_user_and_event() {
    let recorder = Arc::default();
    let sale = sale_with(&recorder, 2).await;
    let (ada, bob, cyd) = (sale.buyer("Ada"), sale.buyer("Bob"), sale.buyer("Cyd"));
    let (proms, gala) = (sold_out(&sale, &ada, 1).await, sold_out(&sale, &ada, 1).await);
    bob.join(proms, 1).await.says("200");
    bob.join(proms, 2).await.says("400 WAITLIST-01");
    bob.join(gala, 1).await.says("200");
    cyd.join(proms, 1).await.says("200");

    let dan = sale.buyer("Dan");
    let there = dan.at(&sale.instances[1].url);
    let joins = (0..5).flat_map(|_| [dan.join(proms, 1), there.join(proms, 1)]);
    let mut said: Vec<String> = join_all(joins).await.iter().map(Answer::said).collect();
    said.sort();
    assert_eq!(said[0], "200");
    assert_eq!(said[1..], vec!["400 WAITLIST-01"; 9]);

    ada.cancel(proms, 1).await.says("200");
    told(&recorder, &[(&bob, 1)]).await;
    bob.join(proms, 1).await.says("200");
    bob.join(proms, 1).await.says("400 WAITLIST-01");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_check_that_fails_answers() {
    let sale = Sale::start().await;
    let event = sale.create_event(5).await;
    let ada = sale.buyer("Ada");
    let path = "/waitlist/add/";
    let good = json!({ "event_id": event.to_string(), "count": 1 });
    sale.as_a_stranger(path, &good).await.says("401 USER-06");
    sale.internal(path, &good).await.says("401 USER-06");
    for body in ["", "[]", "{", r#"{"count":"1"}"#, r#"{"event_id":{}}"#, r#"{"count":1.5}"#] {
        ada.send(Method::POST, path, Some(body.to_owned())).await.says("400 SYS-01");
    }
    ada.post(path, &json!({ "event_id": "x", "count": 0 })).await.says("400 SYS-03");
    ada.post(path, &json!({ "count": 1 })).await.says("400 SYS-03");
    for count in [0, -1, 101, i64::MAX, i64::MIN] {
        ada.join(unknown_event(), count).await.says("400 WAITLIST-02");
    }
    ada.post(path, &json!({ "event_id": event.to_string() })).await.says("400 WAITLIST-02");
    ada.join(unknown_event(), 100).await.says("400 EVENT-03");
    ada.post(path, &json!({ "event_id": ada.id(), "count": 1 })).await.says("400 EVENT-03");
    assert_eq!(sale.postgres.execute("SELECT count(*) FROM waitlist_entries"), "0");
    ada.join(event, 100).await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_not_known_yet_is_asked_for() {
    let sale = Sale::set_up().with_limits_of_production().start().await;
    let ada = sale.buyer("Ada");
    let (event, _) = sale.events.create(5).await;
    ada.join(event, 1).await.says("200");
    sale.events.feeds(Feeding::Away);
    ada.join(unknown_event(), 1).await.says("503 SYS-07");
    ada.join(event, 1).await.says("400 WAITLIST-01");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_deleted_event() {
    let recorder = Arc::default();
    let sale = sale_with(&recorder, 1).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let (proms, gala) = (sold_out(&sale, &ada, 2).await, sold_out(&sale, &ada, 2).await);
    bob.join(proms, 1).await.says("200");
    bob.join(gala, 1).await.says("200");
    sale.delete(proms).await;
    bob.join(proms, 1).await.says("400 EVENT-03");
    ada.cancel(gala, 1).await.says("200");
    told(&recorder, &[(&bob, 1)]).await;
    assert_eq!(recorder.notifications()[0].event_id, gala);
    eventually("the list is gone", async || sale.postgres.execute("SELECT count(*) FROM waitlists") == "1")
        .await;
}
