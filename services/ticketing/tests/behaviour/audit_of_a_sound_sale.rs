//! The auditor of a sale that is in order finds nothing, however much goes on.

use booked_ticketing::domain::invariant::Invariant;

use crate::support::{Sale, eventually, figure, measure, ran_in_own_process};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_found_while_all_goes_on() {
    if ran_in_own_process() {
        return;
    }
    measure();
    let sale = Sale::set_up()
        .instances(2)
        .flag("--auditor-interval-ms", 5)
        .flag("--reconciler-interval-ms", 50)
        .start()
        .await;
    let (event, deleted) = (sale.create_event(40).await, sale.create_event(10).await);
    sale.buyer("Bob").buys(deleted, 5).await;
    sale.delete(deleted).await;
    let people = sale.crowd(6).into_iter().map(|buyer| {
        tokio::spawn(async move {
            for _ in 0..10 {
                buyer.buys(event, 2).await;
                buyer.cancel(event, 1).await.says("200");
                let held = buyer.holds(event, 1).await;
                buyer.release(&held).await.says("200");
                buyer.cancel(event, 1).await.says("200");
            }
        })
    });
    let people: Vec<_> = people.collect();
    for seats in 41..=45 {
        sale.grow(event, seats).await;
    }
    for person in people {
        person.await.unwrap();
    }
    let turn = || sale.postgres.execute("SELECT held_until FROM leases WHERE name = 'audit_sales'");
    for _ in 0..5 {
        let before = turn();
        eventually("the auditor takes another turn", async || turn() != before).await;
    }
    for invariant in Invariant::ALL {
        let found = figure("booked_invariant_violations_total", &[("invariant", invariant.name())]);
        assert_eq!(found, Some(0.0), "{}", invariant.name());
    }
}
