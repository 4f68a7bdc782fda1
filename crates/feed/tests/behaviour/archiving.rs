//! Past months are moved out of the outbox, and every reader of the feed knows the same as before.

use std::time::Duration;

use booked_feed::{ArchiveArgs, Position};
use clap::Parser;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};

use crate::{
    ledger::{Counting, booked, cancelled, on_sale, write, write_in_month},
    world::{Listener, OUTBOX, Producer, open_transaction, subject},
};

const SOON: Duration = Duration::from_secs(10);
const DAY: i64 = 86_400_000;

/// What every reader knows in the end: the newest versions, and counts by day.
const KNOWN: &str = "1 v3\n1 day 0: 5 booked, 3 cancelled\n1 day 1: 4 booked, 0 cancelled\n1 day 2: 1 booked, 1 cancelled\n\
     2 v1\n2 day 0: 2 booked, 0 cancelled";

/// A sale of two events, in months given by how long ago they are; its last part is in the current month.
async fn sale(producer: &Producer) -> Position {
    write_in_month(producer, 4, [on_sale(1, 1), on_sale(2, 1), booked(1, 0, 3), booked(2, 0, 2)]).await;
    write_in_month(producer, 3, [booked(1, 0, 2), on_sale(1, 2), cancelled(1, 0, 2), booked(1, DAY, 4)])
        .await;
    write_in_month(producer, 2, [cancelled(1, DAY - 1, 1), on_sale(1, 3), booked(1, 2 * DAY, 1)]).await;
    write(producer, [cancelled(1, 2 * DAY, 1)]).await
}

fn before(months_ago: u32) -> String {
    let first =
        format!("(date_trunc('month', now() AT TIME ZONE 'UTC') - interval '{months_ago} months')::date");
    format!("SELECT archived_up_to, tables FROM outbox_archive_before({first})")
}

/// Archives everything that is older than this many months.
async fn archive(producer: &Producer, months_ago: u32) -> Result<(), String> {
    let mut connection = AsyncPgConnection::establish(&producer.database_url()).await.unwrap();
    let archived = connection.batch_execute(&before(months_ago)).await.map_err(|error| error.to_string());
    // An error is reported before locks are released.
    connection.batch_execute("SELECT").await.unwrap();
    archived
}

async fn is_refused(producer: &Producer, months_ago: u32, words: &str) {
    let before =
        producer.execute("SELECT * FROM outbox_archive; SELECT id, tableoid FROM outbox ORDER BY id");
    let refusal = archive(producer, months_ago).await.unwrap_err();
    assert!(refusal.contains(words), "{refusal}");
    let after = producer.execute("SELECT * FROM outbox_archive; SELECT id, tableoid FROM outbox ORDER BY id");
    assert_eq!(before, after);
}

/// What a consumer knows that reads the feed from its start.
async fn known_anew(producer: &Producer) -> String {
    let counting = Counting::new(Listener::new());
    let replica = counting.replica(producer);
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    // One pull has a limit of time, within which a busy machine may not read it all.
    while let Err(late) = replica.pull_now().await {
        assert!(std::time::Instant::now() < deadline, "{late}");
    }
    counting.known()
}

