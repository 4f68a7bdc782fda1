//! What reserving costs, by the size of the event and by how much of it is sold: `cargo bench -p booked-ticketing`.
//! The figures are those of the reserve script with its round trip; each row is set beside the first.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench tells its figures, and may end where it stands"
)]

use std::time::{Duration, Instant};

use booked_ids::{EventId, SeatNumber, UserId};
use booked_sandbox::test_valkey_url;
use booked_server::settings::Unchecked;
use booked_ticketing::{
    domain::count::SeatsWanted,
    outbound::valkey::{Lifetimes, Valkey, ValkeySeats, ValkeySettings},
    ports::{EventRecord, Holds as _, Inventory as _, LeaseNonce, Released, Reserved},
};
use tokio::runtime::Handle;
use uuid::Uuid;

const SEATS: i64 = 2;
const CALLS_A_ROUND: u32 = 2_000;
/// The rows take turns, so that a machine that slows down slows all of them.
const ROUNDS: usize = 7;
const LIFETIMES: Lifetimes = Lifetimes {
    hold: Duration::from_secs(3600),
    claim: Duration::from_secs(60),
    load_lease: Duration::from_secs(60),
};

struct Row {
    name: &'static str,
    capacity: u32,
    is_sold: fn(u32) -> bool,
}

const ROWS: [Row; 5] = [
    Row { name: "100 seats, none sold", capacity: 100, is_sold: |_| false },
    Row { name: "1,000,000 seats, none sold", capacity: 1_000_000, is_sold: |_| false },
    Row { name: "1,000,000 seats, the first 99% sold", capacity: 1_000_000, is_sold: |seat| seat <= 990_000 },
    Row { name: "1,000,000 seats, the last two free", capacity: 1_000_000, is_sold: |seat| seat <= 999_998 },
    Row {
        name: "1,000,000 seats, 99% sold, no two neighbours free",
        capacity: 1_000_000,
        is_sold: |seat| seat % 100 != 0,
    },
];

#[tokio::main]
async fn main() {
    let url = test_valkey_url();
    let texts = [("VALKEY_URL", url.as_str()), ("VALKEY_TIMEOUT_MS", "10000")];
    let settings = Unchecked::<ValkeySettings>::of(texts).check().unwrap();
    let pool = ValkeySeats::new(Valkey::new(settings, Handle::current()), LIFETIMES);
    let mut medians: Vec<(EventId, Vec<Duration>)> = Vec::new();
    for (number, row) in (0..).zip(&ROWS) {
        medians.push((publish(&pool, number, row).await, Vec::new()));
    }
    for _ in 0..ROUNDS {
        for (event, figures) in &mut medians {
            figures.push(round(&pool, *event).await);
        }
    }
    let median = |figures: &mut Vec<Duration>| {
        figures.sort_unstable();
        figures[figures.len() / 2]
    };
    let first = median(&mut medians[0].1);
    println!("{:50} {:>12} {:>8}", "reserve of 2 seats", "µs a call", "of first");
    for (row, (_, figures)) in ROWS.iter().zip(&mut medians) {
        let figure = median(figures);
        let ratio = figure.as_secs_f64() / first.as_secs_f64();
        println!("{:50} {:>12.1} {:>8.2}", row.name, figure.as_secs_f64() * 1e6, ratio);
    }
}

async fn publish(pool: &ValkeySeats, number: u8, row: &Row) -> EventId {
    let event = EventId::new(1_900_000_000_000, [number; 16]);
    let nonce = LeaseNonce(Uuid::from_u128(u128::from(number)));
    let sold: Vec<SeatNumber> =
        (1..=row.capacity).filter(|seat| (row.is_sold)(*seat)).filter_map(SeatNumber::new).collect();
    assert!(pool.acquire_load(event, nonce).await.unwrap());
    assert!(pool.publish(EventRecord::new(event, row.capacity), nonce, &sold).await.unwrap());
    event
}

/// The mean time of a reservation; what it holds is released before the next one, outside of the clock.
async fn round(pool: &ValkeySeats, event: EventId) -> Duration {
    let user = UserId::from_uuid(Uuid::from_u128(1));
    let count = SeatsWanted::new(SEATS).unwrap();
    let mut spent = Duration::ZERO;
    for _ in 0..CALLS_A_ROUND {
        let start = Instant::now();
        let reserved = pool.reserve(event, user, count, None).await.unwrap().what;
        spent += start.elapsed();
        match reserved {
            Reserved::Held { seats, .. } => {
                assert_eq!(pool.release(event, user, &seats, None).await.unwrap().what, Released::All);
            }
            other => unreachable!("every row has free seats and a map, and nobody is limited: {other:?}"),
        }
    }
    spent / CALLS_A_ROUND
}
