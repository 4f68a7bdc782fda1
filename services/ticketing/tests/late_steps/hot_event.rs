//! An event that is being sold without a pause by many replicas, each of which shares its row for long, is changed all the
//! same, as often as the event service wants it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use booked_ids::{EventId, SeatNumber};
use booked_postgres::Abort;
use booked_ticketing::{domain::booking::Requested, outbound::postgres::apply_event_states, ports::Booked};
use tokio::task::JoinHandle;

use crate::{
    proxy::Proxy,
    world::{Replica, World, state, until, user},
};

const SHARERS: u32 = 16;
/// More than all of them can sell.
const SEATS: u32 = 1_000_000;
/// Many times what a booking takes otherwise, so that there is never a moment at which nobody shares the row.
const COMMITS_TAKE: Duration = Duration::from_millis(40);

/// Bookings without a pause; they end when the event is not for sale any more.
struct Sale {
    booked: Arc<Vec<AtomicU32>>,
    is_over: Arc<AtomicBool>,
    sharers: Vec<JoinHandle<()>>,
}

impl Sale {
    async fn start(world: &World, event: EventId) -> Self {
        let way = Proxy::slow_to(&world.database.url(), COMMITS_TAKE).await;
        let booked: Arc<Vec<AtomicU32>> = Arc::new((0..SHARERS).map(|_| AtomicU32::new(0)).collect());
        let is_over = Arc::new(AtomicBool::new(false));
        let sharers = (0..SHARERS).map(|number| {
            let replica = world.replica_through(way.url(), 10_000);
            let (booked, is_over) = (Arc::clone(&booked), Arc::clone(&is_over));
            tokio::spawn(async move { sell(&replica, event, number, &booked, &is_over).await })
        });
        let sale = Self { sharers: sharers.collect(), booked: Arc::clone(&booked), is_over };
        sale.until_all_have_sold_again().await;
        sale
    }

    async fn until_all_have_sold_again(&self) {
        let before: Vec<u32> = self.booked.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        until("all sell", async || {
            self.booked.iter().zip(&before).all(|(now, before)| now.load(Ordering::Relaxed) > *before)
        })
        .await;
    }

    async fn ended(self) {
        self.is_over.store(true, Ordering::Relaxed);
        for sharer in self.sharers {
            sharer.await.unwrap();
        }
    }
}

async fn sell(replica: &Replica, event: EventId, number: u32, booked: &[AtomicU32], is_over: &AtomicBool) {
    for seat in (number + 1..=SEATS).step_by(usize::try_from(SHARERS).unwrap()) {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        let ticket = event.ticket(SeatNumber::new(seat).unwrap());
        let tickets = Requested { tickets: std::iter::once(ticket).collect(), any_unknown: false }.tickets;
        let attempt = booked_ticketing::domain::seat::AttemptId(replica.context.random.uuid());
        match replica.context.bookings.book(attempt, user(number.into()), &tickets, None).await.unwrap() {
            Booked::Done => booked[usize::try_from(number).unwrap()].fetch_add(1, Ordering::Relaxed),
            Booked::NotForSale => return,
            other => panic!("{other:?}"),
        };
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hot_event_is_changed_grown_and_deleted_while_it_is_sold_without_a_pause() {
    let (world, replica, event) = World::with_event().await;
    world.apply(state(event, 2, SEATS - 1, false)).await;
    let sale = Sale::start(&world, event).await;
    let known = || {
        world
            .database
            .execute(&format!("SELECT version, seat_count, deleted FROM events WHERE id = '{event}'"))
    };
    let changes = [
        state(event, 3, SEATS - 1, false),
        state(event, 4, SEATS, false),
        state(event, 5, SEATS, false),
        state(event, 6, SEATS, true),
    ];
    for change in changes {
        let wanted =
            format!("{}|{}|{}", change.version, change.seat_count, if change.deleted { "t" } else { "f" });
        let is_deleted = change.deleted;
        let noted = world.postgres.transaction(async move |connection| {
            apply_event_states(connection, vec![change]).await.map_err(Abort::<()>::Failed)
        });
        noted.await.unwrap();
        until("the change gets its turn", async || {
            replica.context.changes.carry_out(event).await.is_ok() && known().trim() == wanted
        })
        .await;
        if !is_deleted {
            sale.until_all_have_sold_again().await;
        }
    }
    sale.ended().await;
}