fn kinds(producer: &Producer) -> String {
    let kinds = "SELECT id || ' ' || kind FROM outbox ORDER BY id";
    producer.execute(kinds).trim().replace("booked.ticketing.", "")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_adds_up_to_the_same() {
    let producer = Producer::start();
    sale(&producer).await;
    producer.write(subject(3), 1..=2).await;
    producer.execute("UPDATE outbox SET written_at = now() - interval '4 months' WHERE kind = 'test.state'");
    assert_eq!(known_anew(&producer).await, KNOWN);

    archive(&producer, 1).await.unwrap();

    let left = "2 event_on_sale\n4 tickets_counted\n10 event_on_sale\n11 tickets_counted\n12 tickets_cancelled\n\
         13 test.state\n14 test.state";
    assert_eq!(kinds(&producer), left, "in the order of ids, and what is of another kind stays");
    assert_eq!(known_anew(&producer).await, KNOWN);
    let detached =
        "SELECT count(*) FROM pg_class WHERE relname ~ '^outbox_\\d{4}_\\d\\d$' AND NOT relispartition";
    assert_eq!(producer.execute(detached).trim(), "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn archiving_again_adds_up_checkpoints_and_months() {
    let producer = Producer::start();
    sale(&producer).await;
    for months_ago in [3, 2, 1] {
        archive(&producer, months_ago).await.unwrap();
        assert_eq!(known_anew(&producer).await, KNOWN, "before {months_ago} months ago");
    }
    assert_eq!(kinds(&producer).matches("tickets_counted").count(), 2);
    assert_eq!(producer.execute("SELECT generation, up_to FROM outbox_archive").trim(), "3|11");
    is_refused(&producer, 1, "is archived already").await;
    is_refused(&producer, 2, "is archived already").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_read_all_that_is_archived_goes_on() {
    let (producer, counting) = (Producer::start(), Counting::new(Listener::new()));
    sale(&producer).await;
    let replica = counting.replica(&producer);
    replica.pull_now().await.unwrap();
    for months_ago in [3, 1] {
        archive(&producer, months_ago).await.unwrap();
        let last = write(&producer, [booked(1, DAY, 1), cancelled(1, DAY, 1)]).await;
        replica.catch_up(&last, SOON).await.unwrap();
    }
    assert_eq!(counting.restarts(), 0);
    let twice_more = KNOWN.replace("day 1: 4 booked, 0", "day 1: 6 booked, 2");
    assert_eq!(counting.known(), twice_more);

    // First another server that lacks nothing, and then one that lacks the last row.
    counting.execute("UPDATE feed_cursors SET incarnation = 'of before/2/11'");
    replica.pull_now().await.unwrap();
    assert_eq!(counting.restarts(), 0);
    counting.execute("UPDATE feed_cursors SET incarnation = 'of before/2/11'");
    producer.execute("DELETE FROM outbox WHERE id = (SELECT max(id) FROM outbox)");
    replica.pull_now().await.unwrap();
    assert_eq!(counting.restarts(), 1);
    assert_eq!(counting.known(), twice_more.replace("day 1: 6 booked, 2", "day 1: 6 booked, 1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_read_a_part_of_what_is_archived_begins_anew() {
    for read in [3, 7] {
        let (producer, counting) = (Producer::start(), Counting::new(Listener::new()));
        write_in_month(&producer, 4, [on_sale(1, 1), booked(1, 0, 3), booked(2, 0, 1)]).await;
        let replica = counting.replica(&producer);
        replica.pull_now().await.unwrap();
        write_in_month(&producer, 3, [booked(1, 0, 3), booked(2, 0, 1), booked(1, DAY, 3), booked(2, 0, 2)])
            .await;
        if read == 7 {
            replica.pull_now().await.unwrap();
        }
        let known = known_anew(&producer).await;

        archive(&producer, 1).await.unwrap();
        replica.pull_now().await.unwrap();

        assert_eq!(counting.known(), known);
        assert_eq!(counting.restarts(), i32::from(read < 7), "after {read} of 7");
    }
}

/// The last row may be an older version of what came before it.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_stands_at_the_last_row_that_is_archived_finds_their_place_again() {
    let (producer, counting) = (Producer::start(), Counting::new(Listener::new()));
    write_in_month(&producer, 3, [booked(1, 0, 3), on_sale(1, 2), on_sale(1, 1)]).await;
    let replica = counting.replica(&producer);
    replica.pull_now().await.unwrap();
    archive(&producer, 1).await.unwrap();
    replica.pull_now().await.unwrap();
    assert_eq!(kinds(&producer), "1 tickets_counted\n2 event_on_sale\n3 event_on_sale");
    assert_eq!((counting.restarts(), counting.known().as_str()), (0, "1 v2\n1 day 0: 3 booked, 0 cancelled"));
}

/// The server that takes over may lack the archiving itself.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_read_a_part_of_an_archive_that_is_lost_begins_anew() {
    for (archived_up_to, restarts) in [(12, 0), (13, 1)] {
        let (producer, counting) = (Producer::start(), Counting::new(Listener::new()));
        assert_eq!(sale(&producer).await.row_id(), 12);
        let replica = counting.replica(&producer);
        replica.pull_now().await.unwrap();
        counting.execute(&format!("UPDATE feed_cursors SET incarnation = 'of before/1/{archived_up_to}'"));
        replica.pull_now().await.unwrap();
        assert_eq!(counting.restarts(), restarts, "up to {archived_up_to}");
        assert_eq!(counting.known(), KNOWN);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn months_that_are_not_over_are_refused() {
    let producer = Producer::start();
    sale(&producer).await;
    let mut connection = AsyncPgConnection::establish(&producer.database_url()).await.unwrap();
    for (month, words) in [
        ("date_trunc('month', now()) + interval '1 month'", "only months that have been over for a day"),
        (
            "date_trunc('month', now()) - interval '1 month' + interval '1 day'",
            "is not the first day of a month",
        ),
    ] {
        let refused =
            connection.batch_execute(&format!("SELECT outbox_archive_before(({month})::date)")).await;
        assert!(refused.unwrap_err().to_string().contains(words), "{month}");
    }
    is_refused(&producer, 5, "there is nothing before").await;
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ";
    connection.batch_execute(begin).await.unwrap();
    let refused = connection.batch_execute(&before(1)).await.unwrap_err().to_string();
    assert!(refused.contains("must be READ COMMITTED"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_an_earlier_one_may_still_come_before_are_refused() {
    let producer = Producer::start();
    write_in_month(&producer, 4, [booked(1, 0, 3)]).await;
    let mut open = producer.open_writer().await;
    write(&producer, [booked(1, 0, 3)]).await;
    producer.execute("UPDATE outbox SET written_at = now() - interval '4 months' WHERE id = 2");
    is_refused(&producer, 1, "a transaction that writes to the outbox is open").await;
    open.batch_execute("COMMIT").await.unwrap();
    archive(&producer, 1).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_still_writes_to_a_month_is_waited_for_and_not_passed_over() {
    let producer = Producer::start();
    sale(&producer).await;
    let late = "INSERT INTO outbox (kind, subject, data, written_at)
         SELECT kind, subject, data, written_at FROM outbox WHERE id = 3";
    let mut open = open_transaction(&producer.database_url(), late).await;
    is_refused(&producer, 1, "somebody writes to the partition").await;
    open.batch_execute("COMMIT").await.unwrap();
    let known = known_anew(&producer).await;
    assert_eq!(known, KNOWN.replace("day 0: 5 booked", "day 0: 8 booked"));
    archive(&producer, 1).await.unwrap();
    assert_eq!(known_anew(&producer).await, known);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_comes_late_to_an_archived_month_is_read_and_archived_next_time() {
    let (producer, counting) = (Producer::start(), Counting::new(Listener::new()));
    sale(&producer).await;
    archive(&producer, 2).await.unwrap();
    let replica = counting.replica(&producer);
    replica.pull_now().await.unwrap();

    write_in_month(&producer, 4, [booked(2, 0, 10)]).await;
    replica.pull_now().await.unwrap();
    archive(&producer, 1).await.unwrap();
    replica.pull_now().await.unwrap();

    let known = KNOWN.replace("2 day 0: 2 booked", "2 day 0: 12 booked");
    assert_eq!(
        (counting.known(), known_anew(&producer).await, counting.restarts()),
        (known.clone(), known, 0)
    );
    assert_eq!(kinds(&producer).matches("tickets_counted").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_have_no_partition_are_refused() {
    let producer = Producer::start();
    sale(&producer).await;
    write(&producer, [booked(1, 0, 3)]).await;
    producer.execute("UPDATE outbox SET written_at = now() - interval '7 months' WHERE id = 13");
    is_refused(&producer, 1, "outbox_default has rows").await;
    producer.execute("SELECT outbox_add_partitions(2)");
    archive(&producer, 1).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_of_several_months_is_taken_whole_or_not_at_all() {
    let producer = Producer::start();
    write(&producer, [booked(1, 0, 3), booked(1, 0, 3)]).await;
    producer.execute("UPDATE outbox SET written_at = now() - (5 - id) * interval '1 month'");
    producer.execute("SELECT outbox_add_partitions(2)");
    is_refused(&producer, 3, "and after it").await;
    archive(&producer, 2).await.unwrap();
    assert_eq!(known_anew(&producer).await, "1 day 0: 6 booked, 0 cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_do_not_both_archive() {
    let producer = Producer::start();
    sale(&producer).await;
    let mut first = open_transaction(&producer.database_url(), &before(2)).await;
    let refusal = archive(&producer, 1).await.unwrap_err();
    assert!(refusal.contains("somebody else is archiving"), "{refusal}");
    first.batch_execute("COMMIT").await.unwrap();
    archive(&producer, 1).await.unwrap();
    assert_eq!(known_anew(&producer).await, KNOWN);
}

/// Each pass from the start to the end of the feed is of one incarnation, and adds up.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sale_goes_on_while_months_are_archived() {
    let producer = std::sync::Arc::new(Producer::start());
    sale(&producer).await;
    let counting = Counting::new(Listener::new());
    let follower = counting.replica(&producer);
    follower.pull_now().await.unwrap();
    let writer = {
        let producer = std::sync::Arc::clone(&producer);
        tokio::spawn(async move {
            for _ in 0..150 {
                write(&producer, [booked(2, 0, 1)]).await;
            }
        })
    };
    for months_ago in [3, 2, 1] {
        archive(&producer, months_ago).await.unwrap();
        follower.pull_now().await.unwrap();
        known_anew(&producer).await;
    }
    writer.await.unwrap();
    follower.pull_now().await.unwrap();
    let known = KNOWN.replace("2 day 0: 2 booked", "2 day 0: 152 booked");
    assert_eq!(
        (counting.known(), known_anew(&producer).await, counting.restarts()),
        (known.clone(), known, 0)
    );
}

/// Like a reader that reads for a long time and then leaves.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_look_at_the_outbox_makes_archiving_wait_and_not_the_sale() {
    let producer = Producer::start();
    sale(&producer).await;
    let mut long = open_transaction(&producer.database_url(), "SELECT count(*) FROM outbox").await;
    let ends = async {
        let begun = std::time::Instant::now();
        // Each of them within the time that a piece of work may take.
        while begun.elapsed() < Duration::from_secs(3) {
            write(&producer, [booked(3, 0, 1)]).await;
        }
        long.batch_execute("COMMIT").await.unwrap();
    };
    let (archived, ()) = tokio::join!(archive(&producer, 1), ends);
    archived.unwrap();
    assert!(known_anew(&producer).await.starts_with(KNOWN));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_while_partitions_change_places_reads_what_is_there_then() {
    let producer = Producer::start();
    sale(&producer).await;
    let mut archiving = open_transaction(&producer.database_url(), &before(1)).await;
    let read = tokio::spawn(reqwest::get(producer.url("timeout=0")));
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    crate::world::eventually("the reader waits", || producer.execute(waits).trim() != "0").await;
    archiving.batch_execute("COMMIT").await.unwrap();
    let answer = read.await.unwrap().unwrap();
    let incarnation = answer.headers()["x-feed-incarnation"].to_str().unwrap().to_owned();
    assert!(incarnation.ends_with("/1/11"), "{incarnation}");
    let entries: Vec<serde_json::Value> = answer.json().await.unwrap();
    let ids: Vec<_> = entries.iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["2", "4", "10", "11", "12"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_that_serves_may_read_what_is_archived_and_not_archive() {
    let producer = Producer::start_with(|database| {
        let role = database.execute("SELECT 'serves_' || current_database()").trim().to_owned();
        database.execute(&format!(
            "CREATE ROLE \"{role}\";
             ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO \"{role}\";"
        ));
        OUTBOX.iter().for_each(|sql| drop(database.execute(sql)));
    });
    sale(&producer).await;
    archive(&producer, 2).await.unwrap();
    let role = producer.execute("SELECT 'serves_' || current_database()").trim().to_owned();
    let serving = format!("SET ROLE \"{role}\"");
    let mut connection = AsyncPgConnection::establish(&producer.database_url()).await.unwrap();
    connection.batch_execute(&serving).await.unwrap();
    let refused = connection.batch_execute(&before(1)).await.unwrap_err().to_string();
    assert!(refused.contains("permission denied for function"), "{refused}");
    let reads = "SELECT * FROM outbox, outbox_archive WHERE up_to >= id";
    connection.batch_execute(reads).await.unwrap();
}

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: ArchiveArgs,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_archives_before_the_month_that_it_names() {
    let producer = Producer::start();
    sale(&producer).await;
    let month = producer.execute("SELECT to_char(now() AT TIME ZONE 'UTC' - interval '1 month', 'YYYY-MM')");
    let url = producer.database_url();
    let line =
        || Line::try_parse_from(["archive", "--database-url", &url, "--before", month.trim()]).unwrap();
    line().args.run().await.unwrap();
    assert_eq!(known_anew(&producer).await, KNOWN);
    let refusal = line().args.run().await.unwrap_err().to_string();
    assert!(refusal.contains("is archived already"), "{refusal}");
}
