//! What the janitor and the reconciler repair is counted, by whom and how; every kind is shown from the start.

use crate::support::{Sale, eventually, figure, measure, ran_in_own_process};

const KINDS: [(&str, &str); 6] = [
    ("janitor", "finished"),
    ("janitor", "restored"),
    ("janitor", "freed"),
    ("reconciler", "freed"),
    ("reconciler", "set"),
    ("reconciler", "grown"),
];

fn counted(by: &str, kind: &str) -> Option<f64> {
    figure("booked_seats_repaired_total", &[("by", by), ("kind", kind)])
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_is_counted_and_shown_from_the_start() {
    if ran_in_own_process() {
        return;
    }
    measure();
    let sale = Sale::set_up().flag("--reconciler-interval-ms", 200).start().await;
    for (by, kind) in KINDS {
        assert_eq!(counted(by, kind), Some(0.0), "{by} {kind}");
    }
    let event = sale.create_event(10).await;
    let ada = sale.buyer("Ada");
    let booked = ada.buys(event, 1).await;
    ada.holds(event, 1).await;
    sale.valkey.set_taken(event, 1, false);
    sale.valkey.set_taken(event, 9, true);
    sale.valkey.ask::<i64>(&["HSET", &format!("{{{event}}}:meta"), "capacity", "8"]);
    // Claims of processes that are gone: of a booking that came through, of one that did not, and of a cancel.
    let attempt = sale.postgres.execute("SELECT booking_id FROM tickets");
    for (seat, claim) in [
        (5, format!("{attempt}|book|{}|1", ada.id())),
        (6, format!("{}|book|{}|1", ada.id(), ada.id())),
        (7, format!("{}|cancel||", sale.buyer("Bob").id())),
    ] {
        let (claims, settling) = (format!("{{{event}}}:claims"), format!("{{{event}}}:settling"));
        // In this order, so that the reconciler leaves it alone and the janitor comes last.
        sale.valkey.ask::<u8>(&["HSET", &claims, &seat.to_string(), &claim]);
        sale.valkey.set_taken(event, seat, true);
        sale.valkey.ask::<u8>(&["ZADD", &settling, "1", &seat.to_string()]);
    }
    sale.valkey.ask::<i64>(&["HINCRBY", &format!("{{{event}}}:meta"), "taken", "2"]);
    for (by, kind) in KINDS {
        eventually(&format!("a seat that was {kind} by the {by}"), async || {
            counted(by, kind).is_some_and(|seats| seats >= 1.0)
        })
        .await;
    }
    eventually("a map that counts its seats again", async || {
        figure("booked_inventories_repaired_total", &[]).is_some_and(|maps| maps >= 1.0)
    })
    .await;
    eventually("only what is Ada's is taken", async || sale.occupied(event).await == Some(2)).await;
    ada.book(&booked).await.says("200");
}
