//! Idle costs nothing: if nobody does anything, no transaction writes or locks a row.

use std::sync::Arc;

use booked_ticketing::ports::NotifyFailure;

use crate::support::{Recorder, Sale, eventually};

/// Transactions that end while it is watched: rounds of all jobs, and some polls of the feed.
const WATCHED: i64 = 2_000;

fn transactions(sale: &Sale) -> i64 {
    let ended = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
    sale.postgres.execute(ended).parse().unwrap()
}

/// The next number of a transaction that writes or locks: reading takes none.
fn next_writer(sale: &Sale) -> String {
    sale.postgres.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waitlist_on_which_nothing_happens_writes_nothing() {
    let recorder: Arc<Recorder> = Arc::default();
    let sale = Sale::set_up()
        .flag("--janitor-interval-ms", 20)
        .instances(2)
        .own_postgres()
        .notifier(Arc::<Recorder>::clone(&recorder))
        .start()
        .await;
    sale.postgres.execute("ALTER SYSTEM SET autovacuum = off");
    sale.postgres.execute("SELECT pg_reload_conf()");
    let (ada, bob) = (sale.buyer("Ada"), sale.buyer("Bob"));
    for _ in 0..3 {
        let event = sale.create_event(2).await;
        ada.buys(event, 2).await;
        bob.join(event, 1).await.says("200");
    }
    // One was told and could not be sent to yet.
    let event = sale.create_event(1).await;
    ada.buys(event, 1).await;
    recorder.fail_for(&bob.identity.email, NotifyFailure::Later("the mailbox is full".to_owned()));
    bob.join(event, 1).await.says("200");
    ada.cancel(event, 1).await.says("200");
    eventually("a message waits", async || recorder.failures() > 0).await;
    sale.postgres.execute("UPDATE notifications SET next_try_at = now() + interval '1 day'");

    eventually("no transaction writes while the jobs go round and round", async || {
        let (writer, began) = (next_writer(&sale), transactions(&sale));
        eventually("the jobs go round", async || transactions(&sale) >= began + WATCHED).await;
        next_writer(&sale) == writer
    })
    .await;
}
