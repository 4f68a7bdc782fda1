//! The outbox has one partition per month.

use booked_sandbox::test_database;

use crate::world::{OUTBOX, Producer, subject};

#[tokio::test(flavor = "multi_thread")]
async fn this_month_and_the_next_two_have_a_partition_from_the_start() {
    let producer = Producer::start();
    let count = producer.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'outbox'::regclass");
    assert_eq!(count.trim(), "4", "three months and the default partition");
    assert_eq!(producer.execute("SELECT outbox_add_partitions(2)").trim(), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_went_to_the_default_partition_move_to_their_month() {
    let producer = Producer::start();
    let first = producer.write(subject(1), 1..=1).await;
    producer.execute(
        "WITH late AS (UPDATE outbox SET written_at = now() + interval '3 months' RETURNING 1)
         SELECT count(*) FROM late",
    );
    assert_eq!(producer.execute("SELECT count(*) FROM outbox_default").trim(), "1");
    assert_eq!(producer.execute("SELECT outbox_add_partitions(4)").trim(), "2");
    assert_eq!(producer.execute("SELECT count(*) FROM outbox_default").trim(), "0");
    let second = producer.write(subject(1), 2..=2).await;
    for (after, expected) in [("0".to_owned(), first), (first.to_string(), second)] {
        let events = producer.read(&format!("lastEventId={after}&limit=1&timeout=20000")).await;
        let ids: Vec<_> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
        assert_eq!(ids, [expected.to_string()]);
    }
}

/// What `k8s/README.md` grants to a role that serves, and nothing else.
#[test]
fn a_role_that_may_only_read_and_write_keeps_the_outbox_in_partitions() {
    let database = test_database("narrow", |_| {});
    let role = database.execute("SELECT 'serves_' || current_database()").trim().to_owned();
    database.execute(&format!(
        "CREATE ROLE \"{role}\";
         ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO \"{role}\";"
    ));
    OUTBOX.iter().for_each(|sql| drop(database.execute(sql)));
    let serve = |sql: &str| database.execute(&format!("SET ROLE \"{role}\"; {sql}")).replace("SET\n", "");
    assert_eq!(serve("SELECT outbox_add_partitions(4)").trim(), "2");
    serve("INSERT INTO outbox (kind, subject, data) VALUES ('x', gen_random_uuid(), '{}')");
    serve("UPDATE outbox SET written_at = now() + interval '7 months'");
    assert_eq!(serve("SELECT count(*) FROM outbox_default").trim(), "1");
    assert_eq!(serve("SELECT outbox_add_partitions(4)").trim(), "1");
    assert_eq!(serve("SELECT count(*) FROM outbox_default").trim(), "0");
    assert_eq!(serve("SELECT count(*) FROM outbox").trim(), "1");
    assert_eq!(serve("SELECT horizon || '/' || last FROM outbox_horizon(0)").trim(), "1/1");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_several_months_in_the_default_partition_stay_where_they_are() {
    let producer = Producer::start();
    let last = producer.write(subject(1), 1..=3).await;
    producer.execute("UPDATE outbox SET written_at = now() + (2 + id) * interval '1 month'");
    let partition = "SELECT DISTINCT tableoid FROM outbox";
    let before = producer.execute(partition);
    // Unless the feed's own job was faster.
    producer.execute("SELECT outbox_add_partitions(2)");
    assert_eq!(producer.execute(partition), before);
    assert_eq!(producer.execute("SELECT count(*) FROM outbox_default").trim(), "0");
    assert_eq!(producer.read(&format!("lastEventId=0&limit={}", last.row_id())).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_read_in_the_order_of_the_index() {
    let producer = Producer::start();
    producer.write(subject(1), 1..=1).await;
    producer.execute(
        "INSERT INTO outbox (kind, subject, data) SELECT 'x', gen_random_uuid(), '{}' FROM generate_series(1, 20000)",
    );
    producer.execute("ANALYZE outbox");
    let plan = producer.execute(
        "SET plan_cache_mode = force_generic_plan;
         PREPARE page(bigint, bigint, int, bigint) AS SELECT * FROM (SELECT * FROM outbox
         WHERE id > $1 AND id <= $2 AND (SELECT generation FROM outbox_archive) = $3
         ORDER BY id LIMIT 500) AS page ORDER BY page.id LIMIT $4;
         EXPLAIN EXECUTE page(0, 0, 0, 10)",
    );
    assert!(!plan.contains("Sort  ("), "{plan}");
    assert!(plan.contains("Index Scan"), "{plan}");
}
