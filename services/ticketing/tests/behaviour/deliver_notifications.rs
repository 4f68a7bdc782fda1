//! Delivering: those who were told hear of it once, in order, whatever fails on the way.

use std::sync::Arc;

use booked_ids::EventId;
use booked_ticketing::ports::NotifyFailure;

use crate::support::{Buyer, Recorder, Sale, eventually};

/// An event that is sold out, and people who wait for a seat of it each.
async fn awaited(sale: &Sale, people: &[Buyer]) -> EventId {
    let event = sale.create_event(1).await;
    sale.buyer("Ada").buys(event, 1).await;
    for buyer in people {
        buyer.join(event, 1).await.says("200");
    }
    event
}

fn emails(people: &[Buyer]) -> Vec<String> {
    people.iter().map(|buyer| buyer.identity.email.clone()).collect()
}

async fn until_recorded(sale: &Sale, notifications: usize) {
    eventually(&format!("{notifications} notifications are to be sent"), async || {
        sale.postgres.execute("SELECT count(*) FROM notifications") == notifications.to_string()
    })
    .await;
}

fn told(recorder: &Recorder) -> Vec<String> {
    recorder.told().into_iter().map(|(email, _)| email).collect()
}

async fn until_all_done(sale: &Sale) {
    eventually("all notifications are dealt with", async || {
        sale.postgres.execute("SELECT count(*) FROM notifications WHERE done_at IS NULL") == "0"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_notification_is_sent_once_by_however_many_instances() {
    let recorder: Arc<Recorder> = Arc::default();
    let sale = Sale::set_up().instances(3).notifier(Arc::<Recorder>::clone(&recorder)).start().await;
    let people = sale.crowd(50);
    let event = awaited(&sale, &people).await;
    for capacity in [11, 31, 51] {
        sale.grow(event, capacity).await;
    }
    until_recorded(&sale, 50).await;
    until_all_done(&sale).await;
    assert_eq!(told(&recorder), emails(&people));
    assert_eq!(sale.postgres.execute("SELECT count(*) FROM notifications WHERE sent"), "50");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_has_to_wait_holds_back_itself_alone() {
    let recorder: Arc<Recorder> = Arc::default();
    let sale = Sale::set_up().instances(2).notifier(Arc::<Recorder>::clone(&recorder)).start().await;
    let mut people = sale.crowd(5);
    let event = awaited(&sale, &people).await;
    let third = people[2].identity.email.clone();
    recorder.fail_for(&third, NotifyFailure::Later("the mailbox is busy".to_owned()));
    sale.grow(event, 6).await;
    until_recorded(&sale, 5).await;
    // A notification is noted as sent after it was sent.
    eventually("the others are told", async || {
        sale.postgres.execute("SELECT email FROM notifications WHERE done_at IS NULL") == third
    })
    .await;
    assert_eq!(recorder.told().len(), 4);
    recorder.work_again();
    until_all_done(&sale).await;
    let last = people.remove(2);
    people.push(last);
    assert_eq!(told(&recorder), emails(&people));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_until_it_is_too_old_is_given_up() {
    let recorder: Arc<Recorder> = Arc::default();
    let sale = Sale::set_up()
        .flag("--notification-age-max-ms", 3_000)
        .notifier(Arc::<Recorder>::clone(&recorder))
        .start()
        .await;
    let people = sale.crowd(1);
    let event = awaited(&sale, &people).await;
    recorder.fail_for(&people[0].identity.email, NotifyFailure::Later("no such domain".to_owned()));
    sale.grow(event, 2).await;
    until_recorded(&sale, 1).await;
    until_all_done(&sale).await;
    assert_eq!(sale.postgres.execute("SELECT sent FROM notifications WHERE tries > 0"), "f");
    assert!(recorder.told().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_nothing_can_be_sent_no_notification_loses_a_try() {
    let recorder: Arc<Recorder> = Arc::default();
    let sale = Sale::set_up()
        .flag("--notification-age-max-ms", 1)
        .notifier(Arc::<Recorder>::clone(&recorder))
        .start()
        .await;
    let people = sale.crowd(10);
    let event = awaited(&sale, &people).await;
    for email in emails(&people) {
        recorder.fail_for(&email, NotifyFailure::Away("the mail server is away".to_owned()));
    }
    sale.grow(event, 11).await;
    until_recorded(&sale, 10).await;
    eventually("it was tried twice", async || recorder.failures() > 1).await;
    assert_eq!(
        sale.postgres.execute("SELECT count(*) FROM notifications WHERE done_at IS NULL AND tries = 0"),
        "10"
    );
    recorder.work_again();
    until_all_done(&sale).await;
    assert_eq!(told(&recorder), emails(&people));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_can_never_be_sent_is_passed_over() {
    let recorder: Arc<Recorder> = Arc::default();
    let sale = Sale::set_up().notifier(Arc::<Recorder>::clone(&recorder)).start().await;
    let mut people = sale.crowd(3);
    let event = awaited(&sale, &people).await;
    recorder.fail_for(&people[1].identity.email, NotifyFailure::Never("no such mailbox".to_owned()));
    sale.grow(event, 4).await;
    until_recorded(&sale, 3).await;
    until_all_done(&sale).await;
    let never = people.remove(1);
    assert_eq!(told(&recorder), emails(&people));
    let not_sent = sale.postgres.execute("SELECT email FROM notifications WHERE NOT sent");
    assert_eq!(not_sent, never.identity.email);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_after_a_crash_carries_the_same_id() {
    let recorder: Arc<Recorder> = Arc::default();
    let sale = Sale::set_up().notifier(Arc::<Recorder>::clone(&recorder)).start().await;
    let people = sale.crowd(1);
    let event = awaited(&sale, &people).await;
    sale.grow(event, 2).await;
    until_recorded(&sale, 1).await;
    until_all_done(&sale).await;
    // As if the process had ended between sending and noting it.
    sale.postgres.execute("UPDATE notifications SET done_at = NULL, sent = NULL");
    until_all_done(&sale).await;
    let notifications = recorder.notifications();
    assert_eq!(notifications.len(), 2);
    assert_eq!(notifications[0].id, notifications[1].id);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lease_of_an_instance_that_ended_runs_out() {
    let recorder: Arc<Recorder> = Arc::default();
    let sale = Sale::set_up().notifier(Arc::<Recorder>::clone(&recorder)).start().await;
    let people = sale.crowd(1);
    let event = awaited(&sale, &people).await;
    sale.postgres.execute(
        "INSERT INTO leases VALUES ('deliver_notifications', gen_random_uuid(), now() + interval '1 second')
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until",
    );
    sale.grow(event, 2).await;
    until_recorded(&sale, 1).await;
    until_all_done(&sale).await;
    assert_eq!(told(&recorder), emails(&people));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_an_event_that_was_deleted_meanwhile() {
    let recorder: Arc<Recorder> = Arc::default();
    let sale = Sale::set_up().notifier(Arc::<Recorder>::clone(&recorder)).start().await;
    let people = sale.crowd(2);
    let (proms, gala) = (awaited(&sale, &people[..1]).await, awaited(&sale, &people[1..]).await);
    recorder.fail_for(&people[0].identity.email, NotifyFailure::Later("not now".to_owned()));
    sale.grow(proms, 2).await;
    until_recorded(&sale, 1).await;
    sale.grow(gala, 2).await;
    until_recorded(&sale, 2).await;
    sale.delete(proms).await;
    eventually("the other one is told", async || told(&recorder) == emails(&people[1..])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_ends_lets_another_one_deliver_at_once() {
    let recorder: Arc<Recorder> = Arc::default();
    let sale = Sale::set_up().notifier(Arc::<Recorder>::clone(&recorder)).start().await;
    let people = sale.crowd(1);
    let event = awaited(&sale, &people).await;
    let leases = "SELECT count(*) FROM leases WHERE name = 'deliver_notifications'";
    assert_eq!(sale.postgres.execute(leases), "0", "nobody needs it while nothing is to be sent");
    sale.grow(event, 2).await;
    eventually("it delivers", async || sale.postgres.execute(leases) == "1").await;
    sale.instances[0].lifecycle.end();
    eventually("the lease is given back", async || sale.postgres.execute(leases) == "0").await;
}
