//! With Valkey or Postgres away: what needs it is refused in time, everything else works, and all recovers by itself.

use std::time::Duration;

use booked_ids::{EventId, SeatNumber};
use futures_util::future::join_all;

use crate::support::{Buyer, Sale, eventually, unknown_event};

/// The longest that a client waits for an answer, whatever is away.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

async fn until_it_sells(buyer: &Buyer, event: EventId) {
    eventually(&format!("{} can reserve again", buyer.name), async || {
        buyer.reserve(event, 1).await.said() == "200"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_valkey_gone_only_what_needs_it_is_refused() {
    let sale = Sale::set_up().own_valkey().with_limits_of_production().start().await;
    let event = sale.create_event(10).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let booked = ada.buys(event, 3).await;
    let held = ada.holds(event, 2).await;
    sale.valkey.kill();

    for _ in 0..3 {
        ada.reserve(event, 1).await.says_one_of(&["503 SYS-07", "504 SYS-08"]).within(ANSWER_WITHIN);
        ada.release(&held).await.says_one_of(&["503 SYS-07", "504 SYS-08"]).within(ANSWER_WITHIN);
        ada.book(&held).await.says_one_of(&["503 SYS-07", "504 SYS-08"]).within(ANSWER_WITHIN);
        sale.availability(&[event]).await.says("503 SYS-07").within(ANSWER_WITHIN);
        bob.book(&booked).await.says("400 TICKET-03").within(ANSWER_WITHIN);
        ada.list_holds("").await.says("503 SYS-07").within(ANSWER_WITHIN);
        ada.list_tickets("").await.says("200").within(ANSWER_WITHIN);
    }
    ada.reserve(event, 1).await.says("503 SYS-07");
    ada.book(&booked).await.says("200").within(ANSWER_WITHIN);
    assert_eq!(ada.tickets_of(event).await, 3);
    ada.cancel_chosen(&booked[..1]).await.says("200").within(ANSWER_WITHIN);
    bob.join(event, 1).await.says("200").within(ANSWER_WITHIN);
    bob.join(unknown_event(), 1).await.says("400 EVENT-03").within(ANSWER_WITHIN);

    sale.valkey.start_again();
    until_it_sells(&bob, event).await;
    assert_eq!(sale.occupied(event).await, Some(3), "two of Ada's and one that Bob holds");
    ada.book(&held).await.says_one_of(&["400 TICKET-02", "400 TICKET-03"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_valkey_that_is_away_at_the_start_keeps_nobody_waiting() {
    let sale = Sale::set_up().own_valkey().with_limits_of_production().instances(0).start().await;
    sale.valkey.kill();
    let mut sale = sale;
    let instance = sale.start_instance().await;
    instance.until_ready().await;
    sale.instances.push(instance);
    let (event, position) = sale.events.create(100).await;
    eventually("the event is known", async || sale.catch_up(&position.to_string()).await.status == 200).await;
    let tries = sale.crowd(60).into_iter().map(async |buyer| buyer.reserve(event, 1).await);
    for answer in join_all(tries).await {
        answer.says("503 SYS-07").within(ANSWER_WITHIN);
    }
    let ada = sale.buyer("Ada");
    ada.join(event, 1).await.says("200").within(ANSWER_WITHIN);
    assert_eq!(ada.bookings().await.len(), 0);
    sale.valkey.start_again();
    until_it_sells(&ada, event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_valkey_is_given_up_in_time_and_used_again_when_it_thaws() {
    let sale = Sale::set_up()
        .own_valkey()
        .with_limits_of_production()
        .flag("--reconciler-interval-ms", 200)
        .start()
        .await;
    let event = sale.create_event(200).await;
    let (ada, bob, cyd) = (sale.buyer("Ada"), sale.buyer("Bob"), sale.buyer("Cyd"));
    let booked = ada.buys(event, 3).await;
    cyd.buys(event, 1).await;
    let held = ada.holds(event, 2).await;
    let frozen = sale.valkey.freeze();

    let tries = sale.crowd(60).into_iter().map(async |buyer| buyer.reserve(event, 1).await);
    let (crowd, again, cancelled, list, waits) = tokio::join!(
        join_all(tries),
        ada.book(&booked),
        cyd.cancel(event, 1),
        ada.list_bookings(),
        bob.join(event, 1),
    );
    for answer in crowd {
        answer.says_one_of(&["503 SYS-07", "504 SYS-08"]).within(ANSWER_WITHIN);
    }
    for answer in [again, cancelled, list, waits] {
        answer.says("200").within(ANSWER_WITHIN);
    }
    ada.reserve(event, 1).await.says("503 SYS-07").within(ANSWER_WITHIN);
    ada.book(&held).await.says("503 SYS-07").within(ANSWER_WITHIN);
    ada.release(&held).await.says("503 SYS-07").within(ANSWER_WITHIN);
    sale.availability(&[event]).await.says("503 SYS-07").within(ANSWER_WITHIN);

    drop(frozen);
    until_it_sells(&bob, event).await;
    // What was asked of it while it was frozen it may have done late; nothing was promised to anybody.
    ada.book(&held).await.says("200");
    assert_eq!(ada.tickets_of(event).await, 5);
    // It may have come free before Bob got a seat, or one of the crowd whose call came late.
    let pair = format!("{{{event}}}:{}", event.ticket(SeatNumber::new(4).unwrap()));
    let is_held = || sale.valkey.ask::<Option<String>>(&["GET", &pair]).is_some();
    eventually("the cancelled seat came free", async || is_held() || !sale.valkey.is_taken(event, 4)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cancelled_while_valkey_was_away_comes_free_later() {
    let sale = Sale::set_up()
        .durable_valkey()
        .with_limits_of_production()
        .flag("--reconciler-interval-ms", 300)
        .start()
        .await;
    let event = sale.create_event(5).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    ada.buys(event, 5).await;
    sale.valkey.stop();
    ada.cancel(event, 2).await.says("200").within(ANSWER_WITHIN);
    assert_eq!(ada.tickets_of(event).await, 3);
    sale.valkey.start_again();
    eventually("Bob can have both seats", async || bob.reserve(event, 2).await.said() == "200").await;
    bob.reserve(event, 1).await.says("400 TICKET-01");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_postgres_gone_holds_work_and_last() {
    let sale = Sale::set_up().own_postgres().with_limits_of_production().start().await;
    let (event, not_loaded) = (sale.create_event(10).await, sale.create_event(10).await);
    let ada = sale.buyer("Ada");
    let booked = ada.buys(event, 1).await;
    let held = ada.holds(event, 2).await;
    sale.postgres.kill();

    for _ in 0..3 {
        ada.book(&held).await.says("503 SYS-07").within(ANSWER_WITHIN);
        ada.cancel(event, 1).await.says("503 SYS-07").within(ANSWER_WITHIN);
        ada.list_bookings().await.says("503 SYS-07").within(ANSWER_WITHIN);
        ada.join(event, 1).await.says("503 SYS-07").within(ANSWER_WITHIN);
        ada.book(&booked).await.says("503 SYS-07").within(ANSWER_WITHIN);
        ada.reserve(not_loaded, 1).await.says("503 SYS-07").within(ANSWER_WITHIN);
        sale.availability(&[event, not_loaded]).await.says("503 SYS-07").within(ANSWER_WITHIN);
        let more = ada.holds(event, 2).await;
        assert_eq!(sale.occupied(event).await, Some(5));
        ada.release(&more).await.says("200").within(ANSWER_WITHIN);
    }
    let crowd = sale.crowd(50).into_iter().map(async |buyer| buyer.reserve(not_loaded, 1).await);
    for answer in join_all(crowd).await {
        answer.says("503 SYS-07").within(ANSWER_WITHIN);
    }

    sale.postgres.start_again();
    eventually("Ada can book", async || ada.book(&held).await.said() == "200").await;
    assert_eq!(ada.tickets_of(event).await, 3);
    ada.book(&booked).await.says("200");
    until_it_sells(&ada, not_loaded).await;
    let later = sale.create_event(5).await;
    ada.buys(later, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_that_goes_under_a_booking_leaves_it_booked_or_held() {
    let sale = Sale::set_up().own_postgres().with_limits_of_production().start().await;
    let event = sale.create_event(100).await;
    let people = sale.crowd(10);
    let mut holds = Vec::new();
    for buyer in &people {
        holds.push(buyer.holds(event, 2).await);
    }
    let locked = sale.postgres.lock_tickets().await;
    let bookings: Vec<_> = people
        .iter()
        .zip(&holds)
        .map(|(buyer, tickets)| {
            let (buyer, tickets) = (buyer.clone(), tickets.clone());
            tokio::spawn(async move { buyer.book(&tickets).await })
        })
        .collect();
    let claims = format!("{{{event}}}:claims");
    eventually("all are under way", async || sale.valkey.ask::<usize>(&["HLEN", &claims]) == 20).await;
    sale.postgres.kill();
    drop(locked);
    for booking in bookings {
        booking.await.unwrap().says_one_of(&["503 SYS-07", "504 SYS-08"]).within(ANSWER_WITHIN);
    }
    sale.postgres.start_again();
    for (buyer, tickets) in people.iter().zip(&holds) {
        eventually(&format!("{} has booked", buyer.name), async || buyer.book(tickets).await.said() == "200")
            .await;
        assert_eq!(buyer.tickets_of(event).await, 2);
    }
    assert_eq!(sale.occupied(event).await, Some(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_valkey_that_goes_under_a_booking_does_not_keep_it_from_being_booked() {
    let sale = Sale::set_up().own_postgres().own_valkey().start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    let tickets = ada.holds(event, 2).await;
    let locked = sale.postgres.lock_tickets().await;
    let (booker, sent) = (ada.clone(), tickets.clone());
    let booking = tokio::spawn(async move { booker.book(&sent).await });
    let claims = format!("{{{event}}}:claims");
    eventually("it is under way", async || sale.valkey.ask::<usize>(&["HLEN", &claims]) == 2).await;
    sale.valkey.kill();
    drop(locked);
    booking.await.unwrap().says("200");
    ada.book(&tickets).await.says("200");
    sale.valkey.start_again();
    until_it_sells(&ada, event).await;
    assert_eq!(sale.occupied(event).await, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_booking_is_not_told_as_done_while_the_standbys_may_lack_it() {
    let sale = Sale::set_up().own_postgres().start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    let booked = ada.buys(event, 2).await;
    ada.book(&booked).await.says("200");

    // From now on every commit waits for a standby that is not there.
    let impatient = sale.start_instance_with(&[("--database-timeout-ms", "1500")]).await;
    impatient.until_ready().await;
    sale.postgres.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    sale.postgres.execute("SELECT pg_reload_conf()");
    let somebody = sale.postgres.keep_committing();
    eventually("commits wait", async || {
        sale.postgres.execute("SHOW synchronous_standby_names") == "nobody"
            && sale.postgres.execute("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
                == "t"
    })
    .await;
    somebody.abort();
    let repeated = ada.at(&impatient.url).book(&booked).await;
    repeated.says_one_of(&["503 SYS-07", "504 SYS-08"]);

    sale.postgres.execute("ALTER SYSTEM RESET synchronous_standby_names");
    sale.postgres.execute("SELECT pg_reload_conf()");
    eventually("it is told as done", async || ada.book(&booked).await.said() == "200").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_answered_in_time_by_a_postgres_that_hangs_and_its_booking_goes_on() {
    let sale = Sale::set_up().own_postgres().start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    let (first, second) = (ada.holds(event, 2).await, ada.holds(event, 1).await);
    let quick = sale.start_instance_with(&[("--request-timeout-ms", "300")]).await;
    quick.until_ready().await;

    let there = ada.at(&quick.url);
    let hangs = sale.postgres.lock_tickets().await;
    there.book(&first).await.says("504 SYS-08");
    there.book(&second).await.says("504 SYS-08");
    drop(hangs);
    eventually("both are booked all the same", async || ada.tickets_of(event).await == 3).await;
    ada.book(&first).await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_space_left_for_tables_nothing_is_done_and_it_may_be_tried_again() {
    let sale = Sale::start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    ada.buys(event, 2).await;
    let held = ada.holds(event, 2).await;
    // As the server says it.
    sale.postgres.execute(
        "CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             RAISE 'could not extend file \"base/5/16384\": No space left on device' USING ERRCODE = 'disk_full'; END $$;
         CREATE TRIGGER no_space BEFORE INSERT OR DELETE ON tickets EXECUTE FUNCTION no_space();
         CREATE TRIGGER no_space BEFORE INSERT ON waitlist_entries EXECUTE FUNCTION no_space();",
    );
    ada.book(&held).await.says("503 SYS-07");
    ada.cancel(event, 1).await.says("503 SYS-07");
    ada.join(event, 1).await.says("503 SYS-07");
    assert_eq!(ada.tickets_of(event).await, 2);

    sale.postgres.execute("DROP FUNCTION no_space CASCADE");
    ada.book(&held).await.says("200");
    ada.cancel(event, 1).await.says("200");
    ada.join(event, 1).await.says("200");
    assert_eq!(ada.tickets_of(event).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgres_may_only_be_read_nothing_is_done_and_it_may_be_tried_again() {
    let sale = Sale::set_up().own_postgres().start().await;
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    ada.buys(event, 2).await;
    let held = ada.holds(event, 2).await;
    sale.postgres.execute("ALTER SYSTEM SET default_transaction_read_only = on");
    sale.postgres.execute("SELECT pg_reload_conf()");
    eventually("bookings are refused", async || ada.book(&held).await.said() == "503 SYS-07").await;
    ada.cancel(event, 1).await.says("503 SYS-07");
    ada.join(event, 1).await.says("503 SYS-07");

    sale.postgres.execute("ALTER SYSTEM RESET default_transaction_read_only");
    sale.postgres.execute("SELECT pg_reload_conf()");
    eventually("the booking is done", async || ada.book(&held).await.said() == "200").await;
    assert_eq!(ada.tickets_of(event).await, 4);
}
