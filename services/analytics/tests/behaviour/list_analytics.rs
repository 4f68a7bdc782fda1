//! `GET /analytics/`: one row per event, the best selling first.

use std::net::{SocketAddr, TcpListener};

use booked_contract::analytics::EventAnalytics;
use booked_identity::Role;
use booked_ids::EventId;
use reqwest::Method;
use serde_json::Value;

use crate::world::{
    Analytics, StandingClock, TODAY, World, YESTERDAY, booked, cancelled, deleted, event, on_sale,
};

fn row(event: EventId, total_seats: u32, sold: u32, utilisation: f64, today: u32) -> EventAnalytics {
    EventAnalytics {
        event_id: event.as_uuid(),
        total_seats,
        sold_tickets: sold,
        capacity_utilisation: utilisation,
        today_booked_tickets: today,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_without_a_sale_has_a_row() {
    let world = World::start().await;
    assert_eq!(world.analytics.rows().await, []);

    world.publish([on_sale(event(1), 1, 100)]).await;

    assert_eq!(world.analytics.rows().await, [row(event(1), 100, 0, 0.0, 0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_count_while_they_are_booked() {
    let world = World::start().await;
    world.publish([on_sale(event(1), 1, 100), booked(event(1), 20, TODAY), booked(event(1), 5, TODAY)]).await;
    assert_eq!(world.analytics.rows().await, [row(event(1), 100, 25, 0.25, 25)]);

    world.publish([cancelled(event(1), 10, TODAY)]).await;
    assert_eq!(world.analytics.rows().await, [row(event(1), 100, 15, 0.15, 15)]);

    world.publish([booked(event(1), 1, TODAY)]).await;
    assert_eq!(world.analytics.rows().await, [row(event(1), 100, 16, 0.16, 16)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_best_selling_come_first_and_ties_by_id() {
    let world = World::start().await;
    world
        .publish([
            on_sale(event(4), 1, 10),
            on_sale(event(1), 1, 10),
            on_sale(event(3), 1, 1000),
            on_sale(event(2), 1, 20),
            booked(event(4), 5, TODAY),
            booked(event(3), 100, TODAY),
            booked(event(2), 10, TODAY),
        ])
        .await;

    let order: Vec<_> = world.analytics.rows().await.iter().map(|row| row.event_id).collect();

    assert_eq!(order, [event(2), event(4), event(3), event(1)].map(EventId::as_uuid));
}

#[tokio::test(flavor = "multi_thread")]
async fn today_is_the_utc_day_on_which_what_stays_booked_was_booked() {
    let world = World::start().await;
    world
        .publish([
            on_sale(event(1), 1, 100),
            booked(event(1), 10, "2030-05-16T23:59:59.999Z"),
            booked(event(1), 20, "2030-05-17T00:00:00.000Z"),
            booked(event(1), 30, "2030-05-17T23:59:59.999Z"),
        ])
        .await;
    assert_eq!(world.analytics.rows().await, [row(event(1), 100, 60, 0.6, 50)]);

    world.publish([cancelled(event(1), 4, YESTERDAY)]).await;
    assert_eq!(world.analytics.rows().await, [row(event(1), 100, 56, 0.56, 50)]);

    world.clock.set("2030-05-16T12:00:00Z");
    assert_eq!(world.analytics.rows().await, [row(event(1), 100, 56, 0.56, 6)]);

    world.clock.set("2030-05-18T00:00:00Z");
    assert_eq!(world.analytics.rows().await, [row(event(1), 100, 56, 0.56, 0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_grows_is_less_utilised() {
    let world = World::start().await;
    world.publish([on_sale(event(1), 1, 10), booked(event(1), 10, TODAY)]).await;
    assert_eq!(world.analytics.rows().await, [row(event(1), 10, 10, 1.0, 10)]);

    world.publish([on_sale(event(1), 2, 40)]).await;

    assert_eq!(world.analytics.rows().await, [row(event(1), 40, 10, 0.25, 10)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_event_is_gone_and_late_counts_do_not_bring_it_back() {
    let world = World::start().await;
    world.publish([on_sale(event(1), 1, 10), booked(event(1), 3, TODAY), on_sale(event(2), 1, 10)]).await;

    world.publish([deleted(event(1), 2)]).await;
    assert_eq!(world.analytics.rows().await, [row(event(2), 10, 0, 0.0, 0)]);
    assert_eq!(world.database.execute("SELECT count(*) FROM booked_by_day").trim(), "0");

    world
        .publish([booked(event(1), 1, TODAY), cancelled(event(1), 1, TODAY), on_sale(event(1), 1, 10)])
        .await;
    assert_eq!(world.analytics.rows().await, [row(event(2), 10, 0, 0.0, 0)]);
    assert_eq!(world.database.execute("SELECT count(*) FROM booked_by_day").trim(), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_lists_are_for_admins_alone() {
    let world = World::start().await;
    for path in ["/analytics/", "/analytics/cancellation_rates/"] {
        for (role, code) in [(None, "USER-06"), (Some(Role::User), "USER-01")] {
            let answer = world.analytics.send(Method::GET, path, role).await;
            assert_eq!(answer.status(), 401, "{path} {role:?}");
            let body: Value = answer.json().await.unwrap();
            assert_eq!(body["category_code"], code, "{path} {role:?}");
        }
        let answer = reqwest::get(world.analytics.url(path)).await.unwrap();
        assert_eq!(answer.status(), 401, "{path} without the credential");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_answers_like_get_without_a_body() {
    let world = World::start().await;
    for path in ["/analytics/", "/analytics/cancellation_rates/"] {
        let answer = world.analytics.send(Method::HEAD, path, Some(Role::Admin)).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/json", "{path}");
        assert_eq!(answer.bytes().await.unwrap().len(), 0, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_database_it_says_that_it_is_unavailable() {
    let nobody = nobody_listens();
    let url = format!("postgres://nobody@{nobody}/nothing");
    let analytics = Analytics::start(&url, nobody, &StandingClock::new()).await;
    for path in ["/analytics/", "/analytics/cancellation_rates/"] {
        let answer = analytics.send(Method::GET, path, Some(Role::Admin)).await;
        assert_eq!(answer.status(), 503, "{path}");
        assert!(answer.headers().contains_key("retry-after"), "{path}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["category_code"], "SYS-07", "{path}");
        assert_eq!(body.get("error"), None, "the cause is not shown");
    }
}

/// An address that was free a moment ago, so nothing listens there.
fn nobody_listens() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap()
}
