//! Group commit: bookings that wait at the same moment share a transaction, and none spoils or delays the others.

use std::time::Duration;

use booked_contract::feed::TicketsBooked;
use booked_ids::EventId;
use futures_util::future::join_all;
use reqwest::Method;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::support::{Answer, Buyer, Sale, ask, eventually, json_ids, seats};

/// Books without waiting for the answer, and returns when the tickets are claimed.
async fn begin_to_book(sale: &Sale, buyer: &Buyer, tickets: &[Uuid]) -> JoinHandle<Answer> {
    let event = event_of(tickets[0]);
    let before = claims(sale, event);
    let (booker, sent) = (buyer.clone(), tickets.to_vec());
    let booking = tokio::spawn(async move { booker.book(&sent).await });
    eventually(&format!("the tickets of {} are claimed", buyer.name), async || {
        claims(sale, event) == before + tickets.len()
    })
    .await;
    booking
}

fn claims(sale: &Sale, event: EventId) -> usize {
    sale.valkey.ask(&["HLEN", &format!("{{{event}}}:claims")])
}

fn event_of(ticket: Uuid) -> EventId {
    booked_ids::TicketId::from_uuid(ticket).unwrap().event()
}

fn transactions(sale: &Sale) -> usize {
    let kind = TicketsBooked::KIND;
    let query = format!("SELECT count(DISTINCT transaction_id) FROM outbox WHERE kind = '{kind}'");
    sale.postgres.execute(&query).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn bookings_that_wait_at_the_same_moment_share_a_transaction() {
    let sale = Sale::set_up().own_postgres().flag("--booking-transactions-max", 1).start().await;
    let event = sale.create_event(100).await;
    let locked = sale.postgres.lock_tickets().await;
    let mut bookings = Vec::new();
    for buyer in sale.crowd(30) {
        let tickets = buyer.holds(event, 1).await;
        bookings.push(begin_to_book(&sale, &buyer, &tickets).await);
    }
    drop(locked);
    for booking in bookings {
        booking.await.unwrap().says("200");
    }
    assert_eq!(transactions(&sale), 2, "the first one's, and one of all who waited behind it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_is_refused_does_not_spoil_its_neighbours() {
    let sale = Sale::set_up().own_postgres().flag("--booking-transactions-max", 1).start().await;
    let (proms, gala) = (sale.create_event(10).await, sale.create_event(10).await);
    let (ada, bob, cyd) = (sale.buyer("Ada"), sale.buyer("Bob"), sale.buyer("Cyd"));
    let tickets = [ada.holds(proms, 1).await, bob.holds(gala, 1).await, cyd.holds(proms, 1).await];
    let first = sale.buyer("the first");
    let of_first = first.holds(proms, 1).await;

    let locked = sale.postgres.lock_tickets().await;
    let first = begin_to_book(&sale, &first, &of_first).await;
    let adas = begin_to_book(&sale, &ada, &tickets[0]).await;
    let bobs = begin_to_book(&sale, &bob, &tickets[1]).await;
    let cyds = begin_to_book(&sale, &cyd, &tickets[2]).await;
    sale.delete(gala).await;
    drop(locked);

    first.await.unwrap().says("200");
    adas.await.unwrap().says("200");
    bobs.await.unwrap().says("400 TICKET-02");
    cyds.await.unwrap().says("200");
    assert_eq!(transactions(&sale), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_the_database_refuses_fails_alone_and_its_hold_stays() {
    let sale = Sale::set_up().own_postgres().flag("--booking-transactions-max", 1).start().await;
    let event = sale.create_event(10).await;
    let people = sale.crowd(4);
    let mut tickets = Vec::new();
    for buyer in &people {
        tickets.push(buyer.holds(event, 1).await);
    }
    sale.postgres.execute(&format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF NEW.user_id = '{}' THEN RAISE EXCEPTION 'not this one'; END IF;
             RETURN NEW;
         END $$;
         CREATE TRIGGER refuse BEFORE INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION refuse()",
        people[2].id()
    ));
    let locked = sale.postgres.lock_tickets().await;
    let mut bookings = Vec::new();
    for (buyer, tickets) in people.iter().zip(&tickets) {
        bookings.push(begin_to_book(&sale, buyer, tickets).await);
    }
    drop(locked);
    for (booking, expected) in bookings.into_iter().zip(["200", "200", "500 DB-03", "200"]) {
        booking.await.unwrap().says(expected);
    }
    sale.postgres.execute("DROP TRIGGER refuse ON tickets");
    people[2].book(&tickets[2]).await.says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_booking_more_than_may_wait_is_refused_at_once_and_its_hold_stays() {
    let sale = Sale::set_up()
        .own_postgres()
        .flag("--booking-transactions-max", 1)
        .flag("--booking-queue-max", 1)
        .start()
        .await;
    let event = sale.create_event(10).await;
    let people = sale.crowd(3);
    let mut tickets = Vec::new();
    for buyer in &people {
        tickets.push(buyer.holds(event, 2).await);
    }
    let locked = sale.postgres.lock_tickets().await;
    let first = begin_to_book(&sale, &people[0], &tickets[0]).await;
    // The flusher has taken the first one when there is room for the second.
    eventually("the first booking is in its transaction", async || waits_for_a_lock(&sale)).await;
    let second = begin_to_book(&sale, &people[1], &tickets[1]).await;
    people[2].book(&tickets[2]).await.says("503 SYS-07").within(Duration::from_secs(2));
    drop(locked);
    first.await.unwrap().says("200");
    second.await.unwrap().says("200");
    people[2].book(&tickets[2]).await.says("200");
}

fn waits_for_a_lock(sale: &Sale) -> bool {
    sale.postgres.execute("SELECT count(*) FROM pg_locks WHERE NOT granted") != "0"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_waits_too_long_is_refused_in_time_and_its_hold_stays() {
    let sale = Sale::set_up()
        .own_postgres()
        .flag("--booking-transactions-max", 1)
        .flag("--booking-queue-wait-max-ms", 500)
        .start()
        .await;
    let event = sale.create_event(10).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let (of_ada, of_bob) = (ada.holds(event, 1).await, bob.holds(event, 2).await);
    let locked = sale.postgres.lock_tickets().await;
    let first = begin_to_book(&sale, &ada, &of_ada).await;
    eventually("the first booking is in its transaction", async || waits_for_a_lock(&sale)).await;
    bob.book(&of_bob).await.says("503 SYS-07").within(Duration::from_secs(2));
    drop(locked);
    first.await.unwrap().says("200");
    bob.book(&of_bob).await.says("200");
    assert_eq!(bob.tickets_of(event).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_nobody_waits_for_any_more_is_not_begun_and_its_hold_stays() {
    let sale = Sale::set_up().own_postgres().flag("--booking-transactions-max", 1).start().await;
    let event = sale.create_event(10).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let (of_ada, of_bob) = (ada.holds(event, 1).await, bob.holds(event, 2).await);
    let locked = sale.postgres.lock_tickets().await;
    let first = begin_to_book(&sale, &ada, &of_ada).await;
    eventually("the first booking is in its transaction", async || waits_for_a_lock(&sale)).await;

    let impatient = bob.request(Method::POST, "/ticket/book/").header("x-booked-deadline-ms", "1000");
    let impatient = ask("Bob, for a second".to_owned(), impatient.body(json_ids(&of_bob).to_string()));
    impatient.await.says("503 SYS-07");

    drop(locked);
    first.await.unwrap().says("200");
    assert_eq!(bob.tickets_of(event).await, 0, "his booking was not begun");
    bob.book(&of_bob).await.says("200");
}

/// A ticket takes 50 ms: of a hundred that want to be booked at once, a transaction of 1.5 s has room for thirty.
#[tokio::test(flavor = "multi_thread")]
async fn where_postgres_is_slow_a_transaction_takes_no_more_bookings_than_fit() {
    let sale = Sale::set_up().own_postgres().flag("--database-timeout-ms", 1_500).start().await;
    sale.postgres.execute(
        "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             PERFORM pg_sleep(0.05);
             RETURN NEW;
         END $$;
         CREATE TRIGGER linger BEFORE INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION linger()",
    );
    let event = sale.create_event(120).await;
    let people = sale.crowd(100);
    let holds = join_all(people.iter().map(|buyer| buyer.holds(event, 1))).await;

    let mut waiting: Vec<_> = people.iter().zip(&holds).collect();
    let mut answers = 0;
    for _ in 0..12 {
        let round = join_all(waiting.iter().map(|(buyer, tickets)| buyer.book(tickets))).await;
        answers += round.len();
        let mut round = round.into_iter();
        waiting.retain(|_| round.next().unwrap().says_one_of(&["200", "503 SYS-07"]).said() != "200");
    }

    assert!(waiting.is_empty(), "{} of 100 are not booked after {answers} answers", waiting.len());
    assert_eq!(sale.postgres.execute("SELECT count(*) FROM tickets"), "100");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_time_runs_out_under_a_booking_that_waits() {
    let sale = Sale::set_up().own_postgres().flag("--hold-ttl-ms", 1_000).start().await;
    let event = sale.create_event(10).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let tickets = ada.holds(event, 1).await;
    let locked = sale.postgres.lock_tickets().await;
    let booking = begin_to_book(&sale, &ada, &tickets).await;
    let of_bob = bob.holds(event, 9).await;
    assert!(!of_bob.contains(&tickets[0]));
    eventually("Bob's later hold has run out", async || sale.occupied(event).await == Some(1)).await;
    drop(locked);
    booking.await.unwrap().says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_sent_again_while_the_first_is_under_way_waits_for_its_outcome() {
    let sale = Sale::set_up().own_postgres().instances(2).start().await;
    let event = sale.create_event(10).await;
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let tickets = ada.holds(event, 2).await;
    let locked = sale.postgres.lock_tickets().await;
    let first = begin_to_book(&sale, &ada, &tickets).await;
    let again = [ada.clone(), ada.at(&sale.instances[1].url)].map(|ada| {
        let tickets = tickets.clone();
        tokio::spawn(async move { ada.book(&tickets).await })
    });
    bob.book(&tickets).await.says("400 TICKET-03");
    ada.release(&tickets).await.says("400 TICKET-02");
    assert!(!first.is_finished() && again.iter().all(|again| !again.is_finished()), "they wait");
    drop(locked);
    first.await.unwrap().says("200");
    for again in again {
        again.await.unwrap().says("200");
    }
    assert_eq!(sale.told::<TicketsBooked>(TicketsBooked::KIND).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_were_offered_the_same_seat_one_has_it() {
    for flushers in [1, 2] {
        let sale = Sale::set_up().own_postgres().flag("--booking-transactions-max", flushers).start().await;
        let event = sale.create_event(2).await;
        let (ada, bob, first) = (sale.buyer("Ada"), sale.buyer("Bob"), sale.buyer("the first"));
        let of_first = first.holds(event, 1).await;
        let of_ada = ada.holds(event, 1).await;
        let locked = sale.postgres.lock_tickets().await;
        let first = begin_to_book(&sale, &first, &of_first).await;
        let adas = begin_to_book(&sale, &ada, &of_ada).await;
        sale.valkey.flush();
        let of_bob = bob.holds(event, 2).await;
        assert_eq!(seats(&of_bob), [1, 2]);
        let bobs = begin_to_book(&sale, &bob, &of_bob[1..]).await;
        drop(locked);

        first.await.unwrap().says("200");
        let adas = adas.await.unwrap().says_one_of(&["200", "400 TICKET-03"]).said();
        let bobs = bobs.await.unwrap().says_one_of(&["200", "400 TICKET-03"]).said();
        assert_ne!(adas, bobs, "one of Ada and Bob has the seat");
        assert_eq!(ada.tickets_of(event).await + bob.tickets_of(event).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bookings_of_other_events_do_not_wait_for_one_that_is_locked() {
    let sale = Sale::set_up().own_postgres().flag("--booking-transactions-max", 2).start().await;
    let (locked, open) = (sale.create_event(10).await, sale.create_event(10).await);
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    let of_ada = ada.holds(locked, 1).await;
    let lock = sale.postgres.lock_event(locked).await;
    let adas = begin_to_book(&sale, &ada, &of_ada).await;

    let of_bob = bob.holds(open, 1).await;
    bob.book(&of_bob).await.says("200");

    assert!(!adas.is_finished(), "Ada waits for the lock");
    drop(lock);
    adas.await.unwrap().says("200");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bookings_at_once_are_all_carried_out() {
    let sale = Sale::set_up().flag("--holds-per-user-max", 0).start().await;
    let event = sale.create_event(4_000).await;
    let people = sale.crowd(4);
    let mut holds = Vec::new();
    for buyer in &people {
        let mut tickets = Vec::new();
        for _ in 0..10 {
            tickets.extend(buyer.holds(event, 100).await);
        }
        holds.push(tickets);
    }
    let answers = join_all(people.iter().zip(&holds).map(|(buyer, tickets)| buyer.book(tickets))).await;
    answers.into_iter().for_each(|answer| drop(answer.says("200")));
    for buyer in &people {
        assert_eq!(buyer.tickets_of(event).await, 1_000);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sends_of_the_same_booking_at_once_book_it_once() {
    let sale = Sale::set_up().instances(2).start().await;
    let event = sale.create_event(100).await;
    let other = &sale.instances[1].url;
    for round in 1..=20 {
        let ada = sale.buyer("Ada");
        let there = ada.at(other);
        let tickets = ada.holds(event, 2).await;
        let answers = join_all([ada.book(&tickets), there.book(&tickets), ada.book(&tickets)]).await;
        answers.into_iter().for_each(|answer| drop(answer.says("200")));
        assert_eq!(ada.tickets_of(event).await, 2);
        assert_eq!(sale.told::<TicketsBooked>(TicketsBooked::KIND).len(), round);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_buyers_at_two_instances_book_at_once() {
    let sale = Sale::set_up().instances(2).start().await;
    let event = sale.create_event(200).await;
    let buying = sale.crowd(100).into_iter().map(|buyer| {
        tokio::spawn(async move {
            let tickets = buyer.buys(event, 2).await;
            (buyer, tickets)
        })
    });
    let bought: Vec<_> = join_all(buying).await.into_iter().map(Result::unwrap).collect();
    let all: Vec<Uuid> = bought.iter().flat_map(|(_, tickets)| tickets.clone()).collect();
    assert_eq!(seats(&all), (1..=200).collect::<Vec<_>>());
    for (buyer, _) in &bought {
        assert_eq!(buyer.tickets_of(event).await, 2, "{}'s tickets", buyer.name);
    }
}
