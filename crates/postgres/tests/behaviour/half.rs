//! Work that may come in excess has half of the connections, however much of it there is.

use booked_failure::Failure;

use crate::support::{connect, run, seats, soon};

#[tokio::test(flavor = "multi_thread")]
async fn slow_looks_leave_half_of_the_connections_to_others() {
    let place = seats();
    let flags = [
        ("--database-connections-max", "4"),
        ("--database-acquire-timeout-ms", "1000"),
        ("--database-timeout-ms", "60000"),
    ];
    let database = connect(&place.url(), &flags);
    let (half, same_half) = (database.half(), database.half());
    let slow: Vec<_> = (0..2)
        .map(|_| {
            let half = half.clone();
            tokio::spawn(async move {
                let _ = half.read(async |connection| run(connection, "SELECT pg_sleep(60)").await).await;
            })
        })
        .collect();
    let sleeping = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'active' AND query = 'SELECT pg_sleep(60)'";
    while place.execute(sleeping).trim() != "2" {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let refused = soon(same_half.read(async |connection| run(connection, "SELECT 1").await)).await;
    assert!(matches!(refused, Err(Failure::NotDone(_))), "{refused:?}");
    soon(database.read(async |connection| run(connection, "SELECT 1").await)).await.unwrap();
    for look in slow {
        look.abort();
        let _ = look.await;
    }
    soon(same_half.read(async |connection| run(connection, "SELECT 1").await)).await.unwrap();
}
